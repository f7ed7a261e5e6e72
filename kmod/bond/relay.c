// SPDX-License-Identifier: GPL-2.0-only
/*
 * What a relay is above of, which of that it uses, and what the drivers above
 * may know of it: gate, capabilities, parameters, statistics.
 */
#include <linux/module.h>
#include <linux/netdevice.h>
#include <linux/slab.h>

#include "relay.h"

/* Longer than any operation that brings something home may take. */
#define RELAY_PATIENCE	(60 * HZ)

static DEFINE_MUTEX(relay_lowers_mutex);
static LIST_HEAD(relay_lowers);
static LIST_HEAD(relays);

static struct workqueue_struct *relay_wq;
static struct chimney_client relay_client;

/* References ---------------------------------------------------------------- */

static void relay_release(struct kref *refs)
{
	struct chimney_relay *relay =
		container_of(refs, struct chimney_relay, refs);

	kfree_rcu(relay, rcu);
}

void relay_get(struct chimney_relay *relay)
{
	kref_get(&relay->refs);
}

void relay_put(struct chimney_relay *relay)
{
	kref_put(&relay->refs, relay_release);
}

static void relay_survey_later(struct chimney_relay *relay)
{
	relay_get(relay);
	if (!queue_work(relay_wq, &relay->survey))
		relay_put(relay);
}

void relay_carry_later(struct chimney_relay *relay)
{
	queue_work(relay_wq, &relay->carry);
}

void relay_load_put(struct chimney_relay *relay)
{
	if (atomic_dec_and_test(&relay->load))
		relay_survey_later(relay);
}

/**
 * chimney_relay_survey_all() - something has changed around the devices
 *
 * Context: any but hard interrupts; may sleep.
 */
void chimney_relay_survey_all(void)
{
	struct chimney_relay *relay;

	mutex_lock(&relay_lowers_mutex);
	list_for_each_entry(relay, &relays, list)
		relay_survey_later(relay);
	mutex_unlock(&relay_lowers_mutex);
}
EXPORT_SYMBOL_GPL(chimney_relay_survey_all);

/* Capabilities -------------------------------------------------------------- */

/* 0 is no limit. */
static u32 limit_of_both(u32 a, u32 b)
{
	return a && b ? min(a, b) : a | b;
}

/* CAP-04: what all targets below can do; false if that is nothing. */
static bool caps_shared(struct chimney_relay *relay, struct chimney_caps *shared)
{
	struct relay_lower *lower;
	struct chimney_caps caps;
	bool any = false;

	lockdep_assert_held(&relay->mutex);
	list_for_each_entry(lower, &relay->lowers, sibling) {
		chimney_query_caps(lower->binding, &caps);
		if (!any) {
			*shared = caps;
			any = true;
			continue;
		}
		shared->tcp_entries = min(shared->tcp_entries,
					  caps.tcp_entries);
		shared->path_entries = min(shared->path_entries,
					   caps.path_entries);
		shared->neighbor_entries = min(shared->neighbor_entries,
					       caps.neighbor_entries);
		shared->max_mtu = limit_of_both(shared->max_mtu, caps.max_mtu);
		shared->max_rcv_wnd = limit_of_both(shared->max_rcv_wnd,
						    caps.max_rcv_wnd);
		shared->ipv4 &= caps.ipv4;
		shared->ipv6 &= caps.ipv6;
		shared->sack &= caps.sack;
		shared->tcp_memory = max(shared->tcp_memory,
					 caps.tcp_memory);
	}
	return any && (shared->ipv4 || shared->ipv6) && shared->tcp_entries;
}

/* CAP-06 */
static void relay_enable(struct chimney_target *target,
			 const struct chimney_caps *caps)
{
	struct chimney_relay *relay = relay_of(target);
	struct relay_lower *lower;

	mutex_lock(&relay->mutex);
	list_for_each_entry(lower, &relay->lowers, sibling)
		chimney_enable_caps(lower->binding, caps);
	mutex_unlock(&relay->mutex);
}

/* All targets below, or none. */
static int lowers_set_parameters(struct chimney_relay *relay,
				 const struct chimney_parameters *parameters,
				 struct netlink_ext_ack *extack)
{
	struct relay_lower *lower;
	int err;

