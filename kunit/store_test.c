// SPDX-License-Identifier: GPL-2.0-only
/* The store of operations and results. */
#include <linux/nsproxy.h>

#include "core/op.h"
#include "fake.h"

static struct chimney_op *op_new(struct kunit *test)
{
	struct chimney_op *op;

	op = chimney_op_create(&init_net, CHIMNEY_OP_KIND_INITIATE, 42, 1000);
	KUNIT_ASSERT_NOT_NULL(test, op);
	return op;
}

static void store_op_is_visible_at_once(struct kunit *test)
{
	struct chimney_op *op = op_new(test);
	struct chimney_op *found;

	/* Act */
	found = chimney_op_find(&init_net, op->id);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, op, found);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_RUNNING, op->state);
	KUNIT_EXPECT_EQ(test, 42, op->portid);
	chimney_op_put(found);
	chimney_op_finish(op);
	chimney_op_put(op);
}

static void store_op_stays_after_the_end(struct kunit *test)
{
	struct chimney_op *op = op_new(test);
	struct chimney_op *found;
	u32 id = op->id;

	/* Act */
	chimney_op_time_out(op);
	chimney_op_finish(op);
	chimney_op_put(op);
	/* Assert */
	found = chimney_op_find(&init_net, id);
	KUNIT_ASSERT_NOT_NULL(test, found);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_TIMED_OUT, found->state);
	KUNIT_EXPECT_NE(test, 0, found->duration);
	chimney_op_put(found);
}

static void add(struct chimney_op *op, const struct chimney_result *result)
{
	*chimney_op_reserve(op) = *result;
	chimney_op_submit(op);
}

static void store_counts(struct kunit *test)
{
	static const struct chimney_result results[] = {
		{ .layer = CHIMNEY_LAYER_NEIGHBOR },
		{ .layer = CHIMNEY_LAYER_PATH, .status = CHIMNEY_STATUS_FAILURE },
		{ .layer = CHIMNEY_LAYER_TCP },
		{ .layer = CHIMNEY_LAYER_TCP, .role = CHIMNEY_ROLE_PLACEHOLDER },
		{ .layer = CHIMNEY_LAYER_TCP, .status = CHIMNEY_STATUS_RESOURCES },
		{ .layer = CHIMNEY_LAYER_TCP, .reason = CHIMNEY_REASON_ULP },
	};
	struct chimney_op *op = op_new(test);
	int i;

	/* Act */
	for (i = 0; i < ARRAY_SIZE(results); i++)
		add(op, &results[i]);
	/* Assert: connections only */
	KUNIT_EXPECT_EQ(test, 1, op->ok);
	KUNIT_EXPECT_EQ(test, 1, op->failed);
	KUNIT_EXPECT_EQ(test, 1, op->refused);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(results), op->count);
	chimney_op_finish(op);
	chimney_op_put(op);
}

static enum chimney_op_state state_with(struct kunit *test,
					enum chimney_reason reason,
					bool timed_out)
{
	struct chimney_result result = {
		.layer = CHIMNEY_LAYER_TCP,
		.reason = reason,
	};
	struct chimney_op *op = op_new(test);
	enum chimney_op_state state;

	chimney_op_cancel(op);
	if (timed_out)
		chimney_op_time_out(op);
	add(op, &result);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_RUNNING, op->state);
	chimney_op_finish(op);
	state = op->state;
	chimney_op_put(op);
	return state;
}

static void store_cancelled_if_something_was_left(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_DONE,
			state_with(test, CHIMNEY_REASON_NONE, false));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_CANCELLED,
			state_with(test, CHIMNEY_REASON_CANCELLED, false));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_TIMED_OUT,
			state_with(test, CHIMNEY_REASON_CANCELLED, true));
}

