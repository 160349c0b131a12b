/**
 * @file config/parse.c  The text of .conf files, line by line
 *
 * A line goes through three steps.  uncomment() copies what is live into a
 * buffer, with the column that each byte came from.  Then the first character
 * decides: '[' opens a section, '#' is a directive (include.c), anything else
 * has to be key = value.
 *
 * Templates are textual: at "[b](a)" the variables that `a` has by then are
 * copied in front of those of `b`, so that later lines win and lists go on.
 * The texts are shared by reference, not copied.
 *
 * What Asterisk skips with a warning in its log is a warning here; what makes
 * it reject the file is an error, so that a reload changes nothing.  After an
 * error the rest is read as it was probably meant: it will not be used, but
 * what else is wrong is told in the same run.
 */
#include "config/parse_int.h"
#include "base/text.h"


/** The live part of one line */
struct line {
	char buf[CONF_LINE_MAX + 1];
	uint16_t col[CONF_LINE_MAX + 1]; /* from 0 */
	size_t len;
	size_t cut;       /* offset in raw of the comment, 0 if none */
	struct pl raw;
};


int reader_refuse(struct reader *rd, uint32_t col, const char *what)
{
	rd->pos.col = col;
	find_error(rd->f, &rd->pos, "%s", what);
	return 0;
}


/* --- comments ------------------------------------------------------------ */

static bool opens_block(const char *p, size_t left)
{
	return left >= 3 && p[1] == '-' && p[2] == '-' &&
		(left == 3 || p[3] != '-');
}


static void block_open(struct reader *rd, size_t at)
{
	if (rd->nest < CONF_NEST_MAX) {
		rd->nest_line[rd->nest++] = rd->pos.line;
		return;
	}

	if (!rd->deep)
		(void)reader_refuse(rd, (uint32_t)at + 1,
				    "block comments ';--' are nested too "
				    "deep, expected at most 128");
	rd->deep = true;
}


static void line_add(struct line *ln, char c, size_t at)
{
	ln->buf[ln->len] = c;
	ln->col[ln->len] = (uint16_t)at;
	++ln->len;
}


/* Copy the live bytes.  "\;" is a semicolon; ";--" to "--;" a block that
 * nests, over lines as well; any other ';' ends the line. */
static void uncomment(struct reader *rd, struct line *ln, const struct pl *raw)
{
	size_t since = 0; /* bytes since the block was opened */

	ln->len = 0;
	ln->cut = 0;
	ln->raw = *raw;

	for (size_t i = 0; i < raw->l; i++, since++) {
		const char *p = raw->p + i;

		if (*p == '\\' && i + 1 < raw->l && p[1] == ';') {
			++i;
			if (!rd->nest)
				line_add(ln, ';', i);
		}
		else if (*p != ';') {
			if (!rd->nest)
				line_add(ln, *p, i);
		}
		else if (opens_block(p, raw->l - i)) {
			block_open(rd, i);
			i += 2;
			since = 0;
		}
		else if (rd->nest) {
			if (i >= 2 && since >= 2 && p[-1] == '-' &&
			    p[-2] == '-')
				--rd->nest;
		}
		else {
			ln->cut = i;
			break;
		}
	}

	ln->buf[ln->len] = '\0';
}


static uint32_t line_col(const struct line *ln, const char *p)
{
	const size_t i = p - ln->buf;

	return 1u + (i < ln->len ? ln->col[i] :
		     ln->len ? ln->col[ln->len - 1] + 1u : 0);
}


/* --- [sections] ---------------------------------------------------------- */

static int unknown_base(struct reader *rd, const struct pl *base)
{
	find_error(rd->f, &rd->pos,
		   "section '%r' does not exist above this line, expected "
		   "one to take lines from", base);
	return 0;
}


static bool is_sip_conf(const struct conf_file *cf)
{
	const char *slash = strrchr(cf->path, '/');

	return !strcmp(slash ? slash + 1 : cf->path, "sip.conf");
}


