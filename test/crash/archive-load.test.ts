import { describeArchiveLoad } from "./archive/load-suite.ts";

describeArchiveLoad({
  clients: Number(process.env.MBD_CLIENTS ?? 100),
  publishes: Number(process.env.MBD_PUBLISHES ?? 200),
});
