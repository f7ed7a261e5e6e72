// SPDX-License-Identifier: GPL-2.0-only
/* The host stack as a client of the core: bindings and requests. */
#include <linux/module.h>
#include <linux/slab.h>
#include <net/netns/generic.h>

#include "../core/op.h"
#include "tree.h"

struct workqueue_struct *chimney_host_wq;
static unsigned int host_net_id;
static LIST_HEAD(host_bindings);
static DEFINE_SPINLOCK(host_bindings_lock);

/**
 * struct host_net - what the host keeps for a network namespace
 * @bindings: targets in it; the hook is there while there is one
 */
struct host_net {
	unsigned int bindings;
};

static struct chimney_client host_client;

/* -------- bindings -------- */

static void binding_release(struct kref *refs)
{
	kfree(container_of(refs, struct chimney_host_binding, refs));
}

void chimney_host_binding_put(struct chimney_host_binding *hb)
{
	kref_put(&hb->refs, binding_release);
}

/* The binding to the target on @dev, held, or NULL. */
struct chimney_host_binding *chimney_host_binding_get(struct net_device *dev)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	list_for_each_entry(hb, &host_bindings, list) {
		if (hb->dev == dev) {
			kref_get(&hb->refs);
			goto out;
		}
	}
	hb = NULL;
out:
	spin_unlock_bh(&host_bindings_lock);
	return hb;
}

/* The lock of the target registry is held. */
static void host_bind(struct chimney_target *target)
{
	struct net *net = dev_net(target->dev);
	struct host_net *hn = net_generic(net, host_net_id);
	struct chimney_host_binding *hb;
	struct chimney_caps caps;

	hb = kzalloc(sizeof(*hb), GFP_KERNEL);
	if (!hb)
		return;
	kref_init(&hb->refs);
	mutex_init(&hb->lock);
	init_completion(&hb->done);
	INIT_LIST_HEAD(&hb->neighbors);
	INIT_LIST_HEAD(&hb->conns);
	hb->dev = target->dev;
	if (!hn->bindings && chimney_hold_register(net))
		goto err_free;
	hb->binding = chimney_bind(&host_client, target, hb);
	if (IS_ERR(hb->binding))
		goto err_hook;
	chimney_query_caps(hb->binding, &caps);
	if (chimney_enable_caps(hb->binding, &caps))
		netdev_warn(hb->dev, "chimney: no capabilities enabled\n");
	hn->bindings++;
	spin_lock_bh(&host_bindings_lock);
	list_add_tail(&hb->list, &host_bindings);
	spin_unlock_bh(&host_bindings_lock);
	return;

err_hook:
	if (!hn->bindings)
		chimney_hold_unregister(net);
err_free:
	kfree(hb);
}

/* The lock of the target registry is held. */
static void host_unbind(struct chimney_binding *binding)
{
	struct chimney_host_binding *hb = chimney_binding_priv(binding);
	struct net *net = dev_net(hb->dev);
	struct host_net *hn = net_generic(net, host_net_id);
	LIST_HEAD(conns);

	spin_lock_bh(&host_bindings_lock);
	list_del(&hb->list);
	spin_unlock_bh(&host_bindings_lock);

	mutex_lock(&hb->lock);
	hb->dead = true;
	list_splice_init(&hb->conns, &conns);
	chimney_upload_list(hb, &conns, NULL);
	mutex_unlock(&hb->lock);

	if (!--hn->bindings)
		chimney_hold_unregister(net);
	chimney_host_binding_put(hb);
}

/* -------- completions -------- */

static void complete_tree(struct chimney_binding *binding,
			  struct chimney_block *tree)
{
	struct chimney_host_binding *hb = chimney_binding_priv(binding);

	complete(&hb->done);
}

static void operation_lost(struct chimney_binding *binding,
			   struct chimney_block *tree)
{
	struct chimney_host_binding *hb = chimney_binding_priv(binding);

	/* Until free_tree() */
	refcount_inc(&chimney_tree_of(tree)->refs);
	hb->lost = true;
	complete(&hb->done);
}

static void free_tree(struct chimney_binding *binding,
		      struct chimney_block *tree)
{
	chimney_tree_put(chimney_tree_of(tree));
}

