export { createFtpServer, type FtpOptions, type FtpServer } from "./ftp/ftp-server.ts";
export {
  type HttpUpload,
  type HttpUploadAnswer,
  httpSession,
  receiveHttp,
  SESSION_HEADER,
} from "./http-upload.ts";
export type { CleanupPlan, CleanupReport } from "./incoming-cleanup.ts";
export type { Received, ReceiveOptions } from "./incoming-receiver.ts";
export { createIncoming, type Incoming, type IncomingDeps } from "./incoming-service.ts";
export type { NewSession, Session, UploadOrigin } from "./incoming-session.ts";
export { countFilesBefore, oldRejectedUploads } from "./incoming-store.ts";
export type { InternalUpload, LocalFile, SubmitInternal } from "./incoming-submit.ts";
export { DEFAULT_LIMITS, type IncomingLimits } from "./limits.ts";
export { sumsInTexts, sumsOfUploads } from "./needed-sums.ts";
