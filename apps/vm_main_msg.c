/**
 * @file apps/vm_main_msg.c  VoiceMailMain: the messages of a folder
 *
 * The numbers of a folder are read once when it is opened.  Deleting and
 * "heard" are marks until it is closed, so that 7 can take 7 back and numbers
 * stay what was said.  Each mark goes with the identity of its message: what
 * another phone did to the folder meanwhile never makes the wrong one vanish.
 */
#include "apps/vm_main.h"
#include "base/text.h"

enum { HEAD_MS = 1 }; /* behind the header: no key is waited for */

static struct list sessions; /* struct vmain with an open folder */

static void play(struct vmain *m);
static void after_command(struct vmain *m);


/* --- the folder ---------------------------------------------------------- */

static const char *folder_prompt(enum vm_folder folder)
{
	static const char *const names[VM_FOLDERS] = {
		"vm-INBOX", "vm-Old", "vm-Work", "vm-Family", "vm-Friends",
		"vm-Urgent",
	};

	return names[folder];
}


static void forget(struct vmain *m)
{
	list_unlink(&m->le);
	m->list = mem_deref(m->list);
	m->ident = mem_deref(m->ident);
	m->heard = mem_deref(m->heard);
	m->deleted = mem_deref(m->deleted);
	m->pos = 0;
}


int vmain_open(struct vmain *m, enum vm_folder folder)
{
	const struct config *cfg = m->call->cfg;
	int err;

	vmain_close(m);
	m->folder = folder;
	err = vm_list(&m->list, cfg, m->box, folder);
	if (err)
		return err;

	m->ident = mem_zalloc((m->list->n + 1) * sizeof(*m->ident), NULL);
	m->heard = mem_zalloc(m->list->n + 1, NULL);
	m->deleted = mem_zalloc(m->list->n + 1, NULL);
	if (!m->ident || !m->heard || !m->deleted) {
		forget(m);
		return ENOMEM;
	}

	for (size_t i = 0; i < m->list->n; i++)
		m->ident[i] = vm_ident(cfg, m->box, folder, m->list->v[i]);
	list_append(&sessions, &m->le, m);

	return 0;
}


static bool is_same(const struct vmain *m, size_t i)
{
	return m->ident[i] && vm_ident(m->call->cfg, m->box, m->folder,
				       m->list->v[i]) == m->ident[i];
}


/* Numbers are not changed under another phone */
static bool alone(const struct vmain *m)
{
	for (struct le *le = list_head(&sessions); le; le = le->next) {
		const struct vmain *o = le->data;

		if (o != m && o->folder == m->folder &&
		    !strcmp(o->box->name, m->box->name) &&
		    !strcmp(o->box->context, m->box->context))
			return false;
	}

	return true;
}


/* True if the message leaves the folder */
static bool close_one(struct vmain *m, size_t i)
{
	const struct config *cfg = m->call->cfg;
	bool fresh = m->folder == VM_INBOX || m->folder == VM_URGENT;
	bool to_old = m->heard[i] && !m->deleted[i] && fresh &&
		      cfg->vm.moveheard;
	int err = 0;

	if (!(m->deleted[i] || to_old) || !is_same(m, i))
		return false;

	if (to_old && vm_is_full(cfg, m->box, VM_OLD))
		err = ENOSPC;
	else if (to_old)
		err = vm_copy(cfg, m->box, m->folder, m->list->v[i], m->box,
			      VM_OLD, NULL);
	if (!err)
		err = vm_remove(cfg, m->box, m->folder, m->list->v[i]);
	if (err)
		call_warning(m->call, "mailbox %s: message %u stays: %m",
			     m->box->name, m->list->v[i], err);

	return !err;
}


void vmain_close(struct vmain *m)
{
	bool changed = false;

	if (!m->list || !m->box) {
		forget(m);
		return;
	}

	for (size_t i = 0; i < m->list->n; i++)
		changed = close_one(m, i) || changed;
	if (changed && alone(m))
		(void)vm_close_gaps(m->call->cfg, m->box,
				    m->folder); /* gaps do no harm */
	if (changed)
		vm_changed(m->call->cfg, m->box);

	forget(m);
}


