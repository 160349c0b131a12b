/**
 * @file control/cmd_peer.c  sip show peer, sip qualify peer, sip unregister
 */
#include "b2bua/call.h"
#include "b2bua/location.h"
#include "b2bua/server.h"
#include "control/commands.h"
#include "control/console.h"


void complete_peers(struct cmd_ctx *ctx)
{
	const struct config *cfg = server()->cfg;

	for (struct le *le = list_head(&cfg->peers); le; le = le->next)
		cmd_candidate(ctx, ((struct peer *)le->data)->name);
}


static void complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		complete_peers(ctx);
}


static const struct peer *find(struct cmd_ctx *ctx, const char *name)
{
	const struct peer *peer = config_peer(server()->cfg, name);

	if (!peer)
		(void)cmd_printf(ctx, "Peer %s not found.\n", name);

	return peer;
}


static void field(struct cmd_ctx *ctx, const char *name, const char *fmt, ...)
{
	va_list ap;

	cmd_row(ctx, "  %-13.13s: ", name);
	va_start(ap, fmt);
	(void)cmd_vprintf(ctx, fmt, ap);
	va_end(ap);
	(void)cmd_write(ctx, "\n", 1);
}


static const char *yesno(bool on)
{
	return on ? "Yes" : "No";
}


static const char *text(const char *str)
{
	return str ? str : "";
}


static int print_codecs(struct re_printf *pf, const struct codec_prefs *p)
{
	int err = pf->vph("(", 1, pf->arg);

	for (size_t i = 0; i < p->n; i++)
		err |= re_hprintf(pf, "%s%s", i ? "|" : "",
				  codec_prefs_at(p, i)->name);

	return err | pf->vph(")", 1, pf->arg);
}


static int print_insecure(struct re_printf *pf, const struct peer *p)
{
	if (!p->insecure)
		return re_hprintf(pf, "no");

	return re_hprintf(pf, "%s%s%s",
			  p->insecure & INSECURE_PORT ? "port" : "",
			  p->insecure == (INSECURE_PORT | INSECURE_INVITE)
				  ? "," : "",
			  p->insecure & INSECURE_INVITE ? "invite" : "");
}


static const char *dtmf_name(enum peer_dtmf mode)
{
	static const char *const names[] = {"rfc2833", "inband", "info",
					    "shortinfo", "auto"};

	return (size_t)mode < ARRAY_SIZE(names) ? names[mode] : "?";
}


static const char *timers_name(enum peer_timers t)
{
	static const char *const names[] = {"Accept", "Originate", "Refuse"};

	return (size_t)t < ARRAY_SIZE(names) ? names[t] : "?";
}


static const char *automatic(const struct peer *p)
{
	return location_is_natted(p->name) ? "Auto (Yes)" : "Auto (No)";
}


static void show_identity(struct cmd_ctx *ctx, const struct peer *p)
{
	field(ctx, "Name", "%s", p->name);
	field(ctx, "Description", "%s", text(p->description));
	field(ctx, "Secret", "%s", p->secret ? "<Set>" : "<Not set>");
	field(ctx, "MD5Secret", "%s", p->md5secret ? "<Set>" : "<Not set>");
	field(ctx, "Remote Secret", "%s",
	      p->remotesecret ? "<Set>" : "<Not set>");
	field(ctx, "Context", "%s", p->context);
	field(ctx, "Language", "%s", text(p->language));
	field(ctx, "Accountcode", "%s", text(p->accountcode));
	field(ctx, "Callerid", "\"%s\" <%s>", text(p->cid_name),
	      text(p->cid_num));
	field(ctx, "Call limit", "%u", p->call_limit);
	field(ctx, "Dynamic", "%s", yesno(p->dynamic));
	field(ctx, "Insecure", "%H", print_insecure, p);
	field(ctx, "Force rport", "%s",
	      p->nat & NAT_FORCE_RPORT	      ? "Yes"
	      : p->nat & NAT_AUTO_FORCE_RPORT ? automatic(p)
					      : "No");
	field(ctx, "Symmetric RTP", "%s",
	      p->nat & NAT_COMEDIA	  ? "Yes"
	      : p->nat & NAT_AUTO_COMEDIA ? automatic(p)
					  : "No");
	field(ctx, "ACL", "%s", yesno(list_head(&p->acl)));
	field(ctx, "ContactACL", "%s", yesno(list_head(&p->contactacl)));
	field(ctx, "DirectMedia", "%s", "No");
	field(ctx, "Trust RPID", "%s", yesno(p->trustrpid));
	field(ctx, "Send RPID", "%s",
	      p->sendrpid == SENDRPID_NO     ? "No"
	      : p->sendrpid == SENDRPID_RPID ? "Yes"
					     : "pai");
	field(ctx, "DTMFmode", "%s", dtmf_name(p->dtmfmode));
	field(ctx, "Encryption", "%s", yesno(p->encryption));
	field(ctx, "Timer T1", "%u", p->timert1_ms);
	field(ctx, "ToHost", "%s", text(p->host.host));
}


