#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# ring.sh ROUNDS times|cuts|control KIND...     KIND: one letter per node of a ring, k: the kernel's batman-adv, t: trama
#
# times: one line per figure, "NAME KINDS VALUE", on /uml-out/figures: how a ring of such nodes starts, how a client roams
# to a node of the other kind and back, TCP over three hops. cuts: how long each link of the ring is missed when it dies
# silently. control: what the nodes say while their clients are quiet, in /uml-out/KINDS.ROUND/PORT.pcap. Runs inside
# user-mode Linux.
set -u
INTERVAL=${INTERVAL:-1000}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/../../kernel/uml/mesh.sh"
rounds=$1 figures=$2
shift 2

# The ends of all wires of a ring of $1 nodes.
ends() {
	local a b
	for a in $(seq "$1"); do
		b=$((a % $1 + 1))
		echo "l$a$b" "l$b$a"
	done
}

wire_made() {
	loss 100 "$@"
}

client_is_in() { # the client's port is in the bridge of its node
	ip -n "n$1" link show "ap$1" | grep -q 'master br0'
}

build() { # KINDS: everything but the wires' passing
	local kinds=$1 n
	local count=${#kinds}
	for n in $(seq "$count"); do
		node "${kinds:n-1:1}" "$n"
	done
	for n in $(seq "$count"); do
		mesh_wire "$n" $((n % count + 1))
		client "$n"
	done
	walker 1 4
	# shellcheck disable=SC2046
	trama_start_all $(seq "$count")
	# shellcheck disable=SC2046
	ports_up $(ends "$count") || exit 1
	for n in $(seq "$count"); do
		wait_for 90 client_is_in "$n" || { echo "ap$n is in no bridge" >&2; exit 1; }
	done
	sleep 2
}

raze() { # KINDS
	local n
	disown -a # nor of those that are killed here
	pkill -KILL tramad
	pkill babeld
	pkill dnsmasq
	pkill -f echo.py
	for n in $(seq ${#1}); do
		ip netns pids "n$n" | xargs -r kill -KILL
		ip netns del "n$n"
		ip netns del "c$n"
		rm -rf "/run/n$n"
	done
	ip netns del cr
	sleep 1
}

figure() { # NAME KINDS VALUE
	echo "$1 $2 $3" >> /uml-out/figures
}

last_answered() { # the first answer of the pair that had to wait for longest
	local file
	for file in /run/ping.*; do
		sed -n '/time=/{s/^\[\([0-9.]*\)\].*/\1/p;q}' "$file"
	done | sort -n | tail -1
}

pass() { # PORT...: at once, one after the other would take a second and more
	local port started=()
	for port in "$@"; do
		loss 0 "$port" &
		started+=($!)
	done
	wait "${started[@]}"
}

start() { # KINDS: from the moment that the wires pass
	local kinds=$1 a b began
	local count=${#kinds}
	for a in $(seq "$count"); do
		for b in $(seq $((a + 1)) "$count"); do
			ping_log "c$a" "10.13.200.$b" 0.1 600 "/run/ping.$a$b" &
		done
	done
	sleep 3
	began=$(date +%s.%N)
	# shellcheck disable=SC2046
	pass $(ends "$count")
	all_answered() {
		local file
		for file in /run/ping.*; do
			grep -q time= "$file" || return 1
		done
	}
	wait_for 60 all_answered || echo "not all clients reach each other" >&2
	pkill -INT ping # ends as usual: bash is not to tell of each
	last_answered | awk -v began="$began" '{ printf "%.2f\n", $1 - began }' | figure_of start_s "$kinds"
	rm -f /run/ping.*
}

figure_of() { # NAME KINDS, the value from standard input
	local value
	read -r value
	figure "$1" "$2" "$value"
}

roam() { # KINDS NODE FIGURE: of an echo between the walker and client 3
	echo_gap_ms cr 10.13.200.3 5 > /run/gap &
	sleep 2
	walk_to "$2"
	wait $!
	figure_of "$3" "$1" < /run/gap
	sleep 3
}

cut() { # KINDS NODE: the wire that its client and the next one use, with the long way round as the other
	local next=$(($2 % ${#1} + 1))
	echo_gap_ms "c$2" "10.13.200.$next" 15 > /run/gap &
	sleep 2
	loss 100 "l$2$next" "l$next$2"
	wait $!
	figure_of cut_gap_ms "$1" < /run/gap
	loss 0 "l$2$next" "l$next$2"
}

tcp() { # KINDS: three hops, as the wire between nodes 1 and 5 is cut
	loss 100 l15 l51
	sleep 8
	DELAY='' loss 0 l12 l21 l23 l32 l34 l43
	in_ns c4 iperf3 -s -1 > /dev/null 2>&1 &
	sleep 0.5
	in_ns c1 iperf3 -c 10.13.200.4 -t 4 -J |
		python3 -c 'import json, sys; print(json.load(sys.stdin)["end"]["sum_received"]["bits_per_second"] / 1e6)' |
		figure_of tcp_mbit "$1"
}

times() { # KINDS
	start "$1"
	sleep 10
	DELAY=2ms
	# shellcheck disable=SC2046
	loss 1 $(ends ${#1})
	echo_server c3
	roam "$1" 4 roam_gap_ms
	roam "$1" 1 back_gap_ms
	# shellcheck disable=SC2046
	loss 0 $(ends ${#1})
	tcp "$1"
	DELAY=
}

cuts() { # KINDS
	local n
	# shellcheck disable=SC2046
	pass $(ends ${#1})
	sleep 20
	for n in $(seq ${#1}); do
		echo_server "c$n"
	done
	for n in $(seq ${#1}); do
		cut "$1" "$n"
		sleep 12 # the next one has all of them again
	done
}

control() { # KINDS ROUND
	# shellcheck disable=SC2046
	loss 0 $(ends ${#1})
	sleep 30
	mkdir "/uml-out/$1.$2"
	# shellcheck disable=SC2046
	capture "/uml-out/$1.$2" $(ends ${#1})
	sleep 60
	pkill tcpdump
	sleep 0.5
}

for round in $(seq "$rounds"); do
	for kinds in "$@"; do
		echo "  $figures, round $round of $rounds: $kinds"
		build "$kinds"
		"$figures" "$kinds" "$round"
		raze "$kinds"
	done
done
