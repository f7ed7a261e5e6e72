// SPDX-License-Identifier: GPL-2.0-only
/* Taking a connection over: its state goes into a socket of the engine. */
#include <net/ipv6.h>

#include <chimney/tcp.h>

#include "sim.h"

static void load_ipv4(struct sim_conn *conn, const struct hw_path *path)
{
	struct inet_sock *inet = inet_sk(conn->sk);

	memcpy(&inet->inet_saddr, path->saddr, sizeof(inet->inet_saddr));
	memcpy(&inet->inet_daddr, path->daddr, sizeof(inet->inet_daddr));
	inet->inet_rcv_saddr = inet->inet_saddr;
	memcpy(&conn->key.saddr, path->daddr, sizeof(inet->inet_daddr));
	memcpy(&conn->key.daddr, path->saddr, sizeof(inet->inet_saddr));
}

static void load_ipv6(struct sim_conn *conn, const struct hw_path *path)
{
	struct ipv6_pinfo *np = inet6_sk(conn->sk);
	struct sock *sk = conn->sk;

	memcpy(&np->saddr, path->saddr, sizeof(np->saddr));
	memcpy(&sk->sk_v6_daddr, path->daddr, sizeof(sk->sk_v6_daddr));
	sk->sk_v6_rcv_saddr = np->saddr;
	conn->key.saddr = sk->sk_v6_daddr;
	conn->key.daddr = np->saddr;
}

static void load_addresses(struct sim_conn *conn,
			   const struct chimney_tcp_offload_state *state)
{
	struct inet_sock *inet = inet_sk(conn->sk);
	const struct hw_context *path = conn->tcp->parent;

	conn->family = path->family;
	conn->counters = hw_counters(conn->sim->hw, path->family);
	memset(&conn->key, 0, sizeof(conn->key));
	if (path->family == HW_FAMILY_IPV6)
		load_ipv6(conn, &path->path);
	else
		load_ipv4(conn, &path->path);
	inet->inet_sport = state->constant.local_port;
	inet->inet_dport = state->constant.remote_port;
	conn->key.source = state->constant.remote_port;
	conn->key.dest = state->constant.local_port;
	sim_wire_hash(conn->sim, &conn->key);
}

/* What the device can do for its own transmit path, as sk_setup_caps() does. */
static void load_caps(struct sock *sk, const struct net_device *dev)
{
	sk->sk_route_caps = dev->features | NETIF_F_GSO | NETIF_F_GSO_SOFTWARE |
			    NETIF_F_SG | NETIF_F_HW_CSUM;
	sk->sk_gso_type = sk->sk_family == AF_INET6 ? SKB_GSO_TCPV6 :
						      SKB_GSO_TCPV4;
	sk->sk_gso_max_size = GSO_LEGACY_MAX_SIZE - (MAX_TCP_HEADER + 1);
	sk->sk_gso_max_segs = READ_ONCE(dev->gso_max_segs);
	sk->sk_bound_dev_if = dev->ifindex;
}

static void load_options(struct sim_conn *conn,
			 const struct chimney_tcp_state_const *constant)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct tcp_options_received *opt = &tp->rx_opt;

	memset(opt, 0, sizeof(*opt));
	opt->tstamp_ok = !!(constant->flags & CHIMNEY_TCP_TIMESTAMPS);
	/* SEG-11: without it the options are ignored */
	opt->sack_ok = constant->flags & CHIMNEY_TCP_SACK &&
		       READ_ONCE(conn->sim->sack);
	opt->wscale_ok = !!(constant->flags & CHIMNEY_TCP_WINDOW_SCALING);
	opt->snd_wscale = constant->snd_wind_scale;
	opt->rcv_wscale = constant->rcv_wind_scale;
	opt->mss_clamp = constant->remote_mss;
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (opt->tstamp_ok)
		tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	tp->ecn_flags = constant->flags & CHIMNEY_TCP_ECN ? TCP_ECN_OK : 0;
	chimney_tcp_set_usec_ts(tp, constant->flags &
				CHIMNEY_TCP_USEC_TIMESTAMPS);
}

