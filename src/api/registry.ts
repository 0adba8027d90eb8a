import type { CallDefinition, Handler } from "./call.ts";
import { cancel } from "./calls/cancel.ts";
import { dputConf } from "./calls/dput-conf.ts";
import { ls } from "./calls/ls.ts";
import { portExt } from "./calls/port-ext.ts";
import { pubKey } from "./calls/pub-key.ts";
import { retry } from "./calls/retry.ts";
import { setup } from "./calls/setup.ts";
import { sourcesList } from "./calls/sources-list.ts";
import { status } from "./calls/status.ts";

/** All calls. Everything else (routes, forms, command line, help) is derived from this table. */
export const CALLS = {
  status,
  pub_key: pubKey,
  dput_conf: dputConf,
  sources_list: sourcesList,
  ls,
  port_ext: portExt,
  retry,
  cancel,
  setup,
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
