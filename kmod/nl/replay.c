// SPDX-License-Identifier: GPL-2.0-only
/* State trees that userspace made up: replay. */

#include <linux/err.h>
#include <linux/skbuff.h>
#include <net/genetlink.h>
#include <net/tcp.h>

#include "../replay/replay.h"
#include "family.h"
#include "gen.h"
#include "state.h"

#define REPLAY_DEADLINE_MS	5000

/* A block in a reply, without its data. */
#define REPLAY_BLOCK_SIZE	640

/* What a reply can hold of the data of one block; the counts tell the rest. */
#define REPLAY_DATA_SIZE	SZ_16K

/* -------- requests -------- */

static const u16 reply_only[] = {
	CHIMNEY_A_REPLAY_BLOCK_STATUS, CHIMNEY_A_REPLAY_BLOCK_SLOT,
	CHIMNEY_A_REPLAY_BLOCK_INDICATED, CHIMNEY_A_REPLAY_BLOCK_EVENTS,
	CHIMNEY_A_REPLAY_BLOCK_SEND_BYTES, CHIMNEY_A_REPLAY_BLOCK_RECEIVE_BYTES,
};

static int refuse(struct netlink_ext_ack *extack, const struct nlattr *attr,
		  const char *sentence)
{
	NL_SET_BAD_ATTR(extack, attr);
	extack->_msg = sentence;
	return -EINVAL;
}

static int check_placeholder(struct nlattr **tb, struct netlink_ext_ack *extack)
{
	int i;

	for (i = 1; i <= CHIMNEY_A_REPLAY_BLOCK_MAX; i++)
		if (tb[i] && i != CHIMNEY_A_REPLAY_BLOCK_LAYER &&
		    i != CHIMNEY_A_REPLAY_BLOCK_ROLE)
			return refuse(extack, tb[i],
				      "a placeholder has a layer and nothing else");
	return 0;
}

static int check_block(const struct nlattr *nest, struct nlattr **tb,
		       struct netlink_ext_ack *extack)
{
	int i;

	if (NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_REPLAY_BLOCK_LAYER) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_REPLAY_BLOCK_ROLE)) {
		NL_SET_ERR_MSG(extack, "a block needs a layer and a role");
		return -EINVAL;
	}
	for (i = 0; i < ARRAY_SIZE(reply_only); i++)
		if (tb[reply_only[i]])
			return refuse(extack, tb[reply_only[i]],
				      "only replies have this attribute");
	if (nla_get_u32(tb[CHIMNEY_A_REPLAY_BLOCK_ROLE]) ==
	    CHIMNEY_ROLE_PLACEHOLDER)
		return check_placeholder(tb, extack);
	if (NL_REQ_ATTR_CHECK(extack, nest, tb,
			      CHIMNEY_A_REPLAY_BLOCK_OBJECT)) {
		NL_SET_ERR_MSG(extack,
			       "a block that is no placeholder needs an object");
		return -EINVAL;
	}
	return 0;
}

static int parse_state(struct nlattr **tb, struct chimney_replay_block *block,
		       struct netlink_ext_ack *extack)
{
	const struct nlattr *class = tb[CHIMNEY_A_REPLAY_BLOCK_CLASS];
	const struct nlattr *nest = NULL;
	int layer;

	for (layer = 0; layer <= CHIMNEY_LAYER_TCP; layer++) {
		int attr = CHIMNEY_A_REPLAY_BLOCK_NEIGHBOR_VARIABLES + layer;

		if (!tb[attr])
			continue;
		if (layer != block->layer)
			return refuse(extack, tb[attr],
				      "the variables are of another layer than the block");
		nest = tb[attr];
	}
	if (!class)
		return nest ? refuse(extack, nest,
				     "say of which class the variables are") :
			      0;
	chimney_replay_set_state(block, nla_get_u32(class));
	if (!nest)
		return 0;
	return chimney_nl_get_state(nest, block->block.type, block->block.state,
				    extack);
}

