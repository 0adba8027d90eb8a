import { type AdminService, adminAnswers, hookAnswers, settingsReport } from "#api";
import { hasCode, MbdError } from "#platform";
import { type Client, createClient } from "./client.ts";
import type { CliDeps } from "./deps.ts";
import { homeOf, localEndpoint } from "./endpoint.ts";
import { becomeOwnerOf, otherOwnerOf } from "./owner.ts";

export interface HomeOption {
  readonly home?: string;
}

export const HOME_HELP = "home of the instance";

/** Runs administrator's work on the daemon of a home, or on the home itself when no daemon runs. */
export async function withAdmin<T>(
  deps: CliDeps,
  option: HomeOption,
  work: (admin: AdminService) => Promise<T>,
): Promise<T> {
  const home = homeOf(option.home, deps.io.env);
  // The daemon answers root, too; only who opens the home itself must be its owner.
  await otherOwnerOf(home, deps.owner);
  const client = createClient(localEndpoint(home), undefined);
  try {
    return await work(remoteAdmin(client));
  } catch (error) {
    if (!(error instanceof MbdError) || error.code !== "unreachable" || !isNobodyThere(error.cause))
      throw error;
  }
  await becomeOwnerOf(home, deps.owner);
  const opened = await deps.openHome(home);
  try {
    return await work(opened.admin);
  } finally {
    await opened.close();
  }
}

/** No socket, or one that a daemon left when it was killed; nothing was sent yet. */
function isNobodyThere(cause: unknown): boolean {
  return hasCode(cause, "ENOENT") || hasCode(cause, "ECONNREFUSED");
}

function remoteAdmin(client: Client): AdminService {
  const post = async (path: string, body: object): Promise<unknown> => {
    const headers = { "content-type": "application/json" };
    return JSON.parse(await client.text({ method: "POST", path, headers, body: JSON.stringify(body) }));
  };
  return {
    createToken: async (request) => adminAnswers.token.parse(await post("/admin/token", request)),
    listTokens: async () => adminAnswers.tokens.parse(await post("/admin/tokens", {})),
    revokeToken: async (request) => adminAnswers.revoked.parse(await post("/admin/revoke", request)),
    setEmail: async (request) => void (await post("/admin/email", request)),
    saveUser: async (request) => adminAnswers.user.parse(await post("/admin/user", request)),
    addKey: async (request) => adminAnswers.key.parse(await post("/admin/key", request)),
    listUsers: async () => adminAnswers.users.parse(await post("/admin/users", {})),
    resetUser: async (request) => adminAnswers.reset.parse(await post("/admin/reset", request)),
    disableUser: async (request) => void (await post("/admin/disable", request)),
    activateUser: async (request) => void (await post("/admin/activate", request)),
    settings: async (request) => settingsReport.parse(await post("/admin/settings", request)),
    addHook: async (request) => hookAnswers.added.parse(await post("/admin/hook/add", request)),
    listHooks: async () => hookAnswers.hooks.parse(await post("/admin/hook/list", {})),
    removeHook: async (request) => void (await post("/admin/hook/remove", request)),
    testHook: async (request) => void (await post("/admin/hook/test", request)),
    retention: async (request) => adminAnswers.retention.parse(await post("/admin/retention", request)),
    pin: async (request) => void (await post("/admin/pin", request)),
  };
}
