// SPDX-License-Identifier: GPL-2.0-only
/*
 * Contract 5: a client over a relay, or over two, over a fake target. What is
 * one device for a bond are here devices that have nothing to do with each other.
 */
#include "bond/relay.h"
#include "core/core.h"
#include "fake.h"

#define RELAYS	2

/**
 * struct hops - the drivers of a test, the client first
 * @above: the client
 * @below: the target at the bottom
 * @relay: relays, the lowest first
 * @dev: their devices
 * @under: the device whose target each relays to, NULL for none
 * @count: relays
 */
struct hops {
	struct fake *above;
	struct fake *below;
	struct chimney_relay *relay[RELAYS];
	struct net_device *dev[RELAYS];
	struct net_device *under[RELAYS];
	unsigned int count;
};

/* One test runs at a time. */
static struct hops *hops;

static struct net_device *under(const struct chimney_relay *relay)
{
	unsigned int i;

	for (i = 0; hops && i < RELAYS; i++)
		if (hops->dev[i] == relay->target.dev)
			return READ_ONCE(hops->under[i]);
	return NULL;
}

static bool pass_is_lower(struct chimney_relay *relay, struct net_device *dev)
{
	return dev == under(relay);
}

static const struct net_device *pass_active(struct chimney_relay *relay)
{
	return under(relay);
}

static const struct chimney_relay_ops pass_ops = {
	.is_lower = pass_is_lower,
	.active = pass_active,
};

/* Everything is at the bottom, or at the top. */
static void flush(void)
{
	int i;

	for (i = hops->count - 1; i >= 0; i--)
		flush_work(&hops->relay[i]->carry);
	for (i = 0; i < hops->count; i++)
		flush_work(&hops->relay[i]->survey);
}

static void destroy_relays(void *data)
{
	while (hops->count)
		chimney_relay_destroy(hops->relay[--hops->count]);
	hops = NULL;
}

static void add_relay(struct kunit *test, struct net_device *below)
{
	unsigned int i = hops->count;

	hops->dev[i] = fake_device(test);
	hops->under[i] = below;
	hops->relay[i] = chimney_relay_create(hops->dev[i], NULL, &pass_ops,
					      NULL);
	KUNIT_ASSERT_FALSE(test, IS_ERR(hops->relay[i]));
	hops->count++;
}

static void enable_all(struct fake *above)
{
	struct chimney_caps caps;

	chimney_query_caps(above->binding, &caps);
	chimney_enable_caps(above->binding, &caps);
}

/* A client over @count relays over a fake that is obedient. */
static void build(struct kunit *test, unsigned int count)
{
	struct net_device *dev;

	hops = kunit_kzalloc(test, sizeof(*hops), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, hops);
	hops->below = fake_create(test);
	hops->below->obedient = true;
	hops->below->indicate_status = CHIMNEY_STATUS_SUCCESS;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action(test, destroy_relays, NULL));
	for (dev = hops->below->target.dev; count--;
	     dev = hops->dev[hops->count - 1])
		add_relay(test, dev);
	hops->above = fake_above(test,
				 &hops->relay[hops->count - 1]->target);
	enable_all(hops->above);
	flush();
}

static struct relay_object *object_of(const struct chimney_handle *handle)
{
	return handle->context;
}

static struct fake_tree *offload(struct kunit *test, const char *picture)
{
	struct fake_tree *tree = fake_tree(test, hops->above, picture);
	unsigned int before = hops->above->completions;

	KUNIT_ASSERT_EQ(test, 0, fake_initiate(hops->above, tree));
	flush();
	KUNIT_ASSERT_EQ(test, before + 1, hops->above->completions);
	return tree;
}

static void bring_home(struct kunit *test, struct fake_tree *tree)
{
	unsigned int i;

	KUNIT_ASSERT_EQ(test, 0, fake_terminate(hops->above, tree));
	flush();
	for (i = 0; i < tree->count; i++)
		KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
				tree->node[i].handle.state);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&hops->relay[0]->load));
}

static struct fake_node *connection(struct kunit *test,
				    struct fake_tree **tree)
{
	*tree = offload(test, "N(P(T))");
	return &(*tree)->node[2];
}

