// SPDX-License-Identifier: GPL-2.0-only
/* The registry of targets, one for each device. */
#include <linux/rculist.h>
#include <linux/slab.h>
#include <kunit/visibility.h>

#include "../nl/nl.h"
#include "core.h"
#include "registry.h"
#include "trace.h"

/* See DOC: locking in registry.h. */
DEFINE_MUTEX(chimney_registry_mutex);

static LIST_HEAD(chimney_targets);

struct chimney_target_core *
chimney_target_core_find_rcu(const struct net_device *dev)
{
	struct chimney_target_core *core;

	list_for_each_entry_rcu(core, &chimney_targets, list,
				lockdep_is_held(&chimney_registry_mutex))
		if (core->dev == dev)
			return core;
	return NULL;
}

/* Any target of @kind that nobody is removing yet. */
struct chimney_target_core *
chimney_target_core_find_kind(const struct chimney_target_kind *kind)
{
	struct chimney_target_core *core;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(core, &chimney_targets, list)
		if (core->target->kind == kind && !core->removing)
			return core;
	return NULL;
}

/**
 * chimney_target_find_rcu() - the target on a device
 * @dev: the device
 *
 * Context: RCU read-side section, which keeps the target.
 * Return: the target, or NULL.
 */
struct chimney_target *chimney_target_find_rcu(const struct net_device *dev)
{
	struct chimney_target_core *core = chimney_target_core_find_rcu(dev);

	return core ? core->target : NULL;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_find_rcu);

static void target_fill_info(const struct chimney_target_core *core,
			     struct chimney_target_info *info)
{
	struct chimney_target *target = core->target;

	memset(info, 0, sizeof(*info));
	info->ifindex = core->dev->ifindex;
	strscpy(info->ifname, core->dev->name, sizeof(info->ifname));
	if (target->kind)
		strscpy(info->kind, target->kind->name, sizeof(info->kind));
	info->caps = target->caps;
	info->parameters = core->parameters;
	info->gate = READ_ONCE(core->gate);
	info->violations = chimney_violations(core);
	if (target->ops->usage)
		target->ops->usage(target, &info->usage);
}

/* The target of @net with the smallest ifindex >= @ifindex. */
static struct chimney_target_core *target_next_rcu(const struct net *net,
						   int ifindex)
{
	struct chimney_target_core *core, *best = NULL;

	list_for_each_entry_rcu(core, &chimney_targets, list) {
		if (!net_eq(dev_net(core->dev), net) ||
		    core->dev->ifindex < ifindex)
			continue;
		if (!best || core->dev->ifindex < best->dev->ifindex)
			best = core;
	}
	return best;
}

/**
 * chimney_target_info() - read a target
 * @net: namespace of the device
 * @ifindex: the device
 * @info: to be filled
 * @extack: for the reason of a failure
 *
 * Context: any. Return: 0, or -ENODEV if the device has no target.
 */
int chimney_target_info(struct net *net, int ifindex,
			struct chimney_target_info *info,
			struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;
	int err = 0;

	rcu_read_lock();
	core = target_next_rcu(net, ifindex);
	if (core && core->dev->ifindex == ifindex)
		target_fill_info(core, info);
	else
		err = -ENODEV;
	rcu_read_unlock();

	if (err)
		NL_SET_ERR_MSG(extack, "The device has no target");
	return err;
}
EXPORT_SYMBOL_GPL(chimney_target_info);

/**
 * chimney_target_info_next() - read targets one after the other
 * @net: namespace
 * @ifindex: where to go on
 * @info: filled with the target of the smallest ifindex from @ifindex on
 *
 * Context: any. Return: 0, or -ENOENT at the end.
 */
int chimney_target_info_next(struct net *net, int ifindex,
			     struct chimney_target_info *info)
{
	struct chimney_target_core *core;

	rcu_read_lock();
	core = target_next_rcu(net, ifindex);
	if (core)
		target_fill_info(core, info);
	rcu_read_unlock();
	return core ? 0 : -ENOENT;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_info_next);

/* The target on a device, which stays while the registry mutex is held. */
static struct chimney_target_core *target_get(struct net *net, int ifindex,
					      struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(core, &chimney_targets, list)
		if (net_eq(dev_net(core->dev), net) &&
		    core->ifindex == ifindex)
			return core;
	NL_SET_ERR_MSG(extack, "The device has no target");
	return NULL;
}

/* RFC 1122 4.2.3.2 */
#define DELAYED_ACK_MAX_TICKS	(500 * USEC_PER_MSEC)

