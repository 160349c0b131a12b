/**
 * @file test_voicemail.c  voicemail.conf, the messages on the disk, the mail
 */
#include "config_util.h"
#include <ftw.h>
#include "apps/vm_lock.h"
#include "apps/vm_mail.h"
#include "base/clock.h"

static struct loaded l;
static char spool[64];

static const char sip[] = "[general]\nrtptimeout=60\nrtpholdtimeout=300\n"
			  "[1001]\ntype=friend\nhost=dynamic\n"
			  "secret=linde-Besen-1001\nmailbox=%s\n"
			  "context=office\n";
static const char ext[] = "[office]\nexten => 1,1,VoiceMail(%s)\n";


static void load(const char *voicemail, const char *mailbox, const char *arg)
{
	char s[1024], e[1024];
	struct texts t = {.sip = s, .ext = e,
			  .tandem = "[directories]\nspool=spool\n"};
	const struct text_file more = {"voicemail.conf", voicemail};

	(void)re_snprintf(s, sizeof(s), sip, mailbox);
	(void)re_snprintf(e, sizeof(e), ext, arg);
	load_in_folder(&l, &t, &more, 1, NULL);
	(void)re_snprintf(spool, sizeof(spool), "%s/spool", l.dir);
}


static int forget(const char *path, const struct stat *st, int type,
		  struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;

	return remove(path);
}


static void unload(void)
{
	char dir[64];

	str_ncpy(dir, l.dir, sizeof(dir));
	loaded_reset(&l);
	(void)nftw(dir, forget, 8, FTW_DEPTH | FTW_PHYS);
}


static const char good[] =
	"[general]\nmaxmsg=3\nattach=no\nmailcmd=/usr/sbin/sendmail -t\n"
	"[zonemessages]\nberlin=Europe/Berlin|'vm-received' Q\n"
	"[default]\n"
	"100 => 4711,Anna Lind,anna@example.org|a@example.net,,"
	"attach=yes|tz=berlin|maxmsg=2\n"
	"200 => -2580,Bert\n"
	"[other]\n100 => 99\n";


static void test_mailboxes(void **state)
{
	struct pl at = PL("100@other"), bare = PL(" 100 ");
	const struct vm_box *box;
	char tz[64];

	(void)state;
	load(good, "100", "100");
	assert_int_equal(l.err, 0);
	print_findings(&l);

	box = config_vm_box(l.cfg, "100", NULL);
	assert_non_null(box);
	assert_string_equal(box->pin, "4711");
	assert_string_equal(box->fullname, "Anna Lind");
	assert_string_equal(box->email, "anna@example.org|a@example.net");
	assert_null(box->pager);
	assert_true(box->opts.attach);
	assert_int_equal(box->opts.maxmsg, 2);
	assert_string_equal(config_vm_tz(l.cfg, box, tz, sizeof(tz)),
			    "Europe/Berlin");
	assert_ptr_equal(config_vm_box_pl(l.cfg, &bare), box);

	box = config_vm_box(l.cfg, "200", "default");
	assert_string_equal(box->pin, "2580");
	assert_true(box->pin_fixed);
	assert_false(box->opts.attach);
	assert_int_equal(box->opts.maxmsg, 3);
	assert_null(config_vm_tz(l.cfg, box, tz, sizeof(tz)));

	box = config_vm_box_pl(l.cfg, &at);
	assert_string_equal(box->context, "other");
	assert_null(config_vm_box(l.cfg, "200", "other"));
	unload();
}


