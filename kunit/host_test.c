// SPDX-License-Identifier: GPL-2.0-only
/* What the contract asks of the host, proven with real sockets. */
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/arp.h>
#include <net/neighbour.h>

#include "fake.h"
#include "host/conn.h"
#include "testbed.h"

#define INITIATE	CHIMNEY_OP_KIND_INITIATE
#define TERMINATE	CHIMNEY_OP_KIND_TERMINATE
#define UPDATE		CHIMNEY_OP_KIND_UPDATE
#define QUERY		CHIMNEY_OP_KIND_QUERY
#define INVALIDATE	CHIMNEY_OP_KIND_INVALIDATE

static struct chimney_tcp_offload_state *initiated(struct kunit *test, int n)
{
	return testbed_block(test, test->priv, INITIATE, CHIMNEY_LAYER_TCP,
			     n)->state;
}

static u32 bytes_of(const struct sk_buff_head *list)
{
	const struct sk_buff *skb;
	u32 bytes = 0;

	skb_queue_walk(list, skb)
		bytes += skb->len;
	return bytes;
}

/* Initiate ------------------------------------------------------------------ */

static void init_05_ack_that_is_due_goes_out(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange: a segment whose ACK is delayed */
	tcp_sock_set_quickack(testbed_sk(conn), 0);
	testbed_data(test, bed, conn, 100);
	KUNIT_ASSERT_TRUE(test, inet_csk_ack_scheduled(testbed_sk(conn)));
	KUNIT_ASSERT_NE(test, conn->peer_seq, conn->sent_ack);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert: before the target has the connection */
	KUNIT_EXPECT_EQ(test, conn->peer_seq, conn->sent_ack);
	KUNIT_EXPECT_EQ(test, conn->peer_seq,
			initiated(test, 0)->delegated.rcv_nxt);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* The write timer is Linux' SWS timer, too. */
static void init_07_no_timer_stays_behind(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct inet_connection_sock *icsk;
	struct chimney_op *op;

	/* Arrange: something to retransmit, and keepalive */
	icsk = inet_csk(testbed_sk(conn));
	sock_set_keepalive(testbed_sk(conn));
	testbed_write(test, conn, 100);
	KUNIT_ASSERT_TRUE(test, timer_pending(&icsk->icsk_retransmit_timer));
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	KUNIT_EXPECT_FALSE(test, timer_pending(&icsk->icsk_retransmit_timer));
	KUNIT_EXPECT_FALSE(test, timer_pending(&icsk->icsk_delack_timer));
	KUNIT_EXPECT_FALSE(test, timer_pending(&icsk->icsk_keepalive_timer));
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Contract: CLS-18 */
static void init_08_timers_travel(struct kunit *test)
{
	const struct chimney_tcp_state_delegated *idle, *busy;
	struct testbed *bed = test->priv;
	struct testbed_conn *conn;
	struct chimney_op *op;

	/* Arrange: a connection that waits for an ACK, another for nothing */
	conn = testbed_connect(test, bed);
	sock_set_keepalive(testbed_sk(conn));
	testbed_write(test, conn, 100);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	idle = &initiated(test, 0)->delegated;
	busy = &initiated(test, 1)->delegated;
	KUNIT_EXPECT_EQ(test, CHIMNEY_TIMER_OFF,
			idle->retransmit.timeout_delta);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TIMER_OFF,
			idle->keep_alive.timeout_delta);
	KUNIT_EXPECT_LE(test, busy->retransmit.timeout_delta,
			jiffies_to_usecs(inet_csk(testbed_sk(conn))->icsk_rto));
	KUNIT_EXPECT_NE(test, CHIMNEY_TIMER_OFF,
			busy->keep_alive.timeout_delta);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Contract: INIT-11, DAT-18, CLS-05 */
static void init_10_send_data_travels(struct kunit *test)
{
	const u32 window = 16 << TESTBED_WSCALE, all = 3000;
	const struct chimney_tcp_state_delegated *d;
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_block *block;
	struct chimney_op *op;
	u32 first, sent;

	/* Arrange: more than the peer's window has room for */
	conn->window = window >> TESTBED_WSCALE;
	testbed_data(test, bed, conn, 10);	/* or it would be an old ACK */
	testbed_ack(test, bed, conn);
	first = conn->sent_end;
	testbed_write(test, conn, all);
	sent = conn->sent_end - first;
	KUNIT_ASSERT_LT(test, 0, sent);
	KUNIT_ASSERT_LT(test, sent, all);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert: sent or not, it is in the chain */
	block = testbed_block(test, bed, INITIATE, CHIMNEY_LAYER_TCP, 0);
	d = &initiated(test, 0)->delegated;
	KUNIT_EXPECT_EQ(test, all, bytes_of(&block->send_queue));
	KUNIT_EXPECT_EQ(test, first, d->snd_una);
	KUNIT_EXPECT_EQ(test, first + sent, d->snd_max);
	KUNIT_EXPECT_EQ(test, d->snd_max, d->snd_nxt);
	KUNIT_EXPECT_EQ(test, window, d->snd_wnd);
	KUNIT_EXPECT_EQ(test, CHIMNEY_TCP_STATE_ESTABLISHED, d->state);
	KUNIT_EXPECT_EQ(test, conn->peer_seq, d->rcv_nxt);
	KUNIT_EXPECT_NE(test, 0, d->cwnd);
	KUNIT_EXPECT_NE(test, 0, d->srtt);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

static void init_12_reachability_is_the_same(struct kunit *test)
{
	const struct chimney_neighbor_offload_state *state;
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	state = testbed_block(test, bed, INITIATE, CHIMNEY_LAYER_NEIGHBOR, 0)->state;
	KUNIT_EXPECT_EQ(test, state->cached.host_reachability_delta,
			state->delegated.nic_reachability_delta);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

static void init_13_timestamps_go_on(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	u32 clock;

	/* Arrange */
	testbed_write(test, conn, 100);
	testbed_ack(test, bed, conn);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert: between the last that was sent and the next that would be */
	clock = tcp_clock_ms() + tcp_sk(testbed_sk(conn))->tsoffset;
	KUNIT_EXPECT_FALSE(test, before(initiated(test, 0)->delegated.ts_time,
					conn->sent_ts));
	KUNIT_EXPECT_FALSE(test, after(initiated(test, 0)->delegated.ts_time,
				       clock));
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Contract: DAT-10 */
static void dat_09_all_state_hangs_on_blocks(struct kunit *test)
{
	static const enum chimney_state_type types[] = {
		[CHIMNEY_LAYER_NEIGHBOR] = CHIMNEY_NEIGHBOR_STATE,
		[CHIMNEY_LAYER_PATH] = CHIMNEY_PATH_STATE,
		[CHIMNEY_LAYER_TCP] = CHIMNEY_TCP_STATE,
	};
	struct testbed *bed = test->priv;
	struct chimney_block *block;
	struct chimney_op *op;
	int layer;

	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	for (layer = 0; layer < ARRAY_SIZE(types); layer++) {
		block = testbed_block(test, bed, INITIATE, layer, 0);
		KUNIT_ASSERT_NOT_NULL(test, block);
		KUNIT_EXPECT_EQ(test, types[layer], block->type);
		KUNIT_EXPECT_NOT_NULL(test, block->state);
	}
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

static void init_14_no_send_before_the_completion(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Act: the application knows of nothing */
	testbed_write(test, conn, 100);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, bed->sends);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	KUNIT_EXPECT_EQ(test, 1, bed->sends);
	KUNIT_EXPECT_EQ(test, 100, bytes_of(&conn->chain));
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

/* Contract: FWD-03, FWD-07, FWD-08, FWD-09 */
static void init_66_segments_wait_for_the_completion(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	const struct tcphdr *th;
	struct sk_buff *skb;
	struct chimney_op *op;
	u32 first;
	int i;

	/* Arrange */
	first = conn->peer_seq;
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Act: while it is being offloaded */
	testbed_data(test, bed, conn, 100);
	testbed_data(test, bed, conn, 100);
	/* Assert: neither the socket nor the target got them */
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&bed->forwarded));
	KUNIT_EXPECT_EQ(test, first, tcp_sk(testbed_sk(conn))->rcv_nxt);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	KUNIT_ASSERT_EQ(test, 2, skb_queue_len(&bed->forwarded));
	for (i = 0; (skb = __skb_dequeue(&bed->forwarded)); i++) {
		th = (void *)skb->data;
		KUNIT_EXPECT_EQ(test, first + 100 * i, ntohl(th->seq));
		KUNIT_EXPECT_EQ(test, th->doff * 4 + 100, skb->len);
		kfree_skb(skb);
	}
	KUNIT_EXPECT_EQ(test, first, tcp_sk(testbed_sk(conn))->rcv_nxt);
}

static void init_30_a_failure_changes_nothing(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange: data both ways, unread and not acknowledged */
	testbed_write(test, conn, 100);
	testbed_data(test, bed, conn, 100);
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	testbed_data(test, bed, conn, 100);
	/* Act */
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_FAILURE);
	testbed_finish(test, op);
	/* Assert: the host has it as it was, and got what came meanwhile */
	KUNIT_EXPECT_EQ(test, 200, testbed_read(test, conn, 300));
	KUNIT_EXPECT_EQ(test, 100, tcp_sk(testbed_sk(conn))->write_seq -
			tcp_sk(testbed_sk(conn))->snd_una);
	testbed_ack(test, bed, conn);
	KUNIT_EXPECT_EQ(test, tcp_sk(testbed_sk(conn))->write_seq,
			tcp_sk(testbed_sk(conn))->snd_una);
	testbed_write(test, conn, 100);
	KUNIT_EXPECT_EQ(test, 100, conn->sent_end - conn->peer_ack);
	KUNIT_EXPECT_EQ(test, 0, bed->sends);
}

/* Contract: OP-01 */
static void init_01_to_the_target_of_the_route(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct fake *other;
	struct chimney_op *op;

	/* Arrange: another device has a target, too */
	other = fake_create(test);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, bed->calls[INITIATE]);
	KUNIT_EXPECT_NULL(test, other->initiated);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Contract: INIT-03 */
static void arc_01_host_sets_the_connection_up(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn;

	/* Arrange: the peer has not answered yet */
	conn = testbed_connect_begin(test, bed);
	/* Act */
	testbed_finish(test, testbed_request_one(test, conn, INITIATE));
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, bed->calls[INITIATE]);
	testbed_connect_end(test, bed, conn);
	bed->prompt = true;
	testbed_finish(test, testbed_request_one(test, conn, INITIATE));
	KUNIT_EXPECT_EQ(test, 1, bed->calls[INITIATE]);
}

/* The host delivers it either way, so it does not travel. */
static void init_09_unread_data_stays(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange */
	testbed_data(test, bed, conn, 100);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, bytes_of(&initiated(test, 0)->delegated.buffered_data));
	KUNIT_EXPECT_EQ(test, conn->peer_seq,
			initiated(test, 0)->delegated.rcv_nxt);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			testbed_indicate(test, bed, conn, 100));
	KUNIT_EXPECT_EQ(test, 200, testbed_read(test, conn, 300));
}

