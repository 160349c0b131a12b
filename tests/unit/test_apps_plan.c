/**
 * @file tests/unit/test_apps_plan.c  A row per application and function
 *
 * Dialplan in, trace out, for what needs no sound and no time.
 */
#include "golden_util.h"
#include "b2bua/transfer.h"

/* clang-format off */
static const struct plan_row rows[] = {
	/* loops */
	{"While",
	 "Set(i=0)|While($[${i}<3])|Set(i=$[${i}+1])|EndWhile()|NoOp(end ${i})",
	 "NoOp(end 3)"},
	{"EndWhile",
	 "While(0)|NoOp(in)|While(1)|EndWhile()|EndWhile()|NoOp(out)",
	 "NoOp(out)|!NoOp(in)"},
	{"ExitWhile",
	 "Set(i=0)|While(1)|Set(i=$[${i}+1])|ExecIf($[${i}=2]?ExitWhile())|"
	 "EndWhile()|NoOp(left ${i})",
	 "NoOp(left 2)"},
	{"ContinueWhile",
	 "Set(i=0)|Set(n=)|While($[${i}<4])|Set(i=$[${i}+1])|"
	 "ExecIf($[${i}=2]?ContinueWhile())|Set(n=${n}${i})|EndWhile()|"
	 "NoOp(n ${n})",
	 "NoOp(n 134)"},
	{"While", "While(0)|NoOp(in)", "no EndWhile|!NoOp(in)"},
	{"EndWhile", "EndWhile()|NoOp(on)", "no While|NoOp(on)"},

	/* variables */
	{"SetVar", "SetVar(A=1)|NoOp(a ${A})", "NoOp(a 1)"},
	{"MSet", "MSet(A=1,B=2)|NoOp(${A}${B})", "NoOp(12)"},
	{"SetGlobalVar", "SetGlobalVar(GG=7)|NoOp(${GLOBAL(GG)})", "NoOp(7)"},
	{"ImportVar", "Set(A=x)|ImportVar(B=${CHANNEL},A)|NoOp(b ${B})",
	 "NoOp(b x)"},
	{"IMPORT", "Set(A=x)|NoOp(i ${IMPORT(${CHANNEL},A)} "
	 "${IMPORT(SIP/none,A)})", "NoOp(i x )"},
	{"MASTER_CHANNEL", "Set(MASTER_CHANNEL(A)=m)|NoOp(${A} "
	 "${MASTER_CHANNEL(A)})", "NoOp(m m)"},
	{"SHARED", "Set(SHARED(A)=s)|NoOp(${SHARED(A)}${A})", "NoOp(s)"},
	{"ARRAY", "Set(ARRAY(a,b)=1,2)|NoOp(${b}${a})", "NoOp(21)"},
	{"HASH", "Set(HASH(h,k)=v)|NoOp(${HASH(h,k)} ${HASH(h,x)})",
	 "NoOp(v )"},
	{"HASHKEYS", "Set(HASH(h,k)=v)|Set(HASH(g,l)=w)|"
	 "NoOp(keys ${HASHKEYS(h)})", "NoOp(keys k)"},
	{"ClearHash", "Set(HASH(h,k)=v)|Set(HASH(hh,k)=v)|ClearHash(h)|"
	 "NoOp(${HASH(h,k)}/${HASHKEYS(hh)})", "NoOp(/k)"},
	{"PUSH", "Set(PUSH(L)=a)|Set(PUSH(L)=b)|Set(PUSH(L,+)=c)|NoOp(${L})",
	 "NoOp(a,b+c)"},
	{"UNSHIFT", "Set(L=b)|Set(UNSHIFT(L)=a)|NoOp(${L})", "NoOp(a,b)"},
	{"POP", "Set(L=a,b,c)|NoOp(${POP(L)} ${L} ${POP(L)} ${POP(L)} "
	 "${POP(L)}.)", "NoOp(c a,b b a .)"},
	{"SHIFT", "Set(L=a-b)|NoOp(${SHIFT(L,-)} ${L})", "NoOp(a b)"},
	{"LISTFILTER", "Set(L=a,b,a,c)|NoOp(${LISTFILTER(L,\\,,a)})",
	 "NoOp(b,c)"},
	{"FIELDNUM", "Set(L=a-b-c)|NoOp(${FIELDNUM(L,-,b)}"
	 "${FIELDNUM(L,-,x)})", "NoOp(20)"},
	{"SORT", "NoOp(${SORT(c:3,a:1.5,b:2,z:-1)})", "NoOp(z,a,b,c)"},
	{"STRREPLACE", "Set(T=a.b.c)|NoOp(${STRREPLACE(T,.,::)} "
	 "${STRREPLACE(T,.,,1)})", "NoOp(a::b::c ab.c)"},
	{"PASSTHRU", "NoOp(${PASSTHRU(abc):1})", "NoOp(bc)"},
	{"CSV_QUOTE", "NoOp(${CSV_QUOTE(a\"b)})", "NoOp(\"a\"\"b\")"},
	{"KEYPADHASH", "NoOp(${KEYPADHASH(Les Zorn#1)})", "NoOp(5379676#1)"},
	{"SPRINTF", "NoOp(${SPRINTF(%05d|%.2f|%x|%-4s|%c%%,42,3.14159,255,ab,"
	 "xyz)})", "NoOp(00042|3.14|ff|ab  |x%)"},
	{"SPRINTF", "NoOp(a${SPRINTF(%n,1)}${SPRINTF(%s)}${SPRINTF(%999d,1)}b)",
	 "NoOp(ab)"},
	{"STRPTIME", "NoOp(${STRPTIME(2026-11-21 10:30:00,UTC,%Y-%m-%d "
	 "%H:%M:%S)} ${STRPTIME(x,UTC,%Y)})", "NoOp(1795257000 )"},
	{"STRPTIME", "NoOp(${STRPTIME(2026-07-01 12:00:00,Europe/Berlin,"
	 "%Y-%m-%d %T)})", "NoOp(1782900000)"},
	{"IFMODULE", "NoOp(${IFMODULE(app_dial.so)}${IFMODULE(app_x.so)}"
	 "${IFMODULE(func_cut)}${IFMODULE(chan_sip.so)})", "NoOp(1011)"},
	{"VERSION", "NoOp(${VERSION():0:6} ${VERSION(ASTERISK_VERSION_NUM)})",
	 "NoOp(Tandem 200000)"},
	{"ENV", "NoOp(${ENV(SECRET)}${EXISTS(${ENV(PATH)})})", "NoOp(1)"},
	{"STAT", "NoOp(${STAT(e,/etc/passwd)}${STAT(d,/etc)}${STAT(f,/etc)}"
	 "${STAT(e,/none)}${STAT(s,/none)})", "NoOp(1100)"},
	{"FILE", "NoOp(${FILE(/etc/passwd,0,4)} ${FILE(/none)})",
	 "NoOp(root )"},

	/* old spellings */
	{"AbsoluteTimeout", "AbsoluteTimeout(5)|NoOp(${TIMEOUT(absolute)})",
	 "NoOp(5.000)"},
	{"DigitTimeout", "DigitTimeout(3)|NoOp(${TIMEOUT(digit)})",
	 "NoOp(3.000)"},
	{"ResponseTimeout", "ResponseTimeout(4)|NoOp(${TIMEOUT(response)})",
	 "NoOp(4.000)"},
	{"SetAccount", "SetAccount(acc)|NoOp(${CHANNEL(accountcode)})",
	 "NoOp(acc)"},
	{"SetAMAFlags", "SetAMAFlags(billing)|NoOp(${CDR(amaflags)})",
	 "NoOp(billing)"},
	{"SetCallerID", "SetCallerID(\"Bob\" <200>)|NoOp(${CALLERID(name)} "
	 "${CALLERID(num)})", "NoOp(Bob 200)"},
	{"SetCIDName", "SetCIDName(Eve)|NoOp(${CALLERID(name)})", "NoOp(Eve)"},
	{"SetCIDNum", "SetCIDNum(300,a)|NoOp(${CALLERID(num)})", "NoOp(300)"},
	{"SetCallerPres", "SetCallerPres(prohib)|NoOp(${CALLERID(pres)})",
	 "NoOp(prohib)"},
	{"SetCDRUserField", "SetCDRUserField(a)|AppendCDRUserField(b)|"
	 "NoOp(${CDR(userfield)})", "NoOp(ab)"},
	{"AppendCDRUserField", "AppendCDRUserField(x)|NoOp(${CDR(userfield)})",
	 "NoOp(x)"},
	{"SetLanguage", "SetLanguage(ru)|NoOp(${LANGUAGE()})", "NoOp(ru)"},
	{"LANGUAGE", "Set(LANGUAGE()=fr)|NoOp(${CHANNEL(language)})",
	 "NoOp(fr)"},
	{"MUSICCLASS", "Set(MUSICCLASS()=jazz)|NoOp(${MUSICCLASS()})",
	 "NoOp(jazz)"},
	{"CALLERPRES", "Set(CALLERPRES()=prohib)|NoOp(${CALLERPRES()})",
	 "NoOp(prohib)"},
	{"SetRDNIS", "SetRDNIS(77)|NoOp(${REDIRECTING(from-num)})",
	 "NoOp(77)"},
	{"REDIRECTING", "Set(REDIRECTING(from-num,i)=5)|"
	 "NoOp(${CALLERID(rdnis)} ${REDIRECTING(count)})", "NoOp(5 1)"},
	{"REDIRECTING", "Set(REDIRECTING(from-num)=5)|"
	 "Set(REDIRECTING(reason)=cfb)|Set(REDIRECTING(from-name)=Five)|"
	 "Set(REDIRECTING(orig-num)=4)|Set(REDIRECTING(count)=3)|"
	 "NoOp(${REDIRECTING(from-num)} ${REDIRECTING(from-name)} "
	 "${REDIRECTING(reason)} ${REDIRECTING(orig-num)} "
	 "${REDIRECTING(orig-reason)} ${REDIRECTING(to-num)} "
	 "${REDIRECTING(count)})", "NoOp(5 Five cfb 4 unknown 1 3)"},
	{"REDIRECTING", "NoOp(<${REDIRECTING(from-num)}"
	 "${REDIRECTING(to-num)}> ${REDIRECTING(count)})", "NoOp(<> 0)"},
	{"DBput", "DBput(f/k=v=w)|DBget(A=f/k)|NoOp(${A})", "NoOp(v=w)"},
	{"DBget", "DBget(A=f/none)|NoOp(none ${A})", "NoOp(none )"},
	{"DBdel", "DBput(f/k=v)|DBdel(f/k)|NoOp(${DB_EXISTS(f/k)})",
	 "NoOp(0)"},
	{"DBdeltree", "DBput(f/a=1)|DBput(f/b/c=2)|DBput(g/a=3)|DBdeltree(f)|"
	 "NoOp(${DB(f/a)}${DB(f/b/c)}${DB(g/a)})", "NoOp(3)|2 removed"},
	{"DB_KEYS", "DBput(f/a=1)|DBput(f/b/c=2)|DBput(f/b/d=2)|"
	 "NoOp(${DB_KEYS(f)} ${DB_KEYS(f/b)})", "NoOp(a,b c,d)"},
	{"DB_DELETE", "DBput(f/k=v)|NoOp(${DB_DELETE(f/k)}${DB(f/k)})",
	 "NoOp(v)"},
	{"Cut", "Set(A=a-b-c)|Cut(B=A,-,2)|NoOp(${B})", "NoOp(b)"},
	{"StripMSD", "StripMSD(1)|NoOp(never)",
	 "!NoOp(never)"},
	{"Random", "Random(100:7)|NoOp(a)|NoOp(b)|NoOp(c)|NoOp(d)|NoOp(e)|"
	 "NoOp(f)", "!NoOp(e)|NoOp(f)"},
	{"Random", "Random(0:3)|NoOp(a)|NoOp(b)", "NoOp(a)"},

	/* groups */
	{"GROUP", "Set(GROUP()=g)|NoOp(${GROUP()} ${GROUP(x)}.)",
	 "NoOp(g .)"},
	{"GROUP_COUNT", "Set(GROUP(c)=g)|NoOp(${GROUP_COUNT(g@c)}"
	 "${GROUP_COUNT(g)}${GROUP_COUNT(@c)}${GROUP_COUNT()})",
	 "NoOp(1010)"},
	{"GROUP_MATCH_COUNT", "Set(GROUP()=abc)|"
	 "NoOp(${GROUP_MATCH_COUNT(^a)}${GROUP_MATCH_COUNT(^b)})",
	 "NoOp(10)"},
	{"GROUP_LIST", "Set(GROUP()=a)|Set(GROUP(c)=b)|NoOp(${GROUP_LIST()})",
	 "NoOp(a b@c)"},
	{"GROUP", "Set(GROUP()=a)|Set(GROUP()=b)|NoOp(${GROUP_COUNT(a)}"
	 "${GROUP_COUNT(b)})", "NoOp(01)"},
	{"SetGroup", "SetGroup(c@g)|NoOp(${GROUP(c)})", "NoOp(g)"},
	{"CheckGroup", "SetGroup(g)|CheckGroup(1)|NoOp(${CHECKGROUPSTATUS})|"
	 "CheckGroup(0)|NoOp(${CHECKGROUPSTATUS})", "NoOp(OK)|NoOp(OVERMAX)"},

	/* the caller */
	{"LookupBlacklist", "DBput(blacklist/1001=1)|LookupBlacklist()|"
	 "NoOp(${LOOKUPBLSTATUS}${BLACKLIST()})", "NoOp(FOUND1)"},
	{"BLACKLIST", "NoOp(${BLACKLIST()})", "NoOp(0)"},
	{"LookupCIDName", "DBput(cidname/1001=Anna)|LookupCIDName()|"
	 "NoOp(${CALLERID(name)})", "NoOp(Anna)"},
	{"DIALGROUP", "Set(DIALGROUP(g,add)=SIP/1)|Set(DIALGROUP(g,add)=SIP/2)|"
	 "Set(DIALGROUP(g,add)=SIP/1)|NoOp(${DIALGROUP(g)})|"
	 "Set(DIALGROUP(g,del)=SIP/1)|NoOp(then ${DIALGROUP(g)})",
	 "NoOp(SIP/1&SIP/2)|NoOp(then SIP/2)"},
	{"SIPPEER", "NoOp(${SIPPEER(1001,context)} ${SIPPEER(1001,dynamic)} "
	 "${SIPPEER(trunk,ip)} ${SIPPEER(trunk:port)} "
	 "${SIPPEER(1003,limit)} ${SIPPEER(1001,status)} ${SIPPEER(none,ip)})",
	 "NoOp(office yes 192.0.2.7 5060 1 UNMONITORED )"},
	{"SIPPEER", "NoOp(${SIPPEER(1001,codecs)} ${SIPPEER(1001,codec[0])})",
	 "NoOp((ulaw"},
	{"SIPCHANINFO", "NoOp(${SIPCHANINFO(peername)})", "NoOp(1001)"},
	{"SIP_HEADERS", "NoOp(<${SIP_HEADERS(X-)}>)", "NoOp(<>)"},
	{"CHECKSIPDOMAIN", "NoOp(<${CHECKSIPDOMAIN(example.com)}>)",
	 "NoOp(<>)"},
	{"CHANNEL", "SetGlobalVar(PARKINGLOT=l2)|NoOp(${CHANNEL(parkinglot)})|"
	 "SetGlobalVar(PARKINGLOT=)", "NoOp(l2)"},
	{"CHANNEL", "NoOp(${CHANNEL(rtpqos,audio,remote_count)})",
	 "NoOp(100)"},
	{"HANGUPCAUSE_KEYS", "NoOp(<${HANGUPCAUSE_KEYS()}>)", "NoOp(<>)"},
	{"ChanIsAvail", "ChanIsAvail(SIP/none&SIP/trunk)|"
	 "NoOp(${AVAILORIGCHAN} ${CUT(AVAILCHAN,-,1)})",
	 "NoOp(SIP/trunk SIP/trunk)"},

	/* other applications */
	{"Exec", "Exec(NoOp(inner))|NoOp(on)", "NoOp(on)"},
	{"TryExec", "TryExec(NoOp(x))|NoOp(${TRYSTATUS})|TryExec(None())|"
	 "NoOp(${TRYSTATUS})|TryExec(Goto(x,y,z))|NoOp(${TRYSTATUS})",
	 "NoOp(SUCCESS)|NoOp(NOAPP)|NoOp(FAILED)"},
	{"ExecIf", "ExecIf(1?Set(A=1):Set(A=2))|NoOp(${A})", "NoOp(1)"},
	{"NoCDR", "Set(CDR(userfield)=x)|NoCDR()|NoOp(<${CDR(userfield)}>)",
	 "!NoOp(<"}, /* nothing is kept of it */
	{"ResetCDR", "Set(CDR(userfield)=x)|ResetCDR(v)|"
	 "NoOp(v ${CDR(userfield)})|ResetCDR()|NoOp(<${CDR(userfield)}>)",
	 "NoOp(v x)|NoOp(<>)"},
	{"UserEvent", "UserEvent(Mine,a:b)|NoOp(on)", "NoOp(on)"},
	{"DumpChan", "DumpChan()|NoOp(on)", "NoOp(on)"},
	{"StackPop", "Gosub(2,1)|NoOp(never)|2:StackPop()|Return()|NoOp(no)",
	 "!never"},
	{"STACK_PEEK", "Gosub(3)|Hangup()|NoOp(${STACK_PEEK(1,c)} "
	 "${STACK_PEEK(1,e)} ${STACK_PEEK(1,p)} ${STACK_PEEK(2,c)}.)",
	 "NoOp(c 1 2 .)"},
	{"EXCEPTION", "RaiseException(why)|NoOp(never)|"
	 "e:NoOp(ex ${EXCEPTION(reason)} ${EXCEPTION(context)} "
	 "${EXCEPTION(exten)} ${EXCEPTION(priority)})",
	 "NoOp(ex why c 1 1)|!never"},
	{"RaiseException", "RaiseException(x)|NoOp(on)", "NoOp(on)"},
	{"Goto", "Goto(c,99,1)|e:NoOp(e ${EXCEPTION()} ${EXCEPTION(exten)})",
	 "NoOp(e INVALIDEXTEN 99)"},
	{"SoftHangup", "SoftHangup(SIP/9999)|NoOp(on)", "NoOp(on)"},
	{"ChannelRedirect", "ChannelRedirect(SIP/none,c,1,1)|"
	 "NoOp(${CHANNELREDIRECT_STATUS})", "NoOp(NOCHANNEL)"},
	{"Incomplete", "Incomplete()|NoOp(never)", "!never"},
};
/* clang-format on */


