# SPDX-License-Identifier: GPL-2.0-only
"""A random walk over what an application, an administrator, the device and the network may
do to a few connections, in which every byte is accounted for.

A seed decides all steps; what they find (how much could be sent, say) has no influence on
the steps that follow, so the same seed takes the same walk.
"""

import errno
import fcntl
import functools
import json
import os
import random
import socket
import struct
import termios

import netns
from lib import (DAEMON_SOCKET, FAR, FAR_DEV, NEAR_DEV, PEER, Failure, call, check, check_equal,
                 connections, entries_in_use, run, until)
from sockets import SO_ZEROCOPY

PORT = 4100
CONNECTIONS = 16
BLOCK = 64 << 10
TRACE = 60
TCP_NOTSENT_LOWAT, TCP_INFO = 25, 11

EVERYTHING = {"dst": f"{PEER}:{PORT}"}

# Which options of the near socket change, and to what.
OPTIONS = (
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, (0, 1)),
    (socket.IPPROTO_TCP, socket.TCP_CORK, (0, 0, 1)),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, (60, 300)),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, (0, 600000)),
    (socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, (16384, 131072)),
    (socket.IPPROTO_TCP, socket.TCP_WINDOW_CLAMP, (32768, 262144)),
    (socket.IPPROTO_TCP, socket.TCP_QUICKACK, (0, 1)),
    (socket.IPPROTO_IP, socket.IP_TTL, (30, 64)),
    (socket.IPPROTO_IP, socket.IP_TOS, (0, 0x48)),
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, (0, 1)),
    (socket.SOL_SOCKET, socket.SO_PRIORITY, (0, 5)),
    (socket.SOL_SOCKET, socket.SO_RCVLOWAT, (1, 1, 1000)),
    (socket.SOL_SOCKET, socket.SO_RCVBUF, (16384, 262144)),
    (socket.SOL_SOCKET, socket.SO_SNDBUF, (16384, 262144)),
)

# What the device does wrong and nobody may notice.
FAULTS = (
    "on tcp-create 1 status tcp-rcv-buffer",
    "on tcp-create 2 status busy",
    "on tcp-create 1 lost",
    "on path-create 1 status path-entries",
    "on neighbor-create 1 status resources",
    "on tcp-update 1 status failed",
    "on path-update 1 status busy",
    "on any 1 duplicate",
    "on any 1 delay 20ms",
    "on tcp-destroy 1 delay 50ms",
    "on tcp-destroy 2 duplicate",
    "stall commands; resume",
    "event pause",
    "event upload-all",
    "event neighbor-query 0",
    "event neighbor-in-doubt",
    "event retrieve hardware-failure tcp {id}",
    "event retrieve upload-requested tcp {id}",
    "event retrieve timeout-expiration tcp {id}",
    "event retrieve low-activity tcp {id}",
    "event retrieve small-io tcp {id}",
)
CLOSING = ("event pause", "event upload-all")
# What ends connections that are offloaded, once the daemon is asked for something.
DEADLY = (
    ("; ".join(f"event abort tcp {number}" for number in range(CONNECTIONS)), None),
    ("reset", None),
    ("on tcp-destroy 1 status failed", "Upload"),
    ("on tcp-destroy 2 lost", "Upload"),
    ("on tcp-query 1 status failed", "Query"),
)

NETWORKS = (
    "delay 0ms",
    "loss 1%",
    "delay 1ms 1ms reorder 10%",
    "duplicate 2%",
    "corrupt 0.5%",
    "loss 1% delay 2ms 1ms reorder 10% duplicate 1%",
    "rate 100mbit",
)


@functools.lru_cache(maxsize=16 * CONNECTIONS)
def block(key, number):
    return random.Random(f"{key}/{number}").randbytes(BLOCK)


def content(key, start, size):
    """The bytes of a stream from @start on."""
    first, last = start // BLOCK, (start + size - 1) // BLOCK
    data = b"".join(block(key, number) for number in range(first, last + 1))
    return data[start - first * BLOCK:][:size]


