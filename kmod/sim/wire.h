/* SPDX-License-Identifier: GPL-2.0-only */
/* The wire side of a simulated NIC: which frames it takes, how it sends. */
#ifndef _CHIMNEY_SIM_WIRE_H
#define _CHIMNEY_SIM_WIRE_H

#include <linux/netfilter.h>
#include <linux/rhashtable.h>

struct netlink_ext_ack;
struct sim_conn;
struct sim_device;

/**
 * struct sim_wire - what a device needs to take frames
 * @hook: at the ingress of the net_device
 * @conns: connections by addresses and ports
 * @seed: of the hashes of these
 * @confirmed: which neighbor was last confirmed, and when
 * @doubted: of which neighbor it was last looked whether it is stale, and when
 */
struct sim_wire {
	struct nf_hook_ops hook;
	struct rhashtable conns;
	u32 seed;
	u64 confirmed;
	u64 doubted;
};

/**
 * struct sim_key - addresses and ports as they stand in a received frame
 * @saddr: remote address, IPv4 in the first four bytes
 * @daddr: local address
 * @source: remote port
 * @dest: local port
 * @hash: of the others, set by sim_wire_hash()
 */
struct sim_key {
	struct in6_addr saddr;
	struct in6_addr daddr;
	__be16 source;
	__be16 dest;
	u32 hash;
};

int sim_wire_attach(struct sim_device *sim, struct netlink_ext_ack *extack);
void sim_wire_detach(struct sim_device *sim);
void sim_wire_hash(const struct sim_device *sim, struct sim_key *key);
int sim_wire_add(struct sim_device *sim, struct sim_conn *conn);
void sim_wire_del(struct sim_device *sim, struct sim_conn *conn);
bool sim_wire_first_in_tick(u64 *last, u32 neighbor);
int sim_wire_xmit(struct sim_conn *conn, struct sk_buff *skb);

#endif /* _CHIMNEY_SIM_WIRE_H */
