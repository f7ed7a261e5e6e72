// SPDX-License-Identifier: GPL-2.0-only
/*
 * A target that does everything wrong. Whatever it does, the core catches it
 * under the clause it breaks, and under no other, and a connection that it
 * treats well meanwhile is none the worse.
 */
#include "fake.h"

/**
 * struct wrong - what a breach works on
 * @test: the test
 * @fake: the target that misbehaves, and its client
 * @other: another target with a client of its own
 */
struct wrong {
	struct kunit *test;
	struct fake *fake;
	struct fake *other;
};

static struct fake_tree *initiated(struct wrong *wrong, const char *picture)
{
	struct fake_tree *tree = fake_tree(wrong->test, wrong->fake, picture);

	KUNIT_ASSERT_EQ(wrong->test, 0, fake_initiate(wrong->fake, tree));
	return tree;
}

static struct fake_tree *offloaded(struct wrong *wrong, struct fake *fake)
{
	struct fake_tree *tree = fake_tree(wrong->test, fake, "N(P(T))");

	fake_offload(wrong->test, fake, tree);
	return tree;
}

static struct fake_tree *terminating(struct wrong *wrong)
{
	struct fake_tree *tree = offloaded(wrong, wrong->fake);

	KUNIT_ASSERT_EQ(wrong->test, 0, fake_terminate(wrong->fake, tree));
	return tree;
}

static struct fake_tree *terminated(struct wrong *wrong)
{
	struct fake_tree *tree = terminating(wrong);

	fake_answer(tree, NULL);
	fake_terminate_complete(wrong->fake, tree);
	return tree;
}

static struct chimney_handle *connection(struct fake_tree *tree)
{
	return &tree->node[tree->count - 1].handle;
}

static void initiate_with(struct wrong *wrong, const char *picture,
			  const enum chimney_status *statuses)
{
	struct fake_tree *tree = initiated(wrong, picture);

	fake_answer(tree, statuses);
	fake_initiate_complete(wrong->fake, tree);
}

#define INITIATE_WITH(wrong, picture, ...)				       \
	initiate_with(wrong, picture,					       \
		      (const enum chimney_status[]){ __VA_ARGS__ })

#define OK	CHIMNEY_STATUS_SUCCESS
#define PART	CHIMNEY_STATUS_PARTIAL_SUCCESS
#define BAD	CHIMNEY_STATUS_FAILURE

/* -------- completions of state operations -------- */

static void double_completion(struct wrong *wrong)
{
	struct fake_tree *tree = initiated(wrong, "N");

	fake_answer(tree, NULL);
	fake_initiate_complete(wrong->fake, tree);
	fake_initiate_complete(wrong->fake, tree);
}

static void never_given(struct wrong *wrong)
{
	struct fake_tree *tree = fake_tree(wrong->test, wrong->fake, "N");

	fake_initiate_complete(wrong->fake, tree);
}

static void other_operation(struct wrong *wrong)
{
	struct fake_tree *tree = initiated(wrong, "N");

	fake_answer(tree, NULL);
	fake_query_complete(wrong->fake, tree);
}

static void not_the_root(struct wrong *wrong)
{
	struct fake_tree *tree = initiated(wrong, "N(P)");

	fake_answer(tree, NULL);
	chimney_initiate_offload_complete(&wrong->fake->target,
					  &tree->node[1].block);
}

static void somebody_elses(struct wrong *wrong)
{
	struct fake_tree *tree = fake_tree(wrong->test, wrong->other, "N");

	KUNIT_ASSERT_EQ(wrong->test, 0, fake_initiate(wrong->other, tree));
	fake_answer(tree, NULL);
	fake_initiate_complete(wrong->fake, tree);
}

static void missing_status(struct wrong *wrong)
{
	struct fake_tree *tree = initiated(wrong, "N(P(T))");

	fake_answer(tree, NULL);
	tree->node[2].block.status = CHIMNEY_STATUS_PENDING;
	fake_initiate_complete(wrong->fake, tree);
}

