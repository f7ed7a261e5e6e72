// SPDX-License-Identifier: GPL-2.0-only
/*
 * The replay client: for each target a binding with the objects that userspace
 * made up, for each netlink socket a session that owns some of them.
 */

#include <linux/completion.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/netlink.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "object.h"

/* Objects on a target, of all sessions. */
#define REPLAY_OBJECTS	4096
#define REPLAY_DEADLINE_MS	5000

/**
 * struct replay_binding - a target the client is bound to
 * @list: of all bindings
 * @binding: the core's
 * @dev: device of the target
 * @lock: one operation at a time; guards what follows
 * @objects: those that are offloaded, and those the target lost
 * @count: how many
 * @dead: the target goes away
 * @done: the operation that is running has ended
 * @lost: it ended because the target missed the deadline
 * @closed: the target takes no offloads at present (PAU-01, PAU-10)
 * @upload: takes everything back, as the target asked for (PAU-10)
 * @refs: the list, @upload, and whoever waits for @lock
 */
struct replay_binding {
	struct list_head list;
	struct chimney_binding *binding;
	struct net_device *dev;
	struct mutex lock;	/* objects, count, dead */
	struct list_head objects;
	unsigned int count;
	bool dead;
	struct completion done;
	bool lost;
	bool closed;
	struct work_struct upload;
	struct kref refs;
};

/**
 * struct replay_session - a netlink socket that has objects
 * @list: of the sessions whose sockets are open
 * @net: network namespace of the socket, compared only
 * @portid: of the socket
 * @work: takes its objects back
 */
struct replay_session {
	struct list_head list;
	const struct net *net;
	u32 portid;
	struct work_struct work;
};

static LIST_HEAD(replay_bindings);
static LIST_HEAD(replay_sessions);
static DEFINE_SPINLOCK(replay_lock);
static struct workqueue_struct *replay_wq;
static struct chimney_client replay_client;

/* -------- bindings -------- */

static void binding_release(struct kref *refs)
{
	kfree(container_of(refs, struct replay_binding, refs));
}

static void binding_put(struct replay_binding *rb)
{
	kref_put(&rb->refs, binding_release);
}

static struct replay_binding *binding_get(const struct net *net, int ifindex)
{
	struct replay_binding *rb;

	spin_lock(&replay_lock);
	list_for_each_entry(rb, &replay_bindings, list) {
		if (rb->dev->ifindex == ifindex &&
		    net_eq(dev_net(rb->dev), net)) {
			kref_get(&rb->refs);
			goto out;
		}
	}
	rb = NULL;
out:
	spin_unlock(&replay_lock);
	return rb;
}

/*
 * The binding after @before, which is put, held; or NULL. From the first on if
 * @before is NULL, and once more if it has left the list.
 */
static struct replay_binding *binding_next(struct replay_binding *before)
{
	struct list_head *at = &replay_bindings;
	struct replay_binding *rb = NULL;

	spin_lock(&replay_lock);
	if (before && !list_empty(&before->list))
		at = &before->list;
	if (!list_is_last(at, &replay_bindings)) {
		rb = list_next_entry(list_entry(at, struct replay_binding,
						list), list);
		kref_get(&rb->refs);
	}
	spin_unlock(&replay_lock);
	if (before)
		binding_put(before);
	return rb;
}

/* -------- objects -------- */

static struct chimney_replay_object *
object_find(const struct replay_binding *rb,
	    const struct replay_session *session, u32 label)
{
	struct chimney_replay_object *object;

	list_for_each_entry(object, &rb->objects, list)
		if (object->session == session && object->label == label &&
		    READ_ONCE(object->handle.state) != CHIMNEY_OBJECT_LOST)
			return object;
	return NULL;
}

static void object_drop(struct replay_binding *rb,
			struct chimney_replay_object *object)
{
	list_del_init(&object->list);
	rb->count--;
	replay_object_put(object);
}

static int new_object(struct replay_binding *rb,
		      const struct replay_session *session,
		      struct chimney_replay_block *block,
		      struct netlink_ext_ack *extack)
{
	struct chimney_replay_object *object;

