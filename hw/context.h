/* SPDX-License-Identifier: GPL-2.0-only */
/* The tables of contexts and the commands that change them; private to hw/. */
#ifndef _HW_CONTEXT_H
#define _HW_CONTEXT_H

#include "device.h"

/**
 * struct hw_table - contexts of one type
 * @contexts: by id
 * @entries: size of @contexts
 * @used: live ones; read by registers at any time
 */
struct hw_table {
	struct hw_context *contexts;
	u32 entries;
	u32 used;
};

/**
 * struct hw_tables - what the commands work on
 * @table: by enum hw_type
 * @max_mtu: limit of paths, 0 for none
 * @max_rcv_wnd: limit of connections, 0 for none
 * @ops: for the clock
 * @engine: runs connections
 * @priv: first argument of the calls of @ops and @engine
 */
struct hw_tables {
	struct hw_table table[HW_TYPES];
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
void hw_tables_execute(struct hw_tables *tables,
		       const struct hw_command *command,
		       struct hw_completion *completion);

#endif /* _HW_CONTEXT_H */
