/**
 * @file tests/unit/test_confbridge.c  Conferences: what is asked of media and
 *                                     phones, and when
 */
#include "conf_util.h"

static const char rooms_conf[] =
	"[default_bridge]\ntype=bridge\nsound_join=\nsound_leave=\n"
	"[loud]\ntype=bridge\nrecord_conference=yes\nmixing_interval=40\n"
	"record_file_timestamp=no\nrecord_file=/s/room.wav\n"
	"[small]\ntype=bridge\nmax_members=1\nsound_join=\nsound_leave=\n"
	"[default_user]\ntype=user\nannounce_only_user=no\n"
	"[told]\ntype=user\nannounce_user_count=yes\n"
	"announce_user_count_all=yes\n"
	"[leader]\ntype=user\nadmin=yes\nmarked=yes\nquiet=yes\n"
	"[guest]\ntype=user\nwait_marked=yes\nend_marked=yes\n"
	"music_on_hold_when_empty=yes\n"
	"[secret]\ntype=user\npin=4711\nquiet=yes\n"
	"[short]\ntype=user\ntimeout=5\nquiet=yes\n"
	"[named]\ntype=user\nannounce_join_leave=yes\nannounce_only_user=no\n"
	"[shy]\ntype=user\nstartmuted=yes\nquiet=yes\ndsp_drop_silence=yes\n"
	"dtmf_passthrough=yes\n"
	"[m]\ntype=menu\n"
	"*=playback_and_continue(conf-usermenu)\n*1=toggle_mute\n"
	"1=toggle_mute\n4=decrease_listening_volume\n"
	"9=increase_talking_volume,increase_talking_volume\n"
	"5=reset_talking_volume,reset_listening_volume\n"
	"8=leave_conference\n2=admin_toggle_conference_lock\n"
	"3=admin_kick_last\n6=admin_toggle_mute_participants\n"
	"7=playback(a),participant_count\n0=dialplan_exec(sub,s,1)\n"
	"12=no_op\n";

static const char plan_conf[] =
	"[c]\n"
	"exten => _1X,1,NoOp()\n"
	"exten => 10,2,ConfBridge(x)\n"
	"exten => 11,2,ConfBridge(x,,leader,m)\n"
	"exten => 12,2,ConfBridge(x,,guest,m)\n"
	"exten => 13,2,ConfBridge(x,,secret)\n"
	"exten => 14,2,ConfBridge(x,,short)\n"
	"exten => 15,2,ConfBridge(x,small)\n"
	"exten => 16,2,ConfBridge(x,,shy,m)\n"
	"exten => 17,2,ConfBridge(x,loud,shy,m)\n"
	"exten => 18,2,ConfBridge(x,,told)\n"
	"exten => 19,2,ConfBridge(x,,named)\n"
	"exten => _1X,3,NoOp(result ${CONFBRIDGE_RESULT})\n"
	"exten => _1X,4,Wait(100)\n"
	"exten => 20,1,ConfBridge(x,nosuch)\n"
	"exten => 21,1,ConfBridge()\n"
	"exten => 22,1,Set(CONFBRIDGE(user,template)=secret)\n"
	"exten => 22,2,Set(CONFBRIDGE(user,pin)=12)\n"
	"exten => 22,3,Set(CONFBRIDGE(user,pinn)=13)\n"
	"exten => 22,4,Set(CONFBRIDGE(bridge,sound_join)=gong)\n"
	"exten => 22,5,Set(CONFBRIDGE(menu,1)=leave_conference)\n"
	"exten => 22,6,ConfBridge(y)\n"
	"exten => 22,7,NoOp(result ${CONFBRIDGE_RESULT})\n"
	"exten => 23,1,NoOp(n ${CONFBRIDGE_INFO(parties,x)} "
	"${CONFBRIDGE_INFO(admins,x)} ${CONFBRIDGE_INFO(marked,x)} "
	"${CONFBRIDGE_INFO(locked,x)} ${CONFBRIDGE_INFO(muted,x)} "
	"${CONFBRIDGE_INFO(parties,none)} "
	"${CONFBRIDGE_CHANNELS(admins,x)})\n"
	"exten => 24,1,ConfKick(x,participants)\n"
	"exten => 24,2,NoOp(${CONFKICKSTATUS})\n"
	"exten => 24,3,ConfKick(none)\n"
	"exten => 24,4,NoOp(${CONFKICKSTATUS})\n"
	"exten => h,1,NoOp(h ${CONFBRIDGE_RESULT})\n"
	"[sub]\n"
	"exten => s,1,NoOp(in the plan)\n"
	"exten => s,2,Playback(hello)\n";


static int begin(void **state)
{
	int err = set_up(state);

	put_file("confbridge.conf", rooms_conf);
	plan(plan_conf);

	return err;
}


