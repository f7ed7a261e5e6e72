/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real host stack between a wire and a target, both in the hands of a test:
 * a device with a peer that the test speaks for, sockets connected to that peer,
 * and a target that records what the host hands to it and answers when it is
 * told to.
 */
#ifndef _CHIMNEY_KUNIT_TESTBED_H
#define _CHIMNEY_KUNIT_TESTBED_H

#include <kunit/test.h>
#include <linux/net.h>
#include <linux/wait.h>
#include <net/tcp.h>

#include <chimney/client.h>

#include "core/op.h"
#include "core/violation.h"
#include "host/host.h"

#define TESTBED_CONNS		2
#define TESTBED_OPS		(CHIMNEY_OP_KIND_INVALIDATE + 1)
/* Never reached: time means nothing on an emulated machine. */
#define TESTBED_DEADLINE_MS	(10 * 60 * 1000)
/* The peer's window is shifted by that much. */
#define TESTBED_WSCALE		7
#define TESTBED_LOG		16

/**
 * struct testbed_conn - a connection of an application to the peer
 * @socket: the application's end, until it closes it
 * @port: local port
 * @peer_seq: next byte the peer sends
 * @peer_ack: next byte it expects
 * @window: that it advertises, before the shift
 * @sent_end: sequence number behind all that was sent to it
 * @sent_ack: last acknowledgment sent to it
 * @sent_ts: last timestamp sent to it
 * @written: bytes the application has written
 * @handle: how the target names it; NULL while it does not have it
 * @state: as the target has it, and will give it back
 * @chain: send data the target has
 */
struct testbed_conn {
	struct socket *socket;
	__be16 port;
	u32 peer_seq;
	u32 peer_ack;
	u16 window;
	u32 sent_end;
	u32 sent_ack;
	u32 sent_ts;
	u32 written;
	struct chimney_handle *handle;
	struct chimney_tcp_state_delegated state;
	struct sk_buff_head chain;
};

/**
 * struct testbed - everything of one test
 * @target: the target
 * @conn: the connections
 * @conns: how many
 * @frames: TCP frames that left the device
 * @peer_clock: timestamps of the peer
 * @prompt: the target answers state operations at once, with success
 * @hold_queries: if not @prompt, it does not do so with queries, which the host
 *	makes on its own account, too
 * @tree: the tree the target has and did not complete yet, by operation
 * @calls: trees it got, by operation
 * @log: the operations, in order
 * @logged: how many
 * @neighbor: how it names the neighbor it got last
 * @reachability: answer to a query of a neighbor, ticks
 * @sends: send calls
 * @forwarded: segments it got with forwards
 * @lock: protects the chains of the connections
 * @hold_sends: a send call waits inside for this to become false
 * @sending: send calls that are executing
 * @overlaps: times one began while another was executing
 * @request: receive request it has
 * @requests: receive requests it got
 * @disconnect: disconnect request it has
 * @enabled: what it was told to use
 * @enables: how often it was told
 * @initiated_before_enabled: a tree came first
 * @max_tree: net.chimney.max_tree before the test
 * @wait: woken by each call
 */
struct testbed {
	struct chimney_target target;
	struct testbed_conn conn[TESTBED_CONNS];
	unsigned int conns;
	struct sk_buff_head frames;
	u32 peer_clock;

	bool prompt;
	bool hold_queries;
	struct chimney_block *tree[TESTBED_OPS];
	unsigned int calls[TESTBED_OPS];
	enum chimney_op_kind log[TESTBED_LOG];
	unsigned int logged;
	struct chimney_handle *neighbor;
	u32 reachability;
	unsigned int sends;
	struct sk_buff_head forwarded;
	spinlock_t lock;
	bool hold_sends;
	atomic_t sending;
	unsigned int overlaps;
	struct chimney_receive *request;
	unsigned int requests;
	struct chimney_disconnect *disconnect;
	struct chimney_caps enabled;
	unsigned int enables;
	bool initiated_before_enabled;
	unsigned int max_tree;
	wait_queue_head_t wait;
};

