/**
 * @file b2bua/cdr.c  The record of a call
 *
 * Texts are copied as they become known, so that nothing depends on how long
 * a leg or a step lives.  The trace is printed at the end.
 */
#include "b2bua/cdr.h"
#include "base/clock.h"
#include "base/text.h"
#include "routing/strftime.h"

enum { CDR_TRACE_MAX = 32768, ALIVE_MS = 5000, USERFIELD_MAX = 255 };

/* Of a call that is recorded; most are not */
struct cdr_rec {
	char state[16];
	char path[512];
	char why[128];
};

struct cdr {
	char *userfield;      /* NULL: "" */
	char peeraccount[64];
	char amaflags[24];
	char dst[256], dcontext[128];
	char channel[96], dstchannel[96];
	char lastapp[64];
	char lastdata[256];
	uint64_t start_us, answer_us, end_us; /* wall clock */
	uint64_t start_ms, answer_ms, end_ms; /* monotonic, for lengths */
	uint32_t sequence;
	const char *disposition;
	const char *hangup_by;
	uint32_t hangup_cause;
	uint32_t sip_code;
	struct cdr_rec *rec; /* its worst recording; NULL none */
	char *trunk;         /* NULL none */
	struct vars *vars; /* fields of the user's own; NULL none */
	bool written;
	bool open;         /* counted in nopen */
};

static uint32_t sequence;
static struct timer alive; /* while there are answered calls ... */
static uint32_t nopen;     /* ... so many */


static void destructor(void *data)
{
	struct cdr *cdr = data;

	if (cdr->open && !--nopen)
		timer_cancel(&alive);
	mem_deref(cdr->userfield);
	mem_deref(cdr->vars);
	mem_deref(cdr->rec);
	mem_deref(cdr->trunk);
}


int cdr_alloc(struct cdr **cdrp)
{
	struct cdr *cdr;

	if (!cdrp)
		return EINVAL;

	cdr = mem_zalloc(sizeof(*cdr), destructor);
	if (!cdr)
		return ENOMEM;

	cdr->start_us = clock_wall_us();
	cdr->start_ms = clock_ms();
	cdr->sequence = sequence++;
	cdr->disposition = "NO ANSWER";
	cdr->hangup_by = "";
	str_ncpy(cdr->amaflags, "DOCUMENTATION", sizeof(cdr->amaflags));

	*cdrp = cdr;

	return 0;
}


void cdr_step(struct call *call, const char *app, const char *data)
{
	struct cdr *cdr = call ? call->cdr : NULL;
	const struct call_frame *frame;

	if (!cdr || call->hangup_run)
		return;

	/* in a subroutine: where it was called from */
	frame = list_ledata(call->frames.tail);

	str_ncpy(cdr->lastapp, app, sizeof(cdr->lastapp));
	str_ncpy(cdr->lastdata, data, sizeof(cdr->lastdata));
	str_ncpy(cdr->dst, frame ? frame->exten : call->exten,
		 sizeof(cdr->dst));
	str_ncpy(cdr->dcontext, frame ? frame->context : call->context,
		 sizeof(cdr->dcontext));

	if (call->caller)
		str_ncpy(cdr->channel, leg_name(call->caller),
			 sizeof(cdr->channel));
}


static void print_clid(char *buf, size_t n, const struct call *call)
{
	if (call->cid_name[0])
		(void)re_snprintf(buf, n, "\"%s\" <%s>", call->cid_name,
				  call->cid_num);
	else
		str_ncpy(buf, call->cid_num, n);
}


static void fill_names(struct store_cdr *rec, const struct call *call,
		       const struct cdr *cdr)
{
	rec->accountcode = call->accountcode;
	rec->src = call->cid_num;
	rec->dst = cdr->dst;
	rec->dcontext = cdr->dcontext;
	rec->channel = cdr->channel;
	rec->dstchannel = cdr->dstchannel;
	rec->lastapp = cdr->lastapp;
	rec->lastdata = cdr->lastdata;
	rec->disposition = cdr->disposition;
	rec->amaflags = cdr->amaflags;
	rec->userfield = cdr->userfield ? cdr->userfield : "";
	rec->uniqueid = call->uniqueid;
	rec->linkedid = call->linkedid;
	rec->peeraccount = cdr->peeraccount;
	rec->call_id = call->id;
	rec->rec_state = cdr->rec ? cdr->rec->state : "";
	rec->rec_path = cdr->rec ? cdr->rec->path : "";
	rec->rec_why = cdr->rec ? cdr->rec->why : "";
	rec->hangup_by = cdr->hangup_by;
	rec->trunk = cdr->trunk ? cdr->trunk : "";
}


