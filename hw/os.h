/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the device model needs of its surroundings: types, memory, ordering. It
 * is compiled into the kernel and into a userspace library.
 */
#ifndef _HW_OS_H
#define _HW_OS_H

#ifdef __KERNEL__

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/barrier.h>

#define os_zalloc(n, size)	kvcalloc(n, size, GFP_KERNEL)
#define os_free(p)		kvfree(p)
/* Pair with each other: a register orders the ring memory around it. */
#define os_load(p)		smp_load_acquire(p)
/* See above. */
#define os_store(p, v)		smp_store_release(p, v)

#else /* !__KERNEL__ */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>	/* uintptr_t */
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

#define BIT(n)			(1u << (n))

#define os_zalloc(n, size)	calloc(n, size)
#define os_free(p)		free(p)
#define os_load(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define os_store(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)

#endif /* !__KERNEL__ */

#endif /* _HW_OS_H */
