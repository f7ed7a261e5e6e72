// SPDX-License-Identifier: GPL-2.0-only
/*
 * The other end of a case's connections. There is none: segments of it are
 * forwarded to the target, or put before the device as frames, and the frames
 * that the target sends are seen by a tap.
 *
 * The bytes of both directions follow from their sequence numbers, so every
 * byte that goes astray is noticed.
 */
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <net/checksum.h>
#include <net/ip.h>
#include <net/tcp.h>

#include "harness.h"

u8 conform_byte(u32 seq)
{
	return seq * 7 + (seq >> 8) * 13 + (seq >> 16) * 31;
}

/* Frames of the target ------------------------------------------------------ */

static void parse_timestamps(struct conform_frame *frame, const u8 *option)
{
	frame->timestamps = true;
	frame->tsval = get_unaligned_be32(option);
	frame->tsecr = get_unaligned_be32(option + 4);
}

static void parse_sack(struct conform_frame *frame, const u8 *option,
		       unsigned int len)
{
	frame->sacks = len / 8;
	if (!frame->sacks)
		return;
	frame->sack.start = get_unaligned_be32(option);
	frame->sack.end = get_unaligned_be32(option + 4);
}

static void parse_options(struct conform_frame *frame, const u8 *options,
			  unsigned int len)
{
	unsigned int size;

	while (len && *options != TCPOPT_EOL) {
		size = *options == TCPOPT_NOP ? 1 : len > 1 ? options[1] : 0;
		if (!size || size > len)
			return;
		if (*options == TCPOPT_TIMESTAMP && size == TCPOLEN_TIMESTAMP)
			parse_timestamps(frame, options + 2);
		else if (*options == TCPOPT_SACK)
			parse_sack(frame, options + 2, size - 2);
		options += size;
		len -= size;
	}
}

static bool check_bytes(const struct sk_buff *skb, unsigned int at, u32 seq,
			u32 len)
{
	u8 buf[64];
	u32 i, n;

	while (len) {
		n = min_t(u32, len, sizeof(buf));
		if (skb_copy_bits(skb, at, buf, n))
			return false;
		for (i = 0; i < n; i++)
			if (buf[i] != conform_byte(seq + i))
				return false;
		at += n;
		seq += n;
		len -= n;
	}
	return true;
}

/* @at: of the TCP header in @skb; @total: what the IP header says of it. */
static bool parse_tcp(struct conform_frame *frame, const struct sk_buff *skb,
		      unsigned int at, unsigned int total)
{
	u8 header[60];
	const struct tcphdr *th = (const struct tcphdr *)header;

	if (skb_copy_bits(skb, at, header, sizeof(*th)) ||
	    th->doff < 5 || th->doff * 4 > total ||
	    skb_copy_bits(skb, at, header, th->doff * 4))
		return false;
	frame->seq = ntohl(th->seq);
	frame->ack = ntohl(th->ack_seq);
	frame->flags = header[13];
	frame->window = ntohs(th->window);
	frame->len = total - th->doff * 4;
	frame->good = check_bytes(skb, at + th->doff * 4, frame->seq,
				  frame->len);
	parse_options(frame, header + sizeof(*th), th->doff * 4 - sizeof(*th));
	return true;
}

static const struct conform_object *
path_of(const struct conform_object *conn)
{
	return conn->parent;
}

/* Which connection of the case has a frame with these addresses? */
static struct conform_object *find_conn(struct conform *c,
					const struct iphdr *iph, __be16 local,
					__be16 remote, bool out)
{
	const struct chimney_path_state_const *path;
	struct conform_object *object, *found = NULL;
	__be32 source = out ? iph->saddr : iph->daddr;
	__be32 destination = out ? iph->daddr : iph->saddr;

	spin_lock_bh(&c->lock);
	list_for_each_entry(object, &c->objects, list) {
		if (object->layer != CHIMNEY_LAYER_TCP || !path_of(object) ||
		    object->tcp.constant.local_port != local ||
		    object->tcp.constant.remote_port != remote)
			continue;
		path = &path_of(object)->path.constant;
		if (!memcmp(&path->source_address, &source, sizeof(source)) &&
		    !memcmp(&path->destination_address, &destination,
			    sizeof(destination)))
			found = object;
	}
	spin_unlock_bh(&c->lock);
	return found;
}

