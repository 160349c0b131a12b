/**
 * @file control/cmd_queue.c  queue show, add, remove, pause, set, reset
 *
 * Texts as Asterisk prints them: people's scripts look for them.
 */
#include "b2bua/queue.h"
#include "b2bua/server.h"
#include "base/clock.h"
#include "base/text.h"
#include "control/commands.h"
#include "control/console.h"


/* --- queue show ---------------------------------------------------------- */

static uint64_t ago_s(uint64_t at_s)
{
	uint64_t now = clock_wall_s();

	return now > at_s ? now - at_s : 0;
}


static void show_member(struct cmd_ctx *ctx, const struct cq_member_info *m)
{
	(void)cmd_printf(ctx, "      %s", m->name);
	if (str_casecmp(m->name, m->iface)) {
		(void)cmd_printf(ctx, " (%s", m->iface);
		if (str_casecmp(m->iface, m->state_iface))
			(void)cmd_printf(ctx, " from %s", m->state_iface);
		(void)cmd_printf(ctx, ")");
	}
	if (m->penalty)
		(void)cmd_printf(ctx, " with penalty %u", m->penalty);

	(void)cmd_printf(ctx, " (ringinuse %s)%s%s",
			 m->ringinuse ? "enabled" : "disabled",
			 m->dynamic ? " (dynamic)" : "",
			 m->in_call ? " (in call)" : "");
	if (m->paused)
		(void)cmd_printf(ctx, " (paused%s%s was %llu secs ago)",
				 m->reason[0] ? ":" : "", m->reason,
				 ago_s(m->paused_at_s));
	(void)cmd_printf(ctx, " (%s)", cq_state_words(m->state));
	if (m->wraps_up)
		(void)cmd_printf(ctx, " (wrapup %u secs)", m->wrapup_s);

	if (m->calls)
		(void)cmd_printf(ctx, " has taken %u calls (last was %llu "
				 "secs ago)\n", m->calls, ago_s(m->last_at_s));
	else
		(void)cmd_printf(ctx, " has taken no calls yet\n");
}


static void show_members(struct cmd_ctx *ctx, const struct cq *q)
{
	const struct cq_member *m = cq_member_next(q, NULL);

	(void)cmd_printf(ctx, m ? "   Members: \n" : "   No Members\n");
	for (; m; m = cq_member_next(q, m)) {
		struct cq_member_info info;

		cq_member_get(&info, m);
		show_member(ctx, &info);
	}
}


static void show_callers(struct cmd_ctx *ctx, const struct cq *q)
{
	const struct cq_caller *c = cq_caller_next(q, NULL);

	(void)cmd_printf(ctx, c ? "   Callers: \n" : "   No Callers\n");
	for (; c; c = cq_caller_next(q, c)) {
		struct cq_caller_info i;

		cq_caller_get(&i, c);
		(void)cmd_printf(ctx, "      %u. %s (wait: %u:%02u, prio: "
				 "%d)\n", i.pos, leg_name(i.call->caller),
				 i.wait_s / 60, i.wait_s % 60, i.prio);
	}
}


static void show_queue(struct cmd_ctx *ctx, const struct cq *q)
{
	const struct queue_conf *conf = cq_conf(q);
	char max[16] = "unlimited";
	struct cq_stats st;

	cq_get_stats(&st, q);
	if (conf->maxlen)
		(void)re_snprintf(max, sizeof(max), "%u", conf->maxlen);

	(void)cmd_printf(ctx, "%s has %u calls (max %s) in '%s' strategy (%us "
			 "holdtime, %us talktime), W:%u, C:%u, A:%u, "
			 "SL:%u.%u%%, SL2:%u.%u%% within %us\n", conf->name,
			 st.callers, max, queue_strategy_name(conf->strategy),
			 st.holdtime_s, st.talktime_s, conf->weight,
			 st.completed, st.abandoned, cq_level(&st) / 10,
			 cq_level(&st) % 10, cq_level2(&st) / 10,
			 cq_level2(&st) % 10, conf->servicelevel_s);
	show_members(ctx, q);
	show_callers(ctx, q);
	(void)cmd_printf(ctx, "\n");
}


