// SPDX-License-Identifier: GPL-2.0-only
/* The table of connections that are offloaded or on their way. */
#include <linux/random.h>
#include <linux/rhashtable.h>
#include <linux/slab.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>

#include "../core/op.h"
#include "conn.h"

/* How many are freed at a time: softirqs are not to take long. */
#define CONNS_FREED	64

static u32 conn_seed __ro_after_init;

/* The hash is made once for a key, with a seed of its own. */
static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct chimney_conn_key *key = data;

	return key->hash ^ seed;
}

/* Where many connections were offloaded, many will be: it does not shrink. */
static const struct rhashtable_params conn_params = {
	.head_offset = offsetof(struct chimney_conn, node),
	.key_offset = offsetof(struct chimney_conn, key),
	.key_len = sizeof(struct chimney_conn_key),
	.hashfn = key_hash,
};

static struct rhashtable conn_table;

/* Its addresses, as they are in its datagrams; those of IPv4 in the first word. */
static u16 get_addresses(const struct sock *sk, struct in6_addr *src,
			 struct in6_addr *dst)
{
	const struct inet_sock *inet = inet_sk(sk);

	if (chimney_ip_family(sk) == AF_INET6) {
		*src = sk->sk_v6_rcv_saddr;
		*dst = sk->sk_v6_daddr;
		return AF_INET6;
	}
	*src = (struct in6_addr){ .s6_addr32[0] = inet->inet_rcv_saddr };
	*dst = (struct in6_addr){ .s6_addr32[0] = inet->inet_daddr };
	return AF_INET;
}

void chimney_socket_tuple(const struct sock *sk, struct chimney_tuple *tuple)
{
	tuple->family = get_addresses(sk, &tuple->src, &tuple->dst);
	tuple->sport = inet_sk(sk)->inet_sport;
	tuple->dport = inet_sk(sk)->inet_dport;
	tuple->cookie = atomic64_read(&sk->sk_cookie);
}

/* Complete a key: all but its hash is set. */
void chimney_conn_hash(struct chimney_conn_key *key)
{
	key->hash = chimney_tcp_hash(&key->src, &key->dst, key->sport,
				     key->dport, conn_seed);
}

struct chimney_conn *chimney_conn_find_rcu(const struct chimney_conn_key *key)
{
	return rhashtable_lookup(&conn_table, key, conn_params);
}

static void init_key(struct chimney_conn_key *key, const struct sock *sk)
{
	memset(key, 0, sizeof(*key));
	key->net = sock_net(sk);
	key->family = get_addresses(sk, &key->src, &key->dst);
	key->sport = inet_sk(sk)->inet_sport;
	key->dport = inet_sk(sk)->inet_dport;
	if (key->family == AF_INET6 &&
	    ipv6_addr_type(&key->dst) & IPV6_ADDR_LINKLOCAL)
		key->ifindex = READ_ONCE(sk->sk_bound_dev_if);
	chimney_conn_hash(key);
}

/* The connection of a socket in the table, with a reference, or NULL. */
struct chimney_conn *chimney_conn_find(const struct sock *sk)
{
	struct chimney_conn_key key;
	struct chimney_conn *conn;

	init_key(&key, sk);
	rcu_read_lock();
	conn = chimney_conn_find_rcu(&key);
	if (conn && !kref_get_unless_zero(&conn->refs))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}

/*
 * Make a connection for @sk that the hook does not know. Takes references to
 * @sk and to the binding of @route. @spare is for chimney_pool_take(). Returns NULL
 * without memory.
 */
struct chimney_conn *chimney_conn_alloc(struct sock *sk,
					const struct chimney_route *route,
					struct chimney_conn **spare)
{
	struct chimney_conn *conn;

	conn = chimney_pool_take(spare);
	if (!conn)
		return NULL;
	memset_startat(conn, 0, handle);
	kref_init(&conn->refs);
	__skb_queue_head_init(&conn->held);
	__skb_queue_head_init(&conn->rx);
	__skb_queue_head_init(&conn->acked);
	__skb_queue_head_init(&conn->unsent);
	INIT_LIST_HEAD(&conn->list);
	INIT_WORK(&conn->work, chimney_upload_work);
	INIT_WORK(&conn->update, chimney_update_work);
	conn->wake.function = NULL;
	conn->state = CHIMNEY_CONN_STATE_HOLDING;
	conn->route = *route;
	conn->binding = route->binding;
	kref_get(&conn->binding->refs);
	sock_hold(sk);
	conn->sk = sk;
	init_key(&conn->key, sk);
	return conn;
}

static bool count_conn(struct chimney_host_net *hn)
{
	unsigned int limit = READ_ONCE(hn->max_connections);

	if ((unsigned int)atomic_inc_return(&hn->connections) <= limit)
		return true;
	atomic_dec(&hn->connections);
	return false;
}

/*
 * Make a connection for @sk that holds segments from now on, as
 * chimney_conn_alloc(). Returns -EEXIST if there is one already, -EDQUOT if the
 * namespace must not have more.
 */
struct chimney_conn *chimney_conn_new(struct sock *sk,
				      const struct chimney_route *route,
				      struct chimney_conn **spare)
{
	struct chimney_host_net *hn = route->binding->hn;
	struct chimney_conn *conn;
	int err;

	if (!count_conn(hn))
		return ERR_PTR(-EDQUOT);
	conn = chimney_conn_alloc(sk, route, spare);
	if (!conn) {
		err = -ENOMEM;
		goto err_count;
	}
	err = chimney_id_give(conn);
	if (err)
		goto err_put;
	err = rhashtable_lookup_insert_fast(&conn_table, &conn->node,
					    conn_params);
	if (err)
		goto err_id;
	return conn;

err_id:
	chimney_id_take(conn);
err_put:
	chimney_conn_put(conn);
err_count:
	atomic_dec(&hn->connections);
	return ERR_PTR(err);
}

