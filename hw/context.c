// SPDX-License-Identifier: GPL-2.0-only
/* Tables of contexts: the commands, and the checks the datasheet promises. */
#include "context.h"

static u32 hw_page_count(const struct hw_table *table)
{
	return (table->entries + HW_PAGE - 1) / HW_PAGE;
}

static bool hw_table_init(struct hw_table *table, enum hw_type type,
			  u32 entries)
{
	table->type = type;
	table->entries = entries;
	table->pages = os_zalloc(hw_page_count(table), sizeof(*table->pages));
	return table->pages;
}

static void hw_table_release(struct hw_table *table)
{
	u32 page;

	for (page = 0; table->pages && page < hw_page_count(table); page++)
		os_free(table->pages[page]);
	os_free(table->pages);
}

static bool hw_table_grow(struct hw_table *table, u32 id)
{
	struct hw_context *page;
	u32 i;

	page = os_zalloc(HW_PAGE, sizeof(*page));
	if (!page)
		return false;
	for (i = 0; i < HW_PAGE; i++) {
		page[i].type = table->type;
		page[i].id = id / HW_PAGE * HW_PAGE + i;
	}
	os_store(&table->pages[id / HW_PAGE], page);
	return true;
}

/* The memory of a context, which a table has where it is used, or NULL. */
static struct hw_context *hw_table_reserve(struct hw_table *table, u32 id)
{
	if (!table->pages[id / HW_PAGE] && !hw_table_grow(table, id))
		return NULL;
	return &table->pages[id / HW_PAGE][id % HW_PAGE];
}

static bool hw_pool_init(struct hw_pool *pool, u32 size)
{
	pool->size = size;
	if (!size)
		return true;
	pool->entries = os_zalloc(size, sizeof(*pool->entries));
	return pool->entries;
}

static struct hw_pool_entry *hw_pool_find(const struct hw_pool *pool,
					  const void *value, u32 len)
{
	struct hw_pool_entry *entry;

	for (entry = pool->entries; entry < pool->entries + pool->size; entry++)
		if (entry->users && !memcmp(entry->value, value, len))
			return entry;
	return NULL;
}

/* Share the entry of a value or take a free one; false if there is none. */
static bool hw_pool_get(struct hw_pool *pool, const void *value, u32 len)
{
	struct hw_pool_entry *entry = hw_pool_find(pool, value, len);

	if (!entry) {
		entry = pool->entries;
		while (entry < pool->entries + pool->size && entry->users)
			entry++;
		if (entry == pool->entries + pool->size)
			return false;
		memcpy(entry->value, value, len);
	}
	entry->users++;
	return true;
}

static void hw_pool_put(struct hw_pool *pool, const void *value, u32 len)
{
	hw_pool_find(pool, value, len)->users--;
}

/* On failure hw_tables_release() is still due. */
bool hw_tables_init(struct hw_tables *tables, const struct hw_config *config,
		    const struct hw_ops *ops,
		    const struct hw_engine_ops *engine, void *priv)
{
	struct hw_table *table = tables->table;

	tables->max_mtu = config->max_mtu;
	tables->max_rcv_wnd = config->max_rcv_wnd;
	tables->vlan = config->vlan;
	tables->ops = ops;
	tables->engine = engine;
	tables->priv = priv;
	os_seq_init(&tables->headers);
	return hw_pool_init(&tables->macs, config->mac_entries) &&
	       hw_pool_init(&tables->vlans, config->vlan_entries) &&
	       hw_pool_init(&tables->ips, config->ip_entries) &&
	       hw_table_init(&table[HW_NEIGHBOR], HW_NEIGHBOR,
			     config->neighbor_entries) &&
	       hw_table_init(&table[HW_PATH], HW_PATH, config->path_entries) &&
	       hw_table_init(&table[HW_TCP], HW_TCP, config->tcp_entries);
}

void hw_tables_release(struct hw_tables *tables)
{
	int type;

	hw_tables_flush(tables);
	for (type = 0; type < HW_TYPES; type++)
		hw_table_release(&tables->table[type]);
	os_free(tables->macs.entries);
	os_free(tables->vlans.entries);
	os_free(tables->ips.entries);
}

/* NULL if there never was one with that id. */
struct hw_context *hw_tables_find(const struct hw_tables *tables,
				  enum hw_type type, u32 id)
{
	const struct hw_table *table = &tables->table[type];
	struct hw_context *page;

	if (id >= table->entries)
		return NULL;
	page = os_load(&table->pages[id / HW_PAGE]);
	return page ? &page[id % HW_PAGE] : NULL;
}

static struct hw_context *hw_find_live(const struct hw_tables *tables,
				       enum hw_type type, u32 id)
{
	struct hw_context *context = hw_tables_find(tables, type, id);

