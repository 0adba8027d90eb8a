import { randomBytes, type ScryptOptions, scrypt, timingSafeEqual } from "node:crypto";
import { MbdError } from "#platform";

/** RFC 7914. */
export interface ScryptCost {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

// N = 2^15 needs 32 MiB and some 60 ms for each check. Stored with the hash, so that they can grow.
const PARAMETERS: ScryptCost = { N: 32768, r: 8, p: 1 };
const KEY_BYTES = 32;
const MAX_MEMORY = 256 * 1024 * 1024;
/** More are refused at once: each takes memory, and a thread that files need, too. */
const RUNNING = 2;
const WAITING = 100;

export interface Passwords {
  /** `scrypt$N$r$p$salt$hash`, salt and hash in base64. */
  hash(password: string): Promise<string>;
  /** Whether it is the password. `stored` undefined: no, but after the same time. */
  check(password: string, stored: string | undefined): Promise<boolean>;
  /** Whether a stored hash should be made anew, as it is cheaper to try than those of today. */
  isOutdated(stored: string): boolean;
}

export function createPasswords(parameters: ScryptCost = PARAMETERS): Passwords {
  const derive = createDerivation();
  const format = (salt: Buffer, hash: Buffer) =>
    ["scrypt", parameters.N, parameters.r, parameters.p, toText(salt), toText(hash)].join("$");
  const nobodys = format(randomBytes(16), randomBytes(KEY_BYTES));
  return {
    async hash(password) {
      const salt = randomBytes(16);
      return format(salt, await derive(password, salt, parameters));
    },
    async check(password, stored = nobodys) {
      const parsed = parse(stored);
      if (parsed === undefined) return false;
      const got = await derive(password, parsed.salt, parsed.parameters);
      return parsed.hash.length === got.length && timingSafeEqual(parsed.hash, got);
    },
    isOutdated(stored) {
      const known = parse(stored)?.parameters;
      return known === undefined || known.N * known.r * known.p < parameters.N * parameters.r * parameters.p;
    },
  };
}

/** A password that a person can type from a screen: 20 characters, 100 bits, no look-alikes. */
export function generatePassword(): string {
  const letters = "abcdefghijkmnpqrstuvwxyz23456789";
  return [...randomBytes(20)].map((byte) => letters[byte % letters.length]).join("");
}

function parse(stored: string) {
  const [scheme, n, r, p, salt, hash] = stored.split("$");
  if (scheme !== "scrypt" || salt === undefined || hash === undefined) return undefined;
  const parameters = { N: Number(n), r: Number(r), p: Number(p) };
  return { parameters, salt: Buffer.from(salt, "base64"), hash: Buffer.from(hash, "base64") };
}

function toText(bytes: Buffer): string {
  return bytes.toString("base64");
}

type Derive = (password: string, salt: Buffer, parameters: ScryptCost) => Promise<Buffer>;

/** scrypt, a few at a time; the others wait in line. */
function createDerivation(): Derive {
  const line: (() => void)[] = [];
  let running = 0;
  return async (password, salt, parameters) => {
    if (running >= RUNNING) {
      if (line.length >= WAITING) throw new MbdError("too_many", { what: "sign-ins at once", seconds: 5 });
      await new Promise<void>((resolve) => line.push(resolve));
    } else running += 1;
    try {
      return await runScrypt(password, salt, { ...parameters, maxmem: MAX_MEMORY });
    } finally {
      // The place is handed on to the next one in line, if there is one.
      const next = line.shift();
      if (next === undefined) running -= 1;
      else next();
    }
  };
}

function runScrypt(password: string, salt: Buffer, options: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, KEY_BYTES, options, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}
