/**
 * @file apps/vm_program.c  Programs of voicemail.conf
 */
#include "apps/vm_program.h"
#include "base/log.h"
#include "base/text.h"

enum {
	WORDS = 32,
	NOTIFY_MS = 30000,
};


static int split_words(char *words[WORDS], size_t *np, const char *line)
{
	struct pl rest, part;
	int err = 0;

	pl_set_str(&rest, line);
	while (!err && pl_next(&part, &rest, ' ')) {
		part = pl_trim(part);
		if (!part.l)
			continue;
		if (*np + 1 >= WORDS)
			err = E2BIG;
		else
			err = pl_strdup(&words[*np], &part);
		if (!err)
			++*np;
	}

	return err ? err : *np ? 0 : EINVAL;
}


int vm_program_start(struct proc **pp, const char *line,
		     const char *const *more, struct proc_params *prm,
		     proc_end_h *h, void *arg)
{
	char *words[WORDS] = {NULL};
	size_t n = 0;
	int err = split_words(words, &n, line ? line : "");

	for (size_t i = 0; !err && more && more[i]; i++) {
		if (n + 1 >= WORDS)
			err = E2BIG;
		else
			err = str_dup(&words[n], more[i]);
		if (!err)
			++n;
	}
	if (!err) {
		prm->argv = (const char *const *)words;
		err = proc_start(pp, prm, h, arg);
		prm->argv = NULL;
	}

	for (size_t i = 0; i < n; i++)
		mem_deref(words[i]);

	return err;
}


/* --- externnotify -------------------------------------------------------- */

static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	(void)out;
	(void)arg;
	if (end != PROC_EXITED || status)
		log_warning("voicemail", "externnotify: %s %d",
			    end == PROC_EXITED   ? "ended with status"
			    : end == PROC_SIGNAL ? "was killed by signal"
						 : "took too long, status",
			    status);
}


void vm_externnotify(const struct config *cfg, const struct vm_box *box,
		     uint32_t fresh, uint32_t old, uint32_t urgent)
{
	struct proc_params prm = {.timeout_ms = NOTIFY_MS};
	char f[12], o[12], u[12];
	const char *more[] = {box->context, box->name, f, o, u, NULL};
	int err;

	if (!str_isset(cfg->vm.externnotify))
		return;

	(void)re_snprintf(f, sizeof(f), "%u", fresh);
	(void)re_snprintf(o, sizeof(o), "%u", old);
	(void)re_snprintf(u, sizeof(u), "%u", urgent);
	err = vm_program_start(NULL, cfg->vm.externnotify, more, &prm, ended,
			       NULL);
	if (err)
		log_warning("voicemail", "externnotify: %s: %m",
			    cfg->vm.externnotify, err);
}
