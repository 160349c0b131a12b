/**
 * @file apps/table.c  All applications and functions
 *
 * Both lists are in alphabetical order (checked by a test), so that a name is
 * found by halving.
 */
#include <stdlib.h>
#include "apps/apps.h"

#define X(name) &app_##name,
static const struct app *const apps[] = {APPS(X)};
#undef X

#define X(name) &func_##name,
static const struct func *const funcs[] = {FUNCS(X)};
#undef X


static int cmp_app(const void *key, const void *row)
{
	const struct app *const *app = row;

	return strcasecmp(key, (*app)->name);
}


static int cmp_func(const void *key, const void *row)
{
	const struct func *const *func = row;

	return strcasecmp(key, (*func)->name);
}


const struct app *app_find(const char *name)
{
	const struct app *const *row;

	if (!name)
		return NULL;

	row = bsearch(name, apps, ARRAY_SIZE(apps), sizeof(apps[0]), cmp_app);

	return row ? *row : NULL;
}


const struct func *func_find(const char *name)
{
	const struct func *const *row;

	if (!name)
		return NULL;

	row = bsearch(name, funcs, ARRAY_SIZE(funcs), sizeof(funcs[0]),
		      cmp_func);

	return row ? *row : NULL;
}


const char *app_options(const char *name, unsigned *arg)
{
	const struct app *app = app_find(name);

	if (!app || !app->options)
		return NULL;

	*arg = app->optarg;

	return app->options;
}


const struct app *const *app_table(size_t *n)
{
	if (n)
		*n = ARRAY_SIZE(apps);

	return apps;
}


const struct func *const *func_table(size_t *n)
{
	if (n)
		*n = ARRAY_SIZE(funcs);

	return funcs;
}