/* @at: of the IP header in @skb. */
static struct conform_object *parse_ip(struct conform *c,
				       struct conform_frame *frame,
				       const struct sk_buff *skb,
				       unsigned int at, bool out)
{
	struct conform_object *conn;
	__be16 ports[2];
	struct iphdr iph;

	if (skb_copy_bits(skb, at, &iph, sizeof(iph)) || iph.version != 4 ||
	    iph.protocol != IPPROTO_TCP || ntohs(iph.tot_len) < iph.ihl * 4 ||
	    skb_copy_bits(skb, at + iph.ihl * 4, ports, sizeof(ports)))
		return NULL;
	conn = find_conn(c, &iph, ports[!out], ports[out], out);
	if (!conn)
		return NULL;
	frame->tos = iph.tos;
	frame->ttl = iph.ttl;
	frame->id = ntohs(iph.id);
	frame->df = iph.frag_off & htons(IP_DF);
	frame->octets = ntohs(iph.tot_len);
	if (!parse_tcp(frame, skb, at + iph.ihl * 4,
		       ntohs(iph.tot_len) - iph.ihl * 4))
		return NULL;
	return conn;
}

static void peer_receive(struct conform_object *conn,
			 const struct conform_frame *frame)
{
	u32 end = frame->seq + frame->len;
	struct conform *c = conn->c;

	spin_lock_bh(&c->lock);
	conn->peer.frames++;
	if (!frame->good)
		conn->peer.corrupt = true;
	if (!before(conn->peer.rcv_nxt, frame->seq) &&
	    after(end, conn->peer.rcv_nxt))
		conn->peer.rcv_nxt = end;
	if (frame->flags & CONFORM_FIN && conn->peer.rcv_nxt == end &&
	    !conn->peer.fin) {
		conn->peer.fin = true;
		conn->peer.rcv_nxt++;
	}
	if (frame->flags & CONFORM_ACK && after(frame->ack, conn->peer.acked))
		conn->peer.acked = frame->ack;
	if (frame->timestamps)
		conn->peer.ts_recent = frame->tsval;
	spin_unlock_bh(&c->lock);
}

static int tap_receive(struct sk_buff *skb, struct net_device *dev,
		       struct packet_type *pt, struct net_device *orig_dev)
{
	struct conform *c = container_of(pt, struct conform, tap);
	struct conform_object *conn;
	struct conform_entry *entry;
	struct conform_frame *frame;
	struct vlan_ethhdr eth;
	unsigned int at = ETH_HLEN;

	if (skb->pkt_type != PACKET_OUTGOING ||
	    skb_copy_bits(skb, 0, &eth, sizeof(eth)))
		goto out;
	entry = conform_log_new(c, CONFORM_FRAME, NULL);
	if (!entry)
		goto out;
	frame = &entry->frame;
	ether_addr_copy(frame->source, eth.h_source);
	ether_addr_copy(frame->destination, eth.h_dest);
	frame->vlan = skb_vlan_tag_present(skb) ? skb_vlan_tag_get(skb) : -1;
	if (eth.h_vlan_proto == htons(ETH_P_8021Q)) {
		frame->vlan = ntohs(eth.h_vlan_TCI);
		at = VLAN_ETH_HLEN;
	}
	conn = parse_ip(c, frame, skb, at, true);
	if (!conn) {
		kfree(entry);
		goto out;
	}
	frame->mss = skb_is_gso(skb) ? skb_shinfo(skb)->gso_size : frame->len;
	entry->object = conn;
	entry->len = frame->len;
	entry->good = frame->good;
	peer_receive(conn, frame);
	conform_log_add(c, entry);
out:
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

static int host_receive(struct sk_buff *skb, struct net_device *dev,
			struct packet_type *pt, struct net_device *orig_dev)
{
	struct conform *c = container_of(pt, struct conform, host);
	struct conform_entry *entry;

	entry = conform_log_new(c, CONFORM_HOST, NULL);
	if (entry) {
		entry->object = parse_ip(c, &entry->frame, skb, 0, false);
		if (entry->object)
			conform_log_add(c, entry);
		else
			kfree(entry);
	}
	kfree_skb(skb);
	return NET_RX_SUCCESS;
}

bool conform_taps_add(struct conform *c)
{
	c->tap.type = htons(ETH_P_ALL);
	c->tap.dev = c->target->dev;
	c->tap.func = tap_receive;
	dev_add_pack(&c->tap);
	c->host.type = htons(ETH_P_IP);
	c->host.dev = c->target->dev;
	c->host.func = host_receive;
	dev_add_pack(&c->host);
	return true;
}

void conform_taps_remove(struct conform *c)
{
	__dev_remove_pack(&c->host);
	dev_remove_pack(&c->tap);
}

struct conform_entry *conform_find_flags(struct conform *c,
					 const struct conform_object *conn,
					 u8 mask, u8 flags)
{
	struct conform_entry *entry = NULL;

	do {
		entry = conform_find(c, entry, CONFORM_FRAME, conn);
	} while (entry && (entry->frame.flags & mask) != flags);
	return entry;
}

/* Segments to the target ---------------------------------------------------- */

/**
 * conform_segment() - the segment a peer would send that has nothing to say
 * @conn: its connection
 *
 * Context: the thread of the case. Return: the segment, to be changed.
 */
struct conform_segment conform_segment(struct conform_object *conn)
{
	struct conform_segment segment = {
		.seq = conn->peer.snd_nxt,
		.flags = CONFORM_ACK,
		.window = conn->peer.window,
		.timestamps = conn->tcp.constant.flags & CHIMNEY_TCP_TIMESTAMPS,
		.tsval = conn->peer.tsval,
	};