void vmain_play_folder(struct vmain *m)
{
	const struct config *cfg = m->call->cfg;
	enum vm_folder folder = m->folder;
	int err;

	/* 1 means what the menu has offered */
	if (folder == VM_INBOX && vm_count(cfg, m->box, VM_URGENT))
		folder = VM_URGENT;
	else if (folder == VM_INBOX && !vm_count(cfg, m->box, VM_INBOX))
		folder = VM_OLD;

	err = vmain_open(m, folder);
	if (err)
		call_warning(m->call, "mailbox %s: %m", m->box->name, err);

	if (err || !m->list->n) {
		m->folder = VM_INBOX;
		vm_say(&m->talk, "vm-youhave");
		vm_say(&m->talk, "vm-no");
		vm_say(&m->talk, "vm-messages");
		vmain_menu(m);
		return;
	}

	play(m);
}


static void folder_key(const char *keys, void *arg)
{
	struct vmain *m = arg;
	struct pl pl;
	uint64_t n;

	if (vmain_silent(m, keys))
		return;

	pl_set_str(&pl, keys);
	if (num_decode(&n, &pl, VM_KEYS - 1)) {
		vmain_menu(m);
		return;
	}

	vmain_close(m);
	m->folder = (enum vm_folder)n;
	vm_say(&m->talk, folder_prompt(m->folder));
	vm_say(&m->talk, "vm-messages");
	vmain_play_folder(m);
}


void vmain_change_folder(struct vmain *m)
{
	vm_say(&m->talk, "vm-changeto");
	vmain_say_folders(m);
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, folder_key);
}


/* --- what can be done with a message ------------------------------------- */

static bool read_info(const struct vmain *m, struct vm_info *info)
{
	return is_same(m, m->pos) &&
	       !vm_info_read(info, m->call->cfg, m->box, m->folder,
			     m->list->v[m->pos]);
}


/* Digits of "Name" <number> */
static void caller_number(char *buf, size_t n, const char *callerid)
{
	const char *lt = strrchr(callerid, '<');
	size_t k = 0;

	for (const char *p = lt ? lt + 1 : callerid; *p && *p != '>'; p++) {
		if (((*p >= '0' && *p <= '9') || *p == '*') && k + 1 < n)
			buf[k++] = *p;
	}
	buf[k] = '\0';
}


static void say_caller(struct vmain *m, const struct vm_info *info)
{
	char number[64];

	caller_number(number, sizeof(number), info->callerid);
	if (number[0]) {
		vm_say(&m->talk, "vm-from-phonenumber");
		vm_say_digits(&m->talk, number);
	}
	else
		vm_say(&m->talk, "vm-unknown-caller");
}


static void say_envelope(struct vmain *m, const struct vm_info *info)
{
	char tz[80];

	vm_say_time(&m->talk, info->origtime,
		    config_vm_tz(m->call->cfg, m->box, tz, sizeof(tz)),
		    config_vm_format(m->call->cfg, m->box));
}


static void say_length(struct vmain *m, const struct vm_info *info)
{
	const struct vm_opts *o = &m->box->opts;
	uint32_t minutes = info->duration_s / 60;

	if (!o->sayduration || minutes < o->saydurationm)
		return;

	vm_say(&m->talk, "vm-duration");
	vm_say_number(&m->talk, minutes, 'f');
	vm_say(&m->talk, "vm-minutes");
}


static void copied(struct vmain *m, const struct vm_box *to,
		   enum vm_folder folder, unsigned num)
{
	struct vm_info info;

	vm_changed(m->call->cfg, to);
	if (to != m->box &&
	    !vm_info_read(&info, m->call->cfg, to, folder, num))
		(void)vm_mail(m->call->cfg, to, folder, num, &info);
}


static int copy_to(struct vmain *m, const struct vm_box *to,
		   enum vm_folder folder)
{
	const struct config *cfg = m->call->cfg;
	unsigned num;
	int err;

	if (!is_same(m, m->pos))
		return ENOENT;
	if (vm_is_full(cfg, to, folder))
		return ENOSPC;

