// SPDX-License-Identifier: GPL-2.0-only
/*
 * The variables of a Linux TCP socket and those of the contract.
 *
 * Linux counts congestion windows in segments, the contract in bytes; both
 * sides of a hand-over have the same MSS, so nothing is lost on the way.
 */
#include <linux/module.h>
#include <linux/skbuff_ref.h>
#include <net/inet_ecn.h>

#include <chimney/tcp.h>

static const u8 states[] = {
	[CHIMNEY_TCP_STATE_CLOSED]	= TCP_CLOSE,
	[CHIMNEY_TCP_STATE_LISTEN]	= TCP_LISTEN,
	[CHIMNEY_TCP_STATE_SYN_SENT]	= TCP_SYN_SENT,
	[CHIMNEY_TCP_STATE_SYN_RCVD]	= TCP_SYN_RECV,
	[CHIMNEY_TCP_STATE_ESTABLISHED]	= TCP_ESTABLISHED,
	[CHIMNEY_TCP_STATE_FIN_WAIT_1]	= TCP_FIN_WAIT1,
	[CHIMNEY_TCP_STATE_FIN_WAIT_2]	= TCP_FIN_WAIT2,
	[CHIMNEY_TCP_STATE_CLOSE_WAIT]	= TCP_CLOSE_WAIT,
	[CHIMNEY_TCP_STATE_CLOSING]	= TCP_CLOSING,
	[CHIMNEY_TCP_STATE_LAST_ACK]	= TCP_LAST_ACK,
	[CHIMNEY_TCP_STATE_TIME_WAIT]	= TCP_TIME_WAIT,
};

/**
 * chimney_tcp_state_from_linux() - translate a state
 * @state: TCP_ESTABLISHED and so on
 *
 * Context: any. Return: the contract's name for it.
 */
enum chimney_tcp_state chimney_tcp_state_from_linux(int state)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(states); i++)
		if (states[i] == state)
			return i;
	return CHIMNEY_TCP_STATE_CLOSED;
}
EXPORT_SYMBOL_GPL(chimney_tcp_state_from_linux);

/**
 * chimney_tcp_state_to_linux() - translate a state
 * @state: the contract's name
 *
 * Context: any. Return: TCP_ESTABLISHED and so on; TCP_CLOSE if out of range.
 */
int chimney_tcp_state_to_linux(enum chimney_tcp_state state)
{
	return state < ARRAY_SIZE(states) ? states[state] : TCP_CLOSE;
}
EXPORT_SYMBOL_GPL(chimney_tcp_state_to_linux);

static u32 time_left(unsigned long expires)
{
	long delta = expires - jiffies;

	return delta > 0 ? min_t(u64, jiffies_to_usecs(delta), S32_MAX) : 0;
}

static void get_timers(struct sock *sk, struct chimney_tcp_state_delegated *d)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	const struct timer_list *keepalive = &icsk->icsk_keepalive_timer;

	d->retransmit.timeout_delta = CHIMNEY_TIMER_OFF;
	d->retransmit.count = min_t(u32, icsk->icsk_retransmits, U8_MAX);
	if (icsk->icsk_pending == ICSK_TIME_RETRANS ||
	    icsk->icsk_pending == ICSK_TIME_PROBE0)
		d->retransmit.timeout_delta = time_left(icsk->icsk_timeout);
	else if (icsk->icsk_pending)
		d->retransmit.timeout_delta = jiffies_to_usecs(icsk->icsk_rto);
	if (icsk->icsk_pending == ICSK_TIME_PROBE0) {
		d->retransmit.count = 0;
		d->snd_wnd_probe_count = min_t(u32, icsk->icsk_probes_out,
					       U8_MAX);
	}

	d->keep_alive.probe_count = 0;
	d->keep_alive.timeout_delta = CHIMNEY_TIMER_OFF;
	if (sock_flag(sk, SOCK_KEEPOPEN) && timer_pending(keepalive)) {
		d->keep_alive.timeout_delta = time_left(keepalive->expires);
		if (!d->snd_wnd_probe_count)
			d->keep_alive.probe_count = icsk->icsk_probes_out;
	}
}

static void get_counters(const struct tcp_sock *tp,
			 struct chimney_tcp_counters *counters)
{
	counters->bytes_sent = tp->bytes_sent;
	counters->bytes_retrans = tp->bytes_retrans;
	counters->segs_out = tp->segs_out;
	counters->segs_in = tp->segs_in;
	counters->data_segs_out = tp->data_segs_out;
	counters->data_segs_in = tp->data_segs_in;
	counters->total_retrans = tp->total_retrans;
}

