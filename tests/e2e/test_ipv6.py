# SPDX-License-Identifier: GPL-2.0-only
"""What holds for connections over IPv4 holds for those over IPv6."""

import errno
import os
import socket
import struct

import netns
from echo import ECHO_PORT, EchoServer, Stream
from frames import Frames, frames_of
from lib import (BEHIND, FAR, FAR_DEV, NEAR_DEV, PEER, PEER6, add_target, batch, check,
                 check_equal, check_guards, check_tree, connection, connections, ctl,
                 make_behind, make_ipv6, offload, setting, sh, start, until, upload)

PROGRESS = 256 << 10
NEW_MAC = "02:00:00:00:00:77"
ROUTED6 = "fd09::2"
LOCAL6, LOCAL_PEER6 = "fe80::a", "fe80::b"
TCP_FRAGMENT = 44


def echo(sock, data):
    sock.sendall(data)
    check_equal(sock.recv(len(data), socket.MSG_WAITALL), data, "echo")


def offloaded(address=PEER6):
    """A connection to the echo server, in the target."""
    sock = socket.create_connection((address, ECHO_PORT))
    echo(sock, b"hello")
    check_tree(offload(*connection(sock)))
    return sock


def streaming(server, **where):
    """A busy stream, in the target."""
    stream = Stream(server, **where)
    stream.write()
    stream.wait_progress(PROGRESS)
    check_tree(offload(*stream.selector))
    stream.wait_progress(PROGRESS)
    return stream


def come_home(stream):
    """Back, and every byte was right."""
    check_guards(1)
    check_tree(upload(*stream.selector))
    stream.wait_progress(PROGRESS)
    stream.finish()


def headers(sock, *fields):
    """Fields of the IP headers of what goes out."""
    with Frames(NEAR_DEV, sock.getsockname()[1]) as frames:
        echo(sock, b"x" * 100)
        return {tuple(getattr(frame, field) for field in fields) for frame in frames.seen()}


def statistics(version):
    return next(item for item in ctl("stats", NEAR_DEV)["statistics"]
                if item["version"] == version)


def test_handovers():
    """Out and home with data under way in both directions; counted as IPv6.

    Contract: STA-01, STA-02
    """
    make_ipv6()
    server = EchoServer(family=socket.AF_INET6)
    start()
    stream = Stream(server, address=PEER6)
    stream.write()
    stream.wait_progress(PROGRESS)
    for _ in range(3):
        check_tree(offload(*stream.selector))
        stream.wait_progress(PROGRESS)
        check_guards(1)
        check_tree(upload(*stream.selector))
        stream.wait_progress(PROGRESS)
    stream.finish()
    counted = statistics(6)
    check(counted["ip_in_octets"] > 3 * PROGRESS, f"IPv6 octets received: {counted}")
    check(counted["tcp_out_segments"] > 0, f"segments sent over IPv6: {counted}")
    check_equal(statistics(4)["ip_in_receives"], 0, "IPv4 datagrams received")


def test_headers():
    """The flow label stays what it was; options of the socket are in the frames.

    Contract: SEG-12, CLS-04
    """
    make_ipv6()
    server = EchoServer(family=socket.AF_INET6)
    start()
    sock = socket.create_connection((PEER6, ECHO_PORT))
    fields = ("flow_label", "ttl", "tos")
    (label, limit, tclass), = headers(sock, *fields)
    check(label, "Linux sends no flow label")
    check_tree(offload(*connection(sock)))
    check_equal(headers(sock, *fields), {(label, limit, tclass)}, "headers at first")
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 42)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_TCLASS, 0x48)
    until(lambda: headers(sock, *fields) == {(label, 42, 0x48)}, "headers obey the application")
    check_guards(1)
    server.stop()


def test_new_mac():
    """The peer gets another MAC address in the middle of a stream.

    Contract: UPD-11, RFC-18
    """
    make_ipv6()
    server = EchoServer(family=socket.AF_INET6)
    start()
    stream = streaming(server, address=PEER6)
    sh(f"ip -n {FAR} link set {FAR_DEV} address {NEW_MAC}")
    sh(f"ip -6 neigh replace {PEER6} lladdr {NEW_MAC} dev {NEAR_DEV} nud reachable")
    stream.wait_progress(8 * PROGRESS)
    frames = frames_of(stream, NEAR_DEV, PROGRESS)
    check_equal({frame.destination_mac for frame in frames}, {NEW_MAC}, "destinations of frames")
    come_home(stream)


