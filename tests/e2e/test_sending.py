# SPDX-License-Identifier: GPL-2.0-only
"""Small writes, corks and queues mean the same at home and offloaded.

Each test runs its body on one connection in both places, the host's own being the
measure. Segments are counted by the peer, a socket of Linux in any case.
"""

import ctypes
import errno
import fcntl
import os
import random
import select
import socket
import struct
import tempfile

import netns
from lib import (FAR, FAR_DEV, NEAR_DEV, PEER, check, check_equal, check_guards, connection, offload,
                 run, start, upload, until)
from sockets import MSG_ZEROCOPY, SO_ZEROCOPY

PORT = 9
SIOCOUTQ, SIOCOUTQNSD = 0x5411, 0x894B
SO_SNDBUFFORCE = 32
TCP_NOTSENT_LOWAT = 25
# Where tcp_info has tcpi_data_segs_in.
DATA_SEGS_IN = 152
# Nobody promises that a slow machine does two things within the time a cork holds.
ATTEMPTS = 10
DATA = random.Random(1).randbytes(4 << 20)


class Pair:
    """A connection, its near end being the one that goes out and home."""

    def __init__(self):
        listener = netns.inside(FAR, socket.create_server, ("0.0.0.0", PORT))
        self.near = socket.create_connection((PEER, PORT))
        self.far, _ = listener.accept()
        listener.close()

    def segments(self):
        info = self.far.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, DATA_SEGS_IN + 4)
        return struct.unpack_from("I", info, DATA_SEGS_IN)[0]

    def receive(self, expected):
        """All of it, and the segments it came in since @self.mark()."""
        got = b""
        while len(got) < len(expected):
            more = self.far.recv(len(expected) - len(got))
            check(more, "the stream ended")
            got += more
        check(got == expected, "the stream differs")
        return self.segments() - self.before

    def mark(self):
        self.before = self.segments()

    def queued(self, request):
        return struct.unpack("i", fcntl.ioctl(self.near, request, bytes(4)))[0]

    def unacknowledged(self):
        return self.queued(SIOCOUTQ)

    def unsent(self):
        return self.queued(SIOCOUTQNSD)


def in_both_places(body):
    """body(pair) at home and offloaded; it must not bring the connection home."""
    start()
    pair = Pair()
    body(pair)
    check(offload(*connection(pair.near)).statuses("tcp") == ["SUCCESS"], "not offloaded")
    body(pair)
    check_guards(1)
    upload(*connection(pair.near))
    body(pair)


def lose_all(lost):
    """Nothing leaves the near side, or everything does."""
    run("tc", "qdisc", "replace", "dev", NEAR_DEV, "root", "netem", "loss",
        "100%" if lost else "0%")


def in_one_segment(pair, send):
    """What send() sends comes in one segment, if the machine is fast enough, once in a while."""
    for _ in range(ATTEMPTS):
        pair.mark()
        if pair.receive(send()) == 1:
            return
    check(False, "never in one segment")


def test_small_writes():
    """While data is under way small writes merge."""
    def body(pair):
        pair.mark()
        for i in range(64):
            pair.near.sendall(DATA[i * 100:i * 100 + 100])
        segments = pair.receive(DATA[:6400])
        check(segments <= 32, f"64 small writes made {segments} segments")

    run("tc", "-n", FAR, "qdisc", "add", "dev", FAR_DEV, "root", "netem", "delay", "50ms")
    in_both_places(body)


def test_msg_more():
    """What is sent with MSG_MORE goes with what follows; alone, it goes after a while."""
    def more_and_end():
        pair.near.send(DATA[:100], socket.MSG_MORE)
        pair.near.send(DATA[100:200], socket.MSG_MORE)
        pair.near.send(DATA[200:300])
        return DATA[:300]

    def body(it):
        nonlocal pair
        pair = it
        in_one_segment(pair, more_and_end)
        pair.mark()
        pair.near.send(DATA[:5000], socket.MSG_MORE)
        pair.receive(DATA[:5000])

    pair = None
    in_both_places(body)


def test_cork():
    """A cork holds less than a segment until it is pulled, or TCP_NODELAY pushes, or for a while."""
    def option(name, value):
        pair.near.setsockopt(socket.IPPROTO_TCP, name, value)

    def corked_writes():
        option(socket.TCP_CORK, 1)
        for i in range(5):
            pair.near.send(DATA[i * 100:i * 100 + 100])

    def uncork():
        corked_writes()
        option(socket.TCP_CORK, 0)
        return DATA[:500]

    def push():
        corked_writes()
        option(socket.TCP_NODELAY, 1)
        return DATA[:500]

    def body(it):
        nonlocal pair
        pair = it
        in_one_segment(pair, uncork)
        in_one_segment(pair, push)
        option(socket.TCP_NODELAY, 0)
        pair.mark()
        pair.near.send(DATA[:5000])
        pair.receive(DATA[:5000])
        option(socket.TCP_CORK, 0)

    pair = None
    in_both_places(body)


def test_cork_shutdown():
    """What is corked goes before the FIN."""
    start()
    pair = Pair()
    offload(*connection(pair.near))
    pair.near.setsockopt(socket.IPPROTO_TCP, socket.TCP_CORK, 1)
    pair.near.send(DATA[:100])
    pair.near.shutdown(socket.SHUT_WR)
    pair.mark()
    pair.receive(DATA[:100])
    check_equal(pair.far.recv(1), b"", "what follows")


