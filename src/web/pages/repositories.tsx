import { isWhole, scopeOf, scopeText } from "#accounts";
import { EmptyState, Facts, Live, Note, Section } from "../components/basics.tsx";
import { CopyBlock } from "../components/copy-block.tsx";
import { Table } from "../components/table.tsx";
import { renderDocument } from "../document.tsx";
import { formatFingerprint, plural } from "../format.ts";
import type { PageContext, PageRequest, PageResponse } from "../page.ts";
import { aptPlaceOf } from "../read-model/apt-place.ts";
import { wordsOf } from "../read-model/parse.ts";
import {
  type CodenameView,
  type RepositoryView,
  repositoryViews,
  type SuiteView,
} from "../read-model/repositories.ts";
import { lastEventId } from "../read-model/settings.ts";
import { urls } from "../urls.ts";

/** APT sources hold the key: with many distributions they would make a page of megabytes, so they move to their own. */
const SOURCES_CHARS = 24_000;

export async function repositoriesPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const after = await lastEventId(context.db.read);
  const views = await repositoryViews(context);
  const sources = collectSources(context, views);
  return renderDocument(
    context,
    { title: "Repositories", section: "/repositories/", principal: request.principal, live: { after } },
    <>
      <h1>Repositories</h1>
      {views.length === 0 ? (
        <EmptyState title="There is no repository yet.">
          <p>
            An administrator makes one with <code>mini-buildd setup</code>; <code>./quickstart</code> makes
            the sandbox repository <code>test</code>.
          </p>
        </EmptyState>
      ) : (
        views.map((view) => <Repository key={view.repository.id} view={view} sources={sources} />)
      )}
    </>,
  );
}

type Sources = ReadonlyMap<string, string>;

function collectSources(context: PageContext, views: readonly RepositoryView[]): Sources {
  const sources = new Map<string, string>();
  let room = SOURCES_CHARS;
  const suites = views
    .filter(({ repository }) => repository.active === 1)
    .flatMap((view) => view.codenames.flatMap((codename) => codename.suites));
  for (const { name, archive } of suites) {
    const apt = aptPlaceOf(archive);
    if (apt === undefined) continue;
    const text = context.aptSource(apt.place);
    room -= text.length;
    if (room <= 0) break;
    sources.set(name, text);
  }
  return sources;
}

function Repository({ view, sources }: { readonly view: RepositoryView; readonly sources: Sources }) {
  const { repository, layout, codenames } = view;
  const { identity } = repository;
  return (
    <Section
      title={identity}
      id={identity}
      look="repository"
      actions={<a href={urls.archive(identity)}>Browse the archive</a>}
    >
      {repository.description === "" ? null : <p class="lead">{repository.description}</p>}
      {repository.active === 1 ? null : (
        <Note tone="wait">This repository is not active: it takes no uploads.</Note>
      )}
      {repository.allow_unauthenticated_uploads === 1 ? (
        <Note tone="wait">
          <strong>Anybody may upload here.</strong> Signatures are not asked for; use it as a sandbox and
          never on a public network.
        </Note>
      ) : null}
      <Facts
        facts={[
          ["Origin", repository.origin],
          ["Layout", layout?.name],
          ["Uploaders", <Uploaders view={view} />],
        ]}
      />
      {codenames.length === 0 ? (
        <EmptyState title="It has no distributions yet.">
          <p>
            Add one with <code>mini-buildd setup --distributions CODENAME:ARCH</code>.
          </p>
        </EmptyState>
      ) : (
        codenames.map((codename) => (
          <Codename key={codename.distribution.id} repository={identity} view={codename} sources={sources} />
        ))
      )}
    </Section>
  );
}

function Uploaders({ view }: { readonly view: RepositoryView }) {
  const keyrings = wordsOf(view.repository.extra_uploader_keyrings);
  if (view.uploaders.length === 0 && keyrings.length === 0)
    return view.repository.allow_unauthenticated_uploads === 1 ? (
      <>no keys needed</>
    ) : (
      <>
        nobody yet; add a key with{" "}
        <code>mini-buildd key add FILE --repository {view.repository.identity}</code>
      </>
    );
  return (
    <ul class="plain">
      {view.uploaders.slice(0, 50).map((key) => (
        <li key={key.id}>
          {key.user_id.replace(/\s*<[^>]*>/, "")}{" "}
          <code class="fingerprint">{formatFingerprint(key.fingerprint)}</code>
          {isWhole(scopeOf(key)) ? null : `: ${scopeText(scopeOf(key))}`}
          {key.active === 1 ? null : " (not active)"}
        </li>
      ))}
      {view.uploaders.length > 50 ? <li>and {plural(view.uploaders.length - 50, "more key")}</li> : null}
      {keyrings.map((path) => (
        <li key={path}>
          everybody in <code>{path}</code>
        </li>
      ))}
    </ul>
  );
}

