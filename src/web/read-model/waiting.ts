export { type WaitReasons, waitReasons } from "#packaging";
