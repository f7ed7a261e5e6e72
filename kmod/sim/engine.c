// SPDX-License-Identifier: GPL-2.0-only
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/net.h>
#include <linux/skbuff_ref.h>
#include <linux/slab.h>
#include <net/inet_common.h>
#include <net/ip.h>

#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

#define BACKLOG_MIN	SZ_128K
#define BACKLOG_MAX	SZ_16M

static void engine_retry(struct work_struct *work);

static struct inet_connection_sock_af_ops engine_ipv4;
static struct lock_class_key engine_slock_key;
static struct lock_class_key engine_sk_lock_key;

static int engine_queue_xmit(struct sock *sk, struct sk_buff *skb,
			     struct flowi *fl)
{
	return sim_wire_xmit(sk->sk_user_data, skb);
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

	if (conn && !conn->stopped)
		queue_delayed_work(conn->sim->wq, &conn->retry, 0);
}

static struct sim_conn *conn_new(struct sim_device *sim)
{
	struct sim_conn *conn;
	struct sock *sk;
	int err;

	conn = kzalloc(sizeof(*conn), GFP_KERNEL);
	if (!conn)
		return NULL;
	err = sock_create_kern(dev_net(sim->target.dev), AF_INET, SOCK_STREAM,
			       IPPROTO_TCP, &conn->socket);
	if (err) {
		kfree(conn);
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
	sk->sk_data_ready = engine_wakeup;
	sk->sk_write_space = engine_wakeup;
	sk->sk_state_change = engine_wakeup;
	sk->sk_error_report = engine_error_report;
	conn->sk = sk;
	conn->sim = sim;
	INIT_DELAYED_WORK(&conn->retry, engine_retry);
	return conn;
}

static void conn_free(struct sim_conn *conn)
{
	sock_release(conn->socket);
	kfree(conn);
}

static struct sim_conn *conn_get(struct sim_device *sim)
{
	struct sim_conn *conn;

