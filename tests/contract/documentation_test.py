#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pages that list what the code has list all of it, and nothing else; their examples are tested."""

import glob
import os
import re
import sys
import unittest

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as file:
        return file.read()


SPEC = yaml.safe_load(read("uapi", "chimney.yaml"))


def names(enum):
    """The names of an enum of the spec, in its order."""
    entries = next(d for d in SPEC["definitions"] if d["name"] == enum)["entries"]
    return [entry["name"] for entry in entries]


def headings(page):
    """What is explained in a manual page: the words in bold of lines that say nothing else."""
    lines = re.findall(r"^\*[^\n_]+$", read("Documentation", "man", page + ".scd"), re.MULTILINE)
    return [word for line in lines for word in re.findall(r"\*([\w-]+)\*", line)]


def rows(section):
    """The cells of the table in a section of the page."""
    page = read("Documentation", "troubleshooting.md")
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", page, re.MULTILINE | re.DOTALL)[1]
    table = re.findall(r"^\| `([\w-]+)` \| (.*?) \|(.*)\|$", text, re.MULTILINE)
    return [(name, meaning, advice.strip()) for name, meaning, advice in table]


class Troubleshooting(unittest.TestCase):
    def check(self, section, expected, finished):
        """@finished: names that ask for nothing to be done."""
        found = rows(section)
        self.assertEqual([name for name, _, _ in found], expected)
        for name, meaning, advice in found:
            self.assertTrue(meaning, name)
            self.assertTrue(advice or name in finished, f"{name}: nothing says what to do")

    def test_statuses(self):
        self.check("Statuses of blocks",
                   [name.replace("-", "_").upper() for name in names("status")], {"SUCCESS"})

    def test_reasons(self):
        self.check("Reasons why a connection is refused", names("reason"),
                   {"none", "already-offloaded"})

    def test_upload_reasons(self):
        self.check("Reasons why a target wants a connection back", names("upload-reason"), set())


class ManualPages(unittest.TestCase):
    def test_family(self):
        """chimney(7) has each command; notifications are told in one paragraph."""
        page = read("Documentation", "man", "chimney.7.scd")
        for operation in SPEC["operations"]["list"]:
            self.assertIn(f"*{operation['name']}*", page)

    def test_configuration(self):
        """chimneyd.toml(5) has each setting and part of a rule, and no other."""
        source = read("userspace", "lib", "src", "config.cpp")
        keys = [key for table in ("setting_names", "rule_keys")
                for key in re.findall(r'"([\w-]+)"', re.search(
                    rf"constexpr auto {table} =(.*?);", source, re.DOTALL)[1])]
        shown = [word for word in headings("chimneyd.toml.5") if word != "chimneyctl"]
        self.assertEqual(sorted(set(shown) - {"chimneyd"}), sorted(set(keys) - {"rule"}))


def pages():
    """All that may have examples."""
    patterns = ("*.md", "Documentation/*.md", "Documentation/man/*.scd", "kmod/*/README.md",
                "tests/*/README.md")
    return sorted(page for pattern in patterns for page in glob.glob(pattern, root_dir=TOP))


class Lines:
    """The lines of a page, and where they stand."""

    def __init__(self, page):
        self.console = []  # (heading, line) of blocks that tests type
        self.code = []     # lines of other blocks
        self.languages = set()
        heading, fence, block = None, None, []
        for line in read(page).splitlines():
            if line.startswith("```"):
                if fence is None:
                    fence, block = line[3:], []
                    self.languages.add(fence)
                else:
                    # Blocks of manual pages have no language.
                    typed = fence == "console" or (page.endswith(".scd") and block
                                                   and block[0].startswith("$ "))
                    if typed:
                        self.console += [(heading, one) for one in block]
                    else:
                        self.code += block
                    fence = None
            elif fence is not None:
                block.append(line)
            elif line.startswith("#"):
                heading = line.lstrip("# ")
            elif line.startswith(("    ", "\t")):
                self.code.append(line.strip())


class Examples(unittest.TestCase):
    """What a page shows is typed by tests/e2e/test_guides.py, or is nothing to type."""

    OURS = re.compile(r"\$ |(chimneyctl|chimneyd|insmod|modprobe|rmmod) ")
    # What a test types, what it reads, and what no machine of a test can do.
    LANGUAGES = {"console", "toml", "", "sh", "c", "make"}

    def test_typed(self):
        """Each block is followed, and each page or section that is followed has some."""
        followed = re.findall(r'\bfollow\("([^"]+)"(?:, "([^"]+)")?',
                              read("tests", "e2e", "test_guides.py"))
        followed = {(page, heading or None) for page, heading in followed}
        seen = set()
        for page in pages():
            for heading, line in Lines(page).console:
                place = {(page, heading), (page, None)} & followed
                self.assertTrue(place, f"{page}, {heading}: no test types {line!r}")
                seen |= place
        self.assertEqual(followed - seen, set(), "followed, but without examples")

    def test_nothing_else(self):
        """No command of chimney stands in a block that nobody types."""
        for page in pages():
            lines = Lines(page)
            self.assertLessEqual(lines.languages, self.LANGUAGES, page)
            for line in lines.code:
                self.assertIsNone(self.OURS.match(line), f"{page}: {line!r} is not typed by a test")

    def test_objects(self):
        """chimneyctl has the objects that are mentioned in passing."""
        table = re.search(r"objects\(\) \{(.*?)\};", read("userspace", "cli", "cli.cpp"), re.DOTALL)[1]
        known = set(re.findall(r"&(\w+)_command", table)) | {"help"}
        self.assertEqual(len(known), 20)
        for page in pages():
            for word in re.findall(r"[`*]chimneyctl (?:-\w+ )*([a-z]+)", read(page)):
                self.assertIn(word, known, page)

    def test_targets(self):
        """So has the Makefile its targets, and the tree the scripts."""
        targets = set(re.findall(r"^([\w-]+):", read("Makefile"), re.MULTILINE))
        for page in pages():
            for line in Lines(page).code + re.findall(r"`([^`\n]+)`", read(page)):
                if found := re.match(r"make ([a-z][\w-]*)", line):
                    self.assertIn(found[1], targets, page)
                if found := re.match(r"tests/[\w./-]+", line):
                    self.assertTrue(os.path.exists(os.path.join(TOP, found[0])), f"{page}: {line}")


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
