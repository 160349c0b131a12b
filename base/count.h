/**
 * @file base/count.h  Counters
 *
 * Any thread.  Every drop and every limit has a name; the console and the
 * metrics print them from the same list.
 */
#ifndef TANDEM_BASE_COUNT_H
#define TANDEM_BASE_COUNT_H

#include <stdatomic.h>
#include <stdint.h>

/* clang-format off */
#define COUNTERS(X)                                                          \
	X(SIP_RX,            "sip_messages_received")                        \
	X(SIP_TX,            "sip_messages_sent")                            \
	X(SIP_BAD,           "sip_malformed_messages")                       \
	X(SIP_BAD_ANSWERED,  "sip_malformed_answered")                       \
	X(SIP_STRAY_RESP,    "sip_stray_responses")                          \
	X(SIP_STRAY_REQ,     "sip_stray_requests")                           \
	X(SIP_RETRANS_RX,    "sip_retransmissions_received")                 \
	X(SIP_RETRANS_TX,    "sip_retransmissions_sent")                     \
	X(SIP_MERGED,        "sip_merged_requests")                          \
	X(SIP_LIMIT_TRANS,   "sip_transactions_refused")                     \
	X(SIP_OVERLOAD,      "sip_calls_refused_overload")                   \
	X(SIP_LIMIT_CONN,    "sip_connections_refused")                      \
	X(SIP_CONN_TIMEOUT,  "sip_connections_timed_out")                    \
	X(SIP_SEND_ERR,      "sip_send_errors")                              \
	X(SIP_CHALLENGED,    "sip_challenges_sent")                          \
	X(SIP_AUTH_OK,       "sip_authentications_ok")                       \
	X(SIP_AUTH_FAIL,     "sip_authentications_failed")                   \
	X(SIP_HANDED_OVER,   "sip_messages_for_another_process")             \
	X(CALLS,             "calls_total")                                  \
	X(CALLS_ANSWERED,    "calls_answered")                               \
	X(CALLS_REFUSED,     "calls_refused")                                \
	X(REG_OK,            "registrations_accepted")                       \
	X(REG_FAIL,          "registrations_refused")                        \
	X(CDR_WRITTEN,       "cdr_written")                                  \
	X(CDR_LOST,          "cdr_lost")                                     \
	X(REC_COMPLETE,      "recordings_complete")                          \
	X(REC_GAP,           "recordings_gap")                               \
	X(REC_FAILED,        "recordings_failed")                            \
	X(REC_REFUSED,       "calls_ended_without_recording")                \
	X(GUARD_BANNED,      "guard_dropped_banned")                         \
	X(GUARD_RATE,        "guard_dropped_rate")                           \
	X(GUARD_NETWORK,     "guard_dropped_network_rate")                   \
	X(GUARD_ALL,         "guard_dropped_total_rate")                     \
	X(GUARD_SCANNER,     "guard_dropped_scanner")                        \
	X(GUARD_GUESSING,    "guard_dropped_guessing")                       \
	X(GUARD_BANS,        "guard_bans")                                   \
	X(GUARD_SMALL,       "guard_answers_larger_than_request")            \
	X(FRAUD_GUEST,       "fraud_refused_guest_to_trunk")                 \
	X(FRAUD_NUMBER,      "fraud_refused_number")                         \
	X(FRAUD_RATE,        "fraud_refused_calls_per_minute")               \
	X(FRAUD_MINUTES,     "fraud_refused_minutes_per_day")                \
	X(LOG_SUPPRESSED,    "log_lines_suppressed")                         \
	X(UNKNOWN_ID,        "messages_to_unknown_id")                       \
	X(LOG_DROPPED,       "log_lines_dropped")
/* clang-format on */

enum counter {
#define X(id, name) COUNT_##id,
	COUNTERS(X)
#undef X
	COUNT_MAX
};

extern _Atomic uint64_t count_tab[COUNT_MAX];

const char *count_name(enum counter c);

static inline void count_add(enum counter c, uint64_t n)
{
	atomic_fetch_add_explicit(&count_tab[c], n, memory_order_relaxed);
}

static inline void count_inc(enum counter c)
{
	count_add(c, 1);
}

static inline uint64_t count_get(enum counter c)
{
	return atomic_load_explicit(&count_tab[c], memory_order_relaxed);
}

#endif
