// SPDX-License-Identifier: GPL-2.0-only
/* Scripts of faults: the grammar of fault.h, and the rules at work. */
#include "fault.h"

#define HW_MAX_WORD	40
#define HW_MAX_DELAY	60000000	/* us, one minute */

struct hw_word {
	const char *name;
	u32 value;
};

static const struct hw_word hw_command_words[] = {
	{ "any", 0 },
	{ "neighbor-create", HW_OP_NEIGHBOR_CREATE },
	{ "neighbor-destroy", HW_OP_NEIGHBOR_DESTROY },
	{ "neighbor-update", HW_OP_NEIGHBOR_UPDATE },
	{ "neighbor-query", HW_OP_NEIGHBOR_QUERY },
	{ "neighbor-invalidate", HW_OP_NEIGHBOR_INVALIDATE },
	{ "path-create", HW_OP_PATH_CREATE },
	{ "path-destroy", HW_OP_PATH_DESTROY },
	{ "path-update", HW_OP_PATH_UPDATE },
	{ "path-query", HW_OP_PATH_QUERY },
	{ "path-invalidate", HW_OP_PATH_INVALIDATE },
	{ "path-relink", HW_OP_PATH_RELINK },
	{ "tcp-create", HW_OP_TCP_CREATE },
	{ "tcp-destroy", HW_OP_TCP_DESTROY },
	{ "tcp-update", HW_OP_TCP_UPDATE },
	{ "tcp-query", HW_OP_TCP_QUERY },
	{ "tcp-invalidate", HW_OP_TCP_INVALIDATE },
};

static const struct hw_word hw_result_words[] = {
	{ "failed", HW_ST_FAILED },
	{ "busy", HW_ST_BUSY },
	{ "family", HW_ST_FAMILY },
	{ "invalid", HW_ST_INVALID },
	{ "resources", HW_ST_NO_MEMORY },
	{ "tcp-entries", HW_ST_NO_TCP_ENTRY },
	{ "path-entries", HW_ST_NO_PATH_ENTRY },
	{ "neighbor-entries", HW_ST_NO_NEIGHBOR_ENTRY },
	{ "hw-address-entries", HW_ST_MAC_ENTRIES },
	{ "ip-address-entries", HW_ST_IP_ENTRIES },
	{ "tcp-xmit-buffer", HW_ST_XMIT_BUFFER },
	{ "tcp-rcv-buffer", HW_ST_RCV_BUFFER },
	{ "tcp-rcv-window", HW_ST_RCV_WINDOW },
	{ "vlan-entries", HW_ST_VLAN_ENTRIES },
	{ "vlan-mismatch", HW_ST_VLAN_MISMATCH },
	{ "path-mtu", HW_ST_MTU },
	{ "connection-rejected", HW_ST_REJECTED },
};

static const struct hw_word hw_fault_words[] = {
	{ "status", HW_FAULT_STATUS },
	{ "delay", HW_FAULT_DELAY },
	{ "lost", HW_FAULT_LOST },
	{ "duplicate", HW_FAULT_DUPLICATE },
};

static const struct hw_word hw_event_words[] = {
	{ "retrieve", HW_EVENT_RETRIEVE },
	{ "abort", HW_EVENT_ABORT },
	{ "neighbor-query", HW_EVENT_NEIGHBOR_QUERY },
	{ "neighbor-in-doubt", HW_EVENT_IN_DOUBT },
	{ "pause", HW_EVENT_PAUSE },
	{ "resume", HW_EVENT_RESUME },
	{ "upload-all", HW_EVENT_UPLOAD_ALL },
};

static const struct hw_word hw_reason_words[] = {
	{ "hardware-failure", HW_REASON_HARDWARE_FAILURE },
	{ "invalid-state", HW_REASON_INVALID_STATE },
	{ "received-urgent-data", HW_REASON_RECEIVED_URGENT_DATA },
	{ "timeout-expiration", HW_REASON_TIMEOUT_EXPIRATION },
	{ "upload-requested", HW_REASON_UPLOAD_REQUESTED },
	{ "high-drop-rate", HW_REASON_HIGH_DROP_RATE },
	{ "high-fragmentation", HW_REASON_HIGH_FRAGMENTATION },
	{ "high-out-of-order-packets", HW_REASON_HIGH_OUT_OF_ORDER_PACKETS },
	{ "low-activity", HW_REASON_LOW_ACTIVITY },
	{ "no-buffer-preposting", HW_REASON_NO_BUFFER_PREPOSTING },
	{ "small-io", HW_REASON_SMALL_IO },
};

static const struct hw_word hw_statement_words[] = {
	{ "seed", HW_DO_SEED },
	{ "on", HW_DO_RULE },
	{ "clear", HW_DO_CLEAR },
	{ "stall", HW_DO_STALL },
	{ "hang", HW_DO_HANG },
	{ "resume", HW_DO_RESUME },
	{ "reset", HW_DO_RESET },
	{ "event", HW_DO_EVENT },
};

/* -------- words -------- */

