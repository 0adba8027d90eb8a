import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { exportKey } from "#keys";
import { type Exec, entriesIn, execOk, type Home, MbdError, removeTree, statOrUndefined } from "#platform";

/** A part of a repository, as a mirror takes it. */
export interface MirrorPart {
  readonly repository: string;
  /** Names, rollbacks among them. */
  readonly distributions: readonly string[];
  readonly components: readonly string[];
  readonly architectures: readonly string[];
}

export interface MirrorRequest {
  /** Name of the directory below `mirrors/` of the home. */
  readonly destination: string;
  readonly parts: readonly MirrorPart[];
  readonly withSource: boolean;
}

export interface MirrorResult {
  readonly directory: string;
  readonly repositories: {
    readonly repository: string;
    readonly distributions: string[];
    readonly bytes: number;
  }[];
}

export interface MirrorDeps {
  readonly exec: Exec;
  readonly home: Home;
  /** Of the key that signs the repositories. */
  readonly fingerprint: string;
  /** Port on loopback where the repositories are served. */
  httpPort(): number;
}

export interface Mirrors {
  /** @throws MbdError bad_argument */
  directory(destination: string): string;
  /** Makes a mirror, or brings it up to date. @throws MbdError bad_argument, too_many, tool_missing, tool_failed */
  make(request: MirrorRequest): Promise<MirrorResult>;
}

/** A large repository may take its time, but not for ever. */
const TIMEOUT_MS = 6 * 3600 * 1000;

/** Partial mirrors of the instance's own repositories, made by debmirror as anybody else would make them. */
export function createMirrors(deps: MirrorDeps): Mirrors {
  let isBusy = false;
  const directory = (destination: string): string => {
    if (!/^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$/.test(destination)) {
      const reason = "it is the name of one directory, of letters, digits and . _ + - behind the first";
      throw new MbdError("bad_argument", { argument: "destination", reason });
    }
    return join(deps.home.mirrors, destination);
  };
  return {
    directory,
    async make({ destination, parts, withSource }) {
      const dir = directory(destination);
      if (isBusy) throw new MbdError("too_many", { what: "mirrors being made", seconds: 60 });
      isBusy = true;
      // GnuPG's own directories may be anywhere; what it trusts here is one key.
      const own = await mkdtemp(join(tmpdir(), "mbd-mirror-"));
      try {
        const keyring = join(own, "keyring.gpg");
        await writeFile(keyring, await exportKey(deps.exec, deps.home.gnupg, deps.fingerprint));
        const repositories: MirrorResult["repositories"] = [];
        for (const part of parts) {
          const to = join(dir, part.repository);
          await mkdir(to, { recursive: true });
          const args = [...argumentsFor(part, withSource, keyring, deps.httpPort()), to];
          const env = { HOME: own, GNUPGHOME: own };
          await execOk(deps.exec, "debmirror", args, { timeoutMs: TIMEOUT_MS, env });
          const { repository, distributions } = part;
          repositories.push({ repository, distributions: [...distributions], bytes: await bytesIn(to) });
        }
        return { directory: dir, repositories };
      } finally {
        isBusy = false;
        await removeTree(own);
      }
    },
  };
}

function argumentsFor(part: MirrorPart, withSource: boolean, keyring: string, port: number): string[] {
  return [
    ...["--method=http", `--host=127.0.0.1:${port}`, `--root=repositories/${part.repository}`],
    `--dist=${part.distributions.join(",")}`,
    `--section=${part.components.join(",")}`,
    `--arch=${part.architectures.join(",")}`,
    withSource ? "--source" : "--nosource",
    `--keyring=${keyring}`,
    // apt with Contents configured complains when Release names them and they are not there.
    "--getcontents",
    ...["--check-gpg", "--rsync-extra=none", "--diff=none", "--postcleanup"],
  ];
}

async function bytesIn(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await entriesIn(dir)) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) bytes += await bytesIn(path);
    else if (entry.isFile()) bytes += (await statOrUndefined(path))?.size ?? 0;
  }
  return bytes;
}
