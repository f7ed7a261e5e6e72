# SPDX-License-Identifier: GPL-2.0-only
"""What chimneyd does by itself: rules, what the administrator moved, quarantine, history."""

import os
import socket
import subprocess
import tempfile

from echo import ECHO_PORT, EchoServer, Stream
from lib import (EXIT_ERROR, EXIT_INCOMPLETE, EXIT_OK, MODULES, NEAR_DEV, PEER, Daemon, add_target,
                 check, check_equal, check_guards, check_tree, connection, connections, ctl,
                 ctl_any, offload, rmmod, run, targets, until, upload)

PROGRESS = 256 << 10
SO_MAX_PACING_RATE = 47


def connect():
    sock = socket.create_connection((PEER, ECHO_PORT))
    echo(sock)
    return sock


def echo(sock):
    sock.sendall(b"hello")
    check_equal(sock.recv(5, socket.MSG_WAITALL), b"hello", "echo")


def begin(**limits):
    """A server, a daemon with a state directory of its own, a target."""
    state = tempfile.mkdtemp()
    server = EchoServer()
    daemon = Daemon("--state", state)
    add_target(**limits)
    return server, daemon, state


def policy(text):
    """The name of a file with these rules."""
    path = os.path.join(tempfile.mkdtemp(), "policy.toml")
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def rule(action, **parts):
    lines = [f"action = '{action}'"]
    lines += [f"{key.replace('_', '-')} = {value!r}" for key, value in parts.items()]
    return "[[rule]]\n" + "\n".join(lines) + "\n"


def ports():
    """Near ports of the connections that are offloaded."""
    return sorted(conn["sport"] for conn in connections() if conn["state"] == "offloaded")


def port(sock):
    return sock.getsockname()[1]


def decision(sock, *file):
    """What the policy does with a connection, and why."""
    found, = [one for one in ctl("policy", "test", *file)["decisions"]
              if one["sport"] == port(sock)]
    return found["step"], found["why"]


def apply(rules, status=EXIT_OK):
    """What was to be done with connections, by their near ports, and what became of it."""
    decisions = ctl("policy", "apply", rules, status=status)["decisions"]
    return {one["sport"]: (one["step"], one.get("status", one.get("reason")))
            for one in decisions}


def test_rules():
    """The first rule that matches says who goes out; another policy takes it home again."""
    server, _, _ = begin()
    first, second = connect(), connect()
    rules = policy(rule("never", src=f":{port(second)}") + rule("offload", dst=f":{ECHO_PORT}"))
    check_equal(decision(first, rules), ("offload", "rule #2 offloads it"), "a test")
    check_equal(connections(), [], "connections after a test")
    check_equal(apply(rules), {port(first): ("offload", "SUCCESS"), port(second): ("stay", None)},
                "what became of each")
    check_equal(ports(), [port(first)], "connections that are out")
    third = connect()
    until(lambda: ports() == sorted([port(first), port(third)]), "a new one goes out",
          lambda: f"{connections()}")
    check_equal(decision(second), ("stay", "rule #1 never offloads it"), "the second")
    shown = ctl("policy")["policy"]
    check_equal([one["connections"] for one in shown["rules"]], [0, 2], "connections of rules")
    check_equal(apply(policy("")), {port(first): ("upload", "SUCCESS"), port(second): ("stay", None),
                                    port(third): ("upload", "SUCCESS")}, "the way home")
    check_equal(connections(), [], "connections")
    for sock in (first, second, third):
        echo(sock)
    server.stop()


def test_apply_incomplete():
    """An apply tells what did not make it, and why: the target's refusal and the host's."""
    server, _, _ = begin()
    first, second = connect(), connect()
    second.setsockopt(socket.SOL_SOCKET, SO_MAX_PACING_RATE, 1 << 20)
    ctl("target", "fault", NEAR_DEV, "on tcp-create status connection-rejected")
    check_equal(apply(policy(rule("offload", dst=f":{ECHO_PORT}")), EXIT_INCOMPLETE),
                {port(first): ("offload", "CONNECTION_REJECTED"),
                 port(second): ("offload", "pacing")}, "what became of each")
    check_equal(connections(), [], "connections")
    ctl("target", "fault", NEAR_DEV, "clear")
    for sock in (first, second):
        echo(sock)
    server.stop()


