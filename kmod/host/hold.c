// SPDX-License-Identifier: GPL-2.0-only
/*
 * Segments of an offloaded connection that reach the host.
 *
 * They are held while a hand-over is under way and then go on to whoever owns
 * the connection: to the target by a forward (FWD-03, FWD-04) or to the socket.
 * The hook sits behind everything else at LOCAL_IN, so what a firewall drops is
 * not seen here, and a held segment continues exactly where it stopped.
 */
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/ndisc.h>
#include <net/protocol.h>
#include <net/tcp.h>

#include "conn.h"

/* More than that a peer sends again. */
#define HELD_MAX	4096

static bool hold(struct chimney_conn *conn, struct sk_buff *skb)
{
	if (skb_queue_len(&conn->held) >= HELD_MAX || !skb_dst_force(skb))
		return false;
	skb_orphan(skb);
	dev_hold(skb->dev);
	__skb_queue_tail(&conn->held, skb);
	return true;
}

static void let_go(struct sk_buff *skb)
{
	dev_put(skb->dev);
}

static bool checksum_is_good(struct sk_buff *skb)
{
	if (skb->protocol == htons(ETH_P_IPV6) ?
	    skb_checksum_init(skb, IPPROTO_TCP, ip6_compute_pseudo) :
	    skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo))
		return false;
	return skb_csum_unnecessary(skb) || !__skb_checksum_complete(skb);
}

/* From LOCAL_IN to a segment as FWD-07, FWD-08 want it; frees a bad one. */
static bool strip(struct sk_buff *skb)
{
	__skb_pull(skb, skb_transport_offset(skb));
	if (!pskb_may_pull(skb, sizeof(struct tcphdr)) ||
	    tcp_hdrlen(skb) < sizeof(struct tcphdr) ||
	    !pskb_may_pull(skb, tcp_hdrlen(skb)) || !checksum_is_good(skb)) {
		kfree_skb(skb);
		return false;
	}
	skb_dst_drop(skb);
	return true;
}

static void forward(struct chimney_conn *conn, struct sk_buff_head *segments)
{
	atomic64_add(skb_queue_len(segments), &conn->forwarded);
	chimney_tcp_forward(&conn->handle, segments);
}

static unsigned int forward_one(struct chimney_conn *conn, struct sk_buff *skb)
{
	struct sk_buff_head segments;

	skb_orphan(skb);
	__skb_queue_head_init(&segments);
	if (strip(skb)) {
		__skb_queue_tail(&segments, skb);
		forward(conn, &segments);
	}
	return NF_STOLEN;
}

static unsigned int conn_input(struct chimney_conn *conn, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	unsigned int verdict = NF_ACCEPT;

	atomic_inc(&conn->forwarding);
	/* Pairs with the barrier in chimney_hold_stop_forward(). */
	smp_mb__after_atomic();
	if (READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_OFFLOADED &&
	    !READ_ONCE(conn->retrieved)) {
		verdict = forward_one(conn, skb);
		goto out;
	}
	spin_lock_bh(&conn->sk->sk_lock.slock);
	switch (READ_ONCE(conn->state)) {
	case CHIMNEY_CONN_STATE_HOLDING:
	case CHIMNEY_CONN_STATE_OFFLOADING:
	case CHIMNEY_CONN_STATE_UPLOADING:
		conn->okfn = state->okfn;
		verdict = hold(conn, skb) ? NF_STOLEN : NF_DROP;
		break;
	case CHIMNEY_CONN_STATE_OFFLOADED:
		if (conn->retrieved) {
			conn->okfn = state->okfn;
			verdict = hold(conn, skb) ? NF_STOLEN : NF_DROP;
			break;
		}
		/* It just became so, and nothing is held any more. */
		spin_unlock_bh(&conn->sk->sk_lock.slock);
		verdict = forward_one(conn, skb);
		goto out;
	case CHIMNEY_CONN_STATE_LOST:
		break;	/* the socket is closed or about to be */
	}
	spin_unlock_bh(&conn->sk->sk_lock.slock);
out:
	if (atomic_dec_and_test(&conn->forwarding) &&
	    READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_UPLOADING)
		wake_up_var(&conn->forwarding);
	return verdict;
}

