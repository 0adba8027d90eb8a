export { createMail, MAIL_JOB, type Mail } from "./mail.ts";
export { isAddress } from "./message.ts";
export { countMailsEndedBefore, forgetMailsEndedBefore, type NewMail } from "./outbox.ts";
export { openTransport, type Transport } from "./transport.ts";
