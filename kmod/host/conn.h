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
 *				      the last completion was dealt with; sleeps
 *	    lock_sock()		      of a parked socket
 *	      slock		      likewise, bottom halves off; held segments, and
 *				      the end of holding
 *		sk_callback_lock	 taken to set sk_user_data
 *
 * Calls into the core and below are made with none of the spinlocks held. A
 * call made on behalf of a parked socket is made by its owner, or by the one
 * that set chimney_conn.calling under the slock, so calls never overlap
 * (SND-09). Forwards are counted in chimney_conn.forwarding, and a terminate
 * waits until there is none (TERM-11, G-38).
 *
 * chimney_host_binding.lock also protects the neighbors and paths of a binding.
 * Notifiers and indications, which must not sleep, leave a mark and queue a work
 * that takes it: chimney_sync_later(), chimney_update_later(), chimney_upload_later().
 *
 * The hook at LOCAL_IN looks connections up under RCU. A socket that is parked
 * has its connection in sk_user_data, which changes with the socket's lock held:
 * owned, or under the slock while nobody owns it.
 */
#ifndef _CHIMNEY_HOST_CONN_H
#define _CHIMNEY_HOST_CONN_H

#include <linux/completion.h>
#include <linux/hashtable.h>
#include <linux/hrtimer.h>
#include <linux/kref.h>
#include <linux/mutex.h>
#include <linux/netfilter.h>
#include <linux/rhashtable-types.h>
#include <linux/workqueue.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include <chimney/client.h>
#include <chimney/tcp.h>

#include "host.h"

struct chimney_op;
struct chimney_tree_node;
struct id_page;

/**
 * struct chimney_host_net - what the host keeps for a network namespace
 * @bindings: targets in it; the hook is there while there is one
 * @connections: of it that are offloaded or on their way
 * @mandatory_filters: net.chimney.mandatory_filters: connections that a netfilter
 *	ruleset or a BPF program of a cgroup would see stay at home
 * @max_connections: net.chimney.max_connections
 * @max_tree: net.chimney.max_tree: connections of a tree that moves them
 * @table: the sysctls
 * @sysctls: their registration
 */
struct chimney_host_net {
	unsigned int bindings;
	atomic_t connections;
	u8 mandatory_filters;
	unsigned int max_connections;
	unsigned int max_tree;
	struct ctl_table *table;
	struct ctl_table_header *sysctls;
};

/**
 * struct chimney_host_binding - a target the host is bound to
 * @list: of all bindings
 * @binding: the core's
 * @dev: device of the target
 * @hn: of its namespace
 * @lock: serializes operations
 * @neighbors: struct chimney_neighbor that are offloaded
 * @neighbor_table: these by address
 * @path_table: struct chimney_path by addresses
 * @conns: struct chimney_conn that are offloaded; protected by @lock
 * @lost_trees: struct chimney_tree with objects that the target could not give
 *	back: it may still name them
 * @done: the operation that is running has ended
 * @lost: it ended because the target missed the deadline
 * @dead: the target is gone
 * @caps: what the target can do, as of its registration or last RESUME (PAU-07)
 * @gate: whether the target takes offloads; chimney_host_bindings_lock
 * @drain: it wants everything back; likewise
 * @resume: it takes offloads again once @caps are read; likewise
 * @indicated: does what @drain and @resume ask for
 * @sync: compares what is offloaded with what the host knows now
 * @look_at_all: it does so with all connections; chimney_host_bindings_lock
 * @route_genid: of the IPv4 and IPv6 routes when that was last done; @lock
 * @refresh: does so each second, and reads what runs in the target
 * @refs: the core's binding, connections, works, and whoever waits for @lock
 */
struct chimney_host_binding {
	struct list_head list;
	struct chimney_binding *binding;
	struct net_device *dev;
	struct chimney_host_net *hn;
	struct mutex lock;
	struct list_head neighbors;
	DECLARE_HASHTABLE(neighbor_table, 8);
	DECLARE_HASHTABLE(path_table, 11);
	struct list_head conns;
	struct list_head lost_trees;
	struct completion done;
	bool lost;
	bool dead;
	struct chimney_caps caps;
	enum chimney_gate gate;
	bool drain;
	bool resume;
	struct work_struct indicated;
	struct delayed_work sync;
	bool look_at_all;
	u32 route_genid[2];
	struct delayed_work refresh;
	struct kref refs;
};

