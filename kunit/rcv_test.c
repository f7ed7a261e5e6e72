// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.10 to 3.12: posted receives, indications, returns. */
#include "fake.h"

static void post_again(struct fake *fake, struct chimney_handle *handle)
{
	fake->at_receive = NULL;
	chimney_tcp_receive(handle, fake->request_back);
}

/* Contract: RCV-22 */
static void rcv_22_posted_from_a_completion(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	fake->at_receive = post_again;
	/* Act */
	chimney_tcp_receive(&node->handle, &request);
	fake->request = NULL;
	chimney_tcp_receive_complete(&fake->target, &node->handle, &request);
	/* Assert: the target got it while it was in its completion */
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request);
	KUNIT_EXPECT_EQ(test, 1, fake->requests_back);
}

/* The target's marks on a request reach the client, the client's the target. */
/* Contract: IM-25, IM-27 */
static void request_is_the_same_on_both_sides(struct kunit *test)
{
	struct chimney_receive request = { .no_push = true, .prefilled = 3 };
	struct fake *fake = test->priv;
	struct fake_node *node;
	struct kvec vec;
	u8 buffer[8] = {};

	/* Arrange */
	node = fake_connection(test, fake);
	vec.iov_base = buffer;
	vec.iov_len = sizeof(buffer);
	iov_iter_kvec(&request.to, ITER_DEST, &vec, 1, sizeof(buffer));
	chimney_tcp_receive(&node->handle, &request);
	KUNIT_EXPECT_TRUE(test, fake->request->no_push);
	KUNIT_EXPECT_EQ(test, 3, fake->request->prefilled);
	/* Act */
	KUNIT_EXPECT_EQ(test, 5, copy_to_iter("abcde", 5, &fake->request->to));
	fake->request->bytes_transferred = 5;
	fake->request->status = CHIMNEY_STATUS_REQUEST_ABORTED;
	chimney_tcp_receive_complete(&fake->target, &node->handle,
				     fake->request);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request_back);
	KUNIT_EXPECT_EQ(test, 5, request.bytes_transferred);
	KUNIT_EXPECT_EQ(test, 3, iov_iter_count(&request.to));
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_REQUEST_ABORTED, request.status);
	KUNIT_EXPECT_MEMEQ(test, "abcde", buffer, 5);
}

/* Contract: CTX-06 */
static void ctx_06_data_is_for_connections(struct kunit *test)
{
	struct chimney_receive request = {};
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	/* Act */
	chimney_tcp_receive(&tree->node[0].handle, &request);
	/* Assert: no target has to make a connection of a neighbor's context */
	KUNIT_EXPECT_NULL(test, fake->request);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->request_back);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CTX_06, 1);
}

static const struct answer_case {
	const char *desc;
	enum chimney_status status;
	u32 consumed;
	enum chimney_status expected;
	u32 expected_consumed;
	enum chimney_clause clause;
} answer_cases[] = {
	{ "not_accepted", CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0,
	  CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0, CHIMNEY_CLAUSE_NONE },
	{ "not_accepted_consumed", CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 9,
	  CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0, CHIMNEY_CLAUSE_NONE },
	{ "part", CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 9,
	  CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 9, CHIMNEY_CLAUSE_NONE },
	{ "rind_05_nothing", CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 0,
	  CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0, CHIMNEY_CLAUSE_RIND_05 },
	{ "rind_05_all", CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 10,
	  CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 10,
	  CHIMNEY_CLAUSE_RIND_05 },
	{ "rind_05_more", CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 11,
	  CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 10,
	  CHIMNEY_CLAUSE_RIND_05 },
	{ "rind_04_failure", CHIMNEY_STATUS_FAILURE, 5,
	  CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0, CHIMNEY_CLAUSE_RIND_04 },
	{ "rind_04_pending", CHIMNEY_STATUS_PENDING, 0,
	  CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0, CHIMNEY_CLAUSE_RIND_04 },
};

static void answer_desc(const struct answer_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(answer, answer_cases, answer_desc);

/* Contract: RIND-04, RIND-05, RIND-16 */
static void rind_04_05_answers(struct kunit *test)
{
	const struct answer_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_node *node;
	struct sk_buff *skb;
	u32 consumed;

	/* Arrange */
	node = fake_connection(test, fake);
	skb = fake_skb(test, 10);
	fake->indicate_status = param->status;
	fake->indicate_consumed = param->consumed;
	/* Act, Assert: the skb is the target's again in all of these */
	KUNIT_EXPECT_EQ(test, param->expected,
			chimney_tcp_receive_indicate(&fake->target,
						     &node->handle, skb,
						     &consumed));
	KUNIT_EXPECT_EQ(test, param->expected_consumed, consumed);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->indicated));
	if (param->clause != CHIMNEY_CLAUSE_NONE)
		FAKE_EXPECT_CLAUSE(test, fake, param->clause, 1);
	/* A client's breach is not the target's. */
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
	kfree_skb(skb);
}

static void rind_02_one_buffer(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_node *node;
	u32 consumed;

	/* Arrange */
	node = fake_connection(test, fake);
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, fake_skb(test, 10));
	__skb_queue_tail(&list, fake_skb(test, 10));
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&fake->target,
						     &node->handle,
						     skb_peek(&list),
						     &consumed));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_RIND_02, 1);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->indicated));
	__skb_queue_purge(&list);
}

static int returned;

static void count_return(struct sk_buff *skb)
{
	returned++;
}

/* Contract: RRET-01, RRET-03, RRET-09, RIND-06 */
static void rret_03_freed_in_any_order(struct kunit *test)
{
	struct fake_node *node[2];
	struct fake *fake = test->priv;
	struct sk_buff *skb;
	u32 consumed;
	int i;

	/* Arrange: buffers of two connections */
	returned = 0;
	for (i = 0; i < 2; i++) {
		node[i] = fake_connection(test, fake);
		skb = fake_skb(test, 10);
		skb->destructor = count_return;
		KUNIT_ASSERT_EQ(test, CHIMNEY_STATUS_SUCCESS,
				chimney_tcp_receive_indicate(&fake->target,
							     &node[i]->handle,
							     skb, &consumed));
		KUNIT_EXPECT_EQ(test, 10, consumed);
	}
	KUNIT_EXPECT_EQ(test, 0, returned);
	/* Act, Assert: the client gives them back by freeing them */
	kfree_skb(__skb_dequeue_tail(&fake->indicated));
	KUNIT_EXPECT_EQ(test, 1, returned);
	kfree_skb(__skb_dequeue(&fake->indicated));
	KUNIT_EXPECT_EQ(test, 2, returned);
}

static struct kunit_case rcv_cases[] = {
	KUNIT_CASE(ctx_06_data_is_for_connections),
	KUNIT_CASE(rcv_22_posted_from_a_completion),
	KUNIT_CASE(request_is_the_same_on_both_sides),
	KUNIT_CASE(rind_02_one_buffer),
	KUNIT_CASE_PARAM(rind_04_05_answers, answer_gen_params),
	KUNIT_CASE(rret_03_freed_in_any_order),
	{}
};

struct kunit_suite chimney_rcv_suite = {
	.name = "chimney_rcv",
	.init = fake_suite_init,
	.test_cases = rcv_cases,
};
