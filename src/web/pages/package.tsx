import { isCallName } from "#api";
import { compareVersions } from "#deb";
import { EmptyState, Live, Section } from "../components/basics.tsx";
import { BuildTable, PackagingTable } from "../components/builds.tsx";
import { CallLink } from "../components/call-link.tsx";
import { EventList } from "../components/event-list.tsx";
import { Table } from "../components/table.tsx";
import { VersionMatrix } from "../components/version-matrix.tsx";
import { renderDocument } from "../document.tsx";
import { formatBytes } from "../format.ts";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { type BinaryView, type BuildinfoView, findSource, type SourceView } from "../read-model/package.ts";
import { listBuilds, listPackagings } from "../read-model/packagings.ts";
import { repositoryViews } from "../read-model/repositories.ts";
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
  const repositories = await repositoryViews(context);
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
              .map((view) => (
                <VersionMatrix
                  key={view.repository.id}
                  view={view}
                  found={found}
                  principal={request.principal}
                />
              ))
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
          <Buildinfos
            rows={found.buildinfos.filter((row) => row.version === chosen)}
            href={(row) => context.artefactHref?.(row.build, row.name)}
          />
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

/** What each build of the version was made from and with (deb-buildinfo(5)). */
function Buildinfos({
  rows,
  href,
}: {
  readonly rows: readonly BuildinfoView[];
  readonly href: (row: BuildinfoView) => string | undefined;
}) {
  if (rows.length === 0) return null;
  return (
    <Table
      caption="Build information"
      rows={rows}
      rowKey={(row) => `${row.build} ${row.name}`}
      columns={[
        { head: "File", look: "main", cell: (row) => <a href={href(row)}>{row.name}</a> },
        { head: "Build", cell: (row) => <a href={urls.build(row.build)}>{row.arch}</a> },
        { head: "Size", look: "end", cell: (row) => formatBytes(row.sizeBytes) },
      ]}
    />
  );
}
