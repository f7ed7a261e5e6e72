# SPDX-License-Identifier: GPL-2.0-only
"""An application cannot tell an offloaded socket from a host one.

Each body runs at home, offloaded, with an offload in its middle and with an upload in
its middle; what it returns must be the same in all four. What it checks itself must hold
in plain Linux, too.
"""

import ctypes
import errno
import fcntl
import itertools
import mmap
import os
import select
import socket
import struct
import time

from echo import RECVFROM
from lib import FAR, SLOWNESS, call, check, check_equal, sh, until
from sockets import (MSG_ZEROCOPY, NOT_MOVING, SO_ZEROCOPY, Later, everywhere, exactly, pattern,
                     unread, wait_unread)

SIZE = 5000
TCP_INQ = TCP_CM_INQ = 36
TCP_ZEROCOPY_RECEIVE = 35
SIOCATMARK = 0x8905
EPOLLRDHUP = select.EPOLLRDHUP


# Receiving --------------------------------------------------------------------


def peek(pair):
    """What is peeked at stays, and comes once."""
    data = pattern(SIZE)
    pair.far.sendall(data)
    wait_unread(pair.near, SIZE)
    check_equal(pair.near.recv(10, socket.MSG_PEEK), data[:10], "peeked")
    pair.middle()
    check_equal(pair.near.recv(SIZE, socket.MSG_PEEK | socket.MSG_WAITALL), data, "peeked again")
    check_equal(pair.near.recv(1000), data[:1000], "received")
    check_equal(pair.near.recv(1000, socket.MSG_PEEK), data[1000:2000], "peeked behind")
    pair.far.sendall(data)
    wait_unread(pair.near, 2 * SIZE - 1000)
    check_equal(exactly(pair.near, 2 * SIZE - 1000), data[1000:] + data, "the rest")
    return unread(pair.near)


def wait_for_all(pair):
    """MSG_WAITALL sleeps until the last byte is there."""
    data = pattern(SIZE)
    reader = Later(pair.near.recv, SIZE, socket.MSG_WAITALL)
    for i, begin in enumerate(range(0, SIZE, 1000)):
        if i == 2:
            pair.middle()
        check(reader.sleeping(), f"MSG_WAITALL returned after {begin} bytes")
        pair.far.sendall(data[begin:begin + 1000])
    return reader.result() == data


def wait_for_all_or_end(pair):
    """The peer's FIN ends MSG_WAITALL, with what there is."""
    data = pattern(SIZE)
    reader = Later(pair.near.recv, 2 * SIZE, socket.MSG_WAITALL)
    pair.far.sendall(data)
    pair.middle()
    pair.far.shutdown(socket.SHUT_WR)
    return reader.result() == data, pair.near.recv(1)


def discard(pair):
    """MSG_TRUNC throws away without copying."""
    data = pattern(SIZE)
    pair.far.sendall(data)
    wait_unread(pair.near, SIZE)
    buffer = bytearray(1000)
    counts = [pair.near.recv_into(buffer, 1000, socket.MSG_TRUNC)]
    pair.middle()
    counts.append(pair.near.recv_into(buffer, 500, socket.MSG_TRUNC))
    check_equal(buffer, bytes(1000), "the buffer")
    check_equal(exactly(pair.near, SIZE - 1500), data[1500:], "what follows")
    return counts


def dont_wait(pair):
    """MSG_DONTWAIT finds nothing, then something, then nothing."""
    seen = [error_of(pair.near.recv, 1, socket.MSG_DONTWAIT)]
    pair.middle()
    seen.append(error_of(pair.near.recv, 1, socket.MSG_DONTWAIT))
    pair.far.sendall(b"x")
    wait_unread(pair.near, 1)
    seen.append(pair.near.recv(100, socket.MSG_DONTWAIT))
    return seen + [error_of(pair.near.recv, 1, socket.MSG_DONTWAIT)]


def error_of(function, *args):
    try:
        return function(*args)
    except OSError as error:
        return errno.errorcode[error.errno]


