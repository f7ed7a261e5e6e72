// SPDX-License-Identifier: GPL-2.0-only
/*
 * The state operations of a relay: a tree that comes from above is built anew
 * for the target below, and what that makes of it is copied back.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "relay.h"

/*
 * Time that a target below has. The drivers above have deadlines of their own;
 * this one only bounds how long an object can be in a tree.
 */
#define RELAY_DEADLINE_MS	20000

/**
 * struct relay_node - a block for the target below
 * @block: the block
 * @state: its state, directly behind it (IM-15)
 * @object: what it is about, or NULL
 * @above: the block it was made from
 */
struct relay_node {
	struct chimney_block block;
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	} state;
	struct relay_object *object;
	struct chimney_block *above;
};

/**
 * struct relay_call - an operation that is being relayed (IM-12)
 * @list: in chimney_relay::calls
 * @relay: the relay
 * @kind: the operation
 * @abandoned: the tree above is not ours any more; chimney_relay::lock
 * @count: blocks
 * @node: the tree in the order of traversal
 *
 * The root of the tree points to it (IM-14, IM-18).
 */
struct relay_call {
	struct list_head list;
	struct chimney_relay *relay;
	enum chimney_op_kind kind;
	bool abandoned;
	unsigned int count;
	struct relay_node node[];
};

/* Objects that did not come home: targets may name them for ever. */
static LIST_HEAD(relay_lost);
static DEFINE_SPINLOCK(relay_lost_lock);

/* Objects ------------------------------------------------------------------- */

static struct relay_object *object_new(struct chimney_relay *relay,
				       const struct chimney_block *above)
{
	struct relay_object *object = kzalloc(sizeof(*object), GFP_KERNEL);

	if (!object)
		return NULL;
	object->upper = above->handle;
	object->relay = relay;
	object->layer = chimney_block_layer(above);
	INIT_LIST_HEAD(&object->lost);
	relay_get(relay);
	atomic_inc(&relay->load);
	atomic_inc(&relay->used[object->layer]);
	return object;
}

static void object_leave(struct relay_object *object)
{
	struct chimney_relay *relay = object->relay;

	atomic_dec(&relay->used[object->layer]);
	relay_load_put(relay);
	relay_put(relay);
}

static void object_free(struct relay_object *object)
{
	object_leave(object);
	kfree_rcu(object, rcu);
}

static void object_lose(struct relay_object *object)
{
	object_leave(object);
	spin_lock_bh(&relay_lost_lock);
	list_add(&object->lost, &relay_lost);
	spin_unlock_bh(&relay_lost_lock);
}

/* At the end of the module, when there is neither target nor client any more. */
void relay_free_lost(void)
{
	struct relay_object *object, *next;

	list_for_each_entry_safe(object, next, &relay_lost, lost)
		kfree(object);
	INIT_LIST_HEAD(&relay_lost);
}

/* State --------------------------------------------------------------------- */

static const size_t state_sizes[] = {
	[CHIMNEY_NEIGHBOR_STATE_CONST] =
		sizeof(struct chimney_neighbor_state_const),
	[CHIMNEY_NEIGHBOR_STATE_CACHED] =
		sizeof(struct chimney_neighbor_state_cached),
	[CHIMNEY_NEIGHBOR_STATE_DELEGATED] =
		sizeof(struct chimney_neighbor_state_delegated),
	[CHIMNEY_NEIGHBOR_STATE] =
		sizeof(struct chimney_neighbor_offload_state),
	[CHIMNEY_PATH_STATE_CONST] = sizeof(struct chimney_path_state_const),
	[CHIMNEY_PATH_STATE_CACHED] = sizeof(struct chimney_path_state_cached),
	[CHIMNEY_PATH_STATE_DELEGATED] =
		sizeof(struct chimney_path_state_delegated),
	[CHIMNEY_PATH_STATE] = sizeof(struct chimney_path_offload_state),
	[CHIMNEY_TCP_STATE_CONST] = sizeof(struct chimney_tcp_state_const),
	[CHIMNEY_TCP_STATE_CACHED] = sizeof(struct chimney_tcp_state_cached),
	[CHIMNEY_TCP_STATE_DELEGATED] =
		sizeof(struct chimney_tcp_state_delegated),
	[CHIMNEY_TCP_STATE] = sizeof(struct chimney_tcp_offload_state),
};

