// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

/*
 * A tree for an operation of @kind on objects of @layers, with room for @conns
 * connections. The binding's lock is held until chimney_tree_seal().
 */
struct chimney_tree *chimney_tree_new(enum chimney_op_kind kind, u8 layers,
				      unsigned int conns)
{
	struct chimney_tree *tree = chimney_pool_take_tree(conns);

	tree->kind = kind;
	tree->layers = layers;
	tree->root = NULL;
	tree->tail = &tree->root;
	tree->count = 0;
	INIT_LIST_HEAD(&tree->nodes);
	refcount_set(&tree->refs, 1);
	return tree;
}

static struct chimney_tree_node *node_new(struct chimney_tree *tree,
					  struct chimney_block ***tail)
{
	struct chimney_tree_node *node;

	node = kzalloc(sizeof(*node), GFP_KERNEL | __GFP_NOFAIL);
	node->tail = &node->block.dependent;
	list_add_tail(&node->list, &tree->nodes);
	**tail = &node->block;
	*tail = &node->block.next;
	return node;
}

/* What the block of an object is in a tree: its type, and whether state follows. */
static void node_init(struct chimney_tree *tree, struct chimney_tree_node *node,
		      enum chimney_layer layer, struct chimney_handle *handle,
		      enum chimney_state_type whole,
		      enum chimney_state_type cached)
{
	bool named = tree->layers & BIT(layer);
	bool brings_state = false;

	switch (tree->kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		brings_state = handle->state == CHIMNEY_OBJECT_HOST;
		break;
	case CHIMNEY_OP_KIND_QUERY:
	case CHIMNEY_OP_KIND_UPDATE:
		brings_state = named;
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
	case CHIMNEY_OP_KIND_INVALIDATE:	/* INV-01 */
		break;
	}
	chimney_block_init(&node->block,
			   tree->kind == CHIMNEY_OP_KIND_UPDATE ? cached : whole,
			   named ? handle : NULL,
			   brings_state ? &node->neighbor_state : NULL);
	node->block.client_priv[0] = tree;
}

static void fill_neighbor(const struct chimney_neighbor *neighbor,
			  struct chimney_neighbor_state_cached *cached)
{
	ether_addr_copy(cached->dl_destination_address, neighbor->mac);
	cached->host_reachability_delta = chimney_neighbor_delta(neighbor);
}

static void fill_neighbor_node(struct chimney_tree *tree,
			       struct chimney_tree_node *node)
{
	struct chimney_neighbor_offload_state *state = &node->neighbor_state;

	if (!node->block.state)
		return;
	if (tree->kind == CHIMNEY_OP_KIND_INITIATE) {
		ether_addr_copy(state->constant.dl_source_address,
				node->neighbor->smac);
		state->constant.vlan_id = node->neighbor->vlan;
		fill_neighbor(node->neighbor, &state->cached);
		/* INIT-12 */
		state->delegated.nic_reachability_delta =
			state->cached.host_reachability_delta;
	} else if (tree->kind == CHIMNEY_OP_KIND_UPDATE) {
		fill_neighbor(node->neighbor, &node->neighbor_cached);
	}
}

/*
 * The node of a neighbor, made when first asked for. With an initiate it brings
 * new state if the object is the host's, and names it otherwise; the same holds
 * for paths.
 */
struct chimney_tree_node *
chimney_tree_neighbor(struct chimney_tree *tree,
		      struct chimney_neighbor *neighbor)
{
	struct chimney_tree_node *node = neighbor->node;

	if (node)
		return node;
	node = node_new(tree, &tree->tail);
	kref_get(&neighbor->refs);
	node->neighbor = neighbor;
	node_init(tree, node, CHIMNEY_LAYER_NEIGHBOR, &neighbor->handle,
		  CHIMNEY_NEIGHBOR_STATE, CHIMNEY_NEIGHBOR_STATE_CACHED);
	fill_neighbor_node(tree, node);
	neighbor->node = node;
	return node;
}

