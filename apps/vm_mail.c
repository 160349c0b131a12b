/**
 * @file apps/vm_mail.c  A message by mail: the letter and its transport
 *
 *   start -> head (headers, text) -> tick, tick ... (sound, 54 KB each)
 *         -> mailcmd with the letter as stdin -> its exit status
 *
 * Reading the sound in pieces keeps the calls going while a long message is
 * written; a pipe to the program is not needed, the letter is a file.
 */
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "apps/vm_mail.h"
#include "apps/vm_program.h"
#include "base/clock.h"
#include "base/proc.h"
#include "base/rand.h"
#include "base/text.h"
#include "base/timer.h"
#include "routing/strftime.h"

enum {
	LINE = 54,            /* bytes of a line of base64 */
	PIECE = 1000 * LINE,
	MAIL_MS = 60000,      /* the program's time */
	WORD = 45,            /* bytes of an encoded word */
};

struct mail {
	struct le le;
	struct config *cfg;
	const struct vm_box *box; /* of cfg */
	enum vm_folder folder;
	int in, out;          /* the sound, the letter */
	ino_t ino;            /* which sound it is */
	bool last;            /* removes the message, with delete=yes */
	char boundary[33];
	struct timer tmr;
	struct proc *proc;
};

static struct list mails; /* under way */

static const char def_subject[] = "[Tandem]: New message ${VM_MSGNUM} in "
				  "mailbox ${VM_MAILBOX}";
static const char def_body[] =
	"Dear ${VM_NAME},\n\n"
	"a message of ${VM_DUR} from ${VM_CALLERID} has been left in mailbox "
	"${VM_MAILBOX} on ${VM_DATE}.\n";


static void destructor(void *data)
{
	struct mail *m = data;

	timer_cancel(&m->tmr);
	list_unlink(&m->le);
	mem_deref(m->proc);
	mem_deref(m->cfg);
	if (m->in >= 0)
		(void)close(m->in);
	if (m->out >= 0)
		(void)close(m->out);
}


/* --- texts --------------------------------------------------------------- */

/* What a caller sent stays on its line */
static int put_clean(struct mbuf *out, const char *s, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		if ((uint8_t)s[i] >= ' ' && s[i] != 0x7f)
			err = mbuf_write_u8(out, (uint8_t)s[i]);
	}

	return err;
}


static int put_date(struct mbuf *out, const struct config *cfg,
		    const struct vm_box *box, const struct vm_info *info)
{
	char tz[80];
	struct pl fmt;
	int err;

	pl_set_str(&fmt, cfg->vm.dateformat ? cfg->vm.dateformat : "%c");
	err = strftime_us(out, &fmt, info->origtime * 1000000,
			  config_vm_tz(cfg, box, tz, sizeof(tz)));

	return err == ENOENT ? 0 : err; /* an unknown zone: UTC is written */
}


/* Number in "Name" <number>, and what is before it */
static void split_callerid(struct pl *name, struct pl *num,
			   const char *callerid)
{
	const char *lt = strrchr(callerid, '<');

	pl_set_str(name, "");
	pl_set_str(num, callerid);
	if (!lt)
		return;

	name->p = callerid;
	name->l = (size_t)(lt - callerid);
	*name = pl_trim(*name);
	if (name->l >= 2 && name->p[0] == '"') {
		++name->p;
		name->l -= 2;
	}

	num->p = lt + 1;
	num->l = strcspn(lt + 1, ">");
}


static int put_var(struct mbuf *out, const struct pl *var,
		   const struct config *cfg, const struct vm_box *box,
		   unsigned num, const struct vm_info *info)
{
	struct pl cname, cnum;
	const char *who = info->callerid[0] ? info->callerid
					    : "an unknown caller";

	split_callerid(&cname, &cnum, info->callerid);

	if (!pl_strcmp(var, "VM_NAME"))
		return mbuf_write_str(out, box->fullname ? box->fullname
							 : box->name);
	if (!pl_strcmp(var, "VM_DUR"))
		return mbuf_printf(out, "%u:%02u", info->duration_s / 60,
				   info->duration_s % 60);
	if (!pl_strcmp(var, "VM_MSGNUM"))
		return mbuf_printf(out, "%u", num + 1);
	if (!pl_strcmp(var, "VM_MAILBOX"))
		return mbuf_write_str(out, box->name);
	if (!pl_strcmp(var, "VM_CONTEXT"))
		return mbuf_write_str(out, box->context);
	if (!pl_strcmp(var, "VM_CALLERID"))
		return put_clean(out, who, strlen(who));
	if (!pl_strcmp(var, "VM_CIDNUM"))
		return put_clean(out, cnum.p, cnum.l);
	if (!pl_strcmp(var, "VM_CIDNAME"))
		return put_clean(out, cname.p, cname.l);
	if (!pl_strcmp(var, "VM_DATE"))
		return put_date(out, cfg, box, info);
	if (!pl_strcmp(var, "VM_MESSAGEFILE"))
		return mbuf_printf(out, "msg%04u.wav", num);

	return 0; /* what nobody knows is empty, as in the dialplan */
}


