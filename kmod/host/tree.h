/* SPDX-License-Identifier: GPL-2.0-only */
/* State trees the host sends: blocks with the memory behind them. */
#ifndef _CHIMNEY_HOST_TREE_H
#define _CHIMNEY_HOST_TREE_H

#include "conn.h"

/* Time for what nobody asked for. */
#define CHIMNEY_HOST_DEADLINE_MS	5000

/**
 * struct chimney_tree_conn - block and state of a connection
 * @block: the block
 * @conn: the connection, held
 * @send_bytes: send data that travels with it
 * @receive_bytes: undelivered receive data that travels with it
 * @state: everything, for an initiate or a query
 * @cached: what an update brings
 * @delegated: what comes back from a terminate
 */
struct chimney_tree_conn {
	struct chimney_block block;
	struct chimney_conn *conn;
	u64 send_bytes;
	u64 receive_bytes;
	union {
		struct chimney_tcp_offload_state state;
		struct chimney_tcp_state_cached cached;
		struct chimney_tcp_state_delegated delegated;
	};
};

/**
 * struct chimney_tree_node - block and state of a neighbor or path
 * @block: the block
 * @list: in the tree
 * @tail: where the next dependent goes
 * @neighbor: the object, held, or NULL
 * @path: the object, held, or NULL
 * @neighbor_state: what an initiate sends, or a query returns
 * @neighbor_cached: what an update brings
 * @path_state: what an initiate sends, or a query returns
 * @path_cached: what an update brings
 */
struct chimney_tree_node {
	struct chimney_block block;
	struct list_head list;
	struct chimney_block **tail;
	struct chimney_neighbor *neighbor;
	struct chimney_path *path;
	union {
		struct chimney_neighbor_offload_state neighbor_state;
		struct chimney_neighbor_state_cached neighbor_cached;
		struct chimney_path_offload_state path_state;
		struct chimney_path_state_cached path_cached;
	};
};

/**
 * struct chimney_tree - a state tree
 * @kind: the operation that sends it
 * @layers: BIT(enum chimney_layer) of the objects it is about; blocks of other
 *	layers are placeholders
 * @root: first block; lent to the core
 * @tail: where the next neighbor goes
 * @nodes: struct chimney_tree_node, each after the one it depends on
 * @count: connections in @conns
 * @room: how many there may be
 * @list: in chimney_host_binding.lost_trees
 * @refs: the host, and the core while the target may still write to the tree
 * @conns: connections
 */
struct chimney_tree {
	enum chimney_op_kind kind;
	u8 layers;
	struct chimney_block *root;
	struct chimney_block **tail;
	struct list_head nodes;
	unsigned int count;
	unsigned int room;
	struct list_head list;
	refcount_t refs;
	struct chimney_tree_conn conns[];
};

#define chimney_tree_for_each_conn(tc, tree)				\
	for (struct chimney_tree_conn *end_ =				\
		     ((tc) = (tree)->conns) + (tree)->count;		\
	     (tc) < end_; (tc)++)

/**
 * struct chimney_pipeline_ops - what an operation does with its trees
 * @link: put the blocks of connections below those of their paths, and seal the tree
 * @withdraw: the tree is not to be sent after all: its connections stay where they
 *	are, and are refused because @op was cancelled; consumes the tree
 * @settle: deal with neighbors and paths of a tree that was answered or lost: the
 *	next one depends on them
 * @finish: deal with its connections, and tell @op about it; consumes the tree. By
 *	then the target may have the next one.
 *
 * All are called in process context with the binding's lock held, and may sleep.
 */
struct chimney_pipeline_ops {
	void (*link)(struct chimney_host_binding *hb,
		     struct chimney_tree *tree);
	void (*withdraw)(struct chimney_host_binding *hb,
			 struct chimney_tree *tree, struct chimney_op *op);
	void (*settle)(struct chimney_host_binding *hb,
		       struct chimney_tree *tree, bool answered);
	void (*finish)(struct chimney_host_binding *hb,
		       struct chimney_tree *tree, bool answered,
		       struct chimney_op *op);
};

/**
 * struct chimney_pipeline - the trees of an operation, one after the other
 * @ops: what it does with them
 * @hb: the binding, whose lock is held while the target has a tree
 * @op: collects the results, or NULL
 * @tree: the one that the target has, or NULL
 */
struct chimney_pipeline {
	const struct chimney_pipeline_ops *ops;
	struct chimney_host_binding *hb;
	struct chimney_op *op;
	struct chimney_tree *tree;
};

/* pool.c: memory for trees */
struct chimney_tree *chimney_pool_take_tree(unsigned int conns);
void chimney_pool_give_tree(struct chimney_tree *tree);

/* pipeline.c */
void chimney_pipeline_add(struct chimney_pipeline *line,
			  struct chimney_tree *tree);
void chimney_pipeline_end(struct chimney_pipeline *line);

struct chimney_tree *chimney_tree_new(enum chimney_op_kind kind, u8 layers,
				      unsigned int conns);
struct chimney_tree_node *
chimney_tree_neighbor(struct chimney_tree *tree,
		      struct chimney_neighbor *neighbor);
struct chimney_tree_node *chimney_tree_path(struct chimney_tree *tree,
					    struct chimney_path *path);
struct chimney_tree_conn *chimney_tree_next(struct chimney_tree *tree,
					    struct chimney_conn *conn);
void chimney_tree_add(struct chimney_tree *tree, struct chimney_tree_conn *tc,
		      struct chimney_path *path);
void chimney_tree_drop(struct chimney_tree *tree);
void chimney_tree_seal(struct chimney_tree *tree);
void chimney_tree_start(struct chimney_host_binding *hb,
			struct chimney_tree *tree, u32 deadline_ms);
bool chimney_tree_wait(struct chimney_host_binding *hb);
bool chimney_tree_send(struct chimney_host_binding *hb,
		       struct chimney_tree *tree, u32 deadline_ms);
bool chimney_tree_operate(struct chimney_host_binding *hb,
			  struct chimney_tree *tree);
void chimney_tree_put(struct chimney_tree *tree);
void chimney_tree_record(struct chimney_tree *tree, struct chimney_op *op,
			 int ifindex);
struct chimney_tree *chimney_tree_of(struct chimney_block *root);
void chimney_upload_nodes(struct chimney_host_binding *hb,
			  struct chimney_tree *tree);

#endif /* _CHIMNEY_HOST_TREE_H */
