/**
 * @file media/msg.c  Messages between signalling and media threads
 */
#include "media/msg.h"
#include <stddef.h>
#include <openssl/crypto.h>
#include "media/mixer.h"
#include "media/play.h"
#include "media/thread.h"


_Atomic uint64_t media_drop_tab[DROP_MAX];


static const char *const cmd_names[] = {
#define X(id, what) [CMD_##id] = #id,
	MEDIA_COMMANDS(X)
#undef X
};

static const char *const event_names[] = {
#define X(id, what) [MEDIA_EV_##id] = #id,
	MEDIA_EVENTS(X)
#undef X
};

static const char *const drop_names[DROP_MAX] = {
#define X(id, name) [DROP_##id] = name,
	MEDIA_DROPS(X)
#undef X
};


const char *media_cmd_name(enum media_cmd_type type)
{
	return (size_t)type < ARRAY_SIZE(cmd_names) ? cmd_names[type] : "?";
}


const char *media_event_name(enum media_event ev)
{
	return (size_t)ev < ARRAY_SIZE(event_names) ? event_names[ev] : "?";
}


bool media_drop_get(unsigned i, const char **namep, uint64_t *countp)
{
	if (i >= DROP_MAX)
		return false;

	if (namep)
		*namep = drop_names[i];

	if (countp)
		*countp = atomic_load_explicit(&media_drop_tab[i],
					       memory_order_relaxed);

	return true;
}


/* Every stream has a CLOSE that waits, so a command is not larger than it has
 * to be */
static size_t size_of(enum media_cmd_type type)
{
	const size_t head = offsetof(struct media_cmd, u);

	switch (type) {

	case CMD_FLOW: return head + sizeof(struct media_flow);
	case CMD_ITEM: return head + sizeof(struct item);
	case CMD_DTMF: return head + sizeof(struct digits);

	case CMD_OPEN:
	case CMD_ADOPT:
	case CMD_GIVE:
	case CMD_CLOSE:
	case CMD_BRIDGE:
	case CMD_UNBRIDGE:
	case CMD_ECHO:
	case CMD_KEEP:
	case CMD_JOIN:
	case CMD_LEAVE:
	case CMD_PLAY:
	case CMD_STOP_PLAY:
	case CMD_HEAR:
	case CMD_LISTEN:
	case CMD_RECORD:
	case CMD_STOP_RECORD:
	case CMD_QUIT: break;
	}

	return head + sizeof(uint64_t);
}


struct media_cmd *cmd_alloc(enum media_cmd_type type, media_id id)
{
	struct media_cmd *cmd = mem_zalloc(size_of(type), NULL);

	if (!cmd)
		return NULL;

	cmd->type = type;
	cmd->id   = id;

	return cmd;
}


/* Whoever waits for a stream must not wait for ever */
static void handover_end(struct handover *h)
{
	(void)pthread_mutex_lock(&h->lock);
	h->done = true;
	(void)pthread_cond_signal(&h->cond);
	(void)pthread_mutex_unlock(&h->lock);
}


void cmd_free(struct media_cmd *cmd)
{
	if (!cmd)
		return;

	switch (cmd->type) {

	case CMD_OPEN:
	case CMD_ADOPT:  mem_deref(cmd->u.stream); break;
	case CMD_GIVE:   handover_end(cmd->u.hand); break;
	case CMD_PLAY:   mem_deref(cmd->u.play); break;
	case CMD_ITEM:   item_reset(&cmd->u.item); break;
	case CMD_RECORD: mem_deref(cmd->u.tap); break;
	case CMD_HEAR:
	case CMD_LISTEN: mem_deref(cmd->u.ear); break;
	case CMD_JOIN:   mem_deref(cmd->u.member); break;

	case CMD_FLOW:
		OPENSSL_cleanse(&cmd->u.flow, sizeof(cmd->u.flow));
		break;

	case CMD_CLOSE:
	case CMD_BRIDGE:
	case CMD_UNBRIDGE:
	case CMD_ECHO:
	case CMD_KEEP:
	case CMD_LEAVE:
	case CMD_STOP_PLAY:
	case CMD_DTMF:
	case CMD_STOP_RECORD:
	case CMD_QUIT: break;
	}

	mem_deref(cmd);
}


struct media_up *up_alloc(enum media_up_type type, media_id id)
{
	struct media_up *up = mem_zalloc(sizeof(*up), NULL);

	if (!up)
		return NULL;

	up->msg.type = type;
	up->rep.id   = id;

	return up;
}
