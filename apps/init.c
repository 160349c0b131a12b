/**
 * @file apps/init.c  What applications need from the begin on
 */
#include "apps/room.h"


int apps_init(void)
{
	return room_init();
}
