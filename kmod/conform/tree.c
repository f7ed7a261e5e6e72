// SPDX-License-Identifier: GPL-2.0-only
/*
 * Objects and state trees of a case.
 *
 * A tree is drawn: N1, P1, T1 are a neighbor, a path and a connection, _N, _P
 * and _T placeholders; dependents follow in parentheses: "N1(P1(T1,_T),P2),N2".
 * An object is made when its name is first used.
 */
#include <linux/ctype.h>
#include <linux/etherdevice.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "harness.h"

/* Objects ------------------------------------------------------------------- */

/* Ports are not used twice, so that no frame of an earlier case is mistaken. */
static u16 conform_ports;

static void neighbor_init(struct conform_object *object, unsigned int number)
{
	struct chimney_neighbor_offload_state *state = &object->neighbor;
	const u8 mac[ETH_ALEN] = { 0x02, 0x00, 0x5e, 0x10, 0x00, number };

	ether_addr_copy(state->cached.dl_destination_address, mac);
}

static void path_init(struct conform_object *object, unsigned int number)
{
	struct chimney_path_offload_state *state = &object->path;
	const __be32 source = htonl(CONFORM_LOCAL);
	const __be32 destination = htonl(CONFORM_REMOTE + number);

	state->constant.family = AF_INET;
	memcpy(&state->constant.source_address, &source, sizeof(source));
	memcpy(&state->constant.destination_address, &destination,
	       sizeof(destination));
	state->cached.path_mtu = 1500;
}

/* An idle, established connection that does not hurry to retransmit. */
static void connection_init(struct conform_object *object, unsigned int number)
{
	struct chimney_tcp_offload_state *state = &object->tcp;
	struct chimney_tcp_state_delegated *d = &state->delegated;
	u32 limit = object->c->target->caps.max_rcv_wnd;

	state->constant.local_port = htons(20000 + conform_ports % 10000);
	state->constant.remote_port = htons(40000 + conform_ports++ % 10000);
	state->constant.remote_mss = CONFORM_MSS;
	strscpy(state->constant.congestion_control, "reno",
		sizeof(state->constant.congestion_control));
	state->cached.initial_rcv_wnd = min_not_zero(limit, 0xffffU);
	state->cached.ttl_or_hop_limit = 64;
	d->state = CHIMNEY_TCP_STATE_ESTABLISHED;
	d->rcv_nxt = 0x10000000 * number + 1000;
	d->rcv_wnd = state->cached.initial_rcv_wnd;
	d->snd_una = 0x10000000 * number + 0x08000000;
	d->snd_nxt = d->snd_una;
	d->snd_max = d->snd_una;
	d->snd_wnd = 0xffff;
	d->max_snd_wnd = 0xffff;
	d->snd_wl1 = d->rcv_nxt;
	d->cwnd = 20 * CONFORM_MSS;
	d->ss_thresh = U32_MAX;
	d->srtt = 8 * 5 * USEC_PER_SEC;
	d->rtt_var = 4 * USEC_PER_SEC;
	d->keep_alive.timeout_delta = CHIMNEY_TIMER_OFF;
	d->retransmit.timeout_delta = CHIMNEY_TIMER_OFF;
	d->send_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	d->receive_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	d->reordering = 3;
	__skb_queue_head_init(&d->buffered_data);
	object->host_nxt = d->snd_una;
	object->peer.window = 0xffff;
	object->peer.tsval = 7000000;
}

static void object_init(struct conform_object *object, const char *name)
{
	unsigned int number = 0;

	if (kstrtouint(name + 1, 10, &number))
		number = 0;
	switch (name[0]) {
	case 'N':
		object->layer = CHIMNEY_LAYER_NEIGHBOR;
		neighbor_init(object, number);
		break;
	case 'P':
		object->layer = CHIMNEY_LAYER_PATH;
		path_init(object, number);
		break;
	default:
		object->layer = CHIMNEY_LAYER_TCP;
		connection_init(object, number);
		break;
	}
}

