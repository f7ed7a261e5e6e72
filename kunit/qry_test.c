// SPDX-License-Identifier: GPL-2.0-only
/* Contract 3.5: query. */
#include "fake.h"

static const struct class_case {
	const char *desc;
	enum fake_class class;
} class_cases[] = {
	{ "const", FAKE_CONST },
	{ "cached", FAKE_CACHED },
	{ "delegated", FAKE_DELEGATED },
	{ "complete", FAKE_COMPLETE },
};

static void class_desc(const struct class_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(class, class_cases, class_desc);

/* Contract: QRY-01, OP-01, OP-02, OP-14, OP-15, OP-16, DAT-11, CTX-06 */
static void qry_01_any_class_of_any_object(struct kunit *test)
{
	static const size_t lengths[][3] = {
#define LENGTHS(class) {						       \
	sizeof_field(struct chimney_neighbor_offload_state, class),	       \
	sizeof_field(struct chimney_path_offload_state, class),		       \
	sizeof_field(struct chimney_tcp_offload_state, class) }
		[FAKE_CONST] = LENGTHS(constant),
		[FAKE_CACHED] = LENGTHS(cached),
		[FAKE_DELEGATED] = LENGTHS(delegated),
		[FAKE_COMPLETE] = LENGTHS(constant),
	};
	const struct class_case *param = test->param_value;
	const struct chimney_state_header *header;
	struct fake *fake = test->priv;
	struct fake_tree *tree;
	int i;

	/* Arrange */
	tree = fake_offloaded(test, fake, param->class);
	/* Act */
	KUNIT_EXPECT_EQ(test, 0, fake_query(fake, tree));
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->queried);
	fake_answer(tree, NULL);
	fake_query_complete(fake, tree);
	/* Assert: back with statuses, and the objects are where they were */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->completed);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_QUERY, fake->completed_kind);
	KUNIT_EXPECT_PTR_EQ(test, fake->binding, fake->completed_binding);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
	for (i = 0; i < tree->count; i++) {
		header = tree->node[i].block.state;
		KUNIT_EXPECT_EQ(test, lengths[param->class][i], header->length);
		KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
				tree->node[i].block.status);
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
				tree->node[i].handle.state);
		KUNIT_EXPECT_EQ(test, 0,
				atomic_read(&tree->node[i].handle.pins));
	}
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

/* What the target writes into the structure is what the client reads. */
static void values_come_back(struct kunit *test)
{
	struct chimney_tcp_state_delegated *state;
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(fake, tree));
	/* Act */
	state = fake->queried->dependent->dependent->state;
	state->snd_una = 0xfffffff0;
	state->send_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	fake_answer(tree, NULL);
	fake_query_complete(fake, tree);
	/* Assert */
	state = tree->node[2].block.state;
	KUNIT_EXPECT_EQ(test, 0xfffffff0, state->snd_una);
	KUNIT_EXPECT_EQ(test, CHIMNEY_BACKLOG_UNSUPPORTED,
			state->send_backlog_size);
}

static void qry_02_several_at_once(struct kunit *test)
{
	struct chimney_neighbor_state_cached cached;
	struct fake *fake = test->priv;
	struct chimney_block second;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	chimney_block_init(&second, CHIMNEY_NEIGHBOR_STATE_CACHED,
			   &tree->node[0].handle, &cached);
	/* Act, Assert: two of the same object, finished in either order */
	KUNIT_EXPECT_EQ(test, 0, fake_query(fake, tree));
	KUNIT_EXPECT_EQ(test, 0,
			chimney_query_offload(fake->binding, &second,
					      FAKE_DEADLINE_MS));
	KUNIT_EXPECT_EQ(test, 2, atomic_read(&tree->node[0].handle.pins));
	second.status = CHIMNEY_STATUS_SUCCESS;
	chimney_query_offload_complete(&fake->target, &second);
	KUNIT_EXPECT_PTR_EQ(test, &second, fake->completed);
	fake_answer(tree, NULL);
	fake_query_complete(fake, tree);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->completed);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&tree->node[0].handle.pins));
}

