import { readFile } from "node:fs/promises";
import type { Database } from "#db";
import { toBinaryKeyring } from "#keys";
import { errorText, exists, MbdError } from "#platform";
import { findSourceByName, type NewSource, type SourceService, sourceName } from "#sources";
import type { SetupInstance } from "./report.ts";
import type { SetupRequest } from "./setup-request.ts";

export interface SetupSourcesDeps {
  readonly db: Database;
  readonly sources: SourceService;
}

/** Adds the wanted sources and checks each new one at once, so that what builds on them knows what they have. */
export async function setUpSources(deps: SetupSourcesDeps, request: SetupRequest): Promise<SetupInstance[]> {
  const instances: SetupInstance[] = [];
  for (const source of await wantedSources(deps, request)) {
    instances.push(
      ...source.archives.map((url): SetupInstance => ({ kind: "archive", name: url, status: "EXISTS" })),
    );
    instances.push(await setUpSource(deps, source, request.dryRun));
  }
  return instances.filter(
    (each, index) => instances.findIndex((it) => it.kind === each.kind && it.name === each.name) === index,
  );
}

async function setUpSource(
  deps: SetupSourcesDeps,
  wanted: NewSource,
  dryRun: boolean,
): Promise<SetupInstance> {
  const name = sourceName(wanted);
  const known = await findSourceByName(deps.db.read, wanted.origin, wanted.codename);
  if (known === undefined && dryRun)
    return { kind: "source", name, status: "MISSING", message: "would be added" };
  const id = known?.id ?? (await deps.db.write((tx) => deps.sources.add(tx, wanted)));
  if (known?.state === "active") return { kind: "source", name, status: "ACTIVE" };
  try {
    await deps.sources.check(id);
    return { kind: "source", name, status: "ACTIVE" };
  } catch (error) {
    return { kind: "source", name, status: "FAILED", message: errorText(error) };
  }
}

async function wantedSources(deps: SetupSourcesDeps, request: SetupRequest): Promise<NewSource[]> {
  const wanted: NewSource[] = request.archivesFromAptSources
    ? [...(await deps.sources.machineSources())]
    : [];
  for (const text of request.sources) {
    const [, origin = "Debian", codename = text] = /^(?:([^:]+):)?(.+)$/.exec(text) ?? [];
    const archives = request.archives.map((url) => (url.endsWith("/") ? url : `${url}/`));
    if (wanted.some((source) => source.origin === origin && source.codename === codename)) continue;
    if (archives.length === 0) {
      throw new MbdError("bad_argument", {
        argument: "sources",
        reason: `which archive serves ${text}? Name it with --archives`,
      });
    }
    wanted.push({ origin, codename, archives, keyring: await vendorKeyring(origin) });
  }
  return wanted;
}

async function vendorKeyring(origin: string): Promise<Uint8Array> {
  const path = `/usr/share/keyrings/${origin.toLowerCase()}-archive-keyring.gpg`;
  if (!/^[A-Za-z]+$/.test(origin) || !(await exists(path))) {
    throw new MbdError("bad_argument", {
      argument: "sources",
      reason: `there is no keyring ${path} for origin '${origin}'`,
    });
  }
  return toBinaryKeyring(await readFile(path));
}
