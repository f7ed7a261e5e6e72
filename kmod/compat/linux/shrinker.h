/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_LINUX_SHRINKER_H
#define _CHIMNEY_COMPAT_LINUX_SHRINKER_H

#include <linux/version.h>

/* Before 6.7 it does not include what it needs. */
#include <linux/atomic.h>
#include <linux/list.h>
#include <linux/types.h>

#include_next <linux/shrinker.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)

#include <linux/container_of.h>
#include <linux/slab.h>

struct chimney_shrinker {
	struct shrinker shrinker;
	const char *name;
};

/* @name is not a format, and stays the caller's. */
static inline struct shrinker *shrinker_alloc(unsigned int flags,
					      const char *name)
{
	struct chimney_shrinker *s = kzalloc(sizeof(*s), GFP_KERNEL);

	if (!s)
		return NULL;
	s->shrinker.flags = flags;
	s->shrinker.seeks = DEFAULT_SEEKS;
	s->name = name;
	return &s->shrinker;
}

/* Without memory nothing is shrunk. */
static inline void shrinker_register(struct shrinker *shrinker)
{
	struct chimney_shrinker *s = container_of(shrinker,
						  struct chimney_shrinker,
						  shrinker);

	if (register_shrinker(shrinker, "%s", s->name))
		pr_debug("%s: no shrinker\n", s->name);
}

static inline void shrinker_free(struct shrinker *shrinker)
{
	unregister_shrinker(shrinker);
	kfree(container_of(shrinker, struct chimney_shrinker, shrinker));
}

#endif /* before 6.7 */

#endif /* _CHIMNEY_COMPAT_LINUX_SHRINKER_H */
