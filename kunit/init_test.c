// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.4: initiate. */
#include "fake.h"

/* Short, for tables. */
#define S	CHIMNEY_STATUS_SUCCESS
#define PART	CHIMNEY_STATUS_PARTIAL_SUCCESS
#define F	CHIMNEY_STATUS_FAILURE
#define PEND	CHIMNEY_STATUS_PENDING
#define RES	CHIMNEY_STATUS_RESOURCES
#define GOOD	CHIMNEY_CLAUSE_NONE

/*
 * Every answer a target may give to a tree, and ways to get it wrong. @flip is
 * a bit map of blocks whose context slot is the opposite of what the status
 * says.
 */
struct answer_case {
	const char *desc;
	const char *tree;
	enum chimney_status statuses[FAKE_NODES];
	enum chimney_clause clause;
	unsigned int flip;
};

static const struct answer_case answer_cases[] = {
	{ "init_39_all_offloaded", "N(P(T))", { S, S, S }, GOOD },
	{ "init_40_sample_tree", "N(P(T,T),P(T))",
	  { PART, PART, S, RES, F, F }, GOOD },
	{ "init_41_partial_does_not_climb", "N(P(T,T))", { S, PART, S, F },
	  GOOD },
	{ "init_44_root_failed", "N(P(T)),N(P(T))", { F, F, F, F, F, F },
	  GOOD },
	{ "init_45_sibling_goes_on", "N(P(T),P(T))", { PART, F, F, S, S },
	  GOOD },
	{ "init_44_second_root_block_failed", "N,N(P)", { S, F, F }, GOOD },
	{ "init_24_placeholder_alone", "_N", { S }, GOOD },
	{ "init_42_placeholder_over_failure", "_N(p(T))", { S, F, F }, GOOD },
	{ "init_43_linker_all", "n(P,P)", { S, S, S }, GOOD },
	{ "init_43_linker_some", "n(P,P)", { PART, S, F }, GOOD },
	{ "init_43_linker_none", "n(P,P)", { F, F, RES }, GOOD },
	{ "init_43_linker_over_linker", "n(p(T))", { S, F, F }, GOOD },
	{ "init_44_linker_beside_failed_root", "N,n(P)", { F, F, F }, GOOD },
	{ "init_42_placeholder_below_failed_root", "N(_P(T)),_N(p(T))",
	  { F, S, F, S, F, F }, GOOD },

	{ "op_08_block_without_status", "N(P(T))", { S, S, PEND },
	  CHIMNEY_CLAUSE_OP_08 },
	{ "op_08_root_without_status", "N", { PEND }, CHIMNEY_CLAUSE_OP_08 },
	{ "op_08_placeholder_without_status", "_N", { PEND },
	  CHIMNEY_CLAUSE_OP_08 },
	{ "init_26_slot_not_written", "N(P(T))", { S, S, S },
	  CHIMNEY_CLAUSE_INIT_26, BIT(2) },
	{ "init_26_slot_not_written_on_partial", "N(P)", { PART, F },
	  CHIMNEY_CLAUSE_INIT_26, BIT(0) },
	{ "init_27_slot_written_on_failure", "N(P(T))", { S, PART, F },
	  CHIMNEY_CLAUSE_INIT_27, BIT(2) },
	{ "init_38_partial_on_tcp", "N(P(T))", { S, S, PART },
	  CHIMNEY_CLAUSE_INIT_38 },
	{ "init_38_out_of_range", "N", { 4711 }, CHIMNEY_CLAUSE_INIT_38 },
	{ "init_38_negative", "N", { -1 }, CHIMNEY_CLAUSE_INIT_38 },
	{ "init_39_success_over_failure", "N(P)", { S, F },
	  CHIMNEY_CLAUSE_INIT_39 },
	{ "init_40_partial_without_dependents", "N", { PART },
	  CHIMNEY_CLAUSE_INIT_40 },
	{ "init_40_partial_without_failure", "N(P)", { PART, S },
	  CHIMNEY_CLAUSE_INIT_40 },
	{ "init_41_partial_climbed", "N(P(T))", { PART, PART, F },
	  CHIMNEY_CLAUSE_INIT_41 },
	{ "init_42_placeholder_failed", "_N", { F }, CHIMNEY_CLAUSE_INIT_42 },
	{ "init_42_placeholder_partial", "_N(p(T))", { PART, F, F },
	  CHIMNEY_CLAUSE_INIT_42 },
	{ "init_43_linker_success_over_failure", "n(P)", { S, F },
	  CHIMNEY_CLAUSE_INIT_43 },
	{ "init_43_linker_partial_over_success", "n(P)", { PART, S },
	  CHIMNEY_CLAUSE_INIT_43 },
	{ "init_43_linker_failure_over_some", "n(P,P)", { F, S, F },
	  CHIMNEY_CLAUSE_INIT_43 },
	{ "init_43_linker_with_a_cause", "n(P)", { RES, F },
	  CHIMNEY_CLAUSE_INIT_43 },
	{ "init_45_dependent_of_failed", "N,N(P)", { S, F, S },
	  CHIMNEY_CLAUSE_INIT_45 },
	{ "init_45_below_placeholder_of_failed", "N(_P(T))", { F, S, S },
	  CHIMNEY_CLAUSE_INIT_45 },
	{ "init_46_sibling_of_failed_root", "N,N", { F, S },
	  CHIMNEY_CLAUSE_INIT_46 },
};

