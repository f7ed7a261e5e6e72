// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames come from the ingress hook of the net_device, behind the packet taps,
 * and leave through dev_queue_xmit(), in front of them: tcpdump sees everything
 * and tc shapes it. Frames of other connections are not touched.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/netfilter_netdev.h>
#include <linux/random.h>
#include <linux/tcp.h>
#include <net/dsfield.h>
#include <net/ip.h>
#include <net/ip6_checksum.h>
#include <net/ipv6.h>
#include <net/tcp.h>

#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

/* The hash is made once for a key, with a seed of its own. */
static u32 key_hash(const void *data, u32 len, u32 seed)
{
	const struct sim_key *key = data;

	return key->hash ^ seed;
}

/* Complete a key: all but its hash is set. */
void sim_wire_hash(const struct sim_device *sim, struct sim_key *key)
{
	key->hash = chimney_tcp_hash(&key->saddr, &key->daddr, key->source,
				     key->dest, sim->wire.seed);
}

static int key_compare(struct rhashtable_compare_arg *arg, const void *object)
{
	const struct sim_key *a = arg->key;
	const struct sim_key *b = &((const struct sim_conn *)object)->key;

	return a->source != b->source || a->dest != b->dest ||
	       !ipv6_addr_equal(&a->saddr, &b->saddr) ||
	       !ipv6_addr_equal(&a->daddr, &b->daddr);
}

static const struct rhashtable_params conn_params = {
	.head_offset = offsetof(struct sim_conn, node),
	.key_offset = offsetof(struct sim_conn, key),
	.key_len = sizeof(struct sim_key),
	.hashfn = key_hash,
	.obj_cmpfn = key_compare,
};

/* What becomes of a frame with the addresses of a connection. */
enum frame_fate {
	FRAME_OK,
	FRAME_NOT_OURS,
	FRAME_OTHER_VLAN,
};

/* Length of the datagram; 0 unless it is plain TCP over IPv4. */
static unsigned int parse_ipv4(const struct sk_buff *skb, struct sim_key *key)
{
	const struct iphdr *iph;
	struct iphdr buf;

	iph = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!iph || iph->version != 4 || iph->ihl != 5 ||
	    iph->protocol != IPPROTO_TCP || ip_is_fragment(iph))
		return 0;
	memcpy(&key->saddr, &iph->saddr, sizeof(iph->saddr));
	memcpy(&key->daddr, &iph->daddr, sizeof(iph->daddr));
	return ntohs(iph->tot_len);
}

/* Likewise over IPv6. */
static unsigned int parse_ipv6(const struct sk_buff *skb, struct sim_key *key)
{
	const struct ipv6hdr *iph;
	struct ipv6hdr buf;

	iph = skb_header_pointer(skb, 0, sizeof(buf), &buf);
	if (!iph || iph->version != 6 || iph->nexthdr != IPPROTO_TCP)
		return 0;
	key->saddr = iph->saddr;
	key->daddr = iph->daddr;
	return sizeof(*iph) + ntohs(iph->payload_len);
}

/* A whole TCP segment without IP options or extension headers, no fragment. */
static bool parse(const struct sk_buff *skb, struct sim_key *key,
		  struct tcphdr *th)
{
	unsigned int len, header;
	const struct tcphdr *tcp;
	struct tcphdr buf;

	memset(key, 0, sizeof(*key));
	if (skb->protocol == htons(ETH_P_IP)) {
		len = parse_ipv4(skb, key);
		header = sizeof(struct iphdr);
	} else if (skb->protocol == htons(ETH_P_IPV6)) {
		len = parse_ipv6(skb, key);
		header = sizeof(struct ipv6hdr);
	} else {
		return false;
	}
	if (!len || skb->len < len)
		return false;
	tcp = skb_header_pointer(skb, header, sizeof(buf), &buf);
	if (!tcp || tcp->doff < 5 || len < header + tcp->doff * 4)
		return false;
	key->source = tcp->source;
	key->dest = tcp->dest;
	*th = *tcp;
	return true;
}

