// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control of the simulated NIC: trees in, commands out, statuses back.
 *
 * Trees are worked on one after the other. The commands of a tree are posted
 * without waiting for their answers: the driver chooses the ids, so a block can
 * name its parent's before that exists.
 *
 * While the driver has a tree, target_priv[0] of a block holds the object: a
 * struct sim_object, NULL for a placeholder, or OBJECT_FAILED. In the queue, they
 * hold in the root the next tree and the kind of operation.
 */
#include <linux/bitmap.h>
#include <linux/err.h>
#include <linux/etherdevice.h>

#include "sim.h"

#define OBJECT_FAILED	ERR_PTR(-ENOENT)	/* not there, nor what is above */

/* How long initiates wait for the end of a pause: less than hosts wait for them. */
#define PAUSE_PATIENCE	(2 * HZ)

/* One-shot flags of an update are not state. */
#define ONE_SHOT	(CHIMNEY_TCP_KEEP_ALIVE_RESTART | \
			 CHIMNEY_TCP_MAX_RT_RESTART | \
			 CHIMNEY_TCP_UPDATE_RCV_WND)

static void object_set(struct chimney_block *block, struct sim_object *object)
{
	block->target_priv[0] = object;
}

static struct sim_object *object_of(const struct chimney_block *block)
{
	return block->target_priv[0];
}

/* -------- objects -------- */

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
static void object_forget_id(struct sim_device *sim, struct sim_object *object)
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
static void object_free(struct sim_device *sim, struct sim_object *object)
{
	list_del_init(&object->list);
	if (object->id == HW_NO_CONTEXT) {
		kfree(object);
		return;
	}
	id_release(sim, object);
	object->conn = NULL;
	object->resized = false;
	object->lost = true;
	object->told = true;
}

/* The record of the first free id; NULL if there is none, or no memory. */
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
		INIT_LIST_HEAD(&object->list);
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
static struct sim_object *object_identify(struct sim_device *sim,
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
	if (object)
		object->id = HW_NO_CONTEXT;
	return object;
}

void sim_object_lose(struct sim_device *sim, struct sim_object *object)
{
	object->lost = true;
	sim->any_lost = true;
}

/* It was invalidated, or something it depends on. */
static bool object_is_invalid(const struct sim_object *object)
{
	for (; object; object = object->parent)
		if (object->invalid)
			return true;
	return false;
}

static enum hw_type type_of(const struct chimney_block *block)
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
#define for_each_block_down_to(block, walk, root, type)			\
	for (block = chimney_walk_first(walk, root); block;		\
	     block = chimney_walk_next(walk, type_of(block) < (type)))

static const u8 opcodes[][HW_TYPES] = {
	[CHIMNEY_OP_KIND_INITIATE] = { HW_OP_NEIGHBOR_CREATE,
				       HW_OP_PATH_CREATE, HW_OP_TCP_CREATE },
	[CHIMNEY_OP_KIND_TERMINATE] = { HW_OP_NEIGHBOR_DESTROY,
					HW_OP_PATH_DESTROY,
					HW_OP_TCP_DESTROY },
	[CHIMNEY_OP_KIND_UPDATE] = { HW_OP_NEIGHBOR_UPDATE, HW_OP_PATH_UPDATE,
				     HW_OP_TCP_UPDATE },
	[CHIMNEY_OP_KIND_QUERY] = { HW_OP_NEIGHBOR_QUERY, HW_OP_PATH_QUERY,
				    HW_OP_TCP_QUERY },
	[CHIMNEY_OP_KIND_INVALIDATE] = { HW_OP_NEIGHBOR_INVALIDATE,
					 HW_OP_PATH_INVALIDATE,
					 HW_OP_TCP_INVALIDATE },
};

/* A command for an object the device has, or is told to create. */
static struct hw_command command_for(enum chimney_op_kind kind,
				     const struct sim_object *object)
{
	return (struct hw_command){
		.opcode = opcodes[kind][object->type],
		.context = object->id,
		.parent = object->parent ? object->parent->id : 0,
	};
}

/* -------- initiate -------- */

/* What a device may say of a block of each layer; anything else is a failure. */
static enum chimney_status status_of(enum hw_type type, u16 result)
{
	static const struct {
		u8 type;
		u8 result;
		u8 status;
	} map[] = {
		{ HW_NEIGHBOR, HW_ST_NO_NEIGHBOR_ENTRY,
		  CHIMNEY_STATUS_NEIGHBOR_ENTRIES },
		{ HW_NEIGHBOR, HW_ST_MAC_ENTRIES,
		  CHIMNEY_STATUS_HW_ADDRESS_ENTRIES },
		{ HW_NEIGHBOR, HW_ST_VLAN_ENTRIES,
		  CHIMNEY_STATUS_VLAN_ENTRIES },
		{ HW_NEIGHBOR, HW_ST_VLAN_MISMATCH,
		  CHIMNEY_STATUS_VLAN_MISMATCH },
		{ HW_PATH, HW_ST_NO_PATH_ENTRY, CHIMNEY_STATUS_PATH_ENTRIES },
		{ HW_PATH, HW_ST_IP_ENTRIES,
		  CHIMNEY_STATUS_IP_ADDRESS_ENTRIES },
		{ HW_PATH, HW_ST_MTU, CHIMNEY_STATUS_PATH_MTU },
		{ HW_TCP, HW_ST_MTU, CHIMNEY_STATUS_PATH_MTU },
		{ HW_TCP, HW_ST_NO_TCP_ENTRY, CHIMNEY_STATUS_TCP_ENTRIES },
		{ HW_TCP, HW_ST_RCV_WINDOW, CHIMNEY_STATUS_TCP_RCV_WINDOW },
		{ HW_TCP, HW_ST_XMIT_BUFFER, CHIMNEY_STATUS_TCP_XMIT_BUFFER },
		{ HW_TCP, HW_ST_RCV_BUFFER, CHIMNEY_STATUS_TCP_RCV_BUFFER },
		{ HW_TCP, HW_ST_REJECTED, CHIMNEY_STATUS_CONNECTION_REJECTED },
	};
	int i;

