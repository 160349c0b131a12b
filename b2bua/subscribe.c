/**
 * @file b2bua/subscribe.c  Subscriptions: who may, how long, and their end
 *
 * A SUBSCRIBE is believed only from a peer that proves who it is, every time.
 * A phone that has lost its memory subscribes again to the same lamp from the
 * same Contact: the old subscription goes without a word.
 */
#include "b2bua/server.h"
#include "b2bua/sub_priv.h"
#include "base/clock.h"
#include "base/rand.h"
#include "base/text.h"

enum {
	SUB_BUCKETS = 4096,
	DEFAULT_EXPIRES_S = 3600,
	RETRY_S = 60,
};

/** An event package */
struct package {
	const char *name;
	const char *accept;   /* its own type */
	enum sub_body body;
	bool mwi;
};

static const struct package packages[] = {
	{"dialog", "application/dialog-info+xml", SUB_DIALOG_INFO, false},
	{"presence", "application/pidf+xml", SUB_PIDF, false},
	{"message-summary", "application/simple-message-summary", SUB_MWI,
	 true},
};

#define ALLOW_EVENTS "Allow-Events: dialog, presence, message-summary\r\n"

static struct hash *dialogs;      /* struct sub */
static struct hash *owners;       /* struct sub_owner */
static struct list subs, dying;   /* struct sub */
static struct mwi_watch *mwi;


/* ---- tables ------------------------------------------------------------- */

static uint32_t dialog_hash(const struct pl *callid, const struct pl *tag)
{
	return hash_key(callid->p, callid->l) ^ hash_key(tag->p, tag->l);
}


static bool dialog_handler(struct le *le, void *arg)
{
	const struct sub *s = le->data;
	const struct sx_msg *msg = arg;

	return sx_dialog_match(s->dlg, msg);
}


static struct sub *sub_find(const struct sx_msg *msg)
{
	return list_ledata(hash_lookup(dialogs,
				       dialog_hash(&msg->callid, &msg->ttag),
				       dialog_handler, (void *)msg));
}


static bool owner_handler(struct le *le, void *arg)
{
	const struct sub_owner *o = le->data;

	return !strcmp(o->name, arg);
}


static struct sub_owner *owner_find(const char *name)
{
	return list_ledata(hash_lookup(owners, hash_key(name, strlen(name)),
				       owner_handler, (void *)name));
}


static void owner_destructor(void *data)
{
	struct sub_owner *o = data;

	hash_unlink(&o->hle);
	mem_deref(o->name);
}


static struct sub_owner *owner_get(const char *name)
{
	struct sub_owner *o = owner_find(name);

	if (o)
		return o;

	o = mem_zalloc(sizeof(*o), owner_destructor);
	if (!o || str_dup(&o->name, name))
		return mem_deref(o);

	hash_append(owners, hash_key(name, strlen(name)), &o->hle, o);

	return o;
}


static void leave_owner(struct sub *s)
{
	struct sub_owner *o = s->owner;

	list_unlink(&s->ole);
	s->owner = NULL;
	if (o && list_isempty(&o->subs))
		mem_deref(o);
}


static void destructor(void *data)
{
	struct sub *s = data;

	timer_cancel(&s->expiry);
	timer_cancel(&s->soon);
	list_unlink(&s->le);
	hash_unlink(&s->hle);
	leave_owner(s);
	mem_deref(s->ct);
	mem_deref(s->hint);
	mem_deref(s->dlg);
	mem_deref(s->event);
	mem_deref(s->exten);
	mem_deref(s->context);
	mem_deref(s->mailbox);
	mem_deref(s->account);
	mem_deref(s->entity);
	mem_deref(s->contact);
}


/* ---- the end ------------------------------------------------------------ */

void sub_end(struct sub *s, const char *reason)
{
	if (!reason || !s->dlg) {
		mem_deref(s);
		return;
	}

	s->state = SUB_TERMINATED;
	timer_cancel(&s->expiry);
	hash_unlink(&s->hle);
	leave_owner(s);
	list_unlink(&s->le);
	list_append(&dying, &s->le, s);
	sub_notify_last(s, reason);
}


static void expiry_handler(void *arg)
{
	sub_end(arg, "timeout");
}


uint32_t sub_left_s(const struct sub *s)
{
	uint64_t now = clock_ms();

	return s->expires_ms > now
		       ? (uint32_t)((s->expires_ms - now + 999) / 1000)
		       : 0;
}


static void set_expires(struct sub *s, uint32_t sec)
{
	s->expires_ms = clock_ms() + sec * 1000ULL;
	timer_start(&s->expiry, sec * 1000ULL, expiry_handler, s);
}


static void mwi_handler(const char *mailbox, const struct mwi_count *n,
			void *arg)
{
	(void)n;
	(void)arg;

	for (struct le *le = list_head(&subs); le; le = le->next) {
		struct sub *s = le->data;

		if (s->mailbox && mwi_list_has(s->mailbox, mailbox))
			sub_notify(s);
	}
}


