# SPDX-License-Identifier: GPL-2.0-or-later
"""The arrows between the rooms of src/: who may include whom, and which system headers the pure rooms may see."""

import re

import source

# A room may include itself and these; "core" stands for every room of src/core.
ARROWS = {
    "lib": [],
    "packet": ["lib"],
    "core": ["lib", "packet"],
    "node": ["lib", "packet", "core"],
    "rpc": ["lib", "packet", "core", "node"],
    "bpf": [],
    "plat": ["lib", "packet", "core", "node", "rpc", "bpf"],
    "sim": ["lib", "packet", "core", "node", "rpc"],
    "lab": ["lib", "rpc", "bpf"],
    "cmd": ["lib", "packet", "core", "node", "rpc", "plat", "sim", "lab"],
}
# Also <stdio.h>, for snprintf only: purity_check.py sees what is really called.
PURE_HEADERS = {"assert.h", "errno.h", "inttypes.h", "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h",
                "stdint.h", "stdio.h", "stdlib.h", "string.h"}
EXTRA_HEADERS = {("src/lib/addr.c", "arpa/inet.h")}


def room_of_include(included):
    parts = included.split("/")
    return "/".join(parts[:2]) if parts[0] in ("core", "plat") else parts[0]


def may_include(room, included):
    return included == room or included.split("/")[0] in ARROWS[room.split("/")[0]]


def check_file(path):
    room, where, text = source.room(path), source.name(path), path.read_text()
    if room.split("/")[0] not in ARROWS:
        yield "%s: no such room: name it in layers_check.py" % where
        return
    for included in re.findall(r'^\s*#\s*include\s+"([^"]+)"', text, re.M):
        if room == "bpf" and (path.parent / included).exists():
            continue
        if not (source.SRC / included).exists():
            yield '%s: "%s" is not written from src/' % (where, included)
        elif not may_include(room, room_of_include(included)):
            yield '%s: "%s": %s may not use %s' % (where, included, room, room_of_include(included))
    for included in re.findall(r"^\s*#\s*include\s+<([^>]+)>", text, re.M):
        if (room.split("/")[0] in source.PURE and included not in PURE_HEADERS and
                (where, included) not in EXTRA_HEADERS):
            yield "%s: <%s> in a pure room" % (where, included)


files = source.c_files("src")
source.finish([e for path in files for e in check_file(path)], len(files))
