// SPDX-License-Identifier: GPL-2.0-only
/*
 * The generic netlink family. Its commands, policies and permissions are
 * generated from uapi/chimney.yaml; each object has a file of its own.
 *
 * Nothing is locked here: the commands may run in parallel, and the core and
 * the host stack, which they call, lock for themselves.
 */

#include <linux/module.h>
#include <linux/netlink.h>
#include <linux/notifier.h>
#include <linux/socket.h>
#include <net/genetlink.h>

#include "../host/host.h"
#include "../replay/replay.h"
#include "family.h"
#include "gen.h"
#include "nl.h"

/* Events tell about connections of other users. */
static const struct genl_multicast_group chimney_nl_groups[] = {
	[CHIMNEY_NLGRP_EVENT] = {
		.name	= CHIMNEY_MCGRP_EVENT,
		.flags	= GENL_MCAST_CAP_NET_ADMIN,
	},
};

/* resv_start_op stays 0: every command is validated strictly. */
struct genl_family chimney_nl_family __ro_after_init = {
	.name		= CHIMNEY_FAMILY_NAME,
	.version	= CHIMNEY_FAMILY_VERSION,
	.netnsok	= true,
	.parallel_ops	= true,
	.module		= THIS_MODULE,
	.split_ops	= chimney_nl_ops,
	.n_split_ops	= ARRAY_SIZE(chimney_nl_ops),
	.mcgrps		= chimney_nl_groups,
	.n_mcgrps	= ARRAY_SIZE(chimney_nl_groups),
};

/**
 * chimney_nl_put_addr() - put an IP address of either family
 * @skb: message
 * @attr: attribute type
 * @family: AF_INET, AF_INET6, or AF_UNSPEC to put nothing
 * @addr: the address, IPv4 in its first four bytes
 *
 * Context: any.
 * Return: 0, or -EMSGSIZE if the message is full.
 */
int chimney_nl_put_addr(struct sk_buff *skb, int attr, u16 family,
			const struct in6_addr *addr)
{
	switch (family) {
	case AF_INET:
		return nla_put(skb, attr, sizeof(struct in_addr), addr);
	case AF_INET6:
		return nla_put(skb, attr, sizeof(struct in6_addr), addr);
	default:
		return 0;
	}
}

/**
 * chimney_nl_get_addr() - read an IP address of either family
 * @attr: the attribute
 * @addr: gets the address, IPv4 in its first four bytes
 * @family: gets its family
 * @extack: told what is wrong with it
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int chimney_nl_get_addr(const struct nlattr *attr, struct in6_addr *addr,
			u16 *family, struct netlink_ext_ack *extack)
{
	switch (nla_len(attr)) {
	case sizeof(struct in_addr):
		*family = AF_INET;
		break;
	case sizeof(struct in6_addr):
		*family = AF_INET6;
		break;
	default:
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "an address has 4 or 16 bytes");
		return -EINVAL;
	}
	memcpy(addr, nla_data(attr), nla_len(attr));
	return 0;
}

/**
 * chimney_nl_dump_bare() - refuse attributes in a dump that takes none
 * @cb: the dump
 *
 * The kernel does not look at the attributes of a dump without a policy, and
 * what is ignored today can never get a meaning.
 *
 * Context: any.
 * Return: 0, or -EINVAL with extack set.
 */
int chimney_nl_dump_bare(struct netlink_callback *cb)
{
	if (!nlmsg_attrlen(cb->nlh, GENL_HDRLEN))
		return 0;
	NL_SET_ERR_MSG(cb->extack, "this dump takes no attributes");
	return -EINVAL;
}

/**
 * chimney_nl_listened() - whether an event is worth a message
 * @net: network namespace of the event
 *
 * Context: any.
 * Return: true if somebody listens.
 */
bool chimney_nl_listened(struct net *net)
{
	return genl_has_listeners(&chimney_nl_family, net,
				  CHIMNEY_NLGRP_EVENT) > 0;
}

/**
 * chimney_nl_announce() - send an event to the group
 * @net: network namespace of the event
 * @skb: the message, consumed
 * @gfp: GFP_KERNEL if the caller may sleep, or GFP_ATOMIC
 *
 * That nobody listens any more is no failure, and a listener who is too slow
 * learns from his socket (ENOBUFS) that he missed something.
 *
 * Context: any that is not a hard interrupt.
 */
void chimney_nl_announce(struct net *net, struct sk_buff *skb, gfp_t gfp)
{
	genlmsg_multicast_netns(&chimney_nl_family, net, skb, 0,
				CHIMNEY_NLGRP_EVENT, gfp);
}

/* What a closed socket owns comes home, what it made up ends. */
static int chimney_nl_port_event(struct notifier_block *nb, unsigned long event,
				 void *ptr)
{
	const struct netlink_notify *notify = ptr;

	if (event == NETLINK_URELEASE && notify->protocol == NETLINK_GENERIC) {
		chimney_host_port_closed(notify->net, notify->portid);
		chimney_replay_port_closed(notify->net, notify->portid);
	}
	return NOTIFY_DONE;
}

static struct notifier_block chimney_nl_notifier = {
	.notifier_call = chimney_nl_port_event,
};

/**
 * chimney_nl_init() - take requests
 *
 * The core and the host stack must be ready.
 *
 * Context: module init.
 * Return: 0 or an errno.
 */
int chimney_nl_init(void)
{
	int err;

	err = netlink_register_notifier(&chimney_nl_notifier);
	if (err)
		return err;
	err = genl_register_family(&chimney_nl_family);
	if (err)
		netlink_unregister_notifier(&chimney_nl_notifier);
	return err;
}

/**
 * chimney_nl_exit() - take no more requests
 *
 * None is running when this returns.
 *
 * Context: module init and exit.
 */
void chimney_nl_exit(void)
{
	genl_unregister_family(&chimney_nl_family);
	netlink_unregister_notifier(&chimney_nl_notifier);
}

MODULE_ALIAS_GENL_FAMILY(CHIMNEY_FAMILY_NAME);
