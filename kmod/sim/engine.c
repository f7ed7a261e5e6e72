// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/slab.h>
#include <net/inet_common.h>
#include <net/ipv6.h>

#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

/* How many engines are made ready at a time: softirqs are not to take long. */
#define CONNS_RECYCLED	64

#define FIN_WAIT_TICKS	(120 * USEC_PER_SEC)	/* FW2-03 */

static void engine_retry(struct work_struct *work);
static void engine_fin_wait(struct work_struct *work);

static struct inet_connection_sock_af_ops engine_ipv4, engine_ipv6;
static struct kmem_cache *engine_conns;
static struct lock_class_key engine_slock_key;
static struct lock_class_key engine_sk_lock_key;

void sim_defer(struct sim_conn *conn, struct delayed_work *work,
	       unsigned long delay)
{
	conn->deferred = true;
	mod_delayed_work(conn->sim->wq, work, delay);
}

/* Most connections never had a work; none is queued any more. */
static void cancel_deferred(struct sim_conn *conn)
{
	if (!conn->deferred)
		return;
	cancel_delayed_work_sync(&conn->retry);
	cancel_delayed_work_sync(&conn->push);
	cancel_delayed_work_sync(&conn->fin_wait);
}

/* Ask for an upload that the host must follow; slock held (TEV-16). */
static void ask_back(struct sim_conn *conn, enum chimney_upload_reason reason)
{
	if (conn->retrieved || conn->stopped || conn->lost)
		return;
	conn->retrieved = true;
	conn->retrieve = reason;
	sim_defer(conn, &conn->retry, 0);
}

void sim_fin_wait_start(struct sim_conn *conn, u32 ticks)
{
	unsigned long delay = usecs_to_jiffies(ticks);

	conn->fin_waiting = true;
	conn->fin_wait_end = jiffies + delay;
	sim_defer(conn, &conn->fin_wait, delay);
}

/*
 * A segment is about to be retransmitted. Returns false if it has been often
 * enough (RTX-01, RTX-02).
 */
static bool may_retransmit(struct sim_conn *conn)
{
	u32 max = hw_read(conn->sim->hw, HW_REG_MAX_RETRANSMISSIONS);
	u32 doubt = hw_read(conn->sim->hw, HW_REG_DOUBT_RETRANSMISSIONS);
	u32 count = inet_csk(conn->sk)->icsk_retransmits;

	if (doubt && count == doubt)
		sim_driver_doubt(conn->sim);
	if (!max || conn->max_rt || count <= max)
		return true;
	ask_back(conn, CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION);
	return false;
}

static u32 segments_of(const struct sk_buff *skb)
{
	return max_t(u32, skb_shinfo(skb)->gso_segs, 1);
}

/* STA-13; the TCP header is in front. */
static void count_sent(struct sim_conn *conn, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	u32 len = skb->len - th->doff * 4 + th->fin;
	u32 seq = ntohl(th->seq);
	bool again = len && before(seq, conn->sent_end);

	if (again)
		sim_count(conn, HW_TCP_RETRANSMITTED_SEGMENTS,
			  segments_of(skb));
	if (!again || after(seq + len, conn->sent_end))
		sim_count(conn, HW_TCP_OUT_SEGMENTS, segments_of(skb));
	if (th->rst)
		sim_count(conn, HW_TCP_OUT_RESETS, 1);
	if (len && after(seq + len, conn->sent_end))
		conn->sent_end = seq + len;
}

static int engine_queue_xmit(struct sock *sk, struct sk_buff *skb,
			     struct flowi *fl)
{
	struct sim_conn *conn = sk->sk_user_data;
	const struct tcphdr *th = tcp_hdr(skb);

	/*
	 * Nothing after a request for upload (URG-03, TEV-16), until the ACKs
	 * that are due at the end (TERM-34).
	 */
	if ((conn->retrieved && !conn->stopped) ||
	    (before(ntohl(th->seq), conn->sent_end) &&
	     skb->len > th->doff * 4 && !may_retransmit(conn))) {
		kfree_skb(skb);
		return 0;
	}
	count_sent(conn, skb);
	conn->segments = 0;
	conn->reset |= th->rst;
	return sim_wire_xmit(conn, skb);
}

