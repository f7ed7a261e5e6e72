// SPDX-License-Identifier: GPL-2.0-only
/* Finding the sockets a selector names. */
#include <linux/slab.h>
#include <net/inet6_hashtables.h>
#include <net/inet_hashtables.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include "../core/op.h"
#include "conn.h"

/**
 * chimney_selector_match() - does a selector name a connection?
 * @selector: the selector
 * @tuple: the connection
 *
 * Context: any. Return: true if it does.
 */
bool chimney_selector_match(const struct chimney_selector *selector,
			    const struct chimney_tuple *tuple)
{
	u32 i;

	for (i = 0; i < selector->count; i++) {
		const struct chimney_tuple *t = &selector->sockets[i];

		if (t->family == tuple->family && t->sport == tuple->sport &&
		    t->dport == tuple->dport &&
		    ipv6_addr_equal(&t->src, &tuple->src) &&
		    ipv6_addr_equal(&t->dst, &tuple->dst) &&
		    (!t->cookie || t->cookie == tuple->cookie))
			return true;
	}
	if (selector->count)
		return false;
	if (selector->family && selector->family != tuple->family)
		return false;
	return (!selector->sport || selector->sport == tuple->sport) &&
	       (!selector->dport || selector->dport == tuple->dport) &&
	       (!selector->src_prefix ||
		ipv6_prefix_equal(&selector->src, &tuple->src,
				  selector->src_prefix)) &&
	       (!selector->dst_prefix ||
		ipv6_prefix_equal(&selector->dst, &tuple->dst,
				  selector->dst_prefix));
}

/**
 * struct found - a growing array of sockets
 * @sockets: held
 * @count: how many there are
 * @room: how many there may be
 * @tuple: of the one that is looked at
 */
struct found {
	struct sock **sockets;
	unsigned int count;
	unsigned int room;
	struct chimney_tuple tuple;
};

static int found_reserve(struct found *found, unsigned int room)
{
	struct sock **more;

	if (room <= found->room)
		return 0;
	more = kvmalloc_array(room, sizeof(*more), GFP_KERNEL);
	if (!more)
		return -ENOMEM;
	if (found->count)
		memcpy(more, found->sockets, found->count * sizeof(*more));
	kvfree(found->sockets);
	found->sockets = more;
	found->room = room;
	return 0;
}

static void not_found(struct chimney_op *op, const struct chimney_tuple *tuple)
{
	struct chimney_result *result = chimney_op_reserve(op);

	result->layer = CHIMNEY_LAYER_TCP;
	result->reason = CHIMNEY_REASON_GONE;
	result->tuple = *tuple;
	chimney_op_submit(op);
}

/* The socket that segments from device @ifindex are for. */
static struct sock *lookup_from(struct net *net,
				const struct chimney_tuple *tuple, int ifindex)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct sock *sk;

	if (tuple->family == AF_INET6)
		sk = __inet6_lookup_established(net, hashinfo, &tuple->dst,
						tuple->dport, &tuple->src,
						ntohs(tuple->sport), ifindex,
						0);
	else
		sk = __inet_lookup_established(net, hashinfo,
					       tuple->dst.s6_addr32[0],
					       tuple->dport,
					       tuple->src.s6_addr32[0],
					       ntohs(tuple->sport), ifindex, 0);
	if (!sk)
		return NULL;
	if (sk_fullsock(sk) &&
	    (!tuple->cookie ||
	     tuple->cookie == atomic64_read(&sk->sk_cookie)))
		return sk;
	sock_gen_put(sk);
	return NULL;
}

/* A socket that is bound to a device is found from there only. */
static struct sock *lookup_bound(struct net *net,
				 const struct chimney_tuple *tuple)
{
	struct chimney_host_binding *hb;
	struct sock *sk = NULL;
	struct net_device *dev;

	rcu_read_lock();
	for_each_netdev_rcu(net, dev) {
		hb = chimney_host_binding_get(dev);
		if (!hb)
			continue;
		chimney_host_binding_put(hb);
		sk = lookup_from(net, tuple, dev->ifindex);
		if (sk)
			break;
	}
	rcu_read_unlock();
	return sk;
}

static struct sock *lookup(struct net *net, const struct chimney_tuple *tuple)
{
	return lookup_from(net, tuple, 0) ?: lookup_bound(net, tuple);
}

static int select_named(struct net *net,
			const struct chimney_selector *selector,
			struct chimney_op *op, struct found *found)
{
	struct sock *sk;
	u32 i;