static void qry_03_initiate_in_progress(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_block block;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_tree(test, fake, "N");
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE,
			   &tree->node[0].handle, &tree->node[0].state);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_query_offload(fake->binding, &block,
					      FAKE_DEADLINE_MS));
	KUNIT_EXPECT_NULL(test, fake->queried);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_QRY_03, 1);
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
}

static void qry_04_structure_is_needed(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_NONE);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_query(fake, tree));
	KUNIT_EXPECT_NULL(test, fake->queried);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_QRY_04, 1);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&tree->node[0].handle.pins));
}

static void ctx_06_query_of_what_is_not_offloaded(struct kunit *test)
{
	struct fake *other = fake_create(test);
	struct fake *fake = test->priv;
	struct fake_tree *home, *away;

	/* Arrange: at home, and at another target */
	home = fake_tree(test, fake, "N");
	away = fake_tree(test, other, "N");
	fake_offload(test, other, away);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_query(fake, home));
	KUNIT_EXPECT_EQ(test, -EINVAL, fake_query(fake, away));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_CTX_06, 2);
	KUNIT_EXPECT_NULL(test, fake->queried);
}

/* Contract: QRY-07, OP-09, OP-08 */
static void qry_07_success_or_failure(struct kunit *test)
{
	struct fake *fake = test->priv;
	enum chimney_status status;
	struct fake_tree *tree;
	int refused = 0;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(fake, tree));
	/* Act, Assert: none, then each that is not allowed */
	fake_query_complete(fake, tree);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_08, 1);
	fake_answer(tree, NULL);
	for (status = CHIMNEY_STATUS_PARTIAL_SUCCESS;
	     status <= CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED; status++) {
		if (status == CHIMNEY_STATUS_FAILURE)
			continue;
		tree->node[2].block.status = status;
		fake_query_complete(fake, tree);
		FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_09,
				   ++refused);
	}
	KUNIT_EXPECT_EQ(test, 0, fake->completions);
	tree->node[2].block.status = CHIMNEY_STATUS_FAILURE;
	fake_query_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* The core lets the recipe for corrupt hardware pass (QRY-10 to QRY-14). */
static void corrupt_hardware(struct kunit *test)
{
	static const enum chimney_status corrupt[] = {
		CHIMNEY_STATUS_SUCCESS, CHIMNEY_STATUS_SUCCESS,
		CHIMNEY_STATUS_FAILURE,
	};
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(fake, tree));
	/* Act, Assert: still offloaded after the failure */
	fake_answer(tree, corrupt);
	fake_query_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_FAILURE,
			tree->node[2].block.status);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[2].handle.state);
	chimney_tcp_event_indicate(&fake->target, &tree->node[2].handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_HARDWARE_FAILURE);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TCP_RETRIEVE, fake->event);
	chimney_tcp_event_indicate(&fake->target, &tree->node[2].handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TCP_ABORT, fake->event);
	KUNIT_EXPECT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(fake->target.core));
}

static void op_11_placeholders_in_a_query(struct kunit *test)
{
	struct chimney_tcp_state_delegated state = {};
	struct chimney_block neighbor, path, tcp;
	struct fake *fake = test->priv;
	struct fake_node *node;

	/* Arrange: the connection alone */
	node = fake_connection(test, fake);
	chimney_block_init(&neighbor, CHIMNEY_NEIGHBOR_STATE, NULL, NULL);
	chimney_block_init(&path, CHIMNEY_PATH_STATE, NULL, NULL);
	chimney_block_init(&tcp, CHIMNEY_TCP_STATE_DELEGATED, &node->handle,
			   &state);
	neighbor.dependent = &path;
	path.dependent = &tcp;
	KUNIT_ASSERT_EQ(test, 0,
			chimney_query_offload(fake->binding, &neighbor,
					      FAKE_DEADLINE_MS));
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_PLACEHOLDER, path.role);
	KUNIT_EXPECT_EQ(test, CHIMNEY_ROLE_LINKER, tcp.role);
	/* Act, Assert */
	neighbor.status = CHIMNEY_STATUS_SUCCESS;
	path.status = CHIMNEY_STATUS_FAILURE;
	tcp.status = CHIMNEY_STATUS_FAILURE;
	chimney_query_offload_complete(&fake->target, &neighbor);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_11, 1);
	path.status = CHIMNEY_STATUS_SUCCESS;
	chimney_query_offload_complete(&fake->target, &neighbor);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

