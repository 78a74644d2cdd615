import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import { fileURLToPath } from 'node:url';

/**
 * Key and self-signed certificate, valid for a hundred years, for the name of the vendor's API, which a test reaches through
 * a proxy. It is trusted through NODE_EXTRA_CA_CERTS alone.
 */
export const VENDOR_PEM = fileURLToPath(new URL('tls/vendor.pem', import.meta.url));
/** The same, for whoever was not told to trust it. */
export const STRANGER_PEM = VENDOR_PEM;

/** An https server with the certificate of the given file. */
export function createTlsServer(pemFile: string): Server {
  const pem = readFileSync(pemFile);
  return createServer({ key: pem, cert: pem });
}