def test_outq():
    """SIOCOUTQ counts what the peer has not acknowledged."""
    def body(pair):
        pair.mark()
        lose_all(True)
        pair.near.send(DATA[:3000])
        check_equal(pair.unacknowledged(), 3000, "bytes in the queue")
        lose_all(False)
        pair.receive(DATA[:3000])
        until(lambda: not pair.unacknowledged(), "SIOCOUTQ becomes 0")

    in_both_places(body)


def test_notsent_lowat():
    """A socket with little unsent data is writable, with more it is not."""
    def fill(pair):
        sent = 0
        while True:
            try:
                sent += pair.near.send(DATA[sent:sent + 16384], socket.MSG_DONTWAIT)
            except BlockingIOError:
                return sent

    def body(pair):
        pair.near.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, 2 << 20)
        pair.near.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, 16384)
        poll = select.epoll()
        poll.register(pair.near, select.EPOLLOUT | select.EPOLLET)
        check_equal(len(poll.poll(0)), 1, "events of an empty socket")
        lose_all(True)
        pair.mark()
        sent = fill(pair)
        unsent = pair.unsent()
        check(16384 <= unsent < 64 << 10, f"of {sent} bytes that fit in, {unsent} are unsent")
        check(sent - unsent < 64 << 10, f"{sent - unsent} bytes are sent, and none acknowledged")
        check_equal(poll.poll(0), [], "events of a full socket")
        lose_all(False)
        pair.receive(DATA[:sent])
        check_equal(len(poll.poll()), 1, "events when all was sent")
        until(lambda: not pair.unacknowledged(), "SIOCOUTQ becomes 0")
        check_equal(pair.unsent(), 0, "bytes unsent when all was acknowledged")
        poll.close()

    in_both_places(body)


# Where SO_MEMINFO has what the write queue is charged for.
SO_MEMINFO, WMEM_QUEUED = 55, 5


def write_queue_memory(sock):
    return struct.unpack_from("I", sock.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36),
                              4 * WMEM_QUEUED)[0]


def bad_address(pair):
    """EFAULT; nothing of it is sent."""
    libc = ctypes.CDLL(None, use_errno=True)
    check_equal(libc.send(pair.near.fileno(), ctypes.c_void_p(1), ctypes.c_size_t(100), 0), -1,
                "what send() from nowhere returns")
    check_equal(ctypes.get_errno(), errno.EFAULT, "its error")


def spliced(pair):
    read, write = os.pipe()
    os.write(write, DATA[:700])
    check_equal(os.splice(read, pair.near.fileno(), 700), 700, "bytes spliced")
    os.close(read)
    os.close(write)
    return 700


def from_file(pair):
    with tempfile.TemporaryFile() as file:
        file.write(DATA[:3000])
        file.flush()
        return os.sendfile(pair.near.fileno(), file.fileno(), 0, 3000)


def zero_copied(pair):
    pair.near.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    return pair.near.send(DATA[:20000], MSG_ZEROCOPY)


def option_between(name):
    def send(pair):
        pair.near.setsockopt(socket.IPPROTO_TCP, name, 1)
        sent = pair.near.send(DATA[:10])
        pair.near.setsockopt(socket.IPPROTO_TCP, name, 0)
        return sent
    return send


def ask(pair, send):
    """What it sends is acknowledged by the answer, when the peer has read it."""
    pair.far.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    pair.receive(DATA[:send(pair)])
    pair.far.sendall(b"answer")
    check_equal(pair.near.recv(100), b"answer", "the answer")
    until(lambda: not pair.unacknowledged(), "all is acknowledged")


def test_after_answers():
    """Each way to send, when all that went before is acknowledged and its memory is used anew."""
    ways = (lambda pair: pair.near.send(DATA[:64]),
            lambda pair: bad_address(pair) or pair.near.send(DATA[:64]),
            lambda pair: pair.near.send(b"") or pair.near.send(DATA[:64]),
            lambda pair: pair.near.send(DATA[:100], socket.MSG_MORE),
            lambda pair: pair.near.send(DATA[:200_000]),
            option_between(socket.TCP_NODELAY), option_between(socket.TCP_CORK),
            spliced, from_file, zero_copied)

    def body(pair):
        for way in ways:
            for first, then in ((ways[0], way), (way, ways[0])):
                pair.mark()
                ask(pair, first)
                ask(pair, then)

    in_both_places(body)


def test_idle_memory():
    """What was kept for the next question is freed if there is none for a while."""
    def kept():
        ask(pair, lambda pair: pair.near.send(DATA[:64]))
        return write_queue_memory(pair.near)

    start()
    pair = Pair()
    offload(*connection(pair.near))
    pair.mark()
    until(kept, "memory is kept for the next question")
    until(lambda: not write_queue_memory(pair.near), "it is freed")
    check_guards(1)


def test_shutdown_after_answer():
    """The FIN needs no data to go with."""
    start()
    pair = Pair()
    offload(*connection(pair.near))
    pair.mark()
    ask(pair, lambda pair: pair.near.send(DATA[:64]))
    pair.near.shutdown(socket.SHUT_WR)
    check_equal(pair.far.recv(1), b"", "what follows")
    pair.far.sendall(DATA[:64])
    check_equal(pair.near.recv(100), DATA[:64], "what the peer sends then")
    check_guards(1)
