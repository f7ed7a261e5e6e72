// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control of the simulated NIC: trees in, commands out, statuses back.
 *
 * Trees are worked on one after the other. The commands of a tree are posted
 * without waiting for their answers: the driver chooses the ids, so a block can
 * name its parent's before that exists.
 *
 * While a tree is in the queue, target_priv of its root hold the next tree and
 * the kind of operation; afterwards see object.h.
 */
#include <linux/bitmap.h>
#include <linux/etherdevice.h>

#include "sim.h"

/* How long initiates wait for the end of a pause: less than hosts wait for them. */
#define PAUSE_PATIENCE	(2 * HZ)

/**
 * sim_answered() - a command was answered, or never will be
 * @sim: the device
 * @pending: the command
 * @completion: the answer, or NULL
 *
 * Context: driver's work.
 */
void sim_answered(struct sim_device *sim, const struct sim_pending *pending,
		  const struct hw_completion *completion)
{
	struct sim_object *object = pending->object;
	struct chimney_block *block = pending->block;

	switch (pending->opcode) {
	case HW_OP_NEIGHBOR_CREATE:
	case HW_OP_PATH_CREATE:
	case HW_OP_TCP_CREATE:
		sim_create_answered(sim, object, block, completion);
		break;
	case HW_OP_NEIGHBOR_DESTROY:
	case HW_OP_PATH_DESTROY:
	case HW_OP_TCP_DESTROY:
		sim_destroy_answered(sim, object, block, completion);
		break;
	case HW_OP_NEIGHBOR_QUERY:
	case HW_OP_PATH_QUERY:
	case HW_OP_TCP_QUERY:
		sim_query_answered(sim, object, block, completion);
		break;
	case HW_OP_PATH_RELINK:
		sim_relink_answered(block, completion);
		break;
	case HW_OP_NEIGHBOR_UPDATE:
	case HW_OP_PATH_UPDATE:
	case HW_OP_TCP_UPDATE:
		sim_update_answered(sim, object, block, completion);
		break;
	default:
		sim_invalidate_answered(sim, object, block, completion);
		break;
	}
}

/* -------- what the device tells -------- */

/* EVT-10 to EVT-12 */
static void neighbor_query(struct sim_device *sim, struct sim_object *object)
{
	struct chimney_neighbor_offload_state state = {
		.constant = object->neighbor.constant,
		.cached = object->neighbor.cached,
		.delegated.header.length = sizeof(state.delegated),
	};
	struct chimney_block block;
	struct hw_command *command;

	memset(&sim->answer, 0, sizeof(sim->answer));
	command = sim_command_begin(sim, CHIMNEY_OP_KIND_QUERY, object);
	sim_command_post(sim, command, object, NULL);
	sim_commands_drain(sim);
	if (sim->answer.opcode != HW_OP_NEIGHBOR_QUERY || object->lost)
		return;
	state.cached.host_reachability_delta = sim->answer.host_reachability;
	state.delegated.nic_reachability_delta = sim->answer.reachability;
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE, object->handle,
			   &state);
	block.status = CHIMNEY_STATUS_SUCCESS;
	chimney_event_indicate(&sim->target, &block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);

	command = sim_command_begin(sim, CHIMNEY_OP_KIND_UPDATE, object);
	ether_addr_copy(command->neighbor.dmac,
			object->neighbor.cached.dl_destination_address);
	command->host_reachability = state.cached.host_reachability_delta;
	sim_command_post(sim, command, object, NULL);
	sim_commands_drain(sim);
}

