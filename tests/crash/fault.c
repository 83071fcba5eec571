/*
 * Makes the N-th call that changes a file below FAULT_ROOT go wrong. Loaded with LD_PRELOAD; built by
 * fault.ts.
 *
 * Counting starts when the program makes a directory that is called fault-arm (none is made), and stops
 * with fault-disarm; FAULT_TRACE is a file that gets a line for each call: when it begins, but for a sync
 * when it is done, which takes a while, so that who does not wait for it is seen. Before the FAULT_AT-th call
 * the process is killed, having done half of it where it writes bytes; or, where FAULT_ERRNO is set,
 * that call fails with it, or the next that can; and under FAULT_PERSISTENT all that follow.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int armed;
static long count;
/* Calls of several threads are counted one after another. */
static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;
/* Whether this thread is counting, so that what it does for that is not counted. */
static __thread int inside;
/* The number of the call that this thread has counted last. */
static __thread long latest;

/* What a call needs, besides a disk that works: ENOSPC and EMFILE are only for those who need it. */
enum need { NOTHING, SPACE, SPACE_AND_DESCRIPTOR };

#define SYNC_MICROSECONDS 5000

#define REAL(name) \
  static typeof(name) *real; \
  if (!real) real = (typeof(name) *)dlsym(RTLD_NEXT, #name)

static long number(const char *variable) {
  const char *text = getenv(variable);
  return text ? atol(text) : 0;
}

static int is_below_root(const char *path) {
  const char *root = getenv("FAULT_ROOT");
  return root && strncmp(path, root, strlen(root)) == 0;
}

/* The path of a name in an open directory, or of an open file. */
static const char *resolve(int fd, const char *name, char *buffer) {
  if (name && name[0] == '/') return name;
  if (fd == AT_FDCWD) return name;
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, buffer, PATH_MAX - 1);
  buffer[length < 0 ? 0 : length] = 0;
  return buffer;
}

static void tell(long number, const char *call, const char *path) {
  const char *file = getenv("FAULT_TRACE");
  if (!file) return;
  FILE *trace = fopen(file, "a");
  if (trace) fprintf(trace, "%ld %s %s\n", number, call, path), fclose(trace);
}

/* Counts a call. Says whether it is to fail; dies after `half` of it where it is to kill. */
static int counted_fault(
    const char *call, const char *path, enum need need, void (*half)(void *), void *data) {
  latest = ++count;
  if (!strstr(call, "sync")) tell(count, call, path);
  long at = number("FAULT_AT");
  int code = number("FAULT_ERRNO");
  if (at == 0 || count < at) return 0;
  if (code == 0) {
    if (count > at) return 0;
    if (half) half(data);
    kill(getpid(), SIGKILL);
    pause();
  }
  if (code == ENOSPC && need == NOTHING) return 0;
  if (code == EMFILE && need != SPACE_AND_DESCRIPTOR) return 0;
  static int failed;
  if (failed && !number("FAULT_PERSISTENT")) return 0;
  failed = 1;
  errno = code;
  return 1;
}

static int fault(const char *call, const char *path, enum need need, void (*half)(void *), void *data) {
  if (!armed || inside || !is_below_root(path)) return 0;
  pthread_mutex_lock(&counting);
  inside = 1;
  int fails = counted_fault(call, path, need, half, data);
  inside = 0;
  pthread_mutex_unlock(&counting);
  return fails;
}

static int path_fault(const char *call, int fd, const char *path, enum need need) {
  if (!armed || inside) return 0;
  char buffer[PATH_MAX];
  return fault(call, resolve(fd, path, buffer), need, NULL, NULL);
}

/* Starts and stops the counting. */
static int is_switch(const char *path) {
  const char *name = strrchr(path, '/');
  name = name ? name + 1 : path;
  if (strcmp(name, "fault-arm") == 0) return count = 0, armed = 1;
  if (strcmp(name, "fault-disarm") != 0) return 0;
  return armed = 0, 1;
}

int unlink(const char *path) {
  REAL(unlink);
  return path_fault("unlink", AT_FDCWD, path, NOTHING) ? -1 : real(path);
}

int unlinkat(int fd, const char *path, int flags) {
  REAL(unlinkat);
  return path_fault("unlinkat", fd, path, NOTHING) ? -1 : real(fd, path, flags);
}

int rmdir(const char *path) {
  REAL(rmdir);
  return path_fault("rmdir", AT_FDCWD, path, NOTHING) ? -1 : real(path);
}

int rename(const char *from, const char *to) {
  REAL(rename);
  return path_fault("rename", AT_FDCWD, to, SPACE) ? -1 : real(from, to);
}

int renameat(int from_fd, const char *from, int to_fd, const char *to) {
  REAL(renameat);
  return path_fault("renameat", to_fd, to, SPACE) ? -1 : real(from_fd, from, to_fd, to);
}

int renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
  REAL(renameat2);
  return path_fault("renameat2", to_fd, to, SPACE) ? -1 : real(from_fd, from, to_fd, to, flags);
}

int link(const char *from, const char *to) {
  REAL(link);
  return path_fault("link", AT_FDCWD, to, SPACE) ? -1 : real(from, to);
}

int linkat(int from_fd, const char *from, int to_fd, const char *to, int flags) {
  REAL(linkat);
  return path_fault("linkat", to_fd, to, SPACE) ? -1 : real(from_fd, from, to_fd, to, flags);
}

int symlink(const char *target, const char *path) {
  REAL(symlink);
  return path_fault("symlink", AT_FDCWD, path, SPACE) ? -1 : real(target, path);
}

int symlinkat(const char *target, int fd, const char *path) {
  REAL(symlinkat);
  return path_fault("symlinkat", fd, path, SPACE) ? -1 : real(target, fd, path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(mkdir);
  if (is_switch(path)) return 0;
  return path_fault("mkdir", AT_FDCWD, path, SPACE) ? -1 : real(path, mode);
}

int mkdirat(int fd, const char *path, mode_t mode) {
  REAL(mkdirat);
  return path_fault("mkdirat", fd, path, SPACE) ? -1 : real(fd, path, mode);
}

int chmod(const char *path, mode_t mode) {
  REAL(chmod);
  return path_fault("chmod", AT_FDCWD, path, NOTHING) ? -1 : real(path, mode);
}

int fchmod(int fd, mode_t mode) {
  REAL(fchmod);
  return path_fault("fchmod", fd, NULL, NOTHING) ? -1 : real(fd, mode);
}

int fchmodat(int fd, const char *path, mode_t mode, int flags) {
  REAL(fchmodat);
  return path_fault("fchmodat", fd, path, NOTHING) ? -1 : real(fd, path, mode, flags);
}

int utimensat(int fd, const char *path, const struct timespec times[2], int flags) {
  REAL(utimensat);
  return path_fault("utimensat", fd, path, NOTHING) ? -1 : real(fd, path, times, flags);
}

#define OPEN(name) \
  int name(const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int changes = flags & (O_CREAT | O_TRUNC); \
    return changes && path_fault(#name, AT_FDCWD, path, SPACE_AND_DESCRIPTOR) ? -1 \
      : real(path, flags, mode); \
  }
OPEN(open)
OPEN(open64)

#define OPENAT(name) \
  int name(int fd, const char *path, int flags, ...) { \
    REAL(name); \
    va_list rest; \
    va_start(rest, flags); \
    mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0; \
    va_end(rest); \
    int changes = flags & (O_CREAT | O_TRUNC); \
    return changes && path_fault(#name, fd, path, SPACE_AND_DESCRIPTOR) ? -1 \
      : real(fd, path, flags, mode); \
  }
OPENAT(openat)
OPENAT(openat64)

static void tell_sync(const char *call, int fd) {
  char buffer[PATH_MAX];
  const char *path = resolve(fd, NULL, buffer);
  if (!armed || !is_below_root(path)) return;
  usleep(SYNC_MICROSECONDS);
  pthread_mutex_lock(&counting);
  inside = 1;
  tell(latest, call, path);
  inside = 0;
  pthread_mutex_unlock(&counting);
}

#define SYNC(name) \
  int name(int fd) { \
    REAL(name); \
    if (path_fault(#name, fd, NULL, SPACE)) return -1; \
    int result = real(fd); \
    tell_sync(#name, fd); \
    return result; \
  }
SYNC(fsync)
SYNC(fdatasync)

#define TRUNCATE(name, offset) \
  int name(int fd, offset length) { \
    REAL(name); \
    return path_fault(#name, fd, NULL, NOTHING) ? -1 : real(fd, length); \
  }
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

struct bytes {
  ssize_t (*write)(int, const void *, size_t);
  int fd;
  const void *data;
  size_t size;
};

static void half_write(void *data) {
  struct bytes *bytes = data;
  bytes->write(bytes->fd, bytes->data, bytes->size / 2);
}

ssize_t write(int fd, const void *data, size_t size) {
  REAL(write);
  if (armed && !inside) {
    char buffer[PATH_MAX];
    struct bytes bytes = { real, fd, data, size };
    if (fault("write", resolve(fd, NULL, buffer), SPACE, half_write, &bytes)) return -1;
  }
  return real(fd, data, size);
}

#define PWRITE(name, offset) \
  ssize_t name(int fd, const void *data, size_t size, offset at) { \
    REAL(name); \
    return path_fault(#name, fd, NULL, SPACE) ? -1 : real(fd, data, size, at); \
  }
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t copy_file_range(int in, off64_t *from, int out, off64_t *to, size_t size, unsigned flags) {
  REAL(copy_file_range);
  return path_fault("copy_file_range", out, NULL, SPACE) ? -1 : real(in, from, out, to, size, flags);
}
