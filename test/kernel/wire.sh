#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# wire.sh KIND KIND KIND KIND KIND     k: the kernel's batman-adv, t: trama
#
# A ring of five nodes, then the chain that is left of it when one link is cut. Every cloud port is captured from its first
# frame on, while both lose nothing, 10 and 30 %, and not the same in both directions. Captures, "NODE PORT DEVICE MAC" lines
# and "ring|chain PERCENT PERCENT FROM TO" lines (what is lost clockwise, and back) go to /uml-out.
# The pattern of what is lost is the same in every run: which frames, counted from the beginning of a phase.
# Runs inside user-mode Linux; what comes of it is judged outside, by test/long/wire_test.
set -u
INTERVAL=${INTERVAL:-100}
PHASE_S=${PHASE_S:-10}
# shellcheck source=test/kernel/uml/mesh.sh
. "$(dirname "$0")/uml/mesh.sh"
kinds=("" "$@")
clockwise=(l12 l23 l34 l45 l51) back=(l21 l32 l43 l54 l15)
ports=(l12 l15 l21 l23 l32 l34 l43 l45 l54 l51)

# PERCENT of what leaves is each so manieth frame, and each so manieth of those left (netem drops by chance, without a seed)
one_in=([0]="" [10]="10" [30]="5 8" [100]="1")

drop() { # PERCENT PORT...
	local percent=$1 port every order
	shift
	for port in "$@"; do
		{
			printf 'qdisc replace dev %s root handle 1: prio\nfilter del dev %s parent 1:\n' "$port" "$port"
			order=0
			for every in ${one_in[percent]}; do
				order=$((order + 1))
				echo "filter add dev $port parent 1: protocol all prio $order matchall action continue random determ drop $every"
			done
		} | tc -n "$(node_of "$port")" -batch -
	done
}

# no frame arrives before the captures run, so that they have the beginning of everything
wire_made() {
	drop 100 "$@"
}

phase() { # ring|chain PERCENT PERCENT
	local links=5 from
	[ "$1" = ring ] || links=4
	drop "$2" "${clockwise[@]:0:links}"
	drop "$3" "${back[@]:0:links}"
	from=$EPOCHREALTIME
	sleep "$PHASE_S"
	echo "$@" "$from" "$EPOCHREALTIME" >> /uml-out/phases
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
for lost in "0 0" "10 10" "30 30" "30 0" "0 10" "10 30"; do
	# shellcheck disable=SC2086 # two words
	phase ring $lost
done
drop 100 l15 l51
for lost in "0 0" "10 10" "30 30" "30 0" "0 30"; do
	# shellcheck disable=SC2086 # two words
	phase chain $lost
done
pkill tcpdump
sleep 0.5
