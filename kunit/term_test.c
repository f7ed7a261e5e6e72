// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.8: terminate; and how it all ends when a target goes away. */
#include "fake.h"

static void term_13_initiate_in_progress(struct kunit *test)
{
	struct chimney_block block;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE_DELEGATED,
			   &tree->node[0].handle, NULL);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding, &block,
						  FAKE_DEADLINE_MS));
	KUNIT_EXPECT_NULL(test, fake->terminated);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void term_object_is_not_offloaded(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_terminate(fake, tree));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[0].handle.state);
}

static void term_over_another_binding(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_terminate(other, tree));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
}

static void cls_09_no_composite_state_comes_back(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL,
			chimney_terminate_offload(fake->binding,
						  fake_root(tree),
						  FAKE_DEADLINE_MS));
}

static void term_17_no_state_is_fine(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	tree->node[0].block.state = NULL;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 0,
			chimney_terminate_offload(fake->binding,
						  fake_root(tree),
						  FAKE_DEADLINE_MS));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* Contract: OP-09 */
static void term_18_only_success_or_failure(struct kunit *test)
{
	struct fake *fake = test->priv;
	enum chimney_status status;
	struct fake_tree *tree;
	int refused = 0;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	for (status = CHIMNEY_STATUS_PARTIAL_SUCCESS;
	     status <= CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED; status++) {
		if (status == CHIMNEY_STATUS_FAILURE)
			continue;
		/* Act */
		tree->node[0].block.status = status;
		fake_terminate_complete(fake, tree);
		/* Assert */
		FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_18,
				   ++refused);
	}
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

static void op_08_terminate_without_status(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P)");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	tree->node[1].block.status = CHIMNEY_STATUS_PENDING;
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_08, 1);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

static void op_11_placeholder_in_a_terminate(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "_N(p)");
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	tree->node[0].block.status = CHIMNEY_STATUS_FAILURE;
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_11, 1);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* Contract: OP-14, OP-16 */
static void term_62_client_gets_its_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->terminated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_UPLOADING,
			tree->node[2].handle.state);
	fake_answer(tree, NULL);
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->completed);
	KUNIT_EXPECT_PTR_EQ(test, fake->binding, fake->completed_binding);
}

static void term_66_slot_is_reset(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	for (i = 0; i < tree->count; i++) {
		KUNIT_EXPECT_NULL(test, tree->node[i].handle.context);
		KUNIT_EXPECT_NULL(test, tree->node[i].handle.binding);
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
				tree->node[i].handle.state);
	}
}

static void term_66_object_goes_out_again(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: there and back */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	fake->completions = 0;
	/* Act, Assert: and there again */
	tree->node[0].block.type = CHIMNEY_NEIGHBOR_STATE;
	fake_offload(test, fake, tree);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
}

static void term_20_failure_loses_the_object(struct kunit *test)
{
	static const enum chimney_status statuses[] = {
		CHIMNEY_STATUS_SUCCESS, CHIMNEY_STATUS_SUCCESS,
		CHIMNEY_STATUS_FAILURE,
	};
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, statuses);
	/* Act */
	fake_terminate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[1].handle.state);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[2].handle.state);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
	/* Its last events are no breach (G-06), and nobody's concern. */
	chimney_tcp_event_indicate(&fake->target, &tree->node[2].handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
	KUNIT_EXPECT_EQ(test, 0, fake->events);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void term_late_success_frees_the_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	fake_tree_back(tree);
	KUNIT_ASSERT_EQ(test, 0,
			chimney_terminate_offload(fake->binding,
						  fake_root(tree), 1));
	fake_wait_lost(test, fake);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[0].handle.state);
	KUNIT_EXPECT_NULL(test, fake->freed);
	/* Act */
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	fake_remove_target(fake);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
}

static void term_unregister_brings_all_home(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T,T),P(T))");
	fake_offload(test, fake, tree);
	/* Act */
	fake_remove_target(fake);
	/* Assert */
	KUNIT_EXPECT_TRUE(test, fake->unbound);
	KUNIT_EXPECT_TRUE(test, fake->stopped);
	for (i = 0; i < tree->count; i++)
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
				tree->node[i].handle.state);
}

static void term_careless_client_leaves_a_call(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake->careless = true;
	/* Act */
	fake_remove_target(fake);
	/* Assert: nothing stays pending */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->lost);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[0].handle.state);
}

static void arrange_io(struct kunit *test, struct sk_buff_head *list)
{
	__skb_queue_head_init(list);
	__skb_queue_tail(list, fake_skb(test, 10));
}

