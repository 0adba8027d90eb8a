import type { SecureContext } from "node:tls";
import type { Log } from "#platform";
import type { Incoming } from "../incoming-service.ts";
import type { Session } from "../incoming-session.ts";
import type { PassivePort, PortRange } from "./ftp-data.ts";

export interface FtpSettings {
  /** Ports of data connections; default any free one. */
  readonly passivePorts?: PortRange | undefined;
  /** IPv4 address told in answers to PASV (behind NAT); default the one the client reached. */
  readonly advertisedAddress?: string | undefined;
  readonly secureContext?: SecureContext | undefined;
  /** How long a client may take to open its data connection. */
  readonly dataConnectMs: number;
  readonly random: () => number;
}

/** State of one control connection. */
export interface FtpContext {
  readonly incoming: Incoming;
  readonly session: Session;
  readonly settings: FtpSettings;
  readonly log: Log;
  readonly peerAddress: string;
  readonly localAddress: string;
  user: string | undefined;
  loggedIn: boolean;
  directory: string;
  /** After EPSV ALL (RFC 2428, 4) no PASV is allowed. */
  extendedOnly: boolean;
  secure: boolean;
  protectData: boolean;
  /** Length told by ALLO for the next STOR. */
  announcedBytes: number | undefined;
  passive: PassivePort | undefined;
  /** Ends the transfer that runs. */
  abortTransfer: (() => void) | undefined;
  isOpen(): boolean;
  /** One line, or several of which the middle ones are indented (RFC 959, 4.2). */
  reply(code: number, text: string, middle?: readonly string[], last?: string): void;
  /** Answers 234 and goes on in TLS; what was sent before in plain text is forgotten. */
  startTls(context: SecureContext): void;
  /** Closes when all answers are sent. */
  close(): void;
}
