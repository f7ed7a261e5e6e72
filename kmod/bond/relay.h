/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An intermediate driver (contract 5): a target that hands everything it gets
 * to a target below it, and everything that comes from there to its own clients.
 */
#ifndef _CHIMNEY_BOND_RELAY_H
#define _CHIMNEY_BOND_RELAY_H

#include <linux/kref.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include <chimney/client.h>

/**
 * DOC: relay
 *
 * Each hop has its own names for an object. What the driver above calls
 * relay_object::upper is relay_object::handle to the target below; the context
 * slot of the former points to the relay_object, that of the latter is the
 * target's. So a call that goes down finds its object in the context and passes
 * &object->handle on; what comes up finds it around the handle and passes
 * object->upper on. Nothing is looked up and no lock is taken on the data path.
 *
 * A tree is built anew for the target below, block by block, with its state
 * (struct relay_call), and what comes back in it is copied into the one above.
 * Neither side ever sees memory of the other, so that a tree that one of them
 * has lost can be late without harm.
 *
 * All objects of a relay are at one target below, the current one. When another
 * is to take over, the drivers above are asked to upload everything, and the
 * relay resumes on the other one when the last object is home.
 */

/**
 * DOC: locking of relays
 *
 * relay_lowers_mutex guards the lists of relays and of targets below, and which
 * relay a target is below of. chimney_relay::mutex guards what the relay makes
 * of them. It nests inside the core's registry mutex and inside the settings of
 * its own target, and outside of relay_lowers_mutex and of the settings of the
 * targets below; as relays can be stacked, each has a lock class of its own.
 * chimney_relay::lock (BH) is a leaf that guards the queue of trees and the list
 * of calls. The targets below are RCU to everybody who only calls them.
 */

struct chimney_relay;

/**
 * struct chimney_relay_ops - where a relay relays to
 * @is_lower: whether the target of @dev may be used
 * @active: the device whose target is to be used now, or NULL; it is compared
 *	only
 *
 * Both are called in an RCU read-side section.
 */
struct chimney_relay_ops {
	bool (*is_lower)(struct chimney_relay *relay, struct net_device *dev);
	const struct net_device *(*active)(struct chimney_relay *relay);
};

/**
 * struct relay_lower - a target that a relay may be above of
 * @list: all of them; relay_lowers_mutex
 * @sibling: in chimney_relay::lowers; its mutex, RCU readers
 * @target: the target
 * @binding: to it
 * @relay: whose it is, or NULL; relay_lowers_mutex
 * @gate: what the target said last
 * @leaving: it is being unbound; relay_lowers_mutex
 * @rcu: frees it
 */
struct relay_lower {
	struct list_head list;
	struct list_head sibling;
	struct chimney_target *target;
	struct chimney_binding *binding;
	struct chimney_relay *relay;
	enum chimney_gate gate;
	bool leaving;
	struct rcu_head rcu;
};

/**
 * struct relay_object - an object that is offloaded through a relay
 * @handle: what the target below knows it by (IM-04)
 * @upper: what the driver above knows it by (IM-03)
 * @relay: the relay
 * @layer: what it is
 * @lost: entry in the list of objects that did not come home
 * @rcu: frees it
 *
 * Lives from the initiate until the terminate (IM-05).
 */
struct relay_object {
	struct chimney_handle handle;
	struct chimney_handle *upper;
	struct chimney_relay *relay;
	enum chimney_layer layer;
	struct list_head lost;
	struct rcu_head rcu;
};

/**
 * struct chimney_relay - an intermediate driver on a device
 * @target: what it is to drivers above
 * @ops: where it relays to
 * @list: all relays; relay_lowers_mutex
 * @refs: the registration, objects, calls, and a survey that is due
 * @mutex: see DOC above
 * @key: lock class of @mutex
 * @lowers: targets it may use; @mutex, RCU readers
 * @current_lower: where the objects are, or would go; @mutex, RCU readers
 * @gate: what the drivers above were told; @mutex
 * @registered: it has drivers above; @mutex
 * @parameters: what the host has set; @mutex
 * @settled: @parameters are valid; @mutex
 * @lock: guards @first, @last and @calls
 * @first: oldest tree that waits to be handed down
 * @last: newest
 * @calls: trees that a target below has
 * @load: objects, and trees that are not completed
 * @used: objects by layer
 * @idle: woken when there is another @current_lower
 * @carry: hands trees down
 * @survey: looks at what is below
 * @rcu: frees it
 */
