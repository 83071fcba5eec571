/*
 * What a command may try that no shell has words for. Each word of the first argument is one attempt; it
 * ends with 0 where that succeeds, with 75 where this machine has no such thing, else with 1.
 * `launch` and `victim` are no attempts: they are what attempts are aimed at.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <unistd.h>

enum { SUCCESS = 0, REFUSED = 1, UNAVAILABLE = 75 };
enum { LEAKED = 9, SECONDS = 20 };
#define KEY "agentfs-escape"

static int verdict(long result) {
  if (result >= 0) return SUCCESS;
  fprintf(stderr, "%s\n", strerror(errno));
  switch (errno) {
    case ENOSYS: case EAFNOSUPPORT: case ENODEV: case ENOPKG: case EPROTONOSUPPORT:
      return UNAVAILABLE;
    default:
      return REFUSED;
  }
}

/* Prints what a server sends, or what a file holds. */
static int show(int file) {
  char text[256];
  ssize_t size = file < 0 ? -1 : read(file, text, sizeof text);
  if (size > 0) fwrite(text, 1, size, stdout);
  return verdict(size);
}

static int reach(int family, const void *address, socklen_t size) {
  int file = socket(family, SOCK_STREAM, 0);
  if (file < 0 || connect(file, address, size) < 0) return verdict(-1);
  return show(file);
}

static socklen_t unix_address(struct sockaddr_un *address, const char *name, int is_abstract) {
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  strncpy(address->sun_path + is_abstract, name, sizeof address->sun_path - 2);
  return offsetof(struct sockaddr_un, sun_path) + is_abstract + strlen(name);
}

static int reach_unix(const char *name, int is_abstract) {
  struct sockaddr_un address;
  socklen_t size = unix_address(&address, name, is_abstract);
  return reach(AF_UNIX, &address, is_abstract ? size : sizeof address);
}

static int reach_tcp(const char *port) {
  struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(atoi(port)) };
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return reach(AF_INET, &address, sizeof address);
}

static int reach_tcp6(const char *port) {
  struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(atoi(port)) };
  address.sin6_addr = in6addr_loopback;
  return reach(AF_INET6, &address, sizeof address);
}

/* Whether there is an interface, but for the loopback, that has an address. */
static int interfaces(void) {
  struct ifaddrs *all = NULL;
  if (getifaddrs(&all) < 0) return verdict(-1);
  for (struct ifaddrs *one = all; one; one = one->ifa_next)
    if (!(one->ifa_flags & IFF_LOOPBACK)) return SUCCESS;
  return UNAVAILABLE;
}

/* A process with a secret in its memory, in shared memory and behind an abstract socket. */
static int victim(const char *secret, const char *socket_name) {
  prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char *heap = strdup(secret);
  int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);
  char *shared = segment < 0 ? NULL : shmat(segment, NULL, 0);
  if (shared) strcpy(shared, secret);
  /* It lives as long as this process. */
  if (shared) shmctl(segment, IPC_RMID, NULL);
  struct sockaddr_un address;
  socklen_t size = unix_address(&address, socket_name, 1);
  int server = socket(AF_UNIX, SOCK_STREAM, 0);
  if (bind(server, (void *)&address, size) < 0 || listen(server, 8) < 0) return verdict(-1);
  printf("%d %p %d\n", getpid(), heap, segment);
  fflush(stdout);
  for (;;) {
    int file = accept(server, NULL, NULL);
    if (file >= 0) { dprintf(file, "%s", secret); close(file); }
  }
}

