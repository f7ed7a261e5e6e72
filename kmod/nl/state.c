// SPDX-License-Identifier: GPL-2.0-only
/*
 * State structures as attributes: one table for each layer says which attribute
 * is which member, for messages in both directions.
 */

#include <linux/build_bug.h>
#include <linux/if_ether.h>
#include <linux/socket.h>
#include <net/netlink.h>

#include "family.h"
#include "gen.h"
#include "state.h"

#define STATE_CLASSES	(CHIMNEY_STATE_CLASS_COMPLETE + 1)

enum chimney_nl_form {
	FORM_U8,
	FORM_U16,
	FORM_U32,
	FORM_BE16,
	FORM_IP,	/* struct in6_addr of the path's family */
	FORM_MAC,	/* CHIMNEY_DL_ADDR_LEN bytes, zero for none */
	FORM_STRING,	/* TCP_CA_NAME_MAX bytes */
};

/**
 * struct chimney_nl_variable - one variable
 * @attr: its attribute
 * @class: const, cached or delegated
 * @form: how it looks on both sides
 * @offset: in the structure of its class
 */
struct chimney_nl_variable {
	u16 attr;
	u8 class;
	u8 form;
	u16 offset;
};

#define VARIABLE(_layer, _struct, _class, _attr, _member, _form) {	       \
	.attr = CHIMNEY_A_##_layer##_STATE_##_attr,			       \
	.class = CHIMNEY_STATE_CLASS_##_class,				       \
	.form = FORM_##_form,						       \
	.offset = offsetof(struct chimney_##_struct, _member),		       \
}

#define NEIGHBOR_CONST(...) \
	VARIABLE(NEIGHBOR, neighbor_state_const, CONST, __VA_ARGS__)
#define NEIGHBOR_CACHED(...) \
	VARIABLE(NEIGHBOR, neighbor_state_cached, CACHED, __VA_ARGS__)
#define NEIGHBOR_DELEGATED(...) \
	VARIABLE(NEIGHBOR, neighbor_state_delegated, DELEGATED, __VA_ARGS__)
#define PATH_CONST(...) \
	VARIABLE(PATH, path_state_const, CONST, __VA_ARGS__)
#define PATH_CACHED(...) \
	VARIABLE(PATH, path_state_cached, CACHED, __VA_ARGS__)
#define TCP_CONST(...) \
	VARIABLE(TCP, tcp_state_const, CONST, __VA_ARGS__)
#define TCP_CACHED(...) \
	VARIABLE(TCP, tcp_state_cached, CACHED, __VA_ARGS__)
#define TCP_DELEGATED(...) \
	VARIABLE(TCP, tcp_state_delegated, DELEGATED, __VA_ARGS__)

static const struct chimney_nl_variable neighbor_variables[] = {
	NEIGHBOR_CONST(DL_SOURCE_ADDRESS, dl_source_address, MAC),
	NEIGHBOR_CONST(VLAN_ID, vlan_id, U16),
	NEIGHBOR_CACHED(DL_DESTINATION_ADDRESS, dl_destination_address, MAC),
	NEIGHBOR_CACHED(HOST_REACHABILITY_DELTA, host_reachability_delta, U32),
	NEIGHBOR_DELEGATED(NIC_REACHABILITY_DELTA, nic_reachability_delta, U32),
};

static const struct chimney_nl_variable path_variables[] = {
	PATH_CONST(SOURCE_ADDRESS, source_address, IP),
	PATH_CONST(DESTINATION_ADDRESS, destination_address, IP),
	PATH_CACHED(PATH_MTU, path_mtu, U32),
};

