import { describe, expect, test } from 'vitest';
import { readAnswer } from '../../src/view/answer.js';
import type { Follow } from '../../src/view/follow.js';
import { batchMessage, emptyMessage, failedMessage, type Message, pendingMessage } from '../../src/view/messages.js';
import type { Shown } from '../../src/view/shown.js';
import type { Json } from '../support/records.js';
import { batchOf, completedTask, errorResult, failedTask, pendingTask, resultOf } from './support/tasks.js';

const isoBefore = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
const fault = { code: 'network_error', message: 'x' };
const WAITING: Follow = { state: 'waiting' };
const FOLLOWING: Follow = { state: 'following' };
const IDLE: Follow = { state: 'idle' };
const STOPPED: Follow = { state: 'stopped' };
const CANCELLED: Follow = { state: 'cancelled' };
const CLOSED: Follow = { state: 'closed' };

/** What a person reads, and what they are offered. */
const told = ({ above, heading, text, note, looksAgain, detailsOf, clockMs }: Message) =>
  [above, heading, text, note, clockMs && '(clock)', looksAgain && '[Look again]', detailsOf && '[Copy details]']
    .filter(Boolean)
    .join(' | ');

function read(result: Json, isNew = true) {
  const answer = readAnswer(resultOf(result), isNew);
  const task = answer.kind === 'tasks' && answer.tasks[0];
  if (!task) throw new Error('no task');
  return { answer, task };
}

const situationOf = (follow: Follow, canCall = true) => ({ follow, canCall, nowMs: Date.now() });

describe('a pending task', () => {
  const MAKING = 'Making your video';
  const WAS_MADE = 'Video was still being made';
  const OVERDUE = 'It may never finish. Make it again, or send these details to AceDataCloud support.';

  test.each<[string, Follow, number, string]>([
    ['followed', FOLLOWING, 84, `${MAKING} | Usually 1 to 5 minutes. Updates by itself. | (clock)`],
    ["in the host's own call", WAITING, 84, `${MAKING} | Usually 1 to 5 minutes. Updates by itself. | (clock)`],
    ['for 6 minutes', FOLLOWING, 360, `${MAKING} | Taking longer than usual. Updates by itself. | (clock)`],
    ['not followed', IDLE, 84, `${MAKING} | Usually 1 to 5 minutes. Ask again for news. | (clock)`],
    ['with a fault', { ...FOLLOWING, fault }, 84, `${MAKING} | Could not check just now. Trying again soon. | (clock)`],
    ['given up', STOPPED, 84, `${WAS_MADE} | Could not check any more. | [Look again]`],
    [
      'given up for a fault',
      { ...STOPPED, fault },
      84,
      `${WAS_MADE} | Could not check any more. No connection. Check your internet connection or proxy. | [Look again]`,
    ],
    [
      'cancelled',
      CANCELLED,
      84,
      'Stopped waiting | The wait was cancelled. Your video is still being made. | [Look again]',
    ],
    ['closed', CLOSED, 84, 'View closed | Ask again for news.'],
    ['for 40 minutes', IDLE, 2400, `Still not finished | ${OVERDUE} | (clock) | [Look again] | [Copy details]`],
    ['for 40 minutes, looked up', FOLLOWING, 2400, `Still not finished | ${OVERDUE} | (clock) | [Copy details]`],
  ])('%s', (_, follow, ageSeconds, expected) => {
    expect(told(pendingMessage(read(pendingTask(ageSeconds)).task, situationOf(follow)))).toBe(expected);
  });

  test.each([
    ['10 minutes', 600, `${MAKING} | Ask again for news. | (clock)`],
    ['a day', 86_400, `${WAS_MADE} | Ask again for news.`],
  ])('that began %s ago, in an old result that nobody follows', (_, seconds, expected) => {
    const { task } = read(pendingTask(84, { created_at: isoBefore(seconds) }), false);
    expect(told(pendingMessage(task, situationOf(IDLE, false)))).toBe(expected);
  });

  test.each<[string, Json, string | undefined]>([
    ['a video', { prompt: 'A fox' }, 'A fox'],
    ['lip-sync', { text: 'Hello there', model_name: 'kling-v1-6' }, 'Hello there'],
    ['a storyboard', { 'multi_prompt.0.prompt': 'A door.', 'multi_prompt.1.prompt': 'A cat.' }, 'A door.\nA cat.'],
    ['nothing to read', { duration: '5' }, undefined],
  ])('is known by what the user wrote: %s', (_, request, expected) => {
    const { prompt, facts } = pendingMessage(read(pendingTask(5, { request })).task, situationOf(FOLLOWING));
    expect([prompt, facts?.[0]]).toEqual([expected, request.model_name]);
  });

  test.each([
    ['lip-sync', 'lip-sync video'],
    ['motion', 'motion video'],
    ['talking-photo', 'talking photo'],
    ['voices', 'voice'],
    ['goods-studio', 'video'],
    ['constructor', 'video'],
  ])('of the type %s makes a %s', (type, noun) => {
    const { heading } = pendingMessage(read(pendingTask(5, { type })).task, situationOf(FOLLOWING));
    expect(heading).toBe(`Making your ${noun}`);
  });
});