static void slot_missing(struct wrong *wrong)
{
	struct fake_tree *tree = initiated(wrong, "N(P(T))");

	fake_answer(tree, NULL);
	tree->node[2].handle.context = NULL;
	fake_initiate_complete(wrong->fake, tree);
}

static void slot_written(struct wrong *wrong)
{
	static const enum chimney_status statuses[] = {
		OK, PART, CHIMNEY_STATUS_RESOURCES,
	};
	struct fake_tree *tree = initiated(wrong, "N(P(T))");

	fake_answer(tree, statuses);
	tree->node[2].handle.context = tree;
	fake_initiate_complete(wrong->fake, tree);
	/* Never offloaded, so nobody may take it for that. */
	tree->node[2].handle.context = NULL;
}

static void status_out_of_range(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N", 200);
}

static void partial_connection(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N(P(T))", OK, OK, PART);
}

static void success_above_failure(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N(P(T))", OK, OK, BAD);
}

static void partial_without_failure(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N(P(T))", OK, PART, OK);
}

static void failure_from_too_deep(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N(P(T))", PART, PART, BAD);
}

static void placeholder_failed(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "_N(P(T))", BAD, OK, OK);
}

static void linker_too_good(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "n(P)", OK, BAD);
}

static void child_of_failure(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N(P(T))", PART, BAD, OK);
}

static void past_a_failed_root(struct wrong *wrong)
{
	INITIATE_WITH(wrong, "N,N", BAD, OK);
}

static void terminate_partial(struct wrong *wrong)
{
	struct fake_tree *tree = terminating(wrong);

	fake_answer(tree, NULL);
	tree->node[0].block.status = PART;
	fake_terminate_complete(wrong->fake, tree);
}

static void terminate_out_of_order(struct wrong *wrong)
{
	struct fake_tree *tree = terminating(wrong);

	fake_answer(tree, NULL);
	tree->node[2].state.tcp.delegated.snd_una = 100;
	tree->node[2].state.tcp.delegated.snd_nxt = 99;
	tree->node[2].state.tcp.delegated.snd_max = 100;
	fake_terminate_complete(wrong->fake, tree);
}

static void query_partial(struct wrong *wrong)
{
	struct fake_tree *tree = offloaded(wrong, wrong->fake);

	fake_tree_take(tree, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(wrong->test, 0, fake_query(wrong->fake, tree));
	fake_answer(tree, NULL);
	tree->node[0].block.status = PART;
	fake_query_complete(wrong->fake, tree);
	tree->node[0].block.status = OK;
	fake_query_complete(wrong->fake, tree);
}

static void update_placeholder(struct wrong *wrong)
{
	struct fake_tree *tree = fake_tree(wrong->test, wrong->fake, "_N");

	KUNIT_ASSERT_EQ(wrong->test, 0, fake_update(wrong->fake, tree));
	tree->node[0].block.status = BAD;
	fake_update_complete(wrong->fake, tree);
	tree->node[0].block.status = OK;
	fake_update_complete(wrong->fake, tree);
}

static void lost_object_back(struct wrong *wrong)
{
	static const enum chimney_status statuses[] = { OK, OK, BAD };
	struct fake_tree *tree = terminating(wrong);
	struct chimney_block block;

	fake_answer(tree, statuses);
	fake_terminate_complete(wrong->fake, tree);
	chimney_block_init(&block, CHIMNEY_TCP_STATE_DELEGATED,
			   connection(tree), NULL);
	KUNIT_ASSERT_EQ(wrong->test, 0,
			chimney_terminate_offload(wrong->fake->binding, &block,
						  FAKE_DEADLINE_MS));
	block.status = OK;
	chimney_terminate_offload_complete(&wrong->fake->target, &block);
	block.status = BAD;
	chimney_terminate_offload_complete(&wrong->fake->target, &block);
}

/* -------- data -------- */

static void indicate(struct wrong *wrong, struct chimney_handle *handle)
{
	struct sk_buff *skb = fake_skb(wrong->test, 10);
	u32 consumed;

	KUNIT_EXPECT_EQ(wrong->test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&wrong->fake->target,
						     handle, skb, &consumed));
	KUNIT_EXPECT_EQ(wrong->test, 0, consumed);
	kfree_skb(skb);
}

