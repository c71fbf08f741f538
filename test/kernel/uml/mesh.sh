# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Functions for tests inside user-mode Linux: nodes with the kernel's batman-adv, trama nodes, wires, clients. A process
# costs a lot there.
# The cloud is the default one: SSID LibreMesh.org, VLAN 29 (802.1ad), 10.13.0.0/16.

: "${BIN:?directory of tramad and trama}"
: "${INTERVAL:=500}" # originator interval of both kinds, ms
: "${AGGREGATION:=1}" # 0: each OGM in a frame of its own, with both kinds

count=0
failures=0

ok() { # NAME COMMAND...
	local name=$1 out
	shift
	count=$((count + 1))
	if out=$("$@" 2>&1); then
		echo "ok $count - $name"
	else
		failures=$((failures + 1))
		echo "not ok $count - $name"
		printf '%s\n' "$out" | tail -30 | sed 's/^/# /'
	fi
}

# Does what it is told from outside, until that is to exit: DIRECTORY. The lines of do.1, do.2... are run, what they print
# goes to said.1, said.2...; "== STATUS" ends it. (The console of user-mode Linux sometimes keeps what comes in for itself.)
serve() {
	local number=1
	mkfifo "/run/never$$"
	exec 9<> "/run/never$$"
	for (( ; ; number++)); do
		until [ -e "$1/do.$number" ]; do read -r -t 0.05 <&9; done
		eval "$(< "$1/do.$number")" > "$1/said.$number" 2>&1
		echo "== $?" >> "$1/said.$number"
	done
}

finish() {
	echo "1..$count"
	exit $((failures > 0))
}

wait_for() { # SECONDS COMMAND...
	local until=$((SECONDS + $1))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $SECONDS -lt $until ] || { "$@"; return; }
		sleep 0.1
	done
}

in_ns() {
	ip netns exec "$@"
}

# KIND NUMBER...: k is the kernel's own, t is trama
node() {
	case $1 in
	k) kernel_node "$2" ;;
	t) trama_node "${@:2}" ;;
	esac
}

is_trama() { # NODE
	[ -f "/run/n$1/conf" ]
}

# Ports are called lAB: of node A, towards node B.
node_of() { # PORT
	echo "n${1:1:1}"
}

cloud_device() { # PORT
	if is_trama "${1:1:1}"; then echo "$1_29"; else echo "$1.29"; fi
}

cloud_mac() { # PORT
	ip -n "$(node_of "$1")" -j link show "$(cloud_device "$1")" | sed 's/.*"address":"\([^"]*\)".*/\1/'
}

ports_up() { # PORT...: waits until all of them are in the cloud
	local port
	for port in "$@"; do
		wait_for 90 port_is_up "$port" || { echo "$port has no device of the cloud" >&2; return 1; }
	done
}

port_is_up() { # PORT
	ip -n "$(node_of "$1")" link show "$(cloud_device "$1")" 2> /dev/null | grep -q '[<,]UP'
}

loss() { # PERCENT PORT...: of what leaves by them; DELAY, if set, is theirs too
	local percent=$1 port
	shift
	for port in "$@"; do
		tc -n "$(node_of "$port")" qdisc replace dev "$port" root netem loss "$percent%" ${DELAY:+delay $DELAY}
	done
}

# DIRECTORY PORT...: what the cloud says there from now on into PORT.pcap, until tcpdump is killed; "NODE PORT DEVICE MAC"
# into `ports`
capture() {
	local out=$1 port node device
	shift
	for port in "$@"; do
		node=$(node_of "$port") device=$(cloud_device "$port")
		rm -f "$out/$port.pcap"
		echo "${node:1} $port $device $(cloud_mac "$port")"
		in_ns "$node" tcpdump -i "$device" -U -s 0 -w "$out/$port.pcap" ether proto 0x4305 2> /dev/null &
	done > "$out/ports"
	wait_for 60 all_capture "$out" "$@"
}

# tcpdump begins its file when it hears already
all_capture() { # DIRECTORY PORT...
	local out=$1 port
	shift
	for port in "$@"; do
		[ -s "$out/$port.pcap" ] || { echo "no capture of $port"; return 1; }
	done
}

# A node of the kernel's own kind: NUMBER
kernel_node() {
	ip netns add "n$1"
	ip -n "n$1" -batch - <<-X
		link set lo up
		link add br0 type bridge forward_delay 0 stp_state 0
		link set br0 address 02:bb:00:00:00:0$1 up
	X
	kernel_cloud "$1"
}

