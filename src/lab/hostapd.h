/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control interface of hostapd, as far as a node uses it: a datagram socket that answers PING,
 * ATTACH, DETACH, STATUS, STA, STA-FIRST and STA-NEXT, and tells those attached <3>AP-STA-CONNECTED
 * and <3>AP-STA-DISCONNECTED.
 */
#ifndef LAB_HOSTAPD_H
#define LAB_HOSTAPD_H

#include <stdbool.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/addr.h"

#define HOSTAPD_PEERS_MAX 8
#define HOSTAPD_STATIONS_MAX 256

struct hostapd {
	int fd;
	char ssid[33];
	int peer_count, station_count;
	struct sockaddr_un peer[HOSTAPD_PEERS_MAX];
	socklen_t peer_len[HOSTAPD_PEERS_MAX];
	struct mac station[HOSTAPD_STATIONS_MAX];
};

/* Binds DIR/IFACE; DIR is made, for the group `trama` too. 0 or -errno. */
int hostapd_init(struct hostapd *h, const char *dir, const char *iface, const char *ssid);
/* One request is waiting. */
void hostapd_input(struct hostapd *h);
/* The answer to one request, "" for none that there is. Public for the tests. */
void hostapd_answer(struct hostapd *h, const char *request, const struct sockaddr_un *from,
		    socklen_t len, char *reply, size_t cap);
void hostapd_station(struct hostapd *h, const struct mac *mac, bool connected);

#endif
