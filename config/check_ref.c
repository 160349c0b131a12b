/**
 * @file config/check_ref.c  Check of ${...} and $[...] in a text
 *
 * Names of variables are case-sensitive: ${exten} is always empty, and a Dial
 * made of it calls nobody.  So a name that differs from a known one in its
 * case only, and that no line sets, is told.
 */
#include "config/check.h"
#include "base/rand.h"
#include "base/text.h"


static const char *const builtins[] = {
	"EXTEN", "CONTEXT", "PRIORITY", "CHANNEL", "UNIQUEID", "HANGUPCAUSE",
	"HINT", "HINTNAME", "EPOCH", "SYSTEMNAME", "CALLINGPRES", "CALLERID",
	"CALLERIDNUM", "CALLERIDNAME", "DIALSTATUS", "DIALEDPEERNAME",
	"DIALEDPEERNUMBER", "DIALEDTIME", "ANSWEREDTIME", "INVALID_EXTEN",
	"BLINDTRANSFER", "PLAYBACKSTATUS", "RECORD_STATUS", "RECORDED_FILE",
	"MIXMONITOR_FILENAME", "SIPDOMAIN", "SIPCALLID", "SIPUSERAGENT",
	"SIP_HEADER", "STRFTIME", "ACCOUNTCODE", "LANGUAGE", "DNID", "RDNIS",
};


/* --- names that lines set ------------------------------------------------ */

struct var_name {
	struct le le;
	char *name;
};


static void var_name_destructor(void *arg)
{
	struct var_name *v = arg;

	hash_unlink(&v->le);
	mem_deref(v->name);
}


static bool var_name_is(struct le *le, void *arg)
{
	return !pl_strcmp(arg, ((struct var_name *)le->data)->name);
}


bool vars_has(const struct hash *vars, const struct pl *name)
{
	struct pl key = *name;

	return hash_lookup(vars, hash_key(name->p, name->l), var_name_is,
			   &key) != NULL;
}


int vars_add(struct hash *vars, struct pl name)
{
	name = pl_trim(name);
	while (name.l && name.p[0] == '_')
		pl_advance(&name, 1);

	if (!name.l || vars_has(vars, &name))
		return 0;

	struct var_name *v = mem_zalloc(sizeof(*v), var_name_destructor);
	if (!v)
		return ENOMEM;

	int err = pl_strdup(&v->name, &name);
	if (err)
		mem_deref(v);
	else
		hash_append(vars, hash_key(name.p, name.l), &v->le, v);

	return err;
}


/* Set(a=1), Set(GLOBAL(a)=1), MSet(a=1,b=2), Read(a,...) */
int vars_collect(struct hash *vars, const struct dp_prio *prio)
{
	struct pl part, name, rest;
	int err = 0;

	pl_set_str(&rest, prio->args);

	while (!err && arg_next(&part, &rest, ',')) {
		if (!pl_next(&name, &part, '='))
			continue;

		const char *open = name.l ? pl_strchr(&name, '(') : NULL;
		if (open) {
			pl_advance(&name, open + 1 - name.p);
			const char *close = name.l ? pl_strchr(&name, ')') :
				NULL;
			if (close)
				name.l = close - name.p;
		}

		err = vars_add(vars, name);
	}

	return err;
}


/* --- variables that nobody sets ------------------------------------------ */

/* What the program sets, beside `builtins` */
static const char *const ours[] = {
	"AGISTATUS", "AMDCAUSE", "AMDSTATUS", "AQMSTATUS", "ASTAGIDIR",
	"ASTCACHEDIR", "ASTDATADIR", "ASTDBDIR", "ASTETCDIR", "ASTKEYDIR",
	"ASTLOGDIR", "ASTMODDIR", "ASTRUNDIR", "ASTSPOOLDIR", "ASTVARLIBDIR",
	"ATTENDEDTRANSFER", "AUTH_CONTEXT", "AUTH_MAILBOX", "AVAILCAUSECODE",
	"AVAILCHAN", "AVAILORIGCHAN", "AVAILSTATUS", "CALLERID_TAG",
	"CALLINGANI2", "CALLINGTNS", "CALLINGTON", "CHANNELREDIRECT_STATUS",
	"CHECKGROUPSTATUS", "CONFBRIDGE_RESULT", "CONFKICKSTATUS",
	"CONNECTEDLINE_NAME", "CONNECTEDLINE_NUM", "DATETIME", "DB_RESULT",
	"DIRECTORY_EXTEN", "DIRECTORY_RESULT", "DYNAMIC_FEATURES", "ENTITYID",
	"FOLLOWMESTATUS", "FORWARDERNAME", "FORWARDSTATUS", "GOSUB_RESULT",
	"GOSUB_RETVAL", "LOOKUPBLSTATUS", "MACRO_CONTEXT", "MACRO_EXTEN",
	"MACRO_OFFSET", "MACRO_PRIORITY", "MACRO_RESULT", "MEETMEADMINSTATUS",
	"MONITORED", "MONITOR_FILENAME", "MONITOR_FORMAT", "MONITOR_IDS",
	"MONITOR_OPTIONS_USED", "ORIGINATE_STATUS", "OUTBOUND_GROUP",
	"OUTBOUND_GROUP_ONCE", "PARKEDLOT", "PARKER", "PARKER_FLAT",
	"PARKINGEXTEN", "PARKINGLOT", "PARKINGSLOT",
	"PARKING_SPACE", "PQMSTATUS", "PRIVACYMGRSTATUS", "PROGRESSTIME",
	"READEXTENSTATUS", "READSTATUS", "REASON", "RINGTIME", "RQMSTATUS",
	"SECURE_BRIDGE_MEDIA", "SECURE_BRIDGE_SIGNALING",
	"SENDTEXTSTATUS", "SIPFROMDOMAIN", "SIPREFERREDBYHDR",
	"SIPREFERRINGCONTEXT", "SIPREFERTOHDR", "SIPTRANSFER", "SIP_CODEC",
	"SIP_CODEC_INBOUND", "SIP_CODEC_OUTBOUND", "SPY_CHANNEL",
	"SYSTEMSTATUS", "TALK_DETECTED", "TIMESTAMP", "TRANSFERERNAME",
	"TRANSFERSTATUS",
	"TRANSFERSTATUSPROTOCOL", "TRYSTATUS", "UPQMSTATUS",
	"VMBOXEXISTSSTATUS", "VMSTATUS", "VOICEMAIL_PLAYBACKSTATUS",
	"VPMSTATUS", "WAITSTATUS", "XFER_DATA", "ZAPATELLERSTATUS",
};