/* Received data that goes with the state of a connection, or NULL. */
static struct sk_buff_head *buffered_data(const struct chimney_block *block)
{
	struct chimney_tcp_offload_state *complete = block->state;
	struct chimney_tcp_state_delegated *delegated = block->state;

	if (!block->state)
		return NULL;
	if (block->type == CHIMNEY_TCP_STATE)
		return &complete->delegated.buffered_data;
	return block->type == CHIMNEY_TCP_STATE_DELEGATED ?
		       &delegated->buffered_data : NULL;
}

/* It may be absent: all zero. */
static void move_data(struct sk_buff_head *from, struct sk_buff_head *to)
{
	__skb_queue_head_init(to);
	if (from->next)
		skb_queue_splice_init(from, to);
}

static void node_take_state(struct relay_node *node)
{
	struct chimney_block *above = node->above;
	struct sk_buff_head *data;

	if (!above->state)
		return;
	memcpy(&node->state, above->state, state_sizes[above->type]);
	node->block.state = &node->state;
	data = buffered_data(&node->block);
	if (data)
		move_data(buffered_data(above), data);
}

static void node_give_state(struct relay_node *node)
{
	struct chimney_block *above = node->above;
	struct sk_buff_head *data = buffered_data(&node->block);
	struct sk_buff_head moved;

	if (!above->state)
		return;
	if (data)
		move_data(data, &moved);
	memcpy(above->state, &node->state, state_sizes[above->type]);
	if (data)
		move_data(&moved, buffered_data(above));
}

/* Trees --------------------------------------------------------------------- */

static bool is_new(const struct relay_node *node)
{
	return node->block.role == CHIMNEY_ROLE_NEW;
}

static void node_make(struct relay_call *call, struct relay_node *node,
		      struct chimney_block *above)
{
	node->above = above;
	if (above->handle)
		node->object = above->handle->context ?:
				       object_new(call->relay, above);
	chimney_block_init(&node->block, above->type,
			   node->object ? &node->object->handle : NULL, NULL);
	node_take_state(node);
	skb_queue_splice_init(&above->send_queue, &node->block.send_queue);
}

/* Next to the last one at that depth, or below the last one of the depth above. */
static void node_link(struct relay_node *last[], int depth,
		      struct relay_node *node)
{
	struct relay_node *parent = depth ? last[depth - 1] : NULL;

	if (parent && !parent->block.dependent)
		parent->block.dependent = &node->block;
	else if (last[depth])
		last[depth]->block.next = &node->block;
	last[depth] = node;
}

static unsigned int tree_count(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	unsigned int count = 0;

	chimney_for_each_block(block, &walk, tree)
		count++;
	return count;
}

/* Everything is above again, as it was; new objects are gone. */
static void call_undo(struct relay_call *call)
{
	struct relay_node *node;

	for (node = call->node; node < call->node + call->count; node++) {
		node_give_state(node);
		skb_queue_splice_init(&node->block.send_queue,
				      &node->above->send_queue);
		if (node->object && !node->above->handle->context)
			object_free(node->object);
	}
	kvfree(call);
}

/* NULL without memory, but for a terminate, which must not fail for that. */
static struct relay_call *call_new(struct chimney_relay *relay,
				   struct chimney_block *tree,
				   enum chimney_op_kind kind)
{
	struct relay_node *last[3] = {}, *node;
	unsigned int count = tree_count(tree);
	struct chimney_block *block;
	struct relay_call *call;
	struct chimney_walk walk;
	gfp_t gfp = GFP_KERNEL;

	if (kind == CHIMNEY_OP_KIND_TERMINATE)
		gfp |= __GFP_NOFAIL;
	call = kvzalloc(struct_size(call, node, count), gfp);
	if (!call)
		return NULL;
	call->relay = relay;
	call->kind = kind;
	chimney_for_each_block(block, &walk, tree) {
		node = &call->node[call->count++];
		node_make(call, node, block);
		node_link(last, walk.depth, node);
		if (block->handle && !node->object) {
			call_undo(call);
			return NULL;
		}
	}
	call->node[0].block.client_priv[0] = call;
	return call;
}

/* Up ------------------------------------------------------------------------ */

