// SPDX-License-Identifier: GPL-2.0-only
/*
 * Records of connections, and trees. Those that are not in use wait for the next
 * connections until the kernel is short of memory: many come and go at a time, and the
 * pages that hold them would be given back and cleared each time.
 */
#include <linux/shrinker.h>
#include <linux/slab.h>

#include "tree.h"

/* Records that are taken at a time. */
#define TAKEN		64

/* Trees with less room are not worth it. */
#define TREE_KEPT	64

/**
 * struct pool - what is not in use
 * @tree: a tree
 * @lock: protects what follows
 * @first: records, linked through their @next
 * @count: how many
 */
struct pool {
	struct chimney_tree *tree;
	spinlock_t lock;
	struct chimney_conn *first;
	unsigned long count;
};

static struct pool pool = {
	.lock = __SPIN_LOCK_UNLOCKED(pool.lock),
};

static struct kmem_cache *cache;
static struct shrinker *shrinker;

/* Some of the records, linked through their @next, or NULL. */
static struct chimney_conn *take(unsigned long max, unsigned long *count)
{
	struct chimney_conn *first, *last;

	*count = 0;
	spin_lock_bh(&pool.lock);
	first = pool.first;
	for (last = first; last; last = last->next)
		if (++*count == max)
			break;
	pool.first = last ? last->next : NULL;
	pool.count -= *count;
	spin_unlock_bh(&pool.lock);
	if (last)
		last->next = NULL;
	return first;
}

/**
 * chimney_pool_take() - memory for the record of a connection
 * @spare: NULL before the first of many; records for the others, chimney_pool_give()
 *	for those that are left after the last
 *
 * Context: process, may sleep.
 * Return: the record, with whatever is in it, or NULL without memory.
 */
struct chimney_conn *chimney_pool_take(struct chimney_conn **spare)
{
	struct chimney_conn *conn;
	unsigned long count;

	if (!*spare)
		*spare = take(TAKEN, &count);
	conn = *spare;
	if (!conn)
		return kmem_cache_alloc(cache, GFP_KERNEL);
	*spare = conn->next;
	return conn;
}

static void free_all(struct chimney_conn *conn)
{
	struct chimney_conn *next;

	for (; conn; conn = next) {
		next = conn->next;
		kmem_cache_free(cache, conn);
	}
}

/**
 * chimney_pool_give() - records are not in use any more
 * @first: the first of them, which are linked through their @next, or NULL
 *
 * Context: any but hard interrupts.
 */
void chimney_pool_give(struct chimney_conn *first)
{
	struct chimney_conn *last = first;
	unsigned long count = 1;

	if (!first)
		return;
	/* It tells who uses one that is free. */
	if (IS_ENABLED(CONFIG_KASAN)) {
		free_all(first);
		return;
	}
	for (; last->next; last = last->next)
		count++;
	spin_lock_bh(&pool.lock);
	last->next = pool.first;
	pool.first = first;
	pool.count += count;
	spin_unlock_bh(&pool.lock);
}

/**
 * chimney_pool_take_tree() - memory for a tree
 * @conns: connections that it must have room for
 *
 * Context: process, may sleep.
 * Return: the tree, with whatever is in it but for its room.
 */
struct chimney_tree *chimney_pool_take_tree(unsigned int conns)
{
	struct chimney_tree *tree = xchg(&pool.tree, NULL);

	if (tree && tree->room >= conns)
		return tree;
	kvfree(tree);
	tree = kvmalloc(struct_size(tree, conns, conns),
			GFP_KERNEL | __GFP_NOFAIL);
	tree->room = conns;
	return tree;
}

/**
 * chimney_pool_give_tree() - a tree is not in use any more
 * @tree: the tree
 *
 * Context: as for kvfree().
 */
void chimney_pool_give_tree(struct chimney_tree *tree)
{
	/* See above. */
	if (!IS_ENABLED(CONFIG_KASAN) && tree->room >= TREE_KEPT)
		tree = xchg(&pool.tree, tree);
	kvfree(tree);
}

/**
 * chimney_host_conn_size() - memory for the record of a connection
 *
 * Context: any. Return: bytes.
 */
u32 chimney_host_conn_size(void)
{
	return sizeof(struct chimney_conn);
}

static unsigned long count_objects(struct shrinker *s,
				   struct shrink_control *sc)
{
	return READ_ONCE(pool.count) ?: SHRINK_EMPTY;
}

static unsigned long scan_objects(struct shrinker *s, struct shrink_control *sc)
{
	unsigned long count;

	kvfree(xchg(&pool.tree, NULL));
	free_all(take(sc->nr_to_scan, &count));
	return count ?: SHRINK_STOP;
}

int chimney_pool_init(void)
{
	cache = KMEM_CACHE(chimney_conn, 0);
	if (!cache)
		return -ENOMEM;
	shrinker = shrinker_alloc(0, "chimney-connections");
	if (!shrinker) {
		kmem_cache_destroy(cache);
		return -ENOMEM;
	}
	shrinker->count_objects = count_objects;
	shrinker->scan_objects = scan_objects;
	shrinker_register(shrinker);
	return 0;
}

/* All connections are gone. */
void chimney_pool_exit(void)
{
	shrinker_free(shrinker);
	kvfree(pool.tree);
	free_all(pool.first);
	kmem_cache_destroy(cache);
}
