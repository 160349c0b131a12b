/**
 * @file control/cmd_all.c  Every command of the console
 *
 * The program and the writer of the manual register the same list.
 */
#include "control/commands.h"
#include "control/console.h"


int commands_register(void)
{
	static int (*const v[])(void) = {
		cmd_core_register,     cmd_database_register,
		cmd_queue_register,
		cmd_sip_register,      cmd_peer_register,
		cmd_debug_register,    cmd_channels_register,
		cmd_calls_register,    cmd_dialplan_register,
		cmd_hints_register,    cmd_media_register,
		cmd_guard_register,    cmd_voicemail_register,
		cmd_confbridge_register,
		cmd_trunk_register,
		cmd_parking_register,
		cmd_nat_register,
		cmd_forward_register,
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_SIZE(v) && !err; i++)
		err = v[i]();

	return err;
}
