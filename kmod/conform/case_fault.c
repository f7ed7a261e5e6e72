// SPDX-License-Identifier: GPL-2.0-only
/* What needs a device that misbehaves: statuses, corrupt hardware, events. */
#include "harness.h"

static struct conform_tree *initiate_with(struct conform *c, const char *script,
					  const char *picture,
					  const char *statuses)
{
	struct conform_tree *tree;

	if (!conform_fault(c, script))
		return NULL;
	tree = conform_operate(c, CHIMNEY_OP_KIND_INITIATE, picture);
	conform_fault(c, "clear");
	if (!tree || !conform_statuses(c, tree, statuses))
		return NULL;
	return tree;
}

/* Contract: INIT-39, INIT-40, INIT-41, INIT-44, INIT-45 */
static void init_39_45_sample_tree(struct conform *c)
{
	initiate_with(c, "on tcp-create 2 status resources; on path-create 2 status failed",
		      "N1(P1(T1,T2),P2(T3))",
		      "PARTIAL_SUCCESS PARTIAL_SUCCESS SUCCESS RESOURCES FAILURE FAILURE");
}

/* Contract: INIT-41 */
static void init_41_one_layer_only(struct conform *c)
{
	initiate_with(c, "on tcp-create 2 status tcp-entries", "N1(P1(T1,T2))",
		      "SUCCESS PARTIAL_SUCCESS SUCCESS TCP_ENTRIES");
}

/* Contract: INIT-42 */
static void init_42_placeholder(struct conform *c)
{
	if (conform_initiate(c, "N1(P1(T1))"))
		initiate_with(c, "on tcp-create status tcp-entries",
			      "_N(P1(T2))", "SUCCESS FAILURE TCP_ENTRIES");
}

/* Contract: INIT-43, INIT-22 */
static void init_43_linkers(struct conform *c)
{
	if (!conform_initiate(c, "N1(P1(T1))"))
		return;
	initiate_with(c, "on tcp-create 2 status resources", "N1(P1(T2,T3))",
		      "SUCCESS PARTIAL_SUCCESS SUCCESS RESOURCES");
	initiate_with(c, "on tcp-create status resources", "N1(P1(T4,T5))",
		      "SUCCESS FAILURE RESOURCES RESOURCES");
	/* The linked objects stay where they are. */
	conform_query(c, "N1(P1(T1))");
}

/* Contract: INIT-46 */
static void init_46_root_fails(struct conform *c)
{
	initiate_with(c, "on neighbor-create 1 status neighbor-entries",
		      "N1(P1(T1)),N2(P2(T2)),_N",
		      "NEIGHBOR_ENTRIES FAILURE FAILURE FAILURE FAILURE FAILURE SUCCESS");
}

/* Contract: INIT-27, INIT-38, INIT-44, INIT-50, VLAN-06, VLAN-10 */
static void init_38_every_status(struct conform *c)
{
	static const char * const statuses[][2] = {
		{ "on neighbor-create status failed",
		  "FAILURE FAILURE FAILURE" },
		{ "on neighbor-create status resources",
		  "RESOURCES FAILURE FAILURE" },
		{ "on neighbor-create status neighbor-entries",
		  "NEIGHBOR_ENTRIES FAILURE FAILURE" },
		{ "on neighbor-create status hw-address-entries",
		  "HW_ADDRESS_ENTRIES FAILURE FAILURE" },
		{ "on neighbor-create status vlan-entries",
		  "VLAN_ENTRIES FAILURE FAILURE" },
		{ "on neighbor-create status vlan-mismatch",
		  "VLAN_MISMATCH FAILURE FAILURE" },
		{ "on path-create status path-entries",
		  "PARTIAL_SUCCESS PATH_ENTRIES FAILURE" },
		{ "on path-create status ip-address-entries",
		  "PARTIAL_SUCCESS IP_ADDRESS_ENTRIES FAILURE" },
		{ "on path-create status path-mtu",
		  "PARTIAL_SUCCESS PATH_MTU FAILURE" },
		{ "on tcp-create status tcp-entries",
		  "SUCCESS PARTIAL_SUCCESS TCP_ENTRIES" },
		{ "on tcp-create status tcp-xmit-buffer",
		  "SUCCESS PARTIAL_SUCCESS TCP_XMIT_BUFFER" },
		{ "on tcp-create status tcp-rcv-buffer",
		  "SUCCESS PARTIAL_SUCCESS TCP_RCV_BUFFER" },
		{ "on tcp-create status tcp-rcv-window",
		  "SUCCESS PARTIAL_SUCCESS TCP_RCV_WINDOW" },
		{ "on tcp-create status connection-rejected",
		  "SUCCESS PARTIAL_SUCCESS CONNECTION_REJECTED" },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(statuses); i++) {
		if (!initiate_with(c, statuses[i][0], "N1(P1(T1))",
				   statuses[i][1]))
			return;
		CONFORM_TRUE(c, !conform_object(c, "T1")->handle.context);
		conform_bring_home(c);
	}
}

