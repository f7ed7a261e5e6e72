# SPDX-License-Identifier: GPL-2.0-only
"""Well-known servers and their clients, whose connections go out and come home again and
again while they work; what they did is checked afterwards.
"""

import os
import re
import resource
import shutil
import socket
import subprocess
import tempfile
import threading

import netns
from lib import (BIN, FAR, NEAR, PEER, SLOWNESS, TOP, Operation, call, check, check_equal,
                 connections, offload, run, start, until, upload, check_tree)
from sockets import pattern

HTTP_PORT, SSH_PORT, REDIS_PORT, SOCAT_PORT, POSTGRES_PORT, EPOLL_PORT = (
    8080, 2222, 6379, 4300, 5432, 4400)
SIZE = 4 << 20
CONNECTIONS = 1000
CLIENTS, TRANSACTIONS = 4, 50 // SLOWNESS


class Moving:
    """While it lasts, all connections to a port of the far side go out and come home."""

    def __init__(self, port):
        self.selector = {"dst": f"{PEER}:{port}"}
        self.moved = 0
        self.error = None
        self.stopped = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stopped.set()
        self.thread.join()
        if kind:
            return
        check(not self.error, f"moving the connections fails: {self.error}")
        check(self.moved, "no connection was ever offloaded")

    def _run(self):
        try:
            while not self.stopped.is_set():
                self.moved += Operation(call("Offload", selector=self.selector))["ok"]
                for shown in connections():
                    check_equal(shown["guard"], 0, "guard counter")
                self.stopped.wait(0.05)
                call("Upload", selector=self.selector)
        except BaseException as error:  # pylint: disable=broad-except
            self.error = error


def directory():
    path = tempfile.mkdtemp()
    os.chmod(path, 0o755)
    return path


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)
    return path


def read(path):
    with open(path, "rb") as file:
        return file.read()


def serve(*words, port, **options):
    """A server in the far namespace, which listens when this returns."""
    with open("/tmp/server.log", "wb") as log:
        server = subprocess.Popen(["ip", "netns", "exec", FAR, *words], stdin=subprocess.DEVNULL,
                                  stdout=log, stderr=log, **options)

    def listens():
        check(server.poll() is None, lambda: f"{words[0]} ends: {read('/tmp/server.log')[-500:]}")
        return run("ip", "netns", "exec", FAR, "ss", "-tlnH", f"sport = :{port}")

    until(listens, f"{words[0]} listens")
    return server


