// SPDX-License-Identifier: GPL-2.0-only
/* What userspace asks for, each request in a work of its own. */
#include <linux/slab.h>
#include <kunit/visibility.h>

#include "../core/op.h"
#include "conn.h"

/**
 * struct host_request - a request of userspace
 * @work: runs it
 * @list: of all that run
 * @net: network namespace, held
 * @op: collects the results, held; NULL for an upload that nobody asked for
 * @selector: which connections; NULL for those @portid owns
 * @options: how to carry it out
 * @portid: of a netlink port that was closed
 * @abandoned: the requester has gone meanwhile
 */
struct host_request {
	struct work_struct work;
	struct list_head list;
	struct net *net;
	struct chimney_op *op;
	struct chimney_selector *selector;
	struct chimney_request_options options;
	u32 portid;
	bool abandoned;
};

static LIST_HEAD(host_requests);
static DEFINE_SPINLOCK(host_requests_lock);

static void request_done(struct host_request *request)
{
	struct chimney_op *op = request->op;

	if (op) {
		chimney_op_finish(op);
		chimney_op_put(op);
	}
	put_net(request->net);
	kvfree(request->selector);
	kfree(request);
}

/* -------- connections that are offloaded -------- */

/**
 * struct named - the connections a selector names one by one
 * @conns: held, or NULL
 * @count: how many
 */
struct named {
	struct chimney_conn **conns;
	unsigned int count;
};

/* Nothing has a result yet but what does not exist. */
static int select_sockets(const struct host_request *request,
			  struct sock ***sockets)
{
	struct chimney_op *op = request->op;
	int count;

	count = chimney_select_sockets(request->net, request->selector, op,
				       sockets);
	WRITE_ONCE(op->total, op->refused + max(count, 0));
	return count;
}

static void put_sockets(struct sock **sockets, int count)
{
	while (count > 0)
		sock_put(sockets[--count]);
	kvfree(sockets);
}

/* Find them; those that do not exist or are not offloaded are refused. */
static int named_find(const struct host_request *request, struct named *named)
{
	struct sock **sockets = NULL;
	struct chimney_conn *conn;
	int i, count;

	count = select_sockets(request, &sockets);
	if (count <= 0)
		return count;
	named->conns = kvcalloc(count, sizeof(*named->conns), GFP_KERNEL);
	for (i = 0; named->conns && i < count; i++) {
		conn = chimney_conn_of(sockets[i]) ?:
		       chimney_conn_find(sockets[i]);
		if (conn)
			named->conns[named->count++] = conn;
		else
			chimney_refuse_conn(request->op, sockets[i],
					    CHIMNEY_REASON_NOT_OFFLOADED);
	}
	put_sockets(sockets, count);
	return named->conns ? 0 : -ENOMEM;
}

/* Move those that are offloaded over a binding, its lock held, to @conns. */
static void named_take(struct named *named, struct chimney_host_binding *hb,
		       struct list_head *conns)
{
	struct chimney_conn *conn;
	unsigned int i;

	for (i = 0; i < named->count; i++) {
		conn = named->conns[i];
		if (!conn || conn->binding != hb ||
		    conn->state != CHIMNEY_CONN_STATE_OFFLOADED)
			continue;
		list_move_tail(&conn->list, conns);
		chimney_conn_put(conn);
		named->conns[i] = NULL;
	}
}

/* The others came home meanwhile, or are on their way. */
static void named_end(const struct host_request *request, struct named *named)
{
	struct chimney_conn *conn;
	unsigned int i;

	for (i = 0; i < named->count; i++) {
		conn = named->conns[i];
		if (!conn)
			continue;
		chimney_refuse_conn(request->op, conn->sk,
				    READ_ONCE(conn->state) ==
				    CHIMNEY_CONN_STATE_LOST ?
				    CHIMNEY_REASON_NOT_OFFLOADED :
				    CHIMNEY_REASON_BUSY);
		chimney_conn_put(conn);
	}
	kvfree(named->conns);
}

static bool wanted(const struct host_request *request,
		   const struct chimney_conn *conn)
{
	struct chimney_tuple tuple;

	if (!request->selector)
		return conn->owned && conn->portid == request->portid;
	chimney_conn_tuple(conn, &tuple);
	return chimney_selector_match(request->selector, &tuple);
}

/* A filter selects among the connections that are offloaded. */
static void filter_take(const struct host_request *request,
			struct chimney_host_binding *hb,
			struct list_head *conns)
{
	struct chimney_conn *conn, *first = NULL;
	unsigned int count = 0;

