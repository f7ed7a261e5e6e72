# SPDX-License-Identifier: GPL-2.0-only
"""What changes around an offloaded connection reaches the target, and it goes on.

Proved by what leaves the machine, by what the kernel shows of the socket, and by
the connection: it must still be offloaded, and no byte may be missing.
"""

import json
import socket
import struct

from echo import ECHO_PORT, EchoServer, Stream
from frames import Frames, frames_of
from lib import (BEHIND, EXIT_INCOMPLETE, FAR, FAR_DEV, NEAR_DEV, PEER, ROUTED, batch, check,
                 check_equal, check_guards, check_tree, connection, connections, make_behind,
                 offload, sh, start, targets, until, upload)

PROGRESS = 256 << 10
NEW_MAC = "02:00:00:00:00:77"
# Of struct tcp_info: where members begin.
TCPI_RTO, TCPI_RTT, TCPI_SND_CWND = 8, 68, 80
TCPI_BYTES_ACKED, TCPI_BYTES_RECEIVED = 120, 128
TCPI_SEGS_OUT, TCPI_SEGS_IN, TCPI_BYTES_SENT, TCPI_BYTES_RETRANS = 136, 140, 200, 208


def connect():
    sock = socket.create_connection((PEER, ECHO_PORT))
    echo(sock, b"hello")
    return sock


def echo(sock, data):
    """There and back: every byte was acknowledged, as the answer says."""
    sock.sendall(data)
    got = b""
    while len(got) < len(data):
        part = sock.recv(len(data) - len(got))
        check(part, "the connection ended")
        got += part
    check(got == data, "the echo differs")


def offloaded():
    """A connection that is in the target."""
    sock = connect()
    check_tree(offload(*connection(sock)))
    return sock


def sent_header(sock, field):
    """One field of the IP headers of what goes out, once it has one value only."""
    with Frames(NEAR_DEV, sock.getsockname()[1]) as frames:
        echo(sock, b"x" * 100)
        return {field(frame) for frame in frames.seen()}


def until_header(sock, field, value, what):
    until(lambda: sent_header(sock, field) == {value}, what,
          lambda: f"{sent_header(sock, field)}")


def test_device_between():
    """Nothing is offloaded through a device that knows nothing of it, over one with a target.

    Contract: REG-11
    """
    server = EchoServer()
    start()
    batch(f"""
        link add link {NEAR_DEV} name macvlan0 type macvlan mode bridge
        addr add 10.1.0.1/24 dev macvlan0
        link set macvlan0 up""")
    batch(f"addr add 10.1.0.2/24 dev {FAR_DEV}", "-n", FAR)
    sock = socket.create_connection(("10.1.0.2", ECHO_PORT))
    echo(sock, b"hello")
    op = offload(*connection(sock), status=EXIT_INCOMPLETE)
    check_equal(op.refusals(), ["no-target"], "reasons")
    check_equal(connections(), [], "connections")
    echo(sock, b"x" * 100000)
    server.stop()


def test_ttl():
    """IP_TTL set on an offloaded socket is in the frames of the target.

    Contract: CLS-04
    """
    server = EchoServer()
    start()
    sock = offloaded()
    check_equal(sent_header(sock, lambda frame: frame.ttl), {64}, "TTL at first")
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 42)
    until_header(sock, lambda frame: frame.ttl, 42, "the TTL is that of the application")
    check_guards(1)
    server.stop()


def test_tos():
    """IP_TOS set on an offloaded socket is in the frames of the target.

    Contract: CLS-04
    """
    server = EchoServer()
    start()
    sock = offloaded()
    check_equal(sent_header(sock, lambda frame: frame.tos), {0}, "TOS at first")
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TOS, 0x48)
    until_header(sock, lambda frame: frame.tos, 0x48, "the TOS is that of the application")
    check_guards(1)
    server.stop()


def test_last_state_wins():
    """Of changes that follow each other quickly the last one stays.

    Contract: UPD-02
    """
    server = EchoServer()
    start()
    sock = offloaded()
    for ttl in range(10, 60):
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, ttl)
    until_header(sock, lambda frame: frame.ttl, 59, "the TTL is the last one set")
    check_guards(1)
    server.stop()


def test_options_after_upload():
    """What was set while offloaded holds at home, and the connection stayed away."""
    server = EchoServer()
    start()
    sock = offloaded()
    options = {(socket.SOL_SOCKET, socket.SO_KEEPALIVE): 1,
               (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE): 300,
               (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL): 20,
               (socket.IPPROTO_TCP, socket.TCP_KEEPCNT): 5,
               (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT): 90000,
               (socket.IPPROTO_TCP, socket.TCP_NODELAY): 1,
               (socket.SOL_SOCKET, socket.SO_PRIORITY): 5}
    for (level, name), value in options.items():
        sock.setsockopt(level, name, value)
    echo(sock, b"still there?")
    check_guards(1)
    check_tree(upload(*connection(sock)))
    for (level, name), value in options.items():
        check_equal(sock.getsockopt(level, name), value, f"option {level}, {name}")
    timer = [line for line in sh("ss -tno state established").splitlines() if "keepalive" in line]
    check_equal(len(timer), 1, "keepalive timers at home")
    echo(sock, b"and now?")
    server.stop()


