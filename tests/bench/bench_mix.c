/**
 * @file tests/bench/bench_mix.c  A conference: CPU for each party
 *
 *   bench_mix [--count 100] [--talkers 10] [--seconds 5]
 *             [--codec ulaw|g722|opus|all] [--drop]
 *
 * Parties send a packet every 20 ms and get one.  What the media thread uses
 * stands beside a floor that the same parties talk to afterwards, in the same
 * process: a thread that answers each packet with one, so recvfrom() and
 * sendto() for each party as in the mixer, and nothing else.
 */
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include "base/timer.h"
#include "media/codec.h"
#include "media/media_priv.h"
#include "media/mixer.h"
#include "tests/bench/bench.h"

enum {
	TICK_MS = 20,
	BUF     = 2048,
	HDR     = 12,
	PARTIES_MAX = 2000,
	VARIANTS = 50, /* frames of a voice before it repeats */
};

/** A party: a socket, and what it says */
struct party {
	int fd;
	struct sockaddr_in to;  /* ours, or the floor's */
	enum codec codec;
	enum media_codec mcodec;
	uint8_t pt;
	media_id id;
	struct sa addr;
	uint16_t seq;
	uint32_t ts;
	bool talks;
	int fl;                 /* the floor's socket for it */
};

static uint64_t count = 100, talkers = 10, seconds = 5;
static const char *codec = "ulaw";
static bool drop_silence;
static struct party *pv;
static _Atomic bool stop;

/* Frames of a voice and of silence in each codec */
static struct {
	uint8_t p[VARIANTS][1000];
	size_t len[VARIANTS];
} voices[CODEC_MAX][2];


/* --- what is said --------------------------------------------------------- */

static void make_voice(enum codec c, bool loud)
{
	const uint32_t rate = codec_rate(c);
	const size_t n      = rate / 50;
	struct codec_enc *e;
	int16_t pcm[960];

	if (codec_enc_alloc_at(&e, c, rate))
		die("no encoder");

	for (size_t k = 0; k < VARIANTS; k++) {
		for (size_t i = 0; i < n; i++) {
			const double t = (double)(k * n + i) / rate;

			pcm[i] = loud ? (int16_t)(4000 * sin(2200 * t) +
						  2000 * sin(7800 * t))
				      : 0;
		}
		voices[c][loud].len[k] = codec_enc_run(
			e, voices[c][loud].p[k], 1000, pcm, n);
	}

	mem_deref(e);
}


static void say_frame(struct party *p, uint64_t round)
{
	const size_t k = (size_t)(round % VARIANTS);
	const size_t n = voices[p->codec][p->talks].len[k];
	uint8_t buf[HDR + 1000] = {0x80, p->pt};

	put_be16(buf + 2, p->seq++);
	put_be32(buf + 4, p->ts);
	put_be32(buf + 8, 0x1000u + (uint32_t)p->fd);
	memcpy(buf + HDR, voices[p->codec][p->talks].p[k], n);
	p->ts += codec_clock(p->codec) / 50;
	(void)sendto(p->fd, buf, HDR + n, MSG_NOSIGNAL | MSG_DONTWAIT,
		     (const struct sockaddr *)&p->to, sizeof(p->to));
}


static uint64_t drain(const struct party *p)
{
	uint8_t buf[BUF];
	uint64_t n = 0;

	while (recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT) > 0)
		++n;

	return n;
}


static void wait_until(uint64_t ns)
{
	const struct timespec ts = {(time_t)(ns / NS_S), (long)(ns % NS_S)};

	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL))
		;
}


/* All parties for so many rounds; packets that they got */
static uint64_t rounds(uint64_t n)
{
	uint64_t got = 0, t = now_ns();

	for (uint64_t r = 0; r < n; r++) {
		wait_until(t += TICK_MS * NS_MS);
		for (size_t i = 0; i < count; i++)
			say_frame(&pv[i], r);
		for (size_t i = 0; i < count; i++)
			got += drain(&pv[i]);
	}

	return got;
}


/* --- the mixer ------------------------------------------------------------ */

static void codec_of(struct party *p, size_t i)
{
	static const struct {
		const char *name;
		enum codec c;
		enum media_codec m;
		uint8_t pt;
	} v[] = {
		{"ulaw", CODEC_PCMU, MEDIA_PCMU, 0},
		{"g722", CODEC_G722, MEDIA_G722, 9},
		{"opus", CODEC_OPUS, MEDIA_OPUS, 107},
	};
	size_t k = 0;

	if (!strcmp(codec, "all"))
		k = i % ARRAY_SIZE(v);
	else
		while (k < ARRAY_SIZE(v) && strcmp(v[k].name, codec))
			++k;
	if (k == ARRAY_SIZE(v))
		die("no codec %s", codec);

	p->codec  = v[k].c;
	p->mcodec = v[k].m;
	p->pt     = v[k].pt;
}


