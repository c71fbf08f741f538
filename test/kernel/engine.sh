#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   c1 - n1 --- n2 --- n3 --- n4 --- n5      n1, n4: trama that drives the kernel's batman-adv
#         |      |      |      | \    |      n2, n5: batman-adv alone    n3: trama's own engine
#         |     c2     c3      |  c4  |
#         +-------- cr --------+------+      cr walks between all of them; for a while n1 and n4 have a wire of their own
#
# Runs inside user-mode Linux.
set -u
INTERVAL=${INTERVAL:-200}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"

trama_node 1
kernel_node 2
trama_node 3
trama_node 4
kernel_node 5
for n in 1 4; do
	# and something that is right, but is remarked on
	printf "config trama 'l2'\n\toption engine 'kernel'\nconfig trama 'limits'\n\toption originators '300'\n" >> "/run/n$n/conf"
done
mesh_wire 1 2
mesh_wire 2 3
mesh_wire 3 4
mesh_wire 4 5
for n in 1 2 3 4; do client $n; done
walker 1 2 3 4 5
port_role 1 l14 mesh
port_role 4 l41 mesh
# what a node says to its own clients only, seen at a client of another software's node
in_ns c2 tcpdump -i eth0 -n -e -l 'icmp6 and ip6[40] = 134 or udp src port 67 or arp src host 10.13.0.1' > /run/adverts 2>&1 &
trama_start 1
daemon=$!
for n in 3 4; do trama_start $n; done

kernel_has() { # NODE: the device, and all settings
	local is
	in_ns "n$1" batctl meshif bat0 interface | grep -q active || return
	is=$(in_ns "n$1" sh -c 'for of in bl dat gw f ag hp it; do batctl meshif bat0 $of; done' | xargs)
	echo "$is"
	[ "$is" = "disabled disabled off enabled enabled 30 $INTERVAL" ]
}

set_otherwise() { # NODE: all that kernel_has looks at
	in_ns "n$1" sh -ec 'for to in "bl 1" "dat 1" "gw client" "f 0" "ag 0" "hp 60" "it 5000"; do batctl meshif bat0 $to; done'
}

ok "tramad makes bat0 of the kernel's kind and sets it up" wait_for 90 kernel_has 1
ok "every client reaches every other" wait_for 60 every_pair 4
ok "its settings are changed by somebody" set_otherwise 1
ok "and are as before within 5 s" wait_for 5 kernel_has 1
ok "status names the engine" says 1 status "j['engine'] == 'kernel'"
ok "the tables of the kernel are trama's tables: originators" wait_for 30 says 1 originators \
	"sum(o['best'] for o in j) == 4 and all(0 < o['tq'] < 256 for o in j if o['best'])"
ok "neighbours" wait_for 30 says 1 neighbours "len(j['cloud']) == 1"
ok "clients of others" wait_for 30 says 1 translation \
	"{'02:cc:00:00:00:02', '02:cc:00:00:00:03', '02:cc:00:00:00:04'} <= {t['tt_address'] for t in j['global']}"
ok "our own clients, with the checksum that the others have" wait_for 30 says 1 translation \
	"any(t['tt_address'] == '02:cc:00:00:00:01' and t['tt_crc32'] for t in j['local'])"
for n in 1 3 4; do
	ok "node $n has records of all trama nodes, behind a node of other software too" wait_for 60 \
		says $n nodes "len(j) == 3"
done
ok "a client walks from the kernel's engine to another" walk_and_ping 4
ok "its old node has forgotten it within 3 s" wait_for 3 says 1 clients \
	"not any(c['mac'] == '02:cc:00:00:01:00' and c.get('here') for c in j)"
ok "and back" walk_and_ping 1

# Clients with a tag: the cloud carries a VLAN as soon as one speaks in it, or answers
tag() { # CLIENT...: VLAN 5, in which they are silent until they are spoken to
	local c
	for c in "$@"; do
		in_ns "c$c" sh -c 'echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6'
		ip -n "c$c" link add link eth0 name eth0.5 type vlan id 5
		ip -n "c$c" addr add "10.99.5.$c/24" dev eth0.5
		ip -n "c$c" link set eth0.5 up
	done
}

