// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.9 to 3.15: data, both ways. */
#include "fake.h"

static void one_skb(struct kunit *test, struct sk_buff_head *list)
{
	__skb_queue_head_init(list);
	__skb_queue_tail(list, fake_skb(test, 10));
}

static void snd_01_send_reaches_the_target(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	one_skb(test, &list);
	/* Act */
	chimney_tcp_send(&node->handle, &list);
	/* Assert: by the context value; and it is the target's now */
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->got));
	KUNIT_EXPECT_PTR_EQ(test, (void *)node, fake->context);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->back));
}

static void fwd_01_forward_reaches_the_target(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	one_skb(test, &list);
	/* Act */
	chimney_tcp_forward(&node->handle, &list);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->got));
	KUNIT_EXPECT_PTR_EQ(test, (void *)node, fake->context);
}

static void rcv_01_request_reaches_the_target(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act */
	chimney_tcp_receive(&node->handle, &request);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request);
	KUNIT_EXPECT_PTR_EQ(test, (void *)node, fake->context);
}

static void snd_lost_connection_takes_nothing(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_tree *tree;

	/* Arrange: lost in a terminate */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	fake_tree_back(tree);
	KUNIT_ASSERT_EQ(test, 0,
			chimney_terminate_offload(fake->binding,
						  fake_root(tree), 1));
	fake_wait_lost(test, fake);
	one_skb(test, &list);
	/* Act */
	chimney_tcp_send(&tree->node[2].handle, &list);
	/* Assert: back to the client, though no binding is known any more */
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->got));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->back));
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
			fake->back_status);
}

static void snd_after_the_target_has_gone(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	fake_remove_target(fake);
	one_skb(test, &list);
	/* Act */
	chimney_tcp_send(&node->handle, &list);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->back));
}

static const struct io_status_case {
	enum chimney_status status;
	bool send;
	bool receive;
	bool forward;
} io_status_cases[] = {
	{ CHIMNEY_STATUS_SUCCESS, true, true, true },
	{ CHIMNEY_STATUS_PENDING, false, false, false },
	{ CHIMNEY_STATUS_PARTIAL_SUCCESS, false, false, false },
	{ CHIMNEY_STATUS_FAILURE, false, false, true },
	{ CHIMNEY_STATUS_RESOURCES, false, false, false },
	{ CHIMNEY_STATUS_TCP_ENTRIES, false, false, false },
	{ CHIMNEY_STATUS_CONNECTION_REJECTED, false, false, false },
	{ CHIMNEY_STATUS_REQUEST_ABORTED, true, true, true },
	{ CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, true, true, true },
	{ CHIMNEY_STATUS_INVALID_STATE, false, true, false },
	{ CHIMNEY_STATUS_DATA_NOT_ACCEPTED, false, false, false },
	{ CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, false, false, false },
};

static void io_status_desc(const struct io_status_case *param, char *desc)
{
	strscpy(desc, chimney_status_name(param->status),
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(io_status, io_status_cases, io_status_desc);

/* Appendix 7(a), columns S, R and F */
static void snd_25_statuses_of_completions(struct kunit *test)
{
	const struct io_status_case *param = test->param_value;
	struct chimney_receive request = { .status = param->status };
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act, Assert: what says nothing means that the host goes on */
	one_skb(test, &list);
	chimney_tcp_send_complete(&fake->target, &node->handle, &list,
				  param->status);
	KUNIT_EXPECT_EQ(test, fake->back_status,
			param->send ? param->status :
				      CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_SND_25, !param->send);

	one_skb(test, &list);
	chimney_tcp_forward_complete(&fake->target, &node->handle, &list,
				     param->status);
	KUNIT_EXPECT_EQ(test, fake->back_status,
			param->forward ? param->status :
					 CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_FWD_12, !param->forward);

	chimney_tcp_receive(&node->handle, &request);
	chimney_tcp_receive_complete(&fake->target, &node->handle, &request);
	KUNIT_EXPECT_EQ(test, request.status,
			param->receive ? param->status :
					 CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_RCV_25, !param->receive);
	KUNIT_EXPECT_EQ(test, 2, skb_queue_len(&fake->back));
}

static void rind_06_client_takes_all(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_node *node;
	struct sk_buff *skb;
	u32 consumed;

	/* Arrange */
	node = fake_connection(test, fake);
	skb = fake_skb(test, 10);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			chimney_tcp_receive_indicate(&fake->target,
						     &node->handle, skb,
						     &consumed));
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&fake->indicated));
}

static void rind_16_answer_is_relayed(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_node *node;
	struct sk_buff *skb;
	u32 consumed = 0;

	/* Arrange */
	node = fake_connection(test, fake);
	skb = fake_skb(test, 10);
	fake->indicate_status = CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED;
	fake->indicate_consumed = 4;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED,
			chimney_tcp_receive_indicate(&fake->target,
						     &node->handle, skb,
						     &consumed));
	KUNIT_EXPECT_EQ(test, 4, consumed);
	kfree_skb(skb);
}

static void tev_02_event_is_relayed(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act */
	chimney_tcp_event_indicate(&fake->target, &node->handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_LOW_ACTIVITY);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, fake->events);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TCP_RETRIEVE, fake->event);
	KUNIT_EXPECT_EQ(test, CHIMNEY_UPLOAD_LOW_ACTIVITY, fake->information);
}

static void ctx_07_object_of_another_target(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct fake_node *node;
	struct sk_buff *skb;
	u32 consumed;

	/* Arrange */
	node = fake_connection(test, fake);
	skb = fake_skb(test, 10);
	/* Act */
	chimney_tcp_event_indicate(&other->target, &node->handle,
				   CHIMNEY_TCP_ABORT, 0);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&other->target,
						     &node->handle, skb,
						     &consumed));
	KUNIT_EXPECT_EQ(test, 0, fake->events);
	FAKE_EXPECT_CLAUSE(test, other, CHIMNEY_CLAUSE_CTX_07, 2);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CTX_07, 0);
	kfree_skb(skb);
}

static struct kunit_case io_cases[] = {
	KUNIT_CASE(ctx_07_object_of_another_target),
	KUNIT_CASE(fwd_01_forward_reaches_the_target),
	KUNIT_CASE(rcv_01_request_reaches_the_target),
	KUNIT_CASE(rind_06_client_takes_all),
	KUNIT_CASE(rind_16_answer_is_relayed),
	KUNIT_CASE(snd_01_send_reaches_the_target),
	KUNIT_CASE_PARAM(snd_25_statuses_of_completions, io_status_gen_params),
	KUNIT_CASE(snd_after_the_target_has_gone),
	KUNIT_CASE(snd_lost_connection_takes_nothing),
	KUNIT_CASE(tev_02_event_is_relayed),
	{}
};

struct kunit_suite chimney_io_suite = {
	.name = "chimney_io",
	.init = fake_suite_init,
	.test_cases = io_cases,
};
