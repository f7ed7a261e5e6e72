// SPDX-License-Identifier: GPL-2.0-only
/* Taking connections back. No grace period is needed on the way home. */
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

/* Does a path stay that is linked to it? */
static bool is_used(const struct chimney_neighbor *neighbor)
{
	const struct chimney_path *path;

	list_for_each_entry(path, &neighbor->paths, list)
		if (path->count || !path->node)
			return true;
	return false;
}

/*
 * A path goes with its last connection, a neighbor with its last path; others
 * only hold the tree together (TERM-05 to TERM-07).
 */
static void choose_objects(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;

	list_for_each_entry(node, &tree->nodes, list)
		if (node->path ? node->path->count : is_used(node->neighbor))
			node->block.handle = NULL;
}

/* A tree of the connections of a list, which leave it. */
static struct chimney_tree *prepare(struct list_head *conns, unsigned int count)
{
	struct chimney_conn *conn, *next;
	struct chimney_tree *tree;

	tree = chimney_tree_new(CHIMNEY_OP_KIND_TERMINATE, CHIMNEY_ALL_LAYERS,
				count);
	list_for_each_entry_safe(conn, next, conns, list) {
		INIT_LIST_HEAD(&conn->list);
		chimney_hold_stop_forward(conn);
		chimney_pump_stop(conn);
		chimney_tree_next(tree, conn);
	}
	return tree;
}

static void seal(struct chimney_tree *tree)
{
	choose_objects(tree);
	chimney_tree_seal(tree);
}

static void upload_link(struct chimney_host_binding *hb,
			struct chimney_tree *tree)
{
	struct chimney_tree_conn *tc;

	chimney_tree_for_each_conn(tc, tree) {
		chimney_tree_add(tree, tc, tc->conn->path);
		tc->conn->path->count--;
	}
	seal(tree);
}

/**
 * chimney_conn_lose() - the target has a connection, and cannot give it back
 * @conn: the connection, in state OFFLOADING or UPLOADING
 *
 * Context: process, may sleep; the socket is not owned by the caller.
 */
void chimney_conn_lose(struct chimney_conn *conn)
{
	chimney_conntrack_return(conn->sk);
	chimney_unpark_lost(conn);
	chimney_hold_release(conn);
}

static void upload_withdraw(struct chimney_host_binding *hb,
			    struct chimney_tree *tree, struct chimney_op *op)
{
	struct chimney_tree_conn *tc;

	chimney_tree_for_each_conn(tc, tree) {
		chimney_refuse_conn(op, tc->conn->sk, CHIMNEY_REASON_CANCELLED);
		list_add_tail(&tc->conn->list, &hb->conns);
		chimney_hold_forward(tc->conn);
	}
	chimney_tree_put(tree);
}

static void finish_conn(struct chimney_tree_conn *tc,
			struct chimney_tcp_clock *clock)
{
	struct chimney_conn *conn = tc->conn;

	conn->path = NULL;
	if (tc->block.status != CHIMNEY_STATUS_SUCCESS) {
		chimney_conn_lose(conn);
		return;
	}
	chimney_conntrack_return(conn->sk);
	chimney_unpark(conn, &tc->delegated, &tc->block.send_queue, clock);
	chimney_hold_release(conn);
}

static void upload_settle(struct chimney_host_binding *hb,
			  struct chimney_tree *tree, bool answered)
{
	struct chimney_tree_node *node;

	list_for_each_entry(node, &tree->nodes, list) {
		if (!node->block.handle)
			continue;
		/* Lost or not, it is of no use any more (TERM-66). */
		if (node->path)
			chimney_path_remove(node->path);
		else
			chimney_neighbor_remove(node->neighbor);
	}
}

static void count_bytes(struct chimney_tree *tree)
{
	struct chimney_tree_conn *tc;
	struct sk_buff *skb;

	chimney_tree_for_each_conn(tc, tree) {
		skb_queue_walk(&tc->block.send_queue, skb)
			tc->send_bytes += skb->len;
		skb_queue_walk(&tc->delegated.buffered_data, skb)
			tc->receive_bytes += skb->len;
	}
}

static void upload_finish(struct chimney_host_binding *hb,
			  struct chimney_tree *tree, bool answered,
			  struct chimney_op *op)
{
	struct chimney_tcp_clock clock = {};
	struct chimney_tree_node *node;
	struct chimney_tree_conn *tc;
	bool lost = false;

	if (answered)
		count_bytes(tree);
	chimney_tree_record(tree, op, hb->dev->ifindex);
	chimney_tree_for_each_conn(tc, tree) {
		lost |= tc->block.status != CHIMNEY_STATUS_SUCCESS;
		if (answered)
			finish_conn(tc, &clock);
		else
			chimney_conn_lose(tc->conn);
	}
	list_for_each_entry(node, &tree->nodes, list)
		lost |= node->block.status != CHIMNEY_STATUS_SUCCESS;
	/* G-06: handles of lost objects stay valid. */
	if (answered && lost)
		list_add(&tree->list, &hb->lost_trees);
	else
		chimney_tree_put(tree);
}

