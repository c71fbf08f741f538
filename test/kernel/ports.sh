#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   c1 - n1 === n2 --- n3 - c3        n1, n3: trama    n2: the kernel's batman-adv
#                |
#                c2
#
# Ports that come, go, change their MAC and their quality while the cloud is used. Runs inside user-mode Linux.
set -u
: "${INTERVAL:=200}"
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"

trama_node 1
kernel_node 2
trama_node 3
mesh_wire 1 2
mesh_wire 2 3
for n in 1 2 3; do client $n; done
port_role 1 x12 mesh
trama_start 1
trama_start 3

# A second wire between the nodes 1 and 2: MTU
second_wire() {
	ip link add x12 mtu "$1" netns n1 type veth peer name x21 mtu "$1" netns n2
	ip -n n1 link set x12 address 02:01:00:00:00:12 up
	ip -n n2 link set x21 address 02:02:00:00:00:21 up
	ip -n n2 link add link x21 name x21.29 type vlan proto 802.1ad id 29
	ip -n n2 link set x21.29 address 02:12:00:00:00:21 master bat0 up
}

way_of() { # NODE [all]: the devices of the best ways to its neighbours, or of all
	case $1 in
	1) trama_cli 1 cloud originators --json ;;
	2) in_ns n2 batctl meshif bat0 originators_json ;;
	esac | python3 -c "
import json, sys
best = {o['hard_ifname'] for o in json.load(sys.stdin) if ('$2' or o.get('best')) and o['orig_address'] == o['neigh_address']}
print(*sorted(best))"
}

ways() { # DEVICE OF NODE 1, DEVICE OF NODE 2
	local one two
	one=$(way_of 1 '') two=$(way_of 2 '')
	echo "best ways: node 1 by $one, node 2 by $two"
	[[ " $one " = *" $1 "* && " $two " = *" $2 "* ]]
}

only_way() { # no neighbour of the other is known by another device
	local one two
	one=$(way_of 1 all) two=$(way_of 2 all)
	echo "ways: node 1 by $one, node 2 by $two"
	[[ $one = "$1" && $two = *"$2"* && $two != *"$3"* ]]
}

c1_is_at() { # MAC of an originator, as the kernel node knows it
	[ -n "$1" ] || return
	in_ns n2 batctl meshif bat0 tg -n -H | grep 02:cc:00:00:00:01
	in_ns n2 batctl meshif bat0 tg -n -H | grep 02:cc:00:00:00:01 | grep -q "$1"
}

ok "every client reaches every other" wait_for 150 every_pair 3 -s 1472

second_wire 1600
ok "a port that comes while the cloud runs is used by both kinds" wait_for 60 ports_up x12
loss 40 l12 l21
ok "both kinds take the better of two ports" wait_for 60 ways x12_29 x21.29
ok "every client reaches every other by it" wait_for 20 every_pair 3 -s 1472
loss 0 l12 l21
loss 40 x12 x21
ok "and the other one when that is better" wait_for 60 ways l12_29 l21.29

ip -n n1 link del x12
ok "a port that goes is forgotten by both kinds" wait_for 60 only_way l12_29 l21.29 x21.29
ok "every client reaches every other without it" wait_for 20 every_pair 3 -s 1472

second_wire 1400
ok "a port with a smaller MTU is used" wait_for 60 ports_up x12
frags() { # of both nodes, all counters
	trama_cli 1 cloud statistics | sed -n 's/^[ \t]*frag_[rt]x: *//p'
	in_ns n2 batctl meshif bat0 statistics | sed -n 's/^[ \t]*frag_[rt]x: *//p'
}
in_fragments() { # every counter of fragments goes up
	local before=($(frags)) now i
	every_pair 3 -s 1472 || return 1
	now=($(frags))
	echo "fragments: ${before[*]}, now ${now[*]}"
	for i in 0 1 2 3; do [ "${now[i]}" -gt "${before[i]}" ] || return 1; done
}
loss 100 l12 l21
ok "full packets pass in fragments, when it is the only one" wait_for 60 in_fragments
ok "the node keeps its originator, as a kernel node does" c1_is_at "$(cloud_mac l12)"
loss 0 l12 l21
loss 100 x12 x21
ok "every client reaches every other when the first port is back and the second one is not" wait_for 60 every_pair 3 -s 1472
loss 0 x12 x21
both_ports() {
	local two
	two=" $(way_of 2 all) "
	echo "node 2 knows node 1 by $two"
	[[ $two = *" l21.29 "* && $two = *" x21.29 "* ]]
}
ok "both ports are used again" wait_for 60 both_ports
main_port_is() { # PORT: of the kernel node
	local head
	head=$(in_ns n2 batctl meshif bat0 originators | head -1)
	echo "$head"
	[[ $head = *"MainIF/MAC: $1/"* ]]
}
ok "the kernel node is the originator of its first port" main_port_is l21.29
ip -n n2 link set l21.29 nomaster
ok "that goes: every client reaches every other" wait_for 60 every_pair 3 -s 1472
ok "and the kernel node is the originator of another one" main_port_is l23.29
ip -n n1 link del l12
ok "the primary port goes: every client reaches every other" wait_for 60 every_pair 3 -s 1472
ok "and the node is the originator of its new primary port" wait_for 60 c1_is_at "$(cloud_mac x12)"

before=$(cloud_mac x12)
ip -n n1 link set x12 address 02:01:00:00:00:77
same_mac() {
	echo "the device of the cloud has $(cloud_mac x12)"
	[ "$(cloud_mac x12)" = "$before" ]
}
sleep 2
ok "a port gets another MAC: its device of the cloud keeps its own" same_mac
ok "and every client reaches every other" wait_for 60 every_pair 3 -s 1472
ip -n n2 link set x21.29 address 02:12:00:00:00:77
ok "a kernel node's port gets another MAC: every client reaches every other" wait_for 60 every_pair 3 -s 1472

for n in 1 3; do
	ok "node $n: the daemon answers" trama_cli $n status
done
finish
