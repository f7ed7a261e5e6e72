// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.10 to 3.12 and 4.3, 4.4: receiving. */
#include "harness.h"

static struct conform_entry *await_request(struct conform *c,
					   struct conform_request *request)
{
	struct conform_entry *entry = NULL;

	while ((entry = conform_await(c, entry, CONFORM_RECEIVE, NULL)))
		if (entry->item == request)
			break;
	return entry;
}

/* The request comes back with SUCCESS and @len bytes. */
static bool await_filled(struct conform *c, struct conform_request *request,
			 u32 len)
{
	struct conform_entry *entry = await_request(c, request);

	return entry && CONFORM_EQ(c, CHIMNEY_STATUS_SUCCESS, entry->status) &&
	       CONFORM_EQ(c, len, entry->len);
}

/* Contract: RCV-02, RCV-09, RCV-12, RCV-24, RCV-28, RCV-29, DLV-04, DLV-06, DLV-09, DLV-20 */
static void rcv_12_filled(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1)
		return;
	request = conform_post(t1, 1000, false);
	if (!conform_peer_send(t1, 1000, 0) ||
	    !await_filled(c, request, 1000))
		return;
	CONFORM_EQ(c, 0, iov_iter_count(&request->receive.to));
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
	conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt);
}

/* Contract: RCV-03, RCV-05, RCV-06, RCV-23, DLV-09 */
static void rcv_05_06_order(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request[4];
	struct conform_entry *entry = NULL;
	int i;

	if (!t1)
		return;
	for (i = 0; i < 4; i++)
		request[i] = conform_post(t1, 300 + i, true);
	if (!conform_peer_send(t1, 300 + 301 + 302 + 303, 0) ||
	    !conform_await_delivered(t1, 300 + 301 + 302 + 303))
		return;
	for (i = 0; i < 4; i++) {
		entry = conform_find(c, entry, CONFORM_RECEIVE, t1);
		CONFORM_TRUE(c, entry && entry->item == request[i]);
	}
}

/* Contract: RCV-10, RCV-13, DLV-12 */
static void rcv_13_push_flag(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1)
		return;
	request = conform_post(t1, 1000, false);
	if (conform_peer_send(t1, 300, CONFORM_PSH))
		await_filled(c, request, 300);
}

/* Contract: RCV-13, RCV-15, PSH-01, DLV-01, DLV-13, DLV-18, TMR-01 */
static void rcv_13_push_timer(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1)
		return;
	request = conform_post(t1, 1000, false);
	if (conform_peer_send(t1, 300, 0))
		await_filled(c, request, 300);
}

/* Contract: RCV-10, RCV-11, RCV-14, DLV-14 */
static void rcv_14_nonpush(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;
	int i;

	if (!t1)
		return;
	request = conform_post(t1, 1000, true);
	if (!conform_peer_send(t1, 300, CONFORM_PSH))
		return;
	for (i = 0; i < 4; i++)
		conform_settle(c);
	if (!CONFORM_EQ(c, 0, conform_count(c, CONFORM_RECEIVE, t1)) ||
	    !conform_peer_send(t1, 700, 0))
		return;
	await_filled(c, request, 1000);
}

/* Contract: RCV-14, RCV-28 */
static void rcv_16_prefilled(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;
	size_t i;

	if (!t1)
		return;
	request = conform_post_prefilled(t1, 1000, 200);
	if (!conform_peer_send(t1, 800, CONFORM_PSH) ||
	    !await_filled(c, request, 800))
		return;
	for (i = 0; i < 200; i++)
		if (!CONFORM_EQ(c, 0x5a, ((u8 *)request->vec.iov_base)[i]))
			return;
}

/* Contract: DLV-10, DLV-19, RCV-12 */
static void dlv_10_filled_and_next(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *first, *second;

	if (!t1)
		return;
	first = conform_post(t1, 1000, false);
	second = conform_post(t1, 1000, false);
	if (!conform_peer_send(t1, 1300, CONFORM_PSH))
		return;
	if (await_filled(c, first, 1000))
		await_filled(c, second, 300);
}

static bool refuse_first(struct conform *c, struct conform_object *t1)
{
	conform_accept(t1, CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0);
	return conform_peer_send(t1, 500, CONFORM_PSH) &&
	       conform_await(c, NULL, CONFORM_INDICATION, t1);
}

