/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The internet of a town: one host with a web server, a name server and a stream server, and one
 * router per uplink that masquerades IPv4 as home routers do and has an IPv6 prefix of its own. All
 * addresses are those set aside for documentation (RFC 5737, RFC 3849).
 *
 *   node eth -- wire (rate, latency, loss) -- lan PROVIDER wan -- core INTERNET
 *               lan 192.168.7.0/24, 2001:db8:N::/64       203.0.113.0/24, 2001:db8:0:1::/64
 */
#ifndef LAB_PROVIDER_H
#define LAB_PROVIDER_H

#include "lab/town.h"

#define PROVIDER_DNS4 "198.51.100.53"
#define PROVIDER_DNS6 "2001:db8:80::53"
#define PROVIDER_WEB4 "198.51.100.80"
#define PROVIDER_WEB6 "2001:db8:80::80"
#define PROVIDER_WEB_NAME "www.example.org"
#define PROVIDER_STREAM_PORT 5001

/* The internet's own addresses; then the cable, addresses and routes of the provider `host`, once
 * both run and its port `lan` is there. Called in the town's process. */
int internet_address(struct town *t);
int provider_connect(struct town *t, uint16_t host);

#endif