/* Nothing is routed: the path context is all there is. */
static int engine_rebuild_header(struct sock *sk)
{
	return 0;
}

static void engine_rx_dst_set(struct sock *sk, const struct sk_buff *skb)
{
}

static void engine_mtu_reduced(struct sock *sk)
{
}

/* What received data and freed space need is done by sim_engine_run(). */
static void engine_wakeup(struct sock *sk)
{
}

/* A timer gave up, or a segment ended the connection; slock held. */
static void engine_error_report(struct sock *sk)
{
	struct sim_conn *conn = sk->sk_user_data;

	if (conn && !conn->stopped && !conn->lost)
		sim_defer(conn, &conn->retry, 0);
}

u32 sim_engine_size(const struct proto *prot)
{
	return sizeof(struct sim_conn) + sizeof(struct socket_alloc) +
	       prot->obj_size;
}

static struct sim_conn *conn_new(struct sim_device *sim, int family)
{
	struct sim_conn *conn;
	struct sock *sk;
	int err;

	conn = kmem_cache_zalloc(engine_conns, GFP_KERNEL);
	if (!conn)
		return NULL;
	err = sock_create_kern(dev_net(sim->target.dev), family, SOCK_STREAM,
			       IPPROTO_TCP, &conn->socket);
	if (err) {
		kmem_cache_free(engine_conns, conn);
		return NULL;
	}
	sk = conn->socket->sk;
	/*
	 * Not sock_lock_init_class_and_name(): the socket would hold the module
	 * where lockdep is on, and the module closes all of its sockets itself.
	 */
	lockdep_set_class_and_name(&sk->sk_lock.slock, &engine_slock_key,
				   "slock-chimney-engine");
	lockdep_init_map(&sk->sk_lock.dep_map, "sk_lock-chimney-engine",
			 &engine_sk_lock_key, 0);
	sk->sk_allocation = GFP_ATOMIC;
	/* In no table of bound sockets, whatever its addresses are. */
	sk->sk_userlocks |= SOCK_BINDADDR_LOCK;
	/* Or each segment would take a page from the account, and give it back. */
	sk->sk_reserved_mem = PAGE_SIZE;
	/* The host limits what is sent; with less, TCP would not divide skbs. */
	sk->sk_sndbuf = SIM_BACKLOG_MAX;
	sk->sk_data_ready = engine_wakeup;
	sk->sk_write_space = engine_wakeup;
	sk->sk_state_change = engine_wakeup;
	sk->sk_error_report = engine_error_report;
	inet_csk(sk)->icsk_af_ops = family == AF_INET6 ? &engine_ipv6 :
							 &engine_ipv4;
	conn->sk = sk;
	conn->sim = sim;
	atomic_long_add(sim_engine_size(sk->sk_prot), &sim->engine.memory);
	INIT_DELAYED_WORK(&conn->retry, engine_retry);
	INIT_DELAYED_WORK(&conn->push, sim_push_expired);
	INIT_DELAYED_WORK(&conn->fin_wait, engine_fin_wait);
	return conn;
}

static void conn_free(struct sim_conn *conn)
{
	atomic_long_sub(sim_engine_size(conn->sk->sk_prot),
			&conn->sim->engine.memory);
	sock_release(conn->socket);
	kmem_cache_free(engine_conns, conn);
}

static struct llist_head *free_list(struct sim_engine *engine, int family)
{
	return family == AF_INET6 ? &engine->free_ipv6 : &engine->free_ipv4;
}

/* One at a time takes them: the device's processor. */
static struct sim_conn *conn_get(struct sim_device *sim, int family)
{
	struct llist_node *node;

	node = llist_del_first(free_list(&sim->engine, family));
	return node ? llist_entry(node, struct sim_conn, free) :
		      conn_new(sim, family);
}

