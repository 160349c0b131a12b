/**
 * @file test_config_confbridge.c  confbridge.conf and meetme.conf
 */
#include "config_util.h"
#include "config/confbridge.h"


static const char sip[] = "[general]\nallowguest=no\n";


static void load(struct loaded *l, const char *ext, const char *rooms,
		 const char *meetme)
{
	const struct texts t = {.sip = sip, .ext = ext ? ext : "[c]\n"};
	const struct text_file more[] = {{"confbridge.conf", rooms},
					 {"meetme.conf", meetme}};

	load_files(l, &t, more, ARRAY_SIZE(more), NULL);
}


static void test_without_a_file(void **state)
{
	const struct room_bridge *b;
	const struct room_user *u;
	struct loaded l;

	(void)state;
	load(&l, NULL, NULL, NULL);
	assert_int_equal(l.err, 0);
	u = config_room_user(l.cfg, NULL);
	b = config_room_bridge(l.cfg, "");
	assert_non_null(u);
	assert_non_null(b);
	assert_string_equal(u->name, "default_user");
	assert_true(u->announce_only && u->hear_own_join && u->answer);
	assert_false(u->admin || u->marked || u->quiet || u->drop_silence);
	assert_int_equal(u->talk_level, 160);
	assert_int_equal(u->silence_ms, 2500);
	assert_int_equal(u->announce_count_all, UINT32_MAX);
	assert_null(u->pin);
	assert_int_equal(b->max_members, 0);
	assert_int_equal(b->interval_ms, 20);
	assert_string_equal(b->sound.only_person, "conf-onlyperson");
	assert_string_equal(b->sound.begin, "confbridge-conf-begin");
	assert_null(config_room_menu(l.cfg, NULL));
	assert_null(config_room_user(l.cfg, "boss"));
	loaded_reset(&l);
}


static void test_profiles(void **state)
{
	static const char text[] =
		"[general]\n"
		"[base](!)\n"
		"type=user\n"
		"quiet=yes\n"
		"music_on_hold_class=default\n"
		"[boss](base)\n"
		"admin=yes\n"
		"marked=yes\n"
		"pin=4711\n"
		"announce_user_count_all=3\n"
		"[guest](base)\n"
		"wait_marked=yes\n"
		"end_marked=yes\n"
		"quiet=no\n"
		"timeout=60\n"
		"announce_user_count_all=yes\n"
		"dsp_talking_threshold=128\n"
		"dsp_silence_threshold=2000\n"
		"[big]\n"
		"type=bridge\n"
		"max_members=50\n"
		"record_conference=yes\n"
		"record_file=meetings/x.wav\n"
		"mixing_interval=40\n"
		"internal_sample_rate=32000\n"
		"maximum_sample_rate=32000\n"
		"sound_join=beep\n"
		"sound_leave=\n";
	const struct room_bridge *b;
	const struct room_user *u;
	struct loaded l;

	(void)state;
	load(&l, NULL, text, NULL);
	assert_int_equal(l.err, 0);
	u = config_room_user(l.cfg, "BOSS");
	assert_non_null(u);
	assert_true(u->admin && u->marked && u->quiet);
	assert_string_equal(u->pin, "4711");
	assert_string_equal(u->music_class, "default");
	assert_int_equal(u->announce_count_all, 3);
	u = config_room_user(l.cfg, "guest");
	assert_true(u->wait_marked && u->end_marked);
	assert_false(u->quiet || u->admin);
	assert_int_equal(u->timeout_s, 60);
	assert_int_equal(u->announce_count_all, 0);
	assert_int_equal(u->talk_level, 128);
	assert_null(config_room_user(l.cfg, "base"));
	b = config_room_bridge(l.cfg, "big");
	assert_true(b->record && b->record_append && b->record_timestamp);
	assert_int_equal(b->rate, 48000);
	assert_int_equal(b->rate_max, 16000); /* a limit is one */
	assert_string_equal(b->record_file, "meetings/x.wav");
	assert_int_equal(b->max_members, 50);
	assert_int_equal(b->interval_ms, 40);
	assert_string_equal(b->sound.join, "beep");
	assert_string_equal(b->sound.leave, "");
	assert_string_equal(b->sound.kicked, "conf-kicked");
	assert_int_equal(l.f->count[SEVERITY_WARNING], 0);
	loaded_reset(&l);
}


static void print_menu(char *buf, size_t n, const struct room_menu *m)
{
	size_t at = 0;

	buf[0] = '\0';
	for (struct le *le = m->entries.head; le; le = le->next) {
		const struct room_entry *e = le->data;

		at += (size_t)re_snprintf(buf + at, n - at, "%s:", e->digits);
		for (struct le *al = e->actions.head; al; al = al->next) {
			const struct room_action *a = al->data;

			at += (size_t)re_snprintf(
				buf + at, n - at, " %s(%s)",
				room_action_name(a->type),
				a->arg ? a->arg : "");
		}
		at += (size_t)re_snprintf(buf + at, n - at, "\n");
	}
}


