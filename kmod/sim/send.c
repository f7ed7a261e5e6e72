// SPDX-License-Identifier: GPL-2.0-only
/*
 * Send data of a connection and the end of it. What the host sends stays in the
 * lists of struct sim_conn until the peer has acknowledged it; the engine's
 * socket sends copies.
 */
#include <linux/skbuff_ref.h>
#include <net/tcp.h>

#include <chimney/tcp.h>

#include "../../hw/device.h"
#include "engine.h"
#include "sim.h"

static void copy_flags(struct sk_buff *copy, const struct sk_buff *skb)
{
	TCP_SKB_CB(copy)->tcp_flags =
		TCPHDR_ACK | (TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH);
	TCP_SKB_CB(copy)->eor = TCP_SKB_CB(skb)->eor;
}

/*
 * The engine's copy of send data shares the pages: a card would have fetched
 * them by DMA. The original stays as it is for the client (INIT-31, SND-15), whose
 * socket is charged for them: the engine's is not, as with MSG_ZEROCOPY.
 */
static struct sk_buff *gather(const struct sk_buff *skb)
{
	unsigned int linear = skb_headlen(skb);
	struct skb_shared_info *shinfo;
	struct page *page;
	struct sk_buff *copy;
	int i, n = 0;

	if (linear && skb_shinfo(skb)->nr_frags == MAX_SKB_FRAGS)
		return NULL;
	copy = alloc_skb_fclone(MAX_TCP_HEADER, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return NULL;
	skb_reserve(copy, MAX_TCP_HEADER);
	shinfo = skb_shinfo(copy);
	shinfo->flags |= SKBFL_PURE_ZEROCOPY;
	if (linear) {
		/* TCP divides skbs whose data is in pages only. */
		page = alloc_pages(GFP_ATOMIC | __GFP_NOWARN | __GFP_COMP,
				   get_order(linear));
		if (!page) {
			kfree_skb(copy);
			return NULL;
		}
		memcpy(page_address(page), skb->data, linear);
		skb_fill_page_desc(copy, n++, page, 0, linear);
		shinfo->flags &= ~SKBFL_PURE_ZEROCOPY;
	}
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		shinfo->frags[n] = skb_shinfo(skb)->frags[i];
		skb_frag_ref(copy, n++);
	}
	shinfo->nr_frags = n;
	shinfo->flags |= skb_shinfo(skb)->flags & SKBFL_SHARED_FRAG;
	skb_zcopy_set(copy, skb_zcopy((struct sk_buff *)skb), NULL);
	copy->data_len = skb->len;
	copy->len = skb->len;
	copy->truesize += skb->len;
	copy->ip_summed = CHECKSUM_PARTIAL;
	__skb_header_release(copy);
	copy_flags(copy, skb);
	return copy;
}

/**
 * sim_tell_unsent() - tell the client what it shall not take for sent
 * @conn: the connection
 *
 * Context: the slock is held.
 */
void sim_tell_unsent(struct sim_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);
	u32 unsent = tp->write_seq - tp->snd_nxt;
	const struct sk_buff *skb;

	skb_queue_walk(&conn->pending, skb)
		unsent += skb->len;
	WRITE_ONCE(conn->handle->unsent, unsent);
}

/* What tcp_wmem_free_skb() takes back. */
static void charge(struct sock *sk, const struct sk_buff *skb)
{
	u32 size = skb_zcopy_pure(skb) ? SKB_TRUESIZE(skb_end_offset(skb)) :
					 skb->truesize;

	sk_wmem_queued_add(sk, skb->truesize);
	if (!sk_wmem_schedule(sk, size))
		NET_INC_STATS(sock_net(sk), LINUX_MIB_TCPMEMORYPRESSURES);
	sk_mem_charge(sk, size);
}

/* Divide a copy in two; the second follows it in the list. */
static int split_copy(struct sk_buff_head *copies, struct sk_buff *copy, u32 at)
{
	struct sk_buff *rest = gather(copy);

	if (!rest)
		return -ENOMEM;
	__skb_queue_after(copies, copy, rest);
	if (chimney_skb_trim_head(rest, at, GFP_ATOMIC) || pskb_trim(copy, at))
		return -ENOMEM;
	TCP_SKB_CB(copy)->tcp_flags &= ~TCPHDR_PSH;
	return 0;
}