	if (result == HW_ST_NO_MEMORY)
		return CHIMNEY_STATUS_RESOURCES;
	for (i = 0; i < ARRAY_SIZE(map); i++)
		if (map[i].type == type && map[i].result == result)
			return map[i].status;
	/* HW_ST_BAD_PARENT among them: not attempted (INIT-44) */
	return CHIMNEY_STATUS_FAILURE;
}

static void block_fail(struct chimney_block *block, enum chimney_status status)
{
	object_set(block, OBJECT_FAILED);
	block->status = status;
}

static bool block_has_failed(const struct chimney_block *block)
{
	struct sim_object *object = object_of(block);

	return object == OBJECT_FAILED || (object && object->lost);
}

static void create_answered(struct sim_device *sim, struct sim_object *object,
			    struct chimney_block *block,
			    const struct hw_completion *completion)
{
	object->creating = false;
	sim->creating[object->type]--;
	if (completion && completion->status == HW_ST_OK)
		return;
	if (!completion) {
		/* Perhaps the device has it: tree_undo() will see. */
		block->status = CHIMNEY_STATUS_FAILURE;
		sim_object_lose(sim, object);
		return;
	}
	block_fail(block, status_of(object->type, completion->status));
	object_free(sim, object);
}

static void fill_neighbor(struct hw_command *command, struct sim_object *object,
			  const struct chimney_neighbor_offload_state *state)
{
	object->neighbor.constant = state->constant;
	object->neighbor.cached = state->cached;
	command->reachability = state->delegated.nic_reachability_delta;
	command->host_reachability = state->cached.host_reachability_delta;
	ether_addr_copy(command->neighbor.dmac,
			state->cached.dl_destination_address);
	ether_addr_copy(command->neighbor.smac,
			state->constant.dl_source_address);
	command->neighbor.vlan = state->constant.vlan_id;
}

static void fill_path(struct hw_command *command, struct sim_object *object,
		      const struct chimney_path_offload_state *state)
{
	object->path.constant = state->constant;
	object->path.cached = state->cached;
	command->family = state->constant.family == AF_INET6 ? HW_FAMILY_IPV6 :
							       HW_FAMILY_IPV4;
	command->mtu = state->cached.path_mtu;
	memcpy(command->path.saddr, &state->constant.source_address,
	       sizeof(command->path.saddr));
	memcpy(command->path.daddr, &state->constant.destination_address,
	       sizeof(command->path.daddr));
}

static void fill_tcp(struct hw_command *command, struct sim_object *object,
		     struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;

	object->tcp.constant = state->constant;
	object->tcp.cached = state->cached;
	object->tcp.cached.flags &= ~ONE_SHOT;
	command->rcv_wnd = state->cached.initial_rcv_wnd;
	command->state = (uintptr_t)block;
}

static struct sim_object *object_new(struct sim_device *sim,
				     const struct chimney_block *block,
				     struct sim_object *parent)
{
	struct sim_object *object = object_identify(sim, type_of(block));

	if (!object)
		return NULL;
	object->type = type_of(block);
	object->handle = block->handle;
	object->parent = parent;
	object->creating = true;
	list_add_tail(&object->list, &sim->fresh);
	return object;
}

/* CAP-11: what the device could do, but the host has not enabled; or just now not. */
static enum chimney_status block_check(const struct sim_device *sim,
				       const struct chimney_block *block)
{
	const struct chimney_caps *enabled = &sim->queue.enabled;
	const struct chimney_path_offload_state *path = block->state;
	const struct chimney_tcp_offload_state *tcp = block->state;
	u32 max;

	if (sim->refusing)
		return CHIMNEY_STATUS_RESOURCES;
	if (block->type == CHIMNEY_PATH_STATE) {
		max = READ_ONCE(enabled->max_mtu);
		if (max && path->cached.path_mtu > max)
			return CHIMNEY_STATUS_PATH_MTU;
		if (path->constant.family == AF_INET6 ?
		    !READ_ONCE(enabled->ipv6) : !READ_ONCE(enabled->ipv4))
			return CHIMNEY_STATUS_FAILURE;
	} else if (block->type == CHIMNEY_TCP_STATE) {
		max = READ_ONCE(enabled->max_rcv_wnd);
		if (max && tcp->cached.initial_rcv_wnd > max)
			return CHIMNEY_STATUS_TCP_RCV_WINDOW;
	}
	return CHIMNEY_STATUS_SUCCESS;
}

static void block_create(struct sim_device *sim, struct chimney_block *block,
			 struct sim_object *parent)
{
	enum chimney_status status = block_check(sim, block);
	struct sim_object *object;
	struct hw_command command;

	if (status != CHIMNEY_STATUS_SUCCESS) {
		block_fail(block, status);
		return;
	}
	object = object_new(sim, block, parent);
	if (!object) {
		block_fail(block, CHIMNEY_STATUS_RESOURCES);
		return;
	}
	object_set(block, object);
	block->status = CHIMNEY_STATUS_SUCCESS;
	command = command_for(CHIMNEY_OP_KIND_INITIATE, object);
	switch (object->type) {
	case HW_NEIGHBOR:
		fill_neighbor(&command, object, block->state);
		break;
	case HW_PATH:
		fill_path(&command, object, block->state);
		break;
	default:
		fill_tcp(&command, object, block);
		break;
	}
	sim->creating[object->type]++;
	sim_command_post(sim, &command, object, block);
	/* A reset before that was of another life. */
	object->lost = false;
}

static struct sim_object *linked_object(const struct chimney_block *block)
{
	return READ_ONCE(block->handle->context);
}

