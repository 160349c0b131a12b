/**
 * @file b2bua/leg_dial.c  What an outgoing leg was asked for: kept until the
 *                         answer, because the INVITE may be sent anew
 */
#include "b2bua/call.h"
#include "b2bua/cause.h"
#include "b2bua/leg_priv.h"
#include "config/number.h"
#include "b2bua/redirect.h"


static void dial_destructor(void *data)
{
	struct leg_dial *d = data;

	mem_deref((void *)d->user);
	mem_deref((void *)d->host);
	mem_deref((void *)d->uri);
	mem_deref((void *)d->path);
	mem_deref((void *)d->redir);
	mem_deref((void *)d->reason_lost);
}


static int text_copy(const char **dst, const char *src)
{
	char *str = NULL;
	int err;

	*dst = NULL;
	if (!src)
		return 0;

	err = str_dup(&str, src);
	*dst = str;
	return err;
}


static bool is_line(const struct peer *peer)
{
	return peer->name && !peer->dynamic;
}


static void number_form(const struct leg *leg, char *num, size_t n)
{
	char buf[256];

	if (num[0] && !leg->peer->dynamic &&
	    !number_caller_out(buf, sizeof(buf), leg->cfg, leg->peer, num))
		str_ncpy(num, buf, n);
}


/* A caller's number as the line wants it */
void leg_form_number(const struct leg *leg, struct leg_identity *id)
{
	number_form(leg, id->num, sizeof(id->num));
}


static int redir_copy(const struct leg *leg, const struct redirect **dst,
		      const struct redirect *src)
{
	struct redirect *r;

	if (!src || (src->unproven && is_line(leg->peer)))
		return 0;

	r = mem_zalloc(sizeof(*r), NULL);
	if (!r)
		return ENOMEM;

	*r = *src;
	number_form(leg, r->from, sizeof(r->from));
	number_form(leg, r->orig, sizeof(r->orig));
	*dst = r;

	return 0;
}


/* Further headers are checked: a value can't begin a header of its own */
static int extra_headers(struct leg *leg, const struct list *headers)
{
	leg->extra = mbuf_alloc(256);
	if (!leg->extra)
		return ENOMEM;

	for (struct le *le = list_head(headers); le; le = le->next) {
		const struct var_def *v = le->data;
		int err;

		/* the address of a phone in the house (refer.c) */
		if (is_line(leg->peer) && !str_casecmp(v->name, "Referred-By"))
			continue;

		if (strpbrk(v->name, "\r\n: ") || strpbrk(v->value, "\r\n")) {
			log_warning("leg", "%s: header %s is malformed and "
				    "was left out", leg->name, v->name);
			continue;
		}

		err = mbuf_printf(leg->extra, "%s: %s\r\n", v->name, v->value);
		if (err)
			return err;
	}

	return 0;
}


/* The number as the line wants it */
static int dialled_copy(const struct leg *leg, const char **dst,
			const char *src)
{
	char buf[256];

	if (!src || leg->peer->dynamic ||
	    number_dialled_out(buf, sizeof(buf), leg->cfg, leg->peer, src))
		return text_copy(dst, src);

	return text_copy(dst, buf);
}


int leg_dial_copy(struct leg *leg, const struct leg_dial *dial)
{
	struct leg_dial *d;
	int err;

	d = mem_zalloc(sizeof(*d), dial_destructor);
	if (!d)
		return ENOMEM;

	*d	   = *dial;
	d->headers = NULL;
	d->user = d->host = d->uri = d->reason_lost = NULL;
	d->path = NULL;
	d->redir = NULL;
	leg->dial = d;

	err = dialled_copy(leg, &d->user, dial->user);
	leg_form_number(leg, &d->from);
	err |= text_copy(&d->host, dial->host);
	err |= text_copy(&d->uri, dial->uri);
	err |= text_copy(&d->path, dial->path);
	err |= redir_copy(leg, &d->redir, dial->redir);
	err |= text_copy(&d->reason_lost, dial->reason_lost);
	if (!err)
		err = extra_headers(leg, dial->headers);

	return err;
}


/* Digits only, perhaps with a '+': a telephone number */
bool leg_is_phone(const struct peer *peer, const char *user)
{
	if (!peer->usereqphone || !user)
		return false;
	if (*user == '+')
		++user;

	return *user && !user[strspn(user, "0123456789")];
}


int leg_ruri_print(const struct leg *leg, struct mbuf *mb)
{
	const struct leg_dial *d = leg->dial;
	const struct peer *peer	 = leg->peer;
	const char *host = d->host ? d->host : peer->host.host;
	uint16_t port	 = d->host ? d->port : peer->host.port;
	struct pl user;
	int err = 0;

	if (d->uri)
		return mbuf_write_str(mb, d->uri);

	err |= mbuf_write_str(mb, "sip:");
	if (d->user && d->user[0]) {
		pl_set_str(&user, d->user);
		err |= mbuf_printf(mb, "%H@", sx_escape_user, &user);
	}

	if (!host)
		err |= mbuf_printf(mb, "%J", &leg->targetv[0].dst);
	else if (strchr(host, ':') && host[0] != '[')
		err |= mbuf_printf(mb, "[%s]", host);
	else
		err |= mbuf_write_str(mb, host);
	if (host && port)
		err |= mbuf_printf(mb, ":%u", port);

	if (leg->targetv[0].tp == SX_TCP)
		err |= mbuf_write_str(mb, ";transport=tcp");
	if (leg_is_phone(peer, d->user))
		err |= mbuf_write_str(mb, ";user=phone");

	return err;
}