/* Has TCP neither sent nor received since sim_load_state(), and nothing in hand? */
static bool is_as_loaded(const struct sim_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);
	const struct sock *sk = conn->sk;

	return tp->segs_in == conn->loaded_in &&
	       tp->segs_out == conn->loaded_out &&
	       tcp_rtx_and_write_queues_empty(sk) &&
	       skb_queue_empty(&sk->sk_receive_queue) &&
	       RB_EMPTY_ROOT(&tp->out_of_order_queue) &&
	       !sk->sk_err && !inet_csk(sk)->icsk_ca_ops->release;
}

/*
 * What tcp_disconnect() does that matters to a socket that is as it was loaded: the
 * next sim_load_state() sets all the rest.
 */
static void unload(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	tp->bytes_sent = 0;
	tp->bytes_retrans = 0;
	tp->segs_out = 0;
	tp->segs_in = 0;
	tp->data_segs_out = 0;
	tp->data_segs_in = 0;
	tp->total_retrans = 0;
	icsk->icsk_rto = TCP_TIMEOUT_INIT;
	memset(icsk->icsk_ca_priv, 0, sizeof(icsk->icsk_ca_priv));
	icsk->icsk_ca_initialized = 0;
	inet_csk_delack_init(sk);
}

/* Make it as new. */
static void conn_recycle(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	bh_lock_sock(sk);
	if (is_as_loaded(conn)) {
		unload(sk);
	} else {
		tcp_prot.disconnect(sk, 0);
		sk->sk_err = 0;
	}
	bh_unlock_sock(sk);
	llist_add(&conn->free, free_list(&conn->sim->engine, sk->sk_family));
}

/* Nobody finds them any more. */
static void recycle_rcu(struct rcu_head *rcu)
{
	struct sim_conn *first = container_of(rcu, struct sim_conn, rcu);
	struct sim_conn *conn, *next;

	llist_for_each_entry_safe(conn, next, &first->free, free)
		conn_recycle(conn);
}

/* It is free after a grace period that begins with sim_engine_recycle(). */
static void conn_release(struct sim_conn *conn)
{
	conn->object->conn = NULL;
	llist_add(&conn->free, &conn->sim->engine.released);
}

void sim_engine_recycle(struct sim_device *sim)
{
	struct llist_node *node = llist_del_all(&sim->engine.released);
	struct llist_node *first, *last;
	unsigned int count;

	while (node) {
		first = node;
		for (count = 0; node && count < CONNS_RECYCLED; count++) {
			last = node;
			node = node->next;
		}
		last->next = NULL;
		call_rcu(&llist_entry(first, struct sim_conn, free)->rcu,
			 recycle_rcu);
	}
}

/* -------- taking a connection over -------- */

/* STA: connections in ESTABLISHED or CLOSE_WAIT, and those reset there. */
void sim_count_established(struct sim_conn *conn)
{
	bool established = (1 << conn->sk->sk_state) &
			   (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT) &&
			   !conn->stopped && !conn->lost;

	if (established == conn->established)
		return;
	sim_count(conn, HW_TCP_CURRENTLY_ESTABLISHED, established ? 1 : -1);
	if (!established && !conn->stopped && !conn->lost &&
	    conn->sk->sk_state == TCP_CLOSE)
		sim_count(conn, HW_TCP_RESET_ESTABLISHED, 1);
	conn->established = established;
}

static void conn_begin(struct sim_conn *conn, struct hw_context *tcp,
		       struct chimney_block *block)
{
	conn->tcp = tcp;
	conn->object = block->target_priv[0];
	conn->handle = block->handle;
	__skb_queue_head_init(&conn->sent);
	__skb_queue_head_init(&conn->pending);
	INIT_LIST_HEAD(&conn->requests);
	conn->retrieve = -1;
	memset_startat(conn, 0, disconnect);
}

