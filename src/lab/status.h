/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `trama-lab status`: what the town knows of itself and what each node says of itself (`trama
 * status --json`). */
#ifndef LAB_STATUS_H
#define LAB_STATUS_H

#include <jansson.h>

#include "lab/call.h"

/* {name, nodes: [{.., trama: what the node said or null}], clients: [{.., ipv4, ipv6}], links,
 * providers} or NULL with call->err set. */
json_t *status_collect(struct call *call);
void status_print(json_t *status);

#endif
