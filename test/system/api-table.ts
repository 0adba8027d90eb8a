import type { AnyArgument, CallDefinition, CallName } from "#api";
import { SNAPSHOT, type Things } from "./api-scene.ts";

/** A refusal as problems say it. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
}

/** What the tests know of a call beyond its definition. */
export interface Row {
  /** Arguments that make sense here: each names something that is there. */
  given(things: Things): Readonly<Record<string, string>>;
  /** What it says to somebody who may, but did not confirm; by itself the plan, and a call that reads answers. */
  readonly refusal?: Refusal;
  /** It is about the user who asks; tokens of the administrator belong to none. */
  readonly ofUsers?: true;
  /** For a call that reads: further arguments to compare the doors with. */
  variants?(things: Things): readonly Readonly<Record<string, string>>[];
  /** Values that the rules of one argument refuse, beside what its class refuses. */
  readonly bad?: Readonly<Record<string, readonly string[]>>;
}

const nothing = () => ({});
const ofSource = ({ source, distribution }: Things) => ({ source, distribution });
const DISTRIBUTION = ["Sid", "../sid", "sid unstable"];
const SOURCE = ["../x", "X", "a b", "a/b"];
const VERSION = ["1 0", "a:b:c", "../1"];
const REPOSITORIES = ["../x", "A", "nope"];
const CODENAMES = ["../x", "nope"];
const BKEY = ["x", "a/b/c", "a/b/c/source amd64 i386"];

/** One row for each call; the compiler asks for it. */
export const ROWS: Readonly<Record<CallName, Row>> = {
  status: { given: nothing, variants: () => [{ with_repositories: "True", with_queue: "True" }] },
  pub_key: { given: nothing },
  dput_conf: {
    given: nothing,
    variants: () => [{ without_global: "True" }, { dput_ng_profile: "True" }],
  },
  sources_list: {
    given: nothing,
    variants: () => [
      { suites: "unstable", types: "deb,deb-src", rollbacks: "-1", with_extra_sources: "True" },
      { repositories: "test", format: "one-line", key: "path", options: "trusted=no" },
      { mirror: "http://mirror.example.org/x", snapshot: "20240102T030405Z" },
      { snapshot: "../x" },
    ],
    bad: {
      repositories: REPOSITORIES,
      codenames: CODENAMES,
      suites: ["../x", "A B", "nope"],
      types: ["deb,nope"],
      options: ["x", "a=b c", "=", "A=b"],
    },
  },
  search: {
    given: ({ source }) => ({ pattern: source }),
    variants: () => [{ pattern: "mbd*", limit: "1" }, { pattern: "no-such-thing" }],
    bad: { repositories: REPOSITORIES, codenames: CODENAMES },
  },
  ls: {
    given: ({ source }) => ({ source }),
    variants: ({ source, version }) => [
      { source: "no-such-thing" },
      { source, version, repositories: "test" },
      { source, min_version: version, codenames: "nope" },
      { source, version: "a:b:c" },
    ],
    bad: { source: SOURCE, repositories: REPOSITORIES, codenames: CODENAMES, min_version: VERSION },
  },
  debdiff: {
    given: ({ source, version, olderVersion }) => ({ source, version_a: olderVersion, version_b: version }),
    variants: ({ source, version }) => [
      { source, version_a: version, version_b: version },
      { source, version_a: "0.1", version_b: version },
    ],
    bad: { source: SOURCE, repositories: REPOSITORIES },
  },
  snapshot_ls: {
    given: ({ distribution }) => ({ distribution }),
    variants: () => [{ distribution: "sid-nope-unstable" }],
    bad: { distribution: DISTRIBUTION },
  },
  subscribe: {
    given: nothing,
    ofUsers: true,
    bad: { package: SOURCE, distribution: DISTRIBUTION },
  },
  unsubscribe: {
    given: nothing,
    ofUsers: true,
    bad: { package: SOURCE, distribution: DISTRIBUTION },
  },
  set_user_key: {
    given: () => ({ key: "A".repeat(40) }),
    ofUsers: true,
    refusal: { status: 404, code: "not_found" },
  },
  migrate: { given: ofSource, bad: { source: SOURCE, distribution: DISTRIBUTION } },
  port: {
    given: ({ source, distribution }) => ({
      source,
      from_distribution: distribution,
      to_distributions: distribution,
    }),
    bad: {
      source: SOURCE,
      from_distribution: DISTRIBUTION,
      to_distributions: ["(", "*nope*"],
      options: ["x"],
    },
  },
  port_ext: {
    given: ({ distribution }) => ({
      dsc: "http://archive.example.org/x_1.dsc",
      distributions: distribution,
    }),
    bad: { distributions: ["(", "*nope*"], options: ["x", "=y"] },
  },
  retry: {
    given: ({ bkey }) => ({ bkey }),
    bad: { bkey: BKEY },
    refusal: { status: 410, code: "expired" },
  },
  cancel: {
    given: ({ bkey }) => ({ bkey }),
    bad: { bkey: BKEY },
    refusal: { status: 409, code: "finished" },
  },
  set_priority: {
    given: ({ bkey }) => ({ bkey, priority: "-10" }),
    bad: { bkey: BKEY, priority: ["101", "-101"] },
  },
  wake: { given: () => ({ remote: "http://nowhere.example.org:8066" }) },
  remove: { given: ofSource, bad: { source: SOURCE, distribution: DISTRIBUTION } },
  start: { given: nothing },
  stop: { given: nothing },
  uploaders: {
    given: nothing,
    variants: () => [{ repositories: "test" }],
    bad: { repositories: REPOSITORIES },
  },
  snapshot_create: {
    given: ({ distribution }) => ({ distribution, name: "a-snapshot" }),
    bad: { distribution: DISTRIBUTION },
  },
  snapshot_delete: {
    given: ({ distribution }) => ({ distribution, name: SNAPSHOT }),
    bad: { distribution: DISTRIBUTION },
  },
  keyring_packages: { given: nothing, bad: { distributions: ["(", "*nope*"] } },
  test_packages: { given: nothing, bad: { sources: ["mbd-test-nope"], distributions: ["(", "*nope*"] } },
  remake_chroots: { given: nothing, bad: { keys: ["x", "../x:amd64", "bookworm:"] } },
  cronjob: { given: () => ({ id: "accounts" }), bad: { id: ["nope"] } },
  debmirror: {
    given: () => ({ destination: "a-mirror" }),
    bad: { repositories: REPOSITORIES, codenames: CODENAMES, suites: ["../x"] },
  },
  setup: {
    given: nothing,
    bad: {
      archives: ["ftp://archive.example.org/", "http://u:p@archive.example.org/"],
      sources: ["../x", "X Y"],
      distributions: ["bookworm", "bookworm:a b"],
      repositories: ["x", "X/default", "../default"],
      require_signatures: ["A"],
      allow_unauthenticated_uploads: ["../x"],
      chroots: ["bookworm"],
    },
  },
  handshake: { given: () => ({ message: "not signed at all" }) },
};

