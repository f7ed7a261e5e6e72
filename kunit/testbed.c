// SPDX-License-Identifier: GPL-2.0-only
#include <linux/etherdevice.h>
#include <linux/kmod.h>
#include <linux/rtnetlink.h>
#include <net/checksum.h>

#include "host/conn.h"
#include "testbed.h"

#define NEAR		cpu_to_be32(0xc0000201)	/* 192.0.2.1 */
#define FAR		cpu_to_be32(0xc0000202)	/* 192.0.2.2 */
#define FAR_PORT	cpu_to_be16(7)
#define FAR_ISN		0x70000000
#define SYN_OPTIONS	20
#define OPTIONS		12

static const u8 far_mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 2 };

static void pattern(u8 *data, u32 from, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		data[i] = (from + i) % 251;
}

/* The target --------------------------------------------------------------- */

static struct testbed *target_bed(struct chimney_target *target)
{
	return container_of(target, struct testbed, target);
}

static struct testbed_conn *conn_by_port(struct testbed *bed, __be16 port)
{
	struct testbed_conn *conn;

	for (conn = bed->conn; conn < bed->conn + bed->conns; conn++)
		if (conn->port == port)
			return conn;
	return NULL;
}

static void take(struct testbed *bed, struct chimney_block *block)
{
	const struct chimney_tcp_offload_state *tcp = block->state;
	struct testbed_conn *conn;

	block->handle->context = bed;
	if (block->type == CHIMNEY_NEIGHBOR_STATE)
		bed->neighbor = block->handle;
	if (block->type != CHIMNEY_TCP_STATE)
		return;
	conn = conn_by_port(bed, tcp->constant.local_port);
	conn->handle = block->handle;
	conn->state = tcp->delegated;
	__skb_queue_head_init(&conn->state.buffered_data);
	skb_queue_splice_tail_init(&block->send_queue, &conn->chain);
	block->handle->context = conn;
}

static void give_back(struct chimney_block *block)
{
	struct chimney_tcp_state_delegated *d = block->state;
	struct testbed_conn *conn;

	if (block->type != CHIMNEY_TCP_STATE_DELEGATED)
		return;
	conn = block->handle->context;
	if (d) {
		conn->state.header = d->header;
		*d = conn->state;
		__skb_queue_head_init(&d->buffered_data);
		skb_queue_splice_init(&conn->state.buffered_data,
				      &d->buffered_data);
	}
	skb_queue_splice_tail_init(&conn->chain, &block->send_queue);
	conn->handle = NULL;
}

static void fill_in(struct testbed *bed, struct chimney_block *block)
{
	struct chimney_neighbor_offload_state *neighbor = block->state;
	struct chimney_tcp_offload_state *tcp = block->state;
	struct testbed_conn *conn = block->handle->context;

	if (block->type == CHIMNEY_NEIGHBOR_STATE)
		neighbor->delegated.nic_reachability_delta = bed->reachability;
	if (block->type != CHIMNEY_TCP_STATE)
		return;
	tcp->delegated = conn->state;
	__skb_queue_head_init(&tcp->delegated.buffered_data);
}

static void complete_tree(struct testbed *bed, enum chimney_op_kind kind,
			  struct chimney_block *tree)
{
	switch (kind) {
	case CHIMNEY_OP_KIND_INITIATE:
		chimney_initiate_offload_complete(&bed->target, tree);
		break;
	case CHIMNEY_OP_KIND_TERMINATE:
		chimney_terminate_offload_complete(&bed->target, tree);
		break;
	case CHIMNEY_OP_KIND_UPDATE:
		chimney_update_offload_complete(&bed->target, tree);
		break;
	case CHIMNEY_OP_KIND_QUERY:
		chimney_query_offload_complete(&bed->target, tree);
		break;
	case CHIMNEY_OP_KIND_INVALIDATE:
		chimney_invalidate_offload_complete(&bed->target, tree);
		break;
	}
}

