/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Datasheet of a network interface controller with TCP offload.
 *
 * The device keeps three tables of contexts: neighbors, paths and TCP
 * connections. A driver fills and empties them with commands. A connection, once
 * created, is run by the device's TCP engine; its data does not pass through the
 * rings but over the doorbell page of its context, whose address the completion
 * of the create tells.
 *
 *	driver                                device
 *	   descriptors ──> command ring ─────>  processor (hw_run)
 *	   COMMAND_TAIL (doorbell) ──────────>  │  tables, TCP engine
 *	   interrupt <────────────────────────  │
 *	   results <─────  completion ring <────┘
 *	   COMPLETION_HEAD (if full) ────────>  room for more results
 *
 * Rings
 *
 * Both rings lie in memory shared by driver and device. Their sizes are powers of
 * two. The four indices count descriptors and run freely modulo 2^32; an index
 * modulo the size of its ring is a slot. A ring is empty when tail equals head,
 * full when tail - head equals its size.
 *
 * The driver writes descriptors from COMMAND_TAIL on, then the new COMMAND_TAIL,
 * which rings the doorbell. It must not overwrite a slot before COMMAND_HEAD has
 * passed it. The device writes results from COMPLETION_TAIL on and interrupts.
 * The driver reads results up to COMPLETION_TAIL, then writes COMPLETION_HEAD.
 * Writes of registers order the writes of memory before them; reads of registers
 * order the reads of memory after them. A field that is described for some opcodes
 * has no meaning with the others, and may hold what was in the slot before.
 *
 * Commands are executed one at a time in the order of the ring, and each is
 * answered by exactly one completion, in the same order. A command may therefore
 * name a parent that an earlier command, not yet answered, creates. A device with
 * faults (fault.h) answers late, twice or not at all: a driver should give each
 * command a cookie of its own and ignore an answer to a cookie it does not know.
 *
 * The device tells of something by a completion with the opcode HW_OP_EVENT,
 * which answers no command.
 *
 * When the completion ring is full the device stops before the next command,
 * shows HW_STATUS_STALLED, and goes on when COMPLETION_HEAD is written. Only then
 * does that ring the doorbell.
 *
 * An index outside of the ring is a fault of the driver: the device shows
 * HW_STATUS_ERROR, interrupts and does nothing more until it is reset. It does
 * the same when it has lost its contexts by itself; their connections are stopped.
 *
 * Interrupt
 *
 * Edge triggered: it tells that completions were written, that a reset is done
 * or that the device stopped with an error. The device moderates it: one for
 * several completions, at the latest after the last.
 *
 * Reset
 *
 * Writing HW_CONTROL_RESET empties tables and rings. Connections are stopped
 * and their state is lost. While HW_STATUS_RESETTING is shown the driver must not
 * touch the rings; then all indices are 0, the parameters have their defaults and
 * the device is disabled. Counters go on.
 *
 * Reachability
 *
 * A neighbor has two stamps on the device's clock, modulo 2^32: when the host and
 * when the device last confirmed that the neighbor is reachable. Commands and
 * completions carry their ages, in microseconds. If both are older than
 * HW_REG_NCE_STALE, hw_is_stale() says so.
 *
 * Tables inside
 *
 * Apart from the contexts the device has tables of source MAC addresses, of VLAN
 * ids and of source IP addresses. Equal values share an entry.
 */
#ifndef _HW_DEVICE_H
#define _HW_DEVICE_H