static void load_window(struct sim_conn *conn,
			const struct chimney_tcp_offload_state *state)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);

	sim_load_window(conn, state->cached.initial_rcv_wnd,
			state->delegated.rcv_wnd);
	tp->rcv_ssthresh = max_t(u32, state->delegated.rcv_wnd,
				 min_t(u32, tp->window_clamp,
				       4U * tp->advmss));
	/* Never 0, be the window closed: tcp_rcv_space_adjust() divides by it. */
	tp->rcvq_space.space = clamp_t(u32, tp->rcv_wnd, 1,
				       TCP_INIT_CWND * tp->advmss);
	tp->rcvq_space.time = tp->tcp_mstamp;
	tp->rcvq_space.seq = tp->copied_seq;
}

/* What the host has set for all connections. */
static void load_parameters(struct sim_conn *conn,
			    const struct chimney_tcp_state_delegated *d)
{
	struct hw_device *hw = conn->sim->hw;
	u32 threshold = hw_read(hw, HW_REG_DUPLICATE_ACKS);
	struct tcp_sock *tp = tcp_sk(conn->sk);

	inet_csk(conn->sk)->icsk_delack_max =
		usecs_to_jiffies(hw_read(hw, HW_REG_DELAYED_ACK));
	/* More, if the path was seen to reorder by more. */
	tp->reordering = d->reordering > HW_DUPLICATE_ACKS ?
			 max(d->reordering, threshold) : threshold;
}

/* Not inlined: its name is cleared, and most connections have that of the one before. */
static noinline void set_congestion_control(struct socket *socket,
					    const struct chimney_tcp_state_const *c)
{
	char name[TCP_CA_NAME_MAX];

	strscpy(name, c->congestion_control, sizeof(name));
	/* Not here any more? Then the default does. */
	socket->ops->setsockopt(socket, SOL_TCP, TCP_CONGESTION,
				KERNEL_SOCKPTR(name), strlen(name));
}

void sim_load_congestion_control(struct socket *socket,
				 const struct chimney_tcp_state_const *c)
{
	if (memcmp(inet_csk(socket->sk)->icsk_ca_ops->name,
		   c->congestion_control, TCP_CA_NAME_MAX))
		set_congestion_control(socket, c);
}

/*
 * Data in SndNxt..SndMax was sent, but is to be sent again before anything else
 * (INIT-71, INIT-72): what a socket has after a retransmission timeout.
 */
static void load_retransmissions(struct sock *sk,
				 const struct chimney_tcp_state_delegated *d)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	struct rb_node *node;
	struct sk_buff *skb;

	if (!tp->packets_out)
		return;
	for (node = rb_first(&sk->tcp_rtx_queue); node; node = rb_next(node)) {
		skb = rb_to_skb(node);
		if (!after(TCP_SKB_CB(skb)->end_seq, d->snd_nxt))
			continue;
		TCP_SKB_CB(skb)->sacked |= TCPCB_LOST;
		tp->lost_out += tcp_skb_pcount(skb);
	}
	if (!tp->lost_out)
		return;
	tp->high_seq = tp->snd_nxt;
	if (icsk->icsk_ca_ops->set_state)
		icsk->icsk_ca_ops->set_state(sk, TCP_CA_Loss);
	icsk->icsk_ca_state = TCP_CA_Loss;
}

/* RTX-06, RTX-07: the timer goes on where it was. */
static void load_retransmit_count(struct sock *sk,
				  const struct chimney_tcp_state_delegated *d)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	u32 spent = d->total_rt;

	if (!tp->packets_out || !d->retransmit.count)
		return;
	if (!chimney_tcp_usec_ts(tp))
		spent /= USEC_PER_MSEC;
	icsk->icsk_retransmits = d->retransmit.count;
	tp->retrans_stamp =
		(tcp_clock_ts(chimney_tcp_usec_ts(tp)) - spent) ?: 1;
	icsk->icsk_rto = min_t(u64, (u64)icsk->icsk_rto <<
			       min_t(u32, d->retransmit.count, 16),
			       TCP_RTO_MAX);
}

/* KA-05, FW2-08; the kernel's own timers know neither. */
static void load_timers(struct sim_conn *conn,
			const struct chimney_tcp_state_delegated *d)
{
	struct sock *sk = conn->sk;

	if (sock_flag(sk, SOCK_KEEPOPEN) &&
	    d->keep_alive.timeout_delta != CHIMNEY_TIMER_OFF)
		sim_restart_keepalive(sk, d->keep_alive.timeout_delta);
	if (sk->sk_state == TCP_FIN_WAIT2 &&
	    d->retransmit.timeout_delta != CHIMNEY_TIMER_OFF)
		sim_fin_wait_start(conn, d->retransmit.timeout_delta);
}

