import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeApi } from '../test/support/fake-api.js';
import { followTask, ofTask } from '../test/support/protocol.js';
import type { Json } from '../test/support/records.js';
import { ServerProcess } from '../test/support/server-process.js';

/**
 * Waits 50 s for a Kling task as a client does that takes the wait as a task of the protocol, and polls for it.
 * @param onState is told each state of the protocol task
 * @returns the text that the model is given in the end
 */
export async function followInBackground(
  fakeApi: FakeApi,
  taskId: string,
  onState: (task: Json) => void = () => {},
): Promise<string> {
  const server = new ServerProcess({ fakeApi });
  let { result } = (await server.ask(followTask('call', taskId))) as { result: Json };
  onState(result);
  for (let poll = 1; result.status === 'working'; poll++) {
    await sleep(Number(result.pollIntervalMs));
    ({ result } = (await server.ask(ofTask(poll, 'get', result.taskId))) as { result: Json });
    onState(result);
  }
  await server.close();
  return (result.result as { content: { text: string }[] }).content[0]?.text ?? '';
}
