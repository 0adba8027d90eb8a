import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import type { ServeOptions } from "#cli";
import type { FtpOptions } from "#incoming";
import { errorText, MbdError } from "#platform";

type Asked = Pick<ServeOptions, "ftpPassivePorts" | "ftpAddress" | "ftpCertificate" | "ftpKey">;

/** What the FTP server is told of the network around it, and its certificate. @throws MbdError bad_configuration */
export async function ftpOptions(
  asked: Asked,
): Promise<Pick<FtpOptions, "passivePorts" | "advertisedAddress" | "tls">> {
  const { ftpPassivePorts, ftpAddress, ftpCertificate, ftpKey = ftpCertificate } = asked;
  if (ftpCertificate === undefined && ftpKey !== undefined) {
    throw new MbdError("bad_configuration", { reason: "--ftp-key needs --ftp-certificate" });
  }
  return {
    ...(ftpPassivePorts === undefined ? {} : { passivePorts: ftpPassivePorts }),
    ...(ftpAddress === undefined ? {} : { advertisedAddress: ftpAddress }),
    ...(ftpCertificate === undefined || ftpKey === undefined
      ? {}
      : { tls: await readTls(ftpCertificate, ftpKey) }),
  };
}

async function readTls(certificate: string, keyFile: string): Promise<{ cert: string; key: string }> {
  try {
    const [cert, key] = await Promise.all([readFile(certificate, "utf8"), readFile(keyFile, "utf8")]);
    createSecureContext({ cert, key });
    return { cert, key };
  } catch (error) {
    const reason = `the certificate ${certificate} with the key in ${keyFile} cannot be used: ${errorText(error)}`;
    throw new MbdError("bad_configuration", { reason }, { cause: error });
  }
}