#include "os.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Registers, 32 bits wide. RO: writes are ignored. */
enum hw_register {
	HW_REG_VERSION,			/* RO: HW_VERSION */
	HW_REG_FEATURES,		/* RO: HW_FEATURE_* */
	HW_REG_TCP_ENTRIES,		/* RO: size of the table of connections */
	HW_REG_PATH_ENTRIES,		/* RO: size of the table of paths */
	HW_REG_NEIGHBOR_ENTRIES,	/* RO: size of the table of neighbors */
	HW_REG_MAX_MTU,			/* RO: largest path MTU, 0: no limit */
	HW_REG_MAX_RCV_WND,		/* RO: largest receive window, 0: no limit */
	HW_REG_COMMANDS,		/* RO: size of the command ring */
	HW_REG_COMPLETIONS,		/* RO: size of the completion ring */
	HW_REG_TCP_USED,		/* RO: live contexts */
	HW_REG_PATH_USED,		/* RO */
	HW_REG_NEIGHBOR_USED,		/* RO */
	HW_REG_CONTROL,			/* HW_CONTROL_* */
	HW_REG_STATUS,			/* RO: HW_STATUS_* */
	HW_REG_COMMAND_HEAD,		/* RO: next command to be executed */
	HW_REG_COMMAND_TAIL,		/* doorbell */
	HW_REG_COMPLETION_HEAD,		/* doorbell if the ring was full */
	HW_REG_COMPLETION_TAIL,		/* RO: next completion to be written */
	HW_REG_MAC_ENTRIES,		/* RO: source MAC addresses, 0: its own only */
	HW_REG_VLAN_ENTRIES,		/* RO: VLAN ids but 0 */
	HW_REG_IP_ENTRIES,		/* RO: source IP addresses, 0: no limit */
	HW_REG_VLAN,			/* RO: VLAN of the interface, 0: none */
	/* Parameters of TCP; times in microseconds */
	HW_REG_ACK_FREQUENCY,		/* segments that must be acknowledged */
	HW_REG_MAX_RETRANSMISSIONS,	/* of a segment; 0: the engine's own */
	HW_REG_DOUBT_RETRANSMISSIONS,	/* HW_EVENT_IN_DOUBT after these; 0: never */
	HW_REG_DUPLICATE_ACKS,		/* that trigger a fast retransmit */
	HW_REG_DELAYED_ACK,		/* start of the delayed-ACK timer */
	HW_REG_SWS,			/* start of the SWS timers; unused */
	HW_REG_PUSH,			/* start of the push timer */
	HW_REG_NCE_STALE,		/* age of a stale neighbor */
};

#define HW_VERSION		2

#define HW_FEATURE_IPV4		BIT(0)
#define HW_FEATURE_SACK		BIT(1)
#define HW_FEATURE_VLAN		BIT(2)	/* 802.1Q and 802.1p */
#define HW_FEATURE_IPV6		BIT(3)

/* Defaults of the parameters */
#define HW_ACK_FREQUENCY	2
#define HW_DUPLICATE_ACKS	3
#define HW_DELAYED_ACK		200000
#define HW_PUSH			500000
#define HW_NCE_STALE		60000000

#define HW_CONTROL_ENABLE	BIT(0)	/* execute commands */
#define HW_CONTROL_RESET	BIT(1)	/* clears itself and ENABLE */

#define HW_STATUS_ENABLED	BIT(0)
#define HW_STATUS_RESETTING	BIT(1)
#define HW_STATUS_STALLED	BIT(2)	/* completion ring is full */
#define HW_STATUS_ERROR		BIT(3)	/* see above, needs a reset */

/*
 * CREATE	makes a context.
 * DESTROY	ends it; it must have no children.
 * UPDATE	changes what the host may change: the destination MAC address and
 *		the host's reachability of a neighbor, the MTU of a path, what the
 *		state image of a connection says. Everything else is ignored.
 * QUERY	tells the present values, in the completion; those of a connection
 *		are written to the state image.
 * INVALIDATE	Nothing is sent any more with the context nor with what depends
 *		on it, and nothing can be created below it. It lives on until it
 *		is destroyed.
 * RELINK	hangs a path with all its connections on another neighbor.
 */
enum hw_opcode {
	HW_OP_NEIGHBOR_CREATE = 1,
	HW_OP_PATH_CREATE,
	HW_OP_TCP_CREATE,
	HW_OP_TCP_DESTROY,
	HW_OP_PATH_DESTROY,
	HW_OP_NEIGHBOR_DESTROY,
	HW_OP_NEIGHBOR_UPDATE,
	HW_OP_PATH_UPDATE,
	HW_OP_TCP_UPDATE,
	HW_OP_NEIGHBOR_QUERY,
	HW_OP_PATH_QUERY,
	HW_OP_TCP_QUERY,
	HW_OP_NEIGHBOR_INVALIDATE,
	HW_OP_PATH_INVALIDATE,
	HW_OP_TCP_INVALIDATE,
	HW_OP_PATH_RELINK,
	HW_OPCODES,
	HW_OP_EVENT = 0x80,	/* completion ring only */
};

/* What the device tells with HW_OP_EVENT, in the status of the completion. */
enum hw_event {
	HW_EVENT_RETRIEVE,	/* TCP: wants to be taken back; enum hw_reason */
	HW_EVENT_ABORT,		/* TCP: was reset */
	HW_EVENT_NEIGHBOR_QUERY,	/* neighbor: when was it last reachable? */
	HW_EVENT_IN_DOUBT,	/* a neighbor may be unreachable */
	HW_EVENT_PAUSE,		/* create nothing until HW_EVENT_RESUME */
	HW_EVENT_RESUME,
	HW_EVENT_UPLOAD_ALL,	/* destroy everything */
};