static void fill_path_node(struct chimney_tree *tree,
			   struct chimney_tree_node *node)
{
	struct chimney_path_offload_state *state = &node->path_state;
	const struct chimney_path *path = node->path;

	if (!node->block.state)
		return;
	if (tree->kind == CHIMNEY_OP_KIND_INITIATE) {
		state->constant.family = path->family;
		state->constant.source_address = path->src;
		state->constant.destination_address = path->dst;
		state->cached.path_mtu = path->mtu;
	} else if (tree->kind == CHIMNEY_OP_KIND_UPDATE) {
		node->path_cached.path_mtu = path->mtu;
	}
}

/* The node of a path, below that of its neighbor. */
struct chimney_tree_node *chimney_tree_path(struct chimney_tree *tree,
					    struct chimney_path *path)
{
	struct chimney_tree_node *parent, *node = path->node;

	if (node)
		return node;
	parent = chimney_tree_neighbor(tree, path->neighbor);
	node = node_new(tree, &parent->tail);
	kref_get(&path->refs);
	node->path = path;
	node_init(tree, node, CHIMNEY_LAYER_PATH, &path->handle,
		  CHIMNEY_PATH_STATE, CHIMNEY_PATH_STATE_CACHED);
	fill_path_node(tree, node);
	path->node = node;
	return node;
}

static const enum chimney_state_type tcp_type[] = {
	[CHIMNEY_OP_KIND_INITIATE] = CHIMNEY_TCP_STATE,
	[CHIMNEY_OP_KIND_TERMINATE] = CHIMNEY_TCP_STATE_DELEGATED,
	[CHIMNEY_OP_KIND_UPDATE] = CHIMNEY_TCP_STATE_CACHED,
	[CHIMNEY_OP_KIND_QUERY] = CHIMNEY_TCP_STATE,
	[CHIMNEY_OP_KIND_INVALIDATE] = CHIMNEY_TCP_STATE,
};

/* The host writes what it sends; what a target writes is zero before. */
static void init_state(const struct chimney_tree *tree,
		       struct chimney_tree_conn *tc)
{
	switch (tree->kind) {
	case CHIMNEY_OP_KIND_TERMINATE:
		tc->delegated = (struct chimney_tcp_state_delegated){};
		__skb_queue_head_init(&tc->delegated.buffered_data);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		tc->state = (struct chimney_tcp_offload_state){};
		__skb_queue_head_init(&tc->state.delegated.buffered_data);
		break;
	case CHIMNEY_OP_KIND_INITIATE:
	case CHIMNEY_OP_KIND_UPDATE:
	case CHIMNEY_OP_KIND_INVALIDATE:
		break;
	}
}

/*
 * Room for the block of @conn, whose state the caller fills in: it is for
 * chimney_tree_add() or, at once, chimney_tree_drop(). Takes a reference.
 */
struct chimney_tree_conn *chimney_tree_next(struct chimney_tree *tree,
					    struct chimney_conn *conn)
{
	struct chimney_tree_conn *tc = &tree->conns[tree->count++];

	chimney_block_init(&tc->block, tcp_type[tree->kind], &conn->handle,
			   tree->kind == CHIMNEY_OP_KIND_INVALIDATE ?
			   NULL : &tc->state);
	tc->block.client_priv[0] = tree;
	chimney_conn_get(conn);
	tc->conn = conn;
	tc->send_bytes = 0;
	tc->receive_bytes = 0;
	init_state(tree, tc);
	return tc;
}

/* Put a block that chimney_tree_next() returned below @path. */
void chimney_tree_add(struct chimney_tree *tree, struct chimney_tree_conn *tc,
		      struct chimney_path *path)
{
	struct chimney_tree_node *parent = chimney_tree_path(tree, path);

	*parent->tail = &tc->block;
	parent->tail = &tc->block.next;
}