/**
 * conform_object() - find or make an object
 * @c: the case
 * @name: its name
 *
 * The state of a new one can be changed until it is offloaded.
 *
 * Context: the thread of the case. Return: the object.
 */
struct conform_object *conform_object(struct conform *c, const char *name)
{
	struct conform_object *object;

	list_for_each_entry(object, &c->objects, list)
		if (!strcmp(object->name, name))
			return object;
	object = kzalloc(sizeof(*object), GFP_KERNEL | __GFP_NOFAIL);
	object->c = c;
	strscpy(object->name, name, sizeof(object->name));
	__skb_queue_head_init(&object->send_queue);
	__skb_queue_head_init(&object->kept);
	object_init(object, name);
	spin_lock_bh(&c->lock);
	list_add_tail(&object->list, &c->objects);
	spin_unlock_bh(&c->lock);
	return object;
}

/* Trees --------------------------------------------------------------------- */

static const enum chimney_state_type whole_state[] = {
	[CHIMNEY_LAYER_NEIGHBOR] = CHIMNEY_NEIGHBOR_STATE,
	[CHIMNEY_LAYER_PATH] = CHIMNEY_PATH_STATE,
	[CHIMNEY_LAYER_TCP] = CHIMNEY_TCP_STATE,
};

static unsigned int count_blocks(const char *picture)
{
	unsigned int count = 0;

	for (; *picture; picture++)
		count += isupper(*picture);
	return count;
}

static enum chimney_layer letter_layer(char letter)
{
	return letter == 'N' ? CHIMNEY_LAYER_NEIGHBOR :
	       letter == 'P' ? CHIMNEY_LAYER_PATH : CHIMNEY_LAYER_TCP;
}

/* Read a name or placeholder; returns what follows it. */
static const char *node_init(struct conform *c, struct conform_node *node,
			     const char *picture)
{
	bool placeholder = *picture == '_';
	char name[8] = "";
	unsigned int i = 0;

	picture += placeholder;
	do {
		if (i < sizeof(name) - 1)
			name[i++] = *picture;
		picture++;
	} while (isdigit(*picture));
	if (!placeholder)
		node->object = conform_object(c, name);
	chimney_block_init(&node->block, whole_state[letter_layer(name[0])],
			   placeholder ? NULL : &node->object->handle, NULL);
	return picture;
}

static void set_parent(struct conform_node *node,
		       struct chimney_block *above)
{
	struct conform_node *parent;

	if (!above || !node->object || node->object->parent)
		return;
	parent = container_of(above, struct conform_node, block);
	node->object->parent = parent->object;
}

/**
 * conform_tree() - make a tree from its picture
 * @c: the case
 * @picture: see the top of the file
 *
 * Context: the thread of the case. Return: the tree, without state.
 */
struct conform_tree *conform_tree(struct conform *c, const char *picture)
{
	struct chimney_block **link = NULL, *above[3] = {};
	unsigned int size = count_blocks(picture);
	struct conform_tree *tree;
	struct conform_node *node;
	int depth = 0;

	tree = kvzalloc(struct_size(tree, node, size),
			GFP_KERNEL | __GFP_NOFAIL);
	list_add_tail(&tree->list, &c->trees);
	while (*picture) {
		switch (*picture) {
		case '(':
			link = &above[depth++]->dependent;
			picture++;
			continue;
		case ')':
			depth--;
			picture++;
			continue;
		case ',':
			link = &above[depth]->next;
			picture++;
			continue;
		}
		node = &tree->node[tree->count++];
		picture = node_init(c, node, picture);
		set_parent(node, depth ? above[depth - 1] : NULL);
		if (link)
			*link = &node->block;
		above[depth] = &node->block;
	}
	return tree;
}

struct conform_node *conform_node(struct conform_tree *tree, const char *name)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		if (tree->node[i].object &&
		    !strcmp(tree->node[i].object->name, name))
			return &tree->node[i];
	return NULL;
}

