# SPDX-License-Identifier: GPL-2.0-or-later
"""What the objects of lib, packet, the cores and node call: a short list of pure functions, and what lies below them.

A core must find everything in itself, lib and packet, so this shows the arrows a second time. Argument: the build
directory.
"""

import pathlib
import re
import subprocess
import sys

import source

PURE_FUNCTIONS = set("""memchr memcmp memcpy memmem memmove memset strchr strcmp strcspn strlen strncmp strnlen strrchr
    strspn strstr snprintf vsnprintf qsort bsearch calloc free abort __assert_fail inet_pton inet_ntop""".split())
# What compilers and sanitizers add.
ADDED = re.compile(r"__(asan|ubsan|sanitizer|stack_chk|sancov)_|__.*_chk$|_GLOBAL_OFFSET_TABLE_|__tls_get_addr|__odr_asan|__popcount[ds]i2$")
ONLY_IN = {"inet_pton": {"addr.c.o"}, "inet_ntop": {"addr.c.o"}}


def archives(build):
    """{room: archive} of the pure rooms."""
    ret = {}
    for path in sorted((build / "src").rglob("*.a")):
        parts = path.relative_to(build / "src").parts[:-1]
        if parts[0] in source.PURE:
            ret.setdefault("/".join(parts), []).append(path)
    return ret


def symbols(archive):
    """(object, type, name) of each external symbol."""
    listed = subprocess.run(["nm", "-A", "-g", str(archive)], check=True, capture_output=True, text=True).stdout
    for line in listed.splitlines():
        found = re.match(r"(.+?):\s*(?:[0-9a-f]+)?\s+([A-Za-z]) (\S+)$", line)
        if found:
            yield re.split(r"[:/]", found[1])[-1], found[2], found[3]


def below(room, rooms):
    if room == "lib":
        return ["lib"]
    if room == "node":
        return rooms
    return ["lib", "packet", room]


def check(build):
    found = archives(build)
    table = {room: [s for a in paths for s in symbols(a)] for room, paths in found.items()}
    defined = {room: {n for _, kind, n in rows if kind not in "Uvw"} for room, rows in table.items()}
    errors, checked = [], 0
    for room, rows in table.items():
        own = set().union(*(defined.get(r, set()) for r in below(room, list(table))))
        for obj, kind, symbol in rows:
            checked += 1
            if kind != "U" or symbol in own or ADDED.match(symbol):
                continue
            if symbol not in PURE_FUNCTIONS or obj not in ONLY_IN.get(symbol, {obj}):
                errors.append("%s: %s calls %s" % (room, obj, symbol))
    if "lib" not in table:
        errors.append("no archives below %s/src" % build)
    source.finish(errors, checked)


check(pathlib.Path(sys.argv[1]))