	return context && context->live ? context : NULL;
}

static void hw_insert(struct hw_tables *tables, struct hw_context *context,
		      struct hw_context *parent)
{
	struct hw_table *table = &tables->table[context->type];

	context->live = true;
	context->invalid = false;
	if (parent)
		parent->refcount++;
	os_store(&table->used, table->used + 1);
}

static bool hw_is_zero(const u8 *value, u32 len)
{
	while (len--)
		if (*value++)
			return false;
	return true;
}

static bool hw_has_mac(const struct hw_neighbor *neighbor)
{
	return !hw_is_zero(neighbor->smac, sizeof(neighbor->smac));
}

/* Give back what the context has in the pools. */
static void hw_put_shared(struct hw_tables *tables,
			  const struct hw_context *context)
{
	const struct hw_neighbor *neighbor = &context->neighbor;

	if (context->type == HW_TCP)
		return;
	if (context->type == HW_NEIGHBOR && hw_has_mac(neighbor))
		hw_pool_put(&tables->macs, neighbor->smac,
			    sizeof(neighbor->smac));
	if (context->type == HW_NEIGHBOR && neighbor->vlan)
		hw_pool_put(&tables->vlans, &neighbor->vlan,
			    sizeof(neighbor->vlan));
	if (context->type == HW_PATH && tables->ips.size)
		hw_pool_put(&tables->ips, context->path.saddr,
			    sizeof(context->path.saddr));
}

static void hw_remove(struct hw_tables *tables, struct hw_context *context)
{
	struct hw_table *table = &tables->table[context->type];

	hw_put_shared(tables, context);
	context->live = false;
	if (context->parent)
		context->parent->refcount--;
	/* Nothing is sent with it any more. */
	os_store(&context->parent, NULL);
	context->engine = NULL;
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
			context = hw_find_live(tables, (enum hw_type)type, id);
			if (!context)
				continue;
			if (type == HW_TCP)
				tables->engine->destroy(tables->priv, context,
							0);
			hw_remove(tables, context);
		}
	}
}

enum hw_verb {
	HW_CREATE = 1,
	HW_DESTROY,
	HW_UPDATE,
	HW_QUERY,
	HW_INVALIDATE,
	HW_RELINK,
};

static const struct hw_action {
	u8 verb;	/* 0: not defined */
	u8 type;
} hw_actions[HW_OPCODES] = {
	[HW_OP_NEIGHBOR_CREATE] = { HW_CREATE, HW_NEIGHBOR },
	[HW_OP_PATH_CREATE] = { HW_CREATE, HW_PATH },
	[HW_OP_TCP_CREATE] = { HW_CREATE, HW_TCP },
	[HW_OP_TCP_DESTROY] = { HW_DESTROY, HW_TCP },
	[HW_OP_PATH_DESTROY] = { HW_DESTROY, HW_PATH },
	[HW_OP_NEIGHBOR_DESTROY] = { HW_DESTROY, HW_NEIGHBOR },
	[HW_OP_NEIGHBOR_UPDATE] = { HW_UPDATE, HW_NEIGHBOR },
	[HW_OP_PATH_UPDATE] = { HW_UPDATE, HW_PATH },
	[HW_OP_TCP_UPDATE] = { HW_UPDATE, HW_TCP },
	[HW_OP_NEIGHBOR_QUERY] = { HW_QUERY, HW_NEIGHBOR },
	[HW_OP_PATH_QUERY] = { HW_QUERY, HW_PATH },
	[HW_OP_TCP_QUERY] = { HW_QUERY, HW_TCP },
	[HW_OP_NEIGHBOR_INVALIDATE] = { HW_INVALIDATE, HW_NEIGHBOR },
	[HW_OP_PATH_INVALIDATE] = { HW_INVALIDATE, HW_PATH },
	[HW_OP_TCP_INVALIDATE] = { HW_INVALIDATE, HW_TCP },
	[HW_OP_PATH_RELINK] = { HW_RELINK, HW_PATH },
};

static enum hw_type hw_command_type(const struct hw_command *command)
{
	return (enum hw_type)hw_actions[command->opcode].type;
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

/* The context itself and all it depends on may be used for sending. */
static bool hw_is_valid(const struct hw_context *context)
{
	for (; context; context = context->parent)
		if (context->invalid)
			return false;
	return true;
}

/* Find parent and free entry of a create. */
static int hw_claim(struct hw_tables *tables,
		    const struct hw_command *command,
		    struct hw_context **context, struct hw_context **parent)
{
	enum hw_type type = hw_command_type(command);
	struct hw_table *table = &tables->table[type];

