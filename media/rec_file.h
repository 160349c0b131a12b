/**
 * @file media/rec_file.h  The file of a recording
 *
 * One writer thread uses it; every function here may wait for the disk.  The
 * struct is embedded in media/writer.c's and holds no lock.
 */
#ifndef TANDEM_MEDIA_REC_FILE_H
#define TANDEM_MEDIA_REC_FILE_H

#include <sys/types.h>
#include "media/wav.h"
#include "media/writer.h"

struct codec_enc;

enum {
	REC_GSM = 160, /* samples of a GSM frame */
};

/** How the audio lies in the file */
struct rec_form {
	enum codec codec; /* L16 is little endian here; PCMU, PCMA, GSM */
	bool wav;
};

/** A file while it is written; set up by rec_out_init() */
struct rec_out {
	/* what to write */
	char *base; /* may be NULL */
	char *path; /* relative to base, or absolute */
	struct rec_form form;
	enum rec_layout layout;
	uint32_t rate;      /* [Hz] */
	uint32_t gain[2];   /* [1/256], 256 is none */
	uint8_t ch;
	bool append;
	bool replace;
	bool must;
	uint32_t lowwater; /* [%] */

	/* file */
	int fd;             /* -1 until it is open */
	dev_t dev;          /* file system that it lies on */
	bool dead;          /* will never open */
	bool created;       /* not one that was there */
	char *name;         /* as opened */
	struct wav_fmt fmt; /* of the header, if form.wav */
	uint64_t start;     /* offset of our first sample */
	uint64_t off;       /* end of what is written whole */
	uint64_t hdr_us;    /* last refresh */
	uint64_t retry_us;  /* a failed write is tried again then, 0: no
			       failure */
	int err;            /* of it */
	struct codec_enc *enc;
	int16_t carry[REC_GSM]; /* begun frame */
	size_t ncarry;

	/* recording */
	uint64_t pos;     /* samples that are behind us */
	uint64_t synced;  /* ... of these on the disk */
	uint64_t written; /* samples written, silence not counted */
	struct rec_report *rep; /* gaps are noted here */
};

/** Which form a path's ending asks for; ENOTSUP if none that we write.
 *  *cut is the length of the path without the ending to be replaced and *add
 *  what comes in its place ("" if it stays) */
int rec_form_find(struct rec_form *form, const char *path, size_t *cut,
		  const char **add);

/** True if a path may be used: no "..", no empty name at the end */
bool rec_path_ok(const char *path);

/** Copy the parameters.  EINVAL, ENOTSUP (ending), ENOMEM */
int rec_out_init(struct rec_out *o, const struct rec_params *prm,
		 struct rec_report *rep);
void rec_out_reset(struct rec_out *o);

/** Open the file; an error is noted and tried again by rec_out_block(), but
 *  not if it must begin at once */
void rec_out_open(struct rec_out *o, uint64_t now_us);

/** Why the file could not be opened; constant text */
const char *rec_out_why(const struct rec_out *o);

/** Write a block at its position; what lies before it becomes silence */
void rec_out_block(struct rec_out *o, const struct rec_block *b,
		   uint64_t now_us);

/** Refresh the header when it is time */
void rec_out_refresh(struct rec_out *o, uint64_t now_us, uint32_t header_ms);

/** True if there is audio that rec_out_sync() would bring to the disk */
bool rec_out_is_dirty(const struct rec_out *o);

/** Wait until the file is on the disk; an error becomes a gap */
void rec_out_sync(struct rec_out *o);

/** Wait until all of its file system is on the disk: for many files much
 *  cheaper.  0 or errno; the caller marks them with rec_out_synced() */
int rec_out_sync_fs(const struct rec_out *o);
void rec_out_synced(struct rec_out *o);

/** The recording ends at `end` samples: complete the file, close it and fill
 *  in the report */
void rec_out_close(struct rec_out *o, uint64_t end, uint64_t now_us);

/* media/rec_open.c */

/** Open or create the file below its directory, following no symbolic link.
 *  ENOBUFS: less is free than `lowwater` says.
 *  *namep is its full name (mem_alloc'd), also on error if it is known;
 *  *createdp tells if it is new */
int rec_open(int *fdp, char **namep, bool *createdp, const struct rec_out *o);

/** Remove a file that holds nothing; the name is the one rec_open() gave */
void rec_unlink(const struct rec_out *o);

#endif