void testbed_complete(struct testbed *bed, enum chimney_op_kind kind,
		      enum chimney_status status)
{
	struct chimney_block *block, *tree = bed->tree[kind];
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, tree) {
		block->status = block->handle ? status :
						CHIMNEY_STATUS_SUCCESS;
		if (!block->handle || status != CHIMNEY_STATUS_SUCCESS)
			continue;
		if (kind == CHIMNEY_OP_KIND_INITIATE &&
		    block->role == CHIMNEY_ROLE_NEW)
			take(bed, block);
		else if (kind == CHIMNEY_OP_KIND_TERMINATE)
			give_back(block);
		else if (kind == CHIMNEY_OP_KIND_QUERY)
			fill_in(bed, block);
	}
	bed->tree[kind] = NULL;
	complete_tree(bed, kind, tree);
}

static void record(struct chimney_target *target, enum chimney_op_kind kind,
		   struct chimney_block *tree)
{
	struct testbed *bed = target_bed(target);

	bed->tree[kind] = tree;
	if (bed->logged < TESTBED_LOG)
		bed->log[bed->logged++] = kind;
	if (bed->prompt ||
	    (kind == CHIMNEY_OP_KIND_QUERY && !bed->hold_queries))
		testbed_complete(bed, kind, CHIMNEY_STATUS_SUCCESS);
	/* Pairs with got(): the tree is there. */
	smp_store_release(&bed->calls[kind], bed->calls[kind] + 1);
	wake_up_all(&bed->wait);
}

static void bed_initiate(struct chimney_target *target,
			 struct chimney_block *tree)
{
	struct testbed *bed = target_bed(target);

	bed->initiated_before_enabled |= !bed->enables;
	record(target, CHIMNEY_OP_KIND_INITIATE, tree);
}

static void bed_terminate(struct chimney_target *target,
			  struct chimney_block *tree)
{
	record(target, CHIMNEY_OP_KIND_TERMINATE, tree);
}

static void bed_query(struct chimney_target *target, struct chimney_block *tree)
{
	record(target, CHIMNEY_OP_KIND_QUERY, tree);
}

static void bed_update(struct chimney_target *target,
		       struct chimney_block *tree)
{
	record(target, CHIMNEY_OP_KIND_UPDATE, tree);
}

static void bed_invalidate(struct chimney_target *target,
			   struct chimney_block *tree)
{
	record(target, CHIMNEY_OP_KIND_INVALIDATE, tree);
}

static void bed_send(struct chimney_target *target, void *context,
		     struct sk_buff_head *list)
{
	struct testbed *bed = target_bed(target);
	struct testbed_conn *conn = context;

	if (atomic_inc_return(&bed->sending) > 1)
		bed->overlaps++;
	while (READ_ONCE(bed->hold_sends))
		cpu_relax();
	spin_lock_bh(&bed->lock);
	skb_queue_splice_tail_init(list, &conn->chain);
	spin_unlock_bh(&bed->lock);
	bed->sends++;
	atomic_dec(&bed->sending);
}

static void bed_receive(struct chimney_target *target, void *context,
			struct chimney_receive *request)
{
	target_bed(target)->request = request;
	target_bed(target)->requests++;
}

static void bed_forward(struct chimney_target *target, void *context,
			struct sk_buff_head *list)
{
	struct testbed *bed = target_bed(target);

	skb_queue_splice_tail_init(list, &bed->forwarded);
}

static void bed_disconnect(struct chimney_target *target, void *context,
			   struct chimney_disconnect *request)
{
	target_bed(target)->disconnect = request;
}

static void bed_enable(struct chimney_target *target,
		       const struct chimney_caps *caps)
{
	struct testbed *bed = target_bed(target);

	bed->enabled = *caps;
	bed->enables++;
}

