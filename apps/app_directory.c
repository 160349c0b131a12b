/**
 * @file apps/app_directory.c  Directory: call somebody by the letters of his
 *                             name
 *
 *   letters ("three letters of the last name") --> those who fit, one by one:
 *      ^        0, * --> extensions o and a        1 is it, * the next one
 *      +--- nobody fits, nobody was it               (m: eight at a time)
 *
 * Names are those of voicemail.conf.  What is said of somebody is the name
 * that he has recorded for his mailbox, else his letters one by one.
 */
#include "apps/keypad.h"
#include "apps/vm_talk.h"
#include "base/text.h"

enum {
	LETTERS = 3,
	LETTERS_MAX = 8,
	TRIES = 3,
	MENU = 8,
	FOUND_MAX = 256,
	KEY_MS = 5000,
	PAUSE_MAX_MS = 60000,
};

static const char known[] = "beflmnps";

struct dir {
	struct call *call;
	struct timer begin;       /* p(ms): the phone is brought to the ear */
	struct vm_talk talk;
	char *vm_context, *dial_context;
	size_t letters;
	char key;                 /* the first one */
	bool first, last;         /* by which name */
	bool number, menu, only;  /* e, m, s */
	unsigned tries;
	const struct vm_box *found[FOUND_MAX]; /* of call->cfg */
	size_t foundc, pos;
};

static void ask_letters(struct dir *d);
static void ask_person(struct dir *d);


static void destructor(void *data)
{
	struct dir *d = data;

	timer_cancel(&d->begin);
	vm_talk_reset(&d->talk);
	mem_deref(d->vm_context);
	mem_deref(d->dial_context);
}


static void result(struct dir *d, const char *word)
{
	(void)call_set_var(d->call, "DIRECTORY_RESULT", word, false);
	call_step_note(d->call, "%s", word);
}


static void done(struct dir *d, const char *word, enum app_result res)
{
	result(d, word);
	call_step_done(d->call, res);
}


/* --- who fits ------------------------------------------------------------ */

static bool fits_part(const struct pl *name, const char *keys)
{
	char buf[80];

	return keypad_of(buf, sizeof(buf), name) >= strlen(keys) &&
	       !strncmp(buf, keys, strlen(keys));
}


/* The first word, and the last one */
static bool fits(const struct dir *d, const struct vm_box *box,
		 const char *keys)
{
	struct pl name, first, last;
	const char *p;

	if (!box->fullname || box->opts.hidefromdir ||
	    strcmp(box->context, d->vm_context))
		return false;

	pl_set_str(&name, box->fullname);
	name = pl_trim(name);
	first = last = name;
	p = pl_strchr(&name, ' ');
	if (p)
		first.l = (size_t)(p - name.p);
	for (size_t i = 0; i < name.l; i++) {
		if (name.p[i] == ' ') {
			last.p = name.p + i + 1;
			last.l = name.l - i - 1;
		}
	}

	return (d->first && fits_part(&first, keys)) ||
	       (d->last && fits_part(&last, keys));
}


static void search(struct dir *d, const char *keys)
{
	d->foundc = d->pos = 0;

	for (struct le *le = d->call->cfg->vm.boxes.head;
	     le && d->foundc < FOUND_MAX; le = le->next) {
		if (fits(d, le->data, keys))
			d->found[d->foundc++] = le->data;
	}
}


/* --- where to ------------------------------------------------------------ */

/* Extension o or a */
static void special(struct dir *d, const char *exten, const char *word)
{
	if (!call_exists(d->call, d->dial_context, exten)) {
		ask_letters(d);
		return;
	}

	(void)call_goto_to(d->call, d->dial_context, exten, 1);
	done(d, word, APP_NEXT);
}


static void chosen(struct dir *d, const struct vm_box *box)
{
	struct call *call = d->call;

	(void)call_set_var(call, "DIRECTORY_EXTEN", box->name, false);
	if (!d->only) {
		if (!call_exists(call, d->dial_context, box->name)) {
			call_warning(call, "Directory: no extension %s in %s",
				     box->name, d->dial_context);
			done(d, "FAILED", APP_NEXT);
			return;
		}
		(void)call_goto_to(call, d->dial_context, box->name, 1);
	}

	done(d, "SELECTED", APP_NEXT);
}


