// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's half of a state operation: is the tree well-formed, may its
 * objects go where they are to go, and where are they afterwards.
 */
#include <linux/atomic.h>

#include "registry.h"
#include "tree.h"

/* DAT-01 to DAT-05: neighbor, path, TCP, one layer in a list. */
static bool block_links_ok(const struct chimney_block *block)
{
	enum chimney_layer layer = chimney_block_layer(block);

	if (block->next && chimney_block_layer(block->next) != layer)
		return false;
	if (!block->dependent)
		return true;
	return layer != CHIMNEY_LAYER_TCP &&
	       chimney_block_layer(block->dependent) == layer + 1;
}

/* INIT-03: only a connection that is synchronized and not yet over. */
static bool tcp_state_ok(enum chimney_tcp_state state)
{
	switch (state) {
	case CHIMNEY_TCP_STATE_ESTABLISHED:
	case CHIMNEY_TCP_STATE_FIN_WAIT_1:
	case CHIMNEY_TCP_STATE_FIN_WAIT_2:
	case CHIMNEY_TCP_STATE_CLOSE_WAIT:
	case CHIMNEY_TCP_STATE_CLOSING:
	case CHIMNEY_TCP_STATE_LAST_ACK:
		return true;
	default:
		return false;
	}
}

static bool new_state_ok(const struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *tcp = block->state;

	if (!block->state || READ_ONCE(block->handle->context))
		return false;
	switch (block->type) {
	case CHIMNEY_NEIGHBOR_STATE:
	case CHIMNEY_PATH_STATE:
		return true;
	case CHIMNEY_TCP_STATE:
		return tcp_state_ok(tcp->delegated.state);
	default:
		return false;
	}
}

/* INIT-25: some dependent of a linker brings new state. */
static bool linker_has_new(const struct chimney_block *linker)
{
	const struct chimney_block *block, *above;

	for (block = linker->dependent; block; block = block->next) {
		if (block->role == CHIMNEY_ROLE_NEW)
			return true;
		for (above = block->dependent; above; above = above->next)
			if (above->role == CHIMNEY_ROLE_NEW)
				return true;
	}
	return false;
}

static int initiate_role(struct chimney_block *block,
			 const struct chimney_binding *binding)
{
	/* Pairs with handle_set(): context and binding are as it says. */
	switch (smp_load_acquire(&block->handle->state)) {
	case CHIMNEY_OBJECT_HOST:
		block->role = CHIMNEY_ROLE_NEW;
		return new_state_ok(block) ? 0 : -EINVAL;
	case CHIMNEY_OBJECT_OFFLOADED:
		block->role = CHIMNEY_ROLE_LINKER;
		return block->handle->binding == binding ? 0 : -EINVAL;
	case CHIMNEY_OBJECT_OFFLOADING:
	case CHIMNEY_OBJECT_UPLOADING:
		return -EBUSY;
	default:
		return -EINVAL;
	}
}

static int terminate_role(struct chimney_block *block,
			  const struct chimney_binding *binding)
{
	block->role = CHIMNEY_ROLE_LINKER;

	/* CLS-09: nothing but delegated variables comes back. */
	if (block->state && block->type != CHIMNEY_NEIGHBOR_STATE_DELEGATED &&
	    block->type != CHIMNEY_PATH_STATE_DELEGATED &&
	    block->type != CHIMNEY_TCP_STATE_DELEGATED)
		return -EINVAL;

	/* Pairs with handle_set(): the binding is as it says. */
	switch (smp_load_acquire(&block->handle->state)) {
	case CHIMNEY_OBJECT_OFFLOADED:
		return block->handle->binding == binding ? 0 : -EINVAL;
	case CHIMNEY_OBJECT_OFFLOADING:
	case CHIMNEY_OBJECT_UPLOADING:
		return -EBUSY;
	default:
		return -EINVAL;
	}
}

