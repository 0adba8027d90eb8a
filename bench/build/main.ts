import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { createPackages, startInstance } from "#testing";
import { describeMachine, installPeers } from "../archive/machine.ts";
import { parseOptions, USAGE } from "./options.ts";
import { uploadAndWait } from "./ours.ts";
import { createPlainWay } from "./plain.ts";
import { type Figure, renderReport } from "./report.ts";
import { fetchSources, makeUpload } from "./sources.ts";

const checkout = process.env.BENCH_ROOT ?? process.cwd();
const began = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  if (options === "help") {
    process.stdout.write(USAGE);
    return;
  }
  await installPeers(["reprepro"], say);
  const base = await mkdtemp("/var/tmp/mbd-bench-");
  await chmod(base, 0o755);
  say("starting an instance; its chroot is made when there is none of today");
  const instance = await startInstance();
  const packages = await createPackages(instance);
  const plain = await createPlainWay(instance, base);
  try {
    const figures: Figure[] = [];
    for (const source of await fetchSources(instance, options.packages, base)) {
      const figure: Figure = { source: source.name, version: source.version, plain: [], ours: [] };
      figures.push(figure);
      for (let run = 1; run <= options.runs; run += 1) {
        const upload = await makeUpload(source, packages, run);
        const { sbuildMs, includeMs } = await plain.build(upload);
        figure.plain.push({ sbuildMs, includeMs });
        const ours = await uploadAndWait(instance, upload);
        figure.ours.push(ours);
        say(
          `${source.name} ${run}: by hand ${seconds(sbuildMs)} s and ${seconds(includeMs)} s, mini-buildd ${seconds(ours.totalMs)} s, of which ${seconds(ours.totalMs - ours.sbuildMs)} s are not sbuild`,
        );
      }
    }
    const page = renderReport(await describeMachine(base), options, figures);
    process.stdout.write(page);
    if (options.report !== undefined) await writeFile(join(checkout, options.report), page);
  } finally {
    await plain.close();
    await packages.close();
    await instance.close();
    await rm(base, { recursive: true, force: true });
  }
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(1);
}

await main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