/**
 * struct chimney_neighbor - a neighbor object
 * @handle: names it towards the target
 * @list: in the binding
 * @by_addr: likewise
 * @id: what userspace calls it
 * @family: of @addr
 * @addr: next hop
 * @ifindex: device that it is a neighbor on: the target's, or a VLAN device on it
 * @vlan: VLAN id of that device, or 0
 * @smac: its MAC address if it is not that of the target's device, or zero
 * @mac: link-layer address of the next hop
 * @paths: struct chimney_path that depend on it
 * @node: its node in the tree that is being built, or NULL
 * @doomed: an operation on it failed, or it was invalidated: it goes home
 * @is_next: paths are to be linked to it, while routes are compared
 * @binding: where it is offloaded to, held
 * @indicated: nic_reachability_delta when the host said that it is stale
 * @doubt: asks the target whether there was progress since then
 * @refs: the list, trees, @doubt
 */
struct chimney_neighbor {
	struct chimney_handle handle;
	struct list_head list;
	struct hlist_node by_addr;
	u64 id;
	u16 family;
	struct in6_addr addr;
	int ifindex;
	u16 vlan;
	u8 smac[ETH_ALEN];
	u8 mac[ETH_ALEN];
	struct list_head paths;
	struct chimney_tree_node *node;
	bool doomed;
	bool is_next;
	struct chimney_host_binding *binding;
	u32 indicated;
	struct delayed_work doubt;
	struct kref refs;
};

/**
 * struct chimney_path - a path object
 * @handle: names it towards the target
 * @list: in the neighbor
 * @by_addr: in the binding
 * @id: what userspace calls it
 * @neighbor: it depends on
 * @family: of the addresses
 * @src: local address
 * @dst: remote address
 * @mtu: bytes
 * @count: connections that depend on it (TERM-05)
 * @node: its node in the tree that is being built, or NULL
 * @doomed: an operation on it failed, or it was invalidated: it goes home
 * @next: the neighbor its connections lead to, while routes are compared
 * @next_mtu: the path MTU they have, likewise; 0 if not looked at
 * @refs: the list, trees
 */
struct chimney_path {
	struct chimney_handle handle;
	struct list_head list;
	struct hlist_node by_addr;
	u64 id;
	struct chimney_neighbor *neighbor;
	u16 family;
	struct in6_addr src;
	struct in6_addr dst;
	u32 mtu;
	u32 count;
	struct chimney_tree_node *node;
	bool doomed;
	struct chimney_neighbor *next;
	u32 next_mtu;
	struct kref refs;
};

/**
 * struct chimney_conn_key - how the hook at LOCAL_IN finds a connection
 * @net: network namespace, compared only
 * @src: local address
 * @dst: remote address
 * @sport: local port
 * @dport: remote port
 * @family: AF_INET or AF_INET6
 * @ifindex: link of a link-local @dst, otherwise 0
 * @hash: of the others, set by chimney_conn_hash()
 */
struct chimney_conn_key {
	const struct net *net;
	struct in6_addr src;
	struct in6_addr dst;
	__be16 sport;
	__be16 dport;
	u16 family;
	int ifindex;
	u32 hash;
};

/**
 * struct chimney_route - where a connection leads
 * @binding: the host's binding to the target on its device, or on the device
 *	below it if that is a VLAN device
 * @ifindex: its device
 * @vlan: VLAN id of its device if the target is below, or 0
 * @smac: MAC address of its device if it is not that of the target's, or zero
 * @family: of @gateway
 * @gateway: next hop
 * @mac: its link-layer address
 * @mtu: path MTU, bytes
 * @serial: the same for connections of a look-up that have the same route, and remote
 *	address
 *
 * A connection that leads to a target at all has all but @mac, which is set if
 * the neighbor is known.
 */
