import { CopyBlock } from "../components/copy-block.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Time } from "../components/time.tsx";
import { formatBytes, formatFingerprint } from "../format.ts";
import { urls } from "../urls.ts";
import { Diff } from "./diff.tsx";

export type ScalarValue = string | number | boolean | null | undefined;
export type Rec = Readonly<Record<string, unknown>>;

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
const BKEY = /^[^/\s]+\/[^/\s]+\/\d{8}T\d{6}Z\/source(?: [a-z0-9-]+)?$/;
const DISTRIBUTION = /^[a-z][a-z0-9]*-[a-z0-9]+-[a-z]+(?:-rollback\d+)?$/;
const FINGERPRINT = /^(?:[0-9A-F]{40}|[0-9A-F]{64})$/;
/** Keys whose values are distributions, if they look so. */
const DISTRIBUTIONS = ["key", "distribution", "distributions", "from", "to", "target", "migrates_to"];
const MAX_INLINE = 12;

export function isScalar(value: unknown): value is ScalarValue {
  return value === null || ["string", "number", "boolean", "undefined"].includes(typeof value);
}

export function isRecord(value: unknown): value is Rec {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** One value; its name and form say what it is. */
export function Scalar({ name, value }: { readonly name: string; readonly value: ScalarValue }) {
  if (value === null || value === undefined || value === "") return <span class="none">–</span>;
  if (typeof value === "boolean") return <>{value ? "yes" : "no"}</>;
  if (typeof value === "number") return <>{name.endsWith("bytes") ? formatBytes(value) : String(value)}</>;
  return <Text name={name} text={value} />;
}

function Text({ name, text }: { readonly name: string; readonly text: string }) {
  if (TIME.test(text)) return <Time at={text} />;
  if (BKEY.test(text))
    return (
      <a class="bkey" href={urls.bkey(text)}>
        {text}
      </a>
    );
  const href = addressOf(name, text);
  if (href !== undefined) return <a href={href}>{name.endsWith("_path") ? fileName(text) : text}</a>;
  if (name === "state" || name === "status") return <StateBadge state={text} />;
  if (FINGERPRINT.test(text)) return <code class="fingerprint">{formatFingerprint(text)}</code>;
  if (name === "diff") return <Diff text={text} />;
  if (text.includes("\n")) return <CopyBlock text={text} label={name} />;
  return name === "version" ? <span class="version">{text}</span> : text;
}

/** Where a text leads, if its name says that it is an address or something that has a page. */
function addressOf(name: string, text: string): string | undefined {
  if (/(?:^|_)path$/.test(name)) return /^\/(?!\/)/.test(text) ? text : undefined;
  if (/(?:^|_)url$/.test(name)) return /^(?:https?|ftp):\/\//.test(text) ? text : undefined;
  if (name === "source" || name === "package") return urls.package(text);
  return DISTRIBUTIONS.includes(name) && DISTRIBUTION.test(text) ? urls.distribution(text) : undefined;
}

/** The last part of a path; where it ends in a slash, all of it. */
function fileName(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  return name === "" ? path : name;
}

/** A list of values, folded when it is long. */
export function Scalars({
  name,
  values,
}: {
  readonly name: string;
  readonly values: readonly ScalarValue[];
}) {
  if (values.length === 0) return <span class="none">none</span>;
  const list = (
    <ul class="values">
      {values.map((value, index) => (
        <li key={index}>
          <Scalar name={name} value={value} />
        </li>
      ))}
    </ul>
  );
  if (values.length <= MAX_INLINE) return list;
  return (
    <details>
      <summary>{values.length} items</summary>
      {list}
    </details>
  );
}