/* Contract: INIT-29, INIT-30, INIT-47, INIT-48 */
static void init_47_48_data_of_failed(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_tree *tree;
	struct sk_buff *skb;
	u32 seq = t1->host_nxt;

	if (!conform_queue(t1, 1000) || !conform_queue(t1, 500))
		return;
	tree = initiate_with(c, "on tcp-create status tcp-xmit-buffer",
			     "N1(P1(T1))",
			     "SUCCESS PARTIAL_SUCCESS TCP_XMIT_BUFFER");
	if (!tree)
		return;
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_SEND, t1));
	CONFORM_EQ(c, 2, skb_queue_len(&tree->node[2].block.send_queue));
	skb_queue_walk(&tree->node[2].block.send_queue, skb) {
		CONFORM_TRUE(c, conform_is_data(skb, seq));
		seq += skb->len;
	}
	CONFORM_EQ(c, t1->host_nxt, seq);
}

/* Contract: UPD-24, UPD-25 */
static void upd_25_failed_update(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1 || !conform_fault(c, "on tcp-update status failed"))
		return;
	tree = conform_operate(c, CHIMNEY_OP_KIND_UPDATE, "T1");
	conform_fault(c, "clear");
	if (!tree || !conform_statuses(c, tree, "FAILURE") ||
	    !conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_peer_send(t1, 500, CONFORM_PSH))
		return;
	conform_await_delivered(t1, 500);
}

/*
 * First the completion with FAILURE, then Retrieve, then Abort; at the next
 * terminate the I/O ends with REQUEST_ABORTED, then the terminate.
 */