def largest_segment(stream):
    return max(frame.payload for frame in frames_of(stream, NEAR_DEV, PROGRESS))


def test_path_mtu():
    """A router on the way says that a packet is too big: the path is updated.

    Contract: NMM-01, NMM-02
    """
    make_ipv6()
    make_behind()
    batch("addr add fd09::1/64 dev veth8 nodad", "-n", FAR)
    batch(f"""
        addr add {ROUTED6}/64 dev veth9 nodad
        route add default via fd09::1""", "-n", BEHIND)
    sh(f"ip netns exec {FAR} sysctl -qw net.ipv6.conf.all.forwarding=1")
    sh(f"ip route add fd09::/64 via {PEER6}")
    sh(f"ethtool -K {NEAR_DEV} tso off gso off")
    server = EchoServer(namespace=BEHIND, family=socket.AF_INET6)
    start()
    stream = streaming(server, address=ROUTED6)
    check_equal(largest_segment(stream), 1500 - 72, "largest segment at first")
    sh(f"ip -n {BEHIND} link set veth9 mtu 1300")
    sh(f"ip -n {FAR} link set veth8 mtu 1300")
    stream.wait_progress(PROGRESS)
    until(lambda: largest_segment(stream) == 1300 - 72, "segments fit the path")
    come_home(stream)


def pair():
    """Both ends of a connection, the near one offloaded."""
    listener = netns.inside(FAR, lambda: socket.create_server((PEER6, 0),
                                                              family=socket.AF_INET6))
    near = socket.create_connection(listener.getsockname()[:2])
    far = listener.accept()[0]
    listener.close()
    far.sendall(b"hello")
    check_equal(near.recv(5, socket.MSG_WAITALL), b"hello", "bytes before")
    check_tree(offload(*connection(near)))
    return near, far


def test_endings():
    """FIN from either end, and RST, as over IPv4."""
    make_ipv6()
    start()
    near, far = pair()
    near.sendall(b"bye")
    near.close()
    check_equal(far.recv(10, socket.MSG_WAITALL), b"bye", "the last of the near end")
    far.close()
    near, far = pair()
    far.sendall(b"bye")
    far.close()
    check_equal(near.recv(10, socket.MSG_WAITALL), b"bye", "the last of the far end")
    near.close()
    near, far = pair()
    far.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    far.close()
    try:
        outcome = near.recv(1)
    except OSError as error:
        outcome = errno.errorcode[error.errno]
    check_equal(outcome, "ECONNRESET", "a reset")
    near.close()
    until(lambda: not connections(), "nothing is left in the target", connections)


def test_filter():
    """A filter with IPv6 addresses selects among all connections."""
    make_ipv6()
    servers = [EchoServer(family=socket.AF_INET6), EchoServer(port=8)]
    start()
    old = socket.create_connection((PEER, 8))
    new = [socket.create_connection((PEER6, ECHO_PORT)) for _ in range(3)]
    op = offload("dst", "fd00::/16")
    check_tree(op, tcps=3)
    check_equal({block["dst"] for block in op.layer("tcp")}, {PEER6}, "what was offloaded")
    check_tree(offload("dst", PEER))
    check_equal(sorted((conn["src"], conn["sport"]) for conn in check_guards(4)),
                sorted(sock.getsockname()[:2] for sock in (old, *new)), "connections")
    for sock in (old, *new):
        echo(sock, b"still there?")
    op = upload("all")
    check_tree(op, neighbors=2, paths=2, tcps=4)
    for server in servers:
        server.stop()


def test_mapped():
    """An IPv6 socket over IPv4 is offloaded as what it is on the wire."""
    server = EchoServer()
    start()
    sock = socket.create_connection((f"::ffff:{PEER}", ECHO_PORT))
    echo(sock, b"hello")
    op = offload(*connection(sock))
    check_tree(op)
    check_equal(op.layer("tcp")[0]["dst"], PEER, "its name")
    sock.setsockopt(socket.IPPROTO_IP, socket.IP_TTL, 42)
    until(lambda: headers(sock, "ttl") == {(42,)}, "the TTL is that of the application")
    echo(sock, bytes(PROGRESS))
    check_guards(1)
    check_equal(sock.getpeername()[0], f"::ffff:{PEER}", "its name for the application")
    check_tree(upload(*connection(sock)))
    echo(sock, b"and home")
    server.stop()


