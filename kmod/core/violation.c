// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>

#include "../nl/nl.h"
#include "registry.h"
#include "trace.h"
#include "violation.h"

static const struct {
	const char *id;
	const char *text;
} chimney_clauses[CHIMNEY_CLAUSES] = {
#define CHIMNEY_CLAUSE_TEXT(section, number, words)			       \
	[CHIMNEY_CLAUSE_##section##_##number] = {			       \
		.id = #section "-" #number, .text = words,		       \
	},
	CHIMNEY_TARGET_CLAUSES(CHIMNEY_CLAUSE_TEXT)
	CHIMNEY_CLIENT_CLAUSES(CHIMNEY_CLAUSE_TEXT)
};

/* Breaches at targets that are not registered, or not known. */
static atomic_t stray_violations[CHIMNEY_CLAUSES];

/**
 * chimney_clause_id() - name of a clause, such as "OP-06"
 * @clause: the clause
 *
 * Context: any. Return: a constant string.
 */
const char *chimney_clause_id(enum chimney_clause clause)
{
	return clause < CHIMNEY_CLAUSES ? chimney_clauses[clause].id : "none";
}
EXPORT_SYMBOL_GPL(chimney_clause_id);

static void violation_announce(const struct chimney_target_core *core,
			       enum chimney_clause clause)
{
	const struct chimney_event_info info = {
		.source = CHIMNEY_EVENT_SOURCE_VIOLATION,
		.code = clause,
		.ifindex = core->ifindex,
	};

	chimney_nl_event(dev_net(core->dev), &info);
}

/**
 * chimney_violation() - count, trace and announce a breach of the contract
 * @core: the target it happened at, or NULL if none is known any more
 * @clause: what was broken, and with it by whom
 *
 * Only the first breach of a clause at a target goes to the log: a broken
 * target breaks the same clause again and again.
 *
 * Context: any; the caller keeps @core alive.
 */
void chimney_violation(struct chimney_target_core *core,
		       enum chimney_clause clause)
{
	bool first;

	trace_chimney_violation(core ? core->ifindex : 0, clause);
	if (!core) {
		atomic_inc(&stray_violations[clause]);
		return;
	}
	first = atomic_inc_return(&core->violations[clause]) == 1;
	/* Of a device that has gone nothing but the counters are left. */
	if (READ_ONCE(core->gone))
		return;
	violation_announce(core, clause);
	if (first)
		netdev_notice(core->dev, "chimney: %s %s (%s)\n",
			      clause < CHIMNEY_TARGET_CLAUSES_END ? "target" :
								    "client",
			      chimney_clauses[clause].text,
			      chimney_clauses[clause].id);
}

/**
 * chimney_refuse() - refuse a call of a client that breaks the contract
 * @core: the target it was for
 * @clause: what was broken
 *
 * Context: any; the caller keeps @core alive.
 * Return: -EBUSY if another operation is in the way, -EAGAIN if the target has
 * to open its gate first, else -EINVAL.
 */
int chimney_refuse(struct chimney_target_core *core,
		   enum chimney_clause clause)
{
	chimney_violation(core, clause);
	switch (clause) {
	case CHIMNEY_CLAUSE_CAP_12:
	case CHIMNEY_CLAUSE_INIT_02:
	case CHIMNEY_CLAUSE_INV_09:
	case CHIMNEY_CLAUSE_OP_12:
	case CHIMNEY_CLAUSE_QRY_03:
	case CHIMNEY_CLAUSE_TERM_03:
	case CHIMNEY_CLAUSE_TERM_06:
	case CHIMNEY_CLAUSE_TERM_13:
	case CHIMNEY_CLAUSE_UPD_01:
	case CHIMNEY_CLAUSE_UPD_02:
		return -EBUSY;
	case CHIMNEY_CLAUSE_PAU_01:
	case CHIMNEY_CLAUSE_PAU_07:
	case CHIMNEY_CLAUSE_PAU_10:
		return -EAGAIN;
	default:
		return -EINVAL;
	}
}

/**
 * chimney_violations() - breaches of the contract by a target
 * @core: the target
 *
 * Those of its clients are not its own, and not in the sum.
 *
 * Context: any. Return: the number.
 */
u64 chimney_violations(const struct chimney_target_core *core)
{
	u64 sum = 0;
	int i;

	for (i = 0; i < CHIMNEY_TARGET_CLAUSES_END; i++)
		sum += (u32)atomic_read(&core->violations[i]);
	return sum;
}
EXPORT_SYMBOL_IF_KUNIT(chimney_violations);

/**
 * chimney_violations_read() - breaches by clause
 * @core: the target
 * @counts: to be filled, CHIMNEY_CLAUSES members
 *
 * Context: any.
 */
void chimney_violations_read(const struct chimney_target_core *core,
			     u32 *counts)
{
	int i;

	for (i = 0; i < CHIMNEY_CLAUSES; i++)
		counts[i] = atomic_read(&core->violations[i]);
}

/**
 * chimney_violation_count() - breaches of one clause
 * @target: a target
 * @clause: the clause
 *
 * Context: any. Return: the number; if @target is not registered, that of all
 * breaches where no target was.
 */
int chimney_violation_count(const struct chimney_target *target,
			    enum chimney_clause clause)
{
	const struct chimney_target_core *core = target->core;

	return atomic_read(core ? &core->violations[clause] :
				  &stray_violations[clause]);
}
EXPORT_SYMBOL_GPL(chimney_violation_count);
