import type { FastifyReply, FastifyRequest } from "fastify";

/** 256 random bits in base64url; anything else was not made here. */
const SECRET = /^[A-Za-z0-9_-]{20,100}$/;

export interface SessionCookie {
  readonly name: string;
  /** The secret that a browser sent. */
  read(request: FastifyRequest): string | undefined;
  set(reply: FastifyReply, secret: string, expires: Date): void;
  clear(reply: FastifyReply): void;
}

/**
 * The cookie of those who sign in on a page. Browsers do not tell ports of a host apart, so the name has the port. Signed
 * in by https, which a proxy in front may speak, it is sent by https only. Where the public address is https, the prefix
 * of its name (RFC 6265bis, 4.1.3.2) keeps neighbours of the domain and pages by http from setting one of theirs.
 */
export function createSessionCookie(url: string): SessionCookie {
  const { protocol, port } = new URL(url);
  const prefix = protocol === "https:" ? "__Host-" : "";
  const name = `${prefix}mini-buildd${port === "" ? "" : `-${port}`}`;
  const attributes = ({ headers }: FastifyRequest): string => {
    const secure = protocol === "https:" || headers.origin?.startsWith("https:") === true;
    return `Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;
  };
  return {
    name,
    read(request) {
      for (const part of (request.headers.cookie ?? "").split(";")) {
        const [key = "", value = ""] = part.trim().split("=", 2);
        if (key === name && SECRET.test(value)) return value;
      }
      return undefined;
    },
    set(reply, secret, expires) {
      const lasts = `Expires=${expires.toUTCString()}`;
      reply.header("set-cookie", `${name}=${secret}; ${attributes(reply.request)}; ${lasts}`);
    },
    clear(reply) {
      reply.header("set-cookie", `${name}=; ${attributes(reply.request)}; Max-Age=0`);
    },
  };
}
