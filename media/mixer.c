/**
 * @file media/mixer.c  Many parties that hear each other
 *
 * A frame, for each room and interval:
 *
 *   each party's intake ─► gain ─► sum of its rate ─┐ for each set of voices
 *   the room's player   ─────────► sum at 8 kHz     │ that somebody listens to
 *                                                   ▼ (struct group)
 *                              total at each rate that somebody listens at:
 *                              the sum of that rate, and the others' converted
 *                                                   │
 *   who speaks:      total - own ─► gain ─► encoder ┤
 *   who only listens: total ─► one encoder a codec ─┴─► relay_own()
 *
 * So a party costs an addition, a subtraction and a codec; converting is done
 * once for all, and costs nothing if all have the same rate.  Nobody's own
 * voice is converted on the way to himself, so it can be taken out exactly.
 *
 * Who listens to whom are two masks of 8 bits.  Groups and their buffers are
 * compiled when somebody comes, goes or changes; frames only calculate.
 */
#include "media/mixer.h"
#include "media/member.h"
#include "base/log.h"
#include "media/play.h"
#include "media/tap.h"


static const uint32_t rates[MIX_RATES] = {8000, 16000, 48000};


int mix_rate_index(uint32_t rate)
{
	for (int i = 0; i < MIX_RATES; i++) {
		if (rates[i] == rate)
			return i;
	}

	return -1;
}


/* --- memory -------------------------------------------------------------- */

static void group_destructor(void *arg)
{
	struct mix_group *g = arg;

	list_unlink(&g->le);
	for (size_t i = 0; i < MIX_RATES; i++) {
		struct mix_lane *l = &g->lanev[i];

		mem_deref(l->sum);
		mem_deref(l->total);
		for (size_t k = 0; k < MIX_RATES; k++)
			mem_deref(l->fromv[k]);
	}
	for (size_t i = 0; i < ARRAY_SIZE(g->sharedv); i++)
		mem_deref(g->sharedv[i]);
}


static void destructor(void *arg)
{
	struct mixer *mx = arg;

	while (mx->members.head) {
		struct member *m = mx->members.head->data;

		mixer_leave(m->s);
	}

	list_flush(&mx->groups);
}


int mixer_alloc(struct mixer **mp, uint32_t interval_ms)
{
	struct mixer *mx;

	if (!mp)
		return EINVAL;

	mx = mem_zalloc(sizeof(*mx), destructor);
	if (!mx)
		return ENOMEM;

	if (interval_ms < MIX_MS_MIN)
		interval_ms = MIX_MS_MIN;
	if (interval_ms > MIX_MS_MAX)
		interval_ms = MIX_MS_MAX;

	mx->ms    = interval_ms - interval_ms % MIX_MS_MIN;
	mx->dirty = true;
	*mp = mx;

	return 0;
}


/* --- compiling ----------------------------------------------------------- */

static size_t frame_size(const struct mixer *mx, unsigned rate)
{
	return (size_t)mx->ms * (rates[rate] / 1000);
}


static struct mix_group *group_find(const struct mixer *mx, uint8_t hears)
{
	for (struct le *le = mx->groups.head; le; le = le->next) {
		struct mix_group *g = le->data;

		if (g->hears == hears)
			return g;
	}

	return NULL;
}


static struct mix_group *group_get(struct mixer *mx, uint8_t hears)
{
	struct mix_group *g = group_find(mx, hears);

	if (g)
		return g;

	g = mem_zalloc(sizeof(*g), group_destructor);
	if (!g)
		return NULL;

	g->hears = hears;
	list_append(&mx->groups, &g->le, g);

	return g;
}


/* Room for a sum at a rate that somebody speaks at */
static bool lane_speaks(const struct mixer *mx, struct mix_group *g,
			unsigned rate)
{
	struct mix_lane *l = &g->lanev[rate];

	if (!l->sum)
		l->sum = mem_zalloc(frame_size(mx, rate) * sizeof(*l->sum),
				    NULL);

	return l->sum != NULL;
}


static bool lane_converts(const struct mixer *mx, struct mix_group *g,
			  unsigned to, unsigned from)
{
	struct mix_lane *l = &g->lanev[to];

	if (!l->total)
		l->total = mem_zalloc(frame_size(mx, to) * sizeof(*l->total),
				      NULL);
	if (!l->fromv[from] &&
	    rate_alloc(&l->fromv[from], rates[from], rates[to]))
		return false;

	return l->total != NULL;
}


