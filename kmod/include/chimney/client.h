/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a client includes: the host stack, or the upper edge of an intermediate
 * driver. A client is bound to targets and starts the operations.
 */
#ifndef _CHIMNEY_CLIENT_H
#define _CHIMNEY_CLIENT_H

#include <chimney/target.h>

struct chimney_binding;

/**
 * struct chimney_client_ops - the calls a client receives
 *
 * Except for @bind and @unbind none may sleep; they come in process context or
 * in a softirq, without a lock of the core held.
 */
struct chimney_client_ops {
	/**
	 * @bind: a target was registered, or the client was. Optional. Call
	 * chimney_bind() to use the target. Process context, the lock of the
	 * target registry is held.
	 */
	void (*bind)(struct chimney_target *target);
	/**
	 * @unbind: the target goes away. Terminate everything that is
	 * offloaded over the binding, then return; the core frees the binding.
	 * Process context, the lock of the target registry is held.
	 */
	void (*unbind)(struct chimney_binding *binding);
	/** @initiate_offload_complete: the tree is back (INIT-51 to INIT-53). */
	void (*initiate_offload_complete)(struct chimney_binding *binding,
					  struct chimney_block *tree);
	/** @terminate_offload_complete: the tree is back (TERM-62). */
	void (*terminate_offload_complete)(struct chimney_binding *binding,
					   struct chimney_block *tree);
	/** @query_offload_complete: the tree is back. */
	void (*query_offload_complete)(struct chimney_binding *binding,
				       struct chimney_block *tree);
	/** @update_offload_complete: the tree is back. */
	void (*update_offload_complete)(struct chimney_binding *binding,
					struct chimney_block *tree);
	/** @invalidate_offload_complete: the tree is back. */
	void (*invalidate_offload_complete)(struct chimney_binding *binding,
					    struct chimney_block *tree);
	/**
	 * @operation_lost: the target missed the deadline. Every object that
	 * an initiate or terminate was to move is CHIMNEY_OBJECT_LOST; those
	 * that linkers name, and all of a query, update or invalidate, stay
	 * offloaded. The client may read the tree
	 * during the call, but must neither change nor free it: the target
	 * may still write to it.
	 */
	void (*operation_lost)(struct chimney_binding *binding,
			       struct chimney_block *tree);
	/**
	 * @free_tree: nobody uses a tree of a lost operation any more; free
	 * it with its state structures, and with the handles of the objects
	 * that were lost with it.
	 */
	void (*free_tree)(struct chimney_binding *binding,
			  struct chimney_block *tree);
	/** @tcp_send_complete: the client owns the skbs of @list again. */
	void (*tcp_send_complete)(struct chimney_handle *handle,
				  struct sk_buff_head *list,
				  enum chimney_status status);
	/** @tcp_receive_complete: the client owns the request again. */
	void (*tcp_receive_complete)(struct chimney_handle *handle,
				     struct chimney_receive *request);
	/** @tcp_forward_complete: the client owns the skbs of @list again. */
	void (*tcp_forward_complete)(struct chimney_handle *handle,
				     struct sk_buff_head *list,
				     enum chimney_status status);
	/**
	 * @tcp_receive_indicate: received data, in order. Return SUCCESS and
	 * own the skb (free it in the end, which returns it to the target); or
	 * CHIMNEY_STATUS_DATA_NOT_ACCEPTED; or
	 * CHIMNEY_STATUS_DATA_PARTIALLY_ACCEPTED with @consumed set, having
	 * copied that much. After a refusal the target waits for a receive
	 * request (RIND-04 to RIND-10).
	 */
	enum chimney_status (*tcp_receive_indicate)(struct chimney_handle *handle,
						    struct sk_buff *skb,
						    u32 *consumed);
	/** @tcp_event: see enum chimney_tcp_event. */
	void (*tcp_event)(struct chimney_handle *handle,
			  enum chimney_tcp_event event, u32 information);
	/**
	 * @tcp_disconnect_complete: the client owns the request again. If it
	 * failed it must not be made again (DSC-17).
	 */
	void (*tcp_disconnect_complete)(struct chimney_handle *handle,
					struct chimney_disconnect *request);
	/**
	 * @event: see enum chimney_event. For a reachability query, @block
	 * names the neighbor and holds its complete state; answer in place
	 * with the host's reachability delta (EVT-11). NULL for any other
	 * event (EVT-04).
	 */
	void (*event)(struct chimney_binding *binding,
		      struct chimney_block *block, enum chimney_event event);
	/** @status: see enum chimney_indication. */
	void (*status)(struct chimney_binding *binding,
		       enum chimney_indication indication);
};

/**
 * struct chimney_client - a client
 * @name: for traces
 * @ops: its calls
 * @owner: module that holds @ops
 * @list: private to the core
 */
struct chimney_client {
	const char *name;
	const struct chimney_client_ops *ops;
	struct module *owner;
	struct list_head list;
};

int chimney_client_register(struct chimney_client *client);
void chimney_client_unregister(struct chimney_client *client);

struct chimney_binding *chimney_bind(struct chimney_client *client,
				     struct chimney_target *target, void *priv);
void chimney_unbind(struct chimney_binding *binding);
void *chimney_binding_priv(const struct chimney_binding *binding);
struct chimney_target *
chimney_binding_target(const struct chimney_binding *binding);

int chimney_initiate_offload(struct chimney_binding *binding,
			     struct chimney_block *tree,
			     unsigned int deadline_ms);
int chimney_terminate_offload(struct chimney_binding *binding,
			      struct chimney_block *tree,
			      unsigned int deadline_ms);
int chimney_query_offload(struct chimney_binding *binding,
			  struct chimney_block *tree,
			  unsigned int deadline_ms);
int chimney_update_offload(struct chimney_binding *binding,
			   struct chimney_block *tree,
			   unsigned int deadline_ms);
int chimney_invalidate_offload(struct chimney_binding *binding,
			       struct chimney_block *tree,
			       unsigned int deadline_ms);

void chimney_query_caps(struct chimney_binding *binding,
			struct chimney_caps *caps);
int chimney_enable_caps(struct chimney_binding *binding,
			const struct chimney_caps *caps);

int chimney_set_parameters(struct chimney_binding *binding,
			   const struct chimney_parameters *parameters,
			   struct netlink_ext_ack *extack);
int chimney_query_statistics(struct chimney_binding *binding, u16 family,
			     struct chimney_statistics *statistics, bool reset);

void chimney_tcp_send(struct chimney_handle *handle,
		      struct sk_buff_head *list);
void chimney_tcp_receive(struct chimney_handle *handle,
			 struct chimney_receive *request);
void chimney_tcp_forward(struct chimney_handle *handle,
			 struct sk_buff_head *list);
void chimney_tcp_disconnect(struct chimney_handle *handle,
			    struct chimney_disconnect *request);

#endif /* _CHIMNEY_CLIENT_H */
