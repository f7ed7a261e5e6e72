// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.14 and 3.15: forward and TCP events. */
#include "harness.h"

/* Contract: FWD-02, FWD-10, FWD-11, FWD-12, FWD-13 */
static void fwd_11_processed(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1 || !conform_peer_send(t1, 2000, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 2000) ||
	    !conform_until(c, conform_count(c, CONFORM_FORWARD, t1) == 2))
		return;
	entry = conform_find(c, NULL, CONFORM_FORWARD, t1);
	CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
	CONFORM_EQ(c, 20 + CONFORM_MSS, entry->len);
	conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt);
}

/* Contract: FWD-14, TEV-16, TEV-20 */
static void fwd_14_upload_pending(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_entry *last;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.flags |= CONFORM_URG;
	segment.urgent = 1;
	segment.len = 1;
	if (!conform_forward(t1, &segment) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE))
		return;
	last = conform_last(c);
	if (!conform_peer_ack(t1))
		return;
	last = conform_await(c, last, CONFORM_FORWARD, t1);
	if (last)
		CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, last->status);
}

/* Contract: TEV-01, TEV-03, TEV-04, CTX-03, CTX-07 */
static void tev_03_04_disconnect(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct conform_object *t2 = conform_object(c, "T2");

	if (!conform_initiate(c, "N1(P1(T1,T2))"))
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	if (!conform_peer_send(t1, 700, CONFORM_PSH | CONFORM_FIN) ||
	    !conform_await(c, NULL, CONFORM_INDICATION, t1))
		return;
	conform_settle(c);
	if (!CONFORM_TRUE(c, !conform_find_event(c, t1,
						 CHIMNEY_TCP_DISCONNECT)))
		return;
	conform_post(t1, 700, false);
	if (!conform_await_delivered(t1, 700))
		return;
	conform_before(c, "delivery of the data, TcpIndicateDisconnect",
		       conform_find(c, NULL, CONFORM_RECEIVE, t1),
		       conform_await_event(c, t1, CHIMNEY_TCP_DISCONNECT));
	CONFORM_TRUE(c, !conform_find_event(c, t2, CHIMNEY_TCP_DISCONNECT));
}

/* Contract: TEV-05, TEV-19 */
static void tev_05_send_half_open(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1 || !conform_peer_flags(t1, CONFORM_FIN) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_DISCONNECT) ||
	    !conform_send(t1, 3000) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1))
		return;
	CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS,
		   conform_find(c, NULL, CONFORM_SEND, t1)->status);
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE));
	CONFORM_EQ(c, t1->peer.snd_nxt, t1->peer.acked);
}

/* Contract: TEV-06, TEV-07, TEV-08, TEV-09, BRA-02 */
static void tev_07_09_abort(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *event, *entry;

	if (!t1)
		return;
	conform_post(t1, 1000, true);
	if (!conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, false) ||
	    !conform_peer_flags(t1, CONFORM_RST))
		return;
	event = conform_await_event(c, t1, CHIMNEY_TCP_ABORT);
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (entry && conform_before(c, "TcpIndicateAbort, end of the send",
				    event, entry))
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
	entry = conform_await(c, NULL, CONFORM_RECEIVE, t1);
	if (entry && conform_before(c, "TcpIndicateAbort, end of the request",
				    event, entry))
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
}

/* Contract: TEV-11 */
static void tev_11_closed_is_the_host_s(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1 || !conform_peer_flags(t1, CONFORM_RST) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_ABORT))
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	if (conform_arrive(t1, &segment, 0))
		conform_await(c, NULL, CONFORM_HOST, t1);
}

/* Contract: TEV-12, TEV-13, URG-01, URG-02, URG-03, URG-05 */
static void urg_02_03_retrieve(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;
	struct conform_tree *tree;
	struct conform_entry *entry;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.flags |= CONFORM_URG;
	segment.urgent = 10;
	segment.len = 100;
	if (!conform_forward(t1, &segment))
		return;
	entry = conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE);
	if (!entry)
		return;
	CONFORM_EQ(c, CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA, entry->information);
	if (!conform_peer_send(t1, 1000, CONFORM_PSH))
		return;
	conform_settle(c);
	tree = conform_terminate(c, "T1");
	if (!tree)
		return;
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt,
		   conform_delegated(tree, "T1")->rcv_nxt);
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt, t1->peer.acked);
}

/* Contract: URG-01 */
static void urg_01_out_of_window_discarded(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.seq += 0x1000000;
	segment.flags |= CONFORM_URG;
	segment.urgent = 10;
	segment.len = 100;
	if (!conform_forward(t1, &segment) ||
	    !conform_await(c, NULL, CONFORM_FORWARD, t1))
		return;
	conform_settle(c);
	CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE));
	if (conform_peer_send(t1, 300, CONFORM_PSH))
		conform_await_delivered(t1, 300);
}

/* Contract: URG-04, URG-06 */
static void urg_06_left_to_host(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1 || !conform_exchange(t1))
		return;
	segment = conform_segment(t1);
	segment.flags |= CONFORM_URG;
	segment.urgent = 10;
	segment.len = 100;
	if (!conform_arrive(t1, &segment, 0) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_RETRIEVE))
		return;
	segment.flags &= ~CONFORM_URG;
	segment.seq += 100;
	if (!conform_arrive(t1, &segment, 0) || !conform_terminate(c, "T1"))
		return;
	conform_until(c, conform_count(c, CONFORM_HOST, t1) == 2);
}

/* Contract: TEV-22, TEV-23 */
static void tev_22_backlog(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry = NULL;
	unsigned int changes = 0;
	int i;

	for (i = 0; t1 && i < 4; i++)
		if (!conform_send(t1, 50000))
			return;
	if (!t1 || !conform_await_sent(t1, t1->host_nxt, true))
		return;
	while ((entry = conform_find(c, entry, CONFORM_EVENT, t1))) {
		if (entry->code != CHIMNEY_TCP_SEND_BACKLOG_CHANGE)
			continue;
		CONFORM_TRUE(c, entry->information);
		changes++;
	}
	/* Fewer than one for each ACK */
	CONFORM_TRUE(c, changes < 30);
}

const struct conform_case conform_event_cases[] = {
	CONFORM_CASE(fwd_11_processed,
		     "FWD-02, FWD-10, FWD-11, FWD-12, FWD-13", 0),
	CONFORM_CASE(fwd_14_upload_pending,
		     "FWD-14, TEV-16, TEV-20", 0),
	CONFORM_CASE(tev_03_04_disconnect,
		     "TEV-01, TEV-03, TEV-04, CTX-03, CTX-07", 0),
	CONFORM_CASE(tev_05_send_half_open,
		     "TEV-05, TEV-19", 0),
	CONFORM_CASE(tev_07_09_abort,
		     "TEV-06, TEV-07, TEV-08, TEV-09, BRA-02", 0),
	CONFORM_CASE(tev_11_closed_is_the_host_s,
		     "TEV-11", CONFORM_WIRE),
	CONFORM_CASE(urg_02_03_retrieve,
		     "TEV-12, TEV-13, URG-01, URG-02, URG-03, URG-05", 0),
	CONFORM_CASE(urg_01_out_of_window_discarded,
		     "URG-01", 0),
	CONFORM_CASE(urg_06_left_to_host,
		     "URG-04, URG-06", CONFORM_WIRE),
	CONFORM_CASE(tev_22_backlog,
		     "TEV-22, TEV-23", 0),
	{}
};
