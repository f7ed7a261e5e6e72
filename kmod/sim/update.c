// SPDX-License-Identifier: GPL-2.0-only
/* The variables of a connection in the engine: loaded, updated, queried. */
#include <net/ipv6.h>
#include <net/tcp.h>

#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

#define BACKLOG_MIN	SZ_128K

/* What MaxRT says (RTX-03 to RTX-05), in the terms of TCP_USER_TIMEOUT. */
static u32 user_timeout(u32 max_rt)
{
	/* No limit: 24 days are more than any timer of TCP waits. */
	if (max_rt == U32_MAX)
		return S32_MAX;
	return DIV_ROUND_UP(max_rt, USEC_PER_MSEC);
}

/* SEG-12 */
static void load_header(struct sock *sk,
			const struct chimney_tcp_state_cached *cached)
{
	struct inet_sock *inet = inet_sk(sk);
	struct ipv6_pinfo *np = inet6_sk(sk);

	if (np) {
		np->tclass = cached->tos_or_traffic_class;
		np->hop_limit = cached->ttl_or_hop_limit;
		np->flow_label = htonl(cached->flow_label) &
				 IPV6_FLOWLABEL_MASK;
	} else {
		inet->tos = cached->tos_or_traffic_class;
		inet->uc_ttl = cached->ttl_or_hop_limit;
	}
}

/**
 * sim_load_cached() - take the cached variables over, but the window
 * @conn: the connection
 * @cached: the variables
 *
 * Timers are not touched. Context: the slock is held.
 */
void sim_load_cached(struct sim_conn *conn,
		     const struct chimney_tcp_state_cached *cached)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sock *sk = conn->sk;

	load_header(sk, cached);
	conn->user_priority = cached->user_priority;
	WRITE_ONCE(sk->sk_priority, cached->queue_priority);
	tp->nonagle = cached->flags & CHIMNEY_TCP_NAGLE ? 0 : TCP_NAGLE_OFF;
	if (cached->flags & CHIMNEY_TCP_KEEP_ALIVE) {
		tp->keepalive_time = usecs_to_jiffies(cached->ka_timeout);
		tp->keepalive_intvl = usecs_to_jiffies(cached->ka_interval);
		tp->keepalive_probes = cached->ka_probe_count;
	}
	sock_valbool_flag(sk, SOCK_KEEPOPEN,
			  cached->flags & CHIMNEY_TCP_KEEP_ALIVE);
	inet_csk(sk)->icsk_user_timeout = user_timeout(cached->max_rt);
	conn->max_rt = cached->max_rt;
	if (cached->flags & CHIMNEY_TCP_FIXED_RCV_WND)
		sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
	else
		sk->sk_userlocks &= ~SOCK_RCVBUF_LOCK;
}

/**
 * sim_load_window() - choose the receive window
 * @conn: the connection
 * @window: default window, bytes
 * @advertised: what the peer knows of
 *
 * The window may not shrink (RFC 7323 2.4): at least what was advertised.
 *
 * Context: the slock is held.
 */
void sim_load_window(struct sim_conn *conn, u32 window, u32 advertised)
{
	struct sock *sk = conn->sk;

	window = max(window, advertised);
	WRITE_ONCE(sk->sk_rcvbuf, tcp_space_from_win(sk, window));
	WRITE_ONCE(tcp_sk(sk)->window_clamp, window);
}

/**
 * sim_restart_keepalive() - start the keepalive timer
 * @sk: the engine's socket
 * @left: ticks until it expires
 *
 * The kernel's timer looks at the time since the last segment, so that has to
 * fit.
 *
 * Context: the slock is held.
 */
void sim_restart_keepalive(struct sock *sk, u32 left)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 when = max_t(u32, usecs_to_jiffies(left), 1);
	u32 idle_since = tcp_jiffies32 + when - keepalive_time_when(tp);

	tp->rcv_tstamp = idle_since;
	inet_csk(sk)->icsk_ack.lrcvtime = idle_since;
	inet_csk_reset_keepalive_timer(sk, when);
}

static u32 keepalive_ticks(const struct sock *sk)
{
	return jiffies_to_usecs(keepalive_time_when(tcp_sk(sk)));
}

/* UPD-18 to UPD-21, G-13, G-14 */
static void update_keepalive(struct sock *sk,
			     const struct chimney_tcp_state_cached *old,
			     const struct chimney_tcp_state_cached *new)
{
	u16 restart = CHIMNEY_TCP_KEEP_ALIVE_RESTART |
		      CHIMNEY_TCP_MAX_RT_RESTART;
	bool flagged = new->flags & restart;
	bool count = new->ka_probe_count != old->ka_probe_count;
	bool times = new->ka_timeout != old->ka_timeout ||
		     new->ka_interval != old->ka_interval;
	bool turned_on = ~old->flags & new->flags & CHIMNEY_TCP_KEEP_ALIVE;

	/* The counter is the persist timer's while data waits for a window. */
	if (flagged && count && inet_csk(sk)->icsk_pending != ICSK_TIME_PROBE0)
		inet_csk(sk)->icsk_probes_out = 0;
	if (!(new->flags & CHIMNEY_TCP_KEEP_ALIVE))
		inet_csk_delete_keepalive_timer(sk);
	else if (new->flags & CHIMNEY_TCP_KEEP_ALIVE_RESTART ||
		 (flagged && times) || turned_on)
		sim_restart_keepalive(sk, keepalive_ticks(sk));
}

