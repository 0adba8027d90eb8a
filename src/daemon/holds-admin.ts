import { LOCAL_BY } from "#accounts";
import type { SettingsReport, SettingsRequest } from "#api";
import type { Hold, Holds } from "#repositories";

export type HoldRequest = Extract<SettingsRequest, { readonly command: `hold-${string}` }>;

/** The administrator's hand on holds, and what it says of that. */
export async function runHoldCommand(holds: Holds, request: HoldRequest): Promise<SettingsReport> {
  switch (request.command) {
    case "hold-list": {
      const all = await holds.list();
      return { text: all.map(lineOf).join(""), notes: [], result: all };
    }
    case "hold-set": {
      const { command: _, ...given } = request;
      const hold = await holds.set(given, LOCAL_BY);
      const text = `${hold.source} does not migrate by itself from ${hold.distribution}\n`;
      return { text, notes: [], result: hold };
    }
    case "hold-lift": {
      const { source } = request;
      const distribution = await holds.lift(request, LOCAL_BY);
      const text = `${source} is not held in ${distribution} any more\n`;
      return { text, notes: [], result: { distribution, source } };
    }
  }
}

/** Separated by tabs. */
function lineOf({ distribution, source, by, since, reason }: Hold): string {
  return `${[distribution, source, by, since, reason].join("\t")}\n`;
}
