/**
 * @file config/meetme.c  meetme.conf: rooms with their PINs
 *
 * Lines "conf => room,pin,adminpin" in [rooms].  The rest of the file is about
 * buffers and timetables of an application that Tandem has not.
 */
#include "base/text.h"
#include "config/check.h"
#include "config/confbridge.h"

enum { FIELDS = 3 };


static void destructor(void *data)
{
	struct meet_room *m = data;

	list_unlink(&m->le);
	mem_deref(m->name);
	mem_deref(m->pin);
	mem_deref(m->adminpin);
}


const struct meet_room *config_meet_room(const struct config *cfg,
					 const char *name)
{
	for (struct le *le = cfg && cfg->rooms && name ? cfg->rooms->meets.head
						       : NULL;
	     le; le = le->next) {
		const struct meet_room *m = le->data;

		if (!str_casecmp(m->name, name))
			return m;
	}

	return NULL;
}


static int field_dup(char **sp, struct pl pl)
{
	pl = pl_trim(pl);

	return pl.l ? pl_strdup(sp, &pl) : 0;
}


static bool dialable(const char *pin)
{
	return !pin || !pin[strspn(pin, "0123456789")];
}


static void room_check(struct loader *ld, const struct meet_room *m)
{
	const struct meet_room *first = config_meet_room(ld->cfg, m->name);

	if (first)
		find_warning(ld->f, &m->pos, "room %s is already on line %u, "
			     "which stays", m->name, first->pos.line);
	if (!dialable(m->pin) || !dialable(m->adminpin))
		find_warning(ld->f, &m->pos, "a PIN of room %s cannot be "
			     "dialled, expected digits", m->name);
	if (m->adminpin && m->pin && !strcmp(m->pin, m->adminpin))
		find_warning(ld->f, &m->pos, "both PINs of room %s are the "
			     "same: everybody is its administrator", m->name);
}


static int room_add(struct loader *ld, const struct conf_var *var)
{
	struct pl rest, f[FIELDS] = {{NULL, 0}};
	struct meet_room *m;
	size_t n = 0;
	int err;

	pl_set_str(&rest, var->value);
	if (rest.l && rest.p[0] == '>') /* "=>" is one sign */
		pl_advance(&rest, 1);
	while (n < FIELDS && pl_next(&f[n], &rest, ','))
		++n;

	if (!pl_trim(f[0]).l) {
		find_warning(ld->f, &var->pos, "a room without a name, expected "
			   "conf => room,pin,adminpin");
		return 0;
	}

	m = mem_zalloc(sizeof(*m), destructor);
	if (!m)
		return ENOMEM;

	m->pos = var->pos;
	err = field_dup(&m->name, f[0]);
	err |= field_dup(&m->pin, f[1]);
	err |= field_dup(&m->adminpin, f[2]);
	if (err) {
		mem_deref(m);
		return ENOMEM;
	}

	room_check(ld, m);
	list_append(&ld->cfg->rooms->meets, &m->le, m);

	return 0;
}


static int lines(struct loader *ld, const struct opt_index *ix,
		 const struct conf_section *sec)
{
	struct opt_ctx ctx = {.cfg = ld->cfg, .f = ld->f};
	const bool rooms = !str_casecmp(sec->name, "rooms");
	int err = 0;

	for (struct le *le = sec->vars.head; le && !err; le = le->next) {
		const struct conf_var *var = le->data;

		if (rooms && !str_casecmp(var->name, "conf"))
			err = room_add(ld, var);
		else
			err = opt_line(&ctx, ix, OPT_MEET, var,
				       rooms ? "[rooms]" : "[general]", NULL);
	}

	return err;
}


int load_meetme(struct loader *ld)
{
	struct opt_index *ix = NULL;
	struct conf_file *cf = NULL;
	int err;

	err = loader_read(&cf, ld, "meetme.conf", false);
	if (err || !cf)
		return err;

	err = opt_index_alloc(&ix, OPT_MEET);
	for (struct le *le = err ? NULL : cf->sections.head; le && !err;
	     le = le->next) {
		const struct conf_section *sec = le->data;

		if (!sec->tmpl)
			err = lines(ld, ix, sec);
	}

	mem_deref(ix);

	return err;
}