int subs_init(void)
{
	int err;

	err = hash_alloc(&dialogs, SUB_BUCKETS);
	if (!err)
		err = hash_alloc(&owners, SUB_BUCKETS);
	if (!err)
		err = mwi_watch(&mwi, mwi_handler, NULL);

	return err;
}


void subs_close(void)
{
	mwi = mem_deref(mwi);
	list_flush(&subs);
	list_flush(&dying);
	dialogs = mem_deref(dialogs);
	owners = mem_deref(owners);
}


static void end_all(struct sub_owner *o, const char *reason)
{
	struct le *le = o ? list_head(&o->subs) : NULL;

	while (le) {
		struct sub *s = le->data;

		le = le->next;
		sub_end(s, reason); /* the last one takes the owner along */
	}
}


bool subs_has(const struct sx_msg *msg)
{
	return dialogs && sub_find(msg);
}


void subs_hand_over(void)
{
	while (list_head(&subs))
		sub_end(list_ledata(list_head(&subs)), "deactivated");
}


void subs_peer_gone(const char *peer)
{
	if (peer && owners)
		end_all(owner_find(peer), "deactivated");
}


void subs_follow(const char *peer, const struct sx_target *was,
		 const struct sx_target *now)
{
	struct sub_owner *o = peer && owners ? owner_find(peer) : NULL;
	struct le *le	    = o ? list_head(&o->subs) : NULL;

	for (; le; le = le->next) {
		struct sx_dialog *dlg = ((struct sub *)le->data)->dlg;

		if (dlg->routec || dlg->hop.tp != was->tp ||
		    !sa_cmp(&dlg->hop.dst, &was->dst, SA_ALL))
			continue;

		mem_ref(now->conn);
		mem_deref(dlg->hop.conn);
		dlg->hop = *now;
	}
}


void subs_reload(void)
{
	struct le *le = list_head(&subs);

	while (le) {
		struct sub *s = le->data;
		const struct peer *peer;

		le = le->next;
		peer = config_peer(server()->cfg, s->owner->name);
		if (!peer || !peer->allowsubscribe)
			sub_end(s, "rejected");
		else if (s->mailbox && !peer->mailbox)
			sub_end(s, "noresource");
	}
}


/* ---- what is asked for -------------------------------------------------- */

/** A SUBSCRIBE taken apart */
struct ask {
	const struct package *pkg;
	const struct peer *peer;
	enum sub_body body;
	char event[128];       /* with its id */
	char exten[256];
	uint32_t expires_s;
};


static const struct package *package_find(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(packages); i++) {
		if (!pl_strcasecmp(name, packages[i].name))
			return &packages[i];
	}

	return NULL;
}


/* "dialog;id=5;sla": name and id come back in each NOTIFY */
static bool take_event(struct ask *a, const struct sx_msg *msg)
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


/* The package's type, or the other one of the two for lamps; false: none */
static bool take_accept(struct ask *a, const struct sx_msg *msg)
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