static void test_menus(void **state)
{
	static const char text[] =
		"[m]\n"
		"type=menu\n"
		"*=playback_and_continue(conf-usermenu&beep)\n"
		"*1=toggle_mute\n"
		"5=reset_talking_volume, reset_listening_volume\n"
		"\\#1=leave_conference\n"
		"9=dialplan_exec(ctx,s,1)\n"
		"8 => no_op\n"
		"*1=participant_count\n";
	struct room_menu *copy;
	struct loaded l;
	char buf[512], want[512];

	(void)state;
	load(&l, NULL, text, NULL);
	assert_int_equal(l.err, 0);
	print_menu(buf, sizeof(buf), config_room_menu(l.cfg, "m"));
	assert_string_equal(buf,
		"*: playback_and_continue(conf-usermenu&beep)\n"
		"5: reset_talking_volume() reset_listening_volume()\n"
		"#1: leave_conference()\n"
		"9: dialplan_exec(ctx,s,1)\n"
		"8: no_op()\n"
		"*1: participant_count()\n");

	assert_int_equal(room_menu_copy(&copy, config_room_menu(l.cfg, "m")),
			 0);
	(void)str_ncpy(want, buf, sizeof(want));
	loaded_reset(&l);
	print_menu(buf, sizeof(buf), copy);
	assert_string_equal(buf, want);
	mem_deref(copy);
}


static const struct {
	const char *text, *finding;
} bad_rows[] = {
	{"[x]\ntype=room\n", "confbridge.conf:2:1: warning: [x]: type is "
	 "'room', expected user, bridge or menu"},
	{"[x]\npin=1\n", "confbridge.conf:1:1: warning: [x]: type is ''"},
	{"[x]\ntype=user\npinn=1\n", "confbridge.conf:3:1: warning: unknown "
	 "option 'pinn' in [x] (did you mean 'pin'?)"},
	{"[x]\ntype=user\nadmin=perhaps\n",
	 "confbridge.conf:3:7: warning: admin:"},
	{"[x]\ntype=user\npin=abc\n", "confbridge.conf:1:1: warning: the PIN "
	 "of user profile x cannot be dialled"},
	{"[x]\ntype=user\nmusic_on_hold_class=jazz\n",
	 "confbridge.conf:1:1: warning: user profile x: there is no class "
	 "'jazz'"},
	{"[x]\ntype=user\nannounce_user_count_all=some\n",
	 "confbridge.conf:3:25: warning: announce_user_count_all: 'some'"},
	{"[x]\ntype=user\ndenoise=yes\n", "confbridge.conf:3:9: warning: denoise is "},
	{"[x]\ntype=bridge\nmixing_interval=1000\n",
	 "confbridge.conf:3:17: warning: mixing_interval:"},
	{"[x]\ntype=bridge\nvideo_mode=follow_talker\n",
	 "confbridge.conf:3:12: warning: video_mode is "},
	{"[x]\ntype=menu\n1=toggle_mut\n", "confbridge.conf:3:3: warning: menu "
	 "action 'toggle_mut' is unknown (did you mean 'toggle_mute'?)"},
	{"[x]\ntype=menu\n1=set_as_single_video_src\n",
	 "confbridge.conf:3:3: warning: menu action 'set_as_single_video_src': "
	 "conferences have sound"},
	{"[x]\ntype=menu\n1=playback\n", "confbridge.conf:3:3: warning: menu "
	 "action 'playback' needs an argument, expected playback(file&file)"},
	{"[x]\ntype=menu\n1=playback(beep\n", "confbridge.conf:3:3: warning: "},
	{"[x]\ntype=menu\nhello=no_op\n", "confbridge.conf:3:7: warning: menu "
	 "x: 'hello' is nothing to press"},
};


static void test_what_is_wrong(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(bad_rows); i++) {
		struct loaded l;

		load(&l, NULL, bad_rows[i].text, NULL);
		if (!has_finding(&l, bad_rows[i].finding))
			fail_msg("%s: no %s", bad_rows[i].text,
				 bad_rows[i].finding);
		loaded_reset(&l);
	}
}


