// SPDX-License-Identifier: GPL-2.0-only
/* What a target offers, what of that is enabled, and whether it is open. */
#include <linux/rculist.h>

#include "../nl/nl.h"
#include "registry.h"
#include "trace.h"

/* As PSH-04 and RFC 1122 have them, and the defaults of the kernel's TCP. */
static const struct chimney_parameters default_parameters = {
	.ack_frequency = 2,
	.max_retransmissions = 15,
	.doubt_reachability_retransmissions = 3,
	.duplicate_ack_threshold = 3,
	.delayed_ack_ticks = 200 * USEC_PER_MSEC,
	.sws_prevention_ticks = 200 * USEC_PER_MSEC,
	.push_ticks = 500 * USEC_PER_MSEC,
	.nce_stale_ticks = 30 * USEC_PER_SEC,
};

void chimney_gate_init(struct chimney_target_core *core)
{
	core->gate = CHIMNEY_GATE_OPEN;
	mutex_init(&core->settings);
	/* A driver between two targets sets those below while it is being set. */
	lockdep_register_key(&core->settings_key);
	lockdep_set_class(&core->settings, &core->settings_key);
	core->parameters = default_parameters;
}

void chimney_gate_exit(struct chimney_target_core *core)
{
	mutex_destroy(&core->settings);
	lockdep_unregister_key(&core->settings_key);
}

/* -------- capabilities -------- */

/* Both may be 0, for no limit. */
static bool limit_within(u32 limit, u32 bound)
{
	return !bound || (limit && limit <= bound);
}

static bool caps_within(const struct chimney_caps *caps,
			const struct chimney_caps *bound)
{
	return caps->tcp_entries <= bound->tcp_entries &&
	       caps->path_entries <= bound->path_entries &&
	       caps->neighbor_entries <= bound->neighbor_entries &&
	       limit_within(caps->max_mtu, bound->max_mtu) &&
	       limit_within(caps->max_rcv_wnd, bound->max_rcv_wnd) &&
	       caps->ipv4 <= bound->ipv4 && caps->ipv6 <= bound->ipv6 &&
	       caps->sack <= bound->sack;
}

/* CAP-12: something that was enabled is not any more. */
static bool caps_disable(const struct chimney_caps *caps,
			 const struct chimney_caps *enabled)
{
	return caps->ipv4 < enabled->ipv4 || caps->ipv6 < enabled->ipv6 ||
	       caps->sack < enabled->sack;
}

static bool has_objects(const struct chimney_target_core *core)
{
	const struct chimney_binding *binding;
	bool has = false;

	rcu_read_lock();
	list_for_each_entry_rcu(binding, &core->bindings, list)
		has |= atomic_read(&binding->objects);
	rcu_read_unlock();
	return has;
}

/**
 * chimney_query_caps() - ask what a target can do
 * @binding: a binding of the calling client
 * @caps: filled with what it can do now
 *
 * To be done after the client was bound and after each resume, before it
 * initiates (CAP-01, PAU-07). If the target cannot do any more what the client
 * had enabled, that has to be done again, too.
 *
 * Context: any.
 */
void chimney_query_caps(struct chimney_binding *binding,
			struct chimney_caps *caps)
{
	struct chimney_target_core *core = binding->core;

	*caps = core->target->caps;
	if (!caps_within(&core->enabled, caps))
		WRITE_ONCE(binding->enabled, false);
	WRITE_ONCE(binding->queried, true);
}
EXPORT_SYMBOL_GPL(chimney_query_caps);

/**
 * chimney_enable_caps() - set what a target is to use
 * @binding: a binding of the calling client
 * @caps: what the client wants of that which chimney_query_caps() said (CAP-03)
 *
 * The latest set counts, whichever client it comes from (CAP-11).
 *
 * Context: process, may sleep; also from bind.
 * Return: 0; -EINVAL if the client did not ask before, or wants what the target
 * cannot do; -EBUSY if it disables IPv4, IPv6 or SACK while something is
 * offloaded (CAP-12).
 */
int chimney_enable_caps(struct chimney_binding *binding,
			const struct chimney_caps *caps)
{
	struct chimney_target_core *core = binding->core;
	struct chimney_target *target = core->target;
	enum chimney_clause clause;

	if (!READ_ONCE(binding->queried))
		return chimney_refuse(core, CHIMNEY_CLAUSE_CAP_01);
	if (!caps_within(caps, &target->caps))
		return chimney_refuse(core, CHIMNEY_CLAUSE_CAP_11);

	mutex_lock(&core->settings);
	clause = caps_disable(caps, &core->enabled) && has_objects(core) ?
			 CHIMNEY_CLAUSE_CAP_12 : CHIMNEY_CLAUSE_NONE;
	if (clause == CHIMNEY_CLAUSE_NONE) {
		core->enabled = *caps;
		if (target->ops->enable)
			target->ops->enable(target, caps);
		WRITE_ONCE(binding->enabled, true);
	}
	mutex_unlock(&core->settings);
	return clause == CHIMNEY_CLAUSE_NONE ? 0 : chimney_refuse(core, clause);
}
EXPORT_SYMBOL_GPL(chimney_enable_caps);

/* -------- the gate -------- */

