/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of chimney.ko know of the core beside the public headers. */
#ifndef _CHIMNEY_CORE_CORE_H
#define _CHIMNEY_CORE_CORE_H

#include <chimney/client.h>
#include <chimney/target.h>

/**
 * struct chimney_target_info - a target as userspace sees it
 * @ifindex: of the device
 * @ifname: of the device
 * @kind: of a software target, empty otherwise
 * @caps: what it can do
 * @usage: what is in use
 * @parameters: settings of the host
 * @gate: whether it takes offloads at present
 * @violations: breaches of the contract
 */
struct chimney_target_info {
	int ifindex;
	char ifname[IFNAMSIZ];
	char kind[IFNAMSIZ];
	struct chimney_caps caps;
	struct chimney_usage usage;
	struct chimney_parameters parameters;
	enum chimney_gate gate;
	u64 violations;
};

/* Make, remove, read software targets; process context, may sleep. */
int chimney_target_new(struct net *net, int ifindex, const char *kind,
		       const struct chimney_caps *caps,
		       struct netlink_ext_ack *extack);
int chimney_target_del(struct net *net, int ifindex,
		       struct netlink_ext_ack *extack);
/* -ENODEV with extack if the device has no target. */
int chimney_target_info(struct net *net, int ifindex,
			struct chimney_target_info *info,
			struct netlink_ext_ack *extack);
/* The target of @net with the smallest ifindex >= @ifindex, or -ENOENT. */
int chimney_target_info_next(struct net *net, int ifindex,
			     struct chimney_target_info *info);

/*
 * Read or set more of a target; process context, may sleep. All return -ENODEV
 * with extack if the device has no target.
 */
int chimney_target_set_parameters(struct net *net, int ifindex,
				  const struct chimney_parameters *parameters,
				  struct netlink_ext_ack *extack);
/* -EOPNOTSUPP if it keeps none for @family. @statistics NULL: only reset. */
int chimney_target_statistics(struct net *net, int ifindex, u16 family,
			      struct chimney_statistics *statistics, bool reset,
			      struct netlink_ext_ack *extack);
/* Breaches by clause: @counts has CHIMNEY_CLAUSES members (violation.h). */
int chimney_target_breaches(struct net *net, int ifindex, u32 *counts,
			    struct netlink_ext_ack *extack);
/* -EOPNOTSUPP if its kind has no faults. */
int chimney_target_fault(struct net *net, int ifindex, const char *script,
			 struct netlink_ext_ack *extack);

/* Under rcu_read_lock(): the target on a device, or NULL. */
struct chimney_target *chimney_target_find_rcu(const struct net_device *dev);

int chimney_core_init(void);
void chimney_core_exit(void);

#endif /* _CHIMNEY_CORE_CORE_H */
