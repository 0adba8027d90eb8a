import { availableParallelism } from "node:os";
import { createAttemptLimit } from "#accounts";
import { createInvoker, type Invoker } from "#api";
import { createHandlers, sourcesText } from "#api/handlers";
import type { ServeOptions } from "#cli";
import { readDeb } from "#deb";
import { controlSocket, createHttpApp, type HttpApp } from "#http";
import { createFtpServer, receiveHttp } from "#incoming";
import { createJobRunner, type JobRunner, keepWorkTime } from "#jobs";
import { addressGroup, errorText } from "#platform";
import { listRepositories } from "#repositories";
import { type AptProxy, createAptProxy } from "#sources";
import { createCallPages, createLayout, createPages, loadAssets, type PageDeps, urls } from "#web";
import { type Addresses, addressesOf, withRealPorts } from "./addresses.ts";
import { createAdmin } from "./admin.ts";
import { handlerDeps } from "./api-deps.ts";
import { createArchiveAdmin } from "./archive/admin.ts";
import { openBuildGroups } from "./build-groups.ts";
import { createEngine, type Engine } from "./engine.ts";
import type { Foundation } from "./foundation.ts";
import { ftpOptions } from "./ftp-options.ts";
import { readSetting, writeSetting } from "./identity.ts";
import { knownNames } from "./known-names.ts";
import { attemptsOf, findArtefact, openBuildLog } from "./log-access.ts";
import { recordCall } from "./record-call.ts";

/** What was started, in order; each is ended by its entry, last first. */
export type Stops = (() => Promise<unknown>)[];

export interface ServiceOptions extends ServeOptions {
  readonly version: string;
  /** `dpkg --print-architecture` */
  readonly nativeArch: string;
  /** The built program of the runner. */
  readonly runnerFile: string;
}

/** Starts proxy, incoming, jobs, HTTP and FTP in the order of dependency. */
export async function startServices(
  foundation: Foundation,
  asked: ServiceOptions,
  stops: Stops,
): Promise<void> {
  const { log, home } = foundation;
  const options = await withRealPorts(asked);
  const ports = { http: options.httpPort, proxy: 0 };
  const addresses = addressesOf(foundation.hostname, options);
  await foundation.db.write((tx) => writeSetting(tx, "url", addresses.url));
  await openBuildGroups(foundation);
  const engine = createEngine(foundation, {
    ...options,
    url: addresses.url,
    slots: slotsOf(options),
    ports: () => ports,
    forgetFile: (address) => proxy.forget(address),
  });

  await engine.incoming.start();
  stops.push(() => engine.incoming.stop());

  const jobs = createJobRunner({ ...foundation, kinds: engine.jobs });
  stops.push(() => jobs.stop());

  // Before HTTP: a call may have a chroot made, and this removes what an earlier daemon was making.
  await engine.chroots.recover();

  // Before HTTP: who sees the daemon answer may upload.
  const ftp = createFtpServer({
    incoming: engine.incoming,
    log,
    host: options.listen,
    port: options.ftpPort,
    ...(await ftpOptions(options)),
  });
  stops.push(() => ftp.stop());
  await ftp.start();

  const http = await createHttp(foundation, engine, jobs, options, addresses);
  stops.push(() => http.stop());
  ports.http = (
    await http.start({ listen: options.listen, port: options.httpPort, socket: controlSocket(home) })
  ).port;

  // Behind HTTP: what it passes on to the own repositories has to be there.
  const proxy = createAptProxy({
    cacheDir: `${home.cache}/apt`,
    allowed: engine.archiveUrls,
    own: () => `http://127.0.0.1:${ports.http}/repositories/`,
    log,
  });
  stops.push(() => proxy.stop());
  ports.proxy = await startOnSamePort(foundation, proxy);

  await engine.recover();
  const { workTime, engineSwitch } = engine;
  const kept = keepWorkTime({ ...foundation, workTime, isRunning: engineSwitch.isRunning });
  stops.push(async () => kept.stop());
  await jobs.start();
  const cron = engine.cron.start();
  stops.push(() => cron.stop());
  // Before all else: calls and builds may wait for one that is being made.
  stops.push(async () => engine.chroots.stop());
  await warnOfOpenDoors(foundation, options);
  log.info({ url: addresses.url, ftp: addresses.incomingUrl, version: options.version }, "mini-buildd runs");
}

