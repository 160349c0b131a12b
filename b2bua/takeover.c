/**
 * @file b2bua/takeover.c  A new Tandem takes over from one that runs
 *
 * takeover_msg.c decides whose a SIP message is and carries it,
 * takeover_state.c has what the processes tell each other of phones and values.
 * Here is who is connected with whom, and what is told at which moment.
 *
 * The moment of the change is TAKE.  Until then the new process can fail
 * without a trace; behind it the kernel's buffers keep what comes until the
 * new one reads.  Everything of the answer to TAKE is sent before anything
 * else, so the new process knows all when it begins to read.
 */
#include <sys/socket.h>
#include <unistd.h>
#include "b2bua/call.h"
#include "b2bua/location.h"
#include "b2bua/register_out.h"
#include "b2bua/subscribe.h"
#include "b2bua/takeover_priv.h"
#include "base/clock.h"
#include "base/ipc.h"
#include "base/log.h"
#include "base/text.h"
#include "base/sdnotify.h"

enum {
	TO_VERSION   = 1,     /* of the messages */
	WAIT_MS   = 10000, /* for an answer of the older process */
	STATUS_MS = 1000,
	RUNS_SIZE = 256,
};

static struct {
	int fd;                /* listens for a newer one; -1 */
	char *path;
	struct takeover_hooks hooks;

	struct ipc *newer;
	int newer_pid;
	bool gone;             /* the newer one has taken over ... */
	bool ending;           /* ... and has asked us to end */
	struct timer status;

	struct ipc *older;
	int older_pid;
	uint32_t older_calls;
	uint64_t since_ms;
	bool began, sockets, taken; /* what the older one has said */
	char refused[128];
	char runs[RUNS_SIZE];  /* of the older ones */
} to = {.fd = -1};

struct ipc *takeover_older(void)
{
	return to.older;
}


struct ipc *takeover_newer(void)
{
	return to.gone ? to.newer : NULL;
}


const char *takeover_runs(void)
{
	return to.older && to.runs[0] ? to.runs : NULL;
}


bool takeover_has_older(void)
{
	return to.older != NULL;
}


bool takeover_has_newer(void)
{
	return to.gone;
}


bool takeover_is_done(void)
{
	return !list_head(calls_list()) && !sx_is_busy(server()->sx) &&
	       !to.older;
}


static void neighbours(void)
{
	const bool some = to.older || to.gone;

	takeover_watch(some);
	takeover_messages(some);
}


/* ---- the older one: answers to a newer one ------------------------------ */

static void socket_handler(enum sx_tp tp, int fd, void *arg)
{
	int err = ipc_send_fd(arg, TO_SOCKET, NULL, fd);

	if (err)
		log_warning("takeover", "socket of %s not handed over: %m",
			    sx_tp_name(tp), err);
}


static void refuse(struct ipc *i, const char *why)
{
	log_warning("takeover", "process %d may not take over: %s",
		    to.newer_pid, why);
	takeover_send_texts(i, TO_REFUSED, why, NULL, NULL);
}


static void rx_hello(struct ipc *i, struct mbuf *mb)
{
	char runs[RUNS_SIZE];
	uint32_t version;

	if (ipc_get_u32(&version, mb) || version != TO_VERSION) {
		refuse(i, "it speaks another version; stop this one first");
		return;
	}

	log_info("takeover", "process %d is about to take over", to.newer_pid);
	sx_sockets_apply(server()->sx, socket_handler, i);
	(void)re_snprintf(runs, sizeof(runs), "%s%s%s", store_run_id(),
			  to.older ? "," : "", to.older ? to.runs : "");
	takeover_send_texts(i, TO_SOCKETS, runs, NULL, NULL);
}


static void status_handler(void *arg)
{
	struct mbuf *mb = takeover_message();
	int err		= mb ? 0 : ENOMEM;

	(void)arg;
	if (!err)
		err = mbuf_write_u32(mb, list_count(calls_list()));
	(void)takeover_send(to.newer, TO_STATUS, mb, err);
	timer_start(&to.status, STATUS_MS, status_handler, NULL);
}


/* From here on the newer one serves */
static void rx_take(struct ipc *i)
{
	char text[64];

	(void)sx_listeners_pause(server()->sx, true);
	to.gone = true;
	location_passive(true);
	register_pause();
	subs_hand_over();
	if (to.fd >= 0) {
		fd_close(to.fd);
		(void)close(to.fd);
		to.fd = -1;
	}
	neighbours();
	log_notice("takeover", "process %d has taken over: this one ends with "
		   "its last call, %u are left", to.newer_pid,
		   list_count(calls_list()));
	to.hooks.gone(to.newer_pid, to.hooks.arg);

	/* our word counts until the service manager knows the other one */
	(void)re_snprintf(text, sizeof(text), "MAINPID=%d", to.newer_pid);
	(void)sd_notify_send(text);

	/* nothing of ours is in its way any more: with this it begins */
	takeover_export(i);
	status_handler(NULL);
}


