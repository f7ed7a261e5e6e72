// SPDX-License-Identifier: GPL-2.0-only
/* Contract 2.12 and 3.3: parameters, and the timers and limits that they set. */
#include "../core/core.h"
#include "harness.h"

static bool parameters_set(struct conform *c,
			   const struct chimney_parameters *parameters)
{
	struct netlink_ext_ack extack = {};
	int err;

	err = chimney_target_set_parameters(c->net, c->ifindex, parameters,
					    &extack);
	if (err)
		conform_fail(c, "parameters: expected to be set, got error %d: %s",
			     err, extack._msg ?: "no reason given");
	return !err;
}

static struct chimney_parameters parameters_get(struct conform *c)
{
	struct chimney_target_info info = {};

	chimney_target_info(c->net, c->ifindex, &info, NULL);
	return info.parameters;
}

/* Contract: CAP-08 */
static void cap_08_every_parameter(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters other = {
		.ack_frequency = before.ack_frequency + 1,
		.max_retransmissions = before.max_retransmissions + 1,
		.doubt_reachability_retransmissions =
			before.doubt_reachability_retransmissions + 1,
		.duplicate_ack_threshold = before.duplicate_ack_threshold + 1,
		.delayed_ack_ticks = before.delayed_ack_ticks / 2 + 1,
		.sws_prevention_ticks = before.sws_prevention_ticks + 1,
		.push_ticks = before.push_ticks / 2 + 1,
		.nce_stale_ticks = before.nce_stale_ticks + 1,
	};
	struct chimney_parameters now;
	struct conform_object *t1;

	if (!parameters_set(c, &other))
		return;
	now = parameters_get(c);
	CONFORM_TRUE(c, !memcmp(&now, &other, sizeof(now)));
	t1 = conform_connection(c);
	if (t1 && conform_exchange(t1) &&
	    conform_peer_send(t1, 500, CONFORM_PSH))
		conform_await_delivered(t1, 500);
	parameters_set(c, &before);
}

/* A connection that retransmits soon, with data that nobody acknowledges. */
static struct conform_object *unanswered(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");

	t1->tcp.delegated.srtt = 8 * 1000;
	t1->tcp.delegated.rtt_var = 4 * 1000;
	if (!conform_connection(c) || !conform_send(t1, 100))
		return NULL;
	return t1;
}

/* Contract: RTX-01 */
static void rtx_01_retransmitted_so_often(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters few = before;
	struct conform_entry *entry = NULL;
	struct conform_object *t1;
	unsigned int sent = 0;

	few.max_retransmissions = 2;
	if (!parameters_set(c, &few))
		return;
	t1 = unanswered(c);
	if (t1 &&
	    conform_until(c, conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE) ||
			  conform_find_event(c, t1, CHIMNEY_TCP_ABORT))) {
		while ((entry = conform_find(c, entry, CONFORM_FRAME, t1)))
			sent += entry->len == 100;
		CONFORM_TRUE(c, sent >= 2);
		CONFORM_TRUE(c, sent <= 3);
	}
	parameters_set(c, &before);
}

/* Contract: RTX-03, RTX-04 */
static void rtx_04_without_limit(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters few = before;
	struct conform_object *t1;

	few.max_retransmissions = 2;
	if (!parameters_set(c, &few))
		return;
	conform_object(c, "T1")->tcp.cached.max_rt = U32_MAX;
	t1 = unanswered(c);
	if (t1 &&
	    conform_until(c, conform_count(c, CONFORM_FRAME, t1) > 4) &&
	    CONFORM_TRUE(c, !conform_find_event(c, t1, CHIMNEY_TCP_RETRIEVE)) &&
	    conform_peer_ack(t1))
		conform_await(c, NULL, CONFORM_SEND, t1);
	parameters_set(c, &before);
}