/* Why a connection wants to be taken back: TCP_UPLOAD_REASON of the contract. */
enum hw_reason {
	HW_REASON_HARDWARE_FAILURE,
	HW_REASON_INVALID_STATE,
	HW_REASON_RECEIVED_URGENT_DATA,
	HW_REASON_TIMEOUT_EXPIRATION,
	HW_REASON_UPLOAD_REQUESTED,
	HW_REASON_HIGH_DROP_RATE,
	HW_REASON_HIGH_FRAGMENTATION,
	HW_REASON_HIGH_OUT_OF_ORDER_PACKETS,
	HW_REASON_LOW_ACTIVITY,
	HW_REASON_NO_BUFFER_PREPOSTING,
	HW_REASON_SMALL_IO,
};

/* A create with this context id asks for an entry the driver has no id for. */
#define HW_NO_CONTEXT		0xffffffffu

#define HW_FAMILY_IPV4		4
#define HW_FAMILY_IPV6		6

/**
 * struct hw_neighbor - headers of the link layer
 * @dmac: MAC address of the next hop
 * @smac: source MAC address; all zero for the interface's own
 * @vlan: 802.1Q VLAN id, 0 for none
 */
struct hw_neighbor {
	u8 dmac[6];
	u8 smac[6];
	u16 vlan;
};

/**
 * struct hw_path - headers of the network layer
 * @saddr: local address, network order; IPv4 in the first four bytes
 * @daddr: remote address
 */
struct hw_path {
	u8 saddr[16];
	u8 daddr[16];
};

/**
 * struct hw_command - descriptor of the command ring
 * @opcode: enum hw_opcode
 * @reserved: must be 0
 * @family: PATH_CREATE: HW_FAMILY_*
 * @context: context id. The driver chooses it, below the size of the table of
 *	that type. Each type has ids of its own.
 * @parent: creates: id of the neighbor of a path, of the path of a connection;
 *	PATH_RELINK: id of the new neighbor
 * @reachability: NEIGHBOR_CREATE: microseconds since the device last confirmed
 *	reachability of the neighbor
 * @mtu: PATH_CREATE, PATH_UPDATE: path MTU in bytes
 * @rcv_wnd: TCP_CREATE, TCP_UPDATE: initial receive window in bytes
 * @cookie: returned in the completion, unused otherwise
 * @state: TCP commands but TCP_INVALIDATE: address of the state image; must stay
 *	valid until the completion. The device does not look into it, its engine
 *	does. 0 at TCP_DESTROY: the state is not wanted.
 * @neighbor: NEIGHBOR_CREATE, NEIGHBOR_UPDATE
 * @host_reachability: NEIGHBOR_CREATE, NEIGHBOR_UPDATE: microseconds since the
 *	host last confirmed reachability
 * @path: PATH_CREATE
 */
struct hw_command {
	u8 opcode;
	u8 reserved;
	u16 family;
	u32 context;
	u32 parent;
	union {
		u32 reachability;
		u32 mtu;
		u32 rcv_wnd;
	};
	u64 cookie;
	u64 state;
	union {
		struct {
			struct hw_neighbor neighbor;
			u32 host_reachability;
		};
		struct hw_path path;
	};
};

static_assert(sizeof(struct hw_command) == 64, "descriptors have 64 bytes");

/*
 * Result of a command. A command that fails leaves the tables as they were. The
 * checks are made in this order: command, parent, entry, limits, engine.
 */