static int parse_data(const struct nlattr *attr, struct sk_buff_head *list,
		      unsigned int *bytes, struct netlink_ext_ack *extack)
{
	struct sk_buff *skb;

	if (!attr || !nla_len(attr))
		return 0;
	*bytes += nla_len(attr);
	if (*bytes > CHIMNEY_REPLAY_BYTES)
		return refuse(extack, attr,
			      "a tree has at most 65536 bytes of data");
	/* As TCP makes them, to be cloned for each transmission. */
	skb = alloc_skb_fclone(MAX_TCP_HEADER + nla_len(attr), GFP_KERNEL);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb_put_data(skb, nla_data(attr), nla_len(attr));
	__skb_queue_tail(list, skb);
	return 0;
}

static int parse_block_data(struct nlattr **tb,
			    struct chimney_replay_block *block,
			    unsigned int *bytes, struct netlink_ext_ack *extack)
{
	const struct nlattr *send = tb[CHIMNEY_A_REPLAY_BLOCK_SEND_DATA];
	const struct nlattr *buffered =
		tb[CHIMNEY_A_REPLAY_BLOCK_BUFFERED_DATA];
	struct sk_buff_head *list = chimney_replay_buffered_data(block);
	int err;

	if (send && block->layer != CHIMNEY_LAYER_TCP)
		return refuse(extack, send,
			      "only a connection has send data");
	if (buffered && !list)
		return refuse(extack, buffered,
			      "buffered data goes with the delegated variables of a connection");
	err = parse_data(send, &block->block.send_queue, bytes, extack);
	if (!err && buffered)
		err = parse_data(buffered, list, bytes, extack);
	return err;
}

static int parse_block(const struct nlattr *nest,
		       struct chimney_replay_tree *tree, unsigned int *bytes,
		       struct netlink_ext_ack *extack)
{
	struct nlattr *tb[CHIMNEY_A_REPLAY_BLOCK_MAX + 1];
	struct chimney_replay_block *block;
	int err;

	err = nla_parse_nested(tb, CHIMNEY_A_REPLAY_BLOCK_MAX, nest,
			       chimney_replay_block_nl_policy, extack);
	if (!err)
		err = check_block(nest, tb, extack);
	if (err)
		return err;

	block = chimney_replay_tree_add(tree,
					nla_get_u32(tb[CHIMNEY_A_REPLAY_BLOCK_LAYER]));
	if (!block)
		return refuse(extack, tb[CHIMNEY_A_REPLAY_BLOCK_LAYER],
			      "no block before this one is of its layer or the one below");
	block->role = nla_get_u32(tb[CHIMNEY_A_REPLAY_BLOCK_ROLE]);
	block->attr = nest;
	if (tb[CHIMNEY_A_REPLAY_BLOCK_OBJECT])
		block->label = nla_get_u32(tb[CHIMNEY_A_REPLAY_BLOCK_OBJECT]);
	err = parse_state(tb, block, extack);
	if (!err)
		err = parse_block_data(tb, block, bytes, extack);
	return err;
}

static unsigned int count_blocks(const struct genl_info *info)
{
	const struct nlattr *attr;
	unsigned int count = 0;
	int rem;

	nla_for_each_attr(attr, genlmsg_data(info->genlhdr),
			  genlmsg_len(info->genlhdr), rem)
		if (nla_type(attr) == CHIMNEY_A_REPLAY_BLOCK)
			count++;
	return count;
}

