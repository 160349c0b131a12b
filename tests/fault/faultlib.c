/**
 * @file tests/fault/faultlib.c  Faults on demand, by LD_PRELOAD
 *
 * Memory that runs out, a disk that hangs, is slow or fails, a wall clock that
 * jumps.  What happens when is said through a file that is mapped by this
 * library and by the test (FAULT_CTL=path; tests/scenario/harness/fault.py has
 * the same layout).  Without the variable nothing is changed.
 *
 * Nothing of the program is included: it must not notice.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#define PUBLIC __attribute__((visibility("default")))

enum { NAP_NS = 5000000, PATH_SIZE = 256 };

enum disk { DISK_OK, DISK_HANG, DISK_FAIL, DISK_SLOW };

/* Eight bytes each, so that Python needs no padding */
struct control {
	_Atomic uint64_t allocs;   /* so far, of the threads that count */
	_Atomic uint64_t from;     /* the first one that fails; 0 none */
	_Atomic uint64_t to;       /* ... and the last one */
	_Atomic uint64_t failed;
	_Atomic uint64_t threads;  /* 0: the main thread counts, 1: all */
	_Atomic uint64_t disk;     /* enum disk */
	_Atomic uint64_t disk_errno;
	_Atomic uint64_t disk_ms;  /* of DISK_SLOW, each call */
	_Atomic uint64_t disk_hits;
	_Atomic uint64_t stuck;    /* threads that hang now */
	_Atomic int64_t clock_us;  /* added to the wall clock */
	char path[PATH_SIZE];      /* the disk: what begins with it */
};

static struct control *ctl;


/* No library call here: this runs inside of malloc() of others */
static __attribute__((constructor)) void begin(void)
{
	extern char **environ;
	static const char name[] = "FAULT_CTL=";
	const char *path	 = NULL;
	void *p;
	int fd;

	for (char **e = environ; e && *e; e++) {
		if (!strncmp(*e, name, sizeof(name) - 1))
			path = *e + sizeof(name) - 1;
	}
	if (!path)
		return;

	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
	if (fd < 0)
		return;

	p = mmap(NULL, sizeof(*ctl), PROT_READ | PROT_WRITE, MAP_SHARED, fd,
		 0);
	(void)syscall(SYS_close, fd);
	if (p != MAP_FAILED)
		ctl = p;
}


/* ---- memory ------------------------------------------------------------- */

extern void *__libc_malloc(size_t n);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *p, size_t n);
extern void *__libc_memalign(size_t align, size_t n);


static bool alloc_fails(void)
{
	uint64_t n, from;

	if (!ctl || (!ctl->threads &&
		     syscall(SYS_gettid) != syscall(SYS_getpid)))
		return false;

	n    = atomic_fetch_add(&ctl->allocs, 1) + 1;
	from = atomic_load(&ctl->from);
	if (!from || n < from || n > atomic_load(&ctl->to))
		return false;

	atomic_fetch_add(&ctl->failed, 1);
	errno = ENOMEM;

	return true;
}


PUBLIC void *malloc(size_t n)
{
	return alloc_fails() ? NULL : __libc_malloc(n);
}


PUBLIC void *calloc(size_t n, size_t size)
{
	return alloc_fails() ? NULL : __libc_calloc(n, size);
}


PUBLIC void *realloc(void *p, size_t n)
{
	return n && alloc_fails() ? NULL : __libc_realloc(p, n);
}


PUBLIC int posix_memalign(void **pp, size_t align, size_t n)
{
	void *p = alloc_fails() ? NULL : __libc_memalign(align, n);

	if (!p)
		return ENOMEM;

	*pp = p;
	return 0;
}


PUBLIC void *aligned_alloc(size_t align, size_t n)
{
	return alloc_fails() ? NULL : __libc_memalign(align, n);
}


/* ---- disk --------------------------------------------------------------- */

static bool is_below(const char *path)
{
	const size_t n = strlen(ctl->path);

	return n && !strncmp(path, ctl->path, n);
}


static bool is_ours(int fd)
{
	char link[32] = "/proc/self/fd/", path[PATH_SIZE * 2];
	char digits[12];
	size_t k = strlen(link), d = 0;
	long n;

	if (fd < 0)
		return false;

	do
		digits[d++] = (char)('0' + fd % 10);
	while ((fd /= 10));
	while (d)
		link[k++] = digits[--d];
	link[k] = '\0';

	n = syscall(SYS_readlinkat, AT_FDCWD, link, path, sizeof(path) - 1);
	if (n <= 0)
		return false;

	path[n] = '\0';
	return is_below(path);
}


static void nap(uint64_t ns)
{
	const struct timespec ts = {(time_t)(ns / 1000000000),
				    (long)(ns % 1000000000)};

	(void)syscall(SYS_nanosleep, &ts, NULL);
}


/* True if the call fails, with errno */
static bool disk(void)
{
	switch ((enum disk)atomic_load(&ctl->disk)) {

	case DISK_OK: return false;

	case DISK_HANG:
		atomic_fetch_add(&ctl->disk_hits, 1);
		atomic_fetch_add(&ctl->stuck, 1);
		while (atomic_load(&ctl->disk) == DISK_HANG)
			nap(NAP_NS);
		atomic_fetch_sub(&ctl->stuck, 1);
		return false;

	case DISK_FAIL:
		atomic_fetch_add(&ctl->disk_hits, 1);
		errno = (int)atomic_load(&ctl->disk_errno);
		return true;

	case DISK_SLOW:
		atomic_fetch_add(&ctl->disk_hits, 1);
		nap(atomic_load(&ctl->disk_ms) * 1000000);
		return false;
	}

	return false;
}