	/* Neighbors move together: mostly all do. */
	list_for_each_entry(conn, &hb->conns, list) {
		if (wanted(request, conn)) {
			first = first ?: conn;
			count++;
		} else if (first) {
			list_bulk_move_tail(conns, &first->list,
					    conn->list.prev);
			first = NULL;
		}
	}
	if (first)
		list_bulk_move_tail(conns, &first->list, hb->conns.prev);
	if (request->op)
		WRITE_ONCE(request->op->total, request->op->total + count);
}

/* The binding's lock is held. */
static void operate(const struct host_request *request,
		    struct chimney_host_binding *hb, struct list_head *conns)
{
	struct chimney_op *op = request->op;

	if (list_empty(conns))
		return;
	if (!op || op->kind == CHIMNEY_OP_KIND_TERMINATE)
		chimney_upload_list(hb, conns, op);
	else
		chimney_operate_list(hb, conns, op->kind,
				     request->options.layers ?:
				     CHIMNEY_ALL_LAYERS, op);
}

static void operate_all(const struct host_request *request, struct named *named)
{
	struct chimney_host_binding *hb;
	unsigned int n = 0;
	LIST_HEAD(conns);

	while ((hb = chimney_host_binding_at(request->net, n++))) {
		mutex_lock(&hb->lock);
		if (named)
			named_take(named, hb, &conns);
		else
			filter_take(request, hb, &conns);
		operate(request, hb, &conns);
		mutex_unlock(&hb->lock);
		chimney_host_binding_put(hb);
	}
}

static void request_operate(const struct host_request *request)
{
	struct named named = {};

	if (!request->selector || !request->selector->count) {
		operate_all(request, NULL);
		return;
	}
	if (!named_find(request, &named))
		operate_all(request, &named);
	named_end(request, &named);
}

/* What a request took out for a requester that has gone comes home. */
static void upload_owned(const struct host_request *request)
{
	const struct host_request owned = {
		.net = request->net,
		.portid = request->op->portid,
	};

	operate_all(&owned, NULL);
}

/* -------- connections that are at home -------- */

static void request_initiate(const struct host_request *request)
{
	struct sock **sockets = NULL;
	int count;

	count = select_sockets(request, &sockets);
	if (count > 0 && request->op->dry_run)
		chimney_explain_sockets(request->op, sockets, count);
	else if (count > 0)
		chimney_offload_sockets(request->op, sockets, count,
					request->options.owned);
	put_sockets(sockets, count);
}

/* -------- the work -------- */

static void request_work(struct work_struct *work)
{
	struct host_request *request = container_of(work, struct host_request,
						    work);

	if (request->op && request->op->kind == CHIMNEY_OP_KIND_INITIATE)
		request_initiate(request);
	else
		request_operate(request);

	/* From here on a port that closes finds the connections itself. */
	spin_lock_bh(&host_requests_lock);
	list_del(&request->list);
	spin_unlock_bh(&host_requests_lock);
	if (request->abandoned)
		upload_owned(request);
	request_done(request);
}

static void request_start(struct net *net, struct chimney_op *op,
			  struct chimney_selector *selector,
			  const struct chimney_request_options *options,
			  u32 portid)
{
	struct host_request *request;

	request = kzalloc(sizeof(*request), GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&request->work, request_work);
	request->net = get_net(net);
	request->op = op;
	request->selector = selector;
	if (options)
		request->options = *options;
	request->portid = portid;
	spin_lock_bh(&host_requests_lock);
	list_add_tail(&request->list, &host_requests);
	spin_unlock_bh(&host_requests_lock);
	queue_work(chimney_host_wq, &request->work);
}

/**
 * chimney_host_start() - carry out an operation that userspace asked for
 * @net: network namespace
 * @op: the operation, whose kind tells what to do; the reference is taken over
 * @selector: which connections; taken over
 * @options: how
 *
 * Connections named one by one that are not offloaded are refused by all kinds
 * but initiate; a filter selects among those that are.
 *
 * Context: process, may sleep. The operation ends with chimney_op_finish().
 */
void chimney_host_start(struct net *net, struct chimney_op *op,
			struct chimney_selector *selector,
			const struct chimney_request_options *options)
{
	request_start(net, op, selector, options, 0);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_host_start);

/**
 * chimney_host_port_closed() - bring home what a netlink port owns
 * @net: network namespace
 * @portid: the port
 *
 * Context: process, may sleep.
 */
void chimney_host_port_closed(struct net *net, u32 portid)
{
	struct host_request *request;

	spin_lock_bh(&host_requests_lock);
	list_for_each_entry(request, &host_requests, list)
		if (request->options.owned && net_eq(request->net, net) &&
		    request->op->portid == portid)
			request->abandoned = true;
	spin_unlock_bh(&host_requests_lock);
	if (chimney_conn_any_owned(net, portid))
		request_start(net, NULL, NULL, NULL, portid);
}
