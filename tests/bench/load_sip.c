/**
 * @file tests/bench/load_sip.c  The two ends of the calls
 *
 * Just enough SIP to speak to a server that does it right: messages are
 * printed from templates, and of what comes only the lines that are needed
 * are looked for.
 */
#include <sys/socket.h>
#include "base/text.h"
#include "tests/bench/load.h"

enum { MSG_MAX = 4096, BATCH = 32 };

static struct source uac = {.side = 0}, uas = {.side = 1};
static struct sockaddr_in server;
static uint32_t run; /* so that no two runs have an identifier in common */


/* --- reading -------------------------------------------------------------- */

/* Value of a header line; empty if there is none */
static struct pl header(const struct pl *msg, const char *name)
{
	const size_t len = strlen(name);
	struct pl rest = *msg, line, none = {"", 0};

	while (pl_next(&line, &rest, '\n') && line.l > 1) {
		if (line.l > len && line.p[len] == ':' &&
		    !strncasecmp(line.p, name, len)) {
			line.p += len + 1;
			line.l -= len + 1;
			return pl_trim(line);
		}
	}

	return none;
}


/* The number of the call: the last digits before the '@' of an address */
static struct call *call_of(struct load *l, const struct pl *text)
{
	const char *at = pl_strchr(text, '@');
	struct pl no;
	uint64_t n;

	if (!at || at - text->p < DIGITS)
		return NULL;

	no.p = at - DIGITS;
	no.l = DIGITS;
	if (num_decode(&n, &no, UINT32_MAX) || n >= l->started)
		return NULL;

	return &l->callv[n];
}


/* Port of the audio; 0 without a body */
static uint16_t audio_port(const struct pl *msg)
{
	struct pl num;
	uint64_t n;

	if (re_regex(msg->p, msg->l, "\nm=audio [0-9]+", &num) ||
	    num_decode(&n, &num, UINT16_MAX))
		return 0;

	return (uint16_t)n;
}


static bool is_method(const struct pl *msg, const char *met)
{
	return msg->l > strlen(met) && !memcmp(msg->p, met, strlen(met));
}


/* --- writing -------------------------------------------------------------- */

static void send_msg(const struct source *src, const char *buf, int n)
{
	if (n <= 0)
		die("a message is too long");

	(void)sendto(src->fd, buf, (size_t)n, MSG_NOSIGNAL,
		     (struct sockaddr *)&server, sizeof(server));
}


static int print_sdp(struct re_printf *pf, const uint16_t *port)
{
	return re_hprintf(pf,
			  "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\n"
			  "c=IN IP4 127.0.0.1\r\nt=0 0\r\n"
			  "m=audio %u RTP/AVP 0\r\n"
			  "a=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n",
			  *port);
}


static int body(char *buf, size_t size, uint16_t port)
{
	return re_snprintf(buf, size, "%H", print_sdp, &port);
}


static uint32_t no_of(const struct load *l, const struct call *c)
{
	return (uint32_t)(c - l->callv);
}


static void send_invite(struct load *l, struct call *c)
{
	const uint32_t no = no_of(l, c);
	char buf[MSG_MAX], sdp[512];
	int n = body(sdp, sizeof(sdp), load_rtp_port(no, 0));

	n = re_snprintf(buf, sizeof(buf),
			"INVITE sip:%s%07u@127.0.0.1:%u SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bKi%u-%u\r\n"
			"Max-Forwards: 70\r\n"
			"From: \"Load\" <sip:load@127.0.0.1>;tag=a%u\r\n"
			"To: <sip:%s%07u@127.0.0.1>\r\n"
			"Call-ID: %u-%07u@127.0.0.1\r\n"
			"CSeq: 1 INVITE\r\n"
			"Contact: <sip:load@127.0.0.1:%u>\r\n"
			"Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"
			"Content-Type: application/sdp\r\n"
			"Content-Length: %d\r\n\r\n%s",
			l->prefix, no, (unsigned)l->target, (unsigned)l->uac,
			no, run, no, l->prefix, no, run, no,
			(unsigned)l->uac, n, sdp);
	c->sent_ns = now_ns();
	send_msg(&uac, buf, n);
}


/* ACK and BYE; to a refusal the ACK belongs to the INVITE's transaction */
static void send_in_dialog(struct load *l, struct call *c, const char *met,
			   bool refused)
{
	const uint32_t no = no_of(l, c);
	char ruri[64], buf[MSG_MAX];
	int n;

	(void)re_snprintf(ruri, sizeof(ruri), "sip:%s%07u@127.0.0.1:%u",
			  l->prefix, no, (unsigned)l->target);
	n = re_snprintf(buf, sizeof(buf),
			"%s %s SIP/2.0\r\n"
			"Via: SIP/2.0/UDP 127.0.0.1:%u;branch=z9hG4bK%c%u-%u\r\n"
			"Max-Forwards: 70\r\n"
			"From: \"Load\" <sip:load@127.0.0.1>;tag=a%u\r\n"
			"To: %s\r\n"
			"Call-ID: %u-%07u@127.0.0.1\r\n"
			"CSeq: %u %s\r\n"
			"Content-Length: 0\r\n\r\n",
			met, refused ? ruri : c->target, (unsigned)l->uac,
			refused ? 'i' : met[0], no, run, no, c->to, run, no,
			met[0] == 'B' ? 2 : 1, met);
	send_msg(&uac, buf, n);
}