	spin_lock_bh(&conn->c->lock);
	segment.ack = conn->peer.rcv_nxt;
	segment.tsecr = conn->peer.ts_recent;
	spin_unlock_bh(&conn->c->lock);
	return segment;
}

static unsigned int put_options(const struct conform_segment *segment, u8 *p)
{
	u8 *start = p;

	if (segment->timestamps) {
		*p++ = TCPOPT_NOP;
		*p++ = TCPOPT_NOP;
		*p++ = TCPOPT_TIMESTAMP;
		*p++ = TCPOLEN_TIMESTAMP;
		put_unaligned_be32(segment->tsval, p);
		put_unaligned_be32(segment->tsecr, p + 4);
		p += 8;
	}
	if (segment->sack_start != segment->sack_end) {
		*p++ = TCPOPT_NOP;
		*p++ = TCPOPT_NOP;
		*p++ = TCPOPT_SACK;
		*p++ = 2 + TCPOLEN_SACK_PERBLOCK;
		put_unaligned_be32(segment->sack_start, p);
		put_unaligned_be32(segment->sack_end, p + 4);
		p += 8;
	}
	return p - start;
}

#define HEADROOM	(ETH_HLEN + 60)

static struct sk_buff *segment_skb(struct conform_object *conn,
				   const struct conform_segment *segment)
{
	u8 options[MAX_TCP_OPTION_SPACE];
	struct tcphdr *th;
	struct sk_buff *skb;
	unsigned int size;
	u8 *header;
	u32 i;

	size = sizeof(*th) + put_options(segment, options);
	/* Segments are forwarded in completions, too. */
	skb = alloc_skb(HEADROOM + size + segment->len, GFP_ATOMIC);
	if (!skb) {
		conform_fail(conn->c, "no memory for a segment");
		return NULL;
	}
	skb_reserve(skb, HEADROOM);
	header = skb_put_zero(skb, size);
	skb_reset_transport_header(skb);
	th = (struct tcphdr *)header;
	th->source = conn->tcp.constant.remote_port;
	th->dest = conn->tcp.constant.local_port;
	th->seq = htonl(segment->seq);
	th->ack_seq = htonl(segment->ack);
	th->doff = size / 4;
	header[13] = segment->flags;
	th->window = htons(segment->window);
	th->urg_ptr = htons(segment->urgent);
	memcpy(header + sizeof(*th), options, size - sizeof(*th));
	for (i = 0; i < segment->len; i++)
		skb_put_u8(skb, conform_byte(segment->seq + i));
	return skb;
}

/**
 * conform_forward() - give a segment of the peer to the target
 * @conn: the connection
 * @segment: the segment
 *
 * Context: the thread of the case. Return: false without memory.
 */
bool conform_forward(struct conform_object *conn,
		     const struct conform_segment *segment)
{
	struct sk_buff *skb = segment_skb(conn, segment);
	struct sk_buff_head list;

	if (!skb)
		return false;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	__skb_queue_head_init(&list);
	__skb_queue_tail(&list, skb);
	spin_lock_bh(&conn->c->lock);
	conn->c->forwards++;
	spin_unlock_bh(&conn->c->lock);
	chimney_tcp_forward(&conn->handle, &list);
	return true;
}

static void push_ip(struct conform_object *conn, struct sk_buff *skb,
		    unsigned int how)
{
	const struct chimney_path_state_const *path =
		&path_of(conn)->path.constant;
	unsigned int size = sizeof(struct iphdr) +
			    (how & CONFORM_IP_OPTIONS ? 4 : 0);
	struct tcphdr *th = tcp_hdr(skb);
	unsigned int len = skb->len;
	struct iphdr *iph;

	iph = skb_push(skb, size);
	memset(iph, 0, size);
	skb_reset_network_header(skb);
	iph->version = 4;
	iph->ihl = size / 4;
	if (how & CONFORM_IP_OPTIONS)
		memset(iph + 1, IPOPT_NOOP, 4);
	iph->tot_len = htons(skb->len);
	iph->frag_off = how & CONFORM_FRAGMENT ? htons(IP_MF) : htons(IP_DF);
	iph->ttl = 64;
	iph->protocol = IPPROTO_TCP;
	memcpy(&iph->saddr, &path->destination_address, sizeof(iph->saddr));
	memcpy(&iph->daddr, &path->source_address, sizeof(iph->daddr));
	ip_send_check(iph);

	th->check = 0;
	th->check = tcp_v4_check(len, iph->saddr, iph->daddr,
				 csum_partial(th, len, 0));
	if (how & CONFORM_BAD_CHECKSUM)
		th->check = ~th->check;
}

/**
 * conform_arrive() - let a segment of the peer arrive at the device
 * @conn: the connection
 * @segment: the segment
 * @how: CONFORM_BAD_CHECKSUM and so on, 0 for an ordinary frame
 *
 * Context: the thread of a case that needs CONFORM_WIRE.
 * Return: false without memory.
 */
bool conform_arrive(struct conform_object *conn,
		    const struct conform_segment *segment, unsigned int how)
{
	struct net_device *dev = conn->c->target->dev;
	struct sk_buff *skb = segment_skb(conn, segment);
	struct ethhdr *eth;

	if (!skb)
		return false;
	push_ip(conn, skb, how);
	eth = skb_push(skb, ETH_HLEN);
	ether_addr_copy(eth->h_dest, segment->destination ?: dev->dev_addr);
	eth_zero_addr(eth->h_source);
	eth->h_source[0] = 0x02;
	eth->h_proto = htons(ETH_P_IP);
	skb->dev = dev;
	skb->protocol = eth_type_trans(skb, dev);
	if (segment->tag)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), segment->tag);
	local_bh_disable();
	netif_receive_skb(skb);
	local_bh_enable();
	return true;
}

