/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "plat/linux/wires/packets.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/text.h"
#include "lib/wire.h"
#include "plat/linux/log.h"
#include "plat/linux/wires/packets_filter.h"
#include "plat/linux/poller.h"

#define ETHERTYPE_BATMAN 0x4305
#define TAG_SIZE 4
#define PLACES (2 * (2 * NODE_PORTS + 3)) /* the new ones are opened before the old ones go */
/* Receive buffer of places that carry the traffic of the cloud, or what a crowd of clients asks at
 * once: some 800 frames. */
#define QUEUE_BYTES (1 << 20)

/* Where frames come in. */
struct place {
	struct poller *poller;
	struct packets *packets;
	enum link link;
	uint16_t port;
	unsigned int ifindex;
	bool wanted;
	bool broken; /* the device is away; a new one of that name wants a new socket */
	char dev[NODE_IFNAME];
};

#define AUX_SIZE CMSG_SPACE(sizeof(struct tpacket_auxdata))

struct packets {
	uv_loop_t *loop;
	struct sink sink;
	int out;
	struct wish_batadv engine; /* the kernel's, if that is used */
	unsigned int place_count;
	struct place *places[PLACES];
	struct packets_counters counters;

	struct mmsghdr in_msgs[PACKETS_BATCH];
	struct iovec in_iov[PACKETS_BATCH][2];
	_Alignas(struct cmsghdr) char in_aux[PACKETS_BATCH][AUX_SIZE];
	uint8_t in[PACKETS_BATCH][TAG_SIZE + PACKETS_SIZE];
	/* The rest of jumbo frames; where none come, these pages are never touched. */
	uint8_t in_rest[PACKETS_BATCH][PACKETS_MAX - PACKETS_SIZE];
	uint8_t joined[TAG_SIZE + PACKETS_MAX];

	unsigned int out_count;
	struct mmsghdr out_msgs[PACKETS_BATCH];
	struct iovec out_iov[PACKETS_BATCH];
	struct sockaddr_ll out_to[PACKETS_BATCH];
	uint8_t out_data[PACKETS_BATCH][PACKETS_SIZE];
};

struct packets *packets_new(uv_loop_t *loop, struct sink sink, int *ret_err)
{
	struct packets *p = calloc(1, sizeof(*p));

	if (!p) {
		*ret_err = -ENOMEM;
		return NULL;
	}
	p->loop = loop;
	p->sink = sink;
	/* Protocol 0: receives nothing. */
	p->out = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (p->out < 0) {
		*ret_err = -errno;
		free(p);
		return NULL;
	}
	for (unsigned int i = 0; i < PACKETS_BATCH; i++) {
		p->in_iov[i][0].iov_base = p->in[i] + TAG_SIZE;
		p->in_iov[i][0].iov_len = PACKETS_SIZE;
		p->in_iov[i][1].iov_base = p->in_rest[i];
		p->in_iov[i][1].iov_len = sizeof(p->in_rest[i]);
		p->in_msgs[i].msg_hdr.msg_iov = p->in_iov[i];
		p->in_msgs[i].msg_hdr.msg_iovlen = 2;
		p->out_msgs[i].msg_hdr.msg_iov = &p->out_iov[i];
		p->out_msgs[i].msg_hdr.msg_iovlen = 1;
		p->out_msgs[i].msg_hdr.msg_name = &p->out_to[i];
		p->out_msgs[i].msg_hdr.msg_namelen = sizeof(p->out_to[i]);
		p->out_iov[i].iov_base = p->out_data[i];
	}
	return p;
}

static void place_close(struct place *place)
{
	log_debug("frames: %s closed", place->dev);
	poller_free(place->poller);
	free(place);
}

void packets_free(struct packets *p)
{
	if (!p)
		return;
	packets_flush(p);
	for (unsigned int i = 0; i < p->place_count; i++)
		place_close(p->places[i]);
	close(p->out);
	free(p);
}

/* The tag that the kernel has taken off the client's frame is put back; the four bytes in front of
 * every slot are there for it. */
static void tag_restore(uint8_t *slot, uint16_t type, uint16_t tci)
{
	struct wr w;

	memmove(slot, slot + TAG_SIZE, 12);
	w = wr_init(slot + 12, TAG_SIZE);
	wr_u16(&w, type);
	wr_u16(&w, tci);
}

/* True with the frame's tag, if it had one. */
static bool tag_find(struct msghdr *msg, uint16_t *ret_type, uint16_t *ret_tci)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(msg);
	struct tpacket_auxdata aux;

	if (!c || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA ||
	    c->cmsg_len < CMSG_LEN(sizeof(aux)))
		return false;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return false;
	*ret_tci = aux.tp_vlan_tci;
	*ret_type = aux.tp_status & TP_STATUS_VLAN_TPID_VALID ? aux.tp_vlan_tpid : ETH_P_8021Q;
	return true;
}

