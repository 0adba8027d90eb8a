import { readFile } from "node:fs/promises";
import type { ArchiveIo, ArchiveReport, ArchiveRequest } from "#api";
import { type ImportRequest, importRepository, planImport } from "#archive";
import { readKeys } from "#keys";
import { errorText, MbdError } from "#platform";
import { publishNow } from "#repositories";
import type { ArchiveHandDeps } from "./deps.ts";

type Requested = Extract<ArchiveRequest, { command: "import" }>;

/**
 * Takes over a distribution of another repository. It is done in steps, so that it can go on where it was ended; those
 * that were done stay.
 */
export async function importDistribution(
  deps: ArchiveHandDeps,
  request: Requested,
  io: ArchiveIo,
): Promise<ArchiveReport> {
  const { distribution, from: location, suite = distribution, components, architectures } = request;
  const wanted: ImportRequest = {
    location,
    mappings: [{ from: suite, to: distribution }],
    ...(components === undefined ? {} : { components }),
    ...(architectures === undefined ? {} : { architectures }),
    ...(request.keyring === undefined ? {} : { keyring: await readKeyring(deps, request.keyring) }),
    ...(request.trusted === true ? { trusted: true } : {}),
    ...(request.keepGoing === true ? { keepGoing: true } : {}),
  };
  const options = {
    signal: io.signal,
    onProgress: ({ phase, done, total }: { phase: string; done: number; total: number }) =>
      io.progress({ what: `importing ${phase}`, done, total }),
  };
  if (request.dryRun === true) {
    const plan = await planImport(deps, wanted, options);
    const lines = plan.distributions.map(
      (each) =>
        `${each.to}: ${each.releases} sources with their packages and ${each.loose} other packages would come from ` +
        `${each.from} (${each.files} files, ${each.bytes} bytes), ${each.alreadyThere} are there already`,
    );
    return { lines: [...lines, ...refusedLines(plan.refused)], result: { dryRun: true, ...plan } };
  }
  const report = await importRepository(deps, wanted, options);
  io.progress({ what: "publishing", done: 0, total: 0 });
  if (request.wait !== false) await publishNow(deps.archive, report.changed);
  const came = `${report.releases} sources with their packages and ${report.packages} packages came`;
  const stayed = `${report.alreadyThere} were there already, ${report.skipped} gave way to higher versions`;
  return {
    lines: [`${distribution}: ${came}, ${stayed}`, ...refusedLines(report.refused)],
    result: { dryRun: false, ...report },
    ...(report.refused.length > 0 ? { failed: true } : {}),
  };
}

function refusedLines(refused: readonly { file: string; reason: string }[]): string[] {
  return refused.map(({ file, reason }) => `${file} refused: ${reason}`);
}

/** Armoured or binary. */
async function readKeyring({ exec }: ArchiveHandDeps, path: string): Promise<Uint8Array> {
  const file = await readFile(path).catch((error: unknown) => {
    throw new MbdError("bad_argument", { argument: "keyring", reason: errorText(error) });
  });
  const keys = await readKeys(file, exec);
  if (keys.length === 0)
    throw new MbdError("bad_argument", { argument: "keyring", reason: `${path} holds no public key` });
  return Buffer.concat(keys.map(({ binary }) => binary));
}
