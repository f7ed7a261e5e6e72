// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.7: invalidate. */
#include "fake.h"

static const struct state_case {
	const char *desc;
	enum fake_class class;
} state_cases[] = {
	{ "const", FAKE_CONST },
	{ "cached", FAKE_CACHED },
	{ "delegated", FAKE_DELEGATED },
	{ "complete", FAKE_COMPLETE },
};

static void state_desc(const struct state_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(state, state_cases, state_desc);

static void inv_01_no_state(struct kunit *test)
{
	const struct state_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, param->class);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_invalidate(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->invalidated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_INV_01, 1);
}

/* Contract: OP-01, OP-02, OP-14, OP-16 */
static void stays_until_terminated(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_NONE);
	/* Act */
	KUNIT_EXPECT_EQ(test, 0, fake_invalidate(fake, tree));
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->invalidated);
	fake_answer(tree, NULL);
	fake_invalidate_complete(fake, tree);
	/* Assert: offloaded still, and terminated as ever */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_INVALIDATE,
			fake->completed_kind);
	for (i = 0; i < tree->count; i++) {
		KUNIT_EXPECT_NOT_NULL(test, tree->node[i].handle.context);
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
				tree->node[i].handle.state);
	}
	KUNIT_EXPECT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	for (i = 0; i < tree->count; i++)
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
				tree->node[i].handle.state);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void inv_09_initiate_in_progress(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_block block;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE,
			   &tree->node[0].handle, NULL);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_invalidate_offload(fake->binding, &block,
						   FAKE_DEADLINE_MS));
	KUNIT_EXPECT_NULL(test, fake->invalidated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_INV_09, 1);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

/* Contract: INV-10, OP-08, OP-09 */
static void inv_10_success_or_failure(struct kunit *test)
{
	static const enum chimney_status corrupt[] = {
		CHIMNEY_STATUS_FAILURE, CHIMNEY_STATUS_FAILURE,
		CHIMNEY_STATUS_FAILURE,
	};
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_NONE);
	KUNIT_ASSERT_EQ(test, 0, fake_invalidate(fake, tree));
	/* Act, Assert */
	fake_invalidate_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_08, 1);
	fake_answer(tree, corrupt);
	tree->node[1].block.status = CHIMNEY_STATUS_INVALID_STATE;
	fake_invalidate_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_09, 1);
	fake_answer(tree, corrupt);
	fake_invalidate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	/* Events as after a query that failed; and it was not invalidated. */
	chimney_tcp_event_indicate(&fake->target, &tree->node[2].handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_HARDWARE_FAILURE);
	KUNIT_EXPECT_EQ(test, 1, fake->events);
	KUNIT_EXPECT_FALSE(test, test_bit(CHIMNEY_OBJECT_INVALID,
					  &tree->node[2].handle.flags));
}

/* Contract: TERM-22 */
static void term_03_invalidate_in_progress(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree, *home;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_NONE);
	KUNIT_ASSERT_EQ(test, 0, fake_invalidate(fake, tree));
	home = fake_tree(test, fake, "_T");
	home->node[0].block.handle = &tree->node[2].handle;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding,
						  fake_root(home),
						  FAKE_DEADLINE_MS));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_03, 1);
	fake_answer(tree, NULL);
	fake_invalidate_complete(fake, tree);
}

static struct kunit_case inv_cases[] = {
	KUNIT_CASE_PARAM(inv_01_no_state, state_gen_params),
	KUNIT_CASE(stays_until_terminated),
	KUNIT_CASE(inv_09_initiate_in_progress),
	KUNIT_CASE(inv_10_success_or_failure),
	KUNIT_CASE(term_03_invalidate_in_progress),
	{}
};

struct kunit_suite chimney_inv_suite = {
	.name = "chimney_inv",
	.init = fake_suite_init,
	.test_cases = inv_cases,
};