def test_keepalive():
    """Keepalive switched on while offloaded: the target probes.

    Contract: UPD-13, UPD-21
    """
    server = EchoServer()
    start()
    sock = offloaded()
    with Frames(NEAR_DEV, sock.getsockname()[1]) as frames:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        until(lambda: any(frame.payload == 0 for frame in frames.seen()), "a probe is sent")
    check_guards(1)
    echo(sock, b"still there?")
    server.stop()


def change_mac():
    """The peer gets another address, and says so."""
    sh(f"ip -n {FAR} link set {FAR_DEV} address {NEW_MAC}")
    sh(f"ip neigh replace {PEER} lladdr {NEW_MAC} dev {NEAR_DEV} nud reachable")


def test_new_mac():
    """The peer gets another MAC address in the middle of a stream.

    Contract: NMM-02, RFC-18, UPD-11, UPD-13
    """
    server = EchoServer()
    start()
    stream = Stream(server)
    stream.write()
    stream.wait_progress(PROGRESS)
    check_tree(offload(*stream.selector))
    stream.wait_progress(PROGRESS)
    change_mac()
    stream.wait_progress(8 * PROGRESS)
    check_guards(1)
    check_equal(destinations(stream), {NEW_MAC}, "destinations of frames")
    check_tree(upload(*stream.selector))
    stream.wait_progress(PROGRESS)
    stream.finish()


def test_failed_neighbor():
    """A neighbor that Linux gave up is invalidated, and its connections come home.

    Contract: INV-08, INV-12
    """
    server = EchoServer()
    start()
    sock = offloaded()
    sh(f"ip neigh change {PEER} dev {NEAR_DEV} nud failed")
    until(lambda: not connections(), "the connection comes home")
    echo(sock, b"and it works")
    server.stop()


def test_path_mtu():
    """A router on the way says that the MTU is smaller: the path is updated.

    Contract: NMM-01, NMM-02, UPD-13
    """
    make_behind()
    # Frames are seen as they go over a wire.
    sh(f"ethtool -K {NEAR_DEV} tso off gso off")
    server = EchoServer(namespace=BEHIND)
    start()
    stream = Stream(server, address=ROUTED)
    stream.write()
    stream.wait_progress(PROGRESS)
    check_tree(offload(*stream.selector))
    stream.wait_progress(PROGRESS)
    check_equal(largest_segment(stream), (12, 1500 - 52), "largest segment at first")
    sh(f"ip -n {BEHIND} link set veth9 mtu 1300")
    sh(f"ip -n {FAR} link set veth8 mtu 1300")
    stream.wait_progress(PROGRESS)
    until(lambda: largest_segment(stream) == (12, 1300 - 52), "segments fit the path")
    check_guards(1)
    op = upload(*stream.selector)
    check_tree(op)
    check_equal(op.layer("path")[0]["mtu"], 1300, "path MTU that came home")
    stream.wait_progress(PROGRESS)
    stream.finish()


def largest_segment(stream):
    """Bytes of its options and of its data."""
    largest = max(frames_of(stream, NEAR_DEV, PROGRESS), key=lambda frame: frame.payload)
    return largest.options, largest.payload


def make_routers():
    """Two ways to the namespace behind: gateways, and their MAC addresses."""
    make_behind()
    batch(f"""
        link add mac2 link {FAR_DEV} type macvlan mode bridge
        addr add 10.0.0.3/24 dev mac2
        link set mac2 up""", "-n", FAR)
    routers = {}
    for gateway, device in ((PEER, FAR_DEV), ("10.0.0.3", "mac2")):
        link = json.loads(sh(f"ip -n {FAR} -j link show {device}"))
        routers[gateway] = link[0]["address"]
        sh(f"ip neigh replace {gateway} lladdr {routers[gateway]} dev {NEAR_DEV} nud permanent")
    return routers


