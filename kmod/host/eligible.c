// SPDX-License-Identifier: GPL-2.0-only
/* Which connections can be offloaded, and where they lead. */
#include <linux/if_vlan.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <net/neighbour.h>
#include <net/tcp.h>
#include <net/transp_v6.h>
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

/* Extension headers to be sent, or the application asks what was in headers. */
static bool has_ipv6_options(const struct sock *sk)
{
	const struct ipv6_pinfo *np = inet6_sk(sk);

	return np->rxopt.all || rcu_access_pointer(np->opt);
}

static bool has_ip_options(const struct sock *sk)
{
	if (rcu_access_pointer(inet_sk(sk)->inet_opt))
		return true;
	return sk->sk_family == AF_INET6 && has_ipv6_options(sk);
}

/* Anything else is a sockmap's, or that of an upper layer protocol. */
static bool has_own_proto(const struct sock *sk)
{
	return sk->sk_prot == (sk->sk_family == AF_INET6 ? &tcpv6_prot :
							    &tcp_prot);
}

static bool has_fastopen(const struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tp->fastopen_req || rcu_access_pointer(tp->fastopen_rsk);
}

/* Policies of the socket; chimney_bypass_refused() sees those of the path. */
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

static enum chimney_reason check(struct sock *sk)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	if (chimney_is_parked(sk))
		return CHIMNEY_REASON_ALREADY_OFFLOADED;
	if (!state_allowed(sk))
		return CHIMNEY_REASON_TCP_STATE;
	if (sock_flag(sk, SOCK_DEAD))
		return CHIMNEY_REASON_ORPHAN;
	if (inet_csk_has_ulp(sk))
		return CHIMNEY_REASON_ULP;
	if (sk_is_mptcp(sk))
		return CHIMNEY_REASON_MPTCP;
	if (sk->sk_user_data || !has_own_proto(sk))
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
	if (READ_ONCE(sk->sk_tsflags) & SOF_TIMESTAMPING_TX_RECORD_MASK)
		return CHIMNEY_REASON_TX_TIMESTAMPS;
	return CHIMNEY_REASON_NONE;
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
	sock_owned_by_me(sk);
	return check(sk);
}

/* What most sockets that cannot be offloaded are not. */
static bool seems_eligible(struct sock *sk)
{
	return state_allowed(sk) && !sock_flag(sk, SOCK_DEAD) &&
	       !inet_csk_has_ulp(sk) && has_own_proto(sk) && !has_signature(sk);
}

/* The few others, and what changes meanwhile, chimney_park() finds. */
static enum chimney_reason check_unlocked(struct sock *sk)
{
	enum chimney_reason reason;
	bool slow;

	/* A wrong guess costs time: what counts is found under the lock. */
	if (data_race(seems_eligible(sk)))
		return CHIMNEY_REASON_NONE;
	slow = lock_sock_fast(sk);
	reason = chimney_eligible(sk);
	unlock_sock_fast(sk, slow);
	return reason;
}

/*
 * The route of a socket, for dst_release(), or NULL. A parked socket sends
 * nothing, so nobody else renews the one it has cached; ICMP messages go by it.
 */
static struct dst_entry *route_of(struct sock *sk)
{
	struct dst_entry *dst = NULL;
	bool slow;

	slow = lock_sock_fast(sk);
	if (!inet_csk(sk)->icsk_af_ops->rebuild_header(sk))
		dst = sk_dst_get(sk);
	unlock_sock_fast(sk, slow);
	return dst;
}

/* The gateway is filled in even if its link-layer address is not known. */
static enum chimney_reason neighbor_of(const struct sock *sk,
				       const struct dst_entry *dst,
				       struct chimney_route *route)
{
	enum chimney_reason reason = CHIMNEY_REASON_NONE;
	struct neighbour *neigh;

	if (chimney_ip_family(sk) == AF_INET6)
		neigh = dst_neigh_lookup(dst, &sk->sk_v6_daddr);
	else
		neigh = dst_neigh_lookup(dst, &inet_sk(sk)->inet_daddr);
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
	route->family = neigh->tbl->family;
	neigh_release(neigh);
	return reason;
}

/* A VLAN device on that of the target is a tag, and perhaps a MAC address. */
static void set_device(const struct net_device *dev,
		       struct chimney_route *route)
{
	const struct net_device *real = route->binding->dev;

	route->ifindex = dev->ifindex;
	if (dev == real)
		return;
	route->vlan = vlan_dev_vlan_id(dev);
	if (!ether_addr_equal(dev->dev_addr, real->dev_addr))
		ether_addr_copy(route->smac, dev->dev_addr);
}

