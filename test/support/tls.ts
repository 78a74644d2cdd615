import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { fileURLToPath } from 'node:url';

/** A name that both certificates are made out to, and that no DNS resolves. */
export const TLS_HOST = 'api.kling.test';

/** Key and self-signed certificate, valid for a hundred years. The server trusts it through NODE_EXTRA_CA_CERTS. */
export const TRUSTED_PEM = fileURLToPath(new URL('tls/trusted.pem', import.meta.url));
/** The same, but trusted by nobody. */
export const STRANGER_PEM = fileURLToPath(new URL('tls/stranger.pem', import.meta.url));

/** For the name of the vendor's API, which a test reaches through a proxy; trusted like the first. */
export const VENDOR_PEM = fileURLToPath(new URL('tls/vendor.pem', import.meta.url));

/** An https server with the certificate of the given file. */
export function createTlsServer(pemFile: string): Server {
  const pem = readFileSync(pemFile);
  return createServer({ key: pem, cert: pem });
}
