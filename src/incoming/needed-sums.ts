import { setImmediate } from "node:timers/promises";
import type { Executor } from "#db";
import { chunks } from "./chunks.ts";

/** Which rows, of whatever folder, need a content. */

const ROWS = 500;

/** Those of the given SHA-256 sums that received files and uploads have, these until they expire. Some hundred at most. */
export async function sumsOfUploads(ex: Executor, some: readonly string[]): Promise<Set<string>> {
  const received = await ex
    .selectFrom("incoming_file")
    .select("sha256")
    .where("sha256", "in", some)
    .execute();
  const listed = await ex
    .selectFrom("upload_file")
    .innerJoin("upload", "upload.id", "upload_file.upload_id")
    .select("sha256")
    .where("sha256", "in", some)
    .where("upload.expired_at", "is", null)
    .execute();
  return new Set([...received, ...listed].map(({ sha256 }) => sha256));
}

/** Those of the given SHA-256 sums that some row names in a column of its own. */
export async function sumsInColumns(ex: Executor, sums: readonly string[]): Promise<Set<string>> {
  const needed = new Set<string>();
  for (const some of chunks(sums)) {
    for (const sum of await sumsOfUploads(ex, some)) needed.add(sum);
    const found = [
      ...(await ex.selectFrom("pool_file").select("sha256").where("sha256", "in", some).execute()),
      ...(await ex
        .selectFrom("package_file")
        .select("contents_sha256 as sha256")
        .where("contents_sha256", "in", some)
        .execute()),
      ...(await ex
        .selectFrom("port_request")
        .select("dsc_sha256 as sha256")
        .where("dsc_sha256", "in", some)
        .where("state", "=", "open")
        .execute()),
    ];
    for (const { sha256 } of found) if (sha256 !== null) needed.add(sha256);
  }
  return needed;
}

/**
 * Those of the given SHA-256 sums that stand in a JSON text of some row: results of builds, files of releases, sources
 * of ports that are still to be made. All texts are read once for all sums, in portions, and others run in between.
 */
export async function sumsInTexts(ex: Executor, sums: Iterable<string>): Promise<Set<string>> {
  const asked = new Set(sums);
  const needed = new Set<string>();
  if (asked.size === 0) return needed;
  for await (const text of textsWithSums(ex)) {
    for (const [sum] of text.matchAll(/[0-9a-f]{64}/g)) if (asked.has(sum)) needed.add(sum);
  }
  return needed;
}

async function* textsWithSums(ex: Executor): AsyncGenerator<string> {
  const ports = await ex.selectFrom("port_request").select("kept").where("state", "=", "open").execute();
  for (const { kept } of ports) yield kept;
  for (let after = 0; ; ) {
    const rows = await ex
      .selectFrom("build")
      .select(["id", "result"])
      .where("id", ">", after)
      .where("files_expired_at", "is", null)
      .orderBy("id")
      .limit(ROWS)
      .execute();
    for (const { result } of rows) if (result !== null) yield result;
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;
    await setImmediate();
  }
  for (let after = 0; ; ) {
    const rows = await ex
      .selectFrom("release")
      .select(["id", "buildinfos", "changes"])
      .where("id", ">", after)
      .orderBy("id")
      .limit(ROWS)
      .execute();
    for (const { buildinfos, changes } of rows) yield `${buildinfos}\n${changes}`;
    const last = rows.at(-1);
    if (last === undefined) break;
    after = last.id;
    await setImmediate();
  }
}