/*
 * Linux takes these for the parked socket and learns a path MTU or a gateway; see
 * what came of it.
 */
static void icmp_in(const struct sk_buff *skb, const struct iphdr *iph,
		    const struct net *net)
{
	const struct icmphdr *icmph;
	struct icmphdr buf;

	icmph = skb_header_pointer(skb, iph->ihl * 4, sizeof(buf), &buf);
	if (!icmph)
		return;
	if (icmph->type == ICMP_REDIRECT ||
	    (icmph->type == ICMP_DEST_UNREACH &&
	     icmph->code == ICMP_FRAG_NEEDED))
		chimney_sync_net(net);
}

/* A segment; the caller has filled in the addresses of @key. */
static unsigned int tcp_in(struct chimney_conn_key *key, struct sk_buff *skb,
			   const struct nf_hook_state *state)
{
	const struct tcphdr *th;
	struct chimney_conn *conn;
	struct tcphdr buf;

	th = skb_header_pointer(skb, skb_transport_offset(skb), sizeof(buf),
				&buf);
	if (!th)
		return NF_ACCEPT;
	key->net = state->net;
	key->sport = th->dest;
	key->dport = th->source;
	chimney_conn_hash(key);
	conn = chimney_conn_find_rcu(key);
	return conn ? conn_input(conn, skb, state) : NF_ACCEPT;
}

static unsigned int local_in_ipv4(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	const struct iphdr *iph = ip_hdr(skb);
	struct chimney_conn_key key;

	if (iph->protocol == IPPROTO_ICMP)
		icmp_in(skb, iph, state->net);
	if (iph->protocol != IPPROTO_TCP)
		return NF_ACCEPT;
	memset(&key, 0, sizeof(key));
	key.src.s6_addr32[0] = iph->daddr;
	key.dst.s6_addr32[0] = iph->saddr;
	key.family = AF_INET;
	return tcp_in(&key, skb, state);
}

static void icmpv6_in(const struct sk_buff *skb, unsigned int offset,
		      const struct net *net)
{
	const u8 *type;
	u8 buf;

	type = skb_header_pointer(skb, offset, sizeof(buf), &buf);
	if (type && (*type == NDISC_REDIRECT || *type == ICMPV6_PKT_TOOBIG))
		chimney_sync_net(net);
}

/*
 * IPv6 processes extension headers, fragments among them, behind LOCAL_IN. Do it
 * here, and find a TCP header at the transport header. False if nothing is left.
 */
static bool process_extensions(struct sk_buff *skb)
{
	const struct inet6_protocol *protocol;
	u8 next;

	for (;;) {
		next = skb_network_header(skb)[IP6CB(skb)->nhoff];
		protocol = rcu_dereference(inet6_protos[next]);
		if (!protocol || protocol->flags & INET6_PROTO_FINAL)
			return true;
		if (!pskb_pull(skb, skb_transport_offset(skb))) {
			kfree_skb(skb);
			return false;
		}
		if (protocol->handler(skb) <= 0)
			return false;
	}
}

static unsigned int local_in_ipv6(void *priv, struct sk_buff *skb,
				  const struct nf_hook_state *state)
{
	struct chimney_conn_key key;
	unsigned int offset = 0;
	int protocol;

	protocol = ipv6_find_hdr(skb, &offset, -1, NULL, NULL);
	if (protocol == IPPROTO_ICMPV6)
		icmpv6_in(skb, offset, state->net);
	if (protocol != IPPROTO_TCP)
		return NF_ACCEPT;
	if (!process_extensions(skb))
		return NF_STOLEN;
	memset(&key, 0, sizeof(key));
	key.src = ipv6_hdr(skb)->daddr;
	key.dst = ipv6_hdr(skb)->saddr;
	key.family = AF_INET6;
	if (ipv6_addr_type(&key.dst) & IPV6_ADDR_LINKLOCAL)
		key.ifindex = inet6_iif(skb);
	return tcp_in(&key, skb, state);
}

static const struct nf_hook_ops hold_hooks[] = {
	{
		.hook = local_in_ipv4,
		.pf = NFPROTO_IPV4,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = INT_MAX,
	},
	{
		.hook = local_in_ipv6,
		.pf = NFPROTO_IPV6,
		.hooknum = NF_INET_LOCAL_IN,
		.priority = INT_MAX,
	},
};

