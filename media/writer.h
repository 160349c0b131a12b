/**
 * @file media/writer.h  Threads that write recordings
 *
 * A small pool; each recording belongs to one of the threads, and only there
 * its file is opened, written and closed.  Blocks of audio come through a
 * queue with a cap in bytes: if a disk hangs the queue fills, then blocks are
 * dropped and show up as a gap; the media threads never wait.
 *
 * A write that fails (disk full, read-only) is tried again once a second with
 * the blocks that come then; what is missing meanwhile is silence in the file
 * and a gap in the report.  So is one that cannot begin because the file
 * system is nearly full; that is looked at by the thread which opens it.
 *
 * What was recorded is told once per recording in a struct rec_report, sent
 * through the channel of struct rec_params; who receives it counts it.
 */
#ifndef TANDEM_MEDIA_WRITER_H
#define TANDEM_MEDIA_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/chan.h"
#include "media/codec.h"

enum {
	REC_BLOCK_MS = 250,  /* audio of one block, at 8 kHz */
	REC_BLOCK    = 2000, /* the same in [samples] */
	REC_GAPS     = 16,   /* listed in a report */
};

enum rec_layout {
	REC_STEREO, /* left: caller says, right: caller hears */
	REC_MIX,    /* both in one channel */
	REC_SAYS,   /* channel 0 only */
	REC_HEARS,  /* channel 1 only */
};

enum rec_state {
	REC_COMPLETE, /* every sample is in the file */
	REC_GAP,      /* parts are missing: see the list */
	REC_FAILED,   /* there is no usable file: see why */
	REC_BEGUN,    /* `must`: the file is open */
	REC_REFUSED,  /* ... it cannot begin, see why; FAILED follows when it
			 is closed */
};

struct rec_gap {
	uint64_t at_ms; /* from the start of the recording */
	uint64_t len_ms;
	const char *why; /* constant text */
};

/** One per recording, and one more before it if it `must`; the receiver owns
 *  it: rec_report_free() */
struct rec_report {
	struct chan_msg msg; /* type = rec_params.msg_type */
	uint64_t id;
	enum rec_state state;
	char *path;           /* as opened, absolute if the base is */
	uint64_t duration_ms; /* of this recording */
	uint64_t bytes;       /* size of the file */
	size_t gapc;          /* in gap[] */
	uint32_t gaps_more;   /* beyond REC_GAPS, their time is in gap_ms */
	uint64_t gap_ms;      /* sum */
	struct rec_gap gap[REC_GAPS];
	const char *why; /* of FAILED or the first gap; "" if complete */
	int err;         /* errno of the first failure, 0 if complete */
};

void rec_report_free(struct rec_report *rep);
const char *rec_state_name(enum rec_state st);

/** What to record where.  Copied by record_alloc() */
struct rec_params {
	uint64_t id;      /* returned in the report */
	const char *base; /* trusted directory, made if missing; may be NULL */
	/** File.  Relative to base, or absolute (below base: the same as
	 *  relative).  Directories are made 0750, the file 0640 and new: if
	 *  the name is taken it becomes NAME-1.wav and so on, see the report;
	 *  no symbolic link is followed outside of `base` itself; ".." is
	 *  refused.  The ending decides: .wav PCM16 (none: .wav is added;
	 *  .wav49 becomes .WAV), .ulaw .alaw .sln .gsm and their other names
	 *  raw mono (STEREO becomes MIX there) */
	const char *path;
	enum rec_layout layout;
	uint32_t gain[2];    /* of what is said and heard [1/256], what is too
				loud is cut; 0: as it is */
	uint32_t rate;       /* [Hz] of the samples and of a .wav: 8000, 16000
				or 48000; 0 is 8000 */
	bool append;         /* go on at the end of an existing file */
	bool replace;        /* else: put the new file in its place (Record) */
	uint32_t lowwater;   /* [%] of the file system that must be free for
				it to begin; 0 off */
	bool must;           /* what cannot be opened at once never is; told at
				once: BEGUN or REFUSED */
	struct chan *report; /* outlives the recording; may be NULL */
	uint32_t msg_type;   /* of the report */
};

struct writer;

struct writer_params {
	unsigned threads;   /* 0: 2 */
	size_t queue_max;   /* [bytes] of all queues, 0: 64 MiB */
	uint32_t header_ms; /* refresh of the header, 0: with each block */
	uint32_t sync_ms;   /* data to the disk itself, 0: 500;
			       UINT32_MAX: never.  Left out while a thread
			       has more than 1 MiB waiting */
};

/** Start the threads (prm may be NULL).  Any thread */
int writer_start(struct writer **wp, const struct writer_params *prm);

/** Stop: waits up to `ms` for the queues to empty and files to close, then
 *  leaves a hung thread behind.  Recordings must have ended.  Returns 0, or
 *  ETIMEDOUT (the writer is then not freed) */
int writer_stop(struct writer *w, uint32_t ms);

/** Bytes that wait now, and blocks dropped since the start */
size_t writer_queued(const struct writer *w);
uint64_t writer_dropped(const struct writer *w);

/* For record.c */

/** A channel's audio in a block: code words or samples, NULL = silence */
struct rec_chunk {
	enum codec codec; /* PCMU, PCMA or L16 (host order) */
	uint8_t data[];   /* REC_BLOCK bytes, or REC_BLOCK samples */
};

/** A block of both channels.  malloc'd; the writer frees it */
struct rec_block {
	struct rec_block *next;
	struct rec_file *file;
	uint64_t pos; /* of the first sample in the recording */
	uint32_t n;   /* samples, <= REC_BLOCK */
	struct rec_chunk *ch[2];
};

/** Free a block that was not given away */
void rec_block_free(struct rec_block *b);

/** A recording in the pool.  Opens the file on the writer's thread; errors
 *  come in the report.  EINVAL for a bad path or unknown ending, ENOMEM */
int rec_file_alloc(struct rec_file **fp, struct writer *w,
		   const struct rec_params *prm);

/** Give a block away; never waits.  ENOBUFS: dropped (freed) and counted;
 *  the next block's position tells the writer what is missing */
int rec_file_write(struct rec_file *f, struct rec_block *b);

/** End at `end` samples; cannot fail.  f is gone after this call */
void rec_file_close(struct rec_file *f, uint64_t end);

#endif
