// SPDX-License-Identifier: GPL-2.0-only
/* Kinds of software targets, which userspace makes and removes. */
#include <linux/module.h>
#include <linux/wait.h>
#include <kunit/visibility.h>

#include "core.h"
#include "registry.h"

static LIST_HEAD(chimney_kinds);

static DECLARE_WAIT_QUEUE_HEAD(chimney_removed);

static struct chimney_target_kind *kind_find(const char *name)
{
	struct chimney_target_kind *kind;

	lockdep_assert_held(&chimney_registry_mutex);
	list_for_each_entry(kind, &chimney_kinds, list)
		if (!strcmp(kind->name, name))
			return kind;
	return NULL;
}

/* With a reference to its module, for the time of a call. */
static struct chimney_target_kind *kind_get(const char *name)
{
	struct chimney_target_kind *kind;

	mutex_lock(&chimney_registry_mutex);
	kind = kind_find(name);
	if (kind && !try_module_get(kind->owner))
		kind = NULL;
	mutex_unlock(&chimney_registry_mutex);
	return kind;
}

/**
 * chimney_target_new() - make a software target
 * @net: namespace of the device
 * @ifindex: the device
 * @name: the kind
 * @caps: what it is to be able to do; 0 for a default
 * @extack: for the reason of a failure
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0; -ENODEV, -EOPNOTSUPP for an unknown kind, or what the kind says.
 */
int chimney_target_new(struct net *net, int ifindex, const char *name,
		       const struct chimney_caps *caps,
		       struct netlink_ext_ack *extack)
{
	struct chimney_target_kind *kind;
	struct net_device *dev;
	int err;

	dev = dev_get_by_index(net, ifindex);
	if (!dev) {
		NL_SET_ERR_MSG(extack, "There is no such device");
		return -ENODEV;
	}
	kind = kind_get(name);
	if (kind) {
		err = kind->newtarget(dev, caps, extack);
		module_put(kind->owner);
	} else {
		NL_SET_ERR_MSG(extack, "There is no such kind of target");
		err = -EOPNOTSUPP;
	}
	dev_put(dev);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_new);

static bool target_is_gone(const struct net_device *dev)
{
	bool gone;

	rcu_read_lock();
	gone = !chimney_target_core_find_rcu(dev);
	rcu_read_unlock();
	return gone;
}

/* Wait for somebody else who is removing the target of a device. */
static void target_wait_gone(const struct net_device *dev)
{
	wait_event(chimney_removed, target_is_gone(dev));
	/* It leaves the list first, with the mutex held until it is done. */
	mutex_lock(&chimney_registry_mutex);
	mutex_unlock(&chimney_registry_mutex);
}

/**
 * chimney_target_remove() - remove the software target of a device
 * @dev: the device
 *
 * A target is removed by one caller only; others, and everybody while the
 * module of the kind is being unloaded, which removes its targets itself, wait
 * until it is gone.
 *
 * Context: process, may sleep; the RTNL may be held.
 * Return: false if the device has no target, or that of a driver.
 */
bool chimney_target_remove(const struct net_device *dev)
{
	const struct chimney_target_kind *kind = NULL;
	struct chimney_target_core *core;
	bool ours = false;

	mutex_lock(&chimney_registry_mutex);
	core = chimney_target_core_find_rcu(dev);
	if (core)
		kind = core->target->kind;
	if (kind && !core->removing)
		ours = try_module_get(kind->owner);
	if (ours)
		core->removing = true;
	mutex_unlock(&chimney_registry_mutex);

	if (ours) {
		kind->deltarget(core->target);
		wake_up_all(&chimney_removed);
		module_put(kind->owner);
	} else if (kind) {
		target_wait_gone(dev);
	}
	return kind;
}

/**
 * chimney_target_del() - remove a software target
 * @net: namespace of the device
 * @ifindex: the device
 * @extack: for the reason of a failure
 *
 * Connections that are offloaded to it come home first.
 *
 * Context: process, may sleep; without the RTNL.
 * Return: 0; -ENODEV if there is no such device or it has no target;
 * -EOPNOTSUPP for the target of a driver.
 */
int chimney_target_del(struct net *net, int ifindex,
		       struct netlink_ext_ack *extack)
{
	struct net_device *dev;
	int err = 0;

	dev = dev_get_by_index(net, ifindex);
	if (!dev) {
		NL_SET_ERR_MSG(extack, "There is no such device");
		return -ENODEV;
	}
	if (!chimney_target_remove(dev)) {
		if (target_is_gone(dev)) {
			NL_SET_ERR_MSG(extack, "The device has no target");
			err = -ENODEV;
		} else {
			NL_SET_ERR_MSG(extack,
				       "The target belongs to the device's driver");
			err = -EOPNOTSUPP;
		}
	}
	dev_put(dev);
	return err;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_target_del);

/**
 * chimney_target_kind_register() - register a kind of software targets
 * @kind: the kind; kept by the caller until chimney_target_kind_unregister()
 *	has returned
 *
 * Context: process, may sleep. Return: 0, or -EEXIST if the name is taken.
 */
int chimney_target_kind_register(struct chimney_target_kind *kind)
{
	int err = 0;

	mutex_lock(&chimney_registry_mutex);
	if (kind_find(kind->name))
		err = -EEXIST;
	else
		list_add_tail(&kind->list, &chimney_kinds);
	mutex_unlock(&chimney_registry_mutex);
	return err;
}
EXPORT_SYMBOL_GPL(chimney_target_kind_register);

/* A target of @kind that is now ours to remove, or NULL. */
static struct chimney_target *kind_claim(const struct chimney_target_kind *kind)
{
	struct chimney_target_core *core;

	mutex_lock(&chimney_registry_mutex);
	core = chimney_target_core_find_kind(kind);
	if (core)
		core->removing = true;
	mutex_unlock(&chimney_registry_mutex);
	return core ? core->target : NULL;
}

/**
 * chimney_target_kind_unregister() - unregister a kind of software targets
 * @kind: the kind
 *
 * Removes all its targets first. Meant for module exit: a live target does not
 * pin the module of its kind.
 *
 * Context: process, may sleep; without the RTNL.
 */
void chimney_target_kind_unregister(struct chimney_target_kind *kind)
{
	struct chimney_target *target;

	mutex_lock(&chimney_registry_mutex);
	list_del(&kind->list);
	mutex_unlock(&chimney_registry_mutex);

	while ((target = kind_claim(kind))) {
		kind->deltarget(target);
		wake_up_all(&chimney_removed);
	}
}
EXPORT_SYMBOL_GPL(chimney_target_kind_unregister);
