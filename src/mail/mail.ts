import type { Database, Tx } from "#db";
import type { Job, JobContext, JobKind, JobQueue } from "#jobs";
import { type Clock, errorText, isoNow, type Log } from "#platform";
import { bodyOf, isAddress, messageIdOf, subjectOf, withoutAddresses } from "./message.ts";
import { endMail, findMail, insertMail, type NewMail } from "./outbox.ts";
import { MailRefused, type Transport } from "./transport.ts";

export interface Mail {
  /**
   * Writes a mail in the caller's transaction; it goes out after the commit. An address that cannot be one makes a dead
   * row, no error: what is told of has happened all the same.
   */
  put(tx: Tx, mail: NewMail): Promise<void>;
  /** Kind `mail`, subject `mail:<id of the row>`. */
  readonly job: JobKind;
}

export interface MailDeps {
  readonly db: Database;
  readonly clock: Clock;
  readonly log: Log;
  readonly queue: Pick<JobQueue, "enqueue">;
  readonly transport: Transport;
  /** Mails come from `mini-buildd@<hostname>`. */
  readonly hostname: string;
}

export const MAIL_JOB = "mail";
const MAX_ATTEMPTS = 20;
/** With 20 attempts, the last one is three days after the first. */
const LONGEST_PAUSE_SECONDS = 23_000;

export function createMail(deps: MailDeps): Mail {
  const { db, clock, hostname } = deps;

  const end = async (tx: Tx, id: number, state: "sent" | "dead", error: string | null): Promise<void> => {
    await endMail(tx, id, { state, error, now: isoNow(clock) });
  };

  async function send({ job, signal, fenced }: JobContext): Promise<void> {
    const id = mailIdOf(job);
    const row = await findMail(db.read, id);
    if (row?.state !== "queued") return;
    const message = {
      messageId: row.message_id,
      from: `mini-buildd@${hostname}`,
      to: row.recipient,
      subject: row.subject,
      body: row.body,
      date: new Date(row.created_at),
    };
    const refused = await refusalOf(deps.transport.send(message, signal));
    await db.write(async (tx) => {
      await fenced(tx);
      await end(tx, id, refused === undefined ? "sent" : "dead", refused ?? null);
    });
    if (refused !== undefined)
      deps.log.warn({ mail: id, to: row.recipient, reason: refused }, "mail refused");
  }

  return {
    async put(tx, { to, subject, body, key }) {
      const id = await insertMail(tx, {
        message_id: messageIdOf(key, hostname),
        recipient: to.slice(0, 320),
        subject: subjectOf(subject),
        body: bodyOf(body),
        created_at: isoNow(clock),
      });
      if (id === undefined) return;
      if (isAddress(to)) await deps.queue.enqueue(tx, { kind: MAIL_JOB, subject: `mail:${id}` });
      else await end(tx, id, "dead", "this is not an address to send to");
    },
    job: {
      handle: send,
      leaseSeconds: 60,
      heartbeatSeconds: 20,
      concurrency: 2,
      maxAttempts: MAX_ATTEMPTS,
      backoffSeconds: (attempt) => Math.min(60 * 2 ** (attempt - 1), LONGEST_PAUSE_SECONDS),
      dead: (job, error) =>
        db.write((tx) => end(tx, mailIdOf(job), "dead", withoutAddresses(errorText(error)))),
    },
  };
}

/** Why the mail was refused for good; undefined when it was sent. Throws what may be better later. */
async function refusalOf(sending: Promise<void>): Promise<string | undefined> {
  try {
    await sending;
    return undefined;
  } catch (error) {
    const reason = withoutAddresses(errorText(error));
    if (error instanceof MailRefused) return reason;
    throw new Error(`it could not be sent: ${reason}`, { cause: error });
  }
}

function mailIdOf(job: Pick<Job, "subject">): number {
  return Number(job.subject.slice(job.subject.indexOf(":") + 1));
}