def low_water(pair):
    """SO_RCVLOWAT: not readable below it, and recv sleeps."""
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1000)
    poll = select.poll()
    poll.register(pair.near, select.POLLIN)
    reader = Later(pair.near.recv, SIZE)
    reader.wait_asleep(RECVFROM)
    pair.far.sendall(bytes(999))
    wait_unread(pair.near, 999)
    pair.middle()
    seen = [reader.sleeping(), poll.poll(0)]
    pair.far.sendall(b"x")
    seen.append(len(reader.result()))
    pair.far.sendall(bytes(999))
    until(lambda: unread(pair.near) >= 999, "the data is there")
    seen.append(poll.poll(0))
    pair.far.sendall(bytes(10))
    until(lambda: poll.poll(0), "readable")
    return seen


def unread_bytes(pair):
    """SIOCINQ, and the control message of TCP_INQ."""
    pair.near.setsockopt(socket.IPPROTO_TCP, TCP_INQ, 1)
    pair.far.sendall(pattern(SIZE))
    wait_unread(pair.near, SIZE)
    seen = [inquire(pair.near, 100)]
    pair.middle()
    seen += [inquire(pair.near, 1000), unread(pair.near)]
    pair.far.sendall(bytes(10))
    wait_unread(pair.near, SIZE - 1100 + 10)
    seen += [inquire(pair.near, 100), inquire(pair.near, SIZE)]
    pair.far.shutdown(socket.SHUT_WR)
    until(lambda: not pair.near.recv(1), "the end")
    return seen + [inquire(pair.near, 1), unread(pair.near)]


def inquire(sock, size):
    """The number of bytes received, and what is left as TCP_INQ has it."""
    data, control, _, _ = sock.recvmsg(size, 100)
    return len(data), [struct.unpack("i", value)[0] for level, kind, value in control
                       if (level, kind) == (socket.IPPROTO_TCP, TCP_CM_INQ)]


def timeout(pair):
    """SO_RCVTIMEO ends a recv that gets nothing, and does not lose what comes later."""
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("qq", 0, 50000))
    seen = [error_of(pair.near.recv, 1)]
    pair.middle()
    seen.append(error_of(pair.near.recv, 1))
    pair.far.sendall(b"x")
    wait_unread(pair.near, 1)
    return seen + [pair.near.recv(10), error_of(pair.near.recv, 1)]


def test_receive():
    """recv with all its flags, SO_RCVLOWAT, SO_RCVTIMEO, SIOCINQ and TCP_INQ."""
    everywhere(peek, wait_for_all, wait_for_all_or_end, discard, dont_wait, low_water,
               unread_bytes, timeout)


# Readiness --------------------------------------------------------------------


# More than fits into buffers.
LOT = pattern(8 << 20, seed=9)


def fill(sock, start=0):
    """Write all from @start on that the kernel takes; returns where that ends."""
    sent, quiet = start, 0
    while quiet < 10:
        try:
            sent += sock.send(LOT[sent:sent + 65536], socket.MSG_DONTWAIT)
            quiet = 0
        except BlockingIOError:
            quiet += 1
            time.sleep(0.01)
    return sent


def drain(sock, size):
    """Read what fill() wrote."""
    check(exactly(sock, size) == LOT[:size], f"some of {size} bytes differ")


def small_buffers(pair):
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32768)
    pair.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 32768)


def readiness(pair, wait):
    """A sequence of states, each seen by @wait once it is not @quiet any more."""
    small_buffers(pair)
    seen = [wait(0)]
    pair.far.sendall(b"data")
    wait_unread(pair.near, 4)
    seen.append(wait(0))
    size = fill(pair.near)
    seen.append(wait(0))
    pair.middle()
    seen.append(wait(0))
    pair.near.recv(4)
    seen.append(wait(0))
    drain(pair.far, size)
    seen.append(wait(10000 * SLOWNESS))
    pair.far.shutdown(socket.SHUT_WR)
    until(lambda: wait(0) != seen[-1], "the end is seen")
    return seen + [wait(0)]


def poll_states(pair):
    poll = select.poll()
    poll.register(pair.near, select.POLLIN | select.POLLOUT | select.POLLPRI | select.POLLRDHUP)
    return readiness(pair, lambda limit: [events for _, events in poll.poll(limit)])


def select_states(pair):
    return readiness(pair, lambda limit: [
        bool(ready) for ready in select.select([pair.near], [pair.near], [pair.near],
                                               limit / 1000)])


