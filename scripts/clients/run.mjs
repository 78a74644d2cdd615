/** Runs one client through the five things that it must be able to do, and prints what came of each as JSON. */
const [module, plan] = process.argv.slice(2);
const { server, steps } = JSON.parse(plan);
const { connect } = await import(module);

const client = await connect(server);
const results = {};
for (const { step, tool, input, expected } of steps) {
  // Some clients throw a tool's error, others return it: either way its text must reach the model.
  const seen = await (tool ? client.call(tool, input) : client.list()).catch((error) => String(error));
  // Text blocks hold JSON within JSON.
  const text = JSON.stringify(seen)?.replaceAll('\\', '') ?? '';
  const missing = expected.filter((part) => !text.includes(part));
  results[step] = missing.length === 0 ? 'yes' : `no: ${text.slice(0, 500)}`;
}
await client.close();
process.stdout.write(`${JSON.stringify(results)}\n`, () => process.exit(0));