static struct chimney_replay_tree *parse_tree(struct genl_info *info)
{
	unsigned int count = count_blocks(info), bytes = 0;
	struct chimney_replay_tree *tree;
	const struct nlattr *attr;
	int rem, err = 0;

	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_REPLAY_BLOCK)) {
		GENL_SET_ERR_MSG(info, "the tree has no block");
		return ERR_PTR(-EINVAL);
	}
	if (count > CHIMNEY_REPLAY_BLOCKS) {
		NL_SET_ERR_MSG_ATTR(info->extack,
				    info->attrs[CHIMNEY_A_REPLAY_BLOCK],
				    "a tree has at most 128 blocks");
		return ERR_PTR(-E2BIG);
	}
	tree = chimney_replay_tree_new(count);
	if (!tree)
		return ERR_PTR(-ENOMEM);
	nla_for_each_attr(attr, genlmsg_data(info->genlhdr),
			  genlmsg_len(info->genlhdr), rem) {
		if (nla_type(attr) != CHIMNEY_A_REPLAY_BLOCK)
			continue;
		err = parse_block(attr, tree, &bytes, info->extack);
		if (err)
			break;
	}
	if (!err)
		return tree;
	chimney_replay_tree_put(tree);
	return ERR_PTR(err);
}

/* -------- replies -------- */

static u64 data_size(const struct sk_buff_head *list)
{
	const struct sk_buff *skb;
	u64 size = 0;

	skb_queue_walk(list, skb)
		size += skb->len;
	return size;
}

static unsigned int data_room(const struct sk_buff_head *list)
{
	return nla_total_size(min_t(u64, data_size(list), REPLAY_DATA_SIZE));
}

static unsigned int reply_size(struct chimney_replay_tree *tree)
{
	unsigned int i, size = NLMSG_DEFAULT_SIZE;

	for (i = 0; i < tree->count; i++) {
		struct chimney_replay_block *block = &tree->blocks[i];
		struct sk_buff_head *buffered =
			chimney_replay_buffered_data(block);

		size += REPLAY_BLOCK_SIZE + data_room(&block->block.send_queue);
		if (buffered)
			size += data_room(buffered);
	}
	return size;
}

/* The first bytes, as many as there is room for. */
static int put_data(struct sk_buff *skb, int attr,
		    const struct sk_buff_head *list)
{
	unsigned int left = min_t(u64, data_size(list), REPLAY_DATA_SIZE);
	const struct sk_buff *from;
	struct nlattr *data;
	u8 *to;

	if (!left)
		return 0;
	data = nla_reserve(skb, attr, left);
	if (!data)
		return -EMSGSIZE;
	to = nla_data(data);
	skb_queue_walk(list, from) {
		unsigned int part = min(from->len, left);

		if (skb_copy_bits(from, 0, to, part))
			return -EFAULT;
		to += part;
		left -= part;
	}
	return 0;
}

static int put_tcp(struct sk_buff *skb, struct chimney_replay_block *block)
{
	struct sk_buff_head *buffered = chimney_replay_buffered_data(block);
	struct sk_buff_head *send = &block->block.send_queue;
	u64 indicated;
	u32 events;
	int err;

	chimney_replay_counters(block, &indicated, &events);
	if (nla_put_u64_64bit(skb, CHIMNEY_A_REPLAY_BLOCK_SEND_BYTES,
			      data_size(send), CHIMNEY_A_REPLAY_BLOCK_PAD) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_REPLAY_BLOCK_RECEIVE_BYTES,
			      buffered ? data_size(buffered) : 0,
			      CHIMNEY_A_REPLAY_BLOCK_PAD) ||
	    nla_put_u64_64bit(skb, CHIMNEY_A_REPLAY_BLOCK_INDICATED, indicated,
			      CHIMNEY_A_REPLAY_BLOCK_PAD) ||
	    nla_put_u32(skb, CHIMNEY_A_REPLAY_BLOCK_EVENTS, events))
		return -EMSGSIZE;
	err = put_data(skb, CHIMNEY_A_REPLAY_BLOCK_SEND_DATA, send);
	if (!err && buffered)
		err = put_data(skb, CHIMNEY_A_REPLAY_BLOCK_BUFFERED_DATA,
			       buffered);
	return err;
}

