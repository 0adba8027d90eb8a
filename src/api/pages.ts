import type { Principal } from "#accounts";
import type { CallDefinition } from "./call.ts";
import type { CallView } from "./describe.ts";
import type { Problem } from "./problem.ts";

/** What every page of a call shows. */
export interface CallPage {
  readonly definition: CallDefinition;
  /** The call in words, with the instance's defaults and choices. */
  readonly view: CallView;
  /** What was given, as text by identity. */
  readonly given: Readonly<Record<string, string>>;
  readonly principal: Principal;
}

/** The pages of calls. Each function gives a whole HTML document; what it gets is anybody's text. */
export interface CallPages {
  index(page: { readonly calls: readonly CallView[]; readonly principal: Principal }): string;
  /** `problem`: why what was given did not do. */
  form(page: CallPage & { readonly problem?: Problem | undefined }): string;
  /** What the call would do, with the button that does it. */
  confirm(page: CallPage & { readonly plan: readonly string[] }): string;
  result(page: CallPage & { readonly result: unknown }): string;
}
