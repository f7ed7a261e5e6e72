# SPDX-License-Identifier: GPL-2.0-only
"""Runs the examples of a Markdown page or a manual page, in their order, in one shell.

Examples are blocks fenced by ```console, in a manual page literal blocks that begin with "$ ".
A line that begins with "$ " is a command, typed by root in the top directory of the repository;
the lines that follow are its output, standard error included. Where output is shown it must be
what comes; "…" stands for any text in a line, a line that is "…" for any number of lines. Of a
command without output shown, nothing is compared but its exit status, which must be 0, and that
jq finds something. After a command that ends in "&" nothing is typed before a new socket listens.
"""

import glob
import os
import re
import signal
import subprocess

import lib

FENCE = r"^```{}\n(.*?)^```$"
PROMPT = "$ "
ENDLESS = re.compile(r"chimneyctl( -\w+)* (monitor|top(?!.* count))\b")
ENOUGH = "…"
BUILT = os.path.join(lib.TOP, "kmod")


class Example:
    """A command, and what the page says of its outcome."""

    def __init__(self, command):
        self.command = command
        self.output = []


def pages():
    """All that may have examples, relative to the top directory."""
    found = ["README.md"]
    for pattern in ("Documentation/*.md", "Documentation/man/*.scd", "kmod/*/README.md",
                    "tests/*/README.md"):
        found += sorted(glob.glob(pattern, root_dir=lib.TOP))
    return found


def section(text, heading):
    """What stands below a heading of a Markdown page."""
    return re.search(rf"^#+ {re.escape(heading)}\n(.*?)(?=^#+ |\Z)", text,
                     re.MULTILINE | re.DOTALL)[1]


def blocks(page, kind, heading=None):
    """The text of the fenced blocks of a page of the repository, or those below a heading."""
    with open(os.path.join(lib.TOP, page), encoding="utf-8") as file:
        text = file.read()
    if heading:
        text = section(text, heading)
    if not page.endswith(".scd"):
        return re.findall(FENCE.format(kind), text, re.MULTILINE | re.DOTALL)
    # Their fences have no words.
    return [block for block in re.findall(FENCE.format(""), text, re.MULTILINE | re.DOTALL)
            if block.startswith(PROMPT) == (kind == "console")]


def examples(page, heading):
    found = []
    for block in blocks(page, "console", heading):
        for line in block.splitlines():
            if line.startswith(PROMPT):
                found.append(Example(line[len(PROMPT):]))
            else:
                lib.check(found, f"{page}: output without a command: {line}")
                found[-1].output.append(line)
    lib.check(found, f"{page} has no examples")
    return found


def help_examples(*words):
    """Those of chimneyctl's help; what stands behind two spaces is a remark."""
    text = lib.run(os.path.join(lib.BIN, "chimneyctl"), "help", *words)
    shown = re.search(r"^examples:\n((?:  .*\n)+)", text, re.MULTILINE)[1]
    return [Example(line.strip().split("  ")[0]) for line in shown.splitlines()]


def matches(shown, lines):
    """Whether @lines are what is shown."""
    pattern = ""
    for line in shown:
        if line == ENOUGH:
            pattern += r"(?:.*\n)*"
        else:
            pattern += ".*".join(map(re.escape, line.split(ENOUGH))) + r" *\n"
    return re.fullmatch(pattern, "".join(line + "\n" for line in lines)) is not None


def listeners():
    shown = lib.sh("ss -Hlntx")
    if os.path.exists(f"/run/netns/{lib.FAR}"):
        shown += lib.sh(f"ip netns exec {lib.FAR} ss -Hlnt")
    return sorted(line.split()[4 if line.startswith("u_") else 3] for line in shown.splitlines())


class Shell:
    """A bash that is told line by line."""

    MARK = "--- done"

    def __init__(self):
        self.process = self._bash()
        self.before = []

    @staticmethod
    def _bash(*options):
        environment = dict(os.environ, PATH=lib.BIN + ":" + os.environ["PATH"], LC_ALL="C.UTF-8")
        return subprocess.Popen(["bash", "--norc", *options], stdin=subprocess.PIPE, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                cwd=lib.TOP, env=environment)

    def run(self, command):
        """Exit status and lines of output."""
        self.before = listeners() if command.endswith("&") else []
        self.process.stdin.write(f"{command}\necho '{self.MARK}' $?\n")
        self.process.stdin.flush()
        lines = []
        for line in self.process.stdout:
            if line.startswith(self.MARK):
                break
            lines.append(line.rstrip("\n"))
        else:
            raise lib.Failure(f"the shell ended with: {command}")
        if command.endswith("&"):
            lib.until(lambda: set(listeners()) - set(self.before), f"{command} listens")
        return int(line[len(self.MARK):]), lines


    def interrupt(self, command, meanwhile):
        """Likewise of a command that goes on until it is interrupted, which is after @meanwhile."""
        process = self._bash("-c", command)
        meanwhile(command)
        lib.sh("pkill -x chimneyctl")
        lines = process.communicate()[0].splitlines()
        return 0 if process.returncode == -signal.SIGTERM else process.returncode, lines


def place_modules():
    """Where "make" puts them, instead of what it may have put there for the host's kernel."""
    for name in os.listdir(lib.MODULES):
        link = os.path.join(BUILT, name)
        if os.path.lexists(link):
            os.remove(link)
        os.symlink(os.path.join(lib.MODULES, name), link)


def follow(page, heading=None, meanwhile=None):
    """Do what the page says, or what it says below a heading, and get what it shows.

    @meanwhile is called while a command goes on that does not end by itself.
    """
    place_modules()
    for example, lines in type_all(page, examples(page, heading), meanwhile):
        lib.check("| jq " not in example.command or set(lines) - {"null"},
                  f"{page}: {example.command} finds nothing")


def type_all(page, found, meanwhile=None, before=lambda command: None):
    """Type examples, and tell what each printed; @before is called before each."""
    shell = Shell()
    for example in found:
        before(example.command)
        if ENDLESS.search(example.command):
            status, lines = shell.interrupt(example.command, meanwhile)
        else:
            status, lines = shell.run(example.command)
        got = "\n".join(lines)
        lib.check(status == 0,
                  f"{page}: {example.command}: exit status {status}:\n{got}")
        lib.check(not example.output or matches(example.output, lines),
                  f"{page}: {example.command} shows\n" + "\n".join(example.output) +
                  f"\nbut printed\n{got}")
        yield example, lines
    shell.process.stdin.close()
    shell.process.wait()