int sim_engine_create(struct sim_device *sim, struct hw_context *tcp,
		      struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;
	struct sim_conn *conn;
	int err = 0;

	conn = conn_get(sim, tcp->parent->family == HW_FAMILY_IPV6 ? AF_INET6 :
								      AF_INET);
	if (!conn)
		return -ENOMEM;
	sim_load_congestion_control(conn->socket, &state->constant);
	conn_begin(conn, tcp, block);
	/* Absent at all, perhaps (INIT-09). */
	if (state->delegated.buffered_data.next &&
	    !skb_queue_empty(&state->delegated.buffered_data))
		err = sim_copy_buffered(conn->sk, &state->delegated);
	if (err) {
		conn_release(conn);
		return err;
	}

	local_bh_disable();
	bh_lock_sock(conn->sk);
	conn->sk->sk_user_data = conn;
	err = sim_load_state(conn, block);
	if (!err)
		err = sim_wire_add(sim, conn);
	if (err) {
		/* The client still owns its data (INIT-47). */
		skb_queue_splice_init(&conn->sent, &block->send_queue);
		conn->stopped = true;
		conn->sk->sk_state = TCP_CLOSE;
	} else {
		sim_count_established(conn);
		chimney_tcp_push(conn->sk);
		sim_tell_unsent(conn);
	}
	bh_unlock_sock(conn->sk);
	local_bh_enable();
	if (err) {
		cancel_deferred(conn);
		conn_release(conn);
		return err;
	}
	tcp->engine = conn;
	conn->object->conn = conn;
	return 0;
}

/* -------- giving it back -------- */

/* Not inlined: most connections have none. */
static noinline void take_undelivered(struct sock *sk,
				      struct sk_buff_head *list)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;
	u32 offset;

	while ((skb = tcp_recv_skb(sk, tp->copied_seq, &offset)) &&
	       offset < skb->len) {
		__skb_unlink(skb, &sk->sk_receive_queue);
		skb_orphan(skb);
		WRITE_ONCE(tp->copied_seq, tp->copied_seq + skb->len - offset);
		/* Linear or not, the bytes in front were delivered. */
		if (offset && !pskb_pull(skb, offset)) {
			kfree_skb(skb);
			continue;
		}
		__skb_queue_tail(list, skb);
	}
}

static void save_state(struct sim_conn *conn,
		       struct chimney_tcp_state_delegated *d)
{
	sim_save_delegated(conn, d);
	__skb_queue_head_init(&d->buffered_data);
	if (!skb_queue_empty(&conn->sk->sk_receive_queue))
		take_undelivered(conn->sk, &d->buffered_data);
}

static void await_run(const struct sim_conn *conn)
{
	while (atomic_read(&conn->running))
		usleep_range(10, 50);
}

/*
 * What was due is done, no indication is running, nor will one begin: a frame may
 * still be between the table and sim_engine_run().
 */
static void conn_quiesce(struct sim_conn *conn)
{
	await_run(conn);
	WRITE_ONCE(conn->started, false);
	/* Pairs with the barrier of atomic_inc_return() in sim_engine_run(). */
	smp_mb();
	await_run(conn);
	cancel_deferred(conn);
}

static void conn_end(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	chimney_tcp_stop_timers(sk);
	sk->sk_state = TCP_CLOSE;
	sim_count_established(conn);
}

/* There is nothing that the host waits for. */
static bool is_idle(const struct sim_conn *conn)
{
	return skb_queue_empty_lockless(&conn->sent) &&
	       skb_queue_empty_lockless(&conn->pending) &&
	       list_empty_careful(&conn->requests) &&
	       !READ_ONCE(conn->disconnect);
}

/*
 * conn_quiesce() of a connection at rest: there was nothing due, and nothing has to be
 * waited for. The slock is held, and the connection is stopped.
 */
static bool quiesce_at_rest(struct sim_conn *conn)
{
	if (conn->deferred || !is_idle(conn) || atomic_read(&conn->running))
		return false;
	WRITE_ONCE(conn->started, false);
	/* As in conn_quiesce(). */
	smp_mb();
	return !atomic_read(&conn->running);
}