/* For suites: a testbed with one connection, in test->priv. */
int testbed_init(struct kunit *test);
void testbed_suite_exit(struct kunit_suite *suite);

struct testbed_conn *testbed_connect(struct kunit *test, struct testbed *bed);
/* The first and the second half of it: the SYN, the rest of the handshake. */
struct testbed_conn *testbed_connect_begin(struct kunit *test,
					   struct testbed *bed);
void testbed_connect_end(struct kunit *test, struct testbed *bed,
			 struct testbed_conn *conn);
struct sock *testbed_sk(const struct testbed_conn *conn);

/*
 * A frame of the peer with @len bytes of its stream from @seq on, and what
 * becomes of it when it arrives.
 */
struct sk_buff *testbed_frame(struct kunit *test, struct testbed *bed,
			      struct testbed_conn *conn, u8 flags, u32 seq,
			      u32 len);
void testbed_receive(struct testbed *bed, struct sk_buff *skb);
/* The peer's next bytes; its acknowledgment of all that was sent to it. */
void testbed_data(struct kunit *test, struct testbed *bed,
		  struct testbed_conn *conn, u32 len);
void testbed_ack(struct kunit *test, struct testbed *bed,
		 struct testbed_conn *conn);

/* The application; neither waits. testbed_read() checks what it reads. */
void testbed_write(struct kunit *test, struct testbed_conn *conn, u32 len);
int testbed_read(struct kunit *test, struct testbed_conn *conn, u32 len);
void testbed_close(struct testbed_conn *conn);

/* A request to the host, all connections; the caller holds the operation. */
struct chimney_op *testbed_request(struct kunit *test, struct testbed *bed,
				   enum chimney_op_kind kind);
/* With a deadline for each tree. */
struct chimney_op *testbed_request_within(struct kunit *test,
					  struct testbed *bed,
					  enum chimney_op_kind kind,
					  u32 deadline_ms);
/* Of all layers, not of the connections alone. */
struct chimney_op *testbed_request_layers(struct kunit *test,
					  struct testbed *bed,
					  enum chimney_op_kind kind);
/* One connection. */
struct chimney_op *testbed_request_one(struct kunit *test,
				       struct testbed_conn *conn,
				       enum chimney_op_kind kind);
/* Wait for its end, put it, and tell how many connections were refused. */
u32 testbed_finish(struct kunit *test, struct chimney_op *op);
/* Out to the target without a fault. */
void testbed_offload(struct kunit *test, struct testbed *bed);

/* Wait until the target got that many trees of a kind. */
void testbed_wait(struct kunit *test, struct testbed *bed,
		  enum chimney_op_kind kind, unsigned int calls);
/* The target's answer to the last tree of a kind. */
void testbed_complete(struct testbed *bed, enum chimney_op_kind kind,
		      enum chimney_status status);
/* The n-th block of a layer in the last tree of a kind, not yet completed. */
struct chimney_block *testbed_block(struct kunit *test, struct testbed *bed,
				    enum chimney_op_kind kind,
				    enum chimney_layer layer, int n);
bool testbed_has_block(struct testbed *bed, enum chimney_op_kind kind,
		       enum chimney_layer layer);
/* The target shows the next @len bytes of the peer to the host. */
enum chimney_status testbed_indicate(struct kunit *test, struct testbed *bed,
				     struct testbed_conn *conn, u32 len);

/* In the machine; @format has one %s, the device. */
void testbed_shell(struct kunit *test, struct testbed *bed, const char *format);

/* Wait for something that a worker brings about. */
#define TESTBED_UNTIL(test, condition)					       \
do {									       \
	unsigned long until_end = jiffies + 60 * HZ;			       \
									       \
	while (!(condition) && time_before(jiffies, until_end))		       \
		usleep_range(100, 200);					       \
	KUNIT_ASSERT_TRUE(test, condition);				       \
} while (0)

extern struct kunit_suite chimney_call_suite;
extern struct kunit_suite chimney_host_suite;
extern struct kunit_suite chimney_im_suite;

#endif /* _CHIMNEY_KUNIT_TESTBED_H */