static void arc_03_each_by_its_own_way(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *out = bed->conn, *home;

	/* Arrange: one of two is offloaded */
	bed->prompt = true;
	testbed_finish(test, testbed_request_one(test, out, INITIATE));
	bed->prompt = false;
	home = testbed_connect(test, bed);
	/* Act */
	testbed_write(test, out, 100);
	testbed_write(test, home, 200);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 100, bytes_of(&out->chain));
	KUNIT_EXPECT_EQ(test, 0, bytes_of(&home->chain));
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&bed->frames));
	KUNIT_EXPECT_EQ(test, 200, home->sent_end - home->peer_ack);
}

/* Contract: CAP-01 */
static void cap_03_capabilities_come_first(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Act */
	testbed_offload(test, bed);
	/* Assert */
	KUNIT_EXPECT_LT(test, 0, bed->enables);
	KUNIT_EXPECT_FALSE(test, bed->initiated_before_enabled);
	KUNIT_EXPECT_TRUE(test, bed->enabled.ipv4);
	KUNIT_EXPECT_FALSE(test, bed->enabled.ipv6);
}

/* Data ---------------------------------------------------------------------- */

static void snd_10_several_sends_at_once(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act: nothing is completed */
	testbed_write(test, conn, 100);
	testbed_write(test, conn, 100);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 2, bed->sends);
	KUNIT_EXPECT_EQ(test, 200, bytes_of(&conn->chain));
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&bed->frames));
}

struct writer {
	struct kunit *test;
	struct testbed_conn *conn;
	unsigned int count;
	struct work_struct work;
};

static void writer_work(struct work_struct *work)
{
	struct writer *writer = container_of(work, struct writer, work);

	while (writer->count--)
		testbed_write(writer->test, writer->conn, 10);
}

static void start_writer(struct writer *writer, struct kunit *test,
			 struct testbed_conn *conn, unsigned int count)
{
	writer->test = test;
	writer->conn = conn;
	writer->count = count;
	INIT_WORK_ONSTACK(&writer->work, writer_work);
	queue_work(system_unbound_wq, &writer->work);
}

static void end_writer(struct writer *writer)
{
	flush_work(&writer->work);
	destroy_work_on_stack(&writer->work);
}

/* G-38: no call of any kind. */
static void term_04_calls_return_first(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct writer writer;
	struct chimney_op *op;

	/* Arrange: a call that does not return */
	testbed_offload(test, bed);
	bed->hold_sends = true;
	start_writer(&writer, test, bed->conn, 1);
	TESTBED_UNTIL(test, atomic_read(&bed->sending));
	/* Act */
	op = testbed_request(test, bed, TERMINATE);
	/* Assert */
	msleep(20);
	KUNIT_EXPECT_EQ(test, 0, bed->calls[TERMINATE]);
	WRITE_ONCE(bed->hold_sends, false);
	end_writer(&writer);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Somebody writes while completions make room for more. */
static void snd_09_one_send_call_at_a_time(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct sk_buff_head done;
	struct writer writer;

	/* Arrange */
	testbed_offload(test, bed);
	chimney_tcp_event_indicate(&bed->target, conn->handle,
				   CHIMNEY_TCP_SEND_BACKLOG_CHANGE, 10);
	/* Act */
	start_writer(&writer, test, conn, 200);
	while (conn->state.snd_una - conn->peer_ack < 2000) {
		__skb_queue_head_init(&done);
		TESTBED_UNTIL(test, !skb_queue_empty_lockless(&conn->chain));
		spin_lock_bh(&bed->lock);
		skb_queue_splice_tail_init(&conn->chain, &done);
		spin_unlock_bh(&bed->lock);
		conn->state.snd_una += bytes_of(&done);
		chimney_tcp_send_complete(&bed->target, conn->handle, &done,
					  CHIMNEY_STATUS_SUCCESS);
	}
	end_writer(&writer);
	conn->state.snd_nxt = conn->state.snd_una;
	conn->state.snd_max = conn->state.snd_una;
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, bed->overlaps);
}

static void cls_15_backlog_of_a_terminate_means_nothing(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	int i;

	/* Arrange: there and back */
	testbed_offload(test, bed);
	conn->state.send_backlog_size = 10;
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	testbed_offload(test, bed);
	/* Act */
	for (i = 0; i < 3; i++)
		testbed_write(test, conn, 1000);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 3000, bytes_of(&conn->chain));
}

static void snd_13_urgent_data_goes_home(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct msghdr msg = { .msg_flags = MSG_OOB | MSG_DONTWAIT };
	struct kvec vec = { .iov_base = "!", .iov_len = 1 };

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	KUNIT_ASSERT_EQ(test, 1,
			kernel_sendmsg(conn->socket, &msg, &vec, 1, 1));
	/* Assert: the target is asked for the connection, not for the byte */
	testbed_wait(test, bed, TERMINATE, 1);
	KUNIT_EXPECT_EQ(test, 0, bed->sends);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	TESTBED_UNTIL(test, conn->sent_end - conn->peer_ack == 1);
}