static void answer_desc(const struct answer_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(answer, answer_cases, answer_desc);

static void init_38_answers(struct kunit *test)
{
	const struct answer_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct chimney_handle *handle;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_tree(test, fake, param->tree);
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, param->statuses);
	for (i = 0; i < tree->count; i++) {
		handle = &tree->node[i].handle;
		if (param->flip & BIT(i))
			handle->context = handle->context ? NULL : fake;
	}

	/* Act */
	fake_initiate_complete(fake, tree);

	/* Assert */
	if (param->clause == GOOD) {
		KUNIT_EXPECT_EQ(test, 1, fake->completions);
		for (i = 0; i < tree->count; i++)
			KUNIT_EXPECT_EQ(test, !!tree->node[i].handle.context,
					tree->node[i].handle.state ==
						CHIMNEY_OBJECT_OFFLOADED);
		return;
	}
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	FAKE_EXPECT_CLAUSE(test, fake, param->clause, 1);

	/* It is still pending, and the target may get it right. */
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* INIT-38: which layer knows which status; G-02, G-16, G-61. */
#define N_	BIT(CHIMNEY_LAYER_NEIGHBOR)
#define P_	BIT(CHIMNEY_LAYER_PATH)
#define T_	BIT(CHIMNEY_LAYER_TCP)

static const struct failure_case {
	enum chimney_status status;
	unsigned int layers;
} failure_cases[] = {
	{ CHIMNEY_STATUS_FAILURE, N_ | P_ | T_ },
	{ CHIMNEY_STATUS_RESOURCES, N_ | P_ | T_ },
	{ CHIMNEY_STATUS_TCP_ENTRIES, T_ },
	{ CHIMNEY_STATUS_PATH_ENTRIES, P_ },
	{ CHIMNEY_STATUS_NEIGHBOR_ENTRIES, N_ },
	{ CHIMNEY_STATUS_HW_ADDRESS_ENTRIES, N_ },
	{ CHIMNEY_STATUS_IP_ADDRESS_ENTRIES, P_ },
	{ CHIMNEY_STATUS_TCP_XMIT_BUFFER, T_ },
	{ CHIMNEY_STATUS_TCP_RCV_BUFFER, T_ },
	{ CHIMNEY_STATUS_TCP_RCV_WINDOW, T_ },
	{ CHIMNEY_STATUS_VLAN_ENTRIES, N_ },
	{ CHIMNEY_STATUS_VLAN_MISMATCH, N_ },
	{ CHIMNEY_STATUS_PATH_MTU, P_ | T_ },
	{ CHIMNEY_STATUS_CONNECTION_REJECTED, T_ },
	{ CHIMNEY_STATUS_REQUEST_ABORTED, 0 },
	{ CHIMNEY_STATUS_UPLOAD_IN_PROGRESS, 0 },
	{ CHIMNEY_STATUS_INVALID_STATE, 0 },
	{ CHIMNEY_STATUS_DATA_NOT_ACCEPTED, 0 },
	{ CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED, 0 },
};

static void failure_desc(const struct failure_case *param, char *desc)
{
	strscpy(desc, chimney_status_name(param->status),
		KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(failure, failure_cases, failure_desc);

static void init_38_layer_of_status(struct kunit *test)
{
	static const char * const trees[] = { "N", "P", "T" };
	const struct failure_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int layer, allowed;

	for (layer = 0; layer < ARRAY_SIZE(trees); layer++) {
		/* Arrange */
		allowed = !!(param->layers & BIT(layer));
		fake->completions = 0;
		tree = fake_tree(test, fake, trees[layer]);
		KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
		fake_answer(tree, &param->status);
		/* Act */
		fake_initiate_complete(fake, tree);
		/* Assert */
		KUNIT_EXPECT_EQ_MSG(test, allowed, fake->completions, "%s",
				    trees[layer]);
		if (!allowed) {
			fake_answer(tree, NULL);
			fake_initiate_complete(fake, tree);
		}
	}
}

static void init_02_not_twice_at_once(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree, *other;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P)");
	other = fake_tree(test, fake, "N(P)");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	other->node[1].block.handle = &tree->node[1].handle;
	/* Act, Assert: and the other object stays untouched */
	KUNIT_EXPECT_EQ(test, -EBUSY, fake_initiate(fake, other));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, other->node[0].handle.state);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	other->node[1].block.handle = &other->node[1].handle;
}

static void init_02_not_twice_in_a_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N,N");
	tree->node[1].block.handle = &tree->node[0].handle;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY, fake_initiate(fake, tree));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[0].handle.state);
	KUNIT_EXPECT_NULL(test, tree->node[0].handle.binding);
}