/**
 * chimney_tcp_get_delegated() - read the delegated variables of a socket
 * @sk: the socket
 * @d: where to write them; header and buffered_data are left alone
 *
 * Send data is not part of it, see chimney_tcp_take_send_queue().
 *
 * Context: the socket's lock is held, and its clock set (chimney_tcp_set_clock()).
 */
void chimney_tcp_get_delegated(struct sock *sk,
			       struct chimney_tcp_state_delegated *d)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mss = max_t(u32, tp->mss_cache, 1);

	d->state = chimney_tcp_state_from_linux(sk->sk_state);
	d->rcv_nxt = tp->rcv_nxt;
	d->rcv_wnd = tcp_receive_window(tp);
	d->snd_una = tp->snd_una;
	d->snd_nxt = tp->snd_nxt;
	d->snd_max = tp->snd_nxt;
	d->snd_wnd = tp->snd_wnd;
	d->max_snd_wnd = tp->max_window;
	d->snd_wl1 = tp->snd_wl1;
	d->cwnd = min_t(u64, (u64)tcp_snd_cwnd(tp) * mss, U32_MAX);
	d->ss_thresh = tp->snd_ssthresh == TCP_INFINITE_SSTHRESH ? U32_MAX :
		min_t(u64, (u64)tp->snd_ssthresh * mss, U32_MAX - 1);
	d->srtt = tp->srtt_us;
	d->rtt_var = tp->rttvar_us;
	d->ts_recent = tp->rx_opt.ts_recent;
	d->ts_recent_age = 0;
	if (tp->rx_opt.ts_recent_stamp)
		d->ts_recent_age =
			min_t(u64, (ktime_get_seconds() -
				    tp->rx_opt.ts_recent_stamp) * USEC_PER_SEC,
			      U32_MAX);
	d->ts_time = tcp_time_stamp_ts(tp) + tp->tsoffset;
	d->total_rt = 0;
	if (tp->retrans_stamp && inet_csk(sk)->icsk_retransmits)
		d->total_rt = (tcp_time_stamp_ts(tp) - tp->retrans_stamp) *
			(chimney_tcp_usec_ts(tp) ? 1 : USEC_PER_MSEC);
	d->dup_ack_count = min_t(u32, tp->sacked_out, U8_MAX);
	d->snd_wnd_probe_count = 0;
	d->send_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	d->receive_backlog_size = tp->rcv_nxt - tp->copied_seq;
	d->reordering = tp->reordering;
	get_counters(tp, &d->counters);
	get_timers(sk, d);
}
EXPORT_SYMBOL_GPL(chimney_tcp_get_delegated);

/**
 * chimney_tcp_set_counters() - write the counters of a socket
 * @sk: the socket
 * @counters: what it has counted elsewhere
 *
 * None goes backwards: a target need not count.
 *
 * Context: the socket's lock is held.
 */
void chimney_tcp_set_counters(struct sock *sk,
			      const struct chimney_tcp_counters *counters)
{
	struct tcp_sock *tp = tcp_sk(sk);

	tp->bytes_sent = max_t(u64, tp->bytes_sent, counters->bytes_sent);
	tp->bytes_retrans = max_t(u64, tp->bytes_retrans,
				  counters->bytes_retrans);
	tp->segs_out = max_t(u32, tp->segs_out, counters->segs_out);
	WRITE_ONCE(tp->segs_in, max_t(u32, tp->segs_in, counters->segs_in));
	tp->data_segs_out = max_t(u32, tp->data_segs_out,
				  counters->data_segs_out);
	WRITE_ONCE(tp->data_segs_in, max_t(u32, tp->data_segs_in,
					   counters->data_segs_in));
	tp->total_retrans = max_t(u32, tp->total_retrans,
				  counters->total_retrans);
}

static void forget_scoreboard(struct tcp_sock *tp)
{
	tp->packets_out = 0;
	tp->sacked_out = 0;
	tp->lost_out = 0;
	tp->retrans_out = 0;
	tp->highest_sack = NULL;
	tp->lost_skb_hint = NULL;
	tp->retransmit_skb_hint = NULL;
	tp->lost_cnt_hint = 0;
	INIT_LIST_HEAD(&tp->tsorted_sent_queue);
}