/* Where a route leads; route->binding is held on success. */
static enum chimney_reason follow(const struct sock *sk,
				  const struct dst_entry *dst,
				  struct chimney_route *route)
{
	enum chimney_reason reason;

	if (!dst)
		return CHIMNEY_REASON_NO_ROUTE;
	route->binding = chimney_host_binding_get(dst->dev);
	if (!route->binding)
		return CHIMNEY_REASON_NO_TARGET;
	set_device(dst->dev, route);
	route->mtu = dst_mtu(dst);
	reason = neighbor_of(sk, dst, route);
	if (reason)
		chimney_host_binding_put(route->binding);
	return reason;
}

/**
 * chimney_route_lookup() - where does a connection lead?
 * @sk: its socket, not owned by the caller
 * @route: zeroed; filled in; route->binding is held on success
 *
 * Context: process context, may sleep.
 * Return: CHIMNEY_REASON_NONE or why it leads to no target. With
 * CHIMNEY_REASON_NO_NEIGHBOR the gateway is set all the same.
 */
enum chimney_reason chimney_route_lookup(struct sock *sk,
					 struct chimney_route *route)
{
	enum chimney_reason reason;
	struct dst_entry *dst;

	reason = chimney_bypass_refused(sk, chimney_host_net(sock_net(sk)));
	if (reason)
		return reason;
	dst = route_of(sk);
	reason = follow(sk, dst, route);
	dst_release(dst);
	return reason;
}

static bool takes_family(const struct chimney_caps *caps, u16 family)
{
	return family == AF_INET6 ? caps->ipv6 : caps->ipv4;
}

static struct in6_addr remote_address(const struct sock *sk)
{
	struct in6_addr addr = {};

	if (chimney_ip_family(sk) == AF_INET6)
		return sk->sk_v6_daddr;
	addr.s6_addr32[0] = inet_sk(sk)->inet_daddr;
	return addr;
}

/**
 * chimney_lookup_end() - drop what a look-up holds
 * @lookup: the look-up
 *
 * Context: any.
 */
void chimney_lookup_end(struct chimney_lookup *lookup)
{
	if (!lookup->dst)
		return;
	dst_release(lookup->dst);
	chimney_host_binding_put(lookup->route.binding);
	lookup->dst = NULL;
}

/* Many sockets have the route of the one before, and lead where that does. */
static enum chimney_reason follow_once(struct sock *sk,
				       struct chimney_lookup *lookup)
{
	struct in6_addr remote = remote_address(sk);
	enum chimney_reason reason;
	struct dst_entry *dst;

	if (lookup->dst &&
	    rcu_access_pointer(sk->sk_dst_cache) == lookup->dst &&
	    ipv6_addr_equal(&remote, &lookup->remote))
		return CHIMNEY_REASON_NONE;
	chimney_lookup_end(lookup);
	lookup->route = (struct chimney_route){
		.serial = lookup->route.serial + 1,
	};
	dst = route_of(sk);
	reason = follow(sk, dst, &lookup->route);
	if (reason) {
		dst_release(dst);
		return reason;
	}
	lookup->dst = dst;
	lookup->remote = remote;
	return CHIMNEY_REASON_NONE;
}

/**
 * chimney_target_lookup() - may a connection be offloaded now, and where to?
 * @sk: its socket, not owned by the caller
 * @lookup: zeroed before the first of many sockets of a namespace,
 *	chimney_lookup_end() after the last; lookup->route tells where @sk leads
 *
 * Context: process context, may sleep.
 * Return: CHIMNEY_REASON_NONE or why it cannot be offloaded now.
 */
enum chimney_reason chimney_target_lookup(struct sock *sk,
					  struct chimney_lookup *lookup)
{
	enum chimney_reason reason;

	if (!lookup->hn)
		lookup->hn = chimney_host_net(sock_net(sk));
	reason = check_unlocked(sk);
	if (!reason)
		reason = chimney_bypass_refused(sk, lookup->hn);
	if (!reason)
		reason = follow_once(sk, lookup);
	if (reason)
		return reason;
	if (!chimney_host_open(lookup->route.binding))
		return CHIMNEY_REASON_TARGET_PAUSED;
	if (!takes_family(&lookup->route.binding->caps, chimney_ip_family(sk)))
		return CHIMNEY_REASON_FAMILY;
	if (chimney_conntrack_translated(sk))
		return CHIMNEY_REASON_TRANSLATED;
	return CHIMNEY_REASON_NONE;
}
