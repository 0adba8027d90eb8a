export * from "./apt-entry.ts";
export * from "./apt-messages.ts";
export { type BuildScope, buildsFor, matchesArchitecture } from "./architectures.ts";
export * from "./build-key.ts";
export * from "./changelog.ts";
export { type Changes, type ChangesFile, parseChanges } from "./changes.ts";
export * from "./checksums.ts";
export * from "./clearsign.ts";
export * from "./codeversion.ts";
export { type BinaryControl, checkControl } from "./deb-control.ts";
export { type Decompress, decompress } from "./deb-decompress.ts";
export * from "./deb-filename.ts";
export { DEFAULT_DEB_LIMITS, type DebLimits } from "./deb-limits.ts";
export type { Compression } from "./deb-members.ts";
export { hasBadBytes, pathToBytes } from "./deb-paths.ts";
export { type DebContents, type ReadDebOptions, readDeb } from "./deb-read.ts";
export { type DebBytes, type DebOutcome, readManyDebs } from "./deb-read-many.ts";
export { type ByteSource, bufferSource, handleSource } from "./deb-source.ts";
export * from "./deb822.ts";
export * from "./dependencies.ts";
export * from "./distribution.ts";
export * from "./dsc.ts";
export type { DscFormat } from "./dsc-files.ts";
export * from "./errors.ts";
export * from "./mandatory-version.ts";
export * from "./names.ts";
export * from "./original-version.ts";
export * from "./package-list.ts";
export * from "./port-version.ts";
export { isSourcePattern, matchesSourcePattern } from "./source-pattern.ts";
export { createStanza, decodeMultiline, encodeMultiline, isFieldName, Stanza } from "./stanza.ts";
export {
  parseUploadOptionValue,
  QA_MODES,
  type QaMode,
  UPLOAD_OPTION_KEYS,
  type UploadOptionKey,
  type UploadOptionValues,
} from "./upload-option-values.ts";
export * from "./upload-options.ts";
export * from "./version.ts";