struct chimney_route {
	struct chimney_host_binding *binding;
	int ifindex;
	u16 vlan;
	u8 smac[ETH_ALEN];
	u16 family;
	struct in6_addr gateway;
	u8 mac[ETH_ALEN];
	u32 mtu;
	u32 serial;
};

/**
 * struct chimney_lookup - looking up where sockets lead, one after the other
 * @hn: of their namespace
 * @dst: the host's route of the last one that leads to a target, held, or NULL
 * @remote: its remote address
 * @route: where it leads; the binding is held while @dst is
 */
struct chimney_lookup {
	const struct chimney_host_net *hn;
	struct dst_entry *dst;
	struct in6_addr remote;
	struct chimney_route route;
};

/**
 * struct chimney_conn - a connection that is offloaded or on its way
 * @node: in the table the hook looks in
 * @key: its addresses
 * @rcu: the hook may still look at it
 * @next: the next one that is freed with it
 * @refs: the table, works, waiting threads
 * @id: what userspace calls it
 * @id_page: where @id comes from
 * @sk: the socket, held
 * @binding: where it is offloaded to, held
 * @route: where it leads, until it is parked
 * @list: in the binding, or in the request that collects it
 * @state: where it is; under the slock if segments are not held any more then
 * @held: segments that wait for the end of a hand-over (slock)
 * @prot: the socket's own struct proto
 * @af_ops: the socket's own icsk_af_ops
 * @rx: data indicated while the socket was owned (slock)
 * @acked: send data completed while the socket was owned (slock)
 * @unsent: sends the target refused because of an upload (slock)
 * @work: brings it home for a retrieve or an abort
 * @update: tells the target that they have changed (CLS-04)
 * @cached: the cached variables as the target has them; socket owned
 * @disconnect: the request that tells that the send half is closed
 * @credit: the receive request after one that was @refused
 * @wake: sets @flush; never used if it has no function
 * @handle: names it towards the target
 * @path: the path object it depends on
 * @okfn: what follows LOCAL_IN; held segments go on there
 * @forwarding: forwards under way
 * @snd_up: as it was; a change means urgent data
 * @fin: a disconnect was indicated while the socket was owned (slock)
 * @closing: the application has closed the send half, the target does not know
 *	yet (slock)
 * @fin_acked: that request succeeded while the socket was owned (slock)
 * @refused: an indication was refused and needs a receive request (slock)
 * @credit_posted: the target has @credit (slock)
 * @calling: somebody calls the target for this connection (slock)
 * @outstanding: send bytes the target has (slock)
 * @outstanding_truesize: memory they are charged with (slock)
 * @charged: memory of the host and the target that the socket is charged with
 * @send_backlog: preferred outstanding bytes (slock)
 * @passed_at: tcp_mstamp of the socket when send data was last passed on (slock)
 * @flush: no send data waits for more (slock)
 * @retrieved: the target wants to be rid of it: segments are held
 * @error: errno of an abort, 0 if there was none
 * @rcvbuf: sk_rcvbuf when they were last compared, likewise
 * @options_set: an option of them was set, likewise
 * @doomed: an operation on it failed, or it was invalidated: it goes home
 * @counted_una: sequence number up to which bytes_acked of the socket counts
 * @counted_rcv: sequence number up to which bytes_received of it counts
 * @snd_wnd: the peer's window when the state was last read
 * @rcv_wnd: the target's window, likewise
 * @refreshed: @sent_bytes and @received_bytes when its state was last read
 * @owned: it comes home when the netlink port @portid closes
 * @portid: that port
 * @op_id: the operation that took it out
 * @sent_bytes: acknowledged while offloaded
 * @received_bytes: delivered while offloaded
 * @forwarded: segments forwarded
 * @guard: segments the parked socket tried to send itself; a bug if not 0
 */
struct chimney_conn {
	struct rhash_head node;
	struct chimney_conn_key key;
	struct rcu_head rcu;
	struct chimney_conn *next;
	struct kref refs;
	u32 id;
	struct id_page *id_page;
	struct sock *sk;
	struct chimney_host_binding *binding;
	struct chimney_route route;
	struct list_head list;

	enum chimney_conn_state state;
	struct sk_buff_head held;

