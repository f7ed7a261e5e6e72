/* SPDX-License-Identifier: GPL-2.0-only */
/* The netlink family: what the rest of chimney.ko tells it. */
#ifndef _CHIMNEY_NL_NL_H
#define _CHIMNEY_NL_NL_H

#include "../host/host.h"

struct chimney_op;
struct chimney_target_info;
struct net;

/* Announce to the group; process context, may sleep. */
void chimney_nl_op_done(struct chimney_op *op);
void chimney_nl_target_added(struct net *net,
			     const struct chimney_target_info *info);
void chimney_nl_target_removed(struct net *net,
			       const struct chimney_target_info *info);

/**
 * struct chimney_event_info - something a target told, or did wrong
 * @source: which kind of event it is
 * @code: enum chimney_tcp_event, chimney_event, chimney_indication, or
 *	chimney_clause (violation.h)
 * @information: of a TCP event
 * @ifindex: device of the target
 * @context: what userspace calls the object, 0 if none
 * @tuple: the connection; family is 0 if none
 */
struct chimney_event_info {
	enum chimney_event_source source;
	u32 code;
	u32 information;
	int ifindex;
	u64 context;
	struct chimney_tuple tuple;
};

/* Announce an event to the group; any context. */
void chimney_nl_event(struct net *net, const struct chimney_event_info *info);

int chimney_nl_init(void);
void chimney_nl_exit(void);

#endif /* _CHIMNEY_NL_NL_H */
