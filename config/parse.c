/**
 * @file config/parse.c  Lines, sections and variables of .conf files
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
#include "base/rand.h"
#include "base/text.h"


/** The live part of one line */
struct line {
	char buf[CONF_LINE_MAX + 1];
	uint16_t col[CONF_LINE_MAX + 1]; /* from 0 */
	size_t len;
	size_t cut;       /* offset in raw of the comment, 0 if none */
	struct pl raw;
};


static void var_destructor(void *arg)
{
	struct conf_var *v = arg;

	list_unlink(&v->le);
	mem_deref(v->name);
	mem_deref(v->value);
	mem_deref(v->cut);
}


static void section_destructor(void *arg)
{
	struct conf_section *sec = arg;

	list_flush(&sec->vars);
	hash_unlink(&sec->hle);
	list_unlink(&sec->le);
	mem_deref(sec->name);
}


struct conf_name {
	struct le le;
	char *name;
};


static void name_destructor(void *arg)
{
	struct conf_name *n = arg;

	list_unlink(&n->le);
	mem_deref(n->name);
}


static void file_destructor(void *arg)
{
	struct conf_file *cf = arg;

	list_unlink(&cf->le);
	list_flush(&cf->sections);
	list_flush(&cf->names);
	mem_deref(cf->hash);
	mem_deref(cf->path);
}


int conffile_alloc(struct conf_file **cfp, const char *path)
{
	struct conf_file *cf = mem_zalloc(sizeof(*cf), file_destructor);
	if (!cf)
		return ENOMEM;

	int err = str_dup(&cf->path, path);
	err |= hash_alloc(&cf->hash, 1024);
	if (err) {
		mem_deref(cf);
		return ENOMEM;
	}

	*cfp = cf;
	return 0;
}


int conffile_add_name(const char **namep, struct conf_file *cf,
		      const char *name)
{
	struct conf_name *n = mem_zalloc(sizeof(*n), name_destructor);
	if (!n)
		return ENOMEM;

	int err = str_dup(&n->name, name);
	if (err) {
		mem_deref(n);
		return err;
	}

	list_append(&cf->names, &n->le, n);
	*namep = n->name;
	return 0;
}


bool conffile_has(const struct conf_file *cf, const char *path)
{
	for (struct le *le = cf ? cf->names.head : NULL; le; le = le->next) {
		if (!strcmp(((struct conf_name *)le->data)->name, path))
			return true;
	}

	return false;
}


void conffile_names(const struct conf_file *cf,
		    void (*h)(const char *path, void *arg), void *arg)
{
	for (struct le *le = cf ? cf->names.head : NULL; le; le = le->next)
		h(((struct conf_name *)le->data)->name, arg);
}


static bool section_is(struct le *le, void *arg)
{
	const struct conf_section *sec = le->data;
	const struct pl *name = arg;

	return sec->name && !pl_strcasecmp(name, sec->name);
}


static struct conf_section *section_find(const struct conf_file *cf,
					 const struct pl *name)
{
	struct pl key = *name;

	return list_ledata(hash_lookup(cf->hash,
				       hash_key_ci(name->p, name->l),
				       section_is, &key));
}


const struct conf_section *conffile_section(const struct conf_file *cf,
					    const char *name)
{
	struct pl pl;

	if (!cf || !str_isset(name))
		return NULL;

	pl_set_str(&pl, name);
	return section_find(cf, &pl);
}


static struct conf_var *var_find_last(const struct conf_section *sec,
				      const char *name)
{
	for (struct le *le = sec->vars.tail; le; le = le->prev) {
		struct conf_var *v = le->data;

		if (!str_casecmp(v->name, name))
			return v;
	}

	return NULL;
}


const struct conf_var *conf_section_var(const struct conf_section *sec,
					const char *name)
{
	return sec && name ? var_find_last(sec, name) : NULL;
}


int conf_var_add(struct conf_section *sec, const char *name, const char *value,
		 const struct conf_pos *pos)
{
	struct conf_var *v = mem_zalloc(sizeof(*v), var_destructor);
	if (!v)
		return ENOMEM;

	v->pos	= *pos;
	v->vcol = pos->col;
	v->made = true;

	int err = str_dup(&v->name, name);
	err |= str_dup(&v->value, value);
	if (err)
		mem_deref(v);
	else
		list_append(&sec->vars, &v->le, v);

	return err ? ENOMEM : 0;
}


struct conf_pos conf_var_vpos(const struct conf_var *var)
{
	struct conf_pos pos = var->pos;

	pos.col = var->vcol;
	return pos;
}


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

static int section_alloc(struct conf_section **secp, struct reader *rd,
			 const struct pl *name)
{
	struct conf_section *sec;

	sec = mem_zalloc(sizeof(*sec), section_destructor);
	if (!sec)
		return ENOMEM;

	sec->pos = rd->pos;

	int err = pl_strdup(&sec->name, name);
	if (err) {
		mem_deref(sec);
		return err;
	}

	*secp = sec;
	return 0;
}


static int section_inherit(struct conf_section *sec,
			   const struct conf_section *base)
{
	for (struct le *le = base->vars.head; le; le = le->next) {
		const struct conf_var *from = le->data;

		struct conf_var *v = mem_zalloc(sizeof(*v), var_destructor);
		if (!v)
			return ENOMEM;

		*v = *from;
		memset(&v->le, 0, sizeof(v->le));
		v->name	     = mem_ref(from->name);
		v->value     = mem_ref(from->value);
		v->cut	     = mem_ref(from->cut);
		v->inherited = true;
		list_append(&sec->vars, &v->le, v);
	}

	return 0;
}


/* "(+a=b)": the section of that name whose variable a is b */
static struct conf_section *section_filter(const struct conf_file *cf,
					   const struct pl *name,
					   const struct pl *filter)
{
	struct pl key, rest = *filter;

	if (!pl_next(&key, &rest, '='))
		return NULL;

	for (struct le *le = cf->sections.head; le; le = le->next) {
		struct conf_section *sec = le->data;

		if (pl_strcasecmp(name, sec->name))
			continue;

		for (struct le *e = sec->vars.head; e; e = e->next) {
			const struct conf_var *v = e->data;

			if (!pl_strcasecmp(&key, v->name) &&
			    !pl_strcmp(&rest, v->value))
				return sec;
		}
	}

	return NULL;
}


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

		old = filter.l ? section_filter(rd->cf, name, &filter)
			: section_find(rd->cf, name);
		if (!old)
			return unknown_base(rd, name);

		mem_deref(*secp);
		*secp = old;
		return 0;
	}

	base = section_find(rd->cf, opt);
	if (!base && is_sip_conf(rd->cf) && !pl_strcasecmp(opt, "trunk")) {
		(*secp)->trunk = true;
		return 0;
	}
	if (!base)
		return unknown_base(rd, opt);

	return base == *secp ? 0 : section_inherit(*secp, base);
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


static void section_enter(struct reader *rd, struct conf_section *sec)
{
	if (!sec->le.list) {
		list_append(&rd->cf->sections, &sec->le, sec);
		hash_append(rd->cf->hash,
			    hash_key_ci(sec->name, strlen(sec->name)),
			    &sec->hle, sec);
	}

	rd->sec = sec;
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

	err = section_alloc(&sec, rd, &name);
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
	section_enter(rd, sec);
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
	struct conf_var *v = mem_zalloc(sizeof(*v), var_destructor);
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

		struct conf_var *old = var_find_last(rd->sec, key);
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
