import { createTestHttp } from "../../../src/http/testing.ts";

// The HTTP surface of the product over the archive roots of a home, as a process of its own: `port <n>` when it listens.
const [directory = ""] = process.argv.slice(2);
const server = await createTestHttp({ repositoriesDir: directory });
const { port } = await server.http.start({ listen: "127.0.0.1", port: 0, socket: server.socket });
process.stdout.write(`port ${port}\n`);
process.once("SIGTERM", () => {
  void server.close();
});
