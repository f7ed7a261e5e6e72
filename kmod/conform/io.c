// SPDX-License-Identifier: GPL-2.0-only
/* What the host does with a connection, and what it hears from the target. */
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <net/tcp.h>

#include "harness.h"

static struct conform_object *object_of(struct chimney_handle *handle)
{
	return container_of(handle, struct conform_object, handle);
}

/* Calls --------------------------------------------------------------------- */

/**
 * conform_data() - send data
 * @seq: sequence number of the first byte
 * @len: bytes
 *
 * Context: the thread of the case.
 * Return: an skb with all data in pages, as TCP has it; NULL without memory.
 */
struct sk_buff *conform_data(u32 seq, u32 len)
{
	struct sk_buff *skb;
	int err;
	u32 i;
	u8 byte;

	skb = alloc_skb_with_frags(0, len, 0, &err, GFP_KERNEL);
	if (!skb)
		return NULL;
	skb->data_len = len;
	skb->len = len;
	for (i = 0; i < len; i++) {
		byte = conform_byte(seq + i);
		skb_store_bits(skb, i, &byte, 1);
	}
	return skb;
}

static struct sk_buff *next_data(struct conform_object *conn, u32 len)
{
	struct sk_buff *skb = conform_data(conn->host_nxt, len);

	if (skb)
		conn->host_nxt += len;
	else
		conform_fail(conn->c, "no memory for send data");
	return skb;
}

bool conform_send(struct conform_object *conn, u32 len)
{
	struct sk_buff *skb = next_data(conn, len);
	struct sk_buff_head list;

	if (!skb)
		return false;
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, skb);
	spin_lock_bh(&conn->c->lock);
	conn->sends++;
	spin_unlock_bh(&conn->c->lock);
	chimney_tcp_send(&conn->handle, &list);
	return true;
}

bool conform_queue(struct conform_object *conn, u32 len)
{
	struct sk_buff *skb = next_data(conn, len);

	if (!skb)
		return false;
	__skb_queue_tail(&conn->send_queue, skb);
	conn->sends++;
	return true;
}

/* A receive request that is not posted yet. */
struct conform_request *conform_request(struct conform_object *conn, size_t len,
					bool no_push)
{
	struct conform_request *request;

	request = kzalloc(sizeof(*request), GFP_KERNEL | __GFP_NOFAIL);
	request->vec.iov_base = kvzalloc(max_t(size_t, len, 1),
					 GFP_KERNEL | __GFP_NOFAIL);
	request->vec.iov_len = len;
	request->len = len;
	request->object = conn;
	request->receive.no_push = no_push;
	iov_iter_kvec(&request->receive.to, ITER_DEST, &request->vec, 1, len);
	list_add_tail(&request->list, &conn->c->requests);
	return request;
}

static void request_post(struct conform_object *conn,
			 struct conform_request *request)
{
	spin_lock_bh(&conn->c->lock);
	request->out = true;
	spin_unlock_bh(&conn->c->lock);
	chimney_tcp_receive(&conn->handle, &request->receive);
}

struct conform_request *conform_post(struct conform_object *conn, size_t len,
				     bool no_push)
{
	struct conform_request *request = conform_request(conn, len, no_push);

	request_post(conn, request);
	return request;
}

/* A nonpush request whose buffer holds data already (RCV-16). */
struct conform_request *conform_post_prefilled(struct conform_object *conn,
					       size_t len, size_t prefilled)
{
	struct conform_request *request = conform_request(conn, len, true);

	memset(request->vec.iov_base, 0x5a, prefilled);
	request->receive.prefilled = prefilled;
	iov_iter_advance(&request->receive.to, prefilled);
	request_post(conn, request);
	return request;
}

struct conform_disconnect *conform_disconnect(struct conform_object *conn,
					      bool abortive, u32 len)
{
	struct conform_disconnect *request;
	struct sk_buff *skb;

	request = kzalloc(sizeof(*request), GFP_KERNEL | __GFP_NOFAIL);
	request->object = conn;
	request->disconnect.abortive = abortive;
	__skb_queue_head_init(&request->disconnect.data);
	list_add_tail(&request->list, &conn->c->disconnects);
	if (len) {
		skb = next_data(conn, len);
		if (skb)
			__skb_queue_tail(&request->disconnect.data, skb);
	}
	spin_lock_bh(&conn->c->lock);
	request->out = true;
	spin_unlock_bh(&conn->c->lock);
	chimney_tcp_disconnect(&conn->handle, &request->disconnect);
	return request;
}

u32 conform_delivered(struct conform_object *conn)
{
	u32 seq;

	spin_lock_bh(&conn->c->lock);
	seq = conn->delivered;
	spin_unlock_bh(&conn->c->lock);
	return seq;
}