static void complete_send(struct wrong *wrong, struct chimney_handle *handle,
			  enum chimney_status status)
{
	struct sk_buff_head list;

	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, fake_skb(wrong->test, 10));
	chimney_tcp_send_complete(&wrong->fake->target, handle, &list, status);
}

static void complete_forward(struct wrong *wrong,
			     struct chimney_handle *handle,
			     enum chimney_status status)
{
	struct sk_buff_head list;

	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, fake_skb(wrong->test, 10));
	chimney_tcp_forward_complete(&wrong->fake->target, handle, &list,
				     status);
}

static void data_during_initiate(struct wrong *wrong)
{
	indicate(wrong, connection(initiated(wrong, "N(P(T))")));
}

static void data_after_terminate(struct wrong *wrong)
{
	indicate(wrong, connection(terminated(wrong)));
}

static void data_of_another_target(struct wrong *wrong)
{
	indicate(wrong, connection(offloaded(wrong, wrong->other)));
}

static void send_during_initiate(struct wrong *wrong)
{
	complete_send(wrong, connection(initiated(wrong, "N(P(T))")), OK);
}

static void send_after_terminate(struct wrong *wrong)
{
	complete_send(wrong, connection(terminated(wrong)), OK);
}

static void send_status(struct wrong *wrong)
{
	complete_send(wrong, connection(offloaded(wrong, wrong->fake)), BAD);
}

static void forward_after_terminate(struct wrong *wrong)
{
	complete_forward(wrong, connection(terminated(wrong)), OK);
}

static void forward_status(struct wrong *wrong)
{
	complete_forward(wrong, connection(offloaded(wrong, wrong->fake)),
			 PART);
}

static void receive_twice(struct wrong *wrong)
{
	struct chimney_handle *handle;
	struct chimney_receive request = {};

	handle = connection(offloaded(wrong, wrong->fake));
	chimney_tcp_receive(handle, &request);
	chimney_tcp_receive_complete(&wrong->fake->target, handle, &request);
	chimney_tcp_receive_complete(&wrong->fake->target, handle, &request);
	KUNIT_EXPECT_EQ(wrong->test, 1, wrong->fake->requests_back);
}

static void receive_status(struct wrong *wrong)
{
	struct chimney_receive request = { .status = BAD };
	struct chimney_handle *handle;

	handle = connection(offloaded(wrong, wrong->fake));
	chimney_tcp_receive(handle, &request);
	chimney_tcp_receive_complete(&wrong->fake->target, handle, &request);
}

static void receive_forgotten(struct wrong *wrong)
{
	struct chimney_receive request = {};
	struct fake_tree *tree;

	tree = offloaded(wrong, wrong->fake);
	chimney_tcp_receive(connection(tree), &request);
	KUNIT_ASSERT_EQ(wrong->test, 0, fake_terminate(wrong->fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(wrong->fake, tree);
}

static void disconnect(struct wrong *wrong, enum chimney_status status,
		       int times)
{
	struct chimney_disconnect request = { .status = status };
	struct chimney_handle *handle;

	__skb_queue_head_init(&request.data);
	handle = connection(offloaded(wrong, wrong->fake));
	chimney_tcp_disconnect(handle, &request);
	while (times--)
		chimney_tcp_disconnect_complete(&wrong->fake->target, handle,
						&request);
	KUNIT_EXPECT_EQ(wrong->test, 1, wrong->fake->disconnects_back);
}

static void disconnect_failed(struct wrong *wrong)
{
	disconnect(wrong, BAD, 1);
}

static void disconnect_twice(struct wrong *wrong)
{
	disconnect(wrong, OK, 2);
}

static void indicated_list(struct wrong *wrong)
{
	struct chimney_handle *handle;
	struct sk_buff_head list;
	u32 consumed;

	handle = connection(offloaded(wrong, wrong->fake));
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, fake_skb(wrong->test, 10));
	__skb_queue_tail(&list, fake_skb(wrong->test, 10));
	KUNIT_EXPECT_EQ(wrong->test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&wrong->fake->target,
						     handle, skb_peek(&list),
						     &consumed));
	__skb_queue_purge(&list);
}