static void test_rows(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		must_be_known(rows[i].name);
		clean_slate();
		load_steps(rows[i].steps, "");
		(void)dial_in("c", "1");
		run(100);
		assert_true(list_isempty(calls_list()));
		assert_non_null(rows[i].trace);
		check_trace(&rows[i]);
	}
	assert_int_equal(wrong, 0);
}


/* --- those that go elsewhere ---------------------------------------------- */

static void test_renumbering(void **state)
{
	plan("[c]\nexten => 1234,1,StripMSD(2)\nexten => 34,2,StripLSD(1)\n"
	     "exten => 3,3,Prefix(9)\nexten => 93,4,Suffix(5)\n"
	     "exten => 935,5,NoOp(there)\n");
	(void)dial_in("c", "1234");
	run(10);
	trace_has("NoOp(there)");
}


/* n+101 only if the file says so, or with option j */
static void test_priority_jumping(void **state)
{
	static const char steps[] =
		"[c]\nexten => 1,1,DBget(A=f/none)\nexten => 1,2,NoOp(two)\n"
		"exten => 1,102,NoOp(jumped)\n";

	plan(steps);
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(two)");
	trace_lacks("jumped");

	planf("[general]\npriorityjumping=yes\n%s", steps);
	(void)dial_in("c", "1");
	run(10);
	trace_lacks("NoOp(two)");
	trace_has("NoOp(jumped)");

	plan("[c]\nexten => 1,1,ChanIsAvail(SIP/none,j)\n"
	     "exten => 1,2,NoOp(two)\nexten => 1,102,NoOp(jumped)\n");
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(jumped)");
}


