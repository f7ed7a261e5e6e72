// SPDX-License-Identifier: GPL-2.0-only
/* Objects of a tree come back. */
#include "sim.h"

/*
 * Make sure that the device has forgotten an object, by all means. @back gets the
 * send data of a connection; NULL to leave it to the engine.
 */
void sim_object_destroy(struct sim_device *sim, struct sim_object *object,
			struct chimney_block *back)
{
	struct hw_command *command;

	command = sim_command_begin(sim, CHIMNEY_OP_KIND_TERMINATE, object);
	command->state = (uintptr_t)back;
	sim->stuck = false;
	sim_command_post(sim, command, object, NULL);
	sim_commands_drain(sim);
	if (sim->stuck)
		sim_device_reset(sim);
}

void sim_destroy_answered(struct sim_device *sim, struct sim_object *object,
			  struct chimney_block *block,
			  const struct hw_completion *completion)
{
	struct chimney_neighbor_state_delegated *neighbor;

	if (!block) {
		/* BAD_CONTEXT: it was gone already. */
		sim->stuck = completion && completion->status != HW_ST_OK &&
			     completion->status != HW_ST_BAD_CONTEXT;
		return;
	}
	if (!completion || completion->status != HW_ST_OK) {
		object->lost = true;
		return;
	}
	neighbor = block->state;
	if (object->type == HW_NEIGHBOR && neighbor)
		neighbor->nic_reachability_delta = completion->reachability;
	block->status = CHIMNEY_STATUS_SUCCESS;
	sim_object_set(block, NULL);
	sim_object_free(sim, object);
}

/* An object that was lost at an earlier terminate (G-06). */
static struct sim_object *object_find_gone(struct sim_device *sim,
					   const struct chimney_handle *handle)
{
	struct sim_object *object;

	list_for_each_entry(object, &sim->gone, list)
		if (object->handle == handle)
			return object;
	return NULL;
}

static void block_terminate(struct sim_device *sim,
			    struct chimney_block *block)
{
	struct sim_object *object = NULL;
	struct hw_command *command;

	block->status = CHIMNEY_STATUS_SUCCESS;
	if (block->handle) {
		block->status = CHIMNEY_STATUS_FAILURE;
		object = sim_linked_object(block) ?:
			 object_find_gone(sim, block->handle);
	}
	sim_object_set(block, object);
	if (!object || object->lost)
		return;
	command = sim_command_begin(sim, CHIMNEY_OP_KIND_TERMINATE, object);
	if (object->type == HW_TCP)
		command->state = (uintptr_t)block;
	sim_command_post(sim, command, object, block);
}

/* The values of a lost connection are of no use (TERM-20), its data neither. */
static void block_discard(struct sim_device *sim, struct chimney_block *block)
{
	struct chimney_tcp_state_delegated *state = block->state;

	if (block->type != CHIMNEY_TCP_STATE_DELEGATED)
		return;
	if (state && state->buffered_data.next)
		__skb_queue_purge(&state->buffered_data);
	if (!skb_queue_empty(&block->send_queue))
		chimney_tcp_send_complete(&sim->target, block->handle,
					  &block->send_queue,
					  CHIMNEY_STATUS_REQUEST_ABORTED);
}

/*
 * An object the device did not give back. Make sure that the device has forgotten
 * it, then abort its I/O (TERM-65, QRY-13).
 */
static void object_give_up(struct sim_device *sim, struct sim_object *object)
{
	sim_object_destroy(sim, object, NULL);
	if (object->conn)
		sim_engine_abandon(object);
	object->lost = true;
	object->parent = NULL;
	sim_object_forget_id(sim, object);
	list_add_tail(&object->list, &sim->gone);
}

/* QRY-11, QRY-12, TERM-65 */
static void object_tell_lost(struct sim_device *sim, struct sim_object *object)
{
	if (object->told || object->type != HW_TCP)
		return;
	object->told = true;
	chimney_tcp_event_indicate(&sim->target, object->handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_HARDWARE_FAILURE);
	chimney_tcp_event_indicate(&sim->target, object->handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
}

static void block_end_lost(struct sim_device *sim, struct chimney_block *block)
{
	struct sim_object *object = sim_object_of(block);

	if (object->id == HW_NO_CONTEXT) {
		/* Once more, and that was it. */
		sim_object_free(sim, object);
	} else {
		object_give_up(sim, object);
		block_discard(sim, block);
	}
	sim_object_set(block, NULL);
}

static bool has_lost(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		if (sim_object_of(block))
			return true;
	return false;
}

/* G-42: leaves first. */
void sim_tree_terminate(struct sim_device *sim, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct sim_object *object;
	struct chimney_walk walk;
	int type;

	for (type = HW_TCP; type >= HW_NEIGHBOR; type--)
		sim_for_each_block_down_to(block, &walk, tree, type)
			if (sim_type_of(block) == type)
				block_terminate(sim, block);
	sim_commands_drain(sim);
	for (type = HW_TCP; has_lost(tree) && type >= HW_NEIGHBOR; type--)
		sim_for_each_block_down_to(block, &walk, tree, type)
			if (sim_type_of(block) == type && sim_object_of(block))
				block_end_lost(sim, block);

	/* A client that lets go of a lost connection waits for a grace period. */
	rcu_read_lock();
	chimney_terminate_offload_complete(&sim->target, tree);
	list_for_each_entry(object, &sim->gone, list)
		object_tell_lost(sim, object);
	rcu_read_unlock();
}

/* Connections that turned out to be lost. */
void sim_tell_lost(struct sim_device *sim)
{
	struct sim_object *object;
	u32 id;

	if (!sim->any_lost)
		return;
	sim->any_lost = false;
	sim_for_each_object(object, id, sim, HW_TCP) {
		if (!object->lost || object->told)
			continue;
		sim_engine_retire(object->conn);
		object_tell_lost(sim, object);
	}
}
