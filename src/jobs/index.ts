export { bucketOf, CRON_JOB, type Cron, type CronWork, createCron } from "./cron.ts";
export { createJobQueue, type JobQueue } from "./job-queue.ts";
export {
  createJobRunner,
  type JobContext,
  type JobKind,
  type JobRunner,
  type JobRunnerDeps,
  LeaseLost,
  RetryLater,
} from "./job-runner.ts";
export {
  countJobsEndedBefore,
  forgetJobsEndedBefore,
  type Job,
  type NewJob,
  openJobs,
  setJobPriority,
  settleJobs,
} from "./job-store.ts";
export { createWorkTime, keepWorkTime, type WorkTime, wallTime } from "./work-time.ts";
