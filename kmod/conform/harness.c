// SPDX-License-Identifier: GPL-2.0-only
/* Verdicts and the log of a case. */
#include <linux/delay.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "harness.h"

/* Verdicts ------------------------------------------------------------------ */

static __printf(2, 0) void result_add(struct conform_result *result,
				      const char *fmt, va_list args)
{
	size_t used = strlen(result->text);

	if (used)
		used += scnprintf(result->text + used,
				  sizeof(result->text) - used, "\n");
	vscnprintf(result->text + used, sizeof(result->text) - used, fmt, args);
}

/**
 * conform_fail() - the target does not do what a clause says
 * @c: the case
 * @fmt: what was expected and what came instead, one line
 *
 * Context: the thread of the case.
 */
void conform_fail(struct conform *c, const char *fmt, ...)
{
	va_list args;

	/* Nothing can be said of a target that goes away. */
	if (READ_ONCE(c->gone))
		return;
	if (c->result->verdict == CONFORM_PASSED)
		c->result->text[0] = '\0';
	c->result->verdict = CONFORM_FAILED;
	va_start(args, fmt);
	result_add(c->result, fmt, args);
	va_end(args);
}

/**
 * conform_skip() - the case cannot be run against this target
 * @c: the case; it must return after this
 * @fmt: what is missing
 *
 * Context: the thread of the case.
 */
void conform_skip(struct conform *c, const char *fmt, ...)
{
	va_list args;

	if (c->result->verdict != CONFORM_PASSED)
		return;
	c->result->verdict = CONFORM_SKIPPED;
	c->result->text[0] = '\0';
	va_start(args, fmt);
	result_add(c->result, fmt, args);
	va_end(args);
}

bool conform_equal(struct conform *c, const char *what, s64 expected, s64 got)
{
	if (expected == got)
		return true;
	conform_fail(c, "%s: expected %lld, got %lld", what, expected, got);
	return false;
}

bool conform_true(struct conform *c, const char *what, bool condition)
{
	if (!condition)
		conform_fail(c, "%s: expected to hold, does not", what);
	return condition;
}

/**
 * conform_settle() - give something time to happen that must not
 * @c: the case
 *
 * Context: the thread of the case.
 */
void conform_settle(struct conform *c)
{
	wait_event_timeout(c->wait, READ_ONCE(c->gone),
			   msecs_to_jiffies(CONFORM_SETTLE_MS));
}

/* The log ------------------------------------------------------------------- */

/**
 * conform_log_new() - make an entry
 * @c: the case
 * @kind: what happened
 * @object: to what, or NULL
 *
 * Context: any but hard interrupts.
 * Return: the entry, for conform_log_add(); NULL without memory.
 */
struct conform_entry *conform_log_new(struct conform *c,
				      enum conform_kind kind,
				      struct conform_object *object)
{
	struct conform_entry *entry = kzalloc(sizeof(*entry), GFP_ATOMIC);

	if (entry) {
		entry->kind = kind;
		entry->object = object;
	}
	return entry;
}

/**
 * conform_log_add() - let the case see an entry
 * @c: the case
 * @entry: the entry, or NULL
 *
 * Context: any but hard interrupts.
 */
void conform_log_add(struct conform *c, struct conform_entry *entry)
{
	if (entry) {
		spin_lock_bh(&c->lock);
		entry->number = ++c->logged;
		list_add_tail(&entry->list, &c->log);
		spin_unlock_bh(&c->lock);
	}
	wake_up(&c->wait);
}

static struct conform_entry *log_next(struct conform *c,
				      const struct conform_entry *after)
{
	struct list_head *next = after ? after->list.next : c->log.next;

	return next == &c->log ? NULL :
	       list_entry(next, struct conform_entry, list);
}

struct conform_entry *conform_find(struct conform *c,
				   const struct conform_entry *after,
				   enum conform_kind kind,
				   const struct conform_object *object)
{
	struct conform_entry *entry;

	spin_lock_bh(&c->lock);
	for (entry = log_next(c, after); entry; entry = log_next(c, entry))
		if (entry->kind == kind &&
		    (!object || entry->object == object))
			break;
	spin_unlock_bh(&c->lock);
	return entry;
}

