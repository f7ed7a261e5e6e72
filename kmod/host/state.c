// SPDX-License-Identifier: GPL-2.0-only
/*
 * Query, update, invalidate: operations that leave objects where they are.
 *
 * One after the other for each target (its binding's lock), hence one update at
 * a time for each object (UPD-02), and no terminate meanwhile (TERM-03).
 */
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

/* Things the target is to start over, for what changes (2.9 of the contract). */
static u16 restarts(const struct chimney_tcp_state_cached *old,
		    const struct chimney_tcp_state_cached *new)
{
	u16 flags = 0;

	if (new->flags & ~old->flags & CHIMNEY_TCP_KEEP_ALIVE)
		flags |= CHIMNEY_TCP_KEEP_ALIVE_RESTART;
	if (new->max_rt != old->max_rt)
		flags |= CHIMNEY_TCP_MAX_RT_RESTART;
	if (new->initial_rcv_wnd != old->initial_rcv_wnd)
		flags |= CHIMNEY_TCP_UPDATE_RCV_WND;
	return flags;
}

/* What the application changes from here on is for the next update. */
static void fill_cached(struct chimney_conn *conn,
			struct chimney_tcp_state_cached *cached)
{
	struct chimney_tcp_state_cached now;

	lock_sock(conn->sk);
	chimney_cached_changed(conn, &now);
	*cached = now;
	cached->flags |= restarts(&conn->cached, &now);
	conn->cached = now;
	release_sock(conn->sk);
}

/* The neighbor and path as the host knows them now, for an update of all. */
static void renew_path(struct chimney_conn *conn)
{
	struct chimney_route route = {};

	if (chimney_route_lookup(conn->sk, &route))
		return;
	conn->path->mtu = route.mtu;
	if (chimney_neighbor_is(conn->path->neighbor, &route))
		ether_addr_copy(conn->path->neighbor->mac, route.mac);
	chimney_host_binding_put(route.binding);
}

static void add_conn(struct chimney_tree *tree, struct chimney_conn *conn)
{
	struct chimney_tree_conn *tc;

	if (tree->layers & BIT(CHIMNEY_LAYER_TCP)) {
		tc = chimney_tree_next(tree, conn);
		if (tree->kind == CHIMNEY_OP_KIND_UPDATE)
			fill_cached(conn, &tc->cached);
		chimney_tree_add(tree, tc, conn->path);
		return;
	}
	if (tree->kind == CHIMNEY_OP_KIND_UPDATE)
		renew_path(conn);
	if (tree->layers & BIT(CHIMNEY_LAYER_PATH))
		chimney_tree_path(tree, conn->path);
	else
		chimney_tree_neighbor(tree, conn->path->neighbor);
}

static struct chimney_tree *build(struct list_head *conns,
				  enum chimney_op_kind kind, u8 layers)
{
	struct chimney_tree *tree;
	struct chimney_conn *conn;
	unsigned int count = 0;

	list_for_each_entry(conn, conns, list)
		count++;
	tree = chimney_tree_new(kind, layers, count);
	list_for_each_entry(conn, conns, list)
		add_conn(tree, conn);
	chimney_tree_seal(tree);
	return tree;
}

/* Mark what cannot stay in the target. */
static void doom(struct chimney_tree *tree, bool answered)
{
	bool all = !answered || tree->kind == CHIMNEY_OP_KIND_INVALIDATE;
	struct chimney_tree_node *node;
	struct chimney_tree_conn *tc;

	chimney_tree_for_each_conn(tc, tree)
		if (all || tc->block.status != CHIMNEY_STATUS_SUCCESS)
			tc->conn->doomed = true;
	list_for_each_entry(node, &tree->nodes, list) {
		if (!node->block.handle ||
		    (!all && node->block.status == CHIMNEY_STATUS_SUCCESS))
			continue;
		if (node->path)
			node->path->doomed = true;
		else
			node->neighbor->doomed = true;
	}
}

static void read_answer(struct chimney_tree *tree)
{
	struct chimney_tree_conn *tc;

	if (tree->kind != CHIMNEY_OP_KIND_QUERY)
		return;
	chimney_tree_for_each_conn(tc, tree)
		if (tc->block.status == CHIMNEY_STATUS_SUCCESS)
			chimney_info_write(tc->conn, &tc->state.delegated);
}

static bool operate(struct chimney_host_binding *hb, struct chimney_tree *tree,
		    struct chimney_op *op)
{
	u32 deadline_ms = op ? op->deadline_ms : CHIMNEY_HOST_DEADLINE_MS;
	bool answered;

