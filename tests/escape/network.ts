/** Attempts to reach somebody. No address outside this machine is named. */

import { type Attempt, learns, succeeds } from "./attempt.ts";

export const NETWORK: readonly Attempt[] = [
  learns("a server of this machine", "everybody", ({ ports }) => `./probe tcp ${ports[0]}`),
  learns(
    "a server of this machine, by IPv6",
    "everybody",
    ({ ports }) => `./probe tcp6 ${ports[1]}`,
  ),
  learns(
    "a Unix socket by its path",
    "everybody",
    ({ outside }) => `./probe unix ${outside}/server.sock`,
  ),
  learns(
    "a Unix socket by an inherited directory",
    "everybody",
    () => "./probe unix /proc/self/fd/9/server.sock",
  ),
  learns("an abstract socket", "everybody", ({ socketName }) => `./probe abstract ${socketName}`),
  succeeds(
    "the names of abstract sockets",
    "everybody",
    ({ socketName }) => `grep -q ${socketName} /proc/net/unix`,
  ),
  succeeds("an interface besides its own loopback", "everybody", () => "./probe interfaces"),
  succeeds(
    "a line in the list of interfaces",
    "everybody",
    () => "grep ':' /proc/net/dev | grep -qv ' *lo:' || exit 75",
  ),
  succeeds("a route", "everybody", () => "sed 1d /proc/net/route | grep -q . || exit 75"),
  succeeds("the machine that this one runs in", "everybody", () => "./probe vsock"),
  succeeds("whole packets", "root", () => "./probe packet"),
  succeeds("raw packets", "root", () => "./probe raw"),
  succeeds(
    "the owner's network namespace",
    "root",
    ({ victim }) => `./probe namespace ${victim.id} net`,
  ),
];
