// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.8: terminate. */
#include <linux/slab.h>

#include "harness.h"

/* Contract: TERM-16, TERM-19, TERM-55, TERM-57, TERM-61, CLS-08, CLS-09 */
static void term_16_delegated_state(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	if (!t1 || !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1) ||
	    !conform_peer_send(t1, 500, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 500))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_ESTABLISHED, d->state);
	CONFORM_EQ(c, t1->host_nxt, d->snd_una);
	CONFORM_EQ(c, t1->host_nxt, d->snd_nxt);
	CONFORM_EQ(c, t1->host_nxt, d->snd_max);
	CONFORM_EQ(c, t1->peer.snd_nxt, d->rcv_nxt);
	CONFORM_EQ(c, 0xffff, d->snd_wnd);
	CONFORM_TRUE(c, skb_queue_empty(&tree->node[0].block.send_queue));
	CONFORM_TRUE(c, skb_queue_empty(&d->buffered_data));
}

/* Contract: TERM-14, TERM-18, TERM-19, OP-05, OP-06, OP-09 */
static void term_14_completed_once(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_terminate(c, "N1(P1(T1))");
	if (tree)
		conform_asynchronous(c, tree);
}

/* Contract: TERM-17 */
static void term_17_without_structures(struct conform *c)
{
	struct conform_tree *tree;
	unsigned int i;

	if (!conform_connection(c))
		return;
	tree = conform_tree(c, "N1(P1(T1))");
	tree->kind = CHIMNEY_OP_KIND_TERMINATE;
	tree->submitted = true;
	if (!CONFORM_EQ(c, 0, chimney_terminate_offload(c->binding,
							&tree->node[0].block,
							CONFORM_DEADLINE_MS))) {
		tree->submitted = false;
		return;
	}
	if (!conform_await_tree(c, tree))
		return;
	conform_all_succeeded(c, tree);
	for (i = 0; i < tree->count; i++)
		CONFORM_TRUE(c, !tree->node[i].block.state);
}

/* Contract: TERM-18, TERM-59, OP-10, OP-11 */
static void term_59_whole_tree_freed(struct conform *c)
{
	const struct chimney_target_ops *ops = c->target->ops;
	struct chimney_usage before = {}, after = {};

	if (ops->usage)
		ops->usage(c->target, &before);
	if (!conform_initiate(c, "N1(P1(T1,T2),P2(T3)),N2(P3(T4,T5))") ||
	    !conform_terminate(c, "N1(P1(T1,T2),P2(T3,_T)),N2(P3(T4,T5)),_N"))
		return;
	if (!ops->usage)
		return;
	ops->usage(c->target, &after);
	CONFORM_EQ(c, before.tcp, after.tcp);
	CONFORM_EQ(c, before.path, after.path);
	CONFORM_EQ(c, before.neighbor, after.neighbor);
}

/* Contract: TERM-59, CTX-08 */
static void term_59_layer_by_layer(struct conform *c)
{
	if (!conform_initiate(c, "N1(P1(T1,T2))") ||
	    !conform_terminate(c, "_N(_P(T2))") ||
	    !conform_terminate(c, "T1") || !conform_terminate(c, "P1"))
		return;
	conform_terminate(c, "N1");
}

static bool all_before(struct conform *c, enum conform_kind kind,
		       const struct conform_object *object,
		       const struct conform_tree *tree)
{
	struct conform_entry *entry = NULL;

	while ((entry = conform_find(c, entry, kind, object)))
		if (!conform_before(c, "completion of I/O, of the terminate",
				    entry, conform_tree_entry(c, tree)))
			return false;
	return true;
}

/* Contract: TERM-25, TERM-26, TERM-27, TERM-28, TERM-33, RCV-19, RCV-26, DSC-19, SND-27 */
static void term_25_28_drained(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;
	struct conform_entry *entry = NULL;

	if (!t1)
		return;
	conform_post(t1, 1000, false);
	conform_post(t1, 1000, true);
	if (!conform_send(t1, 800) || !conform_peer_ack(t1))
		return;
	conform_disconnect(t1, false, 200);
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	CONFORM_EQ(c, 0, conform_outstanding(c));
	CONFORM_EQ(c, 2, conform_count(c, CONFORM_RECEIVE, t1));
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_DISCONNECT, t1));
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_FORWARD, t1));
	all_before(c, CONFORM_RECEIVE, t1, tree);
	all_before(c, CONFORM_DISCONNECT, t1, tree);
	all_before(c, CONFORM_FORWARD, t1, tree);
	all_before(c, CONFORM_SEND, t1, tree);
	while ((entry = conform_find(c, entry, CONFORM_RECEIVE, t1)))
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
	entry = conform_find(c, NULL, CONFORM_DISCONNECT, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
}

