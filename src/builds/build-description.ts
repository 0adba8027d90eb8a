import { z } from "zod";
import { MAX_BLOCK_TEXT } from "#blocks";
import { isFailOnOption, PATTERNS } from "./patterns.ts";

/**
 * What a worker, here or on another instance, needs to know to make one build (builds.md 1). Pure data: it is checked
 * word by word and none of it is ever run on the host.
 */

const text = (pattern: keyof typeof PATTERNS) => z.string().regex(PATTERNS[pattern]);
const positive = z.int().min(1);

export const SourceFile = z.strictObject({
  name: text("fileName"),
  sizeBytes: z.int().min(0),
  sha256: text("sha256"),
});
export type SourceFile = z.infer<typeof SourceFile>;

const AptSource = z.strictObject({
  /** Names its key file, like `debian-bookworm-security`. */
  name: text("slug"),
  uris: z.array(text("uri")).min(1),
  suite: text("suite"),
  components: z.array(text("component")).min(1),
  /** OpenPGP public keys in binary form, base64. */
  key: text("base64").min(4),
  checkValidUntil: z.boolean(),
});

/** Fields of `Pin: release …` by their letters (apt_preferences(5)). */
const Pin = z.strictObject({
  o: text("pinValue"),
  n: text("pinValue"),
  a: text("pinValue").optional(),
  v: text("pinValue").optional(),
  l: text("pinValue").optional(),
});

export const AptDescription = z.strictObject({
  base: AptSource,
  extra: z.array(AptSource.extend({ pin: Pin, priority: z.int() })),
  own: z.array(
    z.strictObject({
      uri: text("uri"),
      suite: text("distribution"),
      components: z.array(text("component")).min(1),
      origin: text("pinValue"),
      priority: z.int(),
    }),
  ),
  /** Keys of the own repositories, binary, base64. */
  ownKey: text("base64"),
  /** The daemon's caching proxy on loopback. Not strict: builds of earlier versions are taken up, too. */
  proxy: z.object({ port: z.int().min(1).max(65535) }).optional(),
});
export type AptDescription = z.infer<typeof AptDescription>;

export const Resolver = z.enum(["auto", "apt", "aptitude", "aspcud"]);
export type Resolver = z.infer<typeof Resolver>;

export const Block = z.strictObject({
  name: text("blockName"),
  version: text("blockVersion"),
  /** Shell text run as root in the chroot before the dependencies are installed. */
  text: z
    .string()
    .max(MAX_BLOCK_TEXT)
    .refine((shell) => !shell.includes("\0")),
  /** Of the build itself. */
  variables: z.record(text("blockVariable"), text("blockValue")),
  path: z.array(text("blockPath")).readonly(),
  apt: z.record(text("aptOption"), text("aptValue")),
  /** Words for DEB_BUILD_OPTIONS. */
  options: z.array(text("buildOption")).readonly(),
  /** Directories of the worker that outlive builds of a repository. */
  caches: z.array(text("blockName")).readonly(),
});
export type Block = z.infer<typeof Block>;

const ToolDescription = z.strictObject({
  resolver: Resolver,
  addDepends: z.array(text("depends")),
  debBuildOptions: z.array(text("buildOption")),
  debBuildProfiles: z.array(text("buildProfile")),
  blocks: z.array(Block).max(99),
});

export const QaMode = z.enum(["DISABLED", "IGNORE", "ERRFAIL", "WARNFAIL"]);
export type QaMode = z.infer<typeof QaMode>;

const lintianOption = text("lintianOption").refine((option) => !isFailOnOption(option));

const QaDescription = z.strictObject({
  /** In experimental suites every result is good. */
  experimental: z.boolean(),
  lintian: z.strictObject({ mode: QaMode, options: z.array(lintianOption) }),
  autopkgtest: z.strictObject({ mode: QaMode }),
  piuparts: z.strictObject({ mode: QaMode }),
});

/** builds.md 9; those in force are the smaller of the description's and the worker's. */
export const BuildLimits = z.strictObject({
  totalSeconds: positive,
  /** No output of dpkg-buildpackage for so long. */
  stalledMinutes: positive,
  logBytes: positive,
  fileBytes: positive,
  diskFreeBytes: z.int().min(0),
  tasks: positive,
  memoryBytes: positive.optional(),
  /** CPUs of the slot: `parallel=` unless the package's options say otherwise. */
  cpus: positive,
});
export type BuildLimits = z.infer<typeof BuildLimits>;

export const BuildDescription = z.strictObject({
  build: positive,
  bkey: text("bkey"),
  attempt: positive,
  fence: positive,
  source: text("source"),
  version: text("version"),
  distribution: text("distribution"),
  /** What the upload called it, where that was another name. Missing from descriptions of earlier versions. */
  requestedDistribution: text("distribution").optional(),
  codename: text("codename"),
  arch: text("arch"),
  buildAny: z.boolean(),
  buildAll: z.boolean(),
  /** The .dsc and all it lists. Content comes by SHA-256. */
  files: z.array(SourceFile).min(1),
  apt: AptDescription,
  tool: ToolDescription,
  qa: QaDescription,
  limits: BuildLimits,
});
export type BuildDescription = z.infer<typeof BuildDescription>;

/** What packaging knows of a build; the lease adds attempt and fence. */
export type BuildRequest = Omit<BuildDescription, "attempt" | "fence">;

const GIB = 1024 ** 3;

/** Defaults of builds.md 9 for a slot of one CPU. */
export const DEFAULT_LIMITS: BuildLimits = {
  totalSeconds: 12 * 3600,
  stalledMinutes: 150,
  logBytes: 128 * 1024 ** 2,
  fileBytes: 20 * GIB,
  diskFreeBytes: 4 * GIB,
  tasks: 16_384,
  cpus: 1,
};

/** The name of the one .dsc. */
export function dscName(description: Pick<BuildDescription, "files" | "build">): string {
  const names = description.files.map((file) => file.name).filter((name) => name.endsWith(".dsc"));
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`build ${description.build}: ${names.length} .dsc files`);
  }
  return name;
}