function Codename(props: {
  readonly repository: string;
  readonly view: CodenameView;
  readonly sources: Sources;
}) {
  const { distribution, base, architectures, suites } = props.view;
  const withSource = suites.filter((suite) => props.sources.has(suite.name));
  return (
    <div class="codename">
      <h3>{distribution.codename}</h3>
      <p class="sub">
        on {base === undefined ? "an unknown base" : `${base.origin} ${base.codename}`} ·{" "}
        {wordsOf(distribution.components).join(" ")} ·{" "}
        {architectures.map((row) => `${row.arch}${row.optional === 1 ? " (optional)" : ""}`).join(", ")} ·
        lintian {distribution.lintian_mode}
        {distribution.autopkgtest_mode === "DISABLED"
          ? ""
          : ` · autopkgtest ${distribution.autopkgtest_mode}`}
        {distribution.piuparts_mode === "DISABLED" ? "" : ` · piuparts ${distribution.piuparts_mode}`}
        {distribution.blocks === "[]" ? "" : ` · blocks ${wordsOf(distribution.blocks).join(" ")}`}
      </p>
      <Live name={`suites-${distribution.id}`}>
        <SuiteTable codename={distribution.codename} repository={props.repository} suites={suites} />
      </Live>
      {withSource.length === 0 ? null : (
        <div class="sources">
          {withSource.map((suite) => (
            <details key={suite.name}>
              <summary>APT source for {suite.name}</summary>
              <CopyBlock label={`APT source for ${suite.name}`} text={props.sources.get(suite.name) ?? ""} />
            </details>
          ))}
        </div>
      )}
    </div>
  );
}

function SuiteTable(props: {
  readonly codename: string;
  readonly repository: string;
  readonly suites: readonly SuiteView[];
}) {
  return (
    <Table
      caption={`Suites of ${props.codename} in ${props.repository}`}
      rows={props.suites}
      rowKey={(view) => view.name}
      columns={[
        {
          head: "Distribution",
          look: "main",
          cell: (view) => <a href={urls.distribution(view.name)}>{view.name}</a>,
        },
        { head: "Packages", look: "end", cell: (view) => view.packages.toLocaleString("en-US") },
        { head: "Uploads", cell: (view) => <Flags view={view} /> },
        { head: "Migrates to", cell: (view) => view.suite.migrates_to ?? <span class="none">–</span> },
        { head: "Versions end like", cell: (view) => <VersionMark view={view} /> },
        { head: "apt priority", look: "end", cell: (view) => aptPriority(view) },
        {
          head: "Rollbacks",
          look: "end",
          cell: (view) => (view.suite.rollback === 0 ? <span class="none">–</span> : view.suite.rollback),
        },
      ]}
    />
  );
}

function VersionMark({ view }: { readonly view: SuiteView }) {
  return view.versionMark === "" ? <span class="none">any</span> : <code>{view.versionMark}</code>;
}

export function Flags({ view }: { readonly view: SuiteView }) {
  const { suite, archive } = view;
  return (
    <span class="flags">
      {suite.uploadable === 1 ? <span>uploadable</span> : <span class="none">by migration</span>}
      {suite.experimental === 1 ? <span>experimental</span> : null}
      {suite.auto_migrate_after > 0 ? (
        <span>migrates after {plural(suite.auto_migrate_after, "day")}</span>
      ) : null}
      {archive === undefined || archive.published_publish === 0 ? <span>not published yet</span> : null}
    </span>
  );
}

/** What apt makes of the Release fields (names-and-versions.md 5.1). */
export function aptPriority(view: SuiteView): number {
  if (view.suite.not_automatic === 0) return 500;
  return view.suite.but_automatic_upgrades === 1 ? 100 : 1;
}
