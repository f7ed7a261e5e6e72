// SPDX-License-Identifier: GPL-2.0-only
/* Contract 4: what of TCP shows in segments and state. */
#include "harness.h"

/* Contract: SEG-03, SEG-04, SEG-10 */
static void seg_03_ip_header(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1 || !conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	entry = conform_find(c, NULL, CONFORM_FRAME, t1);
	CONFORM_TRUE(c, entry->frame.df);
	CONFORM_EQ(c, 64, entry->frame.ttl);
	CONFORM_TRUE(c, !entry->frame.timestamps);
	CONFORM_EQ(c, 140, entry->frame.octets);
}

/* Contract: SEG-10 */
static void seg_10_window_scaling(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.constant.flags = CHIMNEY_TCP_WINDOW_SCALING;
	t1->tcp.constant.snd_wind_scale = 4;
	t1->tcp.constant.rcv_wind_scale = 3;
	if (!conform_connection(c))
		return;
	t1->peer.window = 0x100;
	if (!conform_peer_ack(t1) || !conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	CONFORM_EQ(c, 0x100 << 4,
		   conform_delegated(conform_query(c, "T1"), "T1")->snd_wnd);
}

/* Contract: SEG-11 */
static void seg_11_sack_blocks(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_object *t2 = conform_object(c, "T2");
	struct conform_segment segment;
	struct conform_entry *entry;

	t1->tcp.constant.flags = CHIMNEY_TCP_SACK;
	if (!conform_initiate(c, "N1(P1(T1,T2))"))
		return;
	segment = conform_segment(t1);
	segment.seq += 1000;
	segment.len = 500;
	if (!conform_forward(t1, &segment))
		return;
	entry = conform_await(c, NULL, CONFORM_FRAME, t1);
	if (entry && CONFORM_EQ(c, 1, entry->frame.sacks)) {
		CONFORM_EQ(c, segment.seq, entry->frame.sack.start);
		CONFORM_EQ(c, segment.seq + 500, entry->frame.sack.end);
	}
	segment = conform_segment(t2);
	segment.seq += 1000;
	segment.len = 500;
	if (!conform_forward(t2, &segment))
		return;
	entry = conform_await(c, NULL, CONFORM_FRAME, t2);
	if (entry)
		CONFORM_EQ(c, 0, entry->frame.sacks);
}

static struct conform_object *timestamps(struct conform *c, u32 ts_time)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.constant.flags = CHIMNEY_TCP_TIMESTAMPS;
	t1->tcp.delegated.ts_time = ts_time;
	t1->tcp.delegated.ts_recent = t1->peer.tsval;
	return conform_connection(c);
}

