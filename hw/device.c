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
#include "fault.h"

/* Completions written until an interrupt is due, as a part of the ring. */
#define HW_MODERATION	4

/* Commands before the processor looks at registers and faults again. */
#define HW_BURST	16

#define HW_FAMILIES		2
#define HW_FIRST_PARAMETER	HW_REG_ACK_FREQUENCY
#define HW_PARAMETERS		(HW_REG_NCE_STALE - HW_FIRST_PARAMETER + 1)

/* A completion that is not in the ring yet. */
struct hw_held {
	struct hw_held *next;
	struct hw_completion completion;
	u32 due;
};

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
	u32 parameters[HW_PARAMETERS];
	/* Given to the processor, which empties it */
	struct hw_script *mailbox;
	/* The processor waits for room in the completion ring */
	bool starved;

	/* Written by the processor */
	u32 status;
	u32 command_head;
	u32 completion_tail;
	u32 unannounced;
	bool stalled;
	bool hung;
	struct hw_faults faults;
	struct hw_held *held;	/* in the order in which they came */

	os_counter_t counters[HW_FAMILIES][HW_COUNTERS];
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
	       config->mac_entries <= HW_MAX_POOL &&
	       config->vlan_entries <= HW_MAX_POOL &&
	       config->ip_entries <= HW_MAX_POOL &&
	       hw_ring_valid(config->commands) &&
	       hw_ring_valid(config->completions);
}

static void hw_default_parameters(struct hw_device *dev)
{
	static const u32 defaults[HW_PARAMETERS] = {
		[HW_REG_ACK_FREQUENCY - HW_FIRST_PARAMETER] = HW_ACK_FREQUENCY,
		[HW_REG_DUPLICATE_ACKS - HW_FIRST_PARAMETER] =
			HW_DUPLICATE_ACKS,
		[HW_REG_DELAYED_ACK - HW_FIRST_PARAMETER] = HW_DELAYED_ACK,
		[HW_REG_PUSH - HW_FIRST_PARAMETER] = HW_PUSH,
		[HW_REG_NCE_STALE - HW_FIRST_PARAMETER] = HW_NCE_STALE,
	};
	u32 i;

	for (i = 0; i < HW_PARAMETERS; i++)
		os_store(&dev->parameters[i], defaults[i]);
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
	hw_default_parameters(dev);
	hw_faults_seed(&dev->faults, 0);
	return dev;
}

