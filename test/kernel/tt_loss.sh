#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# tt_loss.sh [KIND KIND KIND KIND [STEP...]]     k: the kernel's batman-adv, t: trama
#
#   n3 --- n1 ===== n2 --- n4          ===: tt_wire.py in namespace w; the clients of all four are frames in namespace c
#
# Runs inside user-mode Linux; tt_loss.py does the rest.
set -u
export INTERVAL=${INTERVAL:-150}
export BAT0_MTU=420 # a diff of 40 clients is too large for the kernel to send as well
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
[ $# -gt 0 ] || set -- t k t k
kinds=("" "${@:1:4}")

for n in 1 2 3 4; do node "${kinds[$n]}" $n; done
mesh_wire 1 3
mesh_wire 2 4
quiet_ns w
quiet_ns c
for link in 12 21; do
	ip link add l$link mtu 1500 netns "n${link:0:1}" type veth peer name w$link mtu 1500 netns w
	ip -n w link set w$link up
	mesh_end "${link:0:1}" l$link "${link:1:1}"
done
for n in 1 2 3 4; do
	frame_port $n c
	ip -n c link add link u$n name u$n.5 up type vlan id 5
done
trama_start_all 1 2 3 4
ports_up l13 l31 l24 l42 l12 l21 || { tail -n 5 /run/n?.log | sed 's/^/# /'; exit 1; }
in_ns c python3 "$here/tt_loss.py" "$@"
