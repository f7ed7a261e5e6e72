/* SPDX-License-Identifier: ((GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause) */
/* Do not edit directly, auto-generated from: */
/*	uapi/chimney.yaml */
/* YNL-GEN uapi header */

#ifndef _UAPI_LINUX_CHIMNEY_H
#define _UAPI_LINUX_CHIMNEY_H

#define CHIMNEY_FAMILY_NAME	"chimney"
#define CHIMNEY_FAMILY_VERSION	1

/**
 * enum chimney_status - What became of one block of a state tree. The names
 *   are those of the NDIS status codes.
 * @CHIMNEY_STATUS_SUCCESS: The object and all objects that depend on it
 *   directly.
 * @CHIMNEY_STATUS_PENDING: No status yet; a target that completes with it
 *   breaks OP-08.
 * @CHIMNEY_STATUS_PARTIAL_SUCCESS: The object itself, but not all that depend
 *   on it directly.
 * @CHIMNEY_STATUS_FAILURE: Not done, or not attempted; at terminate, the
 *   object is lost.
 * @CHIMNEY_STATUS_RESOURCES: The target's host memory ran short.
 * @CHIMNEY_STATUS_TCP_ENTRIES: No TCP entry left in the target.
 * @CHIMNEY_STATUS_PATH_ENTRIES: No path entry left in the target.
 * @CHIMNEY_STATUS_NEIGHBOR_ENTRIES: No neighbor entry left in the target.
 * @CHIMNEY_STATUS_HW_ADDRESS_ENTRIES: A source MAC address was asked for and
 *   no entry was left.
 * @CHIMNEY_STATUS_IP_ADDRESS_ENTRIES: No entry left for the path's source
 *   address.
 * @CHIMNEY_STATUS_TCP_XMIT_BUFFER: Not enough TCP transmit buffers.
 * @CHIMNEY_STATUS_TCP_RCV_BUFFER: Not enough TCP receive buffers.
 * @CHIMNEY_STATUS_TCP_RCV_WINDOW: The receive window is larger than the target
 *   supports.
 * @CHIMNEY_STATUS_VLAN_ENTRIES: No resources for another VLAN id.
 * @CHIMNEY_STATUS_VLAN_MISMATCH: The VLAN id is none of the interface's.
 * @CHIMNEY_STATUS_PATH_MTU: The path MTU is larger than the target supports.
 * @CHIMNEY_STATUS_CONNECTION_REJECTED: The target judges the connection a bad
 *   candidate.
 * @CHIMNEY_STATUS_REQUEST_ABORTED: An RST was received or sent; I/O only.
 * @CHIMNEY_STATUS_UPLOAD_IN_PROGRESS: The connection is on its way back to the
 *   host; I/O only.
 * @CHIMNEY_STATUS_INVALID_STATE: A receive request after the end of the
 *   stream; I/O only.
 * @CHIMNEY_STATUS_DATA_NOT_ACCEPTED: The host takes none of the indicated
 *   data.
 * @CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED: The host takes a part of the
 *   indicated data.
 */
enum chimney_status {
	CHIMNEY_STATUS_SUCCESS,
	CHIMNEY_STATUS_PENDING,
	CHIMNEY_STATUS_PARTIAL_SUCCESS,
	CHIMNEY_STATUS_FAILURE,
	CHIMNEY_STATUS_RESOURCES,
	CHIMNEY_STATUS_TCP_ENTRIES,
	CHIMNEY_STATUS_PATH_ENTRIES,
	CHIMNEY_STATUS_NEIGHBOR_ENTRIES,
	CHIMNEY_STATUS_HW_ADDRESS_ENTRIES,
	CHIMNEY_STATUS_IP_ADDRESS_ENTRIES,
	CHIMNEY_STATUS_TCP_XMIT_BUFFER,
	CHIMNEY_STATUS_TCP_RCV_BUFFER,
	CHIMNEY_STATUS_TCP_RCV_WINDOW,
	CHIMNEY_STATUS_VLAN_ENTRIES,
	CHIMNEY_STATUS_VLAN_MISMATCH,
	CHIMNEY_STATUS_PATH_MTU,
	CHIMNEY_STATUS_CONNECTION_REJECTED,
	CHIMNEY_STATUS_REQUEST_ABORTED,
	CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	CHIMNEY_STATUS_INVALID_STATE,
	CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
	CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED,
};