def start_nginx():
    path = directory()
    write(f"{path}/data", pattern(SIZE))
    write(f"{path}/small", b"small\n")
    temporary = "".join(f"{kind}_temp_path {path}/{kind};\n" for kind in (
        "client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    write(f"{path}/conf", f"""
        daemon off; user root; worker_processes 1; pid {path}/pid; error_log stderr;
        events {{ worker_connections 256; }}
        http {{
            access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000;
            {temporary}
            server {{ listen {PEER}:{HTTP_PORT}; root {path}; }}
        }}""".encode())
    serve("nginx", "-c", f"{path}/conf", "-e", "stderr", port=HTTP_PORT)
    return path


def test_curl():
    """curl gets a file from nginx, several times over one connection."""
    path = start_nginx()
    start()
    urls = [word for i in range(4)
            for word in ("-o", f"{path}/{i}", f"http://{PEER}:{HTTP_PORT}/data")]
    with Moving(HTTP_PORT):
        run("curl", "-sS", "--limit-rate", f"{SIZE * 2 // SLOWNESS}", *urls)
    for i in range(4):
        check(read(f"{path}/{i}") == pattern(SIZE), f"file {i} differs")


def test_wrk():
    """wrk asks nginx over several connections as fast as it can."""
    start_nginx()
    start()
    with Moving(HTTP_PORT):
        output = run("wrk", "-t1", "-c8", f"-d{3 * SLOWNESS}s", f"http://{PEER}:{HTTP_PORT}/small")
    check(int(re.search(r"(\d+) requests in", output)[1]) > 100, f"wrk says: {output}")
    check("errors" not in output and "Non-2xx" not in output, f"wrk says: {output}")


def test_scp():
    """scp copies there and back."""
    path = directory()
    run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", f"{path}/key")
    shutil.copy(f"{path}/key.pub", f"{path}/authorized")
    write(f"{path}/conf", f"""
        Port {SSH_PORT}
        ListenAddress {PEER}
        HostKey {path}/key
        AuthorizedKeysFile {path}/authorized
        PidFile none
        UsePAM no
        StrictModes no
        PermitRootLogin yes
        Subsystem sftp internal-sftp
        """.encode())
    os.makedirs("/run/sshd", exist_ok=True)
    serve("/usr/sbin/sshd", "-D", "-e", "-f", f"{path}/conf", port=SSH_PORT)
    start()
    write(f"{path}/there", pattern(SIZE))
    options = ["-q", "-P", str(SSH_PORT), "-i", f"{path}/key", "-o", "StrictHostKeyChecking=no",
               "-o", "UserKnownHostsFile=/dev/null"]
    with Moving(SSH_PORT):
        run("scp", *options, f"{path}/there", f"root@{PEER}:{path}/far")
        run("scp", *options, f"root@{PEER}:{path}/far", f"{path}/back")
    check(read(f"{path}/far") == pattern(SIZE), "what was copied there differs")
    check(read(f"{path}/back") == pattern(SIZE), "what was copied back differs")


def redis_command(*words):
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)


def test_redis():
    """Values set in a pipeline are those that are got, beside a busy redis-benchmark."""
    path = directory()
    serve("redis-server", "--port", str(REDIS_PORT), "--bind", PEER, "--save", "",
          "--protected-mode", "no", "--dir", path, port=REDIS_PORT)
    start()
    values = {b"key:%d" % i: pattern(100 + i, seed=i) for i in range(1000)}
    with Moving(REDIS_PORT):
        with socket.create_connection((PEER, REDIS_PORT)) as sock, sock.makefile("rb") as answers:
            benchmark = subprocess.Popen(
                ["redis-benchmark", "-h", PEER, "-p", str(REDIS_PORT), "-c", "8", "-P", "16", "-n",
                 "2000", "-r", "1000", "-t", "set,get,lpush,lrange_100", "-q"],
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            sock.sendall(b"".join(redis_command(b"SET", *item) for item in values.items()))
            for key in values:
                check_equal(answers.readline(), b"+OK\r\n", f"answer to SET {key}")
            sock.sendall(b"".join(redis_command(b"GET", key) for key in values))
            for key, value in values.items():
                check_equal(answers.readline(), b"$%d\r\n" % len(value), f"length of {key}")
                check(answers.read(len(value) + 2) == value + b"\r\n", f"value of {key} differs")
            output = benchmark.communicate()[0]
    check_equal(benchmark.returncode, 0, f"exit status of redis-benchmark: {output[-300:]}")


def test_socat():
    """socat copies a file, and the end of it is the end of the stream."""
    path = directory()
    server = serve("socat", "-u", f"TCP-LISTEN:{SOCAT_PORT},bind={PEER}", f"CREATE:{path}/far",
                   port=SOCAT_PORT)
    start()
    with Moving(SOCAT_PORT) as moving:
        client = subprocess.Popen(["socat", "-u", "-b", "4096", "-", f"TCP:{PEER}:{SOCAT_PORT}"],
                                  stdin=subprocess.PIPE)
        client.stdin.write(pattern(SIZE)[:SIZE // 2])
        client.stdin.flush()
        until(lambda: moving.moved or moving.error, "the connection is offloaded")
        client.communicate(pattern(SIZE)[SIZE // 2:])
        check_equal(client.returncode, 0, "exit status of the client")
        check_equal(server.wait(60 * SLOWNESS), 0, "exit status of the server")
    check(read(f"{path}/far") == pattern(SIZE), "the copy differs")


def test_pgbench():
    """Transactions of pgbench, and the sums of all its tables agree afterwards."""
    template = os.path.join(TOP, "build", "postgres")
    check(os.path.isdir(template), f"there is no {template}: run tests/e2e/make-postgres")
    path = directory()
    run("cp", "-r", template, f"{path}/data")
    run("chown", "-R", "postgres", path)
    os.chmod(f"{path}/data", 0o700)
    binaries = run("pg_config", "--bindir").strip()
    serve("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups",
          f"{binaries}/postgres", "-D", f"{path}/data", "-h", PEER, "-p", str(POSTGRES_PORT),
          "-k", path, "-F", port=POSTGRES_PORT)
    start()
    address = ("-h", PEER, "-p", str(POSTGRES_PORT), "-U", "postgres", "postgres")
    until(lambda: run("psql", "-Atc", "select 1", *address, tolerate=True), "PostgreSQL answers")
    with Moving(POSTGRES_PORT):
        output = run("pgbench", "-n", "-c", f"{CLIENTS}", "-t", f"{TRANSACTIONS}", *address)
    total = CLIENTS * TRANSACTIONS
    check(f"processed: {total}/{total}" in output, f"pgbench says: {output}")
    sums = run("psql", "-Atc", "select sum(abalance) from pgbench_accounts union all "
               "select sum(tbalance) from pgbench_tellers union all "
               "select sum(bbalance) from pgbench_branches union all "
               "select sum(delta) from pgbench_history", *address).split()
    check_equal(sums, [sums[0]] * 4, "sums of accounts, tellers, branches and history")


def test_io_uring():
    """A client that sends and receives by io_uring, some of it without copies."""
    # A pipe that is ready takes a page. More would block socat, which is to empty it, too.
    server = serve("socat", "-b", "4096", f"TCP-LISTEN:{SOCAT_PORT},bind={PEER},fork", "PIPE",
                   port=SOCAT_PORT)
    start()
    with Moving(SOCAT_PORT):
        run(os.path.join(BIN, "uring_client"), PEER, str(SOCAT_PORT))
    server.kill()


def test_epoll_server():
    """A thousand connections to an edge-triggered server, which are offloaded all at once."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (4 * CONNECTIONS, max(4 * CONNECTIONS, hard)))
    server = subprocess.Popen([os.path.join(BIN, "epoll_server"), NEAR, str(EPOLL_PORT)])
    until(lambda: run("ss", "-tlnH", f"sport = :{EPOLL_PORT}"), "the server listens")
    start()
    clients = netns.inside(FAR, lambda: [socket.create_connection((NEAR, EPOLL_PORT))
                                         for _ in range(CONNECTIONS)])
    exchange(clients, 1)
    check_tree(offload("src", f"{NEAR}:{EPOLL_PORT}"), tcps=CONNECTIONS)
    exchange(clients, 2)
    check_tree(upload("src", f"{NEAR}:{EPOLL_PORT}"), tcps=CONNECTIONS)
    exchange(clients, 3)
    for client in clients:
        client.shutdown(socket.SHUT_WR)
        check_equal(client.recv(1), b"", "what comes after the end")
    server.terminate()


def exchange(clients, turn):
    """Each says something of its own, in two pieces, and gets it back."""
    for half in (0, 1):
        for number, client in enumerate(clients):
            client.sendall(pattern(200, seed=turn * CONNECTIONS + number)[half * 100:][:100])
    for number, client in enumerate(clients):
        check(client.recv(200, socket.MSG_WAITALL) ==
              pattern(200, seed=turn * CONNECTIONS + number), f"connection {number} differs")