/* The context that the target at the bottom knows a connection by. */
static void *bottom_context(struct fake_node *node)
{
	struct chimney_handle *handle = &node->handle;
	unsigned int i;

	for (i = 0; i < hops->count; i++)
		handle = &object_of(handle)->handle;
	return handle->context;
}

/* State operations ---------------------------------------------------------- */

/*
 * Contract: IM-01, IM-02, IM-03, IM-04, IM-05, IM-06, IM-07, IM-08, IM-10,
 * IM-12, IM-14, IM-15, REG-02, INIT-55, INIT-56, INIT-57
 */
static void im_04_a_handle_of_its_own(struct kunit *test)
{
	struct chimney_block *lower, *upper;
	struct fake_tree *tree;
	struct relay_object *object;
	struct chimney_walk walk;
	unsigned int i = 0;

	/* Arrange */
	build(test, 1);
	hops->below->obedient = false;
	tree = fake_tree(test, hops->above, "N(P(T))");
	tree->node[2].state.tcp.delegated.srtt = 4711;
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(hops->above, tree));
	flush();
	/* Assert: the same tree of other blocks and handles */
	KUNIT_ASSERT_NOT_NULL(test, hops->below->initiated);
	chimney_for_each_block(lower, &walk, hops->below->initiated) {
		upper = &tree->node[i].block;
		KUNIT_EXPECT_PTR_NE(test, upper, lower);
		KUNIT_EXPECT_PTR_NE(test, upper->handle, lower->handle);
		KUNIT_EXPECT_EQ(test, upper->type, lower->type);
		KUNIT_EXPECT_PTR_EQ(test, (void *)(lower + 1), lower->state);
		KUNIT_EXPECT_NULL(test, upper->handle->context);
		lower->status = CHIMNEY_STATUS_SUCCESS;
		lower->handle->context = lower;
		i++;
	}
	KUNIT_EXPECT_EQ(test, 3, i);
	KUNIT_EXPECT_NOT_NULL(test, hops->below->initiated->client_priv[0]);
	lower = hops->below->initiated->dependent->dependent;
	KUNIT_EXPECT_EQ(test, 4711, ((struct chimney_tcp_offload_state *)
				     lower->state)->delegated.srtt);
	KUNIT_EXPECT_EQ(test, 0, hops->above->completions);
	/* Act: up again */
	chimney_initiate_offload_complete(&hops->below->target,
					  hops->below->initiated);
	/* Assert: each slot names the entry of the driver below it */
	KUNIT_EXPECT_EQ(test, 1, hops->above->completions);
	KUNIT_EXPECT_PTR_EQ(test, fake_root(tree), hops->above->completed);
	for (i = 0; i < 3; i++) {
		object = object_of(&tree->node[i].handle);
		KUNIT_ASSERT_NOT_NULL(test, object);
		KUNIT_EXPECT_PTR_EQ(test, &tree->node[i].handle, object->upper);
	}
	hops->below->obedient = true;
	bring_home(test, tree);
}

/* Contract: IM-17, IM-18, IM-19, IM-20, IM-21, IM-22, INIT-58, DAT-14 */
static void im_22_statuses_of_the_target(struct kunit *test)
{
	struct chimney_block *root, *path;
	struct fake_tree *tree;
	void *cookie = &root;

	/* Arrange */
	build(test, 1);
	hops->below->obedient = false;
	tree = fake_tree(test, hops->above, "N(P(T,T))");
	tree->node[0].block.client_priv[0] = cookie;
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(hops->above, tree));
	flush();
	root = hops->below->initiated;
	path = root->dependent;
	/* Act: the second connection fails */
	root->status = CHIMNEY_STATUS_SUCCESS;
	root->handle->context = root;
	path->status = CHIMNEY_STATUS_PARTIAL_SUCCESS;
	path->handle->context = path;
	path->dependent->status = CHIMNEY_STATUS_SUCCESS;
	path->dependent->handle->context = path->dependent;
	path->dependent->next->status = CHIMNEY_STATUS_TCP_ENTRIES;
	chimney_initiate_offload_complete(&hops->below->target, root);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, hops->above->completions);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_INITIATE,
			hops->above->completed_kind);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			tree->node[0].block.status);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_PARTIAL_SUCCESS,
			tree->node[1].block.status);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			tree->node[2].block.status);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_TCP_ENTRIES,
			tree->node[3].block.status);
	KUNIT_EXPECT_NULL(test, tree->node[3].handle.context);
	KUNIT_EXPECT_PTR_EQ(test, cookie, tree->node[0].block.client_priv[0]);
	/* Three objects, and no call any more */
	KUNIT_EXPECT_EQ(test, 3, atomic_read(&hops->relay[0]->load));
	KUNIT_EXPECT_TRUE(test, list_empty(&hops->relay[0]->calls));
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(hops->relay[0]->target.core));
	/* The one that failed is not there. */
	tree->node[2].block.next = NULL;
	tree->count = 3;
	hops->below->obedient = true;
	bring_home(test, tree);
}

