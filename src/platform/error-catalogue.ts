import { ACCOUNT_ERRORS } from "./account-errors.ts";
import { MACHINE_ERRORS } from "./machine-errors.ts";
import { NAME_ERRORS } from "./name-errors.ts";
import { PACKAGING_ERRORS } from "./packaging-errors.ts";
import { REQUEST_ERRORS } from "./request-errors.ts";
import { UPLOAD_ERRORS } from "./upload-errors.ts";

/** Every error a person can meet, by its code. docs/reference/errors.md is generated from this table. */
export const ERROR_CATALOGUE = {
  ...REQUEST_ERRORS,
  ...ACCOUNT_ERRORS,
  ...NAME_ERRORS,
  ...UPLOAD_ERRORS,
  ...PACKAGING_ERRORS,
  ...MACHINE_ERRORS,
};

export type ErrorCode = keyof typeof ERROR_CATALOGUE;
