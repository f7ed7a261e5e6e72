# SPDX-License-Identifier: GPL-2.0-only
"""Which test proves which clauses.

A comment or docstring line "Contract: INIT-43, INIT-44" belongs to the test around
it; outside of any to the test or the row of a table right below it. In C the ids
at the front of a name count as well: init_43_44_linker, as a function or as the
name of a row.
"""

import ast
import dataclasses
import io
import re
import tokenize

from clauses import ID, Problem

TAG = re.compile(r"\bContract:(?P<ids>.*)")
STRING = re.compile(r'"((?:[^"\\]|\\.)*)"')
NAME_ID = re.compile(r"(?P<prefix>[a-z][a-z0-9]*)(?P<numbers>(?:_\d\d)+)(?=_|$)")

GOOGLE_TEST = re.compile(r"TEST(?:_F|_P)?\((\w+),\s*(\w+)\)")
FUNCTION = re.compile(r"(\w+)\(")
NO_REGION = re.compile(r"namespace\b|extern \"C\"|class\b|INSTANTIATE_")
COMMENT_LINE = re.compile(r"\s*(/\*|\*|//)")


@dataclasses.dataclass(frozen=True)
class Proof:
    """A test that proves a clause."""
    clause: str
    test: str
    where: str


@dataclasses.dataclass
class Region:
    """Lines of a source that are a test, or a table with a test in each row."""
    name: str
    first: int
    last: int
    table: bool = False


def tag_ids(text, where):
    """The ids of the rest of a tag's line; whether the list goes on in the next line."""
    text = text.strip().removesuffix("*/").strip().removesuffix('"""').strip()
    goes_on = text.endswith(",")
    words = [word.strip() for word in text.rstrip(".,").split(",")]
    for word in words:
        if not ID.fullmatch(word):
            raise Problem(f"{where}: 'Contract:' is followed by clause ids with commas between "
                          f"them, each written out; '{word}' is none")
    return words, goes_on


def name_ids(name, prefixes):
    """The ids at the front of a test's name: init_43_44_linker."""
    match = NAME_ID.match(name)
    if not match or match["prefix"].upper() not in prefixes:
        return []
    return [f"{match['prefix'].upper()}-{number}"
            for number in match["numbers"].strip("_").split("_")]


def find_tags(lines, path):
    """(line number, last line number, ids) of each tag; lines are comments only."""
    tags = []
    number = 0
    while number < len(lines):
        match = TAG.search(lines[number])
        number += 1
        if not match:
            continue
        first = number
        ids, goes_on = tag_ids(match["ids"], f"{path}:{number}")
        while goes_on and number < len(lines):
            more, goes_on = tag_ids(lines[number].strip().lstrip("/*#").strip(),
                                    f"{path}:{number + 1}")
            ids += more
            number += 1
        tags.append((first, number, ids))
    return tags


def c_comments(text):
    """The text with everything but comments blanked out; strings are no comments."""
    pattern = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*|/\*.*?\*/', re.S)
    result, end = [], 0

    def blank(part):
        return re.sub(r"[^\n]", " ", part)

    for match in pattern.finditer(text):
        result.append(blank(text[end:match.start()]))
        result.append(match[0] if match[0][0] == "/" else blank(match[0]))
        end = match.end()
    result.append(blank(text[end:]))
    return "".join(result).split("\n")


def c_regions(lines):
    """Functions, Google tests and tables; they begin and end in the first column."""
    regions = []
    header, first, current = "", 0, None
    for number, line in enumerate(lines, 1):
        if current:
            current.last = number
            if line.startswith("}"):
                # A type may have its table behind it.
                current.table |= line.rstrip().endswith("= {")
                if not line.rstrip().endswith("{"):
                    regions.append(current)
                    current = None
        elif header or re.match(r"[A-Za-z_]", line):
            if not header:
                first = number
            header += line + " "
            if line.startswith("{") or line.rstrip().endswith(("{", "}", "};")):
                current = header_region(header, first, number)
                if current and line.rstrip().endswith(("}", "};")):
                    regions.append(current)
                    current = None
                header = ""
            elif line.rstrip().endswith((";", ":", ")")) and NO_REGION.match(header) or \
                    line.rstrip().endswith(";"):
                header = ""
    return regions


