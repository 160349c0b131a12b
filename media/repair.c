/**
 * @file media/repair.c  Recordings that a crash has left behind
 *
 * A thread of its own: the directory may be large and its disk slow.  It
 * touches nothing but files; a recording in progress is locked by its writer
 * and left alone.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/log.h"
#include "media/media.h"
#include "media/wav.h"


static void repair_handler(const char *path, enum wav_repair res, int err,
			   void *arg)
{
	(void)arg;

	if (err == EBUSY)
		return; /* in progress: of the process before this one */

	if (err)
		log_warning("media", "recording %s cannot be mended: %m", path,
			    err);
	else if (res == WAV_MENDED)
		log_info("media", "recording %s was cut off by a crash: its "
			 "header is mended", path);
}


static void *repair_thread(void *arg)
{
	char *dir = arg;
	int err	  = wav_repair_dir(dir, repair_handler, NULL);

	if (err && err != ENOENT)
		log_warning("media", "%s cannot be searched for recordings: %m",
			    dir, err);

	free(dir);
	return NULL;
}


int media_repair(const char *dir)
{
	pthread_attr_t attr;
	pthread_t tid;
	char *copy;
	int err;

	if (!dir || !*dir)
		return EINVAL;

	copy = strdup(dir);
	if (!copy)
		return ENOMEM;

	err = pthread_attr_init(&attr);
	if (!err) {
		(void)pthread_attr_setdetachstate(&attr,
						  PTHREAD_CREATE_DETACHED);
		err = pthread_create(&tid, &attr, repair_thread, copy);
		(void)pthread_attr_destroy(&attr);
	}

	if (err)
		free(copy);

	return err;
}
