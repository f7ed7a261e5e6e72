// SPDX-License-Identifier: GPL-2.0-only
/* Query, update and invalidate: the objects of a tree stay where they are. */
#include <linux/etherdevice.h>

#include "sim.h"

/* -------- query -------- */

static void copy_state(void *to, const void *from, size_t size)
{
	/* The header is the core's (DAT-11). */
	const size_t skip = sizeof(struct chimney_state_header);

	memcpy(to + skip, from + skip, size - skip);
}

#define COPY_STATE(to, from)						\
	do {								\
		typeof(from) _from = (from);				\
									\
		copy_state(to, _from, sizeof(*_from));			\
	} while (0)

static void neighbor_fill(const struct sim_object *object,
			  struct chimney_block *block,
			  const struct hw_completion *now)
{
	struct chimney_neighbor_offload_state *all = block->state;
	struct chimney_neighbor_state_cached *cached = block->state;
	struct chimney_neighbor_state_delegated *delegated = block->state;
	bool complete = block->type == CHIMNEY_NEIGHBOR_STATE;

	if (complete) {
		cached = &all->cached;
		delegated = &all->delegated;
	}
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_CONST)
		COPY_STATE(block->state, &object->neighbor.constant);
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_CACHED) {
		COPY_STATE(cached, &object->neighbor.cached);
		cached->host_reachability_delta = now->host_reachability;
	}
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_DELEGATED)
		delegated->nic_reachability_delta = now->reachability;
}

static void path_fill(const struct sim_object *object,
		      struct chimney_block *block)
{
	struct chimney_path_offload_state *all = block->state;
	bool complete = block->type == CHIMNEY_PATH_STATE;

	if (complete || block->type == CHIMNEY_PATH_STATE_CONST)
		COPY_STATE(block->state, &object->path.constant);
	if (complete || block->type == CHIMNEY_PATH_STATE_CACHED)
		COPY_STATE(complete ? (void *)&all->cached : block->state,
			   &object->path.cached);
}

/* The engine has filled in the delegated variables. */
static void tcp_fill(const struct sim_object *object,
		     struct chimney_block *block)
{
	struct chimney_tcp_offload_state *all = block->state;
	bool complete = block->type == CHIMNEY_TCP_STATE;

	if (complete || block->type == CHIMNEY_TCP_STATE_CONST)
		COPY_STATE(block->state, &object->tcp.constant);
	if (complete || block->type == CHIMNEY_TCP_STATE_CACHED)
		COPY_STATE(complete ? (void *)&all->cached : block->state,
			   &object->tcp.cached);
}

void sim_query_answered(struct sim_device *sim, struct sim_object *object,
			struct chimney_block *block,
			const struct hw_completion *completion)
{
	bool ok = completion && completion->status == HW_ST_OK;

	if (!block) {
		if (ok)
			sim->answer = *completion;
		return;
	}
	if (!ok) {
		/* QRY-10: what cannot be read is corrupt. */
		block->status = CHIMNEY_STATUS_FAILURE;
		if (object->type == HW_TCP)
			sim_object_lose(sim, object);
		return;
	}
	if (!block->state)
		return;
	if (object->type == HW_NEIGHBOR)
		neighbor_fill(object, block, completion);
	else if (object->type == HW_PATH)
		path_fill(object, block);
	else
		tcp_fill(object, block);
}

static void block_query(struct sim_device *sim, struct chimney_block *block,
			struct sim_object *object)
{
	struct hw_command *command;

	command = sim_command_begin(sim, CHIMNEY_OP_KIND_QUERY, object);
	if (object->type == HW_TCP)
		command->state = (uintptr_t)block;
	sim_command_post(sim, command, object, block);
}

/* -------- update -------- */

void sim_update_answered(struct sim_device *sim, struct sim_object *object,
			 struct chimney_block *block,
			 const struct hw_completion *completion)
{
	if (!block)
		return;
	if (!completion || completion->status != HW_ST_OK) {
		block->status = CHIMNEY_STATUS_FAILURE;	/* UPD-24 */
		return;
	}
	switch (object->type) {
	case HW_NEIGHBOR:
		COPY_STATE(&object->neighbor.cached,
			   (struct chimney_neighbor_state_cached *)
			   block->state);
		break;
	case HW_PATH:
		COPY_STATE(&object->path.cached,
			   (struct chimney_path_state_cached *)block->state);
		object->resized = true;
		break;
	default:
		COPY_STATE(&object->tcp.cached,
			   (struct chimney_tcp_state_cached *)block->state);
		object->tcp.cached.flags &= ~SIM_ONE_SHOT;
		break;
	}
}

void sim_relink_answered(struct chimney_block *block,
			 const struct hw_completion *completion)
{
	if (!completion || completion->status != HW_ST_OK)
		block->status = CHIMNEY_STATUS_FAILURE;
}

static void fill_update(struct hw_command *command,
			const struct sim_object *object,
			struct chimney_block *block)
{
	const struct chimney_neighbor_state_cached *neighbor = block->state;
	const struct chimney_path_state_cached *path = block->state;
	const struct chimney_tcp_state_cached *tcp = block->state;

	switch (object->type) {
	case HW_NEIGHBOR:
		ether_addr_copy(command->neighbor.dmac,
				neighbor->dl_destination_address);
		command->host_reachability = neighbor->host_reachability_delta;
		break;
	case HW_PATH:
		command->mtu = path->path_mtu;
		break;
	default:
		command->rcv_wnd = tcp->initial_rcv_wnd;
		command->state = (uintptr_t)block;
		break;
	}
}

