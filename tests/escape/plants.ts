/**
 * Ways to have the owner's machine run code, or follow a path, by what lies in git's files and around
 * them.
 *
 * @module
 */

import type { Workspace } from "@agentfs/sdk";

/** Where a plant can be put. */
export interface Bed {
  readonly workspace: Workspace;
  /** The workspace's directory. */
  readonly files: string;
  readonly home: string;
  /** The git directory that commands see, on the host. */
  readonly inside: string;
  /** The git directory that the host uses. */
  readonly admin: string;
  /** A directory of the owner's that has nothing to do with it. */
  readonly outside: string;
  /** A shell command that leaves a trace on the host. */
  readonly code: string;
}

/** Something that a command leaves behind. */
export interface Plant {
  readonly name: string;
  /** Lines of git configuration, which are put wherever git looks for some. */
  readonly config?: (bed: Bed) => string;
  /** Files of the workspace. */
  readonly files?: (bed: Bed) => Record<string, string>;
  /** A script of a command, in which `$P` is its git directory. */
  readonly script?: (bed: Bed) => string;
  /** What the test does itself in git directories of this workspace, where no sandbox held a command. */
  readonly direct?: (bed: Bed, gitDirectory: string) => Promise<void> | void;
}

/** The hooks of git 2.39, and those of others that it might call. */
const HOOKS = "applypatch-msg pre-applypatch post-applypatch pre-commit pre-merge-commit " +
  "prepare-commit-msg commit-msg post-commit pre-rebase post-checkout post-merge pre-push " +
  "pre-receive update post-receive post-update reference-transaction push-to-checkout pre-auto-gc " +
  "post-rewrite sendemail-validate fsmonitor-watchman post-index-change";

function writeHooks(directory: string, code: string): void {
  Deno.mkdirSync(directory, { recursive: true });
  for (const hook of HOOKS.split(" ")) {
    Deno.writeTextFileSync(`${directory}/${hook}`, `#!/bin/sh\n${code}\n`, { mode: 0o755 });
  }
}