void sim_engine_destroy(struct hw_context *tcp, struct chimney_block *block)
{
	struct sim_conn *conn = tcp->engine;
	struct sock *sk = conn->sk;
	u32 snd_una;

	local_bh_disable();
	/* What requests there are take what there is (TERM-47). */
	if (!is_idle(conn))
		sim_engine_run(conn);
	bh_lock_sock(sk);
	/* From here on segments go up to the host (TERM-42, TERM-43). */
	conn->stopped = true;
	if (sk->sk_state != TCP_CLOSE && inet_csk_ack_scheduled(sk))
		chimney_tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt);
	snd_una = tcp_sk(sk)->snd_una;
	if (!quiesce_at_rest(conn)) {
		bh_unlock_sock(sk);
		/* Indications return, acknowledged sends complete (TERM-28 to -32). */
		if (!is_idle(conn))
			sim_engine_run(conn);
		local_bh_enable();
		conn_quiesce(conn);
		local_bh_disable();
		bh_lock_sock(sk);
	}
	if (block->state)
		save_state(conn, block->state);
	conn_end(conn);
	bh_unlock_sock(sk);
	local_bh_enable();

	sim_wire_del(conn->sim, conn);
	if (!sim_sends_are_back(conn))
		sim_return_send_data(conn, snd_una, block);
	conn_release(conn);
}

void sim_engine_lose(struct hw_context *tcp)
{
	struct sim_conn *conn = tcp->engine;

	local_bh_disable();
	bh_lock_sock(conn->sk);
	conn->lost = true;
	conn_end(conn);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
	sim_wire_del(conn->sim, conn);
	conn_quiesce(conn);
}

void sim_engine_take_back(struct sim_object *object, struct sk_buff_head *list)
{
	struct sim_conn *conn = object->conn;

	skb_queue_splice_tail_init(&conn->sent, list);
	skb_queue_splice_tail_init(&conn->pending, list);
	conn_release(conn);
}

void sim_engine_abandon(struct sim_object *object)
{
	struct sim_conn *conn = object->conn;

	local_bh_disable();
	sim_complete_sends(conn, CHIMNEY_STATUS_REQUEST_ABORTED);
	sim_deliver(conn);
	sim_complete_disconnect(conn);
	local_bh_enable();
	conn_release(conn);
}

void sim_engine_discard(struct sim_object *object)
{
	struct sim_conn *conn = object->conn;

	__skb_queue_purge(&conn->sent);
	__skb_queue_purge(&conn->pending);
	conn_release(conn);
}

/* -------- the data path -------- */

/* URG-01; anything else TCP discards by itself. */
static bool is_acceptable(const struct sim_conn *conn, const struct tcphdr *th)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);
	u32 seq = ntohl(th->seq);

	return th->ack && !after(ntohl(th->ack_seq), tp->snd_nxt) &&
	       !before(seq, tp->rcv_nxt) &&
	       !after(seq, tp->rcv_nxt + tcp_receive_window(tp));
}

/*
 * Urgent data (URG) and segments that would end the connection are the host's:
 * it keeps TIME_WAIT. From the first of them on everything goes to the host.
 */
bool sim_engine_takes(struct sim_conn *conn, const struct tcphdr *th)
{
	int state = conn->sk->sk_state;

	if (conn->stopped || conn->lost || conn->retrieved)
		return false;
	if (th->urg && is_acceptable(conn, th))
		ask_back(conn, CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA);
	else if (((1 << state) & (TCPF_CLOSING | TCPF_LAST_ACK)) ||
		 (((1 << state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2)) &&
		  th->fin))
		ask_back(conn, CHIMNEY_UPLOAD_REQUESTED);
	return !conn->retrieved && state != TCP_CLOSE;
}

/*
 * The peer evidently hears us (EVT-08): it acknowledged data, or sent what it was
 * allowed to by an ACK only.
 */
static void confirm(struct sim_conn *conn, u32 snd_una)
{
	struct tcp_sock *tp = tcp_sk(conn->sk);
	bool answered = after(tp->rcv_nxt, conn->proof);

	if (answered)
		conn->proof = tp->rcv_nxt + tcp_receive_window(tp);
	if (!answered && !after(tp->snd_una, snd_una))
		return;
	if (sim_wire_first_in_tick(&conn->sim->wire.confirmed, conn->neighbor))
		hw_confirm(conn->sim->hw, conn->tcp);
}

/* DACK-01; the kernel counts bytes. */
static void ack_in_time(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	if (sk->sk_state != TCP_CLOSE && inet_csk_ack_scheduled(sk) &&
	    ++conn->segments >= hw_read(conn->sim->hw, HW_REG_ACK_FREQUENCY))
		chimney_tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt);
}