	lockdep_assert_held(&relay->mutex);
	list_for_each_entry(lower, &relay->lowers, sibling) {
		err = chimney_set_parameters(lower->binding, parameters,
					     extack);
		if (err)
			goto err_undo;
	}
	return 0;

err_undo:
	if (relay->settled)
		list_for_each_entry_continue_reverse(lower, &relay->lowers,
						     sibling)
			chimney_set_parameters(lower->binding,
					       &relay->parameters, NULL);
	return err;
}

static int relay_set_parameters(struct chimney_target *target,
				const struct chimney_parameters *parameters,
				struct netlink_ext_ack *extack)
{
	struct chimney_relay *relay = relay_of(target);
	int err;

	mutex_lock(&relay->mutex);
	err = lowers_set_parameters(relay, parameters, extack);
	if (!err) {
		relay->parameters = *parameters;
		relay->settled = true;
	}
	mutex_unlock(&relay->mutex);
	return err;
}

/* STA-01: what went through any of the targets below. */
static void relay_statistics(struct chimney_target *target, u16 family,
			     struct chimney_statistics *statistics, bool reset)
{
	struct chimney_relay *relay = relay_of(target);
	struct chimney_statistics part;
	struct relay_lower *lower;
	u64 *sum, *add;
	size_t i;

	memset(statistics, 0, sizeof(*statistics));
	sum = (u64 *)statistics;
	add = (u64 *)&part;
	rcu_read_lock();
	list_for_each_entry_rcu(lower, &relay->lowers, sibling) {
		if (chimney_query_statistics(lower->binding, family, &part,
					     reset))
			continue;
		for (i = 0; i < sizeof(part) / sizeof(*sum); i++)
			sum[i] += add[i];
	}
	rcu_read_unlock();
}

static void relay_usage(struct chimney_target *target,
			struct chimney_usage *usage)
{
	struct chimney_relay *relay = relay_of(target);

	usage->tcp = atomic_read(&relay->used[CHIMNEY_LAYER_TCP]);
	usage->path = atomic_read(&relay->used[CHIMNEY_LAYER_PATH]);
	usage->neighbor = atomic_read(&relay->used[CHIMNEY_LAYER_NEIGHBOR]);
}

static void relay_stop(struct chimney_target *target)
{
	relay_trees_abandon(relay_of(target));
}

static const struct chimney_target_ops relay_target_ops = {
	.initiate_offload = relay_initiate,
	.terminate_offload = relay_terminate,
	.query_offload = relay_query,
	.update_offload = relay_update,
	.invalidate_offload = relay_invalidate,
	.tcp_send = relay_tcp_send,
	.tcp_receive = relay_tcp_receive,
	.tcp_forward = relay_tcp_forward,
	.tcp_disconnect = relay_tcp_disconnect,
	.enable = relay_enable,
	.set_parameters = relay_set_parameters,
	.statistics = relay_statistics,
	.usage = relay_usage,
	.stop = relay_stop,
};

/* Targets below ------------------------------------------------------------- */

static struct relay_lower *current_of(const struct chimney_relay *relay)
{
	return rcu_dereference_protected(relay->current_lower,
					 lockdep_is_held(&relay->mutex));
}

static bool may_use(struct chimney_relay *relay, struct relay_lower *lower)
{
	bool may;

	rcu_read_lock();
	may = !lower->leaving && lower->target != &relay->target &&
	      relay->ops->is_lower(relay, lower->target->dev);
	rcu_read_unlock();
	return may;
}

static void lower_attach(struct chimney_relay *relay, struct relay_lower *lower)
{
	WRITE_ONCE(lower->relay, relay);
	list_add_tail_rcu(&lower->sibling, &relay->lowers);
	if (relay->settled)
		chimney_set_parameters(lower->binding, &relay->parameters,
				       NULL);
}

static void lower_detach(struct relay_lower *lower)
{
	list_del_rcu(&lower->sibling);
	WRITE_ONCE(lower->relay, NULL);
}

