// SPDX-License-Identifier: GPL-2.0-only
#include <linux/ctype.h>
#include <linux/etherdevice.h>

#include "core/core.h"
#include "fake.h"

/* The target --------------------------------------------------------------- */

static struct fake *target_fake(struct chimney_target *target)
{
	return container_of(target, struct fake, target);
}

static void succeed(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		block->status = CHIMNEY_STATUS_SUCCESS;
		if (block->handle && !block->handle->context)
			block->handle->context = block;
	}
}

static void fake_initiate_offload(struct chimney_target *target,
				  struct chimney_block *tree)
{
	struct fake *fake = target_fake(target);

	fake->initiated = tree;
	if (fake->obedient) {
		succeed(tree);
		chimney_initiate_offload_complete(target, tree);
	}
}

static void fake_terminate_offload(struct chimney_target *target,
				   struct chimney_block *tree)
{
	struct fake *fake = target_fake(target);

	fake->terminated = tree;
	if (fake->obedient) {
		succeed(tree);
		chimney_terminate_offload_complete(target, tree);
	}
}

static void fake_query_offload(struct chimney_target *target,
			       struct chimney_block *tree)
{
	struct fake *fake = target_fake(target);

	fake->queried = tree;
	if (fake->obedient) {
		succeed(tree);
		chimney_query_offload_complete(target, tree);
	}
}

static void fake_update_offload(struct chimney_target *target,
				struct chimney_block *tree)
{
	struct fake *fake = target_fake(target);

	fake->updated = tree;
	if (fake->obedient) {
		succeed(tree);
		chimney_update_offload_complete(target, tree);
	}
}

static void fake_invalidate_offload(struct chimney_target *target,
				    struct chimney_block *tree)
{
	struct fake *fake = target_fake(target);

	fake->invalidated = tree;
	if (fake->obedient) {
		succeed(tree);
		chimney_invalidate_offload_complete(target, tree);
	}
}

static void fake_tcp_take(struct chimney_target *target, void *context,
			  struct sk_buff_head *list)
{
	struct fake *fake = target_fake(target);

	fake->context = context;
	skb_queue_splice_tail_init(list, &fake->got);
}

static void fake_tcp_receive(struct chimney_target *target, void *context,
			     struct chimney_receive *request)
{
	struct fake *fake = target_fake(target);

	fake->context = context;
	fake->request = request;
}

static void fake_tcp_disconnect(struct chimney_target *target, void *context,
				struct chimney_disconnect *request)
{
	struct fake *fake = target_fake(target);

	fake->context = context;
	fake->disconnect = request;
}

static void fake_enable(struct chimney_target *target,
			const struct chimney_caps *caps)
{
	target_fake(target)->enabled = *caps;
}

static int fake_set_parameters(struct chimney_target *target,
			       const struct chimney_parameters *parameters,
			       struct netlink_ext_ack *extack)
{
	struct fake *fake = target_fake(target);

	if (fake->refuse_parameters) {
		NL_SET_ERR_MSG(extack, "The fake cannot do that");
		return -ERANGE;
	}
	fake->parameters = *parameters;
	return 0;
}

static void fake_statistics(struct chimney_target *target, u16 family,
			    struct chimney_statistics *statistics, bool reset)
{
	struct chimney_statistics *set;

	set = &target_fake(target)->statistics[family == AF_INET6];
	*statistics = *set;
	if (reset)
		memset(set, 0, sizeof(*set));
}

static void fake_stop(struct chimney_target *target)
{
	target_fake(target)->stopped = true;
}

const struct chimney_target_ops fake_target_ops = {
	.initiate_offload = fake_initiate_offload,
	.terminate_offload = fake_terminate_offload,
	.query_offload = fake_query_offload,
	.update_offload = fake_update_offload,
	.invalidate_offload = fake_invalidate_offload,
	.tcp_send = fake_tcp_take,
	.tcp_receive = fake_tcp_receive,
	.tcp_forward = fake_tcp_take,
	.tcp_disconnect = fake_tcp_disconnect,
	.enable = fake_enable,
	.set_parameters = fake_set_parameters,
	.statistics = fake_statistics,
	.stop = fake_stop,
};

/* The client --------------------------------------------------------------- */

static struct fake *handle_fake(struct chimney_handle *handle)
{
	return container_of(handle, struct fake_node, handle)->fake;
}

/* A client without a target of its own, and the target it is for. */
static struct chimney_target *target_above;
static struct fake *client_above;