kernel_cloud() { # NUMBER [MAC]: bat0 of a kernel node, without ports
	in_ns "n$1" batctl meshif bat0 interface create routing_algo BATMAN_IV
	ip -n "n$1" -batch - <<-X
		link set bat0 address ${2:-02:ba:00:00:00:0$1}
		link set bat0 master br0 ${BAT0_MTU:+mtu $BAT0_MTU} up
	X
	if [ -z "${KERNEL_DEFAULTS:-}" ]; then # loop avoidance holds broadcasts back for half a minute
		in_ns "n$1" batctl meshif bat0 bl 0
		in_ns "n$1" batctl meshif bat0 dat 0
	fi
	in_ns "n$1" batctl meshif bat0 it "$INTERVAL"
	[ "$AGGREGATION" = 1 ] || in_ns "n$1" batctl meshif bat0 ag "$AGGREGATION"
}

# A trama node: NUMBER [PORT]; its daemon is started by trama_start once its wires are there. A port that is there from the
# start decides its name and address: PORT, or one of its own.
trama_node() {
	ip netns add "n$1"
	ip -n "n$1" link set lo up
	[ $# = 2 ] || ip -n "n$1" link add "port$1" address "02:00:00:11:00:0$1" type dummy
	mkdir -p "/run/n$1"
	cat > "/run/n$1/conf" <<-X
		config lime 'network'
		        option batadv_orig_interval '$INTERVAL'
		        option primary_interface '${2:-port$1}'
		config trama 'l2'
		        option aggregated_ogms '$AGGREGATION'
	X
}

trama_start() { # NUMBER
	local n=$1
	mkdir -p "/run/n$n/run" "/run/n$n/state"
	cp "/run/n$n/conf" "/run/n$n/run/trama.conf"
	ip netns exec "n$n" unshare -m bash -c "
		mkdir -p /var/lib/trama
		mount --bind /run/n$n/state /var/lib/trama
		mount -t bpf bpf /sys/fs/bpf
		mount --bind /run/n$n/run /run
		exec $BIN/tramad -d -f /run/trama.conf" > "/run/n$n.log" 2>&1 &
}

trama_start_all() { # NODE...: those that are of trama
	local n
	for n in "$@"; do
		if is_trama "$n"; then trama_start "$n"; fi
	done
}

node_down() { # NODE: in good order
	local pid pids=()
	if ! is_trama "$1"; then
		ip -n "n$1" link del bat0
		return
	fi
	for pid in $(ip netns pids "n$1"); do
		if [[ $(< "/proc/$pid/comm") = tramad ]]; then pids+=("$pid"); fi
	done
	kill -TERM "${pids[@]}"
	for pid in "${pids[@]}"; do
		while [ -e "/proc/$pid" ]; do sleep 0.05; done
	done
}

node_up() { # NODE [MAC OF BAT0]: that was down; bat0 has the ports of before
	local port
	if is_trama "$1"; then
		trama_start "$1"
		return
	fi
	kernel_cloud "$@"
	for port in $(in_ns "n$1" ls /sys/class/net); do
		if [[ $port = l*.29 ]]; then echo "link set $port master bat0"; fi
	done | ip -n "n$1" -batch -
}

port_role() { # NODE INTERFACE ROLE
	is_trama "$1" || return 0
	printf "config port '%s'\n\toption role '%s'\n" "$2" "$3" >> "/run/n$1/conf"
}

mesh_end() { # NODE INTERFACE PEER
	if is_trama "$1"; then
		ip -n "n$1" link set "$2" address "02:0$1:00:00:00:0$3" up
		port_role "$1" "$2" mesh
		return
	fi
	ip -n "n$1" -batch - <<-X
		link set $2 address 02:0$1:00:00:00:0$3 up
		link add link $2 name $2.29 type vlan proto 802.1ad id 29
		link set $2.29 address 02:1$1:00:00:00:0$3
		link set $2.29 master bat0
		link set $2.29 up
	X
}

mesh_wire() { # A B; MTU, if set, is its own; a function wire_made gets both ends before they are up
	ip link add "l$1$2" mtu "${MTU:-1600}" netns "n$1" type veth peer name "l$2$1" mtu "${MTU:-1600}" netns "n$2"
	if declare -F wire_made > /dev/null; then wire_made "l$1$2" "l$2$1"; fi
	mesh_end "$1" "l$1$2" "$2"
	mesh_end "$2" "l$2$1" "$1"
}

quiet_ns() { # NAMESPACE: in which nobody says anything by itself
	ip netns add "$1"
	in_ns "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1
}

# NODE NAMESPACE: a client port whose clients are frames on uNODE there
frame_port() {
	ip link add "ap$1" netns "n$1" type veth peer name "u$1" netns "$2"
	ip -n "$2" link set "u$1" up
	client_port "$1" "ap$1"
}

# A client at one node: NUMBER of both; a kernel node's client has a static address
client() {
	ip netns add "c$1"
	ip link add "ap$1" netns "n$1" type veth peer name eth0 netns "c$1"
	ip -n "c$1" -batch - <<-X
		link set lo up
		link set eth0 address 02:cc:00:00:00:0$1 up
		addr add 10.13.200.$((16#$1))/16 dev eth0
	X
	client_port "$1" "ap$1"
}

client_port() { # NODE INTERFACE
	if is_trama "$1"; then
		port_role "$1" "$2" client
		ip -n "n$1" link set "$2" up
	else
		ip -n "n$1" link set "$2" master br0 up
	fi
}

# A client that walks between nodes: a bond whose active end is switched, so its carrier never changes
walker() { # NODE...
	local n
	ip netns add cr
	ip -n cr link set lo up
	ip -n cr link add bond0 type bond mode active-backup fail_over_mac none num_grat_arp 1
	for n in "$@"; do
		ip link add "walk$n" netns cr type veth peer name "apw$n" netns "n$n"
		client_port "$n" "apw$n"
	done
	ip -n cr link set bond0 address 02:cc:00:00:01:00
	for n in "$@"; do
		ip -n cr link set "walk$n" master bond0
		ip -n cr link set "walk$n" up
	done
	ip -n cr link set bond0 up
	ip -n cr addr add 10.13.201.1/16 dev bond0
	walk_to "$1"
}

walk_to() { # NODE
	ip netns exec cr bash -c "echo walk$1 > /sys/class/net/bond0/bonding/active_slave" 2> /dev/null ||
		ip -n cr link set bond0 type bond active_slave "walk$1"
}

trama_cli() { # NODE ARGS...
	local n=$1
	shift
	ip netns exec "n$n" "$BIN/trama" "$@" --socket "/run/n$n/run/trama/control"
}

pings() { # CLIENT ADDRESS OPTIONS...
	ip netns exec "$1" ping -c 1 -W 1 -q "${@:2}"
}

ping_log() { # CLIENT ADDRESS INTERVAL COUNT FILE: a line per answer, with the time
	ip netns exec "$1" ping -n -D -W 1 -i "$3" -c "$4" "$2" > "$5" 2>&1
}

longest_gap_ms() { # FILE: between two answers
	sed -n 's/^\[\([0-9.]*\)\].*time=.*/\1/p' "$1" |
		awk 'NR > 1 && $1 - last > longest { longest = $1 - last } { last = $1 } END { printf "%.0f\n", longest * 1000 }'
}

UML_DIR=$(dirname "${BASH_SOURCE[0]}")

echo_server() { # CLIENT: for echo_gap_ms of others
	in_ns "$1" "$UML_DIR/echo.py" serve &
}

echo_gap_ms() { # CLIENT ADDRESS SECONDS: the longest time without an answer, with a datagram every 10 ms
	in_ns "$1" "$UML_DIR/echo.py" gap "$2" "$3"
}

every_pair() { # NUMBER OF CLIENTS, OPTIONS OF PING
	local a b
	for a in $(seq "$1"); do
		for b in $(seq "$1"); do
			[ "$a" = "$b" ] || pings "c$a" "10.13.200.$b" "${@:2}" || { echo "c$a does not reach c$b"; return 1; }
		done
	done
}

says() { # NODE COMMAND PYTHON: true of the JSON j
	local out
	out=$(trama_cli "$1" "$2" --json) || return 1
	printf '%s' "$out" | python3 -c "import json, sys; j = json.load(sys.stdin); sys.exit(not ($3))" || {
		echo "$2 of n$1: $out"
		return 1
	}
}

# The walker goes to a node: client 2 and it reach each other, and client 3 it
walk_and_ping() { # NODE
	walk_to "$1"
	wait_for 8 pings cr 10.13.200.2 && wait_for 8 pings c3 10.13.201.1
}
