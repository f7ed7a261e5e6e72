/* SPDX-License-Identifier: GPL-2.0-only */
/* From the nested attributes that name connections to what the host takes. */
#ifndef _CHIMNEY_NL_SELECTOR_H
#define _CHIMNEY_NL_SELECTOR_H

struct chimney_selector;
struct netlink_ext_ack;
struct nlmsghdr;

struct chimney_selector *
chimney_nl_selector_parse(const struct nlmsghdr *nlh, int type,
			  struct netlink_ext_ack *extack);

#endif /* _CHIMNEY_NL_SELECTOR_H */
