/* SPDX-License-Identifier: GPL-2.0-only */
/* From the nested attribute that names connections to what the host takes. */
#ifndef _CHIMNEY_NL_SELECTOR_H
#define _CHIMNEY_NL_SELECTOR_H

struct chimney_selector;
struct netlink_ext_ack;
struct nlattr;

struct chimney_selector *
chimney_nl_selector_parse(const struct nlattr *nest,
			  struct netlink_ext_ack *extack);

#endif /* _CHIMNEY_NL_SELECTOR_H */
