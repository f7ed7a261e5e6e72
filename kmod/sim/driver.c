// SPDX-License-Identifier: GPL-2.0-only
/*
 * Control of the simulated NIC: trees in, commands out, statuses back.
 *
 * Trees are worked on one after the other. The commands of a tree are posted
 * without waiting for their answers: the driver chooses the ids, so a block can
 * name its parent's before that exists. Answers come back in order and find
 * their block by the cookie.
 *
 * While the driver has a tree, target_priv of a block holds
 *	[0] the object: a struct hw_context, or NULL for a placeholder, or one of
 *	    the marks below;
 *	[1] its context id.
 * In the queue, they hold in the root the next tree and the kind of operation.
 */
#include <linux/err.h>
#include <linux/etherdevice.h>

#include "sim.h"

#define OBJECT_PENDING	ERR_PTR(-EINPROGRESS)	/* command not answered */
#define OBJECT_FAILED	ERR_PTR(-ENOENT)	/* not there, nor what is above */

static void object_set(struct chimney_block *block, struct hw_context *object)
{
	block->target_priv[0] = object;
}

static struct hw_context *object_of(const struct chimney_block *block)
{
	return block->target_priv[0];
}

static void id_set(struct chimney_block *block, u32 id)
{
	block->target_priv[1] = (void *)(unsigned long)id;
}

static u32 id_of(const struct chimney_block *block)
{
	return (unsigned long)block->target_priv[1];
}

/* -------- commands and their answers -------- */

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

static enum chimney_status status_of(u16 result)
{
	switch (result) {
	case HW_ST_OK:
		return CHIMNEY_STATUS_SUCCESS;
	case HW_ST_NO_NEIGHBOR_ENTRY:
		return CHIMNEY_STATUS_NEIGHBOR_ENTRIES;
	case HW_ST_NO_PATH_ENTRY:
		return CHIMNEY_STATUS_PATH_ENTRIES;
	case HW_ST_NO_TCP_ENTRY:
		return CHIMNEY_STATUS_TCP_ENTRIES;
	case HW_ST_MTU:
		return CHIMNEY_STATUS_PATH_MTU;
	case HW_ST_RCV_WINDOW:
		return CHIMNEY_STATUS_TCP_RCV_WINDOW;
	case HW_ST_NO_MEMORY:
		return CHIMNEY_STATUS_RESOURCES;
	default:
		/* HW_ST_BAD_PARENT among them: not attempted (INIT-44) */
		return CHIMNEY_STATUS_FAILURE;
	}
}

static void block_fail(struct chimney_block *block, enum chimney_status status)
{
	object_set(block, OBJECT_FAILED);
	block->status = status;
}

static void created_add(struct sim_device *sim, struct hw_context *tcp)
{
	tcp->driver = NULL;
	*sim->created_last = tcp;
	sim->created_last = &tcp->driver;
}

static void create_answered(struct sim_device *sim, struct chimney_block *block,
			    const struct hw_completion *completion)
{
	enum hw_type type = type_of(block);
	struct hw_context *object;

	if (completion->context != HW_NO_CONTEXT)
		sim->creating[type]--;
	if (completion->status != HW_ST_OK) {
		if (completion->context != HW_NO_CONTEXT)
			ida_free(&sim->ids[type], completion->context);
		block_fail(block, status_of(completion->status));
		return;
	}
	object = (struct hw_context *)(uintptr_t)completion->page;
	object_set(block, object);
	block->status = CHIMNEY_STATUS_SUCCESS;
	if (type == HW_TCP)
		created_add(sim, object);
	/* INIT-26; engine calls want the engine's own record */
	WRITE_ONCE(block->handle->context,
		   type == HW_TCP ? object->engine : object);
}

static void destroy_answered(struct sim_device *sim,
			     struct chimney_block *block,
			     const struct hw_completion *completion)
{
	struct chimney_neighbor_state_delegated *neighbor = block->state;
	enum hw_type type = type_of(block);

	if (completion->status != HW_ST_OK) {
		block->status = CHIMNEY_STATUS_FAILURE;	/* TERM-18, TERM-20 */
		return;
	}
	ida_free(&sim->ids[type], completion->context);
	if (type == HW_NEIGHBOR && neighbor)
		neighbor->nic_reachability_delta = completion->reachability;
	block->status = CHIMNEY_STATUS_SUCCESS;
}