	spin_lock_bh(&sim->engine.lock);
	conn = list_first_entry_or_null(&sim->engine.free, struct sim_conn,
					free);
	if (conn)
		list_del(&conn->free);
	spin_unlock_bh(&sim->engine.lock);
	return conn ?: conn_new(sim);
}

static void conn_put(struct sim_conn *conn)
{
	struct sim_engine *engine = &conn->sim->engine;

	spin_lock_bh(&engine->lock);
	list_add(&conn->free, &engine->free);
	spin_unlock_bh(&engine->lock);
}

/* Nobody finds it any more: make it as new. */
static void conn_recycle_rcu(struct rcu_head *rcu)
{
	struct sim_conn *conn = container_of(rcu, struct sim_conn, rcu);
	struct sock *sk = conn->sk;

	bh_lock_sock(sk);
	tcp_prot.disconnect(sk, 0);
	sk->sk_err = 0;
	sock_reset_flag(sk, SOCK_KEEPOPEN);
	sk->sk_userlocks &= ~SOCK_RCVBUF_LOCK;
	bh_unlock_sock(sk);
	conn_put(conn);
}

/* -------- taking a connection over -------- */

static void load_addresses(struct sim_conn *conn,
			   const struct chimney_tcp_offload_state *state)
{
	struct inet_sock *inet = inet_sk(conn->sk);
	const struct hw_path *path = &conn->path->path;

	memcpy(&inet->inet_saddr, path->saddr, sizeof(inet->inet_saddr));
	memcpy(&inet->inet_daddr, path->daddr, sizeof(inet->inet_daddr));
	inet->inet_rcv_saddr = inet->inet_saddr;
	inet->inet_sport = state->constant.local_port;
	inet->inet_dport = state->constant.remote_port;
	inet->tos = state->cached.tos_or_traffic_class;
	inet->uc_ttl = state->cached.ttl_or_hop_limit;
	conn->sk->sk_priority = state->cached.user_priority;

	memset(&conn->key, 0, sizeof(conn->key));
	memcpy(&conn->key.saddr, path->daddr, sizeof(inet->inet_daddr));
	memcpy(&conn->key.daddr, path->saddr, sizeof(inet->inet_saddr));
	conn->key.source = state->constant.remote_port;
	conn->key.dest = state->constant.local_port;
}

/* What the device can do for its own transmit path, as sk_setup_caps() does. */
static void load_caps(struct sock *sk, const struct net_device *dev)
{
	sk->sk_route_caps = dev->features | NETIF_F_GSO | NETIF_F_GSO_SOFTWARE |
			    NETIF_F_SG | NETIF_F_HW_CSUM;
	sk->sk_gso_type = SKB_GSO_TCPV4;
	sk->sk_gso_max_size = GSO_LEGACY_MAX_SIZE - (MAX_TCP_HEADER + 1);
	sk->sk_gso_max_segs = READ_ONCE(dev->gso_max_segs);
	sk->sk_bound_dev_if = dev->ifindex;
}

static void load_options(struct sock *sk,
			 const struct chimney_tcp_state_const *constant)
{
	struct tcp_options_received *opt = &tcp_sk(sk)->rx_opt;
	struct tcp_sock *tp = tcp_sk(sk);

	memset(opt, 0, sizeof(*opt));
	opt->tstamp_ok = !!(constant->flags & CHIMNEY_TCP_TIMESTAMPS);
	opt->sack_ok = !!(constant->flags & CHIMNEY_TCP_SACK);
	opt->wscale_ok = !!(constant->flags & CHIMNEY_TCP_WINDOW_SCALING);
	opt->snd_wscale = constant->snd_wind_scale;
	opt->rcv_wscale = constant->rcv_wind_scale;
	opt->mss_clamp = constant->remote_mss;
	tp->tcp_header_len = sizeof(struct tcphdr);
	if (opt->tstamp_ok)
		tp->tcp_header_len += TCPOLEN_TSTAMP_ALIGNED;
	tp->ecn_flags = constant->flags & CHIMNEY_TCP_ECN ? TCP_ECN_OK : 0;
	chimney_tcp_set_usec_ts(tp, constant->flags &
				CHIMNEY_TCP_USEC_TIMESTAMPS);
}

static void load_cached(struct sock *sk,
			const struct chimney_tcp_state_cached *cached)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->nonagle = cached->flags & CHIMNEY_TCP_NAGLE ? 0 : TCP_NAGLE_OFF;
	tp->keepalive_time = usecs_to_jiffies(cached->ka_timeout);
	tp->keepalive_intvl = usecs_to_jiffies(cached->ka_interval);
	tp->keepalive_probes = cached->ka_probe_count;
	if (cached->flags & CHIMNEY_TCP_KEEP_ALIVE)
		sock_set_flag(sk, SOCK_KEEPOPEN);
	inet_csk(sk)->icsk_user_timeout = cached->max_rt / USEC_PER_MSEC;
	if (cached->flags & CHIMNEY_TCP_FIXED_RCV_WND)
		sk->sk_userlocks |= SOCK_RCVBUF_LOCK;
}

/* The window may not shrink (RFC 7323 2.4): at least what was advertised. */
static void load_window(struct sock *sk,
			const struct chimney_tcp_offload_state *state)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 window = max(state->cached.initial_rcv_wnd,
			 state->delegated.rcv_wnd);

	WRITE_ONCE(sk->sk_rcvbuf, tcp_space_from_win(sk, window));
	WRITE_ONCE(tp->window_clamp, window);
	tp->rcv_ssthresh = max_t(u32, state->delegated.rcv_wnd,
				 min_t(u32, window, 4U * tp->advmss));
	/* Never 0, be the window closed: tcp_rcv_space_adjust() divides by it. */
	tp->rcvq_space.space = clamp_t(u32, tp->rcv_wnd, 1,
				       TCP_INIT_CWND * tp->advmss);
	tp->rcvq_space.time = tp->tcp_mstamp;
	tp->rcvq_space.seq = tp->copied_seq;
}

static void load_congestion_control(struct socket *socket,
				    const struct chimney_tcp_state_const *c)
{
	char name[TCP_CA_NAME_MAX];

	if (!strcmp(inet_csk(socket->sk)->icsk_ca_ops->name,
		    c->congestion_control))
		return;
	strscpy(name, c->congestion_control, sizeof(name));
	/* Not here any more? Then the default does. */
	socket->ops->setsockopt(socket, SOL_TCP, TCP_CONGESTION,
				KERNEL_SOCKPTR(name), strlen(name));
}

