/* SPDX-License-Identifier: GPL-2.0-only */
/* Clauses of the contract that the core can see a target or a client break. */
#ifndef _CHIMNEY_CORE_VIOLATION_H
#define _CHIMNEY_CORE_VIOLATION_H

#include <linux/types.h>

struct chimney_target;
struct chimney_target_core;

/*
 * Clauses in the order of the contract: its section, its number there, and the
 * sentence for the log.
 */
#define CHIMNEY_TARGET_CLAUSES(X)					       \
	X(CTX, 07, "named an object that is not offloaded to it")	       \
	X(OP, 05, "did not complete an operation before its deadline")	       \
	X(OP, 06, "completed a tree that was not pending")		       \
	X(OP, 08, "completed a block without a status")			       \
	X(OP, 11, "gave a placeholder a status other than success")	       \
	X(INIT, 26, "offloaded an object and left its context slot empty")     \
	X(INIT, 27, "wrote the context slot of an object it did not offload")  \
	X(INIT, 38, "gave a block a status its layer does not know")	       \
	X(INIT, 39, "wrote SUCCESS although a dependent was not offloaded")    \
	X(INIT, 40, "wrote PARTIAL_SUCCESS although no dependent failed")      \
	X(INIT, 41, "lowered a status for a failure deeper than one layer")    \
	X(INIT, 42, "gave a placeholder a status other than success")	       \
	X(INIT, 43, "gave a linker a status its dependents contradict")	       \
	X(INIT, 44, "wrote no failure to a block it had not to attempt")       \
	X(INIT, 45, "offloaded the dependent of a block that failed")	       \
	X(INIT, 46, "went on after the root of the tree had failed")	       \
	X(INIT, 48, "completed data of a connection before its initiate")      \
	X(INIT, 63, "indicated data of a connection before its initiate ended") \
	X(TERM, 18, "wrote neither SUCCESS nor FAILURE at terminate")	       \
	X(TERM, 25, "completed a receive request after the terminate")	       \
	X(TERM, 27, "completed a forward after the terminate")		       \
	X(TERM, 28, "completed a send after the terminate")		       \
	X(TERM, 31, "indicated an event after the terminate")		       \
	X(TERM, 32, "indicated data after the terminate")		       \
	X(SND, 25, "completed a send with a status not allowed there")	       \
	X(RCV, 25, "completed a receive request with a status not allowed there") \
	X(FWD, 12, "completed a forward with a status not allowed there")

#define CHIMNEY_CLIENT_CLAUSES(X)					       \
	X(INIT, 14, "used an object before its initiate completed")	       \
	X(TERM, 10, "used an object that is not offloaded")		       \
	X(FWD, 09, "forwarded to an object that is not offloaded")	       \
	X(PAU, 11, "left objects at a target that goes away")

/*
 * A clause that was broken. Those before CHIMNEY_TARGET_CLAUSES_END bind the
 * target, those from there on the client.
 */
enum chimney_clause {
#define CHIMNEY_CLAUSE_ENUM(section, number, text)			       \
	CHIMNEY_CLAUSE_##section##_##number,
	CHIMNEY_TARGET_CLAUSES(CHIMNEY_CLAUSE_ENUM)
	CHIMNEY_TARGET_CLAUSES_END,
	CHIMNEY_CLAUSE_BEFORE_CLIENT = CHIMNEY_TARGET_CLAUSES_END - 1,
	CHIMNEY_CLIENT_CLAUSES(CHIMNEY_CLAUSE_ENUM)
	CHIMNEY_CLAUSES,
	/* Nothing was broken. */
	CHIMNEY_CLAUSE_NONE = CHIMNEY_CLAUSES,
};

const char *chimney_clause_id(enum chimney_clause clause);
void chimney_violation(struct chimney_target_core *core,
		       enum chimney_clause clause);

u64 chimney_violations(const struct chimney_target_core *core);
/* For tests: how often @clause was broken in dealings with @target. */
int chimney_violation_count(const struct chimney_target *target,
			    enum chimney_clause clause);

#endif /* _CHIMNEY_CORE_VIOLATION_H */
