/**
 * @file sip/dns.c  DNS on the wire, and the files beside it
 */
#include "sip/dns.h"
#include <ctype.h>
#include <stdio.h>
#include "base/rand.h"
#include "base/text.h"


enum {
	HDR_SIZE   = 12,
	LABEL_MAX  = 63,
	NAME_MAX_L = 253,
	POINTERS   = 16,
	RRS_MAX    = 64,
	CNAMES_MAX = 8,
	CLASS_IN   = 1,
	RR_OPT     = 41,
	EDNS_SIZE  = 1232,
	LINE_SIZE  = 1024,
};


bool dns_name_valid(const char *name)
{
	size_t label = 0, n = 0;

	if (!name || !*name)
		return false;

	for (; name[n]; n++) {

		if (name[n] == '.') {
			if (!label)
				return false;
			label = 0;
		}
		else if (!isalnum((unsigned char)name[n]) && name[n] != '-' &&
			 name[n] != '_') {
			return false;
		}
		else if (++label > LABEL_MAX) {
			return false;
		}
	}

	return n <= NAME_MAX_L && label;
}


/* ---- question --------------------------------------------------------- */

static int name_write(struct mbuf *mb, const char *name)
{
	int err = 0;

	while (*name && !err) {
		size_t n = strcspn(name, ".");

		err = mbuf_write_u8(mb, (uint8_t)n);
		err |= mbuf_write_mem(mb, (const uint8_t *)name, n);
		name += n;
		name += *name == '.';
	}

	return err | mbuf_write_u8(mb, 0);
}


int dns_question_write(struct mbuf *mb, uint16_t id, const char *name,
		       uint16_t type, bool edns)
{
	/* id, flags: recursion desired, counts */
	const uint16_t hdrv[] = {id, 0x0100, 1, 0, 0, edns};
	int err               = 0;

	if (!mb || !dns_name_valid(name))
		return EINVAL;

	for (size_t i = 0; i < ARRAY_SIZE(hdrv); i++)
		err |= mbuf_write_u16(mb, htons(hdrv[i]));

	err |= name_write(mb, name);
	err |= mbuf_write_u16(mb, htons(type));
	err |= mbuf_write_u16(mb, htons(CLASS_IN));

	if (edns) { /* RFC 6891 6.1.2 */
		err |= mbuf_write_u8(mb, 0);
		err |= mbuf_write_u16(mb, htons(RR_OPT));
		err |= mbuf_write_u16(mb, htons(EDNS_SIZE));
		err |= mbuf_write_u32(mb, 0);
		err |= mbuf_write_u16(mb, 0);
	}

	return err ? ENOMEM : 0;
}


/* ---- answer ----------------------------------------------------------- */

struct reader {
	const uint8_t *p;
	size_t n;
	size_t pos;
};

struct rr {
	char name[NAME_SIZE];
	uint16_t type, dclass;
	uint32_t ttl;
	size_t data, len; /* place and length of its data */
};


static bool u16_read(struct reader *rd, uint16_t *v)
{
	if (rd->n - rd->pos < 2)
		return false;

	*v = (uint16_t)(rd->p[rd->pos] << 8 | rd->p[rd->pos + 1]);
	rd->pos += 2;

	return true;
}


static bool u32_read(struct reader *rd, uint32_t *v)
{
	uint16_t hi, lo;

	if (!u16_read(rd, &hi) || !u16_read(rd, &lo))
		return false;

	*v = (uint32_t)hi << 16 | lo;

	return true;
}


static bool label_copy(char *name, size_t *lenp, const uint8_t *p, size_t n)
{
	size_t len = *lenp;

	if (len + n + 1 > NAME_MAX_L)
		return false;

	if (len)
		name[len++] = '.';

	/* a dot or a NUL inside of a label would make it another name */
	for (size_t i = 0; i < n; i++) {
		uint8_t c = p[i];

		if (c <= ' ' || c > '~' || c == '.')
			return false;

		name[len++] = (char)c;
	}

	*lenp = len;

	return true;
}


