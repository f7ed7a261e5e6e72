/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * State of a neighbor, a path and a TCP connection, as it travels between the
 * host stack and an offload target. Each layer has three classes of variables:
 *
 * const      fixed for the life of the object, not returned at terminate;
 * cached     owned by the host, changed in the target by an update only;
 * delegated  owned by the target while offloaded, returned at terminate.
 *
 * Time is in microseconds: a tick is 1 us, so that round-trip times survive.
 */
#ifndef _CHIMNEY_STATE_H
#define _CHIMNEY_STATE_H

#include <linux/in6.h>
#include <linux/skbuff.h>
#include <linux/types.h>
#include <net/tcp.h>	/* TCP_CA_NAME_MAX */

#include <chimney/status.h>

/* A TimeoutDelta of a timer that does not run (CLS-17, CLS-18). */
#define CHIMNEY_TIMER_OFF	U32_MAX

/* SendBacklogSize, ReceiveBacklogSize of a target without the feature. */
#define CHIMNEY_BACKLOG_UNSUPPORTED	U32_MAX

#define CHIMNEY_DL_ADDR_LEN	32

/**
 * enum chimney_state_type - which state structure a block carries
 * @CHIMNEY_NEIGHBOR_STATE_CONST: struct chimney_neighbor_state_const
 * @CHIMNEY_NEIGHBOR_STATE_CACHED: struct chimney_neighbor_state_cached
 * @CHIMNEY_NEIGHBOR_STATE_DELEGATED: struct chimney_neighbor_state_delegated
 * @CHIMNEY_NEIGHBOR_STATE: struct chimney_neighbor_offload_state
 * @CHIMNEY_PATH_STATE_CONST: struct chimney_path_state_const
 * @CHIMNEY_PATH_STATE_CACHED: struct chimney_path_state_cached
 * @CHIMNEY_PATH_STATE_DELEGATED: struct chimney_path_state_delegated
 * @CHIMNEY_PATH_STATE: struct chimney_path_offload_state
 * @CHIMNEY_TCP_STATE_CONST: struct chimney_tcp_state_const
 * @CHIMNEY_TCP_STATE_CACHED: struct chimney_tcp_state_cached
 * @CHIMNEY_TCP_STATE_DELEGATED: struct chimney_tcp_state_delegated
 * @CHIMNEY_TCP_STATE: struct chimney_tcp_offload_state
 *
 * An initiate carries the complete states, an update cached ones, a terminate
 * delegated ones; a query any; an invalidate none.
 */
enum chimney_state_type {
	CHIMNEY_NEIGHBOR_STATE_CONST,
	CHIMNEY_NEIGHBOR_STATE_CACHED,
	CHIMNEY_NEIGHBOR_STATE_DELEGATED,
	CHIMNEY_NEIGHBOR_STATE,
	CHIMNEY_PATH_STATE_CONST,
	CHIMNEY_PATH_STATE_CACHED,
	CHIMNEY_PATH_STATE_DELEGATED,
	CHIMNEY_PATH_STATE,
	CHIMNEY_TCP_STATE_CONST,
	CHIMNEY_TCP_STATE_CACHED,
	CHIMNEY_TCP_STATE_DELEGATED,
	CHIMNEY_TCP_STATE,
};

/**
 * struct chimney_state_header - first member of each state structure
 * @length: bytes of the structure, this header included; the core fills it
 *	(DAT-11)
 */
struct chimney_state_header {
	u32 length;
};

/**
 * struct chimney_neighbor_state_const - const variables of a neighbor
 * @header: length
 * @dl_source_address: source MAC address of every frame to the neighbor; all
 *	zero for the interface's own
 * @vlan_id: 802.1Q VLAN, 0 for none
 */
struct chimney_neighbor_state_const {
	struct chimney_state_header header;
	u8 dl_source_address[CHIMNEY_DL_ADDR_LEN];
	u16 vlan_id;
};

/**
 * struct chimney_neighbor_state_cached - cached variables of a neighbor
 * @header: length
 * @dl_destination_address: MAC address of the next hop
 * @host_reachability_delta: ticks since the host last confirmed reachability
 */
