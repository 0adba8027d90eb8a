export { addBootstrapAptCommand } from "./bootstrap-apt.ts";
