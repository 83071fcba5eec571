/** Attempts on processes of the owner's, and to outlive the call. */

import { type Attempt, kills, learns, succeeds, survives } from "./attempt.ts";

/** Long enough to be at it when the deadline comes. */
const DEADLINE = { timeout: 400 };

export const PROCESSES: readonly Attempt[] = [
  kills("a signal", "everybody", ({ victim }) => `kill -KILL ${victim.id}`),
  kills(
    "a signal to its group",
    "everybody",
    ({ victim }) => `kill -KILL -${victim.id} || kill -KILL ${victim.id}`,
  ),
  succeeds(
    "whether the owner's process is there",
    "everybody",
    ({ process }) => `kill -0 ${process}`,
  ),
  succeeds("a descriptor of a process", "everybody", ({ victim }) => `./probe pidfd ${victim.id}`),
  succeeds("tracing", "everybody", ({ victim }) => `./probe trace ${victim.id}`),
  succeeds(
    "the priority of a process",
    "everybody",
    ({ victim }) => `renice -n 19 -p ${victim.id}`,
  ),
  succeeds("typing into the terminal", "root", () => "./probe type", { onTerminal: true }),
  succeeds("typing, with bits that the kernel drops", "root", () => "./probe type-high", {
    onTerminal: true,
  }),
  succeeds("typing, by a call of an i386", "root", () => "./probe type-old", { onTerminal: true }),
  succeeds("what is typed into the terminal", "everybody", () => "test -t 1", { onTerminal: true }),
  succeeds("the terminal that controls it", "nobody", () => "./probe terminal", {
    onTerminal: true,
  }),
  survives("in the background", "nobody", () => "sleep 20 & sleep 20 & true"),
  survives("a daemon", "everybody", () => "./probe leave"),
  survives(
    "a daemon by setsid",
    "everybody",
    () => "setsid sh -c 'trap \"\" TERM HUP INT; sleep 20' >/dev/null 2>&1 & sleep 0.05",
  ),
  survives("a daemon that holds the output", "everybody", () => "./probe leave; echo done"),
  survives("a daemon, past the deadline", "everybody", () => "./probe leave; sleep 20", DEADLINE),
  survives(
    "deaf to all signals, past the deadline",
    "nobody",
    () => "trap '' TERM HUP INT QUIT; sleep 20 & while :; do sleep 1; done",
    DEADLINE,
  ),
  survives("300 processes, past the deadline", "nobody", () => "./probe swarm 300", DEADLINE),
  survives(
    "the first process, told to end",
    "nobody",
    ({ processes }) => `./probe kill-first '${processes}'`,
    DEADLINE,
  ),
  survives(
    "its parents, told to stop",
    "nobody",
    ({ processes }) => `./probe stop-parents '${processes}'`,
    DEADLINE,
  ),
  succeeds(
    "signals to all that it sees",
    "nobody",
    ({ processes }) =>
      `./probe stop-parents '${processes}' & sleep 0.1; kill -0 $PPID 2>/dev/null && exit 1; ` +
      "ls -d /proc/[0-9]* | wc -l | grep -qE '^[0-9]{3}'",
    DEADLINE,
  ),
  learns(
    "files of processes, by their maps",
    "nobody",
    () => "for d in /proc/[0-9]*; do cat $d/cmdline $d/maps; ls -l $d/fd $d/map_files; done",
  ),
];
