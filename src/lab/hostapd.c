// SPDX-License-Identifier: GPL-2.0-or-later
/* See hostapd.h. Answers are those of hostapd 2.10, src/ap/ctrl_iface_ap.c: no station is an empty
 * datagram. */
#include "lab/hostapd.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/text.h"

int hostapd_init(struct hostapd *h, const char *dir, const char *iface, const char *ssid)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	struct group *g = getgrnam("trama");
	*h = (struct hostapd) { .fd = -1 };
	text_copy(h->ssid, sizeof(h->ssid), ssid);
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/%s", dir, iface);
	if (mkdir(dir, 0750) < 0 && errno != EEXIST)
		return -errno;
	h->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->fd < 0 || bind(h->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		return -errno;
	if (g && (chown(dir, 0, g->gr_gid) < 0 || chown(at.sun_path, 0, g->gr_gid) < 0))
		return -errno;
	return chmod(at.sun_path, 0770) < 0 ? -errno : 0;
}

static int find_station(const struct hostapd *h, const struct mac *mac)
{
	for (int i = 0; i < h->station_count; i++)
		if (mac_eq(&h->station[i], mac))
			return i;
	return -1;
}

static int find_peer(const struct hostapd *h, const struct sockaddr_un *from, socklen_t len)
{
	for (int i = 0; i < h->peer_count; i++)
		if (h->peer_len[i] == len && memcmp(&h->peer[i], from, len) == 0)
			return i;
	return -1;
}

static void drop_peer(struct hostapd *h, int i)
{
	h->peer_count--;
	h->peer[i] = h->peer[h->peer_count];
	h->peer_len[i] = h->peer_len[h->peer_count];
}

static const char *attach(struct hostapd *h, const struct sockaddr_un *from, socklen_t len)
{
	if (find_peer(h, from, len) >= 0)
		return "OK\n";
	if (h->peer_count == HOSTAPD_PEERS_MAX || len <= offsetof(struct sockaddr_un, sun_path))
		return "FAIL\n";
	h->peer[h->peer_count] = *from;
	h->peer_len[h->peer_count++] = len;
	return "OK\n";
}

/* One station as hostapd prints it. */
static void print_station(const struct hostapd *h, int i, char *buf, size_t cap)
{
	char mac[MAC_TEXT];
	if (i >= 0 && i < h->station_count)
		snprintf(buf, cap, "%s\nflags=[AUTH][ASSOC][AUTHORIZED]\naid=%d\n",
			 mac_text(&h->station[i], mac), i + 1);
}

/* STA-FIRST, STA-NEXT MAC, STA MAC. */
static bool answer_station(const struct hostapd *h, const char *request, char *reply, size_t cap)
{
	struct mac mac;
	bool next = strncmp(request, "STA-NEXT ", 9) == 0;
	if (strcmp(request, "STA-FIRST") == 0) {
		print_station(h, 0, reply, cap);
		return true;
	}
	if (!next && strncmp(request, "STA ", 4) != 0)
		return false;
	if (mac_parse(request + (next ? 9 : 4), &mac) < 0)
		return false;
	int i = find_station(h, &mac);
	if (i < 0)
		text_copy(reply, cap, "FAIL\n");
	else
		print_station(h, i + next, reply, cap);
	return true;
}

void hostapd_answer(struct hostapd *h, const char *request, const struct sockaddr_un *from,
		    socklen_t len, char *reply, size_t cap)
{
	reply[0] = '\0';
	if (strcmp(request, "PING") == 0)
		text_copy(reply, cap, "PONG\n");
	else if (strcmp(request, "ATTACH") == 0)
		text_copy(reply, cap, attach(h, from, len));
	else if (strcmp(request, "DETACH") == 0) {
		int peer = find_peer(h, from, len);
		if (peer >= 0)
			drop_peer(h, peer);
		text_copy(reply, cap, peer >= 0 ? "OK\n" : "FAIL\n");
	} else if (strcmp(request, "STATUS") == 0)
		snprintf(reply, cap, "state=ENABLED\nssid[0]=%s\nnum_sta[0]=%d\n", h->ssid,
			 h->station_count);
	else if (!answer_station(h, request, reply, cap))
		text_copy(reply, cap, "UNKNOWN COMMAND\n");
}

void hostapd_input(struct hostapd *h)
{
	char request[256], reply[512];
	struct sockaddr_un from = { 0 };
	socklen_t len = sizeof(from);
	ssize_t n =
		recvfrom(h->fd, request, sizeof(request) - 1, 0, (struct sockaddr *)&from, &len);
	if (n < 0)
		return;
	request[n] = '\0';
	hostapd_answer(h, request, &from, len, reply, sizeof(reply));
	sendto(h->fd, reply, strlen(reply), 0, (struct sockaddr *)&from, len);
}

void hostapd_station(struct hostapd *h, const struct mac *mac, bool connected)
{
	char text[64], buf[MAC_TEXT];
	int i = find_station(h, mac);
	if (i >= 0)
		h->station[i] = h->station[--h->station_count];
	if (connected && h->station_count < HOSTAPD_STATIONS_MAX)
		h->station[h->station_count++] = *mac;
	snprintf(text, sizeof(text), "<3>AP-STA-%s %s", connected ? "CONNECTED" : "DISCONNECTED",
		 mac_text(mac, buf));
	for (i = h->peer_count - 1; i >= 0; i--)
		if (sendto(h->fd, text, strlen(text), 0, (struct sockaddr *)&h->peer[i],
			   h->peer_len[i]) < 0 &&
		    errno != EAGAIN && errno != ENOBUFS)
			drop_peer(h, i);
}
