/**
 * @file apps/vm_take.c  A recording that becomes a message or a greeting
 *
 *   RUNS -> OVER -> saved, or thrown away with the last reference
 *     \-> left: OVER saves it
 */
#include <unistd.h>
#include "apps/vm_mail.h"
#include "apps/vm_take.h"
#include "base/clock.h"
#include "base/text.h"

struct vm_take {
	struct le le;       /* takes */
	struct config *cfg;
	struct call *call;  /* no reference; NULL once over */
	const struct vm_box *boxv[VM_TAKE_BOXES];
	size_t boxc;
	enum vm_folder folder;
	char *path;
	struct vm_info info;
	uint32_t tag, silence_ms, ms;
	enum vm_take_end end;
	bool stopped, over, left;
	vm_take_h *h;
	void *arg;
};

static struct list takes; /* recordings in progress, a reference each */


static void destructor(void *data)
{
	struct vm_take *t = data;

	list_unlink(&t->le);
	if (t->path)
		(void)unlink(t->path); /* messages have a link of their own */
	mem_deref(t->path);
	mem_deref(t->cfg);
}


/* --- save ---------------------------------------------------------------- */

static int save_one(const struct vm_take *t, const struct vm_box *box)
{
	unsigned num;
	int err;

	if (vm_is_full(t->cfg, box, t->folder))
		return ENOSPC;

	err = vm_add(t->cfg, box, t->folder, t->path, &t->info, &num);
	if (err)
		return err;

	log_info("voicemail", "%s@%s: message %s/%u of %u s from %s",
		 box->name, box->context, vm_folder_name(t->folder), num,
		 t->info.duration_s, t->info.callerid);
	vm_changed(t->cfg, box);
	(void)vm_mail(t->cfg, box, t->folder, num, &t->info); /* logs */

	return 0;
}


int vm_take_save(struct vm_take *t)
{
	int ret = 0;

	if (!t || !t->over)
		return EINVAL;
	if (t->end == VM_TAKE_FAILED)
		return EIO;
	if (!t->ms || t->ms < t->boxv[0]->opts.minsecs * 1000)
		return EAGAIN;

	t->info.duration_s = (t->ms + 500) / 1000;
	for (size_t i = 0; i < t->boxc; i++) {
		int err = save_one(t, t->boxv[i]);

		if (err)
			log_warning("voicemail", "%s@%s: message not kept: %m",
				    t->boxv[i]->name, t->boxv[i]->context,
				    err);
		if (!i)
			ret = err;
	}

	return ret;
}


uint32_t vm_take_ms(const struct vm_take *t)
{
	return t ? t->ms : 0;
}


const char *vm_take_path(const struct vm_take *t)
{
	return t ? t->path : NULL;
}


void vm_take_leave(struct vm_take *t)
{
	if (!t || t->left)
		return;

	t->left = true;
	t->h = NULL;
	if (!t->over) {
		vm_take_stop(t);
		return;
	}

	if (vm_take_save(t) == EAGAIN)
		log_info("voicemail", "%s@%s: too short, not kept",
			 t->boxv[0]->name, t->boxv[0]->context);
}


/* --- record -------------------------------------------------------------- */

static void set_length(struct vm_take *t, uint32_t ms)
{
	if (t->end == VM_TAKE_SILENCE)
		ms = ms > t->silence_ms ? ms - t->silence_ms : 0;

	t->ms = ms;
}


/* The file is closed; told whoever the call belongs to by now */
static void done(struct call *call, const struct media_report *ev, void *arg)
{
	struct vm_take *t = arg;

	(void)call;
	if (t->over)
		return;

	t->over = true;
	t->call = NULL;
	if (ev->rec == MEDIA_REC_FAILED)
		t->end = VM_TAKE_FAILED;
	set_length(t, ev->duration_ms);

	if (t->left) {
		t->left = false;
		vm_take_leave(t);
	}
	else if (t->h) {
		t->h(t, t->end, t->arg);
	}

	list_unlink(&t->le);
	mem_deref(t); /* the recording's own reference */
}


static void limits(struct call *call, const struct media_report *ev, void *arg)
{
	struct vm_take *t = arg;

	(void)call;
	if (ev->ev == MEDIA_EV_REC_DONE || t->stopped)
		return;

	t->end = ev->ev == MEDIA_EV_SILENCE ? VM_TAKE_SILENCE : VM_TAKE_LIMIT;
	vm_take_stop(t);
}


void vm_take_stop(struct vm_take *t)
{
	if (!t || t->stopped || t->over || !t->call)
		return;

	t->stopped = true;
	(void)call_stop_record(t->call, t->tag); /* it may have ended with its
						    stream: REC_DONE comes */
}


static void fill_info(struct vm_info *info, const struct call *call,
		      const struct vm_box *box,
		      const struct vm_take_params *prm)
{
	str_ncpy(info->origmailbox, box->name, sizeof(info->origmailbox));
	str_ncpy(info->context, call->context, sizeof(info->context));
	str_ncpy(info->exten, call->exten, sizeof(info->exten));
	info->prio = call->prio;
	str_ncpy(info->callerchan, call->caller ? leg_name(call->caller) : "",
		 sizeof(info->callerchan));
	if (call->cid_num[0] && call->cid_name[0])
		(void)re_snprintf(info->callerid, sizeof(info->callerid),
				  "\"%s\" <%s>", call->cid_name,
				  call->cid_num);
	else
		str_ncpy(info->callerid,
			 call->cid_num[0] ? call->cid_num : call->cid_name,
			 sizeof(info->callerid));
	info->origtime = clock_wall_s();
	info->urgent = prm->urgent;
	if (prm->category)
		str_ncpy(info->category, prm->category,
			 sizeof(info->category));
}


int vm_take_start(struct vm_take **tp, struct call *call,
		  const struct vm_take_params *prm, vm_take_h *h, void *arg)
{
	struct media_record rec;
	struct vm_take *t;
	int err;

	if (!tp || !call || !call->cfg || !prm || !prm->boxc ||
	    prm->boxc > VM_TAKE_BOXES)
		return EINVAL;

	t = mem_zalloc(sizeof(*t), destructor);
	if (!t)
		return ENOMEM;

	t->cfg = mem_ref(call->cfg);
	t->call = call;
	t->boxc = prm->boxc;
	memcpy(t->boxv, prm->boxes, prm->boxc * sizeof(t->boxv[0]));
	t->folder = prm->folder;
	t->silence_ms = prm->silence_ms;
	t->h = h;
	t->arg = arg;
	fill_info(&t->info, call, t->boxv[0], prm);

	memset(&rec, 0, sizeof(rec));
	rec.rx_only = true;
	rec.beep = prm->beep;
	rec.gain_says = prm->gain;
	rec.max_ms = prm->max_ms;
	rec.silence_ms = prm->silence_ms;

	err = vm_tmp_path(&t->path, t->cfg, t->boxv[0]);
	if (!err) {
		rec.path = t->path;
		err = call_record(call, &rec, limits, t);
	}
	if (!err) {
		t->tag = rec.tag;
		err = call_record_keep(call, t->tag, done, t);
		if (err)
			(void)call_stop_record(call, rec.tag);
	}
	if (err) {
		call_record_detach(call);
		mem_deref(t);
		return err;
	}

	list_append(&takes, &t->le, mem_ref(t));
	*tp = t;

	return 0;
}
