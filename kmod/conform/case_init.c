// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.4: initiate. */
#include <linux/slab.h>

#include "harness.h"

/* Contract: INIT-16, INIT-19, INIT-26, INIT-38, INIT-39, OP-04, OP-05, OP-06, OP-07, OP-08 */
static void init_16_completed_once(struct conform *c)
{
	struct conform_tree *tree = conform_initiate(c, "N1(P1(T1))");
	unsigned int i;

	if (!tree || !conform_asynchronous(c, tree))
		return;
	for (i = 0; i < tree->count; i++)
		CONFORM_TRUE(c, tree->node[i].object->handle.context);
}

/* Contract: INIT-15 */
static void init_15_returns_before_work(struct conform *c)
{
	struct conform_tree *tree = conform_tree(c, "N1(P1(T1,T2,T3,T4))");

	if (conform_submit(c, tree, CHIMNEY_OP_KIND_INITIATE) &&
	    conform_await_tree(c, tree))
		conform_asynchronous(c, tree);
}

/*
 * The K-th command of a target that traverses in order creates the K-th block,
 * so this one is the first that fails.
 * Contract: INIT-20, INIT-21
 */
static void init_20_21_order(struct conform *c)
{
	static const char picture[] =
		"N1(P1(T1,T2),P2(T3)),N2(P3(T4,T5))";
	struct conform_tree *tree;
	char script[48];
	unsigned int k, i;

	for (k = 1; k <= 10; k++) {
		snprintf(script, sizeof(script), "on any %u status failed", k);
		if (!conform_fault(c, script))
			return;
		tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, picture);
		if (!tree)
			return;
		for (i = 0; i < tree->count; i++)
			if (!tree->node[i].object->handle.context)
				break;
		CONFORM_EQ(c, k, i + 1);
		conform_bring_home(c);
	}
	conform_fault(c, "clear");
}

/* Contract: INIT-22, INIT-24, INIT-42, OP-10, OP-11 */
static void init_22_24_placeholders(struct conform *c)
{
	if (!conform_initiate(c, "_N,N1(_P,P1(T1,_T)),_N(_P)"))
		return;
	conform_initiate(c, "_N(P1(_T,T2),_P)");
}

/* Contract: INIT-23, SEG-01, CTX-08, INIT-32, DAT-17 */
static void init_23_linker_attaches(struct conform *c)
{
	struct conform_object *t2 = conform_object(c, "T2");
	struct conform_entry *frame;

	if (!conform_connection(c) || !conform_initiate(c, "N1(P1(T2))") ||
	    !conform_send(t2, 100) ||
	    !conform_await_sent(t2, t2->host_nxt, true))
		return;
	frame = conform_find(c, NULL, CONFORM_FRAME, t2);
	CONFORM_TRUE(c, ether_addr_equal(frame->frame.destination,
					 conform_object(c, "N1")->neighbor
					 .cached.dl_destination_address));
}

/* Contract: INIT-18, INIT-23 */
static void init_18_path_on_linked_neighbor(struct conform *c)
{
	struct conform_object *t2 = conform_object(c, "T2");

	if (!conform_connection(c) || !conform_initiate(c, "N1(P2(T2))") ||
	    !conform_send(t2, 100))
		return;
	conform_await_sent(t2, t2->host_nxt, true);
}

/* Contract: INIT-28 */
static void init_28_buffered_data_copied(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	u32 first = t1->tcp.delegated.rcv_nxt - 1000;
	struct conform_tree *tree;
	struct sk_buff *skb;
	u8 junk = 0xee;
	u32 i;

	__skb_queue_tail(&t1->tcp.delegated.buffered_data,
			 conform_data(first, 1000));
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	tree = conform_initiate(c, "N1(P1(T1))");
	if (!tree)
		return;
	/* The buffers are the host's again (INIT-30): they change and go. */
	skb_queue_walk(&conform_delegated(tree, "T1")->buffered_data, skb)
		for (i = 0; i < skb->len; i++)
			skb_store_bits(skb, i, &junk, 1);
	__skb_queue_purge(&conform_delegated(tree, "T1")->buffered_data);
	conform_post(t1, 1000, false);
	conform_await_delivered(t1, 0);
}

