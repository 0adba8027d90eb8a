import { mkdir } from "node:fs/promises";
import { resolve } from "node:path";
import type { ArchiveReport, ArchiveRequest } from "#api";
import type { CliDeps } from "../deps.ts";
import { homeOf, localEndpoint } from "../endpoint.ts";
import { EXIT } from "../exit-codes.ts";
import { terminalText } from "../io.ts";
import { becomeOwnerOf, otherOwnerOf } from "../owner.ts";
import { createProgressBar } from "../progress.ts";
import { askDaemon } from "./control.ts";
import { expandFileNames, listsFor } from "./file-names.ts";
import { handOver } from "./hand-over.ts";

export interface ArchiveOptions {
  readonly home?: string;
  readonly json?: boolean;
}

/**
 * Has a command done by the daemon of the home, or on the home itself when no daemon runs, and prints what was done.
 * `words`: files as given. Returns the exit code.
 */
export async function perform(
  deps: CliDeps,
  options: ArchiveOptions,
  request: ArchiveRequest,
  words?: readonly string[],
): Promise<number> {
  const { io } = deps;
  const home = resolve(homeOf(options.home, io.env));
  if (request.command === "init") await mkdir(home, { recursive: true, mode: 0o755 });
  const other = await otherOwnerOf(home, deps.owner);
  // Read while this is still root, where it is: the owner of the home may not be allowed to.
  const lists = listsFor(deps.owner, other);
  const named = words === undefined ? [] : await expandFileNames(words, io, lists);
  const { files, remove } = await handOver(deps.owner, other, home, named);
  try {
    const report = await run(deps, home, { request, files });
    print(deps, report, options.json === true);
    return report.failed === true ? EXIT.resultFailed : EXIT.done;
  } finally {
    remove();
  }
}

async function run(
  deps: CliDeps,
  home: string,
  command: { readonly request: ArchiveRequest; readonly files: readonly string[] },
): Promise<ArchiveReport> {
  const bar = createProgressBar(deps.io, () => performance.now());
  try {
    const answered = await askDaemon(localEndpoint(home), command, bar.show);
    if (answered !== undefined) return answered;
    await becomeOwnerOf(home, deps.owner);
    const { archive, close } = await deps.openArchive(home);
    try {
      const { request, files } = command;
      return await archive.run(request, { files, progress: bar.show, signal: deps.io.interrupted });
    } finally {
      await close();
    }
  } finally {
    bar.clear();
  }
}

function print({ io }: CliDeps, { lines, result }: ArchiveReport, json: boolean): void {
  const text = json ? `${JSON.stringify(result, null, 2)}\n` : lines.map((line) => `${line}\n`).join("");
  io.out(io.outIsTerminal ? terminalText(text) : text);
}
