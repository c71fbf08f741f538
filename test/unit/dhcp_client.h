/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a DHCP client sends and understands, as frames, for tests. */
#ifndef TEST_DHCP_CLIENT_H
#define TEST_DHCP_CLIENT_H

#include "packet/dhcp.h"

#define DHCP_CLIENT_FRAME 700

/* The broadcast of a client that has no address; its length. */
size_t dhcp_client_send(const struct dhcp_msg *m, uint8_t ret_frame[static DHCP_CLIENT_FRAME]);
/* Fails the test when it is no DHCP answer. What it refers to lives in `frame`. */
struct dhcp_msg dhcp_client_receive(const uint8_t *frame, size_t len);

#endif