static const struct chimney_target_ops bed_ops = {
	.initiate_offload = bed_initiate,
	.terminate_offload = bed_terminate,
	.query_offload = bed_query,
	.update_offload = bed_update,
	.invalidate_offload = bed_invalidate,
	.tcp_send = bed_send,
	.tcp_receive = bed_receive,
	.tcp_forward = bed_forward,
	.tcp_disconnect = bed_disconnect,
	.enable = bed_enable,
};

/* The wire ------------------------------------------------------------------ */

static const struct tcphdr *frame_tcp(const struct sk_buff *skb)
{
	return (void *)(skb->data + ETH_HLEN + sizeof(struct iphdr));
}

static void note_timestamp(struct testbed_conn *conn, const struct tcphdr *th)
{
	const __be32 *options = (void *)(th + 1);

	if (th->syn)	/* MSS, SACK permitted */
		conn->sent_ts = get_unaligned_be32((u8 *)options + 8);
	else if (th->doff * 4 >= sizeof(*th) + OPTIONS)
		conn->sent_ts = be32_to_cpu(options[1]);
}

static netdev_tx_t bed_xmit(struct sk_buff *skb, struct net_device *dev)
{
	struct testbed **priv = netdev_priv(dev);
	struct testbed *bed = READ_ONCE(*priv);
	const struct tcphdr *th;
	struct testbed_conn *conn;
	u32 end;

	if (!bed || skb->protocol != htons(ETH_P_IP) ||
	    ip_hdr(skb)->protocol != IPPROTO_TCP || skb_linearize(skb)) {
		dev_kfree_skb(skb);
		return NETDEV_TX_OK;
	}
	th = frame_tcp(skb);
	conn = conn_by_port(bed, th->source);
	if (!conn && bed->conns < TESTBED_CONNS) {
		conn = &bed->conn[bed->conns++];
		conn->port = th->source;
		conn->sent_end = ntohl(th->seq);
	}
	if (conn) {
		end = ntohl(th->seq) + th->syn + th->fin + skb->len -
		      ETH_HLEN - sizeof(struct iphdr) - th->doff * 4;
		if (after(end, conn->sent_end))
			conn->sent_end = end;
		conn->sent_ack = ntohl(th->ack_seq);
		note_timestamp(conn, th);
	}
	skb_queue_tail(&bed->frames, skb);
	return NETDEV_TX_OK;
}

static const struct net_device_ops bed_netdev_ops = {
	.ndo_start_xmit = bed_xmit,
};

static void put_syn_options(struct testbed *bed, struct testbed_conn *conn,
			    u8 *at)
{
	*at++ = TCPOPT_MSS;
	*at++ = TCPOLEN_MSS;
	put_unaligned_be16(1460, at);
	at += 2;
	*at++ = TCPOPT_SACK_PERM;
	*at++ = TCPOLEN_SACK_PERM;
	*at++ = TCPOPT_TIMESTAMP;
	*at++ = TCPOLEN_TIMESTAMP;
	put_unaligned_be32(bed->peer_clock, at);
	put_unaligned_be32(conn->sent_ts, at + 4);
	at += 8;
	*at++ = TCPOPT_NOP;
	*at++ = TCPOPT_WINDOW;
	*at++ = TCPOLEN_WINDOW;
	*at++ = TESTBED_WSCALE;
}

static void put_options(struct testbed *bed, struct testbed_conn *conn,
			__be32 *at)
{
	at[0] = htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 |
		      TCPOPT_TIMESTAMP << 8 | TCPOLEN_TIMESTAMP);
	at[1] = htonl(bed->peer_clock);
	at[2] = htonl(conn->sent_ts);
}

