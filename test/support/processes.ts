/** A server process under test: what it wrote can be searched for secrets. */
interface Swept {
  readonly ended: boolean;
  /** @throws Error that names the stream and the secret */
  checkSecrets(): void;
}

/** The server processes of the test file at hand that were not swept since they ended. */
export const processes = new Set<Swept>();
