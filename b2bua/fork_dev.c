/**
 * @file b2bua/fork_dev.c  From a device to a leg: the way there, who calls,
 *                         headers
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/cdr.h"
#include "b2bua/location.h"
#include "b2bua/redirect.h"
#include "base/text.h"

enum { MAXFWD = 70 };

#define HEADER_VAR "SIPADDHEADER"


/* --- headers that the plan adds (SIPAddHeader) --------------------------- */

static void var_destructor(void *data)
{
	struct var_def *def = data;

	list_unlink(&def->le);
	mem_deref(def->name);
	mem_deref(def->value);
}


static int header_add(struct list *list, const struct pl *name,
		      const struct pl *value)
{
	struct var_def *def = mem_zalloc(sizeof(*def), var_destructor);
	int err;

	if (!def)
		return ENOMEM;

	err = pl_strdup(&def->name, name);
	err |= pl_strdup(&def->value, value);
	if (err) {
		mem_deref(def);
		return ENOMEM;
	}

	/* the variables come newest first */
	list_prepend(list, &def->le, def);

	return 0;
}


/* What makes a dialog or frames the message is never the plan's */
static bool is_reserved(const struct pl *name)
{
	static const char *const names[] = {
		"Via", "v", "From", "f", "To", "t", "Call-ID", "i", "CSeq",
		"Contact", "m", "Route", "Record-Route", "Max-Forwards",
		"Content-Length", "l", "Content-Type", "c", "Require",
		"Proxy-Require", "Session-Expires", "x", "Min-SE",
		"Authorization", "Proxy-Authorization",
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (!pl_strcasecmp(name, names[i]))
			return true;
	}

	return false;
}


/* "Name: value" */
static void header_line(struct list *list, const char *str)
{
	struct pl text, hname, hval;
	const char *colon;

	pl_set_str(&text, str);
	colon = pl_strchr(&text, ':');
	if (!colon)
		return;

	hname.p = text.p;
	hname.l = (size_t)(colon - text.p);
	hval.p = colon + 1;
	hval.l = text.l - hname.l - 1;
	hname = pl_trim(hname);
	hval = pl_trim(hval);

	if (!hname.l || is_reserved(&hname))
		log_warning("call", "header \"%r\" is not the plan's to set",
			    &hname);
	else
		(void)header_add(list, &hname, &hval);
}


/* Called per variable; arg is the list */
static bool header_handler(const char *name, const struct vval *val,
			   enum var_inherit inherit, void *arg)
{
	if (!strncmp(name, HEADER_VAR, sizeof(HEADER_VAR) - 1))
		header_line(arg, val->str);

	return false;
}


/* header= of the peer, and setvar=SIPADDHEADERnn=; last to first, because each
 * new one goes to the front */
static void peer_headers(struct list *list, const struct peer *peer)
{
	struct le *le;

	for (le = peer ? peer->setvars.tail : NULL; le; le = le->prev) {
		const struct var_def *v = le->data;

		if (!strncmp(v->name, HEADER_VAR, sizeof(HEADER_VAR) - 1))
			header_line(list, v->value);
	}

	for (le = peer ? peer->headers.tail : NULL; le; le = le->prev) {
		const struct var_def *v = le->data;
		struct pl name, value;

		pl_set_str(&name, v->name);
		pl_set_str(&value, v->value);
		if (!is_reserved(&name))
			(void)header_add(list, &name, &value);
	}
}


/* --- placing ------------------------------------------------------------- */

/* The call whose caller will be talked to */
static const struct call *root_of(const struct call *call)
{
	for (unsigned i = 0; call->up && i <= FORK_FORWARDS_MAX; i++)
		call = call->up->fork->call;

	return call;
}


static uint32_t max_forwards(const struct call *call, const struct leg *caller,
			     const struct peer *peer)
{
	const struct sx_msg *invite = caller ? leg_invite(caller) : NULL;
	const char *var = call_var(call, "SIP_MAX_FORWARDS");
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, var);
	if (var[0] && !num_decode(&n, &pl, 255))
		return (uint32_t)n;
	if (invite)
		return invite->maxfwd ? invite->maxfwd - 1 : 0;

	return peer && peer->maxforwards ? peer->maxforwards : MAXFWD;
}


