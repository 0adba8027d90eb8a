import { z } from "zod";
import {
  bool,
  choice,
  codenames,
  list,
  repositories,
  rollbacks,
  str,
  suites,
  url,
} from "../arguments/index.ts";
import { defineCall } from "../call.ts";

const OPTION = /^[a-z][a-z-]{0,40}=[^\s,\]]{1,200}$/;

export const sourcesList = defineCall({
  name: "sources_list",
  doc: `Get sources.list (apt lines)

Usually put to a file like /etc/apt/sources.list.d/mini-buildd-xyz.sources. Debian 11 and older do not know keys inside such a file: use --key path there.`,
  arguments: {
    codenames: codenames(["--codenames", "-C"], { doc: "Codenames of base distributions." }),
    repositories: repositories(["--repositories", "-R"], { doc: "Repositories." }),
    suites: suites(["--suites", "-S"], { doc: "Suites." }),
    types: list(["--types", "-T"], {
      doc: "Types of apt sources: deb, deb-src.",
      default: ["deb"],
      choices: ["deb", "deb-src"],
      check: (item) =>
        item === "deb" || item === "deb-src" ? undefined : `'${item}' is not one of: deb, deb-src`,
    }),
    format: choice(["--format"], {
      doc: "Format of the text.",
      choices: ["deb822", "one-line"],
      default: "deb822",
    }),
    options: list(["--options", "-O"], {
      doc: "Further apt options (sources.list(5)), such as check-valid-until=no.",
      header: "NAME=VALUE",
      check: (item) => (OPTION.test(item) ? undefined : "an apt option has the form name=value"),
    }),
    rollbacks: rollbacks(["--rollbacks", "-r"], { doc: "How many rollbacks to add (0 none, negative all)." }),
    snapshot: str(["--snapshot"], {
      doc: "An earlier state: a time stamp (YYYYMMDDTHHMMSSZ) or the name of a snapshot.",
    }),
    mirror: url(["--mirror", "-M"], {
      doc: "Address of a mirror, used instead of this instance's .../repositories.",
    }),
    with_extra_sources: bool(["--with-extra-sources", "-x"], {
      doc: "Also add the extra sources of the distributions, each with its own key.",
    }),
    key: choice(["--key"], {
      doc: "The repositories' key: in the text itself, by the path of the keyring package, or left out.",
      choices: ["inline", "path", "none"],
      default: "inline",
    }),
  },
  result: z.string(),
});