	*parent = NULL;
	if (type != HW_NEIGHBOR) {
		*parent = hw_find_live(tables, (enum hw_type)(type - 1),
				       command->parent);
		if (!*parent)
			return HW_ST_BAD_PARENT;
		if (!hw_is_valid(*parent))
			return HW_ST_INVALID;
	}
	if (command->context == HW_NO_CONTEXT)
		return hw_no_entry(type);
	if (command->context >= table->entries)
		return HW_ST_BAD_CONTEXT;
	*context = hw_table_reserve(table, command->context);
	if (!*context)
		return HW_ST_NO_MEMORY;
	return (*context)->live ? HW_ST_BAD_CONTEXT : HW_ST_OK;
}

static u32 hw_now(const struct hw_tables *tables)
{
	return tables->ops->clock(tables->priv);
}

static int hw_neighbor_fill(struct hw_tables *tables,
			    const struct hw_command *command,
			    struct hw_context *context)
{
	const struct hw_neighbor *neighbor = &command->neighbor;
	u32 now = hw_now(tables);

	if (tables->vlan && neighbor->vlan && neighbor->vlan != tables->vlan)
		return HW_ST_VLAN_MISMATCH;
	if (hw_has_mac(neighbor) &&
	    !hw_pool_get(&tables->macs, neighbor->smac, sizeof(neighbor->smac)))
		return HW_ST_MAC_ENTRIES;
	if (neighbor->vlan &&
	    !hw_pool_get(&tables->vlans, &neighbor->vlan,
			 sizeof(neighbor->vlan))) {
		if (hw_has_mac(neighbor))
			hw_pool_put(&tables->macs, neighbor->smac,
				    sizeof(neighbor->smac));
		return HW_ST_VLAN_ENTRIES;
	}
	context->neighbor = *neighbor;
	os_store(&context->reachable, now - command->reachability);
	os_store(&context->host_reachable, now - command->host_reachability);
	return HW_ST_OK;
}

static bool hw_mtu_fits(const struct hw_tables *tables, u32 mtu)
{
	return !tables->max_mtu || mtu <= tables->max_mtu;
}

static int hw_path_fill(struct hw_tables *tables,
			const struct hw_command *command,
			struct hw_context *path)
{
	if (command->family != HW_FAMILY_IPV4 &&
	    command->family != HW_FAMILY_IPV6)
		return HW_ST_FAMILY;
	if (!hw_mtu_fits(tables, command->mtu))
		return HW_ST_MTU;
	if (tables->ips.size &&
	    !hw_pool_get(&tables->ips, command->path.saddr,
			 sizeof(command->path.saddr)))
		return HW_ST_IP_ENTRIES;
	path->family = command->family;
	path->mtu = command->mtu;
	path->path = command->path;
	return HW_ST_OK;
}

static bool hw_window_fits(const struct hw_tables *tables, u32 rcv_wnd)
{
	return !tables->max_rcv_wnd || rcv_wnd <= tables->max_rcv_wnd;
}

static int hw_tcp_fill(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_context *tcp)
{
	if (!hw_window_fits(tables, command->rcv_wnd))
		return HW_ST_RCV_WINDOW;
	return tables->engine->create(tables->priv, tcp, command->state);
}

static int hw_create_context(struct hw_tables *tables,
			     const struct hw_command *command,
			     struct hw_completion *completion)
{
	struct hw_context *context = NULL, *parent;
	int status;

	status = hw_claim(tables, command, &context, &parent);
	if (status != HW_ST_OK)
		return status;
	/* Nothing is sent with it yet. */
	os_store(&context->parent, parent);
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
	hw_insert(tables, context, parent);
	completion->page = (uintptr_t)context;
	return HW_ST_OK;
}

static int hw_destroy_context(struct hw_tables *tables,
			      const struct hw_command *command,
			      struct hw_completion *completion,
			      struct hw_context *context)
{
	int status;

