// SPDX-License-Identifier: GPL-2.0-only
/*
 * State operations: one call down, one completion up, and a deadline between
 * them. The record of a call is found by the address of the tree's root alone,
 * so that nothing a target passes is dereferenced before it is known.
 */
#include <linux/refcount.h>
#include <linux/slab.h>
#include <linux/workqueue.h>

#include "call.h"
#include "registry.h"
#include "trace.h"
#include "tree.h"

/**
 * enum chimney_call_state - where a call is
 * @CALL_SUBMITTING: the tree is being checked, no target knows it
 * @CALL_PENDING: the target has the tree
 * @CALL_CHECKING: a completion is being checked
 * @CALL_DONE: completed; no longer in the table
 * @CALL_LOSING: overdue, the client is being told
 * @CALL_LOST: overdue, the tree is in quarantine
 * @CALL_KEPT: completed late, and the target knows handles of the tree
 */
enum chimney_call_state {
	CALL_SUBMITTING,
	CALL_PENDING,
	CALL_CHECKING,
	CALL_DONE,
	CALL_LOSING,
	CALL_LOST,
	CALL_KEPT,
};

/**
 * struct chimney_call - the record of one operation on one tree
 * @node: in chimney_target_core::calls
 * @core: the target; outlives the record
 * @binding: over which; NULL if the client has gone and left a tree behind
 * @tree: its root
 * @kind: the operation
 * @state: guarded by the target's lock
 * @overdue: the deadline passed while the tree or a completion was being checked
 * @returned: the target gave the tree back while the client was being told
 * @refcnt: holders: the table, the armed @deadline, whoever looks at it
 * @deadline: loses the call
 */
struct chimney_call {
	struct hlist_node node;
	struct chimney_target_core *core;
	struct chimney_binding *binding;
	struct chimney_block *tree;
	enum chimney_op_kind kind;
	enum chimney_call_state state;
	bool overdue;
	bool returned;
	refcount_t refcnt;
	struct delayed_work deadline;
};

/* Of our own, to be able to wait for all that is left of old calls. */
static struct workqueue_struct *chimney_call_wq;

static void call_put(struct chimney_call *call)
{
	if (refcount_dec_and_test(&call->refcnt))
		kfree(call);
}

static void call_arm(struct chimney_call *call, unsigned long delay)
{
	refcount_inc(&call->refcnt);
	queue_delayed_work(chimney_call_wq, &call->deadline, delay);
}

static struct chimney_call *call_find(struct chimney_target_core *core,
				      const struct chimney_block *tree)
{
	struct chimney_call *call;

	lockdep_assert_held(&core->lock);
	hash_for_each_possible(core->calls, call, node, (unsigned long)tree)
		if (call->tree == tree)
			return call;
	return NULL;
}

/* Takes over the reference of the table. */
static void call_unhash(struct chimney_call *call)
{
	lockdep_assert_held(&call->core->lock);
	hash_del(&call->node);
	call->state = CALL_DONE;
}

static void call_free_tree(struct chimney_call *call)
{
	/* Nobody is left to free it if the client has gone. */
	if (call->binding)
		call->binding->client->ops->free_tree(call->binding,
						      call->tree);
	call_put(call);
}

/* The deadline has passed, @call is in CALL_LOSING: only we go on with it. */
static void call_lose(struct chimney_call *call)
{
	struct chimney_target_core *core = call->core;
	bool returned;

	trace_chimney_call_lost(core->ifindex, call->tree, call->kind);
	chimney_violation(core, CHIMNEY_CLAUSE_OP_05);
	chimney_tree_lose(call->tree, call->binding, call->kind);
	call->binding->client->ops->operation_lost(call->binding, call->tree);

	spin_lock_bh(&core->lock);
	returned = call->returned;
	if (!returned)
		call->state = CALL_LOST;
	else if (chimney_tree_is_kept(call->tree, call->kind))
		call->state = CALL_KEPT;
	else
		call_unhash(call);
	returned = call->state == CALL_DONE;
	spin_unlock_bh(&core->lock);

	if (returned)
		call_free_tree(call);
}

