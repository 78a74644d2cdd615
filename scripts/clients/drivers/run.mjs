/** Runs one client through the steps of the plan and prints as JSON what it listed, and what it gave for each call. */
const [module, planText] = process.argv.slice(2);
const plan = JSON.parse(planText);
const { connect, converse } = await import(module);

/** What the client hands on of a result: its text, where it keeps that apart, else all of it. */
function textOf(result) {
  if (typeof result === 'string') return result;
  const blocks = Array.isArray(result) ? result : result?.content;
  if (!Array.isArray(blocks)) return JSON.stringify(result) ?? '';
  return blocks.map((block) => block.text ?? JSON.stringify(block)).join('\n');
}

/** A client is spoken to as those of the protocol's own SDK are. */
async function callEach() {
  const client = await connect(plan.server);
  const { tools } = await client.listTools();
  const given = [];
  for (const { tool, input } of plan.steps) {
    // Some clients throw a tool's error, others return it: either way its text must reach the model.
    given.push(textOf(await client.callTool({ name: tool, arguments: input }).catch(String)));
  }
  await client.close();
  return { tools, given };
}

// Where a model stands behind the client, that model knows what it was offered and given.
const report = converse ? await converse(plan) : await callEach();
process.stdout.write(`\n${JSON.stringify(report) ?? ''}\n`, () => process.exit(0));
