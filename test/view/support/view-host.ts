import { EventEmitter } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Browser, BrowserContextOptions, Frame, Page, Route } from 'playwright-core';
import { bundleView } from '../../../scripts/bundle-view.js';
import { MEDIA_DOMAINS } from '../../../src/mcp/view-resource.js';
import type { Json } from '../../support/records.js';
import { launchBrowser } from './browser.js';
import type {} from './page/host.js';
import { policyOf } from './policy.js';
import { CDN, ID } from './tasks.js';

const HOST_URL = 'https://host.test/';
const VIEW_URL = 'https://view.test/';

/** What a host can do that can do everything. */
const ALL_CAPABILITIES = { serverTools: {}, openLinks: {}, downloadFile: {}, updateModelContext: { text: {} } };

/** A call that does not end. */
export const NEVER = () => new Promise(() => {});

export const CLIP = await readFile(fileURLToPath(new URL('clip.webm', import.meta.url)));

/** A server of files: their address, and what it answers with. Every video on the CDN is there, but what is `gone`. */
export type Files = Record<string, { status?: number; type?: string; body?: string | Buffer }>;

export interface ViewOptions {
  capabilities?: Json;
  context?: Json;
  /** Answers the calls of tools: scripted here, but a real server can stand behind it as well. */
  callTool?: (params: { name: string; arguments: Json }, index: number) => unknown;
  /** The answers to the calls, in order, in place of `callTool`; any further call does not end. */
  answers?: unknown[];
  /** The arguments of the call, and its result: passed on as soon as the view is there. */
  input?: Json;
  result?: Json;
  files?: Files;
  /** Does nothing of what it is asked for, other than calling tools. */
  refuses?: boolean;
  /** The frame's width, as CSS. */
  width?: string;
  viewport?: { width: number; height: number };
  media?: { colorScheme?: 'light' | 'dark'; reducedMotion?: 'reduce' };
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

/** A browser with a page of the official host side, which shows one view after the other in a frame. */
export class ViewHost {
  /** The arguments of the tools that were called, as they were called. */
  calls: { name: string; arguments: Json }[] = [];
  /** Whatever else the host was asked for. */
  asked: { kind: string; params: Json }[] = [];
  /** Every message of the view. */
  messages: Json[] = [];
  /** Every address that the view tried to load and its policy let pass. */
  loads: string[] = [];
  /** How many calls were open at once, at most. */
  mostOpenCalls = 0;
  #openCalls = 0;
  #pings = 0;
  #options: ViewOptions = {};
  #browser: Browser | undefined;
  #page: Page | undefined;
  readonly #events = new EventEmitter();

  async launch(options: BrowserContextOptions = {}): Promise<void> {
    this.#browser = await launchBrowser();
    const page = await this.#browser.newPage(options);
    this.#page = page;
    page.setDefaultTimeout(10_000);
    // It goes on by itself, and faster where the test says so.
    await page.clock.install();
    await page.route('**/*', (route) => this.#serve(route));
    await page.exposeFunction('ask', (kind: string, params: Json) => this.#receive(kind, params));
    await page.goto(HOST_URL);
  }

  /** Shows a new view in place of the one before. */
  async open(options: ViewOptions = {}): Promise<void> {
    const { page } = this;
    this.#options = options;
    await page.clock.setSystemTime(Date.now());
    await page.setViewportSize(options.viewport ?? { width: 720, height: 900 });
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'no-preference', ...options.media });
    const pageOptions = {
      capabilities: options.capabilities ?? ALL_CAPABILITIES,
      context: options.context ?? { theme: 'light', locale: 'en-US', timeZone: 'UTC' },
      viewUrl: VIEW_URL,
      width: options.width ?? '100%',
    };
    await page.evaluate(() => document.body.replaceChildren());
    this.calls = [];
    this.asked = [];
    this.messages = [];
    this.loads = [];
    this.mostOpenCalls = this.#openCalls = 0;
    await page.evaluate((given) => window.openView(JSON.parse(given)), JSON.stringify(pageOptions));
    if (!options.input && !options.result) return;
    await this.input(options.input ?? { task_id: ID });
    if (options.result) await this.onlyResult(options.result);
    await this.settle();
  }

  get page(): Page {
    if (!this.#page) throw new Error('the browser is not there');
    return this.#page;
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

  /** Resolves once the page shows a text. */
  async shows(text: string | RegExp): Promise<void> {
    await this.frame.locator('main').getByText(text).first().waitFor();
  }

  async input(args: Json): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendToolInput({ arguments: given }), args);
  }

  /** Passes a result on, after the arguments that led to it. */
  async result(result: Json, args: Json = { task_id: ID }): Promise<void> {
    await this.input(args);
    await this.onlyResult(result);
  }

  /** Passes a result on without its arguments. */
  async onlyResult(result: Json): Promise<void> {
    await this.page.evaluate((given) => window.bridge.sendToolResult(JSON.parse(given)), JSON.stringify(result));
  }

