import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, chromium } from 'playwright-core';

/** Where Chrome, Chromium and Edge are installed. */
function candidates(): string[] {
  const { PATH = '', PROGRAMFILES, LOCALAPPDATA, CHROME_PATH } = process.env;
  const prefixed = (folders: (string | undefined)[], files: string[]) =>
    folders.flatMap((folder) => (folder ? files.map((file) => join(folder, file)) : []));
  const byPlatform: Partial<Record<NodeJS.Platform, string[]>> = {
    darwin: [
      '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
      '/Applications/Chromium.app/Contents/MacOS/Chromium',
      '/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge',
    ],
    win32: prefixed(
      [PROGRAMFILES, process.env['PROGRAMFILES(X86)'], LOCALAPPDATA],
      ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'],
    ),
  };
  const names = ['google-chrome', 'google-chrome-stable', 'chromium', 'chromium-browser', 'microsoft-edge'];
  return [
    ...(CHROME_PATH ? [CHROME_PATH] : []),
    ...(byPlatform[process.platform] ?? prefixed(PATH.split(delimiter), names)),
  ];
}

/** The installed browser; undefined where there is none. */
export const browserPath = candidates().find((path) => existsSync(path));

/** Starts it without a window and without any network but loopback: what it asks for is answered by the tests alone. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: browserPath ?? '',
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
      '--autoplay-policy=no-user-gesture-required',
    ],
  });
}
