// SPDX-License-Identifier: GPL-2.0-only
/* Neighbors and paths: what connections share on their way to the wire. */
#include <linux/jhash.h>
#include <linux/slab.h>
#include <net/arp.h>
#include <net/ndisc.h>
#include <net/neighbour.h>

#include "conn.h"

static atomic64_t object_id;

/* An identifier for userspace, never 0. */
static u64 next_id(void)
{
	return atomic64_inc_return(&object_id);
}

static u32 addr_hash(const struct in6_addr *addr, u32 seed)
{
	return jhash2((__force const u32 *)addr->s6_addr32,
		      ARRAY_SIZE(addr->s6_addr32), seed);
}

static void neighbor_release(struct kref *refs)
{
	struct chimney_neighbor *neighbor =
		container_of(refs, struct chimney_neighbor, refs);

	chimney_host_binding_put(neighbor->binding);
	kfree(neighbor);
}

void chimney_neighbor_put(struct chimney_neighbor *neighbor)
{
	kref_put(&neighbor->refs, neighbor_release);
}

static struct chimney_neighbor *
neighbor_new(struct chimney_host_binding *hb, const struct chimney_route *route)
{
	struct chimney_neighbor *neighbor;

	neighbor = kzalloc(sizeof(*neighbor), GFP_KERNEL | __GFP_NOFAIL);
	kref_init(&neighbor->refs);
	neighbor->id = next_id();
	neighbor->family = route->family;
	neighbor->addr = route->gateway;
	neighbor->ifindex = route->ifindex;
	neighbor->vlan = route->vlan;
	ether_addr_copy(neighbor->smac, route->smac);
	ether_addr_copy(neighbor->mac, route->mac);
	INIT_LIST_HEAD(&neighbor->paths);
	INIT_DELAYED_WORK(&neighbor->doubt, chimney_doubt_work);
	neighbor->binding = hb;
	kref_get(&hb->refs);
	list_add_tail(&neighbor->list, &hb->neighbors);
	hash_add(hb->neighbor_table, &neighbor->by_addr,
		 addr_hash(&neighbor->addr, 0));
	return neighbor;
}

/* Does a route lead to it? */
bool chimney_neighbor_is(const struct chimney_neighbor *neighbor,
			 const struct chimney_route *route)
{
	return neighbor->ifindex == route->ifindex &&
	       neighbor->family == route->family &&
	       ipv6_addr_equal(&neighbor->addr, &route->gateway) &&
	       ether_addr_equal(neighbor->smac, route->smac);
}

/* The neighbor a route leads to, made when first asked for. */
struct chimney_neighbor *
chimney_neighbor_find(struct chimney_host_binding *hb,
		      const struct chimney_route *route)
{
	struct chimney_neighbor *neighbor;

	lockdep_assert_held(&hb->lock);
	hash_for_each_possible(hb->neighbor_table, neighbor, by_addr,
			       addr_hash(&route->gateway, 0))
		if (chimney_neighbor_is(neighbor, route))
			return neighbor;
	return neighbor_new(hb, route);
}

/* It is of no use any more, be it lost or at home (TERM-66). */
void chimney_neighbor_remove(struct chimney_neighbor *neighbor)
{
	lockdep_assert_held(&neighbor->binding->lock);
	list_del_init(&neighbor->list);
	hash_del(&neighbor->by_addr);
	if (cancel_delayed_work(&neighbor->doubt))
		chimney_neighbor_put(neighbor);
	chimney_neighbor_put(neighbor);
}

/* The host's own entry, for neigh_release(), or NULL. */
struct neighbour *chimney_neighbor_entry(const struct chimney_neighbor *neighbor)
{
	struct net *net = dev_net(neighbor->binding->dev);
	struct neighbour *entry = NULL;
	struct net_device *dev;

	rcu_read_lock();
	dev = dev_get_by_index_rcu(net, neighbor->ifindex);
	if (dev)
		entry = neigh_lookup(neighbor->family == AF_INET6 ? &nd_tbl :
								     &arp_tbl,
				     &neighbor->addr, dev);
	rcu_read_unlock();
	return entry;
}

/*
 * Ticks since the host last confirmed that a neighbor is reachable, at least 1;
 * 0 if it cannot tell (EVT-11).
 */
u32 chimney_neighbor_delta(const struct chimney_neighbor *neighbor)
{
	struct neighbour *entry = chimney_neighbor_entry(neighbor);
	u8 state;
	u32 delta = 0;

	if (!entry)
		return 0;
	state = READ_ONCE(entry->nud_state);
	if (state & (NUD_PERMANENT | NUD_NOARP))
		delta = 1;
	else if (state & NUD_REACHABLE)
		delta = clamp_t(u64, (u64)(jiffies - entry->confirmed) *
				(USEC_PER_SEC / HZ), 1, S32_MAX);
	neigh_release(entry);
	return delta;
}

static void path_release(struct kref *refs)
{
	kfree(container_of(refs, struct chimney_path, refs));
}

void chimney_path_put(struct chimney_path *path)
{
	kref_put(&path->refs, path_release);
}

static u32 path_hash(const struct chimney_conn *conn)
{
	return addr_hash(&conn->key.dst, addr_hash(&conn->key.src, 0));
}

static struct chimney_path *path_new(struct chimney_neighbor *neighbor,
				     const struct chimney_conn *conn)
{
	struct chimney_path *path;

	path = kzalloc(sizeof(*path), GFP_KERNEL | __GFP_NOFAIL);
	kref_init(&path->refs);
	path->id = next_id();
	path->neighbor = neighbor;
	path->family = conn->key.family;
	path->src = conn->key.src;
	path->dst = conn->key.dst;
	path->mtu = conn->route.mtu;
	list_add_tail(&path->list, &neighbor->paths);
	hash_add(neighbor->binding->path_table, &path->by_addr,
		 path_hash(conn));
	return path;
}

static bool path_is(const struct chimney_path *path,
		    const struct chimney_conn *conn)
{
	return path->family == conn->key.family &&
	       ipv6_addr_equal(&path->src, &conn->key.src) &&
	       ipv6_addr_equal(&path->dst, &conn->key.dst) &&
	       chimney_neighbor_is(path->neighbor, &conn->route);
}

/* Not inlined: connections often come in a row. */
static noinline struct chimney_path *
path_look_up(struct chimney_host_binding *hb, const struct chimney_conn *conn)
{
	struct chimney_path *path;

	hash_for_each_possible(hb->path_table, path, by_addr, path_hash(conn))
		if (path_is(path, conn))
			return path;
	return path_new(chimney_neighbor_find(hb, &conn->route), conn);
}

/*
 * The path of a connection by its route, made when first asked for. @before is one of
 * the same look-up that has its path, or NULL.
 */
struct chimney_path *chimney_path_find(struct chimney_host_binding *hb,
				       const struct chimney_conn *conn,
				       const struct chimney_conn *before)
{
	if (before && before->route.serial == conn->route.serial &&
	    ipv6_addr_equal(&before->key.src, &conn->key.src))
		return before->path;
	return path_look_up(hb, conn);
}

/* It is of no use any more, be it lost or at home (TERM-66). */
void chimney_path_remove(struct chimney_path *path)
{
	list_del_init(&path->list);
	hash_del(&path->by_addr);
	chimney_path_put(path);
}
