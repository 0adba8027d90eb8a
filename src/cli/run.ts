import { isIPv4 } from "node:net";
import { type Command, InvalidArgumentError } from "commander";
import { addAdminCommands } from "./admin.ts";
import { addApiCommand } from "./api.ts";
import { addArchiveCommands } from "./archive/index.ts";
import { addBootstrapAptCommand } from "./bootstrap-apt/index.ts";
import { buildLimit, type GivenBuildLimits } from "./build-limits.ts";
import { addCompletionCommands } from "./completion/index.ts";
import type { CliDeps, ServeOptions } from "./deps.ts";
import { addDputCommand } from "./dput/index.ts";
import { DEFAULT_HOME, homeOf } from "./endpoint.ts";
import { addEventsCommand } from "./events.ts";
import { EXIT, SUBMIT_EXIT } from "./exit-codes.ts";
import { configureCommand, createRootCommand, reportError } from "./report.ts";
import { addNetworks, networksOf, publicUrl, urlOf } from "./serve-values.ts";
import { addSubmitCommand } from "./submit.ts";

/** Runs one command line (without program name) and returns the exit code; writes to `deps.io` only. */
export async function runCli(argv: readonly string[], deps: CliDeps): Promise<number> {
  let code: number = EXIT.done;
  const program = createProgram(deps, (result) => {
    code = result;
  });
  try {
    await program.parseAsync([...argv], { from: "user" });
    return code;
  } catch (error) {
    const failed = reportError(error, deps);
    return argv[0] === "submit" && failed !== EXIT.done ? SUBMIT_EXIT.error : failed;
  }
}

function createProgram(deps: CliDeps, finish: (code: number) => void): Command {
  const program = createRootCommand(deps);
  addServeCommand(program, deps);
  addApiCommand(program, deps, finish, configureCommand(deps));
  addEventsCommand(program, deps, finish);
  addSubmitCommand(program, deps, finish);
  addDputCommand(program, deps, finish);
  addBootstrapAptCommand(program, deps, finish);
  addAdminCommands(program, deps, finish);
  addArchiveCommands(program, deps, finish);
  addCompletionCommands(program, deps, finish, configureCommand(deps));
  return program;
}

/** As commander names them. */
type ServeGiven = Omit<ServeOptions, "home" | "trustedProxies" | "buildLimits"> & {
  readonly home?: string;
  readonly trustedProxy?: readonly string[];
  readonly buildLimit?: GivenBuildLimits;
};

function addServeCommand(program: Command, deps: CliDeps): void {
  program
    .command("serve")
    .description("run the daemon until it is told to stop (SIGTERM, Ctrl-C)")
    .option("--home <dir>", `where the instance lives (default: $MINI_BUILDD_HOME or ${DEFAULT_HOME})`)
    .option("--http-port <port>", "port of pages, API, repositories and uploads by HTTP", port, 8066)
    .option("--ftp-port <port>", "port of uploads by FTP", port, 8067)
    .option(
      "--ftp-passive-ports <min-max>",
      "ports of FTP's data connections (default: any free one)",
      portRange,
    )
    .option(
      "--ftp-address <address>",
      "IPv4 address that FTP clients are told for data connections, behind NAT (default: the one they reached)",
      ipv4,
    )
    .option("--ftp-certificate <file>", "certificate (PEM), for FTP over TLS on request of the client")
    .option("--ftp-key <file>", "its private key (PEM), when it is in another file")
    .option("--listen <address>", "further address to listen on; loopback always", "127.0.0.1")
    .option(
      "--database <url>",
      "PostgreSQL (postgres://…; default: $MINI_BUILDD_DATABASE); without it SQLite in the home",
    )
    .option("--hostname <name>", "name by which clients reach this machine")
    .option(
      "--url <url>",
      "public address, as of a reverse proxy: links, cookies and APT sources have it (default: $MINI_BUILDD_URL or http://HOSTNAME:PORT)",
      publicUrl,
    )
    .option(
      "--trusted-proxy <network...>",
      "reverse proxies, by ADDRESS or ADDRESS/LENGTH, whose X-Forwarded-For says where a request comes from (default: $MINI_BUILDD_TRUSTED_PROXY or none)",
      addNetworks,
    )
    .option("--identity <name>", "identity of the instance; fixed after the first start")
    .option(
      "--smtp <url>",
      "way of mails: smtp://[user:password@]host[:port], smtps://… or sendmail (default: $MINI_BUILDD_SMTP); without it none are sent",
    )
    .option(
      "--notify <addresses>",
      "mail addresses that are told of everything, separated by commas (default: none)",
      addresses,
    )
    .option("--slots <n>", "builds at once (default: one for each processor)", slots)
    .option(
      "--build-limit <name=value>",
      "limit of a build, such as total=2h, memory=4GiB or tasks=500; may be given several times",
      buildLimit,
    )
    .option("--stopped", "begin with the engine stopped: call start switches it on")
    .option("--log-level <level>", "trace, debug, info, warn or error", "info")
    .action(async (given: ServeGiven) => {
      const { env } = deps.io;
      const { trustedProxy, buildLimit: buildLimits, ...options } = given;
      // Everybody on the machine can read command lines, so a URL with a password comes from the environment.
      const database = options.database ?? (env.MINI_BUILDD_DATABASE || undefined);
      const smtp = options.smtp ?? (env.MINI_BUILDD_SMTP || undefined);
      const url = options.url ?? urlOf(env.MINI_BUILDD_URL);
      const trustedProxies = trustedProxy ?? networksOf(env.MINI_BUILDD_TRUSTED_PROXY);
      const home = homeOf(options.home, env);
      await deps.serve({ ...options, buildLimits, database, smtp, url, trustedProxies, home });
    });
}

function addresses(text: string, before: readonly string[] = []): string[] {
  return [...before, ...text.split(",").map((each) => each.trim())];
}

function port(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,5}$/.test(text) && value <= 65_535) return value;
  throw new InvalidArgumentError("It is a number from 0 to 65535 (0: any free one).");
}

function slots(text: string): number {
  const value = Number(text);
  if (/^[0-9]{1,4}$/.test(text) && value > 0) return value;
  throw new InvalidArgumentError("It is a number from 1 to 9999.");
}

function portRange(text: string): { min: number; max: number } {
  const [, min = 0, max = 0] = (/^([0-9]{1,5})-([0-9]{1,5})$/.exec(text) ?? []).map(Number);
  if (min >= 1024 && min <= max && max <= 65_535) return { min, max };
  throw new InvalidArgumentError("It is two numbers from 1024 to 65535, like 50000-50100.");
}

function ipv4(text: string): string {
  if (isIPv4(text)) return text;
  throw new InvalidArgumentError("It is an IPv4 address.");
}
