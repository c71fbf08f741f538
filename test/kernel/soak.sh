#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# soak.sh KINDS MINUTES [SEED]     KINDS: eight letters, k: the kernel's batman-adv, t: trama
#
#   a ring of eight nodes with three chords, 1-5, 2-6 and 4-7; the clients of all are frames in namespace c
#
# Runs inside user-mode Linux; soak.py does the rest.
set -u
# the kernel's default: twice as many OGMs are more than four trama nodes can handle in there on a busy machine
export INTERVAL=${INTERVAL:-1000}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
kinds=$1
wires=(12 23 34 45 56 67 78 81 15 26 47)

for n in {1..8}; do node "${kinds:n-1:1}" "$n"; done
ports=()
for wire in "${wires[@]}"; do
	mesh_wire "${wire:0:1}" "${wire:1:1}"
	ports+=("l$wire" "l${wire:1:1}${wire:0:1}")
done
quiet_ns c
for n in {1..8}; do frame_port "$n" c; done
trama_start_all {1..8}
in_ns c python3 "$here/soak.py" "$1" "$2" "${3:-1}" "${ports[@]}"
