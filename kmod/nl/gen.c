// SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause)
/* Do not edit directly, auto-generated from: */
/*	uapi/chimney.yaml */
/* YNL-GEN kernel source */
/* YNL-ARG --user-header gen.h */

#include <net/netlink.h>
#include <net/genetlink.h>

#include "gen.h"

#include <uapi/linux/chimney.h>

/* Integer value ranges */
static const struct netlink_range_validation chimney_a_op_deadline_range = {
	.min	= 1ULL,
	.max	= 600000ULL,
};

/* Common nested types */
const struct nla_policy chimney_selector_nl_policy[CHIMNEY_A_SELECTOR_SOCKET + 1] = {
	[CHIMNEY_A_SELECTOR_ALL] = { .type = NLA_FLAG, },
	[CHIMNEY_A_SELECTOR_SRC_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SELECTOR_SRC_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[CHIMNEY_A_SELECTOR_SRC_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SELECTOR_DST_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SELECTOR_DST_PREFIX] = NLA_POLICY_MAX(NLA_U8, 128),
	[CHIMNEY_A_SELECTOR_DST_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SELECTOR_SOCKET] = NLA_POLICY_NESTED(chimney_socket_nl_policy),
};

const struct nla_policy chimney_socket_nl_policy[CHIMNEY_A_SOCKET_COOKIE + 1] = {
	[CHIMNEY_A_SOCKET_SRC_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SOCKET_DST_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SOCKET_SRC_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SOCKET_DST_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SOCKET_COOKIE] = { .type = NLA_U64, },
};

/* CHIMNEY_CMD_TARGET_NEW - do */
static const struct nla_policy chimney_target_new_nl_policy[CHIMNEY_A_TARGET_MAX_RCV_WND + 1] = {
	[CHIMNEY_A_TARGET_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_TARGET_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_TARGET_KIND] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_TARGET_TCP_ENTRIES] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_TARGET_PATH_ENTRIES] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_TARGET_MAX_MTU] = { .type = NLA_U32, },
	[CHIMNEY_A_TARGET_MAX_RCV_WND] = { .type = NLA_U32, },
};

/* CHIMNEY_CMD_TARGET_DEL - do */
static const struct nla_policy chimney_target_del_nl_policy[CHIMNEY_A_TARGET_IFNAME + 1] = {
	[CHIMNEY_A_TARGET_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_TARGET_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* CHIMNEY_CMD_TARGET_GET - do */
static const struct nla_policy chimney_target_get_nl_policy[CHIMNEY_A_TARGET_IFNAME + 1] = {
	[CHIMNEY_A_TARGET_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_TARGET_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* CHIMNEY_CMD_INITIATE - do */
static const struct nla_policy chimney_initiate_nl_policy[CHIMNEY_A_OP_OWNED + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
	[CHIMNEY_A_OP_OWNED] = { .type = NLA_FLAG, },
};

/* CHIMNEY_CMD_TERMINATE - do */
static const struct nla_policy chimney_terminate_nl_policy[CHIMNEY_A_OP_DEADLINE + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
};

/* CHIMNEY_CMD_OP_GET - do */
static const struct nla_policy chimney_op_get_nl_policy[CHIMNEY_A_OP_ID + 1] = {
	[CHIMNEY_A_OP_ID] = { .type = NLA_U32, },
};

/* CHIMNEY_CMD_BLOCK_GET - dump */
static const struct nla_policy chimney_block_get_nl_policy[CHIMNEY_A_BLOCK_OP_ID + 1] = {
	[CHIMNEY_A_BLOCK_OP_ID] = { .type = NLA_U32, },
};

/* CHIMNEY_CMD_CONN_GET - dump */
static const struct nla_policy chimney_conn_get_nl_policy[CHIMNEY_A_CONN_SELECTOR + 1] = {
	[CHIMNEY_A_CONN_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
};

/* Ops table for chimney */
const struct genl_split_ops chimney_nl_ops[10] = {
	{
		.cmd		= CHIMNEY_CMD_TARGET_NEW,
		.doit		= chimney_nl_target_new_doit,
		.policy		= chimney_target_new_nl_policy,
		.maxattr	= CHIMNEY_A_TARGET_MAX_RCV_WND,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_TARGET_DEL,
		.doit		= chimney_nl_target_del_doit,
		.policy		= chimney_target_del_nl_policy,
		.maxattr	= CHIMNEY_A_TARGET_IFNAME,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_TARGET_GET,
		.doit		= chimney_nl_target_get_doit,
		.policy		= chimney_target_get_nl_policy,
		.maxattr	= CHIMNEY_A_TARGET_IFNAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= CHIMNEY_CMD_TARGET_GET,
		.dumpit	= chimney_nl_target_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= CHIMNEY_CMD_INITIATE,
		.doit		= chimney_nl_initiate_doit,
		.policy		= chimney_initiate_nl_policy,
		.maxattr	= CHIMNEY_A_OP_OWNED,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_TERMINATE,
		.doit		= chimney_nl_terminate_doit,
		.policy		= chimney_terminate_nl_policy,
		.maxattr	= CHIMNEY_A_OP_DEADLINE,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_OP_GET,
		.doit		= chimney_nl_op_get_doit,
		.policy		= chimney_op_get_nl_policy,
		.maxattr	= CHIMNEY_A_OP_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd	= CHIMNEY_CMD_OP_GET,
		.dumpit	= chimney_nl_op_get_dumpit,
		.flags	= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= CHIMNEY_CMD_BLOCK_GET,
		.dumpit		= chimney_nl_block_get_dumpit,
		.done		= chimney_nl_block_get_done,
		.policy		= chimney_block_get_nl_policy,
		.maxattr	= CHIMNEY_A_BLOCK_OP_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= CHIMNEY_CMD_CONN_GET,
		.dumpit		= chimney_nl_conn_get_dumpit,
		.done		= chimney_nl_conn_get_done,
		.policy		= chimney_conn_get_nl_policy,
		.maxattr	= CHIMNEY_A_CONN_SELECTOR,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DUMP,
	},
};
