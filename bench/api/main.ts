import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { describeMachine } from "../archive/machine.ts";
import { type Canned, serveFloor } from "./floor.ts";
import { startBenchInstance } from "./instance.ts";
import { type Load, runLoad } from "./load.ts";
import { type Options, parseOptions, USAGE } from "./options.ts";
import { renderReport } from "./report.ts";
import { requestsFor } from "./requests.ts";
import { type Figure, measure } from "./series.ts";

const checkout = process.env.BENCH_ROOT ?? process.cwd();
const began = performance.now();

function say(line: string): void {
  process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${line}\n`);
}

async function main([role, task = "{}"]: readonly string[]): Promise<void> {
  if (role === "load") process.send?.(await runLoad(JSON.parse(task) as Load));
  else if (role === "floor") process.send?.(await serveFloor(JSON.parse(task) as Canned));
  else await measureAll(parseOptions(process.argv.slice(2)));
}

async function measureAll(options: Options | "help"): Promise<void> {
  if (options === "help") {
    process.stdout.write(USAGE);
    return;
  }
  const instance = await startBenchInstance({ ...options, checkout, say });
  try {
    const wanted = requestsFor(instance.source).filter(({ name }) => options.only?.includes(name) ?? true);
    const figures: Figure[] = [];
    for (const asked of wanted) {
      say(`${asked.name}: ${options.rate} a second for ${options.seconds} s`);
      figures.push(await measure(instance, asked, options));
      say(`${asked.name}: median ${figures.at(-1)?.ours.latency.median.toFixed(2)} ms`);
    }
    const page = renderReport(await describeMachine(options.cache), options, figures);
    process.stdout.write(page);
    if (options.report !== undefined) await writeFile(join(checkout, options.report), page);
  } finally {
    await instance.close();
  }
}

await main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
