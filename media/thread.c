/**
 * @file media/thread.c  Media threads
 *
 * One epoll set holds the sockets of the thread's streams, an eventfd that
 * wakes it for commands, and the tick of 20 ms that runs while there are
 * streams.  Sockets are read once per event (level-triggered): a second read
 * to find out that there is nothing more would cost as much as the packet.
 *
 * Commands run before the packets that came with them, or after all packets
 * and the tick.  They may close streams that an event of the round speaks of,
 * so the events are asked for anew in the first case.  And they run a few at a
 * time, so that a hundred streams that close at once hold up no packet.
 * Opening and closing can wait for the next tick, if one comes anyway: waking
 * a thread costs more than either.
 *
 * The rest of the time is in media/tick.c.
 */
#include "media/thread.h"
#include <signal.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/count.h"
#include "base/log.h"
#include "base/prio.h"
#include "base/turn.h"
#include "media/mixer.h"
#include "media/play.h"
#include "media/tap.h"
#include "media/tick.h"


enum {
	EVENTS   = 64,
	CMDS     = 16,   /* in a round */
	BUCKETS  = 4096,
	BUF_SIZE = 2048, /* > PKT_MAX */

	/* in the low bits of a stream's address in epoll's data */
	TAG_RTP    = 0,
	TAG_RTCP   = 1,
	TAG_DIRECT = 2,
	TAG_MASK   = 3,
	/* instead of an address */
	TAG_CMD    = 4,
	TAG_TICK   = 8,
};

struct mthread {
	/* set once */
	unsigned no;
	struct chan *up;
	int ep, wake;
	struct turn_job wake_job; /* signalling thread's */
	pthread_t tid;
	struct media_cmd *quit_cmd; /* made at the start: stopping cannot fail */

	/* under lock */
	pthread_mutex_t lock;
	struct media_cmd *head;
	struct media_cmd **tail;
	bool woken;               /* it will look at them soon */
	bool ticks;               /* it looks at them with every tick */

	/* media thread */
	struct media_cmd *todo;   /* taken, not done yet */
	bool busy;                /* there may be more */
	struct hash *ids;
	struct tick tick;
	bool ticks_said;          /* `ticks` as written last */
	bool quit;
	uint8_t buf[BUF_SIZE];
};


static void *thread_main(void *arg);
static void wake_handler(void *arg);


/* --- signalling thread --------------------------------------------------- */

static void destructor(void *arg)
{
	struct mthread *mt = arg;

	turn_forget(&mt->wake_job);
	cmd_free(mt->quit_cmd);
	tick_close(&mt->tick);
	mem_deref(mt->ids);
	if (mt->wake >= 0)
		(void)close(mt->wake);
	if (mt->ep >= 0)
		(void)close(mt->ep);
	(void)pthread_mutex_destroy(&mt->lock);
}


static int epoll_add(struct mthread *mt, int fd, uint64_t data)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.u64 = data};

	return epoll_ctl(mt->ep, EPOLL_CTL_ADD, fd, &ev) ? errno : 0;
}


static int fds_open(struct mthread *mt)
{
	int err;

	mt->ep   = epoll_create1(EPOLL_CLOEXEC);
	mt->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (mt->ep < 0 || mt->wake < 0)
		return errno;

	err = tick_open(&mt->tick);
	if (!err)
		err = epoll_add(mt, mt->wake, TAG_CMD);
	if (!err)
		err = epoll_add(mt, mt->tick.fd, TAG_TICK);

	return err;
}


/* Signals are for the signalling thread */
static int thread_start(struct mthread *mt)
{
	sigset_t all, old;
	char name[16];
	int err;

	(void)sigfillset(&all);
	(void)pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&mt->tid, NULL, thread_main, mt);
	(void)pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (err)
		return err;

	(void)snprintf(name, sizeof(name), "media-%u", mt->no);
	(void)pthread_setname_np(mt->tid, name);

	return 0;
}


