/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H
#define _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H

#include <linux/skbuff.h>
#include <linux/version.h>

/* skb_frag_ref() and skb_frag_unref() moved to a header of their own in 6.10. */
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
#include_next <linux/skbuff_ref.h>
#endif

#endif /* _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H */
