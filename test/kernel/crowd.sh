#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# crowd.sh [KIND KIND KIND KIND]     k: the kernel's batman-adv, t: trama
#
#   n1 --- n2 === n3 --- n4          MTU 1600, 9000, 1500; the clients of n1 and n4 are frames in namespace c
#
# Runs inside user-mode Linux; crowd.py does the rest.
set -u
export INTERVAL=${INTERVAL:-100}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
[ $# -gt 0 ] || set -- k t k t

# nothing passes before both crowds are there
wire_made() {
	loss 100 "$@"
}

for n in 1 2 3 4; do node "${!n}" $n; done
mesh_wire 1 2
MTU=9000 mesh_wire 2 3
MTU=1500 mesh_wire 3 4
ip netns add c
in_ns c sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
for n in 1 4; do
	ip link add ap$n netns n$n type veth peer name u$n netns c
	ip -n c link set u$n up
	client_port $n ap$n
done
for n in 1 2 3 4; do
	if is_trama $n; then trama_start $n; fi
done
ports_up l12 l21 l23 l32 l34 l43 || exit 1
in_ns c python3 "$here/crowd.py" "$@"