static const struct chimney_nl_variable tcp_variables[] = {
	TCP_CONST(CONST_FLAGS, flags, U16),
	TCP_CONST(REMOTE_PORT, remote_port, BE16),
	TCP_CONST(LOCAL_PORT, local_port, BE16),
	TCP_CONST(SND_WIND_SCALE, snd_wind_scale, U8),
	TCP_CONST(RCV_WIND_SCALE, rcv_wind_scale, U8),
	TCP_CONST(REMOTE_MSS, remote_mss, U16),
	TCP_CONST(HASH_VALUE, hash_value, U32),
	TCP_CONST(CONGESTION_CONTROL, congestion_control, STRING),
	TCP_CACHED(CACHED_FLAGS, flags, U16),
	TCP_CACHED(INITIAL_RCV_WND, initial_rcv_wnd, U32),
	TCP_CACHED(RCV_INDICATION_SIZE, rcv_indication_size, U32),
	TCP_CACHED(KA_PROBE_COUNT, ka_probe_count, U8),
	TCP_CACHED(KA_TIMEOUT, ka_timeout, U32),
	TCP_CACHED(KA_INTERVAL, ka_interval, U32),
	TCP_CACHED(MAX_RT, max_rt, U32),
	TCP_CACHED(FLOW_LABEL, flow_label, U32),
	TCP_CACHED(TTL_OR_HOP_LIMIT, ttl_or_hop_limit, U8),
	TCP_CACHED(TOS_OR_TRAFFIC_CLASS, tos_or_traffic_class, U8),
	TCP_CACHED(USER_PRIORITY, user_priority, U32),
	TCP_CACHED(QUEUE_PRIORITY, queue_priority, U32),
	TCP_DELEGATED(STATE, state, U32),
	TCP_DELEGATED(RCV_NXT, rcv_nxt, U32),
	TCP_DELEGATED(RCV_WND, rcv_wnd, U32),
	TCP_DELEGATED(SND_UNA, snd_una, U32),
	TCP_DELEGATED(SND_NXT, snd_nxt, U32),
	TCP_DELEGATED(SND_MAX, snd_max, U32),
	TCP_DELEGATED(SND_WND, snd_wnd, U32),
	TCP_DELEGATED(MAX_SND_WND, max_snd_wnd, U32),
	TCP_DELEGATED(SND_WL1, snd_wl1, U32),
	TCP_DELEGATED(CWND, cwnd, U32),
	TCP_DELEGATED(SS_THRESH, ss_thresh, U32),
	TCP_DELEGATED(SRTT, srtt, U32),
	TCP_DELEGATED(RTT_VAR, rtt_var, U32),
	TCP_DELEGATED(TS_RECENT, ts_recent, U32),
	TCP_DELEGATED(TS_RECENT_AGE, ts_recent_age, U32),
	TCP_DELEGATED(TS_TIME, ts_time, U32),
	TCP_DELEGATED(TOTAL_RT, total_rt, U32),
	TCP_DELEGATED(DUP_ACK_COUNT, dup_ack_count, U8),
	TCP_DELEGATED(SND_WND_PROBE_COUNT, snd_wnd_probe_count, U8),
	TCP_DELEGATED(KEEP_ALIVE_PROBE_COUNT, keep_alive.probe_count, U8),
	TCP_DELEGATED(KEEP_ALIVE_TIMEOUT_DELTA, keep_alive.timeout_delta, U32),
	TCP_DELEGATED(RETRANSMIT_COUNT, retransmit.count, U8),
	TCP_DELEGATED(RETRANSMIT_TIMEOUT_DELTA, retransmit.timeout_delta, U32),
	TCP_DELEGATED(SEND_BACKLOG_SIZE, send_backlog_size, U32),
	TCP_DELEGATED(RECEIVE_BACKLOG_SIZE, receive_backlog_size, U32),
	TCP_DELEGATED(REORDERING, reordering, U32),
};

/**
 * struct chimney_nl_layout - the variables of a layer
 * @variables: all of them
 * @count: how many
 * @policy: of their attributes
 * @maxattr: the last attribute
 * @parts: where each class is in the complete structure
 */
struct chimney_nl_layout {
	const struct chimney_nl_variable *variables;
	unsigned int count;
	const struct nla_policy *policy;
	unsigned int maxattr;
	u16 parts[CHIMNEY_STATE_CLASS_COMPLETE];
};