static void snd_26_backlog_is_respected(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	int i;

	/* Arrange */
	testbed_offload(test, bed);
	chimney_tcp_event_indicate(&bed->target, conn->handle,
				   CHIMNEY_TCP_SEND_BACKLOG_CHANGE, 1000);
	/* Act */
	for (i = 0; i < 10; i++)
		testbed_write(test, conn, 600);
	/* Assert: the skb that goes beyond it is the last */
	KUNIT_EXPECT_EQ(test, 1200, bytes_of(&conn->chain));
	KUNIT_EXPECT_EQ(test, 2, bed->sends);
}

/* Contract: RIND-04, RIND-06 */
static void rind_05_all_is_taken(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			testbed_indicate(test, bed, conn, 100));
	KUNIT_EXPECT_EQ(test, 100, testbed_read(test, conn, 200));
}

/* Contract: RIND-04, RIND-05, RIND-10, RCV-07, RCV-17 */
static void rind_07_a_full_socket_refuses(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	u32 consumed = 1;
	struct sk_buff *skb;
	int got;

	/* Arrange: nobody reads */
	WRITE_ONCE(testbed_sk(conn)->sk_rcvbuf, SOCK_MIN_RCVBUF);
	testbed_offload(test, bed);
	while (testbed_indicate(test, bed, conn, 1000) ==
	       CHIMNEY_STATUS_SUCCESS)
		KUNIT_ASSERT_LT(test, conn->state.rcv_nxt - conn->peer_seq,
				SZ_1M);
	KUNIT_EXPECT_NULL(test, bed->request);
	/* Act */
	skb = alloc_skb(100, GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_put_zero(skb, 100);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_DATA_NOT_ACCEPTED,
			chimney_tcp_receive_indicate(&bed->target,
						     conn->handle, skb,
						     &consumed));
	/* Assert: it is still ours, and the host asks when there is room */
	KUNIT_EXPECT_EQ(test, 0, consumed);
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&skb->users));
	kfree_skb(skb);
	do {
		got = testbed_read(test, conn, 1000);
	} while (got > 0);
	KUNIT_EXPECT_EQ(test, -EAGAIN, got);
	KUNIT_ASSERT_NOT_NULL(test, bed->request);
	KUNIT_EXPECT_EQ(test, 1, bed->requests);
	KUNIT_EXPECT_EQ(test, 0, iov_iter_count(&bed->request->to));
	KUNIT_EXPECT_EQ(test, 0, bed->request->prefilled);
	KUNIT_EXPECT_EQ(test, CHIMNEY_STATUS_SUCCESS,
			testbed_indicate(test, bed, conn, 100));
	bed->request->status = CHIMNEY_STATUS_SUCCESS;
	chimney_tcp_receive_complete(&bed->target, conn->handle, bed->request);
}

/* Forward ------------------------------------------------------------------- */

static void fwd_04_segment_from_elsewhere(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act: this target left the frame to the host */
	testbed_data(test, bed, conn, 100);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, skb_queue_len(&bed->forwarded));
	KUNIT_EXPECT_EQ(test, 0, tcp_sk(testbed_sk(conn))->rcv_nxt -
			conn->state.rcv_nxt);
}

static struct sk_buff *fragment(struct kunit *test, struct sk_buff *whole,
				u32 from, u32 len, bool more)
{
	struct sk_buff *skb = skb_copy(whole, GFP_KERNEL);
	struct iphdr *iph;

	KUNIT_ASSERT_NOT_NULL(test, skb);
	memmove(skb->data + sizeof(*iph), skb->data + sizeof(*iph) + from, len);
	skb_trim(skb, sizeof(*iph) + len);
	skb_reset_network_header(skb);
	iph = ip_hdr(skb);
	iph->id = htons(1);
	iph->frag_off = htons((more ? IP_MF : 0) | from / 8);
	iph->tot_len = htons(sizeof(*iph) + len);
	ip_send_check(iph);
	return skb;
}

static void fwd_05_reassembled_segment(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct sk_buff *whole, *skb;
	u32 len;

	/* Arrange */
	testbed_offload(test, bed);
	whole = testbed_frame(test, bed, conn, TCPHDR_ACK, conn->peer_seq, 100);
	len = whole->len - sizeof(struct iphdr);
	/* Act: the target leaves fragments to the host */
	testbed_receive(bed, fragment(test, whole, 0, 64, true));
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&bed->forwarded));
	testbed_receive(bed, fragment(test, whole, 64, len - 64, false));
	kfree_skb(whole);
	/* Assert */
	skb = skb_peek(&bed->forwarded);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	KUNIT_EXPECT_EQ(test, len, skb->len);
}

/* Events -------------------------------------------------------------------- */

static const struct reason_case {
	const char *desc;
	enum chimney_upload_reason reason;
	bool mandatory;
} reason_cases[] = {
	{ "tev_15_hardware_failure", CHIMNEY_UPLOAD_HARDWARE_FAILURE, true },
	{ "tev_15_invalid_state", CHIMNEY_UPLOAD_INVALID_STATE, true },
	{ "tev_15_urgent_data", CHIMNEY_UPLOAD_RECEIVED_URGENT_DATA, true },
	{ "tev_15_timeout", CHIMNEY_UPLOAD_TIMEOUT_EXPIRATION, true },
	{ "tev_15_requested", CHIMNEY_UPLOAD_REQUESTED, true },
	{ "tev_17_high_drop_rate", CHIMNEY_UPLOAD_HIGH_DROP_RATE },
	{ "tev_17_fragmentation", CHIMNEY_UPLOAD_HIGH_FRAGMENTATION },
	{ "tev_17_out_of_order", CHIMNEY_UPLOAD_HIGH_OUT_OF_ORDER_PACKETS },
	{ "tev_17_low_activity", CHIMNEY_UPLOAD_LOW_ACTIVITY },
	{ "tev_17_no_preposting", CHIMNEY_UPLOAD_NO_BUFFER_PREPOSTING },
	{ "tev_17_small_io", CHIMNEY_UPLOAD_SMALL_IO },
};

