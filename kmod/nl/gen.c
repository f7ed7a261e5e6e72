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

static const struct netlink_range_validation chimney_a_tcp_state_flow_label_range = {
	.max	= 1048575ULL,
};

static const struct netlink_range_validation chimney_a_replay_deadline_range = {
	.min	= 1ULL,
	.max	= 60000ULL,
};

/* Common nested types */
const struct nla_policy chimney_neighbor_state_nl_policy[CHIMNEY_A_NEIGHBOR_STATE_NIC_REACHABILITY_DELTA + 1] = {
	[CHIMNEY_A_NEIGHBOR_STATE_DL_SOURCE_ADDRESS] = { .type = NLA_BINARY, },
	[CHIMNEY_A_NEIGHBOR_STATE_VLAN_ID] = NLA_POLICY_MAX(NLA_U16, 4094),
	[CHIMNEY_A_NEIGHBOR_STATE_DL_DESTINATION_ADDRESS] = { .type = NLA_BINARY, },
	[CHIMNEY_A_NEIGHBOR_STATE_HOST_REACHABILITY_DELTA] = { .type = NLA_U32, },
	[CHIMNEY_A_NEIGHBOR_STATE_NIC_REACHABILITY_DELTA] = { .type = NLA_U32, },
};

const struct nla_policy chimney_path_state_nl_policy[CHIMNEY_A_PATH_STATE_PATH_MTU + 1] = {
	[CHIMNEY_A_PATH_STATE_SOURCE_ADDRESS] = { .type = NLA_BINARY, },
	[CHIMNEY_A_PATH_STATE_DESTINATION_ADDRESS] = { .type = NLA_BINARY, },
	[CHIMNEY_A_PATH_STATE_PATH_MTU] = { .type = NLA_U32, },
};

const struct nla_policy chimney_replay_block_nl_policy[CHIMNEY_A_REPLAY_BLOCK_PAD + 1] = {
	[CHIMNEY_A_REPLAY_BLOCK_OBJECT] = { .type = NLA_U32, },
	[CHIMNEY_A_REPLAY_BLOCK_LAYER] = NLA_POLICY_MAX(NLA_U32, 2),
	[CHIMNEY_A_REPLAY_BLOCK_ROLE] = NLA_POLICY_MAX(NLA_U32, 2),
	[CHIMNEY_A_REPLAY_BLOCK_CLASS] = NLA_POLICY_MAX(NLA_U32, 3),
	[CHIMNEY_A_REPLAY_BLOCK_NEIGHBOR_VARIABLES] = NLA_POLICY_NESTED(chimney_neighbor_state_nl_policy),
	[CHIMNEY_A_REPLAY_BLOCK_PATH_VARIABLES] = NLA_POLICY_NESTED(chimney_path_state_nl_policy),
	[CHIMNEY_A_REPLAY_BLOCK_TCP_VARIABLES] = NLA_POLICY_NESTED(chimney_tcp_state_nl_policy),
	[CHIMNEY_A_REPLAY_BLOCK_SEND_DATA] = { .type = NLA_BINARY, },
	[CHIMNEY_A_REPLAY_BLOCK_BUFFERED_DATA] = { .type = NLA_BINARY, },
	[CHIMNEY_A_REPLAY_BLOCK_STATUS] = NLA_POLICY_MAX(NLA_U32, 21),
	[CHIMNEY_A_REPLAY_BLOCK_SLOT] = { .type = NLA_FLAG, },
	[CHIMNEY_A_REPLAY_BLOCK_SEND_BYTES] = { .type = NLA_U64, },
	[CHIMNEY_A_REPLAY_BLOCK_RECEIVE_BYTES] = { .type = NLA_U64, },
	[CHIMNEY_A_REPLAY_BLOCK_INDICATED] = { .type = NLA_U64, },
	[CHIMNEY_A_REPLAY_BLOCK_EVENTS] = { .type = NLA_U32, },
};

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

const struct nla_policy chimney_socket_nl_policy[CHIMNEY_A_SOCKET_PAD + 1] = {
	[CHIMNEY_A_SOCKET_SRC_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SOCKET_DST_ADDR] = { .type = NLA_BINARY, },
	[CHIMNEY_A_SOCKET_SRC_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SOCKET_DST_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_SOCKET_COOKIE] = { .type = NLA_U64, },
};