/* Loss recovery starts afresh: the scoreboard does not travel (RFC 2018). */
static void forget_recovery(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	forget_scoreboard(tp);
	tp->undo_marker = 0;
	tp->undo_retrans = 0;
	tp->retrans_stamp = 0;
	tp->high_seq = tp->snd_nxt;
	tp->tlp_high_seq = 0;
	tp->frto = 0;
	tp->rack.mstamp = 0;
	tp->rack.advanced = 0;
	tp->prior_cwnd = 0;
	tp->prr_delivered = 0;
	tp->prr_out = 0;
	tp->mtu_probe.probe_seq_start = 0;
	tp->mtu_probe.probe_seq_end = 0;
	tp->rx_opt.num_sacks = 0;
	tp->rx_opt.dsack = 0;
	memset(tp->recv_sack_cache, 0, sizeof(tp->recv_sack_cache));
	icsk->icsk_retransmits = 0;
	icsk->icsk_backoff = 0;
	icsk->icsk_probes_out = 0;
	if (icsk->icsk_ca_ops->set_state)
		icsk->icsk_ca_ops->set_state(sk, TCP_CA_Open);
	icsk->icsk_ca_state = TCP_CA_Open;
}

/**
 * chimney_tcp_set_delegated() - write the delegated variables to a socket
 * @sk: the socket; its MSS is set, its send queues are empty of sent data
 * @d: the variables
 *
 * The state of the socket (sk_state), its timers and send data are not
 * touched, see chimney_tcp_start_timers(), chimney_tcp_link_send_queue().
 *
 * Context: the socket's lock is held, and its clock set (chimney_tcp_set_clock()).
 */
void chimney_tcp_set_delegated(struct sock *sk,
			       const struct chimney_tcp_state_delegated *d)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 mss = max_t(u32, tp->mss_cache, 1);

	WRITE_ONCE(tp->rcv_nxt, d->rcv_nxt);
	tp->rcv_wup = d->rcv_nxt;
	tp->rcv_wnd = d->rcv_wnd;
	WRITE_ONCE(tp->snd_una, d->snd_una);
	WRITE_ONCE(tp->snd_nxt, d->snd_max);
	tp->snd_wnd = d->snd_wnd;
	tp->max_window = d->max_snd_wnd;
	tp->snd_wl1 = d->snd_wl1;
	tp->snd_sml = d->snd_una;
	tp->pushed_seq = d->snd_max;
	tp->snd_up = d->snd_una;	/* nothing is urgent (SND-13) */
	tcp_snd_cwnd_set(tp, clamp_t(u32, d->cwnd / mss, 1, S32_MAX));
	tp->snd_ssthresh = d->ss_thresh == U32_MAX ? TCP_INFINITE_SSTHRESH :
		max_t(u32, d->ss_thresh / mss, 2);
	tp->snd_cwnd_cnt = 0;
	tp->snd_cwnd_stamp = tcp_jiffies32;
	tp->is_cwnd_limited = 0;
	tp->max_packets_out = 0;
	tp->cwnd_usage_seq = d->snd_max;
	tp->srtt_us = d->srtt;
	tp->rttvar_us = d->rtt_var;
	tp->mdev_us = d->rtt_var;
	tp->mdev_max_us = d->rtt_var;
	tp->rtt_seq = d->snd_max;
	if (tp->srtt_us)
		inet_csk(sk)->icsk_rto = clamp_t(u32, __tcp_set_rto(tp),
						 tcp_rto_min(sk), TCP_RTO_MAX);
	tp->reordering = max_t(u32, d->reordering, 3);
	tp->rx_opt.ts_recent = d->ts_recent;
	tp->rx_opt.ts_recent_stamp = d->ts_recent ? ktime_get_seconds() -
		d->ts_recent_age / USEC_PER_SEC : 0;
	/* INIT-34, TERM-40: delta = time at the hand-over - own clock */
	WRITE_ONCE(tp->tsoffset,
		   d->ts_time - tcp_time_stamp_ts(tp));
	tp->lsndtime = tcp_jiffies32;
	tp->rcv_tstamp = tcp_jiffies32;
	tp->pred_flags = 0;
	chimney_tcp_set_counters(sk, &d->counters);
	forget_recovery(sk);
}
EXPORT_SYMBOL_GPL(chimney_tcp_set_delegated);