	struct proto *prot;
	const struct inet_connection_sock_af_ops *af_ops;

	struct sk_buff_head rx;
	struct sk_buff_head acked;
	struct sk_buff_head unsent;
	struct work_struct work;
	struct work_struct update;
	struct chimney_tcp_state_cached cached;
	struct chimney_disconnect disconnect;
	struct chimney_receive credit;
	struct hrtimer wake;

	/* What follows is zero at first. */
	struct chimney_handle handle;
	struct chimney_path *path;
	int (*okfn)(struct net *net, struct sock *sk, struct sk_buff *skb);
	atomic_t forwarding;
	u32 snd_up;
	bool fin;
	bool closing;
	bool fin_acked;
	bool refused;
	bool credit_posted;
	bool calling;
	u32 outstanding;
	u32 outstanding_truesize;
	u32 charged;
	u32 send_backlog;
	u64 passed_at;
	bool flush;
	bool retrieved;
	int error;
	int rcvbuf;
	bool options_set;
	bool doomed;
	u32 counted_una;
	u32 counted_rcv;
	u32 snd_wnd;
	u32 rcv_wnd;
	u64 refreshed;

	bool owned;
	u32 portid;
	u32 op_id;
	u64 sent_bytes;
	u64 received_bytes;
	atomic64_t forwarded;
	atomic64_t guard;
};

/**
 * struct chimney_conns - connections that wait to be freed
 * @first: linked through their @next
 * @count: how many
 */
struct chimney_conns {
	struct chimney_conn *first;
	unsigned int count;
};

static inline void chimney_conn_get(struct chimney_conn *conn)
{
	kref_get(&conn->refs);
}

static inline void chimney_conn_tuple(const struct chimney_conn *conn,
				      struct chimney_tuple *tuple)
{
	tuple->family = conn->key.family;
	tuple->src = conn->key.src;
	tuple->dst = conn->key.dst;
	tuple->sport = conn->key.sport;
	tuple->dport = conn->key.dport;
	tuple->cookie = atomic64_read(&conn->sk->sk_cookie);
}

/* What its datagrams are: an AF_INET6 socket may be connected over IPv4. */
static inline u16 chimney_ip_family(const struct sock *sk)
{
	return sk->sk_family == AF_INET6 &&
	       !ipv6_addr_v4mapped(&sk->sk_v6_daddr) ? AF_INET6 : AF_INET;
}

/* pool.c: memory for them */
struct chimney_conn *chimney_pool_take(struct chimney_conn **spare);
void chimney_pool_give(struct chimney_conn *first);
int chimney_pool_init(void);
void chimney_pool_exit(void);

/* conn.c: the table */
struct chimney_conn *chimney_conn_alloc(struct sock *sk,
					const struct chimney_route *route,
					struct chimney_conn **spare);
struct chimney_conn *chimney_conn_new(struct sock *sk,
				      const struct chimney_route *route,
				      struct chimney_conn **spare);
struct chimney_conn *chimney_conn_find(const struct sock *sk);
void chimney_conn_remove(struct chimney_conn *conn);
void chimney_conn_put(struct chimney_conn *conn);
void chimney_conns_put(struct chimney_conns *conns, struct chimney_conn *conn);
void chimney_conns_free(struct chimney_conns *conns);
struct chimney_conn *chimney_conn_of(struct sock *sk);
struct chimney_conn *chimney_conn_owned(const struct sock *sk);
void chimney_conn_hash(struct chimney_conn_key *key);
struct chimney_conn *chimney_conn_find_rcu(const struct chimney_conn_key *key);
void chimney_socket_tuple(const struct sock *sk, struct chimney_tuple *tuple);
bool chimney_conn_any_owned(struct net *net, u32 portid);
int chimney_conn_init(void);
void chimney_conn_exit(void);

/* id.c: identifiers of connections */
int chimney_id_give(struct chimney_conn *conn);
void chimney_id_take(struct chimney_conn *conn);
struct chimney_conn *chimney_id_next(unsigned long *id);
void chimney_id_exit(void);