/* clang-format off */
static const struct {
	const char *voicemail, *mailbox, *arg; /* NULL: a good one */
	const char *finding;
	bool refused;
} finding_rows[] = {
	{"[default]\n100 => 100\n", NULL, NULL,
	 "the PIN of mailbox 100 is its own number", false},
	{"[default]\n100 =>\n", NULL, NULL, "mailbox 100 has no PIN", false},
	{"[default]\n100 => abc\n", NULL, NULL, "cannot be dialled", false},
	{"[default]\n100 => 1,A,nowhere\n", NULL, NULL,
	 "'nowhere' is no mail address", false},
	{"[default]\n100 => 1,A,,,tz=mars\n", NULL, NULL,
	 "no zone 'mars'", false},
	{"[default]\n100 => 1,A,,,attch=no\n", NULL, NULL, "attach", false},
	{"[default]\n100 => 1\n100 => 2\n", NULL, NULL,
	 "is already on line 2", false},
	{"[default]\n100 => 1,2,3@x,4,5=,6\n", NULL, NULL,
	 "more than five fields", false},
	{"[default]\n../x => 1\n100 => 1\n", NULL, NULL,
	 "'../x' is no name of a mailbox", true},
	{"[..]\n100 => 1\n", NULL, NULL, "no name of a context", true},
	{"[general]\nmailcmd=cat | mail\n[default]\n100 => 1\n", NULL, NULL,
	 "no shell is run", true},
	{"[default]\n100 => 1\n", "101", NULL, "[1001]: there is no mailbox "
	 "101", false},
	{"[default]\n100 => 1\n", NULL, "101@default,u",
	 "there is no mailbox 101@default", false},
	{"[default]\n100 => 1\n", NULL, "su100", "expected 100,su", false},
	{"[general]\nexternpass=/bin/x\n[default]\n100 => 1\n", NULL, NULL,
	 "externpass is read but not used", false},
	{"[general]\nexternnotify=x | y\n[default]\n100 => 1\n", NULL, NULL,
	 "externnotify: '|' has a meaning for a shell only", true},
};
/* clang-format on */


static void test_findings(void **state)
{
	(void)state;

	for (size_t i = 0; i < ARRAY_SIZE(finding_rows); i++) {
		const char *mailbox = finding_rows[i].mailbox;
		const char *arg = finding_rows[i].arg;

		load(finding_rows[i].voicemail, mailbox ? mailbox : "100",
		     arg ? arg : "100");
		if (!findings_find(l.f, finding_rows[i].finding)) {
			print_findings(&l);
			fail_msg("row %u: %s", (unsigned)i,
				 finding_rows[i].finding);
		}
		if ((l.err != 0) != finding_rows[i].refused)
			fail_msg("row %u: %d", (unsigned)i, l.err);
		unload();
	}
}


/* --- messages ------------------------------------------------------------ */

static char *new_sound(const struct vm_box *box, const char *text)
{
	char *path;
	FILE *fp;

	assert_int_equal(vm_tmp_path(&path, l.cfg, box), 0);
	fp = fopen(path, "w");
	assert_non_null(fp);
	assert_true(fputs(text, fp) >= 0);
	assert_int_equal(fclose(fp), 0);

	return path;
}


static unsigned add(const struct vm_box *box, const char *callerid)
{
	struct vm_info info = {.origtime = 1700000000, .duration_s = 7};
	char *path = new_sound(box, callerid);
	unsigned num = 0;

	str_ncpy(info.callerid, callerid, sizeof(info.callerid));
	assert_int_equal(vm_add(l.cfg, box, VM_INBOX, path, &info, &num), 0);
	assert_int_equal(unlink(path), 0);
	mem_deref(path);

	return num;
}


static void callerid_is(const struct vm_box *box, enum vm_folder folder,
			unsigned num, const char *expected)
{
	struct vm_info info;

	assert_int_equal(vm_info_read(&info, l.cfg, box, folder, num), 0);
	assert_string_equal(info.callerid, expected);
	assert_int_equal(info.origtime, 1700000000);
	assert_int_equal(info.duration_s, 7);
}


