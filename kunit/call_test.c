// SPDX-License-Identifier: GPL-2.0-only
/* Who may call whom, when, and with what; clauses of contract 2 and 3. */
#include "fake.h"
#include "testbed.h"

/* The debug kernel tells if somebody sleeps. */
/* Contract: TERM-64 */
static void init_59_completions_in_atomic_context(struct kunit *test)
{
	static DEFINE_SPINLOCK(lock);
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	/* Act, Assert */
	spin_lock_bh(&lock);
	fake_initiate_complete(fake, tree);
	spin_unlock_bh(&lock);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	spin_lock_bh(&lock);
	fake_terminate_complete(fake, tree);
	spin_unlock_bh(&lock);
	KUNIT_EXPECT_EQ(test, 2, fake->completions);
}

static void dat_13_target_uses_its_space_in_a_block(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Act */
	for (i = 0; i < tree->count; i++) {
		tree->node[i].block.target_priv[0] = fake;
		tree->node[i].block.target_priv[1] = &tree->node[i];
	}
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void snd_14_several_buffers_in_a_send(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;
	struct sk_buff *skbs[3], *skb;
	int i;

	/* Arrange */
	node = fake_connection(test, fake);
	__skb_queue_head_init(&list);
	for (i = 0; i < ARRAY_SIZE(skbs); i++) {
		skbs[i] = fake_skb(test, 10);
		__skb_queue_tail(&list, skbs[i]);
	}
	/* Act */
	chimney_tcp_send(&node->handle, &list);
	/* Assert: all, and in order */
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(skbs), skb_queue_len(&fake->got));
	i = 0;
	skb_queue_walk(&fake->got, skb)
		KUNIT_EXPECT_PTR_EQ(test, skbs[i++], skb);
}

static void term_01_only_the_client_terminates(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act: the most a target can do */
	chimney_tcp_event_indicate(&fake->target, &node->handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_HARDWARE_FAILURE);
	chimney_terminate_offload_complete(&fake->target, &node->block);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED, node->handle.state);
	KUNIT_EXPECT_NULL(test, fake->terminated);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
}

static struct kunit_case call_cases[] = {
	KUNIT_CASE(dat_13_target_uses_its_space_in_a_block),
	KUNIT_CASE(init_59_completions_in_atomic_context),
	KUNIT_CASE(snd_14_several_buffers_in_a_send),
	KUNIT_CASE(term_01_only_the_client_terminates),
	{}
};

struct kunit_suite chimney_call_suite = {
	.name = "chimney_call",
	.init = fake_suite_init,
	.test_cases = call_cases,
};
