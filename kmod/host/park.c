// SPDX-License-Identifier: GPL-2.0-only
/*
 * Parking a socket: its connection runs in a target, the socket itself stays
 * hashed, open and in use by its application.
 *
 * A parked socket has a struct proto and icsk_af_ops of its own. Its send window
 * is closed, so what the application writes stays in the write queue until
 * chimney_release_cb() passes it to the target; its receive window looks wide
 * open, so that reading never makes it send a window update; no timer runs. The
 * guard in icsk_af_ops counts what would leave it all the same: nothing may.
 */
#include <linux/net.h>
#include <net/ipv6.h>
#include <net/transp_v6.h>

#include "conn.h"

#define PARKED_RCV_WND	S32_MAX

/*
 * An icsk_pending that no timer handler knows: tcp_check_probe_timer() starts
 * nothing while it is set, and a handler that comes late does nothing.
 */
#define PARKED_PENDING	U8_MAX

/* Sockets of AF_INET, of AF_INET6, and of AF_INET6 that are connected over IPv4. */
static struct inet_connection_sock_af_ops parked_ipv4, parked_ipv6,
					  parked_mapped;
/* Sockets of AF_INET, of AF_INET6. */
static struct proto parked_prot, parked_protv6;

bool chimney_is_parked(const struct sock *sk)
{
	const struct proto *prot = READ_ONCE(sk->sk_prot);

	return prot == &parked_prot || prot == &parked_protv6;
}

static int parked_queue_xmit(struct sock *sk, struct sk_buff *skb,
			     struct flowi *fl)
{
	struct chimney_conn *conn;

	rcu_read_lock();
	conn = rcu_dereference_sk_user_data(sk);
	if (conn)
		atomic64_inc(&conn->guard);
	rcu_read_unlock();
	kfree_skb(skb);
	return 0;
}

static void silence(struct chimney_conn *conn, struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	chimney_tcp_stop_timers(sk);
	inet_csk(sk)->icsk_pending = PARKED_PENDING;
	inet_csk(sk)->icsk_timeout = jiffies;
	tp->compressed_ack = 0;
	tp->tcp_wstamp_ns = 0;
	tp->snd_wnd = 0;
	tp->rcv_wup = tp->rcv_nxt;
	tp->rcv_wnd = PARKED_RCV_WND;
	tp->pred_flags = 0;
	conn->snd_up = tp->snd_up;
}

/* Like other memory that is a socket's and not data: filters, IP options. */
static void charge(struct chimney_conn *conn, struct sock *sk)
{
	conn->charged = chimney_host_conn_size() +
			conn->binding->caps.tcp_memory;
	atomic_add(conn->charged, &sk->sk_omem_alloc);
}

/* Bottom halves are on while a socket is owned, and off under the slock. */
static void set_user_data(struct sock *sk, struct chimney_conn *conn,
			  bool owned)
{
	if (owned)
		local_bh_disable();
	write_lock(&sk->sk_callback_lock);
	__rcu_assign_sk_user_data_with_flags(sk, conn,
					     conn ? SK_USER_DATA_NOCOPY : 0);
	write_unlock(&sk->sk_callback_lock);
	if (owned)
		local_bh_enable();
}

static const struct inet_connection_sock_af_ops *
parked_af_ops(const struct sock *sk)
{
	if (chimney_ip_family(sk) == AF_INET6)
		return &parked_ipv6;
	return sk->sk_family == AF_INET6 ? &parked_mapped : &parked_ipv4;
}

static void unlock(struct sock *sk, bool owned) __releases(&sk->sk_lock.slock)
{
	if (owned) {
		release_sock(sk);
		__release(&sk->sk_lock.slock);
	} else {
		spin_unlock_bh(&sk->sk_lock.slock);
	}
}

/*
 * For unlock(). Taking data out of its queues may sleep, so the socket is owned; but
 * mostly there is none, and the slock is enough.
 */
static bool lock_to_park(struct sock *sk, struct chimney_tcp_clock *clock)
	__acquires(&sk->sk_lock.slock)
{
	spin_lock_bh(&sk->sk_lock.slock);
	if (!sock_owned_by_user(sk) && tcp_rtx_and_write_queues_empty(sk))
		return false;
	spin_unlock_bh(&sk->sk_lock.slock);
	lock_sock(sk);
	__acquire(&sk->sk_lock.slock);
	clock->uses = 0;
	return true;
}

/**
 * chimney_park() - park the socket of a connection
 * @conn: the connection, in state HOLDING for longer than a grace period
 * @state: gets the state for the target
 * @send_queue: gets the outstanding send data, still charged to the socket
 * @clock: the time
 *
 * Context: process context, the socket is not owned by the caller.
 * Return: CHIMNEY_REASON_NONE, or why nothing was done.
 */