/* Starts a program with a key, a terminal and an open directory of its owner's. */
static int launch(const char *secret, const char *directory, char **argv) {
  syscall(SYS_keyctl, 1 /* KEYCTL_JOIN_SESSION_KEYRING */, NULL);
  syscall(SYS_add_key, "user", KEY, secret, strlen(secret), -3 /* KEY_SPEC_SESSION_KEYRING */);
  int leaked = open(directory, O_RDONLY | O_DIRECTORY);
  if (leaked < 0 || dup2(leaked, LEAKED) < 0) return verdict(-1);
  if (leaked != LEAKED) close(leaked);
  int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (terminal < 0 || grantpt(terminal) < 0 || unlockpt(terminal) < 0) return verdict(-1);
  pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setsid();
    int end = open(ptsname(terminal), O_RDWR);
    struct termios settings;
    tcgetattr(end, &settings);
    cfmakeraw(&settings);
    tcsetattr(end, TCSANOW, &settings);
    ioctl(end, TIOCSCTTY, 0);
    dup2(end, 0);
    dup2(end, 1);
    if (end > 1) close(end);
    execvp(argv[0], argv);
    _exit(127);
  }
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  char shown[4096];
  while (read(terminal, shown, sizeof shown) > 0) {}
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : REFUSED;
}

static int trace(pid_t process) {
  if (ptrace(PTRACE_ATTACH, process, NULL, NULL) < 0) return verdict(-1);
  waitpid(process, NULL, __WALL);
  return verdict(ptrace(PTRACE_DETACH, process, NULL, NULL));
}

static int peek(pid_t process, const char *where) {
  char text[64] = { 0 };
  struct iovec here = { text, 32 }, there = { (void *)strtoul(where, NULL, 16), 32 };
  long size = process_vm_readv(process, &here, 1, &there, 1, 0);
  if (size > 0) puts(text);
  return verdict(size);
}

static int shared_memory(int segment) {
  char *shared = shmat(segment, NULL, SHM_RDONLY);
  if (shared == (void *)-1) return verdict(-1);
  puts(shared);
  return SUCCESS;
}

/* The ways that a call of a 64-bit program can have: its own, with short pointers, that of an i386. */
enum ways { NATIVE, SHORT, OLD };

static long call(enum ways way, long native, long old, long a, long b, long c, long d, long e) {
  if (way != OLD) return syscall(way == SHORT ? native | 0x40000000 : native, a, b, c, d, e);
#ifdef __x86_64__
  long result;
  __asm__ volatile("int $0x80" : "=a"(result)
                   : "a"(old), "b"(a), "c"(b), "d"(c), "S"(d), "D"(e)
                   : "memory", "r8", "r9", "r10", "r11");
  if ((int)result >= 0) return (int)result;
  errno = -(int)result;
#else
  errno = ENOSYS;
#endif
  return -1;
}

/* Reads the owner's key. */
static int key(enum ways way, int by_request) {
#ifdef MAP_32BIT
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#else
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
#endif
  if (low == MAP_FAILED) return verdict(-1);
  char *type = strcpy(low, "user"), *name = strcpy(low + 64, KEY), *text = low + 256;
  long found = by_request
    ? call(way, SYS_request_key, 287, (long)type, (long)name, 0, 0, 0)
    : call(way, SYS_keyctl, 288, 10 /* KEYCTL_SEARCH */, -3, (long)type, (long)name, 0);
  if (found < 0) return verdict(-1);
  long size = call(way, SYS_keyctl, 288, 11 /* KEYCTL_READ */, found, (long)text, 255, 0);
  if (size > 0) puts(text);
  return verdict(size);
}

static int add_key(void) {
  return verdict(syscall(SYS_add_key, "user", "agentfs-planted", "x", 1, -3));
}

/* Puts a character into the input of the terminal that stdout is. */
static int type(enum ways way, long above) {
  char *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS
#ifdef MAP_32BIT
                   | MAP_32BIT
#endif
                   , -1, 0);
  *low = 'x';
  return verdict(call(way, SYS_ioctl, 54, 1, TIOCSTI | above, (long)low, 0, 0));
}

static int clone_with(unsigned long flags) {
  uint64_t arguments[11] = { flags, [4] = SIGCHLD };
  long child = syscall(SYS_clone3, arguments, 64);
  if (child == 0) _exit(0);
  if (child > 0) waitpid(child, NULL, 0);
  return verdict(child);
}

/* A handle names a file by its number: who may open one needs no path. */
static int handle_of(const char *path) {
  struct { struct file_handle head; unsigned char bytes[128]; } handle = { .head.handle_bytes = 128 };
  int mount;
  if (name_to_handle_at(AT_FDCWD, path, &handle.head, &mount, 0) < 0) return verdict(-1);
  printf("%d ", handle.head.handle_type);
  for (unsigned i = 0; i < handle.head.handle_bytes; i++) printf("%02x", handle.head.f_handle[i]);
  return SUCCESS;
}

