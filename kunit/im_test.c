// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contract 5, as far as it binds the core: a driver may be target and client at
 * once. The test plays it: @above is what an upper driver has to do with it,
 * @below what it has to do with the target under it.
 */
#include "fake.h"
#include "testbed.h"

struct stack {
	struct fake *above;
	struct fake *below;
	struct fake_tree *upper;
	struct fake_tree *lower;
};

/* Up to the point where the target below has the tree. */
static void relay_initiate(struct kunit *test, struct stack *stack)
{
	stack->above = test->priv;
	stack->below = fake_create(test);
	stack->upper = fake_tree(test, stack->above, "N(P(T))");
	stack->lower = fake_tree(test, stack->below, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(stack->above, stack->upper));
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(stack->below, stack->lower));
}

static void relay_complete(struct stack *stack)
{
	fake_answer(stack->lower, NULL);
	fake_initiate_complete(stack->below, stack->lower);
	fake_answer(stack->upper, NULL);
	fake_initiate_complete(stack->above, stack->upper);
}

/* Contract: INIT-60, IM-16, IM-17 */
static void init_54_initiate_through_a_driver(struct kunit *test)
{
	struct stack stack;

	/* Act */
	relay_initiate(test, &stack);
	/* Assert: each hop has a tree of its own */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(stack.upper),
			    stack.above->initiated);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(stack.lower),
			    stack.below->initiated);
	relay_complete(&stack);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(stack.lower),
			    stack.below->completed);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(stack.upper),
			    stack.above->completed);
	KUNIT_EXPECT_PTR_EQ(test, stack.above->binding,
			    stack.above->completed_binding);
}

static void im_09_each_hop_has_its_slot(struct kunit *test)
{
	struct stack stack;
	int i;

	/* Arrange */
	relay_initiate(test, &stack);
	/* Act: the target below has completed, the driver has not */
	fake_answer(stack.lower, NULL);
	fake_initiate_complete(stack.below, stack.lower);
	/* Assert */
	for (i = 0; i < 3; i++) {
		KUNIT_EXPECT_PTR_EQ(test, (void *)&stack.lower->node[i],
				    stack.lower->node[i].handle.context);
		KUNIT_EXPECT_NULL(test, stack.upper->node[i].handle.context);
	}
	fake_answer(stack.upper, NULL);
	fake_initiate_complete(stack.above, stack.upper);
	KUNIT_EXPECT_PTR_EQ(test, (void *)&stack.upper->node[2],
			    stack.upper->node[2].handle.context);
}

/* Contract: IM-24, IM-25 */
static void im_27_data_through_a_driver(struct kunit *test)
{
	struct sk_buff_head list;
	struct stack stack;
	struct sk_buff *skb;

	/* Arrange */
	relay_initiate(test, &stack);
	relay_complete(&stack);
	skb = fake_skb(test, 10);
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, skb);
	/* Act: down, hop by hop */
	chimney_tcp_send(&stack.upper->node[2].handle, &list);
	KUNIT_EXPECT_PTR_EQ(test, (void *)&stack.upper->node[2],
			    stack.above->context);
	chimney_tcp_send(&stack.lower->node[2].handle, &stack.above->got);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, (void *)&stack.lower->node[2],
			    stack.below->context);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&stack.below->got));
	/* and up */
	chimney_tcp_send_complete(&stack.below->target,
				  &stack.lower->node[2].handle,
				  &stack.below->got, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&stack.below->back));
	chimney_tcp_send_complete(&stack.above->target,
				  &stack.upper->node[2].handle,
				  &stack.below->back, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&stack.above->back));
}

static void im_30_indication_names_the_driver_s_object(struct kunit *test)
{
	struct stack stack;

	/* Arrange */
	relay_initiate(test, &stack);
	relay_complete(&stack);
	/* Act */
	chimney_tcp_event_indicate(&stack.below->target,
				   &stack.lower->node[2].handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_REQUESTED);
	/* Assert: the upper driver hears of it only from the one between */
	KUNIT_EXPECT_PTR_EQ(test, &stack.lower->node[2].handle,
			    stack.below->event_handle);
	KUNIT_EXPECT_EQ(test, 0, stack.above->events);
	chimney_tcp_event_indicate(&stack.above->target,
				   &stack.upper->node[2].handle,
				   stack.below->event,
				   stack.below->information);
	KUNIT_EXPECT_PTR_EQ(test, &stack.upper->node[2].handle,
			    stack.above->event_handle);
	KUNIT_EXPECT_EQ(test, CHIMNEY_UPLOAD_REQUESTED,
			stack.above->information);
}

static struct kunit_case im_cases[] = {
	KUNIT_CASE(im_09_each_hop_has_its_slot),
	KUNIT_CASE(im_27_data_through_a_driver),
	KUNIT_CASE(im_30_indication_names_the_driver_s_object),
	KUNIT_CASE(init_54_initiate_through_a_driver),
	{}
};

struct kunit_suite chimney_im_suite = {
	.name = "chimney_im",
	.init = fake_suite_init,
	.test_cases = im_cases,
};