static void test_messages(void **state)
{
	const struct vm_box *a, *b;
	struct vm_list *list = NULL;
	struct vm_info info;
	unsigned num = 9;
	uint64_t id;

	(void)state;
	load(good, "100", "100");
	a = config_vm_box(l.cfg, "100", NULL);
	b = config_vm_box(l.cfg, "200", NULL);

	assert_int_equal(vm_count(l.cfg, a, VM_INBOX), 0);
	assert_int_equal(add(a, "\"Bert\" <200>"), 0);
	assert_false(vm_is_full(l.cfg, a, VM_INBOX));
	assert_int_equal(add(a, "second"), 1);
	assert_true(vm_is_full(l.cfg, a, VM_INBOX));
	assert_int_equal(add(a, "third"), 2);
	callerid_is(a, VM_INBOX, 0, "\"Bert\" <200>");

	/* a caller's name makes no line of its own */
	assert_int_equal(add(a, "x\nduration=9\r\norigtime=1"), 3);
	callerid_is(a, VM_INBOX, 3, "xduration=9origtime=1");
	assert_int_equal(vm_remove(l.cfg, a, VM_INBOX, 3), 0);

	assert_int_equal(vm_copy(l.cfg, a, VM_INBOX, 2, b, VM_WORK, &num), 0);
	assert_int_equal(num, 0);
	callerid_is(b, VM_WORK, 0, "third");

	id = vm_ident(l.cfg, a, VM_INBOX, 2);
	assert_true(id != 0);
	assert_int_equal(vm_remove(l.cfg, a, VM_INBOX, 0), 0);
	assert_int_equal(vm_remove(l.cfg, a, VM_INBOX, 0), ENOENT);
	assert_int_equal(vm_info_read(&info, l.cfg, a, VM_INBOX, 0), ENOENT);
	assert_int_equal(vm_close_gaps(l.cfg, a, VM_INBOX), 0);
	assert_int_equal(vm_list(&list, l.cfg, a, VM_INBOX), 0);
	assert_int_equal(list->n, 2);
	assert_int_equal(list->v[0], 0);
	assert_int_equal(list->v[1], 1);
	callerid_is(a, VM_INBOX, 0, "second");
	assert_int_equal(vm_ident(l.cfg, a, VM_INBOX, 1), id);

	mem_deref(list);
	unload();
}


static void test_greetings(void **state)
{
	const struct vm_box *box;
	char *sound, *path;

	(void)state;
	load(good, "100", "100");
	box = config_vm_box(l.cfg, "100", NULL);

	assert_int_equal(vm_greeting_path(&path, l.cfg, box, VM_BUSY),
			 ENOENT);
	sound = new_sound(box, "busy");
	assert_int_equal(vm_greeting_set(l.cfg, box, VM_BUSY, sound), 0);
	assert_int_equal(access(sound, F_OK), -1);
	assert_int_equal(vm_greeting_path(&path, l.cfg, box, VM_BUSY), 0);
	assert_non_null(strstr(path, "/voicemail/default/100/busy"));
	assert_int_equal(vm_greeting_remove(l.cfg, box, VM_BUSY), 0);
	assert_int_equal(vm_greeting_remove(l.cfg, box, VM_BUSY), ENOENT);

	mem_deref(sound);
	mem_deref(path);
	unload();
}


static void test_pin(void **state)
{
	const struct vm_box *box, *fixed;

	(void)state;
	load(good, "100", "100");
	box = config_vm_box(l.cfg, "100", NULL);
	fixed = config_vm_box(l.cfg, "200", NULL);

	assert_true(vm_pin_ok(l.cfg, box, "4711"));
	assert_false(vm_pin_ok(l.cfg, box, "471"));
	assert_false(vm_pin_ok(l.cfg, box, ""));
	assert_int_equal(vm_pin_set(l.cfg, box, "12a4"), EINVAL);
	assert_int_equal(vm_pin_set(l.cfg, box, "9753"), 0);
	assert_true(vm_pin_ok(l.cfg, box, "9753"));
	assert_false(vm_pin_ok(l.cfg, box, "4711"));

	assert_true(vm_pin_ok(l.cfg, fixed, "2580"));
	assert_int_equal(vm_pin_set(l.cfg, fixed, "1111"), EPERM);
	unload();

	load("[default]\n100 =>\n", "100", "100");
	box = config_vm_box(l.cfg, "100", NULL);
	assert_false(vm_pin_ok(l.cfg, box, ""));
	unload();
}