static bool checksum_is_good(struct sk_buff *skb, u16 family)
{
	if (family == HW_FAMILY_IPV6 ?
	    skb_checksum_init(skb, IPPROTO_TCP, ip6_compute_pseudo) :
	    skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo))
		return false;
	return !skb_checksum_complete(skb);
}

/*
 * Bring the TCP header, which was parsed as @th, to the front. False if the frame
 * is damaged, and counted.
 */
static bool strip(struct sim_conn *conn, struct sk_buff *skb,
		  const struct tcphdr *th, u8 *dsfield)
{
	u32 segments = max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	bool ipv6 = conn->family == HW_FAMILY_IPV6;
	unsigned int header, headers, len;

	header = ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr);
	headers = header + th->doff * 4;
	if (!pskb_may_pull(skb, header))
		return false;
	skb_reset_network_header(skb);
	len = ipv6 ? header + ntohs(ipv6_hdr(skb)->payload_len) :
		     ntohs(ip_hdr(skb)->tot_len);
	sim_count(conn, HW_IP_IN_RECEIVES, segments);
	sim_count(conn, HW_IP_IN_OCTETS, len + (segments - 1) * headers);
	if (!ipv6 && ip_fast_csum(ip_hdr(skb), ip_hdr(skb)->ihl)) {
		sim_count(conn, HW_IP_IN_HEADER_ERRORS, 1);
		return false;
	}
	*dsfield = ipv6 ? ipv6_get_dsfield(ipv6_hdr(skb)) :
			  ipv4_get_dsfield(ip_hdr(skb));
	if (pskb_trim_rcsum(skb, len) || !pskb_may_pull(skb, headers)) {
		sim_count(conn, HW_IP_IN_DISCARDS, segments);
		return false;
	}
	sim_count(conn, HW_IP_IN_DELIVERS, segments);
	__skb_pull(skb, header);
	skb_reset_transport_header(skb);
	if (!checksum_is_good(skb, conn->family)) {
		sim_count(conn, HW_TCP_IN_SEGMENTS, segments);
		sim_count(conn, HW_TCP_IN_ERRORS, segments);
		return false;
	}
	return true;
}

static bool is_enabled_multicast(struct net_device *dev, const u8 *mac)
{
	const struct netdev_hw_addr *enabled;
	bool found = false;

	netif_addr_lock(dev);
	netdev_for_each_mc_addr(enabled, dev)
		found |= ether_addr_equal(enabled->addr, mac);
	netif_addr_unlock(dev);
	return found;
}

/*
 * SEG-09. A frame to a MAC address that is not the interface's is seen only by
 * promiscuous devices and those that were told of the address.
 */
static bool is_for_us(const struct sim_conn *conn, const struct sk_buff *skb,
		      const u8 *smac)
{
	const u8 *mac = eth_hdr(skb)->h_dest;

	switch (skb->pkt_type) {
	case PACKET_HOST:
		return true;
	case PACKET_MULTICAST:
		return is_enabled_multicast(conn->sim->target.dev, mac);
	default:
		return !is_zero_ether_addr(smac) && ether_addr_equal(mac, smac);
	}
}

/*
 * VLAN-13, VLAN-14: the frame came the way the neighbor's frames come. Only while
 * a connection runs does it have contexts; the engine's lock is held.
 */
static enum frame_fate frame_fate(struct sim_conn *conn,
				  const struct sk_buff *skb)
{
	struct hw_headers headers;
	u16 vlan = 0;

	if (conn->stopped || conn->lost)
		return FRAME_NOT_OURS;
	if (!hw_read_headers(conn->sim->hw, conn->tcp, &headers))
		return FRAME_OK;	/* receiving goes on (G-09) */
	conn->neighbor = headers.id;
	if (!is_for_us(conn, skb, headers.neighbor.smac))
		return FRAME_NOT_OURS;
	if (!headers.neighbor.vlan || is_vlan_dev(conn->sim->target.dev))
		return FRAME_OK;
	if (skb_vlan_tag_present(skb))
		vlan = skb_vlan_tag_get_id(skb);
	return vlan == headers.neighbor.vlan ? FRAME_OK : FRAME_OTHER_VLAN;
}