struct sk_buff *testbed_frame(struct kunit *test, struct testbed *bed,
			      struct testbed_conn *conn, u8 flags, u32 seq,
			      u32 len)
{
	u32 header = sizeof(struct tcphdr) +
		     (flags & TCPHDR_SYN ? SYN_OPTIONS : OPTIONS);
	struct tcphdr *th;
	struct iphdr *iph;
	struct ethhdr *eth;
	struct sk_buff *skb;

	skb = alloc_skb(ETH_HLEN + sizeof(*iph) + header + len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	bed->peer_clock++;

	eth = skb_put(skb, sizeof(*eth));
	ether_addr_copy(eth->h_dest, bed->target.dev->dev_addr);
	ether_addr_copy(eth->h_source, far_mac);
	eth->h_proto = htons(ETH_P_IP);

	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = 5;
	iph->tot_len = htons(sizeof(*iph) + header + len);
	iph->ttl = 64;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = FAR;
	iph->daddr = NEAR;
	ip_send_check(iph);

	th = skb_put_zero(skb, header);
	th->source = FAR_PORT;
	th->dest = conn->port;
	th->seq = htonl(seq);
	th->ack_seq = htonl(conn->peer_ack);
	th->doff = header / 4;
	tcp_flag_word(th) |= htonl(flags << 16);
	th->window = htons(flags & TCPHDR_SYN ? 0xffff : conn->window);
	if (flags & TCPHDR_SYN)
		put_syn_options(bed, conn, (u8 *)(th + 1));
	else
		put_options(bed, conn, (__be32 *)(th + 1));
	pattern(skb_put(skb, len), seq - FAR_ISN - 1, len);

	th->check = csum_tcpudp_magic(FAR, NEAR, header + len, IPPROTO_TCP,
				      csum_partial(th, header + len, 0));
	skb->ip_summed = CHECKSUM_NONE;
	skb->dev = bed->target.dev;
	skb->protocol = eth_type_trans(skb, bed->target.dev);
	return skb;
}

void testbed_receive(struct testbed *bed, struct sk_buff *skb)
{
	local_bh_disable();
	netif_receive_skb(skb);
	local_bh_enable();
}

void testbed_data(struct kunit *test, struct testbed *bed,
		  struct testbed_conn *conn, u32 len)
{
	struct sk_buff *skb;

	skb = testbed_frame(test, bed, conn, TCPHDR_ACK | TCPHDR_PSH,
			    conn->peer_seq, len);
	conn->peer_seq += len;
	testbed_receive(bed, skb);
}

void testbed_ack(struct kunit *test, struct testbed *bed,
		 struct testbed_conn *conn)
{
	conn->peer_ack = conn->sent_end;
	testbed_receive(bed, testbed_frame(test, bed, conn, TCPHDR_ACK,
					   conn->peer_seq, 0));
}

/* The application ----------------------------------------------------------- */

struct sock *testbed_sk(const struct testbed_conn *conn)
{
	return conn->socket->sk;
}

void testbed_write(struct kunit *test, struct testbed_conn *conn, u32 len)
{
	struct msghdr msg = { .msg_flags = MSG_DONTWAIT };
	struct kvec vec = { .iov_len = len };

	vec.iov_base = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vec.iov_base);
	pattern(vec.iov_base, conn->written, len);
	KUNIT_ASSERT_EQ(test, (int)len,
			kernel_sendmsg(conn->socket, &msg, &vec, 1, len));
	conn->written += len;
}

int testbed_read(struct kunit *test, struct testbed_conn *conn, u32 len)
{
	u32 from = tcp_sk(testbed_sk(conn))->copied_seq - FAR_ISN - 1;
	struct msghdr msg = {};
	struct kvec vec = { .iov_len = len };
	u8 *wanted;
	int got;

	vec.iov_base = kunit_kmalloc(test, len, GFP_KERNEL);
	wanted = kunit_kmalloc(test, len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, vec.iov_base);
	KUNIT_ASSERT_NOT_NULL(test, wanted);
	got = kernel_recvmsg(conn->socket, &msg, &vec, 1, len, MSG_DONTWAIT);
	if (got > 0) {
		pattern(wanted, from, got);
		KUNIT_EXPECT_EQ(test, 0, memcmp(wanted, vec.iov_base, got));
	}
	return got;
}