struct chimney_neighbor_state_cached {
	struct chimney_state_header header;
	u8 dl_destination_address[CHIMNEY_DL_ADDR_LEN];
	u32 host_reachability_delta;
};

/**
 * struct chimney_neighbor_state_delegated - delegated variables of a neighbor
 * @header: length
 * @nic_reachability_delta: ticks since the target last confirmed
 *	reachability; equals the host's at initiate (INIT-12)
 */
struct chimney_neighbor_state_delegated {
	struct chimney_state_header header;
	u32 nic_reachability_delta;
};

/**
 * struct chimney_neighbor_offload_state - everything about a neighbor
 * @constant: const variables
 * @cached: cached variables
 * @delegated: delegated variables
 */
struct chimney_neighbor_offload_state {
	struct chimney_neighbor_state_const constant;
	struct chimney_neighbor_state_cached cached;
	struct chimney_neighbor_state_delegated delegated;
};

/**
 * struct chimney_path_state_const - const variables of a path
 * @header: length
 * @family: AF_INET or AF_INET6
 * @source_address: local address; IPv4 in the first four bytes
 * @destination_address: remote address
 */
struct chimney_path_state_const {
	struct chimney_state_header header;
	u16 family;
	struct in6_addr source_address;
	struct in6_addr destination_address;
};

/**
 * struct chimney_path_state_cached - cached variables of a path
 * @header: length
 * @path_mtu: bytes
 */
struct chimney_path_state_cached {
	struct chimney_state_header header;
	u32 path_mtu;
};

/**
 * struct chimney_path_state_delegated - a path has no delegated variables
 * @header: length
 */
struct chimney_path_state_delegated {
	struct chimney_state_header header;
};

/**
 * struct chimney_path_offload_state - everything about a path
 * @constant: const variables
 * @cached: cached variables
 * @delegated: delegated variables
 */
struct chimney_path_offload_state {
	struct chimney_path_state_const constant;
	struct chimney_path_state_cached cached;
	struct chimney_path_state_delegated delegated;
};

/**
 * struct chimney_tcp_state_const - const variables of a connection
 * @header: length
 * @flags: enum chimney_tcp_const_flags
 * @remote_port: network byte order (G-31)
 * @local_port: network byte order
 * @snd_wind_scale: shift of windows received
 * @rcv_wind_scale: shift of windows advertised
 * @remote_mss: MSS the peer announced, bytes
 * @hash_value: RSS hash of the connection, 0 if the host has none
 * @congestion_control: extension: name of the algorithm, a string
 */
struct chimney_tcp_state_const {
	struct chimney_state_header header;
	u16 flags;
	__be16 remote_port;
	__be16 local_port;
	u8 snd_wind_scale;
	u8 rcv_wind_scale;
	u16 remote_mss;
	u32 hash_value;
	char congestion_control[TCP_CA_NAME_MAX];
};

/**
 * struct chimney_tcp_state_cached - cached variables of a connection
 * @header: length
 * @flags: enum chimney_tcp_cached_flags
 * @initial_rcv_wnd: default receive window, bytes
 * @rcv_indication_size: preferred bytes of an indication, 0 for unspecified
 * @ka_probe_count: keepalive probes before the connection is given up
 * @ka_timeout: ticks idle before the first probe
 * @ka_interval: ticks between unanswered probes
 * @max_rt: ticks one segment may be retransmitted; 0 for the target's default
 * @flow_label: IPv6 only, host byte order
 * @ttl_or_hop_limit: hops
 * @tos_or_traffic_class: as in the IP header
 * @user_priority: 802.1p
 * @queue_priority: extension: what queueing disciplines of the target's device
 *	go by, if frames pass them
 */
struct chimney_tcp_state_cached {
	struct chimney_state_header header;
	u16 flags;
	u32 initial_rcv_wnd;
	u32 rcv_indication_size;
	u8 ka_probe_count;
	u32 ka_timeout;
	u32 ka_interval;
	u32 max_rt;
	u32 flow_label;
	u8 ttl_or_hop_limit;
	u8 tos_or_traffic_class;
	u32 user_priority;
	u32 queue_priority;
};

