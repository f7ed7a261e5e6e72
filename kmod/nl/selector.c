// SPDX-License-Identifier: GPL-2.0-only
/*
 * Selectors: which connections a request is about.
 *
 * The policies have checked types and unknown attributes; here is what they
 * cannot say. A message is no larger than the send buffer of the requester, so the
 * number of sockets in it needs no limit of its own.
 */

#include <linux/err.h>
#include <linux/mm.h>
#include <linux/overflow.h>
#include <linux/socket.h>
#include <net/netlink.h>

#include "../host/host.h"
#include "family.h"
#include "gen.h"
#include "selector.h"

/* Both addresses of a pair that the user may have given in part. */
static int chimney_nl_get_addrs(const struct nlattr *src,
				const struct nlattr *dst,
				struct in6_addr *saddr, struct in6_addr *daddr,
				u16 *family, struct netlink_ext_ack *extack)
{
	u16 src_family = AF_UNSPEC, dst_family = AF_UNSPEC;
	int err;

	if (src) {
		err = chimney_nl_get_addr(src, saddr, &src_family, extack);
		if (err)
			return err;
	}
	if (dst) {
		err = chimney_nl_get_addr(dst, daddr, &dst_family, extack);
		if (err)
			return err;
	}
	if (src && dst && src_family != dst_family) {
		NL_SET_ERR_MSG_ATTR(extack, dst,
				    "src-addr and dst-addr are of different families");
		return -EINVAL;
	}
	*family = src ? src_family : dst_family;
	return 0;
}

static int chimney_nl_get_port(const struct nlattr *attr, __be16 *port,
			       struct netlink_ext_ack *extack)
{
	*port = nla_get_be16(attr);
	if (*port)
		return 0;
	NL_SET_ERR_MSG_ATTR(extack, attr,
			    "port 0 is none; leave it out to mean any");
	return -EINVAL;
}

static int chimney_nl_get_prefix(const struct nlattr *prefix,
				 const struct nlattr *addr, u8 *bits,
				 struct netlink_ext_ack *extack)
{
	if (!addr && prefix) {
		NL_SET_ERR_MSG_ATTR(extack, prefix,
				    "a prefix length goes with an address");
		return -EINVAL;
	}
	if (!addr)
		return 0;

	*bits = prefix ? nla_get_u8(prefix) : nla_len(addr) * BITS_PER_BYTE;
	if (*bits > nla_len(addr) * BITS_PER_BYTE) {
		NL_SET_ERR_MSG_ATTR(extack, prefix,
				    "the prefix is longer than the address");
		return -EINVAL;
	}
	return 0;
}

static int chimney_nl_socket_parse(const struct nlattr *nest,
				   struct chimney_tuple *tuple,
				   struct netlink_ext_ack *extack)
{
	struct nlattr *tb[CHIMNEY_A_SOCKET_MAX + 1];
	int err;

	err = nla_parse_nested(tb, CHIMNEY_A_SOCKET_MAX, nest,
			       chimney_socket_nl_policy, extack);
	if (err)
		return err;
	if (NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_SOCKET_SRC_ADDR) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_SOCKET_DST_ADDR) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_SOCKET_SRC_PORT) ||
	    NL_REQ_ATTR_CHECK(extack, nest, tb, CHIMNEY_A_SOCKET_DST_PORT)) {
		NL_SET_ERR_MSG(extack, "a socket needs both addresses and ports");
		return -EINVAL;
	}

	err = chimney_nl_get_addrs(tb[CHIMNEY_A_SOCKET_SRC_ADDR],
				   tb[CHIMNEY_A_SOCKET_DST_ADDR],
				   &tuple->src, &tuple->dst, &tuple->family,
				   extack);
	if (!err)
		err = chimney_nl_get_port(tb[CHIMNEY_A_SOCKET_SRC_PORT],
					  &tuple->sport, extack);
	if (!err)
		err = chimney_nl_get_port(tb[CHIMNEY_A_SOCKET_DST_PORT],
					  &tuple->dport, extack);
	if (!err && tb[CHIMNEY_A_SOCKET_COOKIE])
		tuple->cookie = nla_get_u64(tb[CHIMNEY_A_SOCKET_COOKIE]);
	return err;
}

static int chimney_nl_sockets_parse(const struct nlattr *nest,
				    struct chimney_selector *selector,
				    struct netlink_ext_ack *extack)
{
	const struct nlattr *attr;
	int rem, err;

	nla_for_each_nested(attr, nest, rem) {
		if (nla_type(attr) != CHIMNEY_A_SELECTOR_SOCKET)
			continue;
		err = chimney_nl_socket_parse(attr,
					      &selector->sockets[selector->count++],
					      extack);
		if (err)
			return err;
	}
	return 0;
}

static int chimney_nl_filter_parse(struct nlattr **tb,
				   struct chimney_selector *selector,
				   struct netlink_ext_ack *extack)
{
	const struct nlattr *src = tb[CHIMNEY_A_SELECTOR_SRC_ADDR];
	const struct nlattr *dst = tb[CHIMNEY_A_SELECTOR_DST_ADDR];
	int err;

