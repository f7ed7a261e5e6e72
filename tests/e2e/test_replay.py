# SPDX-License-Identifier: GPL-2.0-only
"""State trees that are made up, and captured ones, sent to a target without sockets."""

import json
import os
import re
import socket
import subprocess
import tempfile

from echo import ECHO_PORT, EchoServer
from lib import (BIN, EXIT_ERROR, EXIT_INCOMPLETE, EXIT_OK, NEAR_DEV, PEER, TOP, add_target,
                 check, check_equal, connection, ctl, ctl_any, start, targets, until)

EXAMPLE = os.path.join(TOP, "Documentation", "examples", "tree.json")


def example():
    with open(EXAMPLE, encoding="utf-8") as file:
        return json.load(file)


def write(document):
    """A file with a document in it."""
    file = tempfile.NamedTemporaryFile("w", suffix=".json", delete=False)
    with file:
        file.write(document if isinstance(document, str) else json.dumps(document))
    return file.name


def replay(document, status=EXIT_OK):
    return ctl("replay", NEAR_DEV, write(document), status=status)["replay"]


def blocks(tree):
    """All blocks of a tree by the names of their objects, depth first."""
    found = {}
    for block in tree:
        found[block.get("object", "")] = block
        found.update(blocks(block.get("dependents", [])))
    return found


def statuses(step):
    return {name: block["status"] for name, block in blocks(step["tree"]).items()}


def used():
    target, = targets()
    return [target[layer]["used"] for layer in ("neighbor", "path", "tcp")]


def check_empty():
    """What was made up ends with the process that made it up."""
    until(lambda: used() == [0, 0, 0], "the target holds nothing", lambda: str(used()))


def test_example():
    """The documented tree N1(P1(T1, T2), P2(T3)) goes out, is read, updated and comes back.

    Contract: INIT-20, INIT-26, QRY-05, UPD-06
    """
    add_target()
    initiate, query, update, terminate = replay(example())
    names = ["N1", "P1", "T1", "T2", "P2", "T3"]
    check_equal(list(blocks(initiate["tree"])), names, "order of the blocks")
    for step in (initiate, query, update, terminate):
        check_equal(set(statuses(step).values()), {"SUCCESS"}, f"statuses of {step['kind']}")
    check_equal([block["slot"] for block in blocks(initiate["tree"]).values()], [True] * 6,
                "context slots after initiate")
    check_equal([block["slot"] for block in blocks(terminate["tree"]).values()], [False] * 6,
                "context slots after terminate")
    for step in (query, terminate):
        for name, una, rcv in (("T1", 5000, 1000), ("T2", 7000, 2000), ("T3", 9000, 3000)):
            state = blocks(step["tree"])[name]["state"]["delegated"]
            check_equal((state["state"], state["snd_una"], state["rcv_nxt"]),
                        ("established", una, rcv), f"{name} after {step['kind']}")
    check_equal(blocks(terminate["tree"])["T1"]["send_bytes"], 100, "send data that came back")
    check(blocks(terminate["tree"])["T1"]["send_data"].startswith("6368696d6e6579"),
          "the send data came back unchanged")
    check_empty()


def test_full():
    """A target that is full says so block by block, and the exit status is 2.

    Contract: INIT-39
    """
    add_target(tcp=2)
    document = example()
    document["replay"] = document["replay"][:1]
    initiate, = replay(document, status=EXIT_INCOMPLETE)
    check_equal(statuses(initiate),
                {"N1": "SUCCESS", "P1": "SUCCESS", "T1": "SUCCESS", "T2": "SUCCESS",
                 "P2": "PARTIAL_SUCCESS", "T3": "TCP_ENTRIES"}, "statuses")
    check_equal(blocks(initiate["tree"])["T3"]["slot"], False, "slot of T3")
    check_empty()


def test_left_behind():
    """What a document does not terminate ends with it, and can be sent again."""
    add_target()
    document = example()
    document["replay"] = document["replay"][:1]
    for _ in range(2):
        initiate, = replay(document)
        check_equal(set(statuses(initiate).values()), {"SUCCESS"}, "statuses")
        check_empty()


def test_captured():
    """The dry run of a live connection can be replayed, and disturbs it not."""
    server = EchoServer()
    start()
    sock = socket.create_connection((PEER, ECHO_PORT))
    sock.sendall(b"before")
    check_equal(sock.recv(6, socket.MSG_WAITALL), b"before", "echo")
    file = write("")
    done = subprocess.run([os.path.join(BIN, "chimneyctl"), "capture", *connection(sock), file],
                          text=True, capture_output=True, check=False)
    check_equal((done.returncode, done.stderr), (EXIT_OK, ""), "capture")
    with open(file, encoding="utf-8") as stream:
        document = json.load(stream)
    check_equal([step["kind"] for step in document["replay"]],
                ["initiate", "query", "terminate"], "steps")
    captured = blocks(document["replay"][0]["tree"])
    check_equal(list(captured), ["N1", "P1", "T1"], "objects")
    port = sock.getsockname()[1]
    check_equal(captured["T1"]["state"]["const"]["local_port"], port, "port")
    # A neighbor that nobody is: the live connection must not hear of it.
    captured["N1"]["state"]["cached"]["dl_destination_address"] = "02:00:00:00:00:09"
    initiate, query, terminate = replay(document)
    check_equal(set(statuses(initiate).values()), {"SUCCESS"}, "statuses")
    before = captured["T1"]["state"]["delegated"]
    for step in (query, terminate):
        after = blocks(step["tree"])["T1"]["state"]["delegated"]
        for name in ("snd_una", "rcv_nxt", "state"):
            check_equal(after[name], before[name], f"{name} after {step['kind']}")
    sock.sendall(b"behind")
    check_equal(sock.recv(6, socket.MSG_WAITALL), b"behind", "echo")
    server.stop()


def refuse(document, code, sentence, dev=NEAR_DEV):
    reply = ctl_any("replay", dev, write(document))
    got, message = reply.error
    check_equal(reply.status, EXIT_ERROR, "exit status")
    check_equal(got, code, f"class of the error ('{message}')")
    check(re.search(sentence, message), f"says '{message}', expected '{sentence}'")
    check_empty()


def test_bad_documents():
    """Nonsense is refused with its place, and a bad tree by the kernel; nothing stays."""
    add_target()
    refuse("nonsense", "usage", "json")
    refuse({"schema": 1}, "usage", "no list 'replay'")
    document = example()
    document["replay"][0]["tree"][0]["dependents"][0]["state"]["cached"]["mtu"] = 1500
    refuse(document, "usage", r"replay\[0\].tree\[0\].dependents\[0\].state.cached.mtu is no key")
    document = example()
    document["replay"][0]["tree"][0]["object"] = "T1"
    refuse(document, "kernel", r"step 1 \(initiate on .*twice in the tree")
    refuse({"replay": example()["replay"][1:]}, "not-found",
           r"step 1 \(query on .*no object of that number")
    refuse(example(), "not-found", "no such device", dev="nosuchdev")
    refuse(example(), "not-found", "no target", dev="lo")
    document = example()
    document["replay"] = document["replay"][:1]
    blocks(document["replay"][0]["tree"])["T1"]["state"]["delegated"]["state"] = "listen"
    refuse(document, "kernel", "breaks the contract")
