import { EmptyState, Section } from "../components/basics.tsx";
import { PackagingTable } from "../components/builds.tsx";
import { Table } from "../components/table.tsx";
import { renderDocument } from "../document.tsx";
import { type PageContext, type PageRequest, type PageResponse, queryText } from "../page.ts";
import { listPackagings, type PackagingWithBuilds } from "../read-model/packagings.ts";
import { type Hit, searchPackages } from "../read-model/search.ts";
import { urls } from "../urls.ts";

const SHOWN = 60;
const LONGEST = 100;

/** Packages and their builds from one box. */
export async function searchPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const text = queryText(request, "q").slice(0, LONGEST);
  const usable = text.replaceAll(/[*?]/g, "").length >= 2;
  const hits = usable ? await searchPackages(context.db.read, text, SHOWN) : [];
  const exact = usable
    ? await listPackagings(context.db.read, { source: text.toLowerCase(), limit: 10 })
    : [];
  return renderDocument(
    context,
    { title: text === "" ? "Search" : `Search: ${text}`, section: "", principal: request.principal },
    <>
      <h1>Search</h1>
      <search aria-label="Search all">
        <form class="filter" method="get" action="/search">
          <label>
            Name of a source or binary package{" "}
            <input type="search" name="q" value={text} maxlength={LONGEST} />
          </label>
          <button type="submit">Search</button>
        </form>
      </search>
      {usable ? (
        <Results text={text} hits={hits} packagings={exact} />
      ) : (
        <p class="sub">Two letters or more; * and ? stand for any.</p>
      )}
    </>,
  );
}

function Results(props: {
  readonly text: string;
  readonly hits: readonly Hit[];
  readonly packagings: readonly PackagingWithBuilds[];
}) {
  const { text, hits, packagings } = props;
  if (hits.length === 0 && packagings.length === 0)
    return (
      <EmptyState title={`Nothing here is called '${text}'.`}>
        <p>
          Packages of the base distribution are not searched, only those of the{" "}
          <a href="/repositories/">repositories</a> of this instance.
        </p>
      </EmptyState>
    );
  return (
    <>
      {hits.length === 0 ? null : (
        <Section title="Packages">
          <Table
            caption={`Packages found for ${text}`}
            rows={hits}
            rowKey={(hit) => `${hit.repository} ${hit.kind} ${hit.name} ${hit.source}`}
            columns={[
              {
                head: "Package",
                look: "main",
                cell: (hit) => (
                  <a class="name" href={urls.package(hit.source)}>
                    {hit.name}
                  </a>
                ),
              },
              { head: "Kind", cell: (hit) => (hit.kind === "dsc" ? "source" : "binary") },
              { head: "Source", cell: (hit) => hit.source },
              {
                head: "Repository",
                cell: (hit) => <a href={urls.repository(hit.repository)}>{hit.repository}</a>,
              },
            ]}
          />
        </Section>
      )}
      {packagings.length === 0 ? null : (
        <Section title="Packagings">
          <PackagingTable rows={packagings} caption={`Packagings of ${text}`} />
        </Section>
      )}
    </>
  );
}
