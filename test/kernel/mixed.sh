#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
#   c1 - n1 --- n2 --- n3 --- n4 - c4        n1, n3: trama    n2, n4: the kernel's batman-adv
#         |      |      |      |
#         |     c2     c3      |
#         +-------- cr --------+              cr walks between n1 and n4
#
# Runs inside user-mode Linux.
set -u
INTERVAL=${INTERVAL:-200}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"

trama_node 1
kernel_node 2
trama_node 3
kernel_node 4
mesh_wire 1 2
mesh_wire 2 3
MTU=1500 mesh_wire 3 4
for n in 1 2 3 4; do client $n; done
walker 1 4
in_ns c2 tcpdump -i eth0 -n -e -l 'icmp6 and ip6[40] = 134' > /run/adverts 2>&1 &
trama_start 1
trama_start 3

crc_of() { # the kernel node 2's idea of an originator's table: all CRCs of VLAN -1
	in_ns n2 batctl meshif bat0 tg -H 2> /dev/null | grep -F "$1" | grep -o '(0x[0-9a-f]*)' | sort -u
}

sees_client() { # NODE MAC: the kernel knows the client
	in_ns "n$1" batctl meshif bat0 tg -H | grep -qi "$2"
}

reroutes() {
	in_ns n2 batctl meshif bat0 statistics | sed -n 's/.*tt_request_rx: *//p'
}

quiet_requests() {
	local before after
	sleep 4
	before=$(reroutes)
	sleep 4
	after=$(reroutes)
	echo "requests before $before after $after"
	[ -n "$before" ] && [ "$before" = "$after" ]
}

hops_to() { # TRAMA NODE, CLIENT: who answered, and how
	trama_cli "$1" trace "$2" 02:cc:00:00:00:01 --json | python3 -c "
import json, sys
print(*(h['from'] + ' ' + h['answer'] for h in json.load(sys.stdin)['mesh_hops'] if h), sep=', ')"
}

traced() {
	local hops
	hops=$(hops_to 1 02:cc:00:00:01:00)
	echo "$hops"
	[ "$hops" = "02:12:00:00:00:01 ttl-exceeded, $(cloud_mac l32) ttl-exceeded, 02:14:00:00:00:03 reply" ]
}

knows_record() { # TRAMA NODE, CLIENT
	trama_cli "$1" clients --json | grep -q "$2"
}

ok "trama and kernel nodes become neighbours" wait_for 90 sees_client 2 02:cc:00:00:00:01
ok "every client reaches every other" wait_for 60 every_pair 4
ok "the records of trama nodes pass a kernel node" wait_for 30 knows_record 3 02:cc:00:00:00:01
ok "the kernel at the end knows the first trama node's client" sees_client 4 02:cc:00:00:00:01
name3=$(trama_cli 3 status | sed 's/ .*//;q')
port1=$(cloud_mac l12) port3=$(cloud_mac l32)
answers() { # batctl ends well with one of them
	local out
	out=$(in_ns n4 batctl meshif bat0 ping -i 0.2 -c 3 "$port1") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out = *"3 packets transmitted, 3 received, 0% packet loss"* ]]
}
ok "batctl ping from the kernel reaches the trama node two hops away" wait_for 8 answers
meter() {
	local out
	out=$(in_ns n4 batctl meshif bat0 throughputmeter -t 2000 "$port1") || { echo "$out"; return 1; }
	echo "$out"
	[ "$(awk '/^Sent/ { print $2 }' <<< "$out")" -gt 100000 ]
}
ok "the kernel's throughput meter measures the way to the trama node two hops away" meter
hops_back() {
	local out
	out=$(in_ns n4 batctl meshif bat0 traceroute -n "$port1") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out =~ ^"traceroute to $port1 ($port1), 50 hops max, 20 byte packets
 1: $port3  "[0-9.]+" ms".*" 2: 02:12:00:00:00:01  "[0-9.]+" ms".*" 3: $port1  "[0-9.]+" ms"[^:]*$ ]]
}
ok "batctl traceroute from the kernel shows all nodes up to the trama node" wait_for 8 hops_back
ok "a client walks from a trama node to a kernel node" walk_and_ping 4
ok "a trama node traces it: the kernel nodes on the way and at the end answer, by TTL and by ping" wait_for 8 traced
ok "and back" walk_and_ping 1
ok "tables agree: no further table requests once it is quiet" quiet_requests
# batctl shows a client as: * MAC VID [flags] (ttvn) ORIGINATOR (ttvn) (CRC); -1 is untagged
kernel_crc() { # KERNEL NODE, CLIENT
	in_ns "n$1" batctl meshif bat0 tg -H | grep -i "$2 *-1 " | sed -n 's/.*(0x\([0-9a-f]*\)).*/\1/p' | head -1
}

