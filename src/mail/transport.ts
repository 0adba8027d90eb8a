import type { SendMailOptions, Transporter } from "nodemailer";
import { MbdError } from "#platform";
import type { Message } from "./message.ts";

/** A way by which mails leave this machine. */
export interface Transport {
  /** @throws MailRefused when trying again cannot help; any other error when it may. */
  send(message: Message, signal: AbortSignal): Promise<void>;
}

/** The server will never take this mail. */
export class MailRefused extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
    this.name = "MailRefused";
  }
}

const SENDMAIL = "/usr/sbin/sendmail";
const DEFAULT_PORTS: Readonly<Record<string, number>> = { "smtp:": 25, "smtps:": 465 };
const CONNECT_MS = 10_000;
const SILENT_MS = 30_000;
const CLOSE_MS = 500;
/** Authentication is wanted: a matter of the settings here, not of the mail. */
const WANTS_LOGIN = 530;

/** `smtp://…`, `smtps://…` or `sendmail`. @throws MbdError bad_configuration, which does not repeat a password */
export function openTransport(where: string, sendmailPath = SENDMAIL): Transport {
  const options = where === "sendmail" ? sendmailOptions(sendmailPath) : smtpOptions(where);
  let transporter: Transporter | undefined;
  return {
    async send(message, signal) {
      if (transporter === undefined) {
        const { createTransport } = await import("nodemailer");
        transporter = createTransport(options);
      }
      try {
        await transporter.sendMail({ ...mailOf(message), signal });
      } catch (error) {
        throw isFinal(error) ? new MailRefused(String((error as Error).message), { cause: error }) : error;
      }
    },
  };
}

function sendmailOptions(path: string) {
  return { sendmail: true as const, path, newline: "unix" };
}

function smtpOptions(where: string) {
  const url = URL.canParse(where) ? new URL(where) : undefined;
  const port = DEFAULT_PORTS[url?.protocol ?? ""];
  if (url === undefined || port === undefined || url.hostname === "" || !/^\/?$/.test(url.pathname)) {
    const reason = "mail goes by smtp://[user:password@]host[:port], smtps://… or 'sendmail'";
    throw new MbdError("bad_configuration", { reason });
  }
  const host = url.hostname.replaceAll(/^\[|\]$/g, "");
  const isHere = /^(?:localhost|127(?:\.[0-9]+){3}|::1)$/.test(host);
  const user = decodeURIComponent(url.username);
  return {
    host,
    port: url.port === "" ? port : Number(url.port),
    secure: url.protocol === "smtps:",
    ...(user === "" ? {} : { auth: { user, pass: decodeURIComponent(url.password) } }),
    // A password does not go over a network in the clear. On this machine nobody listens in between.
    requireTLS: user !== "" && !isHere,
    tls: { rejectUnauthorized: !isHere },
    connectionTimeout: CONNECT_MS,
    greetingTimeout: CONNECT_MS,
    socketTimeout: SILENT_MS,
    socketCloseTimeout: CLOSE_MS,
  };
}

function mailOf({ messageId, from, to, subject, body, date }: Message): SendMailOptions {
  return {
    envelope: { from, to: [to] },
    // Objects, so that nothing is parsed out of them.
    from: { name: "", address: from },
    to: { name: "", address: to },
    ...{ messageId, subject, date, text: body },
    headers: { "Auto-Submitted": "auto-generated" },
    // As it was written: long lines are not folded, so addresses of pages stay whole.
    textEncoding: "quoted-printable",
    xMailer: false,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** A 5xx about this very mail: its sender, recipient or content. */
function isFinal(error: unknown): boolean {
  const { code, responseCode = 0 } = error as { code?: string; responseCode?: number };
  const isAboutMail = code === "EENVELOPE" || code === "EMESSAGE";
  return isAboutMail && responseCode >= 500 && responseCode !== WANTS_LOGIN;
}
