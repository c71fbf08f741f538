# SPDX-License-Identifier: GPL-2.0-or-later
"""What several tests check of captures and of clients that heard broadcasts."""

import collections
import json

import bcast
import iv_judge

# A node of user space may see an OGM that comes by two ports in either order, and looks at its echoes a bit later than they
# came. Where two ways are nearly as good its choice, and so which OGM it passes on, may then be another one for a while:
# at most one OGM of so many, and no TQ, no flag and no TTL of any.
OPEN_MAX = 100
STALLED_MAX = 10  # at most one OGM of so many differs while its node got no processor
TOLD = 20  # differences


def broadcasts(tap, file, clouds):
    """Those of bcast.py: each came to every other client of its cloud once, and to no other cloud."""
    heard = {tuple(key): times for *key, times in json.loads(file.read_text()) if key[2]}
    for cloud in clouds:
        expected = {(int(b), int(a), n) for a in cloud for b in cloud if a != b for n in range(1, bcast.COUNT + 1)}
        got = {key: times for key, times in heard.items() if str(key[0]) in cloud}
        wrong = sorted(key for key in expected | got.keys() if got.get(key, 0) != (key in expected))
        tap.ok(not wrong, "clients %s: each of %d broadcasts came once" % (" ".join(cloud), len(expected)),
               "receiver, sender, number: times\n" + "\n".join("%s: %d" % (key, got.get(key, 0)) for key in wrong[:TOLD]))


def ogms(tap, name, pairs, least=0):
    """Of one node, out of iv_judge."""
    count = collections.Counter(p.verdict for p in pairs)
    tap.note("%s: %d OGMs: %s" % (name, len(pairs), iv_judge.counted(count)))
    tap.ok(count[iv_judge.CHOICE] <= len(pairs) / OPEN_MAX, name + ": few by another choice", count)
    tap.ok(iv_judge.stalled(count) <= len(pairs) / STALLED_MAX, name + ": few that differ because it stalled", count)
    wrong = [iv_judge.told(p) for p in pairs if p.verdict == iv_judge.WRONG]
    tap.ok(not wrong, name + ": TQ, flags and TTL of every OGM as computed",
           "%d differences\n" % len(wrong) + "\n".join(wrong[:TOLD]))
    if least:
        tap.ok(count[iv_judge.SAME] >= least, name + ": enough OGMs judged", count)
