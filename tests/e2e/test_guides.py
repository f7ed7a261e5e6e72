# SPDX-License-Identifier: GPL-2.0-only
"""The examples of the documentation, as guide.py runs them."""

import os
import socket
import struct
import subprocess

import netns
from guide import blocks, follow
from lib import (BIN, FAR, FAR_DEV, NEAR_DEV, TOP, batch, check_equal, connections, loaded,
                 remove_network, run, sh, unload_modules, until)

WEB = ("192.0.2.7", 80)


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


def test_conformance():
    """The kit runs as its page says."""
    unload_modules()
    call_it_eth0()
    follow("Documentation/conformance.md")
    unload_modules()
    sh("ip link del eth0")


def test_readme():
    """On a host whose eth0 leads to a web server."""
    unload_modules()
    call_it_eth0()
    batch("addr add 192.0.2.1/24 dev eth0")
    batch(f"addr add {WEB[0]}/24 dev {FAR_DEV}", "-n", FAR)
    listener = netns.inside(FAR, socket.create_server, WEB)
    near = socket.create_connection(WEB)
    far = listener.accept()[0]
    follow("README.md")
    check_equal(connections(), [], "connections that are out")
    near.sendall(b"still here")
    check_equal(far.recv(64), b"still here", "what was sent afterwards")
    # A reset: a connection that ends in peace would outlive the test.
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    near.close()
    sh("pkill -x chimneyd")
    sh("ip link del eth0")


def test_policies():
    """The rules that README shows, and those of the tree, make sense."""
    for number, text in enumerate(blocks("README.md", "toml")):
        name = f"/tmp/readme-{number}.toml"
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
        run(os.path.join(BIN, "chimneyctl"), "policy", "check", name)
    run(os.path.join(BIN, "chimneyctl"), "policy", "check",
        os.path.join(TOP, "userspace/daemon/chimneyd.toml"))
