import { basename } from "node:path";
import {
  type End,
  type Instance,
  type Packages,
  SANDBOX,
  type SourcePackage,
  sendByFtp,
  sendByHttp,
  waitForEnd,
} from "#testing";
import type { Random } from "../archive/random.ts";
import { persist, persistRead } from "./persist.ts";

/** An upload, and how it has to end. */
export interface Sent {
  readonly made: SourcePackage;
  readonly end: End;
}

/** Somebody who has one source package, and does one thing with it after the other until it is done. */
export interface Developer {
  readonly source: string;
  readonly sent: readonly Sent[];
  /** Bkeys of the ports that were answered. */
  readonly ports: readonly string[];
  readonly counts: Readonly<Record<"migrations" | "removals" | "ports", number>>;
  /** By distribution the version that has to be in it. */
  readonly held: ReadonlyMap<string, string>;
  /** One version from its upload to wherever it goes. */
  round(): Promise<void>;
}

const END_MS = 900_000;
const FTBFS = ["echo it is broken by will", "exit 1"];

export function createDeveloper(
  source: string,
  deps: { readonly instance: Instance; readonly packages: Packages; readonly random: Random },
): Developer {
  const { instance, packages, random } = deps;
  const [unstable, testing, experimental] = ["unstable", "testing", "experimental"].map((suite) =>
    packages.distribution(SANDBOX, suite),
  ) as [string, string, string];
  const sent: Sent[] = [];
  const ports: string[] = [];
  const held = new Map<string, string>();
  const counts = { migrations: 0, removals: 0, ports: 0 };
  let upstream = 0;

  const listed = async () =>
    (await instance.api("ls", { source })) as Record<string, { readonly version: string } | undefined>;

  async function upload(): Promise<Sent> {
    upstream += 1;
    const kind = random.pick(["good", "good", "good", "good", "good", "broken", "unfit"] as const);
    // One that is not of this repository, which its version has to say.
    const version = kind === "unfit" ? `${upstream}.0` : packages.version(`${upstream}.0`);
    const made = await packages.make({ name: source, version, build: kind === "broken" ? FTBFS : [] });
    const end = ({ good: "INSTALLED", broken: "FAILED", unfit: "REJECTED" } as const)[kind];
    await persist(
      instance,
      async () => await send(made),
      async () => arrived(made),
    );
    sent.push({ made, end });
    await waitForEnd(instance, made, end, END_MS);
    return { made, end };
  }

  async function send(made: SourcePackage): Promise<true> {
    if (random.below(2) === 0) await sendByFtp(instance.ftpPort, made.files);
    else await sendByHttp(instance.httpPort, made.files, `${source}-${upstream}-session`);
    return true;
  }

  function arrived(made: SourcePackage): true | undefined {
    const sql = "SELECT id FROM upload WHERE changes_name = ?";
    return instance.rows(sql, basename(made.changes)).length > 0 ? true : undefined;
  }

  async function change(
    call: "migrate" | "remove",
    distribution: string,
    done: (now: Awaited<ReturnType<typeof listed>>) => boolean,
  ): Promise<void> {
    await persist<unknown>(
      instance,
      () => instance.api(call, { source, distribution }),
      async () => (done(await listed()) ? true : undefined),
    );
  }

  async function migrate(version: string): Promise<void> {
    await change("migrate", unstable, (now) => now[testing]?.version === version);
    held.set(testing, version);
    counts.migrations += 1;
  }

  async function remove(distribution: string): Promise<void> {
    await change("remove", distribution, (now) => now[distribution] === undefined);
    held.delete(distribution);
    counts.removals += 1;
  }

  async function port(): Promise<void> {
    const sql = "SELECT bkey, version FROM port_request WHERE source = ? AND target = ? ORDER BY created_at";
    const asked = () => instance.rows(sql, source, experimental) as { bkey: string; version: string }[];
    const before = asked().length;
    const answer = await persist(
      instance,
      async () => {
        const question = { source, from_distribution: unstable, to_distributions: [experimental] };
        const options = ["lintian-mode=DISABLED"];
        const [first] = (await instance.api("port", { ...question, options })) as {
          bkey?: string;
          version?: string;
          error?: string;
        }[];
        if (first?.bkey === undefined) throw new Error(`port of ${source}: ${first?.error ?? "no answer"}`);
        return { bkey: first.bkey, version: first.version ?? "" };
      },
      async () => asked()[before],
    );
    ports.push(answer.bkey);
    await waitForEnd(instance, { source, ...answer }, "INSTALLED", END_MS);
    held.set(experimental, answer.version);
    counts.ports += 1;
  }

  return {
    ...{ source, sent, ports, counts, held },
    async round() {
      const { made, end } = await upload();
      if (end !== "INSTALLED") return;
      held.set(unstable, made.version);
      for (const step of [random.below(3), random.below(3)]) {
        if (step === 0 && held.get(testing) !== made.version) await migrate(made.version);
        else if (step === 1 && held.get(experimental)?.startsWith(`${upstream}.`) !== true) await port();
        else if (held.has(testing)) await remove(testing);
      }
      if (random.below(4) === 0) await remove(unstable);
      const now = await persistRead(instance, listed);
      const found = Object.entries(now).flatMap(([distribution, one]) =>
        one === undefined || distribution.includes("rollback") ? [] : [[distribution, one.version] as const],
      );
      const [is, wanted] = [asText(found), asText(held)];
      if (is !== wanted) throw new Error(`${source} is in ${is} instead of ${wanted}`);
    },
  };
}

function asText(held: Iterable<readonly [string, string]>): string {
  const parts = [...held].map(([distribution, version]) => `${distribution} ${version}`);
  return parts.sort().join(", ");
}
