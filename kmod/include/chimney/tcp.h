/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The variables of a Linux TCP socket and those of the contract: one mapping,
 * used by the host stack in both directions and by any target whose engine is
 * the kernel's own TCP. Design table: Documentation/architecture.md.
 */
#ifndef _CHIMNEY_TCP_H
#define _CHIMNEY_TCP_H

#include <linux/jhash.h>
#include <net/tcp.h>

#include <chimney/state.h>

/**
 * chimney_tcp_hash() - hash of the addresses and ports of a connection
 * @a: one address, that of IPv4 in the first word
 * @b: the other
 * @a_port: the port at @a
 * @b_port: the port at @b
 * @seed: a secret
 *
 * Context: any. Return: the hash.
 */
static inline u32 chimney_tcp_hash(const struct in6_addr *a,
				   const struct in6_addr *b, __be16 a_port,
				   __be16 b_port, u32 seed)
{
	return jhash_3words((__force u32)(a->s6_addr32[0] ^ a->s6_addr32[3]),
			    (__force u32)(b->s6_addr32[0] ^ b->s6_addr32[3]),
			    (__force u32)a_port << 16 | (__force u32)b_port,
			    seed);
}

/* One of so many sockets pays for a look at the clock. */
#define CHIMNEY_TCP_CLOCK_USES	16

/**
 * struct chimney_tcp_clock - the time, for many sockets one after the other
 * @now: tcp_clock_ns() when it was last read
 * @mstamp: the same in microseconds
 * @uses: since it was zeroed
 *
 * Zeroed before the first socket, and after anything that may take time.
 */
struct chimney_tcp_clock {
	u64 now;
	u64 mstamp;
	unsigned int uses;
};

/**
 * chimney_tcp_set_clock() - tell a socket what time it is
 * @sk: the socket
 * @clock: the time
 *
 * Like tcp_mstamp_refresh(). The time of a socket does not go back: neither must
 * its timestamps.
 *
 * Context: the socket's lock is held.
 */
static inline void chimney_tcp_set_clock(struct sock *sk,
					 struct chimney_tcp_clock *clock)
{
	struct tcp_sock *tp = tcp_sk(sk);

	if (!(clock->uses++ % CHIMNEY_TCP_CLOCK_USES)) {
		clock->now = tcp_clock_ns();
		clock->mstamp = div_u64(clock->now, NSEC_PER_USEC);
	}
	if (clock->now <= tp->tcp_clock_cache)
		return;
	tp->tcp_clock_cache = clock->now;
	tp->tcp_mstamp = clock->mstamp;
}

enum chimney_tcp_state chimney_tcp_state_from_linux(int state);
int chimney_tcp_state_to_linux(enum chimney_tcp_state state);

void chimney_tcp_get_delegated(struct sock *sk,
			       struct chimney_tcp_state_delegated *d);
void chimney_tcp_set_delegated(struct sock *sk,
			       const struct chimney_tcp_state_delegated *d);
void chimney_tcp_set_counters(struct sock *sk,
			      const struct chimney_tcp_counters *counters);
void chimney_tcp_stop_timers(struct sock *sk);
void chimney_tcp_start_timers(struct sock *sk,
			      const struct chimney_tcp_state_delegated *d);

void chimney_tcp_clear_out_of_order(struct sock *sk);
void chimney_tcp_charge_zerocopy(struct sock *sk, struct sk_buff *skb);
int chimney_tcp_take_send_queue(struct sock *sk, struct sk_buff_head *list,
				gfp_t gfp);
int chimney_tcp_link_send_queue(struct sock *sk, struct sk_buff_head *list,
				gfp_t gfp);
struct sk_buff *chimney_tcp_split(struct sock *sk, struct sk_buff *skb,
				  u32 len, gfp_t gfp);
bool chimney_fin_pending(const struct sock *sk);
void chimney_tcp_push(struct sock *sk);
int chimney_skb_trim_head(struct sk_buff *skb, unsigned int len, gfp_t gfp);

#endif /* _CHIMNEY_TCP_H */
