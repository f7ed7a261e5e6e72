// SPDX-License-Identifier: GPL-2.0-only
/* Handing connections to targets. */
#include <linux/slab.h>
#include <linux/sock_diag.h>

#include "../core/op.h"
#include "tree.h"

/* After so many connections others have a chance to use the target. */
#define IN_A_ROW	16384

/**
 * chimney_refuse_conn() - record why a connection got into no tree
 * @op: the operation
 * @sk: its socket
 * @reason: why
 *
 * Context: process, may sleep.
 */
void chimney_refuse_conn(struct chimney_op *op, const struct sock *sk,
			 enum chimney_reason reason)
{
	struct chimney_result *result = chimney_op_reserve(op);

	result->layer = CHIMNEY_LAYER_TCP;
	result->reason = reason;
	chimney_socket_tuple(sk, &result->tuple);
	result->tcp_state =
		chimney_tcp_state_from_linux(inet_sk_state_load(sk));
	chimney_op_submit(op);
}

static void refuse_held(struct chimney_conn *conn, struct chimney_op *op,
			enum chimney_reason reason)
{
	chimney_refuse_conn(op, conn->sk, reason);
	chimney_hold_release(conn);
}

/* Park a connection that is still eligible, for a tree that is not linked yet. */
static void prepare(struct chimney_tree *tree, struct chimney_conn *conn,
		    struct chimney_op *op, struct chimney_tcp_clock *clock)
{
	struct chimney_tree_conn *tc = chimney_tree_next(tree, conn);
	enum chimney_reason reason;
	struct sk_buff *skb;

	reason = chimney_park(conn, &tc->state, &tc->block.send_queue, clock);
	if (reason) {
		chimney_tree_drop(tree);
		refuse_held(conn, op, reason);
		return;
	}
	/* The target may send as soon as it has the tree (INIT-33). */
	chimney_conntrack_leave(conn->sk);
	skb_queue_walk(&tc->block.send_queue, skb)
		tc->send_bytes += skb->len;
}

static void offload_link(struct chimney_host_binding *hb,
			 struct chimney_tree *tree)
{
	const struct chimney_conn *before = NULL;
	struct chimney_tree_conn *tc;

	chimney_tree_for_each_conn(tc, tree) {
		tc->conn->path = chimney_path_find(hb, tc->conn, before);
		chimney_tree_add(tree, tc, tc->conn->path);
		before = tc->conn;
	}
	chimney_tree_seal(tree);
}

static bool offloaded(const struct chimney_block *block)
{
	return block->status == CHIMNEY_STATUS_SUCCESS ||
	       block->status == CHIMNEY_STATUS_PARTIAL_SUCCESS;
}

/* What was not offloaded goes; what nothing depends on comes home (TERM-05). */
static void settle_nodes(struct chimney_host_binding *hb,
			 struct chimney_tree *tree)
{
	struct chimney_tree *unused;
	struct chimney_tree_node *node;

	unused = chimney_tree_new(CHIMNEY_OP_KIND_TERMINATE,
				  CHIMNEY_ALL_LAYERS, 0);
	/* Dependents follow their neighbor in the list: go backwards. */
	list_for_each_entry_reverse(node, &tree->nodes, list) {
		struct chimney_neighbor *neighbor = node->neighbor;
		struct chimney_path *path = node->path;

		if (path && !path->handle.context)
			chimney_path_remove(path);
		else if (path && !path->count)
			chimney_tree_path(unused, path);
		else if (neighbor && !neighbor->handle.context)
			chimney_neighbor_remove(neighbor);
		else if (neighbor && list_empty(&neighbor->paths))
			chimney_tree_neighbor(unused, neighbor);
	}
	chimney_upload_nodes(hb, unused);
}

static void settle_lost(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;

	list_for_each_entry(node, &tree->nodes, list) {
		if (node->block.role != CHIMNEY_ROLE_NEW)
			continue;	/* lives on in the binding */
		if (node->path)
			chimney_path_remove(node->path);
		else
			chimney_neighbor_remove(node->neighbor);
	}
}

