/**
 * @file b2bua/takeover_state.c  What the processes tell each other
 *
 * At the takeover everything, later each change: where phones are, values of
 * DB(), and once the Call-IDs of the older one's dialogs.  A change goes to
 * both neighbours but not back to who told it.
 */
#include "b2bua/leg.h"
#include "b2bua/location.h"
#include "b2bua/takeover_priv.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/rand.h"
#include "store/store.h"

enum { CALLIDS = 1024 };

static struct {
	struct hash *callids;   /* struct callid: dialogs of the older one */
	const struct ipc *from; /* whose news is being taken in */
} to;

struct callid {
	struct le le;
	char *id;
};


/* ---- Call-IDs of the older one ------------------------------------------ */

static void callid_destructor(void *data)
{
	struct callid *c = data;

	hash_unlink(&c->le);
	mem_deref(c->id);
}


static bool callid_handler(struct le *le, void *arg)
{
	const struct callid *c = le->data;

	return !pl_strcmp(arg, c->id);
}


bool takeover_knows(const struct pl *id)
{
	return to.callids &&
	       hash_lookup(to.callids, hash_key(id->p, id->l), callid_handler,
			   (void *)(uintptr_t)id);
}


static int callid_add(const struct pl *id)
{
	struct callid *c;

	if (takeover_knows(id))
		return 0;

	c = mem_zalloc(sizeof(*c), callid_destructor);
	if (!c || pl_strdup(&c->id, id)) {
		mem_deref(c);
		return ENOMEM;
	}

	hash_append(to.callids, hash_key(id->p, id->l), &c->le, c);

	return 0;
}


int takeover_state_init(void)
{
	return hash_alloc(&to.callids, CALLIDS);
}


void takeover_state_close(void)
{
	hash_flush(to.callids);
	to.callids = mem_deref(to.callids);
}


/* ---- what is told ------------------------------------------------------- */

int takeover_send(struct ipc *i, enum takeover_msg type, struct mbuf *mb,
		  int err)
{
	if (!err)
		err = ipc_send(i, type, mb);
	if (err && err != ENOTCONN)
		log_warning("takeover", "%s is lost: %m",
			    takeover_msg_name(type), err);
	mem_deref(mb);

	return err;
}


struct mbuf *takeover_message(void)
{
	return mbuf_alloc(256);
}


static void send_place(struct ipc *i, enum takeover_msg type,
		       const struct store_location *loc)
{
	struct mbuf *mb = takeover_message();
	int err		= mb ? 0 : ENOMEM;

	if (!err) {
		err |= ipc_put_str(mb, loc->aor);
		err |= ipc_put_str(mb, loc->contact);
		err |= ipc_put_str(mb, loc->received);
		err |= ipc_put_str(mb, loc->transport);
		err |= ipc_put_str(mb, loc->user_agent);
		err |= ipc_put_str(mb, loc->call_id);
		err |= ipc_put_str(mb, loc->instance);
		err |= ipc_put_str(mb, loc->path);
		err |= ipc_put_str(mb, loc->def_user);
		err |= mbuf_write_u32(mb, loc->reg_id);
		err |= mbuf_write_u32(mb, loc->cseq);
		err |= mbuf_write_u64(mb, loc->expires_at);
	}

	(void)takeover_send(i, type, mb, err);
}


void takeover_send_texts(struct ipc *i, enum takeover_msg type,
			 const char *a, const char *b, const char *c)
{
	struct mbuf *mb = takeover_message();
	int err		= mb ? 0 : ENOMEM;

	if (!err) {
		err |= ipc_put_str(mb, a);
		err |= ipc_put_str(mb, b);
		err |= ipc_put_str(mb, c);
	}

	(void)takeover_send(i, type, mb, err);
}


/* Changes go to both neighbours, but not back to who told them */
static void each(void (*h)(struct ipc *i, const void *arg), const void *arg)
{
	struct ipc *const v[] = {takeover_older(), takeover_newer()};

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (v[i] && v[i] != to.from)
			h(v[i], arg);
	}
}


static void place_to(struct ipc *i, const void *arg)
{
	takeover_send_conn(i, arg);
	send_place(i, TO_PLACE, arg);
}


static void place_put(const struct store_location *loc, void *arg)
{
	(void)arg;
	each(place_to, loc);
}


static void noplace_to(struct ipc *i, const void *arg)
{
	send_place(i, TO_NOPLACE, arg);
}


static void place_del(const struct store_location *loc, void *arg)
{
	(void)arg;
	each(noplace_to, loc);
}


struct texts {
	enum takeover_msg type;
	const char *a, *b, *c;
};


static void texts_to(struct ipc *i, const void *arg)
{
	const struct texts *t = arg;

	takeover_send_texts(i, t->type, t->a, t->b, t->c);
}