/* Find out who is below now; the current one stays until another takes over. */
static void lowers_look(struct chimney_relay *relay)
{
	struct relay_lower *lower;
	bool may;

	lockdep_assert_held(&relay->mutex);
	mutex_lock(&relay_lowers_mutex);
	list_for_each_entry(lower, &relay_lowers, list) {
		may = may_use(relay, lower);
		if (may && !lower->relay)
			lower_attach(relay, lower);
		else if (!may && lower->relay == relay &&
			 lower != current_of(relay) && !lower->leaving)
			lower_detach(lower);
	}
	mutex_unlock(&relay_lowers_mutex);
}

static struct relay_lower *lower_wanted(struct chimney_relay *relay)
{
	struct relay_lower *lower, *wanted = NULL;
	const struct net_device *dev;

	lockdep_assert_held(&relay->mutex);
	rcu_read_lock();
	dev = relay->ops->active(relay);
	list_for_each_entry(lower, &relay->lowers, sibling)
		if (lower->target->dev == dev && !READ_ONCE(lower->leaving))
			wanted = lower;
	rcu_read_unlock();
	return wanted;
}

static void tell(struct chimney_relay *relay,
		 enum chimney_indication indication, enum chimney_gate gate)
{
	lockdep_assert_held(&relay->mutex);
	relay->gate = gate;
	chimney_status_indicate(&relay->target, indication);
}

/* Ask for everything back; false while something is still offloaded. */
static bool relay_drain(struct chimney_relay *relay)
{
	if (relay->gate == CHIMNEY_GATE_OPEN)
		tell(relay, CHIMNEY_INDICATION_PAUSE, CHIMNEY_GATE_PAUSED);
	if (!atomic_read(&relay->load))
		return true;
	if (relay->gate != CHIMNEY_GATE_DRAINING)
		tell(relay, CHIMNEY_INDICATION_UPLOAD_ALL,
		     CHIMNEY_GATE_DRAINING);
	return false;
}

static bool needs_drain(const struct relay_lower *now,
			const struct relay_lower *wanted)
{
	return now != wanted ||
	       (now && READ_ONCE(now->gate) == CHIMNEY_GATE_DRAINING);
}

/* With fresh capabilities, which may change now and only now (PAU-08). */
static void relay_open(struct chimney_relay *relay,
		       const struct chimney_caps *caps)
{
	if (relay->gate == CHIMNEY_GATE_OPEN)
		tell(relay, CHIMNEY_INDICATION_PAUSE, CHIMNEY_GATE_PAUSED);
	relay->target.caps = *caps;
	tell(relay, CHIMNEY_INDICATION_RESUME, CHIMNEY_GATE_OPEN);
}

static void relay_settle(struct chimney_relay *relay)
{
	struct relay_lower *wanted;
	struct chimney_caps caps;

	lowers_look(relay);
	wanted = lower_wanted(relay);
	if (needs_drain(current_of(relay), wanted) && !relay_drain(relay))
		return;
	if (current_of(relay) != wanted) {
		rcu_assign_pointer(relay->current_lower, wanted);
		wake_up_all(&relay->idle);
		lowers_look(relay);
	}
	if (!wanted || READ_ONCE(wanted->gate) != CHIMNEY_GATE_OPEN ||
	    !caps_shared(relay, &caps)) {
		if (relay->gate == CHIMNEY_GATE_OPEN)
			tell(relay, CHIMNEY_INDICATION_PAUSE,
			     CHIMNEY_GATE_PAUSED);
		return;
	}
	if (relay->gate != CHIMNEY_GATE_OPEN ||
	    memcmp(&caps, &relay->target.caps, sizeof(caps)))
		relay_open(relay, &caps);
}

static void relay_survey(struct work_struct *work)
{
	struct chimney_relay *relay =
		container_of(work, struct chimney_relay, survey);

	mutex_lock(&relay->mutex);
	if (relay->registered)
		relay_settle(relay);
	mutex_unlock(&relay->mutex);
	relay_put(relay);
}

/* The lower edge ------------------------------------------------------------ */

