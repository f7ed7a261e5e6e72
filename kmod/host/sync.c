// SPDX-License-Identifier: GPL-2.0-only
/*
 * The world changes while connections are offloaded, and nobody asks us to do
 * anything about it. Notifiers only say that it is time to look: the work
 * compares what is offloaded with what Linux knows now, and makes the updates,
 * relinks, invalidates and uploads that follow. So events may be lost, doubled
 * or late; the last state wins. What no notifier tells is seen within a second, if
 * there are many connections in turn.
 */
#include <linux/suspend.h>
#include <net/neighbour.h>
#include <net/netevent.h>

#include "../core/op.h"
#include "tree.h"

/* Connections that are looked at or read in one go, the others are next. */
#define REFRESH_MAX	1024

/* -------- neighbors -------- */

/* Returns whether the target must be told (UPD-11). */
static bool sync_neighbor(struct chimney_neighbor *neighbor)
{
	struct neighbour *entry = chimney_neighbor_entry(neighbor);
	u8 mac[ETH_ALEN], state;
	bool changed = false;

	if (!entry)
		return false;
	read_lock_bh(&entry->lock);
	state = entry->nud_state;
	ether_addr_copy(mac, entry->ha);
	read_unlock_bh(&entry->lock);
	if (state & NUD_FAILED) {
		neighbor->doomed = true;
	} else if ((state & NUD_VALID) && !ether_addr_equal(mac, neighbor->mac)) {
		ether_addr_copy(neighbor->mac, mac);
		changed = true;
	} else if (state & (NUD_DELAY | NUD_PROBE)) {
		chimney_reach_confirm(neighbor, entry);
	}
	neigh_release(entry);
	return changed;
}

static void sync_neighbors(struct chimney_host_binding *hb)
{
	struct chimney_neighbor *neighbor;
	struct chimney_tree *changed, *failed;

	changed = chimney_tree_new(CHIMNEY_OP_KIND_UPDATE,
				   BIT(CHIMNEY_LAYER_NEIGHBOR), 0);
	failed = chimney_tree_new(CHIMNEY_OP_KIND_INVALIDATE,
				  BIT(CHIMNEY_LAYER_NEIGHBOR), 0);
	list_for_each_entry(neighbor, &hb->neighbors, list) {
		if (sync_neighbor(neighbor))
			chimney_tree_neighbor(changed, neighbor);
		else if (neighbor->doomed)
			chimney_tree_neighbor(failed, neighbor);
	}
	chimney_tree_operate(hb, changed);
	chimney_tree_put(changed);
	/* INV-12: all its connections at once. */
	chimney_tree_operate(hb, failed);
	chimney_tree_put(failed);
}

/* -------- routes -------- */

/*
 * The first connection decides for its path (DAT-16); another that disagrees
 * cannot stay on it.
 */
static void compare(struct chimney_host_binding *hb, struct chimney_conn *conn,
		    const struct chimney_route *route)
{
	struct chimney_path *path = conn->path;

	if (!path->next)
		path->next = chimney_neighbor_find(hb, route);
	if (chimney_neighbor_is(path->next, route))
		path->next_mtu = min_not_zero(path->next_mtu, route->mtu);
	else
		conn->doomed = true;
}

static void sync_route(struct chimney_host_binding *hb,
		       struct chimney_conn *conn)
{
	struct chimney_route route = {};
	enum chimney_reason reason;

	reason = chimney_route_lookup(conn->sk, &route);
	if (reason == CHIMNEY_REASON_NO_NEIGHBOR &&
	    chimney_neighbor_is(conn->path->neighbor, &route))
		return;	/* sync_neighbor() knows what to do */
	if (reason) {
		conn->doomed = true;
		return;
	}
	if (route.binding == hb)
		compare(hb, conn, &route);
	else
		conn->doomed = true;
	chimney_host_binding_put(route.binding);
}

/* At the first @count connections, which are the last then. */
static void look_at_routes(struct chimney_host_binding *hb, unsigned int count)
{
	struct chimney_neighbor *neighbor;
	struct chimney_path *path;
	struct chimney_conn *conn;
	LIST_HEAD(seen);

	list_for_each_entry(neighbor, &hb->neighbors, list) {
		list_for_each_entry(path, &neighbor->paths, list) {
			path->next = NULL;
			path->next_mtu = 0;
		}
	}
	while (count-- && !list_empty(&hb->conns)) {
		conn = list_first_entry(&hb->conns, struct chimney_conn, list);
		sync_route(hb, conn);
		list_move_tail(&conn->list, &seen);
		cond_resched();
	}
	list_splice_tail(&seen, &hb->conns);
}

