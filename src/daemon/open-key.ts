import { type InstanceKeyOptions, openInstanceKey, type SecretKey, secretKey } from "#keys";

/**
 * The instance's key for a command that may not need it. One that was opened before signs by its fingerprint alone, as
 * looking at it takes several runs of gpg; else it is found, or made, at once.
 */
export async function openKey(
  options: Omit<InstanceKeyOptions, "fingerprint">,
  fingerprint: string | undefined,
): Promise<SecretKey> {
  if (fingerprint === undefined) return await openInstanceKey(options);
  const key = secretKey(options, fingerprint);
  let used = false;
  const using = <T>(sign: (text: string) => Promise<T>) => {
    return (text: string) => {
      used = true;
      return sign(text);
    };
  };
  return {
    fingerprint,
    clearsign: using(key.clearsign),
    detachSign: using(key.detachSign),
    // Only a signature starts the agent.
    close: async () => {
      if (used) await key.close();
    },
  };
}
