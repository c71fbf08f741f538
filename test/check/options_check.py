# SPDX-License-Identifier: GPL-2.0-or-later
"""Every option of the configuration does something: its field is read by a node or its platform."""

import re

import source

TABLE = source.SRC / "core/conf/conf_table.c"
READERS = [p for p in source.c_files("src/node", "src/plat")]


def fields():
    """"dhcp.mtu" of an option of a node, "->ipaddr" of a port's or host's."""
    text = re.sub(r"#define.*(\\\n.*)*", "", TABLE.read_text())
    for found in re.finditer(r"\b(?:BOOL|NUMBER|WORD|TEXT)\((\w+\.\w+)|LIST\(struct conf, (\w+\.\w+)", text):
        yield found[1] or found[2]
    for found in re.finditer(r"\b(?:PORT|HOST)\(\w+, (\w+)|LIST\(struct conf_(?:port|host), (\w+)|AT\(struct conf_port, (\w+)", text):
        yield "->" + (found[1] or found[2] or found[3])


def main():
    readers = "".join(source.without_comments(p.read_text()) for p in READERS)
    wanted = sorted(set(fields()))
    unread = [f for f in wanted if not re.search(re.escape(f) + r"\b", readers)]
    source.finish(["%s: no node reads option '%s'" % (source.name(TABLE), f) for f in unread], len(wanted))


main()