const char *fork_shown_num(const struct fork_leg *fl)
{
	const struct fork_params *prm = &fl->fork->prm;
	const char *num = fl->redir && prm->forward_num ? prm->forward_num
							: prm->from_num;

	return str_isset(num) ? num : fl->fork->call->cid_num;
}


static void set_identity(struct leg_identity *id, const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;

	str_ncpy(id->name, call->cid_name, sizeof(id->name));
	str_ncpy(id->num, fork_shown_num(fl), sizeof(id->num));
	id->pres = call->cid_pres;
}


void fork_leg_identity(struct leg_identity *id, const struct fork_leg *fl)
{
	const struct leg_identity *theirs = leg_their_identity(fl->leg);
	const struct peer *peer = fl->peer;
	const char *num = fl->number;

	if (theirs && theirs->num[0]) {
		*id = *theirs;
		return;
	}

	memset(id, 0, sizeof(*id));
	id->pres = peer ? peer->callingpres : -1;
	if (!num[0] && peer)
		num = peer->cid_num ? peer->cid_num : peer->name;

	str_ncpy(id->num, num ? num : "", sizeof(id->num));
	if (!fl->number[0] && peer && peer->cid_name)
		str_ncpy(id->name, peer->cid_name, sizeof(id->name));
}


void fork_identity(struct leg_identity *id, const struct fork *f)
{
	if (f && f->winner)
		fork_leg_identity(id, f->winner);
}


/* The caller's phone shows whom it reaches (sendrpid=) */
void fork_tell_caller(const struct fork_leg *fl)
{
	const struct call *root = root_of(fl->fork->call);
	struct leg_identity id;

	if (!root->caller || fl->fork->prm.no_connected)
		return;

	fork_leg_identity(&id, fl);
	leg_set_connected(root->caller, &id);
}


/* Not if another phone of the peer rings for the same device: that is one
 * call */
static bool is_at_limit(const struct peer *peer, const struct fork_leg *fl)
{
	struct le *le;

	if (!peer->call_limit || calls_of_peer(peer->name) < peer->call_limit)
		return false;
	if (peer->maxcontacts < 2)
		return true;

	LIST_FOREACH(&fl->fork->legs, le)
	{
		const struct fork_leg *other = le->data;

		if (other->peer == peer && other->dev == fl->dev &&
		    other->leg && !other->over)
			return false;
	}

	return true;
}


/* 0, ENOENT, EHOSTUNREACH, EBUSY */
static int find_peer(struct leg_dial *dial, const struct fork_leg *fl,
		     uint32_t binding)
{
	const struct peer *peer = dial->peer;
	const char *uri = NULL;
	int err;

	if (is_at_limit(peer, fl))
		return EBUSY;

	err = location_target_at(peer, binding, &dial->target, &uri,
				 &dial->target_known);
	if (err)
		return err;

	if (dial->target_known)
		dial->path = location_path(peer, binding);
	if (dial->user)
		return 0; /* number@peer: only the way there is of use */
	if (uri)
		dial->uri = uri;
	else
		dial->user = peer->defaultuser;

	return 0;
}


/* A variable as the dialled channel has it: set by its subroutine (b) or by its
 * peer's setvar=, or inherited */
struct dialled_var {
	const char *name;
	bool inherited;          /* only with a '_' */
	const char *value;
};


static bool dialled_handler(const char *name, const struct vval *val,
			    enum var_inherit inherit, void *arg)
{
	struct dialled_var *v = arg;

	if (strcmp(name, v->name))
		return false;
	if (inherit != VAR_OWN || !v->inherited)
		v->value = val->str;

	return true;
}


/* "" if it is not set.  plain: also without a '_' */
static const char *dialled_var(const struct fork_leg *fl,
			       const struct peer *peer, const char *name,
			       bool plain)
{
	struct dialled_var v = {name, !plain && !fl->vars, NULL};
	struct le *le;

	(void)vars_apply(fl->vars ? fl->vars : fl->fork->call->vars,
			 dialled_handler, &v);
	for (le = peer ? peer->setvars.tail : NULL; le && !v.value;
	     le = le->prev) {
		const struct var_def *def = le->data;

		if (!strcmp(def->name, name))
			v.value = def->value;
	}

	return v.value ? v.value : "";
}


