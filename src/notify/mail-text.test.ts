import { expect, test } from "vitest";
import type { EventView } from "#events";
import { type MailFacts, mailOf } from "./mail-text.ts";

const EVENT: EventView = {
  ...{ id: 4711, type: "INSTALLED", time: "2024-01-02T03:04:05.678Z", instance: "acme" },
  ...{ source: "hello", version: "1.0", distribution: "bookworm-test-unstable", repository: "test" },
  ...{ packaging: 15, upload: 17, message: "installed, replaces 0.9" },
  actor: { kind: "system", name: "acme" },
  data: {
    builds: [
      { arch: "amd64", state: "BUILT" },
      { arch: "arm64", state: "FAILED" },
      { arch: "armhf", state: "SKIPPED" },
    ],
    ...{ replaced: "0.9", rollbacks: ["0.9", "0.8"], also_in: ["contrib"] },
    ports: [{ target: "trixie-test-unstable" }, { target: "sid-test-unstable", error: "no such suite" }],
  },
  links: { packaging: "/packagings/15", upload: "/uploads/17" },
};
const build = (change: Partial<MailFacts["builds"][number]>) => ({
  ...{ id: 1, arch: "amd64", state: "BUILT", reason: null, message: null, qa: [], errorLines: [] },
  ...change,
});
const FACTS: MailFacts = {
  event: EVENT,
  builds: [
    build({ qa: ["lintian PASS", "piuparts WARN"] }),
    build({
      ...{ id: 2, arch: "arm64", state: "FAILED", reason: "package", message: "the build failed" },
      errorLines: ["make: *** [all] Error 1"],
    }),
    build({ id: 3, arch: "armhf", state: "SKIPPED" }),
  ],
  changesText: "Format: 1.8\nSource: hello\n",
  ...{ identity: "acme", hostname: "build.example.org", url: "http://build.example.org:8066" },
};
const ADA = {
  address: "ada@example.org",
  reasons: ["you made the change (Changed-By)", "user ada has a subscription that matches"],
};

test("the whole mail", () => {
  expect(mailOf(FACTS, ADA)).toEqual({
    to: "ada@example.org",
    subject:
      "[mini-buildd-acme] INSTALLED (bookworm-test-unstable): hello 1.0 [+amd64, -arm64, ~armhf]: installed, replaces 0.9",
    key: "acme-event-4711",
    body: `INSTALLED (bookworm-test-unstable): hello 1.0 [+amd64, -arm64, ~armhf]: installed, replaces 0.9

Replaced: 0.9
Rollbacks: 0.9, 0.8
Also in: contrib

Builds that are not good:
* arm64: FAILED (package): the build failed
  | make: *** [all] Error 1
  http://build.example.org:8066/builds/2/log

Good builds:
* amd64: BUILT
  lintian PASS, piuparts WARN
  http://build.example.org:8066/builds/1/log
* armhf: SKIPPED

Ports:
* trixie-test-unstable: requested
* sid-test-unstable: failed: no such suite

The .changes:
  Format: 1.8
  Source: hello

-- 
mini-buildd acme on build.example.org
You get this mail because you made the change (Changed-By), and because user ada has a subscription that matches.
http://build.example.org:8066/packagings/15
`,
  });
});

test("of a rejection, every complaint with its hint, and the upload", () => {
  const errors = [
    { code: "a", message: "First wrong.", hint: "Do this." },
    { code: "b", message: "Second wrong." },
  ];
  const event = {
    ...EVENT,
    type: "REJECTED" as const,
    message: "First wrong. Second wrong.",
    data: { errors },
  };

  const { body } = mailOf(
    { ...FACTS, builds: [], event: { ...event, links: { upload: "/uploads/17" } } },
    ADA,
  );

  expect(body).toContain("\n* First wrong.\n  Do this.\n* Second wrong.\n");
  expect(body).toContain("\nhttp://build.example.org:8066/uploads/17\n");
});

test("of a migration: from where to where, and who did it", () => {
  const data = { kind: "migrate", from: "a", to: "b", replaced: null, rollbacks: [] };
  const event = { ...EVENT, type: "MIGRATED" as const, message: "migrated from a", data };

  const { body } = mailOf(
    { ...FACTS, builds: [], changesText: null, event: { ...event, actor: { kind: "user", name: "ada" } } },
    ADA,
  );

  expect(body).toContain("\nFrom: a\nTo: b\nBy: user ada\n\n-- \n");
});

test("hostile text stays in its line, what is endless ends, and nothing looks like the footer", () => {
  const evil = `x\r\nBcc: eve@example.org\n\n-- \nYou get this mail because ${"y".repeat(100_000)}`;
  const event = {
    ...EVENT,
    ...{ source: evil, version: evil, message: evil, distribution: evil },
    data: { ...EVENT.data, errors: [{ message: evil, hint: evil }], reason: evil, rollbacks: [evil] },
  };
  const builds = [build({ state: "FAILED", message: evil, errorLines: [evil] })];

  const { body } = mailOf({ ...FACTS, event, builds, changesText: evil.repeat(10) }, ADA);

  expect(body.match(/^-- $/gm)).toHaveLength(1);
  expect(body.match(/^You get this mail/gm)).toHaveLength(1);
  expect(body).not.toMatch(/^Bcc:/m);
  expect(body.length).toBeLessThan(100_000);
  expect(body).toContain("(the rest is left out)");
});

test("data of another shape than expected breaks nothing", () => {
  const data = {
    errors: "x",
    builds: 3,
    rollbacks: [null, {}],
    ports: [null, 1, { target: {} }],
    reason: {},
  };

  expect(mailOf({ ...FACTS, event: { ...EVENT, data } }, ADA).body).toContain("Good builds:");
});