void testbed_close(struct testbed_conn *conn)
{
	if (conn->socket)
		sock_release(conn->socket);
	conn->socket = NULL;
}

struct testbed_conn *testbed_connect_begin(struct kunit *test,
					   struct testbed *bed)
{
	struct sockaddr_in to = {
		.sin_family = AF_INET,
		.sin_addr.s_addr = FAR,
		.sin_port = FAR_PORT,
	};
	struct testbed_conn *conn = &bed->conn[bed->conns];
	struct socket *socket;

	KUNIT_ASSERT_LT(test, bed->conns, TESTBED_CONNS);
	__skb_queue_head_init(&conn->chain);
	__skb_queue_head_init(&conn->state.buffered_data);
	KUNIT_ASSERT_EQ(test, 0,
			sock_create_kern(&init_net, AF_INET, SOCK_STREAM,
					 IPPROTO_TCP, &socket));
	conn->socket = socket;
	KUNIT_ASSERT_EQ(test, -EINPROGRESS,
			kernel_connect(socket, (struct sockaddr *)&to,
				       sizeof(to), O_NONBLOCK));
	TESTBED_UNTIL(test, READ_ONCE(conn->port));
	return conn;
}

void testbed_connect_end(struct kunit *test, struct testbed *bed,
			 struct testbed_conn *conn)
{
	struct sock *sk = testbed_sk(conn);

	conn->peer_ack = conn->sent_end;
	conn->window = 0x1000;
	testbed_receive(bed, testbed_frame(test, bed, conn,
					   TCPHDR_SYN | TCPHDR_ACK, FAR_ISN,
					   0));
	conn->peer_seq = FAR_ISN + 1;
	TESTBED_UNTIL(test, READ_ONCE(sk->sk_state) == TCP_ESTABLISHED);
	/* The window of a SYN is not shifted. */
	testbed_ack(test, bed, conn);
	skb_queue_purge(&bed->frames);
}

struct testbed_conn *testbed_connect(struct kunit *test, struct testbed *bed)
{
	struct testbed_conn *conn = testbed_connect_begin(test, bed);

	testbed_connect_end(test, bed, conn);
	return conn;
}

/* Requests ------------------------------------------------------------------ */

static struct chimney_op *request(struct kunit *test,
				  struct testbed_conn *conn, unsigned int conns,
				  enum chimney_op_kind kind, u8 layers,
				  u32 deadline_ms)
{
	struct chimney_request_options options = { .layers = layers };
	struct chimney_selector *selector;
	struct chimney_op *op;
	unsigned int i;

	selector = kvzalloc(struct_size(selector, sockets, conns), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, selector);
	selector->count = conns;
	for (i = 0; i < conns; i++) {
		selector->sockets[i].family = AF_INET;
		selector->sockets[i].src.s6_addr32[0] = NEAR;
		selector->sockets[i].dst.s6_addr32[0] = FAR;
		selector->sockets[i].sport = conn[i].port;
		selector->sockets[i].dport = FAR_PORT;
	}
	op = chimney_op_create(&init_net, kind, 0, deadline_ms);
	KUNIT_ASSERT_NOT_NULL(test, op);
	refcount_inc(&op->refcnt);
	chimney_host_start(&init_net, op, selector, &options);
	return op;
}

/* Of an update or query of all layers each would be a tree. */
static u8 one_layer(enum chimney_op_kind kind)
{
	return kind == CHIMNEY_OP_KIND_UPDATE || kind == CHIMNEY_OP_KIND_QUERY ?
		       BIT(CHIMNEY_LAYER_TCP) : 0;
}

struct chimney_op *testbed_request(struct kunit *test, struct testbed *bed,
				   enum chimney_op_kind kind)
{
	return testbed_request_within(test, bed, kind, TESTBED_DEADLINE_MS);
}

