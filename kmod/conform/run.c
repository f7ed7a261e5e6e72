// SPDX-License-Identifier: GPL-2.0-only
/* A case from its beginning to its end. */
#include <linux/export.h>
#include <linux/mutex.h>
#include <linux/slab.h>

#include "../core/violation.h"
#include "harness.h"

static DEFINE_MUTEX(conform_mutex);

const struct conform_section conform_sections[] = {
	{ "initiate", conform_init_cases },
	{ "query", conform_query_cases },
	{ "update", conform_update_cases },
	{ "invalidate", conform_invalidate_cases },
	{ "terminate", conform_term_cases },
	{ "send", conform_send_cases },
	{ "receive", conform_receive_cases },
	{ "disconnect", conform_disconnect_cases },
	{ "forward and events", conform_event_cases },
	{ "statistics and capabilities", conform_statistics_cases },
	{ "parameters", conform_parameters_cases },
	{ "TCP processing", conform_tcp_cases },
	{ "faults", conform_fault_cases },
	{}
};
EXPORT_SYMBOL_GPL(conform_sections);

static struct conform *case_new(struct net *net, int ifindex,
				struct conform_result *result)
{
	struct conform *c = kzalloc(sizeof(*c), GFP_KERNEL);

	if (!c)
		return NULL;
	c->breaches = kcalloc(CHIMNEY_CLAUSES, sizeof(*c->breaches),
			      GFP_KERNEL);
	if (!c->breaches) {
		kfree(c);
		return NULL;
	}
	c->client.name = "conform";
	c->client.ops = &conform_client_ops;
	c->client.owner = THIS_MODULE;
	c->net = net;
	c->ifindex = ifindex;
	c->result = result;
	init_completion(&c->quiet);
	init_waitqueue_head(&c->wait);
	spin_lock_init(&c->lock);
	INIT_LIST_HEAD(&c->log);
	INIT_LIST_HEAD(&c->objects);
	INIT_LIST_HEAD(&c->trees);
	INIT_LIST_HEAD(&c->requests);
	INIT_LIST_HEAD(&c->disconnects);
	return c;
}

static const char *missing(const struct conform *c, unsigned int needs)
{
	const struct chimney_target *target = c->target;

	if (needs & CONFORM_FAULT && !(target->kind && target->kind->fault))
		return "the target has no fault script";
	if (needs & CONFORM_WIRE && !target->kind)
		return "frames of a device in hardware cannot be made up";
	if (needs & CONFORM_STATISTICS && !target->ops->statistics)
		return "the target keeps no statistics";
	if (needs & CONFORM_PARAMETERS && !target->ops->set_parameters)
		return "the target has no parameters";
	if (needs & CONFORM_SACK && !target->caps.sack)
		return "the target does not do SACK";
	return NULL;
}

static void breaches_read(struct conform *c)
{
	unsigned int clause;

	for (clause = 0; clause < CHIMNEY_TARGET_CLAUSES_END; clause++)
		c->breaches[clause] = chimney_violation_count(c->target, clause);
}

/* What the core has seen the target do, the case need not look for. */
static void breaches_check(struct conform *c)
{
	unsigned int clause;
	u32 count;

	for (clause = 0; clause < CHIMNEY_TARGET_CLAUSES_END; clause++) {
		count = chimney_violation_count(c->target, clause);
		if (count != c->breaches[clause])
			conform_fail(c, "contract check: %s was broken %u times",
				     chimney_clause_id(clause),
				     count - c->breaches[clause]);
	}
}

static void outstanding_check(struct conform *c)
{
	unsigned int count = conform_outstanding(c);

	if (count)
		conform_fail(c, "I/O outstanding at the end: expected none, got %u",
			     count);
}

static void order_check(struct conform *c)
{
	const struct conform_object *object;
	const struct conform_entry *entry = NULL;

	list_for_each_entry(object, &c->objects, list)
		if (object->overlap)
			conform_fail(c, "%s: completions and indications overlapped (RCV-20)",
				     object->name);
	while ((entry = conform_find(c, entry, CONFORM_RECEIVE, NULL)))
		if (!entry->good)
			conform_fail(c, "%s: wrong bytes in a receive request",
				     entry->object->name);
	while ((entry = conform_find(c, entry, CONFORM_INDICATION, NULL)))
		if (!entry->good)
			conform_fail(c, "%s: wrong bytes indicated",
				     entry->object->name);
}

static void return_all_kept(struct conform *c)
{
	struct conform_object *object;

	list_for_each_entry(object, &c->objects, list)
		conform_return_kept(object);
}

static void case_run(struct conform *c, const struct conform_case *cs)
{
	const char *lack = missing(c, cs->needs);
	struct chimney_caps caps;
	int err;

	if (lack) {
		conform_skip(c, "%s", lack);
		return;
	}
	chimney_query_caps(c->binding, &caps);
	err = chimney_enable_caps(c->binding, &caps);
	if (err) {
		conform_fail(c, "capabilities: expected to be enabled, got error %d",
			     err);
		return;
	}
	conform_taps_add(c);
	breaches_read(c);
	cs->run(c);
	return_all_kept(c);
	conform_bring_home(c);
	outstanding_check(c);
	order_check(c);
	breaches_check(c);
	conform_taps_remove(c);
}

/* Trees that a target holds for ever are not ours to free, nor what they name. */
static bool all_back(const struct conform *c)
{
	const struct conform_tree *tree;

	list_for_each_entry(tree, &c->trees, list)
		if (tree->submitted && !tree->back)
			return false;
	return true;
}

static void case_free(struct conform *c)
{
	if (!all_back(c) || conform_outstanding(c))
		return;
	conform_io_free(c);
	kfree(c->breaches);
	kfree(c);
}

/**
 * conform_execute() - run a case against the target of a device
 * @net: namespace of the device
 * @ifindex: the device
 * @cs: the case
 * @result: what came of it; written
 *
 * One case runs at a time, others wait. Nothing stays offloaded. If the target
 * goes away meanwhile, the case ends and is skipped.
 *
 * Context: process, sleeps; without the RTNL.
 * Return: 0 with @result, -ENODEV if the device has no target, -ENOMEM.
 */
int conform_execute(struct net *net, int ifindex,
		    const struct conform_case *cs,
		    struct conform_result *result)
{
	struct conform *c;
	int err;

	result->verdict = CONFORM_PASSED;
	result->text[0] = '\0';
	c = case_new(net, ifindex, result);
	if (!c)
		return -ENOMEM;

	mutex_lock(&conform_mutex);
	conform_current = c;
	err = chimney_client_register(&c->client);
	if (err)
		goto out;
	if (c->binding)
		case_run(c, cs);
	else
		err = -ENODEV;
	if (READ_ONCE(c->gone))
		conform_skip(c, "the target went away");
	complete(&c->quiet);
	chimney_client_unregister(&c->client);
out:
	mutex_unlock(&conform_mutex);
	case_free(c);
	return err;
}
EXPORT_SYMBOL_GPL(conform_execute);
