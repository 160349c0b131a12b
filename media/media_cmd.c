/**
 * @file media/media_cmd.c  Commands of signalling to the media threads
 *
 * Each is allocated here, handed to the thread of the stream and freed there.
 */
#include "media/media_priv.h"
#include <unistd.h>
#include "base/clock.h"
#include "base/log.h"
#include "media/ear.h"
#include "media/mixer.h"


#define ms media_state


/* --- streams ------------------------------------------------------------- */

static unsigned pick_thread(media_id peer)
{
	const struct handle *h = handle_find(peer);
	unsigned best          = 0;

	if (h)
		return h->thread;

	for (unsigned i = 1; i < ms.threads; i++) {
		if (ms.streamsv[i] < ms.streamsv[best])
			best = i;
	}

	return best;
}


static void handle_destructor(void *arg)
{
	struct handle *h = arg;

	timer_cancel(&h->late);
	list_unlink(&h->le);
	list_flush(&h->recs);
	mem_deref(h->list);
	mem_deref(h->closed);
	cmd_free(h->close);
	stats_box_unref(h->box);
}


static int handle_alloc(struct handle **hp, unsigned thread,
			media_event_h *evh, void *arg)
{
	struct handle *h = mem_zalloc(sizeof(*h), handle_destructor);

	if (!h)
		return ENOMEM;

	h->id     = ++ms.last_id;
	h->thread = thread;
	h->evh    = evh;
	h->arg    = arg;
	h->close  = cmd_alloc(CMD_CLOSE, h->id);
	if (!h->close) {
		mem_deref(h);
		return ENOMEM;
	}

	*hp = h;

	return 0;
}


/* Bind the ports and give the stream to its thread */
static int stream_start(struct handle *h, const struct sa *laddr)
{
	struct stats_box *box = NULL;
	struct stream *s      = NULL;
	struct media_cmd *cmd;
	int err;

	cmd = cmd_alloc(CMD_OPEN, h->id);
	if (!cmd)
		return ENOMEM;

	err = ports_open(ms.ports, &h->pair, laddr, ms.tos, clock_us());
	if (err)
		goto out;

	box = stats_box_alloc();
	err = box ? stream_alloc(&s, h->id, &h->pair, box, ms.up) : ENOMEM;
	if (err) {
		stats_box_unref(box);
		stats_box_unref(box);
		port_pair_close(&h->pair);
		ports_rest(ms.ports, &h->pair, clock_us());
		goto out;
	}

	h->box        = box;
	cmd->u.stream = s;
	hash_append(ms.handles, (uint32_t)h->id, &h->le, h);
	++ms.streamsv[h->thread];
	mthread_send(ms.threadv[h->thread], cmd);

	return 0;

out:
	cmd_free(cmd);

	return err;
}


int media_open(media_id *idp, struct sa *laddr, media_id peer,
	       media_event_h *evh, void *arg)
{
	struct handle *h;
	int err;

	if (!idp || !laddr || !ms.threads)
		return EINVAL;

	err = handle_alloc(&h, pick_thread(peer), evh, arg);
	if (err)
		return err;

	err = stream_start(h, laddr);
	if (err) {
		mem_deref(h);
		return err;
	}

	sa_set_port(laddr, h->pair.port);
	*idp = h->id;

	return 0;
}


int media_cmd_new(struct media_cmd **cmdp, struct handle **hp,
		  enum media_cmd_type type, media_id id)
{
	struct handle *h = handle_find(id);

	if (!h || !h->close)
		return ENOENT;

	*cmdp = cmd_alloc(type, id);
	*hp   = h;

	return *cmdp ? 0 : ENOMEM;
}


void media_cmd_send(const struct handle *h, struct media_cmd *cmd)
{
	mthread_send(ms.threadv[h->thread], cmd);
}


void media_close_stream(media_id id)
{
	struct handle *h = handle_find(id);

	if (!h || !h->close)
		return;

	mthread_send(ms.threadv[h->thread], h->close);
	h->close = NULL;
}


static int send_plain(enum media_cmd_type type, media_id id)
{
	struct media_cmd *cmd;
	struct handle *h;
	const int err = media_cmd_new(&cmd, &h, type, id);

	if (!err)
		media_cmd_send(h, cmd);

	return err;
}