int vm_mail_expand(struct mbuf *out, const char *text,
		   const struct config *cfg, const struct vm_box *box,
		   unsigned num, const struct vm_info *info)
{
	int err = 0;

	for (const char *p = text; *p && !err; p++) {
		const char *end;

		if (p[0] == '$' && p[1] == '{' &&
		    (end = strchr(p, '}')) != NULL) {
			struct pl var = {p + 2, (size_t)(end - p) - 2};

			err = put_var(out, &var, cfg, box, num, info);
			p = end;
		}
		else if (p[0] == '\\' && (p[1] == 'n' || p[1] == 't')) {
			err = mbuf_write_u8(out, p[1] == 'n' ? '\n' : '\t');
			++p;
		}
		else if (p[0] == '\\' && p[1] == 'r') {
			++p; /* line ends are written by us */
		}
		else {
			err = mbuf_write_u8(out, (uint8_t)*p);
		}
	}

	return err;
}


static int put_base64(struct mbuf *out, const void *p, size_t n)
{
	char buf[4 * ((LINE + 2) / 3) + 4];
	size_t len = sizeof(buf);
	int err = base64_encode(p, n, buf, &len);

	return err ? err : mbuf_write_mem(out, (uint8_t *)buf, len);
}


static bool is_ascii(const char *s)
{
	for (; *s; s++) {
		if ((uint8_t)*s < ' ' || (uint8_t)*s >= 0x7f)
			return false;
	}

	return true;
}


/* Bytes of the next word: a character of UTF-8 is not cut */
static size_t word_len(const char *s)
{
	size_t n = strlen(s);

	if (n <= WORD)
		return n;

	n = WORD;
	while (n > WORD - 4 && ((uint8_t)s[n] & 0xc0) == 0x80)
		--n;

	return n;
}


int vm_mail_header(struct mbuf *out, const char *name, const char *text)
{
	int err = mbuf_printf(out, "%s:", name);

	if (is_ascii(text) && strlen(text) < 900)
		return err | mbuf_printf(out, " %s\n", text);

	while (*text && !err) {
		size_t n = word_len(text);

		err = mbuf_write_str(out, " =?UTF-8?B?");
		err |= put_base64(out, text, n);
		err |= mbuf_write_str(out, text[n] ? "?=\n" : "?=");
		text += n;
	}

	return err | mbuf_write_u8(out, '\n');
}


/* --- the letter ---------------------------------------------------------- */

static int put_sender(struct mbuf *mb, const struct config *cfg,
		      const struct vm_box *box)
{
	const char *addr = box->opts.serveremail ? box->opts.serveremail
						 : "tandem";
	char host[256] = "localhost";
	int err;

	(void)gethostname(host, sizeof(host) - 1);
	err = mbuf_write_str(mb, "From: ");
	if (cfg->vm.fromstring && is_ascii(cfg->vm.fromstring) &&
	    !strpbrk(cfg->vm.fromstring, "\"\\"))
		err |= mbuf_printf(mb, "\"%s\" ", cfg->vm.fromstring);
	err |= mbuf_printf(mb, "<%s%s%s>\n", addr,
			   strchr(addr, '@') ? "" : "@",
			   strchr(addr, '@') ? "" : host);

	return err;
}


static int put_recipients(struct mbuf *mb, const char *list)
{
	struct pl rest, part;
	const char *sep = "To: ";
	int err = 0;

	pl_set_str(&rest, list);
	while (pl_next(&part, &rest, '|') && !err) {
		part = pl_trim(part);
		if (!part.l)
			continue;
		err = mbuf_printf(mb, "%s%r", sep, &part);
		sep = ",\n ";
	}

	return err | mbuf_write_u8(mb, '\n');
}