/* Contract: TS-01, TS-02, TS-04, TS-06, TS-08, INIT-34, TERM-39 */
static void ts_02_clock_goes_on(struct conform *c)
{
	struct conform_object *t1 = timestamps(c, 5000000);
	struct conform_tree *tree;
	struct conform_entry *entry;

	if (!t1 || !conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	entry = conform_find(c, NULL, CONFORM_FRAME, t1);
	if (!CONFORM_TRUE(c, entry->frame.timestamps))
		return;
	CONFORM_EQ(c, t1->peer.tsval, entry->frame.tsecr);
	CONFORM_TRUE(c, entry->frame.tsval >= 5000000 &&
		     entry->frame.tsval < 6000000);
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	CONFORM_TRUE(c, conform_delegated(tree, "T1")->ts_time >=
		     entry->frame.tsval);
	CONFORM_TRUE(c, conform_delegated(tree, "T1")->ts_time < 6000000);
	CONFORM_EQ(c, t1->peer.tsval, conform_delegated(tree, "T1")->ts_recent);
}

/* Contract: TS-04, TS-08, INIT-34 */
static void ts_04_clock_wraps(struct conform *c)
{
	struct conform_object *t1 = timestamps(c, U32_MAX - 100);
	struct conform_entry *entry;

	if (!t1)
		return;
	conform_settle(c);
	if (!conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	entry = conform_find(c, NULL, CONFORM_FRAME, t1);
	CONFORM_TRUE(c, (s32)(entry->frame.tsval - (U32_MAX - 100)) >= 0 &&
		     (s32)(entry->frame.tsval - (U32_MAX - 100)) < 1000000);
}

/* Contract: TS-03, CLS-10 */
static void ts_03_rtt_of_host_s_segment(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d = &t1->tcp.delegated;
	struct conform_segment segment;
	struct conform_tree *tree;

	t1->tcp.constant.flags = CHIMNEY_TCP_TIMESTAMPS;
	d->ts_time = 5000000;
	d->ts_recent = t1->peer.tsval;
	d->snd_nxt = d->snd_una + 1000;
	d->snd_max = d->snd_nxt;
	d->retransmit.timeout_delta = 60 * USEC_PER_SEC;
	/* Sent by the host a moment ago, acknowledged now */
	t1->peer.rcv_nxt = d->snd_max;
	if (!conform_queue(t1, 1000) || !conform_connection(c))
		return;
	segment = conform_segment(t1);
	segment.tsecr = 5000000;
	segment.tsval++;
	if (!conform_forward(t1, &segment) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1))
		return;
	tree = conform_query(c, "T1");
	if (tree)
		CONFORM_TRUE(c, conform_delegated(tree, "T1")->srtt < d->srtt);
}

/* Contract: KA-02, KA-03, KA-04, TMR-01 */
static void ka_02_probes(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_entry *entry = NULL;
	unsigned int probes = 0;

	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	t1->tcp.cached.ka_timeout = 100 * USEC_PER_MSEC;
	t1->tcp.cached.ka_interval = 100 * USEC_PER_MSEC;
	t1->tcp.cached.ka_probe_count = 3;
	t1->tcp.delegated.keep_alive.timeout_delta = 100 * USEC_PER_MSEC;
	if (!conform_connection(c) ||
	    !conform_until(c, conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE) ||
			   conform_find_event(c, t1, CHIMNEY_TCP_ABORT)))
		return;
	while ((entry = conform_find(c, entry, CONFORM_FRAME, t1)))
		probes += !(entry->frame.flags & CONFORM_RST);
	CONFORM_EQ(c, 3, probes);
	entry = conform_find(c, NULL, CONFORM_FRAME, t1);
	CONFORM_TRUE(c, before(entry->frame.seq, t1->host_nxt));
}

/* Contract: KA-05, CLS-17 */
static void ka_05_not_before_inherited(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	t1->tcp.cached.ka_timeout = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_interval = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_probe_count = 3;
	t1->tcp.delegated.keep_alive.timeout_delta = 50 * USEC_PER_MSEC;
	if (conform_connection(c))
		conform_await(c, NULL, CONFORM_FRAME, t1);
}

static struct conform_object *hasty_connection(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.delegated.srtt = 8 * 1000;
	t1->tcp.delegated.rtt_var = 4 * 1000;
	return conform_connection(c);
}

/* Contract: RTX-06, RTX-08, TMR-01 */
static void rtx_08_count_returned(struct conform *c)
{
	struct conform_object *t1 = hasty_connection(c);
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	if (!t1 || !conform_send(t1, 100) ||
	    !conform_until(c, conform_count(c, CONFORM_FRAME, t1) >= 4))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_TRUE(c, d->retransmit.count);
	CONFORM_TRUE(c, d->retransmit.timeout_delta != CHIMNEY_TIMER_OFF);
	CONFORM_TRUE(c, d->total_rt);
	CONFORM_EQ(c, t1->tcp.delegated.snd_una, d->snd_una);
}