	err = chimney_nl_get_addrs(src, dst, &selector->src, &selector->dst,
				   &selector->family, extack);
	if (!err)
		err = chimney_nl_get_prefix(tb[CHIMNEY_A_SELECTOR_SRC_PREFIX],
					    src, &selector->src_prefix, extack);
	if (!err)
		err = chimney_nl_get_prefix(tb[CHIMNEY_A_SELECTOR_DST_PREFIX],
					    dst, &selector->dst_prefix, extack);
	if (!err && tb[CHIMNEY_A_SELECTOR_SRC_PORT])
		err = chimney_nl_get_port(tb[CHIMNEY_A_SELECTOR_SRC_PORT],
					  &selector->sport, extack);
	if (!err && tb[CHIMNEY_A_SELECTOR_DST_PORT])
		err = chimney_nl_get_port(tb[CHIMNEY_A_SELECTOR_DST_PORT],
					  &selector->dport, extack);
	return err;
}

/* The flag all, a filter and sockets exclude each other, and one must be. */
static int chimney_nl_selector_check(const struct nlattr *nest,
				     struct nlattr **tb,
				     struct netlink_ext_ack *extack)
{
	const struct nlattr *sockets = tb[CHIMNEY_A_SELECTOR_SOCKET];
	const struct nlattr *all = tb[CHIMNEY_A_SELECTOR_ALL];
	bool filter = false;
	int i;

	for (i = 1; i <= CHIMNEY_A_SELECTOR_MAX; i++)
		if (tb[i] && tb[i] != sockets && tb[i] != all)
			filter = true;

	if (all && (filter || sockets)) {
		NL_SET_ERR_MSG_ATTR(extack, all,
				    "the flag all excludes filters and sockets");
		return -EINVAL;
	}
	if (filter && sockets) {
		NL_SET_ERR_MSG_ATTR(extack, sockets,
				    "name sockets or give a filter, not both");
		return -EINVAL;
	}
	if (!all && !filter && !sockets) {
		NL_SET_ERR_MSG_ATTR(extack, nest,
				    "the filter is empty; set the flag all to mean every connection");
		return -EINVAL;
	}
	return 0;
}

static u32 chimney_nl_sockets_count(const struct nlattr *nest)
{
	const struct nlattr *attr;
	u32 count = 0;
	int rem;

	nla_for_each_nested(attr, nest, rem)
		if (nla_type(attr) == CHIMNEY_A_SELECTOR_SOCKET)
			count++;
	return count;
}

static int chimney_nl_selectors_check(const struct nlmsghdr *nlh, int type,
				      struct nlattr **tb, u32 *count,
				      struct netlink_ext_ack *extack)
{
	const struct nlattr *nest;
	unsigned int selectors = 0;
	int rem, err;
	u32 named;

	nlmsg_for_each_attr(nest, nlh, GENL_HDRLEN, rem) {
		if (nla_type(nest) != type)
			continue;
		err = nla_parse_nested(tb, CHIMNEY_A_SELECTOR_MAX, nest,
				       chimney_selector_nl_policy, extack);
		if (!err)
			err = chimney_nl_selector_check(nest, tb, extack);
		if (err)
			return err;
		named = chimney_nl_sockets_count(nest);
		if (selectors++ && (!named || !*count)) {
			NL_SET_ERR_MSG_ATTR(extack, nest,
					    "of several selectors each must name sockets");
			return -EINVAL;
		}
		*count += named;
	}
	return 0;
}

static int chimney_nl_selectors_parse(const struct nlmsghdr *nlh, int type,
				      struct nlattr **tb,
				      struct chimney_selector *selector,
				      struct netlink_ext_ack *extack)
{
	const struct nlattr *nest;
	int rem, err;

	err = chimney_nl_filter_parse(tb, selector, extack);
	if (err)
		return err;
	nlmsg_for_each_attr(nest, nlh, GENL_HDRLEN, rem) {
		if (nla_type(nest) != type)
			continue;
		err = chimney_nl_sockets_parse(nest, selector, extack);
		if (err)
			return err;
	}
	return 0;
}

/**
 * chimney_nl_selector_parse() - which connections a request names
 * @nlh: the request, which has an attribute of that type
 * @type: of the attribute; of several all name sockets
 * @extack: told what is wrong with it
 *
 * Context: process context, may sleep.
 * Return: the selector, which the caller owns (kvfree()), or an ERR_PTR().
 */
struct chimney_selector *
chimney_nl_selector_parse(const struct nlmsghdr *nlh, int type,
			  struct netlink_ext_ack *extack)
{
	struct nlattr *tb[CHIMNEY_A_SELECTOR_MAX + 1];
	struct chimney_selector *selector;
	u32 count = 0;
	int err;

	err = chimney_nl_selectors_check(nlh, type, tb, &count, extack);
	if (err)
		return ERR_PTR(err);

	selector = kvzalloc(struct_size(selector, sockets, count), GFP_KERNEL);
	if (!selector)
		return ERR_PTR(-ENOMEM);
	err = chimney_nl_selectors_parse(nlh, type, tb, selector, extack);
	if (err) {
		kvfree(selector);
		return ERR_PTR(err);
	}
	return selector;
}