/* Where SndNxt is, a segment begins: what lies behind is sent again (INIT-76). */
static int split_at_snd_nxt(struct sk_buff_head *copies,
			    const struct chimney_tcp_state_delegated *d)
{
	u32 left = d->snd_nxt - d->snd_una;
	struct sk_buff *copy;

	if (d->snd_nxt == d->snd_max)
		return 0;	/* INIT-74 */
	skb_queue_walk(copies, copy) {
		if (left < copy->len)
			return left ? split_copy(copies, copy, left) : 0;
		left -= copy->len;
	}
	return 0;
}

/* Not inlined: its list is cleared, and most connections have nothing outstanding. */
static noinline int load_copies(struct sim_conn *conn,
				struct sk_buff_head *list,
				const struct chimney_tcp_state_delegated *d)
{
	struct sk_buff_head copies;
	struct sk_buff *skb, *copy;

	__skb_queue_head_init(&copies);
	skb_queue_walk(list, skb) {
		copy = gather(skb);
		if (!copy) {
			__skb_queue_purge(&copies);
			return -ENOMEM;
		}
		__skb_queue_tail(&copies, copy);
	}
	if (split_at_snd_nxt(&copies, d)) {
		__skb_queue_purge(&copies);
		return -ENOMEM;
	}
	skb_queue_walk(&copies, copy)
		charge(conn->sk, copy);
	return chimney_tcp_link_send_queue(conn->sk, &copies, GFP_ATOMIC);
}

/**
 * sim_load_send_data() - take over what a connection has outstanding
 * @conn: a connection whose sequence numbers are loaded
 * @list: send data from SndUna on; emptied on success
 * @d: where SndNxt and SndMax are
 *
 * Context: the slock is held. Return: 0 or -ENOMEM.
 */
int sim_load_send_data(struct sim_conn *conn, struct sk_buff_head *list,
		       const struct chimney_tcp_state_delegated *d)
{
	int err;

	conn->sent_seq = tcp_sk(conn->sk)->snd_una;
	if (skb_queue_empty(list))
		return chimney_tcp_link_send_queue(conn->sk, list, GFP_ATOMIC);
	err = load_copies(conn, list, d);
	if (!err)
		skb_queue_splice_tail_init(list, &conn->sent);
	return err;
}

/**
 * sim_return_send_data() - hand back what is not acknowledged (TERM-52 to TERM-57)
 * @conn: a stopped connection
 * @snd_una: its SndUna
 * @block: the block of a terminate, which gets the data
 *
 * Context: process.
 */
void sim_return_send_data(struct sim_conn *conn, u32 snd_una,
			  struct chimney_block *block)
{
	struct sk_buff *head = skb_peek(&conn->sent);

	if (head && before(conn->sent_seq, snd_una))
		chimney_skb_trim_head(head, min_t(u32, head->len,
						  snd_una - conn->sent_seq),
				      GFP_KERNEL | __GFP_NOFAIL);
	skb_queue_splice_tail_init(&conn->sent, &block->send_queue);
	skb_queue_splice_tail_init(&conn->pending, &block->send_queue);
}

/* Join small sends: the card's transmit buffer is bytes, not requests. */
static bool append_to_tail(struct sock *sk, const struct sk_buff *skb)
{
	struct sk_buff *tail = tcp_write_queue_tail(sk);
	const skb_frag_t *frag;
	int n;

	if (!tail || skb_headlen(skb) || skb_shinfo(skb)->nr_frags != 1 ||
	    skb_zcopy((struct sk_buff *)skb) || skb_zcopy(tail) ||
	    !skb_zcopy_pure(tail) || skb_cloned(tail) ||
	    tail->len + skb->len > sk->sk_gso_max_size ||
	    !tcp_skb_can_collapse_to(tail) ||
	    TCP_SKB_CB(tail)->tcp_flags & TCPHDR_FIN)
		return false;
	frag = &skb_shinfo(skb)->frags[0];
	n = skb_shinfo(tail)->nr_frags;
	if (!skb_can_coalesce(tail, n, skb_frag_page(frag),
			      skb_frag_off(frag)))
		return false;
	skb_frag_size_add(&skb_shinfo(tail)->frags[n - 1], skb->len);
	tail->len += skb->len;
	tail->data_len += skb->len;
	tail->truesize += skb->len;
	sk_wmem_queued_add(sk, skb->len);
	TCP_SKB_CB(tail)->end_seq += skb->len;
	TCP_SKB_CB(tail)->eor = TCP_SKB_CB(skb)->eor;
	TCP_SKB_CB(tail)->tcp_flags |=
		TCP_SKB_CB(skb)->tcp_flags & TCPHDR_PSH;
	tcp_skb_pcount_set(tail, 0);
	WRITE_ONCE(tcp_sk(sk)->write_seq, tcp_sk(sk)->write_seq + skb->len);
	return true;
}