trama_crc() { # TRAMA NODE, CLIENT, local or global
	trama_cli "$1" translation --json | python3 -c "
import json, sys
for e in json.load(sys.stdin)['$3']:
    if e['tt_address'] == '$2' and e['tt_crc32'] is not None:
        print('%08x' % e['tt_crc32'])
        break"
}

same_crcs() {
	local c1=02:cc:00:00:00:01 c2=02:cc:00:00:00:02 c4=02:cc:00:00:00:04 own
	own=$(in_ns n2 batctl meshif bat0 tl -H | grep -i "$c2 *-1 " | sed -n 's/.*(0x\([0-9a-f]*\)).*/\1/p')
	echo "of n1: $(trama_crc 1 $c1 local) n2 $(kernel_crc 2 $c1) n3 $(trama_crc 3 $c1 global) n4 $(kernel_crc 4 $c1)"
	echo "of n2: $own n1 $(trama_crc 1 $c2 global) n3 $(trama_crc 3 $c2 global) n4 $(kernel_crc 4 $c2)"
	[ -n "$own" ] && [ "$own" = "$(trama_crc 1 $c2 global)" ] && [ "$own" = "$(trama_crc 3 $c2 global)" ] &&
		[ "$(trama_crc 1 $c1 local)" = "$(kernel_crc 2 $c1)" ] &&
		[ "$(kernel_crc 2 $c1)" = "$(kernel_crc 4 $c1)" ] && [ "$(kernel_crc 2 $c4)" = "$(trama_crc 1 $c4 global)" ]
}

ok "the checksums of all tables are equal at both kinds" wait_for 30 same_crcs

# trama cloud beside batctl; no process more than needed, for they cost here
ping_lines() { # HOST: as batctl prints them
	local out
	out=$(trama_cli 1 cloud ping -i 0.1 -c 3 "$1") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out =~ ("20 bytes from $1 icmp_seq="[123]" ttl="[45][0-9]" time="[0-9.]+" ms".*){3}"3 packets transmitted, 3 received, 0% packet loss" ]]
}

