# SPDX-License-Identifier: GPL-2.0-only
"""chimneyd.service under systemd, with all that the unit takes away from chimneyd."""

import json
import os
import shutil
import socket
import subprocess

from echo import ECHO_PORT, EchoServer
from lib import (BIN, NEAR_DEV, PEER, SLOWNESS, TOP, Operation, check, check_equal, check_tree,
                 ctl, run, sh, until)

UNIT = os.path.join(TOP, "userspace", "daemon", "chimneyd.service.in")
CONFIG = "/etc/chimney/chimneyd.toml"
GROUP = "chimney-lab"
PORT = 9494
NOBODY = 65534
# Of the machine no more than the journal, and less patience.
DROP_IN = f"""[Unit]
DefaultDependencies=no
Requires=systemd-journald.service
After=systemd-journald.service
[Service]
WatchdogSec={20 * SLOWNESS}
"""


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="ascii") as file:
        file.write(text)


class Systemd:
    """The first process of a PID namespace, which has a /run of its own and starts the unit."""

    def __init__(self):
        with open(UNIT, encoding="ascii") as file:
            unit = file.read().replace("@CMAKE_INSTALL_FULL_SBINDIR@", "/run/bin")
        write("/tmp/units/chimneyd.service", unit)
        write("/tmp/units/chimneyd.service.d/test.conf", DROP_IN)
        script = f"""
            mount -t tmpfs -o mode=755 run /run
            mkdir /run/systemd
            cp -r /tmp/units /run/systemd/system
            mkdir /run/bin
            cp {BIN}/chimneyd {BIN}/chimneyctl /run/bin
            exec /lib/systemd/systemd --system --unit=chimneyd.service --log-target=null"""
        self.process = subprocess.Popen(
            ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child", "sh", "-c", script],
            env=dict(os.environ, container="lab"), stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.first = until(lambda: sh(f"pgrep -P {self.process.pid}", tolerate=True).strip(),
                           "the namespace is there")
        self.wait_active()

    def wait_active(self, restarts=0):
        wanted = ["active", str(restarts)]
        until(lambda: self.show("ActiveState", "NRestarts") == wanted, "the unit is active",
              self.tell)

    def tell(self):
        """What may explain a failure."""
        return self.run("journalctl", "-n", "20", tolerate=True)

    def inside(self, *words):
        return ["nsenter", "-t", self.first, "-m", "-p", "--", *words]

    def run(self, *words, tolerate=False):
        return run(*self.inside(*words), tolerate=tolerate)

    def show(self, *keys):
        """Properties of the unit."""
        shown = self.run("systemctl", "show", "-p", ",".join(keys), "chimneyd", tolerate=True)
        values = dict(line.split("=", 1) for line in shown.splitlines())
        return [values.get(key) for key in keys]

    def ctl(self, *words):
        return json.loads(self.run("/run/bin/chimneyctl", "-j", *words))


def connections():
    """Where they are out, whoever runs."""
    return ctl("--socket", "/nonexistent", "conn")["connections"]


def member(group):
    """chimneyctl as somebody who is nobody but a member of a group."""
    return ("setpriv", f"--reuid={NOBODY}", f"--regid={group}", "--clear-groups",
            "/run/bin/chimneyctl", "-j", "target")


def test_service():
    """It is ready when systemd says so, does all it is for, and is restarted when it hangs."""
    sh(f"groupadd --system {GROUP}")
    write(CONFIG, f"group = '{GROUP}'\nmetrics-port = {PORT}\n")
    server = EchoServer()
    systemd = Systemd()
    try:
        serve(systemd)
    finally:
        systemd.process.kill()
        systemd.process.wait()
        shutil.rmtree(os.path.dirname(CONFIG))
        sh(f"groupdel {GROUP}")
    server.stop()


def serve(systemd):
    systemd.ctl("target", "add", NEAR_DEV, "kind", "sim")
    check("listening on" in systemd.run("journalctl", "-u", "chimneyd", "-o", "cat"),
          "the journal does not know of it")

    # Connections of a process that is somebody else's.
    client = subprocess.Popen(
        systemd.inside("setpriv", f"--reuid={NOBODY}", "socat", f"TCP:{PEER}:{ECHO_PORT}", "-"),
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    client.stdin.write(b"hello")
    client.stdin.flush()
    check_equal(client.stdout.read(5), b"hello", "echo")
    pid = systemd.run("pgrep", "-x", "socat").strip()
    check_tree(Operation(systemd.ctl("offload", "pid", pid)))
    kinds = [op["kind"] for op in systemd.ctl("op", "list")["operations"]]
    check_equal(kinds, ["initiate"], "the history")

    # The socket is its group's.
    check_equal(len(json.loads(systemd.run(*member(GROUP)))["targets"]), 1, "targets for a member")
    refused = json.loads(systemd.run(*member(NOBODY), tolerate=True))
    check_equal(refused["error"]["code"], "permission", "for somebody else")

    check("chimney_" in run("curl", "-sf", f"http://localhost:{PORT}/metrics"), "no counters")

    sock = socket.create_connection((PEER, ECHO_PORT))
    with open(CONFIG, "a", encoding="ascii") as file:
        file.write(f"[[rule]]\naction = 'offload'\nsrc = ':{sock.getsockname()[1]}'\n")
    systemd.run("systemctl", "reload", "chimneyd")
    until(lambda: len(connections()) == 2, "the policy offloads", systemd.tell)

    # It hangs: what it owned comes home, and its successor has the rule.
    systemd.run("kill", "-STOP", systemd.show("MainPID")[0])
    systemd.wait_active(restarts=1)
    until(lambda: [conn["sport"] for conn in connections()] == [sock.getsockname()[1]],
          "the successor offloads", systemd.tell)
    sock.sendall(b"hello")
    check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")

    systemd.run("systemctl", "stop", "chimneyd")
    check_equal(systemd.show("ActiveState", "Result"), ["inactive", "success"], "after a stop")
    until(lambda: not connections(), "all come home")
    client.kill()
