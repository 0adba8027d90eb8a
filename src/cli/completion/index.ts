export { addCompletionCommands } from "./commands.ts";