enum hw_result {
	HW_ST_OK,
	HW_ST_BAD_COMMAND,	/* unknown opcode, reserved field not 0 */
	HW_ST_BAD_PARENT,	/* no such parent */
	HW_ST_BAD_CONTEXT,	/* id out of range; create: taken; destroy: free */
	HW_ST_NO_NEIGHBOR_ENTRY,	/* HW_NO_CONTEXT: the table is full */
	HW_ST_NO_PATH_ENTRY,
	HW_ST_NO_TCP_ENTRY,
	HW_ST_FAMILY,		/* not among the features */
	HW_ST_MTU,		/* beyond HW_REG_MAX_MTU */
	HW_ST_RCV_WINDOW,	/* beyond HW_REG_MAX_RCV_WND */
	HW_ST_NO_MEMORY,	/* of the engine */
	HW_ST_BUSY,		/* destroy: the context still has children */
	HW_ST_FAILED,		/* any other failure of the engine */
	HW_ST_INVALID,		/* create, relink: the parent; update: the context */
	HW_ST_MAC_ENTRIES,	/* no entry for the source MAC address */
	HW_ST_IP_ENTRIES,	/* no entry for the source IP address */
	HW_ST_VLAN_ENTRIES,	/* no entry for the VLAN id */
	HW_ST_VLAN_MISMATCH,	/* the interface has a VLAN, and not this one */
	HW_ST_XMIT_BUFFER,	/* of the engine */
	HW_ST_RCV_BUFFER,	/* of the engine */
	HW_ST_REJECTED,		/* the engine does not want the connection */
	HW_RESULTS,
};

/**
 * struct hw_completion - descriptor of the completion ring
 * @opcode: of the command, or HW_OP_EVENT
 * @reserved: 0
 * @status: enum hw_result; enum hw_event of an event
 * @context: of the command; of the context an event is about
 * @cookie: of the command
 * @page: creates: address of the context's doorbell page, a struct hw_context; 0
 *	if the status is not HW_ST_OK
 * @reachability: NEIGHBOR_DESTROY, NEIGHBOR_QUERY: microseconds since the device
 *	last confirmed reachability of the neighbor
 * @mtu: PATH_QUERY
 * @information: HW_EVENT_RETRIEVE: enum hw_reason
 * @family: PATH_QUERY
 * @reserved2: 0
 * @neighbor: NEIGHBOR_QUERY
 * @host_reachability: NEIGHBOR_QUERY: microseconds since the host last confirmed
 *	reachability
 * @path: PATH_QUERY
 */
struct hw_completion {
	u8 opcode;
	u8 reserved;
	u16 status;
	u32 context;
	u64 cookie;
	u64 page;
	union {
		u32 reachability;
		u32 mtu;
		u32 information;
	};
	u16 family;
	u16 reserved2;
	union {
		struct {
			struct hw_neighbor neighbor;
			u32 host_reachability;
		};
		struct hw_path path;
	};
};

static_assert(sizeof(struct hw_completion) == 64, "descriptors have 64 bytes");

enum hw_type {
	HW_NEIGHBOR,
	HW_PATH,
	HW_TCP,
	HW_TYPES,
};

/**
 * struct hw_context - an entry of a table, as engine and driver may see it
 * @type: which table
 * @id: place in the table
 * @live: created and not destroyed
 * @invalid: it was invalidated
 * @refcount: live contexts whose parent this is
 * @parent: neighbor of a path, path of a connection
 * @engine: TCP: belongs to the engine from create to destroy
 * @family: path: HW_FAMILY_*
 * @mtu: path: bytes
 * @reachable: neighbor: when the device last confirmed reachability, on its
 *	clock; hw_confirm() moves it forward
 * @host_reachable: neighbor: when the host last did, on the device's clock
 * @neighbor: neighbor: headers
 * @path: path: headers
 *
 * Updates, relinks and invalidates change a context while connections use it:
 * the engine reads headers with hw_read_headers().
 */
struct hw_context {
	enum hw_type type;
	u32 id;
	bool live;
	bool invalid;
	u32 refcount;
	struct hw_context *parent;
	void *engine;
	u16 family;
	u32 mtu;
	u32 reachable;
	u32 host_reachable;
	union {
		struct hw_neighbor neighbor;
		struct hw_path path;
	};
};

/**
 * struct hw_headers - what the engine puts around a segment
 * @neighbor: headers of the link layer
 * @id: id of the neighbor
 * @mtu: of the path, bytes
 */
struct hw_headers {
	struct hw_neighbor neighbor;
	u32 id;
	u32 mtu;
};

/**
 * struct hw_engine_ops - the TCP engine
 * @create: take over the connection whose state image is at @state. Returns an
 *	enum hw_result; the context is live if it is HW_ST_OK.
 * @destroy: stop the connection and write its state to the image at @state,
 *	unless that is 0. Unless it returns HW_ST_OK the context stays live.
 *	Must not fail if @state is 0.
 * @update: take over from the image at @state what the host may change. Returns
 *	an enum hw_result.
 * @query: write the present state to the image at @state. Likewise.
 *
 * Called by the device's processor, one at a time; may sleep if hw_run() may.
 */
