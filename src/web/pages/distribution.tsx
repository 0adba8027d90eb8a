import { EmptyState, Facts, Live, Pager, Section } from "../components/basics.tsx";
import { CopyBlock } from "../components/copy-block.tsx";
import { Snapshots } from "../components/snapshots.tsx";
import { Table } from "../components/table.tsx";
import { renderDocument } from "../document.tsx";
import { plural } from "../format.ts";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { aptPlaceOf } from "../read-model/apt-place.ts";
import {
  findArchiveDistribution,
  listPackages,
  type PackageLine,
  versionsIn,
} from "../read-model/distribution.ts";
import { wordsOf } from "../read-model/parse.ts";
import { repositoryViews, type SuiteView } from "../read-model/repositories.ts";
import { lastEventId } from "../read-model/settings.ts";
import { snapshotsOf } from "../read-model/snapshots.ts";
import { urls, withQuery } from "../urls.ts";
import { notFound } from "./error.tsx";
import { aptPriority, Flags } from "./repositories.tsx";

const SHOWN = 100;

/** The packages of one distribution, or of one of its rollbacks. */
export async function distributionPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const name = request.params.distribution ?? "";
  const archive = await findArchiveDistribution(db, name);
  if (archive === undefined)
    return notFound(context, request, `Distribution '${name}'`, ["/repositories/", "All distributions"]);
  const after = await lastEventId(db);
  const views = await repositoryViews(context, archive.repository);
  const suites = views.flatMap((view) => view.codenames.flatMap((codename) => codename.suites));
  const suite = suites.find((view) => view.name === name);
  const live = suites.find((view) => view.archive?.id === archive.live_id);
  const target = suites.find(
    (view) => suite?.suite.migrates_to === view.suite.name && sameCodename(view.name, name),
  );
  const kind = queryText(request, "kind") === "binary" ? ("binary" as const) : ("source" as const);
  const text = queryText(request, "q");
  const from = queryText(request, "after");
  const found = await listPackages(db, archive, { kind, text, after: from || undefined, limit: SHOWN + 1 });
  const lines = found.slice(0, SHOWN);
  const there =
    kind === "source" && target?.archive !== undefined
      ? await versionsIn(
          db,
          target.archive.id,
          archive.repository,
          lines.map((line) => line.name),
        )
      : undefined;
  const base = urls.distribution(name);
  const place = views[0]?.repository.active === 0 ? undefined : aptPlaceOf(archive);
  const apt = place === undefined ? undefined : context.aptSource(place.place, place.rollbacks);
  return renderDocument(
    context,
    {
      title: name,
      section: "/repositories/",
      principal: request.principal,
      live: { after, ...(archive.kind === "live" ? { distribution: name } : {}) },
    },
    <>
      <div class="page-head">
        <h1>{name}</h1>
        <a href={urls.dists(archive.repository, name)}>Browse its indices</a>
      </div>
      <About
        suite={suite}
        live={live}
        components={wordsOf(archive.components)}
        architectures={wordsOf(archive.architectures)}
        target={target}
        repository={archive.repository}
      />
      <Section
        title={kind === "source" ? "Source packages" : "Binary packages"}
        id="packages"
        actions={
          kind === "source" ? (
            <a href={withQuery(base, { kind: "binary", q: text })}>Binary packages</a>
          ) : (
            <a href={withQuery(base, { q: text })}>Source packages</a>
          )
        }
      >
        <search aria-label={`Packages of ${name}`}>
          <form class="filter" method="get" action={base}>
            <label>
              Name{" "}
              <input type="search" name="q" value={text} maxlength={100} placeholder="part of it, or hel*" />
            </label>
            {kind === "binary" ? <input type="hidden" name="kind" value="binary" /> : null}
            <button type="submit">Search</button>
          </form>
        </search>
        <Live name="packages">
          <Packages
            lines={lines}
            kind={kind}
            text={text}
            target={target}
            there={there}
            uploadable={suite?.suite.uploadable === 1}
            name={name}
          />
        </Live>
        <Pager
          words={["First", "Next"]}
          newest={from === "" ? undefined : withQuery(base, { q: text, kind: kind === "binary" ? kind : "" })}
          older={
            found.length > SHOWN
              ? withQuery(base, { q: text, kind: kind === "binary" ? kind : "", after: lines.at(-1)?.name })
              : undefined
          }
        />
      </Section>
      <Snapshots
        repository={archive.repository}
        distribution={name}
        rows={await snapshotsOf(db, archive.id)}
        principal={request.principal}
      />
      <Section title="APT source" id="apt">
        {apt === undefined ? (
          <EmptyState title="Not published yet." />
        ) : (
          <>
            <p>
              Save as <code>/etc/apt/sources.list.d/{name}.sources</code>, then run <code>apt update</code>.
            </p>
            <CopyBlock label={`APT source for ${name}`} text={apt} />
          </>
        )}
      </Section>
    </>,
  );
}

