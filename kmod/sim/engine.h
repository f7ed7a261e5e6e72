/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The TCP engine of a simulated NIC: the kernel's own TCP on a private socket
 * that is never hashed, never routes and never sleeps.
 *
 * Locking. The slock of the engine's socket protects the socket and the fields
 * of struct sim_conn marked (s); it is only ever taken as a spinlock with bottom
 * halves off, so the socket is never owned by a user. It is not held across a
 * call into the core: completions and indications are made by sim_engine_run(),
 * which one CPU at a time executes for a connection, so that they keep their
 * order.
 */
#ifndef _CHIMNEY_SIM_ENGINE_H
#define _CHIMNEY_SIM_ENGINE_H

#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include <chimney/target.h>

#include "wire.h"

struct hw_context;
struct sim_device;

/**
 * struct sim_engine - what a device needs to run connections
 * @lock: protects @free
 * @free: struct sim_conn with sockets ready for use; a card has them from the
 *	start, here they are made when first needed
 */
struct sim_engine {
	spinlock_t lock;
	struct list_head free;
};

/**
 * struct sim_conn - one connection in the engine
 * @node: in the table of the wire side
 * @key: what its frames look like
 * @rcu: the wire side finds it under RCU, reuse waits for it
 * @free: in the list of the device while not in use
 * @sim: the device
 * @tcp: its context in the device
 * @path: context of the path
 * @neighbor: context of the neighbor
 * @handle: the client's record, names the connection in indications
 * @socket: the engine's socket, kept from use to use
 * @sk: the same
 * @sent: (s) send data of the client, complete skbs, until acknowledged
 * @pending: (s) send data that found no memory for the engine's copy
 * @sent_seq: (s) sequence number of the first byte of @sent
 * @stopped: (s) a terminate took the state; nothing is processed any more
 * @retrieved: (s) a retrieve was indicated; segments go to the host
 * @retrieve: (s) why it shall be indicated, or -1
 * @started: indications are allowed (INIT-63)
 * @refused: the client refused data, wait for a receive request (RIND-10)
 * @disconnected: a disconnect was indicated
 * @aborted: an abort was indicated
 * @backlog: preferred outstanding bytes, as last told
 * @requests: (s) receive requests to complete
 * @running: counts reasons to run sim_engine_run()
 * @retry: reports what a timer found, retries what found no memory
 */
struct sim_conn {
	struct rhash_head node;
	struct sim_key key;
	struct rcu_head rcu;
	struct list_head free;
	struct sim_device *sim;
	struct hw_context *tcp;
	struct hw_context *path;
	struct hw_context *neighbor;
	struct chimney_handle *handle;
	struct socket *socket;
	struct sock *sk;
	struct sk_buff_head sent;
	struct sk_buff_head pending;
	u32 sent_seq;
	bool stopped;
	bool retrieved;
	int retrieve;
	bool started;
	bool refused;
	bool disconnected;
	bool aborted;
	u32 backlog;
	struct list_head requests;
	atomic_t running;
	struct delayed_work retry;
};

int sim_engine_init(void);
int sim_engine_attach(struct sim_device *sim);
void sim_engine_detach(struct sim_device *sim);

/*
 * Take a connection over: @block holds its state and send data, @tcp its
 * context in the device, whose engine pointer is set. Process context.
 */
int sim_engine_create(struct sim_device *sim, struct hw_context *tcp,
		      struct chimney_block *block);
/* Allow indications; after the initiate was completed (INIT-63). */
void sim_engine_start(struct sim_conn *conn);
/*
 * Stop a connection and write its delegated state, send data and undelivered
 * data to @block, whose state may be NULL. All I/O is completed and no
 * indication is running when it returns. Process context.
 */
void sim_engine_destroy(struct hw_context *tcp, struct chimney_block *block);

/* Calls of the target that go straight to the engine. */
void sim_engine_send(struct chimney_target *target, void *context,
		     struct sk_buff_head *list);
void sim_engine_receive(struct chimney_target *target, void *context,
			struct chimney_receive *request);
void sim_engine_forward(struct chimney_target *target, void *context,
			struct sk_buff_head *list);

/*
 * For the wire side. Under sim_engine_lock(), sim_engine_takes() says whether
 * the engine takes a segment and sim_engine_input() processes it (data at the
 * TCP header, checksum set up); sim_engine_run() afterwards.
 */
void sim_engine_lock(struct sim_conn *conn);
void sim_engine_unlock(struct sim_conn *conn);
bool sim_engine_takes(struct sim_conn *conn, const struct tcphdr *th);
void sim_engine_input(struct sim_conn *conn, struct sk_buff *skb, u8 dsfield);
void sim_engine_run(struct sim_conn *conn);

#endif /* _CHIMNEY_SIM_ENGINE_H */