static int put_block(struct sk_buff *skb, struct chimney_replay_block *block)
{
	const struct chimney_handle *handle = block->block.handle;
	struct nlattr *nest;

	nest = nla_nest_start(skb, CHIMNEY_A_REPLAY_BLOCK);
	if (!nest ||
	    (handle && nla_put_u32(skb, CHIMNEY_A_REPLAY_BLOCK_OBJECT,
				   block->label)) ||
	    nla_put_u32(skb, CHIMNEY_A_REPLAY_BLOCK_LAYER, block->layer) ||
	    nla_put_u32(skb, CHIMNEY_A_REPLAY_BLOCK_ROLE, block->role) ||
	    nla_put_u32(skb, CHIMNEY_A_REPLAY_BLOCK_STATUS,
			block->block.status) ||
	    (handle && READ_ONCE(handle->context) &&
	     nla_put_flag(skb, CHIMNEY_A_REPLAY_BLOCK_SLOT)) ||
	    (block->block.state &&
	     chimney_nl_put_state(skb, CHIMNEY_A_REPLAY_BLOCK_CLASS,
				  block->block.type, block->block.state)) ||
	    (handle && block->layer == CHIMNEY_LAYER_TCP &&
	     put_tcp(skb, block)))
		return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

/* A tree that the target still has is not looked at. */
static int put_blocks(struct sk_buff *skb, struct chimney_replay_tree *tree,
		      enum chimney_op_state state)
{
	unsigned int i;

	if (state == CHIMNEY_OP_STATE_TIMED_OUT)
		return 0;
	for (i = 0; i < tree->count; i++)
		if (put_block(skb, &tree->blocks[i]))
			return -EMSGSIZE;
	return 0;
}

static int reply(struct genl_info *info, int ifindex,
		 struct chimney_replay_tree *tree, enum chimney_op_kind kind,
		 enum chimney_op_state state)
{
	struct sk_buff *msg;
	void *hdr;

	msg = genlmsg_new(state == CHIMNEY_OP_STATE_TIMED_OUT ?
				  NLMSG_DEFAULT_SIZE : reply_size(tree),
			  GFP_KERNEL);
	if (!msg)
		return -ENOMEM;
	hdr = genlmsg_put(msg, info->snd_portid, info->snd_seq,
			  &chimney_nl_family, 0, info->genlhdr->cmd);
	if (!hdr || nla_put_u32(msg, CHIMNEY_A_REPLAY_IFINDEX, ifindex) ||
	    nla_put_u32(msg, CHIMNEY_A_REPLAY_KIND, kind) ||
	    nla_put_u32(msg, CHIMNEY_A_REPLAY_STATE, state) ||
	    put_blocks(msg, tree, state)) {
		nlmsg_free(msg);
		return -EMSGSIZE;
	}
	genlmsg_end(msg, hdr);
	return genlmsg_reply(msg, info);
}

int chimney_nl_replay_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *deadline = info->attrs[CHIMNEY_A_REPLAY_DEADLINE];
	struct chimney_replay_tree *tree;
	enum chimney_op_state state;
	enum chimney_op_kind kind;
	int ifindex, err;

	ifindex = chimney_nl_ifindex(info);
	if (ifindex < 0)
		return ifindex;
	if (GENL_REQ_ATTR_CHECK(info, CHIMNEY_A_REPLAY_KIND)) {
		GENL_SET_ERR_MSG(info, "the kind of the operation is missing");
		return -EINVAL;
	}
	kind = nla_get_u32(info->attrs[CHIMNEY_A_REPLAY_KIND]);
	tree = parse_tree(info);
	if (IS_ERR(tree))
		return PTR_ERR(tree);
	err = chimney_replay_run(genl_info_net(info), info->snd_portid,
				 ifindex, kind, tree,
				 deadline ? nla_get_u32(deadline) :
					    REPLAY_DEADLINE_MS,
				 &state, info->extack);
	if (!err)
		err = reply(info, ifindex, tree, kind, state);
	chimney_replay_tree_put(tree);
	return err;
}
