import { stderr } from "node:process";
import { runBuild } from "./run-build.ts";

/**
 * The runner of one build: `node runner.js <work directory>`. A process of its own session that outlives the daemon; it
 * keeps the limits of its build and never touches the database (builds.md 9). SIGTERM ends the build.
 */
async function main(): Promise<number> {
  const [workDir] = process.argv.slice(2);
  if (workDir === undefined) {
    stderr.write("usage: runner <work directory>\n");
    return 2;
  }
  let terminated = false;
  process.on("SIGTERM", () => {
    terminated = true;
  });
  process.umask(0o022);
  const ours = await runBuild(workDir, { terminated: () => terminated });
  return ours ? 0 : 3;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = 1;
  },
);
