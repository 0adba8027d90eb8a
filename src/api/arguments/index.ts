export * from "./argument.ts";
export * from "./basic.ts";
export * from "./bind.ts";
export * from "./names.ts";
export * from "./options.ts";
export * from "./patterns.ts";
