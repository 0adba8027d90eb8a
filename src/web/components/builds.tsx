import type { Row } from "#db";
import type { BuildOfPackaging, PackagingWithBuilds } from "../read-model/packagings.ts";
import type { WaitReasons } from "../read-model/waiting.ts";
import { urls } from "../urls.ts";
import { EmptyState } from "./basics.tsx";
import { StateBadge, toneOf } from "./state-badge.tsx";
import { Table } from "./table.tsx";
import { Duration, Time } from "./time.tsx";

/** One small link for each architecture, in the colour of its state. */
export function ArchStates({ builds }: { readonly builds: readonly Row<"build">[] }) {
  return (
    <span class="archs">
      {builds.map((build) => (
        <a
          key={build.id}
          class={`chip ${toneOf(build.state)}`}
          href={urls.build(build.id)}
          title={`${build.arch}: ${build.state}${build.message === null ? "" : ` – ${build.message}`}`}
        >
          {build.arch}
          <span class="visually-hidden"> {build.state}</span>
        </a>
      ))}
    </span>
  );
}

export function SourceVersion(props: {
  readonly source: string;
  readonly version: string;
  readonly href: string;
}) {
  return (
    <a class="package" href={props.href}>
      <span class="name">{props.source}</span> <span class="version">{props.version}</span>
    </a>
  );
}

export function PackagingTable({
  rows,
  caption,
}: {
  readonly rows: readonly PackagingWithBuilds[];
  readonly caption: string;
}) {
  if (rows.length === 0) return <EmptyState title="No packagings here." />;
  return (
    <Table
      caption={caption}
      rows={rows}
      rowKey={({ packaging }) => packaging.id}
      columns={[
        {
          head: "Package",
          look: "main",
          cell: ({ packaging }) => (
            <SourceVersion
              source={packaging.source}
              version={packaging.version}
              href={urls.packaging(packaging.id)}
            />
          ),
        },
        { head: "State", cell: ({ packaging }) => <StateBadge state={packaging.state} /> },
        { head: "Builds", cell: ({ builds }) => <ArchStates builds={builds} /> },
        {
          head: "Distribution",
          cell: ({ packaging }) => (
            <a class="place" href={urls.distribution(packaging.distribution)}>
              {packaging.distribution}
            </a>
          ),
        },
        { head: "By", look: "wide", cell: ({ packaging }) => personName(packaging.changed_by) },
        {
          head: "Took",
          look: "end",
          cell: ({ packaging }) => <Duration from={packaging.created_at} to={packaging.ended_at} />,
        },
        { head: "Accepted", look: "end", cell: ({ packaging }) => <Time at={packaging.created_at} /> },
      ]}
    />
  );
}

export function BuildTable(props: {
  readonly rows: readonly BuildOfPackaging[];
  readonly caption: string;
  readonly waits: WaitReasons;
}) {
  if (props.rows.length === 0) return <EmptyState title="No builds here." />;
  return (
    <Table
      caption={props.caption}
      rows={props.rows}
      rowKey={(build) => build.id}
      columns={[
        {
          head: "Package",
          look: "main",
          cell: (build) => (
            <SourceVersion source={build.source} version={build.version} href={urls.build(build.id)} />
          ),
        },
        { head: "Arch", cell: (build) => <span class="arch">{build.arch}</span> },
        { head: "State", cell: (build) => <BuildState build={build} wait={props.waits.get(build.id)} /> },
        {
          head: "Distribution",
          cell: (build) => (
            <a class="place" href={urls.distribution(build.distribution)}>
              {build.distribution}
            </a>
          ),
        },
        { head: "Builder", look: "wide", cell: (build) => build.worker ?? <span class="none">–</span> },
        {
          head: "Took",
          look: "end",
          cell: (build) => <Duration from={build.started_at} to={build.ended_at} />,
        },
        { head: "Queued", look: "end", cell: (build) => <Time at={build.queued_at} /> },
      ]}
    />
  );
}

function BuildState({
  build,
  wait,
}: {
  readonly build: BuildOfPackaging;
  readonly wait: string | undefined;
}) {
  const why = wait ?? (build.state === "FAILED" ? (build.message ?? build.reason) : null);
  return (
    <>
      <StateBadge state={build.state} />
      {why === null ? null : <span class="why">{why}</span>}
    </>
  );
}

/** `Name <address>` without the address, which robots would collect. */
export function personName(person: string): string {
  return person.replace(/\s*<[^>]*>\s*$/, "") || person;
}
