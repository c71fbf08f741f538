#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# radio.sh KIND x 4     k: the kernel's batman-adv, t: trama
#
# Four nodes with one radio each (802.11s without its own forwarding), all of which hear each other. Numbered broadcasts of
# a client at each node (bcast.py). Captures and "NODE PORT DEVICE MAC" lines go to /qemu-out.
# Runs under Debian's kernel in QEMU, which has radios of software; what comes of it is judged outside, by
# test/long/radio_test.
set -u
INTERVAL=${INTERVAL:-200}
QUIET_S=${QUIET_S:-40}
here=$(dirname "$0")
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"
kinds=("" "$@")
ports=(r11 r21 r31 r41)

# A wire_made of radios: what they send is lost until all have begun to capture.
radio() { # PHY NODE
	local device
	device=$(ls "/sys/class/ieee80211/$1/device/net")
	iw phy "$1" set netns name "n$2"
	ip -n "n$2" link set "$device" down
	ip -n "n$2" link set "$device" name "r${2}1" mtu 1560
	in_ns "n$2" iw dev "r${2}1" set type mp
	mesh_end "$2" "r${2}1" 1
	loss 100 "r${2}1"
	in_ns "n$2" iw dev "r${2}1" mesh join air freq 2462 > /dev/null
	in_ns "n$2" iw dev "r${2}1" set mesh_param mesh_fwding 0
}

has_peers() { # PORT
	[ "$(in_ns "$(node_of "$1")" iw dev "$1" station dump | grep -c 'mesh plink:.*ESTAB')" = 3 ]
}

modprobe mac80211_hwsim radios=4 || exit 1
quiet_ns c
phys=(/sys/class/ieee80211/*)
for n in {1..4}; do
	node "${kinds[$n]}" "$n"
	radio "${phys[$n - 1]##*/}" "$n"
	frame_port "$n" c
done
for port in "${ports[@]}"; do
	wait_for 60 has_peers "$port" || { echo "$port does not hear all others" >&2; exit 1; }
done
trama_start_all {1..4}
ports_up "${ports[@]}" || exit 1
capture /qemu-out "${ports[@]}" || exit 1
for port in "${ports[@]}"; do tc -n "$(node_of "$port")" qdisc del dev "$port" root; done
in_ns c python3 "$here/bcast.py" /qemu-out/heard.json 1234 || exit 1
sleep "$QUIET_S"
pkill tcpdump
sleep 0.5
