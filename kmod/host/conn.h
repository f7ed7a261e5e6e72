/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Connections, paths and neighbors as the host stack keeps them.
 *
 * DOC: locking of the host adapter
 *
 * Outer to inner:
 *
 *	rtnl, the lock of the target registry
 *	  chimney_host_binding.lock   one operation at a time on a target; held
 *				      from the first look at its objects until
 *				      the completion was dealt with; sleeps
 *	    lock_sock()		      of a parked socket
 *	      slock		      likewise, bottom halves off
 *		chimney_conn.hold_lock   held segments and changes of state
 *
 * Calls into the core and below are made with none of the spinlocks held. A
 * call made on behalf of a parked socket is made by its owner, or by the one
 * that set chimney_conn.calling under the slock, so calls never overlap
 * (SND-09). Forwards are counted in chimney_conn.forwarding, and a terminate
 * waits until there is none (TERM-11, G-38).
 *
 * The hook at LOCAL_IN looks connections up under RCU. A socket that is parked
 * has its connection in sk_user_data, which changes with the socket owned.
 */
#ifndef _CHIMNEY_HOST_CONN_H
#define _CHIMNEY_HOST_CONN_H

#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <net/tcp.h>

#include <chimney/client.h>
#include <chimney/tcp.h>

#include "host.h"

struct chimney_op;
struct chimney_tree_node;

/**
 * struct chimney_host_binding - a target the host is bound to
 * @list: of all bindings
 * @binding: the core's
 * @dev: device of the target
 * @lock: serializes operations
 * @neighbors: struct chimney_neighbor that are offloaded
 * @conns: struct chimney_conn that are offloaded; protected by @lock
 * @done: the operation that is running has ended
 * @lost: it ended because the target missed the deadline
 * @dead: the target is gone
 * @refs: the core's binding, connections, and whoever waits for @lock
 */
struct chimney_host_binding {
	struct list_head list;
	struct chimney_binding *binding;
	struct net_device *dev;
	struct mutex lock;
	struct list_head neighbors;
	struct list_head conns;
	struct completion done;
	bool lost;
	bool dead;
	struct kref refs;
};

/**
 * struct chimney_neighbor - a neighbor object
 * @handle: names it towards the target
 * @list: in the binding
 * @id: what userspace calls it
 * @family: of @addr
 * @addr: next hop
 * @mac: its link-layer address
 * @paths: struct chimney_path that depend on it
 * @node: its node in the tree that is being built, or NULL
 */
struct chimney_neighbor {
	struct chimney_handle handle;
	struct list_head list;
	u64 id;
	u16 family;
	struct in6_addr addr;
	u8 mac[ETH_ALEN];
	struct list_head paths;
	struct chimney_tree_node *node;
};

/**
 * struct chimney_path - a path object
 * @handle: names it towards the target
 * @list: in the neighbor
 * @id: what userspace calls it
 * @neighbor: it depends on
 * @family: of the addresses
 * @src: local address
 * @dst: remote address
 * @mtu: bytes
 * @count: connections that depend on it (TERM-05)
 * @node: its node in the tree that is being built, or NULL
 */
struct chimney_path {
	struct chimney_handle handle;
	struct list_head list;
	u64 id;
	struct chimney_neighbor *neighbor;
	u16 family;
	struct in6_addr src;
	struct in6_addr dst;
	u32 mtu;
	u32 count;
	struct chimney_tree_node *node;
};

/**
 * struct chimney_conn_key - how the hook at LOCAL_IN finds a connection
 * @net: network namespace, compared only
 * @src: local address
 * @dst: remote address
 * @sport: local port
 * @dport: remote port
 * @family: AF_INET or AF_INET6
 */
struct chimney_conn_key {
	const struct net *net;
	struct in6_addr src;
	struct in6_addr dst;
	__be16 sport;
	__be16 dport;
	u32 family;
};

/**
 * struct chimney_route - where a connection leads
 * @binding: the host's binding to the target on its device
 * @family: of @gateway
 * @gateway: next hop
 * @mac: its link-layer address
 * @mtu: path MTU, bytes
 */
struct chimney_route {
	struct chimney_host_binding *binding;
	u16 family;
	struct in6_addr gateway;
	u8 mac[ETH_ALEN];
	u32 mtu;
};

/**
 * struct chimney_conn - a connection that is offloaded or on its way
 * @handle: names it towards the target
 * @node: in the table the hook looks in
 * @key: its addresses
 * @rcu: the hook may still look at it
 * @refs: the table, works, waiting threads
 * @id: what userspace calls it
 * @sk: the socket, held
 * @binding: where it is offloaded to, held
 * @route: where it leads, until it is parked
 * @path: the path object it depends on
 * @list: in the binding, or in the request that collects it
 * @state: where it is; changed under @hold_lock
 * @hold_lock: protects @state and @held
 * @held: segments that wait for the end of a hand-over
 * @okfn: what follows LOCAL_IN; held segments go on there
 * @forwarding: forwards under way
 * @prot: the socket's own struct proto
 * @af_ops: the socket's own icsk_af_ops
 * @snd_up: as it was; a change means urgent data
 * @rx: data indicated while the socket was owned (slock)
 * @acked: send data completed while the socket was owned (slock)
 * @unsent: sends the target refused because of an upload (slock)
 * @fin: a disconnect was indicated while the socket was owned (slock)
 * @refused: an indication was refused and needs a receive request (slock)
 * @credit: that request
 * @credit_posted: the target has it (slock)
 * @calling: somebody calls the target for this connection (slock)
 * @outstanding: send bytes the target has (slock)
 * @outstanding_truesize: memory they are charged with (slock)
 * @send_backlog: preferred outstanding bytes (slock)
 * @retrieved: the target wants to be rid of it: segments are held
 * @error: errno of an abort, 0 if there was none
 * @work: brings it home for a retrieve or an abort
 * @owned: it comes home when the netlink port @portid closes
 * @portid: that port
 * @op_id: the operation that took it out
 * @sent_bytes: acknowledged while offloaded
 * @received_bytes: delivered while offloaded
 * @forwarded: segments forwarded
 * @guard: segments the parked socket tried to send itself; a bug if not 0
 */
