// SPDX-License-Identifier: GPL-2.0-only
/* The store of operations and their results. */
#include <linux/mutex.h>
#include <linux/slab.h>
#include <linux/xarray.h>
#include <kunit/visibility.h>

#include "../nl/nl.h"
#include "op.h"

/* What is kept of operations that ended; the oldest goes first. */
#define OPS_KEPT	256
#define RESULTS_KEPT	BIT(21)

#define RESULTS_PER_CHUNK					\
	((PAGE_SIZE - sizeof(unsigned long)) / sizeof(struct chimney_result))

/**
 * struct chimney_op_chunk - a page of results
 * @count: how many there are; the writer's
 * @results: zeroed before they are reserved
 */
struct chimney_op_chunk {
	unsigned long count;
	struct chimney_result results[RESULTS_PER_CHUNK];
};

/*
 * Guards the three below. Listeners are told about the end of an operation with
 * it held, so that chimney_op_flush() waits for those who use a namespace.
 */
static DEFINE_MUTEX(op_mutex);
static LIST_HEAD(op_finished);
static unsigned int op_finished_count;
static unsigned long op_finished_results;

static DEFINE_XARRAY_ALLOC1(op_ids);
static u32 op_next_id;

/**
 * chimney_op_put() - drop a reference
 * @op: the operation
 *
 * Context: process or softirq.
 */
void chimney_op_put(struct chimney_op *op)
{
	struct chimney_op_chunk *chunk;
	unsigned long index;

	if (!refcount_dec_and_test(&op->refcnt))
		return;
	xa_for_each(&op->chunks, index, chunk) {
		while (chunk->count)
			kfree(chunk->results[--chunk->count].state);
		free_page((unsigned long)chunk);
	}
	xa_destroy(&op->chunks);
	kfree_rcu(op, rcu);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_put);

/**
 * chimney_op_create() - begin an operation
 * @net: namespace of the request
 * @kind: what it does
 * @portid: netlink port of the requester, or 0
 * @deadline_ms: time a target has for a tree
 *
 * Readers find it at once.
 *
 * Context: process, may sleep.
 * Return: the operation with a reference for the caller, or NULL.
 */
struct chimney_op *chimney_op_create(struct net *net, enum chimney_op_kind kind,
				     u32 portid, u32 deadline_ms)
{
	struct chimney_op *op;
	int err;

	op = kzalloc(sizeof(*op), GFP_KERNEL);
	if (!op)
		return NULL;
	op->kind = kind;
	op->state = CHIMNEY_OP_STATE_RUNNING;
	op->outcome = CHIMNEY_OP_STATE_DONE;
	write_pnet(&op->net, net);
	op->portid = portid;
	op->deadline_ms = deadline_ms;
	op->start = ktime_get_real();
	op->started_mono = ktime_get();
	/* The caller's, and that of the store. */
	refcount_set(&op->refcnt, 2);
	INIT_LIST_HEAD(&op->list);
	xa_init(&op->chunks);

	mutex_lock(&op_mutex);
	err = xa_alloc_cyclic(&op_ids, &op->id, op, xa_limit_32b, &op_next_id,
			      GFP_KERNEL);
	mutex_unlock(&op_mutex);
	if (err < 0) {
		kfree(op);
		return NULL;
	}
	return op;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_create);

static void op_count(struct chimney_op *op, const struct chimney_result *result)
{
	if (result->reason == CHIMNEY_REASON_CANCELLED &&
	    op->outcome == CHIMNEY_OP_STATE_DONE)
		op->outcome = CHIMNEY_OP_STATE_CANCELLED;
	if (result->reason != CHIMNEY_REASON_NONE)
		WRITE_ONCE(op->refused, op->refused + 1);
	else if (result->layer != CHIMNEY_LAYER_TCP ||
		 result->role == CHIMNEY_ROLE_PLACEHOLDER)
		return;
	else if (result->status == CHIMNEY_STATUS_SUCCESS)
		WRITE_ONCE(op->ok, op->ok + 1);
	else
		WRITE_ONCE(op->failed, op->failed + 1);
}

static void op_add_chunk(struct chimney_op *op)
{
	op->last = (void *)get_zeroed_page(GFP_KERNEL | __GFP_NOFAIL);
	xa_store(&op->chunks, op->count / RESULTS_PER_CHUNK, op->last,
		 GFP_KERNEL | __GFP_NOFAIL);
}

/**
 * chimney_op_reserve() - room for what became of a block
 * @op: a running operation; the caller is the only one to add results
 *
 * Context: process, may sleep.
 * Return: the next result, zeroed, for chimney_op_submit().
 */
struct chimney_result *chimney_op_reserve(struct chimney_op *op)
{
	if (!op->last || op->last->count == RESULTS_PER_CHUNK)
		op_add_chunk(op);
	return &op->last->results[op->last->count];
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_reserve);