/* Forget the block that chimney_tree_next() returned last. */
void chimney_tree_drop(struct chimney_tree *tree)
{
	chimney_conn_put(tree->conns[--tree->count].conn);
}

/* No more blocks: the objects forget their nodes. */
void chimney_tree_seal(struct chimney_tree *tree)
{
	struct chimney_tree_node *node;

	list_for_each_entry(node, &tree->nodes, list) {
		if (node->neighbor)
			node->neighbor->node = NULL;
		if (node->path)
			node->path->node = NULL;
	}
}

static void fail(struct chimney_tree *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree->root)
		block->status = block->handle ? CHIMNEY_STATUS_FAILURE :
						CHIMNEY_STATUS_SUCCESS;
}

/**
 * chimney_tree_start() - send a tree; chimney_tree_wait() is next
 * @hb: the binding, lock held
 * @tree: the tree, sealed, not empty
 * @deadline_ms: time the target has
 *
 * A tree that the core refuses has failed in all its objects.
 *
 * Context: process.
 */
void chimney_tree_start(struct chimney_host_binding *hb,
			struct chimney_tree *tree, u32 deadline_ms)
{
	static int (*const send[])(struct chimney_binding *binding,
				   struct chimney_block *root,
				   unsigned int deadline_ms) = {
		[CHIMNEY_OP_KIND_INITIATE] = chimney_initiate_offload,
		[CHIMNEY_OP_KIND_TERMINATE] = chimney_terminate_offload,
		[CHIMNEY_OP_KIND_UPDATE] = chimney_update_offload,
		[CHIMNEY_OP_KIND_QUERY] = chimney_query_offload,
		[CHIMNEY_OP_KIND_INVALIDATE] = chimney_invalidate_offload,
	};

	lockdep_assert_held(&hb->lock);
	if (!send[tree->kind](hb->binding, tree->root, deadline_ms))
		return;
	fail(tree);
	complete(&hb->done);
}

/**
 * chimney_tree_wait() - wait for the target's answer
 * @hb: the binding of chimney_tree_start(), lock held
 *
 * Context: process, sleeps.
 * Return: false if the tree was lost: its blocks must not be touched any more.
 */
bool chimney_tree_wait(struct chimney_host_binding *hb)
{
	bool lost;

	lockdep_assert_held(&hb->lock);
	wait_for_completion(&hb->done);
	lost = hb->lost;
	hb->lost = false;
	return !lost;
}

/**
 * chimney_tree_send() - send a tree and wait for the target's answer
 * @hb: as for chimney_tree_start()
 * @tree: likewise
 * @deadline_ms: likewise
 *
 * Context: process, sleeps.
 * Return: as chimney_tree_wait().
 */
bool chimney_tree_send(struct chimney_host_binding *hb,
		       struct chimney_tree *tree, u32 deadline_ms)
{
	chimney_tree_start(hb, tree, deadline_ms);
	return chimney_tree_wait(hb);
}

static bool has_buffered_data(const struct chimney_tree *tree)
{
	return tree->kind == CHIMNEY_OP_KIND_TERMINATE ||
	       tree->kind == CHIMNEY_OP_KIND_QUERY;
}

static void purge(struct chimney_tree *tree, struct chimney_tree_conn *tc)
{
	struct sk_buff_head *buffered =
		tree->kind == CHIMNEY_OP_KIND_TERMINATE ?
		&tc->delegated.buffered_data :
		&tc->state.delegated.buffered_data;

	__skb_queue_purge(&tc->block.send_queue);
	if (has_buffered_data(tree))
		__skb_queue_purge(buffered);
}

void chimney_tree_put(struct chimney_tree *tree)
{
	struct chimney_tree_node *node, *next;
	struct chimney_tree_conn *tc;
	struct chimney_conns conns = {};

	if (!refcount_dec_and_test(&tree->refs))
		return;
	chimney_tree_for_each_conn(tc, tree) {
		purge(tree, tc);
		chimney_conns_put(&conns, tc->conn);
	}
	chimney_conns_free(&conns);
	list_for_each_entry_safe(node, next, &tree->nodes, list) {
		if (node->neighbor)
			chimney_neighbor_put(node->neighbor);
		if (node->path)
			chimney_path_put(node->path);
		kfree(node);
	}
	chimney_pool_give_tree(tree);
}