static struct conform_object *buffered_connection(struct conform *c, u32 len)
{
	struct conform_object *t1 = conform_object(c, "T1");

	__skb_queue_tail(&t1->tcp.delegated.buffered_data,
			 conform_data(t1->tcp.delegated.rcv_nxt - len, len));
	return conform_connection(c);
}

/* Contract: INIT-67 */
static void init_67_buffered_into_requests(struct conform *c)
{
	struct conform_object *t1 = buffered_connection(c, 2000);
	struct conform_entry *entry;

	if (!t1)
		return;
	conform_settle(c);
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
	conform_post(t1, 2000, true);
	entry = conform_await(c, NULL, CONFORM_RECEIVE, t1);
	if (!entry)
		return;
	CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
	CONFORM_EQ(c, 2000, entry->len);
}

/* Contract: INIT-37 */
static void init_37_push_timer(struct conform *c)
{
	struct conform_object *t1 = buffered_connection(c, 1000);
	struct conform_entry *entry;

	if (!t1)
		return;
	conform_post(t1, 2000, false);
	entry = conform_await(c, NULL, CONFORM_RECEIVE, t1);
	if (!entry)
		return;
	CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
	CONFORM_EQ(c, 1000, entry->len);
}

/* Contract: INIT-68, DLV-11 */
static void init_68_rest_indicated(struct conform *c)
{
	struct conform_object *t1 = buffered_connection(c, 2000);

	if (!t1)
		return;
	conform_post(t1, 500, false);
	if (!conform_await_delivered(t1, 0))
		return;
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_RECEIVE, t1));
	conform_before(c, "completion of the request, indication of the rest",
		       conform_find(c, NULL, CONFORM_RECEIVE, t1),
		       conform_find(c, NULL, CONFORM_INDICATION, t1));
}

/* Contract: INIT-69 */
static void init_69_buffered_before_new(struct conform *c)
{
	struct conform_object *t1 = buffered_connection(c, 1000);

	if (!t1 || !conform_peer_send(t1, 500, 0))
		return;
	conform_post(t1, 1500, true);
	conform_await_delivered(t1, 500);
}

/* Contract: INIT-61, OP-17 */
static void init_61_several_at_once(struct conform *c)
{
	struct conform_tree *first = conform_tree(c, "N1(P1(T1))");
	struct conform_tree *second = conform_tree(c, "N2(P2(T2))");

	if (conform_submit(c, first, CHIMNEY_OP_KIND_INITIATE) &&
	    conform_submit(c, second, CHIMNEY_OP_KIND_INITIATE) &&
	    conform_await_tree(c, first) && conform_await_tree(c, second)) {
		conform_all_succeeded(c, first);
		conform_all_succeeded(c, second);
	}
}

static void forward_at_complete(struct conform *c, struct conform_tree *tree)
{
	struct conform_object *t1 = conform_object(c, "T1");

	if (tree->kind == CHIMNEY_OP_KIND_INITIATE)
		conform_peer_send(t1, 100, 0);
}

/*
 * From within the completion a segment is forwarded already (G-39).
 * Contract: INIT-63, INIT-64, INIT-65
 */
static void init_63_no_early_indication(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;

	c->at_complete = forward_at_complete;
	tree = conform_initiate(c, "N1(P1(T1))");
	if (!tree || !conform_await_delivered(t1, 100))
		return;
	conform_before(c, "completion of the initiate, indication of data",
		       conform_tree_entry(c, tree),
		       conform_find(c, NULL, CONFORM_INDICATION, t1));
	if (conform_find(c, NULL, CONFORM_EVENT, t1))
		conform_before(c, "completion of the initiate, event",
			       conform_tree_entry(c, tree),
			       conform_find(c, NULL, CONFORM_EVENT, t1));
}