static int tree_assign_roles(struct chimney_block *tree,
			     const struct chimney_binding *binding,
			     enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	int err;

	chimney_for_each_block(block, &walk, tree) {
		if (!block_links_ok(block))
			return -EINVAL;
		if (!block->handle) {
			block->role = CHIMNEY_ROLE_PLACEHOLDER;
			continue;
		}
		err = kind == CHIMNEY_OP_KIND_INITIATE ?
			      initiate_role(block, binding) :
			      terminate_role(block, binding);
		if (err)
			return err;
	}
	if (kind == CHIMNEY_OP_KIND_TERMINATE)
		return 0;

	chimney_for_each_block(block, &walk, tree)
		if (block->role == CHIMNEY_ROLE_LINKER &&
		    !linker_has_new(block))
			return -EINVAL;
	return 0;
}

static enum chimney_object_state moving_from(enum chimney_op_kind kind)
{
	return kind == CHIMNEY_OP_KIND_INITIATE ? CHIMNEY_OBJECT_HOST :
						  CHIMNEY_OBJECT_OFFLOADED;
}

static enum chimney_object_state moving_state(enum chimney_op_kind kind)
{
	return kind == CHIMNEY_OP_KIND_INITIATE ? CHIMNEY_OBJECT_OFFLOADING :
						  CHIMNEY_OBJECT_UPLOADING;
}

/* Give the objects before @end back; all for NULL. */
static void tree_unclaim(struct chimney_block *tree, struct chimney_block *end,
			 enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		if (block == end)
			return;
		if (!chimney_block_moves(block, kind))
			continue;
		if (kind == CHIMNEY_OP_KIND_INITIATE)
			WRITE_ONCE(block->handle->binding, NULL);
		/* Pairs with initiate_role(), terminate_role(). */
		smp_store_release(&block->handle->state, moving_from(kind));
	}
}

/* INIT-02, TERM-13: an object is in one operation at a time. */
static int tree_claim(struct chimney_block *tree,
		      struct chimney_binding *binding,
		      enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		struct chimney_handle *handle = block->handle;

		if (!chimney_block_moves(block, kind))
			continue;
		if (cmpxchg(&handle->state, moving_from(kind),
			    moving_state(kind)) != moving_from(kind)) {
			tree_unclaim(tree, block, kind);
			return -EBUSY;
		}
		handle->client_ops = binding->client->ops;
		WRITE_ONCE(handle->binding, binding);
	}
	return 0;
}

/* DAT-11 */
static void block_fill_lengths(struct chimney_block *block)
{
	struct chimney_neighbor_offload_state *neighbor = block->state;
	struct chimney_path_offload_state *path = block->state;
	struct chimney_tcp_offload_state *tcp = block->state;
	struct chimney_state_header *header = block->state;

	if (!block->state)
		return;

	switch (block->type) {
	case CHIMNEY_NEIGHBOR_STATE:
		neighbor->constant.header.length = sizeof(neighbor->constant);
		neighbor->cached.header.length = sizeof(neighbor->cached);
		neighbor->delegated.header.length = sizeof(neighbor->delegated);
		break;
	case CHIMNEY_NEIGHBOR_STATE_DELEGATED:
		header->length = sizeof(neighbor->delegated);
		break;
	case CHIMNEY_PATH_STATE:
		path->constant.header.length = sizeof(path->constant);
		path->cached.header.length = sizeof(path->cached);
		path->delegated.header.length = sizeof(path->delegated);
		break;
	case CHIMNEY_PATH_STATE_DELEGATED:
		header->length = sizeof(path->delegated);
		break;
	case CHIMNEY_TCP_STATE:
		tcp->constant.header.length = sizeof(tcp->constant);
		tcp->cached.header.length = sizeof(tcp->cached);
		tcp->delegated.header.length = sizeof(tcp->delegated);
		break;
	case CHIMNEY_TCP_STATE_DELEGATED:
		header->length = sizeof(tcp->delegated);
		break;
	}
}

