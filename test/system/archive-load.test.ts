import { describeArchiveLoad } from "../crash/archive/load-suite.ts";

// `npm run test:crash` has a hundred clients.
describeArchiveLoad({ clients: 12, publishes: 12 });
