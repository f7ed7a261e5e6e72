// SPDX-License-Identifier: GPL-2.0-only
/*
 * The trees of one operation: while the target has one, the host prepares the next
 * one and finishes with the one before. The target never has two of them: what the
 * blocks of a tree say of neighbors and paths depends on what became of the tree
 * before.
 */
#include "../core/op.h"
#include "tree.h"

/* Wait for the tree that the target has; false if it was lost. */
static bool settle(struct chimney_pipeline *line)
{
	bool answered;

	if (!line->tree)
		return true;
	answered = chimney_tree_wait(line->hb);
	line->ops->settle(line->hb, line->tree, answered);
	return answered;
}

static void finish(struct chimney_pipeline *line, struct chimney_tree *tree,
		   bool answered)
{
	if (!tree)
		return;
	if (!answered && line->op)
		chimney_op_time_out(line->op);
	line->ops->finish(line->hb, tree, answered, line->op);
}

/**
 * chimney_pipeline_add() - send the next tree
 * @line: the pipeline
 * @tree: the tree, prepared and not linked; consumed
 *
 * It is not sent if the operation is cancelled before its turn comes.
 *
 * Context: process, sleeps until the target has answered the tree before; the
 * binding's lock is held.
 */
void chimney_pipeline_add(struct chimney_pipeline *line,
			  struct chimney_tree *tree)
{
	struct chimney_tree *before = line->tree;
	bool answered = settle(line);

	if (chimney_op_is_cancelled(line->op)) {
		line->ops->withdraw(line->hb, tree, line->op);
		line->tree = NULL;
	} else {
		line->ops->link(line->hb, tree);
		line->tree = tree;
		chimney_tree_start(line->hb, tree,
				   line->op ? line->op->deadline_ms :
					      CHIMNEY_HOST_DEADLINE_MS);
	}
	finish(line, before, answered);
}

/**
 * chimney_pipeline_end() - finish with the last tree
 * @line: the pipeline; may be used again
 *
 * Context: process, sleeps until the target has answered; the binding's lock is
 * held.
 */
void chimney_pipeline_end(struct chimney_pipeline *line)
{
	struct chimney_tree *last = line->tree;
	bool answered = settle(line);

	line->tree = NULL;
	finish(line, last, answered);
}