static void block_initiate(struct sim_device *sim, struct chimney_block *block,
			   const struct chimney_block *parent)
{
	struct sim_object *below = parent ? object_of(parent) : NULL;

	/* What hangs on a linker must not be begun if the linker's parent fails. */
	if (below && below != OBJECT_FAILED && below->creating &&
	    block->role != CHIMNEY_ROLE_NEW) {
		sim_commands_drain(sim);
		below = object_of(parent);
	}
	if (parent && block_has_failed(parent)) {
		/* INIT-44, INIT-45; INIT-42 for a placeholder */
		block_fail(block, block->role == CHIMNEY_ROLE_PLACEHOLDER ?
				  CHIMNEY_STATUS_SUCCESS :
				  CHIMNEY_STATUS_FAILURE);
		return;
	}
	switch (block->role) {
	case CHIMNEY_ROLE_PLACEHOLDER:
		object_set(block, NULL);
		block->status = CHIMNEY_STATUS_SUCCESS;
		break;
	case CHIMNEY_ROLE_LINKER:
		object_set(block, linked_object(block));
		break;
	case CHIMNEY_ROLE_NEW:
		/* CTX-08: nothing to link to under a placeholder */
		if (type_of(block) != HW_NEIGHBOR && !below)
			block_fail(block, CHIMNEY_STATUS_FAILURE);
		else
			block_create(sim, block, below);
		break;
	}
}

/* The object of the block itself is where it should be. */
static bool block_is_done(const struct chimney_block *block)
{
	return block->role != CHIMNEY_ROLE_NEW ||
	       object_of(block) != OBJECT_FAILED;
}

/* INIT-39 to INIT-43, for a block whose own part went well. */
static enum chimney_status block_sum_up(const struct chimney_block *block)
{
	const struct chimney_block *dependent;
	unsigned int all = 0, done = 0;

	for (dependent = block->dependent; dependent;
	     dependent = dependent->next) {
		all++;
		done += block_is_done(dependent);
	}
	if (done == all || block->role == CHIMNEY_ROLE_PLACEHOLDER)
		return CHIMNEY_STATUS_SUCCESS;
	if (!done && block->role == CHIMNEY_ROLE_LINKER)
		return CHIMNEY_STATUS_FAILURE;
	return CHIMNEY_STATUS_PARTIAL_SUCCESS;
}

/*
 * Make sure that the device has forgotten an object, by all means. @back gets the
 * send data of a connection; NULL to leave it to the engine.
 */
static void object_destroy(struct sim_device *sim, struct sim_object *object,
			   struct chimney_block *back)
{
	struct hw_command command;

	command = command_for(CHIMNEY_OP_KIND_TERMINATE, object);
	command.state = (uintptr_t)back;
	sim->stuck = false;
	sim_command_post(sim, &command, object, NULL);
	sim_commands_drain(sim);
	if (sim->stuck)
		sim_device_reset(sim);
}

/*
 * Take a new object out of the device again. The connection has not received
 * anything yet (sim_engine_start()), so the client goes on where it was.
 */
static void block_undo(struct sim_device *sim, struct chimney_block *block)
{
	struct sim_object *object = object_of(block);
	struct chimney_block back;

	chimney_block_init(&back, CHIMNEY_TCP_STATE_DELEGATED, NULL, NULL);
	object_destroy(sim, object, &back);
	if (object->conn)
		sim_engine_take_back(object, &back.send_queue);
	skb_queue_splice_init(&back.send_queue, &block->send_queue);
	object_free(sim, object);
	block_fail(block, CHIMNEY_STATUS_FAILURE);
}

/*
 * Creates that were not answered, or lie on one that was not, did not happen:
 * tell the device so, leaves first.
 */
static void tree_undo(struct sim_device *sim, struct chimney_block *tree)
{
	const struct chimney_block *parent;
	struct chimney_block *block;
	struct sim_object *object;
	struct chimney_walk walk;
	int type;

	if (!sim->any_lost)
		return;
	chimney_for_each_block(block, &walk, tree) {
		object = object_of(block);
		parent = chimney_walk_parent(&walk);
		if (block->role == CHIMNEY_ROLE_NEW &&
		    object != OBJECT_FAILED &&
		    parent && block_has_failed(parent))
			object->lost = true;
	}
	for (type = HW_TCP; type >= HW_NEIGHBOR; type--)
		for_each_block_down_to(block, &walk, tree, type)
			if (block->role == CHIMNEY_ROLE_NEW &&
			    object_of(block) != OBJECT_FAILED &&
			    type_of(block) == type && object_of(block)->lost)
				block_undo(sim, block);
}

/* Statuses, and what the client calls the objects that stay (INIT-26). */
static void tree_sum_up(struct chimney_block *tree)
{
	struct sim_object *object;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		object = object_of(block);
		if (object == OBJECT_FAILED)
			continue;
		block->status = block_sum_up(block);
		if (block->role == CHIMNEY_ROLE_NEW)
			WRITE_ONCE(block->handle->context, object);
	}
}

/* INIT-63: indications start when the completion has returned. */
static void fresh_start(struct sim_device *sim)
{
	struct sim_object *object, *next;

	list_for_each_entry_safe(object, next, &sim->fresh, list) {
		list_del_init(&object->list);
		if (object->conn)
			sim_engine_start(object->conn);
	}
}

static void tree_initiate(struct sim_device *sim, struct chimney_block *tree)
{
	/* What stands below the root's siblings once the root has failed. */
	const struct chimney_block *parent, *ground = NULL;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		parent = chimney_walk_parent(&walk) ?: ground;
		block_initiate(sim, block, parent);
		if (block != tree || !tree->next)
			continue;
		/*
		 * INIT-46, G-04: the root decides about its siblings, too; what
		 * is below it the device refuses by itself.
		 */
		sim_commands_drain(sim);
		if (block_has_failed(tree))
			ground = tree;
	}
	sim_commands_drain(sim);
	tree_undo(sim, tree);
	tree_sum_up(tree);

	chimney_initiate_offload_complete(&sim->target, tree);
	/* The tree is gone (OP-13), the connections are not. */
	fresh_start(sim);
}

/* -------- terminate -------- */