/**
 * chimney_tcp_stop_timers() - stop all timers of a socket
 * @sk: the socket
 *
 * As the kernel's TCP does, but most are not running, and stopping them costs as much.
 * A handler that is executing waits for the lock, and then finds nothing pending.
 *
 * Context: the slock is held.
 */
void chimney_tcp_stop_timers(struct sock *sk)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);

	if (timer_pending(&icsk->icsk_retransmit_timer) ||
	    timer_pending(&icsk->icsk_delack_timer) ||
	    timer_pending(&icsk->icsk_keepalive_timer) ||
	    hrtimer_is_queued(&tp->pacing_timer) ||
	    hrtimer_is_queued(&tp->compressed_ack_timer))
		tcp_clear_xmit_timers(sk);
	icsk->icsk_pending = 0;
	icsk->icsk_ack.pending = 0;
}
EXPORT_SYMBOL_GPL(chimney_tcp_stop_timers);

/**
 * chimney_tcp_start_timers() - start the timers of a socket taken over
 * @sk: the socket, complete with send data
 * @d: the variables
 *
 * The retransmit timer runs if and only if something is unacknowledged, the
 * persist timer is started by chimney_tcp_push() where it is needed.
 *
 * Context: the socket's lock is held.
 */
void chimney_tcp_start_timers(struct sock *sk,
			      const struct chimney_tcp_state_delegated *d)
{
	struct inet_connection_sock *icsk = inet_csk(sk);
	struct tcp_sock *tp = tcp_sk(sk);
	unsigned long when;

	if (tp->packets_out) {
		when = icsk->icsk_rto;
		if (d->retransmit.timeout_delta != CHIMNEY_TIMER_OFF)
			when = clamp_t(unsigned long,
				       usecs_to_jiffies(d->retransmit.timeout_delta),
				       1, icsk->icsk_rto);
		inet_csk_reset_xmit_timer(sk, ICSK_TIME_RETRANS, when,
					  TCP_RTO_MAX);
	}
	if (sock_flag(sk, SOCK_KEEPOPEN)) {
		when = keepalive_time_when(tp);
		if (d->keep_alive.timeout_delta != CHIMNEY_TIMER_OFF)
			when = max_t(unsigned long, 1,
				     usecs_to_jiffies(d->keep_alive.timeout_delta));
		if (!tp->packets_out)
			icsk->icsk_probes_out = d->keep_alive.probe_count;
		inet_csk_reset_keepalive_timer(sk, when);
	}
}
EXPORT_SYMBOL_GPL(chimney_tcp_start_timers);

/**
 * chimney_tcp_clear_out_of_order() - drop segments not yet acknowledged
 * @sk: the socket
 *
 * RFC 2018 allows it, TERM-44 asks for it; the peer sends them again.
 *
 * Context: the socket's lock is held.
 */
void chimney_tcp_clear_out_of_order(struct sock *sk)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct rb_node *node;

	if (RB_EMPTY_ROOT(&tp->out_of_order_queue))
		return;
	while ((node = rb_first(&tp->out_of_order_queue))) {
		struct sk_buff *skb = rb_to_skb(node);

		rb_erase(node, &tp->out_of_order_queue);
		RB_CLEAR_NODE(node);
		skb->next = NULL;
		skb->prev = NULL;
		kfree_skb(skb);
	}
	tp->ooo_last_skb = NULL;
	tp->rx_opt.num_sacks = 0;
	tp->rx_opt.dsack = 0;
}
EXPORT_SYMBOL_GPL(chimney_tcp_clear_out_of_order);

/**
 * chimney_tcp_charge_zerocopy() - charge send data of MSG_ZEROCOPY like any other
 * @sk: the socket
 * @skb: of its write queue or retransmit queue
 *
 * Linux charges a socket with less than the truesize of such an skb, and finds
 * out how much by its header, which may be replaced where it is shared.
 *
 * Context: the socket's lock is held.
 */
void chimney_tcp_charge_zerocopy(struct sock *sk, struct sk_buff *skb)
{
	if (!skb_zcopy_pure(skb))
		return;
	skb_shinfo(skb)->flags &= ~SKBFL_PURE_ZEROCOPY;
	sk_mem_charge(sk, skb->truesize - SKB_TRUESIZE(skb_end_offset(skb)));
}

