import { readFile } from "node:fs/promises";
import type { Row } from "#db";
import { quote } from "#deb";
import { toBinaryKeyring } from "#keys";
import { isAddress } from "#mail";
import { errorText } from "#platform";
import { flag, oneLine, splitWords, wordList } from "./kinds.ts";
import { fixedSetting, type Refuse, type Setting, type SettingKind, type SettingWords } from "./setting.ts";

/** A repository with what its settings are read from. */
export interface RepositorySubject {
  readonly repository: Row<"repository">;
  readonly layout: string;
}

type Columns = Row<"repository">;
type RepositorySetting = Setting<RepositorySubject>;

function column<C extends keyof Columns, T extends Columns[C] & (string | number | null)>(
  name: C,
  kind: SettingKind<T>,
  doc: string,
  words: SettingWords<RepositorySubject> = {},
): RepositorySetting {
  return {
    ...{ name, form: kind.form, doc, ...words },
    ...(kind.choices === undefined ? {} : { choices: kind.choices }),
    read: ({ repository }) => kind.show(repository[name] as T),
    async write(tx, { repository }, text, refuse) {
      const change = { [name]: kind.parse(text, refuse) };
      await tx.updateTable("repository").set(change).where("id", "=", repository.id).execute();
    },
  };
}

const keyrings = wordList("absolute paths of files with public keys", (path) =>
  /^\/[^\p{Cc}]{1,1000}$/u.test(path) ? undefined : `${path} is not an absolute path`,
);

const addresses = wordList("mail addresses", (word) =>
  isAddress(word) ? undefined : `${quote(word)} is not a mail address`,
);

const line = oneLine(500);

const expression: SettingKind<string> = {
  ...line,
  form: "a regular expression",
  parse(text, refuse) {
    try {
      new RegExp(`^(?:${text})$`);
    } catch {
      refuse(`${quote(text)} is not a regular expression`);
    }
    return line.parse(text, refuse);
  },
};

/** Uploads to the repository would all be refused if one could not be read. */
async function checkKeyrings(text: string, refuse: Refuse): Promise<void> {
  for (const path of splitWords(text)) {
    const content = await readFile(path).catch((error: unknown) => refuse(errorText(error)));
    const [first = 0] = toBinaryKeyring(content);
    // A public key packet, in either format (RFC 9580, 4.2 and 5.5.1.1).
    if (![0x98, 0x99, 0x9a, 0xc6].includes(first)) refuse(`${path} is not a file with public keys`);
  }
}

/** What can be said about a repository. */
export const REPOSITORY_SETTINGS: readonly RepositorySetting[] = [
  fixedSetting(
    "identity",
    "Its name.",
    "it is part of the names of all distributions",
    ({ repository }) => repository.identity,
  ),
  fixedSetting(
    "layout",
    "Its suites and their rules.",
    "its suites are published; make another repository with the other layout",
    ({ layout }) => layout,
  ),
  fixedSetting(
    "origin",
    "Origin of its Release files.",
    "clients stop to update when it changes",
    ({ repository }) => repository.origin,
  ),
  column("description", oneLine(500), "What it is for, in words for people."),
  column("active", flag, "Whether it takes uploads, is shown, and has meta distributions."),
  column(
    "allow_unauthenticated_uploads",
    flag,
    "Whether anybody may upload to it; for sandboxes, never on a public address.",
  ),
  column(
    "extra_uploader_keyrings",
    keyrings,
    "Files on this machine whose keys may upload to it, besides those of users.",
    { check: checkKeyrings },
  ),
  column(
    "fail_fast",
    flag,
    "Whether the first build that is needed and fails ends the others of its package.",
  ),
  column("notify", addresses, "Who is told of everything in it by mail."),
  column("notify_changed_by", flag, "Whether who made an upload (Changed-By) is told of it by mail."),
  column("notify_maintainer", flag, "Whether the maintainer of a package is told of uploads by mail."),
  column(
    "allow_emails_to",
    expression,
    "Addresses that uploads may have mail sent to, as a whole; empty: those on the host of the instance.",
  ),
];
