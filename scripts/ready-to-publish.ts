/** Runs before `npm publish`, and stops it as long as `OWNER` stands for the public address in package.json. */
import packageJson from '../package.json' with { type: 'json' };

const undecided = [packageJson.mcpName, packageJson.homepage, packageJson.repository.url, packageJson.bugs].some(
  (text) => text.includes('OWNER'),
);
if (undecided) {
  console.error('OWNER stands for the public address in package.json: set it first, as CONTRIBUTING.md says.');
  process.exitCode = 1;
}
