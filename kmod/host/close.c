// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an application does to a parked socket that only the host stack can do:
 * the connection comes home first, then Linux does what was asked for.
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

/* The caller owns the socket. */
static void parked_shutdown(struct sock *sk, int how)
{
	hook_enter();
	if (how & SEND_SHUTDOWN) {
		release_sock(sk);
		come_home(sk);
		lock_sock(sk);
	}
	tcp_prot.shutdown(sk, how);
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

/* Options that change nothing the target has a copy of. */
static bool option_is_local(int level, int optname)
{
	if (level != SOL_TCP)
		return false;
	switch (optname) {
	case TCP_QUICKACK:
	case TCP_NOTSENT_LOWAT:
	case TCP_INQ:
		return true;
	default:
		return false;
	}
}

static int parked_setsockopt(struct sock *sk, int level, int optname,
			     sockptr_t optval, unsigned int optlen)
{
	int err;

	hook_enter();
	if (!option_is_local(level, optname))
		come_home(sk);
	err = tcp_prot.setsockopt(sk, level, optname, optval, optlen);
	hook_leave();
	return err;
}

/* SO_KEEPALIVE; the timer starts when the connection is home. Socket owned. */
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
	prot->keepalive = parked_keepalive;
}

/* No socket is parked any more: wait until nobody executes our text. */
void chimney_hooks_exit(void)
{
	wait_var_event(&hooks_running, !atomic_read(&hooks_running));
	/* The last one may be between the count and its return. */
	synchronize_rcu();
}
