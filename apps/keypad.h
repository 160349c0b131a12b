/**
 * @file apps/keypad.h  Names as they are typed on the keys of a phone
 */
#ifndef TANDEM_APPS_KEYPAD_H
#define TANDEM_APPS_KEYPAD_H

#include "base/compat.h"

/**
 * Keys of a name: "Anna" is 2662
 *
 * Latin letters with and without accents (ITU-T E.161) and Cyrillic ones as
 * phones in Russia have them; digits stay, everything else is left out.
 *
 * @return Number of keys, cut to n - 1
 */
size_t keypad_of(char *buf, size_t n, const struct pl *name);

/** Key of a character, 0 if it has none */
char keypad_key(uint32_t ch);

#endif