/* Contract: IM-10, IM-20, TERM-63 */
static void im_10_every_operation(struct kunit *test)
{
	struct chimney_tcp_state_delegated *state;
	struct chimney_block *lower;
	struct fake_tree *tree;

	/* Arrange */
	build(test, 1);
	tree = offload(test, "N(P(T))");
	/* Act, Assert: query */
	hops->below->obedient = false;
	fake_tree_take(tree, FAKE_DELEGATED);
	KUNIT_ASSERT_EQ(test, 0, fake_query(hops->above, tree));
	flush();
	lower = hops->below->queried->dependent->dependent;
	state = lower->state;
	state->cwnd = 12345;
	hops->below->queried->status = CHIMNEY_STATUS_SUCCESS;
	hops->below->queried->dependent->status = CHIMNEY_STATUS_SUCCESS;
	lower->status = CHIMNEY_STATUS_FAILURE;
	chimney_query_offload_complete(&hops->below->target,
				       hops->below->queried);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_QUERY,
			hops->above->completed_kind);
	KUNIT_EXPECT_EQ(test, 12345, tree->node[2].state.tcp.delegated.cwnd);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_FAILURE,
			tree->node[2].block.status);
	/* Update */
	hops->below->obedient = true;
	fake_tree_take(tree, FAKE_CACHED);
	tree->node[0].block.state = NULL;
	KUNIT_ASSERT_EQ(test, 0, chimney_update_offload(hops->above->binding,
							&tree->node[2].block,
							FAKE_DEADLINE_MS));
	flush();
	KUNIT_EXPECT_NOT_NULL(test, hops->below->updated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_UPDATE,
			hops->above->completed_kind);
	/* Invalidate */
	fake_tree_take(tree, FAKE_NONE);
	KUNIT_ASSERT_EQ(test, 0, fake_invalidate(hops->above, tree));
	flush();
	KUNIT_EXPECT_NOT_NULL(test, hops->below->invalidated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_INVALIDATE,
			hops->above->completed_kind);
	/* Terminate: with the data of both directions */
	hops->below->obedient = false;
	KUNIT_ASSERT_EQ(test, 0, fake_terminate(hops->above, tree));
	flush();
	lower = hops->below->terminated->dependent->dependent;
	state = lower->state;
	state->snd_una = 100;
	state->snd_nxt = 110;
	state->snd_max = 110;
	__skb_queue_head_init(&state->buffered_data);
	__skb_queue_tail(&state->buffered_data, fake_skb(test, 7));
	__skb_queue_tail(&lower->send_queue, fake_skb(test, 10));
	hops->below->terminated->status = CHIMNEY_STATUS_SUCCESS;
	hops->below->terminated->dependent->status = CHIMNEY_STATUS_SUCCESS;
	lower->status = CHIMNEY_STATUS_SUCCESS;
	chimney_terminate_offload_complete(&hops->below->target,
					   hops->below->terminated);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_KIND_TERMINATE,
			hops->above->completed_kind);
	state = &tree->node[2].state.tcp.delegated;
	KUNIT_EXPECT_EQ(test, 100, state->snd_una);
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&state->buffered_data));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&tree->node[2].block.send_queue));
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST, tree->node[2].handle.state);
	__skb_queue_purge(&state->buffered_data);
	__skb_queue_purge(&tree->node[2].block.send_queue);
	hops->below->obedient = true;
}

/* Data ---------------------------------------------------------------------- */