struct chimney_tree *chimney_tree_of(struct chimney_block *root)
{
	return root->client_priv[0];
}

static void record_conn(const struct chimney_tree *tree,
			const struct chimney_tree_conn *tc,
			struct chimney_result *result)
{
	int state;

	result->context = tc->conn->id;
	chimney_conn_tuple(tc->conn, &result->tuple);
	result->send_bytes = tc->send_bytes;
	result->receive_bytes = tc->receive_bytes;
	switch (tree->kind) {
	case CHIMNEY_OP_KIND_INITIATE:
	case CHIMNEY_OP_KIND_QUERY:
		result->tcp_state = tc->state.delegated.state;
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		result->tcp_state = tc->delegated.state;
		break;
	case CHIMNEY_OP_KIND_UPDATE:
	case CHIMNEY_OP_KIND_INVALIDATE:
		state = inet_sk_state_load(tc->conn->sk);
		result->tcp_state = chimney_tcp_state_from_linux(state);
		break;
	}
}

static void record_node(const struct chimney_tree_node *node,
			struct chimney_result *result)
{
	if (node->neighbor) {
		result->context = node->neighbor->id;
		result->tuple.family = node->neighbor->family;
		result->tuple.dst = node->neighbor->addr;
		ether_addr_copy(result->mac, node->neighbor->mac);
	} else {
		result->context = node->path->id;
		result->tuple.family = node->path->family;
		result->tuple.src = node->path->src;
		result->tuple.dst = node->path->dst;
		result->mtu = node->path->mtu;
	}
}

static const size_t state_size[] = {
	[CHIMNEY_NEIGHBOR_STATE] = sizeof(struct chimney_neighbor_offload_state),
	[CHIMNEY_PATH_STATE] = sizeof(struct chimney_path_offload_state),
	[CHIMNEY_TCP_STATE] = sizeof(struct chimney_tcp_offload_state),
};

/* A copy of the state of a block for userspace. */
static void record_state(const struct chimney_block *block,
			 struct chimney_result *result)
{
	struct chimney_tcp_offload_state *tcp;

	result->state_type = block->type;
	result->state = kmemdup(block->state, state_size[block->type],
				GFP_KERNEL);
	if (!result->state || block->type != CHIMNEY_TCP_STATE)
		return;
	tcp = result->state;
	__skb_queue_head_init(&tcp->delegated.buffered_data);
}

static bool shows_state(const struct chimney_op *op,
			const struct chimney_block *block)
{
	return block->state &&
	       (op->dry_run || (op->kind == CHIMNEY_OP_KIND_QUERY &&
				block->status == CHIMNEY_STATUS_SUCCESS));
}

/* Write what became of each block to the operation, if there is one. */
void chimney_tree_record(struct chimney_tree *tree, struct chimney_op *op,
			 int ifindex)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	if (!op)
		return;
	if (!op->dry_run)
		op->trees++;
	chimney_for_each_block(block, &walk, tree->root) {
		struct chimney_result *result = chimney_op_reserve(op);

		result->layer = chimney_block_layer(block);
		result->role = block->role;
		result->status = block->status;
		result->ifindex = ifindex;
		if (result->layer == CHIMNEY_LAYER_TCP)
			record_conn(tree, container_of(block,
						       struct chimney_tree_conn,
						       block), result);
		else
			record_node(container_of(block,
						 struct chimney_tree_node,
						 block), result);
		if (op->dry_run && block->role == CHIMNEY_ROLE_NEW)
			result->context = 0;
		if (shows_state(op, block))
			record_state(block, result);
		chimney_op_submit(op);
	}
}
