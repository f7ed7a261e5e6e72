/* SPDX-License-Identifier: GPL-2.0-only */
/* State trees the host sends: blocks with the memory behind them. */
#ifndef _CHIMNEY_HOST_TREE_H
#define _CHIMNEY_HOST_TREE_H

#include "conn.h"

/**
 * struct chimney_tree_conn - block and state of a connection
 * @block: the block
 * @conn: the connection, held
 * @send_bytes: send data that travels with it
 * @receive_bytes: undelivered receive data that travels with it
 * @state: everything, for an initiate
 * @delegated: what comes back from a terminate
 */
struct chimney_tree_conn {
	struct chimney_block block;
	struct chimney_conn *conn;
	u64 send_bytes;
	u64 receive_bytes;
	union {
		struct chimney_tcp_offload_state state;
		struct chimney_tcp_state_delegated delegated;
	};
};

/**
 * struct chimney_tree_node - block and state of a neighbor or path
 * @block: the block
 * @list: in the tree
 * @tail: where the next dependent goes
 * @neighbor: the object, or NULL
 * @path: the object, or NULL
 * @gone: the object is of no use any more and goes with the tree
 * @neighbor_state: what an initiate sends
 * @path_state: likewise
 */
struct chimney_tree_node {
	struct chimney_block block;
	struct list_head list;
	struct chimney_block **tail;
	struct chimney_neighbor *neighbor;
	struct chimney_path *path;
	bool gone;
	union {
		struct chimney_neighbor_offload_state neighbor_state;
		struct chimney_path_offload_state path_state;
	};
};

/**
 * struct chimney_tree - a state tree
 * @root: first block; lent to the core
 * @tail: where the next neighbor goes
 * @nodes: struct chimney_tree_node
 * @count: connections in @conns
 * @refs: the host, and the core while the target may still write to the tree
 * @conns: connections
 */
struct chimney_tree {
	struct chimney_block *root;
	struct chimney_block **tail;
	struct list_head nodes;
	unsigned int count;
	refcount_t refs;
	struct chimney_tree_conn conns[];
};

struct chimney_tree *chimney_tree_new(unsigned int conns);
struct chimney_tree_node *
chimney_tree_neighbor(struct chimney_tree *tree,
		      struct chimney_neighbor *neighbor);
struct chimney_tree_node *chimney_tree_path(struct chimney_tree *tree,
					    struct chimney_path *path);
void chimney_tree_add(struct chimney_tree *tree, struct chimney_path *path,
		      enum chimney_state_type type, void *state);
void chimney_tree_seal(struct chimney_tree *tree);
void chimney_tree_put(struct chimney_tree *tree);
void chimney_tree_record(struct chimney_tree *tree, struct chimney_op *op,
			 int ifindex);
struct chimney_tree *chimney_tree_of(struct chimney_block *root);
struct chimney_tree_conn *chimney_tree_conn_of(struct chimney_block *block);
void chimney_upload_tree(struct chimney_host_binding *hb,
			 struct chimney_tree *tree, struct chimney_op *op);

#endif /* _CHIMNEY_HOST_TREE_H */
