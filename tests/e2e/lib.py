# SPDX-License-Identifier: GPL-2.0-only
"""What the end-to-end tests share: the network, the modules, chimneyd and chimneyctl.

The near side is the namespace the machine booted with: veth0, 10.0.0.1/24. The
far side is the namespace "far": veth1, 10.0.0.2/24 and more addresses on demand.
"""

import contextlib
import ctypes
import json
import os
import shutil
import socket
import subprocess
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BIN = os.environ.get("CHIMNEY_BIN", os.path.join(TOP, "build", "user"))
MODULES = os.environ.get("CHIMNEY_MODULES", "")
KERNEL = os.environ.get("CHIMNEY_KERNEL", "")
DAEMON_SOCKET = "/run/chimney/chimneyd.sock"
FAR, BEHIND = "far", "behind"
NEAR_DEV, FAR_DEV = "veth0", "veth1"
NEAR, PEER = "10.0.0.1", "10.0.0.2"
NEAR6, PEER6 = "fd00::1", "fd00::2"
BOND_DEVS = ("bond7", "slave0", "slave1")
ROUTED = "10.9.0.2"
EXIT_OK, EXIT_ERROR, EXIT_INCOMPLETE = 0, 1, 2
SYS_DELETE_MODULE, SYS_FINIT_MODULE = 176, 313
# Kernels with every check on are many times slower, under emulation above all.
SLOWNESS = 4 if KERNEL == "debug" else 1


class Failure(AssertionError):
    """The product does not do what it should."""


def check(condition, message):
    if not condition:
        raise Failure(message() if callable(message) else message)


def check_equal(got, expected, what):
    check(got == expected, f"{what}: {got!r}, expected {expected!r}")


def until(condition, what, detail=lambda: "", limit=60):
    """Poll until a condition holds. The limit ends a test early that would hang."""
    end = time.monotonic() + limit * SLOWNESS
    while not (value := condition()):
        if time.monotonic() > end:
            raise Failure(f"waited in vain: {what} {detail()}".rstrip())
        time.sleep(0.005)
    return value


def run(*words, tolerate=False):
    """A command that must succeed; returns what it printed."""
    done = subprocess.run(words, text=True, capture_output=True, stdin=subprocess.DEVNULL,
                          check=False)
    if done.returncode and not tolerate:
        raise Failure(f"{' '.join(words)}: exit status {done.returncode}: "
                      f"{(done.stderr or done.stdout).strip()}")
    return done.stdout


def sh(line, tolerate=False):
    """Like run(), with the words in one string."""
    return run(*line.split(), tolerate=tolerate)


# The network ------------------------------------------------------------------


def make_network():
    batch(f"""
        netns add {FAR}
        link add {NEAR_DEV} type veth peer name {FAR_DEV} netns {FAR}
        addr add {NEAR}/24 dev {NEAR_DEV}
        link set {NEAR_DEV} up""")
    batch(f"""
        addr add {PEER}/24 dev {FAR_DEV}
        link set {FAR_DEV} up
        link set lo up""", "-n", FAR)


def make_ipv6():
    """IPv6 addresses on both sides, in use at once."""
    batch(f"addr add {NEAR6}/64 dev {NEAR_DEV} nodad")
    batch(f"addr add {PEER6}/64 dev {FAR_DEV} nodad", "-n", FAR)


def batch(commands, *options, tolerate=False):
    """Commands of ip, in one process."""
    done = subprocess.run(["ip", *options, "-batch", "-"], input=commands, text=True,
                          capture_output=True, check=False)
    check(tolerate or not done.returncode, f"ip -batch: {done.stderr.strip()}")


def make_behind():
    """A third namespace that the far side routes to: 10.9.0.2, over its device veth8."""
    batch(f"""
        netns add {BEHIND}
        route add 10.9.0.0/24 via {PEER}""")
    batch(f"""
        link add veth8 type veth peer name veth9 netns {BEHIND}
        addr add 10.9.0.1/24 dev veth8
        link set veth8 up""", "-n", FAR)
    batch(f"""
        addr add {ROUTED}/24 dev veth9
        link set veth9 up
        route add default via 10.9.0.1""", "-n", BEHIND)
    sh(f"ip netns exec {FAR} sysctl -qw net.ipv4.ip_forward=1")


def remove_network():
    devices = [f"/sys/class/net/{dev}" for dev in (*BOND_DEVS, NEAR_DEV)]
    namespaces = [f"/run/netns/{name}" for name in (BEHIND, FAR)]
    # A namespace on its way out takes its end of a pair along, maybe just now: go on.
    batch("\n".join([f"link del {os.path.basename(path)}" for path in left(devices)] +
                    [f"netns del {os.path.basename(path)}" for path in left(namespaces)]),
          "-force", tolerate=True)
    check(not left(devices + namespaces),
          lambda: f"{left(devices + namespaces)} cannot be removed")
    # Orphans that wait for a FIN of a peer that is gone.
    if tcp_sockets():
        sh("ss -tKa")