/* UPD-07: a path below a neighbor hangs on that from now on. */
static void block_relink(struct sim_device *sim, struct chimney_block *block,
			 struct sim_object *path, struct sim_object *neighbor)
{
	struct hw_command *command;

	command = sim_command_begin(sim, CHIMNEY_OP_KIND_UPDATE, path);
	command->opcode = HW_OP_PATH_RELINK;
	command->parent = neighbor->id;
	sim_command_post(sim, command, path, block);
	sim_commands_drain(sim);
	if (block->status == CHIMNEY_STATUS_SUCCESS && !path->lost)
		path->parent = neighbor;
}

static void block_update(struct sim_device *sim, struct chimney_block *block,
			 struct sim_object *object, struct sim_object *parent)
{
	struct hw_command *command;

	if (object->type == HW_PATH && parent)
		block_relink(sim, block, object, parent);
	if (!block->state || block->status != CHIMNEY_STATUS_SUCCESS)
		return;
	command = sim_command_begin(sim, CHIMNEY_OP_KIND_UPDATE, object);
	fill_update(command, object, block);
	sim_command_post(sim, command, object, block);
}

/* -------- invalidate -------- */

/* It was invalidated, or something it depends on. */
static bool object_is_invalid(const struct sim_object *object)
{
	for (; object; object = object->parent)
		if (object->invalid)
			return true;
	return false;
}

void sim_invalidate_answered(struct sim_device *sim,
			     struct sim_object *object,
			     struct chimney_block *block,
			     const struct hw_completion *completion)
{
	if (completion && completion->status == HW_ST_OK)
		return;
	block->status = CHIMNEY_STATUS_FAILURE;
	if (object->type == HW_TCP)
		sim_object_lose(sim, object);	/* INV-11 */
}

static void block_invalidate(struct sim_device *sim,
			     struct chimney_block *block,
			     struct sim_object *object)
{
	const struct hw_command *command;

	command = sim_command_begin(sim, CHIMNEY_OP_KIND_INVALIDATE, object);
	sim_command_post(sim, command, object, block);
}

/* The connections that depend on what was invalidated stop (INV-05). */
static void tree_stop_dependents(struct sim_device *sim,
				 struct chimney_block *tree)
{
	struct chimney_block *block;
	struct sim_object *object;
	struct chimney_walk walk;
	u32 id;

	chimney_for_each_block(block, &walk, tree)
		if (sim_object_of(block) &&
		    block->status == CHIMNEY_STATUS_SUCCESS)
			sim_object_of(block)->invalid = true;
	sim_for_each_object(object, id, sim, HW_TCP)
		if (object->conn && object_is_invalid(object))
			sim_engine_invalidate(object->conn);
}

/* INV-06 */
static void tell_invalid(struct sim_device *sim)
{
	struct sim_object *object;
	u32 id;

	sim_for_each_object(object, id, sim, HW_TCP) {
		if (!object->conn)
			continue;
		local_bh_disable();
		sim_engine_run(object->conn);
		local_bh_enable();
	}
}

/* Connections hear of another MTU of their path. */
static void tell_mtu(struct sim_device *sim)
{
	struct sim_object *object;
	bool any = false;
	u32 id;

	sim_for_each_object(object, id, sim, HW_PATH)
		any |= object->resized;
	if (!any)
		return;
	sim_for_each_object(object, id, sim, HW_TCP)
		if (object->conn && object->parent && object->parent->resized)
			sim_engine_set_mtu(object->conn, object->parent->path
							 .cached.path_mtu);
	sim_for_each_object(object, id, sim, HW_PATH)
		object->resized = false;
}

/* -------- what they share -------- */

static void block_operate(struct sim_device *sim, struct chimney_block *block,
			  const struct chimney_block *parent,
			  enum chimney_op_kind kind)
{
	struct sim_object *object = sim_object_of(block);

	if (!object || object->lost) {
		/* OP-11 for a placeholder, G-57 for what is not there */
		block->status = block->handle ? CHIMNEY_STATUS_FAILURE :
						CHIMNEY_STATUS_SUCCESS;
		return;
	}
	if (kind == CHIMNEY_OP_KIND_QUERY)
		block_query(sim, block, object);
	else if (kind == CHIMNEY_OP_KIND_UPDATE)
		block_update(sim, block, object,
			     parent ? sim_object_of(parent) : NULL);
	else
		block_invalidate(sim, block, object);
}

static void tree_complete(struct sim_device *sim, struct chimney_block *tree,
			  enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_QUERY)
		chimney_query_offload_complete(&sim->target, tree);
	else if (kind == CHIMNEY_OP_KIND_UPDATE)
		chimney_update_offload_complete(&sim->target, tree);
	else
		chimney_invalidate_offload_complete(&sim->target, tree);
}

void sim_tree_operate(struct sim_device *sim, struct chimney_block *tree,
		      enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		sim_object_set(block, block->handle ?
				      sim_linked_object(block) : NULL);
		block->status = CHIMNEY_STATUS_SUCCESS;
		block_operate(sim, block, chimney_walk_parent(&walk), kind);
	}
	sim_commands_drain(sim);
	if (kind == CHIMNEY_OP_KIND_UPDATE)
		tell_mtu(sim);
	else if (kind == CHIMNEY_OP_KIND_INVALIDATE)
		tree_stop_dependents(sim, tree);
	tree_complete(sim, tree, kind);
	if (kind == CHIMNEY_OP_KIND_INVALIDATE)
		tell_invalid(sim);
}