/* net.c */
struct chimney_host_net *chimney_host_net(const struct net *net);
int chimney_host_net_register(void);
void chimney_host_net_unregister(void);

/* host.c: bindings */
struct chimney_host_binding *chimney_host_binding_get(struct net_device *dev);
struct chimney_host_binding *chimney_host_binding_at(const struct net *net,
						     unsigned int n);
void chimney_host_binding_put(struct chimney_host_binding *hb);
bool chimney_host_open(const struct chimney_host_binding *hb);
enum chimney_reason
chimney_host_refuses(const struct chimney_host_binding *hb);
void chimney_host_sleep(void);
void chimney_host_wake(void);
void chimney_sync_later(const struct net_device *dev, bool all);
void chimney_sync_net(const struct net *net);
bool chimney_host_take(bool *mark);
void chimney_upload_everything(struct chimney_host_binding *hb);
extern struct workqueue_struct *chimney_host_wq;

/* object.c: neighbors and paths */
struct chimney_neighbor *
chimney_neighbor_find(struct chimney_host_binding *hb,
		      const struct chimney_route *route);
bool chimney_neighbor_is(const struct chimney_neighbor *neighbor,
			 const struct chimney_route *route);
void chimney_neighbor_remove(struct chimney_neighbor *neighbor);
void chimney_neighbor_put(struct chimney_neighbor *neighbor);
struct neighbour *chimney_neighbor_entry(const struct chimney_neighbor *neighbor);
u32 chimney_neighbor_delta(const struct chimney_neighbor *neighbor);
struct chimney_path *chimney_path_find(struct chimney_host_binding *hb,
				       const struct chimney_conn *conn,
				       const struct chimney_conn *before);
void chimney_path_remove(struct chimney_path *path);
void chimney_path_put(struct chimney_path *path);

/* eligible.c */
enum chimney_reason chimney_eligible(struct sock *sk);
enum chimney_reason chimney_route_lookup(struct sock *sk,
					 struct chimney_route *route);
enum chimney_reason chimney_target_lookup(struct sock *sk,
					  struct chimney_lookup *lookup);
void chimney_lookup_end(struct chimney_lookup *lookup);

/* bypass.c: what sees segments on the host only */
enum chimney_reason chimney_bypass_refused(struct sock *sk,
					   const struct chimney_host_net *hn);

/* conntrack.c */
bool chimney_conntrack_translated(const struct sock *sk);
void chimney_conntrack_leave(const struct sock *sk);
void chimney_conntrack_return(const struct sock *sk);

/* hold.c: segments that reach the host */
int chimney_hold_register(struct net *net);
void chimney_hold_unregister(struct net *net);
void chimney_hold_forward(struct chimney_conn *conn);
void chimney_hold_stop_forward(struct chimney_conn *conn);
void chimney_hold_end(struct chimney_conn *conn);
void chimney_hold_release(struct chimney_conn *conn);

/* park.c */
enum chimney_reason chimney_park(struct chimney_conn *conn,
				 struct chimney_tcp_offload_state *state,
				 struct sk_buff_head *send_queue,
				 struct chimney_tcp_clock *clock);
void chimney_unpark(struct chimney_conn *conn,
		    const struct chimney_tcp_state_delegated *d,
		    struct sk_buff_head *send_queue,
		    struct chimney_tcp_clock *clock);
void chimney_unpark_lost(struct chimney_conn *conn);
int chimney_park_init(void);
bool chimney_is_parked(const struct sock *sk);

/* snapshot.c: what is read from a socket */
void chimney_snapshot_const(struct sock *sk, struct chimney_tcp_state_const *c);
void chimney_snapshot_cached(const struct sock *sk,
			     struct chimney_tcp_state_cached *c);
bool chimney_cached_changed(const struct chimney_conn *conn,
			    struct chimney_tcp_state_cached *now);
u64 chimney_unacked_bytes(const struct sock *sk);

/* disconnect.c: closing the send half */
void chimney_disconnect_later(struct chimney_conn *conn);
bool chimney_disconnect_due(const struct chimney_conn *conn);
void chimney_disconnect(struct chimney_conn *conn);
void chimney_fin_acked(struct chimney_conn *conn);
void chimney_tcp_disconnect_completed(struct chimney_handle *handle,
				      struct chimney_disconnect *request);