def epoll_states(pair):
    epoll = select.epoll()
    epoll.register(pair.near, select.EPOLLIN | select.EPOLLOUT | EPOLLRDHUP)
    return readiness(pair, lambda limit: [events for _, events in epoll.poll(limit / 1000)])


def edges(pair):
    """Edge-triggered epoll tells of each change once, and of no change never."""
    small_buffers(pair)
    epoll = select.epoll()
    epoll.register(pair.near, select.EPOLLIN | select.EPOLLOUT | EPOLLRDHUP | select.EPOLLET)

    def edge(what):
        found = until(lambda: epoll.poll(0), what)
        return found[0][1]

    seen = [edge("registered"), epoll.poll(0)]
    pair.far.sendall(b"data")
    seen += [edge("data"), epoll.poll(0)]
    pair.far.sendall(b"more")
    seen += [edge("more data, nothing read"), epoll.poll(0)]
    wait_unread(pair.near, 8)
    pair.near.recv(100)
    seen.append(epoll.poll(0))
    pair.middle()
    seen.append(epoll.poll(0))
    # What is acknowledged while there was room all the time is no change.
    pair.near.sendall(b"answer")
    check_equal(exactly(pair.far, 6), b"answer", "answer")
    seen.append(epoll.poll(0.05))
    size = fill(pair.near)
    seen.append(epoll.poll(0))
    drain(pair.far, size)
    seen.append(edge("room"))
    pair.far.shutdown(socket.SHUT_WR)
    until(lambda: any(events & EPOLLRDHUP for _, events in epoll.poll(0)), "the end")
    return seen


def test_readiness():
    """poll, select, and epoll with levels and edges."""
    everywhere(poll_states, select_states, epoll_states, edges)


# Flow control -----------------------------------------------------------------


def sleeping_reader(pair):
    """A reader that sleeps closes the peer's window, and opens it again."""
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    pair.far.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    pair.wait_window_fixed()
    sizes = [fill(pair.far)]
    pair.middle()
    sizes.append(fill(pair.far, sizes[0]))
    size = sizes[-1]
    check(size < 1 << 20, f"{sizes} bytes fit into small buffers")
    drain(pair.near, size)
    pair.far.sendall(b"open")
    return exactly(pair.near, 4)


def sleeping_writer(pair):
    """A writer that blocks for SO_SNDBUF wakes up when the peer reads."""
    small_buffers(pair)
    data = pattern(1 << 20)
    writer = Later(pair.near.sendall, data)
    until(lambda: unread(pair.far) > 10000, "something arrives")
    pair.middle()
    check(writer.sleeping(), "a megabyte fits into small buffers")
    check(exactly(pair.far, len(data)) == data, "the data differs")
    return writer.result()


def send_timeout(pair):
    """SO_SNDTIMEO ends a send that finds no room; what was taken arrives."""
    small_buffers(pair)
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("qq", 0, 50000))
    size = fill(pair.near)
    seen = [error_of(pair.near.send, b"x" * 100000)]
    pair.middle()
    size = fill(pair.near, size)
    seen.append(error_of(pair.near.send, b"x" * 100000))
    drain(pair.far, size)
    pair.near.send(b"room")
    return seen + [exactly(pair.far, 4)]


def lingering_close(pair):
    """SO_LINGER: close returns when the peer has it all."""
    pair.near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 60))
    pair.middle()
    data = pattern(1 << 16)
    pair.near.sendall(data)
    pair.near.close()
    return unread(pair.far) == len(data), exactly(pair.far, len(data) + 1) == data


def test_flow_control():
    """Windows, buffers and the timeouts of those who wait for them."""
    everywhere(sleeping_reader, sleeping_writer, send_timeout)
    everywhere(lingering_close, stays=False)


# Urgent data ------------------------------------------------------------------


def at_mark(sock):
    return struct.unpack("i", fcntl.ioctl(sock, SIOCATMARK, bytes(4)))[0]