static bool moves_to(const struct chimney_path *path,
		     const struct chimney_neighbor *next)
{
	return path->next == next && path->neighbor != next;
}

/* Mark the neighbors that paths move to. */
static void mark_next(struct chimney_host_binding *hb)
{
	struct chimney_neighbor *neighbor;
	struct chimney_path *path;

	list_for_each_entry(neighbor, &hb->neighbors, list)
		neighbor->is_next = false;
	list_for_each_entry(neighbor, &hb->neighbors, list)
		list_for_each_entry(path, &neighbor->paths, list)
			if (path->next && moves_to(path, path->next))
				path->next->is_next = true;
}

/* UPD-09 */
static void offload_neighbor(struct chimney_host_binding *hb,
			     struct chimney_neighbor *neighbor)
{
	struct chimney_tree *tree;

	if (neighbor->handle.state == CHIMNEY_OBJECT_OFFLOADED ||
	    !chimney_host_open(hb))
		return;
	tree = chimney_tree_new(CHIMNEY_OP_KIND_INITIATE, CHIMNEY_ALL_LAYERS,
				0);
	chimney_tree_neighbor(tree, neighbor);
	chimney_tree_seal(tree);
	chimney_tree_send(hb, tree, CHIMNEY_HOST_DEADLINE_MS);
	chimney_tree_put(tree);
}

/* An update that links paths to the neighbor they are next to; UPD-07, UPD-08. */
static struct chimney_tree *build_relink(struct chimney_host_binding *hb,
					 struct chimney_neighbor *next)
{
	struct chimney_neighbor *old;
	struct chimney_tree *tree;
	struct chimney_path *path;

	tree = chimney_tree_new(CHIMNEY_OP_KIND_UPDATE,
				BIT(CHIMNEY_LAYER_NEIGHBOR) |
				BIT(CHIMNEY_LAYER_PATH), 0);
	list_for_each_entry(old, &hb->neighbors, list) {
		list_for_each_entry(path, &old->paths, list) {
			if (!moves_to(path, next))
				continue;
			/* @next keeps the way back. */
			swap(path->neighbor, path->next);
			path->mtu = path->next_mtu;
			chimney_tree_path(tree, path);
		}
	}
	return tree;
}

static void finish_relink(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;
	struct chimney_path *path;

	list_for_each_entry(node, &tree->nodes, list) {
		path = node->path;
		if (!path)
			continue;
		if (path->doomed || path->neighbor->doomed) {
			path->doomed = true;
			swap(path->neighbor, path->next);
		} else {
			list_move_tail(&path->list, &path->neighbor->paths);
		}
	}
}

static void doom_moving(struct chimney_host_binding *hb,
			const struct chimney_neighbor *next)
{
	struct chimney_neighbor *neighbor;
	struct chimney_path *path;

	list_for_each_entry(neighbor, &hb->neighbors, list)
		list_for_each_entry(path, &neighbor->paths, list)
			if (moves_to(path, next))
				path->doomed = true;
}

static void relink_to(struct chimney_host_binding *hb,
		      struct chimney_neighbor *next)
{
	struct chimney_tree *tree;

	offload_neighbor(hb, next);
	if (next->handle.state != CHIMNEY_OBJECT_OFFLOADED) {
		doom_moving(hb, next);
		return;
	}
	tree = build_relink(hb, next);
	chimney_tree_operate(hb, tree);
	finish_relink(tree);
	chimney_tree_put(tree);
}

/*
 * The old router is out of use (INV-13, UPD-10). It is invalidated when no path
 * is linked to it any more: earlier, all its connections would have to come home
 * (INV-06, TEV-15), which is what the relink saves them from.
 */
static void retire(struct chimney_host_binding *hb,
		   struct chimney_neighbor *neighbor)
{
	struct chimney_tree *tree;