/* Contract: RCV-19, RCV-30, RIND-01, RIND-10, RIND-11, DLV-07, DLV-08, DLV-17 */
static void rcv_30_zero_byte_request(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1 || !refuse_first(c, t1) ||
	    !conform_peer_send(t1, 500, CONFORM_PSH))
		return;
	conform_settle(c);
	if (!CONFORM_EQ(c, 1, conform_count(c, CONFORM_INDICATION, t1)))
		return;
	conform_accept(t1, CHIMNEY_STATUS_SUCCESS, 0);
	request = conform_post(t1, 0, false);
	if (!await_filled(c, request, 0) || !conform_await_delivered(t1, 1000))
		return;
	CONFORM_TRUE(c, conform_count(c, CONFORM_INDICATION, t1) > 1);
}

/* Contract: RIND-07, RIND-09, RIND-11, DLV-05, DLV-17 */
static void rind_09_refused_into_request(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1 || !refuse_first(c, t1))
		return;
	request = conform_post(t1, 500, true);
	if (!await_filled(c, request, 500))
		return;
	CONFORM_EQ(c, 1, conform_count(c, CONFORM_INDICATION, t1));
}

/* Contract: RIND-08, RIND-09, RIND-10 */
static void rind_08_partly_accepted(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	conform_accept(t1, CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 200);
	if (!conform_peer_send(t1, 1000, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 200))
		return;
	conform_settle(c);
	if (!CONFORM_EQ(c, 1, conform_count(c, CONFORM_INDICATION, t1)))
		return;
	conform_post(t1, 800, true);
	conform_await_delivered(t1, 1000);
}

/* Contract: RCV-26, TERM-25 */
static void rcv_26_upload(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;
	struct conform_entry *entry;

	if (!t1)
		return;
	request = conform_post(t1, 1000, true);
	if (!conform_peer_send(t1, 400, 0) ||
	    !conform_await(c, NULL, CONFORM_FORWARD, t1) ||
	    !conform_terminate(c, "T1"))
		return;
	entry = await_request(c, request);
	if (!entry)
		return;
	CONFORM_EQ(c, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, entry->status);
	CONFORM_EQ(c, t1->tcp.delegated.rcv_nxt + 400, conform_delivered(t1));
}

/* Contract: RCV-25, TEV-06, TEV-07, TEV-09 */
static void rcv_25_aborted(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;
	struct conform_entry *entry;

	if (!t1)
		return;
	request = conform_post(t1, 1000, true);
	if (!conform_peer_flags(t1, CONFORM_RST))
		return;
	entry = await_request(c, request);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_REQUEST_ABORTED, entry->status);
}

/* Contract: RCV-14, TEV-03 */
static void rcv_14_fin_ends_nonpush(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;

	if (!t1)
		return;
	request = conform_post(t1, 1000, true);
	if (!conform_peer_send(t1, 300, CONFORM_FIN) ||
	    !await_filled(c, request, 300))
		return;
	conform_before(c, "completion of the request, TcpIndicateDisconnect",
		       conform_find(c, NULL, CONFORM_RECEIVE, t1),
		       conform_await_event(c, t1, CHIMNEY_TCP_DISCONNECT));
}

/* Contract: RCV-27 */
static void rcv_27_after_the_end(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_request *request;
	struct conform_entry *entry;

	if (!t1 || !conform_peer_flags(t1, CONFORM_FIN) ||
	    !conform_await_event(c, t1, CHIMNEY_TCP_DISCONNECT))
		return;
	request = conform_post(t1, 1000, false);
	entry = await_request(c, request);
	if (entry)
		CONFORM_EQ(c, CHIMNEY_STATUS_INVALID_STATE, entry->status);
}

/* Contract: RCV-20, RCV-21, RCV-22, DLV-02, DLV-03, DLV-15 */
static void rcv_21_posted_in_completion(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	t1->again = conform_request(t1, 300, true);
	conform_post(t1, 300, true);
	if (!conform_peer_send(t1, 900, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 900))
		return;
	CONFORM_EQ(c, 2, conform_count(c, CONFORM_RECEIVE, t1));
}

/* Contract: RIND-02, RIND-13, RIND-18, DLV-08, DLV-16, DLV-20 */
static void rind_18_in_order(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	int i;

	for (i = 0; t1 && i < 20; i++)
		if (!conform_peer_send(t1, 1000 + i, i % 3 ? 0 : CONFORM_PSH))
			return;
	if (t1)
		conform_await_delivered(t1, 20 * 1000 + 190);
}

/* Contract: RIND-18 */
static void rind_18_out_of_order_segments(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.seq += 400;
	segment.len = 600;
	if (!conform_forward(t1, &segment) ||
	    !conform_await(c, NULL, CONFORM_FORWARD, t1))
		return;
	conform_settle(c);
	if (!CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1)) ||
	    !conform_peer_send(t1, 400, CONFORM_PSH))
		return;
	conform_await_delivered(t1, 1000);
}