static unsigned int wire_receive(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct sim_device *sim = priv;
	struct sim_conn *conn;
	enum frame_fate fate;
	struct tcphdr th;
	struct sim_key key;
	u8 dsfield;

	if ((skb->pkt_type != PACKET_HOST &&
	     skb->pkt_type != PACKET_MULTICAST &&
	     skb->pkt_type != PACKET_OTHERHOST) || !parse(skb, &key, &th))
		return NF_ACCEPT;
	sim_wire_hash(sim, &key);
	conn = rhashtable_lookup(&sim->wire.conns, &key, conn_params);
	/* Until the hand-over is certain, the host keeps the segments. */
	if (!conn || !READ_ONCE(conn->started))
		return NF_ACCEPT;
	bh_lock_sock(conn->sk);
	fate = frame_fate(conn, skb);
	if (fate != FRAME_OK) {
		bh_unlock_sock(conn->sk);
		return fate == FRAME_OTHER_VLAN ? NF_DROP : NF_ACCEPT;
	}
	if (!sim_engine_takes(conn, &th)) {
		bh_unlock_sock(conn->sk);
		sim_engine_run(conn);
		return NF_ACCEPT;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb) {
		skb_orphan(skb);
		skb_dst_drop(skb);
		nf_reset_ct(skb);
		/* Memory of a sender on this very machine is not for receivers. */
		if (!skb_orphan_frags_rx(skb, GFP_ATOMIC) &&
		    strip(conn, skb, &th, &dsfield))
			sim_engine_input(conn, skb, dsfield);
		else
			kfree_skb(skb);
	}
	bh_unlock_sock(conn->sk);
	sim_engine_run(conn);
	return NF_STOLEN;
}

/* SEG-04, SEG-05: one for each datagram a device makes of it. */
static __be16 next_ip_id(struct sim_conn *conn, u32 datagrams)
{
	u16 id = conn->ip_id;

	if (id + datagrams > 0x8000)
		id = 0;
	conn->ip_id = id + datagrams;
	return htons(0x8000 | id);
}

static void push_ipv4(struct sim_conn *conn, struct sk_buff *skb, u32 datagrams)
{
	const struct inet_sock *inet = inet_sk(conn->sk);
	struct iphdr *iph;

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = 5;
	iph->tos = inet->tos;
	iph->tot_len = htons(skb->len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = inet->uc_ttl;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = inet->inet_saddr;
	iph->daddr = inet->inet_daddr;
	iph->id = next_ip_id(conn, datagrams);
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
}

static void push_ipv6(struct sim_conn *conn, struct sk_buff *skb)
{
	const struct ipv6_pinfo *np = inet6_sk(conn->sk);
	struct ipv6hdr *iph;

	iph = skb_push(skb, sizeof(*iph));
	skb_reset_network_header(skb);
	ip6_flow_hdr(iph, np->tclass, np->flow_label);
	iph->payload_len = htons(skb->len - sizeof(*iph));
	iph->nexthdr = IPPROTO_TCP;
	iph->hop_limit = np->hop_limit;
	iph->saddr = np->saddr;
	iph->daddr = conn->sk->sk_v6_daddr;
	skb->protocol = htons(ETH_P_IPV6);
}

static void push_ip(struct sim_conn *conn, struct sk_buff *skb, u32 datagrams)
{
	u32 headers;

	if (conn->family == HW_FAMILY_IPV6)
		push_ipv6(conn, skb);
	else
		push_ipv4(conn, skb, datagrams);
	headers = skb_network_header_len(skb) + tcp_hdrlen(skb);
	sim_count(conn, HW_IP_OUT_REQUESTS, datagrams);
	sim_count(conn, HW_IP_OUT_OCTETS, skb->len + (datagrams - 1) * headers);
}

/* VLAN-11, VLAN-12; a VLAN device tags by itself. */
static void push_vlan(struct sk_buff *skb, const struct net_device *dev,
		      u16 vlan, u8 priority)
{
	u16 tci = vlan | (priority & 7) << VLAN_PRIO_SHIFT;

	if (tci && !is_vlan_dev(dev))
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), tci);
}