/** Puts something in the place of whatever is there. */
function replace(path: string, put: () => void): void {
  try {
    Deno.removeSync(path, { recursive: true });
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  put();
}

function link(target: string, path: string): void {
  replace(path, () => Deno.symlinkSync(target, path));
}

const setting = (section: string, ...lines: string[]): string =>
  `[${section}]\n${lines.map((line) => `\t${line}\n`).join("")}`;

/** A value of configuration, in quotes. */
const quoted = (value: string): string => `"${value.replace(/["\\]/g, "\\$&")}"`;

const ATTRIBUTES = { ".gitattributes": "* filter=evil diff=evil merge=evil -text\n" };

const OID = "0123456789012345678901234567890123456789";

export const PLANTS: readonly Plant[] = [
  {
    name: "hooks in the git directory",
    script: ({ code }) =>
      `mkdir -p $P/hooks; for h in ${HOOKS}; do printf '#!/bin/sh\\n%s\\n' '${code}' > $P/hooks/$h; ` +
      "chmod +x $P/hooks/$h; done",
    direct: ({ code }, git) => writeHooks(`${git}/hooks`, code),
  },
  {
    name: "core.hooksPath",
    config: ({ files }) => setting("core", `hooksPath = ${files}/.githooks`),
    direct: ({ files, code }) => writeHooks(`${files}/.githooks`, code),
  },
  {
    name: "core.fsmonitor",
    config: ({ code }) => setting("core", `fsmonitor = ${quoted(`${code}; true`)}`),
  },
  {
    name: "filters",
    config: ({ code }) =>
      setting(
        'filter "evil"',
        `clean = ${quoted(`${code}; cat`)}`,
        `smudge = ${quoted(`${code}; cat`)}`,
      ),
    files: () => ATTRIBUTES,
  },
  {
    name: "a filter that stays",
    config: ({ code }) => setting('filter "evil"', `process = ${quoted(code)}`, "required = true"),
    files: () => ATTRIBUTES,
  },
  {
    name: "aliases",
    config: ({ code }) =>
      ["status", "add", "commit", "log", "rev-parse", "cat-file", "st"].map((name) =>
        setting("alias", `${name} = ${quoted(`!${code}`)}`)
      ).join(""),
  },
  {
    name: "a pager and an editor",
    config: ({ code }) =>
      setting(
        "core",
        `pager = ${quoted(code)}`,
        `editor = ${quoted(code)}`,
        `askPass = ${quoted(code)}`,
      ) +
      setting("pager", "log = true", "diff = true", "status = true") +
      setting("sequence", `editor = ${quoted(code)}`),
  },
  {
    name: "core.sshCommand",
    config: ({ code }) =>
      setting("core", `sshCommand = ${quoted(code)}`, `gitProxy = ${quoted(code)}`) +
      setting('remote "origin"', "url = ssh://localhost/x", "fetch = +refs/*:refs/*"),
  },
  {
    name: "included configuration",
    config: ({ files, outside }) =>
      setting("include", `path = ${files}/evil.config`, `path = ${outside}/secret`) +
      setting('includeIf "gitdir:/"', `path = ${files}/evil.config`),
    files: ({ code }) => ({
      "evil.config": setting("core", `fsmonitor = ${quoted(code)}`, `pager = ${quoted(code)}`),
    }),
  },
  {
    name: "a credential helper",
    config: ({ code }) =>
      setting("credential", `helper = ${quoted(`!${code}`)}`) +
      setting('remote "origin"', "url = http://127.0.0.1:9/x"),
  },
  {
    name: "programs that compare",
    config: ({ code }) =>
      setting("diff", `external = ${quoted(code)}`) +
      setting('diff "evil"', `textconv = ${quoted(code)}`, `command = ${quoted(code)}`),
    files: () => ATTRIBUTES,
  },
  {
    name: "a merge driver",
    config: ({ code }) =>
      setting('merge "evil"', `driver = ${quoted(code)}`) + setting("merge", "default = evil"),
    files: () => ATTRIBUTES,
  },
  {
    name: "a program that signs",
    config: ({ code }) =>
      setting("gpg", `program = ${quoted(code)}`) + setting("commit", "gpgSign = true") +
      setting("tag", "gpgSign = true") + setting('gpg "ssh"', `program = ${quoted(code)}`),
  },
  {
    name: "submodules",
    config: ({ code }) =>
      setting(
        'submodule "evil"',
        `url = ${quoted(`ext::sh -c "${code}"`)}`,
        `update = ${quoted(`!${code}`)}`,
        "active = true",
      ) +
      setting("protocol", "allow = always") + setting("submodule", "recurse = true"),
    files: ({ code }) => ({
      ".gitmodules": setting(
        'submodule "evil"',
        "path = evil",
        `url = ${quoted(`ext::sh -c "${code}"`)}`,
        `update = ${quoted(`!${code}`)}`,
      ),
      "evil/.git": "gitdir: ../evil.git\n",
    }),
    script: () => `git update-index --add --cacheinfo 160000,${OID},evil`,
  },
  {
    name: "objects that are fetched when they are missed",
    config: ({ code }) =>
      setting("core", "repositoryFormatVersion = 1") +
      setting("extensions", "partialClone = evil", "worktreeConfig = true") +
      setting('remote "evil"', `url = ${quoted(`ext::sh -c "${code}"`)}`, "promisor = true") +
      setting("protocol", "allow = always") + setting('protocol "ext"', "allow = always"),
    script: () => `git update-index --add --cacheinfo 100644,${OID},missing`,
  },
  {
    name: "another working tree",
    config: ({ outside }) => setting("core", `worktree = ${outside}`, "bare = false"),
  },
  {
    name: "files of attributes and rules elsewhere",
    config: ({ outside }) =>
      setting("core", `attributesFile = ${outside}/secret`, `excludesFile = ${outside}/secret`),
    direct: ({ outside }, git) => {
      for (const name of ["attributes", "exclude", "sparse-checkout", "grafts"]) {
        link(`${outside}/secret`, `${git}/info/${name}`);
      }
    },
  },
  {
    name: "alternates",
    script: ({ outside }) => `echo ${outside}/objects >> $P/objects/info/alternates`,
    direct: ({ outside }, git) =>
      replace(
        `${git}/objects/info/alternates`,
        () =>
          Deno.writeTextFileSync(
            `${git}/objects/info/alternates`,
            `${outside}/objects\n../../..\n`,
          ),
      ),
  },
  {
    name: "objects elsewhere",
    script: ({ outside }) => `rm -rf $P/objects; ln -s ${outside}/objects $P/objects`,
    direct: ({ outside }, git) => link(`${outside}/objects`, `${git}/objects`),
  },
  {
    name: "an index that is none",
    script: () => "head -c 4096 /dev/urandom > $P/index",
    direct: (_, git) => Deno.writeTextFileSync(`${git}/index`, `DIRC\0\0\0\x02\xff\xff\xff\xff`),
  },
  {
    name: "an index with paths that lead out",
    script: () =>
      "id=$(echo x | git hash-object -w --stdin); " +
      "for p in ../../../../outside/file .git/hooks/post-checkout a/../../x /etc/x; do " +
      'git update-index --add --cacheinfo 100755,$id,"$p"; done; ' +
      "sed 's|a.txt|../.x|' $P/index > $P/index.new; mv $P/index.new $P/index",
    async direct(_, git) {
      const index = await Deno.readFile(`${git}/index`).catch(() => new Uint8Array());
      const at = new TextDecoder("latin1").decode(index).indexOf("a.txt");
      if (at === -1) return;
      index.set(new TextEncoder().encode("../.x"), at);
      await Deno.writeFile(`${git}/index`, index);
    },
  },
  {
    name: "an index that is a FIFO, and locks",
    script: () =>
      "rm -f $P/index; mkfifo $P/index; touch $P/index.lock $P/HEAD.lock $P/config.lock",
    // The host's own can be one only where no sandbox holds commands; then whoever reads it waits.
    direct: ({ inside }, git) => {
      if (git !== inside) return;
      replace(
        `${git}/index`,
        () => new Deno.Command("mkfifo", { args: [`${git}/index`] }).outputSync(),
      );
      for (const name of ["index", "HEAD"]) Deno.writeTextFileSync(`${git}/${name}.lock`, "");
    },
  },
  {
    name: "refs that are links",
    script: ({ outside }) =>
      `ln -sfn ${outside}/secret $P/refs/heads/agentfs/w; ln -sfn ${outside} $P/refs/agentfs; ` +
      `ln -sfn ${outside}/secret $P/HEAD`,
    direct: ({ outside }, git) => {
      for (
        const ref of ["HEAD", "ORIG_HEAD", "refs/heads/agentfs/w", "refs/bisect", "refs/worktree"]
      ) {
        link(`${outside}/secret`, `${git}/${ref}`);
      }
    },
  },
  {
    name: "refs that lead out",
    script: () =>
      "for r in refs/heads/../../../hooks/x refs/agentfs/trash/x refs/heads/agentfs/other refs/heads/main " +
      "refs/agentfs/w/snapshots/evil ../../HEAD; do echo $(git rev-parse HEAD) $r; done >> $P/packed-refs; " +
      "echo 'ref: ../../../../outside/secret' > $P/HEAD",
    direct: (_, git) => {
      Deno.writeTextFileSync(`${git}/packed-refs`, `${OID} refs/heads/../../../hooks/x\n`);
      replace(
        `${git}/HEAD`,
        () => Deno.writeTextFileSync(`${git}/HEAD`, "ref: ../../../../outside/secret\n"),
      );
    },
  },
  {
    name: "objects that stand for others",
    script: () =>
      "git commit -q --allow-empty -m evil; git replace HEAD~1 HEAD; git rev-parse HEAD~1 > $P/shallow",
    direct: (_, git) => Deno.writeTextFileSync(`${git}/shallow`, `${OID}\n`),
  },
  {
    name: "another common directory",
    script: ({ files }) => `git init -q --bare evil.git; echo ${files}/evil.git > $P/commondir`,
    direct: ({ files }, git) => {
      Deno.writeTextFileSync(`${git}/commondir`, `${files}/evil.git\n`);
      Deno.writeTextFileSync(`${git}/gitdir`, `${files}/evil.git\n`);
    },
  },
  {
    name: "operations that are under way",
    script: () =>
      "mkdir -p $P/rebase-merge $P/sequencer; echo 'exec false' > $P/rebase-merge/git-rebase-todo; " +
      "git rev-parse HEAD > $P/MERGE_HEAD; echo x > $P/MERGE_MSG",
    direct: (_, git) => Deno.writeTextFileSync(`${git}/MERGE_HEAD`, `${OID}\n`),
  },
  {
    name: "a directory in place of .git",
    config: ({ code }) =>
      setting("core", `fsmonitor = ${quoted(code)}`, `sshCommand = ${quoted(code)}`),
    script: () => "rm -f .git; git init -q; mkdir -p sub; git init -q sub",
    async direct({ files, code }) {
      replace(`${files}/.git`, () => Deno.mkdirSync(`${files}/.git`));
      await new Deno.Command("git", { args: ["init", "--quiet", files] }).output();
      writeHooks(`${files}/.git/hooks`, code);
      const text = setting("core", `fsmonitor = ${quoted(code)}`, `pager = ${quoted(code)}`);
      Deno.writeTextFileSync(`${files}/.git/config`, text, { append: true });
    },
  },
  {
    name: "a .git that leads elsewhere",
    script: () => "git init -q --bare evil.git; echo gitdir: evil.git > .git",
    direct: ({ files, code }) => {
      writeHooks(`${files}/evil.git/hooks`, code);
      replace(
        `${files}/.git`,
        () => Deno.writeTextFileSync(`${files}/.git`, `gitdir: ${files}/evil.git\n`),
      );
    },
  },
  {
    name: "a link in place of .git",
    direct: ({ files, outside }) => link(`${outside}/repository/.git`, `${files}/.git`),
  },
  {
    name: "a link in place of HOME",
    script: ({ outside }) => `mv ~ ~-; rm -rf ~; ln -sfn ${outside} ~`,
    direct: ({ home, outside }) => link(outside, home),
  },
  {
    name: "links with bubblewrap's names",
    script: ({ outside }) =>
      `for d in . ~ $P; do for n in oldroot newroot; do ln -sfn /$n${outside} $d/$n; done; done`,
    direct: ({ outside, home, inside }) => {
      for (const name of ["objects", "refs", "logs", "info"]) {
        link(`/oldroot${outside}`, `${inside}/${name}`);
      }
      link(`/oldroot${outside}`, `${home}/.config`);
    },
  },
  {
    name: "links, FIFOs and devices in place of git's files in the workspace",
    script: ({ outside }) =>
      `ln -sfn ${outside}/secret .gitattributes; ln -sfn ${outside}/secret .gitmodules; ` +
      "rm -f .gitignore; mkfifo .gitignore; ln -sfn /dev/zero zero; ln -sfn .. up",
  },
  {
    name: "a link in place of the git directory inside",
    direct: ({ inside, outside }) => link(`${outside}/repository/.git`, inside),
  },
  {
    name: "a link in place of the workspace",
    direct: ({ files, outside }) => link(`${outside}/repository`, files),
  },
];
