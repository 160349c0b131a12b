/**
 * @file test_log.c  Log
 */
#include "routing_util.h"
#include <fcntl.h>
#include <pthread.h>
#include <regex.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "base/text.h"


static char path[64];
static char content[4 * 1024 * 1024];


static int setup(void **state)
{
	int fd;

	(void)state;
	memcpy(path, "/tmp/tandem-log-XXXXXX", 23);
	fd = mkstemp(path);
	if (fd < 0)
		return -1;

	return close(fd);
}


static int teardown(void **state)
{
	(void)state;
	log_close(1000);
	log_set_tap(NULL, NULL);
	log_set_level(LOG_LEVEL_WARNING);

	return unlink(path);
}


static const char *slurp(const char *file)
{
	int fd = open(file, O_RDONLY);
	ssize_t n;
	size_t len = 0;

	assert_true(fd >= 0);

	while ((n = read(fd, content + len, sizeof(content) - 1 - len)) > 0)
		len += (size_t)n;

	content[len] = '\0';
	(void)close(fd);

	return content;
}


static void matches(const char *text, const char *regex)
{
	regex_t re;

	assert_int_equal(regcomp(&re, regex, REG_EXTENDED | REG_NOSUB), 0);
	if (regexec(&re, text, 0, NULL, 0))
		fail_msg("'%s' does not match '%s'", text, regex);
	regfree(&re);
}


/* One line in a format */
static void format_is(enum log_format fmt, const char *regex)
{
	assert_int_equal(truncate(path, 0), 0);
	assert_int_equal(log_open(path, fmt, LOG_LEVEL_INFO), 0);
	log_info("sip", "from \"%s\" \\ %u", "Ann", 7);
	log_close(1000);
	matches(slurp(path), regex);
}


#define DATE "[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"

static void test_formats(void **state)
{
	(void)state;
	format_is(LOG_FORMAT_PLAIN,
		  "^" DATE "\\.[0-9]{3} info sip: from \"Ann\" \\\\ 7\n$");
	format_is(LOG_FORMAT_ASTERISK, "^\\[" DATE "\\] VERBOSE\\[[0-9]+\\] "
				       "sip: from \"Ann\" \\\\ 7\n$");
	format_is(LOG_FORMAT_JOURNAL, "^<6>sip: from \"Ann\" \\\\ 7\n$");
	format_is(LOG_FORMAT_JSON,
		  "^\\{\"ts\":[0-9]+\\.[0-9]{3},\"level\":\"info\","
		  "\"mod\":\"sip\",\"msg\":\"from \\\\\"Ann\\\\\" "
		  "\\\\\\\\ 7\"\\}\n$");
}


static void test_levels(void **state)
{
	enum log_level level;
	enum log_format fmt;

	(void)state;
	assert_int_equal(
		log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_NOTICE), 0);
	log_error("m", "e");
	log_warning("m", "w");
	log_notice("m", "n");
	log_info("m", "i");
	log_debug("m", "d");
	log_set_level(LOG_LEVEL_DEBUG);
	log_debug("m", "d2");
	log_set_level((enum log_level)99);
	assert_int_equal(log_get_level(), LOG_LEVEL_DEBUG);
	log_close(1000);
	assert_string_equal(slurp(path),
			    "<3>m: e\n<4>m: w\n<5>m: n\n<7>m: d2\n");

	assert_true(log_level_decode(&level, "Warning"));
	assert_int_equal(level, LOG_LEVEL_WARNING);
	assert_false(log_level_decode(&level, "loud"));
	assert_true(log_format_decode(&fmt, "json"));
	assert_int_equal(fmt, LOG_FORMAT_JSON);
	assert_false(log_format_decode(&fmt, "xml"));
	assert_int_equal(log_open(path, (enum log_format)9, LOG_LEVEL_INFO),
			 EINVAL);
	assert_int_equal(log_open("/nonexistent/x", LOG_FORMAT_PLAIN,
				  LOG_LEVEL_INFO),
			 ENOENT);
}


/* One call is one line, whatever is in it */
static void test_escapes(void **state)
{
	static const struct {
		const char *text, *line;
	} rows[] = {
		{"plain", "plain"},
		{"a\nb\r\tc", "a\\x0ab\\x0d\\x09c"},
		{"\x1b[31mred", "\\x1b[31mred"},
		{"\x7f", "\\x7f"},
		{"Zo\xc3\xab", "Zo\xc3\xab"},
		{"\xc2\x85", "\\xc2\\x85"},           /* a C1 control */
		{"\xe2\x80\xae", "\\xe2\\x80\\xae"},  /* right to left */
		{"\xff\xfe", "\\xff\\xfe"},
		{"\xc0\x80", "\\xc0\\x80"},           /* overlong */
		{"\xed\xa0\x80", "\\xed\\xa0\\x80"},  /* surrogate */
		{"cut \xe2\x82", "cut \\xe2\\x82"},
		{"\xf0\x9f\x93\x9e", "\xf0\x9f\x93\x9e"},
	};
	char want[64];
	const char *p;

	(void)state;
	assert_int_equal(log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		log_info("m", "%s", rows[i].text);

	log_close(1000);
	p = slurp(path);

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		size_t n = (size_t)snprintf(want, sizeof(want), "<6>m: %s\n",
					    rows[i].line);

		if (strncmp(p, want, n))
			fail_msg("row %zu: %.40s", i, p);
		p += n;
	}

	assert_string_equal(p, "");
}