def left(paths):
    return [path for path in paths if os.path.exists(path)]


def tcp_sockets():
    """How many there are in this network namespace."""
    lines = 0
    for table in ("tcp", "tcp6"):
        if os.path.exists(f"/proc/net/{table}"):
            with open(f"/proc/net/{table}", encoding="ascii") as file:
                lines += len(file.readlines()) - 1
    return lines


def add_peers(count):
    """More addresses on the far side; returns all peers, @count of them."""
    peers = [f"10.0.0.{2 + i}" for i in range(count)]
    batch("\n".join(f"addr add {address}/24 dev {FAR_DEV}" for address in peers[1:]),
          "-n", FAR)
    return peers


def netem(*words):
    """Shape both ways."""
    run("tc", "qdisc", "add", "dev", NEAR_DEV, "root", "netem", *words)
    run("tc", "-n", FAR, "qdisc", "add", "dev", FAR_DEV, "root", "netem", *words)


def endpoint(name):
    """The name of a socket as chimneyctl has it."""
    address, port = name[:2]
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def connection(sock):
    """A selector for exactly one connection, from its near end."""
    return ("src", endpoint(sock.getsockname()), "dst", endpoint(sock.getpeername()))


def nstat(name):
    """One of the kernel's counters for the near side, since boot."""
    for line in sh(f"nstat -asz {name}").splitlines():
        words = line.split()
        if words and words[0] == name:
            return int(words[1])
    raise Failure(f"there is no counter {name}")


@contextlib.contextmanager
def setting(name, value):
    """A sysctl of this network namespace has another value for a while."""
    before = sh(f"sysctl -n {name}").strip()
    sh(f"sysctl -qw {name}={value}")
    try:
        yield
    finally:
        sh(f"sysctl -qw {name}={before}")


# The modules ------------------------------------------------------------------


def insmod(name):
    """As insmod(8) does it: a program more is what costs time in a machine."""
    if not MODULES:
        run("modprobe", name)
        return
    with open(os.path.join(MODULES, name + ".ko"), "rb") as file:
        syscall(f"insmod {name}", SYS_FINIT_MODULE, file.fileno(), b"", 0)


def rmmod(name):
    syscall(f"rmmod {name}", SYS_DELETE_MODULE, name.encode(), os.O_NONBLOCK)


def syscall(what, number, *args):
    """A system call that Python has no function for, which must succeed; what it returns."""
    got = ctypes.CDLL(None, use_errno=True).syscall(number, *args)
    check(got >= 0, lambda: f"{what}: {os.strerror(ctypes.get_errno())}")
    return got


def loaded(name):
    return os.path.isdir(f"/sys/module/{name}")


def load_modules():
    insmod("chimney")
    insmod("chimney_sim")


def unload_modules():
    """All of them. A connection may still be on its way home, so try for a while."""
    for name in ("chimney_conform", "chimney_example", "chimney_bond", "chimney_sim", "chimney"):
        if not loaded(name):
            continue
        until(lambda n=name: _try_rmmod(n), f"rmmod {name}",
              lambda n=name: sh(f"lsmod").replace("\n", "; "), limit=20)


def _try_rmmod(name):
    with contextlib.suppress(Failure):
        rmmod(name)
    return not loaded(name)


def remove_state():
    """What daemons of a test remember."""
    shutil.rmtree("/var/lib/chimney", ignore_errors=True)


# chimneyctl -------------------------------------------------------------------


class Reply:
    """What chimneyctl -j did: exit status, the document it printed, its sentences."""

    def __init__(self, done):
        self.status = done.returncode
        self.stderr = done.stderr.strip()
        try:
            self.document = json.loads(done.stdout)
        except ValueError:
            raise Failure(f"chimneyctl -j printed no JSON (exit status {self.status}): "
                          f"{done.stdout!r} {self.stderr!r}") from None
        check_equal(self.document.get("schema"), 1, "schema of the document")

    @property
    def error(self):
        """The class and the sentence of an error."""
        error = self.document.get("error", {})
        return error.get("code"), error.get("message")


def ctl_any(*words, **options):
    """Run chimneyctl, whatever comes of it."""
    done = subprocess.run([os.path.join(BIN, "chimneyctl"), "-j", *words], text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False, **options)
    return Reply(done)


