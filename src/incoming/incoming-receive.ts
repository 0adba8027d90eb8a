import { createHash } from "node:crypto";
import { statfs, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { type Blob, type BlobStore, errorText, MbdError, unlinkIfPresent } from "#platform";
import type { BlobGate } from "./blob-gate.ts";
import type { Quota } from "./incoming-quota.ts";
import type { Session } from "./incoming-session.ts";
import type { IncomingLimits } from "./limits.ts";

const DISK_CHECK_BYTES = 64 * 1024 * 1024;

export interface ReceiveDeps {
  readonly blobs: BlobStore;
  readonly gate: BlobGate;
  readonly limits: IncomingLimits;
  readonly quota: Quota;
  /** Private directory of this folder (`home.incoming`). */
  readonly dir: string;
  /** Bytes that can still be written. */
  readonly freeBytes: () => Promise<number>;
}

/** Free bytes of the file system of `dir` for ordinary users. */
export async function freeBytesAt(dir: string): Promise<number> {
  const stats = await statfs(dir);
  return stats.bavail * stats.bsize;
}

export async function checkDisk(deps: Pick<ReceiveDeps, "freeBytes" | "limits">): Promise<void> {
  const free = await deps.freeBytes();
  const needed = deps.limits.freeDiskBytes;
  if (free < needed) throw new MbdError("disk_full", { free, needed });
}

/**
 * Writes a stream into the blob store, hashing it, and runs `commit` with what came. Content that was stored but never
 * committed leaves a marker `<sha256>` in `dir`, by which the clean-up finds it.
 * @throws MbdError `too_large`, `session_full`, `incoming_full`, `disk_full`, `transfer_broken`.
 */
export async function receiveBlob<T>(
  deps: ReceiveDeps,
  session: Session,
  file: { readonly name: string; readonly maxBytes: number; readonly stream: Readable },
  commit: (blob: Blob) => Promise<T>,
): Promise<T> {
  const watch = watchStream(file.stream, deps.limits);
  // Errors are seen where it is read; one that comes later concerns nobody.
  file.stream.on("error", () => undefined);
  let leave = (): void => undefined;
  let marker: string | undefined;
  let received = 0;
  let closed = false;

  async function* content(): AsyncGenerator<Buffer> {
    const hash = createHash("sha256");
    let unchecked = 0;
    // Refusing leaves the stream open: an HTTP client could not read the answer else.
    for await (const chunk of file.stream.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
      if (closed) return;
      watch.alive();
      received += chunk.length;
      session.bytes += chunk.length;
      deps.quota.coming(session.client, { files: 0, bytes: chunk.length });
      unchecked += chunk.length;
      if (session.bytes > deps.limits.sessionBytes) {
        throw new MbdError("session_full", { bytes: session.bytes, limit: deps.limits.sessionBytes });
      }
      if (unchecked >= DISK_CHECK_BYTES) {
        await checkDisk(deps);
        await deps.quota.check(session.client);
        unchecked = 0;
      }
      hash.update(chunk);
      yield chunk;
    }
    watch.end();
    leave = await deps.gate.enter();
    marker = join(deps.dir, hash.digest("hex"));
    await writeFile(marker, "");
  }

  deps.quota.coming(session.client, { files: 1, bytes: 0 });
  try {
    const blob = await deps.blobs
      .put(Readable.from(content()), { maxBytes: file.maxBytes, name: file.name })
      .catch((error: unknown) => {
        throw asTransferError(error, file.name);
      });
    const result = await commit(blob);
    deps.quota.came(session.client, received);
    if (marker !== undefined) await unlinkIfPresent(marker);
    return result;
  } finally {
    closed = true;
    session.bytes -= received;
    deps.quota.coming(session.client, { files: -1, bytes: -received });
    watch.end();
    leave();
  }
}

/** Ends a stream that is silent or takes too long. */
function watchStream(stream: Readable, limits: IncomingLimits): { alive(): void; end(): void } {
  const giveUp = (reason: string) => () => {
    stream.destroy(new MbdError("transfer_broken", { name: "The file", reason }));
  };
  const idle = setTimeout(
    giveUp(`nothing came for ${limits.idleSeconds} seconds`),
    limits.idleSeconds * 1000,
  );
  const total = setTimeout(
    giveUp(`it took more than ${limits.totalSeconds} seconds`),
    limits.totalSeconds * 1000,
  );
  return {
    alive: () => idle.refresh(),
    end() {
      clearTimeout(idle);
      clearTimeout(total);
    },
  };
}

function asTransferError(error: unknown, name: string): unknown {
  if (error instanceof MbdError) {
    return error.code === "transfer_broken" ? renamed(error, name) : error;
  }
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  if (code === "ENOSPC" || code === "EDQUOT") {
    return new MbdError("disk_full", { free: 0, needed: 1 }, { cause: error });
  }
  // Everything else that the file system can say is our fault; a broken connection is not.
  if (!BROKEN.has(code)) return error;
  const reason = `the connection ended before the whole file was there (${errorText(error)})`;
  return new MbdError("transfer_broken", { name, reason }, { cause: error });
}

const BROKEN: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "ECONNABORTED",
  "EPIPE",
  "ETIMEDOUT",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ABORT_ERR",
]);

function renamed(error: MbdError, name: string): MbdError {
  return new MbdError("transfer_broken", { ...error.params, name }, { cause: error });
}
