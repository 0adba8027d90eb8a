import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { AdminService, ArchiveAdmin, ArchiveReport, ArchiveRequest } from "#api";
import type { CliDeps, ServeOptions } from "./deps.ts";
import { type FakeServer, startFakeServer } from "./fake-server.ts";
import { runCli } from "./run.ts";

/** The command line in a test: what it wrote, and what was asked of the program. */
export interface TestCli {
  readonly dir: string;
  readonly deps: CliDeps;
  readonly served: ServeOptions[];
  readonly opened: string[];
  readonly became: string[];
  /** The archives of homes without a daemon. */
  readonly homeArchive: FakeArchive;
  /** Questions asked on the terminal. */
  readonly asked: string[];
  /** Answers to them, in order. */
  readonly answers: string[];
  env: Record<string, string | undefined>;
  terminal: boolean;
  input: string;
  interrupt(): void;
  run(...argv: string[]): Promise<{ code: number; out: string; err: string }>;
  /** What is written so far by a run that goes on. */
  out(): string;
  err(): string;
}

export interface FakeArchive extends ArchiveAdmin {
  readonly asked: { request: ArchiveRequest; files: readonly string[] }[];
  report: ArchiveReport;
}

export function createTestCli(): TestCli {
  const dir = mkdtempSync(join(tmpdir(), "mbd-cli-"));
  onTestFinished(() => rmSync(dir, { recursive: true }));
  const interrupt = new AbortController();
  const written = { out: "", err: "" };
  const served: ServeOptions[] = [];
  const opened: string[] = [];
  const became: string[] = [];
  const asked: string[] = [];
  const answers: string[] = [];
  const homeArchive: FakeArchive = {
    asked: [],
    report: { lines: ["done"], result: { done: true } },
    async run(request, { files, progress }) {
      homeArchive.asked.push({ request, files });
      progress({ what: "reading", done: 1, total: 2 });
      return homeArchive.report;
    },
  };
  const state = { env: { HOME: dir } as Record<string, string | undefined>, terminal: false, input: "" };
  const deps: CliDeps = {
    version: "0.1.0",
    io: {
      out(text) {
        written.out += text;
      },
      err(text) {
        written.err += text;
      },
      get outIsTerminal() {
        return state.terminal;
      },
      get errIsTerminal() {
        return state.terminal;
      },
      get inIsTerminal() {
        return state.terminal;
      },
      get env() {
        return state.env;
      },
      readInput: async () => state.input,
      async ask(question) {
        asked.push(question);
        return answers.shift() ?? "";
      },
      interrupted: interrupt.signal,
    },
    owner: {
      uid: () => process.getuid?.() ?? -1,
      become: ({ uid, gid }) => void became.push(`${uid}:${gid}`),
      run: () => "",
    },
    serve: async (options) => void served.push(options),
    openHome: async (home) => {
      opened.push(`open ${home}`);
      return { admin: homeAdmin, close: async () => void opened.push("close") };
    },
    openArchive: async (home) => {
      opened.push(`open archive ${home}`);
      const archive: ArchiveAdmin = { run: async (request, io) => await homeArchive.run(request, io) };
      return { archive, close: async () => void opened.push("close") };
    },
  };
  return Object.assign(state, {
    homeArchive,
    ...{ dir, deps, served, opened, became, asked, answers },
    interrupt: () => interrupt.abort(),
    async run(...argv: string[]) {
      written.out = "";
      written.err = "";
      const code = await runCli(argv, deps);
      return { code, ...written };
    },
    out: () => written.out,
    err: () => written.err,
  });
}

const homeAdmin: AdminService = {
  createToken: async () => ({ secret: "home-secret" }),
  listTokens: async () => ({ tokens: [] }),
  revokeToken: async ({ token }) => ({ id: 7, name: token }),
  setEmail: async () => undefined,
  saveUser: async ({ level = "ADMIN" }) => ({ password: "home-password", level }),
  addKey: async ({ repository }) => ({
    ...{ fingerprint: "B".repeat(40), userId: `somebody for ${repository}`, may: repository },
  }),
  listUsers: async () => ({ users: [] }),
  resetUser: async ({ name }) => ({ address: `home-address of ${name}` }),
  disableUser: async () => undefined,
  activateUser: async () => undefined,
  settings: async ({ command }) => ({ text: `home ${command}\n`, notes: [], result: { command } }),
  addHook: async ({ secret }) => (secret === undefined ? { secret: "home-hook-secret" } : {}),
  listHooks: async () => ({ hooks: [] }),
  removeHook: async () => undefined,
  testHook: async () => undefined,
  retention: async () => ({ lines: [] }),
  pin: async () => undefined,
};

/** An instance to talk to, by its address and by the control socket of its home. */
export async function startTestInstance(): Promise<FakeServer & { readonly home: string }> {
  const home = mkdtempSync(join(tmpdir(), "mbd-cli-"));
  const server = await startFakeServer(join(home, "run", "control.sock"));
  onTestFinished(async () => {
    await server.close();
    rmSync(home, { recursive: true });
  });
  return Object.assign(server, { home });
}
