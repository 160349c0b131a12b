/**
 * @file sip/wire.c  What the operator chooses about our messages and packets:
 * name of the program, short header names, class of service
 */
#include <netinet/in.h>
#include <sys/socket.h>
#include "sip/stack.h"


void sx_socket_tos(int fd, int af, uint8_t tos)
{
	const int v = tos;

	/* a wish: the network may take no notice of it either */
	if (af == AF_INET6)
		(void)setsockopt(fd, IPPROTO_IPV6, IPV6_TCLASS, &v, sizeof(v));
	else
		(void)setsockopt(fd, IPPROTO_IP, IP_TOS, &v, sizeof(v));
}


int sx_set_wire(struct sx *sx, const struct sx_wire *w)
{
	char *agent = NULL;
	struct le *le;

	if (!sx || !w)
		return EINVAL;

	if (w->agent && *w->agent && str_dup(&agent, w->agent))
		return ENOMEM;

	mem_deref(sx->agent);
	sx->agent   = agent;
	sx->compact = w->compact;
	sx->tos     = w->tos;
	if (w->auth_timeout_ms)
		sx->prm.auth_timeout_ms = w->auth_timeout_ms;
	sx->prm.max_strangers = w->max_strangers;

	/* what is accepted inherits it from its listener */
	LIST_FOREACH (&sx->lisl, le) {
		const struct sx_listener *lis = le->data;

		sx_socket_tos(lis->fd, sa_af(&lis->addr), sx->tos);
	}

	return 0;
}


/* ---- short header names (RFC 3261 7.3.3) ------------------------------- */

static char short_name(const char *p, size_t n)
{
	static const struct {
		const char *name;
		char c;
	} tab[] = {
#define X(id, name, compact) {name, compact},
		SX_HEADERS(X)
#undef X
	};

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		if (tab[i].c && strlen(tab[i].name) == n &&
		    !strncasecmp(tab[i].name, p, n))
			return tab[i].c;
	}

	return 0;
}


static int put_line(struct mbuf *mb, const char *p, size_t n)
{
	const char *colon = memchr(p, ':', n);
	char c = colon ? short_name(p, (size_t)(colon - p)) : 0;
	int err;

	if (!c)
		return mbuf_write_mem(mb, (const uint8_t *)p, n);

	err = mbuf_write_u8(mb, (uint8_t)c);

	return err | mbuf_write_mem(mb, (const uint8_t *)colon,
				    n - (size_t)(colon - p));
}


int sx_compact(struct mbuf **mbp, const struct mbuf *msg)
{
	const char *p = (const char *)msg->buf, *end = p + msg->end;
	struct mbuf *mb = mbuf_alloc(msg->end ? msg->end : 1);
	const char *nl;
	int err = 0;

	if (!mb)
		return ENOMEM;

	/* the first line has a ':' too, but no header name before it */
	while (!err && (nl = memchr(p, '\n', (size_t)(end - p)))) {
		size_t n = (size_t)(nl + 1 - p);

		err = put_line(mb, p, n);
		p += n;
		if (n <= 2)
			break; /* the body begins */
	}

	if (p < end)
		err |= mbuf_write_mem(mb, (const uint8_t *)p,
				      (size_t)(end - p));
	if (err)
		mem_deref(mb);
	else
		*mbp = mb;

	return err ? ENOMEM : 0;
}
