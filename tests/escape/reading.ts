/** Attempts to read what is the owner's. */

import { type Attempt, learns, succeeds } from "./attempt.ts";

export const READING: readonly Attempt[] = [
  succeeds("the passwords of this machine", "root", () => "grep -q ^root: /etc/shadow"),
  learns("a file by its path", "everybody", ({ secretFile }) => `cat ${secretFile}`),
  learns("a file by ..", "everybody", ({ outside }, { workspace }) => {
    const up = workspace.split("/").slice(1).map(() => "..").join("/");
    return `cat ./${up}${outside}/secret.txt`;
  }),
  learns(
    "a file through a link",
    "everybody",
    ({ outside }) => `ln -sfn ${outside} way-out; cat way-out/secret.txt`,
  ),
  learns(
    "a file by a hard link",
    "everybody",
    ({ secretFile }) => `ln ${secretFile} hard; cat hard`,
  ),
  learns("keys in the owner's HOME", "everybody", ({ ownerHome }) => `cat ${ownerHome}/.ssh/id*`),
  learns("an ignored file of the base", "everybody", ({ base }) => `cat ${base}/.env`),
  learns(
    "a file of another workspace",
    "everybody",
    ({ base }) => `cat ${base}/.agentfs/workspaces/other/secret.txt ../other/secret.txt`,
  ),
  learns(
    "the records of workspaces",
    "everybody",
    ({ store }) => `cat ${store}/agentfs/workspaces/*`,
  ),
  learns("the owner's git configuration", "everybody", ({ store }) => `cat ${store}/config`),
  learns("the owner's hooks", "everybody", ({ store }) => `cat ${store}/hooks/notes`),
  learns("the owner's environment", "everybody", () => "cat /proc/[0-9]*/environ"),
  learns(
    "the environment of the first process and of parents",
    "everybody",
    ({ process }) => `cat /proc/1/environ /proc/$PPID/environ /proc/${process}/environ`,
  ),
  learns(
    "roots of processes",
    "everybody",
    ({ secretFile }) => `cat /proc/[0-9]*/root${secretFile}`,
  ),
  learns(
    "working directories of processes",
    "everybody",
    () => "cat /proc/[0-9]*/cwd/outside/secret.txt",
  ),
  learns("open directories of processes", "everybody", () => "cat /proc/[0-9]*/fd/9/secret.txt"),
  learns("an open directory that was inherited", "everybody", () => "./probe leaked secret.txt"),
  learns(
    "an open directory that was inherited, with input",
    "everybody",
    () => "cat /proc/self/fd/9/secret.txt",
    { stdin: "" },
  ),
  learns(
    "the memory of a process",
    "everybody",
    ({ victim: { id, address } }) => `./probe peek ${id} ${address}`,
  ),
  learns("shared memory", "everybody", ({ victim }) => `./probe shared-memory ${victim.segment}`),
  learns(
    "a file by its number",
    "root",
    ({ secretFile, probe }) => {
      const { stdout } = new Deno.Command(probe, { args: ["handle-of", secretFile] }).outputSync();
      return `./probe open-handle ${new TextDecoder().decode(stdout)}`;
    },
  ),
  succeeds(
    "homes and mounted disks",
    "everybody",
    () => "ls -d /root /home /mnt /media /srv /boot /var/lib /var/log | grep -q .",
  ),
  succeeds("what runs here, in /run", "everybody", () => "ls -A /run | grep -q ."),
  succeeds("devices, in /sys", "everybody", () => "ls /sys | grep -q ."),
  succeeds(
    "the kernel's memory",
    "root",
    () => "[ -e /proc/kcore ] || exit 75; head -c 1 /proc/kcore | grep -q .",
  ),
  succeeds("the kernel's log", "root", () => "head -c 1 /dev/kmsg || ./probe kernel-log"),
  succeeds(
    "a disk as a whole",
    "root",
    () => {
      const disk = `awk 'NR > 2 { print $4; exit }' /proc/partitions`;
      return `disk=$(${disk}); head -c 1 /dev/$disk >/dev/null || exit 75`;
    },
  ),
  succeeds(
    "a process that is not of the command",
    "everybody",
    ({ victim }) => `test -e /proc/${victim.id}/status && grep -q probe /proc/${victim.id}/comm`,
  ),
];
