/**
 * @file config/sipd_plan.c  The dialplan of a file of sipd
 *
 *   group-NAME         what a group's clients dial: their short numbers, then
 *                      the contexts below
 *   sipd-star          *11 pickup, *55 music, *71 *72 *73 forwards
 *   sipd-numbers       public numbers and names of all clients
 *   sipd-outward       any other number
 *   sipd-from-gateway  what gateways call: public numbers and names alone
 *
 *   sipd-to,s          rings a client: forward, serial numbers
 *   sipd-out,s         a number to the gateways, one after the other
 *   sipd-told, -wrong  answers to star codes, by a media gateway or by us
 *
 * A context sipd-custom of extensions.conf is looked at before all of it.
 */
#include "config/plan_gen.h"
#include "config/sipd.h"

#define CUSTOM "sipd-custom"

static const char to_client[] = "Gosub(sipd-to,s,1(%s))";


static void context(struct plan_gen *g, struct loader *ld, const char *name)
{
	const struct conf_pos pos = {ld->sip->path, 1, 1};

	plan_context(g, ld, &pos, name);
}


static void include_custom(struct plan_gen *g, const struct loader *ld)
{
	if (dialplan_context(ld->cfg->dialplan, CUSTOM))
		plan_include(g, CUSTOM);
}


/* --- ringing a client ---------------------------------------------------- */

static void to(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-to");
	plan_exten(g, "s,1,Set(LOCAL(to)=${ARG1})");
	plan_same(g, "n,Set(LOCAL(next)=0)");
	plan_same(g, "n,Set(LOCAL(fwd)=${SIPD(forward,${to})})");
	plan_same(g, "n,GotoIf($[\"${fwd:0:1}\" = \"=\"]?away)");
	plan_same(g, "n(ring),Set(CALLERID(num)=${SIPD(shown,${to})})");
	plan_same(g, "n,Dial(SIP/${to},${SIPD(ring,${ARG1})})");
	plan_same(g, "n,GotoIf($[\"${fwd:0:1}\" = \"~\"]?away)");
	plan_same(g, "n,Set(LOCAL(next)=$[${next} + 1])");
	plan_same(g, "n,Set(LOCAL(to)=${SIPD(chain,${ARG1},${next})})");
	plan_same(g, "n,GotoIf($[\"${to}\" != \"\"]?ring)");
	plan_same(g, "n,Return()");
	/* it is the client's own call now, whoever began it */
	plan_same(g, "n(away),Set(SIPD(payer)=${ARG1})");
	plan_same(g, "n,Gosub(sipd-out,s,1(8${fwd:1},${ARG1}))");
	plan_same(g, "n,Return()");
}


/* --- out ----------------------------------------------------------------- */

static void out(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-out");
	plan_exten(g, "s,1,GotoIf(${SIPD(may,${ARG1},${ARG2})}?:no)");
	plan_same(g, "n,Set(LOCAL(gates)=${SIPD(gateways,${ARG2})})");
	plan_same(g, "n,GotoIf($[\"${gates}\" = \"\"]?none)");
	plan_same(g, "n,Set(CALLERID(all)=${SIPD(callerid,${ARG2})})");
	plan_same(g, "n,Set(LOCAL(nr)=1)");
	plan_same(g, "n(try),Set(LOCAL(gate)=${CUT(gates,:,${nr})})");
	plan_same(g, "n,GotoIf($[\"${gate}\" = \"\"]?end)");
	plan_same(g, "n,Dial(SIP/${gate}/${SIPD(out,${gate},${ARG1})})");
	plan_same(g, "n,GotoIf($[\"${DIALSTATUS}\" != \"CHANUNAVAIL\" & "
		  "\"${DIALSTATUS}\" != \"CONGESTION\"]?end)");
	plan_same(g, "n,Set(LOCAL(nr)=$[${nr} + 1])");
	plan_same(g, "n,Goto(try)");
	plan_same(g, "n(no),Hangup(21)");
	plan_same(g, "n(none),Hangup(1)");
	plan_same(g, "n(end),Return()");
}