static void test_hangup_handlers(void **state)
{
	plan("[c]\nexten => 1,1,Set(CHANNEL(hangup_handler_push)="
	     "hh,s,1(first))\n"
	     "exten => 1,2,Set(CHANNEL(hangup_handler_push)=10(second))\n"
	     "exten => 1,3,Set(CHANNEL(hangup_handler_push)=x,1)\n"
	     "exten => 1,4,Set(CHANNEL(hangup_handler_pop)=)\n"
	     "exten => 1,5,Hangup()\n"
	     "exten => 1,10,NoOp(2 ${ARG1})\nexten => 1,11,Hangup()\n"
	     "exten => x,1,NoOp(popped)\n"
	     "exten => h,1,NoOp(h at last)\n"
	     "[hh]\nexten => s,1,NoOp(1 ${ARG1})\nexten => s,2,Return()\n");
	(void)dial_in("c", "1");
	run(10);
	/* the last one pushed first, one that hangs up ends itself alone */
	trace_has("NoOp(2 second)");
	trace_has("NoOp(1 first)");
	trace_has("NoOp(h at last)");
	assert_true(strstr(cdr_trace, "NoOp(2 second)") <
		    strstr(cdr_trace, "NoOp(1 first)"));
	assert_true(strstr(cdr_trace, "NoOp(1 first)") <
		    strstr(cdr_trace, "NoOp(h at last)"));
	trace_lacks("popped");
	assert_true(list_isempty(calls_list()));
}