/** Calls that answer 503 whatever they are asked, since what they are about is still to be built. */
export const NOT_AVAILABLE: readonly CallName[] = ["wake", "handshake"];

/** Values that the class of an argument refuses, whatever the argument is about. */
export function badValues(argument: AnyArgument): readonly string[] {
  const { kind } = argument;
  const long = "x".repeat(kind === "multiline" ? 1024 * 1024 + 1 : 4097);
  const always = ["a\0b", "a\u009bb", long];
  if (kind === "multiline") return always;
  const byKind = {
    str: ["a\nb"],
    url: ["no address", "file:///etc/passwd", "ftp://h/x", "http://u:p@h/x", "javascript:x", "//h/x"],
    choice: ["no such choice"],
    int: ["x", "1.5", "1e2", "0x10", "९", "9".repeat(20), "999999999999999", "-999999999999999"],
    bool: ["maybe", "2", "TRUE!"],
    list: ["a\nb", Array.from({ length: 1001 }, () => "x").join(",")],
  } as const;
  return [...always, ...byKind[kind]];
}

/** One address of a call for each bad value of each of its arguments. */
export function badRequests(
  call: CallDefinition,
  row: Row,
  things: Things,
): { readonly argument: string; readonly given: Readonly<Record<string, string>> }[] {
  return Object.values(call.arguments).flatMap((argument) => {
    const { identity } = argument;
    const values = [...badValues(argument), ...(row.bad?.[identity] ?? [])];
    return values.map((value) => ({
      argument: identity,
      given: { ...row.given(things), [identity]: value },
    }));
  });
}