static void fake_bind(struct chimney_target *target)
{
	struct chimney_caps caps;
	struct fake *fake;

	if (target->ops == &fake_target_ops)
		fake = target_fake(target);
	else if (target == target_above)
		fake = client_above;
	else
		return;
	if (fake->binding)
		return;
	fake->binding = chimney_bind(&fake->client, target, fake);
	if (fake->incurious || IS_ERR(fake->binding))
		return;
	chimney_query_caps(fake->binding, &caps);
	chimney_enable_caps(fake->binding, &caps);
}

/* Block by block, and leaves first: no matter which tree it came with. */
static void fake_unbind(struct chimney_binding *binding)
{
	struct fake *fake = chimney_binding_priv(binding);
	struct chimney_block block;
	struct fake_tree *tree;
	int i;

	fake->unbound = true;
	if (fake->careless)
		return;
	fake->obedient = true;
	for (tree = fake->tree; tree < fake->tree + fake->trees; tree++) {
		for (i = tree->count - 1; i >= 0; i--) {
			if (tree->node[i].handle.state !=
			    CHIMNEY_OBJECT_OFFLOADED)
				continue;
			chimney_block_init(&block, tree->node[i].block.type,
					   &tree->node[i].handle, NULL);
			chimney_terminate_offload(binding, &block,
						  FAKE_DEADLINE_MS);
		}
	}
}

static void fake_complete_as(struct chimney_binding *binding,
			     struct chimney_block *tree,
			     enum chimney_op_kind kind)
{
	struct fake *fake = chimney_binding_priv(binding);

	fake->completed = tree;
	fake->completed_kind = kind;
	fake->completed_binding = binding;
	fake->completions++;
	if (fake->at_complete)
		fake->at_complete(fake, tree);
}

static void fake_initiate_completed(struct chimney_binding *binding,
				    struct chimney_block *tree)
{
	fake_complete_as(binding, tree, CHIMNEY_OP_KIND_INITIATE);
}

static void fake_terminate_completed(struct chimney_binding *binding,
				     struct chimney_block *tree)
{
	fake_complete_as(binding, tree, CHIMNEY_OP_KIND_TERMINATE);
}

static void fake_query_completed(struct chimney_binding *binding,
				 struct chimney_block *tree)
{
	fake_complete_as(binding, tree, CHIMNEY_OP_KIND_QUERY);
}

static void fake_update_completed(struct chimney_binding *binding,
				  struct chimney_block *tree)
{
	fake_complete_as(binding, tree, CHIMNEY_OP_KIND_UPDATE);
}

static void fake_invalidate_completed(struct chimney_binding *binding,
				      struct chimney_block *tree)
{
	fake_complete_as(binding, tree, CHIMNEY_OP_KIND_INVALIDATE);
}

static void fake_operation_lost(struct chimney_binding *binding,
				struct chimney_block *tree)
{
	struct fake *fake = chimney_binding_priv(binding);

	fake->lost = tree;
	complete(&fake->was_lost);
}

static void fake_free_tree(struct chimney_binding *binding,
			   struct chimney_block *tree)
{
	struct fake *fake = chimney_binding_priv(binding);

	fake->freed = tree;
}

static void fake_tcp_back(struct chimney_handle *handle,
			  struct sk_buff_head *list, enum chimney_status status)
{
	struct fake *fake = handle_fake(handle);

	skb_queue_splice_tail_init(list, &fake->back);
	fake->back_status = status;
	fake->backs++;
}

static void fake_tcp_receive_complete(struct chimney_handle *handle,
				      struct chimney_receive *request)
{
	struct fake *fake = handle_fake(handle);

	fake->request_back = request;
	fake->requests_back++;
	if (fake->at_receive)
		fake->at_receive(fake, handle);
}

static void fake_tcp_disconnect_complete(struct chimney_handle *handle,
					 struct chimney_disconnect *request)
{
	struct fake *fake = handle_fake(handle);

	fake->disconnect_back = request;
	fake->disconnects_back++;
}

static enum chimney_status
fake_tcp_receive_indicate(struct chimney_handle *handle, struct sk_buff *skb,
			  u32 *consumed)
{
	struct fake *fake = handle_fake(handle);

	*consumed = fake->indicate_consumed;
	if (fake->indicate_status == CHIMNEY_STATUS_SUCCESS)
		__skb_queue_tail(&fake->indicated, skb);
	return fake->indicate_status;
}

