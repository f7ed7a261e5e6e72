// SPDX-License-Identifier: GPL-2.0-only
/*
 * Data between a parked socket and its target.
 *
 * Everything that touches the socket happens with its slock held and the socket
 * not owned, or by its owner. What comes while somebody else owns it is left in
 * lists that the owner empties in chimney_release_cb(), like a backlog.
 */
#include <linux/delay.h>
#include <net/proto_memory.h>
#include <net/tcp.h>

#include "../nl/nl.h"
#include "conn.h"

/* Until the target has told what it prefers. */
#define SEND_BACKLOG	SZ_128K

static struct chimney_conn *to_conn(struct chimney_handle *handle)
{
	return container_of(handle, struct chimney_conn, handle);
}

/* -------- send -------- */

/* It has no way to say when data goes out (SO_TIMESTAMPING): the host has. */
static bool wants_timestamp(const struct sk_buff *skb)
{
	return skb_shinfo(skb)->tx_flags & SKBTX_ANY_TSTAMP ||
	       TCP_SKB_CB(skb)->txstamp_ack;
}

/* Take what the target may have; the slock is held. */
static bool take_sendable(struct chimney_conn *conn, struct sk_buff_head *list)
{
	struct sock *sk = conn->sk;
	struct sk_buff *skb;

	if (READ_ONCE(conn->state) != CHIMNEY_CONN_STATE_OFFLOADED)
		return false;
	while (conn->outstanding < conn->send_backlog &&
	       (skb = skb_peek(&sk->sk_write_queue)) && skb->len) {
		if (wants_timestamp(skb)) {
			chimney_upload_later(conn);
			break;
		}
		if (skb_queue_is_last(&sk->sk_write_queue, skb) &&
		    chimney_tail_waits(conn, skb))
			break;
		__skb_unlink(skb, &sk->sk_write_queue);
		tcp_skb_tsorted_anchor_cleanup(skb);
		chimney_tcp_charge_zerocopy(sk, skb);
		conn->outstanding += skb->len;
		conn->outstanding_truesize += skb->truesize;
		tcp_sk(sk)->lsndtime = tcp_jiffies32;
		conn->passed_at = tcp_sk(sk)->tcp_mstamp;
		__skb_queue_tail(list, skb);
	}
	return !skb_queue_empty(list);
}

/*
 * What the target has and has not sent is not sent either: for TCP_NOTSENT_LOWAT,
 * and for SIOCOUTQNSD. The slock is held.
 */
static void count_unsent(struct chimney_conn *conn)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sk_buff *skb;
	u32 passed;

	if (conn->sk->sk_shutdown & SEND_SHUTDOWN)
		return;
	skb = tcp_send_head(conn->sk);
	passed = skb ? TCP_SKB_CB(skb)->seq : tp->write_seq;
	WRITE_ONCE(tp->snd_nxt, passed - min(READ_ONCE(conn->handle.unsent),
					     conn->outstanding));
}

/* The spare is not data. */
static bool has_data(const struct sock *sk)
{
	const struct sk_buff *skb = skb_peek(&sk->sk_write_queue);

	return skb && skb->len;
}

/* Urgent data is the host's business (SND-13): the connection comes home. */
static bool urgent(struct chimney_conn *conn)
{
	if (tcp_sk(conn->sk)->snd_up == conn->snd_up)
		return false;
	chimney_upload_later(conn);
	return true;
}

/* Not inlined: its list is cleared, and most calls have nothing to do. */
static noinline void pump(struct chimney_conn *conn, bool owner)
{
	struct sock *sk = conn->sk;
	struct sk_buff_head list;

	if (conn->calling || urgent(conn))
		return;
	__skb_queue_head_init(&list);
	while (has_data(sk) && (owner || !sock_owned_by_user(sk)) &&
	       take_sendable(conn, &list)) {
		conn->calling = true;
		spin_unlock(&sk->sk_lock.slock);
		chimney_tcp_send(&conn->handle, &list);
		spin_lock(&sk->sk_lock.slock);
		conn->calling = false;
		count_unsent(conn);
	}
	if (!owner && sock_owned_by_user(sk))
		return;
	if (!has_data(sk))
		conn->flush = false;
	if (chimney_disconnect_due(conn))
		chimney_disconnect(conn);
}

