// SPDX-License-Identifier: GPL-2.0-only
/* Results of an operation, block by block: block-get. */

#include <linux/build_bug.h>
#include <linux/err.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../core/op.h"
#include "family.h"
#include "gen.h"
#include "state.h"

/* The dump holds the operation, so that all of its results come out. */
struct chimney_nl_block_cursor {
	struct chimney_op *op;
	u32 index;
};

/* A refused connection got into no tree, hence has no role and no status. */
static int chimney_nl_block_put_fate(struct sk_buff *skb,
				     const struct chimney_result *result)
{
	if (result->reason != CHIMNEY_REASON_NONE)
		return nla_put_u32(skb, CHIMNEY_A_BLOCK_REASON, result->reason);
	return nla_put_u32(skb, CHIMNEY_A_BLOCK_ROLE, result->role) ||
	       nla_put_u32(skb, CHIMNEY_A_BLOCK_STATUS, result->status);
}

static int chimney_nl_block_put_neighbor(struct sk_buff *skb,
					 const struct chimney_result *result)
{
	return chimney_nl_put_addr(skb, CHIMNEY_A_BLOCK_DST_ADDR,
				   result->tuple.family, &result->tuple.dst) ||
	       nla_put(skb, CHIMNEY_A_BLOCK_MAC, ETH_ALEN, result->mac);
}

static int chimney_nl_block_put_addrs(struct sk_buff *skb,
				      const struct chimney_tuple *tuple)
{
	return chimney_nl_put_addr(skb, CHIMNEY_A_BLOCK_SRC_ADDR,
				   tuple->family, &tuple->src) ||
	       chimney_nl_put_addr(skb, CHIMNEY_A_BLOCK_DST_ADDR,
				   tuple->family, &tuple->dst);
}

static int chimney_nl_block_put_path(struct sk_buff *skb,
				     const struct chimney_result *result)
{
	return chimney_nl_block_put_addrs(skb, &result->tuple) ||
	       nla_put_u32(skb, CHIMNEY_A_BLOCK_MTU, result->mtu);
}

static int chimney_nl_block_put_tcp(struct sk_buff *skb,
				    const struct chimney_result *result)
{
	const struct chimney_tuple *tuple = &result->tuple;

	if (chimney_nl_block_put_addrs(skb, tuple) ||
	    nla_put_be16(skb, CHIMNEY_A_BLOCK_SRC_PORT, tuple->sport) ||
	    nla_put_be16(skb, CHIMNEY_A_BLOCK_DST_PORT, tuple->dport) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_BLOCK_COOKIE, tuple->cookie,
			      CHIMNEY_A_BLOCK_PAD))
		return -EMSGSIZE;
	if (result->reason != CHIMNEY_REASON_NONE)
		return 0;
	return nla_put_u32(skb, CHIMNEY_A_BLOCK_TCP_STATE, result->tcp_state) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_BLOCK_SEND_BYTES,
				 result->send_bytes, CHIMNEY_A_BLOCK_PAD) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_BLOCK_RECEIVE_BYTES,
				 result->receive_bytes, CHIMNEY_A_BLOCK_PAD);
}

static int chimney_nl_block_put_object(struct sk_buff *skb,
				       const struct chimney_result *result)
{
	/* A placeholder names no object. */
	if (result->reason == CHIMNEY_REASON_NONE &&
	    result->role == CHIMNEY_ROLE_PLACEHOLDER)
		return 0;

	switch (result->layer) {
	case CHIMNEY_LAYER_NEIGHBOR:
		return chimney_nl_block_put_neighbor(skb, result);
	case CHIMNEY_LAYER_PATH:
		return chimney_nl_block_put_path(skb, result);
	default:
		return chimney_nl_block_put_tcp(skb, result);
	}
}

static int chimney_nl_block_fill(struct sk_buff *skb,
				 struct netlink_callback *cb, u32 op_id,
				 u32 index, const struct chimney_result *result)
{
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &chimney_nl_family, NLM_F_MULTI,
			  CHIMNEY_CMD_BLOCK_GET);
	if (!hdr)
		return -EMSGSIZE;

	if (nla_put_u32(skb, CHIMNEY_A_BLOCK_OP_ID, op_id) ||
	    nla_put_u32(skb, CHIMNEY_A_BLOCK_INDEX, index) ||
	    nla_put_u32(skb, CHIMNEY_A_BLOCK_LAYER, result->layer) ||
	    chimney_nl_block_put_fate(skb, result) ||
	    (result->context &&
	     nla_put_u64_64bit(skb, CHIMNEY_A_BLOCK_CONTEXT, result->context,
			       CHIMNEY_A_BLOCK_PAD)) ||
	    (result->ifindex &&
	     nla_put_u32(skb, CHIMNEY_A_BLOCK_IFINDEX, result->ifindex)) ||
	    chimney_nl_block_put_object(skb, result) ||
	    (result->state &&
	     chimney_nl_put_state(skb, CHIMNEY_A_BLOCK_CLASS,
				  result->state_type, result->state))) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static struct chimney_op *chimney_nl_block_op(struct net *net,
					      struct netlink_callback *cb)
{
	const struct nlattr *id =
		genl_info_dump(cb)->attrs[CHIMNEY_A_BLOCK_OP_ID];
	struct chimney_op *op;

	if (!id) {
		NL_SET_ERR_MSG(cb->extack, "the id of the operation is missing");
		return ERR_PTR(-EINVAL);
	}
	op = chimney_op_find(net, nla_get_u32(id));
	if (op)
		return op;
	NL_SET_ERR_MSG_ATTR(cb->extack, id, "no such operation");
	return ERR_PTR(-ENOENT);
}

int chimney_nl_block_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb)
{
	struct chimney_nl_block_cursor *cursor = (void *)cb->ctx;
	const struct chimney_result *result;
	struct chimney_op *op = cursor->op;
	int err;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));

	if (!op) {
		op = chimney_nl_block_op(sock_net(skb->sk), cb);
		if (IS_ERR(op))
			return PTR_ERR(op);
		cursor->op = op;
	}

	while ((result = chimney_op_result(op, cursor->index))) {
		err = chimney_nl_block_fill(skb, cb, op->id, cursor->index,
					    result);
		if (err)
			return skb->len ?: err;
		cursor->index++;
	}
	return skb->len;
}

int chimney_nl_block_get_done(struct netlink_callback *cb)
{
	struct chimney_nl_block_cursor *cursor = (void *)cb->ctx;

	if (cursor->op)
		chimney_op_put(cursor->op);
	return 0;
}
