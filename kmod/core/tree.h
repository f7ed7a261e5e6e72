/* SPDX-License-Identifier: GPL-2.0-only */
/* What the core does with a state tree. */
#ifndef _CHIMNEY_CORE_TREE_H
#define _CHIMNEY_CORE_TREE_H

#include <chimney/block.h>

#include "violation.h"

struct chimney_binding;

/* block.c */
enum chimney_clause chimney_tree_submit(struct chimney_block *tree,
					struct chimney_binding *binding,
					enum chimney_op_kind kind);
void chimney_tree_settle(struct chimney_block *tree,
			 struct chimney_binding *binding,
			 enum chimney_op_kind kind);
void chimney_tree_lose(struct chimney_block *tree,
		       struct chimney_binding *binding,
		       enum chimney_op_kind kind);
bool chimney_tree_is_kept(struct chimney_block *tree,
			  enum chimney_op_kind kind);

/* check.c */
enum chimney_clause chimney_tree_check(struct chimney_block *tree,
				       enum chimney_op_kind kind);

/* The object itself is where the operation was to bring it. */
static inline bool chimney_block_done(const struct chimney_block *block)
{
	return block->role != CHIMNEY_ROLE_NEW ||
	       block->status == CHIMNEY_STATUS_SUCCESS ||
	       block->status == CHIMNEY_STATUS_PARTIAL_SUCCESS;
}

/* An operation of @kind takes the object of @block along. */
static inline bool chimney_block_moves(const struct chimney_block *block,
				       enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return block->role == CHIMNEY_ROLE_NEW;
	case CHIMNEY_OP_KIND_TERMINATE:
		return block->role == CHIMNEY_ROLE_LINKER;
	default:
		return false;
	}
}

#endif /* _CHIMNEY_CORE_TREE_H */
