// SPDX-License-Identifier: GPL-2.0-only
/*
 * The device: registers, rings and the processor that executes commands.
 *
 * Registers and ring memory are shared with the driver. Tables and everything
 * else belong to the processor, that is to hw_run(), which is never called twice
 * at a time; so there is no lock, only the ordering of the indices.
 */
#include "context.h"
#include "device.h"

/* Completions written until an interrupt is due, as a part of the ring. */
#define HW_MODERATION	4

struct hw_device {
	struct hw_config config;
	const struct hw_ops *ops;
	void *priv;
	struct hw_tables tables;
	struct hw_command *commands;
	struct hw_completion *completions;

	/* Written by the driver and, in a reset, by the processor */
	u32 control;
	u32 command_tail;
	u32 completion_head;

	/* Written by the processor */
	u32 status;
	u32 command_head;
	u32 completion_tail;
	u32 unannounced;
};

static bool hw_ring_valid(u32 size)
{
	return size && size <= HW_MAX_RING && !(size & (size - 1));
}

static bool hw_config_valid(const struct hw_config *config)
{
	return config->tcp_entries - 1 < HW_MAX_ENTRIES &&
	       config->path_entries - 1 < HW_MAX_ENTRIES &&
	       config->neighbor_entries - 1 < HW_MAX_ENTRIES &&
	       hw_ring_valid(config->commands) &&
	       hw_ring_valid(config->completions);
}

/**
 * hw_create() - power the device up
 * @config: settings, copied
 * @ops: the board
 * @engine: the TCP engine
 * @priv: first argument of all their calls
 *
 * Context: may sleep. Return: a disabled device, or NULL if a setting is out of
 * its bounds or memory is short. Release it with hw_destroy().
 */
struct hw_device *hw_create(const struct hw_config *config,
			    const struct hw_ops *ops,
			    const struct hw_engine_ops *engine, void *priv)
{
	struct hw_device *dev;

	if (!hw_config_valid(config))
		return NULL;
	dev = os_zalloc(1, sizeof(*dev));
	if (!dev)
		return NULL;
	dev->config = *config;
	dev->ops = ops;
	dev->priv = priv;
	dev->commands = os_zalloc(config->commands, sizeof(*dev->commands));
	dev->completions = os_zalloc(config->completions,
				     sizeof(*dev->completions));
	if (!dev->commands || !dev->completions ||
	    !hw_tables_init(&dev->tables, config, ops, engine, priv)) {
		hw_destroy(dev);
		return NULL;
	}
	return dev;
}

/**
 * hw_destroy() - pull the plug
 * @dev: the device; hw_run() must not be running nor be called again
 *
 * Connections are stopped, their state is lost. Context: as hw_run().
 */
void hw_destroy(struct hw_device *dev)
{
	hw_tables_release(&dev->tables);
	os_free(dev->completions);
	os_free(dev->commands);
	os_free(dev);
}

/**
 * hw_commands() - memory of the command ring
 * @dev: the device
 *
 * Context: any. Return: HW_REG_COMMANDS descriptors.
 */
struct hw_command *hw_commands(struct hw_device *dev)
{
	return dev->commands;
}

/**
 * hw_completions() - memory of the completion ring
 * @dev: the device
 *
 * Context: any. Return: HW_REG_COMPLETIONS descriptors.
 */
const struct hw_completion *hw_completions(const struct hw_device *dev)
{
	return dev->completions;
}

static u32 hw_status(const struct hw_device *dev)
{
	u32 status = os_load(&dev->status);
	u32 control = os_load(&dev->control);

	if (control & HW_CONTROL_ENABLE)
		status |= HW_STATUS_ENABLED;
	if (control & HW_CONTROL_RESET)
		status |= HW_STATUS_RESETTING;
	return status;
}

/**
 * hw_read() - read a register
 * @dev: the device
 * @reg: the register
 *
 * Orders later reads of ring memory after it. Context: any, hardware interrupts
 * included. Return: the value, 0 if there is no such register.
 */