def test_parts_of_rules():
    """A rule knows the process, the user and the device of a connection."""
    server, _, _ = begin()
    sock = connect()
    with open("/proc/self/comm", encoding="ascii") as file:
        command = file.read().strip()
    good = {"command": command, "user": "root", "dev": NEAR_DEV, "min_bytes": 10}
    for part, bad in {"command": "nobody", "user": "1", "dev": "lo", "min_bytes": "1 GiB"}.items():
        step, _ = decision(sock, policy(rule("offload", **{**good, part: bad})))
        check_equal(step, "stay", f"a rule with {part} {bad}")
    check_equal(decision(sock, policy(rule("offload", **good))),
                ("offload", "rule #1 offloads it"), "a rule of which all holds")
    server.stop()


def test_cgroup():
    """A rule knows the control group of a connection, and holds for those below."""
    if not os.path.exists("/sys/fs/cgroup/cgroup.procs"):
        subprocess.run(["mount", "-t", "cgroup2", "none", "/sys/fs/cgroup"], check=True)
    server, _, _ = begin()
    os.makedirs("/sys/fs/cgroup/lab/inner", exist_ok=True)
    with open("/sys/fs/cgroup/lab/inner/cgroup.procs", "w", encoding="ascii") as procs:
        procs.write(str(os.getpid()))
    sock = connect()
    for path, step in {"/lab": "offload", "/lab/inner": "offload", "/lab/other": "stay"}.items():
        check_equal(decision(sock, policy(rule("offload", cgroup=path)))[0], step, path)
    server.stop()


def test_hands():
    """What was uploaded by hand stays at home, also for the next daemon, until it is released."""
    server, daemon, state = begin()
    sock = connect()
    rules = policy(rule("offload", dst=f":{ECHO_PORT}"))
    ctl("policy", "apply", rules)
    until(ports, "it goes out")
    upload(*connection(sock))
    check_equal(decision(sock), ("stay", "it was taken back by hand"), "after an upload")
    daemon.stop()
    Daemon("--state", state, "--config", rules)
    check_equal(decision(sock), ("stay", "it was taken back by hand"), "after a restart")
    check_equal(connections(), [], "connections")
    check_equal(ctl("policy", "release", *connection(sock))["released"], 1, "released")
    until(ports, "it goes out again")
    echo(sock)
    server.stop()


def test_full():
    """What does not fit waits until there is room; what the target gives back waits, too."""
    server, _, _ = begin(tcp=1)
    first = connect()
    ctl("policy", "apply", policy(rule("offload", dst=f":{ECHO_PORT}")))
    until(lambda: ports() == [port(first)], "the first goes out")
    second = connect()
    check_equal(decision(second), ("stay", f"the target on {NEAR_DEV} is full"), "the second")
    first.close()
    until(lambda: ports() == [port(second)], "the second goes out", lambda: f"{connections()}")
    ctl("target", "fault", NEAR_DEV, "event upload-all")
    until(lambda: not connections(), "it comes home")
    check_equal(decision(second)[0], "stay", "while the target wants nothing")
    ctl("target", "fault", NEAR_DEV, "event resume")
    until(lambda: ports() == [port(second)], "it goes out again", lambda: f"{connections()}")
    echo(second)
    server.stop()


def test_quarantine():
    """One command brings everything home; nobody offloads anything until it is lifted."""
    server, daemon, state = begin()
    sock = connect()
    check_tree(offload(*connection(sock)))
    op, = ctl("target", "quarantine", NEAR_DEV)["operations"]
    check_equal((op["kind"], op["ok"], op["failed"]), ("terminate", 1, 0), "the way home")
    check_equal(connections(), [], "connections")
    check_equal([target["quarantined"] for target in targets()], [True], "the target")
    daemon.kill()
    Daemon("--state", state)
    reply = ctl_any("offload", *connection(sock))
    check_equal((reply.status, reply.error[0]), (EXIT_ERROR, "refused"), "an offload")
    check(f"target release {NEAR_DEV}" in reply.error[1], lambda: f"it says '{reply.error[1]}'")
    ctl("policy", "apply", policy(rule("offload")))
    check_equal(decision(sock), ("stay", f"the target on {NEAR_DEV} is quarantined"), "the policy")
    ctl("policy", "apply", policy(rule("quarantine", dst=f":{ECHO_PORT}")))
    ctl("target", "release", NEAR_DEV)
    check_equal(ctl_any("offload", *connection(sock)).error[0], "refused", "a rule's quarantine")
    ctl("policy", "apply", policy(""))
    check_tree(offload(*connection(sock)))
    check_tree(upload(*connection(sock)))
    echo(sock)
    server.stop()


