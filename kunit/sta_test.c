// SPDX-License-Identifier: GPL-2.0-only
/* Contract 2.11 and 2.12: statistics and parameters, as userspace gets them. */
#include "core/core.h"
#include "fake.h"

static const struct chimney_parameters sane = {
	.ack_frequency = 1,
	.max_retransmissions = 4,
	.doubt_reachability_retransmissions = 2,
	.duplicate_ack_threshold = 5,
	.delayed_ack_ticks = 40000,
	.sws_prevention_ticks = 100000,
	.push_ticks = 250000,
	.nce_stale_ticks = 1000000,
};

static int set(struct fake *fake, const struct chimney_parameters *parameters,
	       struct netlink_ext_ack *extack)
{
	return chimney_target_set_parameters(&init_net,
					     fake->target.dev->ifindex,
					     parameters, extack);
}

static void get(struct kunit *test, struct fake *fake,
		struct chimney_target_info *info)
{
	KUNIT_ASSERT_EQ(test, 0,
			chimney_target_info(&init_net,
					    fake->target.dev->ifindex, info,
					    NULL));
}

/* Contract: PSH-04 */
static void psh_04_defaults(struct kunit *test)
{
	struct chimney_target_info info;
	struct fake *fake = test->priv;

	get(test, fake, &info);
	KUNIT_EXPECT_EQ(test, 500 * USEC_PER_MSEC, info.parameters.push_ticks);
	KUNIT_EXPECT_EQ(test, 15, info.parameters.max_retransmissions);
	KUNIT_EXPECT_EQ(test, 3, info.parameters.duplicate_ack_threshold);
	KUNIT_EXPECT_EQ(test, 2, info.parameters.ack_frequency);
	KUNIT_EXPECT_EQ(test, 200 * USEC_PER_MSEC,
			info.parameters.delayed_ack_ticks);
	KUNIT_EXPECT_EQ(test, 30 * USEC_PER_SEC,
			info.parameters.nce_stale_ticks);
}

/* Contract: CAP-10 */
static void cap_10_set_and_read(struct kunit *test)
{
	struct chimney_target_info info;
	struct fake *fake = test->priv;

	/* Act */
	KUNIT_EXPECT_EQ(test, 0, set(fake, &sane, NULL));
	/* Assert */
	get(test, fake, &info);
	KUNIT_EXPECT_MEMEQ(test, &sane, &info.parameters, sizeof(sane));
	KUNIT_EXPECT_MEMEQ(test, &sane, &fake->parameters, sizeof(sane));
}

static void cap_10_refused_ones_change_nothing(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct chimney_target_info info;
	struct fake *fake = test->priv;

	/* Arrange */
	fake->refuse_parameters = true;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -ERANGE, set(fake, &sane, &extack));
	KUNIT_EXPECT_STREQ(test, "The fake cannot do that", extack._msg);
	get(test, fake, &info);
	KUNIT_EXPECT_EQ(test, 500 * USEC_PER_MSEC, info.parameters.push_ticks);
}

static const struct zero_case {
	const char *desc;
	size_t offset;
	size_t size;
} zero_cases[] = {
#define ZERO(name) { #name, offsetof(struct chimney_parameters, name),	       \
		     sizeof_field(struct chimney_parameters, name) }
	ZERO(ack_frequency),
	ZERO(max_retransmissions),
	ZERO(doubt_reachability_retransmissions),
	ZERO(duplicate_ack_threshold),
	ZERO(delayed_ack_ticks),
	ZERO(sws_prevention_ticks),
	ZERO(push_ticks),
	ZERO(nce_stale_ticks),
};

static void zero_desc(const struct zero_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(zero, zero_cases, zero_desc);

static void parameter_is_not_zero(struct kunit *test)
{
	const struct zero_case *param = test->param_value;
	struct chimney_parameters parameters = sane;
	struct netlink_ext_ack extack = {};
	struct fake *fake = test->priv;

	/* Arrange */
	memset((u8 *)&parameters + param->offset, 0, param->size);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, set(fake, &parameters, &extack));
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
	KUNIT_EXPECT_EQ(test, 0, fake->parameters.push_ticks);
}

static void delayed_ack_is_bounded(struct kunit *test)
{
	struct chimney_parameters parameters = sane;
	struct fake *fake = test->priv;

	parameters.delayed_ack_ticks = 500 * USEC_PER_MSEC;
	KUNIT_EXPECT_EQ(test, 0, set(fake, &parameters, NULL));
	parameters.delayed_ack_ticks++;
	KUNIT_EXPECT_EQ(test, -EINVAL, set(fake, &parameters, NULL));
}

