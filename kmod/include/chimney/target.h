/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the driver of an offload target includes: how to register, the calls it
 * receives and the completions and indications it makes.
 */
#ifndef _CHIMNEY_TARGET_H
#define _CHIMNEY_TARGET_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netlink.h>

#include <chimney/block.h>

struct chimney_target;
struct module;

/**
 * struct chimney_receive - a posted receive request
 * @list: entry in lists of requests
 * @len: bytes the buffer takes; 0 allows one more indication and consumes
 *	nothing (RCV-30); the only length accepted at present
 * @status: result, written by the target before it completes the request
 *
 * Owned by the target from tcp_receive until chimney_tcp_receive_complete().
 */
struct chimney_receive {
	struct list_head list;
	size_t len;
	enum chimney_status status;
};

/**
 * enum chimney_tcp_event - TCP events of a target
 * @CHIMNEY_TCP_DISCONNECT: the peer's FIN came and all data before it was
 *	consumed (TEV-03)
 * @CHIMNEY_TCP_ABORT: the connection was reset or timed out (TEV-06); the
 *	information is a positive errno for the socket
 * @CHIMNEY_TCP_RETRIEVE: take the connection back (TEV-12); the information
 *	is an enum chimney_upload_reason
 * @CHIMNEY_TCP_SEND_BACKLOG_CHANGE: the information is the new preferred
 *	number of outstanding send bytes (TEV-22)
 */
enum chimney_tcp_event {
	CHIMNEY_TCP_DISCONNECT,
	CHIMNEY_TCP_ABORT,
	CHIMNEY_TCP_RETRIEVE,
	CHIMNEY_TCP_SEND_BACKLOG_CHANGE,
};

/**
 * enum chimney_upload_reason - TCP_UPLOAD_REASON
 * @CHIMNEY_UPLOAD_HARDWARE_FAILURE: mandatory
 * @CHIMNEY_UPLOAD_INVALID_STATE: mandatory
 * @CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA: mandatory
 * @CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION: mandatory
 * @CHIMNEY_UPLOAD_REQUESTED: mandatory
 * @CHIMNEY_UPLOAD_HIGH_DROP_RATE: the host may ignore it, and the rest
 * @CHIMNEY_UPLOAD_HIGH_FRAGMENTATION: optional
 * @CHIMNEY_UPLOAD_HIGH_OUT_OF_ORDER_PACKETS: optional
 * @CHIMNEY_UPLOAD_LOW_ACTIVITY: optional
 * @CHIMNEY_UPLOAD_NO_BUFFER_PREPOSTING: optional
 * @CHIMNEY_UPLOAD_SMALL_IO: optional
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
 * struct chimney_caps - what a target can do
 * @tcp_entries: connections it can hold, IPv4 and IPv6 together (CAP-14)
 * @path_entries: paths it can hold
 * @neighbor_entries: neighbors it can hold
 * @max_mtu: largest path MTU in bytes, 0 for no limit
 * @max_rcv_wnd: largest receive window in bytes, 0 for no limit
 * @ipv4: offloads connections over IPv4
 * @ipv6: offloads connections over IPv6
 */
struct chimney_caps {
	u32 tcp_entries;
	u32 path_entries;
	u32 neighbor_entries;
	u32 max_mtu;
	u32 max_rcv_wnd;
	bool ipv4;
	bool ipv6;
};

/**
 * struct chimney_usage - entries of a target in use
 * @tcp: connections
 * @path: paths
 * @neighbor: neighbors
 */
struct chimney_usage {
	u32 tcp;
	u32 path;
	u32 neighbor;
};

/**
 * struct chimney_target_ops - the calls a target receives
 *
 * None but @stop may sleep; they may come in process context or in a softirq.
 * @usage and @stop are optional, all others are mandatory.
 */
