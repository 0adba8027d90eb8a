import type { Plugin } from "esbuild";

export const pureModules: Plugin;
