/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the device model needs of its surroundings: types, memory, ordering. It
 * is compiled into the kernel and into a userspace library.
 */
#ifndef _HW_OS_H
#define _HW_OS_H

#ifdef __KERNEL__

#include <linux/atomic.h>
#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/seqlock.h>
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
/* Between a store and a load; pairs with another one. */
#define os_fence()		smp_mb()

/* One writer, readers of any context that try again. */
#define os_seq_t		seqlock_t
#define os_seq_init(s)		seqlock_init(s)
#define os_write_begin(s)	write_seqlock_bh(s)
#define os_write_end(s)		write_sequnlock_bh(s)
#define os_read_begin(s)	read_seqbegin(s)
#define os_read_retry(s, start)	read_seqretry(s, start)

#define os_counter_t		atomic64_t
#define os_counter_add(c, n)	atomic64_add(n, c)
#define os_counter_read(c)	((u64)atomic64_read(c))
#define os_counter_take(c)	((u64)atomic64_xchg(c, 0))

#else /* !__KERNEL__ */

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>	/* uintptr_t */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#define BIT(n)			(1u << (n))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))

#define os_zalloc(n, size)	calloc(n, size)
#define os_free(p)		free(p)
#define os_load(p)		__atomic_load_n(p, __ATOMIC_ACQUIRE)
#define os_store(p, v)		__atomic_store_n(p, v, __ATOMIC_RELEASE)
#define os_fence()		__atomic_thread_fence(__ATOMIC_SEQ_CST)

#define os_seq_t		u32
#define os_seq_init(s)		(*(s) = 0)
#define os_write_begin(s)	__atomic_fetch_add(s, 1, __ATOMIC_SEQ_CST)
#define os_write_end(s)		__atomic_fetch_add(s, 1, __ATOMIC_SEQ_CST)
#define os_read_begin(s)	__atomic_load_n(s, __ATOMIC_SEQ_CST)
#define os_read_retry(s, start)						\
	((start) & 1 || __atomic_load_n(s, __ATOMIC_SEQ_CST) != (start))

#define os_counter_t		u64
#define os_counter_add(c, n)	__atomic_fetch_add(c, n, __ATOMIC_RELAXED)
#define os_counter_read(c)	__atomic_load_n(c, __ATOMIC_RELAXED)
#define os_counter_take(c)	__atomic_exchange_n(c, 0, __ATOMIC_RELAXED)

#endif /* !__KERNEL__ */

#endif /* _HW_OS_H */
