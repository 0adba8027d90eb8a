import { describeKills } from "./kill-suite.ts";

/** kill -9 of the daemon, MBD_KILLS times in each state of an upload. */
describeKills(Number(process.env.MBD_KILLS ?? 10));