struct chimney_target_ops {
	/**
	 * @initiate_offload: take over the objects of a tree. Record the
	 * pointer and return (OP-04); finish with
	 * chimney_initiate_offload_complete().
	 */
	void (*initiate_offload)(struct chimney_target *target,
				 struct chimney_block *tree);
	/**
	 * @terminate_offload: give the objects of a tree back. Record the
	 * pointer and return; drain (TERM-22 to TERM-33), then finish with
	 * chimney_terminate_offload_complete().
	 */
	void (*terminate_offload)(struct chimney_target *target,
				  struct chimney_block *tree);
	/**
	 * @tcp_send: send the data of @list, in order. The target owns the
	 * skbs until it completes them with chimney_tcp_send_complete() or
	 * hands them back at terminate, unmodified but for bytes removed from
	 * the front (SND-21). The host serializes the calls for a connection.
	 */
	void (*tcp_send)(struct chimney_target *target, void *context,
			 struct sk_buff_head *list);
	/**
	 * @tcp_receive: a receive request, finished with
	 * chimney_tcp_receive_complete().
	 */
	void (*tcp_receive)(struct chimney_target *target, void *context,
			    struct chimney_receive *request);
	/**
	 * @tcp_forward: segments the host received, one in each skb, data
	 * from the first byte of the TCP header on, checksum verified
	 * (FWD-07, FWD-08). Owned by the target until
	 * chimney_tcp_forward_complete().
	 */
	void (*tcp_forward)(struct chimney_target *target, void *context,
			    struct sk_buff_head *list);
	/** @usage: entries in use. Optional. */
	void (*usage)(struct chimney_target *target,
		      struct chimney_usage *usage);
	/**
	 * @stop: the target is being unregistered and its clients are unbound.
	 * Make sure that no tree or handle of theirs is touched any more, for
	 * what is left of operations that missed their deadline is freed
	 * next. Optional for a target that has nothing of the kind, because
	 * it completes all it was given. Process context, may sleep; the RTNL
	 * may be held, the lock of the target registry is.
	 */
	void (*stop)(struct chimney_target *target);
};

/**
 * struct chimney_target - an offload target
 * @dev: the device whose connections it takes; one target for each device
 * @ops: its calls
 * @owner: module that holds @ops
 * @caps: what it can do; constant while registered
 * @kind: the kind that made it, NULL for a driver's own
 * @core: private to the core
 *
 * Embedded in the driver's structure. The driver fills all members but @core
 * and keeps the memory until chimney_target_unregister() has returned.
 */
struct chimney_target {
	struct net_device *dev;
	const struct chimney_target_ops *ops;
	struct module *owner;
	struct chimney_caps caps;
	const struct chimney_target_kind *kind;
	struct chimney_target_core *core;
};

/**
 * struct chimney_target_kind - software targets that userspace can make
 * @name: the name in "target add DEV kind NAME"
 * @owner: module that holds the calls
 * @newtarget: make and register a target on @dev; the caller holds a
 *	reference to @dev for the call and the lock of the target registry is
 *	not held. Members of @caps that the user did not set are 0: fill them
 *	with defaults. Sleeps. Returns 0 or an errno with @extack set.
 * @deltarget: unregister the target and free it. Sleeps.
 * @list: private to the core
 */
struct chimney_target_kind {
	const char *name;
	struct module *owner;
	int (*newtarget)(struct net_device *dev,
			 const struct chimney_caps *caps,
			 struct netlink_ext_ack *extack);
	void (*deltarget)(struct chimney_target *target);
	struct list_head list;
};

int chimney_target_register(struct chimney_target *target,
			    struct netlink_ext_ack *extack);
void chimney_target_unregister(struct chimney_target *target);

int chimney_target_kind_register(struct chimney_target_kind *kind);
void chimney_target_kind_unregister(struct chimney_target_kind *kind);

/* Completions of state operations; any context that is not a hard interrupt. */
void chimney_initiate_offload_complete(struct chimney_target *target,
				       struct chimney_block *tree);
void chimney_terminate_offload_complete(struct chimney_target *target,
					struct chimney_block *tree);

/* Completions of I/O; likewise. */
void chimney_tcp_send_complete(struct chimney_target *target,
			       struct chimney_handle *handle,
			       struct sk_buff_head *list,
			       enum chimney_status status);
void chimney_tcp_receive_complete(struct chimney_target *target,
				  struct chimney_handle *handle,
				  struct chimney_receive *request);
void chimney_tcp_forward_complete(struct chimney_target *target,
				  struct chimney_handle *handle,
				  struct sk_buff_head *list,
				  enum chimney_status status);

/* Indications; likewise. */
enum chimney_status
chimney_tcp_receive_indicate(struct chimney_target *target,
			     struct chimney_handle *handle,
			     struct sk_buff *skb, u32 *consumed);
void chimney_tcp_event_indicate(struct chimney_target *target,
				struct chimney_handle *handle,
				enum chimney_tcp_event event, u32 information);

#endif /* _CHIMNEY_TARGET_H */
