#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# routes.sh KIND KIND KIND KIND KIND     k: the kernel's batman-adv, t: trama
#
#        n1
#       /  \            a ring of five nodes and the wire between 2 and 5
#     n2----n5
#     |      |
#     n3----n4
#
# Runs inside user-mode Linux; routes.py does the rest.
set -u
# An OGM waits for others up to 100 ms at each hop; a way by which it comes later than the next one by a shorter way does not count.
export INTERVAL=${INTERVAL:-200}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
kinds=("" "$@")

for n in 1 2 3 4 5; do node "${kinds[$n]}" $n; done
mesh_wire 1 2
mesh_wire 2 3
mesh_wire 3 4
mesh_wire 4 5
mesh_wire 5 1
mesh_wire 2 5
trama_start_all 1 2 3 4 5
ports_up l12 l15 l21 l23 l25 l32 l34 l43 l45 l54 l51 l52 || exit 1
python3 "$here/routes.py" "$@"
