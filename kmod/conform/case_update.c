// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.6 and 3.7: update and invalidate. */
#include <linux/etherdevice.h>

#include "harness.h"

static struct conform_entry *send_and_see(struct conform *c,
					  struct conform_object *conn, u32 len)
{
	struct conform_entry *last = conform_last(c);

	if (!conform_send(conn, len) ||
	    !conform_await_sent(conn, conn->host_nxt, true))
		return NULL;
	return conform_await(c, last, CONFORM_FRAME, conn);
}

/* Contract: UPD-06, UPD-24, CLS-03, SEG-01 */
static void upd_06_mac_address(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_object *n1 = conform_object(c, "N1");
	u8 *mac = n1->neighbor.cached.dl_destination_address;
	struct conform_entry *entry;

	if (!t1)
		return;
	mac[5] = 0x99;
	if (!conform_update(c, "N1"))
		return;
	entry = send_and_see(c, t1, 100);
	if (entry)
		CONFORM_TRUE(c, ether_addr_equal(entry->frame.destination, mac));
}

/* Contract: UPD-06, SEG-12 */
static void upd_06_ttl_and_tos(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1)
		return;
	t1->tcp.cached.ttl_or_hop_limit = 33;
	t1->tcp.cached.tos_or_traffic_class = 0x20;
	if (!conform_update(c, "T1"))
		return;
	entry = send_and_see(c, t1, 100);
	if (!entry)
		return;
	CONFORM_EQ(c, 33, entry->frame.ttl);
	CONFORM_EQ(c, 0x20, entry->frame.tos);
}

/* Contract: UPD-06, SEG-02 */
static void upd_06_path_mtu(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1)
		return;
	conform_object(c, "P1")->path.cached.path_mtu = 1000;
	if (!conform_update(c, "P1"))
		return;
	entry = send_and_see(c, t1, 5000);
	if (!entry)
		return;
	CONFORM_TRUE(c, entry->frame.mss <= 1000 - 40);
}

/* Contract: UPD-05, CLS-02 */
static void upd_05_only_cached(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *before, *after;

	if (!t1)
		return;
	before = conform_query(c, "T1");
	t1->tcp.cached.ttl_or_hop_limit = 44;
	if (!before || !conform_update(c, "T1"))
		return;
	after = conform_query(c, "T1");
	if (!after)
		return;
	CONFORM_TRUE(c, !memcmp(&before->node[0].tcp.constant,
				&after->node[0].tcp.constant,
				sizeof(before->node[0].tcp.constant)));
	CONFORM_EQ(c, conform_delegated(before, "T1")->rcv_nxt,
		   conform_delegated(after, "T1")->rcv_nxt);
	CONFORM_EQ(c, conform_delegated(before, "T1")->snd_nxt,
		   conform_delegated(after, "T1")->snd_nxt);
	CONFORM_EQ(c, conform_delegated(before, "T1")->cwnd,
		   conform_delegated(after, "T1")->cwnd);
	CONFORM_EQ(c, 44, after->node[0].tcp.cached.ttl_or_hop_limit);
}

/* Contract: UPD-07, UPD-24 */
static void upd_07_relink(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_object *n2 = conform_object(c, "N2");
	struct conform_entry *entry;

	if (!t1 || !conform_initiate(c, "N2") || !conform_update(c, "N2(P1)"))
		return;
	conform_object(c, "P1")->parent = n2;
	entry = send_and_see(c, t1, 100);
	if (!entry)
		return;
	CONFORM_TRUE(c, ether_addr_equal(entry->frame.destination,
					 n2->neighbor.cached
					 .dl_destination_address));
	conform_terminate(c, "N1");
}

/* Contract: UPD-14, UPD-15 */
static void upd_15_window_advertised(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_entry *last, *entry;

	t1->tcp.cached.initial_rcv_wnd = 20000;
	t1->tcp.delegated.rcv_wnd = 20000;
	if (!conform_connection(c))
		return;
	t1->tcp.cached.initial_rcv_wnd = 40000;
	t1->tcp.cached.flags |= CHIMNEY_TCP_UPDATE_RCV_WND;
	last = conform_last(c);
	if (!conform_update(c, "T1"))
		return;
	entry = conform_await(c, last, CONFORM_FRAME, t1);
	if (entry)
		CONFORM_TRUE(c, entry->frame.window > 20000);
}

static struct chimney_tcp_state_delegated *query(struct conform *c)
{
	struct conform_tree *tree = conform_query(c, "T1");

	return tree ? conform_delegated(tree, "T1") : NULL;
}

/* A connection that sends one segment again and again. */
static u32 retransmit_for_long(struct conform *c, struct conform_object *t1)
{
	struct chimney_tcp_state_delegated *d;
	int i;

	t1->tcp.delegated.srtt = 8 * 1000;
	t1->tcp.delegated.rtt_var = 4 * 1000;
	if (!conform_connection(c) || !conform_send(t1, 100))
		return 0;
	for (i = 0; i < 100; i++) {
		d = query(c);
		if (!d)
			return 0;
		if (d->total_rt > 500 * USEC_PER_MSEC)
			return d->total_rt;
		conform_settle(c);
	}
	conform_fail(c, "TotalRT of a segment sent again: expected to grow, got %u",
		     d->total_rt);
	return 0;
}

