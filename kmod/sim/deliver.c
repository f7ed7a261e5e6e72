// SPDX-License-Identifier: GPL-2.0-only
/*
 * The delivery algorithm (contract 4.3). Data received in sequence waits in the
 * receive queue of the engine's socket; it goes into posted requests or, if there
 * are none and the host has not refused it, up in an indication. All of it runs
 * in sim_engine_run(), so that one call is made at a time and what comes
 * meanwhile is looked at afterwards (DLV-02, DLV-03).
 */
#include <net/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

/**
 * sim_all_delivered() - has the host all data that was received in sequence
 * @sk: the engine's socket
 *
 * Context: the slock is held. Return: true if it has.
 */
bool sim_all_delivered(struct sock *sk)
{
	struct sk_buff *skb;
	u32 offset;

	skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &offset);
	return !skb || offset >= skb->len;
}

/* -------- the push timer (contract 4.4) -------- */

/* Start it, or from the beginning if it runs (RCV-18, G-34). */
static void push_start(struct sim_conn *conn)
{
	u32 ticks = hw_read(conn->sim->hw, HW_REG_PUSH);

	conn->pushing = true;
	conn->pushed = false;
	mod_delayed_work(conn->sim->wq, &conn->push, usecs_to_jiffies(ticks));
}

static void push_stop(struct sim_conn *conn)
{
	conn->pushing = false;
	conn->pushed = false;
	cancel_delayed_work(&conn->push);
}

/**
 * sim_push_expired() - the push timer of a connection expired (DLV-18)
 * @work: the timer
 *
 * Context: process.
 */
void sim_push_expired(struct work_struct *work)
{
	struct sim_conn *conn = container_of(to_delayed_work(work),
					     struct sim_conn, push);

	local_bh_disable();
	sim_engine_lock(conn);
	/* It may race with the completion of the request. */
	conn->pushed = conn->pushing;
	conn->pushing = false;
	sim_engine_unlock(conn);
	local_bh_enable();
	sim_engine_run(conn);
}

/* -------- PLACE -------- */

/*
 * Copy what fits into a request. Returns the number of bytes, or an errno; @push
 * tells whether a segment with PSH has been placed to its end.
 */
static ssize_t copy_data(struct sock *sk, struct chimney_receive *request,
			 bool *push)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	ssize_t copied = 0;
	u32 offset, len;

	while (iov_iter_count(&request->to)) {
		skb = tcp_recv_skb(sk, tp->copied_seq, &offset);
		if (!skb || offset >= skb->len)
			break;
		len = min_t(size_t, skb->len - offset,
			    iov_iter_count(&request->to));
		if (skb_copy_datagram_iter(skb, offset, &request->to, len))
			return -EFAULT;
		if (offset + len == skb->len &&
		    TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH)
			*push = true;
		/* Advances the window and sends the ACK that is due. */
		tcp_read_done(sk, len);
		copied += len;
	}
	return copied;
}

/* The connection is such that requests come back. */
static bool request_is_late(const struct sim_conn *conn,
			    enum chimney_status *status)
{
	if (conn->lost || conn->aborted)
		*status = CHIMNEY_STATUS_REQUEST_ABORTED;	/* TEV-09 */
	else if (conn->stopped || conn->retrieved)
		*status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;	/* TEV-21 */
	else if (conn->disconnected)
		*status = CHIMNEY_STATUS_INVALID_STATE;		/* RCV-27 */
	else
		return false;
	return true;
}

/* Work on the oldest request. Returns true if it is to be completed. */
static bool place(struct sim_conn *conn, struct chimney_receive *request)
{
	struct sock *sk = conn->sk;
	bool push = false, partly;
	ssize_t copied;

	/* Sends and disconnects are aborted first (TEV-08, TEV-09). */
	if (conn->aborted && !conn->lost &&
	    (conn->disconnect || !sim_sends_are_back(conn)))
		return false;
	if (request_is_late(conn, &request->status))
		return true;
	if (sk->sk_state == TCP_CLOSE)
		return false;	/* the abort is indicated first (TEV-09) */
	copied = copy_data(sk, request, &push);
	if (copied < 0) {
		request->status = CHIMNEY_STATUS_REQUEST_ABORTED;
		return true;
	}
	request->bytes_transferred += copied;
	request->status = CHIMNEY_STATUS_SUCCESS;
	/* RCV-12; a request for no bytes is always full (G-26) */
	if (!iov_iter_count(&request->to))
		return true;
	/* G-17 */
	if (sk->sk_shutdown & RCV_SHUTDOWN && sim_all_delivered(sk))
		return true;
	if (request->no_push)
		return false;	/* RCV-14, DLV-14 */
	partly = request->bytes_transferred || request->prefilled;
	if (partly && (push || conn->pushed))
		return true;	/* RCV-13, DLV-12 */
	if (copied || (partly && !conn->pushing))
		push_start(conn);	/* RCV-15, DLV-13 */
	return false;
}

/* -------- INDICATE -------- */

/*
 * The next undelivered data, still in the queue until it is accepted. It is not
 * for an indication if a request has come meanwhile, which brings another round.
 */
static struct sk_buff *peek_data(struct sim_conn *conn)
{
	struct sk_buff *skb, *copy = NULL;
	struct sock *sk = conn->sk;
	u32 offset;

	sim_engine_lock(conn);
	skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &offset);
	if (skb && offset < skb->len && !conn->stopped && !conn->lost &&
	    list_empty(&conn->requests))
		copy = skb_clone(skb, GFP_ATOMIC);
	sim_engine_unlock(conn);
	if (copy && offset && !pskb_pull(copy, offset)) {
		kfree_skb(copy);
		copy = NULL;
	}
	return copy;
}

/* Returns true if there is more to do. */
static bool indicate(struct sim_conn *conn)
{
	enum chimney_status status;
	struct sk_buff *skb;
	u32 consumed, len;
	bool more = true;

	if (conn->refused)
		return false;
	skb = peek_data(conn);
	if (!skb)
		return false;
	len = skb->len;
	consumed = 0;
	status = chimney_tcp_receive_indicate(&conn->sim->target, conn->handle,
					      skb, &consumed);
	if (status == CHIMNEY_STATUS_SUCCESS) {
		consumed = len;
	} else {
		conn->refused = true;
		kfree_skb(skb);
	}
	if (consumed) {
		sim_engine_lock(conn);
		tcp_read_done(conn->sk, consumed);
		more = !sim_all_delivered(conn->sk) ||
		       !list_empty(&conn->requests);
		sim_engine_unlock(conn);
	}
	return more;
}

/**
 * sim_deliver() - run the delivery algorithm to its end
 * @conn: the connection
 *
 * Context: bottom halves off, in sim_engine_run().
 */
void sim_deliver(struct sim_conn *conn)
{
	struct chimney_receive *request;
	bool done;

	do {
		/* Whoever adds one comes here afterwards. */
		if (list_empty_careful(&conn->requests)) {
			request = NULL;
			continue;
		}
		sim_engine_lock(conn);
		request = list_first_entry_or_null(&conn->requests,
						   struct chimney_receive,
						   list);
		done = request && place(conn, request);
		if (done) {
			list_del(&request->list);
			push_stop(conn);
		}
		sim_engine_unlock(conn);
		if (done) {
			conn->refused = false;	/* RIND-10, RCV-30 */
			chimney_tcp_receive_complete(&conn->sim->target,
						     conn->handle, request);
		}
	} while (request ? done : indicate(conn));
}