/* close.c: what an application does to a parked socket */
void chimney_hooks_init(struct proto *prot);
void chimney_hooks_exit(void);

/* cork.c: small writes merge */
bool chimney_tail_waits(struct chimney_conn *conn, struct sk_buff *tail);
void chimney_flush(struct sock *sk);
void chimney_cork_stop(struct chimney_conn *conn);

/* spare.c: an skb that is kept for the next write */
bool chimney_spare_keep(struct chimney_conn *conn, struct sk_buff *skb);
void chimney_spare_drop(struct sock *sk);
void chimney_spare_expire(struct chimney_conn *conn);

/* pump.c: data between a parked socket and the target */
void chimney_pump(struct chimney_conn *conn, bool owner);
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
void chimney_write_space(struct sock *sk);
void chimney_free_acked(struct chimney_conn *conn);
void chimney_deliver_fin(struct chimney_conn *conn);
void chimney_deliver_skb(struct chimney_conn *conn, struct sk_buff *skb);

/* upload.c */
void chimney_conn_lose(struct chimney_conn *conn);
void chimney_upload_conn(struct chimney_conn *conn);
void chimney_upload_later(struct chimney_conn *conn);
void chimney_upload_work(struct work_struct *work);
void chimney_upload_list(struct chimney_host_binding *hb,
			 struct list_head *conns, struct chimney_op *op);
void chimney_upload_doomed(struct chimney_host_binding *hb);
void chimney_stay_offloaded(struct chimney_host_binding *hb,
			    struct list_head *conns, struct chimney_op *op);

/* offload.c */
void chimney_refuse_conn(struct chimney_op *op, const struct sock *sk,
			 enum chimney_reason reason);
void chimney_make_cookie(struct sock *sk);
void chimney_offload_sockets(struct chimney_op *op, struct sock **sockets,
			     unsigned int count, bool owned);

/* explain.c */
void chimney_explain_sockets(struct chimney_op *op, struct sock **sockets,
			     unsigned int count);

/* state.c: query, update, invalidate */
#define CHIMNEY_ALL_LAYERS	(BIT(CHIMNEY_LAYER_NEIGHBOR) | \
				 BIT(CHIMNEY_LAYER_PATH) | \
				 BIT(CHIMNEY_LAYER_TCP))
void chimney_operate_list(struct chimney_host_binding *hb,
			  struct list_head *conns, enum chimney_op_kind kind,
			  u8 layers, struct chimney_op *op);
void chimney_update_later(struct chimney_conn *conn);
void chimney_update_work(struct work_struct *work);
bool chimney_neighbor_query(struct chimney_neighbor *neighbor, u32 *delta);

/* sync.c: what changes without a request */
void chimney_sync_work(struct work_struct *work);
void chimney_refresh_work(struct work_struct *work);
void chimney_refresh_start(struct chimney_host_binding *hb);
int chimney_sync_init(void);
void chimney_sync_exit(void);

/* reach.c: is a neighbor reachable? */
void chimney_event_indicated(struct chimney_binding *binding,
			     struct chimney_block *block,
			     enum chimney_event event);
void chimney_doubt_work(struct work_struct *work);
void chimney_reach_confirm(struct chimney_neighbor *neighbor,
			   struct neighbour *entry);

/* info.c: what others see of an offloaded connection */
void chimney_info_start(struct chimney_conn *conn);
void chimney_info_write(struct chimney_conn *conn,
			const struct chimney_tcp_state_delegated *d);
void chimney_info_acked(struct chimney_conn *conn, u32 seq);
void chimney_info_received(struct chimney_conn *conn, u32 seq);
void chimney_info_refresh(struct sock *sk);
int chimney_info_windows(struct sock *sk, char __user *optval,
			 int __user *optlen);

/* select.c */
int chimney_select_sockets(struct net *net,
			   const struct chimney_selector *selector,
			   struct chimney_op *op, struct sock ***sockets);

#endif /* _CHIMNEY_HOST_CONN_H */