static struct conform_entry *first_data(struct conform *c,
					struct conform_object *conn)
{
	struct conform_entry *entry = NULL;

	do {
		entry = conform_find(c, entry, CONFORM_FRAME, conn);
	} while (entry && !entry->len);
	return entry;
}

/* Contract: INIT-73, INIT-74, INIT-75, INIT-76, INIT-31 */
static void init_74_nothing_to_retransmit(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d = &t1->tcp.delegated;

	d->snd_nxt = d->snd_una + 1000;
	d->snd_max = d->snd_nxt;
	d->retransmit.timeout_delta = 60 * USEC_PER_SEC;
	/* What was sent before the hand-over has arrived. */
	t1->peer.rcv_nxt = d->snd_max;
	if (!conform_queue(t1, 700) || !conform_queue(t1, 2300) ||
	    !conform_connection(c) || !conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	CONFORM_EQ(c, d->snd_max, first_data(c, t1)->frame.seq);
}

/* Contract: INIT-72 */
static void init_72_sent_again_first(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d = &t1->tcp.delegated;
	struct conform_entry *entry;

	d->snd_nxt = d->snd_una + 500;
	d->snd_max = d->snd_una + 2000;
	d->retransmit.timeout_delta = 60 * USEC_PER_SEC;
	t1->peer.rcv_nxt = d->snd_nxt;
	if (!conform_queue(t1, 3000) || !conform_connection(c) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	entry = first_data(c, t1);
	CONFORM_EQ(c, 0, (s32)(entry->frame.seq - d->snd_nxt) > 0);
}

/* Contract: INIT-71, INIT-49, INIT-36, RTX-07 */
static void init_71_inherited_is_retransmitted(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_tcp_state_delegated *d = &t1->tcp.delegated;
	struct conform_entry *entry;

	d->snd_nxt = d->snd_una + 1000;
	d->snd_max = d->snd_nxt;
	d->retransmit.timeout_delta = 100 * USEC_PER_MSEC;
	if (!conform_queue(t1, 1000) || !conform_connection(c) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	CONFORM_EQ(c, d->snd_una, first_data(c, t1)->frame.seq);
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
}

/* Contract: CTX-01, CTX-02 */
static void ctx_01_distinct_contexts(struct conform *c)
{
	struct conform_tree *tree =
		conform_initiate(c, "N1(P1(T1,T2),P2(T3)),N2(P3(T4))");
	unsigned int i, j;

	for (i = 0; tree && i < tree->count; i++)
		for (j = 0; j < i; j++)
			CONFORM_TRUE(c, tree->node[i].object->handle.context !=
				     tree->node[j].object->handle.context);
}

static bool exchange(struct conform_object *conn, unsigned int rounds)
{
	unsigned int i;

	for (i = 1; i <= rounds; i++)
		if (!conform_send(conn, 3000) ||
		    !conform_await_sent(conn, conn->host_nxt, true) ||
		    !conform_peer_send(conn, 3000, CONFORM_PSH) ||
		    !conform_await_delivered(conn, 3000 * i))
			return false;
	return true;
}

/* Contract: CTX-05, CLS-07 */
static void ctx_05_context_stays(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	void *context;

	if (!t1)
		return;
	context = t1->handle.context;
	if (!exchange(t1, 5))
		return;
	CONFORM_TRUE(c, t1->handle.context == context);
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE));
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_ABORT));
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_DISCONNECT));
}

/* Contract: DAT-06, DAT-07, DAT-08 */
static void dat_06_many_connections(struct conform *c)
{
	u32 count = min_t(u32, 200, c->target->caps.tcp_entries);
	struct conform_tree *tree;
	char *picture;
	size_t used;
	u32 i;

	picture = kmalloc(16 + 6 * count, GFP_KERNEL);
	if (!picture)
		return;
	used = sprintf(picture, "N1(P1(");
	for (i = 1; i <= count; i++)
		used += sprintf(picture + used, "%sT%u", i > 1 ? "," : "", i);
	sprintf(picture + used, "))");
	tree = conform_initiate(c, picture);
	kfree(picture);
	if (tree)
		CONFORM_EQ(c, count + 2, tree->count);
}