/* The frame in one piece, TAG_SIZE bytes of room in front of it. */
static uint8_t *frame_joined(struct packets *p, unsigned int i)
{
	size_t len = p->in_msgs[i].msg_len;

	if (len <= PACKETS_SIZE)
		return p->in[i];
	memcpy(p->joined + TAG_SIZE, p->in[i] + TAG_SIZE, PACKETS_SIZE);
	memcpy(p->joined + TAG_SIZE + PACKETS_SIZE, p->in_rest[i], len - PACKETS_SIZE);
	return p->joined;
}

static void frame_received(struct packets *p, const struct place *place, unsigned int i)
{
	struct mmsghdr *m = &p->in_msgs[i];
	struct event e = { .kind = EVENT_FRAME };
	uint16_t type, tci;
	uint8_t *in;

	if (m->msg_hdr.msg_flags & MSG_TRUNC) {
		p->counters.too_long++;
		return;
	}
	e.frame.link = place->link;
	e.frame.port = place->port;
	in = frame_joined(p, i);
	e.frame.data = in + TAG_SIZE;
	e.frame.len = m->msg_len;
	if (place->link == LINK_CLOUD && m->msg_len >= 12 && tag_find(&m->msg_hdr, &type, &tci)) {
		tag_restore(in, type, tci);
		e.frame.data = in;
		e.frame.len += TAG_SIZE;
	}
	p->counters.received++;
	sink_event(&p->sink, &e);
}

static void place_readable(void *ctx, int events)
{
	struct place *place = ctx;
	struct packets *p = place->packets;
	bool tags = place->link == LINK_CLOUD;
	int n;

	(void)events;
	for (unsigned int i = 0; i < PACKETS_BATCH; i++) {
		p->in_msgs[i].msg_hdr.msg_control = tags ? p->in_aux[i] : NULL;
		p->in_msgs[i].msg_hdr.msg_controllen = tags ? AUX_SIZE : 0;
		p->in_msgs[i].msg_hdr.msg_flags = 0;
	}
	n = recvmmsg(poller_fd(place->poller), p->in_msgs, PACKETS_BATCH, MSG_DONTWAIT, NULL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		p->counters.socket_errors++;
		place->broken =
			errno != ENETDOWN; /* down is told once, and it comes back by itself */
	}
	for (int i = 0; i < n; i++)
		frame_received(p, place, (unsigned int)i);
}

/* Takes the place of the filter that the socket has. 0 or -1 with errno. */
static int filter_attach(int fd, enum link link, const struct wish_batadv *engine)
{
	struct sock_filter filter[PACKETS_FILTER_MAX];
	size_t len = packets_filter(link, engine, filter);
	struct sock_fprog program = { .len = (unsigned short)len, .filter = filter };

	return len ? setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) : 0;
}

static int socket_open(enum link link, const struct wish_batadv *engine, unsigned int ifindex)
{
	uint16_t type = link == LINK_MESH ? ETHERTYPE_BATMAN : ETH_P_ALL;
	struct sockaddr_ll at = { .sll_family = AF_PACKET, .sll_ifindex = (int)ifindex };
	int one = 1, bytes = QUEUE_BYTES;
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	at.sll_protocol = htons(type);
	r = filter_attach(fd, link, engine);
	if (!r && type == ETH_P_ALL && link != LINK_TAGGED)
		r = setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &one, sizeof(one));
	if (!r && link == LINK_CLOUD)
		r = setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &one, sizeof(one));
	if (!r && (link == LINK_CLOUD || link == LINK_MESH || link == LINK_CLIENT))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	if (!r)
		r = bind(fd, (struct sockaddr *)&at, sizeof(at));
	if (r) {
		r = -errno;
		close(fd);
		return r;
	}
	return fd;
}

static int place_open(struct packets *p, enum link link, uint16_t port, const char *dev,
		      unsigned int ifindex)
{
	struct place *place = calloc(1, sizeof(*place));
	int fd;

	if (!place)
		return -ENOMEM;
	place->packets = p;
	place->link = link;
	place->port = port;
	place->ifindex = ifindex;
	place->wanted = true;
	text_copy(place->dev, sizeof(place->dev), dev);
	fd = socket_open(link, &p->engine, ifindex);
	if (fd >= 0)
		place->poller = poller_new(p->loop, fd, UV_READABLE, place_readable, place);
	if (!place->poller) {
		free(place);
		return fd < 0 ? fd : -ENOMEM;
	}
	p->places[p->place_count++] = place;
	log_debug("frames: %s open", dev);
	return 0;
}

/* 0 when the place is open on the device of that name as it is now. */
static int place_want(struct packets *p, enum link link, uint16_t port, const char *dev)
{
	unsigned int ifindex = if_nametoindex(dev);

	if (!ifindex)
		return -ENODEV;
	for (unsigned int i = 0; i < p->place_count; i++) {
		struct place *place = p->places[i];

		if (place->link == link && place->port == port && place->ifindex == ifindex &&
		    strcmp(place->dev, dev) == 0 && !place->broken) {
			place->wanted = true;
			return 0;
		}
	}
	if (p->place_count == PLACES)
		return -ENOSPC;
	return place_open(p, link, port, dev, ifindex);
}