static int open_handle(int type, const char *digits) {
  struct { struct file_handle head; unsigned char bytes[128]; } handle;
  handle.head.handle_type = type;
  handle.head.handle_bytes = strlen(digits) / 2;
  for (unsigned i = 0; i < handle.head.handle_bytes; i++)
    sscanf(digits + 2 * i, "%2hhx", &handle.head.f_handle[i]);
  int here = open(".", O_RDONLY);
  return show(open_by_handle_at(here, &handle.head, O_RDONLY));
}

/* Opens for writing the program of any process that is not this one. Nothing is written. */
static int programs(void) {
  DIR *processes = opendir("/proc");
  for (struct dirent *one; processes && (one = readdir(processes));) {
    char path[300];
    if (atoi(one->d_name) <= 0 || atoi(one->d_name) == getpid()) continue;
    snprintf(path, sizeof path, "/proc/%s/exe", one->d_name);
    if (open(path, O_WRONLY) >= 0) return SUCCESS;
  }
  return REFUSED;
}

static int device(const char *path, const char *type, const char *major_number, const char *minor_number) {
  dev_t number = makedev(atoi(major_number), atoi(minor_number));
  if (mknod(path, (*type == 'b' ? S_IFBLK : S_IFCHR) | 0600, number) < 0) return verdict(-1);
  return verdict(unlink(path));
}

static int own_root(void) {
  if (chroot(".") < 0) return verdict(-1);
  return SUCCESS;
}

static int capability(const char *path) {
  unsigned char value[20] = { 1, 0, 0, 2, 0xff, 0xff, 0xff, 0xff };
  return verdict(setxattr(path, "security.capability", value, sizeof value, 0));
}

/* Leaves a process behind that nothing but SIGKILL ends, and not in its parent's session. */
static void leave(void) {
  pid_t child = fork();
  if (child > 0) waitpid(child, NULL, 0);
  if (child != 0) return;
  setsid();
  if (fork() != 0) _exit(0);
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  prctl(PR_SET_PDEATHSIG, 0);
  for (int left = SECONDS; left > 0;) left = sleep(left);
  _exit(0);
}

/* As many processes as it is told, no more, each in a session of its own. */
static int swarm(int most) {
  int *count = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  for (int number = 1; number < 32; number++) signal(number, SIG_IGN);
  while (__sync_add_and_fetch(count, 1) < most) {
    pid_t child = fork();
    if (child == 0) { setsid(); prctl(PR_SET_PDEATHSIG, 0); }
  }
  for (int left = SECONDS; left > 0;) left = sleep(left);
  return REFUSED;
}

/* Whether this is the machine's own first process: then it is told so, and nothing is done to it. */
static int is_outside(const char *namespace) {
  char path[64] = { 0 };
  return readlink("/proc/self/ns/pid", path, sizeof path - 1) < 0 || strcmp(path, namespace) == 0;
}

static int kill_first(const char *outside) {
  if (is_outside(outside)) return SUCCESS;
  leave();
  usleep(20000);
  int signals[] = { SIGTERM, SIGSTOP, SIGKILL };
  for (int i = 0; i < 3; i++) kill(1, signals[i]);
  return REFUSED;
}

static int stop_parents(const char *outside) {
  if (is_outside(outside)) return SUCCESS;
  leave();
  kill(getppid(), SIGSTOP);
  kill(1, SIGSTOP);
  for (int left = SECONDS; left > 0;) left = sleep(left);
  return REFUSED;
}

static int namespaces(const char *process, const char *name) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%s/ns/%s", process, name);
  int file = open(path, O_RDONLY);
  return verdict(file < 0 ? -1 : setns(file, 0));
}

#define IS(word) (strcmp(argv[1], word) == 0)
#define AT(index) (argc > (index) ? argv[index] : "")

