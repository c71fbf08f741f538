#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# talk.sh KIND KIND KIND     k: the kernel's batman-adv, t: trama
#
#   c1 - n1 --- n2 --- n3 - c3         n2 - n3: MTU 1500, so that packets of clients are fragmented
#         |      |      |
#         |     c2      |
#         +----- cr ----+              cr walks between n1 and n3
#
# All that nodes say to each other, captured at every port: start, clients that come, talk and walk, tagged ones, multicast,
# batman-adv's ping and traceroute, OGMs that do not fit into one frame. Every ping must be answered. Captures and
# "NODE PORT DEVICE MAC" lines go to /uml-out/KINDS. Runs inside user-mode Linux.
set -u
INTERVAL=${INTERVAL:-200}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"
kinds=("" "$@")
out=/uml-out/$(printf %s "$@")
ports=(l12 l21 l23 l32)
mkdir -p "$out"

# no frame arrives before the captures run, so that they have the beginning of everything
wire_made() {
	loss 100 "$@"
}

everybody() {
	local a b
	for a in 1 2 3; do
		for b in 1 2 3 r; do
			[ $a = $b ] || pings c$a "$(address $b)" || return 1
		done
	done
}

address() { # CLIENT
	[ "$1" = r ] && echo 10.13.201.1 || echo "10.13.200.$1"
}

must() { # COMMAND...: or the scenario has failed
	"$@" > /run/said 2>&1 && return
	echo "failed: $*"
	tail -5 /run/said
	failures=$((failures + 1))
}

reaches() { # CLIENT ADDRESS OPTIONS...: a slow machine may take its time
	pings "$@" -W 5
}

all_answer() { # DESTINATION OPTIONS...: a ping by c1
	in_ns c1 ping -n -w 2 -i 0.5 "$@" | tee /run/answers
	[ "$(sed -n 's/.*bytes from \([^:]*\):.*/\1/p' /run/answers | sort -u | wc -l)" = 3 ]
}

probe() { # NODE ping|traceroute OPTIONS... MAC: batman-adv's own
	if is_trama "$1"; then
		trama_cli "$1" cloud "${@:2}"
	else
		in_ns "n$1" batctl meshif bat0 "${@:2}"
	fi
}

for n in 1 2 3; do
	node "${kinds[$n]}" $n
done
mesh_wire 1 2
mesh_wire 2 3
for port in l23 l32; do
	ip -n "n${port:1:1}" link set "$port" mtu 1500
done
for n in 1 2 3; do client $n; done
walker 1 3
trama_start_all 1 2 3
ports_up "${ports[@]}" || exit 1
sleep 2
capture "$out" "${ports[@]}" || exit 1
loss 0 "${ports[@]}"

wait_for 60 everybody || { echo "not every client reaches every other" >&2; exit 1; }
sleep 2
for c in 2 3 r; do must reaches c1 "$(address $c)" -s 1472; done
must reaches c3 "$(address 1)" -s 1471
must reaches c1 "$(address 3)" -s 1472 -Q 0xb8 # the priority of a call, in every fragment
for c in 2 3 r; do in_ns c$c sysctl -q net.ipv4.icmp_echo_ignore_broadcasts=0; done
must all_answer -I eth0 224.0.0.1
must all_answer -b 10.13.255.255
for n in 1 3; do
	is_trama $n || in_ns n$n bridge vlan add vid 5 dev bat0 # or the kernel refuses clients of that VLAN
	ip -n c$n link add link eth0 name eth0.5 type vlan id 5
	ip -n c$n addr add 192.0.2.$n/24 dev eth0.5
	ip -n c$n link set eth0.5 up
done
sleep 1
must reaches c1 192.0.2.3
must reaches c3 192.0.2.1 -s 1468
must probe 1 ping -c 3 "$(cloud_mac l32)"
must probe 1 ping -R -c 2 "$(cloud_mac l32)"
must probe 1 traceroute "$(cloud_mac l32)"
must probe 3 ping -c 3 "$(cloud_mac l12)"
must in_ns cr python3 "$(dirname "$0")/newcomers.py" walk1 walk3
sleep 2
ping_log c2 "$(address r)" 0.05 200 /run/walk &
for n in 3 1 3 1; do
	walk_to $n
	sleep 1.5
done
wait $!
must [ "$(grep -c time= /run/walk)" -ge 160 ] # two intervals may be lost with each walk
pkill tcpdump
sleep 0.5
exit $((failures > 0))