/* A name at rd->pos, which moves behind it; pointers go backwards only */
static bool name_read(struct reader *rd, char name[NAME_SIZE])
{
	size_t pos = rd->pos, len = 0, last = rd->pos;
	unsigned hops = 0;

	for (;;) {
		size_t n;

		if (pos >= rd->n)
			return false;

		n = rd->p[pos++];

		if (n >= 0xc0) {
			size_t to;

			if (pos >= rd->n)
				return false;

			to = (n & 0x3f) << 8 | rd->p[pos++];
			if (!hops)
				rd->pos = pos;
			if (to >= last || ++hops > POINTERS)
				return false;

			pos = last = to;
			continue;
		}

		if (n > LABEL_MAX || n > rd->n - pos)
			return false;

		if (!n)
			break;

		if (!label_copy(name, &len, rd->p + pos, n))
			return false;
		pos += n;
	}

	if (!hops)
		rd->pos = pos;
	name[len] = '\0';

	return true;
}


static bool rr_read(struct reader *rd, struct rr *rr)
{
	uint16_t len;

	if (!name_read(rd, rr->name) || !u16_read(rd, &rr->type) ||
	    !u16_read(rd, &rr->dclass) || !u32_read(rd, &rr->ttl) ||
	    !u16_read(rd, &len) || len > rd->n - rd->pos)
		return false;

	rr->data = rd->pos;
	rr->len  = len;
	rd->pos += len;

	return true;
}


static bool srv_read(struct dns_rec *rec, struct reader rd,
		     const struct rr *rr)
{
	rd.pos = rr->data;

	return u16_read(&rd, &rec->prio) && u16_read(&rd, &rec->weight) &&
	       u16_read(&rd, &rec->port) && name_read(&rd, rec->name) &&
	       rd.pos <= rr->data + rr->len;
}


static bool rec_read(struct dns_rec *rec, const struct reader *rd,
		     const struct rr *rr)
{
	const uint8_t *p = rd->p + rr->data;

	memset(rec, 0, sizeof(*rec));
	rec->type = rr->type;

	switch (rr->type) {

	case RR_A:
		if (rr->len != 4)
			return false;

		sa_set_in(&rec->addr,
			  (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
				  (uint32_t)p[2] << 8 | p[3],
			  0);
		return true;

	case RR_AAAA:
		if (rr->len != 16)
			return false;

		sa_set_in6(&rec->addr, p, 0);
		return true;

	case RR_SRV: return srv_read(rec, *rd, rr);

	default: return false;
	}
}


/* Records of the type that belong to the name; 0 if its CNAME, in which case
 * the name is replaced, or nothing was found */
static size_t section_read(struct dns_rec *recv, char name[NAME_SIZE],
			   bool *alias, uint32_t *ttl, struct reader rd,
			   unsigned count, uint16_t type)
{
	const struct reader all = rd;
	size_t recc             = 0;
	struct rr rr;

	*alias = false;

	for (unsigned i = 0; i < count && i < RRS_MAX; i++) {

		if (!rr_read(&rd, &rr))
			break;

		if (rr.dclass != CLASS_IN || strcasecmp(rr.name, name))
			continue;

		if (rr.type == RR_CNAME && type != RR_CNAME) {
			struct reader data = all;

			data.pos = rr.data;
			if (!name_read(&data, name))
				break;

			*ttl   = min(*ttl, rr.ttl);
			*alias = true;
			return 0;
		}

		if (rr.type == type && recc < RECORDS_MAX &&
		    rec_read(&recv[recc], &all, &rr)) {
			*ttl = min(*ttl, rr.ttl);
			++recc;
		}
	}

	return recc;
}


static int answers_read(struct dns_rec *recv, size_t *recc, uint32_t *ttl,
			struct reader rd, unsigned count, const char *name,
			uint16_t type)
{
	char cur[NAME_SIZE];
	bool alias = true;

	str_ncpy(cur, name, sizeof(cur));
	*recc = 0;
	*ttl  = UINT32_MAX;

	for (unsigned i = 0; i < CNAMES_MAX && alias && !*recc; i++)
		*recc = section_read(recv, cur, &alias, ttl, rd, count, type);

	return *recc ? 0 : ENOENT;
}


int dns_answer_read(struct dns_rec *recv, size_t *recc, uint32_t *ttl,
		    const uint8_t *p, size_t n, uint16_t id, const char *name,
		    uint16_t type)
{
	struct reader rd = {p, n, 0};
	uint16_t v[6], qtype, qclass;
	char qname[NAME_SIZE];
	unsigned rcode;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		if (!u16_read(&rd, &v[i]))
			return EBADMSG;
	}

	/* an answer to a plain query, with our question in it */
	if (v[0] != id || (v[1] & 0xf800) != 0x8000 || v[2] != 1 ||
	    !name_read(&rd, qname) || !u16_read(&rd, &qtype) ||
	    !u16_read(&rd, &qclass) || qtype != type || qclass != CLASS_IN ||
	    strcasecmp(qname, name))
		return EBADMSG;

	rcode = v[1] & 0xf;
	if (rcode == DNS_RCODE_NAME_ERR)
		return ENOENT;
	if (rcode)
		return EAGAIN;

	return answers_read(recv, recc, ttl, rd, v[3], name, type);
}