static int put_subject(struct mbuf *mb, const struct mail *m, unsigned num,
		       const struct vm_info *info)
{
	const char *fmt = m->cfg->vm.subject ? m->cfg->vm.subject
					     : def_subject;
	struct mbuf *text = mbuf_alloc(128);
	char *str = NULL;
	int err = text ? 0 : ENOMEM;

	if (!err)
		err = vm_mail_expand(text, fmt, m->cfg, m->box, num, info);
	if (!err)
		err = mbuf_str(&str, text);
	for (char *p = str; p && *p; p++) {
		if (*p == '\n' || *p == '\t')
			*p = ' ';
	}
	if (!err)
		err = vm_mail_header(mb, "Subject", str);

	mem_deref(text);
	mem_deref(str);

	return err;
}


static int put_lines(struct mbuf *mb, const uint8_t *p, size_t n)
{
	int err = 0;

	for (size_t i = 0; i < n && !err; i += LINE) {
		err = put_base64(mb, p + i, n - i < LINE ? n - i : LINE);
		err |= mbuf_write_u8(mb, '\n');
	}

	return err;
}


static int put_text(struct mbuf *mb, const struct mail *m, unsigned num,
		    const struct vm_info *info)
{
	struct mbuf *text = mbuf_alloc(512);
	int err = text ? 0 : ENOMEM;

	if (!err)
		err = vm_mail_expand(text,
				     m->cfg->vm.body ? m->cfg->vm.body
						     : def_body,
				     m->cfg, m->box, num, info);
	err |= mbuf_write_str(mb, "Content-Type: text/plain; charset=UTF-8\n"
			      "Content-Transfer-Encoding: base64\n\n");
	if (!err)
		err = put_lines(mb, text->buf, text->end);

	mem_deref(text);

	return err;
}


static int put_head(struct mbuf *mb, const struct mail *m, const char *to,
		    unsigned num, const struct vm_info *info)
{
	const struct pl date = PL("%a, %d %b %Y %H:%M:%S %z");
	char id[33], host[256] = "localhost";
	int err;

	rand_hex(id, sizeof(id));
	(void)gethostname(host, sizeof(host) - 1);

	err = mbuf_write_str(mb, "Date: ");
	err |= strftime_us(mb, &date, clock_wall_us(), NULL);
	err |= mbuf_write_u8(mb, '\n');
	err |= put_sender(mb, m->cfg, m->box);
	err |= put_recipients(mb, to);
	err |= put_subject(mb, m, num, info);
	err |= mbuf_printf(mb, "Message-ID: <%s@%s>\nMIME-Version: 1.0\n"
			   "Auto-Submitted: auto-generated\n", id, host);
	if (info->urgent)
		err |= mbuf_write_str(mb, "X-Priority: 1\n"
				      "Importance: High\n");
	if (m->in >= 0)
		err |= mbuf_printf(mb, "Content-Type: multipart/mixed; "
				   "boundary=\"%s\"\n\n--%s\n", m->boundary,
				   m->boundary);
	err |= put_text(mb, m, num, info);
	if (m->in >= 0)
		err |= mbuf_printf(mb, "\n--%s\n"
				   "Content-Type: audio/x-wav; "
				   "name=\"msg%04u.wav\"\n"
				   "Content-Transfer-Encoding: base64\n"
				   "Content-Disposition: attachment; "
				   "filename=\"msg%04u.wav\"\n\n",
				   m->boundary, num, num);

	return err;
}


/* --- transport ----------------------------------------------------------- */

