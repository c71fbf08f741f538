/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests that come over the control socket, answered by rpc; notices and changes of
 * records go to those who asked for them. */
#ifndef PLAT_REQUESTS_H
#define PLAT_REQUESTS_H

#include "node/node.h"
#include "plat/linux/control.h"
#include "plat/linux/loop.h"

struct bridges;
struct requests;

/* Opens the socket at path. NULL and *ret_err = -errno. All are borrowed; bridges may be NULL;
 * refused: settings of the network that the node started without. */
struct requests *requests_new(struct loop *l, const struct node *n, const struct bridges *bridges,
			      const struct conf_refused *refused, const char *path, int *ret_err);
/* NULL accepted. */
void requests_free(struct requests *r);
void requests_notice(struct requests *r, const struct effect_notice *notice);
void requests_record(struct requests *r, const struct state_event *e);

#endif
