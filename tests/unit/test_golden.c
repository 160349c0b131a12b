/**
 * @file tests/unit/test_golden.c  A row per application: dialplan in, what was
 *                                 asked of SIP and media, and the trace, out
 *
 * What stands in test_apps_plan.c (sixty applications without sound) is not
 * repeated here; tests/check_golden.py fails for a row of apps/table.c that
 * has none.
 */
#include "golden_util.h"

/* clang-format off */
static const struct golden_row rows[] = {
	/* signalling */
	{"Answer", "Answer()|NoOp(${CHANNEL(state)})", "",
	 "200 1001; hangup 1001 16", "NoOp(Up)"},
	{"Ringing", "Ringing()|Wait(1)|Ringing()", "",
	 "180 1001; hangup 1001 16", NULL},
	{"Progress", "Progress()|Playback(a,noanswer)|"
	 "NoOp(${PLAYBACKSTATUS})", "",
	 "183 1001; play 1001 a; hangup 1001 16", "NoOp(SUCCESS)"},
	{"Proceeding", "Proceeding()|Hangup()", "", "hangup 1001 16", NULL},
	{"Busy", "Busy()", "", "hangup 1001 17", NULL},
	{"Busy", "Answer()|Busy(2)", "",
	 "200 1001; loop 1001 tone:busy; hangup 1001 17; quiet 1001", NULL},
	{"Congestion", "Congestion()", "", "hangup 1001 34", NULL},
	{"Congestion", "Answer()|Congestion(1)", "",
	 "200 1001; loop 1001 tone:congestion; hangup 1001 34; quiet 1001",
	 NULL},
	{"Hangup", "Hangup(21)", "", "hangup 1001 21", NULL},
	{"Hangup", "Hangup(USER_BUSY)", "", "hangup 1001 17", NULL},
	{"Wait", "Wait(1.5)|NoOp(on)", "", "hangup 1001 16",
	 "1.500 [1@c:2] NoOp(on)"},
	{"Echo", "Answer()|Echo()|NoOp(after)", "#",
	 "200 1001; echo 1001 on; echo 1001 off; hangup 1001 16",
	 "NoOp(after)"},

	{"Transfer", "Answer()|Transfer(SIP/200@b.example)|"
	 "NoOp(${TRANSFERSTATUS} ${TRANSFERSTATUSPROTOCOL})", "",
	 "200 1001; refer 1001 to 200@b.example; hangup 1001 16",
	 "NoOp(SUCCESS 0)"},
	{"Transfer", "Transfer(200)|NoOp(on)", "", "302 1001 to 200@us",
	 "!NoOp(on)"},
	{"Transfer", "Transfer(IAX2/200)|NoOp(${TRANSFERSTATUS})", "",
	 "hangup 1001 16", "NoOp(UNSUPPORTED)"},
	{"SendText", "Answer()|SendText(door open, come in)|"
	 "NoOp(${SENDTEXTSTATUS})", "",
	 "200 1001; text 1001 door open, come in; hangup 1001 16",
	 "NoOp(SUCCESS)"},
	{"Originate", "Originate(SIP/1002,exten,out,5,1,2)|"
	 "NoOp(${ORIGINATE_STATUS})", "",
	 "invite 1002; hangup 1002 16; hangup 1001 16", "NoOp(RINGING)"},
	{"Originate", "Originate(SIP/1002,app,Playback)|"
	 "Originate(SIP/1002,exten,out,none)|NoOp(${ORIGINATE_STATUS})|"
	 "Originate(SIP/1002,exten,out,5,,9,a)|NoOp(${ORIGINATE_STATUS})", "",
	 NULL, "NoOp(FAILED)|NoOp(SUCCESS)"},
	{"Milliwatt", "Milliwatt(o)", "",
	 "200 1001; loop 1001 tone:1000; quiet 1001", NULL},

	/* prompts */
	{"Playback", "Playback(a&b)|NoOp(${PLAYBACKSTATUS})", "",
	 "200 1001; play 1001 a&b; hangup 1001 16", "NoOp(SUCCESS)"},
	{"Playback", "Playback(a,skip)|NoOp(${PLAYBACKSTATUS})", "",
	 "hangup 1001 16", "NoOp("},
	{"Background", "Background(a)|WaitExten(3)|2:NoOp(two)", "2",
	 "200 1001; play 1001 a; quiet 1001; hangup 1001 16", "NoOp(two)"},
	{"Background", "Background(a&b)|NoOp(end)", "",
	 "200 1001; play 1001 a&b; hangup 1001 16", "NoOp(end)"},
	{"Background", "Background(a,m)|NoOp(end)|7:NoOp(seven)", "7",
	 "200 1001; play 1001 a; quiet 1001; hangup 1001 16",
	 "NoOp(seven)"},
	{"Background", "Background(a,m)|NoOp(end)|7:NoOp(seven)|71:NoOp(no)",
	 "87", "200 1001; play 1001 a; quiet 1001; hangup 1001 16",
	 "NoOp(seven)"},
	{"Background", "Background(a,m)|NoOp(end)|71:NoOp(no)", "7",
	 "200 1001; play 1001 a; hangup 1001 16", "NoOp(end)|!NoOp(no)"},
	{"WaitExten", "Answer()|WaitExten(2)|NoOp(no)|t:NoOp(late)", "",
	 "200 1001; hangup 1001 16", "NoOp(late)|!NoOp(no)"},
	{"WaitExten", "Answer()|WaitExten(5,m)|12:NoOp(twelve)", "12",
	 "200 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; quiet 1001; "
	 "hangup 1001 16", "NoOp(twelve)"},
	{"WaitExten", "Answer()|WaitExten(5)|i:NoOp(bad ${INVALID_EXTEN})",
	 "9", "200 1001; hangup 1001 16", "NoOp(bad 9)"},
	{"Read", "Read(X,ask,3)|NoOp(${X} ${READSTATUS})", "123",
	 "200 1001; play 1001 ask; quiet 1001; hangup 1001 16",
	 "NoOp(123 OK)"},
	{"Read", "Read(X,ask,3,,2,2)|NoOp(<${X}> ${READSTATUS})", "",
	 "200 1001; play 1001 ask; play 1001 ask; hangup 1001 16",
	 "NoOp(<> TIMEOUT)"},
	{"Read", "Read(X,ask,,n)|NoOp(<${X}>)", "4#",
	 "183 1001; play 1001 ask; quiet 1001; hangup 1001 16", "NoOp(<4>)"},
	{"Playtones", "Answer()|Playtones(busy)|Wait(1)|StopPlaytones()", "",
	 "200 1001; loop 1001 tone:busy; quiet 1001; hangup 1001 16", NULL},
	{"StopPlaytones", "Answer()|Playtones(440)|StopPlaytones()", "",
	 "200 1001; loop 1001 tone:440; quiet 1001; hangup 1001 16", NULL},
	{"MusicOnHold", "Answer()|MusicOnHold(,2)|NoOp(on)", "",
	 "200 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; hangup 1001 16; "
	 "quiet 1001", "NoOp(on)"},
	{"StartMusicOnHold", "Answer()|StartMusicOnHold()|Wait(1)|"
	 "StopMusicOnHold()|NoOp(on)", "",
	 "200 1001; loop 1001 ~/moh/a.gsm&~/moh/b.wav; quiet 1001; "
	 "hangup 1001 16", "1.000 [1@c:5] NoOp(on)"},
	{"StopMusicOnHold", "Answer()|StopMusicOnHold()", "",
	 "200 1001; hangup 1001 16", NULL},
	{"SetMusicOnHold", "SetMusicOnHold(jazz)|NoOp(${CHANNEL(musicclass)})",
	 "", "hangup 1001 16", "NoOp(jazz)"},
	{"SendDTMF", "Answer()|SendDTMF(12*)", "",
	 "200 1001; dtmf 1001 1; dtmf 1001 2; dtmf 1001 *; hangup 1001 16",
	 NULL},
	{"Zapateller", "Zapateller(answer)|NoOp(${ZAPATELLERSTATUS})", "",
	 "200 1001; play 1001 tone:!950/330,!1400/330,!1800/330,!0/1000; "
	 "hangup 1001 16", "NoOp(ANSWERED)"},
	{"Zapateller", "Zapateller(nocallerid)|NoOp(${ZAPATELLERSTATUS})", "",
	 "hangup 1001 16", "NoOp(NOTHING)"},

	/* saying */
	{"SayDigits", "SayDigits(10*#)", "",
	 "200 1001; play 1001 digits/1&digits/0&digits/star&digits/pound; "
	 "hangup 1001 16", NULL},
	{"SayNumber", "SayNumber(-121)", "",
	 "200 1001; play 1001 digits/minus&digits/1&digits/hundred&digits/20&"
	 "digits/1; hangup 1001 16", NULL},
	{"SayAlpha", "SayAlpha(a1*)", "",
	 "200 1001; play 1001 letters/a&digits/1&digits/star; hangup 1001 16",
	 NULL},
	{"SayPhonetic", "SayPhonetic(ab)", "",
	 "200 1001; play 1001 phonetic/a_p&phonetic/b_p; hangup 1001 16",
	 NULL},
	{"SayUnixTime", "SayUnixTime(0,UTC,ABdY)", "",
	 "200 1001; play 1001 digits/day-4&digits/mon-0&digits/h-1&digits/19&"
	 "digits/70; hangup 1001 16", NULL},
	{"DateTime", "DateTime(0,UTC,IMp)", "",
	 "200 1001; play 1001 digits/12&digits/oclock&digits/a-m; "
	 "hangup 1001 16", NULL},

	/* recording */
	{"Record", "Record(note.wav,0,10)|NoOp(${RECORD_STATUS})", "",
	 "200 1001; record 1001 /var/spool/tandem/recordings/note.wav rx "
	 "beep tag 1", NULL},
	{"MixMonitor", "Answer()|MixMonitor(m.wav)|"
	 "NoOp(${MIXMONITOR_FILENAME})|StopMixMonitor()", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m.wav stereo tag 1; "
	 "stop 1001 tag 1; hangup 1001 16", "monitor/m.wav)"},
	{"MixMonitor", "Answer()|MixMonitor(m.wav,r(in.wav)t(out.wav)i(ID))|"
	 "StopMixMonitor(${ID})", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m.wav stereo tag 1; "
	 "record 1001 /var/spool/tandem/monitor/in.wav rx tag 2; "
	 "record 1001 /var/spool/tandem/monitor/out.wav tx tag 3; "
	 "stop 1001 tag 1; stop 1001 tag 2; stop 1001 tag 3; "
	 "hangup 1001 16", NULL},
	{"Monitor", "Answer()|Monitor(wav,m)|StopMonitor()", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m-in.wav rx tag 1; "
	 "record 1001 /var/spool/tandem/monitor/m-out.wav tx tag 2; "
	 "stop 1001 tag 1; stop 1001 tag 2; hangup 1001 16", NULL},
	{"Monitor", "Answer()|Monitor(wav49,m,m)", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m.WAV tag 1; "
	 "hangup 1001 16", NULL},
	{"StopMonitor", "StopMonitor()|NoOp(on)", "", "hangup 1001 16",
	 "StopMonitor() nothing is recorded|NoOp(on)"},
	{"PauseMonitor", "Answer()|Monitor(wav,m,o)|PauseMonitor()|Wait(1)|"
	 "UnpauseMonitor()", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m-in.wav rx tag 1; "
	 "stop 1001 tag 1; record 1001 /var/spool/tandem/monitor/m-in.wav rx "
	 "tag 2; hangup 1001 16", NULL},
	{"UnpauseMonitor", "UnpauseMonitor()|NoOp(on)", "", "hangup 1001 16",
	 "UnpauseMonitor() nothing is recorded|NoOp(on)"},
	{"ChangeMonitor", "Answer()|Monitor(gsm,m,i)|ChangeMonitor(n)", "",
	 "200 1001; record 1001 /var/spool/tandem/monitor/m-out.gsm tx tag 1; "
	 "stop 1001 tag 1; record 1001 /var/spool/tandem/monitor/n-out.gsm tx "
	 "tag 2; hangup 1001 16", NULL},
	{"StopMixMonitor", "Answer()|StopMixMonitor()|NoOp(on)", "",
	 "200 1001; hangup 1001 16", "NoOp(on)"},

	/* where to */
	{"Goto", "Goto(c,2,1)|2:NoOp(two)", "", NULL, "NoOp(two)"},
	{"GotoIf", "GotoIf($[1=2]?9:3)|NoOp(no)|NoOp(three)", "", NULL,
	 "NoOp(three)|!NoOp(no)"},
	{"GotoIfTime", "GotoIfTime(*,*,*,*?3)|NoOp(no)|"
	 "GotoIfTime(*,*,31,feb?9:5)|NoOp(no)|NoOp(five)", "", NULL,
	 "NoOp(five)|!NoOp(no)"},
	{"ExecIfTime", "ExecIfTime(*,*,*,*?Set(A=1))|"
	 "ExecIfTime(*,*,31,feb?Set(A=2))|NoOp(a ${A})", "", NULL,
	 "NoOp(a 1)"},
	{"Gosub", "Gosub(2,1(x,y))|NoOp(${GOSUB_RETVAL})|"
	 "2:Return(${ARG2}${ARGC})", "", NULL, "NoOp(y2)"},
	{"GosubIf", "GosubIf(1?2,1(x):3,1)|NoOp(r ${GOSUB_RETVAL})|"
	 "2:Return(${ARG1})", "", NULL, "NoOp(r x)"},
	{"Return", "Gosub(2,1)|NoOp(back)|2:Return()", "", NULL, "NoOp(back)"},
	{"StackPop", "Gosub(2,1)|NoOp(never)|2:StackPop()|", "", NULL,
	 "!never"},
	{"Macro", "Macro(m,x)|NoOp(back)", "", NULL,
	 "NoOp(arg x from 1)|NoOp(back)"},
	{"MacroExit", "Macro(e)|NoOp(back)", "", NULL,
	 "NoOp(back)|!NoOp(never)"},
	{"MacroIf", "MacroIf(1?m,y:m,z)|NoOp(back)", "", NULL,
	 "NoOp(arg y from 1)|NoOp(back)"},
	{"MacroExclusive", "MacroExclusive(m,x)|NoOp(back)", "", NULL,
	 "NoOp(arg x from 1)|NoOp(back)"},
	{"Prefix", "Prefix(9)|91:NoOp(no)|NoOp(there)", "", NULL,
	 "NoOp(there)|!NoOp(no)"},
	{"Suffix", "Suffix(2)|12:NoOp(no)|NoOp(there)", "", NULL,
	 "NoOp(there)|!NoOp(no)"},
	{"StripLSD", "Goto(12,1)|NoOp(there)|12:StripLSD(1)", "", NULL,
	 "NoOp(there)"},
	{"Pickup", "Pickup(77@out)|NoOp(on)", "", "hangup 1001 16",
	 "NoOp(on)"},
	{"PickupChan", "PickupChan(SIP/1003)|NoOp(on)", "", "hangup 1001 16",
	 "NoOp(on)"},
	{"Park", "Park(nowhere)|NoOp(on)", "", NULL, "Park(nowhere)"},
	{"ParkAndAnnounce", "ParkAndAnnounce(nowhere,,beep:PARKED,SIP/1002)|"
	 "NoOp(on)", "", NULL,
	 "ParkAndAnnounce(nowhere,,beep:PARKED,SIP/1002)"},
	{"ParkedCall", "ParkedCall(default,701)|NoOp(on)", "", NULL,
	 "ParkedCall(default,701)"},
	{"NoOp", "NoOp(a,b)", "", NULL, "NoOp(a,b)"},
	{"Verbose", "Verbose(1,hello)|NoOp(on)", "", NULL, "NoOp(on)"},
	{"Log", "Log(NOTICE,hello)|NoOp(on)", "", NULL, "NoOp(on)"},
	{"Set", "Set(A=1)|Set(CALLERID(num)=7)|NoOp(${A}${CALLERID(num)})", "",
	 NULL, "NoOp(17)"},
	{"System", "System(true)|NoOp(${SYSTEMSTATUS})", "", NULL,
	 "NoOp(FAILURE)"},
	{"TrySystem", "TrySystem(true)|NoOp(${SYSTEMSTATUS})", "", NULL,
	 "NoOp(FAILURE)"},
	{"AGI", "AGI(none.agi)|NoOp(${AGISTATUS})", "", NULL, "NoOp("},
	{"DeadAGI", "DeadAGI(none.agi)|NoOp(${AGISTATUS})", "", NULL,
	 "NoOp("},
	{"EAGI", "EAGI(none.agi)|NoOp(${AGISTATUS})", "", NULL, "NoOp("},
	{"FastAGI", "FastAGI(none.agi)|NoOp(${AGISTATUS})", "", NULL,
	 "NoOp(NOTFOUND)"},
	{"SIPAddHeader", "SIPAddHeader(Alert-Info: <http://x>)|"
	 "Dial(SIP/1002,1)", "",
	 "invite 1002; header Alert-Info=<http://x>; hangup 1002 16; "
	 "hangup 1001 19", NULL},
	{"SIPRemoveHeader", "SIPAddHeader(X-A: 1)|SIPAddHeader(X-B: 2)|"
	 "SIPRemoveHeader(X-A)|Dial(SIP/1002,1)", "",
	 "invite 1002; header X-B=2; hangup 1002 16; hangup 1001 19", NULL},
	{"Dial", "Dial(SIP/1002,3)|NoOp(${DIALSTATUS})", "",
	 "invite 1002; hangup 1002 16; hangup 1001 19", "NoOp(NOANSWER)"},

	/* asking */
	{"Authenticate", "Authenticate(12)|NoOp(in)", "12#",
	 "200 1001; play 1001 agent-pass; quiet 1001; "
	 "play 1001 auth-thankyou; hangup 1001 16", "NoOp(in)"},
	{"VMAuthenticate", "VMAuthenticate(1001)|"
	 "NoOp(${AUTH_MAILBOX}@${AUTH_CONTEXT})", "4711#",
	 "200 1001; play 1001 vm-password; quiet 1001; hangup 1001 16",
	 "NoOp(1001@default)"},
	{"VMAuthenticate", "VMAuthenticate(@default,s)|NoOp(${AUTH_MAILBOX})",
	 "1002#2580#", "200 1001; hangup 1001 16", "NoOp(1002)"},
	{"VMAuthenticate", "VMAuthenticate(1001)|NoOp(in)", "1#2#3#",
	 "200 1001; play 1001 vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-goodbye; hangup 1001 16", "!NoOp(in)"},
	{"DISA", "DISA(99,out)|", "99#5",
	 "200 1001; loop 1001 tone:dial; quiet 1001; "
	 "loop 1001 tone:dial; quiet 1001; hangup 1001 16", "NoOp(five)"},
	{"PrivacyManager", "PrivacyManager()|NoOp(${PRIVACYMGRSTATUS})", "",
	 "hangup 1001 16", "NoOp(SUCCESS)"},
	{"ReadExten", "ReadExten(X,ask,out)|NoOp(${READEXTENSTATUS} ${X})",
	 "5", "200 1001; play 1001 ask; quiet 1001; hangup 1001 16",
	 "NoOp(OK 5)"},
	{"CallForward", "CallForward(busy,5)|NoOp(${FORWARDSTATUS})", "",
	 "200 1001; play 1001 invalid; hangup 1001 16", "NoOp(INVALID)"},
	{"DoNotDisturb", "DoNotDisturb(on)|NoOp(${DB(forward/1001/dnd)})", "",
	 "200 1001; play 1001 do-not-disturb&activated; hangup 1001 16",
	 "NoOp(1)"},
	{"FollowMe", "FollowMe(nobody)|NoOp(on)", "", "hangup 1001 16",
	 "NoOp(on)"},

	/* the directory: Anna Smith 1001, Bert Smythe 1002, Olga Orlova 1003,
	 * Vera Idun 1004 in Cyrillic letters, Secret Smith hidden */
	{"Directory", "Directory(default,out)|", "7641",
	 "200 1001; play 1001 " "dir-welcome&dir-pls-enter&digits/3&dir-last&"
	 "dir-usingkeypad; quiet 1001; play 1001 letters/a&letters/n&"
	 "letters/n&letters/a&letters/space&letters/s&letters/m&letters/i&"
	 "letters/t&letters/h&dir-instr; quiet 1001; hangup 1001 16",
	 "Directory(default,out) SELECTED|NoOp(1001 rings)"},
	{"Directory", "Directory(default,out,f(2)e)|", "23" "1",
	 "200 1001; play 1001 " "dir-welcome&dir-pls-enter&digits/2&dir-first&"
	 "dir-usingkeypad; quiet 1001; play 1001 letters/b&letters/e&"
	 "letters/r&letters/t&letters/space&letters/s&letters/m&letters/y&"
	 "letters/t&letters/h&letters/e&vm-extension&digits/1&digits/0&"
	 "digits/0&digits/2&dir-instr; quiet 1001; hangup 1001 16",
	 "NoOp(1002 rings)"},
	/* the next one; a name that nobody has; who it is, in a variable */
	{"Directory", "Directory(default,out,b(2)s)|"
	 "NoOp(${DIRECTORY_RESULT} ${DIRECTORY_EXTEN})", "76*1", NULL,
	 "NoOp(SELECTED 1002)"},
	{"Directory", "Directory(default,out,s)|NoOp(${DIRECTORY_EXTEN})",
	 "999" "738" "1", NULL, "!NoOp(1001)"},
	{"Directory", "Directory(default,out,s)|NoOp(${DIRECTORY_EXTEN})",
	 "4361", NULL, "NoOp(1004)"},
	{"Directory", "Directory(default,out,ms)|NoOp(${DIRECTORY_EXTEN})",
	 "7642", NULL, "!NoOp(1005)"},
	{"Directory", "Directory(default,out,b(1)ms)|"
	 "NoOp(${DIRECTORY_EXTEN})", "72", NULL, "NoOp(1002)"},
	{"Directory", "Directory(default,out)|", "0", NULL,
	 "Directory(default,out) OPERATOR|NoOp(operator)"},
	{"Directory", "Directory(default,out)|NoOp(${DIRECTORY_RESULT})", "",
	 NULL, "NoOp(TIMEOUT)"},

	/* mailboxes */
	{"VoiceMail", "VoiceMail(9)|NoOp(${VMSTATUS})", "", NULL,
	 "NoOp(FAILED)"},
	{"VoiceMailMain", "VoiceMailMain(1001)|NoOp(out)", "1#2#3#",
	 "200 1001; play 1001 vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-password; quiet 1001; "
	 "play 1001 vm-incorrect&vm-goodbye; hangup 1001 16", "NoOp(out)"},

	{"AMD", "AMD()|NoOp(${AMDSTATUS} ${AMDCAUSE})", "",
	 "200 1001; listen 1001 256; listen 1001 0; hangup 1001 16",
	 "NoOp(MACHINE INITIALSILENCE-2500-2500)"},
	{"BackgroundDetect", "BackgroundDetect(a)|NoOp(on)|talk:NoOp(talk)",
	 "", "200 1001; listen 1001 256; play 1001 a; listen 1001 0; "
	 "hangup 1001 16", "NoOp(on)"},
	{"WaitForSilence", "WaitForSilence(500,2)|NoOp(${WAITSTATUS})", "",
	 "200 1001; listen 1001 256; listen 1001 0; hangup 1001 16",
	 "1.000 [1@c:2] NoOp(SILENCE)"},
	{"WaitForNoise", "WaitForNoise(500,1,3)|NoOp(${WAITSTATUS})", "",
	 "200 1001; listen 1001 256; listen 1001 0; hangup 1001 16",
	 "3.000 [1@c:2] NoOp(TIMEOUT)"},
	{"VoiceMailPlayMsg", "VoiceMailPlayMsg(1001,none)|"
	 "NoOp(${VOICEMAIL_PLAYBACKSTATUS})", "", "hangup 1001 16",
	 "NoOp(FAILED)"},
	{"MailboxExists", "MailboxExists(1001)|NoOp(${VMBOXEXISTSSTATUS})|"
	 "MailboxExists(9@default)|NoOp(${VMBOXEXISTSSTATUS})", "", NULL,
	 "NoOp(SUCCESS)|NoOp(FAILED)"},
};
/* clang-format on */


static void test_rows(void **state)
{
	(void)state;
	trace_all = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		run_golden(&rows[i]);
	assert_int_equal(wrong, 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
