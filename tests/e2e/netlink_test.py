#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Requests to the netlink family of the loaded module, bad ones above all.

Each of these asserts the errno, the sentence and the attribute that the kernel
reports, and that nothing changed. Runs as root with chimney.ko and
chimney_sim.ko loaded, on a machine of its own (tests/vm/run). CHIMNEY_YNL is
the path of tools/net/ynl/lib of a Linux 6.12 source tree: its client speaks the
protocol from the spec, hence knows nothing of ours.
"""

import ctypes
import errno
import functools
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
import traceback

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
YNL = os.environ.get("CHIMNEY_YNL", "")
sys.path.insert(0, os.path.dirname(YNL))
sys.dont_write_bytecode = True
from lib import Netlink, NlError, YnlFamily  # noqa: E402
from lib.ynl import NlMsgs  # noqa: E402

# Each client reads the spec, which takes ten times as long without libyaml.
yaml.safe_load = functools.partial(yaml.load, Loader=yaml.CSafeLoader)

DEV, PEER, BARE = "chimnl0", "chimnl1", "chimnl2"
NOBODY = 65534
HEADERS = 20  # bytes of the netlink and the generic netlink header
NO_INDEX = 0x7FFFFFF0
NO_OP = 0xFFFFFFF0
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000

V4 = bytes([192, 0, 2, 1])
V4_PEER = bytes([192, 0, 2, 2])
V6 = bytes.fromhex("20010db8") + bytes(11) + b"\1"
SOCKET = {"src-addr": V4, "dst-addr": V4_PEER, "src-port": 40000, "dst-port": 80}
AF_INET, AF_INET6 = 2, 10

# A tree of one object a layer, whose peer nobody is.
NEIGHBOR = {"object": 1, "layer": "neighbor", "role": "new", "class": "complete",
            "neighbor-variables": {"dl-destination-address": bytes([2, 0, 0, 0, 0, 9])}}
PATH = {"object": 2, "layer": "path", "role": "new", "class": "complete",
        "path-variables": {"source-address": V4, "destination-address": V4_PEER,
                           "path-mtu": 1500}}
TCP = {"object": 3, "layer": "tcp", "role": "new", "class": "complete",
       "tcp-variables": {
           "const-flags": ["window-scaling"], "remote-port": 80, "local-port": 40000,
           "remote-mss": 1460, "congestion-control": "reno", "cached-flags": ["nagle"],
           "initial-rcv-wnd": 65535, "ttl-or-hop-limit": 64, "state": "established",
           "rcv-nxt": 1000, "rcv-wnd": 65535, "snd-una": 5000, "snd-nxt": 5000,
           "snd-max": 5000, "snd-wnd": 65535, "max-snd-wnd": 65535, "snd-wl1": 999,
           "cwnd": 14600, "ss-thresh": 65535, "srtt": 800000, "rtt-var": 200000,
           "keep-alive-timeout-delta": 0xFFFFFFFF, "retransmit-timeout-delta": 0xFFFFFFFF,
           "reordering": 3}}
TREE = [NEIGHBOR, PATH, TCP]
NAMES = {1: "neighbor", 2: "path", 3: "tcp"}


class Client:
    """One netlink socket to the family."""

    def __init__(self):
        kernel = os.path.join(YNL, "..", "..", "..", "..")
        self.ynl = YnlFamily(
            os.path.join(TOP, "uapi", "chimney.yaml"),
            os.path.join(kernel, "Documentation", "netlink", "genetlink-legacy.yaml"))

    def reopen(self):
        """The kernel asks also who opened the socket, and where."""
        old, self.ynl.sock = self.ynl.sock, socket.socket(
            socket.AF_NETLINK, socket.SOCK_RAW, Netlink.NETLINK_GENERIC)
        old.close()
        for option in (Netlink.NETLINK_CAP_ACK, Netlink.NETLINK_EXT_ACK):
            self.ynl.sock.setsockopt(Netlink.SOL_NETLINK, option, 1)

    def do(self, op, **attrs):
        return self.ynl.do(op, wire(attrs))

    def dump(self, op, **attrs):
        return self.ynl.dump(op, wire(attrs))

    def raw(self, cmd, payload=b"", flags=0, reserved=0, header=True):
        """Send what no honest client sends; return the error as NlError has it."""
        genl = struct.pack("=BBH", cmd, 1, reserved) if header else b""
        flags |= Netlink.NLM_F_REQUEST | Netlink.NLM_F_ACK
        body = genl + payload
        message = struct.pack("=IHHII", 16 + len(body), self.ynl.nlproto.family_id,
                              flags, 1, 0) + body
        self.ynl.sock.send(message)
        while True:
            for reply in NlMsgs(self.ynl.sock.recv(65536)):
                if reply.error:
                    raise NlError(reply)
                if reply.done:
                    return

    def state(self):
        """What a bad request must not change."""
        return {name: self.dump(name) or [] for name in ("target-get", "op-get", "conn-get")}


def wire(attrs):
    return {name.replace("_", "-"): value for name, value in attrs.items()}


def attr(number, payload, length=None):
    length = 4 + len(payload) if length is None else length
    return struct.pack("=HH", length, number) + payload + bytes(-len(payload) % 4)


class Report:
    """Counts and prints the cases."""

    def __init__(self):
        self.passed = 0
        self.failed = 0

    def case(self, name, problems):
        if problems:
            self.failed += 1
            print(f"not ok - {name}")
            for problem in problems:
                print(f"  {problem}")
        else:
            self.passed += 1
            print(f"ok - {name}")
        sys.stdout.flush()

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed")
        return 1 if self.failed or not self.passed else 0


def refusal(call):
    """What the kernel said to a request that it must refuse."""
    try:
        reply = call()
    except NlError as error:
        extack = error.nl_msg.extack or {}
        return {
            "errno": errno.errorcode.get(error.error, str(error.error)),
            "sentence": extack.get("msg", ""),
            "attribute": next((extack[key] for key in ("bad-attr", "miss-type", "bad-attr-offs")
                               if key in extack), None),
        }
    return {"errno": "0", "sentence": f"accepted, reply {reply}", "attribute": None}


def compare(got, code, sentence, attribute, told):
    """@told: whether the kernel tells the attribute for this kind of request."""
    problems = []
    if got["errno"] != errno.errorcode[code]:
        problems.append(f"errno {got['errno']}, expected {errno.errorcode[code]}")
    if not re.search(sentence, got["sentence"], re.IGNORECASE):
        problems.append(f"sentence '{got['sentence']}', expected '{sentence}'")
    if got["attribute"] != attribute and (told or got["attribute"]):
        problems.append(f"attribute {got['attribute']}, expected {attribute}")
    return problems


def expect(got, wanted):
    return [] if got == wanted else [f"{got}, expected {wanted}"]


class Suite:
    def __init__(self, report):
        self.report = report
        self.client = Client()
        self.commands = {name: op.req_value for name, op in self.client.ynl.ops.items()}

    def refuse(self, name, call, code, sentence, attribute=None, told=True):
        before = self.client.state()
        problems = compare(refusal(call), code, sentence, attribute, told)
        if self.client.state() != before:
            problems.append("the request changed something")
        self.report.case(name, problems)

    def do(self, name, op, attrs, code, sentence, attribute=None):
        self.refuse(name, lambda: self.client.do(op, **attrs), code, sentence, attribute)

    def dump(self, name, op, attrs, code, sentence, attribute=None):
        # Linux 6.1 tells no attribute at the end of a dump.
        self.refuse(name, lambda: self.client.dump(op, **attrs), code, sentence, attribute,
                    told=False)

    def malformed(self, name, op, payload, code, sentence, offset=None, **header):
        """@offset: of the attribute to blame, from the first one on"""
        cmd = self.commands[op] if isinstance(op, str) else op
        self.refuse(name, lambda: self.client.raw(cmd, payload, **header), code, sentence,
                    None if offset is None else HEADERS + offset)

    # Targets -----------------------------------------------------------------

    def targets(self):
        here = socket.if_nametoindex(DEV)
        bare = socket.if_nametoindex(BARE)
        for op in ("target-new", "target-del", "target-get"):
            kind = {"kind": "sim"} if op == "target-new" else {}
            self.do(f"{op}: no device named", op, kind, errno.EINVAL,
                    "name the device by ifindex or ifname", "ifindex")
            self.do(f"{op}: no such ifindex", op, {"ifindex": NO_INDEX, **kind}, errno.ENODEV,
                    "no such device", ".ifindex")
            self.do(f"{op}: ifindex 0", op, {"ifindex": 0, **kind}, errno.ENODEV,
                    "no such device", ".ifindex")
            self.do(f"{op}: no such ifname", op, {"ifname": "nosuchdev", **kind}, errno.ENODEV,
                    "no such device", ".ifname")
            self.do(f"{op}: ifindex and ifname differ", op,
                    {"ifindex": here, "ifname": BARE, **kind}, errno.EINVAL,
                    "different devices", ".ifname")
            self.do(f"{op}: ifindex right, no such ifname", op,
                    {"ifindex": here, "ifname": "nosuchdev", **kind}, errno.ENODEV,
                    "no such device", ".ifname")
            self.do(f"{op}: ifname too long", op, {"ifname": "x" * 16, **kind}, errno.EINVAL,
                    "attribute", ".ifname")
        for op in ("target-del", "target-get"):
            self.do(f"{op}: device without a target", op, {"ifindex": bare}, errno.ENODEV,
                    "the device has no target")

        self.do("target-new: no kind", "target-new", {"ifname": BARE}, errno.EINVAL,
                "kind of the target is missing", "kind")
        for kind in ("nosuchkind", ""):
            self.do(f"target-new: kind '{kind}'", "target-new", {"ifname": BARE, "kind": kind},
                    errno.EOPNOTSUPP, "no such kind of target")
        self.do("target-new: second target on a device", "target-new",
                {"ifname": DEV, "kind": "sim"}, errno.EEXIST, "has a target already")
        for entries in ("tcp-entries", "path-entries", "neighbor-entries"):
            self.do(f"target-new: {entries} 0", "target-new",
                    {"ifname": BARE, "kind": "sim", entries: 0}, errno.ERANGE,
                    "integer out of range", "." + entries)
        for reply_only in ("tcp-used", "violations"):
            self.do(f"target-new: {reply_only} in a request", "target-new",
                    {"ifname": BARE, "kind": "sim", reply_only: 1}, errno.EINVAL,
                    "un(supported|known) attribute", "." + reply_only)
        self.dump("target-get: dump with attributes", "target-get", {"ifindex": here},
                  errno.EINVAL, "takes no attributes")

    # Selectors ---------------------------------------------------------------

    def selectors(self):
        """Where a selector goes, the same must come back."""
        for op in ("initiate", "terminate", "update", "query", "invalidate"):
            self.do(f"{op}: no selector", op, {}, errno.EINVAL, "selector is missing",
                    "selector")
            self.do(f"{op}: deadline 0", op, {"selector": {"all": True}, "deadline": 0},
                    errno.ERANGE, "integer out of range", ".deadline")
            self.do(f"{op}: deadline of more than ten minutes", op,
                    {"selector": {"all": True}, "deadline": 600001}, errno.ERANGE,
                    "integer out of range", ".deadline")
            self.each_selector(op, self.do)
        for op in ("terminate", "update", "query", "invalidate"):
            for flag in ("owned", "dry-run"):
                self.do(f"{op}: {flag}", op, {"selector": {"all": True}, flag: True},
                        errno.EINVAL, "un(supported|known) attribute", "." + flag)
        for op in ("initiate", "terminate"):
            self.do(f"{op}: layers", op, {"selector": {"all": True}, "layers": ["tcp"]},
                    errno.EINVAL, "un(supported|known) attribute", ".layers")
        for op in ("update", "query", "invalidate"):
            self.do(f"{op}: no layer", op, {"selector": {"all": True}, "layers": 0},
                    errno.EINVAL, "at least one layer", ".layers")
            self.do(f"{op}: unknown layer", op, {"selector": {"all": True}, "layers": 8},
                    errno.EINVAL, "reserved bit set", ".layers")
        self.do("initiate: a dry run that is owned", "initiate",
                {"selector": {"all": True}, "owned": True, "dry-run": True}, errno.EINVAL,
                "dry run offloads nothing", ".dry-run")
        self.each_selector("conn-get", self.dump)

    def each_selector(self, op, run):
        def bad(name, selector, sentence, where="", code=errno.EINVAL):
            # The client leaves the number of what is missing in a nest alone.
            attribute = where if isinstance(where, int) else ".selector" + where
            run(f"{op}: {name}", op, {"selector": selector}, code, sentence, attribute)

        bad("empty filter", {}, "filter is empty; set the flag all")
        for other in ({"src-addr": V4}, {"dst-port": 80}, {"socket": [SOCKET]}):
            bad(f"all with {next(iter(other))}", {"all": True, **other},
                "flag all excludes", ".all")
        bad("filter and sockets", {"dst-port": 80, "socket": [SOCKET]}, "not both", ".socket")
        named, other = {"socket": [SOCKET]}, {"dst-port": 80}
        for several in ([other, other], [named, other], [other, named], [{"all": True}, named]):
            bad(f"selectors with {[next(iter(each)) for each in several]}", several,
                "of several selectors each must name sockets")
        bad("port 0 in the second selector", [named, {"socket": [{**SOCKET, "dst-port": 0}]}],
            "port 0", ".socket.dst-port")

        for side in ("src", "dst"):
            for length in (0, 3, 5, 15, 17):
                bad(f"{side}-addr of {length} bytes", {f"{side}-addr": bytes(length)},
                    "4 or 16 bytes", f".{side}-addr")
            bad(f"{side}-prefix without an address", {f"{side}-prefix": 24},
                "prefix length goes with an address", f".{side}-prefix")
            bad(f"{side}-prefix 33 of IPv4", {f"{side}-addr": V4, f"{side}-prefix": 33},
                "prefix is longer", f".{side}-prefix")
            bad(f"{side}-prefix 129", {f"{side}-addr": V6, f"{side}-prefix": 129},
                "integer out of range", f".{side}-prefix", errno.ERANGE)
            bad(f"{side}-port 0", {f"{side}-port": 0}, "port 0", f".{side}-port")
        bad("prefix of the other side's address", {"src-addr": V4, "dst-prefix": 24},
            "prefix length goes with an address", ".dst-prefix")
        bad("families differ", {"src-addr": V4, "dst-addr": V6}, "different families",
            ".dst-addr")
        self.each_socket(bad)

    @staticmethod
    def each_socket(bad):
        for missing in SOCKET:
            partial = {name: value for name, value in SOCKET.items() if name != missing}
            bad(f"socket without {missing}", {"socket": [partial]},
                "needs both addresses and ports", list(SOCKET).index(missing) + 1)
        bad("empty socket after a good one", {"socket": [SOCKET, {**SOCKET, "src-addr": b""}]},
            "4 or 16 bytes", ".socket.src-addr")
        bad("families of a socket differ", {"socket": [{**SOCKET, "dst-addr": V6}]},
            "different families", ".socket.dst-addr")
        bad("socket with port 0", {"socket": [{**SOCKET, "dst-port": 0}]}, "port 0",
            ".socket.dst-port")

    # Operations --------------------------------------------------------------

    def operations(self):
        self.do("op-get: no id", "op-get", {}, errno.EINVAL, "id of the operation is missing",
                "id")
        self.do("op-cancel: no id", "op-cancel", {}, errno.EINVAL,
                "id of the operation is missing", "id")
        for number in (0, NO_OP):
            for command in ("op-get", "op-cancel"):
                self.do(f"{command}: unknown id {number}", command, {"id": number}, errno.ENOENT,
                        "no such operation", ".id")
            self.dump(f"block-get: unknown operation {number}", "block-get", {"op-id": number},
                      errno.ENOENT, "no such operation", ".op-id")
        self.dump("block-get: no operation", "block-get", {}, errno.EINVAL,
                  "id of the operation is missing")
        self.dump("op-get: dump with attributes", "op-get", {"id": 1}, errno.EINVAL,
                  "takes no attributes")

    # More about targets ------------------------------------------------------

    def each_device(self, op, more):
        bare = socket.if_nametoindex(BARE)
        self.do(f"{op}: no device named", op, more, errno.EINVAL,
                "name the device by ifindex or ifname", "ifindex")
        self.do(f"{op}: no such ifname", op, {"ifname": "nosuchdev", **more}, errno.ENODEV,
                "no such device", ".ifname")
        self.do(f"{op}: device without a target", op, {"ifindex": bare, **more}, errno.ENODEV,
                "no target")

    def observations(self):
        for op in ("stats-get", "stats-reset"):
            self.each_device(op, {"family": AF_INET})
            self.do(f"{op}: no family", op, {"ifname": DEV}, errno.EINVAL,
                    "family is missing", "family")
            self.do(f"{op}: another family", op, {"ifname": DEV, "family": 1},
                    errno.EAFNOSUPPORT, "neither AF_INET nor AF_INET6", ".family")
        self.dump("stats-get: dump with attributes", "stats-get", {"ifname": DEV},
                  errno.EINVAL, "takes no attributes")
        families = [(stats["ifname"], stats["family"]) for stats in self.client.dump("stats-get")]
        target = self.client.do("target-get", ifname=DEV)
        kept = [(name, value) for name, value in (("ipv4", AF_INET), ("ipv6", AF_INET6))
                if name in target]
        self.report.case("stats-get: dump shows each family the target has",
                         expect(families, [(DEV, family) for _, family in kept]))

    def settings(self):
        self.each_device("params-get", {})
        self.each_device("params-set", {"ack-frequency": 2})
        self.do("params-set: nothing to change", "params-set", {"ifname": DEV}, errno.EINVAL,
                "at least one setting")
        for name in ("ack-frequency", "max-retransmissions", "delayed-ack-ticks", "push-ticks"):
            self.do(f"params-set: {name} 0", "params-set", {"ifname": DEV, name: 0},
                    errno.ERANGE, "integer out of range", "." + name)
        before = self.client.do("params-get", ifname=DEV)
        wanted = {**before, "delayed-ack-ticks": before["delayed-ack-ticks"] + 1000}
        reply = self.client.do("params-set", ifname=DEV,
                               delayed_ack_ticks=wanted["delayed-ack-ticks"])
        self.report.case("params-set: what is absent keeps its value", expect(reply, wanted))
        self.report.case("params-get shows it", expect(self.client.do("params-get", ifname=DEV),
                                                       wanted))

    def faults(self):
        self.each_device("target-fault", {"script": "clear"})
        self.do("target-fault: no script", "target-fault", {"ifname": DEV}, errno.EINVAL,
                "script is missing", "script")
        self.do("target-fault: nonsense", "target-fault",
                {"ifname": DEV, "script": "frobnicate"}, errno.EINVAL, "frobnicate|statement")
        self.report.case("target-fault: clear",
                         expect(self.client.do("target-fault", ifname=DEV, script="clear"), None))

    # Replay ------------------------------------------------------------------

    def replay(self, kind, *blocks, **more):
        return self.client.do("replay", ifname=DEV, kind=kind, block=list(blocks), **more)

    def replays(self):
        self.each_device("replay", {"kind": "initiate", "block": TREE})
        self.do("replay: no kind", "replay", {"ifname": DEV, "block": TREE}, errno.EINVAL,
                "kind of the operation is missing", "kind")
        self.do("replay: no block", "replay", {"ifname": DEV, "kind": "initiate"}, errno.EINVAL,
                "tree has no block", "block")
        self.do("replay: too many blocks", "replay",
                {"ifname": DEV, "kind": "initiate",
                 "block": [{"layer": "neighbor", "role": "placeholder"}] * 129}, errno.E2BIG,
                "at most 128 blocks", ".block")
        self.do("replay: deadline too long", "replay",
                {"ifname": DEV, "kind": "initiate", "block": TREE, "deadline": 60001},
                errno.ERANGE, "integer out of range", ".deadline")
        self.bad_blocks()
        self.bad_objects()
        self.sessions()

    def bad_blocks(self):
        def bad(name, sentence, where, *blocks, kind="initiate", code=errno.EINVAL):
            self.do(f"replay: {name}", "replay", {"ifname": DEV, "kind": kind,
                                                "block": list(blocks)}, code, sentence, where)

        def without(block, *names):
            return {name: value for name, value in block.items() if name not in names}

        bad("no layer", "needs a layer and a role", 2, without(NEIGHBOR, "layer"))
        bad("no role", "needs a layer and a role", 3, without(NEIGHBOR, "role"))
        bad("no object", "needs an object", 1, without(NEIGHBOR, "object"))
        bad("placeholder with an object", "has a layer and nothing else", ".block.object",
            {"layer": "neighbor", "role": "placeholder", "object": 1}, PATH)
        bad("path below a connection", "no block before this one", ".block.layer", TCP, PATH)
        bad("connection on a neighbor", "no block before this one", ".block.layer",
            NEIGHBOR, TCP)
        bad("variables of another layer", "of another layer", ".block.path-variables",
            {**NEIGHBOR, "path-variables": {"path-mtu": 1500}})
        bad("variables without a class", "of which class", ".block.neighbor-variables",
            without(NEIGHBOR, "class"))
        bad("variable of another class", "not of the block's class",
            ".block.neighbor-variables.dl-destination-address",
            {**NEIGHBOR, "class": "delegated"})
        bad("address of three bytes", "4 or 16 bytes", ".block.path-variables.source-address",
            NEIGHBOR, {**PATH, "path-variables": {"source-address": bytes(3)}})
        bad("addresses of two families", "different families",
            ".block.path-variables.destination-address", NEIGHBOR,
            {**PATH, "path-variables": {"source-address": V4, "destination-address": V6}})
        bad("link-layer address of 33 bytes", "1 to 32 bytes",
            ".block.neighbor-variables.dl-destination-address",
            {**NEIGHBOR, "neighbor-variables": {"dl-destination-address": bytes(33)}})
        bad("send data of a path", "only a connection", ".block.send-data", NEIGHBOR,
            {**PATH, "send-data": b"x"})
        bad("buffered data without delegated variables", "delegated variables",
            ".block.buffered-data", NEIGHBOR, PATH,
            {**without(TCP, "tcp-variables"), "class": "const", "buffered-data": b"x"})
        bad("status in a request", "only replies", ".block.status",
            {**NEIGHBOR, "status": "success"})
        half = {**TCP, "send-data": bytes(40000)}
        bad("too much data", "65536 bytes", ".block.send-data", NEIGHBOR, PATH, half,
            {**half, "object": 4})

    def bad_objects(self):
        def bad(name, code, sentence, kind, *blocks):
            self.do(f"replay: {name}", "replay", {"ifname": DEV, "kind": kind,
                                                "block": list(blocks)}, code, sentence, ".block")

        linker = {"object": 1, "layer": "neighbor", "role": "linker"}
        bad("linker to what is not there", errno.ENOENT, "no object of that number", "initiate",
            linker, PATH)
        bad("query of what is not there", errno.ENOENT, "no object of that number", "query",
            linker)
        bad("an object twice", errno.EEXIST, "twice in the tree", "initiate", NEIGHBOR, NEIGHBOR)
        for kind in ("terminate", "update", "query", "invalidate"):
            bad(f"new object in a {kind}", errno.EINVAL, "only an initiate", kind, NEIGHBOR)

    def sessions(self):
        """A good tree goes out, answers a query and comes back; a closed socket ends it."""
        reply = self.replay("initiate", *TREE)
        blocks = reply["block"]
        self.report.case("replay: initiate", expect(
            [(block["object"], block["status"], block.get("slot", False)) for block in blocks],
            [(number, "success", True) for number in NAMES]))
        used = self.client.do("target-get", ifname=DEV)
        self.report.case("replay: the target holds the objects", expect(
            [used[f"{layer}-used"] for layer in NAMES.values()], [1, 1, 1]))
        linkers = [{"object": number, "layer": layer, "role": "linker", "class": "complete"}
                   for number, layer in NAMES.items()]
        self.do("replay: an object that is out already", "replay",
                {"ifname": DEV, "kind": "initiate", "block": TREE}, errno.EEXIST,
                "offloaded already", ".block")
        self.do("replay: an object of another layer", "replay",
                {"ifname": DEV, "kind": "query",
                 "block": [{**linkers[0], "layer": "path", "class": "cached"}]},
                errno.EINVAL, "of another layer", ".block")
        state = self.replay("query", *linkers)["block"][2]["tcp-variables"]
        given = TCP["tcp-variables"]
        same = ("remote-port", "local-port", "remote-mss", "snd-una", "rcv-nxt", "state")
        self.report.case("replay: a query returns what went out", expect(
            {name: state[name] for name in same}, {name: given[name] for name in same}))
        other = Client()
        got = refusal(lambda: other.do("replay", ifname=DEV, kind="query", block=linkers[:1]))
        self.report.case("replay: objects of another socket",
                         compare(got, errno.ENOENT, "no object of that number", ".block", True))
        back = [{**block, "class": "delegated"} for block in linkers]
        self.report.case("replay: terminate", expect(
            [block["status"] for block in self.replay("terminate", *back)["block"]],
            ["success"] * 3))
        other.do("replay", ifname=DEV, kind="initiate", block=TREE)
        other.ynl.sock.close()
        self.report.case("replay: a closed socket ends its objects", self.until_empty())

    def until_empty(self):
        """The target has nothing any more, a while after a socket was closed."""
        for _ in range(600):
            target = self.client.do("target-get", ifname=DEV)
            used = [target[f"{layer}-used"] for layer in NAMES.values()]
            if used == [0, 0, 0]:
                return expect(target["violations"], 0)
            time.sleep(0.05)
        return [f"still used: {used}"]

    # What no honest client sends ---------------------------------------------

    def malformations(self):
        index = attr(1, struct.pack("=I", socket.if_nametoindex(DEV)))
        get, start = "target-get", "initiate"
        leftover = "leftover|trailing"
        self.malformed("attribute that ends beyond the message", get,
                       attr(1, bytes(4), length=64), errno.EINVAL, leftover)
        self.malformed("attribute shorter than its header", get, attr(1, b"", length=2),
                       errno.EINVAL, leftover)
        self.malformed("garbage after the last attribute", get, index + b"\1\2\3",
                       errno.EINVAL, leftover)
        self.malformed("ifindex of two bytes", get, attr(1, b"\1\0"), errno.EINVAL,
                       "invalid attribute length", 0)
        self.malformed("ifindex of eight bytes", get, attr(1, bytes(8)), errno.EINVAL,
                       "invalid attribute length", 0)
        self.malformed("ifname without an end", get, attr(2, b"abc"), errno.EINVAL,
                       "attribute", 0)
        self.malformed("attribute 0", get, index + attr(0, bytes(4)), errno.EINVAL,
                       "unknown attribute type", len(index))
        self.malformed("unknown attribute", get, index + attr(999, bytes(4)), errno.EINVAL,
                       "unknown attribute type", len(index))
        self.malformed("attribute of another command", start, attr(1, bytes(4)), errno.EINVAL,
                       "unsupported attribute", 0)

        nested = 0x8000
        self.malformed("selector that is not marked as a nest", start,
                       attr(4, attr(1, b"")), errno.EINVAL, "NLA_F_NESTED is missing", 0)
        self.malformed("unknown attribute in a selector", start,
                       attr(4 | nested, attr(1, b"") + attr(99, bytes(4))), errno.EINVAL,
                       "unknown attribute type", 8)
        self.malformed("unknown attribute in a socket", start,
                       attr(4 | nested, attr(8 | nested, attr(77, bytes(4)))), errno.EINVAL,
                       "unknown attribute type", 8)
        self.malformed("truncated selector", start,
                       attr(4 | nested, attr(2, bytes(4), length=40)), errno.EINVAL, leftover)
        self.malformed("flag with a value", start,
                       attr(4 | nested, attr(1, bytes(4))), errno.ERANGE, "attribute", 4)
        self.malformed("port of four bytes", start,
                       attr(4 | nested, attr(4, bytes(4))), errno.EINVAL,
                       "invalid attribute length", 4)

        self.malformed("no generic netlink header", get, b"", errno.EINVAL, "", header=False)
        self.malformed("reserved field of the header", get, index, errno.EINVAL,
                       "reserved field", reserved=1)
        self.malformed("reserved flag of the header", get, index, errno.EINVAL,
                       "reserved bits", flags=0x4000)
        self.malformed("unknown command", 200, b"", errno.EOPNOTSUPP, "")
        self.malformed("command 0", 0, b"", errno.EOPNOTSUPP, "")
        self.malformed("notification as a command", self.client.ynl.msgs["op-ntf"].rsp_value,
                       b"", errno.EOPNOTSUPP, "")
        self.malformed("block-get that is no dump", "block-get", b"", errno.EOPNOTSUPP, "")
        self.malformed("initiate as a dump", start, b"", errno.EOPNOTSUPP, "",
                       flags=Netlink.NLM_F_DUMP)

    # Permissions -------------------------------------------------------------

    def permissions(self):
        before = self.client.state()
        for name, problems in as_nobody(privileged_calls):
            self.report.case(f"not root: {name}", problems)
        for name, problems in as_nobody(own_namespace_calls):
            self.report.case(f"root of a namespace of its own: {name}", problems)
        self.report.case("not root: nothing changed",
                         [] if self.client.state() == before else ["the state differs"])

    def run(self):
        self.targets()
        self.selectors()
        self.operations()
        self.observations()
        self.settings()
        self.faults()
        self.replays()
        self.malformations()
        self.permissions()


def privileged_calls(client):
    """In a process without privileges."""
    client.reopen()
    everything = {"selector": {"all": True}}
    calls = {
        "target-new": lambda: client.do("target-new", ifname=BARE, kind="sim"),
        "target-del": lambda: client.do("target-del", ifname=DEV),
        "initiate": lambda: client.do("initiate", **everything),
        "terminate": lambda: client.do("terminate", **everything),
        "op-get": lambda: client.do("op-get", id=1),
        "op-cancel": lambda: client.do("op-cancel", id=1),
        "op-get dump": lambda: client.dump("op-get"),
        "block-get dump": lambda: client.dump("block-get", op_id=1),
        "conn-get dump": lambda: client.dump("conn-get"),
        "update": lambda: client.do("update", **everything),
        "query": lambda: client.do("query", **everything),
        "invalidate": lambda: client.do("invalidate", **everything),
        "stats-reset": lambda: client.do("stats-reset", ifname=DEV, family=AF_INET),
        "params-set": lambda: client.do("params-set", ifname=DEV, ack_frequency=2),
        "target-fault": lambda: client.do("target-fault", ifname=DEV, script="clear"),
        "replay": lambda: client.do("replay", ifname=DEV, kind="initiate", block=TREE),
    }
    for name, call in calls.items():
        yield f"{name} is EPERM", compare(refusal(call), errno.EPERM, "", None, True)
    names = [target["ifname"] for target in client.dump("target-get")]
    yield "target-get shows targets", [] if DEV in names else [f"shows {names}"]
    client.reopen()
    try:
        client.ynl.ntf_subscribe("event")
        yield "subscription to events is EPERM", ["accepted"]
    except PermissionError:
        yield "subscription to events is EPERM", []


def own_namespace_calls(client):
    """As the root of a fresh user and network namespace."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET):
        problem = f"unshare: {os.strerror(ctypes.get_errno())}"
        yield "make the namespaces", [problem]
        return
    client.reopen()
    for name in ("target-get", "op-get", "conn-get"):
        shown = client.dump(name)
        yield f"{name} shows nothing of others", [f"shows {shown}"] if shown else []
    got = refusal(lambda: client.do("target-get", ifname=DEV))
    yield "the device of another namespace", compare(got, errno.ENODEV, "no such device",
                                                     ".ifname", True)
    for name in ("op-get", "op-cancel"):
        got = refusal(lambda command=name: client.do(command, id=1))
        yield f"{name}: the operation of another namespace", compare(
            got, errno.ENOENT, "no such operation", ".id", True)
    reply = client.do("initiate", selector={"all": True})
    yield "initiate is allowed", [] if reply.get("id") else [f"reply {reply}"]
    client.reopen()
    client.ynl.ntf_subscribe("event")
    yield "subscription to events is allowed", []