static void corrupt_hardware(struct conform *c, const char *script,
			     enum chimney_op_kind kind)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *end, *retrieve, *abort, *entry;
	struct conform_tree *tree, *home;

	if (!t1)
		return;
	conform_post(t1, 1000, true);
	if (!conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, false) ||
	    !conform_fault(c, script))
		return;
	tree = conform_operate(c, kind, "T1");
	if (!tree || !conform_statuses(c, tree, "FAILURE"))
		goto out;
	end = conform_tree_entry(c, tree);
	retrieve = conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE);
	abort = conform_await_event(c, t1, CHIMNEY_TCP_ABORT);
	if (!retrieve || !abort)
		goto out;
	CONFORM_EQ(c, CHIMNEY_UPLOAD_HARDWARE_FAILURE, retrieve->information);
	conform_before(c, "completion with FAILURE, Retrieve", end, retrieve);
	conform_before(c, "Retrieve, Abort", retrieve, abort);
	conform_fault(c, "clear");
	home = conform_operate(c, CHIMNEY_OP_KIND_TERMINATE, "T1");
	if (!home)
		return;
	entry = conform_find(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
	conform_before(c, "end of the send, completion of the terminate",
		       entry, conform_tree_entry(c, home));
	entry = conform_find(c, NULL, CONFORM_RECEIVE, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
	conform_before(c, "end of the request, completion of the terminate",
		       entry, conform_tree_entry(c, home));
	return;
out:
	conform_fault(c, "clear");
}

/* Contract: QRY-08, QRY-10, QRY-11, QRY-12, QRY-13, QRY-14 */
static void qry_10_14_corrupt_hardware(struct conform *c)
{
	corrupt_hardware(c, "on tcp-query 1 status failed",
			 CHIMNEY_OP_KIND_QUERY);
}

/* Contract: INV-10, INV-11 */
static void inv_11_corrupt_hardware(struct conform *c)
{
	corrupt_hardware(c, "on tcp-invalidate 1 status failed",
			 CHIMNEY_OP_KIND_INVALIDATE);
}

/*
 * The first part as with a query. A lost object stays lost (G-06), so its I/O
 * ends with the terminate that failed; one more is tolerated.
 *
 * Contract: TERM-65
 */
static void term_65_corrupt_hardware(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *end, *entry;
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_post(t1, 1000, true);
	if (!conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, false) ||
	    !conform_fault(c, "on tcp-destroy 1 status failed"))
		return;
	tree = conform_operate(c, CHIMNEY_OP_KIND_TERMINATE, "T1");
	conform_fault(c, "clear");
	if (!tree || !conform_statuses(c, tree, "FAILURE"))
		return;
	end = conform_tree_entry(c, tree);
	entry = conform_find(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
	conform_before(c, "end of the send, completion of the terminate",
		       entry, end);
	entry = conform_find(c, NULL, CONFORM_RECEIVE, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
	conform_before(c, "end of the request, completion of the terminate",
		       entry, end);
	CONFORM_EQ(c, CHIMNEY_OBJECT_LOST, t1->handle.state);
	tree = conform_operate(c, CHIMNEY_OP_KIND_TERMINATE, "T1");
	if (tree)
		conform_statuses(c, tree, "FAILURE");
}

static bool target_is_empty(struct conform *c)
{
	struct chimney_usage usage = {};

	if (c->target->ops->usage)
		c->target->ops->usage(c->target, &usage);
	if (usage.tcp || usage.neighbor)
		conform_skip(c, "the target is in use by others");
	return !usage.tcp && !usage.neighbor;
}

/* The first connection of an empty target has the context id 0. */
static bool tell_event(struct conform *c, const char *event)
{
	char script[64];

	snprintf(script, sizeof(script), "event %s", event);
	return conform_fault(c, script);
}

/* Contract: TEV-14, TEV-17, TEV-18 */
static void tev_18_optional_reasons(struct conform *c)
{
	static const char * const events[] = {
		"retrieve high-drop-rate tcp 0",
		"retrieve high-fragmentation tcp 0",
		"retrieve high-out-of-order-packets tcp 0",
		"retrieve low-activity tcp 0",
		"retrieve no-buffer-preposting tcp 0",
		"retrieve small-io tcp 0",
		"retrieve small-io tcp 0",
	};
	struct conform_entry *entry = NULL;
	struct conform_object *t1;
	unsigned int i;

	if (!target_is_empty(c))
		return;
	t1 = conform_connection(c);
	for (i = 0; t1 && i < ARRAY_SIZE(events); i++) {
		if (!tell_event(c, events[i]))
			return;
		do {
			entry = conform_await(c, entry, CONFORM_EVENT, t1);
		} while (entry && entry->code != CHIMNEY_TCP_RETRIEVE);
		if (!entry)
			return;
		CONFORM_EQ(c, CHIMNEY_UPLOAD_HIGH_DROP_RATE + min(i, 5U),
			   entry->information);
	}
	/* Ignored, the connection goes on. */
	if (!t1 || !conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_peer_send(t1, 500, CONFORM_PSH))
		return;
	conform_await_delivered(t1, 500);
}

/* Contract: TEV-12, TEV-16, TEV-21, SND-17 */
static void tev_16_mandatory_reason(struct conform *c)
{
	struct conform_object *t1;
	struct conform_entry *entry;

	if (!target_is_empty(c))
		return;
	t1 = conform_connection(c);
	if (!t1 || !tell_event(c, "retrieve upload-requested tcp 0") ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE) ||
	    !conform_send(t1, 100))
		return;
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
	if (!conform_peer_send(t1, 100, CONFORM_PSH))
		return;
	conform_settle(c);
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, t1->peer.acked);
}

