// SPDX-License-Identifier: GPL-2.0-only
/*
 * The client's half of a state operation: is the tree well-formed, may its
 * objects go where they are to go, and where are they afterwards.
 */
#include <linux/atomic.h>

#include "registry.h"
#include "trace.h"
#include "tree.h"

#define TYPES(layer, class)	BIT(CHIMNEY_##layer##_STATE##class)
#define ANY_LAYER(class)	(TYPES(NEIGHBOR, class) | TYPES(PATH, class) | \
				 TYPES(TCP, class))

/* Of pins and dependents: a terminate has the object. */
#define TAKEN	(-1)

/**
 * struct op_rules - what an operation asks of the blocks that name objects
 * @types: state structures that may follow them
 * @wrong_state: broken by any other
 * @stateless: nothing may follow them, too
 * @busy: broken if an initiate or terminate has the object
 */
struct op_rules {
	u16 types;
	enum chimney_clause wrong_state;
	bool stateless;
	enum chimney_clause busy;
};

static const struct op_rules op_rules[] = {
	[CHIMNEY_OP_KIND_INITIATE] = {
		.types = ANY_LAYER(),
		.wrong_state = CHIMNEY_CLAUSE_CLS_05,
		.busy = CHIMNEY_CLAUSE_INIT_02,
	},
	[CHIMNEY_OP_KIND_TERMINATE] = {
		.types = ANY_LAYER(_DELEGATED),
		.wrong_state = CHIMNEY_CLAUSE_CLS_09,
		.stateless = true,
		.busy = CHIMNEY_CLAUSE_TERM_13,
	},
	[CHIMNEY_OP_KIND_UPDATE] = {
		.types = ANY_LAYER(_CACHED),
		.wrong_state = CHIMNEY_CLAUSE_UPD_05,
		.busy = CHIMNEY_CLAUSE_UPD_01,
	},
	[CHIMNEY_OP_KIND_QUERY] = {
		.types = ANY_LAYER(_CONST) | ANY_LAYER(_CACHED) |
			 ANY_LAYER(_DELEGATED) | ANY_LAYER(),
		.wrong_state = CHIMNEY_CLAUSE_QRY_04,
		.busy = CHIMNEY_CLAUSE_QRY_03,
	},
	[CHIMNEY_OP_KIND_INVALIDATE] = {
		.wrong_state = CHIMNEY_CLAUSE_INV_01,
		.stateless = true,
		.busy = CHIMNEY_CLAUSE_INV_09,
	},
};

/* -------- the shape of a tree -------- */

/* Nothing depends on a connection. */
#define for_each_parent(block, walk, root)				       \
	for (block = chimney_walk_first(walk, root); block;		       \
	     block = chimney_walk_next(walk, chimney_block_layer(block) ==     \
					     CHIMNEY_LAYER_NEIGHBOR))

/* DAT-01 to DAT-05: neighbor, path, TCP, one layer in a list. */
static enum chimney_clause check_links(const struct chimney_block *block)
{
	static const enum chimney_clause wrong_dependent[] = {
		[CHIMNEY_LAYER_NEIGHBOR] = CHIMNEY_CLAUSE_DAT_02,
		[CHIMNEY_LAYER_PATH] = CHIMNEY_CLAUSE_DAT_03,
		[CHIMNEY_LAYER_TCP] = CHIMNEY_CLAUSE_DAT_04,
	};
	enum chimney_layer layer = chimney_block_layer(block);

	if (block->type > CHIMNEY_TCP_STATE)
		return CHIMNEY_CLAUSE_DAT_09;
	if (block->next && chimney_block_layer(block->next) != layer)
		return CHIMNEY_CLAUSE_DAT_01;
	if (!block->dependent)
		return CHIMNEY_CLAUSE_NONE;
	return layer != CHIMNEY_LAYER_TCP &&
	       chimney_block_layer(block->dependent) == layer + 1 ?
		       CHIMNEY_CLAUSE_NONE : wrong_dependent[layer];
}

/* -------- lengths of its state structures -------- */

struct state_part {
	u16 offset;
	u16 length;
};