static void result(const struct call *call, const char *want)
{
	assert_string_equal(call_var(call, "CONFBRIDGE_RESULT"), want);
}


/* --- coming and going ---------------------------------------------------- */

static void test_two_come_and_go(void **state)
{
	struct call *a, *b;

	a = enter("a", "10");
	expect("200 a; room 20 ms; join a 01/01");
	b = enter("b", "10");
	expect("200 b; join b 01/01");
	assert_int_equal(1, list_count(rooms_list()));
	assert_int_equal(2, room_count(room_find("X")));
	bye(a->caller);
	run(10);
	expect("part a");
	trace_has("NoOp(h HANGUP)");
	bye(b->caller);
	run(10);
	expect("part b; room closes");
	assert_true(list_isempty(rooms_list()));
}


static void test_alone_and_count(void **state)
{
	(void)enter("a", "18");
	expect("200 a; room 20 ms; join a 01/01; play a conf-onlyperson");
	run(1500);
	expect("");
}


static void test_counts_are_said(void **state)
{
	(void)enter("a", "10");
	(void)enter("b", "18");
	run(1500);
	expect("200 a; room 20 ms; join a 01/01; 200 b; join b 01/01; "
	       "play b conf-onlyone; all hear conf-thereare&digits/2&"
	       "conf-otherinparty");
	(void)enter("c", "18");
	run(1500);
	expect("200 c; join c 01/01; play c conf-thereare&digits/2&"
	       "conf-otherinparty; all hear conf-thereare&digits/3&"
	       "conf-otherinparty");
}


/* --- leaders ------------------------------------------------------------- */

static void test_guests_wait_for_the_leader(void **state)
{
	struct call *boss, *g1, *g2;

	g1 = enter("g1", "12");
	expect("200 g1; room 20 ms; join g1 00/80; play g1 "
	       "conf-waitforleader");
	run(1500); /* then music */
	expect("loop g1 ~/moh/a.gsm&~/moh/b.wav");
	g2 = enter("g2", "12");
	run(1500);
	expect("200 g2; join g2 00/80; play g2 conf-waitforleader; "
	       "loop g2 ~/moh/a.gsm&~/moh/b.wav");

	boss = enter("boss", "11");
	expect("200 boss; join boss 01/01; join g1 01/01; join g2 01/01; "
	       "quiet g1; quiet g2; all hear confbridge-conf-begin");
	run(1500);

	/* nobody is left when the leader goes */
	press(boss->caller, "8");
	run(10);
	expect("part boss; all hear conf-leaderhasleft; join g1 00/80; "
	       "join g2 00/80; part g1; part g2; room closes");
	result(boss, "DTMF");
	result(g1, "ENDMARKED");
	result(g2, "ENDMARKED");
}


/* A second leader keeps it open */
static void test_two_leaders(void **state)
{
	struct call *a = enter("a", "11");
	struct call *g = enter("g", "12");

	(void)enter("b", "11");
	run(10);
	forget_notes();
	bye(a->caller);
	run(10);
	expect("part a");
	assert_int_equal(2, room_count(room_find("x")));
	result(g, "FAILED"); /* not over */
}


/* --- who may ------------------------------------------------------------- */

static void test_pin(void **state)
{
	struct call *a = enter("a", "13");

	expect("200 a; play a conf-getpin");
	press(a->caller, "4711");
	expect("quiet a; room 20 ms; join a 01/01");
}


static void test_pin_wrong_three_times(void **state)
{
	struct call *a = enter("a", "13");

	expect("200 a; play a conf-getpin");
	press(a->caller, "4712");
	expect("quiet a; play a conf-invalidpin&conf-getpin");
	press(a->caller, "#");
	expect("quiet a; play a conf-invalidpin&conf-getpin");
	press(a->caller, "99#");
	expect("quiet a; play a conf-invalidpin");
	run(1500);
	expect("hangup a 16");
	trace_has("NoOp(h FAILED)");
	assert_true(list_isempty(rooms_list()));
}


static void test_locked(void **state)
{
	struct call *boss = enter("boss", "11"), *a;

	forget_notes();
	press(boss->caller, "2");
	expect("play boss conf-lockednow");
	a = enter("a", "10");
	expect("200 a; play a conf-locked");
	run(1500);
	expect("hangup a 16");
	(void)a;
	/* another admin may */
	(void)enter("b", "11");
	expect("200 b; join b 01/01");
	press(boss->caller, "2");
	expect("play boss conf-unlockednow");
	(void)enter("c", "10");
	expect("200 c; join c 01/01");
}


