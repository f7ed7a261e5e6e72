// SPDX-License-Identifier: GPL-2.0-only
/* The driver's end of the rings, as hw/device.h describes them. */
#include "sim.h"

/**
 * sim_ring_has_room() - can a command be posted
 * @sim: the device
 *
 * Context: driver's work. Return: false if the ring is full.
 */
bool sim_ring_has_room(const struct sim_device *sim)
{
	return sim->command_tail - hw_read(sim->hw, HW_REG_COMMAND_HEAD) <
	       sim->commands;
}

/**
 * sim_ring_post() - put a command into the ring
 * @sim: the device; its ring has room
 * @command: copied into the ring
 *
 * The device sees it after sim_ring_announce().
 *
 * Context: driver's work.
 */
void sim_ring_post(struct sim_device *sim, const struct hw_command *command)
{
	u32 tail = sim->command_tail++;

	hw_commands(sim->hw)[tail & (sim->commands - 1)] = *command;
}

/**
 * sim_ring_announce() - tell the device of all commands that were posted
 * @sim: the device
 *
 * Context: driver's work.
 */
void sim_ring_announce(struct sim_device *sim)
{
	if (hw_read(sim->hw, HW_REG_COMMAND_TAIL) != sim->command_tail)
		hw_write(sim->hw, HW_REG_COMMAND_TAIL, sim->command_tail);
}

/**
 * sim_ring_is_answered() - is there a completion to take
 * @sim: the device
 *
 * Context: driver's work. Return: true if there is one.
 */
bool sim_ring_is_answered(const struct sim_device *sim)
{
	return sim->completion_head !=
	       hw_read(sim->hw, HW_REG_COMPLETION_TAIL);
}

/**
 * sim_ring_take() - read the next completion
 * @sim: the device
 * @completion: where to
 *
 * Its slot is not free before sim_ring_give_back(). Context: driver's work.
 * Return: false if there is none.
 */
bool sim_ring_take(struct sim_device *sim, struct hw_completion *completion)
{
	if (!sim_ring_is_answered(sim))
		return false;
	*completion = hw_completions(sim->hw)[sim->completion_head &
					      (sim->completions - 1)];
	sim->completion_head++;
	return true;
}

/**
 * sim_ring_give_back() - let the device use the slots that were read
 * @sim: the device
 *
 * Context: driver's work.
 */
void sim_ring_give_back(struct sim_device *sim)
{
	hw_write(sim->hw, HW_REG_COMPLETION_HEAD, sim->completion_head);
}
