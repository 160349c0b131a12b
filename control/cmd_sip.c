/**
 * @file control/cmd_sip.c  sip show peers|users|registry|channels|objects
 *
 * Columns as wide as Asterisk's: scripts cut them.
 */
#include <regex.h>
#include <stdio.h>
#include <time.h>
#include "b2bua/call.h"
#include "b2bua/location.h"
#include "b2bua/register_out.h"
#include "b2bua/server.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/console.h"


void cmd_row(struct cmd_ctx *ctx, const char *fmt, ...)
{
	char buf[1024];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);

	if (n > 0)
		(void)cmd_write(ctx, buf, strlen(buf));
}


/* ---- peers -------------------------------------------------------------- */

struct peer_sum {
	uint32_t n, mon_online, mon_offline, online, offline;
};


/* Where it is now; false if nobody knows */
static bool peer_addr(const struct peer *peer, const struct place *pl,
		      struct sa *sa)
{
	const struct binding *b = pl ? list_ledata(list_head(&pl->bindings))
				     : NULL;

	if (b)
		*sa = b->target.dst;
	else if (!peer->dynamic && sa_isset(&peer->host.sa, SA_ADDR))
		*sa = peer->host.sa;
	else if (!peer->dynamic && pl && pl->dnsc)
		*sa = pl->dnsv[0];
	else
		return false;

	if (!sa_port(sa))
		sa_set_port(sa, peer->host.port ? peer->host.port : 5060);

	return true;
}


static const char *nat_word(const struct peer *p, uint32_t on,
			    uint32_t autobit)
{
	if (p->nat & on)
		return "Yes";
	if (!(p->nat & autobit))
		return "No";

	return location_is_natted(p->name) ? "Auto (Yes)" : "Auto (No)";
}


static void status_text(char *buf, size_t n, const struct peer *peer,
			const struct place *pl)
{
	enum qualify_state st = pl && peer->qualify_ms ? pl->state
			      : peer->qualify_ms ? QUALIFY_UNKNOWN
						 : QUALIFY_UNMONITORED;

	if (st == QUALIFY_UNMONITORED && peer->qualify_ms)
		st = QUALIFY_UNKNOWN;

	if (st == QUALIFY_OK || st == QUALIFY_LAGGED)
		(void)re_snprintf(buf, n, "%s (%u ms)",
				  qualify_state_name(st), pl->rtt_ms);
	else
		(void)re_snprintf(buf, n, "%s", qualify_state_name(st));
}


static void count_peer(struct peer_sum *sum, const struct peer *peer,
		       const struct place *pl, bool placed)
{
	++sum->n;
	if (!peer->qualify_ms)
		++*(placed ? &sum->online : &sum->offline);
	else if (pl && (pl->state == QUALIFY_OK ||
			pl->state == QUALIFY_LAGGED))
		++sum->mon_online;
	else
		++sum->mon_offline;
}


static void peer_row(struct cmd_ctx *ctx, const struct peer *peer,
		     struct peer_sum *sum)
{
	const struct place *pl = location_find(peer->name);
	char name[160], host[64], status[48];
	struct sa sa;
	bool placed = peer_addr(peer, pl, &sa);
	const char *user = peer->defaultuser;

	if (!user && pl && list_head(&pl->bindings))
		user = ((struct binding *)list_head(&pl->bindings)->data)->user;

	(void)re_snprintf(name, sizeof(name), "%s%s%s", peer->name,
			  user && *user ? "/" : "", user ? user : "");
	if (placed)
		(void)re_snprintf(host, sizeof(host), "%j", &sa);
	else
		str_ncpy(host, "(Unspecified)", sizeof(host));
	status_text(status, sizeof(status), peer, pl);
	count_peer(sum, peer, pl, placed);

	cmd_row(ctx, "%-25.25s %-39.39s %-3s %-10s %-10s %-3s "
			 "%-8u %-11s %-32.32s\n",
			 name, host, peer->dynamic ? " D " : "   ",
			 nat_word(peer, NAT_FORCE_RPORT, NAT_AUTO_FORCE_RPORT),
			 nat_word(peer, NAT_COMEDIA, NAT_AUTO_COMEDIA),
			 list_head(&peer->acl) ? " A " : "   ",
			 placed ? sa_port(&sa) : 0, status,
			 peer->description ? peer->description : "");
}


/* "like REGEX"; false: a message was printed */
static bool filter(struct cmd_ctx *ctx, regex_t *re, bool *use, int argc,
		   const char *const *argv)
{
	*use = false;
	if (!argc)
		return true;

	if (regcomp(re, argv[1], REG_EXTENDED | REG_ICASE | REG_NOSUB)) {
		(void)cmd_printf(ctx, "'%s' is no regular expression\n",
				 argv[1]);
		return false;
	}

	*use = true;
	return true;
}


static int peers_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;
	struct peer_sum sum = {0};
	regex_t re;
	bool use;

	if (argc != 0 && (argc != 2 || strcasecmp(argv[0], "like")))
		return CMD_USAGE;
	if (!filter(ctx, &re, &use, argc, argv))
		return 1;

	(void)cmd_printf(ctx, "%-25s %-39s %-3s %-10s %-10s %-3s %-8s %-11s "
			 "%-32s\n", "Name/username", "Host", "Dyn",
			 "Forcerport", "Comedia", "ACL", "Port", "Status",
			 "Description");

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		if (!(peer->type & PEER_TYPE_PEER) ||
		    (use && regexec(&re, peer->name, 0, NULL, 0)))
			continue;
		peer_row(ctx, peer, &sum);
	}

	(void)cmd_printf(ctx, "%u sip peers [Monitored: %u online, %u offline "
			 "Unmonitored: %u online, %u offline]\n", sum.n,
			 sum.mon_online, sum.mon_offline, sum.online,
			 sum.offline);
	if (use)
		regfree(&re);

	return 0;
}