static void destroy_answered(struct sim_device *sim, struct sim_object *object,
			     struct chimney_block *block,
			     const struct hw_completion *completion)
{
	struct chimney_neighbor_state_delegated *neighbor;

	if (!block) {
		/* BAD_CONTEXT: it was gone already. */
		sim->stuck = completion && completion->status != HW_ST_OK &&
			     completion->status != HW_ST_BAD_CONTEXT;
		return;
	}
	if (!completion || completion->status != HW_ST_OK) {
		object->lost = true;
		return;
	}
	neighbor = block->state;
	if (object->type == HW_NEIGHBOR && neighbor)
		neighbor->nic_reachability_delta = completion->reachability;
	block->status = CHIMNEY_STATUS_SUCCESS;
	object_set(block, NULL);
	object_free(sim, object);
}

/* An object that was lost at an earlier terminate (G-06). */
static struct sim_object *object_find_gone(struct sim_device *sim,
					   const struct chimney_handle *handle)
{
	struct sim_object *object;

	list_for_each_entry(object, &sim->gone, list)
		if (object->handle == handle)
			return object;
	return NULL;
}

static void block_terminate(struct sim_device *sim,
			    struct chimney_block *block)
{
	struct sim_object *object = NULL;
	struct hw_command command;

	block->status = CHIMNEY_STATUS_SUCCESS;
	if (block->handle) {
		block->status = CHIMNEY_STATUS_FAILURE;
		object = linked_object(block) ?:
			 object_find_gone(sim, block->handle);
	}
	object_set(block, object);
	if (!object || object->lost)
		return;
	command = command_for(CHIMNEY_OP_KIND_TERMINATE, object);
	if (object->type == HW_TCP)
		command.state = (uintptr_t)block;
	sim_command_post(sim, &command, object, block);
}

/* The values of a lost connection are of no use (TERM-20), its data neither. */
static void block_discard(struct sim_device *sim, struct chimney_block *block)
{
	struct chimney_tcp_state_delegated *state = block->state;

	if (block->type != CHIMNEY_TCP_STATE_DELEGATED)
		return;
	if (state && state->buffered_data.next)
		__skb_queue_purge(&state->buffered_data);
	if (!skb_queue_empty(&block->send_queue))
		chimney_tcp_send_complete(&sim->target, block->handle,
					  &block->send_queue,
					  CHIMNEY_STATUS_REQUEST_ABORTED);
}

/*
 * An object the device did not give back. Make sure that the device has forgotten
 * it, then abort its I/O (TERM-65, QRY-13).
 */
static void object_give_up(struct sim_device *sim, struct sim_object *object)
{
	object_destroy(sim, object, NULL);
	if (object->conn)
		sim_engine_abandon(object);
	object->lost = true;
	object->parent = NULL;
	object_forget_id(sim, object);
	list_move_tail(&object->list, &sim->gone);
}

/* QRY-11, QRY-12, TERM-65 */
static void object_tell_lost(struct sim_device *sim, struct sim_object *object)
{
	if (object->told || object->type != HW_TCP)
		return;
	object->told = true;
	chimney_tcp_event_indicate(&sim->target, object->handle,
				   CHIMNEY_TCP_RETRIEVE,
				   CHIMNEY_UPLOAD_HARDWARE_FAILURE);
	chimney_tcp_event_indicate(&sim->target, object->handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
}

static void block_end_lost(struct sim_device *sim, struct chimney_block *block)
{
	struct sim_object *object = object_of(block);

	if (object->id == HW_NO_CONTEXT) {
		/* Once more, and that was it. */
		object_free(sim, object);
	} else {
		object_give_up(sim, object);
		block_discard(sim, block);
	}
	object_set(block, NULL);
}

static bool has_lost(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		if (object_of(block))
			return true;
	return false;
}

/* G-42: leaves first. */
static void tree_terminate(struct sim_device *sim, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct sim_object *object;
	struct chimney_walk walk;
	int type;

	for (type = HW_TCP; type >= HW_NEIGHBOR; type--)
		for_each_block_down_to(block, &walk, tree, type)
			if (type_of(block) == type)
				block_terminate(sim, block);
	sim_commands_drain(sim);
	for (type = HW_TCP; has_lost(tree) && type >= HW_NEIGHBOR; type--)
		for_each_block_down_to(block, &walk, tree, type)
			if (type_of(block) == type && object_of(block))
				block_end_lost(sim, block);

	/* A client that lets go of a lost connection waits for a grace period. */
	rcu_read_lock();
	chimney_terminate_offload_complete(&sim->target, tree);
	list_for_each_entry(object, &sim->gone, list)
		object_tell_lost(sim, object);
	rcu_read_unlock();
}

/* -------- query -------- */

static void copy_state(void *to, const void *from, size_t size)
{
	/* The header is the core's (DAT-11). */
	const size_t skip = sizeof(struct chimney_state_header);

	memcpy(to + skip, from + skip, size - skip);
}

#define COPY_STATE(to, from)						\
	do {								\
		typeof(from) _from = (from);				\
									\
		copy_state(to, _from, sizeof(*_from));			\
	} while (0)

static void neighbor_fill(const struct sim_object *object,
			  struct chimney_block *block,
			  const struct hw_completion *now)
{
	struct chimney_neighbor_offload_state *all = block->state;
	struct chimney_neighbor_state_cached *cached = block->state;
	struct chimney_neighbor_state_delegated *delegated = block->state;
	bool complete = block->type == CHIMNEY_NEIGHBOR_STATE;

	if (complete) {
		cached = &all->cached;
		delegated = &all->delegated;
	}
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_CONST)
		COPY_STATE(block->state, &object->neighbor.constant);
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_CACHED) {
		COPY_STATE(cached, &object->neighbor.cached);
		cached->host_reachability_delta = now->host_reachability;
	}
	if (complete || block->type == CHIMNEY_NEIGHBOR_STATE_DELEGATED)
		delegated->nic_reachability_delta = now->reachability;
}

