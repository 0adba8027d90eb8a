import { describeKillsAtAnyTime } from "../crash/any-time/suite.ts";

// Some kills; `npm run test:crash` does two hundred.
describeKillsAtAnyTime({ kills: 8, seed: Date.now() % 1_000_000, developers: 2 });