struct hw_parser {
	const char *text;	/* what is left */
	char word[HW_MAX_WORD];	/* the word under the eye, "" at the end */
	char *error;
};

/* Look at the next word of the statement; "" if it has no more. */
static void hw_next(struct hw_parser *p)
{
	u32 len = 0;

	p->text += strspn(p->text, " \t\r");
	if (*p->text == '#')
		p->text += strcspn(p->text, "\n");
	while (p->text[len] && !strchr(" \t\r\n;#", p->text[len]))
		len++;
	/* A word that is cut short is none that is known. */
	snprintf(p->word, sizeof(p->word), "%.*s",
		 (int)(len < HW_MAX_WORD ? len : HW_MAX_WORD - 1), p->text);
	p->text += len;
}

static bool hw_wrong(const struct hw_parser *p, const char *right)
{
	if (p->word[0])
		snprintf(p->error, HW_ERROR_SIZE, "\"%s\" is not %s", p->word,
			 right);
	else
		snprintf(p->error, HW_ERROR_SIZE, "the statement ends before %s",
			 right);
	return false;
}

static bool hw_lookup(const struct hw_parser *p, const struct hw_word *words,
		      u32 count, u32 *value)
{
	const struct hw_word *word;

	for (word = words; word < words + count; word++) {
		if (!strcmp(word->name, p->word)) {
			*value = word->value;
			return true;
		}
	}
	return false;
}

#define HW_LOOKUP(p, words, value) \
	hw_lookup(p, words, ARRAY_SIZE(words), value)

/* Digits in front of @unit. */
static bool hw_number(const struct hw_parser *p, const char *unit, u32 *value)
{
	const char *c = p->word;
	u64 n = 0;

	for (; *c >= '0' && *c <= '9'; c++) {
		n = n * 10 + (u32)(*c - '0');
		if (n > 0xffffffffu)
			return false;
	}
	if (c == p->word || strcmp(c, unit))
		return false;
	*value = (u32)n;
	return true;
}

/* -------- statements -------- */

static bool hw_parse_time(const struct hw_parser *p, u32 *value)
{
	u64 us;
	u32 n;

	if (hw_number(p, "us", &n))
		us = n;
	else if (hw_number(p, "ms", &n))
		us = (u64)n * 1000;
	else if (hw_number(p, "s", &n))
		us = (u64)n * 1000000;
	else
		us = HW_MAX_DELAY + 1;
	if (us > HW_MAX_DELAY)
		return hw_wrong(p, "a time up to 60s, such as 5ms");
	*value = (u32)us;
	return true;
}

static bool hw_parse_when(struct hw_parser *p, struct hw_rule *rule)
{
	u32 n;

	if (hw_number(p, "%", &n)) {
		if (!n || n > 100)
			return hw_wrong(p, "a percentage from 1% to 100%");
		rule->percent = (u8)n;
		hw_next(p);
	} else if (p->word[0] >= '0' && p->word[0] <= '9') {
		if (!hw_number(p, "", &n) || !n)
			return hw_wrong(p, "a number from 1 on, or a percentage");
		rule->countdown = n;
		hw_next(p);
	}
	return true;
}

static bool hw_parse_rule(struct hw_parser *p, struct hw_rule *rule)
{
	u32 value;

	if (!HW_LOOKUP(p, hw_command_words, &value))
		return hw_wrong(p, "a command such as tcp-create, path-relink or any");
	rule->opcode = (u8)value;
	hw_next(p);
	if (!hw_parse_when(p, rule))
		return false;
	if (!HW_LOOKUP(p, hw_fault_words, &value))
		return hw_wrong(p, "a fault: status, delay, lost or duplicate");
	rule->kind = (u8)value;
	if (rule->kind == HW_FAULT_STATUS) {
		hw_next(p);
		if (!HW_LOOKUP(p, hw_result_words, &rule->value))
			return hw_wrong(p, "a result such as failed, resources or tcp-entries");
	} else if (rule->kind == HW_FAULT_DELAY) {
		hw_next(p);
		if (!hw_parse_time(p, &rule->value))
			return false;
	}
	hw_next(p);
	return true;
}

static bool hw_parse_id(struct hw_parser *p, u32 *id)
{
	hw_next(p);
	if (!hw_number(p, "", id))
		return hw_wrong(p, "the number of a context");
	hw_next(p);
	return true;
}

static bool hw_parse_event(struct hw_parser *p, struct hw_statement *statement)
{
	u32 value;

	if (!HW_LOOKUP(p, hw_event_words, &value))
		return hw_wrong(p, "an event such as retrieve, abort or pause");
	statement->event = (u16)value;
	if (value == HW_EVENT_NEIGHBOR_QUERY)
		return hw_parse_id(p, &statement->context);
	hw_next(p);
	if (value == HW_EVENT_RETRIEVE) {
		if (!HW_LOOKUP(p, hw_reason_words, &statement->information))
			return hw_wrong(p, "a reason such as upload-requested or low-activity");
		hw_next(p);
	} else if (value != HW_EVENT_ABORT) {
		return true;
	}
	if (strcmp(p->word, "tcp"))
		return hw_wrong(p, "tcp and the number of a context");
	return hw_parse_id(p, &statement->context);
}