def test_link_local():
    """Link-local addresses mean one link each; a socket of another is not taken for it."""
    batch(f"""
        link add veth5 type veth peer name veth6 netns {FAR}
        link set veth5 up
        addr add {LOCAL6}/64 dev veth5 nodad
        addr add {LOCAL6}/64 dev {NEAR_DEV} nodad""")
    batch(f"""
        link set veth6 up
        addr add {LOCAL_PEER6}/64 dev veth6 nodad
        addr add {LOCAL_PEER6}/64 dev {FAR_DEV} nodad""", "-n", FAR)
    server = EchoServer(family=socket.AF_INET6)
    start()
    add_target("veth5")
    socks = []
    for dev in (NEAR_DEV, "veth5"):
        sock = socket.socket(socket.AF_INET6)
        sock.bind((LOCAL6, 4444, 0, socket.if_nametoindex(dev)))
        sock.connect((LOCAL_PEER6, ECHO_PORT, 0, socket.if_nametoindex(dev)))
        echo(sock, b"hello")
        socks.append(sock)
    check_tree(offload("pid", str(os.getpid())), neighbors=2, paths=2, tcps=2)
    for sock in socks:
        echo(sock, bytes(PROGRESS))
    check_guards(2)
    check_tree(upload("all"), neighbors=2, paths=2, tcps=2)
    for sock in socks:
        echo(sock, b"and home")
    server.stop()


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def segment(near, far, seq, ack, payload):
    """A TCP segment from the far end, with an even number of bytes."""
    ports = struct.pack("!HH", far.getsockname()[1], near.getsockname()[1])
    rest = struct.pack("!IIBBH", seq, ack, 0x50, 0x18, 0xffff)
    addresses = b"".join(socket.inet_pton(socket.AF_INET6, end.getsockname()[0])
                         for end in (far, near))
    pseudo = addresses + struct.pack("!II", 20 + len(payload), socket.IPPROTO_TCP)
    check_sum = checksum(pseudo + ports + rest + bytes(4) + payload)
    return ports + rest + struct.pack("!HH", check_sum, 0) + payload


def test_extension_headers():
    """Segments behind an extension header, or in fragments, are forwarded to the target.

    Contract: FRG-01, FWD-03
    """
    make_ipv6()
    start()
    with setting("net.ipv4.tcp_timestamps", 0):
        near, far = pair()
    with Frames(NEAR_DEV, near.getsockname()[1]) as frames:
        near.sendall(b"where are we?")
        far.recv(13, socket.MSG_WAITALL)
        frame = frames.seen()[-1]
        seq, ack = frame.ack, frame.seq + frame.payload
    data = [b"behind an option", b"in two fragments"]
    raw = netns.inside(FAR, socket.socket, socket.AF_INET6, socket.SOCK_RAW, TCP_FRAGMENT)
    options = netns.inside(FAR, socket.socket, socket.AF_INET6, socket.SOCK_RAW,
                           socket.IPPROTO_DSTOPTS)
    options.sendto(bytes([socket.IPPROTO_TCP, 0, 1, 4, 0, 0, 0, 0]) +
                   segment(near, far, seq, ack, data[0]), (near.getsockname()[0], 0))
    check_equal(near.recv(16, socket.MSG_WAITALL), data[0], "behind destination options")
    whole = segment(near, far, seq + 16, ack, data[1])
    for offset, part, more in ((0, whole[:24], 1), (24, whole[24:], 0)):
        raw.sendto(struct.pack("!BBHI", socket.IPPROTO_TCP, 0, offset | more, 0x1234) + part,
                   (near.getsockname()[0], 0))
    check_equal(near.recv(16, socket.MSG_WAITALL), data[1], "in fragments")
    check(check_guards(1)[0]["forwarded_segments"] >= 2, "they were not forwarded")
    near.close()
