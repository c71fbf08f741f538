# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a script of this folder in user-mode Linux, and finds the captures that it leaves."""

import collections
import os
import pathlib
import shutil
import subprocess

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ.get("TRAMA_BUILD", HERE.parents[1] / "build")).resolve()


def missing(*tools, groups="test"):
    """Why a script that needs these (or user-mode Linux with its tools) cannot run here, or ""."""
    lacking = [t for t in tools or ("linux.uml", "batctl", "tcpdump") if not shutil.which(t)]
    return "%s missing: tools/install-packages %s" % (", ".join(lacking), groups) if lacking else ""


def options(out, script, *words, memory="384M", seconds=600, settings=None, output=subprocess.PIPE):
    """Of subprocess, to run it with these variables; `out` is /uml-out inside; what it writes goes to `output`."""
    given = ["%s=%s" % s for s in {"BIN": BUILD / "src/cmd", **(settings or {})}.items()]
    return {"args": [HERE / "uml/run", "-m", memory, "-t", str(seconds), "/usr/bin/env", *given, "bash", script, *words],
            "env": dict(os.environ, UML_OUT=str(out)), "stdout": output, "stderr": subprocess.STDOUT, "text": True}


def run(*words, **limits):
    """The finished process."""
    return subprocess.run(**options(*words, **limits))


def start(*words, **limits):
    """The process."""
    return subprocess.Popen(**options(*words, **limits))


def nodes(out):
    """{node: {port: (capture, MAC of the cloud)}}"""
    found = collections.defaultdict(dict)
    for line in (out / "ports").read_text().splitlines():
        node, port, _, address = line.split()
        found[int(node)][port] = (out / (port + ".pcap"), address)
    return dict(sorted(found.items()))
