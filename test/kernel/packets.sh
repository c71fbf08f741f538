#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
#
# A node of the kernel's batman-adv (n1) and a trama node (n2), each with three ports whose other ends are in namespace s,
# and a client port. packets.py does the rest.
#
# Runs inside user-mode Linux.
set -u
here=$(dirname "$0")
export INTERVAL=${INTERVAL:-200}
# shellcheck source=test/kernel/uml/mesh.sh
. "$here/uml/mesh.sh"

quiet_ns s
kernel_node 1
ip -n n1 link set br0 type bridge mcast_snooping 0 # the bridge keeps no groups from bat0
trama_node 2
for n in 1 2; do
	for end in 3 4 5; do
		mtu=$((end == 4 ? 1500 : 1600))
		ip link add l$n$end mtu $mtu netns n$n type veth peer name s$n$end mtu $mtu netns s
		ip -n s link add link s$n$end name s$n$end.29 type vlan proto 802.1ad id 29
		ip -n s link set s$n$end up
		ip -n s link set s$n$end.29 up
		mesh_end $n l$n$end $end
	done
	frame_port $n s
done
in_ns n1 bridge vlan add vid 5-6 dev bat0 # or the kernel refuses clients of these VLANs
trama_start 2
ports_up l23 l24 l25 && in_ns s python3 "$here/packets.py" "$@"
status=$?
if [ $status != 0 ]; then tail -15 /run/n2.log | sed 's/^/# /'; fi
exit $status
