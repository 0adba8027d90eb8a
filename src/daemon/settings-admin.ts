import { type Audit, LOCAL_BY } from "#accounts";
import type { SettingsAdmin, SettingsReport, SettingsRequest } from "#api";
import { createBlocks } from "#blocks";
import type { Database } from "#db";
import type { Clock } from "#platform";
import {
  createHolds,
  createLayouts,
  createSettings,
  type EnsureDistribution,
  formatLayout,
  type KnownLayout,
  type LayoutChanged,
  layoutJson,
  type SettingsChanged,
  type SettingView,
} from "#repositories";
import { runBlockCommand } from "./blocks-admin.ts";
import { runHoldCommand } from "./holds-admin.ts";

export interface SettingsAdminDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly audit: Pick<Audit, "done">;
  readonly ensureDistribution: EnsureDistribution;
}

/** The administrator's hand on the set-up, and what it says of that. */
export function createSettingsAdmin(deps: SettingsAdminDeps): SettingsAdmin {
  const settings = createSettings(deps);
  const layouts = createLayouts(deps);
  const blocks = createBlocks(deps);
  const holds = createHolds(deps);

  async function run(request: SettingsRequest): Promise<SettingsReport> {
    switch (request.command) {
      case "show":
        return shown(request, await settings.show(request.kind, request.name));
      case "set":
        return changed(request, await settings.set(request.kind, request.name, request.values, LOCAL_BY));
      case "layout-list":
        return listed(await layouts.list());
      case "layout-show": {
        const { spec } = await layouts.find(request.name);
        return { text: formatLayout(spec), notes: [], result: layoutJson(spec) };
      }
      case "layout-add":
        return layoutReport(await layouts.add(request.text, LOCAL_BY));
      case "layout-change":
        return layoutReport(await layouts.change(request.text, LOCAL_BY));
      case "hold-list":
      case "hold-set":
      case "hold-lift":
        return await runHoldCommand(holds, request);
      default:
        return await runBlockCommand(blocks, request);
    }
  }
  return run;
}

interface Named {
  readonly kind: string;
  readonly name: string;
}

function shown({ kind, name }: Named, views: readonly SettingView[]): SettingsReport {
  const width = Math.max(...views.map((view) => view.name.length));
  const lines = views.map((view) => {
    const mark = view.fixed === undefined ? "=" : ":";
    return `${view.name.padEnd(width)} ${mark} ${view.value}`.trimEnd();
  });
  return { text: `${lines.join("\n")}\n`, notes: [], result: { kind, name, settings: views } };
}

function changed({ kind, name }: Named, { changes, notes }: SettingsChanged): SettingsReport {
  const lines = changes.map(({ name: setting, from, to }) => `${setting}: ${quoted(from)} → ${quoted(to)}\n`);
  return {
    text: lines.length === 0 ? `${kind} ${name} is so already\n` : lines.join(""),
    notes: [...notes],
    result: { kind, name, changes, notes },
  };
}

function quoted(value: string): string {
  return value === "" ? "(nothing)" : value;
}

function listed(layouts: readonly KnownLayout[]): SettingsReport {
  const rows = layouts.map(({ spec, usedBy }) => ({
    name: spec.name,
    suites: spec.suites.map((suite) => suite.name),
    repositories: usedBy,
  }));
  const lines = rows.map(({ name, suites, repositories }) =>
    `${name}\t${suites.join(" ")}\t${repositories.join(" ")}`.trimEnd(),
  );
  return { text: `${lines.join("\n")}\n`, notes: [], result: rows };
}

function layoutReport({ name, done, notes }: LayoutChanged): SettingsReport {
  const text = done.length === 0 ? `layout ${name} is so already\n` : `layout ${name}: ${done.join("; ")}\n`;
  return { text, notes: [...notes], result: { layout: name, changes: done, notes } };
}
