import { buildBlocks } from "#blocks";
import {
  type AptDescription,
  type BuildLimits,
  type BuildRequest,
  DEFAULT_LIMITS,
  type QaMode,
} from "#builds";
import type { Database, Row } from "#db";
import { lookupUploadOption, type UploadOption } from "#deb";
import { type BlobStore, proxiedAddress } from "#platform";
import { distributionName, type ResolvedDistribution, resolveDistribution } from "#repositories";
import { buildOptionsFor, buildProfilesFor } from "./build-profiles.ts";
import { extraSources } from "./build-sources.ts";
import { checkMode } from "./check-modes.ts";
import { sourceOf } from "./packaged-source.ts";
import { findPackaging } from "./packaging-store.ts";
import type { FindPoolFile } from "./source-files.ts";
import { findUpload, type Upload } from "./upload-store.ts";

export interface DescribeDeps {
  readonly db: Database;
  readonly blobs: BlobStore;
  readonly findPoolFile: FindPoolFile;
  readonly instanceKey: { publicKeyBinary(): Uint8Array };
  /** Where builds reach the own repositories and the caching proxy, both on loopback. */
  ports(): { readonly http: number; readonly proxy: number };
  /** Where the configuration says other than the defaults. */
  readonly buildLimits?: Partial<BuildLimits>;
}

/** All that a worker needs to know for one build (builds.md 1), from rows only. */
export async function describeBuild(deps: DescribeDeps, buildId: number): Promise<BuildRequest> {
  const { db } = deps;
  const build = await db.read
    .selectFrom("build")
    .selectAll()
    .where("id", "=", buildId)
    .executeTakeFirstOrThrow();
  const packaging = await findPackaging(db.read, build.packaging_id);
  if (packaging === undefined) throw new Error(`build ${buildId} has no packaging`);
  const target = await resolveDistribution(db.read, packaging.distribution);
  const { dsc, files } = await sourceOf(deps, packaging);
  const uploaded = JSON.parse(packaging.options) as UploadOption[];
  const upload = await findUpload(db.read, packaging.upload_id);
  const options = optionsFor(uploaded, build.arch, target.distribution, {
    lintianOptions: upload?.origin === "internal" ? OF_OUR_ADDRESS : [],
    signed: typeof upload?.signer === "string",
  });
  return {
    build: build.id,
    bkey: build.bkey,
    source: packaging.source,
    version: packaging.version,
    distribution: packaging.distribution,
    ...requestedBy(upload, packaging.distribution),
    codename: build.codename,
    arch: build.arch,
    buildAny: build.build_any === 1,
    buildAll: build.build_all === 1,
    files: [dsc, ...files],
    apt: await describeApt(deps, target, options.priority),
    tool: {
      ...options.tool,
      blocks: await buildBlocks(db.read, JSON.parse(target.distribution.blocks) as string[]),
    },
    qa: { experimental: target.suite.experimental === 1, ...options.qa },
    limits: { ...DEFAULT_LIMITS, ...deps.buildLimits },
  };
}

/** By what other name the upload asked for the distribution: its changelog has that one (names-and-versions.md 5.4). */
function requestedBy(
  upload: Pick<Upload, "requested_distribution"> | undefined,
  distribution: string,
): Pick<BuildRequest, "requestedDistribution"> {
  const requested = upload?.requested_distribution ?? distribution;
  return requested === distribution ? {} : { requestedDistribution: requested };
}

/**
 * What is made here has the address of the instance in its changelog; on a machine without a domain lintian objects to
 * that, which is nothing that the package could do about.
 */
const OF_OUR_ADDRESS = ["--suppress-tags=bogus-mail-host,bogus-mail-host-in-debian-changelog"];

/** What is to know of the upload besides its options. */
interface OfUpload {
  readonly lintianOptions: readonly string[];
  /** By a key that the instance knows; without one it was let in unauthenticated. */
  readonly signed: boolean;
}

