/* SPDX-License-Identifier: GPL-2.0-only */
/* The host stack as a client of the core: what netlink may ask of it. */
#ifndef _CHIMNEY_HOST_HOST_H
#define _CHIMNEY_HOST_HOST_H

#include <linux/in6.h>
#include <net/net_namespace.h>

#include <chimney/status.h>

struct chimney_op;

/**
 * struct chimney_tuple - one connection, as seen from the local host
 * @family: AF_INET or AF_INET6
 * @src: local address; IPv4 in the first four bytes
 * @dst: remote address
 * @sport: local port, network byte order
 * @dport: remote port, network byte order
 * @cookie: socket cookie, 0 for any
 */
struct chimney_tuple {
	u16 family;
	__be16 sport;
	__be16 dport;
	struct in6_addr src;
	struct in6_addr dst;
	u64 cookie;
};

/**
 * struct chimney_selector - which connections
 * @family: AF_UNSPEC, or that of the addresses of the filter
 * @src: local address of the filter
 * @dst: remote address of the filter
 * @src_prefix: bits of @src that count, 0 for none
 * @dst_prefix: bits of @dst that count, 0 for none
 * @sport: local port of the filter, 0 for any; network byte order
 * @dport: remote port of the filter, 0 for any; network byte order
 * @count: connections in @sockets; if not 0, the filter is not used
 * @sockets: connections named one by one
 *
 * Allocated with kvzalloc().
 */
struct chimney_selector {
	u16 family;
	struct in6_addr src;
	struct in6_addr dst;
	u8 src_prefix;
	u8 dst_prefix;
	__be16 sport;
	__be16 dport;
	u32 count;
	struct chimney_tuple sockets[];
};

/**
 * struct chimney_conn_info - an offloaded connection as userspace sees it
 * @tuple: names it
 * @context: what userspace calls the object
 * @state: where it is
 * @tcp_state: of the parked socket
 * @ifindex: device of the target
 * @uid: owner of the socket
 * @inode: of the socket, 0 if no process has it open
 * @op_id: the operation that offloaded it
 * @owned: comes home when the netlink socket that offloaded it closes
 * @sent_bytes: handed to the target
 * @received_bytes: indicated by the target
 * @outstanding_bytes: of @sent_bytes, not yet acknowledged
 * @held_segments: received and held back while it moves
 * @forwarded_segments: received and given to the target
 * @guard: segments the parked socket tried to send itself; a bug if not 0
 */
struct chimney_conn_info {
	struct chimney_tuple tuple;
	u64 context;
	enum chimney_conn_state state;
	enum chimney_tcp_state tcp_state;
	int ifindex;
	u32 uid;
	u32 inode;
	u32 op_id;
	bool owned;
	u64 sent_bytes;
	u64 received_bytes;
	u64 outstanding_bytes;
	u32 held_segments;
	u64 forwarded_segments;
	u64 guard;
};

/**
 * struct chimney_request_options - how to carry out a request
 * @owned: initiate: tie the connections to op->portid
 * @layers: update, query, invalidate: BIT(enum chimney_layer) of the objects
 *	of the selected connections that it is about; 0 for all
 */
struct chimney_request_options {
	bool owned;
	u8 layers;
};

/*
 * Start the operation op->kind on the connections that @selector names; it runs
 * in a worker and ends with chimney_op_finish(). Takes over @selector (kvfree)
 * and a reference to @op in any case. Process context, may sleep.
 *
 * op->dry_run with an initiate: the results are the trees as they would be
 * sent, status PENDING, with their state, and the connections that would be
 * refused with their reason.
 */
void chimney_host_start(struct net *net, struct chimney_op *op,
			struct chimney_selector *selector,
			const struct chimney_request_options *options);

/* Bring home what a closed netlink port owns; any context. */
void chimney_host_port_closed(struct net *net, u32 portid);

/*
 * The connections in the host's table that @selector (NULL for all) names.
 * Calls @fill for each from position *@pos on, until it returns non-zero,
 * which is returned. @fill does not sleep. *@pos is where to go on.
 */
int chimney_host_walk_conns(struct net *net,
			    const struct chimney_selector *selector,
			    unsigned long *pos,
			    int (*fill)(const struct chimney_conn_info *info,
					void *arg),
			    void *arg);

/* Bytes of memory for one offloaded connection, beside its socket. */
u32 chimney_host_conn_size(void);

bool chimney_selector_match(const struct chimney_selector *selector,
			    const struct chimney_tuple *tuple);

int chimney_host_init(void);
void chimney_host_exit(void);

#endif /* _CHIMNEY_HOST_HOST_H */
