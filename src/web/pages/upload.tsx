import type { Row } from "#db";
import { ERROR_CATALOGUE, isErrorCode } from "#platform";
import { EmptyState, Facts, Live, Note, Section } from "../components/basics.tsx";
import { StateBadge } from "../components/state-badge.tsx";
import { Table } from "../components/table.tsx";
import { Time } from "../components/time.tsx";
import { renderDocument } from "../document.tsx";
import { formatBytes, formatFingerprint } from "../format.ts";
import { type PageContext, type PageRequest, type PageResponse, pathNumber } from "../page.ts";
import { lastEventId } from "../read-model/settings.ts";
import { findUpload, type UploadError, type UploadView, uploadErrors } from "../read-model/uploads.ts";
import { urls } from "../urls.ts";
import { notFound } from "./error.tsx";

/** One upload: what came, from whom, and what was wrong with it. */
export async function uploadPage(context: PageContext, request: PageRequest): Promise<PageResponse> {
  const db = context.db.read;
  const id = pathNumber(request, "id");
  const after = await lastEventId(db);
  const view = id === undefined ? undefined : await findUpload(db, id);
  if (view === undefined) return notFound(context, request, "This upload", ["/uploads/", "all uploads"]);
  const { upload, files } = view;
  const open = upload.state === "RECEIVED" || upload.state === "VERIFYING";
  return renderDocument(
    context,
    {
      title: upload.changes_name,
      section: "/builds/",
      principal: request.principal,
      ...(open ? { live: { after } } : {}),
    },
    <Live name="upload">
      <div class="page-head">
        <h1 class="file-name">{upload.changes_name}</h1>
        <StateBadge state={upload.state} />
      </div>
      {open ? <Note tone="quiet">Its files and signature are being checked.</Note> : null}
      {upload.state === "REJECTED" ? <Errors upload={upload} /> : null}
      <Facts facts={factsOf(view)} />
      {view.packagings.length === 0 ? null : <Packagings rows={view.packagings} />}
      <Section title="Files">
        {files.length === 0 ? (
          <EmptyState title="No files are on record." />
        ) : (
          <Table
            caption="Files of this upload"
            rows={files}
            rowKey={(file) => file.name}
            columns={[
              { head: "File", look: "main", cell: (file) => file.name },
              { head: "Size", look: "end", cell: (file) => formatBytes(Number(file.size)) },
              { head: "SHA-256", look: "wide", cell: (file) => <code class="hash">{file.sha256}</code> },
            ]}
          />
        )}
        {upload.expired_at === null ? null : (
          <p class="sub">
            The files were removed <Time at={upload.expired_at} />, as rejected and old uploads are.
          </p>
        )}
      </Section>
    </Live>,
  );
}

function Errors({ upload }: { readonly upload: Row<"upload"> }) {
  const errors = uploadErrors(upload);
  const shown =
    errors.length > 0 ? errors : [{ code: upload.reason ?? "rejected", message: "The upload was rejected." }];
  return (
    <Section
      title={shown.length === 1 ? "Why it was rejected" : `${shown.length} reasons why it was rejected`}
      id="errors"
    >
      {shown.slice(0, 50).map((error, index) => (
        <Note key={`${index} ${error.code}`} tone="bad">
          <p>
            <strong>{error.message}</strong>
          </p>
          <Hint error={error} upload={upload} />
          <p class="why">
            <code>{error.code}</code>
          </p>
        </Note>
      ))}
    </Section>
  );
}

function Hint({ error, upload }: { readonly error: UploadError; readonly upload: Row<"upload"> }) {
  const hint = error.hint ?? hintOf(error.code, upload);
  return hint === undefined ? null : <p>{hint}</p>;
}

/** The catalogue's hint, if what it speaks of is known here. */
function hintOf(code: string, upload: Row<"upload">): string | undefined {
  const hint = isErrorCode(code) ? ERROR_CATALOGUE[code].hint : undefined;
  const distribution = upload.distribution ?? upload.requested_distribution;
  const known: Readonly<Record<string, string | null | undefined>> = {
    changes: upload.changes_name,
    distribution,
    repository: distribution?.split("-")[1],
    source: upload.source,
    version: upload.version,
  };
  const filled = hint?.replaceAll(/\{([a-z_]+)\}/g, (whole, name: string) =>
    Object.hasOwn(known, name) ? (known[name] ?? whole) : whole,
  );
  return filled?.includes("{") ? undefined : filled;
}

function factsOf({ upload, signerName }: UploadView) {
  const mapped =
    upload.requested_distribution !== null && upload.requested_distribution !== upload.distribution;
  return [
    [
      "Source",
      upload.source === null ? undefined : <a href={urls.package(upload.source)}>{upload.source}</a>,
    ],
    ["Version", upload.version ?? undefined],
    [
      "Distribution",
      upload.distribution === null ? undefined : (
        <a href={urls.distribution(upload.distribution)}>{upload.distribution}</a>
      ),
    ],
    ["Asked for", mapped ? (upload.requested_distribution ?? undefined) : undefined],
    ["Component", upload.component ?? undefined],
    [
      "Signed by",
      upload.signer === null ? (
        "nobody that is known here"
      ) : (
        <>
          {signerName?.replace(/\s*<[^>]*>/, "")}{" "}
          <code class="fingerprint">{formatFingerprint(upload.signer)}</code>
        </>
      ),
    ],
    ["Came by", upload.origin],
    ["Received", <Time at={upload.created_at} />],
    ["Decided", upload.ended_at === null ? undefined : <Time at={upload.ended_at} />],
    [
      "Build key",
      upload.reserved_bkey === null ? undefined : <code class="bkey">{upload.reserved_bkey}</code>,
    ],
  ] as const;
}

function Packagings({ rows }: { readonly rows: readonly Row<"packaging">[] }) {
  return (
    <Section title="Packaging">
      <ul class="plain">
        {rows.map((row) => (
          <li key={row.id}>
            <StateBadge state={row.state} />{" "}
            <a href={urls.packaging(row.id)}>
              {row.source} {row.version} for {row.distribution}
            </a>
          </li>
        ))}
      </ul>
    </Section>
  );
}
