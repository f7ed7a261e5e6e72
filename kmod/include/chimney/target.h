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
#include <linux/uio.h>

#include <chimney/block.h>

struct chimney_target;
struct module;

/**
 * struct chimney_receive - a posted receive request
 * @list: entry in lists of requests
 * @to: the buffer, an ITER_DEST iterator over kernel memory (kvec or bvec),
 *	advanced by the target as it places data (RCV-29); a count of 0 allows
 *	one more indication and consumes nothing (RCV-30)
 * @no_push: nonpush mode: completed only when full (RCV-11, RCV-14)
 * @prefilled: bytes in front of @to that hold data already (RCV-15, G-65)
 * @bytes_transferred: bytes placed, written by the target (RCV-28)
 * @status: result, written by the target before it completes the request
 *
 * Owned by the target from tcp_receive until chimney_tcp_receive_complete().
 */
struct chimney_receive {
	struct list_head list;
	struct iov_iter to;
	bool no_push;
	size_t prefilled;
	size_t bytes_transferred;
	enum chimney_status status;
};

/**
 * struct chimney_disconnect - a disconnect request
 * @abortive: send RST, now (DSC-05); otherwise FIN after all data (DSC-11)
 * @data: last data, sent before the FIN (DSC-12); empty if @abortive (DSC-10).
 *	What the peer acknowledged is removed from the front (DSC-23).
 * @bytes_transferred: bytes of @data that were sent and acknowledged, written
 *	by the target (DSC-22)
 * @status: result, written by the target before it completes the request
 *
 * Owned by the target from tcp_disconnect until
 * chimney_tcp_disconnect_complete().
 */
struct chimney_disconnect {
	bool abortive;
	struct sk_buff_head data;
	size_t bytes_transferred;
	enum chimney_status status;
};

/* Only these oblige the host to upload the connection (TEV-15, TEV-17). */
static inline bool
chimney_upload_is_mandatory(enum chimney_upload_reason reason)
{
	return reason <= CHIMNEY_UPLOAD_REQUESTED;
}

/**
 * struct chimney_caps - what a target can do
 * @tcp_entries: connections it can hold, IPv4 and IPv6 together (CAP-14)
 * @path_entries: paths it can hold
 * @neighbor_entries: neighbors it can hold
 * @max_mtu: largest path MTU in bytes, 0 for no limit
 * @max_rcv_wnd: largest receive window in bytes, 0 for no limit
 * @ipv4: offloads connections over IPv4
 * @ipv6: offloads connections over IPv6; one of the two is set (CAP-13)
 * @sack: sends and accepts SACK blocks
 * @tcp_memory: bytes of this machine's memory that a connection takes in the
 *	target beside its data, charged to its socket; 0 for none
 */
struct chimney_caps {
	u32 tcp_entries;
	u32 path_entries;
	u32 neighbor_entries;
	u32 max_mtu;
	u32 max_rcv_wnd;
	bool ipv4;
	bool ipv6;
	bool sack;
	u32 tcp_memory;
};

/**
 * struct chimney_parameters - settings of the host for a target
 * @ack_frequency: segments received until an ACK must go out (DACK-01)
 * @max_retransmissions: of one segment; then the target may ask for an upload
 *	(RTX-01, RTX-02)
 * @doubt_reachability_retransmissions: of one segment; then reachability of
 *	the neighbor is in doubt (RTX-11)
 * @duplicate_ack_threshold: duplicate ACKs that trigger a fast retransmit
 * @delayed_ack_ticks: start of the delayed-ACK timer, ticks (DACK-02)
 * @sws_prevention_ticks: start of the SWS timers, ticks
 * @push_ticks: start of the push timer, ticks (PSH-01)
 * @nce_stale_ticks: inactivity after which a neighbor is stale, ticks (EVT-09)
 *
 * A tick is 1 us, so there is no TicksPerSecond. Contract 2.12.
 */
struct chimney_parameters {
	u8 ack_frequency;
	u8 max_retransmissions;
	u8 doubt_reachability_retransmissions;
	u8 duplicate_ack_threshold;
	u32 delayed_ack_ticks;
	u32 sws_prevention_ticks;
	u32 push_ticks;
	u32 nce_stale_ticks;
};

/**
 * struct chimney_statistics - traffic of offloaded connections over one IP
 *	version
 * @ip_in_receives: datagrams received, erroneous ones too
 * @ip_in_octets: bytes of these, IP headers included
 * @ip_in_delivers: datagrams delivered to offloaded connections
 * @ip_out_requests: datagrams to be sent
 * @ip_out_octets: bytes of these, IP headers included
 * @ip_in_header_errors: dropped for an error in the IP header
 * @ip_in_truncated_packets: shorter than their header says
 * @ip_in_discards: good, dropped for lack of resources
 * @ip_out_discards: likewise, to be sent
 * @ip_out_no_routes: to be sent, without a path
 * @tcp_in_segments: segments received, @tcp_in_errors included
 * @tcp_out_segments: segments sent, but pure retransmissions (STA-13)
 * @tcp_currently_established: connections in ESTABLISHED or CLOSE_WAIT now
 * @tcp_reset_established: connections that went from these to CLOSED
 * @tcp_retransmitted_segments: segments sent with a byte sent before
 * @tcp_in_errors: segments dropped for an error
 * @tcp_out_resets: segments sent with RST
 *
 * Contract 2.11. All wrap to zero (STA-06).
 */
