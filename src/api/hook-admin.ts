import { z } from "zod";

/** A web hook in a list; its secret is never shown again. */
export type AdminHook = z.output<typeof hook>;

/** Web hooks, in the hand of the machine's own administrator. */
export interface HookAdmin {
  /** The secret is answered if none was given. */
  addHook(request: z.output<typeof hookRequests.add>): Promise<{ secret?: string | undefined }>;
  listHooks(): Promise<{ hooks: readonly AdminHook[] }>;
  removeHook(request: { name: string }): Promise<void>;
  /** Sends a message that is no event. @throws MbdError hook_failed */
  testHook(request: { name: string }): Promise<void>;
}

const text = z.string().min(1).max(256);
const list = z.array(text).max(100);
const name = z.string().min(1).max(64);

/** Bodies of `POST /admin/hook/add`, `/admin/hook/remove` and `/admin/hook/test`. */
export const hookRequests = {
  add: z.strictObject({
    name,
    url: z.string().min(1).max(2000),
    secret: text.optional(),
    types: list,
    distributions: list,
    sources: list,
    allowedHosts: list,
  }),
  named: z.strictObject({ name }),
} as const;

const hook = z.object({
  name: z.string(),
  url: z.string(),
  types: z.array(z.string()).readonly(),
  distributions: z.array(z.string()).readonly(),
  sources: z.array(z.string()).readonly(),
  allowedHosts: z.array(z.string()).readonly(),
  waiting: z.int(),
  givenUp: z.int(),
  failures: z.int(),
  error: z.string().optional(),
  lastSentAt: z.string().optional(),
});

/** Answers of `POST /admin/hook/…`. */
export const hookAnswers = {
  added: z.object({ secret: z.string().optional() }),
  hooks: z.object({ hooks: z.array(hook) }),
} as const;
