// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.2: registration; and how targets follow their devices. */
#include <linux/rtnetlink.h>

#include "core/core.h"
#include "fake.h"

static struct chimney_target *find(const struct net_device *dev)
{
	struct chimney_target *target;

	rcu_read_lock();
	target = chimney_target_find_rcu(dev);
	rcu_read_unlock();
	return target;
}

static void reg_one_target_per_device(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct chimney_target second = {};
	struct fake *fake = test->priv;

	/* Arrange */
	second.dev = fake->target.dev;
	second.ops = &fake_target_ops;
	second.caps = fake->target.caps;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EEXIST,
			chimney_target_register(&second, &extack));
	KUNIT_EXPECT_STREQ(test, "The device has a target already",
			   extack._msg);
	KUNIT_EXPECT_PTR_EQ(test, &fake->target, find(fake->target.dev));
}

static void reg_target_is_found_by_device(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct net_device *dev = fake->target.dev;

	KUNIT_EXPECT_PTR_EQ(test, &fake->target, find(dev));
	/* Act */
	fake_remove_target(fake);
	/* Assert */
	KUNIT_EXPECT_NULL(test, find(dev));
}

static const struct missing_case {
	const char *desc;
	size_t offset;
} missing_cases[] = {
#define MISSING(op) { #op, offsetof(struct chimney_target_ops, op) }
	MISSING(initiate_offload),
	MISSING(terminate_offload),
	MISSING(query_offload),
	MISSING(update_offload),
	MISSING(invalidate_offload),
	MISSING(tcp_send),
	MISSING(tcp_receive),
	MISSING(tcp_forward),
	MISSING(tcp_disconnect),
};

static void missing_desc(const struct missing_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(missing, missing_cases, missing_desc);

/* Contract: ARC-04 */
static void reg_01_mandatory_calls(struct kunit *test)
{
	const struct missing_case *param = test->param_value;
	struct chimney_target_ops ops = fake_target_ops;
	struct netlink_ext_ack extack = {};
	struct chimney_target target = {};
	struct fake *fake = test->priv;

	/* Arrange */
	*(void **)((char *)&ops + param->offset) = NULL;
	target.ops = &ops;
	target.dev = fake->target.dev;
	target.caps = fake->target.caps;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			chimney_target_register(&target, &extack));
	KUNIT_ASSERT_NOT_NULL(test, extack._msg);
	KUNIT_EXPECT_NOT_NULL(test, strstr(extack._msg, param->desc));
}

static void reg_client_leaves_first(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	/* Act */
	chimney_client_unregister(&fake->client);
	/* Assert */
	KUNIT_EXPECT_TRUE(test, fake->unbound);
	KUNIT_EXPECT_FALSE(test, fake->stopped);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
	/* And is bound again when it comes back. */
	fake->binding = NULL;
	KUNIT_ASSERT_EQ(test, 0, chimney_client_register(&fake->client));
	KUNIT_EXPECT_NOT_ERR_OR_NULL(test, fake->binding);
}

static void reg_target_info(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct net_device *dev = fake->target.dev;
	struct chimney_target_info info;

	/* Arrange */
	chimney_initiate_offload_complete(&fake->target, NULL);
	/* Act, Assert */
	KUNIT_ASSERT_EQ(test, 0, chimney_target_info(&init_net, dev->ifindex,
						     &info, NULL));
	KUNIT_EXPECT_EQ(test, dev->ifindex, info.ifindex);
	KUNIT_EXPECT_STREQ(test, dev->name, info.ifname);
	KUNIT_EXPECT_STREQ(test, "", info.kind);
	KUNIT_EXPECT_EQ(test, 1, info.violations);
	KUNIT_EXPECT_EQ(test, 0, chimney_target_info_next(&init_net, 1, &info));
	KUNIT_EXPECT_EQ(test, dev->ifindex, info.ifindex);
	KUNIT_EXPECT_EQ(test, -ENOENT,
			chimney_target_info_next(&init_net, dev->ifindex + 1,
						 &info));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_info(&init_net, 1, &info, NULL));
}

static void reg_device_goes_first(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct net_device *dev = fake->target.dev;
	struct fake_tree *tree;

	/* Arrange: the target of a driver, with something offloaded */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	/* Act: hangs if the core kept the device */
	unregister_netdev(dev);
	/* Assert: home, and out of use until the driver unregisters it */
	KUNIT_EXPECT_TRUE(test, fake->unbound);
	KUNIT_EXPECT_TRUE(test, fake->stopped);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
	KUNIT_EXPECT_NULL(test, find(dev));
}

static void reg_device_is_gone(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct fake *fake = test->priv;
	struct net_device *dev = fake->target.dev;

	/* Arrange */
	fake_remove_target(fake);
	unregister_netdev(dev);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_register(&fake->target, &extack));
	KUNIT_EXPECT_STREQ(test, "The device is going away", extack._msg);
}

/* A kind of software targets ------------------------------------------------ */

static struct chimney_target_kind soft_kind;

static const struct chimney_target_ops *soft_ops(void)
{
	static struct chimney_target_ops ops;

	/* At an address of its own, so that no fake client is bound to it. */
	ops = fake_target_ops;
	ops.stop = NULL;
	ops.enable = NULL;
	ops.set_parameters = NULL;
	ops.statistics = NULL;
	return &ops;
}

static int soft_newtarget(struct net_device *dev,
			  const struct chimney_caps *caps,
			  struct netlink_ext_ack *extack)
{
	struct chimney_target *target;
	int err;

