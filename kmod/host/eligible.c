// SPDX-License-Identifier: GPL-2.0-only
/* Which connections can be offloaded, and where they lead. */
#include <net/arp.h>
#include <net/inet_sock.h>
#include <net/ip.h>
#include <net/neighbour.h>
#include <net/route.h>
#include <net/tcp.h>
#include <net/xfrm.h>

#include "conn.h"

static bool has_signature(const struct sock *sk)
{
#ifdef CONFIG_TCP_MD5SIG
	if (rcu_access_pointer(tcp_sk(sk)->md5sig_info))
		return true;
#endif
#ifdef CONFIG_TCP_AO
	if (rcu_access_pointer(tcp_sk(sk)->ao_info))
		return true;
#endif
	return false;
}

static bool has_ip_options(const struct sock *sk)
{
	const struct ip_options_rcu *opt;

	opt = rcu_access_pointer(inet_sk(sk)->inet_opt);
	return opt;
}

static bool has_fastopen(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->fastopen_req || rcu_access_pointer(tp->fastopen_rsk);
}

/* Policies of the socket; chimney_route_lookup() sees those of the path. */
static bool has_xfrm(const struct sock *sk)
{
#ifdef CONFIG_XFRM
	return rcu_access_pointer(sk->sk_policy[0]) ||
	       rcu_access_pointer(sk->sk_policy[1]);
#else
	return false;
#endif
}

static bool state_allowed(const struct sock *sk)
{
	/* INIT-03 */
	return (1 << sk->sk_state) &
	       (TCPF_ESTABLISHED | TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
		TCPF_CLOSE_WAIT | TCPF_CLOSING | TCPF_LAST_ACK);
}

/**
 * chimney_eligible() - may this socket be offloaded as it is now?
 * @sk: an AF_INET or AF_INET6 stream socket
 *
 * Context: the socket's lock is held.
 * Return: CHIMNEY_REASON_NONE or the reason against it.
 */
enum chimney_reason chimney_eligible(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	sock_owned_by_me(sk);
	if (chimney_is_parked(sk))
		return CHIMNEY_REASON_ALREADY_OFFLOADED;
	if (sk->sk_family != AF_INET)
		return CHIMNEY_REASON_FAMILY;
	if (!state_allowed(sk))
		return CHIMNEY_REASON_TCP_STATE;
	if (sock_flag(sk, SOCK_DEAD))
		return CHIMNEY_REASON_ORPHAN;
	if (inet_csk_has_ulp(sk))
		return CHIMNEY_REASON_ULP;
	if (sk_is_mptcp(sk))
		return CHIMNEY_REASON_MPTCP;
	if (sk->sk_user_data || sk->sk_prot != &tcp_prot)
		return CHIMNEY_REASON_SOCKMAP;
	if (has_signature(sk))
		return CHIMNEY_REASON_SIGNATURE;
	if (tp->repair)
		return CHIMNEY_REASON_REPAIR;
	if (has_ip_options(sk))
		return CHIMNEY_REASON_IP_OPTIONS;
	if (has_fastopen(sk))
		return CHIMNEY_REASON_FASTOPEN;
	if (has_xfrm(sk))
		return CHIMNEY_REASON_XFRM;
	if (tp->urg_data || tp->snd_up != tp->snd_una)
		return CHIMNEY_REASON_URGENT;
	return CHIMNEY_REASON_NONE;
}

/*
 * The route of a socket, for ip_rt_put(). A parked socket sends nothing, so
 * nobody else renews the one it has cached; ICMP messages go by that one.
 */
static struct rtable *route_of(struct sock *sk)
{
	struct inet_sock *inet = inet_sk(sk);
	struct dst_entry *dst;
	struct flowi4 fl4;
	struct rtable *rt;

	dst = sk_dst_get(sk);
	if (dst && dst_check(dst, 0))
		return container_of(dst, struct rtable, dst);
	dst_release(dst);
	rt = ip_route_output_ports(sock_net(sk), &fl4, sk, inet->inet_daddr,
				   inet->inet_saddr, inet->inet_dport,
				   inet->inet_sport, sk->sk_protocol,
				   ip_sock_rt_tos(sk), sk->sk_bound_dev_if);
	if (!IS_ERR(rt) && chimney_is_parked(sk)) {
		dst_hold(&rt->dst);
		sk_dst_set(sk, &rt->dst);
	}
	return rt;
}

/* The gateway is filled in even if its link-layer address is not known. */
static enum chimney_reason neighbor_of(struct rtable *rt, __be32 daddr,
				       struct chimney_route *route)
{
	enum chimney_reason reason = CHIMNEY_REASON_NONE;
	struct neighbour *neigh;

	neigh = dst_neigh_lookup(&rt->dst, &daddr);
	if (IS_ERR_OR_NULL(neigh))
		return CHIMNEY_REASON_NO_NEIGHBOR;
	read_lock_bh(&neigh->lock);
	if (!(neigh->nud_state & NUD_VALID) ||
	    neigh->dev->addr_len != ETH_ALEN)
		reason = CHIMNEY_REASON_NO_NEIGHBOR;
	else
		ether_addr_copy(route->mac, neigh->ha);
	read_unlock_bh(&neigh->lock);
	memset(&route->gateway, 0, sizeof(route->gateway));
	memcpy(&route->gateway, neigh->primary_key, neigh->tbl->key_len);
	route->family = AF_INET;
	neigh_release(neigh);
	return reason;
}

/**
 * chimney_route_lookup() - where does a connection lead?
 * @sk: a socket over IPv4
 * @route: filled in; route->binding is held on success
 *
 * Context: process context, may sleep.
 * Return: CHIMNEY_REASON_NONE or why it leads to no target. With
 * CHIMNEY_REASON_NO_NEIGHBOR the gateway is set all the same.
 */
enum chimney_reason chimney_route_lookup(struct sock *sk,
					 struct chimney_route *route)
{
	enum chimney_reason reason;
	struct rtable *rt;

	rt = route_of(sk);
	if (IS_ERR_OR_NULL(rt))
		return CHIMNEY_REASON_NO_ROUTE;
	if (dst_xfrm(&rt->dst)) {
		reason = CHIMNEY_REASON_XFRM;
		goto out;
	}
	route->binding = chimney_host_binding_get(rt->dst.dev);
	if (!route->binding) {
		reason = CHIMNEY_REASON_NO_TARGET;
		goto out;
	}
	route->mtu = dst_mtu(&rt->dst);
	reason = neighbor_of(rt, inet_sk(sk)->inet_daddr, route);
	if (reason)
		chimney_host_binding_put(route->binding);
out:
	ip_rt_put(rt);
	return reason;
}

/**
 * chimney_target_lookup() - which target may a connection be offloaded to?
 * @sk: a socket over IPv4
 * @route: filled in; route->binding is held on success
 *
 * Context: process context, may sleep.
 * Return: CHIMNEY_REASON_NONE or why it cannot be offloaded now.
 */
enum chimney_reason chimney_target_lookup(struct sock *sk,
					  struct chimney_route *route)
{
	enum chimney_reason reason;

	reason = chimney_route_lookup(sk, route);
	if (reason)
		return reason;
	if (!chimney_host_open(route->binding))
		reason = CHIMNEY_REASON_TARGET_PAUSED;
	else if (!route->binding->caps.ipv4)
		reason = CHIMNEY_REASON_FAMILY;
	if (reason)
		chimney_host_binding_put(route->binding);
	return reason;
}