/* --- which of them ------------------------------------------------------- */

static void say_person(struct dir *d, const struct vm_box *box)
{
	struct pl name;
	char *path;

	if (!vm_greeting_path(&path, d->call->cfg, box, VM_NAME)) {
		vm_say(&d->talk, path);
		mem_deref(path);
	}
	else {
		pl_set_str(&name, box->fullname);
		d->talk.err |= say_alpha(d->talk.mb, &name);
	}

	if (d->number) {
		vm_say(&d->talk, "vm-extension");
		vm_say_digits(&d->talk, box->name);
	}
}


static void nobody_more(struct dir *d)
{
	vm_say(&d->talk, "dir-nomore");
	ask_letters(d);
}


static void one_key(const char *keys, void *arg)
{
	struct dir *d = arg;

	switch (keys[0]) {

	case '1': chosen(d, d->found[d->pos]); break;
	case '#': done(d, "USEREXIT", APP_NEXT); break;

	case '*':
		++d->pos;
		ask_person(d);
		break;

	default: /* once more, then the next one */
		if (++d->tries >= TRIES) {
			d->tries = 0;
			++d->pos;
		}
		ask_person(d);
		break;
	}
}


static void menu_key(const char *keys, void *arg)
{
	struct dir *d = arg;
	size_t n = keys[0] >= '1' && keys[0] <= '8' ? (size_t)(keys[0] - '1')
						    : MENU;

	if (n < MENU && d->pos + n < d->foundc)
		chosen(d, d->found[d->pos + n]);
	else if (keys[0] == '#')
		done(d, "USEREXIT", APP_NEXT);
	else {
		if (keys[0] == '9' || ++d->tries >= TRIES) {
			d->tries = 0;
			d->pos += MENU;
		}
		ask_person(d);
	}
}


/* "press one for ..., two for ..., nine for more" */
static void ask_menu(struct dir *d)
{
	for (size_t i = 0; i < MENU && d->pos + i < d->foundc; i++) {
		vm_say(&d->talk, "dir-multi1");
		vm_say_number(&d->talk, (uint32_t)i + 1, 0);
		vm_say(&d->talk, "dir-multi2");
		say_person(d, d->found[d->pos + i]);
	}
	if (d->pos + MENU < d->foundc)
		vm_say(&d->talk, "dir-multi9");

	vm_talk_ask(&d->talk, 1, NULL, KEY_MS, menu_key);
}


static void ask_person(struct dir *d)
{
	if (d->pos >= d->foundc) {
		nobody_more(d);
		return;
	}
	if (d->menu) {
		ask_menu(d);
		return;
	}

	say_person(d, d->found[d->pos]);
	vm_say(&d->talk, "dir-instr");
	vm_talk_ask(&d->talk, 1, NULL, KEY_MS, one_key);
}


/* --- letters ------------------------------------------------------------- */

static void letters_given(const char *keys, void *arg)
{
	struct dir *d = arg;
	char all[LETTERS_MAX + 2];

	(void)re_snprintf(all, sizeof(all), "%c%s", d->key, keys);
	d->tries = 0;
	search(d, all);
	if (d->foundc) {
		ask_person(d);
		return;
	}

	vm_say(&d->talk, "dir-nomatch");
	ask_letters(d);
}


/* The first key stands alone, or letters follow it */
static void first_given(const char *keys, void *arg)
{
	struct dir *d = arg;

	d->key = keys[0];

	switch (keys[0]) {

	case '0': special(d, "o", "OPERATOR"); break;
	case '*': special(d, "a", "ASSISTANT"); break;
	case '#': done(d, "USEREXIT", APP_NEXT); break;

	case '\0':
		if (++d->tries >= TRIES)
			done(d, "TIMEOUT", APP_NEXT);
		else
			ask_letters(d);
		break;

	default:
		if (d->letters == 1)
			letters_given("", d);
		else
			vm_talk_ask(&d->talk, d->letters - 1, "#", KEY_MS,
				    letters_given);
		break;
	}
}