int mthread_alloc(struct mthread **mtp, unsigned no, struct chan *up)
{
	struct mthread *mt;
	int err;

	if (!mtp || !up)
		return EINVAL;

	mt = mem_zalloc(sizeof(*mt), destructor);
	if (!mt)
		return ENOMEM;

	mt->no      = no;
	mt->up      = up;
	mt->ep      = -1;
	mt->wake    = -1;
	mt->tick.fd = -1;
	mt->tail    = &mt->head;
	mt->wake_job = (struct turn_job){.h = wake_handler, .arg = mt};
	(void)pthread_mutex_init(&mt->lock, NULL);

	mt->quit_cmd = cmd_alloc(CMD_QUIT, 0);
	err          = mt->quit_cmd ? 0 : ENOMEM;
	if (!err)
		err = hash_alloc(&mt->ids, BUCKETS);
	if (!err)
		err = fds_open(mt);
	if (!err)
		err = thread_start(mt);

	if (err)
		mem_deref(mt);
	else
		*mtp = mt;

	return err;
}


static struct media_cmd *take_cmds(struct mthread *mt)
{
	struct media_cmd *cmd;

	(void)pthread_mutex_lock(&mt->lock);
	cmd       = mt->head;
	mt->head  = NULL;
	mt->tail  = &mt->head;
	mt->woken = false;
	(void)pthread_mutex_unlock(&mt->lock);

	return cmd;
}


