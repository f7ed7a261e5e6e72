/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The client "replay": state trees that userspace makes up, without sockets.
 *
 * DOC: locking of the replay client
 *
 * replay_binding.lock is held for one operation on a target, from the look-up
 * of its objects until its completion was dealt with; it also guards the list
 * of objects. It nests inside the lock of the target registry, which the core
 * holds when it unbinds the client, and nothing but the core is called with it
 * held. A leaf spinlock guards the lists of bindings and of sessions.
 */
#ifndef _CHIMNEY_REPLAY_REPLAY_H
#define _CHIMNEY_REPLAY_REPLAY_H

#include <linux/refcount.h>
#include <net/net_namespace.h>

#include <chimney/client.h>

struct chimney_replay_object;
struct netlink_ext_ack;
struct nlattr;

/* Blocks of a tree, bytes of data in it. */
#define CHIMNEY_REPLAY_BLOCKS	128
#define CHIMNEY_REPLAY_BYTES	SZ_64K

/**
 * struct chimney_replay_block - one block of a tree, with its memory
 * @block: the block; the caller sets its type, state and data
 * @label: what userspace calls the object; unused in a placeholder
 * @layer: layer of the block
 * @role: what the block is to do in the tree
 * @attr: where the request describes it, for errors; NULL if nowhere
 * @object: the object, held; NULL in a placeholder
 * @neighbor: room for the state
 * @path: likewise
 * @tcp: likewise
 */
struct chimney_replay_block {
	struct chimney_block block;
	u32 label;
	enum chimney_layer layer;
	enum chimney_role role;
	const struct nlattr *attr;
	struct chimney_replay_object *object;
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	};
};

/**
 * struct chimney_replay_tree - a tree with its memory
 * @refs: who made it, and the core while a target may still write to it
 * @count: blocks
 * @last: the last block of each layer, while the tree grows
 * @blocks: in depth-first/breadth-next order
 */
struct chimney_replay_tree {
	refcount_t refs;
	unsigned int count;
	struct chimney_block *last[CHIMNEY_LAYER_TCP + 1];
	struct chimney_replay_block blocks[];
};

struct chimney_replay_tree *chimney_replay_tree_new(unsigned int size);
void chimney_replay_tree_put(struct chimney_replay_tree *tree);
struct chimney_replay_block *
chimney_replay_tree_add(struct chimney_replay_tree *tree,
			enum chimney_layer layer);
void chimney_replay_set_state(struct chimney_replay_block *block,
			      enum chimney_state_class class);
struct sk_buff_head *
chimney_replay_buffered_data(struct chimney_replay_block *block);

int chimney_replay_run(struct net *net, u32 portid, int ifindex,
		       enum chimney_op_kind kind,
		       struct chimney_replay_tree *tree,
		       unsigned int deadline_ms, enum chimney_op_state *state,
		       struct netlink_ext_ack *extack);
void chimney_replay_counters(const struct chimney_replay_block *block,
			     u64 *indicated, u32 *events);

void chimney_replay_port_closed(struct net *net, u32 portid);

int chimney_replay_init(void);
void chimney_replay_exit(void);

#endif /* _CHIMNEY_REPLAY_REPLAY_H */