/* Contract: RIND-15, DACK-01, DACK-02 */
static void rind_15_acknowledged(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1 || !conform_peer_send(t1, 100, 0) ||
	    !conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt))
		return;
	if (conform_peer_send(t1, 10 * CONFORM_MSS, 0))
		conform_until(c, READ_ONCE(t1->peer.acked) ==
			      t1->peer.snd_nxt);
}

/* Contract: RRET-02, RRET-03, RRET-04, RRET-05, RIND-06 */
static void rret_04_kept_and_returned(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct sk_buff *skb;
	u32 seq;

	if (!t1)
		return;
	conform_keep(t1);
	if (!conform_peer_send(t1, 8000, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 8000))
		return;
	/* The host's for as long as it likes, and nobody changes them. */
	seq = t1->tcp.delegated.rcv_nxt;
	skb_queue_walk(&t1->kept, skb) {
		CONFORM_TRUE(c, conform_is_data(skb, seq));
		seq += skb->len;
	}
	conform_return_kept(t1);
	if (conform_peer_send(t1, 100, CONFORM_PSH))
		conform_await_delivered(t1, 8100);
}

/* Contract: RRET-02, RRET-06, RRET-09 */
static void rret_09_returned_after_terminate(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	conform_keep(t1);
	if (!conform_peer_send(t1, 3000, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 3000) ||
	    !conform_terminate(c, "N1(P1(T1))"))
		return;
	conform_return_kept(t1);
}

const struct conform_case conform_receive_cases[] = {
	CONFORM_CASE(rcv_12_filled,
		     "RCV-02, RCV-09, RCV-12, RCV-24, RCV-28, RCV-29, DLV-04, DLV-06, DLV-09, DLV-20",
		     0),
	CONFORM_CASE(rcv_05_06_order,
		     "RCV-03, RCV-05, RCV-06, RCV-23, DLV-09", 0),
	CONFORM_CASE(rcv_13_push_flag,
		     "RCV-10, RCV-13, DLV-12", 0),
	CONFORM_CASE(rcv_13_push_timer,
		     "RCV-13, RCV-15, PSH-01, DLV-01, DLV-13, DLV-18, TMR-01",
		     0),
	CONFORM_CASE(rcv_14_nonpush,
		     "RCV-10, RCV-11, RCV-14, DLV-14", 0),
	CONFORM_CASE(rcv_16_prefilled,
		     "RCV-14, RCV-28", 0),
	CONFORM_CASE(dlv_10_filled_and_next,
		     "DLV-10, DLV-19, RCV-12", 0),
	CONFORM_CASE(rcv_30_zero_byte_request,
		     "RCV-19, RCV-30, RIND-01, RIND-10, RIND-11, DLV-07, DLV-08, DLV-17",
		     0),
	CONFORM_CASE(rind_09_refused_into_request,
		     "RIND-07, RIND-09, RIND-11, DLV-05, DLV-17", 0),
	CONFORM_CASE(rind_08_partly_accepted,
		     "RIND-08, RIND-09, RIND-10", 0),
	CONFORM_CASE(rcv_26_upload,
		     "RCV-26, TERM-25", 0),
	CONFORM_CASE(rcv_25_aborted,
		     "RCV-25, TEV-06, TEV-07, TEV-09", 0),
	CONFORM_CASE(rcv_14_fin_ends_nonpush,
		     "RCV-14, TEV-03", 0),
	CONFORM_CASE(rcv_27_after_the_end,
		     "RCV-27", 0),
	CONFORM_CASE(rcv_21_posted_in_completion,
		     "RCV-20, RCV-21, RCV-22, DLV-02, DLV-03, DLV-15", 0),
	CONFORM_CASE(rind_18_in_order,
		     "RIND-02, RIND-13, RIND-18, DLV-08, DLV-16, DLV-20", 0),
	CONFORM_CASE(rind_18_out_of_order_segments,
		     "RIND-18", 0),
	CONFORM_CASE(rind_15_acknowledged,
		     "RIND-15, DACK-01, DACK-02", 0),
	CONFORM_CASE(rret_04_kept_and_returned,
		     "RRET-02, RRET-03, RRET-04, RRET-05, RIND-06", 0),
	CONFORM_CASE(rret_09_returned_after_terminate,
		     "RRET-02, RRET-06, RRET-09", 0),
	{}
};
