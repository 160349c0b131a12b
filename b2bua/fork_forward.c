/**
 * @file b2bua/fork_forward.c  A leg that goes elsewhere
 *
 *   3xx of the phone            its contact says where
 *   a forward kept here         at once, or when the phone is busy, does not
 *                               answer, or is not there (forward.h)
 *   do not disturb              the phone is busy without being asked
 *
 * The plan of the phone's own context (FORWARD_CONTEXT) decides what becomes
 * of the number, so a forward goes only where the phone itself may call, and
 * the phone pays for it (fork_out.c).  With promiscredir= a 3xx goes to its
 * contact as it is.
 *
 * Who has forwarded a call once is not asked a second time: whatever leads
 * back to it ends there.
 */
#include "b2bua/fork_priv.h"
#include "b2bua/cause.h"
#include "b2bua/forward.h"
#include "b2bua/redirect.h"


static const char *forward_context(const struct fork_leg *fl)
{
	struct call *call = fl->fork->call;
	const char *var = call_var(call, "FORWARD_CONTEXT");

	if (var[0])
		return var;

	return fl->peer && fl->peer->context ? fl->peer->context
					     : call->context;
}


/* --- once only ----------------------------------------------------------- */

static bool is_same(const struct peer *a, const struct peer *b)
{
	return a && b && (a == b || !str_cmp(a->name, b->name));
}


static bool has_forwarded(const struct fork_leg *fl)
{
	for (const struct fork_leg *l = fl; l; l = l->fork->call->up) {
		if (is_same(l->payer, fl->peer))
			return true;
	}

	return false;
}


static bool too_often(const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;
	const struct redirect *r = fl->redir ? fl->redir : redirect_of(call);

	if (has_forwarded(fl)) {
		call_warning(call, "%s has forwarded this call already: a "
			     "loop", fl->peer->name);
		return true;
	}
	if (fl->hops >= FORK_FORWARDS_MAX || (r && r->count >= REDIRECTS_MAX)) {
		call_warning(call, "too many forwards in a row");
		return true;
	}

	return false;
}


/* --- the new leg --------------------------------------------------------- */

static bool is_dialable(const char *exten)
{
	return (exten[0] >= '0' && exten[0] <= '9') || exten[0] == '+';
}


/* The number that was called, as its callers know it */
static const char *own_number(const struct fork_leg *fl)
{
	const struct call *call = fl->fork->call;
	const struct call_frame *frame = list_ledata(call->frames.tail);
	const char *exten = frame ? frame->exten : call->exten;

	if (is_dialable(exten))
		return exten;
	if (is_dialable(call->dnid))
		return call->dnid;
	if (fl->peer && fl->peer->cid_num)
		return fl->peer->cid_num;

	return fl->peer && fl->peer->name ? fl->peer->name : exten;
}


void fork_mark(struct fork_leg *fl)
{
	const struct fork *f = fl->fork;

	if (f->prm.why)
		(void)redirect_next(&fl->redir, redirect_of(f->call),
				    own_number(fl), f->prm.why);
}


/* The leg that takes the place of fl; NULL if it can't */
static struct fork_leg *next_leg(struct fork_leg *fl, const char *number,
				 const char *why)
{
	struct call *call = fl->fork->call;
	struct fork_leg *to = fork_leg_alloc(fl->fork);

	if (!to)
		return NULL;

	if (redirect_next(&to->redir, fl->redir ? fl->redir
						: redirect_of(call),
			  own_number(fl), why))
		return mem_deref(to);

	/* who lets his calls go elsewhere pays for it; a trunk does not */
	if (fl->peer && !fl->number[0])
		to->payer = fl->peer;

	fl->forwarded = true;
	to->dev = fl->dev;
	to->hops = fl->hops + 1;
	str_ncpy(to->number, number, sizeof(to->number));
	call_info(call, "%s forwards to %s%s%s",
		  fl->leg    ? leg_name(fl->leg)
		  : fl->peer ? fl->peer->name
			     : "device",
		  number, why ? ": " : "", why ? why : "");
	(void)call_set_var(call, "FORWARDERNAME",
			   fl->leg    ? leg_name(fl->leg)
			   : fl->peer ? fl->peer->name
				      : "",
			   false);

	return to;
}


/* --- 3xx ----------------------------------------------------------------- */

/* promiscredir: the contact as it is */
static void forward_sip(struct fork_leg *fl, const struct sx_uri *uri,
			const char *user)
{
	struct fork_dev dev;

	memset(&dev, 0, sizeof(dev));
	str_ncpy(dev.user, user, sizeof(dev.user));
	dev.port = uri->port;
	if (pl_strcpy(&uri->host, dev.host, sizeof(dev.host))) {
		fork_leg_over(fl, DIAL_CHANUNAVAIL, CAUSE_NO_ROUTE, 0);
		return;
	}

	fork_dial_sip(fl, &dev, 0);
}


bool fork_forward(struct fork_leg *fl, const struct leg_event *ev)
{
	struct fork *f = fl->fork;
	struct fork_leg *to;
	struct sx_uri uri;
	struct pl pl;
	char user[256];

	if (f->prm.no_forward || !ev->contact || too_often(fl))
		return false;

	pl_set_str(&pl, ev->contact);
	if (sx_uri_parse(&uri, &pl) ||
	    sx_unescape(user, sizeof(user), &uri.user) || !user[0]) {
		call_warning(f->call, "forward to \"%s\" not understood",
			     ev->contact);
		return false;
	}

	to = next_leg(fl, user, ev->why);
	if (!to)
		return false;

	/* the new one first: else all would have failed */
	if (fl->peer && fl->peer->promiscredir)
		forward_sip(to, &uri, user);
	else
		fork_dial_local(to, forward_context(fl), user);

	fork_leg_over(fl, DIAL_BUSY, CAUSE_BUSY, ev->scode);

	return true;
}