static void ask_letters(struct dir *d)
{
	vm_say(&d->talk, "dir-welcome");
	vm_say(&d->talk, "dir-pls-enter");
	vm_say_number(&d->talk, (uint32_t)d->letters, 0);
	vm_say(&d->talk, d->first && d->last ? "dir-firstlast"
			 : d->first	     ? "dir-first"
					     : "dir-last");
	vm_say(&d->talk, "dir-usingkeypad");

	vm_talk_ask(&d->talk, 1, NULL, KEY_MS, first_given);
}


/* --- options ------------------------------------------------------------- */

static void take_letters(struct dir *d, const struct opts *opts, char letter,
			 bool first, bool last)
{
	struct pl arg;
	uint64_t n;

	if (!opt_find(opts, letter, &arg))
		return;

	d->first = d->first || first;
	d->last = d->last || last;
	arg = pl_trim(arg);
	if (arg.l && (num_decode(&n, &arg, LETTERS_MAX) || !n))
		call_warning(d->call, "Directory: %c(%r): expected 1 to %u",
			     letter, &arg, LETTERS_MAX);
	else if (arg.l)
		d->letters = (size_t)n;
}


static uint32_t take_pause(const struct dir *d, const struct opts *opts)
{
	struct pl arg;
	uint64_t ms = 0;

	if (opt_find(opts, 'p', &arg) && num_decode(&ms, &arg, PAUSE_MAX_MS)) {
		call_warning(d->call, "Directory: p(%r): expected 0 to %u [ms]",
			     &arg, PAUSE_MAX_MS);
		ms = 0;
	}

	return (uint32_t)ms;
}


static bool take_options(struct dir *d, const struct args *args,
			 uint32_t *pause_ms)
{
	struct opts opts;
	bool quiet = false;

	*pause_ms = 0;
	d->letters = LETTERS;
	if (!opts_decode(&opts, args_text(args, 2), known, opt_unknown,
			 d->call)) {
		take_letters(d, &opts, 'f', true, false);
		take_letters(d, &opts, 'l', false, true);
		take_letters(d, &opts, 'b', true, true);
		d->number = opt_find(&opts, 'e', NULL);
		d->menu = opt_find(&opts, 'm', NULL);
		d->only = opt_find(&opts, 's', NULL);
		quiet = opt_find(&opts, 'n', NULL);
		*pause_ms = take_pause(d, &opts);
	}
	opts_reset(&opts);
	if (!d->first && !d->last)
		d->last = true;

	return quiet;
}


static void begin(void *arg)
{
	ask_letters(arg);
}


static enum app_result directory_exec(struct call *call,
				      const struct args *args)
{
	struct dir *d = mem_zalloc(sizeof(*d), destructor);
	const char *vm = args_has(args, 0) ? args_str(args, 0) : "default";
	uint32_t pause_ms;
	int err;

	if (!d)
		return APP_HANGUP;

	call->appst = d;
	d->call = call;
	(void)call_set_var(call, "DIRECTORY_RESULT", "", false);
	err = vm_talk_init(&d->talk, call, d);
	err |= str_dup(&d->vm_context, vm);
	err |= str_dup(&d->dial_context,
		       args_has(args, 1) ? args_str(args, 1) : vm);
	if (err)
		return APP_HANGUP;

	if (!take_options(d, args, &pause_ms) && !answer_first(call))
		return APP_HANGUP;

	if (pause_ms)
		timer_start(&d->begin, pause_ms, begin, d);
	else
		ask_letters(d);

	return APP_WAIT;
}


static void directory_cancel(struct call *call)
{
	(void)call_set_var(call, "DIRECTORY_RESULT", "HANGUP", false);
	call_stop_play(call);
}


const struct app app_directory = {
	.name = "Directory",
	.options = known,
	.optarg = 2,
	.usage = "Directory([context[,dialcontext[,options]]])  call somebody "
		 "of voicemail.conf by the letters of his name",
	.maxargs = 3,
	.exec = directory_exec,
	.cancel = directory_cancel,
};
