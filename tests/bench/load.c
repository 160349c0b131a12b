/**
 * @file tests/bench/load.c  A load of calls, and what they cost the server
 *
 *   load --target PORT --uac PORT --uas PORT --calls N --rate R
 *       --hold MS     each call lives so long; or
 *       --window S    all are set up and kept; S seconds of it are measured
 *       --skip K      the first K calls are not measured
 *       --rtp         with audio both ways
 *       --alone       an application answers, there is no callee
 *       --prefix D    digits in front of the call's number
 *       --pid P       the process whose CPU time and memory count
 *   load --bare PORT --calls N --window S --rtp --pid P
 *       audio only, through `floor relay --port PORT`
 *   load --direct --calls N --window S --rtp
 *       audio only, from side to side: what the wire and we cost
 *
 * Status 1 if a call failed.
 */
#include <sched.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <time.h>
#include "tests/bench/load.h"

enum {
	EVENTS	  = 64,
	TICK_MS	  = 2,
	SLOT_US	  = 1000, /* audio is sent and read so often */
	SETTLE_MS = 1000,
	DRAIN_MS  = 500,
};

static struct load load = {
	.target = 5060, .uac = 5080, .uas = 5090,
	.calls = 10, .rate = 50, .hold_ms = 1000, .prefix = "",
};

/* what the server had used when the measured part began */
static uint64_t cpu_begin, cpu_end, rss_begin, rss_up, begin_ns, end_ns;


void load_watch(struct load *l, struct source *src)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = src};

	if (epoll_ctl(l->ep, EPOLL_CTL_ADD, src->fd, &ev))
		die("epoll: %s", strerror(errno));
}


static void read_all(struct load *l, const struct timespec *wait)
{
	struct epoll_event evs[EVENTS];
	int n = epoll_pwait2(l->ep, evs, EVENTS, wait, NULL);

	for (int i = 0; i < n; i++) {
		struct source *src = evs[i].data.ptr;

		src->h(l, src);
	}
}


static void poll_until(struct load *l, uint64_t until)
{
	const uint64_t now = now_ns();
	const uint64_t ns  = until > now ? until - now : 0;
	const struct timespec wait = {(time_t)(ns / NS_S), (long)(ns % NS_S)};

	read_all(l, &wait);
}


/* With audio we sleep through what comes and read it at the end of the slot:
 * a server that wakes somebody with each packet pays for that too */
static void sleep_slot(struct load *l)
{
	const uint64_t slot	 = SLOT_US * NS_US;
	const uint64_t end	 = (now_ns() / slot + 1) * slot;
	const struct timespec ts = {(time_t)(end / NS_S), (long)(end % NS_S)};
	const struct timespec none = {0, 0};

	(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL);
	read_all(l, &none);
}


static void measure_begin(struct load *l)
{
	cpu_begin = cpu_ns((pid_t)l->pid);
	begin_ns  = now_ns();
}


static void measure_end(struct load *l)
{
	cpu_end = cpu_ns((pid_t)l->pid);
	end_ns	= now_ns();
}


/* Start what is due; returns when the next call is */
static uint64_t start_calls(struct load *l, uint64_t now, uint64_t t0)
{
	uint64_t due = UINT64_MAX;

	while (l->started < l->calls) {
		due = t0 + l->started * (uint64_t)NS_S / l->rate;
		if (due > now)
			return due;
		if (l->started == l->skip)
			measure_begin(l);
		load_sip_start(l, now);
	}

	return UINT64_MAX;
}


/* One turn; `ticked` is when the calls were last looked through */
static void turn(struct load *l, uint64_t t0)
{
	static uint64_t ticked;
	const uint64_t now = now_ns();
	uint64_t next	   = now + TICK_MS * NS_MS, due;

	if (now - ticked >= TICK_MS * NS_MS) {
		ticked = now;
		load_sip_tick(l, now);
	}

	due  = start_calls(l, now, t0);
	next = due < next ? due : next;
	if (l->rtp) {
		load_rtp_send(l, now);
		sleep_slot(l);
	}
	else {
		poll_until(l, next);
	}
}


static void turn_for(struct load *l, uint64_t ms)
{
	const uint64_t end = now_ns() + ms * NS_MS;

	while (now_ns() < end)
		turn(l, 0);
}


/* --- the two ways --------------------------------------------------------- */

static void run_stream_of_calls(struct load *l)
{
	const uint64_t t0 = now_ns();

	while (l->ended < l->calls)
		turn(l, t0);
	measure_end(l);
}


