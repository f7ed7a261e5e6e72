// SPDX-License-Identifier: GPL-2.0-only
/*
 * Connections that conntrack follows. It sees nothing of them while they are
 * offloaded; without help their entries would time out, and the first segment
 * at home would be invalid, as its sequence number is far from what it knows.
 *
 * The module nf_conntrack need not be there: its look-up is found when needed.
 */
#include <linux/module.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/netfilter/nf_conntrack_core.h>
#include <net/netfilter/nf_conntrack_zones.h>

#include "conn.h"

#if IS_ENABLED(CONFIG_NF_CONNTRACK)

static void put_addresses(const struct sock *sk,
			  struct nf_conntrack_tuple *tuple)
{
#if IS_ENABLED(CONFIG_IPV6)
	if (chimney_ip_family(sk) == AF_INET6) {
		tuple->src.l3num = AF_INET6;
		tuple->src.u3.in6 = sk->sk_v6_rcv_saddr;
		tuple->dst.u3.in6 = sk->sk_v6_daddr;
		return;
	}
#endif
	tuple->src.l3num = AF_INET;
	tuple->src.u3.ip = sk->sk_rcv_saddr;
	tuple->dst.u3.ip = sk->sk_daddr;
}

static void make_tuple(const struct sock *sk, struct nf_conntrack_tuple *tuple)
{
	memset(tuple, 0, sizeof(*tuple));
	put_addresses(sk, tuple);
	tuple->src.u.tcp.port = inet_sk(sk)->inet_sport;
	tuple->dst.u.tcp.port = sk->sk_dport;
	tuple->dst.protonum = IPPROTO_TCP;
	tuple->dst.dir = IP_CT_DIR_ORIGINAL;
}

/* The entry of a socket's connection as seen from its end, held, or NULL. */
static struct nf_conntrack_tuple_hash *find_entry(const struct sock *sk)
{
	struct nf_conntrack_zone zone = {
		.id = NF_CT_DEFAULT_ZONE_ID,
		.dir = NF_CT_DEFAULT_ZONE_DIR,
	};
	typeof(nf_conntrack_find_get) *find;
	struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_tuple tuple;

	if (!rcu_access_pointer(nf_ct_hook))
		return NULL;
	find = symbol_get(nf_conntrack_find_get);
	if (!find)
		return NULL;
	make_tuple(sk, &tuple);
	hash = find(sock_net(sk), &zone, &tuple);
	symbol_put(nf_conntrack_find_get);
	return hash;
}

/* Not nf_ct_put(), which only nf_conntrack has. */
static void put_entry(struct nf_conn *ct)
{
	nf_conntrack_put(&ct->ct_general);
}

/**
 * chimney_conntrack_translated() - are addresses of a connection translated?
 * @sk: the socket
 *
 * Context: process. Return: whether NAT changes its segments on their way.
 */
bool chimney_conntrack_translated(const struct sock *sk)
{
	struct nf_conntrack_tuple_hash *hash = find_entry(sk);
	struct nf_conn *ct;
	bool translated;

	if (!hash)
		return false;
	ct = nf_ct_tuplehash_to_ctrack(hash);
	translated = READ_ONCE(ct->status) & IPS_NAT_MASK;
	put_entry(ct);
	return translated;
}

/**
 * chimney_conntrack_leave() - a connection is offloaded
 * @sk: its parked socket
 *
 * Its entry stays for as long as that lasts, and accepts the segments that
 * pass it from time to time.
 *
 * Context: process.
 */
void chimney_conntrack_leave(const struct sock *sk)
{
	struct nf_conntrack_tuple_hash *hash = find_entry(sk);
	struct nf_conn *ct;
	int dir;

	if (!hash)
		return;
	ct = nf_ct_tuplehash_to_ctrack(hash);
	set_bit(IPS_OFFLOAD_BIT, &ct->status);
	spin_lock_bh(&ct->lock);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		ct->proto.tcp.seen[dir].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
	put_entry(ct);
}

/* What conntrack would have learned from the segments. */
static void set_windows(struct ip_ct_tcp_state *local,
			struct ip_ct_tcp_state *peer,
			const struct chimney_tcp_state_delegated *d)
{
	u32 allowed = d->snd_una + d->snd_wnd;

	local->td_end = d->snd_max;
	local->td_maxend = after(allowed, d->snd_max) ? allowed : d->snd_max;
	local->td_maxwin = max_t(u32, d->rcv_wnd, 1);
	peer->td_end = d->rcv_nxt;
	peer->td_maxend = d->rcv_nxt + d->rcv_wnd;
	peer->td_maxwin = max_t(u32, d->max_snd_wnd, 1);
}

/**
 * chimney_conntrack_return() - a connection comes home
 * @sk: its parked socket
 * @d: its state; NULL if it is lost
 *
 * Context: process.
 */
void chimney_conntrack_return(const struct sock *sk,
			      const struct chimney_tcp_state_delegated *d)
{
	struct nf_conntrack_tuple_hash *hash = find_entry(sk);
	struct ip_ct_tcp_state *local, *peer;
	struct nf_conn *ct;

	if (!hash)
		return;
	ct = nf_ct_tuplehash_to_ctrack(hash);
	local = &ct->proto.tcp.seen[NF_CT_DIRECTION(hash)];
	peer = &ct->proto.tcp.seen[!NF_CT_DIRECTION(hash)];
	spin_lock_bh(&ct->lock);
	if (d)
		set_windows(local, peer, d);
	local->flags &= ~IP_CT_TCP_FLAG_BE_LIBERAL;
	peer->flags &= ~IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
	clear_bit(IPS_OFFLOAD_BIT, &ct->status);
	put_entry(ct);
}

#else

bool chimney_conntrack_translated(const struct sock *sk)
{
	return false;
}

void chimney_conntrack_leave(const struct sock *sk)
{
}

void chimney_conntrack_return(const struct sock *sk,
			      const struct chimney_tcp_state_delegated *d)
{
}

#endif
