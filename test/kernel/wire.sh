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

# no frame arrives before the captures run, so that they have the beginning of everything
wire_made() {
	loss 100 "$@"
}

for n in 1 2 3 4 5; do
	node "${kinds[$n]}" $n
done
mesh_wire 1 2
mesh_wire 2 3
mesh_wire 3 4
mesh_wire 4 5
mesh_wire 5 1
trama_start_all 1 2 3 4 5
ports_up "${ports[@]}" || exit 1
sleep 2
capture /uml-out "${ports[@]}" || exit 1
for percent in 0 10 30; do
	loss $percent "${ports[@]}"
	sleep "$PHASE_S"
done
loss 0 "${ports[@]}"
loss 100 l15 l51
sleep "$PHASE_S"
pkill tcpdump
sleep 0.5