test.each([
  [
    'a short reason is the heading',
    { code: 'risk_control', message: 'The prompt was refused.' },
    'Video failed | The prompt was refused. | Change the prompt or the pictures, and try again.',
  ],
  ['a long one is text', { message: 'word '.repeat(25).trim() }, `Video failed | ${'word '.repeat(25).trim()}`],
  ['one with JSON is text', { message: 'It said {"code":1201}.' }, 'Video failed | It said {"code":1201}.'],
  ['none', { message: 'The task failed, without a reason from the API.' }, 'Video failed | No reason was given.'],
])('a failed task: %s', (_, error, expected) => {
  expect(told(failedMessage(read(failedTask({ error })).task))).toBe(`${expected} | [Copy details]`);
});

describe('while nothing is known', () => {
  const WAIT = 'Waiting for your video | Usually 1 to 5 minutes. | (clock)';
  const NO_ANSWER = 'No answer yet | Ask again to see your video. | [Look again]';
  const say = (
    follow: Follow,
    ids: string[],
    waitedSeconds: number,
    canCall = true,
    shown: Shown = { kind: 'nothing' },
  ) => told(emptyMessage(shown, situationOf(follow, canCall), ids, Date.now() - waitedSeconds * 1000));

  test.each<[string, Follow, string[], number, boolean, string]>([
    ['no arguments', WAITING, [], 9, true, 'One moment'],
    ['none for long', WAITING, [], 11, true, 'Nothing here yet | Ask about your video again to see it here.'],
    ['a wait', WAITING, ['a'], 5, true, WAIT],
    ['a wait without tools', WAITING, ['a'], 119, false, WAIT],
    ['a long wait without tools', WAITING, ['a'], 121, false, NO_ANSWER],
    ['three', WAITING, ['a', 'b', 'c'], 5, true, WAIT.replace('video', '3 videos')],
    [
      'a fault',
      { ...FOLLOWING, fault },
      ['a'],
      90,
      true,
      WAIT.replace('Usually 1 to 5 minutes.', 'Could not check just now. Trying again soon.'),
    ],
    ['the host has refused', STOPPED, ['a'], 90, true, NO_ANSWER],
    [
      'cancelled',
      CANCELLED,
      ['a'],
      5,
      true,
      'Stopped waiting | The lookup was cancelled. Ask again to see your video. | [Look again]',
    ],
    ['closed', CLOSED, ['a'], 5, true, 'View closed | Ask again for news.'],
  ])('%s', (_, follow, ids, waitedSeconds, canCall, expected) => {
    expect(say(follow, ids, waitedSeconds, canCall)).toBe(expected);
  });

  test('a result that cannot be read', () => {
    expect(say(IDLE, ['a'], 5, true, { kind: 'unreadable' })).toBe(
      'Nothing to show | This app passed on no result. Ask again. | [Look again]',
    );
  });

  const TOKEN = 'AceDataCloud refused your token | Set a valid ACEDATACLOUD_API_TOKEN, then restart the server.';
  const BAD_ID = 'That task ID does not work | Ask again with the ID you got when you made the video.';
  const NO_ACCESS = 'No access to Kling | Check your AceDataCloud subscription.';
  test.each([
    ['task_not_found', 'Video not found | Check the task ID, or whether another account made it.', false],
    ['invalid_arguments', BAD_ID, false],
    ['bad_request', BAD_ID, false],
    ['configuration', 'Setup needed | Fix the setting below, then restart the server.', false],
    ['invalid_token', TOKEN, false],
    ['token_mismatched', TOKEN, false],
    ['used_up', 'Your balance is used up | Top up at AceDataCloud.', false],
    ['forbidden', NO_ACCESS, false],
    ['no_api', NO_ACCESS, false],
    ['too_many_requests', 'Too many lookups | Wait a minute.', true],
    ['api_error', 'AceDataCloud has a problem | Your video is not affected.', true],
    ['network_error', 'No connection | Check your internet connection or proxy.', true],
    ['timeout', 'AceDataCloud did not answer in time', true],
    ['bad_response', 'Could not check | Try again later.', true],
    ['http_418', 'Could not check | Try again later.', true],
  ])('the error %s: what it means for the user, then the first sentence of the tool', (code, advice, mayPass) => {
    const scope = 'The lookup failed, which says nothing about the task:';
    const shown = readAnswer(errorResult(`[${code}] ${scope} api.acedata.cloud said no. Tell the user.`), true);
    if (shown.kind !== 'error') throw new Error('no error');
    const expected = `${advice} | api.acedata.cloud said no.${mayPass ? ' | [Look again]' : ''}`;
    expect(say(IDLE, ['a'], 5, true, shown)).toBe(expected);
    expect(say({ ...STOPPED, fault: shown.fault }, ['a'], 5)).toBe(expected);
  });
});

