// SPDX-License-Identifier: GPL-2.0-only
/* Taking connections back. No grace period is needed on the way home. */
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

#define DEADLINE_MS	5000

/*
 * A path goes with its last connection, a neighbor with its last path; others
 * only hold the tree together (TERM-05 to TERM-07).
 */
static void choose_objects(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;
	struct chimney_path *path;

	list_for_each_entry(node, &tree->nodes, list) {
		bool used = false;

		if (node->path) {
			used = node->path->count;
		} else {
			list_for_each_entry(path, &node->neighbor->paths, list)
				used |= path->count || !path->node;
		}
		if (used)
			node->block.handle = NULL;
	}
}

static struct chimney_tree *build(struct list_head *conns, unsigned int count)
{
	struct chimney_tree *tree = chimney_tree_new(count);
	struct chimney_conn *conn;

	list_for_each_entry(conn, conns, list) {
		struct chimney_tree_conn *tc = &tree->conns[tree->count];

		chimney_hold_stop_forward(conn);
		chimney_pump_stop(conn);
		chimney_conn_get(conn);
		tc->conn = conn;
		__skb_queue_head_init(&tc->block.send_queue);
		__skb_queue_head_init(&tc->delegated.buffered_data);
		chimney_tree_add(tree, conn->path,
				 CHIMNEY_TCP_STATE_DELEGATED, &tc->delegated);
		conn->path->count--;
	}
	return tree;
}

/* A connection the target could not give back, SUCCESS missing. */
static void lose(struct chimney_conn *conn)
{
	chimney_unpark_lost(conn);
	chimney_hold_release(conn);
}

static void finish_conn(struct chimney_tree_conn *tc)
{
	struct chimney_conn *conn = tc->conn;

	conn->path = NULL;
	if (tc->block.status != CHIMNEY_STATUS_SUCCESS) {
		lose(conn);
		return;
	}
	chimney_unpark(conn, &tc->delegated, &tc->block.send_queue);
	chimney_hold_release(conn);
}

static void finish_nodes(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;

	list_for_each_entry(node, &tree->nodes, list) {
		if (!node->block.handle)
			continue;
		/* Lost or not, it is of no use any more (TERM-66). */
		list_del(node->path ? &node->path->list :
				      &node->neighbor->list);
		node->gone = true;
	}
}

static void fail(struct chimney_tree *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree->root)
		block->status = CHIMNEY_STATUS_FAILURE;
}

static void count_bytes(struct chimney_tree *tree)
{
	struct chimney_tree_conn *tc;
	struct sk_buff *skb;

	for (tc = tree->conns; tc < tree->conns + tree->count; tc++) {
		skb_queue_walk(&tc->block.send_queue, skb)
			tc->send_bytes += skb->len;
		skb_queue_walk(&tc->delegated.buffered_data, skb)
			tc->receive_bytes += skb->len;
	}
}

/**
 * chimney_upload_tree() - send a tree and deal with what comes back
 * @hb: the binding, lock held
 * @tree: objects that are offloaded, or empty; consumed
 * @op: collects the results, or NULL
 *
 * Context: process context, sleeps until the target has answered.
 */
void chimney_upload_tree(struct chimney_host_binding *hb,
			 struct chimney_tree *tree, struct chimney_op *op)
{
	u32 deadline_ms = op ? op->deadline_ms : DEADLINE_MS;
	struct chimney_tree_conn *tc;
	bool answered = true;

	lockdep_assert_held(&hb->lock);
	if (!tree->root)
		goto put;
	choose_objects(tree);
	chimney_tree_seal(tree);
	if (chimney_terminate_offload(hb->binding, tree->root, deadline_ms))
		fail(tree);
	else
		answered = chimney_host_wait(hb);
	if (answered)
		count_bytes(tree);
	else if (op)
		op->state = CHIMNEY_OP_STATE_TIMED_OUT;
	chimney_tree_record(tree, op, hb->dev->ifindex);

	for (tc = tree->conns; tc < tree->conns + tree->count; tc++) {
		if (answered)
			finish_conn(tc);
		else
			lose(tc->conn);
	}
	finish_nodes(tree);
put:
	chimney_tree_put(tree);
}

/**
 * chimney_upload_list() - take connections back
 * @hb: the binding they are offloaded over, lock held
 * @conns: list of connections in state OFFLOADED; emptied
 * @op: collects the results, or NULL
 *
 * Context: process context, sleeps until the target has answered.
 */
void chimney_upload_list(struct chimney_host_binding *hb,
			 struct list_head *conns, struct chimney_op *op)
{
	struct chimney_conn *conn, *next;
	struct chimney_tree *tree;
	unsigned int count = 0;

	list_for_each_entry(conn, conns, list)
		count++;
	tree = build(conns, count);
	list_for_each_entry_safe(conn, next, conns, list)
		list_del_init(&conn->list);
	chimney_upload_tree(hb, tree, op);
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