#define LAYOUT(_layer, _name) {						       \
	.variables = _name##_variables,					       \
	.count = ARRAY_SIZE(_name##_variables),				       \
	.policy = chimney_##_name##_state_nl_policy,			       \
	.maxattr = CHIMNEY_A_##_layer##_STATE_MAX,			       \
	.parts = {							       \
		offsetof(struct chimney_##_name##_offload_state, constant),    \
		offsetof(struct chimney_##_name##_offload_state, cached),      \
		offsetof(struct chimney_##_name##_offload_state, delegated),   \
	},								       \
}

static const struct chimney_nl_layout layouts[] = {
	[CHIMNEY_LAYER_NEIGHBOR] = LAYOUT(NEIGHBOR, neighbor),
	[CHIMNEY_LAYER_PATH] = LAYOUT(PATH, path),
	[CHIMNEY_LAYER_TCP] = LAYOUT(TCP, tcp),
};

#define STATE_MAXATTR	CHIMNEY_A_TCP_STATE_MAX

/* The enums go layer by layer, each with its classes in order. */
static_assert((int)CHIMNEY_NEIGHBOR_STATE == CHIMNEY_STATE_CLASS_COMPLETE);
static_assert((int)CHIMNEY_PATH_STATE_CONST == STATE_CLASSES);
static_assert((int)CHIMNEY_TCP_STATE_DELEGATED ==
	      2 * STATE_CLASSES + CHIMNEY_STATE_CLASS_DELEGATED);
static_assert((int)CHIMNEY_A_NEIGHBOR_STATE_MAX <= STATE_MAXATTR);
static_assert((int)CHIMNEY_A_PATH_STATE_MAX <= STATE_MAXATTR);

/* Both sets of attributes have the nests of the layers behind the class. */
static_assert(CHIMNEY_A_BLOCK_TCP_VARIABLES - CHIMNEY_A_BLOCK_CLASS ==
	      1 + CHIMNEY_LAYER_TCP);
static_assert(CHIMNEY_A_REPLAY_BLOCK_TCP_VARIABLES -
	      CHIMNEY_A_REPLAY_BLOCK_CLASS == 1 + CHIMNEY_LAYER_TCP);

/* Where the variables of a class are in @state, or -1 if it lacks them. */
static int class_offset(enum chimney_state_type type, u8 class)
{
	u8 has = type % STATE_CLASSES;

	if (has == CHIMNEY_STATE_CLASS_COMPLETE)
		return layouts[type / STATE_CLASSES].parts[class];
	return has == class ? 0 : -1;
}

static u16 path_family(enum chimney_state_type type, const void *state)
{
	const struct chimney_path_state_const *constant =
		state + class_offset(type, CHIMNEY_STATE_CLASS_CONST);

	return constant->family;
}

static int put_mac(struct sk_buff *skb, int attr, const u8 *mac)
{
	if (!memchr_inv(mac, 0, CHIMNEY_DL_ADDR_LEN))
		return 0;
	return nla_put(skb, attr, ETH_ALEN, mac);
}

static int put_variable(struct sk_buff *skb, enum chimney_state_type type,
			const void *state,
			const struct chimney_nl_variable *variable)
{
	int offset = class_offset(type, variable->class);
	int attr = variable->attr;
	const void *from;

	if (offset < 0)
		return 0;
	from = state + offset + variable->offset;
	switch (variable->form) {
	case FORM_U8:
		return nla_put_u8(skb, attr, *(const u8 *)from);
	case FORM_U16:
		return nla_put_u16(skb, attr, *(const u16 *)from);
	case FORM_U32:
		return nla_put_u32(skb, attr, *(const u32 *)from);
	case FORM_BE16:
		return nla_put_be16(skb, attr, *(const __be16 *)from);
	case FORM_IP:
		return chimney_nl_put_addr(skb, attr, path_family(type, state),
					   from);
	case FORM_MAC:
		return put_mac(skb, attr, from);
	default:
		return nla_put_string(skb, attr, from);
	}
}

/**
 * chimney_nl_put_state() - put a state structure
 * @skb: message
 * @class_attr: attribute for the class of the structure; those of the nests of
 *	the layers follow it
 * @type: which structure
 * @state: the structure
 *
 * Context: any.
 * Return: 0, or -EMSGSIZE if the message is full.
 */
int chimney_nl_put_state(struct sk_buff *skb, int class_attr,
			 enum chimney_state_type type, const void *state)
{
	enum chimney_layer layer = type / STATE_CLASSES;
	const struct chimney_nl_layout *layout = &layouts[layer];
	struct nlattr *nest;
	unsigned int i;

	if (nla_put_u32(skb, class_attr, type % STATE_CLASSES))
		return -EMSGSIZE;
	nest = nla_nest_start(skb, class_attr + 1 + layer);
	if (!nest)
		return -EMSGSIZE;
	for (i = 0; i < layout->count; i++)
		if (put_variable(skb, type, state, &layout->variables[i]))
			return -EMSGSIZE;
	nla_nest_end(skb, nest);
	return 0;
}

static int get_mac(const struct nlattr *attr, u8 *mac,
		   struct netlink_ext_ack *extack)
{
	if (nla_len(attr) == 0 || nla_len(attr) > CHIMNEY_DL_ADDR_LEN) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "a link-layer address has 1 to 32 bytes");
		return -EINVAL;
	}
	memcpy(mac, nla_data(attr), nla_len(attr));
	return 0;
}

/* The family of a path is that of its addresses. */
static int get_ip(const struct nlattr *attr, struct in6_addr *addr,
		  struct chimney_path_state_const *constant,
		  struct netlink_ext_ack *extack)
{
	u16 family;
	int err;

	err = chimney_nl_get_addr(attr, addr, &family, extack);
	if (err)
		return err;
	if (constant->family && constant->family != family) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the addresses of the path are of different families");
		return -EINVAL;
	}
	constant->family = family;
	return 0;
}

