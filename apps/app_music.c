/**
 * @file apps/app_music.c  MusicOnHold, StartMusicOnHold, StopMusicOnHold,
 *                         SetMusicOnHold
 */
#include "apps/apps.h"


static int start(struct call *call, const struct args *args)
{
	int err;

	if (!call->caller)
		return ENOTCONN;

	err = call_music(call, call->caller, args_str(args, 0));
	if (err)
		call_step_note(call, "%m", err);

	return err;
}


static enum app_result music_exec(struct call *call, const struct args *args)
{
	struct pl arg = args_pl(args, 1);
	uint32_t ms = 0;

	if (args_has(args, 1) && !arg_ms(&ms, &arg))
		call_warning(call, "MusicOnHold: \"%r\" is no number", &arg);

	/* without music the time passes in silence */
	(void)start(call, args);
	if (ms)
		call_step_done_in(call, ms, APP_NEXT);

	return APP_WAIT;
}


static void music_cancel(struct call *call)
{
	call_stop_play(call);
}


const struct app app_musiconhold = {
	.name = "MusicOnHold",
	.usage = "MusicOnHold([class[,seconds]])  play music, for ever or for "
		 "a time",
	.maxargs = 2,
	.exec = music_exec,
	.cancel = music_cancel,
};


static enum app_result start_exec(struct call *call, const struct args *args)
{
	(void)start(call, args);

	return APP_NEXT;
}


const struct app app_startmusiconhold = {
	.name = "StartMusicOnHold",
	.usage = "StartMusicOnHold([class])  play music while the plan goes on",
	.maxargs = 1,
	.exec = start_exec,
};


static enum app_result stop_exec(struct call *call, const struct args *args)
{
	call_stop_play(call);

	return APP_NEXT;
}


const struct app app_stopmusiconhold = {
	.name = "StopMusicOnHold",
	.usage = "StopMusicOnHold()  stop the music",
	.dead_ok = true,
	.exec = stop_exec,
};


static enum app_result set_exec(struct call *call, const struct args *args)
{
	str_ncpy(call->musicclass, args_str(args, 0),
		 sizeof(call->musicclass));

	return APP_NEXT;
}


const struct app app_setmusiconhold = {
	.name = "SetMusicOnHold",
	.usage = "SetMusicOnHold(class)  the class of music of this call",
	.minargs = 1,
	.maxargs = 1,
	.dead_ok = true,
	.exec = set_exec,
	.dry_ok = true,
};
