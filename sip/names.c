/**
 * @file sip/names.c  Names of methods, transports and status codes
 */
#include "sip/msg.h"

static const struct pl metv[] = {
	[SX_UNKNOWN] = PL_LIT("UNKNOWN"),
#define X(m) [SX_##m] = PL_LIT(#m),
	SX_METHODS(X)
#undef X
};

/* clang-format off */
static const struct {
	uint16_t scode;
	const char *text;
} reasonv[] = {
	{100, "Trying"},
	{180, "Ringing"},
	{181, "Call Is Being Forwarded"},
	{182, "Queued"},
	{183, "Session Progress"},
	{199, "Early Dialog Terminated"},
	{200, "OK"},
	{202, "Accepted"},
	{204, "No Notification"},
	{300, "Multiple Choices"},
	{301, "Moved Permanently"},
	{302, "Moved Temporarily"},
	{305, "Use Proxy"},
	{380, "Alternative Service"},
	{400, "Bad Request"},
	{401, "Unauthorized"},
	{402, "Payment Required"},
	{403, "Forbidden"},
	{404, "Not Found"},
	{405, "Method Not Allowed"},
	{406, "Not Acceptable"},
	{407, "Proxy Authentication Required"},
	{408, "Request Timeout"},
	{410, "Gone"},
	{412, "Conditional Request Failed"},
	{413, "Request Entity Too Large"},
	{414, "Request-URI Too Long"},
	{415, "Unsupported Media Type"},
	{416, "Unsupported URI Scheme"},
	{417, "Unknown Resource-Priority"},
	{420, "Bad Extension"},
	{421, "Extension Required"},
	{422, "Session Interval Too Small"},
	{423, "Interval Too Brief"},
	{424, "Bad Location Information"},
	{428, "Use Identity Header"},
	{429, "Provide Referrer Identity"},
	{430, "Flow Failed"},
	{433, "Anonymity Disallowed"},
	{436, "Bad Identity-Info"},
	{437, "Unsupported Certificate"},
	{438, "Invalid Identity Header"},
	{439, "First Hop Lacks Outbound Support"},
	{440, "Max-Breadth Exceeded"},
	{469, "Bad Info Package"},
	{470, "Consent Needed"},
	{480, "Temporarily Unavailable"},
	{481, "Call/Transaction Does Not Exist"},
	{482, "Loop Detected"},
	{483, "Too Many Hops"},
	{484, "Address Incomplete"},
	{485, "Ambiguous"},
	{486, "Busy Here"},
	{487, "Request Terminated"},
	{488, "Not Acceptable Here"},
	{489, "Bad Event"},
	{491, "Request Pending"},
	{493, "Undecipherable"},
	{494, "Security Agreement Required"},
	{500, "Server Internal Error"},
	{501, "Not Implemented"},
	{502, "Bad Gateway"},
	{503, "Service Unavailable"},
	{504, "Server Time-out"},
	{505, "Version Not Supported"},
	{513, "Message Too Large"},
	{555, "Push Notification Service Not Supported"},
	{580, "Precondition Failure"},
	{600, "Busy Everywhere"},
	{603, "Decline"},
	{604, "Does Not Exist Anywhere"},
	{606, "Not Acceptable"},
	{607, "Unwanted"},
	{608, "Rejected"},
};
/* clang-format on */


enum sx_method sx_method_decode(const struct pl *pl)
{
	if (!pl || !pl->l)
		return SX_UNKNOWN;

	for (unsigned i = SX_UNKNOWN + 1; i < ARRAY_SIZE(metv); i++) {

		if (metv[i].l == pl->l && *metv[i].p == *pl->p &&
		    !memcmp(metv[i].p, pl->p, pl->l))
			return (enum sx_method)i;
	}

	return SX_UNKNOWN;
}


const char *sx_method_name(enum sx_method m)
{
	return metv[(unsigned)m < ARRAY_SIZE(metv) ? m : SX_UNKNOWN].p;
}


const char *sx_tp_name(enum sx_tp tp)
{
	switch (tp) {

	case SX_UDP: return "UDP";
	case SX_TCP: return "TCP";
	case SX_TLS: return "TLS";
	case SX_TP_MAX: break;
	}

	return "?";
}


static const char *reason_find(uint16_t scode)
{
	for (size_t i = 0; i < ARRAY_SIZE(reasonv); i++) {

		if (reasonv[i].scode == scode)
			return reasonv[i].text;
	}

	return NULL;
}


const char *sx_reason(uint16_t scode)
{
	const char *text = reason_find(scode);

	/* unknown ones count as the x00 of their class (RFC 3261 8.1.3.2) */
	if (!text)
		text = reason_find((uint16_t)(scode / 100 * 100));

	return text ? text : "Unknown";
}
