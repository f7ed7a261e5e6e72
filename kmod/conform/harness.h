/* SPDX-License-Identifier: GPL-2.0-only */
/* What the cases of the conformance kit are written with. */
#ifndef _CHIMNEY_CONFORM_HARNESS_H
#define _CHIMNEY_CONFORM_HARNESS_H

#include <linux/completion.h>
#include <linux/if_ether.h>
#include <linux/netdevice.h>
#include <linux/tcp.h>
#include <linux/wait.h>

#include <chimney/client.h>

#include "case.h"

/**
 * DOC: locking of the conformance kit
 *
 * One case at a time, in process context; its functions are called by that
 * thread alone. The target calls back, and the tap sees frames, in any context:
 * conform::lock (BH) guards the log and the members marked (l). It is a leaf.
 * Members not marked belong to the thread of the case, or are written before
 * the target hears of them.
 */

#define CONFORM_MSS		1460
#define CONFORM_DEADLINE_MS	(60 * 1000)
/* How long something that must happen may take, and nothing that must not. */
#define CONFORM_PATIENCE	(30 * HZ)
#define CONFORM_SETTLE_MS	250

/* First octets of the addresses in use (RFC 5737) */
#define CONFORM_LOCAL		0xc0000201	/* 192.0.2.1 */
#define CONFORM_REMOTE		0xc6336400	/* 198.51.100.0 */

/**
 * enum conform_kind - what an entry of the log tells of
 * @CONFORM_TREE: a state operation completed
 * @CONFORM_LOST: a state operation missed its deadline
 * @CONFORM_SEND: an skb of a send was completed
 * @CONFORM_RECEIVE: a receive request was completed
 * @CONFORM_FORWARD: a forwarded segment was completed
 * @CONFORM_DISCONNECT: a disconnect was completed
 * @CONFORM_INDICATION: data was indicated
 * @CONFORM_EVENT: an event of a connection
 * @CONFORM_NEIGHBOR: an event of a neighbor
 * @CONFORM_STATUS: the target told of itself
 * @CONFORM_FRAME: a frame of one of the connections left
 * @CONFORM_HOST: a frame to one of the connections was left to the host
 */
enum conform_kind {
	CONFORM_TREE,
	CONFORM_LOST,
	CONFORM_SEND,
	CONFORM_RECEIVE,
	CONFORM_FORWARD,
	CONFORM_DISCONNECT,
	CONFORM_INDICATION,
	CONFORM_EVENT,
	CONFORM_NEIGHBOR,
	CONFORM_STATUS,
	CONFORM_FRAME,
	CONFORM_HOST,
};

/**
 * struct conform_frame - a TCP segment and what it came in
 * @source: MAC address
 * @destination: MAC address
 * @vlan: 802.1Q tag, or -1
 * @tos: of the IP header
 * @ttl: of the IP header
 * @id: of the IP header
 * @df: of the IP header
 * @octets: length of the IP datagram
 * @seq: sequence number
 * @ack: acknowledgment number
 * @flags: TCPHDR_FIN and so on, as in the header
 * @window: as in the header
 * @len: bytes of data
 * @mss: bytes of data in each segment, if it is to be segmented further
 * @good: the data is what stands at @seq
 * @timestamps: the option is there
 * @tsval: of the option
 * @tsecr: of the option
 * @sacks: SACK blocks
 * @sack: of them the first
 */
struct conform_frame {
	u8 source[ETH_ALEN];
	u8 destination[ETH_ALEN];
	int vlan;
	u8 tos;
	u8 ttl;
	u16 id;
	bool df;
	u32 octets;
	u32 seq;
	u32 ack;
	u8 flags;
	u16 window;
	u32 len;
	u32 mss;
	bool good;
	bool timestamps;
	u32 tsval;
	u32 tsecr;
	unsigned int sacks;
	struct {
		u32 start;
		u32 end;
	} sack;
};

/* Flags of a segment, as in the thirteenth byte of the header */
#define CONFORM_FIN	0x01
#define CONFORM_SYN	0x02
#define CONFORM_RST	0x04
#define CONFORM_PSH	0x08
#define CONFORM_ACK	0x10
#define CONFORM_URG	0x20

/**
 * struct conform_entry - something that happened
 * @list: in conform::log
 * @number: position, from 1
 * @kind: what
 * @object: to which object, or NULL
 * @tree: CONFORM_TREE, CONFORM_LOST: which
 * @item: CONFORM_RECEIVE, CONFORM_DISCONNECT: which request
 * @status: of a completion, or answered to an indication
 * @code: of an event or indication of a status
 * @information: of an event
 * @len: bytes
 * @good: the bytes are the right ones; CONFORM_TREE: it came asynchronously
 * @frame: CONFORM_FRAME, CONFORM_HOST
 */
