import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Changes, type ChangesFile, isChangesFileName, parseChanges, unwrapClearsigned } from "#deb";
import { errorText, hasCode, MbdError } from "#platform";

export interface LocalUpload {
  readonly changes: Changes;
  /** All files, the .changes last: its arrival completes the upload. */
  readonly paths: readonly string[];
}

/** Reads a .changes; the files that it lists must lie beside it. */
export async function readUpload(changesFile: string): Promise<LocalUpload> {
  const upload = await readChanges(changesFile);
  for (const path of upload.paths) {
    await stat(path).catch((error: unknown) => {
      throw unusable(errorText(error));
    });
  }
  return upload;
}

/** The same, with every file compared with what the .changes says of it: one sentence for each problem. */
export async function checkUpload(
  changesFile: string,
): Promise<{ upload: LocalUpload; problems: readonly string[] }> {
  const upload = await readChanges(changesFile);
  const problems: string[] = [];
  for (const [index, file] of upload.changes.files.entries()) {
    const reason = await problemOf(upload.paths[index] ?? "", file);
    if (reason !== undefined)
      problems.push(
        new MbdError("file_mismatch", { file: file.name, changes: basename(changesFile), reason }).message,
      );
  }
  return { upload, problems };
}

async function readChanges(changesFile: string): Promise<LocalUpload> {
  const name = basename(changesFile);
  if (!isChangesFileName(name)) throw unusable(`${name} is not the name of a .changes file`);
  try {
    const changes = parseChanges(unwrapClearsigned(await readFile(changesFile, "utf8"), name), name);
    const paths = changes.files.map((file) => join(dirname(changesFile), file.name));
    return { changes, paths: [...paths, changesFile] };
  } catch (error) {
    throw unusable(errorText(error));
  }
}

async function problemOf(path: string, file: ChangesFile): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    if (size !== file.size) return `it has ${size} bytes, not ${file.size}`;
    const hash = createHash("sha256");
    await pipeline(createReadStream(path), hash);
    const sum = hash.digest("hex");
    return sum === file.sha256 ? undefined : `its SHA256 is ${sum}, not ${file.sha256}`;
  } catch (error) {
    return hasCode(error, "ENOENT") ? "it does not exist" : errorText(error).replace(/\.$/, "");
  }
}

function unusable(reason: string): MbdError {
  return new MbdError("bad_argument", { argument: "changes", reason: reason.replace(/\.$/, "") });
}
