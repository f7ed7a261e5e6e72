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
TRACE_DEFINE_ENUM(CHIMNEY_OP_KIND_UPDATE);
TRACE_DEFINE_ENUM(CHIMNEY_OP_KIND_QUERY);
TRACE_DEFINE_ENUM(CHIMNEY_OP_KIND_INVALIDATE);
#define trace_chimney_op_kind_name(kind)				       \
	__print_symbolic(kind,						       \
			 { CHIMNEY_OP_KIND_INITIATE, "initiate" },	       \
			 { CHIMNEY_OP_KIND_TERMINATE, "terminate" },	       \
			 { CHIMNEY_OP_KIND_UPDATE, "update" },		       \
			 { CHIMNEY_OP_KIND_QUERY, "query" },		       \
			 { CHIMNEY_OP_KIND_INVALIDATE, "invalidate" })

TRACE_DEFINE_ENUM(CHIMNEY_LAYER_NEIGHBOR);
TRACE_DEFINE_ENUM(CHIMNEY_LAYER_PATH);
TRACE_DEFINE_ENUM(CHIMNEY_LAYER_TCP);
#define trace_chimney_layer_name(layer)					       \
	__print_symbolic(layer,						       \
			 { CHIMNEY_LAYER_NEIGHBOR, "neighbor" },	       \
			 { CHIMNEY_LAYER_PATH, "path" },		       \
			 { CHIMNEY_LAYER_TCP, "tcp" })

TRACE_DEFINE_ENUM(CHIMNEY_OBJECT_HOST);
TRACE_DEFINE_ENUM(CHIMNEY_OBJECT_OFFLOADING);
TRACE_DEFINE_ENUM(CHIMNEY_OBJECT_OFFLOADED);
TRACE_DEFINE_ENUM(CHIMNEY_OBJECT_UPLOADING);
TRACE_DEFINE_ENUM(CHIMNEY_OBJECT_LOST);
#define trace_chimney_object_state_name(state)				       \
	__print_symbolic(state,						       \
			 { CHIMNEY_OBJECT_HOST, "host" },		       \
			 { CHIMNEY_OBJECT_OFFLOADING, "offloading" },	       \
			 { CHIMNEY_OBJECT_OFFLOADED, "offloaded" },	       \
			 { CHIMNEY_OBJECT_UPLOADING, "uploading" },	       \
			 { CHIMNEY_OBJECT_LOST, "lost" })

TRACE_DEFINE_ENUM(CHIMNEY_GATE_OPEN);
TRACE_DEFINE_ENUM(CHIMNEY_GATE_PAUSED);
TRACE_DEFINE_ENUM(CHIMNEY_GATE_DRAINING);
#define trace_chimney_gate_name(gate)					       \
	__print_symbolic(gate,						       \
			 { CHIMNEY_GATE_OPEN, "open" },			       \
			 { CHIMNEY_GATE_PAUSED, "paused" },		       \
			 { CHIMNEY_GATE_DRAINING, "draining" })

TRACE_DEFINE_ENUM(CHIMNEY_INDICATION_PAUSE);
TRACE_DEFINE_ENUM(CHIMNEY_INDICATION_RESUME);
TRACE_DEFINE_ENUM(CHIMNEY_INDICATION_UPLOAD_ALL);
#define trace_chimney_indication_name(indication)			       \
	__print_symbolic(indication,					       \
			 { CHIMNEY_INDICATION_PAUSE, "pause" },		       \
			 { CHIMNEY_INDICATION_RESUME, "resume" },	       \
			 { CHIMNEY_INDICATION_UPLOAD_ALL, "upload-all" })

TRACE_DEFINE_ENUM(CHIMNEY_NEIGHBOR_REACHABILITY_QUERY);
TRACE_DEFINE_ENUM(CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT);
#define trace_chimney_event_name(event)					       \
	__print_symbolic(event,						       \
			 { CHIMNEY_NEIGHBOR_REACHABILITY_QUERY, "query" },     \
			 { CHIMNEY_NEIGHBOR_REACHABILITY_IN_DOUBT, "in-doubt" })

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

/* The host has set parameters. */
DEFINE_EVENT(chimney_target_class, chimney_target_parameters,
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

TRACE_EVENT(chimney_object,
	TP_PROTO(const void *handle, int layer, int from, int to),

	TP_ARGS(handle, layer, from, to),

	TP_STRUCT__entry(
		__field(const void *, handle)
		__field(int, layer)
		__field(int, from)
		__field(int, to)
	),

	TP_fast_assign(
		__entry->handle = handle;
		__entry->layer = layer;
		__entry->from = from;
		__entry->to = to;
	),

	TP_printk("handle=%p layer=%s from=%s to=%s", __entry->handle,
		  trace_chimney_layer_name(__entry->layer),
		  trace_chimney_object_state_name(__entry->from),
		  trace_chimney_object_state_name(__entry->to))
);

TRACE_EVENT(chimney_gate,
	TP_PROTO(int ifindex, int from, int to),

	TP_ARGS(ifindex, from, to),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(int, from)
		__field(int, to)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->from = from;
		__entry->to = to;
	),

	TP_printk("ifindex=%d from=%s to=%s", __entry->ifindex,
		  trace_chimney_gate_name(__entry->from),
		  trace_chimney_gate_name(__entry->to))
);

TRACE_EVENT(chimney_indication,
	TP_PROTO(int ifindex, int indication),

	TP_ARGS(ifindex, indication),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(int, indication)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->indication = indication;
	),

	TP_printk("ifindex=%d indication=%s", __entry->ifindex,
		  trace_chimney_indication_name(__entry->indication))
);

TRACE_EVENT(chimney_event,
	TP_PROTO(int ifindex, const void *handle, int event),

	TP_ARGS(ifindex, handle, event),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(const void *, handle)
		__field(int, event)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->handle = handle;
		__entry->event = event;
	),

	TP_printk("ifindex=%d handle=%p event=%s", __entry->ifindex,
		  __entry->handle, trace_chimney_event_name(__entry->event))
);

TRACE_EVENT(chimney_disconnect,
	TP_PROTO(int ifindex, const void *handle, bool abortive),

	TP_ARGS(ifindex, handle, abortive),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(const void *, handle)
		__field(bool, abortive)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->handle = handle;
		__entry->abortive = abortive;
	),

	TP_printk("ifindex=%d handle=%p abortive=%d", __entry->ifindex,
		  __entry->handle, __entry->abortive)
);

TRACE_EVENT(chimney_disconnect_complete,
	TP_PROTO(int ifindex, const void *handle, int status),

	TP_ARGS(ifindex, handle, status),

	TP_STRUCT__entry(
		__field(int, ifindex)
		__field(const void *, handle)
		__field(int, status)
	),

	TP_fast_assign(
		__entry->ifindex = ifindex;
		__entry->handle = handle;
		__entry->status = status;
	),

	TP_printk("ifindex=%d handle=%p status=%d", __entry->ifindex,
		  __entry->handle, __entry->status)
);

#endif /* _CHIMNEY_CORE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
