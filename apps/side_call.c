/**
 * @file apps/side_call.c  A call of ours that rings a device for another call
 */
#include "apps/side_call.h"
#include "b2bua/cause.h"
#include "b2bua/fraud.h"


int side_call_alloc(struct call **callp, struct call *parent)
{
	struct call *call;
	int err;

	err = call_alloc(&call, parent->cfg);
	if (err)
		return err;

	/* one record for the caller's call is enough */
	call->cdr = mem_deref(call->cdr);
	str_ncpy(call->linkedid, parent->linkedid, sizeof(call->linkedid));
	str_ncpy(call->cid_name, parent->cid_name, sizeof(call->cid_name));
	str_ncpy(call->cid_num, parent->cid_num, sizeof(call->cid_num));
	str_ncpy(call->language, parent->language, sizeof(call->language));
	call->cid_pres = parent->cid_pres;
	call->cid_wire = parent->cid_wire;
	call->trusted  = parent->trusted;
	fraud_pays(call, parent->caller);
	if (parent->payer[0])
		str_ncpy(call->payer, parent->payer, sizeof(call->payer));

	err = vars_inherit(call->vars, parent->vars);
	if (err) {
		call_end(call, CAUSE_FAILURE);
		return err;
	}

	*callp = call;

	return 0;
}
