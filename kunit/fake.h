/* SPDX-License-Identifier: GPL-2.0-only */
/* A client and a target that do exactly what a test tells them. */
#ifndef _CHIMNEY_KUNIT_FAKE_H
#define _CHIMNEY_KUNIT_FAKE_H

#include <kunit/test.h>
#include <linux/completion.h>

#include <chimney/client.h>

#include "core/violation.h"

#define FAKE_NODES	12
#define FAKE_TREES	8
/* Never reached: time means nothing on an emulated machine. */
#define FAKE_DEADLINE_MS	(10 * 60 * 1000)

/**
 * struct fake_node - a block with its object and its state
 * @block: the block
 * @handle: the object
 * @fake: whose it is
 * @state: at initiate; at terminate the delegated part
 */
struct fake_node {
	struct chimney_block block;
	struct chimney_handle handle;
	struct fake *fake;
	union {
		struct chimney_neighbor_offload_state neighbor;
		struct chimney_path_offload_state path;
		struct chimney_tcp_offload_state tcp;
	} state;
};

/* Which state structures the blocks of a tree bring. */
enum fake_class {
	FAKE_CONST,
	FAKE_CACHED,
	FAKE_DELEGATED,
	FAKE_COMPLETE,
	FAKE_NONE,
};

/**
 * struct fake_tree - a state tree
 * @node: blocks in the order of traversal
 * @count: how many
 */
struct fake_tree {
	struct fake_node node[FAKE_NODES];
	unsigned int count;
};

/**
 * struct fake - a target on a device of its own and a client bound to it
 * @target: the target; only what a test makes it do is done
 * @client: the client
 * @binding: between them
 * @tree: the trees of the test; they live as long as the fake
 * @trees: how many
 * @obedient: the target completes what it gets at once, with success
 * @careless: the client leaves everything behind when it is unbound
 * @incurious: the client neither queries nor enables capabilities
 * @refuse_parameters: the target refuses parameters
 * @answer_delta: reachability delta the client answers a query with
 * @at_complete: called by the client when an operation completes
 * @at_receive: called by the client when a receive request completes
 * @at_indication: called by the client when it is told about the target
 * @initiated: last tree the target got with an initiate
 * @terminated: last tree the target got with a terminate
 * @queried: last tree the target got with a query
 * @updated: last tree the target got with an update
 * @invalidated: last tree the target got with an invalidate
 * @got: skbs the target got with sends and forwards
 * @request: last receive request the target got
 * @disconnect: last disconnect request the target got
 * @context: of the last I/O call the target got
 * @enabled: capabilities the target was told to enable
 * @parameters: parameters the target was told to use
 * @statistics: counters of the target for IPv4 and IPv6
 * @stopped: the target was told to stop
 * @completed: last tree the client got back
 * @completed_kind: of which operation
 * @completed_binding: over which
 * @completions: trees the client got back
 * @lost: tree the client was told is lost
 * @was_lost: it was
 * @freed: tree the client was to free
 * @unbound: the client was unbound
 * @back: skbs the client got back
 * @back_status: with which status
 * @backs: send and forward completions the client got
 * @request_back: last receive request the client got back
 * @requests_back: how many it got back
 * @disconnect_back: last disconnect request the client got back
 * @disconnects_back: how many it got back
 * @indicated: skbs the client took
 * @indicate_status: what it answers
 * @indicate_consumed: and how much it took
 * @events: events the client got
 * @event: the last one
 * @event_handle: of which connection
 * @information: the last one's
 * @neighbor_events: events of neighbors the client got
 * @neighbor_event: the last one
 * @neighbor_block: its block
 * @indications: indications the client got
 * @indication: the last one
 * @indication_binding: over which
 */
struct fake {
	struct chimney_target target;
	struct chimney_client client;
	struct chimney_binding *binding;
	struct fake_tree tree[FAKE_TREES];
	unsigned int trees;

	bool obedient;
	bool careless;
	bool incurious;
	bool refuse_parameters;
	u32 answer_delta;
	void (*at_complete)(struct fake *fake, struct chimney_block *tree);
	void (*at_receive)(struct fake *fake, struct chimney_handle *handle);
	void (*at_indication)(struct fake *fake,
			      enum chimney_indication indication);

	struct chimney_block *initiated;
	struct chimney_block *terminated;
	struct chimney_block *queried;
	struct chimney_block *updated;
	struct chimney_block *invalidated;
	struct sk_buff_head got;
	struct chimney_receive *request;
	struct chimney_disconnect *disconnect;
	void *context;
	struct chimney_caps enabled;
	struct chimney_parameters parameters;
	struct chimney_statistics statistics[2];
	bool stopped;