/* Returns whether the call is the caller's to lose. */
static bool call_expire(struct chimney_call *call)
{
	bool expired;

	spin_lock_bh(&call->core->lock);
	expired = call->state == CALL_PENDING;
	if (expired)
		call->state = CALL_LOSING;
	else
		call->overdue = true;
	spin_unlock_bh(&call->core->lock);
	return expired;
}

static void call_deadline(struct work_struct *work)
{
	struct chimney_call *call = container_of(to_delayed_work(work),
						 struct chimney_call, deadline);

	if (call_expire(call))
		call_lose(call);
	call_put(call);
}

static struct chimney_call *call_new(struct chimney_binding *binding,
				     struct chimney_block *tree,
				     enum chimney_op_kind kind)
{
	struct chimney_call *call;

	call = kzalloc(sizeof(*call), GFP_ATOMIC);
	if (!call)
		return NULL;
	call->core = binding->core;
	call->binding = binding;
	call->tree = tree;
	call->kind = kind;
	call->state = CALL_SUBMITTING;
	refcount_set(&call->refcnt, 1);
	INIT_DELAYED_WORK(&call->deadline, call_deadline);
	return call;
}

/* OP-12: the tree, named by its root, must not be lent already. */
static int call_hash(struct chimney_call *call)
{
	struct chimney_target_core *core = call->core;
	bool lent = false;
	int err = 0;

	spin_lock_bh(&core->lock);
	if (core->dead) {
		err = -ESHUTDOWN;
	} else {
		lent = call_find(core, call->tree);
		if (!lent)
			hash_add(core->calls, &call->node,
				 (unsigned long)call->tree);
	}
	spin_unlock_bh(&core->lock);
	return lent ? chimney_refuse(core, CHIMNEY_CLAUSE_OP_12) : err;
}

static void call_withdraw(struct chimney_call *call)
{
	spin_lock_bh(&call->core->lock);
	call_unhash(call);
	spin_unlock_bh(&call->core->lock);
}

static void target_start(struct chimney_target *target,
			 struct chimney_block *tree, enum chimney_op_kind kind)
{
	const struct chimney_target_ops *ops = target->ops;

	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		ops->initiate_offload(target, tree);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		ops->terminate_offload(target, tree);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		ops->update_offload(target, tree);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		ops->query_offload(target, tree);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		ops->invalidate_offload(target, tree);
		break;
	}
}

/* From here on the call can complete at any time, and be gone. */
static void call_start(struct chimney_call *call, unsigned int deadline_ms)
{
	struct chimney_target *target = call->core->target;
	struct chimney_target_core *core = call->core;
	struct chimney_block *tree = call->tree;
	enum chimney_op_kind kind = call->kind;

	trace_chimney_call_submit(core->ifindex, tree, kind);
	spin_lock_bh(&core->lock);
	call->state = CALL_PENDING;
	call_arm(call, call->overdue ? 0 : msecs_to_jiffies(deadline_ms));
	spin_unlock_bh(&core->lock);
	target_start(target, tree, kind);
}

/* The read-side section keeps the target until its handler has returned. */
static int call_submit(struct chimney_binding *binding,
		       struct chimney_block *tree, enum chimney_op_kind kind,
		       unsigned int deadline_ms)
{
	enum chimney_clause clause;
	struct chimney_call *call;
	int err;

	call = call_new(binding, tree, kind);
	if (!call)
		return -ENOMEM;

	rcu_read_lock();
	err = call_hash(call);
	if (err)
		goto err_call;
	clause = chimney_tree_submit(tree, binding, kind);
	if (clause != CHIMNEY_CLAUSE_NONE) {
		err = chimney_refuse(binding->core, clause);
		goto err_hash;
	}
	call_start(call, deadline_ms);
	rcu_read_unlock();
	return 0;

err_hash:
	call_withdraw(call);
err_call:
	rcu_read_unlock();
	call_put(call);
	return err;
}

