/**
 * @file fuzz_conf.h  A configuration of two texts, loaded and looked through
 */
#ifndef TANDEM_TESTS_FUZZ_CONF_H
#define TANDEM_TESTS_FUZZ_CONF_H

#include "fuzz.h"
#include "config/config.h"
#include "routing/dialplan.h"
#include "routing/pattern.h"
#include "routing/schedule.h"

static const char *const fuzz_apps[] = {
	"Answer", "Background", "Dial", "Echo", "Goto", "GotoIf", "Hangup",
	"NoOp", "Playback", "Set", "Wait", "WaitExten",
};

static const char *const fuzz_funcs[] = {
	"CALLERID", "CHANNEL", "IF", "LEN", "STRFTIME",
};


static inline int fuzz_timespec(const struct pl *spec, struct pl *bad)
{
	struct schedule sched;

	return schedule_decode(&sched, spec, bad);
}


/* Each finding is one line of printable text at a place of the texts */
static inline void fuzz_findings(const struct findings *f, int err)
{
	uint32_t n = 0;

	for (struct le *le = list_head(&f->list); le; le = le->next) {
		const struct finding *fi = le->data;

		HOLDS(fi->severity < SEVERITY_MAX);
		HOLDS(fi->text && *fi->text);
		for (const char *c = fi->text; *c; c++)
			HOLDS((unsigned char)*c >= ' ' && *c != 0x7f);
		++n;
	}

	HOLDS(!f->out_of_memory);
	HOLDS(n == f->count[SEVERITY_INFO] + f->count[SEVERITY_WARNING] +
			   f->count[SEVERITY_ERROR]);
	HOLDS(findings_refuse(f) == (err == EBADMSG));
}


/* The peers are found by their names, and the dialplan can be searched */
static inline void fuzz_config(const struct config *cfg)
{
	static const char *const numbers[] = {"s", "1001", "+4930123", "9"};
	struct dialplan_index *ix;
	struct le *le;

	for (le = list_head(&cfg->peers); le; le = le->next) {
		const struct peer *peer = le->data;

		HOLDS(config_peer(cfg, peer->name) == peer);
	}

	HOLDS(!dialplan_index_alloc(&ix, cfg->dialplan, NULL, NULL));
	for (le = list_head(&cfg->dialplan->contexts); le; le = le->next) {
		const struct dp_context *ctx = le->data;
		struct dp_query q = {.context = ctx->name};
		struct dp_match m;

		for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
			pl_set_str(&q.exten, numbers[i]);
			if (!dp_find(&m, ix, &q, 1))
				HOLDS(m.prio && m.exten && m.ctx);
			(void)dp_can_match_more(ix, &q);
			(void)dp_hint(ix, &q);
		}
	}

	mem_deref(ix);
}


static inline void fuzz_load(const struct pl *sip, const struct pl *ext)
{
	static const struct config_names names = {
		.apps	  = fuzz_apps,
		.napps	  = ARRAY_SIZE(fuzz_apps),
		.funcs	  = fuzz_funcs,
		.nfuncs	  = ARRAY_SIZE(fuzz_funcs),
		.pattern  = pattern_check,
		.timespec = fuzz_timespec,
	};
	struct config *cfg = NULL;
	struct findings *f;
	int err;

	HOLDS(!findings_alloc(&f));
	err = config_load_text(&cfg, sip, ext, f, &names);
	HOLDS(!err || err == EBADMSG);
	HOLDS(!err == (cfg != NULL));

	fuzz_findings(f, err);
	if (cfg)
		fuzz_config(cfg);

	mem_deref(cfg);
	mem_deref(f);
}

#endif
