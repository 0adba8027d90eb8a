import { type Command, InvalidArgumentError } from "commander";
import type { ArchiveRequest } from "#api";
import type { CliDeps } from "../deps.ts";
import { DEFAULT_HOME } from "../endpoint.ts";
import { type ArchiveOptions, perform } from "./perform.ts";
import * as words from "./words.ts";

interface ChangeOptions extends ArchiveOptions {
  readonly wait?: boolean;
  readonly dryRun?: boolean;
  readonly component?: string[];
}

type Perform = (options: ArchiveOptions, request: ArchiveRequest, files?: readonly string[]) => Promise<void>;

/** `mini-buildd archive …`: the administrator's direct hand on the archives of this machine's instance. */
export function addArchiveCommands(program: Command, deps: CliDeps, finish: (code: number) => void): void {
  const archive = program
    .command("archive")
    .description("the APT archives of the instance on this machine, with or without a running daemon");
  const run: Perform = async (options, request, files) =>
    finish(await perform(deps, options, request, files));
  addInit(archive, run);
  addAdd(archive, run);
  addCopy(archive, run);
  addRemove(archive, run);
  addRestore(archive, run);
  addLs(archive, run);
  addImport(archive, run);
  addSnapshot(archive, run);
  addMoment(archive, run);
  addMaintenance(archive, run);
}

/** Options of all commands. */
function common(command: Command): Command {
  return command
    .option("--home <dir>", `home of the instance (default: $MINI_BUILDD_HOME or ${DEFAULT_HOME})`)
    .option("--json", "print one JSON document");
}

/** Options of commands that change what clients see. */
function changing(command: Command): Command {
  return common(command)
    .option("--no-wait", "return before clients see the change (with a daemon, which publishes soon)")
    .option("--dry-run", "print what would change, and change nothing");
}

/** Commander has `wait` true unless `--no-wait` is given. */
function changeOf({ wait, dryRun }: ChangeOptions): { wait: boolean; dryRun: boolean } {
  return { wait: wait !== false, dryRun: dryRun === true };
}

function oneComponent({ component }: ChangeOptions): { component?: string } {
  const [one, ...others] = component ?? [];
  if (others.length > 0) throw new InvalidArgumentError("Only one component can be given here.");
  return one === undefined ? {} : { component: one };
}

const COMPONENT = "--component <name>";

interface InitOptions extends ChangeOptions {
  readonly architecture?: string[];
  readonly rollbacks?: number;
  readonly versions?: number;
  readonly origin?: string;
  readonly description?: string;
  readonly automatic?: boolean;
  readonly md5?: boolean;
  readonly sha1?: boolean;
  readonly translations?: boolean;
  readonly contents?: boolean;
  readonly validDays?: number;
  readonly momentDays?: number;
}

function addInit(archive: Command, run: Perform): void {
  const command = archive
    .command("init")
    .description(
      "make a distribution, on a home that may be empty; again, it adds what is given, and without options changes nothing",
    )
    .argument("<distribution>", "CODENAME-REPOSITORY-SUITE")
    .option(COMPONENT, "a component; can be repeated (default: main)", words.collect)
    .option(
      "--architecture <name>",
      "an architecture; can be repeated (default: this machine's)",
      words.collect,
    )
    .option(
      "--rollbacks <number>",
      "earlier versions that are kept as distributions (default: 0)",
      words.count,
    )
    .option("--versions <number>", "versions of a source that stay side by side (default: 1)", words.positive)
    .option("--origin <text>", "Origin of Release (default: Mini-Buildd archive IDENTITY on HOST)")
    .option("--description <text>", "Description of Release")
    .option("--automatic", "apt installs and upgrades from it by itself (Release without NotAutomatic)")
    .option("--md5", "MD5 sums in Release and indices, for very old clients")
    .option("--sha1", "SHA1 sums in Release and indices, for very old clients")
    .option("--translations", "long descriptions in i18n/Translation-en instead of Packages")
    .option("--no-contents", "no Contents indices")
    .option("--valid-days <number>", "Valid-Until, this many days after Date", words.positive)
    .option(
      "--moment-days <number>",
      "how long clients may go back; the longest of the repository counts (default: 30)",
      words.count,
    );
  changing(command).action(async (distribution: string, options: InitOptions) => {
    const { component, architecture, rollbacks, versions, origin, description, automatic } = options;
    const { md5, sha1, translations, contents, validDays, momentDays } = options;
    await run(options, {
      command: "init",
      distribution,
      ...given({ components: component, architectures: architecture }),
      ...given({ rollbacks, versions, origin, description, automatic }),
      options: given({
        ...{ md5, sha1, translations, validDays, momentDays },
        contents: contents === false ? false : undefined,
      }),
      ...changeOf(options),
    });
  });
}

