// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path: I/O calls, their completions, and indications. It looks at the
 * handle, which the caller keeps, and passes on; no locks, no counters unless
 * somebody breaks the contract.
 */
#include <linux/skbuff.h>

#include "registry.h"
#include "trace.h"

/* The target of an offloaded object; NULL if it is anywhere else. */
static struct chimney_target *io_target(const struct chimney_handle *handle)
{
	const struct chimney_binding *binding;

	/* Pairs with handle_set(): the rest of the handle is as it says. */
	if (unlikely(smp_load_acquire(&handle->state) !=
		     CHIMNEY_OBJECT_OFFLOADED))
		return NULL;
	binding = READ_ONCE(handle->binding);
	return likely(binding) ? READ_ONCE(binding->target) : NULL;
}

/* A call on an object that cannot take it: the client's fault. */
static void io_refuse(const struct chimney_handle *handle,
		      enum chimney_clause clause)
{
	const struct chimney_binding *binding = READ_ONCE(handle->binding);

	if (READ_ONCE(handle->state) == CHIMNEY_OBJECT_OFFLOADING)
		clause = CHIMNEY_CLAUSE_INIT_14;
	chimney_violation(binding ? binding->core : NULL, clause);
}

/**
 * chimney_tcp_send() - send data on an offloaded connection
 * @handle: the connection
 * @list: the skbs, in order; the target's until they come back with
 *	tcp_send_complete or with the terminate
 *
 * If the connection is not offloaded they come back at once, with
 * CHIMNEY_STATUS_UPLOAD_IN_PROGRESS. The caller serializes sends on a
 * connection (SND-09), and sends nothing from the terminate on (TERM-10).
 *
 * Context: process or softirq.
 */
