/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "rpc_ask.h"

json_t *rpc_answer(const struct rpc_context *c, const char *method, json_t *params,
		   struct rpc_reply *ret_reply)
{
	json_t *q = json_pack("{ss si ss so*}", "jsonrpc", "2.0", "id", 1, "method", method,
			      "params", params);
	char *text = json_dumps(q, JSON_COMPACT);
	struct rpc_reply reply;
	json_t *v;

	assert_non_null(text);
	rpc_call(c, text, strlen(text), &reply);
	v = json_loads(reply.text, 0, NULL);
	assert_non_null(v);
	if (ret_reply) {
		*ret_reply = reply;
		ret_reply->text = NULL;
	}
	rpc_reply_done(&reply);
	json_decref(q);
	free(text);
	return v;
}

json_t *rpc_result(const char *method, json_t *answer)
{
	json_t *result = json_object_get(answer, "result");
	char *said = json_dumps(answer, 0);

	if (!result)
		print_error("%s: %s\n", method, said);
	assert_non_null(result);
	free(said);
	json_incref(result);
	json_decref(answer);
	return result;
}

int rpc_error(json_t *answer, const char *says)
{
	json_t *e = json_object_get(answer, "error");
	int code = (int)json_integer_value(json_object_get(e, "code"));
	const char *text = json_string_value(json_object_get(e, "message"));

	assert_non_null(text);
	if (!strstr(text, says))
		print_error("%s\n", text);
	assert_non_null(strstr(text, says));
	json_decref(answer);
	return code;
}