/* Contract: RTX-11, CAP-09 */
static void rtx_11_neighbor_in_doubt(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters soon = before;
	struct conform_object *t1;

	soon.doubt_reachability_retransmissions = 2;
	soon.sws_prevention_ticks = before.sws_prevention_ticks / 2 + 1;
	if (!parameters_set(c, &soon))
		return;
	t1 = unanswered(c);
	if (t1 &&
	    conform_until(c, conform_count(c, CONFORM_NEIGHBOR, NULL) > 0)) {
		CONFORM_EQ(c, CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT,
			   conform_find(c, NULL, CONFORM_NEIGHBOR, NULL)->code);
		CONFORM_TRUE(c, conform_count(c, CONFORM_FRAME, t1) >= 2);
	}
	parameters_set(c, &before);
}

/*
 * T2's timer starts after T1's. Then a byte more comes for T1, so that its timer
 * is the last to expire.
 */
static bool push_timer_restarts(struct conform *c)
{
	struct conform_request *first, *second;
	struct conform_entry *entry;
	struct conform_object *t1, *t2;

	t1 = conform_object(c, "T1");
	t2 = conform_object(c, "T2");
	if (!conform_initiate(c, "N1(P1(T1,T2))"))
		return false;
	first = conform_post(t1, 1000, false);
	second = conform_post(t2, 1000, false);
	if (!conform_peer_send(t1, 300, 0) || !conform_peer_send(t2, 300, 0))
		return false;
	conform_settle(c);
	if (!conform_peer_send(t1, 1, 0) ||
	    !conform_until(c, conform_count(c, CONFORM_RECEIVE, NULL) == 2))
		return false;
	entry = conform_find(c, NULL, CONFORM_RECEIVE, NULL);
	CONFORM_TRUE(c, entry->item == second);
	CONFORM_EQ(c, 300, entry->len);
	entry = conform_find(c, entry, CONFORM_RECEIVE, NULL);
	CONFORM_TRUE(c, entry->item == first);
	return CONFORM_EQ(c, 301, entry->len);
}

/* Contract: RCV-18, PSH-01, PSH-02 */
static void psh_02_restarted_by_data(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters slow = before;

	/* Long enough for a machine that is slow, too. */
	slow.push_ticks = 3 * USEC_PER_SEC;
	if (!parameters_set(c, &slow))
		return;
	push_timer_restarts(c);
	parameters_set(c, &before);
}

/* Contract: TERM-35, PSH-03 */
static void term_35_push_timer_stopped(struct conform *c)
{
	const struct chimney_parameters before = parameters_get(c);
	struct chimney_parameters slow = before;
	struct conform_object *t1;
	struct conform_entry *entry;

	/* It would expire after the terminate, and before the case ends. */
	slow.push_ticks = 2 * CONFORM_SETTLE_MS * USEC_PER_MSEC;
	if (!parameters_set(c, &slow))
		return;
	t1 = conform_connection(c);
	if (t1 && conform_post(t1, 1000, false) &&
	    conform_peer_send(t1, 300, 0) &&
	    conform_until(c, READ_ONCE(t1->peer.acked) == t1->peer.snd_nxt) &&
	    conform_terminate(c, "T1")) {
		entry = conform_find(c, NULL, CONFORM_RECEIVE, t1);
		CONFORM_TRUE(c, entry && entry->status !=
			     CHIMNEY_STATUS_PENDING);
		conform_settle(c);
		conform_settle(c);
		conform_settle(c);
		CONFORM_EQ(c, 1, conform_count(c, CONFORM_RECEIVE, t1));
		CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
	}
	parameters_set(c, &before);
}

const struct conform_case conform_parameters_cases[] = {
	CONFORM_CASE(cap_08_every_parameter,
		     "CAP-08", CONFORM_PARAMETERS),
	CONFORM_CASE(rtx_01_retransmitted_so_often,
		     "RTX-01", CONFORM_PARAMETERS),
	CONFORM_CASE(rtx_04_without_limit,
		     "RTX-03, RTX-04", CONFORM_PARAMETERS),
	CONFORM_CASE(rtx_11_neighbor_in_doubt,
		     "RTX-11, CAP-09", CONFORM_PARAMETERS),
	CONFORM_CASE(psh_02_restarted_by_data,
		     "RCV-18, PSH-01, PSH-02", CONFORM_PARAMETERS),
	CONFORM_CASE(term_35_push_timer_stopped,
		     "TERM-35, PSH-03", CONFORM_PARAMETERS),
	{}
};
