/**
 * @file apps/rare.c  What Asterisk has and Tandem has not: what to use instead
 *
 * Read by the check (tandem -t) and by the log when a plan names one of them.
 */
#include "apps/apps.h"

struct rare {
	const char *name; /* a '*' at its end: all that begin so */
	const char *instead;
};

#define NO_SPEECH "speech is not recognised here: AGI() with a program that does"
#define NO_CARDS "there are no telephony cards here, only SIP"
#define NO_XMPP "messages of other networks are not sent: System() or AGI()"
#define NO_WEB "SHELL() with curl and allowsystem=yes, or AGI()"
#define NO_SQL "AGI(), or DB() of the built-in database"
#define NO_ENUM "AGI() with a program that asks DNS"

/* clang-format off */
static const struct rare appv[] = {
	{"ADSIProg",           NO_CARDS},
	{"AELSub",             "Gosub()"},
	{"AgentLogin",         "AddQueueMember()"},
	{"AgentRequest",       "Queue()"},
	{"AlarmReceiver",      "AGI()"},
	{"Bridge",             "ChannelRedirect() to a step that dials"},
	{"BridgeWait",         "MusicOnHold()"},
	{"CallCompletion*",    "Queue(), or a hint that the phone watches"},
	{"CELGenUserEvent",    "UserEvent()"},
	{"ControlPlayback",    "Background() for each part"},
	{"DAHDI*",             NO_CARDS},
	{"Dictate",            "Record()"},
	{"EnumLookup",         NO_ENUM},
	{"ExternalIVR",        "AGI()"},
	{"Festival",           "AGI(), or prompts made beforehand"},
	{"Flash",              NO_CARDS},
	{"ForkCDR",            "ResetCDR(): a call has one record"},
	{"GetCPEID",           NO_CARDS},
	{"ICES",               "MixMonitor()"},
	{"Jabber*",            NO_XMPP},
	{"JACK",               "AGI()"},
	{"MiniVM*",            "VoiceMail()"},
	{"Minivm*",            "VoiceMail()"},
	{"Morsecode",          "Playtones()"},
	{"MP3Player",          "MusicOnHold() with a class of its own"},
	{"NBScat",             "MusicOnHold()"},
	{"QueueUpdate",        "QueueLog()"},
	{"ReceiveFAX",         "a fax machine as a SIP peer, with "
			       "allow=alaw or ulaw"},
	{"ReceiveText",        "Read()"},
	{"RetryDial",          "While() around Dial()"},
	{"SayCountedAdj",      "SayNumber()"},
	{"SayCountedNoun",     "SayNumber()"},
	{"SendFAX",            "a fax machine as a SIP peer, with "
			       "allow=alaw or ulaw"},
	{"SendImage",          "no phone of today shows it"},
	{"SendURL",            "no phone of today shows it"},
	{"SetTransferCapability", NO_CARDS},
	{"SIPDtmfMode",        "dtmfmode= of the peer in sip.conf"},
	{"SIPSendCustomINFO",  "SIPAddHeader() for the INVITE"},
	{"SLAStation",         "hints and Pickup()"},
	{"SLATrunk",           "hints and Pickup()"},
	{"SMS",                NO_XMPP},
	{"Speech*",            NO_SPEECH},
	{"Stasis",             "AGI()"},
	{"StreamEcho",         "Echo()"},
	{"TestClient",         "Milliwatt and Echo() by hand"},
	{"TestServer",         "Echo()"},
	{"TXTCIDName",         NO_ENUM},
	{"WaitForRing",        NO_CARDS},
	{"WaitMusicOnHold",    "MusicOnHold(class,seconds)"},
	{"WaitUntil",          "Wait()"},
};

static const struct rare funcv[] = {
	{"AES_DECRYPT",        "AGI()"},
	{"AES_ENCRYPT",        "AGI()"},
	{"AGC",                "nothing: audio passes as it is"},
	{"AGENT",              "QUEUE_MEMBER()"},
	{"AMI_CLIENT",         "the manager interface"},
	{"AST_CONFIG",         "a global variable"},
	{"AST_SORCERY",        "SIPPEER()"},
	{"AUDIOHOOK_INHERIT",  "nothing: a recording goes on with its caller"},
	{"CALENDAR_*",         "IFTIME() and GotoIfTime()"},
	{"CALLCOMPLETION",     "Queue()"},
	{"DENOISE",            "nothing: audio passes as it is"},
	{"DUNDI*",             "a trunk with a dial pattern"},
	{"ENUM*",              NO_ENUM},
	{"FAXOPT",             "a fax machine or server as a SIP peer"},
	{"FEATURE",            "features.conf"},
	{"FEATUREMAP",         "features.conf"},
	{"FRAME_TRACE",        "'sip set debug' on the console"},
	{"HOLD_INTERCEPT",     "nothing"},
	{"ICONV",              "SHELL() with iconv and allowsystem=yes"},
	{"JABBER*",            NO_XMPP},
	{"JITTERBUFFER",       "nothing: the phones have one"},
	{"LOCK",               "GROUP_COUNT()"},
	{"MINIVM*",            "VM_INFO()"},
	{"MVM_LOOKUP",         "VM_INFO()"},
	{"ODBC*",              NO_SQL},
	{"PERIODIC_HOOK",      "Dial() with option L"},
	{"PITCH_SHIFT",        "nothing: audio passes as it is"},
	{"PJSIP_*",            "SIPPEER() and SIP_HEADER()"},
	{"PP_EACH_*",          "users with sections of their own in sip.conf"},
	{"PRESENCE_STATE",     "DEVICE_STATE()"},
	{"REALTIME*",          NO_SQL},
	{"SMDI_MSG*",          NO_CARDS},
	{"SPEECH*",            NO_SPEECH},
	{"SRVQUERY",           NO_ENUM},
	{"SRVRESULT",          NO_ENUM},
	{"SYSINFO",            "SHELL() with allowsystem=yes"},
	{"TALK_DETECT",        "Record() with a silence limit"},
	{"TEST*",              "nothing"},
	{"TRYLOCK",            "GROUP_COUNT()"},
	{"TXTCIDNAME",         NO_ENUM},
	{"UNLOCK",             "GROUP_COUNT()"},
	{"VOLUME",             "the volume of the phone"},
};
/* clang-format on */


static bool fits(const char *pattern, const char *name)
{
	size_t n = strlen(pattern);

	return pattern[n - 1] == '*' ? !strncasecmp(pattern, name, n - 1)
				     : !str_casecmp(pattern, name);
}


const char *app_rare(size_t i, bool func, const char **insteadp)
{
	const struct rare *v = func ? funcv : appv;
	size_t n = func ? ARRAY_SIZE(funcv) : ARRAY_SIZE(appv);

	if (i >= n)
		return NULL;

	*insteadp = v[i].instead;

	return v[i].name;
}


const char *app_instead(const char *name, bool func)
{
	const struct rare *v = func ? funcv : appv;
	size_t n = func ? ARRAY_SIZE(funcv) : ARRAY_SIZE(appv);

	if (func ? func_find(name) != NULL : app_find(name) != NULL)
		return NULL;

	for (size_t i = 0; name && i < n; i++) {
		if (fits(v[i].name, name))
			return v[i].instead;
	}

	return NULL;
}
