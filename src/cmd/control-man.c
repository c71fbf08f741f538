/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runs when building: prints trama-control(7), what the control socket answers, from the method
 * table. */
#include <stdio.h>

#include "rpc/client.h"
#include "rpc/method.h"

static const char head[] =
	".\\\" SPDX-License-Identifier: GPL-2.0-or-later\n"
	".TH TRAMA-CONTROL 7 \"\" \"trama " TRAMA_VERSION "\"\n"
	".SH NAME\ntrama\\-control \\- control socket of the node daemon\n"
	".SH SYNOPSIS\n.I " RPC_SOCKET "\n"
	".SH DESCRIPTION\n"
	"JSON\\-RPC 2.0 over a Unix stream socket, one JSON text per line both ways. Root and the "
	"members of the group trama may connect.\n.PP\n.nf\n"
	"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"status\"}\n"
	"{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"trace.answer\",\"params\":{\"id\":7}}\n.fi\n."
	"PP\n"
	"Parameters are objects. Batches are refused: send one request per line.\n"
	".SH METHODS\n";

static const char tail[] =
	".SH ERRORS\n"
	"\\-32700 no JSON, \\-32600 no request or longer than 65536 bytes, \\-32601 no such "
	"method, "
	"\\-32602 parameters, \\-32603 internal, \\-32001 nothing of that name, \\-32002 not "
	"allowed, \\-32003 no room (or too much at once), \\-32004 not yet: a node that has just "
	"started does not write records before it knows those of others, 3 seconds at most."
	"\n.SH NOTIFICATIONS\n"
	"After a call of\n.B events\nthe daemon sends\n.B event\nwith the parameters time (seconds "
	"since 1970), event, meaning, port, mac, name, ipv4 and text, null where there is none.\n"
	".PP\nAfter a call of\n.B state.watch\nit sends\n.B record\nwith what\n.B state.list\n"
	"says of a record, and change: set, deleted or expired (or it made room for others; then "
	"lifetime_s, age_s, quiet_s and size are null). Changes in quick succession are told as "
	"one. Another call on the same connection replaces the types and authors of the first.\n"
	".SH RECORDS\n"
	"Those of\n.B state.list\nand the others have type, type_name, id, author, author_id, own "
	"(written last by this node), scope, kind, deleted, epoch and counter (the version: the "
	"higher one counts; counter of owned ones only), lifetime_s, age_s (since it was written), "
	"quiet_s (of its lifetime) and size (bytes). held counts all records of the node, also "
	"those that are deleted. What\n.B state.put\nanswers is the record as it is: if the same "
	"was there, and half of its lifetime is not over, it is that one, with its age and "
	"author.\n"
	".SH LIMITS\n"
	"32 connections, 24 of one user; 50 requests per second and user, 200 at once (who asks "
	"faster is read later); who does not read 4 MiB is cut off, and who has not read 256 kB "
	"when a notification comes: long answers belong on another connection.\n"
	".SH SEE ALSO\n.BR trama (1),\n.BR tramad (8)\n";

static void print_method(const struct method *m)
{
	printf(".TP\n.B %s\n%s%s%s\n", m->name, m->help,
	       m->flags & METHOD_ACT ? "; changes something" : "",
	       m->flags & METHOD_STREAM ? "; notifications follow" : "");
	for (size_t i = 0; i < METHOD_PARAMS && m->params[i].name; i++)
		printf(".RS\n.TP\n.I %s\n%s%s: %s\n.RE\n", m->params[i].name,
		       param_type_name(m->params[i].type),
		       m->params[i].required ? "" : ", optional", m->params[i].help);
}

int main(void)
{
	const struct method *m;

	fputs(head, stdout);
	for (size_t i = 0; (m = method_at(i)); i++)
		print_method(m);
	fputs(tail, stdout);
	return ferror(stdout) ? 1 : 0;
}