void sim_engine_input(struct sim_conn *conn, struct sk_buff *skb, u8 dsfield)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = conn->sk;
	u32 snd_una = tcp_sk(sk)->snd_una;
	int state = sk->sk_state;

	memset(cb, 0, sizeof(*cb));
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - th->doff * 4;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = tcp_flag_byte(th);
	cb->ip_dsfield = dsfield;
	/* When the peer on this machine wanted it to leave is not when it came. */
	skb_clear_delivery_time(skb);
	cb->has_rxtstamp = skb->tstamp || skb_hwtstamps(skb)->hwtstamp;
	skb->dev = NULL;
	sim_count(conn, HW_TCP_IN_SEGMENTS, segments_of(skb));
	tcp_segs_in(tcp_sk(sk), skb);
	sk->sk_backlog_rcv(sk, skb);
	confirm(conn, snd_una);
	ack_in_time(conn);
	if (sk->sk_state == TCP_FIN_WAIT2)
		sim_fin_wait_start(conn, FIN_WAIT_TICKS);
	if (sk->sk_state != state)
		sim_count_established(conn);
}

enum chimney_status sim_request_status(const struct sim_conn *conn)
{
	if (conn->lost || conn->aborted)
		return CHIMNEY_STATUS_REQUEST_ABORTED;	/* TEV-08 */
	if (conn->stopped || conn->retrieved)
		return CHIMNEY_STATUS_UPLOAD_IN_PROGRESS; /* TERM-58, TEV-21 */
	return conn->sk->sk_state == TCP_CLOSE ?
		       CHIMNEY_STATUS_REQUEST_ABORTED : CHIMNEY_STATUS_SUCCESS;
}

struct sim_conn *sim_conn_of(void *context)
{
	return ((struct sim_object *)context)->conn;
}

void sim_engine_receive(struct chimney_target *target, void *context,
			struct chimney_receive *request)
{
	struct sim_conn *conn = sim_conn_of(context);

	request->bytes_transferred = 0;
	local_bh_disable();
	bh_lock_sock(conn->sk);
	list_add_tail(&request->list, &conn->requests);
	bh_unlock_sock(conn->sk);
	sim_engine_run(conn);
	local_bh_enable();
}

void sim_engine_forward(struct chimney_target *target, void *context,
			struct sk_buff_head *list)
{
	enum chimney_status status = CHIMNEY_STATUS_SUCCESS;
	struct sim_conn *conn = sim_conn_of(context);
	struct sk_buff *skb, *copy;

	local_bh_disable();
	skb_queue_walk(list, skb) {
		/* The engine keeps what it gets, the client wants it back. */
		copy = skb_copy(skb, GFP_ATOMIC);
		if (!copy)
			continue;	/* as good as lost on the wire */
		skb_reset_transport_header(copy);
		copy->ip_summed = CHECKSUM_UNNECESSARY;
		bh_lock_sock(conn->sk);
		if (sim_engine_takes(conn, tcp_hdr(copy))) {
			sim_engine_input(conn, copy, 0);
		} else {
			kfree_skb(copy);
			status = sim_request_status(conn);
		}
		bh_unlock_sock(conn->sk);
	}
	sim_engine_run(conn);
	chimney_tcp_forward_complete(target, conn->handle, list, status);
	local_bh_enable();
}

/* TEV-08, TEV-09, DSC-07: in this order. */
static void abort_requests(struct sim_conn *conn)
{
	sim_complete_sends(conn, CHIMNEY_STATUS_REQUEST_ABORTED);
	sim_complete_disconnect(conn);
	sim_deliver(conn);
}

/* TEV-23 */
static bool backlog_grew(const struct sim_conn *conn, u32 backlog)
{
	return backlog > conn->backlog + conn->backlog / 4;
}

/* Without the lock: whoever changes what is read here comes here afterwards. */
static bool may_have_events(const struct sim_conn *conn)
{
	const struct sock *sk = conn->sk;

	return READ_ONCE(sk->sk_state) == TCP_CLOSE ||
	       READ_ONCE(sk->sk_shutdown) & RCV_SHUTDOWN ||
	       READ_ONCE(conn->retrieve) >= 0 ||
	       backlog_grew(conn, sim_send_backlog(conn));
}

