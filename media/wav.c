/**
 * @file media/wav.c  WAV files: headers, reader, repair
 *
 * Our layout, offsets in bytes:
 *
 *    0  "RIFF" size "WAVE"           "RF64" 0xffffffff "WAVE" from 4 GB on
 *   12  "JUNK" 28, zeros             "ds64" 28, riff, data, samples, 0
 *   48  "fmt " 16, tag ... bits
 *   72  "data" size                  0xffffffff
 *   80  audio to the end of the file
 *
 * So in a file of ours the length of the file is the truth, and the header
 * is at most a refresh behind it.  In somebody else's only a size that is 0
 * or points beyond the end is wrong.
 */
#include "media/wav.h"
#include "base/compat.h"
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	OFF_DS64  = 12,
	OFF_FMT	  = 48,
	OFF_DATA  = 72,
	DS64_LEN  = 28,
	FMT_LEN	  = 16,
	FMT_EXT	  = 40, /* WAVE_FORMAT_EXTENSIBLE */
	TAG_PCM	  = 1,
	TAG_ALAW  = 6,
	TAG_ULAW  = 7,
	TAG_GSM	  = 0x31,
	TAG_EXT	  = 0xfffe,
	RATE_MIN  = 8000,
	RATE_MAX  = 192000,
	HEAD_READ = 65536, /* of a file, to find its chunks */
	LEVELS	  = 16,	   /* of directories */
};


static void put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}


static void put32(uint8_t *p, uint32_t v)
{
	put16(p, (uint16_t)v);
	put16(p + 2, (uint16_t)(v >> 16));
}


static void put64(uint8_t *p, uint64_t v)
{
	put32(p, (uint32_t)v);
	put32(p + 4, (uint32_t)(v >> 32));
}


static uint16_t get16(const uint8_t *p)
{
	return (uint16_t)(p[0] | p[1] << 8);
}


static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}


static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}


static void put_ds64(uint8_t *hdr, uint64_t data_len, uint32_t frame)
{
	memcpy(hdr, "RF64", 4);
	put32(hdr + 4, UINT32_MAX);
	memcpy(hdr + OFF_DS64, "ds64", 4);
	put64(hdr + OFF_DS64 + 8, data_len + WAV_HDR_SIZE - 8);
	put64(hdr + OFF_DS64 + 16, data_len);
	put64(hdr + OFF_DS64 + 24, data_len / frame);
	put32(hdr + OFF_DATA + 4, UINT32_MAX);
}


void wav_hdr_encode(uint8_t hdr[WAV_HDR_SIZE], uint32_t srate, uint8_t ch,
		    uint64_t data_len)
{
	uint32_t frame = 2u * (ch ? ch : 1);

	memset(hdr, 0, WAV_HDR_SIZE);

	memcpy(hdr, "RIFF", 4);
	put32(hdr + 4, (uint32_t)(data_len + WAV_HDR_SIZE - 8));
	memcpy(hdr + 8, "WAVE", 4);

	memcpy(hdr + OFF_DS64, "JUNK", 4);
	put32(hdr + OFF_DS64 + 4, DS64_LEN);

	memcpy(hdr + OFF_FMT, "fmt ", 4);
	put32(hdr + OFF_FMT + 4, FMT_LEN);
	put16(hdr + OFF_FMT + 8, TAG_PCM);
	put16(hdr + OFF_FMT + 10, ch);
	put32(hdr + OFF_FMT + 12, srate);
	put32(hdr + OFF_FMT + 16, srate * frame);
	put16(hdr + OFF_FMT + 20, (uint16_t)frame);
	put16(hdr + OFF_FMT + 22, 16);

	memcpy(hdr + OFF_DATA, "data", 4);
	put32(hdr + OFF_DATA + 4, (uint32_t)data_len);

	if (data_len > UINT32_MAX - WAV_HDR_SIZE)
		put_ds64(hdr, data_len, frame);
}


static int fail(int err, const char **why, const char *text)
{
	if (why)
		*why = text;

	return err;
}


