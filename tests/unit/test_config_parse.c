/**
 * @file test_config_parse.c  The dialect of .conf files
 */
#include "config_util.h"
#include "config/parse.h"
#include "base/clock.h"


/* "[a]k=v,k=v;[b]..." */
static void print_file(char *buf, size_t n, const struct conf_file *cf)
{
	struct mbuf *mb = mbuf_alloc(256);

	for (struct le *le = cf->sections.head; le; le = le->next) {
		const struct conf_section *sec = le->data;

		(void)mbuf_printf(mb, "[%s]%s", sec->name,
				  sec->tmpl ? "!" : "");
		for (struct le *e = sec->vars.head; e; e = e->next) {
			const struct conf_var *v = e->data;

			(void)mbuf_printf(mb, "%s=%s,", v->name, v->value);
		}
	}

	(void)mbuf_write_u8(mb, 0);
	(void)str_ncpy(buf, (char *)mb->buf, n);
	mem_deref(mb);
}


/* clang-format off */
static const struct {
	const char *text, *result;
} rows[] = {
	{"", ""},
	{"[a]", "[a]"},
	{"[a]\nk=v\n", "[a]k=v,"},
	{"[a]\r\nk=v\r\n", "[a]k=v,"},
	{"\xef\xbb\xbf[a]\nk=v", "[a]k=v,"},
	{"[a]\n k  =  v w  \n", "[a]k=v w,"},
	{"[a]\nk => v\nk=>v\n", "[a]k=v,k=v,"},
	{"[a]\nk=\n", "[a]k=,"},
	{"[a]\nk=a=b\n", "[a]k=a=b,"},
	{"[a]\nk=v;c\nl=w ; c\n;m=x\n", "[a]k=v,l=w,"},
	{"[a]\nk=v\\;c\n", "[a]k=v;c,"},
	{"[a]\nk=v\\c\n", "[a]k=v\\c,"},
	{"[a]\nk=\"v\"\n", "[a]k=\"v\","},
	{"[a]\nk=1;-- x\nl=2 --; \nm=3\n", "[a]k=1,m=3,"},
	{"[a]\nk=1;-- x --;2\n", "[a]k=12,"},
	{"[a]\n;-- a\n;-- b --;\nk=1\n--;\nl=2\n", "[a]l=2,"},
	{"[a]\n;--- no block\nk=1\n", "[a]k=1,"},
	{"[a]\nk=1\nk+=2\n", "[a]k=12,"},
	{"[t](!)\nk=1\n[a](t)\nl=2\n", "[t]!k=1,[a]k=1,l=2,"},
	{"[s]\nk=1\n[t](!)\nl=2\n[a](s,t)\nm=3\n",
	 "[s]k=1,[t]!l=2,[a]k=1,l=2,m=3,"},
	{"[t](!)\nk=1\n[u](!,t)\nl=2\n[a](u)", "[t]!k=1,[u]!k=1,l=2,[a]k=1,l=2,"},
	{"[a]\nk=1\n[b]\n[a](+)\nl=2\n", "[a]k=1,l=2,[b]"},
	{"[a]\nk=1\n[a]\nk=2\n", "[a]k=1,[a]k=2,"},
	{"[T](!)\nk=1\n[a](t)\n", "[T]!k=1,[a]k=1,"},
	{"[a] (!)\nk=1\n", "[a]k=1,"},
	{"[a]\nnonsense\nk=1\n", "[a]k=1,"},
	{"[a]\n=1\nk=1\n", "[a]k=1,"},
	{"[a]\n#nonsense\nk=1\n", "[a]k=1,"},
	{"[a]\n#exec ls\nk=1\n", "[a]k=1,"},
};

/* refused, and read on as it was probably meant */
static const struct {
	const char *text, *result;
	uint32_t errors;
} bad_rows[] = {
	{"[a", "[a]", 1},
	{"[a\nk=v\n[b]\nl=w\n", "[a]k=v,[b]l=w,", 1},
	{"[t](!)\nk=v\n[a(t)\nl=w\n", "[t]!k=v,[a]k=v,l=w,", 1},
	{"[b]\n[a c\nk=v\n", "[b][a]k=v,", 1},
	{"[b]\n[\nk=v\n[c\n", "[b][]!k=v,[c]", 2},
	{"[]", "[]!", 1},
	{"[a](b", "[a]", 2},
	{"[b]\nk=v\n[a](b\nl=w", "[b]k=v,[a]k=v,l=w,", 1},
	{"[a](b)\nk=v", "[a]k=v,", 1},
	{"[a](+)", "[a]", 1},
	{"k=v\nl=w\n[a]\nm=x", "[a]m=x,", 1},
	{"[a]\n#include x\nk=v", "[a]k=v,", 1},
	{"[a]\n#include\nk=v", "[a]k=v,", 1},
};
/* clang-format on */


static void dialect_row(const char *text, const char *result, uint32_t errors)
{
	struct conf_file *cf = NULL;
	struct findings *f;
	char buf[512];
	struct pl pl;

	pl_set_str(&pl, text);
	assert_int_equal(findings_alloc(&f), 0);
	assert_int_equal(conffile_parse(&cf, NULL, "t.conf", &pl, f), 0);
	print_file(buf, sizeof(buf), cf);
	assert_string_equal(buf, result);
	assert_int_equal(f->count[SEVERITY_ERROR], errors);
	mem_deref(cf);
	mem_deref(f);
}


