// SPDX-License-Identifier: GPL-2.0-only
/*
 * The kind "example": the smallest target that keeps the contract, to copy from.
 * Documentation/porting.md walks through it.
 *
 * It has no engine. It keeps the state of connections that have nothing to do,
 * and asks for the upload of one as soon as it has: data to send, a segment
 * that came, an option that needs a timer. It never touches the wire.
 *
 * Calls come in any context but hard interrupts, so they only put what they
 * bring into a queue. One work, on an ordered workqueue, does everything else;
 * it alone touches objects, but for their queues of I/O.
 */
#include <linux/if_arp.h>
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include <chimney/target.h>

#define DEFAULT_TCP_ENTRIES		1024
#define DEFAULT_PATH_ENTRIES		256
#define DEFAULT_NEIGHBOR_ENTRIES	64

/**
 * struct example - a target
 * @target: what the core knows
 * @wq: where @work runs
 * @work: carries out what is queued
 * @lock: protects the queues here and in objects, and @used
 * @first: oldest tree; linked through target_priv[0] of their roots, with the
 *	kind of operation in target_priv[1]
 * @last: youngest tree
 * @busy: objects with I/O that was not looked at
 * @objects: all objects; the work's
 * @used: how many there are, by layer
 */
struct example {
	struct chimney_target target;
	struct workqueue_struct *wq;
	struct work_struct work;
	spinlock_t lock;
	struct chimney_block *first;
	struct chimney_block *last;
	struct list_head busy;
	struct list_head objects;
	u32 used[3];
};

/**
 * struct example_object - what a context slot points to (CTX-01, CTX-02)
 * @list: entry in the objects of the target
 * @busy: entry in the busy objects of the target
 * @handle: names the object in indications (CTX-03)
 * @layer: which member of the union is used
 * @parent: path of a connection, neighbor of a path (CTX-08)
 * @since: when @neighbor, @path or @tcp was true
 * @retrieved: a connection: its upload was requested
 * @sends: data that the client wants sent
 * @forwards: segments that the client got
 * @receives: receive requests
 * @disconnects: a graceful and an abortive disconnect request
 * @neighbor: state of a neighbor
 * @path: state of a path
 * @tcp: state of a connection
 */
struct example_object {
	struct list_head list;
	struct list_head busy;
	struct chimney_handle *handle;
	enum chimney_layer layer;
	struct example_object *parent;
	ktime_t since;
	bool retrieved;
	struct sk_buff_head sends;
	struct sk_buff_head forwards;
	struct list_head receives;
	struct chimney_disconnect *disconnects[2];
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	};
};

static struct chimney_target_kind example_kind;

static struct example *to_example(struct chimney_target *target)
{
	return container_of(target, struct example, target);
}

/* NULL for a placeholder, and for a new object that was not offloaded. */
static struct example_object *block_object(const struct chimney_block *block)
{
	return block->handle ? block->handle->context : NULL;
}

/* -------- calls of the core: record what they bring -------- */

static void tree_queue(struct chimney_target *target,
		       struct chimney_block *tree, enum chimney_op_kind kind)
{
	struct example *ex = to_example(target);

	tree->target_priv[0] = NULL;
	tree->target_priv[1] = (void *)(unsigned long)kind;
	spin_lock_bh(&ex->lock);
	if (ex->first)
		ex->last->target_priv[0] = tree;
	else
		ex->first = tree;
	ex->last = tree;
	spin_unlock_bh(&ex->lock);
	queue_work(ex->wq, &ex->work);
}

static void example_initiate_offload(struct chimney_target *target,
				     struct chimney_block *tree)
{
	tree_queue(target, tree, CHIMNEY_OP_KIND_INITIATE);
}

static void example_terminate_offload(struct chimney_target *target,
				      struct chimney_block *tree)
{
	tree_queue(target, tree, CHIMNEY_OP_KIND_TERMINATE);
}

static void example_query_offload(struct chimney_target *target,
				  struct chimney_block *tree)
{
	tree_queue(target, tree, CHIMNEY_OP_KIND_QUERY);
}

