// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.5: query. */
#include "harness.h"

static bool same(struct conform *c, const char *what, const void *expected,
		 const void *got, size_t size)
{
	/* The core writes the header (DAT-11). */
	const size_t header = sizeof(struct chimney_state_header);

	if (!memcmp(expected + header, got + header, size - header))
		return true;
	conform_fail(c, "%s: expected what was handed over, got another", what);
	return false;
}

static void check_delegated(struct conform *c,
			    const struct chimney_tcp_state_delegated *expected,
			    const struct chimney_tcp_state_delegated *got)
{
	CONFORM_EQ(c, expected->state, got->state);
	CONFORM_EQ(c, expected->rcv_nxt, got->rcv_nxt);
	CONFORM_EQ(c, expected->rcv_wnd, got->rcv_wnd);
	CONFORM_EQ(c, expected->snd_una, got->snd_una);
	CONFORM_EQ(c, expected->snd_nxt, got->snd_nxt);
	CONFORM_EQ(c, expected->snd_max, got->snd_max);
	CONFORM_EQ(c, expected->snd_wnd, got->snd_wnd);
	CONFORM_EQ(c, expected->max_snd_wnd, got->max_snd_wnd);
	CONFORM_EQ(c, expected->snd_wl1, got->snd_wl1);
	CONFORM_EQ(c, expected->cwnd, got->cwnd);
	CONFORM_EQ(c, expected->ss_thresh, got->ss_thresh);
	CONFORM_EQ(c, expected->srtt, got->srtt);
	CONFORM_EQ(c, expected->rtt_var, got->rtt_var);
	CONFORM_EQ(c, 0, got->total_rt);
	CONFORM_EQ(c, 0, got->dup_ack_count);
	CONFORM_EQ(c, 0, got->snd_wnd_probe_count);
}

/* Contract: QRY-04, QRY-05, QRY-07, QRY-16, CLS-02, CLS-03, CLS-10, CLS-11, CTX-02, DAT-08 */
static void qry_05_connection(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;

	t1->tcp.cached.tos_or_traffic_class = 0x10;
	t1->tcp.cached.ttl_or_hop_limit = 77;
	t1->tcp.cached.ka_timeout = 90 * USEC_PER_SEC;
	t1->tcp.cached.ka_interval = 20 * USEC_PER_SEC;
	t1->tcp.cached.ka_probe_count = 7;
	t1->tcp.cached.max_rt = 30 * USEC_PER_SEC;
	if (!conform_connection(c))
		return;
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	same(c, "const state", &t1->tcp.constant, &tree->node[0].tcp.constant,
	     sizeof(t1->tcp.constant));
	same(c, "cached state", &t1->tcp.cached, &tree->node[0].tcp.cached,
	     sizeof(t1->tcp.cached));
	check_delegated(c, &t1->tcp.delegated, &tree->node[0].tcp.delegated);
}

/* Contract: QRY-05, CLS-02, CLS-03 */
static void qry_05_neighbor_and_path(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_object *p1 = conform_object(c, "P1");
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_query(c, "N1(P1)");
	if (!tree)
		return;
	same(c, "const state of the neighbor", &n1->neighbor.constant,
	     &tree->node[0].neighbor.constant, sizeof(n1->neighbor.constant));
	CONFORM_TRUE(c, ether_addr_equal(n1->neighbor.cached
					 .dl_destination_address,
					 tree->node[0].neighbor.cached
					 .dl_destination_address));
	same(c, "const state of the path", &p1->path.constant,
	     &tree->node[1].path.constant, sizeof(p1->path.constant));
	same(c, "cached state of the path", &p1->path.cached,
	     &tree->node[1].path.cached, sizeof(p1->path.cached));
}

static bool untouched(const void *p, size_t size)
{
	const u8 *bytes = p;

	while (size--)
		if (*bytes++ != 0xa5)
			return false;
	return true;
}

/* Contract: DAT-08, QRY-04 */
static void dat_08_one_class(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;
	struct conform_node *node;

	if (!t1)
		return;
	tree = conform_tree(c, "T1");
	node = &tree->node[0];
	memset(&node->tcp, 0xa5, sizeof(node->tcp));
	node->block.type = CHIMNEY_TCP_STATE_CACHED;
	node->block.state = &node->tcp.cached;
	if (!conform_submit(c, tree, CHIMNEY_OP_KIND_QUERY) ||
	    !conform_await_tree(c, tree))
		return;
	conform_statuses(c, tree, "SUCCESS");
	same(c, "cached state", &t1->tcp.cached, &node->tcp.cached,
	     sizeof(t1->tcp.cached));
	CONFORM_TRUE(c, untouched(&node->tcp.constant,
				  sizeof(node->tcp.constant)));
	CONFORM_TRUE(c, untouched(&node->tcp.delegated,
				  sizeof(node->tcp.delegated)));
}

/* Contract: QRY-02, OP-17 */
static void qry_02_two_at_once(struct conform *c)
{
	struct conform_tree *first, *second;

	if (!conform_connection(c))
		return;
	first = conform_tree(c, "T1");
	second = conform_tree(c, "T1");
	if (!conform_submit(c, first, CHIMNEY_OP_KIND_QUERY) ||
	    !conform_submit(c, second, CHIMNEY_OP_KIND_QUERY) ||
	    !conform_await_tree(c, first) || !conform_await_tree(c, second))
		return;
	conform_all_succeeded(c, first);
	conform_all_succeeded(c, second);
}