static const struct chimney_pipeline_ops upload_ops = {
	.link = upload_link,
	.withdraw = upload_withdraw,
	.settle = upload_settle,
	.finish = upload_finish,
};

/**
 * chimney_upload_nodes() - take neighbors and paths back that nothing depends on
 * @hb: the binding, lock held
 * @tree: a tree of them, or an empty one; consumed
 *
 * Context: process context, sleeps until the target has answered.
 */
void chimney_upload_nodes(struct chimney_host_binding *hb,
			  struct chimney_tree *tree)
{
	bool answered;

	lockdep_assert_held(&hb->lock);
	if (!tree->root) {
		chimney_tree_put(tree);
		return;
	}
	seal(tree);
	answered = chimney_tree_send(hb, tree, CHIMNEY_HOST_DEADLINE_MS);
	upload_settle(hb, tree, answered);
	upload_finish(hb, tree, answered, NULL);
}

/* Move the first ones of @conns to @part, at most @max. Returns how many. */
static unsigned int cut(struct list_head *part, struct list_head *conns,
			unsigned int max)
{
	struct list_head *last = conns;
	unsigned int count = 0;

	while (count < max && !list_is_last(last, conns)) {
		last = last->next;
		count++;
	}
	list_cut_position(part, conns, last);
	return count;
}

/**
 * chimney_stay_offloaded() - leave connections where they are
 * @hb: the binding they are offloaded over, lock held
 * @conns: list of connections in state OFFLOADED; emptied
 * @op: an operation on them that was cancelled
 *
 * Context: process context, may sleep.
 */
void chimney_stay_offloaded(struct chimney_host_binding *hb,
			    struct list_head *conns, struct chimney_op *op)
{
	struct chimney_conn *conn;

	list_for_each_entry(conn, conns, list)
		chimney_refuse_conn(op, conn->sk, CHIMNEY_REASON_CANCELLED);
	list_splice_tail_init(conns, &hb->conns);
}

/**
 * chimney_upload_list() - take connections back
 * @hb: the binding they are offloaded over, lock held
 * @conns: list of connections in state OFFLOADED; emptied
 * @op: collects the results, or NULL
 *
 * In trees that net.chimney.max_tree limits, until @op is cancelled.
 *
 * Context: process context, sleeps until the target has answered.
 */
void chimney_upload_list(struct chimney_host_binding *hb,
			 struct list_head *conns, struct chimney_op *op)
{
	struct chimney_pipeline line = {
		.ops = &upload_ops,
		.hb = hb,
		.op = op,
	};
	unsigned int count;
	LIST_HEAD(part);

	lockdep_assert_held(&hb->lock);
	while (!chimney_op_is_cancelled(op) && !list_empty(conns)) {
		count = cut(&part, conns, READ_ONCE(hb->hn->max_tree));
		chimney_pipeline_add(&line, prepare(&part, count));
	}
	chimney_pipeline_end(&line);
	chimney_stay_offloaded(hb, conns, op);
}

static bool is_doomed(const struct chimney_conn *conn)
{
	return conn->doomed || conn->path->doomed ||
	       conn->path->neighbor->doomed;
}

/**
 * chimney_upload_doomed() - take back what cannot stay
 * @hb: the binding, lock held
 *
 * All connections that are marked, or depend on an object that is: what could
 * not be queried (QRY-09) or updated (UPD-26), or was invalidated (INV-08).
 *
 * Context: process context, sleeps until the target has answered.
 */
void chimney_upload_doomed(struct chimney_host_binding *hb)
{
	struct chimney_conn *conn, *next;
	LIST_HEAD(conns);

	list_for_each_entry_safe(conn, next, &hb->conns, list)
		if (is_doomed(conn))
			list_move_tail(&conn->list, &conns);
	if (!list_empty(&conns))
		chimney_upload_list(hb, &conns, NULL);
}

/**
 * chimney_upload_conn() - take one connection back
 * @conn: the connection, held by the caller
 *
 * Returns when it is home, lost, or was never away.
 *
 * Context: process context, sleeps; the socket is not owned by the caller.
 */
void chimney_upload_conn(struct chimney_conn *conn)
{
	struct chimney_host_binding *hb = conn->binding;
	LIST_HEAD(conns);

	mutex_lock(&hb->lock);
	if (conn->state == CHIMNEY_CONN_STATE_OFFLOADED) {
		list_move_tail(&conn->list, &conns);
		chimney_upload_list(hb, &conns, NULL);
	}
	mutex_unlock(&hb->lock);
}

void chimney_upload_work(struct work_struct *work)
{
	struct chimney_conn *conn = container_of(work, struct chimney_conn,
						 work);

	chimney_upload_conn(conn);
	chimney_conn_put(conn);
}

/* Take a connection back as soon as possible; any context. */
void chimney_upload_later(struct chimney_conn *conn)
{
	chimney_conn_get(conn);
	if (!queue_work(chimney_host_wq, &conn->work))
		chimney_conn_put(conn);
}