/**
 * chimney_initiate_offload() - hand the objects of a tree to a target
 * @binding: a binding of the calling client
 * @tree: the tree (OP-01). A block whose handle is in CHIMNEY_OBJECT_HOST
 *	brings a new object with all its state; one whose handle is offloaded
 *	over @binding is a linker; one without a handle a placeholder.
 * @deadline_ms: time the target has
 *
 * On success the core owns the tree, its state structures and handles, until
 * it calls either initiate_offload_complete or operation_lost of the client,
 * which may happen before the function returns. On failure nothing has changed.
 *
 * Context: process or softirq, interrupts enabled.
 * Return: 0; -EINVAL for a tree that breaks DAT-01 to DAT-05, CLS-05, INIT-03,
 * INIT-12, INIT-18 or INIT-25, or with an object that is lost or offloaded
 * elsewhere, or if the client has not queried and enabled the capabilities
 * (CAP-01, CAP-03); -EBUSY if another operation has an object or the tree
 * (INIT-02, OP-12); -EAGAIN if the target takes nothing until it resumes
 * (PAU-01, PAU-09), or resumed and the client has not looked at its
 * capabilities since (PAU-07); -ESHUTDOWN if the target goes away; -ENOMEM.
 */
int chimney_initiate_offload(struct chimney_binding *binding,
			     struct chimney_block *tree,
			     unsigned int deadline_ms)
{
	int err;

	if (READ_ONCE(binding->closing))
		return -ESHUTDOWN;
	err = chimney_gate_check(binding);
	if (err)
		return err;
	return call_submit(binding, tree, CHIMNEY_OP_KIND_INITIATE,
			   deadline_ms);
}
EXPORT_SYMBOL_GPL(chimney_initiate_offload);

/**
 * chimney_terminate_offload() - take the objects of a tree back
 * @binding: the binding the objects are offloaded over
 * @tree: the tree: blocks without a handle are placeholders, all others name
 *	an offloaded object. State, where present, is a delegated structure.
 * @deadline_ms: time the target has
 *
 * The caller makes sure that no I/O call on these objects is being made
 * (TERM-04, G-38). Ownership as with chimney_initiate_offload(); the way back
 * is terminate_offload_complete or operation_lost. An object that a terminate
 * gave back with FAILURE may be named once more, and fails again (G-06, G-66).
 *
 * Context: process or softirq, interrupts enabled.
 * Return: 0; -EINVAL for a malformed tree or an object that is not offloaded
 * over @binding; -EBUSY if another operation has an object (TERM-03, TERM-13),
 * or it has dependents that are not in the tree (TERM-06); -ESHUTDOWN if the
 * target is gone; -ENOMEM.
 */
int chimney_terminate_offload(struct chimney_binding *binding,
			      struct chimney_block *tree,
			      unsigned int deadline_ms)
{
	return call_submit(binding, tree, CHIMNEY_OP_KIND_TERMINATE,
			   deadline_ms);
}
EXPORT_SYMBOL_GPL(chimney_terminate_offload);

/**
 * chimney_query_offload() - read variables of offloaded objects
 * @binding: the binding the objects are offloaded over
 * @tree: the tree: blocks without a handle are placeholders, all others name
 *	an offloaded object and bring a structure of any class to be filled
 * @deadline_ms: time the target has
 *
 * The objects stay where they are; several queries of one may be in progress.
 * Ownership of the tree as with chimney_initiate_offload(). The client
 * terminates what could not be queried (QRY-09), also after operation_lost.
 *
 * Context: process or softirq, interrupts enabled.
 * Return: 0; -EINVAL for a malformed tree or an object that is not offloaded
 * over @binding; -EBUSY if an initiate or terminate has an object (QRY-03);
 * -ESHUTDOWN if the target is gone; -ENOMEM.
 */
int chimney_query_offload(struct chimney_binding *binding,
			  struct chimney_block *tree, unsigned int deadline_ms)
{
	return call_submit(binding, tree, CHIMNEY_OP_KIND_QUERY, deadline_ms);
}
EXPORT_SYMBOL_GPL(chimney_query_offload);

/**
 * chimney_update_offload() - change variables or links of offloaded objects
 * @binding: the binding the objects are offloaded over
 * @tree: the tree: blocks without a handle are placeholders, all others name
 *	an offloaded object and bring a cached structure. Paths below a
 *	neighbor that is named are linked to it (UPD-07); such a neighbor, and
 *	such paths, may come without state.
 * @deadline_ms: time the target has
 *
 * The objects stay where they are. Ownership of the tree as with
 * chimney_initiate_offload(). The client terminates what could not be updated
 * (UPD-26), also after operation_lost.
 *
 * Context: process or softirq, interrupts enabled.
 * Return: 0; -EINVAL for a malformed tree, an object that is not offloaded over
 * @binding or was invalidated (UPD-04), or a connection below a path that is
 * named (UPD-08); -EBUSY if another update, an initiate or a terminate has an
 * object (UPD-01, UPD-02); -ESHUTDOWN if the target is gone; -ENOMEM.
 */