struct chimney_statistics {
	u64 ip_in_receives;
	u64 ip_in_octets;
	u64 ip_in_delivers;
	u64 ip_out_requests;
	u64 ip_out_octets;
	u64 ip_in_header_errors;
	u64 ip_in_truncated_packets;
	u64 ip_in_discards;
	u64 ip_out_discards;
	u64 ip_out_no_routes;
	u64 tcp_in_segments;
	u64 tcp_out_segments;
	u64 tcp_currently_established;
	u64 tcp_reset_established;
	u64 tcp_retransmitted_segments;
	u64 tcp_in_errors;
	u64 tcp_out_resets;
};

/**
 * struct chimney_usage - entries of a target in use
 * @tcp: connections
 * @path: paths
 * @neighbor: neighbors
 * @memory: bytes held for connections, those kept for the next ones included;
 *	0 if the target does not tell
 */
struct chimney_usage {
	u32 tcp;
	u32 path;
	u32 neighbor;
	u64 memory;
};

/**
 * struct chimney_target_ops - the calls a target receives
 *
 * The calls that are said to sleep come in process context; no other may, they
 * come in process context or in a softirq. The state operations and the I/O calls
 * are mandatory (ARC-04, REG-01), the rest is optional.
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
	 * @query_offload: fill the state structures of a tree with current
	 * values (QRY-05). Record the pointer and return; finish with
	 * chimney_query_offload_complete().
	 */
	void (*query_offload)(struct chimney_target *target,
			      struct chimney_block *tree);
	/**
	 * @update_offload: take over the cached state of a tree (UPD-06). If
	 * a neighbor has dependents, these paths hang on it from now on
	 * (UPD-07). Record the pointer and return; finish with
	 * chimney_update_offload_complete().
	 */
	void (*update_offload)(struct chimney_target *target,
			       struct chimney_block *tree);
	/**
	 * @invalidate_offload: send nothing any more with the objects of a
	 * tree nor with what depends on them (INV-05). Record the pointer and
	 * return; finish with chimney_invalidate_offload_complete().
	 */
	void (*invalidate_offload)(struct chimney_target *target,
				   struct chimney_block *tree);
	/**
	 * @tcp_send: send the data of @list, in order. The target owns the
	 * skbs until it completes them with chimney_tcp_send_complete() or
	 * hands them back at terminate, unmodified but for bytes removed from
	 * the front (SND-21). The host serializes the calls for a connection.
	 * With what of it is not sent at once, in chimney_handle.unsent,
	 * TCP_NOTSENT_LOWAT keeps its meaning.
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
	/**
	 * @tcp_disconnect: close the send half of a connection, or abort it;
	 * finished with chimney_tcp_disconnect_complete().
	 */
	void (*tcp_disconnect)(struct chimney_target *target, void *context,
			       struct chimney_disconnect *request);
	/**
	 * @enable: use these capabilities and no others from now on (CAP-11).
	 * Sleeps.
	 */
	void (*enable)(struct chimney_target *target,
		       const struct chimney_caps *caps);
	/**
	 * @set_parameters: settings of the host (CAP-08); the core keeps them
	 * and answers who asks for them (CAP-10). Return 0, or an errno with
	 * @extack set for a value that the target cannot obey. Sleeps.
	 */
	int (*set_parameters)(struct chimney_target *target,
			      const struct chimney_parameters *parameters,
			      struct netlink_ext_ack *extack);
	/**
	 * @statistics: counters for AF_INET or AF_INET6; set to zero
	 * afterwards if @reset (STA-05).
	 */
	void (*statistics)(struct chimney_target *target, u16 family,
			   struct chimney_statistics *statistics, bool reset);
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
 * @caps: what it can do; constant while registered, but between a PAUSE and
 *	the RESUME (PAU-08)
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
 * @fault: misbehave as a script says, for tests; optional. The target is
 *	registered and stays so during the call. Returns 0 or an errno with
 *	@extack set. Sleeps.
 * @list: private to the core
 */
struct chimney_target_kind {
	const char *name;
	struct module *owner;
	int (*newtarget)(struct net_device *dev,
			 const struct chimney_caps *caps,
			 struct netlink_ext_ack *extack);
	void (*deltarget)(struct chimney_target *target);
	int (*fault)(struct chimney_target *target, const char *script,
		     struct netlink_ext_ack *extack);
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
void chimney_query_offload_complete(struct chimney_target *target,
				    struct chimney_block *tree);
void chimney_update_offload_complete(struct chimney_target *target,
				     struct chimney_block *tree);
void chimney_invalidate_offload_complete(struct chimney_target *target,
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
void chimney_tcp_disconnect_complete(struct chimney_target *target,
				     struct chimney_handle *handle,
				     struct chimney_disconnect *request);

/* Indications; likewise. */
enum chimney_status
chimney_tcp_receive_indicate(struct chimney_target *target,
			     struct chimney_handle *handle,
			     struct sk_buff *skb, u32 *consumed);
void chimney_tcp_event_indicate(struct chimney_target *target,
				struct chimney_handle *handle,
				enum chimney_tcp_event event, u32 information);
void chimney_event_indicate(struct chimney_target *target,
			    struct chimney_block *block,
			    enum chimney_event event);
void chimney_status_indicate(struct chimney_target *target,
			     enum chimney_indication indication);

#endif /* _CHIMNEY_TARGET_H */
