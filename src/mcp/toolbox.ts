import { readFileSync } from 'node:fs';
import type { Listing, Tool } from '../tools/tool.js';

/** How long after `tools/list` the tools are loaded, so that the first call does not have to wait for them. */
const WARM_UP_DELAY_MS = 50;

/**
 * The tools. The build prepares their list, so that listing them does not load their code. They are loaded at the first call
 * or shortly after they have been listed.
 */
export class Toolbox {
  #tools: Promise<Map<string, Tool>> | undefined;
  #prepared: Listing[] | undefined;

  /**
   * @param create loads and makes the tools
   * @param preparedFile the list as JSON; undefined if the settings differ from those that it was prepared for
   */
  constructor(
    readonly create: () => Promise<Tool[]>,
    readonly preparedFile: string | undefined,
  ) {}

  /** The tools by name. */
  load(): Promise<Map<string, Tool>> {
    this.#tools ??= this.create().then((tools) => new Map(tools.map((tool) => [tool.listing.name, tool])));
    return this.#tools;
  }

  /** What `tools/list` shows of each tool. */
  async list(): Promise<Listing[]> {
    // Read once: an update may replace the file under a running server.
    this.#prepared ??= this.#readPrepared();
    if (!this.#prepared) return [...(await this.load()).values()].map(({ listing }) => listing);
    setTimeout(() => this.load().catch(() => {}), WARM_UP_DELAY_MS).unref();
    return this.#prepared;
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