static enum codec tag_codec(uint16_t tag, uint16_t bits)
{
	if (tag == TAG_PCM && bits == 16)
		return CODEC_L16;
	if (tag == TAG_ULAW && bits == 8)
		return CODEC_PCMU;
	if (tag == TAG_ALAW && bits == 8)
		return CODEC_PCMA;
	if (tag == TAG_GSM)
		return CODEC_WAV49;

	return CODEC_NONE;
}


/* p is the body of the fmt chunk */
static int fmt_decode(struct wav_fmt *fmt, const uint8_t *p, size_t len,
		      const char **why)
{
	if (len < FMT_LEN)
		return fail(EBADMSG, why, "the fmt chunk is cut");

	uint16_t tag = get16(p);
	uint16_t ch  = get16(p + 2);

	if (tag == TAG_EXT && len >= FMT_EXT)
		tag = get16(p + 24); /* first two bytes of the GUID */

	fmt->srate = get32(p + 4);
	fmt->codec = tag_codec(tag, get16(p + 14));

	if (fmt->codec == CODEC_NONE)
		return fail(ENOTSUP, why,
			    "neither 16 bit PCM, u-law, A-law nor GSM");

	if (ch < 1 || ch > 2 || (ch > 1 && fmt->codec == CODEC_WAV49))
		return fail(ENOTSUP, why, "neither mono nor stereo");

	if (fmt->srate < RATE_MIN || fmt->srate > RATE_MAX)
		return fail(ENOTSUP, why,
			    "the sample rate is not 8000 to 192000 Hz");

	fmt->ch = (uint8_t)ch;
	return 0;
}


static void data_found(struct wav_fmt *fmt, uint64_t off, uint64_t claim,
		       uint64_t file_len)
{
	uint64_t there = file_len > off ? file_len - off : 0;

	fmt->data_off = off;
	fmt->data_len = claim;

	if (!claim || claim > there) {
		fmt->data_len = there;
		fmt->cut      = claim != there;
	}
	else if (fmt->ours)
		fmt->cut = claim != there;
}


/* True if the chunks up to `data` lie as wav_hdr_encode() puts them */
static bool is_ours(const uint8_t *p, size_t len)
{
	return len >= WAV_HDR_SIZE &&
	       (!memcmp(p + OFF_DS64, "JUNK", 4) ||
		!memcmp(p + OFF_DS64, "ds64", 4)) &&
	       get32(p + OFF_DS64 + 4) == DS64_LEN &&
	       !memcmp(p + OFF_FMT, "fmt ", 4) &&
	       get32(p + OFF_FMT + 4) == FMT_LEN &&
	       get16(p + OFF_FMT + 8) == TAG_PCM &&
	       !memcmp(p + OFF_DATA, "data", 4);
}


static int chunks_decode(struct wav_fmt *fmt, const uint8_t *p, size_t len,
			 uint64_t file_len, const char **why)
{
	uint64_t big = 0;
	uint64_t off = 12;
	int err;

	while (off + 8 <= len) {
		const uint8_t *c = p + off;
		uint64_t size	 = get32(c + 4);
		size_t body	 = (size_t)(len - off - 8);

		if (!memcmp(c, "data", 4)) {
			if (fmt->codec == CODEC_NONE)
				return fail(EBADMSG, why, "no fmt chunk");

			if (size == UINT32_MAX && big)
				size = big;
			data_found(fmt, off + 8, size, file_len);
			return 0;
		}

		if (body > size)
			body = (size_t)size;

		if (!memcmp(c, "ds64", 4) && body >= 16)
			big = get64(c + 16);

		if (!memcmp(c, "fmt ", 4)) {
			err = fmt_decode(fmt, c + 8, body, why);
			if (err)
				return err;
		}

		off += 8 + size + (size & 1);
	}

	return fail(EBADMSG, why, "no data chunk");
}


int wav_decode(struct wav_fmt *fmt, const uint8_t *p, size_t len,
	       uint64_t file_len, const char **why)
{
	struct wav_fmt f;
	int err;

	if (!fmt || !p)
		return EINVAL;

	if (len > file_len)
		len = (size_t)file_len;

	if (len < 12 || (memcmp(p, "RIFF", 4) && memcmp(p, "RF64", 4)) ||
	    memcmp(p + 8, "WAVE", 4))
		return fail(EBADMSG, why, "not a WAV file");

	memset(&f, 0, sizeof(f));
	f.ours = is_ours(p, len);

	err = chunks_decode(&f, p, len, file_len, why);
	if (err)
		return err;

	*fmt = f;
	return 0;
}