static void neighbor_queries(struct sim_device *sim)
{
	u32 size = hw_read(sim->hw, HW_REG_NEIGHBOR_ENTRIES);
	struct sim_object *object;
	u32 id;

	for_each_set_bit(id, sim->stale, size) {
		object = sim_object_find(sim, HW_NEIGHBOR, id);
		if (object && !object->lost)
			neighbor_query(sim, object);
		/* Not earlier: now the answer stands. */
		clear_bit(id, sim->stale);
	}
	if (xchg(&sim->doubt, false))
		chimney_event_indicate(&sim->target, NULL,
				       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
}

static void sim_pause(struct sim_device *sim, bool paused);
static void take_waiting(struct sim_device *sim);
static void refuse_waiting(struct sim_device *sim);

static void tcp_event(struct sim_device *sim, const struct hw_completion *event)
{
	struct sim_object *object = sim_object_find(sim, HW_TCP,
						    event->context);

	if (!object || object->lost)
		return;
	if (event->status == HW_EVENT_ABORT)
		sim_engine_abort(object->conn);
	else
		sim_engine_retrieve(object->conn, event->information);
}

static void handle_event(struct sim_device *sim,
			 const struct hw_completion *event)
{
	struct sim_object *object;

	switch (event->status) {
	case HW_EVENT_RETRIEVE:
	case HW_EVENT_ABORT:
		tcp_event(sim, event);
		break;
	case HW_EVENT_NEIGHBOR_QUERY:
		object = sim_object_find(sim, HW_NEIGHBOR, event->context);
		if (object && !object->lost)
			neighbor_query(sim, object);
		break;
	case HW_EVENT_IN_DOUBT:
		sim->doubt = true;
		break;
	case HW_EVENT_PAUSE:
		sim_pause(sim, true);
		break;
	case HW_EVENT_RESUME:
		sim_pause(sim, false);
		break;
	case HW_EVENT_UPLOAD_ALL:
		sim->paused = true;
		chimney_status_indicate(&sim->target,
					CHIMNEY_INDICATION_UPLOAD_ALL);
		/* Until they complete nothing can come back. */
		refuse_waiting(sim);
		break;
	}
}

/* Between two trees (INIT-65). */
static void sim_listen(struct sim_device *sim)
{
	struct hw_completion event;

	if (READ_ONCE(sim->stopping)) {
		/* Nobody listens any more. */
		take_waiting(sim);
		return;
	}
	sim_commands_service(sim);
	if (xchg(&sim->impatient, false) && sim->paused)
		refuse_waiting(sim);
	while (sim->event_count) {
		event = sim->events[0];
		sim->event_count--;
		memmove(sim->events, sim->events + 1,
			sim->event_count * sizeof(event));
		handle_event(sim, &event);
	}
	neighbor_queries(sim);
	sim_tell_lost(sim);
}

void sim_driver_stale(struct sim_device *sim, u32 neighbor)
{
	if (!test_and_set_bit(neighbor, sim->stale))
		queue_work(sim->driver_wq, &sim->driver);
}

void sim_driver_doubt(struct sim_device *sim)
{
	WRITE_ONCE(sim->doubt, true);
	queue_work(sim->driver_wq, &sim->driver);
}

/* -------- the queue -------- */

static void queue_add(struct sim_queue *queue, struct chimney_block *tree,
		      enum chimney_op_kind kind)
{
	tree->target_priv[0] = NULL;
	tree->target_priv[1] = (void *)(unsigned long)kind;
	spin_lock_bh(&queue->lock);
	if (queue->first)
		queue->last->target_priv[0] = tree;
	else
		queue->first = tree;
	queue->last = tree;
	spin_unlock_bh(&queue->lock);
}

static struct chimney_block *queue_take(struct sim_queue *queue,
					enum chimney_op_kind *kind)
{
	struct chimney_block *tree;

	spin_lock_bh(&queue->lock);
	tree = queue->first;
	if (tree) {
		queue->first = tree->target_priv[0];
		*kind = (unsigned long)tree->target_priv[1];
	}
	spin_unlock_bh(&queue->lock);
	return tree;
}

/* Trees that waited for the end of a pause. */
static void take_waiting(struct sim_device *sim)
{
	enum chimney_op_kind kind;
	struct chimney_block *tree;

	while ((tree = queue_take(&sim->waiting, &kind)))
		sim_tree_initiate(sim, tree);
}

/*
 * They and what comes before the next resume are not offloaded. The host holds
 * the segments of their connections, so they must not wait for long.
 */
static void refuse_waiting(struct sim_device *sim)
{
	sim->refusing = true;
	take_waiting(sim);
}

static void sim_impatient(struct work_struct *work)
{
	struct sim_device *sim = container_of(to_delayed_work(work),
					      struct sim_device, patience);

	WRITE_ONCE(sim->impatient, true);
	queue_work(sim->driver_wq, &sim->driver);
}

static void sim_pause(struct sim_device *sim, bool paused)
{
	sim->paused = paused;
	sim->refusing = false;
	if (!paused) {
		cancel_delayed_work(&sim->patience);
		take_waiting(sim);
	}
	chimney_status_indicate(&sim->target,
				paused ? CHIMNEY_INDICATION_PAUSE :
					 CHIMNEY_INDICATION_RESUME);
}

static void work_on(struct sim_device *sim, struct chimney_block *tree,
		    enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_INITIATE && sim->paused && !sim->refusing) {
		queue_add(&sim->waiting, tree, kind);	/* PAU-03, PAU-04 */
		queue_delayed_work(sim->driver_wq, &sim->patience,
				   PAUSE_PATIENCE);
	} else if (kind == CHIMNEY_OP_KIND_INITIATE) {
		sim_tree_initiate(sim, tree);
	} else if (kind == CHIMNEY_OP_KIND_TERMINATE) {
		sim_tree_terminate(sim, tree);
	} else {
		sim_tree_operate(sim, tree, kind);
	}
}

