// SPDX-License-Identifier: GPL-2.0-only
#include <kunit/visibility.h>

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
EXPORT_SYMBOL_IF_KUNIT(chimney_clause_id);

/**
 * chimney_violation() - count and trace a breach of the contract
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
	trace_chimney_violation(core ? core->dev->ifindex : 0, clause);
	if (!core || atomic_inc_return(&core->violations[clause]) != 1)
		return;

	netdev_notice(core->dev, "chimney: %s %s (%s)\n",
		      clause < CHIMNEY_TARGET_CLAUSES_END ? "target" : "client",
		      chimney_clauses[clause].text, chimney_clauses[clause].id);
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
 * chimney_violation_count() - breaches of one clause
 * @target: a registered target
 * @clause: the clause
 *
 * Context: any. Return: the number.
 */
int chimney_violation_count(const struct chimney_target *target,
			    enum chimney_clause clause)
{
	return atomic_read(&target->core->violations[clause]);
}
EXPORT_SYMBOL_IF_KUNIT(chimney_violation_count);