/* Contract: TERM-29, TERM-30, TERM-31, TERM-32 */
static void term_31_32_quiet_afterwards(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *end;
	struct conform_tree *tree;
	int i;

	if (!t1)
		return;
	for (i = 0; i < 20; i++)
		if (!conform_peer_send(t1, 1000, CONFORM_PSH))
			return;
	tree = conform_terminate(c, "N1(P1(T1))");
	if (!tree)
		return;
	end = conform_tree_entry(c, tree);
	conform_settle(c);
	CONFORM_TRUE(c, !conform_find(c, end, CONFORM_INDICATION, NULL));
	CONFORM_TRUE(c, !conform_find(c, end, CONFORM_EVENT, NULL));
	CONFORM_TRUE(c, !conform_find(c, end, CONFORM_NEIGHBOR, NULL));
	CONFORM_TRUE(c, !conform_find(c, end, CONFORM_STATUS, NULL));
}

/* Contract: TERM-34, DACK-03 */
static void term_34_ack_sent_before(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry = NULL;
	struct conform_tree *tree;

	if (!t1 || !conform_peer_send(t1, 100, 0) ||
	    !conform_await_delivered(t1, 100))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	do {
		entry = conform_find(c, entry, CONFORM_FRAME, t1);
	} while (entry && entry->frame.ack != t1->peer.snd_nxt);
	conform_before(c, "ACK of the data, completion of the terminate",
		       entry, conform_tree_entry(c, tree));
}

/* Contract: TERM-37, CLS-17 */
static void term_37_stopped_timers(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_connection(c))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	CONFORM_EQ(c, CHIMNEY_TIMER_OFF,
		   conform_delegated(tree, "T1")->keep_alive.timeout_delta);
	CONFORM_EQ(c, CHIMNEY_TIMER_OFF,
		   conform_delegated(tree, "T1")->retransmit.timeout_delta);
}

/* Contract: TERM-37, KA-05, KA-06, RTX-08, TMR-06 */
static void term_37_running_timers(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;

	t1->tcp.cached.flags = CHIMNEY_TCP_KEEP_ALIVE;
	t1->tcp.cached.ka_timeout = 2000 * USEC_PER_SEC;
	t1->tcp.cached.ka_interval = 2000 * USEC_PER_SEC;
	t1->tcp.cached.ka_probe_count = 9;
	t1->tcp.delegated.keep_alive.timeout_delta = 1000 * USEC_PER_SEC;
	t1->tcp.delegated.keep_alive.probe_count = 3;
	if (!conform_initiate(c, "N1(P1(T1,T2))") ||
	    !conform_send(conform_object(c, "T2"), 100) ||
	    !conform_await_sent(conform_object(c, "T2"),
				conform_object(c, "T2")->host_nxt, false))
		return;
	tree = conform_terminate(c, "_P(T1,T2)");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_TRUE(c, d->keep_alive.timeout_delta <= 1000 * USEC_PER_SEC &&
		     d->keep_alive.timeout_delta > 500 * USEC_PER_SEC);
	CONFORM_EQ(c, 3, d->keep_alive.probe_count);
	d = conform_delegated(tree, "T2");
	CONFORM_TRUE(c, d->retransmit.timeout_delta <= 60 * USEC_PER_SEC);
	CONFORM_EQ(c, 0, d->retransmit.count);
}

/* Contract: TERM-44, TERM-45 */
static void term_44_out_of_order_dropped(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d;
	struct conform_segment segment;
	struct conform_tree *tree;

	t1->tcp.constant.flags = CHIMNEY_TCP_SACK;
	if (!conform_connection(c))
		return;
	segment = conform_segment(t1);
	segment.seq += 1000;
	segment.len = 500;
	if (!conform_forward(t1, &segment) ||
	    !conform_await(c, NULL, CONFORM_FORWARD, t1))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, d->rcv_nxt);
	CONFORM_TRUE(c, skb_queue_empty(&d->buffered_data));
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, t1->peer.acked);
}

/* What came with a terminate and what was delivered are one stream. */
static void account_for(struct conform *c, struct conform_object *conn,
			struct chimney_tcp_state_delegated *d)
{
	u32 seq = conform_delivered(conn);
	struct sk_buff *skb;

	skb_queue_walk(&d->buffered_data, skb) {
		CONFORM_TRUE(c, conform_is_data(skb, seq));
		seq += skb->len;
	}
	CONFORM_EQ(c, d->rcv_nxt, seq);
	CONFORM_EQ(c, conn->peer.snd_nxt, d->rcv_nxt);
}