/* Put a copy into the write queue. */
static void enqueue(struct sock *sk, struct sk_buff *copy)
{
	struct tcp_sock *tp = tcp_sk(sk);

	INIT_LIST_HEAD(&copy->tcp_tsorted_anchor);
	TCP_SKB_CB(copy)->seq = tp->write_seq;
	TCP_SKB_CB(copy)->end_seq = tp->write_seq + copy->len;
	tcp_skb_pcount_set(copy, 0);
	charge(sk, copy);
	__skb_queue_tail(&sk->sk_write_queue, copy);
	WRITE_ONCE(tp->write_seq, tp->write_seq + copy->len);
}

static bool append(struct sock *sk, const struct sk_buff *skb)
{
	struct sk_buff *copy;

	if (append_to_tail(sk, skb))
		return true;
	copy = gather(skb);
	if (!copy)
		return false;
	enqueue(sk, copy);
	return true;
}

/* Nothing holds it up, and TCP will not divide it, nor take from it for a probe. */
static bool goes_at_once(const struct sock *sk, struct sk_buff *skb)
{
	const struct tcp_sock *tp = tcp_sk(sk);

	return tcp_rtx_and_write_queues_empty(sk) &&
	       !inet_csk(sk)->icsk_mtup.enabled &&
	       skb->len <= tp->mss_cache / 2 &&
	       !after(tp->write_seq + skb->len, tcp_wnd_end(tp)) &&
	       !skb_headlen(skb) && !skb_zcopy(skb) && skb->nohdr &&
	       !skb_cloned(skb);
}

/*
 * What goes at once needs no head of its own: a request of some bytes would spend
 * more on that than on anything else. The copy has the head of the original, of
 * which TCP uses the headroom, as it would have done at home. TCP sends a clone,
 * and copies the head for it if it finds it shared, so it must not find that while
 * it sends. Later it may: until the peer has acknowledged the copy, it looks like
 * one of which a clone is still in the queue of a device.
 */
static bool send_at_once(struct sim_conn *conn)
{
	struct sk_buff *copy, *skb = skb_peek(&conn->pending);
	struct sock *sk = conn->sk;

	if (!skb || !skb_queue_is_last(&conn->pending, skb) ||
	    conn->disconnect || !goes_at_once(sk, skb))
		return false;
	copy = skb_clone(skb, GFP_ATOMIC | __GFP_NOWARN);
	if (!copy)
		return false;
	/* As __skb_header_release(), but the original has released it, too. */
	copy->nohdr = 1;
	atomic_add(1 << SKB_DATAREF_SHIFT, &skb_shinfo(copy)->dataref);
	memset(TCP_SKB_CB(copy), 0, sizeof(struct tcp_skb_cb));
	copy_flags(copy, skb);
	enqueue(sk, copy);
	__skb_unlink(skb, &conn->pending);
	__skb_queue_tail(&conn->sent, skb);

	copy->cloned = 0;
	chimney_tcp_push(sk);
	copy->cloned = 1;
	return true;
}

/* Close the send half behind all data (DSC-11 to DSC-14). */
static void send_fin(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	conn->fin_sent = true;
	sk->sk_shutdown |= SEND_SHUTDOWN;
	tcp_prot.shutdown(sk, SEND_SHUTDOWN);
}

/* The data of a graceful disconnect stays in its list; false if not all fits. */
static bool append_last(struct sim_conn *conn)
{
	struct sk_buff_head *data = &conn->disconnect->data;

	for (; conn->unsent; conn->unsent = skb_queue_next(data, conn->unsent)) {
		if (!append(conn->sk, conn->unsent))
			return false;
		if (skb_queue_is_last(data, conn->unsent)) {
			conn->unsent = NULL;
			break;
		}
	}
	return true;
}

