// SPDX-License-Identifier: GPL-2.0-only
/*
 * Identifiers of connections: what userspace calls them.
 *
 * They ascend and come again only after all the others, in pages of neighboring
 * ones, so that the many connections of a tree share the cost of a page.
 */
#include <linux/slab.h>
#include <linux/xarray.h>

#include "conn.h"

#define PAGE_CONNS	64
#define MAX_PAGES	(INT_MAX / PAGE_CONNS)

/**
 * struct id_page - connections with neighboring identifiers
 * @index: of the page
 * @given: identifiers given out, the first ones of the page
 * @used: those of them that are in use
 * @rcu: readers may still look at it
 * @conns: the connections, NULL for an identifier that is not in use
 */
struct id_page {
	u32 index;
	unsigned int given;
	unsigned int used;
	struct rcu_head rcu;
	struct chimney_conn __rcu *conns[PAGE_CONNS];
};

static DEFINE_SPINLOCK(id_lock);	/* of the pages, and what follows */
static DEFINE_XARRAY_ALLOC(id_pages);
static struct id_page *id_page;		/* that identifiers are given from */
static u32 id_next_page;

static bool id_give(struct chimney_conn *conn)
{
	struct id_page *page;
	bool ok;

	spin_lock(&id_lock);
	page = id_page;
	ok = page && page->given < PAGE_CONNS;
	if (ok) {
		/* Identifiers begin with 1. */
		conn->id = page->index * PAGE_CONNS + page->given + 1;
		conn->id_page = page;
		rcu_assign_pointer(page->conns[page->given], conn);
		page->given++;
		page->used++;
	}
	spin_unlock(&id_lock);
	return ok;
}

/* All of its identifiers were given out, and none is in use. */
static bool is_spent(const struct id_page *page)
{
	return page->given == PAGE_CONNS && !page->used;
}

static int page_add(void)
{
	struct id_page *page, *spent = NULL;
	int err;

	page = kzalloc(sizeof(*page), GFP_KERNEL);
	if (!page)
		return -ENOMEM;
	err = xa_alloc_cyclic(&id_pages, &page->index, page,
			      XA_LIMIT(0, MAX_PAGES - 1), &id_next_page,
			      GFP_KERNEL);
	if (err < 0) {
		kfree(page);
		return err;
	}
	spin_lock(&id_lock);
	if (id_page && id_page->given < PAGE_CONNS) {
		/* Somebody else was faster. */
		spent = page;
	} else {
		id_page = page;
	}
	spin_unlock(&id_lock);
	if (spent) {
		xa_erase(&id_pages, spent->index);
		kfree_rcu(spent, rcu);
	}
	return 0;
}

/**
 * chimney_id_give() - give a connection its identifier
 * @conn: the connection; chimney_id_walk() finds it from now on
 *
 * Context: process, may sleep.
 * Return: 0, -ENOMEM, or -EBUSY if all are in use.
 */
int chimney_id_give(struct chimney_conn *conn)
{
	int err;

	while (!id_give(conn)) {
		err = page_add();
		if (err)
			return err;
	}
	return 0;
}

/**
 * chimney_id_take() - take the identifier of a connection back
 * @conn: the connection; under RCU chimney_id_walk() may still find it
 *
 * Context: process, may sleep.
 */
void chimney_id_take(struct chimney_conn *conn)
{
	struct id_page *page = conn->id_page;
	bool spent;

	spin_lock(&id_lock);
	RCU_INIT_POINTER(page->conns[(conn->id - 1) % PAGE_CONNS], NULL);
	page->used--;
	spent = is_spent(page);
	if (spent && page == id_page)
		id_page = NULL;
	spin_unlock(&id_lock);
	if (spent) {
		xa_erase(&id_pages, page->index);
		kfree_rcu(page, rcu);
	}
}

/**
 * chimney_id_next() - the connection with the next identifier
 * @id: where to begin; set to that of the connection
 *
 * Context: under RCU, which keeps the connection's memory.
 * Return: the connection, or NULL if there is none with @id or a greater one.
 */
struct chimney_conn *chimney_id_next(unsigned long *id)
{
	struct chimney_conn *conn;
	struct id_page *page;
	unsigned long index;
	unsigned int i;

	*id = max(*id, 1UL);
	xa_for_each_start(&id_pages, index, page, (*id - 1) / PAGE_CONNS) {
		*id = max(*id, index * PAGE_CONNS + 1);
		for (i = (*id - 1) % PAGE_CONNS; i < PAGE_CONNS; i++, (*id)++) {
			conn = rcu_dereference(page->conns[i]);
			if (conn)
				return conn;
		}
	}
	return NULL;
}

void chimney_id_exit(void)
{
	/* All connections are gone. */
	kfree(id_page);
	xa_destroy(&id_pages);
}