def as_nobody(calls):
    """Run a generator of (name, problems) in a child without privileges."""
    reader, writer = os.pipe()
    child = os.fork()
    if not child:
        os.close(reader)
        results = []
        try:
            # Nobody may not be able to read the spec.
            client = Client()
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
            for result in calls(client):
                results.append(result)
        except BaseException:  # the parent prints it
            results.append(("the calls end without an exception", [traceback.format_exc()]))
        with os.fdopen(writer, "w") as stream:
            json.dump(results, stream)
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as stream:
        text = stream.read()
    os.waitpid(child, 0)
    return json.loads(text or '[["the child reports", ["it died"]]]')


def ip(*args):
    subprocess.run(["ip", *args], check=True)


def main():
    if not os.path.exists(os.path.join(YNL, "ynl.py")):
        print("CHIMNEY_YNL is not tools/net/ynl/lib of a kernel source tree", file=sys.stderr)
        return 2
    report = Report()
    ip("link", "add", DEV, "type", "veth", "peer", "name", PEER)
    ip("link", "add", BARE, "type", "veth", "peer", "name", BARE + "p")
    try:
        Client().do("target-new", ifname=DEV, kind="sim")
        Suite(report).run()
        Client().do("target-del", ifname=DEV)
    except Exception:  # a test that cannot go on has failed
        report.case("the suite runs to its end", [traceback.format_exc()])
    finally:
        ip("link", "del", DEV)
        ip("link", "del", BARE)
    return report.end()


if __name__ == "__main__":
    sys.exit(main())