static void path_fill(const struct sim_object *object,
		      struct chimney_block *block)
{
	struct chimney_path_offload_state *all = block->state;
	bool complete = block->type == CHIMNEY_PATH_STATE;

	if (complete || block->type == CHIMNEY_PATH_STATE_CONST)
		COPY_STATE(block->state, &object->path.constant);
	if (complete || block->type == CHIMNEY_PATH_STATE_CACHED)
		COPY_STATE(complete ? (void *)&all->cached : block->state,
			   &object->path.cached);
}

/* The engine has filled in the delegated variables. */
static void tcp_fill(const struct sim_object *object,
		     struct chimney_block *block)
{
	struct chimney_tcp_offload_state *all = block->state;
	bool complete = block->type == CHIMNEY_TCP_STATE;

	if (complete || block->type == CHIMNEY_TCP_STATE_CONST)
		COPY_STATE(block->state, &object->tcp.constant);
	if (complete || block->type == CHIMNEY_TCP_STATE_CACHED)
		COPY_STATE(complete ? (void *)&all->cached : block->state,
			   &object->tcp.cached);
}

static void query_answered(struct sim_device *sim, struct sim_object *object,
			   struct chimney_block *block,
			   const struct hw_completion *completion)
{
	bool ok = completion && completion->status == HW_ST_OK;

	if (!block) {
		if (ok)
			sim->answer = *completion;
		return;
	}
	if (!ok) {
		/* QRY-10: what cannot be read is corrupt. */
		block->status = CHIMNEY_STATUS_FAILURE;
		if (object->type == HW_TCP)
			sim_object_lose(sim, object);
		return;
	}
	if (!block->state)
		return;
	if (object->type == HW_NEIGHBOR)
		neighbor_fill(object, block, completion);
	else if (object->type == HW_PATH)
		path_fill(object, block);
	else
		tcp_fill(object, block);
}

static void block_query(struct sim_device *sim, struct chimney_block *block,
			struct sim_object *object)
{
	struct hw_command command;

	command = command_for(CHIMNEY_OP_KIND_QUERY, object);
	if (object->type == HW_TCP)
		command.state = (uintptr_t)block;
	sim_command_post(sim, &command, object, block);
}

/* -------- update -------- */

static void update_answered(struct sim_device *sim, struct sim_object *object,
			    struct chimney_block *block,
			    const struct hw_completion *completion)
{
	if (!block)
		return;
	if (!completion || completion->status != HW_ST_OK) {
		block->status = CHIMNEY_STATUS_FAILURE;	/* UPD-24 */
		return;
	}
	switch (object->type) {
	case HW_NEIGHBOR:
		COPY_STATE(&object->neighbor.cached,
			   (struct chimney_neighbor_state_cached *)
			   block->state);
		break;
	case HW_PATH:
		COPY_STATE(&object->path.cached,
			   (struct chimney_path_state_cached *)block->state);
		object->resized = true;
		break;
	default:
		COPY_STATE(&object->tcp.cached,
			   (struct chimney_tcp_state_cached *)block->state);
		object->tcp.cached.flags &= ~ONE_SHOT;
		break;
	}
}

static void relink_answered(struct chimney_block *block,
			    const struct hw_completion *completion)
{
	if (!completion || completion->status != HW_ST_OK)
		block->status = CHIMNEY_STATUS_FAILURE;
}

static void fill_update(struct hw_command *command,
			const struct sim_object *object,
			struct chimney_block *block)
{
	const struct chimney_neighbor_state_cached *neighbor = block->state;
	const struct chimney_path_state_cached *path = block->state;
	const struct chimney_tcp_state_cached *tcp = block->state;

	switch (object->type) {
	case HW_NEIGHBOR:
		ether_addr_copy(command->neighbor.dmac,
				neighbor->dl_destination_address);
		command->host_reachability = neighbor->host_reachability_delta;
		break;
	case HW_PATH:
		command->mtu = path->path_mtu;
		break;
	default:
		command->rcv_wnd = tcp->initial_rcv_wnd;
		command->state = (uintptr_t)block;
		break;
	}
}

/* UPD-07: a path below a neighbor hangs on that from now on. */
static void block_relink(struct sim_device *sim, struct chimney_block *block,
			 struct sim_object *path, struct sim_object *neighbor)
{
	struct hw_command command = {
		.opcode = HW_OP_PATH_RELINK,
		.context = path->id,
		.parent = neighbor->id,
	};

	sim_command_post(sim, &command, path, block);
	sim_commands_drain(sim);
	if (block->status == CHIMNEY_STATUS_SUCCESS && !path->lost)
		path->parent = neighbor;
}

static void block_update(struct sim_device *sim, struct chimney_block *block,
			 struct sim_object *object, struct sim_object *parent)
{
	struct hw_command command;

	if (object->type == HW_PATH && parent)
		block_relink(sim, block, object, parent);
	if (!block->state || block->status != CHIMNEY_STATUS_SUCCESS)
		return;
	command = command_for(CHIMNEY_OP_KIND_UPDATE, object);
	fill_update(&command, object, block);
	sim_command_post(sim, &command, object, block);
}

/* -------- invalidate -------- */

static void invalidate_answered(struct sim_device *sim,
				struct sim_object *object,
				struct chimney_block *block,
				const struct hw_completion *completion)
{
	if (completion && completion->status == HW_ST_OK)
		return;
	block->status = CHIMNEY_STATUS_FAILURE;
	if (object->type == HW_TCP)
		sim_object_lose(sim, object);	/* INV-11 */
}

static void block_invalidate(struct sim_device *sim,
			     struct chimney_block *block,
			     struct sim_object *object)
{
	struct hw_command command;

	command = command_for(CHIMNEY_OP_KIND_INVALIDATE, object);
	sim_command_post(sim, &command, object, block);
}

/* The connections that depend on what was invalidated stop (INV-05). */
static void tree_stop_dependents(struct sim_device *sim,
				 struct chimney_block *tree)
{
	struct chimney_block *block;
	struct sim_object *object;
	struct chimney_walk walk;
	unsigned long id;

