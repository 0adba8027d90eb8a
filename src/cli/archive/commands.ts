import type { Command } from "commander";
import { badArgument } from "#platform";
import type { CliDeps } from "../deps.ts";
import {
  ageOf,
  type ChangeOptions,
  COMPONENT,
  changeOf,
  changing,
  common,
  given,
  MOMENT_DAYS,
  oneComponent,
  type Perform,
  ROLLBACK_DAYS,
} from "./options.ts";
import { type ArchiveOptions, perform } from "./perform.ts";
import { addMaintenance, addMoment, addSnapshot } from "./upkeep-commands.ts";
import * as words from "./words.ts";

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
  readonly rollbackDays?: number | "forever";
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
    .option(...MOMENT_DAYS)
    .option(...ROLLBACK_DAYS);
  changing(command).action(async (distribution: string, options: InitOptions) => {
    const { component, architecture, rollbacks, versions, origin, description, automatic } = options;
    const { md5, sha1, translations, contents, validDays, momentDays, rollbackDays } = options;
    await run(options, {
      command: "init",
      distribution,
      ...given({ components: component, architectures: architecture }),
      ...given({ rollbacks, versions, origin, description, automatic }),
      options: given({
        ...{ md5, sha1, translations, validDays, momentDays, rollbackDays: ageOf(rollbackDays) },
        contents: contents === false ? false : undefined,
      }),
      ...changeOf(options),
    });
  });
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
        throw badArgument("source", "name source packages, or give --full and none");
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