static void show_place(struct cmd_ctx *ctx, const struct peer *p)
{
	const struct place *pl = location_get(p->name);

	if (!pl)
		return;

	for (struct le *le = list_head(&pl->bindings); le; le = le->next) {
		const struct binding *b = le->data;

		field(ctx, "Addr->IP", "%J", &b->target.dst);
		field(ctx, "Reg. Contact", "%s", b->contact);
		field(ctx, "Useragent", "%s", text(b->user_agent));
		field(ctx, "Expire", "%u", binding_left_s(b));
		field(ctx, "Prim.Transp.", "%s", sx_tp_name(b->target.tp));
		if (b->instance)
			field(ctx, "Instance", "%s, flow %u", b->instance,
			      b->reg_id);
	}

	if (!list_head(&pl->bindings) && !p->dynamic) {
		if (sa_isset(&p->host.sa, SA_ADDR))
			field(ctx, "Addr->IP", "%j:%u", &p->host.sa,
			      p->host.port ? p->host.port : 5060);
		for (size_t i = 0; i < pl->dnsc; i++)
			field(ctx, "Addr->IP", "%J", &pl->dnsv[i]);
	}

	if (!p->qualify_ms)
		field(ctx, "Status", "Unmonitored");
	else if (pl->state == QUALIFY_OK || pl->state == QUALIFY_LAGGED)
		field(ctx, "Status", "%s (%u ms)",
		      qualify_state_name(pl->state), pl->rtt_ms);
	else
		field(ctx, "Status", "%s", qualify_state_name(pl->state));
}


static void show_nat(struct cmd_ctx *ctx, const struct peer *p)
{
	const struct nat_print np = {"    ", p->name};
	const struct place *pl	  = location_find(p->name);

	if (!p->dynamic || !pl || !list_head(&pl->bindings))
		return;

	field(ctx, "NAT", "%s", "");
	(void)cmd_printf(ctx, "%H", nat_report_print, &np);
}


static int peer_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct peer *p;

	if (argc != 1)
		return CMD_USAGE;

	p = find(ctx, argv[0]);
	if (!p)
		return 1;

	(void)cmd_printf(ctx, "\n\n");
	show_identity(ctx, p);
	field(ctx, "Def. Username", "%s", text(p->defaultuser));
	field(ctx, "Codecs", "%H", print_codecs, &p->codecs);
	show_place(ctx, p);
	field(ctx, "Qualify Freq", "%u ms", p->qualifyfreq_s * 1000);
	field(ctx, "Sess-Timers", "%s", timers_name(p->session_timers));
	field(ctx, "Sess-Refresh", "%s",
	      p->session_refresher == REFRESHER_UAS ? "uas" : "uac");
	field(ctx, "Sess-Expires", "%u secs", p->session_expires_s);
	field(ctx, "Min-Sess", "%u secs", p->session_minse_s);
	field(ctx, "RTP timeout", "%u secs", p->rtptimeout_s);
	field(ctx, "In use", "%u", calls_of_peer(p->name));
	field(ctx, "Configured", "%s:%u", text(p->pos.file), p->pos.line);
	show_nat(ctx, p);

	return 0;
}


static int qualify_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct peer *p;

	if (argc < 1 || argc > 2)
		return CMD_USAGE;

	p = find(ctx, argv[0]);
	if (!p)
		return 1;

	if (!p->qualify_ms) {
		(void)cmd_printf(ctx, "Peer '%s' has no qualify=\n", p->name);
		return 1;
	}

	qualify_now(p);
	(void)cmd_printf(ctx, "Asking %s; see 'sip show peer %s'\n", p->name,
			 p->name);
	return 0;
}


static int unregister_run(struct cmd_ctx *ctx, int argc,
			  const char *const *argv)
{
	const struct peer *p;
	struct place *pl;

	if (argc != 1)
		return CMD_USAGE;

	p  = find(ctx, argv[0]);
	pl = p ? location_get(p->name) : NULL;
	if (!pl)
		return 1;

	if (!list_head(&pl->bindings)) {
		(void)cmd_printf(ctx, "Peer %s is not registered\n", p->name);
		return 1;
	}

	location_unbind(p->name, NULL);
	(void)cmd_printf(ctx, "Unregistered peer '%s'\n", p->name);
	return 0;
}


static const struct cmd cmds[] = {
	{"sip show peer", "sip show peer NAME", "Everything about one peer",
	 peer_run, complete},
	{"sip qualify peer", "sip qualify peer NAME [load]",
	 "Ask a peer now whether it is there", qualify_run, complete},
	{"sip unregister", "sip unregister NAME",
	 "Forget where a peer is registered", unregister_run, complete},
};


int cmd_peer_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
