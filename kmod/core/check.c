// SPDX-License-Identifier: GPL-2.0-only
/*
 * The target's half of a state operation: the contract check. It tells the
 * author of a target which clause a completion breaks; a block without a
 * status before all else, then the first one in the order of traversal.
 */
#include <net/tcp.h>

#include "tree.h"

#define LAYERS(layer)	BIT(CHIMNEY_LAYER_##layer)
#define ANY_LAYER	(LAYERS(NEIGHBOR) | LAYERS(PATH) | LAYERS(TCP))

/* INIT-38: which layers may have a status. G-61 for the path MTU. */
static const u8 initiate_status_layers[] = {
	[CHIMNEY_STATUS_SUCCESS] = ANY_LAYER,
	[CHIMNEY_STATUS_PARTIAL_SUCCESS] = LAYERS(NEIGHBOR) | LAYERS(PATH),
	[CHIMNEY_STATUS_FAILURE] = ANY_LAYER,
	[CHIMNEY_STATUS_RESOURCES] = ANY_LAYER,
	[CHIMNEY_STATUS_TCP_ENTRIES] = LAYERS(TCP),
	[CHIMNEY_STATUS_PATH_ENTRIES] = LAYERS(PATH),
	[CHIMNEY_STATUS_NEIGHBOR_ENTRIES] = LAYERS(NEIGHBOR),
	[CHIMNEY_STATUS_HW_ADDRESS_ENTRIES] = LAYERS(NEIGHBOR),
	[CHIMNEY_STATUS_IP_ADDRESS_ENTRIES] = LAYERS(PATH),
	[CHIMNEY_STATUS_TCP_XMIT_BUFFER] = LAYERS(TCP),
	[CHIMNEY_STATUS_TCP_RCV_BUFFER] = LAYERS(TCP),
	[CHIMNEY_STATUS_TCP_RCV_WINDOW] = LAYERS(TCP),
	[CHIMNEY_STATUS_VLAN_ENTRIES] = LAYERS(NEIGHBOR),
	[CHIMNEY_STATUS_VLAN_MISMATCH] = LAYERS(NEIGHBOR),
	[CHIMNEY_STATUS_PATH_MTU] = LAYERS(PATH) | LAYERS(TCP),
	[CHIMNEY_STATUS_CONNECTION_REJECTED] = LAYERS(TCP),
};

static bool initiate_status_ok(const struct chimney_block *block)
{
	return block->status < ARRAY_SIZE(initiate_status_layers) &&
	       initiate_status_layers[block->status] &
	       BIT(chimney_block_layer(block));
}

struct dependents {
	unsigned int all;
	unsigned int done;
	unsigned int partial;
};

/* Placeholders and linkers count as done: their object is no matter here. */
static struct dependents count_dependents(const struct chimney_block *block)
{
	const struct chimney_block *dependent;
	struct dependents count = {};

	for (dependent = block->dependent; dependent;
	     dependent = dependent->next) {
		count.all++;
		count.done += chimney_block_done(dependent);
		count.partial +=
			dependent->status == CHIMNEY_STATUS_PARTIAL_SUCCESS;
	}
	return count;
}

static enum chimney_clause check_linker(const struct chimney_block *block,
					bool barred)
{
	struct dependents count = count_dependents(block);
	enum chimney_status expected;

	if (!READ_ONCE(block->handle->context))
		return CHIMNEY_CLAUSE_INIT_27;
	if (barred)
		return block->status == CHIMNEY_STATUS_FAILURE ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_INIT_44;

	if (count.done == count.all)
		expected = CHIMNEY_STATUS_SUCCESS;
	else if (!count.done)
		expected = CHIMNEY_STATUS_FAILURE;
	else
		expected = CHIMNEY_STATUS_PARTIAL_SUCCESS;
	return block->status == expected ? CHIMNEY_CLAUSE_NONE :
					   CHIMNEY_CLAUSE_INIT_43;
}

static enum chimney_clause check_new(const struct chimney_block *block)
{
	struct dependents count;

	if (!chimney_block_done(block))
		return READ_ONCE(block->handle->context) ?
			       CHIMNEY_CLAUSE_INIT_27 : CHIMNEY_CLAUSE_NONE;
	if (!READ_ONCE(block->handle->context))
		return CHIMNEY_CLAUSE_INIT_26;
	if (block->status == CHIMNEY_STATUS_SUCCESS && !block->dependent)
		return CHIMNEY_CLAUSE_NONE;
	count = count_dependents(block);
	if (block->status == CHIMNEY_STATUS_SUCCESS)
		return count.done == count.all ? CHIMNEY_CLAUSE_NONE :
						 CHIMNEY_CLAUSE_INIT_39;
	if (count.done < count.all)
		return CHIMNEY_CLAUSE_NONE;
	return count.partial ? CHIMNEY_CLAUSE_INIT_41 : CHIMNEY_CLAUSE_INIT_40;
}

/*
 * @root_failed: nothing of the tree is to be attempted any more (INIT-46)
 * @parent_failed: nor is what depends on a block that failed (INIT-45)
 */
