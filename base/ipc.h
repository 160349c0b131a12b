/**
 * @file base/ipc.h  Messages and descriptors between two processes
 *
 * A stream socket of the local machine with frames of a type and some bytes.
 * The thread whose loop it runs in.  Sending never waits: what the socket does
 * not take is queued up to a limit.
 */
#ifndef TANDEM_BASE_IPC_H
#define TANDEM_BASE_IPC_H

#include "base/compat.h"

struct ipc;

enum {
	IPC_FRAME_MAX = 4 << 20,  /* [bytes] of one message */
	IPC_QUEUE_MAX = 64 << 20, /* [bytes] that may wait */
};

/** A message; mb is from pos to end and lives during the call.  May end the
 *  connection */
typedef void(ipc_recv_h)(uint32_t type, struct mbuf *mb, void *arg);

/** The other side has gone (err 0), or something went wrong; once */
typedef void(ipc_close_h)(int err, void *arg);

/** Takes fd over, also when it fails; mem_deref() closes without a word */
int ipc_alloc(struct ipc **ip, int fd, ipc_recv_h *rh, ipc_close_h *ch,
	      void *arg);

/** All of mb, NULL for none.  ENOTCONN, EMSGSIZE, ENOBUFS, ENOMEM */
int ipc_send(struct ipc *i, uint32_t type, const struct mbuf *mb);

/** With a descriptor: a copy of it arrives at the other side */
int ipc_send_fd(struct ipc *i, uint32_t type, const struct mbuf *mb, int fd);

/** The oldest descriptor that has come; -1 none.  It is the caller's */
int ipc_take_fd(struct ipc *i);

/** Outside of the loop: write what waits, and wait for something to come; the
 *  handlers are called.  0, ETIMEDOUT, ENOTCONN */
int ipc_wait(struct ipc *i, uint32_t ms);

/** Who is on the other side.  EPERM unless root or our own user */
int ipc_check_peer(int fd);

int ipc_listen(int *fdp, const char *path);
int ipc_connect(int *fdp, const char *path);

/* ---- texts in messages -------------------------------------------------- */

/** NULL and "" are both "" at the other side */
int ipc_put_str(struct mbuf *mb, const char *str);
int ipc_put_mem(struct mbuf *mb, const void *p, size_t n);
int ipc_put_sa(struct mbuf *mb, const struct sa *sa);

/** EBADMSG if there is no more, or no such thing */
int ipc_get_str(char **strp, struct mbuf *mb);
int ipc_get_pl(struct pl *pl, struct mbuf *mb); /* points into mb */
int ipc_get_sa(struct sa *sa, struct mbuf *mb);
int ipc_get_u32(uint32_t *vp, struct mbuf *mb);
int ipc_get_u64(uint64_t *vp, struct mbuf *mb);

#endif
