/**
 * @file config/table.c  Every option of every file that Tandem reads
 *
 * The rows are in rows_*.c, by file.
 */
#include "config/rows.h"


static const struct opt_rows *const files[] = {
	&opt_rows_general, &opt_rows_peer,  &opt_rows_tandem,
	&opt_rows_voicemail, &opt_rows_queue, &opt_rows_room, &opt_rows_plan,
};


const struct opt *opt_at(size_t i)
{
	for (size_t f = 0; f < ARRAY_SIZE(files); f++) {
		if (i < files[f]->n)
			return &files[f]->v[i];

		i -= files[f]->n;
	}

	return NULL;
}


size_t opt_count(void)
{
	size_t n = 0;

	for (size_t f = 0; f < ARRAY_SIZE(files); f++)
		n += files[f]->n;

	return n;
}


size_t opt_no(const struct opt *opt)
{
	size_t i = 0;

	while (opt_at(i) && opt_at(i) != opt)
		++i;

	return i;
}
