import { type CliDeps, type OpenedArchive, RemoteError, systemIo, systemOwner } from "#cli";
import { runArchiveCli } from "./cli/archive/index.ts";
import { VERSION } from "./version.ts";

/**
 * `mini-buildd archive …` as a program of its own: with a daemon it loads a twentieth of what the whole one does.
 * Working on a home is one more program (scripts/build.mjs), and its errors are of another copy of their class.
 */
async function inOwnWords<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof Error) || error.name !== "MbdError") throw error;
    const {
      message: detail,
      code,
      status,
      hint,
    } = error as Error & Pick<RemoteError, "code" | "status" | "hint">;
    throw new RemoteError({ detail, code, status, hint });
  }
}

const elsewhere = (): never => {
  throw new Error("the archive commands do not need this");
};

const deps: CliDeps = {
  version: VERSION,
  io: systemIo(),
  owner: systemOwner,
  serve: async () => elsewhere(),
  openHome: async () => elsewhere(),
  async openArchive(home): Promise<OpenedArchive> {
    const { openArchive } = await import("./daemon/open-archive.ts");
    const { archive, close } = await inOwnWords(() => openArchive(home));
    return {
      archive: { run: async (request, io) => await inOwnWords(() => archive.run(request, io)) },
      close: async () => await inOwnWords(close),
    };
  },
};

// Not awaited: a program of CommonJS cannot at its top, and all errors end as an exit code.
void runArchiveCli(process.argv.slice(2), deps).then((code) => {
  process.exitCode = code;
});
