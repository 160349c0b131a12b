/**
 * @file apps/app_old.c  Spellings of Asterisk 1.0 to 1.4
 *
 * Most of them are an assignment: SetCIDNum(100) is Set(CALLERID(num)=100).
 * One table says which, the others stand below it.
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"
#include "base/rand.h"
#include "base/text.h"


/* Assign part of an argument to what `name` stands for */
static enum app_result assign(struct call *call, const char *name,
			      const struct ttext *value)
{
	struct ttext *n = NULL, *empty = NULL;
	struct pl pl, none = PL_LIT("");
	int err;

	pl_set_str(&pl, name);
	err = ttext_create(&n, &pl, false);
	if (!err && !value) {
		err = ttext_create(&empty, &none, false);
		value = empty;
	}
	if (!err)
		err = call_assign(call, n, value, false);
	if (err) {
		call_warning(call, "%s: %m", call->app->name, err);
		call_step_note(call, "%m", err);
	}

	mem_deref(n);
	mem_deref(empty);

	return APP_NEXT;
}


/* clang-format off */
#define OLD_ASSIGN(X)                                                         \
	X(absolutetimeout,   "AbsoluteTimeout",   "seconds",                  \
	  "TIMEOUT(absolute)")                                                \
	X(digittimeout,      "DigitTimeout",      "seconds",                  \
	  "TIMEOUT(digit)")                                                   \
	X(responsetimeout,   "ResponseTimeout",   "seconds",                  \
	  "TIMEOUT(response)")                                                \
	X(setaccount,        "SetAccount",        "code",                     \
	  "CHANNEL(accountcode)")                                             \
	X(setamaflags,       "SetAMAFlags",       "flag",                     \
	  "CHANNEL(amaflags)")                                                \
	X(setcallerid,       "SetCallerID",       "\"name\" <number>",        \
	  "CALLERID(all)")                                                    \
	X(setcallerpres,     "SetCallerPres",     "presentation",             \
	  "CALLERID(pres)")                                                   \
	X(setcdruserfield,   "SetCDRUserField",   "text",                     \
	  "CDR(userfield)")                                                   \
	X(setcidname,        "SetCIDName",        "name",                     \
	  "CALLERID(name)")                                                   \
	X(setcidnum,         "SetCIDNum",         "number",                   \
	  "CALLERID(num)")                                                    \
	X(setlanguage,       "SetLanguage",       "language",                 \
	  "CHANNEL(language)")                                                \
	X(setrdnis,          "SetRDNIS",          "number",                   \
	  "CALLERID(rdnis)")
/* clang-format on */

#define X(id, word, arg, target)                                              \
	static enum app_result id##_exec(struct call *call,                   \
					 const struct args *args)             \
	{                                                                     \
		return assign(call, target, args_text(args, 0));              \
	}                                                                     \
									      \
	const struct app app_##id = {                                         \
		.name = word,                                                 \
		.usage = word "(" arg ")  old spelling of Set(" target "="    \
			 arg ")",                                             \
		.maxargs = 2, /* the second one says "a": ANI as well */      \
		.dead_ok = true,                                              \
		.dry_ok = true,                                               \
		.exec = id##_exec,                                            \
	};

OLD_ASSIGN(X)
#undef X


static enum app_result appenduser_exec(struct call *call,
				       const struct args *args)
{
	const struct ttext *more = args_text(args, 0);
	struct mbuf *mb = mbuf_alloc(64);
	struct ttext *all = NULL;
	struct pl pl;
	int err = mb ? cdr_read(mb, call, "userfield", false) : ENOMEM;

	if (!err) {
		pl.p = (const char *)mb->buf;
		pl.l = mb->end;
		err = ttext_create(&all, &pl, true);
	}
	if (!err)
		err = ttext_append_part(all, more, 0, more->len);
	if (!err)
		(void)assign(call, "CDR(userfield)", all);

	mem_deref(all);
	mem_deref(mb);

	return APP_NEXT;
}