static void test_full(void **state)
{
	(void)enter("a", "15");
	(void)enter("b", "15");
	expect("200 a; room 20 ms; join a 01/01; 200 b; play b conf-locked");
	(void)enter("c", "11");
	expect("200 c; join c 01/01");
}


static void test_no_such_profile(void **state)
{
	(void)enter("a", "20");
	run(10);
	expect("hangup a 16");
	(void)enter("b", "21");
	run(10);
	expect("hangup b 16");
}


static void test_timeout(void **state)
{
	struct call *a = enter("a", "14");

	run(6000);
	expect("200 a; room 20 ms; join a 01/01; part a; room closes");
	result(a, "TIMEOUT");
	assert_int_equal(a->prio, 4);
}


/* --- digits -------------------------------------------------------------- */

static void test_mute_and_volume(void **state)
{
	struct call *a = enter("a", "16");

	expect("200 a; room 20 ms; join a 00/01 drop");
	press(a->caller, "*"); /* explains, and waits for more */
	expect("play a conf-usermenu");
	press(a->caller, "1");
	expect("quiet a; join a 01/01 drop; play a conf-unmuted");
	run(1500);
	press(a->caller, "9");
	expect("join a 01/01 gain 1 0 drop; join a 01/01 gain 2 0 drop");
	press(a->caller, "444444444");
	run(10);
	forget_notes();
	press(a->caller, "4");
	expect("join a 01/01 gain 2 -5 drop");
	press(a->caller, "5");
	expect("join a 01/01 gain 0 -5 drop; join a 01/01 drop");

	/* 1 could become 12: it waits */
	press(a->caller, "1");
	expect("");
	run(2000);
	expect("join a 00/01 drop; play a conf-muted");
	press(a->caller, "12");
	expect("");
	press(a->caller, "13");
	expect("play a conf-errormenu");
}


static void test_several_actions(void **state)
{
	struct call *a = enter("a", "16");

	(void)enter("b", "10");
	forget_notes();
	press(a->caller, "7");
	expect("play a a");
	press(a->caller, "8"); /* cannot be interrupted */
	expect("");
	run(1010);
	expect("play a conf-onlyone");
	run(1010);
	press(a->caller, "8");
	run(10);
	expect("part a");
	result(a, "DTMF");
}


static void test_digits_pass_through(void **state)
{
	struct call *a = enter("a", "16");

	(void)enter("b", "10");
	(void)enter("c", "10");
	forget_notes();
	press(a->caller, "A");
	expect("dtmf b A; dtmf c A");
}


static void test_admin_actions(void **state)
{
	struct call *boss = enter("boss", "11");
	struct call *a = enter("a", "16"), *b;

	b = enter("b", "10");
	forget_notes();
	press(a->caller, "236"); /* not for him */
	expect("");
	press(boss->caller, "6");
	expect("join boss 01/01; join a 00/01 drop; join b 00/01; all hear "
	       "conf-now-muted");
	assert_int_equal(2, room_count_muted(room_find("x")));
	(void)enter("c", "10");
	expect("200 c; join c 00/01");
	press(boss->caller, "6");
	run(3000);
	forget_notes();
	press(boss->caller, "3");
	expect("play c conf-kicked");
	run(1500);
	expect("part c");
	press(boss->caller, "3");
	run(1500);
	expect("play b conf-kicked; part b");
	result(b, "KICKED");
	assert_int_equal(b->prio, 4);
}


static void test_piece_of_the_plan(void **state)
{
	struct call *a = enter("a", "16");

	(void)enter("b", "10");
	forget_notes();
	press(a->caller, "0");
	run(10);
	expect("part a; play a hello");
	assert_int_equal(2, room_count(room_find("x")));
	run(1010);
	expect("join a 00/01 drop");
	assert_int_equal(2, a->prio);
	assert_string_equal("16", a->exten);
	press(a->caller, "9");
	expect("join a 00/01 gain 1 0 drop; join a 00/01 gain 2 0 drop");

	/* removed from inside of it: behind it */
	press(a->caller, "0");
	run(10);
	forget_notes();
	room_kick(room_party_find(room_find("x"), NULL, 1));
	run(500);
	expect("");
	assert_string_equal("sub", a->context);
	run(600);
	result(a, "KICKED");
	assert_int_equal(4, a->prio);
	assert_int_equal(1, room_count(room_find("x")));
	bye(a->caller);
	run(10);

	/* and away for good from inside of it */
	a = enter("c", "16");
	press(a->caller, "0");
	run(10);
	forget_notes();
	bye(a->caller);
	run(10);
	assert_int_equal(1, room_count(room_find("x")));
	trace_has("NoOp(h HANGUP)");
}


/* --- names, recording ---------------------------------------------------- */

