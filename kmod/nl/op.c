// SPDX-License-Identifier: GPL-2.0-only
/*
 * Operations: the five kinds on connections of the host, op-get and the event
 * of their end.
 */

#include <linux/err.h>
#include <linux/mm.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../core/op.h"
#include "../host/host.h"
#include "family.h"
#include "gen.h"
#include "nl.h"
#include "selector.h"

#define CHIMNEY_NL_DEADLINE_MS	5000

struct chimney_nl_op_cursor {
	u32 id;
};

static int chimney_nl_op_fill(struct sk_buff *skb, const struct chimney_op *op,
			      u32 portid, u32 seq, int flags, u8 cmd)
{
	enum chimney_op_state state = READ_ONCE(op->state);
	void *hdr;

	hdr = genlmsg_put(skb, portid, seq, &chimney_nl_family, flags, cmd);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(skb, CHIMNEY_A_OP_ID, op->id) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_KIND, op->kind) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_STATE, state) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_OP_START, ktime_to_ns(op->start),
			      CHIMNEY_A_OP_PAD) ||
	    (state != CHIMNEY_OP_STATE_RUNNING &&
	     nla_put_u64_64bit(skb, CHIMNEY_A_OP_DURATION, op->duration,
			       CHIMNEY_A_OP_PAD)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_TREES, READ_ONCE(op->trees)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_GRACE_PERIODS,
			READ_ONCE(op->grace_periods)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_BLOCKS, READ_ONCE(op->count)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_OK, READ_ONCE(op->ok)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_FAILED, READ_ONCE(op->failed)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_REFUSED, READ_ONCE(op->refused)) ||
	    nla_put_u32(skb, CHIMNEY_A_OP_TOTAL, READ_ONCE(op->total)) ||
	    (op->dry_run && nla_put_flag(skb, CHIMNEY_A_OP_DRY_RUN))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static struct chimney_selector *
chimney_nl_op_selector(struct genl_info *info)
{
	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_OP_SELECTOR)) {
		GENL_SET_ERR_MSG(info, "the selector is missing");
		return ERR_PTR(-EINVAL);
	}
	return chimney_nl_selector_parse(info->nlhdr, CHIMNEY_A_OP_SELECTOR,
					 info->extack);
}

static struct chimney_op *chimney_nl_op_create(struct genl_info *info,
					       enum chimney_op_kind kind)
{
	const struct nlattr *attr = info->attrs[CHIMNEY_A_OP_DEADLINE];
	u32 deadline = attr ? nla_get_u32(attr) : CHIMNEY_NL_DEADLINE_MS;

	return chimney_op_create(genl_info_net(info), kind, info->snd_portid,
				 deadline);
}

/*
 * Whatever can fail comes before the start. The operation may be done, and the
 * event of it sent, before the reply is. The array of attributes ends with the
 * last one of the command, so it is the callers who look at those that not all
 * commands have.
 */
static int chimney_nl_op_start(struct genl_info *info,
			       enum chimney_op_kind kind, bool dry_run,
			       const struct chimney_request_options *options)
{
	struct chimney_selector *selector;
	struct chimney_op *op;
	struct sk_buff *msg;
	int err;

	selector = chimney_nl_op_selector(info);
	if (IS_ERR(selector))
		return PTR_ERR(selector);
	err = -ENOMEM;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		goto err_selector;
	op = chimney_nl_op_create(info, kind);
	if (!op)
		goto err_msg;
	op->dry_run = dry_run;
	err = chimney_nl_op_fill(msg, op, info->snd_portid, info->snd_seq, 0,
				 info->genlhdr->cmd);
	if (err)
		goto err_op;

	chimney_host_start(genl_info_net(info), op, selector, options);
	return genlmsg_reply(msg, info);

err_op:
	chimney_op_finish(op);
	chimney_op_put(op);
err_msg:
	nlmsg_free(msg);
err_selector:
	kvfree(selector);
	return err;
}

int chimney_nl_initiate_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *dry_run = info->attrs[CHIMNEY_A_OP_DRY_RUN];
	struct chimney_request_options options = {
		.owned = nla_get_flag(info->attrs[CHIMNEY_A_OP_OWNED]),
	};

	if (options.owned && dry_run) {
		NL_SET_ERR_MSG_ATTR(info->extack, dry_run,
				    "a dry run offloads nothing that could be owned");
		return -EINVAL;
	}
	return chimney_nl_op_start(info, CHIMNEY_OP_KIND_INITIATE, dry_run,
				   &options);
}