/*
 * The engine's copy of send data shares the pages: a card would have fetched
 * them by DMA. The original stays as it is for the client (INIT-31, SND-15).
 */
static struct sk_buff *gather(const struct sk_buff *skb)
{
	struct skb_shared_info *shinfo;
	struct sk_buff *copy;
	int i;

	copy = alloc_skb_fclone(MAX_TCP_HEADER + skb_headlen(skb),
				GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return NULL;
	skb_reserve(copy, MAX_TCP_HEADER);
	skb_put_data(copy, skb->data, skb_headlen(skb));
	shinfo = skb_shinfo(copy);
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		shinfo->frags[i] = skb_shinfo(skb)->frags[i];
		skb_frag_ref(copy, i);
	}
	shinfo->nr_frags = i;
	shinfo->flags |= skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	skb_zcopy_set(copy, skb_zcopy((struct sk_buff *)skb), NULL);
	copy->data_len = skb->data_len;
	copy->len += skb->data_len;
	copy->truesize += skb->data_len;
	copy->ip_summed = CHECKSUM_PARTIAL;
	__skb_header_release(copy);
	TCP_SKB_CB(copy)->tcp_flags =
		TCPHDR_ACK | (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH);
	return copy;
}

static void charge(struct sock *sk, const struct sk_buff *skb)
{
	sk_wmem_queued_add(sk, skb->truesize);
	if (!sk_wmem_schedule(sk, skb->truesize))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURES);
	sk_mem_charge(sk, skb->truesize);
}

static int load_send_data(struct sim_conn *conn, struct sk_buff_head *list)
{
	struct sk_buff_head copies;
	struct sk_buff *skb, *copy;
	int err;

	__skb_queue_head_init(&copies);
	skb_queue_walk(list, skb) {
		copy = gather(skb);
		if (!copy) {
			__skb_queue_purge(&copies);
			return -ENOMEM;
		}
		__skb_queue_tail(&copies, copy);
	}
	skb_queue_walk(&copies, copy)
		charge(conn->sk, copy);
	err = chimney_tcp_link_send_queue(conn->sk, &copies, GFP_ATOMIC);
	if (err)
		return err;
	conn->sent_seq = tcp_sk(conn->sk)->snd_una;
	skb_queue_splice_tail_init(list, &conn->sent);
	return 0;
}

static int load_state(struct sim_conn *conn, struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;
	struct inet_connection_sock *icsk = inet_csk(conn->sk);
	struct tcp_sock *tp = tcp_sk(conn->sk);
	struct sock *sk = conn->sk;
	u32 mtu = conn->path->mtu;
	int err;

	load_addresses(conn, state);
	load_caps(sk, conn->sim->target.dev);
	load_options(sk, &state->constant);
	load_cached(sk, &state->cached);

	icsk->icsk_af_ops = &engine_ipv4;
	icsk->icsk_ext_hdr_len = 0;
	tp->advmss = min_t(u32, mtu - sizeof(struct iphdr) -
			   sizeof(struct tcphdr), U16_MAX);
	icsk->icsk_sync_mss(sk, mtu);
	icsk->icsk_ack.rcv_mss = clamp_t(u32, tp->advmss, TCP_MIN_MSS,
					 TCP_MSS_DEFAULT);

	sk->sk_state = chimney_tcp_state_to_linux(state->delegated.state);
	sk->sk_shutdown = 0;
	if ((1 << sk->sk_state) & (TCPF_CLOSE_WAIT | TCPF_CLOSING |
				   TCPF_LAST_ACK)) {
		sk->sk_shutdown |= RCV_SHUTDOWN;
		conn->disconnected = true;
	}
	if ((1 << sk->sk_state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2 |
				   TCPF_CLOSING | TCPF_LAST_ACK))
		sk->sk_shutdown |= SEND_SHUTDOWN;
	chimney_tcp_set_delegated(sk, &state->delegated);
	WRITE_ONCE(tp->copied_seq, tp->rcv_nxt);
	load_window(sk, state);
	if (icsk->icsk_ca_ops->init)
		icsk->icsk_ca_ops->init(sk);
	icsk->icsk_ca_initialized = 1;

	err = load_send_data(conn, &block->send_queue);
	if (err)
		return err;
	chimney_tcp_start_timers(sk, &state->delegated);
	return 0;
}

