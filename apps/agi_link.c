/**
 * @file apps/agi_link.c  To and from the program: pipes or a connection
 */
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>
#include "apps/agi.h"
#include "b2bua/server.h"

enum {
	READ_SIZE = 4096,
	OUT_MAX = 256 * 1024, /* that may wait to be read by the program */
};

struct agi_link {
	struct agi_session *agi;   /* no reference: it owns us */

	/* a child */
	struct proc *proc;
	int rfd, wfd;              /* the proc's */
	struct mbuf *out;          /* what the pipe has not taken */

	/* a connection */
	struct sx_query *query;
	struct tcp_conn *tc;
	bool up;
};


static void destructor(void *data)
{
	struct agi_link *lk = data;

	mem_deref(lk->query);
	mem_deref(lk->tc);
	mem_deref(lk->proc); /* it goes on; its pipes are closed */
	mem_deref(lk->out);
}


static struct agi_link *link_alloc(struct agi_session *agi)
{
	struct agi_link *lk = mem_zalloc(sizeof(*lk), destructor);

	if (!lk)
		return NULL;

	lk->agi = agi;
	lk->rfd = lk->wfd = -1;

	return lk;
}


/* Who it is and what it was given */
static void greet(struct agi_session *agi)
{
	struct mbuf *mb = mbuf_alloc(1024);

	if (mb && !agi_env_print(mb, agi))
		agi_link_send(agi, mb);
	else
		agi_over(agi, "FAILURE");
	mem_deref(mb);
}


/* --- a child ------------------------------------------------------------- */

static void read_handler(int flags, void *arg)
{
	struct agi_link *lk = arg;
	struct agi_session *agi = lk->agi;
	uint8_t buf[READ_SIZE];
	ssize_t n;

	(void)flags;
	mem_ref(agi);
	n = read(lk->rfd, buf, sizeof(buf));
	if (n > 0)
		agi_rx(agi, buf, (size_t)n);
	else if (!n || (errno != EAGAIN && errno != EINTR)) {
		fd_close(lk->rfd);
		agi_over(agi, "SUCCESS");
	}
	mem_deref(agi);
}


static void write_out(struct agi_link *lk);


static void write_handler(int flags, void *arg)
{
	(void)flags;
	write_out(arg);
}


static void write_out(struct agi_link *lk)
{
	struct mbuf *mb = lk->out;

	while (mbuf_get_left(mb)) {
		ssize_t n = write(lk->wfd, mbuf_buf(mb), mbuf_get_left(mb));

		if (n < 0 && errno == EAGAIN) {
			(void)fd_listen(lk->wfd, FD_WRITE, write_handler, lk);
			return;
		}
		if (n < 0) /* it reads no more; the end comes by itself */
			break;
		mbuf_advance(mb, n);
	}

	fd_close(lk->wfd);
	mbuf_rewind(mb);
}


/* What it does is told by its pipes */
static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	const struct agi_link *lk = arg;

	(void)out;
	if (end != PROC_EXITED || status)
		call_info(lk->agi->call, "AGI %s: %s %d", lk->agi->request,
			  end == PROC_EXITED ? "exit" : "killed by signal",
			  status);
}


static int spawn(struct agi_link *lk, const char *path, int fd3)
{
	const char *argv[ARGS_MAX + 2] = {path};
	struct proc_params prm;
	char **env = NULL;
	int err;

	for (size_t i = 0; i < lk->agi->args.n; i++)
		argv[i + 1] = args_str(&lk->agi->args, i);

	err = agi_env_child(&env, lk->agi->call);
	if (err)
		return err;

	memset(&prm, 0, sizeof(prm));
	prm.argv = argv;
	prm.env = (const char *const *)env;
	prm.pipes = true;
	prm.fd3 = fd3;
	err = proc_start(&lk->proc, &prm, ended, lk);
	mem_deref(env);

	return err;
}


