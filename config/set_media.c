/**
 * @file config/set_media.c  Options of a peer's media
 */
#include "config/config.h"
#include "config/opt.h"
#include "base/text.h"


/* yes, no, nonat, update, outgoing: media always passes Tandem, so only
 * whether it was wanted is kept */
int set_directmedia(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	bool *wanted = field;

	while (pl_next(&part, &rest, ',')) {
		bool b;

		part = pl_trim(part);
		if (bool_decode(&b, &part))
			*wanted = b;
		else if (!pl_strcasecmp(&part, "nonat") ||
			 !pl_strcasecmp(&part, "update") ||
			 !pl_strcasecmp(&part, "outgoing"))
			*wanted = true;
		else
			find_warning(ctx->f, &ctx->pos,
				     "%s: '%r' is left out, expected yes, no, "
				     "nonat, update or outgoing", ctx->key,
				     &part);
	}

	return 0;
}


/* yes[,fec|redundancy|none][,maxdatagram=N] */
int set_t38(struct opt_ctx *ctx, void *field)
{
	struct pl part, rest = ctx->val;
	bool *t38 = field;

	(void)pl_next(&part, &rest, ',');
	part = pl_trim(part);
	if (!bool_decode(t38, &part))
		opt_bad_value(ctx, "yes or no, then ,fec ,redundancy or "
			      ",none");

	while (pl_next(&part, &rest, ',')) {
		part = pl_trim(part);
		if (pl_strcasecmp(&part, "fec") &&
		    pl_strcasecmp(&part, "redundancy") &&
		    pl_strcasecmp(&part, "none") &&
		    (part.l < 12 || strncasecmp(part.p, "maxdatagram=", 12)))
			find_warning(ctx->f, &ctx->pos,
				     "%s: '%r' is left out, expected fec, "
				     "redundancy, none or maxdatagram=N",
				     ctx->key, &part);
	}

	return 0;
}


int set_faxdetect(struct opt_ctx *ctx, void *field)
{
	struct peer *peer = ctx->peer;
	struct pl part, rest = ctx->val;

	(void)field;

	while (pl_next(&part, &rest, ',')) {
		bool b;

		part = pl_trim(part);
		if (bool_decode(&b, &part)) {
			peer->faxdetect_cng = b;
			peer->faxdetect_t38 = b;
		}
		else if (!pl_strcasecmp(&part, "cng"))
			peer->faxdetect_cng = true;
		else if (!pl_strcasecmp(&part, "t38"))
			peer->faxdetect_t38 = true;
		else
			opt_bad_value(ctx, "yes, no, cng or t38");
	}

	return 0;
}


int set_video(struct opt_ctx *ctx, void *field)
{
	bool *video = field;

	if (!pl_strcasecmp(&ctx->val, "always"))
		*video = true;
	else if (!pl_strcasecmp(&ctx->val, "inherit"))
		return 0;
	else if (!bool_decode(video, &ctx->val))
		opt_bad_value(ctx, "yes, no or always");

	return 0;
}