int sim_engine_create(struct sim_device *sim, struct hw_context *tcp,
		      struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;
	struct sim_conn *conn;
	int err;

	conn = conn_get(sim);
	if (!conn)
		return -ENOMEM;
	load_congestion_control(conn->socket, &state->constant);
	conn->tcp = tcp;
	conn->path = tcp->parent;
	conn->neighbor = tcp->parent->parent;
	conn->handle = block->handle;
	__skb_queue_head_init(&conn->sent);
	__skb_queue_head_init(&conn->pending);
	INIT_LIST_HEAD(&conn->requests);
	conn->stopped = false;
	conn->retrieved = false;
	conn->retrieve = -1;
	conn->started = false;
	conn->refused = false;
	conn->disconnected = false;
	conn->aborted = false;
	conn->backlog = 0;

	local_bh_disable();
	bh_lock_sock(conn->sk);
	conn->sk->sk_user_data = conn;
	err = load_state(conn, block);
	if (!err)
		err = sim_wire_add(sim, conn);
	if (err) {
		/* The client still owns its data (INIT-47). */
		skb_queue_splice_init(&conn->sent, &block->send_queue);
		conn->stopped = true;
		conn->sk->sk_state = TCP_CLOSE;
	} else {
		chimney_tcp_push(conn->sk);
	}
	bh_unlock_sock(conn->sk);
	local_bh_enable();
	if (err) {
		call_rcu(&conn->rcu, conn_recycle_rcu);
		return err;
	}
	tcp->engine = conn;
	return 0;
}

void sim_engine_start(struct sim_conn *conn)
{
	WRITE_ONCE(conn->started, true);
	sim_engine_run(conn);
}

/* -------- giving it back -------- */

static void take_undelivered(struct sock *sk, struct sk_buff_head *list)
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
	struct sock *sk = conn->sk;

	chimney_tcp_get_delegated(sk, d);
	__skb_queue_head_init(&d->buffered_data);
	take_undelivered(sk, &d->buffered_data);
}

/* Complete what is acknowledged, hand back the rest (TERM-52 to TERM-57). */
static void return_send_data(struct sim_conn *conn, u32 snd_una,
			     struct chimney_block *block)
{
	struct sk_buff *head = skb_peek(&conn->sent);

	if (head && before(conn->sent_seq, snd_una))
		chimney_skb_trim_head(head, min_t(u32, head->len,
						  snd_una - conn->sent_seq),
				      GFP_KERNEL | __GFP_NOFAIL);
	skb_queue_splice_tail_init(&conn->sent, &block->send_queue);
	skb_queue_splice_tail_init(&conn->pending, &block->send_queue);
}

void sim_engine_destroy(struct hw_context *tcp, struct chimney_block *block)
{
	struct sim_conn *conn = tcp->engine;
	struct sock *sk = conn->sk;
	u32 snd_una;

	local_bh_disable();
	bh_lock_sock(sk);
	/* From here on segments go up to the host (TERM-42, TERM-43). */
	conn->stopped = true;
	if (sk->sk_state != TCP_CLOSE && inet_csk_ack_scheduled(sk))
		chimney_tcp_send_ack(sk, tcp_sk(sk)->rcv_nxt);
	snd_una = tcp_sk(sk)->snd_una;
	bh_unlock_sock(sk);
	local_bh_enable();

	/* Indications return, acknowledged sends complete (TERM-28 to -32). */
	sim_engine_run(conn);
	while (atomic_read(&conn->running))
		usleep_range(10, 50);
	cancel_delayed_work_sync(&conn->retry);

	local_bh_disable();
	bh_lock_sock(sk);
	if (block->state)
		save_state(conn, block->state);
	tcp_clear_xmit_timers(sk);
	inet_csk(sk)->icsk_ack.pending = 0;
	sk->sk_state = TCP_CLOSE;
	bh_unlock_sock(sk);
	local_bh_enable();

	sim_wire_del(conn->sim, conn);
	return_send_data(conn, snd_una, block);
	tcp->engine = NULL;
	call_rcu(&conn->rcu, conn_recycle_rcu);
}

/* -------- the data path -------- */

void sim_engine_lock(struct sim_conn *conn)
	__acquires(&conn->sk->sk_lock.slock)
{
	bh_lock_sock(conn->sk);
}