static bool is_builtin(const struct pl *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (!pl_strcmp(name, builtins[i]))
			return true;
	}

	return false;
}


static bool set_by_us(const struct pl *name)
{
	struct pl n = *name;

	/* families: QUEUE..., VM_..., ARG1, DIALEDTIME_MS ... */
	if ((n.l > 3 && !strncmp(n.p, "ARG", 3)) ||
	    (n.l > 5 && !strncmp(n.p, "QUEUE", 5)) ||
	    (n.l > 2 && !strncmp(n.p, "QE", 2)) ||
	    (n.l > 3 && !strncmp(n.p, "VM_", 3)) ||
	    (n.l > 6 && !strncmp(n.p, "MEMBER", 6)) ||
	    (n.l > 12 && !strncmp(n.p, "SIPADDHEADER", 12)))
		return true;
	if (n.l > 3 && !strncmp(n.p + n.l - 3, "_MS", 3))
		n.l -= 3;

	if (is_builtin(&n))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
		if (!pl_strcmp(&n, ours[i]))
			return true;
	}

	return false;
}


/* A program, or a name made of variables, may set anything */
static bool sets_anything(const struct dp_prio *p)
{
	struct pl name, rest;

	if (!str_casecmp(p->app, "AGI") || !str_casecmp(p->app, "DeadAGI") ||
	    !str_casecmp(p->app, "EAGI") || !str_casecmp(p->app, "FastAGI"))
		return true;
	if (str_casecmp(p->app, "Set") && str_casecmp(p->app, "MSet") &&
	    str_casecmp(p->app, "Read") && str_casecmp(p->app, "ReadExten"))
		return false;

	pl_set_str(&rest, p->args);
	(void)pl_next(&name, &rest, '=');

	return pl_strchr(&name, '$') != NULL;
}


bool vars_unsure(const struct dialplan *dp)
{
	for (struct le *cl = dp->contexts.head; cl; cl = cl->next) {
		const struct dp_context *ctx = cl->data;

		for (struct le *el = ctx->extens.head; el; el = el->next) {
			const struct dp_exten *e = el->data;

			for (struct le *le = e->prios.head; le; le = le->next)
				if (sets_anything(le->data))
					return true;
		}
	}

	return false;
}


static void check_set(const struct step_ref *sr, const struct pl *name)
{
	if (sr->unsure || !name->l || set_by_us(name))
		return;

	find_info(sr->ld->f, &sr->prio->pos, "variable '%r' is set by no line "
		  "of the configuration, so it is empty", name);
}


/* --- references ---------------------------------------------------------- */

static struct conf_pos pos_of(const struct step_ref *sr)
{
	return sr->prio->pos;
}


static void check_variable(const struct step_ref *sr, const struct pl *name,
			   const struct pl *whole)
{
	const struct conf_pos pos = pos_of(sr);

	if (vars_has(sr->vars, name))
		return;

	for (size_t i = 0; i < ARRAY_SIZE(builtins); i++) {
		if (pl_strcasecmp(name, builtins[i]) ||
		    !pl_strcmp(name, builtins[i]))
			continue;

		find_warning(sr->ld->f, &pos, "variable '${%r}' is always "
			     "empty, names are case-sensitive (did you mean "
			     "'%s'?)", whole, builtins[i]);
		return;
	}

	check_set(sr, name);
}