int chimney_nl_terminate_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct chimney_request_options options = {};

	return chimney_nl_op_start(info, CHIMNEY_OP_KIND_TERMINATE, false,
				   &options);
}

static int chimney_nl_op_start_layers(struct genl_info *info,
				      enum chimney_op_kind kind)
{
	const struct nlattr *layers = info->attrs[CHIMNEY_A_OP_LAYERS];
	struct chimney_request_options options = {
		.layers = layers ? nla_get_u32(layers) : 0,
	};

	if (layers && !options.layers) {
		NL_SET_ERR_MSG_ATTR(info->extack, layers,
				    "name at least one layer; leave it out to mean all");
		return -EINVAL;
	}
	return chimney_nl_op_start(info, kind, false, &options);
}

int chimney_nl_update_doit(struct sk_buff *skb, struct genl_info *info)
{
	return chimney_nl_op_start_layers(info, CHIMNEY_OP_KIND_UPDATE);
}

int chimney_nl_query_doit(struct sk_buff *skb, struct genl_info *info)
{
	return chimney_nl_op_start_layers(info, CHIMNEY_OP_KIND_QUERY);
}

int chimney_nl_invalidate_doit(struct sk_buff *skb, struct genl_info *info)
{
	return chimney_nl_op_start_layers(info, CHIMNEY_OP_KIND_INVALIDATE);
}

/* With a reference, or an error pointer. */
static struct chimney_op *chimney_nl_op_find(struct genl_info *info)
{
	struct chimney_op *op;

	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_OP_ID)) {
		GENL_SET_ERR_MSG(info, "the id of the operation is missing");
		return ERR_PTR(-EINVAL);
	}
	op = chimney_op_find(genl_info_net(info),
			     nla_get_u32(info->attrs[CHIMNEY_A_OP_ID]));
	if (!op) {
		NL_SET_ERR_MSG_ATTR(info->extack, info->attrs[CHIMNEY_A_OP_ID],
				    "no such operation");
		return ERR_PTR(-ENOENT);
	}
	return op;
}

static int chimney_nl_op_reply(struct genl_info *info,
			       const struct chimney_op *op)
{
	struct sk_buff *msg;
	int err;

	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	err = chimney_nl_op_fill(msg, op, info->snd_portid, info->snd_seq, 0,
				 info->genlhdr->cmd);
	if (err) {
		nlmsg_free(msg);
		return err;
	}
	return genlmsg_reply(msg, info);
}

int chimney_nl_op_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct chimney_op *op = chimney_nl_op_find(info);
	int err;

	if (IS_ERR(op))
		return PTR_ERR(op);
	err = chimney_nl_op_reply(info, op);
	chimney_op_put(op);
	return err;
}

int chimney_nl_op_cancel_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct chimney_op *op = chimney_nl_op_find(info);
	int err;

	if (IS_ERR(op))
		return PTR_ERR(op);
	chimney_op_cancel(op);
	err = chimney_nl_op_reply(info, op);
	chimney_op_put(op);
	return err;
}

int chimney_nl_op_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct chimney_nl_op_cursor *cursor = (void *)cb->ctx;
	struct net *net = sock_net(skb->sk);
	struct chimney_op *op;
	int err;

	err = chimney_nl_dump_bare(cb);
	if (err)
		return err;

	while ((op = chimney_op_next(net, cursor->id))) {
		u32 id = op->id;

		err = chimney_nl_op_fill(skb, op, NETLINK_CB(cb->skb).portid,
					 cb->nlh->nlmsg_seq, NLM_F_MULTI,
					 CHIMNEY_CMD_OP_GET);
		chimney_op_put(op);
		if (err)
			return skb->len ?: err;
		/* Beyond the last id there is nothing to go on with. */
		if (id == U32_MAX)
			break;
		cursor->id = id + 1;
	}
	return skb->len;
}

/**
 * chimney_nl_op_done() - announce that an operation is done
 * @op: the operation
 *
 * Context: process context, may sleep; the caller sees to it that the network
 * namespace of @op lives.
 */
void chimney_nl_op_done(struct chimney_op *op)
{
	struct net *net = read_pnet(&op->net);
	struct sk_buff *msg;

	if (!chimney_nl_listened(net))
		return;
	msg = genlmsg_new(NLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return;
	if (chimney_nl_op_fill(msg, op, 0, 0, 0, CHIMNEY_CMD_OP_NTF)) {
		nlmsg_free(msg);
		return;
	}
	chimney_nl_announce(net, msg, GFP_KERNEL);
}
