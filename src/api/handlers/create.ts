import type { Handlers } from "../index.ts";
import { type CancelDeps, createCancel } from "./cancel.ts";
import { type CronjobDeps, createCronjob } from "./cronjob.ts";
import { createDebdiffCall, type DebdiffDeps } from "./debdiff.ts";
import { createDebmirror, type DebmirrorDeps } from "./debmirror.ts";
import { createDputConf, type DputConfDeps } from "./dput-conf.ts";
import { createStart, createStop, type EngineDeps } from "./engine.ts";
import { createLs, type LsDeps } from "./ls.ts";
import { createMigrate, type MigrateDeps } from "./migrate.ts";
import { notAvailable } from "./not-available.ts";
import { createPort, type PortDeps } from "./port.ts";
import { createPortExt, type PortExtDeps } from "./port-ext.ts";
import {
  createKeyringPackages,
  createTestPackages,
  type KeyringPackagesDeps,
  type TestPackagesDeps,
} from "./produced-packages.ts";
import { createPubKey } from "./pub-key.ts";
import { createRemakeChroots, type RemakeChrootsDeps } from "./remake-chroots.ts";
import { createRemove, type RemoveDeps } from "./remove.ts";
import { createRetry, type RetryDeps } from "./retry.ts";
import { createSearch, type SearchDeps } from "./search.ts";
import { createSetPriority, type SetPriorityDeps } from "./set-priority.ts";
import { createSetUserKey, type UserKeyDeps } from "./set-user-key.ts";
import { createSetup, type SetupDeps } from "./setup.ts";
import { createSnapshotChanges, createSnapshotLs, type SnapshotsDeps } from "./snapshots.ts";
import { createSourcesList, type SourcesListDeps } from "./sources-list.ts";
import { createStatus, type StatusDeps } from "./status.ts";
import { createSubscribe, createUnsubscribe, type SubscriptionDeps } from "./subscribe.ts";
import { createUploaders, type UploadersDeps } from "./uploaders.ts";

/** What the calls need of the instance; each handler sees only its own part. */
export interface HandlerDeps {
  readonly status: StatusDeps;
  readonly pubKey: { publicKeyArmored(): string };
  readonly dputConf: DputConfDeps;
  readonly sourcesList: SourcesListDeps;
  readonly ls: LsDeps;
  readonly search: SearchDeps;
  readonly migrate: MigrateDeps;
  readonly remove: RemoveDeps;
  readonly snapshots: SnapshotsDeps;
  readonly debdiff: DebdiffDeps;
  readonly debmirror: DebmirrorDeps;
  readonly port: PortDeps;
  readonly portExt: PortExtDeps;
  readonly keyringPackages: KeyringPackagesDeps;
  readonly testPackages: TestPackagesDeps;
  readonly retry: RetryDeps;
  readonly cancel: CancelDeps;
  readonly priorities: SetPriorityDeps;
  readonly setup: SetupDeps;
  readonly engine: EngineDeps;
  readonly subscriptions: SubscriptionDeps;
  readonly userKeys: UserKeyDeps;
  readonly uploaders: UploadersDeps;
  readonly remakeChroots: RemakeChrootsDeps;
  readonly cronjob: CronjobDeps;
}

export function createHandlers(deps: HandlerDeps): Handlers {
  return {
    status: createStatus(deps.status),
    pub_key: createPubKey(deps.pubKey),
    dput_conf: createDputConf(deps.dputConf),
    sources_list: createSourcesList(deps.sourcesList),
    ls: createLs(deps.ls),
    search: createSearch(deps.search),
    migrate: createMigrate(deps.migrate),
    remove: createRemove(deps.remove),
    snapshot_ls: createSnapshotLs(deps.snapshots),
    ...createSnapshotChanges(deps.snapshots),
    port_ext: createPortExt(deps.portExt),
    retry: createRetry(deps.retry),
    cancel: createCancel(deps.cancel),
    set_priority: createSetPriority(deps.priorities),
    setup: createSetup(deps.setup),
    debdiff: createDebdiffCall(deps.debdiff),
    subscribe: createSubscribe(deps.subscriptions),
    unsubscribe: createUnsubscribe(deps.subscriptions),
    set_user_key: createSetUserKey(deps.userKeys),
    port: createPort(deps.port),
    wake: notAvailable("wake"),
    start: createStart(deps.engine),
    stop: createStop(deps.engine),
    uploaders: createUploaders(deps.uploaders),
    keyring_packages: createKeyringPackages(deps.keyringPackages),
    test_packages: createTestPackages(deps.testPackages),
    remake_chroots: createRemakeChroots(deps.remakeChroots),
    cronjob: createCronjob(deps.cronjob),
    debmirror: createDebmirror(deps.debmirror),
    handshake: notAvailable("handshake"),
  };
}
