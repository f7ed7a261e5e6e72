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
EXPORT_SYMBOL_IF_KUNIT(chimney_target_info);

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

static int target_check_ops(const struct chimney_target_ops *ops,
			    struct netlink_ext_ack *extack)
{
	if (!ops->initiate_offload)
		NL_SET_ERR_MSG(extack, "The target lacks initiate_offload");
	else if (!ops->terminate_offload)
		NL_SET_ERR_MSG(extack, "The target lacks terminate_offload");
	else if (!ops->tcp_send)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_send");
	else if (!ops->tcp_receive)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_receive");
	else if (!ops->tcp_forward)
		NL_SET_ERR_MSG(extack, "The target lacks tcp_forward");
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
	trace_chimney_target_add(core->dev->ifindex);
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
 * Return: 0; -EINVAL if a mandatory call is missing; -EEXIST if the device has
 * a target; -ENODEV if it is going away; -ENOMEM.
 */
int chimney_target_register(struct chimney_target *target,
			    struct netlink_ext_ack *extack)
{
	int err;

	err = target_check_ops(target->ops, extack);
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

	if (target->ops->stop) {
		target->ops->stop(target);
		/* A completion that was late may have freed its tree. */
		synchronize_net();
	}
	chimney_bindings_free(core);

	chimney_nl_target_removed(dev_net(core->dev), &info);
	trace_chimney_target_del(core->dev->ifindex);
	netdev_put(core->dev, &core->dev_tracker);
	core->gone = true;
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
	target->core = NULL;
	mutex_unlock(&chimney_registry_mutex);
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
