/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_NET_TCP_H
#define _CHIMNEY_COMPAT_NET_TCP_H

#include_next <net/tcp.h>
#include <linux/version.h>

/*
 * Send an ACK now. Stable kernels gave __tcp_send_ack() a third argument at
 * different points of different series, so ask its type rather than a version.
 */
static inline void chimney_tcp_send_ack(struct sock *sk, u32 rcv_nxt)
{
	void (*with_flags)(struct sock *sk, u32 rcv_nxt, u16 flags) =
		(void *)__tcp_send_ack;
	void (*without)(struct sock *sk, u32 rcv_nxt) = (void *)__tcp_send_ack;

	if (__builtin_types_compatible_p(typeof(__tcp_send_ack),
					 void(struct sock *, u32)))
		without(sk, rcv_nxt);
	else
		with_flags(sk, rcv_nxt, 0);
}

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 2, 0)
/* TCP_INFO does not have it: nowhere. */
#define CHIMNEY_TCP_INFO_RCV_WND	SIZE_MAX
#else
#define CHIMNEY_TCP_INFO_RCV_WND	offsetof(struct tcp_info, tcpi_rcv_wnd)
#endif

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 7, 0)

static inline u32 tcp_clock_ts(bool usec_ts)
{
	return tcp_time_stamp_raw();
}

static inline u32 tcp_time_stamp_ts(const struct tcp_sock *tp)
{
	return tcp_time_stamp(tp);
}

static inline bool chimney_tcp_usec_ts(const struct tcp_sock *tp)
{
	return false;
}

/* Only ever called with what chimney_tcp_usec_ts() said elsewhere: false. */
static inline void chimney_tcp_set_usec_ts(struct tcp_sock *tp, bool usec_ts)
{
}

/* Inverse of tcp_win_from_space(). */
static inline int tcp_space_from_win(const struct sock *sk, int win)
{
	int scale = READ_ONCE(sock_net(sk)->ipv4.sysctl_tcp_adv_win_scale);

	if (scale <= 0)
		return min_t(u64, (u64)win << -scale, INT_MAX);
	return min_t(u64, div_u64((u64)win << scale, (1U << scale) - 1),
		     INT_MAX);
}

#else

static inline bool chimney_tcp_usec_ts(const struct tcp_sock *tp)
{
	return tp->tcp_usec_ts;
}

static inline void chimney_tcp_set_usec_ts(struct tcp_sock *tp, bool usec_ts)
{
	tp->tcp_usec_ts = usec_ts;
}

#endif

#endif /* _CHIMNEY_COMPAT_NET_TCP_H */
