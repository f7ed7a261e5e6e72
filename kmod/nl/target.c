// SPDX-License-Identifier: GPL-2.0-only
/*
 * Targets: target-new, target-del, target-get, target-fault and the events of
 * their coming and going.
 */

#include <linux/netdevice.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../core/core.h"
#include "../core/violation.h"
#include "family.h"
#include "gen.h"
#include "nl.h"

struct chimney_nl_target_cursor {
	int ifindex;
};

static int put_caps(struct sk_buff *skb, const struct chimney_caps *caps)
{
	return nla_put_u32(skb, CHIMNEY_A_TARGET_TCP_ENTRIES,
			   caps->tcp_entries) ||
	       nla_put_u32(skb, CHIMNEY_A_TARGET_PATH_ENTRIES,
			   caps->path_entries) ||
	       nla_put_u32(skb, CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES,
			   caps->neighbor_entries) ||
	       nla_put_u32(skb, CHIMNEY_A_TARGET_MAX_MTU, caps->max_mtu) ||
	       nla_put_u32(skb, CHIMNEY_A_TARGET_MAX_RCV_WND,
			   caps->max_rcv_wnd) ||
	       (caps->ipv4 && nla_put_flag(skb, CHIMNEY_A_TARGET_IPV4)) ||
	       (caps->ipv6 && nla_put_flag(skb, CHIMNEY_A_TARGET_IPV6)) ||
	       (caps->sack && nla_put_flag(skb, CHIMNEY_A_TARGET_SACK));
}

static int put_breach(struct sk_buff *skb, enum chimney_clause clause,
		      u32 count)
{
	struct nlattr *nest;

	nest = nla_nest_start(skb, CHIMNEY_A_TARGET_VIOLATION);
	if (!nest ||
	    nla_put_string(skb, CHIMNEY_A_VIOLATION_CLAUSE,
			   chimney_clause_id(clause)) ||
	    nla_put_u32(skb, CHIMNEY_A_VIOLATION_COUNT, count))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* @breaches counts by clause; NULL for an event, which tells the sum only. */
static int put_breaches(struct sk_buff *skb, const u32 *breaches)
{
	int clause;

	for (clause = 0; breaches && clause < CHIMNEY_CLAUSES; clause++)
		if (breaches[clause] &&
		    put_breach(skb, clause, breaches[clause]))
			return -EMSGSIZE;
	return 0;
}

static int chimney_nl_target_fill(struct sk_buff *skb,
				  const struct chimney_target_info *target,
				  const u32 *breaches, u32 portid, u32 seq,
				  int flags, u8 cmd)
{
	const struct chimney_usage *usage = &target->usage;
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &chimney_nl_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(skb, CHIMNEY_A_TARGET_IFINDEX, target->ifindex) ||
	    nla_put_string(skb, CHIMNEY_A_TARGET_IFNAME, target->ifname) ||
	    (target->kind[0] &&
	     nla_put_string(skb, CHIMNEY_A_TARGET_KIND, target->kind)) ||
	    put_caps(skb, &target->caps) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_TCP_USED, usage->tcp) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_PATH_USED, usage->path) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_NEIGHBOR_USED, usage->neighbor) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_GATE, target->gate) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_TARGET_VIOLATIONS,
			      target->violations, CHIMNEY_A_TARGET_PAD) ||
	    put_breaches(skb, breaches) ||
	    (usage->memory &&
	     nla_put_u64_64bit(skb, CHIMNEY_A_TARGET_MEMORY, usage->memory,
			       CHIMNEY_A_TARGET_PAD)) ||
	    nla_put_u32(skb, CHIMNEY_A_TARGET_HOST_MEMORY,
			chimney_host_conn_size())) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static int chimney_nl_target_reply(struct sk_buff *skb,
				   const struct chimney_target_info *target,
				   const u32 *breaches, struct genl_info *info)
{
	int err;

	err = chimney_nl_target_fill(skb, target, breaches, info->snd_portid,
				     info->snd_seq, 0, info->genlhdr->cmd);
	if (err) {
		nlmsg_free(skb);
		return err;
	}
	return genlmsg_reply(skb, info);
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
	return chimney_nl_target_reply(msg, &target, NULL, info);
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
	return chimney_nl_target_reply(msg, &target, NULL, info);
}

int chimney_nl_target_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct net *net = genl_info_net(info);
	struct chimney_target_info target;
	u32 breaches[CHIMNEY_CLAUSES];
	struct sk_buff *msg;
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	err = chimney_target_info(net, ifindex, &target, info->extack);
	if (!err)
		err = chimney_target_breaches(net, ifindex, breaches,
					      info->extack);
	if (err)
		return err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	return chimney_nl_target_reply(msg, &target, breaches, info);
}

int chimney_nl_target_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb)
{
	struct chimney_nl_target_cursor *cursor = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct chimney_target_info target;
	u32 breaches[CHIMNEY_CLAUSES];
	int err;

	err = chimney_nl_dump_bare(cb);
	if (err)
		return err;

	while (!chimney_target_info_next(net, cursor->ifindex, &target)) {
		cursor->ifindex = target.ifindex;
		/* It may go away in between. */
		if (!chimney_target_breaches(net, target.ifindex, breaches,
					     NULL)) {
			err = chimney_nl_target_fill(skb, &target, breaches,
						     NETLINK_CB(cb->skb).portid,
						     cb->nlh->nlmsg_seq,
						     NLM_F_MULTI,
						     CHIMNEY_CMD_TARGET_GET);
			if (err)
				return skb->len ?: err;
		}
		cursor->ifindex++;
	}
	return skb->len;
}

int chimney_nl_target_fault_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ifindex = chimney_nl_ifindex(info);

	if (ifindex < 0)
		return ifindex;
	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_TARGET_SCRIPT)) {
		GENL_SET_ERR_MSG(info, "the script is missing");
		return -EINVAL;
	}
	return chimney_target_fault(genl_info_net(info), ifindex,
				    nla_data(info->attrs[CHIMNEY_A_TARGET_SCRIPT]),
				    info->extack);
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
	if (chimney_nl_target_fill(msg, target, NULL, 0, 0, 0, cmd)) {
		nlmsg_free(msg);
		return;
	}
	chimney_nl_announce(net, msg, GFP_KERNEL);
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