	struct chimney_block *completed;
	enum chimney_op_kind completed_kind;
	struct chimney_binding *completed_binding;
	unsigned int completions;
	struct chimney_block *lost;
	struct completion was_lost;
	struct chimney_block *freed;
	bool unbound;
	struct sk_buff_head back;
	enum chimney_status back_status;
	unsigned int backs;
	struct chimney_receive *request_back;
	unsigned int requests_back;
	struct chimney_disconnect *disconnect_back;
	unsigned int disconnects_back;
	struct sk_buff_head indicated;
	enum chimney_status indicate_status;
	u32 indicate_consumed;
	unsigned int events;
	enum chimney_tcp_event event;
	struct chimney_handle *event_handle;
	u32 information;
	unsigned int neighbor_events;
	enum chimney_event neighbor_event;
	struct chimney_block *neighbor_block;
	unsigned int indications;
	enum chimney_indication indication;
	struct chimney_binding *indication_binding;
};

extern const struct chimney_target_ops fake_target_ops;

/* With client, target and device registered; gone at the end of the test. */
struct fake *fake_create(struct kunit *test);
/* In two steps, to change something in between. */
struct fake *fake_prepare(struct kunit *test);
void fake_start(struct kunit *test, struct fake *fake);
/* Only the client, bound to a target that is there already. */
struct fake *fake_above(struct kunit *test, struct chimney_target *target);
/* For suites whose tests have one each, in test->priv. */
int fake_suite_init(struct kunit *test);
void fake_remove_target(struct fake *fake);

struct net_device *fake_device(struct kunit *test);

/*
 * A tree from its picture: N, P and T are objects that are to be offloaded; n
 * and p are offloaded already; _N, _P and _T are placeholders. Dependents follow
 * in parentheses: "N(P(T,T),P(T)),N".
 */
struct fake_tree *fake_tree(struct kunit *test, struct fake *fake,
			    const char *picture);
/* The state the blocks with objects bring to the next operation. */
void fake_tree_take(struct fake_tree *tree, enum fake_class class);
/* The same objects, once they are offloaded, for a terminate. */
void fake_tree_back(struct fake_tree *tree);

struct chimney_block *fake_root(struct fake_tree *tree);

int fake_initiate(struct fake *fake, struct fake_tree *tree);
int fake_terminate(struct fake *fake, struct fake_tree *tree);
int fake_query(struct fake *fake, struct fake_tree *tree);
int fake_update(struct fake *fake, struct fake_tree *tree);
int fake_invalidate(struct fake *fake, struct fake_tree *tree);
/* Statuses in the order of traversal, and slots to match; NULL: success. */
void fake_answer(struct fake_tree *tree, const enum chimney_status *statuses);
void fake_initiate_complete(struct fake *fake, struct fake_tree *tree);
void fake_terminate_complete(struct fake *fake, struct fake_tree *tree);
void fake_query_complete(struct fake *fake, struct fake_tree *tree);
void fake_update_complete(struct fake *fake, struct fake_tree *tree);
void fake_invalidate_complete(struct fake *fake, struct fake_tree *tree);
/* From the client to the target without a fault. */
void fake_offload(struct kunit *test, struct fake *fake,
		  struct fake_tree *tree);
/* "N(P(T))", offloaded, that brings state of @class to the next operation. */
struct fake_tree *fake_offloaded(struct kunit *test, struct fake *fake,
				 enum fake_class class);
/* An offloaded connection. */
struct fake_node *fake_connection(struct kunit *test, struct fake *fake);

struct sk_buff *fake_skb(struct kunit *test, unsigned int len);

/* Let the client hear of a lost operation. */
void fake_wait_lost(struct kunit *test, struct fake *fake);

#define FAKE_EXPECT_CLAUSE(test, fake, clause, count)			       \
	KUNIT_EXPECT_EQ_MSG(test, count,				       \
			    chimney_violation_count(&(fake)->target, clause),  \
			    "%s", chimney_clause_id(clause))

extern struct kunit_suite chimney_cap_suite;
extern struct kunit_suite chimney_conform_suite;
extern struct kunit_suite chimney_dat_suite;
extern struct kunit_suite chimney_dsc_suite;
extern struct kunit_suite chimney_evt_suite;
extern struct kunit_suite chimney_init_suite;
extern struct kunit_suite chimney_inv_suite;
extern struct kunit_suite chimney_io_suite;
extern struct kunit_suite chimney_op_suite;
extern struct kunit_suite chimney_pau_suite;
extern struct kunit_suite chimney_qry_suite;
extern struct kunit_suite chimney_rcv_suite;
extern struct kunit_suite chimney_relay_suite;
extern struct kunit_suite chimney_sta_suite;
extern struct kunit_suite chimney_store_suite;
extern struct kunit_suite chimney_target_suite;
extern struct kunit_suite chimney_term_suite;
extern struct kunit_suite chimney_upd_suite;
extern struct kunit_suite chimney_wrong_suite;

#endif /* _CHIMNEY_KUNIT_FAKE_H */
