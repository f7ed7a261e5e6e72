// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.1: what all state operations have in common; and deadlines. */
#include "fake.h"

/* Contract: OP-01, OP-02, OP-03 */
static void op_02_target_gets_the_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->initiated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_PENDING,
			tree->node[2].block.status);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADING,
			tree->node[2].handle.state);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void op_06_double_completion(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	/* Act */
	fake_initiate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 1);
}

static void op_06_unknown_tree(struct kunit *test)
{
	struct fake *fake = test->priv;

	/* Act: nothing a completion names is dereferenced before it is known */
	chimney_initiate_offload_complete(&fake->target, (void *)8);
	chimney_terminate_offload_complete(&fake->target, NULL);
	/* Assert */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 2);
}

static void op_06_block_that_is_not_the_root(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P)");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	/* Act */
	chimney_initiate_offload_complete(&fake->target, &tree->node[1].block);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 1);
	fake_initiate_complete(fake, tree);
}

/* Contract: OP-07 */
static void op_06_tree_of_another_target(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	/* Act */
	fake_initiate_complete(other, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 0);
	FAKE_EXPECT_CLAUSE(test, other, CHIMNEY_CLAUSE_OP_06, 1);
	fake_initiate_complete(fake, tree);
}

static void op_06_other_operation(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 1);
	fake_initiate_complete(fake, tree);
}

/* Contract: OP-16 */
static void op_15_statuses_are_visible(struct kunit *test)
{
	static const enum chimney_status statuses[] = {
		CHIMNEY_STATUS_PARTIAL_SUCCESS, CHIMNEY_STATUS_PATH_MTU,
		CHIMNEY_STATUS_FAILURE, CHIMNEY_STATUS_SUCCESS,
	};
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T),P)");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, statuses);
	/* Act */
	fake_initiate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->completed);
	for (i = 0; i < ARRAY_SIZE(statuses); i++)
		KUNIT_EXPECT_EQ(test, statuses[i], tree->node[i].block.status);
}

static void op_17_operations_are_independent(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *out, *home;

	/* Arrange: one on its way down, another on its way home */
	out = fake_tree(test, fake, "N(P(T))");
	home = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, home);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, home));
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, out));
	fake_answer(out, NULL);
	fake_answer(home, NULL);
	/* Act, Assert */
	fake_initiate_complete(fake, out);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(out), fake->completed);
	fake_terminate_complete(fake, home);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(home), fake->completed);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void op_05_deadline_missed(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "n(P(T))");
	/* Act */
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 1));
	fake_wait_lost(test, fake);
	/* Assert: lost, but for the object a linker names; in quarantine */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->lost);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[1].handle.state);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[2].handle.state);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	KUNIT_EXPECT_NULL(test, fake->freed);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_05, 1);
}

/* The worker that told the client may not be through with the call yet. */
static void wait_freed(struct kunit *test, struct fake *fake)
{
	int i;

	for (i = 0; i < 3000 && !READ_ONCE(fake->freed); i++)
		msleep(20);
	KUNIT_EXPECT_NOT_NULL(test, fake->freed);
}

static void op_05_late_failure_frees_the_tree(struct kunit *test)
{
	static const enum chimney_status statuses[] = { CHIMNEY_STATUS_FAILURE };
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 1));
	fake_wait_lost(test, fake);
	/* Act */
	fake_answer(tree, statuses);
	fake_initiate_complete(fake, tree);
	/* Assert: no second word to the client */
	wait_freed(test, fake);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 0);
	/* Twice is once too often, late or not. */
	fake_initiate_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 1);
}

static void op_05_late_success_keeps_the_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 1));
	fake_wait_lost(test, fake);
	/* Act: now the target has the object, and its handle */
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_NULL(test, fake->freed);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[0].handle.state);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	fake_remove_target(fake);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
}

static void op_05_quarantine_ends_with_the_target(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 1));
	fake_wait_lost(test, fake);
	/* Act */
	fake_remove_target(fake);
	/* Assert */
	KUNIT_EXPECT_TRUE(test, fake->stopped);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
}

static void op_05_bad_completion_then_deadline(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 100));
	/* Act: without a status */
	fake_initiate_complete(fake, tree);
	/* Assert */
	fake_wait_lost(test, fake);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[0].handle.state);
}

struct race {
	struct fake *fake;
	struct fake_tree *tree;
	struct completion go;
	struct work_struct work;
};

static void race_work(struct work_struct *work)
{
	struct race *race = container_of(work, struct race, work);

	wait_for_completion(&race->go);
	fake_initiate_complete(race->fake, race->tree);
}

/* Completion against deadline: whoever wins, the client hears once. */
static void op_05_exactly_once(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct race race = { .fake = fake };
	struct fake_node *node;
	int i, heard;

	INIT_WORK_ONSTACK(&race.work, race_work);
	init_completion(&race.go);
	for (i = 0; i < 200; i++) {
		/* Arrange */
		fake->trees = 0;
		memset(&fake->tree[0], 0, sizeof(fake->tree[0]));
		race.tree = fake_tree(test, fake, "N");
		node = &race.tree->node[0];
		reinit_completion(&fake->was_lost);
		reinit_completion(&race.go);
		fake->lost = NULL;
		fake->freed = NULL;
		fake->completions = 0;
		schedule_work(&race.work);
		/* Act: the target fails the tree in the moment it is due */
		KUNIT_ASSERT_EQ(test, 0,
				chimney_initiate_offload(fake->binding,
							 fake_root(race.tree),
							 i % 2 ? 0 : 4));
		node->block.status = CHIMNEY_STATUS_FAILURE;
		if (!(i % 2))
			usleep_range(2000 + i * 20, 2100 + i * 20);
		complete(&race.go);
		flush_work(&race.work);
		/* Assert */
		if (!fake->completions)
			fake_wait_lost(test, fake);
		heard = fake->completions + !!fake->lost;
		KUNIT_EXPECT_EQ(test, 1, heard);
		if (fake->lost)
			wait_freed(test, fake);
		else
			KUNIT_EXPECT_NULL(test, fake->freed);
	}
	destroy_work_on_stack(&race.work);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 0);
}

static struct kunit_case op_cases[] = {
	KUNIT_CASE(op_02_target_gets_the_tree),
	KUNIT_CASE(op_05_bad_completion_then_deadline),
	KUNIT_CASE(op_05_deadline_missed),
	KUNIT_CASE(op_05_exactly_once),
	KUNIT_CASE(op_05_late_failure_frees_the_tree),
	KUNIT_CASE(op_05_late_success_keeps_the_tree),
	KUNIT_CASE(op_05_quarantine_ends_with_the_target),
	KUNIT_CASE(op_06_block_that_is_not_the_root),
	KUNIT_CASE(op_06_double_completion),
	KUNIT_CASE(op_06_other_operation),
	KUNIT_CASE(op_06_tree_of_another_target),
	KUNIT_CASE(op_06_unknown_tree),
	KUNIT_CASE(op_15_statuses_are_visible),
	KUNIT_CASE(op_17_operations_are_independent),
	{}
};

struct kunit_suite chimney_op_suite = {
	.name = "chimney_op",
	.init = fake_suite_init,
	.test_cases = op_cases,
};