/* Contract: EVT-01, EVT-02, EVT-03, EVT-10 */
static void evt_10_reachability_query(struct conform *c)
{
	struct conform_object *n1 = conform_object(c, "N1");
	struct conform_entry *entry;

	if (!target_is_empty(c))
		return;
	n1->neighbor.cached.host_reachability_delta = 7 * USEC_PER_SEC;
	n1->neighbor.delegated.nic_reachability_delta = 7 * USEC_PER_SEC;
	if (!conform_connection(c) || !tell_event(c, "neighbor-query 0"))
		return;
	entry = conform_await(c, NULL, CONFORM_NEIGHBOR, NULL);
	if (!entry)
		return;
	CONFORM_EQ(c, CHIMNEY_NEIGHBOR_REACHABILITY_QUERY, entry->code);
	CONFORM_TRUE(c, entry->object == n1);
	CONFORM_TRUE(c, ether_addr_equal(c->asked.cached.dl_destination_address,
					 n1->neighbor.cached
					 .dl_destination_address));
	CONFORM_TRUE(c, c->asked.delegated.nic_reachability_delta >=
		     7 * USEC_PER_SEC);
	CONFORM_TRUE(c, c->asked.cached.host_reachability_delta >=
		     7 * USEC_PER_SEC);
}

/* Contract: EVT-11, EVT-12 */
static void evt_12_answer_taken(struct conform *c)
{
	struct conform_tree *tree;

	if (!target_is_empty(c))
		return;
	conform_object(c, "N1")->neighbor.cached.host_reachability_delta =
		7 * USEC_PER_SEC;
	conform_object(c, "N1")->neighbor.delegated.nic_reachability_delta =
		7 * USEC_PER_SEC;
	c->hrd = 3000 * USEC_PER_SEC;
	if (!conform_connection(c) || !tell_event(c, "neighbor-query 0") ||
	    !conform_await(c, NULL, CONFORM_NEIGHBOR, NULL))
		return;
	conform_settle(c);
	tree = conform_query(c, "N1");
	if (tree)
		CONFORM_TRUE(c, tree->node[0].neighbor.cached
			     .host_reachability_delta >= 3000 * USEC_PER_SEC);
}

/* Contract: EVT-04, EVT-05 */
static void evt_04_in_doubt(struct conform *c)
{
	struct conform_entry *entry;

	if (!conform_connection(c) || !tell_event(c, "neighbor-in-doubt"))
		return;
	conform_settle(c);
	entry = conform_find(c, NULL, CONFORM_NEIGHBOR, NULL);
	if (entry)
		CONFORM_TRUE(c, !entry->object);
}

/* Contract: PAU-02, PAU-13 */
static void pau_02_goes_on(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_caps caps;

	if (!t1 || !tell_event(c, "pause"))
		return;
	if (conform_await(c, NULL, CONFORM_STATUS, NULL) &&
	    conform_send(t1, 500) &&
	    conform_await_sent(t1, t1->host_nxt, true) &&
	    conform_peer_send(t1, 500, CONFORM_PSH))
		conform_await_delivered(t1, 500);
	tell_event(c, "resume");
	conform_until(c, conform_count(c, CONFORM_STATUS, NULL) == 2);
	chimney_query_caps(c->binding, &caps);
	conform_initiate(c, "N1(P1(T2))");
}

/*
 * Or nothing could come back, as there is one operation at a time.
 *
 * Contract: PAU-03, OP-05
 */
static void pau_03_initiate_crosses_upload_all(struct conform *c)
{
	struct conform_tree *first = conform_tree(c, "N1(P1(T1))");
	struct conform_tree *second = conform_tree(c, "N2(P2(T2))");
	struct chimney_caps caps;

	if (!first || !second || !conform_fault(c, "on any delay 100ms"))
		return;
	if (conform_submit(c, first, CHIMNEY_OP_KIND_INITIATE) &&
	    conform_submit(c, second, CHIMNEY_OP_KIND_INITIATE) &&
	    tell_event(c, "upload-all") && conform_await_tree(c, first))
		conform_await_tree(c, second);
	conform_fault(c, "clear");
	conform_bring_home(c);
	tell_event(c, "resume");
	conform_until(c, conform_count(c, CONFORM_STATUS, NULL) == 2);
	chimney_query_caps(c->binding, &caps);
}