	target = kzalloc(sizeof(*target), GFP_KERNEL);
	if (!target)
		return -ENOMEM;
	target->dev = dev;
	target->ops = soft_ops();
	target->caps = *caps;
	target->kind = &soft_kind;
	err = chimney_target_register(target, extack);
	if (err)
		kfree(target);
	return err;
}

static void soft_deltarget(struct chimney_target *target)
{
	chimney_target_unregister(target);
	kfree(target);
}

static struct chimney_target_kind soft_kind = {
	.name = "soft",
	.owner = THIS_MODULE,
	.newtarget = soft_newtarget,
	.deltarget = soft_deltarget,
};

static void kind_release(void *unused)
{
	chimney_target_kind_unregister(&soft_kind);
}

static struct net_device *kind_setup(struct kunit *test)
{
	struct net_device *dev = fake_device(test);

	KUNIT_ASSERT_EQ(test, 0, chimney_target_kind_register(&soft_kind));
	KUNIT_ASSERT_EQ(test, 0,
			kunit_add_action_or_reset(test, kind_release, NULL));
	return dev;
}

static void kind_new_and_del(struct kunit *test)
{
	struct chimney_caps caps = { .tcp_entries = 7, .ipv4 = true };
	struct net_device *dev = kind_setup(test);
	struct netlink_ext_ack extack = {};
	struct chimney_target_info info;

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 0, chimney_target_new(&init_net, dev->ifindex,
						    "soft", &caps, &extack));
	KUNIT_EXPECT_EQ(test, 0, chimney_target_info(&init_net, dev->ifindex,
						     &info, &extack));
	KUNIT_EXPECT_STREQ(test, "soft", info.kind);
	KUNIT_EXPECT_EQ(test, 7, info.caps.tcp_entries);
	KUNIT_EXPECT_EQ(test, -EEXIST,
			chimney_target_new(&init_net, dev->ifindex, "soft",
					   &caps, &extack));
	KUNIT_EXPECT_EQ(test, 0, chimney_target_del(&init_net, dev->ifindex,
						    &extack));
	KUNIT_EXPECT_NULL(test, find(dev));
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_del(&init_net, dev->ifindex, &extack));
	KUNIT_EXPECT_STREQ(test, "The device has no target", extack._msg);
}

static void kind_unknown(struct kunit *test)
{
	struct net_device *dev = kind_setup(test);
	struct netlink_ext_ack extack = {};
	struct chimney_caps caps = {};

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			chimney_target_new(&init_net, dev->ifindex, "none",
					   &caps, &extack));
	KUNIT_EXPECT_STREQ(test, "There is no such kind of target",
			   extack._msg);
	KUNIT_EXPECT_EQ(test, -ENODEV,
			chimney_target_new(&init_net, INT_MAX, "soft", &caps,
					   &extack));
	KUNIT_EXPECT_STREQ(test, "There is no such device", extack._msg);
	KUNIT_EXPECT_EQ(test, -EEXIST,
			chimney_target_kind_register(&soft_kind));
}

static void kind_not_of_a_driver(struct kunit *test)
{
	struct fake *fake = fake_create(test);
	struct netlink_ext_ack extack = {};

	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EOPNOTSUPP,
			chimney_target_del(&init_net, fake->target.dev->ifindex,
					   &extack));
	KUNIT_EXPECT_STREQ(test, "The target belongs to the device's driver",
			   extack._msg);
}

static void kind_unregister_removes_targets(struct kunit *test)
{
	struct net_device *dev = fake_device(test);
	struct chimney_caps caps = { .tcp_entries = 1, .ipv4 = true };

	/* Arrange */
	KUNIT_ASSERT_EQ(test, 0, chimney_target_kind_register(&soft_kind));
	KUNIT_EXPECT_EQ(test, 0, chimney_target_new(&init_net, dev->ifindex,
						    "soft", &caps, NULL));
	KUNIT_EXPECT_NOT_NULL(test, find(dev));
	/* Act */
	chimney_target_kind_unregister(&soft_kind);
	/* Assert */
	KUNIT_EXPECT_NULL(test, find(dev));
}

static void kind_target_goes_with_its_device(struct kunit *test)
{
	struct net_device *dev = kind_setup(test);
	struct chimney_caps caps = { .tcp_entries = 1, .ipv4 = true };

	/* Arrange */
	KUNIT_ASSERT_EQ(test, 0, chimney_target_new(&init_net, dev->ifindex,
						    "soft", &caps, NULL));
	/* Act: under the RTNL */
	unregister_netdev(dev);
	/* Assert */
	KUNIT_EXPECT_NULL(test, find(dev));
}

static struct kunit_case target_cases[] = {
	KUNIT_CASE_PARAM(reg_01_mandatory_calls, missing_gen_params),
	KUNIT_CASE(reg_client_leaves_first),
	KUNIT_CASE(reg_device_goes_first),
	KUNIT_CASE(reg_device_is_gone),
	KUNIT_CASE(reg_one_target_per_device),
	KUNIT_CASE(reg_target_info),
	KUNIT_CASE(reg_target_is_found_by_device),
	KUNIT_CASE(kind_new_and_del),
	KUNIT_CASE(kind_not_of_a_driver),
	KUNIT_CASE(kind_target_goes_with_its_device),
	KUNIT_CASE(kind_unknown),
	KUNIT_CASE(kind_unregister_removes_targets),
	{}
};

struct kunit_suite chimney_target_suite = {
	.name = "chimney_target",
	.init = fake_suite_init,
	.test_cases = target_cases,
};