static void check_function(const struct step_ref *sr, const struct pl *name)
{
	const struct config_names *names = sr->ld->names;
	const struct conf_pos pos	 = pos_of(sr);
	char buf[64];

	if (!names || !names->nfuncs || pl_copy(buf, sizeof(buf), name))
		return;

	for (size_t i = 0; i < names->nfuncs; i++) {
		if (!str_casecmp(names->funcs[i], buf))
			return;
	}

	const uint32_t before = findings_count(sr->ld->f);
	const char *instead = names->instead ? names->instead(buf, true)
					     : NULL;
	const char *near = text_nearest(buf, names->funcs, names->nfuncs);

	if (instead)
		find_warning(sr->ld->f, &pos, "function '%s' is not done here "
			     "and gives nothing, use instead: %s", buf,
			     instead);
	else if (near)
		find_warning(sr->ld->f, &pos, "function '%s' is unknown (did "
			     "you mean '%s'?)", buf, near);
	else
		find_warning(sr->ld->f, &pos, "function '%s' is unknown", buf);

	if (instead || !near)
		findings_kind(sr->ld->f, before, FINDING_MISSING);
}


/* NAME, NAME:1:2, FUNC(...):1 ; `p` is behind "${" */
static void check_name(const struct step_ref *sr, const char *p,
		       const char *end)
{
	const struct pl whole = {p, end - p};
	const size_t n = strcspn(p, ":(${}");
	struct pl name = {p, n < whole.l ? n : whole.l};

	/* built of other variables: unknown until the call */
	if (name.l < whole.l && (name.p[name.l] == '$' ||
				 name.p[name.l] == '{'))
		return;

	if (name.l < whole.l && name.p[name.l] == '(')
		check_function(sr, &name);
	else
		check_variable(sr, &name, &whole);
}


static const char *brace_end(const char *p, char open, char close)
{
	unsigned depth = 1;

	for (; *p; p++) {
		depth += *p == open;
		if (*p == close && !--depth)
			return p;
	}

	return NULL;
}


/* Those of each call hold numbers and names; others, ${ARG2} as well, what a
 * line gave them */
static bool may_operate(const char *p, const char *end)
{
	struct pl name = {p, strcspn(p, ":(${}")};

	if (name.l > (size_t)(end - p))
		name.l = (size_t)(end - p);

	return !is_builtin(&name);
}


/* An operand follows: what stands before it may be an operator */
static bool at_operand(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		++p;
	if (p + 1 < end && p[0] == '!')
		return p[1] != '=';

	return p < end && !strchr("?:|&=<>+-*/%~,)", *p);
}


/* What only a call knows is 1; if `bold`, variables are the operators that are
 * missing, too: '-' stands between two operands and in front of one */
static bool expr_fill(struct pl *out, size_t max, const char *p,
		      const char *end, bool bold)
{
	char *buf = (char *)out->p;

	for (out->l = 0; p < end && out->l + 2 < max; p++) {
		const char *inner = NULL;
		bool one	  = true;

		if (p[0] == '$' && (p[1] == '{' || p[1] == '['))
			inner = brace_end(p + 2, p[1], p[1] == '{' ? '}'
								   : ']');
		if (!inner) {
			buf[out->l++] = *p;
			continue;
		}

		if (bold && p[1] == '{' && may_operate(p + 2, inner)) {
			buf[out->l++] = '-';
			one = !at_operand(inner + 1, end);
		}
		if (one)
			buf[out->l++] = '1';
		p = inner;
	}

	return p >= end;
}


/* Is it an expression at all? */
static void check_expr(const struct step_ref *sr, const char *p,
		       const char *end)
{
	const struct config_names *names = sr->ld->names;
	const struct conf_pos pos = pos_of(sr);
	char buf[1024], err[128];
	struct pl pl = {buf, 0}, whole = {p, (size_t)(end - p)};

	if (!names || !names->expr)
		return;

	if (!expr_fill(&pl, sizeof(buf), p, end, false) ||
	    !names->expr(&pl, err))
		return;
	if (!expr_fill(&pl, sizeof(buf), p, end, true) ||
	    !names->expr(&pl, err))
		return;

	find_warning(sr->ld->f, &pos, "$[%r] is no expression and gives "
		     "nothing: %s", &whole, err);
}


void check_refs(const struct step_ref *sr, const char *text)
{
	const struct conf_pos pos = pos_of(sr);

	for (const char *p = text; *p; p++) {
		if (p[0] != '$' || (p[1] != '{' && p[1] != '['))
			continue;

		const bool var	= p[1] == '{';
		const char *end = brace_end(p + 2, p[1], var ? '}' : ']');

		if (!end) {
			find_warning(sr->ld->f, &pos, "'%s' is never closed, "
				     "expected '%c'", var ? "${" : "$[",
				     var ? '}' : ']');
			return;
		}

		if (var)
			check_name(sr, p + 2, end);
		else
			check_expr(sr, p + 2, end);
	}
}