def urgent(pair, sender, receiver):
    """One urgent byte, with data before and behind it."""
    poll = select.poll()
    poll.register(receiver, select.POLLPRI)
    sender.sendall(b"before")
    wait_unread(receiver, 6)
    pair.middle()
    sender.send(b"123!", socket.MSG_OOB)
    sender.sendall(b"behind")
    until(lambda: poll.poll(0), "urgent data is announced")
    until(lambda: unread(receiver) == 9, "data up to the mark")
    seen = [at_mark(receiver), receiver.recv(100), at_mark(receiver),
            receiver.recv(1, socket.MSG_OOB), error_of(receiver.recv, 1, socket.MSG_OOB)]
    return seen + [exactly(receiver, 6), at_mark(receiver), poll.poll(0)]


def urgent_in_line(pair, sender, receiver):
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
    sender.sendall(b"before")
    wait_unread(receiver, 6)
    pair.middle()
    sender.send(b"123!", socket.MSG_OOB)
    sender.sendall(b"behind")
    seen = [exactly(receiver, 9), at_mark(receiver)]
    return seen + [exactly(receiver, 7), at_mark(receiver)]


def urgent_out(pair):
    return urgent(pair, pair.near, pair.far)


def urgent_in(pair):
    return urgent(pair, pair.far, pair.near)


def urgent_in_line_out(pair):
    return urgent_in_line(pair, pair.near, pair.far)


def urgent_in_line_in(pair):
    return urgent_in_line(pair, pair.far, pair.near)


def test_urgent():
    """MSG_OOB both ways, in line and not: it brings the connection home, and is not lost.

    Contract: SND-13, URG-01, URG-02, URG-03
    """
    everywhere(urgent_out, urgent_in, urgent_in_line_out, urgent_in_line_in, stays=False)


# Sharing ----------------------------------------------------------------------


def duplicates(pair):
    """A dup() of the socket is the same socket."""
    other = pair.near.dup()
    other.sendall(b"one")
    pair.middle()
    pair.near.sendall(b"two")
    other.close()
    pair.near.sendall(b"three")
    return exactly(pair.far, 11)


def children(pair):
    """A child inherits it, and its exit closes nothing."""
    pid = os.fork()
    if not pid:
        pair.near.sendall(exactly(pair.near, 3))
        os._exit(0)
    pair.middle()
    pair.far.sendall(b"abc")
    seen = [exactly(pair.far, 3)]
    os.waitpid(pid, 0)
    pair.near.sendall(b"still open")
    return seen + [exactly(pair.far, 10)]


def passed_on(pair):
    """SCM_RIGHTS: another process owns it, and the first has closed it."""
    here, there = socket.socketpair()
    pid = os.fork()
    if not pid:
        os.close(pair.near.detach())
        _, fds, _, _ = socket.recv_fds(there, 1, 1)
        sock = socket.socket(fileno=fds[0])
        sock.sendall(exactly(sock, 3))
        os._exit(0)
    socket.send_fds(here, [b"x"], [pair.near.fileno()])
    pair.middle()
    fd = pair.near.detach()
    os.close(fd)
    pair.far.sendall(b"abc")
    seen = [exactly(pair.far, 3), pair.far.recv(1)]
    os.waitpid(pid, 0)
    return seen


def test_sharing():
    """dup, fork, and SCM_RIGHTS."""
    everywhere(duplicates, children)
    everywhere(passed_on, stays=False)


# Without copies ---------------------------------------------------------------

PAGES = 64 << 10
BIG = 1 << 20
MSG_ERRQUEUE, SO_EE_ORIGIN_ZEROCOPY = socket.MSG_ERRQUEUE, 5


def send_files(pair):
    """sendfile from a file in memory, in two parts."""
    data = pattern(BIG)
    fd = os.memfd_create("data")
    os.write(fd, data)
    reader = Later(exactly, pair.far, BIG)
    offset = 0
    while offset < BIG:
        if not pair.moved and offset >= BIG // 2:
            pair.middle()
        offset += os.sendfile(pair.near.fileno(), fd, offset, 50000)
    os.close(fd)
    return reader.result() == data


def splice_out(pair):
    """splice from a pipe to the socket."""
    data = pattern(BIG)
    read, write = os.pipe()

    def feed():
        with os.fdopen(write, "wb") as pipe:
            pipe.write(data)

    feeder, reader = Later(feed), Later(exactly, pair.far, BIG)
    done = 0
    while count := os.splice(read, pair.near.fileno(), 50000):
        done += count
        if not pair.moved and done >= BIG // 2:
            pair.middle()
    feeder.result()
    os.close(read)
    return reader.result() == data, done