static void test_handler_without_h(void **state)
{
	plan("[c]\nexten => 1,1,Set(CHANNEL(hangup_handler_push)=hh,s,1)\n"
	     "exten => 1,2,Wait(100)\n"
	     "[hh]\nexten => s,1,NoOp(handled ${HANGUPCAUSE})\n");
	cancel(dial_in("c", "1")->caller);
	run(10);
	trace_has("NoOp(handled 16)");
	assert_true(list_isempty(calls_list()));
}


static void test_groups_count_calls(void **state)
{
	struct call *a, *b;

	plan("[c]\nexten => _1X,1,Set(GROUP()=g)\n"
	     "exten => _1X,2,NoOp(n ${GROUP_COUNT()})\n"
	     "exten => _1X,3,Wait(100)\n");
	a = dial_in("c", "11");
	b = dial_in("c", "12");
	run(10);
	cancel(a->caller);
	run(10);
	trace_has("NoOp(n 1)");
	a = dial_in("c", "13");
	run(10);
	cancel(b->caller);
	run(10);
	trace_has("NoOp(n 2)");
	cancel(a->caller);
	run(10);
	trace_has("NoOp(n 2)");
	(void)dial_in("c", "14");
}


/* --- digits --------------------------------------------------------------- */

static void test_authenticate(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,Authenticate(1234)\nexten => 1,2,NoOp(in)\n");
	call = dial_in("c", "1");
	press(call->caller, "1234#");
	run(20);
	expect("200 1001; play 1001 agent-pass; quiet 1001; "
	       "play 1001 auth-thankyou");
	run(2000);
	trace_has("NoOp(in)");
	trace_lacks("1234#");

	/* three wrong ones */
	forget_notes();
	call = dial_in("c", "1");
	run(1500);
	press(call->caller, "1#");
	run(1500);
	press(call->caller, "12345#");
	run(2500);
	press(call->caller, "#");
	run(5000);
	expect("200 1001; play 1001 agent-pass; play 1001 auth-incorrect; "
	       "quiet 1001; play 1001 auth-incorrect; quiet 1001; "
	       "play 1001 vm-goodbye; hangup 1001 16");
	trace_lacks("NoOp(in)");
}


