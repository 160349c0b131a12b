/**
 * @file routing/taint.h  Text that remembers which bytes came from the wire
 *
 * Signalling thread.  Refcounted; who expands a text owns it.
 *
 * A caller's name, number or header value may contain any byte.  Where such
 * bytes meet a separator ('&' of Dial, ',' of arguments, operators of $[])
 * only bytes that the administrator wrote are looked at: the map says which.
 */
#ifndef TANDEM_ROUTING_TAINT_H
#define TANDEM_ROUTING_TAINT_H

#include "base/compat.h"

/** Longest text, in bytes */
enum { TTEXT_MAX = 64 * 1024 };

/** Bytes start..end-1 */
struct taint_range {
	size_t start;
	size_t end;
};

/** Ordered ranges that neither overlap nor touch */
struct taint {
	struct taint_range *v; /* mem_alloc'd */
	size_t n;
	size_t size;
};

/** Text with its map */
struct ttext {
	char *str; /* NUL-terminated, never NULL */
	size_t len;
	size_t size;
	struct taint taint;
};

int ttext_alloc(struct ttext **tp);

/** A new text of one piece */
int ttext_create(struct ttext **tp, const struct pl *pl, bool tainted);

/** Append; ENOBUFS beyond TTEXT_MAX */
int ttext_append(struct ttext *t, const struct pl *pl, bool tainted);
int ttext_putc(struct ttext *t, char c, bool tainted);

/** Append bytes off..off+len-1 of another text, with their map */
int ttext_append_part(struct ttext *t, const struct ttext *src, size_t off,
		      size_t len);

/** A new text of bytes off..off+len-1 of another one */
int ttext_slice(struct ttext **tp, const struct ttext *src, size_t off,
		size_t len);

/** True if the byte at `pos` came from the wire */
bool ttext_tainted_at(const struct ttext *t, size_t pos);

/** True if any byte of off..off+len-1 came from the wire */
bool ttext_tainted_in(const struct ttext *t, size_t off, size_t len);

/** True if any byte came from the wire */
bool ttext_tainted(const struct ttext *t);

/** Position of the first literal (not tainted) `c` at or behind `off`;
 *  t->len if there is none */
size_t ttext_find(const struct ttext *t, size_t off, char c);

/** The text as struct pl; points into it */
struct pl ttext_pl(const struct ttext *t);

#endif
