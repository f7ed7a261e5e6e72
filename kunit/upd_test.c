// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.6: update. */
#include "fake.h"

static struct fake_tree *offloaded(struct kunit *test, struct fake *fake,
				   const char *picture, enum fake_class class)
{
	struct fake_tree *tree = fake_tree(test, fake, picture);

	fake_offload(test, fake, tree);
	fake_tree_take(tree, class);
	return tree;
}

static struct chimney_block *named(struct chimney_block *block,
				   struct fake_node *node, void *state)
{
	static const enum chimney_state_type types[] = {
		[CHIMNEY_LAYER_NEIGHBOR] = CHIMNEY_NEIGHBOR_STATE_CACHED,
		[CHIMNEY_LAYER_PATH] = CHIMNEY_PATH_STATE_CACHED,
		[CHIMNEY_LAYER_TCP] = CHIMNEY_TCP_STATE_CACHED,
	};

	chimney_block_init(block, types[node->handle.layer], &node->handle,
			   state);
	return block;
}

static int update(struct fake *fake, struct chimney_block *block)
{
	return chimney_update_offload(fake->binding, block, FAKE_DEADLINE_MS);
}

/* Contract: OP-01, OP-02, OP-14, OP-16 */
static void tree_goes_and_comes_back(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: neighbor and connection, each on its own */
	tree = offloaded(test, fake, "N", FAKE_CACHED);
	/* Act */
	KUNIT_EXPECT_EQ(test, 0, fake_update(fake, tree));
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->updated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_LINKER, tree->node[0].block.role);
	fake_answer(tree, NULL);
	fake_update_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_UPDATE, fake->completed_kind);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static const struct state_case {
	const char *desc;
	enum fake_class class;
} state_cases[] = {
	{ "const", FAKE_CONST },
	{ "delegated", FAKE_DELEGATED },
	{ "complete", FAKE_COMPLETE },
	{ "none", FAKE_NONE },
};

static void state_desc(const struct state_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(state, state_cases, state_desc);

/* Contract: UPD-05, CLS-01, CLS-06 */
static void upd_05_cached_state_only(struct kunit *test)
{
	const struct state_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = offloaded(test, fake, "N", param->class);
	/* Act, Assert: the client has no way to change anything else */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_update(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->updated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_05, 1);
}

static void upd_01_initiate_in_progress(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached = {};
	struct fake *fake = test->priv;
	struct chimney_block block;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Act, Assert */
	named(&block, &tree->node[0], &cached);
	KUNIT_EXPECT_EQ(test, -EBUSY, update(fake, &block));
	KUNIT_EXPECT_NULL(test, fake->updated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_01, 1);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

/* Contract: UPD-02, UPD-03 */
static void upd_02_one_at_a_time(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached[2] = {};
	struct chimney_block first, second, other;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N,N");
	fake_offload(test, fake, tree);
	named(&first, &tree->node[0], &cached[0]);
	named(&second, &tree->node[0], &cached[0]);
	named(&other, &tree->node[1], &cached[1]);
	/* Act, Assert: not the same object, but another */
	KUNIT_EXPECT_EQ(test, 0, update(fake, &first));
	KUNIT_EXPECT_EQ(test, -EBUSY, update(fake, &second));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_02, 1);
	KUNIT_EXPECT_EQ(test, 0, update(fake, &other));
	other.status = CHIMNEY_STATUS_SUCCESS;
	chimney_update_offload_complete(&fake->target, &other);
	first.status = CHIMNEY_STATUS_SUCCESS;
	chimney_update_offload_complete(&fake->target, &first);
	KUNIT_EXPECT_EQ(test, 2, fake->completions);
	/* The next, now that the first is through */
	KUNIT_EXPECT_EQ(test, 0, update(fake, &second));
	second.status = CHIMNEY_STATUS_FAILURE;
	chimney_update_offload_complete(&fake->target, &second);
	KUNIT_EXPECT_EQ(test, 3, fake->completions);
	/* UPD-25: a failure changes nothing about where it is. */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
}

static void upd_02_not_twice_in_a_tree(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached = {};
	struct chimney_block first, second;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	named(&first, &tree->node[0], &cached);
	named(&second, &tree->node[0], &cached);
	first.next = &second;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY, update(fake, &first));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_02, 1);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&tree->node[0].handle.pins));
	first.next = NULL;
	KUNIT_EXPECT_EQ(test, 0, update(fake, &first));
	first.status = CHIMNEY_STATUS_SUCCESS;
	chimney_update_offload_complete(&fake->target, &first);
}