static void test_authenticate_options(void **state)
{
	struct call *call;

	put_file("pins", "; the office\n5555\n#7\n");
	planf("[c]\nexten => 1,1,Authenticate(%s/pins,a)\n"
	      "exten => 1,2,NoOp(in ${ACCOUNTCODE})\n"
	      "exten => 2,1,Set(DB(pin/77)=1)\n"
	      "exten => 2,2,Authenticate(pin,dr)\n"
	      "exten => 2,3,NoOp(left ${DB_EXISTS(pin/77)})\n"
	      "exten => 3,1,Authenticate(/none)\n", tmp_dir);
	call = dial_in("c", "1");
	press(call->caller, "5555#");
	run(5000);
	trace_has("NoOp(in 5555)");

	call = dial_in("c", "2");
	press(call->caller, "77#");
	run(5000);
	trace_has("NoOp(left 0)");

	(void)dial_in("c", "3");
	run(5000);
	assert_true(list_isempty(calls_list()));
}


static void test_disa(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,DISA(99,out,\"Disa\" <500>)\n"
	     "[out]\nexten => _2XX,1,NoOp(${EXTEN} ${CALLERID(num)})\n");
	call = dial_in("c", "1");
	press(call->caller, "99#");
	run(10);
	press(call->caller, "234");
	run(10);
	expect("200 1001; loop 1001 tone:dial; quiet 1001; "
	       "loop 1001 tone:dial; quiet 1001; hangup 1001 16");
	trace_has("NoOp(234 500)");
}


