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
 * order (RCV-20, RCV-21, DLV-03).
 *
 * Headers, MTU and validity come from the contexts of path and neighbor, which
 * updates, relinks and invalidates change at any time: hw_read_headers() returns
 * a consistent copy for each frame, without a lock.
 */
#ifndef _CHIMNEY_SIM_ENGINE_H
#define _CHIMNEY_SIM_ENGINE_H

#include <linux/llist.h>
#include <linux/rhashtable-types.h>
#include <linux/skbuff.h>
#include <linux/workqueue.h>

#include <chimney/target.h>
#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "wire.h"

struct sim_device;
struct sim_object;

/* Send bytes of a connection that the host should have outstanding, at most. */
#define SIM_BACKLOG_MAX	SZ_16M

/**
 * struct sim_engine - what a device needs to run connections
 * @free_ipv4: struct sim_conn with AF_INET sockets ready for use; a card has them
 *	from the start, here they are made when first needed
 * @free_ipv6: likewise with AF_INET6 sockets
 * @released: those that were given back, and that frames may still find
 * @clock: the time of the device's processor
 * @memory: bytes of all struct sim_conn with their sockets, and of the records
 *	and contexts of connections, in use or not
 */
struct sim_engine {
	struct llist_head free_ipv4;
	struct llist_head free_ipv6;
	struct llist_head released;
	struct chimney_tcp_clock clock;
	atomic_long_t memory;
};

/**
 * struct sim_conn - one connection in the engine
 * @node: in the table of the wire side
 * @key: what its frames look like
 * @rcu: the wire side finds it under RCU, reuse waits for it
 * @free: in the lists of the device while not in use
 * @sim: the device
 * @tcp: its context in the device
 * @object: the driver's record
 * @handle: the client's record, names the connection in indications
 * @socket: the engine's socket, kept from use to use
 * @sk: the same
 * @family: HW_FAMILY_* of its path
 * @counters: those of that family
 * @sent: (s) send data of the client, complete skbs, until acknowledged
 * @pending: (s) send data that found no memory for the engine's copy
 * @sent_seq: (s) sequence number of the first byte of @sent
 * @sent_end: (s) one past the highest byte sent, ever
 * @loaded_in: (s) segments received when it was loaded
 * @loaded_out: (s) segments sent then
 * @proof: (s) the peer can send beyond this only after it got an ACK
 * @neighbor: (s) id of the neighbor's context when a frame last came
 * @ip_id: (s) of the next datagram
 * @user_priority: (s) for tags
 * @max_rt: (s) limit for retransmissions is a time (RTX-03)
 * @retrieve: (s) why it shall be indicated, or -1
 * @backlog: preferred outstanding bytes, as last told
 * @requests: (s) receive requests, oldest first
 * @push: the push timer
 * @fin_wait: the FIN_WAIT_2 timer
 * @fin_wait_end: (s) when it expires, in jiffies
 * @running: counts reasons to run sim_engine_run()
 * @retry: reports what a timer found, retries what found no memory
 * @disconnect: (s) the disconnect request in progress, or NULL
 * @unsent: (s) first of its data that found no memory, or NULL
 * @segments: (s) segments received since the last ACK
 * @established: (s) counted as such
 * @stopped: (s) a terminate took the state; nothing is processed any more
 * @lost: (s) the device lost it; nothing is processed any more
 * @retrieved: (s) a retrieve that the host must follow was indicated; nothing is
 *	processed any more (TEV-16), segments go to the host
 * @started: the initiate has completed (INIT-63), no terminate took over
 * @skipped: something was to be done before
 * @refused: data waits for a receive request (RIND-10, INIT-67)
 * @disconnected: (s) a disconnect was indicated
 * @aborted: (s) an abort was indicated, or asked for by the host
 * @reset: (s) a segment with RST was sent
 * @pushing: (s) it runs
 * @pushed: (s) it expired
 * @fin_sent: (s) the FIN has its place in the send queue
 * @fin_waiting: (s) it runs
 * @deferred: (s) one of its works was queued
 */
struct sim_conn {
	struct rhash_head node;
	struct sim_key key;
	struct rcu_head rcu;
	struct llist_node free;
	struct sim_device *sim;
	struct hw_context *tcp;
	struct sim_object *object;
	struct chimney_handle *handle;
	struct socket *socket;
	struct sock *sk;
	u16 family;
	os_counter_t *counters;
	struct sk_buff_head sent;
	struct sk_buff_head pending;
	u32 sent_seq;
	u32 sent_end;
	u32 loaded_in;
	u32 loaded_out;
	u32 proof;
	u32 neighbor;
	u16 ip_id;
	u8 user_priority;
	bool max_rt;
	int retrieve;
	u32 backlog;
	struct list_head requests;
	struct delayed_work push;
	struct delayed_work fin_wait;
	unsigned long fin_wait_end;
	atomic_t running;
	struct delayed_work retry;

	/* What follows is zero at first. */
	struct chimney_disconnect *disconnect;
	struct sk_buff *unsent;
	u32 segments;
	bool established;
	bool stopped;
	bool lost;
	bool retrieved;
	bool started;
	bool skipped;
	bool refused;
	bool disconnected;
	bool aborted;
	bool reset;
	bool pushing;
	bool pushed;
	bool fin_sent;
	bool fin_waiting;
	bool deferred;
};

/* The slock is held. */
static inline bool sim_sends_are_back(const struct sim_conn *conn)
{
	return skb_queue_empty(&conn->sent) && skb_queue_empty(&conn->pending);
}