/* Within the limits; false: it has been refused */
static bool take_expires(struct ask *a, struct sx_strans *st,
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


static const char *context_of(const struct peer *peer)
{
	return peer->subscribecontext ? peer->subscribecontext
				      : peer->context;
}


/* ---- a new one ---------------------------------------------------------- */

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


static int take_lamp(struct sub *s, const struct ask *a)
{
	int err;

	err = str_dup(&s->exten, a->exten);
	err |= str_dup(&s->context, context_of(a->peer));

	return err ? err
		   : hint_watch(&s->hint, s->context, s->exten, hint_handler,
				s);
}


static int fill(struct sub *s, const struct ask *a, struct sx_strans *st,
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


static void enter(struct sub *s, struct sub_owner *o)
{
	struct pl callid, tag;

	pl_set_str(&callid, s->dlg->callid);
	pl_set_str(&tag, s->dlg->ltag);
	hash_append(dialogs, dialog_hash(&callid, &tag), &s->hle, s);
	list_append(&subs, &s->le, s);
	s->owner = o;
	list_append(&o->subs, &s->ole, s);
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


int sub_contact_print(struct mbuf *mb, const struct sub *s)
{
	const struct sx_target *t = &s->dlg->hop;
	struct sa our;
	struct pl user;
	int err;

	err = sx_public_addr(server()->sx, &our, t);
	if (err)
		return err;

	pl_set_str(&user, s->exten ? s->exten : "asterisk");

	return mbuf_printf(mb, "Contact: <sip:%H@%J%s>\r\n", sx_escape_user,
			   &user, &our,
			   t->tp == SX_TCP   ? ";transport=tcp"
			   : t->tp == SX_TLS ? ";transport=tls"
					     : "");
}


static int reply_ok(const struct sub *s, struct sx_strans *st,
		    uint32_t expires_s)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err = ENOMEM;

	if (mb)
		err = sub_contact_print(mb, s);
	if (!err)
		err = mbuf_printf(mb, "Expires: %u\r\n" ALLOW_EVENTS,
				  expires_s);
	if (!err)
		err = sx_reply_body(st, 200, NULL, mb, NULL, NULL);

	mem_deref(mb);

	return err;
}


/* Room for one more?  false: it has been refused */
static bool has_room(const struct ask *a, struct sx_strans *st)
{
	const struct sub_owner *o = owner_find(a->peer->name);

	if (list_count(&subs) >= SUBS_MAX ||
	    list_count(&dying) >= SUBS_MAX) {
		log_warning("subscribe", "there are %u subscriptions: %s gets "
			    "none", SUBS_MAX, a->peer->name);
		(void)sx_reply(st, 503, NULL, "Retry-After: %u\r\n", RETRY_S);
		return false;
	}

	if (o && list_count(&o->subs) >= SUBS_PER_PEER) {
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


static void start(const struct ask *a, struct sx_strans *st,
		  const struct sx_msg *msg)
{
	struct sub *s = mem_zalloc(sizeof(*s), destructor);
	struct sub_owner *o;
	int err = ENOMEM;

	if (s)
		err = fill(s, a, st, msg);
	if (!err) {
		o = owner_get(a->peer->name);
		if (o)
			enter(s, o);
		else
			err = ENOMEM;
	}
	if (!err)
		err = reply_ok(s, st, a->expires_s);
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

	set_expires(s, a->expires_s);
	sub_notify_now(s);
}


/* What the package needs that this peer has not; false: it was refused */
static bool has_resource(const struct ask *a, struct sx_strans *st)
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
	struct ask a;

	memset(&a, 0, sizeof(a));
	a.peer = inbound_prove(st, msg, "Subscription");
	if (!a.peer)
		return;

	if (!take_event(&a, msg)) {
		(void)sx_reply(st, 489, NULL, ALLOW_EVENTS);
		return;
	}
	if (!a.peer->allowsubscribe) {
		log_notice("subscribe", "%s: allowsubscribe=no",
			   a.peer->name);
		(void)sx_reply(st, 403, NULL, NULL);
		return;
	}
	if (!take_accept(&a, msg)) {
		(void)sx_reply(st, 406, NULL, "Accept: %s\r\n",
			       a.pkg->accept);
		return;
	}
	if (sx_unescape(a.exten, sizeof(a.exten), &msg->uri.user)) {
		(void)sx_reply(st, 404, NULL, NULL);
		return;
	}

	if (take_expires(&a, st, msg) && has_resource(&a, st) &&
	    has_room(&a, st))
		start(&a, st, msg);
}


/* ---- refresh and end ---------------------------------------------------- */

/* A phone behind a NAT may have another port now */
static void move_hop(struct sub *s, const struct sx_msg *msg)
{
	struct sx_target t;

	sx_target_of(&t, msg);
	mem_ref(t.conn);
	mem_deref(s->dlg->hop.conn);
	s->dlg->hop = t;
	s->dlg->peer_src = msg->src;
	(void)sx_dialog_refresh(s->dlg, msg);
}


static void refresh(struct sub *s, struct sx_strans *st,
		    const struct sx_msg *msg)
{
	struct ask a;

	memset(&a, 0, sizeof(a));
	if (!take_event(&a, msg) || strcmp(a.event, s->event)) {
		(void)sx_reply(st, 489, NULL, ALLOW_EVENTS);
		return;
	}
	if (!take_expires(&a, st, msg))
		return;
	if (sx_dialog_rx(s->dlg, msg)) {
		(void)sx_reply(st, 500, "CSeq is not higher than the last",
			       NULL);
		return;
	}

	move_hop(s, msg);
	if (reply_ok(s, st, a.expires_s)) {
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	if (!a.expires_s) {
		sub_end(s, "timeout");
		return;
	}

	set_expires(s, a.expires_s);
	sub_notify_now(s);
}


bool subs_in_dialog(struct sx_strans *st, const struct sx_msg *msg)
{
	struct sub *s = dialogs ? sub_find(msg) : NULL;
	const struct peer *peer;

	if (!s)
		return false;
	if (!st)
		return true; /* an ACK: nothing here has asked for it */

	if (msg->method != SX_SUBSCRIBE) {
		(void)sx_reply(st, 405, NULL, "Allow: SUBSCRIBE\r\n");
		return true;
	}

	peer = inbound_prove(st, msg, "Subscription");
	if (!peer)
		return true;

	if (strcmp(peer->name, s->owner->name))
		(void)sx_reply(st, 403, NULL, NULL);
	else
		refresh(s, st, msg);

	return true;
}


/* ---- for the console ---------------------------------------------------- */

uint32_t subs_count(void)
{
	return list_count(&subs);
}


void subs_apply(subs_info_h *h, void *arg)
{
	for (struct le *le = list_head(&subs); h && le; le = le->next) {
		const struct sub *s = le->data;
		struct subs_info info = {
			.peer = s->owner->name,
			.user = s->owner->name,
			.callid = s->dlg->callid,
			.exten = s->exten ? s->exten : "--",
			.context = s->context ? s->context : "",
			.state = sub_state_text(s),
			.type = sub_body_name(s->body),
			.mailbox = s->mailbox ? s->mailbox : "<none>",
			.addr = s->dlg->hop.dst,
			.left_s = sub_left_s(s),
		};

		h(&info, arg);
	}
}
