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

static void make_tuple(const struct sock *sk, struct nf_conntrack_tuple *tuple)
{
	struct chimney_tuple addresses;

	chimney_socket_tuple(sk, &addresses);
	memset(tuple, 0, sizeof(*tuple));
	tuple->src.l3num = addresses.family;
	tuple->src.u3.in6 = addresses.src;
	tuple->src.u.tcp.port = addresses.sport;
	tuple->dst.u3.in6 = addresses.dst;
	tuple->dst.u.tcp.port = addresses.dport;
	tuple->dst.protonum = IPPROTO_TCP;
	tuple->dst.dir = IP_CT_DIR_ORIGINAL;
}

/* conntrack is there. */
static struct nf_conn *find_by_tuple(const struct sock *sk)
{
	struct nf_conntrack_zone zone = {
		.id = NF_CT_DEFAULT_ZONE_ID,
		.dir = NF_CT_DEFAULT_ZONE_DIR,
	};
	typeof(nf_conntrack_find_get) *find;
	struct nf_conntrack_tuple_hash *hash;
	struct nf_conntrack_tuple tuple;

	find = symbol_get(nf_conntrack_find_get);
	if (!find)
		return NULL;
	make_tuple(sk, &tuple);
	hash = find(sock_net(sk), &zone, &tuple);
	symbol_put(nf_conntrack_find_get);
	return hash ? nf_ct_tuplehash_to_ctrack(hash) : NULL;
}

/* The entry of a socket's connection, held, or NULL. */
static struct nf_conn *find_entry(const struct sock *sk)
{
	return rcu_access_pointer(nf_ct_hook) ? find_by_tuple(sk) : NULL;
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
	struct nf_conn *ct = find_entry(sk);
	bool translated;

	if (!ct)
		return false;
	translated = READ_ONCE(ct->status) & IPS_NAT_MASK;
	put_entry(ct);
	return translated;
}

/**
 * chimney_conntrack_leave() - a connection is about to be offloaded
 * @sk: its parked socket
 *
 * Its entry stays until chimney_conntrack_return(), and accepts segments
 * whatever their sequence numbers are.
 *
 * Context: process.
 */
void chimney_conntrack_leave(const struct sock *sk)
{
	struct nf_conn *ct = find_entry(sk);
	int dir;

	if (!ct)
		return;
	set_bit(IPS_OFFLOAD_BIT, &ct->status);
	spin_lock_bh(&ct->lock);
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		ct->proto.tcp.seen[dir].flags |= IP_CT_TCP_FLAG_BE_LIBERAL;
	spin_unlock_bh(&ct->lock);
	put_entry(ct);
}

/**
 * chimney_conntrack_return() - a connection comes home, is lost, or never left
 * @sk: its parked socket
 *
 * Conntrack goes on accepting its segments: what it could be told of sequence
 * numbers and windows is older than segments that have passed it on their way
 * to the socket.
 *
 * Context: process.
 */
void chimney_conntrack_return(const struct sock *sk)
{
	struct nf_conn *ct = find_entry(sk);
	int dir;

	if (!ct)
		return;
	spin_lock_bh(&ct->lock);
	/* What it would compare a RST with. */
	for (dir = 0; dir < IP_CT_DIR_MAX; dir++)
		ct->proto.tcp.seen[dir].flags &= ~IP_CT_TCP_FLAG_MAXACK_SET;
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

void chimney_conntrack_return(const struct sock *sk)
{
}

#endif
