// SPDX-License-Identifier: GPL-2.0-only
/* The host stack as a client of the core: bindings and indications. */
#include <linux/if_vlan.h>
#include <linux/module.h>
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

struct workqueue_struct *chimney_host_wq;
static LIST_HEAD(host_bindings);
static DEFINE_SPINLOCK(host_bindings_lock);

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

/* The device below a VLAN device, whose target can tag frames as well; or NULL. */
static struct net_device *below(const struct net_device *dev)
{
	struct net_device *real;

	if (!is_vlan_dev(dev) || vlan_dev_vlan_proto(dev) != htons(ETH_P_8021Q))
		return NULL;
	real = vlan_dev_priv(dev)->real_dev;
	return net_eq(dev_net(real), dev_net(dev)) ? real : NULL;
}

static struct chimney_host_binding *find(const struct net_device *dev)
{
	struct chimney_host_binding *hb;

	lockdep_assert_held(&host_bindings_lock);
	list_for_each_entry(hb, &host_bindings, list)
		if (hb->dev == dev)
			return hb;
	return NULL;
}

/* The target on @dev, or on the device below it. */
static struct chimney_host_binding *find_for(const struct net_device *dev)
{
	return find(dev) ?: find(below(dev));
}

/*
 * The binding to the target that frames for @dev leave through, held, or NULL:
 * that on @dev, or on the device below it if it is a VLAN device.
 */
struct chimney_host_binding *chimney_host_binding_get(struct net_device *dev)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	hb = find_for(dev);
	if (hb)
		kref_get(&hb->refs);
	spin_unlock_bh(&host_bindings_lock);
	return hb;
}

/* The @n-th binding of a namespace, of all if @net is NULL, held, or NULL. */
struct chimney_host_binding *chimney_host_binding_at(const struct net *net,
						     unsigned int n)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	list_for_each_entry(hb, &host_bindings, list) {
		if ((net && !net_eq(dev_net(hb->dev), net)) || n--)
			continue;
		kref_get(&hb->refs);
		goto out;
	}
	hb = NULL;
out:
	spin_unlock_bh(&host_bindings_lock);
	return hb;
}

/*
 * It is time for chimney_sync_work(). Events come in bursts, and Linux must be
 * done with what caused them.
 */
static void sync_later(struct chimney_host_binding *hb, bool all)
{
	hb->look_at_all |= all;
	queue_delayed_work(chimney_host_wq, &hb->sync, msecs_to_jiffies(10));
}

/*
 * Look at what is offloaded over the target for @dev, if there is one; any context.
 * @all: the routes of all connections may be others
 */
void chimney_sync_later(const struct net_device *dev, bool all)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	hb = find_for(dev);
	if (hb)
		sync_later(hb, all);
	spin_unlock_bh(&host_bindings_lock);
}

/* At all that is offloaded in a namespace; any context. */
void chimney_sync_net(const struct net *net)
{
	struct chimney_host_binding *hb;

	spin_lock_bh(&host_bindings_lock);
	list_for_each_entry(hb, &host_bindings, list)
		if (net_eq(dev_net(hb->dev), net))
			sync_later(hb, true);
	spin_unlock_bh(&host_bindings_lock);
}

/* All that the target can do is welcome (CAP-11). */
static void enable(struct chimney_host_binding *hb)
{
	struct chimney_caps caps;

	chimney_query_caps(hb->binding, &caps);
	if (chimney_enable_caps(hb->binding, &caps))
		netdev_warn(hb->dev, "chimney: no capabilities enabled\n");
	hb->caps = caps;
}

static void host_indicated_work(struct work_struct *work);

