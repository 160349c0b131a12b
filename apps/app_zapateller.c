/**
 * @file apps/app_zapateller.c  Zapateller: the tones of "number not in
 *                              service", for machines that call
 */
#include "apps/apps.h"
#include "base/text.h"

#define SIT "tone:!950/330,!1400/330,!1800/330,!0/1000"


static void status(struct call *call, const char *word)
{
	(void)call_set_var(call, "ZAPATELLERSTATUS", word, false);
	call_step_note(call, "%s", word);
}


/* "answer" and "nocallerid", with commas or the bars of old files */
static enum app_result zapateller_exec(struct call *call,
				       const struct args *args)
{
	bool answer = false, quiet = false;

	for (size_t i = 0; i < args->n; i++) {
		struct pl rest = args_pl(args, i), word;

		while (pl_next(&word, &rest, '|')) {
			word = pl_trim(word);
			if (!pl_strcasecmp(&word, "answer"))
				answer = true;
			else if (!pl_strcasecmp(&word, "nocallerid"))
				quiet = true;
			else if (word.l)
				call_warning(call, "Zapateller: \"%r\" is left "
					     "out, expected answer, "
					     "nocallerid", &word);
		}
	}

	if (quiet && call->cid_num[0]) {
		status(call, "NOTHING");
		return APP_NEXT;
	}
	if (answer && !answer_first(call))
		return APP_HANGUP;

	status(call, answer ? "ANSWERED" : "ZAPPED");

	return call_play(call, SIT, play_then_next, NULL) ? APP_NEXT
							  : APP_WAIT;
}


static void zapateller_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_zapateller = {
	.name = "Zapateller",
	.usage = "Zapateller([answer][,nocallerid])  play the tones of a "
		 "number that is not in service; nocallerid: only to who "
		 "hides his number",
	.maxargs = 2,
	.exec = zapateller_exec,
	.cancel = zapateller_cancel,
};
