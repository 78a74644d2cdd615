import { existsSync, readFileSync } from 'node:fs';

const MODERN = '2026-07-28';
const VERSION_KEY = 'io.modelcontextprotocol/protocolVersion';

/** What went over stdin and stdout between a client and the server. */
export interface Wire {
  /** The versions of the protocol in which calls were answered. */
  versions: string[];
  /** The handles of tasks that were given for a result, and the polls for them. */
  tasks: number;
  polls: number;
}

interface Message {
  id?: unknown;
  method?: string;
  params?: { _meta?: Record<string, unknown> };
  result?: { protocolVersion?: unknown; resultType?: unknown };
}

/** Reads what tap.mjs wrote. Ids may repeat, since some clients start a second process: the order tells them apart. */
export function readWire(file: string): Wire {
  const versions = new Set<string>();
  let tasks = 0;
  let polls = 0;
  const open = new Map<unknown, Message>();
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
  for (const line of lines) {
    const [from] = line.split(' ', 1);
    const message = parse(line.slice(line.indexOf(' ') + 1));
    if (from === 'client' && message.method) open.set(message.id, message);
    if (from === 'client' && message.method === 'tasks/get') polls += 1;
    const request = from === 'server' && message.result ? open.get(message.id) : undefined;
    if (request?.method === 'initialize') versions.add(String(message.result?.protocolVersion));
    else if (request && request.method !== 'server/discover' && request.params?._meta?.[VERSION_KEY] === MODERN)
      versions.add(MODERN);
    if (message.result?.resultType === 'task') tasks += 1;
  }
  return { versions: [...versions], tasks, polls };
}

/** Whether it was the era of 2026-07-28 alone that was spoken. */
export function isModern({ versions }: Wire): boolean {
  return versions.length === 1 && versions[0] === MODERN;
}

function parse(text: string): Message {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
