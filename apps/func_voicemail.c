/**
 * @file apps/func_voicemail.c  VMCOUNT, MAILBOX_EXISTS, VM_INFO
 */
#include "apps/apps.h"
#include "apps/vm_store.h"
#include "base/text.h"


static int vmcount_read(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	enum vm_folder folder = VM_INBOX;
	const struct vm_box *box;
	struct words w;
	uint32_t n = 0;
	int err = words_take(&w, tainted, text, 2);

	if (err)
		return err;

	box = config_vm_box_pl(call->cfg, &w.v[0]);
	if (w.v[1].l && !vm_folder_decode(&folder, &w.v[1]))
		call_warning(call, "VMCOUNT: there is no folder %r", &w.v[1]);
	else if (box)
		n = vm_count(call->cfg, box, folder);

	args_reset(&w.args);

	return mbuf_printf(out, "%u", n);
}


const struct func func_vmcount = {
	.name = "VMCOUNT",
	.usage = "VMCOUNT(mailbox[@context][,folder])  messages in a folder, "
		 "INBOX if not said",
	.read = vmcount_read,
};


static int exists_read(struct mbuf *out, bool *tainted, struct call *call,
		       const struct ttext *text)
{
	struct pl name = ttext_pl(text);

	*tainted = false;

	return mbuf_write_u8(out, config_vm_box_pl(call->cfg, &name) ? '1'
								     : '0');
}


const struct func func_mailbox_exists = {
	.name = "MAILBOX_EXISTS",
	.usage = "MAILBOX_EXISTS(mailbox[@context])  1 if there is such a "
		 "mailbox",
	.read = exists_read,
};


/* --- VM_INFO ------------------------------------------------------------- */

static int put(struct mbuf *out, const char *str)
{
	return str ? mbuf_write_str(out, str) : 0;
}


static int info_print(struct mbuf *out, struct call *call,
		      const struct vm_box *box, const struct pl *attr,
		      enum vm_folder folder)
{
	const struct config *cfg = call->cfg;

	if (!pl_strcasecmp(attr, "count"))
		return mbuf_printf(out, "%u", vm_count(cfg, box, folder));
	if (!pl_strcasecmp(attr, "email"))
		return put(out, box->email);
	if (!pl_strcasecmp(attr, "fullname"))
		return put(out, box->fullname);
	if (!pl_strcasecmp(attr, "pager"))
		return put(out, box->pager);
	if (!pl_strcasecmp(attr, "tz"))
		return put(out, box->opts.tz);
	if (!pl_strcasecmp(attr, "language"))
		return put(out, box->opts.language);
	if (!pl_strcasecmp(attr, "locale"))
		return 0;

	/* a plan that says PINs hands them to whoever finds a way into it */
	call_warning(call, "VM_INFO: \"%r\" is not told", attr);

	return EINVAL;
}


static int vm_info_func(struct mbuf *out, bool *tainted, struct call *call,
			const struct ttext *text)
{
	enum vm_folder folder = VM_INBOX;
	const struct vm_box *box;
	struct words w;
	int err = words_take(&w, tainted, text, 3);

	if (err)
		return err;

	box = config_vm_box_pl(call->cfg, &w.v[0]);
	if (!pl_strcasecmp(&w.v[1], "exists"))
		err = mbuf_write_u8(out, box ? '1' : '0');
	else if (w.v[2].l && !vm_folder_decode(&folder, &w.v[2]))
		err = EINVAL;
	else if (box)
		err = info_print(out, call, box, &w.v[1], folder);

	args_reset(&w.args);

	return err;
}


const struct func func_vm_info = {
	.name = "VM_INFO",
	.usage = "VM_INFO(mailbox[@context],attribute[,folder])  count, email, "
		 "exists, fullname, language, pager or tz of a mailbox",
	.read = vm_info_func,
};