bool chimney_host_wait(struct chimney_host_binding *hb)
{
	bool lost;

	lockdep_assert_held(&hb->lock);
	wait_for_completion(&hb->done);
	lost = hb->lost;
	hb->lost = false;
	return !lost;
}

static void tcp_disconnect_completed(struct chimney_handle *handle,
				     struct chimney_disconnect *request)
{
}

static void event_indicated(struct chimney_binding *binding,
			    struct chimney_block *block,
			    enum chimney_event event)
{
}

static void status_indicated(struct chimney_binding *binding,
			     enum chimney_indication indication)
{
}

static const struct chimney_client_ops host_ops = {
	.bind = host_bind,
	.unbind = host_unbind,
	.initiate_offload_complete = complete_tree,
	.terminate_offload_complete = complete_tree,
	.query_offload_complete = complete_tree,
	.update_offload_complete = complete_tree,
	.invalidate_offload_complete = complete_tree,
	.operation_lost = operation_lost,
	.free_tree = free_tree,
	.tcp_send_complete = chimney_tcp_send_completed,
	.tcp_receive_complete = chimney_tcp_receive_completed,
	.tcp_forward_complete = chimney_tcp_forward_completed,
	.tcp_receive_indicate = chimney_tcp_receive_indicated,
	.tcp_event = chimney_tcp_event_indicated,
	.tcp_disconnect_complete = tcp_disconnect_completed,
	.event = event_indicated,
	.status = status_indicated,
};

static struct chimney_client host_client = {
	.name = "host",
	.ops = &host_ops,
	.owner = THIS_MODULE,
};

/* -------- requests -------- */

/**
 * struct host_request - a request of userspace
 * @work: runs it
 * @list: of all that run
 * @net: network namespace, held
 * @op: collects the results, held
 * @selector: which connections; NULL for those @portid owns
 * @portid: of a netlink port that was closed
 * @owned: tie the connections to the requester
 * @abandoned: the requester has gone meanwhile
 */
struct host_request {
	struct work_struct work;
	struct list_head list;
	struct net *net;
	struct chimney_op *op;
	struct chimney_selector *selector;
	u32 portid;
	bool owned;
	bool abandoned;
};

static LIST_HEAD(host_requests);
static DEFINE_SPINLOCK(host_requests_lock);

static void request_done(struct host_request *request)
{
	struct chimney_op *op = request->op;

	if (op) {
		chimney_op_finish(op, op->state == CHIMNEY_OP_STATE_RUNNING ?
				  CHIMNEY_OP_STATE_DONE : op->state);
		chimney_op_put(op);
	}
	put_net(request->net);
	kvfree(request->selector);
	kfree(request);
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

static void upload_from(struct chimney_host_binding *hb,
			struct host_request *request)
{
	struct chimney_conn *conn, *next;
	LIST_HEAD(conns);

	mutex_lock(&hb->lock);
	list_for_each_entry_safe(conn, next, &hb->conns, list)
		if (wanted(request, conn))
			list_move_tail(&conn->list, &conns);
	chimney_upload_list(hb, &conns, request->op);
	mutex_unlock(&hb->lock);
}

/* The n-th binding of a namespace, held, or NULL. */
static struct chimney_host_binding *binding_at(struct net *net, unsigned int n)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	list_for_each_entry(hb, &host_bindings, list) {
		if (!net_eq(dev_net(hb->dev), net) || n--)
			continue;
		kref_get(&hb->refs);
		goto out;
	}
	hb = NULL;
out:
	spin_unlock_bh(&host_bindings_lock);
	return hb;
}

static void upload_all(struct host_request *request)
{
	struct chimney_host_binding *hb;
	unsigned int n = 0;

	while ((hb = binding_at(request->net, n++))) {
		upload_from(hb, request);
		chimney_host_binding_put(hb);
	}
}

static void upload_work(struct work_struct *work)
{
	struct host_request *request = container_of(work, struct host_request,
						    work);

	upload_all(request);
	spin_lock_bh(&host_requests_lock);
	list_del(&request->list);
	spin_unlock_bh(&host_requests_lock);
	request_done(request);
}

