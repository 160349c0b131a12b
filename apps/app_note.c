/**
 * @file apps/app_note.c  What is written down of a call: NoCDR, ResetCDR,
 *                        UserEvent, DumpChan, LookupBlacklist, LookupCIDName
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"


static enum app_result nocdr_exec(struct call *call, const struct args *args)
{
	call->cdr = mem_deref(call->cdr);

	return APP_NEXT;
}


const struct app app_nocdr = {
	.name = "NoCDR",
	.usage = "NoCDR()  no record is written of this call",
	.dead_ok = true,
	.exec = nocdr_exec,
};


static enum app_result resetcdr_exec(struct call *call,
				     const struct args *args)
{
	struct opts opts;

	if (!opts_decode(&opts, args_text(args, 0), "va", opt_unknown, call))
		cdr_reset(call, opt_find(&opts, 'v', NULL));
	opts_reset(&opts);

	return APP_NEXT;
}


const struct app app_resetcdr = {
	.name = "ResetCDR",
	.usage = "ResetCDR([v])  the record begins anew; v keeps the user's "
		 "own fields",
	.maxargs = 1,
	.dead_ok = true,
	.exec = resetcdr_exec,
};


/* --- said in the log ----------------------------------------------------- */

static enum app_result userevent_exec(struct call *call,
				      const struct args *args)
{
	call_info(call, "user event %s", args_str(args, 0));

	return APP_NEXT;
}


const struct app app_userevent = {
	.name = "UserEvent",
	.usage = "UserEvent(name[,key:value...])  an event of your own: a line "
		 "in the log",
	.minargs = 1,
	.maxargs = 1,
	.raw = true,
	.dead_ok = true,
	.dry_ok = true,
	.exec = userevent_exec,
};


static bool dump_var(const char *name, const struct vval *val,
		     enum var_inherit inherit, void *arg)
{
	const struct call *call = arg;

	(void)inherit;
	call_info(call, "  %s=%s%s", name, val->str,
		  val->tainted ? " (from outside)" : "");

	return false;
}


static enum app_result dumpchan_exec(struct call *call,
				     const struct args *args)
{
	call_info(call, "channel %s, %s, %s,%s,%u, caller \"%s\" <%s>, "
		  "language %s, variables:",
		  call->caller ? leg_name(call->caller) : "none",
		  call_state_name(call), call->context, call->exten,
		  call->prio, call->cid_name, call->cid_num, call->language);
	(void)vars_apply(call->vars, dump_var, call);

	return APP_NEXT;
}


const struct app app_dumpchan = {
	.name = "DumpChan",
	.usage = "DumpChan([level])  what is known of the call, into the log",
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = dumpchan_exec,
};


/* --- who calls ----------------------------------------------------------- */

static enum app_result blacklist_exec(struct call *call,
				      const struct args *args)
{
	bool found = is_blacklisted(call);

	(void)call_set_var(call, "LOOKUPBLSTATUS",
			   found ? "FOUND" : "NOTFOUND", false);
	call_step_note(call, "%s", found ? "found" : "not found");
	if (found)
		(void)call_jump_101(call, strchr(args_str(args, 0), 'j'));

	return APP_NEXT;
}


const struct app app_lookupblacklist = {
	.name = "LookupBlacklist",
	.usage = "LookupBlacklist([options])  LOOKUPBLSTATUS says if the "
		 "caller is in family blacklist of the database",
	.maxargs = 1,
	.dead_ok = true,
	.dry_ok = true,
	.exec = blacklist_exec,
};


static enum app_result cidname_exec(struct call *call,
				    const struct args *args)
{
	const char *name = call->cid_num[0]
				   ? store_db_get("cidname", call->cid_num)
				   : NULL;

	if (name)
		str_ncpy(call->cid_name, name, sizeof(call->cid_name));
	call_step_note(call, "%s", name ? name : "none");

	return APP_NEXT;
}


const struct app app_lookupcidname = {
	.name = "LookupCIDName",
	.usage = "LookupCIDName()  the caller's name from family cidname of "
		 "the database",
	.dead_ok = true,
	.dry_ok = true,
	.exec = cidname_exec,
};