/**
 * chimney_tree_submit() - check a client's tree and take its objects
 * @tree: the tree
 * @binding: where it is to go
 * @kind: the operation
 *
 * On success the objects that move are OFFLOADING or UPLOADING, roles and
 * lengths are filled in and all statuses are PENDING. On failure no object has
 * changed.
 *
 * Context: any. Return: 0; -EINVAL for a malformed tree or an object that is
 * not where the operation would find it; -EBUSY if another operation has one.
 */
int chimney_tree_submit(struct chimney_block *tree,
			struct chimney_binding *binding,
			enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	int err;

	err = tree_assign_roles(tree, binding, kind);
	if (err)
		return err;
	err = tree_claim(tree, binding, kind);
	if (err)
		return err;

	chimney_for_each_block(block, &walk, tree) {
		block->status = CHIMNEY_STATUS_PENDING;
		block_fill_lengths(block);
	}
	return 0;
}

/**
 * chimney_tree_withdraw() - undo chimney_tree_submit()
 * @tree: the tree, which no target has seen
 * @kind: the operation
 *
 * Context: any.
 */
void chimney_tree_withdraw(struct chimney_block *tree,
			   enum chimney_op_kind kind)
{
	tree_unclaim(tree, NULL, kind);
}

static void handle_set(struct chimney_handle *handle,
		       enum chimney_object_state state)
{
	if (state != CHIMNEY_OBJECT_OFFLOADED) {
		handle->context = NULL;
		WRITE_ONCE(handle->binding, NULL);
	}
	/* Pairs with every look at the state: context and binding first. */
	smp_store_release(&handle->state, state);
}

/**
 * chimney_tree_settle() - put the objects where a checked completion says
 * @tree: the tree
 * @binding: where it went
 * @kind: the operation
 *
 * Context: any.
 */
void chimney_tree_settle(struct chimney_block *tree,
			 struct chimney_binding *binding,
			 enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	int objects = 0;

	chimney_for_each_block(block, &walk, tree) {
		if (!chimney_block_moves(block, kind))
			continue;
		if (kind == CHIMNEY_OP_KIND_TERMINATE) {
			handle_set(block->handle,
				   block->status == CHIMNEY_STATUS_SUCCESS ?
					   CHIMNEY_OBJECT_HOST :
					   CHIMNEY_OBJECT_LOST);
			objects--;
		} else if (chimney_block_done(block)) {
			handle_set(block->handle, CHIMNEY_OBJECT_OFFLOADED);
			objects++;
		} else {
			handle_set(block->handle, CHIMNEY_OBJECT_HOST);
		}
	}
	atomic_add(objects, &binding->objects);
}

/**
 * chimney_tree_lose() - give up the objects an overdue operation moves
 * @tree: the tree; the target may still write to it, and to context slots
 * @binding: where it went
 * @kind: the operation
 *
 * Objects that linkers name stay offloaded.
 *
 * Context: any.
 */
void chimney_tree_lose(struct chimney_block *tree,
		       struct chimney_binding *binding,
		       enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	int objects = 0;

	chimney_for_each_block(block, &walk, tree) {
		if (!chimney_block_moves(block, kind))
			continue;
		WRITE_ONCE(block->handle->binding, NULL);
		/* As in handle_set(). */
		smp_store_release(&block->handle->state, CHIMNEY_OBJECT_LOST);
		objects++;
	}
	if (kind == CHIMNEY_OP_KIND_TERMINATE)
		atomic_sub(objects, &binding->objects);
}

/**
 * chimney_tree_is_kept() - does the target still refer to objects of a tree
 * @tree: a tree of a lost operation that the target completed in the end
 * @kind: the operation
 *
 * A target that offloaded an object too late, or could not give it back, has
 * its handle and may name it in indications until it is unregistered.
 *
 * Context: any. Return: true if a handle must stay valid.
 */
bool chimney_tree_is_kept(struct chimney_block *tree, enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		if (!chimney_block_moves(block, kind))
			continue;
		if (kind == CHIMNEY_OP_KIND_INITIATE ?
			    !!READ_ONCE(block->handle->context) :
			    block->status != CHIMNEY_STATUS_SUCCESS)
			return true;
	}
	return false;
}
