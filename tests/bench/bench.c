/**
 * @file tests/bench/bench.c  Clocks, samples, figures
 */
#include "tests/bench/bench.h"
#include <arpa/inet.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/text.h"


/* --- time and memory ------------------------------------------------------ */

static uint64_t clock_of(clockid_t id)
{
	struct timespec ts;

	if (clock_gettime(id, &ts))
		return 0;

	return (uint64_t)ts.tv_sec * NS_S + (uint64_t)ts.tv_nsec;
}


uint64_t now_ns(void)
{
	return clock_of(CLOCK_MONOTONIC);
}


uint64_t wall_ns(void)
{
	return clock_of(CLOCK_REALTIME);
}


uint64_t cpu_thread_ns(void)
{
	return clock_of(CLOCK_THREAD_CPUTIME_ID);
}


static ssize_t read_file(char *text, size_t size, const char *path)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -1;

	n = read(fd, text, size);
	(void)close(fd);

	return n;
}


static uint64_t cpu_one_ns(pid_t pid)
{
	clockid_t id = CLOCK_PROCESS_CPUTIME_ID;

	if (pid && clock_getcpuclockid(pid, &id))
		return 0;

	return clock_of(id);
}


uint64_t cpu_ns(pid_t pid)
{
	char path[64], text[1024];
	uint64_t child, sum = cpu_one_ns(pid);
	struct pl rest, word;
	ssize_t n;

	if (!pid)
		return sum;

	(void)re_snprintf(path, sizeof(path), "/proc/%u/task/%u/children",
			  (unsigned)pid, (unsigned)pid);
	n = read_file(text, sizeof(text), path);
	if (n <= 0)
		return sum;

	rest.p = text;
	rest.l = (size_t)n;
	while (!re_regex(rest.p, rest.l, "[0-9]+", &word)) {
		if (!num_decode(&child, &word, INT32_MAX))
			sum += cpu_one_ns((pid_t)child);
		pl_advance(&rest, word.p + word.l - rest.p);
	}

	return sum;
}


uint64_t rss_kb(pid_t pid)
{
	char path[64], text[256];
	struct pl size, rss;
	uint64_t pages;
	ssize_t n;

	(void)re_snprintf(path, sizeof(path), "/proc/%u/statm",
			  (unsigned)pid);
	n = read_file(text, sizeof(text), path);
	if (n <= 0 || re_regex(text, (size_t)n, "[0-9]+ [0-9]+", &size, &rss))
		return 0;

	return num_decode(&pages, &rss, UINT32_MAX)
		       ? 0
		       : pages * (uint64_t)sysconf(_SC_PAGESIZE) / 1024;
}


/* --- samples -------------------------------------------------------------- */

/* 32 classes for each power of two */
static size_t class_of(uint64_t ns)
{
	unsigned top;

	if (ns < 32)
		return ns;

	top = 63 - (unsigned)__builtin_clzll(ns);
	return (top - 4) * 32 + ((ns >> (top - 5)) & 31);
}


static uint64_t class_value(size_t c)
{
	const size_t top = c / 32 + 4;

	return c < 32 ? c : (32 + (uint64_t)c % 32) << (top - 5);
}


void hist_add(struct hist *h, uint64_t ns)
{
	size_t c = class_of(ns);

	if (c >= ARRAY_SIZE(h->v))
		c = ARRAY_SIZE(h->v) - 1;
	++h->v[c];
	++h->n;
	if (ns > h->max)
		h->max = ns;
}


uint64_t hist_at(const struct hist *h, double share)
{
	uint64_t want = (uint64_t)((double)h->n * share), n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(h->v); i++) {
		n += h->v[i];
		if (n > want)
			return class_value(i);
	}

	return h->max;
}


static int cmp_double(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}


double median(double *v, size_t n)
{
	if (!n)
		return 0;

	qsort(v, n, sizeof(*v), cmp_double);
	return v[n / 2];
}


/* --- words ---------------------------------------------------------------- */

void say(const char *name, double value)
{
	(void)printf("%s %.4f\n", name, value);
	(void)fflush(stdout);
}


void die(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(2);
}


static const struct bench_opt *opt_find_name(const char *arg,
					     const struct bench_opt *optv,
					     size_t optc)
{
	for (size_t i = 0; i < optc; i++) {
		if (!strncmp(arg, "--", 2) && !strcmp(arg + 2, optv[i].name))
			return &optv[i];
	}

	die("unknown option %s", arg);
}


void bench_opts(int argc, char **argv, const struct bench_opt *optv,
		size_t optc)
{
	for (int i = 1; i < argc; i++) {
		const struct bench_opt *o = opt_find_name(argv[i], optv, optc);
		struct pl val;

		if (o->flag) {
			*o->flag = true;
			continue;
		}
		if (++i == argc)
			die("%s needs a value", argv[i - 1]);
		if (o->str) {
			*o->str = argv[i];
			continue;
		}

		pl_set_str(&val, argv[i]);
		if (num_decode(o->num, &val, UINT32_MAX))
			die("%s %s: not a number", argv[i - 1], argv[i]);
	}
}


/* --- sockets -------------------------------------------------------------- */

struct sockaddr_in loopback(uint16_t port)
{
	const struct sockaddr_in sin = {
		.sin_family	 = AF_INET,
		.sin_port	 = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};

	return sin;
}


int udp_socket(uint16_t port)
{
	const struct sockaddr_in sin = loopback(port);
	const int size		     = 8 << 20;
	int fd;

	fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (bind(fd, (const struct sockaddr *)&sin, sizeof(sin)))
		die("port %u: %s", port, strerror(errno));

	/* only root may have so much; what is granted is enough for others */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)))
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size,
				 sizeof(size));

	return fd;
}


uint16_t udp_port(int fd)
{
	struct sockaddr_in sin;
	socklen_t len = sizeof(sin);

	if (getsockname(fd, (struct sockaddr *)&sin, &len))
		die("getsockname: %s", strerror(errno));

	return ntohs(sin.sin_port);
}


void files_many(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim))
		return;

	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
}
