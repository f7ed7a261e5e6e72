// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.13: disconnect. */
#include "fake.h"

static void request_init(struct chimney_disconnect *request, bool abortive)
{
	memset(request, 0, sizeof(*request));
	request->abortive = abortive;
	__skb_queue_head_init(&request->data);
}

static void complete_with(struct fake *fake, struct fake_node *node,
			  struct chimney_disconnect *request,
			  enum chimney_status status)
{
	request->status = status;
	chimney_tcp_disconnect_complete(&fake->target, &node->handle, request);
}

/* Contract: DSC-01, DSC-29, IM-24, IM-25 */
static void dsc_01_request_goes_and_comes_back(struct kunit *test)
{
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	request_init(&request, false);
	__skb_queue_tail(&request.data, fake_skb(test, 10));
	/* Act */
	chimney_tcp_disconnect(&node->handle, &request);
	/* Assert: the same request, by the context value, with its data */
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->disconnect);
	KUNIT_EXPECT_PTR_EQ(test, (void *)node, fake->context);
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->disconnect->data));
	KUNIT_EXPECT_EQ(test, 0, fake->disconnects_back);
	complete_with(fake, node, &request, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->disconnect_back);
	KUNIT_EXPECT_EQ(test, 1, fake->disconnects_back);
	__skb_queue_purge(&request.data);
}

static const struct status_case {
	enum chimney_status status;
	bool allowed;
} status_cases[] = {
	{ CHIMNEY_STATUS_SUCCESS, true },
	{ CHIMNEY_STATUS_PENDING, false },
	{ CHIMNEY_STATUS_PARTIAL_SUCCESS, false },
	{ CHIMNEY_STATUS_FAILURE, false },
	{ CHIMNEY_STATUS_RESOURCES, false },
	{ CHIMNEY_STATUS_REQUEST_ABORTED, true },
	{ CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, true },
	{ CHIMNEY_STATUS_INVALID_STATE, false },
	{ CHIMNEY_STATUS_DATA_NOT_ACCEPTED, false },
};

static void status_desc(const struct status_case *param, char *desc)
{
	strscpy(desc, chimney_status_name(param->status),
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(status, status_cases, status_desc);

/* Appendix 7(a), column D */
static void dsc_16_statuses(struct kunit *test)
{
	const struct status_case *param = test->param_value;
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	request_init(&request, false);
	chimney_tcp_disconnect(&node->handle, &request);
	/* Act */
	complete_with(fake, node, &request, param->status);
	/* Assert: what says nothing means that the host goes on */
	KUNIT_EXPECT_EQ(test, request.status,
			param->allowed ? param->status :
					 CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_DSC_16, !param->allowed);
	KUNIT_EXPECT_EQ(test, 1, fake->disconnects_back);
}

static void dsc_10_no_data_with_an_abort(struct kunit *test)
{
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	request_init(&request, true);
	__skb_queue_tail(&request.data, fake_skb(test, 10));
	/* Act */
	chimney_tcp_disconnect(&node->handle, &request);
	/* Assert: back at once, with the data */
	KUNIT_EXPECT_NULL(test, fake->disconnect);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->disconnect_back);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_REQUEST_ABORTED, request.status);
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&request.data));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_DSC_10, 1);
	__skb_queue_purge(&request.data);
	chimney_tcp_disconnect(&node->handle, &request);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->disconnect);
	complete_with(fake, node, &request, CHIMNEY_STATUS_SUCCESS);
}

static void dsc_17_not_again(struct kunit *test)
{
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange: a graceful disconnect fails */
	node = fake_connection(test, fake);
	request_init(&request, false);
	chimney_tcp_disconnect(&node->handle, &request);
	complete_with(fake, node, &request, CHIMNEY_STATUS_REQUEST_ABORTED);
	fake->disconnect = NULL;
	/* Act, Assert */
	chimney_tcp_disconnect(&node->handle, &request);
	KUNIT_EXPECT_NULL(test, fake->disconnect);
	KUNIT_EXPECT_EQ(test, 2, fake->disconnects_back);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_DSC_17, 1);
	/* To abort is not the same request. */
	request_init(&request, true);
	chimney_tcp_disconnect(&node->handle, &request);
	KUNIT_EXPECT_PTR_EQ(test, &request, fake->disconnect);
	complete_with(fake, node, &request, CHIMNEY_STATUS_SUCCESS);
}

/* Contract: INIT-14, TERM-10 */
static void init_14_connection_is_not_there(struct kunit *test)
{
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: on its way */
	tree = fake_tree(test, fake, "N(P(T))");
	request_init(&request, false);
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Act, Assert */
	chimney_tcp_disconnect(&tree->node[2].handle, &request);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_INIT_14, 1);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	/* and on its way back. */
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	chimney_tcp_disconnect(&tree->node[2].handle, &request);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_10, 1);
	KUNIT_EXPECT_NULL(test, fake->disconnect);
	KUNIT_EXPECT_EQ(test, 2, fake->disconnects_back);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
			request.status);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
}

static void term_26_before_the_terminate_ends(struct kunit *test)
{
	struct chimney_disconnect request;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	request_init(&request, false);
	chimney_tcp_disconnect(&tree->node[2].handle, &request);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	/* Act, Assert: while it drains, but not when it is done */
	complete_with(fake, &tree->node[2], &request,
		      CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	KUNIT_EXPECT_EQ(test, 1, fake->disconnects_back);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	complete_with(fake, &tree->node[2], &request,
		      CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	KUNIT_EXPECT_EQ(test, 1, fake->disconnects_back);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_26, 1);
}

static struct kunit_case dsc_cases[] = {
	KUNIT_CASE(dsc_01_request_goes_and_comes_back),
	KUNIT_CASE(dsc_10_no_data_with_an_abort),
	KUNIT_CASE_PARAM(dsc_16_statuses, status_gen_params),
	KUNIT_CASE(dsc_17_not_again),
	KUNIT_CASE(init_14_connection_is_not_there),
	KUNIT_CASE(term_26_before_the_terminate_ends),
	{}
};

struct kunit_suite chimney_dsc_suite = {
	.name = "chimney_dsc",
	.init = fake_suite_init,
	.test_cases = dsc_cases,
};
