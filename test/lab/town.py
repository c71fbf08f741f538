# SPDX-License-Identifier: GPL-2.0-or-later
"""A town for a test, and TAP for its results.

    from town import Town, Tap
    tap = Tap()
    with Town("plaza.json") as town:                    # a file of lab/towns, a path, or a dict
        tap.ok(town.check(), "every client is well")
        town.roam("anna", "plaza2")
        out = town.sh("anna", "ping -c 1 10.0.0.1")     # raises Failed when the command fails
        with town.start("plaza1", "tcpdump -n -i eth0 -w /tmp/x") as capture:
            ...
    tap.done()                                          # prints the plan and exits

Programs come from $TRAMA_BUILD (the build directory, build/ by default). Every town has a name of its own, so tests
run beside each other and beside `make run`; it ends with the test, also when that is killed. Not root: all is skipped.
"""

import atexit
import json
import os
import pathlib
import shlex
import signal
import subprocess
import sys
import tempfile
import threading
import time

TOP = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("TRAMA_BUILD", TOP / "build")).resolve()
LAB = str(BUILD / "src/cmd/trama-lab")


class Failed(Exception):
    pass


class Tap:
    """Counts and prints results, each with the name of its part (at_once); a failure does not end the test."""

    def __init__(self):
        self.count = self.failures = 0
        self.lock = threading.RLock()

    def ok(self, condition, name, why=""):
        with self.lock:
            self.count += 1
            self.failures += not condition
            print("%s %d - %s%s" % ("ok" if condition else "not ok", self.count, part(), name), flush=True)
            if not condition and why:
                self.note(why)
        return bool(condition)

    def equal(self, got, expected, name):
        return self.ok(got == expected, name, "got %r, expected %r" % (got, expected))

    def note(self, text):
        with self.lock:
            for line in str(text).rstrip().splitlines():
                print("# %s%s" % (part(), line), flush=True)

    def skip(self, name, why):
        self.count += 1
        print("ok %d - %s # SKIP %s" % (self.count, name, why), flush=True)

    def done(self):
        print("1..%d" % self.count, flush=True)
        sys.exit(1 if self.failures else 0)


def part():
    """Of at_once, the one that asks, as it stands before a name."""
    thread = threading.current_thread()
    return "" if thread is threading.main_thread() else thread.name + ": "


def at_once(**parts):
    """Calls functions side by side, and when all have ended raises what one of them has raised. For what waits more than
    it works, each in hosts of its own."""
    raised = []

    def run(function):
        try:
            function()
        except BaseException as e:
            raised.append(e)

    # a test that is killed does not wait for them
    threads = [threading.Thread(target=run, args=[f], name=name, daemon=True) for name, f in parts.items()]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    if raised:
        raise raised[0]


def need_root(name):
    """Skips the whole test, by name, where there is no root."""
    if os.geteuid() != 0:
        print("1..0 # SKIP %s needs root for network namespaces" % name)
        sys.exit(0)


def in_chroot():
    """Neither user namespaces nor private mounts can be made there, which some tests are about. (A town can: it finds its
    way out.)"""
    return subprocess.run(["unshare", "-m", "true"], capture_output=True).returncode != 0


