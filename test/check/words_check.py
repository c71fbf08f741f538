# SPDX-License-Identifier: GPL-2.0-or-later
"""No file that git knows names a place that exists on one machine only."""

import re
import subprocess
import sys

import source

PLACES = re.compile(rb"(?<![\w.])/(?:home|work|Users)/\w|/tmp/t[e]am\b|/root/\w")
# Files that may: none but recordings and captures, which are bytes.
BINARY = (".bin", ".pcap", ".gz", ".png", ".rec")

listed = subprocess.run(["git", "-c", "safe.directory=*", "-C", str(source.TOP), "ls-files", "-z"], capture_output=True)
if listed.returncode:
    print("this is not a git repository")
    sys.exit(77)
files = [source.TOP / f.decode() for f in listed.stdout.split(b"\0") if f]
files = [f for f in files if f.is_file() and f.suffix not in BINARY and "corpus" not in f.parts]
errors = []
for path in files:
    for number, line in enumerate(path.read_bytes().split(b"\n"), 1):
        if PLACES.search(line):
            errors.append("%s:%d: %s" % (source.name(path), number, line.decode(errors="replace").strip()))
source.finish(errors, len(files))