/* One word between the parentheses.  *secp changes at '+'. */
static int section_option(struct reader *rd, struct conf_section **secp,
			  const struct pl *name, const struct pl *opt)
{
	const struct conf_section *base;
	struct conf_section *old;

	if (!pl_strcmp(opt, "!")) {
		(*secp)->tmpl = true;
		return 0;
	}

	if (opt->l && opt->p[0] == '+') {
		const struct pl filter = {opt->p + 1, opt->l - 1};

		old = filter.l ? conffile_filter(rd->cf, name, &filter)
			: conffile_find(rd->cf, name);
		if (!old)
			return unknown_base(rd, name);

		mem_deref(*secp);
		*secp = old;
		return 0;
	}

	base = conffile_find(rd->cf, opt);
	if (!base && is_sip_conf(rd->cf) && !pl_strcasecmp(opt, "trunk")) {
		(*secp)->trunk = true;
		return 0;
	}
	if (!base)
		return unknown_base(rd, opt);

	return base == *secp ? 0 : conf_section_inherit(*secp, base);
}


static int section_options(struct reader *rd, struct conf_section **secp,
			   const struct pl *name, struct pl rest)
{
	struct pl opt;
	int err = 0;

	while (!err && pl_next(&opt, &rest, ',')) {
		if (opt.l)
			err = section_option(rd, secp, name, &opt);
	}

	return err;
}


static void tail_check(struct reader *rd, const struct line *ln,
		       const char *tail)
{
	while (*tail == ' ' || *tail == '\t')
		++tail;

	if (!*tail)
		return;

	rd->pos.col = line_col(ln, tail);

	if (*tail == '(')
		find_warning(rd->f, &rd->pos,
			     "'%s' is ignored because of the blank before it, "
			     "expected '(' right after ']'", tail);
	else
		find_warning(rd->f, &rd->pos,
			     "text after the section's name is ignored, "
			     "expected the end of the line");
}


static int line_section(struct reader *rd, const struct line *ln, char *p)
{
	struct conf_section *sec;
	struct pl name, opts = PL_INIT;
	const char *tail;
	int err;

	rd->pos.col = line_col(ln, p);

	char *end = strchr(p, ']');
	name.p = p + 1;
	name.l = end ? (size_t)(end - name.p) : strcspn(name.p, " \t(");
	if (!end)
		(void)reader_refuse(rd, rd->pos.col,
				    "section without end, expected ']'");
	else if (!name.l)
		(void)reader_refuse(rd, rd->pos.col,
				    "section without name, expected [name]");

	tail = end ? end + 1 : name.p + name.l;

	if (*tail == '(') {
		opts.p = tail + 1;
		opts.l = strcspn(opts.p, ")");
		tail   = opts.p + opts.l;
		if (*tail)
			++tail;
		else
			(void)reader_refuse(rd, line_col(ln, opts.p - 1),
					    "section options without end, "
					    "expected ')'");
	}

	err = conf_section_alloc(&sec, &name, &rd->pos);
	if (err)
		return err;

	err = section_options(rd, &sec, &name, opts);
	if (err) {
		if (!sec->le.list)
			mem_deref(sec);
		return err;
	}

	/* nobody asks for a section without a name */
	sec->tmpl = sec->tmpl || !name.l;
	conffile_add_section(rd->cf, sec);
	rd->sec = sec;
	if (end)
		tail_check(rd, ln, tail);
	return 0;
}


/* --- key = value --------------------------------------------------------- */

/* The comment that touches the value: allow=ulaw;alaw */
static int keep_cut(struct conf_var *v, const struct line *ln)
{
	if (!ln->cut || ln->cut + 1 >= ln->raw.l)
		return 0;

	const char before = ln->raw.p[ln->cut - 1];

	if (before == ' ' || before == '\t' || before == '=' || before == '>')
		return 0;

	struct pl cut = {ln->raw.p + ln->cut + 1, ln->raw.l - ln->cut - 1};

	cut = pl_trim(cut);
	return cut.l ? pl_strdup(&v->cut, &cut) : 0;
}


static int var_append(struct conf_var *old, const struct pl *value)
{
	char *s;

	int err = re_sdprintf(&s, "%s%r", old->value, value);
	if (err)
		return err;

	mem_deref(old->value);
	old->value = s;
	return 0;
}


static int var_add(struct reader *rd, const struct line *ln,
		   const struct pl *name, const struct pl *value)
{
	struct conf_var *v = conf_var_alloc();
	if (!v)
		return ENOMEM;

	rd->pos.col = line_col(ln, name->p);
	v->pos	    = rd->pos;
	v->vcol	    = line_col(ln, value->p);

	int err = pl_strdup(&v->name, name);
	err |= value->l ? pl_strdup(&v->value, value)
			: str_dup(&v->value, "");
	err |= keep_cut(v, ln);
	if (err) {
		mem_deref(v);
		return err;
	}

	list_append(&rd->sec->vars, &v->le, v);
	return 0;
}


