#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# bcast.sh KIND x 8     k: the kernel's batman-adv, t: trama
#
#        n5
#      /    \
#    n1      n4 ---+         n6 n6 n7 n7 n8
#     |      |     |          |  |  |  |  |
#    n2 --- n3     |          +--+--+--+--+
#     +------------+
#
# Two clouds: a ring with a chord, and one wire on which n6 and n7 have two ports each. Numbered broadcasts of a client at
# each node (bcast.py), then loss on the one wire, so that others change between the two ports of a node. Captures and
# "NODE PORT DEVICE MAC" lines go to /uml-out; both ends of a wire of the ring have one capture.
# Runs inside user-mode Linux; what comes of it is judged outside, by test/long/bcast_test.
set -u
INTERVAL=${INTERVAL:-200}
PHASE_S=${PHASE_S:-30}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
kinds=("" "$@")

shared_end() { # PORT NUMBER
	ip link add "$1" mtu 1600 netns "$(node_of "$1")" type veth peer name "$1" mtu 1600 netns s
	mesh_end "${1:1:1}" "$1" "$2"
}

ports_of() { # NODE COUNT: waits until so many ports are in the cloud; the lines of `ports`
	local found lines line device mac until=$((SECONDS + 150))
	until found=$(ip -n "n$1" -br link | grep '^[abl][1-9].*[._]29@.*[<,]UP') && mapfile -t lines <<< "$found" &&
		[ ${#lines[@]} = "$2" ]; do
		[ $SECONDS -lt $until ] || { printf 'node %s has not %s ports:\n%s\n' "$1" "$2" "$found" >&2; return 1; }
		sleep 1
	done
	for line in "${lines[@]}"; do
		read -r device _ mac _ <<< "$line"
		echo "$1 ${device%[._]29@*} ${device%@*} $mac"
	done
}

record() { # PORT...: what is said on that wire or port, for each of these names
	local port
	in_ns "$(node_of "$1")" tcpdump -i "$(cloud_device "$1")" -U -s 0 -w "/uml-out/$1.pcap" ether proto 0x4305 2> /dev/null &
	for port in "${@:2}"; do ln -s "$1.pcap" "/uml-out/$port.pcap"; done
}

recorded() { # PORT...: the captures have begun
	local port
	for port in "$@"; do [ -s "/uml-out/$port.pcap" ] || return 1; done
}

for n in {1..8}; do node "${kinds[$n]}" "$n"; done
for wire in 12 23 34 45 51 24; do mesh_wire "${wire:0:1}" "${wire:1:1}"; done
quiet_ns s
for port in a6 a7 a8; do shared_end $port 1; done
for port in b6 b7; do shared_end $port 2; done
printf 'link set %s up\n' a6 b6 a7 b7 a8 | ip -n s -batch -
ip -n s link add br0 mtu 1600 type bridge mcast_snooping 0 forward_delay 0 stp_state 0
ip -n s link set br0 up
quiet_ns c
for n in {1..8}; do frame_port "$n" c; done
trama_start_all {1..8}
{ for want in 1:2 2:3 3:2 4:3 5:2 6:2 7:2 8:1; do ports_of ${want%:*} ${want#*:} || exit 1; done; } > /uml-out/ports
# wires by the end of a kernel node, for a process costs a lot
record l12 l21
record l32 l23
record l34 l43
record l54 l45
record l51 l15
record l24 l42
for port in a6 b6 a7 b7 a8; do record $port; done
wait_for 60 recorded l12 l32 l34 l54 l51 l24 a6 b6 a7 b7 a8 || exit 1
# only now, so that the captures have all of it
printf 'link set %s master br0\n' a6 b6 a7 b7 a8 | ip -n s -batch -
in_ns c python3 "$here/bcast.py" /uml-out/heard.json 12345 678 || exit 1
loss 25 a6 a7
sleep "$PHASE_S"
loss 0 a6 a7
loss 25 b6 b7
sleep "$PHASE_S"
pkill tcpdump
sleep 0.5