static void fake_tcp_event(struct chimney_handle *handle,
			   enum chimney_tcp_event event, u32 information)
{
	struct fake *fake = handle_fake(handle);

	fake->events++;
	fake->event = event;
	fake->event_handle = handle;
	fake->information = information;
}

static void fake_event(struct chimney_binding *binding,
		       struct chimney_block *block, enum chimney_event event)
{
	struct fake *fake = chimney_binding_priv(binding);
	struct chimney_neighbor_offload_state *state;

	fake->neighbor_events++;
	fake->neighbor_event = event;
	fake->neighbor_block = block;
	if (block) {
		state = block->state;
		state->cached.host_reachability_delta = fake->answer_delta;
	}
}

static void fake_status(struct chimney_binding *binding,
			enum chimney_indication indication)
{
	struct fake *fake = chimney_binding_priv(binding);

	fake->indications++;
	fake->indication = indication;
	fake->indication_binding = binding;
	if (fake->at_indication)
		fake->at_indication(fake, indication);
}

static const struct chimney_client_ops fake_client_ops = {
	.bind = fake_bind,
	.unbind = fake_unbind,
	.initiate_offload_complete = fake_initiate_completed,
	.terminate_offload_complete = fake_terminate_completed,
	.query_offload_complete = fake_query_completed,
	.update_offload_complete = fake_update_completed,
	.invalidate_offload_complete = fake_invalidate_completed,
	.operation_lost = fake_operation_lost,
	.free_tree = fake_free_tree,
	.tcp_send_complete = fake_tcp_back,
	.tcp_receive_complete = fake_tcp_receive_complete,
	.tcp_forward_complete = fake_tcp_back,
	.tcp_receive_indicate = fake_tcp_receive_indicate,
	.tcp_event = fake_tcp_event,
	.tcp_disconnect_complete = fake_tcp_disconnect_complete,
	.event = fake_event,
	.status = fake_status,
};

/* Both ---------------------------------------------------------------------- */

static netdev_tx_t fake_xmit(struct sk_buff *skb, struct net_device *dev)
{
	dev_kfree_skb(skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops fake_netdev_ops = {
	.ndo_start_xmit = fake_xmit,
};

static void fake_device_release(void *data)
{
	struct net_device *dev = data;

	if (dev->reg_state == NETREG_REGISTERED)
		unregister_netdev(dev);
	free_netdev(dev);
}

struct net_device *fake_device(struct kunit *test)
{
	struct net_device *dev;

	dev = alloc_netdev(0, "fake%d", NET_NAME_ENUM, ether_setup);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->netdev_ops = &fake_netdev_ops;
	eth_hw_addr_random(dev);
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_device_release,
							   dev));
	KUNIT_ASSERT_EQ(test, 0, register_netdev(dev));
	return dev;
}

void fake_remove_target(struct fake *fake)
{
	if (!fake->target.core)
		return;
	chimney_target_unregister(&fake->target);
	fake->binding = NULL;
}

static void fake_release(void *data)
{
	struct fake *fake = data;

	fake_remove_target(fake);
	chimney_client_unregister(&fake->client);
	__skb_queue_purge(&fake->got);
	__skb_queue_purge(&fake->back);
	__skb_queue_purge(&fake->indicated);
}

static struct fake *fake_alloc(struct kunit *test)
{
	struct fake *fake;

	fake = kunit_kzalloc(test, sizeof(*fake), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, fake);
	__skb_queue_head_init(&fake->got);
	__skb_queue_head_init(&fake->back);
	__skb_queue_head_init(&fake->indicated);
	init_completion(&fake->was_lost);
	fake->client.name = "fake";
	fake->client.ops = &fake_client_ops;
	return fake;
}

struct fake *fake_above(struct kunit *test, struct chimney_target *target)
{
	struct fake *fake = fake_alloc(test);

	target_above = target;
	client_above = fake;
	KUNIT_ASSERT_EQ(test, 0, chimney_client_register(&fake->client));
	target_above = NULL;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_release,
							   fake));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->binding);
	return fake;
}

struct fake *fake_prepare(struct kunit *test)
{
	struct fake *fake = fake_alloc(test);

	fake->target.dev = fake_device(test);
	fake->target.ops = &fake_target_ops;
	fake->target.caps = (struct chimney_caps){
		.tcp_entries = 16,
		.path_entries = 8,
		.neighbor_entries = 4,
		.max_mtu = 9000,
		.ipv4 = true,
		.ipv6 = true,
		.sack = true,
	};
	return fake;
}

