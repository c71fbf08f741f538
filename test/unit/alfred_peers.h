/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Peers of ALFRED that speak to each other in memory. Peer i has the MAC 02:00:00:00:00:(i + 1). */
#ifndef TEST_ALFRED_PEERS_H
#define TEST_ALFRED_PEERS_H

#include "core/alfred/alfred.h"

#define PEERS 4

extern struct alfred *peers[PEERS];
extern struct mac macs[PEERS];
extern usec_t now;
extern unsigned int loss_every; /* one in so many datagrams is lost, 0 = none */
extern uint8_t packet[ALFRED_PACKET_MAX];
extern size_t strange_bytes; /* sent to who is none of the peers */

/* For cmocka. Secondaries that know of nobody. */
int peers_setup(void **state);
int peers_teardown(void **state);
/* Until then; events happen at their times. */
void run_for(usec_t duration);
void run(usec_t seconds);
/* How well that peer hears a primary from now on: told with each announcement, as the bridge does.
 */
void hears(int peer, int primary, uint8_t tq);
/* Two primaries with a secondary each. The third hears both, and the first is nearer. */
void town(void);
void set(int peer, uint8_t type, const void *data, size_t len);
/* Length of the value of that source, -1 = none. */
int len_of(int peer, uint8_t type, int source);
/* Its bytes, in `packet`. */
const uint8_t *bytes_of(int peer, uint8_t type, int source);
/* A question of a program: what it ends with. */
enum alfred_ask_state ask(int peer, uint8_t type);
/* A packet of one value by a sender. */
int push(int to, const struct mac *from, const struct mac *source, uint8_t type, size_t len);
/* A question on the wire. */
int request(int to, const struct mac *from, uint8_t type, uint16_t id);
int announce(int to, const struct mac *from);

#endif