u32 hw_read(const struct hw_device *dev, enum hw_register reg)
{
	switch (reg) {
	case HW_REG_VERSION:
		return HW_VERSION;
	case HW_REG_FEATURES:
		return HW_FEATURE_IPV4;
	case HW_REG_TCP_ENTRIES:
		return dev->config.tcp_entries;
	case HW_REG_PATH_ENTRIES:
		return dev->config.path_entries;
	case HW_REG_NEIGHBOR_ENTRIES:
		return dev->config.neighbor_entries;
	case HW_REG_MAX_MTU:
		return dev->config.max_mtu;
	case HW_REG_MAX_RCV_WND:
		return dev->config.max_rcv_wnd;
	case HW_REG_COMMANDS:
		return dev->config.commands;
	case HW_REG_COMPLETIONS:
		return dev->config.completions;
	case HW_REG_TCP_USED:
		return os_load(&dev->tables.table[HW_TCP].used);
	case HW_REG_PATH_USED:
		return os_load(&dev->tables.table[HW_PATH].used);
	case HW_REG_NEIGHBOR_USED:
		return os_load(&dev->tables.table[HW_NEIGHBOR].used);
	case HW_REG_CONTROL:
		return os_load(&dev->control);
	case HW_REG_STATUS:
		return hw_status(dev);
	case HW_REG_COMMAND_HEAD:
		return os_load(&dev->command_head);
	case HW_REG_COMMAND_TAIL:
		return os_load(&dev->command_tail);
	case HW_REG_COMPLETION_HEAD:
		return os_load(&dev->completion_head);
	case HW_REG_COMPLETION_TAIL:
		return os_load(&dev->completion_tail);
	}
	return 0;
}

/**
 * hw_write() - write a register
 * @dev: the device
 * @reg: the register
 * @value: its new value
 *
 * Orders earlier writes of ring memory before it. Context: any in which the
 * board's doorbell may be called; not twice at a time for one register.
 */
void hw_write(struct hw_device *dev, enum hw_register reg, u32 value)
{
	switch (reg) {
	case HW_REG_CONTROL:
		value &= HW_CONTROL_ENABLE | HW_CONTROL_RESET;
		os_store(&dev->control, value);
		break;
	case HW_REG_COMMAND_TAIL:
		os_store(&dev->command_tail, value);
		break;
	case HW_REG_COMPLETION_HEAD:
		os_store(&dev->completion_head, value);
		break;
	default:
		return;
	}
	dev->ops->doorbell(dev->priv);
}

static void hw_interrupt(struct hw_device *dev)
{
	dev->unannounced = 0;
	dev->ops->interrupt(dev->priv);
}

static void hw_reset(struct hw_device *dev)
{
	hw_tables_flush(&dev->tables);
	os_store(&dev->command_head, 0);
	os_store(&dev->command_tail, 0);
	os_store(&dev->completion_head, 0);
	os_store(&dev->completion_tail, 0);
	os_store(&dev->status, 0);
	/* Last: it hands the rings back to the driver. */
	os_store(&dev->control, 0);
	hw_interrupt(dev);
}

static void hw_fail(struct hw_device *dev)
{
	os_store(&dev->status, HW_STATUS_ERROR);
	hw_interrupt(dev);
}

static void hw_complete(struct hw_device *dev,
			const struct hw_completion *completion)
{
	u32 tail = dev->completion_tail;

	dev->completions[tail & (dev->config.completions - 1)] = *completion;
	os_store(&dev->completion_tail, tail + 1);
	if (++dev->unannounced * HW_MODERATION >= dev->config.completions)
		hw_interrupt(dev);
}

/* Execute the next command. Returns false if there is none or no room. */
static bool hw_step(struct hw_device *dev)
{
	u32 waiting = os_load(&dev->command_tail) - dev->command_head;
	u32 unread = dev->completion_tail - os_load(&dev->completion_head);
	struct hw_completion completion;
	struct hw_command command;

	if (waiting > dev->config.commands ||
	    unread > dev->config.completions) {
		hw_fail(dev);
		return false;
	}
	if (!waiting) {
		os_store(&dev->status, 0);
		return false;
	}
	if (unread == dev->config.completions) {
		os_store(&dev->status, HW_STATUS_STALLED);
		return false;
	}
	os_store(&dev->status, 0);
	/* A copy: the driver may reuse the slot from now on. */
	command = dev->commands[dev->command_head & (dev->config.commands - 1)];
	os_store(&dev->command_head, dev->command_head + 1);
	hw_tables_execute(&dev->tables, &command, &completion);
	hw_complete(dev, &completion);
	return true;
}

/**
 * hw_run() - let the device's processor work until it has nothing to do
 * @dev: the device
 *
 * Context: as the engine's calls need it; not twice at a time for one device.
 */
void hw_run(struct hw_device *dev)
{
	u32 control;

	do {
		control = os_load(&dev->control);
		if (control & HW_CONTROL_RESET) {
			hw_reset(dev);
			return;
		}
	} while (control & HW_CONTROL_ENABLE &&
		 !(dev->status & HW_STATUS_ERROR) && hw_step(dev));
	if (dev->unannounced)
		hw_interrupt(dev);
}
