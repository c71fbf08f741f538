/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the network's admin signs. Its key is made from a password, which never comes here: so each
 * such method is asked twice, first without "proofs", and says what is to be signed; then the same
 * with the signatures of these texts, in that order.
 */
#ifndef RPC_SIGNED_H
#define RPC_SIGNED_H

#include "node/view.h"
#include "rpc/method.h"

#define SIGNED_PROOF_TEXT (2 * STATE_SIGNATURE_SIZE)
#define SIGNED_MAX (1 + NODE_SETTINGS_MAX) /* records of one call */
#define SIGNED_PROOFS_MAX (SIGNED_MAX * SIGNED_PROOF_TEXT)

/* At most SIGNED_MAX records. proofs: NULL, or hex digits. {"sign": [hex digits]} or {"written":
 * N}; NULL with the error set.
 */
json_t *signed_write(const struct rpc_context *c, const struct node_signed *records,
		     unsigned int count, const char *proofs, struct method_error *err);

#endif
