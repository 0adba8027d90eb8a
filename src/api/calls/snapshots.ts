import { z } from "zod";
import { distribution, str } from "../arguments/index.ts";
import { defineCall } from "../call.ts";

const snapshots = z.array(
  z.object({
    name: z.string(),
    created_at: z.string(),
    created_by: z.string(),
    sources: z.int(),
    packages: z.int(),
  }),
);

const distributionArgument = () => distribution(["distribution"], { doc: "Distribution." });

export const snapshotLs = defineCall({
  name: "snapshot_ls",
  doc: "Get list of repository snapshots for a distribution",
  needsRunning: true,
  arguments: { distribution: distributionArgument() },
  result: snapshots,
});

export const snapshotCreate = defineCall({
  name: "snapshot_create",
  doc: `Create a repository snapshot

Keeps the present state of a distribution under a name, for ever. Nothing is copied.`,
  level: "ADMIN",
  needsRunning: true,
  confirm: true,
  arguments: {
    distribution: distributionArgument(),
    name: str(["name"], { doc: "Name of the new snapshot.", example: "2024-w01" }),
  },
  result: snapshots,
});

export const snapshotDelete = defineCall({
  name: "snapshot_delete",
  doc: "Delete a repository snapshot",
  level: "ADMIN",
  needsRunning: true,
  confirm: true,
  arguments: {
    distribution: distributionArgument(),
    name: str(["name"], { doc: "Name of the snapshot.", example: "2024-w01" }),
  },
  result: snapshots,
});