static void upd_04_not_what_was_invalidated(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = offloaded(test, fake, "N", FAKE_NONE);
	fake->obedient = true;
	KUNIT_ASSERT_EQ(test, 0, fake_invalidate(fake, tree));
	fake->obedient = false;
	fake_tree_take(tree, FAKE_CACHED);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_update(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->updated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_04, 1);
}

/* Contract: UPD-09, UPD-10, TERM-05, TERM-06 */
static void upd_09_10_relink(struct kunit *test)
{
	struct chimney_block new, path, old;
	struct fake *fake = test->priv;
	struct fake_tree *tree, *late;

	/* Arrange: a path on its old neighbor, and the new one */
	tree = fake_tree(test, fake, "N(P(T))");
	late = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	named(&new, &late->node[0], NULL);
	named(&path, &tree->node[1], NULL);
	named(&old, &tree->node[0], NULL);
	old.type = CHIMNEY_NEIGHBOR_STATE_DELEGATED;
	new.dependent = &path;
	/* Act, Assert: not before the new one is there */
	KUNIT_EXPECT_EQ(test, -EINVAL, update(fake, &new));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_09, 1);
	fake_offload(test, fake, late);
	KUNIT_EXPECT_EQ(test, 0, update(fake, &new));
	/* nor can the old one go before the path was linked. */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding, &old,
						  FAKE_DEADLINE_MS));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_06, 1);
	new.status = CHIMNEY_STATUS_SUCCESS;
	path.status = CHIMNEY_STATUS_SUCCESS;
	chimney_update_offload_complete(&fake->target, &new);
	KUNIT_EXPECT_PTR_EQ(test, &late->node[0].handle,
			    tree->node[1].handle.parent);
	fake->completions = 0;
	KUNIT_EXPECT_EQ(test, 0,
			chimney_terminate_offload(fake->binding, &old,
						  FAKE_DEADLINE_MS));
	old.status = CHIMNEY_STATUS_SUCCESS;
	chimney_terminate_offload_complete(&fake->target, &old);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	/* Now the new one is kept. */
	new.dependent = NULL;
	new.type = CHIMNEY_NEIGHBOR_STATE_DELEGATED;
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding, &new,
						  FAKE_DEADLINE_MS));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_06, 2);
}

static void failed_relink_keeps_the_link(struct kunit *test)
{
	struct chimney_block new, path;
	struct fake *fake = test->priv;
	struct fake_tree *tree, *late;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	late = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	fake_offload(test, fake, late);
	named(&new, &late->node[0], NULL);
	named(&path, &tree->node[1], NULL);
	new.dependent = &path;
	KUNIT_ASSERT_EQ(test, 0, update(fake, &new));
	/* Act */
	new.status = CHIMNEY_STATUS_SUCCESS;
	path.status = CHIMNEY_STATUS_FAILURE;
	chimney_update_offload_complete(&fake->target, &new);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, &tree->node[0].handle,
			    tree->node[1].handle.parent);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&late->node[0].handle.dependents));
}

