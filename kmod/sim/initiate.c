// SPDX-License-Identifier: GPL-2.0-only
/* Objects of a tree go to the device. */
#include <linux/etherdevice.h>

#include "sim.h"

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
	sim_object_set(block, SIM_OBJECT_FAILED);
	block->status = status;
}

static bool block_has_failed(const struct chimney_block *block)
{
	struct sim_object *object = sim_object_of(block);

	return object == SIM_OBJECT_FAILED || (object && object->lost);
}

void sim_create_answered(struct sim_device *sim, struct sim_object *object,
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
	sim_object_free(sim, object);
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
	object->tcp.cached.flags &= ~SIM_ONE_SHOT;
	command->rcv_wnd = state->cached.initial_rcv_wnd;
	command->state = (uintptr_t)block;
}

static struct sim_object *object_new(struct sim_device *sim,
				     const struct chimney_block *block,
				     struct sim_object *parent)
{
	enum hw_type type = sim_type_of(block);
	struct sim_object *object;

	object = sim_object_identify(sim, type);
	if (!object)
		return NULL;
	object->type = type;
	object->handle = block->handle;
	object->parent = parent;
	object->creating = true;
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
	struct hw_command *command;

	if (status != CHIMNEY_STATUS_SUCCESS) {
		block_fail(block, status);
		return;
	}
	object = object_new(sim, block, parent);
	if (!object) {
		block_fail(block, CHIMNEY_STATUS_RESOURCES);
		return;
	}
	sim_object_set(block, object);
	block->status = CHIMNEY_STATUS_SUCCESS;
	command = sim_command_begin(sim, CHIMNEY_OP_KIND_INITIATE, object);
	switch (object->type) {
	case HW_NEIGHBOR:
		fill_neighbor(command, object, block->state);
		break;
	case HW_PATH:
		fill_path(command, object, block->state);
		break;
	default:
		fill_tcp(command, object, block);
		break;
	}
	sim->creating[object->type]++;
	sim_command_post(sim, command, object, block);
	/* A reset before that was of another life. */
	object->lost = false;
}

static void block_initiate(struct sim_device *sim, struct chimney_block *block,
			   const struct chimney_block *parent)
{
	struct sim_object *below = parent ? sim_object_of(parent) : NULL;

	/* What hangs on a linker must not be begun if the linker's parent fails. */
	if (below && below != SIM_OBJECT_FAILED && below->creating &&
	    block->role != CHIMNEY_ROLE_NEW) {
		sim_commands_drain(sim);
		below = sim_object_of(parent);
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
		sim_object_set(block, NULL);
		block->status = CHIMNEY_STATUS_SUCCESS;
		break;
	case CHIMNEY_ROLE_LINKER:
		sim_object_set(block, sim_linked_object(block));
		break;
	case CHIMNEY_ROLE_NEW:
		/* CTX-08: nothing to link to under a placeholder */
		if (sim_type_of(block) != HW_NEIGHBOR && !below)
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
	       sim_object_of(block) != SIM_OBJECT_FAILED;
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
 * Take a new object out of the device again. The connection has not received
 * anything yet (sim_engine_start()), so the client goes on where it was.
 */
static void block_undo(struct sim_device *sim, struct chimney_block *block)
{
	struct sim_object *object = sim_object_of(block);
	struct chimney_block back;

	chimney_block_init(&back, CHIMNEY_TCP_STATE_DELEGATED, NULL, NULL);
	sim_object_destroy(sim, object, &back);
	if (object->conn)
		sim_engine_take_back(object, &back.send_queue);
	skb_queue_splice_init(&back.send_queue, &block->send_queue);
	sim_object_free(sim, object);
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
		object = sim_object_of(block);
		parent = chimney_walk_parent(&walk);
		if (block->role == CHIMNEY_ROLE_NEW &&
		    object != SIM_OBJECT_FAILED &&
		    parent && block_has_failed(parent))
			object->lost = true;
	}
	for (type = HW_TCP; type >= HW_NEIGHBOR; type--)
		sim_for_each_block_down_to(block, &walk, tree, type) {
			object = sim_object_of(block);
			if (sim_type_of(block) == type &&
			    block->role == CHIMNEY_ROLE_NEW &&
			    object != SIM_OBJECT_FAILED && object->lost)
				block_undo(sim, block);
		}
}

/*
 * Statuses, and what the client calls the objects that stay (INIT-26). Returns the
 * connections among them, linked through their @next.
 */
static struct sim_object *tree_sum_up(struct chimney_block *tree)
{
	struct sim_object *object, *conns, **last = &conns;
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		object = sim_object_of(block);
		if (object == SIM_OBJECT_FAILED)
			continue;
		block->status = block_sum_up(block);
		if (block->role != CHIMNEY_ROLE_NEW)
			continue;
		WRITE_ONCE(block->handle->context, object);
		if (object->conn) {
			*last = object;
			last = &object->next;
		}
	}
	*last = NULL;
	return conns;
}

void sim_tree_initiate(struct sim_device *sim, struct chimney_block *tree)
{
	/* What stands below the root's siblings once the root has failed. */
	const struct chimney_block *parent, *ground = NULL;
	struct chimney_block *block;
	struct sim_object *conn;
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
	conn = tree_sum_up(tree);

	chimney_initiate_offload_complete(&sim->target, tree);
	/* The tree is gone (OP-13), the connections are not: INIT-63. */
	for (; conn; conn = conn->next)
		sim_engine_start(conn->conn);
}
