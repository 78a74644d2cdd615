/**
 * How quick and light the server is: `npm run bench`. Each figure is a ratio against a baseline of the same run, in
 * interleaved rounds. `--json` prints for machines, `--node PATH` measures on another Node, `--rounds N` sets how long, `--only PART`
 * measures start, calls, batches or package alone.
 * Exits with 1 if an aim is missed.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { npmArguments } from '../scripts/npm.js';
import { TOKEN } from '../test/support/fake-api.js';
import { type Commands, measureBatches, measureCalls, measureStart } from './measures.js';
import { compare, type Figure, tableOf } from './stats.js';
import { type Command, Subject } from './subject.js';

/** What `npm i` with the four packages, unbundled, installs. */
const UNBUNDLED_PACKAGES = 94;

const root = fileURLToPath(new URL('..', import.meta.url));

function measurePackage(): Figure[] {
  const pack = JSON.parse(
    execFileSync(process.execPath, npmArguments('pack', '--dry-run', '--json', '--ignore-scripts'), {
      cwd: root,
      encoding: 'utf8',
    }),
  );
  const { dependencies = {} } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const packages = 1 + Object.keys(dependencies).length;
  return [
    compare(
      { figure: 'packed size', baseline: '350 KB', unit: 'KB', aim: { atMost: 1 } },
      [pack[0].size / 1000],
      [350],
    ),
    compare(
      { figure: 'packages installed', baseline: 'unbundled', unit: 'packages', aim: { atMost: 0.011 } },
      [packages],
      [UNBUNDLED_PACKAGES],
    ),
  ];
}

async function measure(node: string, rounds: number, only: string): Promise<Figure[]> {
  // Inside the project, so that the unbundled source finds its packages.
  const folder = mkdtempSync(join(root, 'node_modules', '.bench-'));
  const cwd = join(folder, 'cwd');
  mkdirSync(cwd);
  const fakeApi = fork(join(root, 'bench/fake-api-process.ts'), ['2000']);
  try {
    const [url] = await once(fakeApi, 'message');
    const env = { PATH: process.env.PATH ?? '', ACEDATACLOUD_API_TOKEN: TOKEN, ACEDATACLOUD_API_BASE_URL: url };
    const command = (...args: string[]): Command => ({ node, args, env, cwd });
    const answers = join(folder, 'answers.json');
    const baseline = join(root, 'bench/baseline.mjs');
    const commands: Commands = {
      server: command(join(root, 'dist/index.js')),
      unbundled: command(join(folder, 'src/index.js')),
      bare: command(baseline, answers),
      undici: command(baseline, answers, 'undici'),
    };
    const subjects = [await Subject.startStateless(commands.server), await Subject.start(commands.server)];
    writeFileSync(answers, JSON.stringify(Object.assign({}, ...subjects.map((subject) => subject.answers))));
    for (const subject of subjects) await subject.end();
    const parts: Record<string, () => Figure[] | Promise<Figure[]>> = {
      start: () => {
        const options = ['--noEmit', 'false', '--rootDir', '.', '--outDir', folder];
        const tsc = join(root, 'node_modules/typescript/bin/tsc');
        execFileSync(process.execPath, [tsc, ...options], { cwd: root });
        return measureStart(commands, rounds);
      },
      calls: () => measureCalls(commands, rounds),
      batches: () => measureBatches(commands, rounds),
      package: measurePackage,
    };
    const figures: Figure[] = [];
    for (const [part, run] of Object.entries(parts)) if (part.startsWith(only)) figures.push(...(await run()));
    return figures;
  } finally {
    fakeApi.disconnect();
    rmSync(folder, { recursive: true });
  }
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    node: { type: 'string', default: process.execPath },
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', default: '' },
  },
});
const version = execFileSync(values.node, ['--version'], { encoding: 'utf8' }).trim();
const figures = await measure(values.node, Number(values.rounds), values.only);
if (values.json) console.log(JSON.stringify({ node: version, figures }, null, 2));
else console.log(`Node ${version}, ${process.platform} ${process.arch}\n\n${tableOf(figures)}`);
if (figures.some(({ met }) => !met)) process.exitCode = 1;