static void alive_handler(void *arg)
{
	(void)arg;
	if (store_alive())
		log_warning("cdr", "not noted that calls go on");
	timer_start(&alive, ALIVE_MS, alive_handler, NULL);
}


/* For the case that we end before it does */
static void note_open(const struct call *call, struct cdr *cdr)
{
	struct store_cdr rec;
	char clid[280];

	memset(&rec, 0, sizeof(rec));
	print_clid(clid, sizeof(clid), call);
	fill_names(&rec, call, cdr);
	rec.clid      = clid;
	rec.start_us  = cdr->start_us;
	rec.answer_us = cdr->answer_us;
	cdr->open     = true;
	if (store_call_open(&rec))
		call_warning(call, "not noted: its record is lost if the "
			     "program ends before it");

	if (!nopen++)
		timer_start(&alive, ALIVE_MS, alive_handler, NULL);
}


void cdr_answered(struct call *call)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr || cdr->answer_us)
		return;

	cdr->answer_us = clock_wall_us();
	cdr->answer_ms = clock_ms();
	cdr->disposition = "ANSWERED";
	if (!call->dry)
		note_open(call, cdr);
}


void cdr_dialed(struct call *call, const char *channel)
{
	if (call && call->cdr)
		str_ncpy(call->cdr->dstchannel, channel,
			 sizeof(call->cdr->dstchannel));
}


static const char *disposition_of(enum dial_status status)
{
	switch (status) {

	case DIAL_ANSWER: return "ANSWERED";
	case DIAL_BUSY: return "BUSY";
	case DIAL_CHANUNAVAIL:
	case DIAL_CONGESTION: return "FAILED";
	case DIAL_NOANSWER:
	case DIAL_CANCEL:
	default: return "NO ANSWER";
	}
}


void cdr_trunk(struct call *call, const char *group, const char *peer)
{
	struct cdr *cdr = call ? call->cdr : NULL;
	char *str = NULL;

	if (!cdr || !peer ||
	    re_sdprintf(&str, "%s%s%s", group ? group : "", group ? "/" : "",
			peer))
		return;

	mem_deref(cdr->trunk);
	cdr->trunk = str;
}


void cdr_result(struct call *call, enum dial_status status, uint16_t scode)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr)
		return;

	cdr->sip_code = scode;

	/* who has been answered stays answered, whatever comes later */
	if (!cdr->answer_us)
		cdr->disposition = disposition_of(status);
}


void cdr_end(struct call *call, const char *by, uint8_t cause)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr || cdr->end_us)
		return;

	cdr->end_us = clock_wall_us();
	cdr->end_ms = clock_ms();
	cdr->hangup_by = by;
	cdr->hangup_cause = cause;

	if (call->caller)
		str_ncpy(cdr->channel, leg_name(call->caller),
			 sizeof(cdr->channel));
}


const char *cdr_hangup_by(const struct call *call)
{
	return call && call->cdr ? call->cdr->hangup_by : "";
}


uint16_t cdr_sip_code(const struct call *call)
{
	return call && call->cdr ? (uint16_t)call->cdr->sip_code : 0;
}


void cdr_reset(struct call *call, bool keep)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr)
		return;

	cdr->start_us = clock_wall_us();
	cdr->start_ms = clock_ms();
	if (cdr->answer_us) {
		cdr->answer_us = cdr->start_us;
		cdr->answer_ms = cdr->start_ms;
	}
	else {
		cdr->disposition = "NO ANSWER";
	}

	if (keep)
		return;

	cdr->userfield = mem_deref(cdr->userfield);
	cdr->vars = mem_deref(cdr->vars);
}


/* How bad a state is: the worst one is shown */
static int rec_rank(const char *state)
{
	static const char *const states[] = {"complete", "recording", "gap",
					     "failed"};

	for (size_t i = 0; i < ARRAY_SIZE(states); i++) {
		if (!str_cmp(state, states[i]))
			return (int)i;
	}

	return -1;
}


void cdr_recording_moved(struct call *call, const char *from)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr || !from)
		return;

	(void)store_cdr_recording_moved(call->uniqueid, from);
	if (cdr->rec && !str_cmp(cdr->rec->path, from))
		cdr->rec = mem_deref(cdr->rec);
}