/* Wait until the device has answered something and take all answers. */
static void commands_reap(struct sim_device *sim)
{
	struct hw_completion completion;
	struct chimney_block *block;

	wait_event(sim->interrupt, sim_ring_is_answered(sim));
	while (sim_ring_take(sim, &completion)) {
		block = (struct chimney_block *)(uintptr_t)completion.cookie;
		sim->outstanding--;
		switch (completion.opcode) {
		case HW_OP_NEIGHBOR_CREATE:
		case HW_OP_PATH_CREATE:
		case HW_OP_TCP_CREATE:
			create_answered(sim, block, &completion);
			break;
		default:
			destroy_answered(sim, block, &completion);
			break;
		}
	}
	sim_ring_give_back(sim);
}

static void commands_drain(struct sim_device *sim)
{
	while (sim->outstanding)
		commands_reap(sim);
}

static void command_post(struct sim_device *sim,
			 const struct hw_command *command)
{
	while (!sim_ring_post(sim, command))
		commands_reap(sim);
	sim->outstanding++;
}

/* -------- initiate -------- */

static u32 table_size(const struct sim_device *sim, enum hw_type type)
{
	switch (type) {
	case HW_NEIGHBOR:
		return hw_read(sim->hw, HW_REG_NEIGHBOR_ENTRIES);
	case HW_PATH:
		return hw_read(sim->hw, HW_REG_PATH_ENTRIES);
	default:
		return hw_read(sim->hw, HW_REG_TCP_ENTRIES);
	}
}

/*
 * Choose a context id. With none left the device is asked all the same: it is
 * the one to say no. But a create on its way may fail and give its id back.
 */
static int id_alloc(struct sim_device *sim, enum hw_type type, u32 *id)
{
	u32 max = table_size(sim, type) - 1;
	int ret;

	ret = ida_alloc_max(&sim->ids[type], max, GFP_KERNEL);
	if (ret == -ENOSPC && sim->creating[type]) {
		commands_drain(sim);
		ret = ida_alloc_max(&sim->ids[type], max, GFP_KERNEL);
	}
	if (ret < 0 && ret != -ENOSPC)
		return ret;
	*id = ret < 0 ? HW_NO_CONTEXT : ret;
	return 0;
}

static void fill_neighbor(struct hw_command *command,
			  const struct chimney_neighbor_offload_state *state)
{
	command->opcode = HW_OP_NEIGHBOR_CREATE;
	command->reachability = state->delegated.nic_reachability_delta;
	ether_addr_copy(command->neighbor.dmac,
			state->cached.dl_destination_address);
	ether_addr_copy(command->neighbor.smac,
			state->constant.dl_source_address);
	command->neighbor.vlan = state->constant.vlan_id;
}

static void fill_path(struct hw_command *command,
		      const struct chimney_path_offload_state *state)
{
	command->opcode = HW_OP_PATH_CREATE;
	command->family = state->constant.family == AF_INET6 ? HW_FAMILY_IPV6 :
							       HW_FAMILY_IPV4;
	command->mtu = state->cached.path_mtu;
	memcpy(command->path.saddr, &state->constant.source_address,
	       sizeof(command->path.saddr));
	memcpy(command->path.daddr, &state->constant.destination_address,
	       sizeof(command->path.daddr));
}

static void fill_tcp(struct hw_command *command, struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *state = block->state;

	command->opcode = HW_OP_TCP_CREATE;
	command->rcv_wnd = state->cached.initial_rcv_wnd;
	command->state = (uintptr_t)block;
}