static int statistics(struct fake *fake, u16 family,
		      struct chimney_statistics *statistics, bool reset)
{
	return chimney_target_statistics(&init_net,
					 fake->target.dev->ifindex, family,
					 statistics, reset, NULL);
}

/* Contract: STA-01, STA-02, STA-03, STA-05 */
static void sta_05_reset_of_one_set(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct chimney_statistics read;
	struct fake *fake = test->priv;

	/* Arrange */
	fake->statistics[0].ip_in_octets = 4;
	fake->statistics[1].tcp_out_segments = 6;
	other->statistics[0].ip_in_octets = 9;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 0, statistics(fake, AF_INET, &read, true));
	KUNIT_EXPECT_EQ(test, 4, read.ip_in_octets);
	KUNIT_EXPECT_EQ(test, 0, read.tcp_out_segments);
	KUNIT_EXPECT_EQ(test, 0, statistics(fake, AF_INET, &read, false));
	KUNIT_EXPECT_EQ(test, 0, read.ip_in_octets);
	/* The other set, and that of another device, are as they were. */
	KUNIT_EXPECT_EQ(test, 0, statistics(fake, AF_INET6, &read, false));
	KUNIT_EXPECT_EQ(test, 6, read.tcp_out_segments);
	KUNIT_EXPECT_EQ(test, 0, statistics(other, AF_INET, &read, false));
	KUNIT_EXPECT_EQ(test, 9, read.ip_in_octets);
	/* Reset alone */
	KUNIT_EXPECT_EQ(test, 0, statistics(fake, AF_INET6, NULL, true));
	KUNIT_EXPECT_EQ(test, 0, fake->statistics[1].tcp_out_segments);
}

static void statistics_of_what_is_not_offloaded(struct kunit *test)
{
	struct chimney_statistics read;
	struct fake *fake = test->priv;

	/* Arrange */
	fake->target.caps.ipv6 = false;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			statistics(fake, AF_INET6, &read, false));
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			statistics(fake, AF_UNSPEC, &read, false));
}

static void no_target_no_answer(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	u32 counts[CHIMNEY_CLAUSES];

	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_set_parameters(&init_net, INT_MAX,
						      &sane, &extack));
	KUNIT_EXPECT_STREQ(test, "The device has no target", extack._msg);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_statistics(&init_net, INT_MAX, AF_INET,
						  NULL, true, NULL));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_breaches(&init_net, INT_MAX, counts,
						NULL));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_fault(&init_net, INT_MAX, "", NULL));
}

static void breaches_by_clause(struct kunit *test)
{
	struct fake *fake = test->priv;
	u32 counts[CHIMNEY_CLAUSES];
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_initiate_complete(fake, tree);
	fake_initiate_complete(fake, tree);
	/* Act */
	KUNIT_EXPECT_EQ(test, 0,
			chimney_target_breaches(&init_net,
						fake->target.dev->ifindex,
						counts, NULL));
	/* Assert */
	for (i = 0; i < CHIMNEY_CLAUSES; i++)
		KUNIT_EXPECT_EQ(test, i == CHIMNEY_CLAUSE_OP_06 ? 2 : 0,
				counts[i]);
}

static void fault_needs_a_kind(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct fake *fake = test->priv;

	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			chimney_target_fault(&init_net,
					     fake->target.dev->ifindex,
					     "hang", &extack));
	KUNIT_EXPECT_STREQ(test, "The target cannot inject faults",
			   extack._msg);
}

static struct kunit_case sta_cases[] = {
	KUNIT_CASE(breaches_by_clause),
	KUNIT_CASE(cap_10_refused_ones_change_nothing),
	KUNIT_CASE(cap_10_set_and_read),
	KUNIT_CASE(delayed_ack_is_bounded),
	KUNIT_CASE(fault_needs_a_kind),
	KUNIT_CASE(no_target_no_answer),
	KUNIT_CASE_PARAM(parameter_is_not_zero, zero_gen_params),
	KUNIT_CASE(psh_04_defaults),
	KUNIT_CASE(sta_05_reset_of_one_set),
	KUNIT_CASE(statistics_of_what_is_not_offloaded),
	{}
};

struct kunit_suite chimney_sta_suite = {
	.name = "chimney_sta",
	.init = fake_suite_init,
	.test_cases = sta_cases,
};