void cdr_recording_of(const char *uniqueid, const char *state,
		      const char *path, const char *why, uint64_t duration_ms)
{
	int err;

	if (!uniqueid || !state || !path)
		return;

	err = store_cdr_recording(uniqueid, state, path, why, duration_ms);
	if (err)
		log_warning("cdr", "%s: state of recording %s not noted: %m",
			    uniqueid, path, err);
}


void cdr_recording_of_moved(const char *uniqueid, const char *from)
{
	if (uniqueid && from)
		(void)store_cdr_recording_moved(uniqueid, from);
}


void cdr_recording(struct call *call, const char *state, const char *path,
		   const char *why, uint64_t duration_ms)
{
	struct cdr *cdr = call ? call->cdr : NULL;
	struct cdr_rec *rec;
	int err;

	if (!cdr || !state || !path)
		return;

	err = store_cdr_recording(call->uniqueid, state, path, why,
				  duration_ms);
	if (err)
		call_warning(call, "state of recording %s not noted: %m", path,
			     err);

	rec = cdr->rec;
	if (rec && str_cmp(rec->path, path) &&
	    rec_rank(state) <= rec_rank(rec->state))
		return;

	if (!rec)
		rec = cdr->rec = mem_zalloc(sizeof(*rec), NULL);
	if (!rec) {
		call_warning(call, "no memory for the state of recording %s",
			     path);
		return;
	}

	str_ncpy(rec->state, state, sizeof(rec->state));
	str_ncpy(rec->path, path, sizeof(rec->path));
	str_ncpy(rec->why, why ? why : "", sizeof(rec->why));
}


static uint32_t seconds(uint64_t from_ms, uint64_t to_ms)
{
	return from_ms && to_ms > from_ms ? (uint32_t)((to_ms - from_ms) / 1000)
					  : 0;
}


static uint64_t end_ms(const struct cdr *cdr)
{
	return cdr->end_ms ? cdr->end_ms : clock_ms();
}


static char *print_trace(const struct call *call)
{
	struct mbuf *mb = mbuf_alloc(1024);
	char *str = NULL;
	struct le *le;

	if (!mb)
		return NULL;

	LIST_FOREACH(&call->steps, le)
	{
		const struct call_step *st = le->data;

		if (mb->end > CDR_TRACE_MAX)
			break;

		(void)mbuf_printf(mb, "%llu.%03u [%s@%s:%u] %s(%s) %s\n",
				  st->at_ms / 1000,
				  (unsigned)(st->at_ms % 1000), st->exten,
				  st->context, st->prio, st->app, st->args,
				  st->result);
	}

	(void)mbuf_str(&str, mb);
	mem_deref(mb);

	return str;
}


static void fill_numbers(struct store_cdr *rec, const struct cdr *cdr)
{
	rec->start_us = cdr->start_us;
	rec->answer_us = cdr->answer_us;
	rec->end_us = cdr->end_us;
	rec->duration = seconds(cdr->start_ms, end_ms(cdr));
	rec->billsec = seconds(cdr->answer_ms, end_ms(cdr));
	rec->sequence = cdr->sequence;
	rec->hangup_cause = cdr->hangup_cause;
	rec->sip_code = cdr->sip_code;
}


int cdr_put(struct call *call)
{
	struct cdr *cdr = call ? call->cdr : NULL;
	struct store_cdr rec;
	char clid[280];
	char *trace;
	int err;

	if (!cdr || cdr->written)
		return 0;

	cdr->written = true;
	cdr_end(call, "tandem", call->cause);

	memset(&rec, 0, sizeof(rec));
	print_clid(clid, sizeof(clid), call);
	trace = print_trace(call);

	fill_names(&rec, call, cdr);
	fill_numbers(&rec, cdr);
	rec.clid = clid;
	rec.trace = trace;

	err = store_cdr_put(&rec);
	if (err)
		call_warning(call, "call record not stored: %m", err);

	mem_deref(trace);

	return err;
}


/* --- CDR(field) ---------------------------------------------------------- */

static int print_time(struct mbuf *out, uint64_t us, bool raw)
{
	static const struct pl fmt = PL_LIT("%Y-%m-%d %H:%M:%S");

	if (!us)
		return raw ? mbuf_write_str(out, "0.000000") : 0;

	return raw ? mbuf_printf(out, "%llu.%06u", us / 1000000,
				 (unsigned)(us % 1000000))
		   : strftime_us(out, &fmt, us, NULL);
}