/*
 * Copies of data that the host has acknowledged and not delivered (INIT-28) go into
 * the receive queue, where sim_load_state() finds them.
 */
int sim_copy_buffered(struct sock *sk,
		      const struct chimney_tcp_state_delegated *d)
{
	struct sk_buff *skb, *copy;

	skb_queue_walk(&d->buffered_data, skb) {
		copy = skb_copy(skb, GFP_KERNEL);
		if (!copy)
			return -ENOBUFS;
		__skb_queue_tail(&sk->sk_receive_queue, copy);
	}
	return 0;
}

/* They end at RcvNxt, or before the FIN that was received. */
static void load_buffered(struct sim_conn *conn)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sock *sk = conn->sk;
	struct sk_buff *skb;
	u32 seq = tp->rcv_nxt;

	if (skb_queue_empty(&sk->sk_receive_queue))
		return;
	seq -= !!(sk->sk_shutdown & RCV_SHUTDOWN);
	skb_queue_walk(&sk->sk_receive_queue, skb)
		seq -= skb->len;
	WRITE_ONCE(tp->copied_seq, seq);
	skb_queue_walk(&sk->sk_receive_queue, skb) {
		memset(TCP_SKB_CB(skb), 0, sizeof(struct tcp_skb_cb));
		TCP_SKB_CB(skb)->seq = seq;
		seq += skb->len;
		TCP_SKB_CB(skb)->end_seq = seq;
		TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK;
		if (!sk_rmem_schedule(sk, skb, skb->truesize))
			NET_INC_STATS(sock_net(sk),
				      LINUX_MIB_TCPMEMORYPRESSURES);
		skb_set_owner_r(skb, sk);
	}
	/* It waits for requests (INIT-67); then the end is told (TEV-03). */
	conn->refused = true;
	conn->disconnected = false;
}

int sim_load_state(struct sim_conn *conn, struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;
	struct inet_connection_sock *icsk = inet_csk(conn->sk);
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sock *sk = conn->sk;
	u32 mtu = conn->tcp->parent->mtu;
	int err;

	load_addresses(conn, state);
	load_caps(sk, conn->sim->target.dev);
	load_options(conn, &state->constant);
	sim_load_cached(conn, &state->cached);

	icsk->icsk_ext_hdr_len = 0;
	tp->advmss = min_t(u32, mtu - icsk->icsk_af_ops->net_header_len -
			   sizeof(struct tcphdr), U16_MAX);
	icsk->icsk_sync_mss(sk, mtu);
	icsk->icsk_ack.rcv_mss = clamp_t(u32, tp->advmss, TCP_MIN_MSS,
					 TCP_MSS_DEFAULT);

	sk->sk_state = chimney_tcp_state_to_linux(state->delegated.state);
	sk->sk_shutdown = 0;
	if ((1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_CLOSING |
				   TCPF_LAST_ACK)) {
		sk->sk_shutdown |= RCV_SHUTDOWN;
		conn->disconnected = true;
	}
	if ((1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
				   TCPF_CLOSING | TCPF_LAST_ACK))
		sk->sk_shutdown |= SEND_SHUTDOWN;
	chimney_tcp_set_clock(sk, &conn->sim->engine.clock);
	chimney_tcp_set_delegated(sk, &state->delegated);
	load_parameters(conn, &state->delegated);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	load_window(conn, state);
	if (icsk->icsk_ca_ops->init)
		icsk->icsk_ca_ops->init(sk);
	icsk->icsk_ca_initialized = 1;

	err = sim_load_send_data(conn, &block->send_queue,
				 &state->delegated);
	if (err)
		return err;
	load_buffered(conn);
	/* The host has buffers for that; it is told when it grows. */
	conn->backlog = sim_send_backlog(conn);
	conn->sent_end = tp->snd_nxt;
	conn->loaded_in = tp->segs_in;
	conn->loaded_out = tp->segs_out;
	conn->proof = tp->rcv_nxt + tp->rcv_wnd;
	load_retransmissions(sk, &state->delegated);
	load_retransmit_count(sk, &state->delegated);
	chimney_tcp_start_timers(sk, &state->delegated);
	load_timers(conn, &state->delegated);
	return 0;
}
