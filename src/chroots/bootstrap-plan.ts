import { createHash } from "node:crypto";
import type { Executor } from "#db";
import { keyringFile } from "#keys";
import { type Home, MbdError } from "#platform";
import { type ChrootSource, chrootSources } from "./chroot-sources.ts";
import type { BootstrapPlan, BootstrapSource, ChrootBlock } from "./mmdebstrap.ts";

export interface PlanRequest {
  readonly codename: string;
  readonly arch: string;
  readonly blocks: readonly ChrootBlock[];
  readonly home: Home;
  readonly proxy: string | undefined;
}

/**
 * How the chroot is made now, and a text of what went into it: another text later means it should be made again.
 * @throws MbdError source_unusable when the codename has no usable source
 */
export async function planBootstrap(
  db: Executor,
  { codename, arch, blocks, home, proxy }: PlanRequest,
): Promise<{ readonly bootstrap: BootstrapPlan; readonly inputs: string }> {
  const [base, ...extras] = await chrootSources(db, codename);
  if (base === undefined) {
    const reason = "it is not checked yet, or its last check failed; see its state";
    throw new MbdError("source_unusable", { source: codename, reason });
  }
  const locate = (source: ChrootSource) => bootstrapSource(source, home);
  const sources: [BootstrapSource, ...BootstrapSource[]] = [
    await locate(base),
    ...(await Promise.all(extras.map(locate))),
  ];
  const plan = { codename, arch, sources, blocks };
  const bootstrap = proxy === undefined ? plan : { ...plan, proxy };
  return { bootstrap, inputs: describeInputs([base, ...extras], blocks) };
}

/** What a chroot made now would be made from, or undefined when its source cannot be used. */
export async function inputsOf(
  db: Executor,
  codename: string,
  blocks: readonly ChrootBlock[],
): Promise<string | undefined> {
  const sources = await chrootSources(db, codename);
  return sources.length === 0 ? undefined : describeInputs(sources, blocks);
}

async function bootstrapSource(source: ChrootSource, home: Home): Promise<BootstrapSource> {
  const { url, suite, components, checkValidUntil } = source;
  return {
    url,
    suite,
    components,
    checkValidUntil,
    keyringFile: await keyringFile(home.keyrings, source.keyring),
  };
}

/** The archive does not matter, its signed state does: a newer Release file may mean newer packages. */
function describeInputs(sources: readonly ChrootSource[], blocks: readonly ChrootBlock[]): string {
  const parts = sources.map(({ suite, components, keyring, releaseDate }) => ({
    suite,
    components,
    releaseDate,
    keys: createHash("sha256").update(keyring).digest("hex"),
  }));
  return `${JSON.stringify({ sources: parts, blocks: blocks.map(({ name, version }) => `${name} ${version}`) })}\n`;
}