	chimney_for_each_block(block, &walk, tree)
		if (object_of(block) &&
		    block->status == CHIMNEY_STATUS_SUCCESS)
			object_of(block)->invalid = true;
	xa_for_each(&sim->objects[HW_TCP], id, object)
		if (object->conn && object_is_invalid(object))
			sim_engine_invalidate(object->conn);
}

/* INV-06 */
static void tell_invalid(struct sim_device *sim)
{
	struct sim_object *object;
	unsigned long id;

	xa_for_each(&sim->objects[HW_TCP], id, object) {
		if (!object->conn)
			continue;
		local_bh_disable();
		sim_engine_run(object->conn);
		local_bh_enable();
	}
}

/* Connections hear of another MTU of their path. */
static void tell_mtu(struct sim_device *sim)
{
	struct sim_object *object;
	unsigned long id;
	bool any = false;

	xa_for_each(&sim->objects[HW_PATH], id, object)
		any |= object->resized;
	if (!any)
		return;
	xa_for_each(&sim->objects[HW_TCP], id, object)
		if (object->conn && object->parent && object->parent->resized)
			sim_engine_set_mtu(object->conn, object->parent->path
							 .cached.path_mtu);
	xa_for_each(&sim->objects[HW_PATH], id, object)
		object->resized = false;
}

/* -------- query, update, invalidate: what they share -------- */

static void block_execute(struct sim_device *sim, struct chimney_block *block,
			  const struct chimney_block *parent,
			  enum chimney_op_kind kind)
{
	struct sim_object *object = object_of(block);

	if (!object || object->lost) {
		/* OP-11 for a placeholder, G-57 for what is not there */
		block->status = block->handle ? CHIMNEY_STATUS_FAILURE :
						CHIMNEY_STATUS_SUCCESS;
		return;
	}
	if (kind == CHIMNEY_OP_KIND_QUERY)
		block_query(sim, block, object);
	else if (kind == CHIMNEY_OP_KIND_UPDATE)
		block_update(sim, block, object,
			     parent ? object_of(parent) : NULL);
	else
		block_invalidate(sim, block, object);
}

static void tree_complete(struct sim_device *sim, struct chimney_block *tree,
			  enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_QUERY)
		chimney_query_offload_complete(&sim->target, tree);
	else if (kind == CHIMNEY_OP_KIND_UPDATE)
		chimney_update_offload_complete(&sim->target, tree);
	else
		chimney_invalidate_offload_complete(&sim->target, tree);
}

/* Connections that turned out to be lost. */
static void tell_lost(struct sim_device *sim)
{
	struct sim_object *object;
	unsigned long id;

	if (!sim->any_lost)
		return;
	sim->any_lost = false;
	xa_for_each(&sim->objects[HW_TCP], id, object) {
		if (!object->lost || object->told)
			continue;
		sim_engine_retire(object->conn);
		object_tell_lost(sim, object);
	}
}

static void tree_execute(struct sim_device *sim, struct chimney_block *tree,
			 enum chimney_op_kind kind)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		object_set(block, block->handle ? linked_object(block) : NULL);
		block->status = CHIMNEY_STATUS_SUCCESS;
		block_execute(sim, block, chimney_walk_parent(&walk), kind);
	}
	sim_commands_drain(sim);
	if (kind == CHIMNEY_OP_KIND_UPDATE)
		tell_mtu(sim);
	else if (kind == CHIMNEY_OP_KIND_INVALIDATE)
		tree_stop_dependents(sim, tree);
	tree_complete(sim, tree, kind);
	if (kind == CHIMNEY_OP_KIND_INVALIDATE)
		tell_invalid(sim);
}

/**
 * sim_answered() - a command was answered, or never will be
 * @sim: the device
 * @pending: the command
 * @completion: the answer, or NULL
 *
 * Context: driver's work.
 */
void sim_answered(struct sim_device *sim, const struct sim_pending *pending,
		  const struct hw_completion *completion)
{
	struct sim_object *object = pending->object;
	struct chimney_block *block = pending->block;

	switch (pending->opcode) {
	case HW_OP_NEIGHBOR_CREATE:
	case HW_OP_PATH_CREATE:
	case HW_OP_TCP_CREATE:
		create_answered(sim, object, block, completion);
		break;
	case HW_OP_NEIGHBOR_DESTROY:
	case HW_OP_PATH_DESTROY:
	case HW_OP_TCP_DESTROY:
		destroy_answered(sim, object, block, completion);
		break;
	case HW_OP_NEIGHBOR_QUERY:
	case HW_OP_PATH_QUERY:
	case HW_OP_TCP_QUERY:
		query_answered(sim, object, block, completion);
		break;
	case HW_OP_PATH_RELINK:
		relink_answered(block, completion);
		break;
	case HW_OP_NEIGHBOR_UPDATE:
	case HW_OP_PATH_UPDATE:
	case HW_OP_TCP_UPDATE:
		update_answered(sim, object, block, completion);
		break;
	default:
		invalidate_answered(sim, object, block, completion);
		break;
	}
}

/* -------- what the device tells -------- */

/* EVT-10 to EVT-12 */
static void neighbor_query(struct sim_device *sim, struct sim_object *object)
{
	struct chimney_neighbor_offload_state state = {
		.constant = object->neighbor.constant,
		.cached = object->neighbor.cached,
		.delegated.header.length = sizeof(state.delegated),
	};
	struct chimney_block block;
	struct hw_command command;

	memset(&sim->answer, 0, sizeof(sim->answer));
	command = command_for(CHIMNEY_OP_KIND_QUERY, object);
	sim_command_post(sim, &command, object, NULL);
	sim_commands_drain(sim);
	if (sim->answer.opcode != HW_OP_NEIGHBOR_QUERY || object->lost)
		return;
	state.cached.host_reachability_delta = sim->answer.host_reachability;
	state.delegated.nic_reachability_delta = sim->answer.reachability;
	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE, object->handle,
			   &state);
	block.status = CHIMNEY_STATUS_SUCCESS;
	chimney_event_indicate(&sim->target, &block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);

	command = command_for(CHIMNEY_OP_KIND_UPDATE, object);
	ether_addr_copy(command.neighbor.dmac,
			object->neighbor.cached.dl_destination_address);
	command.host_reachability = state.cached.host_reachability_delta;
	sim_command_post(sim, &command, object, NULL);
	sim_commands_drain(sim);
}