int main(int argc, char **argv) {
  if (argc < 2) return REFUSED;
  if (IS("launch")) return launch(AT(2), AT(3), argv + 4);
  if (IS("victim")) return victim(AT(2), AT(3));
  if (IS("handle-of")) return handle_of(AT(2));
  if (IS("tcp")) return reach_tcp(AT(2));
  if (IS("tcp6")) return reach_tcp6(AT(2));
  if (IS("unix")) return reach_unix(AT(2), 0);
  if (IS("abstract")) return reach_unix(AT(2), 1);
  if (IS("vsock")) return verdict(socket(AF_VSOCK, SOCK_STREAM, 0));
  if (IS("packet")) return verdict(socket(AF_PACKET, SOCK_RAW, 0));
  if (IS("raw")) return verdict(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
  if (IS("interfaces")) return interfaces();
  if (IS("trace")) return trace(atoi(AT(2)));
  if (IS("peek")) return peek(atoi(AT(2)), AT(3));
  if (IS("pidfd")) return verdict(syscall(SYS_pidfd_open, atoi(AT(2)), 0));
  if (IS("shared-memory")) return shared_memory(atoi(AT(2)));
  if (IS("leaked")) return show(openat(LEAKED, AT(2), O_RDONLY));
  if (IS("leaked-write")) return verdict(openat(LEAKED, AT(2), O_WRONLY | O_CREAT, 0600));
  if (IS("key")) return key(NATIVE, 0);
  if (IS("key-request")) return key(NATIVE, 1);
  if (IS("key-short")) return key(SHORT, 0);
  if (IS("key-old")) return key(OLD, 0);
  if (IS("key-add")) return add_key();
  if (IS("type")) return type(NATIVE, 0);
  if (IS("type-high")) return type(NATIVE, 1L << 32);
  if (IS("type-old")) return type(OLD, 0);
  if (IS("user-namespace")) return clone_with(CLONE_NEWUSER);
  if (IS("mount-namespace")) return clone_with(CLONE_NEWNS);
  if (IS("namespace")) return namespaces(AT(2), AT(3));
  if (IS("bpf")) { uint32_t map[32] = { 2, 4, 4, 1 }; return verdict(syscall(SYS_bpf, 0, map, sizeof map)); }
  if (IS("perf")) {
    uint32_t event[32] = { 1 /* PERF_TYPE_SOFTWARE */, sizeof event };
    return verdict(syscall(SYS_perf_event_open, event, 0, -1, -1, 0));
  }
  if (IS("io-uring")) { uint32_t ring[64] = { 0 }; return verdict(syscall(SYS_io_uring_setup, 1, ring)); }
  if (IS("userfaultfd")) return verdict(syscall(SYS_userfaultfd, 1 /* UFFD_USER_MODE_ONLY */));
  if (IS("kernel-log")) return verdict(syscall(SYS_syslog, 10 /* SYSLOG_ACTION_SIZE_BUFFER */, NULL, 0));
  if (IS("open-tree")) return verdict(syscall(SYS_open_tree, AT_FDCWD, ".", 1 /* OPEN_TREE_CLONE */));
  if (IS("file-system")) return verdict(syscall(SYS_fsopen, "tmpfs", 0));
  if (IS("chroot")) return own_root();
  if (IS("device")) return device(AT(2), AT(3), AT(4), AT(5));
  if (IS("open-handle")) return open_handle(atoi(AT(2)), AT(3));
  if (IS("programs")) return programs();
  if (IS("capability")) return capability(AT(2));
  if (IS("root")) return geteuid() == 0 ? SUCCESS : REFUSED;
  if (IS("other-user")) return verdict(setuid(atoi(AT(2))));
  if (IS("terminal")) return verdict(open("/dev/tty", O_RDWR));
  if (IS("leave")) { leave(); return REFUSED; }
  if (IS("exchange")) return verdict(syscall(SYS_renameat2, AT_FDCWD, AT(2), AT_FDCWD, AT(3), 2));
  if (IS("swarm")) return swarm(atoi(AT(2)));
  if (IS("kill-first")) return kill_first(AT(2));
  if (IS("stop-parents")) return stop_parents(AT(2));
  fprintf(stderr, "There is no attempt %s\n", argv[1]);
  return REFUSED;
}