/* Contract: TERM-46, TERM-48, TERM-49, RRET-08, RIND-07, RIND-09 */
static void term_46_undelivered_data(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	if (!conform_peer_send(t1, 4000, CONFORM_PSH) ||
	    !conform_await(c, NULL, CONFORM_INDICATION, t1))
		return;
	while (conform_count(c, CONFORM_FORWARD, t1) < 3)
		if (!conform_await(c, conform_last(c), CONFORM_FORWARD, t1))
			return;
	tree = conform_terminate(c, "T1");
	if (tree)
		account_for(c, t1, conform_delegated(tree, "T1"));
}

/* Contract: TERM-46, TERM-47, RIND-08 */
static void term_46_partly_delivered(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 300);
	if (!conform_peer_send(t1, 1000, CONFORM_PSH) ||
	    !conform_await(c, NULL, CONFORM_INDICATION, t1))
		return;
	tree = conform_terminate(c, "T1");
	if (tree)
		account_for(c, t1, conform_delegated(tree, "T1"));
}

/* Contract: TERM-28, TERM-52, TERM-53, TERM-54, TERM-55, TERM-56, SND-07, SND-21 */
static void term_53_send_data_back(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_tcp_state_delegated *d;
	struct conform_segment segment;
	struct conform_tree *tree;
	struct sk_buff *skb;
	u32 seq;

	if (!t1 || !conform_send(t1, 1000) || !conform_send(t1, 1000) ||
	    !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	segment = conform_segment(t1);
	segment.ack = t1->tcp.delegated.snd_una + 1400;
	if (!conform_forward(t1, &segment) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	CONFORM_EQ(c, t1->tcp.delegated.snd_una + 1400, d->snd_una);
	CONFORM_EQ(c, t1->host_nxt, d->snd_max);
	seq = d->snd_una;
	skb_queue_walk(&tree->node[0].block.send_queue, skb) {
		CONFORM_TRUE(c, conform_is_data(skb, seq));
		seq += skb->len;
	}
	CONFORM_EQ(c, t1->host_nxt, seq);
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_SEND, t1));
}

/* Contract: TERM-52, TERM-55, SND-04 */
static void term_52_unsent_data_back(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d;
	struct conform_tree *tree;
	struct sk_buff *skb;
	u32 len = 0;

	t1->tcp.delegated.snd_wnd = 2000;
	t1->peer.window = 2000;
	if (!conform_connection(c) || !conform_send(t1, 5000) ||
	    !conform_await_sent(t1, t1->tcp.delegated.snd_una + 1460, false))
		return;
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	d = conform_delegated(tree, "T1");
	skb_queue_walk(&tree->node[0].block.send_queue, skb)
		len += skb->len;
	CONFORM_EQ(c, 5000, len);
	CONFORM_EQ(c, t1->tcp.delegated.snd_una, d->snd_una);
	CONFORM_EQ(c, t1->peer.rcv_nxt, d->snd_max);
	CONFORM_TRUE(c, d->snd_max - d->snd_una <= 2000);
}

/* Contract: TERM-15, TERM-60, DSC-25 */
static void term_15_closing_states(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_object *t2 = conform_object(c, "T2");
	struct conform_object *t3 = conform_object(c, "T3");
	struct conform_object *t4 = conform_object(c, "T4");
	struct conform_tree *tree;

	if (!conform_initiate(c, "N1(P1(T1,T2,T3,T4))"))
		return;
	/* FIN sent, FIN acknowledged, FIN received, RST received */
	conform_disconnect(t1, false, 0);
	conform_disconnect(t2, false, 0);
	if (!conform_until(c, READ_ONCE(t1->peer.fin)) ||
	    !conform_until(c, READ_ONCE(t2->peer.fin)) ||
	    !conform_peer_ack(t2) || !conform_peer_flags(t3, CONFORM_FIN) ||
	    !conform_peer_flags(t4, CONFORM_RST) ||
	    !conform_await(c, NULL, CONFORM_DISCONNECT, t2) ||
	    !conform_await_event(c, t3, CHIMNEY_TCP_DISCONNECT) ||
	    !conform_await_event(c, t4, CHIMNEY_TCP_ABORT))
		return;
	conform_settle(c);
	tree = conform_terminate(c, "_P(T1,T2,T3,T4)");
	if (!tree)
		return;
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_FIN_WAIT_1,
		   conform_delegated(tree, "T1")->state);
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_FIN_WAIT_2,
		   conform_delegated(tree, "T2")->state);
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_CLOSE_WAIT,
		   conform_delegated(tree, "T3")->state);
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_CLOSED,
		   conform_delegated(tree, "T4")->state);
}

