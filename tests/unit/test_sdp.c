/**
 * @file test_sdp.c  Session descriptions: what we understand and what we say
 *
 * A model is compared as one line of text per m-line, see print_media(); our
 * own bodies are compared byte for byte, but for o=.
 */
#include "sip_util.h"
#include "b2bua/sdp.h"
#include "oom_util.h"

#define HEAD_OF(conn)                                                        \
	"v=0\r\no=ann 5 7 IN IP4 192.0.2.7\r\ns=-\r\n" conn "t=0 0\r\n"
#define HEAD4 HEAD_OF("c=IN IP4 192.0.2.7\r\n")
#define PCMA  "m=audio 4000 RTP/AVP 8\r\n"


/* --- parse ---------------------------------------------------------------- */

static int print_fmt(struct re_printf *pf, const struct sdpm_fmt *f)
{
	int err = re_hprintf(pf, " %u=%r/%u/%u", f->pt, &f->name, f->clock,
			     f->ch);

	if (f->codec)
		err |= re_hprintf(pf, "(%s)", f->codec->name);
	if (f->fmtp.l)
		err |= re_hprintf(pf, "[%r]", &f->fmtp);

	return err;
}


/* audio 4000 RTP/AVP to 192.0.2.7:4000 rtcp 192.0.2.7:4001 sendrecv formats */
static int print_media(struct re_printf *pf, const struct sdpm_media *m)
{
	int err = re_hprintf(pf, "%r %u %r", &m->type, m->port, &m->proto);

	if (sa_isset(&m->rtp, SA_ADDR))
		err |= re_hprintf(pf, " to %J", &m->rtp);
	if (sa_isset(&m->rtcp, SA_ADDR))
		err |= re_hprintf(pf, " rtcp %J", &m->rtcp);
	err |= re_hprintf(pf, " %s%s%s", sdpm_dir_name(m->dir),
			  m->hold_zero ? " zero" : "",
			  m->savp ? " savp" : "");
	if (m->ptime_ms)
		err |= re_hprintf(pf, " ptime %u", m->ptime_ms);
	if (m->dtmf_pt)
		err |= re_hprintf(pf, " dtmf %u", m->dtmf_pt);
	for (size_t i = 0; i < m->fmtc; i++)
		err |= print_fmt(pf, &m->fmtv[i]);

	return err;
}


static int print_model(struct re_printf *pf, const struct sdpm *s)
{
	int err = 0;

	for (size_t i = 0; i < s->mediac; i++)
		err |= re_hprintf(pf, "%s%H", i ? "; " : "", print_media,
				  &s->mediav[i]);

	return err;
}


#define TO "to 192.0.2.7:4000 rtcp 192.0.2.7:4001"
#define ALAW " 8=PCMA/8000/1(alaw)"

