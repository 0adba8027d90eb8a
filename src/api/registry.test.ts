import { describe, expect, test } from "vitest";
import { describeCall } from "./describe.ts";
import { commandLine } from "./equivalents.ts";
import { NOTHING_KNOWN } from "./known.ts";
import { allCalls, CALLS, findCall } from "./registry.ts";

const FLAGS = allCalls().map((call) => {
  const flags = `${call.confirm ? "C" : ""}${call.needsRunning ? "R" : ""}${call.maintenance ? "M" : ""}`;
  return `${call.name} ${call.level} ${call.category} ${flags}`.trim();
});

test("levels, categories and flags as the reference has them", () => {
  expect(FLAGS).toEqual([
    "status NONE Consumer",
    "pub_key NONE Consumer",
    "dput_conf NONE Consumer",
    "sources_list NONE Consumer",
    "search NONE Consumer",
    "ls NONE Consumer",
    "debdiff NONE Consumer",
    "snapshot_ls NONE Consumer R",
    "subscribe LOGIN Consumer",
    "unsubscribe LOGIN Consumer",
    "set_user_key LOGIN Developer C",
    "migrate STAFF Developer C",
    "port STAFF Developer CR",
    "port_ext STAFF Developer CR",
    "retry STAFF Developer CR",
    "cancel STAFF Developer CR",
    "set_priority STAFF Developer C",
    "wake STAFF Developer C",
    "remove ADMIN Administrator C",
    "start ADMIN Administrator C",
    "stop ADMIN Administrator C",
    "uploaders ADMIN Administrator R",
    "snapshot_create ADMIN Administrator CR",
    "snapshot_delete ADMIN Administrator CR",
    "keyring_packages ADMIN Administrator CR",
    "test_packages ADMIN Administrator CR",
    "remake_chroots ADMIN Administrator CM",
    "cronjob ADMIN Administrator C",
    "debmirror ADMIN Administrator C",
    "setup ADMIN Administrator CM",
    "handshake NONE Administrator",
  ]);
});

test("what changes something says so: all that must be confirmed, and subscriptions", () => {
  const unconfirmed = allCalls().filter((call) => call.changes && !call.confirm);
  expect(unconfirmed.map((call) => call.name)).toEqual(["subscribe", "unsubscribe"]);
  expect(allCalls().filter((call) => call.confirm && !call.changes)).toEqual([]);
});

describe.each(Object.entries(CALLS))("%s", (name, call) => {
  test("is registered under its name, its arguments under theirs", () => {
    expect(call.name).toBe(name);
    for (const [key, argument] of Object.entries(call.arguments)) expect(argument.identity).toBe(key);
  });
  test("no id is used twice, none hides one that every call has", () => {
    const ids = Object.values(call.arguments).flatMap((argument) => [...argument.ids]);
    expect(new Set(ids).size).toBe(ids.length);
    for (const id of [
      "--json",
      "--yes",
      "--auto-confirm",
      "--token",
      "--user",
      "--help",
      "-h",
      "--output",
      "--confirm",
    ])
      expect(ids).not.toContain(id);
  });
  test("every argument says what it is for, every default can be read again", async () => {
    const view = await describeCall(call, NOTHING_KNOWN);
    for (const argument of view.arguments) {
      expect(argument.doc).toMatch(/\.$/);
      const definition = Object.entries(call.arguments).find(([key]) => key === argument.name)?.[1];
      expect(() => definition?.read(argument.default)).not.toThrow();
    }
  });
});

test("dashes and underscores name the same call; nothing inherited is a call", () => {
  expect(findCall("pub-key")).toBe(CALLS.pub_key);
  expect(findCall("toString")).toBeUndefined();
  expect(findCall("__proto__")).toBeUndefined();
});

test("the server's defaults are marked until the server is asked", async () => {
  const offline = await describeCall(CALLS.ls);
  expect(offline.arguments.find((item) => item.name === "repositories")?.default).toBe("<server_default>");
  const online = await describeCall(CALLS.ls, { names: async () => ["acme", "test"] });
  expect(online.arguments.find((item) => item.name === "repositories")).toMatchObject({
    default: "acme,test",
    choices: ["acme", "test"],
  });
});

test("the equivalent command line quotes what a shell would take apart", () => {
  const given = { bkey: "hello/1.0/20240102T030000Z/source amd64", rebuild_all: "True" };
  expect(commandLine(CALLS.retry, given, "http://host:8066")).toBe(
    "mini-buildd api http://host:8066 retry --rebuild-all 'hello/1.0/20240102T030000Z/source amd64'",
  );
});
