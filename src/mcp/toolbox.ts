import { readFileSync } from 'node:fs';
import type { Tool } from '../tools/tool.js';

export type Listing = Tool['listing'];

/** When, after the tools were listed, they are loaded so that the first call need not wait for it. */
const WARM_UP_DELAY_MS = 50;

/**
 * The tools. Listing them needs no code of theirs, since the build prepares the list: they are loaded when the first is
 * called, or shortly after they were listed.
 */
export class Toolbox {
  #tools: Promise<Map<string, Tool>> | undefined;
  #listings: Promise<Listing[]> | undefined;

  /**
   * @param create loads and makes the tools
   * @param preparedFile the list as JSON; undefined where it would not be right
   */
  constructor(
    readonly create: () => Promise<Tool[]>,
    readonly preparedFile: string | undefined,
  ) {}

  /** What `tools/list` shows of each tool. */
  list(): Promise<Listing[]> {
    this.#listings ??= this.#makeList();
    return this.#listings;
  }

  /** The tools by name. */
  load(): Promise<Map<string, Tool>> {
    this.#tools ??= this.create().then((tools) => new Map(tools.map((tool) => [tool.listing.name, tool])));
    return this.#tools;
  }

  async #makeList(): Promise<Listing[]> {
    const prepared = this.#readPrepared();
    if (!prepared) return [...(await this.load()).values()].map(({ listing }) => listing);
    setTimeout(() => this.load().catch(() => {}), WARM_UP_DELAY_MS).unref();
    return prepared;
  }

  #readPrepared(): Listing[] | undefined {
    if (this.preparedFile === undefined) return undefined;
    try {
      return JSON.parse(readFileSync(this.preparedFile, 'utf8'));
    } catch {
      // Not built, as when the source runs unbundled.
      return undefined;
    }
  }
}
