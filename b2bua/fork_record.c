/**
 * @file b2bua/fork_record.c  Recording by a key (Dial w W x X)
 *
 * The same keys end it.  The file is named by TOUCH_MIXMONITOR (or
 * TOUCH_MONITOR), else auto-TIME-CALLER-CALLEE, and lies where MixMonitor's
 * does.
 */
#include "b2bua/fork_priv.h"
#include "base/clock.h"
#include "routing/taint.h"

/* A variable of either name: TOUCH_MIXMONITORx, TOUCH_MONITORx */
static const struct vval *touch_var(const struct call *call, bool mix,
				    const char *tail)
{
	const char *const stems[] = {"TOUCH_MIXMONITOR", "TOUCH_MONITOR"};
	char name[64];

	for (size_t i = 0; i < 2; i++) {
		const struct vval *v;

		if (re_snprintf(name, sizeof(name), "%s%s",
				stems[mix ? i : 1 - i], tail) < 0)
			continue;
		v = vars_get_str(call->vars, name);
		if (v && v->len)
			return v;
	}

	return NULL;
}


static int add(struct ttext *text, const char *str, bool tainted)
{
	struct pl pl;

	pl_set_str(&pl, str);

	return ttext_append(text, &pl, tainted);
}


/* auto-1700000000-1001-1002 */
static int add_default(struct ttext *text, const struct fork *f)
{
	struct leg_identity callee = {.pres = -1};
	char head[40];
	int err;

	fork_identity(&callee, f);
	(void)re_snprintf(head, sizeof(head), "auto-%llu-", clock_wall_s());
	err = add(text, head, false);
	err |= add(text, f->call->cid_num, true);
	err |= add(text, "-", false);
	err |= add(text, callee.num, true);

	return err;
}


static int name(struct ttext **tp, const struct fork *f, bool mix)
{
	const struct vval *v = touch_var(f->call, mix, "");
	struct ttext *text = NULL;
	struct pl none = PL_INIT;
	int err;

	err = ttext_create(&text, &none, false);
	if (!err)
		err = v ? add(text, v->str, v->tainted)
			: add_default(text, f);
	v = touch_var(f->call, mix, "_FORMAT");
	if (!err)
		err = add(text, ".", false);
	if (!err)
		err = v ? add(text, v->str, v->tainted)
			: add(text, "wav", false);
	if (err)
		mem_deref(text);
	else
		*tp = text;

	return err;
}


static int start(struct fork *f, bool mix)
{
	struct call *call = f->call;
	struct media_record prm = {
		.stereo = !call->cfg || !call->cfg->tandem.record_mono,
	};
	struct ttext *text = NULL;
	char *path = NULL;
	int err;

	err = name(&text, f, mix);
	if (!err)
		err = call_file_path(call, &path, "monitor", text);
	if (!err) {
		prm.path = path;
		err = call_record(call, &prm, NULL, NULL);
	}
	if (!err) {
		f->rec_tag = prm.tag;
		call_info(call, "recorded by a key to %s", path);
		(void)call_set_var(call,
				   mix ? "TOUCH_MIXMONITOR_OUTPUT"
				       : "TOUCH_MONITOR_OUTPUT", path, false);
		(void)call_set_var(call, "MIXMONITOR_FILENAME", path, false);
	}

	mem_deref(text);
	mem_deref(path);

	return err;
}


void fork_record(struct fork *f, bool caller, bool mix)
{
	const struct features_conf *fc = &f->call->cfg->features;
	struct leg *by = caller ? f->call->caller : f->winner->leg;
	int err = 0;

	if (f->rec_tag) {
		call_info(f->call, "recording ended by a key");
		(void)call_stop_record(f->call, f->rec_tag); /* may be over */
		f->rec_tag = 0;
	}
	else {
		err = start(f, mix);
	}

	if (err) {
		call_warning(f->call, "not recorded: %m", err);
		fork_play(f, by, fc->recordingfailsound);
		return;
	}

	fork_play(f, f->call->caller, fc->courtesytone);
	fork_play(f, f->winner->leg, fc->courtesytone);
}