class Half:
    """One direction of a connection: what was sent, and what was received of it."""

    def __init__(self, key, source, sink):
        self.key = key
        self.source = source
        self.sink = sink
        self.sent = 0
        self.received = 0
        self.shut = False
        self.ended = False

    def next_bytes(self, size):
        return content(self.key, self.sent, size)

    def check_received(self, data, how):
        """What was received or peeked is what comes next in the stream."""
        self.check_count(len(data), how)
        expected = content(self.key, self.received, len(data))
        if data != expected:
            first = next(i for i, pair in enumerate(zip(data, expected)) if pair[0] != pair[1])
            raise Failure(f"{self.key}: byte {self.received + first} differs in {len(data)} "
                          f"bytes {how} at {self.received}, {self.sent} sent")

    def check_count(self, count, how):
        check(self.received + count <= self.sent,
              lambda: f"{self.key}: {how} {count} bytes behind {self.received}, "
                      f"but only {self.sent} were sent")

    def check_complete(self):
        check(self.ended and self.shut, f"{self.key}: no end")
        check_equal(self.received, self.sent, f"{self.key}: bytes received until the end")

    def __str__(self):
        return f"{self.key} {self.sent} > {self.received}{' shut' * self.shut}{' end' * self.ended}"


class Connection:
    """Both ends; the near one may be offloaded."""

    def __init__(self, key, listener):
        self.near = socket.create_connection((PEER, PORT))
        self.far = listener.accept()[0]
        for sock in (self.near, self.far):
            sock.setblocking(False)
            # Urgent data stays in the stream, so it is accounted for like any other.
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_OOBINLINE, 1)
            sock.setsockopt(socket.SOL_SOCKET, SO_ZEROCOPY, 1)
        self.there = Half(f"{key}>", self.near, self.far)
        self.back = Half(f"{key}<", self.far, self.near)
        self.zerocopies = 0
        self.port = self.near.getsockname()[1]

    @property
    def halves(self):
        return self.there, self.back

    @property
    def selector(self):
        return {"src": f":{self.port}", "dst": f"{PEER}:{PORT}"}

    def close(self):
        self.near.close()
        self.far.close()

    def __str__(self):
        return f"port {self.port}: {self.there}; {self.back}"


def attempt(function, *args):
    """What a system call returns, or None if it would block."""
    try:
        return function(*args)
    except BlockingIOError:
        return None


# How to send: each returns the number of bytes that the kernel took, or None.

def send_plain(half, data):
    return attempt(half.source.send, data)


def send_more(half, data):
    return attempt(half.source.send, data, socket.MSG_MORE)


def send_pieces(half, data):
    pieces = [data[i:i + 1000] for i in range(0, min(len(data), 30000), 1000)]
    return attempt(half.source.sendmsg, pieces)


def send_small(half, data):
    sent = 0
    for i in range(0, min(len(data), 2000), 100):
        count = attempt(half.source.send, data[i:i + 100])
        sent += count or 0
        if count != len(data[i:i + 100]):
            break
    return sent


def send_urgent(half, data):
    return attempt(half.source.send, data[:100], socket.MSG_OOB)


def send_file(half, data):
    fd = os.memfd_create("walk")
    try:
        os.write(fd, data)
        return attempt(os.sendfile, half.source.fileno(), fd, 0, len(data))
    finally:
        os.close(fd)


SENDS = (send_plain, send_plain, send_plain, send_more, send_pieces, send_small, send_file)


# How to receive: each returns data, or a number of bytes that were discarded, or None.

def recv_plain(half, size):
    return attempt(half.sink.recv, size)


