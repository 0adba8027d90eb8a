import {
  type AptEntry,
  type AptKey,
  formatDeb822,
  formatOneLine,
  isSnapshotName,
  SNAPSHOT_NAME_RULE,
} from "#deb";
import { armorKeyring, fingerprintsOf } from "#keys";
import { MbdError } from "#platform";
import { type CALLS, type Handler, rollbackRange, type ValuesOfCall } from "../index.ts";

/** A live distribution as apt clients see it. */
export interface AptDistribution {
  /** Distribution string. */
  readonly name: string;
  readonly repository: string;
  readonly codename: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Without `all`. */
  readonly architectures: readonly string[];
  /** How many rollbacks the suite keeps. */
  readonly rollbacks: number;
}

/** An extra source of a distribution, on its own archive. */
export interface AptExtraSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  /** Without `all`. */
  readonly architectures: readonly string[];
  /** Binary OpenPGP keys. */
  readonly keyring: Uint8Array;
  readonly checkValidUntil: boolean;
}

export interface SourcesListDeps {
  /** Address without a slash at its end. */
  readonly url: string;
  readonly identity: string;
  /** Where the keyring package puts the key. */
  readonly keyringPath: string;
  publicKeyArmored(): string;
  /** Live distributions of active repositories, sorted by name. */
  distributions(): Promise<readonly AptDistribution[]>;
  /** Extra sources of live distributions by their names. */
  extraSources(): Promise<ExtraSources>;
}

type ExtraSources = ReadonlyMap<string, readonly AptExtraSource[]>;

/** How a text is written, whatever distributions it is about. */
type Values = Omit<ValuesOfCall<typeof CALLS.sources_list>, "repositories" | "codenames" | "suites">;

export function createSourcesList(deps: SourcesListDeps): Handler<typeof CALLS.sources_list> {
  return {
    async run(values) {
      const wanted = (await deps.distributions()).filter(
        (item) =>
          values.repositories.includes(item.repository) &&
          values.codenames.includes(item.codename) &&
          values.suites.includes(item.suite),
      );
      if (wanted.length === 0)
        throw new MbdError("not_found", {
          what: "A distribution with these repositories, codenames and suites",
        });
      const extra: ExtraSources = values.with_extra_sources ? await deps.extraSources() : new Map();
      return textFor(deps, values, wanted, extra);
    },
  };
}

/** What the call says unless it is told more. */
const PLAIN: Values = {
  ...{ types: ["deb"], format: "deb822", options: [], rollbacks: 0 },
  ...{ snapshot: "", mirror: "", with_extra_sources: false, key: "inline" },
};

/** What `sources_list` says for one distribution alone, with the first so many of its rollbacks; reads nothing. */
export function sourcesText(deps: SourcesListDeps, item: AptDistribution, rollbacks = 0): string {
  return textFor(deps, { ...PLAIN, rollbacks }, [item], new Map());
}

function textFor(
  deps: SourcesListDeps,
  values: Values,
  wanted: readonly AptDistribution[],
  known: ExtraSources,
): string {
  const entries = mergeSuites(wanted.flatMap((item) => ownEntries(deps, values, item)));
  const extra = mergeSuites(wanted.flatMap((item) => extraEntries(values, item, known.get(item.name) ?? [])));
  return write(deps, values, [...entries, ...extra]);
}

function ownEntries(deps: SourcesListDeps, values: Values, item: AptDistribution): AptEntry[] {
  const { base, suffix } = placeOf(deps, values, item.repository);
  const names = [
    item.name,
    ...rollbackRange(values.rollbacks, item.rollbacks).map((number) => `${item.name}-rollback${number}`),
  ];
  return [
    {
      types: values.types,
      uri: base,
      suites: names.map((name) => `${name}${suffix}`),
      components: item.components,
      architectures: item.architectures,
      options: values.options,
      key: ownKey(deps, values),
    },
  ];
}

