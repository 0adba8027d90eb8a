import { z } from "zod";

/** Rest of the body of `POST /admin/settings`: what the administrator wants to know of, or changes in, the set-up. */
const kind = z.enum(["repository", "distribution", "chroot", "layout", "suite"]);
const name = z.string().min(1).max(200);
const words = z.array(z.string().min(1).max(1000)).max(1000);

export const settingsRequest = z.discriminatedUnion("command", [
  z.strictObject({ command: z.literal("show"), kind, name }),
  z.strictObject({
    command: z.literal("set"),
    kind,
    name,
    /** Texts by name of a setting. */
    values: z.record(z.string().min(1).max(100), z.string().max(10_000)),
  }),
  z.strictObject({ command: z.literal("layout-list") }),
  z.strictObject({ command: z.literal("layout-show"), name }),
  /** `text`: a layout as JSON or in deb822 form. */
  z.strictObject({ command: z.enum(["layout-add", "layout-change"]), text: z.string().max(100_000) }),
  z.strictObject({ command: z.literal("hold-list") }),
  z.strictObject({
    command: z.literal("hold-set"),
    distribution: name,
    source: name,
    reason: name.max(500),
    by: name.max(100).optional(),
  }),
  z.strictObject({ command: z.literal("hold-lift"), distribution: name, source: name }),
  z.strictObject({ command: z.literal("block-list") }),
  z.strictObject({ command: z.enum(["block-show", "block-remove"]), name }),
  z.strictObject({
    command: z.literal("block-set"),
    name,
    phase: z.enum(["chroot", "build"]),
    /** For a shell. */
    text: z.string().max(100_000),
    packages: words,
    /** NAME=VALUE */
    variables: words,
    path: words,
  }),
]);

export type SettingsRequest = z.output<typeof settingsRequest>;

export const settingsReport = z.object({
  /** What was found or done; for people. */
  text: z.string(),
  /** What else they should know. */
  notes: z.array(z.string()),
  /** The same as one JSON document. */
  result: z.unknown(),
});

export type SettingsReport = z.output<typeof settingsReport>;

/** Does one command on the set-up: as a whole or not at all. @throws MbdError */
export type SettingsAdmin = (request: SettingsRequest) => Promise<SettingsReport>;
