import type { FastifyReply, FastifyRequest } from "fastify";

/** 256 random bits in base64url; anything else was not made here. */
const SECRET = /^[A-Za-z0-9_-]{20,100}$/;

export interface SessionCookie {
  /** The secret that a browser sent. */
  read(request: FastifyRequest): string | undefined;
  set(reply: FastifyReply, secret: string, expires: Date): void;
  clear(reply: FastifyReply): void;
}

/**
 * The cookie of those who sign in on a page. Browsers do not tell ports of a host apart, so the name has the port; with
 * https it is sent by nothing else, and nobody but this host can set it (`__Host-`).
 */
export function createSessionCookie(url: string): SessionCookie {
  const { protocol, port } = new URL(url);
  const secure = protocol === "https:";
  const name = `${secure ? "__Host-" : ""}mini-buildd${port === "" ? "" : `-${port}`}`;
  const attributes = `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  return {
    read(request) {
      for (const part of (request.headers.cookie ?? "").split(";")) {
        const [key = "", value = ""] = part.trim().split("=", 2);
        if (key === name && SECRET.test(value)) return value;
      }
      return undefined;
    },
    set(reply, secret, expires) {
      reply.header("set-cookie", `${name}=${secret}; ${attributes}; Expires=${expires.toUTCString()}`);
    },
    clear(reply) {
      reply.header("set-cookie", `${name}=; ${attributes}; Max-Age=0`);
    },
  };
}
