// SPDX-License-Identifier: GPL-2.0-only
/*
 * The dry run of an initiate: the trees as they would be sent. Sockets are only
 * read; objects made for the trees are gone before anybody else could see them.
 */
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

/* Where a socket leads, for a connection that the hook does not know. */
static enum chimney_reason look(struct sock *sk, struct chimney_lookup *lookup,
				struct chimney_conn **spare,
				struct chimney_conn **result)
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
	*result = conn;
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

/* Add a connection to a tree; @before is the one added last, or NULL. */
static enum chimney_reason add(struct chimney_host_binding *hb,
			       struct chimney_tree *tree,
			       struct chimney_conn *conn,
			       const struct chimney_conn *before)
{
	struct chimney_tree_conn *tc = chimney_tree_next(tree, conn);
	enum chimney_reason reason = read_state(conn->sk, tc);

	if (reason) {
		chimney_tree_drop(tree);
		return reason;
	}
	conn->path = chimney_path_find(hb, conn, before);
	chimney_tree_add(tree, tc, conn->path);
	return CHIMNEY_REASON_NONE;
}

/*
 * One target at a time: the connections that lead to that of the first. Returns how
 * many others there are, which are the first ones in @conns then.
 */
static unsigned int explain_next(struct chimney_conn **conns,
				 unsigned int count, struct chimney_op *op)
{
	struct chimney_host_binding *hb = conns[0]->binding;
	const struct chimney_conn *before = NULL;
	enum chimney_reason refused, reason;
	unsigned int i, others = 0;
	struct chimney_tree *tree;

	kref_get(&hb->refs);
	mutex_lock(&hb->lock);
	refused = chimney_host_refuses(hb);
	tree = chimney_tree_new(CHIMNEY_OP_KIND_INITIATE, CHIMNEY_ALL_LAYERS,
				count);
	for (i = 0; i < count; i++) {
		if (conns[i]->binding != hb) {
			conns[others++] = conns[i];
			continue;
		}
		reason = refused ?: add(hb, tree, conns[i], before);
		if (reason)
			chimney_refuse_conn(op, conns[i]->sk, reason);
		else
			before = conns[i];
		chimney_conn_put(conns[i]);
	}
	chimney_tree_seal(tree);
	if (tree->root) {
		set_roles(tree);
		chimney_tree_record(tree, op, hb->dev->ifindex);
		remove_new(tree);
	}
	chimney_tree_put(tree);
	mutex_unlock(&hb->lock);
	chimney_host_binding_put(hb);
	return others;
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
	struct chimney_conn *spare = NULL;
	struct chimney_conn **conns;
	enum chimney_reason reason;
	unsigned int i, held = 0;

	conns = kvmalloc_array(count, sizeof(*conns),
			       GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < count; i++) {
		chimney_make_cookie(sockets[i]);
		reason = look(sockets[i], &lookup, &spare, &conns[held]);
		if (reason)
			chimney_refuse_conn(op, sockets[i], reason);
		else
			held++;
		cond_resched();
	}
	chimney_lookup_end(&lookup);
	chimney_pool_give(spare);
	while (held)
		held = explain_next(conns, held, op);
	kvfree(conns);
}
