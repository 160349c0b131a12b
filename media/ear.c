/**
 * @file media/ear.c  What a party says, into a pipe; when it talks
 */
#include <unistd.h>
#include "media/ear.h"
#include "media/mix.h"

enum { SAMPLES_MAX = 1920 }; /* of a packet: 240 ms */

struct ear {
	int fd;                /* -1: nobody reads any more */
	enum codec codec;      /* of the decoder */
	struct codec_dec *dec; /* NULL for plain ones */
	struct media_listen prm; /* level 0: nobody asks */
	uint32_t quiet;        /* samples without a voice */
	bool talks, told;
};


static void destructor(void *arg)
{
	struct ear *ear = arg;

	if (ear->fd >= 0)
		(void)close(ear->fd);
	mem_deref(ear->dec);
}


int ear_alloc(struct ear **ep, int fd, const struct media_listen *prm)
{
	struct ear *ear;

	if (!ep || (fd < 0 && (!prm || !prm->level)))
		return EINVAL;

	ear = mem_zalloc(sizeof(*ear), destructor);
	if (!ear)
		return ENOMEM;

	ear->fd = fd;
	ear->codec = CODEC_NONE;
	if (prm)
		ear->prm = *prm;
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
static void write_pcm(struct ear *ear, const int16_t *pcm, size_t n)
{
	/* up to PIPE_BUF bytes go at once or not at all */
	ssize_t len = write(ear->fd, pcm, n * sizeof(*pcm));

	if (len < 0 && errno != EAGAIN && errno != EINTR) {
		(void)close(ear->fd);
		ear->fd = -1;
	}
}


static void watch(const struct stream *s, struct ear *ear, const int16_t *pcm,
		  size_t n)
{
	struct media_up *up;

	if (mix_level(pcm, n) >= ear->prm.level) {
		ear->talks = true;
		ear->quiet = 0;
	}
	else if (ear->talks) {
		ear->quiet += (uint32_t)n;
		ear->talks = ear->quiet < ear->prm.silence_ms * 8;
	}

	up = ear->talks != ear->told ? stream_event(s, MEDIA_EV_TALK) : NULL;
	if (!up)
		return; /* nothing new, or said with the next frame */

	ear->told    = ear->talks;
	up->rep.tag  = ear->prm.tag;
	up->rep.info = ear->talks;
	stream_send_event(s, up);
}


void ear_rx(const struct stream *s, struct ear *ear, enum codec codec,
	    const struct pkt *pkt)
{
	int16_t pcm[SAMPLES_MAX];
	size_t n;

	if (!ear || (ear->fd < 0 && !ear->prm.level))
		return;

	n = decode(ear, pcm, codec, pkt);
	if (n && ear->fd >= 0)
		write_pcm(ear, pcm, n);
	if (n && ear->prm.level)
		watch(s, ear, pcm, n);
}
