// SPDX-License-Identifier: GPL-2.0-only
/*
 * Closing the send half of a parked socket: a graceful disconnect request, behind
 * all data. The socket goes through the states of a FIN that it sent itself; a
 * FIN that the target did not get goes out when the connection is home.
 */
#include "conn.h"

/**
 * chimney_disconnect_later() - the application has closed the send half
 * @conn: a connection whose socket is parked and established
 *
 * The target gets the request when it has got all data.
 *
 * Context: the socket is owned by the caller.
 */
void chimney_disconnect_later(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	chimney_spare_drop(sk);
	WRITE_ONCE(tcp_sk(sk)->write_seq, tcp_sk(sk)->write_seq + 1);
	tcp_set_state(sk, TCP_FIN_WAIT1);
	conn->closing = true;
}

/**
 * chimney_disconnect_due() - is it time for the request?
 * @conn: the connection
 *
 * Context: the slock is held.
 * Return: whether the send half is closed and all data passed on.
 */
bool chimney_disconnect_due(const struct chimney_conn *conn)
{
	return conn->closing &&
	       READ_ONCE(conn->state) == CHIMNEY_CONN_STATE_OFFLOADED &&
	       skb_queue_empty(&conn->sk->sk_write_queue);
}

/**
 * chimney_disconnect() - close the send half of the connection in the target
 * @conn: the connection, chimney_disconnect_due()
 *
 * Context: the slock is held, and dropped for the call.
 */
void chimney_disconnect(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;

	conn->closing = false;
	memset(&conn->disconnect, 0, sizeof(conn->disconnect));
	__skb_queue_head_init(&conn->disconnect.data);
	WRITE_ONCE(tcp_sk(sk)->snd_nxt, tcp_sk(sk)->write_seq);
	conn->calling = true;
	spin_unlock_bh(&sk->sk_lock.slock);
	chimney_tcp_disconnect(&conn->handle, &conn->disconnect);
	spin_lock_bh(&sk->sk_lock.slock);
	conn->calling = false;
}

/**
 * chimney_fin_acked() - the peer has acknowledged the FIN
 * @conn: the connection
 *
 * If it was known, or the peer has closed, too, nothing happens: the rest is the
 * host's.
 *
 * Context: the slock is held and the socket not owned, or by the caller.
 */
void chimney_fin_acked(struct chimney_conn *conn)
{
	struct sock *sk = conn->sk;
	struct tcp_sock *tp = tcp_sk(sk);

	conn->fin_acked = false;
	if (sk->sk_state != TCP_FIN_WAIT1)
		return;
	WRITE_ONCE(tp->snd_una, tp->snd_una + 1);
	chimney_info_acked(conn, tp->snd_una);
	tcp_set_state(sk, TCP_FIN_WAIT2);
	if (!sock_flag(sk, SOCK_DEAD))
		sk->sk_state_change(sk);
}

void chimney_tcp_disconnect_completed(struct chimney_handle *handle,
				      struct chimney_disconnect *request)
{
	struct chimney_conn *conn;

	conn = container_of(handle, struct chimney_conn, handle);
	/* Otherwise it comes home, or has been aborted (DSC-17). */
	if (request->status != CHIMNEY_STATUS_SUCCESS)
		return;
	spin_lock_bh(&conn->sk->sk_lock.slock);
	if (sock_owned_by_user(conn->sk))
		conn->fin_acked = true;
	else
		chimney_fin_acked(conn);
	spin_unlock_bh(&conn->sk->sk_lock.slock);
}