	if (found_reserve(found, selector->count))
		return -ENOMEM;
	for (i = 0; i < selector->count; i++) {
		sk = lookup(net, &selector->sockets[i]);
		if (sk)
			found->sockets[found->count++] = sk;
		else
			not_found(op, &selector->sockets[i]);
	}
	return 0;
}

/* A filter that says everything about a connection. */
static bool names_one(const struct chimney_selector *selector)
{
	unsigned int bits = selector->family == AF_INET6 ? 128 : 32;

	return selector->sport && selector->dport &&
	       selector->src_prefix == bits && selector->dst_prefix == bits;
}

static int select_one(struct net *net, const struct chimney_selector *selector,
		      struct found *found)
{
	const struct chimney_tuple tuple = {
		.family = selector->family,
		.src = selector->src,
		.dst = selector->dst,
		.sport = selector->sport,
		.dport = selector->dport,
	};
	struct sock *sk;

	if (found_reserve(found, 1))
		return -ENOMEM;
	sk = lookup(net, &tuple);
	if (sk)
		found->sockets[found->count++] = sk;
	return 0;
}

static bool is_tcp(const struct sock *sk, const struct net *net)
{
	return sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP &&
	       net_eq(sock_net(sk), net);
}

/* False if there is no room for all of a bucket; start it over with more. */
static bool select_bucket(struct net *net, struct inet_hashinfo *hashinfo,
			  unsigned int bucket,
			  const struct chimney_selector *selector,
			  struct found *found)
{
	struct inet_ehash_bucket *head = &hashinfo->ehash[bucket];
	spinlock_t *lock = inet_ehash_lockp(hashinfo, bucket);
	struct chimney_tuple *tuple = &found->tuple;
	unsigned int before = found->count;
	struct hlist_nulls_node *node;
	bool room = true;
	struct sock *sk;

	spin_lock_bh(lock);
	sk_nulls_for_each(sk, node, &head->chain) {
		if (!is_tcp(sk, net))
			continue;
		chimney_socket_tuple(sk, tuple);
		if (!chimney_selector_match(selector, tuple))
			continue;
		if (found->count == found->room) {
			room = false;
			break;
		}
		if (refcount_inc_not_zero(&sk->sk_refcnt))
			found->sockets[found->count++] = sk;
	}
	spin_unlock_bh(lock);
	if (room)
		return true;
	while (found->count > before)
		sock_put(found->sockets[--found->count]);
	return false;
}

/* The first bucket from @bucket on that is not empty; one too many at the end. */
static unsigned int next_bucket(const struct inet_hashinfo *hashinfo,
				unsigned int bucket)
{
	const struct inet_ehash_bucket *head = &hashinfo->ehash[bucket];
	const struct inet_ehash_bucket *end =
		&hashinfo->ehash[hashinfo->ehash_mask + 1];

	while (head < end && hlist_nulls_empty(&head->chain))
		head++;
	return head - hashinfo->ehash;
}

static int select_filtered(struct net *net,
			   const struct chimney_selector *selector,
			   struct found *found)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	unsigned int buckets = hashinfo->ehash_mask + 1;
	unsigned int bucket, visited = 0;

	for (bucket = next_bucket(hashinfo, 0); bucket < buckets;
	     bucket = next_bucket(hashinfo, bucket + 1)) {
		while (!select_bucket(net, hashinfo, bucket, selector, found))
			if (found_reserve(found, max(64U, found->room * 2)))
				return -ENOMEM;
		if (!(++visited % 1024))
			cond_resched();
	}
	return 0;
}

/**
 * chimney_select_sockets() - find the sockets a selector names
 * @net: network namespace
 * @selector: the selector
 * @op: gets a result for each socket that was named and does not exist
 * @sockets: set to an array for kvfree() of sockets for sock_put()
 *
 * Context: process context, sleeps.
 * Return: the number of sockets, or -ENOMEM.
 */
int chimney_select_sockets(struct net *net,
			   const struct chimney_selector *selector,
			   struct chimney_op *op, struct sock ***sockets)
{
	struct found found = {};
	int err;

	if (selector->count)
		err = select_named(net, selector, op, &found);
	else if (names_one(selector))
		err = select_one(net, selector, &found);
	else
		err = select_filtered(net, selector, &found);
	if (err) {
		while (found.count)
			sock_put(found.sockets[--found.count]);
		kvfree(found.sockets);
		return err;
	}
	*sockets = found.sockets;
	return found.count;
}
