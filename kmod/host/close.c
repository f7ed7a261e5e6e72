// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an application does to a parked socket. If only the host stack can do it,
 * the connection comes home first, then Linux does what was asked for; options
 * that the target has a copy of are set, and reach it by an update.
 *
 * These functions are not under the socket lock when they start and may outlive
 * the parking, so the module counts who is in them; see chimney_hooks_exit().
 */
#include <linux/wait_bit.h>
#include <net/tcp.h>

#include "conn.h"

static atomic_t hooks_running;

static void hook_enter(void)
{
	atomic_inc(&hooks_running);
}

static void hook_leave(void)
{
	if (atomic_dec_and_test(&hooks_running))
		wake_up_var(&hooks_running);
}

/* Bring it home; the socket is not owned by the caller. */
static void come_home(struct sock *sk)
{
	struct chimney_conn *conn;

	while ((conn = chimney_conn_of(sk))) {
		chimney_upload_conn(conn);
		chimney_conn_put(conn);
	}
}

static void parked_close(struct sock *sk, long timeout)
{
	hook_enter();
	come_home(sk);
	READ_ONCE(sk->sk_prot)->close(sk, timeout);
	hook_leave();
}

/*
 * The caller owns the socket. A connection of which only the send half closes
 * goes on receiving in the target (DSC-26); what else there is to do, Linux does
 * at home: answer data that nobody will read, and the last steps to CLOSED.
 */
static void parked_shutdown(struct sock *sk, int how)
{
	hook_enter();
	if (sk->sk_shutdown == SEND_SHUTDOWN &&
	    sk->sk_state != TCP_CLOSE_WAIT) {
		if (sk->sk_state == TCP_ESTABLISHED)
			chimney_disconnect_later(chimney_conn_owned(sk));
	} else if (sk->sk_shutdown & SEND_SHUTDOWN) {
		release_sock(sk);
		come_home(sk);
		lock_sock(sk);
		tcp_prot.shutdown(sk, how);
	}
	hook_leave();
}

/* The caller owns the socket. */
static int parked_disconnect(struct sock *sk, int flags)
{
	int err;

	hook_enter();
	release_sock(sk);
	come_home(sk);
	lock_sock(sk);
	err = tcp_prot.disconnect(sk, flags);
	hook_leave();
	return err;
}

static int parked_diag_destroy(struct sock *sk, int err)
{
	hook_enter();
	come_home(sk);
	err = tcp_prot.diag_destroy(sk, err);
	hook_leave();
	return err;
}

enum option {
	OPTION_OTHER,	/* only a socket at home can have it */
	OPTION_LOCAL,	/* the target has no copy of it */
	OPTION_CACHED,	/* a cached variable: the target is told (CLS-04) */
	OPTION_CORK,	/* ends or begins the merging of writes */
};

static enum option tcp_option(int optname)
{
	switch (optname) {
	case TCP_QUICKACK:
	case TCP_NOTSENT_LOWAT:
	case TCP_INQ:
		return OPTION_LOCAL;
	case TCP_CORK:
		return OPTION_CORK;
	case TCP_NODELAY:
	case TCP_KEEPIDLE:
	case TCP_KEEPINTVL:
	case TCP_KEEPCNT:
	case TCP_USER_TIMEOUT:
		return OPTION_CACHED;
	default:
		return OPTION_OTHER;
	}
}

static enum option option_of(int level, int optname)
{
	if (level == SOL_TCP)
		return tcp_option(optname);
	if (level == SOL_IP && (optname == IP_TOS || optname == IP_TTL))
		return OPTION_CACHED;
	if (level == SOL_IPV6 &&
	    (optname == IPV6_TCLASS || optname == IPV6_UNICAST_HOPS ||
	     optname == IPV6_AUTOFLOWLABEL))
		return OPTION_CACHED;
	return OPTION_OTHER;
}

/*
 * TCP_KEEPIDLE starts the timer, for what is left since the socket last
 * received something: keep that long, chimney_release_cb() stops it.
 */
static void touch(struct sock *sk)
{
	lock_sock(sk);
	if (chimney_is_parked(sk)) {
		tcp_sk(sk)->rcv_tstamp = tcp_jiffies32;
		inet_csk(sk)->icsk_ack.lrcvtime = tcp_jiffies32;
	}
	release_sock(sk);
}

static int set_cached_option(struct sock *sk, int level, int optname,
			     sockptr_t optval, unsigned int optlen)
{
	int err;

	if (level == SOL_TCP && optname == TCP_KEEPIDLE)
		touch(sk);
	err = tcp_prot.setsockopt(sk, level, optname, optval, optlen);
	/* Some options are set without the lock; its release compares. */
	lock_sock(sk);
	if (chimney_is_parked(sk))
		chimney_conn_owned(sk)->options_set = true;
	release_sock(sk);
	/* Linux pushes what is queued, be it corked. */
	if (level == SOL_TCP && optname == TCP_NODELAY &&
	    tcp_sk(sk)->nonagle & TCP_NAGLE_OFF)
		chimney_flush(sk);
	return err;
}

static int set_cork(struct sock *sk, sockptr_t optval, unsigned int optlen)
{
	int err;

	err = tcp_prot.setsockopt(sk, SOL_TCP, TCP_CORK, optval, optlen);
	if (!(tcp_sk(sk)->nonagle & TCP_NAGLE_CORK))
		chimney_flush(sk);
	return err;
}

static int parked_setsockopt(struct sock *sk, int level, int optname,
			     sockptr_t optval, unsigned int optlen)
{
	int err;

	hook_enter();
	switch (option_of(level, optname)) {
	case OPTION_CACHED:
		err = set_cached_option(sk, level, optname, optval, optlen);
		break;
	case OPTION_CORK:
		err = set_cork(sk, optval, optlen);
		break;
	case OPTION_OTHER:
		come_home(sk);
		fallthrough;
	case OPTION_LOCAL:
		err = tcp_prot.setsockopt(sk, level, optname, optval, optlen);
		break;
	}
	hook_leave();
	return err;
}

static int parked_getsockopt(struct sock *sk, int level, int optname,
			     char __user *optval, int __user *optlen)
{
	bool info = level == SOL_TCP && optname == TCP_INFO;
	int err;

	hook_enter();
	if (info)
		chimney_info_refresh(sk);
	err = tcp_prot.getsockopt(sk, level, optname, optval, optlen);
	if (info && !err)
		err = chimney_info_windows(sk, optval, optlen);
	hook_leave();
	return err;
}

/*
 * SO_KEEPALIVE, whose flag reaches the target by an update. The timer starts
 * when the connection is home. Socket owned.
 */
static void parked_keepalive(struct sock *sk, int on)
{
}

void chimney_hooks_init(struct proto *prot)
{
	prot->close = parked_close;
	prot->shutdown = parked_shutdown;
	prot->disconnect = parked_disconnect;
	prot->diag_destroy = parked_diag_destroy;
	prot->setsockopt = parked_setsockopt;
	prot->getsockopt = parked_getsockopt;
	prot->keepalive = parked_keepalive;
}

/* No socket is parked any more: wait until nobody executes our text. */
void chimney_hooks_exit(void)
{
	wait_var_event(&hooks_running, !atomic_read(&hooks_running));
	/* The last one may be between the count and its return. */
	synchronize_rcu();
}
