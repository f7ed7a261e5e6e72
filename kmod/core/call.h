/* SPDX-License-Identifier: GPL-2.0-only */
/* Pending state operations of a target. */
#ifndef _CHIMNEY_CORE_CALL_H
#define _CHIMNEY_CORE_CALL_H

struct chimney_binding;
struct chimney_target_core;

void chimney_calls_expire(struct chimney_binding *binding);
void chimney_calls_free(struct chimney_target_core *core);
void chimney_calls_disown(struct chimney_binding *binding);

int chimney_call_init(void);
void chimney_call_exit(void);

#endif /* _CHIMNEY_CORE_CALL_H */