/** What was given of options. */
function given<T extends Record<string, unknown>>(options: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> };
}

function addAdd(archive: Command, run: Perform): void {
  const command = archive
    .command("add")
    .description("put packages into a distribution; a source and what was built from it stay together")
    .argument("<distribution>")
    .argument(
      "<file...>",
      ".deb, .udeb, .ddeb, .dsc or .changes (with the files they list beside them), @LIST for a file of names, - for names on standard input",
    )
    .option(COMPONENT, "where they go (default: as their Section says, else main)", words.collect)
    .option("--force", "also below the version that is there");
  changing(command).action(
    async (distribution: string, files: string[], options: ChangeOptions & { force?: boolean }) => {
      const { force } = options;
      const request = { distribution, ...oneComponent(options), force: force === true, ...changeOf(options) };
      await run(options, { command: "add", ...request }, files);
    },
  );
}

function addCopy(archive: Command, run: Perform): void {
  const command = archive
    .command("copy")
    .description("copy packages from one distribution of a repository to another (migrate)")
    .argument("<from>")
    .argument("<to>")
    .argument("[source[=version]...]", "source packages")
    .option("--full", "all that the first distribution has, in place of what the other has")
    .option(COMPONENT, "only from this component", words.collect)
    .option("--force", "also below the version that is there");
  changing(command).action(
    async (
      from: string,
      to: string,
      sources: string[],
      options: ChangeOptions & { full?: boolean; force?: boolean },
    ) => {
      const { full, force } = options;
      if ((full === true) === sources.length > 0)
        throw words.wrong("source", "name source packages, or give --full and none");
      await run(options, {
        command: "copy",
        ...{ from, to, full: full === true, force: force === true },
        ...(sources.length > 0 ? { sources: sources.map(words.sourceOf) } : {}),
        ...oneComponent(options),
        ...changeOf(options),
      });
    },
  );
}

function addRemove(archive: Command, run: Perform): void {
  const command = archive
    .command("remove")
    .description("take packages out of a distribution; sources go to its rollbacks")
    .argument("<distribution>", "of a rollback: only that entry, the following ones move up")
    .argument("<source[=version]...>", "source packages")
    .option(COMPONENT, "only from this component", words.collect)
    .option("--architecture <name>", "only packages of this architecture")
    .option("--without-rollback", "what leaves does not go to the rollbacks");
  changing(command).action(
    async (
      distribution: string,
      sources: string[],
      options: ChangeOptions & { architecture?: string; withoutRollback?: boolean },
    ) => {
      const { architecture, withoutRollback } = options;
      await run(options, {
        command: "remove",
        ...{ distribution, sources: sources.map(words.sourceOf), keepRollback: withoutRollback !== true },
        ...given({ architecture }),
        ...oneComponent(options),
        ...changeOf(options),
      });
    },
  );
}

function addRestore(archive: Command, run: Perform): void {
  const command = archive
    .command("restore")
    .description("bring a source package back from a rollback into its distribution")
    .argument("<rollback>", "CODENAME-REPOSITORY-SUITE-rollbackN")
    .argument("<source>")
    .option(COMPONENT, "only from this component", words.collect)
    .option("--force", "also in place of the version that is there");
  changing(command).action(
    async (distribution: string, source: string, options: ChangeOptions & { force?: boolean }) => {
      const { force } = options;
      const request = { distribution, source, force: force === true };
      await run(options, {
        command: "restore",
        ...request,
        ...oneComponent(options),
        ...changeOf(options),
      });
    },
  );
}

function addLs(archive: Command, run: Perform): void {
  const command = archive
    .command("ls")
    .description("list distributions, or the packages of one")
    .argument("[distribution]")
    .argument("[pattern]", "glob, or part of the name of a package or its source");
  common(command).action(
    async (distribution: string | undefined, pattern: string | undefined, options: ArchiveOptions) => {
      await run(options, { command: "ls", ...given({ distribution, pattern }) });
    },
  );
}

