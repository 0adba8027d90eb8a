import type { AuditEntry, Invoker, Known } from "../index.ts";
import { createInvoker } from "../index.ts";
import { createHandlers, type HandlerDeps } from "./create.ts";
import type { SetupReport } from "./setup.ts";
import type { AptDistribution } from "./sources-list.ts";
import { fakeSubscriptions, fakeUserKeys } from "./testing-people.ts";

/** An instance in memory, for tests of what stands above the API; it keeps state as the real one does. */
export interface FakeInstance {
  readonly invoker: Invoker;
  readonly deps: HandlerDeps;
  readonly audit: AuditEntry[];
  /** Repositories made by `setup`. */
  readonly repositories: string[];
  /** State of packagings by bkey. */
  readonly packagings: Map<string, string>;
  engineRuns: boolean;
}

export const FAKE_KEY = `-----BEGIN PGP PUBLIC KEY BLOCK-----

mDMEZZN0BRYJKwYBBAHaRw8BAQdA0000000000000000000000000000000000000000
=AAAA
-----END PGP PUBLIC KEY BLOCK-----
`;

const FAILED_BKEY = "hello/2.10-3~test12+1/20240102T030000Z/source";

export function createFakeInstance(): FakeInstance {
  const repositories = ["test"];
  const packagings = new Map([[FAILED_BKEY, "FAILED"]]);
  const audit: AuditEntry[] = [];
  const engine = { engineRuns: true };
  const deps = fakeDeps(repositories, packagings, engine);
  const known: Known = {
    async names(key, begin = "") {
      if (key === "repositories") return repositories;
      if (key === "codenames") return ["bookworm"];
      if (key === "suites") return ["stable", "unstable"];
      // As a list that is cut: the rest is there for who asks how it begins.
      if (key === "sources") return begin.startsWith("z") ? ["zoo"] : ["hello"];
      return distributionsOf(repositories).map(({ name }) => name);
    },
  };
  const instance = Object.assign(engine, { deps, audit, repositories, packagings });
  const invoker = createInvoker({
    handlers: createHandlers(deps),
    known,
    running: () => instance.engineRuns,
    audit: (entry) => void audit.push(entry),
  });
  return Object.assign(instance, { invoker });
}

function fakeDeps(
  repositories: string[],
  packagings: Map<string, string>,
  engine: { engineRuns: boolean },
): HandlerDeps {
  return {
    status: {
      version: "0.1.0",
      identity: "acme",
      url: "http://build.example.org:8066",
      incomingUrl: "ftp://build.example.org:8067",
      load: async () => 0.5,
      chroots: async () => ["bookworm:amd64"],
      remotes: async () => [],
      problems: async () => [],
      testPackages: async () => [],
      repositories: async () =>
        repositories.map((identity) => ({ identity, layout: "default", distributions: [] })),
      queue: async () => ({ running: [], waiting: [WAITING], more: true }),
    },
    pubKey: { publicKeyArmored: () => FAKE_KEY },
    dputConf: {
      identity: "acme",
      hostname: "build.example.org",
      url: "http://build.example.org:8066",
      ftpPort: 8067,
    },
    sourcesList: {
      url: "http://build.example.org:8066",
      identity: "acme",
      keyringPath: "/usr/share/keyrings/acme-archive-keyring.gpg",
      publicKeyArmored: () => FAKE_KEY,
      distributions: async () => distributionsOf(repositories),
      extraSources: async () => new Map(),
    },
    ls: { find: async ({ source }) => (source === "hello" ? [HELLO] : []) },
    ...FAKE_REPOSITORY_CALLS,
    debdiff: {
      debdiff: async ({ versionA, versionB }) => `--- hello-${versionA}/x\n+++ hello-${versionB}/x\n`,
    },
    debmirror: {
      distributions: async () => distributionsOf(repositories),
      directory: (destination) => `/var/lib/mini-buildd/mirrors/${destination}`,
      make: async ({ destination, parts }) => ({
        directory: `/var/lib/mini-buildd/mirrors/${destination}`,
        repositories: parts.map(({ repository, distributions }) => ({
          ...{ repository, bytes: 1 },
          distributions: [...distributions],
        })),
      }),
    },
    ...FAKE_PORTS,
    portExt: {
      portExt: async ({ distributions }) =>
        distributions.map((target) => ({ target, version: "2.10-3~test12+1", bkey: FAILED_BKEY })),
    },
    retry: {
      plan: async ({ bkey }) => [`Try ${bkey} again.`],
      async retry({ bkey }) {
        const again = bkey.replace("030000Z", "040000Z");
        packagings.set(again, "QUEUED");
        return { changes: "hello_2.10-3~test12+1_source.changes", bkey: again, packaging: packagings.size };
      },
    },
    cancel: {
      plan: async (bkey) => [`Cancel ${bkey}.`],
      async cancel({ bkey }) {
        packagings.set(bkey, "CANCELLED");
        return { bkey, scope: "packaging", cancelled: [bkey] };
      },
    },
    priorities: { setPriority: async (bkey, priority) => ({ bkey, priority, builds: 1 }) },
    engine: {
      view: () => ({ state: engine.engineRuns ? "running" : "stopped", builds: 1 }),
      waiting: async () => 2,
      async start() {
        engine.engineRuns = true;
      },
      async stop() {
        engine.engineRuns = false;
      },
    },
    subscriptions: fakeSubscriptions(),
    userKeys: fakeUserKeys(),
    uploaders: {
      uploaders: async (names) =>
        Object.fromEntries(
          names.map((name) => [name, { unauthenticated: false, keyrings: [], keys: [], waiting: [] }]),
        ),
    },
    remakeChroots: {
      keys: async () => ["bookworm:amd64"],
      remake: async (keys) => keys.map((key) => ({ key, steps: ["prepare", "check", "activate", "remove"] })),
    },
    cronjob: { names: ["retention"], plan: async () => undefined, run: async () => "nothing went" },
    setup: { setup: async ({ values, dryRun }) => fakeSetup(repositories, values.repositories, dryRun) },
  };
}