int media_set_flow(media_id id, const struct media_flow *flow)
{
	struct media_cmd *cmd;
	struct handle *h;
	int err;

	if (!flow || flow->npass > ARRAY_SIZE(flow->pass_pt))
		return EINVAL;

	err = media_cmd_new(&cmd, &h, CMD_FLOW, id);
	if (err)
		return err;

	cmd->u.flow = *flow;
	media_cmd_send(h, cmd);

	return 0;
}


/* Streams that exchange packets live on one thread */
static int move(struct handle *h, unsigned thread)
{
	struct media_cmd *cmd;

	if (h->thread == thread)
		return 0;

	cmd = cmd_alloc(CMD_ADOPT, h->id);
	if (!cmd)
		return ENOMEM;

	cmd->u.stream = mthread_take(ms.threadv[h->thread], h->id);
	if (!cmd->u.stream) {
		cmd_free(cmd);
		return ENOENT;
	}

	--ms.streamsv[h->thread];
	++ms.streamsv[thread];
	h->thread = thread;
	mthread_send(ms.threadv[thread], cmd);

	return 0;
}


int media_bridge(media_id a, media_id b)
{
	struct handle *ha, *hb = handle_find(b);
	struct media_cmd *cmd;
	int err;

	if (!hb || !hb->close)
		return ENOENT;
	if (a == b)
		return EINVAL;

	err = media_cmd_new(&cmd, &ha, CMD_BRIDGE, a);
	if (err)
		return err;

	err = move(hb, ha->thread);
	if (err) {
		cmd_free(cmd);
		return err;
	}

	cmd->u.other = b;
	media_cmd_send(ha, cmd);

	return 0;
}


int media_unbridge(media_id id)
{
	return send_plain(CMD_UNBRIDGE, id);
}


static int send_on(enum media_cmd_type type, media_id id, bool on)
{
	struct media_cmd *cmd;
	struct handle *h;
	const int err = media_cmd_new(&cmd, &h, type, id);

	if (err)
		return err;

	cmd->u.on = on;
	media_cmd_send(h, cmd);

	return 0;
}


int media_echo(media_id id, bool on)
{
	return send_on(CMD_ECHO, id, on);
}


/* The ear goes to the stream; NULL: the one that is there is taken away */
static int give_ear(media_id id, enum media_cmd_type type, struct ear *ear)
{
	struct media_cmd *cmd;
	struct handle *h;
	int err;

	err = media_cmd_new(&cmd, &h, type, id);
	if (err) {
		mem_deref(ear);
		return err;
	}

	cmd->u.ear = ear;
	media_cmd_send(h, cmd);

	return 0;
}


int media_hear(media_id id, int fd)
{
	struct ear *ear = NULL;
	int err = 0;

	if (fd >= 0) {
		err = ear_alloc(&ear, fd, NULL);
		if (err)
			(void)close(fd);
	}

	return err ? err : give_ear(id, CMD_HEAR, ear);
}


int media_listen(media_id id, const struct media_listen *prm)
{
	struct ear *ear = NULL;
	int err = 0;

	if (!prm)
		return EINVAL;

	if (prm->level)
		err = ear_alloc(&ear, -1, prm);

	return err ? err : give_ear(id, CMD_LISTEN, ear);
}


int media_keep_digits(media_id id, bool on)
{
	return send_on(CMD_KEEP, id, on);
}


/* --- rooms --------------------------------------------------------------- */

/* A stream without sockets that has a mixer */
static int room_start(struct handle *h, uint32_t interval_ms)
{
	struct stats_box *box;
	struct media_cmd *cmd;
	int err;

	h->pair = (struct port_pair){.rtp = -1, .rtcp = -1};
	cmd     = cmd_alloc(CMD_OPEN, h->id);
	box     = stats_box_alloc();
	if (!cmd || !box) {
		err = ENOMEM;
		goto out;
	}

	err = stream_alloc(&cmd->u.stream, h->id, &h->pair, box, ms.up);
	if (err)
		goto out;

	h->box = box;
	box    = NULL;
	err    = mixer_alloc(&cmd->u.stream->mixer, interval_ms);
	if (err)
		goto out;

	hash_append(ms.handles, (uint32_t)h->id, &h->le, h);
	++ms.streamsv[h->thread];
	mthread_send(ms.threadv[h->thread], cmd);

	return 0;

out:
	stats_box_unref(box);
	stats_box_unref(box);
	cmd_free(cmd);

	return err;
}


