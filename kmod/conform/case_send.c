// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.9 and 3.13: send and disconnect. */
#include "harness.h"

/* Contract: SND-02, SND-03, SND-15, SND-20, SND-27 */
static void snd_15_success_when_acknowledged(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1 || !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	conform_settle(c);
	if (!CONFORM_EQ(c, 0, conform_count(c, CONFORM_SEND, t1)) ||
	    !conform_peer_ack(t1))
		return;
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
}

/* Contract: SND-05, SND-06, SND-22 */
static void snd_05_order(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry = NULL;
	u32 i;

	for (i = 1; t1 && i <= 20; i++)
		if (!conform_send(t1, 100 + i))
			return;
	if (!t1 || !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_until(c, conform_count(c, CONFORM_SEND, t1) == 20))
		return;
	for (i = 1; i <= 20; i++) {
		entry = conform_find(c, entry, CONFORM_SEND, t1);
		CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status);
		CONFORM_EQ(c, 100 + i, entry->len);
	}
}

/* Contract: SND-04, SND-11 */
static void snd_04_more_than_the_window(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	int i;

	for (i = 0; t1 && i < 20; i++)
		if (!conform_send(t1, 10000))
			return;
	if (t1 && conform_await_sent(t1, t1->host_nxt, true))
		conform_until(c, conform_count(c, CONFORM_SEND, t1) == 20);
}

/* Contract: SND-12 */
static void snd_12_push(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry = NULL, *next, *last = NULL;

	if (!t1 || !conform_send(t1, 4000) ||
	    !conform_await_sent(t1, t1->host_nxt, true))
		return;
	while ((next = conform_find(c, entry, CONFORM_FRAME, t1))) {
		entry = next;
		/* Of what was sent again the last may be the first. */
		if (entry->len && (!last || !before(entry->frame.seq,
						    last->frame.seq)))
			last = entry;
	}
	if (last)
		CONFORM_TRUE(c, last->frame.flags & CONFORM_PSH);
}

static void send_three_ack_one_and_a_half(struct conform_object *t1)
{
	struct conform_segment segment;

	if (!conform_send(t1, 1000) || !conform_send(t1, 1000) ||
	    !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	segment = conform_segment(t1);
	segment.ack = t1->tcp.delegated.snd_una + 1500;
	conform_forward(t1, &segment);
}

/* Contract: SND-16, SND-18, SND-19, SND-20, SND-21, TEV-08 */
static void snd_16_21_aborted(struct conform *c)
{
	static const u32 lens[] = { 1000, 500, 1000 };
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;
	unsigned int i;

	if (!t1)
		return;
	send_three_ack_one_and_a_half(t1);
	entry = conform_await(c, NULL, CONFORM_SEND, t1);
	if (!entry || !CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status) ||
	    !conform_peer_flags(t1, CONFORM_RST) ||
	    !conform_until(c, conform_count(c, CONFORM_SEND, t1) == 3))
		return;
	for (entry = NULL, i = 0; i < 3; i++) {
		entry = conform_find(c, entry, CONFORM_SEND, t1);
		CONFORM_EQ(c, i ? CHIMNEY_STATUS_REQUEST_ABORTED :
			   CHIMNEY_STATUS_SUCCESS, entry->status);
		CONFORM_EQ(c, lens[i], entry->len);
	}
}

const struct conform_case conform_send_cases[] = {
	CONFORM_CASE(snd_15_success_when_acknowledged,
		     "SND-02, SND-03, SND-15, SND-20, SND-27", 0),
	CONFORM_CASE(snd_05_order,
		     "SND-05, SND-06, SND-22", 0),
	CONFORM_CASE(snd_04_more_than_the_window,
		     "SND-04, SND-11", 0),
	CONFORM_CASE(snd_12_push,
		     "SND-12", 0),
	CONFORM_CASE(snd_16_21_aborted,
		     "SND-16, SND-18, SND-19, SND-20, SND-21, TEV-08", 0),
	{}
};

/* Disconnect ---------------------------------------------------------------- */

static struct conform_entry *await_disconnect(struct conform *c,
					      struct conform_object *conn,
					      enum chimney_status status)
{
	struct conform_entry *entry =
		conform_await(c, NULL, CONFORM_DISCONNECT, conn);

	if (entry)
		CONFORM_EQ(c, status, entry->status);
	return entry;
}

/* Contract: DSC-02, DSC-11, DSC-12, DSC-13, DSC-14, DSC-18, DSC-22, DSC-23, DSC-24 */
static void dsc_11_graceful_with_data(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_disconnect *request;
	struct conform_entry *entry;

	if (!t1)
		return;
	request = conform_disconnect(t1, false, 500);
	if (!conform_until(c, READ_ONCE(t1->peer.fin)))
		return;
	/* Data and FIN have gone, nothing is acknowledged. */
	conform_settle(c);
	CONFORM_EQ(c, t1->host_nxt + 1, t1->peer.rcv_nxt);
	if (!CONFORM_EQ(c, 0, conform_count(c, CONFORM_DISCONNECT, t1)) ||
	    !conform_peer_ack(t1))
		return;
	entry = await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS);
	if (!entry)
		return;
	CONFORM_TRUE(c, entry->item == request);
	CONFORM_EQ(c, 500, entry->len);
	CONFORM_TRUE(c, skb_queue_empty(&request->disconnect.data) ||
		     !skb_peek(&request->disconnect.data)->len);
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_SEND, t1));
}

