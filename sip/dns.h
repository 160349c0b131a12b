/**
 * @file sip/dns.h  DNS on the wire, and the files beside it
 *
 * Private to the resolver; pure but for the two readers of files.  An answer
 * is an attacker's text: at most 64 records, names by at most 16 pointers,
 * every length checked (RFC 1035, 2782, 3596).
 */
#ifndef TANDEM_SIP_DNS_H
#define TANDEM_SIP_DNS_H

#include "base/compat.h"

enum {
	RR_A     = 1,
	RR_CNAME = 5,
	RR_AAAA  = 28,
	RR_SRV   = 33,

	NAME_SIZE    = 256,
	RECORDS_MAX  = 32,
	SERVERS_MAX  = 4,
	SEARCH_MAX   = 3,
	DNS_UDP_SIZE = 4096,
};

struct dns_rec {
	uint16_t type;
	struct sa addr;        /* A, AAAA; without port */
	uint16_t prio, weight; /* SRV */
	uint16_t port;
	char name[NAME_SIZE];
};

/** True if this can be asked for: labels of 1-63 letters, digits, - and _ */
bool dns_name_valid(const char *name);

/** Write a question; edns offers room for a long answer */
int dns_question_write(struct mbuf *mb, uint16_t id, const char *name,
		       uint16_t type, bool edns);

/**
 * Read an answer; CNAMEs are followed
 *
 * @param recv  Records, RECORDS_MAX of them
 * @param recc  Their number
 * @param ttl   Shortest time to live among them in [s]
 *
 * @return 0; ENOENT if the name or the type does not exist; EAGAIN if the
 *         server could not say; EBADMSG if it is no answer to the question
 */
int dns_answer_read(struct dns_rec *recv, size_t *recc, uint32_t *ttl,
		    const uint8_t *p, size_t n, uint16_t id, const char *name,
		    uint16_t type);

/** Order for use (RFC 2782): by priority, then at random by weight */
void dns_srv_sort(struct dns_rec *recv, size_t recc);

struct dns_conf {
	struct sa srvv[SERVERS_MAX];
	size_t srvc;
	char searchv[SEARCH_MAX][NAME_SIZE];
	size_t searchc;
};

/** Read a file like /etc/resolv.conf; without a server it is 127.0.0.1 */
int dns_conf_read(struct dns_conf *conf, const char *path);

typedef void(dns_host_h)(const char *name, const struct sa *addr, void *arg);

/** Read a file like /etc/hosts */
int dns_hosts_read(const char *path, dns_host_h *h, void *arg);

#endif
