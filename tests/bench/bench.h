/**
 * @file tests/bench/bench.h  What the benches share: clocks, samples, figures
 *
 * A bench prints one figure a line, "name value", for run.py.  Times are in
 * [ns] inside and in what the name ends with outside.
 */
#ifndef TANDEM_TESTS_BENCH_H
#define TANDEM_TESTS_BENCH_H

#include <netinet/in.h>
#include <sys/types.h>
#include "base/compat.h"

enum {
	NS_US = 1000,
	NS_MS = 1000000,
	NS_S  = 1000000000,
};

/** Monotonic and wall clock in [ns] */
uint64_t now_ns(void);
uint64_t wall_ns(void);

/** CPU time that a process and its children have used in [ns]; 0 is ourselves
 */
uint64_t cpu_ns(pid_t pid);

/** CPU time of the calling thread in [ns] */
uint64_t cpu_thread_ns(void);

/** Resident memory of a process in [KB]; 0 if it is gone */
uint64_t rss_kb(pid_t pid);

/** Durations in classes of 3 %: up to 70 s, any number of them */
struct hist {
	uint32_t v[40 * 32];
	uint64_t n;
	uint64_t max;
};
void hist_add(struct hist *h, uint64_t ns);

/** The duration that a share of all does not exceed; 0 without any */
uint64_t hist_at(const struct hist *h, double share);

/** The figure of one line */
void say(const char *name, double value);

/** End with a sentence and status 2 */
void die(const char *fmt, ...) __attribute__((noreturn));

/** "--name value ..." into numbers and texts; ends the program if a name is
 *  unknown or a value is none.  An option with `flag` takes no value */
struct bench_opt {
	const char *name;
	uint64_t *num;
	const char **str;
	bool *flag;
};
void bench_opts(int argc, char **argv, const struct bench_opt *optv,
		size_t optc);

/** A UDP socket on 127.0.0.1 that does not block; port 0: any */
int udp_socket(uint16_t port);
uint16_t udp_port(int fd);
struct sockaddr_in loopback(uint16_t port);

/** As many descriptors as we may have */
void files_many(void);

/** Middle of n values; sorts them */
double median(double *v, size_t n);

#endif