static void block_create(struct sim_device *sim, struct chimney_block *block,
			 const struct chimney_block *parent)
{
	struct hw_command command = {};
	enum hw_type type = type_of(block);

	if (id_alloc(sim, type, &command.context)) {
		block_fail(block, CHIMNEY_STATUS_RESOURCES);
		return;
	}
	switch (type) {
	case HW_NEIGHBOR:
		fill_neighbor(&command, block->state);
		break;
	case HW_PATH:
		fill_path(&command, block->state);
		break;
	default:
		fill_tcp(&command, block);
		break;
	}
	command.cookie = (uintptr_t)block;
	if (parent)
		command.parent = id_of(parent);
	if (command.context != HW_NO_CONTEXT)
		sim->creating[type]++;
	id_set(block, command.context);
	object_set(block, OBJECT_PENDING);
	command_post(sim, &command);
}

static struct hw_context *linked_object(const struct chimney_block *block)
{
	void *context = READ_ONCE(block->handle->context);

	return type_of(block) == HW_TCP ? ((struct sim_conn *)context)->tcp :
					  context;
}

static void block_initiate(struct sim_device *sim, struct chimney_block *block,
			   const struct chimney_block *parent)
{
	/* What hangs on a linker must not be begun if the linker's parent fails. */
	if (parent && object_of(parent) == OBJECT_PENDING &&
	    block->role != CHIMNEY_ROLE_NEW)
		commands_drain(sim);

	if (parent && object_of(parent) == OBJECT_FAILED) {
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
		id_set(block, object_of(block)->id);
		break;
	case CHIMNEY_ROLE_NEW:
		/* CTX-08: nothing to link to under a placeholder */
		if (type_of(block) != HW_NEIGHBOR &&
		    !(parent && object_of(parent)))
			block_fail(block, CHIMNEY_STATUS_FAILURE);
		else
			block_create(sim, block, parent);
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

/* INIT-63: indications start when the completion has returned. */
static void created_start(struct sim_device *sim)
{
	struct hw_context *tcp = sim->created, *next;

	for (; tcp; tcp = next) {
		next = tcp->driver;
		tcp->driver = NULL;
		sim_engine_start(tcp->engine);
	}
}

static void tree_initiate(struct sim_device *sim, struct chimney_block *tree)
{
	/* What stands below the root's siblings once the root has failed. */
	const struct chimney_block *parent, *ground = NULL;
	struct chimney_block *block;
	struct chimney_walk walk;

	sim->created = NULL;
	sim->created_last = &sim->created;
	chimney_for_each_block(block, &walk, tree) {
		parent = chimney_walk_parent(&walk) ?: ground;
		block_initiate(sim, block, parent);
		if (block != tree)
			continue;
		/* INIT-46, G-04: the root decides about everything else */
		commands_drain(sim);
		if (object_of(tree) == OBJECT_FAILED)
			ground = tree;
	}
	commands_drain(sim);
	chimney_for_each_block(block, &walk, tree)
		if (object_of(block) != OBJECT_FAILED)
			block->status = block_sum_up(block);

	chimney_initiate_offload_complete(&sim->target, tree);
	/* The tree is gone (OP-13), the connections are not. */
	created_start(sim);
}

/* -------- terminate -------- */

static const u8 destroy_opcode[] = {
	[HW_NEIGHBOR] = HW_OP_NEIGHBOR_DESTROY,
	[HW_PATH] = HW_OP_PATH_DESTROY,
	[HW_TCP] = HW_OP_TCP_DESTROY,
};

static void block_terminate(struct sim_device *sim,
			    struct chimney_block *block)
{
	struct hw_command command = {};
	enum hw_type type = type_of(block);

	if (block->role == CHIMNEY_ROLE_PLACEHOLDER) {
		block->status = CHIMNEY_STATUS_SUCCESS;
		return;
	}
	command.opcode = destroy_opcode[type];
	command.context = linked_object(block)->id;
	command.cookie = (uintptr_t)block;
	if (type == HW_TCP)
		command.state = (uintptr_t)block;
	command_post(sim, &command);
}

/* G-42: leaves first. */
static void tree_terminate(struct sim_device *sim, struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;
	int type;

	for (type = HW_TCP; type >= HW_NEIGHBOR; type--)
		chimney_for_each_block(block, &walk, tree)
			if (type_of(block) == type)
				block_terminate(sim, block);
	commands_drain(sim);
	chimney_terminate_offload_complete(&sim->target, tree);
}

/* -------- the queue -------- */

static void queue_add(struct sim_device *sim, struct chimney_block *tree,
		      enum chimney_op_kind kind)
{
	struct sim_queue *queue = &sim->queue;

	tree->target_priv[0] = NULL;
	tree->target_priv[1] = (void *)(unsigned long)kind;
	spin_lock_bh(&queue->lock);
	if (queue->first)
		queue->last->target_priv[0] = tree;
	else
		queue->first = tree;
	queue->last = tree;
	spin_unlock_bh(&queue->lock);
	queue_work(sim->driver_wq, &sim->driver);
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

static void sim_driver_work(struct work_struct *work)
{
	struct sim_device *sim = container_of(work, struct sim_device, driver);
	struct chimney_block *tree;
	enum chimney_op_kind kind;

	while ((tree = queue_take(&sim->queue, &kind))) {
		if (kind == CHIMNEY_OP_KIND_INITIATE)
			tree_initiate(sim, tree);
		else
			tree_terminate(sim, tree);
		cond_resched();
	}
}

static void sim_initiate_offload(struct chimney_target *target,
				 struct chimney_block *tree)
{
	queue_add(container_of(target, struct sim_device, target), tree,
		  CHIMNEY_OP_KIND_INITIATE);
}

static void sim_terminate_offload(struct chimney_target *target,
				  struct chimney_block *tree)
{
	queue_add(container_of(target, struct sim_device, target), tree,
		  CHIMNEY_OP_KIND_TERMINATE);
}

static void tree_fail(struct chimney_block *tree)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree)
		block->status = block->handle ? CHIMNEY_STATUS_FAILURE :
						CHIMNEY_STATUS_SUCCESS;
}

static void sim_query_offload(struct chimney_target *target,
			      struct chimney_block *tree)
{
	tree_fail(tree);
	chimney_query_offload_complete(target, tree);
}

static void sim_update_offload(struct chimney_target *target,
			       struct chimney_block *tree)
{
	tree_fail(tree);
	chimney_update_offload_complete(target, tree);
}

static void sim_invalidate_offload(struct chimney_target *target,
				   struct chimney_block *tree)
{
	tree_fail(tree);
	chimney_invalidate_offload_complete(target, tree);
}

static void sim_tcp_disconnect(struct chimney_target *target, void *context,
			       struct chimney_disconnect *request)
{
	struct sim_conn *conn = context;

	request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
	chimney_tcp_disconnect_complete(target, conn->handle, request);
}

static void sim_usage(struct chimney_target *target,
		      struct chimney_usage *usage)
{
	struct sim_device *sim = container_of(target, struct sim_device,
					      target);

	usage->tcp = hw_read(sim->hw, HW_REG_TCP_USED);
	usage->path = hw_read(sim->hw, HW_REG_PATH_USED);
	usage->neighbor = hw_read(sim->hw, HW_REG_NEIGHBOR_USED);
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
	.tcp_disconnect = sim_tcp_disconnect,
	.usage = sim_usage,
	.stop = sim_stop,
};

/**
 * sim_driver_start() - make the driver ready and enable the device
 * @sim: the device, powered up, with its workqueues
 *
 * Context: process.
 */
void sim_driver_start(struct sim_device *sim)
{
	int type;

	spin_lock_init(&sim->queue.lock);
	INIT_WORK(&sim->driver, sim_driver_work);
	for (type = 0; type < HW_TYPES; type++)
		ida_init(&sim->ids[type]);
	hw_write(sim->hw, HW_REG_CONTROL, HW_CONTROL_ENABLE);
}

/**
 * sim_driver_stop() - finish what was begun
 * @sim: the device; the core sends no trees any more
 *
 * Context: process, sleeps.
 */
void sim_driver_stop(struct sim_device *sim)
{
	int type;

	flush_work(&sim->driver);
	for (type = 0; type < HW_TYPES; type++)
		ida_destroy(&sim->ids[type]);
}