	answered = chimney_tree_send(hb, tree, deadline_ms);
	if (!answered && op)
		chimney_op_time_out(op);
	chimney_tree_record(tree, op, hb->dev->ifindex);
	if (answered)
		read_answer(tree);
	doom(tree, answered);
	return answered;
}

static void operate_layers(struct chimney_host_binding *hb,
			   struct list_head *conns, enum chimney_op_kind kind,
			   u8 layers, struct chimney_op *op)
{
	struct chimney_tree *tree;

	if (chimney_op_is_cancelled(op))
		chimney_stay_offloaded(hb, conns, op);
	if (list_empty(conns))
		return;
	tree = build(conns, kind, layers);
	operate(hb, tree, op);
	chimney_tree_put(tree);
}

/**
 * chimney_operate_list() - query, update or invalidate connections
 * @hb: the binding they are offloaded over, lock held
 * @conns: list of connections in state OFFLOADED; emptied
 * @kind: what to do
 * @layers: BIT(enum chimney_layer) of their objects it is about
 * @op: collects the results, or NULL
 *
 * An update brings the cached variables as they are now, each layer in a tree of
 * its own: in one, a dependent would be linked anew (UPD-07, UPD-08).
 * Connections that depend on an object for which it failed, or which was
 * invalidated, are home when the function returns.
 *
 * Context: process, sleeps until the target has answered.
 */
void chimney_operate_list(struct chimney_host_binding *hb,
			  struct list_head *conns, enum chimney_op_kind kind,
			  u8 layers, struct chimney_op *op)
{
	int layer;

	lockdep_assert_held(&hb->lock);
	if (kind == CHIMNEY_OP_KIND_UPDATE) {
		for (layer = CHIMNEY_LAYER_NEIGHBOR; layer <= CHIMNEY_LAYER_TCP;
		     layer++)
			if (layers & BIT(layer))
				operate_layers(hb, conns, kind, BIT(layer), op);
	} else {
		operate_layers(hb, conns, kind, layers, op);
	}
	list_splice_tail_init(conns, &hb->conns);
	chimney_upload_doomed(hb);
}

/**
 * chimney_tree_operate() - query, update or invalidate the objects of a tree
 * @hb: the binding, lock held
 * @tree: the tree, not sealed; may be empty
 *
 * What fails or is invalidated is doomed; chimney_upload_doomed() is the
 * caller's to call.
 *
 * Context: process, sleeps until the target has answered.
 * Return: whether the tree may be read.
 */
bool chimney_tree_operate(struct chimney_host_binding *hb,
			  struct chimney_tree *tree)
{
	chimney_tree_seal(tree);
	return tree->root && operate(hb, tree, NULL);
}

/**
 * chimney_neighbor_query() - ask when a target last confirmed reachability
 * @neighbor: an offloaded neighbor, its binding's lock held
 * @delta: set to the queried nic_reachability_delta
 *
 * Context: process, sleeps until the target has answered.
 * Return: whether it could tell; if not, @neighbor is doomed.
 */
bool chimney_neighbor_query(struct chimney_neighbor *neighbor, u32 *delta)
{
	struct chimney_tree_node *node;
	struct chimney_tree *tree;

	tree = chimney_tree_new(CHIMNEY_OP_KIND_QUERY,
				BIT(CHIMNEY_LAYER_NEIGHBOR), 0);
	node = chimney_tree_neighbor(tree, neighbor);
	if (chimney_tree_operate(neighbor->binding, tree))
		*delta = node->neighbor_state.delegated.nic_reachability_delta;
	chimney_tree_put(tree);
	return !neighbor->doomed;
}

/* -------- updates that nobody asked for -------- */

void chimney_update_work(struct work_struct *work)
{
	struct chimney_conn *conn = container_of(work, struct chimney_conn,
						 update);
	struct chimney_host_binding *hb = conn->binding;
	struct chimney_tcp_state_cached now;
	LIST_HEAD(conns);

	mutex_lock(&hb->lock);
	if (conn->state == CHIMNEY_CONN_STATE_OFFLOADED &&
	    chimney_cached_changed(conn, &now)) {
		list_move_tail(&conn->list, &conns);
		chimney_operate_list(hb, &conns, CHIMNEY_OP_KIND_UPDATE,
				     BIT(CHIMNEY_LAYER_TCP), NULL);
	}
	mutex_unlock(&hb->lock);
	chimney_conn_put(conn);
}

/* Tell the target that cached variables have changed (CLS-04); any context. */
void chimney_update_later(struct chimney_conn *conn)
{
	chimney_conn_get(conn);
	if (!queue_work(chimney_host_wq, &conn->update))
		chimney_conn_put(conn);
}
