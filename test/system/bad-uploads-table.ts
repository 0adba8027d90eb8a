import { appendFile, writeFile } from "node:fs/promises";
import {
  changeOneByte,
  relist,
  rewriteFile,
  type SourcePackage,
  type SourcePackageOptions,
  waitFor,
} from "#testing";
import { EXPIRES_SECONDS, type Scene } from "./bad-uploads-scene.ts";

export interface BadUpload {
  readonly what: string;
  /** Makes the files to send, in their order. */
  readonly files: (scene: Scene) => Promise<readonly string[]>;
  readonly code: string;
  /** What the sentence names, besides the reason: file, field or value. */
  readonly says: readonly RegExp[];
  readonly by?: "ftp" | "http";
}

/** A package to the sandbox with something done to it. */
function spoiled(spoil: (made: SourcePackage) => Promise<void>, options: Partial<SourcePackageOptions> = {}) {
  return async ({ make }: Scene) => {
    const made = await make(options);
    await spoil(made);
    return made.files;
  };
}

function spoiledChanges(change: (text: string) => string, options: Partial<SourcePackageOptions> = {}) {
  return spoiled(async (made) => await rewriteFile(made.changes, change), options);
}

async function filesOf(made: Promise<SourcePackage>): Promise<readonly string[]> {
  return (await made).files;
}

function tarballOf(made: SourcePackage): string {
  const found = made.files.find((file) => file.includes(".tar."));
  if (found === undefined) throw new Error("the package has no tarball");
  return found;
}

