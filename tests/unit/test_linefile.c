/**
 * @file test_linefile.c  Lines for a file that other programs read
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/compat.h"
#include "base/linefile.h"

static char dir[64], path[96], moved[96];
static char content[4096];


static const char *slurp(const char *name)
{
	FILE *f = fopen(name, "r");
	size_t n = 0;

	if (f) {
		n = fread(content, 1, sizeof(content) - 1, f);
		(void)fclose(f);
	}
	content[n] = '\0';

	return content;
}


static void wait_for(const char *name, const char *want)
{
	const struct timespec ms = {.tv_nsec = 1000000};

	for (unsigned i = 0; i < 10000; i++) {
		if (!strcmp(slurp(name), want))
			return;
		(void)nanosleep(&ms, NULL);
	}

	assert_string_equal(slurp(name), want);
}


static void add(struct linefile *lf, const char *line)
{
	assert_int_equal(linefile_add(lf, line, strlen(line)), 0);
}


static void test_lines(void **state)
{
	struct linefile *lf;
	struct stat st;

	assert_int_equal(linefile_open(&lf, path), 0);
	add(lf, "one");
	wait_for(path, "one\n");
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(linefile_add(lf, "a\nb", 3), EINVAL);
	add(lf, "two");
	add(lf, "");
	linefile_close(lf, 5000);
	assert_string_equal(slurp(path), "one\ntwo\n\n");

	/* it goes on behind what is there */
	assert_int_equal(linefile_open(&lf, path), 0);
	add(lf, "three");
	linefile_close(lf, 5000);
	assert_string_equal(slurp(path), "one\ntwo\n\nthree\n");
}


static void test_rotated(void **state)
{
	struct linefile *lf;

	assert_int_equal(linefile_open(&lf, path), 0);
	add(lf, "old");
	wait_for(path, "old\n");
	assert_int_equal(rename(path, moved), 0);
	add(lf, "new");
	wait_for(path, "new\n");
	assert_string_equal(slurp(moved), "old\n");
	linefile_close(lf, 5000);
}


/* No folder yet: nothing is lost */
static void test_waits_for_the_disk(void **state)
{
	char folder[80], name[128], big[8192];
	struct linefile *lf;
	int err = 0;

	(void)re_snprintf(folder, sizeof(folder), "%s/later", dir);
	(void)re_snprintf(name, sizeof(name), "%s/file", folder);
	assert_int_equal(linefile_open(&lf, name), 0);
	add(lf, "patient");
	assert_int_equal(mkdir(folder, 0700), 0);
	wait_for(name, "patient\n");
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);

	/* without end it is not kept */
	memset(big, 'x', sizeof(big));
	for (unsigned i = 0; i < 2 * LINEFILE_WAITING / sizeof(big); i++)
		err |= linefile_add(lf, big, sizeof(big));
	linefile_close(lf, 5000);
	assert_true(err == 0 || err == ENOBUFS);
}


static int set_up(void **state)
{
	(void)re_snprintf(dir, sizeof(dir), "/tmp/tandem-lines-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	(void)re_snprintf(path, sizeof(path), "%s/log", dir);
	(void)re_snprintf(moved, sizeof(moved), "%s/log.1", dir);

	return 0;
}


static int tear_down(void **state)
{
	(void)unlink(path);
	(void)unlink(moved);

	return rmdir(dir);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_lines, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rotated, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(test_waits_for_the_disk,
						set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