static void sim_driver_work(struct work_struct *work)
{
	struct sim_device *sim = container_of(work, struct sim_device, driver);
	struct chimney_block *tree;
	enum chimney_op_kind kind;

	WRITE_ONCE(sim->polling, true);
	sim_listen(sim);
	while ((tree = queue_take(&sim->queue, &kind))) {
		work_on(sim, tree, kind);
		sim_engine_recycle(sim);
		sim_listen(sim);
		cond_resched();
	}
	WRITE_ONCE(sim->polling, false);
	smp_mb();	/* pairs with the one in board_interrupt() */
	if (!READ_ONCE(sim->stopping) && sim_commands_due(sim))
		queue_work(sim->driver_wq, work);
}

static void sim_accept(struct chimney_target *target,
		       struct chimney_block *tree, enum chimney_op_kind kind)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	queue_add(&sim->queue, tree, kind);
	queue_work(sim->driver_wq, &sim->driver);
}

static void sim_initiate_offload(struct chimney_target *target,
				 struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_INITIATE);
}

static void sim_terminate_offload(struct chimney_target *target,
				  struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_TERMINATE);
}

static void sim_query_offload(struct chimney_target *target,
			      struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_QUERY);
}

static void sim_update_offload(struct chimney_target *target,
			       struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_UPDATE);
}

static void sim_invalidate_offload(struct chimney_target *target,
				   struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_INVALIDATE);
}

const struct chimney_target_ops sim_target_ops = {
	.initiate_offload = sim_initiate_offload,
	.terminate_offload = sim_terminate_offload,
	.query_offload = sim_query_offload,
	.update_offload = sim_update_offload,
	.invalidate_offload = sim_invalidate_offload,
	.tcp_send = sim_engine_send,
	.tcp_receive = sim_engine_receive,
	.tcp_forward = sim_engine_forward,
	.tcp_disconnect = sim_engine_disconnect,
	.enable = sim_enable,
	.set_parameters = sim_set_parameters,
	.statistics = sim_statistics,
	.usage = sim_usage,
	.stop = sim_stop,
};

/**
 * sim_driver_start() - make the driver ready and enable the device
 * @sim: the device, powered up, with its workqueues
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int sim_driver_start(struct sim_device *sim)
{
	u32 neighbors = hw_read(sim->hw, HW_REG_NEIGHBOR_ENTRIES);

	spin_lock_init(&sim->queue.lock);
	spin_lock_init(&sim->waiting.lock);
	sim->queue.enabled = sim->target.caps;
	sim->sack = sim->target.caps.sack;
	INIT_WORK(&sim->driver, sim_driver_work);
	INIT_DELAYED_WORK(&sim->patience, sim_impatient);
	sim->stale = bitmap_zalloc(neighbors, GFP_KERNEL);
	sim->command_ring = hw_commands(sim->hw);
	sim->completion_ring = hw_completions(sim->hw);
	sim->commands = hw_read(sim->hw, HW_REG_COMMANDS);
	sim->completions = hw_read(sim->hw, HW_REG_COMPLETIONS);
	sim->pending = kcalloc(SIM_PENDING, sizeof(*sim->pending), GFP_KERNEL);
	if (sim_objects_init(sim) || !sim->stale || !sim->pending) {
		sim_driver_release(sim);
		return -ENOMEM;
	}
	WRITE_ONCE(sim->ready, true);
	hw_write(sim->hw, HW_REG_CONTROL, HW_CONTROL_ENABLE);
	return 0;
}

/**
 * sim_driver_stop() - finish what was begun
 * @sim: the device; the core sends no trees any more
 *
 * Context: process, sleeps.
 */
void sim_driver_stop(struct sim_device *sim)
{
	WRITE_ONCE(sim->stopping, true);
	queue_work(sim->driver_wq, &sim->driver);
	flush_work(&sim->driver);
	/* The last trees may have begun to wait. */
	cancel_delayed_work_sync(&sim->patience);
	flush_work(&sim->driver);
}

/**
 * sim_driver_release() - free what the driver still has
 * @sim: the device, without power
 *
 * Context: process, sleeps.
 */
void sim_driver_release(struct sim_device *sim)
{
	sim_objects_release(sim);
	bitmap_free(sim->stale);
	kfree(sim->pending);
}