enum chimney_reason chimney_park(struct chimney_conn *conn,
				 struct chimney_tcp_offload_state *state,
				 struct sk_buff_head *send_queue,
				 struct chimney_tcp_clock *clock)
{
	enum chimney_reason reason;
	struct sock *sk = conn->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	bool owned;

	owned = lock_to_park(sk, clock);
	reason = chimney_eligible(sk);
	if (reason)
		goto out;

	/* INIT-05: every ACK that is due goes out before. */
	if (inet_csk_ack_scheduled(sk))
		chimney_tcp_send_ack(sk, tp->rcv_nxt);
	chimney_tcp_clear_out_of_order(sk);
	chimney_snapshot_const(sk, &state->constant);
	chimney_snapshot_cached(sk, &state->cached);
	conn->cached = state->cached;
	conn->rcvbuf = READ_ONCE(sk->sk_rcvbuf);
	conn->options_set = false;
	chimney_tcp_set_clock(sk, clock);
	chimney_tcp_get_delegated(sk, &state->delegated);
	__skb_queue_head_init(&state->delegated.buffered_data);
	state->delegated.receive_backlog_size = 0;
	chimney_tcp_take_send_queue(sk, send_queue, GFP_KERNEL | __GFP_NOFAIL);
	skb_queue_walk(send_queue, skb) {
		conn->outstanding += skb->len;
		conn->outstanding_truesize += skb->truesize;
	}
	chimney_info_start(conn);
	silence(conn, sk);

	conn->af_ops = inet_csk(sk)->icsk_af_ops;
	conn->prot = sk->sk_prot;
	WRITE_ONCE(conn->state, CHIMNEY_CONN_STATE_OFFLOADING);
	set_user_data(sk, conn, owned);
	chimney_conn_get(conn);
	charge(conn, sk);
	inet_csk(sk)->icsk_af_ops = parked_af_ops(sk);
	WRITE_ONCE(sk->sk_prot, sk->sk_family == AF_INET6 ? &parked_protv6 :
							     &parked_prot);
out:
	unlock(sk, owned);
	return reason;
}

static void restore_ops(struct chimney_conn *conn, struct sock *sk, bool owned)
{
	inet_csk(sk)->icsk_af_ops = conn->af_ops;
	set_user_data(sk, NULL, owned);
	WRITE_ONCE(sk->sk_prot, conn->prot);
	inet_csk(sk)->icsk_pending = 0;
	tcp_sk(sk)->pred_flags = 0;
	atomic_sub(conn->charged, &sk->sk_omem_alloc);
}

static void purge_send_queue(struct sock *sk)
{
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&sk->sk_write_queue))) {
		tcp_skb_tsorted_anchor_cleanup(skb);
		tcp_wmem_free_skb(sk, skb);
	}
}

/* Both FINs were acknowledged in the target. */
static void wait_in_time_wait(struct sock *sk)
{
	local_bh_disable();
	bh_lock_sock(sk);
	tcp_time_wait(sk, TCP_TIME_WAIT, 0);
	bh_unlock_sock(sk);
	local_bh_enable();
}

/* What tcp_reset() does, for a connection that ended in the target. */
static void end_connection(struct sock *sk, int error)
{
	purge_send_queue(sk);
	WRITE_ONCE(tcp_sk(sk)->write_seq, tcp_sk(sk)->snd_nxt);
	WRITE_ONCE(sk->sk_err, error);
	local_bh_disable();
	bh_lock_sock(sk);
	tcp_done(sk);
	if (!sock_flag(sk, SOCK_DEAD))
		sk_error_report(sk);
	bh_unlock_sock(sk);
	local_bh_enable();
}

static bool fin_is_acked(const struct chimney_tcp_state_delegated *d)
{
	return d->state == CHIMNEY_TCP_STATE_FIN_WAIT_2 ||
	       d->state == CHIMNEY_TCP_STATE_TIME_WAIT;
}

/*
 * Does what came back add up? A target that lost or invented bytes must not
 * corrupt a stream without a word (TERM-46, TERM-53).
 */
static bool adds_up(struct sock *sk,
		    const struct chimney_tcp_state_delegated *d,
		    const struct sk_buff_head *send_queue)
{
	struct tcp_sock *tp = tcp_sk(sk);
	const struct sk_buff *skb;
	u32 seq = d->snd_una;

	skb_queue_walk(send_queue, skb)
		seq += skb->len;
	if (chimney_fin_pending(sk) && !fin_is_acked(d))
		seq++;
	return seq == tp->write_seq && d->rcv_nxt == tp->rcv_nxt &&
	       !before(d->snd_max, d->snd_una) &&
	       !before(tp->write_seq, d->snd_max);
}

