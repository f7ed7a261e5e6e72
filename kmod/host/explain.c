// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dry run of an initiate: the trees as they would be sent. Sockets are only
 * read; objects made for the trees are gone before anybody else could see them.
 */
#include <linux/slab.h>
#include <linux/sock_diag.h>

#include "../core/op.h"
#include "tree.h"

/* Where a socket leads, for a connection that the hook does not know. */
static enum chimney_reason look(struct sock *sk, struct chimney_lookup *lookup,
				struct chimney_conns *spare,
				struct list_head *conns)
{
	enum chimney_reason reason;
	struct chimney_conn *conn;

	reason = chimney_target_lookup(sk, lookup);
	if (reason)
		return reason;
	conn = chimney_conn_find(sk);
	if (conn) {
		chimney_conn_put(conn);
		return CHIMNEY_REASON_BUSY;
	}
	conn = chimney_conn_alloc(sk, &lookup->route, spare);
	if (!conn)
		return CHIMNEY_REASON_MEMORY;
	list_add_tail(&conn->list, conns);
	return CHIMNEY_REASON_NONE;
}

/* What chimney_park() would send. */
static enum chimney_reason read_state(struct sock *sk,
				      struct chimney_tree_conn *tc)
{
	struct chimney_tcp_clock clock = {};
	enum chimney_reason reason;

	lock_sock(sk);
	reason = chimney_eligible(sk);
	if (!reason) {
		chimney_snapshot_const(sk, &tc->state.constant);
		chimney_snapshot_cached(sk, &tc->state.cached);
		chimney_tcp_set_clock(sk, &clock);
		chimney_tcp_get_delegated(sk, &tc->state.delegated);
		tc->state.delegated.receive_backlog_size = 0;
		tc->send_bytes = chimney_unacked_bytes(sk);
	}
	release_sock(sk);
	return reason;
}

/* The core does this for a tree that is sent. */
static void set_roles(struct chimney_tree *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree->root)
		block->role = block->state ? CHIMNEY_ROLE_NEW :
					     CHIMNEY_ROLE_LINKER;
}

/* Objects that were made for the tree. */
static void remove_new(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;

	list_for_each_entry_reverse(node, &tree->nodes, list) {
		if (node->block.role != CHIMNEY_ROLE_NEW)
			continue;
		if (node->path)
			chimney_path_remove(node->path);
		else
			chimney_neighbor_remove(node->neighbor);
	}
}

static void explain_tree(struct chimney_host_binding *hb,
			 struct list_head *conns, unsigned int count,
			 struct chimney_op *op)
{
	const struct chimney_conn *before = NULL;
	struct chimney_tree *tree;
	struct chimney_conn *conn;

	tree = chimney_tree_new(CHIMNEY_OP_KIND_INITIATE, CHIMNEY_ALL_LAYERS,
				count);
	list_for_each_entry(conn, conns, list) {
		struct chimney_tree_conn *tc = chimney_tree_next(tree, conn);
		enum chimney_reason reason = read_state(conn->sk, tc);

		if (reason) {
			chimney_refuse_conn(op, conn->sk, reason);
			chimney_tree_drop(tree);
			continue;
		}
		conn->path = chimney_path_find(hb, conn, before);
		chimney_tree_add(tree, tc, conn->path);
		before = conn;
	}
	chimney_tree_seal(tree);
	if (tree->root) {
		set_roles(tree);
		chimney_tree_record(tree, op, hb->dev->ifindex);
		remove_new(tree);
	}
	chimney_tree_put(tree);
}

static void refuse_all(struct list_head *conns, struct chimney_op *op,
		       enum chimney_reason reason)
{
	struct chimney_conn *conn;

	list_for_each_entry(conn, conns, list)
		chimney_refuse_conn(op, conn->sk, reason);
}

/* One target at a time: the connections in @conns that lead to the first's. */
static void explain_next(struct list_head *conns, struct chimney_op *op)
{
	struct chimney_host_binding *hb;
	struct chimney_conn *conn, *next;
	unsigned int count = 0;
	LIST_HEAD(batch);

	hb = list_first_entry(conns, struct chimney_conn, list)->binding;
	list_for_each_entry_safe(conn, next, conns, list) {
		if (conn->binding != hb)
			continue;
		list_move_tail(&conn->list, &batch);
		count++;
	}
	mutex_lock(&hb->lock);
	if (hb->dead)
		refuse_all(&batch, op, CHIMNEY_REASON_NO_TARGET);
	else if (!chimney_host_open(hb))
		refuse_all(&batch, op, CHIMNEY_REASON_TARGET_PAUSED);
	else
		explain_tree(hb, &batch, count, op);
	mutex_unlock(&hb->lock);
	list_for_each_entry_safe(conn, next, &batch, list) {
		list_del_init(&conn->list);
		chimney_conn_put(conn);
	}
}

/**
 * chimney_explain_sockets() - show what offloading sockets would do
 * @op: collects the results
 * @sockets: the sockets, held by the caller
 * @count: how many
 *
 * Context: process, sleeps.
 */
void chimney_explain_sockets(struct chimney_op *op, struct sock **sockets,
			     unsigned int count)
{
	struct chimney_lookup lookup = {};
	struct chimney_conns spare = {};
	enum chimney_reason reason;
	u32 cookie[2];
	LIST_HEAD(conns);
	unsigned int i;

	for (i = 0; i < count; i++) {
		/* Results tell sockets apart by their cookies. */
		sock_diag_save_cookie(sockets[i], cookie);
		reason = look(sockets[i], &lookup, &spare, &conns);
		if (reason)
			chimney_refuse_conn(op, sockets[i], reason);
		cond_resched();
	}
	chimney_lookup_end(&lookup);
	chimney_pool_give(spare.first);
	while (!list_empty(&conns))
		explain_next(&conns, op);
}