/**
 * enum chimney_layer - Layer of a state object.
 */
enum chimney_layer {
	CHIMNEY_LAYER_NEIGHBOR,
	CHIMNEY_LAYER_PATH,
	CHIMNEY_LAYER_TCP,
};

/**
 * enum chimney_role - What a block does in its tree.
 * @CHIMNEY_ROLE_NEW: Brings the state of an object that is to be offloaded.
 * @CHIMNEY_ROLE_LINKER: Names an object that is offloaded already.
 * @CHIMNEY_ROLE_PLACEHOLDER: Holds dependents together, names no object.
 */
enum chimney_role {
	CHIMNEY_ROLE_NEW,
	CHIMNEY_ROLE_LINKER,
	CHIMNEY_ROLE_PLACEHOLDER,
};

/**
 * enum chimney_op_kind - The state operation.
 */
enum chimney_op_kind {
	CHIMNEY_OP_KIND_INITIATE,
	CHIMNEY_OP_KIND_TERMINATE,
	CHIMNEY_OP_KIND_UPDATE,
	CHIMNEY_OP_KIND_QUERY,
	CHIMNEY_OP_KIND_INVALIDATE,
};

/**
 * enum chimney_op_state - How far an operation is.
 * @CHIMNEY_OP_STATE_RUNNING: Not all its trees have come back.
 * @CHIMNEY_OP_STATE_DONE: All its trees have come back.
 * @CHIMNEY_OP_STATE_TIMED_OUT: At least one target missed the deadline; its
 *   blocks are lost.
 */
enum chimney_op_state {
	CHIMNEY_OP_STATE_RUNNING,
	CHIMNEY_OP_STATE_DONE,
	CHIMNEY_OP_STATE_TIMED_OUT,
};

/**
 * enum chimney_conn_state - Where a connection is on its way to the target and
 *   back.
 * @CHIMNEY_CONN_STATE_HOLDING: Segments are held, the host stack still owns
 *   the connection.
 * @CHIMNEY_CONN_STATE_OFFLOADING: The state is on its way to the target.
 * @CHIMNEY_CONN_STATE_OFFLOADED: The target runs the connection.
 * @CHIMNEY_CONN_STATE_UPLOADING: The state is on its way back.
 * @CHIMNEY_CONN_STATE_LOST: The target lost the connection; the host aborts
 *   it.
 */
enum chimney_conn_state {
	CHIMNEY_CONN_STATE_HOLDING,
	CHIMNEY_CONN_STATE_OFFLOADING,
	CHIMNEY_CONN_STATE_OFFLOADED,
	CHIMNEY_CONN_STATE_UPLOADING,
	CHIMNEY_CONN_STATE_LOST,
};

/**
 * enum chimney_tcp_state - TCP_OFFLOAD_CONNECTION_STATE, RFC 793 meaning.
 */
enum chimney_tcp_state {
	CHIMNEY_TCP_STATE_CLOSED,
	CHIMNEY_TCP_STATE_LISTEN,
	CHIMNEY_TCP_STATE_SYN_SENT,
	CHIMNEY_TCP_STATE_SYN_RCVD,
	CHIMNEY_TCP_STATE_ESTABLISHED,
	CHIMNEY_TCP_STATE_FIN_WAIT_1,
	CHIMNEY_TCP_STATE_FIN_WAIT_2,
	CHIMNEY_TCP_STATE_CLOSE_WAIT,
	CHIMNEY_TCP_STATE_CLOSING,
	CHIMNEY_TCP_STATE_LAST_ACK,
	CHIMNEY_TCP_STATE_TIME_WAIT,
};

