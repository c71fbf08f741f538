#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The systemd unit is as hardened as that of systemd-networkd, apart from what it says it needs itself."""
import re
import sys

from source import TOP

# Of systemd-networkd.service. Ours is started as root and keeps ProtectKernelTunables off: it writes /proc/sys/net.
HARDENED = """DevicePolicy=closed LockPersonality=yes MemoryDenyWriteExecute=yes NoNewPrivileges=yes PrivateTmp=yes ProtectClock=yes
ProtectControlGroups=yes ProtectHome=yes ProtectKernelLogs=yes ProtectKernelModules=yes ProtectProc=invisible
ProtectSystem=strict RestrictAddressFamilies=* RestrictNamespaces=yes RestrictRealtime=yes RestrictSUIDSGID=yes
SystemCallArchitectures=native SystemCallErrorNumber=EPERM SystemCallFilter=* WatchdogSec=*""".split()
CAPABILITIES = set("""CAP_SETUID CAP_SETGID CAP_SETPCAP CAP_KILL CAP_CHOWN CAP_FOWNER CAP_DAC_OVERRIDE CAP_NET_ADMIN
CAP_NET_RAW CAP_NET_BIND_SERVICE CAP_BPF CAP_PERFMON""".split())

unit = (TOP / "packaging/systemd/tramad.service").read_text()
lines = unit.splitlines()
missing = [h for h in HARDENED if not any(line == h or h.endswith("*") and line.startswith(h[:-1]) for line in lines)]
given = set(" ".join(re.findall(r"^CapabilityBoundingSet=(.*)$", unit, re.M)).split())
for h in missing:
    print("tramad.service: %s is missing" % h)
if not given or given - CAPABILITIES:
    print("tramad.service: CapabilityBoundingSet is %s" % (" ".join(sorted(given - CAPABILITIES)) or "missing"))
sys.exit(bool(missing) or not given or bool(given - CAPABILITIES))
