/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF objects inside the binary, for bpf_object__open_mem(). */
#ifndef BPF_EMBEDDED_H
#define BPF_EMBEDDED_H

#include <stddef.h>

struct bpf_embedded {
	size_t size;
	const unsigned char *data;
};

extern const struct bpf_embedded vlan_bpf_object;

#endif