knows_tagged() { # NODE CLIENT
	in_ns "n$1" batctl meshif bat0 tl -H | tee /dev/stderr | grep -Eq "02:cc:00:00:00:0$2 +5 "
}

vlans() { # NODE: of bat0 in the bridge, but for the bridge's own
	in_ns "n$1" bridge vlan show dev bat0 | awk 'NR > 1 && !/PVID/ { print $NF }' | xargs
}

has_vlans() { # NODE VLANS
	local is
	is=$(vlans "$1")
	echo "n$1: $is"
	[ "$is" = "$2" ]
}

tag 1 3 4
ok "no VLAN before a client speaks" has_vlans 1 ''
ok "a client with a tag, of the user's engine, reaches one of the kernel's, that only answers" wait_for 8 pings c3 10.99.5.1
ok "and one of another kernel's" wait_for 8 pings c4 10.99.5.1
ok "and they reach all others" wait_for 8 pings c1 10.99.5.4
ok "from each" wait_for 8 pings c4 10.99.5.3
ok "the kernel announces the client in its VLAN" wait_for 3 knows_tagged 1 1
ok "it has that one, and no other" has_vlans 1 5
ok "somebody takes it away" in_ns n1 bridge vlan del dev bat0 vid 5
ok "and it is there again within 5 s" wait_for 5 has_vlans 1 5
ok "frames of 1472 bytes and a tag pass" wait_for 8 pings c1 10.99.5.3 -s 1472

started_twice() { # NODE
	[ "$(grep -c 'the node has started' "/run/n$1.log")" = 2 ]
}

tags_stay() { # the daemon starts again, with nothing taken away meanwhile
	ip netns exec n1 bridge monitor vlan > /run/vlans 2>&1 &
	local monitor=$!
	kill -HUP "$daemon"
	wait_for 30 started_twice 1 || return
	in_ns c3 ping -q -i 0.1 -c 50 10.99.5.1 | grep ' 0% packet loss' || return
	kill $monitor
	cat /run/vlans
	has_vlans 1 5 && ! grep -q Deleted /run/vlans
}
ok "a restart of the daemon leaves it alone" tags_stay
remarked() { # NODE TIMES
	[ "$(grep -c "option 'originators', value '300': with engine 'kernel'" "/run/n$1.log")" = "$2" ]
}
ok "each start has said once what the configuration does not do" remarked 1 2

# How long a client is silent when it walks. A process takes a second to start on a machine that has much to do: the walk
# itself needs none, and the pings go on for a second after it.
gap_ms() { # ADDRESS NODE: that it pings, that it goes to
	in_ns cr bash -c '
		ping -n -D -i 0.01 "$0" > /run/pings 2>&1 &
		sleep 0.5
		walked=$EPOCHREALTIME
		echo "walk$1" > /sys/class/net/bond0/bonding/active_slave
		sleep 1
		end=$EPOCHREALTIME
		kill -INT $!
		wait
		{ echo "[$walked] time="; cat /run/pings; echo "[$end] time="; } | sort > /run/gap' "$1" "$2"
	longest_gap_ms /run/gap
}

walks() { # KIND ADDRESS NODE...
	local n
	for n in "${@:3}"; do gap_ms "$2" "$n"; done >> "/run/gaps.$1"
}

median_ms() { # KIND OF WALK: the greater one of two in the middle
	sort -n "/run/gaps.$1" | awk '{ gap[NR] = $1 } END { print gap[int(NR / 2) + 1] }'
}

is_short() { # KIND OF WALK
	cat "/run/gaps.$1"
	[ "$(median_ms "$1")" -lt 500 ]
}

as_short() { # KIND, BESIDE KIND
	[ "$(median_ms "$1")" -le $(($(median_ms "$2") + 50)) ]
}

