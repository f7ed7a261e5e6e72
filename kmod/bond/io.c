// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path of a relay: each call goes on with the name that the other side
 * knows the object by, and with the very same buffers (IM-23 to IM-31). No call
 * needs memory, so none can fail here.
 */
#include "relay.h"

static struct relay_object *object_of(struct chimney_handle *handle)
{
	return container_of(handle, struct relay_object, handle);
}

static void copy_unsent(struct relay_object *object)
{
	WRITE_ONCE(object->upper->unsent, READ_ONCE(object->handle.unsent));
}

/* Down ---------------------------------------------------------------------- */

void relay_tcp_send(struct chimney_target *target, void *context,
		    struct sk_buff_head *list)
{
	struct relay_object *object = context;

	chimney_tcp_send(&object->handle, list);
	copy_unsent(object);
}

void relay_tcp_receive(struct chimney_target *target, void *context,
		       struct chimney_receive *request)
{
	struct relay_object *object = context;

	chimney_tcp_receive(&object->handle, request);
}

void relay_tcp_forward(struct chimney_target *target, void *context,
		       struct sk_buff_head *list)
{
	struct relay_object *object = context;

	chimney_tcp_forward(&object->handle, list);
}

void relay_tcp_disconnect(struct chimney_target *target, void *context,
			  struct chimney_disconnect *request)
{
	struct relay_object *object = context;

	chimney_tcp_disconnect(&object->handle, request);
}

/* Up ------------------------------------------------------------------------ */

void relay_tcp_send_completed(struct chimney_handle *handle,
			      struct sk_buff_head *list,
			      enum chimney_status status)
{
	struct relay_object *object = object_of(handle);

	copy_unsent(object);
	chimney_tcp_send_complete(&object->relay->target, object->upper, list,
				  status);
}

void relay_tcp_receive_completed(struct chimney_handle *handle,
				 struct chimney_receive *request)
{
	struct relay_object *object = object_of(handle);

	chimney_tcp_receive_complete(&object->relay->target, object->upper,
				     request);
}

void relay_tcp_forward_completed(struct chimney_handle *handle,
				 struct sk_buff_head *list,
				 enum chimney_status status)
{
	struct relay_object *object = object_of(handle);

	chimney_tcp_forward_complete(&object->relay->target, object->upper,
				     list, status);
}

void relay_tcp_disconnect_completed(struct chimney_handle *handle,
				    struct chimney_disconnect *request)
{
	struct relay_object *object = object_of(handle);

	chimney_tcp_disconnect_complete(&object->relay->target, object->upper,
					request);
}

/* The buffer returns to the target below when the client frees it (IM-26). */
enum chimney_status relay_tcp_receive_indicated(struct chimney_handle *handle,
						struct sk_buff *skb,
						u32 *consumed)
{
	struct relay_object *object = object_of(handle);

	return chimney_tcp_receive_indicate(&object->relay->target,
					    object->upper, skb, consumed);
}

void relay_tcp_event(struct chimney_handle *handle,
		     enum chimney_tcp_event event, u32 information)
{
	struct relay_object *object = object_of(handle);

	chimney_tcp_event_indicate(&object->relay->target, object->upper, event,
				   information);
}

/* IM-32, G-24: relayed like any other; the answer is written to the same place. */
void relay_event(struct chimney_binding *binding, struct chimney_block *block,
		 enum chimney_event event)
{
	const struct relay_lower *lower = chimney_binding_priv(binding);
	struct chimney_relay *relay;
	struct chimney_block above;

	if (block) {
		struct relay_object *object = object_of(block->handle);

		chimney_block_init(&above, block->type, object->upper,
				   block->state);
		above.status = block->status;
		chimney_event_indicate(&object->relay->target, &above, event);
		return;
	}
	relay = READ_ONCE(lower->relay);
	if (relay && rcu_access_pointer(relay->current_lower) == lower)
		chimney_event_indicate(&relay->target, NULL, event);
}
