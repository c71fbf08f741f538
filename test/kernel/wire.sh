#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# wire.sh KIND KIND KIND KIND KIND     k: the kernel's batman-adv, t: trama
#
# A ring of five nodes. Every cloud port is captured from its first frame on, first without loss, then with 10 and 30 %
# per direction, at last with one link cut (a chain of five). Captures and "NODE PORT DEVICE MAC" lines go to /uml-out.
# Runs inside user-mode Linux; what comes of it is judged outside, by test/long/wire_test.
set -u
INTERVAL=${INTERVAL:-100}
PHASE_S=${PHASE_S:-7}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"
kinds=("" "$@")
ports=(l12 l15 l21 l23 l32 l34 l43 l45 l54 l51)

node_of() { # PORT
	echo "n${1:1:1}"
}

loss() { # PERCENT PORT...
	local percent=$1 port
	shift
	for port in "$@"; do
		tc -n "$(node_of "$port")" qdisc replace dev "$port" root netem loss "$percent%"
	done
}

device() { # PORT: that of the cloud
	case ${kinds[${1:1:1}]} in
	k) echo "$1.29" ;;
	t) echo "$1_29" ;;
	esac
}

is_up() { # PORT
	ip -n "$(node_of "$1")" link show "$(device "$1")" 2> /dev/null | grep -q '[<,]UP'
}

# no frame arrives before the captures run, so that they have the beginning of everything
wire_made() {
	loss 100 "$@"
}

for n in 1 2 3 4 5; do
	case ${kinds[$n]} in
	k) kernel_node $n ;;
	t) trama_node $n ;;
	esac
done
mesh_wire 1 2
mesh_wire 2 3
mesh_wire 3 4
mesh_wire 4 5
mesh_wire 5 1
for n in 1 2 3 4 5; do
	[ "${kinds[$n]}" = k ] || trama_start $n
done
for port in "${ports[@]}"; do
	wait_for 90 is_up "$port" || { echo "$port has no device of the cloud" >&2; exit 1; }
done
sleep 2
for port in "${ports[@]}"; do
	node=$(node_of "$port") dev=$(device "$port")
	echo "${node:1} $port $dev $(ip -n "$node" -j link show "$dev" | sed 's/.*"address":"\([^"]*\)".*/\1/')"
	in_ns "$node" tcpdump -i "$dev" -U -s 0 -w "/uml-out/$port.pcap" ether proto 0x4305 2> /dev/null &
done > /uml-out/ports
sleep 2
for percent in 0 10 30; do
	loss $percent "${ports[@]}"
	sleep "$PHASE_S"
done
loss 0 "${ports[@]}"
loss 100 l15 l51
sleep "$PHASE_S"
pkill tcpdump
sleep 0.5