static int flush(struct mail *m, struct mbuf *mb)
{
	const uint8_t *p = mb->buf;
	size_t n = mb->end;

	while (n) {
		ssize_t w = write(m->out, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return errno;
		p += w;
		n -= (size_t)w;
	}

	mb->pos = mb->end = 0;

	return 0;
}


/* Its number may have changed since: the file is known by its inode */
static void forget_message(const struct mail *m)
{
	struct vm_list *l = NULL;

	if (vm_list(&l, m->cfg, m->box, m->folder))
		return;

	for (size_t i = 0; i < l->n; i++) {
		char *stem = NULL, *wav = NULL;
		struct stat st;
		bool same;

		if (vm_msg_path(&stem, m->cfg, m->box, m->folder, l->v[i]))
			break;
		same = !re_sdprintf(&wav, "%s.wav", stem) &&
		       !stat(wav, &st) && st.st_ino == m->ino;
		mem_deref(stem);
		mem_deref(wav);
		if (!same)
			continue;

		(void)vm_remove(m->cfg, m->box, m->folder, l->v[i]);
		vm_changed(m->cfg, m->box);
		break;
	}

	mem_deref(l);
}


static void ended(enum proc_end end, int status, const struct mbuf *out,
		  void *arg)
{
	struct mail *m = arg;

	(void)out;
	if (end != PROC_EXITED || status)
		log_warning("voicemail", "%s@%s: not mailed: %s %s %d",
			    m->box->name, m->box->context, m->cfg->vm.mailcmd,
			    end == PROC_EXITED   ? "ended with status"
			    : end == PROC_SIGNAL ? "was killed by signal"
						 : "took too long, status",
			    status);
	else {
		log_info("voicemail", "%s@%s: mailed", m->box->name,
			 m->box->context);
		if (m->last && m->box->opts.del)
			forget_message(m);
	}

	mem_deref(m);
}


static int hand_over(struct mail *m)
{
	struct proc_params prm = {.timeout_ms = MAIL_MS, .fd0 = m->out};

	if (lseek(m->out, 0, SEEK_SET))
		return errno;

	return vm_program_start(&m->proc, m->cfg->vm.mailcmd, NULL, &prm,
				ended, m);
}


static void fail(struct mail *m, int err)
{
	log_warning("voicemail", "%s@%s: not mailed: %s: %m", m->box->name,
		    m->box->context,
		    m->cfg->vm.mailcmd ? m->cfg->vm.mailcmd : "mailcmd", err);
	mem_deref(m);
}


static void tick(void *arg)
{
	struct mail *m = arg;
	uint8_t *buf = mem_alloc(PIECE, NULL);
	struct mbuf *mb = mbuf_alloc(2 * PIECE);
	ssize_t n = 0;
	int err = buf && mb ? 0 : ENOMEM;

	/* a regular file: less than asked for is its end */
	if (!err && m->in >= 0) {
		n = read(m->in, buf, PIECE);
		err = n < 0 ? errno : put_lines(mb, buf, (size_t)n);
	}
	if (!err && m->in >= 0 && n < PIECE)
		err = mbuf_printf(mb, "\n--%s--\n", m->boundary);
	if (!err)
		err = flush(m, mb);
	if (!err && n == PIECE)
		timer_start(&m->tmr, 1, tick, m);
	else if (!err)
		err = hand_over(m);

	mem_deref(buf);
	mem_deref(mb);
	if (err)
		fail(m, err);
}


static int open_sound(struct mail *m, unsigned num)
{
	char *stem = NULL, *wav = NULL;
	struct stat st;
	int err;

	err = vm_msg_path(&stem, m->cfg, m->box, m->folder, num);
	if (!err)
		err = re_sdprintf(&wav, "%s.wav", stem);
	if (!err) {
		m->in = open(wav, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
		err = m->in < 0 ? errno : 0;
	}
	if (!err && !fstat(m->in, &st))
		m->ino = st.st_ino;
	if (!err && !m->box->opts.attach) {
		(void)close(m->in);
		m->in = -1;
	}

	mem_deref(stem);
	mem_deref(wav);

	return err;
}


static int start(const struct config *cfg, const struct vm_box *box,
		 enum vm_folder folder, unsigned num,
		 const struct vm_info *info, const char *to, bool full)
{
	struct mail *m = mem_zalloc(sizeof(*m), destructor);
	struct mbuf *mb = mbuf_alloc(2048);
	int err = m && mb ? 0 : ENOMEM;

	if (m) {
		m->in = m->out = -1;
		m->cfg = mem_ref((void *)cfg);
		m->box = box;
		m->folder = folder;
		m->last = full;
		rand_hex(m->boundary, sizeof(m->boundary));
	}
	if (!err && full)
		err = open_sound(m, num);
	if (!err) {
		m->out = memfd_create("mail", MFD_CLOEXEC);
		err = m->out < 0 ? errno : put_head(mb, m, to, num, info);
	}
	if (!err)
		err = flush(m, mb);
	if (!err) {
		list_append(&mails, &m->le, m);
		timer_start(&m->tmr, 1, tick, m);
	}
	else
		mem_deref(m);

	mem_deref(mb);

	return err;
}


int vm_mail(const struct config *cfg, const struct vm_box *box,
	    enum vm_folder folder, unsigned num, const struct vm_info *info)
{
	int err = 0;

	if (!cfg || !box || !info)
		return EINVAL;

	if (box->email)
		err = start(cfg, box, folder, num, info, box->email, true);
	if (!err && box->pager)
		err = start(cfg, box, folder, num, info, box->pager, false);
	if (err)
		log_warning("voicemail", "%s@%s: not mailed: %m", box->name,
			    box->context, err);

	return err;
}
