# SPDX-License-Identifier: GPL-2.0-or-later
"""Packet bytes go through lib/wire.h; the pure rooms know no floating point, and no memory after their start."""

import re

import source

WIRE_ROOMS = ("packet", "core", "node")
RULES = [
    (re.compile(r"\b(?:[hn]to[nh][sl]|htobe\d+|be\d+toh|htole\d+|le\d+toh|bswap_\d+)\b"),
     "byte order is lib/wire.h's"),
    # of what a function returns is no cast of bytes, unless it is one of these
    (re.compile(r"(?<!\w)\(\s*(?:const\s+)?struct\s+\w+\s*\*\s*\)"
                r"(?!\s*(?:[;,){]|(?!rd_take|wr_reserve|outq_reserve)\w+\())"),
     "a cast to a struct pointer"),
    (re.compile(r"__attribute__\s*\(\(\s*(?:__)?packed"), "a packed struct"),
    (re.compile(r"\b(?:float|double)\b"), "floating point"),
]
MEMORY = re.compile(r"\b(malloc|calloc|realloc|free|strdup)\s*\(")
MAY_ALLOCATE = re.compile(r".*_(init|new|done|free)$")


def check_file(path):
    text = source.without_comments(path.read_text())
    lines = text.split("\n")
    if source.room(path).split("/")[0] in WIRE_ROOMS:
        for number, line in enumerate(lines, 1):
            for pattern, what in RULES:
                if pattern.search(line):
                    yield "%s:%d: %s: %s" % (source.name(path), number, what, line.strip())
    for function, _, first, last in source.functions(text):
        if MAY_ALLOCATE.match(function):
            continue
        for number in range(first, last):
            if MEMORY.search(lines[number]):
                yield "%s:%d: memory in %s, which is no _init, _new, _done or _free" % (
                    source.name(path), number + 1, function)


files = source.pure_files()
source.finish([e for path in files for e in check_file(path)], len(files))
