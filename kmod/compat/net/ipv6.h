/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _CHIMNEY_COMPAT_NET_IPV6_H
#define _CHIMNEY_COMPAT_NET_IPV6_H

#include_next <net/ipv6.h>

/* Does the kernel make up a flow label for the socket? It does not export it. */
static inline bool chimney_ip6_autoflowlabel(const struct sock *sk)
{
#ifdef inet6_test_bit
	if (inet6_test_bit(AUTOFLOWLABEL_SET, sk))
		return inet6_test_bit(AUTOFLOWLABEL, sk);
#else
	/* 6.1 */
	if (inet6_sk(sk)->autoflowlabel_set)
		return inet6_sk(sk)->autoflowlabel;
#endif
	return ip6_default_np_autolabel(sock_net(sk));
}

#endif /* _CHIMNEY_COMPAT_NET_IPV6_H */
