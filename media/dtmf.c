/**
 * @file media/dtmf.c  DTMF: RFC 4733 events, SIP INFO, tones to play
 *
 * The detector of tones is media/dtmf_det.c.
 */
#include "media/dtmf.h"
#include "base/text.h"

enum {
	EVENT_DIGITS = 16,
	LOST_US	     = 150000,	/* no packet: the event is over */
	FRESH_US     = 2000000, /* later even an older timestamp is new */
	END_PACKETS  = 3,
	VOLUME	     = 10, /* [-dBm0] */
	DEFAULT_MS   = 100,
	DURATION_MAX = 60000, /* [ms] in a SIP INFO */
};

static const char digits[] = "0123456789*#ABCD";


int dtmf_event(char digit)
{
	if (digit >= 'a' && digit <= 'd')
		digit = (char)(digit - 'a' + 'A');

	for (int i = 0; i < EVENT_DIGITS; i++) {
		if (digits[i] == digit)
			return i;
	}

	return -1;
}


char dtmf_digit(uint8_t event)
{
	return event < EVENT_DIGITS ? digits[event] : '\0';
}


int dtmf_evt_decode(struct dtmf_evt *evt, const uint8_t *p, size_t len)
{
	if (!evt || !p)
		return EINVAL;

	if (len < DTMF_EVT_SIZE)
		return EBADMSG;

	evt->event    = p[0];
	evt->end      = p[1] & 0x80;
	evt->volume   = p[1] & 0x3f;
	evt->duration = (uint16_t)(p[2] << 8 | p[3]);

	return 0;
}


void dtmf_evt_encode(uint8_t p[DTMF_EVT_SIZE], const struct dtmf_evt *evt)
{
	p[0] = evt->event;
	p[1] = (uint8_t)((evt->end ? 0x80 : 0) | (evt->volume & 0x3f));
	p[2] = (uint8_t)(evt->duration >> 8);
	p[3] = (uint8_t)evt->duration;
}


static void event_end(struct dtmf_report *rep, struct dtmf_evt_rx *rx,
		      uint32_t clock)
{
	uint64_t units = (uint64_t)rx->before + rx->duration;

	rep->end    = dtmf_digit(rx->event);
	rep->end_ms = clock ? (uint32_t)(units * 1000 / clock) : 0;
	rx->active  = false;
}


/* The next segment of an event that is longer than its field can say */
static bool is_segment(const struct dtmf_evt_rx *rx,
		       const struct dtmf_evt *evt, uint32_t ts)
{
	return rx->active && evt->event == rx->event &&
	       rx->duration >= 0x8000 && ts - rx->ts >= rx->duration &&
	       ts - rx->ts <= 0xffff;
}


static void event_more(struct dtmf_report *rep, struct dtmf_evt_rx *rx,
		       const struct dtmf_evt *evt, uint32_t clock,
		       uint64_t now_us)
{
	if (!rx->active)
		return; /* the end again */

	rx->last_us = now_us;
	if (evt->duration > rx->duration)
		rx->duration = evt->duration;
	if (evt->end)
		event_end(rep, rx, clock);
}


static void event_begin(struct dtmf_report *rep, struct dtmf_evt_rx *rx,
			const struct dtmf_evt *evt, uint32_t ts,
			uint64_t now_us)
{
	*rx = (struct dtmf_evt_rx){.ts	     = ts,
				   .last_us  = now_us,
				   .duration = evt->duration,
				   .event    = evt->event,
				   .known    = true,
				   .active   = true};

	rep->begin = dtmf_digit(evt->event);
}


struct dtmf_report dtmf_evt_recv(struct dtmf_evt_rx *rx,
				 const struct dtmf_evt *evt, uint32_t ts,
				 uint32_t clock, uint64_t now_us)
{
	struct dtmf_report rep = {0};

	if (!rx || !evt || !dtmf_digit(evt->event))
		return rep;

	if (rx->known && ts == rx->ts) {
		event_more(&rep, rx, evt, clock, now_us);
		return rep;
	}

	/* a late packet of an event before */
	if (rx->known && (int32_t)(ts - rx->ts) < 0 &&
	    now_us - rx->last_us < FRESH_US)
		return rep;

	if (is_segment(rx, evt, ts)) {
		rx->before += ts - rx->ts;
		rx->ts	     = ts;
		rx->duration = 0;
		event_more(&rep, rx, evt, clock, now_us);
		return rep;
	}

	if (rx->active)
		event_end(&rep, rx, clock);

	event_begin(&rep, rx, evt, ts, now_us);

	return rep;
}


