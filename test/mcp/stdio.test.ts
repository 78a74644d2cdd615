import { PassThrough, Writable } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import { StdioPipe } from '../../src/mcp/stdio.js';

/** Keeps each write by itself. */
class Writes extends Writable {
  readonly all: string[] = [];

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.all.push(chunk.toString());
    done();
  }
}

let stdin: PassThrough;
let stdout: Writes;
let pipe: StdioPipe;
let lines: string[];
let isBusy: boolean;

beforeEach(() => {
  stdin = new PassThrough();
  stdout = new Writes();
  lines = [];
  isBusy = false;
  pipe = new StdioPipe(stdin, stdout, {
    onLine: (line) => lines.push(line),
    onLineTooLong: () => lines.push('too long'),
    onEnd: () => lines.push('end'),
    isBusy: () => isBusy,
  });
  pipe.start();
});

describe('What is written', () => {
  test('in one turn of the event loop goes out in one write, in order', async () => {
    pipe.write({ id: 1 });
    await Promise.resolve();
    pipe.write({ id: 2 });
    expect(stdout.all).toEqual([]);
    await nextTurn();
    expect(stdout.all).toEqual(['{"id":1}\n{"id":2}\n']);
    pipe.write({ id: 3 });
    await nextTurn();
    expect(stdout.all).toHaveLength(2);
  });

  test('goes out at once where it is large, and before the process exits', () => {
    pipe.write({ text: 'x'.repeat(64 * 1024) });
    expect(stdout.all).toHaveLength(1);
    pipe.write({ id: 2 });
    pipe.flush();
    pipe.flush();
    expect(stdout.all.slice(1)).toEqual(['{"id":2}\n']);
  });
});

describe('What is read', () => {
  test('comes line by line, the last without a newline, then the end, once', async () => {
    stdin.write('a\nb');
    stdin.end('c');
    await new Promise((resolve) => stdin.once('close', resolve));
    expect(lines).toEqual(['a', 'bc', 'end']);
  });

  test('waits while too much is in flight, and goes on when told', async () => {
    isBusy = true;
    stdin.write('a\n');
    await nextTurn();
    expect(lines).toEqual(['a']);
    expect(stdin.isPaused()).toBe(true);
    pipe.readOn();
    expect(stdin.isPaused()).toBe(true);
    isBusy = false;
    pipe.readOn();
    expect(stdin.isPaused()).toBe(false);
  });

  test('a chunk that waits behind too much in flight does not hide the end of stdin', async () => {
    isBusy = true;
    stdin.write('a\n');
    await nextTurn();
    stdin.write('b\n');
    stdin.end('c\n');
    await new Promise((resolve) => stdin.once('close', resolve));
    expect(lines).toEqual(['a', 'b', 'c', 'end']);
  });

  test('is nothing any more once it was stopped', async () => {
    pipe.stop();
    stdin.end('a\n');
    await nextTurn();
    pipe.readOn();
    await nextTurn();
    expect(lines).toEqual([]);
  });
});
