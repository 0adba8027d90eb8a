export * from "./checksums.ts";
export * from "./deb822.ts";
export * from "./errors.ts";
export * from "./names.ts";
export { createStanza, decodeMultiline, encodeMultiline, isFieldName, Stanza } from "./stanza.ts";
export * from "./version.ts";
