import type { AdminService, ArchiveAdmin } from "#api";
import type { GivenBuildLimits } from "./build-limits.ts";
import type { CliIo } from "./io.ts";
import type { ProcessOwner } from "./owner.ts";

/** Options of `mini-buildd serve`. */
export interface ServeOptions {
  readonly home: string;
  /** Further address to listen on; loopback always. */
  readonly listen: string;
  readonly httpPort: number;
  readonly ftpPort: number;
  /** Of FTP's data connections, for firewalls; default any free one. */
  readonly ftpPassivePorts?: { readonly min: number; readonly max: number } | undefined;
  /** IPv4 address by which clients reach FTP's data connections, for NAT. */
  readonly ftpAddress?: string | undefined;
  /** Files (PEM); the certificate's may hold the key, too. */
  readonly ftpCertificate?: string | undefined;
  readonly ftpKey?: string | undefined;
  /** libpq URL; without it the SQLite database of the home. */
  readonly database?: string | undefined;
  readonly identity?: string | undefined;
  readonly hostname?: string | undefined;
  /** Address by which clients reach the instance, as of a proxy in front; without a slash at its end. */
  readonly url?: string | undefined;
  /** Addresses and networks of proxies that say whom they ask for. */
  readonly trustedProxies?: readonly string[] | undefined;
  /** How mail leaves this machine: `smtp://…`, `smtps://…` or `sendmail`. */
  readonly smtp?: string | undefined;
  /** Mail addresses that are told of everything. */
  readonly notify?: readonly string[] | undefined;
  /** Builds at once; default one for each processor. */
  readonly slots?: number | undefined;
  /** Limits that are not the defaults. */
  readonly buildLimits?: GivenBuildLimits | undefined;
  /** Begins with the engine stopped. */
  readonly stopped?: boolean | undefined;
  readonly logLevel: string;
}

export interface OpenedHome {
  readonly admin: AdminService;
  close(): Promise<void>;
}

export interface OpenedArchive {
  readonly archive: ArchiveAdmin;
  /** Publishes what is still due. */
  close(): Promise<void>;
}

/** What the command line needs of the program; bound in main.ts. */
export interface CliDeps {
  readonly version: string;
  readonly io: CliIo;
  readonly owner: ProcessOwner;
  /** Runs the daemon until it is told to stop. */
  serve(options: ServeOptions): Promise<void>;
  /** Opens a home that no daemon uses, holding its lock (`home_locked` otherwise). */
  openHome(home: string): Promise<OpenedHome>;
  /** The same for the archives alone, which takes less time. */
  openArchive(home: string): Promise<OpenedArchive>;
}
