/**
 * @file b2bua/subscribe.c  Subscriptions: how they are found, live and end
 *
 * A SUBSCRIBE inside of one is believed only from the peer that it belongs to,
 * which proves who it is every time.
 */
#include "b2bua/server.h"
#include "b2bua/sub_priv.h"
#include "base/clock.h"
#include "base/rand.h"

enum { SUB_BUCKETS = 4096 };

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


struct sub *sub_alloc(void)
{
	return mem_zalloc(sizeof(struct sub), destructor);
}


int sub_enter(struct sub *s, const char *peer)
{
	struct sub_owner *o = owner_get(peer);
	struct pl callid, tag;

	if (!o)
		return ENOMEM;

	pl_set_str(&callid, s->dlg->callid);
	pl_set_str(&tag, s->dlg->ltag);
	hash_append(dialogs, dialog_hash(&callid, &tag), &s->hle, s);
	list_append(&subs, &s->le, s);
	s->owner = o;
	list_append(&o->subs, &s->ole, s);

	return 0;
}


bool sub_table_is_full(void)
{
	return list_count(&subs) >= SUBS_MAX || list_count(&dying) >= SUBS_MAX;
}


bool sub_owner_is_full(const char *peer)
{
	const struct sub_owner *o = owner_find(peer);

	return o && list_count(&o->subs) >= SUBS_PER_PEER;
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


void sub_set_expires(struct sub *s, uint32_t sec)
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


/* ---- answered ----------------------------------------------------------- */

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


int sub_reply_ok(const struct sub *s, struct sx_strans *st,
		 uint32_t expires_s)
{
	struct mbuf *mb = mbuf_alloc(256);
	int err = ENOMEM;

	if (mb)
		err = sub_contact_print(mb, s);
	if (!err)
		err = mbuf_printf(mb, "Expires: %u\r\n" SUB_ALLOW_EVENTS,
				  expires_s);
	if (!err)
		err = sx_reply_body(st, 200, NULL, mb, NULL, NULL);

	mem_deref(mb);

	return err;
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
	struct sub_ask a;

	memset(&a, 0, sizeof(a));
	if (!sub_ask_event(&a, msg) || strcmp(a.event, s->event)) {
		(void)sx_reply(st, 489, NULL, SUB_ALLOW_EVENTS);
		return;
	}
	if (!sub_ask_expires(&a, st, msg))
		return;
	if (sx_dialog_rx(s->dlg, msg)) {
		(void)sx_reply(st, 500, "CSeq is not higher than the last",
			       NULL);
		return;
	}

	move_hop(s, msg);
	if (sub_reply_ok(s, st, a.expires_s)) {
		(void)sx_reply(st, 500, NULL, NULL);
		return;
	}

	if (!a.expires_s) {
		sub_end(s, "timeout");
		return;
	}

	sub_set_expires(s, a.expires_s);
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