const struct app app_appendcdruserfield = {
	.name = "AppendCDRUserField",
	.usage = "AppendCDRUserField(text)  add to CDR(userfield)",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = appenduser_exec,
};


/* --- the database -------------------------------------------------------- */

/* "left=right": right may be left out for DBdel */
static int split_eq(struct ttext **leftp, struct ttext **rightp,
		    const struct ttext *text)
{
	size_t eq = find_outside(text, 0, '=');
	int err;

	if (!eq || eq >= text->len)
		return EINVAL;

	err = slice_trim(leftp, text, 0, eq);
	if (!err)
		err = ttext_slice(rightp, text, eq + 1, text->len - eq - 1);

	return err;
}


static enum app_result complain(struct call *call, int err)
{
	if (err) {
		call_warning(call, "%s: %m", call->app->name, err);
		call_step_note(call, "%m", err);
	}

	return APP_NEXT;
}


/* DBget(variable=family/key): n+101 if there is none */
static enum app_result dbget_exec(struct call *call, const struct args *args)
{
	struct ttext *var = NULL, *key = NULL, *val = NULL;
	struct mbuf *mb = mbuf_alloc(64);
	bool tainted = false;
	struct pl pl;
	int err = mb ? split_eq(&var, &key, args_text(args, 0)) : ENOMEM;

	if (!err && !db_value(mb, &tainted, key)) {
		call_step_note(call, "none");
		(void)call_jump_101(call, false);
		goto out;
	}

	if (!err) {
		pl.p = (const char *)mb->buf;
		pl.l = mb->end;
		err = ttext_create(&val, &pl, tainted);
	}
	if (!err)
		err = call_assign(call, var, val, false);
	(void)complain(call, err);

out:
	mem_deref(var);
	mem_deref(key);
	mem_deref(val);
	mem_deref(mb);

	return APP_NEXT;
}


const struct app app_dbget = {
	.name = "DBget",
	.usage = "DBget(variable=family/key)  old spelling of "
		 "Set(variable=${DB(family/key)})",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = dbget_exec,
};


static enum app_result dbput_exec(struct call *call, const struct args *args)
{
	struct ttext *key = NULL, *val = NULL;
	int err = split_eq(&key, &val, args_text(args, 0));

	if (!err)
		err = func_db.write(call, key, val);
	mem_deref(key);
	mem_deref(val);

	return complain(call, err);
}


const struct app app_dbput = {
	.name = "DBput",
	.usage = "DBput(family/key=value)  old spelling of "
		 "Set(DB(family/key)=value)",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = dbput_exec,
};


static enum app_result dbdel_exec(struct call *call, const struct args *args)
{
	return complain(call, db_delete(args_text(args, 0)));
}


const struct app app_dbdel = {
	.name = "DBdel",
	.usage = "DBdel(family/key)  remove a value of the database",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = dbdel_exec,
};


static enum app_result dbdeltree_exec(struct call *call,
				      const struct args *args)
{
	unsigned n = 0;
	int err = db_deltree(args_text(args, 0), &n);

	call_step_note(call, "%u removed", n);

	return complain(call, err);
}


const struct app app_dbdeltree = {
	.name = "DBdeltree",
	.usage = "DBdeltree(family[/key])  remove a family of the database, or "
		 "what is below a key",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.exec = dbdeltree_exec,
};


/* --- Cut and the number itself ------------------------------------------- */

/* Cut(new=variable,delimiter,fields) */
static enum app_result cut_exec(struct call *call, const struct args *args)
{
	struct ttext *var = NULL, *rest = NULL, *val = NULL;
	struct mbuf *mb = mbuf_alloc(64);
	bool tainted = false;
	struct pl pl;
	int err = mb ? split_eq(&var, &rest, args_text(args, 0)) : ENOMEM;

	if (!err)
		err = func_cut.read(mb, &tainted, call, rest);
	if (!err) {
		pl.p = (const char *)mb->buf;
		pl.l = mb->end;
		err = ttext_create(&val, &pl, tainted);
	}
	if (!err)
		err = call_assign(call, var, val, false);

