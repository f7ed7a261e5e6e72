/* SPDX-License-Identifier: GPL-2.0-only */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM chimney

#if !defined(_CHIMNEY_CORE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define _CHIMNEY_CORE_TRACE_H

#include <linux/tracepoint.h>

#include <chimney/target.h>

#include "violation.h"

#define TRACE_CHIMNEY_CLAUSE_DEFINE(section, number, text)		       \
	TRACE_DEFINE_ENUM(CHIMNEY_CLAUSE_##section##_##number);
CHIMNEY_TARGET_CLAUSES(TRACE_CHIMNEY_CLAUSE_DEFINE)
CHIMNEY_CLIENT_CLAUSES(TRACE_CHIMNEY_CLAUSE_DEFINE)
TRACE_DEFINE_ENUM(CHIMNEY_CLAUSES);

#define TRACE_CHIMNEY_CLAUSE_NAME(section, number, text)		       \
	{ CHIMNEY_CLAUSE_##section##_##number, #section "-" #number },
#define trace_chimney_clause_name(clause)				       \
	__print_symbolic(clause,					       \
			 CHIMNEY_TARGET_CLAUSES(TRACE_CHIMNEY_CLAUSE_NAME)     \
			 CHIMNEY_CLIENT_CLAUSES(TRACE_CHIMNEY_CLAUSE_NAME)     \
			 { CHIMNEY_CLAUSES, "none" })

TRACE_DEFINE_ENUM(CHIMNEY_OP_KIND_INITIATE);
TRACE_DEFINE_ENUM(CHIMNEY_OP_KIND_TERMINATE);
#define trace_chimney_op_kind_name(kind)				       \
	__print_symbolic(kind,						       \
			 { CHIMNEY_OP_KIND_INITIATE, "initiate" },	       \
			 { CHIMNEY_OP_KIND_TERMINATE, "terminate" })

TRACE_DEFINE_ENUM(CHIMNEY_TCP_DISCONNECT);
TRACE_DEFINE_ENUM(CHIMNEY_TCP_ABORT);
TRACE_DEFINE_ENUM(CHIMNEY_TCP_RETRIEVE);
TRACE_DEFINE_ENUM(CHIMNEY_TCP_SEND_BACKLOG_CHANGE);
#define trace_chimney_tcp_event_name(event)				       \
	__print_symbolic(event,						       \
			 { CHIMNEY_TCP_DISCONNECT, "disconnect" },	       \
			 { CHIMNEY_TCP_ABORT, "abort" },		       \
			 { CHIMNEY_TCP_RETRIEVE, "retrieve" },		       \
			 { CHIMNEY_TCP_SEND_BACKLOG_CHANGE, "backlog" })

DECLARE_EVENT_CLASS(chimney_target_class,
	TP_PROTO(int ifindex),

	TP_ARGS(ifindex),

	TP_STRUCT__entry(
		__field(int, ifindex)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
	),

	TP_printk("ifindex=%d", __entry->ifindex)
);

DEFINE_EVENT(chimney_target_class, chimney_target_add,
	TP_PROTO(int ifindex),
	TP_ARGS(ifindex)
);

DEFINE_EVENT(chimney_target_class, chimney_target_del,
	TP_PROTO(int ifindex),
	TP_ARGS(ifindex)
);

DECLARE_EVENT_CLASS(chimney_call_class,
	TP_PROTO(int ifindex, const void *tree, int kind),

	TP_ARGS(ifindex, tree, kind),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(const void *, tree)
		__field(int, kind)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->tree = tree;
		__entry->kind = kind;
	),

	TP_printk("ifindex=%d tree=%p kind=%s", __entry->ifindex,
		  __entry->tree, trace_chimney_op_kind_name(__entry->kind))
);

#define DEFINE_CHIMNEY_CALL_EVENT(name)					       \
DEFINE_EVENT(chimney_call_class, name,					       \
	TP_PROTO(int ifindex, const void *tree, int kind),		       \
	TP_ARGS(ifindex, tree, kind)					       \
)

DEFINE_CHIMNEY_CALL_EVENT(chimney_call_submit);
DEFINE_CHIMNEY_CALL_EVENT(chimney_call_complete);
/* The target missed the deadline, */
DEFINE_CHIMNEY_CALL_EVENT(chimney_call_lost);
/* and completed the tree after all. */
DEFINE_CHIMNEY_CALL_EVENT(chimney_call_late);

TRACE_EVENT(chimney_violation,
	TP_PROTO(int ifindex, int clause),

	TP_ARGS(ifindex, clause),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(int, clause)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->clause = clause;
	),

	TP_printk("ifindex=%d clause=%s", __entry->ifindex,
		  trace_chimney_clause_name(__entry->clause))
);

TRACE_EVENT(chimney_tcp_event,
	TP_PROTO(int ifindex, const void *handle, int event, u32 information),

	TP_ARGS(ifindex, handle, event, information),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(const void *, handle)
		__field(int, event)
		__field(u32, information)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->handle = handle;
		__entry->event = event;
		__entry->information = information;
	),

	TP_printk("ifindex=%d handle=%p event=%s information=%u",
		  __entry->ifindex, __entry->handle,
		  trace_chimney_tcp_event_name(__entry->event),
		  __entry->information)
);

#endif /* _CHIMNEY_CORE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
