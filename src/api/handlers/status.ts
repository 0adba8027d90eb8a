import type { z } from "zod";
import type { CALLS, Handler, statusQueue, statusRepository, testReport } from "../index.ts";

export type StatusRepository = z.output<typeof statusRepository>;
export type TestReport = z.output<typeof testReport>;
export type StatusQueue = z.output<typeof statusQueue>;

/** Facts of the instance that `status` puts together. */
export interface StatusDeps {
  readonly version: string;
  readonly identity: string;
  /** Address without a slash at its end, e.g. `http://host:8066`. */
  readonly url: string;
  /** e.g. `ftp://host:8067` */
  readonly incomingUrl: string;
  /** 0 to 1; negative when the engine is stopped. */
  load(): Promise<number>;
  /** Active chroots, `codename:arch`. */
  chroots(): Promise<readonly string[]>;
  remotes(): Promise<readonly string[]>;
  repositories(): Promise<readonly StatusRepository[]>;
  queue(): Promise<StatusQueue>;
  /** One line for each thing that an administrator should look at. */
  problems(): Promise<readonly string[]>;
  testPackages(): Promise<readonly TestReport[]>;
}

export function createStatus(deps: StatusDeps): Handler<typeof CALLS.status> {
  return {
    async run(values) {
      const problems = await deps.problems();
      const tests = await deps.testPackages();
      const answer = {
        version: deps.version,
        identity: deps.identity,
        url: deps.url,
        incoming_url: deps.incomingUrl,
        load: await deps.load(),
        chroots: [...(await deps.chroots())],
        remotes: [...(await deps.remotes())],
        ...(problems.length === 0 ? {} : { problems: [...problems] }),
        ...(tests.length === 0 ? {} : { test_packages: [...tests] }),
      };
      return {
        ...answer,
        ...(values.with_repositories ? { repositories: [...(await deps.repositories())] } : {}),
        ...(values.with_queue ? { queue: await deps.queue() } : {}),
      };
    },
  };
}
