import { describeKillsAtAnyTime } from "./any-time/suite.ts";

/** kill -9 of the daemon at any time while four people work; MBD_SEED chooses what they do, and when it dies. */
describeKillsAtAnyTime({
  kills: Number(process.env.MBD_KILLS ?? 200),
  seed: Number(process.env.MBD_SEED ?? Date.now() % 1_000_000),
  developers: 4,
});
