import assert from "node:assert/strict";
import { redactDetails } from "../../src/audit/redact.ts";
import { REDACTED } from "../../src/secrets/patterns.ts";
import { redactText } from "../../src/secrets/redact.ts";
import { draft, Ground } from "./ground.ts";

const A = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP0123456789";
const KEY = `-----BEGIN OPENSSH PRIVATE KEY-----\n${A}\n-----END OPENSSH PRIVATE KEY-----`;

/** Texts with `§` around each secret. */
const SECRETS = [
  "git clone https://user:§p@ss-word§@example.com/x.git",
  "git clone https://§ghx-not-known-shape§@example.com/x.git",
  "postgres://admin:§hunter2§@db:5432/app?sslmode=require",
  "curl 'https://api.example.com/v1?page=2&api_key=§k3y§&token=§t0k§#top'",
  "https://s3.example.com/o?X-Amz-Signature=§0a1b§&X-Amz-Date=1",
  "curl -H 'Authorization: §Bearer x.y.z1§' -H 'Accept: text/html' https://example.com",
  'curl -H "Cookie: §session=1; other=2§" https://example.com',
  "sent Bearer §abcdef123456§ with it",
  "mysql --password §hunter2§ --host db",
  "tool --api-key=§k§ --token '§two words§' --verbose",
  "deploy --client-secret §x§",
  "export OPENAI_API_KEY=§whatever§; run",
  "PGPASSWORD=§hunter2§ psql -h db",
  "GITHUB_TOKEN='§x y§' gh pr list",
  '{"user": "me", "password": "§correct horse§", "max_tokens": 4096}',
  '{\\"accessToken\\": \\"§abc§\\", \\"n\\": 1}',
  "//registry.example.com/:_authToken=§abc§",
  "db_pwd: §hunter2§",
  `found §ghp_${A.slice(0, 36)}§ here`,
  `§github_pat_${A.slice(0, 40)}§`,
  `x §glpat-${A.slice(0, 20)}§ y`,
  `§npm_${A.slice(0, 36)}§`,
  `§sk-ant-api03-${A}§ and §sk-proj-${A}§`,
  `§sk_live_${A.slice(0, 24)}§`,
  `§xoxb-123456789012-${A.slice(0, 10)}§`,
  "aws §AKIAIOSFODNN7EXAMPLE§.",
  `§AIza${A.slice(0, 35)}§`,
  `§eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.${A}§`,
  `before §${KEY}§ after`,
  'password="§a\\"hunter2§" user=me',
  '{\\"password\\": \\"§a\\\\\\"hunter2§\\", \\"n\\": 1}',
  `password="§ghp_${A.slice(0, 36)} hunter2§" user=me`,
  "TOKEN=§a\\ hunter2§ run",
  "TOKEN=§'it'\"'\"'hunter2'§ run",
  "TOKEN=§a'b c'\"d e\"$'f\\' g'h,i§ run",
  "TOKEN=§$(echo hunter2)§ run",
  'TOKEN="§$(echo "a b") c§" run',
  "TOKEN=§$(echo ')' \\) \"$(b (c))\" d)§; run",
  "TOKEN=§${X:-hunter2}§ run",
  "TOKEN=§`echo hunter2`§ run",
  "--mount type=x,token=§a§,to=/srv",
  "tool -token §hunter2§ -v",
  "tool --token\n§hunter2§ -v",
  "npm config set //registry.example.com/:_authToken §hunter2§",
  "npm config set _auth §hunter2§",
  "DB_PASS=§hunter2§ run",
  "tool --pass §hunter2§ --pass-through a",
  "sh -c \"TOKEN=§a§\" x 'y'",
  "curl -H 'X-Api-Key: §a§' 'b'",
  `§hf_${A.slice(0, 34)}§`,
  `§SG.${A.slice(0, 22)}.${A.slice(0, 43)}§`,
  `§dop_v1_${A.slice(0, 32)}§`,
  `cut §${KEY.slice(0, 60)}§`,
];

const PLAIN = [
  "git@example.com:me/x.git",
  "ssh://git@example.com/me/x.git",
  "deno test --allow-read --parallel tests",
  "max_tokens=4096 tokens: 12 tokenizer=bpe",
  "if (token === null) return",
  "a basic understanding of passwords",
  "the bearer certificates of the bank",
  "78981922613b2afb6025042ff6bd878ac1994e85",
  "PWD=/home/me author=me oauth",
  "sk-short task-list-with-a-rather-long-name",
  "--token",
  "a first-pass encoder, two-token x",
  "PASS: 3 passed",
  "time 12:30, ratio 3:4",
];

Deno.test("redactText() replaces what looks like a secret, and nothing else; again, nothing", () => {
  for (const marked of SECRETS) {
    const expected = marked.replace(/§[^§]*§/g, REDACTED);
    const redacted = redactText(marked.replaceAll("§", ""));
    assert.equal(redacted, expected);
    assert.equal(redactText(redacted), expected);
  }
  for (const text of PLAIN) assert.equal(redactText(text), text);
});