/**
 * chimney_op_submit() - count the result that was reserved, and show it to readers
 * @op: the operation; the result's state is its own from now on
 *
 * Context: process.
 */
void chimney_op_submit(struct chimney_op *op)
{
	struct chimney_op_chunk *chunk = op->last;

	op_count(op, &chunk->results[chunk->count++]);
	/* Pairs with chimney_op_result(): the result first. */
	smp_store_release(&op->count, op->count + 1);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_submit);

/* Out of the store, and its reference with it. */
static void op_drop(struct chimney_op *op)
{
	lockdep_assert_held(&op_mutex);
	if (!list_empty(&op->list)) {
		list_del_init(&op->list);
		op_finished_count--;
		op_finished_results -= op->count;
	}
	xa_erase(&op_ids, op->id);
	chimney_op_put(op);
}

static bool op_store_full(void)
{
	return op_finished_count > OPS_KEPT ||
	       (op_finished_results > RESULTS_KEPT && op_finished_count > 1);
}

static void op_keep(struct chimney_op *op)
{
	lockdep_assert_held(&op_mutex);
	list_add_tail(&op->list, &op_finished);
	op_finished_count++;
	op_finished_results += op->count;
	while (op_store_full())
		op_drop(list_first_entry(&op_finished, struct chimney_op,
					 list));
}

/**
 * chimney_op_time_out() - record that a target missed the deadline
 * @op: a running operation
 *
 * It goes on with its other trees; the end will tell.
 *
 * Context: process.
 */
void chimney_op_time_out(struct chimney_op *op)
{
	op->outcome = CHIMNEY_OP_STATE_TIMED_OUT;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_time_out);

/**
 * chimney_op_finish() - end an operation
 * @op: a running operation; the caller's reference stays
 *
 * Listeners are told, unless the namespace went away meanwhile.
 *
 * Context: process, may sleep.
 */
void chimney_op_finish(struct chimney_op *op)
{
	op->duration = ktime_to_ns(ktime_sub(ktime_get(), op->started_mono));
	WRITE_ONCE(op->state, op->outcome);

	mutex_lock(&op_mutex);
	if (xa_load(&op_ids, op->id) == op) {
		op_keep(op);
		chimney_nl_op_done(op);
	}
	mutex_unlock(&op_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_finish);

/**
 * chimney_op_next() - look operations up one after the other
 * @net: namespace of the reader
 * @id: where to go on
 *
 * Context: any.
 * Return: the operation of @net with the smallest identifier from @id on, with
 * a reference, or NULL.
 */
struct chimney_op *chimney_op_next(struct net *net, u32 id)
{
	struct chimney_op *op;
	unsigned long index;

	rcu_read_lock();
	xa_for_each_start(&op_ids, index, op, id)
		if (net_eq(read_pnet(&op->net), net) &&
		    refcount_inc_not_zero(&op->refcnt))
			break;
	rcu_read_unlock();
	return op;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_next);

/**
 * chimney_op_find() - look an operation up
 * @net: namespace of the reader
 * @id: its identifier
 *
 * Context: any. Return: the operation with a reference, or NULL.
 */
struct chimney_op *chimney_op_find(struct net *net, u32 id)
{
	struct chimney_op *op;

	rcu_read_lock();
	op = xa_load(&op_ids, id);
	if (op && (!net_eq(read_pnet(&op->net), net) ||
		   !refcount_inc_not_zero(&op->refcnt)))
		op = NULL;
	rcu_read_unlock();
	return op;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_find);

/**
 * chimney_op_result() - read a result
 * @op: the operation
 * @index: number of the result
 *
 * Context: any.
 * Return: the result, valid while @op is held, or NULL at the end.
 */
const struct chimney_result *chimney_op_result(struct chimney_op *op, u32 index)
{
	struct chimney_op_chunk *chunk;

	/* Pairs with chimney_op_submit(). */
	if (index >= smp_load_acquire(&op->count))
		return NULL;
	chunk = xa_load(&op->chunks, index / RESULTS_PER_CHUNK);
	return &chunk->results[index % RESULTS_PER_CHUNK];
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_result);

/**
 * chimney_op_flush() - forget the operations of a namespace
 * @net: the namespace, which goes away; NULL for all
 *
 * Nobody is told any more about those that are still running.
 *
 * Context: process, may sleep.
 */
void chimney_op_flush(struct net *net)
{
	struct chimney_op *op;
	unsigned long index;

	mutex_lock(&op_mutex);
	xa_for_each(&op_ids, index, op)
		if (!net || net_eq(read_pnet(&op->net), net))
			op_drop(op);
	mutex_unlock(&op_mutex);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_op_flush);