/*
 * Pass send data to the target, then the end of it. The slock is held, and dropped
 * for the calls; @owner: the caller owns the socket.
 */
void chimney_pump(struct chimney_conn *conn, bool owner)
{
	if (!has_data(conn->sk) && !conn->closing)
		conn->flush = false;
	else
		pump(conn, owner);
}

/*
 * There is more room in the send buffer. Only those are woken that found none
 * before: for edge-triggered epoll any other wake-up is an event.
 */
void chimney_write_space(struct sock *sk)
{
	/* Pairs with the barrier in tcp_poll(). */
	smp_mb();
	if (sk->sk_socket && test_bit(SOCK_NOSPACE, &sk->sk_socket->flags))
		sk->sk_write_space(sk);
}

/* Free what the target completed; the socket is ours. */
static void free_acked(struct chimney_conn *conn, struct sk_buff_head *acked)
{
	struct sock *sk = conn->sk;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(acked))) {
		conn->outstanding -= skb->len;
		conn->outstanding_truesize -= skb->truesize;
		WRITE_ONCE(tcp_sk(sk)->snd_una,
			   tcp_sk(sk)->snd_una + skb->len);
		chimney_info_acked(conn, tcp_sk(sk)->snd_una);
		conn->sent_bytes += skb->len;
		if (!chimney_spare_keep(conn, skb))
			tcp_wmem_free_skb(sk, skb);
	}
	count_unsent(conn);
	chimney_write_space(sk);
}

/* Free what it completed while somebody else owned the socket. */
void chimney_free_acked(struct chimney_conn *conn)
{
	if (!skb_queue_empty(&conn->acked))
		free_acked(conn, &conn->acked);
}

/*
 * The target is done with send data: acknowledged, or the connection was
 * aborted and the data is lost. With UPLOAD_IN_PROGRESS it is ours to send,
 * which chimney_unpark() will do: it goes back to the front of the queue.
 */
void chimney_tcp_send_completed(struct chimney_handle *handle,
				struct sk_buff_head *list,
				enum chimney_status status)
{
	struct chimney_conn *conn = to_conn(handle);
	struct sock *sk = conn->sk;

	spin_lock_bh(&sk->sk_lock.slock);
	if (status == CHIMNEY_STATUS_UPLOAD_IN_PROGRESS) {
		skb_queue_splice_tail_init(list, &conn->unsent);
	} else if (sock_owned_by_user(sk)) {
		skb_queue_splice_tail_init(list, &conn->acked);
	} else {
		free_acked(conn, list);
		chimney_pump(conn, false);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
}

/* -------- receive -------- */

/*
 * A target that wants to know when its buffer is free again (RRET-04, TERM-51)
 * learns it when the data has been read: the buffer travels inside one of ours.
 */
static struct sk_buff *with_destructor(struct sk_buff *skb)
{
	struct sk_buff *outer = alloc_skb(0, GFP_ATOMIC);

