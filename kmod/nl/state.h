/* SPDX-License-Identifier: GPL-2.0-only */
/* State structures as attributes, in both directions. */
#ifndef _CHIMNEY_NL_STATE_H
#define _CHIMNEY_NL_STATE_H

#include <linux/netlink.h>
#include <linux/skbuff.h>

#include <chimney/state.h>

static inline enum chimney_state_type
chimney_nl_state_type(enum chimney_layer layer, enum chimney_state_class class)
{
	return layer * (CHIMNEY_STATE_CLASS_COMPLETE + 1) + class;
}

int chimney_nl_put_state(struct sk_buff *skb, int class_attr,
			 enum chimney_state_type type, const void *state);
int chimney_nl_get_state(const struct nlattr *nest,
			 enum chimney_state_type type, void *state,
			 struct netlink_ext_ack *extack);

#endif /* _CHIMNEY_NL_STATE_H */
