/**
 * @file media/rec_file.c  The file of a recording
 *
 * Every block is written at the place that its position demands, so whatever
 * was lost before it (blocks that did not fit into the queue, writes that
 * failed) leaves silence of the right length: a hole in PCM, code words of
 * silence in G.711, frames of silence in GSM.
 *
 * `off` is the end of what was written whole; a write that fails half way is
 * cut back to it.  The header never claims more than `off`.
 */
#include "media/rec_file.h"
#include "base/compat.h"
#include "base/log.h"
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	RETRY_US   = 1000000,
	GAIN_NONE  = 256,
	GAIN_MAX   = 256 * 256,
	OUT_MAX	   = REC_BLOCK * 2 * 2, /* bytes of a stereo block */
	HEAD_READ  = 4096,
	GSM_BYTES  = 33,
};

static const char too_slow[] = "dropped, the disk was too slow";


static const char *err_text(int err)
{
	switch (err) {

	case ENOSPC: return "no space left on the disk";
	case EDQUOT: return "disk quota exceeded";
	case EFBIG: return "the file is too large";
	case EROFS: return "the file system is read-only";
	case EIO: return "input/output error of the disk";
	case EACCES:
	case EPERM: return "permission denied";
	case ELOOP: return "a symbolic link in the path";
	case ENOTDIR: return "a part of the path is no directory";
	case ENOENT: return "no such directory";
	case EEXIST: return "the name is taken";
	case EINVAL: return "not a regular file";
	case ENAMETOOLONG: return "the name is too long";
	case EBADMSG: return "the existing file has another format";
	case EBUSY: return "the existing file is being recorded";
	case EMFILE:
	case ENFILE: return "too many open files";
	case ENOMEM: return "out of memory";
	case ENOBUFS: return "less space is free than recordlowwater says";
	default: return "the file cannot be written";
	}
}


static bool is_final(int err)
{
	return err == ELOOP || err == ENOTDIR || err == EEXIST ||
	       err == EINVAL || err == ENAMETOOLONG || err == EBADMSG;
}


/* Samples from..to are missing in the file */
static void note_gap(struct rec_out *o, uint64_t from, uint64_t to,
		     const char *why, int err)
{
	struct rec_report *rep = o->rep;
	struct rec_gap *last   = rep->gapc ? &rep->gap[rep->gapc - 1] : NULL;
	const uint32_t ms      = o->rate / 1000; /* in samples */
	uint64_t at	       = from / ms;
	uint64_t len	       = to / ms - at;

	if (to <= from)
		return;

	if (!rep->err) {
		rep->err = err;
		rep->why = why;
	}
	rep->gap_ms += len;

	if (last && last->why == why && last->at_ms + last->len_ms == at &&
	    !rep->gaps_more)
		last->len_ms += len;
	else if (rep->gapc < REC_GAPS)
		rep->gap[rep->gapc++] = (struct rec_gap){at, len, why};
	else
		++rep->gaps_more;
}


static void note_failure(struct rec_out *o, int err, uint64_t now_us)
{
	if (!o->retry_us || o->err != err)
		log_warning("record", "%s: %s, at %llu s of the recording",
			    o->name ? o->name : o->path, err_text(err),
			    (unsigned long long)(o->pos / o->rate));

	o->err	    = err;
	o->retry_us = now_us + RETRY_US;
}


static void note_success(struct rec_out *o)
{
	if (!o->retry_us)
		return;

	log_info("record", "%s: goes on at %llu s of the recording", o->name,
		 (unsigned long long)(o->pos / o->rate));
	o->retry_us = 0;
	o->err	    = 0;
}


static unsigned frame_bytes(const struct rec_out *o)
{
	return o->form.codec == CODEC_L16 ? 2u * o->ch : o->ch;
}


int rec_out_init(struct rec_out *o, const struct rec_params *prm,
		 struct rec_report *rep)
{
	const char *add;
	size_t cut;
	int err;

	memset(o, 0, sizeof(*o));
	o->fd	   = -1;
	o->rep	   = rep;
	o->layout  = prm->layout;
	o->rate	   = prm->rate ? prm->rate : CODEC_SRATE;
	for (unsigned i = 0; i < 2; i++) {
		if (prm->gain[i] > GAIN_MAX)
			return EINVAL;

		o->gain[i] = prm->gain[i] ? prm->gain[i] : GAIN_NONE;
	}
	o->append  = prm->append;
	o->replace = prm->replace && !prm->append;
	o->must	   = prm->must;
	o->lowwater = prm->lowwater;

