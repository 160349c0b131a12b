/**
 * @file b2bua/sub_new.c  A new subscription: who may, what it needs, its start
 *
 * A SUBSCRIBE is believed only from a peer that proves who it is, every time.
 * A phone that has lost its memory subscribes again to the same lamp from the
 * same Contact: the old subscription goes without a word.
 */
#include "b2bua/server.h"
#include "b2bua/sub_priv.h"

enum { RETRY_S = 60 };


static const char *context_of(const struct peer *peer)
{
	return peer->subscribecontext ? peer->subscribecontext
				      : peer->context;
}


static void hint_handler(enum devstate st, void *arg)
{
	(void)st;
	sub_notify(arg);
}


static int take_mailbox(struct sub *s, const struct peer *peer)
{
	const char *user = peer->vmexten && peer->vmexten[0] ? peer->vmexten
							     : "asterisk";
	struct sa our;
	struct pl pl;
	int err;

	err = sx_public_addr(server()->sx, &our, &s->dlg->hop);
	if (err)
		return err;

	pl_set_str(&pl, user);
	err = re_sdprintf(&s->account, "sip:%H@%J", sx_escape_user, &pl, &our);

	return err | str_dup(&s->mailbox, peer->mailbox);
}


static int take_lamp(struct sub *s, const struct sub_ask *a)
{
	int err;

	err = str_dup(&s->exten, a->exten);
	err |= str_dup(&s->context, context_of(a->peer));

	return err ? err
		   : hint_watch(&s->hint, s->context, s->exten, hint_handler,
				s);
}


static int fill(struct sub *s, const struct sub_ask *a, struct sx_strans *st,
		const struct sx_msg *msg)
{
	struct sx_addr contact;
	int err;

	err = sx_dialog_uas(&s->dlg, msg, sx_strans_tag(st));
	if (err)
		return err;

	s->body = a->body;
	err = str_dup(&s->event, a->event);
	err |= pl_strdup(&s->entity, &msg->to.auri);
	if (!sx_msg_contact(msg, &contact))
		err |= pl_strdup(&s->contact, &contact.auri);
	if (err)
		return err;

	return a->pkg->mwi ? take_mailbox(s, a->peer) : take_lamp(s, a);
}


static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}


/* The same phone asks for the same again: it has forgotten the first one */
static void drop_older(struct sub *fresh)
{
	struct le *le = list_head(&fresh->owner->subs);

	while (le) {
		struct sub *s = le->data;

		le = le->next;
		if (s != fresh && s->body == fresh->body &&
		    same_text(s->exten, fresh->exten) &&
		    same_text(s->event, fresh->event) &&
		    same_text(s->contact, fresh->contact))
			sub_end(s, NULL);
	}
}


/* Room for one more?  false: it has been refused */
static bool has_room(const struct sub_ask *a, struct sx_strans *st)
{
	if (sub_table_is_full()) {
		log_warning("subscribe", "there are %u subscriptions: %s gets "
			    "none", SUBS_MAX, a->peer->name);
		(void)sx_reply(st, 503, NULL, "Retry-After: %u\r\n", RETRY_S);
		return false;
	}

	if (sub_owner_is_full(a->peer->name)) {
		log_notice("subscribe", "%s has %u subscriptions, it gets no "
			   "more", a->peer->name, SUBS_PER_PEER);
		(void)sx_reply(st, 403, "Too many subscriptions", NULL);
		return false;
	}

	return true;
}


static uint16_t status_of(int err)
{
	switch (err) {

	case ENOENT: return 404;
	case EBADMSG: return 400;
	case E2BIG: return 414;
	default: return 500;
	}
}


static void start(const struct sub_ask *a, struct sx_strans *st,
		  const struct sx_msg *msg)
{
	struct sub *s = sub_alloc();
	int err = ENOMEM;

	if (s)
		err = fill(s, a, st, msg);
	if (!err)
		err = sub_enter(s, a->peer->name);
	if (!err)
		err = sub_reply_ok(s, st, a->expires_s);
	if (err) {
		if (err == ENOENT)
			log_notice("subscribe", "%s: no hint for '%s' in "
				   "context '%s'", a->peer->name, a->exten,
				   context_of(a->peer));
		(void)sx_reply(st, status_of(err), NULL, NULL);
		mem_deref(s);
		return;
	}

	drop_older(s);
	if (!a->expires_s) { /* only a look (RFC 6665 4.4.3) */
		sub_end(s, "timeout");
		return;
	}

	sub_set_expires(s, a->expires_s);
	sub_notify_now(s);
}


/* What the package needs that this peer has not; false: it was refused */
static bool has_resource(const struct sub_ask *a, struct sx_strans *st)
{
	if (!a->pkg->mwi)
		return true; /* the hint is looked for by and by */
	if (a->peer->mailbox && a->peer->mailbox[0])
		return true;

	log_notice("subscribe", "%s: has no mailbox=", a->peer->name);
	(void)sx_reply(st, 404, NULL, NULL);

	return false;
}


void subs_request(struct sx_strans *st, const struct sx_msg *msg)
{
	struct sub_ask a;

	memset(&a, 0, sizeof(a));
	a.peer = inbound_prove(st, msg, "Subscription");
	if (!a.peer)
		return;

	if (!sub_ask_event(&a, msg)) {
		(void)sx_reply(st, 489, NULL, SUB_ALLOW_EVENTS);
		return;
	}
	if (!a.peer->allowsubscribe) {
		log_notice("subscribe", "%s: allowsubscribe=no",
			   a.peer->name);
		(void)sx_reply(st, 403, NULL, NULL);
		return;
	}
	if (!sub_ask_accept(&a, msg)) {
		(void)sx_reply(st, 406, NULL, "Accept: %s\r\n",
			       a.pkg->accept);
		return;
	}
	if (sx_unescape(a.exten, sizeof(a.exten), &msg->uri.user)) {
		(void)sx_reply(st, 404, NULL, NULL);
		return;
	}

	if (sub_ask_expires(&a, st, msg) && has_resource(&a, st) &&
	    has_room(&a, st))
		start(&a, st, msg);
}