static int target_check_parameters(const struct chimney_parameters *parameters,
				   struct netlink_ext_ack *extack)
{
	if (!parameters->ack_frequency)
		NL_SET_ERR_MSG(extack, "The ACK frequency must not be 0");
	else if (!parameters->max_retransmissions)
		NL_SET_ERR_MSG(extack,
			       "The maximum of retransmissions must not be 0");
	else if (!parameters->doubt_reachability_retransmissions)
		NL_SET_ERR_MSG(extack,
			       "The retransmissions until reachability is in doubt must not be 0");
	else if (!parameters->duplicate_ack_threshold)
		NL_SET_ERR_MSG(extack,
			       "The threshold of duplicate ACKs must not be 0");
	else if (!parameters->delayed_ack_ticks ||
		 parameters->delayed_ack_ticks > DELAYED_ACK_MAX_TICKS)
		NL_SET_ERR_MSG(extack,
			       "The delay of ACKs must be 1 to 500000 ticks");
	else if (!parameters->sws_prevention_ticks)
		NL_SET_ERR_MSG(extack, "The SWS timers must not be 0 ticks");
	else if (!parameters->push_ticks)
		NL_SET_ERR_MSG(extack, "The push timer must not be 0 ticks");
	else if (!parameters->nce_stale_ticks)
		NL_SET_ERR_MSG(extack,
			       "The time until a neighbor is stale must not be 0 ticks");
	else
		return 0;
	return -EINVAL;
}

static int target_set_parameters(struct chimney_target_core *core,
				 const struct chimney_parameters *parameters,
				 struct netlink_ext_ack *extack)
{
	struct chimney_target *target = core->target;
	int err = 0;

	mutex_lock(&core->settings);
	if (target->ops->set_parameters)
		err = target->ops->set_parameters(target, parameters, extack);
	if (!err) {
		core->parameters = *parameters;
		trace_chimney_target_parameters(core->ifindex);
	}
	mutex_unlock(&core->settings);
	return err;
}

/**
 * chimney_target_set_parameters() - set the parameters of a target
 * @net: namespace of the device
 * @ifindex: the device
 * @parameters: all of them (contract 2.12)
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0; -ENODEV if the device has no target; -EINVAL for a value out of
 * range; or what the target says.
 */