def recv_pieces(half, size):
    buffers = [bytearray(size // 4 + 1) for _ in range(4)]
    count = attempt(lambda: half.sink.recvmsg_into(buffers)[0])
    return None if count is None else b"".join(buffers)[:count]


def recv_discard(half, size):
    """MSG_TRUNC: what it returns is gone, and nobody has seen it."""
    return attempt(half.sink.recv_into, bytearray(size), size, socket.MSG_TRUNC)


def recv_splice(half, size):
    """Stops at urgent data, so nothing is not yet the end."""
    read, write = os.pipe()
    try:
        count = attempt(os.splice, half.sink.fileno(), write, min(size, 32768))
        return os.read(read, count) if count else None
    finally:
        os.close(read)
        os.close(write)


RECVS = (recv_plain, recv_plain, recv_plain, recv_pieces, recv_splice, recv_discard)


class Walk:
    """The steps, and what they are taken with."""

    def __init__(self, seed, steps):
        self.seed = seed
        self.steps = steps
        self.random = random.Random(seed)
        self.listener = netns.inside(FAR, socket.create_server, (PEER, PORT))
        self.listener.listen(CONNECTIONS)
        self.generations = [0] * CONNECTIONS
        self.connections = [self.connect(slot) for slot in range(CONNECTIONS)]
        self.trace = []
        self.counts = {}
        self.bus = None
        self.closed = None
        self.actions = self.weigh({
            self.send: 30, self.receive: 26, self.peek: 4, self.look: 3, self.urgent: 0.5,
            self.option: 8, self.offload: 10, self.upload: 8, self.offload_all: 1,
            self.upload_all: 0.5, self.shutdown: 3, self.fault: 4, self.deadly: 0.3,
            self.netem: 0.5})

    @staticmethod
    def weigh(weights):
        return list(weights), list(weights.values())

    def connect(self, slot):
        key = f"{self.seed}/{slot}/{self.generations[slot]}"
        self.generations[slot] += 1
        return Connection(key, self.listener)

    def count(self, what, number=1):
        self.counts[what] = self.counts.get(what, 0) + number

    def note(self, text):
        self.trace.append(text)

    # The walk -----------------------------------------------------------------

    def run(self):
        try:
            for step in range(self.steps):
                action = self.random.choices(*self.actions)[0]
                slot = self.random.randrange(CONNECTIONS)
                # Each step has random numbers of its own: what it uses of them is its affair.
                self.step(step, action, slot, random.Random(self.random.random()))
            self.end()
        except BaseException:
            print(f"# the walk with CHIMNEY_SEED={self.seed} failed; its last steps:")
            for line in self.trace[-TRACE:]:
                print(f"#   {line}")
            for connection in self.connections:
                print(f"# {connection}")
            raise

    def step(self, number, action, slot, rng):
        self.note(f"{number} {action.__name__} {slot}")
        self.count(action.__name__)
        action(slot, rng)
        connection = self.connections[slot]
        if connection.there.shut and connection.back.shut:
            self.finish(slot)

    def bury(self, slot, how):
        """A connection that a fault has killed: what arrived of it must be right."""
        connection = self.connections[slot]
        self.note(f"  {slot} died: {how}")
        self.count("died")
        for half in connection.halves:
            try:
                while data := attempt(half.sink.recv, BLOCK):
                    half.check_received(data, "received")
                    half.received += len(data)
            except OSError:
                pass
        connection.close()
        self.connections[slot] = self.connect(slot)

    def finish(self, slot):
        """Both ends have said all: read it."""
        connection = self.connections[slot]

        def ended():
            for half in connection.halves:
                self.drain(half)
            return all(half.ended for half in connection.halves)

        until(ended, "all data of a connection arrives", lambda: str(connection))
        for half in connection.halves:
            half.check_complete()
        self.count("bytes", connection.there.sent + connection.back.sent)
        self.count("finished")
        connection.close()
        self.connections[slot] = self.connect(slot)

    def drain(self, half):
        while not half.ended:
            data = attempt(half.sink.recv, BLOCK)
            if data is None:
                return
            self.take(half, data)

    @staticmethod
    def take(half, data):
        """@data may be a number: of bytes that nobody has seen."""
        if not data:
            check(half.shut, f"{half.key}: an end that nobody sent")
            half.ended = True
        elif isinstance(data, int):
            half.check_count(data, "discarded")
            half.received += data
        else:
            half.check_received(data, "received")
            half.received += len(data)

    def end(self):
        """Nothing is in the way any more: every byte arrives."""
        self.control()
        self.resume()
        for device, options in ((NEAR_DEV, ()), (FAR_DEV, ("-n", FAR))):
            run("tc", *options, "qdisc", "replace", "dev", device, "root", "pfifo")
        for slot, connection in enumerate(self.connections):
            for half in connection.halves:
                self.shut(half)
            self.finish(slot)
        check_equal([conn["guard"] for conn in connections() if conn["guard"]], [],
                    "guard counters")
        for connection in self.connections:
            connection.close()

    # What an application does -------------------------------------------------

    def half(self, slot, rng):
        return rng.choice(self.connections[slot].halves)

    def send(self, slot, rng):
        half = self.half(slot, rng)
        size = rng.choice((1, 100, 1448, 4096, 16384, 65536, rng.randrange(1, 131072)))
        how = rng.choice(SENDS)
        self.transmit(half, how, size)

    def urgent(self, slot, rng):
        self.transmit(self.half(slot, rng), send_urgent, rng.randrange(1, 100))

    def transmit(self, half, how, size):
        if half.shut:
            return
        sent = how(half, half.next_bytes(size))
        self.note(f"  {half.key} {how.__name__} {size}: {sent}")
        half.sent += sent or 0

    def receive(self, slot, rng):
        half = self.half(slot, rng)
        size = rng.choice((1, 100, 5000, 65536, 262144, 262144))
        how = rng.choice(RECVS)
        if half.ended:
            return
        data = how(half, size)
        self.note(f"  {half.key} {how.__name__} {size}: {len(data) if isinstance(data, bytes) else data}")
        if data is not None:
            self.take(half, data)

    def peek(self, slot, rng):
        half = self.half(slot, rng)
        data = attempt(half.sink.recv, rng.choice((1, 1000, 65536)), socket.MSG_PEEK)
        if data:
            half.check_received(data, "peeked")

    def look(self, slot, _):
        """What the kernel says of the queues."""
        connection = self.connections[slot]
        for half in connection.halves:
            half.check_count(inquire(half.sink, termios.FIONREAD), "unread")
            unsent = inquire(half.source, termios.TIOCOUTQ)
            check(unsent <= half.sent + half.shut,
                  lambda h=half, u=unsent: f"{h.key}: {u} bytes are unacknowledged")
        connection.near.getsockopt(socket.IPPROTO_TCP, TCP_INFO, 256)

    def option(self, slot, rng):
        level, name, values = rng.choice(OPTIONS)
        value = rng.choice(values)
        self.note(f"  option {level} {name} = {value}")
        self.connections[slot].near.setsockopt(level, name, value)

    def shutdown(self, slot, rng):
        half = self.half(slot, rng)
        self.shut(half)

    def shut(self, half):
        if not half.shut:
            self.note(f"  {half.key} ends at {half.sent}")
            half.source.shutdown(socket.SHUT_WR)
            half.shut = True

    # What an administrator, the device and the network do ----------------------

    def control(self, method=None, **parameters):
        """Begin a request to the daemon; it runs while the walk goes on to the next one."""
        if self.bus:
            answer = b""
            while not answer.endswith(b"\0"):
                more = self.bus.recv(65536)
                check(more, "the daemon hangs up")
                answer += more
            self.bus.close()
            self.bus = None
            answer = json.loads(answer[:-1])
            check("error" not in answer, lambda: f"the daemon says {answer}")
            for op in answer["parameters"].get("operations", ()):
                self.note(f"  {op['kind']}: {op['ok']} ok {op['failed']} failed {op['refused']} refused")
                self.count(f"{op['kind']} ok", op["ok"])
                self.count(f"{op['kind']} not", op["failed"] + op["refused"])
        if method:
            self.bus = socket.socket(socket.AF_UNIX)
            self.bus.connect(DAEMON_SOCKET)
            request = {"method": f"org.chimney.{method}", "parameters": parameters}
            self.bus.sendall(json.dumps(request).encode() + b"\0")

    def offload(self, slot, _):
        self.control("Offload", selector=self.connections[slot].selector)

    def upload(self, slot, _):
        self.control("Upload", selector=self.connections[slot].selector)

    def offload_all(self, *_):
        self.control("Offload", selector=EVERYTHING)

    def upload_all(self, *_):
        self.control("Upload", selector=EVERYTHING)

    def device(self, script):
        self.note(f"  {script}")
        call("SetFaults", dev=NEAR_DEV, script=script)

    def fault(self, _, rng):
        self.resume()
        script = rng.choice(FAULTS).format(id=rng.randrange(CONNECTIONS))
        self.device(script)
        self.closed = script if script in CLOSING else None
        if rng.random() < 0.7:
            self.resume()

    def resume(self):
        """A target that wanted everything back must have given it back first (PAU-13)."""
        if self.closed == "event upload-all":
            until(lambda: not entries_in_use() and not connections(), "all come home",
                  lambda: f"{connections()}")
        if self.closed:
            self.device("event resume")
        self.closed = None

    def deadly(self, _, rng):
        """The only connections that may die are those that are offloaded now."""
        self.control()
        victims = ports(connections())
        script, method = rng.choice(DEADLY)
        self.device(script)
        if method:
            self.control(method, selector=EVERYTHING)
        self.control("Upload", selector=EVERYTHING)
        self.control()
        self.device("clear")
        until(lambda: not victims & ports(connections()), "the victims leave the target")
        for slot, connection in enumerate(self.connections):
            error = connection.near.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if connection.port in victims and error:
                self.bury(slot, errno.errorcode[error])

    def netem(self, _, rng):
        words = rng.choice(NETWORKS).split()
        self.note(f"  {' '.join(words)}")
        for device, options in ((NEAR_DEV, ()), (FAR_DEV, ("-n", FAR))):
            run("tc", *options, "qdisc", "replace", "dev", device, "root", "netem", *words)


def ports(shown):
    return {conn["sport"] for conn in shown}


def inquire(sock, request):
    return struct.unpack("i", fcntl.ioctl(sock, request, bytes(4)))[0]