static void reason_desc(const struct reason_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(reason, reason_cases, reason_desc);

/* Contract: TERM-02 */
static void tev_15_retrieve(struct kunit *test)
{
	const struct reason_case *param = test->param_value;
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	chimney_tcp_event_indicate(&bed->target, conn->handle,
				   CHIMNEY_TCP_RETRIEVE, param->reason);
	/* Assert */
	if (param->mandatory) {
		testbed_wait(test, bed, TERMINATE, 1);
		testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
		return;
	}
	/* It goes on out there. */
	testbed_write(test, conn, 100);
	KUNIT_EXPECT_EQ(test, 100, bytes_of(&conn->chain));
	flush_workqueue(system_wq);
	KUNIT_EXPECT_EQ(test, 0, bed->calls[TERMINATE]);
}

/* Contract: TERM-08 */
static void tev_10_abort(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	chimney_tcp_event_indicate(&bed->target, conn->handle,
				   CHIMNEY_TCP_ABORT, ECONNRESET);
	/* Assert */
	testbed_wait(test, bed, TERMINATE, 1);
	conn->state.state = CHIMNEY_TCP_STATE_CLOSED;
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	TESTBED_UNTIL(test, READ_ONCE(testbed_sk(conn)->sk_state) == TCP_CLOSE);
	KUNIT_EXPECT_EQ(test, -ECONNRESET, testbed_read(test, conn, 100));
}

/* Disconnect ---------------------------------------------------------------- */

static void close_send_half(struct kunit *test, struct testbed_conn *conn)
{
	KUNIT_ASSERT_EQ(test, 0, kernel_sock_shutdown(conn->socket, SHUT_WR));
}

static void complete_disconnect(struct testbed *bed, struct testbed_conn *conn,
				enum chimney_status status)
{
	struct chimney_disconnect *request = bed->disconnect;

	bed->disconnect = NULL;
	request->bytes_transferred = 0;
	request->status = status;
	chimney_tcp_disconnect_complete(&bed->target, conn->handle, request);
}

/* Contract: DSC-03, DSC-11 */
static void dsc_15_fin_behind_all_data(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct sk_buff_head done;
	int i;

	/* Arrange: the last write waits for room */
	testbed_offload(test, bed);
	chimney_tcp_event_indicate(&bed->target, conn->handle,
				   CHIMNEY_TCP_SEND_BACKLOG_CHANGE, 1000);
	for (i = 0; i < 3; i++)
		testbed_write(test, conn, 600);
	/* Act */
	close_send_half(test, conn);
	/* Assert */
	KUNIT_EXPECT_NULL(test, bed->disconnect);
	__skb_queue_head_init(&done);
	skb_queue_splice_init(&conn->chain, &done);
	chimney_tcp_send_complete(&bed->target, conn->handle, &done,
				  CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, 600, bytes_of(&conn->chain));
	KUNIT_ASSERT_NOT_NULL(test, bed->disconnect);
	KUNIT_EXPECT_FALSE(test, bed->disconnect->abortive);
	KUNIT_EXPECT_TRUE(test, skb_queue_empty(&bed->disconnect->data));
	skb_queue_splice_init(&conn->chain, &done);
	chimney_tcp_send_complete(&bed->target, conn->handle, &done,
				  CHIMNEY_STATUS_SUCCESS);
	complete_disconnect(bed, conn, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, TCP_FIN_WAIT2, testbed_sk(conn)->sk_state);
}

static const struct close_case {
	const char *desc;
	enum chimney_status status;
	enum chimney_tcp_state state;
	u32 sent;		/* the FIN counts */
	u32 acked;
	bool peer;		/* it has closed, too */
	int home;		/* state in the end */
} close_cases[] = {
	{ "dsc_17_not_sent", CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	  CHIMNEY_TCP_STATE_ESTABLISHED, 0, 0, false, TCP_FIN_WAIT1 },
	{ "dsc_17_not_acked", CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	  CHIMNEY_TCP_STATE_FIN_WAIT_1, 1, 0, false, TCP_FIN_WAIT1 },
	{ "dsc_17_peer_was_first", CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	  CHIMNEY_TCP_STATE_CLOSE_WAIT, 0, 0, true, TCP_CLOSING },
	{ "dsc_17_simultaneous", CHIMNEY_STATUS_UPLOAD_IN_PROGRESS,
	  CHIMNEY_TCP_STATE_CLOSING, 1, 0, true, TCP_CLOSING },
	{ "dsc_18_acked", CHIMNEY_STATUS_SUCCESS,
	  CHIMNEY_TCP_STATE_FIN_WAIT_2, 1, 1, false, TCP_FIN_WAIT2 },
	{ "tmr_05_time_wait", CHIMNEY_STATUS_SUCCESS,
	  CHIMNEY_TCP_STATE_TIME_WAIT, 1, 1, true, TCP_CLOSE },
};

static void close_desc(const struct close_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(close, close_cases, close_desc);

/* The connection goes home in the state that the target has brought it to. */
static void dsc_17_closing_goes_on_at_home(struct kunit *test)
{
	const struct close_case *param = test->param_value;
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	u32 end;

	/* Arrange */
	testbed_offload(test, bed);
	end = conn->state.snd_max;
	close_send_half(test, conn);
	conn->state.state = param->state;
	conn->state.snd_una += param->acked;
	conn->state.snd_nxt += param->sent;
	conn->state.snd_max += param->sent;
	if (param->peer) {
		conn->state.rcv_nxt++;
		chimney_tcp_event_indicate(&bed->target, conn->handle,
					   CHIMNEY_TCP_DISCONNECT, 0);
	}
	/* Act */
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	complete_disconnect(bed, conn, param->status);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	/* Assert: a FIN that the target has not sent goes out now */
	KUNIT_EXPECT_EQ(test, param->home, testbed_sk(conn)->sk_state);
	if (!param->sent)
		KUNIT_EXPECT_EQ(test, end + 1, conn->sent_end);
	if (param->peer)
		KUNIT_EXPECT_EQ(test, 0, testbed_read(test, conn, 100));
}

/* Terminate ----------------------------------------------------------------- */

/* Contract: TERM-05, TERM-07 */
static void term_06_objects_go_with_their_last_dependent(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;
	int layer;

	/* Arrange: two connections share neighbor and path */
	testbed_connect(test, bed);
	testbed_offload(test, bed);
	/* Act */
	op = testbed_request_one(test, &bed->conn[0], TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	/* Assert: placeholders */
	for (layer = CHIMNEY_LAYER_NEIGHBOR; layer < CHIMNEY_LAYER_TCP; layer++)
		KUNIT_EXPECT_NULL(test, testbed_block(test, bed, TERMINATE, layer,
						      0)->handle);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	/* and now the objects */
	op = testbed_request_one(test, &bed->conn[1], TERMINATE);
	testbed_wait(test, bed, TERMINATE, 2);
	for (layer = CHIMNEY_LAYER_NEIGHBOR; layer < CHIMNEY_LAYER_TCP; layer++)
		KUNIT_EXPECT_NOT_NULL(test, testbed_block(test, bed, TERMINATE,
							  layer, 0)->handle);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* Contract: TERM-11, TERM-12 */
static void term_10_nothing_more_from_the_terminate_on(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange */
	testbed_offload(test, bed);
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	/* Act */
	testbed_write(test, conn, 100);
	testbed_data(test, bed, conn, 100);
	/* Assert: the target gets none of it, the socket all of it later */
	KUNIT_EXPECT_EQ(test, 0, bed->sends);
	KUNIT_EXPECT_EQ(test, 0, skb_queue_len(&bed->forwarded));
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	KUNIT_EXPECT_EQ(test, 100, testbed_read(test, conn, 200));
	KUNIT_EXPECT_EQ(test, 100, conn->sent_end - conn->peer_ack);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void term_21_a_lost_connection_is_aborted(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange */
	testbed_offload(test, bed);
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	/* Act */
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_FAILURE);
	testbed_finish(test, op);
	/* Assert */
	KUNIT_EXPECT_EQ(test, TCP_CLOSE, testbed_sk(conn)->sk_state);
	KUNIT_EXPECT_EQ(test, -ECONNABORTED, testbed_read(test, conn, 100));
}

/* Contract: SND-17 */
static void term_21_what_was_refused_is_freed(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	struct sk_buff *skb;

	/* Arrange */
	testbed_offload(test, bed);
	testbed_write(test, conn, 100);
	skb = skb_peek(&conn->chain);
	KUNIT_ASSERT_NOT_NULL(test, skb);
	skb_get(skb);
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	/* Act */
	chimney_tcp_send_complete(&bed->target, conn->handle, &conn->chain,
				  CHIMNEY_STATUS_UPLOAD_IN_PROGRESS);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_FAILURE);
	testbed_finish(test, op);
	/* Assert: nobody else has it */
	KUNIT_EXPECT_EQ(test, 1, refcount_read(&skb->users));
	kfree_skb(skb);
}

/* Contract: TS-04 */
static void term_40_timestamps_go_on(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	u32 ts_time;

	/* Arrange: the target's clock is ahead */
	testbed_offload(test, bed);
	ts_time = conn->state.ts_time + 1000000;
	conn->state.ts_time = ts_time;
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	/* Act */
	testbed_write(test, conn, 100);
	/* Assert: later than the target's last, by less than was added */
	KUNIT_EXPECT_FALSE(test, before(conn->sent_ts, ts_time));
	KUNIT_EXPECT_TRUE(test, before(conn->sent_ts, ts_time + 1000000));
}

static void term_50_buffered_data_is_delivered(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	struct sk_buff *skb;

	/* Arrange: the target has data it could not deliver */
	testbed_offload(test, bed);
	skb = testbed_frame(test, bed, conn, TCPHDR_ACK, conn->peer_seq, 100);
	__skb_pull(skb, skb->len - 100);
	__skb_queue_tail(&conn->state.buffered_data, skb);
	conn->state.rcv_nxt += 100;
	/* Act */
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 100, testbed_read(test, conn, 200));
}

static int returned;

static void count_return(struct sk_buff *skb)
{
	returned++;
}

/* Contract: RRET-04 */
static void term_51_buffered_data_is_returned(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;
	struct sk_buff *skb;

	/* Arrange: the target wants its buffer back */
	returned = 0;
	testbed_offload(test, bed);
	skb = testbed_frame(test, bed, conn, TCPHDR_ACK, conn->peer_seq, 100);
	__skb_pull(skb, skb->len - 100);
	skb->destructor = count_return;
	__skb_queue_tail(&conn->state.buffered_data, skb);
	conn->state.rcv_nxt += 100;
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	KUNIT_EXPECT_EQ(test, 0, returned);
	/* Act, Assert: not before all of it was read */
	KUNIT_EXPECT_EQ(test, 60, testbed_read(test, conn, 60));
	KUNIT_EXPECT_EQ(test, 0, returned);
	KUNIT_EXPECT_EQ(test, 40, testbed_read(test, conn, 60));
	KUNIT_EXPECT_EQ(test, 1, returned);
}

/* Contract: TERM-41 */
static void rtx_09_timer_that_fires_at_once(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct testbed_conn *conn = bed->conn;
	struct chimney_op *op;

	/* Arrange: the target was about to send something again */
	testbed_write(test, conn, 100);
	inet_csk(testbed_sk(conn))->icsk_rto = TCP_RTO_MAX;
	testbed_offload(test, bed);
	skb_queue_purge(&bed->frames);
	conn->state.retransmit.timeout_delta = 0;
	/* Act */
	op = testbed_request(test, bed, TERMINATE);
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	/* Assert */
	TESTBED_UNTIL(test, skb_queue_len(&bed->frames));
}

/* Update, query, invalidate ------------------------------------------------- */

static int set_option(struct testbed_conn *conn, int level, int option,
		      int value)
{
	if (level == SOL_SOCKET)
		return sock_setsockopt(conn->socket, level, option,
				       KERNEL_SOCKPTR(&value), sizeof(value));
	return conn->socket->ops->setsockopt(conn->socket, level, option,
					     KERNEL_SOCKPTR(&value),
					     sizeof(value));
}

static const struct chimney_tcp_state_cached *updated(struct kunit *test)
{
	return testbed_block(test, test->priv, UPDATE, CHIMNEY_LAYER_TCP,
			     0)->state;
}

static bool has_keepalive(const struct chimney_tcp_state_cached *c)
{
	return c->flags & CHIMNEY_TCP_KEEP_ALIVE;
}

static bool has_idle(const struct chimney_tcp_state_cached *c)
{
	return c->ka_timeout == 100 * USEC_PER_SEC;
}

static bool has_interval(const struct chimney_tcp_state_cached *c)
{
	return c->ka_interval == 10 * USEC_PER_SEC;
}

static bool has_probes(const struct chimney_tcp_state_cached *c)
{
	return c->ka_probe_count == 5;
}

static bool has_window(const struct chimney_tcp_state_cached *c)
{
	return c->flags & CHIMNEY_TCP_UPDATE_RCV_WND;
}

static bool has_no_nagle(const struct chimney_tcp_state_cached *c)
{
	return !(c->flags & CHIMNEY_TCP_NAGLE);
}

static bool has_limit(const struct chimney_tcp_state_cached *c)
{
	return c->max_rt == 20 * USEC_PER_SEC;
}

static bool has_tos(const struct chimney_tcp_state_cached *c)
{
	return c->tos_or_traffic_class == 0x10;
}

static bool has_ttl(const struct chimney_tcp_state_cached *c)
{
	return c->ttl_or_hop_limit == 7;
}

static const struct option_case {
	const char *desc;
	int level;
	int option;
	int value;
	bool (*told)(const struct chimney_tcp_state_cached *c);
} option_cases[] = {
	{ "upd_13_keepalive", SOL_SOCKET, SO_KEEPALIVE, 1, has_keepalive },
	{ "upd_13_keepalive_time", SOL_TCP, TCP_KEEPIDLE, 100, has_idle },
	{ "upd_13_keepalive_interval", SOL_TCP, TCP_KEEPINTVL, 10,
	  has_interval },
	{ "upd_13_keepalive_probes", SOL_TCP, TCP_KEEPCNT, 5, has_probes },
	{ "upd_13_receive_buffer", SOL_SOCKET, SO_RCVBUF, 8192, has_window },
	{ "cls_04_nagle", SOL_TCP, TCP_NODELAY, 1, has_no_nagle },
	{ "cls_04_user_timeout", SOL_TCP, TCP_USER_TIMEOUT, 20000, has_limit },
	{ "cls_04_tos", SOL_IP, IP_TOS, 0x10, has_tos },
	{ "cls_04_ttl", SOL_IP, IP_TTL, 7, has_ttl },
};

static void option_desc(const struct option_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(option, option_cases, option_desc);

static void cls_04_option_is_an_update(struct kunit *test)
{
	const struct option_case *param = test->param_value;
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, set_option(bed->conn, param->level,
					    param->option, param->value));
	/* Assert */
	testbed_wait(test, bed, UPDATE, 1);
	KUNIT_EXPECT_TRUE(test, param->told(updated(test)));
	KUNIT_EXPECT_EQ(test, 0, bed->calls[TERMINATE]);
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
}

static void upd_01_not_before_it_is_offloaded(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Arrange */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, set_option(bed->conn, SOL_IP, IP_TTL, 7));
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, bed->calls[UPDATE]);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	testbed_wait(test, bed, UPDATE, 1);
	KUNIT_EXPECT_TRUE(test, has_ttl(updated(test)));
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void upd_02_one_at_a_time(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	KUNIT_ASSERT_EQ(test, 0, set_option(bed->conn, SOL_IP, IP_TOS, 0x10));
	testbed_wait(test, bed, UPDATE, 1);
	/* Act */
	KUNIT_ASSERT_EQ(test, 0, set_option(bed->conn, SOL_IP, IP_TTL, 7));
	/* Assert: the second waits for the first, and then comes */
	msleep(20);
	KUNIT_EXPECT_EQ(test, 1, bed->calls[UPDATE]);
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
	testbed_wait(test, bed, UPDATE, 2);
	KUNIT_EXPECT_TRUE(test, has_ttl(updated(test)));
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void upd_26_a_failure_brings_it_home(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	KUNIT_ASSERT_EQ(test, 0, set_option(bed->conn, SOL_IP, IP_TTL, 7));
	testbed_wait(test, bed, UPDATE, 1);
	/* Act */
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_FAILURE);
	/* Assert */
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
}

static void qry_09_a_failure_brings_it_home(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Arrange */
	testbed_offload(test, bed);
	bed->hold_queries = true;
	op = testbed_request(test, bed, QUERY);
	testbed_wait(test, bed, QUERY, 1);
	/* Act */
	testbed_complete(bed, QUERY, CHIMNEY_STATUS_FAILURE);
	/* Assert */
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

static void inv_08_what_is_invalid_comes_home(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Arrange */
	testbed_offload(test, bed);
	op = testbed_request(test, bed, INVALIDATE);
	testbed_wait(test, bed, INVALIDATE, 1);
	KUNIT_EXPECT_EQ(test, 0, bed->calls[TERMINATE]);
	/* Act */
	testbed_complete(bed, INVALIDATE, CHIMNEY_STATUS_SUCCESS);
	/* Assert */
	testbed_wait(test, bed, TERMINATE, 1);
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

static const struct busy_case {
	const char *desc;
	enum chimney_op_kind kind;
} busy_cases[] = {
	{ "init_02_initiate", INITIATE },
	{ "qry_03_query", QUERY },
	{ "upd_01_update", UPDATE },
	{ "inv_09_invalidate", INVALIDATE },
	{ "term_13_terminate", TERMINATE },
};

static void busy_desc(const struct busy_case *param, char *desc)
{
	strscpy(desc, param->desc, KUNIT_PARAM_DESC_SIZE);
}

KUNIT_ARRAY_PARAM(busy, busy_cases, busy_desc);

static void init_14_no_operation_before_the_completion(struct kunit *test)
{
	const struct busy_case *param = test->param_value;
	unsigned int before = param->kind == INITIATE;
	struct testbed *bed = test->priv;
	struct chimney_op *op, *second;

	/* Arrange */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	/* Act */
	second = testbed_request(test, bed, param->kind);
	/* Assert */
	msleep(20);
	KUNIT_EXPECT_EQ(test, before, bed->calls[param->kind]);
	bed->prompt = true;
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
	testbed_finish(test, second);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

/* Contract: CLS-06 */
static void ctx_06_always_the_same_slot(struct kunit *test)
{
	static const enum chimney_op_kind kinds[] = { QUERY, UPDATE, TERMINATE };
	struct testbed *bed = test->priv;
	struct chimney_handle *handle;
	struct chimney_op *op;
	int i;

	/* Arrange */
	testbed_offload(test, bed);
	bed->hold_queries = true;
	handle = bed->conn[0].handle;
	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		/* Act */
		op = testbed_request(test, bed, kinds[i]);
		testbed_wait(test, bed, kinds[i], 1);
		/* Assert */
		KUNIT_EXPECT_PTR_EQ(test, handle,
				    testbed_block(test, bed, kinds[i],
						  CHIMNEY_LAYER_TCP,
						  0)->handle);
		KUNIT_EXPECT_PTR_EQ(test, (void *)bed->conn, handle->context);
		testbed_complete(bed, kinds[i], CHIMNEY_STATUS_SUCCESS);
		testbed_finish(test, op);
	}
}

static void op_12_a_lent_tree_is_left_alone(struct kunit *test)
{
	struct chimney_tcp_offload_state *state;
	struct chimney_block *block, before;
	struct testbed *bed = test->priv;
	struct chimney_op *op;
	void *copy;

	/* Arrange */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	block = testbed_block(test, bed, INITIATE, CHIMNEY_LAYER_TCP, 0);
	before = *block;
	state = block->state;
	copy = kunit_kmalloc(test, sizeof(*state), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, copy);
	memcpy(copy, state, sizeof(*state));
	/* Act: everything happens meanwhile */
	testbed_write(test, bed->conn, 100);
	testbed_data(test, bed, bed->conn, 100);
	set_option(bed->conn, SOL_IP, IP_TTL, 7);
	/* Assert */
	KUNIT_EXPECT_EQ(test, 0, memcmp(&before, block, sizeof(before)));
	KUNIT_EXPECT_EQ(test, 0, memcmp(copy, state, sizeof(*state)));
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	testbed_finish(test, op);
}

/* For trees of one. */
static void connect_second(struct kunit *test, struct testbed *bed)
{
	testbed_connect(test, bed);
	chimney_host_net(&init_net)->max_tree = 1;
}

/* Two connections in trees of one; the operation is cancelled in the first. */
static void cancel_in_first_tree(struct kunit *test, enum chimney_op_kind kind)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	bed->calls[kind] = 0;
	op = testbed_request(test, bed, kind);
	testbed_wait(test, bed, kind, 1);
	KUNIT_EXPECT_EQ(test, 2, READ_ONCE(op->total));
	chimney_op_cancel(op);
	testbed_complete(bed, kind, CHIMNEY_STATUS_SUCCESS);
	TESTBED_UNTIL(test, READ_ONCE(op->state) != CHIMNEY_OP_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_CANCELLED, op->state);
	KUNIT_EXPECT_EQ(test, 1, op->ok);
	KUNIT_EXPECT_EQ(test, 1, op->refused);
	KUNIT_EXPECT_EQ(test, 1, bed->calls[kind]);
	chimney_op_put(op);
}

static void cancel_comes_before_the_next_tree(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	connect_second(test, bed);
	/* Act and assert: on the way out */
	cancel_in_first_tree(test, INITIATE);
	KUNIT_EXPECT_NOT_NULL(test, bed->conn[0].handle);
	KUNIT_EXPECT_NULL(test, bed->conn[1].handle);
	/* Act and assert: and home */
	testbed_offload(test, bed);
	cancel_in_first_tree(test, TERMINATE);
	KUNIT_EXPECT_TRUE(test, !bed->conn[0].handle != !bed->conn[1].handle);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

/*
 * Two connections in trees of one: the host prepares the second while the target
 * has the first, and sends it only then; what it brings depends on the first.
 */
static void next_tree_waits(struct kunit *test, enum chimney_status status,
			    enum chimney_role role)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Arrange */
	connect_second(test, bed);
	/* Act */
	op = testbed_request(test, bed, INITIATE);
	testbed_wait(test, bed, INITIATE, 1);
	TESTBED_UNTIL(test, READ_ONCE(testbed_sk(&bed->conn[1])->sk_prot) !=
			    &tcp_prot);
	KUNIT_EXPECT_EQ(test, 1, bed->calls[INITIATE]);
	testbed_complete(bed, INITIATE, status);
	/* Assert */
	testbed_wait(test, bed, INITIATE, 2);
	KUNIT_EXPECT_EQ(test, role,
			testbed_block(test, bed, INITIATE, CHIMNEY_LAYER_PATH,
				      0)->role);
	testbed_complete(bed, INITIATE, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, 0, testbed_finish(test, op));
	KUNIT_EXPECT_EQ(test, status == CHIMNEY_STATUS_SUCCESS,
			!!bed->conn[0].handle);
	KUNIT_EXPECT_NOT_NULL(test, bed->conn[1].handle);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void next_tree_links_to_the_one_before(struct kunit *test)
{
	next_tree_waits(test, CHIMNEY_STATUS_SUCCESS, CHIMNEY_ROLE_LINKER);
}

static void next_tree_begins_anew_after_a_failure(struct kunit *test)
{
	next_tree_waits(test, CHIMNEY_STATUS_FAILURE, CHIMNEY_ROLE_NEW);
}

/* The first of two trees is lost, the second is not. */
static void lose_first_tree(struct kunit *test, enum chimney_op_kind kind)
{
	struct testbed *bed = test->priv;
	struct chimney_block *lost;
	struct chimney_op *op;

	bed->calls[kind] = 0;
	op = testbed_request_within(test, bed, kind, 50);
	testbed_wait(test, bed, kind, 1);
	lost = bed->tree[kind];
	WRITE_ONCE(op->deadline_ms, TESTBED_DEADLINE_MS);
	testbed_wait(test, bed, kind, 2);
	testbed_complete(bed, kind, CHIMNEY_STATUS_SUCCESS);
	TESTBED_UNTIL(test, READ_ONCE(op->state) != CHIMNEY_OP_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_TIMED_OUT, op->state);
	KUNIT_EXPECT_EQ(test, 1, op->ok);
	KUNIT_EXPECT_EQ(test, 1, op->failed);
	chimney_op_put(op);
	KUNIT_EXPECT_EQ(test, TCP_CLOSE, testbed_sk(&bed->conn[0])->sk_state);
	KUNIT_EXPECT_EQ(test, TCP_ESTABLISHED,
			testbed_sk(&bed->conn[1])->sk_state);
	/* It comes back late. */
	bed->tree[kind] = lost;
	testbed_complete(bed, kind, CHIMNEY_STATUS_FAILURE);
}

/* Contract: TERM-20 */
static void op_05_next_tree_after_a_lost_one(struct kunit *test)
{
	struct testbed *bed = test->priv;

	connect_second(test, bed);
	lose_first_tree(test, INITIATE);
	KUNIT_EXPECT_NOT_NULL(test, bed->conn[1].handle);
}

/* Contract: TERM-20 */
static void op_05_next_tree_home_after_a_lost_one(struct kunit *test)
{
	struct testbed *bed = test->priv;

	connect_second(test, bed);
	testbed_offload(test, bed);
	lose_first_tree(test, TERMINATE);
	KUNIT_EXPECT_NULL(test, bed->conn[1].handle);
}

static void cancel_comes_before_the_next_layer(struct kunit *test)
{
	struct testbed *bed = test->priv;
	struct chimney_op *op;

	/* Arrange: the neighbor's tree is out */
	testbed_offload(test, bed);
	op = testbed_request_layers(test, bed, UPDATE);
	testbed_wait(test, bed, UPDATE, 1);
	/* Act */
	chimney_op_cancel(op);
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
	/* Assert: the path and the connection have none, and stay */
	TESTBED_UNTIL(test, READ_ONCE(op->state) != CHIMNEY_OP_STATE_RUNNING);
	KUNIT_EXPECT_EQ(test, CHIMNEY_OP_STATE_CANCELLED, op->state);
	KUNIT_EXPECT_EQ(test, 1, op->refused);
	KUNIT_EXPECT_EQ(test, 1, op->total);
	KUNIT_EXPECT_EQ(test, 1, bed->calls[UPDATE]);
	KUNIT_EXPECT_NOT_NULL(test, bed->conn->handle);
	chimney_op_put(op);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void init_04_ip_options_stay(struct kunit *test)
{
	/* No operation, end of options */
	u8 options[] = { IPOPT_NOOP, IPOPT_NOOP, IPOPT_NOOP, IPOPT_END };
	struct testbed *bed = test->priv;
	struct socket *socket = bed->conn[0].socket;

	/* Arrange */
	KUNIT_ASSERT_EQ(test, 0,
			socket->ops->setsockopt(socket, SOL_IP, IP_OPTIONS,
						KERNEL_SOCKPTR(options),
						sizeof(options)));
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 1,
			testbed_finish(test, testbed_request(test, bed,
							     INITIATE)));
	KUNIT_EXPECT_EQ(test, 0, bed->calls[INITIATE]);
}

/* The world changes --------------------------------------------------------- */

/* Contract: UPD-13 */
static void upd_11_new_mac(struct kunit *test)
{
	const struct chimney_neighbor_state_cached *cached;
	static const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 0, 3 };
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	testbed_shell(test, bed,
		      "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:03 dev %s nud permanent");
	/* Assert: an update of the neighbor, and no relink */
	testbed_wait(test, bed, UPDATE, 1);
	KUNIT_EXPECT_FALSE(test, testbed_has_block(bed, UPDATE,
						   CHIMNEY_LAYER_PATH));
	cached = testbed_block(test, bed, UPDATE, CHIMNEY_LAYER_NEIGHBOR, 0)->state;
	KUNIT_ASSERT_NOT_NULL(test, cached);
	KUNIT_EXPECT_EQ(test, 0, memcmp(mac, cached->dl_destination_address,
					ETH_ALEN));
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
}

static void upd_13_path_mtu(struct kunit *test)
{
	const struct chimney_path_state_cached *cached;
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	/* Act */
	testbed_shell(test, bed, "ip link set %s mtu 1400");
	/* Assert */
	testbed_wait(test, bed, UPDATE, 1);
	cached = testbed_block(test, bed, UPDATE, CHIMNEY_LAYER_PATH, 0)->state;
	KUNIT_ASSERT_NOT_NULL(test, cached);
	KUNIT_EXPECT_EQ(test, 1400, cached->path_mtu);
	testbed_complete(bed, UPDATE, CHIMNEY_STATUS_SUCCESS);
}

/* Contract: UPD-08, UPD-09, UPD-10, INV-13 */
static void upd_12_new_router(struct kunit *test)
{
	static const enum chimney_op_kind wanted[] = {
		INITIATE, INITIATE, UPDATE, INVALIDATE, TERMINATE,
	};
	struct testbed *bed = test->priv;
	struct chimney_handle *old;
	int i;

	/* Arrange */
	testbed_offload(test, bed);
	old = bed->neighbor;
	bed->prompt = true;
	/* Act */
	testbed_shell(test, bed,
		      "ip neigh add 192.0.2.3 lladdr 02:00:00:00:00:03 dev %s nud permanent");
	testbed_shell(test, bed,
		      "ip route add 192.0.2.2/32 via 192.0.2.3 dev %s");
	/* Assert: the new one first, the old one last, the connection stays */
	testbed_wait(test, bed, TERMINATE, 1);
	KUNIT_EXPECT_EQ(test, ARRAY_SIZE(wanted), bed->logged);
	for (i = 0; i < ARRAY_SIZE(wanted); i++)
		KUNIT_EXPECT_EQ(test, wanted[i], bed->log[i]);
	KUNIT_EXPECT_PTR_NE(test, old, bed->neighbor);
	KUNIT_EXPECT_NOT_NULL(test, bed->conn[0].handle);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void term_09_device_goes_down(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	bed->prompt = true;
	/* Act */
	testbed_shell(test, bed, "ip link set %s down");
	/* Assert */
	KUNIT_EXPECT_EQ(test, 1, bed->calls[TERMINATE]);
	KUNIT_EXPECT_NULL(test, bed->conn[0].handle);
}

/* Pause, resume, upload all ------------------------------------------------- */

/* Contract: PAU-09 */
static void pau_01_nothing_while_paused(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_PAUSE);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 1,
			testbed_finish(test, testbed_request(test, bed,
							     INITIATE)));
	KUNIT_EXPECT_EQ(test, 0, bed->calls[INITIATE]);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

/* Contract: PAU-08 */
static void pau_07_capabilities_after_a_resume(struct kunit *test)
{
	struct testbed *bed = test->priv;
	unsigned int before = bed->enables;

	/* Arrange */
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_PAUSE);
	bed->target.caps.tcp_entries = 3;
	/* Act */
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_RESUME);
	/* Assert */
	TESTBED_UNTIL(test, READ_ONCE(bed->enables) > before);
	KUNIT_EXPECT_EQ(test, 3, bed->enabled.tcp_entries);
	testbed_offload(test, bed);
	KUNIT_EXPECT_EQ(test, 0, chimney_violations(bed->target.core));
}

