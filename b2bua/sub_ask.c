/**
 * @file b2bua/sub_ask.c  A SUBSCRIBE taken apart: package, type, how long
 */
#include "b2bua/server.h"
#include "b2bua/sub_priv.h"
#include "base/text.h"

enum { DEFAULT_EXPIRES_S = 3600 };

static const struct sub_package packages[] = {
	{"dialog", "application/dialog-info+xml", SUB_DIALOG_INFO, false},
	{"presence", "application/pidf+xml", SUB_PIDF, false},
	{"message-summary", "application/simple-message-summary", SUB_MWI,
	 true},
};


static const struct sub_package *package_find(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (!pl_strcasecmp(name, packages[i].name))
			return &packages[i];
	}

	return NULL;
}


bool sub_ask_event(struct sub_ask *a, const struct sx_msg *msg)
{
	const struct pl *val = sx_msg_hdr(msg, SX_HDR_EVENT, 0);
	struct pl rest, name, id, params = PL_INIT;
	const char *semi;

	if (!val)
		return false;

	rest = *val;
	semi = pl_strchr(&rest, ';');
	if (semi) {
		params.p = semi;
		params.l = (size_t)(rest.p + rest.l - semi);
	}
	if (!pl_next(&name, &rest, ';'))
		return false;

	name = pl_trim(name);
	a->pkg = package_find(&name);
	if (!a->pkg)
		return false;

	a->body = a->pkg->body;
	if (!sx_param(&params, "id", &id) || !id.l || id.l > 64)
		return re_snprintf(a->event, sizeof(a->event), "%s",
				   a->pkg->name) > 0;

	return re_snprintf(a->event, sizeof(a->event), "%s;id=%r",
			   a->pkg->name, &id) > 0;
}


struct accept {
	const char *type;
	bool found;
};


static bool accept_handler(const struct pl *val, void *arg)
{
	struct accept *acc = arg;
	struct pl rest = *val, type;

	if (!pl_next(&type, &rest, ';'))
		return false;

	type = pl_trim(type);
	acc->found = !pl_strcasecmp(&type, acc->type) ||
		     !pl_strcasecmp(&type, "*/*") ||
		     !pl_strcasecmp(&type, "application/*");

	return acc->found;
}


static bool accepts(const struct sx_msg *msg, const char *type)
{
	struct accept acc = {type, false};

	(void)sx_msg_values(msg, SX_HDR_ACCEPT, accept_handler, &acc);

	return acc.found;
}


bool sub_ask_accept(struct sub_ask *a, const struct sx_msg *msg)
{
	if (!sx_msg_hdr(msg, SX_HDR_ACCEPT, 0) ||
	    accepts(msg, a->pkg->accept))
		return true;
	if (a->pkg->mwi)
		return false;

	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (packages[i].mwi || !accepts(msg, packages[i].accept))
			continue;

		a->body = packages[i].body;
		return true;
	}

	return false;
}


bool sub_ask_expires(struct sub_ask *a, struct sx_strans *st,
		     const struct sx_msg *msg)
{
	const struct general *g = &server()->cfg->general;
	uint32_t sec = DEFAULT_EXPIRES_S;

	(void)sx_msg_u32(msg, SX_HDR_EXPIRES, &sec);
	if (sec && sec < g->subminexpiry_s) {
		(void)sx_reply(st, 423, NULL, "Min-Expires: %u\r\n",
			       g->subminexpiry_s);
		return false;
	}

	a->expires_s = sec > g->submaxexpiry_s ? g->submaxexpiry_s : sec;

	return true;
}