bool conform_peer_send(struct conform_object *conn, u32 len, u8 flags)
{
	struct conform_segment segment;
	u32 part;

	while (len) {
		part = min_t(u32, len, CONFORM_MSS);
		len -= part;
		segment = conform_segment(conn);
		segment.len = part;
		if (!len)
			segment.flags |= flags;
		if (!conform_forward(conn, &segment))
			return false;
		conn->peer.snd_nxt += part;
		if (!len && flags & CONFORM_FIN)
			conn->peer.snd_nxt++;
	}
	return true;
}

bool conform_peer_ack(struct conform_object *conn)
{
	struct conform_segment segment = conform_segment(conn);

	return conform_forward(conn, &segment);
}

/* A segment without data, with the given flags beside the ACK. */
bool conform_peer_flags(struct conform_object *conn, u8 flags)
{
	struct conform_segment segment = conform_segment(conn);

	segment.flags |= flags;
	if (flags & (CONFORM_FIN | CONFORM_SYN))
		conn->peer.snd_nxt++;
	return conform_forward(conn, &segment);
}

static u32 peer_rcv_nxt(struct conform_object *conn)
{
	u32 seq;

	spin_lock_bh(&conn->c->lock);
	seq = conn->peer.rcv_nxt;
	spin_unlock_bh(&conn->c->lock);
	return seq;
}

/*
 * A target may leave frames to the host until it knows that its initiate has
 * completed (INIT-63). When it has completed a send, it does.
 */
bool conform_exchange(struct conform_object *conn)
{
	return conform_send(conn, 100) &&
	       conform_await_sent(conn, conn->host_nxt, true) &&
	       conform_await(conn->c, NULL, CONFORM_SEND, conn);
}

bool conform_await_sent(struct conform_object *conn, u32 seq, bool acknowledge)
{
	struct conform *c = conn->c;
	u32 seen = peer_rcv_nxt(conn);

	if (acknowledge && !conform_peer_ack(conn))
		return false;
	while (before(seen, seq)) {
		wait_event_timeout(c->wait,
				   peer_rcv_nxt(conn) != seen ||
				   READ_ONCE(c->gone), CONFORM_PATIENCE);
		if (peer_rcv_nxt(conn) == seen) {
			conform_fail(c, "%s: expected to send %u more bytes, sent none",
				     conn->name, seq - seen);
			return false;
		}
		seen = peer_rcv_nxt(conn);
		if (acknowledge && !conform_peer_ack(conn))
			return false;
	}
	return conform_equal(c, "wrong bytes in a frame", false,
			     READ_ONCE(conn->peer.corrupt));
}
