/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_LINUX_NETLINK_H
#define _CHIMNEY_COMPAT_LINUX_NETLINK_H

#include_next <linux/netlink.h>

/*
 * Old kernels only point to the message, so it is kept by the caller's module:
 * one for each place, and of two at the same time the last.
 */
#ifndef NL_SET_ERR_MSG_FMT
#define NL_SET_ERR_MSG_FMT(extack, fmt, args...) do {			\
	static char __msg[128];						\
									\
	snprintf(__msg, sizeof(__msg), fmt, ##args);			\
	if (extack)							\
		(extack)->_msg = __msg;					\
} while (0)
#endif

#endif /* _CHIMNEY_COMPAT_LINUX_NETLINK_H */
