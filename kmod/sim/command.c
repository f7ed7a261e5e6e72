// SPDX-License-Identifier: GPL-2.0-only
/*
 * Commands and their answers, in the rings that hw/device.h describes. An answer
 * finds its command by the cookie, a number used once: one that comes late, twice or
 * for nothing finds none.
 *
 * A device that makes no progress for a while has lost answers or is stuck. If it
 * has executed all commands, what is not answered never will be. If not, the
 * commands still name memory of the core, which must not go back before the
 * device has forgotten them: it is reset, and everything it had is lost.
 */
#include "sim.h"

/* How long a device may make no progress. */
#define PATIENCE	HZ

/* As a part of the ring: commands that the device is told of together. */
#define ANNOUNCED	4

static const u8 opcodes[][HW_TYPES] = {
	[CHIMNEY_OP_KIND_INITIATE] = { HW_OP_NEIGHBOR_CREATE,
				       HW_OP_PATH_CREATE, HW_OP_TCP_CREATE },
	[CHIMNEY_OP_KIND_TERMINATE] = { HW_OP_NEIGHBOR_DESTROY,
					HW_OP_PATH_DESTROY,
					HW_OP_TCP_DESTROY },
	[CHIMNEY_OP_KIND_UPDATE] = { HW_OP_NEIGHBOR_UPDATE, HW_OP_PATH_UPDATE,
				     HW_OP_TCP_UPDATE },
	[CHIMNEY_OP_KIND_QUERY] = { HW_OP_NEIGHBOR_QUERY, HW_OP_PATH_QUERY,
				    HW_OP_TCP_QUERY },
	[CHIMNEY_OP_KIND_INVALIDATE] = { HW_OP_NEIGHBOR_INVALIDATE,
					 HW_OP_PATH_INVALIDATE,
					 HW_OP_TCP_INVALIDATE },
};

/* -------- rings -------- */

static bool ring_has_room(struct sim_device *sim)
{
	if (sim->command_tail - sim->command_head < sim->commands)
		return true;
	sim->command_head = hw_read(sim->hw, HW_REG_COMMAND_HEAD);
	return sim->command_tail - sim->command_head < sim->commands;
}

/* Where the next command goes, with whatever is in it. */
static struct hw_command *ring_slot(const struct sim_device *sim)
{
	return &sim->command_ring[sim->command_tail & (sim->commands - 1)];
}

/* Tell the device of all commands that were posted. */
static void ring_announce(struct sim_device *sim)
{
	if (hw_read(sim->hw, HW_REG_COMMAND_TAIL) != sim->command_tail)
		hw_write(sim->hw, HW_REG_COMMAND_TAIL, sim->command_tail);
}

static bool ring_is_answered(struct sim_device *sim)
{
	if (sim->completion_head == sim->completion_tail)
		sim->completion_tail = hw_read(sim->hw,
					       HW_REG_COMPLETION_TAIL);
	return sim->completion_head != sim->completion_tail;
}

/* The next completion, whose slot is not free before ring_give_back(), or NULL. */
static const struct hw_completion *ring_take(struct sim_device *sim)
{
	if (!ring_is_answered(sim))
		return NULL;
	return &sim->completion_ring[sim->completion_head++ &
				     (sim->completions - 1)];
}

static void ring_give_back(struct sim_device *sim)
{
	hw_write(sim->hw, HW_REG_COMPLETION_HEAD, sim->completion_head);
}

/* -------- answers -------- */

static bool device_failed(const struct sim_device *sim)
{
	return hw_read(sim->hw, HW_REG_STATUS) & HW_STATUS_ERROR;
}

static bool device_is_resetting(const struct sim_device *sim)
{
	return hw_read(sim->hw, HW_REG_STATUS) & HW_STATUS_RESETTING;
}

/* Take a command off the list; @completion is NULL if it never came. */
static void answer(struct sim_device *sim, struct sim_pending *pending,
		   const struct hw_completion *completion)
{
	pending->cookie = 0;
	sim->outstanding--;
	sim_answered(sim, pending, completion);
}

static void take_event(struct sim_device *sim,
		       const struct hw_completion *event)
{
	if (sim->event_count < SIM_EVENTS)
		sim->events[sim->event_count++] = *event;
}

/* Take all that is in the ring. */
static void take_answers(struct sim_device *sim)
{
	const struct hw_completion *completion;
	struct sim_pending *slot;

	while ((completion = ring_take(sim))) {
		if (completion->opcode == HW_OP_EVENT) {
			take_event(sim, completion);
			continue;
		}
		slot = &sim->pending[completion->cookie % SIM_PENDING];
		if (completion->cookie && slot->cookie == completion->cookie)
			answer(sim, slot, completion);
	}
	ring_give_back(sim);
}