void fake_start(struct kunit *test, struct fake *fake)
{
	KUNIT_ASSERT_EQ(test, 0, chimney_client_register(&fake->client));
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, fake_release,
							   fake));
	KUNIT_ASSERT_EQ(test, 0, chimney_target_register(&fake->target, NULL));
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, fake->binding);
}

struct fake *fake_create(struct kunit *test)
{
	struct fake *fake = fake_prepare(test);

	fake_start(test, fake);
	return fake;
}

int fake_suite_init(struct kunit *test)
{
	test->priv = fake_create(test);
	return 0;
}

/* Trees --------------------------------------------------------------------- */

static void node_init(struct fake_node *node, enum chimney_layer layer,
		      bool placeholder)
{
	static const enum chimney_state_type types[] = {
		[CHIMNEY_LAYER_NEIGHBOR] = CHIMNEY_NEIGHBOR_STATE,
		[CHIMNEY_LAYER_PATH] = CHIMNEY_PATH_STATE,
		[CHIMNEY_LAYER_TCP] = CHIMNEY_TCP_STATE,
	};

	chimney_block_init(&node->block, types[layer],
			   placeholder ? NULL : &node->handle,
			   placeholder ? NULL : &node->state);
	if (layer == CHIMNEY_LAYER_TCP)
		node->state.tcp.delegated.state = CHIMNEY_TCP_STATE_ESTABLISHED;
}

static void node_offload(struct kunit *test, struct fake *fake,
			 struct fake_node *node)
{
	fake->obedient = true;
	KUNIT_ASSERT_EQ(test, 0,
			chimney_initiate_offload(fake->binding, &node->block,
						 FAKE_DEADLINE_MS));
	fake->obedient = false;
	fake->completions = 0;
	KUNIT_ASSERT_EQ(test, CHIMNEY_OBJECT_OFFLOADED, node->handle.state);
	node->block.state = NULL;
}

struct fake_tree *fake_tree(struct kunit *test, struct fake *fake,
			    const char *picture)
{
	static const char letters[] = "NPT";
	struct chimney_block **link, *above[3];
	struct fake_tree *tree;
	struct fake_node *node;
	bool placeholder;
	int depth = 0;

	KUNIT_ASSERT_LT(test, fake->trees, FAKE_TREES);
	tree = &fake->tree[fake->trees++];
	link = NULL;
	for (; *picture; picture++) {
		switch (*picture) {
		case '(':
			link = &above[depth++]->dependent;
			continue;
		case ')':
			depth--;
			continue;
		case ',':
			link = &above[depth]->next;
			continue;
		}
		placeholder = *picture == '_';
		picture += placeholder;
		KUNIT_ASSERT_LT(test, tree->count, FAKE_NODES);
		node = &tree->node[tree->count++];
		node->fake = fake;
		node_init(node, strchr(letters, toupper(*picture)) - letters,
			  placeholder);
		if (islower(*picture))
			node_offload(test, fake, node);
		if (link)
			*link = &node->block;
		above[depth] = &node->block;
	}
	return tree;
}