static int get_variable(const struct nlattr *attr, enum chimney_state_type type,
			void *state, const struct chimney_nl_variable *variable,
			struct netlink_ext_ack *extack)
{
	int offset = class_offset(type, variable->class);
	void *to;

	if (offset < 0) {
		NL_SET_ERR_MSG_ATTR(extack, attr,
				    "the variable is not of the block's class");
		return -EINVAL;
	}
	to = state + offset + variable->offset;
	switch (variable->form) {
	case FORM_U8:
		*(u8 *)to = nla_get_u8(attr);
		return 0;
	case FORM_U16:
		*(u16 *)to = nla_get_u16(attr);
		return 0;
	case FORM_U32:
		*(u32 *)to = nla_get_u32(attr);
		return 0;
	case FORM_BE16:
		*(__be16 *)to = nla_get_be16(attr);
		return 0;
	case FORM_IP:
		return get_ip(attr, to, state + offset, extack);
	case FORM_MAC:
		return get_mac(attr, to, extack);
	default:
		nla_strscpy(to, attr, TCP_CA_NAME_MAX);
		return 0;
	}
}

/**
 * chimney_nl_get_state() - fill a state structure from its nest
 * @nest: the nest of the structure's layer
 * @type: which structure
 * @state: the structure, zeroed; what the nest lacks stays so
 * @extack: told what is wrong
 *
 * Context: any.
 * Return: 0 or -EINVAL.
 */
int chimney_nl_get_state(const struct nlattr *nest,
			 enum chimney_state_type type, void *state,
			 struct netlink_ext_ack *extack)
{
	const struct chimney_nl_layout *layout = &layouts[type / STATE_CLASSES];
	struct nlattr *tb[STATE_MAXATTR + 1];
	unsigned int i;
	int err;

	err = nla_parse_nested(tb, layout->maxattr, nest, layout->policy,
			       extack);
	for (i = 0; !err && i < layout->count; i++) {
		const struct chimney_nl_variable *variable =
			&layout->variables[i];

		if (tb[variable->attr])
			err = get_variable(tb[variable->attr], type, state,
					   variable, extack);
	}
	return err;
}