static void total_rt_restarts(struct conform *c, struct conform_object *t1)
{
	struct chimney_tcp_state_delegated *d;
	u32 before = retransmit_for_long(c, t1);

	if (!before)
		return;
	t1->tcp.cached.flags |= CHIMNEY_TCP_MAX_RT_RESTART;
	t1->tcp.cached.max_rt = 1000 * USEC_PER_SEC;
	if (!conform_update(c, "T1"))
		return;
	d = query(c);
	if (d)
		CONFORM_TRUE(c, d->total_rt < before);
}

/* Contract: UPD-16, UPD-17, RTX-06 */
static void upd_16_total_rt_restarts(struct conform *c)
{
	total_rt_restarts(c, conform_object(c, "T1"));
}

static struct conform_object *keepalive_connection(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	t1->tcp.cached.ka_timeout = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_interval = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_probe_count = 9;
	t1->tcp.delegated.keep_alive.timeout_delta = 300 * USEC_PER_SEC;
	t1->tcp.delegated.keep_alive.probe_count = 2;
	return conform_connection(c);
}

/* Contract: UPD-18, KA-05 */
static void upd_18_probes_reset(struct conform *c)
{
	struct conform_object *t1 = keepalive_connection(c);
	struct chimney_tcp_state_delegated *d = t1 ? query(c) : NULL;

	if (!d || !CONFORM_EQ(c, 2, d->keep_alive.probe_count))
		return;
	t1->tcp.cached.flags |= CHIMNEY_TCP_MAX_RT_RESTART;
	t1->tcp.cached.ka_probe_count = 6;
	d = conform_update(c, "T1") ? query(c) : NULL;
	if (d)
		CONFORM_EQ(c, 0, d->keep_alive.probe_count);
}

/* Contract: UPD-19 */
static void upd_19_timeout_reset(struct conform *c)
{
	struct conform_object *t1 = keepalive_connection(c);
	struct chimney_tcp_state_delegated *d = t1 ? query(c) : NULL;

	if (!d || !CONFORM_TRUE(c, d->keep_alive.timeout_delta <=
				300 * USEC_PER_SEC))
		return;
	t1->tcp.cached.flags |= CHIMNEY_TCP_MAX_RT_RESTART;
	t1->tcp.cached.ka_timeout = 2000 * USEC_PER_SEC;
	d = conform_update(c, "T1") ? query(c) : NULL;
	if (d)
		CONFORM_TRUE(c, d->keep_alive.timeout_delta >
			     1000 * USEC_PER_SEC);
}

/* Contract: UPD-20 */
static void upd_20_keepalive_restart(struct conform *c)
{
	struct conform_object *t1 = keepalive_connection(c);
	struct chimney_tcp_state_delegated *d;

	if (!t1)
		return;
	t1->tcp.cached.flags |= CHIMNEY_TCP_KEEP_ALIVE_RESTART;
	d = conform_update(c, "T1") ? query(c) : NULL;
	if (d)
		CONFORM_TRUE(c, d->keep_alive.timeout_delta >
			     500 * USEC_PER_SEC &&
			     d->keep_alive.timeout_delta <=
			     1000 * USEC_PER_SEC);
}

/* Contract: UPD-21, KA-01 */
static void upd_21_keepalive_off_and_on(struct conform *c)
{
	struct conform_object *t1 = keepalive_connection(c);
	struct chimney_tcp_state_delegated *d;

	if (!t1)
		return;
	t1->tcp.cached.flags = 0;
	d = conform_update(c, "T1") ? query(c) : NULL;
	if (!d || !CONFORM_EQ(c, CHIMNEY_TIMER_OFF, d->keep_alive.timeout_delta))
		return;
	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	d = conform_update(c, "T1") ? query(c) : NULL;
	if (d)
		CONFORM_TRUE(c, d->keep_alive.timeout_delta !=
			     CHIMNEY_TIMER_OFF);
}

/* Contract: UPD-22 */
static void upd_22_nagle(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	u32 first;

	t1->tcp.cached.flags = CHIMNEY_TCP_NAGLE;
	if (!conform_connection(c) || !conform_send(t1, 10))
		return;
	first = t1->host_nxt;
	if (!conform_await_sent(t1, first, false) || !conform_send(t1, 10))
		return;
	/* Something is on its way, so the second waits for the ACK. */
	conform_settle(c);
	if (!CONFORM_EQ(c, first, t1->peer.rcv_nxt))
		return;
	t1->tcp.cached.flags = 0;
	if (conform_update(c, "T1") && conform_send(t1, 10))
		conform_await_sent(t1, t1->host_nxt, false);
}

/* Contract: UPD-23, OP-05, OP-08 */
static void upd_23_completed_once(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_update(c, "T1");
	if (tree)
		conform_asynchronous(c, tree);
}