static void offload_settle(struct chimney_host_binding *hb,
			   struct chimney_tree *tree, bool answered)
{
	struct chimney_tree_conn *tc;

	if (!answered) {
		settle_lost(tree);
		return;
	}
	chimney_tree_for_each_conn(tc, tree) {
		if (!offloaded(&tc->block))
			continue;
		tc->conn->path->count++;
		list_add_tail(&tc->conn->list, &hb->conns);
	}
	settle_nodes(hb, tree);
}

/* The target does not have it. */
static void stay(struct chimney_tree_conn *tc)
{
	struct chimney_conn *conn = tc->conn;
	struct chimney_tcp_clock clock = {};

	conn->path = NULL;
	conn->outstanding = 0;
	conn->outstanding_truesize = 0;
	chimney_conntrack_return(conn->sk);
	chimney_unpark(conn, &tc->state.delegated, &tc->block.send_queue,
		       &clock);
	chimney_hold_release(conn);
}

static void offload_withdraw(struct chimney_host_binding *hb,
			     struct chimney_tree *tree, struct chimney_op *op)
{
	struct chimney_tree_conn *tc;

	chimney_tree_for_each_conn(tc, tree) {
		chimney_refuse_conn(op, tc->conn->sk, CHIMNEY_REASON_CANCELLED);
		stay(tc);
	}
	chimney_tree_put(tree);
}

static void finish_conn(struct chimney_tree_conn *tc)
{
	if (!offloaded(&tc->block)) {
		stay(tc);
		return;
	}
	chimney_hold_forward(tc->conn);
}

static void offload_finish(struct chimney_host_binding *hb,
			   struct chimney_tree *tree, bool answered,
			   struct chimney_op *op)
{
	struct chimney_tree_conn *tc;

	chimney_tree_record(tree, op, hb->dev->ifindex);
	chimney_tree_for_each_conn(tc, tree) {
		if (answered)
			finish_conn(tc);
		else
			chimney_conn_lose(tc->conn);
	}
	chimney_tree_put(tree);
}

static const struct chimney_pipeline_ops offload_ops = {
	.link = offload_link,
	.withdraw = offload_withdraw,
	.settle = offload_settle,
	.finish = offload_finish,
};

/* Begin with a target, after the one that @line was for. */
static void enter(struct chimney_pipeline *line,
		  struct chimney_host_binding *hb)
{
	kref_get(&hb->refs);
	mutex_lock(&hb->lock);
	line->hb = hb;
}

/* Others may have the target now. */
static void leave(struct chimney_pipeline *line)
{
	struct chimney_host_binding *hb = line->hb;

	if (!hb)
		return;
	chimney_pipeline_end(line);
	chimney_refresh_start(hb);
	line->hb = NULL;
	mutex_unlock(&hb->lock);
	chimney_host_binding_put(hb);
}

/*
 * One target at a time: the connections that lead to that of the first. Returns how
 * many others there are, which are the first ones in @conns then.
 */
static unsigned int offload_next(struct chimney_pipeline *line,
				 struct chimney_conn **conns,
				 unsigned int count)
{
	struct chimney_host_binding *hb = conns[0]->binding;
	struct chimney_tcp_clock clock = {};
	struct chimney_tree *tree = NULL;
	enum chimney_reason reason;
	unsigned int i, others = 0;

	if (hb != line->hb) {
		leave(line);
		enter(line, hb);
	}
	reason = chimney_host_refuses(hb);
	if (!reason)
		tree = chimney_tree_new(CHIMNEY_OP_KIND_INITIATE,
					CHIMNEY_ALL_LAYERS, count);
	for (i = 0; i < count; i++) {
		if (conns[i]->binding != hb)
			conns[others++] = conns[i];
		else if (reason)
			refuse_held(conns[i], line->op, reason);
		else
			prepare(tree, conns[i], line->op, &clock);
	}
	if (tree && tree->count)
		chimney_pipeline_add(line, tree);
	else if (tree)
		chimney_tree_put(tree);
	return others;
}

