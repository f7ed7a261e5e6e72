/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_REPLAY_OBJECT_H
#define _CHIMNEY_REPLAY_OBJECT_H

#include <linux/kref.h>

#include "replay.h"

struct replay_session;

/**
 * struct chimney_replay_object - a state object that userspace made up
 * @handle: names it towards the target
 * @list: in the list of its binding; empty afterwards
 * @session: whose it is; compared only
 * @label: what the session calls it
 * @layer: its layer
 * @indicated: bytes the target has indicated for it
 * @events: events the target has indicated for it
 * @refs: the list, and the trees it is in
 * @rcu: frees it
 */
struct chimney_replay_object {
	struct chimney_handle handle;
	struct list_head list;
	const struct replay_session *session;
	u32 label;
	enum chimney_layer layer;
	atomic64_t indicated;
	atomic_t events;
	struct kref refs;
	struct rcu_head rcu;
};

struct chimney_replay_object *
replay_object_new(const struct replay_session *session, u32 label,
		  enum chimney_layer layer);
void replay_object_put(struct chimney_replay_object *object);

static inline struct chimney_replay_object *
replay_object_of(struct chimney_handle *handle)
{
	return container_of(handle, struct chimney_replay_object, handle);
}

#endif /* _CHIMNEY_REPLAY_OBJECT_H */
