import type { ServeOptions } from "#cli";
import { createLog, exec, execOk } from "#platform";
import { openFoundation } from "./foundation.ts";
import { type Stops, startServices } from "./services.ts";

export interface Program {
  readonly version: string;
  /** The built program of the runner. */
  readonly runnerFile: string;
}

export interface Daemon {
  /** Ends the daemon in order; builds run on in their runners. */
  stop(): Promise<void>;
}

/** Starts a daemon; what fails on the way ends what was started before it. */
export async function startDaemon(options: ServeOptions, program: Program): Promise<Daemon> {
  const foundation = await openFoundation(options, createLog(options.logLevel));
  const stops: Stops = [() => foundation.close()];
  const stop = async () => {
    for (const step of stops.splice(0).reverse()) await step();
  };
  try {
    const nativeArch = (await execOk(exec, "dpkg", ["--print-architecture"])).stdout.trim();
    await startServices(foundation, { ...options, ...program, nativeArch }, stops);
    return { stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs until SIGTERM or SIGINT; a second signal ends it at once. */
export async function serve(options: ServeOptions, program: Program): Promise<void> {
  const signalled = new Promise<void>((resolve) => {
    for (const signal of ["SIGTERM", "SIGINT"] as const) {
      process.on(signal, () => {
        process.removeAllListeners(signal);
        resolve();
      });
    }
  });
  const daemon = await startDaemon(options, program);
  await signalled;
  await daemon.stop();
  // Whatever still waits for something belongs to nobody any more.
  setTimeout(() => process.exit(), 1000).unref();
}