/* Contract: DAT-12 */
static void dat_12_client_fields_untouched(struct conform *c)
{
	struct conform_tree *tree = conform_tree(c, "N1(P1(T1,T2))");
	unsigned int i;

	for (i = 0; i < tree->count; i++) {
		tree->node[i].block.client_priv[0] = &tree->node[i];
		tree->node[i].block.client_priv[1] = c;
	}
	if (!conform_submit(c, tree, CHIMNEY_OP_KIND_INITIATE) ||
	    !conform_await_tree(c, tree))
		return;
	for (i = 0; i < tree->count; i++) {
		CONFORM_TRUE(c, tree->node[i].block.client_priv[0] ==
			     &tree->node[i]);
		CONFORM_TRUE(c, tree->node[i].block.client_priv[1] == c);
		CONFORM_TRUE(c, tree->node[i].block.handle ==
			     &tree->node[i].object->handle);
	}
}

/* Contract: OP-13, INIT-17 */
static void op_13_tree_untouched_afterwards(struct conform *c)
{
	struct conform_tree *tree = conform_initiate(c, "N1(P1(T1))");
	size_t size;
	void *copy;

	if (!tree)
		return;
	size = tree->count * sizeof(tree->node[0]);
	memset(tree->node[2].block.target_priv, 0x77,
	       sizeof(tree->node[2].block.target_priv));
	copy = kmemdup(tree->node, size, GFP_KERNEL);
	if (!copy)
		return;
	exchange(conform_object(c, "T1"), 5);
	CONFORM_TRUE(c, !memcmp(copy, tree->node, size));
	kfree(copy);
}

/* Contract: INIT-35, INIT-12, EVT-06, QRY-15 */
static void init_35_reachability_carried(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_tree *tree;

	n1->neighbor.cached.host_reachability_delta = 5 * USEC_PER_SEC;
	n1->neighbor.delegated.nic_reachability_delta = 5 * USEC_PER_SEC;
	if (!conform_connection(c))
		return;
	tree = conform_query(c, "N1");
	if (!tree)
		return;
	CONFORM_TRUE(c, tree->node[0].neighbor.delegated
		     .nic_reachability_delta >= 5 * USEC_PER_SEC);
	CONFORM_TRUE(c, tree->node[0].neighbor.delegated
		     .nic_reachability_delta < 1000 * USEC_PER_SEC);
}

/* Contract: VLAN-01, VLAN-02, VLAN-03, VLAN-08, VLAN-11, VLAN-12 */
static void vlan_11_tagged(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_object *t2 = conform_object(c, "T2");

	n1->neighbor.constant.vlan_id = 5;
	t1->tcp.cached.user_priority = 3;
	if (!conform_initiate(c, "N1(P1(T1)),N2(P2(T2))") ||
	    !conform_send(t1, 100) || !conform_send(t2, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await_sent(t2, t2->host_nxt, true))
		return;
	CONFORM_EQ(c, 3 << 13 | 5,
		   conform_find(c, NULL, CONFORM_FRAME, t1)->frame.vlan);
	CONFORM_EQ(c, -1, conform_find(c, NULL, CONFORM_FRAME, t2)->frame.vlan);
}

static bool arrives(struct conform_object *conn, u16 tag, u32 len)
{
	struct conform_segment segment = conform_segment(conn);

	segment.len = len;
	segment.tag = tag;
	return conform_arrive(conn, &segment, 0);
}

/* Contract: VLAN-13 */
static void vlan_13_not_filtered(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	static const u16 tags[] = { 0, 5, 3 << 13, 7 << 13 | 4094 };
	int i;

	if (!t1 || !conform_exchange(t1))
		return;
	for (i = 0; i < ARRAY_SIZE(tags); i++) {
		if (!arrives(t1, tags[i], 100) ||
		    !conform_await_delivered(t1, 100 * (i + 1)))
			return;
		t1->peer.snd_nxt += 100;
	}
}

/* Contract: VLAN-14 */
static void vlan_14_filtered(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_object *t1;

	n1->neighbor.constant.vlan_id = 5;
	t1 = conform_connection(c);
	if (!t1 || !conform_exchange(t1) || !arrives(t1, 0, 100) ||
	    !arrives(t1, 6, 100) || !arrives(t1, 3 << 13, 100) ||
	    !arrives(t1, 3 << 13 | 5, 50) || !conform_await_delivered(t1, 50))
		return;
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_HOST, t1));
}