/* Results tell sockets apart by their cookies, made when first asked for. */
void chimney_make_cookie(struct sock *sk)
{
	u32 cookie[2];

	if (!atomic64_read(&sk->sk_cookie))
		sock_diag_save_cookie(sk, cookie);
}

static enum chimney_reason reason_of(int err)
{
	switch (err) {
	case -EEXIST:
		return CHIMNEY_REASON_BUSY;
	case -EDQUOT:
		return CHIMNEY_REASON_LIMIT;
	default:
		return CHIMNEY_REASON_MEMORY;
	}
}

/* Start to hold the segments of one socket. */
static enum chimney_reason hold(struct sock *sk, struct chimney_lookup *lookup,
				struct chimney_conn **spare,
				struct chimney_op *op, bool owned,
				struct chimney_conn **result)
{
	enum chimney_reason reason;
	struct chimney_conn *conn;

	reason = chimney_target_lookup(sk, lookup);
	if (reason)
		return reason;
	conn = chimney_conn_new(sk, &lookup->route, spare);
	if (IS_ERR(conn))
		return reason_of(PTR_ERR(conn));
	conn->owned = owned;
	conn->portid = op->portid;
	conn->op_id = op->id;
	*result = conn;
	return CHIMNEY_REASON_NONE;
}

/*
 * One grace period for all: after it no segment that passed the hook before it
 * held them is on its way to a socket any more.
 */
static void offload_some(struct chimney_pipeline *line, struct sock **sockets,
			 unsigned int count, bool owned)
{
	struct chimney_op *op = line->op;
	struct chimney_lookup lookup = {};
	struct chimney_conn *spare = NULL;
	struct chimney_conn **conns;
	enum chimney_reason reason;
	unsigned int i, held = 0;

	conns = kvmalloc_array(count, sizeof(*conns),
			       GFP_KERNEL | __GFP_NOFAIL);
	for (i = 0; i < count; i++) {
		chimney_make_cookie(sockets[i]);
		reason = hold(sockets[i], &lookup, &spare, op, owned,
			      &conns[held]);
		if (reason)
			chimney_refuse_conn(op, sockets[i], reason);
		else
			held++;
		cond_resched();
	}
	chimney_lookup_end(&lookup);
	chimney_pool_give(spare);
	if (held) {
		synchronize_rcu_expedited();
		op->grace_periods++;
	}
	while (held && !chimney_op_is_cancelled(op))
		held = offload_next(line, conns, held);
	for (i = 0; i < held; i++)
		refuse_held(conns[i], op, CHIMNEY_REASON_CANCELLED);
	kvfree(conns);
}

static void offload_none(struct chimney_op *op, struct sock **sockets,
			 unsigned int count)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		chimney_make_cookie(sockets[i]);
		chimney_refuse_conn(op, sockets[i], CHIMNEY_REASON_CANCELLED);
	}
}

/**
 * chimney_offload_sockets() - offload sockets
 * @op: collects the results
 * @sockets: the sockets, held by the caller
 * @count: how many
 * @owned: tie them to the requester
 *
 * Segments of a connection are held for as long as its tree takes; so trees are
 * limited (net.chimney.max_tree). Between them the operation may be cancelled.
 *
 * Context: process context, sleeps until the targets have answered.
 */
void chimney_offload_sockets(struct chimney_op *op, struct sock **sockets,
			     unsigned int count, bool owned)
{
	struct chimney_host_net *hn = chimney_host_net(sock_net(*sockets));
	struct chimney_pipeline line = {
		.ops = &offload_ops,
		.op = op,
	};
	unsigned int n, since = 0;

	for (; count; count -= n, sockets += n) {
		n = min(count, READ_ONCE(hn->max_tree));
		if (chimney_op_is_cancelled(op))
			offload_none(op, sockets, n);
		else
			offload_some(&line, sockets, n, owned);
		since += n;
		if (since >= IN_A_ROW) {
			leave(&line);
			since = 0;
		}
	}
	leave(&line);
}
