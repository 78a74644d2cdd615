/** The pictures of the README, from the real page in a browser: `npm run pictures`. */
import { completedTask, pendingTask, REQUEST, resultOf } from '../../test/view/support/tasks.js';
import { ViewHost } from '../../test/view/support/view-host.js';

const MAX_BYTES = 150 * 1024;
const request = {
  ...REQUEST,
  prompt:
    'A wide ribbon of warm evening light drifts slowly across a deep blue sky, calm and out of focus, seamless loop.',
};
/** As of a host; where the font is not installed, the system's is used. */
const styles = { variables: { '--font-sans': 'Inter, system-ui, sans-serif' } };
const STATES = {
  pending: pendingTask(84, { request }),
  completed: completedTask({ request }),
};

const view = new ViewHost();
await view.launch({ deviceScaleFactor: 1.5 });
for (const theme of ['light', 'dark'] as const) {
  for (const [state, task] of Object.entries(STATES)) {
    await view.open({
      context: { theme, locale: 'en-US', timeZone: 'UTC', availableDisplayModes: ['inline', 'fullscreen'], styles },
      width: '600px',
      viewport: { width: 660, height: 600 },
      media: { colorScheme: theme },
    });
    await view.result(resultOf(task));
    await view.state(state);
    // The browser shows that it loads for a moment, and the host draws the border.
    await view.page.waitForTimeout(2000);
    await view.page.addStyleTag({
      content: 'iframe{border:1px solid light-dark(#ddd,#444)!important;border-radius:12px}',
    });
    const path = `docs/view-${state}-${theme}.png`;
    const { length } = await view.page.locator('iframe').screenshot({ path, omitBackground: true });
    console.log(`wrote ${path}, ${Math.round(length / 1024)} KB`);
    if (length > MAX_BYTES) process.exitCode = 1;
  }
}
await view.close();
