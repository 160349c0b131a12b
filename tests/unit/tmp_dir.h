/**
 * @file tests/unit/tmp_dir.h  A folder of the test's own, and files in it
 *
 * tmp_setup() makes it, tmp_teardown() removes it with all that is in it.
 */
#ifndef TANDEM_TESTS_TMP_DIR_H
#define TANDEM_TESTS_TMP_DIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>
#include <unistd.h>
#include <re.h>


static char tmp_dir[64];


static inline int tmp_setup(void **state)
{
	(void)state;
	(void)re_snprintf(tmp_dir, sizeof(tmp_dir), "/tmp/tandem-XXXXXX");

	return mkdtemp(tmp_dir) ? 0 : -1;
}


static inline int tmp_remove(const char *path, const struct stat *st, int flag,
			     struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;

	return remove(path);
}


static inline int tmp_teardown(void **state)
{
	(void)state;

	return nftw(tmp_dir, tmp_remove, 16, FTW_DEPTH | FTW_PHYS);
}


/** Path in the folder; valid until the fourth call after this one */
static inline const char *tmp_path(const char *name)
{
	static char buf[4][512];
	static unsigned i;
	char *p = buf[i++ % 4];

	(void)re_snprintf(p, sizeof(buf[0]), "%s/%s", tmp_dir, name);

	return p;
}


static inline void file_put(const char *path, const void *p, size_t len)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, p, len), (ssize_t)len);
	assert_int_equal(close(fd), 0);
}


/** Whole file, malloc'd; NULL if there is none */
static inline uint8_t *file_get(const char *path, size_t *lenp)
{
	int fd = open(path, O_RDONLY);
	struct stat st;
	uint8_t *p;

	if (fd < 0)
		return NULL;

	assert_int_equal(fstat(fd, &st), 0);
	p = malloc((size_t)st.st_size + 1);
	assert_non_null(p);
	assert_int_equal(read(fd, p, (size_t)st.st_size), st.st_size);
	(void)close(fd);
	*lenp = (size_t)st.st_size;

	return p;
}


static inline bool file_exists(const char *path)
{
	struct stat st;

	return !lstat(path, &st);
}


/** A text file in the folder */
static inline void put_file(const char *name, const char *text)
{
	file_put(tmp_path(name), text, strlen(text));
}


static inline void drop_file(const char *name)
{
	(void)unlink(tmp_path(name));
}

#endif