static void cap_13_other_family_stays(struct kunit *test)
{
	struct testbed *bed = test->priv;
	unsigned int before = bed->enables;

	/* Arrange: a target that offloads IPv6 only */
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_PAUSE);
	bed->target.caps.ipv4 = false;
	bed->target.caps.ipv6 = true;
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_RESUME);
	TESTBED_UNTIL(test, READ_ONCE(bed->enables) > before);
	/* Act, Assert */
	KUNIT_EXPECT_EQ(test, 1,
			testbed_finish(test, testbed_request(test, bed,
							     INITIATE)));
	KUNIT_EXPECT_EQ(test, 0, bed->calls[INITIATE]);
}

/* Contract: PAU-10, PAU-12 */
static void pau_11_everything_comes_home(struct kunit *test)
{
	struct testbed *bed = test->priv;
	int layer;

	/* Arrange */
	testbed_connect(test, bed);
	testbed_offload(test, bed);
	/* Act */
	chimney_status_indicate(&bed->target, CHIMNEY_INDICATION_UPLOAD_ALL);
	/* Assert */
	testbed_wait(test, bed, TERMINATE, 1);
	for (layer = 0; layer <= CHIMNEY_LAYER_TCP; layer++)
		KUNIT_EXPECT_NOT_NULL(test, testbed_block(test, bed, TERMINATE,
							  layer, 0)->handle);
	KUNIT_EXPECT_NOT_NULL(test, testbed_block(test, bed, TERMINATE,
						  CHIMNEY_LAYER_TCP, 1));
	testbed_complete(bed, TERMINATE, CHIMNEY_STATUS_SUCCESS);
	KUNIT_EXPECT_EQ(test, 2,
			testbed_finish(test, testbed_request(test, bed,
							     INITIATE)));
	KUNIT_EXPECT_EQ(test, 1, bed->calls[INITIATE]);
}

