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
extern const struct nla_policy chimney_neighbor_state_nl_policy[CHIMNEY_A_NEIGHBOR_STATE_NIC_REACHABILITY_DELTA + 1];
extern const struct nla_policy chimney_path_state_nl_policy[CHIMNEY_A_PATH_STATE_PATH_MTU + 1];
extern const struct nla_policy chimney_replay_block_nl_policy[CHIMNEY_A_REPLAY_BLOCK_PAD + 1];
extern const struct nla_policy chimney_selector_nl_policy[CHIMNEY_A_SELECTOR_SOCKET + 1];
extern const struct nla_policy chimney_socket_nl_policy[CHIMNEY_A_SOCKET_PAD + 1];
extern const struct nla_policy chimney_tcp_state_nl_policy[CHIMNEY_A_TCP_STATE_REORDERING + 1];

/* Ops table for chimney */
extern const struct genl_split_ops chimney_nl_ops[21];

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
int chimney_nl_update_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_query_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_invalidate_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_stats_get_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_stats_get_dumpit(struct sk_buff *skb,
				struct netlink_callback *cb);
int chimney_nl_stats_reset_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_params_get_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_params_set_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_target_fault_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_replay_doit(struct sk_buff *skb, struct genl_info *info);
int chimney_nl_op_cancel_doit(struct sk_buff *skb, struct genl_info *info);

enum {
	CHIMNEY_NLGRP_EVENT,
};

#endif /* _LINUX_CHIMNEY_GEN_H */
