#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   c1 - n1 --- n2 - c2      a cloud without a VLAN: n1 drives the kernel's batman-adv, n2 has trama's own engine
#
# Runs inside user-mode Linux.
set -u
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"

for n in 1 2; do
	trama_node $n
	printf "config trama 'l2'\n\toption vlan_id '0'\n" >> "/run/n$n/conf"
done
printf "\toption engine 'kernel'\n" >> /run/n1/conf
mesh_wire 1 2
for n in 1 2; do client $n; done
for n in 1 2; do trama_start $n; done

is_port() { # DEVICE
	in_ns n1 batctl meshif bat0 interface | grep "^$1: active"
}

reaches() { # NODE HOST
	trama_cli "$1" cloud ping -c 2 -i 0.1 "$2" && trama_cli "$1" cloud traceroute "$2"
}

ok "clients reach each other" wait_for 60 every_pair 2
ok "the wire itself is the port of the kernel's engine" is_port l12
ok "status names the engine" says 1 status "j['engine'] == 'kernel'"
ok "neighbours" wait_for 30 says 1 neighbours "len(j['cloud']) == 1"
ok "trama cloud shows what batctl shows" wait_for 20 python3 "$(dirname "$0")/uml/compare.py" 1 1
ok "cloud ping and traceroute with the kernel's engine" wait_for 8 reaches 1 02:cc:00:00:00:02
ok "and back" wait_for 8 reaches 2 02:cc:00:00:00:01
ok "a node has the other's records" wait_for 30 says 1 nodes "len(j) == 2"

has_neighbour() { # MAC
	in_ns n1 batctl meshif bat0 n | grep "$1"
}
ok "the wire of the user's engine changes its MAC" ip -n n2 link set l21 address 02:02:00:00:00:99
ok "and is the neighbour by that" wait_for 10 has_neighbour 02:02:00:00:00:99
ok "clients reach each other again" wait_for 10 every_pair 2
finish