/**
 * sim_append_pending() - give what the host sent to TCP, and push it
 * @conn: the connection
 *
 * A target must take every send (SND-04): what finds no memory waits.
 *
 * Context: the slock is held.
 */
void sim_append_pending(struct sim_conn *conn)
{
	struct sk_buff *skb;

	if (send_at_once(conn))
		return;
	while ((skb = skb_peek(&conn->pending))) {
		if (!append(conn->sk, skb))
			break;
		__skb_unlink(skb, &conn->pending);
		__skb_queue_tail(&conn->sent, skb);
	}
	if (skb || (conn->disconnect && !append_last(conn)))
		sim_defer(conn, &conn->retry, 1);
	else if (conn->disconnect && !conn->fin_sent)
		send_fin(conn);
	chimney_tcp_push(conn->sk);
}

void sim_engine_send(struct chimney_target *target, void *context,
		     struct sk_buff_head *list)
{
	struct sim_conn *conn = sim_conn_of(context);
	enum chimney_status status;

	local_bh_disable();
	bh_lock_sock(conn->sk);
	status = sim_request_status(conn);
	if (status == CHIMNEY_STATUS_SUCCESS) {
		skb_queue_splice_tail_init(list, &conn->pending);
		sim_append_pending(conn);
		sim_tell_unsent(conn);
	}
	bh_unlock_sock(conn->sk);
	if (status != CHIMNEY_STATUS_SUCCESS)
		chimney_tcp_send_complete(target, conn->handle, list, status);
	local_bh_enable();
}

/* SND-19, SND-21: what the peer acknowledged of the first skb is not lost. */
static void trim_sent(struct sim_conn *conn, u32 una)
{
	struct sk_buff *head = skb_peek(&conn->sent);

	if (!head || after(una, conn->sent_end) ||
	    !before(conn->sent_seq, una))
		return;
	una = min_t(u32, una - conn->sent_seq, head->len - 1);
	/* Without memory it comes back whole. */
	if (!chimney_skb_trim_head(head, una, GFP_ATOMIC | __GFP_NOWARN))
		conn->sent_seq += una;
}

/**
 * sim_complete_sends() - complete what was acknowledged
 * @conn: the connection
 * @status: SUCCESS, or what everything else completes with
 *
 * Context: bottom halves off, in sim_engine_run() or after the connection's end.
 */
void sim_complete_sends(struct sim_conn *conn, enum chimney_status status)
{
	struct sk_buff_head done;
	struct sk_buff *skb;
	u32 una;

	__skb_queue_head_init(&done);
	bh_lock_sock(conn->sk);
	una = tcp_sk(conn->sk)->snd_una;
	if (status != CHIMNEY_STATUS_SUCCESS)
		trim_sent(conn, una);
	while ((skb = skb_peek(&conn->sent)) &&
	       (status != CHIMNEY_STATUS_SUCCESS ||
		!after(conn->sent_seq + skb->len, una))) {
		__skb_unlink(skb, &conn->sent);
		conn->sent_seq += skb->len;
		__skb_queue_tail(&done, skb);
	}
	if (status != CHIMNEY_STATUS_SUCCESS)
		skb_queue_splice_tail_init(&conn->pending, &done);
	else if (!skb_queue_empty(&conn->pending) &&
		 sim_request_status(conn) == CHIMNEY_STATUS_SUCCESS)
		sim_append_pending(conn);
	if (status == CHIMNEY_STATUS_SUCCESS)
		sim_tell_unsent(conn);
	bh_unlock_sock(conn->sk);
	if (!skb_queue_empty(&done))
		chimney_tcp_send_complete(&conn->sim->target, conn->handle,
					  &done, status);
}

/*
 * Send RST and forget everything, at once (DSC-05, DSC-08, DSC-09). The kernel
 * does not count this socket among the established ones, but would discount it.
 */
static void abort_now(struct sim_conn *conn)
{
	struct sock *sk = conn->sk;

	if ((1 << sk->sk_state) & (TCPF_ESTABLISHED | TCPF_CLOSE_WAIT))
		TCP_INC_STATS(sock_net(sk), TCP_MIB_CURRESTAB);
	tcp_prot.disconnect(sk, 0);
	conn->aborted = true;
	sim_count_established(conn);
}