static void test_dialect(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		dialect_row(rows[i].text, rows[i].result, 0);

	for (size_t i = 0; i < ARRAY_SIZE(bad_rows); i++)
		dialect_row(bad_rows[i].text, bad_rows[i].result,
			    bad_rows[i].errors);
}


static void parse_bytes(uint32_t errors, const char *p, size_t n)
{
	const struct pl pl   = {p, n};
	struct conf_file *cf = NULL;
	struct findings *f;

	assert_int_equal(findings_alloc(&f), 0);
	assert_int_equal(conffile_parse(&cf, NULL, "t.conf", &pl, f), 0);
	assert_int_equal(f->count[SEVERITY_ERROR], errors);
	mem_deref(cf);
	mem_deref(f);
}


static void test_limits(void **state)
{
	static char line[CONF_LINE_MAX + 8];

	(void)state;
	memset(line, 'x', sizeof(line));
	memcpy(line, "[a]\nk=", 6);
	parse_bytes(0, line, CONF_LINE_MAX + 4); /* 4 is "[a]\n" */
	parse_bytes(1, line, CONF_LINE_MAX + 5);
	parse_bytes(1, "[a]\nk=a\0b\n", 10);
}


/* 4 MB of each is read in a moment: no line costs more than its bytes */
static void test_large_files_are_linear(void **state)
{
	static const char *const lines[] = {
		"k=v\n", ";-- --;\n", "[s]\n", "k+=v\nk=v\n", "\n", "\\;;\n",
	};
	const size_t size = 1024 * 1024;
	char *text = mem_alloc(size, NULL);

	(void)state;
	assert_non_null(text);

	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const size_t n = strlen(lines[i]);
		const uint64_t t0 = clock_ms();

		memcpy(text, "[a]\n", 4);
		for (size_t at = 4; at < size; at++)
			text[at] = lines[i][(at - 4) % n];

		parse_bytes(0, text, size - size % n);
		assert_true(clock_ms() - t0 < 20000);
	}

	mem_deref(text);
}


static void test_includes(void **state)
{
	char dir[] = "/tmp/tandem-config-XXXXXX";
	struct conf_file *cf;
	struct findings *f;
	char buf[256];

	(void)state;
	assert_non_null(mkdtemp(dir));
	assert_int_equal(findings_alloc(&f), 0);
	put_file(dir, "a.conf", "[a]\n#include \"b.conf\"\nk=3\n"
		 "#tryinclude gone.conf\n#include <c*.conf>\n", false);
	put_file(dir, "b.conf", "k=1\n[b]\nk=2\n", false);
	put_file(dir, "c1.conf", "l=1\n", false);
	put_file(dir, "c2.conf", "l=2\n", false);
	put_file(dir, "loop.conf", "[a]\n#include loop.conf\n", false);

	assert_int_equal(conffile_read(&cf, dir, "a.conf", f), 0);
	print_file(buf, sizeof(buf), cf);
	/* the included file's section ends with it */
	assert_string_equal(buf, "[a]k=1,k=3,l=1,l=2,[b]k=2,");

	const struct conf_section *b = conffile_section(cf, "B");
	const struct conf_var *var   = conf_section_var(b, "K");
	assert_non_null(strstr(var->pos.file, "/b.conf"));
	assert_int_equal(var->pos.line, 3);
	mem_deref(cf);

	assert_int_equal(f->count[SEVERITY_ERROR], 0);
	assert_int_equal(conffile_read(&cf, dir, "loop.conf", f), 0);
	assert_non_null(findings_find(f, "includes itself"));
	assert_int_equal(f->count[SEVERITY_ERROR], 1);
	mem_deref(cf);

	/* what follows a missing file is read: its faults are told as well */
	put_file(dir, "miss.conf", "#include none.conf\n[a]\nnonsense\n",
		 false);
	assert_int_equal(conffile_read(&cf, dir, "miss.conf", f), 0);
	assert_non_null(findings_find(f, "none.conf"));
	assert_int_equal(f->count[SEVERITY_ERROR], 2);
	assert_int_equal(f->count[SEVERITY_WARNING], 1);
	mem_deref(cf);
	put_file(dir, "miss.conf", NULL, true);
	assert_int_equal(conffile_read(&cf, dir, "gone.conf", f), ENOENT);

	put_file(dir, "a.conf", NULL, true);
	put_file(dir, "b.conf", NULL, true);
	put_file(dir, "c1.conf", NULL, true);
	put_file(dir, "c2.conf", NULL, true);
	put_file(dir, "loop.conf", NULL, true);
	assert_int_equal(rmdir(dir), 0);
	mem_deref(f);
}


static void test_findings(void **state)
{
	const struct conf_pos p1 = {"b", 2, 1}, p2 = {"a", 9, 1};
	struct findings *f;
	char buf[256];

	(void)state;
	assert_int_equal(findings_alloc(&f), 0);
	find_warning(f, &p1, "x %s", "one\ntwo");
	find_error(f, &p2, "y");
	find_warning(f, &p1, "x %s", "one\ntwo");
	find_info(f, NULL, "z");
	assert_int_equal(f->count[SEVERITY_WARNING], 2);
	assert_true(findings_refuse(f));
	findings_sort(f);
	assert_int_equal(f->count[SEVERITY_WARNING], 1);
	assert_true(re_snprintf(buf, sizeof(buf), "%H", findings_print,
				f) > 0);
	assert_string_equal(buf, "info: z\na:9:1: error: y\n"
			    "b:2:1: warning: x one?two\n");
	mem_deref(f);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_dialect),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_large_files_are_linear),
		cmocka_unit_test(test_includes),
		cmocka_unit_test(test_findings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
