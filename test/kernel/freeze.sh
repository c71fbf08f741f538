#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# freeze.sh DIRECTORY NODES WIRES ENDS      the part of the networks of test/long/freeze_test that lives in this kernel
#
# In user-mode Linux the nodes are kernel nodes; on the machine itself they are trama nodes. WIRES are those inside, "13"
# is one between the nodes 1 and 3. ENDS of other wires are called lAB, of node A towards node B, apN, of node N towards its
# client, and cN, of that client. In user-mode Linux they are vec0, vec1... in this order; on the machine each has another
# end outside, of the same name.
#
# Then it does what DIRECTORY tells.
set -u
INTERVAL=${INTERVAL:-500}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"
DEAR="3 6 9" PENALTY=120 # of these kernel nodes per hop; others have 30
NODES=$2 WIRES=$3 ENDS=$4
if [ -e /uml-out ]; then KIND=k; else KIND=t; fi

make_end() { # NAMESPACE END, NAME inside
	local end number=0
	if [ $KIND = t ]; then
		ip link add "$3" mtu 1600 netns "$1" type veth peer name "$2"
		return
	fi
	for end in $ENDS; do
		if [ "$end" = "$2" ]; then ip link set "vec$number" netns "$1" name "$3" mtu 1600; fi
		number=$((number + 1))
	done
}

make_node() { # NUMBER
	local end
	node $KIND "$1" "ap$1"
	if [[ " $DEAR " = *" $1 "* ]]; then in_ns "n$1" batctl meshif bat0 hop_penalty $PENALTY; fi
	for end in $ENDS; do
		case $end in
		"ap$1")
			make_end "n$1" "$end" "$end"
			client_port "$1" "$end"
			;;
		"l$1"*)
			make_end "n$1" "$end" "$end"
			mesh_end "$1" "$end" "${end:2}"
			;;
		esac
	done
}

# NUMBER; all clients know each other's MAC, so that no ARP is waited for
make_client() {
	local peer
	ip netns add "c$1"
	make_end "c$1" "c$1" eth0
	{
		echo "link set lo up"
		echo "link set eth0 address 02:cc:00:00:00:0$1 up"
		echo "addr add 10.13.200.$((16#$1))/16 dev eth0"
		for peer in 1 2 4 5 7 8 a b c; do
			echo "neigh replace 10.13.200.$((16#$peer)) lladdr 02:cc:00:00:00:0$peer dev eth0 nud permanent"
		done
	} | ip -n "c$1" -batch -
}

echoes() { # CLIENT PEER OUT: a line per answer in the file of that name
	ip netns exec "c$1" ping -n -D -i 0.02 "10.13.200.$((16#$2))" > "$3/$1$2" 2>&1 &
}

signal() { # SIGNAL NODE
	local pids
	mapfile -t pids < <(ip netns pids "n$2")
	kill "-$1" "${pids[@]}"
}

originators() { # NODE...
	local node
	for node in "$@"; do
		if [ $KIND = t ]; then
			trama_cli "$node" cloud originators -n
		else
			in_ns "n$node" batctl meshif bat0 originators
		fi
	done
}

for n in $NODES; do make_node "$n"; done
for wire in $WIRES; do mesh_wire "${wire:0:1}" "${wire:1}"; done
for end in $ENDS; do
	if [[ $end = c* ]]; then make_client "${end:1}"; fi
done
serve "$1"