/* Contract: IM-23, IM-24, IM-25, IM-27, IM-28, IM-29, DSC-27 */
static void im_25_the_same_buffers(struct kunit *test)
{
	struct chimney_disconnect disconnect = {};
	struct chimney_receive request = {};
	struct sk_buff_head list;
	struct fake_tree *tree;
	struct fake_node *conn;
	struct sk_buff *skb;
	void *context;

	/* Arrange */
	build(test, 1);
	conn = connection(test, &tree);
	context = bottom_context(conn);
	__skb_queue_head_init(&list);
	__skb_queue_head_init(&disconnect.data);
	skb = fake_skb(test, 10);
	__skb_queue_tail(&list, skb);
	/* Act, Assert: a send, and back */
	chimney_tcp_send(&conn->handle, &list);
	KUNIT_EXPECT_PTR_EQ(test, context, hops->below->context);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->below->got));
	object_of(&conn->handle)->handle.unsent = 3;
	chimney_tcp_send_complete(&hops->below->target,
				  &object_of(&conn->handle)->handle,
				  &hops->below->got,
				  CHIMNEY_STATUS_REQUEST_ABORTED);
	KUNIT_EXPECT_EQ(test, 3, conn->handle.unsent);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->above->back));
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_REQUEST_ABORTED,
			hops->above->back_status);
	/* A forward */
	skb_queue_splice_init(&hops->above->back, &list);
	chimney_tcp_forward(&conn->handle, &list);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->below->got));
	chimney_tcp_forward_complete(&hops->below->target,
				     &object_of(&conn->handle)->handle,
				     &hops->below->got, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->above->back));
	/* A receive request */
	chimney_tcp_receive(&conn->handle, &request);
	KUNIT_EXPECT_PTR_EQ(test, &request, hops->below->request);
	request.status = CHIMNEY_STATUS_SUCCESS;
	chimney_tcp_receive_complete(&hops->below->target,
				     &object_of(&conn->handle)->handle,
				     &request);
	KUNIT_EXPECT_PTR_EQ(test, &request, hops->above->request_back);
	/* A disconnect */
	chimney_tcp_disconnect(&conn->handle, &disconnect);
	KUNIT_EXPECT_PTR_EQ(test, &disconnect, hops->below->disconnect);
	disconnect.status = CHIMNEY_STATUS_SUCCESS;
	chimney_tcp_disconnect_complete(&hops->below->target,
					&object_of(&conn->handle)->handle,
					&disconnect);
	KUNIT_EXPECT_PTR_EQ(test, &disconnect, hops->above->disconnect_back);
	bring_home(test, tree);
}

static int returned;

static void count_return(struct sk_buff *skb)
{
	returned++;
}

/* Contract: IM-26, IM-30, IM-31, IM-33, RIND-16, RIND-17, TEV-25 */
static void im_31_indications(struct kunit *test)
{
	struct chimney_handle *lower;
	struct fake_tree *tree;
	struct fake_node *conn;
	struct sk_buff *skb;
	u32 consumed = 0;

	/* Arrange */
	build(test, 1);
	conn = connection(test, &tree);
	lower = &object_of(&conn->handle)->handle;
	skb = fake_skb(test, 10);
	/* Act, Assert: refused in part, below as above */
	hops->above->indicate_status = CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED;
	hops->above->indicate_consumed = 4;
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED,
			chimney_tcp_receive_indicate(&hops->below->target,
						     lower, skb, &consumed));
	KUNIT_EXPECT_EQ(test, 4, consumed);
	/* Accepted, and given back */
	returned = 0;
	skb->destructor = count_return;
	hops->above->indicate_status = CHIMNEY_STATUS_SUCCESS;
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			chimney_tcp_receive_indicate(&hops->below->target,
						     lower, skb, &consumed));
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->above->indicated));
	KUNIT_EXPECT_EQ(test, 0, returned);
	__skb_queue_purge(&hops->above->indicated);
	KUNIT_EXPECT_EQ(test, 1, returned);
	/* An event */
	chimney_tcp_event_indicate(&hops->below->target, lower,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_SMALL_IO);
	KUNIT_EXPECT_EQ(test, 1, hops->above->events);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TCP_RETRIEVE, hops->above->event);
	KUNIT_EXPECT_EQ(test, CHIMNEY_UPLOAD_SMALL_IO,
			hops->above->information);
	KUNIT_EXPECT_PTR_EQ(test, &conn->handle, hops->above->event_handle);
	bring_home(test, tree);
}