def splice_in(pair):
    """splice from the socket to a pipe."""
    data = pattern(BIG)
    read, write = os.pipe()

    def move():
        done, count = 0, 1
        while count:
            # A splice that waits for the socket locks readers of the pipe out.
            select.select([pair.near], [], [])
            count = os.splice(pair.near.fileno(), write, 50000)
            done += count
        os.close(write)
        return done

    mover = Later(move)
    with os.fdopen(read, "rb") as pipe:
        # Buffers may be too small for what nobody reads.
        sender = Later(pair.far.sendall, data)
        first = pipe.read(BIG // 4)
        pair.middle()
        rest = pipe.read(BIG - len(first))
        sender.result()
        pair.far.shutdown(socket.SHUT_WR)
        return mover.result(), first + rest == data, pipe.read()


class Completions:
    """What the error queue tells of sends with MSG_ZEROCOPY."""

    def __init__(self, sock):
        self.sock = sock
        self.numbers = []
        self.codes = set()

    def read(self):
        while True:
            try:
                _, control, _, _ = self.sock.recvmsg(1, 512, MSG_ERRQUEUE)
            except BlockingIOError:
                return
            for _, _, value in control:
                error, origin, _, code, _, first, last = struct.unpack_from("IBBBBII", value)
                check_equal((error, origin), (0, SO_EE_ORIGIN_ZEROCOPY), "completion")
                self.numbers += range(first, last + 1)
                self.codes.add(code)

    def complete(self, count):
        self.read()
        return len(self.numbers) >= count


def zero_copy(pair):
    """MSG_ZEROCOPY: each send is completed once, when its memory is free again."""
    pair.near.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    data = memoryview(pattern(BIG))
    completions = Completions(pair.near)
    reader = Later(exactly, pair.far, BIG)
    done = sends = 0
    while done < BIG:
        if not pair.moved and done >= BIG // 2:
            pair.middle()
        done += pair.near.send(data[done:done + 50000], MSG_ZEROCOPY)
        sends += 1
    check(reader.result() == data, "the data differs")
    until(lambda: completions.complete(sends), f"{sends} completions",
          lambda: f"{completions.numbers}")
    completions.read()
    return sorted(completions.numbers) == list(range(sends)), completions.codes


def zero_copy_unread(pair):
    """While the peer has no room, the memory of what it has not acknowledged is in use."""
    pair.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)
    pair.near.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
    data = pattern(PAGES)
    completions = Completions(pair.near)
    check_equal(pair.near.send(data, MSG_ZEROCOPY), PAGES, "bytes taken")
    until(lambda: unread(pair.far) > 2000, "something arrives")
    pair.middle()
    completions.read()
    seen = [list(completions.numbers)]
    check(exactly(pair.far, PAGES) == data, "the data differs")
    until(lambda: completions.complete(1), "the completion")
    return seen + [completions.numbers]


class ZeroCopyReceive(ctypes.Structure):
    """struct tcp_zerocopy_receive"""
    _fields_ = [("address", ctypes.c_uint64), ("length", ctypes.c_uint32),
                ("recv_skip_hint", ctypes.c_uint32), ("inq", ctypes.c_uint32),
                ("err", ctypes.c_int32), ("copybuf_address", ctypes.c_uint64),
                ("copybuf_len", ctypes.c_int32), ("flags", ctypes.c_uint32),
                ("msg_control", ctypes.c_uint64), ("msg_controllen", ctypes.c_uint64),
                ("msg_flags", ctypes.c_uint32), ("reserved", ctypes.c_uint32)]


LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
LIBC.mmap.restype = ctypes.c_void_p
LIBC.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int, ctypes.c_int, ctypes.c_int,
                      ctypes.c_long]


