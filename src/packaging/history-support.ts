import type { Bench } from "./test-support.ts";

const COUNT = 5000;
const AT_ONCE = 500;
const BEGAN = "2023-01-01T00:00:00.000Z";

/** For tests: 5000 installed packagings of 200 sources, the nth with a build that took n seconds. */
export async function addHistory({ db, addUpload }: Pick<Bench, "db" | "addUpload">): Promise<void> {
  const upload_id = await addUpload();
  for (let from = 1; from <= COUNT; from += AT_ONCE) {
    const numbers = Array.from({ length: AT_ONCE }, (_, at) => from + at);
    await db.write(async (tx) => {
      const packagings = numbers.map((nth) => ({
        ...PACKAGING,
        ...namesOf(nth),
        upload_id,
        accepted_no: nth,
      }));
      const ids = await tx.insertInto("packaging").values(packagings).returning(["id", "bkey"]).execute();
      const idOf = new Map(ids.map(({ id, bkey }) => [bkey, id]));
      const builds = numbers.map((nth) => {
        const { bkey, source } = namesOf(nth);
        const ended_at = new Date(Date.parse(BEGAN) + nth * 1000).toISOString();
        return { ...BUILD, bkey: `${bkey} amd64`, source, packaging_id: idOf.get(bkey) ?? 0, ended_at };
      });
      await tx.insertInto("build").values(builds).execute();
    });
  }
}

function namesOf(nth: number) {
  const source = `s${nth % 200}`;
  return { source, bkey: `${source}/${nth}/20230101T000000Z/source` };
}

const PACKAGING = {
  ...{ repository: "test", distribution: "bookworm-test-unstable", codename: "bookworm", suite: "unstable" },
  ...{ component: "main", version: "1", dsc: "s.dsc", options: "[]", changed_by: "", state: "INSTALLED" },
  ...{ created_at: BEGAN, ended_at: BEGAN },
};

const BUILD = {
  ...{ distribution: "bookworm-test-unstable", codename: "bookworm", arch: "amd64", state: "BUILT" },
  ...({ build_any: 1, build_all: 0, optional: 0, cancel_requested: 0, attempt: 1, fence: 1 } as const),
  ...{ queued_at: BEGAN, started_at: BEGAN },
};