static void relay_bind(struct chimney_target *target)
{
	struct relay_lower *lower = kzalloc(sizeof(*lower), GFP_KERNEL);
	struct chimney_relay *relay;

	if (!lower)
		return;
	lower->target = target;
	lower->gate = CHIMNEY_GATE_OPEN;
	lower->binding = chimney_bind(&relay_client, target, lower);
	if (IS_ERR(lower->binding)) {
		kfree(lower);
		return;
	}
	mutex_lock(&relay_lowers_mutex);
	list_add_tail(&lower->list, &relay_lowers);
	list_for_each_entry(relay, &relays, list)
		relay_survey_later(relay);
	mutex_unlock(&relay_lowers_mutex);
}

/* The relay that uses @lower, with a reference, or NULL. */
static struct chimney_relay *lower_leave(struct relay_lower *lower)
{
	struct chimney_relay *relay;

	mutex_lock(&relay_lowers_mutex);
	lower->leaving = true;
	list_del(&lower->list);
	relay = lower->relay;
	if (relay)
		relay_get(relay);
	mutex_unlock(&relay_lowers_mutex);
	return relay;
}

static void relay_unbind(struct chimney_binding *binding)
{
	struct relay_lower *lower = chimney_binding_priv(binding);
	struct chimney_relay *relay = lower_leave(lower);

	if (relay) {
		relay_survey_later(relay);
		wait_event_timeout(relay->idle,
				   rcu_access_pointer(relay->current_lower) !=
				   lower, RELAY_PATIENCE);
		mutex_lock(&relay->mutex);
		if (current_of(relay) == lower)
			RCU_INIT_POINTER(relay->current_lower, NULL);
		lower_detach(lower);
		mutex_unlock(&relay->mutex);
		relay_put(relay);
	}
	kfree_rcu(lower, rcu);
}

static void relay_status(struct chimney_binding *binding,
			 enum chimney_indication indication)
{
	struct relay_lower *lower = chimney_binding_priv(binding);
	struct chimney_relay *relay = READ_ONCE(lower->relay);

	switch (indication) {
	case CHIMNEY_INDICATION_PAUSE:
		if (lower->gate == CHIMNEY_GATE_OPEN)
			WRITE_ONCE(lower->gate, CHIMNEY_GATE_PAUSED);
		break;
	case CHIMNEY_INDICATION_UPLOAD_ALL:
		WRITE_ONCE(lower->gate, CHIMNEY_GATE_DRAINING);
		break;
	case CHIMNEY_INDICATION_RESUME:
		WRITE_ONCE(lower->gate, CHIMNEY_GATE_OPEN);
		break;
	}
	if (relay)
		relay_survey_later(relay);
}

static const struct chimney_client_ops relay_client_ops = {
	.bind = relay_bind,
	.unbind = relay_unbind,
	.initiate_offload_complete = relay_completed,
	.terminate_offload_complete = relay_completed,
	.query_offload_complete = relay_completed,
	.update_offload_complete = relay_completed,
	.invalidate_offload_complete = relay_completed,
	.operation_lost = relay_operation_lost,
	.free_tree = relay_free_tree,
	.tcp_send_complete = relay_tcp_send_completed,
	.tcp_receive_complete = relay_tcp_receive_completed,
	.tcp_forward_complete = relay_tcp_forward_completed,
	.tcp_receive_indicate = relay_tcp_receive_indicated,
	.tcp_event = relay_tcp_event,
	.tcp_disconnect_complete = relay_tcp_disconnect_completed,
	.event = relay_event,
	.status = relay_status,
};

static struct chimney_client relay_client = {
	.name = "bond",
	.ops = &relay_client_ops,
	.owner = THIS_MODULE,
};

/* Life ---------------------------------------------------------------------- */

static struct chimney_relay *relay_new(struct net_device *dev,
				       const struct chimney_target_kind *kind,
				       const struct chimney_relay_ops *ops)
{
	struct chimney_relay *relay = kzalloc(sizeof(*relay), GFP_KERNEL);

	if (!relay)
		return NULL;
	relay->target.dev = dev;
	relay->target.ops = &relay_target_ops;
	relay->target.owner = THIS_MODULE;
	relay->target.kind = kind;
	relay->ops = ops;
	kref_init(&relay->refs);
	lockdep_register_key(&relay->key);
	mutex_init(&relay->mutex);
	lockdep_set_class(&relay->mutex, &relay->key);
	INIT_LIST_HEAD(&relay->lowers);
	spin_lock_init(&relay->lock);
	INIT_LIST_HEAD(&relay->calls);
	init_waitqueue_head(&relay->idle);
	INIT_WORK(&relay->carry, relay_carry);
	INIT_WORK(&relay->survey, relay_survey);
	mutex_lock(&relay_lowers_mutex);
	list_add_tail(&relay->list, &relays);
	mutex_unlock(&relay_lowers_mutex);
	return relay;
}

