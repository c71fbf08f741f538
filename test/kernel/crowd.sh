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
quiet_ns c
for n in 1 4; do frame_port $n c; done
trama_start_all 1 2 3 4
ports_up l12 l21 l23 l32 l34 l43 || exit 1
in_ns c python3 "$here/crowd.py" "$@"