	if (!rec_path_ok(prm->path))
		return EINVAL;

	err = rec_form_find(&o->form, prm->path, &cut, &add);
	if (err || (o->rate != CODEC_SRATE && !o->form.wav))
		return EINVAL;

	if (o->layout == REC_STEREO && !o->form.wav)
		o->layout = REC_MIX;
	o->ch = o->layout == REC_STEREO ? 2 : 1;

	struct pl stem = {prm->path, cut};

	err = re_sdprintf(&o->path, "%r%s", &stem, add);
	if (!err && prm->base)
		err = str_dup(&o->base, prm->base);
	if (!err && o->form.codec == CODEC_GSM)
		err = codec_enc_alloc(&o->enc, CODEC_GSM);

	if (err)
		rec_out_reset(o);

	return err;
}


void rec_out_reset(struct rec_out *o)
{
	if (o->fd >= 0)
		(void)close(o->fd);
	o->fd = -1;

	o->base = mem_deref(o->base);
	o->path = mem_deref(o->path);
	o->name = mem_deref(o->name);
	o->enc	= mem_deref(o->enc);
}


static int write_at(int fd, const uint8_t *p, size_t len, uint64_t off)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, (off_t)off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;

		p += n;
		off += (uint64_t)n;
		len -= (size_t)n;
	}

	return 0;
}


/* A file that was there: where we go on, and how it is laid out */
static int take_over(struct rec_out *o, int fd, uint64_t size)
{
	uint8_t head[HEAD_READ];
	ssize_t n;
	int err;

	if (!o->form.wav) {
		unsigned fb = o->form.codec == CODEC_GSM ? GSM_BYTES
							 : frame_bytes(o);

		o->start = size - size % fb;
		return 0;
	}

	n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return errno;

	err = wav_decode(&o->fmt, head, (size_t)n, size, NULL);
	if (err || o->fmt.codec != CODEC_L16 || o->fmt.srate != o->rate)
		return EBADMSG;

	if (o->fmt.ch == 1 && o->layout == REC_STEREO) {
		o->layout = REC_MIX;
		o->ch	  = 1;
	}
	if (o->fmt.ch != o->ch)
		return EBADMSG;

	if (o->fmt.cut) /* left by a crash: it ends where it ends */
		o->fmt.data_len = size - o->fmt.data_off;

	o->fmt.data_len -= o->fmt.data_len % frame_bytes(o);
	o->start = o->fmt.data_off + o->fmt.data_len;

	return 0;
}


static int write_header(struct rec_out *o)
{
	if (!o->form.wav)
		return 0;

	return wav_patch(o->fd, &o->fmt, o->off - o->fmt.data_off);
}


static int prepare(struct rec_out *o, bool fresh)
{
	struct stat st;
	int err;

	if (fstat(o->fd, &st))
		return errno;

	o->dev = st.st_dev;
	if (fresh || !st.st_size) {
		o->fmt	 = (struct wav_fmt){.codec    = CODEC_L16,
					    .srate    = o->rate,
					    .ch	      = o->ch,
					    .data_off = WAV_HDR_SIZE,
					    .ours     = true};
		o->start = o->form.wav ? WAV_HDR_SIZE : 0;
	}
	else {
		err = take_over(o, o->fd, (uint64_t)st.st_size);
		if (err)
			return err;

		if (ftruncate(o->fd, (off_t)o->start))
			return errno;
	}

	o->off = o->start;
	return write_header(o);
}


void rec_out_open(struct rec_out *o, uint64_t now_us)
{
	bool created = false;
	char *name   = NULL;
	int err;

	if (o->fd >= 0 || o->dead)
		return;

	err = rec_open(&o->fd, &name, &created, o);
	if (!err) {
		mem_deref(o->name);
		o->name	   = name;
		o->created = created;

		err = prepare(o, created);
		if (err) {
			(void)close(o->fd);
			o->fd = -1;
			if (created)
				rec_unlink(o);
			o->created = false;
		}
	}

	if (err) {
		note_failure(o, err, now_us);
		o->dead = o->must || is_final(err);
		return;
	}

	o->hdr_us = now_us;
}


const char *rec_out_why(const struct rec_out *o)
{
	return err_text(o->err);
}


static void decode_chunk(int16_t *out, const struct rec_chunk *c, size_t n)
{
	if (!c)
		memset(out, 0, n * sizeof(*out));
	else if (c->codec == CODEC_L16)
		memcpy(out, c->data, n * sizeof(*out));
	else if (codec_decode(out, n, c->codec, c->data, n) < n)
		memset(out, 0, n * sizeof(*out));
}


