import { Section } from "../components/basics.tsx";
import { Table } from "../components/table.tsx";
import { formatBytes } from "../format.ts";
import type { PageContext } from "../page.ts";
import type { FileView, ResultView } from "../read-model/build-result.ts";
import type { BuildOfPackaging } from "../read-model/packagings.ts";
import { poolPaths } from "../read-model/pool.ts";
import { urls } from "../urls.ts";

export interface Artefact extends FileView {
  readonly href: string | undefined;
}

const SHOWN = 100;

/** Files a build left, each with the address it can be fetched from: the pool once installed, else the kept results. */
export async function artefactsOf(
  context: PageContext,
  build: BuildOfPackaging,
  result: ResultView | undefined,
): Promise<Artefact[]> {
  const files = result?.files.slice(0, SHOWN) ?? [];
  if (files.length === 0) return [];
  const pool = await poolPaths(context.db.read, build.repository, build.source, build.version);
  return files.map((file) => {
    const path = pool.get(file.name);
    const href =
      path === undefined ? context.artefactHref?.(build.id, file.name) : urls.pool(build.repository, path);
    return { ...file, href };
  });
}

export function Artefacts({ artefacts }: { readonly artefacts: readonly Artefact[] }) {
  if (artefacts.length === 0) return null;
  return (
    <Section title="Artefacts">
      <Table
        caption="Files this build made"
        rows={artefacts}
        rowKey={(file) => file.name}
        columns={[
          {
            head: "File",
            look: "main",
            cell: (file) => (file.href === undefined ? file.name : <a href={file.href}>{file.name}</a>),
          },
          {
            head: "Size",
            look: "end",
            cell: (file) => (file.sizeBytes === undefined ? "" : formatBytes(file.sizeBytes)),
          },
          { head: "SHA-256", look: "wide", cell: (file) => <code class="hash">{file.sha256}</code> },
        ]}
      />
    </Section>
  );
}