/* The lock of the target registry is held. */
static void host_bind(struct chimney_target *target)
{
	struct net *net = dev_net(target->dev);
	struct chimney_host_net *hn = chimney_host_net(net);
	struct chimney_host_binding *hb;

	hb = kzalloc(sizeof(*hb), GFP_KERNEL);
	if (!hb)
		return;
	kref_init(&hb->refs);
	mutex_init(&hb->lock);
	init_completion(&hb->done);
	INIT_LIST_HEAD(&hb->neighbors);
	hash_init(hb->neighbor_table);
	hash_init(hb->path_table);
	INIT_LIST_HEAD(&hb->conns);
	INIT_LIST_HEAD(&hb->lost_trees);
	INIT_WORK(&hb->indicated, host_indicated_work);
	INIT_DELAYED_WORK(&hb->sync, chimney_sync_work);
	INIT_DELAYED_WORK(&hb->refresh, chimney_refresh_work);
	hb->dev = target->dev;
	hb->hn = hn;
	if (!hn->bindings && chimney_hold_register(net))
		goto err_free;
	hb->binding = chimney_bind(&host_client, target, hb);
	if (IS_ERR(hb->binding))
		goto err_hook;
	enable(hb);
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
	struct chimney_host_net *hn = chimney_host_net(net);
	struct chimney_tree *tree, *next;

	spin_lock_bh(&host_bindings_lock);
	list_del(&hb->list);
	spin_unlock_bh(&host_bindings_lock);

	mutex_lock(&hb->lock);
	hb->dead = true;
	chimney_upload_everything(hb);
	mutex_unlock(&hb->lock);
	cancel_work_sync(&hb->indicated);
	cancel_delayed_work_sync(&hb->sync);
	cancel_delayed_work_sync(&hb->refresh);

	/* Nobody names what is in them any more. */
	list_for_each_entry_safe(tree, next, &hb->lost_trees, list)
		chimney_tree_put(tree);
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

/* -------- indications -------- */

/* The machine is asleep, or about to be. */
static bool host_asleep;

/* Are offloads welcome? The host asks again with the binding's lock held. */
bool chimney_host_open(const struct chimney_host_binding *hb)
{
	return READ_ONCE(hb->gate) == CHIMNEY_GATE_OPEN &&
	       !READ_ONCE(host_asleep);
}

/* Why a target takes no offloads, if it does not. The binding's lock is held. */
enum chimney_reason chimney_host_refuses(const struct chimney_host_binding *hb)
{
	if (hb->dead)
		return CHIMNEY_REASON_NO_TARGET;
	return chimney_host_open(hb) ? CHIMNEY_REASON_NONE :
				       CHIMNEY_REASON_TARGET_PAUSED;
}

/*
 * Bring home whatever a target has (PAU-11, PAU-12): paths and neighbors go with
 * their last connection. The binding's lock is held.
 */
void chimney_upload_everything(struct chimney_host_binding *hb)
{
	LIST_HEAD(conns);

	list_splice_init(&hb->conns, &conns);
	if (!list_empty(&conns))
		chimney_upload_list(hb, &conns, NULL);
}

/* Devices are about to leave full power (PWR-01). */
void chimney_host_sleep(void)
{
	struct chimney_host_binding *hb;
	unsigned int n = 0;

	WRITE_ONCE(host_asleep, true);
	while ((hb = chimney_host_binding_at(NULL, n++))) {
		mutex_lock(&hb->lock);
		chimney_upload_everything(hb);
		mutex_unlock(&hb->lock);
		chimney_host_binding_put(hb);
	}
}

void chimney_host_wake(void)
{
	WRITE_ONCE(host_asleep, false);
}

/* Has an indication or a notifier left a mark? It is taken away. */
bool chimney_host_take(bool *mark)
{
	bool taken;

	spin_lock_bh(&host_bindings_lock);
	taken = *mark;
	*mark = false;
	spin_unlock_bh(&host_bindings_lock);
	return taken;
}

/* PAU-07, PAU-08: what the target can do now, before anything is offloaded. */
static void host_resume(struct chimney_host_binding *hb)
{
	enable(hb);
	spin_lock_bh(&host_bindings_lock);
	if (hb->resume)
		WRITE_ONCE(hb->gate, CHIMNEY_GATE_OPEN);
	hb->resume = false;
	spin_unlock_bh(&host_bindings_lock);
}

static void host_indicated_work(struct work_struct *work)
{
	struct chimney_host_binding *hb =
		container_of(work, struct chimney_host_binding, indicated);

	mutex_lock(&hb->lock);
	if (!hb->dead) {
		if (chimney_host_take(&hb->drain))
			chimney_upload_everything(hb);
		if (READ_ONCE(hb->resume))
			host_resume(hb);
	}
	mutex_unlock(&hb->lock);
}

static void host_status(struct chimney_binding *binding,
			enum chimney_indication indication)
{
	struct chimney_host_binding *hb = chimney_binding_priv(binding);

	spin_lock_bh(&host_bindings_lock);
	switch (indication) {
	case CHIMNEY_INDICATION_PAUSE:
		if (hb->gate == CHIMNEY_GATE_OPEN)
			WRITE_ONCE(hb->gate, CHIMNEY_GATE_PAUSED);
		hb->resume = false;
		break;
	case CHIMNEY_INDICATION_UPLOAD_ALL:
		WRITE_ONCE(hb->gate, CHIMNEY_GATE_DRAINING);
		hb->drain = true;
		hb->resume = false;
		break;
	case CHIMNEY_INDICATION_RESUME:
		hb->resume = true;
		break;
	}
	if (hb->drain || hb->resume)
		queue_work(chimney_host_wq, &hb->indicated);
	spin_unlock_bh(&host_bindings_lock);
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
	.tcp_disconnect_complete = chimney_tcp_disconnect_completed,
	.event = chimney_event_indicated,
	.status = host_status,
};

static struct chimney_client host_client = {
	.name = "host",
	.ops = &host_ops,
	.owner = THIS_MODULE,
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
	err = chimney_host_net_register();
	if (err)
		goto err_conn;
	err = chimney_sync_init();
	if (err)
		goto err_net;
	err = chimney_client_register(&host_client);
	if (err)
		goto err_sync;
	return 0;

err_sync:
	chimney_sync_exit();
err_net:
	chimney_host_net_unregister();
err_conn:
	chimney_conn_exit();
err_wq:
	destroy_workqueue(chimney_host_wq);
	return err;
}

void chimney_host_exit(void)
{
	chimney_sync_exit();
	chimney_client_unregister(&host_client);
	destroy_workqueue(chimney_host_wq);
	chimney_host_net_unregister();
	chimney_hooks_exit();
	rcu_barrier();
	chimney_conn_exit();
}
