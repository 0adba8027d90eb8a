import { isCallName } from "#api";
import { compareVersions } from "#deb";
import { EmptyState, Live, Section } from "../components/basics.tsx";
import { BuildTable, PackagingTable } from "../components/builds.tsx";
import { CallLink } from "../components/call-link.tsx";
import { EventList } from "../components/event-list.tsx";
import { ScrollBox, Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { formatBytes } from "../format.ts";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { type BinaryView, findSource, type Place, type SourceView } from "../read-model/package.ts";
import { listBuilds, listPackagings } from "../read-model/packagings.ts";
import { type RepositoryView, repositoryViews, type SuiteView } from "../read-model/repositories.ts";
import { lastEventId } from "../read-model/settings.ts";
import { waitReasons } from "../read-model/waiting.ts";
import { urls, withQuery } from "../urls.ts";
import { notFound } from "./error.tsx";

const HISTORY = 15;
const BUILDS = 12;
const BINARIES = 150;

/** One source in all its distributions, with what happened to it and what was built from it. */
export async function packagePage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const source = request.params.source ?? "";
  const after = await lastEventId(db);
  const found = await findSource(db, source);
  const packagings = await listPackagings(db, { source, limit: 6 });
  const events = await context.events.latest({ source }, HISTORY);
  if (found === undefined && packagings.length === 0 && events.length === 0)
    return notFound(context, request, `Source package '${source}'`, [
      withQuery("/search", { q: source }),
      "search",
    ]);
  const builds = await listBuilds(db, { source, limit: BUILDS });
  const waits = await waitReasons(db, builds, context.clock.now(), context.engine());
  const repositories = await repositoryViews(db);
  const versions = versionsOf(found);
  const chosen = versions.find((version) => version === queryText(request, "version")) ?? versions[0];
  return renderDocument(
    context,
    { title: source, section: "/repositories/", principal: request.principal, live: { after, source } },
    <>
      <h1>{source}</h1>
      <Live name="package">
        <Section title="Versions">
          {found === undefined ? (
            <EmptyState title="It is in no distribution.">
              <p>What happened to it is told below.</p>
            </EmptyState>
          ) : (
            repositories
              .filter(({ repository }) =>
                found.places.some((place) => place.distribution.repository === repository.identity),
              )
              .map((view) => <Matrix key={view.repository.id} view={view} found={found} />)
          )}
          <Differences source={source} versions={versions} />
        </Section>
        <Section title="Packagings" actions={<a href={withQuery("/packagings/", { source })}>All</a>}>
          <PackagingTable rows={packagings} caption={`Packagings of ${source}`} />
        </Section>
        <Section title="Builds" actions={<a href={withQuery("/builds/", { source })}>All</a>}>
          <BuildTable rows={builds} waits={waits} caption={`Builds of ${source}`} />
        </Section>
      </Live>
      {chosen === undefined || found === undefined ? null : (
        <Section title="Files" id="files">
          <VersionChoice source={source} versions={versions} chosen={chosen} />
          <Files packages={found.packages.filter((row) => row.sourceVersion === chosen)} version={chosen} />
        </Section>
      )}
      <Section title="History" actions={<a href={urls.events({ source })}>All events</a>}>
        <Live name="history">
          {events.length === 0 ? <EmptyState title="No events on record." /> : <EventList events={events} />}
        </Live>
      </Section>
    </>,
  );
}

/** Versions that are somewhere, highest first. */
function versionsOf(found: SourceView | undefined): string[] {
  const versions = new Set(found?.places.map((place) => place.version));
  return [...versions].sort((a, b) => safeCompare(b, a));
}

function safeCompare(a: string, b: string): number {
  try {
    return compareVersions(a, b);
  } catch {
    // A version that is none can only come from outside; it still has to have a place.
    return a < b ? -1 : 1;
  }
}