static void example_update_offload(struct chimney_target *target,
				   struct chimney_block *tree)
{
	tree_queue(target, tree, CHIMNEY_OP_KIND_UPDATE);
}

static void example_invalidate_offload(struct chimney_target *target,
				       struct chimney_block *tree)
{
	tree_queue(target, tree, CHIMNEY_OP_KIND_INVALIDATE);
}

static void object_queue(struct example *ex, struct example_object *object)
{
	lockdep_assert_held(&ex->lock);
	if (list_empty(&object->busy))
		list_add_tail(&object->busy, &ex->busy);
	queue_work(ex->wq, &ex->work);
}

static void example_tcp_send(struct chimney_target *target, void *context,
			     struct sk_buff_head *list)
{
	struct example *ex = to_example(target);
	struct example_object *object = context;

	spin_lock_bh(&ex->lock);
	skb_queue_splice_tail_init(list, &object->sends);
	object_queue(ex, object);
	spin_unlock_bh(&ex->lock);
}

static void example_tcp_forward(struct chimney_target *target, void *context,
				struct sk_buff_head *list)
{
	struct example *ex = to_example(target);
	struct example_object *object = context;

	spin_lock_bh(&ex->lock);
	skb_queue_splice_tail_init(list, &object->forwards);
	object_queue(ex, object);
	spin_unlock_bh(&ex->lock);
}

static void example_tcp_receive(struct chimney_target *target, void *context,
				struct chimney_receive *request)
{
	struct example *ex = to_example(target);
	struct example_object *object = context;

	spin_lock_bh(&ex->lock);
	list_add_tail(&request->list, &object->receives);
	object_queue(ex, object);
	spin_unlock_bh(&ex->lock);
}

static void example_tcp_disconnect(struct chimney_target *target, void *context,
				   struct chimney_disconnect *request)
{
	struct example *ex = to_example(target);
	struct example_object *object = context;

	spin_lock_bh(&ex->lock);
	object->disconnects[request->abortive] = request;
	object_queue(ex, object);
	spin_unlock_bh(&ex->lock);
}

static void example_usage(struct chimney_target *target,
			  struct chimney_usage *usage)
{
	struct example *ex = to_example(target);

	spin_lock_bh(&ex->lock);
	usage->tcp = ex->used[CHIMNEY_LAYER_TCP];
	usage->path = ex->used[CHIMNEY_LAYER_PATH];
	usage->neighbor = ex->used[CHIMNEY_LAYER_NEIGHBOR];
	spin_unlock_bh(&ex->lock);
}

/* -------- I/O, in the work from here on -------- */

/* It has something to do, which is the host's (TEV-12, TEV-15). */
static void object_retrieve(struct example *ex, struct example_object *object,
			    enum chimney_upload_reason reason)
{
	if (object->retrieved)
		return;
	object->retrieved = true;
	chimney_tcp_event_indicate(&ex->target, object->handle,
				   CHIMNEY_TCP_RETRIEVE, reason);
}

static void receives_complete(struct example *ex, struct example_object *object,
			      struct list_head *receives)
{
	struct chimney_receive *request, *next;

	list_for_each_entry_safe(request, next, receives, list) {
		list_del(&request->list);
		request->bytes_transferred = 0;
		request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
		chimney_tcp_receive_complete(&ex->target, object->handle,
					     request);
	}
}

static void disconnect_complete(struct example *ex,
				struct example_object *object,
				struct chimney_disconnect *request)
{
	request->bytes_transferred = 0;
	request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
	chimney_tcp_disconnect_complete(&ex->target, object->handle, request);
}

/*
 * Answer what is queued: it is for the host to do (TEV-21), in the order sends,
 * disconnects (DSC-15). Receive requests may wait, for there is no data, but not
 * longer than the connection is ours (TERM-25, TERM-33).
 */