/* Contract: PAU-03, PAU-04 */
static void pau_04_initiate_crosses_pause(struct conform *c)
{
	struct conform_tree *first = conform_tree(c, "N1(P1(T1))");
	struct conform_tree *second = conform_tree(c, "N2(P2(T2))");
	struct conform_entry *status;

	/* The second is on its way while the target is at work on the first. */
	if (!first || !second || !conform_fault(c, "on any delay 100ms"))
		return;
	if (!conform_submit(c, first, CHIMNEY_OP_KIND_INITIATE) ||
	    !conform_submit(c, second, CHIMNEY_OP_KIND_INITIATE) ||
	    !tell_event(c, "pause"))
		goto out;
	status = conform_await(c, NULL, CONFORM_STATUS, NULL);
	if (!status)
		goto out;
	conform_settle(c);
	tell_event(c, "resume");
	if (!conform_await_tree(c, first) || !conform_await_tree(c, second))
		goto out;
	conform_all_succeeded(c, first);
	conform_all_succeeded(c, second);
	conform_before(c, "resume, completion of the initiate that waited",
		       status, conform_tree_entry(c, second));
out:
	conform_fault(c, "clear");
}

/* Contract: OP-08, INIT-16 */
static void op_05_late_answers(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_fault(c, "on any delay 20ms"))
		return;
	tree = conform_initiate(c, "N1(P1(T1))");
	if (tree)
		conform_asynchronous(c, tree);
	conform_fault(c, "clear");
}

/* Contract: OP-06, OP-08 */
static void op_06_duplicate_answers(struct conform *c)
{
	struct conform_tree *tree;

	if (!conform_fault(c, "on any duplicate"))
		return;
	tree = conform_initiate(c, "N1(P1(T1))");
	if (tree)
		conform_asynchronous(c, tree);
	conform_fault(c, "clear");
}

const struct conform_case conform_fault_cases[] = {
	CONFORM_CASE(init_39_45_sample_tree,
		     "INIT-39, INIT-40, INIT-41, INIT-44, INIT-45",
		     CONFORM_FAULT),
	CONFORM_CASE(init_41_one_layer_only,
		     "INIT-41", CONFORM_FAULT),
	CONFORM_CASE(init_42_placeholder,
		     "INIT-42", CONFORM_FAULT),
	CONFORM_CASE(init_43_linkers,
		     "INIT-43, INIT-22", CONFORM_FAULT),
	CONFORM_CASE(init_46_root_fails,
		     "INIT-46", CONFORM_FAULT),
	CONFORM_CASE(init_38_every_status,
		     "INIT-27, INIT-38, INIT-44, INIT-50, VLAN-06, VLAN-10",
		     CONFORM_FAULT),
	CONFORM_CASE(init_47_48_data_of_failed,
		     "INIT-29, INIT-30, INIT-47, INIT-48", CONFORM_FAULT),
	CONFORM_CASE(upd_25_failed_update,
		     "UPD-24, UPD-25", CONFORM_FAULT),
	CONFORM_CASE(qry_10_14_corrupt_hardware,
		     "QRY-08, QRY-10, QRY-11, QRY-12, QRY-13, QRY-14",
		     CONFORM_FAULT),
	CONFORM_CASE(inv_11_corrupt_hardware,
		     "INV-10, INV-11", CONFORM_FAULT),
	CONFORM_CASE(term_65_corrupt_hardware,
		     "TERM-65", CONFORM_FAULT),
	CONFORM_CASE(tev_18_optional_reasons,
		     "TEV-14, TEV-17, TEV-18", CONFORM_FAULT),
	CONFORM_CASE(tev_16_mandatory_reason,
		     "TEV-12, TEV-16, TEV-21, SND-17", CONFORM_FAULT),
	CONFORM_CASE(evt_10_reachability_query,
		     "EVT-01, EVT-02, EVT-03, EVT-10", CONFORM_FAULT),
	CONFORM_CASE(evt_12_answer_taken,
		     "EVT-11, EVT-12", CONFORM_FAULT),
	CONFORM_CASE(evt_04_in_doubt,
		     "EVT-04, EVT-05", CONFORM_FAULT),
	CONFORM_CASE(pau_02_goes_on,
		     "PAU-02, PAU-13", CONFORM_FAULT),
	CONFORM_CASE(pau_03_initiate_crosses_upload_all,
		     "PAU-03, OP-05", CONFORM_FAULT),
	CONFORM_CASE(pau_04_initiate_crosses_pause,
		     "PAU-03, PAU-04", CONFORM_FAULT),
	CONFORM_CASE(op_05_late_answers,
		     "OP-08, INIT-16", CONFORM_FAULT),
	CONFORM_CASE(op_06_duplicate_answers,
		     "OP-06, OP-08", CONFORM_FAULT),
	{}
};