/** Whatever can be wrong with an upload. */
export const BAD_UPLOADS: readonly BadUpload[] = [
  {
    what: "no signature where one is needed",
    files: ({ makeSigned }) => filesOf(makeSigned()),
    code: "signature_missing",
    says: [/mbd-bad\d+_\S+_source\.changes/, /not signed/, /'acme'/],
  },
  {
    what: "signed by nobody we know",
    files: ({ makeSigned, stranger }) => filesOf(makeSigned(stranger)),
    code: "signature_unknown_key",
    says: [/_source\.changes/, /not known/, /key [0-9A-F]{16,40}/],
  },
  {
    what: "signed by a key of another repository",
    files: ({ makeSigned, elsewhere }) => filesOf(makeSigned(elsewhere)),
    code: "not_authorised",
    says: [/_source\.changes/, /may not upload to repository 'acme'/, /[0-9A-F]{40}/],
  },
  {
    what: "signed by a key for another suite",
    files: ({ makeSigned, elsewhereInside }) => filesOf(makeSigned(elsewhereInside.suite)),
    code: "not_authorised",
    says: [
      /_source\.changes/,
      /mbd-bad\d+ to suite unstable of repository 'acme', only everything to experimental\./,
    ],
  },
  {
    what: "signed by a key for other source names",
    files: ({ makeSigned, elsewhereInside }) => filesOf(makeSigned(elsewhereInside.source)),
    code: "not_authorised",
    says: [/_source\.changes/, /mbd-bad\d+ to suite unstable of repository 'acme', only other-\*\./],
  },
  {
    what: "signed by a key that has expired since",
    async files({ expiresAt, signedInTime }) {
      await waitFor(() => (Date.now() > expiresAt + 1000 ? true : undefined), {
        timeoutMs: (EXPIRES_SECONDS + 5) * 1000,
        what: "the key expires",
      });
      return signedInTime.files;
    },
    code: "key_expired",
    says: [/_source\.changes/, /has expired/],
  },
  {
    what: "changed after it was signed",
    async files({ makeSigned, elsewhere }) {
      const made = await makeSigned(elsewhere);
      await rewriteFile(made.changes, (text) => text.replace("Urgency: medium", "Urgency: high"));
      return made.files;
    },
    code: "signature_bad",
    says: [/_source\.changes/, /signature/],
  },
  {
    what: "text before the signed message",
    async files({ makeSigned, elsewhere }) {
      const made = await makeSigned(elsewhere);
      await rewriteFile(made.changes, (text) => `Hello\n\n${text}`);
      return made.files;
    },
    code: "signature_format",
    says: [/_source\.changes/],
  },
  {
    what: "a file of the same size with other content",
    files: spoiled((made) => changeOneByte(tarballOf(made))),
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz has SHA256 [0-9a-f]{64} instead of/],
  },
  {
    what: "a missing file",
    async files({ make }) {
      const made = await make();
      return made.files.filter((file) => file !== tarballOf(made));
    },
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz is missing/],
  },
  {
    what: "a file of another size",
    files: spoiled((made) => appendFile(tarballOf(made), "more")),
    code: "incomplete",
    says: [/mbd-bad\d+_\S+\.tar\.xz has \d+ bytes instead of \d+/],
  },
  {
    what: "an announced size beyond every limit",
    files: spoiledChanges((text) => text.replaceAll(/ \d+ (.*\.tar\.xz)$/gm, " 99999999999999 $1")),
    code: "incomplete",
    says: [/\.tar\.xz has \d+ bytes instead of 99999999999999/],
  },
  {
    what: "a listed name that climbs out",
    files: spoiledChanges((text) => text.replaceAll(/ (mbd-bad\S+\.tar\.xz)$/gm, " ../../$1")),
    code: "bad_changes",
    says: [/_source\.changes/, /\.\.\/\.\.\/mbd-bad/],
  },
  {
    what: "a repository that is not there",
    files: ({ make, suite }) => filesOf(make({ distribution: suite("unstable", "nope") })),
    code: "unknown_repository",
    says: [/'nope'/],
  },
  {
    what: "a codename that is not there",
    files: ({ make }) => filesOf(make({ distribution: "duke-test-unstable" })),
    code: "unknown_codename",
    says: [/'duke'/, /'test'/],
  },
  {
    what: "a distribution of no such form",
    files: ({ make }) => filesOf(make({ distribution: "unstable" })),
    code: "bad_distribution",
    says: [/'unstable'/],
  },
  {
    what: "a rollback as target",
    files: ({ make, suite }) => filesOf(make({ distribution: suite("stable-rollback0") })),
    code: "is_rollback",
    says: [/-stable-rollback0'/, /rollback/],
  },
  {
    what: "a suite that takes no uploads",
    files: ({ make, suite }) => filesOf(make({ distribution: suite("testing") })),
    code: "not_uploadable",
    says: [/'testing'/, /does not take uploads/],
  },
  {
    what: "a version without the mandatory part",
    files: ({ make }) => filesOf(make({ version: "1.0" })),
    code: "version_restriction",
    says: [/'1\.0'/, /mbd-bad/, /-test-unstable/],
  },
  {
    what: "a lower version",
    files: ({ make, packages }) =>
      filesOf(make({ name: "mbd-there", version: packages.version("1.0", "test", 1) })),
    code: "version_lower",
    says: [/mbd-there/, /lower than 1\.0~test\S+\+2/],
  },
  {
    what: "a version that is there with other content",
    files: ({ make, there }) =>
      filesOf(make({ name: "mbd-there", version: there.version, bullets: ["Other."] })),
    code: "version_exists",
    says: [/mbd-there 1\.0~test\S+\+2 is already in \S+-test-unstable/],
  },
  {
    what: "the same upload again",
    files: async ({ there }) => there.files,
    code: "duplicate_upload",
    says: [/mbd-there_\S+_source\.changes/, /received before/, /INSTALLED/],
    by: "http",
  },
  {
    what: "a .changes without the field Version",
    files: spoiledChanges((text) => text.replace(/^Version: .*\n/m, "")),
    code: "bad_changes",
    says: [/_source\.changes/, /Version/],
    by: "http",
  },
  {
    what: "a .changes with a field twice",
    files: spoiledChanges((text) => text.replace(/^(Distribution: .*\n)/m, "$1$1")),
    code: "bad_changes",
    says: [/_source\.changes/, /Distribution/],
  },
  {
    what: "a .changes that is none",
    files: spoiled((made) => writeFile(made.changes, "\0\u0001nothing\n")),
    code: "bad_changes",
    says: [/_source\.changes/],
  },
  {
    what: "a .dsc without the field Format",
    files: spoiled(async (made) => {
      await rewriteFile(made.dsc, (text) => text.replace(/^Format: .*\n/m, ""));
      await relist(made.changes, made.dsc);
    }),
    code: "bad_dsc",
    says: [/mbd-bad\d+_\S+\.dsc/, /Format/],
  },
  {
    what: "a .dsc of another version",
    files: spoiled(async (made) => {
      await rewriteFile(made.dsc, (text) => text.replace(/^Version: .*$/m, "Version: 7"));
      await relist(made.changes, made.dsc);
    }),
    code: "bad_dsc",
    says: [/mbd-bad\d+_\S+\.dsc/, /mbd-bad\d+ 7/],
    by: "http",
  },
  {
    what: "an upload option with a bad value",
    files: ({ make }) => filesOf(make({ options: ["lintian-mode=ignore"] })),
    code: "option_bad_value",
    says: [/lintian-mode/, /ignore/],
  },
  {
    what: "an upload option that is none",
    files: ({ make }) => filesOf(make({ options: ["run-lintian=no"] })),
    code: "option_unknown",
    says: [/run-lintian/],
  },
  {
    what: "nothing to build on any architecture",
    files: ({ make, instance }) =>
      filesOf(make({ architecture: instance.arch === "s390x" ? "armel" : "s390x" })),
    code: "nothing_to_build",
    says: [/mbd-bad\d+/, /-test-unstable/],
  },
  {
    what: "an orig tarball that nobody has",
    files: ({ make, packages }) =>
      filesOf(make({ format: "quilt", version: packages.version("1.0-1"), sourceStyle: "-sd" })),
    code: "source_incomplete",
    says: [/mbd-bad\d+_1\.0\.orig\.tar\.xz/, /mbd-bad\d+_\S+\.dsc/],
  },
];
