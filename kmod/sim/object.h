/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Objects as the driver keeps them, and what it does with the trees that bring
 * them, name them and take them away.
 *
 * While the driver has a tree, target_priv[0] of a block holds the object: a
 * struct sim_object, NULL for a placeholder, or SIM_OBJECT_FAILED.
 */
#ifndef _CHIMNEY_SIM_OBJECT_H
#define _CHIMNEY_SIM_OBJECT_H

#include <linux/err.h>

#include <chimney/target.h>

#include "../../hw/device.h"

struct sim_conn;
struct sim_device;

/* Not there, nor what is above. */
#define SIM_OBJECT_FAILED	ERR_PTR(-ENOENT)

/* One-shot flags of an update are not state. */
#define SIM_ONE_SHOT	(CHIMNEY_TCP_KEEP_ALIVE_RESTART | \
			 CHIMNEY_TCP_MAX_RT_RESTART | \
			 CHIMNEY_TCP_UPDATE_RCV_WND)

/**
 * struct sim_object - the driver's record of a state object (CTX-01 to CTX-04)
 * @type: what it is
 * @id: context id in the device
 * @creating: (d) the device has not answered yet
 * @lost: (d) the device does not have it any more, or not whole
 * @told: (d) the host knows that it is lost
 * @invalid: (d) it was invalidated
 * @resized: (d) a path whose MTU has changed, until its connections know
 * @parent: (d) what it hangs on; NULL for a neighbor
 * @handle: the client's record
 * @next: (d) the next new connection of a tree
 * @list: (d) without an id: among the lost ones
 * @neighbor: const and cached variables
 * @path: likewise
 * @tcp: likewise
 * @conn: of a connection: the engine's record, from create to release
 *
 * What the context slot points to (CTX-05): it lives until a terminate of the
 * object has completed. Fields marked (d) belong to the driver's work.
 */
struct sim_object {
	enum hw_type type;
	u32 id;
	bool creating;
	bool lost;
	bool told;
	bool invalid;
	bool resized;
	struct sim_object *parent;
	struct chimney_handle *handle;
	struct sim_object *next;
	struct list_head list;
	union {
		struct {
			struct chimney_neighbor_state_const constant;
			struct chimney_neighbor_state_cached cached;
		} neighbor;
		struct {
			struct chimney_path_state_const constant;
			struct chimney_path_state_cached cached;
		} path;
		struct {
			struct chimney_tcp_state_const constant;
			struct chimney_tcp_state_cached cached;
		} tcp;
	};
	struct sim_conn *conn;
};

#define SIM_RECORDS_PAGE	64

/**
 * struct sim_records_page - records of objects with neighboring ids
 * @objects: the records, which stay for the next objects with their ids; NULL for an
 *	id that never was used, or whose object was lost
 */
struct sim_records_page {
	struct sim_object *objects[SIM_RECORDS_PAGE];
};

/**
 * struct sim_records - records of one type by their context ids; the least ids are
 * used first, by which scripts of faults name objects
 * @used: ids in use
 * @entries: how many there are
 * @free: none is free below
 * @pages: NULL where no id was ever used
 */
struct sim_records {
	unsigned long *used;
	u32 entries;
	u32 free;
	struct sim_records_page **pages;
};

static inline void sim_object_set(struct chimney_block *block,
				  struct sim_object *object)
{
	block->target_priv[0] = object;
}

static inline struct sim_object *
sim_object_of(const struct chimney_block *block)
{
	return block->target_priv[0];
}

/* What the client's handle leads to. */
static inline struct sim_object *
sim_linked_object(const struct chimney_block *block)
{
	return READ_ONCE(block->handle->context);
}

static inline enum hw_type sim_type_of(const struct chimney_block *block)
{
	switch (chimney_block_layer(block)) {
	case CHIMNEY_LAYER_NEIGHBOR:
		return HW_NEIGHBOR;
	case CHIMNEY_LAYER_PATH:
		return HW_PATH;
	default:
		return HW_TCP;
	}
}

/* The blocks of a type, and those above them. */
#define sim_for_each_block_down_to(block, walk, root, type)		\
	for (block = chimney_walk_first(walk, root); block;		\
	     block = chimney_walk_next(walk, sim_type_of(block) < (type)))

/* All that follows is for the driver's work only. */

/* object.c: records and context ids */
int sim_objects_init(struct sim_device *sim);
void sim_objects_release(struct sim_device *sim);
struct sim_object *sim_object_find(const struct sim_device *sim,
				   enum hw_type type, u32 id);
struct sim_object *sim_object_next(const struct sim_device *sim,
				   enum hw_type type, u32 *id);
/* All that have one, lost ones among them. */
#define sim_for_each_object(object, id, sim, type)			\
	for (id = 0; (object = sim_object_next(sim, type, &id)); id++)
struct sim_object *sim_object_identify(struct sim_device *sim,
				       enum hw_type type);
void sim_object_free(struct sim_device *sim, struct sim_object *object);
void sim_object_forget_id(struct sim_device *sim, struct sim_object *object);
/* The device does not have it any more, or not whole. */
void sim_object_lose(struct sim_device *sim, struct sim_object *object);
u32 sim_tcp_memory(void);

/* initiate.c; @completion: NULL if none came, here and below */
void sim_tree_initiate(struct sim_device *sim, struct chimney_block *tree);
void sim_create_answered(struct sim_device *sim, struct sim_object *object,
			 struct chimney_block *block,
			 const struct hw_completion *completion);

/* terminate.c */
void sim_tree_terminate(struct sim_device *sim, struct chimney_block *tree);
void sim_destroy_answered(struct sim_device *sim, struct sim_object *object,
			  struct chimney_block *block,
			  const struct hw_completion *completion);
void sim_object_destroy(struct sim_device *sim, struct sim_object *object,
			struct chimney_block *back);
void sim_tell_lost(struct sim_device *sim);

/* operate.c: query, update and invalidate */
void sim_tree_operate(struct sim_device *sim, struct chimney_block *tree,
		      enum chimney_op_kind kind);
void sim_query_answered(struct sim_device *sim, struct sim_object *object,
			struct chimney_block *block,
			const struct hw_completion *completion);
void sim_update_answered(struct sim_device *sim, struct sim_object *object,
			 struct chimney_block *block,
			 const struct hw_completion *completion);
void sim_relink_answered(struct chimney_block *block,
			 const struct hw_completion *completion);
void sim_invalidate_answered(struct sim_device *sim, struct sim_object *object,
			     struct chimney_block *block,
			     const struct hw_completion *completion);

#endif /* _CHIMNEY_SIM_OBJECT_H */
