// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.15 and 3.16: events of connections and of neighbors. */
#include "fake.h"

struct query {
	struct chimney_block block;
	struct chimney_neighbor_offload_state state;
};

static void query_init(struct query *query, struct chimney_handle *handle)
{
	memset(&query->state, 0, sizeof(query->state));
	query->state.cached.host_reachability_delta = 77;
	chimney_block_init(&query->block, CHIMNEY_NEIGHBOR_STATE, handle,
			   &query->state);
	query->block.status = CHIMNEY_STATUS_SUCCESS;
}

static void ask(struct fake *fake, struct chimney_block *block)
{
	chimney_event_indicate(&fake->target, block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

static struct chimney_handle *neighbor(struct kunit *test, struct fake *fake)
{
	struct fake_tree *tree = fake_tree(test, fake, "N");

	fake_offload(test, fake, tree);
	return &tree->node[0].handle;
}

/* Contract: EVT-11 */
static void evt_11_answered_in_place(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct query query;

	/* Arrange */
	query_init(&query, neighbor(test, fake));
	fake->answer_delta = 1234;
	/* Act */
	ask(fake, &query.block);
	/* Assert: the very block, and the answer is there on return */
	KUNIT_EXPECT_EQ(test, 1, fake->neighbor_events);
	KUNIT_EXPECT_PTR_EQ(test, &query.block, fake->neighbor_block);
	KUNIT_EXPECT_EQ(test, 1234, query.state.cached.host_reachability_delta);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void break_no_block(struct query *query)
{
}

static void break_next(struct query *query)
{
	query->block.next = &query->block;
}

static void break_type(struct query *query)
{
	query->block.type = CHIMNEY_NEIGHBOR_STATE_CACHED;
}

static void break_state(struct query *query)
{
	query->block.state = NULL;
}

static void break_dependent(struct query *query)
{
	query->block.dependent = &query->block;
}

static void break_status(struct query *query)
{
	query->block.status = CHIMNEY_STATUS_PENDING;
}

static void break_handle(struct query *query)
{
	query->block.handle = NULL;
}

static const struct query_case {
	const char *desc;
	void (*break_it)(struct query *query);
	enum chimney_clause clause;
} query_cases[] = {
	{ "evt_01_no_block", break_no_block, CHIMNEY_CLAUSE_EVT_01 },
	{ "evt_01_list", break_next, CHIMNEY_CLAUSE_EVT_01 },
	{ "evt_02_wrong_type", break_type, CHIMNEY_CLAUSE_EVT_02 },
	{ "evt_02_no_state", break_state, CHIMNEY_CLAUSE_EVT_02 },
	{ "evt_03_dependent", break_dependent, CHIMNEY_CLAUSE_EVT_03 },
	{ "evt_03_status", break_status, CHIMNEY_CLAUSE_EVT_03 },
	{ "ctx_07_no_handle", break_handle, CHIMNEY_CLAUSE_CTX_07 },
};

static void query_desc(const struct query_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(query, query_cases, query_desc);

static void evt_01_02_03_form_of_a_query(struct kunit *test)
{
	const struct query_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct query query;

	/* Arrange */
	query_init(&query, neighbor(test, fake));
	param->break_it(&query);
	/* Act */
	ask(fake, param->break_it == break_no_block ? NULL : &query.block);
	/* Assert: nobody is asked, nothing is answered */
	FAKE_EXPECT_CLAUSE(test, fake, param->clause, 1);
	KUNIT_EXPECT_EQ(test, 1, chimney_violations(fake->target.core));
	KUNIT_EXPECT_EQ(test, 0, fake->neighbor_events);
	KUNIT_EXPECT_EQ(test, 77, query.state.cached.host_reachability_delta);
}

/* G-37 */
static void ctx_07_query_names_a_neighbor_of_the_target(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct query query;

	/* Act, Assert: that of another target */
	query_init(&query, neighbor(test, other));
	ask(fake, &query.block);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CTX_07, 1);
	/* and something that is none. */
	query_init(&query, &fake_connection(test, fake)->handle);
	ask(fake, &query.block);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CTX_07, 2);
	KUNIT_EXPECT_EQ(test, 0, fake->neighbor_events);
	KUNIT_EXPECT_EQ(test, 0, other->neighbor_events);
}

static void term_30_no_query_after_the_terminate(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	struct query query;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	fake_offload(test, fake, tree);
	query_init(&query, &tree->node[0].handle);
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(fake, tree));
	/* Act, Assert: until then it is all right */
	ask(fake, &query.block);
	KUNIT_EXPECT_EQ(test, 1, fake->neighbor_events);
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	ask(fake, &query.block);
	KUNIT_EXPECT_EQ(test, 1, fake->neighbor_events);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_30, 1);
}