/* Contract: SEG-09 */
static void seg_09_multicast_mac(struct conform *c)
{
	static const u8 enabled[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0, 0x42, 1 };
	static const u8 other[ETH_ALEN] = { 0x01, 0x00, 0x5e, 0, 0x42, 2 };
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1 || !conform_exchange(t1))
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	segment.destination = other;
	if (!conform_arrive(t1, &segment, 0) ||
	    !conform_await(c, NULL, CONFORM_HOST, t1))
		return;
	if (!CONFORM_EQ(c, 0, dev_mc_add(c->target->dev, enabled)))
		return;
	segment.destination = enabled;
	if (conform_arrive(t1, &segment, 0))
		conform_await_delivered(t1, 100);
	dev_mc_del(c->target->dev, enabled);
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_HOST, t1));
}

/* Contract: INIT-50, SEG-08 */
static void init_50_source_address(struct conform *c)
{
	static const u8 mac[ETH_ALEN] = { 0x02, 0x00, 0x5e, 0x20, 0x00, 0x01 };
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;

	ether_addr_copy(n1->neighbor.constant.dl_source_address, mac);
	tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, "N1(P1(T1))");
	if (!tree)
		return;
	if (tree->node[0].block.status != CHIMNEY_STATUS_SUCCESS) {
		conform_statuses(c, tree, "HW_ADDRESS_ENTRIES FAILURE FAILURE");
		return;
	}
	if (!conform_send(t1, 100) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	CONFORM_TRUE(c, ether_addr_equal(conform_find(c, NULL, CONFORM_FRAME,
						      t1)->frame.source, mac));
}

/* Contract: CAP-14 */
static void cap_14_all_entries(struct conform *c)
{
	const struct chimney_caps *caps = &c->target->caps;
	struct conform_tree *tree;
	char name[24];
	u32 i;

	if (caps->tcp_entries > 1000) {
		conform_skip(c, "the target has too many entries to fill");
		return;
	}
	for (i = 1; i <= caps->tcp_entries; i++) {
		snprintf(name, sizeof(name), "N1(P1(T%u))", i);
		if (!conform_initiate(c, name))
			return;
	}
	snprintf(name, sizeof(name), "N1(P1(T%u))", i);
	tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, name);
	if (tree)
		conform_statuses(c, tree, "SUCCESS FAILURE TCP_ENTRIES");
}

/* Contract: INIT-38, INIT-27 */
static void init_38_path_mtu(struct conform *c)
{
	struct conform_tree *tree;

	if (!c->target->caps.max_mtu) {
		conform_skip(c, "the target has no limit of the path MTU");
		return;
	}
	conform_object(c, "P1")->path.cached.path_mtu =
		c->target->caps.max_mtu + 1;
	tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, "N1(P1(T1))");
	if (!tree)
		return;
	conform_statuses(c, tree, "PARTIAL_SUCCESS PATH_MTU FAILURE");
	CONFORM_TRUE(c, !conform_object(c, "P1")->handle.context);
	CONFORM_TRUE(c, !conform_object(c, "T1")->handle.context);
}

