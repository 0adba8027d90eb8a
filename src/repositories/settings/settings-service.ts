import type { Audit, By } from "#accounts";
import type { Database, Tx } from "#db";
import { MbdError } from "#platform";
import { CHROOTS } from "./chroot-subjects.ts";
import { distributionSubjects, type EnsureDistribution } from "./distribution-subjects.ts";
import { layoutSubjects, suiteSubjects } from "./layout-subjects.ts";
import { REPOSITORIES } from "./repository-subjects.ts";
import type { Refuse, Setting, SettingView, SubjectKind, Subjects } from "./setting.ts";

export interface SettingsDeps {
  readonly db: Database;
  readonly ensureDistribution: EnsureDistribution;
  readonly audit: Pick<Audit, "done">;
}

/** What a change came to; without changes all was so already. */
export interface SettingsChanged {
  readonly changes: readonly { readonly name: string; readonly from: string; readonly to: string }[];
  readonly notes: readonly string[];
}

/** Settings of repositories, distributions, chroots, layouts and suites. */
export interface Settings {
  /** @throws MbdError when there is no such thing */
  show(kind: SubjectKind, name: string): Promise<readonly SettingView[]>;
  /**
   * Sets values given as text, all of them or none, and records who did.
   * @throws MbdError bad_argument for a value that cannot be, setting_busy
   */
  set(
    kind: SubjectKind,
    name: string,
    values: Readonly<Record<string, string>>,
    by: By,
  ): Promise<SettingsChanged>;
}

export function createSettings(deps: SettingsDeps): Settings {
  const { ensureDistribution: ensure } = deps;
  const hands: Record<SubjectKind, Hand> = {
    repository: handOf(deps, REPOSITORIES),
    distribution: handOf(deps, distributionSubjects(ensure)),
    chroot: handOf(deps, CHROOTS),
    layout: handOf(deps, layoutSubjects(ensure)),
    suite: handOf(deps, suiteSubjects(ensure)),
  };
  return {
    show: (kind, name) => hands[kind].show(name),
    set: (kind, name, values, by) => hands[kind].set(name, values, by),
  };
}

interface Hand {
  show(name: string): Promise<readonly SettingView[]>;
  set(name: string, values: Readonly<Record<string, string>>, by: By): Promise<SettingsChanged>;
}

function handOf<S>(deps: SettingsDeps, subjects: Subjects<S>): Hand {
  return {
    async show(name) {
      const subject = await subjects.find(deps.db.read, name);
      return subjects.settings.map((setting) => viewOf(setting, subject));
    },
    async set(name, values, by) {
      const given = Object.entries(values).map(([key, text]) => [settingNamed(subjects, key), text] as const);
      for (const [setting, text] of given) await setting.check?.(text, refusalOf(setting.name));
      return await deps.db.write(async (tx) => {
        const changed = await write(tx, subjects, name, given);
        if (changed.changes.length > 0) {
          const told = Object.fromEntries(changed.changes.map(({ name: key, to }) => [key, to]));
          await deps.audit.done(tx, by, `${subjects.kind}.set`, { [subjects.kind]: name, ...told });
        }
        return changed;
      });
    },
  };
}

function viewOf<S>({ name, form, doc, choices, fixed, read }: Setting<S>, subject: S): SettingView {
  const reason = fixed?.(subject);
  return {
    ...{ name, value: read(subject), form, doc },
    ...(choices === undefined ? {} : { choices }),
    ...(reason === undefined ? {} : { fixed: reason }),
  };
}

function settingNamed<S>({ kind, settings }: Subjects<S>, key: string): Setting<S> {
  const found = settings.find(({ name }) => name === key);
  if (found !== undefined) return found;
  const known = settings.map(({ name }) => name).join(", ");
  throw new MbdError("bad_argument", {
    argument: key,
    reason: `a ${kind} has no such setting; it has ${known}`,
  });
}

function refusalOf(argument: string): Refuse {
  return (reason) => {
    throw new MbdError("bad_argument", { argument, reason });
  };
}

/** One after the other, each on what the ones before it made of the rows. */
async function write<S>(
  tx: Tx,
  subjects: Subjects<S>,
  name: string,
  given: readonly (readonly [Setting<S>, string])[],
): Promise<SettingsChanged> {
  const before = await subjects.find(tx, name);
  for (const [setting, text] of given) {
    const refuse = refusalOf(setting.name);
    const subject = await subjects.find(tx, name);
    const reason = setting.fixed?.(subject);
    if (reason !== undefined) refuse(`it cannot be changed: ${reason}`);
    await setting.write(tx, subject, text, refuse);
  }
  const after = await subjects.find(tx, name);
  const changes = given.flatMap(([setting]) => {
    const [from, to] = [setting.read(before), setting.read(after)];
    return from === to ? [] : [{ name: setting.name, from, to }];
  });
  if (changes.length === 0) return { changes, notes: [] };
  const names = changes.map((change) => change.name);
  return { changes, notes: (await subjects.changed(tx, after, names)).notes };
}
