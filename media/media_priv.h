/**
 * @file media/media_priv.h  Signalling's side of the streams
 *
 * Signalling thread; for media*.c and tests only.
 */
#ifndef TANDEM_MEDIA_PRIV_H
#define TANDEM_MEDIA_PRIV_H

#include "base/timer.h"
#include "media/play.h"
#include "media/playlist.h"
#include "media/thread.h"
#include "media/writer.h"

enum {
	MEDIA_THREADS_MAX = 64,
};

/** What signalling knows of a stream.  Owned by the table; gone when CLOSED
 *  was told */
struct handle {
	struct le le;
	media_id id;
	unsigned thread;
	struct port_pair pair;   /* the number; the sockets are the stream's */
	struct stats_box *box;
	media_event_h *evh;      /* NULL: detached */
	void *arg;

	struct playlist *list;   /* of the latest player */
	struct list recs;        /* struct rec: recordings that run */

	struct media_cmd *close; /* made at the start: closing cannot fail */
	struct media_up *closed; /* waits for the recordings */
	struct timer late;
};

/** The one instance */
struct media {
	struct chan *up;
	struct mthread *threadv[MEDIA_THREADS_MAX];
	size_t streamsv[MEDIA_THREADS_MAX]; /* streams of each */
	unsigned threads;
	struct hash *handles;
	struct hash *recs;       /* struct rec by id */
	media_id last_id;
	uint32_t serial;         /* of players */
	uint64_t rec_id;
	struct ports *ports;
	uint16_t port_min, port_max;
	uint32_t port_rest_ms;
	struct prompts *prompts;
	char *sound_path;
	char *country;
	uint8_t tos;
	struct writer *writer;
};

extern struct media media_state;

struct handle *handle_find(media_id id);

/** Allocate a command for a stream; ENOENT, ENOMEM */
int media_cmd_new(struct media_cmd **cmdp, struct handle **hp,
		  enum media_cmd_type type, media_id id);
void media_cmd_send(const struct handle *h, struct media_cmd *cmd);

/** Tell the handler of a stream */
void handle_report(struct handle *h, const struct media_report *rep);

/** All of its recordings have ended: CLOSED may be told, the handle is gone
 *  then */
void handle_check_closed(struct handle *h);

/** Handle what the threads have sent; the loop calls it, tests may */
size_t media_poll(void);

/* media_rec.c */

/** A report of the writer; frees it */
void media_rec_report(struct rec_report *rep);

/** REC_DONE that we made ourselves, because a recording did not start */
void media_rec_failed(struct handle *h, const struct media_report *rep);

/** End what still runs as failed; the reason is constant text */
void media_rec_abandon(struct handle *h, const char *why);

#endif
