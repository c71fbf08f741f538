# SPDX-License-Identifier: GPL-2.0-or-later
"""Lists of what a report leaves out, and why: "FILE: the source line", then the reason, indented, below it."""


def read(path):
    """{(file, text of the line): reason}"""
    entries, key = {}, None
    for line in path.read_text().splitlines():
        if line.startswith("\t"):
            entries[key] = (entries[key] + " " + line.strip()).strip()
        elif line and not line.startswith("#"):
            key = tuple(line.split(": ", 1))
            entries[key] = ""
    return entries