static const struct tcp_state_case {
	const char *desc;
	enum chimney_tcp_state state;
	int err;
} tcp_state_cases[] = {
	{ "closed", CHIMNEY_TCP_STATE_CLOSED, -EINVAL },
	{ "listen", CHIMNEY_TCP_STATE_LISTEN, -EINVAL },
	{ "syn_sent", CHIMNEY_TCP_STATE_SYN_SENT, -EINVAL },
	{ "syn_rcvd", CHIMNEY_TCP_STATE_SYN_RCVD, -EINVAL },
	{ "established", CHIMNEY_TCP_STATE_ESTABLISHED, 0 },
	{ "fin_wait_1", CHIMNEY_TCP_STATE_FIN_WAIT_1, 0 },
	{ "fin_wait_2", CHIMNEY_TCP_STATE_FIN_WAIT_2, 0 },
	{ "close_wait", CHIMNEY_TCP_STATE_CLOSE_WAIT, 0 },
	{ "closing", CHIMNEY_TCP_STATE_CLOSING, 0 },
	{ "last_ack", CHIMNEY_TCP_STATE_LAST_ACK, 0 },
	{ "time_wait", CHIMNEY_TCP_STATE_TIME_WAIT, -EINVAL },
};

static void tcp_state_desc(const struct tcp_state_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(tcp_state, tcp_state_cases, tcp_state_desc);

static void init_03_state_of_connection(struct kunit *test)
{
	const struct tcp_state_case *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	fake->obedient = true;
	tree = fake_tree(test, fake, "N(P(T))");
	fake->obedient = true;
	tree->node[2].state.tcp.delegated.state = param->state;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, param->err, fake_initiate(fake, tree));
}

static void init_14_no_send_before_completion(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct sk_buff_head list;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, fake_skb(test, 10));
	/* Act */
	chimney_tcp_send(&tree->node[2].handle, &list);
	/* Assert: the target does not see it */
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&fake->got));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->back));
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
			fake->back_status);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_INIT_14, 1);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void init_18_role_from_slot(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "_N(p(T))");
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_PLACEHOLDER,
			tree->node[0].block.role);
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_LINKER, tree->node[1].block.role);
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_NEW, tree->node[2].block.role);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void init_18_dirty_slot(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: new by its state, linker by its slot */
	tree = fake_tree(test, fake, "N");
	tree->node[0].handle.context = fake;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
}

static void init_21_order_of_traversal(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_block *block;
	struct chimney_walk walk;
	struct fake_tree *tree;
	int i = 0;

	/* Arrange: nodes are numbered in the order of the picture */
	tree = fake_tree(test, fake, "N(P(T,T),P(T)),N(P(T,T))");
	/* Act, Assert: N1 P1 T1 T2 P2 T3 N2 P3 T4 T5 */
	chimney_for_each_block(block, &walk, fake_root(tree)) {
		KUNIT_ASSERT_LT(test, i, tree->count);
		KUNIT_EXPECT_PTR_EQ(test, &tree->node[i].block, block);
		i++;
	}
	KUNIT_EXPECT_EQ(test, 10, i);
}

static void init_20_parents_and_pruning(struct kunit *test)
{
	static const int parents[] = { -1, 0, 1, 1, 0, 4, -1, 6, 7, 7 };
	struct chimney_block *block, *parent;
	struct fake *fake = test->priv;
	struct chimney_walk walk;
	struct fake_tree *tree;
	int i = 0;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T,T),P(T)),N(P(T,T))");
	/* Act, Assert */
	chimney_for_each_block(block, &walk, fake_root(tree)) {
		parent = parents[i] < 0 ? NULL :
					  &tree->node[parents[i]].block;
		KUNIT_EXPECT_PTR_EQ(test, parent, chimney_walk_parent(&walk));
		i++;
	}
	/* Without descending: the roots only */
	block = chimney_walk_first(&walk, fake_root(tree));
	KUNIT_EXPECT_PTR_EQ(test, &tree->node[6].block,
			    chimney_walk_next(&walk, false));
	KUNIT_EXPECT_NULL(test, chimney_walk_next(&walk, false));
}

