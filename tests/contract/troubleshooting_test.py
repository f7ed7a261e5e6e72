#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Documentation/troubleshooting.md tells each status and reason of the netlink family, and no other."""

import os
import re
import sys
import unittest

import yaml

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def read(*parts):
    with open(os.path.join(TOP, *parts), encoding="utf-8") as file:
        return file.read()


def names(enum):
    """The names of an enum of the spec, in its order."""
    definitions = yaml.safe_load(read("uapi", "chimney.yaml"))["definitions"]
    entries = next(d for d in definitions if d["name"] == enum)["entries"]
    return [entry["name"] for entry in entries]


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


if __name__ == "__main__":
    result = unittest.main(exit=False, verbosity=2).result
    bad = len(result.failures) + len(result.errors)
    print(f"{result.testsRun - bad} passed, {bad} failed")
    sys.exit(bad != 0)