struct chimney_op *testbed_request_within(struct kunit *test,
					  struct testbed *bed,
					  enum chimney_op_kind kind,
					  u32 deadline_ms)
{
	return request(test, bed->conn, bed->conns, kind, one_layer(kind),
		       deadline_ms);
}

struct chimney_op *testbed_request_layers(struct kunit *test,
					  struct testbed *bed,
					  enum chimney_op_kind kind)
{
	return request(test, bed->conn, bed->conns, kind, CHIMNEY_ALL_LAYERS,
		       TESTBED_DEADLINE_MS);
}

struct chimney_op *testbed_request_one(struct kunit *test,
				       struct testbed_conn *conn,
				       enum chimney_op_kind kind)
{
	return request(test, conn, 1, kind, one_layer(kind),
		       TESTBED_DEADLINE_MS);
}

u32 testbed_finish(struct kunit *test, struct chimney_op *op)
{
	u32 refused;

	TESTBED_UNTIL(test, READ_ONCE(op->state) != CHIMNEY_OP_STATE_RUNNING);
	refused = op->refused;
	chimney_op_put(op);
	return refused;
}

void testbed_offload(struct kunit *test, struct testbed *bed)
{
	unsigned int i;

	bed->prompt = true;
	testbed_finish(test, testbed_request(test, bed,
					     CHIMNEY_OP_KIND_INITIATE));
	bed->prompt = false;
	for (i = 0; i < bed->conns; i++)
		KUNIT_ASSERT_NOT_NULL(test, bed->conn[i].handle);
}

static bool got(struct testbed *bed, enum chimney_op_kind kind,
		unsigned int calls)
{
	/* Pairs with record(). */
	return smp_load_acquire(&bed->calls[kind]) >= calls;
}

void testbed_wait(struct kunit *test, struct testbed *bed,
		  enum chimney_op_kind kind, unsigned int calls)
{
	KUNIT_ASSERT_GT(test, wait_event_timeout(bed->wait,
						 got(bed, kind, calls),
						 60 * HZ), 0L);
}

static struct chimney_block *find_block(struct testbed *bed,
					enum chimney_op_kind kind,
					enum chimney_layer layer, int n)
{
	struct chimney_block *block;
	struct chimney_walk walk;

	chimney_for_each_block(block, &walk, bed->tree[kind])
		if (chimney_block_layer(block) == layer && !n--)
			return block;
	return NULL;
}

bool testbed_has_block(struct testbed *bed, enum chimney_op_kind kind,
		       enum chimney_layer layer)
{
	return find_block(bed, kind, layer, 0);
}

struct chimney_block *testbed_block(struct kunit *test, struct testbed *bed,
				    enum chimney_op_kind kind,
				    enum chimney_layer layer, int n)
{
	struct chimney_block *block = find_block(bed, kind, layer, n);

	KUNIT_ASSERT_NOT_NULL(test, block);
	return block;
}

enum chimney_status testbed_indicate(struct kunit *test, struct testbed *bed,
				     struct testbed_conn *conn, u32 len)
{
	enum chimney_status status;
	struct sk_buff *skb;
	u32 consumed;

	skb = alloc_skb(len, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	pattern(skb_put(skb, len), conn->state.rcv_nxt - FAR_ISN - 1, len);
	status = chimney_tcp_receive_indicate(&bed->target, conn->handle, skb,
					      &consumed);
	if (status == CHIMNEY_STATUS_SUCCESS)
		conn->state.rcv_nxt += len;
	else
		kfree_skb(skb);
	return status;
}

/* Setting up ---------------------------------------------------------------- */

static int shell(const char *command)
{
	char *argv[4] = { "/bin/sh", "-c", (char *)command, NULL };
	char *envp[2] = { "PATH=/sbin:/usr/sbin:/bin:/usr/bin", NULL };

	return call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC);
}

/* The device stays from test to test, unless one of them has changed it. */
static struct net_device *bed_dev;
static bool bed_dev_changed;