static int show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct cq *q = NULL;

	if (argc > 1)
		return CMD_USAGE;

	if (argc) {
		q = cq_find(argv[0]);
		if (q)
			show_queue(ctx, q);
		else
			(void)cmd_printf(ctx, "No such queue: %s.\n", argv[0]);
		return q ? 0 : 1;
	}

	if (!cq_next(NULL))
		(void)cmd_printf(ctx, "No queues.\n");
	while ((q = cq_next(q)) != NULL)
		show_queue(ctx, q);

	return 0;
}


/* --- queue show rules ---------------------------------------------------- */

static int print_change(struct re_printf *pf, const struct queue_change *c)
{
	if (!c->said)
		return re_hprintf(pf, "stays");

	return re_hprintf(pf, "%s %s%d", c->relative ? "by" : "to",
			  c->relative && c->value >= 0 ? "+" : "", c->value);
}


static void show_rule(struct cmd_ctx *ctx, const struct queue_rule *rule)
{
	(void)cmd_printf(ctx, "Rule: %s\n", rule->name);
	for (struct le *le = list_head(&rule->steps); le; le = le->next) {
		const struct queue_rule_step *s = le->data;

		(void)cmd_printf(ctx, "\tAfter %u seconds, QUEUE_MAX_PENALTY "
				 "%H, QUEUE_MIN_PENALTY %H, "
				 "QUEUE_RAISE_PENALTY %H\n", s->after_s,
				 print_change, &s->max, print_change, &s->min,
				 print_change, &s->raise);
	}
}


static int rules_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const struct config *cfg = server()->cfg;
	bool any = false;

	if (argc > 1)
		return CMD_USAGE;

	for (struct le *le = list_head(&cfg->queues.rules); le;
	     le = le->next) {
		const struct queue_rule *rule = le->data;

		if (argc && str_casecmp(rule->name, argv[0]))
			continue;

		any = true;
		show_rule(ctx, rule);
	}

	if (!any)
		(void)cmd_printf(ctx, "No %srules in queuerules.conf.\n",
				 argc ? "such " : "");

	return any || !argc ? 0 : 1;
}


/* --- members ------------------------------------------------------------- */

/* Word i is `word`: "to", "from" */
static bool is_word(int argc, const char *const *argv, int i, const char *word)
{
	return i < argc && !str_casecmp(argv[i], word);
}


static bool is_number(uint32_t *np, const char *word)
{
	struct pl pl;
	uint64_t n;

	pl_set_str(&pl, word);
	if (num_decode(&n, &pl, 1000000))
		return false;

	*np = (uint32_t)n;

	return true;
}


/* DEVICE to QUEUE [penalty N [as NAME [state_interface DEVICE]]] */
static int add_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct cq_member_params prm = {.wrapup_s = -1};
	struct cq *q;
	int err;

	if (!is_word(argc, argv, 1, "to") || argc < 3 || argc % 2 == 0 ||
	    argc > 9 ||
	    (argc > 3 && (!is_word(argc, argv, 3, "penalty") ||
			  !is_number(&prm.penalty, argv[4]))) ||
	    (argc > 5 && !is_word(argc, argv, 5, "as")) ||
	    (argc > 7 && !is_word(argc, argv, 7, "state_interface")))
		return CMD_USAGE;

	prm.iface = argv[0];
	prm.name = argc > 5 ? argv[6] : NULL;
	prm.state_iface = argc > 7 ? argv[8] : NULL;
	q = cq_find(argv[2]);
	err = q ? cq_member_add(q, &prm, "CLI") : ENOENT;

	switch (err) {

	case 0:
		(void)cmd_printf(ctx, "Added interface '%s' to queue '%s'\n",
				 argv[0], argv[2]);
		return 0;

	case EALREADY:
		(void)cmd_printf(ctx, "Unable to add interface '%s' to queue "
				 "'%s': Already there\n", argv[0], argv[2]);
		return 1;

	case ENOENT:
		(void)cmd_printf(ctx, "Unable to add interface to queue '%s': "
				 "No such queue\n", argv[2]);
		return 1;

	default:
		(void)cmd_printf(ctx, "Unable to add interface '%s' to queue "
				 "'%s': %m; expected SIP/peer or "
				 "Local/number@context\n", argv[0], argv[2],
				 err);
		return 1;
	}
}


