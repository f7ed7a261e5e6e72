/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A state tree: blocks joined by @next (same layer) and @dependent (one layer
 * up: neighbor, path, TCP).
 */
#ifndef _CHIMNEY_BLOCK_H
#define _CHIMNEY_BLOCK_H

#include <chimney/state.h>

struct chimney_binding;
struct chimney_client_ops;

/**
 * enum chimney_object_state - life of a state object as the core sees it
 * @CHIMNEY_OBJECT_HOST: the client owns it
 * @CHIMNEY_OBJECT_OFFLOADING: an initiate carries it
 * @CHIMNEY_OBJECT_OFFLOADED: the target owns it
 * @CHIMNEY_OBJECT_UPLOADING: a terminate carries it
 * @CHIMNEY_OBJECT_LOST: the target failed to give it back
 */
enum chimney_object_state {
	CHIMNEY_OBJECT_HOST,
	CHIMNEY_OBJECT_OFFLOADING,
	CHIMNEY_OBJECT_OFFLOADED,
	CHIMNEY_OBJECT_UPLOADING,
	CHIMNEY_OBJECT_LOST,
};

/**
 * struct chimney_handle - a client's record of one state object
 * @context: the context slot; the target writes its context value here if and
 *	only if it offloaded the object (INIT-26, INIT-27); NULL otherwise
 * @binding: where the object is, or is on its way to or from; NULL while it is
 *	the client's or lost; written by the core
 * @client_ops: whom indications go to; written by the core
 * @state: where the object is; written by the core
 * @layer: which kind of object it is; written by the core
 * @parent: the object it hangs on at the target, or NULL; the core's
 * @dependents: objects that hang on it, negative while a terminate has it; the
 *	core's
 * @pins: queries, updates and invalidates that have the object, negative while
 *	a terminate has it; the core's
 * @receives: receive requests of a connection that the target has; the core's
 * @disconnects: likewise, disconnect requests
 * @unsent: bytes of a connection's send data that the target has not put on the
 *	wire yet, not even once; written by a target that knows before it returns
 *	from tcp_send() and before it completes sends, else 0
 * @flags: CHIMNEY_OBJECT_*; the core's
 *
 * Embedded in the client's object and zeroed before the first initiate. The
 * target keeps its address to name the object in indications. It must stay
 * valid until the object was terminated; if it is lost, until free_tree() or
 * until the client is unbound from the target. After a terminate that ended
 * with FAILURE the object is lost, but may be terminated once more over the
 * same binding, to let the target clean up (G-06).
 */
struct chimney_handle {
	void *context;
	struct chimney_binding *binding;
	const struct chimney_client_ops *client_ops;
	enum chimney_object_state state;
	enum chimney_layer layer;
	struct chimney_handle *parent;
	atomic_t dependents;
	atomic_t pins;
	atomic_t receives;
	atomic_t disconnects;
	u32 unsent;
	unsigned long flags;
};

/* Bits of chimney_handle.flags */
#define CHIMNEY_OBJECT_UPDATING		0	/* an update has it (UPD-02) */
#define CHIMNEY_OBJECT_INVALID		1	/* it was invalidated (UPD-04) */
#define CHIMNEY_OBJECT_RETERMINATED	2	/* once more, when lost (G-06) */
#define CHIMNEY_OBJECT_UNDISCONNECTABLE	3	/* a disconnect failed (DSC-17) */

/**
 * struct chimney_block - one node of a state tree
 * @type: which structure @state points to; also tells the layer
 * @status: written by the target before it completes (OP-08)
 * @next: next block of the same layer
 * @dependent: first block one layer up
 * @handle: the object; NULL makes the block a placeholder
 * @state: the state structure; NULL if none follows
 * @send_queue: outstanding send data of a connection, oldest byte first
 * @target_priv: free for the target while it owns the tree (DAT-13)
 * @client_priv: free for the client, kept by everybody else (DAT-12)
 * @role: what the block does in the tree; written by the core when the tree
 *	is submitted, because the context slot changes meanwhile
 *
 * The client owns the tree, lends it with one of the five state operations and
 * has it back in the completion (OP-12, OP-13).
 */
struct chimney_block {
	enum chimney_state_type type;
	enum chimney_status status;
	struct chimney_block *next;
	struct chimney_block *dependent;
	struct chimney_handle *handle;
	void *state;
	struct sk_buff_head send_queue;
	void *target_priv[2];
	void *client_priv[2];
	enum chimney_role role;
};

/**
 * chimney_block_layer() - layer of a block
 * @block: the block
 *
 * Context: any. Return: the layer its type belongs to.
 */
static inline enum chimney_layer
chimney_block_layer(const struct chimney_block *block)
{
	if (block->type <= CHIMNEY_NEIGHBOR_STATE)
		return CHIMNEY_LAYER_NEIGHBOR;
	if (block->type <= CHIMNEY_PATH_STATE)
		return CHIMNEY_LAYER_PATH;
	return CHIMNEY_LAYER_TCP;
}

/**
 * chimney_block_init() - make an empty block
 * @block: the block
 * @type: type of the state that goes with it
 * @handle: the object, or NULL for a placeholder
 * @state: the state structure, or NULL
 *
 * Context: any.
 */
static inline void chimney_block_init(struct chimney_block *block,
				      enum chimney_state_type type,
				      struct chimney_handle *handle,
				      void *state)
{
	*block = (struct chimney_block){
		.type = type,
		.status = CHIMNEY_STATUS_PENDING,
		.handle = handle,
		.state = state,
	};
	__skb_queue_head_init(&block->send_queue);
}

/*
 * Depth-first/breadth-next traversal without recursion (INIT-20): a block, its
 * dependents, then its next. The tree is three levels deep at most (DAT-05), so
 * the way back is three pointers.
 */
struct chimney_walk {
	struct chimney_block *path[3];
	int depth;
};

static inline struct chimney_block *
chimney_walk_first(struct chimney_walk *walk, struct chimney_block *root)
{
	walk->depth = 0;
	walk->path[0] = root;
	return root;
}

/* The parent of the block that the walk returned last, or NULL. */
static inline struct chimney_block *
chimney_walk_parent(const struct chimney_walk *walk)
{
	return walk->depth ? walk->path[walk->depth - 1] : NULL;
}

/* Pass @descend false to skip the dependents of the current block. */
static inline struct chimney_block *
chimney_walk_next(struct chimney_walk *walk, bool descend)
{
	struct chimney_block *block = walk->path[walk->depth];

	if (descend && block->dependent && walk->depth < 2) {
		walk->path[++walk->depth] = block->dependent;
		return block->dependent;
	}
	while (!block->next) {
		if (!walk->depth)
			return NULL;
		block = walk->path[--walk->depth];
	}
	walk->path[walk->depth] = block->next;
	return block->next;
}

#define chimney_for_each_block(block, walk, root)			\
	for (block = chimney_walk_first(walk, root); block;		\
	     block = chimney_walk_next(walk, true))

#endif /* _CHIMNEY_BLOCK_H */