static void open_party(struct party *p, size_t i, media_id room)
{
	const struct media_member prm = {
		.says = 1, .hears = 1, .drop_silence = drop_silence,
	};
	struct media_flow flow = {
		.authenticated = true, .send = true, .recv = true,
		.ptime_ms = TICK_MS,
	};

	codec_of(p, i);
	p->fd    = udp_socket(0);
	p->talks = i < talkers;
	if (sa_set_str(&p->addr, "127.0.0.1", 0) ||
	    media_open(&p->id, &p->addr, 0, NULL, NULL))
		die("no stream");

	p->to = loopback(sa_port(&p->addr));
	(void)sa_set_str(&flow.sdp_rtp, "127.0.0.1", udp_port(p->fd));
	flow.sip_src = flow.sdp_rtp;
	flow.codec   = p->mcodec;
	flow.pt = flow.pt_tx = p->pt;
	if (media_set_flow(p->id, &flow) || media_join(p->id, room, &prm))
		die("not joined");
}


/* CPU time of a thread of ours by its name [ns] */
static uint64_t thread_cpu_ns(const char *name)
{
	char path[64], text[128];
	uint64_t ns = 0;

	for (pid_t tid = getpid(); tid < getpid() + 64; tid++) {
		FILE *f;

		(void)snprintf(path, sizeof(path), "/proc/self/task/%d/comm",
			       (int)tid);
		f = fopen(path, "r");
		if (!f)
			continue;
		if (fgets(text, sizeof(text), f) &&
		    !strncmp(text, name, strlen(name))) {
			clockid_t id = (clockid_t)((~(unsigned)tid << 3) | 6);
			struct timespec ts;

			if (!clock_gettime(id, &ts))
				ns = (uint64_t)ts.tv_sec * NS_S +
				     (uint64_t)ts.tv_nsec;
		}
		(void)fclose(f);
	}

	return ns;
}


static double mixed(void)
{
	const struct media_params prm = {
		.threads = 1, .port_min = 10000, .port_max = 65534,
		.port_rest_ms = 1, .sound_path = "", .country = "us",
	};
	uint64_t cpu, got;
	media_id room;

	if (libre_init() || timers_init() || media_init(&prm) ||
	    media_open_room(&room, 0, TICK_MS, NULL, NULL))
		die("no media");

	for (size_t i = 0; i < count; i++)
		open_party(&pv[i], i, room);
	(void)rounds(100); /* connected sockets, delays that have settled */

	cpu = thread_cpu_ns("media-0");
	got = rounds(seconds * 50);
	cpu = thread_cpu_ns("media-0") - cpu;

	say("packets_missing", (double)count * (double)seconds * 50 -
				       (double)got);
	media_close(1000);
	timers_close();
	libre_close();

	return (double)cpu / NS_US / (double)count / (double)seconds;
}


/* --- the floor ------------------------------------------------------------ */

static void *reflect(void *arg)
{
	uint64_t *cpu = arg;
	struct epoll_event evv[64];
	const int ep = epoll_create1(EPOLL_CLOEXEC);
	uint8_t buf[BUF];

	for (size_t i = 0; i < count; i++) {
		struct epoll_event ev = {.events = EPOLLIN,
					 .data.ptr = &pv[i]};

		if (epoll_ctl(ep, EPOLL_CTL_ADD, pv[i].fl, &ev))
			die("epoll");
	}

	while (!atomic_load(&stop)) {
		const int n = epoll_wait(ep, evv, 64, 100);

		for (int i = 0; i < n; i++) {
			const struct party *p = evv[i].data.ptr;
			struct sockaddr_in from;
			socklen_t len = sizeof(from);
			const ssize_t got = recvfrom(
				p->fl, buf, sizeof(buf), MSG_DONTWAIT,
				(struct sockaddr *)&from, &len);

			if (got > 0)
				(void)sendto(p->fl, buf, (size_t)got,
					     MSG_NOSIGNAL,
					     (struct sockaddr *)&from, len);
		}
	}

	*cpu = cpu_thread_ns();
	(void)close(ep);

	return NULL;
}


static double bare(void)
{
	uint64_t cpu = 0;
	pthread_t tid;

	for (size_t i = 0; i < count; i++) {
		pv[i].fl = udp_socket(0);
		pv[i].to = loopback(udp_port(pv[i].fl));
	}

	if (pthread_create(&tid, NULL, reflect, &cpu))
		die("no thread");
	(void)rounds(seconds * 50);
	atomic_store(&stop, true);
	(void)pthread_join(tid, NULL);

	return (double)cpu / NS_US / (double)count / (double)seconds;
}


int main(int argc, char **argv)
{
	const struct bench_opt opts[] = {
		{.name = "count", .num = &count},
		{.name = "talkers", .num = &talkers},
		{.name = "seconds", .num = &seconds},
		{.name = "codec", .str = &codec},
		{.name = "drop", .flag = &drop_silence},
	};
	double ours, floor_us;

	bench_opts(argc, argv, opts, ARRAY_SIZE(opts));
	if (!count || count > PARTIES_MAX || !seconds)
		die("nothing to do");

	files_many();
	pv = mem_zalloc(count * sizeof(*pv), NULL);
	if (!pv)
		die("no memory");
	for (size_t i = 0; i < 2; i++) {
		make_voice(CODEC_PCMU, i);
		make_voice(CODEC_G722, i);
		make_voice(CODEC_OPUS, i);
	}

	ours     = mixed();
	floor_us = bare();
	say("cpu_us_per_party_second", ours);
	say("floor_us_per_party_second", floor_us);
	say("core_percent", ours * (double)count / 1e4);

	return 0;
}