/* @bytes: since the connection was initiated, buffered data excluded. */
bool conform_await_delivered(struct conform_object *conn, u32 bytes)
{
	u32 seq = conn->tcp.delegated.rcv_nxt + bytes;
	struct conform *c = conn->c;

	wait_event_timeout(c->wait, !before(conform_delivered(conn), seq) ||
			   READ_ONCE(c->gone), CONFORM_PATIENCE);
	return conform_equal(c, "bytes delivered to the host", bytes,
			     (s32)(conform_delivered(conn) -
				   conn->tcp.delegated.rcv_nxt));
}

void conform_accept(struct conform_object *conn, enum chimney_status answer,
		    u32 part)
{
	spin_lock_bh(&conn->c->lock);
	conn->accept = answer;
	conn->part = part;
	spin_unlock_bh(&conn->c->lock);
}

void conform_keep(struct conform_object *conn)
{
	spin_lock_bh(&conn->c->lock);
	conn->keep = true;
	spin_unlock_bh(&conn->c->lock);
}

/* RRET: what the host has kept goes back to the target. */
void conform_return_kept(struct conform_object *conn)
{
	struct sk_buff_head kept;

	__skb_queue_head_init(&kept);
	spin_lock_bh(&conn->c->lock);
	skb_queue_splice_tail_init(&conn->kept, &kept);
	spin_unlock_bh(&conn->c->lock);
	__skb_queue_purge(&kept);
}

/* Completions --------------------------------------------------------------- */

static void log_tree(struct conform *c, struct chimney_block *root,
		     enum conform_kind kind)
{
	struct conform_tree *tree = container_of(root, struct conform_tree,
						 node[0].block);
	bool *flag = kind == CONFORM_TREE ? &tree->back : &tree->lost;
	struct conform_entry *entry = conform_log_new(c, kind, NULL);

	if (entry) {
		entry->tree = tree;
		entry->good = !in_task() || READ_ONCE(c->calling) != current;
	}
	if (kind == CONFORM_TREE && c->at_complete)
		c->at_complete(c, tree);
	conform_log_add(c, entry);
	/* Pairs with smp_load_acquire() in conform_await_tree(). */
	smp_store_release(flag, true);
	wake_up(&c->wait);
}

static void conform_complete(struct chimney_binding *binding,
			     struct chimney_block *tree)
{
	log_tree(chimney_binding_priv(binding), tree, CONFORM_TREE);
}

static void conform_operation_lost(struct chimney_binding *binding,
				   struct chimney_block *tree)
{
	log_tree(chimney_binding_priv(binding), tree, CONFORM_LOST);
}

static void conform_free_tree(struct chimney_binding *binding,
			      struct chimney_block *root)
{
	struct conform_tree *tree = container_of(root, struct conform_tree,
						 node[0].block);

	WRITE_ONCE(tree->back, true);
}

/* Each is one less of @out, which the lock of the case guards. */
static void skbs_back(struct conform_object *conn, struct sk_buff_head *list,
		      enum conform_kind kind, enum chimney_status status,
		      unsigned int *out)
{
	struct conform *c = conn->c;
	struct conform_entry *entry;
	struct sk_buff *skb;

	while ((skb = __skb_dequeue(list))) {
		entry = conform_log_new(c, kind, conn);
		if (entry) {
			entry->status = status;
			entry->len = skb->len;
		}
		spin_lock_bh(&c->lock);
		(*out)--;
		spin_unlock_bh(&c->lock);
		consume_skb(skb);
		conform_log_add(c, entry);
	}
}

static void conform_send_complete(struct chimney_handle *handle,
				  struct sk_buff_head *list,
				  enum chimney_status status)
{
	struct conform_object *conn = object_of(handle);

	skbs_back(conn, list, CONFORM_SEND, status, &conn->sends);
}

/* RCV-20: one completion or indication at a time; but posting may be nested. */
static void receive_begin(struct conform_object *conn)
{
	spin_lock_bh(&conn->c->lock);
	if (conn->busy++)
		conn->overlap = true;
	spin_unlock_bh(&conn->c->lock);
}

static void receive_end(struct conform_object *conn)
{
	spin_lock_bh(&conn->c->lock);
	conn->busy--;
	spin_unlock_bh(&conn->c->lock);
}

/* Who waits for the data looks for the entry next. */
static void count_delivered(struct conform_object *conn, u32 bytes)
{
	struct conform *c = conn->c;

	spin_lock_bh(&c->lock);
	conn->delivered += bytes;
	spin_unlock_bh(&c->lock);
	wake_up(&c->wait);
}

static bool request_is_right(const struct conform_request *request, u32 seq)
{
	const u8 *bytes = request->vec.iov_base;
	size_t i;

	bytes += request->receive.prefilled;
	for (i = 0; i < request->receive.bytes_transferred; i++)
		if (bytes[i] != conform_byte(seq + i))
			return false;
	return true;
}