	if (object_find(rb, session, block->label)) {
		NL_SET_ERR_MSG_ATTR(extack, block->attr,
				    "the object is offloaded already, or twice in the tree");
		return -EEXIST;
	}
	if (rb->count == REPLAY_OBJECTS) {
		NL_SET_ERR_MSG_ATTR(extack, block->attr,
				    "there are too many replayed objects on the target");
		return -ENOSPC;
	}
	object = replay_object_new(session, block->label, block->layer);
	if (!object)
		return -ENOMEM;
	list_add_tail(&object->list, &rb->objects);
	rb->count++;
	kref_get(&object->refs);
	block->object = object;
	return 0;
}

static int old_object(struct replay_binding *rb,
		      const struct replay_session *session,
		      struct chimney_replay_block *block,
		      struct netlink_ext_ack *extack)
{
	struct chimney_replay_object *object;

	object = object_find(rb, session, block->label);
	if (!object) {
		NL_SET_ERR_MSG_ATTR(extack, block->attr,
				    "this socket has offloaded no object of that number");
		return -ENOENT;
	}
	if (object->layer != block->layer) {
		NL_SET_ERR_MSG_ATTR(extack, block->attr,
				    "the object is of another layer");
		return -EINVAL;
	}
	kref_get(&object->refs);
	block->object = object;
	return 0;
}

static int resolve(struct replay_binding *rb,
		   const struct replay_session *session,
		   enum chimney_op_kind kind, struct chimney_replay_block *block,
		   struct netlink_ext_ack *extack)
{
	int err;

	if (block->role == CHIMNEY_ROLE_PLACEHOLDER)
		return 0;
	if (block->role == CHIMNEY_ROLE_LINKER) {
		err = old_object(rb, session, block, extack);
	} else if (kind == CHIMNEY_OP_KIND_INITIATE) {
		err = new_object(rb, session, block, extack);
	} else {
		NL_SET_ERR_MSG_ATTR(extack, block->attr,
				    "only an initiate brings new objects");
		err = -EINVAL;
	}
	if (!err)
		block->block.handle = &block->object->handle;
	return err;
}

/*
 * After the end of an operation: what the host owns again goes, and what a
 * late target may still name stays with the tree of the lost operation. What
 * was lost in a terminate that did end stays in the list, for its handle must
 * be valid until the client is unbound.
 */
static void settle(struct replay_binding *rb, struct chimney_replay_tree *tree,
		   bool lost)
{
	unsigned int i;

	for (i = 0; i < tree->count; i++) {
		struct chimney_replay_object *object = tree->blocks[i].object;

		if (!object || list_empty(&object->list))
			continue;
		/* Pairs with handle_set() of the core. */
		switch (smp_load_acquire(&object->handle.state)) {
		case CHIMNEY_OBJECT_HOST:
			object_drop(rb, object);
			break;
		case CHIMNEY_OBJECT_LOST:
			if (lost)
				object_drop(rb, object);
			break;
		default:
			break;
		}
	}
}

/* -------- operations -------- */

static int submit(struct replay_binding *rb, enum chimney_op_kind kind,
		  struct chimney_block *root, unsigned int deadline_ms)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return chimney_initiate_offload(rb->binding, root, deadline_ms);
	case CHIMNEY_OP_KIND_TERMINATE:
		return chimney_terminate_offload(rb->binding, root,
						 deadline_ms);
	case CHIMNEY_OP_KIND_UPDATE:
		return chimney_update_offload(rb->binding, root, deadline_ms);
	case CHIMNEY_OP_KIND_QUERY:
		return chimney_query_offload(rb->binding, root, deadline_ms);
	default:
		return chimney_invalidate_offload(rb->binding, root,
						  deadline_ms);
	}
}

/* The lock of the binding is held, the objects of the tree are known. */
static int run(struct replay_binding *rb, enum chimney_op_kind kind,
	       struct chimney_replay_tree *tree, unsigned int deadline_ms)
{
	int err;

	reinit_completion(&rb->done);
	rb->lost = false;
	err = submit(rb, kind, &tree->blocks[0].block, deadline_ms);
	if (!err)
		wait_for_completion_state(&rb->done, TASK_IDLE);
	settle(rb, tree, rb->lost);
	return err;
}

/* CAP-01, CAP-03, and PAU-07 after each resume: ask, and enable all there is. */
static int enable_caps(struct replay_binding *rb)
{
	struct chimney_caps caps;

	if (READ_ONCE(rb->closed))
		return -EAGAIN;
	chimney_query_caps(rb->binding, &caps);
	return chimney_enable_caps(rb->binding, &caps);
}

