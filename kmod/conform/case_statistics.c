// SPDX-License-Identifier: GPL-2.0-only
/* Contract 2.11 to 2.13, 3.3 and 3.18: statistics and capabilities. */
#include "harness.h"

static struct chimney_statistics statistics(struct conform *c, u16 family,
					    bool reset)
{
	struct chimney_statistics stats = {};

	c->target->ops->statistics(c->target, family, &stats, reset);
	return stats;
}

/* Contract: CAP-02, CAP-13, CAP-14 */
static void cap_13_capabilities(struct conform *c)
{
	struct chimney_caps caps;

	chimney_query_caps(c->binding, &caps);
	CONFORM_TRUE(c, caps.ipv4 || caps.ipv6);
	CONFORM_TRUE(c, caps.tcp_entries);
	CONFORM_TRUE(c, caps.path_entries);
	CONFORM_TRUE(c, caps.neighbor_entries);
}

/* Contract: STA-01, STA-02, STA-04, STA-12 */
static void sta_12_counters(struct conform *c)
{
	struct chimney_statistics before, after, other, other_after;
	struct conform_object *t1 = conform_connection(c);

	if (!t1)
		return;
	before = statistics(c, AF_INET, false);
	other = statistics(c, AF_INET6, false);
	if (!conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1) ||
	    !conform_peer_send(t1, 700, CONFORM_PSH) ||
	    !conform_await_delivered(t1, 700))
		return;
	after = statistics(c, AF_INET, false);
	other_after = statistics(c, AF_INET6, false);
	CONFORM_TRUE(c, after.tcp_out_segments > before.tcp_out_segments);
	CONFORM_TRUE(c, after.ip_out_requests > before.ip_out_requests);
	CONFORM_TRUE(c, after.ip_out_octets - before.ip_out_octets >= 1040);
	CONFORM_TRUE(c, after.tcp_in_segments - before.tcp_in_segments >= 2);
	CONFORM_EQ(c, after.tcp_retransmitted_segments,
		   before.tcp_retransmitted_segments);
	CONFORM_TRUE(c, !memcmp(&other, &other_after, sizeof(other)));
}

/* Contract: STA-04, STA-12 */
static void sta_12_from_the_wire(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_statistics before, after;
	struct conform_segment segment;

	if (!t1 || !conform_exchange(t1))
		return;
	before = statistics(c, AF_INET, false);
	segment = conform_segment(t1);
	segment.len = 700;
	if (!conform_arrive(t1, &segment, 0) ||
	    !conform_await_delivered(t1, 700))
		return;
	t1->peer.snd_nxt += 700;
	after = statistics(c, AF_INET, false);
	CONFORM_EQ(c, 1, after.ip_in_receives - before.ip_in_receives);
	CONFORM_EQ(c, 740, after.ip_in_octets - before.ip_in_octets);
	CONFORM_EQ(c, 1, after.ip_in_delivers - before.ip_in_delivers);
	CONFORM_EQ(c, 1, after.tcp_in_segments - before.tcp_in_segments);
}

/* Contract: STA-04 */
static void sta_04_offloaded_only(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_statistics before, after;
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	if (!conform_terminate(c, "T1"))
		return;
	before = statistics(c, AF_INET, false);
	if (!conform_arrive(t1, &segment, 0) ||
	    !conform_await(c, NULL, CONFORM_HOST, t1))
		return;
	after = statistics(c, AF_INET, false);
	CONFORM_TRUE(c, !memcmp(&before, &after, sizeof(before)));
}

/* Contract: STA-09 */
static void sta_09_not_the_target_s(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_statistics before, after;
	struct conform_segment segment;

	if (!t1)
		return;
	segment = conform_segment(t1);
	segment.len = 100;
	if (!conform_terminate(c, "N1(P1(T1))"))
		return;
	before = statistics(c, AF_INET, false);
	if (!conform_arrive(t1, &segment, CONFORM_BAD_CHECKSUM) ||
	    !conform_await(c, NULL, CONFORM_HOST, t1))
		return;
	after = statistics(c, AF_INET, false);
	CONFORM_EQ(c, 0, after.tcp_in_errors - before.tcp_in_errors);
	CONFORM_EQ(c, 0, after.ip_in_receives - before.ip_in_receives);
}