/* Contract: TERM-58, SND-17, SND-25, TEV-16, TEV-21, FWD-14 */
static void term_58_late_io(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_entry *entry, *last;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.flags |= CONFORM_URG;
	segment.urgent = 10;
	segment.len = 100;
	if (!conform_forward(t1, &segment) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE))
		return;
	last = conform_last(c);
	if (!conform_send(t1, 100))
		return;
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
	if (!conform_peer_send(t1, 100, 0))
		return;
	entry = conform_await(c, last, CONFORM_FORWARD, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
	CONFORM_TRUE(c, !conform_find(c, last, CONFORM_INDICATION, t1));
}

/* Contract: TERM-42, TERM-43 */
static void term_43_segments_left_to_host(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1 || !conform_terminate(c, "T1"))
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	if (conform_arrive(t1, &segment, 0))
		conform_await(c, NULL, CONFORM_HOST, t1);
}

/* Contract: TERM-59, CTX-05 */
static void term_59_offloaded_again(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;
	int i;

	for (i = 0; t1 && i < 3; i++) {
		if (!conform_send(t1, 1000) ||
		    !conform_await_sent(t1, t1->host_nxt, true) ||
		    !conform_await(c, NULL, CONFORM_SEND, t1))
			return;
		tree = conform_terminate(c, "T1");
		if (!tree || !CONFORM_TRUE(c, !t1->handle.context))
			return;
		t1->tcp.delegated = *conform_delegated(tree, "T1");
		__skb_queue_head_init(&t1->tcp.delegated.buffered_data);
		t1->parent = conform_object(c, "P1");
		if (!conform_initiate(c, "N1(P1(T1))"))
			return;
	}
}

const struct conform_case conform_term_cases[] = {
	CONFORM_CASE(term_16_delegated_state,
		     "TERM-16, TERM-19, TERM-55, TERM-57, TERM-61, CLS-08, CLS-09",
		     0),
	CONFORM_CASE(term_14_completed_once,
		     "TERM-14, TERM-18, TERM-19, OP-05, OP-06, OP-09", 0),
	CONFORM_CASE(term_17_without_structures,
		     "TERM-17", 0),
	CONFORM_CASE(term_59_whole_tree_freed,
		     "TERM-18, TERM-59, OP-10, OP-11", 0),
	CONFORM_CASE(term_59_layer_by_layer,
		     "TERM-59, CTX-08", 0),
	CONFORM_CASE(term_25_28_drained,
		     "TERM-25, TERM-26, TERM-27, TERM-28, TERM-33, RCV-19, RCV-26, DSC-19, SND-27",
		     0),
	CONFORM_CASE(term_31_32_quiet_afterwards,
		     "TERM-29, TERM-30, TERM-31, TERM-32", 0),
	CONFORM_CASE(term_34_ack_sent_before,
		     "TERM-34, DACK-03", 0),
	CONFORM_CASE(term_37_stopped_timers,
		     "TERM-37, CLS-17", 0),
	CONFORM_CASE(term_37_running_timers,
		     "TERM-37, KA-05, KA-06, RTX-08, TMR-06", 0),
	CONFORM_CASE(term_44_out_of_order_dropped,
		     "TERM-44, TERM-45", CONFORM_SACK),
	CONFORM_CASE(term_46_undelivered_data,
		     "TERM-46, TERM-48, TERM-49, RRET-08, RIND-07, RIND-09", 0),
	CONFORM_CASE(term_46_partly_delivered,
		     "TERM-46, TERM-47, RIND-08", 0),
	CONFORM_CASE(term_53_send_data_back,
		     "TERM-28, TERM-52, TERM-53, TERM-54, TERM-55, TERM-56, SND-07, SND-21",
		     0),
	CONFORM_CASE(term_52_unsent_data_back,
		     "TERM-52, TERM-55, SND-04", 0),
	CONFORM_CASE(term_15_closing_states,
		     "TERM-15, TERM-60, DSC-25", 0),
	CONFORM_CASE(term_58_late_io,
		     "TERM-58, SND-17, SND-25, TEV-16, TEV-21, FWD-14", 0),
	CONFORM_CASE(term_43_segments_left_to_host,
		     "TERM-42, TERM-43", CONFORM_WIRE),
	CONFORM_CASE(term_59_offloaded_again,
		     "TERM-59, CTX-05", 0),
	{}
};
