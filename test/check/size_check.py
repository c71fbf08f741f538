# SPDX-License-Identifier: GPL-2.0-or-later
"""Functions of at most 70 lines and 6 parameters, files of at most 800 lines and 7 own includes.

exceptions.txt has what may be bigger, and why: `kind name size reason`. It is a ratchet: a line there must name
exactly the size that is found, so it shrinks with the code and goes when it is no longer needed.
"""

import re

import source

LIMITS = {"function": 70, "parameters": 6, "file": 800, "includes": 7}


def sizes(path):
    """(kind, name, size) of everything that has a limit."""
    text = path.read_text()
    where = source.name(path)
    yield "file", where, text.count("\n")
    yield "includes", where, len(re.findall(r'^#include "', text, re.M))
    for function, parameters, first, last in source.functions(text):
        yield "function", where + ":" + function, last - first + 1
        yield "parameters", where + ":" + function, parameters


def read_exceptions():
    ret = {}
    for line in (source.TOP / "test/check/exceptions.txt").read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name, size, reason = line.split(None, 3)
            assert kind in LIMITS and reason
            ret[kind, name] = int(size)
    return ret


def check():
    exceptions, errors, checked = read_exceptions(), [], 0
    for path in source.c_files():
        for kind, name, size in sizes(path):
            checked += 1
            allowed = exceptions.pop((kind, name), None)
            if allowed is not None and (size != allowed or size <= LIMITS[kind]):
                errors.append("%s: exception for %s says %d, it is %d" % (name, kind, allowed, size))
            elif allowed is None and size > LIMITS[kind]:
                errors.append("%s: %s %d, limit %d" % (name, kind, size, LIMITS[kind]))
    errors += ["%s: %s: exception for nothing" % (name, kind) for kind, name in exceptions]
    source.finish(errors, checked)


check()
