import type { ComponentChildren } from "preact";
import type { Principal } from "#accounts";
import type { Place, SourceView } from "../read-model/package.ts";
import type { RepositoryView, SuiteView } from "../read-model/repositories.ts";
import { urls } from "../urls.ts";
import { CallLink } from "./call-link.tsx";
import { ScrollBox } from "./table.tsx";
import { Time } from "./time.tsx";

/** Codenames down, suites that hold it across, in the order in which packages go. */
export function VersionMatrix(props: {
  readonly view: RepositoryView;
  readonly found: SourceView;
  /** Sees links to what it may do. */
  readonly principal: Principal;
}) {
  const { view, found, principal } = props;
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
                  <Cell
                    all={own}
                    suite={own.find((one) => one.suite.id === suite.id)}
                    found={found}
                    principal={principal}
                  />
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
  readonly principal: Principal;
}) {
  const { suite, all, found, principal } = props;
  const here = placesIn(found, suite?.archive?.id);
  const old = found.places
    .filter(
      (place) => place.distribution.live_id !== null && place.distribution.live_id === suite?.archive?.id,
    )
    .sort((a, b) => (a.distribution.position ?? 0) - (b.distribution.position ?? 0));
  if (here.length === 0 && old.length === 0) return <span class="none">–</span>;
  const target = all.find((one) => one.suite.name === suite?.suite.migrates_to);
  const targetVersions = placesIn(found, target?.archive?.id).map((place) => place.version);
  const common = { principal, source: found.source };
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
            <HoldNote hold={found.holds.find((one) => one.distribution === place.distribution.name)} />
          )}
          {target === undefined || targetVersions.includes(place.version) ? null : (
            <Action {...common} name="migrate" place={place}>
              Migrate to {target.suite.name}…
            </Action>
          )}
          <PortActions {...common} place={place} isUploadable={suite?.suite.uploadable === 1} />
          <Action {...common} name="remove" place={place}>
            Remove…
          </Action>
        </div>
      ))}
      {old.length === 0 ? null : <Rollbacks {...common} places={old} occupied={here.length > 0} />}
    </div>
  );
}

/** Why it does not go on by itself. */
function HoldNote({ hold }: { readonly hold: SourceView["holds"][number] | undefined }) {
  if (hold === undefined) return null;
  return (
    <span class="why">
      Held by {hold.held_by} since <Time at={hold.created_at} />: {hold.reason}
    </span>
  );
}

function Rollbacks(props: {
  readonly places: readonly Place[];
  readonly source: string;
  /** A version is live, which a restore replaces. */
  readonly occupied: boolean;
  readonly principal: Principal;
}) {
  const { places, source, occupied, principal } = props;
  return (
    <details>
      <summary>{places.length === 1 ? "1 rollback" : `${places.length} rollbacks`}</summary>
      <ol class="plain">
        {places.map((place) => (
          <li key={place.distribution.id}>
            <a class="version" href={urls.distribution(place.distribution.name)}>
              {place.version}
            </a>
            <Action
              {...{ source, principal, place }}
              name="migrate"
              more={occupied ? { replace: "True" } : {}}
            >
              Restore…
            </Action>
            <Action {...{ source, principal, place }} name="remove">
              Remove…
            </Action>
          </li>
        ))}
      </ol>
    </details>
  );
}

/** A link to what would be done with the version that is seen here, and no other. */
function Action(props: {
  readonly name: "migrate" | "remove";
  readonly source: string;
  readonly place: Place;
  readonly more?: Readonly<Record<string, string>>;
  readonly principal: Principal;
  readonly children: ComponentChildren;
}) {
  const { name, source, place, principal, more = {}, children } = props;
  const given = { source, distribution: place.distribution.name, version: place.version, ...more };
  return (
    <>
      {" "}
      <CallLink class="action" name={name} given={given} principal={principal}>
        {children}
      </CallLink>
    </>
  );
}

/** Links to the form of a port, which asks where to, and to a rebuild, which only uploadable suites can have. */
function PortActions(props: {
  readonly source: string;
  readonly place: Place;
  readonly isUploadable: boolean;
  readonly principal: Principal;
}) {
  const { source, place, isUploadable, principal } = props;
  const { name } = place.distribution;
  const given = { source, from_distribution: name, version: place.version };
  const link = { class: "action", name: "port", principal };
  return (
    <>
      {" "}
      <CallLink {...link} given={{ ...given, form: "1" }}>
        Port…
      </CallLink>{" "}
      {isUploadable ? (
        <CallLink {...link} given={{ ...given, to_distributions: name }}>
          Rebuild…
        </CallLink>
      ) : null}
    </>
  );
}

function placesIn(found: SourceView, distributionId: number | undefined): readonly Place[] {
  return found.places.filter((place) => place.distribution.id === distributionId);
}