/* Not inlined: its list is cleared, and most queues are empty. */
static noinline int take_data(struct sock *sk, struct sk_buff_head *list,
			      gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff_head all;
	struct rb_node *node;
	struct sk_buff *skb;
	int err = 0;

	__skb_queue_head_init(&all);
	while ((node = rb_first(&sk->tcp_rtx_queue))) {
		skb = rb_to_skb(node);
		list_del(&skb->tcp_tsorted_anchor);
		rb_erase(node, &sk->tcp_rtx_queue);
		skb->next = NULL;
		skb->prev = NULL;
		__skb_queue_tail(&all, skb);
	}
	skb_queue_splice_tail_init(&sk->sk_write_queue, &all);

	while ((skb = __skb_dequeue(&all))) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		tcp_skb_tsorted_anchor_cleanup(skb);
		chimney_tcp_charge_zerocopy(sk, skb);
		cb->tcp_flags &= ~TCPHDR_FIN;
		/* The head may hold bytes that were acknowledged meanwhile. */
		if (before(cb->seq, tp->snd_una)) {
			u32 acked = min_t(u32, tp->snd_una - cb->seq, skb->len);

			if (chimney_skb_trim_head(skb, acked, gfp))
				err = -ENOMEM;
			else
				cb->seq += acked;
		}
		if (!skb->len) {
			tcp_wmem_free_skb(sk, skb);
			continue;
		}
		__skb_queue_tail(list, skb);
	}
	return err;
}

/**
 * chimney_tcp_take_send_queue() - take all send data out of a socket
 * @sk: the socket
 * @list: gets it, oldest byte first, appended
 * @gfp: for the copy of a header that is in use by a frame on its way out
 *
 * The skbs stay charged to the socket: the caller gives them back with
 * chimney_tcp_link_send_queue() or frees them with tcp_wmem_free_skb(). A FIN
 * is not data: it is left out, the state of the connection tells of it.
 *
 * Context: the socket's lock is held; sleeps if @gfp says so.
 * Return: 0, or -ENOMEM, in which case the data is in @list all the same but
 * may begin before snd_una.
 */
int chimney_tcp_take_send_queue(struct sock *sk, struct sk_buff_head *list,
				gfp_t gfp)
{
	int err;

	if (tcp_rtx_and_write_queues_empty(sk))
		return 0;
	err = take_data(sk, list, gfp);
	forget_scoreboard(tcp_sk(sk));
	return err;
}
EXPORT_SYMBOL_GPL(chimney_tcp_take_send_queue);

static void link_sent(struct sock *sk, struct sk_buff *skb)
{
	struct rb_node **p = &sk->tcp_rtx_queue.rb_node, *parent = NULL;
	struct tcp_sock *tp = tcp_sk(sk);

	/* Later than all that is there: the list comes in order. */
	while (*p) {
		parent = *p;
		p = &parent->rb_right;
	}
	rb_link_node(&skb->rbnode, parent, p);
	rb_insert_color(&skb->rbnode, &sk->tcp_rtx_queue);
	list_add_tail(&skb->tcp_tsorted_anchor, &tp->tsorted_sent_queue);
	tp->packets_out += tcp_skb_pcount(skb);
}

static void set_segments(struct sock *sk, struct sk_buff *skb)
{
	u32 mss = tcp_sk(sk)->mss_cache;

	if (skb->len <= mss) {
		TCP_SKB_CB(skb)->tcp_gso_size = 0;
		tcp_skb_pcount_set(skb, 1);
	} else {
		TCP_SKB_CB(skb)->tcp_gso_size = mss;
		tcp_skb_pcount_set(skb, DIV_ROUND_UP(skb->len, mss));
	}
}

/* Frames on their way out may share the data; changing it needs a copy. */
static int unshare(struct sk_buff *skb, gfp_t gfp)
{
	unsigned int truesize = skb->truesize;
	int err;

	err = skb_unclone(skb, gfp);
	skb->truesize = truesize;
	return err;
}

