import type { CallDefinition, Handler } from "./call.ts";
import { cancel } from "./calls/cancel.ts";
import { cronjob } from "./calls/cronjob.ts";
import { debdiff } from "./calls/debdiff.ts";
import { debmirror } from "./calls/debmirror.ts";
import { dputConf } from "./calls/dput-conf.ts";
import { start, stop } from "./calls/engine.ts";
import { ls } from "./calls/ls.ts";
import { migrate } from "./calls/migrate.ts";
import { port } from "./calls/port.ts";
import { portExt } from "./calls/port-ext.ts";
import { keyringPackages, testPackages } from "./calls/produced-packages.ts";
import { pubKey } from "./calls/pub-key.ts";
import { remakeChroots } from "./calls/remake-chroots.ts";
import { handshake, wake } from "./calls/remotes.ts";
import { remove } from "./calls/remove.ts";
import { retry } from "./calls/retry.ts";
import { search } from "./calls/search.ts";
import { setPriority } from "./calls/set-priority.ts";
import { setUserKey } from "./calls/set-user-key.ts";
import { setup } from "./calls/setup.ts";
import { snapshotCreate, snapshotDelete, snapshotLs } from "./calls/snapshots.ts";
import { sourcesList } from "./calls/sources-list.ts";
import { status } from "./calls/status.ts";
import { subscribe, unsubscribe } from "./calls/subscribe.ts";
import { uploaders } from "./calls/uploaders.ts";

/** All calls. Everything else (routes, forms, command line, help) is derived from this table. */
export const CALLS = {
  status,
  pub_key: pubKey,
  dput_conf: dputConf,
  sources_list: sourcesList,
  search,
  ls,
  debdiff,
  snapshot_ls: snapshotLs,
  subscribe,
  unsubscribe,
  set_user_key: setUserKey,
  migrate,
  port,
  port_ext: portExt,
  retry,
  cancel,
  set_priority: setPriority,
  wake,
  remove,
  start,
  stop,
  uploaders,
  snapshot_create: snapshotCreate,
  snapshot_delete: snapshotDelete,
  keyring_packages: keyringPackages,
  test_packages: testPackages,
  remake_chroots: remakeChroots,
  cronjob,
  debmirror,
  setup,
  handshake,
} as const;

export type CallName = keyof typeof CALLS;

/** One handler for each call. */
export type Handlers = { readonly [K in CallName]: Handler<(typeof CALLS)[K]> };

/** Definition by name; calls may be written with `-` for `_`. */
export function findCall(name: string): CallDefinition | undefined {
  const key = name.replaceAll("-", "_");
  return isCallName(key) ? CALLS[key] : undefined;
}

export function isCallName(name: string): name is CallName {
  return Object.hasOwn(CALLS, name);
}

export function allCalls(): readonly CallDefinition[] {
  return Object.values(CALLS);
}
