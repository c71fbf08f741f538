/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Of libmnl's sockets, for tests that make up a kernel: what is the same whatever it says. */
#include <libmnl/libmnl.h>

int mnl_socket_setsockopt(const struct mnl_socket *s, int type, void *buf, socklen_t len)
{
	(void)s;
	(void)type;
	(void)buf;
	(void)len;
	return 0;
}

unsigned int mnl_socket_get_portid(const struct mnl_socket *s)
{
	(void)s;
	return 77;
}

int mnl_socket_close(struct mnl_socket *s)
{
	(void)s;
	return 0;
}