void sim_engine_disconnect(struct chimney_target *target, void *context,
			   struct chimney_disconnect *request)
{
	struct sim_conn *conn = sim_conn_of(context);
	enum chimney_status status;

	request->bytes_transferred = 0;
	local_bh_disable();
	bh_lock_sock(conn->sk);
	status = sim_request_status(conn);
	request->status = status;
	if (status == CHIMNEY_STATUS_SUCCESS) {
		conn->disconnect = request;
		conn->unsent = skb_peek(&request->data);
		if (request->abortive)
			abort_now(conn);
		else
			sim_append_pending(conn);
	}
	bh_unlock_sock(conn->sk);
	if (status == CHIMNEY_STATUS_SUCCESS)
		sim_engine_run(conn);
	else
		chimney_tcp_disconnect_complete(target, conn->handle, request);
	local_bh_enable();
}

/* Remove bytes from the front of a list of skbs; they stay in it (SND-21). */
static void trim_acked(struct sk_buff_head *list, u32 acked)
{
	struct sk_buff *skb;
	u32 len;

	skb_queue_walk(list, skb) {
		len = min_t(u32, skb->len, acked);
		if (!len)
			break;
		chimney_skb_trim_head(skb, len, GFP_ATOMIC | __GFP_NOFAIL);
		acked -= len;
	}
}

/* Bytes of a graceful disconnect that the peer has acknowledged. */
static u32 last_acked(const struct sim_conn *conn)
{
	const struct tcp_sock *tp = tcp_sk(conn->sk);
	const struct sk_buff *skb;
	u32 sent = 0, all = 0;

	skb_queue_walk(&conn->disconnect->data, skb)
		all += skb->len;
	if (conn->disconnect->abortive || !all)
		return 0;
	/* It lies behind all other data. */
	skb_queue_walk(&conn->sent, skb)
		sent += skb->len;
	if (!after(tp->snd_una, conn->sent_seq + sent))
		return 0;
	return min(all, tp->snd_una - conn->sent_seq - sent);
}

/*
 * The disconnect request is done; slock held. Sends complete before it (DSC-07):
 * if it was made or acknowledged after they were looked at, the next round of
 * sim_engine_run() completes both.
 */
static bool disconnect_is_done(struct sim_conn *conn)
{
	struct chimney_disconnect *request = conn->disconnect;
	const struct tcp_sock *tp = tcp_sk(conn->sk);

	if (!request || (!conn->stopped && !sim_sends_are_back(conn)))
		return false;
	if (request->abortive)
		request->status = conn->reset ? CHIMNEY_STATUS_SUCCESS :
						CHIMNEY_STATUS_REQUEST_ABORTED;
	else if (conn->lost || conn->aborted)
		request->status = CHIMNEY_STATUS_REQUEST_ABORTED; /* DSC-20 */
	else if (conn->fin_sent && conn->sk->sk_state != TCP_CLOSE &&
		 tp->snd_una == tp->write_seq)
		request->status = CHIMNEY_STATUS_SUCCESS;	/* DSC-18 */
	else if (conn->stopped)
		request->status = CHIMNEY_STATUS_UPLOAD_IN_PROGRESS;
	else
		return false;
	if (!conn->lost && !conn->aborted)
		request->bytes_transferred = last_acked(conn);
	return true;
}

/**
 * sim_complete_disconnect() - complete the disconnect request if it is done
 * @conn: the connection
 *
 * Context: as sim_complete_sends(), which is called before (DSC-07).
 */
void sim_complete_disconnect(struct sim_conn *conn)
{
	struct chimney_disconnect *request = NULL;

	/* Whoever sets it comes here afterwards. */
	if (!READ_ONCE(conn->disconnect))
		return;
	bh_lock_sock(conn->sk);
	if (disconnect_is_done(conn)) {
		request = conn->disconnect;
		conn->disconnect = NULL;
		conn->unsent = NULL;
	}
	bh_unlock_sock(conn->sk);
	if (!request)
		return;
	trim_acked(&request->data, request->bytes_transferred);	/* DSC-23 */
	chimney_tcp_disconnect_complete(&conn->sim->target, conn->handle,
					request);
}
