import { afterAll, beforeAll, describe } from 'vitest';
import { browserPath } from './browser.js';
import { ViewHost } from './view-host.js';

/** A group of tests of the view in a browser; skipped where none is installed. */
export function describeView(name: string, body: (view: ViewHost) => void): void {
  describe.skipIf(!browserPath)(name, () => {
    const view = new ViewHost();
    beforeAll(() => view.launch());
    afterAll(() => view.close());
    body(view);
  });
}