#define FAKE_STATE(layer, class)					       \
	offsetof(struct chimney_##layer##_offload_state, class)
#define FAKE_STATES(class)						       \
	{ FAKE_STATE(neighbor, class), FAKE_STATE(path, class),		       \
	  FAKE_STATE(tcp, class) }
#define FAKE_TYPES(class)						       \
	{ CHIMNEY_NEIGHBOR_STATE##class, CHIMNEY_PATH_STATE##class,	       \
	  CHIMNEY_TCP_STATE##class }

static void node_take_state(struct fake_node *node, enum fake_class class)
{
	static const enum chimney_state_type types[][3] = {
		[FAKE_CONST] = FAKE_TYPES(_CONST),
		[FAKE_CACHED] = FAKE_TYPES(_CACHED),
		[FAKE_DELEGATED] = FAKE_TYPES(_DELEGATED),
		[FAKE_COMPLETE] = FAKE_TYPES(),
		[FAKE_NONE] = FAKE_TYPES(),
	};
	static const size_t offsets[][3] = {
		[FAKE_CONST] = FAKE_STATES(constant),
		[FAKE_CACHED] = FAKE_STATES(cached),
		[FAKE_DELEGATED] = FAKE_STATES(delegated),
		[FAKE_COMPLETE] = {},
		[FAKE_NONE] = {},
	};
	enum chimney_layer layer = chimney_block_layer(&node->block);

	node->block.type = types[class][layer];
	node->block.state = class == FAKE_NONE ?
				    NULL :
				    (u8 *)&node->state + offsets[class][layer];
}

void fake_tree_take(struct fake_tree *tree, enum fake_class class)
{
	struct fake_node *node;

	for (node = tree->node; node < tree->node + tree->count; node++)
		if (node->block.handle)
			node_take_state(node, class);
}

void fake_tree_back(struct fake_tree *tree)
{
	fake_tree_take(tree, FAKE_DELEGATED);
}

struct chimney_block *fake_root(struct fake_tree *tree)
{
	return &tree->node[0].block;
}

int fake_initiate(struct fake *fake, struct fake_tree *tree)
{
	return chimney_initiate_offload(fake->binding, fake_root(tree),
					FAKE_DEADLINE_MS);
}

int fake_terminate(struct fake *fake, struct fake_tree *tree)
{
	fake_tree_back(tree);
	return chimney_terminate_offload(fake->binding, fake_root(tree),
					 FAKE_DEADLINE_MS);
}

int fake_query(struct fake *fake, struct fake_tree *tree)
{
	return chimney_query_offload(fake->binding, fake_root(tree),
				     FAKE_DEADLINE_MS);
}

int fake_update(struct fake *fake, struct fake_tree *tree)
{
	return chimney_update_offload(fake->binding, fake_root(tree),
				      FAKE_DEADLINE_MS);
}

int fake_invalidate(struct fake *fake, struct fake_tree *tree)
{
	return chimney_invalidate_offload(fake->binding, fake_root(tree),
					  FAKE_DEADLINE_MS);
}

void fake_answer(struct fake_tree *tree, const enum chimney_status *statuses)
{
	struct chimney_block *block;
	int i;

	for (i = 0; i < tree->count; i++) {
		block = &tree->node[i].block;
		block->status = statuses ? statuses[i] : CHIMNEY_STATUS_SUCCESS;
		if (block->role != CHIMNEY_ROLE_NEW)
			continue;
		block->handle->context =
			block->status == CHIMNEY_STATUS_SUCCESS ||
			block->status == CHIMNEY_STATUS_PARTIAL_SUCCESS ?
			&tree->node[i] : NULL;
	}
}

void fake_initiate_complete(struct fake *fake, struct fake_tree *tree)
{
	chimney_initiate_offload_complete(&fake->target, fake_root(tree));
}

void fake_terminate_complete(struct fake *fake, struct fake_tree *tree)
{
	chimney_terminate_offload_complete(&fake->target, fake_root(tree));
}

void fake_query_complete(struct fake *fake, struct fake_tree *tree)
{
	chimney_query_offload_complete(&fake->target, fake_root(tree));
}

void fake_update_complete(struct fake *fake, struct fake_tree *tree)
{
	chimney_update_offload_complete(&fake->target, fake_root(tree));
}

void fake_invalidate_complete(struct fake *fake, struct fake_tree *tree)
{
	chimney_invalidate_offload_complete(&fake->target, fake_root(tree));
}

void fake_offload(struct kunit *test, struct fake *fake, struct fake_tree *tree)
{
	KUNIT_ASSERT_EQ(test, 0, fake_initiate(fake, tree));
	fake_answer(tree, NULL);
	fake_initiate_complete(fake, tree);
	KUNIT_ASSERT_EQ(test, 1, fake->completions);
	fake->completions = 0;
}

struct fake_tree *fake_offloaded(struct kunit *test, struct fake *fake,
				 enum fake_class class)
{
	struct fake_tree *tree = fake_tree(test, fake, "N(P(T))");

	fake_offload(test, fake, tree);
	fake_tree_take(tree, class);
	return tree;
}

struct fake_node *fake_connection(struct kunit *test, struct fake *fake)
{
	struct fake_tree *tree = fake_tree(test, fake, "N(P(T))");

	fake_offload(test, fake, tree);
	return &tree->node[2];
}

struct sk_buff *fake_skb(struct kunit *test, unsigned int len)
{
	struct sk_buff *skb = alloc_skb(len, GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, len);
	return skb;
}

void fake_wait_lost(struct kunit *test, struct fake *fake)
{
	KUNIT_ASSERT_GT(test, wait_for_completion_timeout(&fake->was_lost,
							  60 * HZ), 0UL);
}
