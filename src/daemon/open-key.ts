import type { ReleaseSigner } from "#archive";
import { type InstanceKey, type InstanceKeyOptions, openInstanceKey } from "#keys";

export interface LazyKey extends ReleaseSigner {
  close(): Promise<void>;
}

/**
 * The instance's key for a command that may not need it: opened by the first signature, as that takes several runs of
 * gpg. One that was never opened before is made, or found, at once.
 */
export async function openKey(
  options: Omit<InstanceKeyOptions, "fingerprint">,
  fingerprint: string | undefined,
): Promise<LazyKey> {
  let opened: Promise<InstanceKey> | undefined;
  const open = () => {
    opened ??= openInstanceKey({ ...options, ...(fingerprint === undefined ? {} : { fingerprint }) });
    return opened;
  };
  const known = fingerprint ?? (await open()).fingerprint;
  return {
    fingerprint: known,
    clearsign: async (text) => await (await open()).clearsign(text),
    detachSign: async (text) => await (await open()).detachSign(text),
    async close() {
      if (opened !== undefined) await (await opened).close();
    },
  };
}
