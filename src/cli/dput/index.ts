export { addDputCommand } from "./dput.ts";
export { readDputConfig } from "./dput-config.ts";
