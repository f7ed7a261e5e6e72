// SPDX-License-Identifier: GPL-2.0-only
/* Counters of targets: stats-get and stats-reset. */

#include <linux/socket.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../core/core.h"
#include "family.h"
#include "gen.h"

#define COUNTER(_attr, _member) {					       \
	.attr = CHIMNEY_A_STATS_##_attr,				       \
	.offset = offsetof(struct chimney_statistics, _member),		       \
}

static const struct {
	u16 attr;
	u16 offset;
} counters[] = {
	COUNTER(IP_IN_RECEIVES, ip_in_receives),
	COUNTER(IP_IN_OCTETS, ip_in_octets),
	COUNTER(IP_IN_DELIVERS, ip_in_delivers),
	COUNTER(IP_OUT_REQUESTS, ip_out_requests),
	COUNTER(IP_OUT_OCTETS, ip_out_octets),
	COUNTER(IP_IN_HEADER_ERRORS, ip_in_header_errors),
	COUNTER(IP_IN_TRUNCATED_PACKETS, ip_in_truncated_packets),
	COUNTER(IP_IN_DISCARDS, ip_in_discards),
	COUNTER(IP_OUT_DISCARDS, ip_out_discards),
	COUNTER(IP_OUT_NO_ROUTES, ip_out_no_routes),
	COUNTER(TCP_IN_SEGMENTS, tcp_in_segments),
	COUNTER(TCP_OUT_SEGMENTS, tcp_out_segments),
	COUNTER(TCP_CURRENTLY_ESTABLISHED, tcp_currently_established),
	COUNTER(TCP_RESET_ESTABLISHED, tcp_reset_established),
	COUNTER(TCP_RETRANSMITTED_SEGMENTS, tcp_retransmitted_segments),
	COUNTER(TCP_IN_ERRORS, tcp_in_errors),
	COUNTER(TCP_OUT_RESETS, tcp_out_resets),
};

static_assert(ARRAY_SIZE(counters) * sizeof(u64) ==
	      sizeof(struct chimney_statistics));

static const u16 families[] = { AF_INET, AF_INET6 };

/* @family counts within @families. */
struct chimney_nl_stats_cursor {
	int ifindex;
	unsigned int family;
};

static int put_counters(struct sk_buff *skb,
			const struct chimney_statistics *statistics)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(counters); i++) {
		const u64 *counter = (const void *)statistics +
				     counters[i].offset;

		if (nla_put_u64_64bit(skb, counters[i].attr, *counter,
				      CHIMNEY_A_STATS_PAD))
			return -EMSGSIZE;
	}
	return 0;
}

static int stats_fill(struct sk_buff *skb,
		      const struct chimney_target_info *target, u16 family,
		      const struct chimney_statistics *statistics, u32 portid,
		      u32 seq, int flags, u8 cmd)
{
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &chimney_nl_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, CHIMNEY_A_STATS_IFINDEX, target->ifindex) ||
	    nla_put_string(skb, CHIMNEY_A_STATS_IFNAME, target->ifname) ||
	    nla_put_u16(skb, CHIMNEY_A_STATS_FAMILY, family) ||
	    put_counters(skb, statistics)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int stats_family(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[CHIMNEY_A_STATS_FAMILY];
	u16 family;

	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_STATS_FAMILY)) {
		GENL_SET_ERR_MSG(info, "the family is missing");
		return -EINVAL;
	}
	family = nla_get_u16(attr);
	if (family == AF_INET || family == AF_INET6)
		return family;
	NL_SET_ERR_MSG_ATTR(info->extack, attr,
			    "the family is neither AF_INET nor AF_INET6");
	return -EAFNOSUPPORT;
}

static int stats_do(struct genl_info *info, bool reset)
{
	struct net *net = genl_info_net(info);
	struct chimney_statistics statistics;
	struct chimney_target_info target;
	int ifindex, family, err;
	struct sk_buff *msg;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	family = stats_family(info);
	if (family < 0)
		return family;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = chimney_target_info(net, ifindex, &target, info->extack);
	if (!err)
		err = chimney_target_statistics(net, ifindex, family,
						&statistics, reset,
						info->extack);
	if (!err)
		err = stats_fill(msg, &target, family, &statistics,
				 info->snd_portid, info->snd_seq, 0,
				 info->genlhdr->cmd);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

int chimney_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	return stats_do(info, false);
}

int chimney_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info)
{
	return stats_do(info, true);
}

/* A target may keep no counters for a family, or go away meanwhile. */
static int stats_dump_target(struct sk_buff *skb, struct netlink_callback *cb,
			     struct chimney_nl_stats_cursor *cursor,
			     const struct chimney_target_info *target)
{
	struct chimney_statistics statistics;
	int err;

	for (; cursor->family < ARRAY_SIZE(families); cursor->family++) {
		u16 family = families[cursor->family];

		if (chimney_target_statistics(sock_net(skb->sk),
					      target->ifindex, family,
					      &statistics, false, NULL))
			continue;
		err = stats_fill(skb, target, family, &statistics,
				 NETLINK_CB(cb->skb).portid,
				 cb->nlh->nlmsg_seq, NLM_F_MULTI,
				 CHIMNEY_CMD_STATS_GET);
		if (err)
			return err;
	}
	return 0;
}

int chimney_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct chimney_nl_stats_cursor *cursor = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct chimney_target_info target;
	int err;

	err = chimney_nl_dump_bare(cb);
	if (err)
		return err;

	while (!chimney_target_info_next(net, cursor->ifindex, &target)) {
		if (cursor->ifindex != target.ifindex) {
			cursor->ifindex = target.ifindex;
			cursor->family = 0;
		}
		err = stats_dump_target(skb, cb, cursor, &target);
		if (err)
			return skb->len ?: err;
		cursor->ifindex++;
		cursor->family = 0;
	}
	return skb->len;
}