static enum chimney_clause check_initiate_block(const struct chimney_block *block,
						bool root_failed,
						bool parent_failed)
{
	if (block->role == CHIMNEY_ROLE_PLACEHOLDER)
		return block->status == CHIMNEY_STATUS_SUCCESS ?
			       CHIMNEY_CLAUSE_NONE : CHIMNEY_CLAUSE_INIT_42;
	if (!initiate_status_ok(block))
		return CHIMNEY_CLAUSE_INIT_38;
	if (block->role == CHIMNEY_ROLE_LINKER)
		return check_linker(block, root_failed || parent_failed);
	if (chimney_block_done(block) && parent_failed)
		return CHIMNEY_CLAUSE_INIT_45;
	if (chimney_block_done(block) && root_failed)
		return CHIMNEY_CLAUSE_INIT_46;
	return check_new(block);
}

static enum chimney_clause check_initiate(struct chimney_block *tree)
{
	/* By depth: the block at that depth, or one below it, has failed. */
	bool failed[ARRAY_SIZE(((struct chimney_walk *)0)->path)];
	struct chimney_block *block;
	enum chimney_clause clause;
	bool root_failed = false;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		bool parent_failed = walk.depth && failed[walk.depth - 1];

		clause = check_initiate_block(block, root_failed,
					      parent_failed);
		if (clause != CHIMNEY_CLAUSE_NONE)
			return clause;
		failed[walk.depth] = parent_failed ||
				     !chimney_block_done(block);
		if (block == tree)
			root_failed = failed[0];
	}
	return CHIMNEY_CLAUSE_NONE;
}

/* TERM-55 */
static bool send_state_ok(const struct chimney_block *block)
{
	const struct chimney_tcp_state_delegated *tcp = block->state;

	return block->type != CHIMNEY_TCP_STATE_DELEGATED || !tcp ||
	       (!before(tcp->snd_nxt, tcp->snd_una) &&
		!before(tcp->snd_max, tcp->snd_nxt));
}

static enum chimney_clause check_terminated(const struct chimney_block *block)
{
	if (block->status != CHIMNEY_STATUS_SUCCESS)
		return CHIMNEY_CLAUSE_NONE;
	/* G-66 */
	if (block->handle && test_bit(CHIMNEY_OBJECT_RETERMINATED,
				      &block->handle->flags))
		return CHIMNEY_CLAUSE_TERM_65;
	return send_state_ok(block) ? CHIMNEY_CLAUSE_NONE :
				      CHIMNEY_CLAUSE_TERM_55;
}

/* @clause: broken by a status that is neither SUCCESS nor FAILURE */
static enum chimney_clause check_success_or_failure(const struct chimney_block *block,
						    enum chimney_clause clause)
{
	switch (block->status) {
	case CHIMNEY_STATUS_SUCCESS:
		return CHIMNEY_CLAUSE_NONE;
	case CHIMNEY_STATUS_FAILURE:
		return block->role == CHIMNEY_ROLE_PLACEHOLDER ?
			       CHIMNEY_CLAUSE_OP_11 : CHIMNEY_CLAUSE_NONE;
	default:
		return clause;
	}
}

static enum chimney_clause check_terminate(struct chimney_block *tree)
{
	enum chimney_clause clause;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		clause = check_success_or_failure(block,
						  CHIMNEY_CLAUSE_TERM_18);
		if (clause == CHIMNEY_CLAUSE_NONE)
			clause = check_terminated(block);
		if (clause != CHIMNEY_CLAUSE_NONE)
			return clause;
	}
	return CHIMNEY_CLAUSE_NONE;
}

/* A query, update or invalidate. */
static enum chimney_clause check_staying(struct chimney_block *tree)
{
	enum chimney_clause clause;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		clause = check_success_or_failure(block, CHIMNEY_CLAUSE_OP_09);
		if (clause != CHIMNEY_CLAUSE_NONE)
			return clause;
	}
	return CHIMNEY_CLAUSE_NONE;
}

static bool lacks_status(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		if (block->status == CHIMNEY_STATUS_PENDING)
			return true;
	return false;
}

static enum chimney_clause check_blocks(struct chimney_block *tree,
					enum chimney_op_kind kind)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		return check_initiate(tree);
	case CHIMNEY_OP_KIND_TERMINATE:
		return check_terminate(tree);
	default:
		return check_staying(tree);
	}
}

/**
 * chimney_tree_check() - does a completed tree keep to the contract
 * @tree: the tree as the target completed it
 * @kind: the operation
 *
 * Context: any. Return: the first clause it breaks, or CHIMNEY_CLAUSE_NONE.
 */
enum chimney_clause chimney_tree_check(struct chimney_block *tree,
				       enum chimney_op_kind kind)
{
	enum chimney_clause clause = check_blocks(tree, kind);

	/* What other statuses should be depends on the one that is missing. */
	if (clause != CHIMNEY_CLAUSE_NONE && lacks_status(tree))
		return CHIMNEY_CLAUSE_OP_08;
	return clause;
}