static void complete_above(struct chimney_relay *relay,
			   struct chimney_block *tree,
			   enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		chimney_initiate_offload_complete(&relay->target, tree);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		chimney_terminate_offload_complete(&relay->target, tree);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		chimney_update_offload_complete(&relay->target, tree);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		chimney_query_offload_complete(&relay->target, tree);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		chimney_invalidate_offload_complete(&relay->target, tree);
		break;
	}
}

static void node_return(struct relay_call *call, struct relay_node *node)
{
	struct chimney_block *above = node->above;

	above->status = node->block.status;
	node_give_state(node);
	skb_queue_splice_init(&node->block.send_queue, &above->send_queue);
	/* IM-06 */
	if (is_new(node) &&
	    node->object->handle.state == CHIMNEY_OBJECT_OFFLOADED)
		above->handle->context = node->object;
}

/* Objects that are not at the target below any more, or never got there. */
static void node_let_go(struct relay_call *call, struct relay_node *node)
{
	struct relay_object *object = node->object;

	if (!object || object->handle.state == CHIMNEY_OBJECT_OFFLOADED)
		return;
	if (is_new(node) || call->kind == CHIMNEY_OP_KIND_TERMINATE) {
		if (object->handle.state != CHIMNEY_OBJECT_LOST)
			object_free(object);
		else if (list_empty(&object->lost))
			object_lose(object);
	}
}

/* Nobody need wait for the call any more. */
static void call_let_go(struct relay_call *call)
{
	struct relay_node *node;

	for (node = call->node; node < call->node + call->count; node++)
		node_let_go(call, node);
	relay_load_put(call->relay);
}

static void call_free(struct relay_call *call)
{
	relay_put(call->relay);
	kvfree(call);
}

/* Whether the tree above is still ours to complete. */
static bool call_take(struct relay_call *call)
{
	bool ours;

	spin_lock_bh(&call->relay->lock);
	ours = !call->abandoned;
	list_del_init(&call->list);
	spin_unlock_bh(&call->relay->lock);
	return ours;
}

/* IM-17 to IM-22; the read-side section of the core keeps the tree above. */
void relay_completed(struct chimney_binding *binding,
		     struct chimney_block *tree)
{
	struct relay_call *call = tree->client_priv[0];
	struct relay_node *node;

	if (call_take(call)) {
		for (node = call->node; node < call->node + call->count; node++)
			node_return(call, node);
		complete_above(call->relay, call->node[0].above, call->kind);
	}
	call_let_go(call);
	call_free(call);
}

/* The drivers above have their own deadline for the tree. */
void relay_operation_lost(struct chimney_binding *binding,
			  struct chimney_block *tree)
{
	struct relay_call *call = tree->client_priv[0];

	call_take(call);
	call_let_go(call);
}

void relay_free_tree(struct chimney_binding *binding,
		     struct chimney_block *tree)
{
	call_free(tree->client_priv[0]);
}

/* Down ---------------------------------------------------------------------- */

static int call_submit(struct relay_call *call)
{
	struct chimney_block *tree = &call->node[0].block;
	const struct relay_lower *lower;
	int err = -ENODEV;

	rcu_read_lock();
	lower = rcu_dereference(call->relay->current_lower);
	if (!lower)
		goto out;
	switch (call->kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		err = chimney_initiate_offload(lower->binding, tree,
					       RELAY_DEADLINE_MS);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		err = chimney_terminate_offload(lower->binding, tree,
						RELAY_DEADLINE_MS);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		err = chimney_update_offload(lower->binding, tree,
					     RELAY_DEADLINE_MS);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		err = chimney_query_offload(lower->binding, tree,
					    RELAY_DEADLINE_MS);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		err = chimney_invalidate_offload(lower->binding, tree,
						 RELAY_DEADLINE_MS);
		break;
	}
out:
	rcu_read_unlock();
	return err;
}

static bool is_linker(const struct chimney_block *block)
{
	return block->handle && block->handle->context;
}

/* INIT-43, if nothing of what is new below it was offloaded. */
static enum chimney_status linker_status(const struct chimney_block *block)
{
	const struct chimney_block *dependent;
	bool any = false, all = true, done;

	for (dependent = block->dependent; dependent;
	     dependent = dependent->next) {
		done = !dependent->handle || is_linker(dependent);
		any |= done;
		all &= done;
	}
	if (all)
		return CHIMNEY_STATUS_SUCCESS;
	return any ? CHIMNEY_STATUS_PARTIAL_SUCCESS : CHIMNEY_STATUS_FAILURE;
}

