/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver of the simulated NIC: an offload target that can be attached to any
 * Ethernet net_device.
 *
 *	core --> driver.c -- rings --> hw/ --> engine.c <-- wire.c <--> net_device
 *
 * Control (the five state operations) goes through the rings of the device, data
 * straight between core and engine.
 *
 * Two workqueues: the driver's work waits for the device, so that the device
 * must not depend on the same rescuer.
 */
#ifndef _CHIMNEY_SIM_SIM_H
#define _CHIMNEY_SIM_SIM_H

#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <chimney/target.h>

#include "../../hw/device.h"
#include "engine.h"
#include "object.h"
#include "wire.h"

/* Commands that may wait for an answer at a time; a power of two. */
#define SIM_PENDING	2048
/* Events of the device that may wait for the driver. */
#define SIM_EVENTS	64

/**
 * struct sim_queue - trees the core sent and the driver has not begun
 * @lock: of the queue, taken with bottom halves off
 * @first: oldest tree, linked through target_priv[0] of their roots
 * @last: youngest tree, undefined if there is none
 * @enabled: what the host allows (CAP-11)
 */
struct sim_queue {
	spinlock_t lock;	/* protects the rest */
	struct chimney_block *first;
	struct chimney_block *last;
	struct chimney_caps enabled;
};

/**
 * struct sim_pending - a command without an answer
 * @cookie: of the command, 0 if the slot is free
 * @opcode: enum hw_opcode
 * @object: what it is about
 * @block: which block it is for; NULL if the driver's own
 */
struct sim_pending {
	u64 cookie;
	u8 opcode;
	struct sim_object *object;
	struct chimney_block *block;
};

/**
 * struct sim_device - one simulated NIC
 * @target: what the core knows of it
 * @hw: the device
 * @wq: runs the device: its processor, and retries of the engine
 * @processor: the device's processor
 * @alarm: wakes the processor up later
 * @faults: one script at a time
 * @driver_wq: runs the driver
 * @driver: works on @queue and on what the device tells
 * @queue: what there is to do
 * @interrupt: the driver waits here for the device
 * @engine: the device's TCP engine
 * @wire: the device's plug
 * @sack: SACK is allowed (CAP-11)
 * @stale: ids of neighbors about which the host must be asked (EVT-10)
 * @doubt: a neighbor may be unreachable (RTX-11)
 * @parameters: of the host, for the device after a reset; under @queue.lock
 * @command_ring: where commands go
 * @completion_ring: where completions come from
 * @commands: size of the command ring
 * @completions: size of the completion ring
 * @command_head: (d) next command to be executed, when the driver last looked
 * @command_tail: (d) next command to write
 * @completion_head: (d) next completion to read
 * @completion_tail: (d) next one to be written, when the driver last looked
 * @cookie: (d) of the command posted last
 * @outstanding: (d) commands without an answer
 * @pending: (d) these, by cookie modulo the size
 * @records: (d) of objects with an id, by type
 * @creating: (d) objects that are being created, by type
 * @gone: (d) lost objects without an id, until they are terminated once more
 * @answer: (d) answer to the driver's own query
 * @any_lost: (d) objects were lost; the host may not know yet of connections
 * @stuck: (d) the device would not destroy what the driver wanted destroyed
 * @events: (d) what the device told and the driver has not dealt with
 * @event_count: (d) number of these
 * @paused: (d) new trees wait (PAU-04)
 * @waiting: (d) these, linked as in @queue
 * @patience: ends the waiting
 * @impatient: it did
 * @refusing: (d) new trees fail instead, until the next resume
 * @ready: the driver may be called for
 * @polling: it looks by itself for what the device has, an interrupt need not call it
 * @stopping: (d) the core sends no trees any more
 *
 * Fields marked (d) belong to the driver's work.
 */
struct sim_device {
	struct chimney_target target;
	struct hw_device *hw;
	struct workqueue_struct *wq;
	struct work_struct processor;
	struct delayed_work alarm;
	struct mutex faults;	/* see above */
	struct workqueue_struct *driver_wq;
	struct work_struct driver;
	struct sim_queue queue;
	wait_queue_head_t interrupt;
	struct sim_engine engine;
	struct sim_wire wire;
	bool sack;
	unsigned long *stale;
	bool doubt;
	struct chimney_parameters parameters;

	struct hw_command *command_ring;
	const struct hw_completion *completion_ring;
	u32 commands;
	u32 completions;
	u32 command_head;
	u32 command_tail;
	u32 completion_head;
	u32 completion_tail;
	u64 cookie;
	u32 outstanding;
	struct sim_pending *pending;
	struct sim_records records[HW_TYPES];
	u32 creating[HW_TYPES];
	struct list_head gone;
	struct hw_completion answer;
	bool any_lost;
	bool stuck;
	struct hw_completion events[SIM_EVENTS];
	u32 event_count;
	bool paused;
	struct sim_queue waiting;
	struct delayed_work patience;
	bool impatient;
	bool refusing;
	bool ready;
	bool polling;
	bool stopping;
};

/* driver.c */
extern const struct chimney_target_ops sim_target_ops;

int sim_driver_start(struct sim_device *sim);
void sim_driver_stop(struct sim_device *sim);
void sim_driver_release(struct sim_device *sim);
/* The engine wants the host to be asked about a neighbor; any context. */
void sim_driver_stale(struct sim_device *sim, u32 neighbor);
/* It retransmits so often that a neighbor may be unreachable; any context. */
void sim_driver_doubt(struct sim_device *sim);
void sim_stop(struct chimney_target *target);

/* @completion: NULL if none came (command.c). */
void sim_answered(struct sim_device *sim, const struct sim_pending *pending,
		  const struct hw_completion *completion);

/* command.c; driver's work only */
struct hw_command *sim_command_begin(struct sim_device *sim,
				     enum chimney_op_kind kind,
				     const struct sim_object *object);
void sim_command_post(struct sim_device *sim, const struct hw_command *command,
		      struct sim_object *object, struct chimney_block *block);
void sim_commands_drain(struct sim_device *sim);
void sim_commands_service(struct sim_device *sim);
bool sim_commands_due(struct sim_device *sim);
void sim_device_reset(struct sim_device *sim);

/* parameters.c */
void sim_enable(struct chimney_target *target, const struct chimney_caps *caps);
int sim_set_parameters(struct chimney_target *target,
		       const struct chimney_parameters *parameters,
		       struct netlink_ext_ack *extack);
void sim_write_parameters(struct sim_device *sim);
void sim_statistics(struct chimney_target *target, u16 family,
		    struct chimney_statistics *statistics, bool reset);
void sim_usage(struct chimney_target *target, struct chimney_usage *usage);

#endif /* _CHIMNEY_SIM_SIM_H */