static void upd_08_no_connection_moves(struct kunit *test)
{
	struct chimney_tcp_state_cached cached = {};
	struct chimney_path_state_cached mtu = {};
	struct fake *fake = test->priv;
	struct chimney_block path, tcp;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P,P(T))");
	fake_offload(test, fake, tree);
	named(&path, &tree->node[1], &mtu);
	named(&tcp, &tree->node[3], &cached);
	path.dependent = &tcp;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, update(fake, &path));
	KUNIT_EXPECT_NULL(test, fake->updated);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_UPD_08, 1);
}

/* Contract: UPD-24, OP-09, OP-08, OP-11 */
static void upd_24_success_or_failure(struct kunit *test)
{
	static const enum chimney_status wrong[] = {
		CHIMNEY_STATUS_PARTIAL_SUCCESS, CHIMNEY_STATUS_RESOURCES,
		CHIMNEY_STATUS_PATH_MTU, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	};
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = offloaded(test, fake, "N", FAKE_CACHED);
	KUNIT_ASSERT_EQ(test, 0, fake_update(fake, tree));
	/* Act, Assert */
	fake_update_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_08, 1);
	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		tree->node[0].block.status = wrong[i];
		fake_update_complete(fake, tree);
		FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_09, i + 1);
	}
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	tree->node[0].block.status = CHIMNEY_STATUS_FAILURE;
	fake_update_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* Contract: TERM-24 */
static void term_03_update_in_progress(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached = {};
	struct fake *fake = test->priv;
	struct chimney_block home;
	struct fake_tree *tree;

	/* Arrange */
	tree = offloaded(test, fake, "N", FAKE_CACHED);
	named(&home, &tree->node[0], &cached);
	home.state = NULL;
	home.type = CHIMNEY_NEIGHBOR_STATE_DELEGATED;
	KUNIT_ASSERT_EQ(test, 0, fake_update(fake, tree));
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding, &home,
						  FAKE_DEADLINE_MS));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_03, 1);
	KUNIT_EXPECT_NULL(test, fake->terminated);
	fake_answer(tree, NULL);
	fake_update_complete(fake, tree);
}

static void op_05_overdue_update_leaves_the_object(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached = {};
	struct fake *fake = test->priv;
	struct chimney_block again;
	struct fake_tree *tree;

	/* Arrange */
	tree = offloaded(test, fake, "N", FAKE_CACHED);
	named(&again, &tree->node[0], &cached);
	/* Act */
	KUNIT_ASSERT_EQ(test, 0,
			chimney_update_offload(fake->binding, fake_root(tree),
					       1));
	again.state = NULL;
	again.type = CHIMNEY_NEIGHBOR_STATE_DELEGATED;
	fake_wait_lost(test, fake);
	/* Assert: no update has it any more, so it can be terminated */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
	KUNIT_EXPECT_EQ(test, 0,
			chimney_terminate_offload(fake->binding, &again,
						  FAKE_DEADLINE_MS));
	again.status = CHIMNEY_STATUS_SUCCESS;
	chimney_terminate_offload_complete(&fake->target, &again);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[0].handle.state);
}

static struct kunit_case upd_cases[] = {
	KUNIT_CASE(term_03_update_in_progress),
	KUNIT_CASE(upd_01_initiate_in_progress),
	KUNIT_CASE(upd_02_not_twice_in_a_tree),
	KUNIT_CASE(upd_02_one_at_a_time),
	KUNIT_CASE(upd_04_not_what_was_invalidated),
	KUNIT_CASE_PARAM(upd_05_cached_state_only, state_gen_params),
	KUNIT_CASE(failed_relink_keeps_the_link),
	KUNIT_CASE(upd_09_10_relink),
	KUNIT_CASE(upd_08_no_connection_moves),
	KUNIT_CASE(tree_goes_and_comes_back),
	KUNIT_CASE(upd_24_success_or_failure),
	KUNIT_CASE(op_05_overdue_update_leaves_the_object),
	{}
};

struct kunit_suite chimney_upd_suite = {
	.name = "chimney_upd",
	.init = fake_suite_init,
	.test_cases = upd_cases,
};