Deno.test("redactText() takes time in proportion to the text, whatever that is", () => {
  const size = 1 << 20;
  const shapes = [
    "a",
    "--",
    "token=",
    'token="',
    "token='\"",
    "--token ",
    "://",
    "http://a:",
    "://:@",
  ];
  shapes.push(
    "-----BEGIN PRIVATE KEY-----",
    "-----BEGIN ",
    "eyJ",
    "eyJaaaaaaaaaa.",
    "Bearer ",
    "sk-",
  );
  shapes.push(
    "authorization:",
    "cookie: ",
    "?a",
    "&key=",
    '\\"',
    'token=\\"',
    "password ",
    "_auth",
  );
  shapes.push(
    " ",
    "\n",
    "ghp_aaaaaaaaaaaaaaa ",
    "passwordpassword",
    "A",
    "SG.",
    "secret: ",
    "[redacted]",
  );
  shapes.push(
    'token=a"$(',
    "token=a'",
    "token=a\\ ",
    "token=$(",
    "token=${",
    'token="$("',
    "token=a`b",
  );
  shapes.push(
    "token=a,b",
    'token=\\"\\\\',
    "-token\n",
    "set _auth ",
    "token=$'a",
    "token=(",
    "token=a]",
  );
  for (const shape of shapes) {
    const start = performance.now();
    redactText(shape.repeat(size / shape.length));
    redactDetails({ text: shape.repeat(size / shape.length) }, "run");
    // A search that goes back and forth takes minutes; this takes some 20 ms.
    const taken = performance.now() - start;
    assert.ok(taken < 2000, `${JSON.stringify(shape)} takes ${taken} ms`);
  }
});

Deno.test("redactDetails() hides by key, in arguments, at any depth, and cuts long texts", () => {
  const details = {
    command: [
      "curl",
      "--token",
      "abc",
      "-token",
      "abc",
      "//host/:_authToken",
      "abc",
      "--header",
      "x: y",
      "--password",
      "--verbose",
    ],
    env: { GITHUB_TOKEN: "abc", HOME: "/root", apiKey: 5, secrets: ["a"] },
    deep: [{ deeper: [{ password: { nested: "x" }, hasToken: true, cookie: null }] }],
    tokens: 12,
    text: "x".repeat(10_000),
    from: "/token=abc.txt",
  };
  const redacted = redactDetails(details, "run");
  assert.deepEqual({ ...redacted, text: null }, {
    command: [
      "curl",
      "--token",
      REDACTED,
      "-token",
      REDACTED,
      "//host/:_authToken",
      REDACTED,
      "--header",
      "x: y",
      "--password",
      "--verbose",
    ],
    env: { GITHUB_TOKEN: REDACTED, HOME: "/root", apiKey: REDACTED, secrets: ["a"] },
    deep: [{ deeper: [{ password: REDACTED, hasToken: true, cookie: null }] }],
    tokens: 12,
    text: null,
    from: `/token=${REDACTED}`,
  });
  assert.equal(redacted["text"], `${"x".repeat(8192)}… [10000 characters, cut]`);
  assert.equal(redactDetails(details, "move")["from"], details.from);
  assert.equal(details.command[2], "abc");
  const own = JSON.parse('{"__proto__": {"password": "x"}}');
  assert.equal(JSON.stringify(redactDetails(own, "x")), `{"__proto__":{"password":"${REDACTED}"}}`);
});

Deno.test("redactDetails() keeps the paths of what a batch or a command changed", () => {
  const paths = { path: "/token=abc.txt", from: "/password=x/--token y" };
  const element = { ...paths, type: "move", other: "token=abc" };
  const kept = { ...element, other: `token=${REDACTED}` };

  for (const operation of ["batch", "run", "restore", "commit", "agent.call"]) {
    const isKept = operation !== "agent.call";
    for (const list of ["operations", "changes"]) {
      const details = { [list]: [element, null, "token=abc"], others: [paths], path: paths.path };
      const redacted = redactDetails(details, operation);
      const [first, ...rest] = redacted[list] as unknown[];
      if (isKept) assert.deepEqual(first, kept, operation);
      else assert.notEqual((first as typeof kept).path, paths.path, operation);
      assert.deepEqual(rest, [null, `token=${REDACTED}`]);
      assert.notDeepEqual(redacted["others"], [paths]);
      assert.equal(redacted["path"], `/token=${REDACTED}`);
    }
    assert.deepEqual(redactDetails({ changes: "token=a" }, operation), {
      changes: `token=${REDACTED}`,
    });
  }
});

Deno.test("a text that is cut shows no secret by half", () => {
  const token = `ghp_${A.slice(0, 36)}`;
  for (const before of [8180, 8192, 65_500, 65_530]) {
    const { text } = redactDetails({
      text: `${"x ".repeat(before / 2)}${token} ${"y ".repeat(9000)}`,
    }, "x");
    assert.ok(!String(text).includes("ghp_"), `${before}`);
  }
  // Where secrets make up most of a text, what is searched can end within what is shown.
  const many = `${`token=${"s".repeat(990)} `.repeat(66)}`;
  assert.ok(!String(redactDetails({ text: many }, "x")["text"]).includes("ss"));
});

Deno.test("no secret reaches the database, an entry or an export", async () => {
  await using ground = await Ground.make();
  const canary = `ghp_${A.slice(0, 36)}`;
  const details = { command: `curl -H "Authorization: Bearer ${canary}" https://x:${canary}@h/` };
  const entry = await ground.log.append(draft({ operation: "run", path: null, details }));
  const own = await ground.audit.record("agent.call", { token: canary, say: `use ${canary}` });
  assert.deepEqual(own.details, { token: REDACTED, say: `use ${REDACTED}` });
  await ground.audit.export(`${ground.path}/log.json`);
  const texts = [JSON.stringify([entry, own]), await Deno.readTextFile(`${ground.path}/log.json`)];
  ground.log[Symbol.dispose]();
  for (const { name } of Deno.readDirSync(`${ground.path}/.git/agentfs`)) {
    if (!name.startsWith("agentfs.db")) continue;
    const bytes = await Deno.readFile(`${ground.path}/.git/agentfs/${name}`);
    texts.push(new TextDecoder("latin1").decode(bytes));
  }
  assert.ok(texts.length > 2);
  for (const text of texts) assert.ok(!text.includes(A.slice(0, 36)));
  await ground.reopen();
});
