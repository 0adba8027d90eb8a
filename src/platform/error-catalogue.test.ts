import { expect, test } from "vitest";
import { ACCOUNT_ERRORS } from "./account-errors.ts";
import { ERROR_CATALOGUE } from "./error-catalogue.ts";
import { MACHINE_ERRORS } from "./machine-errors.ts";
import { NAME_ERRORS } from "./name-errors.ts";
import { PACKAGING_ERRORS } from "./packaging-errors.ts";
import { REQUEST_ERRORS } from "./request-errors.ts";
import { UPLOAD_ERRORS } from "./upload-errors.ts";

test("no code stands for two errors", () => {
  const parts = [
    ...[REQUEST_ERRORS, ACCOUNT_ERRORS, NAME_ERRORS],
    ...[UPLOAD_ERRORS, PACKAGING_ERRORS, MACHINE_ERRORS],
  ];

  expect(parts.flatMap((part) => Object.keys(part)).sort()).toEqual(Object.keys(ERROR_CATALOGUE).sort());
});