/* Contract: EVT-04, EVT-05 */
static void evt_04_05_other_events(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct query query;

	/* Arrange */
	query_init(&query, neighbor(test, fake));
	/* Act, Assert */
	chimney_event_indicate(&fake->target, NULL,
			       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
	KUNIT_EXPECT_EQ(test, 1, fake->neighbor_events);
	KUNIT_EXPECT_NULL(test, fake->neighbor_block);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
	chimney_event_indicate(&fake->target, &query.block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_EVT_04, 1);
	chimney_event_indicate(&fake->target, NULL,
			       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT + 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_EVT_05, 1);
	KUNIT_EXPECT_EQ(test, 1, fake->neighbor_events);
}

static const struct tcp_event_case {
	const char *desc;
	enum chimney_tcp_event event;
	u32 information;
} tcp_event_cases[] = {
	{ "disconnect", CHIMNEY_TCP_DISCONNECT, 0 },
	{ "abort", CHIMNEY_TCP_ABORT, ECONNRESET },
	{ "backlog", CHIMNEY_TCP_SEND_BACKLOG_CHANGE, U32_MAX },
#define REASON(name) { #name, CHIMNEY_TCP_RETRIEVE, CHIMNEY_UPLOAD_##name }
	REASON(HARDWARE_FAILURE),
	REASON(INVALID_STATE),
	REASON(RECEIVED_URGENT_DATA),
	REASON(TIMEOUT_EXPIRATION),
	REASON(REQUESTED),
	REASON(HIGH_DROP_RATE),
	REASON(HIGH_FRAGMENTATION),
	REASON(HIGH_OUT_OF_ORDER_PACKETS),
	REASON(LOW_ACTIVITY),
	REASON(NO_BUFFER_PREPOSTING),
	REASON(SMALL_IO),
};

static void tcp_event_desc(const struct tcp_event_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tcp_event, tcp_event_cases, tcp_event_desc);

/* Contract: TEV-02, IM-30 */
static void tev_02_each_event_and_reason(struct kunit *test)
{
	const struct tcp_event_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act: repeated, which is allowed (TEV-14) */
	chimney_tcp_event_indicate(&fake->target, &node->handle, param->event,
				   param->information);
	chimney_tcp_event_indicate(&fake->target, &node->handle, param->event,
				   param->information);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 2, fake->events);
	KUNIT_EXPECT_PTR_EQ(test, &node->handle, fake->event_handle);
	KUNIT_EXPECT_EQ(test, param->event, fake->event);
	KUNIT_EXPECT_EQ(test, param->information, fake->information);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void tev_12_reasons_have_a_range(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange */
	node = fake_connection(test, fake);
	/* Act */
	chimney_tcp_event_indicate(&fake->target, &node->handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_SMALL_IO + 1);
	chimney_tcp_event_indicate(&fake->target, &node->handle,
				   CHIMNEY_TCP_SEND_BACKLOG_CHANGE + 1, 0);
	/* Assert */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TEV_12, 2);
	KUNIT_EXPECT_EQ(test, 0, fake->events);
}

static void tev_13_only_of_connections(struct kunit *test)
{
	struct fake *fake = test->priv;

	/* Act */
	chimney_tcp_event_indicate(&fake->target, neighbor(test, fake),
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_REQUESTED);
	/* Assert */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TEV_13, 1);
	KUNIT_EXPECT_EQ(test, 0, fake->events);
}

static void which_reasons_oblige(struct kunit *test)
{
	enum chimney_upload_reason reason;

	for (reason = 0; reason <= CHIMNEY_UPLOAD_SMALL_IO; reason++)
		KUNIT_EXPECT_EQ(test,
				reason == CHIMNEY_UPLOAD_HARDWARE_FAILURE ||
				reason == CHIMNEY_UPLOAD_INVALID_STATE ||
				reason == CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA ||
				reason == CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION ||
				reason == CHIMNEY_UPLOAD_REQUESTED,
				chimney_upload_is_mandatory(reason));
}

static struct kunit_case evt_cases[] = {
	KUNIT_CASE(ctx_07_query_names_a_neighbor_of_the_target),
	KUNIT_CASE_PARAM(evt_01_02_03_form_of_a_query, query_gen_params),
	KUNIT_CASE(evt_04_05_other_events),
	KUNIT_CASE(evt_11_answered_in_place),
	KUNIT_CASE(term_30_no_query_after_the_terminate),
	KUNIT_CASE_PARAM(tev_02_each_event_and_reason, tcp_event_gen_params),
	KUNIT_CASE(tev_12_reasons_have_a_range),
	KUNIT_CASE(tev_13_only_of_connections),
	KUNIT_CASE(which_reasons_oblige),
	{}
};

struct kunit_suite chimney_evt_suite = {
	.name = "chimney_evt",
	.init = fake_suite_init,
	.test_cases = evt_cases,
};