struct hw_engine_ops {
	int (*create)(void *priv, struct hw_context *tcp, u64 state);
	int (*destroy)(void *priv, struct hw_context *tcp, u64 state);
	int (*update)(void *priv, struct hw_context *tcp, u64 state);
	int (*query)(void *priv, struct hw_context *tcp, u64 state);
};

/**
 * struct hw_ops - what the device is soldered to
 * @interrupt: the interrupt line; called from hw_run()
 * @doorbell: the device's processor has work: hw_run() must be called some time
 *	after. Called from hw_write(), may not sleep.
 * @alarm: hw_run() must be called after that many microseconds; replaces the
 *	alarm before. Called from hw_run().
 * @clock: the device's clock, microseconds modulo 2^32
 */
struct hw_ops {
	void (*interrupt)(void *priv);
	void (*doorbell)(void *priv);
	void (*alarm)(void *priv, u32 delay);
	u32 (*clock)(void *priv);
};

/* Counters, 64 bits wide, one set for each HW_FAMILY_*. */
enum hw_counter {
	HW_IP_IN_RECEIVES,
	HW_IP_IN_OCTETS,
	HW_IP_IN_DELIVERS,
	HW_IP_OUT_REQUESTS,
	HW_IP_OUT_OCTETS,
	HW_IP_IN_HEADER_ERRORS,
	HW_IP_IN_TRUNCATED_PACKETS,
	HW_IP_IN_DISCARDS,
	HW_IP_OUT_DISCARDS,
	HW_IP_OUT_NO_ROUTES,
	HW_TCP_IN_SEGMENTS,
	HW_TCP_OUT_SEGMENTS,
	HW_TCP_CURRENTLY_ESTABLISHED,	/* goes up and down, cannot be cleared */
	HW_TCP_RESET_ESTABLISHED,
	HW_TCP_RETRANSMITTED_SEGMENTS,
	HW_TCP_IN_ERRORS,
	HW_TCP_OUT_RESETS,
	HW_COUNTERS,
};

/* Bounds of the settings below. */
#define HW_MAX_ENTRIES		BIT(20)
#define HW_MAX_RING		BIT(16)
#define HW_MAX_POOL		BIT(12)

/**
 * struct hw_config - settings of a device, shown by its registers
 * @tcp_entries: 1 to HW_MAX_ENTRIES
 * @path_entries: likewise
 * @neighbor_entries: likewise
 * @max_mtu: bytes, 0 for no limit
 * @max_rcv_wnd: bytes, 0 for no limit
 * @commands: size of the command ring, a power of two up to HW_MAX_RING
 * @completions: size of the completion ring, likewise
 * @mac_entries: source MAC addresses, up to HW_MAX_POOL; 0: only the
 *	interface's own
 * @vlan_entries: VLAN ids but 0, up to HW_MAX_POOL
 * @ip_entries: source IP addresses, up to HW_MAX_POOL; 0 for no limit
 * @vlan: VLAN of the interface, 0 for none
 */
struct hw_config {
	u32 tcp_entries;
	u32 path_entries;
	u32 neighbor_entries;
	u32 max_mtu;
	u32 max_rcv_wnd;
	u32 commands;
	u32 completions;
	u32 mac_entries;
	u32 vlan_entries;
	u32 ip_entries;
	u16 vlan;
};

struct hw_device;

struct hw_device *hw_create(const struct hw_config *config,
			    const struct hw_ops *ops,
			    const struct hw_engine_ops *engine, void *priv);
void hw_destroy(struct hw_device *dev);

u32 hw_read(const struct hw_device *dev, enum hw_register reg);
void hw_write(struct hw_device *dev, enum hw_register reg, u32 value);
struct hw_command *hw_commands(struct hw_device *dev);
const struct hw_completion *hw_completions(const struct hw_device *dev);

void hw_run(struct hw_device *dev);

/* The engine's view of contexts and counters; any context. */
bool hw_read_headers(struct hw_device *dev, const struct hw_context *tcp,
		     struct hw_headers *headers);
void hw_confirm(struct hw_device *dev, const struct hw_context *tcp);
bool hw_is_stale(const struct hw_device *dev, u32 neighbor);
os_counter_t *hw_counters(struct hw_device *dev, u16 family);
u64 hw_read_counter(struct hw_device *dev, u16 family, enum hw_counter counter,
		    bool clear);

#ifdef __cplusplus
}
#endif

#endif /* _HW_DEVICE_H */