def wait_for(condition, seconds, interval=0.1):
    """The first true value of condition() within that time, else the last false one."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value or time.monotonic() > until:
            return value
        time.sleep(interval)


class Process:
    """A command that goes on in a host; leaving the `with` ends it (SIGINT, as people end a capture)."""

    def __init__(self, args):
        self.popen = subprocess.Popen(args, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      start_new_session=True)
        self.out = self.err = ""

    def stop(self, sig=signal.SIGTERM):
        if self.popen.poll() is None:
            self.popen.send_signal(sig)
        return self.wait(10)

    def wait(self, seconds=60):
        """Its standard output; kills it when it takes longer."""
        if self.popen.stdout and not self.popen.stdout.closed:
            try:
                self.out, self.err = self.popen.communicate(timeout=seconds)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.out, self.err = self.popen.communicate()
        return self.out

    def json(self, seconds=60):
        """What a meter printed."""
        out = self.wait(seconds)
        try:
            return json.loads(out.strip().splitlines()[-1])
        except (IndexError, ValueError):
            raise Failed("no JSON: %r %r" % (out, self.err))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


class Town:
    serial = 0

    def __init__(self, topology, wait=60, check=True, log=None):
        """Starts it; with check, Failed unless all clients get online within `wait` seconds."""
        Town.serial += 1
        self.name = "t%d-%d" % (os.getpid(), Town.serial)
        self.file = None
        if isinstance(topology, dict):
            self.file = tempfile.NamedTemporaryFile("w", suffix=".json")
            json.dump(topology, self.file)
            self.file.flush()
            path = self.file.name
        else:
            path = TOP / "lab/towns" / topology
            path = path if path.exists() else topology
        self.ended = False
        atexit.register(self.down)
        for sig in (signal.SIGTERM, signal.SIGINT):
            if signal.getsignal(sig) in (signal.SIG_DFL, signal.default_int_handler):
                signal.signal(sig, lambda *_: sys.exit(1))
        args = [LAB, "up", str(path), "--name", self.name, "--detach", "--wait", str(wait)]
        if log:
            args += ["--log", str(log)]
        begin = time.monotonic()
        done = subprocess.run(args, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.up_seconds = time.monotonic() - begin
        self.up_output = done.stdout
        if check and done.returncode != 0:
            self.down()
            raise Failed("the town does not get online:\n" + done.stdout)

    def lab(self, *args, check=True, timeout=120):
        """trama-lab --name NAME ARGS; the finished process."""
        done = subprocess.run([LAB, "--name", self.name, *map(str, args)], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=timeout)
        if check and done.returncode != 0:
            raise Failed("%s: %d %s%s" % (" ".join(map(str, args)), done.returncode, done.stdout, done.stderr))
        return done

    def json(self, *args):
        """The answer of a command as JSON, also when its exit status is 1."""
        done = self.lab("--json", *args, check=False)
        try:
            return json.loads(done.stdout)
        except ValueError:
            raise Failed("%s: %s%s" % (" ".join(map(str, args)), done.stdout, done.stderr))

    def args(self, host, command):
        command = shlex.split(command) if isinstance(command, str) else [str(c) for c in command]
        return [LAB, "--name", self.name, "exec", host, "--", *command]

    def sh(self, host, command, check=True, timeout=60):
        """Standard output of a shell command in a host."""
        done = self.run(host, ["sh", "-c", command], timeout)
        if check and done.returncode != 0:
            raise Failed("%s: %s: %d\n%s%s" % (host, command, done.returncode, done.stdout, done.stderr))
        return done.stdout

    def run(self, host, command, timeout=60):
        """The finished process of a command (a string or a list, no shell) in a host."""
        return subprocess.run(self.args(host, command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=timeout)

    def start(self, host, command):
        return Process(self.args(host, command))

    def meter(self, host, *args):
        """A meter that runs on: Process."""
        return self.start(host, ["trama-lab", "meter", *args])

    def trama(self, node, *args):
        """`trama ARGS --json` in a node."""
        done = self.run(node, ["trama", *map(str, args), "--json"])
        if done.returncode != 0:
            raise Failed("%s: trama %s: %s" % (node, " ".join(map(str, args)), done.stderr))
        return json.loads(done.stdout)

    def status(self):
        return self.json("status")

    def client(self, name):
        """What status says of a client."""
        return next(c for c in self.status()["clients"] if c["id"] == name)

    def check(self, seconds=0):
        """The judge: True when every client is well, asked again and again for that long; prints what is not."""
        last = self.json("check", *(["--within", seconds] if seconds else []))
        for c in last.get("clients", []):
            for f in c["failures"]:
                print("# %s at %s: %s" % (c["client"], c["at"], f), flush=True)
        return last.get("ok", False)

    def identity(self, client):
        """What must not change for a client that roams: addresses, routers, and the MACs that they have."""
        out = self.sh(client, "ip -j addr show dev wlan0; ip -j route show default; ip -6 -j route show default; "
                              "ip -j neigh show dev wlan0; ip -6 -j neigh show dev wlan0")
        addrs, via4, via6, neigh4, neigh6 = [json.loads(x) for x in out.strip().splitlines()]
        macs = {n["dst"]: n.get("lladdr") for n in neigh4 + neigh6}
        gateway4, gateway6 = [sorted(r["gateway"] for r in via) for via in (via4, via6)]
        return {"addresses": sorted("%s/%d" % (a["local"], a["prefixlen"]) for a in addrs[0]["addr_info"]),
                "IPv4 gateway": gateway4, "IPv6 router": gateway6,
                "MAC of the IPv4 gateway": [macs.get(g) for g in gateway4],
                "MAC of the IPv6 router": [macs.get(g) for g in gateway6]}

    def ask_gateways(self, client, known):
        """Makes a client of this identity resolve them: an entry that it has not used for long is forgotten."""
        for g in known["IPv4 gateway"]:
            self.sh(client, "ping -c 1 -w 2 %s" % g, check=False)
        for g in known["IPv6 router"]:
            self.sh(client, "ping -c 1 -w 2 %s%%wlan0" % g, check=False)

    def roam(self, client, node, silent=False):
        self.lab("roam", client, node, *(["--silent"] if silent else []))

    def link(self, a, b, *words):
        self.lab("link", a, b, *words)

    def node(self, name, *words):
        self.lab("node", name, *words)

    def down(self):
        if not self.ended:
            self.ended = True
            subprocess.run([LAB, "--name", self.name, "down"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            if self.file:
                self.file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.down()


def leftovers(name):
    """What is still there of a town that has ended: processes, files."""
    found = [str(p) for p in pathlib.Path("/run/trama-lab").glob(name)]
    for p in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = p.read_bytes().split(b"\0")
        except OSError:
            continue
        if name.encode() in words and b"up" in words:
            found.append("process " + p.parent.name)
    return found
