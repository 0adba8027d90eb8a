import type { ComponentChild } from "preact";
import { useContext } from "preact/hooks";
import { hasLevel } from "#accounts";
import { usualSeconds } from "#packaging";
import { EmptyState, Facts, Live, Note, Section } from "../components/basics.tsx";
import { ArchStates, SourceVersion } from "../components/builds.tsx";
import { CopyBlock } from "../components/copy-block.tsx";
import { EventList } from "../components/event-list.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Duration, NowContext } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { formatFingerprint, formatSeconds, plural, secondsBetween } from "../format.ts";
import type { PageContext, PageRequest, PageResponse } from "../page.ts";
import { aptPlaceOf } from "../read-model/apt-place.ts";
import { openPackagings, type PackagingWithBuilds } from "../read-model/packagings.ts";
import { type RepositoryView, repositoryViews, type SuiteView } from "../read-model/repositories.ts";
import { lastEventId, setting, type Trouble, troubles } from "../read-model/settings.ts";
import { type WaitReasons, waitReasons } from "../read-model/waiting.ts";
import { urls } from "../urls.ts";
import { type WaitingPerson, waitingPeople } from "./people/waiting.ts";

const OPEN_SHOWN = 20;
const EVENTS_SHOWN = 15;

/** What is going on, and how to begin. */
export async function homePage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const after = await lastEventId(db);
  const open = await openPackagings(db, OPEN_SHOWN + 1);
  const builds = open.flatMap((row) => row.builds);
  const waits = await waitReasons(db, builds, context.clock.now(), context.engine());
  const expected = await expectations(context, open);
  const events = await context.events.latest({}, EVENTS_SHOWN);
  const problems = await troubles(db, context.clock.now());
  const repositories = await repositoryViews(context);
  const fingerprint = await setting(db, "key_fingerprint");
  const waiting = hasLevel(request.principal, "ADMIN")
    ? waitingPeople(await context.accounts.users.list())
    : [];
  return renderDocument(
    context,
    { title: "Home", section: "/", principal: request.principal, live: { after } },
    <>
      <h1 class="visually-hidden">{context.identity}</h1>
      <Live name="now">
        <Headline context={context} open={open.length} repositories={repositories} />
        {problems.length === 0 ? null : <Troubles troubles={problems} />}
        <People waiting={waiting} />
        <Section
          title="Happening now"
          actions={
            <span>
              <a href="/queue">Queue</a> <a href="/packagings/">All packagings</a>
            </span>
          }
        >
          <Open
            rows={open.slice(0, OPEN_SHOWN)}
            waits={waits}
            expected={expected}
            more={open.length > OPEN_SHOWN}
          />
        </Section>
      </Live>
      <Section title="Last events" actions={<a href="/events">All events</a>}>
        <Live name="events">
          {events.length === 0 ? (
            <EmptyState title="Nothing has happened yet.">
              <p>The first upload will show here.</p>
            </EmptyState>
          ) : (
            <EventList events={events} />
          )}
        </Live>
      </Section>
      <Section title="Use this instance" id="use">
        <Steps context={context} steps={await stepsOf(context, repositories)} />
      </Section>
      <Section title="Instance">
        <Facts
          facts={[
            ["Identity", context.identity],
            ["Version", context.version],
            [
              "Address",
              <a class="full" href="/">
                {context.url}
              </a>,
            ],
            [
              "Key fingerprint",
              fingerprint === undefined ? undefined : (
                <>
                  <code class="fingerprint">{formatFingerprint(fingerprint)}</code>{" "}
                  <a href={urls.call("pub_key")}>public key</a>
                </>
              ),
            ],
          ]}
        />
      </Section>
    </>,
  );
}