/* Reachability -------------------------------------------------------------- */

static u32 ask(struct testbed *bed, u32 nic_reachability_delta)
{
	struct chimney_neighbor_offload_state state = {};
	struct chimney_block block;

	chimney_block_init(&block, CHIMNEY_NEIGHBOR_STATE, bed->neighbor,
			   &state);
	block.status = CHIMNEY_STATUS_SUCCESS;
	state.cached.host_reachability_delta = 12345;
	state.delegated.nic_reachability_delta = nic_reachability_delta;
	chimney_event_indicate(&bed->target, &block,
			       CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
	return state.cached.host_reachability_delta;
}

static void set_neighbor(struct kunit *test, struct testbed *bed,
			 const char *format)
{
	testbed_shell(test, bed,
		      "echo 1 >/proc/sys/net/ipv4/neigh/%s/delay_first_probe_time");
	testbed_shell(test, bed, format);
}

#define NEIGHBOR "ip neigh replace 192.0.2.2 lladdr 02:00:00:00:00:02 dev %s nud "

static void evt_11_reachable(struct kunit *test)
{
	struct testbed *bed = test->priv;
	u32 delta;

	/* Arrange */
	set_neighbor(test, bed, NEIGHBOR "reachable");
	testbed_offload(test, bed);
	/* Act */
	delta = ask(bed, 1000);
	/* Assert */
	KUNIT_EXPECT_NE(test, 0, delta);
	KUNIT_EXPECT_NE(test, 12345, delta);
}

static bool neighbor_is(struct testbed *bed, u8 state)
{
	__be32 addr = cpu_to_be32(0xc0000202);
	struct neighbour *neigh;
	bool is = false;

	neigh = neigh_lookup(&arp_tbl, &addr, bed->target.dev);
	if (neigh) {
		is = READ_ONCE(neigh->nud_state) & state;
		neigh_release(neigh);
	}
	return is;
}

/* Contract: EVT-13 */
static void evt_14_progress_confirms(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	set_neighbor(test, bed, NEIGHBOR "stale");
	testbed_offload(test, bed);
	bed->reachability = 1000;
	/* Act */
	KUNIT_EXPECT_EQ(test, 0, ask(bed, 2000));
	/* Assert */
	testbed_wait(test, bed, QUERY, 1);
	TESTBED_UNTIL(test, neighbor_is(bed, NUD_REACHABLE));
}

/* Contract: EVT-11, EVT-13 */
static void evt_15_no_progress_is_probed(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange: nobody answers a probe */
	set_neighbor(test, bed, NEIGHBOR "stale");
	testbed_offload(test, bed);
	bed->reachability = 3600U * USEC_PER_SEC;
	/* Act */
	KUNIT_EXPECT_EQ(test, 0, ask(bed, 2000));
	testbed_wait(test, bed, QUERY, 1);
	/* Assert */
	testbed_wait(test, bed, INVALIDATE, 1);
	KUNIT_EXPECT_PTR_EQ(test, bed->neighbor,
			    testbed_block(test, bed, INVALIDATE,
					  CHIMNEY_LAYER_NEIGHBOR, 0)->handle);
	bed->prompt = true;
	testbed_complete(bed, INVALIDATE, CHIMNEY_STATUS_SUCCESS);
	testbed_wait(test, bed, TERMINATE, 1);
}

/* It was reachable, but that is long ago. */
static void age_neighbor(struct kunit *test, struct testbed *bed)
{
	__be32 addr = cpu_to_be32(0xc0000202);
	struct neighbour *neigh;

	neigh = neigh_lookup(&arp_tbl, &addr, bed->target.dev);
	KUNIT_ASSERT_NOT_NULL(test, neigh);
	WRITE_ONCE(neigh->confirmed, jiffies - 60 * HZ);
	neigh_release(neigh);
}

/* Contract: EVT-14 */
static void evt_16_target_is_asked_before_a_probe(struct kunit *test)
{
	struct testbed *bed = test->priv;

	/* Arrange */
	testbed_offload(test, bed);
	bed->reachability = 1000;
	age_neighbor(test, bed);
	/* Act: the host is about to send itself */
	set_neighbor(test, bed, NEIGHBOR "delay");
	/* Assert */
	testbed_wait(test, bed, QUERY, 1);
	TESTBED_UNTIL(test, neighbor_is(bed, NUD_REACHABLE));
}

static struct kunit_case host_cases[] = {
	KUNIT_CASE(arc_01_host_sets_the_connection_up),
	KUNIT_CASE(arc_03_each_by_its_own_way),
	KUNIT_CASE(cap_03_capabilities_come_first),
	KUNIT_CASE(cap_13_other_family_stays),
	KUNIT_CASE(cancel_comes_before_the_next_layer),
	KUNIT_CASE(cancel_comes_before_the_next_tree),
	KUNIT_CASE_PARAM(cls_04_option_is_an_update, option_gen_params),
	KUNIT_CASE(cls_15_backlog_of_a_terminate_means_nothing),
	KUNIT_CASE(ctx_06_always_the_same_slot),
	KUNIT_CASE(dat_09_all_state_hangs_on_blocks),
	KUNIT_CASE(dsc_15_fin_behind_all_data),
	KUNIT_CASE_PARAM(dsc_17_closing_goes_on_at_home, close_gen_params),
	KUNIT_CASE(evt_11_reachable),
	KUNIT_CASE(evt_14_progress_confirms),
	KUNIT_CASE(evt_15_no_progress_is_probed),
	KUNIT_CASE(evt_16_target_is_asked_before_a_probe),
	KUNIT_CASE(fwd_04_segment_from_elsewhere),
	KUNIT_CASE(fwd_05_reassembled_segment),
	KUNIT_CASE(init_01_to_the_target_of_the_route),
	KUNIT_CASE(init_04_ip_options_stay),
	KUNIT_CASE(init_05_ack_that_is_due_goes_out),
	KUNIT_CASE(init_07_no_timer_stays_behind),
	KUNIT_CASE(init_08_timers_travel),
	KUNIT_CASE(init_09_unread_data_stays),
	KUNIT_CASE(init_10_send_data_travels),
	KUNIT_CASE(init_12_reachability_is_the_same),
	KUNIT_CASE(init_13_timestamps_go_on),
	KUNIT_CASE_PARAM(init_14_no_operation_before_the_completion,
			 busy_gen_params),
	KUNIT_CASE(init_14_no_send_before_the_completion),
	KUNIT_CASE(init_30_a_failure_changes_nothing),
	KUNIT_CASE(init_66_segments_wait_for_the_completion),
	KUNIT_CASE(inv_08_what_is_invalid_comes_home),
	KUNIT_CASE(next_tree_begins_anew_after_a_failure),
	KUNIT_CASE(next_tree_links_to_the_one_before),
	KUNIT_CASE(op_05_next_tree_after_a_lost_one),
	KUNIT_CASE(op_05_next_tree_home_after_a_lost_one),
	KUNIT_CASE(op_12_a_lent_tree_is_left_alone),
	KUNIT_CASE(pau_01_nothing_while_paused),
	KUNIT_CASE(pau_07_capabilities_after_a_resume),
	KUNIT_CASE(pau_11_everything_comes_home),
	KUNIT_CASE(qry_09_a_failure_brings_it_home),
	KUNIT_CASE(rind_05_all_is_taken),
	KUNIT_CASE(rind_07_a_full_socket_refuses),
	KUNIT_CASE(rtx_09_timer_that_fires_at_once),
	KUNIT_CASE(snd_09_one_send_call_at_a_time),
	KUNIT_CASE(snd_10_several_sends_at_once),
	KUNIT_CASE(snd_13_urgent_data_goes_home),
	KUNIT_CASE(snd_26_backlog_is_respected),
	KUNIT_CASE(term_04_calls_return_first),
	KUNIT_CASE(term_06_objects_go_with_their_last_dependent),
	KUNIT_CASE(term_09_device_goes_down),
	KUNIT_CASE(term_10_nothing_more_from_the_terminate_on),
	KUNIT_CASE(term_21_a_lost_connection_is_aborted),
	KUNIT_CASE(term_21_what_was_refused_is_freed),
	KUNIT_CASE(term_40_timestamps_go_on),
	KUNIT_CASE(term_50_buffered_data_is_delivered),
	KUNIT_CASE(term_51_buffered_data_is_returned),
	KUNIT_CASE(tev_10_abort),
	KUNIT_CASE_PARAM(tev_15_retrieve, reason_gen_params),
	KUNIT_CASE(upd_01_not_before_it_is_offloaded),
	KUNIT_CASE(upd_02_one_at_a_time),
	KUNIT_CASE(upd_11_new_mac),
	KUNIT_CASE(upd_12_new_router),
	KUNIT_CASE(upd_13_path_mtu),
	KUNIT_CASE(upd_26_a_failure_brings_it_home),
	{}
};

struct kunit_suite chimney_host_suite = {
	.name = "chimney_host",
	.suite_exit = testbed_suite_exit,
	.init = testbed_init,
	.test_cases = host_cases,
};
