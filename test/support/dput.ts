import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cached, exists } from "./cache.ts";
import { type Ran, run, tryRun } from "./tools.ts";

/** Where to send uploads; always this machine. */
export interface UploadPorts {
  readonly httpPort: number;
  readonly ftpPort: number;
}

export type DputMethod = "ftp" | "http";

/** Sends an upload with classic dput, which Debian cannot install beside dput-ng: it runs unpacked. */
export async function classicDput(ports: UploadPorts, method: DputMethod, changes: string): Promise<Ran> {
  const unpacked = await classicDputDir();
  const libraries = (await run("dpkg-architecture", ["-qDEB_HOST_MULTIARCH"])).trim();
  return await withHome(async (home) => {
    const config = join(home, "dput.cf");
    await writeFile(config, dputConfig(ports));
    const env = {
      HOME: home,
      PYTHONPATH: `${unpacked}/usr/share/dput:${unpacked}/usr/lib/python3/dist-packages`,
      LD_LIBRARY_PATH: `${unpacked}/usr/lib/${libraries}`,
    };
    const program = join(unpacked, "usr/share/dput/execute-dput");
    const args = ["--config", config, "--unchecked", "--force", method, changes];
    return await tryRun("python3", [program, ...args], { env });
  });
}

/** Sends an upload with dput-ng. */
export async function dputNg(ports: UploadPorts, method: DputMethod, changes: string): Promise<Ran> {
  if (!(await exists("/usr/share/dput-ng")))
    throw new Error("The Debian package dput-ng is missing; ./check installs it.");
  return await withHome(async (home) => {
    await mkdir(join(home, ".dput.d/profiles"), { recursive: true });
    for (const each of ["ftp", "http"] as const) {
      await writeFile(
        join(home, `.dput.d/profiles/${each}.json`),
        JSON.stringify(dputNgProfile(ports, each)),
      );
    }
    return await tryRun("dput", ["--force", "--no-upload-log", method, changes], { env: { HOME: home } });
  });
}

async function classicDputDir(): Promise<string> {
  return await cached("classic-dput", async (path) => {
    await mkdir(path);
    const apt = ["-o", "APT::Sandbox::User=root"];
    const packages = ["dput", "python3-gpg", "libgpgme11", "python3-xdg"];
    await run("apt-get", [...apt, "download", ...packages], { cwd: path });
    const names = await readdir(path);
    for (const deb of names.filter((name) => name.endsWith(".deb")))
      await run("dpkg", ["-x", deb, "."], { cwd: path });
  });
}

function dputConfig({ httpPort, ftpPort }: UploadPorts): string {
  const common =
    "allow_unsigned_uploads = 1\nrun_lintian = 0\ncheck_version = 0\nallow_dcut = 0\nprogress_indicator = 0";
  return `[DEFAULT]
${common}

[ftp]
method = ftp
fqdn = 127.0.0.1:${ftpPort}
login = anonymous
incoming = /incoming
passive_ftp = 1

[http]
method = http
fqdn = 127.0.0.1:${httpPort}
login = *
incoming = /upload/
`;
}

function dputNgProfile({ httpPort, ftpPort }: UploadPorts, method: DputMethod) {
  const place =
    method === "ftp"
      ? { fqdn: `127.0.0.1:${ftpPort}`, login: "anonymous", incoming: "/incoming", passive_ftp: true }
      : { fqdn: `127.0.0.1:${httpPort}`, login: "*", incoming: "/upload/" };
  return { ...place, method, allow_dcut: false, allow_unsigned_uploads: true, hooks: ["checksum"] };
}

async function withHome<T>(use: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "mbd-dput-"));
  try {
    return await use(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
