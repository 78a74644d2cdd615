import { gzipSync } from 'node:zlib';
import type { Handler } from './fake-api.js';

const MIB = 1024 * 1024;

/** Accepts the request and never answers. */
export const hang: Handler = () => {};

/** Resets the connection before the first byte of the answer. */
export const resetBeforeBody: Handler = (_request, _response, raw) => {
  raw.socket.resetAndDestroy();
};

/** Resets the connection when half of the body has been sent. */
export const resetInBody: Handler = (_request, response, raw) => {
  response.writeHead(200, { 'content-length': '1000' });
  response.write('{"id":"faulty","response":{"suc', () => raw.socket.resetAndDestroy());
};

/** Closes the connection normally when half of the body has been sent. */
export const endInBody: Handler = (_request, response, raw) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.write('{"id":"faulty","response":{"suc', () => raw.socket.end());
};

/** Sends the headers and no byte of the body. */
export const headersOnly: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders();
};

/** One byte at a time, for ever. */
export const drip: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => response.write(' '), 20);
  response.on('close', () => clearInterval(timer));
};

/** A JSON string of 300 MiB, as fast as it is taken. */
export const flood: Handler = (_request, response) => {
  response.writeHead(200, { 'content-type': 'application/json' });
  const chunk = Buffer.alloc(MIB, 'x');
  let left = 300;
  const write = () => {
    while (left-- > 0 && !response.destroyed) if (!response.write(chunk)) return;
    response.end('"');
  };
  response.on('drain', write).write('"');
  write();
};

/** A gigabyte of spaces in a few hundred kilobytes: a gzip stream may have many members. */
export const gzipBomb: Handler = (_request, response) => {
  const member = gzipSync(Buffer.alloc(16 * MIB, ' '));
  const body = Buffer.concat(Array.from({ length: 64 }, () => member));
  response.writeHead(200, { 'content-type': 'application/json', 'content-encoding': 'gzip' }).end(body);
};

/** Writes onto the connection itself, past all that makes an answer valid HTTP. */
export function raw(text: string): Handler {
  return (_request, _response, { socket }) => {
    socket.write(text);
  };
}

/** Writes the text onto the connection, then the repeated one for ever. */
export function rawForEver(text: string, repeated: string): Handler {
  return (_request, _response, { socket }) => {
    socket.write(text);
    const timer = setInterval(() => socket.write(repeated), 5);
    socket.on('close', () => clearInterval(timer));
  };
}