static void term_10_no_io_from_the_terminate_on(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_receive request = {};
	struct sk_buff_head list;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	arrange_io(test, &list);
	/* Act */
	chimney_tcp_send(&tree->node[2].handle, &list);
	chimney_tcp_receive(&tree->node[2].handle, &request);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->got));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->back));
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
			fake->back_status);
	KUNIT_EXPECT_NULL(test, fake->request);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request_back);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
			request.status);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_10, 2);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

static void term_11_no_forward_from_the_terminate_on(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	arrange_io(test, &list);
	/* Act */
	chimney_tcp_forward(&tree->node[2].handle, &list);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->got));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->back));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_FWD_09, 1);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

static void term_28_draining_is_legal(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct chimney_handle *handle;
	struct sk_buff_head list;
	struct fake_tree *tree;
	struct sk_buff *skb;
	u32 consumed;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	handle = &tree->node[2].handle;
	fake_offload(test, fake, tree);
	chimney_tcp_receive(&tree->node[2].handle, &request);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	skb = fake_skb(test, 10);
	/* Act: TERM-25, TERM-27, TERM-28, TERM-47 */
	arrange_io(test, &list);
	chimney_tcp_send_complete(&fake->target, handle, &list,
				  CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	arrange_io(test, &list);
	chimney_tcp_forward_complete(&fake->target, handle, &list,
				     CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	request.status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
	chimney_tcp_receive_complete(&fake->target, handle, &request);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			chimney_tcp_receive_indicate(&fake->target, handle, skb,
						     &consumed));
	KUNIT_EXPECT_EQ(test, 2, skb_queue_len(&fake->back));
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request_back);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

/* Contract: TERM-25, TERM-27, TERM-28, TERM-31 */
static void term_32_nothing_after_the_completion(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct chimney_handle *handle;
	struct sk_buff_head list;
	struct fake_tree *tree;
	struct sk_buff *skb;
	u32 consumed = 1;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	handle = &tree->node[2].handle;
	fake_offload(test, fake, tree);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	skb = fake_skb(test, 10);
	/* Act */
	arrange_io(test, &list);
	chimney_tcp_send_complete(&fake->target, handle, &list,
				  CHIMNEY_STATUS_SUCCESS);
	arrange_io(test, &list);
	chimney_tcp_forward_complete(&fake->target, handle, &list,
				     CHIMNEY_STATUS_SUCCESS);
	chimney_tcp_receive_complete(&fake->target, handle, &request);
	chimney_tcp_event_indicate(&fake->target, handle, CHIMNEY_TCP_ABORT, 0);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&fake->target, handle, skb,
						     &consumed));
	KUNIT_EXPECT_EQ(test, 0, consumed);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->back));
	KUNIT_EXPECT_NULL(test, fake->request_back);
	KUNIT_EXPECT_EQ(test, 0, fake->events);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_25, 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_27, 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_28, 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_31, 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_32, 1);
	kfree_skb(skb);
}

static struct kunit_case term_cases[] = {
	KUNIT_CASE(cls_09_no_composite_state_comes_back),
	KUNIT_CASE(op_08_terminate_without_status),
	KUNIT_CASE(op_11_placeholder_in_a_terminate),
	KUNIT_CASE(term_10_no_io_from_the_terminate_on),
	KUNIT_CASE(term_11_no_forward_from_the_terminate_on),
	KUNIT_CASE(term_13_initiate_in_progress),
	KUNIT_CASE(term_17_no_state_is_fine),
	KUNIT_CASE(term_18_only_success_or_failure),
	KUNIT_CASE(term_20_failure_loses_the_object),
	KUNIT_CASE(term_28_draining_is_legal),
	KUNIT_CASE(term_32_nothing_after_the_completion),
	KUNIT_CASE(term_62_client_gets_its_tree),
	KUNIT_CASE(term_66_object_goes_out_again),
	KUNIT_CASE(term_66_slot_is_reset),
	KUNIT_CASE(term_careless_client_leaves_a_call),
	KUNIT_CASE(term_late_success_frees_the_tree),
	KUNIT_CASE(term_object_is_not_offloaded),
	KUNIT_CASE(term_over_another_binding),
	KUNIT_CASE(term_unregister_brings_all_home),
	{}
};

struct kunit_suite chimney_term_suite = {
	.name = "chimney_term",
	.init = fake_suite_init,
	.test_cases = term_cases,
};
