/**
 * @file fuzz_srtp.c  SRTP and SRTCP: what comes, and what we protect
 *
 * The input is a list of steps, each two bytes and what they say: what is
 * done, the length, the packet.
 *
 * Besides memory: nothing that was not sealed is taken, and then neither the
 * packet nor the context has changed; what was sealed comes out as it was,
 * once; and no number is given out twice.
 */
#include "fuzz.h"
#include "media/rtp.h"
#include "media/srtp.h"


enum what {
	DO_RTP,   /* from the network */
	DO_RTCP,
	DO_SEAL,  /* by us, and there and back */
	DO_SEAL_CTL,
};

static const struct media_key key = {.key = {1, 2, 3}};
static const struct media_key marked = {
	.key = {1, 2, 3}, .mki_len = 4, .mki = 7};


int LLVMFuzzerInitialize(int *argc, char ***argv);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;

	HOLDS(!libre_init());

	return 0;
}


typedef enum media_drop(unseal_h)(struct seal *s, uint8_t *buf, size_t *len);
typedef enum media_drop(seal_h)(struct seal *s, uint8_t *out,
				const uint8_t *in, size_t *len);


static void refuse(struct seal *rx, unseal_h *unseal, const uint8_t *p,
		   size_t len)
{
	uint8_t *buf = malloc(len ? len : 1);
	size_t n     = len;

	HOLDS(buf);
	if (len)
		memcpy(buf, p, len);
	HOLDS(unseal(rx, buf, &n) != DROP_NONE);
	HOLDS(n == len && (!len || !memcmp(buf, p, len)));
	free(buf);
}


/* There, with a bit changed, and back twice */
static void there_and_back(struct seal *tx, struct seal *rx, seal_h *seal,
			   unseal_h *unseal, const uint8_t *p, size_t len)
{
	uint8_t *buf = malloc(len + SEAL_TRAILER), *in = malloc(len + 1);
	size_t n     = len;

	HOLDS(buf && in);
	memcpy(in, p, len);
	if (len)
		in[0] = (uint8_t)(0x80 | (in[0] & 0x1f));

	if (seal(tx, buf, in, &n) == DROP_NONE) {
		HOLDS(n > len && n <= len + SEAL_TRAILER);
		buf[len / 2] ^= 1;
		HOLDS(unseal(rx, buf, &n) != DROP_NONE);
		buf[len / 2] ^= 1;

		/* older than the window is refused, whoever made it */
		if (unseal(rx, buf, &n) == DROP_NONE) {
			HOLDS(n == len && !memcmp(buf, in, len));
			n = len;
			HOLDS(seal != seal_rtp ||
			      seal(tx, buf, in, &n) != DROP_NONE);
		}
	}
	else {
		HOLDS(n == len);
	}

	free(buf);
	free(in);
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seal *tx = NULL, *rx = NULL, *rx_mki = NULL;
	const enum media_suite suite = size && data[0] & 0x80
					       ? MEDIA_AES_CM_32
					       : MEDIA_AES_CM_80;

	HOLDS(!seal_alloc(&tx, suite, &key));
	HOLDS(!seal_alloc(&rx, suite, &key));
	HOLDS(!seal_alloc(&rx_mki, suite, &marked));

	while (size >= 2) {
		const size_t n   = data[1] < size - 2 ? data[1] : size - 2;
		const uint8_t *p = data + 2;

		switch ((enum what)(data[0] & 3)) {

		case DO_RTP:
			refuse(data[0] & 4 ? rx_mki : rx, unseal_rtp, p, n);
			break;
		case DO_RTCP:
			refuse(data[0] & 4 ? rx_mki : rx, unseal_rtcp, p, n);
			break;
		case DO_SEAL:
			there_and_back(tx, rx, seal_rtp, unseal_rtp, p, n);
			break;
		case DO_SEAL_CTL:
			there_and_back(tx, rx, seal_rtcp, unseal_rtcp, p, n);
			break;
		}

		data += 2 + n;
		size -= 2 + n;
	}

	mem_deref(tx);
	mem_deref(rx);
	mem_deref(rx_mki);

	return 0;
}