static void explain_refusal(int err, struct netlink_ext_ack *extack)
{
	switch (err) {
	case -EAGAIN:
		NL_SET_ERR_MSG(extack,
			       "the target takes no offloads at present");
		break;
	case -EINVAL:
		NL_SET_ERR_MSG(extack,
			       "the tree breaks the contract; the violations of the target say which clause");
		break;
	case -EBUSY:
		NL_SET_ERR_MSG(extack,
			       "another operation has an object of the tree, or it is twice in it");
		break;
	case -ESHUTDOWN:
		NL_SET_ERR_MSG(extack, "the target goes away");
		break;
	}
}

static int run_locked(struct replay_binding *rb,
		      const struct replay_session *session,
		      enum chimney_op_kind kind,
		      struct chimney_replay_tree *tree,
		      unsigned int deadline_ms, struct netlink_ext_ack *extack)
{
	unsigned int i;
	int err = 0;

	for (i = 0; !err && i < tree->count; i++)
		err = resolve(rb, session, kind, &tree->blocks[i], extack);
	if (err) {
		settle(rb, tree, false);
		return err;
	}
	if (kind == CHIMNEY_OP_KIND_INITIATE)
		err = enable_caps(rb);
	if (err)
		settle(rb, tree, false);
	else
		err = run(rb, kind, tree, deadline_ms);
	explain_refusal(err, extack);
	return err;
}

static struct replay_session *session_find(const struct net *net, u32 portid)
{
	struct replay_session *session;

	lockdep_assert_held(&replay_lock);
	list_for_each_entry(session, &replay_sessions, list)
		if (session->portid == portid && session->net == net)
			return session;
	return NULL;
}

static void session_work(struct work_struct *work);

/* The session of a socket, which the caller keeps open. */
static struct replay_session *session_get(const struct net *net, u32 portid)
{
	struct replay_session *session, *fresh;

	fresh = kzalloc(sizeof(*fresh), GFP_KERNEL);
	if (!fresh)
		return NULL;
	fresh->net = net;
	fresh->portid = portid;
	INIT_WORK(&fresh->work, session_work);

	spin_lock(&replay_lock);
	session = session_find(net, portid);
	if (!session) {
		list_add_tail(&fresh->list, &replay_sessions);
		session = fresh;
	}
	spin_unlock(&replay_lock);
	if (session != fresh)
		kfree(fresh);
	return session;
}

/**
 * chimney_replay_run() - send a tree to a target and wait for it
 * @net: network namespace of the request
 * @portid: netlink socket that has the objects of the tree; open during the
 *	call
 * @ifindex: device of the target
 * @kind: the operation
 * @tree: the tree; the caller keeps its reference
 * @deadline_ms: time the target has
 * @state: gets how the operation ended; if it timed out, @tree is the target's
 *	and must not be looked at
 * @extack: told what is wrong
 *
 * Context: process, sleeps up to the deadline.
 * Return: 0; -ENODEV if the device has no target; -EEXIST, -ENOENT or -EINVAL
 * for objects that do not fit, -ENOSPC, -ENOMEM, or what the core says to the
 * tree.
 */
int chimney_replay_run(struct net *net, u32 portid, int ifindex,
		       enum chimney_op_kind kind,
		       struct chimney_replay_tree *tree,
		       unsigned int deadline_ms, enum chimney_op_state *state,
		       struct netlink_ext_ack *extack)
{
	struct replay_session *session;
	struct replay_binding *rb;
	int err = -ENODEV;

	session = session_get(net, portid);
	if (!session)
		return -ENOMEM;
	rb = binding_get(net, ifindex);
	if (!rb) {
		NL_SET_ERR_MSG(extack, "the device has no target");
		return err;
	}
	mutex_lock(&rb->lock);
	if (rb->dead)
		NL_SET_ERR_MSG(extack, "the target goes away");
	else
		err = run_locked(rb, session, kind, tree, deadline_ms, extack);
	*state = rb->lost ? CHIMNEY_OP_STATE_TIMED_OUT : CHIMNEY_OP_STATE_DONE;
	mutex_unlock(&rb->lock);
	binding_put(rb);
	return err;
}

/* -------- taking objects back -------- */

