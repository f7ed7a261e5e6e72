// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.3 and 3.17: capabilities; pause, resume and upload-all. */
#include <linux/delay.h>

#include "fake.h"

static void indicate(struct fake *fake, enum chimney_indication indication)
{
	chimney_status_indicate(&fake->target, indication);
}

static int caps_init(struct kunit *test)
{
	struct fake *fake = fake_prepare(test);

	fake->incurious = true;
	fake_start(test, fake);
	test->priv = fake;
	return 0;
}

/* -------- capabilities -------- */

/* Contract: CAP-01, CAP-02, CAP-03, CAP-11 */
static void cap_01_03_query_then_enable(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_caps caps;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	/* Act, Assert: neither enable nor initiate without a query */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
	KUNIT_EXPECT_EQ(test, -EINVAL,
			chimney_enable_caps(fake->binding,
					    &fake->target.caps));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_01, 2);
	chimney_query_caps(fake->binding, &caps);
	KUNIT_EXPECT_MEMEQ(test, &fake->target.caps, &caps, sizeof(caps));
	/* nor an initiate before the enable. */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_03, 1);
	KUNIT_EXPECT_NULL(test, fake->initiated);
	caps.sack = false;
	KUNIT_EXPECT_EQ(test, 0, chimney_enable_caps(fake->binding, &caps));
	KUNIT_EXPECT_MEMEQ(test, &caps, &fake->enabled, sizeof(caps));
	KUNIT_EXPECT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

static void cap_03_only_what_was_enabled(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_caps caps;
	struct fake_tree *tree;

	/* Arrange: IPv6 is off */
	chimney_query_caps(fake->binding, &caps);
	caps.ipv6 = false;
	KUNIT_ASSERT_EQ(test, 0, chimney_enable_caps(fake->binding, &caps));
	tree = fake_tree(test, fake, "N(P)");
	tree->node[1].state.path.constant.family = AF_INET6;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_03, 1);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[0].handle.state);
	tree->node[1].state.path.constant.family = AF_INET;
	KUNIT_EXPECT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static const struct excess_case {
	const char *desc;
	struct chimney_caps caps;
} excess_cases[] = {
	{ "tcp_entries", { .tcp_entries = 17, .max_mtu = 1 } },
	{ "path_entries", { .path_entries = 9, .max_mtu = 1 } },
	{ "neighbor_entries", { .neighbor_entries = 5, .max_mtu = 1 } },
	{ "max_mtu", { .max_mtu = 9001 } },
	{ "no_limit_of_mtu", { .max_mtu = 0 } },
	{ "ipv6", { .max_mtu = 1, .ipv6 = true } },
	{ "sack", { .max_mtu = 1, .sack = true } },
};

static void excess_desc(const struct excess_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(excess, excess_cases, excess_desc);

static void cap_11_no_more_than_there_is(struct kunit *test)
{
	const struct excess_case *param = test->param_value;
	struct chimney_caps caps, before;
	struct fake *fake = test->priv;

	/* Arrange */
	fake->target.caps.ipv6 = false;
	fake->target.caps.sack = false;
	chimney_query_caps(fake->binding, &caps);
	before = fake->enabled;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			chimney_enable_caps(fake->binding, &param->caps));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_11, 1);
	KUNIT_EXPECT_MEMEQ(test, &before, &fake->enabled, sizeof(before));
	KUNIT_EXPECT_EQ(test, 0, chimney_enable_caps(fake->binding, &caps));
}

static void cap_12_not_while_it_is_in_use(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_caps caps, less;
	struct fake_tree *tree;

	/* Arrange */
	chimney_query_caps(fake->binding, &caps);
	KUNIT_ASSERT_EQ(test, 0, chimney_enable_caps(fake->binding, &caps));
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	less = caps;
	less.sack = false;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_enable_caps(fake->binding, &less));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_12, 1);
	KUNIT_EXPECT_TRUE(test, fake->enabled.sack);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 0, chimney_enable_caps(fake->binding, &less));
	KUNIT_EXPECT_FALSE(test, fake->enabled.sack);
}

static const struct poor_case {
	const char *desc;
	struct chimney_caps caps;
	const char *message;
} poor_cases[] = {
	{ "cap_13_no_family", { .tcp_entries = 1 },
	  "The target offloads neither IPv4 nor IPv6" },
	{ "cap_14_no_capacity", { .ipv4 = true },
	  "The target has no TCP entries" },
};

static void poor_desc(const struct poor_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(poor, poor_cases, poor_desc);

static void cap_13_14_what_a_target_must_have(struct kunit *test)
{
	const struct poor_case *param = test->param_value;
	struct chimney_target target = { .ops = &fake_target_ops };
	struct netlink_ext_ack extack = {};

	/* Arrange */
	target.dev = fake_device(test);
	target.caps = param->caps;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			chimney_target_register(&target, &extack));
	KUNIT_EXPECT_STREQ(test, param->message, extack._msg);
}

static struct kunit_case cap_cases[] = {
	KUNIT_CASE(cap_01_03_query_then_enable),
	KUNIT_CASE(cap_03_only_what_was_enabled),
	KUNIT_CASE_PARAM(cap_11_no_more_than_there_is, excess_gen_params),
	KUNIT_CASE(cap_12_not_while_it_is_in_use),
	KUNIT_CASE_PARAM(cap_13_14_what_a_target_must_have, poor_gen_params),
	{}
};