static void object_answer(struct example *ex, struct example_object *object,
			  bool leaving)
{
	struct chimney_disconnect *disconnects[2];
	struct sk_buff_head sends, forwards;
	LIST_HEAD(receives);
	bool asked;
	int i;

	__skb_queue_head_init(&sends);
	__skb_queue_head_init(&forwards);
	spin_lock_bh(&ex->lock);
	list_del_init(&object->busy);
	skb_queue_splice_tail_init(&object->sends, &sends);
	skb_queue_splice_tail_init(&object->forwards, &forwards);
	memcpy(disconnects, object->disconnects, sizeof(disconnects));
	memset(object->disconnects, 0, sizeof(object->disconnects));
	asked = !skb_queue_empty(&sends) || !skb_queue_empty(&forwards) ||
		disconnects[0] || disconnects[1];
	if (asked || object->retrieved || leaving)
		list_splice_init(&object->receives, &receives);
	spin_unlock_bh(&ex->lock);

	if (asked)
		object_retrieve(ex, object, CHIMNEY_UPLOAD_REQUESTED);
	if (!skb_queue_empty(&forwards))
		chimney_tcp_forward_complete(&ex->target, object->handle,
					     &forwards,
					     CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	if (!skb_queue_empty(&sends))
		chimney_tcp_send_complete(&ex->target, object->handle, &sends,
					  CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	for (i = 0; i < ARRAY_SIZE(disconnects); i++)
		if (disconnects[i])
			disconnect_complete(ex, object, disconnects[i]);
	receives_complete(ex, object, &receives);
}

static struct example_object *busy_first(struct example *ex)
{
	struct example_object *object;

	spin_lock_bh(&ex->lock);
	object = list_first_entry_or_null(&ex->busy, struct example_object,
					  busy);
	spin_unlock_bh(&ex->lock);
	return object;
}

/* -------- state that grows older -------- */

static u32 object_age(const struct example_object *object)
{
	return ktime_us_delta(ktime_get(), object->since);
}

static void neighbor_read(const struct example_object *object,
			  struct chimney_neighbor_offload_state *state)
{
	*state = object->neighbor;
	state->cached.host_reachability_delta += object_age(object);
	state->delegated.nic_reachability_delta += object_age(object);
}

/* No data moved, so only time has passed (TERM-39). */
static void tcp_read(const struct example_object *object,
		     struct chimney_tcp_offload_state *state)
{
	struct chimney_tcp_state_delegated *d = &state->delegated;
	u32 age = object_age(object);

	*state = object->tcp;
	d->ts_recent_age += age;
	d->ts_time += state->constant.flags & CHIMNEY_TCP_USEC_TIMESTAMPS ?
			      age : age / USEC_PER_MSEC;
	d->send_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	d->receive_backlog_size = CHIMNEY_BACKLOG_UNSUPPORTED;
	__skb_queue_head_init(&d->buffered_data);
}

#define COPY_STATE(to, from)	(*(typeof(from) *)(to) = (from))

static void neighbor_fill(const struct example_object *object,
			  enum chimney_state_type type, void *to)
{
	struct chimney_neighbor_offload_state state;

	neighbor_read(object, &state);
	if (type == CHIMNEY_NEIGHBOR_STATE_CONST)
		COPY_STATE(to, state.constant);
	else if (type == CHIMNEY_NEIGHBOR_STATE_CACHED)
		COPY_STATE(to, state.cached);
	else if (type == CHIMNEY_NEIGHBOR_STATE_DELEGATED)
		COPY_STATE(to, state.delegated);
	else
		COPY_STATE(to, state);
}

static void path_fill(const struct example_object *object,
		      enum chimney_state_type type, void *to)
{
	struct chimney_path_offload_state state = object->path;

	if (type == CHIMNEY_PATH_STATE_CONST)
		COPY_STATE(to, state.constant);
	else if (type == CHIMNEY_PATH_STATE_CACHED)
		COPY_STATE(to, state.cached);
	else if (type == CHIMNEY_PATH_STATE_DELEGATED)
		COPY_STATE(to, state.delegated);
	else
		COPY_STATE(to, state);
}

static void delegated_fill(struct chimney_tcp_state_delegated *to,
			   const struct chimney_tcp_state_delegated *from)
{
	*to = *from;
	__skb_queue_head_init(&to->buffered_data);
}

static void tcp_fill(const struct example_object *object,
		     enum chimney_state_type type, void *to)
{
	struct chimney_tcp_offload_state state, *complete = to;

	tcp_read(object, &state);
	if (type == CHIMNEY_TCP_STATE_CONST) {
		COPY_STATE(to, state.constant);
	} else if (type == CHIMNEY_TCP_STATE_CACHED) {
		COPY_STATE(to, state.cached);
	} else if (type == CHIMNEY_TCP_STATE_DELEGATED) {
		delegated_fill(to, &state.delegated);
	} else {
		complete->constant = state.constant;
		complete->cached = state.cached;
		delegated_fill(&complete->delegated, &state.delegated);
	}
}

/* QRY-05; at terminate the structure is the delegated one (CLS-09). */
static void block_fill(struct chimney_block *block)
{
	const struct example_object *object = block_object(block);

	if (!object || !block->state)
		return;
	if (object->layer == CHIMNEY_LAYER_NEIGHBOR)
		neighbor_fill(object, block->type, block->state);
	else if (object->layer == CHIMNEY_LAYER_PATH)
		path_fill(object, block->type, block->state);
	else
		tcp_fill(object, block->type, block->state);
}

/* -------- initiate -------- */

/* Keepalive runs a timer, which we have none of. */
static bool needs_timer(const struct chimney_tcp_state_cached *cached)
{
	return cached->flags & CHIMNEY_TCP_KEEP_ALIVE;
}

/* Each refusal has the status that says most (INIT-38). */
static enum chimney_status tcp_check(const struct example *ex,
				     const struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *tcp = block->state;
	const struct chimney_caps *caps = &ex->target.caps;

	if (ex->used[CHIMNEY_LAYER_TCP] >= caps->tcp_entries)
		return CHIMNEY_STATUS_TCP_ENTRIES;
	if (caps->max_rcv_wnd &&
	    tcp->cached.initial_rcv_wnd > caps->max_rcv_wnd)
		return CHIMNEY_STATUS_TCP_RCV_WINDOW;
	if (!skb_queue_empty(&block->send_queue))
		return CHIMNEY_STATUS_TCP_XMIT_BUFFER;
	if (!skb_queue_empty(&tcp->delegated.buffered_data))
		return CHIMNEY_STATUS_TCP_RCV_BUFFER;
	if (tcp->delegated.state != CHIMNEY_TCP_STATE_ESTABLISHED ||
	    tcp->delegated.retransmit.timeout_delta != CHIMNEY_TIMER_OFF ||
	    needs_timer(&tcp->cached))
		return CHIMNEY_STATUS_CONNECTION_REJECTED;
	return CHIMNEY_STATUS_SUCCESS;
}

static enum chimney_status path_check(const struct example *ex,
				      const struct chimney_block *block)
{
	const struct chimney_path_offload_state *path = block->state;
	const struct chimney_caps *caps = &ex->target.caps;

	if (ex->used[CHIMNEY_LAYER_PATH] >= caps->path_entries)
		return CHIMNEY_STATUS_PATH_ENTRIES;
	if (caps->max_mtu && path->cached.path_mtu > caps->max_mtu)
		return CHIMNEY_STATUS_PATH_MTU;
	return CHIMNEY_STATUS_SUCCESS;
}

static enum chimney_status new_check(const struct example *ex,
				     const struct chimney_block *block)
{
	switch (chimney_block_layer(block)) {
	case CHIMNEY_LAYER_TCP:
		return tcp_check(ex, block);
	case CHIMNEY_LAYER_PATH:
		return path_check(ex, block);
	default:
		return ex->used[CHIMNEY_LAYER_NEIGHBOR] <
				       ex->target.caps.neighbor_entries ?
			       CHIMNEY_STATUS_SUCCESS :
			       CHIMNEY_STATUS_NEIGHBOR_ENTRIES;
	}
}

static void count(struct example *ex, enum chimney_layer layer, int change)
{
	spin_lock_bh(&ex->lock);
	ex->used[layer] += change;
	spin_unlock_bh(&ex->lock);
}

/* The block's memory is the client's, so the state is copied (INIT-17). */
static void state_copy(struct example_object *object,
		       const struct chimney_block *block)
{
	if (object->layer == CHIMNEY_LAYER_NEIGHBOR)
		object->neighbor =
			*(struct chimney_neighbor_offload_state *)block->state;
	else if (object->layer == CHIMNEY_LAYER_PATH)
		object->path =
			*(struct chimney_path_offload_state *)block->state;
	else
		object->tcp = *(struct chimney_tcp_offload_state *)block->state;
}

/* Own state of a new block: take it over, or say why not. */
static enum chimney_status object_new(struct example *ex,
				      struct chimney_block *block,
				      struct example_object *parent)
{
	enum chimney_status status = new_check(ex, block);
	struct example_object *object;

	if (status != CHIMNEY_STATUS_SUCCESS)
		return status;
	object = kzalloc(sizeof(*object), GFP_KERNEL);
	if (!object)
		return CHIMNEY_STATUS_RESOURCES;
	object->handle = block->handle;
	object->layer = chimney_block_layer(block);
	object->parent = parent;
	object->since = ktime_get();
	INIT_LIST_HEAD(&object->busy);
	INIT_LIST_HEAD(&object->receives);
	__skb_queue_head_init(&object->sends);
	__skb_queue_head_init(&object->forwards);
	state_copy(object, block);
	list_add_tail(&object->list, &ex->objects);
	count(ex, object->layer, 1);
	/* INIT-26; where the status is a failure it stays NULL (INIT-27). */
	block->handle->context = object;
	return CHIMNEY_STATUS_SUCCESS;
}

static bool is_done(const struct chimney_block *block)
{
	return block->status == CHIMNEY_STATUS_SUCCESS ||
	       block->status == CHIMNEY_STATUS_PARTIAL_SUCCESS;
}

/* INIT-39 to INIT-43: what became of the dependents is part of a status. */
static enum chimney_status with_dependents(const struct chimney_block *block)
{
	const struct chimney_block *dependent;
	bool any = false, all = true;

	for (dependent = block->dependent; dependent;
	     dependent = dependent->next) {
		any |= is_done(dependent);
		all &= is_done(dependent);
	}
	if (block->role == CHIMNEY_ROLE_PLACEHOLDER || all)
		return CHIMNEY_STATUS_SUCCESS;
	if (block->role == CHIMNEY_ROLE_LINKER && !any)
		return CHIMNEY_STATUS_FAILURE;
	return CHIMNEY_STATUS_PARTIAL_SUCCESS;
}

/*
 * A list of blocks, each with its dependents before the next (INIT-20); a tree
 * is three levels deep (DAT-05), so it may be recursive. Without @attempt all
 * fail (INIT-44).
 */
static void list_initiate(struct example *ex, struct chimney_block *block,
			  struct example_object *parent, bool attempt,
			  bool root)
{
	bool ok;

	for (; block; block = block->next) {
		ok = attempt;
		block->status = CHIMNEY_STATUS_FAILURE;
		if (attempt && block->role == CHIMNEY_ROLE_NEW) {
			block->status = object_new(ex, block, parent);
			ok = block->status == CHIMNEY_STATUS_SUCCESS;
		}
		/* INIT-45 */
		list_initiate(ex, block->dependent, block_object(block), ok,
			      false);
		if (ok || block->role == CHIMNEY_ROLE_PLACEHOLDER)
			block->status = with_dependents(block);
		/* INIT-46 */
		if (root && !ok)
			attempt = false;
		root = false;
	}
}

static void tree_initiate(struct example *ex, struct chimney_block *tree)
{
	list_initiate(ex, tree, NULL, true, true);
	chimney_initiate_offload_complete(&ex->target, tree);
}

/* -------- the other operations -------- */

static void object_free(struct example *ex, struct example_object *object)
{
	list_del(&object->list);
	count(ex, object->layer, -1);
	kfree(object);
}

/* All I/O has been answered, so nothing is left but the state. */
static void tree_terminate(struct example *ex, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		struct example_object *object = block_object(block);

		block->status = CHIMNEY_STATUS_SUCCESS;
		if (!object)
			continue;
		if (object->layer == CHIMNEY_LAYER_TCP)
			object_answer(ex, object, true);
		block_fill(block);
		object_free(ex, object);	/* TERM-59 */
	}
	chimney_terminate_offload_complete(&ex->target, tree);
}

static void tree_query(struct example *ex, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		block_fill(block);
		block->status = CHIMNEY_STATUS_SUCCESS;
	}
	chimney_query_offload_complete(&ex->target, tree);
}

