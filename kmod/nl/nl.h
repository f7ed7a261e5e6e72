/* SPDX-License-Identifier: GPL-2.0-only */
/* The netlink family: what the rest of chimney.ko tells it. */
#ifndef _CHIMNEY_NL_NL_H
#define _CHIMNEY_NL_NL_H

struct chimney_op;
struct chimney_target_info;
struct net;

/* Announce to the group; process context, may sleep. */
void chimney_nl_op_done(struct chimney_op *op);
void chimney_nl_target_added(struct net *net,
			     const struct chimney_target_info *info);
void chimney_nl_target_removed(struct net *net,
			       const struct chimney_target_info *info);

int chimney_nl_init(void);
void chimney_nl_exit(void);

#endif /* _CHIMNEY_NL_NL_H */