static void test_lock(void **state)
{
	const struct vm_box *a, *b;
	uint64_t us = 1000000;

	(void)state;
	load(good, "100", "100");
	a = config_vm_box(l.cfg, "100", NULL);
	b = config_vm_box(l.cfg, "100", "other");
	clock_fake(&us);

	for (unsigned i = 0; i < VM_LOCK_AFTER; i++) {
		assert_false(vm_locked(a));
		vm_lock_note(a, false);
		if (i == 3) /* the right one begins anew */
			vm_lock_note(a, true);
	}
	assert_false(vm_locked(a));
	for (unsigned i = 0; i < 4; i++)
		vm_lock_note(a, false);
	assert_true(vm_locked(a));
	assert_false(vm_locked(b));

	us += VM_LOCK_MS * 1000ull;
	assert_false(vm_locked(a));

	vm_lock_note(a, true);
	clock_fake(NULL);
	unload();
}


/* --- mail ---------------------------------------------------------------- */

static void expand_is(const char *text, const char *callerid,
		      const char *expected)
{
	struct vm_info info = {.origtime = 1700000000, .duration_s = 67};
	struct mbuf *mb = mbuf_alloc(64);

	str_ncpy(info.callerid, callerid, sizeof(info.callerid));
	assert_int_equal(vm_mail_expand(mb, text, l.cfg,
					config_vm_box(l.cfg, "100", NULL), 3,
					&info),
			 0);
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, expected);
	mem_deref(mb);
}


static void test_mail_variables(void **state)
{
	(void)state;
	load(good, "100", "100");

	expand_is("${VM_NAME} ${VM_MAILBOX}", "", "Anna Lind 100");
	expand_is("${VM_DUR} ${VM_MSGNUM} ${VM_MESSAGEFILE}", "",
		  "1:07 4 msg0003.wav");
	expand_is("${VM_CIDNAME}|${VM_CIDNUM}", "\"Bert B\" <200>",
		  "Bert B|200");
	expand_is("${VM_CIDNAME}|${VM_CIDNUM}", "200", "|200");
	expand_is("${VM_CALLERID}", "", "an unknown caller");
	expand_is("${VM_CALLERID}", "x\r\nBcc: y", "xBcc: y");
	expand_is("a\\nb\\t${NO}$", "", "a\nb\t$");
	expand_is("${open", "", "${open");
	unload();
}


static void header_is(const char *text, const char *expected)
{
	struct mbuf *mb = mbuf_alloc(64);

	assert_int_equal(vm_mail_header(mb, "Subject", text), 0);
	assert_int_equal(mbuf_write_u8(mb, 0), 0);
	assert_string_equal((char *)mb->buf, expected);
	mem_deref(mb);
}


static void test_mail_header(void **state)
{
	(void)state;
	header_is("New message", "Subject: New message\n");
	header_is("\xc3\x84", "Subject: =?UTF-8?B?w4Q=?=\n");
	/* 44 bytes, then a character of two: it is not cut */
	header_is("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\xc3\x84z",
		  "Subject: =?UTF-8?B?YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYW"
		  "FhYWFhYWFhYWFhYWFhYWE=?=\n =?UTF-8?B?w4R6?=\n");
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mailboxes),
		cmocka_unit_test(test_findings),
		cmocka_unit_test(test_messages),
		cmocka_unit_test(test_greetings),
		cmocka_unit_test(test_pin),
		cmocka_unit_test(test_lock),
		cmocka_unit_test(test_mail_variables),
		cmocka_unit_test(test_mail_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
