#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Pages that list what the code has list all of it, and nothing else."""

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


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