static void neighbor_queries(struct sim_device *sim)
{
	u32 size = hw_read(sim->hw, HW_REG_NEIGHBOR_ENTRIES);
	struct sim_object *object;
	u32 id;

	for_each_set_bit(id, sim->stale, size) {
		object = xa_load(&sim->objects[HW_NEIGHBOR], id);
		if (object && !object->lost)
			neighbor_query(sim, object);
		/* Not earlier: now the answer stands. */
		clear_bit(id, sim->stale);
	}
	if (xchg(&sim->doubt, false))
		chimney_event_indicate(&sim->target, NULL,
				       CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
}

static void sim_pause(struct sim_device *sim, bool paused);
static void take_waiting(struct sim_device *sim);
static void refuse_waiting(struct sim_device *sim);

static void tcp_event(struct sim_device *sim, const struct hw_completion *event)
{
	struct sim_object *object = xa_load(&sim->objects[HW_TCP],
					    event->context);

	if (!object || object->lost)
		return;
	if (event->status == HW_EVENT_ABORT)
		sim_engine_abort(object->conn);
	else
		sim_engine_retrieve(object->conn, event->information);
}

static void handle_event(struct sim_device *sim,
			 const struct hw_completion *event)
{
	struct sim_object *object;

	switch (event->status) {
	case HW_EVENT_RETRIEVE:
	case HW_EVENT_ABORT:
		tcp_event(sim, event);
		break;
	case HW_EVENT_NEIGHBOR_QUERY:
		object = xa_load(&sim->objects[HW_NEIGHBOR], event->context);
		if (object && !object->lost)
			neighbor_query(sim, object);
		break;
	case HW_EVENT_IN_DOUBT:
		sim->doubt = true;
		break;
	case HW_EVENT_PAUSE:
		sim_pause(sim, true);
		break;
	case HW_EVENT_RESUME:
		sim_pause(sim, false);
		break;
	case HW_EVENT_UPLOAD_ALL:
		sim->paused = true;
		chimney_status_indicate(&sim->target,
					CHIMNEY_INDICATION_UPLOAD_ALL);
		/* Until they complete nothing can come back. */
		refuse_waiting(sim);
		break;
	}
}

/* Between two trees (INIT-65). */
static void sim_listen(struct sim_device *sim)
{
	struct hw_completion event;

	if (READ_ONCE(sim->stopping)) {
		/* Nobody listens any more. */
		take_waiting(sim);
		return;
	}
	sim_commands_service(sim);
	if (xchg(&sim->impatient, false) && sim->paused)
		refuse_waiting(sim);
	while (sim->event_count) {
		event = sim->events[0];
		sim->event_count--;
		memmove(sim->events, sim->events + 1,
			sim->event_count * sizeof(event));
		handle_event(sim, &event);
	}
	neighbor_queries(sim);
	tell_lost(sim);
}

void sim_driver_stale(struct sim_device *sim, u32 neighbor)
{
	if (!test_and_set_bit(neighbor, sim->stale))
		queue_work(sim->driver_wq, &sim->driver);
}

void sim_driver_doubt(struct sim_device *sim)
{
	WRITE_ONCE(sim->doubt, true);
	queue_work(sim->driver_wq, &sim->driver);
}

/* -------- the queue -------- */

static void queue_add(struct sim_queue *queue, struct chimney_block *tree,
		      enum chimney_op_kind kind)
{
	tree->target_priv[0] = NULL;
	tree->target_priv[1] = (void *)(unsigned long)kind;
	spin_lock_bh(&queue->lock);
	if (queue->first)
		queue->last->target_priv[0] = tree;
	else
		queue->first = tree;
	queue->last = tree;
	spin_unlock_bh(&queue->lock);
}

static struct chimney_block *queue_take(struct sim_queue *queue,
					enum chimney_op_kind *kind)
{
	struct chimney_block *tree;

	spin_lock_bh(&queue->lock);
	tree = queue->first;
	if (tree) {
		queue->first = tree->target_priv[0];
		*kind = (unsigned long)tree->target_priv[1];
	}
	spin_unlock_bh(&queue->lock);
	return tree;
}

/* Trees that waited for the end of a pause. */
static void take_waiting(struct sim_device *sim)
{
	enum chimney_op_kind kind;
	struct chimney_block *tree;

	while ((tree = queue_take(&sim->waiting, &kind)))
		tree_initiate(sim, tree);
}

/*
 * They and what comes before the next resume are not offloaded. The host holds
 * the segments of their connections, so they must not wait for long.
 */
static void refuse_waiting(struct sim_device *sim)
{
	sim->refusing = true;
	take_waiting(sim);
}

static void sim_impatient(struct work_struct *work)
{
	struct sim_device *sim = container_of(to_delayed_work(work),
					      struct sim_device, patience);

	WRITE_ONCE(sim->impatient, true);
	queue_work(sim->driver_wq, &sim->driver);
}

static void sim_pause(struct sim_device *sim, bool paused)
{
	sim->paused = paused;
	sim->refusing = false;
	if (!paused) {
		cancel_delayed_work(&sim->patience);
		take_waiting(sim);
	}
	chimney_status_indicate(&sim->target,
				paused ? CHIMNEY_INDICATION_PAUSE :
					 CHIMNEY_INDICATION_RESUME);
}

static void work_on(struct sim_device *sim, struct chimney_block *tree,
		    enum chimney_op_kind kind)
{
	if (kind == CHIMNEY_OP_KIND_INITIATE && sim->paused && !sim->refusing) {
		queue_add(&sim->waiting, tree, kind);	/* PAU-03, PAU-04 */
		queue_delayed_work(sim->driver_wq, &sim->patience,
				   PAUSE_PATIENCE);
	} else if (kind == CHIMNEY_OP_KIND_INITIATE) {
		tree_initiate(sim, tree);
	} else if (kind == CHIMNEY_OP_KIND_TERMINATE) {
		tree_terminate(sim, tree);
	} else {
		tree_execute(sim, tree, kind);
	}
}

static void sim_driver_work(struct work_struct *work)
{
	struct sim_device *sim = container_of(work, struct sim_device, driver);
	struct chimney_block *tree;
	enum chimney_op_kind kind;

	WRITE_ONCE(sim->polling, true);
	sim_listen(sim);
	while ((tree = queue_take(&sim->queue, &kind))) {
		work_on(sim, tree, kind);
		sim_engine_recycle(sim);
		sim_listen(sim);
		cond_resched();
	}
	WRITE_ONCE(sim->polling, false);
	smp_mb();	/* pairs with the one in board_interrupt() */
	if (!READ_ONCE(sim->stopping) && sim_commands_due(sim))
		queue_work(sim->driver_wq, work);
}

static void sim_accept(struct chimney_target *target,
		       struct chimney_block *tree, enum chimney_op_kind kind)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	queue_add(&sim->queue, tree, kind);
	queue_work(sim->driver_wq, &sim->driver);
}

