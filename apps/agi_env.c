/**
 * @file apps/agi_env.c  What a program is told at the beginning
 */
#include "apps/agi.h"
#include "b2bua/redirect.h"

enum { ENV_MAX = 10 };


/* "agi_name: value", one line whatever is in the value */
static int line(struct mbuf *mb, const char *name, const char *value)
{
	int err = mbuf_printf(mb, "agi_%s: ", name);

	for (const char *p = value ? value : ""; *p && !err; p++)
		err = mbuf_write_u8(mb, (unsigned char)*p < ' '
						? ' '
						: (uint8_t)*p);

	return err | mbuf_write_u8(mb, '\n');
}


static int number(struct mbuf *mb, const char *name, uint32_t n)
{
	return mbuf_printf(mb, "agi_%s: %u\n", name, n);
}


static const char *or_unknown(const char *str)
{
	return str && str[0] ? str : "unknown";
}


static int print_caller(struct mbuf *mb, const struct call *call)
{
	int err = 0;

	err |= line(mb, "callerid", or_unknown(call->cid_num));
	err |= line(mb, "calleridname", or_unknown(call->cid_name));
	err |= number(mb, "callingpres",
		      call->cid_pres < 0 ? 0 : (uint32_t)call->cid_pres);
	err |= number(mb, "callingani2", 0);
	err |= number(mb, "callington", 0);
	err |= number(mb, "callingtns", 0);
	err |= line(mb, "dnid", or_unknown(call->dnid));
	err |= line(mb, "rdnis", or_unknown(redirect_from(call)));

	return err;
}


static int print_args(struct mbuf *mb, const struct agi_session *agi)
{
	char name[16];
	int err = 0;

	for (size_t i = 0; i < agi->args.n; i++) {
		(void)re_snprintf(name, sizeof(name), "arg_%u",
				  (unsigned)i + 1);
		err |= line(mb, name, args_str(&agi->args, i));
	}

	return err;
}


int agi_env_print(struct mbuf *mb, const struct agi_session *agi)
{
	const struct call *call = agi->call;
	int err = 0;

	if (agi->network) {
		err |= line(mb, "network", "yes");
		err |= line(mb, "network_script", agi->script);
	}
	err |= line(mb, "request", agi->request);
	err |= line(mb, "channel", call->caller ? leg_name(call->caller)
						: "none");
	err |= line(mb, "language", call->language[0] ? call->language
						      : "en");
	err |= line(mb, "type", "SIP");
	err |= line(mb, "uniqueid", call->uniqueid);
	err |= line(mb, "version", "Tandem " TANDEM_VERSION);
	err |= print_caller(mb, call);
	err |= line(mb, "context", call->context);
	err |= line(mb, "extension", call->exten);
	err |= number(mb, "priority", call->prio);
	err |= line(mb, "enhanced", agi->enhanced ? "1.0" : "0.0");
	err |= line(mb, "accountcode", call->accountcode);
	err |= number(mb, "threadid", call->no);
	err |= print_args(mb, agi);

	return err | mbuf_write_u8(mb, '\n');
}


static void env_destructor(void *data)
{
	char **v = data;

	for (size_t i = 0; i < ENV_MAX; i++)
		mem_deref(v[i]);
}


int agi_env_child(char ***envp, const struct call *call)
{
	const struct config *cfg = call->cfg;
	char **v = mem_zalloc((ENV_MAX + 1) * sizeof(*v), env_destructor);
	int err = 0;

	if (!v)
		return ENOMEM;

	if (cfg) {
		const struct {
			const char *name, *value;
		} tab[] = {
			{"AST_CONFIG_DIR", cfg->dir},
			{"AST_SPOOL_DIR", cfg->dirs.spool},
			{"AST_VAR_DIR", cfg->dirs.state},
			{"AST_DATA_DIR", cfg->dirs.state},
			{"AST_RUN_DIR", cfg->dirs.run},
			{"AST_LOG_DIR", cfg->dirs.log},
			{"AST_AGI_DIR", cfg->dirs.agi},
		};
		size_t n = 0;

		for (size_t i = 0; i < ARRAY_SIZE(tab) && !err; i++) {
			if (tab[i].value)
				err = re_sdprintf(&v[n++], "%s=%s",
						  tab[i].name, tab[i].value);
		}
	}

	if (err)
		mem_deref(v);
	else
		*envp = v;

	return err;
}