def version(name):
    with open(f"/sys/module/{name}/version", encoding="ascii") as file:
        return file.read().strip()


def successor(name):
    """A module like the loaded one, of another version; returns its file and the version."""
    old = version(name)
    new = "9" * len(old)
    with open(os.path.join(MODULES, name + ".ko"), "rb") as file:
        code = file.read()
    path = os.path.join(tempfile.mkdtemp(), name + ".ko")
    with open(path, "wb") as file:
        file.write(code.replace(f"version={old}\0".encode(), f"version={new}\0".encode()))
    return path, new


def test_hot_swap():
    """The module of a target is exchanged under a busy stream, as Documentation/hot-swap.md says."""
    server, _, _ = begin()
    path, new_version = successor("chimney_sim")
    stream = Stream(server)
    stream.write()
    ctl("policy", "apply", policy(rule("offload", dst=f":{ECHO_PORT}")))
    until(ports, "it goes out")
    stream.wait_progress(PROGRESS)
    op, = ctl("target", "quarantine", NEAR_DEV)["operations"]
    check_equal((op["kind"], op["ok"], op["failed"]), ("terminate", 1, 0), "the way home")
    rmmod("chimney_sim")
    stream.wait_progress(PROGRESS)
    run("insmod", path)
    check_equal(version("chimney_sim"), new_version, "version of the module")
    check_equal(add_target()["quarantined"], True, "the new target is quarantined")
    check_equal(decision(stream.sock), ("stay", f"the target on {NEAR_DEV} is quarantined"),
                "what the policy does")
    stream.wait_progress(PROGRESS)
    check_equal(connections(), [], "connections")
    ctl("target", "release", NEAR_DEV)
    until(ports, "it goes out again")
    stream.wait_progress(PROGRESS)
    check_guards(1)
    check_tree(upload(*stream.selector))
    stream.finish()


def test_history():
    """Operations are known after a restart, with their trees and who asked for them."""
    server, daemon, state = begin()
    sock = connect()
    out = offload(*connection(sock))
    home = upload(*connection(sock))
    offload("dst", f"{PEER}:1", status=0)
    daemon.stop()
    Daemon("--state", state)
    listed = ctl("op", "list")["operations"]
    check_equal([op["kind"] for op in listed], ["initiate", "terminate", "initiate"], "kinds")
    check(all(op["requester"].startswith("uid 0 pid") for op in listed), f"requesters: {listed}")
    by_port = ctl("op", "list", "src", f":{port(sock)}", "status", "success")["operations"]
    check_equal([op["id"] for op in by_port], [out["id"], home["id"]], "of the connection")
    check_equal(ctl("op", "list", "kind", "terminate", "last", "5")["operations"],
                [op for op in listed if op["kind"] == "terminate"], "uploads")
    check_equal(ctl("op", "list", "since", "2100-01-01T00:00:00Z")["operations"], [], "future")
    shown, = ctl("op", "show", str(home["id"]))["operations"]
    check_equal(shown["blocks"], home["blocks"], "blocks")
    server.stop()


def test_check():
    """Each mistake has its line and column."""
    reply = ctl("policy", "check", policy("[[rule]]\naction = 'of'\nport = 7\n"),
                status=EXIT_INCOMPLETE)
    check_equal([(one["line"], one["column"]) for one in reply["check"]["mistakes"]],
                [(2, 10), (3, 1)], "places")
    check_equal(ctl("policy", "check", policy(rule("never")))["check"]["mistakes"], [], "mistakes")