/* What the plan wants us to offer */
static void plan_codecs(struct codec_prefs *offer, const struct fork_leg *fl,
			const struct peer *peer)
{
	const char *names = dialled_var(fl, peer, "SIP_CODEC_OUTBOUND", true);

	if (!names[0])
		names = dialled_var(fl, peer, "SIP_CODEC", false);
	if (names[0] && offer->n && !codec_prefs_narrow(offer, names))
		call_warning(fl->fork->call, "SIP_CODEC \"%s\" is left out: "
			     "none that %s may use and the caller has", names,
			     peer ? peer->name : "a guest");
}


/* Who forwarded it: for the leg alone, or the whole call; a plan may say why
 * in a variable */
static void set_redirect(struct redirect *r, struct leg_dial *dial,
			 const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;
	const struct redirect *from = fl->redir ? fl->redir
						: redirect_of(call);
	const char *var = call_var(call, "PRIREDIRECTREASON");
	struct pl pl;

	if (!from || !from->from[0])
		return;

	*r = *from;
	pl_set_str(&pl, var);
	if (!r->why[0] && pl.l) {
		char buf[sizeof(r->why)];
		const char *why = redirect_reason(buf, sizeof(buf), &pl);

		str_ncpy(r->why, why ? why : "", sizeof(r->why));
	}

	dial->redir = r;
}


/* Nothing was sent; another line of a trunk group may do it */
static void not_placed(struct fork_leg *fl, enum dial_status status,
		       uint8_t cause, uint16_t scode)
{
	(void)fork_trunk_next(fl, NULL);
	fork_leg_over(fl, status, cause, scode);
}


static void place(struct fork_leg *fl, struct leg_dial *dial,
		  struct list *headers)
{
	struct call *call = fl->fork->call;
	const struct call *root = root_of(call);
	const struct peer *prefs =
		dial->peer ? dial->peer : call->cfg->defaults;
	struct redirect redir;
	int err;

	set_identity(&dial->from, fl);
	set_redirect(&redir, dial, fl);
	dial->headers = headers;
	fork_trunk_params(fl, dial);
	dial->maxfwd = max_forwards(call, root->caller, dial->peer);
	dial->media_near = root->caller ? leg_media(root->caller) : 0;
	leg_offer_prefs(&dial->offer, root->caller, prefs);
	plan_codecs(&dial->offer, fl, dial->peer);

	if (!dial->offer.n) {
		call_warning(call, "no codec in common with %s",
			     dial->peer ? dial->peer->name : dial->host);
		not_placed(fl, DIAL_CHANUNAVAIL, CAUSE_BEARER, 488);
		return;
	}
	if (!dial->maxfwd) {
		fork_leg_over(fl, DIAL_NOANSWER, CAUSE_NO_ANSWER, 483);
		return;
	}

	err = leg_outgoing(&fl->leg, call, dial);
	if (err) {
		call_warning(call, "leg not placed: %m", err);
		not_placed(fl, DIAL_CHANUNAVAIL, CAUSE_FAILURE, 0);
		return;
	}

	dial->redir = NULL; /* was copied */
	cdr_dialed(call, leg_name(fl->leg));
	if (fl->fork->prm.groups)
		fl->fork->prm.groups(leg_groups(fl->leg), fl->fork->arg);
	fork_placed(fl);
}


static void place_peer(struct fork_leg *fl, struct leg_dial *dial,
		       struct list *headers, uint32_t binding)
{
	struct call *call = fl->fork->call;
	int err = find_peer(dial, fl, binding);

	switch (err) {

	case 0:
		place(fl, dial, headers);
		break;

	case EBUSY:
		call_warning(call, "%s is at its call-limit",
			     dial->peer->name);
		if (!fork_forward_failed(fl, DIAL_BUSY, CAUSE_BUSY, 486))
			not_placed(fl, DIAL_CHANUNAVAIL, CAUSE_BUSY, 0);
		break;

	default:
		call_info(call, "%s cannot be reached: %s", dial->peer->name,
			  err == ENOENT ? "not registered"
					: "does not answer");
		if (!fork_forward_failed(fl, DIAL_CHANUNAVAIL, CAUSE_ABSENT,
					 480))
			not_placed(fl, DIAL_CHANUNAVAIL, CAUSE_ABSENT, 0);
		break;
	}
}