int media_open_room(media_id *idp, media_id near, uint32_t interval_ms,
		    media_event_h *evh, void *arg)
{
	struct handle *h;
	int err;

	if (!idp || !ms.threads)
		return EINVAL;

	err = handle_alloc(&h, pick_thread(near), evh, arg);
	if (err)
		return err;

	err = room_start(h, interval_ms);
	if (err) {
		mem_deref(h);
		return err;
	}

	*idp = h->id;

	return 0;
}


int media_join(media_id id, media_id room, const struct media_member *prm)
{
	struct handle *h, *hr = handle_find(room);
	struct media_cmd *cmd;
	int err;

	if (!prm || id == room)
		return EINVAL;
	if (!hr || !hr->close)
		return ENOENT;

	err = media_cmd_new(&cmd, &h, CMD_JOIN, id);
	if (err)
		return err;

	err = member_alloc(&cmd->u.member, room, prm);
	if (!err)
		err = move(h, hr->thread);
	if (err) {
		cmd_free(cmd);
		return err;
	}

	media_cmd_send(h, cmd);

	return 0;
}


int media_leave(media_id id, media_id room)
{
	struct media_cmd *cmd;
	struct handle *h;
	const int err = media_cmd_new(&cmd, &h, CMD_LEAVE, id);

	if (err)
		return err;

	cmd->u.other = room;
	media_cmd_send(h, cmd);

	return 0;
}


bool media_can_mix(enum media_codec codec)
{
	return codec != MEDIA_NONE && codec != MEDIA_OTHER;
}


uint32_t media_mix_rate(enum media_codec codec)
{
	return media_can_mix(codec) ? codec_rate(relay_codec(codec)) : 0;
}


int media_get_stats(media_id id, struct media_stats *stats)
{
	const struct handle *h = handle_find(id);

	if (!stats)
		return EINVAL;
	if (!h)
		return ENOENT;

	stats_box_get(h->box, stats);

	return 0;
}


/* --- audio of our own ---------------------------------------------------- */

static void item_handler(const struct item *item, void *arg)
{
	struct handle *h      = arg;
	struct media_cmd *cmd = cmd_alloc(CMD_ITEM, h->id);

	if (!cmd) {
		struct item lost = *item;

		/* the player waits until it is stopped */
		log_error("media", "stream %llu: no memory to play on",
			  (unsigned long long)h->id);
		item_reset(&lost);
		return;
	}

	cmd->u.item = *item;
	media_cmd_send(h, cmd);
}


int media_play(media_id id, const struct media_play *play)
{
	const uint32_t serial = ++ms.serial;
	struct playlist *list;
	struct media_cmd *cmd;
	struct handle *h;
	int err;

	if (!play)
		return EINVAL;

	err = media_cmd_new(&cmd, &h, CMD_PLAY, id);
	if (err)
		return err;

	err = playlist_alloc(&list, play, ms.prompts,
			     play->country ? play->country : ms.country,
			     serial, item_handler, h);
	if (err)
		goto out;

	err = play_alloc(&cmd->u.play, id, serial, play->tag, ms.up);
	if (err) {
		mem_deref(list);
		goto out;
	}

	mem_deref(h->list);
	h->list = list;
	media_cmd_send(h, cmd);
	playlist_next(list);

	return 0;

out:
	cmd_free(cmd);

	return err;
}


int media_stop_play(media_id id)
{
	return send_plain(CMD_STOP_PLAY, id);
}


int media_send_dtmf(media_id id, const char *digits, uint32_t on_ms,
		    uint32_t off_ms)
{
	const size_t n = digits ? strlen(digits) : 0;
	struct media_cmd *cmd;
	struct handle *h;
	int err;

	if (!n || n > DIGITS_MAX)
		return EINVAL;

	for (size_t i = 0; i < n; i++) {
		if (dtmf_event(digits[i]) < 0)
			return EINVAL;
	}

	err = media_cmd_new(&cmd, &h, CMD_DTMF, id);
	if (err)
		return err;

	str_ncpy(cmd->u.digits.str, digits, sizeof(cmd->u.digits.str));
	cmd->u.digits.on_ms  = on_ms ? on_ms : 100;
	cmd->u.digits.off_ms = off_ms ? off_ms : 100;
	media_cmd_send(h, cmd);

	return 0;
}
