// SPDX-License-Identifier: GPL-2.0-only
/* Contract 2.16: the data model. */
#include "fake.h"

static void expect_refused(struct kunit *test, struct fake *fake,
			   struct fake_tree *tree, int err)
{
	int i;

	KUNIT_EXPECT_EQ(test, err, fake_initiate(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->initiated);
	for (i = 0; i < tree->count; i++)
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
				tree->node[i].handle.state);
}

static void dat_01_one_layer_in_a_list(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: a path next to a neighbor */
	tree = fake_tree(test, fake, "N,P");
	/* Act, Assert */
	expect_refused(test, fake, tree, -EINVAL);
}

static void dat_02_neighbor_carries_paths(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: a connection on a neighbor */
	tree = fake_tree(test, fake, "N(T)");
	/* Act, Assert */
	expect_refused(test, fake, tree, -EINVAL);
}

static void dat_03_path_carries_connections(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: a neighbor on a path */
	tree = fake_tree(test, fake, "P(N)");
	/* Act, Assert */
	expect_refused(test, fake, tree, -EINVAL);
}

static void dat_04_connection_carries_nothing(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	tree->node[2].block.dependent = &tree->node[0].block;
	/* Act, Assert */
	expect_refused(test, fake, tree, -EINVAL);
}

static void dat_05_three_levels(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: a connection on a connection would be the fourth */
	tree = fake_tree(test, fake, "N(P(T,T))");
	tree->node[2].block.next = NULL;
	tree->node[2].block.dependent = &tree->node[3].block;
	/* Act, Assert */
	expect_refused(test, fake, tree, -EINVAL);
}

static void dat_06_no_limit_on_blocks(struct kunit *test)
{
	const int count = 5000;
	struct fake *fake = test->priv;
	struct chimney_block *blocks;
	struct fake_node *node;
	int i;

	/* Arrange: one list of neighbors */
	blocks = kvcalloc(count, sizeof(*blocks), GFP_KERNEL);
	node = kvcalloc(count, sizeof(*node), GFP_KERNEL);
	if (!blocks || !node) {
		kvfree(blocks);
		kvfree(node);
		kunit_skip(test, "no memory");
	}
	for (i = 0; i < count; i++) {
		chimney_block_init(&blocks[i], CHIMNEY_NEIGHBOR_STATE,
				   &node[i].handle, &node[i].state);
		blocks[i].next = i + 1 < count ? &blocks[i + 1] : NULL;
	}
	fake->obedient = true;
	/* Act */
	KUNIT_EXPECT_EQ(test, 0,
			chimney_initiate_offload(fake->binding, blocks,
						 FAKE_DEADLINE_MS));
	for (i = 0; i < count; i++)
		blocks[i].state = NULL;
	KUNIT_EXPECT_EQ(test, 0,
			chimney_terminate_offload(fake->binding, blocks,
						  FAKE_DEADLINE_MS));
	/* Assert: there and back */
	KUNIT_EXPECT_EQ(test, 2, fake->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, node[count - 1].handle.state);
	kvfree(blocks);
	kvfree(node);
}

static void dat_07_null_ends_a_list(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	/* Act, Assert: a single block is a tree */
	fake_offload(test, fake, tree);
}

static void dat_11_core_fills_lengths(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	struct fake_node *node;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	node = tree->node;
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Assert */
	KUNIT_EXPECT_EQ(test, node[0].state.neighbor.constant.header.length,
			sizeof(struct chimney_neighbor_state_const));
	KUNIT_EXPECT_EQ(test, node[0].state.neighbor.cached.header.length,
			sizeof(struct chimney_neighbor_state_cached));
	KUNIT_EXPECT_EQ(test, node[0].state.neighbor.delegated.header.length,
			sizeof(struct chimney_neighbor_state_delegated));
	KUNIT_EXPECT_EQ(test, node[1].state.path.constant.header.length,
			sizeof(struct chimney_path_state_const));
	KUNIT_EXPECT_EQ(test, node[1].state.path.cached.header.length,
			sizeof(struct chimney_path_state_cached));
	KUNIT_EXPECT_EQ(test, node[1].state.path.delegated.header.length,
			sizeof(struct chimney_path_state_delegated));
	KUNIT_EXPECT_EQ(test, node[2].state.tcp.constant.header.length,
			sizeof(struct chimney_tcp_state_const));
	KUNIT_EXPECT_EQ(test, node[2].state.tcp.cached.header.length,
			sizeof(struct chimney_tcp_state_cached));
	KUNIT_EXPECT_EQ(test, node[2].state.tcp.delegated.header.length,
			sizeof(struct chimney_tcp_state_delegated));
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void dat_11_core_fills_lengths_at_terminate(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	struct fake_node *node;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	node = tree->node;
	fake_offload(test, fake, tree);
	memset(&node[2].state, 0, sizeof(node[2].state));
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	/* Assert */
	KUNIT_EXPECT_EQ(test, node[2].state.tcp.delegated.header.length,
			sizeof(struct chimney_tcp_state_delegated));
	KUNIT_EXPECT_EQ(test, 0, node[2].state.tcp.constant.header.length);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

static void dat_12_client_priv_comes_back(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	tree->node[0].block.client_priv[0] = test;
	tree->node[0].block.client_priv[1] = fake;
	/* Act */
	fake_offload(test, fake, tree);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, tree->node[0].block.client_priv[0],
			    (void *)test);
	KUNIT_EXPECT_PTR_EQ(test, tree->node[0].block.client_priv[1],
			    (void *)fake);
}

static struct kunit_case dat_cases[] = {
	KUNIT_CASE(dat_01_one_layer_in_a_list),
	KUNIT_CASE(dat_02_neighbor_carries_paths),
	KUNIT_CASE(dat_03_path_carries_connections),
	KUNIT_CASE(dat_04_connection_carries_nothing),
	KUNIT_CASE(dat_05_three_levels),
	KUNIT_CASE(dat_06_no_limit_on_blocks),
	KUNIT_CASE(dat_07_null_ends_a_list),
	KUNIT_CASE(dat_11_core_fills_lengths),
	KUNIT_CASE(dat_11_core_fills_lengths_at_terminate),
	KUNIT_CASE(dat_12_client_priv_comes_back),
	{}
};

struct kunit_suite chimney_dat_suite = {
	.name = "chimney_dat",
	.init = fake_suite_init,
	.test_cases = dat_cases,
};