static void im_32_reachability_query(struct kunit *test)
{
	struct chimney_neighbor_offload_state state = {};
	struct chimney_block block;
	struct fake_tree *tree;

	/* Arrange */
	build(test, 1);
	tree = offload(test, "N(P(T))");
	hops->above->answer_delta = 4711;
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE,
			   &object_of(&tree->node[0].handle)->handle, &state);
	block.status = CHIMNEY_STATUS_SUCCESS;
	/* Act */
	chimney_event_indicate(&hops->below->target, &block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, hops->above->neighbor_events);
	KUNIT_EXPECT_EQ(test, 4711, state.cached.host_reachability_delta);
	/* One without a block */
	chimney_event_indicate(&hops->below->target, NULL,
			       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
	KUNIT_EXPECT_EQ(test, 2, hops->above->neighbor_events);
	bring_home(test, tree);
}

/* What a relay offers ------------------------------------------------------- */

/* Contract: CAP-04, CAP-06 */
static void cap_04_those_of_the_target_below(struct kunit *test)
{
	struct chimney_caps caps;

	/* Arrange */
	build(test, 1);
	/* Act */
	chimney_query_caps(hops->above->binding, &caps);
	/* Assert */
	KUNIT_EXPECT_MEMEQ(test, &hops->below->target.caps, &caps,
			   sizeof(caps));
	/* Act: the client wants less */
	caps.tcp_entries = 3;
	KUNIT_EXPECT_EQ(test, 0,
			chimney_enable_caps(hops->above->binding, &caps));
	/* Assert */
	KUNIT_EXPECT_MEMEQ(test, &caps, &hops->below->enabled, sizeof(caps));
}

/* Contract: IM-35 */
static void cap_05_nothing_without_a_target_below(struct kunit *test)
{
	struct netlink_ext_ack extack = {};
	struct chimney_relay *relay;

	/* Arrange: a device, and no target on the one below */
	build(test, 1);
	hops->dev[1] = fake_device(test);
	hops->under[1] = fake_device(test);
	/* Act */
	relay = chimney_relay_create(hops->dev[1], NULL, &pass_ops, &extack);
	/* Assert */
	KUNIT_EXPECT_TRUE(test, PTR_ERR(relay) == -EOPNOTSUPP);
	KUNIT_EXPECT_NOT_NULL(test, extack._msg);
}

static void settings_and_counters_go_through(struct kunit *test)
{
	struct chimney_parameters parameters = {
		.ack_frequency = 3,
		.max_retransmissions = 4,
		.doubt_reachability_retransmissions = 2,
		.duplicate_ack_threshold = 5,
		.delayed_ack_ticks = 1000,
		.sws_prevention_ticks = 1000,
		.push_ticks = 1000,
		.nce_stale_ticks = 1000,
	};
	struct chimney_statistics stats;

	/* Arrange */
	build(test, 1);
	hops->below->statistics[0].tcp_out_segments = 42;
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 0,
			chimney_set_parameters(hops->above->binding,
					       &parameters, NULL));
	KUNIT_EXPECT_MEMEQ(test, &parameters, &hops->below->parameters,
			   sizeof(parameters));
	KUNIT_EXPECT_EQ(test, 0,
			chimney_query_statistics(hops->above->binding, AF_INET,
						 &stats, true));
	KUNIT_EXPECT_EQ(test, 42, stats.tcp_out_segments);
	KUNIT_EXPECT_EQ(test, 0, hops->below->statistics[0].tcp_out_segments);
	/* What the target below refuses is refused. */
	hops->below->refuse_parameters = true;
	KUNIT_EXPECT_EQ(test, -ERANGE,
			chimney_set_parameters(hops->above->binding,
					       &parameters, NULL));
}

