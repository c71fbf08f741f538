#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""embed.py OBJECT C_FILE NAME: the bytes of an object as a C array, so that a binary needs no file at run time."""
import sys

source, target, name = sys.argv[1:4]
with open(source, "rb") as f:
    data = f.read()
with open(target, "w", encoding="ascii") as f:
    f.write('/* Made by src/bpf/embed.py. */\n#include "bpf/embedded.h"\n\n')
    f.write(f"const struct bpf_embedded {name} = {{\n\t.size = {len(data)},\n\t.data = (const unsigned char[]){{\n")
    for i in range(0, len(data), 16):
        f.write("\t\t" + " ".join(f"0x{b:02x}," for b in data[i:i + 16]) + "\n")
    f.write("\t},\n};\n")