def ctl(*words, status=EXIT_OK):
    """Run chimneyctl with an expected exit status; returns the document."""
    reply = ctl_any(*words)
    check(reply.status == status,
          lambda: f"chimneyctl {' '.join(words)}: exit status {reply.status}, expected {status}: "
                  f"{json.dumps(reply.document)} {reply.stderr}")
    return reply.document


class Operation:
    """An offload or an upload as chimneyctl reports it."""

    def __init__(self, document):
        operations = document["operations"]
        check_equal(len(operations), 1, "operations of one request")
        self.fields = operations[0]
        self.blocks = self.fields["blocks"]

    def layer(self, name):
        return [block for block in self.blocks if block["layer"] == name and "reason" not in block]

    def statuses(self, name):
        """Of all blocks of a layer, sorted."""
        return sorted(block["status"] for block in self.layer(name))

    def refusals(self):
        return sorted(block["reason"] for block in self.blocks if "reason" in block)

    def __getitem__(self, key):
        return self.fields[key]

    def __str__(self):
        return json.dumps(self.fields)


def offload(*selector, status=EXIT_OK):
    return Operation(ctl("offload", *selector, status=status))


def upload(*selector, status=EXIT_OK):
    return Operation(ctl("upload", *selector, status=status))


def call(method, **parameters):
    """Ask the daemon what chimneyctl would: a program more is what costs time in a machine."""
    request = {"method": f"org.chimney.{method}", "parameters": parameters}
    with socket.socket(socket.AF_UNIX) as bus:
        bus.connect(DAEMON_SOCKET)
        bus.sendall(json.dumps(request).encode() + b"\0")
        answer = b""
        while not answer.endswith(b"\0"):
            more = bus.recv(65536)
            check(more, "the daemon hangs up")
            answer += more
    answer = json.loads(answer[:-1])
    check("error" not in answer, lambda: f"{method} {parameters}: {answer}")
    return answer["parameters"]


def daemon_answers():
    with socket.socket(socket.AF_UNIX) as probe:
        try:
            probe.connect(DAEMON_SOCKET)
        except OSError:
            return False
    return True


def connections():
    if daemon_answers():
        return call("ListConnections", selector={})["connections"]
    return ctl("conn")["connections"]


def targets():
    if daemon_answers():
        return call("ListTargets")["targets"]
    return ctl("target")["targets"]


def entries_in_use():
    """Connections, paths and neighbors that targets hold, all together."""
    return sum(target[layer]["used"] for target in targets()
               for layer in ("tcp", "path", "neighbor"))


def add_target(dev=NEAR_DEV, **limits):
    """A simulated NIC: tcp, path, neighbor, mtu, rcvwnd."""
    if daemon_answers():
        return call("AddTarget", dev=dev, kind="sim", **limits)["targets"][0]
    words = [str(word) for limit in limits.items() for word in limit]
    return ctl("target", "add", dev, "kind", "sim", *words)["targets"][0]


def check_tree(op, neighbors=1, paths=1, tcps=1):
    """Every block succeeded, and there are as many as there should be."""
    for layer, count in (("neighbor", neighbors), ("path", paths), ("tcp", tcps)):
        check(op.statuses(layer) == ["SUCCESS"] * count,
              lambda l=layer, n=count: f"{l} blocks of {op['kind']}: {op.statuses(l)}, "
                                       f"expected {n} times SUCCESS: {op}")
    check_equal(op["state"], "done", "state of the operation")
    check_equal(op["refused"], 0, "connections refused")


def check_guards(count):
    """@count connections are offloaded, and no parked socket tried to send by itself."""
    shown = connections()
    check_equal([conn["state"] for conn in shown], ["offloaded"] * count, "connections")
    check_equal([conn["guard"] for conn in shown], [0] * count, "guard counters")
    return shown


def check_violations():
    """No target broke the contract."""
    for target in targets():
        check_equal(target["violations"], 0, f"violations of the target on {target['dev']}")


# chimneyd ---------------------------------------------------------------------


class Daemon:
    """chimneyd, which answers when this returns."""

    def __init__(self, *options):
        self.log = f"/tmp/chimneyd.{os.getpid()}.log"
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([os.path.join(BIN, "chimneyd"), *options],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        until(self._answers, "chimneyd listens", self._tail)

    def _answers(self):
        check(self.process.poll() is None, lambda: f"chimneyd ended: {self._tail()}")
        return daemon_answers()

    def _tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as log:
            return log.read()[-500:].strip()

    def kill(self):
        """As a crash would end it."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        self.process.terminate()
        self.process.wait()


def start(**limits):
    """The usual beginning of a test: a daemon and a target on the near device."""
    daemon = Daemon()
    add_target(**limits)
    return daemon