static void store_many_results(struct kunit *test)
{
	const struct chimney_result *found;
	struct chimney_result result = {};
	struct chimney_op *op = op_new(test);
	u32 i, wrong = 0;

	/* Act */
	for (i = 0; i < 100000; i++) {
		result.tuple.cookie = i;
		add(op, &result);
	}
	/* Assert */
	KUNIT_EXPECT_EQ(test, 100000, op->count);
	for (i = 0; (found = chimney_op_result(op, i)); i++)
		wrong += found->tuple.cookie != i;
	KUNIT_EXPECT_EQ(test, 100000, i);
	KUNIT_EXPECT_EQ(test, 0, wrong);
	chimney_op_finish(op);
	chimney_op_put(op);
}

static void store_is_bounded(struct kunit *test)
{
	struct chimney_op *running = op_new(test);
	struct chimney_op *first, *op;
	u32 first_id, last_id = 0;
	int i;

	/* Arrange */
	first = op_new(test);
	first_id = first->id;
	chimney_op_finish(first);
	chimney_op_put(first);
	/* Act */
	for (i = 0; i < 256; i++) {
		op = op_new(test);
		last_id = op->id;
		chimney_op_finish(op);
		chimney_op_put(op);
	}
	/* Assert: the oldest that ended went, the one that runs did not */
	KUNIT_EXPECT_NULL(test, chimney_op_find(&init_net, first_id));
	op = chimney_op_find(&init_net, last_id);
	KUNIT_EXPECT_NOT_NULL(test, op);
	if (op)
		chimney_op_put(op);
	op = chimney_op_find(&init_net, running->id);
	KUNIT_EXPECT_PTR_EQ(test, running, op);
	if (op)
		chimney_op_put(op);
	chimney_op_finish(running);
	chimney_op_put(running);
}

static void store_next(struct kunit *test)
{
	struct chimney_op *one = op_new(test);
	struct chimney_op *two = op_new(test);
	struct chimney_op *found;

	/* Act, Assert */
	found = chimney_op_next(&init_net, one->id);
	KUNIT_EXPECT_PTR_EQ(test, one, found);
	chimney_op_put(found);
	found = chimney_op_next(&init_net, one->id + 1);
	KUNIT_EXPECT_PTR_EQ(test, two, found);
	chimney_op_put(found);
	KUNIT_EXPECT_NULL(test, chimney_op_next(&init_net, two->id + 1));
	chimney_op_finish(one);
	chimney_op_finish(two);
	chimney_op_put(one);
	chimney_op_put(two);
}

static void store_namespaces(struct kunit *test)
{
	struct chimney_op *op, *mine = op_new(test);
	struct net *net;
	u32 id;

	/* Arrange: never dereferenced */
	net = kunit_kzalloc(test, sizeof(*net), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, net);
	op = chimney_op_create(net, CHIMNEY_OP_KIND_TERMINATE, 0, 0);
	KUNIT_ASSERT_NOT_NULL(test, op);
	id = op->id;
	/* Act, Assert: one namespace does not see the other's */
	KUNIT_EXPECT_NULL(test, chimney_op_find(&init_net, id));
	KUNIT_EXPECT_NULL(test, chimney_op_find(net, mine->id));
	/* and it goes without a word while operations run */
	chimney_op_flush(net);
	KUNIT_EXPECT_NULL(test, chimney_op_find(net, id));
	chimney_op_finish(op);
	chimney_op_put(op);
	chimney_op_finish(mine);
	chimney_op_put(mine);
}

static struct kunit_case store_cases[] = {
	KUNIT_CASE(store_counts),
	KUNIT_CASE(store_is_bounded),
	KUNIT_CASE(store_cancelled_if_something_was_left),
	KUNIT_CASE(store_many_results),
	KUNIT_CASE(store_namespaces),
	KUNIT_CASE(store_next),
	KUNIT_CASE(store_op_is_visible_at_once),
	KUNIT_CASE(store_op_stays_after_the_end),
	{}
};

struct kunit_suite chimney_store_suite = {
	.name = "chimney_store",
	.test_cases = store_cases,
};