void sim_engine_unlock(struct sim_conn *conn)
	__releases(&conn->sk->sk_lock.slock)
{
	bh_unlock_sock(conn->sk);
}

/*
 * Urgent data (URG) and segments that would end the connection are the host's:
 * it keeps TIME_WAIT. From the first of them on everything goes to the host.
 */
bool sim_engine_takes(struct sim_conn *conn, const struct tcphdr *th)
{
	int state = conn->sk->sk_state;

	if (conn->stopped || conn->retrieved)
		return false;
	if (th->urg) {
		conn->retrieve = CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA;
	} else if (((1 << state) & (TCPF_CLOSING | TCPF_LAST_ACK)) ||
		   (((1 << state) & (TCPF_FIN_WAIT1 | TCPF_FIN_WAIT2)) &&
		    th->fin)) {
		conn->retrieve = CHIMNEY_UPLOAD_REQUESTED;
	} else {
		return state != TCP_CLOSE;
	}
	conn->retrieved = true;
	return false;
}

void sim_engine_input(struct sim_conn *conn, struct sk_buff *skb, u8 dsfield)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	struct sock *sk = conn->sk;

	memset(cb, 0, sizeof(*cb));
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->syn + th->fin + skb->len - th->doff * 4;
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = tcp_flag_byte(th);
	cb->ip_dsfield = dsfield;
	skb->dev = NULL;
	tcp_segs_in(tcp_sk(sk), skb);
	sk->sk_backlog_rcv(sk, skb);
}

/* Join small sends: the card's transmit buffer is bytes, not requests. */
static bool append_to_tail(struct sock *sk, const struct sk_buff *skb)
{
	struct sk_buff *tail = tcp_write_queue_tail(sk);
	const skb_frag_t *frag;
	int n;

	if (!tail || skb_headlen(skb) || skb_shinfo(skb)->nr_frags != 1 ||
	    skb_zcopy((struct sk_buff *)skb) || skb_zcopy(tail) ||
	    skb_cloned(tail) ||
	    tail->len + skb->len > sk->sk_gso_max_size ||
	    TCP_SKB_CB(tail)->tcp_flags & TCPHDR_FIN)
		return false;
	frag = &skb_shinfo(skb)->frags[0];
	n = skb_shinfo(tail)->nr_frags;
	if (!skb_can_coalesce(tail, n, skb_frag_page(frag),
			      skb_frag_off(frag)))
		return false;
	skb_frag_size_add(&skb_shinfo(tail)->frags[n - 1], skb->len);
	tail->len += skb->len;
	tail->data_len += skb->len;
	tail->truesize += skb->len;
	sk_wmem_queued_add(sk, skb->len);
	sk_wmem_schedule(sk, skb->len);
	sk_mem_charge(sk, skb->len);
	TCP_SKB_CB(tail)->end_seq += skb->len;
	TCP_SKB_CB(tail)->tcp_flags |=
		TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH;
	tcp_skb_pcount_set(tail, 0);
	return true;
}

static bool append(struct sock *sk, const struct sk_buff *skb)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *copy;

	if (!append_to_tail(sk, skb)) {
		copy = gather(skb);
		if (!copy)
			return false;
		INIT_LIST_HEAD(&copy->tcp_tsorted_anchor);
		TCP_SKB_CB(copy)->seq = tp->write_seq;
		TCP_SKB_CB(copy)->end_seq = tp->write_seq + skb->len;
		tcp_skb_pcount_set(copy, 0);
		charge(sk, copy);
		__skb_queue_tail(&sk->sk_write_queue, copy);
	}
	WRITE_ONCE(tp->write_seq, tp->write_seq + skb->len);
	return true;
}

/* A target must take every send (SND-04): what finds no memory waits. */
static void append_pending(struct sim_conn *conn)
{
	struct sk_buff *skb;

	while ((skb = skb_peek(&conn->pending))) {
		if (!append(conn->sk, skb)) {
			queue_delayed_work(conn->sim->wq, &conn->retry, 1);
			break;
		}
		__skb_unlink(skb, &conn->pending);
		__skb_queue_tail(&conn->sent, skb);
	}
	chimney_tcp_push(conn->sk);
}

void sim_engine_send(struct chimney_target *target, void *context,
		     struct sk_buff_head *list)
{
	struct sim_conn *conn = context;
	struct sock *sk = conn->sk;
	bool dead;