static void indicate_events(struct sim_conn *conn)
{
	struct chimney_target *target = &conn->sim->target;
	struct sock *sk = conn->sk;
	bool disconnect, abort;
	int err, retrieve;
	u32 backlog;

	bh_lock_sock(sk);
	disconnect = !conn->disconnected && sk->sk_state != TCP_CLOSE &&
		     (sk->sk_shutdown & RCV_SHUTDOWN) && sim_all_delivered(sk) &&
		     list_empty(&conn->requests);
	conn->disconnected |= disconnect;
	abort = !conn->aborted && sk->sk_state == TCP_CLOSE;
	conn->aborted |= abort;
	err = sk->sk_err ?: ECONNRESET;
	retrieve = conn->retrieve;
	conn->retrieve = -1;
	backlog = sim_send_backlog(conn);
	sim_count_established(conn);
	bh_unlock_sock(sk);

	if (backlog_grew(conn, backlog)) {
		conn->backlog = backlog;
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_SEND_BACKLOG_CHANGE,
					   backlog);
	}
	if (disconnect)
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_DISCONNECT, 0);
	if (retrieve >= 0)
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_RETRIEVE, retrieve);
	if (abort) {
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_ABORT, err);
		abort_requests(conn);
	}
}

static void run_once(struct sim_conn *conn)
{
	if (READ_ONCE(conn->lost)) {
		/* The host asks for it with a terminate (QRY-13). */
		return;
	}
	/* What is sent meanwhile was not acknowledged by what led here. */
	if (!skb_queue_empty_lockless(&conn->sent) ||
	    !skb_queue_empty_lockless(&conn->pending))
		sim_complete_sends(conn, conn->aborted ?
					 CHIMNEY_STATUS_REQUEST_ABORTED :
					 CHIMNEY_STATUS_SUCCESS);
	sim_complete_disconnect(conn);
	sim_deliver(conn);
	if (!conn->stopped && may_have_events(conn))
		indicate_events(conn);
}

/*
 * Make the completions and indications that are due; bottom halves off. Whoever
 * finds somebody else at it leaves a mark, and that one goes round once more.
 */
void sim_engine_run(struct sim_conn *conn)
{
	int seen;

	if (atomic_inc_return(&conn->running) != 1)
		return;
	do {
		seen = atomic_read(&conn->running);
		/* INIT-63, TERM-28: between the two completions */
		if (!READ_ONCE(conn->started)) {
			WRITE_ONCE(conn->skipped, true);
			/* Pairs with the one in sim_engine_start(). */
			smp_mb();
		}
		if (READ_ONCE(conn->started))
			run_once(conn);
	} while (atomic_sub_return(seen, &conn->running));
}

/*
 * Most have nothing to tell; but what the host forwarded meanwhile may have
 * acknowledged or brought something, and some came with received data.
 */
void sim_engine_start(struct sim_conn *conn)
{
	WRITE_ONCE(conn->started, true);
	/* Pairs with the one in sim_engine_run(). */
	smp_mb();
	if (!READ_ONCE(conn->skipped) &&
	    skb_queue_empty_lockless(&conn->sk->sk_receive_queue))
		return;
	local_bh_disable();
	sim_engine_run(conn);
	local_bh_enable();
}

static void engine_retry(struct work_struct *work)
{
	struct sim_conn *conn = container_of(to_delayed_work(work),
					     struct sim_conn, retry);

	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (sim_request_status(conn) == CHIMNEY_STATUS_SUCCESS)
		sim_append_pending(conn);
	else if (conn->retrieved && !conn->stopped && !conn->lost)
		chimney_tcp_stop_timers(conn->sk);	/* TEV-16 */
	bh_unlock_sock(conn->sk);
	sim_engine_run(conn);
	local_bh_enable();
}