describe('above a batch', () => {
  const done = (task_id: string) => completedTask({ task_id });
  const pending = (task_id: string, age = 60) => pendingTask(age, { task_id });
  const say = (tasks: Json[], fields: Json = {}, follow: Follow = FOLLOWING) => {
    const { answer } = read(batchOf(tasks, fields));
    if (answer.kind !== 'tasks') throw new Error('no batch');
    const message = batchMessage(answer, situationOf(follow));
    return [...(message.facts ?? []).filter(Boolean), told(message)];
  };
  const lookup_errors = [{ task_ids: ['f', 'g'], code: 'api_error', message: 'x' }];
  const counts = { pending: 0, completed: 5, failed: 1, not_found: 0, lookup_failed: 0 };

  test('counts what is not ready, if anything, and the tasks that did not fit', () => {
    expect(say([done('a'), failedTask({ task_id: 'c' }), done('d')], { not_found: ['e'], lookup_errors })).toEqual([
      '1 failed',
      '1 not found',
      '2 not checked',
      '2 of 6 ready',
    ]);
    expect(say([done('a'), done('b')])).toEqual(['2 of 2 ready']);
    expect(say([done('a'), done('b')], { not_shown: ['c', 'd', 'e', 'f'], counts })).toEqual(['5 of 6 ready']);
  });

  test('speaks of those that may still end', () => {
    const both = [pending('a'), pending('b', 2400)];
    const news = (...given: Parameters<typeof say>) =>
      say(...given)
        .at(-1)
        ?.toString()
        .slice('0 of 2 ready | '.length);
    expect(news(both)).toBe('Usually 1 to 5 minutes. Updates by itself.');
    expect(news([pending('a', 2400), pending('b', 2400)], {}, IDLE)).toBe('They may never finish. | [Look again]');
    expect(news(both, {}, CANCELLED)).toBe('The wait was cancelled. Your videos are still being made. | [Look again]');
    expect(news(both, {}, CLOSED)).toBe('View closed. Ask again for news.');
  });
});