static void deliver_rest(struct chimney_conn *conn,
			 const struct chimney_tcp_state_delegated *d)
{
	struct sk_buff_head *buffered = (struct sk_buff_head *)&d->buffered_data;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(&conn->rx)))
		chimney_deliver_skb(conn, skb);
	/* TERM-50: received and acknowledged, so it is delivered in any case. */
	while ((skb = __skb_dequeue(buffered)))
		chimney_deliver_skb(conn, skb);
	if (conn->fin ||
	    (d->state == CHIMNEY_TCP_STATE_CLOSE_WAIT &&
	     conn->sk->sk_state == TCP_ESTABLISHED))
		chimney_deliver_fin(conn);
}

/*
 * A connection without data on its way that goes on as it was: nothing is sent,
 * allocated or ended, for which its socket would have to be owned.
 */
static bool is_plain(struct chimney_conn *conn,
		     const struct chimney_tcp_state_delegated *d,
		     const struct sk_buff_head *send_queue)
{
	struct sock *sk = conn->sk;
	const struct tcp_sock *tp = tcp_sk(sk);

	return sk->sk_state == TCP_ESTABLISHED &&
	       d->state == CHIMNEY_TCP_STATE_ESTABLISHED &&
	       !conn->error && !conn->fin && skb_queue_empty(&conn->acked) &&
	       skb_queue_empty(&conn->rx) && skb_queue_empty(&conn->unsent) &&
	       skb_queue_empty(&d->buffered_data) &&
	       skb_queue_empty(send_queue) && tcp_write_queue_empty(sk) &&
	       d->snd_una == tp->write_seq && d->snd_max == tp->write_seq &&
	       d->rcv_nxt == tp->rcv_nxt;
}

/* For unlock(): a plain connection needs the slock only. */
static bool lock_to_unpark(struct chimney_conn *conn,
			   const struct chimney_tcp_state_delegated *d,
			   const struct sk_buff_head *send_queue,
			   struct chimney_tcp_clock *clock)
	__acquires(&conn->sk->sk_lock.slock)
{
	struct sock *sk = conn->sk;

	spin_lock_bh(&sk->sk_lock.slock);
	if (!sock_owned_by_user(sk)) {
		chimney_spare_drop(sk);
		if (is_plain(conn, d, send_queue))
			return false;
	}
	spin_unlock_bh(&sk->sk_lock.slock);
	lock_sock(sk);
	__acquire(&sk->sk_lock.slock);
	clock->uses = 0;
	return true;
}

static void set_variables(struct chimney_conn *conn,
			  const struct chimney_tcp_state_delegated *d,
			  struct chimney_tcp_clock *clock)
{
	struct sock *sk = conn->sk;
	struct tcp_sock *tp = tcp_sk(sk);
	u32 urgent = tp->snd_up;

	chimney_tcp_set_clock(sk, clock);
	chimney_tcp_set_delegated(sk, d);
	/* What came home because of urgent data sends it now. */
	if (urgent != conn->snd_up)
		tp->snd_up = urgent;
	tp->rcv_ssthresh = max(tp->rcv_ssthresh, tp->rcv_wnd);
	if (tp->window_clamp < tp->rcv_wnd)
		WRITE_ONCE(tp->window_clamp, tp->rcv_wnd);
}

static void unpark_plain(struct chimney_conn *conn,
			 const struct chimney_tcp_state_delegated *d,
			 struct chimney_tcp_clock *clock)
{
	struct sock *sk = conn->sk;

	chimney_info_acked(conn, d->snd_una);
	restore_ops(conn, sk, false);
	set_variables(conn, d, clock);
	chimney_tcp_start_timers(sk, d);
	chimney_write_space(sk);
	chimney_hold_end(conn);
}

static void unpark(struct chimney_conn *conn,
		   const struct chimney_tcp_state_delegated *d,
		   struct sk_buff_head *send_queue,
		   struct chimney_tcp_clock *clock)
{
	struct sock *sk = conn->sk;

	chimney_free_acked(conn);
	chimney_spare_drop(sk);
	deliver_rest(conn, d);
	chimney_info_acked(conn, d->snd_una);
	restore_ops(conn, sk, true);