static int16_t clip(int v)
{
	return (int16_t)(v > 32767 ? 32767 : v < -32768 ? -32768 : v);
}


static void amplify(int16_t *pcm, size_t n, uint32_t gain)
{
	if (gain == GAIN_NONE)
		return;

	for (size_t i = 0; i < n; i++)
		pcm[i] = clip(pcm[i] * (int)gain / GAIN_NONE);
}


/* Both channels as the layout wants them; returns the number of values */
static size_t lay_out(int16_t *out, const struct rec_out *o,
		      const struct rec_block *b)
{
	int16_t in[2][REC_BLOCK];
	size_t n = b->n < REC_BLOCK ? b->n : REC_BLOCK;

	decode_chunk(in[0], b->ch[0], n);
	decode_chunk(in[1], b->ch[1], n);
	amplify(in[0], n, o->gain[0]);
	amplify(in[1], n, o->gain[1]);

	switch (o->layout) {

	case REC_STEREO:
		for (size_t i = 0; i < n; i++) {
			out[2 * i]     = in[0][i];
			out[2 * i + 1] = in[1][i];
		}
		return 2 * n;

	case REC_MIX:
		for (size_t i = 0; i < n; i++)
			out[i] = clip(in[0][i] + in[1][i]);
		return n;

	case REC_SAYS: memcpy(out, in[0], n * sizeof(*out)); return n;
	case REC_HEARS: memcpy(out, in[1], n * sizeof(*out)); return n;
	}

	return 0;
}


static size_t encode_gsm(uint8_t *out, struct rec_out *o, const int16_t *pcm,
			 size_t n)
{
	size_t bytes = 0;

	while (n) {
		size_t k = REC_GSM - o->ncarry;

		k = k < n ? k : n;
		memcpy(o->carry + o->ncarry, pcm, k * sizeof(*pcm));
		o->ncarry += k;
		pcm += k;
		n -= k;

		if (o->ncarry == REC_GSM) {
			bytes += codec_enc_run(o->enc, out + bytes, GSM_BYTES,
					       o->carry, REC_GSM);
			o->ncarry = 0;
		}
	}

	return bytes;
}


