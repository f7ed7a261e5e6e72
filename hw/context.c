// SPDX-License-Identifier: GPL-2.0-only
/* Tables of contexts: create, destroy, and the checks the datasheet promises. */
#include "context.h"

static bool hw_table_init(struct hw_table *table, enum hw_type type,
			  u32 entries)
{
	u32 id;

	table->contexts = os_zalloc(entries, sizeof(*table->contexts));
	if (!table->contexts)
		return false;
	table->entries = entries;
	for (id = 0; id < entries; id++) {
		table->contexts[id].type = type;
		table->contexts[id].id = id;
	}
	return true;
}

/* On failure hw_tables_release() is still due. */
bool hw_tables_init(struct hw_tables *tables, const struct hw_config *config,
		    const struct hw_ops *ops,
		    const struct hw_engine_ops *engine, void *priv)
{
	struct hw_table *table = tables->table;

	tables->max_mtu = config->max_mtu;
	tables->max_rcv_wnd = config->max_rcv_wnd;
	tables->ops = ops;
	tables->engine = engine;
	tables->priv = priv;
	return hw_table_init(&table[HW_NEIGHBOR], HW_NEIGHBOR,
			     config->neighbor_entries) &&
	       hw_table_init(&table[HW_PATH], HW_PATH, config->path_entries) &&
	       hw_table_init(&table[HW_TCP], HW_TCP, config->tcp_entries);
}

void hw_tables_release(struct hw_tables *tables)
{
	int type;

	hw_tables_flush(tables);
	for (type = 0; type < HW_TYPES; type++)
		os_free(tables->table[type].contexts);
}

static struct hw_context *hw_find(const struct hw_tables *tables,
				  enum hw_type type, u32 id)
{
	const struct hw_table *table = &tables->table[type];

	return id < table->entries ? &table->contexts[id] : NULL;
}

static struct hw_context *hw_find_live(const struct hw_tables *tables,
				       enum hw_type type, u32 id)
{
	struct hw_context *context = hw_find(tables, type, id);

	return context && context->live ? context : NULL;
}

static void hw_insert(struct hw_tables *tables, struct hw_context *context)
{
	struct hw_table *table = &tables->table[context->type];

	context->live = true;
	if (context->parent)
		context->parent->refcount++;
	os_store(&table->used, table->used + 1);
}

static void hw_remove(struct hw_tables *tables, struct hw_context *context)
{
	struct hw_table *table = &tables->table[context->type];

	context->live = false;
	if (context->parent)
		context->parent->refcount--;
	context->parent = NULL;
	context->engine = NULL;
	context->driver = NULL;
	os_store(&table->used, table->used - 1);
}

/* Destroy all contexts, children first. */
void hw_tables_flush(struct hw_tables *tables)
{
	struct hw_context *context;
	struct hw_table *table;
	int type;
	u32 id;

	for (type = HW_TYPES - 1; type >= 0; type--) {
		table = &tables->table[type];
		for (id = 0; id < table->entries && table->used; id++) {
			context = &table->contexts[id];
			if (!context->live)
				continue;
			if (type == HW_TCP)
				tables->engine->destroy(tables->priv, context,
							0);
			hw_remove(tables, context);
		}
	}
}

static enum hw_type hw_command_type(const struct hw_command *command)
{
	switch (command->opcode) {
	case HW_OP_NEIGHBOR_CREATE:
	case HW_OP_NEIGHBOR_DESTROY:
		return HW_NEIGHBOR;
	case HW_OP_PATH_CREATE:
	case HW_OP_PATH_DESTROY:
		return HW_PATH;
	default:
		return HW_TCP;
	}
}

static int hw_no_entry(enum hw_type type)
{
	switch (type) {
	case HW_NEIGHBOR:
		return HW_ST_NO_NEIGHBOR_ENTRY;
	case HW_PATH:
		return HW_ST_NO_PATH_ENTRY;
	default:
		return HW_ST_NO_TCP_ENTRY;
	}
}