static void rec_done(struct leg *leg, const char *path)
{
	media_event(leg, &(struct media_report){
				 .ev = MEDIA_EV_REC_DONE, .tag = 1,
				 .path = path, .duration_ms = 900});
}


static void test_name_is_said(void **state)
{
	struct call *a = enter("a", "19");
	char path[256];

	(void)state;
	expect("200 a; play a vm-rec-name");
	run(1010);
	forget_notes();
	press(a->caller, "#");
	expect("stop a tag 1");
	(void)re_snprintf(path, sizeof(path), "%s/confbridge/name-%s-1.wav",
			  srv.cfg->dirs.spool, a->uniqueid);
	rec_done(a->caller, path);
	noted("room 20 ms; join a 01/01; all hear ");
	noted("&conf-hasjoin");
	forget_notes();
	(void)enter("b", "10");
	run(3000);
	forget_notes();
	bye(a->caller);
	run(10);
	noted("&conf-hasleft");
}


static void test_recording(void **state)
{
	struct call *a = enter("a", "17");

	expect("200 a; room 40 ms; join a 00/01 drop; record the room to "
	       "/s/room.wav tag 1");
	assert_string_equal(rec_text, "recording /s/room.wav");
	assert_int_equal(EALREADY, room_record(room_find("x"), NULL));
	bye(a->caller);
	expect("part a; room closes");
	room_event(ROOM_ID, MEDIA_EV_REC_DONE, 1);
	assert_string_equal(rec_text, "complete /s/room.wav");
	run(10);
}


static void test_recording_from_the_console(void **state)
{
	struct room *room;

	(void)enter("a", "10");
	forget_notes();
	room = room_find("x");
	assert_int_equal(ENOENT, room_record_stop(room));
	assert_int_equal(0, room_record(room, "/s/y.wav"));
	expect("record the room to /s/y.wav tag 1");
	assert_int_equal(0, room_record_stop(room));
	expect("stop the room's tag 1");
	assert_int_equal(0, room_record(room, "/s/z.wav"));
	expect("record the room to /s/z.wav tag 2");
	room_event(ROOM_ID, MEDIA_EV_REC_DONE, 1);
	assert_non_null(room->record_path);
	assert_int_equal(EPERM, (room_record_stop(room),
				 room_record(room, "../../etc/x")));
}


/* --- functions ----------------------------------------------------------- */

static void test_own_profile(void **state)
{
	struct call *a = enter("a", "22");

	expect("200 a; play a conf-getpin");
	press(a->caller, "12");
	expect("quiet a; room 20 ms; join a 01/01");
	press(a->caller, "1");
	run(10);
	expect("part a; room closes; hangup a 16");
	trace_has("NoOp(result DTMF)");
}


static void test_info(void **state)
{
	(void)enter("boss", "11");
	(void)enter("a", "10");
	room_lock(room_find("x"), true);
	(void)enter("q", "23");
	run(10);
	trace_has("NoOp(n 2 1 1 1 0 0 SIP/boss-");
}


static void test_confkick(void **state)
{
	struct call *boss = enter("boss", "11"), *a = enter("a", "10");

	forget_notes();
	(void)enter("q", "24");
	run(1500);
	noted("play a conf-kicked");
	noted("part a");
	assert_null(strstr(notes, "boss"));
	trace_has("NoOp(SUCCESS)");
	trace_has("NoOp(FAILURE)");
	result(a, "KICKED");
	assert_non_null(boss->caller);
}


/* A party is transferred: the one who comes instead joins anew */
static void test_redirect(void **state)
{
	struct call *a = enter("a", "10");
	struct args target;
	struct pl pl = PL("c,14,4");

	forget_notes();
	assert_int_equal(0, args_split_pl(&target, &pl, false, 0));
	assert_int_equal(0, call_redirect(a, &target));
	args_reset(&target);
	run(10);
	expect("part a; room closes");
	result(a, "HANGUP");
}


int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, begin, end_rooms)
	const struct CMUnitTest tests[] = {
		TEST(test_two_come_and_go),
		TEST(test_alone_and_count),
		TEST(test_counts_are_said),
		TEST(test_guests_wait_for_the_leader),
		TEST(test_two_leaders),
		TEST(test_pin),
		TEST(test_pin_wrong_three_times),
		TEST(test_locked),
		TEST(test_full),
		TEST(test_no_such_profile),
		TEST(test_timeout),
		TEST(test_mute_and_volume),
		TEST(test_several_actions),
		TEST(test_digits_pass_through),
		TEST(test_admin_actions),
		TEST(test_piece_of_the_plan),
		TEST(test_name_is_said),
		TEST(test_recording),
		TEST(test_recording_from_the_console),
		TEST(test_own_profile),
		TEST(test_info),
		TEST(test_confkick),
		TEST(test_redirect),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
