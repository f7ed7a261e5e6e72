// SPDX-License-Identifier: GPL-2.0-only
/*
 * Frames come from the ingress hook of the net_device, behind the packet taps,
 * and leave through dev_queue_xmit(), in front of them: tcpdump sees everything
 * and tc shapes it. Frames of other connections are not touched.
 */
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/netfilter_netdev.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

static const struct rhashtable_params conn_params = {
	.head_offset = offsetof(struct sim_conn, node),
	.key_offset = offsetof(struct sim_conn, key),
	.key_len = sizeof(struct sim_key),
	.automatic_shrinking = true,
};

/* A whole, plain TCP segment over IPv4; IP options and fragments are not. */
static bool parse_ipv4(struct sk_buff *skb, struct sim_key *key,
		       struct tcphdr *th)
{
	const struct tcphdr *tcp;
	struct iphdr iph_buf;
	struct tcphdr th_buf;
	const struct iphdr *iph;

	iph = skb_header_pointer(skb, 0, sizeof(iph_buf), &iph_buf);
	if (!iph || iph->version != 4 || iph->ihl != 5 ||
	    iph->protocol != IPPROTO_TCP || ip_is_fragment(iph) ||
	    skb->len < ntohs(iph->tot_len))
		return false;
	tcp = skb_header_pointer(skb, sizeof(*iph), sizeof(th_buf), &th_buf);
	if (!tcp || tcp->doff < 5 ||
	    ntohs(iph->tot_len) < sizeof(*iph) + tcp->doff * 4)
		return false;
	memset(key, 0, sizeof(*key));
	memcpy(&key->saddr, &iph->saddr, sizeof(iph->saddr));
	memcpy(&key->daddr, &iph->daddr, sizeof(iph->daddr));
	key->source = tcp->source;
	key->dest = tcp->dest;
	*th = *tcp;
	return true;
}

/* Bring the TCP header to the front. False if the frame is damaged. */
static bool strip_ipv4(struct sk_buff *skb, u8 *dsfield)
{
	const struct iphdr *iph;
	unsigned int len;

	if (!pskb_may_pull(skb, sizeof(*iph) + sizeof(struct tcphdr)))
		return false;
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	if (ip_fast_csum(iph, iph->ihl))
		return false;
	len = ntohs(iph->tot_len);
	*dsfield = ipv4_get_dsfield(iph);
	if (pskb_trim_rcsum(skb, len))
		return false;
	__skb_pull(skb, sizeof(*iph));
	skb_reset_transport_header(skb);
	if (!pskb_may_pull(skb, tcp_hdrlen(skb)))
		return false;
	return !skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo);
}

static unsigned int wire_receive(void *priv, struct sk_buff *skb,
				 const struct nf_hook_state *state)
{
	struct sim_device *sim = priv;
	struct sim_conn *conn;
	struct tcphdr th;
	struct sim_key key;
	u8 dsfield;

	if (skb->protocol != htons(ETH_P_IP) ||
	    skb->pkt_type != PACKET_HOST || !parse_ipv4(skb, &key, &th))
		return NF_ACCEPT;
	conn = rhashtable_lookup(&sim->wire.conns, &key, conn_params);
	if (!conn)
		return NF_ACCEPT;
	sim_engine_lock(conn);
	if (!sim_engine_takes(conn, &th)) {
		sim_engine_unlock(conn);
		sim_engine_run(conn);
		return NF_ACCEPT;
	}
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (skb) {
		skb_orphan(skb);
		skb_dst_drop(skb);
		nf_reset_ct(skb);
		if (strip_ipv4(skb, &dsfield))
			sim_engine_input(conn, skb, dsfield);
		else
			kfree_skb(skb);
	}
	sim_engine_unlock(conn);
	sim_engine_run(conn);
	return NF_STOLEN;
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
	const struct hw_neighbor *neighbor = &conn->neighbor->neighbor;
	struct net_device *dev = conn->sim->target.dev;
	struct inet_sock *inet = inet_sk(conn->sk);
	struct iphdr *iph;
	struct ethhdr *eth;
	int err;

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
	iph->id = 0;
	ip_send_check(iph);
	skb->protocol = htons(ETH_P_IP);
	skb->priority = READ_ONCE(conn->sk->sk_priority);

	eth = skb_push(skb, sizeof(*eth));
	skb_reset_mac_header(skb);
	ether_addr_copy(eth->h_dest, neighbor->dmac);
	ether_addr_copy(eth->h_source, is_zero_ether_addr(neighbor->smac) ?
			dev->dev_addr : neighbor->smac);
	eth->h_proto = htons(ETH_P_IP);
	skb->dev = dev;
	err = dev_queue_xmit(skb);
	return net_xmit_eval(err);	/* evaluates its argument twice */
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