struct conform_entry {
	struct list_head list;
	unsigned int number;
	enum conform_kind kind;
	struct conform_object *object;
	struct conform_tree *tree;
	void *item;
	enum chimney_status status;
	u32 code;
	u32 information;
	u32 len;
	bool good;
	struct conform_frame frame;
};

/**
 * struct conform_object - a neighbor, a path or a connection
 * @list: in conform::objects
 * @c: the case
 * @name: its letter N, P or T, and a number
 * @layer: what it is
 * @parent: what it depends on, or NULL
 * @handle: the client's record
 * @neighbor: state to be handed over
 * @path: likewise
 * @tcp: likewise
 * @send_queue: send data to be handed over
 * @host_nxt: next byte to be sent by the host
 * @sends: (l) skbs of sends that are not completed
 * @delivered: (l) next byte to be delivered to the host
 * @accept: (l) what is answered to indications
 * @part: (l) bytes that are accepted of an indication in part
 * @again: posted in the completion of the next receive request
 * @busy: (l) completions of receive requests and indications that run
 * @overlap: (l) there were two at a time
 * @keep: (l) indicated skbs are kept
 * @kept: (l) these
 * @peer: the other end of a connection; frames of it are all that is known
 */
struct conform_object {
	struct list_head list;
	struct conform *c;
	char name[8];
	enum chimney_layer layer;
	struct conform_object *parent;
	struct chimney_handle handle;
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	};
	struct sk_buff_head send_queue;
	u32 host_nxt;
	unsigned int sends;
	u32 delivered;
	enum chimney_status accept;
	u32 part;
	struct conform_request *again;
	unsigned int busy;
	bool overlap;
	bool keep;
	struct sk_buff_head kept;
	/**
	 * @peer.snd_nxt: next byte it sends
	 * @peer.window: window it advertises, as in the header
	 * @peer.tsval: its timestamp clock
	 * @peer.rcv_nxt: (l) end of what arrived in order; 0 before the first
	 * initiate if that is where the send data begins
	 * @peer.acked: (l) highest acknowledgment that arrived
	 * @peer.ts_recent: (l) last timestamp that arrived
	 * @peer.frames: (l) frames that arrived
	 * @peer.corrupt: (l) one carried wrong bytes
	 * @peer.fin: (l) a FIN arrived in order
	 */
	struct {
		u32 snd_nxt;
		u16 window;
		u32 tsval;
		u32 rcv_nxt;
		u32 acked;
		u32 ts_recent;
		unsigned int frames;
		bool corrupt;
		bool fin;
	} peer;
};

/**
 * struct conform_node - a block of a tree with its state
 * @block: the block
 * @object: its object, NULL for a placeholder
 * @neighbor: room for any class of state
 * @path: likewise
 * @tcp: likewise
 */
struct conform_node {
	struct chimney_block block;
	struct conform_object *object;
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	};
};

/**
 * struct conform_tree - a state tree
 * @list: in conform::trees
 * @kind: the operation it was submitted with
 * @submitted: it was
 * @back: (l) the client owns it again
 * @lost: (l) the operation missed its deadline
 * @count: blocks
 * @node: the blocks in the order of traversal
 */
struct conform_tree {
	struct list_head list;
	enum chimney_op_kind kind;
	bool submitted;
	bool back;
	bool lost;
	unsigned int count;
	struct conform_node node[];
};

/**
 * struct conform_request - a receive request
 * @list: in conform::requests
 * @receive: the request
 * @object: the connection
 * @vec: the buffer
 * @len: its size, what it held before included
 * @out: (l) the target has it
 */
struct conform_request {
	struct list_head list;
	struct chimney_receive receive;
	struct conform_object *object;
	struct kvec vec;
	size_t len;
	bool out;
};

/**
 * struct conform_disconnect - a disconnect request
 * @list: in conform::disconnects
 * @disconnect: the request
 * @object: the connection
 * @out: (l) the target has it
 */
struct conform_disconnect {
	struct list_head list;
	struct chimney_disconnect disconnect;
	struct conform_object *object;
	bool out;
};

/**
 * struct conform - a case that is running
 * @client: the client it is
 * @binding: to the target
 * @target: the target, valid until the case ends
 * @net: namespace of the device
 * @ifindex: the device
 * @result: what came of it so far
 * @at_complete: (l) called when a tree is back, in the target's completion
 * @calling: the thread that begins an operation, while it does
 * @hrd: (l) what a reachability query is answered
 * @asked: (l) state of the neighbor in the last reachability query
 * @gone: the target goes away, the case must end
 * @quiet: the case has ended, the target may go
 * @wait: woken when something happens
 * @lock: see DOC above
 * @log: (l) what happened
 * @logged: (l) how much
 * @forwards: (l) segments that are not completed
 * @objects: all of the case
 * @trees: all of the case
 * @requests: all of the case
 * @disconnects: all of the case
 * @tap: sees all frames of the device
 * @host: sees what the target leaves to the host
 * @breaches: of the contract by the target, before the case
 */
