// SPDX-License-Identifier: GPL-2.0-only
#include <linux/slab.h>

#include "../core/op.h"
#include "tree.h"

struct chimney_tree *chimney_tree_new(unsigned int conns)
{
	struct chimney_tree *tree;

	tree = kvzalloc(struct_size(tree, conns, conns),
			GFP_KERNEL | __GFP_NOFAIL);
	tree->tail = &tree->root;
	INIT_LIST_HEAD(&tree->nodes);
	refcount_set(&tree->refs, 1);
	return tree;
}

static struct chimney_tree_node *
node_new(struct chimney_tree *tree, struct chimney_block ***tail,
	 enum chimney_state_type type, struct chimney_handle *handle)
{
	struct chimney_tree_node *node;

	node = kzalloc(sizeof(*node), GFP_KERNEL | __GFP_NOFAIL);
	chimney_block_init(&node->block, type, handle, NULL);
	node->block.client_priv[0] = tree;
	node->tail = &node->block.dependent;
	list_add_tail(&node->list, &tree->nodes);
	**tail = &node->block;
	*tail = &node->block.next;
	return node;
}

static void init_neighbor_state(struct chimney_tree_node *node)
{
	struct chimney_neighbor_offload_state *state = &node->neighbor_state;

	ether_addr_copy(state->cached.dl_destination_address,
			node->neighbor->mac);
	node->block.state = state;
}

/*
 * The node of a neighbor, made when first asked for. It brings new state if the
 * object is the host's, and names it otherwise; the same holds for paths.
 */
struct chimney_tree_node *
chimney_tree_neighbor(struct chimney_tree *tree,
		      struct chimney_neighbor *neighbor)
{
	struct chimney_tree_node *node = neighbor->node;

	if (node)
		return node;
	node = node_new(tree, &tree->tail, CHIMNEY_NEIGHBOR_STATE,
			&neighbor->handle);
	node->neighbor = neighbor;
	if (neighbor->handle.state == CHIMNEY_OBJECT_HOST)
		init_neighbor_state(node);
	neighbor->node = node;
	return node;
}

static void init_path_state(struct chimney_tree_node *node)
{
	struct chimney_path_offload_state *state = &node->path_state;

	state->constant.family = node->path->family;
	state->constant.source_address = node->path->src;
	state->constant.destination_address = node->path->dst;
	state->cached.path_mtu = node->path->mtu;
	node->block.state = state;
}

/* The node of a path, below that of its neighbor. */
struct chimney_tree_node *chimney_tree_path(struct chimney_tree *tree,
					    struct chimney_path *path)
{
	struct chimney_tree_node *parent, *node = path->node;

	if (node)
		return node;
	parent = chimney_tree_neighbor(tree, path->neighbor);
	node = node_new(tree, &parent->tail, CHIMNEY_PATH_STATE,
			&path->handle);
	node->path = path;
	if (path->handle.state == CHIMNEY_OBJECT_HOST)
		init_path_state(node);
	path->node = node;
	return node;
}

/* Add tree->conns[tree->count], whose conn is set, below @path. */
void chimney_tree_add(struct chimney_tree *tree, struct chimney_path *path,
		      enum chimney_state_type type, void *state)
{
	struct chimney_tree_conn *tc = &tree->conns[tree->count++];
	struct chimney_tree_node *parent = chimney_tree_path(tree, path);

	tc->block.type = type;
	tc->block.state = state;
	tc->block.status = CHIMNEY_STATUS_PENDING;
	tc->block.handle = &tc->conn->handle;
	tc->block.client_priv[0] = tree;
	*parent->tail = &tc->block;
	parent->tail = &tc->block.next;
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

void chimney_tree_put(struct chimney_tree *tree)
{
	struct chimney_tree_node *node, *next;
	struct chimney_tree_conn *tc;

	if (!refcount_dec_and_test(&tree->refs))
		return;
	for (tc = tree->conns; tc < tree->conns + tree->count; tc++) {
		__skb_queue_purge(&tc->block.send_queue);
		chimney_conn_put(tc->conn);
	}
	list_for_each_entry_safe(node, next, &tree->nodes, list) {
		if (node->gone) {
			kfree(node->neighbor);
			kfree(node->path);
		}
		kfree(node);
	}
	kvfree(tree);
}

struct chimney_tree *chimney_tree_of(struct chimney_block *root)
{
	return root->client_priv[0];
}

struct chimney_tree_conn *chimney_tree_conn_of(struct chimney_block *block)
{
	return container_of(block, struct chimney_tree_conn, block);
}

static void record_conn(const struct chimney_tree_conn *tc,
			struct chimney_result *result)
{
	struct chimney_tuple tuple;

	chimney_conn_tuple(tc->conn, &tuple);
	result->context = tc->conn->id;
	result->family = tuple.family;
	result->src = tuple.src;
	result->dst = tuple.dst;
	result->sport = tuple.sport;
	result->dport = tuple.dport;
	result->cookie = tuple.cookie;
	result->send_bytes = tc->send_bytes;
	result->receive_bytes = tc->receive_bytes;
	result->tcp_state = tc->block.type == CHIMNEY_TCP_STATE ?
		tc->state.delegated.state : tc->delegated.state;
}

static void record_node(const struct chimney_tree_node *node,
			struct chimney_result *result)
{
	if (node->neighbor) {
		result->context = node->neighbor->id;
		result->family = node->neighbor->family;
		result->dst = node->neighbor->addr;
		ether_addr_copy(result->mac, node->neighbor->mac);
	} else {
		result->context = node->path->id;
		result->family = node->path->family;
		result->src = node->path->src;
		result->dst = node->path->dst;
		result->mtu = node->path->mtu;
	}
}

/* Write what became of each block to the operation, if there is one. */
void chimney_tree_record(struct chimney_tree *tree, struct chimney_op *op,
			 int ifindex)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	if (!op)
		return;
	op->trees++;
	chimney_for_each_block(block, &walk, tree->root) {
		struct chimney_result result = {
			.layer = chimney_block_layer(block),
			.role = block->role,
			.status = block->status,
			.ifindex = ifindex,
		};

		if (result.layer == CHIMNEY_LAYER_TCP)
			record_conn(chimney_tree_conn_of(block), &result);
		else
			record_node(container_of(block,
						 struct chimney_tree_node,
						 block), &result);
		chimney_op_add(op, &result);
	}
}