recorded() { # seven ports to n4 and back, and a name where a trama node has it
	local out tabs
	out=$(trama_cli 1 cloud ping -R -c 1 02:cc:00:00:00:04) || { echo "$out"; return 1; }
	echo "$out"
	tabs=${out//[!$'\t']/}
	[[ $out = *"116 bytes from "*"RR: "*"$name3"* && ${#tabs} = 7 ]]
}

three_hops() { # HOST: client 4
	local out
	out=$(trama_cli 1 cloud traceroute -n "$1") || { echo "$out"; return 1; }
	echo "$out"
	[[ $out =~ ^"traceroute to $1 (02:14:00:00:00:03), 50 hops max, 20 byte packets
 1: 02:12:00:00:00:01  "[0-9.]+" ms".*" 2: $port3  "[0-9.]+" ms".*" 3: 02:14:00:00:00:03  "[0-9.]+" ms"[^:]*$ ]]
}

ctrl_c() {
	local out
	out=$(in_ns n1 timeout -s INT 2 "$BIN/trama" cloud ping 02:cc:00:00:00:04 --socket /run/n1/run/trama/control)
	echo "$out"
	[[ $out = *" received, 0% packet loss"* ]]
}

no_answer() { # a neighbour that is deaf for a moment: status 2
	local status
	ip -n n2 link set l21.29 down
	trama_cli 1 cloud ping -c 1 -t 0.3 02:cc:00:00:00:04
	status=$?
	ip -n n2 link set l21.29 up
	[ $status = 2 ]
}

kinds() { # test/kernel/uml/kinds.py of node 2
	python3 "$(dirname "$0")/uml/kinds.py" 2 02:14:00:00:00:03 "$port1" "$port3"
}

ok "batctl on a kernel node shows trama nodes as it shows its own kind" wait_for 20 kinds
ok "trama cloud has the fields, the columns and the statistics of batctl on a kernel node, and the same nodes" \
	wait_for 20 python3 "$(dirname "$0")/uml/compare.py" 1 2
ok "cloud ping reaches a kernel node three hops away by a client's MAC" wait_for 8 ping_lines 02:cc:00:00:00:04
ok "and a trama node behind a kernel node by its name" wait_for 8 ping_lines "$name3"
ok "and a client of a kernel node, that nobody has a record of, by its address" wait_for 8 ping_lines 10.13.200.2
ok "and by its link-local address" wait_for 8 ping_lines fe80::cc:ff:fe00:2
ok "cloud ping records the route through nodes of both kinds" wait_for 8 recorded
ok "cloud traceroute shows them" wait_for 8 three_hops 02:cc:00:00:00:04
ok "to an address too" wait_for 8 three_hops 10.13.200.4
ok "Ctrl-C ends cloud ping with its statistics" wait_for 10 ctrl_c

told_mtu() { # CLIENT MTU: by router advertisements
	in_ns "$1" sh -c "cat /proc/sys/net/ipv6/conf/*/mtu" | grep -qx "$2"
}
ok "beside nodes of other software clients are told the MTU of LibreMesh" wait_for 60 told_mtu c1 1350

counted() { # NODE COUNTER, of batman-adv
	if is_trama "$1"; then trama_cli "$1" cloud statistics; else in_ns "n$1" batctl meshif bat0 statistics; fi |
		sed -n "s/^[ \t]*$2: *//p"
}

in_fragments() { # full packets over the wire of 1500 bytes, two senders at once
	local node counter first
	declare -A before
	for node in 3 4; do
		for counter in frag_tx frag_rx; do before[$node$counter]=$(counted $node $counter); done
	done
	in_ns c1 ping -c 20 -i 0.02 -s 1472 -q 10.13.200.4 &
	first=$!
	in_ns c2 ping -c 20 -i 0.02 -s 1472 -q 10.13.200.4 | tee /run/second.ping
	wait $first && grep -q ' 0% packet loss' /run/second.ping || return 1
	for node in 3 4; do
		for counter in frag_tx frag_rx; do
			echo "n$node $counter: ${before[$node$counter]}, now $(counted $node $counter)"
			[ "$(counted $node $counter)" -ge $((${before[$node$counter]} + 80)) ] || return 1
		done
	done
}
ok "full packets of two senders pass a wire of 1500 bytes in fragments of both kinds" in_fragments

everybody_hears() { # GROUP: clients of both kinds answer the client of a kernel node
	local out
	out=$(in_ns c2 ping -c 2 -W 1 -I eth0 "$1")
	echo "$out"
	[ "$(grep -o 'from 10[^ ]*' <<< "$out" | sort -u | wc -l)" -ge 3 ]
}
everybody_sees() { # GROUP: for an answer from such an address would not be one
	local n
	in_ns c2 ping -c 2 -i 0.2 -W 1 -I eth0 "$1" > /dev/null
	for n in 1 3 4; do
		grep -q "> $1: .* echo request" /run/c$n.seen || { echo "not at c$n"; return 1; }
	done
}
for n in 1 3 4; do
	in_ns c$n sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
	ip -n c$n addr add 239.1.2.3/32 dev eth0 autojoin
	ip -n c$n addr add ff05::5/128 dev eth0 autojoin
	in_ns c$n tcpdump -l -n -i eth0 -p icmp6 > /run/c$n.seen 2> /dev/null &
done
ok "multicast of a kernel node's client reaches those of all" wait_for 10 everybody_hears 239.1.2.3
ok "IPv6 multicast too" wait_for 15 everybody_sees ff05::5
pkill -f 'tcpdump .* -p icmp6'

tagged() { # NODE OF A CLIENT
	ip -n "c$1" link add link eth0 name eth0.5 type vlan id 5
	ip -n "c$1" addr add "192.0.2.$1/24" dev eth0.5
	ip -n "c$1" link set eth0.5 up
}
in_ns n4 bridge vlan add vid 5 dev bat0 # or the kernel refuses clients of that VLAN
for n in 1 3 4; do tagged $n; done
ok "tagged clients of trama nodes reach each other through a kernel node" wait_for 10 pings c1 192.0.2.3
ok "and one of a kernel node" wait_for 10 pings c4 192.0.2.1 -s 1468
priorities() { # a kernel takes the tag for a VLAN, in which it knows only those who have spoken so at kernel nodes
	local got own client=02:cc:00:00:00:02
	got=$(python3 "$(dirname "$0")/priority.py" 2 4 1)
	echo "$got"
	[ "$got" = "of 2 to one: 4, to all: 1 3 4
of 4 to one: 2, to all: 1 2 3
of 1 to one: 2 3 4, to all: 2 3 4" ] || return 1
	own=$(in_ns n2 batctl meshif bat0 tl -H | sed -n "s/.*$client *0 .*(0x\([0-9a-f]*\)).*/\1/p")
	says 1 translation "('$client', 0, 0x$own) in [(r['tt_address'], r['tt_vid'], r['tt_crc32']) for r in j['global']]"
}
ok "clients of a trama node reach all with a priority tag; those of kernel nodes each other, and all by broadcasts" \
	wait_for 15 priorities

decoded() { # batctl's own tcpdump knows everything that trama nodes say
	local wanted
	# what it has read it may hold back until it has a block
	in_ns n4 timeout 4 batctl tcpdump -n l43.29 > /run/decoded.4 2> /run/complaints.4 &
	in_ns n2 timeout 4 batctl tcpdump -n l21.29 l23.29 > /run/decoded.2 2> /run/complaints.2
	wait $!
	tail -n 3 /run/decoded.[24]
	# until it has named its port, it hears all of them: port hellos too
	grep -hvE 'Interrupted system call|unknown ether type' /run/complaints.[24] && return 1
	for wanted in "OGM IV via neigh $port1" "OGM IV via neigh $port3" "BAT $port1 > [^ ]*: UCAST, .*ICMP echo request" \
		"BAT $port1: BCAST, orig $port1, .*ICMP echo request" "BAT $(cloud_mac l34) > [^ ]*: UCAST FRAG, "; do
		grep -hqE "$wanted" /run/decoded.[24] || { echo "no line with: $wanted"; return 1; }
	done
}
pings_on() { # while batctl looks
	in_ns c1 ping -i 0.1 -c 30 -s 1472 -q 10.13.200.4 > /dev/null &
	in_ns c1 ping -i 0.5 -c 6 -q -I eth0 224.0.0.1 > /dev/null &
	decoded
}
ok "batctl tcpdump decodes what trama nodes say" pings_on
no_router() { # CLIENT
	ip -n "$1" -6 addr show scope global
	cat /run/adverts
	[ -z "$(ip -n "$1" -6 addr show scope global dynamic)" ]
}
ok "no router advertisement of a trama node has come to clients of a kernel node" no_router c2
for n in 1 3; do
	ok "node $n: the daemon answers" trama_cli $n status
done
ok "cloud ping without an answer has batctl's exit status" no_answer
if [ $failures -gt 0 ]; then
	for n in 1 3; do
		echo "# log of n$n:"
		tail -15 /run/n$n.log | sed 's/^/#   /'
	done
	in_ns n2 batctl meshif bat0 o -H 2>&1 | sed 's/^/# o: /'
	in_ns n2 batctl meshif bat0 tg -H 2>&1 | sed 's/^/# tg: /'
fi
finish
