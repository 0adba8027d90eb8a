import type { JobKind } from "#jobs";
import type { Archive } from "../archive.ts";

/** Job kind `publish`, subject `<repository>/<distribution>`: tried for ever, with pauses of up to ten minutes. */
export function publishJob(archive: Pick<Archive, "publish">): JobKind {
  return {
    leaseSeconds: 120,
    heartbeatSeconds: 30,
    concurrency: 2,
    maxAttempts: 0,
    backoffSeconds: (attempt) => Math.min(600, 2 ** Math.min(attempt, 10)),
    async handle({ job }) {
      const slash = job.subject.indexOf("/");
      await archive.publish(job.subject.slice(0, slash), job.subject.slice(slash + 1));
    },
  };
}
