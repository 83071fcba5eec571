/**
 * The system calls that namespaces do not hold: keyrings go over from process to process whatever the
 * namespace, a terminal can be made to type, and some interfaces of the kernel are no business of a
 * command. Nor are the networks that no namespace holds, such as that between a virtual machine and what
 * runs it. And a file that lends its owner's rights (`chmod u+s`) would lend them outside, too. A filter
 * program of seccomp(2), as bubblewrap takes it, refuses all that with EPERM.
 *
 * @module
 */

/** A family of processors, and the numbers that its kernel gives to calls (`asm/unistd.h`). */
interface Architecture {
  /** `AUDIT_ARCH_…` of `linux/audit.h`. */
  readonly audit: number;
  readonly ioctl: number;
  readonly socket: number;
  readonly refused: readonly number[];
  /** chmod, fchmod, fchmodat, mknod, mknodat, creat, as far as there are: which argument is the mode. */
  readonly modes: Readonly<Record<number, number>>;
  /** open, openat: which argument has the flags; the one behind it is the mode of a new file. */
  readonly opens: Readonly<Record<number, number>>;
}

/** io_uring_setup, io_uring_enter, io_uring_register: the same everywhere. */
const IO_URING = [425, 426, 427];

/**
 * syslog, add_key, request_key, keyctl, perf_event_open, bpf, userfaultfd, and those of io_uring; on an
 * i386 also socketcall, whose arguments no filter can see.
 */
const ARCHITECTURES: readonly Architecture[] = [
  // x86_64
  {
    audit: 0xc000003e,
    ioctl: 16,
    socket: 41,
    refused: [103, 248, 249, 250, 298, 321, 323, ...IO_URING],
    modes: { 90: 1, 91: 1, 268: 2, 133: 1, 259: 2, 85: 1 },
    opens: { 2: 1, 257: 2 },
  },
  // i386, in which a program of an x86_64 can call as well
  {
    audit: 0x40000003,
    ioctl: 54,
    socket: 359,
    refused: [102, 103, 286, 287, 288, 336, 357, 374, ...IO_URING],
    modes: { 15: 1, 94: 1, 306: 2, 14: 1, 297: 2, 8: 1 },
    opens: { 5: 1, 295: 2 },
  },
  // aarch64
  {
    audit: 0xc00000b7,
    ioctl: 29,
    socket: 198,
    refused: [116, 217, 218, 219, 241, 280, 282, ...IO_URING],
    modes: { 52: 1, 53: 2, 33: 2 },
    opens: { 56: 2 },
  },
  // arm, the same of an aarch64
  {
    audit: 0x40000028,
    ioctl: 54,
    socket: 281,
    refused: [103, 309, 310, 311, 364, 386, 388, ...IO_URING],
    modes: { 15: 1, 94: 1, 333: 2, 14: 1, 324: 2, 8: 1 },
    opens: { 5: 1, 322: 2 },
  },
];

/** fchmodat2, the same everywhere: its mode is the third argument. */
const FCHMODAT2 = { 452: 2 };

/** openat2, the same everywhere. No filter sees its mode, and who calls it can do without. */
const OPENAT2 = 437;

/** `S_ISUID`. */
const SET_USER_ID = 0o4000;

/** The flags with which an open makes a file: `O_CREAT`, `__O_TMPFILE`. */
const CREATES = 0o100 | 0o20000000;

/** The requests that put characters into a terminal's input: TIOCSTI, TIOCLINUX. */
const TYPING = [0x5412, 0x541c];

/** The families of sockets that a network namespace holds: AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const FAMILIES = [1, 2, 10, 16];

/** x86_64's second set of numbers, for programs with short pointers. */
const X32_BIT = 0x40000000;

// Of `linux/bpf_common.h` and `linux/seccomp.h`.
const LOAD = 0x20;
const JUMP_EQUAL = 0x15;
const JUMP_GREATER_OR_EQUAL = 0x35;
const JUMP_IF_ANY = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
/** With EPERM and with ENOSYS. */
const REFUSE = 0x00050001;
const UNKNOWN = 0x00050026;

/** Where `struct seccomp_data` has what is looked at. */
const NUMBER_AT = 0;
const ARCHITECTURE_AT = 4;

/** The low half of an argument, counted from 0. */
const argumentAt = (index: number): number => 16 + 8 * index;

/** One instruction: what, how far to jump where it is so and where not, and with what. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** The filter, as the array of `struct sock_filter` that the kernel takes. */
export function seccompFilter(): Uint8Array<ArrayBuffer> {
  const program: Instruction[] = [[LOAD, 0, 0, ARCHITECTURE_AT]];
  for (const architecture of ARCHITECTURES) {
    program.push(...when(architecture.audit, filterOf(architecture)));
  }
  program.push(refuse);
  const bytes = new Uint8Array(program.length * 8);
  const view = new DataView(bytes.buffer);
  for (const [index, [code, ifTrue, ifFalse, operand]] of program.entries()) {
    view.setUint16(index * 8, code, true);
    view.setUint8(index * 8 + 2, ifTrue);
    view.setUint8(index * 8 + 3, ifFalse);
    view.setUint32(index * 8 + 4, operand, true);
  }
  return bytes;
}

const refuse: Instruction = [RETURN, 0, 0, REFUSE];
const allow: Instruction = [RETURN, 0, 0, ALLOW];

/** What is done with a call of one architecture. */
function filterOf({ ioctl, socket, refused, modes, opens }: Architecture): Instruction[] {
  return [
    [LOAD, 0, 0, NUMBER_AT],
    [JUMP_GREATER_OR_EQUAL, 0, 1, X32_BIT],
    refuse,
    ...refused.flatMap((call) => when(call, [refuse])),
    ...when(OPENAT2, [[RETURN, 0, 0, UNKNOWN]]),
    ...when(socket, [
      [LOAD, 0, 0, argumentAt(0)],
      ...FAMILIES.flatMap((family) => when(family, [allow])),
      refuse,
    ]),
    ...when(ioctl, [
      [LOAD, 0, 0, argumentAt(1)],
      ...TYPING.flatMap((request) => when(request, [refuse])),
      allow,
    ]),
    ...Object.entries({ ...modes, ...FCHMODAT2 }).flatMap(([call, mode]) =>
      when(Number(call), checkMode(mode))
    ),
    ...Object.entries(opens).flatMap(([call, flags]) =>
      when(Number(call), [
        [LOAD, 0, 0, argumentAt(flags)],
        [JUMP_IF_ANY, 1, 0, CREATES],
        allow,
        ...checkMode(flags + 1),
      ])
    ),
    allow,
  ];
}

/** Does this where what was loaded is `value`, and else goes on behind it. */
function when(value: number, instructions: Instruction[]): Instruction[] {
  return [[JUMP_EQUAL, 0, instructions.length, value], ...instructions];
}

function checkMode(index: number): Instruction[] {
  return [[LOAD, 0, 0, argumentAt(index)], [JUMP_IF_ANY, 0, 1, SET_USER_ID], refuse, allow];
}