/* Find parent and free entry of a create. */
static int hw_claim(const struct hw_tables *tables,
		    const struct hw_command *command,
		    struct hw_context **context)
{
	enum hw_type type = hw_command_type(command);
	struct hw_context *parent = NULL;

	if (type != HW_NEIGHBOR) {
		parent = hw_find_live(tables, (enum hw_type)(type - 1),
				      command->parent);
		if (!parent)
			return HW_ST_BAD_PARENT;
	}
	if (command->context == HW_NO_CONTEXT)
		return hw_no_entry(type);
	*context = hw_find(tables, type, command->context);
	if (!*context || (*context)->live)
		return HW_ST_BAD_CONTEXT;
	(*context)->parent = parent;
	return HW_ST_OK;
}

static int hw_neighbor_fill(struct hw_tables *tables,
			    const struct hw_command *command,
			    struct hw_context *neighbor)
{
	neighbor->neighbor = command->neighbor;
	neighbor->reachable = tables->ops->clock(tables->priv) -
			      command->reachability;
	return HW_ST_OK;
}

static int hw_path_fill(struct hw_tables *tables,
			const struct hw_command *command,
			struct hw_context *path)
{
	if (command->family != HW_FAMILY_IPV4)
		return HW_ST_FAMILY;
	if (tables->max_mtu && command->mtu > tables->max_mtu)
		return HW_ST_MTU;
	path->family = command->family;
	path->mtu = command->mtu;
	path->path = command->path;
	return HW_ST_OK;
}

static int hw_tcp_fill(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_context *tcp)
{
	if (tables->max_rcv_wnd && command->rcv_wnd > tables->max_rcv_wnd)
		return HW_ST_RCV_WINDOW;
	return tables->engine->create(tables->priv, tcp, command->state);
}

static int hw_create_context(struct hw_tables *tables,
			     const struct hw_command *command,
			     struct hw_completion *completion)
{
	struct hw_context *context = NULL;
	int status;

	status = hw_claim(tables, command, &context);
	if (status != HW_ST_OK)
		return status;
	if (context->type == HW_NEIGHBOR)
		status = hw_neighbor_fill(tables, command, context);
	else if (context->type == HW_PATH)
		status = hw_path_fill(tables, command, context);
	else
		status = hw_tcp_fill(tables, command, context);
	if (status != HW_ST_OK) {
		context->parent = NULL;
		context->engine = NULL;
		return status;
	}
	hw_insert(tables, context);
	completion->page = (uintptr_t)context;
	return HW_ST_OK;
}

static int hw_destroy_context(struct hw_tables *tables,
			      const struct hw_command *command,
			      struct hw_completion *completion)
{
	enum hw_type type = hw_command_type(command);
	struct hw_context *context;
	int status;

	context = hw_find_live(tables, type, command->context);
	if (!context)
		return HW_ST_BAD_CONTEXT;
	if (context->refcount)
		return HW_ST_BUSY;
	if (type == HW_TCP) {
		status = tables->engine->destroy(tables->priv, context,
						 command->state);
		if (status != HW_ST_OK)
			return status;
	}
	if (type == HW_NEIGHBOR)
		completion->reachability = tables->ops->clock(tables->priv) -
					   os_load(&context->reachable);
	hw_remove(tables, context);
	return HW_ST_OK;
}

static int hw_dispatch(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_completion *completion)
{
	if (command->reserved)
		return HW_ST_BAD_COMMAND;
	switch (command->opcode) {
	case HW_OP_NEIGHBOR_CREATE:
	case HW_OP_PATH_CREATE:
	case HW_OP_TCP_CREATE:
		return hw_create_context(tables, command, completion);
	case HW_OP_TCP_DESTROY:
	case HW_OP_PATH_DESTROY:
	case HW_OP_NEIGHBOR_DESTROY:
		return hw_destroy_context(tables, command, completion);
	}
	return HW_ST_BAD_COMMAND;
}

void hw_tables_execute(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_completion *completion)
{
	memset(completion, 0, sizeof(*completion));
	completion->opcode = command->opcode;
	completion->context = command->context;
	completion->cookie = command->cookie;
	completion->status = hw_dispatch(tables, command, completion);
}
