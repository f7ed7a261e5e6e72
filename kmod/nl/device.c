// SPDX-License-Identifier: GPL-2.0-only
/* Devices, as requests about targets name them. */

#include <linux/build_bug.h>
#include <linux/netdevice.h>
#include <net/genetlink.h>

#include "family.h"
#include "gen.h"

/* All sets of attributes that name a device do it alike. */
static_assert((int)CHIMNEY_A_STATS_IFINDEX == (int)CHIMNEY_A_TARGET_IFINDEX);
static_assert((int)CHIMNEY_A_STATS_IFNAME == (int)CHIMNEY_A_TARGET_IFNAME);
static_assert((int)CHIMNEY_A_PARAMS_IFINDEX == (int)CHIMNEY_A_TARGET_IFINDEX);
static_assert((int)CHIMNEY_A_PARAMS_IFNAME == (int)CHIMNEY_A_TARGET_IFNAME);
static_assert((int)CHIMNEY_A_REPLAY_IFINDEX == (int)CHIMNEY_A_TARGET_IFINDEX);
static_assert((int)CHIMNEY_A_REPLAY_IFNAME == (int)CHIMNEY_A_TARGET_IFNAME);

static struct net_device *device_rcu(struct genl_info *info,
				     const struct nlattr *attr)
{
	struct net *net = genl_info_net(info);
	struct net_device *dev;

	if (nla_type(attr) == CHIMNEY_A_TARGET_IFINDEX)
		dev = dev_get_by_index_rcu(net, nla_get_u32(attr));
	else
		dev = dev_get_by_name_rcu(net, nla_data(attr));
	if (!dev)
		NL_SET_ERR_MSG_ATTR(info->extack, attr, "no such device");
	return dev;
}

/**
 * chimney_nl_ifindex() - the device that a request is about
 * @info: the request, which names it by index, by name or by both
 *
 * Context: any.
 * Return: its index; -EINVAL or -ENODEV with extack set.
 */
int chimney_nl_ifindex(struct genl_info *info)
{
	const struct nlattr *by_index = info->attrs[CHIMNEY_A_TARGET_IFINDEX];
	const struct nlattr *by_name = info->attrs[CHIMNEY_A_TARGET_IFNAME];
	struct net_device *dev, *named;
	int ifindex;

	if (!by_name && GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_TARGET_IFINDEX)) {
		GENL_SET_ERR_MSG(info, "name the device by ifindex or ifname");
		return -EINVAL;
	}

	rcu_read_lock();
	dev = device_rcu(info, by_index ?: by_name);
	if (!dev) {
		ifindex = -ENODEV;
		goto out;
	}
	ifindex = dev->ifindex;
	if (!by_index || !by_name)
		goto out;

	named = device_rcu(info, by_name);
	if (!named) {
		ifindex = -ENODEV;
	} else if (named != dev) {
		NL_SET_ERR_MSG_ATTR(info->extack, by_name,
				    "ifindex and ifname name different devices");
		ifindex = -EINVAL;
	}
out:
	rcu_read_unlock();
	return ifindex;
}