static void newer_handler(uint32_t type, struct mbuf *mb, void *arg)
{
	(void)arg;

	switch (type) {

	case TO_HELLO:
		rx_hello(to.newer, mb);
		break;

	case TO_TAKE:
		if (!to.gone)
			rx_take(to.newer);
		break;

	case TO_END:
		log_notice("takeover", "process %d ends our calls",
			   to.newer_pid);
		(void)takeover_end_older();
		to.ending = true;
		server_end_calls();
		break;

	default:
		takeover_rx(to.newer, (enum takeover_msg)type, mb);
		break;
	}
}


static void newer_gone(int err, void *arg)
{
	(void)arg;
	to.newer = mem_deref(to.newer);
	timer_cancel(&to.status);

	if (!to.gone) {
		log_warning("takeover", "process %d has gone before it took "
			    "over: this one goes on", to.newer_pid);
		return;
	}

	/* answers to our BYEs come here again */
	if (to.ending) {
		(void)sx_listeners_pause(server()->sx, false);
		return;
	}

	log_error("takeover", "process %d has gone (%m): this one serves "
		  "again", to.newer_pid, err);
	to.gone = false;
	neighbours();
	takeover_side_gone(false);
	location_passive(false);
	location_config(server()->cfg);
	register_resume();
	err = sx_listeners_pause(server()->sx, false);
	if (err)
		log_error("takeover", "cannot listen again: %m", err);
	to.hooks.back(to.hooks.arg);
}


static int peer_pid(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len)
		       ? 0
		       : (int)cred.pid;
}


