// SPDX-License-Identifier: GPL-2.0-only
/* The core comes and goes, and follows devices and namespaces. */
#include <linux/netdevice.h>
#include <net/net_namespace.h>

#include "call.h"
#include "core.h"
#include "op.h"
#include "registry.h"

/*
 * A device that goes away, or moves to another namespace, loses its target
 * first. That of a driver stays registered, out of use, until the driver
 * unregisters it. Called under the RTNL.
 */
static void device_gone(const struct net_device *dev)
{
	struct chimney_target_core *core;

	if (chimney_target_remove(dev))
		return;

	mutex_lock(&chimney_registry_mutex);
	core = chimney_target_core_find_rcu(dev);
	if (core && !core->target->kind)
		chimney_target_shut(core);
	mutex_unlock(&chimney_registry_mutex);
}

static int core_netdev_event(struct notifier_block *notifier,
			     unsigned long event, void *info)
{
	if (event == NETDEV_UNREGISTER)
		device_gone(netdev_notifier_info_to_dev(info));
	return NOTIFY_DONE;
}

static struct notifier_block core_netdev_notifier = {
	.notifier_call = core_netdev_event,
};

/* Its devices, and with them its targets, are gone already. */
static void __net_exit core_net_exit(struct net *net)
{
	chimney_op_flush(net);
}

static struct pernet_operations core_net_ops = {
	.exit = core_net_exit,
};

int __init chimney_core_init(void)
{
	int err;

	err = chimney_call_init();
	if (err)
		return err;
	err = register_pernet_subsys(&core_net_ops);
	if (err)
		goto err_call;
	err = register_netdevice_notifier(&core_netdev_notifier);
	if (err)
		goto err_net;
	return 0;

err_net:
	unregister_pernet_subsys(&core_net_ops);
err_call:
	chimney_call_exit();
	return err;
}

void chimney_core_exit(void)
{
	/* Reports every device as gone; but no target can be left. */
	unregister_netdevice_notifier(&core_netdev_notifier);
	unregister_pernet_subsys(&core_net_ops);
	chimney_op_flush(NULL);
	chimney_call_exit();
}