const struct nla_policy chimney_tcp_state_nl_policy[CHIMNEY_A_TCP_STATE_REORDERING + 1] = {
	[CHIMNEY_A_TCP_STATE_CONST_FLAGS] = NLA_POLICY_MASK(NLA_U16, 0x1f),
	[CHIMNEY_A_TCP_STATE_REMOTE_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_TCP_STATE_LOCAL_PORT] = { .type = NLA_U16, },
	[CHIMNEY_A_TCP_STATE_SND_WIND_SCALE] = NLA_POLICY_MAX(NLA_U8, 14),
	[CHIMNEY_A_TCP_STATE_RCV_WIND_SCALE] = NLA_POLICY_MAX(NLA_U8, 14),
	[CHIMNEY_A_TCP_STATE_REMOTE_MSS] = { .type = NLA_U16, },
	[CHIMNEY_A_TCP_STATE_HASH_VALUE] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_CONGESTION_CONTROL] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_TCP_STATE_CACHED_FLAGS] = NLA_POLICY_MASK(NLA_U16, 0x3f),
	[CHIMNEY_A_TCP_STATE_INITIAL_RCV_WND] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_RCV_INDICATION_SIZE] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_KA_PROBE_COUNT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_KA_TIMEOUT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_KA_INTERVAL] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_MAX_RT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_FLOW_LABEL] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_tcp_state_flow_label_range),
	[CHIMNEY_A_TCP_STATE_TTL_OR_HOP_LIMIT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_TOS_OR_TRAFFIC_CLASS] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_USER_PRIORITY] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_QUEUE_PRIORITY] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_STATE] = NLA_POLICY_MAX(NLA_U32, 10),
	[CHIMNEY_A_TCP_STATE_RCV_NXT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_RCV_WND] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SND_UNA] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SND_NXT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SND_MAX] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SND_WND] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_MAX_SND_WND] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SND_WL1] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_CWND] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SS_THRESH] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SRTT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_RTT_VAR] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_TS_RECENT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_TS_RECENT_AGE] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_TS_TIME] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_TOTAL_RT] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_DUP_ACK_COUNT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_SND_WND_PROBE_COUNT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_KEEP_ALIVE_PROBE_COUNT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_KEEP_ALIVE_TIMEOUT_DELTA] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_RETRANSMIT_COUNT] = { .type = NLA_U8, },
	[CHIMNEY_A_TCP_STATE_RETRANSMIT_TIMEOUT_DELTA] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_SEND_BACKLOG_SIZE] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_RECEIVE_BACKLOG_SIZE] = { .type = NLA_U32, },
	[CHIMNEY_A_TCP_STATE_REORDERING] = { .type = NLA_U32, },
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
static const struct nla_policy chimney_initiate_nl_policy[CHIMNEY_A_OP_DRY_RUN + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
	[CHIMNEY_A_OP_OWNED] = { .type = NLA_FLAG, },
	[CHIMNEY_A_OP_DRY_RUN] = { .type = NLA_FLAG, },
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

/* CHIMNEY_CMD_UPDATE - do */
static const struct nla_policy chimney_update_nl_policy[CHIMNEY_A_OP_LAYERS + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
	[CHIMNEY_A_OP_LAYERS] = NLA_POLICY_MASK(NLA_U32, 0x7),
};

/* CHIMNEY_CMD_QUERY - do */
static const struct nla_policy chimney_query_nl_policy[CHIMNEY_A_OP_LAYERS + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
	[CHIMNEY_A_OP_LAYERS] = NLA_POLICY_MASK(NLA_U32, 0x7),
};

/* CHIMNEY_CMD_INVALIDATE - do */
static const struct nla_policy chimney_invalidate_nl_policy[CHIMNEY_A_OP_LAYERS + 1] = {
	[CHIMNEY_A_OP_SELECTOR] = NLA_POLICY_NESTED(chimney_selector_nl_policy),
	[CHIMNEY_A_OP_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_op_deadline_range),
	[CHIMNEY_A_OP_LAYERS] = NLA_POLICY_MASK(NLA_U32, 0x7),
};

/* CHIMNEY_CMD_STATS_GET - do */
static const struct nla_policy chimney_stats_get_nl_policy[CHIMNEY_A_STATS_FAMILY + 1] = {
	[CHIMNEY_A_STATS_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_STATS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_STATS_FAMILY] = { .type = NLA_U16, },
};

/* CHIMNEY_CMD_STATS_RESET - do */
static const struct nla_policy chimney_stats_reset_nl_policy[CHIMNEY_A_STATS_FAMILY + 1] = {
	[CHIMNEY_A_STATS_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_STATS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_STATS_FAMILY] = { .type = NLA_U16, },
};

/* CHIMNEY_CMD_PARAMS_GET - do */
static const struct nla_policy chimney_params_get_nl_policy[CHIMNEY_A_PARAMS_IFNAME + 1] = {
	[CHIMNEY_A_PARAMS_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_PARAMS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
};

/* CHIMNEY_CMD_PARAMS_SET - do */
static const struct nla_policy chimney_params_set_nl_policy[CHIMNEY_A_PARAMS_NCE_STALE_TICKS + 1] = {
	[CHIMNEY_A_PARAMS_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_PARAMS_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_PARAMS_ACK_FREQUENCY] = NLA_POLICY_MIN(NLA_U8, 1),
	[CHIMNEY_A_PARAMS_MAX_RETRANSMISSIONS] = NLA_POLICY_MIN(NLA_U8, 1),
	[CHIMNEY_A_PARAMS_DOUBT_REACHABILITY_RETRANSMISSIONS] = NLA_POLICY_MIN(NLA_U8, 1),
	[CHIMNEY_A_PARAMS_DUPLICATE_ACK_THRESHOLD] = NLA_POLICY_MIN(NLA_U8, 1),
	[CHIMNEY_A_PARAMS_DELAYED_ACK_TICKS] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_PARAMS_SWS_PREVENTION_TICKS] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_PARAMS_PUSH_TICKS] = NLA_POLICY_MIN(NLA_U32, 1),
	[CHIMNEY_A_PARAMS_NCE_STALE_TICKS] = NLA_POLICY_MIN(NLA_U32, 1),
};

