/**
 * @file apps/app_vm_play.c  VoiceMailPlayMsg: one message by its id;
 *                           MailboxExists of old plans
 */
#include "apps/apps.h"
#include "apps/vm_store.h"
#include "base/text.h"


static const struct vm_box *box_of(const struct call *call,
				   const struct args *args)
{
	struct pl name = args_pl(args, 0);

	name = pl_trim(name);

	return config_vm_box_pl(call->cfg, &name);
}


/* --- VoiceMailPlayMsg ---------------------------------------------------- */

static void set_status(struct call *call, const char *word)
{
	(void)call_set_var(call, "VOICEMAIL_PLAYBACKSTATUS", word, false);
	call_step_note(call, "%s", word);
}


static void played(struct call *call, int err, void *arg)
{
	set_status(call, err ? "FAILED" : "SUCCESS");
	play_then_next(call, err, arg);
}


static int folder_find(char **pathp, const struct config *cfg,
		       const struct vm_box *box, enum vm_folder folder,
		       const char *id)
{
	struct vm_list *list = NULL;
	struct vm_info info;
	int err = vm_list(&list, cfg, box, folder);

	if (err)
		return err;

	err = ENOENT;
	for (size_t i = 0; i < list->n && err; i++) {
		if (!vm_info_read(&info, cfg, box, folder, list->v[i]) &&
		    info.msg_id[0] && !strcmp(info.msg_id, id))
			err = vm_msg_path(pathp, cfg, box, folder, list->v[i]);
	}
	mem_deref(list);

	return err;
}


static int msg_find(char **pathp, const struct call *call,
		    const struct args *args)
{
	const struct vm_box *box = box_of(call, args);
	int err = ENOENT;

	for (enum vm_folder f = VM_INBOX; box && f < VM_FOLDERS && err; f++)
		err = folder_find(pathp, call->cfg, box, f, args_str(args, 1));

	return err;
}


static enum app_result playmsg_exec(struct call *call,
				    const struct args *args)
{
	char *path = NULL;
	int err = msg_find(&path, call, args);

	if (!err && !answer_first(call))
		err = ENOTCONN;
	if (!err)
		err = call_play(call, path, played, NULL);
	mem_deref(path);
	if (!err)
		return APP_WAIT;

	call_warning(call, "VoiceMailPlayMsg(%s,%s): %m", args_str(args, 0),
		     args_str(args, 1), err);
	set_status(call, "FAILED");

	return APP_NEXT;
}


static void playmsg_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_voicemailplaymsg = {
	.name = "VoiceMailPlayMsg",
	.usage = "VoiceMailPlayMsg(mailbox[@context],id)  play the message "
		 "whose msg_id this is",
	.minargs = 2,
	.maxargs = 2,
	.exec = playmsg_exec,
	.cancel = playmsg_cancel,
};


/* --- MailboxExists ------------------------------------------------------- */

static enum app_result exists_exec(struct call *call, const struct args *args)
{
	bool there = box_of(call, args) != NULL;
	struct pl opts = args_pl(args, 1);

	(void)call_set_var(call, "VMBOXEXISTSSTATUS",
			   there ? "SUCCESS" : "FAILED", false);
	if (there)
		(void)call_jump_101(call, opts.l && pl_strchr(&opts, 'j'));

	return APP_NEXT;
}


const struct app app_mailboxexists = {
	.name = "MailboxExists",
	.usage = "MailboxExists(mailbox[@context][,j])  VMBOXEXISTSSTATUS is "
		 "SUCCESS or FAILED; old spelling of VM_INFO(mailbox,exists)",
	.minargs = 1,
	.maxargs = 2,
	.dead_ok = true,
	.exec = exists_exec,
};