	if (neighbor->handle.state != CHIMNEY_OBJECT_OFFLOADED) {
		chimney_neighbor_remove(neighbor);
		return;
	}
	tree = chimney_tree_new(CHIMNEY_OP_KIND_INVALIDATE,
				BIT(CHIMNEY_LAYER_NEIGHBOR), 0);
	chimney_tree_neighbor(tree, neighbor);
	chimney_tree_operate(hb, tree);
	chimney_tree_put(tree);
	tree = chimney_tree_new(CHIMNEY_OP_KIND_TERMINATE, CHIMNEY_ALL_LAYERS,
				0);
	chimney_tree_neighbor(tree, neighbor);
	chimney_upload_nodes(hb, tree);
}

static void relink(struct chimney_host_binding *hb)
{
	struct chimney_neighbor *neighbor, *next;

	mark_next(hb);
	list_for_each_entry(neighbor, &hb->neighbors, list)
		if (neighbor->is_next)
			relink_to(hb, neighbor);
	list_for_each_entry_safe(neighbor, next, &hb->neighbors, list)
		if (list_empty(&neighbor->paths))
			retire(hb, neighbor);
}

static void sync_mtu(struct chimney_host_binding *hb)
{
	struct chimney_neighbor *neighbor;
	struct chimney_tree *tree;
	struct chimney_path *path;

	tree = chimney_tree_new(CHIMNEY_OP_KIND_UPDATE, BIT(CHIMNEY_LAYER_PATH),
				0);
	list_for_each_entry(neighbor, &hb->neighbors, list) {
		list_for_each_entry(path, &neighbor->paths, list) {
			if (!path->next_mtu || path->next_mtu == path->mtu)
				continue;
			path->mtu = path->next_mtu;
			chimney_tree_path(tree, path);
		}
	}
	chimney_tree_operate(hb, tree);
	chimney_tree_put(tree);
}

static void sync_routes(struct chimney_host_binding *hb, unsigned int count)
{
	look_at_routes(hb, count);
	relink(hb);
	sync_mtu(hb);
}

/* -------- connections -------- */

/*
 * SO_PRIORITY is set without the socket's lock on some kernels. The connections
 * whose routes were looked at are the last @count.
 */
static void sync_cached(struct chimney_host_binding *hb, unsigned int count)
{
	struct chimney_tcp_state_cached now;
	struct chimney_conn *conn, *next;
	LIST_HEAD(conns);

	list_for_each_entry_safe_reverse(conn, next, &hb->conns, list) {
		if (!count--)
			break;
		if (chimney_cached_changed(conn, &now))
			list_move_tail(&conn->list, &conns);
	}
	if (!list_empty(&conns))
		chimney_operate_list(hb, &conns, CHIMNEY_OP_KIND_UPDATE,
				     BIT(CHIMNEY_LAYER_TCP), NULL);
}

/* Does another route lead somewhere than when all were looked at? */
static bool routes_changed(struct chimney_host_binding *hb)
{
	const struct net *net = dev_net(hb->dev);
	u32 now[ARRAY_SIZE(hb->route_genid)] = { rt_genid_ipv4(net) };
	bool changed;

#if IS_ENABLED(CONFIG_IPV6)
	now[1] = atomic_read(&net->ipv6.fib6_sernum);
#endif
	changed = memcmp(hb->route_genid, now, sizeof(now));
	memcpy(hb->route_genid, now, sizeof(now));
	return changed;
}

static void sync_all(struct chimney_host_binding *hb)
{
	unsigned int count = REFRESH_MAX;

	/* Both, each time. */
	if (chimney_host_take(&hb->look_at_all) | routes_changed(hb))
		count = UINT_MAX;
	sync_neighbors(hb);
	sync_routes(hb, count);
	chimney_upload_doomed(hb);
	sync_cached(hb, count);
}

void chimney_sync_work(struct work_struct *work)
{
	struct chimney_host_binding *hb =
		container_of(to_delayed_work(work), struct chimney_host_binding,
			     sync);

	mutex_lock(&hb->lock);
	if (!hb->dead)
		sync_all(hb);
	mutex_unlock(&hb->lock);
}

/* Has anything happened that its state tells more about? */
static bool is_active(struct chimney_conn *conn)
{
	u64 bytes = READ_ONCE(conn->sent_bytes) +
		    READ_ONCE(conn->received_bytes);
	bool active = READ_ONCE(conn->outstanding) || bytes != conn->refreshed;

	conn->refreshed = bytes;
	return active;
}

