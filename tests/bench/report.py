# SPDX-License-Identifier: GPL-2.0-only
"""What the benchmarks make of their results: rows on the terminal, JSON, Markdown and plots."""

import json
import math
import os
import platform
import statistics
import subprocess
import sys

# Fewer connections show what a request costs by itself.
MANY = 100

MACHINE = """\
The machine is emulated and has one processor; its clock counts instructions, 10^9 a second.
So nothing that runs beside it makes a difference, and a nanosecond is an instruction.
"""


def environment(**more):
    """Where and how something was measured."""
    return {"command": " ".join(["tests/bench/" + os.path.basename(sys.argv[0]), *sys.argv[1:]]),
            "kernel": platform.release(), "processors": os.cpu_count(), **more}


def show(values):
    print("  ".join(f"{value:>14}" for value in values), flush=True)


def table(heads, rows, left=0):
    """A table in Markdown; all columns but the first @left are numbers."""
    lines = ["| " + " | ".join(heads) + " |",
             "|" + "---|" * left + "--:|" * (len(heads) - left),
             *("| " + " | ".join(row) + " |" for row in rows)]
    return "\n".join(lines) + "\n"


def exponent(points):
    """The x of n^x, with which something grows from MANY connections on: points are n and its
    size. None if there are less than two."""
    points = [(math.log(n), math.log(size)) for n, size in points if n >= MANY]
    if len(points) < 2:
        return None
    return statistics.linear_regression(*zip(*points)).slope


def power(value):
    """An exponent as it is shown."""
    return "n^?" if value is None else f"n^{value:.2f}"


def gnuplot(path, script):
    subprocess.run(["gnuplot"], text=True, check=True, input=f"""
        set terminal svg size 720,440 background "white"
        set output "{path}"
        set key outside top center horizontal
        set grid
        set rmargin 5
        {script}""")


def curves(path, label, lines):
    """Over the number of connections, both logarithmic; @lines: points of each title. No file
    is written without points."""
    if not any(lines.values()):
        return
    blocks = "".join(f"$line{i} << END\n" + "".join(f"{n} {y}\n" for n, y in points) + "END\n"
                     for i, points in enumerate(lines.values()))
    plots = ", ".join(f'$line{i} using 1:2 with linespoints title "{title}"'
                      for i, title in enumerate(lines))
    gnuplot(path, f"""
{blocks}
set logscale xy
set xlabel "connections"
set ylabel "{label}"
set termoption noenhanced
plot {plots}
""")


def bars(path, label, names, groups):
    """A bar of each group for each name, and a line at 1. No file is written without names."""
    if not names:
        return
    rows = "".join(f'"{name}" ' + " ".join(str(group[i]) for group in groups.values()) + "\n"
                   for i, name in enumerate(names))
    plots = ", ".join(f'$rows using {i + 2}:xtic(1) title "{title}"'
                      for i, title in enumerate(groups))
    gnuplot(path, f"""
$rows << END
{rows}END
set style data histogram
set style fill solid 0.7
set yrange [0:*]
set ylabel "{label}"
set xtics rotate by -20
plot {plots}, 1 with lines dashtype 2 linecolor "black" notitle
""")


def write(directory, name, document, text):
    """NAME.json and NAME.md."""
    with open(os.path.join(directory, name + ".json"), "w", encoding="ascii") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
    with open(os.path.join(directory, name + ".md"), "w", encoding="ascii") as file:
        file.write(text)