/* Contract: OP-09, OP-10, OP-11, OP-17 */
static void op_11_update_placeholders(struct conform *c)
{
	struct conform_tree *first, *second;

	if (!conform_initiate(c, "N1(P1(T1,T2))"))
		return;
	first = conform_tree(c, "_N(_P(T1,_T))");
	second = conform_tree(c, "_P(T2)");
	if (!conform_submit(c, first, CHIMNEY_OP_KIND_UPDATE) ||
	    !conform_submit(c, second, CHIMNEY_OP_KIND_UPDATE) ||
	    !conform_await_tree(c, first) || !conform_await_tree(c, second))
		return;
	conform_all_succeeded(c, first);
	conform_all_succeeded(c, second);
}

const struct conform_case conform_update_cases[] = {
	CONFORM_CASE(upd_06_mac_address,
		     "UPD-06, UPD-24, CLS-03, SEG-01", 0),
	CONFORM_CASE(upd_06_ttl_and_tos,
		     "UPD-06, SEG-12", 0),
	CONFORM_CASE(upd_06_path_mtu,
		     "UPD-06, SEG-02", 0),
	CONFORM_CASE(upd_05_only_cached,
		     "UPD-05, CLS-02", 0),
	CONFORM_CASE(upd_07_relink,
		     "UPD-07, UPD-24", 0),
	CONFORM_CASE(upd_15_window_advertised,
		     "UPD-14, UPD-15", 0),
	CONFORM_CASE(upd_16_total_rt_restarts,
		     "UPD-16, UPD-17, RTX-06", 0),
	CONFORM_CASE(upd_18_probes_reset,
		     "UPD-18, KA-05", 0),
	CONFORM_CASE(upd_19_timeout_reset,
		     "UPD-19", 0),
	CONFORM_CASE(upd_20_keepalive_restart,
		     "UPD-20", 0),
	CONFORM_CASE(upd_21_keepalive_off_and_on,
		     "UPD-21, KA-01", 0),
	CONFORM_CASE(upd_22_nagle,
		     "UPD-22", 0),
	CONFORM_CASE(upd_23_completed_once,
		     "UPD-23, OP-05, OP-08", 0),
	CONFORM_CASE(op_11_update_placeholders,
		     "OP-09, OP-10, OP-11, OP-17", 0),
	{}
};

/* Invalidate ---------------------------------------------------------------- */

static void nothing_is_sent(struct conform *c, struct conform_object *t1)
{
	struct conform_entry *last = conform_last(c);

	if (!conform_send(t1, 500))
		return;
	conform_settle(c);
	CONFORM_TRUE(c, !conform_find(c, last, CONFORM_FRAME, t1));
}

/* Contract: INV-02, INV-05, INV-10 */
static void inv_05_connection(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (t1 && conform_invalidate(c, "T1"))
		nothing_is_sent(c, t1);
}

/* Contract: INV-05, INV-06, TEV-12 */
static void inv_06_neighbor(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1 || !conform_invalidate(c, "N1"))
		return;
	nothing_is_sent(c, t1);
	entry = conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_UPLOAD_INVALID_STATE, entry->information);
}

/* Contract: INV-05 */
static void inv_05_path(struct conform *c)
{
	struct conform_object *t2 = conform_object(c, "T2");
	struct conform_object *t1;

	if (!conform_initiate(c, "N1(P1(T1),P2(T2))") ||
	    !conform_invalidate(c, "P1"))
		return;
	t1 = conform_object(c, "T1");
	nothing_is_sent(c, t1);
	/* Others on that neighbor go on. */
	if (conform_send(t2, 100))
		conform_await_sent(t2, t2->host_nxt, true);
}

/* Contract: INV-04, INV-07, TERM-15 */
static void inv_07_kept_until_terminate(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1 || !conform_invalidate(c, "N1(P1(T1))") ||
	    !conform_query(c, "N1(P1(T1))"))
		return;
	tree = conform_terminate(c, "N1(P1(T1))");
	if (tree)
		CONFORM_EQ(c, t1->tcp.delegated.snd_una,
			   conform_delegated(tree, "T1")->snd_una);
}

/* Contract: INV-03, OP-05, OP-08 */
static void inv_03_completed_once(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_invalidate(c, "N1(P1(T1))");
	if (tree)
		conform_asynchronous(c, tree);
}

/* Contract: OP-09, OP-10, OP-11 */
static void op_11_invalidate_placeholders(struct conform *c)
{
	if (conform_connection(c))
		conform_invalidate(c, "_N(_P(T1,_T))");
}

const struct conform_case conform_invalidate_cases[] = {
	CONFORM_CASE(inv_05_connection,
		     "INV-02, INV-05, INV-10", 0),
	CONFORM_CASE(inv_06_neighbor,
		     "INV-05, INV-06, TEV-12", 0),
	CONFORM_CASE(inv_05_path,
		     "INV-05", 0),
	CONFORM_CASE(inv_07_kept_until_terminate,
		     "INV-04, INV-07, TERM-15", 0),
	CONFORM_CASE(inv_03_completed_once,
		     "INV-03, OP-05, OP-08", 0),
	CONFORM_CASE(op_11_invalidate_placeholders,
		     "OP-09, OP-10, OP-11", 0),
	{}
};