static void test_long_line(void **state)
{
	static char big[100000];
	const char *p;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	assert_int_equal(log_open(path, LOG_FORMAT_JSON, LOG_LEVEL_INFO), 0);
	log_info("m", "%s", big);
	memset(big, '"', sizeof(big) - 1);
	log_info("m", "%s", big);
	memset(big, 1, sizeof(big) - 1);
	log_info("m", "%s", big);
	log_close(1000);

	p = slurp(path);
	for (int i = 0; i < 3; i++) {
		const char *end = strchr(p, '\n');

		assert_non_null(end);
		assert_true(end - p > 2000 && end - p < 5000);
		assert_memory_equal(end - 5, "...\"}", 5);
		p = end + 1;
	}

	assert_string_equal(p, "");
}


static void test_reopen(void **state)
{
	char old[80];
	int guard = 0;

	(void)state;
	(void)snprintf(old, sizeof(old), "%s.1", path);
	assert_int_equal(log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);
	log_info("m", "one");

	while (!strstr(slurp(path), "one") && guard++ < 2000)
		(void)usleep(1000);

	assert_int_equal(rename(path, old), 0);
	log_reopen();
	log_info("m", "two");
	log_close(1000);
	assert_string_equal(slurp(old), "<6>m: one\n");
	assert_string_equal(slurp(path), "<6>m: two\n");
	assert_int_equal(unlink(old), 0);
	log_reopen(); /* closed: nothing happens */
}


static void tap_line(enum log_level level, const char *mod, const char *line,
		     void *arg)
{
	char *buf = arg;

	/* what a tap logs is not tapped again */
	log_info("tap", "seen");
	(void)snprintf(buf + strlen(buf), 200 - strlen(buf), "%d %s %s;",
		       (int)level, mod, line);
}


static void test_tap(void **state)
{
	char buf[200] = "";

	(void)state;
	assert_int_equal(log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);
	log_set_tap(tap_line, buf);
	log_info("sip", "a\n%u", 1);
	log_debug("sip", "too low");
	log_set_tap(NULL, NULL);
	log_info("sip", "b");
	log_close(1000);
	assert_string_equal(buf, "3 sip a\\x0a1;");
	assert_string_equal(slurp(path),
			    "<6>tap: seen\n<6>sip: a\\x0a1\n<6>sip: b\n");
}


/* A tap may take itself away */
static void tap_once(enum log_level level, const char *mod, const char *line,
		     void *arg)
{
	(void)level;
	(void)mod;
	(void)line;
	++*(int *)arg;
	log_set_tap(NULL, NULL);
}


static void test_tap_ends_itself(void **state)
{
	int n = 0;

	(void)state;
	assert_int_equal(log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);
	log_set_tap(tap_once, &n);
	log_info("m", "1");
	log_info("m", "2");
	assert_int_equal(n, 1);
}


static void tap_count(enum log_level level, const char *mod,
		      const char *line, void *arg)
{
	(void)level;
	(void)mod;
	(void)line;
	++*(unsigned *)arg;
}


static atomic_bool chatter_stop;


static void *chatter_thread(void *arg)
{
	(void)arg;

	while (!atomic_load(&chatter_stop))
		log_info("m", "x");

	return NULL;
}


/* Once a tap is off, its argument may go (ASan would see a late call) */
static void test_tap_off_is_off(void **state)
{
	pthread_t t;

	(void)state;
	atomic_store(&chatter_stop, false);
	assert_int_equal(log_open("/dev/null", LOG_FORMAT_JOURNAL,
				  LOG_LEVEL_INFO),
			 0);
	assert_int_equal(pthread_create(&t, NULL, chatter_thread, NULL), 0);

	for (int i = 0; i < 2000; i++) {
		unsigned *n = calloc(1, sizeof(*n));

		log_set_tap(tap_count, n);
		if (i % 20 == 0)
			(void)usleep(100);
		log_set_tap(NULL, NULL);
		free(n);
	}

	atomic_store(&chatter_stop, true);
	assert_int_equal(pthread_join(t, NULL), 0);
}


/* --- threads ------------------------------------------------------------- */

enum { THREADS = 4, LINES = 1000 };


static void *log_thread(void *arg)
{
	for (unsigned i = 0; i < LINES; i++)
		log_info("m", "thread %u line %u.", *(unsigned *)arg, i);

	return NULL;
}