static bool to_take(const struct chimney_replay_object *object,
		    const struct replay_session *session,
		    enum chimney_layer layer)
{
	return object->layer == layer &&
	       (!session || object->session == session) &&
	       READ_ONCE(object->handle.state) == CHIMNEY_OBJECT_OFFLOADED;
}

/* One tree of what is left of a layer; false if nothing is, or memory is short. */
static bool take_some(struct replay_binding *rb,
		      const struct replay_session *session,
		      enum chimney_layer layer)
{
	struct chimney_replay_object *object;
	struct chimney_replay_tree *tree;
	bool taken;

	tree = chimney_replay_tree_new(CHIMNEY_REPLAY_BLOCKS);
	if (!tree)
		return false;
	list_for_each_entry(object, &rb->objects, list) {
		struct chimney_replay_block *block;

		if (!to_take(object, session, layer))
			continue;
		block = chimney_replay_tree_add(tree, layer);
		chimney_replay_set_state(block, CHIMNEY_STATE_CLASS_DELEGATED);
		kref_get(&object->refs);
		block->object = object;
		block->block.handle = &object->handle;
		if (tree->count == CHIMNEY_REPLAY_BLOCKS)
			break;
	}
	taken = tree->count && !run(rb, CHIMNEY_OP_KIND_TERMINATE, tree,
				    REPLAY_DEADLINE_MS);
	chimney_replay_tree_put(tree);
	return taken;
}

/* Dependents first (TERM-05). All sessions if @session is NULL. */
static void take_back(struct replay_binding *rb,
		      const struct replay_session *session)
{
	int layer;

	lockdep_assert_held(&rb->lock);
	for (layer = CHIMNEY_LAYER_TCP; layer >= CHIMNEY_LAYER_NEIGHBOR;
	     layer--)
		while (take_some(rb, session, layer))
			cond_resched();
}

static void upload_work(struct work_struct *work)
{
	struct replay_binding *rb =
		container_of(work, struct replay_binding, upload);

	mutex_lock(&rb->lock);
	if (!rb->dead)
		take_back(rb, NULL);
	mutex_unlock(&rb->lock);
	binding_put(rb);
}

static void session_work(struct work_struct *work)
{
	struct replay_session *session =
		container_of(work, struct replay_session, work);
	struct replay_binding *rb = NULL;

	while ((rb = binding_next(rb))) {
		mutex_lock(&rb->lock);
		take_back(rb, session);
		mutex_unlock(&rb->lock);
	}
	kfree(session);
}

/**
 * chimney_replay_port_closed() - take back what a netlink socket made up
 * @net: network namespace of the socket
 * @portid: its port
 *
 * Context: process.
 */
void chimney_replay_port_closed(struct net *net, u32 portid)
{
	struct replay_session *session;

	spin_lock(&replay_lock);
	session = session_find(net, portid);
	if (session)
		list_del(&session->list);
	spin_unlock(&replay_lock);
	if (session)
		queue_work(replay_wq, &session->work);
}

/* -------- calls of the core -------- */

/* The lock of the target registry is held. */
static void replay_bind(struct chimney_target *target)
{
	struct replay_binding *rb;

	rb = kzalloc(sizeof(*rb), GFP_KERNEL);
	if (!rb)
		return;
	kref_init(&rb->refs);
	mutex_init(&rb->lock);
	INIT_LIST_HEAD(&rb->objects);
	init_completion(&rb->done);
	INIT_WORK(&rb->upload, upload_work);
	rb->dev = target->dev;
	rb->binding = chimney_bind(&replay_client, target, rb);
	if (IS_ERR(rb->binding)) {
		kfree(rb);
		return;
	}
	spin_lock(&replay_lock);
	list_add_tail(&rb->list, &replay_bindings);
	spin_unlock(&replay_lock);
}

/* The lock of the target registry is held. */
static void replay_unbind(struct chimney_binding *binding)
{
	struct replay_binding *rb = chimney_binding_priv(binding);
	struct chimney_replay_object *object, *next;

	spin_lock(&replay_lock);
	list_del_init(&rb->list);
	spin_unlock(&replay_lock);

	mutex_lock(&rb->lock);
	rb->dead = true;
	take_back(rb, NULL);
	list_for_each_entry_safe(object, next, &rb->objects, list)
		object_drop(rb, object);
	mutex_unlock(&rb->lock);
	binding_put(rb);
}

static void complete_tree(struct chimney_binding *binding,
			  struct chimney_block *tree)
{
	struct replay_binding *rb = chimney_binding_priv(binding);