static void test_readexten(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,ReadExten(X,ask,out)\n"
	     "exten => 1,2,NoOp(${READEXTENSTATUS} ${X})\n"
	     "[out]\nexten => _2X,1,NoOp()\n");
	call = dial_in("c", "1");
	press(call->caller, "25");
	run(10);
	trace_has("NoOp(OK 25)");
	call = dial_in("c", "1");
	press(call->caller, "3");
	run(10000);
	trace_has("NoOp(INVALID 3)");
	(void)dial_in("c", "1");
	run(20000);
	trace_has("NoOp(TIMEOUT )");
}


static void test_privacy_manager(void **state)
{
	struct call *call;

	plan("[c]\nexten => 1,1,PrivacyManager(2,4)\n"
	     "exten => 1,2,NoOp(${PRIVACYMGRSTATUS} ${CALLERID(num)})\n"
	     "exten => 2,1,Set(CALLERID(num)=)\nexten => 2,2,Goto(1,1)\n");
	(void)dial_in("c", "1");
	run(10);
	trace_has("NoOp(SUCCESS 1001)");

	call = dial_in("c", "2");
	press(call->caller, "12#");
	run(10);
	press(call->caller, "5678#");
	run(3000);
	trace_has("NoOp(SUCCESS 5678)");
}