/* Contract: DSC-06, DSC-11, DSC-16, DSC-18 */
static void dsc_11_graceful_alone(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	conform_disconnect(t1, false, 0);
	if (!conform_until(c, READ_ONCE(t1->peer.fin)) || !conform_peer_ack(t1))
		return;
	await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS);
	CONFORM_TRUE(c, !conform_find_flags(c, t1, CONFORM_RST, CONFORM_RST));
}

/* Contract: DSC-15, DSC-24 */
static void dsc_15_sends_first(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1 || !conform_send(t1, 3000) || !conform_send(t1, 10))
		return;
	conform_disconnect(t1, false, 50);
	if (!conform_await_sent(t1, t1->host_nxt + 1, true) ||
	    !await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS))
		return;
	CONFORM_EQ(c, 2, conform_count(c, CONFORM_SEND, t1));
	conform_before(c, "completions of the last send, of the disconnect",
		       conform_find(c, conform_find(c, NULL, CONFORM_SEND, t1),
				    CONFORM_SEND, t1),
		       conform_find(c, NULL, CONFORM_DISCONNECT, t1));
}

/* Contract: DSC-04, DSC-26 */
static void dsc_04_receive_half_open(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	conform_disconnect(t1, false, 0);
	if (!conform_until(c, READ_ONCE(t1->peer.fin)) ||
	    !conform_peer_ack(t1) ||
	    !await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS) ||
	    !conform_peer_send(t1, 3000, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 3000))
		return;
	conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt);
}

/* Contract: DSC-05, DSC-07, DSC-08, DSC-21, SND-16 */
static void dsc_05_07_abortive(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *entry;

	if (!t1 || !conform_send(t1, 500) ||
	    !conform_await_sent(t1, t1->host_nxt, false))
		return;
	conform_disconnect(t1, true, 0);
	entry = await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS);
	if (!entry)
		return;
	conform_until(c, conform_find_flags(c, t1, CONFORM_RST, CONFORM_RST));
	if (!conform_before(c, "completions of the send, of the disconnect",
			    conform_find(c, NULL, CONFORM_SEND, t1), entry))
		return;
	CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED,
		   conform_find(c, NULL, CONFORM_SEND, t1)->status);
}

/* Contract: DSC-09 */
static void dsc_09_silent_after_abort(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_entry *rst;

	if (!t1)
		return;
	conform_disconnect(t1, true, 0);
	if (!await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS) ||
	    !conform_until(c, conform_find_flags(c, t1, CONFORM_RST,
						 CONFORM_RST)))
		return;
	rst = conform_find_flags(c, t1, CONFORM_RST, CONFORM_RST);
	if (!conform_peer_send(t1, 1000, CONFORM_PSH))
		return;
	conform_settle(c);
	CONFORM_TRUE(c, !conform_find(c, rst, CONFORM_FRAME, t1));
	CONFORM_TRUE(c, !conform_find(c, rst, CONFORM_INDICATION, t1));
}

/* Contract: DSC-16, DSC-20, TEV-08 */
static void dsc_20_reset_by_peer(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	conform_disconnect(t1, false, 100);
	if (conform_until(c, READ_ONCE(t1->peer.fin)) &&
	    conform_peer_flags(t1, CONFORM_RST))
		await_disconnect(c, t1, CHIMNEY_STATUS_REQUEST_ABORTED);
}

/* Contract: DSC-25, TERM-60 */
static void dsc_25_kept_until_terminate(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_tree *tree;

	if (!t1)
		return;
	conform_disconnect(t1, true, 0);
	if (!await_disconnect(c, t1, CHIMNEY_STATUS_SUCCESS))
		return;
	conform_settle(c);
	tree = conform_query(c, "T1");
	if (!tree)
		return;
	CONFORM_EQ(c, CHIMNEY_TCP_STATE_CLOSED,
		   conform_delegated(tree, "T1")->state);
	conform_terminate(c, "T1");
}

const struct conform_case conform_disconnect_cases[] = {
	CONFORM_CASE(dsc_11_graceful_with_data,
		     "DSC-02, DSC-11, DSC-12, DSC-13, DSC-14, DSC-18, DSC-22, DSC-23, DSC-24",
		     0),
	CONFORM_CASE(dsc_11_graceful_alone,
		     "DSC-06, DSC-11, DSC-16, DSC-18", 0),
	CONFORM_CASE(dsc_15_sends_first,
		     "DSC-15, DSC-24", 0),
	CONFORM_CASE(dsc_04_receive_half_open,
		     "DSC-04, DSC-26", 0),
	CONFORM_CASE(dsc_05_07_abortive,
		     "DSC-05, DSC-07, DSC-08, DSC-21, SND-16", 0),
	CONFORM_CASE(dsc_09_silent_after_abort,
		     "DSC-09", 0),
	CONFORM_CASE(dsc_20_reset_by_peer,
		     "DSC-16, DSC-20, TEV-08", 0),
	CONFORM_CASE(dsc_25_kept_until_terminate,
		     "DSC-25, TERM-60", 0),
	{}
};