	mem_deref(var);
	mem_deref(rest);
	mem_deref(val);
	mem_deref(mb);

	return complain(call, err);
}


const struct app app_cut = {
	.name = "Cut",
	.usage = "Cut(new=variable,delimiter,fields)  old spelling of "
		 "Set(new=${CUT(variable,delimiter,fields)})",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = cut_exec,
};


/* Go on at the next priority of another number */
static enum app_result renumber(struct call *call, const char *exten)
{
	call_step_note(call, "%s", exten);
	(void)call_goto_to(call, call->context, exten, call->prio + 1);

	return APP_NEXT;
}


static enum app_result strip(struct call *call, const struct args *args,
			     bool front)
{
	size_t len = str_len(call->exten);
	struct pl arg = args_pl(args, 0);
	char exten[sizeof(call->exten)];
	uint64_t n;

	arg = pl_trim(arg);
	if (num_decode(&n, &arg, sizeof(call->exten)) || n > len) {
		call_warning(call, "%s(%r): not so many digits",
			     call->app->name, &arg);
		return APP_NEXT;
	}

	str_ncpy(exten, call->exten + (front ? n : 0), sizeof(exten));
	if (!front)
		exten[len - n] = '\0';

	return renumber(call, exten);
}


static enum app_result stripmsd_exec(struct call *call,
				     const struct args *args)
{
	return strip(call, args, true);
}


static enum app_result striplsd_exec(struct call *call,
				     const struct args *args)
{
	return strip(call, args, false);
}


static enum app_result glue(struct call *call, const char *a, const char *b)
{
	char exten[sizeof(call->exten)];

	if (re_snprintf(exten, sizeof(exten), "%s%s", a, b) < 0) {
		call_warning(call, "%s: too long", call->app->name);
		return APP_NEXT;
	}

	return renumber(call, exten);
}


static enum app_result prefix_exec(struct call *call, const struct args *args)
{
	return glue(call, args_str(args, 0), call->exten);
}


static enum app_result suffix_exec(struct call *call, const struct args *args)
{
	return glue(call, call->exten, args_str(args, 0));
}


#define RENUMBER(id, word, arg, what)                                         \
	const struct app app_##id = {                                         \
		.name = word,                                                 \
		.usage = word "(" arg ")  " what ", and go on there",         \
		.minargs = 1,                                                 \
		.maxargs = 1,                                                 \
		.dead_ok = true,                                              \
		.dry_ok = true,                                               \
		.exec = id##_exec,                                            \
	}

RENUMBER(stripmsd, "StripMSD", "n", "take n digits off the front of the "
	 "number");
RENUMBER(striplsd, "StripLSD", "n", "take n digits off the end of the "
	 "number");
RENUMBER(prefix, "Prefix", "digits", "put digits before the number");
RENUMBER(suffix, "Suffix", "digits", "put digits behind the number");


/* Random([percent]:target): GotoIf with a die */
static enum app_result random_exec(struct call *call, const struct args *args)
{
	const struct ttext *text = args_text(args, 0);
	size_t colon = ttext_find(text, 0, ':');
	struct pl part = {text->str, colon};
	struct ttext *target = NULL;
	struct args where;
	uint64_t percent;
	int err;

	part = pl_trim(part);
	if (colon >= text->len || num_decode(&percent, &part, 100)) {
		call_warning(call, "Random needs percent:target");
		return APP_NEXT;
	}
	if (rand_below(100) >= percent) {
		call_step_note(call, "goes on");
		return APP_NEXT;
	}

	where.n = 0;
	err = slice_trim(&target, text, colon + 1, text->len);
	if (!err)
		err = args_split(&where, target, 0);
	if (!err)
		err = call_goto_args(call, &where);
	args_reset(&where);
	mem_deref(target);

	return err ? APP_HANGUP : APP_NEXT;
}


const struct app app_random = {
	.name = "Random",
	.usage = "Random(percent:[[context,]extension,]priority)  go on "
		 "elsewhere so often",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = random_exec,
};
