/**
 * @file b2bua/sdp_priv.h  Parts of descriptions, for sdp*.c only
 */
#ifndef TANDEM_B2BUA_SDP_PRIV_H
#define TANDEM_B2BUA_SDP_PRIV_H

#include "b2bua/sdp.h"

/** The next word of a line, taken off `rest`; false if there is none */
bool sdpm_word(struct pl *w, struct pl *rest);


/** A control character; those of UTF-8 are none */
static inline bool sdpm_is_ctl(char c)
{
	return (unsigned char)c < ' ' || c == 0x7f;
}

#endif
