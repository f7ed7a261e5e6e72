// SPDX-License-Identifier: GPL-2.0-only
/* The conformance kit against the simulated NIC. */
#include <linux/rtnetlink.h>

#include "../kmod/conform/case.h"
#include "core/core.h"
#include "fake.h"

/* Small enough that a case can fill it. */
static const struct chimney_caps small = {
	.tcp_entries = 256,
	.path_entries = 64,
	.neighbor_entries = 32,
	.max_mtu = 9000,
	.max_rcv_wnd = 1 << 20,
};

static void remove_target(void *data)
{
	struct net_device *dev = data;

	chimney_target_del(dev_net(dev), dev->ifindex, NULL);
}

static int conform_suite_init(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct net_device *dev = fake_device(test);
	int err;

	rtnl_lock();
	err = dev_open(dev, NULL);
	rtnl_unlock();
	KUNIT_ASSERT_EQ(test, 0, err);
	err = chimney_target_new(dev_net(dev), dev->ifindex, "sim", &small,
				 &extack);
	KUNIT_ASSERT_EQ_MSG(test, 0, err, "%s", extack._msg);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, remove_target,
							   dev));
	test->priv = dev;
	return 0;
}

static const struct conform_section *section_of(const struct conform_case *cs)
{
	const struct conform_section *section;
	const struct conform_case *member;

	for (section = conform_sections; section->name; section++)
		for (member = section->cases; member->name; member++)
			if (member == cs)
				return section;
	return NULL;
}

static const void *next_case(const void *prev, char *desc)
{
	const struct conform_section *section = conform_sections;
	const struct conform_case *cs = section->cases;

	if (prev) {
		cs = (const struct conform_case *)prev + 1;
		if (!cs->name) {
			section = section_of(prev) + 1;
			cs = section->cases;
		}
	}
	if (!cs)
		return NULL;
	strscpy(desc, cs->name, KUNIT_PARAM_DESC_SIZE);
	return cs;
}

static void conform_case(struct kunit *test)
{
	const struct conform_case *cs = test->param_value;
	struct net_device *dev = test->priv;
	struct conform_result *result;

	result = kunit_kzalloc(test, sizeof(*result), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, result);
	KUNIT_ASSERT_EQ(test, 0, conform_execute(dev_net(dev), dev->ifindex, cs,
						 result));
	if (result->verdict == CONFORM_SKIPPED)
		kunit_skip(test, "%s", result->text);
	KUNIT_EXPECT_EQ_MSG(test, CONFORM_PASSED, result->verdict, "%s",
			    result->text);
}

static struct kunit_case conform_cases[] = {
	KUNIT_CASE_PARAM(conform_case, next_case),
	{}
};

struct kunit_suite chimney_conform_suite = {
	.name = "chimney_conform",
	.init = conform_suite_init,
	.test_cases = conform_cases,
};
