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

	if (skb_queue_empty(&sk->sk_receive_queue))
		return true;
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
	sim_defer(conn, &conn->push, usecs_to_jiffies(ticks));
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
	bh_lock_sock(conn->sk);
	/* It may race with the completion of the request. */
	conn->pushed = conn->pushing;
	conn->pushing = false;
	bh_unlock_sock(conn->sk);
	sim_engine_run(conn);
	local_bh_enable();
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
 * Take the next undelivered data out of the queue. It is not for an indication
 * if a request has come meanwhile, which brings another round. Whoever looks at
 * the queue meanwhile finds the data delivered; @seq is where it began.
 */
static struct sk_buff *take_data(struct sim_conn *conn, u32 *seq)
{
	struct sock *sk = conn->sk;
	struct sk_buff *skb;
	u32 offset;

	*seq = tcp_sk(sk)->copied_seq;
	skb = tcp_recv_skb(sk, *seq, &offset);
	if (!skb || offset >= skb->len || conn->stopped || conn->lost ||
	    !list_empty(&conn->requests))
		return NULL;
	if (offset) {
		if (!pskb_pull(skb, offset))
			return NULL;
		TCP_SKB_CB(skb)->seq += offset;
	}
	__skb_unlink(skb, &sk->sk_receive_queue);
	skb_orphan(skb);
	WRITE_ONCE(tcp_sk(sk)->copied_seq, TCP_SKB_CB(skb)->end_seq);
	return skb;
}

/* The host did not take it, or only what lies before @seq. */
static void put_back(struct sim_conn *conn, struct sk_buff *skb, u32 seq)
{
	struct sock *sk = conn->sk;

	/* What was in the queue has been purged meanwhile (DSC-09). */
	if (conn->disconnect && conn->disconnect->abortive) {
		kfree_skb(skb);
		return;
	}
	if (!sk_rmem_schedule(sk, skb, skb->truesize))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURES);
	skb_set_owner_r(skb, sk);
	__skb_queue_head(&sk->sk_receive_queue, skb);
	WRITE_ONCE(tcp_sk(sk)->copied_seq, seq);
}

/* tcp_rcv_space_adjust() begins like that; to be called costs more. */
static bool receive_buffer_is_due(const struct tcp_sock *tp)
{
	return tp->tcp_mstamp - tp->rcvq_space.time >=
	       tp->rcv_rtt_est.rtt_us >> 3;
}

/*
 * Acknowledge what was taken if that is due, or if it opened the window, as
 * tcp_cleanup_rbuf() does, which is not exported.
 */
static void acknowledge(struct sock *sk)
{
	const struct inet_connection_sock *icsk = inet_csk(sk);
	const struct tcp_sock *tp = tcp_sk(sk);
	u32 window = tcp_receive_window(tp);
	u32 room = min_t(int, max(tcp_space(sk), 0), tp->rcv_ssthresh);
	u8 pending = icsk->icsk_ack.pending;
	bool due = false;

	if (inet_csk_ack_scheduled(sk))
		due = tp->rcv_nxt - tp->rcv_wup > icsk->icsk_ack.rcv_mss ||
		      (!atomic_read(&sk->sk_rmem_alloc) &&
		       (pending & ICSK_ACK_PUSHED2 ||
			(pending & ICSK_ACK_PUSHED &&
			 !inet_csk_in_pingpong_mode(sk))));
	if (!due && !(sk->sk_shutdown & RCV_SHUTDOWN))
		due = room >= 2 * window && room >= icsk->icsk_ack.rcv_mss &&
		      room >= tp->window_clamp / 16;
	if (due)
		chimney_tcp_send_ack(sk, tp->rcv_nxt);
}

/* Returns true if there is more to do. */
static bool indicate(struct sim_conn *conn)
{
	enum chimney_status status;
	struct sock *sk = conn->sk;
	struct sk_buff *skb;
	u32 consumed, seq;
	bool more;

	if (conn->refused)
		return false;
	bh_lock_sock(conn->sk);
	skb = take_data(conn, &seq);
	bh_unlock_sock(conn->sk);
	if (!skb)
		return false;
	status = chimney_tcp_receive_indicate(&conn->sim->target, conn->handle,
					      skb, &consumed);
	bh_lock_sock(conn->sk);
	if (status != CHIMNEY_STATUS_SUCCESS) {
		conn->refused = true;
		put_back(conn, skb, seq + consumed);
	}
	if (status == CHIMNEY_STATUS_SUCCESS || consumed) {
		/* Adjusts the receive buffer, no more: the data is gone. */
		if (receive_buffer_is_due(tcp_sk(sk)))
			tcp_read_done(sk, 0);
		acknowledge(sk);
	}
	more = !sim_all_delivered(sk) || !list_empty(&conn->requests);
	bh_unlock_sock(conn->sk);
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
		bh_lock_sock(conn->sk);
		request = list_first_entry_or_null(&conn->requests,
						   struct chimney_receive,
						   list);
		done = request && place(conn, request);
		if (done) {
			list_del(&request->list);
			push_stop(conn);
		}
		bh_unlock_sock(conn->sk);
		if (done) {
			conn->refused = false;	/* RIND-10, RCV-30 */
			chimney_tcp_receive_complete(&conn->sim->target,
						     conn->handle, request);
		}
	} while (request ? done : indicate(conn));
}