static void op_12_tree_is_lent(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(fake, tree));
	tree->node[2].block.status = CHIMNEY_STATUS_SUCCESS;
	/* Act, Assert: what the target wrote so far is untouched */
	KUNIT_EXPECT_EQ(test, -EBUSY, fake_query(fake, tree));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_12, 1);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			tree->node[2].block.status);
	fake_answer(tree, NULL);
	fake_query_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 1, fake->completions);
}

/* Contract: TERM-23 */
static void term_03_query_in_progress(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct chimney_block block;
	struct fake_tree *tree;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(fake, tree));
	chimney_block_init(&block, CHIMNEY_TCP_STATE_DELEGATED,
			   &tree->node[2].handle, NULL);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, -EBUSY,
			chimney_terminate_offload(fake->binding, &block,
						  FAKE_DEADLINE_MS));
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_TERM_03, 1);
	KUNIT_EXPECT_NULL(test, fake->terminated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[2].handle.state);
	fake_answer(tree, NULL);
	fake_query_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, 0, fake_terminate(fake, tree));
	fake_answer(tree, NULL);
	fake_terminate_complete(fake, tree);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
}

static void op_05_overdue_query_leaves_the_object(struct kunit *test)
{
	struct fake *fake = test->priv;
	struct fake_tree *tree, *home;

	/* Arrange */
	tree = fake_offloaded(test, fake, FAKE_DELEGATED);
	/* Act */
	KUNIT_ASSERT_EQ(test, 0,
			chimney_query_offload(fake->binding, fake_root(tree),
					      1));
	fake_wait_lost(test, fake);
	/* Assert: the tree is lost, the object is not */
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->lost);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_OFFLOADED,
			tree->node[2].handle.state);
	FAKE_EXPECT_CLAUSE(test, fake, CHIMNEY_CLAUSE_OP_05, 1);
	KUNIT_EXPECT_NULL(test, fake->freed);
	/* and it can be terminated, with another tree. */
	home = fake_tree(test, fake, "_N(_P(_T))");
	home->node[0].block.handle = &tree->node[0].handle;
	home->node[1].block.handle = &tree->node[1].handle;
	home->node[2].block.handle = &tree->node[2].handle;
	KUNIT_EXPECT_EQ(test, 0,
			chimney_terminate_offload(fake->binding,
						  fake_root(home),
						  FAKE_DEADLINE_MS));
	fake_answer(home, NULL);
	fake_terminate_complete(fake, home);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
	fake_remove_target(fake);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), fake->freed);
}

static struct kunit_case qry_cases[] = {
	KUNIT_CASE(ctx_06_query_of_what_is_not_offloaded),
	KUNIT_CASE(op_11_placeholders_in_a_query),
	KUNIT_CASE(op_12_tree_is_lent),
	KUNIT_CASE_PARAM(qry_01_any_class_of_any_object, class_gen_params),
	KUNIT_CASE(qry_02_several_at_once),
	KUNIT_CASE(qry_03_initiate_in_progress),
	KUNIT_CASE(qry_04_structure_is_needed),
	KUNIT_CASE(values_come_back),
	KUNIT_CASE(qry_07_success_or_failure),
	KUNIT_CASE(op_05_overdue_query_leaves_the_object),
	KUNIT_CASE(corrupt_hardware),
	KUNIT_CASE(term_03_query_in_progress),
	{}
};

struct kunit_suite chimney_qry_suite = {
	.name = "chimney_qry",
	.init = fake_suite_init,
	.test_cases = qry_cases,
};