/* Take a connection out of the table; drops the table's reference. */
void chimney_conn_remove(struct chimney_conn *conn)
{
	chimney_id_take(conn);
	rhashtable_remove_fast(&conn_table, &conn->node, conn_params);
	atomic_dec(&conn->binding->hn->connections);
	chimney_conn_put(conn);
}

static void conns_free(struct rcu_head *rcu)
{
	chimney_pool_give(container_of(rcu, struct chimney_conn, rcu));
}

static void conn_end(struct kref *refs)
{
	struct chimney_conn *conn = container_of(refs, struct chimney_conn,
						 refs);

	WARN_ON_ONCE(!skb_queue_empty(&conn->held));
	sock_put(conn->sk);
	chimney_host_binding_put(conn->binding);
}

void chimney_conn_put(struct chimney_conn *conn)
{
	if (!kref_put(&conn->refs, conn_end))
		return;
	conn->next = NULL;
	call_rcu(&conn->rcu, conns_free);
}

/**
 * chimney_conns_put() - drop a reference to one of many connections
 * @conns: zeroed before the first, chimney_conns_free() after the last
 * @conn: the connection
 *
 * Those that nobody else has share a grace period.
 *
 * Context: any.
 */
void chimney_conns_put(struct chimney_conns *conns, struct chimney_conn *conn)
{
	if (!kref_put(&conn->refs, conn_end))
		return;
	conn->next = conns->first;
	conns->first = conn;
	if (++conns->count == CONNS_FREED)
		chimney_conns_free(conns);
}

/**
 * chimney_conns_free() - free what chimney_conns_put() has collected
 * @conns: emptied
 *
 * Context: any; the memory goes after a grace period.
 */
void chimney_conns_free(struct chimney_conns *conns)
{
	if (conns->first)
		call_rcu(&conns->first->rcu, conns_free);
	*conns = (struct chimney_conns){};
}

/* The connection of a parked socket, with a reference, or NULL. */
struct chimney_conn *chimney_conn_of(struct sock *sk)
{
	struct chimney_conn *conn = NULL;

	rcu_read_lock();
	if (chimney_is_parked(sk))
		conn = rcu_dereference_sk_user_data(sk);
	if (conn && !kref_get_unless_zero(&conn->refs))
		conn = NULL;
	rcu_read_unlock();
	return conn;
}

/**
 * chimney_conn_owned() - the connection of a parked socket
 * @sk: a parked socket
 *
 * Context: the socket is owned by the caller, who keeps it parked.
 * Return: the connection.
 */
struct chimney_conn *chimney_conn_owned(const struct sock *sk)
{
	uintptr_t conn;

	conn = (uintptr_t)rcu_dereference_protected(__sk_user_data(sk), 1);
	return (struct chimney_conn *)(conn & SK_USER_DATA_PTRMASK);
}

static void conn_info(struct chimney_conn *conn, struct chimney_conn_info *info)
{
	struct sock *sk = conn->sk;

	memset(info, 0, sizeof(*info));
	chimney_conn_tuple(conn, &info->tuple);
	info->context = conn->id;
	info->state = READ_ONCE(conn->state);
	info->tcp_state =
		chimney_tcp_state_from_linux(inet_sk_state_load(sk));
	info->ifindex = conn->binding->dev->ifindex;
	info->uid = from_kuid_munged(&init_user_ns, sock_i_uid(sk));
	info->inode = sock_i_ino(sk);
	info->op_id = conn->op_id;
	info->owned = conn->owned;
	info->sent_bytes = READ_ONCE(conn->sent_bytes);
	info->received_bytes = READ_ONCE(conn->received_bytes);
	info->outstanding_bytes = READ_ONCE(conn->outstanding);
	info->held_segments = skb_queue_len_lockless(&conn->held);
	info->forwarded_segments = atomic64_read(&conn->forwarded);
	info->guard = atomic64_read(&conn->guard);
}

int chimney_host_walk_conns(struct net *net,
			    const struct chimney_selector *selector,
			    unsigned long *pos,
			    int (*fill)(const struct chimney_conn_info *info,
					void *arg),
			    void *arg)
{
	struct chimney_conn_info info;
	struct chimney_conn *conn;
	int err = 0;

	rcu_read_lock();
	for (; (conn = chimney_id_next(pos)); (*pos)++) {
		if (conn->key.net != net ||
		    !kref_get_unless_zero(&conn->refs))
			continue;
		conn_info(conn, &info);
		if (!selector || chimney_selector_match(selector, &info.tuple))
			err = fill(&info, arg);
		chimney_conn_put(conn);
		if (err)
			break;
	}
	if (!err)
		*pos = ULONG_MAX;
	rcu_read_unlock();
	return err;
}

/* Does a netlink port own a connection? */
bool chimney_conn_any_owned(struct net *net, u32 portid)
{
	struct chimney_conn *conn;
	unsigned long id;
	bool found = false;

	rcu_read_lock();
	for (id = 0; (conn = chimney_id_next(&id)); id++) {
		if (conn->owned && conn->portid == portid &&
		    conn->key.net == net) {
			found = true;
			break;
		}
	}
	rcu_read_unlock();
	return found;
}

int chimney_conn_init(void)
{
	int err;

	conn_seed = get_random_u32();
	err = chimney_pool_init();
	if (err)
		return err;
	err = rhashtable_init(&conn_table, &conn_params);
	if (err)
		chimney_pool_exit();
	return err;
}

void chimney_conn_exit(void)
{
	rhashtable_destroy(&conn_table);
	chimney_id_exit();
	chimney_pool_exit();
}
