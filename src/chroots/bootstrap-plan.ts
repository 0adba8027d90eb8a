import { createHash } from "node:crypto";
import type { ChrootBlock } from "#blocks";
import type { Executor } from "#db";
import { keyringFile } from "#keys";
import { type Home, MbdError, proxiedAddress } from "#platform";
import { type ChrootSource, chrootSources } from "./chroot-sources.ts";
import type { BootstrapPlan, BootstrapSource } from "./mmdebstrap.ts";

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
  const locate = ({ url, ...source }: ChrootSource) =>
    bootstrapSource({ ...source, url: proxy === undefined ? url : proxiedAddress(url) }, home);
  const sources: [BootstrapSource, ...BootstrapSource[]] = [
    await locate(base),
    ...(await Promise.all(extras.map(locate))),
  ];
  const plan = { codename, arch, sources, blocks };
  const bootstrap = proxy === undefined ? plan : { ...plan, proxy };
  return { bootstrap, inputs: describeInputs([base, ...extras], blocks) };
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

/**
 * The archive does not matter, the signed state of the base does: another Release file of it may mean other packages. The
 * extra sources change every day; of those only packages that are in the chroot matter (`newerPackages`).
 */
function describeInputs(
  [base, ...extras]: readonly [ChrootSource, ...ChrootSource[]],
  blocks: readonly ChrootBlock[],
): string {
  const describe = ({ suite, components, keyring }: ChrootSource) => ({
    suite,
    components,
    keys: createHash("sha256").update(keyring).digest("hex"),
  });
  const sources = [{ ...describe(base), releaseDate: base.releaseDate }, ...extras.map(describe)];
  return `${JSON.stringify({ sources, blocks: blocks.map(({ name, version }) => `${name} ${version}`) })}\n`;
}
