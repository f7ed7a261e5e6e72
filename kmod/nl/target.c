// SPDX-License-Identifier: GPL-2.0-only
/* Targets: target-new, target-del, target-get and their events. */

#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../core/core.h"
#include "family.h"
#include "gen.h"
#include "nl.h"

struct chimney_nl_target_cursor {
	int ifindex;
};

static int chimney_nl_target_fill(struct sk_buff *skb,
				  const struct chimney_target_info *target,
				  u32 portid, u32 seq, int flags, u8 cmd)
{
	const struct chimney_usage *usage = &target->usage;
	const struct chimney_caps *caps = &target->caps;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &chimney_nl_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(skb, CHIMNEY_A_TARGET_IFINDEX, target->ifindex) ||
	    nla_put_string(skb, CHIMNEY_A_TARGET_IFNAME, target->ifname) ||
	    (target->kind[0] &&
	     nla_put_string(skb, CHIMNEY_A_TARGET_KIND, target->kind)) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_TCP_ENTRIES, caps->tcp_entries) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_PATH_ENTRIES,
			caps->path_entries) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES,
			caps->neighbor_entries) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_TCP_USED, usage->tcp) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_PATH_USED, usage->path) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_NEIGHBOR_USED, usage->neighbor) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_MAX_MTU, caps->max_mtu) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_MAX_RCV_WND, caps->max_rcv_wnd) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_TARGET_VIOLATIONS,
			      target->violations, CHIMNEY_A_TARGET_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static int chimney_nl_target_reply(struct sk_buff *skb,
				   const struct chimney_target_info *target,
				   struct genl_info *info)
{
	int err;

	err = chimney_nl_target_fill(skb, target, info->snd_portid,
				     info->snd_seq, 0, info->genlhdr->cmd);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
}

static struct net_device *chimney_nl_dev_rcu(struct genl_info *info,
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

/* The device that a request names by index, by name or by both. */
static int chimney_nl_ifindex(struct genl_info *info)
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
	dev = chimney_nl_dev_rcu(info, by_index ?: by_name);
	if (!dev) {
		ifindex = -ENODEV;
		goto out;
	}
	ifindex = dev->ifindex;
	if (!by_index || !by_name)
		goto out;

	named = chimney_nl_dev_rcu(info, by_name);
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

static void chimney_nl_target_caps(const struct genl_info *info,
				   struct chimney_caps *caps)
{
	const struct {
		int attr;
		u32 *value;
	} map[] = {
		{ CHIMNEY_A_TARGET_TCP_ENTRIES, &caps->tcp_entries },
		{ CHIMNEY_A_TARGET_PATH_ENTRIES, &caps->path_entries },
		{ CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES, &caps->neighbor_entries },
		{ CHIMNEY_A_TARGET_MAX_MTU, &caps->max_mtu },
		{ CHIMNEY_A_TARGET_MAX_RCV_WND, &caps->max_rcv_wnd },
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (info->attrs[map[i].attr])
			*map[i].value = nla_get_u32(info->attrs[map[i].attr]);
}

int chimney_nl_target_new_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct chimney_target_info target;
	struct chimney_caps caps = {};
	struct sk_buff *msg;
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_TARGET_KIND)) {
		GENL_SET_ERR_MSG(info, "the kind of the target is missing");
		return -EINVAL;
	}
	chimney_nl_target_caps(info, &caps);

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = chimney_target_new(net, ifindex,
				 nla_data(info->attrs[CHIMNEY_A_TARGET_KIND]),
				 &caps, info->extack);
	if (!err)
		err = chimney_target_info(net, ifindex, &target, info->extack);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return chimney_nl_target_reply(msg, &target, info);
}

int chimney_nl_target_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct chimney_target_info target;
	struct sk_buff *msg;
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = chimney_target_info(net, ifindex, &target, info->extack);
	if (!err)
		err = chimney_target_del(net, ifindex, info->extack);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return chimney_nl_target_reply(msg, &target, info);
}

int chimney_nl_target_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct chimney_target_info target;
	struct sk_buff *msg;
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	err = chimney_target_info(genl_info_net(info), ifindex, &target,
				  info->extack);
	if (err)
		return err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	return chimney_nl_target_reply(msg, &target, info);
}

int chimney_nl_target_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct chimney_nl_target_cursor *cursor = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct chimney_target_info target;
	int err;

	err = chimney_nl_dump_bare(cb);
	if (err)
		return err;

	while (!chimney_target_info_next(net, cursor->ifindex, &target)) {
		err = chimney_nl_target_fill(skb, &target,
					     NETLINK_CB(cb->skb).portid,
					     cb->nlh->nlmsg_seq, NLM_F_MULTI,
					     CHIMNEY_CMD_TARGET_GET);
		if (err)
			return skb->len ?: err;
		cursor->ifindex = target.ifindex + 1;
	}
	return skb->len;
}

static void chimney_nl_target_event(struct net *net,
				    const struct chimney_target_info *target,
				    u8 cmd)
{
	struct sk_buff *msg;

	if (!chimney_nl_listened(net))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	if (chimney_nl_target_fill(msg, target, 0, 0, 0, cmd)) {
		nlmsg_free(msg);
		return;
	}
	chimney_nl_announce(net, msg);
}

/**
 * chimney_nl_target_added() - announce a new target
 * @net: network namespace of its device
 * @info: the target
 *
 * Context: process context, may sleep; the caller sees to it that @net lives.
 */
void chimney_nl_target_added(struct net *net,
			     const struct chimney_target_info *info)
{
	chimney_nl_target_event(net, info, CHIMNEY_CMD_TARGET_ADD_NTF);
}

/**
 * chimney_nl_target_removed() - announce that a target went away
 * @net: network namespace of its device
 * @info: the target as it was
 *
 * Context: process context, may sleep; the caller sees to it that @net lives.
 */
void chimney_nl_target_removed(struct net *net,
			       const struct chimney_target_info *info)
{
	chimney_nl_target_event(net, info, CHIMNEY_CMD_TARGET_DEL_NTF);
}
