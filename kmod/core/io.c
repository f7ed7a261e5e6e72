// SPDX-License-Identifier: GPL-2.0-only
/*
 * The data path: I/O calls, their completions, and indications. It looks at the
 * handle, which the caller keeps, and passes on; no locks, no counters unless
 * somebody breaks the contract.
 */
#include <linux/rculist.h>
#include <linux/skbuff.h>

#include "registry.h"
#include "trace.h"

/* The target of an offloaded connection; NULL if it is anywhere else. */
static struct chimney_target *io_target(const struct chimney_handle *handle)
{
	const struct chimney_binding *binding;

	/* Pairs with handle_set(): the rest of the handle is as it says. */
	if (unlikely(smp_load_acquire(&handle->state) !=
		     CHIMNEY_OBJECT_OFFLOADED))
		return NULL;
	if (unlikely(handle->layer != CHIMNEY_LAYER_TCP))
		return NULL;
	binding = READ_ONCE(handle->binding);
	return likely(binding) ? READ_ONCE(binding->target) : NULL;
}

/* A call on an object that cannot take it: the client's fault. */
static void io_refuse(const struct chimney_handle *handle,
		      enum chimney_clause clause)
{
	const struct chimney_binding *binding = READ_ONCE(handle->binding);

	switch (READ_ONCE(handle->state)) {
	case CHIMNEY_OBJECT_OFFLOADING:
		clause = CHIMNEY_CLAUSE_INIT_14;
		break;
	case CHIMNEY_OBJECT_LOST:
		/* The binding may be gone. */
		binding = NULL;
		break;
	default:
		if (binding && handle->layer != CHIMNEY_LAYER_TCP)
			clause = CHIMNEY_CLAUSE_CTX_06;
	}
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
		atomic_inc(&handle->receives);
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

static enum chimney_clause
disconnect_clause(const struct chimney_handle *handle,
		  const struct chimney_disconnect *request)
{
	if (request->abortive)
		return skb_queue_empty(&request->data) ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_DSC_10;
	return test_bit(CHIMNEY_OBJECT_UNDISCONNECTABLE, &handle->flags) ?
		       CHIMNEY_CLAUSE_DSC_17 : CHIMNEY_CLAUSE_NONE;
}

/**
 * chimney_tcp_disconnect() - close the send half of a connection, or abort it
 * @handle: the connection
 * @request: the request; the target's until tcp_disconnect_complete
 *
 * If the connection is not offloaded it comes back at once, with
 * CHIMNEY_STATUS_UPLOAD_IN_PROGRESS; with CHIMNEY_STATUS_REQUEST_ABORTED if it
 * has data although it is abortive (DSC-10), or repeats a graceful disconnect
 * that failed (DSC-17).
 *
 * Context: process or softirq.
 */
void chimney_tcp_disconnect(struct chimney_handle *handle,
			    struct chimney_disconnect *request)
{
	enum chimney_clause clause = disconnect_clause(handle, request);
	struct chimney_target *target;

	rcu_read_lock();
	target = io_target(handle);
	if (!target) {
		request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
		io_refuse(handle, CHIMNEY_CLAUSE_TERM_10);
		handle->client_ops->tcp_disconnect_complete(handle, request);
	} else if (clause != CHIMNEY_CLAUSE_NONE) {
		request->status = CHIMNEY_STATUS_REQUEST_ABORTED;
		chimney_violation(target->core, clause);
		handle->client_ops->tcp_disconnect_complete(handle, request);
	} else {
		trace_chimney_disconnect(target->core->ifindex, handle,
					 request->abortive);
		atomic_inc(&handle->disconnects);
		target->ops->tcp_disconnect(target, handle->context, request);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_disconnect);

/*
 * May @target complete or indicate something on the object? While a terminate
 * is in progress it drains (TERM-22 to TERM-33, TERM-47).
 */
static bool object_legal(const struct chimney_target *target,
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
	return likely(binding && binding->core == READ_ONCE(target->core));
}

static bool io_legal(const struct chimney_target *target,
		     const struct chimney_handle *handle)
{
	return likely(object_legal(target, handle) &&
		      handle->layer == CHIMNEY_LAYER_TCP);
}

/* Count what io_legal() has refused, by the moment at which it came. */
static void io_violation(const struct chimney_target *target,
			 const struct chimney_handle *handle,
			 enum chimney_clause early, enum chimney_clause after)
{
	struct chimney_target_core *core = READ_ONCE(target->core);
	enum chimney_clause clause;