	complete(&rb->done);
}

static struct chimney_replay_tree *tree_of(struct chimney_block *root)
{
	return root->client_priv[0];
}

static void operation_lost(struct chimney_binding *binding,
			   struct chimney_block *root)
{
	struct replay_binding *rb = chimney_binding_priv(binding);

	/* Until free_tree(). */
	refcount_inc(&tree_of(root)->refs);
	rb->lost = true;
	complete(&rb->done);
}

static void free_tree(struct chimney_binding *binding,
		      struct chimney_block *root)
{
	chimney_replay_tree_put(tree_of(root));
}

/* Send data that travelled with an initiate and was acknowledged. */
static void tcp_send_complete(struct chimney_handle *handle,
			      struct sk_buff_head *list,
			      enum chimney_status status)
{
	__skb_queue_purge(list);
}

/* Never asked for: what a target completes here is not the client's. */
static void tcp_receive_complete(struct chimney_handle *handle,
				 struct chimney_receive *request)
{
}

static void tcp_forward_complete(struct chimney_handle *handle,
				 struct sk_buff_head *list,
				 enum chimney_status status)
{
}

static void tcp_disconnect_complete(struct chimney_handle *handle,
				    struct chimney_disconnect *request)
{
}

static enum chimney_status tcp_receive_indicate(struct chimney_handle *handle,
						struct sk_buff *skb,
						u32 *consumed)
{
	atomic64_add(skb->len, &replay_object_of(handle)->indicated);
	consume_skb(skb);
	return CHIMNEY_STATUS_SUCCESS;
}

static void tcp_event(struct chimney_handle *handle,
		      enum chimney_tcp_event event, u32 information)
{
	atomic_inc(&replay_object_of(handle)->events);
}

static void neighbor_event(struct chimney_binding *binding,
			   struct chimney_block *block,
			   enum chimney_event event)
{
	if (block)
		atomic_inc(&replay_object_of(block->handle)->events);
}

static void target_status(struct chimney_binding *binding,
			  enum chimney_indication indication)
{
	struct replay_binding *rb = chimney_binding_priv(binding);

	WRITE_ONCE(rb->closed, indication != CHIMNEY_INDICATION_RESUME);
	if (indication != CHIMNEY_INDICATION_UPLOAD_ALL)
		return;
	kref_get(&rb->refs);
	if (!queue_work(replay_wq, &rb->upload))
		binding_put(rb);
}

static const struct chimney_client_ops replay_ops = {
	.bind = replay_bind,
	.unbind = replay_unbind,
	.initiate_offload_complete = complete_tree,
	.terminate_offload_complete = complete_tree,
	.update_offload_complete = complete_tree,
	.query_offload_complete = complete_tree,
	.invalidate_offload_complete = complete_tree,
	.operation_lost = operation_lost,
	.free_tree = free_tree,
	.tcp_send_complete = tcp_send_complete,
	.tcp_receive_complete = tcp_receive_complete,
	.tcp_forward_complete = tcp_forward_complete,
	.tcp_disconnect_complete = tcp_disconnect_complete,
	.tcp_receive_indicate = tcp_receive_indicate,
	.tcp_event = tcp_event,
	.event = neighbor_event,
	.status = target_status,
};

static struct chimney_client replay_client = {
	.name = "replay",
	.ops = &replay_ops,
	.owner = THIS_MODULE,
};

/**
 * chimney_replay_init() - register the client
 *
 * Context: module init, after the core.
 * Return: 0 or an errno.
 */
int chimney_replay_init(void)
{
	int err;

	replay_wq = alloc_workqueue("chimney_replay", WQ_UNBOUND, 0);
	if (!replay_wq)
		return -ENOMEM;
	err = chimney_client_register(&replay_client);
	if (err)
		destroy_workqueue(replay_wq);
	return err;
}

/**
 * chimney_replay_exit() - unregister the client
 *
 * No request is running, and no socket is watched any more.
 *
 * Context: module init and exit.
 */
void chimney_replay_exit(void)
{
	struct replay_session *session, *next;

	chimney_client_unregister(&replay_client);
	destroy_workqueue(replay_wq);
	list_for_each_entry_safe(session, next, &replay_sessions, list)
		kfree(session);
	/* Objects on their way out. */
	rcu_barrier();
}
