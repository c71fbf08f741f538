#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""test/run-all believes no test that did not say that it is well; a skip is named, counted, and with CI=true a failure."""
import contextlib
import importlib.machinery
import importlib.util
import io
import os
import sys

from source import TOP

CASES = [  # what a test wrote, its exit status, after how many seconds it was stopped: outcomes
    ("ok 1 - a\n1..1\n", 0, 0, ["passed"]),
    ("ok 1 - a\nnot ok 2 - b\n1..2\n", 1, 0, ["passed", "failed"]),
    ("ok 1 - a # SKIP no root\n1..1\n", 0, 0, ["skipped"]),
    ("1..0 # SKIP no kernel\n", 0, 0, ["skipped"]),
    ("ok 1 - a\n1..2\n", 0, 0, ["passed", "failed"]),
    ("ok 1 - a\n", 1, 0, ["passed", "failed"]),
    ("ok 1 - a\n", 0, 240, ["passed", "failed"]),
    ("Bail out! broken\n", 0, 0, ["failed"]),
    ("", 0, 0, ["failed"]),
]


def load():
    loader = importlib.machinery.SourceFileLoader("run_all", str(TOP / "test/run-all"))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_all", loader))
    loader.exec_module(module)
    return module


def closes(run_all, results):
    """Exit status and last line."""
    run_all.collect = lambda long_too, patterns: [("suite", lambda suite, tests: results, [])]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = run_all.main([])
    return status, out.getvalue().splitlines()[-1]


def main():
    sys.dont_write_bytecode = True
    run_all = load()
    bad = []
    for text, status, stopped_s, expected in CASES:
        got = [r.outcome for r in run_all.parse_tap(text, status, stopped_s)]
        if got != expected:
            bad.append("%r with status %d: %s, not %s" % (text, status, got, expected))
    passed, skipped, failed = (run_all.Result("t", o) for o in ("passed", "skipped", "failed"))
    for ci, results, expected in (("", [passed, skipped], (0, "1 passed, 0 failed, 1 skipped")),
                                  ("true", [passed, skipped], (1, "1 passed, 0 failed, 1 skipped")),
                                  ("true", [passed], (0, "1 passed, 0 failed, 0 skipped")),
                                  ("", [passed, failed], (1, "1 passed, 1 failed, 0 skipped")),
                                  ("", [], (1, "0 passed, 0 failed, 0 skipped"))):
        os.environ["CI"] = ci
        if closes(run_all, results) != expected:
            bad.append("CI=%s: %s, not %s" % (ci, closes(run_all, results), expected))
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
