/**
 * @file apps/func_connected.c  CONNECTEDLINE, CDR_PROP: what the caller's phone
 *                              shows of the other side, and if there is a
 *                              record
 *
 * What is written goes to a caller with sendrpid= at once, or with the answer.
 * It is read from what was written, else from the party that he talks to.
 */
#include "apps/apps.h"
#include "b2bua/cdr.h"
#include "base/text.h"

#define NAME_VAR "CONNECTEDLINE_NAME"
#define NUM_VAR "CONNECTEDLINE_NUM"


static void connected_id(struct leg_identity *id, const struct call *call)
{
	memset(id, 0, sizeof(*id));
	id->pres = -1;
	if (call->bridged)
		leg_party(call->bridged, id);
	if (call_var(call, NAME_VAR)[0])
		str_ncpy(id->name, call_var(call, NAME_VAR),
			 sizeof(id->name));
	if (call_var(call, NUM_VAR)[0])
		str_ncpy(id->num, call_var(call, NUM_VAR), sizeof(id->num));
}


static int connected_read(struct mbuf *out, bool *tainted, struct call *call,
			  const struct ttext *args)
{
	struct pl what = first_word(args);
	struct leg_identity id;

	*tainted = true; /* a name that a phone sent, or a variable's */
	connected_id(&id, call);

	if (!pl_strcasecmp(&what, "name"))
		return mbuf_write_str(out, id.name);
	if (!pl_strcasecmp(&what, "num") || !pl_strcasecmp(&what, "number"))
		return mbuf_write_str(out, id.num);
	if (what.l && pl_strcasecmp(&what, "all"))
		return EINVAL;

	return id.name[0] ? mbuf_printf(out, "\"%s\" <%s>", id.name, id.num)
			  : mbuf_write_str(out, id.num);
}


static bool silent(const struct ttext *args)
{
	struct pl rest = ttext_pl(args), word = PL_INIT;

	(void)pl_next(&word, &rest, ',');
	rest = pl_trim(rest);

	return !pl_strcasecmp(&rest, "i");
}


/* "num,i": only noted, what follows tells it */
static int connected_write(struct call *call, const struct ttext *args,
			   const struct ttext *value)
{
	struct pl what = first_word(args), v = ttext_pl(value), name, num;
	bool wire = ttext_tainted(value);
	struct leg_identity id;
	char buf[128];

	bool is_name = !pl_strcasecmp(&what, "name");
	bool is_num = !pl_strcasecmp(&what, "num") ||
		      !pl_strcasecmp(&what, "number");

	if (!is_name && !is_num && pl_strcasecmp(&what, "all"))
		return EINVAL;

	cid_split(&name, &num, &v);
	if (is_name || is_num)
		name = num = pl_trim(v);

	if (!is_num && !pl_copy(buf, sizeof(buf), &name))
		(void)call_set_var(call, NAME_VAR, buf, wire);
	if (!is_name && !pl_copy(buf, sizeof(buf), &num))
		(void)call_set_var(call, NUM_VAR, buf, wire);

	if (call->caller && !silent(args)) {
		connected_id(&id, call);
		leg_set_connected(call->caller, &id);
	}

	return 0;
}


const struct func func_connectedline = {
	.name = "CONNECTEDLINE",
	.usage = "CONNECTEDLINE(num|name|all[,i])  who the caller talks to, as "
		 "his phone shows it; i: noted, not sent yet",
	.read = connected_read,
	.write = connected_write,
	.write_local = true,
};


/* --- CDR_PROP ------------------------------------------------------------ */

static int prop_write(struct call *call, const struct ttext *args,
		      const struct ttext *value)
{
	struct pl what = first_word(args), v = ttext_pl(value);
	bool on = false;

	v = pl_trim(v);
	if (!bool_decode(&on, &v))
		return EINVAL;

	if (!pl_strcasecmp(&what, "party_a"))
		return 0; /* the caller is, always */
	if (pl_strcasecmp(&what, "disable"))
		return EINVAL;

	if (on)
		call->cdr = mem_deref(call->cdr);
	else if (!call->cdr)
		return cdr_alloc(&call->cdr);

	return 0;
}


const struct func func_cdr_prop = {
	.name = "CDR_PROP",
	.usage = "CDR_PROP(disable)=1|0  no record of this call, or one that "
		 "begins now; party_a is always the caller",
	.write = prop_write,
	.write_local = true,
};