static void peer_start(struct conform_object *object)
{
	struct chimney_tcp_state_delegated *d = &object->tcp.delegated;
	struct conform *c = object->c;
	struct sk_buff *skb;
	u32 buffered = 0;

	skb_queue_walk(&d->buffered_data, skb)
		buffered += skb->len;
	spin_lock_bh(&c->lock);
	object->delivered = d->rcv_nxt - buffered;
	object->peer.snd_nxt = d->rcv_nxt;
	if (!object->peer.rcv_nxt)
		object->peer.rcv_nxt = d->snd_una;
	object->peer.acked = d->rcv_nxt;
	spin_unlock_bh(&c->lock);
}

static void node_whole_state(struct conform_node *node)
{
	struct conform_object *object = node->object;

	node->block.type = whole_state[object->layer];
	node->block.state = &node->tcp;
	switch (object->layer) {
	case CHIMNEY_LAYER_NEIGHBOR:
		node->neighbor = object->neighbor;
		break;
	case CHIMNEY_LAYER_PATH:
		node->path = object->path;
		break;
	case CHIMNEY_LAYER_TCP:
		peer_start(object);
		node->tcp = object->tcp;
		__skb_queue_head_init(&node->tcp.delegated.buffered_data);
		skb_queue_splice_tail_init(&object->tcp.delegated.buffered_data,
					   &node->tcp.delegated.buffered_data);
		skb_queue_splice_tail_init(&object->send_queue,
					   &node->block.send_queue);
		break;
	}
}

static void node_cached_state(struct conform_node *node)
{
	struct conform_object *object = node->object;

	switch (object->layer) {
	case CHIMNEY_LAYER_NEIGHBOR:
		node->block.type = CHIMNEY_NEIGHBOR_STATE_CACHED;
		node->block.state = &node->neighbor.cached;
		node->neighbor.cached = object->neighbor.cached;
		break;
	case CHIMNEY_LAYER_PATH:
		node->block.type = CHIMNEY_PATH_STATE_CACHED;
		node->block.state = &node->path.cached;
		node->path.cached = object->path.cached;
		break;
	case CHIMNEY_LAYER_TCP:
		node->block.type = CHIMNEY_TCP_STATE_CACHED;
		node->block.state = &node->tcp.cached;
		node->tcp.cached = object->tcp.cached;
		break;
	}
}

/* Filled with what no target returns by chance. */
static void node_delegated_state(struct conform_node *node)
{
	switch (node->object->layer) {
	case CHIMNEY_LAYER_NEIGHBOR:
		node->block.type = CHIMNEY_NEIGHBOR_STATE_DELEGATED;
		node->block.state = &node->neighbor.delegated;
		memset(&node->neighbor, 0xa5, sizeof(node->neighbor));
		break;
	case CHIMNEY_LAYER_PATH:
		node->block.type = CHIMNEY_PATH_STATE_DELEGATED;
		node->block.state = &node->path.delegated;
		memset(&node->path, 0xa5, sizeof(node->path));
		break;
	case CHIMNEY_LAYER_TCP:
		node->block.type = CHIMNEY_TCP_STATE_DELEGATED;
		node->block.state = &node->tcp.delegated;
		memset(&node->tcp, 0xa5, sizeof(node->tcp));
		__skb_queue_head_init(&node->tcp.delegated.buffered_data);
		break;
	}
}

static void node_query_state(struct conform_node *node)
{
	node->block.type = whole_state[node->object->layer];
	node->block.state = &node->tcp;
	memset(&node->tcp, 0xa5, sizeof(node->tcp));
	if (node->object->layer == CHIMNEY_LAYER_TCP)
		__skb_queue_head_init(&node->tcp.delegated.buffered_data);
}

/* The state that goes with an operation, unless the case gave one. */
static void fill_state(struct conform_node *node, enum chimney_op_kind kind)
{
	if (!node->object || node->block.state)
		return;
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		if (node->object->handle.state != CHIMNEY_OBJECT_OFFLOADED)
			node_whole_state(node);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		node_delegated_state(node);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		/* UPD-07: a neighbor that paths are linked to brings none. */
		if (!node->block.dependent)
			node_cached_state(node);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		node_query_state(node);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		break;
	}
}