/**
 * enum chimney_reason - Why the host did not put a connection into a tree.
 * @CHIMNEY_REASON_NONE: Nothing stands in the way.
 * @CHIMNEY_REASON_TCP_STATE: Not in a state the contract allows (INIT-03).
 * @CHIMNEY_REASON_ALREADY_OFFLOADED: The connection is offloaded already.
 * @CHIMNEY_REASON_NOT_OFFLOADED: Nothing to take back, the connection is on
 *   the host.
 * @CHIMNEY_REASON_BUSY: Another operation has the connection.
 * @CHIMNEY_REASON_NO_TARGET: The route leads through no device with a target.
 * @CHIMNEY_REASON_NO_ROUTE: There is no route to the peer.
 * @CHIMNEY_REASON_NO_NEIGHBOR: The next hop's link-layer address is not known.
 * @CHIMNEY_REASON_ORPHAN: The application has closed the socket, the host
 *   finishes it.
 * @CHIMNEY_REASON_ULP: An upper layer protocol (such as kTLS) is attached.
 * @CHIMNEY_REASON_SOCKMAP: The socket belongs to a sockmap or another kernel
 *   user.
 * @CHIMNEY_REASON_MPTCP: The connection is a subflow of MPTCP.
 * @CHIMNEY_REASON_SIGNATURE: TCP MD5 or TCP-AO signs its segments.
 * @CHIMNEY_REASON_REPAIR: The socket is in TCP_REPAIR mode.
 * @CHIMNEY_REASON_IP_OPTIONS: The connection needs IP option processing
 *   (INIT-04).
 * @CHIMNEY_REASON_FASTOPEN: A fast open is pending.
 * @CHIMNEY_REASON_XFRM: IPsec policies apply to the path.
 * @CHIMNEY_REASON_URGENT: Urgent data is pending (SND-13).
 * @CHIMNEY_REASON_FAMILY: The target does not support the address family.
 * @CHIMNEY_REASON_MEMORY: No memory for the connection's record.
 * @CHIMNEY_REASON_GONE: The connection ended before it could be handed over.
 * @CHIMNEY_REASON_BOUND_DEVICE: Bound to a device other than the one the
 *   target is on.
 * @CHIMNEY_REASON_TARGET_PAUSED: The target takes no offloads at present.
 */
enum chimney_reason {
	CHIMNEY_REASON_NONE,
	CHIMNEY_REASON_TCP_STATE,
	CHIMNEY_REASON_ALREADY_OFFLOADED,
	CHIMNEY_REASON_NOT_OFFLOADED,
	CHIMNEY_REASON_BUSY,
	CHIMNEY_REASON_NO_TARGET,
	CHIMNEY_REASON_NO_ROUTE,
	CHIMNEY_REASON_NO_NEIGHBOR,
	CHIMNEY_REASON_ORPHAN,
	CHIMNEY_REASON_ULP,
	CHIMNEY_REASON_SOCKMAP,
	CHIMNEY_REASON_MPTCP,
	CHIMNEY_REASON_SIGNATURE,
	CHIMNEY_REASON_REPAIR,
	CHIMNEY_REASON_IP_OPTIONS,
	CHIMNEY_REASON_FASTOPEN,
	CHIMNEY_REASON_XFRM,
	CHIMNEY_REASON_URGENT,
	CHIMNEY_REASON_FAMILY,
	CHIMNEY_REASON_MEMORY,
	CHIMNEY_REASON_GONE,
	CHIMNEY_REASON_BOUND_DEVICE,
	CHIMNEY_REASON_TARGET_PAUSED,
};

/**
 * enum chimney_tcp_event - TCP_OFFLOAD_EVENT_TYPE, what a target tells of a
 *   connection.
 * @CHIMNEY_TCP_DISCONNECT: The peer's FIN came and all data before it was
 *   consumed (TEV-03).
 * @CHIMNEY_TCP_ABORT: The connection was reset or timed out (TEV-06); the
 *   information is a positive errno for the socket.
 * @CHIMNEY_TCP_RETRIEVE: Take the connection back (TEV-12); the information is
 *   an upload-reason.
 * @CHIMNEY_TCP_SEND_BACKLOG_CHANGE: The information is the new preferred
 *   number of outstanding send bytes (TEV-22).
 */