static bool group_compile(const struct mixer *mx, struct mix_group *g)
{
	bool ok = true;

	for (unsigned to = 0; to < MIX_RATES; to++) {
		if (!g->lanev[to].wanted)
			continue;

		ok = ok && lane_speaks(mx, g, to);
		for (unsigned from = 0; from < MIX_RATES; from++) {
			if (from != to && g->lanev[from].sum)
				ok = ok && lane_converts(mx, g, to, from);
		}
	}

	return ok;
}


/* At which rate a party listens; -1 if it cannot */
static int listens_at(const struct member *m)
{
	return m->prm.hears ? mix_rate_index(codec_rate(m->s->codec)) : -1;
}


static bool want(struct mixer *mx, uint8_t hears, int rate)
{
	struct mix_group *g = group_get(mx, hears);

	if (!g)
		return false;

	g->used               = true;
	g->lanev[rate].wanted = true;

	return true;
}


static bool groups_begin(struct mixer *mx)
{
	bool ok = true;

	for (struct le *le = mx->groups.head; le; le = le->next) {
		struct mix_group *g = le->data;

		g->used = false;
		for (size_t i = 0; i < MIX_RATES; i++)
			g->lanev[i].wanted = false;
	}

	for (struct le *le = mx->members.head; le; le = le->next) {
		struct member *m = le->data;
		const int rate   = listens_at(m);

		if (rate >= 0)
			ok = want(mx, m->prm.hears, rate) && ok;
	}

	for (int i = 0; i < MIX_RATES; i++) {
		if (mx->records & 1 << i)
			ok = want(mx, MEDIA_MIX_ROOM, i) && ok;
	}

	return ok;
}


static void groups_end(struct mixer *mx)
{
	struct le *le = mx->groups.head;

	while (le) {
		struct mix_group *g = le->data;

		le = le->next;
		if (!g->used)
			mem_deref(g);
	}
}


/* Sums for who speaks, at the rate of his codec; the room plays at 8 kHz */
static bool voices(const struct mixer *mx, struct mix_group *g)
{
	bool ok = lane_speaks(mx, g, 0);

	for (struct le *le = mx->members.head; le; le = le->next) {
		const struct member *m = le->data;
		const int rate = mix_rate_index(codec_rate(m->s->codec));

		if (rate >= 0 && (m->prm.says & g->hears))
			ok = lane_speaks(mx, g, (unsigned)rate) && ok;
	}

	return ok;
}


static void compile(struct mixer *mx, const struct stream *room)
{
	bool ok = groups_begin(mx);

	groups_end(mx);
	for (struct le *le = mx->groups.head; le; le = le->next) {
		struct mix_group *g = le->data;

		ok = voices(mx, g) && ok;
		ok = group_compile(mx, g) && ok;
	}

	for (struct le *le = mx->members.head; le; le = le->next) {
		struct member *m = le->data;

		m->group = m->prm.hears ? group_find(mx, m->prm.hears) : NULL;
	}

	mx->dirty = !ok;
	if (!ok)
		log_error("media", "room %llu: no memory to mix in",
			  (unsigned long long)room->id);
}


/* --- coming and going ---------------------------------------------------- */

void mixer_join(struct stream *room, struct stream *s, struct member *m)
{
	struct mixer *mx = room->mixer;

	if (!mx || s->mixer) {
		mem_deref(m);
		return;
	}

	if (s->member && s->member->mixer == mx) {
		member_set(s->member, &m->prm);
		mem_deref(m);
	}
	else {
		mixer_leave(s);
		m->mixer  = mx;
		m->s      = s;
		s->member = m;
		list_append(&mx->members, &m->le, m);
		++mx->count;
	}

	mx->dirty = true;
	member_begin(s->member);
	stream_update_tick(room);
}


void mixer_leave(struct stream *s)
{
	struct member *m = s->member;

	if (!m)
		return;

	m->mixer->dirty = true;
	--m->mixer->count;
	list_unlink(&m->le);
	s->member = NULL;
	s->tx.replaced &= (uint8_t)~TX_MIX;
	mem_deref(m);
}


void mixer_update(struct stream *s)
{
	if (s->member)
		s->member->mixer->dirty = true;
}


size_t mixer_count(const struct mixer *mx)
{
	return mx->count;
}


size_t mixer_own_encoded(const struct mixer *mx)
{
	return mx->encoded;
}


/* --- a frame ------------------------------------------------------------- */

static void group_clear(const struct mixer *mx, struct mix_group *g)
{
	for (unsigned i = 0; i < MIX_RATES; i++) {
		struct mix_lane *l = &g->lanev[i];

		if (l->sum && l->any)
			memset(l->sum, 0, frame_size(mx, i) * sizeof(*l->sum));
		l->any = false;
	}

	for (size_t i = 0; i < ARRAY_SIZE(g->sharedv); i++) {
		if (g->sharedv[i])
			g->sharedv[i]->done = false;
	}
}


