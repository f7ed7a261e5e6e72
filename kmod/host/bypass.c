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
static void put_ipv4(struct sk_buff *skb, const struct sock *sk)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	skb->protocol = htons(ETH_P_IP);
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = inet_sk(sk)->inet_saddr;
	iph->daddr = inet_sk(sk)->inet_daddr;
}

#if IS_ENABLED(CONFIG_IPV6)
static void put_ipv6(struct sk_buff *skb, const struct sock *sk)
{
	struct ipv6hdr *iph = skb_put_zero(skb, sizeof(*iph));

	skb->protocol = htons(ETH_P_IPV6);
	iph->version = 6;
	iph->nexthdr = IPPROTO_TCP;
	iph->saddr = inet6_sk(sk)->saddr;
	iph->daddr = sk->sk_v6_daddr;
}
#else
static void put_ipv6(struct sk_buff *skb, const struct sock *sk)
{
}
#endif

/* The headers of a segment. */
static struct sk_buff *make_segment(const struct sock *sk)
{
	struct sk_buff *skb;
	struct tcphdr *th;

	skb = alloc_skb(sizeof(struct ipv6hdr) + sizeof(*th), GFP_KERNEL);
	if (!skb)
		return NULL;
	skb->dev = sock_net(sk)->loopback_dev;
	skb_reset_network_header(skb);
	if (chimney_ip_family(sk) == AF_INET6)
		put_ipv6(skb, sk);
	else
		put_ipv4(skb, sk);
	skb_set_transport_header(skb, skb->len);
	th = skb_put_zero(skb, sizeof(*th));
	th->source = inet_sk(sk)->inet_sport;
	th->dest = inet_sk(sk)->inet_dport;
	th->doff = sizeof(*th) / 4;
	return skb;
}

static void reverse(struct sk_buff *skb, u16 family)
{
	struct tcphdr *th = tcp_hdr(skb);

	swap(th->source, th->dest);
	if (family == AF_INET6)
		swap(ipv6_hdr(skb)->saddr, ipv6_hdr(skb)->daddr);
	else
		swap(ip_hdr(skb)->saddr, ip_hdr(skb)->daddr);
}

static bool has_policies(const struct net *net, int dir)
{
	return net->xfrm.policy_count[dir] ||
	       net->xfrm.policy_default[dir] == XFRM_USERPOLICY_BLOCK;
}

/* Is there a policy that a segment as it is would not satisfy? */
static bool needs_ipsec(const struct sock *sk)
{
	u16 family = chimney_ip_family(sk);
	const struct net *net = sock_net(sk);
	struct sk_buff *skb;
	bool needed;

	if (!has_policies(net, XFRM_POLICY_IN) &&
	    !has_policies(net, XFRM_POLICY_OUT))
		return false;
	skb = make_segment(sk);
	if (!skb)
		return true;
	local_bh_disable();
	needed = !__xfrm_policy_check(NULL, XFRM_POLICY_OUT, skb, family);
	reverse(skb, family);
	needed |= !__xfrm_policy_check(NULL, XFRM_POLICY_IN, skb, family);
	local_bh_enable();
	kfree_skb(skb);
	return needed;
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

/**
 * chimney_bypass_refused() - is there something that a connection must not evade?
 * @sk: the socket
 *
 * What an administrator did not call mandatory, it may evade: most hosts have
 * rules, and an offload is an explicit request. A filter that the application
 * has attached to the socket is never evaded.
 *
 * Context: process, may sleep.
 * Return: CHIMNEY_REASON_NONE, _XFRM or _FILTERED.
 */
enum chimney_reason chimney_bypass_refused(struct sock *sk)
{
	const struct net *net = sock_net(sk);

	if (needs_ipsec(sk))
		return CHIMNEY_REASON_XFRM;
	if (rcu_access_pointer(sk->sk_filter))
		return CHIMNEY_REASON_FILTERED;
	if (READ_ONCE(chimney_host_net(net)->mandatory_filters) &&
	    (has_ruleset(net, chimney_ip_family(sk)) || has_cgroup_program(sk)))
		return CHIMNEY_REASON_FILTERED;
	return CHIMNEY_REASON_NONE;
}