enum chimney_tcp_event {
	CHIMNEY_TCP_DISCONNECT,
	CHIMNEY_TCP_ABORT,
	CHIMNEY_TCP_RETRIEVE,
	CHIMNEY_TCP_SEND_BACKLOG_CHANGE,
};

/**
 * enum chimney_upload_reason - TCP_UPLOAD_REASON. The host must follow the
 *   first five (TEV-15) and may ignore the others (TEV-17).
 * @CHIMNEY_UPLOAD_HARDWARE_FAILURE: The connection's state in the hardware is
 *   corrupt.
 * @CHIMNEY_UPLOAD_INVALID_STATE: It depends on state that was invalidated.
 * @CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA: A segment with urgent data came.
 * @CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION: A TCP timer gave up.
 * @CHIMNEY_UPLOAD_REQUESTED: Unspecified, such as a lack of resources.
 * @CHIMNEY_UPLOAD_HIGH_DROP_RATE: Too many segments sent are dropped.
 * @CHIMNEY_UPLOAD_HIGH_FRAGMENTATION: Too many fragments come.
 * @CHIMNEY_UPLOAD_HIGH_OUT_OF_ORDER_PACKETS: Too many segments come out of
 *   order.
 * @CHIMNEY_UPLOAD_LOW_ACTIVITY: Too little traffic.
 * @CHIMNEY_UPLOAD_NO_BUFFER_PREPOSTING: No receive buffers are posted.
 * @CHIMNEY_UPLOAD_SMALL_IO: The posted receive buffers are too small.
 */
enum chimney_upload_reason {
	CHIMNEY_UPLOAD_HARDWARE_FAILURE,
	CHIMNEY_UPLOAD_INVALID_STATE,
	CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA,
	CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION,
	CHIMNEY_UPLOAD_REQUESTED,
	CHIMNEY_UPLOAD_HIGH_DROP_RATE,
	CHIMNEY_UPLOAD_HIGH_FRAGMENTATION,
	CHIMNEY_UPLOAD_HIGH_OUT_OF_ORDER_PACKETS,
	CHIMNEY_UPLOAD_LOW_ACTIVITY,
	CHIMNEY_UPLOAD_NO_BUFFER_PREPOSTING,
	CHIMNEY_UPLOAD_SMALL_IO,
};

/**
 * enum chimney_event - INDICATE_OFFLOAD_EVENT, what a target tells of a
 *   neighbor.
 * @CHIMNEY_NEIGHBOR_REACHABILITY_QUERY: When did the host last confirm
 *   reachability (EVT-10)?
 * @CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT: Reserved (EVT-05); counted,
 *   otherwise ignored.
 */
enum chimney_event {
	CHIMNEY_NEIGHBOR_REACHABILITY_QUERY,
	CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT,
};

/**
 * enum chimney_indication - Status indications of a target as a whole.
 * @CHIMNEY_INDICATION_PAUSE: Offload nothing to the target until it resumes
 *   (PAU-01).
 * @CHIMNEY_INDICATION_RESUME: Offload again, after a look at its capabilities
 *   (PAU-07).
 * @CHIMNEY_INDICATION_UPLOAD_ALL: Take everything back, offload nothing
 *   (PAU-10).
 */
enum chimney_indication {
	CHIMNEY_INDICATION_PAUSE,
	CHIMNEY_INDICATION_RESUME,
	CHIMNEY_INDICATION_UPLOAD_ALL,
};

/**
 * enum chimney_event_source - Which kind of event an event-ntf tells of.
 * @CHIMNEY_EVENT_SOURCE_TCP: A target tells of a connection; the code is a
 *   tcp-event.
 * @CHIMNEY_EVENT_SOURCE_NEIGHBOR: A target tells of a neighbor; the code is an
 *   event.
 * @CHIMNEY_EVENT_SOURCE_TARGET: A target tells of itself; the code is an
 *   indication.
 * @CHIMNEY_EVENT_SOURCE_VIOLATION: A target or the host broke a clause of the
 *   contract.
 */