def zero_copy_receive(pair):
    """TCP_ZEROCOPY_RECEIVE maps pages, as far as data fills them; the rest is to be copied."""
    address = LIBC.mmap(None, PAGES, mmap.PROT_READ, mmap.MAP_SHARED, pair.near.fileno(), 0)
    check(address != ctypes.c_void_p(-1).value, "mmap of the socket fails")
    pair.far.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)

    seeds = itertools.count()

    def maps():
        data = pattern(2 * mmap.PAGESIZE, seed=next(seeds))
        pair.far.sendall(data, MSG_ZEROCOPY)
        wait_unread(pair.near, len(data))
        want = ZeroCopyReceive(address=address, length=PAGES)
        size = ctypes.c_uint32(ctypes.sizeof(want))
        check(not LIBC.getsockopt(pair.near.fileno(), socket.IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE,
                                  ctypes.byref(want), ctypes.byref(size)), "it fails")
        got = ctypes.string_at(address, want.length)
        got += exactly(pair.near, len(data) - want.length)
        check(got == data, "the data differs")
        return want.length > 0

    def turns(where):
        mapped = [maps() for _ in range(4)]
        until(lambda: any(mapped) or maps(), f"pages are mapped {where}")

    turns("at first")
    pair.middle()
    turns("after the move")
    LIBC.munmap(address, PAGES)


def test_files():
    """sendfile and splice, both ways."""
    everywhere(send_files, splice_out, splice_in)


def test_zero_copy():
    """MSG_ZEROCOPY with its completions, and TCP_ZEROCOPY_RECEIVE."""
    # A host cuts frames that have less than a page each for a peer that is milliseconds
    # away, as one in a slow machine seems to be: let frames have six segments at least.
    sh(f"ip netns exec {FAR} sysctl -qw net.ipv4.tcp_min_tso_segs=6")
    everywhere(zero_copy, zero_copy_unread, zero_copy_receive)


# Timestamps -------------------------------------------------------------------

SO_TIMESTAMPNS, SO_TIMESTAMPING, IP_RECVERR = 35, 37, 11
# Software's timestamps of sending, of being acknowledged and of receiving, with an id.
TIMESTAMPS = 1 << 1 | 1 << 9 | 1 << 4 | 1 << 7


def receive_timestamps(pair):
    """SO_TIMESTAMPNS: when data came in."""
    pair.near.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def came_between():
        begin = time.time_ns()
        pair.far.sendall(b"now")
        _, control, _, _ = pair.near.recvmsg(100, 100)
        stamps = [struct.unpack("qq", value) for level, kind, value in control
                  if (level, kind) == (socket.SOL_SOCKET, SO_TIMESTAMPNS)]
        return [begin <= seconds * 10**9 + nanoseconds <= time.time_ns()
                for seconds, nanoseconds in stamps]

    # Linux begins to take times a while after it was asked to.
    until(came_between, "the first timestamp")
    pair.middle()
    return came_between()


def send_timestamps(pair):
    """SO_TIMESTAMPING: each send is told of twice, on the way out and acknowledged."""
    pair.middle()
    # What is sent next goes where the question was.
    pair.far.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 0)
    pair.near.sendall(bytes(100))
    exactly(pair.far, 100)
    pair.far.sendall(b"answer")
    exactly(pair.near, 6)
    pair.near.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TIMESTAMPS)
    seen = []

    def read():
        try:
            while True:
                _, control, _, _ = pair.near.recvmsg(1, 512, MSG_ERRQUEUE)
                values = {kind: value for _, kind, value in control}
                _, _, _, _, _, kind, number = struct.unpack_from("IBBBBII", values[IP_RECVERR])
                seen.append((kind, number, SO_TIMESTAMPING in values))
        except BlockingIOError:
            return len(seen) >= 6

    for _ in range(3):
        pair.near.sendall(bytes(100))
        exactly(pair.far, 100)
    until(read, "timestamps", lambda: str(seen))
    return sorted(seen)


def refuse_send_timestamps(pair):
    """Who wants them is not offloaded."""
    pair.near.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPING, TIMESTAMPS)
    blocks = call("Offload", selector=pair.selector)["operations"][0]["blocks"]
    check_equal([block.get("reason") for block in blocks], ["tx-timestamps"], "reasons")


def test_timestamps():
    """SO_TIMESTAMPNS of what is received; SO_TIMESTAMPING of what is sent needs the host."""
    everywhere(receive_timestamps)
    everywhere(send_timestamps, stays=False, journeys=NOT_MOVING)
    everywhere(refuse_send_timestamps, journeys=NOT_MOVING[:1])


# Options ----------------------------------------------------------------------

