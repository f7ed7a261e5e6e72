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
	X(OP, 07, "called the core although it is not registered")	       \
	X(OP, 08, "completed a block without a status")			       \
	X(OP, 09, "wrote neither SUCCESS nor FAILURE to a block")	       \
	X(OP, 11, "gave a placeholder a status other than success")	       \
	X(CAP, 15, "resumed although it had not paused")		       \
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
	X(TERM, 25, "did not complete a receive request before the terminate") \
	X(TERM, 26, "did not complete a disconnect before the terminate")      \
	X(TERM, 27, "completed a forward after the terminate")		       \
	X(TERM, 28, "completed a send after the terminate")		       \
	X(TERM, 30, "indicated an event of a neighbor after its terminate")    \
	X(TERM, 31, "indicated an event after the terminate")		       \
	X(TERM, 32, "indicated data after the terminate")		       \
	X(TERM, 55, "gave sequence numbers back that are out of order")	       \
	X(TERM, 65, "gave back an object that it had lost")		       \
	X(SND, 25, "completed a send with a status not allowed there")	       \
	X(RCV, 06, "completed a receive request that it does not have")	       \
	X(RCV, 25, "completed a receive request with a status not allowed there") \
	X(RIND, 02, "indicated a list of buffers")			       \
	X(DSC, 16, "completed a disconnect with a status not allowed there")   \
	X(DSC, 24, "completed a disconnect request that it does not have")     \
	X(FWD, 12, "completed a forward with a status not allowed there")      \
	X(TEV, 12, "gave an event or a reason that does not exist")	       \
	X(TEV, 13, "indicated a TCP event of an object that is no connection") \
	X(EVT, 01, "asked for reachability with other than one block")	       \
	X(EVT, 02, "asked for reachability without the neighbor's state")      \
	X(EVT, 03, "asked for reachability with a block that is not set up")   \
	X(EVT, 04, "passed a block with an event that has none")	       \
	X(EVT, 05, "used an event or indication that is reserved")	       \
	X(PAU, 13, "resumed before everything was terminated")

#define CHIMNEY_CLIENT_CLAUSES(X)					       \
	X(DAT, 01, "put blocks of different layers in one list")	       \
	X(DAT, 02, "hung something other than a path on a neighbor")	       \
	X(DAT, 03, "hung something other than a connection on a path")	       \
	X(DAT, 04, "hung something on a connection")			       \
	X(DAT, 09, "gave a block a state that is not its layer's")	       \
	X(CLS, 05, "initiated without the complete state")		       \
	X(CLS, 09, "asked for other than delegated state at terminate")	       \
	X(CTX, 06, "named an object that is not offloaded over the binding")   \
	X(OP, 12, "used a tree that is still lent")			       \
	X(CAP, 01, "initiated before it had queried the capabilities")	       \
	X(CAP, 03, "initiated what it had not enabled")			       \
	X(CAP, 11, "enabled what the target cannot do")			       \
	X(CAP, 12, "disabled a capability that is in use")		       \
	X(INIT, 02, "initiated with an object that another operation has")     \
	X(INIT, 03, "initiated a connection in a state that does not allow it") \
	X(INIT, 12, "gave a neighbor two reachability deltas")		       \
	X(INIT, 14, "used an object before its initiate completed")	       \
	X(INIT, 18, "initiated with a context slot that is not empty")	       \
	X(INIT, 25, "passed a linker without a new dependent")		       \
	X(QRY, 03, "queried an object that is on its way")		       \
	X(QRY, 04, "queried an object without a structure to fill")	       \
	X(UPD, 01, "updated an object that is on its way")		       \
	X(UPD, 02, "updated an object that another update has")		       \
	X(UPD, 04, "updated an object that was invalidated")		       \
	X(UPD, 05, "updated without cached state")			       \
	X(UPD, 08, "updated the link of a connection to its path")	       \
	X(UPD, 09, "linked paths to a neighbor that is not offloaded")	       \
	X(INV, 01, "passed state with an invalidate")			       \
	X(INV, 09, "invalidated an object that is on its way")		       \
	X(TERM, 03, "terminated an object that another operation has")	       \
	X(TERM, 06, "terminated an object and left its dependents")	       \
	X(TERM, 10, "used an object that is not offloaded")		       \
	X(TERM, 13, "terminated an object that is on its way")		       \
	X(TERM, 21, "initiated an object that was lost")		       \
	X(RIND, 04, "answered an indication with a status not allowed there")  \
	X(RIND, 05, "took a part of an indication that is no part")	       \
	X(DSC, 10, "passed data with an abortive disconnect")		       \
	X(DSC, 17, "repeated a disconnect that had failed")		       \
	X(FWD, 09, "forwarded to an object that is not offloaded")	       \
	X(PAU, 01, "initiated although the target had paused")		       \
	X(PAU, 07, "initiated after a resume without a look at the capabilities") \
	X(PAU, 10, "initiated although the target wants everything back")      \
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
/* The same for a call of a client; returns the errno that refuses it. */
int chimney_refuse(struct chimney_target_core *core,
		   enum chimney_clause clause);

u64 chimney_violations(const struct chimney_target_core *core);
/* By clause; @counts has CHIMNEY_CLAUSES members. */
void chimney_violations_read(const struct chimney_target_core *core,
			     u32 *counts);
/*
 * For tests: how often @clause was broken in dealings with @target; where it
 * is not registered, in all dealings of that kind.
 */
int chimney_violation_count(const struct chimney_target *target,
			    enum chimney_clause clause);

#endif /* _CHIMNEY_CORE_VIOLATION_H */
