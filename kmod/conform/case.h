/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The conformance kit: cases that prove clauses of the contract on any target.
 *
 *	main.c (debugfs), KUnit --> run.c --> init.c, term.c ... (cases)
 *	                                          |
 *	                            harness.c, tree.c, peer.c, io.c
 *	                                          |
 *	                                   core --> target
 *
 * A case is a client of its own: it is registered before the case and
 * unregistered after it, so nothing of one case reaches another.
 */
#ifndef _CHIMNEY_CONFORM_CASE_H
#define _CHIMNEY_CONFORM_CASE_H

#include <linux/types.h>

struct conform;
struct net;

/* What a case needs of its target, or else is skipped */
#define CONFORM_FAULT		BIT(0)	/* a kind with a fault script */
#define CONFORM_WIRE		BIT(1)	/* frames of the device come by software */
#define CONFORM_STATISTICS	BIT(2)	/* counters */
#define CONFORM_PARAMETERS	BIT(3)	/* settings */
#define CONFORM_SACK		BIT(4)	/* the SACK option */

/**
 * struct conform_case - one case
 * @name: begins with the first clause, in lower case
 * @clauses: all clauses that it proves, separated by ", "
 * @run: the case
 * @needs: CONFORM_FAULT and so on
 */
struct conform_case {
	const char *name;
	const char *clauses;
	void (*run)(struct conform *c);
	unsigned int needs;
};

#define CONFORM_CASE(fn, ids, need) \
	{ .name = #fn, .clauses = ids, .run = fn, .needs = need }

/**
 * enum conform_verdict - what came of a case
 * @CONFORM_PASSED: the target does what the clauses say
 * @CONFORM_FAILED: it does not
 * @CONFORM_SKIPPED: it lacks what the case needs, or went away
 */
enum conform_verdict {
	CONFORM_PASSED,
	CONFORM_FAILED,
	CONFORM_SKIPPED,
};

#define CONFORM_TEXT	2048

/**
 * struct conform_result - what came of a case
 * @verdict: in short
 * @text: lines of diagnostics, or why it was skipped
 */
struct conform_result {
	enum conform_verdict verdict;
	char text[CONFORM_TEXT];
};

/**
 * struct conform_section - cases that belong together
 * @name: of the section
 * @cases: the last has no name
 */
struct conform_section {
	const char *name;
	const struct conform_case *cases;
};

/* The last has no name. */
extern const struct conform_section conform_sections[];

int conform_execute(struct net *net, int ifindex,
		    const struct conform_case *cs,
		    struct conform_result *result);

#endif /* _CHIMNEY_CONFORM_CASE_H */