	err = vm_copy(cfg, m->box, m->folder, m->list->v[m->pos], to, folder,
		      &num);
	if (!err)
		copied(m, to, folder, num);

	return err;
}


static void say_failed(struct vmain *m, int err)
{
	call_warning(m->call, "mailbox %s: %m", m->box->name, err);
	vm_say(&m->talk, err == ENOSPC ? "vm-mailboxfull" : "vm-sorry");
}


static void save_key(const char *keys, void *arg)
{
	struct vmain *m = arg;
	enum vm_folder folder;
	struct pl pl;
	uint64_t n;
	int err;

	if (vmain_silent(m, keys))
		return;

	pl_set_str(&pl, keys);
	if (num_decode(&n, &pl, VM_KEYS - 1)) {
		vmain_message_menu(m);
		return;
	}

	folder = (enum vm_folder)n;
	err = folder == m->folder ? 0 : copy_to(m, m->box, folder);
	if (err)
		say_failed(m, err);
	else {
		if (folder == m->folder) {
			m->heard[m->pos] = false; /* it stays here */
			m->deleted[m->pos] = false;
		}
		else
			m->deleted[m->pos] = true;
		vm_say(&m->talk, "vm-message");
		vm_say(&m->talk, "vm-savedto");
		vm_say(&m->talk, folder_prompt(folder));
		vm_say(&m->talk, "vm-messages");
		after_command(m);
		return;
	}

	vmain_message_menu(m);
}


static void forward_number(const char *keys, void *arg)
{
	struct vmain *m = arg;
	const struct vm_box *to;
	int err;

	if (vmain_silent(m, keys))
		return;

	to = config_vm_box(m->call->cfg, keys, m->box->context);
	if (!to)
		vm_say(&m->talk, "pbx-invalid");
	else {
		err = copy_to(m, to, VM_INBOX);
		if (err)
			say_failed(m, err);
		else
			vm_say(&m->talk, "vm-msgforwarded");
	}

	vmain_message_menu(m);
}


static void leave_number(const char *keys, void *arg)
{
	struct vmain *m = arg;
	const struct vm_box *to;

	if (vmain_silent(m, keys))
		return;

	to = config_vm_box(m->call->cfg, keys, m->box->context);
	if (to)
		vmain_message_to(m, to);
	else {
		vm_say(&m->talk, "pbx-invalid");
		vmain_message_menu(m);
	}
}


static void reply(struct vmain *m)
{
	const struct vm_box *to = NULL;
	struct vm_info info;
	char number[64];

	if (read_info(m, &info)) {
		caller_number(number, sizeof(number), info.callerid);
		to = config_vm_box(m->call->cfg, number, m->box->context);
	}

	if (to)
		vmain_message_to(m, to);
	else {
		vm_say(&m->talk, "vm-nobox");
		vmain_message_menu(m);
	}
}


static void advanced_key(const char *keys, void *arg)
{
	struct vmain *m = arg;
	struct vm_info info;
	char number[64];

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1':
		reply(m);
		break;

	case '2':
		number[0] = '\0';
		if (read_info(m, &info))
			caller_number(number, sizeof(number), info.callerid);
		vmain_callback(m, number);
		break;

	case '3':
		if (read_info(m, &info)) {
			say_envelope(m, &info);
			say_caller(m, &info);
		}
		vmain_message_menu(m);
		break;

	case '4': vmain_dialout(m); break;

	case '5':
		vm_say(&m->talk, "vm-whichbox");
		vm_talk_ask(&m->talk, 20, "#", VMAIN_NUMBER_MS, leave_number);
		break;

	default:
		vmain_message_menu(m);
		break;
	}
}


static void advanced(struct vmain *m)
{
	vm_say(&m->talk, "vm-toreply");
	if (str_isset(m->box->opts.callback))
		vm_say(&m->talk, "vm-tocallback");
	vm_say(&m->talk, "vm-tohearenv");
	if (str_isset(m->box->opts.dialout))
		vm_say(&m->talk, "vm-tomakecall");
	vm_say(&m->talk, "vm-leavemsg");
	vm_say(&m->talk, "vm-starmain");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, advanced_key);
}