/* UPD-16, UPD-17: the time spent on retransmissions starts afresh. */
static void restart_retransmission(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (tp->retrans_stamp)
		tp->retrans_stamp = tcp_clock_ts(chimney_tcp_usec_ts(tp)) ?: 1;
}

/* UPD-14, UPD-15 */
static void update_window(struct sim_conn *conn,
			  const struct chimney_tcp_state_cached *new)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	u32 advertised = tcp_receive_window(tp);

	sim_load_window(conn, new->initial_rcv_wnd, advertised);
	tp->rcv_ssthresh = tp->window_clamp;
	if (new->flags & CHIMNEY_TCP_UPDATE_RCV_WND &&
	    new->initial_rcv_wnd != advertised)
		chimney_tcp_send_ack(conn->sk, tp->rcv_nxt);
}

/**
 * sim_engine_update() - take over changed cached variables (UPD-06)
 * @tcp: the connection
 * @cached: the variables
 *
 * Context: process.
 */
void sim_engine_update(struct hw_context *tcp,
		       const struct chimney_tcp_state_cached *cached)
{
	struct sim_conn *conn = tcp->engine;
	const struct chimney_tcp_state_cached *old = &conn->object->tcp.cached;
	struct sock *sk = conn->sk;

	local_bh_disable();
	bh_lock_sock(conn->sk);
	sim_load_cached(conn, cached);
	if (sk->sk_state != TCP_CLOSE && !conn->retrieved) {
		update_keepalive(sk, old, cached);
		if (cached->flags & CHIMNEY_TCP_MAX_RT_RESTART ||
		    cached->max_rt)
			restart_retransmission(sk);
		if (cached->flags & CHIMNEY_TCP_UPDATE_RCV_WND ||
		    cached->initial_rcv_wnd != old->initial_rcv_wnd)
			update_window(conn, cached);
		chimney_tcp_push(sk);	/* without Nagle it may go */
	}
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}

/**
 * sim_engine_set_mtu() - the path MTU has changed
 * @conn: the connection
 * @mtu: bytes
 *
 * Context: process.
 */
void sim_engine_set_mtu(struct sim_conn *conn, u32 mtu)
{
	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (conn->sk->sk_state != TCP_CLOSE && !conn->lost)
		inet_csk(conn->sk)->icsk_sync_mss(conn->sk, mtu);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}

/**
 * sim_send_backlog() - bytes the host should have outstanding (CLS-13, CLS-16)
 * @conn: the connection
 *
 * Context: the slock is held. Return: the number.
 */
u32 sim_send_backlog(const struct sim_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);

	return clamp_t(u64, 2ULL * tcp_snd_cwnd(tp) * tp->mss_cache,
		       BACKLOG_MIN, SIM_BACKLOG_MAX);
}

/**
 * sim_save_delegated() - read the delegated variables of a connection
 * @conn: the connection
 * @d: where to write them; header and buffered_data are left alone
 *
 * Context: the slock is held.
 */
void sim_save_delegated(struct sim_conn *conn,
			struct chimney_tcp_state_delegated *d)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sock *sk = conn->sk;
	long left;

	chimney_tcp_set_clock(sk, &conn->sim->engine.clock);
	chimney_tcp_get_delegated(sk, d);
	d->send_backlog_size = sim_send_backlog(conn);
	d->receive_backlog_size = sim_all_delivered(sk) ? 0 :
		tp->rcv_nxt - tp->copied_seq -
		!!(sk->sk_shutdown & RCV_SHUTDOWN);
	if (sk->sk_state == TCP_FIN_WAIT2 && conn->fin_waiting) {
		/* FW2-02, FW2-09 */
		left = conn->fin_wait_end - jiffies;
		d->retransmit.timeout_delta =
			left > 0 ? jiffies_to_usecs(left) : 0;
	}
}

/**
 * sim_engine_query() - read the state of a connection (QRY-05)
 * @tcp: the connection
 * @block: what is asked for; the delegated variables are written
 *
 * Context: process.
 */
void sim_engine_query(struct hw_context *tcp, struct chimney_block *block)
{
	struct chimney_tcp_state_delegated *delegated = block->state;
	struct chimney_tcp_offload_state *all = block->state;
	struct sim_conn *conn = tcp->engine;

	if (!block->state)
		return;
	if (block->type == CHIMNEY_TCP_STATE)
		delegated = &all->delegated;
	else if (block->type != CHIMNEY_TCP_STATE_DELEGATED)
		return;
	local_bh_disable();
	bh_lock_sock(conn->sk);
	sim_save_delegated(conn, delegated);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}