static void test_threads(void **state)
{
	pthread_t t[THREADS];
	unsigned id[THREADS], next[THREADS] = {0}, n = 0;
	uint64_t lost = log_dropped();
	const char *p;

	(void)state;
	assert_int_equal(log_open(path, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);

	for (unsigned i = 0; i < THREADS; i++) {
		id[i] = i;
		assert_int_equal(
			pthread_create(&t[i], NULL, log_thread, &id[i]), 0);
	}

	for (unsigned i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(t[i], NULL), 0);

	log_close(5000);
	assert_int_equal(log_dropped(), lost);

	for (p = slurp(path); *p; n++) {
		const char *end = strchr(p, '\n');
		char want[64];
		unsigned k;

		assert_non_null(end);
		k = (unsigned)(p[strlen("<6>m: thread ")] - '0');
		assert_true(k < THREADS);
		(void)snprintf(want, sizeof(want),
			       "<6>m: thread %u line %u.", k, next[k]++);
		assert_int_equal(strlen(want), end - p);
		assert_memory_equal(p, want, (size_t)(end - p));
		p = end + 1;
	}

	assert_int_equal(n, THREADS * LINES);
}


/* --- a disk that hangs --------------------------------------------------- */

static void *drain_thread(void *arg)
{
	int fd     = *(int *)arg;
	size_t len = 0;
	ssize_t n;

	while ((n = read(fd, content + len, sizeof(content) - 1 - len)) > 0)
		len += (size_t)n;

	content[len] = '\0';

	return NULL;
}


/* Lines that say how many were lost, and their sum */
static size_t reported(uint64_t *sump)
{
	static const char head[] = "<4>log: ";
	size_t n = 0;

	*sump = 0;

	for (const char *p = content; (p = strstr(p, head)); n++) {
		struct pl pl = {p + strlen(head), 0};
		uint64_t num;

		pl.l = strspn(pl.p, "0123456789");
		assert_int_equal(num_decode(&num, &pl, UINT64_MAX), 0);
		assert_memory_equal(pl.p + pl.l, " lines lost", 11);
		*sump += num;
		p = pl.p;
	}

	return n;
}


/* The "file" is a pipe that nobody reads: the callers go on, what does not fit
   is counted, closing ends in time, and when the disk comes back the rest and
   a word about what was lost are written */
static void test_hung_disk(void **state)
{
	char name[64], text[1001];
	uint64_t before = log_dropped(), start = clock_us(), lost, told;
	pthread_t drain;
	size_t lines = 0;
	int fd[2];

	(void)state;
	memset(text, 'x', 1000);
	text[1000] = '\0';
	assert_int_equal(pipe(fd), 0);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd[1]);
	assert_int_equal(log_open(name, LOG_FORMAT_JOURNAL, LOG_LEVEL_INFO),
			 0);

	for (int i = 0; i < 3000; i++)
		log_info("m", "%s", text);

	lost = log_dropped() - before;
	assert_in_range(lost, 1000, 2600);

	log_close(20);
	assert_true(clock_us() - start < 5000000);

	/* the disk comes back; the thread that was left behind ends itself */
	(void)close(fd[1]);
	assert_int_equal(pthread_create(&drain, NULL, drain_thread, &fd[0]),
			 0);
	assert_int_equal(pthread_join(drain, NULL), 0);
	(void)close(fd[0]);

	for (const char *p = content; (p = strchr(p, '\n')); p++)
		++lines;

	assert_int_equal(lines, 3000 - lost + reported(&told));
	assert_int_equal(told, lost);
}


/* Lines of a full disk are counted as lost */
static void test_full_disk(void **state)
{
	uint64_t before = log_dropped();

	(void)state;
	assert_int_equal(log_open("/dev/full", LOG_FORMAT_JOURNAL,
				  LOG_LEVEL_INFO),
			 0);
	log_info("m", "one");
	log_info("m", "two");
	log_close(1000);
	assert_int_equal(log_dropped() - before, 2);
}


static void test_counters(void **state)
{
	(void)state;

	for (int i = 0; i < COUNT_MAX; i++) {
		const char *name = count_name((enum counter)i);

		assert_non_null(name);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_"),
				 strlen(name));

		for (int j = 0; j < i; j++)
			assert_string_not_equal(name,
						count_name((enum counter)j));
	}

	assert_string_equal(count_name(COUNT_MAX), "?");
	count_add(COUNT_CALLS, 3);
	count_inc(COUNT_CALLS);
	assert_int_equal(count_get(COUNT_CALLS), 4);
}


#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(test_formats),
		CASE(test_levels),
		CASE(test_escapes),
		CASE(test_long_line),
		CASE(test_reopen),
		CASE(test_tap),
		CASE(test_tap_ends_itself),
		CASE(test_tap_off_is_off),
		CASE(test_threads),
		CASE(test_hung_disk),
		CASE(test_full_disk),
		CASE(test_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