static void hw_forget_held(struct hw_device *dev)
{
	struct hw_held *held;

	while ((held = dev->held)) {
		dev->held = held->next;
		os_free(held);
	}
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
	hw_forget_held(dev);
	os_free(dev->mailbox);
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

static bool hw_is_parameter(enum hw_register reg)
{
	return reg >= HW_FIRST_PARAMETER &&
	       reg < HW_FIRST_PARAMETER + HW_PARAMETERS;
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
	if (hw_is_parameter(reg))
		return os_load(&dev->parameters[reg - HW_FIRST_PARAMETER]);
	switch (reg) {
	case HW_REG_VERSION:
		return HW_VERSION;
	case HW_REG_FEATURES:
		return HW_FEATURE_IPV4 | HW_FEATURE_IPV6 | HW_FEATURE_SACK |
		       HW_FEATURE_VLAN;
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
	case HW_REG_MAC_ENTRIES:
		return dev->config.mac_entries;
	case HW_REG_VLAN_ENTRIES:
		return dev->config.vlan_entries;
	case HW_REG_IP_ENTRIES:
		return dev->config.ip_entries;
	case HW_REG_VLAN:
		return dev->config.vlan;
	default:
		return 0;
	}
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
		/* Pairs with the one in hw_is_full(). */
		os_fence();
		if (!os_load(&dev->starved))
			return;
		os_store(&dev->starved, false);
		break;
	default:
		if (hw_is_parameter(reg))
			os_store(&dev->parameters[reg - HW_FIRST_PARAMETER],
				 value);
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
	hw_forget_held(dev);
	hw_default_parameters(dev);
	dev->stalled = false;
	dev->hung = false;
	os_store(&dev->starved, false);
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

/* The doorbell of COMPLETION_HEAD brings us back. */
static bool hw_is_full(struct hw_device *dev)
{
	u32 tail = dev->completion_tail;

	if (tail - os_load(&dev->completion_head) < dev->config.completions)
		return false;
	os_store(&dev->starved, true);
	/* Pairs with the one in hw_write(). */
	os_fence();
	return tail - os_load(&dev->completion_head) ==
	       dev->config.completions;
}

/* The slot of the next completion, if the ring is not full. */
static struct hw_completion *hw_completion_slot(struct hw_device *dev)
{
	u32 slot = dev->completion_tail & (dev->config.completions - 1);

	return &dev->completions[slot];
}

/* What is in that slot is for the driver. */
static void hw_complete(struct hw_device *dev)
{
	os_store(&dev->completion_tail, dev->completion_tail + 1);
	if (++dev->unannounced * HW_MODERATION >= dev->config.completions)
		hw_interrupt(dev);
}

/* Keep a completion for later; without memory it is lost. */
static void hw_hold(struct hw_device *dev,
		    const struct hw_completion *completion, u32 delay)
{
	struct hw_held **last = &dev->held;
	struct hw_held *held;

	held = os_zalloc(1, sizeof(*held));
	if (!held)
		return;
	held->completion = *completion;
	held->due = dev->ops->clock(dev->priv) + delay;
	while (*last)
		last = &(*last)->next;
	*last = held;
}

static bool hw_is_due(u32 due, u32 now)
{
	return (s32)(now - due) >= 0;
}

/* Complete what is due, then set the alarm for the next. */
static void hw_release(struct hw_device *dev)
{
	u32 now = dev->ops->clock(dev->priv);
	struct hw_held **link = &dev->held;
	struct hw_held *held;
	u32 next = 0;
	bool any = false;

	while ((held = *link)) {
		if (hw_is_due(held->due, now)) {
			if (hw_is_full(dev))
				return;
			*hw_completion_slot(dev) = held->completion;
			hw_complete(dev);
			*link = held->next;
			os_free(held);
			continue;
		}
		if (!any || held->due - now < next)
			next = held->due - now;
		any = true;
		link = &held->next;
	}
	if (any)
		dev->ops->alarm(dev->priv, next);
}

/* Now, later, twice or never; @completion is in its slot. */
static void hw_answer(struct hw_device *dev,
		      const struct hw_completion *completion,
		      const struct hw_verdict *verdict)
{
	if (verdict->lost)
		return;
	if (verdict->delay)
		hw_hold(dev, completion, verdict->delay);
	else
		hw_complete(dev);
	if (verdict->duplicate)
		hw_hold(dev, completion, verdict->delay);
}

static void hw_tell(struct hw_device *dev,
		    const struct hw_statement *statement)
{
	const struct hw_completion completion = {
		.opcode = HW_OP_EVENT,
		.status = statement->event,
		.context = statement->context,
		.information = statement->information,
	};

	hw_hold(dev, &completion, 0);
}

static void hw_obey(struct hw_device *dev, const struct hw_statement *statement)
{
	switch (statement->kind) {
	case HW_DO_SEED:
		hw_faults_seed(&dev->faults, statement->seed);
		break;
	case HW_DO_RULE:
		hw_faults_add(&dev->faults, &statement->rule);
		break;
	case HW_DO_CLEAR:
		dev->faults.count = 0;
		hw_forget_held(dev);
		break;
	case HW_DO_STALL:
		dev->stalled = true;
		break;
	case HW_DO_HANG:
		dev->hung = true;
		break;
	case HW_DO_RESUME:
		dev->stalled = false;
		dev->hung = false;
		break;
	case HW_DO_RESET:
		hw_tables_flush(&dev->tables);
		hw_forget_held(dev);
		hw_fail(dev);
		break;
	case HW_DO_EVENT:
		hw_tell(dev, statement);
		break;
	}
}

static void hw_read_mail(struct hw_device *dev)
{
	struct hw_script *script = os_load(&dev->mailbox);
	u32 i;

	if (!script)
		return;
	for (i = 0; i < script->count; i++)
		hw_obey(dev, &script->statements[i]);
	os_free(script);
	os_store(&dev->mailbox, NULL);
}

/**
 * hw_fault() - give the device a script of faults
 * @dev: the device
 * @script: what hw_script_parse() has understood; copied
 *
 * Context: may sleep; not twice at a time for one device.
 * Return: true, or false if memory is short or the script before has not taken
 * effect yet.
 */
bool hw_fault(struct hw_device *dev, const struct hw_script *script)
{
	struct hw_script *copy;

	if (os_load(&dev->mailbox))
		return false;
	copy = os_zalloc(1, sizeof(*copy));
	if (!copy)
		return false;
	*copy = *script;
	os_store(&dev->mailbox, copy);
	dev->ops->doorbell(dev->priv);
	return true;
}

static void hw_execute(struct hw_device *dev)
{
	const struct hw_command *command =
		&dev->commands[dev->command_head & (dev->config.commands - 1)];
	struct hw_completion *completion = hw_completion_slot(dev);
	struct hw_verdict verdict = {};

	if (dev->faults.count)
		hw_faults_judge(&dev->faults, command->opcode, &verdict);
	hw_tables_execute(&dev->tables, command, verdict.status, completion);
	/* Now neither the slot nor the state image is used any more. */
	os_store(&dev->command_head, dev->command_head + 1);
	hw_answer(dev, completion, &verdict);
}

/*
 * Execute some commands before the registers are read once more. Returns false if
 * there is none or no room.
 */
static bool hw_step(struct hw_device *dev)
{
	u32 waiting = os_load(&dev->command_tail) - dev->command_head;
	u32 unread = dev->completion_tail - os_load(&dev->completion_head);
	u32 burst;

	if (waiting > dev->config.commands ||
	    unread > dev->config.completions) {
		hw_fail(dev);
		return false;
	}
	if (!waiting || dev->stalled) {
		os_store(&dev->status, 0);
		return false;
	}
	if (unread == dev->config.completions && hw_is_full(dev)) {
		os_store(&dev->status, HW_STATUS_STALLED);
		return false;
	}
	os_store(&dev->status, 0);
	burst = dev->config.completions - unread;
	burst = burst < waiting ? burst : waiting;
	burst = burst < HW_BURST ? burst : HW_BURST;
	while (burst--)
		hw_execute(dev);
	return true;
}

static bool hw_is_working(const struct hw_device *dev, u32 control)
{
	return control & HW_CONTROL_ENABLE && !dev->hung &&
	       !(dev->status & HW_STATUS_ERROR);
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
		hw_read_mail(dev);
		control = os_load(&dev->control);
		if (control & HW_CONTROL_RESET) {
			hw_reset(dev);
			return;
		}
	} while (hw_is_working(dev, control) && hw_step(dev));
	if (hw_is_working(dev, control))
		hw_release(dev);
	if (dev->unannounced)
		hw_interrupt(dev);
}

/* -------- for the engine -------- */

/**
 * hw_read_headers() - what to put around a segment
 * @dev: the device
 * @tcp: a live connection
 * @headers: result
 *
 * Consistent whatever the processor does to the contexts meanwhile.
 *
 * Context: any but hardware interrupts.
 * Return: false if nothing may be sent: something was invalidated.
 */
bool hw_read_headers(struct hw_device *dev, const struct hw_context *tcp,
		     struct hw_headers *headers)
{
	return hw_tables_headers(&dev->tables, tcp, headers);
}

/**
 * hw_confirm() - the neighbor of a connection is evidently reachable
 * @dev: the device
 * @tcp: a live connection
 *
 * Context: any but hardware interrupts.
 */
void hw_confirm(struct hw_device *dev, const struct hw_context *tcp)
{
	struct hw_context *neighbor;
	struct hw_headers headers;

	if (!hw_read_headers(dev, tcp, &headers))
		return;
	neighbor = hw_tables_find(&dev->tables, HW_NEIGHBOR, headers.id);
	os_store(&neighbor->reachable, dev->ops->clock(dev->priv));
}

/**
 * hw_is_stale() - has nobody confirmed that a neighbor is reachable
 * @dev: the device
 * @neighbor: id of its context
 *
 * Context: any. Return: true if both confirmations are older than
 * HW_REG_NCE_STALE.
 */
bool hw_is_stale(const struct hw_device *dev, u32 neighbor)
{
	const struct hw_context *context =
		hw_tables_find(&dev->tables, HW_NEIGHBOR, neighbor);
	u32 now = dev->ops->clock(dev->priv);
	u32 limit = hw_read(dev, HW_REG_NCE_STALE);

	return now - os_load(&context->reachable) > limit &&
	       now - os_load(&context->host_reachable) > limit;
}

/**
 * hw_counters() - the counters of a family
 * @dev: the device
 * @family: HW_FAMILY_*
 *
 * Context: any.
 * Return: the set, indexed by enum hw_counter, for os_counter_add(), which counts
 * modulo 2^64.
 */
os_counter_t *hw_counters(struct hw_device *dev, u16 family)
{
	return dev->counters[family == HW_FAMILY_IPV6];
}

/**
 * hw_read_counter() - read a counter
 * @dev: the device
 * @family: HW_FAMILY_*
 * @counter: which one
 * @clear: set it to 0, without losing a count; what goes up and down stays
 *
 * Context: any. Return: its value before.
 */
u64 hw_read_counter(struct hw_device *dev, u16 family, enum hw_counter counter,
		    bool clear)
{
	os_counter_t *c = &hw_counters(dev, family)[counter];

	if (clear && counter != HW_TCP_CURRENTLY_ESTABLISHED)
		return os_counter_take(c);
	return os_counter_read(c);
}