	if (!outer) {
		skb_orphan(skb);
		return skb;
	}
	skb_shinfo(outer)->frag_list = skb;
	outer->len = skb->len;
	outer->data_len = skb->len;
	outer->truesize += skb->truesize;
	outer->tstamp = skb->tstamp;
	*skb_hwtstamps(outer) = *skb_hwtstamps(skb);
	return outer;
}

/*
 * Put data into the receive queue; the socket is ours. The memory is charged
 * without asking: it exists, and flow control has been exercised before.
 */
void chimney_deliver_skb(struct chimney_conn *conn, struct sk_buff *skb)
{
	struct sock *sk = conn->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 len = skb->len;

	if (skb->destructor)
		skb = with_destructor(skb);
	memset(TCP_SKB_CB(skb), 0, sizeof(struct tcp_skb_cb));
	TCP_SKB_CB(skb)->seq = tp->rcv_nxt;
	TCP_SKB_CB(skb)->end_seq = tp->rcv_nxt + len;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK;
	TCP_SKB_CB(skb)->has_rxtstamp = skb->tstamp ||
					skb_hwtstamps(skb)->hwtstamp;
	if (!sk_rmem_schedule(sk, skb, skb->truesize))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURES);
	skb_set_owner_r(skb, sk);
	__skb_queue_tail(&sk->sk_receive_queue, skb);
	WRITE_ONCE(tp->rcv_nxt, tp->rcv_nxt + len);
	tp->rcv_wup = tp->rcv_nxt;
	chimney_info_received(conn, tp->rcv_nxt);
	conn->received_bytes += len;
	/* SO_RCVLOWAT: nobody wakes up for less. */
	if (!sock_flag(sk, SOCK_DEAD) &&
	    tcp_epollin_ready(sk, READ_ONCE(sk->sk_rcvlowat)))
		sk->sk_data_ready(sk);
}

/* The peer's FIN, as tcp_fin() sees it; the socket is ours. */
void chimney_deliver_fin(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	conn->fin = false;
	if (sock_flag(sk, SOCK_DONE))
		return;
	WRITE_ONCE(tcp_sk(sk)->rcv_nxt, tcp_sk(sk)->rcv_nxt + 1);
	tcp_sk(sk)->rcv_wup = tcp_sk(sk)->rcv_nxt;
	chimney_info_received(conn, tcp_sk(sk)->rcv_nxt);
	WRITE_ONCE(sk->sk_shutdown, sk->sk_shutdown | RCV_SHUTDOWN);
	sock_set_flag(sk, SOCK_DONE);
	if (sk->sk_state == TCP_ESTABLISHED) {
		tcp_set_state(sk, TCP_CLOSE_WAIT);
	} else {
		/* Both have closed: the rest, and TIME_WAIT, is the host's. */
		if (sk->sk_state == TCP_FIN_WAIT1)
			tcp_set_state(sk, TCP_CLOSING);
		chimney_upload_later(conn);
	}
	if (!sock_flag(sk, SOCK_DEAD)) {
		sk->sk_state_change(sk);
		sk_wake_async(sk, SOCK_WAKE_WAITD,
			      sk->sk_shutdown == SHUTDOWN_MASK ? POLL_HUP :
								 POLL_IN);
	}
}

static u32 receive_memory(const struct chimney_conn *conn)
{
	const struct sk_buff *skb;
	u32 size;

	size = atomic_read(&conn->sk->sk_rmem_alloc);
	skb_queue_walk(&conn->rx, skb)
		size += skb->truesize;
	return size;
}

