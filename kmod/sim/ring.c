// SPDX-License-Identifier: GPL-2.0-only
/* The driver's end of the rings, as hw/device.h describes them. */
#include "sim.h"

/**
 * sim_ring_has_room() - can a command be posted
 * @sim: the device
 *
 * Context: driver's work. Return: false if the ring is full.
 */
bool sim_ring_has_room(struct sim_device *sim)
{
	if (sim->command_tail - sim->command_head < sim->commands)
		return true;
	sim->command_head = hw_read(sim->hw, HW_REG_COMMAND_HEAD);
	return sim->command_tail - sim->command_head < sim->commands;
}

/**
 * sim_ring_slot() - where the next command goes
 * @sim: the device; its ring has room
 *
 * Context: driver's work. Return: the slot, with whatever is in it.
 */
struct hw_command *sim_ring_slot(const struct sim_device *sim)
{
	return &hw_commands(sim->hw)[sim->command_tail & (sim->commands - 1)];
}

/**
 * sim_ring_post() - a command is in sim_ring_slot()
 * @sim: the device
 *
 * The device sees it after sim_ring_announce().
 *
 * Context: driver's work.
 */
void sim_ring_post(struct sim_device *sim)
{
	sim->command_tail++;
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
bool sim_ring_is_answered(struct sim_device *sim)
{
	if (sim->completion_head == sim->completion_tail)
		sim->completion_tail = hw_read(sim->hw,
					       HW_REG_COMPLETION_TAIL);
	return sim->completion_head != sim->completion_tail;
}

/**
 * sim_ring_take() - read the next completion
 * @sim: the device
 *
 * Context: driver's work.
 * Return: its slot, which is not free before sim_ring_give_back(), or NULL if
 * there is none.
 */
const struct hw_completion *sim_ring_take(struct sim_device *sim)
{
	u32 slot = sim->completion_head & (sim->completions - 1);

	if (!sim_ring_is_answered(sim))
		return NULL;
	sim->completion_head++;
	return &hw_completions(sim->hw)[slot];
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
