import { isFileName } from "#deb";
import type { FtpContext } from "./ftp-context.ts";
import { openPassivePort, pasvAddress } from "./ftp-data.ts";
import type { Command } from "./ftp-lines.ts";
import { changeDirectory, fileName } from "./ftp-paths.ts";
import { closePassive, list, store } from "./ftp-transfer.ts";

type Handler = (context: FtpContext, argument: string) => Promise<void> | void;

/** Allowed before signing in, so that a client can find out what we are and switch to TLS. */
const BEFORE_LOGIN: ReadonlySet<string> = new Set(
  "USER PASS AUTH PBSZ PROT SYST FEAT OPTS NOOP QUIT".split(" "),
);

/**
 * What an upload needs of RFC 959, 2428 (EPSV), 2389 (FEAT), 3659 (SIZE, MLSD) and 4217 (TLS). There is nothing to
 * fetch, append, rename or delete, and no active mode: all of that is 502.
 */
const COMMANDS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ["USER", user],
  ["PASS", pass],
  ["AUTH", auth],
  ["PBSZ", pbsz],
  ["PROT", prot],
  ["SYST", (context) => context.reply(215, "UNIX Type: L8")],
  ["FEAT", feat],
  ["OPTS", opts],
  ["TYPE", type],
  ["MODE", only("S", "Stream")],
  ["STRU", only("F", "File")],
  ["PWD", (context) => context.reply(257, `"${context.directory}" is the current directory.`)],
  ["CWD", cwd],
  ["CDUP", (context) => cwd(context, "..")],
  ["PASV", pasv],
  ["EPSV", epsv],
  ["STOR", store],
  ["SIZE", size],
  ["LIST", (context, argument) => list(context, "LIST", argument)],
  ["NLST", (context, argument) => list(context, "NLST", argument)],
  ["MLSD", (context, argument) => list(context, "MLSD", argument)],
  ["NOOP", (context) => context.reply(200, "Yes.")],
  ["ALLO", allo],
  ["ABOR", abor],
]);

export async function runCommand(context: FtpContext, command: Command): Promise<void> {
  const handler = COMMANDS.get(command.verb);
  if (handler === undefined) context.reply(502, "Only uploads are served here; this command is not.");
  else if (!context.loggedIn && !BEFORE_LOGIN.has(command.verb)) context.reply(530, "Sign in first.");
  else await handler(context, command.argument);
}

function user(context: FtpContext, argument: string): void {
  context.user = argument;
  context.loggedIn = false;
  context.reply(331, "Any password will do.");
}

function pass(context: FtpContext): void {
  if (context.user === undefined) {
    context.reply(503, "Send USER first.");
    return;
  }
  context.loggedIn = true;
  context.reply(230, "Uploads are welcome; signatures decide what becomes of them.");
}

function auth(context: FtpContext, argument: string): void {
  const { secureContext } = context.settings;
  if (secureContext === undefined) context.reply(502, "TLS is not set up here.");
  else if (!/^(TLS|TLS-C|SSL)$/i.test(argument)) context.reply(504, "Only AUTH TLS is known here.");
  else if (context.secure) context.reply(503, "The connection is in TLS already.");
  else context.startTls(secureContext);
}

function pbsz(context: FtpContext): void {
  if (context.secure) context.reply(200, "PBSZ=0");
  else context.reply(503, "Send AUTH TLS first.");
}

function prot(context: FtpContext, argument: string): void {
  const level = argument.toUpperCase();
  if (!context.secure) context.reply(503, "Send AUTH TLS first.");
  else if (level !== "C" && level !== "P") context.reply(536, "Only PROT C and PROT P are known here.");
  else {
    context.protectData = level === "P";
    context.reply(200, "Noted.");
  }
}

function feat(context: FtpContext): void {
  const tls = context.settings.secureContext === undefined ? [] : ["AUTH TLS", "PBSZ", "PROT"];
  context.reply(211, "Features:", ["EPSV", "PASV", "SIZE", "UTF8", ...tls], "End.");
}

function opts(context: FtpContext, argument: string): void {
  if (/^UTF-?8\b/i.test(argument)) context.reply(200, "Names are ASCII here.");
  else context.reply(501, "There is no such option.");
}

/** Types are accepted as clients send them; content is binary always, as .dsc and .changes are signed or summed. */
function type(context: FtpContext, argument: string): void {
  if (/^(A( N)?|I|L 8)$/i.test(argument)) context.reply(200, "Noted; content is taken as it is.");
  else context.reply(504, "Only types A and I are known here.");
}

function only(value: string, meaning: string): Handler {
  return (context, argument) => {
    if (argument.toUpperCase() === value) context.reply(200, "Noted.");
    else context.reply(504, `Only ${value} (${meaning}) is known here.`);
  };
}

function cwd(context: FtpContext, argument: string): void {
  const directory = changeDirectory(context.directory, argument);
  if (directory === undefined) {
    context.reply(550, "There are only the directories / and /incoming.");
    return;
  }
  context.directory = directory;
  context.reply(250, `Now in ${directory}.`);
}

async function pasv(context: FtpContext): Promise<void> {
  const address = context.settings.advertisedAddress ?? context.localAddress;
  if (context.extendedOnly) context.reply(503, "EPSV ALL was sent.");
  else if (pasvAddress(address, 0) === undefined) context.reply(522, "Over IPv6 use EPSV.");
  else {
    const port = await listen(context);
    context.reply(227, `Entering Passive Mode (${pasvAddress(address, port) ?? ""}).`);
  }
}

async function epsv(context: FtpContext, argument: string): Promise<void> {
  if (argument.toUpperCase() === "ALL") {
    context.extendedOnly = true;
    context.reply(200, "Noted.");
    return;
  }
  const family = context.localAddress.includes(":") ? "2" : "1";
  if (argument !== "" && argument !== family) {
    context.reply(522, `Network protocol not supported, use (${family}).`);
    return;
  }
  context.reply(229, `Entering Extended Passive Mode (|||${await listen(context)}|)`);
}

async function listen(context: FtpContext): Promise<number> {
  closePassive(context);
  const { passivePorts: range, random } = context.settings;
  const { localAddress, peerAddress } = context;
  context.passive = await openPassivePort({ localAddress, peerAddress, range, random });
  return context.passive.port;
}

async function size(context: FtpContext, argument: string): Promise<void> {
  const name = fileName(argument);
  const files = isFileName(name) ? await context.incoming.files(context.session) : [];
  const file = files.findLast((candidate) => candidate.name === name);
  if (file === undefined) context.reply(550, "There is no such file in this session.");
  else context.reply(213, String(file.size));
}

function allo(context: FtpContext, argument: string): void {
  const bytes = /^\d{1,15}/.exec(argument);
  if (bytes !== null) context.announcedBytes = Number(bytes[0]);
  context.reply(202, "Not needed here.");
}

/** A running transfer was ended when the line came in; this is the answer to ABOR itself. */
function abor(context: FtpContext): void {
  closePassive(context);
  context.reply(226, "Nothing is being transferred.");
}