static void sim_initiate_offload(struct chimney_target *target,
				 struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_INITIATE);
}

static void sim_terminate_offload(struct chimney_target *target,
				  struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_TERMINATE);
}

static void sim_query_offload(struct chimney_target *target,
			      struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_QUERY);
}

static void sim_update_offload(struct chimney_target *target,
			       struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_UPDATE);
}

static void sim_invalidate_offload(struct chimney_target *target,
				   struct chimney_block *tree)
{
	sim_accept(target, tree, CHIMNEY_OP_KIND_INVALIDATE);
}

const struct chimney_target_ops sim_target_ops = {
	.initiate_offload = sim_initiate_offload,
	.terminate_offload = sim_terminate_offload,
	.query_offload = sim_query_offload,
	.update_offload = sim_update_offload,
	.invalidate_offload = sim_invalidate_offload,
	.tcp_send = sim_engine_send,
	.tcp_receive = sim_engine_receive,
	.tcp_forward = sim_engine_forward,
	.tcp_disconnect = sim_engine_disconnect,
	.enable = sim_enable,
	.set_parameters = sim_set_parameters,
	.statistics = sim_statistics,
	.usage = sim_usage,
	.stop = sim_stop,
};

static int ids_init(struct sim_device *sim, enum hw_type type)
{
	struct sim_ids *ids = &sim->ids[type];

	ids->entries = entries_of(sim, type);
	ids->used = bitmap_zalloc(ids->entries, GFP_KERNEL);
	return ids->used ? 0 : -ENOMEM;
}

static void free_tables(struct sim_device *sim)
{
	int type;

	for (type = 0; type < HW_TYPES; type++)
		bitmap_free(sim->ids[type].used);
	bitmap_free(sim->stale);
	kfree(sim->pending);
}

/**
 * sim_driver_start() - make the driver ready and enable the device
 * @sim: the device, powered up, with its workqueues
 *
 * Context: process. Return: 0 or -ENOMEM.
 */
int sim_driver_start(struct sim_device *sim)
{
	int type;

	spin_lock_init(&sim->queue.lock);
	spin_lock_init(&sim->waiting.lock);
	sim->queue.enabled = sim->target.caps;
	sim->sack = sim->target.caps.sack;
	INIT_WORK(&sim->driver, sim_driver_work);
	INIT_DELAYED_WORK(&sim->patience, sim_impatient);
	INIT_LIST_HEAD(&sim->fresh);
	INIT_LIST_HEAD(&sim->gone);
	for (type = 0; type < HW_TYPES; type++) {
		xa_init(&sim->objects[type]);
		if (ids_init(sim, type))
			goto err_ids;
	}
	sim->stale = bitmap_zalloc(entries_of(sim, HW_NEIGHBOR), GFP_KERNEL);
	sim->commands = hw_read(sim->hw, HW_REG_COMMANDS);
	sim->completions = hw_read(sim->hw, HW_REG_COMPLETIONS);
	sim->pending = kcalloc(SIM_PENDING, sizeof(*sim->pending), GFP_KERNEL);
	if (!sim->stale || !sim->pending)
		goto err_ids;
	WRITE_ONCE(sim->ready, true);
	hw_write(sim->hw, HW_REG_CONTROL, HW_CONTROL_ENABLE);
	return 0;

err_ids:
	free_tables(sim);
	return -ENOMEM;
}

/**
 * sim_driver_stop() - finish what was begun
 * @sim: the device; the core sends no trees any more
 *
 * Context: process, sleeps.
 */
void sim_driver_stop(struct sim_device *sim)
{
	WRITE_ONCE(sim->stopping, true);
	queue_work(sim->driver_wq, &sim->driver);
	flush_work(&sim->driver);
	/* The last trees may have begun to wait. */
	cancel_delayed_work_sync(&sim->patience);
	flush_work(&sim->driver);
}

/**
 * sim_driver_release() - free what the driver still has
 * @sim: the device, without power
 *
 * Context: process, sleeps.
 */
void sim_driver_release(struct sim_device *sim)
{
	struct sim_object *object, *next;
	unsigned long id;
	int type;

	for (type = 0; type < HW_TYPES; type++)
		xa_for_each(&sim->objects[type], id, object)
			list_move(&object->list, &sim->gone);
	list_for_each_entry_safe(object, next, &sim->gone, list) {
		if (object->conn)
			sim_engine_discard(object);
		kfree(object);
	}
	for (type = 0; type < HW_TYPES; type++)
		xa_destroy(&sim->objects[type]);
	free_tables(sim);
}
