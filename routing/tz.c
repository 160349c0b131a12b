/**
 * @file routing/tz.c  Local time in any time zone
 *
 * Reads zone files (TZif, RFC 8536): a list of moments at which the local time
 * type changes, and a rule for what follows the last of them.  A zone that was
 * read once stays until the program ends, so the pointers that are handed out
 * stay valid; there are a few hundred zones in the world.
 */
#include "routing/tz.h"
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/compat.h"
#include "routing/tz_rule.h"


#define ZONE_DIR "/usr/share/zoneinfo/"

enum {
	NAME_SIZE = 64,
	FILE_MAX  = 256 * 1024, /* the largest has 4 KiB */
	ZONES_MAX = 1024,
	HEAD_SIZE = 44,
	TYPE_SIZE = 6,
	OFF_MAX_S = 93600, /* 26 h */
};

/* the range of times for which the calendar's year fits an int */
#define TIME_LIMIT_S ((int64_t)1 << 50)


struct ltype {
	int32_t off_s;
	bool dst;
	const char *abbr;
};


struct zone {
	struct zone *next;
	char name[NAME_SIZE];
	struct mbuf *file;    /* abbreviations point into it */
	const uint8_t *timev; /* big endian, 8 bytes each */
	const uint8_t *idxv;
	size_t timec;
	struct ltype *typev;
	size_t typec;
	struct tz_rule rule;
	bool has_rule;
};


/* Counts of a header (RFC 8536 3.1) */
struct head {
	uint8_t version;
	size_t isutc, isstd, leap, time, type, chars;
};


static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct zone *zones;
static size_t zonec;


static uint32_t get32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	       (uint32_t)p[2] << 8 | p[3];
}


static int64_t get64(const uint8_t *p)
{
	return (int64_t)((uint64_t)get32(p) << 32 | get32(p + 4));
}


static void zone_destructor(void *arg)
{
	struct zone *z = arg;

	mem_deref(z->file);
	mem_deref(z->typev);
}


/* --- reading a file ------------------------------------------------------ */

static int head_decode(struct head *h, const struct mbuf *mb)
{
	const uint8_t *p = mbuf_buf(mb);

	if (mbuf_get_left(mb) < HEAD_SIZE || memcmp(p, "TZif", 4))
		return EBADMSG;

	h->version = p[4];
	h->isutc   = get32(p + 20);
	h->isstd   = get32(p + 24);
	h->leap    = get32(p + 28);
	h->time    = get32(p + 32);
	h->type    = get32(p + 36);
	h->chars   = get32(p + 40);

	if (h->isutc > FILE_MAX || h->isstd > FILE_MAX || h->leap > FILE_MAX ||
	    h->time > FILE_MAX || h->type > 256 || h->chars > FILE_MAX)
		return EBADMSG;

	return 0;
}


static size_t body_size(const struct head *h, size_t tsize)
{
	return h->time * (tsize + 1) + h->type * TYPE_SIZE + h->chars +
	       h->leap * (tsize + 4) + h->isstd + h->isutc;
}


static int types_decode(struct zone *z, const struct head *h,
			const uint8_t *p)
{
	const char *chars = (const char *)p + h->type * TYPE_SIZE;

	z->typev = mem_zalloc(h->type * sizeof(*z->typev), NULL);
	if (!z->typev)
		return ENOMEM;

	z->typec = h->type;

	/* every abbreviation ends with a NUL inside the table */
	if (!h->type || !h->chars || chars[h->chars - 1])
		return EBADMSG;

	for (size_t i = 0; i < h->type; i++, p += TYPE_SIZE) {
		struct ltype *lt = &z->typev[i];

		lt->off_s = (int32_t)get32(p);
		lt->dst   = p[4];

		if (p[5] >= h->chars || lt->off_s > OFF_MAX_S ||
		    lt->off_s < -OFF_MAX_S)
			return EBADMSG;

		lt->abbr = chars + p[5];
	}

	return 0;
}


static int body_decode(struct zone *z, const struct head *h)
{
	const uint8_t *p = mbuf_buf(z->file);

	if (mbuf_get_left(z->file) < body_size(h, 8))
		return EBADMSG;

	z->timev = p;
	z->idxv  = p + h->time * 8;
	z->timec = h->time;

	for (size_t i = 0; i < z->timec; i++) {
		if (z->idxv[i] >= h->type)
			return EBADMSG;
	}

	return types_decode(z, h, z->idxv + h->time);
}


/* "\nCET-1CEST,...\n" */
static int footer_decode(struct zone *z)
{
	struct pl pl = {(char *)mbuf_buf(z->file), mbuf_get_left(z->file)};
	const char *end;

	if (pl.l < 2 || pl.p[0] != '\n')
		return 0;

	pl_advance(&pl, 1);
	end = memchr(pl.p, '\n', pl.l);
	if (!end || end == pl.p)
		return 0;

	pl.l        = (size_t)(end - pl.p);
	z->has_rule = true;

	return tz_rule_decode(&z->rule, &pl);
}