def test_other_router():
    """The route moves to another router: relinked, and still offloaded.

    Contract: UPD-07, UPD-08, UPD-09, UPD-10, UPD-12
    """
    routers = make_routers()
    server = EchoServer(namespace=BEHIND)
    start()
    stream = Stream(server, address=ROUTED)
    stream.write()
    stream.wait_progress(PROGRESS)
    check_tree(offload(*stream.selector))
    stream.wait_progress(PROGRESS)
    check_equal(destinations(stream), {routers[PEER]}, "destinations at first")
    sh("ip route replace 10.9.0.0/24 via 10.0.0.3")
    until(lambda: destinations(stream) == {routers["10.0.0.3"]},
          "the new router gets the frames")
    check_guards(1)
    check_equal([targets()[0][layer]["used"] for layer in ("tcp", "path", "neighbor")],
                [1, 1, 1], "entries of the target in use")
    op = upload(*stream.selector)
    check_tree(op)
    check_equal(op.layer("neighbor")[0]["dst"], "10.0.0.3", "neighbor that came home")
    stream.wait_progress(PROGRESS)
    stream.finish()


def destinations(stream):
    return {frame.destination_mac for frame in frames_of(stream, NEAR_DEV, PROGRESS)}


def test_link_down():
    """A device that goes down has nothing offloaded any more.

    Contract: PWR-01
    """
    server = EchoServer()
    start()
    sock = offloaded()
    sh(f"ip link set {NEAR_DEV} down")
    check_equal(connections(), [], "connections on a device that is down")
    sh(f"ip link set {NEAR_DEV} up")
    echo(sock, b"and it works")
    server.stop()


def info(sock):
    return sock.getsockopt(socket.IPPROTO_TCP, 11, 256)


def member(data, offset, form="I"):
    return struct.unpack_from("=" + form, data, offset)[0]


def test_tcp_info():
    """TCP_INFO of an offloaded socket: bytes, segments and round-trip time go on."""
    server = EchoServer()
    start()
    sock = connect()
    before = info(sock)
    check_tree(offload(*connection(sock)))
    size = 100000
    echo(sock, b"y" * size)
    away = info(sock)
    check_info(before, away, size)
    check_tree(upload(*connection(sock)))
    echo(sock, b"y" * size)
    check_info(before, info(sock), 2 * size)
    check_equal(connections(), [], "connections")
    server.stop()


def check_info(before, after, size):
    def grown(offset):
        return member(after, offset, "Q") - member(before, offset, "Q")

    check_equal(grown(TCPI_BYTES_ACKED), size, "bytes acknowledged")
    check_equal(grown(TCPI_BYTES_RECEIVED), size, "bytes received")
    check_equal(grown(TCPI_BYTES_SENT) - grown(TCPI_BYTES_RETRANS), size, "bytes sent once")
    check(member(after, TCPI_SEGS_OUT) > member(before, TCPI_SEGS_OUT), "no segments went out")
    check(member(after, TCPI_SEGS_IN) > member(before, TCPI_SEGS_IN), "no segments came in")
    check(member(after, TCPI_RTT) > 0, "no round-trip time")
    check(member(after, TCPI_SND_CWND) > 0, "no congestion window")


def counters(sock):
    """What a connection has counted; idle, it counts on neither side."""
    data = info(sock)
    return [member(data, TCPI_RTO)] + [
        member(data, offset) for offset in (TCPI_SEGS_OUT, TCPI_SEGS_IN)] + [
        member(data, offset, "Q") for offset in (TCPI_BYTES_ACKED, TCPI_BYTES_RECEIVED,
                                                 TCPI_BYTES_SENT, TCPI_BYTES_RETRANS)]


def test_reuse():
    """What a target keeps for the next connection knows nothing of the one before, be it that
    data flowed or not."""
    server = EchoServer()
    start(tcp=1)
    memory = None
    for used in (False, True, False):
        first = connect()
        echo(first, bytes(100000))
        check_tree(offload(*connection(first)))
        if used:
            echo(first, bytes(100000))
        check_tree(upload(*connection(first)))
        second = connect()
        before = counters(second)
        check_tree(offload(*connection(second)))
        check_equal(counters(second), before, "what the target has counted")
        memory = memory or targets()[0]["memory"]
        check_equal(targets()[0]["memory"], memory, "memory, used anew")
        check_tree(upload(*connection(second)))
        check_equal(counters(second), before, "what came home")
        first.close()
        second.close()
    server.stop()


def test_ss():
    """What ss shows of an offloaded socket becomes true without anybody asking the socket."""
    server = EchoServer()
    start()
    sock = offloaded()
    size = 100000
    echo(sock, b"z" * size)

    def shown():
        return dict(word.split(":", 1) for word in
                    sh(f"ss -tniH sport = :{sock.getsockname()[1]}").split() if ":" in word)

    def sent_once():
        words = shown()
        return int(words.get("bytes_sent", 0)) - int(words.get("bytes_retrans", 0))

    until(lambda: sent_once() == size + 5, "ss tells the bytes sent", shown)
    check_equal(shown()["bytes_received"], str(size + 5), "bytes received")
    check_guards(1)
    server.stop()