static const char * const kind_names[] = {
	[CONFORM_TREE] = "completion of a state operation",
	[CONFORM_LOST] = "loss of a state operation",
	[CONFORM_SEND] = "completion of a send",
	[CONFORM_RECEIVE] = "completion of a receive request",
	[CONFORM_FORWARD] = "completion of a forward",
	[CONFORM_DISCONNECT] = "completion of a disconnect",
	[CONFORM_INDICATION] = "indication of data",
	[CONFORM_EVENT] = "event of a connection",
	[CONFORM_NEIGHBOR] = "event of a neighbor",
	[CONFORM_STATUS] = "status indication",
	[CONFORM_FRAME] = "frame",
	[CONFORM_HOST] = "frame left to the host",
};

struct conform_entry *conform_await(struct conform *c,
				    const struct conform_entry *after,
				    enum conform_kind kind,
				    const struct conform_object *object)
{
	struct conform_entry *entry = NULL;

	wait_event_timeout(c->wait,
			   (entry = conform_find(c, after, kind, object)) ||
			   READ_ONCE(c->gone), CONFORM_PATIENCE);
	if (!entry)
		conform_fail(c, "%s: expected a %s, got none",
			     object ? object->name : "target",
			     kind_names[kind]);
	return entry;
}

unsigned int conform_count(struct conform *c, enum conform_kind kind,
			   const struct conform_object *object)
{
	struct conform_entry *entry = NULL;
	unsigned int count = 0;

	while ((entry = conform_find(c, entry, kind, object)))
		count++;
	return count;
}

struct conform_entry *conform_find_event(struct conform *c,
					 const struct conform_object *object,
					 enum chimney_tcp_event event)
{
	struct conform_entry *entry = NULL;

	do {
		entry = conform_find(c, entry, CONFORM_EVENT, object);
	} while (entry && entry->code != event);
	return entry;
}

struct conform_entry *conform_await_event(struct conform *c,
					  const struct conform_object *object,
					  enum chimney_tcp_event event)
{
	struct conform_entry *entry = NULL;

	wait_event_timeout(c->wait,
			   (entry = conform_find_event(c, object, event)) ||
			   READ_ONCE(c->gone), CONFORM_PATIENCE);
	if (!entry)
		conform_fail(c, "%s: expected event %d, got none",
			     object->name, event);
	return entry;
}

bool conform_before(struct conform *c, const char *what,
		    const struct conform_entry *first,
		    const struct conform_entry *second)
{
	if (!first || !second) {
		conform_fail(c, "%s: expected both, got %s", what,
			     first ? "the first" : second ? "the second" :
			     "neither");
		return false;
	}
	if (first->number < second->number)
		return true;
	conform_fail(c, "%s: expected in this order, got entries %u and %u",
		     what, first->number, second->number);
	return false;
}

/* The youngest entry: what comes after it is new. */
struct conform_entry *conform_last(struct conform *c)
{
	struct conform_entry *entry;

	spin_lock_bh(&c->lock);
	entry = list_empty(&c->log) ? NULL :
		list_last_entry(&c->log, struct conform_entry, list);
	spin_unlock_bh(&c->lock);
	return entry;
}

/**
 * conform_fault() - make the target misbehave
 * @c: the case, which needs CONFORM_FAULT
 * @script: how, in the language of its kind
 *
 * Context: the thread of the case.
 * Return: whether the target obeys; if not, the case is skipped.
 */
bool conform_fault(struct conform *c, const char *script)
{
	struct netlink_ext_ack extack = {};
	int err;

	err = c->target->kind->fault(c->target, script, &extack);
	if (err)
		conform_skip(c, "the target does not know the fault \"%s\": %s",
			     script, extack._msg ?: "no reason given");
	return !err;
}