/* --- caller --------------------------------------------------------------- */

static void over(struct load *l, struct call *c, enum call_state st)
{
	if (c->state == CALL_UP || c->state == CALL_ENDING)
		--l->up;
	if (st == CALL_FAILED)
		++l->failed;

	c->state  = st;
	c->answer = mem_deref(c->answer);
	++l->ended;
}


void load_sip_start(struct load *l, uint64_t now)
{
	struct call *c = &l->callv[l->started++];

	c->state    = CALL_CALLING;
	c->began_ns = now;
	send_invite(l, c);
}


static void bye(struct load *l, struct call *c)
{
	c->tries   = c->state == CALL_ENDING ? c->tries + 1 : 0;
	c->state   = CALL_ENDING;
	c->sent_ns = now_ns();
	send_in_dialog(l, c, "BYE", false);
}


/* The address inside <> of a Contact */
static void take_target(struct call *c, const struct pl *contact)
{
	struct pl uri;

	if (re_regex(contact->p, contact->l, "<[^>]+>", &uri) ||
	    pl_copy(c->target, sizeof(c->target), &uri))
		die("Contact is missing or too long");
}


static void answered(struct load *l, struct call *c, const struct pl *msg)
{
	struct pl to = header(msg, "To"), target = header(msg, "Contact");
	const uint64_t now = now_ns();

	if (c->state != CALL_CALLING) {
		send_in_dialog(l, c, "ACK", false);
		return;
	}

	if (pl_copy(c->to, sizeof(c->to), &to))
		die("To is too long");
	take_target(c, &target);
	c->rtp[0] = audio_port(msg);
	c->up_ns  = now;
	c->state  = CALL_UP;
	++l->up;
	++l->answered;
	hist_add(&l->setup, now - c->began_ns);
	send_in_dialog(l, c, "ACK", false);
}


static void refused(struct load *l, struct call *c, const struct pl *msg)
{
	struct pl to = header(msg, "To"), later;

	if (pl_copy(c->to, sizeof(c->to), &to))
		die("To is too long");
	send_in_dialog(l, c, "ACK", true);
	if (c->state != CALL_CALLING)
		return;

	later = header(msg, "Retry-After");
	if (!strncmp(msg->p, "SIP/2.0 503 ", 12) && later.l)
		++l->told_later;
	if (!l->failed)
		(void)re_fprintf(stderr, "refused: %b\n", msg->p,
				 msg->l < 60 ? msg->l : (size_t)60);
	over(l, c, CALL_FAILED);
}


static void response(struct load *l, const struct pl *msg)
{
	const struct pl id   = header(msg, "Call-ID");
	const struct pl cseq = header(msg, "CSeq");
	struct call *c	     = call_of(l, &id);

	if (!c || msg->l < 12)
		return;

	if (pl_strchr(&cseq, 'B')) {
		if (c->state == CALL_ENDING)
			over(l, c, CALL_DONE);
	}
	else if (msg->p[8] == '2') {
		answered(l, c, msg);
	}
	else if (msg->p[8] > '2') {
		refused(l, c, msg);
	}
	else {
		c->heard = true;
	}
}


/* --- callee --------------------------------------------------------------- */

/* A response: the request's own lines, a tag of ours behind To */
static int print_response(char *buf, size_t size, const struct pl *req,
			  const char *status, const char *more)
{
	static const char *const names[] = {"Via:", "From:", "To:",
					    "Call-ID:", "CSeq:"};
	struct pl rest = *req, line;
	int n = re_snprintf(buf, size, "SIP/2.0 %s\r\n", status);

	while (pl_next(&line, &rest, '\n') && line.l > 1) {
		const bool to = !strncasecmp(line.p, "To:", 3);

		line = pl_trim(line);
		for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
			if (line.l > strlen(names[i]) &&
			    !strncasecmp(line.p, names[i], strlen(names[i])))
				n += re_snprintf(buf + n, size - (size_t)n,
						 "%r%s\r\n", &line,
						 to && re_regex(line.p, line.l,
								";tag=")
							 ? ";tag=b1"
							 : "");
		}
	}

	return n + re_snprintf(buf + n, size - (size_t)n, "%s", more);
}


