// SPDX-License-Identifier: GPL-2.0-only
/* What targets tell and what they do wrong, as it happens: event-ntf. */

#include <linux/ktime.h>
#include <net/genetlink.h>

#include "../core/violation.h"
#include "family.h"
#include "gen.h"
#include "nl.h"

static int put_tcp_event(struct sk_buff *skb,
			 const struct chimney_event_info *info)
{
	if (nla_put_u32(skb, CHIMNEY_A_EVENT_TCP_EVENT, info->code) ||
	    nla_put_u32(skb, CHIMNEY_A_EVENT_INFORMATION, info->information))
		return -EMSGSIZE;
	if (info->code != CHIMNEY_TCP_RETRIEVE)
		return 0;
	return nla_put_u32(skb, CHIMNEY_A_EVENT_UPLOAD_REASON,
			   info->information);
}

static int put_code(struct sk_buff *skb, const struct chimney_event_info *info)
{
	switch (info->source) {
	case CHIMNEY_EVENT_SOURCE_TCP:
		return put_tcp_event(skb, info);
	case CHIMNEY_EVENT_SOURCE_NEIGHBOR:
		return nla_put_u32(skb, CHIMNEY_A_EVENT_NEIGHBOR_EVENT,
				   info->code);
	case CHIMNEY_EVENT_SOURCE_TARGET:
		return nla_put_u32(skb, CHIMNEY_A_EVENT_INDICATION,
				   info->code);
	default:
		return nla_put_string(skb, CHIMNEY_A_EVENT_CLAUSE,
				      chimney_clause_id(info->code));
	}
}

static int put_socket(struct sk_buff *skb, const struct chimney_tuple *tuple)
{
	struct nlattr *nest;

	if (!tuple->family)
		return 0;
	nest = nla_nest_start(skb, CHIMNEY_A_EVENT_SOCKET);
	if (!nest ||
	    chimney_nl_put_addr(skb, CHIMNEY_A_SOCKET_SRC_ADDR, tuple->family,
				&tuple->src) ||
	    chimney_nl_put_addr(skb, CHIMNEY_A_SOCKET_DST_ADDR, tuple->family,
				&tuple->dst) ||
	    nla_put_be16(skb, CHIMNEY_A_SOCKET_SRC_PORT, tuple->sport) ||
	    nla_put_be16(skb, CHIMNEY_A_SOCKET_DST_PORT, tuple->dport) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_SOCKET_COOKIE, tuple->cookie,
			      CHIMNEY_A_SOCKET_PAD))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int event_fill(struct sk_buff *skb, const struct chimney_event_info *info)
{
	void *hdr;

	hdr = genlmsg_put(skb, 0, 0, &chimney_nl_family, 0,
			  CHIMNEY_CMD_EVENT_NTF);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, CHIMNEY_A_EVENT_SOURCE, info->source) ||
	    put_code(skb, info) ||
	    (info->ifindex &&
	     nla_put_u32(skb, CHIMNEY_A_EVENT_IFINDEX, info->ifindex)) ||
	    (info->context &&
	     nla_put_u64_64bit(skb, CHIMNEY_A_EVENT_CONTEXT, info->context,
			       CHIMNEY_A_EVENT_PAD)) ||
	    put_socket(skb, &info->tuple) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_EVENT_TIME, ktime_get_real_ns(),
			      CHIMNEY_A_EVENT_PAD)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * chimney_nl_event() - announce an event
 * @net: network namespace of the target's device
 * @info: the event
 *
 * Listeners may miss it when memory is short; it is no more than news.
 *
 * Context: any that is not a hard interrupt; the caller sees to it that @net
 * lives.
 */
void chimney_nl_event(struct net *net, const struct chimney_event_info *info)
{
	struct sk_buff *msg;

	if (!chimney_nl_listened(net))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_ATOMIC);
	if (!msg)
		return;
	if (event_fill(msg, info)) {
		nlmsg_free(msg);
		return;
	}
	chimney_nl_announce(net, msg, GFP_ATOMIC);
}