static void value_changed(const char *family, const char *key,
			  const char *value, void *arg)
{
	const struct texts t = {value ? TO_VALUE : TO_NOVALUE, family, key,
				value};

	(void)arg;
	each(texts_to, &t);
}


void takeover_watch(bool on)
{
	static const struct location_watch w = {place_put, place_del, NULL};

	location_watch(on ? &w : NULL);
	store_db_watch(on ? value_changed : NULL, NULL);
}


/* ---- everything --------------------------------------------------------- */

static void export_place(const struct store_location *loc, void *arg)
{
	send_place(arg, TO_PLACE, loc);
}


static void export_value(const char *family, const char *key,
			 const char *value, void *arg)
{
	takeover_send_texts(arg, TO_VALUE, family, key, value);
}


static void export_callid(const struct pl *id, void *arg)
{
	struct mbuf *mb = takeover_message();
	int err		= mb ? ipc_put_mem(mb, id->p, id->l) : ENOMEM;

	(void)takeover_send(arg, TO_CALLID, mb, err);
}


static bool export_older_callid(struct le *le, void *arg)
{
	const struct callid *c = le->data;
	struct pl id;

	pl_set_str(&id, c->id);
	export_callid(&id, arg);

	return false;
}


static void export_conn(const struct sx_conn_info *info, void *arg)
{
	struct mbuf *mb = takeover_message();
	int err		= mb ? takeover_put_conn(mb, info) : ENOMEM;

	(void)takeover_send(arg, TO_CONN, mb, err);
}


void takeover_export(struct ipc *i)
{
	struct server *srv = server();
	struct mbuf *mb	   = takeover_message();
	int err		   = mb ? sx_uas_auth_export(srv->auth, mb) : ENOMEM;

	(void)takeover_send(i, TO_DIGEST, mb, err);
	location_export(export_place, i);
	takeover_send_texts(i, TO_NOVALUE, NULL, NULL, NULL); /* forget what you read */
	(void)store_db_scan(NULL, NULL, export_value, i);
	leg_callids(export_callid, i);
	sx_invites_apply(srv->sx, export_callid, i);
	if (to.callids)
		(void)hash_apply(to.callids, export_older_callid, i);
	sx_conns_apply(srv->sx, export_conn, i);
	(void)ipc_send(i, TO_TAKEN, NULL);
}


/* ---- from a neighbour --------------------------------------------------- */

static int rx_place(enum takeover_msg type, struct mbuf *mb)
{
	char *v[9] = {NULL};
	struct store_location loc;
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(v) && !err; i++)
		err = ipc_get_str(&v[i], mb);

	loc = (struct store_location){
		.aor	    = v[0],
		.contact    = v[1],
		.received   = v[2],
		.transport  = v[3],
		.user_agent = v[4],
		.call_id    = v[5],
		.instance   = v[6],
		.path	    = v[7],
		.def_user   = v[8],
	};
	if (!err)
		err = ipc_get_u32(&loc.reg_id, mb);
	if (!err)
		err = ipc_get_u32(&loc.cseq, mb);
	if (!err)
		err = ipc_get_u64(&loc.expires_at, mb);
	if (!err && type == TO_PLACE) {
		location_import(&loc);
		each(place_to, &loc);
	}
	else if (!err) {
		location_import_gone(&loc);
		each(noplace_to, &loc);
	}

	for (size_t i = 0; i < ARRAY_SIZE(v); i++)
		mem_deref(v[i]);

	return err;
}


static int rx_texts(enum takeover_msg type, struct mbuf *mb)
{
	char *a = NULL, *b = NULL, *c = NULL;
	int err;

	err = ipc_get_str(&a, mb);
	if (!err)
		err = ipc_get_str(&b, mb);
	if (!err)
		err = ipc_get_str(&c, mb);
	if (err)
		goto out;

	err = store_db_follow(*a ? a : NULL, b, type == TO_VALUE ? c : NULL);
	if (!err && *a) {
		const struct texts t = {type, a, b, c};

		each(texts_to, &t);
	}

out:
	mem_deref(a);
	mem_deref(b);
	mem_deref(c);
	return err;
}


int takeover_rx_callid(struct mbuf *mb)
{
	struct pl id;
	int err = ipc_get_pl(&id, mb);

	return err ? err : callid_add(&id);
}


int takeover_rx_state(struct ipc *i, enum takeover_msg type, struct mbuf *mb)
{
	int err;

	to.from = i;
	if (type == TO_PLACE || type == TO_NOPLACE)
		err = rx_place(type, mb);
	else
		err = rx_texts(type, mb);
	to.from = NULL;

	return err;
}