static void im_36_relay_over_relay(struct kunit *test)
{
	struct sk_buff_head list;
	struct fake_tree *tree;
	struct fake_node *conn;
	struct sk_buff *skb;

	/* Arrange */
	build(test, 2);
	KUNIT_EXPECT_TRUE(test, hops->below->enabled.ipv4);
	conn = connection(test, &tree);
	__skb_queue_head_init(&list);
	skb = fake_skb(test, 10);
	__skb_queue_tail(&list, skb);
	/* Act */
	chimney_tcp_send(&conn->handle, &list);
	/* Assert: two entries on the way, and the same buffer at its end */
	KUNIT_EXPECT_PTR_EQ(test, bottom_context(conn), hops->below->context);
	KUNIT_EXPECT_PTR_EQ(test, skb, skb_peek(&hops->below->got));
	KUNIT_EXPECT_EQ(test, 3, atomic_read(&hops->relay[0]->load));
	KUNIT_EXPECT_EQ(test, 3, atomic_read(&hops->relay[1]->load));
	bring_home(test, tree);
}

/* Fail-over ----------------------------------------------------------------- */

/* Contract: PAU-08, PAU-13 */
static void another_target_takes_over(struct kunit *test)
{
	struct fake *second;
	struct fake_tree *tree;

	/* Arrange: what is offloaded is at the first target */
	build(test, 1);
	second = fake_prepare(test);
	second->target.caps.tcp_entries = 5;
	second->obedient = true;
	fake_start(test, second);
	tree = offload(test, "N(P(T))");
	/* Act */
	WRITE_ONCE(hops->under[0], second->target.dev);
	chimney_relay_survey_all();
	flush();
	/* Assert: everything is wanted back, and nothing else happens before */
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_UPLOAD_ALL,
			hops->above->indication);
	KUNIT_EXPECT_NULL(test, second->initiated);
	/* Act */
	bring_home(test, tree);
	flush();
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_RESUME,
			hops->above->indication);
	KUNIT_EXPECT_EQ(test, 5, hops->relay[0]->target.caps.tcp_entries);
	enable_all(hops->above);
	tree = offload(test, "N(P(T))");
	KUNIT_EXPECT_NOT_NULL(test, second->initiated);
	bring_home(test, tree);
}

static void pause_without_a_target(struct kunit *test)
{
	/* Arrange */
	build(test, 1);
	/* Act */
	WRITE_ONCE(hops->under[0], NULL);
	chimney_relay_survey_all();
	flush();
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_PAUSE,
			hops->above->indication);
	/* Act */
	WRITE_ONCE(hops->under[0], hops->below->target.dev);
	chimney_relay_survey_all();
	flush();
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_INDICATION_RESUME,
			hops->above->indication);
}

static struct fake_tree *wanted_back;

static void terminate_at_once(struct fake *fake,
			      enum chimney_indication indication)
{
	if (indication == CHIMNEY_INDICATION_UPLOAD_ALL)
		fake_terminate(fake, wanted_back);
}

/* The target below goes away with everything that is offloaded through it. */
static void target_below_leaves(struct kunit *test)
{
	/* Arrange */
	build(test, 1);
	wanted_back = offload(test, "N(P(T))");
	hops->above->at_indication = terminate_at_once;
	/* Act */
	fake_remove_target(hops->below);
	/* Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_OBJECT_HOST,
			wanted_back->node[2].handle.state);
	KUNIT_EXPECT_EQ(test, 0, atomic_read(&hops->relay[0]->load));
	KUNIT_EXPECT_TRUE(test, list_empty(&hops->relay[0]->lowers));
}

static struct kunit_case relay_cases[] = {
	KUNIT_CASE(another_target_takes_over),
	KUNIT_CASE(cap_04_those_of_the_target_below),
	KUNIT_CASE(cap_05_nothing_without_a_target_below),
	KUNIT_CASE(im_04_a_handle_of_its_own),
	KUNIT_CASE(im_10_every_operation),
	KUNIT_CASE(im_22_statuses_of_the_target),
	KUNIT_CASE(im_25_the_same_buffers),
	KUNIT_CASE(im_31_indications),
	KUNIT_CASE(im_32_reachability_query),
	KUNIT_CASE(im_36_relay_over_relay),
	KUNIT_CASE(pause_without_a_target),
	KUNIT_CASE(settings_and_counters_go_through),
	KUNIT_CASE(target_below_leaves),
	{}
};

struct kunit_suite chimney_relay_suite = {
	.name = "chimney_relay",
	.test_cases = relay_cases,
};
