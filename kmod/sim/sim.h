/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The driver of the simulated NIC: an offload target that can be attached to any
 * Ethernet net_device.
 *
 *	core --> driver.c -- rings --> hw/ --> engine.c <-- wire.c <--> net_device
 *
 * Control (initiate, terminate) goes through the rings of the device, data
 * straight between core and engine.
 *
 * Two workqueues: the driver's work waits for the device, so that the device
 * must not depend on the same rescuer.
 */
#ifndef _CHIMNEY_SIM_SIM_H
#define _CHIMNEY_SIM_SIM_H

#include <linux/idr.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <chimney/target.h>

#include "../../hw/device.h"
#include "engine.h"
#include "wire.h"

/**
 * struct sim_queue - trees the core sent and the driver has not begun
 * @lock: of the queue, taken with bottom halves off
 * @first: oldest tree, linked through target_priv[0] of their roots
 * @last: youngest tree, undefined if there is none
 */
struct sim_queue {
	spinlock_t lock;	/* protects the rest */
	struct chimney_block *first;
	struct chimney_block *last;
};

/**
 * struct sim_device - one simulated NIC
 * @target: what the core knows of it
 * @hw: the device
 * @wq: runs the device: its processor, and retries of the engine
 * @processor: the device's processor
 * @driver_wq: runs the driver
 * @driver: works on @queue
 * @queue: what there is to do
 * @interrupt: the driver waits here for the device
 * @engine: the device's TCP engine
 * @wire: the device's plug
 * @command_tail: (d) next command to write
 * @completion_head: (d) next completion to read
 * @outstanding: (d) commands without an answer
 * @creating: (d) those of them that create something and have an id for it
 * @ids: (d) context ids in use
 * @created: (d) connections of the present tree, linked through
 *	hw_context.driver, oldest first
 * @created_last: (d) where to link the next one
 *
 * Fields marked (d) belong to the driver's work.
 */
struct sim_device {
	struct chimney_target target;
	struct hw_device *hw;
	struct workqueue_struct *wq;
	struct work_struct processor;
	struct workqueue_struct *driver_wq;
	struct work_struct driver;
	struct sim_queue queue;
	wait_queue_head_t interrupt;
	struct sim_engine engine;
	struct sim_wire wire;

	u32 command_tail;
	u32 completion_head;
	u32 outstanding;
	u32 creating[HW_TYPES];
	struct ida ids[HW_TYPES];
	void *created;
	void **created_last;
};

/* driver.c */
extern const struct chimney_target_ops sim_target_ops;

void sim_driver_start(struct sim_device *sim);
void sim_driver_stop(struct sim_device *sim);
void sim_stop(struct chimney_target *target);

/* ring.c: the driver's end of the rings; driver's work only */
bool sim_ring_post(struct sim_device *sim, const struct hw_command *command);
bool sim_ring_take(struct sim_device *sim, struct hw_completion *completion);
bool sim_ring_is_answered(const struct sim_device *sim);
void sim_ring_give_back(struct sim_device *sim);

#endif /* _CHIMNEY_SIM_SIM_H */