enum chimney_status chimney_tcp_receive_indicated(struct chimney_handle *handle,
						  struct sk_buff *skb,
						  u32 *consumed)
{
	struct chimney_conn *conn = to_conn(handle);
	struct sock *sk = conn->sk;
	enum chimney_status status = CHIMNEY_STATUS_SUCCESS;
	u32 len = skb->len;

	spin_lock_bh(&sk->sk_lock.slock);
	if (receive_memory(conn) > READ_ONCE(sk->sk_rcvbuf)) {
		conn->refused = true;
		status = CHIMNEY_STATUS_DATA_NOT_ACCEPTED;
		*consumed = 0;
	} else {
		*consumed = len;
		if (sock_owned_by_user(sk))
			__skb_queue_tail(&conn->rx, skb);
		else
			chimney_deliver_skb(conn, skb);
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	return status;
}

/* The application has read: the target may indicate again (RIND-10). */
static bool may_post_credit(const struct chimney_conn *conn)
{
	const struct sock *sk = conn->sk;

	return conn->refused && !conn->credit_posted && !conn->calling &&
	       READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_OFFLOADED &&
	       atomic_read(&sk->sk_rmem_alloc) <= READ_ONCE(sk->sk_rcvbuf) / 2;
}

/* The slock is held, and dropped for the call. */
static void post_credit(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	conn->refused = false;
	conn->credit_posted = true;
	memset(&conn->credit, 0, sizeof(conn->credit));
	iov_iter_kvec(&conn->credit.to, ITER_DEST, NULL, 0, 0);
	conn->calling = true;
	spin_unlock_bh(&sk->sk_lock.slock);
	chimney_tcp_receive(&conn->handle, &conn->credit);
	spin_lock_bh(&sk->sk_lock.slock);
	conn->calling = false;
}

void chimney_tcp_receive_completed(struct chimney_handle *handle,
				   struct chimney_receive *request)
{
	struct chimney_conn *conn = to_conn(handle);

	spin_lock_bh(&conn->sk->sk_lock.slock);
	conn->credit_posted = false;
	spin_unlock_bh(&conn->sk->sk_lock.slock);
}

/* -------- forward, events -------- */

void chimney_tcp_forward_completed(struct chimney_handle *handle,
				   struct sk_buff_head *list,
				   enum chimney_status status)
{
	__skb_queue_purge(list);
}

/* As the kernel does before it enlarges a send buffer. */
static bool memory_is_short(const struct sock *sk)
{
	return tcp_under_memory_pressure(sk) ||
	       sk_memory_allocated(sk) >= sk_prot_mem_limits(sk, 0);
}

/*
 * More may be outstanding, so the application may write more. An skb takes about
 * half as much again as the data in it.
 */
static void set_backlog(struct chimney_conn *conn, u32 backlog)
{
	struct sock *sk = conn->sk;
	u64 sndbuf;

	conn->send_backlog = backlog;
	sndbuf = min_t(u64, (u64)backlog + backlog / 2,
		       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_wmem[2]));
	if (sndbuf > sk->sk_sndbuf &&
	    !(sk->sk_userlocks & SOCK_SNDBUF_LOCK) && !memory_is_short(sk))
		WRITE_ONCE(sk->sk_sndbuf, sndbuf);
}

static void announce(struct chimney_conn *conn, enum chimney_tcp_event event,
		     u32 information)
{
	struct chimney_event_info info = {
		.source = CHIMNEY_EVENT_SOURCE_TCP,
		.code = event,
		.information = information,
		.ifindex = conn->binding->dev->ifindex,
		.context = conn->id,
	};

	chimney_conn_tuple(conn, &info.tuple);
	chimney_nl_event(sock_net(conn->sk), &info);
}

/* It goes home; until it is there, segments are held. */
static void retrieve(struct chimney_conn *conn)
{
	WRITE_ONCE(conn->retrieved, true);
	chimney_upload_later(conn);
}

void chimney_tcp_event_indicated(struct chimney_handle *handle,
				 enum chimney_tcp_event event, u32 information)
{
	struct chimney_conn *conn = to_conn(handle);
	struct sock *sk = conn->sk;

	announce(conn, event, information);
	spin_lock_bh(&sk->sk_lock.slock);
	switch (event) {
	case CHIMNEY_TCP_DISCONNECT:
		if (sock_owned_by_user(sk))
			conn->fin = true;
		else
			chimney_deliver_fin(conn);
		break;
	case CHIMNEY_TCP_ABORT:
		conn->error = information ?: ECONNRESET;
		retrieve(conn);
		break;
	case CHIMNEY_TCP_RETRIEVE:
		/* Other reasons are advice, which we do not take (TEV-17). */
		if (chimney_upload_is_mandatory(information))
			retrieve(conn);
		break;
	case CHIMNEY_TCP_SEND_BACKLOG_CHANGE:
		set_backlog(conn, information);
		if (!sock_owned_by_user(sk))
			chimney_pump(conn, false);
		break;
	}
	spin_unlock_bh(&sk->sk_lock.slock);
}