static void answer_invite(struct load *l, struct call *c, const struct pl *msg)
{
	const uint64_t now = now_ns();
	char buf[MSG_MAX], more[1024], sdp[512];
	int n;

	if (!c->answered_ns)
		hist_add(&l->forward, now - c->began_ns);

	n = print_response(buf, sizeof(buf), msg, "180 Ringing",
			   "Contact: <sip:callee@127.0.0.1>\r\n"
			   "Content-Length: 0\r\n\r\n");
	send_msg(&uas, buf, n);

	n = body(sdp, sizeof(sdp), load_rtp_port(no_of(l, c), 1));
	(void)re_snprintf(more, sizeof(more),
			  "Contact: <sip:callee@127.0.0.1:%u>\r\n"
			  "Content-Type: application/sdp\r\n"
			  "Content-Length: %d\r\n\r\n%s",
			  (unsigned)l->uas, n, sdp);
	n = print_response(buf, sizeof(buf), msg, "200 OK", more);

	mem_deref(c->answer);
	c->answer	= mem_alloc((size_t)n + 1, NULL);
	c->rtp[1]	= audio_port(msg);
	c->callee_waits = true;
	c->answered_ns	= now;
	if (!c->answer)
		die("no memory");
	memcpy(c->answer, buf, (size_t)n + 1);
	send_msg(&uas, buf, n);
}


static void request(struct load *l, const struct pl *msg)
{
	char buf[MSG_MAX];
	struct pl to = header(msg, "To");
	struct call *c = call_of(l, &to);

	if (is_method(msg, "INVITE ")) {
		if (c)
			answer_invite(l, c, msg);
	}
	else if (is_method(msg, "ACK ")) {
		if (c)
			c->callee_waits = false;
	}
	else {
		if (c)
			c->callee_waits = false;
		send_msg(&uas, buf,
			 print_response(buf, sizeof(buf), msg, "200 OK",
					"Content-Length: 0\r\n\r\n"));
	}
}


/* --- both ----------------------------------------------------------------- */

static void sip_read(struct load *l, struct source *src)
{
	static char buf[BATCH][MSG_MAX];
	struct mmsghdr msgv[BATCH];
	struct iovec iov[BATCH];
	int n;

	memset(msgv, 0, sizeof(msgv));
	for (size_t i = 0; i < BATCH; i++) {
		iov[i]			    = (struct iovec){buf[i], MSG_MAX};
		msgv[i].msg_hdr.msg_iov	    = &iov[i];
		msgv[i].msg_hdr.msg_iovlen  = 1;
	}

	n = recvmmsg(src->fd, msgv, BATCH, MSG_DONTWAIT, NULL);
	for (int i = 0; i < n; i++) {
		const struct pl msg = {buf[i], msgv[i].msg_len};

		if (is_method(&msg, "SIP/2.0 "))
			response(l, &msg);
		else
			request(l, &msg);
	}
}


/* Repeats are twice as far apart each time, up to 4 s (RFC 3261 17.1) */
static bool is_late(uint64_t sent, unsigned tries, uint64_t now)
{
	return now - sent > ((uint64_t)T1_MS << (tries < 3 ? tries : 3)) * NS_MS;
}


static void tick_call(struct load *l, struct call *c, uint64_t now)
{
	const bool late = is_late(c->sent_ns, c->tries, now);

	if (c->state == CALL_CALLING || c->state == CALL_ENDING) {
		if (now - c->sent_ns > (uint64_t)GIVE_UP_S * NS_S ||
		    now - c->began_ns > (uint64_t)GIVE_UP_S * NS_S +
						l->hold_ms * NS_MS +
						(l->window_s + 30) * NS_S) {
			over(l, c, CALL_FAILED);
			return;
		}
	}

	if (c->state == CALL_CALLING && late && !c->heard) {
		++l->repeats;
		++c->tries;
		send_invite(l, c);
	}
	if (c->state == CALL_ENDING && late) {
		++l->repeats;
		bye(l, c);
	}
	if (c->callee_waits && c->answer &&
	    is_late(c->answered_ns, c->callee_tries, now)) {
		++l->repeats;
		++c->callee_tries;
		c->answered_ns = now;
		send_msg(&uas, c->answer, (int)strlen(c->answer));
	}
	if (c->state == CALL_UP &&
	    (l->window_s ? l->hang_up
			 : now - c->up_ns >= l->hold_ms * NS_MS))
		bye(l, c);
}


void load_sip_tick(struct load *l, uint64_t now)
{
	unsigned byes = 0;

	if (l->bare || l->direct)
		return;
	while (l->live < l->started && l->callv[l->live].state >= CALL_DONE)
		++l->live;

	for (uint32_t i = l->live; i < l->started; i++) {
		struct call *c = &l->callv[i];
		const bool up  = c->state == CALL_UP;

		if (c->state >= CALL_DONE)
			continue;
		tick_call(l, c, now);
		byes += up && c->state == CALL_ENDING;

		/* hang up at the pace of the calls, not all at once */
		if (l->hang_up && byes > l->rate / 200)
			break;
	}
}


void load_sip_open(struct load *l)
{
	server = loopback((uint16_t)l->target);
	run    = (uint32_t)(wall_ns() / NS_MS);
	uac.fd = udp_socket((uint16_t)l->uac);
	uac.h  = sip_read;
	load_watch(l, &uac);

	if (l->alone)
		return;

	uas.fd = udp_socket((uint16_t)l->uas);
	uas.h  = sip_read;
	load_watch(l, &uas);
}
