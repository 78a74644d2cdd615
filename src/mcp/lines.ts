const NEWLINE = 0x0a;

/**
 * Splits a stream of bytes into lines. A line that is too long is discarded while it arrives, so that it takes no memory,
 * and is reported once. Each byte is examined once, even if bytes arrive one at a time.
 */
export class LineSplitter {
  #parts: Buffer[] = [];
  #length = 0;

  constructor(
    readonly maxBytes: number,
    readonly handler: { onLine(line: string): void; onLineTooLong(): void },
  ) {}

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, start)) {
      this.#add(chunk.subarray(start, end));
      this.end();
      start = end + 1;
    }
    this.#add(chunk.subarray(start));
  }

  /** Completes the current line, at a newline or at the end of the stream. */
  end(): void {
    const line = Buffer.concat(this.#parts).toString('utf8');
    const isTooLong = this.#length > this.maxBytes;
    this.#parts = [];
    this.#length = 0;
    if (isTooLong) this.handler.onLineTooLong();
    else if (line.trim() !== '') this.handler.onLine(line);
  }

  #add(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > this.maxBytes) this.#parts = [];
    else if (part.length > 0) this.#parts.push(part);
  }
}
