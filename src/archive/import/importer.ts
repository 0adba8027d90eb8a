import { type BlobBatch, type BlobStore, MbdError } from "#platform";
import { type DebInput, readDebs, readDsc, readSource } from "../bulk/index.ts";
import { refuseTwice } from "../prepare.ts";
import type { AddRequest, ChangeRequest, InstallRequest } from "../suites/index.ts";
import type { DebReader, PreparedPackage, PreparedRelease } from "../types.ts";
import { type Content, type FetchDeps, fetchFiles } from "./fetch-files.ts";
import {
  type DistributionImport,
  fileNameOf,
  type LooseImport,
  type Refuse,
  type ReleaseImport,
} from "./plan-import.ts";
import type { BinaryEntry, SourceEntry } from "./read-index.ts";

export interface ImporterDeps extends FetchDeps {
  readonly blobs: BlobStore;
  readonly batch: BlobBatch;
  readonly readDeb: DebReader;
  readonly refuse: Refuse;
}

/** A step whose files are in the store. */
export interface Ready {
  /** Packages of the plan that it settles, refused ones too. */
  readonly count: number;
  requests(distribution: string): ChangeRequest[];
  /** The same, each part for itself. */
  split(distribution: string): ChangeRequest[];
}

/** Packages of one step: enough to share the costs of a transaction, little enough to lose. */
const STEP = { packages: 300, bytes: 48 * 1024 * 1024 };

/** Either a release or a loose package. */
type Item = ReleaseImport | LooseImport;

/** Fetches and reads what a plan names, step by step. */
export function createImporter(deps: ImporterDeps, stepPackages = STEP.packages) {
  return {
    async *steps(plan: DistributionImport): AsyncGenerator<Ready, void, undefined> {
      for (const step of inSteps([...plan.releases, ...plan.loose], stepPackages)) {
        const ready = await readStep(deps, plan.target.repository, step);
        await deps.batch.commit();
        yield ready;
      }
    },
  };
}

function* inSteps(items: readonly Item[], stepPackages: number): Generator<Item[]> {
  let step: Item[] = [];
  let packages = 0;
  let bytes = 0;
  for (const item of items) {
    step.push(item);
    packages += 1 + ("kind" in item ? 0 : item.binaries.length);
    bytes += bytesOf(item);
    if (packages < stepPackages && bytes < STEP.bytes) continue;
    yield step;
    [step, packages, bytes] = [[], 0, 0];
  }
  if (step.length > 0) yield step;
}

function bytesOf(item: Item): number {
  const sum = (files: readonly { readonly sizeBytes: number }[]) =>
    files.reduce((total, file) => total + file.sizeBytes, 0);
  if (!("kind" in item)) return sum(item.source.files) + sum(item.binaries.map(({ file }) => file));
  return item.kind === "binary" ? item.binary.file.sizeBytes : sum(item.source.files);
}

async function readStep(deps: ImporterDeps, repository: string, step: readonly Item[]): Promise<Ready> {
  const binaries = step.flatMap((item) =>
    "kind" in item ? (item.kind === "binary" ? [item.binary] : []) : item.binaries,
  );
  const read = await readBinaries(deps, binaries);
  const releases: PreparedRelease[] = [];
  const loose: { component: string; item: PreparedPackage }[] = [];
  const addLoose = (component: string, items: readonly PreparedPackage[]) => {
    loose.push(...items.map((item) => ({ component, item })));
  };
  for (const item of step) {
    if ("kind" in item && item.kind === "binary") {
      addLoose(item.binary.component, found(read, [item.binary]));
      continue;
    }
    const { component } = item.source;
    const source = await readOneSource(deps, item.source);
    const built = "kind" in item ? [] : found(read, item.binaries);
    if (source === undefined || "kind" in item) {
      addLoose(component, source === undefined ? built : [source]);
      continue;
    }
    try {
      const packages = [source, ...built];
      refuseTwice(packages);
      const { name, version } = source;
      const none = { bkey: null, buildinfos: [], changes: [] };
      releases.push({ repository, component, source: name, version, packages, ...none });
    } catch (error) {
      if (!(error instanceof MbdError)) throw error;
      deps.refuse(error);
    }
  }
  return ready(releases, loose, binaries.length + step.filter((item) => "source" in item).length);
}

function ready(
  releases: readonly PreparedRelease[],
  loose: readonly { readonly component: string; readonly item: PreparedPackage }[],
  count: number,
): Ready {
  const installs = (distribution: string): InstallRequest[] =>
    releases.map((release) => ({ kind: "install", distribution, release }));
  const add = (distribution: string, component: string, packages: PreparedPackage[]): AddRequest => ({
    kind: "add",
    distribution,
    component,
    packages,
    lower: "skip",
  });
  const components = [...new Set(loose.map(({ component }) => component))];
  return {
    count,
    requests: (distribution) => [
      ...installs(distribution),
      ...components.map((component) =>
        add(
          distribution,
          component,
          loose.filter((one) => one.component === component).map(({ item }) => item),
        ),
      ),
    ],
    split: (distribution) => [
      ...installs(distribution),
      ...loose.map(({ component, item }) => add(distribution, component, [item])),
    ],
  };
}

async function readBinaries(
  deps: ImporterDeps,
  entries: readonly BinaryEntry[],
): Promise<Map<BinaryEntry, PreparedPackage>> {
  const contents = await fetchFiles(
    deps,
    entries.map(({ file }) => file),
  );
  const inputs: { entry: BinaryEntry; input: DebInput }[] = [];
  for (const [index, entry] of entries.entries()) {
    const content = contents[index];
    if (content instanceof MbdError) deps.refuse(content);
    else if (content !== undefined) {
      const { file, component, overrides } = entry;
      inputs.push({
        entry,
        input: { name: fileNameOf(entry), content, expected: file, component, overrides },
      });
    }
  }
  const weak = { md5: false, sha1: false };
  const results = await readDebs(
    { readDeb: deps.readDeb, weak },
    deps.batch,
    inputs.map(({ input }) => input),
  );
  const read = new Map<BinaryEntry, PreparedPackage>();
  for (const [index, { entry }] of inputs.entries()) {
    const result = results[index];
    if (result instanceof MbdError) deps.refuse(result);
    else if (result !== undefined) read.set(entry, result.item);
  }
  return read;
}

function found(
  read: ReadonlyMap<BinaryEntry, PreparedPackage>,
  entries: readonly BinaryEntry[],
): PreparedPackage[] {
  return entries.flatMap((entry) => read.get(entry) ?? []);
}

async function readOneSource(deps: ImporterDeps, entry: SourceEntry): Promise<PreparedPackage | undefined> {
  try {
    const contents = await fetchFiles(deps, entry.files);
    const byName = new Map<string, Content>();
    for (const [index, { path }] of entry.files.entries()) {
      const content = contents[index];
      if (content instanceof MbdError) throw content;
      if (content !== undefined) byName.set(path.slice(path.lastIndexOf("/") + 1), content);
    }
    const [name, content] = [...byName].find(([file]) => file.endsWith(".dsc")) ?? [];
    if (name === undefined || !Buffer.isBuffer(content)) {
      throw new MbdError("bad_dsc", {
        dsc: `${entry.name} ${entry.version}`,
        reason: "its .dsc is not listed",
      });
    }
    const { section, priority } = entry;
    return await readSource(deps.batch, readDsc(name, content), {
      component: entry.component,
      find: async (file) => byName.get(file),
      ...(section === "" ? {} : { section: { section, priority } }),
    });
  } catch (error) {
    if (!(error instanceof MbdError)) throw error;
    deps.refuse(error);
    return undefined;
  }
}