enum chimney_event_source {
	CHIMNEY_EVENT_SOURCE_TCP,
	CHIMNEY_EVENT_SOURCE_NEIGHBOR,
	CHIMNEY_EVENT_SOURCE_TARGET,
	CHIMNEY_EVENT_SOURCE_VIOLATION,
};

/**
 * enum chimney_gate - Whether a target takes offloads at present.
 * @CHIMNEY_GATE_OPEN: It does.
 * @CHIMNEY_GATE_PAUSED: It asked for a pause; what is offloaded goes on.
 * @CHIMNEY_GATE_DRAINING: It asked for everything back and has not resumed.
 */
enum chimney_gate {
	CHIMNEY_GATE_OPEN,
	CHIMNEY_GATE_PAUSED,
	CHIMNEY_GATE_DRAINING,
};

enum {
	CHIMNEY_A_TARGET_IFINDEX = 1,
	CHIMNEY_A_TARGET_IFNAME,
	CHIMNEY_A_TARGET_KIND,
	CHIMNEY_A_TARGET_TCP_ENTRIES,
	CHIMNEY_A_TARGET_PATH_ENTRIES,
	CHIMNEY_A_TARGET_NEIGHBOR_ENTRIES,
	CHIMNEY_A_TARGET_TCP_USED,
	CHIMNEY_A_TARGET_PATH_USED,
	CHIMNEY_A_TARGET_NEIGHBOR_USED,
	CHIMNEY_A_TARGET_MAX_MTU,
	CHIMNEY_A_TARGET_MAX_RCV_WND,
	CHIMNEY_A_TARGET_VIOLATIONS,
	CHIMNEY_A_TARGET_PAD,

	__CHIMNEY_A_TARGET_MAX,
	CHIMNEY_A_TARGET_MAX = (__CHIMNEY_A_TARGET_MAX - 1)
};

enum {
	CHIMNEY_A_SOCKET_SRC_ADDR = 1,
	CHIMNEY_A_SOCKET_DST_ADDR,
	CHIMNEY_A_SOCKET_SRC_PORT,
	CHIMNEY_A_SOCKET_DST_PORT,
	CHIMNEY_A_SOCKET_COOKIE,

	__CHIMNEY_A_SOCKET_MAX,
	CHIMNEY_A_SOCKET_MAX = (__CHIMNEY_A_SOCKET_MAX - 1)
};

enum {
	CHIMNEY_A_SELECTOR_ALL = 1,
	CHIMNEY_A_SELECTOR_SRC_ADDR,
	CHIMNEY_A_SELECTOR_SRC_PREFIX,
	CHIMNEY_A_SELECTOR_SRC_PORT,
	CHIMNEY_A_SELECTOR_DST_ADDR,
	CHIMNEY_A_SELECTOR_DST_PREFIX,
	CHIMNEY_A_SELECTOR_DST_PORT,
	CHIMNEY_A_SELECTOR_SOCKET,

	__CHIMNEY_A_SELECTOR_MAX,
	CHIMNEY_A_SELECTOR_MAX = (__CHIMNEY_A_SELECTOR_MAX - 1)
};

enum {
	CHIMNEY_A_OP_ID = 1,
	CHIMNEY_A_OP_KIND,
	CHIMNEY_A_OP_STATE,
	CHIMNEY_A_OP_SELECTOR,
	CHIMNEY_A_OP_DEADLINE,
	CHIMNEY_A_OP_OWNED,
	CHIMNEY_A_OP_START,
	CHIMNEY_A_OP_DURATION,
	CHIMNEY_A_OP_TREES,
	CHIMNEY_A_OP_GRACE_PERIODS,
	CHIMNEY_A_OP_BLOCKS,
	CHIMNEY_A_OP_OK,
	CHIMNEY_A_OP_FAILED,
	CHIMNEY_A_OP_REFUSED,
	CHIMNEY_A_OP_PAD,

