#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# What a lab client does with a DHCP lease: address, routes, MTU, resolvers. Called by busybox udhcpc.
case "$1" in
deconfig)
	ip -4 addr flush dev "$interface"
	ip link set "$interface" up
	: >/etc/resolv.conf
	rm -f /run/lease
	;;
bound | renew)
	now=$(ip -4 -o addr show dev "$interface" | awk '{ print $4 }')
	if [ "$now" != "$ip/$mask" ]; then
		ip -4 addr flush dev "$interface"
		ip addr add "$ip/$mask" broadcast + dev "$interface"
	fi
	[ -z "$mtu" ] || ip link set "$interface" mtu "$mtu"
	if [ -n "$staticroutes" ]; then
		# RFC 3442: with option 121 the router option is to be ignored.
		# shellcheck disable=SC2086
		set -- $staticroutes
		while [ $# -ge 2 ]; do
			case "$2" in
			0.0.0.0) ip route replace "$1" dev "$interface" ;;
			*) ip route replace "$1" via "$2" dev "$interface" ;;
			esac
			shift 2
		done
	else
		for r in $router; do
			ip route replace default via "$r" dev "$interface"
			break
		done
	fi
	{
		[ -z "$search$domain" ] || echo "search ${search:-$domain}"
		for d in $dns; do
			echo "nameserver $d"
		done
	} >/etc/resolv.conf
	set | grep -E '^(ip|mask|router|dns|domain|lease|serverid|mtu|staticroutes|hostname)=' >/run/lease
	;;
esac
exit 0
