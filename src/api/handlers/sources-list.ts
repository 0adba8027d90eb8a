import { type AptEntry, type AptKey, formatDeb822, formatOneLine } from "#deb";
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
  readonly extraSources: readonly AptExtraSource[];
}

/** An extra source of a distribution, on its own archive. */
export interface AptExtraSource {
  readonly uri: string;
  readonly suite: string;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  /** Armoured key, or the path of a keyring on the client. */
  readonly key: AptKey;
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
}

type Values = ValuesOfCall<typeof CALLS.sources_list>;

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
      const entries = mergeSuites(wanted.flatMap((item) => ownEntries(deps, values, item)));
      const extra = values.with_extra_sources
        ? mergeSuites(wanted.flatMap((item) => extraEntries(values, item)))
        : [];
      return write(deps, values, [...entries, ...extra]);
    },
  };
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
  if (/^[A-Za-z0-9][A-Za-z0-9.+~_-]{0,99}$/.test(values.snapshot))
    return { base, suffix: `/snapshots/${values.snapshot}` };
  throw new MbdError("bad_argument", {
    argument: "snapshot",
    reason: "it is neither a time stamp YYYYMMDDTHHMMSSZ nor the name of a snapshot",
  });
}

function extraEntries(values: Values, item: AptDistribution): AptEntry[] {
  return item.extraSources.map((extra) => ({
    types: values.types,
    uri: extra.uri,
    suites: [extra.suite],
    components: extra.components,
    architectures: extra.architectures.filter((arch) => item.architectures.includes(arch)),
    options: values.options,
    key: values.key === "none" ? { kind: "none" } : extra.key,
  }));
}

/** Puts suites that differ in nothing else into one entry, so that a key is not repeated for each. */
function mergeSuites(entries: readonly AptEntry[]): AptEntry[] {
  const merged = new Map<string, AptEntry>();
  for (const entry of entries) {
    const key = JSON.stringify({ ...entry, suites: [] });
    const same = merged.get(key);
    const suites = [...new Set([...(same?.suites ?? []), ...entry.suites])];
    merged.set(key, { ...entry, suites });
  }
  return [...merged.values()];
}

function write(deps: SourcesListDeps, values: Values, entries: readonly AptEntry[]): string {
  const title = `# mini-buildd instance ${deps.identity} (${deps.url})\n`;
  if (values.format === "deb822") return `${title}\n${entries.map(formatDeb822).join("\n")}`;
  const note =
    values.key === "none"
      ? ""
      : `# Key of the instance: ${deps.url}/api/pub_key, expected at ${deps.keyringPath}\n`;
  return `${title}${note}${entries.map(formatOneLine).join("")}`;
}
