/**
 * @file b2bua/regexten.c  Extensions of registered phones (regcontext=)
 *
 * While a phone is registered, each extension of its regexten= ("200&201@ctx",
 * its own name if not said) has priority 1 NoOp(name) in regcontext=.  Offices
 * write the priorities from 2 on into that context: the number exists only
 * while its phone does.  With regextenonqualify=yes it goes as well while the
 * phone does not answer.
 */
#include "b2bua/location.h"
#include "b2bua/regexten.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "routing/dialplan.h"
#include "routing/overlay.h"


static bool is_there(const struct peer *peer, const struct place *pl)
{
	if (!pl || !list_head(&pl->bindings))
		return false;

	return !server()->cfg->general.regextenonqualify ||
	       !peer->qualify_ms || pl->state != QUALIFY_UNREACHABLE;
}


static void set_one(const char *context, const struct pl *exten,
		    const struct peer *peer, bool there)
{
	struct server *srv = server();
	int err;

	if (!there) {
		if (overlay_del(srv->overlay, context, exten))
			log_info("registrar", "%s: extension %r@%s is gone",
				 peer->name, exten, context);
		return;
	}

	if (overlay_find(srv->overlay, context, exten))
		return;

	err = dp_has_context(srv->plan, context)
		      ? overlay_add(srv->overlay, context, exten, "NoOp",
				    peer->name)
		      : ENOENT;
	if (err)
		log_warning("registrar", "%s: regexten=%r in context %s: %m",
			    peer->name, exten, context, err);
	else
		log_info("registrar", "%s: extension %r@%s is there",
			 peer->name, exten, context);
}


/* "ext[@context]" */
static void set_word(struct pl word, const struct peer *peer, bool there)
{
	const char *regcontext = server()->cfg->general.regcontext;
	const char *at = pl_strchr(&word, '@');
	char context[128];
	struct pl ctx;

	str_ncpy(context, regcontext, sizeof(context));
	if (at) {
		ctx.p  = at + 1;
		ctx.l  = (size_t)(word.p + word.l - ctx.p);
		word.l = (size_t)(at - word.p);
		ctx    = pl_trim(ctx);
		if (pl_copy(context, sizeof(context), &ctx))
			return;
	}

	word = pl_trim(word);
	if (word.l)
		set_one(context, &word, peer, there);
}


static void set_all(const struct peer *peer, bool there)
{
	struct pl rest, word;

	pl_set_str(&rest, peer->regexten ? peer->regexten : peer->name);
	while (pl_next(&word, &rest, '&'))
		set_word(word, peer, there);
}


void regexten_update(const char *name)
{
	const struct server *srv = server();
	const struct peer *peer;

	if (!srv || !srv->plan || !srv->overlay ||
	    !srv->cfg->general.regcontext)
		return;

	peer = config_peer(srv->cfg, name);
	if (peer && peer->dynamic)
		set_all(peer, is_there(peer, location_find(name)));
}


void regexten_reload(void)
{
	overlay_flush(server()->overlay);

	for (struct le *le = list_head(location_list()); le; le = le->next) {
		const struct place *pl = le->data;

		if (list_head(&pl->bindings))
			regexten_update(pl->name);
	}
}