struct chimney_conn {
	struct chimney_handle handle;
	struct rhash_head node;
	struct chimney_conn_key key;
	struct rcu_head rcu;
	struct kref refs;
	u32 id;
	struct sock *sk;
	struct chimney_host_binding *binding;
	struct chimney_route route;
	struct chimney_path *path;
	struct list_head list;

	enum chimney_conn_state state;
	spinlock_t hold_lock;
	struct sk_buff_head held;
	int (*okfn)(struct net *net, struct sock *sk, struct sk_buff *skb);
	atomic_t forwarding;

	struct proto *prot;
	const struct inet_connection_sock_af_ops *af_ops;
	u32 snd_up;

	struct sk_buff_head rx;
	struct sk_buff_head acked;
	struct sk_buff_head unsent;
	bool fin;
	bool refused;
	struct chimney_receive credit;
	bool credit_posted;
	bool calling;
	u32 outstanding;
	u32 outstanding_truesize;
	u32 send_backlog;
	bool retrieved;
	int error;
	struct work_struct work;

	bool owned;
	u32 portid;
	u32 op_id;
	u64 sent_bytes;
	u64 received_bytes;
	atomic64_t forwarded;
	atomic64_t guard;
};

/* conn.c: the table */
struct chimney_conn *chimney_conn_new(struct sock *sk,
				      const struct chimney_route *route);
void chimney_conn_remove(struct chimney_conn *conn);
void chimney_conn_get(struct chimney_conn *conn);
void chimney_conn_put(struct chimney_conn *conn);
struct chimney_conn *chimney_conn_of(struct sock *sk);
struct chimney_conn *chimney_conn_find_rcu(const struct chimney_conn_key *key);
void chimney_conn_tuple(const struct chimney_conn *conn,
			struct chimney_tuple *tuple);
void chimney_socket_tuple(const struct sock *sk, struct chimney_tuple *tuple);
bool chimney_conn_any_owned(struct net *net, u32 portid);
u64 chimney_object_id(void);
int chimney_conn_init(void);
void chimney_conn_exit(void);

/* binding: host.c */
struct chimney_host_binding *chimney_host_binding_get(struct net_device *dev);
void chimney_host_binding_put(struct chimney_host_binding *hb);
/* Wait for the operation just submitted; false if it was lost. */
bool chimney_host_wait(struct chimney_host_binding *hb);
extern struct workqueue_struct *chimney_host_wq;

/* eligible.c */
enum chimney_reason chimney_eligible(struct sock *sk);
enum chimney_reason chimney_route_lookup(struct sock *sk,
					 struct chimney_route *route);

/* hold.c: segments that reach the host */
int chimney_hold_register(struct net *net);
void chimney_hold_unregister(struct net *net);
void chimney_hold_forward(struct chimney_conn *conn);
void chimney_hold_stop_forward(struct chimney_conn *conn);
void chimney_hold_release(struct chimney_conn *conn);

/* park.c */
enum chimney_reason chimney_park(struct chimney_conn *conn,
				 struct chimney_tcp_offload_state *state,
				 struct sk_buff_head *send_queue);
void chimney_unpark(struct chimney_conn *conn,
		    const struct chimney_tcp_state_delegated *d,
		    struct sk_buff_head *send_queue);
void chimney_unpark_lost(struct chimney_conn *conn);
int chimney_park_init(void);
bool chimney_is_parked(const struct sock *sk);

/* close.c: what an application does to a parked socket */
void chimney_hooks_init(struct proto *prot);
void chimney_hooks_exit(void);

/* pump.c: data between a parked socket and the target */
void chimney_release_cb(struct sock *sk);
void chimney_tcp_send_completed(struct chimney_handle *handle,
				struct sk_buff_head *list,
				enum chimney_status status);
void chimney_tcp_receive_completed(struct chimney_handle *handle,
				   struct chimney_receive *request);
void chimney_tcp_forward_completed(struct chimney_handle *handle,
				   struct sk_buff_head *list,
				   enum chimney_status status);
enum chimney_status chimney_tcp_receive_indicated(struct chimney_handle *handle,
						  struct sk_buff *skb,
						  u32 *consumed);
void chimney_tcp_event_indicated(struct chimney_handle *handle,
				 enum chimney_tcp_event event, u32 information);
void chimney_pump_start(struct chimney_conn *conn);
void chimney_pump_stop(struct chimney_conn *conn);
void chimney_free_acked(struct chimney_conn *conn);
void chimney_deliver_fin(struct chimney_conn *conn);
void chimney_deliver_skb(struct chimney_conn *conn, struct sk_buff *skb);

/* upload.c */
void chimney_upload_conn(struct chimney_conn *conn);
void chimney_upload_later(struct chimney_conn *conn);
void chimney_upload_work(struct work_struct *work);
void chimney_upload_list(struct chimney_host_binding *hb,
			 struct list_head *conns, struct chimney_op *op);

/* offload.c */
void chimney_offload_sockets(struct net *net, struct chimney_op *op,
			     struct sock **sockets, unsigned int count,
			     bool owned);

/* select.c */
int chimney_select_sockets(struct net *net,
			   const struct chimney_selector *selector,
			   struct chimney_op *op, struct sock ***sockets);

#endif /* _CHIMNEY_HOST_CONN_H */