/* Contract: RTX-10 */
static void rtx_10_fast_retransmit(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_entry *last;
	int i;

	if (!t1 || !conform_send(t1, 6 * CONFORM_MSS) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	last = conform_last(c);
	segment = conform_segment(t1);
	segment.ack = t1->tcp.delegated.snd_una;
	for (i = 0; i < 4; i++)
		if (!conform_forward(t1, &segment))
			return;
	do {
		last = conform_await(c, last, CONFORM_FRAME, t1);
	} while (last && !last->len);
	if (last)
		CONFORM_EQ(c, t1->tcp.delegated.snd_una, last->frame.seq);
}

/* Contract: RTX-02, RTX-03 */
static void rtx_03_max_rt(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.cached.max_rt = USEC_PER_SEC;
	if (hasty_connection(c) && conform_send(t1, 100))
		conform_until(c, conform_find_event(c, t1,
						    CHIMNEY_TCP_RETRIEVE) ||
			      conform_find_event(c, t1, CHIMNEY_TCP_ABORT));
}

/* Contract: PST-02, PST-03, PST-06, PST-09, TERM-38 */
static void pst_03_window_probes(struct conform *c)
{
	struct conform_object *t1 = hasty_connection(c);
	struct conform_entry *last;
	struct conform_tree *tree;

	if (!t1)
		return;
	/* With the second byte, so that nobody takes it for an old segment. */
	if (!conform_peer_send(t1, 1, 0))
		return;
	t1->peer.window = 0;
	if (!conform_peer_send(t1, 1, CONFORM_PSH) ||
	    !conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt))
		return;
	last = conform_last(c);
	if (!conform_send(t1, 1000) ||
	    !conform_await(c, last, CONFORM_FRAME, t1))
		return;
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	CONFORM_EQ(c, 0, conform_delegated(tree, "T1")->snd_wnd);
	CONFORM_TRUE(c, conform_delegated(tree, "T1")->retransmit
		     .timeout_delta != CHIMNEY_TIMER_OFF);
	last = conform_last(c);
	t1->peer.window = 0xffff;
	if (conform_peer_ack(t1) && conform_await(c, last, CONFORM_FRAME, t1))
		conform_await_sent(t1, t1->host_nxt, true);
}

/* Contract: PST-01, PST-08 */
static void pst_08_inherited(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.delegated.snd_wnd = 0;
	t1->peer.window = 0;
	t1->tcp.delegated.retransmit.timeout_delta = 100 * USEC_PER_MSEC;
	if (!conform_queue(t1, 1000) || !hasty_connection(c))
		return;
	conform_await(c, NULL, CONFORM_FRAME, t1);
}

/* Contract: BRA-01 */
static void bra_01_reset_outside_window(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.seq += 0x1000000;
	segment.flags |= CONFORM_RST;
	if (!conform_forward(t1, &segment) ||
	    !conform_peer_send(t1, 100, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 100))
		return;
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_ABORT));
}

/* Contract: BRA-03, BRA-15 */
static void bra_03_challenge_ack(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_entry *entry;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.seq += 10;
	segment.flags |= CONFORM_RST;
	if (!conform_forward(t1, &segment))
		return;
	entry = conform_await(c, NULL, CONFORM_FRAME, t1);
	if (!entry)
		return;
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, entry->frame.ack);
	CONFORM_EQ(c, CONFORM_ACK, entry->frame.flags);
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_ABORT));
}

/* Contract: BRA-04, SYN-03 */
static void bra_04_syn_outside_window(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_entry *entry;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.seq += 0x1000000;
	segment.flags |= CONFORM_SYN;
	if (!conform_forward(t1, &segment))
		return;
	entry = conform_await(c, NULL, CONFORM_FRAME, t1);
	if (entry)
		CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, entry->frame.ack);
}

static void arrives_at_host(struct conform *c, unsigned int how)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	if (!conform_arrive(t1, &segment, how) ||
	    !conform_await(c, NULL, CONFORM_HOST, t1))
		return;
	conform_settle(c);
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
}

/* Contract: IPO-01 */
static void ipo_01_ip_options(struct conform *c)
{
	arrives_at_host(c, CONFORM_IP_OPTIONS);
}

/* Contract: FRG-01, FRG-02 */
static void frg_01_fragments(struct conform *c)
{
	arrives_at_host(c, CONFORM_FRAGMENT);
}

/* Contract: CTX-09, INIT-62 */
static void ctx_09_found_by_headers(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_object *t2 = conform_object(c, "T2");
	struct conform_segment segment;

	if (!conform_initiate(c, "N1(P1(T1),P2(T2))") || !conform_exchange(t2))
		return;
	segment = conform_segment(t2);
	segment.len = 200;
	if (!conform_arrive(t2, &segment, 0) ||
	    !conform_await_delivered(t2, 200))
		return;
	t2->peer.snd_nxt += 200;
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_HOST, NULL));
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
}

