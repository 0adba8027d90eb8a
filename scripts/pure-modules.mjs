import { fileURLToPath } from "node:url";

const sources = fileURLToPath(new URL("../src/", import.meta.url));

/**
 * No module of ours does anything when it is loaded but define things: what a command does not use of a folder's door
 * is left out of what it loads. Without this, every command would load the server for the sake of one small function.
 */
export const pureModules = {
  name: "pure-modules",
  setup({ onResolve, resolve }) {
    onResolve({ filter: /^(?:#|\.{1,2}\/)/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === "asked" || !from.importer.startsWith(sources)) return undefined;
      const found = await resolve(path, { ...from, pluginData: "asked" });
      return { ...found, sideEffects: false };
    });
  },
};