static int users_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-25s %-15s %-15s %-15s %-5s %-10s\n",
			 "Username", "Secret", "Accountcode", "Def.Context",
			 "ACL", "Forcerport");

	for (struct le *le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *p = le->data;

		if (!(p->type & PEER_TYPE_USER))
			continue;

		cmd_row(ctx, "%-25.25s %-15s %-15.15s %-15.15s %-5s "
				 "%-10s\n", p->name,
				 p->secret || p->md5secret ? "<Set>"
							   : "<Not set>",
				 p->accountcode ? p->accountcode : "",
				 p->context,
				 list_head(&p->acl) ? "Yes" : "No",
				 nat_word(p, NAT_FORCE_RPORT,
					  NAT_AUTO_FORCE_RPORT));
	}

	return 0;
}


/* ---- registry ----------------------------------------------------------- */

struct reg_sum {
	struct cmd_ctx *ctx;
	uint32_t n;
};


static void reg_row(const struct reg_info *info, void *arg)
{
	struct reg_sum *sum = arg;
	char host[300], when[64] = "";
	time_t t = (time_t)info->registered_at;
	struct tm tm;

	if (info->registered_at && localtime_r(&t, &tm))
		(void)strftime(when, sizeof(when), "%a, %d %b %Y %H:%M:%S",
			       &tm);
	(void)re_snprintf(host, sizeof(host), "%s:%u", info->host,
			  info->port ? info->port : 5060);

	cmd_row(sum->ctx, "%-39.39s %-6s %-12.12s %8u %-20s "
			 "%-25s%s%s\n", host, "N", info->user, info->refresh_s,
			 regstate_name(info->state), when,
			 *info->why ? " " : "", info->why);
	++sum->n;
}


static int registry_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	struct reg_sum sum = {ctx, 0};

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-39s %-6s %-12s %8s %-20s %-25s\n", "Host",
			 "dnsmgr", "Username", "Refresh", "State",
			 "Reg.Time");
	register_apply(reg_row, &sum);
	(void)cmd_printf(ctx, "%u SIP registrations.\n", sum.n);

	return 0;
}


static int register_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	if (argc > 1)
		return CMD_USAGE;

	register_now(argc ? argv[0] : NULL);
	(void)cmd_printf(ctx, "Registering.\n");
	return 0;
}


/* ---- channels ----------------------------------------------------------- */

static uint32_t channel_rows(struct cmd_ctx *ctx, const struct call *call)
{
	uint32_t n = 0;

	for (struct le *le = list_head(&call->legs); le; le = le->next) {
		const struct leg *leg	   = le->data;
		const struct leg_audio *a  = leg_audio(leg);
		const struct sa *sa	   = leg_peer_addr(leg);
		const struct peer *peer	   = leg_peer(leg);
		char addr[64] = "", fmt[40] = "(nothing)";

		if (sa)
			(void)re_snprintf(addr, sizeof(addr), "%j", sa);
		if (a && a->agreed)
			(void)re_snprintf(fmt, sizeof(fmt), "(%s)",
					  a->codec->name);

		cmd_row(ctx, "%-15.15s  %-15.15s  %-15.15s  "
				 "%-15.15s  %-7s  %-14s %-10s %-10s\n",
				 addr, peer && peer->name ? peer->name : "",
				 leg_callid(leg), fmt,
				 a && a->agreed && a->dir != SDPM_SENDRECV
					 ? "Yes" : "No",
				 leg_state_name(leg_state(leg)), "",
				 peer && peer->name ? peer->name : "<guest>");
		++n;
	}

	return n;
}


static int channels_run(struct cmd_ctx *ctx, int argc,
			const char *const *argv)
{
	uint32_t n = 0;

	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%-15s  %-15s  %-15s  %-15s  %-7s  %-14s "
			 "%-10s %-10s\n", "Peer", "User/ANR", "Call ID",
			 "Format", "Hold", "State", "Expiry", "Peer");
	for (struct le *le = list_head(calls_list()); le; le = le->next)
		n += channel_rows(ctx, le->data);

	(void)cmd_printf(ctx, "%u active SIP dialog%s\n", n,
			 n == 1 ? "" : "s");
	return 0;
}


/* ---- transport ---------------------------------------------------------- */

static int stack_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	(void)argv;
	if (argc)
		return CMD_USAGE;

	(void)cmd_printf(ctx, "%H%H", sx_debug, server()->sx,
			 sx_resolver_debug, server()->resolver);
	return 0;
}


static const struct cmd cmds[] = {
	{"sip show peers", "sip show peers [like REGEX]",
	 "Peers, where they are and whether they answer", peers_run, NULL},
	{"sip show users", "sip show users",
	 "Who may call, and into which context", users_run, NULL},
	{"sip show registry", "sip show registry",
	 "Our registrations at providers", registry_run, NULL},
	{"sip register", "sip register [HOST]",
	 "Register at providers now", register_run, NULL},
	{"sip show channels", "sip show channels",
	 "SIP dialogs of calls", channels_run, NULL},
	{"sip show objects", "sip show objects",
	 "Listeners, connections, transactions and cached names", stack_run,
	 NULL},
};


int cmd_sip_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
