import { unfetchedAddress } from "#deb";
import { type PipeOptions, pipe } from "./pipe.ts";

export interface BootstrapRunDeps {
  /** Told of an address that apt could not fetch, or found to be wrong: what a cache has of it may be wrong. */
  readonly fileFailed?: (address: string) => Promise<void>;
}

/** Runs mmdebstrap into another program. @throws Error with the tools' last words */
export async function runBootstrap(
  deps: BootstrapRunDeps,
  command: readonly string[],
  sink: readonly string[],
  options: Omit<PipeOptions, "onFailed">,
): Promise<void> {
  const said: string[] = [];
  try {
    await pipe(command, sink, { ...options, onFailed: (words) => said.push(...words.split("\n")) });
  } catch (error) {
    const addresses = new Set(said.flatMap((line) => unfetchedAddress(line) ?? []));
    for (const address of addresses) await deps.fileFailed?.(address);
    throw error;
  }
}
