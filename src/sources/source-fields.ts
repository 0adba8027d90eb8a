import type { NewRow, RowUpdate } from "#db";
import { isCodeversion } from "#deb";
import { MbdError } from "#platform";
import type { SourceMatch } from "./release-rules.ts";
import { type Source, sourceName } from "./source-store.ts";

export interface NewSource {
  readonly origin: string;
  readonly codename: string;
  /** http or https URLs. */
  readonly archives: readonly string[];
  /** Binary OpenPGP keys; one of them must sign the Release file. */
  readonly keyring: Uint8Array;
  readonly match?: SourceMatch;
  readonly checkValidUntil?: boolean;
  readonly removeFromComponent?: string;
}

/** What can change; origin and codename are fixed. */
export interface SourceChange extends Partial<Omit<NewSource, "origin" | "codename">> {
  /** Null takes it back. */
  readonly codeversionOverride?: string | null;
  /** Takes the codeversion that the last check computed. */
  readonly acceptCodeversion?: boolean;
}

/** The row of a source that was never checked. @throws MbdError bad_argument */
export function newRow(source: NewSource): NewRow<"source"> {
  if (
    source.origin.trim() === "" ||
    !/^[a-z][a-z0-9./-]{0,63}$/.test(source.codename) ||
    source.codename.includes("..")
  ) {
    throw new MbdError("bad_argument", {
      argument: "source",
      reason: `'${sourceName(source)}' is not an origin with a codename`,
    });
  }
  return {
    origin: source.origin,
    codename: source.codename,
    archives: archivesText(source.archives),
    keyring: keyringText(source.keyring),
    match: JSON.stringify(source.match ?? {}),
    check_valid_until: source.checkValidUntil === false ? 0 : 1,
    remove_from_component: source.removeFromComponent ?? "",
    state: "unchecked",
    description: "",
    codeversion: "",
    components: "[]",
    architectures: "[]",
  };
}

/** The columns that a change touches. @throws MbdError bad_argument */
export function changedFields(source: Source, change: SourceChange): RowUpdate<"source"> {
  const { archives, keyring, match, checkValidUntil, removeFromComponent, codeversionOverride } = change;
  if (typeof codeversionOverride === "string" && !isCodeversion(codeversionOverride)) {
    const reason = `'${codeversionOverride}' is not a codeversion such as 12 or ~SID`;
    throw new MbdError("bad_argument", { argument: "codeversion_override", reason });
  }
  const accepted = change.acceptCodeversion === true ? (source.codeversionSeen ?? "") : "";
  return {
    ...(archives === undefined ? {} : { archives: archivesText(archives) }),
    ...(keyring === undefined ? {} : { keyring: keyringText(keyring) }),
    ...(match === undefined ? {} : { match: JSON.stringify(match) }),
    ...(checkValidUntil === undefined ? {} : { check_valid_until: checkValidUntil ? 1 : 0 }),
    ...(removeFromComponent === undefined ? {} : { remove_from_component: removeFromComponent }),
    ...(codeversionOverride === undefined ? {} : { codeversion_override: codeversionOverride }),
    ...(accepted === "" ? {} : { codeversion: accepted }),
  };
}

function archivesText(archives: readonly string[]): string {
  const bad = archives.find((url) => !/^https?:\/\/[^/\s'"[\]\\]+\/[^\s'"[\]\\]*$/.test(`${url}/`));
  if (bad !== undefined || archives.length === 0) {
    const reason = bad === undefined ? "name at least one" : `'${bad}' is not an http or https address`;
    throw new MbdError("bad_argument", { argument: "archives", reason });
  }
  return JSON.stringify([...new Set(archives.map((url) => `${url.replace(/\/+$/, "")}/`))]);
}

function keyringText(keyring: Uint8Array): string {
  if (keyring.length === 0) throw new MbdError("bad_argument", { argument: "keys", reason: "there is none" });
  return Buffer.from(keyring).toString("base64");
}
