/**
 * @file config/defaults.c  Defaults that are safer than chan_sip's
 *
 * An old file relies on chan_sip's defaults.  Where ours differ and the
 * difference can be noticed with this configuration, one line says so and how
 * to write what is wanted; a written value is always honoured silently.
 */
#include "config/load.h"


static bool differs(const struct loader *ld, const char *name)
{
	return !loader_general_said(ld, name);
}


static bool has_peer(const struct loader *ld, bool (*is)(const struct peer *))
{
	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		if (is(le->data))
			return true;
	}

	return false;
}


static bool is_dynamic(const struct peer *peer)
{
	return peer->dynamic;
}


static bool is_static(const struct peer *peer)
{
	return !peer->dynamic && peer->host.host;
}


/* 60 and 300 came from our table, not from a line */
static void say_timeouts(struct loader *ld)
{
	if (differs(ld, "rtptimeout") && differs(ld, "rtpholdtimeout"))
		find_info(ld->f, &ld->gpos,
			  "calls without media end after 60 seconds, on hold "
			  "after 300 (chan_sip: never); rtptimeout=0 and "
			  "rtpholdtimeout=0 switch it off");
}


static void say_guests(struct loader *ld)
{
	const char *context = ld->cfg->defaults->context;
	const struct dp_context *ctx;

	ctx = dialplan_context(ld->cfg->dialplan, context);
	if (differs(ld, "allowguest") && ctx &&
	    !list_isempty(&ctx->extens))
		find_warning(ld->f, &ld->gpos,
			     "unknown callers are refused (chan_sip would let "
			     "them into context '%s'); write allowguest=no, "
			     "or yes if they are wanted", context);
}


static void say_peers(struct loader *ld)
{
	if (ld->limited.n)
		find_warning(ld->f, &ld->limited.first->pos,
			     "%u peer%s with host=dynamic, the first here, "
			     "may have %u calls at a time (chan_sip: no "
			     "limit); write call-limit=N, 0 for none",
			     ld->limited.n, ld->limited.n == 1 ? "" : "s",
			     (uint32_t)PHONE_CALL_LIMIT);

	if (ld->transfer.n)
		find_info(ld->f, &ld->transfer.first->pos,
			  "%u peer%s with a static host, the first here, may "
			  "not transfer calls (chan_sip: may); write "
			  "allowtransfer=yes if wanted", ld->transfer.n,
			  ld->transfer.n == 1 ? "" : "s");

	if (differs(ld, "dynamic_exclude_static") &&
	    has_peer(ld, is_dynamic) && has_peer(ld, is_static))
		find_info(ld->f, &ld->gpos,
			  "no phone may register the address of a static "
			  "host (chan_sip: may); dynamic_exclude_static=no "
			  "allows it");
}


static bool is_any(const struct peer *peer)
{
	return peer->name != NULL;
}


static void say_media(struct loader *ld)
{
	if (differs(ld, "directmedia") && has_peer(ld, is_any))
		find_info(ld->f, &ld->gpos,
			  "the audio of all calls passes here (chan_sip: "
			  "phones exchange it directly where they can); "
			  "directmedia=no says that this is meant");
}


static void say_tls(struct loader *ld)
{
	if (ld->cfg->general.tlsenable)
		find_info(ld->f, &ld->gpos,
			  "TLS begins at version 1.2 (chan_sip: 1.0), a phone "
			  "without it registers by UDP or TCP");
}


static void say_wire(struct loader *ld)
{
	const struct general *g = &ld->cfg->general;

	if (differs(ld, "tcpauthtimeout") && (g->tcpenable || g->tlsenable))
		find_info(ld->f, &ld->gpos,
			  "TCP and TLS clients have 10 seconds to "
			  "authenticate (chan_sip: 30); tcpauthtimeout= "
			  "changes it");

	if (differs(ld, "nat"))
		find_info(ld->f, &ld->gpos,
			  "nat is auto_force_rport,auto_comedia (chan_sip: "
			  "auto_force_rport): media follows a phone behind a "
			  "NAT");

	if (differs(ld, "keepalive") && has_peer(ld, is_dynamic))
		find_info(ld->f, &ld->gpos,
			  "phones behind a NAT or with a public address get "
			  "an empty packet every 25 seconds (chan_sip: none); "
			  "keepalive= changes it");

	if (differs(ld, "timerb") && has_peer(ld, is_dynamic))
		find_info(ld->f, &ld->gpos,
			  "a call to a registered phone that says nothing is "
			  "given up after 10 seconds (chan_sip: 32); timerb= "
			  "changes it");

	if (differs(ld, "auth_options_requests"))
		find_info(ld->f, &ld->gpos,
			  "OPTIONS of unknown sources is challenged "
			  "(chan_sip: answered); auth_options_requests=no "
			  "answers it");
}


static void say_abroad(struct loader *ld)
{
	if (ld->abroad.n && has_peer(ld, is_static))
		find_warning(ld->f, &ld->abroad.first->pos,
			     "%u phone%s, the first here, may not call abroad "
			     "or premium numbers through a static host, and "
			     "may begin %u calls a minute there for each of "
			     "its call-limit (chan_sip: no limit); write "
			     "international=, premium=, maxcallsperminute= "
			     "and maxminutesperday= here or in [general]",
			     ld->abroad.n, ld->abroad.n == 1 ? "" : "s",
			     (uint32_t)PHONE_CALLS_PER_MINUTE);
}


/* Who may call abroad may not do so for ever */
static void say_metered(struct loader *ld)
{
	if (ld->metered.n && has_peer(ld, is_static))
		find_info(ld->f, &ld->metered.first->pos,
			  "%u phone%s, the first here, may call abroad and "
			  "premium numbers for %u minutes a day, and begin "
			  "%u calls a minute through a static host for each "
			  "of its call-limit (chan_sip: no limit); write "
			  "maxminutesperday= and maxcallsperminute=, 0 for "
			  "none", ld->metered.n,
			  ld->metered.n == 1 ? "" : "s",
			  (uint32_t)PHONE_MINUTES_PER_DAY,
			  (uint32_t)PHONE_CALLS_PER_MINUTE);
}


void defaults_announce(struct loader *ld)
{
	const uint32_t before = findings_count(ld->f);

	say_guests(ld);
	say_peers(ld);
	say_abroad(ld);
	say_metered(ld);
	say_timeouts(ld);
	say_media(ld);
	say_tls(ld);
	say_wire(ld);
	findings_kind(ld->f, before, FINDING_DEFAULT);
}