static void read_active(struct chimney_host_binding *hb)
{
	struct chimney_conn *conn, *next;
	unsigned int count = 0;
	LIST_HEAD(conns);

	list_for_each_entry_safe(conn, next, &hb->conns, list) {
		if (!is_active(conn)) {
			chimney_spare_expire(conn);
			continue;
		}
		list_move_tail(&conn->list, &conns);
		if (++count == REFRESH_MAX)
			break;
	}
	if (count)
		chimney_operate_list(hb, &conns, CHIMNEY_OP_KIND_QUERY,
				     BIT(CHIMNEY_LAYER_TCP), NULL);
}

void chimney_refresh_work(struct work_struct *work)
{
	struct chimney_host_binding *hb =
		container_of(to_delayed_work(work), struct chimney_host_binding,
			     refresh);

	mutex_lock(&hb->lock);
	if (!hb->dead) {
		sync_all(hb);
		read_active(hb);
		chimney_refresh_start(hb);
	}
	mutex_unlock(&hb->lock);
}

/* While there are connections; the binding's lock is held, the target lives. */
void chimney_refresh_start(struct chimney_host_binding *hb)
{
	if (!list_empty(&hb->conns))
		queue_delayed_work(chimney_host_wq, &hb->refresh, HZ);
}

/* -------- notifiers -------- */

static int sync_netevent(struct notifier_block *nb, unsigned long event,
			 void *ptr)
{
	const struct neighbour *entry = ptr;

	if (event == NETEVENT_NEIGH_UPDATE)
		chimney_sync_later(entry->dev, false);
	return NOTIFY_DONE;
}

/* What goes through a VLAN device. */
static void upload_vlan(struct chimney_host_binding *hb, int ifindex)
{
	struct chimney_neighbor *neighbor;

	list_for_each_entry(neighbor, &hb->neighbors, list)
		if (neighbor->ifindex == ifindex)
			neighbor->doomed = true;
	chimney_upload_doomed(hb);
}

/* A device that is shut may lose what it holds (PWR-01). The RTNL is held. */
static void sync_upload(struct net_device *dev)
{
	struct chimney_host_binding *hb = chimney_host_binding_get(dev);

	if (!hb)
		return;
	mutex_lock(&hb->lock);
	if (dev == hb->dev)
		chimney_upload_everything(hb);
	else
		upload_vlan(hb, dev->ifindex);
	mutex_unlock(&hb->lock);
	chimney_host_binding_put(hb);
}

static int sync_netdev(struct notifier_block *nb, unsigned long event,
		       void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);

	if (event == NETDEV_GOING_DOWN)
		sync_upload(dev);
	else if (event == NETDEV_CHANGEMTU)
		chimney_sync_later(dev, true);
	return NOTIFY_DONE;
}

static int sync_pm(struct notifier_block *nb, unsigned long event, void *ptr)
{
	switch (event) {
	case PM_SUSPEND_PREPARE:
	case PM_HIBERNATION_PREPARE:
	case PM_RESTORE_PREPARE:
		chimney_host_sleep();
		break;
	case PM_POST_SUSPEND:
	case PM_POST_HIBERNATION:
	case PM_POST_RESTORE:
		chimney_host_wake();
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block sync_netevent_nb = {
	.notifier_call = sync_netevent,
};

static struct notifier_block sync_netdev_nb = {
	.notifier_call = sync_netdev,
};

static struct notifier_block sync_pm_nb = {
	.notifier_call = sync_pm,
};

int chimney_sync_init(void)
{
	int err;

	err = register_netevent_notifier(&sync_netevent_nb);
	if (err)
		return err;
	err = register_netdevice_notifier(&sync_netdev_nb);
	if (err)
		goto err_netevent;
	err = register_pm_notifier(&sync_pm_nb);
	if (err)
		goto err_netdev;
	return 0;

err_netdev:
	unregister_netdevice_notifier(&sync_netdev_nb);
err_netevent:
	unregister_netevent_notifier(&sync_netevent_nb);
	return err;
}

void chimney_sync_exit(void)
{
	unregister_pm_notifier(&sync_pm_nb);
	unregister_netdevice_notifier(&sync_netdev_nb);
	unregister_netevent_notifier(&sync_netevent_nb);
}
