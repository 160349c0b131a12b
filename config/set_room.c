/**
 * @file config/set_room.c  Setters of confbridge.conf
 */
#include "config/opt.h"
#include "base/text.h"


/* announce_user_count_all: yes, no, or a number */
int set_room_count(struct opt_ctx *ctx, void *field)
{
	uint32_t *np = field;
	uint64_t n;
	bool yes;

	if (!num_decode(&n, &ctx->val, 10000))
		*np = (uint32_t)n;
	else if (bool_decode(&yes, &ctx->val))
		*np = yes ? 0 : UINT32_MAX;
	else
		opt_bad_value(ctx, "yes, no, or the number of users above "
			      "which it is said");

	return 0;
}


/* internal_sample_rate: of Asterisk's many rates the next one that we have,
 * for maximum_sample_rate the one below */
static int rate_set(struct opt_ctx *ctx, void *field, bool below)
{
	uint32_t *np = field;
	uint64_t n;

	if (!pl_strcasecmp(&ctx->val, "auto") ||
	    !pl_strcasecmp(&ctx->val, "none"))
		*np = 0;
	else if (num_decode(&n, &ctx->val, 192000) || n < 8000)
		opt_bad_value(ctx, "auto, 8000, 16000 or 48000 (Hz)");
	else if (below)
		*np = n < 16000 ? 8000 : n < 48000 ? 16000 : 48000;
	else
		*np = n > 16000 ? 48000 : n > 8000 ? 16000 : 8000;

	return 0;
}


int set_room_rate(struct opt_ctx *ctx, void *field)
{
	return rate_set(ctx, field, false);
}


int set_room_rate_max(struct opt_ctx *ctx, void *field)
{
	return rate_set(ctx, field, true);
}