static struct sk_buff *split_at(struct sock *sk, struct sk_buff *skb, u32 len,
				gfp_t gfp)
{
	struct sk_buff *rest;

	if (unshare(skb, gfp))
		return NULL;
	rest = alloc_skb_fclone(MAX_TCP_HEADER, gfp);
	if (!rest)
		return NULL;
	skb_reserve(rest, MAX_TCP_HEADER);
	rest->ip_summed = CHECKSUM_PARTIAL;
	sk_wmem_queued_add(sk, rest->truesize);
	sk_mem_charge(sk, rest->truesize);
	/* Shares what tells of MSG_ZEROCOPY, too. */
	skb_split(skb, rest, len);
	skb->truesize -= rest->len;
	rest->truesize += rest->len;
	TCP_SKB_CB(rest)->tcp_flags = TCP_SKB_CB(skb)->tcp_flags;
	TCP_SKB_CB(skb)->tcp_flags &= ~TCPHDR_PSH;
	TCP_SKB_CB(rest)->eor = TCP_SKB_CB(skb)->eor;
	TCP_SKB_CB(skb)->eor = 0;
	return rest;
}

/**
 * chimney_tcp_split() - divide an skb of the write queue in two
 * @sk: the socket
 * @skb: the skb, nothing of it sent
 * @len: bytes that stay in it
 * @gfp: for the second skb
 *
 * Context: the socket's lock is held.
 * Return: the second skb, behind the first in the queue, or NULL without memory.
 */
struct sk_buff *chimney_tcp_split(struct sock *sk, struct sk_buff *skb,
				  u32 len, gfp_t gfp)
{
	struct sk_buff *rest = split_at(sk, skb, len, gfp);

	if (!rest)
		return NULL;
	INIT_LIST_HEAD(&rest->tcp_tsorted_anchor);
	TCP_SKB_CB(rest)->seq = TCP_SKB_CB(skb)->seq + len;
	TCP_SKB_CB(rest)->end_seq = TCP_SKB_CB(skb)->end_seq;
	TCP_SKB_CB(skb)->end_seq = TCP_SKB_CB(rest)->seq;
	tcp_skb_pcount_set(skb, 0);
	tcp_skb_pcount_set(rest, 0);
	__skb_queue_after(&sk->sk_write_queue, skb, rest);
	return rest;
}

/**
 * chimney_fin_pending() - is there a FIN that is not acknowledged yet?
 * @sk: the socket
 *
 * write_seq counts it, whether it was sent or not.
 *
 * Context: the socket's lock is held.
 */
bool chimney_fin_pending(const struct sock *sk)
{
	return (1 << sk->sk_state) &
	       (TCPF_FIN_WAIT1 | TCPF_CLOSING | TCPF_LAST_ACK);
}

static int link_fin(struct sock *sk, u32 seq, gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	struct sk_buff *skb;

	skb = alloc_skb_fclone(MAX_TCP_HEADER, gfp);
	if (!skb)
		return -ENOMEM;
	skb_reserve(skb, MAX_TCP_HEADER);
	skb->ip_summed = CHECKSUM_PARTIAL;
	INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
	TCP_SKB_CB(skb)->seq = seq;
	TCP_SKB_CB(skb)->end_seq = seq + 1;
	TCP_SKB_CB(skb)->tcp_flags = TCPHDR_ACK | TCPHDR_FIN;
	TCP_SKB_CB(skb)->sacked = 0;
	tcp_skb_pcount_set(skb, 1);
	sk_wmem_queued_add(sk, skb->truesize);
	sk_mem_charge(sk, skb->truesize);
	if (after(seq + 1, tp->snd_nxt)) {
		__skb_queue_tail(&sk->sk_write_queue, skb);
	} else {
		skb->skb_mstamp_ns = tp->tcp_clock_cache;
		TCP_SKB_CB(skb)->sacked = TCPCB_REPAIRED;
		link_sent(sk, skb);
	}
	return 0;
}

/* Not inlined: mostly there is none. Returns the sequence number after the data. */
static noinline u32 link_data(struct sock *sk, struct sk_buff_head *list,
			      gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = tp->snd_una;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list))) {
		struct tcp_skb_cb *cb = TCP_SKB_CB(skb);

		if (before(seq, tp->snd_nxt) &&
		    after(seq + skb->len, tp->snd_nxt)) {
			struct sk_buff *rest;

			rest = split_at(sk, skb, tp->snd_nxt - seq, gfp);
			if (rest)
				__skb_queue_head(list, rest);
			else	/* count it as sent: the timer repeats it */
				WRITE_ONCE(tp->snd_nxt, seq + skb->len);
		}
		INIT_LIST_HEAD(&skb->tcp_tsorted_anchor);
		skb->skb_mstamp_ns = tp->tcp_clock_cache;
		memset(&cb->tx, 0, sizeof(cb->tx));
		cb->seq = seq;
		seq += skb->len;
		cb->end_seq = seq;
		cb->tcp_flags |= TCPHDR_ACK;
		cb->sacked = 0;
		if (after(cb->end_seq, tp->snd_nxt)) {
			__skb_queue_tail(&sk->sk_write_queue, skb);
			tcp_skb_pcount_set(skb, 0);
		} else {
			/* Its age is unknown: no RTT from it, as for repair. */
			cb->sacked = TCPCB_REPAIRED;
			set_segments(sk, skb);
			link_sent(sk, skb);
		}
	}
	return seq;
}

