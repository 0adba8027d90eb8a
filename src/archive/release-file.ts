import { MbdError } from "#platform";

/** Size and sums of a file as Release lists them. */
export interface Digests {
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly md5?: string;
  readonly sha1?: string;
}

/** Header fields of Release in their order, without those that the writer fills in. */
export type ReleaseFields = Readonly<Record<string, string>> & { readonly Suite: string };

export interface ReleaseContent {
  readonly fields: ReleaseFields;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  readonly files: ReadonlyMap<string, Digests>;
}

/** A published Release as far as the next one depends on it. */
export interface PublishedRelease {
  readonly date: Date;
  readonly validUntil: Date | undefined;
  /** All header lines but Date and Valid-Until. */
  readonly head: string;
  readonly files: ReadonlyMap<string, Digests>;
}

const SUMS = [
  { field: "MD5Sum", key: "md5" },
  { field: "SHA1", key: "sha1" },
  { field: "SHA256", key: "sha256" },
] as const;

/** How far ahead of the clock a Date may be; apt refuses 10 s (Acquire::Max-FutureTime). */
const MOST_AHEAD_MS = 2000;
/** Waiting longer than this for the clock would hide that it is wrong. */
const MOST_BEHIND_MS = 60_000;

/**
 * Text of a Release file (https://wiki.debian.org/DebianRepository/Format): header, then the sums of all indices by
 * path. The same content gives the same text but for Date.
 */
export function releaseText(content: ReleaseContent, date: Date, validDays: number | undefined): string {
  const dates = [`Date: ${formatDate(date)}`];
  if (validDays !== undefined) {
    dates.push(`Valid-Until: ${formatDate(new Date(date.getTime() + validDays * 86_400_000))}`);
  }
  const paths = [...content.files.keys()].sort();
  const sums = SUMS.flatMap(({ field, key }) => {
    const lines = paths.flatMap((path) => {
      const file = content.files.get(path);
      const sum = file?.[key];
      return file === undefined || sum === undefined
        ? []
        : [` ${sum} ${String(file.sizeBytes).padStart(8)} ${path}`];
    });
    return lines.length === 0 && key !== "sha256" ? [] : [`${field}:`, ...lines];
  });
  return [...headLines(content), ...dates, ...sums].map((line) => `${line}\n`).join("");
}

/** The part of Release that only set-up changes. */
export function releaseHead(content: Omit<ReleaseContent, "files">): string {
  return headLines(content)
    .map((line) => `${line}\n`)
    .join("");
}

function headLines({ fields, components, architectures }: Omit<ReleaseContent, "files">): string[] {
  const all = {
    ...fields,
    "Acquire-By-Hash": "yes",
    // Without it apt looks for indices of architecture all where Release names that; their packages are in all others.
    ...(architectures.includes("all") ? { "No-Support-for-Architecture-all": "Packages" } : {}),
    Architectures: architectures.join(" "),
    Components: components.join(" "),
  };
  return Object.entries(all).map(([name, value]) => `${name}: ${value}`);
}

/** Reads what `releaseText` wrote; undefined for anything else. */
export function parseRelease(text: string): PublishedRelease | undefined {
  const dates = new Map<string, Date>();
  const head: string[] = [];
  const files = new Map<string, Digests>();
  let key: "md5" | "sha1" | "sha256" | undefined;
  for (const line of text.split("\n")) {
    const entry = /^ ([0-9a-f]+) +([0-9]+) (\S+)$/.exec(line);
    if (entry !== null && key !== undefined) {
      const [, sum = "", size = "", path = ""] = entry;
      files.set(path, { sha256: "", ...files.get(path), sizeBytes: Number(size), [key]: sum });
      continue;
    }
    const [, name = "", value = ""] = /^([A-Za-z0-9-]+):(?: (.*))?$/.exec(line) ?? [];
    key = SUMS.find(({ field }) => field === name)?.key;
    if (name === "Date" || name === "Valid-Until") dates.set(name, new Date(value));
    else if (name !== "" && key === undefined) head.push(`${line}\n`);
  }
  const date = dates.get("Date");
  if (date === undefined || Number.isNaN(date.getTime())) return undefined;
  return { date, validUntil: dates.get("Valid-Until"), head: head.join(""), files };
}

/** The small Release beside an index of one component and architecture (`source` for sources). */
export function componentReleaseText(fields: ReleaseFields, component: string, architecture: string): string {
  const kept = ["Origin", "Label", "Version", "NotAutomatic", "ButAutomaticUpgrades"].flatMap((name) => {
    const value = fields[name];
    return value === undefined ? [] : [`${name}: ${value}`];
  });
  const lines = [
    `Archive: ${fields.Suite}`,
    ...kept,
    "Acquire-By-Hash: yes",
    `Component: ${component}`,
    `Architecture: ${architecture}`,
  ];
  return lines.map((line) => `${line}\n`).join("");
}

/** `Sat, 06 Jan 2024 03:04:05 UTC`, as RFC 5322 has it but for the zone's name. */
export function formatDate(date: Date): string {
  return date.toUTCString().replace(/GMT$/, "UTC");
}

/**
 * Date of the next Release and how long to wait before publishing it. It grows by at least one second, as apt asks
 * If-Modified-Since with that grain, and is never earlier than the one before, as apt ignores such a Release.
 * @throws MbdError clock_behind when the clock is so far behind the last Date that clients would refuse the next
 */
export function nextDate(now: Date, last: Date | undefined, what: string): { date: Date; waitMs: number } {
  const second = Math.floor(now.getTime() / 1000) * 1000;
  const earliest = last === undefined ? second : Math.floor(last.getTime() / 1000) * 1000 + 1000;
  const date = new Date(Math.max(second, earliest));
  const ahead = date.getTime() - now.getTime();
  if (ahead > MOST_BEHIND_MS) {
    throw new MbdError("clock_behind", { distribution: what, seconds: Math.round(ahead / 1000) });
  }
  return { date, waitMs: Math.max(0, ahead - MOST_AHEAD_MS) };
}
