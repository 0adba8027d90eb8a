import { describeKills } from "../crash/kill-suite.ts";

// One kill for each state; `npm run test:crash` does many.
describeKills(1);
