import { describeArchiveCrashes } from "../crash/archive/crash-suite.ts";

// Every step of a publish dies at least once; `npm run test:crash` does many more.
describeArchiveCrashes(28);