static const char *text_field(const struct call *call, const char *field)
{
	struct store_cdr rec;
	const struct {
		const char *name;
		const char *const *val;
	} tab[] = {
		{"accountcode", &rec.accountcode},
		{"src", &rec.src},
		{"dst", &rec.dst},
		{"dcontext", &rec.dcontext},
		{"channel", &rec.channel},
		{"dstchannel", &rec.dstchannel},
		{"lastapp", &rec.lastapp},
		{"lastdata", &rec.lastdata},
		{"disposition", &rec.disposition},
		{"amaflags", &rec.amaflags},
		{"userfield", &rec.userfield},
		{"uniqueid", &rec.uniqueid},
		{"linkedid", &rec.linkedid},
		{"peeraccount", &rec.peeraccount},
		{"trunk", &rec.trunk},
	};

	memset(&rec, 0, sizeof(rec));
	fill_names(&rec, call, call->cdr);

	for (size_t i = 0; i < ARRAY_SIZE(tab); i++) {
		if (!str_casecmp(field, tab[i].name))
			return *tab[i].val;
	}

	return NULL;
}


static int read_number(struct mbuf *out, const struct cdr *cdr,
		       const char *field, bool raw)
{
	if (!str_casecmp(field, "start"))
		return print_time(out, cdr->start_us, raw);
	if (!str_casecmp(field, "answer"))
		return print_time(out, cdr->answer_us, raw);
	if (!str_casecmp(field, "end"))
		return print_time(out, cdr->end_us, raw);
	if (!str_casecmp(field, "duration"))
		return mbuf_printf(out, "%u",
				   seconds(cdr->start_ms, end_ms(cdr)));
	if (!str_casecmp(field, "billsec"))
		return mbuf_printf(out, "%u",
				   seconds(cdr->answer_ms, end_ms(cdr)));
	if (!str_casecmp(field, "sequence"))
		return mbuf_printf(out, "%u", cdr->sequence);

	return ENOENT;
}


int cdr_read(struct mbuf *out, struct call *call, const char *field, bool raw)
{
	const struct vval *val;
	const char *text;
	char clid[280];
	int err;

	if (!out || !call || !call->cdr || !field)
		return EINVAL;

	err = read_number(out, call->cdr, field, raw);
	if (err != ENOENT)
		return err;

	if (!str_casecmp(field, "clid")) {
		print_clid(clid, sizeof(clid), call);
		return mbuf_write_str(out, clid);
	}

	text = text_field(call, field);
	if (text)
		return mbuf_write_str(out, text);

	val = call->cdr->vars ? vars_get_str(call->cdr->vars, field) : NULL;

	return val ? mbuf_write_mem(out, (uint8_t *)val->str, val->len)
		   : ENOENT;
}


static int write_own(struct cdr *cdr, const char *field, const char *value,
		     bool tainted)
{
	struct pl name, val;
	int err;

	if (!cdr->vars) {
		err = vars_alloc(&cdr->vars);
		if (err)
			return err;
	}

	pl_set_str(&name, field);
	pl_set_str(&val, value);

	return vars_set(cdr->vars, &name, &val, tainted);
}


static int set_userfield(struct cdr *cdr, const char *value)
{
	char *dup = NULL;
	struct pl pl;
	int err;

	pl_set_str(&pl, value);
	if (pl.l > USERFIELD_MAX)
		pl.l = USERFIELD_MAX;
	err = pl_strdup(&dup, &pl);
	if (err)
		return err;

	mem_deref(cdr->userfield);
	cdr->userfield = dup;

	return 0;
}


int cdr_write(struct call *call, const char *field, const char *value,
	      bool tainted)
{
	struct cdr *cdr = call ? call->cdr : NULL;

	if (!cdr || !field || !value)
		return EINVAL;

	if (!str_casecmp(field, "accountcode"))
		str_ncpy(call->accountcode, value, sizeof(call->accountcode));
	else if (!str_casecmp(field, "userfield"))
		return set_userfield(cdr, value);
	else if (!str_casecmp(field, "amaflags"))
		str_ncpy(cdr->amaflags, value, sizeof(cdr->amaflags));
	else if (!str_casecmp(field, "peeraccount"))
		str_ncpy(cdr->peeraccount, value, sizeof(cdr->peeraccount));
	else if (text_field(call, field) || !str_casecmp(field, "clid") ||
		 !str_casecmp(field, "start") ||
		 !str_casecmp(field, "answer") || !str_casecmp(field, "end") ||
		 !str_casecmp(field, "duration") ||
		 !str_casecmp(field, "billsec"))
		return EPERM;
	else
		return write_own(cdr, field, value, tainted);

	return 0;
}