/* UPD-05, UPD-06 */
static void object_update(struct example *ex, struct example_object *object,
			  const void *state)
{
	switch (object->layer) {
	case CHIMNEY_LAYER_NEIGHBOR:
		object->neighbor.cached =
			*(struct chimney_neighbor_state_cached *)state;
		/* It is true now, the rest was when the object came. */
		object->neighbor.cached.host_reachability_delta -=
			object_age(object);
		break;
	case CHIMNEY_LAYER_PATH:
		object->path.cached = *(struct chimney_path_state_cached *)state;
		break;
	case CHIMNEY_LAYER_TCP:
		object->tcp.cached = *(struct chimney_tcp_state_cached *)state;
		if (needs_timer(&object->tcp.cached))
			object_retrieve(ex, object, CHIMNEY_UPLOAD_REQUESTED);
		break;
	}
}

static void tree_update(struct example *ex, struct chimney_block *tree)
{
	struct chimney_block *block, *parent;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		struct example_object *object = block_object(block);

		block->status = CHIMNEY_STATUS_SUCCESS;
		parent = chimney_walk_parent(&walk);
		/* UPD-07 */
		if (object && object->layer == CHIMNEY_LAYER_PATH && parent &&
		    block_object(parent))
			object->parent = block_object(parent);
		if (object && block->state)
			object_update(ex, object, block->state);
	}
	chimney_update_offload_complete(&ex->target, tree);
}

