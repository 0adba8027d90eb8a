import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findOriginalVersion, formatChangelogEntry, parseChangelog } from "#deb";
import type { Clock } from "#platform";
import { ENTRY_FILE, prependChangelog, readChangelog, type SourceTool } from "../source-sandbox.ts";
import type { PortRequest } from "./port-store.ts";

export interface RepackDeps {
  readonly sourceTool: SourceTool;
  readonly clock: Clock;
  readonly identity: string;
  readonly hostname: string;
}

/** Name and address of the instance, as author of changelog entries. */
export function authorOf({ identity, hostname }: Pick<RepackDeps, "identity" | "hostname">) {
  return { name: `mini-buildd-${identity}`, email: `mini-buildd@${hostname}` };
}

/**
 * Makes the source package of a port, unsigned, from that in `workDir`: the same but for a changelog entry. Returns the
 * text of its .changes. All of it is untrusted, so nothing of it is touched outside the sandbox.
 */
export async function repack(deps: RepackDeps, request: PortRequest, workDir: string): Promise<string> {
  const { sourceTool } = deps;
  const author = authorOf(deps);
  await sourceTool(workDir, ".", ["dpkg-source", "--no-check", "-x", request.dsc, "tree"]);
  const entries = parseChangelog(await readChangelog(sourceTool, workDir));
  const original = findOriginalVersion(entries, author.email);
  const { source, version, target: distribution } = request;
  const entry = formatChangelogEntry({
    ...{ source, version, distribution, ...author },
    bullets: bulletsOf(request),
    date: deps.clock.now(),
  });
  await writeFile(join(workDir, ENTRY_FILE), entry, { flag: "wx" });
  await prependChangelog(sourceTool, workDir);
  await sourceTool(workDir, ".", ["dpkg-source", "-b", "tree"]);
  const { name, email } = original.author;
  const { stdout } = await sourceTool(workDir, "tree", [
    ...["dpkg-genchanges", "-S", "-sa", `-v${original.version}`],
    `-DX-Mini-Buildd-Originally-Changed-By=${name} <${email}>`,
  ]);
  return stdout;
}

const VOUCHERS: Readonly<Record<string, string>> = {
  archive: "the index of the archive",
  https: "the server, by https",
};

function bulletsOf(request: PortRequest): string[] {
  const voucher = VOUCHERS[request.vouched_by];
  return [
    `Automated port via mini-buildd (no changes). Original DSC's SHA256: ${request.dsc_sha256}.`,
    ...(JSON.parse(request.options) as string[]).map((option) => `MINI_BUILDD_OPTION: ${option}`),
    ...(request.url === "" ? [] : [`External port from: ${request.url}`]),
    ...(voucher === undefined ? [] : [`The original is vouched for by ${voucher}.`]),
  ];
}