/* Add to a counter of the connection's family. */
static inline void sim_count(struct sim_conn *conn, enum hw_counter counter,
			     u64 n)
{
	os_counter_add(&conn->counters[counter], n);
}

int sim_engine_init(void);
void sim_engine_exit(void);
int sim_engine_attach(struct sim_device *sim);
void sim_engine_detach(struct sim_device *sim);
/* Bytes of an engine whose socket has this protocol. */
u32 sim_engine_size(const struct proto *prot);

/*
 * For the device's processor; process context. @block holds the state of the
 * connection, its send data and, in target_priv[0], the driver's record.
 */
int sim_engine_create(struct sim_device *sim, struct hw_context *tcp,
		      struct chimney_block *block);
/*
 * Stop a connection and write its delegated state, send data and undelivered
 * data to @block, whose state may be NULL. All I/O is completed and no
 * indication is running when it returns.
 */
void sim_engine_destroy(struct hw_context *tcp, struct chimney_block *block);
/* Stop a connection whose state nobody can save; the driver still has it. */
void sim_engine_lose(struct hw_context *tcp);
/* update.c */
void sim_engine_update(struct hw_context *tcp,
		       const struct chimney_tcp_state_cached *cached);
void sim_engine_query(struct hw_context *tcp, struct chimney_block *block);

/* For the driver; process context. The last three end a lost connection. */
void sim_engine_start(struct sim_conn *conn);
void sim_engine_retrieve(struct sim_conn *conn,
			 enum chimney_upload_reason reason);
void sim_engine_retire(struct sim_conn *conn);
void sim_engine_invalidate(struct sim_conn *conn);
void sim_engine_abort(struct sim_conn *conn);
void sim_engine_set_mtu(struct sim_conn *conn, u32 mtu);
/* Give send data back to the client, which was never told of the hand-over. */
void sim_engine_take_back(struct sim_object *object, struct sk_buff_head *list);
/* Complete all its I/O with REQUEST_ABORTED. */
void sim_engine_abandon(struct sim_object *object);
/* Nobody wants it any more, nor its I/O. */
void sim_engine_discard(struct sim_object *object);
/* After each tree: the connections that were given back make room for others. */
void sim_engine_recycle(struct sim_device *sim);

/* Have one of the works of a connection done in @delay jiffies; slock held. */
void sim_defer(struct sim_conn *conn, struct delayed_work *work,
	       unsigned long delay);

/* Calls of the target that go straight to the engine. */
void sim_engine_send(struct chimney_target *target, void *context,
		     struct sk_buff_head *list);
void sim_engine_receive(struct chimney_target *target, void *context,
			struct chimney_receive *request);
void sim_engine_forward(struct chimney_target *target, void *context,
			struct sk_buff_head *list);
void sim_engine_disconnect(struct chimney_target *target, void *context,
			   struct chimney_disconnect *request);

/*
 * For the wire side. Under the slock, sim_engine_takes() says whether
 * the engine takes a segment and sim_engine_input() processes it (data at the
 * TCP header, checksum set up); sim_engine_run() afterwards.
 */
bool sim_engine_takes(struct sim_conn *conn, const struct tcphdr *th);
void sim_engine_input(struct sim_conn *conn, struct sk_buff *skb, u8 dsfield);
void sim_engine_run(struct sim_conn *conn);

/* FW2-01, FW2-04; the slock is held. */
void sim_fin_wait_start(struct sim_conn *conn, u32 ticks);
/* STA: looks at the state anew; the slock is held. */
void sim_count_established(struct sim_conn *conn);
/* What becomes of a new request; SUCCESS if it can be worked on. */
enum chimney_status sim_request_status(const struct sim_conn *conn);
/* The connection behind the context of a call. */
struct sim_conn *sim_conn_of(void *context);

/* send.c: send data, and disconnect requests */
int sim_load_send_data(struct sim_conn *conn, struct sk_buff_head *list,
		       const struct chimney_tcp_state_delegated *d);
void sim_return_send_data(struct sim_conn *conn, u32 snd_una,
			  struct chimney_block *block);
void sim_append_pending(struct sim_conn *conn);
void sim_tell_unsent(struct sim_conn *conn);
void sim_complete_sends(struct sim_conn *conn, enum chimney_status status);
void sim_complete_disconnect(struct sim_conn *conn);

/* deliver.c: received data to the host, called by sim_engine_run() only */
void sim_deliver(struct sim_conn *conn);
bool sim_all_delivered(struct sock *sk);
void sim_push_expired(struct work_struct *work);

/* load.c: taking a connection over; the first two may sleep, with nothing held */
int sim_copy_buffered(struct sock *sk,
		      const struct chimney_tcp_state_delegated *d);
void sim_load_congestion_control(struct socket *socket,
				 const struct chimney_tcp_state_const *c);
int sim_load_state(struct sim_conn *conn, struct chimney_block *block);

/* update.c: shared with taking a connection over */
void sim_load_cached(struct sim_conn *conn,
		     const struct chimney_tcp_state_cached *cached);
void sim_load_window(struct sim_conn *conn, u32 window, u32 advertised);
void sim_restart_keepalive(struct sock *sk, u32 left);
void sim_save_delegated(struct sim_conn *conn,
			struct chimney_tcp_state_delegated *d);
u32 sim_send_backlog(const struct sim_conn *conn);

#endif /* _CHIMNEY_SIM_ENGINE_H */
