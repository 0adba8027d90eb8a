import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { addressOf, isAllowed, type Recipient, recipientsOf, type Telling } from "./recipients.ts";

const REPOSITORY = {
  identity: "test",
  notify: ["repository@example.org"],
  notifyChangedBy: true,
  notifyMaintainer: true,
  allowEmailsTo: ".*@example\\.org",
};
const UPLOAD = {
  signed: true,
  changedBy: "Ada <ada@example.org>",
  maintainer: "Ben <ben@example.org>",
};
const INSTALLED: Telling = {
  event: { type: "INSTALLED", data: {} },
  waitedBefore: false,
  instance: { notify: ["instance@example.org"], hostname: "build.example.org" },
  repository: REPOSITORY,
  upload: UPLOAD,
  subscribers: [{ name: "cy", email: "cy@elsewhere.net" }],
};
const ALL = ["instance", "repository", "ada", "ben", "cy"];
const KEEPERS = ["instance", "repository"];

const of = (type: Telling["event"]["type"], change: Partial<Telling> = {}): Telling => ({
  ...INSTALLED,
  event: { type, data: {} },
  ...change,
});
const rejected = (code: string, change: Partial<Telling> = {}): Telling =>
  of("REJECTED", { event: { type: "REJECTED", data: { errors: [{ code, message: "no" }] } }, ...change });
const unsigned = { upload: { ...UPLOAD, signed: false } };
const repository = (change: Partial<typeof REPOSITORY>) => ({ repository: { ...REPOSITORY, ...change } });
const names = (recipients: readonly Recipient[]) => recipients.map(({ address }) => address.split("@")[0]);

const TABLE: readonly [string, Telling, readonly string[]][] = [
  // What is mailed at all.
  ["INSTALLED", INSTALLED, ALL],
  ["FAILED", of("FAILED"), ALL],
  ["REJECTED", rejected("version_exists"), ALL],
  ["CANCELLED, a packaging", of("CANCELLED"), ALL],
  ["CANCELLED, one build", of("CANCELLED", { event: { type: "CANCELLED", arch: "amd64", data: {} } }), []],
  ["MIGRATED", of("MIGRATED"), ALL],
  ["REMOVED", of("REMOVED"), ALL],
  ["DEP_WAIT, the first of a packaging", of("DEP_WAIT"), ALL],
  ["DEP_WAIT, another one", of("DEP_WAIT", { waitedBefore: true }), []],
  ["INSTALLED that waited before", of("INSTALLED", { waitedBefore: true }), ALL],
  ["PACKAGING", of("PACKAGING"), []],
  ["BUILDING", of("BUILDING"), []],
  ["BUILT", of("BUILT"), []],
  ["PORTED", of("PORTED"), []],
  ["CHROOT", of("CHROOT"), []],
  ["REJECTED as a duplicate: no mail", rejected("duplicate_upload"), []],
  ["REJECTED as incomplete", rejected("incomplete"), KEEPERS],
  ["REJECTED, unsigned", rejected("signature_bad", unsigned), KEEPERS],
  ["REJECTED before anything was read", rejected("bad_changes", { upload: undefined }), KEEPERS],
  // Rules 1 and 2.
  ["no repository is known", rejected("unknown_repository", { repository: undefined }), ["instance", "cy"]],
  ["the instance tells nobody", { ...INSTALLED, instance: { notify: [], hostname: "h" } }, ALL.slice(1)],
  // Rules 3 and 4.
  [
    "changed by, of no known repository, on the host of the instance",
    rejected("unknown_repository", {
      repository: undefined,
      upload: { ...UPLOAD, changedBy: "ada@build.example.org" },
    }),
    ["instance", "ada", "cy"],
  ],
  [
    "not changed by",
    { ...INSTALLED, ...repository({ notifyChangedBy: false }) },
    ["instance", "repository", "ben", "cy"],
  ],
  [
    "not maintainer",
    { ...INSTALLED, ...repository({ notifyMaintainer: false }) },
    ["instance", "repository", "ada", "cy"],
  ],
  ["installed, unsigned", { ...INSTALLED, ...unsigned }, ["instance", "repository", "cy"]],
  ["an upload that nobody knows", { ...INSTALLED, upload: undefined }, ["instance", "repository", "cy"]],
  [
    "not allowed",
    { ...INSTALLED, ...repository({ allowEmailsTo: "ben@.*" }) },
    ["instance", "repository", "ben", "cy"],
  ],
  [
    "only part of it matches",
    { ...INSTALLED, ...repository({ allowEmailsTo: "a@example|da@example" }) },
    ["instance", "repository", "cy"],
  ],
  [
    "an expression that is none",
    { ...INSTALLED, ...repository({ allowEmailsTo: "(" }) },
    ["instance", "repository", "cy"],
  ],
  [
    "hosts of others by default",
    { ...INSTALLED, ...repository({ allowEmailsTo: "" }) },
    ["instance", "repository", "cy"],
  ],
  [
    "hostile names",
    {
      ...INSTALLED,
      upload: {
        signed: true,
        changedBy: "A <a@example.org\nBcc: b@example.org>",
        maintainer: "-oQ/tmp@example.org",
      },
    },
    ["instance", "repository", "cy"],
  ],
  [
    "the instance itself",
    {
      ...INSTALLED,
      ...repository({ allowEmailsTo: ".*" }),
      upload: { ...UPLOAD, changedBy: "M <mini-buildd@Build.example.org>" },
    },
    ["instance", "repository", "ben", "cy"],
  ],
  // Rule 5.
  ["nobody subscribed", { ...INSTALLED, subscribers: [] }, ["instance", "repository", "ada", "ben"]],
  [
    "a subscriber without a usable address",
    { ...INSTALLED, subscribers: [{ name: "x", email: "x@y..z" }] },
    ["instance", "repository", "ada", "ben"],
  ],
];

