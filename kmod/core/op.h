/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations: what a user asked for and what became of it, block by block.
 *
 * An operation covers one request. It may send several trees, one after the
 * other or to several targets, and counts connections that were refused before
 * they got into a tree. Results are kept after the end, bounded in number.
 */
#ifndef _CHIMNEY_CORE_OP_H
#define _CHIMNEY_CORE_OP_H

#include <linux/ktime.h>
#include <linux/refcount.h>
#include <linux/xarray.h>
#include <linux/if_ether.h>
#include <net/net_namespace.h>

#include <chimney/state.h>

#include "../host/host.h"

/**
 * struct chimney_result - what became of one block, or of a refused connection
 * @layer: layer of the block; CHIMNEY_LAYER_TCP for a refused connection
 * @role: what the block did; meaningless if @reason is set
 * @status: result; meaningless if @reason is set
 * @reason: why the host refused the connection, or CHIMNEY_REASON_NONE
 * @tcp_state: state in the delegated variables, TCP blocks only
 * @mac: link-layer address of a neighbor
 * @mtu: of a path, bytes
 * @ifindex: device of the target, 0 if none
 * @state_type: what @state is
 * @tuple: a connection; of a path the addresses and their family, of a neighbor
 *	the next hop as remote address
 * @context: identifier of the object while offloaded, 0 if none
 * @send_bytes: outstanding send data that travelled with the block
 * @receive_bytes: undelivered receive data that travelled with the block
 * @state: state structure of a query or a dry run, kmalloc()ed, or NULL; the
 *	operation owns it once the result was submitted. Its lists are empty.
 */
struct chimney_result {
	u8 layer;
	u8 role;
	u8 status;
	u8 reason;
	u8 tcp_state;
	u8 mac[ETH_ALEN];
	u32 mtu;
	int ifindex;
	enum chimney_state_type state_type;
	struct chimney_tuple tuple;
	u64 context;
	u64 send_bytes;
	u64 receive_bytes;
	void *state;
};

/**
 * struct chimney_op - one operation
 * @id: identifier, unique in the system while the operation is kept
 * @kind: which of the five state operations
 * @dry_run: it shows what it would send, and sends nothing
 * @state: how far it is
 * @outcome: what @state is to become at the end
 * @cancelled: it is to stop before its next tree
 * @net: network namespace of the request; compared, never dereferenced
 * @portid: netlink port of the requester, 0 if the kernel's own
 * @deadline_ms: time a target has for a tree
 * @start: CLOCK_REALTIME
 * @started_mono: CLOCK_MONOTONIC, for @duration
 * @duration: set when it ended
 * @trees: state trees sent
 * @grace_periods: RCU grace periods waited for
 * @total: connections selected so far, refused ones included
 * @ok: TCP blocks that succeeded
 * @failed: TCP blocks that did not
 * @refused: connections that did not get into a tree
 * @count: results
 * @refcnt: holders: the store of kept operations, whoever works on it, dumps
 * @list: in the store, once it ended
 * @chunks: pages of results
 * @last: the one that is being filled
 * @rcu: frees it
 *
 * The worker that runs the operation is the only writer until
 * chimney_op_finish(), of all but @cancelled; readers look at results only up to
 * @count, which is published with release semantics.
 */
struct chimney_op {
	u32 id;
	enum chimney_op_kind kind;
	bool dry_run;
	enum chimney_op_state state;
	enum chimney_op_state outcome;
	bool cancelled;
	possible_net_t net;
	u32 portid;
	u32 deadline_ms;
	ktime_t start;
	ktime_t started_mono;
	u64 duration;
	u32 trees;
	u32 grace_periods;
	u32 total;
	u32 ok;
	u32 failed;
	u32 refused;
	u32 count;
	refcount_t refcnt;
	struct list_head list;
	struct xarray chunks;
	struct chimney_op_chunk *last;
	struct rcu_head rcu;
};

/* Create, visible to readers at once; the caller holds a reference. */
struct chimney_op *chimney_op_create(struct net *net, enum chimney_op_kind kind,
				     u32 portid, u32 deadline_ms);
/* Room for the next result, zeroed; sleeps. Then count it, and let readers see it. */
struct chimney_result *chimney_op_reserve(struct chimney_op *op);
void chimney_op_submit(struct chimney_op *op);
/* A target missed the deadline, which the end will tell. */
void chimney_op_time_out(struct chimney_op *op);
/* End it, tell the listeners (chimney_nl_op_done()); sleeps. */
void chimney_op_finish(struct chimney_op *op);
void chimney_op_put(struct chimney_op *op);

/* Readers. Both return with a reference held, or NULL. */
struct chimney_op *chimney_op_find(struct net *net, u32 id);
/* The kept operation of @net with the smallest id >= @id. */
struct chimney_op *chimney_op_next(struct net *net, u32 id);
/* Result number @index, or NULL at the end; valid while the op is held. */
const struct chimney_result *chimney_op_result(struct chimney_op *op,
					       u32 index);

/* Ask a running operation to stop before its next tree; any context. */
static inline void chimney_op_cancel(struct chimney_op *op)
{
	WRITE_ONCE(op->cancelled, true);
}

/* @op may be NULL: what nobody asked for is not cancelled. */
static inline bool chimney_op_is_cancelled(const struct chimney_op *op)
{
	return op && READ_ONCE(op->cancelled);
}

/* Drop all kept operations of a namespace that goes away; all if NULL. */
void chimney_op_flush(struct net *net);

#endif /* _CHIMNEY_CORE_OP_H */
