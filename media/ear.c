/**
 * @file media/ear.c  What a party says, into a pipe
 */
#include <unistd.h>
#include "media/ear.h"

enum { SAMPLES_MAX = 1920 }; /* of a packet: 240 ms */

struct ear {
	int fd;                /* -1: nobody reads any more */
	enum codec codec;      /* of the decoder */
	struct codec_dec *dec; /* NULL for plain ones */
};


static void destructor(void *arg)
{
	struct ear *ear = arg;

	if (ear->fd >= 0)
		(void)close(ear->fd);
	mem_deref(ear->dec);
}


int ear_alloc(struct ear **ep, int fd)
{
	struct ear *ear;

	if (!ep || fd < 0)
		return EINVAL;

	ear = mem_zalloc(sizeof(*ear), destructor);
	if (!ear)
		return ENOMEM;

	ear->fd = fd;
	ear->codec = CODEC_NONE;
	*ep = ear;

	return 0;
}


static size_t decode(struct ear *ear, int16_t *out, enum codec codec,
		     const struct pkt *pkt)
{
	if (codec_is_plain(codec))
		return codec_decode(out, SAMPLES_MAX, codec, pkt->payload,
				    pkt->plen);

	if (codec != ear->codec) {
		ear->dec = mem_deref(ear->dec);
		ear->codec = codec;
		if (codec_dec_alloc(&ear->dec, codec))
			ear->dec = NULL; /* this one we cannot */
	}

	return ear->dec ? codec_dec_run(ear->dec, out, SAMPLES_MAX,
					pkt->payload, pkt->plen)
			: 0;
}


/* What the pipe does not take is lost, and a frame is whole or not there */
void ear_rx(struct ear *ear, enum codec codec, const struct pkt *pkt)
{
	int16_t pcm[SAMPLES_MAX];
	ssize_t n;
	size_t len;

	if (!ear || ear->fd < 0)
		return;

	len = decode(ear, pcm, codec, pkt) * sizeof(pcm[0]);
	if (!len)
		return;

	/* up to PIPE_BUF bytes go at once or not at all */
	n = write(ear->fd, pcm, len);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		(void)close(ear->fd);
		ear->fd = -1;
	}
}