static bool depends_on(const struct example_object *object,
		       const struct example_object *invalid)
{
	for (; object; object = object->parent)
		if (object == invalid)
			return true;
	return false;
}

/* INV-06; nothing is ever sent with an object, so that is all (INV-05). */
static void object_invalidate(struct example *ex,
			      struct example_object *invalid)
{
	struct example_object *object;

	list_for_each_entry(object, &ex->objects, list)
		if (object->layer == CHIMNEY_LAYER_TCP &&
		    depends_on(object, invalid))
			object_retrieve(ex, object,
					CHIMNEY_UPLOAD_INVALID_STATE);
}

static void tree_invalidate(struct example *ex, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		struct example_object *object = block_object(block);

		if (object)
			object_invalidate(ex, object);
		block->status = CHIMNEY_STATUS_SUCCESS;
	}
	chimney_invalidate_offload_complete(&ex->target, tree);
}

/* -------- the work -------- */

static struct chimney_block *tree_take(struct example *ex)
{
	struct chimney_block *tree;

	spin_lock_bh(&ex->lock);
	tree = ex->first;
	if (tree)
		ex->first = tree->target_priv[0];
	spin_unlock_bh(&ex->lock);
	return tree;
}

static void tree_execute(struct example *ex, struct chimney_block *tree)
{
	switch ((enum chimney_op_kind)(unsigned long)tree->target_priv[1]) {
	case CHIMNEY_OP_KIND_INITIATE:
		tree_initiate(ex, tree);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		tree_terminate(ex, tree);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		tree_query(ex, tree);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		tree_update(ex, tree);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		tree_invalidate(ex, tree);
		break;
	}
}

