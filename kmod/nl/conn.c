// SPDX-License-Identifier: GPL-2.0-only
/* Connections that are offloaded or on their way: conn-get. */

#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/mm.h>
#include <net/genetlink.h>
#include <net/sock.h>

#include "../host/host.h"
#include "family.h"
#include "gen.h"
#include "selector.h"

/* @selector is parsed once; NULL then means every connection. */
struct chimney_nl_conn_cursor {
	struct chimney_selector *selector;
	unsigned long pos;
	bool parsed;
};

struct chimney_nl_conn_dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
};

static int chimney_nl_conn_put_tuple(struct sk_buff *skb,
				     const struct chimney_tuple *tuple)
{
	return chimney_nl_put_addr(skb, CHIMNEY_A_CONN_SRC_ADDR, tuple->family,
				   &tuple->src) ||
	       chimney_nl_put_addr(skb, CHIMNEY_A_CONN_DST_ADDR, tuple->family,
				   &tuple->dst) ||
	       nla_put_be16(skb, CHIMNEY_A_CONN_SRC_PORT, tuple->sport) ||
	       nla_put_be16(skb, CHIMNEY_A_CONN_DST_PORT, tuple->dport) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_CONN_COOKIE, tuple->cookie,
				 CHIMNEY_A_CONN_PAD);
}

static int chimney_nl_conn_put_counters(struct sk_buff *skb,
					const struct chimney_conn_info *conn)
{
	return nla_put_u64_64bit(skb, CHIMNEY_A_CONN_SENT_BYTES,
				 conn->sent_bytes, CHIMNEY_A_CONN_PAD) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_CONN_RECEIVED_BYTES,
				 conn->received_bytes, CHIMNEY_A_CONN_PAD) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_CONN_OUTSTANDING_BYTES,
				 conn->outstanding_bytes, CHIMNEY_A_CONN_PAD) ||
	       nla_put_u32(skb, CHIMNEY_A_CONN_HELD_SEGMENTS,
			   conn->held_segments) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_CONN_FORWARDED_SEGMENTS,
				 conn->forwarded_segments, CHIMNEY_A_CONN_PAD) ||
	       nla_put_u64_64bit(skb, CHIMNEY_A_CONN_GUARD, conn->guard,
				 CHIMNEY_A_CONN_PAD);
}

static int chimney_nl_conn_fill(const struct chimney_conn_info *conn, void *arg)
{
	struct chimney_nl_conn_dump *dump = arg;
	struct netlink_callback *cb = dump->cb;
	struct sk_buff *skb = dump->skb;
	void *hdr;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &chimney_nl_family, NLM_F_MULTI,
			  CHIMNEY_CMD_CONN_GET);
	if (!hdr)
		return -EMSGSIZE;

	if ((conn->context &&
	     nla_put_u64_64bit(skb, CHIMNEY_A_CONN_CONTEXT, conn->context,
			       CHIMNEY_A_CONN_PAD)) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_STATE, conn->state) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_TCP_STATE, conn->tcp_state) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_IFINDEX, conn->ifindex) ||
	    chimney_nl_conn_put_tuple(skb, &conn->tuple) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_UID, conn->uid) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_INODE, conn->inode) ||
	    nla_put_u32(skb, CHIMNEY_A_CONN_OP_ID, conn->op_id) ||
	    (conn->owned && nla_put_flag(skb, CHIMNEY_A_CONN_OWNED)) ||
	    chimney_nl_conn_put_counters(skb, conn)) {
		genlmsg_cancel(skb, hdr);
		return -EMSGSIZE;
	}

	genlmsg_end(skb, hdr);
	return 0;
}

static int chimney_nl_conn_select(struct netlink_callback *cb,
				  struct chimney_nl_conn_cursor *cursor)
{
	struct chimney_selector *selector;

	cursor->parsed = true;
	if (!genl_info_dump(cb)->attrs[CHIMNEY_A_CONN_SELECTOR])
		return 0;
	selector = chimney_nl_selector_parse(cb->nlh, CHIMNEY_A_CONN_SELECTOR,
					     cb->extack);
	if (IS_ERR(selector))
		return PTR_ERR(selector);
	cursor->selector = selector;
	return 0;
}

int chimney_nl_conn_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct chimney_nl_conn_cursor *cursor = (void *)cb->ctx;
	struct chimney_nl_conn_dump dump = { .skb = skb, .cb = cb };
	int err;

	BUILD_BUG_ON(sizeof(*cursor) > sizeof(cb->ctx));

	if (!cursor->parsed) {
		err = chimney_nl_conn_select(cb, cursor);
		if (err)
			return err;
	}

	err = chimney_host_walk_conns(sock_net(skb->sk), cursor->selector,
				      &cursor->pos, chimney_nl_conn_fill,
				      &dump);
	if (err && !skb->len)
		return err;
	return skb->len;
}

int chimney_nl_conn_get_done(struct netlink_callback *cb)
{
	struct chimney_nl_conn_cursor *cursor = (void *)cb->ctx;

	kvfree(cursor->selector);
	return 0;
}