/**
 * sim_wire_first_in_tick() - whether something is to be done about a neighbor
 * @last: when it was done for which neighbor
 * @neighbor: id of the neighbor's context
 *
 * The device's clock has nothing finer than a tick.
 *
 * Context: any.
 * Return: true for the first of a tick, or if another neighbor was in between.
 */
bool sim_wire_first_in_tick(u64 *last, u32 neighbor)
{
	u64 now = (u64)neighbor << 32 | (u32)jiffies;

	if (READ_ONCE(*last) == now)
		return false;
	WRITE_ONCE(*last, now);
	return true;
}

/**
 * sim_wire_xmit() - send a segment of the engine
 * @conn: the connection
 * @skb: the segment, data at the TCP header; consumed
 *
 * Context: bottom halves off, the engine's lock held.
 * Return: 0 or what TCP makes of a drop on this host.
 */
int sim_wire_xmit(struct sim_conn *conn, struct sk_buff *skb)
{
	u32 datagrams = max_t(u32, skb_shinfo(skb)->gso_segs, 1);
	struct net_device *dev = conn->sim->target.dev;
	struct hw_device *hw = conn->sim->hw;
	struct hw_headers headers;
	struct ethhdr *eth;
	int err;

	if (!hw_read_headers(hw, conn->tcp, &headers)) {
		/* INV-05 */
		sim_count(conn, HW_IP_OUT_NO_ROUTES, datagrams);
		kfree_skb(skb);
		return 0;
	}
	/* EVT-09 */
	if (sim_wire_first_in_tick(&conn->sim->wire.doubted, headers.id) &&
	    hw_is_stale(hw, headers.id))
		sim_driver_stale(conn->sim, headers.id);

	push_ip(conn, skb, datagrams);
	skb->priority = conn->sk->sk_priority;
	eth = skb_push(skb, sizeof(*eth));
	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_dest, headers.neighbor.dmac);
	ether_addr_copy(eth->h_source,
			is_zero_ether_addr(headers.neighbor.smac) ?
			dev->dev_addr : headers.neighbor.smac);
	eth->h_proto = skb->protocol;
	push_vlan(skb, dev, headers.neighbor.vlan, conn->user_priority);
	skb->dev = dev;
	err = dev_queue_xmit(skb);
	err = net_xmit_eval(err);	/* evaluates its argument twice */
	if (err)
		sim_count(conn, HW_IP_OUT_DISCARDS, datagrams);
	return err;
}

int sim_wire_add(struct sim_device *sim, struct sim_conn *conn)
{
	return rhashtable_insert_fast(&sim->wire.conns, &conn->node,
				      conn_params);
}

void sim_wire_del(struct sim_device *sim, struct sim_conn *conn)
{
	rhashtable_remove_fast(&sim->wire.conns, &conn->node, conn_params);
}

int sim_wire_attach(struct sim_device *sim, struct netlink_ext_ack *extack)
{
	struct nf_hook_ops *hook = &sim->wire.hook;
	int err;

	sim->wire.seed = get_random_u32();
	err = rhashtable_init(&sim->wire.conns, &conn_params);
	if (err) {
		NL_SET_ERR_MSG(extack, "no memory for the table of connections");
		return err;
	}
	hook->hook = wire_receive;
	hook->pf = NFPROTO_NETDEV;
	hook->hooknum = NF_NETDEV_INGRESS;
	hook->priority = INT_MIN;
	hook->dev = sim->target.dev;
	hook->priv = sim;
	err = nf_register_net_hook(dev_net(sim->target.dev), hook);
	if (err) {
		NL_SET_ERR_MSG(extack,
			       "cannot hook into the ingress of the device");
		rhashtable_destroy(&sim->wire.conns);
	}
	return err;
}

void sim_wire_detach(struct sim_device *sim)
{
	nf_unregister_net_hook(dev_net(sim->target.dev), &sim->wire.hook);
	synchronize_net();
	rhashtable_destroy(&sim->wire.conns);
}