int chimney_update_offload(struct chimney_binding *binding,
			   struct chimney_block *tree, unsigned int deadline_ms)
{
	return call_submit(binding, tree, CHIMNEY_OP_KIND_UPDATE, deadline_ms);
}
EXPORT_SYMBOL_GPL(chimney_update_offload);

/**
 * chimney_invalidate_offload() - make a target stop sending with objects
 * @binding: the binding the objects are offloaded over
 * @tree: the tree, without any state (INV-01): blocks without a handle are
 *	placeholders, all others name an offloaded object
 * @deadline_ms: time the target has
 *
 * The objects stay at the target until they are terminated (INV-07, INV-08).
 * Ownership of the tree as with chimney_initiate_offload().
 *
 * Context: process or softirq, interrupts enabled.
 * Return: 0; -EINVAL for a malformed tree or an object that is not offloaded
 * over @binding; -EBUSY if an initiate or terminate has an object (INV-09);
 * -ESHUTDOWN if the target is gone; -ENOMEM.
 */
int chimney_invalidate_offload(struct chimney_binding *binding,
			       struct chimney_block *tree,
			       unsigned int deadline_ms)
{
	return call_submit(binding, tree, CHIMNEY_OP_KIND_INVALIDATE,
			   deadline_ms);
}
EXPORT_SYMBOL_GPL(chimney_invalidate_offload);

/* What to do with a completion. */
enum chimney_verdict {
	VERDICT_FOREIGN,	/* not a completion we wait for */
	VERDICT_CHECK,
	VERDICT_LATE,		/* the client has been told already */
	VERDICT_LATE_FREE,	/* and nobody needs the tree any more */
};

static enum chimney_verdict call_take_late(struct chimney_call *call)
{
	trace_chimney_call_late(call->core->ifindex, call->tree,
				call->kind);
	if (call->state == CALL_LOSING) {
		call->returned = true;
		return VERDICT_LATE;
	}
	if (chimney_tree_is_kept(call->tree, call->kind)) {
		call->state = CALL_KEPT;
		return VERDICT_LATE;
	}
	call_unhash(call);
	return VERDICT_LATE_FREE;
}

static enum chimney_verdict call_take(struct chimney_target_core *core,
				      const struct chimney_block *tree,
				      enum chimney_op_kind kind,
				      struct chimney_call **callp)
{
	enum chimney_verdict verdict = VERDICT_FOREIGN;
	struct chimney_call *call;

	spin_lock_bh(&core->lock);
	call = call_find(core, tree);
	if (call && call->kind == kind) {
		if (call->state == CALL_PENDING) {
			call->state = CALL_CHECKING;
			verdict = VERDICT_CHECK;
		} else if (call->state == CALL_LOST ||
			   (call->state == CALL_LOSING && !call->returned)) {
			verdict = call_take_late(call);
		}
	}
	spin_unlock_bh(&core->lock);
	*callp = call;
	return verdict;
}

/* The completion is void; the call waits for a good one, or its deadline. */
static void call_refuse(struct chimney_call *call, enum chimney_clause clause)
{
	struct chimney_target_core *core = call->core;

	spin_lock_bh(&core->lock);
	call->state = CALL_PENDING;
	if (call->overdue)
		call_arm(call, 0);
	spin_unlock_bh(&core->lock);
	chimney_violation(core, clause);
}

static void client_complete(struct chimney_binding *binding,
			    struct chimney_block *tree,
			    enum chimney_op_kind kind)
{
	const struct chimney_client_ops *ops = binding->client->ops;

	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		ops->initiate_offload_complete(binding, tree);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		ops->terminate_offload_complete(binding, tree);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		ops->update_offload_complete(binding, tree);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		ops->query_offload_complete(binding, tree);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		ops->invalidate_offload_complete(binding, tree);
		break;
	}
}

