import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, writeFileAtomic } from "#platform";
import type { Fetch } from "./fetch.ts";

/** As `Verifier.verifyRelease` takes it. */
export type ReleaseFiles = string | { readonly release: string; readonly signature: string };

export interface FetchedRelease {
  readonly files: ReleaseFiles;
  /** With it the text can be kept for a conditional request. */
  readonly lastModified?: string;
}

export interface KeptRelease {
  readonly url: string;
  readonly lastModified: string;
  readonly text: string;
}

const LIMITS = { maxBytes: 16 * 1024 * 1024, timeoutMs: 30_000 };

/**
 * Gets InRelease, or where there is none Release and Release.gpg (builds.md 2.1).
 * @param url directory of the distribution, ending with a slash
 * @param kept an InRelease got before, with its time: used again when it did not change
 * @throws Error with one clause for a person
 */
export async function getRelease(fetch: Fetch, url: string, kept?: KeptRelease): Promise<FetchedRelease> {
  const condition = kept === undefined ? {} : { ifModifiedSince: kept.lastModified };
  const answer = await fetch(`${url}InRelease`, { ...LIMITS, ...condition });
  if (answer.status === 304 && kept !== undefined) return { files: kept.text };
  if (answer.status === 404) {
    const release = await getText(fetch, `${url}Release`);
    return { files: { release, signature: await getText(fetch, `${url}Release.gpg`) } };
  }
  if (answer.status !== 200) throw new Error(`the server answered ${answer.status} for ${url}InRelease`);
  const { lastModified } = answer;
  const files = answer.body.toString("utf8");
  return lastModified === undefined ? { files } : { files, lastModified };
}

async function getText(fetch: Fetch, url: string): Promise<string> {
  const { status, body } = await fetch(url, LIMITS);
  if (status !== 200) throw new Error(`the server answered ${status} for ${url}`);
  return body.toString("utf8");
}

/** InRelease files that were good, kept below `dir` with their Last-Modified, to ask for changes only. */
export function createReleaseCache(dir: string) {
  const pathOf = (url: string): string => join(dir, `${createHash("sha256").update(url).digest("hex")}.json`);
  return {
    async load(url: string): Promise<KeptRelease | undefined> {
      if (!(await exists(pathOf(url)))) return undefined;
      return JSON.parse(await readFile(pathOf(url), "utf8")) as KeptRelease;
    },
    async save(url: string, { files, lastModified }: FetchedRelease): Promise<void> {
      if (typeof files !== "string" || lastModified === undefined) return;
      const kept: KeptRelease = { url, lastModified, text: files };
      await mkdir(dir, { recursive: true });
      await writeFileAtomic(pathOf(url), JSON.stringify(kept));
    },
  };
}

export type ReleaseCache = ReturnType<typeof createReleaseCache>;
