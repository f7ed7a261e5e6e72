// SPDX-License-Identifier: GPL-2.0-only
/*
 * When the end of the write queue goes to the target. Small writes merge there as
 * long as it does not:
 *
 * - with TCP_CORK, and after MSG_MORE, what is less than a segment waits for more,
 *   but no longer than Linux waits: as long as for its first window probe;
 * - without, what comes right after other data waits for a moment, or until all
 *   that went before is acknowledged. A host's NIC makes Linux wait likewise, until
 *   it has sent what it has (tcp_autocorking); a target does not say when it has.
 */
#include <linux/hrtimer.h>

#include "conn.h"

#define MERGE_USECS	50

static bool corked(const struct sock *sk, const struct sk_buff *tail)
{
	return tcp_sk(sk)->nonagle & TCP_NAGLE_CORK ||
	       !(TCP_SKB_CB(tail)->tcp_flags & TCPHDR_PSH);
}

static enum hrtimer_restart wake(struct hrtimer *timer)
{
	struct chimney_conn *conn = container_of(timer, struct chimney_conn,
						 wake);

	spin_lock_bh(&conn->sk->sk_lock.slock);
	conn->flush = true;
	if (!sock_owned_by_user(conn->sk))
		chimney_pump(conn, false);
	spin_unlock_bh(&conn->sk->sk_lock.slock);
	return HRTIMER_NORESTART;
}

static void wake_within(struct chimney_conn *conn, u64 nsecs)
{
	ktime_t delay = ns_to_ktime(nsecs);

	/* Most connections come and go without. */
	if (!conn->wake.function) {
		hrtimer_init(&conn->wake, CLOCK_MONOTONIC,
			     HRTIMER_MODE_REL_SOFT);
		conn->wake.function = wake;
	}
	if (!hrtimer_is_queued(&conn->wake) ||
	    ktime_after(hrtimer_get_remaining(&conn->wake), delay))
		hrtimer_start(&conn->wake, delay, HRTIMER_MODE_REL_SOFT);
}

/* Let go of whole segments; the rest is the new tail. */
static bool part_waits(struct sock *sk, struct sk_buff *tail)
{
	u32 rest = tail->len % tcp_sk(sk)->mss_cache;

	if (rest == tail->len)
		return true;
	if (rest)
		chimney_tcp_split(sk, tail, tail->len - rest, GFP_ATOMIC);
	return false;
}

static bool has_more_room(const struct sock *sk, const struct sk_buff *tail)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tail->len < tp->gso_segs * tp->mss_cache &&
	       tcp_skb_can_collapse_to(tail) &&
	       READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_autocorking);
}

/**
 * chimney_tail_waits() - does the last skb of the write queue wait for more?
 * @conn: an offloaded connection
 * @tail: the skb; without memory to divide it, it does not wait
 *
 * Context: the slock is held and the socket not owned, or by the caller.
 * Return: true if the target shall not have it yet; a timer then ends the wait.
 */
bool chimney_tail_waits(struct chimney_conn *conn, struct sk_buff *tail)
{
	struct sock *sk = conn->sk;
	u64 since = tcp_sk(sk)->tcp_mstamp - conn->passed_at;

	if (conn->flush || sk->sk_shutdown & SEND_SHUTDOWN)
		return false;
	if (corked(sk, tail)) {
		if (!part_waits(sk, tail))
			return false;
		wake_within(conn, jiffies_to_nsecs(tcp_probe0_base(sk)));
		return true;
	}
	if (!conn->outstanding || since >= MERGE_USECS ||
	    !has_more_room(sk, tail))
		return false;
	wake_within(conn, (MERGE_USECS - since) * NSEC_PER_USEC);
	return true;
}

/**
 * chimney_flush() - let the target have all that is queued
 * @sk: a socket, perhaps parked
 *
 * Context: process, the socket is not owned by the caller.
 */
void chimney_flush(struct sock *sk)
{
	lock_sock(sk);
	if (chimney_is_parked(sk))
		chimney_conn_owned(sk)->flush = true;
	release_sock(sk);
}

/**
 * chimney_cork_stop() - nothing waits for more any more
 * @conn: the connection, which passes nothing on
 *
 * Context: process, may sleep; the slock was taken since the last send.
 */
void chimney_cork_stop(struct chimney_conn *conn)
{
	if (conn->wake.function)
		hrtimer_cancel(&conn->wake);
}