/* Values to the bytes of the file; out has room for OUT_MAX */
static size_t encode(uint8_t *out, struct rec_out *o, const int16_t *pcm,
		     size_t n)
{
	if (o->form.codec == CODEC_GSM)
		return encode_gsm(out, o, pcm, n);

	if (o->form.codec != CODEC_L16)
		return codec_encode(out, OUT_MAX, o->form.codec, pcm, n);

	for (size_t i = 0; i < n; i++) {
		out[2 * i]     = (uint8_t)pcm[i];
		out[2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
	}

	return 2 * n;
}


/* Write at the end of what is there; a half write is taken back */
static int put(struct rec_out *o, const uint8_t *p, size_t len, uint64_t off)
{
	int err = write_at(o->fd, p, len, off);

	if (!err)
		o->off = off + len;
	else if (ftruncate(o->fd, (off_t)o->off))
		return err; /* the header knows where it ends */

	return err;
}


/* Samples that the file has by now, a begun GSM frame counted */
static uint64_t laid(const struct rec_out *o)
{
	uint64_t bytes = o->off - o->start;

	if (o->form.codec == CODEC_GSM)
		return bytes / GSM_BYTES * REC_GSM + o->ncarry;

	return bytes / frame_bytes(o);
}


/* Make the silence up to a position where it is more than zeros */
static int fill(struct rec_out *o, uint64_t pos)
{
	static const int16_t zero[REC_BLOCK];
	uint8_t out[OUT_MAX];

	if (o->form.codec == CODEC_L16)
		return 0;

	for (uint64_t at = laid(o); at < pos; at = laid(o)) {
		size_t n   = pos - at < REC_BLOCK ? pos - at : REC_BLOCK;
		size_t len = encode(out, o, zero, n);
		int err	   = put(o, out, len, o->off);

		if (err)
			return err;
	}

	return 0;
}


static int write_block(struct rec_out *o, const struct rec_block *b)
{
	int16_t pcm[2 * REC_BLOCK];
	uint8_t out[OUT_MAX];
	uint64_t off;
	size_t len;
	int err;

	err = fill(o, b->pos);
	if (err)
		return err;

	len = encode(out, o, pcm, lay_out(pcm, o, b));
	off = o->form.codec == CODEC_L16
		      ? o->start + b->pos * frame_bytes(o)
		      : o->off;

	return put(o, out, len, off);
}


void rec_out_block(struct rec_out *o, const struct rec_block *b,
		   uint64_t now_us)
{
	uint64_t end = b->pos + b->n;
	int err	     = 0;

	if (b->pos > o->pos)
		note_gap(o, o->pos, b->pos, too_slow, ENOBUFS);
	o->pos = b->pos;

	if (!o->retry_us || now_us >= o->retry_us) {
		rec_out_open(o, now_us);

		if (o->fd >= 0) {
			err = write_block(o, b);
			if (err)
				note_failure(o, err, now_us);
			else
				note_success(o);
		}
	}

	if (o->retry_us)
		note_gap(o, b->pos, end, err_text(o->err), o->err);
	else
		o->written += b->n;

	o->pos = end;
}


bool rec_out_is_dirty(const struct rec_out *o)
{
	return o->fd >= 0 && o->synced < o->pos;
}


void rec_out_synced(struct rec_out *o)
{
	o->synced = o->pos;
}


/* Some files cannot be synced; a real error may have lost anything since */
void rec_out_sync(struct rec_out *o)
{
	if (fdatasync(o->fd) && errno != EINVAL && errno != ENOSYS &&
	    errno != EROFS)
		note_gap(o, o->synced, o->pos,
			 "the disk may have lost it: error on sync", errno);

	rec_out_synced(o);
}


int rec_out_sync_fs(const struct rec_out *o)
{
	return syncfs(o->fd) ? errno : 0;
}


void rec_out_refresh(struct rec_out *o, uint64_t now_us, uint32_t header_ms)
{
	int err;

	if (o->fd < 0 || o->retry_us ||
	    now_us - o->hdr_us < header_ms * UINT64_C(1000))
		return;

	err = write_header(o);
	if (err)
		note_failure(o, err, now_us);
	o->hdr_us = now_us;
}


/* Silence at the end, the last GSM frame, the header */
static void complete(struct rec_out *o, uint64_t end, uint64_t now_us)
{
	uint64_t whole = end;
	int err;

	if (o->form.codec == CODEC_GSM)
		whole = (end + REC_GSM - 1) / REC_GSM * REC_GSM;

	err = fill(o, whole);
	if (!err && o->form.codec == CODEC_L16) {
		uint64_t size = o->start + end * frame_bytes(o);

		if (size > o->off && ftruncate(o->fd, (off_t)size))
			err = errno;
		else if (size > o->off)
			o->off = size;
	}

	if (!err || o->form.wav) {
		int herr = write_header(o);

		err = err ? err : herr;
	}

	if (err)
		note_failure(o, err, now_us);
}


/* State, size and reason */
static void conclude(struct rec_out *o, uint64_t end)
{
	struct rec_report *rep = o->rep;

	rep->duration_ms = end / (o->rate / 1000);
	rep->bytes	 = o->name ? o->off : 0;
	rep->state	 = rep->err ? REC_GAP : REC_COMPLETE;

	if (o->name && !o->dead && (o->written || !end))
		return;

	rep->state = REC_FAILED;
	if (!rep->err) {
		rep->err = o->err ? o->err : EIO;
		rep->why = err_text(rep->err);
	}

	if (o->created) {
		rec_unlink(o);
		rep->bytes = 0;
	}
}


/* Where the file is, or should have been */
static char *final_path(const struct rec_out *o)
{
	char *path = NULL;

	if (!o->name && o->base && o->path[0] != '/')
		(void)re_sdprintf(&path, "%s/%s", o->base, o->path);

	/* a copy: it goes to another thread, and counts are not atomic */
	if (!path)
		(void)str_dup(&path, o->name ? o->name : o->path);

	return path;
}


void rec_out_close(struct rec_out *o, uint64_t end, uint64_t now_us)
{
	if (end > o->pos && o->retry_us)
		note_gap(o, o->pos, end, err_text(o->err), o->err);
	else if (end > o->pos)
		note_gap(o, o->pos, end, too_slow, ENOBUFS);
	o->pos = end;

	if (o->fd >= 0) {
		complete(o, end, now_us);
		rec_out_sync(o);
		if (close(o->fd))
			note_gap(o, 0, end, "error on close", errno);
		o->fd = -1;
	}

	conclude(o, end);

	o->rep->path = final_path(o);
}