struct kunit_suite chimney_cap_suite = {
	.name = "chimney_cap",
	.init = caps_init,
	.test_cases = cap_cases,
};

/* -------- the gate -------- */

/* Contract: PAU-01, PAU-09 */
static void pau_01_09_no_initiate_until_resume(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_caps caps;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_PAUSE, fake->indication);
	KUNIT_EXPECT_PTR_EQ(test, fake->binding, fake->indication_binding);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_01, 1);
	KUNIT_EXPECT_NULL(test, fake->initiated);
	indicate(fake, CHIMNEY_INDICATION_RESUME);
	chimney_query_caps(fake->binding, &caps);
	KUNIT_EXPECT_EQ(test, 0, fake_initiate(fake, tree));
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->initiated);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void pau_05_what_is_in_flight_goes_on(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Act */
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	/* Assert: offloaded, and at work */
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[2].handle.state);
	chimney_tcp_receive(&tree->node[2].handle, &request);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request);
	KUNIT_EXPECT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
}

/* Until some client has enabled that many connections. */
static void await_enabled(struct kunit *test, struct fake *fake, u32 entries)
{
	unsigned int i;

	for (i = 0; i < 3000; i++) {
		if (READ_ONCE(fake->enabled.tcp_entries) == entries)
			return;
		msleep(20);
	}
	KUNIT_ASSERT_EQ(test, entries, fake->enabled.tcp_entries);
}

/* Contract: PAU-07, PAU-08 */
static void pau_07_look_again(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_caps caps;
	struct fake_tree *tree;

	/* Arrange: the target has become smaller meanwhile */
	tree = fake_tree(test, fake, "N");
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	fake->target.caps.tcp_entries = 2;
	indicate(fake, CHIMNEY_INDICATION_RESUME);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_07, 1);
	chimney_query_caps(fake->binding, &caps);
	KUNIT_EXPECT_EQ(test, 2, caps.tcp_entries);
	/* The host is a client, too, and looks again by itself. */
	await_enabled(test, fake, 2);
	fake->target.caps.tcp_entries = 1;
	chimney_query_caps(fake->binding, &caps);
	/* What was enabled is more than there is. */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_03, 1);
	KUNIT_EXPECT_EQ(test, 0, chimney_enable_caps(fake->binding, &caps));
	KUNIT_EXPECT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void pau_10_upload_all(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree, *more;
	struct chimney_caps caps;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	more = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	indicate(fake, CHIMNEY_INDICATION_UPLOAD_ALL);
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_UPLOAD_ALL, fake->indication);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_initiate(fake, more));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_10, 1);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	/* A resume before all is home does not open the gate. */
	indicate(fake, CHIMNEY_INDICATION_RESUME);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_13, 1);
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_UPLOAD_ALL, fake->indication);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	indicate(fake, CHIMNEY_INDICATION_RESUME);
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_RESUME, fake->indication);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_13, 1);
	chimney_query_caps(fake->binding, &caps);
	KUNIT_EXPECT_EQ(test, 0, fake_initiate(fake, more));
	fake_answer(more, NULL);
	fake_initiate_complete(fake, more);
}

/* Contract: PAU-06 */
static void pau_10_upload_all_while_paused(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	indicate(fake, CHIMNEY_INDICATION_UPLOAD_ALL);
	/* A pause takes nothing back of it. */
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	KUNIT_EXPECT_EQ(test, 3, fake->indications);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EAGAIN, fake_initiate(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_10, 1);
}

static int initiate_at_once;

static void initiate_when_told(struct fake *fake,
			       enum chimney_indication indication)
{
	if (indication == CHIMNEY_INDICATION_PAUSE)
		initiate_at_once = fake_initiate(fake, &fake->tree[0]);
}

/* Contract: CAP-15 */
static void cap_15_resume_needs_a_pause(struct kunit *test)
{
	struct fake *fake = test->priv;

	/* Act */
	indicate(fake, CHIMNEY_INDICATION_RESUME);
	/* Assert: no client heard of it */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CAP_15, 1);
	KUNIT_EXPECT_EQ(test, 0, fake->indications);
}

/* No lock is held: a client may call the core from its callback. */
static void pau_01_known_from_the_callback_on(struct kunit *test)
{
	struct fake *fake = test->priv;

	/* Arrange */
	fake_tree(test, fake, "N");
	fake->at_indication = initiate_when_told;
	initiate_at_once = 0;
	/* Act */
	indicate(fake, CHIMNEY_INDICATION_PAUSE);
	/* Assert */
	KUNIT_EXPECT_EQ(test, -EAGAIN, initiate_at_once);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_PAU_01, 1);
}

static struct kunit_case pau_cases[] = {
	KUNIT_CASE(cap_15_resume_needs_a_pause),
	KUNIT_CASE(pau_01_09_no_initiate_until_resume),
	KUNIT_CASE(pau_01_known_from_the_callback_on),
	KUNIT_CASE(pau_05_what_is_in_flight_goes_on),
	KUNIT_CASE(pau_07_look_again),
	KUNIT_CASE(pau_10_upload_all),
	KUNIT_CASE(pau_10_upload_all_while_paused),
	{}
};

struct kunit_suite chimney_pau_suite = {
	.name = "chimney_pau",
	.init = fake_suite_init,
	.test_cases = pau_cases,
};