/* DEVICE from QUEUE */
static int remove_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct cq *q;
	int err;

	if (argc != 3 || !is_word(argc, argv, 1, "from"))
		return CMD_USAGE;

	q = cq_find(argv[2]);
	err = q ? cq_member_remove(q, argv[0], "CLI") : ESRCH;
	if (!err) {
		(void)cmd_printf(ctx, "Removed interface %s from queue "
				 "'%s'\n", argv[0], argv[2]);
		return 0;
	}

	(void)cmd_printf(ctx, "Unable to remove interface '%s' from queue "
			 "'%s': %s\n", argv[0], argv[2],
			 err == ESRCH	? "No such queue"
			 : err == EPERM ? "Member is not dynamic"
					: "Not there");

	return 1;
}


/* DEVICE [queue QUEUE [reason REASON]] */
static int pause_it(struct cmd_ctx *ctx, int argc, const char *const *argv,
		    bool paused)
{
	const char *queue = argc > 2 ? argv[2] : NULL;
	const char *reason = argc > 4 ? argv[4] : NULL;
	struct cq *q = cq_find(queue);
	int err;

	if (argc < 1 || argc % 2 == 0 || argc > 5 ||
	    (queue && !is_word(argc, argv, 1, "queue")) ||
	    (reason && !is_word(argc, argv, 3, "reason")))
		return CMD_USAGE;

	err = queue && !q ? ENOENT
			  : cq_member_pause(q, argv[0], paused, reason);
	(void)cmd_printf(ctx, "%s%spause%s interface '%s'",
			 err ? "Unable to " : "", paused ? "" : "un",
			 err ? "" : "d", argv[0]);
	if (queue)
		(void)cmd_printf(ctx, " in queue '%s'", queue);
	if (reason)
		(void)cmd_printf(ctx, " for reason '%s'", reason);
	(void)cmd_printf(ctx, "\n");

	return err ? 1 : 0;
}


static int pause_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return pause_it(ctx, argc, argv, true);
}


static int unpause_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	return pause_it(ctx, argc, argv, false);
}


/* N on DEVICE [in QUEUE] */
static int penalty_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const char *queue = argc > 4 ? argv[4] : NULL;
	struct cq *q = cq_find(queue);
	uint32_t n;

	if ((argc != 3 && argc != 5) || !is_number(&n, argv[0]) ||
	    !is_word(argc, argv, 1, "on") ||
	    (queue && !is_word(argc, argv, 3, "in")))
		return CMD_USAGE;

	if ((queue && !q) || cq_member_set_penalty(q, argv[2], n)) {
		(void)cmd_printf(ctx, "Failed to set penalty on interface "
				 "'%s': no such member\n", argv[2]);
		return 1;
	}

	(void)cmd_printf(ctx, "Set penalty on interface '%s'%s%s%s\n",
			 argv[2], queue ? " from queue '" : "",
			 queue ? queue : "", queue ? "'" : "");

	return 0;
}


/* yes|no on DEVICE in QUEUE */
static int ringinuse_run(struct cmd_ctx *ctx, int argc,
			 const char *const *argv)
{
	struct pl word;
	struct cq *q;
	bool yes;

	if (argc != 5 || !is_word(argc, argv, 1, "on") ||
	    !is_word(argc, argv, 3, "in"))
		return CMD_USAGE;

	pl_set_str(&word, argv[0]);
	if (!bool_decode(&yes, &word))
		return CMD_USAGE;

	q = cq_find(argv[4]);
	if (cq_member_set_ringinuse(q, argv[2], yes)) {
		(void)cmd_printf(ctx, "Failed to set ringinuse on interface "
				 "'%s' in queue '%s'\n", argv[2], argv[4]);
		return 1;
	}

	(void)cmd_printf(ctx, "Set ringinuse on interface '%s' in queue "
			 "'%s'\n", argv[2], argv[4]);

	return 0;
}


/* --- callers, counts ----------------------------------------------------- */

static int reset_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct cq *q = argc ? cq_find(argv[0]) : NULL;

	if (argc > 1)
		return CMD_USAGE;

	if (argc && !q) {
		(void)cmd_printf(ctx, "No such queue: %s.\n", argv[0]);
		return 1;
	}

	cq_reset_stats(q);

	return 0;
}


static struct cq_caller *find_caller(const struct cq *q, const char *channel)
{
	struct cq_caller *c = NULL;