	if (!core) {
		chimney_violation(NULL, CHIMNEY_CLAUSE_OP_07);
		return;
	}
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
	chimney_violation(core, clause);
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
#define DISCONNECT_STATUSES	SEND_STATUSES
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
 * A request that was not posted, or completed before, is not looked at.
 *
 * Context: process or softirq, until the terminate completes (TERM-25). Not
 * while another completion or indication on the connection runs (RCV-20).
 */
void chimney_tcp_receive_complete(struct chimney_target *target,
				  struct chimney_handle *handle,
				  struct chimney_receive *request)
{
	rcu_read_lock();
	if (unlikely(!io_legal(target, handle))) {
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_25);
	} else if (unlikely(atomic_dec_if_positive(&handle->receives) < 0)) {
		chimney_violation(target->core, CHIMNEY_CLAUSE_RCV_06);
	} else {
		request->status = io_status(target, request->status,
					    RECEIVE_STATUSES,
					    CHIMNEY_CLAUSE_RCV_25);
		handle->client_ops->tcp_receive_complete(handle, request);
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
 * chimney_tcp_disconnect_complete() - a target has finished a disconnect
 * @target: the target
 * @handle: the connection
 * @request: the request, with its status: SUCCESS if FIN and data were
 *	acknowledged (DSC-18) or the RST was sent (DSC-21), REQUEST_ABORTED or
 *	UPLOAD_IN_PROGRESS; the client's again
 *
 * Context: process or softirq, until the terminate completes (TERM-26).
 */
void chimney_tcp_disconnect_complete(struct chimney_target *target,
				     struct chimney_handle *handle,
				     struct chimney_disconnect *request)
{
	rcu_read_lock();
	if (!io_legal(target, handle)) {
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_26);
	} else if (atomic_dec_if_positive(&handle->disconnects) < 0) {
		chimney_violation(target->core, CHIMNEY_CLAUSE_DSC_24);
	} else {
		request->status = io_status(target, request->status,
					    DISCONNECT_STATUSES,
					    CHIMNEY_CLAUSE_DSC_16);
		if (request->status != CHIMNEY_STATUS_SUCCESS)
			set_bit(CHIMNEY_OBJECT_UNDISCONNECTABLE,
				&handle->flags);
		trace_chimney_disconnect_complete(target->core->ifindex, handle,
						  request->status);
		handle->client_ops->tcp_disconnect_complete(handle, request);
	}
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_disconnect_complete);

/*
 * RIND-04, RIND-05: an answer that makes no sense leaves the skb with the
 * target, for the client cannot have taken it.
 */
static enum chimney_status indicate_answer(struct chimney_target_core *core,
					   enum chimney_status status,
					   u32 len, u32 *consumed)
{
	switch (status) {
	case CHIMNEY_STATUS_SUCCESS:
		*consumed = len;
		return status;
	case CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED:
		if (*consumed && *consumed < len)
			return status;
		chimney_violation(core, CHIMNEY_CLAUSE_RIND_05);
		*consumed = min(*consumed, len);
		return *consumed ? status :
				   CHIMNEY_STATUS_DATA_NOT_ACCEPTED;
	default:
		chimney_violation(core, CHIMNEY_CLAUSE_RIND_04);
		fallthrough;
	case CHIMNEY_STATUS_DATA_NOT_ACCEPTED:
		*consumed = 0;
		return CHIMNEY_STATUS_DATA_NOT_ACCEPTED;
	}
}

static enum chimney_status
receive_indicate(struct chimney_target_core *core,
		 struct chimney_handle *handle, struct sk_buff *skb,
		 u32 *consumed)
{
	enum chimney_status status;
	u32 len = skb->len;

	if (unlikely(skb->next)) {
		chimney_violation(core, CHIMNEY_CLAUSE_RIND_02);
		return CHIMNEY_STATUS_DATA_NOT_ACCEPTED;
	}
	status = handle->client_ops->tcp_receive_indicate(handle, skb,
							  consumed);
	return indicate_answer(core, status, len, consumed);
}

/**
 * chimney_tcp_receive_indicate() - show received data to the host
 * @target: the target
 * @handle: the connection
 * @skb: the data, the next of the connection, on no list (RIND-02); the host's
 *	after SUCCESS only
 * @consumed: bytes the host took: all, a part, or none
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
		status = receive_indicate(target->core, handle, skb, consumed);
	else
		io_violation(target, handle, CHIMNEY_CLAUSE_INIT_63,
			     CHIMNEY_CLAUSE_TERM_32);
	rcu_read_unlock();
	return status;
}
EXPORT_SYMBOL_GPL(chimney_tcp_receive_indicate);

/* TEV-12 */
static bool tcp_event_known(enum chimney_tcp_event event, u32 information)
{
	if (event == CHIMNEY_TCP_RETRIEVE)
		return information <= CHIMNEY_UPLOAD_SMALL_IO;
	return event <= CHIMNEY_TCP_SEND_BACKLOG_CHANGE;
}

/*
 * G-06: after a terminate that failed a target may tell why, and that the
 * connection is dead. One that missed a deadline may not know it has lost the
 * connection.
 */
static bool lost_event_ok(const struct chimney_handle *handle,
			  enum chimney_tcp_event event, u32 information)
{
	return !READ_ONCE(handle->binding) || event == CHIMNEY_TCP_ABORT ||
	       (event == CHIMNEY_TCP_RETRIEVE &&
		information == CHIMNEY_UPLOAD_HARDWARE_FAILURE);
}

static void tcp_event_indicate(struct chimney_target *target,
			       struct chimney_handle *handle,
			       enum chimney_tcp_event event, u32 information)
{
	enum chimney_object_state state = READ_ONCE(handle->state);
	struct chimney_target_core *core = READ_ONCE(target->core);
	bool legal = object_legal(target, handle) ||
		     (core && state == CHIMNEY_OBJECT_OFFLOADING);