  /** Sends the view any message. */
  async post(message: Json): Promise<void> {
    await this.page.evaluate((given) => window.frames[0]?.postMessage(given, '*'), { jsonrpc: '2.0', ...message });
  }

  async cancelled(): Promise<void> {
    await this.page.evaluate(() => window.bridge.sendToolCancelled({}));
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

  /** Lets time pass, after what was sent has arrived, and until what this brings about has. */
  async pass(seconds: number): Promise<void> {
    await this.settle();
    await this.page.clock.runFor(seconds * 1000);
    await this.settle();
  }

  /** Lets time pass, and tells how many calls have been made by then. */
  async callsAfter(seconds: number): Promise<number> {
    await this.pass(seconds);
    return this.calls.length;
  }

  /** Lets time pass until so many calls have been made. */
  async passUntilCalled(count: number): Promise<void> {
    for (let steps = 0; this.calls.length < count && steps < 60; steps++) await this.pass(4);
    await this.until(() => this.calls.length >= count);
  }

  /** Resolves once the view has made use of all messages so far: they arrive in order. */
  async settle(): Promise<void> {
    const id = `settled-${++this.#pings}`;
    await this.post({ id, method: 'ping' });
    await this.until(() => this.messages.some((message) => message.id === id));
  }

  /** Resolves once the condition holds, which is looked at whenever something happens. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise((resolve) => this.#events.once('event', resolve));
  }

  /** What the calls asked to be waited, in seconds. */
  waits(): unknown[] {
    return this.calls.map((call) => call.arguments.wait_seconds);
  }

  /** The result that the model was told of. */
  told() {
    const [update] = this.asked.filter(({ kind }) => kind === 'update-model-context');
    return JSON.parse(Object(update?.params).content[0].text).result;
  }

  /** A promise, and what fulfils it. */
  later(): [resolve: (value?: unknown) => void, promise: Promise<unknown>] {
    let resolve: (value: unknown) => void = () => {};
    const promise = new Promise((fulfil) => {
      resolve = fulfil;
    });
    return [resolve, promise];
  }

  /** Presses a button that copies, and tells what it has copied. */
  async copied(name: string): Promise<string> {
    await this.frame.evaluate(() => {
      document.execCommand = () => {
        document.body.dataset.copied = document.querySelector('textarea')?.value ?? '';
        return true;
      };
    });
    await this.frame.getByRole('button', { name }).first().click();
    return (await this.frame.locator('body').getAttribute('data-copied')) ?? '';
  }

  /** Resolves with the width of the first video once it plays. */
  playFirstVideo(): Promise<number> {
    return this.frame
      .locator('video')
      .first()
      .evaluate(async (video: HTMLVideoElement) => {
        video.muted = true;
        await video.play();
        await new Promise<void>((resolve) => {
          video.ontimeupdate = () => video.currentTime > 0.1 && resolve();
        });
        return video.videoWidth;
      });
  }

  async close(): Promise<void> {
    await this.#browser?.close();
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
      if (this.#options.refuses) return { isError: true };
      return kind === 'request-display-mode' ? { mode: params.mode } : {};
    }
    const call = JSON.parse(JSON.stringify(params));
    const index = this.calls.push(call) - 1;
    this.mostOpenCalls = Math.max(this.mostOpenCalls, ++this.#openCalls);
    this.#events.emit('event');
    const { answers = [], callTool = () => answers[index] ?? NEVER() } = this.#options;
    try {
      return await callTool(call, index);
    } finally {
      this.#openCalls--;
    }
  }

  async #serve(route: Route): Promise<void> {
    const url = route.request().url();
    const [host, view] = await HTML;
    if (url === HOST_URL) return route.fulfill({ contentType: 'text/html', body: host });
    if (url === VIEW_URL) {
      const policy = policyOf(MEDIA_DOMAINS);
      return route.fulfill({ contentType: 'text/html', body: view, headers: { 'content-security-policy': policy } });
    }
    this.loads.push(url);
    this.#events.emit('event');
    const isVideo = url.startsWith(CDN) && url.endsWith('.webm') && !url.includes('gone');
    const {
      status = 200,
      type = 'text/plain',
      body = '',
    } = this.#options.files?.[url] ?? (isVideo ? { body: CLIP, type: 'video/webm' } : { status: 404 });
    const [, start] = /^bytes=(\d+)-/.exec(route.request().headers().range ?? '') ?? [];
    if (status !== 200 || start === undefined) return route.fulfill({ status, contentType: type, body });
    // Browsers ask for media in ranges, and go on loading until they get them.
    const bytes = Buffer.from(body);
    const headers = { 'accept-ranges': 'bytes', 'content-range': `bytes ${start}-${bytes.length - 1}/${bytes.length}` };
    return route.fulfill({ status: 206, contentType: type, body: bytes.subarray(Number(start)), headers });
  }
}