/* ---- order ------------------------------------------------------------ */

static void swap(struct dns_rec *recv, size_t a, size_t b)
{
	struct dns_rec tmp = recv[a];

	recv[a] = recv[b];
	recv[b] = tmp;
}


/* One of those from i on that have the best priority, by weight */
static size_t srv_pick(const struct dns_rec *recv, size_t recc, size_t i)
{
	uint32_t sum  = 0, at;
	uint16_t prio = recv[i].prio;
	size_t last   = i;

	for (size_t k = i; k < recc; k++)
		prio = min(prio, recv[k].prio);

	for (size_t k = i; k < recc; k++) {
		if (recv[k].prio == prio)
			sum += recv[k].weight;
	}

	/* those of weight 0 are taken rarely, but not never */
	at = rand_below(sum + 1);

	for (size_t k = i; k < recc; k++) {

		if (recv[k].prio != prio)
			continue;

		last = k;
		if (at <= recv[k].weight)
			return k;
		at -= recv[k].weight;
	}

	return last;
}


void dns_srv_sort(struct dns_rec *recv, size_t recc)
{
	/* RFC 2782 puts weight 0 first in each draw */
	for (size_t i = 0, k = 0; i < recc; i++) {
		if (!recv[i].weight)
			swap(recv, i, k++);
	}

	for (size_t i = 0; i + 1 < recc; i++)
		swap(recv, i, srv_pick(recv, recc, i));
}


/* ---- files ------------------------------------------------------------ */

/* The next word of a line, NUL-terminated in place; NULL at its end */
static char *word(char **linep)
{
	char *p = *linep + strspn(*linep, " \t\r\n");
	char *end;

	if (!*p || *p == '#' || *p == ';')
		return NULL;

	end    = p + strcspn(p, " \t\r\n#");
	*linep = *end && *end != '#' ? end + 1 : end;

	/* a comment ends the line for good */
	*end = '\0';

	return p;
}


static void conf_line(struct dns_conf *conf, char *line)
{
	const char *key = word(&line);
	const char *val;

	if (!key)
		return;

	if (!strcmp(key, "nameserver")) {
		val = word(&line);
		if (val && conf->srvc < SERVERS_MAX &&
		    !sa_set_str(&conf->srvv[conf->srvc], val, DNS_PORT))
			++conf->srvc;
	}
	else if (!strcmp(key, "search") || !strcmp(key, "domain")) {
		conf->searchc = 0;
		while (conf->searchc < SEARCH_MAX && (val = word(&line))) {
			if (dns_name_valid(val))
				str_ncpy(conf->searchv[conf->searchc++], val,
					 NAME_SIZE);
		}
	}
}


int dns_conf_read(struct dns_conf *conf, const char *path)
{
	char line[LINE_SIZE];
	FILE *f = fopen(path, "re");
	int err = f ? 0 : errno;

	memset(conf, 0, sizeof(*conf));

	while (f && fgets(line, sizeof(line), f))
		conf_line(conf, line);

	if (f)
		(void)fclose(f);

	if (!conf->srvc)
		sa_set_in(&conf->srvv[conf->srvc++], INADDR_LOOPBACK,
			  DNS_PORT);

	return err;
}


int dns_hosts_read(const char *path, dns_host_h *h, void *arg)
{
	char line[LINE_SIZE];
	FILE *f = fopen(path, "re");

	if (!f)
		return errno;

	while (fgets(line, sizeof(line), f)) {
		char *rest       = line;
		const char *text = word(&rest);
		const char *name;
		struct sa sa;

		if (!text || sa_set_str(&sa, text, 0))
			continue;

		while ((name = word(&rest)))
			h(name, &sa, arg);
	}

	(void)fclose(f);

	return 0;
}