	local_bh_disable();
	bh_lock_sock(sk);
	dead = conn->stopped || sk->sk_state == TCP_CLOSE;
	if (!dead) {
		skb_queue_splice_tail_init(list, &conn->pending);
		append_pending(conn);
	}
	bh_unlock_sock(sk);
	/* TERM-58, TEV-08 */
	if (dead)
		chimney_tcp_send_complete(target, conn->handle, list,
					  conn->stopped ?
					  CHIMNEY_STATUS_UPLOAD_IN_PROGRESS :
					  CHIMNEY_STATUS_REQUEST_ABORTED);
	local_bh_enable();
}

void sim_engine_receive(struct chimney_target *target, void *context,
			struct chimney_receive *request)
{
	struct sim_conn *conn = context;

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
	struct sim_conn *conn = context;
	struct sk_buff *skb, *copy;

	local_bh_disable();
	skb_queue_walk(list, skb) {
		/* The engine keeps what it gets, the client wants it back. */
		copy = skb_copy(skb, GFP_ATOMIC);
		if (!copy)
			continue;	/* as good as lost on the wire */
		skb_reset_transport_header(copy);
		copy->ip_summed = CHECKSUM_UNNECESSARY;
		sim_engine_lock(conn);
		if (sim_engine_takes(conn, tcp_hdr(copy))) {
			sim_engine_input(conn, copy, 0);
		} else {
			kfree_skb(copy);
			status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
		}
		sim_engine_unlock(conn);
	}
	sim_engine_run(conn);
	chimney_tcp_forward_complete(target, conn->handle, list, status);
	local_bh_enable();
}

static void complete_sends(struct sim_conn *conn, enum chimney_status status)
{
	struct sk_buff_head done;
	struct sk_buff *skb;
	u32 una;

	__skb_queue_head_init(&done);
	bh_lock_sock(conn->sk);
	una = tcp_sk(conn->sk)->snd_una;
	while ((skb = skb_peek(&conn->sent)) &&
	       (status != CHIMNEY_STATUS_SUCCESS ||
		!after(conn->sent_seq + skb->len, una))) {
		__skb_unlink(skb, &conn->sent);
		conn->sent_seq += skb->len;
		__skb_queue_tail(&done, skb);
	}
	if (status != CHIMNEY_STATUS_SUCCESS)
		skb_queue_splice_tail_init(&conn->pending, &done);
	else if (!skb_queue_empty(&conn->pending))
		append_pending(conn);
	bh_unlock_sock(conn->sk);
	if (!skb_queue_empty(&done))
		chimney_tcp_send_complete(&conn->sim->target, conn->handle,
					  &done, status);
}

static void complete_requests(struct sim_conn *conn)
{
	struct chimney_receive *request, *next;
	LIST_HEAD(done);

	bh_lock_sock(conn->sk);
	list_splice_init(&conn->requests, &done);
	bh_unlock_sock(conn->sk);
	list_for_each_entry_safe(request, next, &done, list) {
		conn->refused = false;	/* RCV-30, G-26 */
		request->status = conn->stopped ?
			CHIMNEY_STATUS_UPLOAD_IN_PROGRESS :
			CHIMNEY_STATUS_SUCCESS;
		chimney_tcp_receive_complete(&conn->sim->target, conn->handle,
					     request);
	}
}

/* The next undelivered data, still in the queue until it is accepted. */
static struct sk_buff *peek_data(struct sim_conn *conn)
{
	struct sk_buff *skb, *copy = NULL;
	struct sock *sk = conn->sk;
	u32 offset;

	bh_lock_sock(sk);
	skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &offset);
	if (skb && offset < skb->len && !conn->stopped)
		copy = skb_clone(skb, GFP_ATOMIC);
	bh_unlock_sock(sk);
	if (copy && offset && !pskb_pull(copy, offset)) {
		kfree_skb(copy);
		copy = NULL;
	}
	return copy;
}