static int tree_call(struct conform *c, struct conform_tree *tree)
{
	struct chimney_block *root = &tree->node[0].block;

	switch (tree->kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return chimney_initiate_offload(c->binding, root,
						CONFORM_DEADLINE_MS);
	case CHIMNEY_OP_KIND_TERMINATE:
		return chimney_terminate_offload(c->binding, root,
						 CONFORM_DEADLINE_MS);
	case CHIMNEY_OP_KIND_UPDATE:
		return chimney_update_offload(c->binding, root,
					      CONFORM_DEADLINE_MS);
	case CHIMNEY_OP_KIND_QUERY:
		return chimney_query_offload(c->binding, root,
					     CONFORM_DEADLINE_MS);
	default:
		return chimney_invalidate_offload(c->binding, root,
						  CONFORM_DEADLINE_MS);
	}
}

static const char * const kind_names[] = {
	[CHIMNEY_OP_KIND_INITIATE] = "initiate",
	[CHIMNEY_OP_KIND_TERMINATE] = "terminate",
	[CHIMNEY_OP_KIND_UPDATE] = "update",
	[CHIMNEY_OP_KIND_QUERY] = "query",
	[CHIMNEY_OP_KIND_INVALIDATE] = "invalidate",
};

/**
 * conform_submit() - begin an operation
 * @c: the case
 * @tree: its tree
 * @kind: which one
 *
 * Context: the thread of the case.
 * Return: whether the core took it; if not, the case has failed.
 */
bool conform_submit(struct conform *c, struct conform_tree *tree,
		    enum chimney_op_kind kind)
{
	unsigned int i;
	int err;

	tree->kind = kind;
	for (i = 0; i < tree->count; i++)
		fill_state(&tree->node[i], kind);
	tree->submitted = true;
	WRITE_ONCE(c->calling, current);
	err = tree_call(c, tree);
	WRITE_ONCE(c->calling, NULL);
	if (!err)
		return true;
	tree->submitted = false;
	conform_fail(c, "%s of %s: expected to begin, got error %d",
		     kind_names[kind], tree->node[0].object ?
		     tree->node[0].object->name : "a placeholder", err);
	return false;
}

bool conform_await_tree(struct conform *c, struct conform_tree *tree)
{
	wait_event_timeout(c->wait, READ_ONCE(tree->back) ||
			   READ_ONCE(tree->lost),
			   2 * msecs_to_jiffies(CONFORM_DEADLINE_MS));
	/* Pairs with smp_store_release() in log_tree(). */
	if (smp_load_acquire(&tree->back))
		return true;
	conform_fail(c, "%s: expected to complete (OP-05), did not",
		     kind_names[tree->kind]);
	return false;
}

struct conform_entry *conform_tree_entry(struct conform *c,
					 const struct conform_tree *tree)
{
	struct conform_entry *entry = NULL;

	while ((entry = conform_find(c, entry, CONFORM_TREE, NULL)))
		if (entry->tree == tree)
			break;
	return entry;
}

bool conform_asynchronous(struct conform *c, const struct conform_tree *tree)
{
	const struct conform_entry *entry = conform_tree_entry(c, tree);
	unsigned int count = 0;

	if (entry && !entry->good)
		conform_fail(c, "%s: expected to complete after the handler returns, did within",
			     kind_names[tree->kind]);
	conform_settle(c);
	entry = NULL;
	while ((entry = conform_find(c, entry, CONFORM_TREE, NULL)))
		count += entry->tree == tree;
	return conform_equal(c, "completions of the operation", 1, count);
}

struct conform_tree *conform_operate(struct conform *c,
				     enum chimney_op_kind kind,
				     const char *picture)
{
	struct conform_tree *tree = conform_tree(c, picture);

	if (!conform_submit(c, tree, kind) || !conform_await_tree(c, tree))
		return NULL;
	return tree;
}

/* Statuses ------------------------------------------------------------------ */

#define STATUSES_MAX	512

