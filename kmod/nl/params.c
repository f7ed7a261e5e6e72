// SPDX-License-Identifier: GPL-2.0-only
/* Settings of the host for targets: params-get and params-set. */

#include <linux/mutex.h>
#include <net/genetlink.h>

#include "../core/core.h"
#include "family.h"
#include "gen.h"

/* A request changes some of the settings: no other may come in between. */
static DEFINE_MUTEX(params_mutex);

static int params_fill(struct sk_buff *skb,
		       const struct chimney_target_info *target,
		       struct genl_info *info)
{
	const struct chimney_parameters *p = &target->parameters;
	void *hdr;

	hdr = genlmsg_put(skb, info->snd_portid, info->snd_seq,
			  &chimney_nl_family, 0, info->genlhdr->cmd);
	if (!hdr)
		return -EMSGSIZE;
	if (nla_put_u32(skb, CHIMNEY_A_PARAMS_IFINDEX, target->ifindex) ||
	    nla_put_string(skb, CHIMNEY_A_PARAMS_IFNAME, target->ifname) ||
	    nla_put_u8(skb, CHIMNEY_A_PARAMS_ACK_FREQUENCY,
		       p->ack_frequency) ||
	    nla_put_u8(skb, CHIMNEY_A_PARAMS_MAX_RETRANSMISSIONS,
		       p->max_retransmissions) ||
	    nla_put_u8(skb, CHIMNEY_A_PARAMS_DOUBT_REACHABILITY_RETRANSMISSIONS,
		       p->doubt_reachability_retransmissions) ||
	    nla_put_u8(skb, CHIMNEY_A_PARAMS_DUPLICATE_ACK_THRESHOLD,
		       p->duplicate_ack_threshold) ||
	    nla_put_u32(skb, CHIMNEY_A_PARAMS_DELAYED_ACK_TICKS,
			p->delayed_ack_ticks) ||
	    nla_put_u32(skb, CHIMNEY_A_PARAMS_SWS_PREVENTION_TICKS,
			p->sws_prevention_ticks) ||
	    nla_put_u32(skb, CHIMNEY_A_PARAMS_PUSH_TICKS, p->push_ticks) ||
	    nla_put_u32(skb, CHIMNEY_A_PARAMS_NCE_STALE_TICKS,
			p->nce_stale_ticks)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static int params_reply(struct genl_info *info, int ifindex)
{
	struct chimney_target_info target;
	struct sk_buff *msg;
	int err;

	err = chimney_target_info(genl_info_net(info), ifindex, &target,
				  info->extack);
	if (err)
		return err;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = params_fill(msg, &target, info);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

int chimney_nl_params_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ifindex = chimney_nl_ifindex(info);

	if (ifindex < 0)
		return ifindex;
	return params_reply(info, ifindex);
}

/* Returns how many settings the request changes. */
static int params_parse(struct genl_info *info, struct chimney_parameters *p)
{
	const struct {
		int attr;
		u8 *byte;
		u32 *word;
	} map[] = {
		{ CHIMNEY_A_PARAMS_ACK_FREQUENCY, &p->ack_frequency },
		{ CHIMNEY_A_PARAMS_MAX_RETRANSMISSIONS,
		  &p->max_retransmissions },
		{ CHIMNEY_A_PARAMS_DOUBT_REACHABILITY_RETRANSMISSIONS,
		  &p->doubt_reachability_retransmissions },
		{ CHIMNEY_A_PARAMS_DUPLICATE_ACK_THRESHOLD,
		  &p->duplicate_ack_threshold },
		{ CHIMNEY_A_PARAMS_DELAYED_ACK_TICKS, NULL,
		  &p->delayed_ack_ticks },
		{ CHIMNEY_A_PARAMS_SWS_PREVENTION_TICKS, NULL,
		  &p->sws_prevention_ticks },
		{ CHIMNEY_A_PARAMS_PUSH_TICKS, NULL, &p->push_ticks },
		{ CHIMNEY_A_PARAMS_NCE_STALE_TICKS, NULL, &p->nce_stale_ticks },
	};
	int i, changed = 0;

	for (i = 0; i < ARRAY_SIZE(map); i++) {
		const struct nlattr *attr = info->attrs[map[i].attr];

		if (!attr)
			continue;
		if (map[i].byte)
			*map[i].byte = nla_get_u8(attr);
		else
			*map[i].word = nla_get_u32(attr);
		changed++;
	}
	return changed;
}

static int params_change(struct genl_info *info, int ifindex)
{
	struct net *net = genl_info_net(info);
	struct chimney_target_info target;
	int err;

	err = chimney_target_info(net, ifindex, &target, info->extack);
	if (err)
		return err;
	if (!params_parse(info, &target.parameters)) {
		GENL_SET_ERR_MSG(info, "name at least one setting to change");
		return -EINVAL;
	}
	return chimney_target_set_parameters(net, ifindex, &target.parameters,
					     info->extack);
}

int chimney_nl_params_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	mutex_lock(&params_mutex);
	err = params_change(info, ifindex);
	if (!err)
		err = params_reply(info, ifindex);
	mutex_unlock(&params_mutex);
	return err;
}
