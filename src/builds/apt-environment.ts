import type { AptDescription } from "./build-description.ts";
import { checked, checkedNumber } from "./patterns.ts";

/** A file of the chroot: path below /etc/apt and content. */
export interface AptFile {
  readonly path: string;
  readonly content: string | Uint8Array;
}

const OWN_KEY = "mini-buildd.gpg";
/** apt takes what fits into a short, and says so of the rest. */
const LOWEST_PRIORITY = -32_768;
const HIGHEST_PRIORITY = 32_767;

type Source = AptDescription["base"];
type Pins = AptDescription["extra"][number]["pin"];

/**
 * The files below /etc/apt of one build (builds.md 4): each source names its own key, so no key is trusted for another
 * source; only what is pinned differs from apt's default priority 500.
 */
export function aptEnvironment(apt: AptDescription): AptFile[] {
  const sources = [apt.base, ...apt.extra];
  const stanzas = [...sources.map(sourceStanza), ...apt.own.map(ownStanza)];
  return [
    { path: "sources.list.d/mini-buildd.sources", content: stanzas.join("\n") },
    { path: "preferences.d/mini-buildd.pref", content: preferences(apt) },
    ...keyrings(apt, sources),
    { path: "apt.conf.d/99mini-buildd", content: configuration() },
  ];
}

function sourceStanza(source: Source): string {
  return stanza({
    uris: source.uris,
    suite: checked("suite", source.suite, "suite"),
    components: source.components,
    key: `${keyName(source)}.gpg`,
    checkValidUntil: source.checkValidUntil,
  });
}

function ownStanza(own: AptDescription["own"][number]): string {
  return stanza({
    uris: [own.uri],
    suite: checked("distribution", own.suite, "distribution"),
    components: own.components,
    key: OWN_KEY,
    checkValidUntil: true,
  });
}

interface StanzaInput {
  readonly uris: readonly string[];
  readonly suite: string;
  readonly components: readonly string[];
  readonly key: string;
  readonly checkValidUntil: boolean;
}

function stanza(input: StanzaInput): string {
  const lines = [
    "Types: deb",
    `URIs: ${input.uris.map((uri) => checked("uri", uri, "URI")).join(" ")}`,
    `Suites: ${input.suite}`,
    `Components: ${input.components.map((name) => checked("component", name, "component")).join(" ")}`,
    `Signed-By: /etc/apt/keyrings/${input.key}`,
    ...(input.checkValidUntil ? [] : ["Check-Valid-Until: no"]),
  ];
  return `${lines.join("\n")}\n`;
}

function preferences(apt: AptDescription): string {
  const pins = [
    ...apt.extra.map((extra) => pin(releasePin(extra.pin), extra.priority)),
    ...apt.own.map((own) =>
      pin(
        `n=${checked("distribution", own.suite, "distribution")}, o=${checked("pinValue", own.origin, "origin")}`,
        own.priority,
      ),
    ),
  ];
  return pins.join("\n");
}

function releasePin(pins: Pins): string {
  const order = ["o", "n", "a", "v", "l"] as const;
  return order
    .flatMap((letter) => {
      const value = pins[letter];
      return value === undefined ? [] : [`${letter}=${checked("pinValue", value, "pin value")}`];
    })
    .join(", ");
}

function pin(release: string, priority: number): string {
  const number = checkedNumber(priority, LOWEST_PRIORITY, HIGHEST_PRIORITY, "pin priority");
  return `Package: *\nPin: release ${release}\nPin-Priority: ${number}\n`;
}

function keyrings(apt: AptDescription, sources: readonly Source[]): AptFile[] {
  const files = new Map<string, string>();
  const add = (name: string, key: string): void => {
    const other = files.get(name);
    if (other !== undefined && other !== key) throw new Error(`two keys of the name ${name}`);
    files.set(name, checked("base64", key, "key"));
  };
  for (const source of sources) add(`${keyName(source)}.gpg`, source.key);
  if (apt.own.length > 0) add(OWN_KEY, apt.ownKey);
  return Array.from(files, ([name, key]) => ({
    path: `keyrings/${name}`,
    content: Buffer.from(key, "base64"),
  }));
}

function keyName(source: Source): string {
  return checked("slug", source.name, "source name");
}

function configuration(): string {
  const lines = [
    // Without it `apt-get update` succeeds with an unreachable source, and the build goes on without that source.
    'APT::Update::Error-Mode "any";',
    // The runner's door lets apt wait while the daemon is away, longer than which apt must be patient.
    'Acquire::Retries "7";',
    'Acquire::http::Timeout "600";',
    'Acquire::Languages "none";',
  ];
  return `${lines.join("\n")}\n`;
}