	/* The application may have written more meanwhile. */
	skb_queue_splice_tail_init(&conn->unsent, send_queue);
	skb_queue_splice_tail_init(&sk->sk_write_queue, send_queue);
	if (d->state == CHIMNEY_TCP_STATE_CLOSED || conn->error ||
	    !adds_up(sk, d, send_queue)) {
		skb_queue_splice_tail_init(send_queue, &sk->sk_write_queue);
		end_connection(sk, conn->error ?: ECONNABORTED);
		return;
	}
	if (chimney_fin_pending(sk) && fin_is_acked(d))
		tcp_set_state(sk, TCP_FIN_WAIT2);

	set_variables(conn, d, clock);
	chimney_tcp_link_send_queue(sk, send_queue, GFP_KERNEL | __GFP_NOFAIL);
	chimney_tcp_start_timers(sk, d);
	if (sk->sk_state == TCP_FIN_WAIT2 && sock_flag(sk, SOCK_DONE)) {
		wait_in_time_wait(sk);
		return;
	}
	/* Sent when the socket is released. */
	if (!tcp_write_queue_empty(sk)) {
		tcp_check_probe_timer(sk);
		if (!test_and_set_bit(TCP_TSQ_DEFERRED, &sk->sk_tsq_flags))
			sock_hold(sk);
	}
	chimney_write_space(sk);
}

/**
 * chimney_unpark() - the connection is back, or never left
 * @conn: the connection, in state OFFLOADING or UPLOADING
 * @d: its delegated state
 * @send_queue: send data that came back, charged to the socket; emptied
 * @clock: the time
 *
 * Segments may still be held when it returns; chimney_hold_release() is next.
 *
 * Context: process context, the socket is not owned by the caller.
 */
void chimney_unpark(struct chimney_conn *conn,
		    const struct chimney_tcp_state_delegated *d,
		    struct sk_buff_head *send_queue,
		    struct chimney_tcp_clock *clock)
{
	bool owned = lock_to_unpark(conn, d, send_queue, clock);

	if (owned)
		unpark(conn, d, send_queue, clock);
	else
		unpark_plain(conn, d, clock);
	unlock(conn->sk, owned);
	chimney_conn_put(conn);
}

/**
 * chimney_unpark_lost() - the target lost the connection (TERM-20, TERM-21)
 * @conn: the connection, in state OFFLOADING or UPLOADING
 *
 * The application gets ECONNABORTED. Send data that the target still has is
 * no longer charged to the socket.
 *
 * Context: process context, the socket is not owned by the caller.
 */
void chimney_unpark_lost(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;
	struct sk_buff *skb;

	lock_sock(sk);
	chimney_free_acked(conn);
	chimney_spare_drop(sk);
	while ((skb = __skb_dequeue(&conn->rx)))
		chimney_deliver_skb(conn, skb);
	/* What it refused is outstanding, too. */
	__skb_queue_purge(&conn->unsent);
	restore_ops(conn, sk, true);
	sk_wmem_queued_add(sk, -(int)conn->outstanding_truesize);
	sk_mem_uncharge(sk, conn->outstanding_truesize);
	conn->outstanding_truesize = 0;
	end_connection(sk, ECONNABORTED);
	release_sock(sk);
	chimney_conn_put(conn);
}

/* The functions behind the table of a family are not exported: copy the table. */
static int copy_af_ops(int family, struct inet_connection_sock_af_ops *af_ops)
{
	struct socket *socket;
	int err;

	err = sock_create_kern(&init_net, family, SOCK_STREAM, IPPROTO_TCP,
			       &socket);
	if (err)
		return err;
	*af_ops = *inet_csk(socket->sk)->icsk_af_ops;
	sock_release(socket);
	af_ops->queue_xmit = parked_queue_xmit;
	return 0;
}

static void copy_prot(struct proto *prot, const struct proto *original)
{
	*prot = *original;
	prot->release_cb = chimney_release_cb;
	chimney_hooks_init(prot);
}

/* Datagrams of one family, a socket of the other. */
static void make_mapped(void)
{
	parked_mapped = parked_ipv4;
	parked_mapped.sockaddr_len = parked_ipv6.sockaddr_len;
	parked_mapped.setsockopt = parked_ipv6.setsockopt;
	parked_mapped.getsockopt = parked_ipv6.getsockopt;
	parked_mapped.addr2sockaddr = parked_ipv6.addr2sockaddr;
}

int chimney_park_init(void)
{
	int err;

	err = copy_af_ops(AF_INET, &parked_ipv4);
	/* Without IPv6 (ipv6.disable=1) there are no such sockets. */
	if (!err && ipv6_mod_enabled())
		err = copy_af_ops(AF_INET6, &parked_ipv6);
	if (err)
		return err;
	make_mapped();
	copy_prot(&parked_prot, &tcp_prot);
	copy_prot(&parked_protv6, &tcpv6_prot);
	return 0;
}