int chimney_hold_register(struct net *net)
{
	return nf_register_net_hooks(net, hold_hooks, ARRAY_SIZE(hold_hooks));
}

void chimney_hold_unregister(struct net *net)
{
	nf_unregister_net_hooks(net, hold_hooks, ARRAY_SIZE(hold_hooks));
}

static void forward_held(struct chimney_conn *conn, struct sk_buff_head *held)
{
	struct sk_buff_head segments;
	struct sk_buff *skb;

	__skb_queue_head_init(&segments);
	while ((skb = __skb_dequeue(held))) {
		let_go(skb);
		if (strip(skb))
			__skb_queue_tail(&segments, skb);
	}
	if (!skb_queue_empty(&segments))
		forward(conn, &segments);
}

/*
 * Let go of all that is held, with @send. Not inlined: mostly that is nothing. The slock
 * is held, and dropped for the calls.
 */
static noinline void release_held(struct chimney_conn *conn,
				  void (*send)(struct chimney_conn *conn,
					       struct sk_buff_head *held))
{
	spinlock_t *slock = &conn->sk->sk_lock.slock;
	struct sk_buff_head held;

	__skb_queue_head_init(&held);
	while (!skb_queue_empty(&conn->held)) {
		skb_queue_splice_tail_init(&conn->held, &held);
		spin_unlock_bh(slock);
		send(conn, &held);
		spin_lock_bh(slock);
	}
}

/**
 * chimney_hold_forward() - the target has the connection: it gets what is held, and
 * data may flow
 * @conn: the connection, in state OFFLOADING, or UPLOADING if it stays after all
 *
 * Context: process context, the binding's lock is held; the socket is not owned by
 * the caller.
 */
void chimney_hold_forward(struct chimney_conn *conn)
{
	spin_lock_bh(&conn->sk->sk_lock.slock);
	if (!skb_queue_empty(&conn->held))
		release_held(conn, forward_held);
	WRITE_ONCE(conn->state, CHIMNEY_CONN_STATE_OFFLOADED);
	chimney_pump_start(conn);
	spin_unlock_bh(&conn->sk->sk_lock.slock);
}

/**
 * chimney_hold_stop_forward() - hold segments again
 * @conn: the connection, in state OFFLOADED
 *
 * No forward is executing when it returns (TERM-11, G-38).
 *
 * Context: process context, may sleep.
 */
void chimney_hold_stop_forward(struct chimney_conn *conn)
{
	WRITE_ONCE(conn->state, CHIMNEY_CONN_STATE_UPLOADING);
	/* Pairs with the one in conn_input(). */
	smp_mb();
	if (atomic_read(&conn->forwarding))
		wait_var_event(&conn->forwarding,
			       !atomic_read(&conn->forwarding));
}

/* The socket has the connection: what is held goes on to it. */
static void resume(struct chimney_conn *conn, struct sk_buff_head *held)
{
	struct sk_buff *skb;

	local_bh_disable();
	rcu_read_lock();
	while ((skb = __skb_dequeue(held))) {
		struct net_device *dev = skb->dev;

		conn->okfn(sock_net(conn->sk), NULL, skb);
		dev_put(dev);
	}
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * chimney_hold_end() - the host has the connection: stop holding if nothing is held
 * @conn: the connection, for chimney_hold_release()
 *
 * Context: the slock is held, and the socket is as its own stack wants it.
 */
void chimney_hold_end(struct chimney_conn *conn)
{
	if (skb_queue_empty(&conn->held))
		WRITE_ONCE(conn->state, CHIMNEY_CONN_STATE_LOST);
}

/**
 * chimney_hold_release() - the host has the connection: stop holding
 * @conn: the connection, its socket not parked; leaves the table
 *
 * Context: process context, the socket is not owned by the caller.
 */
void chimney_hold_release(struct chimney_conn *conn)
{
	if (READ_ONCE(conn->state) != CHIMNEY_CONN_STATE_LOST) {
		spin_lock_bh(&conn->sk->sk_lock.slock);
		release_held(conn, resume);
		WRITE_ONCE(conn->state, CHIMNEY_CONN_STATE_LOST);
		spin_unlock_bh(&conn->sk->sk_lock.slock);
	}
	chimney_conn_remove(conn);
}