all_walks() { # of engine and plain the ends are three hops apart, and what is pinged is one from the first
	walks engine 10.13.200.2 4 1
	walks kernel 10.13.200.3 2
	walks plain 10.13.200.3 5 2
	walks kernel 10.13.200.3 1
	walks user 10.13.200.2 3 1
}

for round in 1 2 3 4; do # more than two where the machine's own pauses are as long
	all_walks
	if [ $round -ge 2 ] && as_short engine plain; then break; fi
done
ok "a client that walks between nodes with the kernel's engine is silent for less than half a second" is_short engine
ok "not longer than between nodes of the kernel's own, but for 50 ms" as_short engine plain
ok "one that walks to a node of the kernel's own and back is silent for less than half a second" is_short kernel
ok "and to one with the user's engine" is_short user
for kind in engine plain kernel user; do echo "# walks, $kind: silent for $(paste -sd, /run/gaps.$kind) ms"; done

ok "a ping of 1472 bytes passes all kinds" pings c1 10.13.200.4 -s 1472

# A port that comes and goes while the cloud is used
hops() { # NUMBER: from client 1 to client 4
	local out
	out=$(trama_cli 1 cloud traceroute -n 02:cc:00:00:00:04)
	echo "$out"
	[ "$(grep -c '^ *[0-9]*: ' <<< "$out")" = "$1" ] && pings c1 10.13.200.4 && pings c4 10.13.200.1
}
has_port() { # NODE PORT
	in_ns "n$1" batctl meshif bat0 interface | grep -q "^$2_29: active"
}
mesh_wire 1 4
ok "a mesh port that comes is one of bat0's" wait_for 30 has_port 1 l14
ok "and at the other end" wait_for 30 has_port 4 l41
ok "clients reach each other by it" wait_for 30 hops 1
ip -n n1 link del l14
ok "it goes: clients reach each other the long way" wait_for 30 hops 3

for n in 1 3 4; do
	ok "node $n: the daemon answers" trama_cli $n status
done

has_router() { # CLIENT: by router advertisements
	ip -n "$1" -6 route show default | grep -q 'proto ra'
}

stay_here() { # nothing that a client of a kernel node should not hear
	cat /run/adverts
	grep -q 'listening on' /run/adverts && ! grep -qE 'router advertisement|BOOTP|ARP' /run/adverts
}
ok "a client at the kernel's engine has a router of its own node" wait_for 20 has_router c1
ok "what is said to such clients does not come to those of a plain kernel node" stay_here

# trama cloud beside batctl
reaches() { # HOST OPTIONS
	trama_cli 1 cloud ping -c 2 -i 0.1 "$@" && trama_cli 1 cloud traceroute "$1"
}

ok "trama cloud shows what batctl shows on the same node" wait_for 20 python3 "$(dirname "$0")/uml/compare.py" 1 1
ok "cloud ping and traceroute with the kernel's engine, to a client of a node with the user's" reaches 02:cc:00:00:00:03 -R
ok "and to its node by name" reaches "$(trama_cli 3 status | sed 's/ .*//;q')"
ok "and by an address" reaches 10.13.200.4
ok "and by a link-local one" reaches fe80::cc:ff:fe00:4
ok "and back" trama_cli 3 cloud ping -c 1 02:cc:00:00:00:01

ip -n n4 link del l45
ip -n n4 link del l43
ok "the last wires of a node go: its table of originators is empty within 10 s" wait_for 10 says 4 originators "j == []"

if [ $failures -gt 0 ]; then
	for n in 1 4; do
		echo "# log of n$n:"
		tail -15 /run/n$n.log | sed 's/^/#   /'
		in_ns n$n batctl meshif bat0 tg -H 2>&1 | sed 's/^/# tg: /'
		in_ns n$n ip -br link 2>&1 | sed 's/^/# /'
		trama_cli $n neighbours 2>&1 | sed 's/^/# /'
	done
fi
finish