/** One-line sources cannot hold a key, so they name the file it is put to. */
function ownKey(deps: SourcesListDeps, values: Values): AptKey {
  if (values.key === "none") return { kind: "none" };
  return values.key === "inline" && values.format === "deb822"
    ? { kind: "inline", armored: deps.publicKeyArmored() }
    : { kind: "path", path: deps.keyringPath };
}

/** A moment is an archive root of its own; a named snapshot is a suite below its distribution (archive.md, layout). */
function placeOf(deps: SourcesListDeps, values: Values, repository: string) {
  const root = values.mirror === "" ? `${deps.url}/repositories` : values.mirror.replace(/\/+$/, "");
  const base = `${root}/${repository}/`;
  if (values.snapshot === "") return { base, suffix: "" };
  if (/^[0-9]{8}T[0-9]{6}Z$/.test(values.snapshot))
    return { base: `${base}snapshots/${values.snapshot}/`, suffix: "" };
  if (isSnapshotName(values.snapshot)) return { base, suffix: `/snapshots/${values.snapshot}` };
  throw new MbdError("bad_argument", {
    argument: "snapshot",
    reason: `it is neither a time stamp YYYYMMDDTHHMMSSZ nor the name of a snapshot (${SNAPSHOT_NAME_RULE})`,
  });
}

/** They are where they are: mirror, snapshot and rollbacks are of the repositories here. */
function extraEntries(
  values: Values,
  item: AptDistribution,
  extraSources: readonly AptExtraSource[],
): AptEntry[] {
  return extraSources
    .map((extra) => ({
      types: values.types,
      uri: extra.uri,
      suites: [extra.suite],
      components: extra.components.filter((component) => item.components.includes(component)),
      architectures: extra.architectures.filter((arch) => item.architectures.includes(arch)),
      options: extraOptions(values, extra),
      key: extraKey(values, extra),
    }))
    .filter(({ components, architectures }) => components.length > 0 && architectures.length > 0);
}

function extraOptions({ options }: Values, { checkValidUntil }: AptExtraSource): readonly string[] {
  const isSaid = options.some((option) => option.startsWith("check-valid-until="));
  return checkValidUntil || isSaid ? options : [...options, "check-valid-until=no"];
}

/** Where a client has the keys of others nobody here knows; which ones they are can be said in any text. */
function extraKey(values: Values, { keyring }: AptExtraSource): AptKey {
  if (values.key === "none") return { kind: "none" };
  if (values.key === "inline" && values.format === "deb822")
    return { kind: "inline", armored: armorKeyring(keyring) };
  const fingerprints = fingerprintsOf(keyring);
  return fingerprints.length === 0 ? { kind: "none" } : { kind: "fingerprints", fingerprints };
}

/** Puts suites that differ in nothing else into one entry, so that a key is not repeated for each. */
function mergeSuites(entries: readonly AptEntry[]): AptEntry[] {
  if (entries.length < 2) return [...entries];
  const merged = new Map<string, AptEntry>();
  for (const entry of entries) {
    const key = JSON.stringify({ ...entry, suites: [] });
    const same = merged.get(key);
    const suites = [...new Set([...(same?.suites ?? []), ...entry.suites])];
    merged.set(key, { ...entry, suites });
  }
  return [...merged.values()];
}

const OTHER_KEYS =
  "# Keys of extra sources are named by their fingerprints: apt must have them, in /etc/apt/trusted.gpg.d.\n";

function write(deps: SourcesListDeps, values: Values, entries: readonly AptEntry[]): string {
  const others = entries.some(({ key }) => key.kind === "fingerprints") ? OTHER_KEYS : "";
  const title = `# mini-buildd instance ${deps.identity} (${deps.url})\n${others}`;
  if (values.format === "deb822") return `${title}\n${entries.map(formatDeb822).join("\n")}`;
  const note =
    values.key === "none"
      ? ""
      : `# Key of the instance: ${deps.url}/api/pub_key, expected at ${deps.keyringPath}\n`;
  return `${title}${note}${entries.map(formatOneLine).join("")}`;
}