test.each(TABLE)("%s", (_what, telling, expected) => {
  expect(names(recipientsOf(telling))).toEqual(expected);
});

test("an address gets one mail, however it is written, with all reasons", () => {
  const found = recipientsOf({
    ...INSTALLED,
    instance: { notify: ["ADA@example.org"], hostname: "h" },
    subscribers: [{ name: "ada", email: "Ada@Example.org" }],
    ...repository({ notify: ["ada@example.org"], notifyMaintainer: false }),
  });

  expect(found).toEqual([
    {
      address: "ADA@example.org",
      reasons: [
        "this instance tells you of everything",
        "repository test tells you of everything",
        "you made the change (Changed-By)",
        "user ada has a subscription that matches",
      ],
    },
  ]);
});

describe("the address of a person", () => {
  test.each([
    ["Ada <ada@example.org>", "ada@example.org"],
    [" ada@example.org ", "ada@example.org"],
    ['"Ada, Countess" <ada@example.org>', "ada@example.org"],
    ["Ada <ada@example.org> <eve@example.org>", "eve@example.org"],
    ["Ada <ada@example.org> (was here)", undefined],
    ["<>", undefined],
    ["", undefined],
    [`${"<".repeat(100_000)}ada@example.org>`, undefined],
  ])("%j", (person, address) => expect(addressOf(person)).toBe(address));

  test("whatever is written, it is an address or nothing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary-ascii" }), (text) => {
        expect(addressOf(`<${text}>`) ?? "a@b").toMatch(/^[\x21-\x7e]+@[A-Za-z0-9.-]+$/);
      }),
    );
  });
});

test("by default, mail goes to the host of the instance, letter by letter", () => {
  expect(isAllowed("ada@build.example.org", "", "build.example.org")).toBe(true);
  expect(isAllowed("ada@BUILD.example.org", "", "build.example.org")).toBe(true);
  expect(isAllowed("ada@buildXexample.org", "", "build.example.org")).toBe(false);
  expect(isAllowed("ada@build.example.org.net", "", "build.example.org")).toBe(false);
});