LEVELS = {socket.SOL_SOCKET: 84, socket.IPPROTO_IP: 52, socket.IPPROTO_TCP: 45}
# What Linux measures or sizes by itself changes in any case.
MEASURED = {
    (socket.SOL_SOCKET, socket.SO_SNDBUF), (socket.SOL_SOCKET, 49),     # SO_INCOMING_CPU
    (socket.SOL_SOCKET, 55), (socket.SOL_SOCKET, 56),       # SO_MEMINFO, SO_INCOMING_NAPI_ID
    (socket.IPPROTO_TCP, socket.TCP_INFO), (socket.IPPROTO_TCP, 26),    # TCP_CC_INFO
    (socket.IPPROTO_TCP, socket.TCP_QUICKACK), (socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP),
    (socket.IPPROTO_TCP, 24), (socket.IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE),   # TCP_TIMESTAMP
}


def all_options(sock):
    return {(level, name): error_of(sock.getsockopt, level, name, 256)
            for level, end in LEVELS.items() for name in range(1, end)
            if (level, name) not in MEASURED}


def every_option(pair):
    """getsockopt answers the same before and after."""
    before = all_options(pair.near)
    pair.middle()
    after = all_options(pair.near)
    return {key: (before[key], after[key]) for key in before if before[key] != after[key]}


SETTABLE = (
    [(socket.SOL_SOCKET, name, value) for name, value in (
        (socket.SO_KEEPALIVE, 1), (socket.SO_RCVBUF, 100000), (socket.SO_SNDBUF, 100000),
        (socket.SO_RCVLOWAT, 10), (socket.SO_PRIORITY, 3), (socket.SO_MARK, 7),
        (socket.SO_OOBINLINE, 1), (socket.SO_DONTROUTE, 1), (socket.SO_DONTROUTE, 0),
        (socket.SO_REUSEADDR, 1), (socket.SO_BINDTODEVICE, b"veth0\0"), (SO_ZEROCOPY, 1),
        (SO_TIMESTAMPNS, 1), (33, 120000), (32, 120000),    # SO_RCVBUFFORCE, SO_SNDBUFFORCE
        (45, 1), (46, 0), (74, 0))] +       # SO_SELECT_ERR_QUEUE, SO_BUSY_POLL, SO_TXREHASH
    [(socket.IPPROTO_TCP, name, value) for name, value in (
        (socket.TCP_NODELAY, 1), (socket.TCP_MAXSEG, 1000), (socket.TCP_KEEPIDLE, 100),
        (socket.TCP_KEEPINTVL, 10), (socket.TCP_KEEPCNT, 4), (socket.TCP_SYNCNT, 3),
        (socket.TCP_LINGER2, 10), (socket.TCP_DEFER_ACCEPT, 1), (socket.TCP_WINDOW_CLAMP, 50000),
        (socket.TCP_QUICKACK, 1), (socket.TCP_CONGESTION, b"reno"), (16, 1), (17, 1),
        (socket.TCP_USER_TIMEOUT, 90000), (25, 100000), (TCP_INQ, 1), (37, 0))] +
    [(socket.IPPROTO_IP, name, value) for name, value in (
        (socket.IP_TOS, 0x10), (socket.IP_TTL, 50), (10, 2), (11, 1), (12, 1), (13, 1), (15, 1),
        (24, 1))])  # IP_MINTTL brings the connection home: see the guards


def set_options(pair):
    """Each option can be set, has its value then, and the stream goes on."""
    seen = []
    for turn, (level, name, value) in enumerate(SETTABLE):
        pair.bring(pair.begin)
        result = error_of(pair.near.setsockopt, level, name, value)
        seen.append((level, name, result, error_of(pair.near.getsockopt, level, name, 16)))
        for source, sink in ((pair.near, pair.far), (pair.far, pair.near)):
            data = pattern(3000, seed=turn)
            source.sendall(data)
            check(exactly(sink, 3000) == data, f"data differs after option {level}, {name}")
    return seen


def test_options():
    """getsockopt of every option, and setsockopt of those that can be set: while offloaded
    it reaches the target, or brings the connection home.
    """
    everywhere(every_option)
    everywhere(set_options, stays=False, journeys=NOT_MOVING)