static void indicate_data(struct sim_conn *conn)
{
	enum chimney_status status;
	struct sk_buff *skb;
	u32 consumed, len;

	while (!conn->refused && (skb = peek_data(conn))) {
		len = skb->len;
		consumed = 0;
		status = chimney_tcp_receive_indicate(&conn->sim->target,
						      conn->handle, skb,
						      &consumed);
		if (status == CHIMNEY_STATUS_SUCCESS) {
			consumed = len;
		} else {
			conn->refused = true;
			kfree_skb(skb);
		}
		if (!consumed)
			break;
		/* Advances the window and sends the ACK that is due. */
		bh_lock_sock(conn->sk);
		tcp_read_done(conn->sk, consumed);
		bh_unlock_sock(conn->sk);
	}
}

static bool all_delivered(struct sock *sk)
{
	struct sk_buff *skb;
	u32 offset;

	skb = tcp_recv_skb(sk, tcp_sk(sk)->copied_seq, &offset);
	return !skb || offset >= skb->len;
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
		     (sk->sk_shutdown & RCV_SHUTDOWN) && all_delivered(sk);
	abort = !conn->aborted && !conn->stopped && sk->sk_state == TCP_CLOSE;
	err = sk->sk_err ?: ECONNRESET;
	retrieve = conn->retrieve;
	conn->retrieve = -1;
	backlog = clamp_t(u64, 2ULL * tcp_snd_cwnd(tcp_sk(sk)) *
			  tcp_sk(sk)->mss_cache, BACKLOG_MIN, BACKLOG_MAX);
	bh_unlock_sock(sk);

	if (backlog > conn->backlog + conn->backlog / 4) {
		conn->backlog = backlog;
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_SEND_BACKLOG_CHANGE,
					   backlog);
	}
	if (disconnect) {
		conn->disconnected = true;
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_DISCONNECT, 0);
	}
	if (retrieve >= 0)
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_RETRIEVE, retrieve);
	if (abort) {
		/* TEV-06 to TEV-08 */
		conn->aborted = true;
		chimney_tcp_event_indicate(target, conn->handle,
					   CHIMNEY_TCP_ABORT, err);
		complete_sends(conn, CHIMNEY_STATUS_REQUEST_ABORTED);
	}
}

/*
 * Make the completions and indications that are due. Whoever finds somebody
 * else at it leaves a mark, and that one goes round once more.
 */
void sim_engine_run(struct sim_conn *conn)
{
	int seen;

	/* INIT-63: nothing is indicated before the initiate has completed. */
	if (!READ_ONCE(conn->started))
		return;
	local_bh_disable();
	if (atomic_inc_return(&conn->running) == 1) {
		do {
			seen = atomic_read(&conn->running);
			complete_sends(conn, CHIMNEY_STATUS_SUCCESS);
			complete_requests(conn);
			if (!conn->stopped) {
				indicate_data(conn);
				indicate_events(conn);
			}
		} while (atomic_sub_return(seen, &conn->running));
	}
	local_bh_enable();
}

static void engine_retry(struct work_struct *work)
{
	struct sim_conn *conn = container_of(to_delayed_work(work),
					     struct sim_conn, retry);

	local_bh_disable();
	bh_lock_sock(conn->sk);
	if (!conn->stopped)
		append_pending(conn);
	bh_unlock_sock(conn->sk);
	local_bh_enable();
	sim_engine_run(conn);
}

/* -------- the module and the device -------- */

int sim_engine_attach(struct sim_device *sim)
{
	spin_lock_init(&sim->engine.lock);
	INIT_LIST_HEAD(&sim->engine.free);
	return 0;
}

/* All connections were destroyed. */
void sim_engine_detach(struct sim_device *sim)
{
	struct sim_conn *conn, *next;

	rcu_barrier();
	list_for_each_entry_safe(conn, next, &sim->engine.free, free)
		conn_free(conn);
}

int sim_engine_init(void)
{
	struct socket *socket;
	int err;

	/* The functions behind this table are not exported. */
	err = sock_create_kern(&init_net, AF_INET, SOCK_STREAM, IPPROTO_TCP,
			       &socket);
	if (err)
		return err;
	engine_ipv4 = *inet_csk(socket->sk)->icsk_af_ops;
	sock_release(socket);
	engine_ipv4.queue_xmit = engine_queue_xmit;
	engine_ipv4.rebuild_header = engine_rebuild_header;
	engine_ipv4.sk_rx_dst_set = engine_rx_dst_set;
	engine_ipv4.mtu_reduced = engine_mtu_reduced;
	return 0;
}