struct chimney_relay {
	struct chimney_target target;
	const struct chimney_relay_ops *ops;
	struct list_head list;
	struct kref refs;
	struct mutex mutex;	/* see DOC above */
	struct lock_class_key key;
	struct list_head lowers;
	struct relay_lower __rcu *current_lower;
	enum chimney_gate gate;
	bool registered;
	struct chimney_parameters parameters;
	bool settled;
	spinlock_t lock;	/* first, last, calls */
	struct chimney_block *first;
	struct chimney_block *last;
	struct list_head calls;
	atomic_t load;
	atomic_t used[CHIMNEY_LAYER_TCP + 1];
	wait_queue_head_t idle;
	struct work_struct carry;
	struct work_struct survey;
	struct rcu_head rcu;
};

/* relay.c */
struct chimney_relay *chimney_relay_create(struct net_device *dev,
					   const struct chimney_target_kind *kind,
					   const struct chimney_relay_ops *ops,
					   struct netlink_ext_ack *extack);
void chimney_relay_destroy(struct chimney_relay *relay);
void chimney_relay_survey_all(void);
int chimney_relay_init(void);
void chimney_relay_exit(void);

static inline struct chimney_relay *relay_of(struct chimney_target *target)
{
	return container_of(target, struct chimney_relay, target);
}

void relay_get(struct chimney_relay *relay);
void relay_put(struct chimney_relay *relay);
void relay_load_put(struct chimney_relay *relay);

/* tree.c: the state operations */
void relay_carry(struct work_struct *work);
void relay_carry_later(struct chimney_relay *relay);
void relay_trees_abandon(struct chimney_relay *relay);
void relay_free_lost(void);
void relay_initiate(struct chimney_target *target, struct chimney_block *tree);
void relay_terminate(struct chimney_target *target, struct chimney_block *tree);
void relay_query(struct chimney_target *target, struct chimney_block *tree);
void relay_update(struct chimney_target *target, struct chimney_block *tree);
void relay_invalidate(struct chimney_target *target,
		      struct chimney_block *tree);
void relay_completed(struct chimney_binding *binding,
		     struct chimney_block *tree);
void relay_operation_lost(struct chimney_binding *binding,
			  struct chimney_block *tree);
void relay_free_tree(struct chimney_binding *binding,
		     struct chimney_block *tree);

/* io.c: data and events */
void relay_tcp_send(struct chimney_target *target, void *context,
		    struct sk_buff_head *list);
void relay_tcp_receive(struct chimney_target *target, void *context,
		       struct chimney_receive *request);
void relay_tcp_forward(struct chimney_target *target, void *context,
		       struct sk_buff_head *list);
void relay_tcp_disconnect(struct chimney_target *target, void *context,
			  struct chimney_disconnect *request);
void relay_tcp_send_completed(struct chimney_handle *handle,
			      struct sk_buff_head *list,
			      enum chimney_status status);
void relay_tcp_receive_completed(struct chimney_handle *handle,
				 struct chimney_receive *request);
void relay_tcp_forward_completed(struct chimney_handle *handle,
				 struct sk_buff_head *list,
				 enum chimney_status status);
void relay_tcp_disconnect_completed(struct chimney_handle *handle,
				    struct chimney_disconnect *request);
enum chimney_status relay_tcp_receive_indicated(struct chimney_handle *handle,
						struct sk_buff *skb,
						u32 *consumed);
void relay_tcp_event(struct chimney_handle *handle,
		     enum chimney_tcp_event event, u32 information);
void relay_event(struct chimney_binding *binding, struct chimney_block *block,
		 enum chimney_event event);

#endif /* _CHIMNEY_BOND_RELAY_H */