void testbed_shell(struct kunit *test, struct testbed *bed, const char *format)
{
	char command[160];

	bed_dev_changed = true;
	snprintf(command, sizeof(command), format, bed->target.dev->name);
	KUNIT_ASSERT_EQ_MSG(test, 0, shell(command), "%s", command);
}

static void device_remove(void)
{
	if (!bed_dev)
		return;
	if (bed_dev->reg_state == NETREG_REGISTERED)
		unregister_netdev(bed_dev);
	free_netdev(bed_dev);
	bed_dev = NULL;
	bed_dev_changed = false;
}

void testbed_suite_exit(struct kunit_suite *suite)
{
	device_remove();
}

static void device_make(struct kunit *test)
{
	struct net_device *dev;
	char command[160];

	dev = alloc_netdev(sizeof(struct testbed *), "bed%d", NET_NAME_ENUM,
			   ether_setup);
	KUNIT_ASSERT_NOT_NULL(test, dev);
	dev->netdev_ops = &bed_netdev_ops;
	dev->priv_flags |= IFF_NO_QUEUE;
	eth_hw_addr_random(dev);
	bed_dev = dev;
	KUNIT_ASSERT_EQ(test, 0, register_netdev(dev));
	snprintf(command, sizeof(command),
		 "ip addr add 192.0.2.1/24 dev %s && ip link set %s up && ip neigh replace 192.0.2.2 lladdr %pM dev %s nud permanent",
		 dev->name, dev->name, far_mac, dev->name);
	KUNIT_ASSERT_EQ(test, 0, shell(command));
}

static struct net_device *device(struct kunit *test, struct testbed *bed)
{
	struct testbed **priv;

	if (bed_dev_changed)
		device_remove();
	if (!bed_dev)
		device_make(test);
	priv = netdev_priv(bed_dev);
	WRITE_ONCE(*priv, bed);
	return bed_dev;
}

static void bed_release(void *data)
{
	struct testbed *bed = data;
	struct testbed **priv;
	unsigned int i;

	chimney_host_net(&init_net)->max_tree = bed->max_tree;
	bed->prompt = true;
	/* What a test that failed has left. */
	for (i = 0; i < TESTBED_OPS; i++)
		if (bed->tree[i])
			testbed_complete(bed, i, CHIMNEY_STATUS_SUCCESS);
	if (bed->target.core)
		chimney_target_unregister(&bed->target);
	for (i = 0; i < bed->conns; i++) {
		if (bed->conn[i].socket)
			sock_no_linger(bed->conn[i].socket->sk);
		testbed_close(&bed->conn[i]);
		__skb_queue_purge(&bed->conn[i].chain);
	}
	priv = netdev_priv(bed->target.dev);
	WRITE_ONCE(*priv, NULL);
	synchronize_net();
	skb_queue_purge(&bed->frames);
	__skb_queue_purge(&bed->forwarded);
}

int testbed_init(struct kunit *test)
{
	struct testbed *bed;

	bed = kunit_kzalloc(test, sizeof(*bed), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, bed);
	skb_queue_head_init(&bed->frames);
	__skb_queue_head_init(&bed->forwarded);
	init_waitqueue_head(&bed->wait);
	spin_lock_init(&bed->lock);
	bed->target.ops = &bed_ops;
	bed->target.caps.tcp_entries = 16;
	bed->target.caps.path_entries = 16;
	bed->target.caps.neighbor_entries = 16;
	bed->target.caps.ipv4 = true;
	bed->target.caps.sack = true;
	bed->target.dev = device(test, bed);
	bed->max_tree = chimney_host_net(&init_net)->max_tree;
	KUNIT_ASSERT_EQ(test, 0, kunit_add_action_or_reset(test, bed_release,
							   bed));
	KUNIT_ASSERT_EQ(test, 0, chimney_target_register(&bed->target, NULL));
	testbed_connect(test, bed);
	test->priv = bed;
	return 0;
}
