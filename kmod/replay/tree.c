// SPDX-License-Identifier: GPL-2.0-only
/* Trees of the replay client and the objects in them. */

#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/slab.h>

#include "../nl/state.h"
#include "object.h"

struct chimney_replay_object *
replay_object_new(const struct replay_session *session, u32 label,
		  enum chimney_layer layer)
{
	struct chimney_replay_object *object;

	object = kzalloc(sizeof(*object), GFP_KERNEL);
	if (!object)
		return NULL;
	INIT_LIST_HEAD(&object->list);
	object->session = session;
	object->label = label;
	object->layer = layer;
	kref_init(&object->refs);
	return object;
}

static void object_release(struct kref *refs)
{
	struct chimney_replay_object *object =
		container_of(refs, struct chimney_replay_object, refs);

	/* An indication may be looking at it. */
	kfree_rcu(object, rcu);
}

void replay_object_put(struct chimney_replay_object *object)
{
	kref_put(&object->refs, object_release);
}

/**
 * chimney_replay_tree_new() - make an empty tree
 * @size: blocks it will have at most
 *
 * Context: process, may sleep.
 * Return: the tree, or NULL; see chimney_replay_tree_put().
 */
struct chimney_replay_tree *chimney_replay_tree_new(unsigned int size)
{
	struct chimney_replay_tree *tree;

	tree = kvzalloc(struct_size(tree, blocks, size), GFP_KERNEL);
	if (tree)
		refcount_set(&tree->refs, 1);
	return tree;
}

/**
 * chimney_replay_tree_put() - drop a reference to a tree
 * @tree: the tree; with the last reference goes all data that is in it
 *
 * Context: process or softirq.
 */
void chimney_replay_tree_put(struct chimney_replay_tree *tree)
{
	struct chimney_replay_block *block;

	if (!refcount_dec_and_test(&tree->refs))
		return;
	for (block = tree->blocks; block < tree->blocks + tree->count;
	     block++) {
		struct sk_buff_head *buffered =
			chimney_replay_buffered_data(block);

		__skb_queue_purge(&block->block.send_queue);
		if (buffered)
			__skb_queue_purge(buffered);
		if (block->object)
			replay_object_put(block->object);
	}
	kvfree(tree);
}

/**
 * chimney_replay_tree_add() - add the next block of a tree
 * @tree: the tree, with room for it
 * @layer: layer of the block: that of the first one, or of the block before, or
 *	of one further up, or one above the block before
 *
 * Context: any.
 * Return: the block, or NULL if it can hang on none of those before it.
 */
struct chimney_replay_block *
chimney_replay_tree_add(struct chimney_replay_tree *tree,
			enum chimney_layer layer)
{
	struct chimney_replay_block *block = &tree->blocks[tree->count];
	struct chimney_block *parent = NULL, *before = tree->last[layer];

	if (layer)
		parent = tree->last[layer - 1];
	if (tree->count && !before && !parent)
		return NULL;

	block->layer = layer;
	chimney_block_init(&block->block,
			   chimney_nl_state_type(layer,
						 CHIMNEY_STATE_CLASS_COMPLETE),
			   NULL, NULL);
	block->block.client_priv[0] = tree;
	if (before)
		before->next = &block->block;
	else if (parent)
		parent->dependent = &block->block;
	/* What hangs further up belongs to the block before. */
	memset(&tree->last[layer], 0,
	       (ARRAY_SIZE(tree->last) - layer) * sizeof(tree->last[0]));
	tree->last[layer] = &block->block;
	tree->count++;
	return block;
}

/**
 * chimney_replay_set_state() - let a state structure go with a block
 * @block: the block
 * @class: which of its layer; zeroed, for the caller to fill
 *
 * Context: any.
 */
void chimney_replay_set_state(struct chimney_replay_block *block,
			      enum chimney_state_class class)
{
	struct sk_buff_head *buffered;

	block->block.type = chimney_nl_state_type(block->layer, class);
	block->block.state = &block->neighbor;
	buffered = chimney_replay_buffered_data(block);
	if (buffered)
		__skb_queue_head_init(buffered);
}

/**
 * chimney_replay_buffered_data() - the buffered receive data of a block
 * @block: the block
 *
 * Context: any.
 * Return: its list, or NULL if its state has none.
 */
struct sk_buff_head *
chimney_replay_buffered_data(struct chimney_replay_block *block)
{
	struct chimney_tcp_state_delegated *delegated = block->block.state;

	if (!block->block.state)
		return NULL;
	switch (block->block.type) {
	case CHIMNEY_TCP_STATE:
		return &block->tcp.delegated.buffered_data;
	case CHIMNEY_TCP_STATE_DELEGATED:
		return &delegated->buffered_data;
	default:
		return NULL;
	}
}

/**
 * chimney_replay_counters() - what a target told of a block's object
 * @block: the block
 * @indicated: gets the bytes it has indicated so far
 * @events: gets the events it has indicated so far
 *
 * Context: any.
 */
void chimney_replay_counters(const struct chimney_replay_block *block,
			     u64 *indicated, u32 *events)
{
	*indicated = block->object ?
			     atomic64_read(&block->object->indicated) : 0;
	*events = block->object ? atomic_read(&block->object->events) : 0;
}
