/**
 * @file b2bua/mwi_priv.h  Between mwi.c and mwi_notify.c
 */
#ifndef TANDEM_B2BUA_MWI_PRIV_H
#define TANDEM_B2BUA_MWI_PRIV_H

#include "b2bua/mwi.h"

/** A mailbox has changed: tell the phones that want it unasked */
void mwi_notify_box(const char *mailbox);

#endif