static void test_incomplete(void **state)
{
	struct call *call;

	plan("[c]\nexten => _X,1,Answer()\nexten => _X,2,Incomplete()\n"
	     "exten => 123,1,NoOp(whole)\n");
	call = dial_in("c", "1");
	press(call->caller, "23");
	run(6000);
	trace_has("NoOp(whole)");
}


static void test_send_dtmf(void **state)
{
	plan("[c]\nexten => 1,1,Answer()\nexten => 1,2,SendDTMF(1w#,100,100)\n"
	     "exten => 1,3,SendDTMF(x)\n");
	(void)dial_in("c", "1");
	run(650);
	expect("200 1001; dtmf 1001 1");
	run(2000);
	expect("dtmf 1001 #; hangup 1001 16");
}


/* --- other calls ---------------------------------------------------------- */

static void test_redirect(void **state)
{
	struct call *a;
	char text[512];

	plan("[c]\nexten => 1,1,Wait(100)\nexten => 2,1,NoOp(moved)\n"
	     "exten => 2,2,Wait(100)\n");
	a = dial_in("c", "1");
	run(10);
	(void)re_snprintf(text, sizeof(text),
			  "[c]\nexten => 3,1,ChannelRedirect(%s,c,2,1)\n"
			  "exten => 3,2,NoOp(r ${CHANNELREDIRECT_STATUS})\n"
			  "exten => 3,3,SoftHangup(SIP/1001,a)\n",
			  leg_name(a->caller));
	{
		struct dialplan_index *old = mem_ref(srv.plan);

		plan(text);
		(void)dial_in("c", "3");
		mem_deref(old);
	}
	run(50);
	assert_true(list_isempty(calls_list()));
}


