# SPDX-License-Identifier: GPL-2.0-or-later
"""Everything is as clang-format 14 (Debian 12's) writes it, and says its licence."""

import re
import shutil
import subprocess
import sys

import source

VERSION = "14"


def skip(why):
    print(why)
    sys.exit(77)


tool = shutil.which("clang-format-" + VERSION) or shutil.which("clang-format")
if not tool:
    skip("clang-format is missing")
version = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
if not re.search(r"version %s\." % VERSION, version):
    skip("clang-format %s is needed, this is %s" % (VERSION, version.strip()))

files = source.c_files()
errors = ["%s: no SPDX line at its head" % source.name(p) for p in files
          if "SPDX-License-Identifier: GPL-2.0-or-later" not in p.read_text()[:200]]
done = subprocess.run([tool, "--dry-run", "--Werror", "--ferror-limit=1", *files], capture_output=True, text=True)
errors += re.findall(r"^(\S+?:\d+):\d+: error.*$", done.stderr, re.M)
if done.returncode and not errors:
    errors.append(done.stderr)
errors = [e.replace(str(source.TOP) + "/", "") for e in errors]
if errors:
    errors.append("clang-format -i FILE mends the form")
source.finish(errors, len(files))