static void conform_receive_complete(struct chimney_handle *handle,
				     struct chimney_receive *receive)
{
	struct conform_request *request = container_of(receive,
						       struct conform_request,
						       receive);
	struct conform_object *conn = object_of(handle);
	struct conform *c = conn->c;
	struct conform_request *again;
	struct conform_entry *entry;

	receive_begin(conn);
	entry = conform_log_new(c, CONFORM_RECEIVE, conn);
	spin_lock_bh(&c->lock);
	if (entry) {
		entry->item = request;
		entry->status = receive->status;
		entry->len = receive->bytes_transferred;
		entry->good = request_is_right(request, conn->delivered);
	}
	request->out = false;
	again = conn->again;
	conn->again = NULL;
	spin_unlock_bh(&c->lock);
	conform_log_add(c, entry);
	count_delivered(conn, receive->bytes_transferred);
	if (again)
		request_post(conn, again);
	receive_end(conn);
}

static void conform_forward_complete(struct chimney_handle *handle,
				     struct sk_buff_head *list,
				     enum chimney_status status)
{
	struct conform_object *conn = object_of(handle);

	skbs_back(conn, list, CONFORM_FORWARD, status, &conn->c->forwards);
}

static void conform_disconnect_complete(struct chimney_handle *handle,
					struct chimney_disconnect *disconnect)
{
	struct conform_disconnect *request =
		container_of(disconnect, struct conform_disconnect, disconnect);
	struct conform_object *conn = object_of(handle);
	struct conform *c = conn->c;
	struct conform_entry *entry;

	entry = conform_log_new(c, CONFORM_DISCONNECT, conn);
	if (entry) {
		entry->item = request;
		entry->status = disconnect->status;
		entry->len = disconnect->bytes_transferred;
	}
	spin_lock_bh(&c->lock);
	request->out = false;
	spin_unlock_bh(&c->lock);
	conform_log_add(c, entry);
}

/* Indications --------------------------------------------------------------- */

bool conform_is_data(const struct sk_buff *skb, u32 seq)
{
	u32 i;
	u8 byte;

	for (i = 0; i < skb->len; i++)
		if (skb_copy_bits(skb, i, &byte, 1) ||
		    byte != conform_byte(seq + i))
			return false;
	return true;
}

static enum chimney_status
conform_receive_indicate(struct chimney_handle *handle, struct sk_buff *skb,
			 u32 *consumed)
{
	struct conform_object *conn = object_of(handle);
	struct conform *c = conn->c;
	struct conform_entry *entry;
	enum chimney_status answer;
	bool keep;

	receive_begin(conn);
	entry = conform_log_new(c, CONFORM_INDICATION, conn);
	spin_lock_bh(&c->lock);
	answer = conn->accept;
	if (answer == CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED &&
	    conn->part >= skb->len)
		answer = CHIMNEY_STATUS_SUCCESS;
	*consumed = answer == CHIMNEY_STATUS_SUCCESS ? skb->len :
		    answer == CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED ?
		    conn->part : 0;
	if (entry) {
		entry->status = answer;
		entry->len = skb->len;
		entry->good = conform_is_data(skb, conn->delivered);
	}
	keep = conn->keep && answer == CHIMNEY_STATUS_SUCCESS;
	if (keep)
		__skb_queue_tail(&conn->kept, skb);
	spin_unlock_bh(&c->lock);
	if (answer == CHIMNEY_STATUS_SUCCESS && !keep)
		consume_skb(skb);
	conform_log_add(c, entry);
	count_delivered(conn, *consumed);
	receive_end(conn);
	return answer;
}

static void conform_tcp_event(struct chimney_handle *handle,
			      enum chimney_tcp_event event, u32 information)
{
	struct conform_object *conn = object_of(handle);
	struct conform_entry *entry;

	entry = conform_log_new(conn->c, CONFORM_EVENT, conn);
	if (entry) {
		entry->code = event;
		entry->information = information;
	}
	conform_log_add(conn->c, entry);
}

static void conform_event(struct chimney_binding *binding,
			  struct chimney_block *block, enum chimney_event event)
{
	struct conform *c = chimney_binding_priv(binding);
	struct chimney_neighbor_offload_state *state;
	struct conform_entry *entry;

	entry = conform_log_new(c, CONFORM_NEIGHBOR, block && block->handle ?
				object_of(block->handle) : NULL);
	if (entry)
		entry->code = event;
	if (block && block->state) {
		state = block->state;
		spin_lock_bh(&c->lock);
		c->asked = *state;
		state->cached.host_reachability_delta = c->hrd;
		spin_unlock_bh(&c->lock);
	}
	conform_log_add(c, entry);
}

