# SPDX-License-Identifier: GPL-2.0-only
"""The examples of the documentation, as guide.py runs them."""

import contextlib
import os
import re
import signal
import socket
import struct
import subprocess
import threading

import netns
from guide import blocks, follow, help_examples, pages, place_modules, type_all
from lib import (BIN, EXIT_INCOMPLETE, FAR, FAR_DEV, NEAR_DEV, PEER, TOP, Daemon, Failure,
                 add_target, batch, call, check, check_equal, connections, ctl, loaded,
                 remove_network, run, sh, start, unload_modules, until)
from test_interfaces import objects

WEB = "192.0.2.7"
CONFIG = "/etc/chimney/chimneyd.toml"


def echo():
    """A server on the far side."""
    subprocess.Popen(["ip", "netns", "exec", FAR, "socat", "TCP-LISTEN:7,fork,reuseaddr",
                      "EXEC:cat"])
    until(lambda: run("ip", "netns", "exec", FAR, "ss", "-Hlnt", "sport = :7"), "socat listens")


def test_tutorial():
    """It begins with nothing and ends there."""
    unload_modules()
    remove_network()
    follow("Documentation/tutorial.md")
    check_equal(loaded("chimney"), False, "chimney loaded")
    check_equal(os.path.exists(f"/run/netns/{FAR}"), False, "the far side")


def test_porting():
    """The example of a target takes a connection and gives it back, and passes the kit."""
    unload_modules()
    echo()
    follow("Documentation/porting.md")
    check_equal(loaded("chimney"), False, "chimney loaded")


def call_it_eth0():
    """The near device, as pages have it."""
    batch(f"""
        link set {NEAR_DEV} down
        link set {NEAR_DEV} name eth0
        link set eth0 up""")


def connect(address, port=80):
    """A connection to a server on the far side; both its ends."""
    listener = netns.inside(FAR, socket.create_server, (address, port))
    near = socket.create_connection((address, port))
    return near, listener.accept()[0]


def check_alive(near, far):
    """Not a byte was lost. A connection that ended in peace would outlive the test."""
    near.sendall(b"still here")
    check_equal(far.recv(10, socket.MSG_WAITALL), b"still here", "what was sent afterwards")
    reset(near)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()


def lead_eth0_to_web():
    """A connection over eth0 to the web server that pages speak of."""
    call_it_eth0()
    batch("addr add 192.0.2.1/24 dev eth0")
    batch(f"addr add {WEB}/24 dev {FAR_DEV}", "-n", FAR)
    return connect(WEB)


def test_conformance():
    """The kit runs as its page says."""
    unload_modules()
    call_it_eth0()
    follow("Documentation/conformance.md")
    unload_modules()
    sh("ip link del eth0")


def test_readme():
    """What is shown first, of a connection whose peer reads nothing; then all on a host of a lab."""
    start()
    near, _ = connect(PEER, 7)
    near.settimeout(1)
    try:
        near.sendall(bytes(64 << 20))
    except TimeoutError:
        pass  # all buffers are full
    follow("README.md", "See it")
    reset(near)
    sh("pkill -x chimneyd")
    unload_modules()
    near, far = lead_eth0_to_web()
    follow("README.md", "Install")
    check_equal(connections(), [], "connections that are out")
    check_alive(near, far)
    sh("pkill -x chimneyd")
    sh("ip link del eth0")


def test_hot_swap():
    """Modules are exchanged, and the policy has the connection out again each time."""
    near, far = lead_eth0_to_web()
    os.makedirs("/etc/chimney", exist_ok=True)
    with open(CONFIG, "w", encoding="ascii") as file:
        file.write("[[rule]]\naction = 'offload'\n")
    try:
        daemon = Daemon()
        # The page waits for its end, which a child has that somebody waits for.
        threading.Thread(target=daemon.process.wait, daemon=True).start()
        add_target("eth0")
        until(connections, "the connection goes out")
        follow("Documentation/hot-swap.md")
    finally:
        os.remove(CONFIG)
    check_alive(near, far)
    sh("pkill -x chimneyd")
    sh("ip link del eth0")


def test_intermediate_driver():
    """A connection goes out through a bond, and through its other slave."""
    sh("modprobe bonding max_bonds=0")
    batch("""
        link add bond0 type bond mode active-backup miimon 10
        addr add 192.0.2.1/24 dev bond0
        link set bond0 up""")
    batch(f"""
        link add bridge0 type bridge
        addr add {WEB}/24 dev bridge0
        link set bridge0 up""", "-n", FAR)
    for number in range(2):
        batch(f"""
            link add eth{number} type veth peer name port{number} netns {FAR}
            link set eth{number} master bond0""")
        batch(f"""
            link set port{number} master bridge0
            link set port{number} up""", "-n", FAR)
        until(lambda: read("/sys/class/net/bond0/bonding/active_slave") == "eth0\n",
              "the first slave is active")
    near, far = connect(WEB)
    Daemon()
    follow("Documentation/intermediate-driver.md")
    check_alive(near, far)
    unload_modules()
    batch("""
        link del bond0
        link del eth0
        link del eth1""")


