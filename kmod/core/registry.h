/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of the core share: targets, bindings and their locks. */
#ifndef _CHIMNEY_CORE_REGISTRY_H
#define _CHIMNEY_CORE_REGISTRY_H

#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>

#include <chimney/client.h>

#include "violation.h"

/**
 * DOC: locking
 *
 * chimney_registry_mutex guards the lists of targets, kinds, clients and
 * bindings. It nests inside the RTNL, because a device that goes away takes its
 * target along under the RTNL; nobody may take the RTNL, or wait for somebody
 * who needs it, with the mutex held. Clients are called with it held to bind
 * and to unbind, and for nothing else; an unbind lasts until the client has
 * everything back, so neither completions nor the work behind them may need
 * the mutex. Kinds make and remove their targets without it.
 *
 * chimney_target_core::lock (BH) guards the table of pending calls of a target
 * and their state. It is a leaf: nothing is called with it held. A completion
 * takes its call out of the hands of the deadline under this lock, so of the
 * two only one goes on.
 *
 * Everything else is RCU: looking up a target, the I/O calls in both
 * directions, the state handlers and their completions run in read-side
 * sections (none of them may sleep anyhow), which costs the data path neither
 * an atomic operation nor a shared cache line. A target that is unregistered
 * leaves the list, is unbound, refuses new calls, and then one grace period
 * makes sure that nobody is inside its handlers or uses its bindings.
 *
 * The state of a handle is written by whoever owns the call that carries it,
 * with release semantics, and read without a lock. Going from HOST to
 * OFFLOADING and from OFFLOADED to UPLOADING is a compare-and-exchange: two
 * operations cannot both have an object. Operations that leave it where it is
 * pin it instead, and what hangs on it counts as its dependent; a terminate
 * takes both counters from 0 to -1 and so keeps out, or fails. The link to the
 * parent is written by the operation that has the object.
 *
 * chimney_target_core::settings serializes the calls that set capabilities and
 * parameters. It nests inside the registry mutex, and that of a target below
 * inside that of an intermediate driver, so each has a lock class of its own.
 * The gate of a target and what
 * its bindings know of it are guarded by chimney_target_core::lock; clients are
 * told without it, inside a read-side section over the list of bindings.
 */
extern struct mutex chimney_registry_mutex;

#define CHIMNEY_CALL_HASH_BITS	6

/**
 * struct chimney_target_core - the core's side of a target
 * @target: the driver's side
 * @dev: the device, held until @gone
 * @ifindex: of the device
 * @dev_tracker: of that reference
 * @list: in the list of targets; RCU readers
 * @bindings: of all clients; registry mutex, RCU readers
 * @lock: guards @calls, @dead and @gate
 * @calls: pending and quarantined calls by the root of their tree
 * @dead: no new calls
 * @removing: somebody has called deltarget of the kind; registry mutex
 * @gone: the device has been let go; only counters are left
 * @gate: whether it takes offloads
 * @settings: guards @enabled and @parameters
 * @settings_key: lock class of @settings
 * @enabled: capabilities of the latest set (CAP-11)
 * @parameters: settings of the host
 * @violations: by clause
 * @rcu: frees it
 */
struct chimney_target_core {
	struct chimney_target *target;
	struct net_device *dev;
	netdevice_tracker dev_tracker;
	int ifindex;
	struct list_head list;
	struct list_head bindings;
	spinlock_t lock;	/* calls, dead, gate */
	DECLARE_HASHTABLE(calls, CHIMNEY_CALL_HASH_BITS);
	bool dead;
	bool removing;
	bool gone;
	enum chimney_gate gate;
	struct mutex settings;	/* enabled, parameters */
	struct lock_class_key settings_key;
	struct chimney_caps enabled;
	struct chimney_parameters parameters;
	atomic_t violations[CHIMNEY_CLAUSES];
	struct rcu_head rcu;
};

/**
 * struct chimney_binding - a client bound to a target
 * @target: the target; NULL once it is unbound
 * @core: its core side
 * @client: the client
 * @priv: the client's context (INIT-52)
 * @list: in chimney_target_core::bindings; registry mutex
 * @closing: no new initiates, no indications
 * @queried: the client has looked at the capabilities since the last resume
 * @enabled: and has set those it wants
 * @told: the client knows that the gate is not open
 * @objects: objects that are offloaded over it
 * @rcu: frees it
 */
struct chimney_binding {
	struct chimney_target *target;
	struct chimney_target_core *core;
	struct chimney_client *client;
	void *priv;
	struct list_head list;
	bool closing;
	bool queried;
	bool enabled;
	bool told;
	atomic_t objects;
	struct rcu_head rcu;
};

/* binding.c; all with the registry mutex held */
void chimney_bindings_open(struct chimney_target *target);
void chimney_bindings_close(struct chimney_target_core *core);
void chimney_bindings_free(struct chimney_target_core *core);
void chimney_bindings_drop(struct chimney_target_core *core,
			   const struct chimney_client *client);

/* gate.c */
void chimney_gate_init(struct chimney_target_core *core);
void chimney_gate_exit(struct chimney_target_core *core);
int chimney_gate_check(const struct chimney_binding *binding);

/* target.c */
struct chimney_target_core *
chimney_target_core_find_rcu(const struct net_device *dev);
struct chimney_target_core *
chimney_target_core_find_kind(const struct chimney_target_kind *kind);
void chimney_target_shut(struct chimney_target_core *core);
void chimney_targets_bind(struct chimney_client *client);
void chimney_targets_unbind(struct chimney_client *client);

/* kind.c */
bool chimney_target_remove(const struct net_device *dev);

#endif /* _CHIMNEY_CORE_REGISTRY_H */