static bool fd_fails(int fd)
{
	return ctl && atomic_load(&ctl->disk) && is_ours(fd) && disk();
}


static bool path_fails(const char *path)
{
	return ctl && atomic_load(&ctl->disk) && is_below(path) && disk();
}


/* A directory of the disk, or a path on it */
static bool at_fails(int dir, const char *path, int flags)
{
	/* to read goes on where writing fails */
	if (ctl && atomic_load(&ctl->disk) == DISK_FAIL &&
	    (flags & O_ACCMODE) == O_RDONLY)
		return false;

	return path[0] == '/' || dir == AT_FDCWD ? path_fails(path)
						 : fd_fails(dir);
}


PUBLIC ssize_t write(int fd, const void *p, size_t n)
{
	return fd_fails(fd) ? -1 : syscall(SYS_write, fd, p, n);
}


PUBLIC ssize_t writev(int fd, const struct iovec *v, int n)
{
	return fd_fails(fd) ? -1 : syscall(SYS_writev, fd, v, n);
}


PUBLIC ssize_t pwrite64(int fd, const void *p, size_t n, off64_t off)
{
	return fd_fails(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, off);
}


PUBLIC int fsync(int fd)
{
	return fd_fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}


PUBLIC int fdatasync(int fd)
{
	return fd_fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}


PUBLIC int syncfs(int fd)
{
	return fd_fails(fd) ? -1 : (int)syscall(SYS_syncfs, fd);
}


PUBLIC int ftruncate64(int fd, off64_t n)
{
	return fd_fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, n);
}


PUBLIC int mkdirat(int dir, const char *path, mode_t mode)
{
	return at_fails(dir, path, O_WRONLY)
		       ? -1
		       : (int)syscall(SYS_mkdirat, dir, path, mode);
}


PUBLIC int unlink(const char *path)
{
	return path_fails(path)
		       ? -1
		       : (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}


/* The mode that open() has only if a file may be made */
static mode_t mode_of(int flags, va_list ap)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, mode_t) : 0;
}


static int open_at(int dir, const char *path, int flags, mode_t mode)
{
	return at_fails(dir, path, flags)
		       ? -1
		       : (int)syscall(SYS_openat, dir, path, flags, mode);
}


PUBLIC int openat64(int dir, const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);

	return open_at(dir, path, flags, mode);
}


PUBLIC int open64(const char *path, int flags, ...)
{
	mode_t mode;
	va_list ap;

	va_start(ap, flags);
	mode = mode_of(flags, ap);
	va_end(ap);

	return open_at(AT_FDCWD, path, flags, mode);
}


/* A fortified program calls these where there is no mode */
PUBLIC int __open64_2(const char *path, int flags);
PUBLIC int __openat64_2(int dir, const char *path, int flags);


int __open64_2(const char *path, int flags)
{
	return open64(path, flags);
}


int __openat64_2(int dir, const char *path, int flags)
{
	return openat64(dir, path, flags);
}


/* Those whose offsets are short, or who were built so: the same on 64 bits */
PUBLIC ssize_t pwrite(int fd, const void *p, size_t n, off_t off)
	__attribute__((alias("pwrite64")));
PUBLIC int ftruncate(int fd, off_t n) __attribute__((alias("ftruncate64")));
PUBLIC int open(const char *path, int flags, ...)
	__attribute__((alias("open64")));
PUBLIC int openat(int dir, const char *path, int flags, ...)
	__attribute__((alias("openat64")));


/* ---- clock -------------------------------------------------------------- */

static int64_t jump_us(void)
{
	return ctl ? atomic_load(&ctl->clock_us) : 0;
}


PUBLIC int clock_gettime(clockid_t id, struct timespec *ts)
{
	const int64_t us = jump_us();
	int64_t ns;

	if (syscall(SYS_clock_gettime, id, ts))
		return -1;

	if (us && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE)) {
		ns = ts->tv_nsec + us % 1000000 * 1000;
		ts->tv_sec += us / 1000000;
		ts->tv_sec += ns < 0 ? -1 : ns >= 1000000000 ? 1 : 0;
		ns += ns < 0 ? 1000000000 : ns >= 1000000000 ? -1000000000 : 0;
		ts->tv_nsec = ns;
	}

	return 0;
}


PUBLIC int gettimeofday(struct timeval *restrict tv, void *restrict tz)
{
	struct timespec ts;

	(void)tz;
	if (clock_gettime(CLOCK_REALTIME, &ts))
		return -1;

	tv->tv_sec  = ts.tv_sec;
	tv->tv_usec = ts.tv_nsec / 1000;

	return 0;
}


PUBLIC time_t time(time_t *tp)
{
	struct timespec ts;

	if (clock_gettime(CLOCK_REALTIME, &ts))
		return -1;
	if (tp)
		*tp = ts.tv_sec;

	return ts.tv_sec;
}
