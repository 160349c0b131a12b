/**
 * @file base/compat.h  One door to libre's runtime
 *
 * Every source file includes libre through this header, so that the flags
 * which its pkg-config file leaves out and the differences between its
 * versions stay in one place.  Any thread.
 */
#ifndef TANDEM_BASE_COMPAT_H
#define TANDEM_BASE_COMPAT_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <re.h>

/** Bytes and length of a string literal, as a struct pl initialiser */
#define PL_LIT(s) {(s), sizeof(s) - 1}

#endif
