// SPDX-License-Identifier: GPL-2.0-only
/*
 * The spare skb of a parked socket. When a target completes all that a connection
 * had outstanding, the last skb is not freed: emptied, it is the end of the write
 * queue, and what the application writes next goes into it. One that asks and
 * waits for the answer thus needs no memory for each question.
 *
 * TCP does not send an skb without data: a writer that waits for memory may leave
 * one in the queue. It may free the spare, as it would that one.
 */
#include <linux/skbuff_ref.h>
#include <net/tcp.h>

#include "conn.h"

/* Of tcp_sendmsg(), and returned as it went. */
static bool is_reusable(const struct sk_buff *skb)
{
	return skb->fclone == SKB_FCLONE_ORIG && skb->nohdr &&
	       !skb_shared(skb) && !skb_cloned(skb) && !skb_headlen(skb) &&
	       !skb_zcopy((struct sk_buff *)skb) && !skb_has_frag_list(skb) &&
	       skb_headroom(skb) == MAX_TCP_HEADER &&
	       skb->truesize >= SKB_TRUESIZE(skb_end_offset(skb));
}

static bool is_idle(const struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	return READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_OFFLOADED &&
	       !conn->outstanding && tcp_write_queue_empty(sk) &&
	       !(sk->sk_shutdown & SEND_SHUTDOWN) &&
	       !tcp_under_memory_pressure(sk);
}

static void empty(struct sock *sk, struct sk_buff *skb)
{
	unsigned int size = SKB_TRUESIZE(skb_end_offset(skb));
	struct skb_shared_info *shinfo = skb_shinfo(skb);
	int i;

	for (i = 0; i < shinfo->nr_frags; i++)
		skb_frag_unref(skb, i);
	memset(shinfo, 0, offsetof(struct skb_shared_info, dataref));
	sk_wmem_queued_add(sk, (int)size - (int)skb->truesize);
	sk_mem_uncharge(sk, skb->truesize - size);
	skb->truesize = size;
	skb->len = 0;
	skb->data_len = 0;
}

/**
 * chimney_spare_keep() - keep an skb for the next write
 * @conn: the connection
 * @skb: send data that is acknowledged, on no list, charged to the socket
 *
 * Context: the slock is held and the socket not owned, or by the caller.
 * Return: false if it is not kept, but to be freed.
 */
bool chimney_spare_keep(struct chimney_conn *conn, struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = conn->sk;

	if (!is_idle(conn) || !is_reusable(skb))
		return false;
	empty(sk, skb);
	skb->skb_mstamp_ns = 0;
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
	memset(cb, 0, sizeof(*cb));
	cb->seq = tcp_sk(sk)->write_seq;
	cb->end_seq = cb->seq;
	cb->tcp_flags = TCPHDR_ACK;
	__skb_queue_tail(&sk->sk_write_queue, skb);
	return true;
}

/**
 * chimney_spare_drop() - free the spare, if there is one
 * @sk: a parked socket
 *
 * Context: as chimney_spare_keep().
 */
void chimney_spare_drop(struct sock *sk)
{
	struct sk_buff *skb = tcp_send_head(sk);

	if (!skb || skb->len)
		return;
	__skb_unlink(skb, &sk->sk_write_queue);
	tcp_skb_tsorted_anchor_cleanup(skb);
	tcp_wmem_free_skb(sk, skb);
}

/**
 * chimney_spare_expire() - free the spare of a connection that was idle for a while
 * @conn: an offloaded connection
 *
 * Context: process; the socket is not owned by the caller.
 */
void chimney_spare_expire(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	if (skb_queue_empty_lockless(&sk->sk_write_queue))
		return;
	spin_lock_bh(&sk->sk_lock.slock);
	if (!sock_owned_by_user(sk) && chimney_is_parked(sk))
		chimney_spare_drop(sk);
	spin_unlock_bh(&sk->sk_lock.slock);
}
