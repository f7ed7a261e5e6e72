# SPDX-License-Identifier: GPL-2.0-only
"""An intermediate driver on a bond over two simulated NICs."""

import socket
import struct

from echo import EchoServer, Stream
from lib import (BOND_DEVS, FAR, SLOWNESS, Daemon, batch, check, check_equal, check_guards,
                 check_tree, connections, ctl, ctl_any, insmod, offload, rmmod, sh, targets, until,
                 upload)

BOND, *SLAVES = BOND_DEVS
BRIDGE = "bridge7"
PORTS = dict(zip(SLAVES, ("port0", "port1")))
NEAR, PEER = "10.2.0.1", "10.2.0.2"
STREAMS = 2
PULLS = 20 // SLOWNESS
PROGRESS = 64 << 10


def make_bond():
    """A bond here, and a bridge with the other ends of its slaves on the far side."""
    batch(f"link add {BOND} type bond mode active-backup miimon 10")
    batch(f"link add {BRIDGE} type bridge", "-n", FAR)
    for slave, port in PORTS.items():
        batch(f"""
            link add {slave} type veth peer name {port} netns {FAR}
            link set {slave} master {BOND}""")
        batch(f"""
            link set {port} master {BRIDGE}
            link set {port} up""", "-n", FAR)
    batch(f"""
        addr add {NEAR}/24 dev {BOND}
        link set {BOND} up""")
    batch(f"""
        addr add {PEER}/24 dev {BRIDGE}
        link set {BRIDGE} up""", "-n", FAR)
    until(active, "the bond has an active slave")


def active():
    with open(f"/sys/class/net/{BOND}/bonding/active_slave", encoding="ascii") as file:
        return file.read().strip()


def has_link(slave):
    with open(f"/sys/class/net/{slave}/carrier", encoding="ascii") as file:
        return file.read().strip() == "1"


def plug(slave, state):
    sh(f"ip -n {FAR} link set {PORTS[slave]} {state}")


def target(dev):
    return next(target for target in targets() if target["dev"] == dev)


def used(dev):
    return target(dev)["tcp"]["used"]


def out_again(streams):
    """chimneyd has offloaded everything again, to the target of the slave that is active now."""
    until(lambda: used(active()) == STREAMS, "the connections go out again",
          lambda: f"{targets()} {connections()}")
    until(lambda: [conn["state"] for conn in connections()] == ["offloaded"] * STREAMS,
          "all are offloaded", lambda: f"{connections()}")
    go_on(streams)
    check_guards(STREAMS)


def busy():
    """Streams that write all the time, offloaded through the bond."""
    make_bond()
    server = EchoServer()
    insmod("chimney_bond")
    daemon = Daemon()
    for slave in PORTS:
        ctl("target", "add", slave, "kind", "sim")
    ctl("target", "add", BOND, "kind", "bond")
    streams = [Stream(server, address=PEER, seed=seed) for seed in range(STREAMS)]
    for stream in streams:
        stream.write()
    go_on(streams)
    check_tree(offload("dst", PEER), tcps=STREAMS)
    go_on(streams)
    check_guards(STREAMS)
    check_equal(used(active()), STREAMS, "connections in the active slave's target")
    return streams, daemon


def go_on(streams):
    for stream in streams:
        stream.wait_progress(PROGRESS)


def all_home(streams):
    until(lambda: not connections(), "all connections come home")
    go_on(streams)


def finish(streams):
    for stream in streams:
        stream.finish()


def test_failover():
    """The active slave loses its link again and again, and no byte is lost."""
    streams, _ = busy()
    for _ in range(PULLS):
        slave = active()
        plug(slave, "down")
        until(lambda gone=slave: active() not in (gone, ""), "the other slave takes over")
        out_again(streams)
        check_equal(used(slave), 0, f"connections left in the target of {slave}")
        plug(slave, "up")
        until(lambda back=slave: has_link(back), f"{slave} has a link again")
    finish(streams)


def test_slave_without_target():
    """A slave that has no target is a pause, and no failure."""
    streams, _ = busy()
    first = active()
    second = next(slave for slave in PORTS if slave != first)
    ctl("target", "del", second)
    check_guards(STREAMS)
    plug(first, "down")
    all_home(streams)
    until(lambda: target(BOND)["gate"] != "open", "the target of the bond pauses")
    check_equal(offload("dst", PEER, status=2).fields["ok"], 0, "connections offloaded")
    ctl("target", "add", second, "kind", "sim")
    out_again(streams)
    finish(streams)


def test_slave_leaves():
    """The active slave is taken out of the bond."""
    streams, _ = busy()
    sh(f"ip link set {active()} nomaster")
    until(active, "the other slave takes over")
    out_again(streams)
    finish(streams)


def test_taken_home():
    """What somebody has uploaded stays at home when the target resumes."""
    streams, _ = busy()
    check_equal(upload(*streams[0].selector)["ok"], 1, "connections uploaded")
    slave = active()
    plug(slave, "down")
    until(lambda: active() not in (slave, ""), "the other slave takes over")
    until(lambda: used(active()) == STREAMS - 1, "the other connection goes out again",
          lambda: f"{targets()} {connections()}")
    go_on(streams)
    check_guards(STREAMS - 1)
    finish(streams)


def test_target_of_slave_del():
    """The target of the active slave goes away under the bond's."""
    streams, _ = busy()
    ctl("target", "del", active())
    check(not connections(), "connections are still away")
    go_on(streams)
    finish(streams)


def test_slave_deleted():
    """The active slave goes away as a device."""
    streams, _ = busy()
    sh(f"ip link del {active()}")
    until(active, "the other slave takes over")
    out_again(streams)
    finish(streams)


def test_bond_deleted():
    """The bond goes away as a device: its target does, and nothing hangs."""
    streams, _ = busy()
    sh(f"ip link del {BOND}")
    check_equal(sorted(shown["dev"] for shown in targets()), sorted(PORTS), "targets")
    check_equal(connections(), [], "connections")
    # There is no way left on which they could end.
    for stream in streams:
        stream.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_rmmod_bond():
    """The module of the bond's target goes away and brings everything home first."""
    streams, _ = busy()
    rmmod("chimney_bond")
    check(not connections(), "connections are still away")
    finish(streams)


def test_rmmod_sim():
    """The module of the slaves' targets goes away below the bond's."""
    streams, _ = busy()
    rmmod("chimney_sim")
    check(not connections(), "connections are still away")
    go_on(streams)
    finish(streams)


def test_refused():
    """What can be no target of a bond is refused with a sentence that says why."""
    make_bond()
    insmod("chimney_bond")
    Daemon()
    reply = ctl_any("target", "add", "slave0", "kind", "bond")
    check("master device of a bond" in reply.error[1], f"error: {reply.error}")
    reply = ctl_any("target", "add", BOND, "kind", "bond")
    check("add one there first" in reply.error[1], f"error: {reply.error}")
    ctl("target", "add", "slave0", "kind", "sim")
    reply = ctl_any("target", "add", BOND, "kind", "bond", "tcp", "5")
    check("slaves' targets" in reply.error[1], f"error: {reply.error}")
    check_equal([shown["dev"] for shown in targets()], ["slave0"], "targets")
