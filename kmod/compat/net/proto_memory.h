/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_NET_PROTO_MEMORY_H
#define _CHIMNEY_COMPAT_NET_PROTO_MEMORY_H

#include <linux/version.h>
#include <net/sock.h>

/* sk_memory_allocated() and its like moved to a header of their own in 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include_next <net/proto_memory.h>
#endif

#endif /* _CHIMNEY_COMPAT_NET_PROTO_MEMORY_H */
