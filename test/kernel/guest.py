# SPDX-License-Identifier: GPL-2.0-or-later
"""Scripts of this folder that are told from outside what to do, on the machine itself and in user-mode Linux.

    here = Shell(out, "freeze.sh", "7 8")      its first word is the directory `out`; it ends with `serve` of uml/mesh.sh
    here.sh("uptime")                          what that prints; Failed when it ends with another status than 0
    guest = Guest(out, "freeze.sh", "1 2", words="vec0:transport=tap,ifname=x")
    guest.freeze(); guest.thaw(); guest.kill()
"""

import os
import shutil
import signal
import subprocess
import time

from captures import BUILD, HERE


class Failed(Exception):
    pass


class Shell:
    around, inside = [], None  # what runs the script, and what it calls `out`

    def __init__(self, out, script, *words):
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        self.out, self.count = out, 0
        command = [*self.around, "/usr/bin/env", "BIN=%s" % (BUILD / "src/cmd"), "bash", HERE / script, self.inside or out, *words]
        with open(out / "log", "w") as log:
            self.popen = subprocess.Popen(command, env=dict(os.environ, UML_OUT=str(out)), stdin=subprocess.DEVNULL,
                                          stdout=log, stderr=log)

    def tell(self, line):
        self.count += 1
        (self.out / "new").write_text(line)
        (self.out / "new").rename(self.out / ("do.%d" % self.count))

    def sh(self, line):
        self.tell(line)
        file = self.out / ("said.%d" % self.count)
        while True:
            said, end, status = (file.read_text() if file.exists() else "").rpartition("== ")
            if end and status.endswith("\n"):
                break
            if self.popen.poll() is not None:
                raise Failed("it has ended\n" + (self.out / "log").read_text())
            time.sleep(0.02)
        if status != "0\n":
            raise Failed("%s: status %s" % (line, status + said))
        return said

    def end(self):
        if self.popen.poll() is None:
            self.tell("exit")
            self.popen.wait()


class Guest(Shell):
    inside = "/uml-out"

    def __init__(self, out, script, *script_words, words="", memory="256M", seconds=3000):
        self.pid_file = out / "pid"
        self.around = [HERE / "uml/run", "-m", memory, "-t", str(seconds), "-p", self.pid_file, "-k", words]
        super().__init__(out, script, *script_words)

    def _pid(self):
        return int(self.pid_file.read_text())

    def freeze(self):
        """The kernel's own process: what it runs are processes that it traces, and they stop with their next call."""
        os.kill(self._pid(), signal.SIGSTOP)

    def thaw(self):
        os.kill(self._pid(), signal.SIGCONT)

    def kill(self):
        os.killpg(self._pid(), signal.SIGKILL)
        self.popen.wait()