def header_region(header, first, last):
    """The region that begins with a header; None for what only contains others."""
    if NO_REGION.match(header):
        return None
    if match := GOOGLE_TEST.match(header):
        return Region(f"{match[1]}.{match[2]}", first, last)
    before = header.partition("{")[0]
    if "=" not in before and (match := FUNCTION.search(before)):
        return Region(match[1], first, last)
    return Region("", first, last, table="=" in before)


def row_below(lines, number, region, path):
    """The name of a table's row: the first string from a line on."""
    for index in range(number, region.last + 1):
        if COMMENT_LINE.match(lines[index - 1]) and not STRING.search(lines[index - 1]):
            continue
        if match := STRING.search(lines[index - 1]):
            return match[1]
    raise Problem(f"{path}:{number}: no named row is below this tag")


def region_of(regions, first, last, lines, path):
    """The region a tag is in, or the one right below it."""
    for region in regions:
        if region.first <= first <= region.last:
            return region
    for region in regions:
        if region.first > last:
            between = lines[last:region.first - 1]
            if all(not line.strip() or COMMENT_LINE.match(line) or line.startswith("#")
                   for line in between):
                return region
            break
    raise Problem(f"{path}:{first}: no test is around or below this tag")


def c_proofs(text, path, prefixes):
    """Proofs of a C or C++ source."""
    lines = text.split("\n")
    regions = c_regions(lines)
    proofs = []
    for first, last, ids in find_tags(c_comments(text), path):
        region = region_of(regions, first, last, lines, path)
        test = row_below(lines, first if region.first <= first else region.first, region,
                         path) if region.table else region.name
        proofs += [Proof(id_, test, f"{path}:{first}") for id_ in ids]
    for region in regions:
        if not region.table:
            proofs += [Proof(id_, region.name, f"{path}:{region.first}")
                       for id_ in name_ids(region.name, prefixes)]
            continue
        for number in range(region.first, region.last + 1):
            for name in STRING.findall(lines[number - 1]):
                proofs += [Proof(id_, name, f"{path}:{number}")
                           for id_ in name_ids(name, prefixes)]
    return proofs


def python_comments(text):
    """Comments and strings of a Python source by line; everything else is blank."""
    lines = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type in (tokenize.COMMENT, tokenize.STRING):
            for offset, line in enumerate(token.string.split("\n")):
                lines[token.start[0] - 1 + offset] += line
    return lines


def python_regions(text, theme):
    """Functions and methods, with the names tests/e2e/run gives to tests."""
    regions = []
    for node in ast.parse(text).body:
        inner = node.body if isinstance(node, ast.ClassDef) else [node]
        for function in inner:
            if isinstance(function, ast.FunctionDef):
                first = min([function.lineno] + [d.lineno for d in function.decorator_list])
                name = function.name.removeprefix("test_")
                regions.append(Region(f"{theme}.{name}", first, function.end_lineno))
    return regions


def python_proofs(text, path, theme):
    """Proofs of an end-to-end test."""
    lines = text.split("\n")
    regions = python_regions(text, theme)
    proofs = []
    for first, last, ids in find_tags(python_comments(text), path):
        region = next((r for r in regions if r.first <= first <= r.last), None)
        if not region:
            region = next((r for r in regions if r.first > last), None)
            between = lines[last:region.first - 1] if region else ["?"]
            if any(line.strip() and not line.lstrip().startswith("#") for line in between):
                raise Problem(f"{path}:{first}: no test is around or below this tag")
        proofs += [Proof(id_, region.name, f"{path}:{first}") for id_ in ids]
    return proofs


def proofs_of(path, text, prefixes):
    """All proofs of a source of tests."""
    if path.endswith(".py"):
        theme = path.rsplit("/", 1)[-1].removesuffix(".py").removeprefix("test_")
        return python_proofs(text, path, theme)
    return c_proofs(text, path, prefixes)