	if (legal && handle->layer != CHIMNEY_LAYER_TCP)
		chimney_violation(core, CHIMNEY_CLAUSE_TEV_13);
	else if (legal && !tcp_event_known(event, information))
		chimney_violation(core, CHIMNEY_CLAUSE_TEV_12);
	else if (legal)
		handle->client_ops->tcp_event(handle, event, information);
	else if (state != CHIMNEY_OBJECT_LOST ||
		 !lost_event_ok(handle, event, information))
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_31);
}

/**
 * chimney_tcp_event_indicate() - tell the host about a connection
 * @target: the target
 * @handle: the connection (TEV-01)
 * @event: what happened
 * @information: depends on @event
 *
 * An event may come while the initiate is in progress, though it should not
 * (INIT-65, G-43). The two that explain a terminate that failed are ignored
 * (G-06).
 *
 * Context: process or softirq.
 */
void chimney_tcp_event_indicate(struct chimney_target *target,
				struct chimney_handle *handle,
				enum chimney_tcp_event event, u32 information)
{
	trace_chimney_tcp_event(target->dev->ifindex, handle, event,
				information);
	rcu_read_lock();
	tcp_event_indicate(target, handle, event, information);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_tcp_event_indicate);

/* EVT-01 to EVT-03; G-21 for the three structures. */
static enum chimney_clause query_clause(const struct chimney_block *block)
{
	if (!block || block->next)
		return CHIMNEY_CLAUSE_EVT_01;
	if (block->type != CHIMNEY_NEIGHBOR_STATE || !block->state)
		return CHIMNEY_CLAUSE_EVT_02;
	if (block->dependent || block->status != CHIMNEY_STATUS_SUCCESS)
		return CHIMNEY_CLAUSE_EVT_03;
	return CHIMNEY_CLAUSE_NONE;
}

static void reachability_query(struct chimney_target *target,
			       struct chimney_block *block)
{
	enum chimney_clause clause = query_clause(block);
	struct chimney_handle *handle;

	if (clause != CHIMNEY_CLAUSE_NONE) {
		chimney_violation(target->core, clause);
		return;
	}
	handle = block->handle;
	/* G-37: the neighbor has to be named. */
	if (!handle)
		chimney_violation(target->core, CHIMNEY_CLAUSE_CTX_07);
	else if (!object_legal(target, handle) ||
		 handle->layer != CHIMNEY_LAYER_NEIGHBOR)
		io_violation(target, handle, CHIMNEY_CLAUSE_CTX_07,
			     CHIMNEY_CLAUSE_TERM_30);
	else
		handle->client_ops->event(handle->binding, block,
					  CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
}

/* EVT-05, G-22: nothing says which neighbor, so all clients hear of it. */
static void reachability_in_doubt(struct chimney_target_core *core)
{
	struct chimney_binding *binding;

	list_for_each_entry_rcu(binding, &core->bindings, list)
		if (!READ_ONCE(binding->closing))
			binding->client->ops->event(binding, NULL,
						    CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
}

/**
 * chimney_event_indicate() - tell the host about a neighbor
 * @target: the target
 * @block: for NEIGHBOR_REACHABILITY_QUERY one block (EVT-01) that names a
 *	neighbor (G-37), with its complete state and status SUCCESS (EVT-02,
 *	EVT-03): the host has changed the host reachability delta in it when
 *	the function returns (EVT-11). NULL for any other event (EVT-04).
 * @event: what happened
 *
 * Context: process or softirq.
 */
void chimney_event_indicate(struct chimney_target *target,
			    struct chimney_block *block,
			    enum chimney_event event)
{
	struct chimney_target_core *core;

	rcu_read_lock();
	core = READ_ONCE(target->core);
	trace_chimney_event(core ? core->ifindex : 0,
			    block ? block->handle : NULL, event);
	if (!core)
		chimney_violation(NULL, CHIMNEY_CLAUSE_OP_07);
	else if (event == CHIMNEY_NEIGHBOR_REACHABILITY_QUERY)
		reachability_query(target, block);
	else if (block)
		chimney_violation(core, CHIMNEY_CLAUSE_EVT_04);
	else if (event == CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT)
		reachability_in_doubt(core);
	else
		chimney_violation(core, CHIMNEY_CLAUSE_EVT_05);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_event_indicate);
