import { readFile } from "node:fs/promises";
import {
  buildsFor,
  type Changes,
  componentOfDsc,
  type Dsc,
  FormatError,
  parseChanges,
  parseDsc,
  readUploadOptions,
  type UploadOption,
} from "#deb";
import { type BlobStore, type ErrorCode, MbdError } from "#platform";
import type { ResolvedDistribution } from "#repositories";
import { buildProfilesFor } from "./build-profiles.ts";
import type { UploadFile } from "./upload-store.ts";

const MAX_DSC_BYTES = 1024 * 1024;

/** One thing that is wrong with an upload, as events and pages show it. */
export interface Complaint {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint?: string;
}

/** Ends a verification with everything that was found wrong in its step. */
export class Rejection extends Error {
  readonly errors: readonly MbdError[];

  constructor(errors: readonly MbdError[]) {
    super(errors.map((error) => error.message).join(" "));
    this.name = "Rejection";
    this.errors = errors;
  }

  get complaints(): readonly Complaint[] {
    return this.errors.map(complaintOf);
  }
}

export function complaintOf(error: MbdError): Complaint {
  return {
    code: error.code,
    message: error.message,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
}

/** Step 3: the fields of the signed text. */
export function readChanges(payload: string, name: string): Changes {
  return translate(
    () => parseChanges(payload, name),
    (reason) => new MbdError("bad_changes", { changes: name, reason }),
  );
}

/** Step 7: exactly one .dsc that speaks of the same source and version. */
export async function readDsc(
  blobs: BlobStore,
  changes: Changes,
  files: readonly UploadFile[],
  changesName: string,
): Promise<{ dsc: Dsc; file: UploadFile }> {
  const listed = changes.files.filter((file) => file.name.endsWith(".dsc"));
  const [only] = listed;
  if (only === undefined || listed.length !== 1)
    throw new MbdError("no_source", { changes: changesName, count: listed.length });
  const file = files.find((each) => each.name === only.name);
  if (file === undefined)
    throw new MbdError("file_mismatch", {
      file: only.name,
      changes: changesName,
      reason: "it was not received",
    });
  const dsc = await readDscBlob(blobs, file);
  if (dsc.source !== changes.source || dsc.version !== changes.version) {
    const reason = `it is ${dsc.source} ${dsc.version}, but ${changesName} speaks of ${changes.source} ${changes.version}`;
    throw new MbdError("bad_dsc", { dsc: file.name, reason });
  }
  return { dsc, file };
}

/** Parses a stored .dsc; its own signature is not what counts (the .changes vouches for its hash), so it is taken off. */
export async function readDscBlob(
  blobs: BlobStore,
  file: { name: string; sha256: string; size: number },
): Promise<Dsc> {
  const refuse = (reason: string) => new MbdError("bad_dsc", { dsc: file.name, reason });
  if (file.size > MAX_DSC_BYTES) throw refuse(`it is larger than ${MAX_DSC_BYTES} bytes`);
  const text = await readFile(blobs.path(file.sha256), "utf8");
  return translate(() => parseDsc(text, file.name), refuse);
}

/** Step 8. */
export function checkComponent(
  changes: Changes,
  dsc: Dsc,
  dscName: string,
  target: ResolvedDistribution,
): string {
  const section = changes.files.find((file) => file.name === dscName)?.section ?? "";
  const component = componentOfDsc(dsc, section);
  const known = JSON.parse(target.distribution.components) as string[];
  if (!known.includes(component)) {
    const params = { section, dsc: dscName, component, distribution: target.name, known: known.join(", ") };
    throw new MbdError("component_unknown", params);
  }
  return component;
}

/** Step 11, all errors at once. */
export function readOptions(
  changes: Changes,
  target: ResolvedDistribution,
): { readonly options: readonly UploadOption[]; readonly warnings: readonly string[] } {
  const architectures = target.archs.map((row) => row.arch);
  const { options, errors, warnings } = readUploadOptions(changes.changes, { architectures });
  if (errors.length === 0) return { options, warnings };
  throw new Rejection(
    errors.map(({ code, message }) => new MbdError(code, { reason: message.replace(/\.$/, "") })),
  );
}

/** Step 12. */
export function checkSomethingToBuild(
  dsc: Dsc,
  target: ResolvedDistribution,
  options: readonly UploadOption[],
): void {
  const some = target.archs.some(({ arch, arch_all }) => {
    const profiles = buildProfilesFor(options, arch, target.distribution);
    const scope = buildsFor(dsc, arch, arch_all === 1, profiles);
    return scope.any || scope.all;
  });
  if (some) return;
  const known = target.archs.map((row) => row.arch).join(", ");
  throw new MbdError("nothing_to_build", { source: dsc.source, distribution: target.name, known });
}

function translate<T>(parse: () => T, refuse: (reason: string) => MbdError): T {
  try {
    return parse();
  } catch (error) {
    if (error instanceof FormatError) throw refuse(reasonOf(error));
    throw error;
  }
}

/** The message without the file name it begins with: ours begin with it already. */
function reasonOf(error: FormatError): string {
  const text = error.message.startsWith(error.what) ? error.message.slice(error.what.length) : error.message;
  return text.replace(/^[,:]\s*/, "").replace(/\.$/, "");
}