static void test_plan_names_profiles(void **state)
{
	static const char plan[] =
		"[c]\n"
		"exten => 1,1,ConfBridge(1,nobridge,nouser,nomenu)\n"
		"exten => 2,1,ConfBridge(2,,u,${MENU})\n";
	struct loaded l;

	(void)state;
	load(&l, plan, "[u]\ntype=user\n", NULL);
	assert_int_equal(l.err, 0);
	need_finding(&l, "extensions.conf:2:14: warning: ConfBridge: there is "
		     "no bridge profile 'nobridge' in confbridge.conf");
	need_finding(&l, "extensions.conf:2:14: warning: ConfBridge: there is "
		     "no user profile 'nouser'");
	need_finding(&l, "extensions.conf:2:14: warning: ConfBridge: there is "
		     "no menu profile 'nomenu'");
	assert_int_equal(l.f->count[SEVERITY_WARNING], 3);
	loaded_reset(&l);
}


/* CONFBRIDGE(): a copy changes, the file's does not */
static void test_changes(void **state)
{
	static const struct {
		char kind;
		const char *name, *value;
		int err;
	} rows[] = {
		{'u', "admin", "maybe", EINVAL}, {'u', "adm", "yes", EINVAL},
		{'u', "admin", "yes", 0},	{'u', "PIN", "12", 0},
		{'u', "announce_user_count_all", "2", 0},
		{'u', "max_members", "1", EINVAL}, {'u', "denoise", "yes", 0},
		{'b', "max_members", "7", 0},	{'b', "sound_join", "x", 0},
		{'b', "max_members", "x", EINVAL}, {'b', "pin", "1", EINVAL},
		{'m', "1", "toggle_mute,no_op", 0}, {'m', "1", "no_op", 0},
		{'m', "x", "no_op", EINVAL},	{'m', "2", "foo", EINVAL},
	};
	struct room_bridge *b;
	struct room_user *u;
	struct room_menu *m;
	struct loaded l;
	char buf[128];

	(void)state;
	load(&l, NULL, "[u]\ntype=user\nquiet=yes\n", NULL);
	assert_int_equal(room_user_copy(&u, config_room_user(l.cfg, "u")), 0);
	assert_int_equal(room_bridge_copy(&b, config_room_bridge(l.cfg, 0)),
			 0);
	assert_int_equal(room_menu_copy(&m, NULL), 0);
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		char *why = NULL;
		int err;

		if (rows[i].kind == 'u')
			err = room_user_set(u, rows[i].name, rows[i].value,
					    &why);
		else if (rows[i].kind == 'b')
			err = room_bridge_set(b, rows[i].name, rows[i].value,
					      &why);
		else
			err = room_menu_set(m, rows[i].name, rows[i].value,
					    &why);
		assert_int_equal(err, rows[i].err);
		assert_true(!!why == !!err);
		mem_deref(why);
	}

	assert_true(u->admin && u->quiet);
	assert_string_equal(u->pin, "12");
	assert_int_equal(u->announce_count_all, 2);
	assert_int_equal(b->max_members, 7);
	assert_string_equal(b->sound.join, "x");
	print_menu(buf, sizeof(buf), m);
	assert_string_equal(buf, "1: no_op()\n2:\n");
	assert_false(config_room_user(l.cfg, "u")->admin);
	mem_deref(u);
	mem_deref(b);
	mem_deref(m);
	loaded_reset(&l);
}


static void test_meetme(void **state)
{
	static const char text[] =
		"[general]\n"
		"audiobuffers=32\n"
		"[rooms]\n"
		"conf => 600\n"
		"conf => 601,1234\n"
		"conf => 602,1234,4321\n"
		"conf => 603,,77\n"
		"conf => 601,9\n"
		"conf =>\n"
		"conf => 604,a1\n"
		"conf => 605,5,5\n"
		"room => 1\n";
	const struct meet_room *m;
	struct loaded l;

	(void)state;
	load(&l, NULL, NULL, text);
	m = config_meet_room(l.cfg, "600");
	assert_true(m && !m->pin && !m->adminpin);
	m = config_meet_room(l.cfg, "601");
	assert_string_equal(m->pin, "1234");
	m = config_meet_room(l.cfg, "602");
	assert_string_equal(m->adminpin, "4321");
	m = config_meet_room(l.cfg, "603");
	assert_null(m->pin);
	assert_string_equal(m->adminpin, "77");
	assert_null(config_meet_room(l.cfg, "699"));
	assert_true(has_finding(&l, "meetme.conf:8:1: warning: room 601 is "
				"already on line 5"));
	assert_true(has_finding(&l, "meetme.conf:9:1: warning: a room without"));
	assert_true(has_finding(&l, "meetme.conf:10:1: warning: a PIN of "
				"room 604"));
	assert_true(has_finding(&l, "meetme.conf:11:1: warning: both PINs"));
	assert_true(has_finding(&l, "meetme.conf:12:1: warning: unknown"));
	loaded_reset(&l);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_without_a_file),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_menus),
		cmocka_unit_test(test_what_is_wrong),
		cmocka_unit_test(test_plan_names_profiles),
		cmocka_unit_test(test_changes),
		cmocka_unit_test(test_meetme),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
