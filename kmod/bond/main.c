// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kind "bond": an intermediate driver on a bonding master, which relays to
 * the target of the active slave and fails over with it.
 */
#include <linux/module.h>
#include <net/bonding.h>

#include "relay.h"

static struct chimney_target_kind bond_kind;

static bool bond_is_lower(struct chimney_relay *relay, struct net_device *dev)
{
	return netdev_master_upper_dev_get_rcu(dev) == relay->target.dev;
}

/* A slave without a target is no reason to use that of another. */
static const struct net_device *bond_active(struct chimney_relay *relay)
{
	const struct bonding *bond = netdev_priv(relay->target.dev);
	const struct slave *slave = rcu_dereference(bond->curr_active_slave);

	return slave ? slave->dev : NULL;
}

static const struct chimney_relay_ops bond_relay_ops = {
	.is_lower = bond_is_lower,
	.active = bond_active,
};

static int bond_check(const struct net_device *dev,
		      const struct chimney_caps *caps,
		      struct netlink_ext_ack *extack)
{
	static const struct chimney_caps unset;

	if (!netif_is_bond_master(dev)) {
		NL_SET_ERR_MSG(extack,
			       "a bond target needs the master device of a bond");
		return -EOPNOTSUPP;
	}
	if (BOND_MODE((const struct bonding *)netdev_priv(dev)) !=
	    BOND_MODE_ACTIVEBACKUP) {
		NL_SET_ERR_MSG(extack,
			       "a bond target needs a bond in mode active-backup");
		return -EOPNOTSUPP;
	}
	if (memcmp(caps, &unset, sizeof(unset))) {
		NL_SET_ERR_MSG(extack,
			       "limits of a bond target are those of its slaves' targets; set them there");
		return -EINVAL;
	}
	return 0;
}

static int bond_newtarget(struct net_device *dev,
			  const struct chimney_caps *caps,
			  struct netlink_ext_ack *extack)
{
	struct chimney_relay *relay;
	int err;

	err = bond_check(dev, caps, extack);
	if (err)
		return err;
	relay = chimney_relay_create(dev, &bond_kind, &bond_relay_ops, extack);
	return PTR_ERR_OR_ZERO(relay);
}

static void bond_deltarget(struct chimney_target *target)
{
	chimney_relay_destroy(relay_of(target));
}

static struct chimney_target_kind bond_kind = {
	.name = "bond",
	.owner = THIS_MODULE,
	.newtarget = bond_newtarget,
	.deltarget = bond_deltarget,
};

/* What is true now is looked up later, so any of them will do. */
static int bond_netdev_event(struct notifier_block *nb, unsigned long event,
			     void *ptr)
{
	switch (event) {
	case NETDEV_BONDING_FAILOVER:
	case NETDEV_CHANGEUPPER:
	case NETDEV_CHANGELOWERSTATE:
	case NETDEV_CHANGE:
	case NETDEV_UP:
	case NETDEV_DOWN:
		chimney_relay_survey_all();
	}
	return NOTIFY_DONE;
}

static struct notifier_block bond_netdev_notifier = {
	.notifier_call = bond_netdev_event,
};

static int __init chimney_bond_init(void)
{
	int err;

	err = chimney_relay_init();
	if (err)
		return err;
	err = register_netdevice_notifier(&bond_netdev_notifier);
	if (err)
		goto err_relay;
	err = chimney_target_kind_register(&bond_kind);
	if (err)
		goto err_notifier;
	return 0;

err_notifier:
	unregister_netdevice_notifier(&bond_netdev_notifier);
err_relay:
	chimney_relay_exit();
	return err;
}

static void __exit chimney_bond_exit(void)
{
	chimney_target_kind_unregister(&bond_kind);
	unregister_netdevice_notifier(&bond_netdev_notifier);
	chimney_relay_exit();
}

module_init(chimney_bond_init);
module_exit(chimney_bond_exit);

MODULE_DESCRIPTION("TCP chimney offload: fail-over between the targets of a bond");
MODULE_VERSION("0.1.0");
MODULE_LICENSE("GPL");