static void test_absolute_timeout(void **state)
{
	plan("[c]\nexten => 1,1,AbsoluteTimeout(2)\nexten => 1,2,Wait(100)\n"
	     "exten => e,1,NoOp(over ${EXCEPTION(reason)})\n"
	     "[d]\nexten => 1,1,AbsoluteTimeout(2)\nexten => 1,2,Wait(100)\n"
	     "exten => T,1,NoOp(T runs)\nexten => e,1,NoOp(e)\n");
	(void)dial_in("c", "1");
	run(3000);
	trace_has("NoOp(over ABSOLUTETIMEOUT)");
	(void)dial_in("d", "1");
	run(3000);
	trace_has("NoOp(T runs)");
}


/* Who was asked answers when somebody else has taken his place already */
static void test_text_to_who_has_gone(void **state)
{
	struct leg *old, *other;
	struct call *call;

	(void)state;
	slow_phones = true;
	plan("[c]\nexten => 1,1,Answer()\nexten => 1,2,SendText(hi)\n"
	     "exten => 1,3,Wait(9)\n");
	call = dial_in("c", "1");
	run(10);
	old = call->caller;
	assert_non_null(old->askh);

	other = leg_new(call, "1002", config_peer(srv.cfg, "1002"), true);
	other->st = LEG_CONFIRMED;
	assert_int_equal(0, call_swap(call, old, other, NULL));
	run(10);
	assert_null(old->askh);
	answer_ask(old, 481);
	assert_string_equal("SendText", call->app->name);
	answer_ask(other, 200);
	run(10);
	assert_string_equal("SUCCESS", call_var(call, "SENDTEXTSTATUS"));
	assert_string_equal("Wait", call->app->name);
	slow_phones = false;
}


static struct call *side_call(const struct call *call)
{
	for (struct le *le = calls_list()->head; le; le = le->next) {
		if (le->data != call)
			return le->data;
	}

	return NULL;
}


/* What a caller has sent is a value, and makes no variable of its own */
static void test_originate_variables(void **state)
{
	struct call *call, *side;
	struct leg *leg;

	(void)state;
	plan("[c]\nexten => 1,1,Originate(SIP/1002,exten,c,2,1,9,"
	     "v(A=${W}^B=2^${W}=3)c(${N}))\nexten => 2,1,Wait(9)\n");
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	call->trusted = true;
	assert_int_equal(0, call_set_var(call, "W", "x^TRUNK=1", true));
	assert_int_equal(0, call_set_var(call, "N", "55", true));
	leg = leg_new(call, "1001", config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, "c", "1");
	run(10);
	side = side_call(call);
	assert_non_null(side);
	assert_string_equal("x^TRUNK=1", call_var(side, "A"));
	assert_true(var_tainted(side, "A"));
	assert_string_equal("2", call_var(side, "B"));
	assert_false(var_tainted(side, "B"));
	assert_string_equal("", call_var(side, "TRUNK"));
	assert_string_equal("55", side->cid_num);
	assert_true(side->cid_wire);
}


/* ... and no option */
static void test_park_old_options(void **state)
{
	struct call *call;
	struct leg *leg;

	(void)state;
	plan("[c]\nexten => 1,1,ParkAndAnnounce(a:PARKED,3,SIP/1002,night,"
	     "${W})\n[night]\nexten => s,1,Wait(9)\n");
	assert_int_equal(call_alloc(&call, srv.cfg), 0);
	call->trusted = true;
	assert_int_equal(0, call_set_var(call, "W", "s^1", true));
	leg = leg_new(call, "1001", config_peer(srv.cfg, "1001"), false);
	call_run(call, leg, "c", "1");
	run(4000);
	assert_true(list_isempty(calls_list())); /* it did not wait there */
	trace_has("ParkAndAnnounce(a:PARKED,3,SIP/1002,night,");
	trace_lacks("@night:");
}


int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		T(test_rows),
		T(test_renumbering),
		T(test_priority_jumping),
		T(test_hangup_handlers),
		T(test_handler_without_h),
		T(test_groups_count_calls),
		T(test_authenticate),
		T(test_authenticate_options),
		T(test_disa),
		T(test_readexten),
		T(test_privacy_manager),
		T(test_incomplete),
		T(test_send_dtmf),
		T(test_redirect),
		T(test_absolute_timeout),
		T(test_text_to_who_has_gone),
		T(test_originate_variables),
		T(test_park_old_options),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