static void accept_handler(int flags, void *arg)
{
	int fd = accept4(to.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	int pid, err;

	(void)flags;
	(void)arg;

	if (fd < 0)
		return;

	pid = peer_pid(fd);
	if (to.gone || ipc_check_peer(fd)) {
		log_warning("takeover", "process %d may not take over", pid);
		(void)close(fd);
		return;
	}

	/* one that came before and did not get further */
	to.newer = mem_deref(to.newer);

	to.newer_pid = pid;
	err = ipc_alloc(&to.newer, fd, newer_handler, newer_gone, NULL);
	if (err)
		log_warning("takeover", "process %d: %m", pid, err);
}


int takeover_listen(const char *rundir, const struct takeover_hooks *hooks)
{
	int err = 0;

	if (!rundir || !hooks)
		return EINVAL;

	to.hooks = *hooks;
	if (!to.path)
		err = re_sdprintf(&to.path, "%s/takeover.ctl", rundir);
	if (!err && to.fd < 0)
		err = ipc_listen(&to.fd, to.path);
	if (!err)
		err = fd_listen(to.fd, FD_READ, accept_handler, NULL);

	return err;
}


/* ---- the newer one: what the older one says ----------------------------- */

static int rx_sockets(struct mbuf *mb)
{
	struct pl runs;
	int err = ipc_get_pl(&runs, mb);

	if (!err)
		err = pl_copy(to.runs, sizeof(to.runs), &runs);
	to.sockets = true;

	return err;
}


static int rx_refused(struct mbuf *mb)
{
	struct pl why;
	int err = ipc_get_pl(&why, mb);

	if (!err)
		(void)re_snprintf(to.refused, sizeof(to.refused), "%r", &why);

	return err;
}


/* What both neighbours may say */
void takeover_rx(struct ipc *i, enum takeover_msg type, struct mbuf *mb)
{
	int err;

	switch ((int)type) {

	case TO_PLACE:
	case TO_NOPLACE:
	case TO_VALUE:
	case TO_NOVALUE:
		err = takeover_rx_state(i, type, mb);
		break;

	default:
		err = takeover_rx_message(i, type, mb);
		break;
	}

	if (err)
		log_warning("takeover", "%s from the other process: %m",
			    takeover_msg_name(type), err);
}


static void older_handler(uint32_t type, struct mbuf *mb, void *arg)
{
	int err = 0;

	(void)arg;

	switch (type) {

	case TO_SOCKET: {
		const int fd = ipc_take_fd(to.older);

		err = fd < 0 ? EBADF : sx_give_socket(fd);
		if (err && fd >= 0)
			(void)close(fd);
		break;
	}
	case TO_SOCKETS: err = rx_sockets(mb); break;
	case TO_REFUSED: err = rx_refused(mb); break;
	case TO_DIGEST:
		err = sx_uas_auth_import(server()->auth, mb);
		break;
	case TO_CALLID: err = takeover_rx_callid(mb); break;
	case TO_TAKEN: to.taken = true; break;
	case TO_STATUS: err = ipc_get_u32(&to.older_calls, mb); break;

	default:
		takeover_rx(to.older, (enum takeover_msg)type, mb);
		break;
	}

	if (err)
		log_warning("takeover", "%s from the older process: %m",
			    takeover_msg_name((enum takeover_msg)type), err);
}


static void older_gone(int err, void *arg)
{
	(void)arg;
	to.older = mem_deref(to.older);
	takeover_state_close();
	if (!to.taken)
		return;

	to.taken = false;
	log_notice("takeover", "the process before this one, %d, has ended%s",
		   to.older_pid, err ? " badly" : "");
	neighbours();
	takeover_side_gone(true);
}


/* Until the older one has said it, or is gone */
static int wait_for(const bool *said, struct mbuf *why)
{
	const uint64_t due = clock_ms() + WAIT_MS;
	int err		   = 0;

	while (!err && !*said && !to.refused[0]) {
		const uint64_t now = clock_ms();

		err = now < due ? ipc_wait(to.older, (uint32_t)(due - now))
				: ETIMEDOUT;
		if (!to.older)
			err = ENOTCONN;
	}

	if (to.refused[0])
		err = EBUSY;
	if (err)
		(void)mbuf_printf(why, "the running Tandem (process %d) does "
				  "not hand over: ", to.older_pid);
	if (err && to.refused[0])
		(void)mbuf_printf(why, "%s", to.refused);
	else if (err)
		(void)mbuf_printf(why, "%m", err);

	return err;
}


int takeover_begin(const char *rundir, struct mbuf *why)
{
	struct mbuf *mb;
	char *path = NULL;
	int fd, err;

	if (!rundir || !why || to.older)
		return EINVAL;

	err = re_sdprintf(&path, "%s/takeover.ctl", rundir);
	if (!err)
		err = ipc_connect(&fd, path);
	mem_deref(path);
	if (err == ENOENT || err == ECONNREFUSED)
		return ENOENT;
	if (err) {
		(void)mbuf_printf(why, "%s/takeover.ctl: %m", rundir, err);
		return err;
	}

	to.older_pid = peer_pid(fd);
	err = takeover_state_init();
	if (err) {
		(void)close(fd);
		return err;
	}

	err = ipc_alloc(&to.older, fd, older_handler, older_gone, NULL);
	mb  = takeover_message();
	if (!err)
		err = mb ? mbuf_write_u32(mb, TO_VERSION) : ENOMEM;
	if (!err)
		err = ipc_send(to.older, TO_HELLO, mb);
	mem_deref(mb);
	if (!err)
		err = wait_for(&to.sockets, why);
	if (err)
		to.older = mem_deref(to.older);
	to.began = !err;

	return err;
}


int takeover_finish(struct mbuf *why)
{
	int err;

	if (!to.began)
		return 0;

	to.since_ms = clock_ms();
	err = to.older ? ipc_send(to.older, TO_TAKE, NULL) : ENOTCONN;
	if (!err)
		err = wait_for(&to.taken, why);
	else
		(void)mbuf_printf(why, "the older Tandem has gone");
	if (err)
		return err;

	neighbours();
	(void)location_store_all();
	log_notice("takeover", "taken over from process %d in %u ms",
		   to.older_pid, (unsigned)(clock_ms() - to.since_ms));

	return 0;
}


/* ---- console ------------------------------------------------------------ */

int takeover_debug(struct re_printf *pf, void *unused)
{
	(void)unused;

	if (to.gone)
		return re_hprintf(pf, "Process %d has taken over; %u calls "
				  "are left here\n", to.newer_pid,
				  list_count(calls_list()));
	if (!to.older)
		return re_hprintf(pf, "No other process\n");

	return re_hprintf(pf, "Process %d, from which this one took over %u s "
			  "ago, has %u calls left\n", to.older_pid,
			  (unsigned)((clock_ms() - to.since_ms) / 1000),
			  to.older_calls);
}


int takeover_end_older(void)
{
	return to.older ? ipc_send(to.older, TO_END, NULL) : ENOENT;
}


void takeover_close(void)
{
	takeover_watch(false);
	timer_cancel(&to.status);
	if (to.fd >= 0) {
		fd_close(to.fd);
		(void)close(to.fd);
		(void)unlink(to.path);
		to.fd = -1;
	}

	to.newer   = mem_deref(to.newer);
	to.older = mem_deref(to.older);
	takeover_state_close();
	to.path	   = mem_deref(to.path);
	to.gone = to.ending = false;
}
