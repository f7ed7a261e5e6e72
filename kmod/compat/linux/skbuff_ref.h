/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H
#define _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H

/* skb_frag_ref() and skb_frag_unref() moved here in 6.10. */
#if __has_include_next(<linux/skbuff_ref.h>)
#include_next <linux/skbuff_ref.h>
#else
#include <linux/skbuff.h>
#endif

#endif /* _CHIMNEY_COMPAT_LINUX_SKBUFF_REF_H */