function fakeSetup(have: string[], wanted: readonly string[], dryRun: boolean): SetupReport {
  const instances = wanted.map((word) => {
    const [name = word] = word.split("/");
    if (!dryRun && !have.includes(name)) have.push(name);
    return {
      kind: "repository",
      name,
      status: have.includes(name) ? ("ACTIVE" as const) : ("MISSING" as const),
    };
  });
  return { instances, severity: 0, message: "No issues found" };
}

/** Clients do not see what is done to this source, as no space is left. */
const UNPUBLISHED = {
  source: "unpublished",
  answer: {
    ...{ distribution: "bookworm-test-testing", reason: "no space is left" },
    job: "publish test/bookworm-test-testing",
  },
};

/** What these calls do is for the tests of repositories. */
const FAKE_REPOSITORY_CALLS: Pick<HandlerDeps, "search" | "migrate" | "remove" | "snapshots"> = {
  search: { search: async () => ({ matches: [], more: false }) },
  migrate: {
    plan: async ({ source, distribution }) => [`Copy ${source} from ${distribution}.`],
    migrate: async ({ source, distribution: from }) => ({
      ...{ source, version: "2.10-3~test12+1", component: "main", events: [1] },
      steps: [{ from, to: "bookworm-test-testing", replaced: null, rollbacks: [] }],
      ...(source === UNPUBLISHED.source ? { unpublished: [UNPUBLISHED.answer] } : {}),
    }),
  },
  remove: {
    plan: async ({ source, distribution }) => [`Remove ${source} from ${distribution}.`],
    remove: async ({ source, distribution }) => ({
      ...{ source, version: "2.10-3~test12+1", component: "main", distribution, rollbacks: [], events: [1] },
    }),
  },
  snapshots: {
    list: async () => [],
    planCreate: async ({ name }) => [`Keep ${name}.`],
    create: async () => undefined,
    planDelete: async ({ name }) => [`Delete ${name}.`],
    remove: async () => undefined,
  },
};

/** What these calls do is for the tests of packaging. */
const FAKE_PORTS: Pick<HandlerDeps, "port" | "keyringPackages" | "testPackages"> = {
  port: {
    plan: async ({ source, toDistributions }) =>
      toDistributions.map((target) => `Port ${source} to ${target}.`),
    port: async ({ toDistributions }) =>
      toDistributions.map((target) => ({ target, version: "2.10-3~test12+1", bkey: FAILED_BKEY })),
  },
  keyringPackages: {
    targets: async (given) => (given.length > 0 ? given : ["bookworm-test-unstable"]),
    make: async ({ distributions }) => distributions.map((target) => ({ target, version: "1" })),
  },
  testPackages: {
    targets: async (given) => given,
    make: async ({ sources, distributions }) =>
      distributions.flatMap((target) =>
        sources.map((source) => ({ target, source, expected: "INSTALLED", bkey: `${source}/1/t/source` })),
      ),
    wait: async (bkeys) => new Map(bkeys.map((bkey) => [bkey, "FAILED"])),
  },
};

const WAITING = {
  ...{ bkey: `${FAILED_BKEY} amd64`, distribution: "bookworm-test-unstable", state: "QUEUED", priority: 0 },
  ...{ queued_at: "2024-01-02T03:00:00.000Z", waits: "waits for a free slot, next in turn" },
};

const HELLO = {
  distribution: "bookworm-test-unstable",
  version: "2.10-3~test12+1",
  component: "main",
  architectures: ["amd64"],
  binaries: ["hello"],
  dsc_path: "/repositories/test/pool/main/h/hello/hello_2.10-3~test12+1.dsc",
  uploadable: true,
  experimental: false,
  migrates_to: "bookworm-test-testing",
  is_migrated: false,
  rollbacks: [],
};

function distributionsOf(repositories: readonly string[]): AptDistribution[] {
  return repositories.flatMap((repository) =>
    ["stable", "unstable"].map((suite) => ({
      name: `bookworm-${repository}-${suite}`,
      repository,
      codename: "bookworm",
      suite,
      components: ["main", "contrib"],
      architectures: ["amd64", "arm64"],
      rollbacks: 2,
    })),
  );
}
