/** Attempts to become more, or to use parts of the kernel that are no business of a command. */

import { type Attempt, learns, succeeds } from "./attempt.ts";

export const PRIVILEGES: readonly Attempt[] = [
  succeeds(
    "a program of root's that makes root of who runs it",
    "user",
    ({ setuid }) => `test -x ${setuid}/probe || exit 75; ${setuid}/probe root`,
    {
      reads: ({ setuid }) => [setuid],
    },
  ),
  succeeds(
    "capabilities",
    "root",
    () => "grep -qE '^Cap(Inh|Prm|Eff|Amb):\\s*0*[1-9a-f]' /proc/self/status",
  ),
  succeeds(
    "capabilities that a program could give",
    "everybody",
    () => "grep -qE '^CapBnd:\\s*0*[1-9a-f]' /proc/self/status",
  ),
  succeeds(
    "privileges that a program could give",
    "everybody",
    () => "grep -qE '^NoNewPrivs:\\s*0' /proc/self/status",
  ),
  succeeds(
    "no filter of system calls",
    "everybody",
    () => "grep -qE '^Seccomp:\\s*0' /proc/self/status",
  ),
  succeeds(
    "a file that lends its owner's rights",
    "everybody",
    () =>
      "cp a.txt s; chmod u+s s || python3 -c 'import os; os.chmod(\"s\", 0o4755)' || " +
      "python3 -c 'import os; os.fchmod(os.open(\"s\", os.O_RDWR), 0o4755)' || " +
      "python3 -c 'import os; os.umask(0); os.open(\"t\", os.O_CREAT | os.O_RDWR, 0o4755)'; " +
      "test -u s || test -u t",
  ),
  succeeds("a capability of a file", "root", () => "cp a.txt able; ./probe capability able"),
  succeeds("another user", "root", () => "./probe other-user 65534"),
  succeeds("a file for another user", "root", () => "touch given; chown 1 given"),
  succeeds("a mount", "root", (_, { own }) => `mkdir -p here; ${own} mount -t tmpfs none here`),
  succeeds(
    "a mount of a directory elsewhere",
    "root",
    (_, { own }) => `mkdir -p here; ${own} mount --bind / here`,
  ),
  succeeds(
    "/usr writable",
    "root",
    (_, { own }) => `${own} sh -c 'mount --bind /usr /usr; mount -o remount,rw,bind /usr'`,
  ),
  succeeds(
    "the root writable",
    "nobody",
    () => "mount -o remount,rw / || mount -o remount,rw,bind / || mount -o remount,rw /proc",
  ),
  succeeds(
    "a mount taken away",
    "nobody",
    () => "umount -l /usr || umount -l /proc || umount -l /tmp",
  ),
  succeeds("a copy of a mount", "root", () => "./probe open-tree"),
  succeeds("a file system", "root", () => "./probe file-system"),
  succeeds("a user namespace", "everybody", () => "./probe user-namespace"),
  succeeds("a user namespace, by unshare", "everybody", () => "unshare -U true"),
  succeeds(
    "a user namespace with mounts",
    "everybody",
    () => "mkdir -p here; unshare -Urm mount -t tmpfs none here",
  ),
  succeeds("a mount namespace", "root", () => "./probe mount-namespace"),
  succeeds(
    "the owner's mount namespace",
    "root",
    ({ victim }) => `./probe namespace ${victim.id} mnt || ./probe namespace ${victim.id} cgroup`,
  ),
  succeeds(
    "another sandbox in the sandbox",
    "everybody",
    () => "bwrap --ro-bind / / --unshare-user true",
  ),
  succeeds("a root of its own", "root", () => "./probe chroot"),
  succeeds("a root in place of the root", "nobody", () => "mkdir -p here; pivot_root . here"),
  succeeds("the name of the machine", "nobody", () => "hostname planted"),
  succeeds(
    "a device",
    "root",
    () =>
      "set -- $(awk 'NR > 2 { print $1, $2; exit }' /proc/partitions); [ $# = 2 ] || exit 75; " +
      "./probe device node b $1 $2",
  ),
  succeeds("a device of memory", "root", () => "./probe device node c 1 1"),
  learns("the owner's keys", "everybody", () => "./probe key"),
  learns("the owner's keys, by request", "everybody", () => "./probe key-request"),
  learns("the owner's keys, by a call of an i386", "everybody", () => "./probe key-old"),
  learns("the owner's keys, by a call with short pointers", "everybody", () => "./probe key-short"),
  succeeds("a key among the owner's", "everybody", () => "./probe key-add"),
  succeeds("the list of keys", "everybody", () => "grep -q agentfs-escape /proc/keys"),
  succeeds("a program for the kernel", "root", () => "./probe bpf"),
  succeeds("counters of events", "root", () => "./probe perf"),
  succeeds("calls by a ring", "everybody", () => "./probe io-uring"),
  succeeds("faults of memory", "everybody", () => "./probe userfaultfd"),
];
