// SPDX-License-Identifier: GPL-2.0-only
/*
 * What sees the segments of a connection on the host and not in a target: IPsec,
 * netfilter, BPF. A connection that must not do without stays at home, and comes
 * home when that changes.
 */
#include <linux/bpf-cgroup.h>
#include <linux/netfilter.h>
#include <linux/tcp.h>
#include <net/xfrm.h>

#include "conn.h"

#ifdef CONFIG_XFRM
static void put_ipv4(struct sk_buff *skb, const struct chimney_tuple *tuple)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	skb->protocol = htons(ETH_P_IP);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = tuple->src.s6_addr32[0];
	iph->daddr = tuple->dst.s6_addr32[0];
}

static void put_ipv6(struct sk_buff *skb, const struct chimney_tuple *tuple)
{
	struct ipv6hdr *iph = skb_put_zero(skb, sizeof(*iph));

	skb->protocol = htons(ETH_P_IPV6);
	iph->version = 6;
	iph->nexthdr = IPPROTO_TCP;
	iph->saddr = tuple->src;
	iph->daddr = tuple->dst;
}

/* Does a policy let the headers of a segment pass as they are? */
static bool policy_satisfied(struct net *net, const struct chimney_tuple *tuple,
			     int dir)
{
	struct sk_buff *skb;
	struct tcphdr *th;
	bool satisfied;

	skb = alloc_skb(sizeof(struct ipv6hdr) + sizeof(*th), GFP_KERNEL);
	if (!skb)
		return false;
	skb->dev = net->loopback_dev;
	skb_reset_network_header(skb);
	if (tuple->family == AF_INET6)
		put_ipv6(skb, tuple);
	else
		put_ipv4(skb, tuple);
	skb_set_transport_header(skb, skb->len);
	th = skb_put_zero(skb, sizeof(*th));
	th->source = tuple->sport;
	th->dest = tuple->dport;
	th->doff = sizeof(*th) / 4;
	local_bh_disable();
	satisfied = __xfrm_policy_check(NULL, dir, skb, tuple->family);
	local_bh_enable();
	kfree_skb(skb);
	return satisfied;
}

static bool has_policies(const struct net *net, int dir)
{
	return net->xfrm.policy_count[dir] ||
	       net->xfrm.policy_default[dir] == XFRM_USERPOLICY_BLOCK;
}

/* Not inlined: its tuple is cleared, and most namespaces have no policies. */
static noinline bool policies_satisfied(const struct sock *sk)
{
	struct net *net = sock_net(sk);
	struct chimney_tuple tuple;

	chimney_socket_tuple(sk, &tuple);
	if (!policy_satisfied(net, &tuple, XFRM_POLICY_OUT))
		return false;
	swap(tuple.src, tuple.dst);
	swap(tuple.sport, tuple.dport);
	return policy_satisfied(net, &tuple, XFRM_POLICY_IN);
}

/* Is there a policy that segments as they are would not satisfy? */
static bool needs_ipsec(const struct sock *sk)
{
	const struct net *net = sock_net(sk);

	return (has_policies(net, XFRM_POLICY_IN) ||
		has_policies(net, XFRM_POLICY_OUT)) && !policies_satisfied(sk);
}
#else
static bool needs_ipsec(const struct sock *sk)
{
	return false;
}
#endif

/* Rules have something of their own to run; conntrack and its like do not. */
static bool has_rules(const struct nf_hook_entries __rcu *hook)
{
	const struct nf_hook_entries *entries = rcu_dereference(hook);
	struct nf_hook_ops **ops;
	unsigned int i;

	if (!entries)
		return false;
	ops = nf_hook_entries_get_hook_ops(entries);
	for (i = 0; i < entries->num_hook_entries; i++)
		if (ops[i]->priv)
			return true;
	return false;
}

static bool has_ruleset(const struct net *net, u16 family)
{
	bool found = false;
	int hook;

	rcu_read_lock();
	for (hook = 0; hook < NF_INET_NUMHOOKS && !found; hook++) {
		if (hook == NF_INET_FORWARD)
			continue;
		found = has_rules(family == AF_INET6 ?
				  net->nf.hooks_ipv6[hook] :
				  net->nf.hooks_ipv4[hook]);
	}
	rcu_read_unlock();
	return found;
}

static bool has_cgroup_program(struct sock *sk)
{
#ifdef CONFIG_CGROUP_BPF
	return (cgroup_bpf_enabled(CGROUP_INET_INGRESS) &&
		cgroup_bpf_sock_enabled(sk, CGROUP_INET_INGRESS)) ||
	       (cgroup_bpf_enabled(CGROUP_INET_EGRESS) &&
		cgroup_bpf_sock_enabled(sk, CGROUP_INET_EGRESS));
#else
	return false;
#endif
}

/* GTSM (RFC 5082) */
static bool has_min_ttl(const struct sock *sk)
{
	return chimney_ip_family(sk) == AF_INET6 ?
	       READ_ONCE(inet6_sk(sk)->min_hopcount) :
	       READ_ONCE(inet_sk(sk)->min_ttl);
}

/**
 * chimney_bypass_refused() - is there something that a connection must not evade?
 * @sk: the socket
 * @hn: of its namespace
 *
 * What an administrator did not call mandatory, it may evade: most hosts have
 * rules, and an offload is an explicit request. What the application has asked
 * for is never evaded: a filter of the socket, a rate, a least TTL.
 *
 * Context: process, may sleep.
 * Return: CHIMNEY_REASON_NONE, _XFRM, _FILTERED, _PACING or _MIN_TTL.
 */
enum chimney_reason chimney_bypass_refused(struct sock *sk,
					   const struct chimney_host_net *hn)
{
	const struct net *net = sock_net(sk);

	if (needs_ipsec(sk))
		return CHIMNEY_REASON_XFRM;
	if (rcu_access_pointer(sk->sk_filter))
		return CHIMNEY_REASON_FILTERED;
	if (READ_ONCE(hn->mandatory_filters) &&
	    (has_ruleset(net, chimney_ip_family(sk)) || has_cgroup_program(sk)))
		return CHIMNEY_REASON_FILTERED;
	if (READ_ONCE(sk->sk_max_pacing_rate) != ~0UL)
		return CHIMNEY_REASON_PACING;
	if (has_min_ttl(sk))
		return CHIMNEY_REASON_MIN_TTL;
	return CHIMNEY_REASON_NONE;
}
