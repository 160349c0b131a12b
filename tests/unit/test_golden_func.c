/**
 * @file tests/unit/test_golden_func.c  A row per function: dialplan in, the
 *                                      trace out
 *
 * Functions of lists, groups and calls of others are in test_apps_plan.c.
 */
#include "golden_util.h"

/* clang-format off */
static const struct plan_row rows[] = {
	/* functions that need a call or a companion */
	{"CONNECTEDLINE", "Set(CONNECTEDLINE(all,i)=Eve <7>)|"
	 "Set(CONNECTEDLINE(all,i)=8)|NoOp(${CONNECTEDLINE(all)}.)",
	 "NoOp(8.)"},
	{"CURLOPT", "Set(CURLOPT(cookie)=a=b)|Set(CURLOPT(cookie)=/etc/passwd)|"
	 "Set(CURLOPT(httpheader)=@/etc/passwd)|"
	 "NoOp(<${CURLOPT(cookie)}${CURLOPT(httpheader)}>)", "NoOp(<a=b>)"},
	{"CONNECTEDLINE", "Set(CONNECTEDLINE(all,i)=Eve <7>)|"
	 "Set(CONNECTEDLINE(num)=8)|NoOp(${CONNECTEDLINE(all)})",
	 "NoOp(\"Eve\" <8>)"},
	{"CURLOPT", "Set(CURLOPT(useragent)=Tandem)|"
	 "NoOp(${CURLOPT(useragent)} ${CURLOPT(conntimeout)})",
	 "NoOp(Tandem 10)"},
	{"CURL", "NoOp(<${CURL(file:///etc/passwd)}>)", "NoOp(<>)"},
	{"CHANNEL", "NoOp(${CHANNEL(transfercapability)} "
	 "${CHANNEL(secure_signaling)}${CHANNEL(t38passthrough)})",
	 "NoOp(SPEECH 00)"},
	{"CDR_PROP", "Set(CDR_PROP(disable)=1)|NoOp(<${CDR(src)}>)|"
	 "Set(CDR_PROP(disable)=0)|NoOp(${CDR(disposition)})",
	 "NoOp(<>)|NoOp(NO ANSWER)"},
	{"CALLERID", "Set(CALLERID(all)=Eve <7>)|"
	 "NoOp(${CALLERID(name)}/${CALLERID(num)})", "NoOp(Eve/7)"},
	{"CDR", "Set(CDR(userfield)=u)|NoOp(${CDR(userfield)} ${CDR(src)})",
	 "NoOp(u 1001)"},
	{"DB", "Set(DB(a/b)=c)|NoOp(${DB(a/b)})", "NoOp(c)"},
	{"DB_EXISTS", "Set(DB(a/b)=c)|"
	 "NoOp(${DB_EXISTS(a/b)}${DB_EXISTS(a/c)}${DB_RESULT})", "NoOp(10"},
	{"DEVICE_STATE", "Set(DEVICE_STATE(Custom:x)=BUSY)|"
	 "NoOp(${DEVICE_STATE(Custom:x)} ${DEVICE_STATE(SIP/none)})",
	 "NoOp(BUSY INVALID)"},
	{"EXTENSION_STATE", "NoOp(${EXTENSION_STATE(77@out)})", "NoOp(INUSE)"},
	{"HINT", "NoOp(${HINT(77@out)})", "NoOp(Custom:h)"},
	{"IFTIME", "NoOp(${IFTIME(*,*,*,*?yes:no)}${IFTIME(*,*,31,feb?yes:no)"
	 "})", "NoOp(yesno)"},
	{"LOCAL", "Gosub(2,1)|NoOp(out <${L}>)|2:Set(LOCAL(L)=x)|"
	 "NoOp(in <${L}>)|Return()", "NoOp(in <x>)|NoOp(out <>)"},
	{"GLOBAL", "Set(GLOBAL(G)=g)|NoOp(${G}${GLOBAL(G)})", "NoOp(gg)"},
	{"HANGUPCAUSE", "Dial(SIP/4711)|NoOp(${HANGUPCAUSE} "
	 "${HANGUPCAUSE(x,ast)})", "NoOp(20 20)"},
	{"MAILBOX_EXISTS", "NoOp(${MAILBOX_EXISTS(1001)}${MAILBOX_EXISTS(9)})",
	 "NoOp(10)"},
	{"VM_INFO", "NoOp(${VM_INFO(1001,fullname)} ${VM_INFO(1001,exists)})",
	 "NoOp(Anna Smith 1)"},
	{"VMCOUNT", "NoOp(n ${VMCOUNT(1001)})", "NoOp(n 0)"},
	{"SIP_HEADER", "NoOp(<${SIP_HEADER(X-None)}>)", "NoOp(<>)"},
	{"SHELL", "NoOp(<${SHELL(echo x)}>)", "NoOp(<>)"},
	{"TIMEOUT", "Set(TIMEOUT(digit)=7)|NoOp(${TIMEOUT(digit)})",
	 "NoOp(7.000)"},
	{"VALID_EXTEN", "NoOp(${VALID_EXTEN(c,1)}${VALID_EXTEN(c,8)})",
	 "NoOp(10)"},
	{"DIALPLAN_EXISTS", "NoOp(${DIALPLAN_EXISTS(c,1)}"
	 "${DIALPLAN_EXISTS(none)})", "NoOp(10)"},

	/* functions of texts and numbers */
	{"BASE64_DECODE", "NoOp(${BASE64_DECODE(aGk=)})", "NoOp(hi)"},
	{"BASE64_ENCODE", "NoOp(${BASE64_ENCODE(hi)})", "NoOp(aGk=)"},
	{"DEC", "Set(N=3)|NoOp(${DEC(N)}${N})", "NoOp(22)"},
	{"INC", "Set(N=3)|NoOp(${INC(N)}${N})", "NoOp(44)"},
	{"EVAL", "Set(A=x)|Set(D=$)|Set(B=${D}{A})|NoOp(${EVAL(${B})})",
	 "NoOp(x)"},
	{"EXISTS", "Set(A=x)|NoOp(${EXISTS(${A})}${EXISTS(${B})})",
	 "NoOp(10)"},
	{"ISNULL", "Set(A=x)|NoOp(${ISNULL(${A})}${ISNULL(${B})})",
	 "NoOp(01)"},
	{"FIELDQTY", "Set(A=a-b)|NoOp(${FIELDQTY(A,-)})", "NoOp(2)"},
	{"FILTER", "NoOp(${FILTER(0-9,a1b2)})", "NoOp(12)"},
	{"IF", "NoOp(${IF($[2>1]?a:b)})", "NoOp(a)"},
	{"LEN", "NoOp(${LEN(abc)})", "NoOp(3)"},
	{"MATH", "NoOp(${MATH(2*3,i)})", "NoOp(6)"},
	{"MD5", "NoOp(${MD5(a)})", "NoOp(0cc175b9c0f1b6a831c399e269772661)"},
	{"SHA1", "NoOp(${SHA1(a)})",
	 "NoOp(86f7e437faa5a7fce15d1ddcb9eaeaea377667b8)"},
	{"QUOTE", "NoOp(${QUOTE(a\"b)})", "NoOp(\"a\\\"b\")"},
	{"RAND", "NoOp(${RAND(3,3)})", "NoOp(3)"},
	{"REGEX", "NoOp(${REGEX(\"^a\" abc)}${REGEX(\"^b\" abc)})",
	 "NoOp(10)"},
	{"REPLACE", "Set(A=a.b)|NoOp(${REPLACE(A,.,-)})", "NoOp(a-b)"},
	{"SET", "NoOp(${SET(A=5)}${A})", "NoOp(55)"},
	{"STRFTIME", "NoOp(${STRFTIME(0,UTC,%Y)})", "NoOp(1970)"},
	{"TOLOWER", "NoOp(${TOLOWER(AbC)})", "NoOp(abc)"},
	{"TOUPPER", "NoOp(${TOUPPER(AbC)})", "NoOp(ABC)"},
	{"URIDECODE", "NoOp(${URIDECODE(a%20b)})", "NoOp(a b)"},
	{"URIENCODE", "NoOp(${URIENCODE(a b)})", "NoOp(a%20b)"},
};
/* clang-format on */


static void test_rows(void **state)
{
	(void)state;
	trace_all = true;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct golden_row r = {
			.name  = rows[i].name,
			.steps = rows[i].steps,
			.keys  = "",
			.trace = rows[i].trace,
		};

		assert_non_null(r.trace);
		run_golden(&r);
	}
	assert_int_equal(wrong, 0);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_rows, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