/* What a request took out for a requester that has gone comes home. */
static void upload_owned(const struct host_request *request)
{
	struct host_request owned = {
		.net = request->net,
		.portid = request->op->portid,
	};

	upload_all(&owned);
}

static void offload_work(struct work_struct *work)
{
	struct host_request *request = container_of(work, struct host_request,
						    work);
	struct sock **sockets = NULL;
	int i, count;

	count = chimney_select_sockets(request->net, request->selector,
				       request->op, &sockets);
	if (count > 0)
		chimney_offload_sockets(request->net, request->op, sockets,
					count, request->owned);
	for (i = 0; i < count; i++)
		sock_put(sockets[i]);
	kvfree(sockets);

	/* From here on a port that closes finds the connections itself. */
	spin_lock_bh(&host_requests_lock);
	list_del(&request->list);
	spin_unlock_bh(&host_requests_lock);
	if (request->abandoned)
		upload_owned(request);
	request_done(request);
}

static void request_start(struct net *net, work_func_t func,
			  struct chimney_op *op,
			  struct chimney_selector *selector, u32 portid,
			  bool owned)
{
	struct host_request *request;

	request = kzalloc(sizeof(*request), GFP_KERNEL | __GFP_NOFAIL);
	INIT_WORK(&request->work, func);
	request->net = get_net(net);
	request->op = op;
	request->selector = selector;
	request->portid = portid;
	request->owned = owned;
	spin_lock_bh(&host_requests_lock);
	list_add_tail(&request->list, &host_requests);
	spin_unlock_bh(&host_requests_lock);
	queue_work(chimney_host_wq, &request->work);
}

/* No connection is selected for what is not carried out. */
static void refuse_work(struct work_struct *work)
{
	struct host_request *request = container_of(work, struct host_request,
						    work);

	spin_lock_bh(&host_requests_lock);
	list_del(&request->list);
	spin_unlock_bh(&host_requests_lock);
	request_done(request);
}

static work_func_t request_func(const struct chimney_op *op)
{
	if (op->kind == CHIMNEY_OP_KIND_INITIATE && !op->dry_run)
		return offload_work;
	if (op->kind == CHIMNEY_OP_KIND_TERMINATE)
		return upload_work;
	return refuse_work;
}

void chimney_host_start(struct net *net, struct chimney_op *op,
			struct chimney_selector *selector,
			const struct chimney_request_options *options)
{
	request_start(net, request_func(op), op, selector, 0, options->owned);
}

void chimney_host_port_closed(struct net *net, u32 portid)
{
	struct host_request *request;

	spin_lock_bh(&host_requests_lock);
	list_for_each_entry(request, &host_requests, list)
		if (request->owned && net_eq(request->net, net) &&
		    request->op->portid == portid)
			request->abandoned = true;
	spin_unlock_bh(&host_requests_lock);
	if (!chimney_conn_any_owned(net, portid))
		return;
	request_start(net, upload_work, NULL, NULL, portid, false);
}

static struct pernet_operations host_net_ops = {
	.id = &host_net_id,
	.size = sizeof(struct host_net),
};

int chimney_host_init(void)
{
	int err;

	chimney_host_wq = alloc_workqueue("chimney_host", WQ_UNBOUND, 0);
	if (!chimney_host_wq)
		return -ENOMEM;
	err = chimney_conn_init();
	if (err)
		goto err_wq;
	err = chimney_park_init();
	if (err)
		goto err_conn;
	err = register_pernet_subsys(&host_net_ops);
	if (err)
		goto err_conn;
	err = chimney_client_register(&host_client);
	if (err)
		goto err_net;
	return 0;

err_net:
	unregister_pernet_subsys(&host_net_ops);
err_conn:
	chimney_conn_exit();
err_wq:
	destroy_workqueue(chimney_host_wq);
	return err;
}

void chimney_host_exit(void)
{
	chimney_client_unregister(&host_client);
	destroy_workqueue(chimney_host_wq);
	unregister_pernet_subsys(&host_net_ops);
	chimney_hooks_exit();
	rcu_barrier();
	chimney_conn_exit();
}
