/** Why a lookup failed, as the server tells it. */
export interface Fault {
  /** Its code, such as `network_error`; empty where there is none. */
  code: string;
  message: string;
}

/** What a person reads of a fault: what happened, what to do, and whether looking again may help. */
export interface Advice {
  heading: string;
  text: string;
  looksAgain: boolean;
}

/** By the server's codes; the last one is for all others. */
const ADVICE: [codes: RegExp, heading: string, text: string, looksAgain: boolean][] = [
  [/^task_not_found$/, 'Video not found', 'Check the task ID, or whether another account made it.', false],
  [
    /^(invalid_arguments|bad_request)$/,
    'That task ID does not work',
    'Ask again with the ID you got when you made the video.',
    false,
  ],
  [/^configuration$/, 'Setup needed', 'Fix the setting below, then restart the server.', false],
  [
    /token|authorization/,
    'AceDataCloud refused your token',
    'Set a valid ACEDATACLOUD_API_TOKEN, then restart the server.',
    false,
  ],
  [/^used_up$/, 'Your balance is used up', 'Top up at AceDataCloud.', false],
  [/^(forbidden|no_api|disabled)$/, 'No access to Kling', 'Check your AceDataCloud subscription.', false],
  [/^too_many/, 'Too many lookups', 'Wait a minute.', true],
  [/^api_error$/, 'AceDataCloud has a problem', 'Your video is not affected.', true],
  [/^network/, 'No connection', 'Check your internet connection or proxy.', true],
  [/^timeout$/, 'AceDataCloud did not answer in time', '', true],
  [/(?:)/, 'Could not check', 'Try again later.', true],
];

export function adviceOn({ code }: Fault): Advice {
  const [, heading = '', text = '', looksAgain = true] = ADVICE.find(([codes]) => codes.test(code)) ?? [];
  return { heading, text, looksAgain };
}

/** What happened, without what the tool says about the task and what it advises the model to do. */
export const firstSentenceOf = ({ message }: Fault): string =>
  message.replace(/^.*says nothing about the task: /, '').replace(/(?<=[.!?])\s+(?=[A-Z"]).*$/s, '');