/* INIT-42 to INIT-46 */
static void fail_initiate(struct chimney_block *tree)
{
	bool root_failed = tree->handle && !is_linker(tree);
	struct chimney_block *block, *parent;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		parent = chimney_walk_parent(&walk);
		if (!block->handle)
			block->status = CHIMNEY_STATUS_SUCCESS;
		else if (!is_linker(block) || root_failed ||
			 (parent && parent->handle && !is_linker(parent)))
			block->status = CHIMNEY_STATUS_FAILURE;
		else
			block->status = linker_status(block);
	}
}

/* OP-09, OP-11 */
static void fail_others(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		block->status = block->handle ? CHIMNEY_STATUS_FAILURE :
						CHIMNEY_STATUS_SUCCESS;
}

static void fail_above(struct chimney_relay *relay, struct chimney_block *tree,
		       enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_INITIATE)
		fail_initiate(tree);
	else
		fail_others(tree);
	complete_above(relay, tree, kind);
	relay_load_put(relay);
}

static void carry_tree(struct chimney_relay *relay, struct chimney_block *tree,
		       enum chimney_op_kind kind)
{
	struct relay_call *call = call_new(relay, tree, kind);

	if (!call) {
		fail_above(relay, tree, kind);
		return;
	}
	relay_get(relay);
	spin_lock_bh(&relay->lock);
	list_add_tail(&call->list, &relay->calls);
	spin_unlock_bh(&relay->lock);
	if (!call_submit(call))
		return;
	call_take(call);
	call_undo(call);
	relay_put(relay);
	fail_above(relay, tree, kind);
}

static void queue_add(struct chimney_relay *relay, struct chimney_block *tree,
		      enum chimney_op_kind kind)
{
	tree->target_priv[0] = NULL;
	tree->target_priv[1] = (void *)(unsigned long)kind;
	atomic_inc(&relay->load);
	spin_lock_bh(&relay->lock);
	if (relay->first)
		relay->last->target_priv[0] = tree;
	else
		relay->first = tree;
	relay->last = tree;
	spin_unlock_bh(&relay->lock);
	relay_carry_later(relay);
}

static struct chimney_block *queue_take(struct chimney_relay *relay,
					enum chimney_op_kind *kind)
{
	struct chimney_block *tree;

	spin_lock_bh(&relay->lock);
	tree = relay->first;
	if (tree) {
		relay->first = tree->target_priv[0];
		*kind = (unsigned long)tree->target_priv[1];
	}
	spin_unlock_bh(&relay->lock);
	return tree;
}

/* Not in the call from above, which may come in a softirq, without memory. */
void relay_carry(struct work_struct *work)
{
	struct chimney_relay *relay =
		container_of(work, struct chimney_relay, carry);
	struct chimney_block *tree;
	enum chimney_op_kind kind;

	while ((tree = queue_take(relay, &kind))) {
		carry_tree(relay, tree, kind);
		cond_resched();
	}
}

/*
 * The trees above are about to be freed, with whatever the target below still
 * has of them. Nothing comes from above any more.
 */
void relay_trees_abandon(struct chimney_relay *relay)
{
	struct relay_call *call;

	flush_work(&relay->carry);
	spin_lock_bh(&relay->lock);
	list_for_each_entry(call, &relay->calls, list)
		call->abandoned = true;
	spin_unlock_bh(&relay->lock);
	/* Completions that had begun */
	synchronize_net();
}

void relay_initiate(struct chimney_target *target, struct chimney_block *tree)
{
	queue_add(relay_of(target), tree, CHIMNEY_OP_KIND_INITIATE);
}

void relay_terminate(struct chimney_target *target, struct chimney_block *tree)
{
	queue_add(relay_of(target), tree, CHIMNEY_OP_KIND_TERMINATE);
}

void relay_query(struct chimney_target *target, struct chimney_block *tree)
{
	queue_add(relay_of(target), tree, CHIMNEY_OP_KIND_QUERY);
}

void relay_update(struct chimney_target *target, struct chimney_block *tree)
{
	queue_add(relay_of(target), tree, CHIMNEY_OP_KIND_UPDATE);
}

void relay_invalidate(struct chimney_target *target,
		      struct chimney_block *tree)
{
	queue_add(relay_of(target), tree, CHIMNEY_OP_KIND_INVALIDATE);
}
