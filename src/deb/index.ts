export * from "./errors.ts";
export * from "./version.ts";