static void outward(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-outward");
	plan_exten(g, "_[0-9+].,1,Gosub(sipd-out,s,1(${EXTEN},))");
	plan_same(g, "n,Hangup(${HANGUPCAUSE})");
}


/* --- star codes ---------------------------------------------------------- */

/* A media gateway speaks, if there is one that answers */
static void ask_mediagates(struct plan_gen *g, const struct loader *ld,
			   const char *code)
{
	for (struct le *le = ld->cfg->sipd->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data;

		if (c->kind == SIPD_MEDIAGATE && c->has_host)
			plan_same(g, "n,Dial(SIP/%s/%s,10)", c->name, code);
	}
}


static void told(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-told");
	plan_exten(g, "s,1,Set(fwd=${SIPD(forward)})");
	plan_same(g, "n,Set(code=${SIPD(code)})");
	ask_mediagates(g, ld, "${code}");
	plan_same(g, "n,Answer()");
	plan_same(g, "n,GotoIf($[\"${fwd}\" = \"\"]?none)");
	plan_same(g, "n,Playback(${IF($[\"${fwd:0:1}\" = \"=\"]?"
		  "call-fwd-unconditional:call-fwd-no-ans)})");
	plan_same(g, "n,Playback(is-set-to)");
	plan_same(g, "n,SayDigits(${fwd:1})");
	plan_same(g, "n,Hangup()");
	plan_same(g, "n(none),Playback(call-forwarding&de-activated)");
	plan_same(g, "n,Hangup()");
}


static void wrong(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-wrong");
	plan_exten(g, "s,1,NoOp(${ARG1})");
	ask_mediagates(g, ld, "${ARG1}");
	plan_same(g, "n,Answer()");
	plan_same(g, "n,Playback(invalid)");
	plan_same(g, "n,Hangup(28)");
}


/* Each code needs to be one that the client may dial */
static void star_exten(struct plan_gen *g, const char *exten)
{
	plan_exten(g, "%s,1,GotoIf(${SIPD(may,${EXTEN})}?:no)", exten);
}


static void star_end(struct plan_gen *g)
{
	plan_same(g, "n(no),Congestion()");
}


static void star(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-star");

	star_exten(g, "*11");
	plan_same(g, "n,Pickup()");
	plan_same(g, "n,Hangup(${HANGUPCAUSE})");
	star_end(g);

	star_exten(g, "*55");
	ask_mediagates(g, ld, "*55");
	plan_same(g, "n,Answer()");
	plan_same(g, "n,MusicOnHold()");
	star_end(g);

	star_exten(g, "_*7[12]");
	plan_same(g, "n,Goto(sipd-told,s,1)");
	star_end(g);

	star_exten(g, "_*71XXXXXXXXXX");
	plan_same(g, "n,Set(SIPD(forward)=~${EXTEN:3})");
	plan_same(g, "n,Goto(sipd-told,s,1)");
	star_end(g);

	star_exten(g, "_*72XXXXXXXXXX");
	plan_same(g, "n,Set(SIPD(forward)==${EXTEN:3})");
	plan_same(g, "n,Goto(sipd-told,s,1)");
	star_end(g);

	star_exten(g, "*73");
	plan_same(g, "n,Set(SIPD(forward)=)");
	plan_same(g, "n,Goto(sipd-told,s,1)");
	star_end(g);

	plan_exten(g, "_*[17]!,1,Gosub(sipd-wrong,s,1(*70))");
	plan_exten(g, "_*!,1,Gosub(sipd-wrong,s,1(*00))");
}


/* --- numbers ------------------------------------------------------------- */

static void number(struct plan_gen *g, const struct sipd_client *c,
		   const char *before, const char *text)
{
	char step[160];

	(void)re_snprintf(step, sizeof(step), to_client, c->name);
	g->pos = c->pos;
	plan_exten(g, "%s%s,1,%s", before, text, step);
	plan_same(g, "n,Hangup(${HANGUPCAUSE})");
}


