import { expect, test } from 'vitest';
import { describeView } from './support/describe-view.js';
import {
  batch,
  batchOf,
  CDN,
  COMPLETED,
  completedTask,
  errorResult,
  failedTask,
  pendingTask,
  resultOf,
} from './support/tasks.js';
import type { ViewOptions } from './support/view-host.js';

const HOSTILE_TEXTS = [
  '<img src=https://cdn.acedata.cloud/pwned.png onerror=window.pwned=1>',
  '"><svg onload=window.pwned=1><iframe srcdoc="<script>parent.pwned=1</script>">',
  "');window.pwned=1;//</style></script><body onload=window.pwned=1>",
  'javascript:window.pwned=1',
];
const HOSTILE_URLS = [
  ' JAVASCRIPT:window.pwned=1//https://cdn.acedata.cloud/a.mp4',
  'data:text/html,<script>window.pwned=1</script>',
  'data:video/mp4;base64,AAAA',
  'blob:https://cdn.acedata.cloud/1',
  'file:///etc/passwd',
  '//cdn.acedata.cloud/pwned.mp4',
  '/pwned.mp4',
  'about:blank',
  42,
  { toString: 'https://cdn.acedata.cloud/pwned.mp4' },
];

/** The object with another value in place of every text. */
function everywhere(value: unknown, text: unknown): unknown {
  if (Array.isArray(value)) return value.map((each) => everywhere(each, text));
  if (typeof value !== 'object' || value === null) return typeof value === 'string' ? text : value;
  const kept = ['status', 'kind', 'video_url', 'url'];
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, kept.includes(key) ? each : everywhere(each, text)]),
  );
}

