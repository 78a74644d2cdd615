import { updateDisplayMode } from './actions.js';
import { updateBatch } from './batch.js';
import { card, clockText, completedCard, messageCard } from './cards.js';
import { isOver, listen, NOTIFICATION, notify, on } from './connection.js';
import { announce, place } from './dom.js';
import { updateFormats } from './formats.js';
import { can, connect, mergeContext } from './host.js';
import { idsIn, objectOf } from './json.js';
import { silence } from './media.js';
import { emptyMessage, failedMessage, pendingMessage } from './messages.js';
import { cancel, close, follow, input, inputMs, receive, receiveInput, shown, watch } from './session.js';
import { isAlone } from './shown.js';
import { dress, watchSize } from './surroundings.js';

/** The page: it shows what the host passes on, and follows what is pending to its end. */

const main = document.querySelector('main') ?? document.body;
/** Changes when the same is to be drawn differently: with another locale, or other abilities of the host. */
let edition = 0;
let announced = '';

function draw(): void {
  drawCard();
  const told = main.querySelectorAll('.texts > :is(h1, .text, .note)');
  const news = [...told].map(({ textContent }) => textContent).join(' ');
  if (news !== announced) announce(news);
  announced = news;
}

function drawCard(): void {
  const situation = { follow, canCall: can('serverTools'), nowMs: Date.now() };
  if (shown.kind === 'tasks' && !isAlone(shown)) {
    updateBatch(
      place(main, 0, edition, () => card('batch')),
      shown,
      situation,
    );
    return;
  }
  const [task] = shown.kind === 'tasks' ? shown.tasks : [];
  if (task?.status === 'completed') {
    place(main, 0, [task, edition], () => completedCard(task));
    return;
  }
  const message = task
    ? (task.status === 'failed' ? failedMessage : pendingMessage)(task, situation)
    : emptyMessage(shown, situation, idsIn(input), inputMs);
  place(main, 0, [message, edition], () => messageCard(message));
}

/** Draws everything anew. */
function redraw(): void {
  edition++;
  draw();
}

function followContext(): void {
  dress();
  if (updateFormats() && !isOver) redraw();
  for (const place of document.querySelectorAll('.display-mode')) updateDisplayMode(place);
}

/** What the page says depends on the time, too. */
function tick(): void {
  if (document.hidden || isOver) return;
  for (const clock of document.querySelectorAll<HTMLElement>('[data-since]')) {
    clock.textContent = clockText(Number(clock.dataset.since));
  }
  draw();
}

on('ping', () => {});
on(`${NOTIFICATION}host-context-changed`, mergeContext);
on(`${NOTIFICATION}tool-input`, (params) => receiveInput(objectOf(params.arguments)));
on(`${NOTIFICATION}tool-result`, receive);
on(`${NOTIFICATION}tool-cancelled`, cancel);
on('ui/resource-teardown', () => {
  close();
  silence();
});

watch(draw);
draw();
listen();
setInterval(tick, 1000);
connect(followContext).then(
  () => {
    watchSize((size) => notify(`${NOTIFICATION}size-changed`, size));
    redraw();
  },
  // Something that embeds it without being a host.
  () => receive({}),
);