/* -------- events -------- */

static void tcp_event(struct wrong *wrong, struct chimney_handle *handle,
		      enum chimney_tcp_event event, u32 information)
{
	chimney_tcp_event_indicate(&wrong->fake->target, handle, event,
				   information);
	KUNIT_EXPECT_EQ(wrong->test, 0, wrong->fake->events);
}

static void event_after_terminate(struct wrong *wrong)
{
	tcp_event(wrong, connection(terminated(wrong)), CHIMNEY_TCP_ABORT, 0);
}

static void event_of_a_lost_object(struct wrong *wrong)
{
	static const enum chimney_status statuses[] = { OK, OK, BAD };
	struct fake_tree *tree = terminating(wrong);

	fake_answer(tree, statuses);
	fake_terminate_complete(wrong->fake, tree);
	tcp_event(wrong, connection(tree), CHIMNEY_TCP_DISCONNECT, 0);
}

static void unknown_reason(struct wrong *wrong)
{
	tcp_event(wrong, connection(offloaded(wrong, wrong->fake)),
		  CHIMNEY_TCP_RETRIEVE, 1000);
}

static void retrieve_of_a_path(struct wrong *wrong)
{
	tcp_event(wrong, &offloaded(wrong, wrong->fake)->node[1].handle,
		  CHIMNEY_TCP_RETRIEVE, CHIMNEY_UPLOAD_REQUESTED);
}

static void reachability(struct wrong *wrong, struct chimney_handle *handle,
			 struct chimney_block *next, enum chimney_event event)
{
	struct chimney_neighbor_offload_state state = {};
	struct chimney_block block;

	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE, handle, &state);
	block.status = OK;
	block.next = next;
	chimney_event_indicate(&wrong->fake->target, &block, event);
	KUNIT_EXPECT_EQ(wrong->test, 0, wrong->fake->neighbor_events);
	KUNIT_EXPECT_EQ(wrong->test, 0, wrong->other->neighbor_events);
}