static const char * const idle_linkers[] = { "n", "n,N", "n(p)", "n(P,p)",
					     "n(_P)", "t" };

static void idle_linker_desc(const char * const *param, char *desc)
{
	strscpy(desc, *param, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(idle_linker, idle_linkers, idle_linker_desc);

static void init_25_linker_needs_new_dependent(struct kunit *test)
{
	const char * const *param = test->param_value;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, *param);
	fake->initiated = NULL;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->initiated);
}

static void init_linker_of_another_target(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange: a neighbor that is offloaded elsewhere */
	tree = fake_tree(test, other, "n(P)");
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_initiate(fake, tree));
}

static void init_43_linked_object_stays(struct kunit *test)
{
	static const enum chimney_status statuses[] = { F, F };
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	void *context;

	/* Arrange */
	tree = fake_tree(test, fake, "n(P)");
	context = tree->node[0].handle.context;
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, statuses);
	/* Act */
	fake_initiate_complete(fake, tree);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[0].handle.state);
	KUNIT_EXPECT_PTR_EQ(test, context, tree->node[0].handle.context);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[1].handle.state);
	KUNIT_EXPECT_NULL(test, tree->node[1].handle.binding);
}

/* Contract: INIT-51, INIT-52, INIT-53, OP-14, OP-16 */
static void init_51_client_gets_its_tree(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	/* Act */
	fake_offload(test, fake, tree);
	/* Assert */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->completed);
	KUNIT_EXPECT_PTR_EQ(test, fake->binding, fake->completed_binding);
	KUNIT_EXPECT_PTR_EQ(test, (void *)fake,
			    chimney_binding_priv(fake->completed_binding));
}

static void init_61_two_trees_at_once(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *one, *two;

	/* Arrange */
	one = fake_tree(test, fake, "N(P(T))");
	two = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, one));
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, two));
	fake_answer(one, NULL);
	fake_answer(two, NULL);
	/* Act, Assert: in the other order */
	fake_initiate_complete(fake, two);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(two), fake->completed);
	fake_initiate_complete(fake, one);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(one), fake->completed);
}

static void init_63_no_data_before_completion(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	struct sk_buff *skb;
	u32 consumed = 1;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	skb = fake_skb(test, 10);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&fake->target,
						     &tree->node[2].handle,
						     skb, &consumed));
	KUNIT_EXPECT_EQ(test, 0, consumed);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_INIT_63, 1);
	kfree_skb(skb);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void init_event_before_completion(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	/* Act */
	chimney_tcp_event_indicate(&fake->target, &tree->node[2].handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
	/* Assert: discouraged, not forbidden (G-43) */
	KUNIT_EXPECT_EQ(test, 1, fake->events);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void send_at_once(struct fake *fake, struct chimney_block *tree)
{
	struct sk_buff_head list;

	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, alloc_skb(10, GFP_ATOMIC));
	chimney_tcp_send(tree->dependent->dependent->handle, &list);
}

static void init_14_send_from_the_completion(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N(P(T))");
	fake->at_complete = send_at_once;
	/* Act */
	fake_offload(test, fake, tree);
	/* Assert: the object is offloaded by then (G-39) */
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&fake->got));
	KUNIT_EXPECT_PTR_EQ(test, (void *)&tree->node[2], fake->context);
	fake->at_complete = NULL;
}

static struct kunit_case init_cases[] = {
	KUNIT_CASE_PARAM(init_38_answers, answer_gen_params),
	KUNIT_CASE_PARAM(init_38_layer_of_status, failure_gen_params),
	KUNIT_CASE(init_02_not_twice_at_once),
	KUNIT_CASE(init_02_not_twice_in_a_tree),
	KUNIT_CASE_PARAM(init_03_state_of_connection, tcp_state_gen_params),
	KUNIT_CASE(init_14_no_send_before_completion),
	KUNIT_CASE(init_14_send_from_the_completion),
	KUNIT_CASE(init_18_role_from_slot),
	KUNIT_CASE(init_18_dirty_slot),
	KUNIT_CASE(init_20_parents_and_pruning),
	KUNIT_CASE(init_21_order_of_traversal),
	KUNIT_CASE(init_linker_of_another_target),
	KUNIT_CASE_PARAM(init_25_linker_needs_new_dependent,
			 idle_linker_gen_params),
	KUNIT_CASE(init_43_linked_object_stays),
	KUNIT_CASE(init_51_client_gets_its_tree),
	KUNIT_CASE(init_61_two_trees_at_once),
	KUNIT_CASE(init_63_no_data_before_completion),
	KUNIT_CASE(init_event_before_completion),
	{}
};

struct kunit_suite chimney_init_suite = {
	.name = "chimney_init",
	.init = fake_suite_init,
	.test_cases = init_cases,
};
