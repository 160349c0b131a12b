/**
 * @file b2bua/fork_text.c  The text of a device, taken apart
 *
 * Separators are looked for among the administrator's own bytes only; a host
 * that is not a peer must be his own text too, so that a dialled number never
 * chooses where a call goes.
 */
#include <ctype.h>
#include "b2bua/fork.h"
#include "base/text.h"


static int cut(char *buf, size_t n, const struct ttext *t, size_t from,
	       size_t to)
{
	struct pl pl = {t->str + from, to > from ? to - from : 0};

	return pl_copy(buf, n, &pl) ? EINVAL : 0;
}


/* The number, and how much of it the administrator wrote */
static int cut_user(struct fork_dev *dev, const struct ttext *t, size_t from,
		    size_t to)
{
	while (from + dev->own < to && !ttext_tainted_at(t, from + dev->own))
		++dev->own;

	return cut(dev->user, sizeof(dev->user), t, from, to);
}


static bool has_tech(const struct ttext *t, const char *tech)
{
	size_t n = strlen(tech);

	return t->len > n && !strncasecmp(t->str, tech, n) &&
	       !ttext_tainted_in(t, 0, n);
}


static int decode_local(struct fork_dev *dev, const struct ttext *t,
			size_t off, const char **why)
{
	size_t at = ttext_find(t, off, '@'), end;

	if (at >= t->len) {
		*why = "Local needs number@context";
		return EINVAL;
	}

	end = ttext_find(t, at, '/'); /* "/n" and the like change nothing */
	dev->tech = FORK_LOCAL;
	*why = "too long";

	return cut(dev->user, sizeof(dev->user), t, off, at) ||
			       cut(dev->host, sizeof(dev->host), t, at + 1,
				   end)
		       ? EINVAL
		       : 0;
}


static bool is_host(const struct pl *host)
{
	for (size_t i = 0; i < host->l; i++) {
		if (!isalnum((unsigned char)host->p[i]) &&
		    !strchr(".-_:", host->p[i]))
			return false;
	}

	return host->l > 0;
}


/* Cut "host", "host:port" or "[ip6]:port" */
static void split_port(struct pl *host, struct pl *port, const struct pl *text)
{
	const char *end = text->p + text->l;
	const char *sep = pl_strchr(text, text->p[0] == '[' ? ']' : ':');

	*host = *text;
	*port = pl_null;
	if (!sep)
		return;

	host->l = (size_t)(sep - text->p);
	if (*sep == ']') {
		++host->p;
		--host->l;
		++sep;
	}

	if (sep < end) {
		port->p = sep + 1;
		port->l = (size_t)(end - sep - 1);
	}
}


static int decode_host(struct fork_dev *dev, const struct ttext *t, size_t off,
		       const char **why)
{
	struct pl host, port, text = {t->str + off, t->len - off};
	uint64_t n;

	if (ttext_tainted_in(t, off, t->len - off)) {
		*why = "no such peer, and what was dialled names no host";
		return ENOENT;
	}

	*why = "no such peer, and this is no host";
	split_port(&host, &port, &text);
	if (!is_host(&host))
		return EINVAL;
	if (num_decode(&n, &host, UINT64_MAX) != EINVAL)
		return ENOENT; /* a number is no host */

	if (pl_isset(&port)) {
		if (num_decode(&n, &port, 65535) || !n)
			return EINVAL;
		dev->port = (uint16_t)n;
	}

	return pl_copy(dev->host, sizeof(dev->host), &host) ? EINVAL : 0;
}


static const struct trunk *trunk_of(const struct config *cfg,
				    const struct pl *name)
{
	char buf[128];

	return pl_copy(buf, sizeof(buf), name) ? NULL : config_trunk(cfg, buf);
}


static int decode_peer(struct fork_dev *dev, const struct config *cfg,
		       const struct ttext *t, size_t from, size_t to,
		       const char **why)
{
	struct pl name = {t->str + from, to - from};
	const struct peer *peer = config_peer_pl(cfg, &name);

	if (peer && !(peer->type & PEER_TYPE_PEER)) {
		*why = "type=user cannot be dialled";
		return EINVAL;
	}

	dev->peer = peer;
	if (!peer)
		dev->trunk = trunk_of(cfg, &name);
	*why = "no such peer";

	return peer || dev->trunk ? 0 : ENOENT;
}


static int decode_sip(struct fork_dev *dev, const struct config *cfg,
		      const struct ttext *t, size_t off, const char **why)
{
	size_t at = ttext_find(t, off, '@');
	size_t slash = ttext_find(t, off, '/');
	int err;

	dev->tech = FORK_SIP;
	if (ttext_find(t, off, '!') < t->len) {
		*why = "\"!\" in a device is not supported";
		return EINVAL;
	}
	if (at < t->len && ttext_find(t, at, '/') < t->len) {
		*why = "\"/\" behind \"@\" is not supported";
		return EINVAL;
	}
	if (at < t->len && ttext_find(t, off, ':') < at) {
		*why = "a password in a device is not supported";
		return EINVAL;
	}

	*why = "too long";
	if (at < t->len) {
		if (cut_user(dev, t, off, at))
			return EINVAL;
		err = decode_peer(dev, cfg, t, at + 1, t->len, why);
		return err == ENOENT ? decode_host(dev, t, at + 1, why) : err;
	}

	if (slash < t->len && cut_user(dev, t, slash + 1, t->len))
		return EINVAL;

	err = decode_peer(dev, cfg, t, off, slash, why);
	if (err == ENOENT && slash >= t->len)
		return decode_host(dev, t, off, why);

	return err;
}


int fork_dev_decode(struct fork_dev *dev, const struct config *cfg,
		    const struct ttext *text, const char **why)
{
	if (!dev || !cfg || !text || !why)
		return EINVAL;

	memset(dev, 0, sizeof(*dev));

	if (has_tech(text, "SIP/")) {
		int err = decode_sip(dev, cfg, text, 4, why);

		if (err || !dev->trunk || dev->user[0])
			return err;

		*why = "a trunk group needs a number";
		return EINVAL;
	}
	if (has_tech(text, "Local/"))
		return decode_local(dev, text, 6, why);

	*why = "only SIP/ and Local/ can be dialled";

	return EINVAL;
}