#define PART(layer, class)						       \
	{ offsetof(struct chimney_##layer##_offload_state, class),	       \
	  sizeof_field(struct chimney_##layer##_offload_state, class) }
#define ALONE(layer, class)						       \
	{ { 0, sizeof_field(struct chimney_##layer##_offload_state, class) } }
#define COMPLETE(layer)							       \
	{ PART(layer, constant), PART(layer, cached), PART(layer, delegated) }

static const struct state_part state_parts[][3] = {
	[CHIMNEY_NEIGHBOR_STATE_CONST] = ALONE(neighbor, constant),
	[CHIMNEY_NEIGHBOR_STATE_CACHED] = ALONE(neighbor, cached),
	[CHIMNEY_NEIGHBOR_STATE_DELEGATED] = ALONE(neighbor, delegated),
	[CHIMNEY_NEIGHBOR_STATE] = COMPLETE(neighbor),
	[CHIMNEY_PATH_STATE_CONST] = ALONE(path, constant),
	[CHIMNEY_PATH_STATE_CACHED] = ALONE(path, cached),
	[CHIMNEY_PATH_STATE_DELEGATED] = ALONE(path, delegated),
	[CHIMNEY_PATH_STATE] = COMPLETE(path),
	[CHIMNEY_TCP_STATE_CONST] = ALONE(tcp, constant),
	[CHIMNEY_TCP_STATE_CACHED] = ALONE(tcp, cached),
	[CHIMNEY_TCP_STATE_DELEGATED] = ALONE(tcp, delegated),
	[CHIMNEY_TCP_STATE] = COMPLETE(tcp),
};

/* DAT-11 */
static void block_fill_lengths(struct chimney_block *block)
{
	const struct state_part *part = state_parts[block->type];
	struct chimney_state_header *header;
	int i;

	if (!block->state)
		return;
	for (i = 0; i < ARRAY_SIZE(state_parts[0]) && part[i].length; i++) {
		header = block->state + part[i].offset;
		header->length = part[i].length;
	}
}

/* -------- the roles of its blocks -------- */

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

/* CAP-03: what an object needs has been enabled. */
static bool family_enabled(const struct chimney_binding *binding, u16 family)
{
	const struct chimney_caps *caps = &binding->core->enabled;

	switch (family) {
	case AF_INET:
		return READ_ONCE(caps->ipv4);
	case AF_INET6:
		return READ_ONCE(caps->ipv6);
	default:
		return true;
	}
}

static enum chimney_clause check_new_state(const struct chimney_block *block,
					   const struct chimney_binding *binding)
{
	const struct chimney_neighbor_offload_state *neighbor = block->state;
	const struct chimney_path_offload_state *path = block->state;
	const struct chimney_tcp_offload_state *tcp = block->state;

	switch (block->type) {
	case CHIMNEY_NEIGHBOR_STATE:
		return neighbor->cached.host_reachability_delta ==
		       neighbor->delegated.nic_reachability_delta ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_INIT_12;
	case CHIMNEY_PATH_STATE:
		return family_enabled(binding, path->constant.family) ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_CAP_03;
	default:
		return tcp_state_ok(tcp->delegated.state) ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_INIT_03;
	}
}

static enum chimney_clause check_new(const struct chimney_block *block,
				     const struct chimney_binding *binding)
{
	if (READ_ONCE(block->handle->context))
		return CHIMNEY_CLAUSE_INIT_18;
	if (!block->state || !(op_rules[CHIMNEY_OP_KIND_INITIATE].types &
			       BIT(block->type)))
		return CHIMNEY_CLAUSE_CLS_05;
	return check_new_state(block, binding);
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

/* CTX-06: the object is offloaded over @binding, and nothing moves it. */
static enum chimney_clause check_offloaded(const struct chimney_handle *handle,
					   const struct chimney_binding *binding,
					   enum chimney_clause busy)
{
	/* Pairs with handle_set(): the binding is as it says. */
	switch (smp_load_acquire(&handle->state)) {
	case CHIMNEY_OBJECT_OFFLOADED:
		return READ_ONCE(handle->binding) == binding ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_CTX_06;
	case CHIMNEY_OBJECT_OFFLOADING:
	case CHIMNEY_OBJECT_UPLOADING:
		return busy;
	default:
		return CHIMNEY_CLAUSE_CTX_06;
	}
}

static enum chimney_clause initiate_role(struct chimney_block *block,
					 const struct chimney_binding *binding)
{
	enum chimney_clause clause;

	/* Pairs with handle_set(): context and binding are as it says. */
	switch (smp_load_acquire(&block->handle->state)) {
	case CHIMNEY_OBJECT_HOST:
		block->role = CHIMNEY_ROLE_NEW;
		return check_new(block, binding);
	case CHIMNEY_OBJECT_LOST:
		return CHIMNEY_CLAUSE_TERM_21;
	default:
		block->role = CHIMNEY_ROLE_LINKER;
		clause = check_offloaded(block->handle, binding,
					 CHIMNEY_CLAUSE_INIT_02);
		if (clause != CHIMNEY_CLAUSE_NONE)
			return clause;
		/* Nothing new depends on a connection. */
		return chimney_block_layer(block) == CHIMNEY_LAYER_TCP ?
			       CHIMNEY_CLAUSE_INIT_25 : CHIMNEY_CLAUSE_NONE;
	}
}

/* G-06: an object that a terminate lost may be terminated once more. */
static bool is_reterminable(const struct chimney_handle *handle,
			    const struct chimney_binding *binding)
{
	/* Pairs with handle_set(): the binding is as it says. */
	return smp_load_acquire(&handle->state) == CHIMNEY_OBJECT_LOST &&
	       READ_ONCE(handle->binding) == binding;
}

/* UPD-07: a neighbor, or path, whose link is all that is updated. */
static bool only_relinks(const struct chimney_block *block,
			 const struct chimney_block *parent)
{
	switch (chimney_block_layer(block)) {
	case CHIMNEY_LAYER_NEIGHBOR:
		return block->dependent;
	case CHIMNEY_LAYER_PATH:
		return parent && parent->handle;
	default:
		return false;
	}
}

static enum chimney_clause update_role(const struct chimney_block *block,
				       const struct chimney_block *parent)
{
	bool linked = chimney_block_layer(block) == CHIMNEY_LAYER_NEIGHBOR &&
		      block->dependent;

	if (parent && parent->handle &&
	    chimney_block_layer(block) == CHIMNEY_LAYER_TCP)
		return CHIMNEY_CLAUSE_UPD_08;
	if (linked && READ_ONCE(block->handle->state) == CHIMNEY_OBJECT_HOST)
		return CHIMNEY_CLAUSE_UPD_09;
	if (test_bit(CHIMNEY_OBJECT_INVALID, &block->handle->flags))
		return CHIMNEY_CLAUSE_UPD_04;
	return CHIMNEY_CLAUSE_NONE;
}

static enum chimney_clause check_state_type(const struct chimney_block *block,
					    const struct chimney_block *parent,
					    enum chimney_op_kind kind)
{
	const struct op_rules *rules = &op_rules[kind];
	bool ok;

	if (block->state)
		ok = rules->types & BIT(block->type);
	else
		ok = rules->stateless || (kind == CHIMNEY_OP_KIND_UPDATE &&
					  only_relinks(block, parent));
	return ok ? CHIMNEY_CLAUSE_NONE : rules->wrong_state;
}

/* The object of a block in any operation but an initiate. */
static enum chimney_clause named_role(struct chimney_block *block,
				      const struct chimney_block *parent,
				      const struct chimney_binding *binding,
				      enum chimney_op_kind kind)
{
	enum chimney_clause clause;

	block->role = CHIMNEY_ROLE_LINKER;
	clause = check_state_type(block, parent, kind);
	if (clause == CHIMNEY_CLAUSE_NONE && kind == CHIMNEY_OP_KIND_UPDATE)
		clause = update_role(block, parent);
	if (clause != CHIMNEY_CLAUSE_NONE)
		return clause;
	if (kind == CHIMNEY_OP_KIND_TERMINATE &&
	    is_reterminable(block->handle, binding))
		return CHIMNEY_CLAUSE_NONE;
	return check_offloaded(block->handle, binding, op_rules[kind].busy);
}

static enum chimney_clause block_assign_role(struct chimney_block *block,
					     const struct chimney_block *parent,
					     const struct chimney_binding *binding,
					     enum chimney_op_kind kind)
{
	enum chimney_clause clause = check_links(block);

	if (clause != CHIMNEY_CLAUSE_NONE)
		return clause;
	if (!block->handle) {
		block->role = CHIMNEY_ROLE_PLACEHOLDER;
		return CHIMNEY_CLAUSE_NONE;
	}
	return kind == CHIMNEY_OP_KIND_INITIATE ?
		       initiate_role(block, binding) :
		       named_role(block, parent, binding, kind);
}

/* Also fills in what does not depend on whether the objects can be had. */
static enum chimney_clause
tree_assign_roles(struct chimney_block *tree,
		  const struct chimney_binding *binding,
		  enum chimney_op_kind kind)
{
	enum chimney_clause clause;
	struct chimney_block *block;
	struct chimney_walk walk;
	bool any_linker = false;

	chimney_for_each_block(block, &walk, tree) {
		clause = block_assign_role(block, chimney_walk_parent(&walk),
					   binding, kind);
		if (clause != CHIMNEY_CLAUSE_NONE)
			return clause;
		any_linker |= block->role == CHIMNEY_ROLE_LINKER;
		block->status = CHIMNEY_STATUS_PENDING;
		block_fill_lengths(block);
	}
	if (kind != CHIMNEY_OP_KIND_INITIATE || !any_linker)
		return CHIMNEY_CLAUSE_NONE;

	for_each_parent(block, &walk, tree)
		if (block->role == CHIMNEY_ROLE_LINKER &&
		    !linker_has_new(block))
			return CHIMNEY_CLAUSE_INIT_25;
	return CHIMNEY_CLAUSE_NONE;
}

/* -------- objects -------- */

static void handle_set(struct chimney_handle *handle,
		       enum chimney_object_state state)
{
	trace_chimney_object(handle, handle->layer, handle->state, state);
	if (state == CHIMNEY_OBJECT_HOST) {
		handle->context = NULL;
		handle->flags = 0;
		WRITE_ONCE(handle->binding, NULL);
	}
	/* Pairs with every look at the state: the rest of the handle first. */
	smp_store_release(&handle->state, state);
}

/*
 * Lost for good: nobody finds the way to the target any more. The context slot
 * stays as it is if the target may still write to it.
 */
static void handle_lose(struct chimney_handle *handle)
{
	trace_chimney_object(handle, handle->layer, handle->state,
			     CHIMNEY_OBJECT_LOST);
	WRITE_ONCE(handle->binding, NULL);
	/* As in handle_set(). */
	smp_store_release(&handle->state, CHIMNEY_OBJECT_LOST);
}

/* A terminate ended with FAILURE; the first leaves the way for another one. */
static void handle_fail(struct chimney_handle *handle)
{
	if (test_bit(CHIMNEY_OBJECT_RETERMINATED, &handle->flags)) {
		handle->context = NULL;
		handle_lose(handle);
	} else {
		handle_set(handle, CHIMNEY_OBJECT_LOST);
	}
}

/* TERM-05: the core counts, too. False if a terminate has the parent. */
static bool handle_attach(struct chimney_handle *handle,
			  struct chimney_handle *parent)
{
	if (parent && !atomic_inc_unless_negative(&parent->dependents))
		return false;
	handle->parent = parent;
	return true;
}

static void handle_detach(struct chimney_handle *handle)
{
	if (handle->parent)
		atomic_dec(&handle->parent->dependents);
	handle->parent = NULL;
}

/* -------- claims -------- */

/* INIT-02 */
static enum chimney_clause claim_new(struct chimney_block *block,
				     const struct chimney_block *parent,
				     struct chimney_binding *binding)
{
	struct chimney_handle *handle = block->handle;

	if (cmpxchg(&handle->state, CHIMNEY_OBJECT_HOST,
		    CHIMNEY_OBJECT_OFFLOADING) != CHIMNEY_OBJECT_HOST)
		return CHIMNEY_CLAUSE_INIT_02;
	handle->layer = chimney_block_layer(block);
	handle->client_ops = binding->client->ops;
	handle->flags = 0;
	WRITE_ONCE(handle->binding, binding);
	trace_chimney_object(handle, handle->layer, CHIMNEY_OBJECT_HOST,
			     CHIMNEY_OBJECT_OFFLOADING);
	if (handle_attach(handle, parent ? parent->handle : NULL))
		return CHIMNEY_CLAUSE_NONE;
	handle_set(handle, CHIMNEY_OBJECT_HOST);
	return CHIMNEY_CLAUSE_INIT_02;
}

static void unclaim_new(struct chimney_handle *handle)
{
	handle_detach(handle);
	handle_set(handle, CHIMNEY_OBJECT_HOST);
}

/* TERM-03, TERM-13 */
static enum chimney_clause claim_terminate(struct chimney_handle *handle)
{
	enum chimney_object_state was = READ_ONCE(handle->state);
	int pins = atomic_cmpxchg(&handle->pins, 0, TAKEN);

	if (pins > 0)
		return CHIMNEY_CLAUSE_TERM_03;
	if (pins < 0)
		return CHIMNEY_CLAUSE_TERM_13;
	if (was != CHIMNEY_OBJECT_LOST)
		was = CHIMNEY_OBJECT_OFFLOADED;
	if (cmpxchg(&handle->state, was, CHIMNEY_OBJECT_UPLOADING) != was) {
		atomic_set(&handle->pins, 0);
		return CHIMNEY_CLAUSE_TERM_13;
	}
	trace_chimney_object(handle, handle->layer, was,
			     CHIMNEY_OBJECT_UPLOADING);
	if (was == CHIMNEY_OBJECT_LOST)
		set_bit(CHIMNEY_OBJECT_RETERMINATED, &handle->flags);
	return CHIMNEY_CLAUSE_NONE;
}

static void unclaim_terminate(struct chimney_handle *handle)
{
	bool lost = test_and_clear_bit(CHIMNEY_OBJECT_RETERMINATED,
				       &handle->flags);

	handle_set(handle, lost ? CHIMNEY_OBJECT_LOST :
				  CHIMNEY_OBJECT_OFFLOADED);
	atomic_set(&handle->pins, 0);
}

static void unpin(struct chimney_handle *handle, enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_UPDATE)
		clear_bit(CHIMNEY_OBJECT_UPDATING, &handle->flags);
	/* A terminate may take the object from here on. */
	smp_mb__before_atomic();
	atomic_dec(&handle->pins);
}

/* Keep an object where it is: TERM-03 and, if it is updated, UPD-02. */
static enum chimney_clause claim_pin(struct chimney_handle *handle,
				     const struct chimney_binding *binding,
				     enum chimney_op_kind kind)
{
	enum chimney_clause clause;

	if (!atomic_inc_unless_negative(&handle->pins))
		return op_rules[kind].busy;
	/* It may have gone since its role was assigned. */
	clause = check_offloaded(handle, binding, op_rules[kind].busy);
	if (clause == CHIMNEY_CLAUSE_NONE && kind == CHIMNEY_OP_KIND_UPDATE &&
	    test_and_set_bit(CHIMNEY_OBJECT_UPDATING, &handle->flags))
		clause = CHIMNEY_CLAUSE_UPD_02;
	if (clause != CHIMNEY_CLAUSE_NONE)
		atomic_dec(&handle->pins);
	return clause;
}

static enum chimney_clause block_claim(struct chimney_block *block,
				       const struct chimney_block *parent,
				       struct chimney_binding *binding,
				       enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return block->role == CHIMNEY_ROLE_NEW ?
			       claim_new(block, parent, binding) :
			       CHIMNEY_CLAUSE_NONE;
	case CHIMNEY_OP_KIND_TERMINATE:
		return claim_terminate(block->handle);
	default:
		return claim_pin(block->handle, binding, kind);
	}
}

static void block_unclaim(struct chimney_block *block,
			  enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		if (block->role == CHIMNEY_ROLE_NEW)
			unclaim_new(block->handle);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		unclaim_terminate(block->handle);
		break;
	default:
		unpin(block->handle, kind);
		break;
	}
}

/* Give the objects before @end back; all for NULL. */
static void tree_unclaim(struct chimney_block *tree,
			 const struct chimney_block *end,
			 enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		if (block == end)
			return;
		if (block->role != CHIMNEY_ROLE_PLACEHOLDER)
			block_unclaim(block, kind);
	}
}

/* An object is in one operation that moves it at a time. */
static enum chimney_clause tree_claim(struct chimney_block *tree,
				      struct chimney_binding *binding,
				      enum chimney_op_kind kind)
{
	enum chimney_clause clause;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		if (block->role == CHIMNEY_ROLE_PLACEHOLDER)
			continue;
		clause = block_claim(block, chimney_walk_parent(&walk),
				     binding, kind);
		if (clause != CHIMNEY_CLAUSE_NONE) {
			tree_unclaim(tree, block, kind);
			return clause;
		}
	}
	return CHIMNEY_CLAUSE_NONE;
}

/* -------- dependents that come along -------- */

static void tree_uncount(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		if (block->handle && block->handle->parent)
			atomic_dec(&block->handle->parent->dependents);
}

/* A parent that a terminate has is none any more. */
static void tree_count(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		if (block->handle &&
		    !handle_attach(block->handle, block->handle->parent))
			block->handle->parent = NULL;
}

/* Undo what tree_take() did before @end. */
static void tree_release(struct chimney_block *tree,
			 const struct chimney_block *end)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	for_each_parent(block, &walk, tree) {
		if (block == end)
			return;
		if (block->handle)
			atomic_set(&block->handle->dependents, 0);
	}
}

static enum chimney_clause tree_take(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	for_each_parent(block, &walk, tree) {
		if (!block->handle ||
		    !atomic_cmpxchg(&block->handle->dependents, 0, TAKEN))
			continue;
		tree_release(tree, block);
		return CHIMNEY_CLAUSE_TERM_06;
	}
	return CHIMNEY_CLAUSE_NONE;
}

/* Does it take an object that others may depend on? */
static bool names_parent(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	for_each_parent(block, &walk, tree)
		if (block->handle)
			return true;
	return false;
}

/*
 * TERM-06: without the objects of the tree none of them has dependents. Those
 * whose parent is not in the tree count there until they are gone.
 */
static enum chimney_clause tree_take_dependents(struct chimney_block *tree)
{
	enum chimney_clause clause;

	if (!names_parent(tree))
		return CHIMNEY_CLAUSE_NONE;
	tree_uncount(tree);
	clause = tree_take(tree);
	tree_count(tree);
	return clause;
}

/* -------- submission -------- */

/**
 * chimney_tree_submit() - check a client's tree and take its objects
 * @tree: the tree
 * @binding: where it is to go
 * @kind: the operation
 *
 * On success the objects that move are OFFLOADING or UPLOADING and the others
 * pinned, roles and lengths are filled in and all statuses are PENDING. On
 * failure no object has changed.
 *
 * Context: any. Return: the clause that the client breaks, or
 * CHIMNEY_CLAUSE_NONE.
 */
enum chimney_clause chimney_tree_submit(struct chimney_block *tree,
					struct chimney_binding *binding,
					enum chimney_op_kind kind)
{
	enum chimney_clause clause;

	clause = tree_assign_roles(tree, binding, kind);
	if (clause != CHIMNEY_CLAUSE_NONE)
		return clause;
	clause = tree_claim(tree, binding, kind);
	if (clause != CHIMNEY_CLAUSE_NONE)
		return clause;
	if (kind == CHIMNEY_OP_KIND_TERMINATE) {
		clause = tree_take_dependents(tree);
		if (clause != CHIMNEY_CLAUSE_NONE)
			tree_unclaim(tree, NULL, kind);
	}
	return clause;
}

/* -------- completion -------- */

static int settle_initiate(const struct chimney_block *block)
{
	if (block->role != CHIMNEY_ROLE_NEW)
		return 0;
	if (chimney_block_done(block)) {
		handle_set(block->handle, CHIMNEY_OBJECT_OFFLOADED);
		return 1;
	}
	handle_detach(block->handle);
	handle_set(block->handle, CHIMNEY_OBJECT_HOST);
	return 0;
}

/* TERM-25, TERM-26: what the target has forgotten it will never complete. */
static void check_drained(struct chimney_handle *handle,
			  struct chimney_target_core *core)
{
	if (atomic_xchg(&handle->receives, 0))
		chimney_violation(core, CHIMNEY_CLAUSE_TERM_25);
	if (atomic_xchg(&handle->disconnects, 0))
		chimney_violation(core, CHIMNEY_CLAUSE_TERM_26);
}

static int settle_terminate(const struct chimney_block *block,
			    struct chimney_target_core *core)
{
	struct chimney_handle *handle = block->handle;
	bool counted = !test_bit(CHIMNEY_OBJECT_RETERMINATED, &handle->flags);

	check_drained(handle, core);
	handle_detach(handle);
	atomic_set(&handle->dependents, 0);
	atomic_set(&handle->pins, 0);
	if (block->status == CHIMNEY_STATUS_SUCCESS)
		handle_set(handle, CHIMNEY_OBJECT_HOST);
	else
		handle_fail(handle);
	return counted ? -1 : 0;
}

/* UPD-07: while the objects are pinned, so none of them goes away. */
static void settle_links(struct chimney_block *tree)
{
	const struct chimney_block *block, *parent;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		parent = chimney_walk_parent(&walk);
		if (!block->handle || !parent || !parent->handle ||
		    block->status != CHIMNEY_STATUS_SUCCESS)
			continue;
		handle_detach(block->handle);
		handle_attach(block->handle, parent->handle);
	}
}

