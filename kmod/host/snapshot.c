// SPDX-License-Identifier: GPL-2.0-only
/* What the host reads from a socket for the target. */
#include <linux/if_vlan.h>
#include <net/inet_ecn.h>
#include <net/ipv6.h>

#include "conn.h"

/**
 * chimney_snapshot_const() - read the const variables of a socket
 * @sk: the socket
 * @c: filled in, but for its header
 *
 * Context: the socket's lock is held.
 */
void chimney_snapshot_const(struct sock *sk, struct chimney_tcp_state_const *c)
{
	const struct tcp_options_received *opt = &tcp_sk(sk)->rx_opt;
	struct tcp_sock *tp = tcp_sk(sk);

	*c = (struct chimney_tcp_state_const){};
	if (opt->tstamp_ok)
		c->flags |= CHIMNEY_TCP_TIMESTAMPS;
	if (tcp_is_sack(tp))
		c->flags |= CHIMNEY_TCP_SACK;
	if (opt->wscale_ok)
		c->flags |= CHIMNEY_TCP_WINDOW_SCALING;
	if (chimney_tcp_usec_ts(tp))
		c->flags |= CHIMNEY_TCP_USEC_TIMESTAMPS;
	if (tp->ecn_flags & TCP_ECN_OK)
		c->flags |= CHIMNEY_TCP_ECN;
	c->remote_port = inet_sk(sk)->inet_dport;
	c->local_port = inet_sk(sk)->inet_sport;
	c->snd_wind_scale = opt->snd_wscale;
	c->rcv_wind_scale = opt->rcv_wscale;
	c->remote_mss = opt->mss_clamp;
	memcpy(c->congestion_control, inet_csk(sk)->icsk_ca_ops->name,
	       sizeof(c->congestion_control));
}

static u32 ticks(unsigned long jiffies_value)
{
	return min_t(u64, (u64)jiffies_value * (USEC_PER_SEC / HZ),
		     S32_MAX);
}

static struct dst_entry *route(const struct sock *sk)
{
	return rcu_dereference_check(sk->sk_dst_cache,
				     lockdep_sock_is_held(sk));
}

static void get_ipv4_header(const struct sock *sk,
			    struct chimney_tcp_state_cached *c)
{
	int ttl = READ_ONCE(inet_sk(sk)->uc_ttl);

	c->ttl_or_hop_limit = ttl >= 0 ? ttl :
		READ_ONCE(sock_net(sk)->ipv4.sysctl_ip_default_ttl);
	c->tos_or_traffic_class = inet_sk(sk)->tos;
}

static u8 route_hop_limit(const struct sock *sk)
{
	struct dst_entry *dst = route(sk);

	return dst ? ip6_dst_hoplimit(dst) :
		     sock_net(sk)->ipv6.devconf_all->hop_limit;
}

static bool makes_up_labels(const struct sock *sk)
{
	switch (sock_net(sk)->ipv6.sysctl.auto_flowlabels) {
	case IP6_AUTO_FLOW_LABEL_OFF:
		return false;
	case IP6_AUTO_FLOW_LABEL_FORCED:
		return true;
	default:
		return chimney_ip6_autoflowlabel(sk);
	}
}

/* What ip6_make_flowlabel() makes of a segment of the socket. */
static u32 flow_label(const struct sock *sk)
{
	__be32 label = inet6_sk(sk)->flow_label & IPV6_FLOWLABEL_MASK;

	if (label || !makes_up_labels(sk))
		return ntohl(label);
	label = (__force __be32)rol32(sk->sk_txhash, 16) & IPV6_FLOWLABEL_MASK;
	if (sock_net(sk)->ipv6.sysctl.flowlabel_state_ranges)
		label |= IPV6_FLOWLABEL_STATELESS_FLAG;
	return ntohl(label);
}

static void get_ipv6_header(const struct sock *sk,
			    struct chimney_tcp_state_cached *c)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);
	int limit = np->hop_limit;

	c->ttl_or_hop_limit = limit >= 0 ? limit : route_hop_limit(sk);
	c->tos_or_traffic_class = np->tclass;
	c->flow_label = flow_label(sk);
}

/* What a VLAN device puts into its tags; on others frames have none. */
static u32 user_priority(const struct sock *sk)
{
	struct dst_entry *dst = route(sk);
	u32 mask = 0;

	if (dst && is_vlan_dev(dst->dev))
		mask = vlan_dev_get_egress_qos_mask(dst->dev,
						    READ_ONCE(sk->sk_priority));
	return mask >> VLAN_PRIO_SHIFT;
}

/**
 * chimney_snapshot_cached() - read the cached variables of a socket
 * @sk: the socket
 * @c: filled in, but for its header
 *
 * Context: the socket's lock is held, or under RCU: then some may be of before a
 * change.
 */
void chimney_snapshot_cached(const struct sock *sk,
			     struct chimney_tcp_state_cached *c)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	*c = (struct chimney_tcp_state_cached){};
	if (sock_flag(sk, SOCK_KEEPOPEN))
		c->flags |= CHIMNEY_TCP_KEEP_ALIVE;
	if (!(tp->nonagle & TCP_NAGLE_OFF))
		c->flags |= CHIMNEY_TCP_NAGLE;
	if (sk->sk_userlocks & SOCK_RCVBUF_LOCK)
		c->flags |= CHIMNEY_TCP_FIXED_RCV_WND;
	c->initial_rcv_wnd = min_t(u32, tp->window_clamp, tcp_full_space(sk));
	c->rcv_indication_size = 0;
	c->ka_probe_count = keepalive_probes(tp);
	c->ka_timeout = ticks(keepalive_time_when(tp));
	c->ka_interval = ticks(keepalive_intvl_when(tp));
	c->max_rt = min_t(u64, (u64)inet_csk(sk)->icsk_user_timeout *
			  USEC_PER_MSEC, U32_MAX);
	if (chimney_ip_family(sk) == AF_INET6)
		get_ipv6_header(sk, c);
	else
		get_ipv4_header(sk, c);
	c->user_priority = user_priority(sk);
	c->queue_priority = READ_ONCE(sk->sk_priority);
}

/**
 * chimney_cached_changed() - has the host changed what the target has a copy of?
 * @conn: an offloaded connection
 * @now: filled in with the cached variables as they are to be
 *
 * The receive buffer counts if the application has set it: one that Linux sizes
 * grows with the stream, and so does the window that the target sizes.
 *
 * Context: any; without the socket's lock some may be of before a change.
 * Return: true if an update is due (CLS-04).
 */
bool chimney_cached_changed(const struct chimney_conn *conn,
			    struct chimney_tcp_state_cached *now)
{
	rcu_read_lock();
	chimney_snapshot_cached(conn->sk, now);
	rcu_read_unlock();
	if (!(now->flags & CHIMNEY_TCP_FIXED_RCV_WND))
		now->initial_rcv_wnd = conn->cached.initial_rcv_wnd;
	return memcmp(&conn->cached, now, sizeof(*now));
}

/**
 * chimney_unacked_bytes() - send data of a socket, sent or not
 * @sk: the socket
 *
 * Context: the socket's lock is held.
 * Return: what the peer has not acknowledged, a FIN not counted.
 */
u64 chimney_unacked_bytes(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->write_seq - tp->snd_una - chimney_fin_pending(sk);
}