/* Those of SOL_SOCKET are set behind our back, others tell. */
static bool options_changed(const struct chimney_conn *conn)
{
	const struct sock *sk = conn->sk;

	return conn->options_set || conn->rcvbuf != READ_ONCE(sk->sk_rcvbuf) ||
	       conn->cached.queue_priority != READ_ONCE(sk->sk_priority) ||
	       !(conn->cached.flags & CHIMNEY_TCP_KEEP_ALIVE) ==
	       sock_flag(sk, SOCK_KEEPOPEN);
}

/* Not inlined: @now is cleared, and most calls find nothing set. */
static noinline void compare_cached(struct chimney_conn *conn)
{
	struct chimney_tcp_state_cached now;

	conn->options_set = false;
	conn->rcvbuf = READ_ONCE(conn->sk->sk_rcvbuf);
	if (chimney_cached_changed(conn, &now))
		chimney_update_later(conn);
}

/* What others changed while the socket was owned, or without owning it. */
static void check_cached(struct chimney_conn *conn)
{
	if (READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_OFFLOADED &&
	    options_changed(conn))
		compare_cached(conn);
}

/* While the socket was owned. */
static bool has_come(const struct chimney_conn *conn)
{
	return !skb_queue_empty(&conn->acked) || !skb_queue_empty(&conn->rx) ||
	       conn->fin || conn->fin_acked;
}

/* For the target. */
static bool has_to_go(const struct chimney_conn *conn)
{
	return has_data(conn->sk) || conn->closing || conn->flush ||
	       conn->refused;
}

/* The slock is held, and dropped for calls; the socket is owned by the caller. */
static noinline void work_off(struct chimney_conn *conn)
{
	struct sk_buff *skb;
	bool again;

	do {
		chimney_free_acked(conn);
		if (conn->fin_acked)
			chimney_fin_acked(conn);
		while ((skb = __skb_dequeue(&conn->rx)))
			chimney_deliver_skb(conn, skb);
		if (conn->fin)
			chimney_deliver_fin(conn);
		chimney_pump(conn, true);
		again = may_post_credit(conn);
		if (again)
			post_credit(conn);
	} while (again || has_come(conn));
}

/**
 * chimney_release_cb() - release_cb of a parked socket
 * @sk: the socket, owned by the caller
 *
 * Runs before TCP's own: on some kernels that one gives up the ownership. Most
 * calls find nothing to do.
 *
 * Context: the slock is held; it is dropped and taken again.
 */
void chimney_release_cb(struct sock *sk)
{
	struct chimney_conn *conn = chimney_conn_owned(sk);

	if (has_come(conn) || has_to_go(conn))
		work_off(conn);
	/* TCP_KEEPIDLE starts it; the target's runs. */
	if (timer_pending(&inet_csk(sk)->icsk_keepalive_timer))
		inet_csk_delete_keepalive_timer(sk);
	check_cached(conn);
	tcp_prot.release_cb(sk);
}

/**
 * chimney_pump_start() - the connection is offloaded, data may flow
 * @conn: the connection
 *
 * Context: the slock is held, and dropped for calls; the socket is not owned by the
 * caller.
 */
void chimney_pump_start(struct chimney_conn *conn)
{
	if (!conn->send_backlog)
		set_backlog(conn, SEND_BACKLOG);
	count_unsent(conn);
	if (!sock_owned_by_user(conn->sk)) {
		chimney_pump(conn, false);
		check_cached(conn);
	}
}

/**
 * chimney_pump_stop() - wait until no call of ours is executing (G-38), nor will be
 * @conn: the connection, no longer in state OFFLOADED
 *
 * Context: process context, may sleep; the socket is not owned by the caller.
 */
void chimney_pump_stop(struct chimney_conn *conn)
{
	bool calling;

	for (;;) {
		spin_lock_bh(&conn->sk->sk_lock.slock);
		calling = conn->calling;
		spin_unlock_bh(&conn->sk->sk_lock.slock);
		if (!calling)
			break;
		usleep_range(10, 50);
	}
	chimney_cork_stop(conn);
}