	if (context->refcount)
		return HW_ST_BUSY;
	if (context->type == HW_TCP) {
		status = tables->engine->destroy(tables->priv, context,
						 command->state);
		if (status != HW_ST_OK)
			return status;
	}
	if (context->type == HW_NEIGHBOR)
		completion->reachability = hw_now(tables) -
					   os_load(&context->reachable);
	hw_remove(tables, context);
	return HW_ST_OK;
}

static int hw_update_neighbor(struct hw_tables *tables,
			      const struct hw_command *command,
			      struct hw_context *neighbor)
{
	os_write_begin(&tables->headers);
	memcpy(neighbor->neighbor.dmac, command->neighbor.dmac,
	       sizeof(neighbor->neighbor.dmac));
	os_write_end(&tables->headers);
	os_store(&neighbor->host_reachable,
		 hw_now(tables) - command->host_reachability);
	return HW_ST_OK;
}

static int hw_update_path(struct hw_tables *tables,
			  const struct hw_command *command,
			  struct hw_context *path)
{
	if (!hw_mtu_fits(tables, command->mtu))
		return HW_ST_MTU;
	os_write_begin(&tables->headers);
	path->mtu = command->mtu;
	os_write_end(&tables->headers);
	return HW_ST_OK;
}

static int hw_update_context(struct hw_tables *tables,
			     const struct hw_command *command,
			     struct hw_context *context)
{
	if (context->invalid)
		return HW_ST_INVALID;
	if (context->type == HW_NEIGHBOR)
		return hw_update_neighbor(tables, command, context);
	if (context->type == HW_PATH)
		return hw_update_path(tables, command, context);
	if (!hw_window_fits(tables, command->rcv_wnd))
		return HW_ST_RCV_WINDOW;
	return tables->engine->update(tables->priv, context, command->state);
}

static int hw_query_context(struct hw_tables *tables,
			    const struct hw_command *command,
			    struct hw_completion *completion,
			    struct hw_context *context)
{
	u32 now = hw_now(tables);

	if (context->type == HW_TCP)
		return tables->engine->query(tables->priv, context,
					     command->state);
	if (context->type == HW_PATH) {
		completion->family = context->family;
		completion->mtu = context->mtu;
		completion->path = context->path;
		return HW_ST_OK;
	}
	completion->neighbor = context->neighbor;
	completion->reachability = now - os_load(&context->reachable);
	completion->host_reachability = now - os_load(&context->host_reachable);
	return HW_ST_OK;
}

static int hw_relink_path(struct hw_tables *tables,
			  const struct hw_command *command,
			  struct hw_context *path)
{
	struct hw_context *neighbor;

	neighbor = hw_find_live(tables, HW_NEIGHBOR, command->parent);
	if (!neighbor)
		return HW_ST_BAD_PARENT;
	if (neighbor->invalid)
		return HW_ST_INVALID;
	path->parent->refcount--;
	neighbor->refcount++;
	os_write_begin(&tables->headers);
	path->parent = neighbor;
	os_write_end(&tables->headers);
	return HW_ST_OK;
}

static int hw_invalidate_context(struct hw_tables *tables,
				 struct hw_context *context)
{
	os_write_begin(&tables->headers);
	context->invalid = true;
	os_write_end(&tables->headers);
	return HW_ST_OK;
}

static int hw_dispatch(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_completion *completion)
{
	enum hw_verb verb = (enum hw_verb)hw_actions[command->opcode].verb;
	struct hw_context *context;

	if (verb == HW_CREATE)
		return hw_create_context(tables, command, completion);
	context = hw_find_live(tables, hw_command_type(command),
			       command->context);
	if (!context)
		return HW_ST_BAD_CONTEXT;
	switch (verb) {
	case HW_DESTROY:
		return hw_destroy_context(tables, command, completion, context);
	case HW_UPDATE:
		return hw_update_context(tables, command, context);
	case HW_QUERY:
		return hw_query_context(tables, command, completion, context);
	case HW_RELINK:
		return hw_relink_path(tables, command, context);
	default:
		return hw_invalidate_context(tables, context);
	}
}

static bool hw_is_defined(const struct hw_command *command)
{
	return command->opcode < HW_OPCODES &&
	       hw_actions[command->opcode].verb && !command->reserved;
}

void hw_tables_execute(struct hw_tables *tables,
		       const struct hw_command *command, u16 fault,
		       struct hw_completion *completion)
{
	completion->opcode = command->opcode;
	completion->reserved = 0;
	completion->context = command->context;
	completion->cookie = command->cookie;
	completion->page = 0;
	if (!hw_is_defined(command))
		completion->status = HW_ST_BAD_COMMAND;
	else if (fault != HW_ST_OK)
		completion->status = fault;
	else
		completion->status = hw_dispatch(tables, command, completion);
}

/* False if nothing may be sent on the connection. */
bool hw_tables_headers(struct hw_tables *tables, const struct hw_context *tcp,
		       struct hw_headers *headers)
{
	const struct hw_context *path, *neighbor;
	bool valid;
	u32 start;

	do {
		start = os_read_begin(&tables->headers);
		path = os_load(&tcp->parent);
		neighbor = path ? os_load(&path->parent) : NULL;
		valid = neighbor && hw_is_valid(tcp);
		if (!valid)
			continue;
		headers->neighbor = neighbor->neighbor;
		headers->id = neighbor->id;
		headers->mtu = path->mtu;
	} while (os_read_retry(&tables->headers, start));
	return valid;
}