/* --- one message after the other ----------------------------------------- */

static void step(struct vmain *m, bool forward)
{
	size_t last = m->list->n - 1;

	if (forward ? m->pos < last : m->pos > 0) {
		m->pos += forward ? 1 : (size_t)-1;
		play(m);
	}
	else if (m->box->opts.messagewrap && last) {
		m->pos = forward ? 0 : last;
		play(m);
	}
	else {
		vm_say(&m->talk, "vm-nomore");
		vmain_message_menu(m);
	}
}


/* Behind 7 and 9 */
static void after_command(struct vmain *m)
{
	if (m->box->opts.nextaftercmd && m->pos + 1 < m->list->n)
		step(m, true);
	else
		vmain_message_menu(m);
}


static void toggle_deleted(struct vmain *m)
{
	m->deleted[m->pos] = !m->deleted[m->pos];
	vm_say(&m->talk, m->deleted[m->pos] ? "vm-deleted" : "vm-undeleted");
	if (m->deleted[m->pos])
		after_command(m);
	else
		vmain_message_menu(m);
}


static void message_key(const char *keys, void *arg)
{
	struct vmain *m = arg;

	if (vmain_silent(m, keys))
		return;

	switch (keys[0]) {

	case '1':
		m->pos = 0;
		play(m);
		break;

	case '2': vmain_change_folder(m); break;
	case '3': advanced(m); break;
	case '4': step(m, false); break;
	case '5': play(m); break;
	case '6': step(m, true); break;
	case '7': toggle_deleted(m); break;

	case '8':
		vm_say(&m->talk, "vm-extension");
		vm_talk_ask(&m->talk, 20, "#", VMAIN_NUMBER_MS,
			    forward_number);
		break;

	case '9':
		vm_say(&m->talk, "vm-savefolder");
		vmain_say_folders(m);
		vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, save_key);
		break;

	case '0': vmain_options(m); break;
	case '#': vmain_leave(m); break;
	default: vmain_message_menu(m); break;
	}
}


void vmain_message_menu(struct vmain *m)
{
	if (m->pos)
		vm_say(&m->talk, "vm-prev");
	vm_say(&m->talk, "vm-advopts");
	vm_say(&m->talk, "vm-repeat");
	if (m->pos + 1 < m->list->n)
		vm_say(&m->talk, "vm-next");
	vm_say(&m->talk, m->deleted[m->pos] ? "vm-undelete" : "vm-delete");
	vm_say(&m->talk, "vm-toforward");
	vm_say(&m->talk, "vm-savemessage");
	vm_say(&m->talk, "vm-helpexit");
	vm_talk_ask(&m->talk, 1, NULL, VMAIN_KEY_MS, message_key);
}


/* The header was said: now the message itself */
static void play_sound(const char *keys, void *arg)
{
	struct vmain *m = arg;
	char *stem;

	if (keys[0]) {
		message_key(keys, m);
		return;
	}

	if (is_same(m, m->pos) &&
	    !vm_msg_path(&stem, m->call->cfg, m->box, m->folder,
			 m->list->v[m->pos])) {
		m->heard[m->pos] = true;
		vm_say(&m->talk, stem);
		mem_deref(stem);
	}

	vmain_message_menu(m);
}


static void play(struct vmain *m)
{
	struct vm_info info;

	if (!m->pos)
		vm_say(&m->talk, "vm-first");
	else if (m->pos + 1 == m->list->n)
		vm_say(&m->talk, "vm-last");
	vm_say(&m->talk, "vm-message");
	if (m->pos && m->pos + 1 < m->list->n)
		vm_say_number(&m->talk, (uint32_t)m->pos + 1, 0);

	if (read_info(m, &info)) {
		if (m->box->opts.envelope)
			say_envelope(m, &info);
		if (m->box->opts.saycid)
			say_caller(m, &info);
		say_length(m, &info);
	}

	vm_talk_ask(&m->talk, 1, NULL, HEAD_MS, play_sound);
}
