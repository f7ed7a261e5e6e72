/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Faults: how a device misbehaves on demand, for tests.
 *
 * A script is a list of statements, one on a line or several with ";" between.
 * What comes after "#" is a comment.
 *
 *	seed NUMBER		start of the random numbers behind percentages
 *	on COMMAND [WHEN] FAULT	what happens to commands; see below
 *	clear			forget all of these, and the answers held back
 *	stall commands		execute none, so that the command ring fills up
 *	hang			do nothing at all, except for a reset by the driver
 *	resume			end stall and hang
 *	reset			lose all contexts and show HW_STATUS_ERROR
 *	event EVENT		tell the driver something
 *
 *	COMMAND	any, path-relink, or neighbor-, path- or tcp- with create, destroy,
 *		update, query or invalidate
 *	WHEN	NUMBER		only the NUMBERth from now on
 *		NUMBER%		each with this probability
 *		otherwise	each
 *	FAULT	status RESULT	it is not executed and fails
 *		delay TIME	it is executed, the answer comes that much later
 *		lost		it is executed, the answer does not come
 *		duplicate	it is executed, the answer comes twice
 *	TIME	NUMBER with us, ms or s behind it
 *	RESULT	failed, busy, family, invalid, resources, tcp-entries, path-entries,
 *		neighbor-entries, hw-address-entries, ip-address-entries,
 *		tcp-xmit-buffer, tcp-rcv-buffer, tcp-rcv-window, vlan-entries,
 *		vlan-mismatch, path-mtu, connection-rejected
 *	EVENT	retrieve REASON tcp ID
 *		abort tcp ID
 *		neighbor-query ID
 *		neighbor-in-doubt, pause, resume, upload-all
 *	REASON	hardware-failure, invalid-state, received-urgent-data,
 *		timeout-expiration, upload-requested, high-drop-rate,
 *		high-fragmentation, high-out-of-order-packets, low-activity,
 *		no-buffer-preposting, small-io
 *	ID	a context id
 *
 * A script takes effect as a whole or, if it has an error, not at all. Rules are
 * looked at in their order; all that apply to a command act on it. The same seed,
 * rules and commands make the same faults.
 */
#ifndef _HW_FAULT_H
#define _HW_FAULT_H

#include "device.h"

#ifdef __cplusplus
extern "C" {
#endif

enum hw_statement_kind {
	HW_DO_SEED,
	HW_DO_RULE,
	HW_DO_CLEAR,
	HW_DO_STALL,
	HW_DO_HANG,
	HW_DO_RESUME,
	HW_DO_RESET,
	HW_DO_EVENT,
};

enum hw_fault_kind {
	HW_FAULT_STATUS,
	HW_FAULT_DELAY,
	HW_FAULT_LOST,
	HW_FAULT_DUPLICATE,
};

/**
 * struct hw_rule - what happens to a kind of command
 * @opcode: enum hw_opcode, 0 for any
 * @kind: enum hw_fault_kind
 * @percent: probability, 0 if there is none
 * @countdown: commands until it acts, once; 0 if it always does
 * @value: enum hw_result, or microseconds
 */
struct hw_rule {
	u8 opcode;
	u8 kind;
	u8 percent;
	u32 countdown;
	u32 value;
};

/**
 * struct hw_statement - one statement of a script
 * @kind: enum hw_statement_kind
 * @seed: of HW_DO_SEED
 * @rule: of HW_DO_RULE
 * @event: enum hw_event, of HW_DO_EVENT
 * @context: likewise
 * @information: likewise
 */
struct hw_statement {
	u8 kind;
	union {
		u32 seed;
		struct hw_rule rule;
		struct {
			u16 event;
			u32 context;
			u32 information;
		};
	};
};

#define HW_MAX_STATEMENTS	64

/* A script that was understood. */
struct hw_script {
	u32 count;
	struct hw_statement statements[HW_MAX_STATEMENTS];
};

/* Room for what is wrong with a script. */
#define HW_ERROR_SIZE		160

bool hw_script_parse(struct hw_script *script, const char *text,
		     char error[HW_ERROR_SIZE]);

/**
 * struct hw_faults - rules in force
 * @random: state of the random numbers
 * @count: number of @rules
 * @rules: in the order they came
 */
struct hw_faults {
	u32 random;
	u32 count;
	struct hw_rule rules[HW_MAX_STATEMENTS];
};

/**
 * struct hw_verdict - what happens to one command
 * @status: enum hw_result to fail with, or HW_ST_OK
 * @delay: microseconds until the answer comes
 * @lost: it never comes
 * @duplicate: it comes twice
 */
struct hw_verdict {
	u16 status;
	u32 delay;
	bool lost;
	bool duplicate;
};

void hw_faults_seed(struct hw_faults *faults, u32 seed);
bool hw_faults_add(struct hw_faults *faults, const struct hw_rule *rule);
void hw_faults_judge(struct hw_faults *faults, u8 opcode,
		     struct hw_verdict *verdict);

/*
 * Give the device a script. It takes effect when hw_run() is called next; false
 * if an earlier one has not taken effect yet. The device owns a copy.
 */
bool hw_fault(struct hw_device *dev, const struct hw_script *script);

#ifdef __cplusplus
}
#endif

#endif /* _HW_FAULT_H */
