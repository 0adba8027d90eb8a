import type { NewRow, Tx } from "#db";
import { isArchitecture, isComponent } from "#deb";
import { type Clock, isoNow, type Log } from "#platform";
import type { ArchiveDistribution, DistributionOptions, DistributionSpec, PublishQueue } from "../types.ts";
import { findDistribution, insertDistribution, updateDistribution } from "./distribution-store.ts";
import { takePublish, wantPublish } from "./publish-store.ts";
import { withRetention } from "./retention-option.ts";

export interface DistributionDeps {
  readonly queue: PublishQueue;
  readonly clock: Clock;
  readonly log: Log;
}

type SpecRow = Pick<
  NewRow<"archive_distribution">,
  | "repository"
  | "name"
  | "kind"
  | "position"
  | "live_id"
  | "components"
  | "architectures"
  | "release_fields"
  | "options"
  | "rollbacks"
  | "sources_per_component"
>;

/**
 * Makes a distribution or makes it what the specification says, and has it published when that changes anything.
 * @returns id of its `archive_distribution`
 */
export async function ensureDistribution(
  deps: DistributionDeps,
  tx: Tx,
  spec: DistributionSpec,
): Promise<number> {
  checkSpec(spec);
  const known = await findDistribution(tx, spec.repository, spec.name);
  const wanted = await specRow(tx, spec, known);
  const row = known === undefined ? wanted : { ...wanted, ...keepPublished(deps, known, wanted) };
  if (known !== undefined && isSame(known, row)) return known.id;
  const time = isoNow(deps.clock);
  const cause = `${known === undefined ? "add" : "change"} distribution ${spec.name}`;
  const publish = await takePublish(tx, { repository: spec.repository, time, cause });
  const id = known?.id ?? (await insertDistribution(tx, { ...row, ...UNPUBLISHED }));
  if (known !== undefined) await updateDistribution(tx, id, row);
  await wantPublish(
    tx,
    deps.queue,
    [{ id, repository: spec.repository, name: spec.name, kind: spec.kind }],
    publish,
  );
  return id;
}

const UNPUBLISHED = {
  wanted_publish: 0,
  published_publish: 0,
  last_date: null,
  content_sha256: null,
  fence: 0,
} as const;

/** Clients remember these and stop, or ask, when they change. */
const FIXED_FIELDS = [
  "Origin",
  "Label",
  "Suite",
  "Codename",
  "NotAutomatic",
  "ButAutomaticUpgrades",
] as const;

/** What clients have seen of Release stays as it is; the administrator is told. */
function keepPublished(
  deps: DistributionDeps,
  known: ArchiveDistribution,
  wanted: SpecRow,
): Pick<SpecRow, "release_fields"> {
  if (known.published_publish === 0) return { release_fields: wanted.release_fields };
  const before = JSON.parse(known.release_fields) as Record<string, string>;
  const after = JSON.parse(wanted.release_fields) as Record<string, string>;
  const changed = FIXED_FIELDS.filter((name) => before[name] !== after[name]);
  if (changed.length === 0) return { release_fields: wanted.release_fields };
  deps.log.warn(
    { distribution: known.name, fields: changed },
    "fields of a published Release stay as they are",
  );
  const fields = FIELD_ORDER.flatMap((name): [string, string][] => {
    const value = FIXED_FIELDS.some((fixed) => fixed === name) ? before[name] : after[name];
    return value === undefined ? [] : [[name, value]];
  });
  return { release_fields: JSON.stringify(Object.fromEntries(fields)) };
}

const FIELD_ORDER = [
  "Origin",
  "Label",
  "Suite",
  "Version",
  "Codename",
  "NotAutomatic",
  "ButAutomaticUpgrades",
  "Snapshots",
  "Description",
] as const;

/** Header fields that set-up decides. Rollbacks are for people who ask for them: never automatic. */
export function releaseFields(spec: DistributionSpec): Readonly<Record<string, string>> {
  const automatic = spec.kind === "live" && !spec.notAutomatic;
  const upgrades = spec.kind === "live" && spec.butAutomaticUpgrades;
  return {
    Origin: spec.origin,
    Label: spec.name,
    Suite: spec.name,
    ...(spec.version === undefined ? {} : { Version: spec.version }),
    Codename: spec.name,
    ...(automatic ? {} : { NotAutomatic: "yes" }),
    // apt takes it as part of NotAutomatic only.
    ...(automatic ? {} : { ButAutomaticUpgrades: upgrades ? "yes" : "no" }),
    ...(spec.snapshots === undefined ? {} : { Snapshots: spec.snapshots }),
    ...(spec.description === "" ? {} : { Description: spec.description }),
  };
}

/** How long it keeps what is past stays as it is, unless the specification says it. */
function optionsOf(spec: DistributionSpec, known: ArchiveDistribution | undefined): DistributionOptions {
  const before = known === undefined ? {} : (JSON.parse(known.options) as DistributionOptions);
  const options = spec.options ?? {};
  return withRetention(options, options.retention ?? before.retention);
}

async function specRow(
  tx: Tx,
  spec: DistributionSpec,
  known: ArchiveDistribution | undefined,
): Promise<SpecRow> {
  const live = spec.live === undefined ? undefined : await findDistribution(tx, spec.repository, spec.live);
  if (spec.kind === "rollback" && live === undefined) {
    throw new Error(`rollback ${spec.name} has no live distribution`);
  }
  return {
    repository: spec.repository,
    name: spec.name,
    kind: spec.kind,
    position: spec.position ?? null,
    live_id: live?.id ?? null,
    components: JSON.stringify(spec.components),
    architectures: JSON.stringify(spec.architectures),
    release_fields: JSON.stringify(releaseFields(spec)),
    options: JSON.stringify(optionsOf(spec, known)),
    rollbacks: spec.rollbacks,
    sources_per_component: spec.sourcesPerComponent,
  };
}

function isSame(known: ArchiveDistribution, row: SpecRow): boolean {
  const keys = Object.keys(row) as (keyof SpecRow)[];
  return keys.every((key) => known[key] === row[key]);
}

/** Names become directories and lines of Release. */
function checkSpec(spec: DistributionSpec): void {
  const bad =
    spec.components.find((name) => !isComponent(name)) ??
    spec.architectures.find((name) => !isArchitecture(name)) ??
    (/^[a-z0-9][a-z0-9-]*$/.test(spec.name) ? undefined : spec.name) ??
    [spec.origin, spec.description, spec.version ?? "", spec.snapshots ?? ""].find((text) =>
      /[\r\n]/.test(text),
    );
  if (bad !== undefined)
    throw new Error(`${JSON.stringify(bad)} cannot be part of distribution ${spec.name}`);
  if (spec.kind === "rollback" && (spec.position === undefined || spec.live === undefined)) {
    throw new Error(`rollback ${spec.name} needs a position and a live distribution`);
  }
}