static void example_work(struct work_struct *work)
{
	struct example *ex = container_of(work, struct example, work);
	struct example_object *object;
	struct chimney_block *tree;

	while ((tree = tree_take(ex)))
		tree_execute(ex, tree);
	while ((object = busy_first(ex)))
		object_answer(ex, object, false);
}

/* -------- registration -------- */

/* The clients are gone: what is queued is answered, then nothing comes. */
static void example_stop(struct chimney_target *target)
{
	flush_work(&to_example(target)->work);
}

static const struct chimney_target_ops example_target_ops = {
	.initiate_offload = example_initiate_offload,
	.terminate_offload = example_terminate_offload,
	.query_offload = example_query_offload,
	.update_offload = example_update_offload,
	.invalidate_offload = example_invalidate_offload,
	.tcp_send = example_tcp_send,
	.tcp_receive = example_tcp_receive,
	.tcp_forward = example_tcp_forward,
	.tcp_disconnect = example_tcp_disconnect,
	.usage = example_usage,
	.stop = example_stop,
};

static void example_free(struct example *ex)
{
	struct example_object *object, *next;

	destroy_workqueue(ex->wq);
	/* What a client left behind (PAU-11) */
	list_for_each_entry_safe(object, next, &ex->objects, list)
		kfree(object);
	kfree(ex);
}

