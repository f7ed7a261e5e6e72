// SPDX-License-Identifier: GPL-2.0-only
/*
 * What others see of a parked socket: TCP_INFO, and ss by way of sock_diag.
 *
 * Both read variables of the socket. The ones they show and nothing else uses
 * while it is parked are written from the delegated state that a query returns:
 * right before TCP_INFO, and for sock_diag, which asks nobody, each second by
 * chimney_refresh_work(). The sequence numbers stay the host's: it counts what
 * went to the target and what came from it.
 */
#include <net/tcp.h>

#include "conn.h"

/* Before the socket is parked; it is owned. */
void chimney_info_start(struct chimney_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);

	conn->counted_una = tp->snd_una;
	conn->counted_rcv = tp->rcv_nxt;
	conn->snd_wnd = tp->snd_wnd;
	conn->rcv_wnd = tcp_receive_window(tp);
}

/* The peer has acknowledged all before @seq; the socket is ours. */
void chimney_info_acked(struct chimney_conn *conn, u32 seq)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);

	if (!after(seq, conn->counted_una))
		return;
	tp->bytes_acked += seq - conn->counted_una;
	conn->counted_una = seq;
	tp->rcv_tstamp = tcp_jiffies32;
}

/* All before @seq was received; the socket is ours. */
void chimney_info_received(struct chimney_conn *conn, u32 seq)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);

	if (!after(seq, conn->counted_rcv))
		return;
	tp->bytes_received += seq - conn->counted_rcv;
	conn->counted_rcv = seq;
	inet_csk(conn->sk)->icsk_ack.lrcvtime = tcp_jiffies32;
}

static void write_variables(struct chimney_conn *conn,
			    const struct chimney_tcp_state_delegated *d)
{
	struct inet_connection_sock *icsk = inet_csk(conn->sk);
	struct tcp_sock *tp = tcp_sk(conn->sk);
	u32 mss = max_t(u32, tp->mss_cache, 1);

	chimney_info_acked(conn, d->snd_una);
	chimney_info_received(conn, d->rcv_nxt);
	tp->srtt_us = d->srtt;
	tp->rttvar_us = d->rtt_var;
	tp->mdev_us = d->rtt_var;
	if (d->srtt)
		icsk->icsk_rto = clamp_t(u32, __tcp_set_rto(tp),
					 tcp_rto_min(conn->sk), TCP_RTO_MAX);
	tcp_snd_cwnd_set(tp, clamp_t(u32, d->cwnd / mss, 1, S32_MAX));
	tp->snd_ssthresh = d->ss_thresh == U32_MAX ? TCP_INFINITE_SSTHRESH :
		max_t(u32, d->ss_thresh / mss, 2);
	if (d->reordering)
		tp->reordering = d->reordering;
	/* A parked socket has sent nothing that it could mistake for its own. */
	tp->packets_out = DIV_ROUND_UP(d->snd_max - d->snd_una, mss);
	icsk->icsk_retransmits = d->snd_wnd_probe_count ? 0 :
							  d->retransmit.count;
	icsk->icsk_probes_out = d->snd_wnd_probe_count ?:
				d->keep_alive.probe_count;
	chimney_tcp_set_counters(conn->sk, &d->counters);
	WRITE_ONCE(conn->snd_wnd, d->snd_wnd);
	WRITE_ONCE(conn->rcv_wnd, d->rcv_wnd);
	/* Of a FIN that was sent before the hand-over nothing else tells. */
	if (d->state == CHIMNEY_TCP_STATE_FIN_WAIT_2)
		chimney_fin_acked(conn);
}

/**
 * chimney_info_write() - show the state that a query returned
 * @conn: the connection, its binding's lock held
 * @d: its delegated state
 *
 * Context: process, sleeps; the socket is not owned by the caller.
 */
void chimney_info_write(struct chimney_conn *conn,
			const struct chimney_tcp_state_delegated *d)
{
	lock_sock(conn->sk);
	if (conn->state == CHIMNEY_CONN_STATE_OFFLOADED)
		write_variables(conn, d);
	release_sock(conn->sk);
}

/**
 * chimney_info_refresh() - ask the target for the state of a parked socket
 * @sk: the socket, not owned by the caller
 *
 * Context: process, sleeps until the target has answered.
 */
void chimney_info_refresh(struct sock *sk)
{
	struct chimney_conn *conn = chimney_conn_of(sk);
	struct chimney_host_binding *hb;
	LIST_HEAD(conns);

	if (!conn)
		return;
	hb = conn->binding;
	mutex_lock(&hb->lock);
	if (conn->state == CHIMNEY_CONN_STATE_OFFLOADED) {
		list_move_tail(&conn->list, &conns);
		chimney_operate_list(hb, &conns, CHIMNEY_OP_KIND_QUERY,
				     BIT(CHIMNEY_LAYER_TCP), NULL);
	}
	mutex_unlock(&hb->lock);
	chimney_conn_put(conn);
}

static int patch(char __user *optval, int len, size_t offset, u32 value)
{
	if (len < (int)sizeof(value) || offset > len - sizeof(value))
		return 0;
	return put_user(value, (u32 __user *)(optval + offset));
}

/**
 * chimney_info_windows() - put the windows of the connection into a TCP_INFO
 * @sk: the socket
 * @optval: the answer of Linux, which has those that park the socket
 * @optlen: its length
 *
 * Context: process, sleeps.
 * Return: 0 or -EFAULT.
 */
int chimney_info_windows(struct sock *sk, char __user *optval,
			 int __user *optlen)
{
	struct chimney_conn *conn = chimney_conn_of(sk);
	int err, len;

	if (!conn)
		return 0;
	err = get_user(len, optlen);
	if (!err)
		err = patch(optval, len,
			    offsetof(struct tcp_info, tcpi_snd_wnd),
			    READ_ONCE(conn->snd_wnd));
	if (!err)
		err = patch(optval, len, CHIMNEY_TCP_INFO_RCV_WND,
			    READ_ONCE(conn->rcv_wnd));
	chimney_conn_put(conn);
	return err;
}
