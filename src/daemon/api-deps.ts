import type { HandlerDeps } from "#api/handlers";
import { keyringPath } from "#deb";
import {
  cancel,
  createDebdiff,
  planCancel,
  planRetry,
  portExt,
  retry,
  setPriority,
  testReports,
} from "#packaging";
import { searchAll } from "#web";
import type { Addresses } from "./addresses.ts";
import { actorOf, changeCalls } from "./api-changes.ts";
import { portCalls } from "./api-ports.ts";
import {
  activeChroots,
  aptDistributions,
  statusProblems,
  statusQueue,
  statusRepositories,
} from "./api-views.ts";
import type { Engine } from "./engine.ts";
import { aptExtraSources } from "./extra-sources.ts";
import type { Foundation } from "./foundation.ts";
import { findSources } from "./ls-view.ts";
import { uploadersOf } from "./uploaders.ts";

/** Binds the handlers of all calls to the services that do them. */
export function handlerDeps(
  foundation: Foundation,
  engine: Engine,
  addresses: Addresses,
  facts: { readonly version: string; readonly slots: number; load(): number },
): HandlerDeps {
  const { accounts, db, clock, identity, hostname, signer } = foundation;
  return {
    status: {
      version: facts.version,
      identity,
      url: addresses.url,
      incomingUrl: addresses.incomingUrl,
      load: async () => facts.load(),
      chroots: () => activeChroots(db),
      remotes: async () => [],
      problems: () => statusProblems(db, clock.now()),
      testPackages: () => testReports(db),
      repositories: () => statusRepositories(db),
      queue: () =>
        statusQueue(db.read, {
          ...{ now: clock.now(), slots: facts.slots },
          engine: engine.engineSwitch.state(),
        }),
    },
    pubKey: signer,
    dputConf: { identity, hostname, url: addresses.url, ftpPort: addresses.ftpPort },
    sourcesList: {
      url: addresses.url,
      identity,
      keyringPath: keyringPath(identity),
      publicKeyArmored: signer.publicKeyArmored,
      distributions: () => aptDistributions(db),
      extraSources: () => aptExtraSources(db),
    },
    ls: { find: (query) => findSources(db, engine.archive, query) },
    search: { search: (query) => searchAll(db.read, query) },
    ...changeCalls({ ...foundation, archive: engine.archive }),
    debdiff: { debdiff: createDebdiff(engine.packaging) },
    debmirror: { distributions: () => aptDistributions(db), ...engine.mirrors },
    ...portCalls(engine.packaging),
    portExt: {
      portExt: ({ principal, ...request }) =>
        portExt(engine.packaging, { ...request, requestedBy: principal.name }),
    },
    retry: {
      plan: ({ bkey, rebuildAll }) => planRetry(engine.packaging, bkey, rebuildAll),
      retry: ({ bkey, rebuildAll, principal }) =>
        retry(engine.packaging, bkey, rebuildAll, actorOf(principal)),
    },
    cancel: {
      plan: (bkey) => planCancel(engine.packaging, bkey),
      cancel: ({ bkey, principal }) => cancel(engine.packaging, bkey, actorOf(principal)),
    },
    priorities: { setPriority: (bkey, priority) => setPriority(engine.packaging, bkey, priority) },
    engine: {
      view: () => ({ state: engine.engineSwitch.state(), builds: engine.engineSwitch.builds() }),
      waiting: engine.engineSwitch.waiting,
      start: ({ forceCheck, principal }) =>
        engine.engineSwitch.start({ forceCheck, actor: actorOf(principal) }),
      stop: ({ drain, principal }) => engine.engineSwitch.stop({ drain, actor: actorOf(principal) }),
    },
    subscriptions: accounts.subscriptions,
    userKeys: accounts.keys,
    remakeChroots: { keys: engine.chroots.keys, remake: engine.chroots.remakeNow },
    cronjob: { names: engine.cron.names, plan: engine.planOfWork, run: engine.cron.runNow },
    uploaders: { uploaders: (repositories) => uploadersOf(db.read, repositories) },
    setup: {
      setup: ({ values, dryRun }) =>
        engine.setup({
          archives: values.archives,
          archivesFromAptSources: values.archives_from_apt_sources,
          sources: values.sources,
          distributions: values.distributions,
          repositories: values.repositories,
          requireSignatures: values.require_signatures,
          allowUnauthenticatedUploads: values.allow_unauthenticated_uploads,
          chroots: values.chroots,
          chrootsFromSources: values.chroots_from_sources,
          dryRun,
        }),
    },
  };
}
