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

static u32 pages_of(const struct sim_records *records)
{
	return DIV_ROUND_UP(records->entries, SIM_RECORDS_PAGE);
}

/* NULL if there never was an object with that id. */
struct sim_object *sim_object_find(const struct sim_device *sim,
				   enum hw_type type, u32 id)
{
	const struct sim_records *records = &sim->records[type];
	struct sim_records_page *page;

	if (id >= records->entries)
		return NULL;
	page = records->pages[id / SIM_RECORDS_PAGE];
	return page ? page->objects[id % SIM_RECORDS_PAGE] : NULL;
}

/* The one with the least id from @id on, which is set to it; NULL if there is none. */
struct sim_object *sim_object_next(const struct sim_device *sim,
				   enum hw_type type, u32 *id)
{
	const struct sim_records *records = &sim->records[type];
	struct sim_object *object;

	while (*id < records->entries) {
		if (!records->pages[*id / SIM_RECORDS_PAGE]) {
			*id = round_down(*id, SIM_RECORDS_PAGE) +
			      SIM_RECORDS_PAGE;
			continue;
		}
		object = sim_object_find(sim, type, *id);
		if (object)
			return object;
		(*id)++;
	}
	return NULL;
}

static void id_release(struct sim_device *sim, const struct sim_object *object)
{
	struct sim_records *records = &sim->records[object->type];

	__clear_bit(object->id, records->used);
	records->free = min(records->free, object->id);
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

/* Its page exists. */
static struct sim_object **slot_of(struct sim_records *records, u32 id)
{
	return &records->pages[id / SIM_RECORDS_PAGE]
			->objects[id % SIM_RECORDS_PAGE];
}

/* Nobody knows it by its id any more. */
void sim_object_forget_id(struct sim_device *sim, struct sim_object *object)
{
	if (object->id == HW_NO_CONTEXT)
		return;
	*slot_of(&sim->records[object->type], object->id) = NULL;
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

/* A record for an id that has none, or NULL without memory. */
static struct sim_object *record_new(struct sim_device *sim, enum hw_type type,
				     u32 id)
{
	struct sim_records *records = &sim->records[type];
	struct sim_records_page **page = &records->pages[id / SIM_RECORDS_PAGE];
	struct sim_object *object;

	if (!*page)
		*page = kzalloc(sizeof(**page), GFP_KERNEL);
	if (!*page)
		return NULL;
	object = kzalloc(sizeof(*object), GFP_KERNEL);
	if (!object)
		return NULL;
	object->id = id;
	*slot_of(records, id) = object;
	count_memory(sim, type, 1);
	return object;
}

/* The record of the first free id; -EBUSY if there is none, or -ENOMEM. */
static struct sim_object *object_get(struct sim_device *sim, enum hw_type type)
{
	struct sim_records *records = &sim->records[type];
	struct sim_object *object;
	u32 size, id;

	size = min(records->entries, enabled_of(sim, type));
	id = find_next_zero_bit(records->used, size, records->free);
	if (id >= size)
		return ERR_PTR(-EBUSY);
	object = sim_object_find(sim, type, id) ?: record_new(sim, type, id);
	if (!object)
		return ERR_PTR(-ENOMEM);
	object->lost = false;
	object->told = false;
	object->invalid = false;
	__set_bit(id, records->used);
	records->free = id + 1;
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
	struct sim_records *records;
	int type, err = 0;

	INIT_LIST_HEAD(&sim->gone);
	for (type = 0; type < HW_TYPES; type++) {
		records = &sim->records[type];
		records->entries = entries_of(sim, type);
		records->used = bitmap_zalloc(records->entries, GFP_KERNEL);
		records->pages = kvcalloc(pages_of(records),
					  sizeof(*records->pages), GFP_KERNEL);
		if (!records->used || !records->pages)
			err = -ENOMEM;
	}
	return err;
}

static void records_release(struct sim_records *records)
{
	u32 page;

	for (page = 0; records->pages && page < pages_of(records); page++)
		kfree(records->pages[page]);
	kvfree(records->pages);
	bitmap_free(records->used);
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
	int type;
	u32 id;

	for (type = 0; type < HW_TYPES; type++) {
		if (!sim->records[type].pages)
			continue;
		sim_for_each_object(object, id, sim, type)
			list_add(&object->list, &sim->gone);
	}
	list_for_each_entry_safe(object, next, &sim->gone, list) {
		if (object->conn)
			sim_engine_discard(object);
		kfree(object);
	}
	for (type = 0; type < HW_TYPES; type++)
		records_release(&sim->records[type]);
}