static int line_var(struct reader *rd, const struct line *ln, char *p)
{
	bool append = false;

	rd->pos.col = line_col(ln, p);

	if (!rd->sec) {
		/* once, not for each of its lines */
		if (!rd->early)
			(void)reader_refuse(rd, rd->pos.col,
					    "text before the first section, "
					    "expected [section]");
		rd->early = true;
		return 0;
	}

	char *eq = strchr(p, '=');
	if (!eq) {
		find_warning(rd->f, &rd->pos,
			     "line without '=' is ignored, expected "
			     "'name = value'");
		return 0;
	}

	struct pl name	= {p, eq - p};
	struct pl value = {eq + 1, strlen(eq + 1)};

	if (name.l && name.p[name.l - 1] == '+') {
		append = true;
		--name.l;
	}
	if (value.l && value.p[0] == '>')
		pl_advance(&value, 1);

	name  = pl_trim(name);
	value = pl_trim(value);

	if (!name.l) {
		find_warning(rd->f, &rd->pos,
			     "line without a name before '=' is ignored, "
			     "expected 'name = value'");
		return 0;
	}

	if (append) {
		eq[-1] = '\0';
		char *key;
		int err = pl_strdup(&key, &name);
		if (err)
			return err;

		struct conf_var *old = conf_var_last(rd->sec, key);
		mem_deref(key);
		if (old)
			return var_append(old, &value);
	}

	return var_add(rd, ln, &name, &value);
}


/* --- lines --------------------------------------------------------------- */

static int read_line(struct reader *rd, struct line *ln, const struct pl *raw)
{
	if (raw->l > CONF_LINE_MAX)
		return reader_refuse(rd, CONF_LINE_MAX,
				     "line too long, expected at most 8191 "
				     "bytes");

	if (memchr(raw->p, '\0', raw->l))
		return reader_refuse(rd, 1, "NUL byte in the line, expected "
				     "a text file");

	uncomment(rd, ln, raw);

	const struct pl live = {ln->buf, ln->len};
	const struct pl pl   = pl_trim(live);
	if (!pl.l)
		return 0;

	char *p = ln->buf + (pl.p - ln->buf);
	p[pl.l] = '\0';

	if (*p == '[')
		return line_section(rd, ln, p);

	if (*p == '#') {
		const struct pl text = {p + 1, pl.l - 1};

		rd->pos.col = line_col(ln, p);
		return reader_directive(rd, &text);
	}

	return line_var(rd, ln, p);
}


int reader_text(struct reader *rd, const struct pl *text)
{
	struct line *ln;
	struct pl rest = *text, raw;
	int err = 0;

	if (rest.l >= 3 && !memcmp(rest.p, "\xef\xbb\xbf", 3))
		pl_advance(&rest, 3);

	ln = mem_alloc(sizeof(*ln), NULL); /* too large for the stack */
	if (!ln)
		return ENOMEM;

	rd->pos.line = 0;

	while (!err && pl_next(&raw, &rest, '\n')) {
		++rd->pos.line;
		err = read_line(rd, ln, &raw);
	}

	if (!err && rd->nest) {
		rd->pos.line = rd->nest_line[rd->nest - 1];
		rd->pos.col  = 1;
		find_warning(rd->f, &rd->pos,
			     "block comment ';--' never ends, all that "
			     "follows is ignored, expected '--;'");
	}

	mem_deref(ln);
	return err;
}


int conffile_parse(struct conf_file **fp, const char *dir, const char *name,
		   const struct pl *text, struct findings *f)
{
	struct conf_file *cf;
	struct reader *rd;
	uint32_t files = 1;
	int err;

	if (!fp || !name || !text)
		return EINVAL;

	err = conffile_alloc(&cf, name);
	if (err)
		return err;

	rd = mem_zalloc(sizeof(*rd), NULL);
	if (!rd) {
		err = ENOMEM;
		goto out;
	}

	rd->cf	  = cf;
	rd->dir	  = dir;
	rd->f	  = f;
	rd->files = &files;

	err = conffile_add_name(&rd->pos.file, cf, name);
	if (!err)
		err = reader_text(rd, text);

out:
	mem_deref(rd);
	if (err)
		mem_deref(cf);
	else
		*fp = cf;

	return err;
}
