# SPDX-License-Identifier: GPL-2.0-or-later
"""perfdhcp (Debian's kea-admin) in a host of a town: what it is told, and what it says.

It is relay and clients at once: each exchange is another client's, giaddr is the host's own address, and answers go there.
"""

import dataclasses
import itertools
import math
import re

from bench import Failed

WAIT_S = 1  # for answers, after the last client has begun
OFFERS, ACKS, RENEWALS = "DISCOVER-OFFER", "REQUEST-ACK", "REQUEST-ACK (renewal)"
SECTION = re.compile(r"\*\*\*(Statistics for|Timestamps for packets|Leases for):? ([A-Z-]+(?: \(renewal\))?)\*\*\*\n")

serial = itertools.count(1)


@dataclasses.dataclass
class Said:
    """Of one run."""
    clients: str  # see new_clients
    begun: int  # clients that asked
    done: int  # that have their acknowledgement
    renewed: int  # acknowledgements to clients that asked for their lease once more
    delays_ms: list  # of all answers, where that was asked for
    leases: dict  # {client identifier: address}, where that was asked for
    took_s: float  # of a crowd: until all were done
    text: str


def sections(text):
    """{(what, kind of exchange): text}"""
    parts = SECTION.split(text)
    return {(parts[i], parts[i + 1]): parts[i + 2] for i in range(1, len(parts) - 2, 3)}


def number(text, name):
    found = re.search(r"^%s: ([\d.]+)" % name, text, re.M)
    if not found:
        raise Failed("perfdhcp does not say '%s':\n%s" % (name, text))
    return float(found[1])


def seconds(text):
    """HHMMSS.ffffff, or with colons."""
    whole, _, part = text.replace(":", "").partition(".")
    return int(whole[:-4]) * 3600 + int(whole[-4:-2]) * 60 + int(whole[-2:]) + float("0." + (part or "0"))


def percentile(values, percent):
    """The value that so many of them do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)] if ordered else math.nan


def understand(clients, text):
    told = sections(text)
    delays = [seconds(b) - seconds(a) for kind in (OFFERS, ACKS)
              for a, b in re.findall(r"sent / received: (\S+) / (\S+)", told.get(("Timestamps for packets", kind), ""))]
    leases = re.findall(r"^([0-9a-f]+),([\d.]+),", told.get(("Leases for", ACKS), ""), re.M)
    renewals = told.get(("Statistics for", RENEWALS))
    took = re.search(r"It took ([\d:.]+) to provision", text)
    return Said(clients=clients, begun=int(number(told["Statistics for", OFFERS], "sent packets")),
                done=int(number(told["Statistics for", ACKS], "received packets")),
                renewed=int(number(renewals, "received packets")) if renewals else 0,
                delays_ms=[1000 * d for d in delays], leases=dict(leases), took_s=seconds(took[1]) if took else math.nan,
                text=text)


def new_clients():
    """The first three bytes of the MACs of clients that nobody has seen; the last three count them."""
    return "0a%04x" % next(serial)


def run(town, host, clients, words, within_s):
    mac = ":".join(re.findall("..", clients) + 3 * ["00"])
    args = ["env", "KEA_LOCKFILE_DIR=none", "timeout", "-s", "INT", str(within_s), "perfdhcp", "-4", "-l", "eth0",
            "-b", "mac=" + mac, *map(str, words)]
    done = town.run(host, args, timeout=within_s + 60)
    # 3: some exchanges were not completed; 124: the time is over, and it has told what it had
    if done.returncode not in (0, 3, 124) or ("***Statistics for: %s***" % ACKS) not in done.stdout:
        raise Failed("%s: %d\n%s%s" % (" ".join(args), done.returncode, done.stdout, done.stderr))
    return understand(clients, done.stdout)


def at_rate(town, host, server, rate, lasting_s, *more):
    """So many new clients a second."""
    words = ["-r", rate, "-R", rate * (lasting_s + 1), "-p", lasting_s, "-W", WAIT_S * 1000000, *more, server]
    return run(town, host, new_clients(), words, lasting_s + WAIT_S + 30)


def crowd(town, host, server, clients, count, within_s, *more):
    """So many at once; who is not answered asks again after about 1, 2, 4, 8 s."""
    return run(town, host, clients, ["--scenario", "avalanche", "-R", count, "-x", "l", *more, server], within_s)
