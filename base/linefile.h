/**
 * @file base/linefile.h  Lines for a file that other programs read
 *
 * Any thread adds a line; a thread of the file's own writes it, so that a hung
 * disk delays nobody.  If the file was moved away (logrotate) the next line
 * goes to a new one.  While it cannot be written lines wait, LINEFILE_WAITING
 * bytes of them at most; what does not fit is dropped, and said in the log.
 */
#ifndef TANDEM_BASE_LINEFILE_H
#define TANDEM_BASE_LINEFILE_H

#include <stddef.h>
#include <stdint.h>

struct linefile;

enum { LINEFILE_WAITING = 1 << 20 };

/** Start; the file is opened, with mode 0640, when there is a line */
int linefile_open(struct linefile **lfp, const char *path);

/** Add a line without its end.  ENOBUFS if too many wait, EINVAL if it has a
 *  line feed in it */
int linefile_add(struct linefile *lf, const char *line, size_t n);

/** Write what waits, for at most `ms`, and end; lf is gone.  NULL: nothing */
void linefile_close(struct linefile *lf, uint32_t ms);

#endif