static void query_of_a_list(struct wrong *wrong)
{
	struct fake_tree *tree = offloaded(wrong, wrong->fake);

	reachability(wrong, &tree->node[0].handle, fake_root(tree),
		     CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

static void query_of_nobody(struct wrong *wrong)
{
	reachability(wrong, NULL, NULL, CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

static void query_of_another_target(struct wrong *wrong)
{
	reachability(wrong, &offloaded(wrong, wrong->other)->node[0].handle,
		     NULL, CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

static void query_after_terminate(struct wrong *wrong)
{
	reachability(wrong, &terminated(wrong)->node[0].handle, NULL,
		     CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

static void block_with_a_doubt(struct wrong *wrong)
{
	reachability(wrong, &offloaded(wrong, wrong->fake)->node[0].handle,
		     NULL, CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
}

static void resume_without_pause(struct wrong *wrong)
{
	chimney_status_indicate(&wrong->fake->target,
				CHIMNEY_INDICATION_RESUME);
	KUNIT_EXPECT_EQ(wrong->test, 0, wrong->fake->indications);
}

static void resume_too_early(struct wrong *wrong)
{
	chimney_status_indicate(&wrong->fake->target,
				CHIMNEY_INDICATION_UPLOAD_ALL);
	chimney_status_indicate(&wrong->fake->target,
				CHIMNEY_INDICATION_RESUME);
	KUNIT_EXPECT_EQ(wrong->test, 1, wrong->fake->indications);
}

static void unknown_indication(struct wrong *wrong)
{
	chimney_status_indicate(&wrong->fake->target, 99);
	KUNIT_EXPECT_EQ(wrong->test, 0, wrong->fake->indications);
}

/* -------- all of it -------- */

static const struct breach_case {
	const char *desc;
	void (*commit)(struct wrong *wrong);
	enum chimney_clause clause;
} breach_cases[] = {
#define BREACH(name, clause) { #name, name, CHIMNEY_CLAUSE_##clause }
	BREACH(double_completion, OP_06),
	BREACH(never_given, OP_06),
	BREACH(other_operation, OP_06),
	BREACH(not_the_root, OP_06),
	BREACH(somebody_elses, OP_06),
	BREACH(missing_status, OP_08),
	BREACH(slot_missing, INIT_26),
	BREACH(slot_written, INIT_27),
	BREACH(status_out_of_range, INIT_38),
	BREACH(partial_connection, INIT_38),
	BREACH(success_above_failure, INIT_39),
	BREACH(partial_without_failure, INIT_40),
	BREACH(failure_from_too_deep, INIT_41),
	BREACH(placeholder_failed, INIT_42),
	BREACH(linker_too_good, INIT_43),
	BREACH(child_of_failure, INIT_45),
	BREACH(past_a_failed_root, INIT_46),
	BREACH(terminate_partial, TERM_18),
	BREACH(terminate_out_of_order, TERM_55),
	BREACH(query_partial, OP_09),
	BREACH(update_placeholder, OP_11),
	BREACH(lost_object_back, TERM_65),
	BREACH(data_during_initiate, INIT_63),
	BREACH(data_after_terminate, TERM_32),
	BREACH(data_of_another_target, CTX_07),
	BREACH(send_during_initiate, INIT_48),
	BREACH(send_after_terminate, TERM_28),
	BREACH(send_status, SND_25),
	BREACH(forward_after_terminate, TERM_27),
	BREACH(forward_status, FWD_12),
	BREACH(receive_twice, RCV_06),
	BREACH(receive_status, RCV_25),
	BREACH(receive_forgotten, TERM_25),
	BREACH(disconnect_failed, DSC_16),
	BREACH(disconnect_twice, DSC_24),
	BREACH(indicated_list, RIND_02),
	BREACH(event_after_terminate, TERM_31),
	BREACH(event_of_a_lost_object, TERM_31),
	BREACH(unknown_reason, TEV_12),
	BREACH(retrieve_of_a_path, TEV_13),
	BREACH(query_of_a_list, EVT_01),
	BREACH(query_of_nobody, CTX_07),
	BREACH(query_of_another_target, CTX_07),
	BREACH(query_after_terminate, TERM_30),
	BREACH(block_with_a_doubt, EVT_04),
	BREACH(resume_without_pause, CAP_15),
	BREACH(resume_too_early, PAU_13),
	BREACH(unknown_indication, EVT_05),
};

static void breach_desc(const struct breach_case *param, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s",
		 chimney_clause_id(param->clause), param->desc);
}

KUNIT_ARRAY_PARAM(breach, breach_cases, breach_desc);

static struct sk_buff *pattern(struct kunit *test)
{
	struct sk_buff *skb = fake_skb(test, 64);
	int i;

	for (i = 0; i < 64; i++)
		skb->data[i] = i;
	return skb;
}

static void expect_pattern(struct kunit *test, struct sk_buff_head *list)
{
	struct sk_buff *skb = __skb_dequeue(list);
	int i;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, 64, skb->len);
	for (i = 0; i < 64; i++)
		KUNIT_EXPECT_EQ(test, i, skb->data[i]);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(list));
	kfree_skb(skb);
}

/* Data goes both ways, and the connection comes home. */
static void expect_intact(struct kunit *test, struct fake *fake,
			  struct fake_tree *tree)
{
	struct chimney_handle *handle = connection(tree);
	struct sk_buff_head list;
	u32 consumed;

	__skb_queue_purge(&fake->got);
	__skb_queue_purge(&fake->back);
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, pattern(test));
	chimney_tcp_send(handle, &list);
	KUNIT_EXPECT_PTR_EQ(test, (void *)&tree->node[2], fake->context);
	chimney_tcp_send_complete(&fake->target, handle, &fake->got, OK);
	expect_pattern(test, &fake->back);
	KUNIT_EXPECT_EQ(test, OK,
			chimney_tcp_receive_indicate(&fake->target, handle,
						     pattern(test),
						     &consumed));
	expect_pattern(test, &fake->indicated);

	fake->completions = 0;
	KUNIT_EXPECT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, handle->state);
}

static void breach_is_caught(struct kunit *test)
{
	const struct breach_case *param = test->param_value;
	struct wrong wrong = { .test = test, .fake = test->priv };
	struct fake *fake = test->priv;
	struct fake_tree *well;

	/* Arrange */
	wrong.other = fake_create(test);
	well = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, well);
	/* Act */
	param->commit(&wrong);
	/* Assert: that clause, and only that */
	FAKE_EXPECT_CLAUSE(test, fake, param->clause, 1);
	KUNIT_EXPECT_EQ(test, 1, chimney_violations(fake->target.core));
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(wrong.other->target.core));
	expect_intact(test, fake, well);
}

/* Once it is unregistered a target has no name any more. */
static void op_07_after_it_was_unregistered(struct kunit *test)
{
	struct chimney_receive request = {};
	struct chimney_disconnect last = {};
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_tree *tree;
	struct sk_buff *skb;
	u32 consumed;
	int before;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, tree);
	fake_remove_target(fake);
	before = chimney_violation_count(&fake->target, CHIMNEY_CLAUSE_OP_07);
	skb = fake_skb(test, 10);
	__skb_queue_head_init(&list);
	fake->completions = 0;
	/* Act */
	fake_initiate_complete(fake, tree);
	fake_terminate_complete(fake, tree);
	fake_query_complete(fake, tree);
	fake_update_complete(fake, tree);
	fake_invalidate_complete(fake, tree);
	chimney_tcp_send_complete(&fake->target, connection(tree), &list, OK);
	chimney_tcp_receive_complete(&fake->target, connection(tree), &request);
	chimney_tcp_forward_complete(&fake->target, connection(tree), &list,
				     OK);
	chimney_tcp_disconnect_complete(&fake->target, connection(tree), &last);
	chimney_tcp_event_indicate(&fake->target, connection(tree),
				   CHIMNEY_TCP_ABORT, 0);
	chimney_event_indicate(&fake->target, NULL,
			       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
	chimney_status_indicate(&fake->target, CHIMNEY_INDICATION_PAUSE);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&fake->target,
						     connection(tree), skb,
						     &consumed));
	/* Assert */
	KUNIT_EXPECT_EQ(test, before + 13,
			chimney_violation_count(&fake->target,
						CHIMNEY_CLAUSE_OP_07));
	KUNIT_EXPECT_EQ(test, 0, fake->completions + fake->backs +
			fake->requests_back + fake->disconnects_back +
			fake->events + fake->neighbor_events +
			fake->indications);
	kfree_skb(skb);
}

/* Late is one thing, late and twice another. */
static void op_06_lost_tree_twice(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree, *well;

	/* Arrange */
	well = fake_tree(test, fake, "N(P(T))");
	fake_offload(test, fake, well);
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding,
						 fake_root(tree), 1));
	fake_wait_lost(test, fake);
	/* Act */
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 0);
	fake_initiate_complete(fake, tree);
	/* Assert */
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_05, 1);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_06, 1);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_LOST, tree->node[0].handle.state);
	expect_intact(test, fake, well);
}

static struct kunit_case wrong_cases[] = {
	KUNIT_CASE_PARAM(breach_is_caught, breach_gen_params),
	KUNIT_CASE(op_06_lost_tree_twice),
	KUNIT_CASE(op_07_after_it_was_unregistered),
	{}
};

struct kunit_suite chimney_wrong_suite = {
	.name = "chimney_wrong",
	.init = fake_suite_init,
	.test_cases = wrong_cases,
};
