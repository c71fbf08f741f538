#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#     n5    n6           n1, n3, n5: the kernel's batman-adv    n2, n4, n6: trama
#     | \  / |
#     |  \/  |           the clients of n1 to n4 are frames in namespace c
#     |  /\  |
#     n1 --- n2
#     |      |
#     n4 --- n3
#
# Runs inside user-mode Linux; purge.py does the rest.
set -u
export INTERVAL=${INTERVAL:-200}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"

for n in 1 3 5; do kernel_node $n; done
for n in 2 4 6; do trama_node $n; done
for wire in "3 4" "1 2" "1 4" "2 3" "5 1" "5 2" "6 1" "6 2"; do
	# shellcheck disable=SC2086
	mesh_wire $wire
done
quiet_ns c
for n in 1 2 3 4; do frame_port $n c; done
for n in 2 4 6; do trama_start $n; done
ports_up l12 l14 l15 l16 l21 l23 l25 l26 l32 l34 l41 l43 l51 l52 l61 l62 || exit 1
in_ns c python3 "$here/purge.py"
