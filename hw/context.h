/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of contexts and the commands that change them; private to hw/. */
#ifndef _HW_CONTEXT_H
#define _HW_CONTEXT_H

#include "device.h"

/* Contexts of a page, a power of two. */
#define HW_PAGE		64

/**
 * struct hw_table - contexts of one type
 * @pages: HW_PAGE contexts each, by id; NULL where none was ever created
 * @type: of the contexts
 * @entries: how many there may be
 * @used: live ones; read by registers at any time
 */
struct hw_table {
	struct hw_context **pages;
	enum hw_type type;
	u32 entries;
	u32 used;
};

/**
 * struct hw_pool - values that contexts share, each with a count
 * @entries: the values; one without users is free
 * @size: of @entries
 */
struct hw_pool {
	struct hw_pool_entry {
		u8 value[16];
		u32 users;
	} *entries;
	u32 size;
};

/**
 * struct hw_tables - what the commands work on
 * @table: by enum hw_type
 * @macs: source MAC addresses of neighbors
 * @vlans: VLAN ids of neighbors
 * @ips: source addresses of paths; not used if it has no entries
 * @headers: protects what hw_read_headers() reads
 * @vlan: of the interface, 0 for none
 * @max_mtu: limit of paths, 0 for none
 * @max_rcv_wnd: limit of connections, 0 for none
 * @ops: for the clock
 * @engine: runs connections
 * @priv: first argument of the calls of @ops and @engine
 */
struct hw_tables {
	struct hw_table table[HW_TYPES];
	struct hw_pool macs;
	struct hw_pool vlans;
	struct hw_pool ips;
	os_seq_t headers;
	u16 vlan;
	u32 max_mtu;
	u32 max_rcv_wnd;
	const struct hw_ops *ops;
	const struct hw_engine_ops *engine;
	void *priv;
};

bool hw_tables_init(struct hw_tables *tables, const struct hw_config *config,
		    const struct hw_ops *ops,
		    const struct hw_engine_ops *engine, void *priv);
void hw_tables_release(struct hw_tables *tables);
void hw_tables_flush(struct hw_tables *tables);
/* @fault: result to fail with instead of executing it, or HW_ST_OK */
void hw_tables_execute(struct hw_tables *tables,
		       const struct hw_command *command, u16 fault,
		       struct hw_completion *completion);
struct hw_context *hw_tables_find(const struct hw_tables *tables,
				  enum hw_type type, u32 id);
bool hw_tables_headers(struct hw_tables *tables, const struct hw_context *tcp,
		       struct hw_headers *headers);

#endif /* _HW_CONTEXT_H */