static void call_finish(struct chimney_call *call)
{
	struct chimney_target_core *core = call->core;

	trace_chimney_call_complete(core->ifindex, call->tree, call->kind);
	spin_lock_bh(&core->lock);
	call_unhash(call);
	spin_unlock_bh(&core->lock);
	if (cancel_delayed_work(&call->deadline))
		call_put(call);

	chimney_tree_settle(call->tree, call->binding, call->kind);
	client_complete(call->binding, call->tree, call->kind);
	call_put(call);
}

static void call_complete(struct chimney_target *target,
			  struct chimney_block *tree, enum chimney_op_kind kind)
{
	struct chimney_target_core *core;
	enum chimney_clause clause;
	struct chimney_call *call;

	rcu_read_lock();
	core = READ_ONCE(target->core);
	if (!core) {
		chimney_violation(NULL, CHIMNEY_CLAUSE_OP_07);
		rcu_read_unlock();
		return;
	}
	switch (call_take(core, tree, kind, &call)) {
	case VERDICT_FOREIGN:
		chimney_violation(core, CHIMNEY_CLAUSE_OP_06);
		break;
	case VERDICT_CHECK:
		clause = chimney_tree_check(tree, kind);
		if (clause == CHIMNEY_CLAUSE_NONE)
			call_finish(call);
		else
			call_refuse(call, clause);
		break;
	case VERDICT_LATE:
		break;
	case VERDICT_LATE_FREE:
		call_free_tree(call);
		break;
	}
	rcu_read_unlock();
}

/**
 * chimney_initiate_offload_complete() - a target has dealt with a tree
 * @target: the target
 * @tree: the root it got with initiate_offload (OP-06), with a status in every
 *	block and a context value in the slot of every object it offloaded
 *
 * If the tree keeps to the contract it is the client's again. If not, the
 * completion is refused and counted, and the client does not learn of it: the
 * target may complete again until the deadline. In neither case may the target
 * touch the tree afterwards (OP-13).
 *
 * Context: process or softirq, interrupts enabled (INIT-59).
 */
void chimney_initiate_offload_complete(struct chimney_target *target,
				       struct chimney_block *tree)
{
	call_complete(target, tree, CHIMNEY_OP_KIND_INITIATE);
}
EXPORT_SYMBOL_GPL(chimney_initiate_offload_complete);

/**
 * chimney_terminate_offload_complete() - a target gives a tree back
 * @target: the target
 * @tree: the root it got with terminate_offload (OP-06), with SUCCESS or
 *	FAILURE in every block (TERM-18)
 *
 * As chimney_initiate_offload_complete(). The target has completed all I/O of
 * these objects and returned from all indications before (TERM-22 to TERM-33).
 *
 * Context: process or softirq, interrupts enabled (TERM-64).
 */
void chimney_terminate_offload_complete(struct chimney_target *target,
					struct chimney_block *tree)
{
	call_complete(target, tree, CHIMNEY_OP_KIND_TERMINATE);
}
EXPORT_SYMBOL_GPL(chimney_terminate_offload_complete);

/**
 * chimney_query_offload_complete() - a target has answered a query
 * @target: the target
 * @tree: the root it got with query_offload (OP-06), with its structures
 *	filled, and SUCCESS or FAILURE in every block (QRY-07)
 *
 * As chimney_initiate_offload_complete().
 *
 * Context: process or softirq, interrupts enabled.
 */
void chimney_query_offload_complete(struct chimney_target *target,
				    struct chimney_block *tree)
{
	call_complete(target, tree, CHIMNEY_OP_KIND_QUERY);
}
EXPORT_SYMBOL_GPL(chimney_query_offload_complete);

/**
 * chimney_update_offload_complete() - a target has done an update
 * @target: the target
 * @tree: the root it got with update_offload (OP-06), with SUCCESS or FAILURE
 *	in every block (UPD-24)
 *
 * As chimney_initiate_offload_complete().
 *
 * Context: process or softirq, interrupts enabled.
 */
void chimney_update_offload_complete(struct chimney_target *target,
				     struct chimney_block *tree)
{
	call_complete(target, tree, CHIMNEY_OP_KIND_UPDATE);
}
EXPORT_SYMBOL_GPL(chimney_update_offload_complete);