PID = 4711


def fork_as(pid, work):
    """A process with this number, which does the work and waits."""
    while True:
        with open("/proc/sys/kernel/ns_last_pid", "w", encoding="ascii") as file:
            file.write(str(pid - 1))
        child = os.fork()
        if child == pid:
            return
        if not child:
            if os.getpid() == pid:
                work()
                signal.pause()
            os._exit(0)
        os.waitpid(child, 0)


class Advice:
    """What happens while somebody watches."""

    def __init__(self, daemon):
        self.daemon = daemon
        self.watchers = 0

    def __call__(self, command):
        if " top" in command:
            until(lambda: run("pgrep", "-x", "chimneyctl", tolerate=True), "it runs")
            return
        self.watchers += 1
        until(lambda: read(self.daemon.log).count("events go to") == self.watchers,
              "chimneyd knows of the monitor")
        ctl("target", "fault", NEAR_DEV, "event retrieve low-activity tcp 0")


def prepare(command):
    """A target that is as new, with everything at home where a command is about that."""
    for method in ("DelTarget", "ReleaseTarget"):
        with contextlib.suppress(Failure):
            call(method, dev=NEAR_DEV)
    if " target add" in command:
        return
    call("AddTarget", dev=NEAR_DEV, kind="sim")
    if not re.search(r" (offload|explain|capture|policy) ", command):
        call("Offload", selector={"all": True})


def test_help():
    """The examples of chimneyctl's help, each where it makes sense."""
    place_modules()
    os.makedirs(os.path.dirname(CONFIG), exist_ok=True)
    os.makedirs("/var/lib/prometheus/node-exporter", exist_ok=True)
    os.chdir(TOP)
    for name in (CONFIG, "new.toml"):
        with open(name, "w", encoding="ascii") as file:
            file.write("[[rule]]\naction = 'never'\n")
    daemon = Daemon()
    # The first seven operations refuse something.
    kept = [connect(PEER, port) for port in (7, 80, 5201)]
    for _ in range(7):
        ctl("explain", "all", status=EXIT_INCOMPLETE)
    listener = netns.inside(FAR, socket.create_server, (PEER, 443))
    fork_as(PID, lambda: kept.append(socket.create_connection((PEER, 443))))
    far = listener.accept()[0]
    advice = Advice(daemon)
    # The kit takes minutes; conformance.md has some of its cases.
    for words in [()] + [(name,) for name in sorted(objects() - {"conform", "help"})]:
        check(list(type_all(f"help {' '.join(words)}", help_examples(*words), advice, prepare)),
              "there are no examples")
    os.remove(CONFIG)
    for near, _ in kept:
        reset(near)
    os.kill(PID, signal.SIGKILL)
    far.close()


test_help.limit = 600


def test_chimneyctl():
    """The examples of its manual page, beside a process that is a web client."""
    daemon = Daemon()
    near, far = connect(PEER, 5201)
    other = connect(PEER, 8080)
    listener = netns.inside(FAR, socket.create_server, (PEER, 80))
    kept = []
    fork_as(PID, lambda: kept.append(socket.create_connection((PEER, 80))))
    accepted = listener.accept()
    # Operation 7 is one that refuses something.
    for _ in range(7):
        ctl("explain", "dst", f"{PEER}:5201", status=EXIT_INCOMPLETE)
    with open(os.path.join(TOP, "new.toml"), "w", encoding="ascii") as file:
        file.write("[[rule]]\naction = 'offload'\ndst = ':8080'\n")

    follow("Documentation/man/chimneyctl.8.scd", meanwhile=Advice(daemon))
    check_equal([conn["dport"] for conn in connections()], [8080], "connections that are out")
    check("<svg" in read(os.path.join(TOP, "tree.svg")), "there is no picture")
    check_alive(near, far)
    check_alive(*other)
    os.kill(PID, signal.SIGKILL)
    accepted[0].close()


def read(name):
    with open(name, encoding="utf-8") as file:
        return file.read()


def test_policies():
    """The rules that pages show, and those of the tree, make sense."""
    shown = [block for page in pages() for block in blocks(page, "toml")]
    check(len(shown) >= 3, "rules are missing in the pages")
    shown.append(read(os.path.join(TOP, "userspace/daemon/chimneyd.toml")))
    for text in shown:
        with open("/tmp/shown.toml", "w", encoding="utf-8") as file:
            file.write(text)
        run(os.path.join(BIN, "chimneyctl"), "policy", "check", "/tmp/shown.toml")