/* Nobody above uses it any more. */
static void relay_free(struct chimney_relay *relay)
{
	struct relay_lower *lower, *next;

	mutex_lock(&relay->mutex);
	mutex_lock(&relay_lowers_mutex);
	list_del(&relay->list);
	RCU_INIT_POINTER(relay->current_lower, NULL);
	list_for_each_entry_safe(lower, next, &relay->lowers, sibling)
		if (!lower->leaving)
			lower_detach(lower);
	mutex_unlock(&relay_lowers_mutex);
	mutex_unlock(&relay->mutex);
	wake_up_all(&relay->idle);
	/* Who is being unbound has a reference, and detaches by itself. */
	wait_event(relay->idle, list_empty_careful(&relay->lowers));
	flush_work(&relay->survey);
	synchronize_net();
	lockdep_unregister_key(&relay->key);
	relay_put(relay);
}

/* CAP-05: nothing is offered that no target below can do. */
static int relay_begin(struct chimney_relay *relay,
		       struct netlink_ext_ack *extack)
{
	bool able;

	mutex_lock(&relay->mutex);
	lowers_look(relay);
	able = caps_shared(relay, &relay->target.caps);
	rcu_assign_pointer(relay->current_lower, lower_wanted(relay));
	mutex_unlock(&relay->mutex);
	if (able)
		return 0;
	NL_SET_ERR_MSG(extack,
		       "no device below has a target that could be used; add one there first");
	return -EOPNOTSUPP;
}

/**
 * chimney_relay_create() - register an intermediate driver on a device
 * @dev: the device
 * @kind: of the target that it is to drivers above
 * @ops: where it relays to
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep.
 * Return: the relay, for chimney_relay_destroy(); ERR_PTR(-EOPNOTSUPP) if there
 * is no target below, or they can do nothing together; ERR_PTR(-ENOMEM); or
 * what chimney_target_register() says.
 */
struct chimney_relay *chimney_relay_create(struct net_device *dev,
					   const struct chimney_target_kind *kind,
					   const struct chimney_relay_ops *ops,
					   struct netlink_ext_ack *extack)
{
	struct chimney_relay *relay = relay_new(dev, kind, ops);
	int err;

	if (!relay)
		return ERR_PTR(-ENOMEM);
	err = relay_begin(relay, extack);
	if (!err)
		err = chimney_target_register(&relay->target, extack);
	if (err) {
		relay_free(relay);
		return ERR_PTR(err);
	}
	mutex_lock(&relay->mutex);
	relay->registered = true;
	mutex_unlock(&relay->mutex);
	relay_survey_later(relay);
	return relay;
}
EXPORT_SYMBOL_GPL(chimney_relay_create);

/**
 * chimney_relay_destroy() - unregister an intermediate driver
 * @relay: the relay; gone when the function returns
 *
 * Everything that is offloaded through it comes home first.
 *
 * Context: process, may sleep; the RTNL may be held.
 */
void chimney_relay_destroy(struct chimney_relay *relay)
{
	mutex_lock(&relay->mutex);
	relay->registered = false;
	mutex_unlock(&relay->mutex);
	chimney_target_unregister(&relay->target);
	relay_free(relay);
}
EXPORT_SYMBOL_GPL(chimney_relay_destroy);

int chimney_relay_init(void)
{
	int err;

	relay_wq = alloc_workqueue("chimney_bond", WQ_UNBOUND, 0);
	if (!relay_wq)
		return -ENOMEM;
	err = chimney_client_register(&relay_client);
	if (err)
		destroy_workqueue(relay_wq);
	return err;
}

/* All relays have been destroyed. */
void chimney_relay_exit(void)
{
	chimney_client_unregister(&relay_client);
	destroy_workqueue(relay_wq);
	/* Late completions that have freed their trees */
	rcu_barrier();
	relay_free_lost();
}