/* A driver does this in its probe(), with what the device says of itself. */
static int example_newtarget(struct net_device *dev,
			     const struct chimney_caps *caps,
			     struct netlink_ext_ack *extack)
{
	struct example *ex;
	int err;

	if (dev->type != ARPHRD_ETHER) {
		NL_SET_ERR_MSG(extack,
			       "an example target needs an Ethernet device");
		return -EOPNOTSUPP;
	}
	ex = kzalloc(sizeof(*ex), GFP_KERNEL);
	if (!ex)
		return -ENOMEM;
	ex->wq = alloc_ordered_workqueue("chimney-example-%s", WQ_MEM_RECLAIM,
					 dev->name);
	if (!ex->wq) {
		NL_SET_ERR_MSG(extack, "no memory for the workqueue");
		kfree(ex);
		return -ENOMEM;
	}
	INIT_WORK(&ex->work, example_work);
	spin_lock_init(&ex->lock);
	INIT_LIST_HEAD(&ex->busy);
	INIT_LIST_HEAD(&ex->objects);
	ex->target.dev = dev;
	ex->target.ops = &example_target_ops;
	ex->target.owner = THIS_MODULE;
	ex->target.kind = &example_kind;
	ex->target.caps = *caps;
	ex->target.caps.tcp_entries = caps->tcp_entries ?: DEFAULT_TCP_ENTRIES;
	ex->target.caps.path_entries =
		caps->path_entries ?: DEFAULT_PATH_ENTRIES;
	ex->target.caps.neighbor_entries =
		caps->neighbor_entries ?: DEFAULT_NEIGHBOR_ENTRIES;
	ex->target.caps.tcp_memory = sizeof(struct example_object);
	ex->target.caps.ipv4 = true;
	ex->target.caps.ipv6 = true;
	err = chimney_target_register(&ex->target, extack);
	if (err)
		example_free(ex);
	return err;
}

/* A driver does this in its remove(): everything comes home first. */
static void example_deltarget(struct chimney_target *target)
{
	chimney_target_unregister(target);
	example_free(to_example(target));
}

static struct chimney_target_kind example_kind = {
	.name = "example",
	.owner = THIS_MODULE,
	.newtarget = example_newtarget,
	.deltarget = example_deltarget,
};

static int __init chimney_example_init(void)
{
	return chimney_target_kind_register(&example_kind);
}

static void __exit chimney_example_exit(void)
{
	chimney_target_kind_unregister(&example_kind);
}

module_init(chimney_example_init);
module_exit(chimney_example_exit);

MODULE_DESCRIPTION("TCP chimney offload: an example of a target");
MODULE_LICENSE("GPL");
MODULE_VERSION("0.1.0");