	while ((c = cq_caller_next(q, c)) != NULL) {
		struct cq_caller_info info;

		cq_caller_get(&info, c);
		if (!str_casecmp(leg_name(info.call->caller), channel))
			break;
	}

	return c;
}


/* CHANNEL on QUEUE to N */
static int priority_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct cq_caller *c;
	uint32_t n;

	if (argc != 5 || !is_word(argc, argv, 1, "on") ||
	    !is_word(argc, argv, 3, "to") || !is_number(&n, argv[4]))
		return CMD_USAGE;

	c = find_caller(cq_find(argv[2]), argv[0]);
	if (cq_caller_set_prio(c, (int)n)) {
		(void)cmd_printf(ctx, "Channel %s is not in queue %s\n",
				 argv[0], argv[2]);
		return 1;
	}

	(void)cmd_printf(ctx, "Priority of %s in queue %s is %u\n", argv[0],
			 argv[2], n);

	return 0;
}


/* CHANNEL from QUEUE */
static int withdraw_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	if (argc != 3 || !is_word(argc, argv, 1, "from"))
		return CMD_USAGE;

	if (cq_withdraw(cq_find(argv[2]), argv[0], NULL)) {
		(void)cmd_printf(ctx, "Channel %s is not in queue %s\n",
				 argv[0], argv[2]);
		return 1;
	}

	(void)cmd_printf(ctx, "Channel %s has left queue %s\n", argv[0],
			 argv[2]);

	return 0;
}


/* --- completion ---------------------------------------------------------- */

static void offer_queues(struct cmd_ctx *ctx)
{
	const struct cq *q = NULL;

	while ((q = cq_next(q)) != NULL)
		cmd_candidate(ctx, cq_name(q));
}


static void offer_members(struct cmd_ctx *ctx)
{
	const struct cq *q = NULL;

	while ((q = cq_next(q)) != NULL) {
		const struct cq_member *m = NULL;

		while ((m = cq_member_next(q, m)) != NULL) {
			struct cq_member_info info;

			cq_member_get(&info, m);
			cmd_candidate(ctx, info.iface);
		}
	}
}


static void queue_words(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		offer_queues(ctx);
}


static void from_words(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		offer_members(ctx);
	else if (idx == 1)
		cmd_candidate(ctx, "from");
	else if (idx == 2)
		offer_queues(ctx);
}


static void pause_words(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	(void)prefix;
	if (!idx)
		offer_members(ctx);
	else if (idx == 1)
		cmd_candidate(ctx, "queue");
	else if (idx == 2)
		offer_queues(ctx);
	else if (idx == 3)
		cmd_candidate(ctx, "reason");
}


static const struct cmd cmds[] = {
	{"queue show", "queue show [QUEUE]",
	 "Queues, their members, and callers who wait", show_run,
	 queue_words},
	{"queue show rules", "queue show rules [RULE]",
	 "How penalties change with time", rules_run, NULL},
	{"queue add member", "queue add member DEVICE to QUEUE [penalty N [as "
	 "NAME [state_interface DEVICE]]]",
	 "Add a member; it is kept over a restart", add_run, NULL},
	{"queue remove member", "queue remove member DEVICE from QUEUE",
	 "Remove a member that was added", remove_run, from_words},
	{"queue pause member", "queue pause member DEVICE [queue QUEUE [reason "
	 "REASON]]",
	 "A member is not rung until it is unpaused", pause_run,
	 pause_words},
	{"queue unpause member", "queue unpause member DEVICE [queue QUEUE "
	 "[reason REASON]]",
	 "A member is rung again", unpause_run, pause_words},
	{"queue set penalty", "queue set penalty N on DEVICE [in QUEUE]",
	 "Change the penalty of a member", penalty_run, NULL},
	{"queue set ringinuse", "queue set ringinuse yes|no on DEVICE in QUEUE",
	 "Ring a member whose device is in use, or not", ringinuse_run, NULL},
	{"queue reset stats", "queue reset stats [QUEUE]",
	 "Forget the counts of calls", reset_run, queue_words},
	{"queue priority caller", "queue priority caller CHANNEL on QUEUE to N",
	 "Move a caller who waits", priority_run, NULL},
	{"queue withdraw caller", "queue withdraw caller CHANNEL from QUEUE",
	 "Send a caller on in its dialplan", withdraw_run, NULL},
};


int cmd_queue_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