void chimney_tcp_send(struct chimney_handle *handle, struct sk_buff_head *list)
{
	struct chimney_target *target;

	rcu_read_lock();
	target = io_target(handle);
	if (likely(target)) {
		target->ops->tcp_send(target, handle->context, list);
	} else {
		io_refuse(handle, CHIMNEY_CLAUSE_TERM_10);
		handle->client_ops->tcp_send_complete(handle, list,
						      CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_send);

/**
 * chimney_tcp_receive() - post a receive request on an offloaded connection
 * @handle: the connection
 * @request: the request; the target's until tcp_receive_complete
 *
 * If the connection is not offloaded it comes back at once, with
 * CHIMNEY_STATUS_UPLOAD_IN_PROGRESS. The caller serializes receive calls on a
 * connection (RCV-07).
 *
 * Context: process or softirq; also from tcp_receive_complete (RCV-22).
 */
void chimney_tcp_receive(struct chimney_handle *handle,
			 struct chimney_receive *request)
{
	struct chimney_target *target;

	rcu_read_lock();
	target = io_target(handle);
	if (likely(target)) {
		target->ops->tcp_receive(target, handle->context, request);
	} else {
		io_refuse(handle, CHIMNEY_CLAUSE_TERM_10);
		request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
		handle->client_ops->tcp_receive_complete(handle, request);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_receive);

/**
 * chimney_tcp_forward() - hand over segments that the host received
 * @handle: the connection
 * @list: the segments (FWD-07, FWD-08); the target's until
 *	tcp_forward_complete
 *
 * If the connection is not offloaded they come back at once, with
 * CHIMNEY_STATUS_UPLOAD_IN_PROGRESS (FWD-09).
 *
 * Context: process or softirq.
 */
void chimney_tcp_forward(struct chimney_handle *handle,
			 struct sk_buff_head *list)
{
	struct chimney_target *target;

	rcu_read_lock();
	target = io_target(handle);
	if (likely(target)) {
		target->ops->tcp_forward(target, handle->context, list);
	} else {
		io_refuse(handle, CHIMNEY_CLAUSE_FWD_09);
		handle->client_ops->tcp_forward_complete(handle, list,
							 CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_forward);

/*
 * May @target complete or indicate something on the object? While a terminate
 * is in progress it drains (TERM-22 to TERM-33, TERM-47).
 */
static bool io_legal(const struct chimney_target *target,
		     const struct chimney_handle *handle)
{
	const struct chimney_binding *binding;
	enum chimney_object_state state;

	/* Pairs with handle_set(), as in io_target(). */
	state = smp_load_acquire(&handle->state);
	if (unlikely(state != CHIMNEY_OBJECT_OFFLOADED &&
		     state != CHIMNEY_OBJECT_UPLOADING))
		return false;
	binding = READ_ONCE(handle->binding);
	return likely(binding && binding->core == target->core);
}

/* Count what io_legal() has refused, by the moment at which it came. */
static void io_violation(const struct chimney_target *target,
			 const struct chimney_handle *handle,
			 enum chimney_clause early, enum chimney_clause after)
{
	enum chimney_clause clause;

	switch (READ_ONCE(handle->state)) {
	case CHIMNEY_OBJECT_OFFLOADING:
		clause = early;
		break;
	case CHIMNEY_OBJECT_OFFLOADED:
	case CHIMNEY_OBJECT_UPLOADING:
		clause = CHIMNEY_CLAUSE_CTX_07;
		break;
	default:
		clause = after;
	}
	chimney_violation(target->core, clause);
}

/* Appendix 7(a): a status that says nothing else means that the host resumes. */
static enum chimney_status io_status(const struct chimney_target *target,
				     enum chimney_status status,
				     unsigned int allowed,
				     enum chimney_clause clause)
{
	if (likely(status < BITS_PER_TYPE(allowed) && allowed & BIT(status)))
		return status;
	chimney_violation(target->core, clause);
	return CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
}

#define SEND_STATUSES		(BIT(CHIMNEY_STATUS_SUCCESS) | \
				 BIT(CHIMNEY_STATUS_REQUEST_ABORTED) | \
				 BIT(CHIMNEY_STATUS_UPLOAD_IN_PROGRESS))
#define RECEIVE_STATUSES	(SEND_STATUSES | \
				 BIT(CHIMNEY_STATUS_INVALID_STATE))
/* G-10 */
#define FORWARD_STATUSES	(SEND_STATUSES | BIT(CHIMNEY_STATUS_FAILURE))

/**
 * chimney_tcp_send_complete() - a target has finished with send data
 * @target: the target
 * @handle: the connection
 * @list: the skbs, in the order in which they were sent; the client's again
 * @status: SUCCESS if the peer acknowledged all of it (SND-15),
 *	REQUEST_ABORTED or UPLOAD_IN_PROGRESS
 *
 * Completions for a connection that is not offloaded to @target are refused;
 * nobody is left to take the data, so it is freed.
 *
 * Context: process or softirq, until the terminate completes (TERM-28).
 */
void chimney_tcp_send_complete(struct chimney_target *target,
			       struct chimney_handle *handle,
			       struct sk_buff_head *list,
			       enum chimney_status status)
{
	rcu_read_lock();
	if (likely(io_legal(target, handle))) {
		status = io_status(target, status, SEND_STATUSES,
				   CHIMNEY_CLAUSE_SND_25);
		handle->client_ops->tcp_send_complete(handle, list, status);
	} else {
		io_violation(target, handle, CHIMNEY_CLAUSE_INIT_48,
			     CHIMNEY_CLAUSE_TERM_28);
		__skb_queue_purge(list);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_send_complete);

/**
 * chimney_tcp_receive_complete() - a target has finished a receive request
 * @target: the target
 * @handle: the connection
 * @request: the request, with its status; the client's again
 *
 * Context: process or softirq, until the terminate completes (TERM-25). Not
 * while another completion or indication on the connection runs (RCV-20).
 */
void chimney_tcp_receive_complete(struct chimney_target *target,
				  struct chimney_handle *handle,
				  struct chimney_receive *request)
{
	rcu_read_lock();
	if (likely(io_legal(target, handle))) {
		request->status = io_status(target, request->status,
					    RECEIVE_STATUSES,
					    CHIMNEY_CLAUSE_RCV_25);
		handle->client_ops->tcp_receive_complete(handle, request);
	} else {
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_25);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_receive_complete);

/**
 * chimney_tcp_forward_complete() - a target has finished with segments
 * @target: the target
 * @handle: the connection
 * @list: the segments; the client's again
 * @status: SUCCESS, REQUEST_ABORTED, UPLOAD_IN_PROGRESS or FAILURE (G-10)
 *
 * Context: process or softirq, until the terminate completes (TERM-27).
 */
void chimney_tcp_forward_complete(struct chimney_target *target,
				  struct chimney_handle *handle,
				  struct sk_buff_head *list,
				  enum chimney_status status)
{
	rcu_read_lock();
	if (likely(io_legal(target, handle))) {
		status = io_status(target, status, FORWARD_STATUSES,
				   CHIMNEY_CLAUSE_FWD_12);
		handle->client_ops->tcp_forward_complete(handle, list, status);
	} else {
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_27);
		__skb_queue_purge(list);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_forward_complete);

/**
 * chimney_tcp_receive_indicate() - show received data to the host
 * @target: the target
 * @handle: the connection
 * @skb: the data, the next of the connection; the host's after SUCCESS only
 * @consumed: bytes the host took; set if it took a part
 *
 * Data of a connection whose initiate has not completed, or which is home
 * again, is refused (INIT-63, G-43).
 *
 * Context: process or softirq, one at a time for a connection.
 * Return: SUCCESS, DATA_NOT_ACCEPTED, or DATA_PARTIALLY_ACCEPTED.
 */
enum chimney_status
chimney_tcp_receive_indicate(struct chimney_target *target,
			     struct chimney_handle *handle,
			     struct sk_buff *skb, u32 *consumed)
{
	enum chimney_status status = CHIMNEY_STATUS_DATA_NOT_ACCEPTED;

	*consumed = 0;
	rcu_read_lock();
	if (likely(io_legal(target, handle)))
		status = handle->client_ops->tcp_receive_indicate(handle, skb,
								  consumed);
	else
		io_violation(target, handle, CHIMNEY_CLAUSE_INIT_63,
			     CHIMNEY_CLAUSE_TERM_32);
	rcu_read_unlock();
	return status;
}
EXPORT_SYMBOL_GPL(chimney_tcp_receive_indicate);

/**
 * chimney_tcp_event_indicate() - tell the host about a connection
 * @target: the target
 * @handle: the connection (TEV-01)
 * @event: what happened
 * @information: depends on @event
 *
 * An event may come while the initiate is in progress, though it should not
 * (INIT-65, G-43). Events of a lost connection are ignored (G-06).
 *
 * Context: process or softirq.
 */
void chimney_tcp_event_indicate(struct chimney_target *target,
				struct chimney_handle *handle,
				enum chimney_tcp_event event, u32 information)
{
	enum chimney_object_state state;

	trace_chimney_tcp_event(target->dev->ifindex, handle, event,
				information);
	rcu_read_lock();
	state = READ_ONCE(handle->state);
	if (io_legal(target, handle) || state == CHIMNEY_OBJECT_OFFLOADING)
		handle->client_ops->tcp_event(handle, event, information);
	else if (state != CHIMNEY_OBJECT_LOST)
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_31);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_event_indicate);
