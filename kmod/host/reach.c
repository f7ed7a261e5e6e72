// SPDX-License-Identifier: GPL-2.0-only
/*
 * Is a neighbor reachable? The target knows what it hears of it, the host what
 * its neighbour entry says; contract, EVT-06 to EVT-16.
 */
#include <net/neighbour.h>

#include "conn.h"

/* As long as Linux itself waits for a sign of life before it probes. */
static unsigned long patience(const struct chimney_neighbor *neighbor)
{
	struct neighbour *entry = chimney_neighbor_entry(neighbor);
	unsigned long delay = 5 * HZ;

	if (!entry)
		return delay;
	delay = NEIGH_VAR(entry->parms, DELAY_PROBE_TIME);
	neigh_release(entry);
	return delay;
}

/* The host cannot tell: ask the target a while later (EVT-13). */
static void ask_later(struct chimney_neighbor *neighbor, u32 indicated)
{
	WRITE_ONCE(neighbor->indicated, indicated);
	kref_get(&neighbor->refs);
	if (!queue_delayed_work(chimney_host_wq, &neighbor->doubt,
				patience(neighbor)))
		chimney_neighbor_put(neighbor);
}

/* An event of a target; any context. */
void chimney_event_indicated(struct chimney_binding *binding,
			     struct chimney_block *block,
			     enum chimney_event event)
{
	struct chimney_neighbor_offload_state *state;
	struct chimney_neighbor *neighbor;
	u32 delta;

	if (event != CHIMNEY_NEIGHBOR_REACHABILITY_QUERY)
		return;
	neighbor = container_of(block->handle, struct chimney_neighbor, handle);
	state = block->state;
	delta = chimney_neighbor_delta(neighbor);
	if (!delta)
		ask_later(neighbor, state->delegated.nic_reachability_delta);
	/* EVT-11 */
	state->cached.host_reachability_delta = delta;
}

/* There was progress @delta ticks ago (EVT-14): what neigh_confirm() says. */
static void confirm(struct neighbour *entry, u32 delta)
{
	neigh_update(entry, NULL, NUD_REACHABLE, 0, 0);
	WRITE_ONCE(entry->confirmed, jiffies - usecs_to_jiffies(delta));
}

/* EVT-15; without an answer the entry fails, which chimney_sync_work() sees. */
static void probe(struct neighbour *entry)
{
	if (READ_ONCE(entry->nud_state) & (NUD_STALE | NUD_DELAY))
		neigh_update(entry, NULL, NUD_PROBE, 0, 0);
}

static void decide(struct chimney_neighbor *neighbor, u32 delta)
{
	struct neighbour *entry = chimney_neighbor_entry(neighbor);

	if (!entry)
		return;
	if (READ_ONCE(entry->nud_state) & NUD_VALID) {
		if (delta < READ_ONCE(neighbor->indicated))
			confirm(entry, delta);
		else
			probe(entry);
	}
	neigh_release(entry);
}

void chimney_doubt_work(struct work_struct *work)
{
	struct chimney_neighbor *neighbor =
		container_of(to_delayed_work(work), struct chimney_neighbor,
			     doubt);
	struct chimney_host_binding *hb = neighbor->binding;
	u32 delta;

	mutex_lock(&hb->lock);
	if (!list_empty(&neighbor->list)) {
		if (chimney_neighbor_query(neighbor, &delta))
			decide(neighbor, delta);
		else
			chimney_upload_doomed(hb);
	}
	mutex_unlock(&hb->lock);
	chimney_neighbor_put(neighbor);
}

/**
 * chimney_reach_confirm() - do not probe a neighbor the target hears from
 * @neighbor: an offloaded neighbor, its binding's lock held
 * @entry: the host's entry of it, in DELAY or PROBE (EVT-16)
 *
 * Context: process, sleeps until the target has answered.
 */
void chimney_reach_confirm(struct chimney_neighbor *neighbor,
			   struct neighbour *entry)
{
	u32 delta;

	if (chimney_neighbor_query(neighbor, &delta) &&
	    usecs_to_jiffies(delta) <=
	    NEIGH_VAR(entry->parms, DELAY_PROBE_TIME))
		confirm(entry, delta);
}