int chimney_target_set_parameters(struct net *net, int ifindex,
				  const struct chimney_parameters *parameters,
				  struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;
	int err;

	err = target_check_parameters(parameters, extack);
	if (err)
		return err;

	mutex_lock(&chimney_registry_mutex);
	core = target_get(net, ifindex, extack);
	err = core ? target_set_parameters(core, parameters, extack) : -ENODEV;
	mutex_unlock(&chimney_registry_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(chimney_target_set_parameters);

/**
 * chimney_set_parameters() - set the parameters of a target
 * @binding: a binding of the calling client
 * @parameters: all of them (contract 2.12)
 * @extack: for the reason of a failure
 *
 * As chimney_target_set_parameters(), for a client.
 *
 * Context: process, may sleep; also from bind and from calls of a target.
 * Return: 0; -EINVAL for a value out of range; or what the target says.
 */
int chimney_set_parameters(struct chimney_binding *binding,
			   const struct chimney_parameters *parameters,
			   struct netlink_ext_ack *extack)
{
	int err = target_check_parameters(parameters, extack);

	return err ?: target_set_parameters(binding->core, parameters, extack);
}
EXPORT_SYMBOL_GPL(chimney_set_parameters);

static int target_statistics(struct chimney_target *target, u16 family,
			     struct chimney_statistics *statistics, bool reset,
			     struct netlink_ext_ack *extack)
{
	struct chimney_statistics unread;

	if (!target->ops->statistics) {
		NL_SET_ERR_MSG(extack, "The target keeps no statistics");
		return -EOPNOTSUPP;
	}
	if (!(family == AF_INET && target->caps.ipv4) &&
	    !(family == AF_INET6 && target->caps.ipv6)) {
		NL_SET_ERR_MSG(extack,
			       "The target offloads no connections of this family");
		return -EOPNOTSUPP;
	}
	if (!statistics)
		statistics = &unread;
	memset(statistics, 0, sizeof(*statistics));
	target->ops->statistics(target, family, statistics, reset);
	return 0;
}

/**
 * chimney_target_statistics() - read or reset the statistics of a target
 * @net: namespace of the device
 * @ifindex: the device
 * @family: AF_INET or AF_INET6 (STA-01, STA-02)
 * @statistics: to be filled, or NULL
 * @reset: whether they are set to 0 afterwards (STA-05)
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0; -ENODEV if the device has no target; -EOPNOTSUPP if it keeps none
 * for @family.
 */
int chimney_target_statistics(struct net *net, int ifindex, u16 family,
			      struct chimney_statistics *statistics, bool reset,
			      struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;
	int err;

	mutex_lock(&chimney_registry_mutex);
	core = target_get(net, ifindex, extack);
	err = core ? target_statistics(core->target, family, statistics, reset,
				       extack) : -ENODEV;
	mutex_unlock(&chimney_registry_mutex);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_statistics);

/**
 * chimney_query_statistics() - read or reset the statistics of a target
 * @binding: a binding of the calling client
 * @family: AF_INET or AF_INET6
 * @statistics: to be filled
 * @reset: whether they are set to 0 afterwards
 *
 * Context: any that the target's statistics call may be made in.
 * Return: 0, or -EOPNOTSUPP if the target keeps none for @family.
 */
int chimney_query_statistics(struct chimney_binding *binding, u16 family,
			     struct chimney_statistics *statistics, bool reset)
{
	return target_statistics(binding->core->target, family, statistics,
				 reset, NULL);
}
EXPORT_SYMBOL_GPL(chimney_query_statistics);

/**
 * chimney_target_breaches() - breaches of the contract by clause
 * @net: namespace of the device
 * @ifindex: the device
 * @counts: to be filled, CHIMNEY_CLAUSES members
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0, or -ENODEV if the device has no target.
 */
int chimney_target_breaches(struct net *net, int ifindex, u32 *counts,
			    struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;

	mutex_lock(&chimney_registry_mutex);
	core = target_get(net, ifindex, extack);
	if (core)
		chimney_violations_read(core, counts);
	mutex_unlock(&chimney_registry_mutex);
	return core ? 0 : -ENODEV;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_breaches);

static int target_fault(struct chimney_target *target, const char *script,
			struct netlink_ext_ack *extack)
{
	if (!target->kind || !target->kind->fault) {
		NL_SET_ERR_MSG(extack, "The target cannot inject faults");
		return -EOPNOTSUPP;
	}
	return target->kind->fault(target, script, extack);
}

/**
 * chimney_target_fault() - make a target misbehave, for tests
 * @net: namespace of the device
 * @ifindex: the device
 * @script: what it is to do, in the language of its kind
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0; -ENODEV if the device has no target; -EOPNOTSUPP if its kind has
 * no faults; or what the kind says.
 */
int chimney_target_fault(struct net *net, int ifindex, const char *script,
			 struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;
	int err;

	mutex_lock(&chimney_registry_mutex);
	core = target_get(net, ifindex, extack);
	err = core ? target_fault(core->target, script, extack) : -ENODEV;
	mutex_unlock(&chimney_registry_mutex);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_fault);

static int target_check_ops(const struct chimney_target_ops *ops,
			    struct netlink_ext_ack *extack)
{
	if (!ops->initiate_offload)
		NL_SET_ERR_MSG(extack, "The target lacks initiate_offload");
	else if (!ops->terminate_offload)
		NL_SET_ERR_MSG(extack, "The target lacks terminate_offload");
	else if (!ops->query_offload)
		NL_SET_ERR_MSG(extack, "The target lacks query_offload");
	else if (!ops->update_offload)
		NL_SET_ERR_MSG(extack, "The target lacks update_offload");
	else if (!ops->invalidate_offload)
		NL_SET_ERR_MSG(extack, "The target lacks invalidate_offload");
	else if (!ops->tcp_send)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_send");
	else if (!ops->tcp_receive)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_receive");
	else if (!ops->tcp_forward)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_forward");
	else if (!ops->tcp_disconnect)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_disconnect");
	else
		return 0;
	return -EINVAL;
}

/* CAP-13, CAP-14 */
static int target_check_caps(const struct chimney_caps *caps,
			     struct netlink_ext_ack *extack)
{
	if (!caps->ipv4 && !caps->ipv6)
		NL_SET_ERR_MSG(extack,
			       "The target offloads neither IPv4 nor IPv6");
	else if (!caps->tcp_entries)
		NL_SET_ERR_MSG(extack, "The target has no TCP entries");
	else
		return 0;
	return -EINVAL;
}

static struct chimney_target_core *target_core_new(struct chimney_target *target)
{
	struct chimney_target_core *core;

	core = kzalloc(sizeof(*core), GFP_KERNEL);
	if (!core)
		return NULL;
	core->target = target;
	core->dev = target->dev;
	core->ifindex = core->dev->ifindex;
	chimney_gate_init(core);
	netdev_hold(core->dev, &core->dev_tracker, GFP_KERNEL);
	INIT_LIST_HEAD(&core->bindings);
	spin_lock_init(&core->lock);
	hash_init(core->calls);
	return core;
}

static int target_add(struct chimney_target *target,
		      struct netlink_ext_ack *extack)
{
	struct chimney_target_core *core;
	struct chimney_target_info info;

	lockdep_assert_held(&chimney_registry_mutex);
	if (chimney_target_core_find_rcu(target->dev)) {
		NL_SET_ERR_MSG(extack, "The device has a target already");
		return -EEXIST;
	}
	/*
	 * Set before the notifier that removes targets can take the mutex, so
	 * no target gets past it.
	 */
	if (READ_ONCE(target->dev->reg_state) > NETREG_REGISTERED) {
		NL_SET_ERR_MSG(extack, "The device is going away");
		return -ENODEV;
	}

	core = target_core_new(target);
	if (!core)
		return -ENOMEM;
	target->core = core;
	list_add_tail_rcu(&core->list, &chimney_targets);
	trace_chimney_target_add(core->ifindex);
	target_fill_info(core, &info);
	chimney_nl_target_added(dev_net(core->dev), &info);
	chimney_bindings_open(target);
	return 0;
}

/**
 * chimney_target_register() - register an offload target
 * @target: the target, ready to be called; all members but core are filled
 * @extack: for the reason of a failure, or NULL
 *
 * Clients may call the target before the function returns.
 *
 * Context: process, may sleep; the RTNL may be held.
 * Return: 0; -EINVAL if a mandatory call is missing, or it can offload nothing;
 * -EEXIST if the device has a target; -ENODEV if it is going away; -ENOMEM.
 */
int chimney_target_register(struct chimney_target *target,
			    struct netlink_ext_ack *extack)
{
	int err;

	err = target_check_ops(target->ops, extack);
	if (err)
		return err;
	err = target_check_caps(&target->caps, extack);
	if (err)
		return err;

	mutex_lock(&chimney_registry_mutex);
	err = target_add(target, extack);
	mutex_unlock(&chimney_registry_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(chimney_target_register);

/* Take a target out of use: everything is home and the device is let go. */
void chimney_target_shut(struct chimney_target_core *core)
{
	struct chimney_target *target = core->target;
	struct chimney_target_info info;

	lockdep_assert_held(&chimney_registry_mutex);
	target_fill_info(core, &info);
	list_del_rcu(&core->list);
	chimney_bindings_close(core);
	spin_lock_bh(&core->lock);
	core->dead = true;
	spin_unlock_bh(&core->lock);
	synchronize_net();

	if (target->ops->stop)
		target->ops->stop(target);
	/*
	 * A completion that was late may have freed its tree, and nobody
	 * looks at the device any more.
	 */
	WRITE_ONCE(core->gone, true);
	synchronize_net();
	chimney_bindings_free(core);

	chimney_nl_target_removed(dev_net(core->dev), &info);
	trace_chimney_target_del(core->ifindex);
	netdev_put(core->dev, &core->dev_tracker);
}

/**
 * chimney_target_unregister() - unregister an offload target
 * @target: a registered target
 *
 * Unbinds all clients, who terminate what they have offloaded: the target must
 * go on working until the function returns. After that no call to the target
 * comes any more, and it must not call the core.
 *
 * Context: process, may sleep; the RTNL may be held.
 */
void chimney_target_unregister(struct chimney_target *target)
{
	struct chimney_target_core *core = target->core;

	mutex_lock(&chimney_registry_mutex);
	if (!core->gone)
		chimney_target_shut(core);
	WRITE_ONCE(target->core, NULL);
	mutex_unlock(&chimney_registry_mutex);
	chimney_gate_exit(core);
	kfree_rcu(core, rcu);
}
EXPORT_SYMBOL_GPL(chimney_target_unregister);

/* Offer all targets to a new client. */
void chimney_targets_bind(struct chimney_client *client)
{
	struct chimney_target_core *core;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(core, &chimney_targets, list)
		client->ops->bind(core->target);
}

/* Bring everything of a client home. */
void chimney_targets_unbind(struct chimney_client *client)
{
	struct chimney_target_core *core;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(core, &chimney_targets, list)
		chimney_bindings_drop(core, client);
}
