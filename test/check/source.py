# SPDX-License-Identifier: GPL-2.0-or-later
"""What the checks share: the files of the tree, their rooms, and a rough view of C."""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent.parent
SRC = TOP / "src"
PURE = ("lib", "packet", "core", "node")  # no system call, clock, randomness or floating point


def c_files(*under):
    """Paths of .c and .h files below these folders of the tree, all of src and test by default."""
    return sorted(p for top in under or ("src", "test") for p in (TOP / top).rglob("*.[ch]"))


def name(path):
    return str(path.relative_to(TOP))


def room(path):
    """src/core/batman/ogm.c -> "core/batman", src/lib/wire.c -> "lib"."""
    parts = path.relative_to(SRC).parts
    return "/".join(parts[:2]) if parts[0] in ("core", "plat") else parts[0]


def pure_files():
    return [p for p in c_files("src") if room(p).split("/")[0] in PURE]


def without_comments(text):
    """Comments become spaces, strings and characters empty; lines stay where they are."""
    def blank(found):
        return re.sub(r"[^\n]", " ", found[0]) if found[0][0] == "/" else found[0][0] * 2
    return re.sub(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.[^\']*|[^\'\\\n])\'', blank, text, flags=re.S)


def functions(text):
    """(name, parameters, first line, last line) of each function: kernel style has its braces in column 0."""
    lines = without_comments(text).split("\n")
    start = None
    for i, line in enumerate(lines):
        if line == "{":
            start = i
        elif line == "}" and start is not None:
            head = start - 1
            while head > 0 and re.match(r"\s", lines[head]):
                head -= 1
            found = re.match(r"[^(]*?(\w+)\((.*)\)", " ".join(lines[head:start]))
            if found:
                yield found[1], parameter_count(found[2]), start + 1, i + 1
            start = None


def parameter_count(text):
    depth, count = 0, 1
    for c in text:
        depth += (c in "([") - (c in ")]")
        count += c == "," and depth == 0
    return 0 if text.strip() in ("", "void") else count


def finish(errors, checked):
    for error in errors:
        print(error)
    print("%d checked, %d wrong" % (checked, len(errors)))
    sys.exit(1 if errors or not checked else 0)
