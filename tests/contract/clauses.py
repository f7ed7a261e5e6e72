# SPDX-License-Identifier: GPL-2.0-only
"""The clauses of Documentation/contract.md, and what contract-classes.md says of them."""

import dataclasses
import re

ID = re.compile(r"[A-Z][A-Z0-9]*-\d\d\b")

HEADING = re.compile(r"#{2,3} (?P<number>\d+(?:\.\d+)?)\.? +(?P<title>.*)")
CLAUSE = re.compile(r"- (?P<id>[A-Z][A-Z0-9]*-\d\d) \[(?P<who>core|host|target|im)\] "
                    r"(?P<strength>MUST|SHOULD|MAY)\b(?P<text>.*)")
ENTRY = re.compile(r"- (?P<id>\S+) (?P<name>[a-z-]+):(?P<reason>.*)")
SEED = "(seed)"

CLASSES = ("kernel", "deviates", "not-applicable", "open")


class Problem(Exception):
    """Something the report cannot be made of; says where."""


@dataclasses.dataclass(frozen=True)
class Clause:
    """One obligation of the contract."""
    id: str
    section: str
    who: str
    strength: str
    seed: bool


@dataclasses.dataclass(frozen=True)
class Class:
    """What is said of a clause that no test proves."""
    name: str
    reason: str


@dataclasses.dataclass
class Contract:
    """Clauses by id and titles of sections by number, both in the order of the text."""
    clauses: dict
    titles: dict


def read_contract(text, name="contract.md"):
    """The contract, or a Problem."""
    contract = Contract({}, {})
    section = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := HEADING.match(line):
            section = match["number"]
            contract.titles[section] = match["title"]
        elif match := CLAUSE.match(line):
            if match["id"] in contract.clauses:
                raise Problem(f"{name}:{number}: {match['id']} stands here a second time")
            contract.clauses[match["id"]] = Clause(match["id"], section, match["who"],
                                                   match["strength"],
                                                   line.rstrip().endswith(SEED))
        elif line.startswith("- ") and ID.match(line, 2):
            raise Problem(f"{name}:{number}: a clause is '- ID [who] MUST|SHOULD|MAY ...', "
                          f"not '{line[:40]}'")
    return contract


def read_classes(text, name="contract-classes.md"):
    """Class by clause id: items '- ID class: reason', continued with two spaces."""
    entries = {}
    current = None
    for number, line in enumerate(text.splitlines(), 1):
        if match := ENTRY.match(line):
            current = match["id"]
            if current in entries:
                raise Problem(f"{name}:{number}: {current} has a class already")
            if match["name"] not in CLASSES:
                raise Problem(f"{name}:{number}: {current} is '{match['name']}': "
                              f"a class is one of {', '.join(CLASSES)}")
            entries[current] = Class(match["name"], match["reason"].strip())
        elif current and line.startswith("  "):
            entry = entries[current]
            entries[current] = Class(entry.name, f"{entry.reason} {line.strip()}".strip())
        elif line.startswith("- "):
            raise Problem(f"{name}:{number}: an entry is '- ID class: reason', "
                          f"not '{line[:40]}'")
        else:
            current = None
    return entries