	__CHIMNEY_A_OP_MAX,
	CHIMNEY_A_OP_MAX = (__CHIMNEY_A_OP_MAX - 1)
};

enum {
	CHIMNEY_A_BLOCK_OP_ID = 1,
	CHIMNEY_A_BLOCK_INDEX,
	CHIMNEY_A_BLOCK_LAYER,
	CHIMNEY_A_BLOCK_ROLE,
	CHIMNEY_A_BLOCK_STATUS,
	CHIMNEY_A_BLOCK_REASON,
	CHIMNEY_A_BLOCK_CONTEXT,
	CHIMNEY_A_BLOCK_IFINDEX,
	CHIMNEY_A_BLOCK_SRC_ADDR,
	CHIMNEY_A_BLOCK_DST_ADDR,
	CHIMNEY_A_BLOCK_SRC_PORT,
	CHIMNEY_A_BLOCK_DST_PORT,
	CHIMNEY_A_BLOCK_MAC,
	CHIMNEY_A_BLOCK_MTU,
	CHIMNEY_A_BLOCK_COOKIE,
	CHIMNEY_A_BLOCK_TCP_STATE,
	CHIMNEY_A_BLOCK_SEND_BYTES,
	CHIMNEY_A_BLOCK_RECEIVE_BYTES,
	CHIMNEY_A_BLOCK_PAD,

	__CHIMNEY_A_BLOCK_MAX,
	CHIMNEY_A_BLOCK_MAX = (__CHIMNEY_A_BLOCK_MAX - 1)
};

enum {
	CHIMNEY_A_CONN_SELECTOR = 1,
	CHIMNEY_A_CONN_CONTEXT,
	CHIMNEY_A_CONN_STATE,
	CHIMNEY_A_CONN_TCP_STATE,
	CHIMNEY_A_CONN_IFINDEX,
	CHIMNEY_A_CONN_SRC_ADDR,
	CHIMNEY_A_CONN_DST_ADDR,
	CHIMNEY_A_CONN_SRC_PORT,
	CHIMNEY_A_CONN_DST_PORT,
	CHIMNEY_A_CONN_COOKIE,
	CHIMNEY_A_CONN_UID,
	CHIMNEY_A_CONN_INODE,
	CHIMNEY_A_CONN_OP_ID,
	CHIMNEY_A_CONN_OWNED,
	CHIMNEY_A_CONN_SENT_BYTES,
	CHIMNEY_A_CONN_RECEIVED_BYTES,
	CHIMNEY_A_CONN_OUTSTANDING_BYTES,
	CHIMNEY_A_CONN_HELD_SEGMENTS,
	CHIMNEY_A_CONN_FORWARDED_SEGMENTS,
	CHIMNEY_A_CONN_GUARD,
	CHIMNEY_A_CONN_PAD,

	__CHIMNEY_A_CONN_MAX,
	CHIMNEY_A_CONN_MAX = (__CHIMNEY_A_CONN_MAX - 1)
};

enum {
	CHIMNEY_CMD_TARGET_NEW = 1,
	CHIMNEY_CMD_TARGET_DEL,
	CHIMNEY_CMD_TARGET_GET,
	CHIMNEY_CMD_INITIATE,
	CHIMNEY_CMD_TERMINATE,
	CHIMNEY_CMD_OP_GET,
	CHIMNEY_CMD_BLOCK_GET,
	CHIMNEY_CMD_CONN_GET,
	CHIMNEY_CMD_TARGET_ADD_NTF,
	CHIMNEY_CMD_TARGET_DEL_NTF,
	CHIMNEY_CMD_OP_NTF,

	__CHIMNEY_CMD_MAX,
	CHIMNEY_CMD_MAX = (__CHIMNEY_CMD_MAX - 1)
};

#define CHIMNEY_MCGRP_EVENT	"event"

#endif /* _UAPI_LINUX_CHIMNEY_H */
