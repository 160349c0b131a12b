/**
 * @file tests/unit/writer_util.h  A writer, files that it writes, and what it
 *                                 reports of them
 *
 * 440 Hz is what the left side says, 880 Hz what it hears.
 */
#ifndef TANDEM_TESTS_WRITER_UTIL_H
#define TANDEM_TESTS_WRITER_UTIL_H

#include "audio_util.h"
#include "base/chan.h"
#include "media/writer.h"

#define CASE(f)                                                              \
	cmocka_unit_test_setup_teardown(f, writer_setup, writer_teardown)

enum {
	TYPE	 = 42, /* of the messages */
	ID	 = 99, /* of the recordings */
	SRATE	 = 8000,
	PEAK	 = 8000, /* of a tone */
	LEFT_HZ	 = 440,
	RIGHT_HZ = 880,
	HEADER	 = 80, /* of a WAV file */
	WAIT_MS	 = 5000,
};

static struct chan *chan;
static struct rec_report *last; /* the latest report */
static unsigned reports;


static void report_handler(struct chan_msg *msg, void *arg)
{
	(void)arg;
	assert_int_equal(msg->type, TYPE);
	rec_report_free(last);
	last = (struct rec_report *)(void *)msg;
	++reports;
}


static inline int writer_setup(void **state)
{
	reports = 0;

	return tmp_setup(state) ||
	       chan_alloc(&chan, 0, report_handler, NULL);
}


static inline int writer_teardown(void **state)
{
	chan = mem_deref(chan);
	rec_report_free(last);
	last = NULL;

	return tmp_teardown(state);
}


/** So many in all */
static inline void wait_reports(unsigned n)
{
	for (int i = 0; i < WAIT_MS && reports < n; i++) {
		(void)chan_poll(chan);
		if (reports < n)
			(void)usleep(1000);
	}
	assert_int_equal(reports, n);
}


static inline struct writer *start(size_t queue_max)
{
	struct writer_params prm = {.threads   = 1,
				    .queue_max = queue_max,
				    .sync_ms   = UINT32_MAX};
	struct writer *w = NULL;

	assert_int_equal(writer_start(&w, &prm), 0);

	return w;
}


static inline struct rec_params params(const char *path,
				       enum rec_layout layout)
{
	struct rec_params prm = {.id	   = ID,
				 .base	   = tmp_dir,
				 .path	   = path,
				 .layout   = layout,
				 .report   = chan,
				 .msg_type = TYPE};

	return prm;
}


static inline struct rec_file *begin(struct writer *w, const char *path,
				     enum rec_layout layout)
{
	struct rec_params prm = params(path, layout);
	struct rec_file *f    = NULL;

	assert_int_equal(rec_file_alloc(&f, w, &prm), 0);

	return f;
}


static inline struct rec_chunk *chunk(enum codec c, double hz, uint64_t pos,
				      size_t n)
{
	struct rec_chunk *k = malloc(sizeof(*k) + 2 * REC_BLOCK);

	assert_non_null(k);
	k->codec = c;

	for (size_t i = 0; i < n; i++) {
		int16_t s = tone_sample(hz, PEAK, (size_t)pos + i, SRATE);

		if (c == CODEC_PCMU)
			k->data[i] = codec_ulaw(s);
		else if (c == CODEC_PCMA)
			k->data[i] = codec_alaw(s);
		else
			((int16_t *)(void *)k->data)[i] = s;
	}

	return k;
}


/** A tone on either side; a frequency of 0 is no chunk */
static inline struct rec_block *block(uint64_t pos, uint32_t n, enum codec c,
				      double left, double right)
{
	struct rec_block *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	b->pos = pos;
	b->n   = n;
	if (left > 0)
		b->ch[0] = chunk(c, left, pos, n);
	if (right > 0)
		b->ch[1] = chunk(c, right, pos, n);

	return b;
}


/** Samples from..to of both tones, block by block */
static inline void write_tones(struct rec_file *f, uint64_t from, uint64_t to,
			       enum codec c)
{
	for (uint64_t pos = from; pos < to; pos += REC_BLOCK) {
		uint32_t n = to - pos < REC_BLOCK ? (uint32_t)(to - pos)
						  : REC_BLOCK;

		assert_int_equal(rec_file_write(f, block(pos, n, c, LEFT_HZ, RIGHT_HZ)),
				 0);
	}
}


/** End a file of n samples; its report is `last` */
static inline void finish(struct rec_file *f, uint64_t n)
{
	rec_file_close(f, n);
	wait_reports(reports + 1);
}


/** Until all is on the disk that was given away */
static inline void drain(struct writer *w)
{
	while (writer_queued(w))
		(void)usleep(1000);
}


static inline void stop(struct writer *w)
{
	assert_int_equal(writer_queued(w), 0);
	assert_int_equal(writer_stop(w, WAIT_MS), 0);
}

#endif