describeView('the view trusts nothing', (view) => {
  const open = async (options: ViewOptions = {}) => {
    await view.open(options);
    await view.frame.evaluate(() => {
      document.addEventListener('securitypolicyviolation', ({ blockedURI }) => {
        document.body.dataset.blocked = `${document.body.dataset.blocked ?? ''} ${blockedURI}`;
      });
    });
  };
  /** Nothing was executed, and nothing loaded but what may be. */
  const expectHarmless = async (allowed: string[] = []) => {
    const found = await view.frame.evaluate(() => {
      const all = [...document.querySelectorAll('*')];
      return {
        blocked: document.body.dataset.blocked,
        pwned: 'pwned' in window,
        elements: document.querySelectorAll('main :is(script, iframe, object, embed, style, link, base, form)').length,
        handlers: all.flatMap((each) => each.getAttributeNames().filter((name) => name.startsWith('on'))),
        addresses: all.flatMap((each) => each.getAttribute('src') ?? each.getAttribute('href') ?? []),
      };
    });
    expect(found).toMatchObject({ blocked: undefined, pwned: false, elements: 0, handlers: [] });
    for (const address of found.addresses) expect(address).toMatch(/^https?:\/\//);
    expect(view.loads.filter((url) => !allowed.includes(url))).toEqual([]);
    expect(await view.page.evaluate(() => 'pwned' in window)).toBe(false);
  };

  test('hostile texts in every field are text', async () => {
    await open();
    const quiet = { video_url: undefined, other_media: undefined };
    const tasks = {
      pending: pendingTask(),
      completed: completedTask({
        ...quiet,
        output: { id: 'x' },
        error: { message: 'x' },
        request: { prompt: 'x', model: 'x' },
      }),
      failed: failedTask(),
    };
    for (const text of HOSTILE_TEXTS) {
      for (const [state, task] of Object.entries(tasks)) {
        await view.result(resultOf(everywhere(task, text) as Record<string, unknown>), { task_id: `${state} ${text}` });
        await view.state(state);
      }
      await view.result(errorResult(`[api_error] ${text}`), { task_id: 'error' });
      await view.state('error');
      expect(await view.text()).toContain(text);
      const batch = batchOf(Object.values(tasks), {
        not_found: ['x'],
        lookup_errors: [{ task_ids: ['x'], message: 'x' }],
      });
      await view.result(resultOf(everywhere(batch, text) as Record<string, unknown>), { task_ids: [text, text] });
      await view.state('batch');
    }
    await expectHarmless();
  });

  test('addresses that are none of http or https are neither loaded nor linked to', async () => {
    await open();
    for (const url of HOSTILE_URLS) {
      const other_media = ['video', 'image', 'audio', 'file', 'script'].map((kind) => ({ kind, url }));
      await view.result(resultOf(completedTask({ video_url: url, other_media, duration_seconds: 7 })));
      await view.state('completed');
      const tasks = ['a', 'b'].map((task_id) => ({ ...completedTask({ task_id, video_url: url }), other_media }));
      await view.result(batch(tasks), { task_ids: ['a', 'b'] });
      await view.state('batch');
      expect(await view.frame.locator('video, audio, img, a').count()).toBe(0);
    }
    await expectHarmless();
  });

  test('hostile characters in an address stay in it', async () => {
    const url = `${CDN}/a"onerror="window.pwned=1"<script>window.pwned=1</script>.mp4`;
    await open({ capabilities: {} });
    await view.result(resultOf(completedTask({ video_url: url })));
    await view.frame.locator('figure a').waitFor();
    await expectHarmless([new URL(url).href]);
  });

  test('values of any shape in any field are survived', async () => {
    await open();
    const fields = Object.keys(completedTask({ error: 0, output: 0, other_media: 0, left_out: 0, prompt: 0 }));
    const shaped = fields.filter((field) => field !== 'task_id' && field !== 'status');
    for (const value of [null, -1, 1e308, [[]], { a: { b: [null] } }, true, 'x'.repeat(100_000)]) {
      for (const field of shaped)
        await view.onlyResult(resultOf(completedTask({ task_id: `a ${field}`, [field]: value })));
      await view.state('completed');
      for (const field of ['tasks', 'not_found', 'lookup_errors', 'not_shown', 'counts', 'poll_after_seconds'])
        await view.onlyResult(batch([pendingTask(60, { task_id: `b ${field}` })], { [field]: value }));
      await view.onlyResult({ content: value, structuredContent: value, isError: value, resultType: value });
      await view.input({ task_id: value, task_ids: value });
      const names = ['theme', 'styles', 'locale', 'timeZone', 'containerDimensions', 'safeAreaInsets', 'displayMode'];
      await view.context(Object.fromEntries(names.map((name) => [name, value])));
    }
    await view.result(resultOf(failedTask()));
    await view.state('failed');
  });

  test('messages from any other window than its parent are ignored', async () => {
    await open();
    await view.result(resultOf(pendingTask()));
    await view.state('pending');
    const message = { jsonrpc: '2.0', method: 'ui/notifications/tool-result', params: COMPLETED };
    await view.page.evaluate((given) => {
      const other = document.createElement('iframe');
      other.setAttribute('sandbox', 'allow-scripts');
      other.srcdoc = `<script>parent.frames[0].postMessage(${given}, '*'); parent.postMessage('sent', '*')</script>`;
      const sent = new Promise<void>((resolve) => {
        window.addEventListener('message', ({ data }) => data === 'sent' && resolve());
      });
      document.body.append(other);
      return sent;
    }, JSON.stringify(message));
    await view.frame.evaluate((given) => window.postMessage(JSON.parse(given), '*'), JSON.stringify(message));
    await view.settle();
    await view.state('pending');
    await view.onlyResult(COMPLETED);
    await view.state('completed');
  });

  test('messages that are no JSON-RPC, or lack what they should have, are survived', async () => {
    await open();
    for (const message of [null, 1, 'x', [], {}, { jsonrpc: '1.0', method: 'ping' }])
      await view.page.evaluate((given) => window.frames[0]?.postMessage(given, '*'), message);
    await view.post({ id: 99, result: 1 });
    await view.post({ method: 'ui/notifications/tool-result' });
    await view.post({ method: 'ui/notifications/tool-input', params: 'x' });
    await view.result(COMPLETED);
    await view.state('completed');
  });
});