function Headline(props: {
  readonly context: PageContext;
  readonly open: number;
  readonly repositories: readonly RepositoryView[];
}) {
  const suites = props.repositories.flatMap((view) => view.codenames.flatMap(({ suites }) => suites));
  const packages = suites.reduce((sum, suite) => sum + suite.packages, 0);
  return (
    <p class="headline">
      <StateBadge state={props.context.engine()} />
      <span>
        {props.open === 0
          ? "Nothing to do."
          : `${props.open > OPEN_SHOWN ? `More than ${OPEN_SHOWN} packagings` : plural(props.open, "packaging")} in progress.`}
      </span>
      <span class="spread">
        <a href="/repositories/">{plural(props.repositories.length, "repository", "repositories")}</a>,{" "}
        {plural(suites.length, "distribution")}, {plural(packages, "package")}
      </span>
    </p>
  );
}

/** What people wait for, for the administrator who decides it. */
function People({ waiting }: { readonly waiting: readonly WaitingPerson[] }) {
  if (waiting.length === 0) return null;
  const accounts = waiting.filter(({ what }) => what === "account").length;
  const keys = waiting.length - accounts;
  const parts = [
    ...(accounts === 0 ? [] : [plural(accounts, "new account")]),
    ...(keys === 0 ? [] : [plural(keys, "OpenPGP key")]),
  ];
  return (
    <Note tone="wait">
      <a href="/users/">{parts.join(" and ")}</a> {waiting.length === 1 ? "waits" : "wait"} for an
      administrator.
    </Note>
  );
}

function Troubles({ troubles: list }: { readonly troubles: readonly Trouble[] }) {
  return (
    <Note tone="bad">
      <h2>Needs a look</h2>
      <ul class="plain">
        {list.map((trouble) => (
          <li key={`${trouble.what} ${trouble.name}`}>
            <strong>
              {trouble.what} {trouble.name}
            </strong>{" "}
            ({trouble.state}){trouble.error === "" ? "" : `: ${trouble.error.slice(0, 300)}`}
          </li>
        ))}
      </ul>
    </Note>
  );
}

type Expectations = ReadonlyMap<number, number>;

/** Seconds each running build will take, as the middle of its last good ones. */
async function expectations(
  context: PageContext,
  rows: readonly PackagingWithBuilds[],
): Promise<Expectations> {
  const running = rows
    .slice(0, OPEN_SHOWN)
    .flatMap(({ packaging, builds }) =>
      builds
        .filter((build) => build.started_at !== null && build.ended_at === null)
        .map((build) => ({ id: build.id, source: packaging.source, arch: build.arch })),
    );
  return await usualSeconds(context.db.read, running);
}

function Open(props: {
  readonly rows: readonly PackagingWithBuilds[];
  readonly waits: WaitReasons;
  readonly expected: Expectations;
  readonly more: boolean;
}) {
  if (props.rows.length === 0)
    return (
      <EmptyState title="No package is being built.">
        <p>
          Upload one with the three steps <a href="#use">below</a>; it shows here while it is checked, built
          and published.
        </p>
      </EmptyState>
    );
  return (
    <ul class="open">
      {props.rows.map(({ packaging, builds }) => (
        <li key={packaging.id}>
          <div class="open-head">
            <StateBadge state={packaging.state} />
            <SourceVersion
              source={packaging.source}
              version={packaging.version}
              href={urls.packaging(packaging.id)}
            />
            <a class="place" href={urls.distribution(packaging.distribution)}>
              {packaging.distribution}
            </a>
            <ArchStates builds={builds} />
            <span class="when">
              <Duration from={packaging.created_at} to={null} />
            </span>
          </div>
          <ul class="plain">
            {builds.map((build) => (
              <Progress
                key={build.id}
                arch={build.arch}
                startedAt={build.ended_at === null ? build.started_at : null}
                expected={props.expected.get(build.id)}
                wait={props.waits.get(build.id)}
              />
            ))}
          </ul>
        </li>
      ))}
      {props.more ? (
        <li>
          <a href="/packagings/?state=open">And more…</a>
        </li>
      ) : null}
    </ul>
  );
}