struct conform {
	struct chimney_client client;
	struct chimney_binding *binding;
	struct chimney_target *target;
	struct net *net;
	int ifindex;
	struct conform_result *result;
	void (*at_complete)(struct conform *c, struct conform_tree *tree);
	struct task_struct *calling;
	u32 hrd;
	struct chimney_neighbor_offload_state asked;
	bool gone;
	struct completion quiet;
	wait_queue_head_t wait;
	spinlock_t lock;	/* protects what is marked (l) */
	struct list_head log;
	unsigned int logged;
	unsigned int forwards;
	struct list_head objects;
	struct list_head trees;
	struct list_head requests;
	struct list_head disconnects;
	struct packet_type tap;
	struct packet_type host;
	u32 *breaches;
};

/* harness.c: verdicts */
__printf(2, 3) void conform_fail(struct conform *c, const char *fmt, ...);
__printf(2, 3) void conform_skip(struct conform *c, const char *fmt, ...);
bool conform_equal(struct conform *c, const char *what, s64 expected, s64 got);
bool conform_true(struct conform *c, const char *what, bool condition);

#define CONFORM_EQ(c, expected, got) conform_equal(c, #got, expected, got)
#define CONFORM_TRUE(c, condition) conform_true(c, #condition, condition)

/*
 * Wait until something that must happen has happened; false, and the case has
 * failed, if it does not.
 */