/* The word under the eye is the first of the statement. */
static bool hw_parse_statement(struct hw_parser *p,
			       struct hw_statement *statement)
{
	u32 kind;

	if (!HW_LOOKUP(p, hw_statement_words, &kind))
		return hw_wrong(p,
				"a statement: seed, on, clear, stall, hang, resume, reset or event");
	statement->kind = (u8)kind;
	hw_next(p);
	switch (kind) {
	case HW_DO_SEED:
		if (!hw_number(p, "", &statement->seed))
			return hw_wrong(p, "a number up to 4294967295");
		hw_next(p);
		return true;
	case HW_DO_RULE:
		return hw_parse_rule(p, &statement->rule);
	case HW_DO_STALL:
		if (strcmp(p->word, "commands"))
			return hw_wrong(p, "commands");
		hw_next(p);
		return true;
	case HW_DO_EVENT:
		return hw_parse_event(p, statement);
	default:
		return true;
	}
}

/**
 * hw_script_parse() - understand a script
 * @script: where to write what it says
 * @text: the script
 * @error: where to write what is wrong with it; otherwise untouched
 *
 * Context: any. Return: true if it was understood.
 */
bool hw_script_parse(struct hw_script *script, const char *text,
		     char error[HW_ERROR_SIZE])
{
	struct hw_parser parser = { .text = text, .error = error };

	memset(script, 0, sizeof(*script));
	for (;;) {
		hw_next(&parser);
		if (parser.word[0]) {
			if (script->count == HW_MAX_STATEMENTS) {
				snprintf(error, HW_ERROR_SIZE,
					 "the script has more than %d statements",
					 HW_MAX_STATEMENTS);
				return false;
			}
			if (!hw_parse_statement(&parser,
						&script->statements[script->count]))
				return false;
			if (parser.word[0])
				return hw_wrong(&parser,
						"expected here: the statement is complete");
			script->count++;
		}
		if (!*parser.text)
			return true;
		parser.text++;	/* ";" or the end of the line */
	}
}

/* -------- rules at work -------- */

/**
 * hw_faults_seed() - start the random numbers
 * @faults: the rules
 * @seed: any number
 *
 * Context: the device's processor.
 */
void hw_faults_seed(struct hw_faults *faults, u32 seed)
{
	/* xorshift must not start with 0, nor should small seeds look alike. */
	faults->random = (seed ^ 0x9e3779b9u) * 0x85ebca6bu;
	if (!faults->random)
		faults->random = 1;
}

/**
 * hw_faults_add() - put a rule in force
 * @faults: the rules
 * @rule: copied
 *
 * Context: the device's processor. Return: false if there is no room.
 */
bool hw_faults_add(struct hw_faults *faults, const struct hw_rule *rule)
{
	if (faults->count == HW_MAX_STATEMENTS)
		return false;
	faults->rules[faults->count++] = *rule;
	return true;
}

static u32 hw_random(struct hw_faults *faults)
{
	u32 x = faults->random;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	faults->random = x;
	return x;
}

/* Does the rule act on this command? One that acts once is spent then. */
static bool hw_rule_acts(struct hw_faults *faults, struct hw_rule *rule)
{
	if (rule->percent)
		return hw_random(faults) % 100 < rule->percent;
	if (rule->countdown)
		return !--rule->countdown;
	return true;
}

static void hw_rule_apply(const struct hw_rule *rule,
			  struct hw_verdict *verdict)
{
	switch (rule->kind) {
	case HW_FAULT_STATUS:
		if (verdict->status == HW_ST_OK)
			verdict->status = (u16)rule->value;
		break;
	case HW_FAULT_DELAY:
		verdict->delay += rule->value;
		break;
	case HW_FAULT_LOST:
		verdict->lost = true;
		break;
	case HW_FAULT_DUPLICATE:
		verdict->duplicate = true;
		break;
	}
}

/**
 * hw_faults_judge() - what happens to a command
 * @faults: the rules; those that act once and did are removed
 * @opcode: of the command
 * @verdict: result
 *
 * Context: the device's processor.
 */
void hw_faults_judge(struct hw_faults *faults, u8 opcode,
		     struct hw_verdict *verdict)
{
	struct hw_rule *rule = faults->rules, *kept = faults->rules;
	struct hw_rule *end = faults->rules + faults->count;
	bool once;

	memset(verdict, 0, sizeof(*verdict));
	for (; rule < end; rule++) {
		once = rule->countdown;
		if (rule->opcode && rule->opcode != opcode) {
			*kept++ = *rule;
			continue;
		}
		if (hw_rule_acts(faults, rule)) {
			hw_rule_apply(rule, verdict);
			if (once)
				continue;
		}
		*kept++ = *rule;
	}
	faults->count = (u32)(kept - faults->rules);
}
