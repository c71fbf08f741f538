/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Methods of the control socket, asked as a peer does. Include it behind cmocka.h. */
#ifndef TEST_RPC_ASK_H
#define TEST_RPC_ASK_H

#include <jansson.h>

#include "rpc/call.h"

/* The whole answer; takes params, which may be NULL. Of ret_reply (may be NULL) all but its text.
 */
json_t *rpc_answer(const struct rpc_context *c, const char *method, json_t *params,
		   struct rpc_reply *ret_reply);
/* The result of an answer, which it takes; says what is answered in its place. */
json_t *rpc_result(const char *method, json_t *answer);
/* The code of the error in an answer, which it takes; the message holds that text. */
int rpc_error(json_t *answer, const char *says);

#endif
