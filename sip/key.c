/**
 * @file sip/key.c  What a server transaction is known by
 *
 * Hashes of 64 bits under a key that is drawn at the start.  They stand for
 * the strings: nobody outside knows the key, so two requests share a hash once
 * in 2^64 pairs.
 */
#include "base/rand.h"
#include "sip/stack.h"


static uint64_t hash64(const void *p, size_t n)
{
	static uint8_t key[16];
	static bool ready;

	if (!ready) {
		rand_fill(key, sizeof(key));
		ready = true;
	}

	return siphash24(key, p, n);
}


static uint64_t hash_pl(const struct pl *pl)
{
	return hash64(pl->p, pl->l);
}


/* ACK and CANCEL belong to an INVITE */
static uint64_t method_hash(const struct sx_msg *msg)
{
	if (msg->method == SX_ACK || msg->method == SX_CANCEL)
		return hash64("INVITE", 6);

	return hash_pl(&msg->met);
}


static bool has_cookie(const struct pl *branch)
{
	return branch->l > sizeof(SX_COOKIE) - 1 &&
	       !strncasecmp(branch->p, SX_COOKIE, sizeof(SX_COOKIE) - 1);
}


uint64_t sx_strans_key(const struct sx_msg *msg)
{
	uint64_t v[6] = {method_hash(msg)};

	if (has_cookie(&msg->via.branch)) {
		v[1] = hash_pl(&msg->via.branch);
		v[2] = hash_pl(&msg->via.host);
		v[3] = msg->via.port;
	}
	else {
		v[1] = hash_pl(&msg->callid);
		v[2] = hash_pl(&msg->ftag);
		v[3] = hash_pl(&msg->via.value);
		v[4] = hash_pl(&msg->ruri);
		v[5] = (uint64_t)msg->cseq << 1 | 1;
	}

	return hash64(v, sizeof(v));
}


uint64_t sx_merge_key(const struct sx_msg *msg)
{
	uint64_t v[5] = {hash_pl(&msg->met), hash_pl(&msg->callid),
			 hash_pl(&msg->ftag), hash_pl(&msg->ruri), msg->cseq};

	return hash64(v, sizeof(v));
}


/* A stateless To tag is the same for each repeat of a request (8.2.7) */
void sx_stateless_tag(char tag[STATELESS_TAG], const struct sx_msg *msg)
{
	uint64_t v[4] = {hash_pl(&msg->callid), hash_pl(&msg->ftag),
			 hash_pl(&msg->via.branch), msg->cseq};

	(void)re_snprintf(tag, STATELESS_TAG, "%016llx",
			  (unsigned long long)hash64(v, sizeof(v)));
}