#define conform_until(c, condition)					\
	(wait_event_timeout((c)->wait,					\
			    (condition) || READ_ONCE((c)->gone),	\
			    CONFORM_PATIENCE),				\
	 conform_true(c, "in the end: " #condition, condition))

/* Time for something to happen that must not. */
void conform_settle(struct conform *c);

/* harness.c: the log */
struct conform_entry *conform_log_new(struct conform *c,
				      enum conform_kind kind,
				      struct conform_object *object);
void conform_log_add(struct conform *c, struct conform_entry *entry);
/* The first entry behind @after, NULL for the start; object NULL for any. */
struct conform_entry *conform_find(struct conform *c,
				   const struct conform_entry *after,
				   enum conform_kind kind,
				   const struct conform_object *object);
struct conform_entry *conform_await(struct conform *c,
				    const struct conform_entry *after,
				    enum conform_kind kind,
				    const struct conform_object *object);
unsigned int conform_count(struct conform *c, enum conform_kind kind,
			   const struct conform_object *object);
struct conform_entry *conform_find_event(struct conform *c,
					 const struct conform_object *object,
					 enum chimney_tcp_event event);
struct conform_entry *conform_await_event(struct conform *c,
					  const struct conform_object *object,
					  enum chimney_tcp_event event);
/* Fails the case unless @first stands before @second in the log. */
bool conform_before(struct conform *c, const char *what,
		    const struct conform_entry *first,
		    const struct conform_entry *second);
struct conform_entry *conform_last(struct conform *c);
bool conform_fault(struct conform *c, const char *script);

/* tree.c */
struct conform_object *conform_object(struct conform *c, const char *name);
struct conform_tree *conform_tree(struct conform *c, const char *picture);
bool conform_submit(struct conform *c, struct conform_tree *tree,
		    enum chimney_op_kind kind);
bool conform_await_tree(struct conform *c, struct conform_tree *tree);
struct conform_entry *conform_tree_entry(struct conform *c,
					 const struct conform_tree *tree);
/* Build, submit, wait; NULL, and the case has failed, if that goes wrong. */
struct conform_tree *conform_operate(struct conform *c,
				     enum chimney_op_kind kind,
				     const char *picture);
struct conform_node *conform_node(struct conform_tree *tree, const char *name);
/* Statuses in the order of traversal, separated by blanks. */
bool conform_statuses(struct conform *c, const struct conform_tree *tree,
		      const char *expected);
bool conform_all_succeeded(struct conform *c, const struct conform_tree *tree);
/* An operation in which every block must succeed. */
struct conform_tree *conform_initiate(struct conform *c, const char *picture);
struct conform_tree *conform_terminate(struct conform *c, const char *picture);
struct conform_tree *conform_query(struct conform *c, const char *picture);
struct conform_tree *conform_update(struct conform *c, const char *picture);
struct conform_tree *conform_invalidate(struct conform *c,
					const char *picture);
/* Fails unless @tree was completed once, not from within the target's handler. */
bool conform_asynchronous(struct conform *c, const struct conform_tree *tree);
/* Offloads "N1(P1(T1))"; T1, or NULL. */
struct conform_object *conform_connection(struct conform *c);
/* Its state when it was terminated, or queried. */
struct chimney_tcp_state_delegated *
conform_delegated(struct conform_tree *tree, const char *name);
void conform_bring_home(struct conform *c);

/* peer.c: segments and frames */
/**
 * struct conform_segment - a segment of the peer
 * @seq: sequence number
 * @ack: acknowledgment number
 * @flags: CONFORM_ACK and so on
 * @window: as in the header
 * @urgent: urgent pointer
 * @len: bytes of data
 * @timestamps: with the option
 * @tsval: of the option
 * @tsecr: of the option
 * @sack_start: of a SACK block
 * @sack_end: of it; equal to the start: none
 * @tag: 802.1Q tag of its frame, or 0
 * @destination: MAC address its frame is sent to; NULL for the device's
 */
struct conform_segment {
	u32 seq;
	u32 ack;
	u8 flags;
	u16 window;
	u16 urgent;
	u32 len;
	bool timestamps;
	u32 tsval;
	u32 tsecr;
	u32 sack_start;
	u32 sack_end;
	u16 tag;
	const u8 *destination;
};

/* How a segment is put into a frame. */
#define CONFORM_BAD_CHECKSUM	BIT(0)	/* of the TCP header */
#define CONFORM_IP_OPTIONS	BIT(1)
#define CONFORM_FRAGMENT	BIT(2)

u8 conform_byte(u32 seq);
struct conform_segment conform_segment(struct conform_object *conn);
bool conform_forward(struct conform_object *conn,
		     const struct conform_segment *segment);
bool conform_arrive(struct conform_object *conn,
		    const struct conform_segment *segment, unsigned int how);
bool conform_peer_send(struct conform_object *conn, u32 len, u8 flags);
bool conform_peer_ack(struct conform_object *conn);
bool conform_peer_flags(struct conform_object *conn, u8 flags);
bool conform_taps_add(struct conform *c);
void conform_taps_remove(struct conform *c);
struct conform_entry *conform_find_flags(struct conform *c,
					 const struct conform_object *conn,
					 u8 mask, u8 flags);

/* A send has come back: the target is at work on the connection. */
bool conform_exchange(struct conform_object *conn);

/* Everything up to @seq has arrived at the peer, which acknowledges as it comes. */
bool conform_await_sent(struct conform_object *conn, u32 seq, bool acknowledge);

/* io.c: what the host does with a connection */
struct sk_buff *conform_data(u32 seq, u32 len);
/* Whether these are the bytes from @seq on. */
bool conform_is_data(const struct sk_buff *skb, u32 seq);
bool conform_send(struct conform_object *conn, u32 len);
/* Send data for an initiate. */
bool conform_queue(struct conform_object *conn, u32 len);
struct conform_request *conform_request(struct conform_object *conn, size_t len,
					bool no_push);
struct conform_request *conform_post(struct conform_object *conn, size_t len,
				     bool no_push);
struct conform_request *conform_post_prefilled(struct conform_object *conn,
					       size_t len, size_t prefilled);
struct conform_disconnect *conform_disconnect(struct conform_object *conn,
					      bool abortive, u32 len);
bool conform_await_delivered(struct conform_object *conn, u32 bytes);
u32 conform_delivered(struct conform_object *conn);
void conform_accept(struct conform_object *conn, enum chimney_status answer,
		    u32 part);
void conform_keep(struct conform_object *conn);
void conform_return_kept(struct conform_object *conn);
/* How often an object of that kind is still out. */
unsigned int conform_outstanding(struct conform *c);

extern const struct chimney_client_ops conform_client_ops;
/* The case that is running: whom targets are offered to. */
extern struct conform *conform_current;
void conform_io_free(struct conform *c);

/* The cases, each table in the file of its name */
extern const struct conform_case conform_init_cases[];
extern const struct conform_case conform_query_cases[];
extern const struct conform_case conform_update_cases[];
extern const struct conform_case conform_invalidate_cases[];
extern const struct conform_case conform_term_cases[];
extern const struct conform_case conform_send_cases[];
extern const struct conform_case conform_receive_cases[];
extern const struct conform_case conform_disconnect_cases[];
extern const struct conform_case conform_event_cases[];
extern const struct conform_case conform_statistics_cases[];
extern const struct conform_case conform_parameters_cases[];
extern const struct conform_case conform_tcp_cases[];
extern const struct conform_case conform_fault_cases[];

#endif /* _CHIMNEY_CONFORM_HARNESS_H */