static void conform_status(struct chimney_binding *binding,
			   enum chimney_indication indication)
{
	struct conform *c = chimney_binding_priv(binding);
	struct conform_entry *entry = conform_log_new(c, CONFORM_STATUS, NULL);

	if (entry)
		entry->code = indication;
	conform_log_add(c, entry);
}

/* The binding --------------------------------------------------------------- */

/* The one case that is running; set before its client is registered. */
struct conform *conform_current;

static void conform_bind(struct chimney_target *target)
{
	struct conform *c = conform_current;

	if (!net_eq(dev_net(target->dev), c->net) ||
	    target->dev->ifindex != c->ifindex || c->binding || c->gone)
		return;
	c->binding = chimney_bind(&c->client, target, c);
	c->target = target;
}

/* The target goes, or the case has ended: the latter does not wait. */
static void conform_unbind(struct chimney_binding *binding)
{
	struct conform *c = chimney_binding_priv(binding);

	WRITE_ONCE(c->gone, true);
	wake_up(&c->wait);
	wait_for_completion(&c->quiet);
}

const struct chimney_client_ops conform_client_ops = {
	.bind = conform_bind,
	.unbind = conform_unbind,
	.initiate_offload_complete = conform_complete,
	.terminate_offload_complete = conform_complete,
	.query_offload_complete = conform_complete,
	.update_offload_complete = conform_complete,
	.invalidate_offload_complete = conform_complete,
	.operation_lost = conform_operation_lost,
	.free_tree = conform_free_tree,
	.tcp_send_complete = conform_send_complete,
	.tcp_receive_complete = conform_receive_complete,
	.tcp_forward_complete = conform_forward_complete,
	.tcp_receive_indicate = conform_receive_indicate,
	.tcp_event = conform_tcp_event,
	.tcp_disconnect_complete = conform_disconnect_complete,
	.event = conform_event,
	.status = conform_status,
};

/* The end ------------------------------------------------------------------- */

/**
 * conform_outstanding() - what the target has not given back
 * @c: a case whose objects are home
 *
 * Send data that came back with a terminate is in its trees.
 *
 * Context: the thread of the case.
 * Return: sends, receive requests, disconnects and forwards together.
 */
unsigned int conform_outstanding(struct conform *c)
{
	struct conform_disconnect *disconnect;
	struct conform_request *request;
	struct conform_object *object;
	struct conform_tree *tree;
	unsigned int i, count;
	s64 sends = 0;

	spin_lock_bh(&c->lock);
	count = c->forwards;
	list_for_each_entry(object, &c->objects, list)
		sends += object->sends;
	list_for_each_entry(request, &c->requests, list)
		count += request->out;
	list_for_each_entry(disconnect, &c->disconnects, list)
		count += disconnect->out;
	spin_unlock_bh(&c->lock);
	list_for_each_entry(object, &c->objects, list)
		sends -= skb_queue_len(&object->send_queue);
	list_for_each_entry(tree, &c->trees, list)
		for (i = 0; i < tree->count; i++)
			sends -= skb_queue_len(&tree->node[i].block.send_queue);
	return count + (sends > 0 ? sends : 0);
}

static void tree_free(struct conform_tree *tree)
{
	struct conform_node *node;
	unsigned int i;

	for (i = 0; i < tree->count; i++) {
		node = &tree->node[i];
		__skb_queue_purge(&node->block.send_queue);
		if (node->block.state && node->object &&
		    node->object->layer == CHIMNEY_LAYER_TCP &&
		    node->block.type >= CHIMNEY_TCP_STATE_DELEGATED)
			__skb_queue_purge(&node->tcp.delegated.buffered_data);
	}
	kvfree(tree);
}

/* Nothing of the case is out. */
void conform_io_free(struct conform *c)
{
	struct conform_disconnect *disconnect, *next_disconnect;
	struct conform_request *request, *next_request;
	struct conform_object *object, *next_object;
	struct conform_entry *entry, *next_entry;
	struct conform_tree *tree, *next_tree;

	list_for_each_entry_safe(tree, next_tree, &c->trees, list)
		tree_free(tree);
	list_for_each_entry_safe(request, next_request, &c->requests, list) {
		kvfree(request->vec.iov_base);
		kfree(request);
	}
	list_for_each_entry_safe(disconnect, next_disconnect, &c->disconnects,
				 list) {
		__skb_queue_purge(&disconnect->disconnect.data);
		kfree(disconnect);
	}
	list_for_each_entry_safe(object, next_object, &c->objects, list) {
		__skb_queue_purge(&object->send_queue);
		if (object->layer == CHIMNEY_LAYER_TCP)
			__skb_queue_purge(&object->tcp.delegated.buffered_data);
		__skb_queue_purge(&object->kept);
		kfree(object);
	}
	list_for_each_entry_safe(entry, next_entry, &c->log, list)
		kfree(entry);
}
