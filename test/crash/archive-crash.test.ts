import { describeArchiveCrashes } from "./archive/crash-suite.ts";

/** Ten minutes; each step of a publish dies some thirty times. */
describeArchiveCrashes(Number(process.env.MBD_KILLS ?? 520));