/* Contract: INIT-38, INIT-27, INIT-40 */
static void init_38_receive_window(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;

	if (!c->target->caps.max_rcv_wnd) {
		conform_skip(c, "the target has no limit of the window");
		return;
	}
	t1->tcp.cached.initial_rcv_wnd = c->target->caps.max_rcv_wnd + 1;
	tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, "N1(P1(T1))");
	if (!tree)
		return;
	conform_statuses(c, tree, "SUCCESS PARTIAL_SUCCESS TCP_RCV_WINDOW");
	CONFORM_TRUE(c, !t1->handle.context);
}

const struct conform_case conform_init_cases[] = {
	CONFORM_CASE(init_16_completed_once,
		     "INIT-16, INIT-19, INIT-26, INIT-38, INIT-39, OP-04, OP-05, OP-06, OP-07, OP-08",
		     0),
	CONFORM_CASE(init_15_returns_before_work,
		     "INIT-15", 0),
	CONFORM_CASE(init_20_21_order,
		     "INIT-20, INIT-21", CONFORM_FAULT),
	CONFORM_CASE(init_22_24_placeholders,
		     "INIT-22, INIT-24, INIT-42, OP-10, OP-11", 0),
	CONFORM_CASE(init_23_linker_attaches,
		     "INIT-23, SEG-01, CTX-08, INIT-32, DAT-17", 0),
	CONFORM_CASE(init_18_path_on_linked_neighbor,
		     "INIT-18, INIT-23", 0),
	CONFORM_CASE(init_28_buffered_data_copied,
		     "INIT-28", 0),
	CONFORM_CASE(init_67_buffered_into_requests,
		     "INIT-67", 0),
	CONFORM_CASE(init_68_rest_indicated,
		     "INIT-68, DLV-11", 0),
	CONFORM_CASE(init_37_push_timer,
		     "INIT-37", 0),
	CONFORM_CASE(init_69_buffered_before_new,
		     "INIT-69", 0),
	CONFORM_CASE(init_61_several_at_once,
		     "INIT-61, OP-17", 0),
	CONFORM_CASE(init_63_no_early_indication,
		     "INIT-63, INIT-64, INIT-65", 0),
	CONFORM_CASE(init_74_nothing_to_retransmit,
		     "INIT-73, INIT-74, INIT-75, INIT-76, INIT-31", 0),
	CONFORM_CASE(init_72_sent_again_first,
		     "INIT-72", 0),
	CONFORM_CASE(init_71_inherited_is_retransmitted,
		     "INIT-71, INIT-49, INIT-36, RTX-07", 0),
	CONFORM_CASE(ctx_01_distinct_contexts,
		     "CTX-01, CTX-02", 0),
	CONFORM_CASE(ctx_05_context_stays,
		     "CTX-05, CLS-07", 0),
	CONFORM_CASE(dat_06_many_connections,
		     "DAT-06, DAT-07, DAT-08", 0),
	CONFORM_CASE(dat_12_client_fields_untouched,
		     "DAT-12", 0),
	CONFORM_CASE(op_13_tree_untouched_afterwards,
		     "OP-13, INIT-17", 0),
	CONFORM_CASE(init_35_reachability_carried,
		     "INIT-35, INIT-12, EVT-06, QRY-15", 0),
	CONFORM_CASE(vlan_11_tagged,
		     "VLAN-01, VLAN-02, VLAN-03, VLAN-08, VLAN-11, VLAN-12", 0),
	CONFORM_CASE(vlan_13_not_filtered, "VLAN-13", CONFORM_WIRE),
	CONFORM_CASE(vlan_14_filtered, "VLAN-14", CONFORM_WIRE),
	CONFORM_CASE(seg_09_multicast_mac, "SEG-09", CONFORM_WIRE),
	CONFORM_CASE(init_50_source_address,
		     "INIT-50, SEG-08", 0),
	CONFORM_CASE(cap_14_all_entries,
		     "CAP-14", 0),
	CONFORM_CASE(init_38_path_mtu,
		     "INIT-38, INIT-27", 0),
	CONFORM_CASE(init_38_receive_window,
		     "INIT-38, INIT-27, INIT-40", 0),
	{}
};