struct dtmf_report dtmf_evt_poll(struct dtmf_evt_rx *rx, uint32_t clock,
				 uint64_t now_us)
{
	struct dtmf_report rep = {0};

	if (rx && rx->active && now_us > rx->last_us &&
	    now_us - rx->last_us >= LOST_US)
		event_end(&rep, rx, clock);

	return rep;
}


int dtmf_evt_start(struct dtmf_evt_tx *tx, char digit, uint32_t ms,
		   uint32_t ts, uint32_t clock)
{
	int event = dtmf_event(digit);
	uint64_t total;

	if (!tx || event < 0 || !clock)
		return EINVAL;

	total = (uint64_t)(ms ? ms : DEFAULT_MS) * clock / 1000;

	memset(tx, 0, sizeof(*tx));
	tx->ts	   = ts;
	tx->total  = total > UINT16_MAX ? UINT16_MAX : (uint32_t)total;
	tx->event  = (uint8_t)event;
	tx->active = true;

	return 0;
}


bool dtmf_evt_next(struct dtmf_evt_tx *tx, uint8_t p[DTMF_EVT_SIZE],
		   bool *marker, uint32_t step)
{
	struct dtmf_evt evt;

	if (!tx || !p || !tx->active)
		return false;

	if (tx->ends == END_PACKETS) {
		tx->active = false;
		return false;
	}

	if (marker)
		*marker = !tx->done && !tx->ends;

	tx->done = step < tx->total - tx->done ? tx->done + step : tx->total;
	if (tx->done == tx->total)
		++tx->ends;

	evt = (struct dtmf_evt){.event	  = tx->event,
				.end	  = tx->ends > 0,
				.volume	  = VOLUME,
				.duration = (uint16_t)tx->done};
	dtmf_evt_encode(p, &evt);

	return true;
}


/* "5", "*", "#", or the number of an event: "10" is "*" */
static char info_digit(const struct pl *pl)
{
	struct pl t = pl_trim(*pl);
	uint64_t v;

	if (t.l == 1)
		return dtmf_digit((uint8_t)dtmf_event(*t.p));

	if (num_decode(&v, &t, EVENT_DIGITS - 1) || t.l != 2 || v < 10)
		return '\0';

	return dtmf_digit((uint8_t)v);
}


static void info_line(char *digit, uint32_t *ms, struct pl line)
{
	struct pl key;
	uint64_t v;

	if (!pl_next(&key, &line, '=') || !line.p)
		return;

	key  = pl_trim(key);
	line = pl_trim(line);

	if (!pl_strcasecmp(&key, "Signal"))
		*digit = info_digit(&line);
	else if (!pl_strcasecmp(&key, "Duration")) {
		if (!num_decode(&v, &line, DURATION_MAX))
			*ms = (uint32_t)v;
	}
}


int dtmf_info_decode(char *digit, uint32_t *ms, const struct pl *body)
{
	struct pl rest, line;
	uint32_t t = 0;
	char d	   = '\0';

	if (!digit || !ms || !body)
		return EINVAL;

	rest = *body;
	d    = pl_isset(body) ? info_digit(body) : '\0';

	while (!d && pl_next(&line, &rest, '\n'))
		info_line(&d, &t, line);
	while (pl_next(&line, &rest, '\n'))
		info_line(&d, &t, line);

	if (!d)
		return EBADMSG;

	*digit = d;
	*ms    = t;
	return 0;
}


int dtmf_tone(struct tone_def *def, char digit, uint32_t on_ms,
	      uint32_t off_ms)
{
	static const uint16_t rowv[] = {697, 770, 852, 941};
	static const uint16_t colv[] = {1209, 1336, 1477, 1633};
	static const char keys[]     = "123A456B789C*0#D";
	const char *k;
	int event = dtmf_event(digit);

	if (!def || event < 0 || !on_ms)
		return EINVAL;

	k = strchr(keys, digits[event]);
	if (!k)
		return EINVAL;

	memset(def, 0, sizeof(*def));
	def->part[def->n++] = (struct tone_part){.f1   = rowv[(k - keys) / 4],
						 .f2   = colv[(k - keys) % 4],
						 .once = true,
						 .ms   = on_ms};
	if (off_ms)
		def->part[def->n++] =
			(struct tone_part){.once = true, .ms = off_ms};

	return 0;
}
