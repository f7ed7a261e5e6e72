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
 *	   COMPLETION_HEAD (doorbell) ───────>  room for more results
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
 * order the reads of memory after them.
 *
 * Commands are executed one at a time in the order of the ring, and each is
 * answered by exactly one completion, in the same order. A command may therefore
 * name a parent that an earlier command, not yet answered, creates.
 *
 * When the completion ring is full the device stops before the next command,
 * shows HW_STATUS_STALLED, and goes on when COMPLETION_HEAD is written.
 *
 * An index outside of the ring is a fault of the driver: the device shows
 * HW_STATUS_ERROR, interrupts and does nothing more until it is reset.
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
 * touch the rings; then all indices are 0 and the device is disabled.
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
	HW_REG_COMPLETION_HEAD,		/* doorbell */
	HW_REG_COMPLETION_TAIL,		/* RO: next completion to be written */
};

#define HW_VERSION		1

#define HW_FEATURE_IPV4		BIT(0)

#define HW_CONTROL_ENABLE	BIT(0)	/* execute commands */
#define HW_CONTROL_RESET	BIT(1)	/* clears itself and ENABLE */

#define HW_STATUS_ENABLED	BIT(0)
#define HW_STATUS_RESETTING	BIT(1)
#define HW_STATUS_STALLED	BIT(2)	/* completion ring is full */
#define HW_STATUS_ERROR		BIT(3)	/* bad index, needs a reset */

enum hw_opcode {
	HW_OP_NEIGHBOR_CREATE = 1,
	HW_OP_PATH_CREATE,
	HW_OP_TCP_CREATE,
	HW_OP_TCP_DESTROY,
	HW_OP_PATH_DESTROY,
	HW_OP_NEIGHBOR_DESTROY,
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
 * @family: PATH_CREATE: HW_FAMILY_*; 0 otherwise
 * @context: context id. The driver chooses it, below the size of the table of
 *	that type. Each type has ids of its own.
 * @parent: creates: id of the neighbor of a path, of the path of a connection
 * @reachability: NEIGHBOR_CREATE: microseconds since reachability of the
 *	neighbor was last confirmed
 * @mtu: PATH_CREATE: path MTU in bytes
 * @rcv_wnd: TCP_CREATE: initial receive window in bytes
 * @cookie: returned in the completion, unused otherwise
 * @state: TCP commands: address of the state image; must stay valid until the
 *	completion. The device does not look into it, its engine does. 0 at
 *	TCP_DESTROY: the state is not wanted.
 * @neighbor: NEIGHBOR_CREATE
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
		struct hw_neighbor neighbor;
		struct hw_path path;
	};
};

static_assert(sizeof(struct hw_command) == 64, "descriptors have 64 bytes");

/*
 * Result of a command. A create that fails leaves the tables as they were. The
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
};

/**
 * struct hw_completion - descriptor of the completion ring
 * @opcode: of the command
 * @reserved: 0
 * @status: enum hw_result
 * @context: of the command
 * @cookie: of the command
 * @page: creates: address of the context's doorbell page, a struct hw_context; 0
 *	if the status is not HW_ST_OK
 * @reachability: NEIGHBOR_DESTROY: microseconds since reachability of the
 *	neighbor was last confirmed
 * @reserved2: 0
 */
struct hw_completion {
	u8 opcode;
	u8 reserved;
	u16 status;
	u32 context;
	u64 cookie;
	u64 page;
	u32 reachability;
	u32 reserved2[9];
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
 * @refcount: live contexts whose parent this is
 * @parent: neighbor of a path, path of a connection
 * @engine: TCP: belongs to the engine from create to destroy
 * @driver: belongs to the driver from the completion of the create to the
 *	command that destroys the context
 * @family: path: HW_FAMILY_*
 * @mtu: path: bytes
 * @reachable: neighbor: when reachability was last confirmed, on the device's
 *	clock; the engine moves it forward
 * @neighbor: neighbor: headers
 * @path: path: headers
 *
 * Everything the engine needs for the headers of a segment is found from a
 * connection by way of @parent, and constant while the connection is live.
 */
struct hw_context {
	enum hw_type type;
	u32 id;
	bool live;
	u32 refcount;
	struct hw_context *parent;
	void *engine;
	void *driver;
	u16 family;
	u32 mtu;
	u32 reachable;
	union {
		struct hw_neighbor neighbor;
		struct hw_path path;
	};
};

/**
 * struct hw_engine_ops - the TCP engine
 * @create: take over the connection whose state image is at @state. Returns an
 *	enum hw_result; the context is live if it is HW_ST_OK.
 * @destroy: stop the connection and write its state to the image at @state,
 *	unless that is 0. Unless it returns HW_ST_OK the context stays live.
 *	Must not fail if @state is 0.
 *
 * Called by the device's processor, one at a time; may sleep if hw_run() may.
 */
struct hw_engine_ops {
	int (*create)(void *priv, struct hw_context *tcp, u64 state);
	int (*destroy)(void *priv, struct hw_context *tcp, u64 state);
};

/**
 * struct hw_ops - what the device is soldered to
 * @interrupt: the interrupt line; called from hw_run()
 * @doorbell: the device's processor has work: hw_run() must be called some time
 *	after. Called from hw_write(), may not sleep.
 * @clock: the device's clock, microseconds modulo 2^32
 */
struct hw_ops {
	void (*interrupt)(void *priv);
	void (*doorbell)(void *priv);
	u32 (*clock)(void *priv);
};

/* Bounds of the settings below. */
#define HW_MAX_ENTRIES		BIT(20)
#define HW_MAX_RING		BIT(16)

/**
 * struct hw_config - settings of a device, shown by its registers
 * @tcp_entries: 1 to HW_MAX_ENTRIES
 * @path_entries: likewise
 * @neighbor_entries: likewise
 * @max_mtu: bytes, 0 for no limit
 * @max_rcv_wnd: bytes, 0 for no limit
 * @commands: size of the command ring, a power of two up to HW_MAX_RING
 * @completions: size of the completion ring, likewise
 */
struct hw_config {
	u32 tcp_entries;
	u32 path_entries;
	u32 neighbor_entries;
	u32 max_mtu;
	u32 max_rcv_wnd;
	u32 commands;
	u32 completions;
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

#ifdef __cplusplus
}
#endif

#endif /* _HW_DEVICE_H */