/* Contract: FW2-05, FW2-08 */
static void fw2_08_goes_on(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_entry *entry;

	t1->tcp.delegated.state = CHIMNEY_TCP_STATE_FIN_WAIT_2;
	t1->tcp.delegated.retransmit.timeout_delta = 100 * USEC_PER_MSEC;
	if (!conform_connection(c))
		return;
	entry = conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION,
			   entry->information);
}

/* Contract: TMR-05 */
static void tmr_05_time_wait_is_the_host_s(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.delegated.state = CHIMNEY_TCP_STATE_FIN_WAIT_2;
	if (conform_connection(c) && conform_peer_flags(t1, CONFORM_FIN))
		conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE);
}

/* Contract: SEG-05 */
static void seg_05_identification(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry = NULL;
	unsigned int frames = 0;

	if (!t1 || !conform_send(t1, 20000) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	while ((entry = conform_find(c, entry, CONFORM_FRAME, t1))) {
		CONFORM_TRUE(c, entry->frame.id >= 0x8000);
		frames++;
	}
	CONFORM_TRUE(c, frames);
}

/* Contract: FW2-01, FW2-02, FW2-03, FW2-09 */
static void fw2_01_timer_started(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_disconnect(t1, false, 0);
	if (!conform_until(c, READ_ONCE(t1->peer.fin)) ||
	    !conform_peer_ack(t1) ||
	    !conform_await(c, NULL, CONFORM_DISCONNECT, t1))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_FIN_WAIT_2, d->state);
	CONFORM_TRUE(c, d->retransmit.timeout_delta <= 120 * USEC_PER_SEC);
	CONFORM_TRUE(c, d->retransmit.timeout_delta > 30 * USEC_PER_SEC);
}

const struct conform_case conform_tcp_cases[] = {
	CONFORM_CASE(seg_03_ip_header,
		     "SEG-03, SEG-04, SEG-10", 0),
	CONFORM_CASE(seg_10_window_scaling,
		     "SEG-10", 0),
	CONFORM_CASE(seg_11_sack_blocks,
		     "SEG-11", CONFORM_SACK),
	CONFORM_CASE(ts_02_clock_goes_on,
		     "TS-01, TS-02, TS-04, TS-06, TS-08, INIT-34, TERM-39", 0),
	CONFORM_CASE(ts_04_clock_wraps,
		     "TS-04, TS-08, INIT-34", 0),
	CONFORM_CASE(ts_03_rtt_of_host_s_segment,
		     "TS-03, CLS-10", 0),
	CONFORM_CASE(ka_02_probes,
		     "KA-02, KA-03, KA-04, TMR-01", 0),
	CONFORM_CASE(ka_05_not_before_inherited,
		     "KA-05, CLS-17", 0),
	CONFORM_CASE(rtx_08_count_returned,
		     "RTX-06, RTX-08, TMR-01", 0),
	CONFORM_CASE(rtx_10_fast_retransmit,
		     "RTX-10", 0),
	CONFORM_CASE(rtx_03_max_rt,
		     "RTX-02, RTX-03", 0),
	CONFORM_CASE(pst_03_window_probes,
		     "PST-02, PST-03, PST-06, PST-09, TERM-38", 0),
	CONFORM_CASE(pst_08_inherited,
		     "PST-01, PST-08", 0),
	CONFORM_CASE(bra_01_reset_outside_window,
		     "BRA-01", 0),
	CONFORM_CASE(bra_03_challenge_ack,
		     "BRA-03, BRA-15", 0),
	CONFORM_CASE(bra_04_syn_outside_window,
		     "BRA-04, SYN-03", 0),
	CONFORM_CASE(ipo_01_ip_options,
		     "IPO-01", CONFORM_WIRE),
	CONFORM_CASE(frg_01_fragments,
		     "FRG-01, FRG-02", CONFORM_WIRE),
	CONFORM_CASE(ctx_09_found_by_headers,
		     "CTX-09, INIT-62", CONFORM_WIRE),
	CONFORM_CASE(fw2_08_goes_on,
		     "FW2-05, FW2-08", 0),
	CONFORM_CASE(tmr_05_time_wait_is_the_host_s,
		     "TMR-05", 0),
	CONFORM_CASE(seg_05_identification,
		     "SEG-05", 0),
	CONFORM_CASE(fw2_01_timer_started,
		     "FW2-01, FW2-02, FW2-03, FW2-09", 0),
	{}
};