static void wake_handler(void *arg)
{
	const struct mthread *mt = arg;
	const uint64_t one	 = 1;

	while (write(mt->wake, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}


/* Nobody hears the difference: packets that come meanwhile wait in the socket,
 * and a stream that is done may live for some ms more */
static bool can_wait(enum media_cmd_type type)
{
	return type == CMD_OPEN || type == CMD_CLOSE;
}


/* One wake-up for all commands of a turn of the signalling thread */
void mthread_send(struct mthread *mt, struct media_cmd *cmd)
{
	bool wake;

	cmd->next = NULL;

	(void)pthread_mutex_lock(&mt->lock);
	wake      = !mt->woken && !(mt->ticks && can_wait(cmd->type));
	mt->woken = mt->woken || wake;
	*mt->tail = cmd;
	mt->tail  = &cmd->next;
	(void)pthread_mutex_unlock(&mt->lock);

	if (wake && !turn_defer(&mt->wake_job))
		wake_handler(mt);
}


static void cmds_free(struct media_cmd *cmd)
{
	while (cmd) {
		struct media_cmd *next = cmd->next;

		cmd_free(cmd);
		cmd = next;
	}
}


void mthread_stop(struct mthread *mt)
{
	struct media_cmd *cmd;

	if (!mt)
		return;

	cmd          = mt->quit_cmd;
	mt->quit_cmd = NULL;
	mthread_send(mt, cmd);
	wake_handler(mt); /* we wait for it here, so now */
	(void)pthread_join(mt->tid, NULL);

	cmds_free(mt->todo);
	cmds_free(take_cmds(mt));
	mem_deref(mt);
}


struct stream *mthread_take(struct mthread *mt, media_id id)
{
	struct handover hand  = {.done = false};
	struct media_cmd *cmd = cmd_alloc(CMD_GIVE, id);

	if (!cmd)
		return NULL;

	(void)pthread_mutex_init(&hand.lock, NULL);
	(void)pthread_cond_init(&hand.cond, NULL);

	cmd->u.hand = &hand;
	mthread_send(mt, cmd);
	wake_handler(mt); /* not at the end of the turn: that is after this */

	(void)pthread_mutex_lock(&hand.lock);
	while (!hand.done)
		(void)pthread_cond_wait(&hand.cond, &hand.lock);
	(void)pthread_mutex_unlock(&hand.lock);

	(void)pthread_cond_destroy(&hand.cond);
	(void)pthread_mutex_destroy(&hand.lock);

	return hand.stream;
}


/* --- streams of the thread ----------------------------------------------- */

static bool has_id(struct le *le, void *arg)
{
	const struct stream *s = le->data;

	return s->id == *(const media_id *)arg;
}


static struct stream *find(struct mthread *mt, media_id id)
{
	return list_ledata(
		hash_lookup(mt->ids, (uint32_t)id, has_id, &id));
}


/* A stream whose sockets cannot be watched is of no use: it is closed */
static void add_stream(struct mthread *mt, struct stream *s)
{
	int err;

	s->mt = mt;
	hash_append(mt->ids, (uint32_t)s->id, &s->le, s);
	tick_add(&mt->tick, s);
	stream_update_tick(s);

	err = s->mixer ? 0 : epoll_add(mt, s->pair.rtp, (uintptr_t)s | TAG_RTP);
	if (!err && !s->mixer)
		err = epoll_add(mt, s->pair.rtcp, (uintptr_t)s | TAG_RTCP);
	if (!err)
		return;

	log_error("media", "stream %llu: cannot watch its sockets: %m",
		  (unsigned long long)s->id, err);
	s->closed->rep.err = err;
	stream_close(s, clock_us());
}


static void give_stream(struct mthread *mt, struct stream *s,
			struct handover *h)
{
	stream_unbridge(s);
	mixer_leave(s);
	stream_undirect(s);
	(void)epoll_ctl(mt->ep, EPOLL_CTL_DEL, s->pair.rtp, NULL);
	(void)epoll_ctl(mt->ep, EPOLL_CTL_DEL, s->pair.rtcp, NULL);
	list_unlink(&s->le);
	tick_remove(s);
	s->mt     = NULL;
	h->stream = s;
}


int mthread_watch_direct(struct mthread *mt, struct stream *s)
{
	return epoll_add(mt, s->direct, (uintptr_t)s | TAG_DIRECT);
}


void mthread_set_tick(struct mthread *mt, struct stream *s, bool on)
{
	tick_set(&mt->tick, s, on);
}


static bool close_handler(struct le *le, void *arg)
{
	stream_close(le->data, *(const uint64_t *)arg);

	return false;
}


static void close_all(struct mthread *mt)
{
	uint64_t now = clock_us();

	/* stream_close() takes itself out; hash_apply() looks ahead */
	(void)hash_apply(mt->ids, close_handler, &now);
	mt->quit = true;
}


/* --- commands ------------------------------------------------------------ */

static void bridge(struct mthread *mt, struct stream *s, media_id other)
{
	struct stream *p = find(mt, other);

	if (p)
		stream_bridge(s, p);
	else
		count_inc(COUNT_UNKNOWN_ID);
}


/* Without the room it is in none */
static void join(struct mthread *mt, struct stream *s, struct media_cmd *cmd)
{
	struct stream *room = find(mt, member_room(cmd->u.member));

	if (!room) {
		count_inc(COUNT_UNKNOWN_ID);
		return;
	}

	mixer_join(room, s, cmd->u.member);
	cmd->u.member = NULL;
}


static void leave(struct stream *s, media_id room)
{
	if (s->member && member_room(s->member) == room)
		mixer_leave(s);
}


static void set_ear(struct ear **earp, struct media_cmd *cmd)
{
	mem_deref(*earp);
	*earp	   = cmd->u.ear;
	cmd->u.ear = NULL;
}


/* A command for a stream that is there; what it carries is taken over */
static void exec(struct mthread *mt, struct stream *s, struct media_cmd *cmd)
{
	const uint64_t now = clock_us();

	switch (cmd->type) {

	case CMD_GIVE:      give_stream(mt, s, cmd->u.hand); break;
	case CMD_CLOSE:     stream_close(s, now); break;
	case CMD_FLOW:      stream_set_flow(s, &cmd->u.flow, now); break;
	case CMD_BRIDGE:    bridge(mt, s, cmd->u.other); break;
	case CMD_UNBRIDGE:  stream_unbridge(s); break;
	case CMD_ECHO:      stream_set_echo(s, cmd->u.on); break;
	case CMD_KEEP:      s->keep = cmd->u.on; break;
	case CMD_JOIN:      join(mt, s, cmd); break;
	case CMD_LEAVE:     leave(s, cmd->u.other); break;
	case CMD_STOP_PLAY: own_stop_play(s, ECANCELED); break;
	case CMD_DTMF:      own_digits(s, &cmd->u.digits); break;
	case CMD_HEAR:      set_ear(&s->ear, cmd); break;
	case CMD_LISTEN:    set_ear(&s->listener, cmd); break;
	case CMD_STOP_RECORD:
		tap_remove(s, cmd->u.tag, now);
		break;

	case CMD_ITEM:
		if (s->own.play)
			play_item(s->own.play, &cmd->u.item);
		break;

	case CMD_PLAY:
		own_play(s, cmd->u.play);
		cmd->u.play = NULL;
		break;

	case CMD_RECORD:
		tap_add(s, cmd->u.tap, now);
		cmd->u.tap = NULL;
		break;

	case CMD_OPEN:
	case CMD_ADOPT:
	case CMD_QUIT: break;
	}
}


static void dispatch(struct mthread *mt, struct media_cmd *cmd)
{
	struct stream *s;

	if (cmd->type == CMD_QUIT) {
		close_all(mt);
	}
	else if (cmd->type == CMD_OPEN || cmd->type == CMD_ADOPT) {
		add_stream(mt, cmd->u.stream);
		cmd->u.stream = NULL;
	}
	else {
		s = find(mt, cmd->id);
		if (s)
			exec(mt, s, cmd);
		else
			count_inc(COUNT_UNKNOWN_ID);
	}

	cmd_free(cmd);
}


static void clear_wake(struct mthread *mt)
{
	uint64_t n;

	/* EAGAIN cannot be: epoll said that it is readable */
	(void)!read(mt->wake, &n, sizeof(n));
}


static void run_cmds(struct mthread *mt)
{
	mt->busy = true;

	for (unsigned i = 0; i < CMDS; i++) {
		struct media_cmd *cmd = mt->todo;

		if (!cmd)
			cmd = take_cmds(mt);
		if (!cmd) {
			mt->busy = false;
			return;
		}

		mt->todo = cmd->next;
		dispatch(mt, cmd);
	}
}


/* Say whether the tick runs.  What was left for a tick that stopped is done
 * now; that may start it again */
static void say_ticks(struct mthread *mt)
{
	while (mt->ticks_said != mt->tick.armed) {
		mt->ticks_said = mt->tick.armed;

		(void)pthread_mutex_lock(&mt->lock);
		mt->ticks = mt->ticks_said;
		(void)pthread_mutex_unlock(&mt->lock);

		if (!mt->ticks_said)
			run_cmds(mt);
	}
}


/* --- packets ------------------------------------------------------------- */

static int socket_of(const struct stream *s, unsigned tag)
{
	switch (tag) {

	case TAG_RTCP:   return s->pair.rtcp;
	case TAG_DIRECT: return s->direct;
	default:         return s->pair.rtp;
	}
}


static void read_socket(struct mthread *mt, struct stream *s, unsigned tag,
			uint64_t now_us)
{
	const int fd = socket_of(s, tag);
	struct sa src;
	ssize_t n;

	src.len = sizeof(src.u);

	/* MSG_TRUNC: the true length, so that a cut packet is seen as one */
	n = recvfrom(fd, mt->buf, sizeof(mt->buf), MSG_DONTWAIT | MSG_TRUNC,
		     &src.u.sa, &src.len);
	if (n < 0)
		return;

	if (tag == TAG_RTCP)
		report_recv(s, mt->buf, (size_t)n, &src, now_us);
	else
		stream_recv(s, mt->buf, (size_t)n, &src, now_us);
}


static void run_events(struct mthread *mt, const struct epoll_event *evv,
		       int n)
{
	const uint64_t now = clock_us();
	bool tick = false;

	for (int i = 0; i < n; i++) {
		const uint64_t data = evv[i].data.u64;

		if (data == TAG_TICK)
			tick = true;
		else if (data != TAG_CMD)
			read_socket(mt,
				    (struct stream *)(uintptr_t)(
					    data & ~(uint64_t)TAG_MASK),
				    (unsigned)(data & TAG_MASK), now);
	}

	if (tick) {
		tick_run(&mt->tick, now);
		run_cmds(mt);
	}

	say_ticks(mt);
}


/* Commands before packets: who was told where to send may have sent at once,
 * and is heard from the first packet on.  True if there were some: they may
 * have ended streams that the events are of */
static bool cmds_first(struct mthread *mt, const struct epoll_event *evv,
		       int n)
{
	bool cmds = mt->busy;

	for (int i = 0; i < n; i++) {
		if (evv[i].data.u64 != TAG_CMD)
			continue;
		clear_wake(mt);
		cmds = true;
	}

	if (!cmds)
		return false;

	run_cmds(mt);
	say_ticks(mt);

	return true;
}


static void *thread_main(void *arg)
{
	struct mthread *mt = arg;
	struct epoll_event evv[EVENTS];
	const int err = prio_raise();

	/* most who are not root may not, and the kernel may be too old */
	if (err)
		log_info("media", "thread %u: no better nice value: %m",
			 mt->no, err);

	while (!mt->quit) {
		int n = epoll_wait(mt->ep, evv, EVENTS, mt->busy ? 0 : -1);

		/* commands that come meanwhile are for the next round, so
		 * that they cannot keep the packets waiting */
		if (cmds_first(mt, evv, n))
			n = mt->quit ? 0 : epoll_wait(mt->ep, evv, EVENTS, 0);
		if (n > 0)
			run_events(mt, evv, n);
	}

	return NULL;
}