/* No answer that is outstanding will come any more. */
static void give_up_answers(struct sim_device *sim)
{
	u64 cookie = sim->cookie - min_t(u64, sim->cookie, SIM_PENDING + 1);
	struct sim_pending *slot;

	/* In the order in which they were posted. */
	while (cookie++ != sim->cookie) {
		slot = &sim->pending[cookie % SIM_PENDING];
		if (slot->cookie == cookie)
			answer(sim, slot, NULL);
	}
}

/**
 * sim_device_reset() - start the device afresh
 * @sim: the device
 *
 * Everything it had is lost.
 *
 * Context: driver's work, sleeps.
 */
void sim_device_reset(struct sim_device *sim)
{
	struct sim_object *object;
	int type;
	u32 id;

	netdev_warn_once(sim->target.dev,
			 "chimney: the device was reset, its connections are lost\n");
	hw_write(sim->hw, HW_REG_CONTROL, HW_CONTROL_RESET);
	wait_event(sim->interrupt, !device_is_resetting(sim));
	sim->command_head = 0;
	sim->command_tail = 0;
	sim->completion_head = 0;
	sim->completion_tail = 0;
	for (type = 0; type < HW_TYPES; type++) {
		sim_for_each_object(object, id, sim, type) {
			sim_object_lose(sim, object);
			object->parent = NULL;
		}
	}
	give_up_answers(sim);
	sim_write_parameters(sim);
	hw_write(sim->hw, HW_REG_CONTROL, HW_CONTROL_ENABLE);
}

/* Wait until there is something to take, and take it. */
static void reap(struct sim_device *sim)
{
	u32 head = hw_read(sim->hw, HW_REG_COMMAND_HEAD);
	bool progress;

	ring_announce(sim);
	progress = wait_event_timeout(sim->interrupt,
				      sim_commands_due(sim), PATIENCE);
	take_answers(sim);
	if (device_failed(sim)) {
		sim_device_reset(sim);
	} else if (!progress &&
		   head == hw_read(sim->hw, HW_REG_COMMAND_HEAD)) {
		if (head == sim->command_tail)
			give_up_answers(sim);
		else
			sim_device_reset(sim);
	}
}

/**
 * sim_commands_drain() - wait until all commands are answered, or never will be
 * @sim: the device
 *
 * Context: driver's work, sleeps.
 */
void sim_commands_drain(struct sim_device *sim)
{
	while (sim->outstanding)
		reap(sim);
}

/**
 * sim_commands_due() - is there something for sim_commands_service()
 * @sim: the device
 *
 * Context: driver's work. Return: true if there is.
 */
bool sim_commands_due(struct sim_device *sim)
{
	return ring_is_answered(sim) || device_failed(sim);
}

/**
 * sim_commands_service() - look after the device while nothing is waited for
 * @sim: the device
 *
 * Takes events and late answers, resets a device that failed.
 *
 * Context: driver's work, sleeps.
 */
void sim_commands_service(struct sim_device *sim)
{
	if (ring_is_answered(sim))
		take_answers(sim);
	if (device_failed(sim))
		sim_device_reset(sim);
}

/* -------- commands -------- */

/**
 * sim_command_begin() - begin a command
 * @sim: the device
 * @kind: the operation it is part of
 * @object: which the device has, or is told to create
 *
 * Context: driver's work; sleeps while the ring is full, which may end in a
 * reset.
 * Return: the command, to be completed with its operands, for
 * sim_command_post().
 */
struct hw_command *sim_command_begin(struct sim_device *sim,
				     enum chimney_op_kind kind,
				     const struct sim_object *object)
{
	u64 cookie = sim->cookie + 1;
	struct hw_command *command;

	while (sim->pending[cookie % SIM_PENDING].cookie ||
	       !ring_has_room(sim))
		reap(sim);
	command = ring_slot(sim);
	command->opcode = opcodes[kind][object->type];
	command->reserved = 0;
	command->context = object->id;
	command->parent = object->parent ? object->parent->id : 0;
	command->cookie = cookie;
	command->state = 0;
	return command;
}

/**
 * sim_command_post() - post a command
 * @sim: the device
 * @command: of sim_command_begin(), the last one
 * @object: what it is about
 * @block: which block it is for; NULL if the driver's own
 *
 * The device begins when a part of the ring is written, or with
 * sim_commands_drain().
 *
 * Context: driver's work.
 */
void sim_command_post(struct sim_device *sim, const struct hw_command *command,
		      struct sim_object *object, struct chimney_block *block)
{
	sim->cookie = command->cookie;
	sim->pending[sim->cookie % SIM_PENDING] = (struct sim_pending){
		.cookie = sim->cookie,
		.opcode = command->opcode,
		.object = object,
		.block = block,
	};
	sim->outstanding++;
	if (!(++sim->command_tail & (sim->commands / ANNOUNCED - 1)))
		ring_announce(sim);
}