/**
 * chimney_tcp_link_send_queue() - put send data into a socket
 * @sk: the socket; snd_una, snd_nxt, sk_state and the MSS are set
 * @list: the data; its first byte is snd_una (INIT-75); emptied
 * @gfp: for the few allocations that may be needed
 *
 * Bytes below snd_nxt go to the retransmit queue, the others to the write
 * queue, and a FIN after them if the state says that one is due. write_seq is
 * set. The skbs must be charged to the socket already.
 *
 * Context: the socket's lock is held; sleeps if @gfp says so.
 * Return: 0, or -ENOMEM if there was no memory for the FIN.
 */
int chimney_tcp_link_send_queue(struct sock *sk, struct sk_buff_head *list,
				gfp_t gfp)
{
	struct tcp_sock *tp = tcp_sk(sk);
	u32 seq = tp->snd_una;

	if (!skb_queue_empty(list))
		seq = link_data(sk, list, gfp);
	WRITE_ONCE(tp->write_seq, seq);
	if (!chimney_fin_pending(sk))
		return 0;
	if (link_fin(sk, seq, gfp))
		return -ENOMEM;
	WRITE_ONCE(tp->write_seq, seq + 1);
	return 0;
}
EXPORT_SYMBOL_GPL(chimney_tcp_link_send_queue);

/**
 * chimney_tcp_push() - send what the window allows, or start to probe it; what is
 *	marked as lost goes first
 * @sk: the socket
 *
 * The kernel exports no function that sends without sleeping. What a socket
 * does when a transmit completes is the same thing, so ask for that.
 *
 * Context: bottom halves off, the slock of the socket held, the socket not
 * owned by a user.
 */
void chimney_tcp_push(struct sock *sk)
{
	if (tcp_write_queue_empty(sk) && !tcp_sk(sk)->lost_out)
		return;
	if (!test_and_set_bit(TCP_TSQ_DEFERRED, &sk->sk_tsq_flags))
		sock_hold(sk);
	tcp_prot.release_cb(sk);
	if (!tcp_write_queue_empty(sk))
		tcp_check_probe_timer(sk);
}
EXPORT_SYMBOL_GPL(chimney_tcp_push);

/**
 * chimney_skb_trim_head() - remove bytes from the front of send data
 * @skb: an skb of a send queue, not in use elsewhere
 * @len: bytes, at most skb->len
 * @gfp: for the copy of a header that is shared
 *
 * truesize stays, so that charges add up.
 *
 * Context: any; sleeps if @gfp says so. Return: 0 or -ENOMEM.
 */
int chimney_skb_trim_head(struct sk_buff *skb, unsigned int len, gfp_t gfp)
{
	unsigned int linear = min_t(unsigned int, len, skb_headlen(skb));
	struct skb_shared_info *shinfo;
	unsigned int eat = len - linear;
	int i, k = 0;

	if (unshare(skb, gfp))
		return -ENOMEM;
	skb->data += linear;
	skb->len -= linear;
	if (!eat)
		return 0;
	shinfo = skb_shinfo(skb);
	for (i = 0; i < shinfo->nr_frags; i++) {
		unsigned int size = skb_frag_size(&shinfo->frags[i]);

		if (size <= eat) {
			skb_frag_unref(skb, i);
			eat -= size;
			continue;
		}
		shinfo->frags[k] = shinfo->frags[i];
		skb_frag_off_add(&shinfo->frags[k], eat);
		skb_frag_size_sub(&shinfo->frags[k], eat);
		eat = 0;
		k++;
	}
	shinfo->nr_frags = k;
	skb->data_len -= len - linear;
	skb->len -= len - linear;
	return 0;
}
EXPORT_SYMBOL_GPL(chimney_skb_trim_head);
