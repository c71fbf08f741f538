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
# All that nodes say to each other, captured at every port: start, clients that come, talk, walk and leave, tagged ones,
# multicast, batman-adv's ping and traceroute. Captures and "NODE PORT DEVICE MAC" lines go to /uml-out/KINDS.
# Runs inside user-mode Linux.
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

probe() { # NODE ping|traceroute MAC
	if is_trama "$1"; then
		trama_cli "$1" cloud "$2" ${4:+-c $4} "$3"
	else
		in_ns "n$1" batctl meshif bat0 "$2" ${4:+-c $4} "$3"
	fi > /dev/null 2>&1
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
for n in 1 2 3; do
	if is_trama $n; then trama_start $n; fi
done
ports_up "${ports[@]}" || exit 1
sleep 2
capture "$out" "${ports[@]}" || exit 1
loss 0 "${ports[@]}"

wait_for 60 everybody || { echo "not every client reaches every other" >&2; exit 1; }
sleep 2
for c in 2 3 r; do pings c1 "$(address $c)" -s 1472; done
pings c3 "$(address 1)" -s 1472
in_ns c1 ping -c 2 -W 1 -q 224.0.0.251 > /dev/null 2>&1
in_ns c1 ping -c 2 -W 1 -q -b 10.13.255.255 > /dev/null 2>&1
for c in 1 3; do
	ip -n c$c link add link eth0 name eth0.5 type vlan id 5
	ip -n c$c addr add 192.0.2.$c/24 dev eth0.5
	ip -n c$c link set eth0.5 up
done
sleep 1
in_ns c1 ping -c 4 -W 1 -q 192.0.2.3 > /dev/null 2>&1
probe 1 ping "$(cloud_mac l32)" 3
probe 1 traceroute "$(cloud_mac l32)"
probe 3 ping "$(cloud_mac l12)" 3
in_ns c2 ping -i 0.05 -c 200 -q 10.13.201.1 > /dev/null 2>&1 &
for n in 3 1 3 1; do
	walk_to $n
	sleep 1.5
done
wait $!
pkill tcpdump
sleep 0.5
