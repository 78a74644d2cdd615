import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, BrowserContextOptions, Frame, Page, Route } from 'playwright-core';
import { bundleView } from '../../../scripts/bundle-view.js';
import type {} from './page/host.js';
import { policyOf, RESOURCE_DOMAINS } from './policy.js';
import { VIDEO } from './tasks.js';

type Json = Record<string, unknown>;

const HOST_URL = 'https://host.test/';
const VIEW_URL = 'https://view.test/';

/** What a host can do that can do everything. */
export const ALL_CAPABILITIES = { serverTools: {}, openLinks: {}, downloadFile: {}, updateModelContext: { text: {} } };

export const CLIP = await readFile(fileURLToPath(new URL('clip.webm', import.meta.url)));

/** A server of files: their address, and what it answers with. */
export type Files = Record<string, { status?: number; type?: string; body?: string | Buffer }>;

export interface ViewOptions {
  capabilities?: Json;
  context?: Json;
  /** Answers the calls of tools: scripted here, but a real server can stand behind it as well. */
  callTool?: (params: { name: string; arguments: Json }, index: number) => unknown;
  files?: Files;
  /** Does nothing of what it is asked for, other than calling tools. */
  refuses?: boolean;
  resourceDomains?: string[];
  /** The frame's width, as CSS. */
  width?: string;
  /** Takes over the clock of the pages, which then goes on as it is told. */
  clock?: boolean;
  browserContext?: BrowserContextOptions;
}

/** The page, as the build makes it. */
export async function viewHtml(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kling-view-'));
  await bundleView(folder);
  const html = await readFile(join(folder, 'view.html'), 'utf8');
  await rm(folder, { recursive: true });
  return html;
}

async function hostHtml(): Promise<string> {
  const entryPoints = [fileURLToPath(new URL('page/host.ts', import.meta.url))];
  const { outputFiles } = await build({ entryPoints, bundle: true, write: false, format: 'iife', minify: true });
  const style = 'body{margin:16px;background:light-dark(#fff,#212121)}iframe{border:0;display:block}';
  return `<!doctype html><meta name="color-scheme" content="light dark"><style>${style}</style><body><script>${outputFiles[0]?.text}</script>`;
}

const HTML = Promise.all([hostHtml(), viewHtml()]);

/** The view in a frame of the official host side, and what passes between them. */
export class ViewHost {
  /** The arguments of the tools that were called, as they were called. */
  readonly calls: { name: string; arguments: Json }[] = [];
  /** Whatever else the host was asked for. */
  readonly asked: { kind: string; params: Json }[] = [];
  /** Every message of the view. */
  readonly messages: Json[] = [];
  /** Every address that the view tried to load and its policy let pass. */
  readonly loads: string[] = [];
  /** How many calls were open at once, at most. */
  mostOpenCalls = 0;
  #openCalls = 0;
  readonly #events = new EventEmitter();

  private constructor(
    readonly page: Page,
    readonly options: ViewOptions,
  ) {}

  static async open(browser: Browser, options: ViewOptions = {}): Promise<ViewHost> {
    const page = await browser.newPage({ viewport: { width: 720, height: 900 }, ...options.browserContext });
    const host = new ViewHost(page, options);
    if (options.clock) await page.clock.install();
    await page.route('**/*', (route) => host.#serve(route));
    await page.exposeFunction('ask', (kind: string, params: Json) => host.#receive(kind, params));
    await page.goto(HOST_URL);
    const pageOptions = {
      capabilities: options.capabilities ?? ALL_CAPABILITIES,
      context: options.context ?? { theme: 'light', locale: 'en-US', timeZone: 'UTC' },
      viewUrl: VIEW_URL,
      width: options.width ?? '100%',
    };
    await page.evaluate((given) => window.openView(JSON.parse(given)), JSON.stringify(pageOptions));
    return host;
  }

  get frame(): Frame {
    const frame = this.page.frames().find((each) => each.url() === VIEW_URL);
    if (!frame) throw new Error('the view is not there');
    return frame;
  }

  /** Resolves once the card of a state is there. */
  async state(name: string): Promise<void> {
    await this.frame.locator(`[data-state="${name}"]`).waitFor();
  }

  text(): Promise<string> {
    return this.frame.locator('main').innerText();
  }

  async input(args: Json): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendToolInput({ arguments: given }), args);
  }

  /** Passes a result on, after the arguments that led to it. */
  async result(result: Json, args: Json = { task_id: '20068983-0cc9-4c6a-aeb6-9c6a3c668be0' }): Promise<void> {
    await this.input(args);
    await this.page.evaluate((given) => window.bridge.sendToolResult(JSON.parse(given)), JSON.stringify(result));
  }

  /** Passes a result on before its arguments. */
  async onlyResult(result: Json): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendToolResult(JSON.parse(given)), JSON.stringify(result));
  }

  async cancelled(reason?: string): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendToolCancelled(given), reason === undefined ? {} : { reason });
  }

  async context(context: Json): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendHostContextChange(given), context);
  }

  async teardown(): Promise<unknown> {
    return this.page.evaluate(() => window.bridge.teardownResource({}));
  }

  /** As if the person had turned to another tab, or come back. */
  async setHidden(hidden: boolean): Promise<void> {
    await this.frame.evaluate((value) => {
      Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  }

  /** Resolves once the condition holds, which is looked at whenever something happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => this.#events.once('event', resolve));
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }

  async #receive(kind: string, params: Json): Promise<unknown> {
    if (kind === 'message') {
      this.messages.push(params);
      this.#events.emit('event');
      return undefined;
    }
    if (kind !== 'tools/call') {
      this.asked.push({ kind, params });
      this.#events.emit('event');
      if (this.options.refuses) return { isError: true };
      return kind === 'request-display-mode' ? { mode: params.mode } : {};
    }
    const call = JSON.parse(JSON.stringify(params));
    const index = this.calls.push(call) - 1;
    this.mostOpenCalls = Math.max(this.mostOpenCalls, ++this.#openCalls);
    this.#events.emit('event');
    try {
      return await this.options.callTool?.(call, index);
    } finally {
      this.#openCalls--;
    }
  }

  async #serve(route: Route): Promise<void> {
    const url = route.request().url();
    const [host, view] = await HTML;
    if (url === HOST_URL) return route.fulfill({ contentType: 'text/html', body: host });
    if (url === VIEW_URL) {
      const policy = policyOf(this.options.resourceDomains ?? RESOURCE_DOMAINS);
      return route.fulfill({ contentType: 'text/html', body: view, headers: { 'content-security-policy': policy } });
    }
    this.loads.push(url);
    this.#events.emit('event');
    const file = this.options.files?.[url] ?? (url === VIDEO ? { body: CLIP, type: 'video/webm' } : { status: 404 });
    const { status = 200, type = 'text/plain', body = '' } = file;
    const [, start] = /^bytes=(\d+)-/.exec(route.request().headers().range ?? '') ?? [];
    if (status !== 200 || start === undefined) return route.fulfill({ status, contentType: type, body });
    // Browsers ask for media in ranges, and go on loading until they get them.
    const bytes = Buffer.from(body);
    const headers = { 'accept-ranges': 'bytes', 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    return route.fulfill({ status: 206, contentType: type, body: bytes.subarray(Number(start)), headers });
  }
}