/**
 * chimney_invalidate_offload_complete() - a target has invalidated objects
 * @target: the target
 * @tree: the root it got with invalidate_offload (OP-06), with SUCCESS or
 *	FAILURE in every block (INV-10)
 *
 * As chimney_initiate_offload_complete().
 *
 * Context: process or softirq, interrupts enabled.
 */
void chimney_invalidate_offload_complete(struct chimney_target *target,
					 struct chimney_block *tree)
{
	call_complete(target, tree, CHIMNEY_OP_KIND_INVALIDATE);
}
EXPORT_SYMBOL_GPL(chimney_invalidate_offload_complete);

/* A call of @binding, or any for NULL, in one of @states; with a reference. */
static struct chimney_call *call_get(struct chimney_target_core *core,
				     const struct chimney_binding *binding,
				     unsigned int states)
{
	struct chimney_call *call;
	int bucket;

	spin_lock_bh(&core->lock);
	hash_for_each(core->calls, bucket, call, node) {
		if ((binding && call->binding != binding) ||
		    !(states & BIT(call->state)))
			continue;
		refcount_inc(&call->refcnt);
		spin_unlock_bh(&core->lock);
		return call;
	}
	spin_unlock_bh(&core->lock);
	return NULL;
}

#define CALLS_ACTIVE	(BIT(CALL_SUBMITTING) | BIT(CALL_PENDING) | \
			 BIT(CALL_CHECKING) | BIT(CALL_LOSING))
#define CALLS_LOST	(BIT(CALL_LOST) | BIT(CALL_KEPT))

/**
 * chimney_calls_expire() - end what a client left pending when it was unbound
 * @binding: the binding, after the client's unbind
 *
 * Loses every call that a well-behaved client would have waited for.
 *
 * Context: process, may sleep; registry mutex.
 */
void chimney_calls_expire(struct chimney_binding *binding)
{
	struct chimney_call *call;

	lockdep_assert_held(&chimney_registry_mutex);
	while ((call = call_get(binding->core, binding, CALLS_ACTIVE))) {
		if (cancel_delayed_work_sync(&call->deadline))
			call_put(call);
		if (call_expire(call)) {
			chimney_violation(binding->core, CHIMNEY_CLAUSE_PAU_11);
			call_lose(call);
		}
		call_put(call);
		/* A completion may be at it right now. */
		synchronize_net();
	}
}

/**
 * chimney_calls_free() - give quarantined trees back
 * @core: a target that was stopped; its bindings are closed
 *
 * Context: process, may sleep; registry mutex.
 */
void chimney_calls_free(struct chimney_target_core *core)
{
	struct chimney_call *call;

	lockdep_assert_held(&chimney_registry_mutex);
	flush_workqueue(chimney_call_wq);
	while ((call = call_get(core, NULL, CALLS_LOST))) {
		spin_lock_bh(&core->lock);
		call_unhash(call);
		spin_unlock_bh(&core->lock);
		call_free_tree(call);
		call_put(call);
	}
}

/**
 * chimney_calls_disown() - forget the client of the quarantined trees
 * @binding: a closed binding whose client goes away before the target does
 *
 * The target may still write to these trees, so their memory cannot be freed,
 * and later there is nobody who could: it is leaked. What runs of the client's
 * calls is over after a grace period.
 *
 * Context: process, may sleep; registry mutex.
 */
void chimney_calls_disown(struct chimney_binding *binding)
{
	struct chimney_target_core *core = binding->core;
	struct chimney_call *call;

	lockdep_assert_held(&chimney_registry_mutex);
	while ((call = call_get(core, binding, CALLS_LOST))) {
		spin_lock_bh(&core->lock);
		call->binding = NULL;
		spin_unlock_bh(&core->lock);
		netdev_warn(core->dev,
			    "chimney: target holds a tree of client %s for ever\n",
			    binding->client->name);
		call_put(call);
	}
	flush_workqueue(chimney_call_wq);
}

int __init chimney_call_init(void)
{
	chimney_call_wq = alloc_workqueue("chimney", WQ_UNBOUND, 0);
	return chimney_call_wq ? 0 : -ENOMEM;
}

void chimney_call_exit(void)
{
	destroy_workqueue(chimney_call_wq);
}