/** Settings of the distribution, where the upload does not say otherwise for this architecture. */
function optionsFor(
  options: readonly UploadOption[],
  arch: string,
  distribution: Row<"distribution">,
  upload: OfUpload,
) {
  const lintianMode = lookupUploadOption(options, "lintian-mode", arch) ?? distribution.lintian_mode;
  const lintianOptions = [
    ...upload.lintianOptions,
    ...(JSON.parse(distribution.lintian_extra_options) as string[]),
    ...(lintianMode === "WARNFAIL" ? (JSON.parse(distribution.lintian_warnfail_options) as string[]) : []),
  ];
  return {
    priority:
      lookupUploadOption(options, "internal-apt-priority", arch) ?? distribution.internal_apt_priority,
    tool: {
      resolver: distribution.build_dep_resolver as "auto",
      addDepends: [...(lookupUploadOption(options, "add-depends", arch) ?? [])],
      debBuildOptions: [...buildOptionsFor(options, arch, distribution)],
      debBuildProfiles: [...buildProfilesFor(options, arch, distribution)],
    },
    qa: {
      lintian: { mode: lintianMode as QaMode, options: lintianOptions },
      autopkgtest: { mode: checkMode("autopkgtest", options, arch, distribution, upload.signed) },
      piuparts: { mode: checkMode("piuparts", options, arch, distribution, upload.signed) },
    },
  };
}

async function describeApt(
  deps: DescribeDeps,
  target: ResolvedDistribution,
  priority: number,
): Promise<AptDescription> {
  const { http, proxy } = deps.ports();
  const components = JSON.parse(target.distribution.components) as string[];
  const extra = (await extraSources(deps.db.read, target.distribution))
    // One that has none of the distribution's components is no source of it; of an unchecked one nobody knows.
    .filter(({ source }) => source.state !== "active" || componentsOf(source, components).length > 0)
    .map((each) => ({
      ...describeSource(each.source, components),
      ...{ pin: pinOf(each.source), priority: each.priority },
    }));
  return {
    base: describeSource(target.source, components),
    extra,
    own: ownSuites(target).map((suite) => ({
      uri: `http://127.0.0.1:${http}/repositories/${target.repository.identity}/`,
      suite: distributionName(target, suite),
      components,
      origin: target.repository.origin,
      priority,
    })),
    ownKey: Buffer.from(deps.instanceKey.publicKeyBinary()).toString("base64"),
    proxy: { port: proxy },
  };
}

function describeSource(source: Row<"source">, components: readonly string[]) {
  return {
    name: `${source.origin}-${source.codename}`.toLowerCase().replaceAll(/[^a-z0-9-]+/g, "-"),
    uris: (JSON.parse(source.archives) as string[]).slice(0, 1).map(proxiedAddress),
    suite: source.codename,
    components: componentsOf(source, components),
    key: source.keyring,
    checkValidUntil: source.check_valid_until === 1,
  };
}

/** Those that the source and the distribution have. */
function componentsOf(source: Row<"source">, components: readonly string[]): string[] {
  const has = JSON.parse(source.components) as string[];
  return components.filter(
    (name) => has.includes(`${source.remove_from_component}${name}`) || has.includes(name),
  );
}

function pinOf(source: Row<"source">) {
  const match = JSON.parse(source.match) as {
    suite?: string;
    archive?: string;
    version?: string;
    label?: string;
  };
  return {
    o: source.origin,
    n: source.codename,
    ...(match.suite === undefined ? {} : { a: match.suite }),
    ...(match.version === undefined ? {} : { v: match.version }),
    ...(match.label === undefined ? {} : { l: match.label }),
  };
}

/** Own suite first, then: for an experimental one all others that are not, else the chain of `migrates_to` (builds.md 4). */
export function ownSuites(target: ResolvedDistribution): string[] {
  const { suite, suites } = target;
  if (suite.experimental)
    return [suite.name, ...suites.filter((row) => !row.experimental).map((row) => row.name)];
  const chain = [suite.name];
  for (let next = suite.migrates_to; next !== null && !chain.includes(next); ) {
    chain.push(next);
    next = suites.find((row) => row.name === next)?.migrates_to ?? null;
  }
  return chain;
}
