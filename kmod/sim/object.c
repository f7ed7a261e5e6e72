// SPDX-License-Identifier: GPL-2.0-only
/* The driver's records of objects, and the ids that name them in the device. */
#include <linux/bitmap.h>

#include "sim.h"

/* How many objects of a type the device may have. */
static u32 entries_of(const struct sim_device *sim, enum hw_type type)
{
	static const enum hw_register entries[] = {
		[HW_NEIGHBOR] = HW_REG_NEIGHBOR_ENTRIES,
		[HW_PATH] = HW_REG_PATH_ENTRIES,
		[HW_TCP] = HW_REG_TCP_ENTRIES,
	};

	return hw_read(sim->hw, entries[type]);
}

/* How many the host allows (CAP-11), which may be more. */
static u32 enabled_of(const struct sim_device *sim, enum hw_type type)
{
	const struct chimney_caps *enabled = &sim->queue.enabled;

	switch (type) {
	case HW_NEIGHBOR:
		return READ_ONCE(enabled->neighbor_entries);
	case HW_PATH:
		return READ_ONCE(enabled->path_entries);
	default:
		return READ_ONCE(enabled->tcp_entries);
	}
}

static void id_release(struct sim_device *sim, const struct sim_object *object)
{
	struct sim_ids *ids = &sim->ids[object->type];

	__clear_bit(object->id, ids->used);
	ids->free = min(ids->free, object->id);
}

/* The record of a connection and the device's context stay for the next one. */
#define RECORDS_SIZE	(sizeof(struct sim_object) + sizeof(struct hw_context))

static void count_memory(struct sim_device *sim, enum hw_type type, long count)
{
	if (type == HW_TCP)
		atomic_long_add(count * RECORDS_SIZE, &sim->engine.memory);
}

/**
 * sim_tcp_memory() - memory for one connection
 *
 * Return: bytes; over IPv6 the engine's socket is a little larger.
 */
u32 sim_tcp_memory(void)
{
	return RECORDS_SIZE + sim_engine_size(&tcp_prot);
}

/* Nobody knows it by its id any more. */
void sim_object_forget_id(struct sim_device *sim, struct sim_object *object)
{
	if (object->id == HW_NO_CONTEXT)
		return;
	xa_erase(&sim->objects[object->type], object->id);
	count_memory(sim, object->type, -1);
	id_release(sim, object);
	object->id = HW_NO_CONTEXT;
}

/*
 * The record stays for the next object with its id. Until then it is a lost
 * one, of which nobody needs to be told.
 */
void sim_object_free(struct sim_device *sim, struct sim_object *object)
{
	if (object->id == HW_NO_CONTEXT) {
		list_del(&object->list);
		kfree(object);
		return;
	}
	id_release(sim, object);
	object->conn = NULL;
	object->resized = false;
	object->lost = true;
	object->told = true;
}

/* The record of the first free id; -EBUSY if there is none, or -ENOMEM. */
static struct sim_object *object_get(struct sim_device *sim, enum hw_type type)
{
	struct xarray *objects = &sim->objects[type];
	struct sim_ids *ids = &sim->ids[type];
	struct sim_object *object;
	u32 size, id;

	size = min(ids->entries, enabled_of(sim, type));
	id = find_next_zero_bit(ids->used, size, ids->free);
	if (id >= size)
		return ERR_PTR(-EBUSY);
	object = xa_load(objects, id);
	if (!object) {
		object = kzalloc(sizeof(*object), GFP_KERNEL);
		if (!object)
			return ERR_PTR(-ENOMEM);
		object->id = id;
		if (xa_err(xa_store(objects, id, object, GFP_KERNEL))) {
			kfree(object);
			return ERR_PTR(-ENOMEM);
		}
		count_memory(sim, type, 1);
	}
	object->lost = false;
	object->told = false;
	object->invalid = false;
	__set_bit(id, ids->used);
	ids->free = id + 1;
	return object;
}

/*
 * Choose a context id. With none left the device is asked all the same: it is
 * the one to say no. But a create on its way may fail and give its id back.
 */
struct sim_object *sim_object_identify(struct sim_device *sim,
				       enum hw_type type)
{
	struct sim_object *object = object_get(sim, type);

	if (object == ERR_PTR(-EBUSY) && sim->creating[type]) {
		sim_commands_drain(sim);
		object = object_get(sim, type);
	}
	if (object != ERR_PTR(-EBUSY))
		return IS_ERR(object) ? NULL : object;
	object = kzalloc(sizeof(*object), GFP_KERNEL);
	if (!object)
		return NULL;
	object->id = HW_NO_CONTEXT;
	INIT_LIST_HEAD(&object->list);
	return object;
}

void sim_object_lose(struct sim_device *sim, struct sim_object *object)
{
	object->lost = true;
	sim->any_lost = true;
}

/**
 * sim_objects_init() - get ready for objects
 * @sim: the device
 *
 * Context: process.
 * Return: 0 or -ENOMEM; sim_objects_release() is due in either case.
 */
int sim_objects_init(struct sim_device *sim)
{
	struct sim_ids *ids;
	int type, err = 0;

	INIT_LIST_HEAD(&sim->gone);
	for (type = 0; type < HW_TYPES; type++) {
		ids = &sim->ids[type];
		xa_init(&sim->objects[type]);
		ids->entries = entries_of(sim, type);
		ids->used = bitmap_zalloc(ids->entries, GFP_KERNEL);
		if (!ids->used)
			err = -ENOMEM;
	}
	return err;
}

/**
 * sim_objects_release() - free the records of all objects
 * @sim: the device, without power
 *
 * Context: process, sleeps.
 */
void sim_objects_release(struct sim_device *sim)
{
	struct sim_object *object, *next;
	unsigned long id;
	int type;

	for (type = 0; type < HW_TYPES; type++)
		xa_for_each(&sim->objects[type], id, object)
			list_add(&object->list, &sim->gone);
	list_for_each_entry_safe(object, next, &sim->gone, list) {
		if (object->conn)
			sim_engine_discard(object);
		kfree(object);
	}
	for (type = 0; type < HW_TYPES; type++) {
		xa_destroy(&sim->objects[type]);
		bitmap_free(sim->ids[type].used);
	}
}
