import { createReadStream, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, normalize } from "node:path";
import { exec } from "#platform";

/** A real apt in a private root, and a plain web server for its archive. */
export interface TestApt {
  readonly dir: string;
  /** Runs apt-get; standard output and error together, and how it ended. */
  get(...args: string[]): Promise<{ exitCode: number; text: string }>;
  /** Runs apt-cache in the same way. */
  cache(...args: string[]): Promise<{ exitCode: number; text: string }>;
  /** Requests the web server has answered, as `<status> <path>`. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** @param options.types lines of a .sources file for the served directory */
export async function createTestApt(options: {
  root: string;
  keyring: string;
  distribution: string;
  components: readonly string[];
}): Promise<TestApt> {
  const dir = mkdtempSync(join(tmpdir(), "mbd-apt-"));
  const requests: string[] = [];
  const server = serve(options.root, requests);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  for (const sub of ["etc/sources.list.d", "state/lists/partial", "cache/archives/partial", "work"]) {
    mkdirSync(join(dir, sub), { recursive: true });
  }
  writeFileSync(join(dir, "status"), "");
  const { distribution, components, keyring } = options;
  const source = [
    "Types: deb deb-src",
    `URIs: ${url}`,
    `Suites: ${distribution}`,
    `Components: ${components.join(" ")}`,
    `Signed-By: ${keyring}`,
  ];
  writeFileSync(join(dir, "etc/sources.list.d/test.sources"), `${source.join("\n")}\n`);
  writeFileSync(join(dir, "apt.conf"), aptConf(dir));
  const run = async (tool: string, args: readonly string[]) => {
    const env = { APT_CONFIG: join(dir, "apt.conf") };
    const result = await exec(tool, ["-q=0", ...args], { env, cwd: join(dir, "work") });
    return { exitCode: result.exitCode, text: result.stdout + result.stderr };
  };
  return {
    dir,
    requests,
    get: (...args) => run("apt-get", args),
    cache: (...args) => run("apt-cache", ["-o", "Acquire::Languages=en", ...args]),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(dir, { recursive: true });
    },
  };
}

function aptConf(dir: string): string {
  const settings: Record<string, string> = {
    Dir: "/",
    "Dir::Etc": join(dir, "etc"),
    "Dir::Etc::parts": "/dev/null",
    "Dir::Etc::main": "/dev/null",
    "Dir::Etc::trusted": "/dev/null",
    "Dir::Etc::trustedparts": "/dev/null",
    "Dir::Etc::preferences": "/dev/null",
    "Dir::Etc::preferencesparts": "/dev/null",
    "Dir::State": join(dir, "state"),
    "Dir::State::status": join(dir, "status"),
    "Dir::Cache": join(dir, "cache"),
    "Dir::Log": dir,
    "APT::Architecture": "amd64",
    "APT::Architectures": "amd64",
    "APT::Sandbox::User": "root",
    "Acquire::Languages": "none",
    "Debug::NoLocking": "true",
  };
  return Object.entries(settings)
    .map(([name, value]) => `${name} "${value}";\n`)
    .join("");
}

function serve(root: string, requests: string[]) {
  return createServer((request, response) => {
    const path = normalize(decodeURIComponent(request.url ?? "/"));
    const stat = statSync(join(root, path), { throwIfNoEntry: false });
    const since = Date.parse(request.headers["if-modified-since"] ?? "");
    const modified = stat === undefined ? 0 : Math.floor(stat.mtimeMs / 1000) * 1000;
    const status = stat?.isFile() !== true ? 404 : modified <= since ? 304 : 200;
    requests.push(`${status} ${path}`);
    const headers = { "last-modified": new Date(modified).toUTCString() };
    response.writeHead(status, status === 200 ? { ...headers, "content-length": stat?.size ?? 0 } : {});
    if (status === 200) createReadStream(join(root, path)).pipe(response);
    else response.end();
  });
}