static void settle_pinned(const struct chimney_block *block,
			  enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_INVALIDATE &&
	    block->status == CHIMNEY_STATUS_SUCCESS)
		set_bit(CHIMNEY_OBJECT_INVALID, &block->handle->flags);
	unpin(block->handle, kind);
}

/* Returns by how much it changed the number of offloaded objects. */
static int block_settle(const struct chimney_block *block,
			const struct chimney_binding *binding,
			enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return settle_initiate(block);
	case CHIMNEY_OP_KIND_TERMINATE:
		return settle_terminate(block, binding->core);
	default:
		settle_pinned(block, kind);
		return 0;
	}
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

	if (kind == CHIMNEY_OP_KIND_UPDATE)
		settle_links(tree);
	chimney_for_each_block(block, &walk, tree)
		if (block->role != CHIMNEY_ROLE_PLACEHOLDER)
			objects += block_settle(block, binding, kind);
	atomic_add(objects, &binding->objects);
}

/* Returns as block_settle(). */
static int block_lose(const struct chimney_block *block,
		      enum chimney_op_kind kind)
{
	bool counted;

	if (!chimney_block_moves(block, kind)) {
		if (kind != CHIMNEY_OP_KIND_INITIATE)
			unpin(block->handle, kind);
		return 0;
	}
	counted = kind == CHIMNEY_OP_KIND_TERMINATE &&
		  !test_bit(CHIMNEY_OBJECT_RETERMINATED, &block->handle->flags);
	handle_detach(block->handle);
	handle_lose(block->handle);
	return counted ? -1 : 0;
}

/**
 * chimney_tree_lose() - give up the objects an overdue operation moves
 * @tree: the tree; the target may still write to it, and to context slots
 * @binding: where it went
 * @kind: the operation
 *
 * Objects that linkers name, and all of a query, update or invalidate, stay
 * offloaded.
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

	chimney_for_each_block(block, &walk, tree)
		if (block->role != CHIMNEY_ROLE_PLACEHOLDER)
			objects += block_lose(block, kind);
	atomic_add(objects, &binding->objects);
}

/**
 * chimney_tree_is_kept() - does the target still refer to objects of a tree
 * @tree: a tree of a lost operation that the target completed in the end
 * @kind: the operation
 *
 * A target that offloaded an object too late, or could not give it back, has
 * its handle and may name it in indications until it is unregistered. What a
 * query, update or invalidate names is not lost with it, and may be gone.
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
