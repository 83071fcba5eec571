/** Attempts to change what is the owner's. */

import { type Attempt, changes, succeeds } from "./attempt.ts";

/** The path of some object, for a shell. */
const object = (store: string): string => `$(find ${store}/objects -type f | head -1)`;

/** Links with the names that bubblewrap has for this machine's files while it sets up. */
const links = (target: string): string =>
  `for way in oldroot newroot; do ln -sfn /$way${target} $way; done; ` +
  `ln -sfn ${target} straight; ln -sfn /proc/1/root/oldroot${target} first`;

/** What follows links that are there now, if anything does. */
const NEXT = "true; ls -R . >/dev/null 2>&1; git status >/dev/null 2>&1; git add a.txt";

export const WRITING: readonly Attempt[] = [
  changes(
    "a file by its path",
    "everybody",
    ({ outside }) => `echo planted >> ${outside}/file.txt`,
  ),
  changes(
    "a file through a link",
    "everybody",
    ({ outside }) => `ln -sf ${outside}/file.txt way; echo planted >> way`,
  ),
  changes(
    "a file by a hard link",
    "everybody",
    ({ outside }) => `ln ${outside}/file.txt hard-file && echo planted >> hard-file`,
  ),
  changes("a file below an inherited directory", "everybody", () => "./probe leaked-write planted"),
  changes(
    "a file below a directory of another process",
    "everybody",
    ({ process }) => `echo planted > /proc/${process}/fd/9/planted-too`,
  ),
  changes(
    "a file below a root of another process",
    "everybody",
    ({ outside }) =>
      `for p in 1 self $PPID; do echo planted > /proc/$p/root${outside}/by-root; done`,
  ),
  changes(
    "the owner's HOME",
    "everybody",
    ({ ownerHome }) => `echo planted >> ${ownerHome}/.bashrc`,
  ),
  changes("a file of the base", "everybody", ({ base }) => `echo planted >> ${base}/a.txt`),
  changes("a new file in the base", "everybody", ({ base }) => `echo planted > ${base}/planted`),
  changes(
    "another workspace",
    "everybody",
    ({ base }) => `echo planted >> ${base}/.agentfs/workspaces/other/a.txt`,
  ),
  changes(
    "another workspace's HOME",
    "everybody",
    ({ base }) => `echo planted >> ${base}/.agentfs/home/other/kept`,
  ),
  changes(
    "another workspace's git directory",
    "everybody",
    ({ store }) => `echo planted > ${store}/worktrees/agentfs-other/planted`,
  ),
  changes(
    "its own git directory on the host",
    "everybody",
    ({ store }) => `echo planted > ${store}/worktrees/agentfs-own/planted`,
  ),
  changes(
    "the data directory",
    "everybody",
    ({ base }) => `echo planted > ${base}/.agentfs/planted`,
  ),
  changes("a record", "everybody", ({ store }) => `echo >> ${store}/agentfs/workspaces/other.json`),
  changes(
    "the library's directory",
    "everybody",
    ({ store }) => `echo planted > ${store}/agentfs/planted`,
  ),
  changes("an object", "everybody", ({ store }) => `chmod 0600 ${object(store)}`),
  changes(
    "an object by a hard link",
    "everybody",
    ({ store }) => `ln ${object(store)} hard-object && chmod 0640 hard-object`,
  ),
  changes("a new object", "everybody", ({ store }) => `echo planted > ${store}/objects/planted`),
  changes(
    "alternates",
    "everybody",
    ({ store }) => `echo /nonexistent > ${store}/objects/info/alternates`,
  ),
  changes(
    "a ref",
    "everybody",
    ({ store }) => `cp ${store}/refs/heads/main ${store}/refs/heads/planted`,
  ),
  changes("a ref by git", "everybody", () => "git update-ref refs/heads/by-git HEAD"),
  changes("HEAD", "everybody", ({ store }) => `chmod 0600 ${store}/HEAD`),
  changes(
    "a hook",
    "everybody",
    ({ store }) => `printf '#!/bin/sh\\n' > ${store}/hooks/post-index-change`,
  ),
  changes("the configuration", "everybody", ({ store }) => `echo '# planted' >> ${store}/config`),
  changes("the configuration by git", "everybody", () => "git config planted.by git"),
  changes(".git, written", "everybody", () => "echo planted >> .git"),
  changes(".git, moved away", "everybody", () => "mv .git elsewhere"),
  changes(".git, deleted", "everybody", () => "rm -f .git"),
  changes(".git, a directory in its place", "everybody", () => "rm -f .git; mkdir .git"),
  changes(".git, a link in its place", "everybody", () => "ln -sf /nonexistent .git"),
  changes(".git, a file moved over it", "everybody", () => "echo > over; mv -f over .git"),
  changes(".git, exchanged", "everybody", () => "echo > other; ./probe exchange other .git"),
  changes(".git, its permissions", "everybody", () => "chmod 0777 .git"),
  changes(
    ".git, by a hard link",
    "everybody",
    () => "ln .git hard-git && echo planted >> hard-git",
  ),
  changes(".git, uncovered", "nobody", () => "umount -l .git; umount -l .; rm -f .git"),
  changes(
    "the directory of the workspace",
    "everybody",
    ({ base }) =>
      `mv ${base}/.agentfs/workspaces/own ${base}/.agentfs/away && ` +
      `mkdir ${base}/.agentfs/mark && mv ${base}/.agentfs/away ${base}/.agentfs/workspaces/own`,
  ),
  changes(
    "through links in the workspace while the next one is set up",
    "nobody",
    ({ outside }) => [
      links(outside),
      NEXT,
    ],
  ),
  changes("through links in HOME while the next one is set up", "nobody", ({ outside }) => [
    `cd; ${links(outside)}; ln -sfn /oldroot${outside} .config`,
    `${NEXT}; echo planted > ~/.config/planted`,
  ]),
  changes("through links in place of git's directories", "nobody", ({ outside }) => [
    `cd $(git rev-parse --git-dir); ${links(outside)}; for d in objects refs logs info; do ` +
    `rm -rf $d; ln -sfn /oldroot${outside} $d; done`,
    NEXT,
    `cd $(git rev-parse --git-dir); for d in objects refs logs info; do ` +
    `rm -rf $d; ln -sfn ${outside} $d; done`,
    NEXT,
  ]),
  changes("through links in place of git's files", "nobody", ({ outside }) => [
    `cd $(git rev-parse --git-dir); for f in HEAD index config packed-refs info/exclude; do ` +
    `rm -rf $f; ln -sfn ${outside}/file.txt $f; done`,
    NEXT,
  ]),
  changes("an empty HOME, moved away", "nobody", ({ outside }) => [
    `mv ~ ~/../gone; rm -rf ~; ln -sfn ${outside} ~`,
    "echo planted > ~/planted-by-home",
  ]),
  succeeds(
    "directories of the system",
    "root",
    () =>
      "for d in / /usr /usr/bin /usr/lib /lib /bin /etc /etc/passwd; do test -w $d && exit 0; done; exit 1",
  ),
  succeeds(
    "settings of the kernel",
    "root",
    () =>
      "for f in core_pattern modprobe hostname sysrq; do test -w /proc/sys/kernel/$f && exit 0; done; exit 1",
  ),
  succeeds("any setting in /proc/sys", "nobody", () => "find /proc/sys -writable | grep -q ."),
  succeeds(
    "commands to the kernel",
    "root",
    () => "test -w /proc/sysrq-trigger || test -w /proc/irq/default_smp_affinity",
  ),
  succeeds(
    "any file of /proc",
    "nobody",
    () =>
      "find /proc -maxdepth 2 -path '/proc/[0-9]*' -prune -o -writable -exec test -f {} ';' -print | " +
      "grep .",
  ),
  succeeds("settings of devices", "root", () => "test -w /sys/kernel || test -w /sys/fs/cgroup"),
  succeeds("the owner's terminal", "everybody", ({ terminal }) => `echo planted > ${terminal}`),
  succeeds("the programs of other processes", "nobody", () => "./probe programs"),
];
