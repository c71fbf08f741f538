/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Associations as hostapd tells them, for every port that has one. Its socket is asked for every
 * HOSTAPD_RETRY_MS until it is there; a PING every HOSTAPD_PING_MS that brings no answer means that
 * it must be asked for anew. The one thing that it is asked to do is to send a station away.
 */
#ifndef PLAT_HOSTAPD_H
#define PLAT_HOSTAPD_H

#include <uv.h>

#include "plat/linux/devices.h"
#include "plat/linux/sink.h"

#define HOSTAPD_RETRY_MS 2000
#define HOSTAPD_PING_MS 10000

struct hostapd;

/* `ask` is to have hostapd_opened called for that interface, later. NULL when there is no memory.
 */
struct hostapd *hostapd_new(uv_loop_t *loop, struct sink sink,
			    void (*ask)(void *ctx, const char *dev), void *ctx);
void hostapd_free(struct hostapd *h);
void hostapd_apply(struct hostapd *h, const struct devices *devices);
/* Nothing happens where the port has no hostapd, or that does not know the station. */
void hostapd_disassociate(struct hostapd *h, uint16_t port, const struct mac *mac);
/* A connected socket, owned from now on, or -errno. */
void hostapd_opened(struct hostapd *h, const char *dev, int fd);

#endif
