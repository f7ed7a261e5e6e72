/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	uapi/chimney.yaml */
/* YNL-GEN kernel header */

#ifndef _LINUX_CHIMNEY_GEN_H
#define _LINUX_CHIMNEY_GEN_H

#include <net/netlink.h>
#include <net/genetlink.h>

#include <uapi/linux/chimney.h>

/* Common nested types */
extern const struct nla_policy chimney_selector_nl_policy[CHIMNEY_A_SELECTOR_SOCKET + 1];
extern const struct nla_policy chimney_socket_nl_policy[CHIMNEY_A_SOCKET_COOKIE + 1];

/* Ops table for chimney */
extern const struct genl_split_ops chimney_nl_ops[10];

int chimney_nl_block_get_done(struct netlink_callback *cb);
int chimney_nl_conn_get_done(struct netlink_callback *cb);

int chimney_nl_target_new_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_target_del_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_target_get_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_target_get_dumpit(struct sk_buff *skb,
				 struct netlink_callback *cb);
int chimney_nl_initiate_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_terminate_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_op_get_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_op_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int chimney_nl_block_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int chimney_nl_conn_get_dumpit(struct sk_buff *skb,
			       struct netlink_callback *cb);

enum {
	CHIMNEY_NLGRP_EVENT,
};

#endif /* _LINUX_CHIMNEY_GEN_H */