void fork_dial_sip(struct fork_leg *fl, const struct fork_dev *dev,
		   uint32_t binding)
{
	struct leg_dial dial;
	struct list headers = LIST_INIT; /* struct var_def */

	if (!fork_may_leave(fl, dev))
		return;

	memset(&dial, 0, sizeof(dial));
	dial.peer = dev->peer;
	dial.user = dev->user[0] ? dev->user : NULL;

	peer_headers(&headers, dev->peer);
	(void)vars_apply(fl->vars ? fl->vars : fl->fork->call->vars,
			 header_handler, &headers);

	if (dev->peer) {
		place_peer(fl, &dial, &headers, binding);
	}
	else {
		dial.host = dev->host;
		dial.port = dev->port;
		place(fl, &dial, &headers);
	}

	fork_has_left(fl, dev);
	list_flush(&headers);
}


/* The first device from number i on that can be called; ENOENT: none */
static int next_device(const struct peer *peer, uint32_t *i)
{
	struct sx_target t;
	const char *uri;
	bool known;

	for (; *i < peer->maxcontacts; ++*i) {
		int err = location_target_at(peer, *i, &t, &uri, &known);

		if (!err || err == ENOENT)
			return err;
	}

	return ENOENT;
}


/* A peer with several phones (maxcontacts=): all of them ring, but for those
 * whose connection has gone */
static void dial_devices(struct fork_leg *first, const struct fork_dev *dev)
{
	struct fork *f = first->fork;
	struct fork_leg *fl = first;
	uint32_t i = 0;

	if (next_device(dev->peer, &i)) {
		/* why, or where else, is said by it */
		fork_dial_sip(first, dev, 0);
		return;
	}

	do {
		fork_dial_sip(fl, dev, i++);
		/* what holds the first one up does so with all */
		if (!first->leg || list_count(&f->legs) >= FORK_LEGS_MAX ||
		    next_device(dev->peer, &i))
			break;

		fl = fork_leg_alloc(f);
		if (!fl)
			break;

		++f->devc;
		fl->dev = first->dev;
		fl->peer = dev->peer;
		fl->vars = mem_ref(first->vars);
	} while (true);
}


void fork_dial_local(struct fork_leg *fl, const char *context,
		     const char *exten)
{
	struct call *call = fl->fork->call;
	int err = local_start(&fl->child, call, fl, context, exten);

	if (!err) {
		if (fl->child && fl->fork->prm.groups)
			fl->fork->prm.groups(&fl->child->groups,
					     fl->fork->arg);
		return;
	}

	call_warning(call, "Local/%s@%s: %s", exten, context,
		     err == ELOOP ? "too many forwards in a row"
				  : "no such extension");
	fork_leg_over(fl, DIAL_CHANUNAVAIL, CAUSE_UNALLOCATED, 404);
}


void fork_dial_dev(struct fork_leg *fl, const struct fork_dev *dev)
{
	if (dev->trunk)
		fork_trunk_dial(fl, dev);
	else if (fork_diverted(fl, dev))
		return;
	else if (dev->peer && !dev->user[0] && dev->peer->maxcontacts > 1)
		dial_devices(fl, dev);
	else
		fork_dial_sip(fl, dev, 0);
}


void fork_dial(struct fork *f, const struct ttext *text)
{
	struct fork_dev dev;
	struct fork_leg *fl;
	const char *why = "";
	int err;

	if (!text || !text->len) {
		call_warning(f->call, "an empty device is skipped");
		--f->devc;
		return;
	}

	fl = fork_leg_alloc(f);
	if (!fl) {
		--f->devc;
		return;
	}

	err = fork_dev_decode(&dev, f->call->cfg, text, &why);
	if (err) {
		call_warning(f->call, "%s: %s", text->str, why);
		fork_leg_over(fl, DIAL_CHANUNAVAIL,
			      err == ENOENT ? CAUSE_ABSENT : CAUSE_NO_ROUTE,
			      0);
		return;
	}

	fl->peer = dev.peer;
	str_ncpy(fl->number, dev.user, sizeof(fl->number));
	fork_mark(fl);

	if (dev.tech == FORK_LOCAL)
		fork_dial_local(fl, dev.host, dev.user);
	else if (!fork_predial(fl, &dev))
		fork_dial_dev(fl, &dev);
}
