/* SPDX-License-Identifier: GPL-2.0-only */
/* What the commands of the netlink family share. */
#ifndef _CHIMNEY_NL_FAMILY_H
#define _CHIMNEY_NL_FAMILY_H

#include <linux/in6.h>
#include <net/genetlink.h>

extern struct genl_family chimney_nl_family;

int chimney_nl_put_addr(struct sk_buff *skb, int attr, u16 family,
			const struct in6_addr *addr);
int chimney_nl_get_addr(const struct nlattr *attr, struct in6_addr *addr,
			u16 *family, struct netlink_ext_ack *extack);
int chimney_nl_ifindex(struct genl_info *info);
int chimney_nl_dump_bare(struct netlink_callback *cb);
bool chimney_nl_listened(struct net *net);
void chimney_nl_announce(struct net *net, struct sk_buff *skb, gfp_t gfp);

#endif /* _CHIMNEY_NL_FAMILY_H */