static enum chimney_clause gate_clause(const struct chimney_binding *binding,
				       enum chimney_gate gate)
{
	if (gate == CHIMNEY_GATE_PAUSED)
		return CHIMNEY_CLAUSE_PAU_01;
	if (gate == CHIMNEY_GATE_DRAINING)
		return CHIMNEY_CLAUSE_PAU_10;
	if (!READ_ONCE(binding->queried))
		return READ_ONCE(binding->enabled) ? CHIMNEY_CLAUSE_PAU_07 :
						     CHIMNEY_CLAUSE_CAP_01;
	return READ_ONCE(binding->enabled) ? CHIMNEY_CLAUSE_NONE :
					     CHIMNEY_CLAUSE_CAP_03;
}

/**
 * chimney_gate_check() - may a client initiate
 * @binding: of the client
 *
 * A client who could not know that the target has closed its gate breaks
 * nothing.
 *
 * Context: any. Return: 0, -EAGAIN, or -EINVAL.
 */
int chimney_gate_check(const struct chimney_binding *binding)
{
	/* Pairs with gate_set(): what the bindings know goes with it. */
	enum chimney_gate gate = smp_load_acquire(&binding->core->gate);
	enum chimney_clause clause = gate_clause(binding, gate);

	if (clause == CHIMNEY_CLAUSE_NONE)
		return 0;
	if (gate != CHIMNEY_GATE_OPEN && !READ_ONCE(binding->told))
		return -EAGAIN;
	return chimney_refuse(binding->core, clause);
}

static void gate_set(struct chimney_target_core *core, enum chimney_gate gate)
{
	struct chimney_binding *binding;

	lockdep_assert_held(&core->lock);
	trace_chimney_gate(core->ifindex, core->gate, gate);
	if (gate == CHIMNEY_GATE_OPEN) {
		list_for_each_entry_rcu(binding, &core->bindings, list) {
			WRITE_ONCE(binding->queried, false);
			WRITE_ONCE(binding->told, false);
		}
	}
	/* Pairs with chimney_gate_check(). */
	smp_store_release(&core->gate, gate);
}

static enum chimney_clause gate_open(struct chimney_target_core *core)
{
	if (core->gate == CHIMNEY_GATE_OPEN)
		return CHIMNEY_CLAUSE_CAP_15;
	if (core->gate == CHIMNEY_GATE_DRAINING && has_objects(core))
		return CHIMNEY_CLAUSE_PAU_13;
	gate_set(core, CHIMNEY_GATE_OPEN);
	return CHIMNEY_CLAUSE_NONE;
}

static enum chimney_clause gate_move(struct chimney_target_core *core,
				     enum chimney_indication indication)
{
	lockdep_assert_held(&core->lock);
	switch (indication) {
	case CHIMNEY_INDICATION_PAUSE:
		if (core->gate == CHIMNEY_GATE_OPEN)
			gate_set(core, CHIMNEY_GATE_PAUSED);
		return CHIMNEY_CLAUSE_NONE;
	case CHIMNEY_INDICATION_UPLOAD_ALL:
		gate_set(core, CHIMNEY_GATE_DRAINING);
		return CHIMNEY_CLAUSE_NONE;
	case CHIMNEY_INDICATION_RESUME:
		return gate_open(core);
	default:
		return CHIMNEY_CLAUSE_EVT_05;
	}
}

static void gate_tell(struct chimney_target_core *core,
		      enum chimney_indication indication)
{
	const struct chimney_event_info info = {
		.source = CHIMNEY_EVENT_SOURCE_TARGET,
		.code = indication,
		.ifindex = core->ifindex,
	};
	struct chimney_binding *binding;

	chimney_nl_event(dev_net(core->dev), &info);
	list_for_each_entry_rcu(binding, &core->bindings, list) {
		if (READ_ONCE(binding->closing))
			continue;
		if (indication != CHIMNEY_INDICATION_RESUME)
			WRITE_ONCE(binding->told, true);
		binding->client->ops->status(binding, indication);
	}
}

/**
 * chimney_status_indicate() - tell all clients about a target as a whole
 * @target: the target
 * @indication: PAUSE, and no initiate comes any more until RESUME; UPLOAD_ALL,
 *	and the clients terminate everything, too
 *
 * Initiates that are in progress go on (PAU-05), and others may be on their
 * way (PAU-03). A target that asked for everything back may resume when it has
 * completed the terminates (PAU-13).
 *
 * Context: process or softirq; one at a time for a target.
 */
void chimney_status_indicate(struct chimney_target *target,
			     enum chimney_indication indication)
{
	enum chimney_clause clause = CHIMNEY_CLAUSE_OP_07;
	struct chimney_target_core *core;

	rcu_read_lock();
	core = READ_ONCE(target->core);
	if (core && !READ_ONCE(core->gone)) {
		trace_chimney_indication(core->ifindex, indication);
		spin_lock_bh(&core->lock);
		clause = gate_move(core, indication);
		spin_unlock_bh(&core->lock);
	}
	if (clause == CHIMNEY_CLAUSE_NONE)
		gate_tell(core, indication);
	else
		chimney_violation(core, clause);
	rcu_read_unlock();
}
EXPORT_SYMBOL_GPL(chimney_status_indicate);
