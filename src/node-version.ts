/**
 * Why a Node cannot run this server, in one sentence; undefined if it can. The code itself runs on every Node that knows ES
 * modules.
 * @param node its version, such as `18.20.8`, and where it lies: clients often start another one than the terminal does
 * @param oldest the oldest version that will do, such as `20.19.0`
 */
export function refuseOldNode(node: { version: string; path: string }, oldest: string): string | undefined {
  const [major = 0, minor = 0] = node.version.split('.').map(Number);
  const [oldestMajor = 0, oldestMinor = 0] = oldest.split('.').map(Number);
  if (major > oldestMajor || (major === oldestMajor && minor >= oldestMinor)) return undefined;
  return (
    `kling-tasks-mcp needs Node.js ${oldest} or newer, but was started with ${node.version} (${node.path}): ` +
    'install a newer one from https://nodejs.org, or set the full path of one that you have in your MCP client.'
  );
}
