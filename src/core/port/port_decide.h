/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules, without effects; for the files of this core only. */
#ifndef CORE_PORT_DECIDE_H
#define CORE_PORT_DECIDE_H

#include "core/port/port.h"

/* The decision that follows from everything known of the port at this moment, and why. ret_because:
 * who makes it wait, zero if nobody. */
enum port_reason port_decide(const struct port *p, const struct port_entry *e, usec_t now,
			     struct port_decision *ret, struct mac *ret_because);
bool port_decision_eq(const struct port_decision *a, const struct port_decision *b);
/* auto and mesh ports with carrier, where untagged Ethernet can be sent. */
bool port_sends_hello(const struct port_info *i);
/* auto Ethernet ports that nobody configured otherwise, with carrier. */
bool port_wants_test(const struct port_info *i);
/* In the client bridge, by election or by role. */
bool port_is_serving(const struct port_entry *e);

#endif
