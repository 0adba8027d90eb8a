export { armorKeyring, toBinaryKeyring } from "./armor.ts";
export { fingerprintsOf } from "./fingerprints.ts";
export {
  type InstanceKey,
  type InstanceKeyOptions,
  openInstanceKey,
  type SecretKey,
  type Signer,
  secretKey,
} from "./instance-key.ts";
export type { SignatureCode, SignatureFault } from "./judge.ts";
export { exportKey, type KeyInfo, readKeyFile, readKeys } from "./key-info.ts";
export { keyringFile } from "./keyring-files.ts";
export { createTestGpg, type TestGpg } from "./testing.ts";
export {
  createVerifier,
  type ReleaseCheck,
  type SignatureCheck,
  type Verifier,
  type VerifierDeps,
} from "./verify.ts";