/** Codenames down, suites that hold it across, in the order in which packages go. */
function Matrix({ view, found }: { readonly view: RepositoryView; readonly found: SourceView }) {
  const { repository, codenames } = view;
  const held = new Set(found.places.map(({ distribution }) => distribution.live_id ?? distribution.id));
  const used = new Set(
    codenames.flatMap(({ suites }) =>
      suites.filter(({ archive }) => held.has(archive?.id ?? 0)).map(({ suite }) => suite.id),
    ),
  );
  const suites = (codenames[0]?.suites ?? [])
    .map(({ suite }) => suite)
    .filter(({ id }) => used.has(id))
    .reverse();
  return (
    <ScrollBox label={`Versions of ${found.source} in repository ${repository.identity}`}>
      <table class="matrix stack">
        <caption>
          Repository <a href={urls.repository(repository.identity)}>{repository.identity}</a>
        </caption>
        <thead>
          <tr>
            <th scope="col">Codename</th>
            {suites.map((suite) => (
              <th key={suite.id} scope="col">
                {suite.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {codenames.map(({ distribution, suites: own }) => (
            <tr key={distribution.id}>
              <th scope="row">{distribution.codename}</th>
              {suites.map((suite) => (
                <td key={suite.id} data-head={suite.name}>
                  <Cell all={own} suite={own.find((one) => one.suite.id === suite.id)} found={found} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </ScrollBox>
  );
}

function Cell(props: {
  readonly all: readonly SuiteView[];
  readonly suite: SuiteView | undefined;
  readonly found: SourceView;
}) {
  const { suite, all, found } = props;
  const here = placesIn(found, suite?.archive?.id);
  const old = found.places
    .filter(
      (place) => place.distribution.live_id !== null && place.distribution.live_id === suite?.archive?.id,
    )
    .sort((a, b) => (a.distribution.position ?? 0) - (b.distribution.position ?? 0));
  if (here.length === 0 && old.length === 0) return <span class="none">–</span>;
  const target = all.find((one) => one.suite.name === suite?.suite.migrates_to);
  const targetVersions = placesIn(found, target?.archive?.id).map((place) => place.version);
  return (
    <div class="cell">
      {here.map((place) => (
        <div key={`${place.component} ${place.version}`}>
          <a class="version strong" href={urls.distribution(place.distribution.name)}>
            {place.version}
          </a>
          {place.component === "main" ? null : <span class="why">{place.component}</span>}
          <span class="why">
            <Time at={place.since} />
          </span>
          {target === undefined || targetVersions.includes(place.version) ? null : (
            <CallLink
              class="action"
              name="migrate"
              given={{ source: found.source, distribution: place.distribution.name }}
            >
              Migrate to {target.suite.name}…
            </CallLink>
          )}
        </div>
      ))}
      {old.length === 0 ? null : <Rollbacks places={old} source={found.source} />}
    </div>
  );
}

function Rollbacks({ places, source }: { readonly places: readonly Place[]; readonly source: string }) {
  return (
    <details>
      <summary>{places.length === 1 ? "1 rollback" : `${places.length} rollbacks`}</summary>
      <ol class="plain">
        {places.map((place) => (
          <li key={place.distribution.id}>
            <CallLink
              class="version"
              name="migrate"
              given={{ source, distribution: place.distribution.name }}
              otherwise={place.version}
            >
              {place.version}
              <span class="visually-hidden"> restore…</span>
            </CallLink>
          </li>
        ))}
      </ol>
    </details>
  );
}

function placesIn(found: SourceView, distributionId: number | undefined): readonly Place[] {
  return found.places.filter((place) => place.distribution.id === distributionId);
}

function Differences({
  source,
  versions,
}: {
  readonly source: string;
  readonly versions: readonly string[];
}) {
  const [newest, ...older] = versions;
  if (newest === undefined || older.length === 0 || !isCallName("debdiff")) return null;
  return (
    <p class="sub">
      Compare {newest} with{" "}
      {older.slice(0, 5).map((version, index) => (
        <>
          {index === 0 ? "" : ", "}
          <CallLink name="debdiff" given={{ source, version_a: version, version_b: newest }}>
            {version}
          </CallLink>
        </>
      ))}
    </p>
  );
}

function VersionChoice(props: {
  readonly source: string;
  readonly versions: readonly string[];
  readonly chosen: string;
}) {
  if (props.versions.length < 2) return null;
  return (
    <nav class="tabs" aria-label="Files of version">
      {props.versions.slice(0, 12).map((version) => (
        <a
          key={version}
          href={`${withQuery(urls.package(props.source), { version })}#files`}
          aria-current={version === props.chosen ? "true" : undefined}
        >
          {version}
        </a>
      ))}
    </nav>
  );
}

interface FileRow {
  readonly key: string;
  readonly owner: BinaryView;
  readonly path: string;
  readonly size: number;
}

function Files({
  packages,
  version,
}: {
  readonly packages: readonly BinaryView[];
  readonly version: string;
}) {
  const rows = packages.flatMap((owner) =>
    owner.files.map((file): FileRow => ({ key: `${owner.id} ${file.path}`, owner, ...file })),
  );
  if (rows.length === 0) return <EmptyState title="No files are on record for this version." />;
  return (
    <Table
      caption={`Files of version ${version}`}
      rows={rows.slice(0, BINARIES)}
      rowKey={(row) => row.key}
      columns={[
        {
          head: "File",
          look: "main",
          cell: (row) => (
            <a href={urls.pool(row.owner.repository, row.path)}>
              {row.path.slice(row.path.lastIndexOf("/") + 1)}
            </a>
          ),
        },
        {
          head: "Package",
          look: "wide",
          cell: ({ owner }) => (owner.kind === "dsc" ? "source" : owner.name),
        },
        { head: "Arch", cell: ({ owner }) => <span class="arch">{owner.arch}</span> },
        { head: "Size", look: "end", cell: (row) => formatBytes(row.size) },
      ]}
    />
  );
}