/**
 * struct chimney_tcp_counters - extension: what a connection did in its life
 * @bytes_sent: data, retransmissions included (HCDataOctetsOut of RFC 4898)
 * @bytes_retrans: of these, retransmitted (OctetsRetrans)
 * @segs_out: segments sent (SegsOut)
 * @segs_in: segments received (SegsIn)
 * @data_segs_out: of these, with data (DataSegsOut)
 * @data_segs_in: of these, with data (DataSegsIn)
 * @total_retrans: segments retransmitted (SegsRetrans)
 *
 * The host tells where it was; the target counts on, or leaves all at 0.
 */
struct chimney_tcp_counters {
	u64 bytes_sent;
	u64 bytes_retrans;
	u32 segs_out;
	u32 segs_in;
	u32 data_segs_out;
	u32 data_segs_in;
	u32 total_retrans;
};

/**
 * struct chimney_tcp_state_delegated - delegated variables of a connection
 * @header: length
 * @state: state of the connection (INIT-03 says which at initiate)
 * @rcv_nxt: next sequence number to receive, end of @buffered_data
 * @rcv_wnd: current receive window from @rcv_nxt on, bytes
 * @snd_una: first unacknowledged byte, first byte of the send data
 * @snd_nxt: next byte to send
 * @snd_max: one past the highest byte sent (G-15)
 * @snd_wnd: the peer's window, bytes
 * @max_snd_wnd: largest window seen, bytes
 * @snd_wl1: segment of the last window update
 * @cwnd: congestion window, bytes
 * @ss_thresh: slow-start threshold, bytes
 * @srtt: smoothed round-trip time, ticks times 8; 0 if never measured
 * @rtt_var: its variation, ticks times 4
 * @ts_recent: timestamp to echo
 * @ts_recent_age: ticks since it came
 * @ts_time: sender's timestamp clock plus delta at the hand-over, in units of
 *	the timestamps on the wire
 * @total_rt: ticks spent retransmitting the current segment
 * @dup_ack_count: duplicate ACKs in a row
 * @snd_wnd_probe_count: current round of window probes
 * @keep_alive: unanswered probes, ticks to the next timeout
 * @retransmit: retransmits, ticks to the next timeout; persist timer if
 *	@snd_wnd is 0, FIN_WAIT_2 timer in that state
 * @send_backlog_size: preferred outstanding bytes; query and event only
 * @receive_backlog_size: bytes waiting for delivery; query only
 * @reordering: extension: segments the path was seen to reorder by
 * @counters: extension: counters for TCP_INFO and ss
 * @buffered_data: received, acknowledged, undelivered data up to @rcv_nxt;
 *	empty or absent at initiate (the host keeps such data)
 */
struct chimney_tcp_state_delegated {
	struct chimney_state_header header;
	enum chimney_tcp_state state;
	u32 rcv_nxt;
	u32 rcv_wnd;
	u32 snd_una;
	u32 snd_nxt;
	u32 snd_max;
	u32 snd_wnd;
	u32 max_snd_wnd;
	u32 snd_wl1;
	u32 cwnd;
	u32 ss_thresh;
	u32 srtt;
	u32 rtt_var;
	u32 ts_recent;
	u32 ts_recent_age;
	u32 ts_time;
	u32 total_rt;
	u8 dup_ack_count;
	u8 snd_wnd_probe_count;
	struct {
		u8 probe_count;
		u32 timeout_delta;
	} keep_alive;
	struct {
		u8 count;
		u32 timeout_delta;
	} retransmit;
	u32 send_backlog_size;
	u32 receive_backlog_size;
	u32 reordering;
	struct chimney_tcp_counters counters;
	struct sk_buff_head buffered_data;
};

/**
 * struct chimney_tcp_offload_state - everything about a connection
 * @constant: const variables
 * @cached: cached variables
 * @delegated: delegated variables
 */
struct chimney_tcp_offload_state {
	struct chimney_tcp_state_const constant;
	struct chimney_tcp_state_cached cached;
	struct chimney_tcp_state_delegated delegated;
};

#endif /* _CHIMNEY_STATE_H */
