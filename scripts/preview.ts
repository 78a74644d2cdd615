/** The view in a small host on loopback, with every state to click through: `npm run preview`. */
import { context } from 'esbuild';
import { MEDIA_DOMAINS } from '../src/mcp/view-resource.js';

const preview = await context({
  entryPoints: [
    'scripts/preview/index.html',
    'scripts/preview/page.ts',
    'docs/view-completed-light.png',
    'test/view/support/clip.webm',
    'dist/view.html',
  ],
  entryNames: '[name]',
  outdir: '.',
  write: false,
  bundle: true,
  format: 'esm',
  loader: { '.html': 'copy', '.png': 'copy', '.webm': 'copy' },
  define: { MEDIA_DOMAINS: JSON.stringify(MEDIA_DOMAINS) },
});
// It keeps what it builds in memory, and builds anew whenever a page is loaded.
const { port } = await preview.serve({ host: '127.0.0.1' });
console.log(`The view, with every state: http://127.0.0.1:${port}/  (Ctrl+C ends it)`);

process.on('SIGINT', async () => {
  await preview.dispose();
  process.exit();
});