/* Contract: QRY-06, QRY-07, OP-05, OP-08 */
static void qry_06_completed_once(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_query(c, "N1(P1(T1))");
	if (tree)
		conform_asynchronous(c, tree);
}

/* Contract: OP-09, OP-10, OP-11 */
static void op_11_query_placeholders(struct conform *c)
{
	if (conform_connection(c))
		conform_query(c, "_N(P1(_T,T1)),N1");
}

/* Contract: CLS-17, QRY-16 */
static void cls_17_stopped_timers(struct conform *c)
{
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_EQ(c, CHIMNEY_TIMER_OFF, d->keep_alive.timeout_delta);
	CONFORM_EQ(c, CHIMNEY_TIMER_OFF, d->retransmit.timeout_delta);
}

/* Contract: QRY-16, RTX-06 */
static void qry_16_running_timers(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	t1->tcp.cached.ka_timeout = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_interval = 1000 * USEC_PER_SEC;
	t1->tcp.cached.ka_probe_count = 5;
	t1->tcp.delegated.keep_alive.timeout_delta = 1000 * USEC_PER_SEC;
	if (!conform_connection(c) || !conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_TRUE(c, d->keep_alive.timeout_delta <= 1000 * USEC_PER_SEC);
	CONFORM_TRUE(c, d->retransmit.timeout_delta <= 60 * USEC_PER_SEC);
	CONFORM_EQ(c, 0, d->total_rt);
}

static bool query_backlogs(struct conform *c, u32 *send, u32 *receive)
{
	struct conform_tree *tree = conform_query(c, "T1");

	if (!tree)
		return false;
	*send = conform_delegated(tree, "T1")->send_backlog_size;
	*receive = conform_delegated(tree, "T1")->receive_backlog_size;
	return true;
}

/* Contract: CLS-13, CLS-16 */
static void cls_13_send_backlog(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	u32 before, after, unused;

	if (!t1 || !query_backlogs(c, &before, &unused) ||
	    !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, false) ||
	    !query_backlogs(c, &after, &unused))
		return;
	CONFORM_TRUE(c, before != 0xa5a5a5a5);
	CONFORM_EQ(c, before, after);
}

/* Contract: CLS-14 */
static void cls_14_receive_backlog(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	u32 unused, receive;

	if (!t1)
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	if (!conform_peer_send(t1, 700, 0) ||
	    !conform_await(c, NULL, CONFORM_INDICATION, t1) ||
	    !query_backlogs(c, &unused, &receive))
		return;
	if (receive != CHIMNEY_BACKLOG_UNSUPPORTED)
		CONFORM_EQ(c, 700, receive);
}

/* Contract: CLS-12 */
static void cls_12_query_leaves_data(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	if (!conform_send(t1, 500) || !conform_peer_send(t1, 700, 0) ||
	    !conform_await(c, NULL, CONFORM_INDICATION, t1))
		return;
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	CONFORM_TRUE(c, skb_queue_empty(&tree->node[0].block.send_queue));
	CONFORM_TRUE(c, skb_queue_empty(&conform_delegated(tree, "T1")
					->buffered_data));
}

/*
 * Both confirmations are old, so the target asks, and leaves the other alone.
 * Contract: EVT-08, EVT-09, EVT-17, EVT-18
 */
static void evt_08_progress_confirms(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;

	n1->neighbor.cached.host_reachability_delta = 3000 * USEC_PER_SEC;
	n1->neighbor.delegated.nic_reachability_delta = 3000 * USEC_PER_SEC;
	c->hrd = 3100 * USEC_PER_SEC;
	if (!conform_connection(c) || !conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1) ||
	    !conform_await(c, NULL, CONFORM_NEIGHBOR, n1))
		return;
	tree = conform_query(c, "N1");
	if (!tree)
		return;
	CONFORM_TRUE(c, tree->node[0].neighbor.delegated
		     .nic_reachability_delta < 3000 * USEC_PER_SEC);
	CONFORM_TRUE(c, tree->node[0].neighbor.cached
		     .host_reachability_delta >= 3000 * USEC_PER_SEC);
}

const struct conform_case conform_query_cases[] = {
	CONFORM_CASE(qry_05_connection,
		     "QRY-04, QRY-05, QRY-07, QRY-16, CLS-02, CLS-03, CLS-10, CLS-11, CTX-02, DAT-08",
		     0),
	CONFORM_CASE(qry_05_neighbor_and_path,
		     "QRY-05, CLS-02, CLS-03", 0),
	CONFORM_CASE(dat_08_one_class,
		     "DAT-08, QRY-04", 0),
	CONFORM_CASE(qry_02_two_at_once,
		     "QRY-02, OP-17", 0),
	CONFORM_CASE(qry_06_completed_once,
		     "QRY-06, QRY-07, OP-05, OP-08", 0),
	CONFORM_CASE(op_11_query_placeholders,
		     "OP-09, OP-10, OP-11", 0),
	CONFORM_CASE(cls_17_stopped_timers,
		     "CLS-17, QRY-16", 0),
	CONFORM_CASE(qry_16_running_timers,
		     "QRY-16, RTX-06", 0),
	CONFORM_CASE(cls_13_send_backlog,
		     "CLS-13, CLS-16", 0),
	CONFORM_CASE(cls_14_receive_backlog,
		     "CLS-14", 0),
	CONFORM_CASE(cls_12_query_leaves_data,
		     "CLS-12", 0),
	CONFORM_CASE(evt_08_progress_confirms,
		     "EVT-08, EVT-09, EVT-17, EVT-18", 0),
	{}
};
