/**
 * @file b2bua/regexten.h  Extensions of registered phones (regcontext=)
 *
 * Signalling thread.
 */
#ifndef TANDEM_B2BUA_REGEXTEN_H
#define TANDEM_B2BUA_REGEXTEN_H

/** The registration or the qualify state of a peer has changed */
void regexten_update(const char *peer);

/** A new configuration is in force: all of them anew */
void regexten_reload(void);

#endif
