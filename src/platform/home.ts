import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { makePrivateDir } from "./files.ts";

/** Where everything of one instance lives (default /var/lib/mini-buildd). */
export interface Home {
  readonly root: string;
  readonly database: string;
  readonly gnupg: string;
  /** Sockets of the administrator's commands, 0700. */
  readonly run: string;
  readonly incoming: string;
  /** Content-addressed files. */
  readonly store: string;
  readonly repositories: string;
  /** Kept logs and results. */
  readonly builds: string;
  /** One directory for each running build. */
  readonly work: string;
  readonly chroots: string;
  readonly cache: string;
  readonly keyrings: string;
  /** Partial mirrors of the repositories, made on demand. */
  readonly mirrors: string;
}

export function homeAt(root: string): Home {
  return {
    root,
    database: join(root, "mini-buildd.sqlite"),
    gnupg: join(root, "gnupg"),
    run: join(root, "run"),
    incoming: join(root, "incoming"),
    store: join(root, "store"),
    repositories: join(root, "repositories"),
    builds: join(root, "builds"),
    work: join(root, "work"),
    chroots: join(root, "chroots"),
    cache: join(root, "cache"),
    keyrings: join(root, "keyrings"),
    mirrors: join(root, "mirrors"),
  };
}

/** Makes the directories; those a build must enter are passable for others, secrets are not. */
export async function prepareHome(home: Home): Promise<void> {
  await mkdir(home.root, { recursive: true, mode: 0o755 });
  for (const dir of [home.gnupg, home.run, home.incoming]) await makePrivateDir(dir);
  for (const dir of [
    home.store,
    home.repositories,
    home.builds,
    home.work,
    home.chroots,
    home.cache,
    home.keyrings,
  ]) {
    await mkdir(dir, { recursive: true, mode: 0o755 });
  }
}
