/**
 * @file control/cmd_database.c  database show|showkey|get|put|del|deltree
 */
#include "base/compat.h"
#include "control/command.h"
#include "store/store.h"


struct list_of {
	struct cmd_ctx *ctx;
	const char *only; /* key to show, NULL for all */
	size_t shown;
};


/* A value cannot look like further lines of the list */
static int print_value(struct re_printf *pf, const char *value)
{
	int err = 0;

	for (const char *p = value; *p && !err; p++) {
		const unsigned char c = (unsigned char)*p;

		if (c < ' ' || c == 0x7f)
			err = re_hprintf(pf, "\\x%02x", c);
		else
			err = pf->vph(p, 1, pf->arg);
	}

	return err;
}


static void row_handler(const char *family, const char *key,
			const char *value, void *arg)
{
	struct list_of *list = arg;
	char *name;

	if (list->only && strcmp(list->only, key))
		return;

	if (re_sdprintf(&name, "/%H/%H", print_value, family, print_value,
			key))
		return;

	++list->shown;
	(void)cmd_printf(list->ctx, "%-50s: %H\n", name, print_value, value);
	mem_deref(name);
}


static int show_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct list_of list = {.ctx = ctx};

	if (argc > 2)
		return CMD_USAGE;

	(void)store_db_scan(argc > 0 ? argv[0] : NULL,
			    argc > 1 ? argv[1] : NULL, row_handler, &list);
	(void)cmd_printf(ctx, "%u results found.\n", (unsigned)list.shown);

	return 0;
}


static int showkey_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	struct list_of list = {.ctx = ctx};

	if (argc != 1)
		return CMD_USAGE;

	list.only = argv[0];
	(void)store_db_scan(NULL, NULL, row_handler, &list);
	(void)cmd_printf(ctx, "%u results found.\n", (unsigned)list.shown);

	return 0;
}


static int get_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	const char *value;

	if (argc != 2)
		return CMD_USAGE;

	value = store_db_get(argv[0], argv[1]);
	if (!value) {
		(void)cmd_printf(ctx, "Database entry not found.\n");
		return 1;
	}

	(void)cmd_printf(ctx, "Value: %H\n", print_value, value);

	return 0;
}


static int put_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	int err;

	if (argc != 3)
		return CMD_USAGE;

	err = store_db_put(argv[0], argv[1], argv[2]);

	if (err == EINVAL)
		(void)cmd_printf(ctx, "Failed to update entry: a name is "
				 "empty, or longer than %d bytes\n",
				 STORE_DB_TEXT);
	else if (err)
		(void)cmd_printf(ctx, "Failed to update entry: %m\n", err);
	else
		(void)cmd_printf(ctx, "Updated database successfully\n");

	return err ? 1 : 0;
}


static int del_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	int err;

	if (argc != 2)
		return CMD_USAGE;

	err = store_db_del(argv[0], argv[1]);

	if (err == ENOENT)
		(void)cmd_printf(ctx, "Database entry does not exist.\n");
	else if (err)
		(void)cmd_printf(ctx, "Database entry could not be removed: "
				 "%m\n", err);
	else
		(void)cmd_printf(ctx, "Database entry removed.\n");

	return err ? 1 : 0;
}


static int deltree_run(struct cmd_ctx *ctx, int argc, const char *const *argv)
{
	size_t n;

	if (argc < 1 || argc > 2)
		return CMD_USAGE;

	n = store_db_deltree(argv[0], argc > 1 ? argv[1] : NULL);

	if (n)
		(void)cmd_printf(ctx, "%u database entries removed.\n",
				 (unsigned)n);
	else
		(void)cmd_printf(ctx, "Database entries do not exist.\n");

	return n ? 0 : 1;
}


static void family_handler(const char *family, const char *key,
			   const char *value, void *arg)
{
	cmd_candidate(arg, family);
}


static void family_complete(struct cmd_ctx *ctx, unsigned idx,
			    const char *prefix)
{
	if (!idx)
		(void)store_db_scan(NULL, NULL, family_handler, ctx);
}


static void key_handler(const char *family, const char *key,
			const char *value, void *arg)
{
	cmd_candidate(arg, key);
}


static void key_complete(struct cmd_ctx *ctx, unsigned idx, const char *prefix)
{
	if (!idx)
		(void)store_db_scan(NULL, NULL, key_handler, ctx);
}


/* clang-format off */
static const struct cmd cmds[] = {
	{"database show", "database show [FAMILY [KEY]]",
	 "Show the entries of the database, or what is below a family or key",
	 show_run, family_complete},
	{"database showkey", "database showkey KEY",
	 "Show the entries with this key in every family",
	 showkey_run, key_complete},
	{"database get", "database get FAMILY KEY",
	 "Show one value", get_run, family_complete},
	{"database put", "database put FAMILY KEY VALUE",
	 "Set one value", put_run, family_complete},
	{"database del", "database del FAMILY KEY",
	 "Remove one entry", del_run, family_complete},
	{"database deltree", "database deltree FAMILY [KEY]",
	 "Remove a family, or what is below a key in it",
	 deltree_run, family_complete},
};
/* clang-format on */


int cmd_database_register(void)
{
	return console_add(cmds, ARRAY_SIZE(cmds));
}
