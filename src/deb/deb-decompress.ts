import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import type { Compression } from "./deb-members.ts";
import { FormatError } from "./errors.ts";

/**
 * Unpacks a stream. The result ends in a FormatError when the data is broken, in another error when the machine
 * fails (program missing, killed by somebody else, `input` failed). Destroying the result ends everything behind
 * it, processes too.
 */
export type Decompress = (format: Compression, input: Readable) => Readable;

interface Tool {
  readonly program: string;
  readonly args: readonly string[];
  readonly debianPackage: string;
}

const GZIP_CHUNK_BYTES = 64 * 1024;
const MAX_STDERR_CHARS = 2000;

// The limits of memory are well above what dpkg-deb's strongest levels need (xz -9: 65 MiB for each thread, zstd
// --ultra -22: a window of 128 MiB). A header that asks for more belongs to no package. xz unpacks the blocks of
// dpkg's files in parallel, as dpkg does, and takes fewer threads when the limit demands it.
const TOOLS: Record<"xz" | "lzma" | "zstd" | "bz2", Tool> = {
  xz: {
    program: "xz",
    args: ["--format=xz", "--decompress", "--stdout", "--threads=0", "--memlimit-decompress=512MiB"],
    debianPackage: "xz-utils",
  },
  lzma: {
    program: "xz",
    args: ["--format=lzma", "--decompress", "--stdout", "--memlimit-decompress=256MiB"],
    debianPackage: "xz-utils",
  },
  zstd: {
    program: "zstd",
    args: ["--decompress", "--stdout", "--quiet", "--memory=256MB"],
    debianPackage: "zstd",
  },
  bz2: { program: "bzip2", args: ["--decompress", "--stdout"], debianPackage: "bzip2" },
};

/** Unpacks gzip in this process and everything else with the distribution's tools, in bounded memory. */
export const decompress: Decompress = (format, input) => {
  if (format === "none") return input;
  if (format === "gz") return gunzip(input);
  return runTool(TOOLS[format], input);
};

function gunzip(input: Readable): Readable {
  const unpack = createGunzip({ chunkSize: GZIP_CHUNK_BYTES });
  const output = relay(unpack, () => {
    input.destroy();
    unpack.destroy();
  });
  const fail = (error: unknown) => output.destroy(gzipError(error));
  // pipeline() is content once all input is written, while the end of the output may still fail.
  unpack.on("error", fail);
  pipeline(input, unpack).catch(fail);
  unpack.on("end", () => output.push(null));
  return output;
}

function gzipError(error: unknown): Error {
  const failure = asError(error);
  if (!("code" in failure) || !String(failure.code).startsWith("Z_")) return failure;
  return new FormatError(`gzip: ${failure.message}`, { what: "gzip" }, { cause: error });
}

function runTool(tool: Tool, input: Readable): Readable {
  const child = spawn(tool.program, tool.args, {
    stdio: ["pipe", "pipe", "pipe"],
    // Nothing of XZ_OPT, ZSTD_CLEVEL and the like, and messages in English.
    env: { PATH: process.env.PATH ?? "/usr/bin:/bin", LC_ALL: "C" },
  });
  let ended = false;
  const output = relay(child.stdout, () => {
    input.destroy();
    if (!ended) child.kill("SIGKILL");
  });
  let inputError: Error | undefined;
  const noteInputError = (error: unknown) => {
    const failure = asError(error);
    // A tool that gives up early closes its end; its exit status tells more than that.
    if (!isBrokenPipe(failure)) inputError ??= failure;
  };
  child.stdin.on("error", noteInputError);
  pipeline(input, child.stdin).catch(noteInputError);
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    if (stderr.length < MAX_STDERR_CHARS) stderr += text;
  });
  child.on("error", (error) => {
    const hint = `install the package ${tool.debianPackage}`;
    output.destroy(new Error(`The program ${tool.program} cannot be started, ${hint}.`, { cause: error }));
  });
  child.on("close", (code, signal) => {
    ended = true;
    if (inputError) output.destroy(inputError);
    else if (code === 0) output.push(null);
    else output.destroy(exitError(tool, code, signal, stderr));
  });
  return output;
}

function exitError(tool: Tool, code: number | null, signal: string | null, stderr: string): Error {
  if (code === null) return new Error(`The program ${tool.program} was ended by ${signal ?? "a signal"}.`);
  // "xz: (stdin): Compressed data is corrupt": the first line says it.
  const said = stderr.trim().split("\n")[0]?.replace(/\.$/, "") ?? "";
  const words = said.replace(/^[^:]*: *(?:(?:\(stdin\)|\/\*stdin\*\\|stdin) *: *)?/, "");
  return new FormatError(`${tool.program}: ${words === "" ? `exit status ${code}` : words}`, {
    what: tool.program,
  });
}

/** A readable of what `source` gives; its end is pushed by the caller, who knows whether all went well. */
function relay(source: Readable, stop: () => void): Readable {
  const output = new Readable({
    highWaterMark: 256 * 1024,
    read: () => {
      source.resume();
    },
    destroy: (error, done) => {
      stop();
      done(error);
    },
  });
  source.on("data", (chunk: Buffer) => {
    if (!output.destroyed && !output.push(chunk)) source.pause();
  });
  source.pause();
  return output;
}

function isBrokenPipe(error: Error): boolean {
  return (
    "code" in error && ["EPIPE", "ECONNRESET", "ERR_STREAM_PREMATURE_CLOSE"].includes(String(error.code))
  );
}

function asError(error: unknown): Error {
  return error instanceof Error ? error : new Error(String(error));
}