/* Contract: STA-05 */
static void sta_05_reset(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_statistics stats;

	if (!t1 || !conform_send(t1, 1000) ||
	    !conform_await_sent(t1, t1->host_nxt, true) ||
	    !conform_await(c, NULL, CONFORM_SEND, t1))
		return;
	stats = statistics(c, AF_INET, true);
	CONFORM_TRUE(c, stats.tcp_out_segments);
	stats = statistics(c, AF_INET, false);
	CONFORM_EQ(c, 0, stats.tcp_out_segments);
	CONFORM_EQ(c, 0, stats.ip_out_octets);
	CONFORM_EQ(c, 0, stats.tcp_in_segments);
}

/* Contract: STA-13 */
static void sta_13_retransmissions(struct conform *c)
{
	struct conform_object *t1 = conform_object(c, "T1");
	struct chimney_statistics before, after;

	t1->tcp.delegated.srtt = 8 * 1000;
	t1->tcp.delegated.rtt_var = 4 * 1000;
	if (!conform_connection(c))
		return;
	before = statistics(c, AF_INET, false);
	if (!conform_send(t1, 100) ||
	    !conform_until(c, conform_count(c, CONFORM_FRAME, t1) >= 3) ||
	    !conform_peer_ack(t1) || !conform_await(c, NULL, CONFORM_SEND, t1))
		return;
	after = statistics(c, AF_INET, false);
	CONFORM_EQ(c, 1, after.tcp_out_segments - before.tcp_out_segments);
	CONFORM_TRUE(c, after.tcp_retransmitted_segments -
		     before.tcp_retransmitted_segments >= 2);
}

/* Contract: STA-08 */
static void sta_08_bad_checksum(struct conform *c)
{
	struct conform_object *t1 = conform_connection(c);
	struct chimney_statistics before, after;
	struct conform_segment segment;
	bool host;

	if (!t1)
		return;
	before = statistics(c, AF_INET, false);
	segment = conform_segment(t1);
	segment.len = 100;
	if (!conform_arrive(t1, &segment, CONFORM_BAD_CHECKSUM))
		return;
	conform_settle(c);
	after = statistics(c, AF_INET, false);
	host = conform_count(c, CONFORM_HOST, t1);
	CONFORM_EQ(c, host ? 0 : 1, after.tcp_in_errors - before.tcp_in_errors);
	CONFORM_EQ(c, 0, conform_count(c, CONFORM_INDICATION, t1));
}

const struct conform_case conform_statistics_cases[] = {
	CONFORM_CASE(cap_13_capabilities,
		     "CAP-02, CAP-13, CAP-14", 0),
	CONFORM_CASE(sta_12_counters,
		     "STA-01, STA-02, STA-04, STA-12", CONFORM_STATISTICS),
	CONFORM_CASE(sta_12_from_the_wire,
		     "STA-04, STA-12", CONFORM_STATISTICS | CONFORM_WIRE),
	CONFORM_CASE(sta_04_offloaded_only,
		     "STA-04", CONFORM_STATISTICS | CONFORM_WIRE),
	CONFORM_CASE(sta_09_not_the_target_s,
		     "STA-09", CONFORM_STATISTICS | CONFORM_WIRE),
	CONFORM_CASE(sta_05_reset,
		     "STA-05", CONFORM_STATISTICS),
	CONFORM_CASE(sta_13_retransmissions,
		     "STA-13", CONFORM_STATISTICS),
	CONFORM_CASE(sta_08_bad_checksum,
		     "STA-08", CONFORM_STATISTICS | CONFORM_WIRE),
	{}
};