int agi_link_spawn(struct agi_session *agi, const char *path, int fd3)
{
	struct agi_link *lk = link_alloc(agi);
	int err;

	if (!lk)
		return ENOMEM;

	lk->out = mbuf_alloc(512);
	err = lk->out ? spawn(lk, path, fd3) : ENOMEM;
	if (!err) {
		proc_fds(lk->proc, &lk->wfd, &lk->rfd);
		err = fd_listen(lk->rfd, FD_READ, read_handler, lk);
	}
	if (err) {
		mem_deref(lk);
		return err;
	}

	agi->link = lk;
	greet(agi);

	return 0;
}


/* --- a connection -------------------------------------------------------- */

static void connected(void *arg)
{
	struct agi_link *lk = arg;

	lk->up = true;
	timer_cancel(&lk->agi->limit);
	greet(lk->agi);
}


static void received(struct mbuf *mb, void *arg)
{
	struct agi_link *lk = arg;
	struct agi_session *agi = mem_ref(lk->agi);

	agi_rx(agi, mbuf_buf(mb), mbuf_get_left(mb));
	mem_deref(agi);
}


static void closed(int err, void *arg)
{
	struct agi_link *lk = arg;
	struct agi_session *agi = mem_ref(lk->agi);

	if (!lk->up)
		call_warning(agi->call, "AGI %s: not connected: %m",
			     agi->request, err);
	agi_over(agi, lk->up ? "SUCCESS" : "FAILURE");
	mem_deref(agi);
}


static void not_connected(void *arg)
{
	struct agi_session *agi = arg;

	call_warning(agi->call, "AGI %s: no connection in time",
		     agi->request);
	agi_over(agi, "FAILURE");
}


static void resolved(int err, const struct sx_target *tv, size_t n, void *arg)
{
	struct agi_link *lk = arg;

	if (!err && n)
		err = tcp_connect(&lk->tc, &tv[0].dst, connected, received,
				  closed, lk);
	else if (!err)
		err = ENOENT;

	if (err) {
		call_warning(lk->agi->call, "AGI %s: %m", lk->agi->request,
			     err);
		agi_over(lk->agi, "FAILURE");
	}
}


int agi_link_connect(struct agi_session *agi, const char *host, uint16_t port)
{
	struct agi_link *lk = link_alloc(agi);
	struct server *srv = server();
	struct sx_target t;
	int err = 0;

	if (!lk)
		return ENOMEM;

	agi->link = lk;
	timer_start(&agi->limit, AGI_CONNECT_MS, not_connected, agi);

	memset(&t, 0, sizeof(t));
	if (!sa_set_str(&t.dst, host, port))
		resolved(0, &t, 1, lk);
	else if (srv && srv->resolver)
		err = sx_resolve(&lk->query, srv->resolver, host, port,
				 SX_TCP, false, resolved, lk);
	else
		err = ENOENT;

	return err;
}


/* --- both ---------------------------------------------------------------- */

void agi_link_send(struct agi_session *agi, const struct mbuf *mb)
{
	struct agi_link *lk = agi->link;
	struct mbuf *copy;

	if (!lk || agi->over)
		return;

	if (lk->tc) {
		copy = mbuf_alloc(mb->end);
		if (copy && !mbuf_write_mem(copy, mb->buf, mb->end)) {
			mbuf_set_pos(copy, 0);
			(void)tcp_send(lk->tc, copy); /* else it closes */
		}
		mem_deref(copy);
		return;
	}

	if (!lk->out || lk->out->end > OUT_MAX)
		return;

	{
		size_t pos = lk->out->pos;

		mbuf_skip_to_end(lk->out);
		(void)mbuf_write_mem(lk->out, mb->buf, mb->end);
		mbuf_set_pos(lk->out, pos);
	}
	write_out(lk);
}


void agi_link_hangup(struct agi_session *agi)
{
	struct pl no = PL("no");
	struct pl var;
	struct mbuf *mb;

	pl_set_str(&var, call_var(agi->call, "AGISIGHUP"));
	if (!agi->link || !pl_casecmp(&var, &no))
		return;

	if (agi->link->proc) {
		proc_signal(agi->link->proc, SIGHUP);
		return;
	}

	mb = mbuf_alloc(8);
	if (mb && !mbuf_write_str(mb, "HANGUP\n"))
		agi_link_send(agi, mb);
	mem_deref(mb);
}