/* As it is dialled at home, with the 8 before it, and from abroad */
static void public_number(struct plan_gen *g, const struct sipd_client *c,
			  const struct sipd_opts *opts)
{
	char code[SIPD_TEXT_MAX];

	number(g, c, "", c->number);
	if (strlen(c->number) != 10)
		return;

	number(g, c, "8", c->number);
	(void)re_snprintf(code, sizeof(code), "+%s", opts->country);
	number(g, c, code, c->number);
	if (strcmp(opts->country, "8"))
		number(g, c, opts->country, c->number);
}


static const struct sipd_client *
number_taken(const struct sipd_conf *sc, const struct sipd_client *c)
{
	for (struct le *le = sc->clients.head; le->data != c; le = le->next) {
		const struct sipd_client *o = le->data;

		if (o->number && !strcmp(o->number, c->number))
			return o;
	}

	return NULL;
}


static void numbers(struct plan_gen *g, struct loader *ld)
{
	const struct sipd_conf *sc = ld->cfg->sipd;

	context(g, ld, "sipd-numbers");

	for (struct le *le = sc->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data, *taken;

		if (c->kind != SIPD_CLIENT)
			continue;

		number(g, c, "", c->name);
		if (!c->number || !strcmp(c->number, c->name))
			continue;

		taken = number_taken(sc, c);
		if (taken)
			find_warning(ld->f, &c->pos, "[%s]: number %s is that "
				     "of [%s], line %u, who gets the calls",
				     c->name, c->number, taken->name,
				     taken->pos.line);
		else
			public_number(g, c, sc->opts);
	}
}


static void from_gateway(struct plan_gen *g, struct loader *ld)
{
	context(g, ld, "sipd-from-gateway");
	include_custom(g, ld);
	plan_include(g, "sipd-numbers");

	context(g, ld, "sipd-nobody");
	plan_exten(g, "s,1,Hangup(21)");
}


/* --- groups -------------------------------------------------------------- */

static bool is_first_of_group(const struct sipd_conf *sc,
			      const struct sipd_client *c)
{
	for (struct le *le = sc->clients.head; le->data != c; le = le->next) {
		if (!strcmp(((struct sipd_client *)le->data)->group, c->group))
			return false;
	}

	return true;
}


static void short_number(struct plan_gen *g, struct loader *ld,
			 const struct sipd_client *c)
{
	const struct dp_exten *e;

	if (!c->shortno)
		return;

	e = g->err ? NULL : dp_exten_first(g->st.ctx, c->shortno);
	if (e)
		find_warning(ld->f, &c->pos, "[%s]: short number %s is taken "
			     "in group '%s' by line %u", c->name, c->shortno,
			     c->group, e->pos.line);
	else
		number(g, c, "", c->shortno);
}


static void group(struct plan_gen *g, struct loader *ld,
		  const struct sipd_client *first)
{
	const struct sipd_conf *sc = ld->cfg->sipd;
	char name[128];

	sipd_context(name, sizeof(name), sc, first->group);
	context(g, ld, name);
	include_custom(g, ld);

	for (struct le *le = sc->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data;

		if (!strcmp(c->group, first->group))
			short_number(g, ld, c);
	}

	plan_include(g, "sipd-star");
	plan_include(g, "sipd-numbers");
	plan_include(g, "sipd-outward");
}


int sipd_plan(struct loader *ld)
{
	const struct sipd_conf *sc = ld->cfg->sipd;
	struct plan_gen g	   = {.err = 0};

	for (struct le *le = sc->clients.head; le; le = le->next) {
		const struct sipd_client *c = le->data;

		if (c->kind == SIPD_CLIENT && is_first_of_group(sc, c))
			group(&g, ld, c);
	}

	star(&g, ld);
	numbers(&g, ld);
	outward(&g, ld);
	from_gateway(&g, ld);
	to(&g, ld);
	out(&g, ld);
	told(&g, ld);
	wrong(&g, ld);

	return g.err;
}
