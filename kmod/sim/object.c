// SPDX-License-Identifier: GPL-2.0-only
/* The driver's records of objects, and the ids that name them in the device. */
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
	sim->ids[object->type].used--;
	object->id = HW_NO_CONTEXT;
}

/*
 * The record stays for the next object with its id. Until then it is a lost
 * one, of which nobody needs to be told.
 */
void sim_object_free(struct sim_device *sim, struct sim_object *object)
{
	struct sim_ids *ids = &sim->ids[object->type];

	if (object->id == HW_NO_CONTEXT) {
		list_del(&object->list);
		kfree(object);
		return;
	}
	object->conn = NULL;
	object->resized = false;
	object->lost = true;
	object->told = true;
	object->next = ids->free;
	ids->free = object;
	ids->used--;
}

/* A record with an id that none had before. */
static struct sim_object *record_new(struct sim_device *sim, enum hw_type type)
{
	struct xa_limit limit = XA_LIMIT(0, sim->ids[type].entries - 1);
	struct sim_object *object;
	int err;

	object = kzalloc(sizeof(*object), GFP_KERNEL);
	if (!object)
		return ERR_PTR(-ENOMEM);
	err = xa_alloc(&sim->objects[type], &object->id, object, limit,
		       GFP_KERNEL);
	if (err) {
		kfree(object);
		return ERR_PTR(err);
	}
	count_memory(sim, type, 1);
	return object;
}

/* A record with an id; -EBUSY if all are in use, or -ENOMEM. */
static struct sim_object *object_get(struct sim_device *sim, enum hw_type type)
{
	struct sim_ids *ids = &sim->ids[type];
	struct sim_object *object = ids->free;

	if (ids->used >= min(ids->entries, enabled_of(sim, type)))
		return ERR_PTR(-EBUSY);
	if (object) {
		ids->free = object->next;
	} else {
		object = record_new(sim, type);
		if (IS_ERR(object))
			return object;
	}
	object->lost = false;
	object->told = false;
	object->invalid = false;
	ids->used++;
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
 */
void sim_objects_init(struct sim_device *sim)
{
	int type;

	INIT_LIST_HEAD(&sim->gone);
	for (type = 0; type < HW_TYPES; type++) {
		xa_init_flags(&sim->objects[type], XA_FLAGS_ALLOC);
		sim->ids[type].entries = entries_of(sim, type);
	}
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
	for (type = 0; type < HW_TYPES; type++)
		xa_destroy(&sim->objects[type]);
}
