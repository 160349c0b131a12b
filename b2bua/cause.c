/**
 * @file b2bua/cause.c  Errors, SIP status and Q.850 cause: the tables
 */
#include "b2bua/cause.h"
#include "base/text.h"
#include "sip/msg.h"

struct sip_cause {
	uint16_t scode;
	uint8_t cause;
};

/* clang-format off */
static const struct sip_cause from_sip[] = {
	{401, 21}, {403, 21}, {407, 21}, {603, 21},
	{404,  1}, {485,  1}, {604,  1},
	{408, 18}, {409, 41}, {410, 22}, {420,  3},
	{480, 19}, {483, 19}, {484, 28}, {486, 17}, {600, 17},
	{488, 58}, {606, 58}, {500, 38}, {501, 29}, {502, 27},
	{503, 34}, {504, 102},
};

static const struct {
	uint8_t cause;
	uint16_t scode;
	const char *name, *text;
} causes[] = {
	{  1, 404, "UNALLOCATED",            "Unallocated (unassigned) number"},
	{  2, 404, "NO_ROUTE_TRANSIT_NET",   "No route to specified transit network"},
	{  3, 404, "NO_ROUTE_DESTINATION",   "No route to destination"},
	{ 16, 603, "NORMAL_CLEARING",        "Normal Clearing"},
	{ 17, 486, "BUSY",                   "User busy"},
	{ 18, 408, "NO_USER_RESPONSE",       "No user responding"},
	{ 19, 480, "NO_ANSWER",              "User alerting, no answer"},
	{ 20, 480, "SUBSCRIBER_ABSENT",      "Subscriber absent"},
	{ 21, 403, "CALL_REJECTED",          "Call Rejected"},
	{ 22, 410, "NUMBER_CHANGED",         "Number changed"},
	{ 26, 480, "ANSWERED_ELSEWHERE",     "Call completed elsewhere"},
	{ 27, 502, "DESTINATION_OUT_OF_ORDER", "Destination out of order"},
	{ 28, 484, "INVALID_NUMBER_FORMAT",  "Invalid number format"},
	{ 29, 501, "FACILITY_REJECTED",      "Facility rejected"},
	{ 31, 480, "NORMAL_UNSPECIFIED",     "Normal, unspecified"},
	{ 34, 503, "CONGESTION",             "Circuit/channel congestion"},
	{ 38, 500, "NETWORK_OUT_OF_ORDER",   "Network out of order"},
	{ 41, 603, "NORMAL_TEMPORARY_FAILURE", "Temporary failure"},
	{ 42, 503, "SWITCH_CONGESTION",      "Switching equipment congestion"},
	{ 44, 603, "REQUESTED_CHAN_UNAVAIL", "Requested channel not available"},
	{ 58, 488, "BEARERCAPABILITY_NOTAVAIL", "Bearer capability not available"},
	{ 66, 503, "CHAN_NOT_IMPLEMENTED",   "Channel not implemented"},
	{102, 504, "RECOVERY_ON_TIMER_EXPIRE", "Recovery on timer expiry"},
	{127, 500, "INTERWORKING",           "Interworking, unspecified"},
};
/* clang-format on */


/* Asterisk's other names */
static const struct {
	const char *name;
	uint8_t cause;
} aliases[] = {
	{"NORMAL", 16},
	{"USER_BUSY", 17},
	{"NOANSWER", 19},
	{"NORMAL_CIRCUIT_CONGESTION", 34},
	{"FAILURE", 38},
	{"NOTDEFINED", 16},
	{"NOSUCHDRIVER", 66},
};


uint8_t cause_from_sip(uint16_t scode)
{
	for (size_t i = 0; i < ARRAY_SIZE(from_sip); i++) {
		if (from_sip[i].scode == scode)
			return from_sip[i].cause;
	}

	if (scode < 300)
		return CAUSE_NORMAL;

	return scode >= 500 && scode < 600 ? CAUSE_CONGESTION
					   : CAUSE_INTERWORKING;
}


uint16_t cause_to_sip(uint8_t cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].cause == cause)
			return causes[i].scode;
	}

	return 603;
}


uint16_t cause_sip_from_err(int err)
{
	switch (err) {

	case EPROTO:
	case EBADMSG: return 400;
	case EPERM:
	case EACCES: return 403;
	case ENOENT: return 404;
	case ETIMEDOUT: return 408;
	case E2BIG: return 413;
	case ENOTSUP: return 488;
	case ENOBUFS:
	case EMFILE:
	case ENFILE:
	case ECONNREFUSED:
	case EHOSTUNREACH:
	case EHOSTDOWN:
	case ENETUNREACH:
	case ECONNRESET: return 503;
	default: return 500;
	}
}


const char *cause_text(uint8_t cause)
{
	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (causes[i].cause == cause)
			return causes[i].text;
	}

	return "Unknown";
}


uint8_t cause_decode(const struct pl *pl)
{
	uint64_t n;

	if (!pl)
		return 0;
	if (!num_decode(&n, pl, 127))
		return (uint8_t)n;

	for (size_t i = 0; i < ARRAY_SIZE(causes); i++) {
		if (!pl_strcasecmp(pl, causes[i].name))
			return causes[i].cause;
	}

	for (size_t i = 0; i < ARRAY_SIZE(aliases); i++) {
		if (!pl_strcasecmp(pl, aliases[i].name))
			return aliases[i].cause;
	}

	return 0;
}


uint8_t cause_from_reason(const struct pl *val)
{
	struct pl proto, params, num;
	const char *semi;
	uint64_t n;

	if (!val || !(semi = pl_strchr(val, ';')))
		return 0;

	proto.p	 = val->p;
	proto.l	 = semi - val->p;
	proto	 = pl_trim(proto);
	params.p = semi;
	params.l = val->p + val->l - semi;
	if (!sx_param(&params, "cause", &num) || num_decode(&n, &num, 699))
		return 0;

	if (!pl_strcasecmp(&proto, "Q.850"))
		return n <= 127 ? (uint8_t)n : 0;
	if (pl_strcasecmp(&proto, "SIP") || n < 200)
		return 0;

	/* 200 is "completed elsewhere" (RFC 3326) */
	return n == 200 ? CAUSE_ELSEWHERE : cause_from_sip((uint16_t)n);
}