/* Only the second part is read, with times of 64 bits: all files since 2005
   have it */
static int zone_decode(struct zone *z)
{
	struct mbuf *mb = z->file;
	struct head h;
	int err;

	err = head_decode(&h, mb);
	if (err)
		return err;

	if (h.version < '2')
		return EBADMSG;

	if (mbuf_get_left(mb) < HEAD_SIZE + body_size(&h, 4))
		return EBADMSG;

	mbuf_advance(mb, (ssize_t)(HEAD_SIZE + body_size(&h, 4)));

	err = head_decode(&h, mb);
	if (err)
		return err;

	mbuf_advance(mb, HEAD_SIZE);

	err = body_decode(z, &h);
	if (err)
		return err;

	mbuf_advance(mb, (ssize_t)body_size(&h, 8));

	return footer_decode(z);
}


static int file_read(struct mbuf *mb, int fd)
{
	struct stat st;

	if (fstat(fd, &st))
		return errno;

	if (!S_ISREG(st.st_mode) || st.st_size > FILE_MAX)
		return ENOENT;

	while (mb->end < (size_t)st.st_size) {
		ssize_t n;

		if (mb->size - mb->end < 4096 &&
		    mbuf_resize(mb, mb->size + 8192))
			return ENOMEM;

		n = read(fd, mb->buf + mb->end, mb->size - mb->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno;
		if (!n)
			break;

		mb->end += (size_t)n;
	}

	return 0;
}


static int zone_load(struct zone *z)
{
	char path[sizeof(ZONE_DIR) + NAME_SIZE];
	int fd, err;

	if (re_snprintf(path, sizeof(path), "%s%s", ZONE_DIR, z->name) < 0)
		return EINVAL;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno;

	z->file = mbuf_alloc(8192);
	err     = z->file ? file_read(z->file, fd) : ENOMEM;

	(void)close(fd);

	return err ? err : zone_decode(z);
}


/* --- asking -------------------------------------------------------------- */

/* A name is a path, so it may not lead anywhere else */
static bool name_is_safe(const char *tz)
{
	size_t n = strlen(tz);

	if (n >= NAME_SIZE || tz[0] == '/' || strstr(tz, ".."))
		return false;

	return strspn(tz, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			  "abcdefghijklmnopqrstuvwxyz"
			  "0123456789_+-/") == n;
}


static const struct zone *zone_get(const char *tz)
{
	struct zone *z;

	(void)pthread_mutex_lock(&lock);

	for (z = zones; z; z = z->next) {
		if (!strcmp(z->name, tz))
			break;
	}

	if (!z && zonec < ZONES_MAX) {
		z = mem_zalloc(sizeof(*z), zone_destructor);
		if (z) {
			(void)str_ncpy(z->name, tz, sizeof(z->name));

			if (zone_load(z)) {
				z = mem_deref(z);
			}
			else {
				z->next = zones;
				zones   = z;
				++zonec;
			}
		}
	}

	(void)pthread_mutex_unlock(&lock);

	return z;
}


static struct ltype zone_type(const struct zone *z, int64_t t)
{
	size_t lo = 0, hi = z->timec;

	/* lo becomes the number of changes that have happened by then */
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (get64(z->timev + 8 * mid) <= t)
			lo = mid + 1;
		else
			hi = mid;
	}

	if (lo == z->timec && z->has_rule) {
		bool dst = tz_rule_is_dst(&z->rule, t);

		return (struct ltype){
			dst ? z->rule.dst_off_s : z->rule.std_off_s, dst,
			dst ? z->rule.dst : z->rule.std};
	}

	return z->typev[lo ? z->idxv[lo - 1] : 0];
}


static int utc_time(struct tm *tm, int64_t t)
{
	time_t tt = (time_t)t;

	return gmtime_r(&tt, tm) ? 0 : EINVAL;
}


int tz_time(struct tm *tm, int64_t t, const char *tz)
{
	const struct zone *z;
	struct ltype lt;
	time_t tt = (time_t)t;
	int err;

	if (!tm || t > TIME_LIMIT_S || t < -TIME_LIMIT_S)
		return EINVAL;

	if (!tz || !tz[0])
		return localtime_r(&tt, tm) ? 0 : EINVAL;

	if (!strcmp(tz, "UTC") || !strcmp(tz, "GMT")) {
		err = utc_time(tm, t);
		tm->tm_zone = tz[0] == 'U' ? "UTC" : "GMT";
		return err;
	}

	z = name_is_safe(tz) ? zone_get(tz) : NULL;
	if (!z) {
		err = utc_time(tm, t);
		tm->tm_zone = "UTC";
		return err ? err : ENOENT;
	}

	lt  = zone_type(z, t);
	err = utc_time(tm, t + lt.off_s);
	if (err)
		return err;

	tm->tm_isdst  = lt.dst;
	tm->tm_gmtoff = lt.off_s;
	tm->tm_zone   = lt.abbr;

	return 0;
}