/* clang-format off */
static const struct {
	const char *text;
	const char *model; /* NULL: only the error counts */
	const char *why;
} rows[] = {
	/* formats: static ones are known without rtpmap (RFC 3551 6) */
	{HEAD4 PCMA, "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{HEAD4 "m=audio 4000 RTP/AVP 0 3 9 18 101\r\n"
	 "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv dtmf 101 0=PCMU/8000/1(ulaw)"
	 " 3=GSM/8000/1(gsm) 9=G722/8000/1(g722) 18=G729/8000/1(g729)"
	 " 101=telephone-event/8000/1[0-16]", NULL},
	{HEAD4 "m=audio 4000 RTP/AVP 107 97\r\n"
	 "a=rtpmap:107 OPUS/48000/2\r\na=fmtp:107 useinbandfec=1; x\r\n"
	 "a=rtpmap:97 speex/16000\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv"
	 " 107=OPUS/48000/2(opus)[useinbandfec=1; x]"
	 " 97=speex/16000/1(speex16)", NULL},
	{HEAD4 "m=audio 4000 RTP/AVP 96\r\na=rtpmap:96 opus/48000\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv 96=opus/48000/1", NULL},
	/* an rtpmap overrides what is static */
	{HEAD4 PCMA "a=rtpmap:8 G729/8000\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv 8=G729/8000/1(g729)", NULL},
	/* RFC 4475 has no clock rate in the video of its messages */
	{HEAD4 PCMA "m=video 3227 RTP/AVP 31\r\na=rtpmap:31 LPC\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv 8=PCMA/8000/1(alaw);"
	 " video 3227 RTP/AVP to 192.0.2.7:3227 rtcp 192.0.2.7:3228 sendrecv"
	 " 31=LPC/90000/1", NULL},
	/* a dynamic one without rtpmap is nothing */
	{HEAD4 "m=audio 4000 RTP/AVP 96\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv 96=/0/0", NULL},
	/* the same one twice counts once; one that is not in m= never */
	{HEAD4 "m=audio 4000 RTP/AVP 8 8\r\na=rtpmap:99 X/1\r\na=fmtp:99 x\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	/* telephone-event at another rate is not for us */
	{HEAD4 "m=audio 4000 RTP/AVP 8 96\r\n"
	 "a=rtpmap:96 telephone-event/48000\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW
	 " 96=telephone-event/48000/1", NULL},

	/* addresses */
	{HEAD_OF("") PCMA "c=IN IP4 192.0.2.9\r\n",
	 "audio 4000 RTP/AVP to 192.0.2.9:4000 rtcp 192.0.2.9:4001 sendrecv"
	 ALAW, NULL},
	{HEAD_OF("c=IN IP6 2001:db8::7\r\n") PCMA,
	 "audio 4000 RTP/AVP to [2001:db8::7]:4000 rtcp [2001:db8::7]:4001"
	 " sendrecv" ALAW, NULL},
	{HEAD_OF("c=in ip4 192.0.2.7/127/2\r\n") PCMA,
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{HEAD_OF("c=IN IP4 media.example.org\r\n") PCMA,
	 "audio 4000 RTP/AVP sendrecv" ALAW, NULL},
	{HEAD_OF("") PCMA, "audio 4000 RTP/AVP sendrecv" ALAW, NULL},
	{HEAD4 PCMA "a=rtcp:4100\r\n",
	 "audio 4000 RTP/AVP to 192.0.2.7:4000 rtcp 192.0.2.7:4100 sendrecv"
	 ALAW, NULL},
	{HEAD4 PCMA "a=rtcp:4100 IN IP4 192.0.2.8\r\n",
	 "audio 4000 RTP/AVP to 192.0.2.7:4000 rtcp 192.0.2.8:4100 sendrecv"
	 ALAW, NULL},
	{HEAD_OF("") PCMA "a=rtcp:4100\r\n",
	 "audio 4000 RTP/AVP sendrecv" ALAW, NULL},
	{HEAD4 "m=audio 65535 RTP/AVP 8\r\n",
	 "audio 65535 RTP/AVP to 192.0.2.7:65535 sendrecv" ALAW, NULL},
	{HEAD4 "m=audio 0 RTP/AVP 8\r\n",
	 "audio 0 RTP/AVP to 192.0.2.7:0 sendrecv" ALAW, NULL},

	/* direction and every spelling of hold */
	{HEAD4 PCMA "a=sendonly\r\n",
	 "audio 4000 RTP/AVP " TO " sendonly" ALAW, NULL},
	{HEAD4 PCMA "a=inactive\r\n",
	 "audio 4000 RTP/AVP " TO " inactive" ALAW, NULL},
	{HEAD4 "a=recvonly\r\n" PCMA PCMA "a=sendrecv\r\n",
	 "audio 4000 RTP/AVP " TO " recvonly" ALAW
	 "; audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{HEAD_OF("c=IN IP4 0.0.0.0\r\n") PCMA,
	 "audio 4000 RTP/AVP sendonly zero" ALAW, NULL},
	{HEAD_OF("c=IN IP4 0.0.0.0\r\n") PCMA "a=recvonly\r\n",
	 "audio 4000 RTP/AVP inactive zero" ALAW, NULL},

	/* packet time is kept between what a thread can serve */
	{HEAD4 PCMA "a=ptime:30\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv ptime 30" ALAW, NULL},
	{HEAD4 PCMA "a=ptime:1\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv ptime 10" ALAW, NULL},
	{HEAD4 PCMA "a=ptime:4000000\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv ptime 200" ALAW, NULL},
	{HEAD4 PCMA "a=ptime:2e1\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},

	/* other media, other transports */
	{HEAD4 "m=audio 4000/2 RTP/SAVP 8\r\n",
	 "audio 4000 RTP/SAVP " TO " sendrecv savp" ALAW, NULL},
	{HEAD4 PCMA "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:x\r\n",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{HEAD4 "m=image 4000 udptl t38\r\na=T38FaxVersion:0\r\n",
	 "image 4000 udptl " TO " sendrecv", NULL},
	{HEAD4, "", NULL},

	/* line ends and what is between them */
	{"v=0\no=-\nc=IN IP4 192.0.2.7\n\nm=audio 4000 RTP/AVP 8\n\n",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{"v=0\nc=IN IP4 192.0.2.7\nm=audio  4000 RTP/AVP  8",
	 "audio 4000 RTP/AVP " TO " sendrecv" ALAW, NULL},
	{HEAD4 PCMA "a=\r\na=:\r\nk=clear:x\r\nz=\r\na=rtpmap:8\tx\r\n", NULL,
	 "bad a=rtpmap"},

	/* refused */
	{"", NULL, "empty description"},
	{"\r\n\r\n", NULL, "empty description"},
	{"v=1\r\n", NULL, "v=0 is not first"},
	{"o=x\r\nv=0\r\n", NULL, "v=0 is not first"},
	{HEAD4 "v=0\r\n", NULL, "v= twice"},
	{HEAD4 "x\r\n", NULL, "a line is not letter=value"},
	{HEAD4 "ab=c\r\n", NULL, "a line is not letter=value"},
	{HEAD_OF("c=IN IP4\r\n"), NULL,
	 "c= needs network, type and address"},
	{HEAD_OF("c=IN IP9 192.0.2.7\r\n"), NULL, "c= must be IN IP4 or IN IP6"},
	{HEAD_OF("c=TN IP4 192.0.2.7\r\n"), NULL, "c= must be IN IP4 or IN IP6"},
	{HEAD4 "m=audio 4000\r\n", NULL,
	 "m= needs type, port, transport and formats"},
	{HEAD4 "m=audio 4000 RTP/AVP\r\n", NULL, "m= without formats"},
	{HEAD4 "m=audio 65536 RTP/AVP 8\r\n", NULL,
	 "port of m= is not 0..65535"},
	{HEAD4 "m=audio -1 RTP/AVP 8\r\n", NULL, "port of m= is not 0..65535"},
	{HEAD4 "m=audio 4000/0 RTP/AVP 8\r\n", NULL,
	 "bad number of ports in m="},
	{HEAD4 "m=audio 4000/256 RTP/AVP 8\r\n", NULL,
	 "bad number of ports in m="},
	{HEAD4 "m=audio 4000 RTP/AVP 128\r\n", NULL,
	 "payload type is not 0..127"},
	{HEAD4 "m=audio 4000 RTP/AVP x\r\n", NULL,
	 "payload type is not 0..127"},
	{HEAD4 PCMA "a=rtpmap:128 X/8000\r\n", NULL, "bad a=rtpmap"},
	{HEAD4 PCMA "a=rtpmap:8 PCMA\r\n", NULL,
	 "bad clock rate in a=rtpmap"},
	{HEAD4 PCMA "a=rtpmap:8 PCMA/0\r\n", NULL,
	 "bad clock rate in a=rtpmap"},
	{HEAD4 PCMA "a=rtpmap:8 PCMA/384001\r\n", NULL,
	 "bad clock rate in a=rtpmap"},
	{HEAD4 PCMA "a=rtpmap:8 PCMA/8000/9\r\n", NULL,
	 "bad channels in a=rtpmap"},
	{HEAD4 PCMA "a=rtcp:0\r\n", NULL, "port of a=rtcp is not 1..65535"},
	{HEAD4 PCMA "a=rtcp:x\r\n", NULL, "port of a=rtcp is not 1..65535"},
	{HEAD4 PCMA "a=rtcp:4100 IN IP4\r\n", NULL,
	 "c= needs network, type and address"},
	{HEAD4 "m=au\x01" "dio 4000 RTP/AVP 8\r\n", NULL,
	 "control character in m="},
	{HEAD4 "m=audio 4000 RTP/AVP 8\x7f\r\n", NULL,
	 "control character in m="},
	{HEAD4 "a=x\ra=sendonly\r\n", NULL, "carriage return inside a line"},
};
/* clang-format on */


static struct sdpm *parse_sdp(const char *text)
{
	struct pl pl	= {text, strlen(text)};
	const char *why = "";
	struct sdpm *s	= NULL;

	if (sdpm_parse(&s, &pl, &why))
		fail_msg("refused: %s\n%s", why, text);
	assert_null(why);

	return s;
}


static void test_parse_rows(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct pl pl	= {rows[i].text, strlen(rows[i].text)};
		const char *why = NULL;
		struct sdpm *s	= NULL;
		char *got	= NULL;
		int err		= sdpm_parse(&s, &pl, &why);

		if (rows[i].why) {
			if (err != EBADMSG || s || !why ||
			    strcmp(why, rows[i].why))
				fail_msg("row %u: %d %s", (unsigned)i, err,
					 why ? why : "(taken)");
			continue;
		}

		if (err)
			fail_msg("row %u: %s", (unsigned)i, why);
		assert_int_equal(re_sdprintf(&got, "%H", print_model, s), 0);
		if (strcmp(got, rows[i].model))
			fail_msg("row %u:\n got %s\nwant %s", (unsigned)i, got,
				 rows[i].model);
		mem_deref(got);
		mem_deref(s);
	}
}


static void test_a_nul_inside_is_refused(void **state)
{
	static const struct pl text = PL_LIT("v=0\r\ns=a\0b\r\n");
	const char *why		    = NULL;
	struct sdpm *s		    = NULL;

	(void)state;
	assert_int_equal(sdpm_parse(&s, &text, &why), EBADMSG);
	assert_string_equal(why, "NUL inside");
	assert_null(s);
}


static void test_bad_arguments(void **state)
{
	struct pl pl = {NULL, 0};
	const char *why;
	struct sdpm *s;

	(void)state;
	assert_int_equal(sdpm_parse(NULL, &pl, &why), EINVAL);
	assert_int_equal(sdpm_parse(&s, NULL, &why), EINVAL);
	assert_int_equal(sdpm_parse(&s, &pl, NULL), EINVAL);
	assert_int_equal(sdpm_parse(&s, &pl, &why), EBADMSG);
	assert_null(sdpm_audio(NULL));
	assert_null(sdpm_find(NULL, config_codec_at(0)));
}


/* --- limits --------------------------------------------------------------- */

/* The head and n times a line */
static char *repeat(const char *head, const char *line, size_t n)
{
	struct mbuf *mb = mbuf_alloc(64);
	char *text	= NULL;

	assert_int_equal(mbuf_write_str(mb, head), 0);
	while (n--)
		assert_int_equal(mbuf_write_str(mb, line), 0);
	mb->pos = 0;
	assert_int_equal(mbuf_strdup(mb, &text, mb->end), 0);
	mem_deref(mb);

	return text;
}


static void limit_is(char *text, const char *why)
{
	struct pl pl = {text, strlen(text)};
	struct sdpm *s = NULL;
	const char *got = NULL;
	int err = sdpm_parse(&s, &pl, &got);

	if (err != (why ? E2BIG : 0) || (why && strcmp(why, got)))
		fail_msg("%d: %s", err, got ? got : "(taken)");

	mem_deref(s);
	mem_deref(text);
}


static void test_limits(void **state)
{
	(void)state;

	limit_is(repeat(HEAD4, "a=x\r\n", SDPM_MAX_ATTR), NULL);
	limit_is(repeat(HEAD4, "a=x\r\n", SDPM_MAX_ATTR + 1),
		 "too many attributes");
	limit_is(repeat(HEAD4, PCMA, SDPM_MAX_LINES), NULL);
	limit_is(repeat(HEAD4, PCMA, SDPM_MAX_LINES + 1), "too many m= lines");
	limit_is(repeat(HEAD4 "m=audio 4000 RTP/AVP", " 8", SDPM_MAX_FMT),
		 NULL);
	limit_is(repeat(HEAD4 "m=audio 4000 RTP/AVP", " 8", SDPM_MAX_FMT + 1),
		 "too many formats in m=");
	limit_is(repeat(HEAD4 "s=", "x", SDPM_MAX_LINE - 2), NULL);
	limit_is(repeat(HEAD4 "s=", "x", SDPM_MAX_LINE - 1),
		 "a line is longer than 1024");
	limit_is(repeat(HEAD4, "b=AS:64\r\n", 10000), NULL);
}


/* Every line is checked and known for the answer, eight are looked into */
static void test_lines_beyond_those_that_are_kept(void **state)
{
	char *text = repeat(HEAD4, PCMA, 12);
	struct pl pl;
	struct sdpm *s = parse_sdp(text);
	const char *why;

	(void)state;
	assert_int_equal(s->lines, 12);
	assert_int_equal(s->mediac, SDPM_MAX_MEDIA);
	mem_deref(s);
	mem_deref(text);

	/* an attribute of such a line touches none of the others */
	text = repeat(HEAD4, PCMA, SDPM_MAX_MEDIA + 1);
	char *more = NULL;
	assert_int_equal(re_sdprintf(&more, "%sa=inactive\r\n"
				     "c=IN IP4 192.0.2.99\r\n", text), 0);
	s = parse_sdp(more);
	for (size_t i = 0; i < s->mediac; i++) {
		assert_int_equal(s->mediav[i].dir, SDPM_SENDRECV);
		assert_int_equal(sa_in(&s->mediav[i].rtp), 0xc0000207);
	}
	mem_deref(s);
	mem_deref(more);
	mem_deref(text);

	text = repeat(HEAD4 PCMA PCMA PCMA PCMA PCMA PCMA PCMA PCMA,
		      "m=audio 4000 RTP/AVP\r\n", 1);
	pl_set_str(&pl, text);
	assert_int_equal(sdpm_parse(&s, &pl, &why), EBADMSG);
	assert_string_equal(why, "m= without formats");
	mem_deref(text);
}


#define ALL_OF_IT                                                            \
	HEAD4 "m=audio 4000/2 RTP/AVP 107 8 101\r\nc=IN IP4 192.0.2.8/1\r\n"  \
	"a=rtpmap:107 opus/48000/2\r\na=fmtp:107 a=b\r\na=ptime:20\r\n"       \
	"a=rtcp:4003 IN IP4 192.0.2.8\r\n"                                    \
	"a=rtpmap:101 telephone-event/8000\r\na=sendrecv\r\n"                 \
	"m=image 0 udptl t38"

/* Cut anywhere, with nothing readable before or behind it */
static void test_every_prefix_at_a_guard_page(void **state)
{
	struct guarded g;

	(void)state;
	guarded_open(&g, 4096);
	for (size_t n = 0; n < sizeof(ALL_OF_IT); n++) {
		for (int before = 0; before < 2; before++) {
			struct pl pl = {(char *)guarded_put(&g, ALL_OF_IT, n,
							    before), n};
			const char *why;
			struct sdpm *s = NULL;
			int err = sdpm_parse(&s, &pl, &why);

			assert_true(err == 0 || err == EBADMSG);
			mem_deref(s);
		}
	}
	guarded_close(&g);
}


/* --- questions ------------------------------------------------------------ */

static void test_audio_is_the_first_that_we_can_take(void **state)
{
	static const struct {
		const char *text;
		int port; /* -1: none */
	} audio[] = {
		{HEAD4 PCMA, 4000},
		{HEAD4 "m=audio 0 RTP/AVP 8\r\nm=audio 4002 RTP/AVP 8\r\n",
		 4002},
		{HEAD4 "m=video 4002 RTP/AVP 96\r\n" PCMA, 4000},
		{HEAD4 "m=audio 4002 RTP/SAVP 8\r\n" PCMA, 4000},
		{HEAD4 "m=AUDIO 4004 rtp/avpf 8\r\n", 4004},
		{HEAD4 "m=audio 4002 RTP/SAVP 8\r\n", -1},
		{HEAD4 "m=audio 4002 UDP/TLS/RTP/SAVPF 8\r\n", -1},
		{HEAD4, -1},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(audio); i++) {
		struct sdpm *s		   = parse_sdp(audio[i].text);
		const struct sdpm_media *m = sdpm_audio(s);

		assert_int_equal(m ? m->port : -1, audio[i].port);
		mem_deref(s);
	}
}


static void test_codec_is_found_by_what_it_is(void **state)
{
	struct sdpm *s = parse_sdp(HEAD4 "m=audio 4000 RTP/AVP 8 107\r\n"
					 "a=rtpmap:107 opus/48000/2\r\n");
	const struct sdpm_media *m = sdpm_audio(s);
	struct pl alaw = PL_LIT("alaw"), opus = PL_LIT("opus"),
		  gsm = PL_LIT("gsm");

	(void)state;
	assert_int_equal(sdpm_find(m, config_codec_find(&alaw))->pt, 8);
	assert_int_equal(sdpm_find(m, config_codec_find(&opus))->pt, 107);
	assert_null(sdpm_find(m, config_codec_find(&gsm)));
	assert_null(sdpm_find(m, NULL));
	mem_deref(s);
}


static void test_direction_of_an_answer(void **state)
{
	(void)state;
	assert_int_equal(sdpm_dir_reverse(SDPM_SENDONLY), SDPM_RECVONLY);
	assert_int_equal(sdpm_dir_reverse(SDPM_RECVONLY), SDPM_SENDONLY);
	assert_int_equal(sdpm_dir_reverse(SDPM_SENDRECV), SDPM_SENDRECV);
	assert_int_equal(sdpm_dir_reverse(SDPM_INACTIVE), SDPM_INACTIVE);
}


/* --- our side ------------------------------------------------------------- */

static const struct config_codec *codec(const char *name)
{
	struct pl pl			= {name, strlen(name)};
	const struct config_codec *c = config_codec_find(&pl);

	assert_non_null(c);
	return c;
}


static void desc_init(struct sdp_desc *d, const char *addr)
{
	memset(d, 0, sizeof(*d));
	assert_int_equal(sa_set_str(&d->rtp, addr, 10000), 0);
	d->dir = SDPM_SENDRECV;
}


/* What is said; the caller frees it */
static char *said(struct sdp_local *l, const struct sdp_desc *d)
{
	struct mbuf *mb = mbuf_alloc(64);
	char *text	= NULL;

	assert_int_equal(sdp_local_print(mb, l, d), 0);
	mb->pos = 0;
	assert_int_equal(mbuf_strdup(mb, &text, mb->end), 0);
	mem_deref(mb);

	return text;
}


/* o=OWNER id version REST: compared without the two numbers */
static void body_is(const char *text, const char *owner, const char *rest,
		    const char *body)
{
	struct pl id, version, got_owner, got_rest, got_body;

	assert_int_equal(re_regex(text, strlen(text),
				  "v=0\r\no=[^ ]+ [0-9]+ [0-9]+ [^\r]+\r\n",
				  &got_owner, &id, &version, &got_rest), 0);
	assert_pl(&got_owner, owner);
	assert_pl(&got_rest, rest);
	got_body.p = got_rest.p + got_rest.l + 2;
	assert_string_equal(got_body.p, body);
}


static void test_an_offer(void **state)
{
	struct sdp_local l = {0};
	struct pl fmtp	   = PL_LIT("useinbandfec=1");
	struct sdp_desc d;
	char *text;

	(void)state;
	desc_init(&d, "192.0.2.1");
	d.owner	   = "tandem";
	d.session  = "call";
	d.dtmf_pt  = 101;
	d.ptime_ms = 20;
	assert_int_equal(sdp_say_add(&d, codec("alaw"), -1, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("opus"), -1, &fmtp), 0);
	assert_int_equal(sdp_say_add(&d, codec("ilbc"), 97, NULL), 0);

	text = said(&l, &d);
	body_is(text, "tandem", "IN IP4 192.0.2.1",
		"s=call\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
		"m=audio 10000 RTP/AVP 8 96 97 101\r\n"
		"a=rtpmap:8 PCMA/8000\r\n"
		"a=rtpmap:96 opus/48000/2\r\na=fmtp:96 useinbandfec=1\r\n"
		"a=rtpmap:97 iLBC/8000\r\n"
		"a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-16\r\n"
		"a=ptime:20\r\na=sendrecv\r\n");
	mem_deref(text);
	sdp_local_reset(&l);
}


static void test_an_offer_over_ip6(void **state)
{
	struct sdp_local l = {0};
	struct sdp_desc d;
	char *text;

	(void)state;
	desc_init(&d, "2001:db8::1");
	d.dir = SDPM_SENDONLY;
	assert_int_equal(sdp_say_add(&d, codec("ulaw"), -1, NULL), 0);

	text = said(&l, &d);
	body_is(text, "-", "IN IP6 2001:db8::1",
		"s=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n"
		"m=audio 10000 RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n"
		"a=sendonly\r\n");
	mem_deref(text);
	sdp_local_reset(&l);
}


/* RFC 3264 6: as many m-lines in the same order, what we don't take with
 * port 0 */
static void test_an_answer_mirrors_the_lines(void **state)
{
	struct sdp_local l = {0};
	struct sdp_desc d;
	struct sdpm *offer = parse_sdp(
		HEAD4 "m=video 4002 RTP/AVP 96 97\r\n"
		"m=audio 4008 RTP/SAVP 0 8\r\n" PCMA
		"m=audio 4010 RTP/AVP 0\r\nm=image 4004/2 udptl t38\r\n"
		"m=application 9 TCP/BFCP *\r\n");
	char *text;

	(void)state;
	desc_init(&d, "192.0.2.1");
	d.offer = offer;
	d.dir	= SDPM_RECVONLY;
	assert_int_equal(sdp_say_add(&d, codec("alaw"), 8, NULL), 0);

	text = said(&l, &d);
	body_is(text, "-", "IN IP4 192.0.2.1",
		"s=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\n"
		"m=video 0 RTP/AVP 96\r\n"
		"m=audio 0 RTP/SAVP 0\r\n"
		"m=audio 10000 RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
		"a=recvonly\r\n"
		"m=audio 0 RTP/AVP 0\r\n"
		"m=image 0 udptl t38\r\n"
		"m=application 0 TCP/BFCP *\r\n");
	mem_deref(text);
	mem_deref(offer);
	sdp_local_reset(&l);
}


static void test_an_answer_to_many_lines(void **state)
{
	struct sdp_local l = {0};
	struct sdp_desc d;
	char *lines	   = repeat(HEAD4, PCMA, 32);
	struct sdpm *offer = parse_sdp(lines);

	(void)state;
	desc_init(&d, "192.0.2.1");
	d.offer = offer;
	assert_int_equal(sdp_say_add(&d, codec("alaw"), 8, NULL), 0);

	char *text	    = said(&l, &d);
	struct sdpm *answer = parse_sdp(text);

	assert_int_equal(answer->lines, 32);
	assert_int_equal(answer->mediav[0].port, 10000);
	for (size_t i = 1; i < answer->mediac; i++)
		assert_int_equal(answer->mediav[i].port, 0);

	mem_deref(answer);
	mem_deref(text);
	mem_deref(offer);
	mem_deref(lines);
	sdp_local_reset(&l);
}


static uint64_t version_of(const char *text)
{
	struct pl version, id;

	assert_int_equal(re_regex(text, strlen(text),
				  "o=- [0-9]+ [0-9]+ ", &id, &version), 0);
	return pl_u64(&version);
}


/* RFC 3264 8: the version rises by one with each change and only then */
static void test_version_counts_changes(void **state)
{
	struct sdp_local l = {0};
	struct sdp_desc d;
	uint64_t first;
	char *a, *b;

	(void)state;
	desc_init(&d, "192.0.2.1");
	assert_int_equal(sdp_say_add(&d, codec("alaw"), -1, NULL), 0);

	a     = said(&l, &d);
	first = version_of(a);
	assert_true(first == l.version && l.id);
	b = said(&l, &d);
	assert_string_equal(a, b);
	mem_deref(b);

	d.dir = SDPM_SENDONLY;
	b     = said(&l, &d);
	assert_int_equal(version_of(b), first + 1);
	mem_deref(b);

	d.dir = SDPM_SENDRECV; /* as at first, but after the hold: a change */
	b     = said(&l, &d);
	assert_int_equal(version_of(b), first + 2);
	mem_deref(b);
	mem_deref(a);

	sdp_local_reset(&l);
	assert_true(!l.version && !l.id && !l.last);
	sdp_local_reset(NULL);
}


static void test_payload_types_never_meet(void **state)
{
	struct sdp_desc d;

	(void)state;
	desc_init(&d, "192.0.2.1");
	d.dtmf_pt = 96;
	assert_int_equal(sdp_say_add(&d, codec("ulaw"), -1, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("opus"), -1, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("ilbc"), 97, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("gsm"), 0, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("g726"), 96, NULL), 0);

	static const uint8_t want[] = {0, 97, 98, 99, 100};

	assert_int_equal(d.sayc, ARRAY_SIZE(want));
	for (size_t i = 0; i < d.sayc; i++)
		assert_int_equal(d.sayv[i].pt, want[i]);

	while (d.sayc < ARRAY_SIZE(d.sayv))
		assert_int_equal(sdp_say_add(&d, codec("speex"), -1, NULL), 0);
	assert_int_equal(sdp_say_add(&d, codec("speex"), -1, NULL), ENOSPC);
	assert_int_equal(sdp_say_add(NULL, codec("speex"), -1, NULL), EINVAL);
	assert_int_equal(sdp_say_add(&d, NULL, -1, NULL), EINVAL);
}


/* What the other side's parameters may do to our body */
static void test_parameters_are_one_line(void **state)
{
	static const struct {
		struct pl in;
		const char *out;
	} fmtp[] = {
		{PL_LIT("mode=20"), "mode=20"},
		{PL_LIT("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f"},
		{PL_LIT("a\rb"), "a"},
		{PL_LIT("a\x7f" "b"), "a"},
		{PL_LIT("\x01"), ""},
		{{NULL, 0}, ""},
	};
	char *longest = stretch("", 'x', 127, ""), *more;
	struct sdp_desc d;
	struct pl pl;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(fmtp); i++) {
		desc_init(&d, "192.0.2.1");
		assert_int_equal(sdp_say_add(&d, codec("ilbc"), -1,
					     &fmtp[i].in), 0);
		assert_string_equal(d.sayv[0].fmtp, fmtp[i].out);
	}

	pl_set_str(&pl, longest);
	assert_int_equal(sdp_say_add(&d, codec("ilbc"), -1, &pl), 0);
	assert_string_equal(d.sayv[1].fmtp, longest);

	more = stretch(longest, 'x', 1, "");
	pl_set_str(&pl, more);
	assert_int_equal(sdp_say_add(&d, codec("ilbc"), -1, &pl), 0);
	assert_string_equal(d.sayv[2].fmtp, "");
	mem_deref(more);
	mem_deref(longest);
}


static void test_print_bad_arguments(void **state)
{
	struct sdp_local l = {0};
	struct sdp_desc d  = {0};
	struct mbuf *mb	   = mbuf_alloc(8);

	(void)state;
	assert_int_equal(sdp_local_print(NULL, &l, &d), EINVAL);
	assert_int_equal(sdp_local_print(mb, NULL, &d), EINVAL);
	assert_int_equal(sdp_local_print(mb, &l, NULL), EINVAL);
	assert_int_equal(mb->end, 0);
	mem_deref(mb);
}


/* --- memory --------------------------------------------------------------- */

#ifdef OOM_WORKS

/* Take an offer and answer it; the n-th allocation fails */
static int answer_failing(size_t n)
{
	static const struct pl text = PL_LIT(ALL_OF_IT);
	struct sdp_local l	    = {0};
	struct sdp_desc d;
	const char *why;
	struct sdpm *s = NULL;
	struct mbuf *mb;
	int err;

	desc_init(&d, "192.0.2.1");
	oom_begin(n);

	mb  = mbuf_alloc(16);
	err = mb ? sdpm_parse(&s, &text, &why) : ENOMEM;
	if (!err) {
		d.offer = s;
		(void)sdp_say_add(&d, config_codec_at(1), 8, NULL);
		err = sdp_local_print(mb, &l, &d);
	}

	sdp_local_reset(&l);
	mem_deref(s);
	mem_deref(mb);
	oom_end();
	assert_int_equal(blocks, 0);

	return err;
}


static void test_each_allocation_fails(void **state)
{
	size_t n = 1;

	(void)state;
	assert_int_equal(answer_failing(0), 0);
	while (answer_failing(n))
		++n;

	/* nothing was needed but not asked for */
	assert_true(calls < n);
	assert_in_range(n, 7, 100);
}

#else

static void test_each_allocation_fails(void **state)
{
	(void)state;
	skip();
}

#endif


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_parse_rows),
		cmocka_unit_test(test_a_nul_inside_is_refused),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_lines_beyond_those_that_are_kept),
		cmocka_unit_test(test_every_prefix_at_a_guard_page),
		cmocka_unit_test(test_audio_is_the_first_that_we_can_take),
		cmocka_unit_test(test_codec_is_found_by_what_it_is),
		cmocka_unit_test(test_direction_of_an_answer),
		cmocka_unit_test(test_an_offer),
		cmocka_unit_test(test_an_offer_over_ip6),
		cmocka_unit_test(test_an_answer_mirrors_the_lines),
		cmocka_unit_test(test_an_answer_to_many_lines),
		cmocka_unit_test(test_version_counts_changes),
		cmocka_unit_test(test_payload_types_never_meet),
		cmocka_unit_test(test_parameters_are_one_line),
		cmocka_unit_test(test_print_bad_arguments),
		cmocka_unit_test(test_each_allocation_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
