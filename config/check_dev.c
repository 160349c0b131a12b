/**
 * @file config/check_dev.c  Check of devices that are called
 *
 * SIP/ has to name a peer or a trunk group, Local/ a context; other words are
 * not spoken here.
 */
#include "config/check.h"
#include "base/text.h"


static bool like_host(const char *s)
{
	return strchr(s, '.') || strchr(s, ':') ||
		!str_casecmp(s, "localhost");
}


static void peer_missing(struct loader *ld, const struct conf_pos *pos,
			 const char *name)
{
	const char *words[2] = {NULL, NULL};
	const struct conf_section *sec = conffile_section(ld->sip, name);

	if (sec && !strcmp(sec->name, name)) {
		find_warning(ld->f, pos, "SIP/%s: section [%s] on line %u of "
			     "sip.conf is left out, expected a peer", name,
			     name, sec->pos.line);
		return;
	}

	for (struct le *le = ld->cfg->peers.head; le; le = le->next) {
		words[1] = ((struct peer *)le->data)->name;
		words[0] = text_nearest(name, words, 2);
	}

	if (words[0])
		find_warning(ld->f, pos, "SIP/%s: there is no peer '%s' in "
			     "sip.conf (did you mean '%s'?)", name, name,
			     words[0]);
	else
		find_warning(ld->f, pos, "SIP/%s: there is no peer '%s' in "
			     "sip.conf, expected the name of a section with "
			     "type=friend or type=peer", name, name);
}


static void check_peer_name(struct loader *ld, const struct conf_pos *pos,
			    const char *name)
{
	const struct peer *peer = config_peer(ld->cfg, name);

	if (!peer) {
		if (!like_host(name) && !config_trunk(ld->cfg, name))
			peer_missing(ld, pos, name);
		return;
	}

	if (!(peer->type & PEER_TYPE_PEER))
		find_warning(ld->f, pos, "SIP/%s cannot be called: [%s] on "
			     "line %u is type=user, which only calls, "
			     "expected type=friend or type=peer", name, name,
			     peer->pos.line);
}


/* peer, peer/ext, ext@peer[:port] */
static void check_sip(struct loader *ld, const struct conf_pos *pos,
		      struct pl dev)
{
	char name[128];
	struct pl part, rest = dev;

	(void)arg_next(&part, &rest, '!'); /* To and From of the call */
	dev  = part;
	rest = dev;

	const char *at = dev.l ? pl_strrchr(&dev, '@') : NULL;
	if (at) {
		rest.p = at + 1;
		rest.l = dev.p + dev.l - rest.p;
	}

	(void)arg_next(&part, &rest, '/');
	if (!arg_literal_copy(name, sizeof(name), part))
		return;

	/* a peer's name may end in :port here */
	char *colon = strchr(name, ':');
	if (at && colon && !config_peer(ld->cfg, name))
		*colon = '\0';

	check_peer_name(ld, pos, name);
}


/* ext@context[/n] */
static void check_local(struct loader *ld, const struct conf_pos *pos,
			struct pl dev)
{
	char name[128];
	struct pl ctx;

	const char *at = dev.l ? pl_strrchr(&dev, '@') : NULL;
	if (!at)
		return;

	dev.l -= at + 1 - dev.p;
	dev.p = at + 1;
	(void)arg_next(&ctx, &dev, '/');

	if (arg_literal_copy(name, sizeof(name), ctx) &&
	    !dialplan_context(ld->cfg->dialplan, name))
		context_missing(ld, pos, "Local", name);
}


static void check_device(struct loader *ld, const struct conf_pos *pos,
			 struct pl dev)
{
	const uint32_t before = findings_count(ld->f);
	struct pl tech, rest = pl_trim(dev);

	(void)arg_next(&tech, &rest, '/');
	if (!rest.p || !arg_literal(&tech))
		return;

	if (!pl_strcasecmp(&tech, "SIP")) {
		check_sip(ld, pos, rest);
		return;
	}
	if (!pl_strcasecmp(&tech, "Local")) {
		check_local(ld, pos, rest);
		return;
	}

	if (!pl_strcasecmp(&tech, "PJSIP"))
		find_warning(ld->f, pos, "'%r/' is not spoken, expected "
			     "SIP/ and a section of sip.conf", &tech);
	else
		find_warning(ld->f, pos, "'%r/' is not spoken, expected SIP/ "
			     "or Local/", &tech);

	findings_kind(ld->f, before, FINDING_MISSING);
}


void check_devices(struct loader *ld, const struct conf_pos *pos,
		   const struct pl *devices)
{
	struct pl part, rest = *devices;
	char buf[256];

	while (arg_next(&part, &rest, '&'))
		check_device(ld, pos, device_expand(buf, sizeof(buf),
						    ld->cfg->dialplan,
						    pl_trim(part)));
}


void check_dial(const struct step_ref *sr)
{
	struct pl devs, rest, opts;

	pl_set_str(&rest, sr->prio->args);
	if (!arg_next(&devs, &rest, ',') || !pl_trim(devs).l) {
		find_warning(sr->ld->f, &sr->prio->pos,
			     "Dial without a device, expected such as "
			     "Dial(SIP/1001)");
		return;
	}

	check_devices(sr->ld, &sr->prio->pos, &devs);

	(void)arg_next(&opts, &rest, ',');
	if (!arg_next(&opts, &rest, ','))
		return;

	check_subs(sr, opts);
	if (!arg_literal(&opts))
		return;

	check_keys(sr, &opts);
	if (!pl_strchr(&opts, '(') && pl_strchr(&opts, '&'))
		find_warning(sr->ld->f, &sr->prio->pos,
			     "Dial options '%r': '&' is no option and left "
			     "out, expected the letters alone", &opts);
}


void check_announce(const struct step_ref *sr)
{
	struct pl v[4], rest;
	size_t n = 0;
	uint64_t ms;

	pl_set_str(&rest, sr->prio->args);
	while (n < ARRAY_SIZE(v) && arg_next(&v[n], &rest, ','))
		++n;

	if (n == ARRAY_SIZE(v) && num_decode(&ms, &v[1], UINT64_MAX)) {
		check_park(sr);
		check_devices(sr->ld, &sr->prio->pos, &v[3]);
	}
	else if (n > 2) {
		check_devices(sr->ld, &sr->prio->pos, &v[2]);
	}
}


void check_page(const struct step_ref *sr)
{
	struct pl devs, rest;

	pl_set_str(&rest, sr->prio->args);
	if (arg_next(&devs, &rest, ','))
		check_devices(sr->ld, &sr->prio->pos, &devs);
}