static int pwrite_all(int fd, const uint8_t *p, size_t len, off_t off)
{
	while (len) {
		ssize_t n = pwrite(fd, p, len, off);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? errno : EIO;

		p += n;
		off += n;
		len -= (size_t)n;
	}

	return 0;
}


int wav_patch(int fd, const struct wav_fmt *fmt, uint64_t data_len)
{
	uint8_t hdr[WAV_HDR_SIZE];
	uint64_t riff;
	int err;

	if (fd < 0 || !fmt || fmt->data_off < 12)
		return EINVAL;

	if (fmt->ours) {
		wav_hdr_encode(hdr, fmt->srate, fmt->ch, data_len);
		return pwrite_all(fd, hdr, sizeof(hdr), 0);
	}

	riff = fmt->data_off - 8 + data_len + (data_len & 1);
	if (riff > UINT32_MAX)
		return EFBIG;

	put32(hdr, (uint32_t)riff);
	put32(hdr + 4, (uint32_t)data_len);

	err = pwrite_all(fd, hdr, 4, 4);
	if (err)
		return err;

	return pwrite_all(fd, hdr + 4, 4, (off_t)fmt->data_off - 4);
}


static ssize_t pread_some(int fd, uint8_t *p, size_t len, off_t off)
{
	size_t done = 0;

	while (done < len) {
		ssize_t n = pread(fd, p + done, len - done,
				  off + (off_t)done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (!n)
			break;
		done += (size_t)n;
	}

	return (ssize_t)done;
}


/* Do the bytes behind the audio look like chunks that end with the file?  Then
   somebody added them on purpose */
static bool chunks_follow(int fd, uint64_t off, uint64_t file_len)
{
	off += off & 1;

	for (int i = 0; i < LEVELS && off + 8 <= file_len; i++) {
		uint8_t c[8];

		if (pread_some(fd, c, sizeof(c), (off_t)off) != sizeof(c))
			return false;

		for (int k = 0; k < 4; k++) {
			if (c[k] < ' ' || c[k] > '~')
				return false;
		}

		off += 8 + (uint64_t)get32(c + 4);
		off += off & 1;
		if (off == file_len)
			return true;
	}

	return false;
}


/* A header of which only a part, or nothing, reached the disk */
static bool is_stub(const uint8_t *p, size_t len)
{
	uint8_t zero[WAV_HDR_SIZE] = {0};
	uint8_t hdr[WAV_HDR_SIZE];

	if (len >= WAV_HDR_SIZE)
		return false;

	if (!memcmp(p, zero, len))
		return true;

	/* sizes apart it begins as ours do */
	wav_hdr_encode(hdr, CODEC_SRATE, 1, 0);
	return !memcmp(p, hdr, len < 4 ? len : 4) &&
	       (len <= 8 || !memcmp(p + 8, hdr + 8, len < 48 ? len - 8 : 40));
}


static int write_empty(int fd, const uint8_t *p, size_t len)
{
	uint8_t hdr[WAV_HDR_SIZE];
	uint8_t ch = 1;

	if (len > OFF_FMT + 11 && p[OFF_FMT + 10] == 2)
		ch = 2;

	wav_hdr_encode(hdr, CODEC_SRATE, ch, 0);
	return pwrite_all(fd, hdr, sizeof(hdr), 0);
}


/* Where the audio really ends */
static uint64_t true_len(int fd, const struct wav_fmt *fmt, uint64_t file_len)
{
	uint64_t there = file_len - fmt->data_off;

	if (fmt->data_len < there &&
	    (!fmt->ours ||
	     chunks_follow(fd, fmt->data_off + fmt->data_len, file_len)))
		return fmt->data_len;

	return there - there % (2u * fmt->ch);
}


static int mend(int fd, const struct wav_fmt *fmt, uint64_t file_len,
		enum wav_repair *resp)
{
	uint64_t len  = true_len(fd, fmt, file_len);
	uint64_t tail = file_len - fmt->data_off - len;
	int err;

	*resp = WAV_GOOD;

	if (!fmt->cut || (fmt->ours && tail && len == fmt->data_len &&
			  tail >= 2u * fmt->ch))
		return 0;

	/* first the end, then the header: may be interrupted any time */
	if (tail && tail < 2u * fmt->ch &&
	    ftruncate(fd, (off_t)(fmt->data_off + len)))
		return errno;

	err = wav_patch(fd, fmt, len);
	if (err)
		return err;

	*resp = WAV_MENDED;
	return fdatasync(fd) ? errno : 0;
}


static int repair_fd(int fd, enum wav_repair *resp)
{
	struct wav_fmt fmt;
	struct stat st;
	uint8_t *p;
	ssize_t n;
	int err;

	*resp = WAV_FOREIGN;

	if (fstat(fd, &st))
		return errno;
	if (!S_ISREG(st.st_mode))
		return 0;
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? EBUSY : errno;

	p = mem_alloc(HEAD_READ, NULL);
	if (!p)
		return ENOMEM;

	n = pread_some(fd, p, HEAD_READ, 0);
	if (n < 0) {
		err = errno;
		goto out;
	}

	err = wav_decode(&fmt, p, (size_t)n, (uint64_t)st.st_size, NULL);
	if (!err && fmt.codec == CODEC_L16)
		err = mend(fd, &fmt, (uint64_t)st.st_size, resp);
	else if (err && is_stub(p, (size_t)n)) {
		err   = write_empty(fd, p, (size_t)n);
		*resp = WAV_EMPTY;
	}
	else
		err = 0;

out:
	mem_deref(p);
	return err;
}


/* Relative to a directory that is open, or AT_FDCWD */
static int repair_at(int dirfd, const char *name, enum wav_repair *resp)
{
	int fd = openat(dirfd, name,
			O_RDWR | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	int err;

	*resp = WAV_FOREIGN;
	if (fd < 0)
		return errno;

	err = repair_fd(fd, resp);
	(void)close(fd); /* the lock goes with it */

	return err;
}


int wav_repair(const char *path, enum wav_repair *resp)
{
	enum wav_repair res;
	int err;

	if (!path)
		return EINVAL;

	err = repair_at(AT_FDCWD, path, &res);
	if (resp)
		*resp = res;

	return err;
}


struct walk {
	wav_repair_h *h;
	void *arg;
};


static bool has_wav_ending(const char *name)
{
	size_t n = strlen(name);

	return n > 4 && !strcasecmp(name + n - 4, ".wav");
}


static void walk_file(const struct walk *w, int dirfd, const char *name,
		      const char *path)
{
	enum wav_repair res;
	int err = repair_at(dirfd, name, &res);

	if (w->h && (err || res == WAV_MENDED || res == WAV_EMPTY))
		w->h(path, res, err, w->arg);
}


static int open_dir(int dirfd, const char *name, bool follow)
{
	return openat(dirfd, name,
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC |
			      (follow ? 0 : O_NOFOLLOW));
}


/* Takes fd over */
static int walk_dir(const struct walk *w, int fd, const char *path,
		    int level) /* NOLINT(misc-no-recursion) */
{
	struct dirent *de;
	DIR *dir = fdopendir(fd);

	if (!dir) {
		int err = errno;

		(void)close(fd);
		return err;
	}

	while ((de = readdir(dir))) {
		char *sub = NULL;
		int sfd	  = -1;

		if (de->d_name[0] == '.')
			continue;

		if (re_sdprintf(&sub, "%s/%s", path, de->d_name))
			break;

		if (level < LEVELS)
			sfd = open_dir(dirfd(dir), de->d_name, false);

		if (sfd >= 0)
			(void)walk_dir(w, sfd, sub, level + 1);
		else if (has_wav_ending(de->d_name))
			walk_file(w, dirfd(dir), de->d_name, sub);

		mem_deref(sub);
	}

	(void)closedir(dir);
	return 0;
}


int wav_repair_dir(const char *path, wav_repair_h *h, void *arg)
{
	const struct walk w = {.h = h, .arg = arg};
	int fd;

	if (!path)
		return EINVAL;

	fd = open_dir(AT_FDCWD, path, true);

	return fd < 0 ? errno : walk_dir(&w, fd, path, 1);
}