/* CHIMNEY_CMD_TARGET_FAULT - do */
static const struct nla_policy chimney_target_fault_nl_policy[CHIMNEY_A_TARGET_SCRIPT + 1] = {
	[CHIMNEY_A_TARGET_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_TARGET_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_TARGET_SCRIPT] = { .type = NLA_NUL_STRING, .len = 4095, },
};

/* CHIMNEY_CMD_REPLAY - do */
static const struct nla_policy chimney_replay_nl_policy[CHIMNEY_A_REPLAY_BLOCK + 1] = {
	[CHIMNEY_A_REPLAY_IFINDEX] = { .type = NLA_U32, },
	[CHIMNEY_A_REPLAY_IFNAME] = { .type = NLA_NUL_STRING, .len = 15, },
	[CHIMNEY_A_REPLAY_KIND] = NLA_POLICY_MAX(NLA_U32, 4),
	[CHIMNEY_A_REPLAY_DEADLINE] = NLA_POLICY_FULL_RANGE(NLA_U32, &chimney_a_replay_deadline_range),
	[CHIMNEY_A_REPLAY_BLOCK] = NLA_POLICY_NESTED(chimney_replay_block_nl_policy),
};

/* CHIMNEY_CMD_OP_CANCEL - do */
static const struct nla_policy chimney_op_cancel_nl_policy[CHIMNEY_A_OP_ID + 1] = {
	[CHIMNEY_A_OP_ID] = { .type = NLA_U32, },
};

/* Ops table for chimney */
const struct genl_split_ops chimney_nl_ops[21] = {
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
		.maxattr	= CHIMNEY_A_OP_DRY_RUN,
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
	{
		.cmd		= CHIMNEY_CMD_UPDATE,
		.doit		= chimney_nl_update_doit,
		.policy		= chimney_update_nl_policy,
		.maxattr	= CHIMNEY_A_OP_LAYERS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_QUERY,
		.doit		= chimney_nl_query_doit,
		.policy		= chimney_query_nl_policy,
		.maxattr	= CHIMNEY_A_OP_LAYERS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_INVALIDATE,
		.doit		= chimney_nl_invalidate_doit,
		.policy		= chimney_invalidate_nl_policy,
		.maxattr	= CHIMNEY_A_OP_LAYERS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_STATS_GET,
		.doit		= chimney_nl_stats_get_doit,
		.policy		= chimney_stats_get_nl_policy,
		.maxattr	= CHIMNEY_A_STATS_FAMILY,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd	= CHIMNEY_CMD_STATS_GET,
		.dumpit	= chimney_nl_stats_get_dumpit,
		.flags	= GENL_CMD_CAP_DUMP,
	},
	{
		.cmd		= CHIMNEY_CMD_STATS_RESET,
		.doit		= chimney_nl_stats_reset_doit,
		.policy		= chimney_stats_reset_nl_policy,
		.maxattr	= CHIMNEY_A_STATS_FAMILY,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_PARAMS_GET,
		.doit		= chimney_nl_params_get_doit,
		.policy		= chimney_params_get_nl_policy,
		.maxattr	= CHIMNEY_A_PARAMS_IFNAME,
		.flags		= GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_PARAMS_SET,
		.doit		= chimney_nl_params_set_doit,
		.policy		= chimney_params_set_nl_policy,
		.maxattr	= CHIMNEY_A_PARAMS_NCE_STALE_TICKS,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_TARGET_FAULT,
		.doit		= chimney_nl_target_fault_doit,
		.policy		= chimney_target_fault_nl_policy,
		.maxattr	= CHIMNEY_A_TARGET_SCRIPT,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_REPLAY,
		.doit		= chimney_nl_replay_doit,
		.policy		= chimney_replay_nl_policy,
		.maxattr	= CHIMNEY_A_REPLAY_BLOCK,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
	{
		.cmd		= CHIMNEY_CMD_OP_CANCEL,
		.doit		= chimney_nl_op_cancel_doit,
		.policy		= chimney_op_cancel_nl_policy,
		.maxattr	= CHIMNEY_A_OP_ID,
		.flags		= GENL_UNS_ADMIN_PERM | GENL_CMD_CAP_DO,
	},
};