static void bare_calls(struct load *l)
{
	for (uint32_t i = 0; i < l->calls; i++) {
		struct call *c = &l->callv[i];

		c->state  = CALL_UP;
		c->rtp[0] = l->direct ? load_rtp_port(i, 1)
				      : (uint16_t)(l->bare + 2 * i);
		c->rtp[1] = l->direct ? load_rtp_port(i, 0)
				      : (uint16_t)(l->bare + 2 * i + 1);
	}
	l->up = l->answered = l->started = (uint32_t)l->calls;
}


static void set_up(struct load *l)
{
	const uint64_t t0 = now_ns();

	if (l->bare || l->direct) {
		bare_calls(l);
		return;
	}
	while (l->up + l->ended < l->calls)
		turn(l, t0);
}


static void run_window(struct load *l)
{
	const bool sip = !l->bare && !l->direct;

	rss_begin = rss_kb((pid_t)l->pid);
	set_up(l);
	turn_for(l, SETTLE_MS);
	rss_up = rss_kb((pid_t)l->pid);

	measure_begin(l);
	l->in_window = true;
	turn_for(l, l->window_s * 1000);
	l->in_window = false;
	measure_end(l);

	turn_for(l, DRAIN_MS);
	l->rtp	   = false;
	l->hang_up = true;
	while (sip && l->ended < l->calls)
		turn(l, 0);
}


/* --- what came of it ------------------------------------------------------ */

static void say_hist(const char *name, const struct hist *h)
{
	char buf[64];

	if (!h->n)
		return;

	(void)re_snprintf(buf, sizeof(buf), "%s_p50_us", name);
	say(buf, (double)hist_at(h, 0.5) / NS_US);
	(void)re_snprintf(buf, sizeof(buf), "%s_p99_us", name);
	say(buf, (double)hist_at(h, 0.99) / NS_US);
}


static void report_window(const struct load *l, double cpu_us)
{
	say("cpu_ms_per_call_second",
	    cpu_us / 1000 / (double)l->calls / (double)l->window_s);
	if (l->pid && !l->bare)
		say("kb_per_call", ((double)rss_up - (double)rss_begin) /
					   (double)l->calls);
	say("heard", (double)l->heard);
	if (!l->rtp_sent)
		return;

	say("rtp_skipped", (double)l->skipped);
	say("rtp_sent", (double)l->rtp_sent);
	say("rtp_lost", (double)l->rtp_sent - (double)l->rtp_back);
	if (l->pid && l->rtp_back)
		say("cpu_us_per_packet", cpu_us / (double)l->rtp_back);
}


static void report(const struct load *l)
{
	const double cpu_us = (double)(cpu_end - cpu_begin) / NS_US;

	say("calls", (double)l->calls);
	say("answered", (double)l->answered);
	say("failed", (double)l->failed);
	say("told_later", (double)l->told_later);
	say("repeats", (double)l->repeats);
	say("core", cpu_us * NS_US / (double)(end_ns - begin_ns));
	if (l->window_s)
		report_window(l, cpu_us);
	else if (l->pid)
		say("cpu_us_per_call", cpu_us / (double)(l->calls - l->skip));

	say_hist("forward", &l->forward);
	say_hist("setup", &l->setup);
	say_hist("delay", &l->delay);
	say_hist("late", &l->late);
}


int main(int argc, char **argv)
{
	const struct bench_opt opts[] = {
		{.name = "target", .num = &load.target},
		{.name = "uac", .num = &load.uac},
		{.name = "uas", .num = &load.uas},
		{.name = "calls", .num = &load.calls},
		{.name = "rate", .num = &load.rate},
		{.name = "hold", .num = &load.hold_ms},
		{.name = "skip", .num = &load.skip},
		{.name = "window", .num = &load.window_s},
		{.name = "pid", .num = &load.pid},
		{.name = "bare", .num = &load.bare},
		{.name = "prefix", .str = &load.prefix},
		{.name = "rtp", .flag = &load.rtp},
		{.name = "direct", .flag = &load.direct},
		{.name = "alone", .flag = &load.alone},
	};

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	if (!load.calls || !load.rate || load.skip >= load.calls ||
	    load.calls > 9999999)
		die("nothing to do");

	files_many();
	load.callv = mem_zalloc(load.calls * sizeof(*load.callv), NULL);
	load.ep	   = epoll_create1(EPOLL_CLOEXEC);
	if (!load.callv || load.ep < 0)
		die("no memory");

	load_rtp_open(&load);
	if (!load.bare && !load.direct)
		load_sip_open(&load);
	if (load.window_s)
		run_window(&load);
	else
		run_stream_of_calls(&load);

	report(&load);
	mem_deref(load.callv);

	return load.failed ? 1 : 0;
}