/* --- forwards that are kept here ----------------------------------------- */

/* Only a Dial of the phone itself */
static const char *kept(const struct fork_leg *fl, enum forward_kind kind)
{
	const struct fork *f = fl->fork;

	if (f->prm.no_forward || !fl->peer || !fl->peer->name ||
	    fl->number[0])
		return NULL;

	return forward_to(fl->peer->name, kind);
}


static bool go(struct fork_leg *fl, enum forward_kind kind, const char *why)
{
	const char *number = kept(fl, kind);
	char buf[FORWARD_NUMBER_MAX + 1];
	struct fork_leg *to;

	if (!number || too_often(fl))
		return false;

	str_ncpy(buf, number, sizeof(buf)); /* a plan may change it */
	to = next_leg(fl, buf, why);
	if (!to)
		return false;

	fork_dial_local(to, forward_context(fl), buf);

	return true;
}


bool fork_diverted(struct fork_leg *fl, const struct fork_dev *dev)
{
	const struct fork *f = fl->fork;

	if (dev->tech != FORK_SIP || f->prm.no_forward || !dev->peer ||
	    !dev->peer->name || dev->user[0])
		return false;

	if (kept(fl, FORWARD_ALL)) {
		bool gone = go(fl, FORWARD_ALL, "unconditional");

		fork_leg_over(fl, gone ? DIAL_BUSY : DIAL_CHANUNAVAIL,
			      gone ? CAUSE_BUSY : CAUSE_NO_ROUTE,
			      gone ? 302 : 482);
		return true;
	}

	if (!forward_dnd(dev->peer->name))
		return false;

	call_info(f->call, "%s does not want to be disturbed",
		  dev->peer->name);
	(void)go(fl, FORWARD_BUSY, "do-not-disturb");
	fork_leg_over(fl, DIAL_BUSY, CAUSE_BUSY, 486);

	return true;
}


/* Another phone of the same user (maxcontacts=) that still rings */
static bool has_sibling(const struct fork_leg *fl)
{
	struct le *le;

	LIST_FOREACH(&fl->fork->legs, le)
	{
		const struct fork_leg *l = le->data;

		if (l != fl && !l->over && l->leg && !l->number[0] &&
		    is_same(l->peer, fl->peer))
			return true;
	}

	return false;
}


/* Refused or engaged is busy; whoever can't be asked is not there */
static bool kind_of(enum forward_kind *kind, const char **why, uint16_t scode)
{
	switch (scode) {

	case 486:
	case 600:
	case 603:
		*kind = FORWARD_BUSY;
		*why = "user-busy";
		return true;

	case 401:
	case 403:
	case 407:
	case 482:
	case 483:
	case 488:
	case 606: return false;

	default:
		*kind = FORWARD_NOANSWER;
		*why = "unavailable";
		return !scode || scode == 404 || scode == 408 ||
		       scode == 410 || scode == 480 || scode >= 500;
	}
}


bool fork_forward_failed(struct fork_leg *fl, enum dial_status status,
			 uint8_t cause, uint16_t scode)
{
	enum forward_kind kind;
	const char *why;

	if (fl->fork->state != FORK_RACE || fl->over ||
	    !kind_of(&kind, &why, scode) || has_sibling(fl) ||
	    !go(fl, kind, why))
		return false;

	fork_leg_over(fl, status, cause, scode);

	return true;
}


/* --- no answer ----------------------------------------------------------- */

static bool give_up_on(struct fork_leg *fl)
{
	struct fork *f = fl->fork;
	struct le *le;

	if (fl->over || !fl->leg || !kept(fl, FORWARD_NOANSWER) ||
	    !go(fl, FORWARD_NOANSWER, "no-answer"))
		return false;

	LIST_FOREACH(&f->legs, le)
	{
		struct fork_leg *l = le->data;

		if (l->over || l->number[0] || !is_same(l->peer, fl->peer))
			continue;

		l->forwarded = true;
		l->status = DIAL_NOANSWER;
		l->cause = CAUSE_NO_ANSWER;
		fork_leg_leave(l, CAUSE_NO_ANSWER);
	}

	return true;
}


static void patience_handler(void *arg)
{
	struct fork_leg *fl = arg;

	if (fl->fork->state == FORK_RACE)
		(void)give_up_on(fl);
}


void fork_placed(struct fork_leg *fl)
{
	const struct config *cfg = fl->fork->call->cfg;

	if (kept(fl, FORWARD_NOANSWER))
		timer_start(&fl->patience,
			    (uint64_t)cfg->forward.noanswer_s * 1000,
			    patience_handler, fl);
}


/* A Dial that gives up sooner than that: the forward is the phone's answer */
bool fork_forward_late(struct fork *f)
{
	bool any = false;
	struct le *le;

	if (f->state != FORK_RACE)
		return false;

	for (le = f->legs.head; le; le = le->next)
		any = give_up_on(le->data) || any;

	return any;
}
