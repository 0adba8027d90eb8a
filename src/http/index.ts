export { controlSocket, createHttpApp, type HttpApp } from "./app.ts";
export { LOCAL_PRINCIPAL } from "./caller.ts";
export type * from "./deps.ts";