/* Into the sum of everybody who listens to it */
static void say(const struct mixer *mx, uint8_t says, unsigned rate,
		const int16_t *pcm)
{
	for (struct le *le = mx->groups.head; le; le = le->next) {
		struct mix_group *g = le->data;
		struct mix_lane *l  = &g->lanev[rate];

		if (!(g->hears & says) || !l->sum)
			continue;

		mix_add(l->sum, pcm, frame_size(mx, rate));
		l->any = true;
	}
}


static void members_say(struct mixer *mx, uint64_t now_us)
{
	for (struct le *le = mx->members.head; le; le = le->next) {
		struct member *m = le->data;

		if (member_listen(m, mx->ms, now_us))
			say(mx, m->prm.says,
			    (unsigned)mix_rate_index(m->rate), m->pcm);
	}
}


static void room_says(struct mixer *mx, struct stream *room)
{
	int16_t pcm[MIX_MS_MAX * STREAM_CLOCK / 1000] MIX_SCRATCH;
	const size_t frame = frame_size(mx, 0);
	size_t n;

	if (!room->own.play)
		return;

	n = play_read(room->own.play, pcm, frame);
	if (n) {
		memset(pcm + n, 0, (frame - n) * sizeof(*pcm));
		say(mx, UINT8_MAX, 0, pcm);
	}

	if (play_is_over(room->own.play))
		own_stop_play(room, play_err(room->own.play));
}


/* The sum of all rates at one of them */
static void lane_total(const struct mixer *mx, struct mix_group *g,
		       unsigned to)
{
	struct mix_lane *l = &g->lanev[to];
	const size_t n     = frame_size(mx, to);

	l->mix = l->sum;

	for (unsigned from = 0; from < MIX_RATES; from++) {
		const struct mix_lane *f = &g->lanev[from];
		struct rate *r           = l->fromv[from];

		if (!r || !f->sum || !l->total ||
		    (!f->any && rate_is_empty(r)))
			continue;

		if (l->mix != l->total)
			memcpy(l->total, l->sum, n * sizeof(*l->total));
		l->mix = l->total;
		rate_add(r, l->total, f->sum, frame_size(mx, from));
	}
}


static void record(const struct mixer *mx, struct stream *room,
		   uint64_t now_us)
{
	const struct mix_group *g = group_find(mx, MEDIA_MIX_ROOM);
	int16_t pcm[MIX_FRAME_MAX] MIX_SCRATCH;

	for (unsigned i = 0; g && i < MIX_RATES; i++) {
		const size_t n = frame_size(mx, i);

		if (!(mx->records & 1 << i) || !g->lanev[i].mix)
			continue;

		mix_clip(pcm, g->lanev[i].mix, n);
		tap_pcm(room, rates[i], pcm, n, now_us);
	}
}


/* At which rates somebody records */
static uint8_t records(const struct stream *room)
{
	uint8_t mask = 0;

	for (unsigned i = 0; i < MIX_RATES; i++) {
		if (tap_has_rate(room, rates[i]))
			mask |= (uint8_t)(1 << i);
	}

	return mask;
}


static void frame(struct mixer *mx, struct stream *room, uint64_t now_us)
{
	struct le *le;

	mx->encoded = 0;
	for (le = mx->groups.head; le; le = le->next)
		group_clear(mx, le->data);

	members_say(mx, now_us);
	room_says(mx, room);

	for (le = mx->groups.head; le; le = le->next) {
		for (unsigned i = 0; i < MIX_RATES; i++) {
			struct mix_group *g = le->data;

			g->lanev[i].mix = NULL;
			if (g->lanev[i].wanted && g->lanev[i].sum)
				lane_total(mx, g, i);
		}
	}

	record(mx, room, now_us);

	for (le = mx->members.head; le; le = le->next)
		mx->encoded += member_hear(le->data, mx->ms, now_us);
}


void mixer_tick(struct stream *room, uint32_t ms, uint64_t now_us)
{
	struct mixer *mx   = room->mixer;
	const uint8_t mask = room->taps.head ? records(room) : 0;

	if (mx->records != mask) {
		mx->records = mask;
		mx->dirty   = true;
	}
	if (mx->dirty)
		compile(mx, room);

	mx->credit_ms += ms;
	while (mx->credit_ms >= mx->ms) {
		mx->credit_ms -= mx->ms;
		frame(mx, room, now_us);
	}
}
