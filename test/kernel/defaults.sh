#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#        n1 --- n2 --- n3          n1, n3: the kernel's batman-adv as it comes: with loop avoidance and distributed ARP tables
#       /  \     |    /  \         n2: trama
#     c1    \   c2   /    c3
#            +------+              a LAN that both kernel nodes serve: a loop, were it not avoided
#
# Runs inside user-mode Linux.
set -u
: "${INTERVAL:=200}"
KERNEL_DEFAULTS=1
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"

kernel_node 1
trama_node 2
kernel_node 3
mesh_wire 1 2
mesh_wire 2 3
for n in 1 2 3; do client $n; done
ip link add lan1 netns n1 type veth peer name lan3 netns n3
for n in 1 3; do ip -n n$n link set lan$n master br0 up; done
trama_start 2

backbone() { # each kernel node knows the other as one that serves the same LAN
	in_ns n1 batctl meshif bat0 bbt -n -H | grep -q 02:13: && in_ns n3 batctl meshif bat0 bbt -n -H | grep -q 02:11:
}

counter() { # NODE COUNTER
	in_ns "n$1" batctl meshif bat0 statistics | sed -n "s/^[ \t]*$2: *//p"
}

both() { # COUNTER: of the two kernel nodes; which of them stores an address is a matter of its hash
	echo $(($(counter 1 "$1") + $(counter 3 "$1")))
}

asks_the_table() { # the kernel nodes put addresses into each other's ARP table and ask it, through the trama node
	local n c
	for n in 1 2 3; do ip -n c$n neigh flush all; done
	every_pair 3 > /dev/null || return 1
	for c in dat_put_tx dat_put_rx dat_get_tx dat_get_rx; do
		echo "$c: $(both $c)"
		[ "$(both $c)" -gt 0 ] || return 1
	done
}

heard_once() { # every broadcast of c2, by c1 and by c3
	local out n
	out=$(in_ns c2 ping -b -c 21 -i 0.2 -W 1 10.13.255.255 2> /dev/null | grep -v icmp_seq=21) # it awaits one answer to its last
	for n in 1 3; do
		echo "c$n answered $(grep -c "from 10.13.200.$n:" <<< "$out") of 20"
		[ "$(grep -c "from 10.13.200.$n:" <<< "$out")" = 20 ] || return 1
		[ "$(grep "from 10.13.200.$n:" <<< "$out" | grep -o 'icmp_seq=[0-9]*' | sort -u | wc -l)" = 20 ] || return 1
	done
}

requests() {
	echo "$(counter 1 tt_request_rx) $(counter 3 tt_request_rx)"
}

quiet() {
	local before
	before=$(requests)
	sleep 3
	echo "requests for tables: $before, then $(requests)"
	[ "$before" = "$(requests)" ]
}

for n in 1 3; do in_ns c$n sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0; done
ok "every client reaches every other once loop avoidance lets them" wait_for 90 every_pair 3
ok "kernel nodes find each other on their LAN" wait_for 60 backbone
ok "kernel nodes use their distributed ARP tables through the trama node" wait_for 20 asks_the_table
ok "a broadcast from a trama node comes once to a LAN of two kernel nodes" wait_for 40 heard_once
ok "full packets pass" every_pair 3 -s 1472
ok "tables agree: no further table requests once it is quiet" wait_for 10 quiet
ok "the daemon answers" trama_cli 2 status
finish