/** Builds at once: one for each processor unless told otherwise. */
function slotsOf({ slots }: ServeOptions): number {
  return slots ?? availableParallelism();
}

/** The port of the last daemon, if it is free: builds that outlived it go on fetching there. Else any free one. */
async function startOnSamePort({ db, log }: Foundation, proxy: AptProxy): Promise<number> {
  const last = Number((await readSetting(db, "proxy_port")) ?? 0);
  const { port } = await proxy.start(last).catch((error: unknown) => {
    log.warn(
      { error: errorText(error), port: last },
      "the port of the apt proxy is taken; running builds may have to begin anew",
    );
    return proxy.start(0);
  });
  if (port !== last) await db.write((tx) => writeSetting(tx, "proxy_port", String(port)));
  return port;
}

/** A sandbox that anybody may upload to, on an address that anybody may reach, must be somebody's decision. */
async function warnOfOpenDoors(
  { db, log }: Foundation,
  { listen, url }: Pick<ServeOptions, "listen" | "url">,
): Promise<void> {
  const isLocal = /^(127\.|localhost$|::1$)/.test(listen);
  if (isLocal && url === undefined) return;
  const open = (await listRepositories(db.read)).filter(
    (row) => row.active && row.allow_unauthenticated_uploads,
  );
  if (open.length === 0) return;
  const names = open.map((row) => row.identity).join(", ");
  const where = isLocal ? `reached by ${url}` : `listening on ${listen}`;
  log.warn({ listen, repositories: names }, `${where} while anybody may upload to: ${names}`);
}

async function createHttp(
  foundation: Foundation,
  engine: Engine,
  jobs: JobRunner,
  options: ServiceOptions,
  addresses: Addresses,
): Promise<HttpApp> {
  const { db, log, clock, events, accounts, identity, hostname, home } = foundation;
  const slots = slotsOf(options);
  const { isRunning, state } = engine.engineSwitch;
  const building = () => jobs.running().filter((job) => job.kind === "build").length;
  const load = () => (isRunning() ? building() / slots : -1);
  const costly = createAttemptLimit({
    ...{ clock, max: 120, windowMs: 60_000, what: "requests that take long, without a sign-in" },
  });
  const admit = (client: string) => costly.begin(addressGroup(client));
  const calls = handlerDeps(foundation, engine, addresses, { version: options.version, slots, load });
  const invoker = createInvoker({
    admit,
    handlers: createHandlers(calls),
    known: {
      names: async (key, begin) =>
        key === "cronjobs" ? engine.cron.names : await knownNames(db, key, begin),
    },
    running: isRunning,
    audit: (entry) => recordCall(foundation, entry),
  });
  const assets = loadAssets();
  const site: PageDeps = {
    ...{ db, events, accounts, identity, hostname, clock, assets },
    url: addresses.url,
    version: options.version,
    engine: state,
    slots,
    aptSource: (place, rollbacks) => sourcesText(calls.sourcesList, place, rollbacks),
    dputConf: () => textOf(invoker, "dput_conf", { without_global: "True" }),
    artefactHref: urls.artefact,
    logs: {
      open: (...of) => openBuildLog({ db, home }, ...of),
      attempts: (buildId) => attemptsOf({ db, home }, buildId),
    },
  };
  return await createHttpApp({
    ...{ accounts, people: accounts, invoker, events, log, clock, admit },
    uploads: (upload) => receiveHttp(engine.incoming, log, upload),
    logs: site.logs,
    artefacts: { find: (buildId, name) => findArtefact(foundation, buildId, name) },
    admin: createAdmin({ ...foundation, settings: engine.settings }),
    archiveAdmin: createArchiveAdmin({ ...foundation, archive: engine.archive, readDeb }),
    pages: createPages(site),
    callPages: createCallPages(site),
    layout: createLayout(site),
    url: addresses.url,
    version: options.version,
    hostnames: [hostname],
    trustedProxies: options.trustedProxies ?? [],
    repositoriesDir: home.repositories,
    moments: engine.archive.momentPath,
  });
}

/** The text of a call that anybody may make, for a page. */
async function textOf(invoker: Invoker, call: string, given: Record<string, string>): Promise<string> {
  const principal = { level: "NONE", kind: "nobody", name: "nobody" } as const;
  const answer = await invoker.invoke(call, given, { principal, client: "page" });
  return answer.state === "done" ? String(answer.result) : "";
}
