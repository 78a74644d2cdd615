import { describe, expect, test } from 'vitest';
import { redactMessage } from '../../src/text/redact-message.js';

const UUID = 'ad7afe47-cea9-4cda-980f-2ad8810e51cf';
const redact = (message: string, ids: (string | undefined)[] = [], urls: string[] = []) =>
  redactMessage(message, { ids, urls });

describe('ids', () => {
  test.each([UUID, UUID.toUpperCase(), '67c5163f550a4144a5b68698', UUID.replaceAll('-', ''), 'f'.repeat(64)])(
    '%s is [id]',
    (id) => {
      expect(redact(`user ${id} has no quota`)).toBe('user [id] has no quota');
      expect(redact(`user_${id}.`)).toBe('user_[id].');
    },
  );
  test('the known ones stay, also in another case and without dashes', () => {
    for (const id of [UUID, UUID.toUpperCase(), UUID.replaceAll('-', '')]) {
      expect(redact(`task ${id} failed`, [undefined, UUID])).toBe(`task ${id} failed`);
    }
  });
  test('shorter runs of digits stay', () => expect(redact('error 0123456789abcdef')).toBe('error 0123456789abcdef'));
});

describe('URLs', () => {
  const URL = 'https://hook.example/cb?secret=s3cret';
  test.each([
    URL,
    URL.toUpperCase(),
    URL.replaceAll('/', '\\/'),
    URL.replaceAll('/', '\\\\\\/'),
    encodeURIComponent(URL),
    encodeURIComponent(encodeURIComponent(URL)),
    'redis://:pw@10.0.0.7:6379/0',
    'https://acedata.cloud.evil.example/',
    'https://acedata.cloud:x@evil.example/',
    'https://xacedata.cloud/',
  ])('%s is [url], without the punctuation behind it', (url) => {
    expect(redact(`POST to ${url} failed, (${url}), 回调${url}，失败 {"url":"${url}"}.`)).toBe(
      'POST to [url] failed, ([url]), 回调[url]，失败 {"url":"[url]"}.',
    );
  });
  test('those that the reader sees anyway stay', () => {
    const seen = 'https://cdn.example/in.png';
    expect(redact(`cannot read ${seen}, nor ${URL}`, [], [seen])).toBe(`cannot read ${seen}, nor [url]`);
  });
  test("the vendor's own stay, without the ids in them", () => {
    const at = (id: string) => `Top up at https://platform.acedata.cloud/apps/${id}?x=1.`;
    expect(redact(at(UUID))).toBe(at('[id]'));
    expect(redact(at(UUID), [UUID])).toBe(at(UUID));
  });
});