/** A line for a build that runs or waits; the others are told by their chips. */
function Progress(props: {
  readonly arch: string;
  readonly startedAt: string | null;
  readonly expected: number | undefined;
  readonly wait: string | undefined;
}): ComponentChild {
  const now = useContext(NowContext);
  if (props.wait !== undefined)
    return (
      <li class="progress">
        <span class="arch">{props.arch}</span> <span class="why">{props.wait}</span>
      </li>
    );
  if (props.startedAt === null) return null;
  return (
    <li class="progress">
      <span class="arch">{props.arch}</span>
      {props.expected === undefined ? (
        <span class="why">first build of this package here</span>
      ) : (
        <progress
          aria-label={`Build on ${props.arch}, by the time it took before`}
          max={Math.max(1, Math.round(props.expected))}
          value={Math.max(0, secondsBetween(props.startedAt, now.toISOString()) ?? 0)}
          data-since={props.startedAt}
        />
      )}
      <span class="why">
        <Duration from={props.startedAt} to={null} />
        {props.expected === undefined ? "" : ` of about ${formatSeconds(props.expected)}`}
      </span>
    </li>
  );
}

interface StepTexts {
  readonly suite: SuiteView | undefined;
  readonly uploadTo: SuiteView | undefined;
  readonly apt: string | undefined;
  readonly dput: string;
}

async function stepsOf(context: PageContext, repositories: readonly RepositoryView[]): Promise<StepTexts> {
  const suites = repositories
    .filter(({ repository }) => repository.active === 1)
    .flatMap((view) => view.codenames.flatMap((codename) => codename.suites));
  const published = suites.filter((view) => (view.archive?.published_publish ?? 0) > 0);
  // The best start is what is live, or whatever already holds packages.
  const suite = published.find((view) => view.packages > 0) ?? published[0];
  const apt = aptPlaceOf(suite?.archive);
  return {
    suite,
    uploadTo:
      suites.find((view) => view.suite.uploadable === 1 && view.suite.name === "unstable") ??
      suites.find((view) => view.suite.uploadable === 1),
    apt: apt === undefined ? undefined : context.aptSource(apt.place),
    dput: await context.dputConf(),
  };
}

function Steps({ context, steps }: { readonly context: PageContext; readonly steps: StepTexts }) {
  const { suite, uploadTo, apt, dput } = steps;
  if (uploadTo === undefined && suite === undefined)
    return (
      <EmptyState title="There is no repository yet.">
        <p>
          An administrator makes the first one with <code>mini-buildd setup</code>, or with{" "}
          <code>./quickstart</code> on a fresh machine.
        </p>
      </EmptyState>
    );
  return (
    <ol class="steps">
      <li>
        <h3>Install from it</h3>
        {suite === undefined || apt === undefined ? (
          <p>Nothing is published yet; the APT source will be here.</p>
        ) : (
          <>
            <p>
              Save this as <code>/etc/apt/sources.list.d/{context.identity}.sources</code>, then run{" "}
              <code>apt update</code>. It is for <a href={urls.distribution(suite.name)}>{suite.name}</a>; the
              others are under <a href="/repositories/">Repositories</a>.
            </p>
            <CopyBlock label={`APT source for ${suite.name}`} text={apt} />
          </>
        )}
      </li>
      <li>
        <h3>Tell dput about it</h3>
        <p>
          Add this to <code>~/.dput.cf</code>.
        </p>
        <CopyBlock label="dput configuration" text={dput} />
      </li>
      <li>
        <h3>Upload a source package</h3>
        {uploadTo === undefined ? (
          <p>No suite takes uploads yet.</p>
        ) : (
          <>
            <p>
              {uploadTo.versionMark === "" ? (
                "Any version will do."
              ) : (
                <>
                  Versions for {uploadTo.name} end like <code>{uploadTo.versionMark}</code>.
                </>
              )}{" "}
              Then watch it here.
            </p>
            <CopyBlock label="commands to upload" text={uploadCommands(context.identity, uploadTo)} />
          </>
        )}
      </li>
    </ol>
  );
}

function uploadCommands(identity: string, target: SuiteView): string {
  const version = `2.10-3${target.versionMark}`;
  return [
    `dch --newversion ${version} \\`,
    `    --distribution ${target.name} "Build for ${identity}"`,
    "dpkg-buildpackage -S",
    `dput mini-buildd-${identity} ../hello_${version}_source.changes`,
    "",
  ].join("\n");
}