static void places_sweep(struct packets *p)
{
	for (unsigned int i = 0; i < p->place_count;) {
		if (p->places[i]->wanted) {
			i++;
			continue;
		}
		place_close(p->places[i]);
		p->places[i] = p->places[--p->place_count];
	}
}

/* Returns how many are missing. Once there are as many VLANs as may be, no frame tells of more. */
static unsigned int kernel_want(struct packets *p, const char *dev)
{
	unsigned int missing = place_want(p, LINK_KERNEL, 0, dev) != 0;

	if (p->engine.vlan_count < WISH_VLANS)
		missing += place_want(p, LINK_TAGGED, 0, dev) != 0;
	return missing;
}

static void filters_renew(struct packets *p)
{
	for (unsigned int i = 0; i < p->place_count; i++) {
		struct place *place = p->places[i];

		if (place->link == LINK_TAGGED &&
		    filter_attach(poller_fd(place->poller), place->link, &p->engine))
			place->broken = true;
	}
}

unsigned int packets_apply(struct packets *p, const struct wish *w, const struct devices *ports)
{
	unsigned int missing = 0;

	packets_flush(p);
	p->engine = w->batadv;
	for (unsigned int i = 0; i < p->place_count; i++)
		p->places[i]->wanted = false;
	for (uint16_t i = 0; i < ports->count; i++) {
		const struct event_port *port = &ports->list[i];
		const char *mesh = devices_mesh(port, w);

		if (port->kind == PORT_KIND_TUNNEL)
			continue;
		missing += place_want(p, LINK_PORT, port->port, port->name) != 0;
		missing += mesh && place_want(p, LINK_MESH, port->port, mesh) != 0;
	}
	for (uint16_t i = 0; i < w->link_count; i++) {
		const struct wish_link *l = &w->links[i];

		if (l->kind == WISH_BATADV)
			missing += kernel_want(p, l->name);
		if (l->kind != WISH_VETH || !l->peer[0])
			continue;
		if (strcmp(l->name, w->filter.cloud) == 0)
			missing += place_want(p, LINK_CLOUD, 0, l->peer) != 0;
		else if (strcmp(l->name, w->filter.anycast) == 0)
			missing += place_want(p, LINK_CLIENT, 0, l->name) != 0;
	}
	places_sweep(p);
	filters_renew(p);
	return missing;
}

static const struct place *place_find(const struct packets *p, enum link link, uint16_t port)
{
	for (unsigned int i = 0; i < p->place_count; i++) {
		const struct place *place = p->places[i];

		if (place->link == link &&
		    (place->port == port || link == LINK_CLOUD || link == LINK_CLIENT))
			return place;
	}
	return NULL;
}

static struct sockaddr_ll frame_to(const struct place *place, const uint8_t *frame)
{
	struct sockaddr_ll to = { .sll_family = AF_PACKET,
				  .sll_ifindex = (int)place->ifindex,
				  .sll_halen = ETH_ALEN };

	/* The frame's own type, which is in network order as well. */
	memcpy(&to.sll_protocol, frame + 2 * ETH_ALEN, sizeof(to.sll_protocol));
	return to;
}

/* Too long for a place in the batch, and seldom. */
static void jumbo_send(struct packets *p, const struct place *place, const struct effect_frame *f)
{
	struct sockaddr_ll to = frame_to(place, f->data);

	packets_flush(p);
	if (sendto(p->out, f->data, f->len, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof(to)) < 0)
		p->counters.send_failed++;
	else
		p->counters.sent++;
}

void packets_send(struct packets *p, const struct effect_frame *f)
{
	const struct place *place = place_find(p, f->link, f->port);
	unsigned int i;

	if (!place) {
		p->counters.no_device++;
		return;
	}
	if (f->len > PACKETS_MAX || f->len < ETH_HLEN) {
		p->counters.too_long++;
		return;
	}
	if (f->len > PACKETS_SIZE) {
		jumbo_send(p, place, f);
		return;
	}
	if (p->out_count == PACKETS_BATCH)
		packets_flush(p);
	i = p->out_count++;
	memcpy(p->out_data[i], f->data, f->len);
	p->out_iov[i].iov_len = f->len;
	p->out_to[i] = frame_to(place, f->data);
}

void packets_flush(struct packets *p)
{
	unsigned int at = 0;

	while (at < p->out_count) {
		int n = sendmmsg(p->out, p->out_msgs + at, p->out_count - at, MSG_DONTWAIT);

		if (n > 0) {
			p->counters.sent += (unsigned int)n;
			at += (unsigned int)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		/* The first of them failed: its device is down or full. */
		p->counters.send_failed++;
		at++;
	}
	p->out_count = 0;
}

const struct packets_counters *packets_counters(const struct packets *p)
{
	return &p->counters;
}
