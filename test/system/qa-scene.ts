import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import type { BuildResult } from "#builds";
import {
  buildsOf,
  classicDput,
  createPackages,
  type End,
  type Instance,
  type Packages,
  SANDBOX,
  type SourcePackage,
  type SourcePackageOptions,
  startInstance,
  waitFor,
  waitForEnd,
} from "#testing";

/** Each check unpacks and fills chroots of its own: on a machine with much else to do that takes its time. */
export const QA_LIMIT_MS = 1_500_000;

export type Made = Partial<SourcePackageOptions> & { readonly name: string };

/** A build whose checks are over. */
export interface Ended {
  readonly id: number;
  readonly reason: string | null;
  readonly message: string;
  readonly qa: BuildResult["qa"];
  readonly resolver: string;
  readonly log: string;
  /** Of event BUILT. */
  readonly told: Readonly<Record<string, unknown>>;
}

/** A build whose autopkgtest waits until a file `/tmp/mbd-go` is in its test bed. */
export interface Waiting {
  readonly source: SourcePackage;
  readonly id: number;
  readonly workDir: string;
}

/** Checks after the build, by the real tools, on real packages, as the service user in its namespaces. */
export interface QaScene {
  readonly instance: Instance;
  readonly packages: Packages;
  /** Sends a package in; lintian is left out unless options say else. */
  send(made: Made): Promise<SourcePackage>;
  ended(source: { source: string; version: string }, end: End): Promise<Ended>;
  checkLog(id: number, tool: string): Promise<string>;
  /** Sends a package whose test waits, and waits for that. */
  sendWaiting(name: string): Promise<Waiting>;
  /** Id of the process that has the build. */
  runnerOf(id: number): number;
  /** Until nothing of a build is left in the work directory. */
  workDirGone(id: number): Promise<void>;
  close(): Promise<void>;
}

export async function createQaScene(): Promise<QaScene> {
  const instance = await startInstance();
  const packages = await createPackages(instance);
  // What is sent in here is not signed.
  const sandbox = `${instance.codename}-${SANDBOX}`;
  const set = await instance.cli(["admin", "set", "distribution", sandbox, "checks_by_uploads=all"]);
  expect(set.exitCode, `${set.stdout}${set.stderr}`).toBe(0);

  async function send({ options = [], ...made }: Made): Promise<SourcePackage> {
    const source = await packages.make({ ...made, options: ["lintian-mode=DISABLED", ...options] });
    const sent = await classicDput(instance, "http", source.changes);
    expect(sent.exitCode, `${sent.stdout}${sent.stderr}`).toBe(0);
    return source;
  }

  async function ended(source: { source: string; version: string }, end: End): Promise<Ended> {
    const event = await waitForEnd(instance, source, end, QA_LIMIT_MS);
    const [build] = await buildsOf(instance, event.packaging);
    if (build === undefined) throw new Error(`no build of ${source.source}`);
    const [row] = instance.rows("SELECT result, message FROM build WHERE id = ?", build.id);
    const { qa, resolver } = JSON.parse(String(row?.result)) as BuildResult;
    const built = (await instance.events()).find(
      ({ type, packaging }) => type === "BUILT" && packaging === event.packaging,
    );
    const { id, reason, log } = build;
    return { id, reason, log, message: String(row?.message), qa, resolver, told: built?.data ?? {} };
  }

  async function checkLog(id: number, tool: string): Promise<string> {
    const { status, text } = await instance.page(`/builds/${id}/log?tool=${tool}`);
    expect(status).toBe(200);
    return text;
  }

  async function sendWaiting(name: string): Promise<Waiting> {
    const tree = tests({ waits: "echo now-waiting; until [ -e /tmp/mbd-go ]; do sleep 0.1; done" });
    const source = await send({ name, options: ["autopkgtest-mode=ERRFAIL"], tree });
    const { packaging } = await instance.waitForEvent({ source: name, type: "BUILDING" }, QA_LIMIT_MS);
    const [build] = await buildsOf(instance, packaging);
    const id = build?.id ?? 0;
    const logged = async () => (await instance.page(`/builds/${id}/log?tool=autopkgtest`)).text;
    await waitFor(async () => ((await logged()).includes("now-waiting") ? true : undefined), {
      timeoutMs: QA_LIMIT_MS,
      what: "the test waits",
    });
    return { source, id, workDir: join(instance.home, "work", String(id)) };
  }

  function runnerOf(id: number): number {
    const [row] = instance.rows("SELECT runner FROM build WHERE id = ?", id);
    return (JSON.parse(String(row?.runner)) as { pid: number }).pid;
  }

  async function workDirGone(id: number): Promise<void> {
    const work = join(instance.home, "work");
    await waitFor(() => (readdirSync(work).includes(String(id)) ? undefined : true), {
      timeoutMs: 120_000,
      what: "the work directory is gone",
    });
  }

  async function close(): Promise<void> {
    await packages.close();
    await instance.close();
  }
  return { instance, packages, send, ended, checkLog, sendWaiting, runnerOf, workDirGone, close };
}

/** `debian/tests` of small shell scripts. */
export function tests(
  scripts: Readonly<Record<string, string>>,
  restrictions: Readonly<Record<string, string>> = {},
) {
  const control = Object.keys(scripts).map(
    (name) => `Tests: ${name}\nDepends: @\nRestrictions: ${restrictions[name] ?? "allow-stderr"}\n`,
  );
  const files = Object.entries(scripts).map(([name, lines]) => [
    `debian/tests/${name}`,
    `#!/bin/sh\nset -e\n${lines}\n`,
  ]);
  return { "debian/tests/control": control.join("\n"), ...Object.fromEntries(files) } as Record<
    string,
    string
  >;
}