/* FW2-05. The state stays: it is the host's to close a socket in use. */
static void engine_fin_wait(struct work_struct *work)
{
	struct sim_conn *conn = container_of(to_delayed_work(work),
					     struct sim_conn, fin_wait);

	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (conn->fin_waiting && conn->sk->sk_state == TCP_FIN_WAIT2)
		ask_back(conn, CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}

/* -------- what the driver wants -------- */

/**
 * sim_engine_retrieve() - ask the host to take a connection back
 * @conn: the connection
 * @reason: why
 *
 * Context: process.
 */
void sim_engine_retrieve(struct sim_conn *conn,
			 enum chimney_upload_reason reason)
{
	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (chimney_upload_is_mandatory(reason))
		ask_back(conn, reason);
	else if (!conn->retrieved)
		conn->retrieve = reason;	/* TEV-18: and go on */
	bh_unlock_sock(conn->sk);
	sim_engine_run(conn);
	local_bh_enable();
}

/**
 * sim_engine_retire() - process nothing any more
 * @conn: the connection; its state turned out to be corrupt
 *
 * Context: process.
 */
void sim_engine_retire(struct sim_conn *conn)
{
	local_bh_disable();
	bh_lock_sock(conn->sk);
	conn->retrieved = true;
	conn->retrieve = -1;
	chimney_tcp_stop_timers(conn->sk);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}

/**
 * sim_engine_invalidate() - what the connection depends on was invalidated
 * @conn: the connection
 *
 * It sends nothing any more; the upload is asked for by the next
 * sim_engine_run() (INV-05, INV-06).
 *
 * Context: process.
 */
void sim_engine_invalidate(struct sim_conn *conn)
{
	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (!conn->retrieved) {
		conn->retrieved = true;
		conn->retrieve = CHIMNEY_UPLOAD_INVALID_STATE;
	}
	chimney_tcp_stop_timers(conn->sk);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
}

/**
 * sim_engine_abort() - as if the peer had reset the connection
 * @conn: the connection
 *
 * Context: process.
 */
void sim_engine_abort(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	local_bh_disable();
	bh_lock_sock(sk);
	if (sk->sk_state != TCP_CLOSE && !conn->lost) {
		WRITE_ONCE(sk->sk_err, ECONNRESET);
		conn_end(conn);
	}
	bh_unlock_sock(sk);
	sim_engine_run(conn);
	local_bh_enable();
}

/* -------- the module and the device -------- */

int sim_engine_attach(struct sim_device *sim)
{
	init_llist_head(&sim->engine.free_ipv4);
	init_llist_head(&sim->engine.free_ipv6);
	init_llist_head(&sim->engine.released);
	return 0;
}

static void free_conns(struct llist_head *list)
{
	struct sim_conn *conn, *next;

	llist_for_each_entry_safe(conn, next, llist_del_all(list), free)
		conn_free(conn);
}

/* All connections were destroyed. */
void sim_engine_detach(struct sim_device *sim)
{
	sim_engine_recycle(sim);
	rcu_barrier();
	free_conns(&sim->engine.free_ipv4);
	free_conns(&sim->engine.free_ipv6);
}

/* The functions behind the table of a family are not exported: copy the table. */
static int copy_af_ops(int family, struct inet_connection_sock_af_ops *af_ops)
{
	struct socket *socket;
	int err;

	err = sock_create_kern(&init_net, family, SOCK_STREAM, IPPROTO_TCP,
			       &socket);
	if (err)
		return err;
	*af_ops = *inet_csk(socket->sk)->icsk_af_ops;
	sock_release(socket);
	af_ops->queue_xmit = engine_queue_xmit;
	af_ops->rebuild_header = engine_rebuild_header;
	af_ops->sk_rx_dst_set = engine_rx_dst_set;
	af_ops->mtu_reduced = engine_mtu_reduced;
	return 0;
}

int sim_engine_init(void)
{
	int err;

	err = copy_af_ops(AF_INET, &engine_ipv4);
	if (!err && ipv6_mod_enabled())
		err = copy_af_ops(AF_INET6, &engine_ipv6);
	if (err)
		return err;
	engine_conns = KMEM_CACHE(sim_conn, 0);
	return engine_conns ? 0 : -ENOMEM;
}

void sim_engine_exit(void)
{
	kmem_cache_destroy(engine_conns);
}
