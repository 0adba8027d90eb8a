import { MbdError } from "#platform";
import type { CALLS, Handler, ResultOfCall } from "../index.ts";

type Remade = ResultOfCall<typeof CALLS.remake_chroots>[number];

export interface RemakeChrootsDeps {
  /** `<codename>:<arch>` of all that are set up. */
  keys(): Promise<readonly string[]>;
  remake(keys: readonly string[]): Promise<
    readonly {
      readonly key: string;
      readonly steps: readonly Remade["steps"][number][];
      readonly error?: string;
    }[]
  >;
}

export function createRemakeChroots(deps: RemakeChrootsDeps): Handler<typeof CALLS.remake_chroots> {
  return {
    async plan(values) {
      return (await chosen(deps, values.keys)).map(
        (key) => `Make ${key} anew; builds that run keep the one they have.`,
      );
    },
    async run(values) {
      const remade = await deps.remake(await chosen(deps, values.keys));
      return remade.map(({ steps, ...each }) => ({ ...each, steps: [...steps] }));
    },
  };
}

/** @throws MbdError not_found */
async function chosen({ keys }: RemakeChrootsDeps, wanted: readonly string[]): Promise<readonly string[]> {
  const all = await keys();
  if (wanted.length === 0) return all;
  const unknown = wanted.find((key) => !all.includes(key));
  if (unknown !== undefined) throw new MbdError("not_found", { what: `Chroot '${unknown}'` });
  return [...new Set(wanted)];
}