function addImport(archive: Command, run: Perform): void {
  const command = archive
    .command("import")
    .description("take over a distribution of another APT repository; it can be interrupted and repeated")
    .argument("<distribution>", "where the packages go")
    .argument("<from>", "URL or directory of the repository (what has dists/ in it)")
    .option("--suite <name>", "name below its dists/ (default: that of the distribution)")
    .option("--keyring <file>", "public keys of which one must have signed its Release")
    .option("--trusted", "take it without a signature")
    .option("--keep-going", "leave out packages that are refused, and tell them at the end (exit code 5)")
    .option(COMPONENT, "a component to take; can be repeated (default: all)", words.collect)
    .option(
      "--architecture <name>",
      "an architecture to take; can be repeated (default: all)",
      words.collect,
    );
  changing(command).action(
    async (
      distribution: string,
      from: string,
      options: ChangeOptions & {
        suite?: string;
        keyring?: string;
        architecture?: string[];
        trusted?: boolean;
        keepGoing?: boolean;
      },
    ) => {
      const { suite, keyring, component, architecture, trusted, keepGoing } = options;
      await run(options, {
        command: "import",
        ...{ distribution, from: words.placeOf(from) },
        ...given({
          ...{ suite, trusted, keepGoing },
          keyring: keyring === undefined ? undefined : words.placeOf(keyring),
          components: component,
          architectures: architecture,
        }),
        ...changeOf(options),
      });
    },
  );
}

function addSnapshot(archive: Command, run: Perform): void {
  const snapshot = archive.command("snapshot").description("named states of a distribution");
  const create = snapshot
    .command("create")
    .description("keep the present state of a distribution under a name")
    .argument("<distribution>")
    .argument("<name>");
  changing(create).action(async (distribution: string, name: string, options: ChangeOptions) => {
    await run(options, { command: "snapshot-create", distribution, name, ...changeOf(options) });
  });
  const list = snapshot
    .command("list")
    .description("list the snapshots of a distribution")
    .argument("<distribution>");
  common(list).action(async (distribution: string, options: ArchiveOptions) => {
    await run(options, { command: "snapshot-list", distribution });
  });
  const remove = snapshot
    .command("delete")
    .description("delete a snapshot")
    .argument("<distribution>")
    .argument("<name>");
  changing(remove).action(async (distribution: string, name: string, options: ChangeOptions) => {
    await run(options, { command: "snapshot-delete", distribution, name, ...changeOf(options) });
  });
}

function addMoment(archive: Command, run: Perform): void {
  const moment = archive
    .command("moment")
    .description("earlier states of a repository that clients may go back to");
  const list = moment
    .command("list")
    .description("list the moments of a repository, the newest first")
    .argument("<repository>")
    .option("--limit <number>", "at most so many (default: 100)", words.positive)
    .option("--pinned", "only those that are kept for ever");
  common(list).action(
    async (repository: string, options: ArchiveOptions & { limit?: number; pinned?: boolean }) => {
      const { limit, pinned } = options;
      await run(options, { command: "moment-list", repository, ...given({ limit, pinned }) });
    },
  );
  for (const [word, pinned, what] of [
    ["pin", true, "keep the moment of a time (YYYYMMDDTHHMMSSZ) for ever"],
    ["unpin", false, "keep a moment no longer than others again"],
  ] as const) {
    const command = moment.command(word).description(what).argument("<repository>").argument("<timestamp>");
    common(command).action(async (repository: string, timestamp: string, options: ArchiveOptions) => {
      await run(options, { command: "moment-pin", repository, timestamp, pinned });
    });
  }
}

function addMaintenance(archive: Command, run: Perform): void {
  const check = archive
    .command("check")
    .description("compare database, pool and published files; exit code 5 when something is wrong")
    .option("--repair", "mend what can be mended")
    .option("--full", "compare content too, which reads everything");
  common(check).action(async (options: ArchiveOptions & { repair?: boolean; full?: boolean }) => {
    const full = options.full === true ? { full: true } : {};
    await run(options, { command: "check", repair: options.repair === true, ...full });
  });
  const gc = archive
    .command("gc")
    .description("remove files that no distribution, rollback, snapshot or kept moment needs")
    .option("--dry-run", "print what would go, and remove nothing");
  common(gc).action(async (options: ArchiveOptions & { dryRun?: boolean }) => {
    await run(options, { command: "gc", dryRun: options.dryRun === true });
  });
  const reindex = archive
    .command("reindex")
    .description("write all indices of a distribution, or of all, anew")
    .argument("[distribution]")
    .option("--force", "have clients fetch all of it, even when nothing differs");
  common(reindex).action(
    async (distribution: string | undefined, options: ArchiveOptions & { force?: boolean }) => {
      await run(options, { command: "reindex", ...given({ distribution, force: options.force }) });
    },
  );
}
