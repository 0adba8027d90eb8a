import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Ran, tryRun } from "./tools.ts";

/** This machine's apt with a configuration that knows nothing of the machine's own. */
export interface AptJudge {
  /** Its directory; fetched indices lie in `lists`. */
  readonly root: string;
  /** Replaces all sources by a deb822 text. */
  setSources(text: string): Promise<void>;
  update(): Promise<Judgement>;
  /** Throws away all fetched indices. */
  forget(): Promise<void>;
  /** Any apt tool (`apt-get`, `apt-cache`) with the private configuration. */
  run(tool: string, args: readonly string[]): Promise<Ran>;
  close(): Promise<void>;
}

export interface Judgement {
  readonly exitCode: number;
  /** Lines that begin with `W:`, `E:` or `N:`. */
  readonly complaints: readonly string[];
  readonly output: string;
}

/**
 * @param more further settings, as in an apt.conf
 * @param niceness so that many clients leave room for what they look at
 */
export async function createAptJudge(more = "", niceness = 0): Promise<AptJudge> {
  const root = await mkdtemp(join(tmpdir(), "mbd-apt-"));
  for (const dir of ["etc/sources.list.d", "lists/partial", "cache/archives/partial"])
    await mkdir(join(root, dir), { recursive: true });
  await writeFile(join(root, "status"), "");
  const config = join(root, "apt.conf");
  await writeFile(config, aptConfig(root) + more);
  const sources = join(root, "etc/sources.list.d/test.sources");
  const apt = (tool: string, args: readonly string[]) =>
    tryRun("nice", ["-n", String(niceness), tool, ...args], { env: { APT_CONFIG: config }, cwd: root });
  return {
    root,
    setSources: (text) => writeFile(sources, text),
    async update() {
      return judge(await apt("apt-get", ["-q=0", "update"]));
    },
    async forget() {
      await rm(join(root, "lists"), { recursive: true });
      await mkdir(join(root, "lists/partial"), { recursive: true });
    },
    run: apt,
    close: () => rm(root, { recursive: true, force: true }),
  };
}

/** What an `apt-get -q=0 update` objected to. (With less than `-q=0`, apt hides its notices from a pipe.) */
export function judge(ran: Ran): Judgement {
  const output = `${ran.stdout}${ran.stderr}`;
  const complaints = output.split(/[\r\n]+/).filter((line) => /^[WEN]:/.test(line));
  return { exitCode: ran.exitCode, complaints, output };
}

function aptConfig(root: string): string {
  return `Dir::Etc::parts "/dev/null"; Dir::Etc::main "/dev/null"; Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "${root}/etc/sources.list.d"; Dir::Etc::trustedparts "/dev/null";
Dir::Etc::trusted "/dev/null"; Dir::Etc::preferencesparts "/dev/null"; Dir::Etc::preferences "/dev/null";
Dir::State::lists "${root}/lists"; Dir::State::status "${root}/status"; Dir::Cache "${root}/cache";
APT::Sandbox::User "root"; Acquire::Languages "none"; Acquire::Retries "0";
`;
}