function sameCodename(a: string, b: string): boolean {
  return a.split("-")[0] === b.split("-")[0];
}

function About(props: {
  readonly suite: SuiteView | undefined;
  readonly live: SuiteView | undefined;
  readonly target: SuiteView | undefined;
  readonly components: readonly string[];
  readonly architectures: readonly string[];
  readonly repository: string;
}) {
  const { suite, live, target } = props;
  return (
    <Facts
      facts={[
        ["Repository", <a href={urls.repository(props.repository)}>{props.repository}</a>],
        [
          "Rollback of",
          live === undefined ? undefined : <a href={urls.distribution(live.name)}>{live.name}</a>,
        ],
        ["Takes", suite === undefined ? undefined : <Flags view={suite} />],
        [
          "Versions end like",
          suite === undefined || suite.versionMark === "" ? undefined : <code>{suite.versionMark}</code>,
        ],
        [
          "Migrates to",
          target === undefined ? undefined : <a href={urls.distribution(target.name)}>{target.name}</a>,
        ],
        ["Components", props.components.join(" ")],
        ["Architectures", props.architectures.join(" ")],
        ["apt priority", suite === undefined ? "1" : String(aptPriority(suite))],
        [
          "Packages",
          suite === undefined
            ? undefined
            : plural(suite.packages, "source and binary", "sources and binaries"),
        ],
        [
          "Rollbacks",
          suite === undefined || suite.rollbacks.length === 0 ? undefined : (
            <span class="flags">
              {suite.rollbacks.map((row) => (
                <a key={row.id} href={urls.distribution(row.name)} aria-label={`Rollback ${row.position}`}>
                  {row.position}
                </a>
              ))}
            </span>
          ),
        ],
      ]}
    />
  );
}

function Packages(props: {
  readonly lines: readonly PackageLine[];
  readonly kind: "source" | "binary";
  readonly text: string;
  readonly name: string;
  readonly uploadable: boolean;
  readonly target: SuiteView | undefined;
  readonly there: ReadonlyMap<string, string> | undefined;
}) {
  const { lines, kind, text, target, there } = props;
  if (lines.length === 0 && text !== "")
    return (
      <EmptyState title={`No ${kind} package here has '${text}' in its name.`}>
        <p>
          <a href={withQuery("/search", { q: text })}>Search all repositories</a>
        </p>
      </EmptyState>
    );
  if (lines.length === 0)
    return (
      <EmptyState title="No packages yet.">
        <p>
          {props.uploadable
            ? "Upload one: the home page says how."
            : "Packages come here by migration from another suite."}
        </p>
      </EmptyState>
    );
  return (
    <Table
      caption={`${kind === "source" ? "Source" : "Binary"} packages of ${props.name}`}
      rows={lines}
      rowKey={(line) => `${line.name} ${line.version} ${line.arch}`}
      columns={[
        {
          head: "Package",
          look: "main",
          cell: (line) => (
            <a class="name" href={urls.package(line.source)}>
              {line.name}
            </a>
          ),
        },
        { head: "Version", cell: (line) => <span class="version">{line.version}</span> },
        ...(kind === "binary"
          ? [{ head: "Arch", cell: (line: PackageLine) => <span class="arch">{line.arch}</span> }]
          : []),
        { head: "Component", look: "wide" as const, cell: (line) => line.component },
        ...(there === undefined || target === undefined
          ? []
          : [
              {
                head: `In ${target.suite.name}`,
                cell: (line: PackageLine) => <Difference here={line.version} there={there.get(line.name)} />,
              },
            ]),
      ]}
    />
  );
}

function Difference({ here, there }: { readonly here: string; readonly there: string | undefined }) {
  if (there === undefined) return <span class="differs">not there</span>;
  if (there === here) return <span class="none">same</span>;
  return <span class="version differs">{there}</span>;
}