static void statuses_of(const struct conform_tree *tree, char *buf, size_t size)
{
	size_t used = 0;
	unsigned int i;

	for (i = 0; i < tree->count; i++)
		used += scnprintf(buf + used, size - used, "%s%s",
				  i ? " " : "",
				  chimney_status_name(tree->node[i].block.status));
}

bool conform_statuses(struct conform *c, const struct conform_tree *tree,
		      const char *expected)
{
	char got[STATUSES_MAX] = "";

	statuses_of(tree, got, sizeof(got));
	if (!strcmp(expected, got))
		return true;
	conform_fail(c, "statuses of %s: expected %s, got %s",
		     kind_names[tree->kind], expected, got);
	return false;
}

bool conform_all_succeeded(struct conform *c, const struct conform_tree *tree)
{
	const struct conform_node *node;
	unsigned int i;

	for (i = 0; i < tree->count; i++) {
		node = &tree->node[i];
		if (node->block.status == CHIMNEY_STATUS_SUCCESS)
			continue;
		conform_fail(c, "%s of %s: expected SUCCESS, got %s",
			     kind_names[tree->kind],
			     node->object ? node->object->name : "a placeholder",
			     chimney_status_name(node->block.status));
		return false;
	}
	return true;
}

static struct conform_tree *succeed(struct conform *c,
				    enum chimney_op_kind kind,
				    const char *picture)
{
	struct conform_tree *tree = conform_operate(c, kind, picture);

	return tree && conform_all_succeeded(c, tree) ? tree : NULL;
}

struct conform_tree *conform_initiate(struct conform *c, const char *picture)
{
	return succeed(c, CHIMNEY_OP_KIND_INITIATE, picture);
}

struct conform_tree *conform_terminate(struct conform *c, const char *picture)
{
	return succeed(c, CHIMNEY_OP_KIND_TERMINATE, picture);
}

struct conform_tree *conform_query(struct conform *c, const char *picture)
{
	return succeed(c, CHIMNEY_OP_KIND_QUERY, picture);
}

struct conform_tree *conform_update(struct conform *c, const char *picture)
{
	return succeed(c, CHIMNEY_OP_KIND_UPDATE, picture);
}

struct conform_tree *conform_invalidate(struct conform *c, const char *picture)
{
	return succeed(c, CHIMNEY_OP_KIND_INVALIDATE, picture);
}

struct conform_object *conform_connection(struct conform *c)
{
	if (!conform_initiate(c, "N1(P1(T1))"))
		return NULL;
	return conform_object(c, "T1");
}

struct chimney_tcp_state_delegated *
conform_delegated(struct conform_tree *tree, const char *name)
{
	return &conform_node(tree, name)->tcp.delegated;
}

/* The end ------------------------------------------------------------------- */

static void await_all_trees(struct conform *c)
{
	struct conform_tree *tree;

	list_for_each_entry(tree, &c->trees, list)
		if (tree->submitted)
			conform_await_tree(c, tree);
}

static bool in_use(struct conform *c, const struct conform_object *object)
{
	const struct conform_object *other;

	list_for_each_entry(other, &c->objects, list)
		if (other->handle.state == CHIMNEY_OBJECT_OFFLOADED &&
		    other->layer > object->layer)
			return true;
	return false;
}

/**
 * conform_bring_home() - terminate what a case has left offloaded
 * @c: the case
 *
 * Leaves first, one by one, so that nobody's fault is in another's way.
 *
 * Context: the thread of the case.
 */
void conform_bring_home(struct conform *c)
{
	struct conform_object *object;
	struct conform_tree *tree;
	bool again = true;

	await_all_trees(c);
	while (again) {
		again = false;
		list_for_each_entry(object, &c->objects, list) {
			if (object->handle.state != CHIMNEY_OBJECT_OFFLOADED ||
			    in_use(c, object))
				continue;
			tree = conform_tree(c, object->name);
			if (!conform_submit(c, tree,
					    CHIMNEY_OP_KIND_TERMINATE) ||
			    !conform_await_tree(c, tree))
				return;
			again = true;
		}
	}
}
